/* The rows of dtypes.def and ops.def as arrays, and the look-ups by name. */
#include "ir/ir.h"

#include <stddef.h>
#include <string.h>

#include "common/parse.h"

#define DTYPE(name, text, bytes, class, ctype) _Static_assert(sizeof #text <= TIN_DTYPE_TEXT_SIZE, "the name is too long");
#include "ir/dtypes.def"
#undef DTYPE
#define OP(name, text, ...) _Static_assert(sizeof #text <= TIN_OP_TEXT_SIZE, "the name is too long");
#include "ir/ops.def"
#undef OP

const struct tin_dtype_info tin_dtypes[] = {
#define DTYPE(name, text, bytes, class, ctype) {#text, #ctype, bytes, class},
#include "ir/dtypes.def"
#undef DTYPE
};

/* The table writes classes of dtypes and facts without their prefixes. */
enum { F = OP_ACCEPT_F, H = OP_ACCEPT_H, I = OP_ACCEPT_I, B = OP_ACCEPT_B };
enum { COMMUTATIVE = OP_COMMUTATIVE, ASSOCIATIVE = OP_ASSOCIATIVE, IDEMPOTENT = OP_IDEMPOTENT };

const struct tin_op_info tin_ops[] = {
#define OP(name, text, class, arity, result, accepts, facts, gradient, low, high)                                                          \
  {#text, OP_CLASS_##class, arity, OP_RESULT_##result, accepts, facts, low, high},
#include "ir/ops.def"
#undef OP
};

int tin_dtype_parse(const char *text) {
  for (int dtype = 0; dtype < TIN_DTYPE_COUNT; dtype++)
    if (!strcmp(tin_dtypes[dtype].text, text))
      return dtype;
  return -1;
}

int tin_op_parse(const char *text) {
  for (int op = 0; op < OP_COUNT; op++)
    if (!strcmp(tin_ops[op].text, text))
      return op;
  return -1;
}

int tin_op_combining(int op) {
  switch (op) {
  case OP_PROD:
    return OP_MUL;
  case OP_REDUCE_MIN:
    return OP_MIN;
  case OP_REDUCE_MAX:
    return OP_MAX;
  default: /* OP_SUM, OP_CONTRACT */
    return OP_ADD;
  }
}

tin_dtype tin_dtype_promote(tin_dtype a, tin_dtype b) {
  tin_dtype low = a < b ? a : b;
  tin_dtype high = a < b ? b : a;
  enum tin_dtype_class lower = tin_dtypes[low].class, higher = tin_dtypes[high].class;
  if (low == TIN_F16 && high == TIN_BF16)
    return TIN_F32;
  if (lower == higher || lower == TIN_CLASS_BOOL || higher == TIN_CLASS_FLOAT)
    return high;
  int unsigned_bytes = tin_dtype_bytes((int)(lower == TIN_CLASS_UNSIGNED ? low : high));
  if (higher == TIN_CLASS_SIGNED && tin_dtype_bytes(high) > unsigned_bytes)
    return high;
  for (int wider = (int)high; wider < (int)TIN_F16; wider++)
    if (tin_dtypes[wider].class == TIN_CLASS_SIGNED && tin_dtype_bytes(wider) > unsigned_bytes)
      return (tin_dtype)wider;
  return TIN_F64;
}

int tin_parse_dtype(struct tin_parser *parser) {
  char word[TIN_WORD_SIZE];
  tin_parse_spaces(parser);
  const char *start = parser->at;
  int dtype = tin_parse_word(parser, word) ? tin_dtype_parse(word) : -1;
  if (dtype < 0)
    tin_parse_failed(parser, start, "expected a dtype, as f32");
  return dtype;
}

int tin_parse_op(struct tin_parser *parser) {
  char word[TIN_WORD_SIZE];
  tin_parse_spaces(parser);
  const char *start = parser->at;
  int op = tin_parse_word(parser, word) ? tin_op_parse(word) : -1;
  if (op < 0)
    tin_parse_failed(parser, start, "expected an op");
  return op;
}
