/* Reductions and the compositions around them: mean, variance, softmax, positions of extrema. */
#include "frontend/frontend.h"

#include <math.h>

struct tin_node *tin_node_drop_axes(struct tin_graph *graph, struct tin_node *x, uint32_t axes) {
  if (!x)
    return NULL;
  int rank = 0;
  int64_t shape[TIN_MAX_RANK];
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
  if (!reduction->x || !tin_check_axes(&reduction->call, x, name, reduction->x, args->axes, &reduction->axes))
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
  tin_dtype dtype = tin_dtype_is_float(reduction.x->dtype) ? (tin_dtype)reduction.x->dtype : TIN_I64; /* a count does not overflow */
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

tin_tensor *tin_var_args(struct tin_reduce_options args) {
  struct reduction reduction;
  if (!begin(&reduction, &args, "var", COERCE_FLOAT))
    return tin_call_poison(&reduction.call);
  struct tin_graph *graph = reduction.call.graph;
  int correction = args.correction == TIN_NO_CORRECTION ? 0 : args.correction ? args.correction : 1;
  double freedom = fmax(0, (double)reduction.count - correction); /* 0: the variance is NaN, as in PyTorch */
  struct tin_node *centred = make_binary(graph, OP_SUB, reduction.x, make_expand_like(graph, mean(&reduction), reduction.x));
  struct tin_node *sum = reduce(&reduction, OP_SUM, make_binary(graph, OP_MUL, centred, centred));
  return finish(&reduction, make_binary(graph, OP_DIV, sum, make_number(graph, sum, freedom)));
}

/* ---- extrema ---- */

static bool not_empty(struct reduction *reduction, tin_tensor *x) {
  if (reduction->count)
    return true;
  tin_call_fail(&reduction->call, "of no elements: %s", tin_describe(x, "x", reduction->x).text);
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
  int64_t shape[TIN_MAX_RANK];
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
  int64_t shape[TIN_MAX_RANK];
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
  if (args.axes.count == 1)
    return finish(&reduction, first_index(&reduction, op, __builtin_ctz(reduction.axes)));
  int rank = x->rank;
  reduction.x = make_reshape(reduction.call.graph, x, 1, &x->size);
  reduction.axes = 1;
  struct tin_node *index = reduction.x ? first_index(&reduction, op, 0) : NULL;
  const int64_t ones[TIN_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
  return tin_call_result(&reduction.call, make_reshape(reduction.call.graph, index, args.keepdims ? rank : 0, ones));
}

tin_tensor *tin_argmax_args(struct tin_reduce_options args) {
  return argument(args, "argmax", OP_REDUCE_MAX);
}

tin_tensor *tin_argmin_args(struct tin_reduce_options args) {
  return argument(args, "argmin", OP_REDUCE_MIN);
}

/* ---- exponentials ---- */

/* The maximum, for subtracting: its gradient cancels exactly in what is computed with it, so it is stopped. */
static struct tin_node *stopped_maximum(struct reduction *reduction) {
  return tin_node_detached(reduction->call.graph, reduce(reduction, OP_REDUCE_MAX, reduction->x));
}

tin_tensor *tin_logsumexp_args(struct tin_reduce_options args) {
  struct reduction reduction;
  if (!begin(&reduction, &args, "logsumexp", COERCE_FLOAT) || !not_empty(&reduction, args.x))
    return tin_call_poison(&reduction.call);
  struct tin_graph *graph = reduction.call.graph;
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
