/* The two tables that everything is expanded from: dtypes (dtypes.def) and ops (ops.def), as enums and rows of facts. */
#ifndef TIN_IR_IR_H
#define TIN_IR_IR_H

#include <stdbool.h>
#include <stdint.h>

enum tin_dtype_class { TIN_CLASS_BOOL, TIN_CLASS_UNSIGNED, TIN_CLASS_SIGNED, TIN_CLASS_FLOAT };

#ifndef TIN_DTYPE_DEFINED /* the public header defines the same enum; a static assertion in frontend ties them */
#define TIN_DTYPE_DEFINED
typedef enum tin_dtype {
#define DTYPE(name, text, bytes, class, ctype) TIN_##name,
#include "ir/dtypes.def"
#undef DTYPE
  TIN_DTYPE_COUNT
} tin_dtype;
#endif

/* Sizes of names, zeros at their ends included. The names are in the rows, so that hashes of nodes can be made of their bytes. */
enum { TIN_DTYPE_TEXT_SIZE = 8, TIN_OP_TEXT_SIZE = 16 };

struct tin_dtype_info {
  char text[TIN_DTYPE_TEXT_SIZE]; /* "f32" */
  const char *ctype;              /* "float", as kernels print it */
  int bytes;
  enum tin_dtype_class class;
};
extern const struct tin_dtype_info tin_dtypes[];
static inline int tin_dtype_bytes(int dtype) {
  return tin_dtypes[dtype].bytes;
}
/* Numbers with a fraction: f16, bf16, f32, f64. Whether ops compute with it is tin_op_accepts' business. */
static inline bool tin_dtype_is_float(int dtype) {
  return tin_dtypes[dtype].class == TIN_CLASS_FLOAT;
}
/* f16 and bf16: stored, moved and converted. What computes with them does so in f32 and rounds the result (graph.h). */
static inline bool tin_dtype_is_half(int dtype) {
  return dtype == TIN_F16 || dtype == TIN_BF16;
}
/* The dtype that its numbers are computed in. */
static inline tin_dtype tin_dtype_working(int dtype) {
  return tin_dtype_is_half(dtype) ? TIN_F32 : (tin_dtype)dtype;
}
/* -1 when the text names no dtype */
int tin_dtype_parse(const char *text);
/* The dtype that an operation on the two gives; see dtypes.def. */
tin_dtype tin_dtype_promote(tin_dtype a, tin_dtype b);

struct tin_parser; /* common/parse.h */
/* The dtype or op that stands next in a text form; anything else fails the parse. */
int tin_parse_dtype(struct tin_parser *parser);
int tin_parse_op(struct tin_parser *parser);

enum tin_op {
#define OP(name, text, class, arity, result, accepts, facts, gradient, low, high) OP_##name,
#include "ir/ops.def"
#undef OP
  OP_COUNT
};

enum tin_op_class {
  OP_CLASS_SOURCE,
  OP_CLASS_ELEMENTWISE,
  OP_CLASS_ELEMENTARY,
  OP_CLASS_REDUCE,
  OP_CLASS_CONTRACT,
  OP_CLASS_MOVEMENT,
  OP_CLASS_INDEX,
  OP_CLASS_SCAN,
  OP_CLASS_EFFECT
};
enum tin_op_result { OP_RESULT_SAME, OP_RESULT_BOOL, OP_RESULT_BRANCH, OP_RESULT_OWN };
enum { OP_ACCEPT_F = 1, OP_ACCEPT_I = 2, OP_ACCEPT_B = 4, OP_ACCEPT_H = 8 };
enum { OP_COMMUTATIVE = 1, OP_ASSOCIATIVE = 2, OP_IDEMPOTENT = 4 };

struct tin_op_info {
  char text[TIN_OP_TEXT_SIZE];
  uint8_t class;    /* enum tin_op_class */
  int8_t arity;     /* -1: any */
  uint8_t result;   /* enum tin_op_result */
  uint8_t accepts;  /* OP_ACCEPT_* */
  uint8_t facts;    /* OP_COMMUTATIVE ... */
  double low, high; /* test domain */
};
extern const struct tin_op_info tin_ops[];
int tin_op_parse(const char *text); /* -1 when the text names no op */
int tin_op_combining(int op);       /* the elementwise op that joins two partial results of a reduction or contraction */
static inline bool tin_op_is(int op, enum tin_op_class class) {
  return tin_ops[op].class == (uint8_t) class;
}
/* Whether the op takes inputs of the dtype (SELECT: branches; GATHER: what is gathered). */
static inline bool tin_op_accepts(int op, int dtype) {
  static const uint8_t of_class[] = {OP_ACCEPT_B, OP_ACCEPT_I, OP_ACCEPT_I, OP_ACCEPT_F};
  return tin_ops[op].accepts & (tin_dtype_is_half(dtype) ? OP_ACCEPT_H : of_class[tin_dtypes[dtype].class]);
}
/* Elementwise in the wide sense: same shape in and out, computed element by element. */
static inline bool tin_op_is_elementwise(int op) {
  return tin_ops[op].class == OP_CLASS_ELEMENTWISE || tin_ops[op].class == OP_CLASS_ELEMENTARY;
}

#endif
