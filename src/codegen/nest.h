/* The loop nest: one function of a kernel. In which loops, over which ranges, which values are computed, with which index expressions.
 *
 *   for row in [row_low, row_high)                       ranges that are neither row, column nor inner are parameters: fixed outside
 *     for column in [column_low, column_high)            the elements of one row; the vector axis when reductions do not run along it
 *       for each pass:
 *         row values (level <= pass), computed once
 *         for inner ranges (the reduced axes):           absent in a nest without reductions
 *           element values; stores; reductions accumulate
 *       row stores
 *
 * Three forms of the same structure, told by `form`:
 *   MAP     no inner ranges. row and column are loops; element values and stores run at (row, column). Vector axis: column.
 *   ROW     column absent (its symbol is -1); inner ranges are the reduced axes. Vector axis: the last inner range.
 *   COLUMN  column is a kept axis and the vector axis; inner ranges are the reduced axes, looped inside it.
 * Every symbol of an index expression is a range or a parameter; names are r0, r1, ... by symbol number.
 *
 * Reductions follow docs/numerics.md: float SUM, PROD and lanes contractions by the lanes rule over the row-major flattening of the inner
 * ranges; the others are order-free.
 */
#ifndef TIN_CODEGEN_NEST_H
#define TIN_CODEGEN_NEST_H

#include "codegen/index.h"
#include "ir/ir.h"

struct tin_node;

enum tin_value_kind {
  VALUE_CONST,  /* bits: structural constant (part of the code) */
  VALUE_SCALAR, /* run-time scalar argument number `arg`, 8 bytes a slot, value in the low bytes */
  VALUE_INDEX,  /* `index` as a number of dtype */
  VALUE_GUARD,  /* bool: all conditions hold */
  VALUE_LOAD,   /* element `index` [+ in[0] * stride] of argument `arg`; where in[1] >= 0 and that guard is false: not read there, any
                 * value, which the select above does not take */
  VALUE_OP,     /* elementwise primitive or elementary op on in[] */
  VALUE_REDUCE  /* result of reduction number `arg`: a row value */
};

/* low <= index < high, and index mod `mod` == 0 when mod > 1 (index is then not negative where low >= 0 holds) */
struct tin_condition {
  const struct tin_index *index;
  int64_t low, high;
  int64_t mod;
};

struct tin_value {
  uint8_t kind;
  uint8_t dtype;
  uint16_t op;
  bool element; /* depends on an inner range (ROW, COLUMN) or on the column (MAP); otherwise a row value (COLUMN: may hold the column) */
  int level;    /* the earliest pass it can be used in: 1 + the pass of the newest reduction it depends on */
  int in[3];    /* VALUE_OP inputs; LOAD: dynamic index, guard; -1 when unused */
  int arg;
  int64_t stride; /* LOAD with a dynamic index: elements a unit */
  const struct tin_index *index;
  struct tin_condition *conditions;
  int n_conditions;
  uint64_t bits;
};

struct tin_store {
  int arg;
  const struct tin_index *index;
  int value;
  int pass; /* element stores: the pass it runs in; row stores: n_passes */
};

struct tin_reduction {
  int op; /* OP_SUM, OP_PROD, OP_REDUCE_MIN, OP_REDUCE_MAX; OP_CONTRACT: sum of value * factor by FMA */
  int dtype;
  int value;
  int factor; /* OP_CONTRACT, else -1 */
  int pass;   /* the pass it accumulates in */
};

enum tin_arg_kind {
  ARG_BUFFER,  /* buf[number]: a value of the plan */
  ARG_SCRATCH, /* this thread's scratch at byte offset `offset` */
  ARG_POINTER  /* a pointer parameter of the function: p<number> */
};

struct tin_arg {
  enum tin_arg_kind kind;
  int number;
  int64_t offset;
  int64_t size; /* ARG_BUFFER: elements of the buffer */
  uint8_t dtype;
  bool written;
  bool far;      /* lies beyond the core's own caches: fetch it ahead */
  bool streamed; /* written: the part writes it once, whole, and no cache will hold it: store past them where a store is aligned */
};

enum tin_nest_form { NEST_MAP, NEST_ROW, NEST_COLUMN };

struct tin_range {
  int symbol;
  int64_t extent;
};

struct tin_nest {
  enum tin_nest_form form;
  struct tin_index_context *indexes;
  int row;                         /* symbol, or -1: one row */
  int column;                      /* symbol, or -1 */
  TIN_VEC(struct tin_range) inner; /* reduced axes, outermost first */
  int64_t inner_size;              /* product of their extents; 1 without */
  int n_symbols;
  const char **names;               /* by symbol */
  TIN_VEC(struct tin_value) values; /* inputs come before their users */
  TIN_VEC(struct tin_store) stores;
  TIN_VEC(struct tin_reduction) reductions;
  TIN_VEC(struct tin_arg) args;
  int n_passes;          /* at least 1 */
  int64_t column_limit;  /* most columns of one call, 0: not known */
  int64_t scratch_bytes; /* taken of the scratch, by the arguments and by the caller; code generation adds its own behind them */
};

/* Columns of a COLUMN nest for which a row of accumulators of one reduction still fits in L1, 16 times. */
enum { TIN_COLUMN_LIMIT = 512 };

/* The C function that a nest becomes:
 *   static void NAME(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,
 *                    const long *param, long row_low, long row_high, long column_low, long column_high)
 * param[s] is the value of symbol s for the parameters. With row == -1 the caller passes 0, 1; with column == -1 likewise.
 */

/* portable.c: plain C99 for any nest; calls tin_fmaf, tin_fma, tin_sqrtf, tin_sqrt, tin_fmodf, tin_fmod (host symbols) for those ops. */
void tin_portable_print(struct tin_text *text, struct tin_arena *arena, const struct tin_nest *nest, const char *name);
/* The helper functions and declarations that portable functions need, once at the top of a kernel text (no includes). */
void tin_portable_prelude(struct tin_text *text);

/* Text form; the grammar is at the top of nest_parse.c. */
void tin_nest_print(struct tin_text *text, const struct tin_nest *nest);
/* Parses that form; NULL with the line in error. Only the text is checked: whether the nest is good, the verifier says. Needs an arena with
 * a fail target. */
struct tin_nest *tin_nest_parse(struct tin_arena *arena, const char *text, struct tin_error *error);
bool tin_nest_verify(const struct tin_nest *nest, struct tin_error *error);

#endif
