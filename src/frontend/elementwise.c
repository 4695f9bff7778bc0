/* Elementwise ops: promotion, broadcasting, and one row an op. */
#include "frontend/frontend.h"

#include <math.h>

/* ---- dtypes ---- */

static tin_dtype coerced_dtype(enum tin_coercion coercion, tin_dtype dtype) {
  if (coercion == COERCE_LOGICAL)
    return TIN_BOOL;
  if (coercion == COERCE_FLOAT && !tin_dtype_is_float(dtype))
    return TIN_F32;
  if ((coercion == COERCE_ARITHMETIC || coercion == COERCE_INTEGER) && dtype == TIN_BOOL)
    return TIN_I32;
  return dtype;
}

struct tin_node *tin_node_truth(struct tin_graph *graph, struct tin_node *x) {
  return !x || x->dtype == TIN_BOOL ? x : make_binary(graph, OP_NE, x, make_number(graph, x, 0));
}

bool tin_coerce(struct tin_call *call, enum tin_coercion coercion, int count, tin_tensor *const *tensors, const char *const *names,
                struct tin_node **nodes) {
  tin_dtype dtype = (tin_dtype)nodes[0]->dtype;
  for (int i = 0; i < count; i++) {
    dtype = tin_dtype_promote(dtype, (tin_dtype)nodes[i]->dtype);
    if (tin_dtype_is_float(nodes[i]->dtype) && (coercion == COERCE_INTEGER || coercion == COERCE_BITS)) {
      tin_call_fail(call, "needs integers, but %s is %s", tin_name_operand(tensors[i], names[i]).text,
                    tin_dtype_name((tin_dtype)nodes[i]->dtype));
      return false;
    }
  }
  if (tin_dtype_is_float(dtype) && (coercion == COERCE_INTEGER || coercion == COERCE_BITS)) {
    tin_call_fail(call, "u64 and a signed integer meet in f64 only; cast one to the other's dtype");
    return false;
  }
  dtype = coerced_dtype(coercion, dtype);
  if (coercion == COERCE_ARITHMETIC || coercion == COERCE_FLOAT)
    dtype = tin_call_working(call, dtype);
  for (int i = 0; i < count; i++) {
    nodes[i] = coercion == COERCE_LOGICAL ? tin_node_truth(call->graph, nodes[i]) : make_cast(call->graph, nodes[i], dtype);
    if (!nodes[i]) {
      tin_call_fail(call, "out of memory");
      return false;
    }
  }
  return true;
}

/* ---- broadcasting ---- */

/* Extends shape (rank axes, aligned at the end) by x's; -1 when they fit, else the axis of x that does not. */
static int join_shape(int *rank, int64_t *shape, const struct tin_node *x) {
  if (x->rank > *rank) {
    int more = x->rank - *rank;
    for (int axis = *rank - 1; axis >= 0; axis--)
      shape[axis + more] = shape[axis];
    for (int axis = 0; axis < more; axis++)
      shape[axis] = 1;
    *rank = x->rank;
  }
  int missing = *rank - x->rank;
  for (int axis = 0; axis < x->rank; axis++) {
    int64_t *size = &shape[axis + missing];
    if (*size == 1)
      *size = x->shape[axis];
    else if (x->shape[axis] != 1 && x->shape[axis] != *size)
      return axis;
  }
  return -1;
}

/* The two operands that disagree, with the sizes: "shapes do not broadcast: a [2, 3] and b [4]: 3 is not 4". */
static void fail_broadcast(struct tin_call *call, int second, int axis, tin_tensor *const *tensors, const char *const *names,
                           struct tin_node *const *nodes) {
  int from_end = nodes[second]->rank - axis;
  int first = 0;
  while (first < second && (nodes[first]->rank < from_end || nodes[first]->shape[nodes[first]->rank - from_end] == 1))
    first++;
  struct tin_words one = tin_name_item(call->items, first), other = tin_name_item(call->items, second);
  tin_call_fail(call, "shapes do not broadcast: %s and %s: %lld is not %lld",
                tin_describe(tensors[first], names ? names[first] : one.text, nodes[first]).text,
                tin_describe(tensors[second], names ? names[second] : other.text, nodes[second]).text,
                (long long)nodes[first]->shape[nodes[first]->rank - from_end], (long long)nodes[second]->shape[axis]);
}

bool tin_broadcast_all(struct tin_call *call, int count, tin_tensor *const *tensors, const char *const *names, struct tin_node **nodes) {
  int rank = 0;
  int64_t shape[TIN_RANK_LIMIT] = {0};
  for (int i = 0; i < count; i++) {
    int axis = join_shape(&rank, shape, nodes[i]);
    if (axis >= 0) {
      fail_broadcast(call, i, axis, tensors, names, nodes);
      return false;
    }
  }
  for (int i = 0; i < count; i++) {
    nodes[i] = make_broadcast(call->graph, nodes[i], rank, shape);
    if (!nodes[i]) {
      tin_call_fail(call, "out of memory");
      return false;
    }
  }
  return true;
}

/* ---- one operand ---- */

static tin_tensor *unary(const char *file, int line, const char *op_name, int op, enum tin_coercion coercion, tin_tensor *x) {
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *node = tin_call_operand(&call, x, "x");
  const char *name = "x";
  if (!node || !tin_coerce(&call, coercion, 1, &x, &name, &node))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_unary(call.graph, op, node));
}

/* Rounding leaves integers as they are. */
static tin_tensor *rounding(const char *file, int line, const char *op_name, int op, tin_tensor *x) {
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_dtype_is_float(node->dtype) ? make_unary(call.graph, op, node) : node);
}

#define UNARY(name, op, coercion)                                                                                                          \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *x) {                                                                 \
    return unary(file, line, #name, op, coercion, x);                                                                                      \
  }
UNARY(neg, OP_NEG, COERCE_ARITHMETIC)
UNARY(abs, OP_ABS, COERCE_ARITHMETIC)
UNARY(sqrt, OP_SQRT, COERCE_FLOAT)
UNARY(exp, OP_EXP, COERCE_FLOAT)
UNARY(log, OP_LOG, COERCE_FLOAT)
UNARY(expm1, OP_EXPM1, COERCE_FLOAT)
UNARY(log1p, OP_LOG1P, COERCE_FLOAT)
UNARY(exp2, OP_EXP2, COERCE_FLOAT)
UNARY(log2, OP_LOG2, COERCE_FLOAT)
UNARY(log10, OP_LOG10, COERCE_FLOAT)
UNARY(tan, OP_TAN, COERCE_FLOAT)
UNARY(sinh, OP_SINH, COERCE_FLOAT)
UNARY(cosh, OP_COSH, COERCE_FLOAT)
UNARY(cbrt, OP_CBRT, COERCE_FLOAT)
UNARY(sin, OP_SIN, COERCE_FLOAT)
UNARY(cos, OP_COS, COERCE_FLOAT)
UNARY(tanh, OP_TANH, COERCE_FLOAT)
UNARY(erf, OP_ERF, COERCE_FLOAT)
UNARY(asin, OP_ASIN, COERCE_FLOAT)
UNARY(acos, OP_ACOS, COERCE_FLOAT)
UNARY(atan, OP_ATAN, COERCE_FLOAT)
UNARY(asinh, OP_ASINH, COERCE_FLOAT)
UNARY(acosh, OP_ACOSH, COERCE_FLOAT)
UNARY(atanh, OP_ATANH, COERCE_FLOAT)
UNARY(erfc, OP_ERFC, COERCE_FLOAT)
UNARY(erfinv, OP_ERFINV, COERCE_FLOAT)
UNARY(lgamma, OP_LGAMMA, COERCE_FLOAT)
UNARY(bitwise_not, OP_NOT, COERCE_BITS)
UNARY(logical_not, OP_NOT, COERCE_LOGICAL)
#undef UNARY

#define ROUNDING(name, op)                                                                                                                 \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *x) {                                                                 \
    return rounding(file, line, #name, op, x);                                                                                             \
  }
ROUNDING(round, OP_ROUND)
ROUNDING(floor, OP_FLOOR)
ROUNDING(ceil, OP_CEIL)
ROUNDING(trunc, OP_TRUNC)
#undef ROUNDING

/* Compositions of one operand: coerced, then built by a function of nodes. */
typedef struct tin_node *compose_fn(struct tin_graph *graph, struct tin_node *x);

static tin_tensor *composed(const char *file, int line, const char *op_name, compose_fn *compose, enum tin_coercion coercion,
                            tin_tensor *x) {
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *node = tin_call_operand(&call, x, "x");
  const char *name = "x";
  if (!node || !tin_coerce(&call, coercion, 1, &x, &name, &node))
    return tin_call_poison(&call);
  return tin_call_result(&call, compose(call.graph, node));
}

static struct tin_node *square(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_MUL, x, x);
}

static struct tin_node *reciprocal(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_DIV, make_number(graph, x, 1), x);
}

static struct tin_node *rsqrt(struct tin_graph *graph, struct tin_node *x) {
  return reciprocal(graph, make_unary(graph, OP_SQRT, x));
}

/* (0 < x) - (x < 0) */
static struct tin_node *sign(struct tin_graph *graph, struct tin_node *x) {
  struct tin_node *zero = make_number(graph, x, 0), *one = make_number(graph, x, 1);
  struct tin_node *positive = make_select(graph, make_binary(graph, OP_LT, zero, x), one, zero);
  if (tin_dtypes[x->dtype].class == TIN_CLASS_UNSIGNED)
    return positive;
  return make_select(graph, make_binary(graph, OP_LT, x, zero), make_number(graph, x, -1), positive);
}

/* With e = e^-|x| <= 1: 1 / (1 + e) where x >= 0, e / (1 + e) elsewhere. |x| is a select on the same condition, so that the gradient at 0
 * is 1/4 and not that of abs. */
struct tin_node *tin_node_sigmoid(struct tin_graph *graph, struct tin_node *x) {
  struct tin_node *right = make_binary(graph, OP_LE, make_number(graph, x, 0), x);
  struct tin_node *e = make_unary(graph, OP_EXP, make_select(graph, right, make_unary(graph, OP_NEG, x), x));
  struct tin_node *inverse = reciprocal(graph, make_binary(graph, OP_ADD, make_number(graph, x, 1), e));
  return make_select(graph, right, inverse, make_binary(graph, OP_MUL, e, inverse));
}

struct tin_node *tin_node_relu(struct tin_graph *graph, struct tin_node *x) {
  struct tin_node *zero = make_number(graph, x, 0);
  return make_select(graph, make_binary(graph, OP_LE, x, zero), zero, x);
}

static struct tin_node *isnan_node(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_NE, x, x);
}

/* A bit cast there and back: the value is the same, and no gradient goes through bits. */
struct tin_node *tin_node_detached(struct tin_graph *graph, struct tin_node *x) {
  if (!x || !tin_dtype_is_float(x->dtype))
    return x;
  if (tin_dtype_is_half(x->dtype)) /* as what it is in the registers of every target */
    return make_cast(graph, tin_node_detached(graph, make_cast(graph, x, TIN_F32)), (tin_dtype)x->dtype);
  return make_bitcast(graph, make_bitcast(graph, x, x->dtype == TIN_F64 ? TIN_I64 : TIN_I32), (tin_dtype)x->dtype);
}

#define COMPOSED(name, function, coercion)                                                                                                 \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *x) {                                                                 \
    return composed(file, line, #name, function, coercion, x);                                                                             \
  }
COMPOSED(square, square, COERCE_ARITHMETIC)
COMPOSED(reciprocal, reciprocal, COERCE_FLOAT)
COMPOSED(rsqrt, rsqrt, COERCE_FLOAT)
COMPOSED(sign, sign, COERCE_ARITHMETIC)
COMPOSED(sigmoid, tin_node_sigmoid, COERCE_FLOAT)
COMPOSED(relu, tin_node_relu, COERCE_ARITHMETIC)
COMPOSED(isnan, isnan_node, COERCE_ARITHMETIC)
COMPOSED(digamma, make_digamma, COERCE_FLOAT)
COMPOSED(detach, tin_node_detached, COERCE_NONE)
#undef COMPOSED

tin_tensor *tin_cast_at(const char *file, int line, tin_tensor *x, tin_dtype dtype) {
  struct tin_call call = tin_call_of(file, line, "cast");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node || !tin_check_dtype(&call, dtype))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_cast(call.graph, node, dtype));
}

tin_tensor *tin_bitcast_at(const char *file, int line, tin_tensor *x, tin_dtype dtype) {
  struct tin_call call = tin_call_of(file, line, "bitcast");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node || !tin_check_dtype(&call, dtype))
    return tin_call_poison(&call);
  tin_dtype from = (tin_dtype)node->dtype;
  if (from == TIN_BOOL || dtype == TIN_BOOL || tin_dtype_size(from) != tin_dtype_size(dtype)) {
    tin_call_fail(&call, "%s is %s, whose bits are no %s", tin_name_operand(x, "x").text, tin_dtype_name(from), tin_dtype_name(dtype));
    return tin_call_poison(&call);
  }
  return tin_call_result(&call, from == dtype ? node : make_bitcast(call.graph, node, dtype));
}

/* ---- two operands ---- */

static const char *const ab[] = {"a", "b"};

/* The operands of a binary op, coerced and broadcast. */
static bool pair(struct tin_call *call, enum tin_coercion coercion, tin_tensor *a, tin_tensor *b, struct tin_node *nodes[2]) {
  tin_tensor *tensors[] = {a, b};
  return tin_call_operands(call, 2, tensors, ab, nodes) && tin_coerce(call, coercion, 2, tensors, ab, nodes) &&
         tin_broadcast_all(call, 2, tensors, ab, nodes);
}

static tin_tensor *binary(const char *file, int line, const char *op_name, int op, bool swap, enum tin_coercion coercion, tin_tensor *a,
                          tin_tensor *b) {
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *nodes[2];
  if (!pair(&call, coercion, a, b, nodes))
    return tin_call_poison(&call);
  if (op == OP_MUL && nodes[0]->dtype == TIN_BOOL)
    op = OP_AND;
  return tin_call_result(&call, make_binary(call.graph, op, nodes[swap], nodes[!swap]));
}

#define BINARY(name, op, swap, coercion)                                                                                                   \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {                                                  \
    return binary(file, line, #name, op, swap, coercion, a, b);                                                                            \
  }
BINARY(add, OP_ADD, false, COERCE_ARITHMETIC)
BINARY(sub, OP_SUB, false, COERCE_ARITHMETIC)
BINARY(mul, OP_MUL, false, COERCE_NONE)
BINARY(div, OP_DIV, false, COERCE_FLOAT)
BINARY(atan2, OP_ATAN2, false, COERCE_FLOAT)
BINARY(power, OP_POW, false, COERCE_FLOAT)
BINARY(idiv, OP_DIV, false, COERCE_INTEGER)
BINARY(mod, OP_MOD, false, COERCE_INTEGER)
BINARY(minimum, OP_MIN, false, COERCE_NONE)
BINARY(maximum, OP_MAX, false, COERCE_NONE)
BINARY(lt, OP_LT, false, COERCE_NONE)
BINARY(le, OP_LE, false, COERCE_NONE)
BINARY(gt, OP_LT, true, COERCE_NONE)
BINARY(ge, OP_LE, true, COERCE_NONE)
BINARY(eq, OP_EQ, false, COERCE_NONE)
BINARY(ne, OP_NE, false, COERCE_NONE)
BINARY(logical_and, OP_AND, false, COERCE_LOGICAL)
BINARY(logical_or, OP_OR, false, COERCE_LOGICAL)
BINARY(logical_xor, OP_XOR, false, COERCE_LOGICAL)
BINARY(bitwise_and, OP_AND, false, COERCE_BITS)
BINARY(bitwise_or, OP_OR, false, COERCE_BITS)
BINARY(bitwise_xor, OP_XOR, false, COERCE_BITS)
BINARY(shl, OP_SHL, false, COERCE_INTEGER)
BINARY(shr, OP_SHR, false, COERCE_INTEGER)
#undef BINARY

/* ---- three operands ---- */

tin_tensor *tin_where_at(const char *file, int line, tin_tensor *condition, tin_tensor *a, tin_tensor *b) {
  static const char *const names[] = {"condition", "a", "b"};
  struct tin_call call = tin_call_of(file, line, "where");
  tin_tensor *tensors[] = {condition, a, b};
  struct tin_node *nodes[3];
  if (!tin_call_operands(&call, 3, tensors, names, nodes) || !tin_coerce(&call, COERCE_LOGICAL, 1, tensors, names, nodes) ||
      !tin_coerce(&call, COERCE_NONE, 2, tensors + 1, names + 1, nodes + 1) || !tin_broadcast_all(&call, 3, tensors, names, nodes))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_select(call.graph, nodes[0], nodes[1], nodes[2]));
}

tin_tensor *tin_fma_at(const char *file, int line, tin_tensor *a, tin_tensor *b, tin_tensor *c) {
  static const char *const names[] = {"a", "b", "c"};
  struct tin_call call = tin_call_of(file, line, "fma");
  tin_tensor *tensors[] = {a, b, c};
  struct tin_node *nodes[3];
  if (!tin_call_operands(&call, 3, tensors, names, nodes) || !tin_coerce(&call, COERCE_FLOAT, 3, tensors, names, nodes) ||
      !tin_broadcast_all(&call, 3, tensors, names, nodes))
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_node_elementwise(call.graph, OP_FMA, (tin_dtype)nodes[0]->dtype, nodes, 3));
}

/* ---- with a number ---- */

/* The dtype in which x meets the number: x's own where that can hold it. */
static tin_dtype meeting_dtype(tin_dtype dtype, double number) {
  if (tin_dtype_is_float(dtype))
    return dtype;
  if (number != trunc(number)) /* NaN too; infinities stay and saturate */
    return TIN_F32;
  return dtype == TIN_BOOL ? TIN_I32 : dtype;
}

struct tin_node *tin_node_number_as(struct tin_graph *graph, tin_dtype dtype, double number) {
  if (tin_dtype_is_float(dtype) || dtype == TIN_BOOL || !(-number <= 0x1p63 && number < 0x1p63))
    return tin_node_number(graph, dtype, number);
  struct tin_node *wide = tin_node_number(graph, TIN_I64, number);
  return make_cast(graph, wide, dtype);
}

static tin_tensor *with_number(const char *file, int line, const char *op_name, int op, enum tin_coercion coercion, tin_tensor *x,
                               double number, bool number_first) {
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  tin_dtype dtype = coerced_dtype(coercion, meeting_dtype((tin_dtype)node->dtype, number));
  node = make_cast(call.graph, node, tin_call_working(&call, dtype));
  if (!node)
    return tin_call_result(&call, NULL);
  bool bound = op == OP_MIN || op == OP_MAX; /* saturates rather */
  struct tin_node *other = (bound ? tin_node_number : tin_node_number_as)(call.graph, (tin_dtype)node->dtype, number);
  other = make_broadcast(call.graph, other, node->rank, node->shape);
  return tin_call_result(&call, make_binary(call.graph, op, number_first ? other : node, number_first ? node : other));
}

#define WITH_NUMBER(name, op, coercion)                                                                                                    \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *x, double number) {                                                  \
    return with_number(file, line, #name, op, coercion, x, number, false);                                                                 \
  }
WITH_NUMBER(add_scalar, OP_ADD, COERCE_NONE)
WITH_NUMBER(sub_scalar, OP_SUB, COERCE_NONE)
WITH_NUMBER(mul_scalar, OP_MUL, COERCE_NONE)
WITH_NUMBER(div_scalar, OP_DIV, COERCE_FLOAT)
WITH_NUMBER(minimum_scalar, OP_MIN, COERCE_NONE)
WITH_NUMBER(maximum_scalar, OP_MAX, COERCE_NONE)
#undef WITH_NUMBER

tin_tensor *tin_scalar_sub_at(const char *file, int line, double number, tin_tensor *x) {
  return with_number(file, line, "scalar_sub", OP_SUB, COERCE_NONE, x, number, true);
}

tin_tensor *tin_scalar_div_at(const char *file, int line, double number, tin_tensor *x) {
  return with_number(file, line, "scalar_div", OP_DIV, COERCE_FLOAT, x, number, true);
}

/* By repeated squaring; the exponent is a whole number >= 1. */
static struct tin_node *whole_power(struct tin_graph *graph, struct tin_node *x, uint64_t exponent) {
  struct tin_node *result = NULL;
  for (;; x = make_binary(graph, OP_MUL, x, x)) {
    if (exponent & 1)
      result = result ? make_binary(graph, OP_MUL, result, x) : x;
    exponent >>= 1;
    if (!exponent || !x)
      return x ? result : NULL;
  }
}

static struct tin_node *power(struct tin_graph *graph, struct tin_node *x, double exponent) {
  const double largest_product = 16; /* beyond it the products' roundings add up to more than the function's cost */
  double size = fabs(exponent);
  if (exponent == 0)
    return make_number(graph, x, 1);
  if (size != 0.5 && (!(size <= largest_product) || size != trunc(size)))
    return make_binary(graph, OP_POW, x, make_number(graph, x, exponent));
  struct tin_node *result = size == 0.5 ? make_unary(graph, OP_SQRT, x) : whole_power(graph, x, (uint64_t)size);
  return exponent < 0 ? reciprocal(graph, result) : result;
}

tin_tensor *tin_pow_at(const char *file, int line, tin_tensor *x, double exponent) {
  struct tin_call call = tin_call_of(file, line, "pow");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  const char *name = "x";
  if (!node || !tin_coerce(&call, COERCE_FLOAT, 1, &x, &name, &node))
    return tin_call_poison(&call);
  return tin_call_result(&call, power(call.graph, node, exponent));
}

tin_tensor *tin_clamp_at(const char *file, int line, tin_tensor *x, double low, double high) {
  struct tin_call call = tin_call_of(file, line, "clamp");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (!(low <= high)) {
    tin_call_fail(&call, "the lower bound %g is not below the upper bound %g", low, high);
    return tin_call_poison(&call);
  }
  struct tin_graph *graph = call.graph;
  tin_dtype dtype = meeting_dtype(meeting_dtype((tin_dtype)node->dtype, low), high);
  node = make_cast(graph, node, tin_call_working(&call, dtype));
  if (low > -INFINITY) {
    struct tin_node *bound = make_number(graph, node, low);
    node = make_select(graph, make_binary(graph, OP_LT, node, bound), bound, node);
  }
  if (high < INFINITY) {
    struct tin_node *bound = make_number(graph, node, high);
    node = make_select(graph, make_binary(graph, OP_LT, bound, node), bound, node);
  }
  return tin_call_result(&call, node);
}
