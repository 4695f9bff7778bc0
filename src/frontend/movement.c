/* Movement ops: index maps, which never copy by themselves. */
#include "frontend/frontend.h"

#include <string.h>

/* ---- shape ---- */

/* Replaces a -1 by what is left over; false with the error recorded when the shape cannot hold x. */
static bool complete_shape(struct tin_call *call, tin_tensor *x, const struct tin_node *node, tin_shape *shape) {
  int free_axis = -1;
  int64_t size, known = 1;
  tin_shape asked = *shape;
  for (int axis = 0; axis < shape->rank && axis < TIN_RANK_LIMIT; axis++)
    if (shape->size[axis] == -1 && free_axis < 0) {
      free_axis = axis;
      shape->size[axis] = 1;
    }
  if (!tin_check_shape(call, shape, (tin_dtype)node->dtype, &size))
    return false;
  known = size;
  if (free_axis >= 0 && known && node->size % known == 0) {
    shape->size[free_axis] = node->size / known;
    return true;
  }
  if (free_axis < 0 && size == node->size)
    return true;
  tin_call_fail(call, "%s has %lld elements, which do not fill %s", tin_describe(x, "x", node).text, (long long)node->size,
                tin_shape_words(asked.rank, asked.size).text);
  return false;
}

tin_tensor *tin_reshape_at(const char *file, int line, tin_tensor *x, tin_shape shape) {
  struct tin_call call = tin_call_of(file, line, "reshape");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node || !complete_shape(&call, x, node, &shape))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_reshape(call.graph, node, shape.rank, shape.size));
}

tin_tensor *tin_flatten_at(const char *file, int line, tin_tensor *x, int first, int last) {
  struct tin_call call = tin_call_of(file, line, "flatten");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (node->rank == 0) /* PyTorch: one element */
    return tin_call_result(&call, make_reshape(call.graph, node, 1, &node->size));
  int from = tin_check_axis(&call, x, "x", node, first), to = from < 0 ? -1 : tin_check_axis(&call, x, "x", node, last);
  if (to < 0)
    return tin_call_poison(&call);
  if (from > to) {
    tin_call_fail(&call, "axis %d is behind axis %d", first, last);
    return tin_call_poison(&call);
  }
  int rank = 0;
  int64_t shape[TIN_RANK_LIMIT];
  for (int axis = 0; axis < node->rank; axis++) {
    if (axis > from && axis <= to)
      shape[rank - 1] *= node->shape[axis];
    else
      shape[rank++] = node->shape[axis];
  }
  return tin_call_result(&call, make_reshape(call.graph, node, rank, shape));
}

tin_tensor *tin_permute_at(const char *file, int line, tin_tensor *x, tin_axes axes) {
  struct tin_call call = tin_call_of(file, line, "permute");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  uint32_t mask;
  if (!node)
    return tin_call_poison(&call);
  if (axes.count != node->rank) {
    tin_call_fail(&call, "%d axes are named for %s", axes.count, tin_describe(x, "x", node).text);
    return tin_call_poison(&call);
  }
  if (!tin_check_axes(&call, x, "x", node, axes, &mask))
    return tin_call_poison(&call);
  for (int i = 0; i < axes.count; i++)
    axes.axis[i] += axes.axis[i] < 0 ? node->rank : 0;
  return tin_call_result(&call, tin_node_permute(call.graph, node, axes.axis));
}

tin_tensor *tin_transpose_at(const char *file, int line, tin_tensor *x, int axis0, int axis1) {
  struct tin_call call = tin_call_of(file, line, "transpose");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int first = node ? tin_check_axis(&call, x, "x", node, axis0) : -1;
  int second = first < 0 ? -1 : tin_check_axis(&call, x, "x", node, axis1);
  if (second < 0)
    return tin_call_poison(&call);
  int axes[TIN_RANK_LIMIT];
  for (int axis = 0; axis < node->rank; axis++)
    axes[axis] = axis == first ? second : axis == second ? first : axis;
  return tin_call_result(&call, tin_node_permute(call.graph, node, axes));
}

tin_tensor *tin_expand_at(const char *file, int line, tin_tensor *x, tin_shape shape) {
  struct tin_call call = tin_call_of(file, line, "expand");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  tin_shape asked = shape;
  int missing = shape.rank - node->rank;
  bool fits = missing >= 0 && shape.rank <= TIN_RANK_LIMIT;
  for (int axis = 0; fits && axis < node->rank; axis++) {
    int64_t *size = &shape.size[axis + missing];
    *size = *size == -1 ? node->shape[axis] : *size;
    fits = node->shape[axis] == 1 || node->shape[axis] == *size;
  }
  if (!fits) {
    int rank = asked.rank < 0 ? 0 : asked.rank > TIN_RANK_LIMIT ? TIN_RANK_LIMIT : asked.rank;
    tin_call_fail(&call, "%s does not expand to %s", tin_describe(x, "x", node).text, tin_shape_words(rank, asked.size).text);
    return tin_call_poison(&call);
  }
  int64_t size;
  if (!tin_check_shape(&call, &shape, (tin_dtype)node->dtype, &size))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_broadcast(call.graph, node, shape.rank, shape.size));
}

tin_tensor *tin_squeeze_at(const char *file, int line, tin_tensor *x, tin_axes axes) {
  struct tin_call call = tin_call_of(file, line, "squeeze");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  uint32_t mask;
  if (!node || !tin_check_axes(&call, x, "x", node, axes, &mask))
    return tin_call_poison(&call);
  for (int axis = 0; axis < node->rank; axis++)
    if (mask >> axis & 1 && node->shape[axis] != 1) {
      mask &= ~(1u << axis);
      if (axes.count) {
        tin_call_fail(&call, "axis %d of %s has size %lld, not 1", axis, tin_describe(x, "x", node).text, (long long)node->shape[axis]);
        return tin_call_poison(&call);
      }
    }
  return tin_call_result(&call, tin_node_drop_axes(call.graph, node, mask));
}

/* The node's shape with an axis of size 1 at the place, which counts in the result. -1 with the error recorded when there is no room. */
static int open_axis(struct tin_call *call, tin_tensor *x, const struct tin_node *node, int axis, int64_t *shape) {
  int place = axis < 0 ? axis + node->rank + 1 : axis;
  if (place < 0 || place > node->rank || node->rank == TIN_RANK_LIMIT) {
    tin_call_fail(call, "no axis %d can be put into %s", axis, tin_describe(x, "x", node).text);
    return -1;
  }
  for (int from = 0, to = 0; to <= node->rank; to++)
    shape[to] = to == place ? 1 : node->shape[from++];
  return place;
}

tin_tensor *tin_unsqueeze_at(const char *file, int line, tin_tensor *x, int axis) {
  struct tin_call call = tin_call_of(file, line, "unsqueeze");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int64_t shape[TIN_RANK_LIMIT + 1];
  if (!node || open_axis(&call, x, node, axis, shape) < 0)
    return tin_call_poison(&call);
  return tin_call_result(&call, make_reshape(call.graph, node, node->rank + 1, shape));
}

tin_tensor *tin_flip_at(const char *file, int line, tin_tensor *x, tin_axes axes) {
  struct tin_call call = tin_call_of(file, line, "flip");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  uint32_t mask;
  if (!node || !tin_check_axes(&call, x, "x", node, axes, &mask))
    return tin_call_poison(&call);
  return tin_call_result(&call, mask ? tin_node_flip(call.graph, node, mask) : node);
}

tin_tensor *tin_slice_args(struct tin_slice_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "slice");
  struct tin_node *node = tin_call_operand(&call, args.x, "x");
  int axis = node ? tin_check_axis(&call, args.x, "x", node, args.axis) : -1;
  if (axis < 0)
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_node_range(call.graph, node, axis, args.start, args.stop, args.step));
}

/* ---- windows ---- */

static bool check_window(struct tin_call *call, struct tin_window_options *args) {
  args->stride = args->stride ? args->stride : 1;
  args->dilation = args->dilation ? args->dilation : 1;
  if (args->stride > 0 && args->dilation > 0)
    return true;
  tin_call_fail(call, "stride %lld and dilation %lld must be positive", (long long)args->stride, (long long)args->dilation);
  return false;
}

tin_tensor *tin_window_args(struct tin_window_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "window");
  struct tin_node *node = tin_call_operand(&call, args.x, "x");
  int axis = node ? tin_check_axis(&call, args.x, "x", node, args.axis) : -1;
  if (axis < 0 || !check_window(&call, &args))
    return tin_call_poison(&call);
  int64_t last; /* offset of a window's last element */
  if (node->rank == TIN_RANK_LIMIT || args.size < 1 || __builtin_mul_overflow(args.size - 1, args.dilation, &last) ||
      last >= node->shape[axis]) {
    tin_call_fail(&call, "windows of %lld (dilation %lld) do not fit axis %d of %s", (long long)args.size, (long long)args.dilation, axis,
                  tin_describe(args.x, "x", node).text);
    return tin_call_poison(&call);
  }
  return tin_call_result(&call, tin_node_window(call.graph, node, axis, args.size, args.stride, args.dilation));
}

tin_tensor *tin_fold_args(struct tin_window_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "fold");
  struct tin_node *node = tin_call_operand(&call, args.x, "x");
  int axis = node ? tin_check_axis(&call, args.x, "x", node, args.axis) : -1;
  if (axis < 0 || !check_window(&call, &args))
    return tin_call_poison(&call);
  int64_t strides, dilations, needed = 0;
  int64_t windows = node->shape[axis], elements = node->shape[node->rank - 1];
  bool overflow = __builtin_mul_overflow(windows - 1, args.stride, &strides) ||
                  __builtin_mul_overflow(elements - 1, args.dilation, &dilations) || __builtin_add_overflow(strides, dilations, &needed);
  if (axis == node->rank - 1 || windows == 0 || elements == 0 || overflow || needed >= args.size || node->dtype == TIN_BOOL) {
    tin_call_fail(&call, "%s does not fold into %lld positions of axis %d", tin_describe(args.x, "x", node).text, (long long)args.size,
                  axis);
    return tin_call_poison(&call);
  }
  tin_shape shape = {.rank = node->rank - 1};
  memcpy(shape.size, node->shape, sizeof *shape.size * (size_t)shape.rank);
  shape.size[axis] = args.size;
  int64_t size;
  if (!tin_check_shape(&call, &shape, (tin_dtype)node->dtype, &size))
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_node_fold(call.graph, node, axis, args.stride, args.dilation, args.size));
}
