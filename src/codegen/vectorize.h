/* Vectorisation: a loop nest to a vector program in a C function. */
#ifndef TIN_CODEGEN_VECTORIZE_H
#define TIN_CODEGEN_VECTORIZE_H

#include "codegen/output.h"

/* Appends the C function of the nest (signature in nest.h) with its loops as a vector program, and adds the scratch that it needs to
 * nest->scratch_bytes. False, with nothing changed, when the target has no vector form of some op, dtype or access: the caller then prints
 * plain C. */
bool tin_vectorize(const struct tin_output *out, struct tin_nest *nest, const char *name);

/* The same for whole tiles, of as many rows and columns as a vector has elements: elements that lie along the rows instead of the columns
 * are loaded as vectors there, and transposed in registers. False where no load asks for that, too. */
bool tin_vectorize_tiles(const struct tin_output *out, struct tin_nest *nest, const char *name);

/* The same for rows two by two: an even number of them. False where that would not hide the latency of sums, too. */
bool tin_vectorize_pairs(const struct tin_output *out, struct tin_nest *nest, const char *name);

/* ---- internal: shared by vectorize.c (loops) and vector_ops.c (ops) ---- */

/* A frame slot that holds an address: an argument at an index whose constant part is dropped (it becomes a displacement). */
struct vpointer {
  int arg;                       /* of the nest; or VPOINTER_* */
  const struct tin_index *index; /* NULL for the special ones */
  int bytes;                     /* of an element */
};
enum { VPOINTER_POOL = -1, VPOINTER_SCALARS = -2, VPOINTER_FRAME = -3, VPOINTER_BLOCKS = -4, VPOINTER_RESULTS = -5 };

/* A frame slot that holds a number computed by the C code: an index expression at the start of the loops, or a C expression. */
struct vslot {
  const struct tin_index *index;
  const char *text;
};

struct vectorizer {
  struct tin_arena *arena;
  const struct tin_nest *nest;
  const struct tin_vtarget *target;
  struct tin_vprogram program;
  bool failed;
  int lanes;
  int vector_symbol;
  bool spelled;   /* COLUMN: every term of a reduction is emitted by itself, so that the inner ranges are known numbers */
  bool rows_in_c; /* the row loop is C: something is not affine in the row */
  TIN_VEC(struct vpointer) pointers;
  TIN_VEC(struct vslot) slots; /* numbered from SLOT_BASE; frame numbers are given at the end */
  TIN_VEC(uint64_t) pool;      /* constants, 8 bytes each */
  int iota;                    /* register of 0, 1, ..., or -1 */
  int *used;                   /* by value: needed at all */
  int *depth;                  /* by value: DEPTH_* */
  int *only_selects;           /* by value: all its users are selects that it decides, in the same loop */
  int *reg;                    /* by value: register, -1 before it is computed */
  bool tiled;                  /* MAP: tiles of lanes x lanes elements */
  int **tiles;                 /* tiled, by value: of a transposed load the registers of its rows, else NULL */
  int row_offset;              /* the row of the tile, or of those in flight, that is being emitted */
  int flight;                  /* ROW: rows at once, whose sums wait for each other's additions; else 1 */
  int **regs;                  /* by row in flight: its `reg` */
  int64_t row_scratch;         /* bytes from a row's buffers to those of the next in flight */
  /* state of the element copy being emitted */
  int offset;        /* elements from the index register along the vector axis */
  int *inner_offset; /* COLUMN: elements along each inner range from the pointers */
  bool tail;
  int fetch_pass;         /* ROW: the pass in which the next row is fetched */
  bool columns_in_memory; /* COLUMN: terms come row by row */
  int column_vector;      /* register holding index + lane numbers along the vector axis, or -1 */
  int column_base;        /* the same at offset 0 */
  int64_t results_offset; /* of the results pointer in the same memory */
  int64_t block_bytes;    /* of accumulators and block results; scratch behind the nest's own */
  int64_t block_offset;   /* where they lie in the scratch */
  int64_t spill_offset;   /* where the allocator's spill area lies there */
};
enum { DEPTH_INVARIANT, DEPTH_ROW, DEPTH_COLUMN, DEPTH_ELEMENT };
enum { SLOT_BASE = 1000 };

int tin_v_register(struct vectorizer *v);
struct tin_vinst *tin_v_emit(struct vectorizer *v, int op, int type);
int tin_v_binary(struct vectorizer *v, int op, int type, int a, int b);
int tin_v_unary(struct vectorizer *v, int op, int type, int a);
int tin_v_immediate(struct vectorizer *v, int op, int type, int a, int imm);
/* A constant as a rematerialisable register. */
int tin_v_const(struct vectorizer *v, int type, uint64_t bits);
int tin_v_type(int dtype); /* vector type of values of a dtype in registers */
/* What a lane holds of the element with these bits. */
uint64_t tin_v_lane_bits(int dtype, uint64_t bits);
/* A 32-bit lane as a value of the dtype: wrapped and extended again, for integers narrower than the lane. */
int tin_v_wrap(struct vectorizer *v, int dtype, int x);
/* Emits primitive or elementary op on registers; sets failed when the target cannot. */
int tin_v_op(struct vectorizer *v, int op, int dtype, int from, const int *in);
/* The reduction step of an order-free op or of SUM, PROD. */
int tin_v_reduce_step(struct vectorizer *v, int op, int dtype, int a, int b);
int tin_v_neutral(struct vectorizer *v, int op, int dtype);

#endif
