/* Borders around tensors, and images as columns of their patches: pads and crops, windows and their sums. Index maps and folds. */
#include "frontend/frontend.h"

#include <string.h>

/* ---- pad ---- */

static const int64_t most_padding = INT64_C(1) << 40; /* keeps sums from overflowing; a larger axis fits no memory */

static bool check_padding(struct tin_call *call, const struct tin_pad_options *args, const struct tin_node *x) {
  for (int axis = 0; axis < TIN_RANK_LIMIT; axis++) {
    int64_t low = args->low[axis], high = args->high[axis], interior = args->interior[axis];
    bool any = low || high || interior, crops = low < 0 || high < 0;
    if (axis >= x->rank && any) {
      tin_call_fail(call, "axis %d is out of range for %s", axis, tin_describe(args->x, "x", x).text);
      return false;
    }
    if (interior < 0 || interior > 1 << 20 || low > most_padding || high > most_padding || low < -most_padding || high < -most_padding) {
      tin_call_fail(call, "padding %lld, %lld, interior %lld of axis %d is negative or too large", (long long)low, (long long)high,
                    (long long)interior, axis);
      return false;
    }
    if (args->mode != TIN_PAD_CONSTANT && (crops || interior)) {
      tin_call_fail(call, "padding %lld, %lld, interior %lld of axis %d: only the constant mode crops or fills between elements",
                    (long long)low, (long long)high, (long long)interior, axis);
      return false;
    }
  }
  return true;
}

/* Pads by what is positive, then crops what is negative (jax.lax.pad). */
static tin_tensor *pad_constant(struct tin_call *call, const struct tin_pad_options *args, struct tin_node *x) {
  int64_t low[TIN_RANK_LIMIT], start[TIN_RANK_LIMIT], step[TIN_RANK_LIMIT], kept[TIN_RANK_LIMIT], size;
  tin_shape shape = {.rank = x->rank};
  bool crops = false;
  for (int axis = 0; axis < x->rank; axis++) {
    int64_t before = args->low[axis], behind = args->high[axis], extent = x->shape[axis];
    low[axis] = before > 0 ? before : 0;
    start[axis] = before < 0 ? -before : 0;
    step[axis] = 1;
    shape.size[axis] = extent + (extent ? extent - 1 : 0) * args->interior[axis] + low[axis] + (behind > 0 ? behind : 0);
    kept[axis] = shape.size[axis] - start[axis] + (behind < 0 ? behind : 0);
    crops |= before < 0 || behind < 0;
    if (kept[axis] < 0) {
      tin_call_fail(call, "padding %lld, %lld leaves nothing of axis %d of %s", (long long)before, (long long)behind, axis,
                    tin_describe(args->x, "x", x).text);
      return tin_call_poison(call);
    }
  }
  if (!tin_check_shape(call, &shape, (tin_dtype)x->dtype, &size))
    return tin_call_poison(call);
  uint64_t fill = tin_scalar_from_double(args->value, (tin_dtype)x->dtype);
  struct tin_node *padded = tin_node_pad(call->graph, x, low, args->interior, shape.size, fill);
  return tin_call_result(call, crops ? tin_node_slice(call->graph, padded, start, step, kept) : padded);
}

/* The elements put before (from the start on) or behind, `count` of them. */
static struct tin_node *border(struct tin_graph *graph, struct tin_node *x, int axis, int mode, int64_t count, bool before) {
  int64_t extent = x->shape[axis], shape[TIN_RANK_LIMIT];
  switch (mode) {
  case TIN_PAD_REFLECT:
    x = tin_node_part(graph, x, axis, before ? 1 : extent - 1 - count, 1, count);
    return x ? tin_node_flip(graph, x, 1u << axis) : NULL;
  case TIN_PAD_CIRCULAR:
    return tin_node_part(graph, x, axis, before ? extent - count : 0, 1, count);
  default: /* replicate */
    x = tin_node_part(graph, x, axis, before ? 0 : extent - 1, 1, 1);
    for (int i = 0; x && i < x->rank; i++)
      shape[i] = i == axis ? count : x->shape[i];
    return make_broadcast(graph, x, x ? x->rank : 0, shape);
  }
}

/* Axis by axis: a corner is a border's border. */
static tin_tensor *pad_from_inside(struct tin_call *call, const struct tin_pad_options *args, struct tin_node *x) {
  static const char *const names[] = {"constant", "reflect", "replicate", "circular"};
  tin_shape shape = {.rank = x->rank};
  int64_t size;
  for (int axis = 0; axis < x->rank; axis++) {
    int64_t low = args->low[axis], high = args->high[axis], larger = low > high ? low : high, extent = x->shape[axis];
    int64_t most = args->mode == TIN_PAD_REFLECT ? extent - 1 : args->mode == TIN_PAD_CIRCULAR ? extent : extent ? most_padding : 0;
    shape.size[axis] = extent + low + high;
    if (larger > 0 && larger > most) {
      tin_call_fail(call, "%s padding of %lld is more than axis %d of %s can give: at most %lld", names[args->mode], (long long)larger,
                    axis, tin_describe(args->x, "x", x).text, (long long)(most < 0 ? 0 : most));
      return tin_call_poison(call);
    }
  }
  if (!tin_check_shape(call, &shape, (tin_dtype)x->dtype, &size))
    return tin_call_poison(call);
  for (int axis = 0; x && axis < shape.rank; axis++) {
    struct tin_node *parts[3];
    int count = 0;
    if (args->low[axis])
      parts[count++] = border(call->graph, x, axis, args->mode, args->low[axis], true);
    parts[count++] = x;
    if (args->high[axis])
      parts[count++] = border(call->graph, x, axis, args->mode, args->high[axis], false);
    if (count > 1)
      x = parts[0] && parts[count - 1] ? tin_node_concat(call->graph, parts, count, axis) : NULL;
  }
  return tin_call_result(call, x);
}

tin_tensor *tin_pad_args(struct tin_pad_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "pad");
  struct tin_node *node = tin_call_operand(&call, args.x, "x");
  if (!node)
    return tin_call_poison(&call);
  if ((unsigned)args.mode > TIN_PAD_CIRCULAR) {
    tin_call_fail(&call, "%d is no mode of padding", (int)args.mode);
    return tin_call_poison(&call);
  }
  if (!check_padding(&call, &args, node))
    return tin_call_poison(&call);
  return args.mode == TIN_PAD_CONSTANT ? pad_constant(&call, &args, node) : pad_from_inside(&call, &args, node);
}

/* ---- patches ---- */

/* What unfold and fold2d make of their options: sizes of the image with its padding, numbers of windows. */
struct patches {
  int64_t padded[2], windows[2];
};

static bool check_patches(struct tin_call *call, struct tin_unfold_options *args, const int64_t *image, struct patches *patches) {
  for (int i = 0; i < 2; i++) {
    args->stride[i] = args->stride[i] ? args->stride[i] : 1;
    args->dilation[i] = args->dilation[i] ? args->dilation[i] : 1;
    const int64_t limit = 1 << 24; /* keeps products from overflowing */
    int64_t reach;
    bool positive = args->kernel[i] >= 1 && args->stride[i] >= 1 && args->dilation[i] >= 1 && args->padding[i] >= 0 && image[i] >= 0;
    bool moderate = args->kernel[i] <= limit && args->padding[i] <= limit && image[i] <= limit;
    if (!positive || !moderate) {
      tin_call_fail(call,
                    "image %lld, kernel %lld, stride %lld, dilation %lld, padding %lld: kernel, stride and dilation must be "
                    "positive, the padding not negative, none too large",
                    (long long)image[i], (long long)args->kernel[i], (long long)args->stride[i], (long long)args->dilation[i],
                    (long long)args->padding[i]);
      return false;
    }
    patches->padded[i] = image[i] + 2 * args->padding[i];
    if (__builtin_mul_overflow(args->kernel[i] - 1, args->dilation[i], &reach) || reach >= patches->padded[i]) {
      tin_call_fail(call, "a kernel of %lld (dilation %lld) does not fit axis %d of the image, %lld with its padding",
                    (long long)args->kernel[i], (long long)args->dilation[i], i, (long long)patches->padded[i]);
      return false;
    }
    patches->windows[i] = (patches->padded[i] - 1 - reach) / args->stride[i] + 1;
  }
  return true;
}

/* The sizes of the padded image, and of its patches as columns; false with the error recorded when they are too large. */
static bool unfolded_sizes(struct tin_call *call, const struct tin_unfold_options *args, const struct tin_node *x,
                           const struct patches *patches, tin_shape *padded, tin_shape *columns) {
  int lead = x->rank - 2;
  *padded = (tin_shape){.rank = x->rank};
  *columns = (tin_shape){.rank = lead + 1};
  memcpy(padded->size, x->shape, sizeof *padded->size * (size_t)lead);
  memcpy(padded->size + lead, patches->padded, sizeof patches->padded);
  memcpy(columns->size, x->shape, sizeof *columns->size * (size_t)lead);
  int64_t size, *channels = &columns->size[lead - 1];
  if (__builtin_mul_overflow(*channels, args->kernel[0] * args->kernel[1], channels))
    *channels = INT64_MAX;
  columns->size[lead] = patches->windows[0] * patches->windows[1];
  return tin_check_shape(call, padded, (tin_dtype)x->dtype, &size) && tin_check_shape(call, columns, (tin_dtype)x->dtype, &size);
}

/* The last four axes, two pairs, in the other order: places within the kernel before places of windows, or behind. */
static struct tin_node *swap_pairs(struct tin_graph *graph, struct tin_node *x) {
  int order[TIN_RANK_LIMIT];
  for (int axis = 0; x && axis < x->rank; axis++)
    order[axis] = axis < x->rank - 4 ? axis : axis < x->rank - 2 ? axis + 2 : axis - 2;
  return x ? tin_node_permute(graph, x, order) : NULL;
}

tin_tensor *tin_unfold_args(struct tin_unfold_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "unfold");
  struct tin_node *node = tin_call_operand(&call, args.x, "x");
  struct patches patches;
  tin_shape padded, columns;
  if (!node)
    return tin_call_poison(&call);
  if (node->rank != 3 && node->rank != 4) {
    tin_call_fail(&call, "%s must be [channels, height, width] or [batch, channels, height, width]", tin_describe(args.x, "x", node).text);
    return tin_call_poison(&call);
  }
  int lead = node->rank - 2;
  if (!check_patches(&call, &args, node->shape + lead, &patches) || !unfolded_sizes(&call, &args, node, &patches, &padded, &columns))
    return tin_call_poison(&call);
  int64_t low[TIN_RANK_LIMIT] = {0}, interior[TIN_RANK_LIMIT] = {0};
  memcpy(low + lead, args.padding, sizeof args.padding);
  struct tin_node *x = tin_node_pad(call.graph, node, low, interior, padded.size, tin_scalar_from_double(0, (tin_dtype)node->dtype));
  for (int i = 0; i < 2; i++)
    x = x ? tin_node_window(call.graph, x, lead + i, args.kernel[i], args.stride[i], args.dilation[i]) : NULL;
  return tin_call_result(&call, make_reshape(call.graph, swap_pairs(call.graph, x), columns.rank, columns.size));
}

/* Columns as [..., channels, rows, columns, kernel, kernel]; NULL with the error recorded when the sizes do not fit. */
static struct tin_node *split_columns(struct tin_call *call, const struct tin_unfold_options *args, struct tin_node *x,
                                      const struct patches *patches) {
  int lead = x->rank - 1;
  int64_t patch = args->kernel[0] * args->kernel[1], windows = patches->windows[0] * patches->windows[1];
  if (x->shape[lead - 1] % patch || x->shape[lead] != windows) {
    tin_call_fail(call, "%s does not hold patches of %lld x %lld at %lld x %lld places", tin_describe(args->x, "x", x).text,
                  (long long)args->kernel[0], (long long)args->kernel[1], (long long)patches->windows[0], (long long)patches->windows[1]);
    return NULL;
  }
  int64_t shape[TIN_RANK_LIMIT];
  memcpy(shape, x->shape, sizeof *shape * (size_t)lead);
  shape[lead - 1] /= patch;
  memcpy(shape + lead, args->kernel, sizeof args->kernel);
  memcpy(shape + lead + 2, patches->windows, sizeof patches->windows);
  struct tin_node *split = swap_pairs(call->graph, make_reshape(call->graph, x, lead + 4, shape));
  if (!split)
    tin_call_fail(call, "out of memory");
  return split;
}

tin_tensor *tin_fold2d_args(struct tin_unfold_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "fold2d");
  struct tin_node *node = tin_call_operand(&call, args.x, "x");
  struct patches patches;
  if (!node)
    return tin_call_poison(&call);
  if ((node->rank != 2 && node->rank != 3) || node->dtype == TIN_BOOL) {
    tin_call_fail(&call, "%s must be [channels * kernel, places] or [batch, channels * kernel, places], and not bool",
                  tin_describe(args.x, "x", node).text);
    return tin_call_poison(&call);
  }
  struct tin_node *x = check_patches(&call, &args, args.image, &patches) ? split_columns(&call, &args, node, &patches) : NULL;
  if (!x)
    return tin_call_poison(&call);
  int lead = node->rank - 1;
  tin_shape shape = {.rank = lead + 2};
  int64_t size;
  memcpy(shape.size, x->shape, sizeof *shape.size * (size_t)lead);
  memcpy(shape.size + lead, patches.padded, sizeof patches.padded);
  if (!tin_check_shape(&call, &shape, (tin_dtype)node->dtype, &size))
    return tin_call_poison(&call);
  for (int i = 1; i >= 0; i--) /* the last axis first: its window is the last one */
    x = x ? tin_node_fold(call.graph, x, lead + i, args.stride[i], args.dilation[i], patches.padded[i]) : NULL;
  for (int i = 0; i < 2; i++)
    x = args.padding[i] ? tin_node_part(call.graph, x, lead + i, args.padding[i], 1, args.image[i]) : x;
  return tin_call_result(&call, x);
}
