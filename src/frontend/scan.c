/* Scans along an axis: cumulative sums, products and extrema, linear recurrences. */
#include "frontend/frontend.h"

#include <math.h>

#include "ir/indexing.h"

bool tin_axis_call_begin(struct tin_axis_call *along, const char *file, int line, const char *op, tin_tensor *x, int axis,
                         enum tin_coercion coercion) {
  const char *name = "x";
  *along = (struct tin_axis_call){.call = tin_call_of(file, line, op)};
  along->x = tin_call_operand(&along->call, x, name);
  if (!along->x || !tin_coerce(&along->call, coercion, 1, &x, &name, &along->x))
    return false;
  along->is_point = along->x->rank == 0 && (axis == 0 || axis == -1);
  along->axis = along->is_point ? 0 : tin_check_axis(&along->call, x, name, along->x, axis);
  if (along->is_point)
    along->x = tin_node_reshape(along->call.graph, along->x, 1, (int64_t[]){1});
  if (!along->x || along->axis < 0)
    return false;
  if (along->x->shape[along->axis] <= INT32_MAX)
    return true;
  tin_call_fail(&along->call, "axis %d of %s is too long", axis, tin_describe(x, name, along->x).text);
  return false;
}

tin_tensor *tin_axis_call_result(struct tin_axis_call *along, struct tin_node *node) {
  return tin_call_result(&along->call, along->is_point ? make_reshape(along->call.graph, node, 0, NULL) : node);
}

struct tin_node *tin_node_take_along(struct tin_graph *graph, struct tin_node *x, struct tin_node *positions, int axis) {
  return x && positions ? tin_node_gather(graph, x, positions, tin_indexing_along(x, axis)) : NULL;
}

tin_tensor *tin_axis_call_pair(struct tin_axis_call *along, bool begun, struct tin_node *positions, tin_tensor **indices) {
  if (!begun) {
    if (indices)
      *indices = tin_call_poison(&along->call);
    return tin_call_poison(&along->call);
  }
  struct tin_node *values = tin_node_take_along(along->call.graph, along->x, positions, along->axis);
  if (indices)
    *indices = tin_axis_call_result(along, positions);
  return tin_axis_call_result(along, values);
}

/* ---- sums and products ---- */

static tin_tensor *total(struct tin_axis_call scan, bool begun, int op) {
  if (!begun)
    return tin_call_poison(&scan.call);
  struct tin_graph *graph = scan.call.graph;
  bool keeps = tin_dtype_is_float(scan.x->dtype) || scan.x->dtype == TIN_U64;
  tin_dtype dtype = keeps ? (tin_dtype)scan.x->dtype : TIN_I64;
  return tin_axis_call_result(&scan, make_scan(graph, op, make_cast(graph, scan.x, dtype), scan.axis));
}

tin_tensor *tin_cumsum_at(const char *file, int line, tin_tensor *x, int axis) {
  struct tin_axis_call scan;
  bool begun = tin_axis_call_begin(&scan, file, line, "cumsum", x, axis, COERCE_NONE);
  return total(scan, begun, OP_CUMSUM);
}

tin_tensor *tin_cumprod_at(const char *file, int line, tin_tensor *x, int axis) {
  struct tin_axis_call scan;
  bool begun = tin_axis_call_begin(&scan, file, line, "cumprod", x, axis, COERCE_NONE);
  return total(scan, begun, OP_CUMPROD);
}

tin_tensor *tin_recurrence_at(const char *file, int line, tin_tensor *a, tin_tensor *b, int axis) {
  static const char *const names[] = {"a", "b"};
  struct tin_call call = tin_call_of(file, line, "recurrence");
  tin_tensor *const tensors[] = {a, b};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, names, nodes) || !tin_coerce(&call, COERCE_ARITHMETIC, 2, tensors, names, nodes) ||
      !tin_broadcast_all(&call, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  if (nodes[0]->rank == 0 && (axis == 0 || axis == -1))
    return tin_call_result(&call, nodes[1]);
  int place = tin_check_axis(&call, b, names[1], nodes[1], axis);
  return place < 0 ? tin_call_poison(&call) : tin_call_result(&call, make_recurrence(call.graph, nodes[0], nodes[1], place));
}

/* ---- extrema ---- */

static tin_tensor *extremum(const struct tin_cumulative_options *args, const char *name, int op) {
  struct tin_axis_call scan;
  bool begun = tin_axis_call_begin(&scan, args->file, args->line, name, args->x, args->axis, COERCE_NONE);
  return tin_axis_call_pair(&scan, begun, begun ? make_scan(scan.call.graph, op, scan.x, scan.axis) : NULL, args->indices);
}

tin_tensor *tin_cummax_args(struct tin_cumulative_options args) {
  return extremum(&args, "cummax", OP_CUMARGMAX);
}

tin_tensor *tin_cummin_args(struct tin_cumulative_options args) {
  return extremum(&args, "cummin", OP_CUMARGMIN);
}

/* ---- log of sums of exponentials ---- */

static struct tin_node *equals(struct tin_graph *graph, struct tin_node *x, double value) {
  return make_binary(graph, OP_EQ, x, make_number(graph, x, value));
}

/* The sum s[i] of exp(x - m[i]) over what is up to i, for the running maximum m, is a recurrence:
 *     s[i] = exp(m[i-1] - m[i]) s[i-1] + exp(x[i] - m[i])
 * (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018.) An infinite maximum is not subtracted: inf - inf is NaN.
 * The result does not depend on m, so no gradient flows through it. */
tin_tensor *tin_logcumsumexp_at(const char *file, int line, tin_tensor *x, int axis) {
  struct tin_axis_call scan;
  if (!tin_axis_call_begin(&scan, file, line, "logcumsumexp", x, axis, COERCE_FLOAT))
    return tin_call_poison(&scan.call);
  if (scan.x->shape[scan.axis] == 0)
    return tin_axis_call_result(&scan, scan.x);
  struct tin_graph *graph = scan.call.graph;
  struct tin_node *largest = tin_node_take_along(graph, scan.x, make_scan(graph, OP_CUMARGMAX, scan.x, scan.axis), scan.axis);
  largest = tin_node_detached(graph, largest);
  struct tin_node *zero = make_number(graph, largest, 0);
  struct tin_node *shift = make_select(graph, equals(graph, make_unary(graph, OP_ABS, largest), INFINITY), zero, largest);
  if (!shift)
    return tin_call_result(&scan.call, NULL);
  struct tin_node *nothing_yet = equals(graph, tin_node_moved(graph, largest, scan.axis, 1, -INFINITY), -INFINITY);
  struct tin_node *ratio = make_unary(graph, OP_EXP, make_binary(graph, OP_SUB, tin_node_moved(graph, shift, scan.axis, 1, 0), shift));
  struct tin_node *term = make_unary(graph, OP_EXP, make_binary(graph, OP_SUB, scan.x, shift));
  struct tin_node *sum = make_recurrence(graph, make_select(graph, nothing_yet, zero, ratio), term, scan.axis);
  struct tin_node *empty = equals(graph, sum, 0);
  struct tin_node *log = make_unary(graph, OP_LOG, make_select(graph, empty, make_number(graph, sum, 1), sum));
  struct tin_node *result = make_binary(graph, OP_ADD, log, shift);
  return tin_axis_call_result(&scan, make_select(graph, empty, make_number(graph, result, -INFINITY), result));
}
