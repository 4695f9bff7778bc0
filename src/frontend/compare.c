/* Comparisons: with a number, and of whole tensors within a tolerance; the smaller, the larger and the clamped value beside NaN and between
 * tensors. */
#include "frontend/frontend.h"

#include <math.h>

/* ---- with a number ---- */

bool tin_dtype_holds(tin_dtype dtype, double number) {
  bool is_signed = tin_dtypes[dtype].class == TIN_CLASS_SIGNED;
  int bits = dtype == TIN_BOOL ? 1 : 8 * (int)tin_dtype_size(dtype);
  double end = ldexp(1, bits - is_signed);
  return number == trunc(number) && number < end && number >= (is_signed ? -end : 0);
}

/* No dtype of a result hangs on it, so integers meet a number that is none of them in f64, where both are what they are. */
static tin_tensor *compare_number(const char *file, int line, const char *op_name, int op, bool swap, tin_tensor *x, double number) {
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (!tin_dtype_is_float(node->dtype) && !tin_dtype_holds((tin_dtype)node->dtype, number))
    node = make_cast(call.graph, node, TIN_F64);
  struct tin_node *other = make_number(call.graph, node, number);
  return tin_call_result(&call, make_binary(call.graph, op, swap ? other : node, swap ? node : other));
}

#define COMPARE(name, op, swap)                                                                                                            \
  tin_tensor *tin_##name##_scalar_at(const char *file, int line, tin_tensor *x, double number) {                                           \
    return compare_number(file, line, #name "_scalar", op, swap, x, number);                                                               \
  }
COMPARE(lt, OP_LT, false)
COMPARE(le, OP_LE, false)
COMPARE(gt, OP_LT, true)
COMPARE(ge, OP_LE, true)
COMPARE(eq, OP_EQ, false)
COMPARE(ne, OP_NE, false)
#undef COMPARE

/* ---- extrema ---- */

static struct tin_node *is_nan(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_NE, x, x);
}

/* The operands of an op between two tensors, promoted and broadcast. */
static bool operands_of(struct tin_call *call, int count, tin_tensor *const *tensors, const char *const *names, struct tin_node **nodes) {
  return tin_call_operands(call, count, tensors, names, nodes) && tin_coerce(call, COERCE_NONE, count, tensors, names, nodes) &&
         tin_broadcast_all(call, count, tensors, names, nodes);
}

/* a where a <op> b or b is NaN, else b: with a NaN the other one, and a where they are equal. */
static tin_tensor *extremum(const char *file, int line, const char *op_name, bool largest, tin_tensor *a, tin_tensor *b) {
  static const char *const names[] = {"a", "b"};
  struct tin_call call = tin_call_of(file, line, op_name);
  tin_tensor *tensors[] = {a, b};
  struct tin_node *nodes[2];
  if (!operands_of(&call, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  struct tin_node *wins = make_binary(call.graph, OP_LE, nodes[largest], nodes[!largest]);
  wins = make_binary(call.graph, OP_OR, wins, is_nan(call.graph, nodes[1]));
  return tin_call_result(&call, make_select(call.graph, wins, nodes[0], nodes[1]));
}

tin_tensor *tin_fmin_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  return extremum(file, line, "fmin", false, a, b);
}

tin_tensor *tin_fmax_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  return extremum(file, line, "fmax", true, a, b);
}

/* bound where x is beyond it or it is NaN. */
static struct tin_node *bounded(struct tin_graph *graph, struct tin_node *x, struct tin_node *bound, bool above) {
  struct tin_node *beyond = make_binary(graph, OP_LT, above ? bound : x, above ? x : bound);
  return make_select(graph, make_binary(graph, OP_OR, beyond, is_nan(graph, bound)), bound, x);
}

tin_tensor *tin_clamp_tensor_at(const char *file, int line, tin_tensor *x, tin_tensor *low, tin_tensor *high) {
  static const char *const all_names[] = {"x", "low", "high"};
  struct tin_call call = tin_call_of(file, line, "clamp_tensor");
  tin_tensor *tensors[3] = {x};
  const char *names[3] = {"x"};
  int count = 1;
  for (int i = 1; i < 3; i++)
    if (i == 1 ? low : high) {
      tensors[count] = i == 1 ? low : high;
      names[count++] = all_names[i];
    }
  struct tin_node *nodes[3];
  if (!operands_of(&call, count, tensors, names, nodes))
    return tin_call_poison(&call);
  struct tin_node *result = nodes[0];
  for (int i = 1; i < count; i++)
    result = bounded(call.graph, result, nodes[i], tensors[i] == high && (i == 2 || !low));
  return tin_call_result(&call, result);
}

/* ---- within a tolerance ---- */

static double tolerance(double given, double usual) {
  return given == 0 ? usual : given == TIN_NO_TOLERANCE ? 0 : given;
}

/* Equal infinities are close; a difference that is infinite or NaN is not. */
static struct tin_node *close_nodes(struct tin_graph *graph, const struct tin_isclose_options *args, struct tin_node *a,
                                    struct tin_node *b) {
  struct tin_node *size = make_unary(graph, OP_ABS, make_binary(graph, OP_SUB, a, b));
  struct tin_node *scaled = make_binary(graph, OP_MUL, make_number(graph, b, tolerance(args->rtol, 1e-5)), make_unary(graph, OP_ABS, b));
  struct tin_node *allowed = make_binary(graph, OP_ADD, make_number(graph, b, tolerance(args->atol, 1e-8)), scaled);
  struct tin_node *finite = make_binary(graph, OP_LT, size, make_number(graph, b, INFINITY));
  struct tin_node *close = make_binary(graph, OP_AND, finite, make_binary(graph, OP_LE, size, allowed));
  close = make_binary(graph, OP_OR, close, make_binary(graph, OP_EQ, a, b));
  return args->equal_nan ? make_binary(graph, OP_OR, close, make_binary(graph, OP_AND, is_nan(graph, a), is_nan(graph, b))) : close;
}

static tin_tensor *isclose(const char *op_name, const struct tin_isclose_options *args) {
  static const char *const names[] = {"a", "b"};
  struct tin_call call = tin_call_of(args->file, args->line, op_name);
  tin_tensor *tensors[] = {args->a, args->b};
  struct tin_node *nodes[2];
  if (!operands_of(&call, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  if (!(tolerance(args->rtol, 1) >= 0 && tolerance(args->atol, 1) >= 0)) {
    tin_call_fail(&call, "the tolerances rtol %g and atol %g must not be negative", args->rtol, args->atol);
    return tin_call_poison(&call);
  }
  for (int i = 0; i < 2; i++)
    if (!tin_dtype_is_float(nodes[i]->dtype) && !(nodes[i] = make_cast(call.graph, nodes[i], TIN_F64)))
      return tin_call_result(&call, NULL);
  return tin_call_result(&call, close_nodes(call.graph, args, nodes[0], nodes[1]));
}

tin_tensor *tin_isclose_args(struct tin_isclose_options args) {
  return isclose("isclose", &args);
}

/* Whether all elements hold, computed now. */
static bool all_of(const char *file, int line, tin_tensor *holds_where) {
  tin_tensor *all = tin_all_args((struct tin_reduce_options){.file = file, .line = line, .x = holds_where});
  return !tin_is_poison(all) && tin_item_at(file, line, all) == 1;
}

bool tin_allclose_args(struct tin_isclose_options args) {
  return all_of(args.file, args.line, isclose("allclose", &args));
}

bool tin_equal_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  static const char *const names[] = {"a", "b"};
  struct tin_call call = tin_call_of(file, line, "equal");
  tin_tensor *tensors[] = {a, b};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, names, nodes))
    return false;
  bool same = nodes[0]->rank == nodes[1]->rank;
  for (int i = 0; same && i < nodes[0]->rank; i++)
    same = nodes[0]->shape[i] == nodes[1]->shape[i];
  return same && all_of(file, line, tin_eq_at(file, line, a, b));
}
