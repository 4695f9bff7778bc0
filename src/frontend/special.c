/* Compositions of elementwise ops that PyTorch and NumPy share: remainders and rounded quotients, signs and classes of floats, and
 * functions of statistics and signal processing. Conditions repeat rather than nest, so that the gradient of each branch stays in it. */
#include "frontend/frontend.h"

#include <float.h>
#include <math.h>

typedef struct tin_node *one_fn(struct tin_graph *graph, struct tin_node *x);
typedef struct tin_node *two_fn(struct tin_graph *graph, struct tin_node *a, struct tin_node *b);

static tin_tensor *of_one(const char *file, int line, const char *op_name, one_fn *compose, enum tin_coercion coercion, tin_tensor *x) {
  struct tin_call call = tin_call_of(file, line, op_name);
  static const char *const names[] = {"x"};
  struct tin_node *node;
  if (!tin_call_operands(&call, 1, &x, names, &node) || !tin_coerce(&call, coercion, 1, &x, names, &node))
    return tin_call_poison(&call);
  return tin_call_result(&call, compose(call.graph, node));
}

static tin_tensor *of_two(const char *file, int line, const char *op_name, two_fn *compose, enum tin_coercion coercion, tin_tensor *a,
                          tin_tensor *b) {
  struct tin_call call = tin_call_of(file, line, op_name);
  static const char *const names[] = {"a", "b"};
  tin_tensor *tensors[] = {a, b};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, names, nodes) || !tin_coerce(&call, coercion, 2, tensors, names, nodes) ||
      !tin_broadcast_all(&call, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  return tin_call_result(&call, compose(call.graph, nodes[0], nodes[1]));
}

/* ---- signs ---- */

static bool is_float(const struct tin_node *x) {
  return x && tin_dtype_is_float(x->dtype);
}

/* A number of x's shape as bool. */
static struct tin_node *make_truth(struct tin_graph *graph, const struct tin_node *x, bool value) {
  return x ? make_broadcast(graph, tin_node_number(graph, TIN_BOOL, value), x->rank, x->shape) : NULL;
}

/* The bits of a float as a signed integer, negative where the sign is set. */
static struct tin_node *signed_bits(struct tin_graph *graph, struct tin_node *x) {
  return x ? make_bitcast(graph, x, x->dtype == TIN_F64 ? TIN_I64 : TIN_I32) : NULL;
}

static struct tin_node *is_negative(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_LT, x, make_number(graph, x, 0));
}

static struct tin_node *signbit_node(struct tin_graph *graph, struct tin_node *x) {
  return is_negative(graph, is_float(x) ? signed_bits(graph, x) : x);
}

/* +0 or -0, as the sign of x. */
static struct tin_node *zero_signed_as(struct tin_graph *graph, struct tin_node *x) {
  return make_select(graph, signbit_node(graph, x), make_number(graph, x, -0.0), make_number(graph, x, 0));
}

/* a or -a: the gradient is then the sign's quotient, and 0 where a is 0 (torch.copysign). */
static struct tin_node *copysign_node(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  struct tin_node *differ = make_binary(graph, OP_XOR, signed_bits(graph, a), signed_bits(graph, b));
  struct tin_node *moved = make_select(graph, is_negative(graph, differ), make_unary(graph, OP_NEG, a), a);
  return make_select(graph, make_binary(graph, OP_EQ, a, make_number(graph, a, 0)), zero_signed_as(graph, b), moved);
}

/* ---- remainders and rounded quotients ---- */

/* Whether the remainder of a division towards zero must move by one divisor to have the divisor's sign. */
static struct tin_node *must_move(struct tin_graph *graph, struct tin_node *remainder, struct tin_node *b) {
  struct tin_node *differ = make_binary(graph, OP_NE, is_negative(graph, remainder), is_negative(graph, b));
  return make_binary(graph, OP_AND, differ, make_binary(graph, OP_NE, remainder, make_number(graph, b, 0)));
}

static struct tin_node *fmod_node(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  return make_binary(graph, OP_MOD, a, b);
}

/* A remainder of 0 gets the divisor's sign: -(detached - m) is -0 with the gradient of m. */
static struct tin_node *remainder_node(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  struct tin_node *m = fmod_node(graph, a, b);
  struct tin_node *result = make_select(graph, must_move(graph, m, b), make_binary(graph, OP_ADD, m, b), m);
  if (!is_float(result))
    return result;
  struct tin_node *minus_zero = make_unary(graph, OP_NEG, make_binary(graph, OP_SUB, tin_node_detached(graph, m), m));
  struct tin_node *zero = make_binary(graph, OP_ADD, minus_zero, zero_signed_as(graph, b));
  return make_select(graph, make_binary(graph, OP_EQ, m, make_number(graph, m, 0)), zero, result);
}

/* x / 0 = 0 whatever the remainder says. */
static struct tin_node *floor_divide_integers(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  struct tin_node *quotient = make_binary(graph, OP_DIV, a, b);
  struct tin_node *move = must_move(graph, fmod_node(graph, a, b), b);
  move = make_binary(graph, OP_AND, move, make_binary(graph, OP_NE, b, make_number(graph, b, 0)));
  return make_select(graph, move, make_binary(graph, OP_SUB, quotient, make_number(graph, b, 1)), quotient);
}

/* (a - m) / b is an integer but for rounding, so that the nearest one is floor(a / b) also where a / b itself would round up to the next.
 * That of numpy.floor_divide. */
static struct tin_node *floor_divide_floats(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  struct tin_node *zero = make_number(graph, a, 0), *one = make_number(graph, a, 1);
  struct tin_node *m = fmod_node(graph, a, b), *plain = make_binary(graph, OP_DIV, a, b);
  struct tin_node *quotient = make_binary(graph, OP_DIV, make_binary(graph, OP_SUB, a, m), b);
  quotient = make_binary(graph, OP_SUB, quotient, make_select(graph, must_move(graph, m, b), one, zero));
  struct tin_node *whole = make_unary(graph, OP_FLOOR, quotient);
  struct tin_node *above = make_binary(graph, OP_LT, make_number(graph, a, 0.5), make_binary(graph, OP_SUB, quotient, whole));
  whole = make_binary(graph, OP_ADD, whole, make_select(graph, above, one, zero));
  whole = make_select(graph, make_binary(graph, OP_EQ, quotient, zero), zero_signed_as(graph, plain), whole);
  return tin_node_detached(graph, make_select(graph, make_binary(graph, OP_EQ, b, zero), plain, whole));
}

static struct tin_node *floor_divide_node(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  return is_float(a) ? floor_divide_floats(graph, a, b) : floor_divide_integers(graph, a, b);
}

/* ---- classes of floats ---- */

static struct tin_node *is_infinite(struct tin_graph *graph, struct tin_node *x) {
  if (!is_float(x))
    return make_truth(graph, x, false);
  return make_binary(graph, OP_EQ, make_unary(graph, OP_ABS, x), make_number(graph, x, INFINITY));
}

static struct tin_node *is_finite(struct tin_graph *graph, struct tin_node *x) {
  if (!is_float(x))
    return make_truth(graph, x, true);
  return make_binary(graph, OP_LT, make_unary(graph, OP_ABS, x), make_number(graph, x, INFINITY));
}

static struct tin_node *is_nan(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_NE, x, x);
}

tin_tensor *tin_nan_to_num_args(struct tin_nan_to_num_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "nan_to_num");
  struct tin_graph *graph;
  struct tin_node *x = tin_call_operand(&call, args.x, "x");
  if (!x)
    return tin_call_poison(&call);
  if (!is_float(x))
    return tin_call_result(&call, x);
  graph = call.graph;
  double largest = x->dtype == TIN_F64 ? DBL_MAX : x->dtype == TIN_F16 ? 65504 : x->dtype == TIN_BF16 ? 0x1.fep127 : (double)FLT_MAX;
  struct tin_node *high = make_number(graph, x, args.posinf == 0 ? largest : args.posinf);
  struct tin_node *low = make_number(graph, x, args.neginf == 0 ? -largest : args.neginf);
  struct tin_node *result = make_select(graph, is_nan(graph, x), make_number(graph, x, args.nan), x);
  result = make_select(graph, make_binary(graph, OP_EQ, x, make_number(graph, x, INFINITY)), high, result);
  return tin_call_result(&call, make_select(graph, make_binary(graph, OP_EQ, x, make_number(graph, x, -INFINITY)), low, result));
}

/* ---- functions ---- */

/* The operands are scaled by a power of two, chosen by the larger one, so that no square overflows or vanishes that counts. */
static struct tin_node *hypot_node(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  bool wide = a && a->dtype == TIN_F64;
  double far = wide ? 0x1p500 : 0x1p60, down = wide ? 0x1p-600 : 0x1p-70, up = wide ? 0x1p700 : 0x1p90;
  struct tin_node *largest = make_binary(graph, OP_MAX, make_unary(graph, OP_ABS, a), make_unary(graph, OP_ABS, b));
  struct tin_node *huge = make_binary(graph, OP_LT, make_number(graph, a, far), largest);
  struct tin_node *tiny = make_binary(graph, OP_LT, largest, make_number(graph, a, 1 / far));
  struct tin_node *one = make_number(graph, a, 1);
  struct tin_node *scale = make_select(graph, huge, make_number(graph, a, down), make_select(graph, tiny, make_number(graph, a, up), one));
  struct tin_node *back =
      make_select(graph, huge, make_number(graph, a, 1 / down), make_select(graph, tiny, make_number(graph, a, 1 / up), one));
  struct tin_node *x = make_binary(graph, OP_MUL, a, scale), *y = make_binary(graph, OP_MUL, b, scale);
  struct tin_node *sum = make_binary(graph, OP_ADD, make_binary(graph, OP_MUL, x, x), make_binary(graph, OP_MUL, y, y));
  struct tin_node *result = make_binary(graph, OP_MUL, make_unary(graph, OP_SQRT, sum), back);
  struct tin_node *infinite = make_binary(graph, OP_OR, is_infinite(graph, a), is_infinite(graph, b));
  return make_select(graph, infinite, make_number(graph, a, INFINITY), result);
}

/* larger + log(1 + e^-|a - b|), with |a - b| and the larger one selected by the same condition: right at a = b in every order. */
static struct tin_node *logaddexp_node(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  struct tin_node *above = make_binary(graph, OP_LE, b, a), *difference = make_binary(graph, OP_SUB, b, a);
  struct tin_node *power = make_unary(graph, OP_EXP, make_select(graph, above, difference, make_unary(graph, OP_NEG, difference)));
  struct tin_node *more = make_unary(graph, OP_LOG1P, power);
  struct tin_node *result = make_binary(graph, OP_ADD, make_select(graph, above, a, b), more);
  struct tin_node *same = make_binary(graph, OP_AND, make_binary(graph, OP_EQ, a, b), is_infinite(graph, a));
  return make_select(graph, same, a, result);
}

static struct tin_node *heaviside_node(struct tin_graph *graph, struct tin_node *x, struct tin_node *at_zero) {
  struct tin_node *zero = make_number(graph, x, 0);
  struct tin_node *step = make_cast(graph, make_binary(graph, OP_LT, zero, x), x ? (tin_dtype)x->dtype : TIN_F32);
  return make_select(graph, make_binary(graph, OP_EQ, x, zero), at_zero, step);
}

/* Where x is 0 and log(y) is no number, y is 1: then the product is 0, and so is its gradient. */
static struct tin_node *xlogy_node(struct tin_graph *graph, struct tin_node *x, struct tin_node *y) {
  struct tin_node *zero = make_number(graph, x, 0), *infinity = make_number(graph, y, INFINITY);
  struct tin_node *outside = make_binary(graph, OP_OR, make_binary(graph, OP_LE, y, zero), make_binary(graph, OP_EQ, y, infinity));
  struct tin_node *nothing = make_binary(graph, OP_AND, make_binary(graph, OP_EQ, x, zero), outside);
  struct tin_node *safe = make_select(graph, nothing, make_number(graph, y, 1), y);
  return make_binary(graph, OP_MUL, x, make_unary(graph, OP_LOG, safe));
}

/* sin(pi r) / (pi x) with r = x - n and the sign of (-1)^n, n the nearest integer: exactly 0 at integers. */
static struct tin_node *sinc_node(struct tin_graph *graph, struct tin_node *x) {
  struct tin_node *zero = make_number(graph, x, 0), *pi = make_number(graph, x, 3.14159265358979323846);
  struct tin_node *at_zero = make_binary(graph, OP_EQ, x, zero);
  struct tin_node *safe = make_select(graph, at_zero, make_number(graph, x, 1), x), *n = make_unary(graph, OP_ROUND, safe);
  struct tin_node *half = make_binary(graph, OP_MUL, n, make_number(graph, x, 0.5));
  struct tin_node *odd = make_binary(graph, OP_NE, half, make_unary(graph, OP_FLOOR, half));
  struct tin_node *sine = make_unary(graph, OP_SIN, make_binary(graph, OP_MUL, make_binary(graph, OP_SUB, safe, n), pi));
  sine = make_select(graph, odd, make_unary(graph, OP_NEG, sine), sine);
  struct tin_node *result = make_binary(graph, OP_DIV, sine, make_binary(graph, OP_MUL, safe, pi));
  return make_select(graph, at_zero, make_number(graph, x, 1), result);
}

static struct tin_node *frac_node(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_SUB, x, make_unary(graph, OP_TRUNC, x));
}

static struct tin_node *deg2rad_node(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_MUL, x, make_number(graph, x, 0.017453292519943295769)); /* pi / 180 */
}

static struct tin_node *rad2deg_node(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_MUL, x, make_number(graph, x, 57.295779513082320877)); /* 180 / pi */
}

tin_tensor *tin_logit_at(const char *file, int line, tin_tensor *x, double eps) {
  static const char *const names[] = {"x"};
  struct tin_call call = tin_call_of(file, line, "logit");
  struct tin_node *node;
  if (!tin_call_operands(&call, 1, &x, names, &node))
    return tin_call_poison(&call);
  if (!(eps <= 0.5)) {
    tin_call_fail(&call, "eps %g is above 1/2", eps);
    return tin_call_poison(&call);
  }
  if (!tin_coerce(&call, COERCE_FLOAT, 1, &x, names, &node))
    return tin_call_poison(&call);
  struct tin_graph *graph = call.graph;
  if (eps > 0) {
    struct tin_node *low = make_number(graph, node, eps), *high = make_number(graph, node, 1 - eps);
    struct tin_node *raised = make_select(graph, make_binary(graph, OP_LT, node, low), low, node);
    node = make_select(graph, make_binary(graph, OP_LT, high, node), high, raised);
  }
  struct tin_node *rest = make_binary(graph, OP_SUB, make_number(graph, node, 1), node);
  return tin_call_result(&call, make_unary(graph, OP_LOG, make_binary(graph, OP_DIV, node, rest)));
}

/* From the nearer end, so that the result is exactly b at weight 1. */
tin_tensor *tin_lerp_at(const char *file, int line, tin_tensor *a, tin_tensor *b, tin_tensor *weight) {
  static const char *const names[] = {"a", "b", "weight"};
  struct tin_call call = tin_call_of(file, line, "lerp");
  tin_tensor *tensors[] = {a, b, weight};
  struct tin_node *nodes[3];
  if (!tin_call_operands(&call, 3, tensors, names, nodes) || !tin_coerce(&call, COERCE_FLOAT, 3, tensors, names, nodes) ||
      !tin_broadcast_all(&call, 3, tensors, names, nodes))
    return tin_call_poison(&call);
  struct tin_graph *graph = call.graph;
  struct tin_node *difference = make_binary(graph, OP_SUB, nodes[1], nodes[0]);
  struct tin_node *rest = make_binary(graph, OP_SUB, make_number(graph, nodes[2], 1), nodes[2]);
  struct tin_node *up = make_binary(graph, OP_ADD, nodes[0], make_binary(graph, OP_MUL, nodes[2], difference));
  struct tin_node *down = make_binary(graph, OP_SUB, nodes[1], make_binary(graph, OP_MUL, difference, rest));
  struct tin_node *small = make_binary(graph, OP_LT, make_unary(graph, OP_ABS, nodes[2]), make_number(graph, nodes[2], 0.5));
  return tin_call_result(&call, make_select(graph, small, up, down));
}

/* ---- the public functions ---- */

#define OF_ONE(name, compose, coercion)                                                                                                    \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *x) {                                                                 \
    return of_one(file, line, #name, compose, coercion, x);                                                                                \
  }
OF_ONE(signbit, signbit_node, COERCE_ARITHMETIC)
OF_ONE(isinf, is_infinite, COERCE_NONE)
OF_ONE(isfinite, is_finite, COERCE_NONE)
OF_ONE(sinc, sinc_node, COERCE_FLOAT)
OF_ONE(frac, frac_node, COERCE_FLOAT)
OF_ONE(deg2rad, deg2rad_node, COERCE_FLOAT)
OF_ONE(rad2deg, rad2deg_node, COERCE_FLOAT)
#undef OF_ONE

#define OF_TWO(name, compose, coercion)                                                                                                    \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {                                                  \
    return of_two(file, line, #name, compose, coercion, a, b);                                                                             \
  }
OF_TWO(fmod, fmod_node, COERCE_ARITHMETIC)
OF_TWO(remainder, remainder_node, COERCE_ARITHMETIC)
OF_TWO(floor_divide, floor_divide_node, COERCE_ARITHMETIC)
OF_TWO(copysign, copysign_node, COERCE_FLOAT)
OF_TWO(hypot, hypot_node, COERCE_FLOAT)
OF_TWO(logaddexp, logaddexp_node, COERCE_FLOAT)
OF_TWO(heaviside, heaviside_node, COERCE_NONE)
OF_TWO(xlogy, xlogy_node, COERCE_FLOAT)
#undef OF_TWO
