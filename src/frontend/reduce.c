/* Reductions and the compositions around them: mean, variance, norms, softmax, positions of extrema. */
#include "frontend/frontend.h"

#include <math.h>

struct tin_node *tin_node_drop_axes(struct tin_graph *graph, struct tin_node *x, uint32_t axes) {
  if (!x)
    return NULL;
  int rank = 0;
  int64_t shape[TIN_RANK_LIMIT];
  for (int axis = 0; axis < x->rank; axis++)
    if (!(axes >> axis & 1))
      shape[rank++] = x->shape[axis];
  return make_reshape(graph, x, rank, shape);
}

/* A reduction in the making: the call, its operand converted, and the axes. */
struct reduction {
  struct tin_call call;
  struct tin_node *x;
  uint32_t axes;
  int64_t count; /* elements that go into each result */
  bool keepdims;
};

static bool begin(struct reduction *reduction, const struct tin_reduce_options *args, const char *op, enum tin_coercion coercion) {
  const char *name = "x";
  tin_tensor *x = args->x;
  *reduction = (struct reduction){.call = tin_call_of(args->file, args->line, op), .keepdims = args->keepdims, .count = 1};
  reduction->x = tin_call_operand(&reduction->call, x, name);
  if (!reduction->x)
    return false;
  tin_axes axes = args->axes;
  if (reduction->x->rank == 0 && axes.count == 1 && (axes.axis[0] == 0 || axes.axis[0] == -1))
    axes.count = 0; /* PyTorch lets a 0-d tensor have these */
  if (!tin_check_axes(&reduction->call, x, name, reduction->x, axes, &reduction->axes))
    return false;
  for (int axis = 0; axis < reduction->x->rank; axis++)
    reduction->count *= reduction->axes >> axis & 1 ? reduction->x->shape[axis] : 1;
  return tin_coerce(&reduction->call, coercion, 1, &x, &name, &reduction->x);
}

static tin_tensor *finish(struct reduction *reduction, struct tin_node *node) {
  struct tin_call *call = &reduction->call;
  return tin_call_result(call, reduction->keepdims ? node : tin_node_drop_axes(call->graph, node, reduction->axes));
}

static struct tin_node *reduce(struct reduction *reduction, int op, struct tin_node *x) {
  return make_reduce(reduction->call.graph, op, x, reduction->axes);
}

/* ---- sums and products ---- */

static tin_tensor *total(const struct tin_reduce_options *args, const char *name, int op) {
  struct reduction reduction;
  if (!begin(&reduction, args, name, COERCE_NONE))
    return tin_call_poison(&reduction.call);
  bool keeps = tin_dtype_is_float(reduction.x->dtype) || reduction.x->dtype == TIN_U64;
  tin_dtype dtype = keeps ? (tin_dtype)reduction.x->dtype : TIN_I64; /* a count does not overflow */
  return finish(&reduction, reduce(&reduction, op, make_cast(reduction.call.graph, reduction.x, dtype)));
}

tin_tensor *tin_sum_args(struct tin_reduce_options args) {
  return total(&args, "sum", OP_SUM);
}

tin_tensor *tin_prod_args(struct tin_reduce_options args) {
  return total(&args, "prod", OP_PROD);
}

static struct tin_node *mean(struct reduction *reduction) {
  struct tin_graph *graph = reduction->call.graph;
  struct tin_node *sum = reduce(reduction, OP_SUM, reduction->x);
  return make_binary(graph, OP_DIV, sum, make_number(graph, sum, (double)reduction->count));
}

tin_tensor *tin_mean_args(struct tin_reduce_options args) {
  struct reduction reduction;
  if (!begin(&reduction, &args, "mean", COERCE_FLOAT))
    return tin_call_poison(&reduction.call);
  return finish(&reduction, mean(&reduction));
}

/* x less the mean. */
static struct tin_node *less(struct reduction *reduction, struct tin_node *x, struct tin_node *average) {
  return x ? make_binary(reduction->call.graph, OP_SUB, x, make_expand_like(reduction->call.graph, average, x)) : NULL;
}

/* Centred twice: the rounding of a mean that is large against the spread leaves an offset, which the second mean takes away. What the
 * offset is does not matter then, so no gradient flows through the first mean. */
static struct tin_node *variance(struct reduction *reduction, int correction) {
  struct tin_graph *graph = reduction->call.graph;
  correction = correction == TIN_NO_CORRECTION ? 0 : correction ? correction : 1;
  double freedom = fmax(0, (double)reduction->count - correction); /* 0: the variance is NaN, as in PyTorch */
  struct reduction rest = *reduction;
  rest.x = less(reduction, reduction->x, tin_node_detached(graph, mean(reduction)));
  struct tin_node *centred = rest.x ? less(reduction, rest.x, mean(&rest)) : NULL;
  struct tin_node *sum = reduce(reduction, OP_SUM, make_binary(graph, OP_MUL, centred, centred));
  return make_binary(graph, OP_DIV, sum, make_number(graph, sum, freedom));
}

tin_tensor *tin_var_args(struct tin_reduce_options args) {
  struct reduction reduction;
  if (!begin(&reduction, &args, "var", COERCE_FLOAT))
    return tin_call_poison(&reduction.call);
  return finish(&reduction, variance(&reduction, args.correction));
}

/* A function of x that is 0 at 0, where its derivative is infinite: there the gradient is 0. */
static struct tin_node *flat_at_zero(struct reduction *reduction, struct tin_node *x,
                                     struct tin_node *function(struct reduction *, struct tin_node *, double), double parameter) {
  struct tin_graph *graph = reduction->call.graph;
  struct tin_node *zero = make_number(graph, x, 0), *is_zero = make_binary(graph, OP_EQ, x, zero);
  struct tin_node *safe = make_select(graph, is_zero, make_number(graph, x, 1), x);
  return make_select(graph, is_zero, zero, safe ? function(reduction, safe, parameter) : NULL);
}

/* x to the p by tin_pow. */
static struct tin_node *power(struct reduction *reduction, struct tin_node *x, double p) {
  struct tin_call inside = reduction->call, *call = &inside;
  inside.half = TIN_BOOL; /* not yet the result */
  return tin_call_operand(call, tin_pow_at(call->file, call->line, tin_call_result(call, x), p), "x");
}

tin_tensor *tin_std_args(struct tin_reduce_options args) {
  struct reduction reduction;
  if (!begin(&reduction, &args, "std", COERCE_FLOAT))
    return tin_call_poison(&reduction.call);
  struct tin_node *var = variance(&reduction, args.correction);
  return finish(&reduction, flat_at_zero(&reduction, var, power, 0.5));
}

/* ---- counts, and sums without NaN ---- */

static struct tin_node *count_true(struct reduction *reduction, struct tin_node *x) {
  return reduce(reduction, OP_SUM, make_cast(reduction->call.graph, x, TIN_I64));
}

tin_tensor *tin_count_nonzero_args(struct tin_reduce_options args) {
  struct reduction reduction;
  if (!begin(&reduction, &args, "count_nonzero", COERCE_LOGICAL))
    return tin_call_poison(&reduction.call);
  return finish(&reduction, count_true(&reduction, reduction.x));
}

/* The sum of what is a number; *numbers: where that is. */
static struct tin_node *sum_of_numbers(struct reduction *reduction, struct tin_node **numbers) {
  struct tin_graph *graph = reduction->call.graph;
  struct tin_node *x = reduction->x;
  *numbers = make_binary(graph, OP_EQ, x, x);
  return reduce(reduction, OP_SUM, make_select(graph, *numbers, x, make_number(graph, x, 0)));
}

tin_tensor *tin_nansum_args(struct tin_reduce_options args) {
  struct reduction reduction;
  struct tin_node *numbers;
  if (!begin(&reduction, &args, "nansum", COERCE_NONE))
    return tin_call_poison(&reduction.call);
  if (!tin_dtype_is_float(reduction.x->dtype))
    return total(&args, "nansum", OP_SUM);
  return finish(&reduction, sum_of_numbers(&reduction, &numbers));
}

tin_tensor *tin_nanmean_args(struct tin_reduce_options args) {
  struct reduction reduction;
  struct tin_node *numbers;
  if (!begin(&reduction, &args, "nanmean", COERCE_FLOAT))
    return tin_call_poison(&reduction.call);
  struct tin_graph *graph = reduction.call.graph;
  struct tin_node *sum = sum_of_numbers(&reduction, &numbers);
  struct tin_node *count = make_cast(graph, count_true(&reduction, numbers), (tin_dtype)reduction.x->dtype);
  return finish(&reduction, make_binary(graph, OP_DIV, sum, count));
}

/* ---- extrema ---- */

static bool not_empty(struct reduction *reduction, tin_tensor *x) {
  if (reduction->count)
    return true;
  int axis = 0;
  while (reduction->x->shape[axis] || !(reduction->axes >> axis & 1))
    axis++;
  tin_call_fail(&reduction->call, "of no elements: axis %d of %s", axis, tin_describe(x, "x", reduction->x).text);
  return false;
}

static tin_tensor *extremum(const struct tin_reduce_options *args, const char *name, int op) {
  struct reduction reduction;
  if (!begin(&reduction, args, name, COERCE_NONE) || !not_empty(&reduction, args->x))
    return tin_call_poison(&reduction.call);
  return finish(&reduction, reduce(&reduction, op, reduction.x));
}

tin_tensor *tin_max_args(struct tin_reduce_options args) {
  return extremum(&args, "max", OP_REDUCE_MAX);
}

tin_tensor *tin_min_args(struct tin_reduce_options args) {
  return extremum(&args, "min", OP_REDUCE_MIN);
}

/* any is the largest truth, all the smallest; of nothing they are false and true. */
static tin_tensor *quantifier(const struct tin_reduce_options *args, const char *name, int op) {
  struct reduction reduction;
  if (!begin(&reduction, args, name, COERCE_LOGICAL))
    return tin_call_poison(&reduction.call);
  struct tin_node *x = reduction.x;
  if (reduction.count)
    return finish(&reduction, reduce(&reduction, op, x));
  int64_t shape[TIN_RANK_LIMIT];
  for (int axis = 0; axis < x->rank; axis++)
    shape[axis] = reduction.axes >> axis & 1 ? 1 : x->shape[axis];
  struct tin_node *empty = tin_node_number(reduction.call.graph, TIN_BOOL, op == OP_REDUCE_MIN);
  return finish(&reduction, make_broadcast(reduction.call.graph, empty, x->rank, shape));
}

tin_tensor *tin_any_args(struct tin_reduce_options args) {
  return quantifier(&args, "any", OP_REDUCE_MAX);
}

tin_tensor *tin_all_args(struct tin_reduce_options args) {
  return quantifier(&args, "all", OP_REDUCE_MIN);
}

/* The least index whose element equals the extremum, or is NaN (then the extremum is NaN, and equals nothing). */
static struct tin_node *first_index(struct reduction *reduction, int op, int axis) {
  struct tin_graph *graph = reduction->call.graph;
  struct tin_node *x = reduction->x;
  struct tin_node *found = make_binary(graph, OP_EQ, x, make_expand_like(graph, reduce(reduction, op, x), x));
  if (tin_dtype_is_float(x->dtype))
    found = make_binary(graph, OP_OR, found, make_binary(graph, OP_NE, x, x));
  int64_t shape[TIN_RANK_LIMIT];
  for (int i = 0; i < x->rank; i++)
    shape[i] = i == axis ? x->shape[axis] : 1;
  struct tin_node *index = make_reshape(graph, tin_node_iota(graph, TIN_I32, x->shape[axis]), x->rank, shape);
  index = make_expand_like(graph, index, x);
  struct tin_node *none = make_number(graph, index, (double)x->shape[axis]);
  return reduce(reduction, OP_REDUCE_MIN, make_select(graph, found, index, none));
}

static tin_tensor *argument(struct tin_reduce_options args, const char *name, int op) {
  struct reduction reduction;
  if (!begin(&reduction, &args, name, COERCE_NONE) || !not_empty(&reduction, args.x))
    return tin_call_poison(&reduction.call);
  if (args.axes.count > 1) {
    tin_call_fail(&reduction.call, "one axis can be named, not %d", args.axes.count);
    return tin_call_poison(&reduction.call);
  }
  struct tin_node *x = reduction.x;
  if (reduction.axes && args.axes.count == 1)
    return finish(&reduction, first_index(&reduction, op, __builtin_ctz(reduction.axes)));
  int rank = x->rank;
  reduction.x = make_reshape(reduction.call.graph, x, 1, &x->size);
  reduction.axes = 1;
  struct tin_node *index = reduction.x ? first_index(&reduction, op, 0) : NULL;
  const int64_t ones[TIN_RANK_LIMIT] = {1, 1, 1, 1, 1, 1, 1, 1};
  return tin_call_result(&reduction.call, make_reshape(reduction.call.graph, index, args.keepdims ? rank : 0, ones));
}

tin_tensor *tin_argmax_args(struct tin_reduce_options args) {
  return argument(args, "argmax", OP_REDUCE_MAX);
}

tin_tensor *tin_argmin_args(struct tin_reduce_options args) {
  return argument(args, "argmin", OP_REDUCE_MIN);
}

/* ---- norms ---- */

static struct tin_node *norm(struct reduction *reduction, double p) {
  struct tin_graph *graph = reduction->call.graph;
  struct tin_node *x = reduction->x;
  if (p == 0)
    return make_cast(graph, count_true(reduction, tin_node_truth(graph, x)), (tin_dtype)x->dtype);
  struct tin_node *size = make_unary(graph, OP_ABS, x);
  if (isinf(p))
    return reduce(reduction, p > 0 ? OP_REDUCE_MAX : OP_REDUCE_MIN, size);
  if (p == 1)
    return reduce(reduction, OP_SUM, size);
  if (p == 2)
    return flat_at_zero(reduction, reduce(reduction, OP_SUM, make_binary(graph, OP_MUL, x, x)), power, 0.5);
  if (p > 0)
    return flat_at_zero(reduction, reduce(reduction, OP_SUM, flat_at_zero(reduction, size, power, p)), power, 1 / p);
  /* an element that is 0 has the power infinity, and makes the norm 0 */
  struct tin_node *is_zero = make_binary(graph, OP_EQ, size, make_number(graph, size, 0));
  struct tin_node *safe = make_select(graph, is_zero, make_number(graph, size, 1), size);
  struct tin_node *term = make_select(graph, is_zero, make_number(graph, size, INFINITY), safe ? power(reduction, safe, p) : NULL);
  struct tin_node *sum = reduce(reduction, OP_SUM, term);
  return sum ? power(reduction, sum, 1 / p) : NULL;
}

tin_tensor *tin_norm_args(struct tin_norm_options args) {
  struct reduction reduction;
  struct tin_reduce_options options = {.file = args.file, .line = args.line, .x = args.x, .axes = args.axes, .keepdims = args.keepdims};
  if (!begin(&reduction, &options, "norm", COERCE_FLOAT))
    return tin_call_poison(&reduction.call);
  if (isnan(args.p)) {
    tin_call_fail(&reduction.call, "p is not a number");
    return tin_call_poison(&reduction.call);
  }
  if ((args.p < 0 || isinf(args.p)) && !not_empty(&reduction, args.x)) /* no such norm of nothing */
    return tin_call_poison(&reduction.call);
  return finish(&reduction, norm(&reduction, args.p));
}

/* ---- exponentials ---- */

/* The maximum, for subtracting: its gradient cancels exactly in what is computed with it, so it is stopped. */
static struct tin_node *stopped_maximum(struct reduction *reduction) {
  return tin_node_detached(reduction->call.graph, reduce(reduction, OP_REDUCE_MAX, reduction->x));
}

tin_tensor *tin_logsumexp_args(struct tin_reduce_options args) {
  struct reduction reduction;
  if (!begin(&reduction, &args, "logsumexp", COERCE_FLOAT))
    return tin_call_poison(&reduction.call);
  struct tin_graph *graph = reduction.call.graph;
  if (!reduction.count) /* the logarithm of an empty sum */
    return finish(&reduction, make_unary(graph, OP_LOG, reduce(&reduction, OP_SUM, reduction.x)));
  struct tin_node *largest = stopped_maximum(&reduction);
  struct tin_node *endless = make_binary(graph, OP_EQ, make_unary(graph, OP_ABS, largest), make_number(graph, largest, INFINITY));
  struct tin_node *shift = make_select(graph, endless, make_number(graph, largest, 0), largest); /* inf - inf would be NaN */
  struct tin_node *e = make_unary(graph, OP_EXP, make_binary(graph, OP_SUB, reduction.x, make_expand_like(graph, shift, reduction.x)));
  return finish(&reduction, make_binary(graph, OP_ADD, make_unary(graph, OP_LOG, reduce(&reduction, OP_SUM, e)), shift));
}

/* x less its maximum along the axis, and e to that. */
static bool begin_softmax(struct reduction *reduction, const char *file, int line, const char *op, tin_tensor *x, int axis,
                          struct tin_node **shifted, struct tin_node **e) {
  struct tin_reduce_options args = {.file = file, .line = line, .x = x, .axes = TIN_AXES(axis), .keepdims = true};
  if (!begin(reduction, &args, op, COERCE_FLOAT))
    return false;
  struct tin_graph *graph = reduction->call.graph;
  *shifted = reduction->x;
  if (reduction->count)
    *shifted = make_binary(graph, OP_SUB, reduction->x, make_expand_like(graph, stopped_maximum(reduction), reduction->x));
  *e = make_unary(graph, OP_EXP, *shifted);
  return true;
}

tin_tensor *tin_softmax_at(const char *file, int line, tin_tensor *x, int axis) {
  struct reduction reduction;
  struct tin_node *shifted, *e;
  if (!begin_softmax(&reduction, file, line, "softmax", x, axis, &shifted, &e))
    return tin_call_poison(&reduction.call);
  struct tin_graph *graph = reduction.call.graph;
  struct tin_node *sum = reduce(&reduction, OP_SUM, e);
  struct tin_node *scale = make_binary(graph, OP_DIV, make_number(graph, sum, 1), sum);
  return finish(&reduction, make_binary(graph, OP_MUL, e, make_expand_like(graph, scale, reduction.x)));
}

tin_tensor *tin_log_softmax_at(const char *file, int line, tin_tensor *x, int axis) {
  struct reduction reduction;
  struct tin_node *shifted, *e;
  if (!begin_softmax(&reduction, file, line, "log_softmax", x, axis, &shifted, &e))
    return tin_call_poison(&reduction.call);
  struct tin_graph *graph = reduction.call.graph;
  struct tin_node *log = make_unary(graph, OP_LOG, reduce(&reduction, OP_SUM, e));
  return finish(&reduction, make_binary(graph, OP_SUB, shifted, make_expand_like(graph, log, reduction.x)));
}
