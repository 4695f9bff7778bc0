/* Sorting, and what counts by order or by value: sort, topk, median, searchsorted, bincount, histc. All are compositions around the op
 * argsort: values are taken at its positions, so that gradients flow. */
#include "frontend/frontend.h"

/* The positions first .. first + count - 1 of those along the axis. */
static struct tin_node *section(struct tin_graph *graph, struct tin_node *positions, int axis, int64_t first, int64_t count) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK], size[TIN_MAX_RANK];
  if (!positions)
    return NULL;
  for (int i = 0; i < positions->rank; i++) {
    step[i] = 1;
    size[i] = positions->shape[i];
  }
  start[axis] = first;
  size[axis] = count;
  return tin_node_slice(graph, positions, start, step, size);
}

/* ---- sort ---- */

tin_tensor *tin_argsort_args(struct tin_sort_options args) {
  struct tin_axis_call along;
  if (!tin_axis_call_begin(&along, args.file, args.line, "argsort", args.x, args.axis, COERCE_NONE))
    return tin_call_poison(&along.call);
  return tin_axis_call_result(&along, tin_node_argsort(along.call.graph, along.x, along.axis, args.descending));
}

tin_tensor *tin_sort_args(struct tin_sort_options args) {
  struct tin_axis_call along;
  bool begun = tin_axis_call_begin(&along, args.file, args.line, "sort", args.x, args.axis, COERCE_NONE);
  return tin_axis_call_pair(&along, begun, begun ? tin_node_argsort(along.call.graph, along.x, along.axis, args.descending) : NULL,
                            args.indices);
}

tin_tensor *tin_topk_args(struct tin_topk_options args) {
  struct tin_axis_call along;
  bool begun = tin_axis_call_begin(&along, args.file, args.line, "topk", args.x, args.axis, COERCE_NONE);
  int64_t n = begun ? along.x->shape[along.axis] : 0;
  if (begun && (args.k < 0 || args.k > n)) {
    tin_call_fail(&along.call, "k is %lld, but axis %d of %s has %lld elements", (long long)args.k, args.axis,
                  tin_describe(args.x, "x", along.x).text, (long long)n);
    begun = false;
  }
  struct tin_node *order = begun ? tin_node_argsort(along.call.graph, along.x, along.axis, !args.smallest) : NULL;
  along.is_point &= args.k == 1;
  return tin_axis_call_pair(&along, begun, section(along.call.graph, order, along.axis, 0, args.k), args.indices);
}

/* Where the median of n > 0 elements is; where there is a NaN, its position: it sorts last. */
static struct tin_node *median_position(struct tin_graph *graph, struct tin_node *x, int axis) {
  int64_t n = x->shape[axis];
  struct tin_node *order = tin_node_argsort(graph, x, axis, false), *middle = section(graph, order, axis, (n - 1) / 2, 1);
  if (!tin_dtype_is_float(x->dtype))
    return middle;
  struct tin_node *last = section(graph, order, axis, n - 1, 1), *largest = tin_node_take_along(graph, x, last, axis);
  return make_select(graph, make_binary(graph, OP_NE, largest, largest), last, middle);
}

static tin_tensor *median_of_all(struct tin_call *call, tin_tensor *t, struct tin_node *x, bool keepdims) {
  if (x->size == 0) {
    tin_call_fail(call, "of no elements: %s", tin_describe(t, "x", x).text);
    return tin_call_poison(call);
  }
  const int64_t ones[TIN_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};
  struct tin_node *flat = tin_node_reshape(call->graph, x, 1, &x->size);
  struct tin_node *value = flat ? tin_node_take_along(call->graph, flat, median_position(call->graph, flat, 0), 0) : NULL;
  return tin_call_result(call, make_reshape(call->graph, value, keepdims ? x->rank : 0, ones));
}

tin_tensor *tin_median_args(struct tin_reduce_options args) {
  struct tin_axis_call along = {.call = tin_call_of(args.file, args.line, "median")};
  struct tin_call *call = &along.call;
  struct tin_node *x = tin_call_operand(call, args.x, "x");
  if (!x)
    return tin_call_poison(call);
  if (args.axes.count > 1) {
    tin_call_fail(call, "one axis can be named, not %d", args.axes.count);
    return tin_call_poison(call);
  }
  if (args.axes.count != 1)
    return median_of_all(call, args.x, x, args.keepdims);
  if (!tin_axis_call_begin(&along, args.file, args.line, "median", args.x, args.axes.axis[0], COERCE_NONE))
    return tin_call_poison(call);
  if (along.x->shape[along.axis] == 0) {
    tin_call_fail(call, "of no elements: axis %d of %s", along.axis, tin_describe(args.x, "x", x).text);
    return tin_call_poison(call);
  }
  struct tin_node *value = tin_node_take_along(call->graph, along.x, median_position(call->graph, along.x, along.axis), along.axis);
  return tin_axis_call_result(&along, args.keepdims || along.is_point ? value : tin_node_drop_axes(call->graph, value, 1u << along.axis));
}

/* ---- counting ---- */

/* Is the element before the place of v? NaN is larger than all numbers, as in argsort. */
static struct tin_node *comes_before(struct tin_graph *graph, struct tin_node *element, struct tin_node *v, bool right) {
  struct tin_node *before = make_binary(graph, right ? OP_LE : OP_LT, element, v);
  if (!v || !tin_dtype_is_float(v->dtype))
    return before;
  struct tin_node *is_nan = make_binary(graph, OP_NE, v, v);
  if (!right)
    is_nan = make_binary(graph, OP_AND, is_nan, make_binary(graph, OP_EQ, element, element));
  return make_binary(graph, OP_OR, before, is_nan);
}

/* Binary search without branches: the count of elements before v grows by powers of two, largest first. */
static struct tin_node *search(struct tin_graph *graph, struct tin_node *sorted, struct tin_node *v, bool right) {
  int64_t n = sorted->size, step = 1;
  struct tin_node *count = make_broadcast(graph, tin_node_number(graph, TIN_I32, 0), v->rank, v->shape);
  while (step <= n / 2)
    step *= 2;
  for (; n > 0 && step > 0; step /= 2) {
    struct tin_node *next = make_binary(graph, OP_ADD, count, make_number(graph, count, (double)step));
    struct tin_node *place = make_binary(graph, OP_MIN, next, make_number(graph, next, (double)n));
    place = make_binary(graph, OP_SUB, place, make_number(graph, place, 1));
    struct tin_node *grows = comes_before(graph, place ? make_gather(graph, sorted, place, 0) : NULL, v, right);
    struct tin_node *fits = make_binary(graph, OP_LE, next, make_number(graph, next, (double)n));
    count = make_select(graph, make_binary(graph, OP_AND, grows, fits), next, count);
  }
  return count;
}

tin_tensor *tin_searchsorted_args(struct tin_searchsorted_options args) {
  static const char *const names[] = {"sorted", "values"};
  struct tin_call call = tin_call_of(args.file, args.line, "searchsorted");
  tin_tensor *const tensors[] = {args.sorted, args.values};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  if (nodes[0]->rank != 1 || nodes[0]->size > INT32_MAX / 2) {
    tin_call_fail(&call, "%s must have one axis, of less than 2^30 elements", tin_describe(args.sorted, names[0], nodes[0]).text);
    return tin_call_poison(&call);
  }
  if (!tin_coerce(&call, COERCE_NONE, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  return tin_call_result(&call, search(call.graph, nodes[0], nodes[1], args.right));
}

/* [size]: for each number below it the sum of the weights at the places where the index, flattened, is that number. */
static struct tin_node *count_into(struct tin_graph *graph, struct tin_node *index, struct tin_node *weights, int64_t size) {
  index = index ? make_reshape(graph, index, 1, &index->size) : NULL;
  weights = index && weights ? make_reshape(graph, weights, 1, &index->size) : NULL;
  struct tin_node *zeros = weights ? make_broadcast(graph, tin_node_number(graph, (tin_dtype)weights->dtype, 0), 1, &size) : NULL;
  return zeros ? tin_node_scatter(graph, zeros, index, weights, (struct tin_indexing){.axis = 0}, TIN_SCATTER_ADD) : NULL;
}

static struct tin_node *ones_of(struct tin_graph *graph, const struct tin_node *like, tin_dtype dtype) {
  return like ? make_broadcast(graph, tin_node_number(graph, dtype, 1), like->rank, like->shape) : NULL;
}

static bool check_bins(struct tin_call *call, int64_t size) {
  tin_shape shape = TIN_SHAPE(size);
  int64_t elements;
  return tin_check_shape(call, &shape, TIN_I64, &elements);
}

tin_tensor *tin_bincount_args(struct tin_bincount_options args) {
  static const char *const names[] = {"x", "weights"};
  struct tin_call call = tin_call_of(args.file, args.line, "bincount");
  tin_tensor *const tensors[] = {args.x, args.weights};
  struct tin_node *nodes[2] = {NULL, NULL};
  if (!tin_call_operands(&call, args.weights ? 2 : 1, tensors, names, nodes) || !check_bins(&call, args.size) ||
      !tin_coerce(&call, COERCE_INTEGER, 1, tensors, names, nodes))
    return tin_call_poison(&call);
  if (!args.weights)
    return tin_call_result(&call, count_into(call.graph, nodes[0], ones_of(call.graph, nodes[0], TIN_I64), args.size));
  if (!tin_same_shape(nodes[0], nodes[1])) {
    tin_call_fail(&call, "shapes differ: %s and %s", tin_describe(args.x, names[0], nodes[0]).text,
                  tin_describe(args.weights, names[1], nodes[1]).text);
    return tin_call_poison(&call);
  }
  tin_dtype dtype = tin_dtype_is_float(nodes[1]->dtype) ? (tin_dtype)nodes[1]->dtype : TIN_F64;
  return tin_call_result(&call, count_into(call.graph, nodes[0], make_cast(call.graph, nodes[1], dtype), args.size));
}

/* The bounds as 0-d tensors: those given, or the extrema of x where these are equal; one apart from the value where x has only one. */
static void bounds(struct tin_graph *graph, struct tin_node *x, double low, double high, struct tin_node **bound) {
  bool given = low < high || x->size == 0;
  for (int i = 0; i < 2; i++) {
    bound[i] = given ? tin_node_number(graph, (tin_dtype)x->dtype, i ? high : low)
                     : make_reshape(graph, make_reduce(graph, i ? OP_REDUCE_MAX : OP_REDUCE_MIN, x, 1), 0, NULL);
    bound[i] = tin_node_detached(graph, bound[i]);
  }
  if (given)
    return;
  struct tin_node *equal = make_binary(graph, OP_EQ, bound[0], bound[1]), *one = make_number(graph, bound[0], 1);
  for (int i = 0; i < 2; i++)
    bound[i] = make_select(graph, equal, make_binary(graph, i ? OP_ADD : OP_SUB, bound[i], one), bound[i]);
}

tin_tensor *tin_histc_at(const char *file, int line, tin_tensor *x, int64_t bins, double low, double high) {
  struct tin_call call = tin_call_of(file, line, "histc");
  const char *name = "x";
  struct tin_node *node = tin_call_operand(&call, x, name), *bound[2];
  if (!node || !tin_coerce(&call, COERCE_FLOAT, 1, &x, &name, &node))
    return tin_call_poison(&call);
  if (bins < 1 || !(low <= high) || bins >= INT32_MAX) {
    tin_call_fail(&call, "%lld bins between %g and %g: there must be one at least, and the bounds in order", (long long)bins, low, high);
    return tin_call_poison(&call);
  }
  struct tin_graph *graph = call.graph;
  node = tin_node_reshape(graph, node, 1, &node->size);
  if (!node)
    return tin_call_result(&call, NULL);
  bounds(graph, node, low, high, bound);
  struct tin_node *from = make_broadcast(graph, bound[0], 1, node->shape), *to = make_broadcast(graph, bound[1], 1, node->shape);
  struct tin_node *inside = make_binary(graph, OP_AND, make_binary(graph, OP_LE, from, node), make_binary(graph, OP_LE, node, to));
  struct tin_node *part = make_binary(graph, OP_DIV, make_binary(graph, OP_SUB, node, from), make_binary(graph, OP_SUB, to, from));
  struct tin_node *bin = make_cast(graph, make_binary(graph, OP_MUL, part, make_number(graph, part, (double)bins)), TIN_I32);
  bin = make_binary(graph, OP_MIN, bin, make_number(graph, bin, (double)bins - 1)); /* the last bin has its upper bound */
  bin = make_select(graph, inside, bin, make_number(graph, bin, (double)bins));     /* one more takes what lies outside */
  struct tin_node *counts = count_into(graph, bin, ones_of(graph, bin, TIN_I64), bins + 1);
  return tin_call_result(&call, make_cast(graph, section(graph, counts, 0, 0, bins), (tin_dtype)node->dtype));
}
