/* Convolutions as contractions over windows, and their transposes as folds of contractions. Nothing is ever copied for the windows: the
 * contraction packs its operand through them (docs/numerics.md).
 *
 * One iteration space for both, whose axes are
 *
 *   N, group, output channel of the group, input channel of the group, kernel ..., position ...
 *
 * (transposed: the channels the other way round), so that the terms of a sum are in the order of the weight's elements.
 */
#include "frontend/spatial.h"

#include <string.h>

#include "tinsmith_nn.h"

enum { AXIS_GROUP = 1, AXIS_OUT, AXIS_IN, AXIS_KERNEL };

struct conv {
  struct tin_call call;
  tin_tensor *tensor[3]; /* x, weight, bias */
  struct tin_node *node[3];
  int n; /* operands */
  bool batched;
  int64_t groups, group_in, group_out; /* channels of a group */
  int64_t output_padding[SPATIAL_MAX];
  struct tin_windows windows;
};

static const char *const names[] = {"x", "weight", "bias"};

/* ---- checks ---- */

static const char *describe(const struct conv *conv, int i, struct tin_words *words) {
  *words = i ? tin_describe(conv->tensor[i], names[i], conv->node[i]) : tin_spatial_words(conv->tensor[i]);
  return words->text;
}

static bool check_channels(struct conv *conv, bool transposed) {
  struct tin_call *call = &conv->call;
  const struct tin_node *x = conv->node[0], *weight = conv->node[1];
  struct tin_words x_words, w_words;
  int64_t given = x->shape[1], groups = conv->groups;
  int64_t divided = transposed ? given : weight->shape[0], wanted = transposed ? weight->shape[0] : weight->shape[1] * groups;
  if (divided % groups)
    tin_call_fail(call, "%lld channels of %s do not divide into %lld groups", (long long)divided,
                  describe(conv, transposed ? 0 : 1, &x_words), (long long)groups);
  else if (given != wanted)
    tin_call_fail(call, "%s has %lld channels, but %s with %lld group%s takes %lld", describe(conv, 0, &x_words), (long long)given,
                  describe(conv, 1, &w_words), (long long)groups, groups == 1 ? "" : "s", (long long)wanted);
  else {
    conv->group_in = given / groups;
    conv->group_out = transposed ? weight->shape[1] : weight->shape[0] / groups;
    int64_t channels = conv->group_out * groups;
    if (conv->n < 3 || (conv->node[2]->rank == 1 && conv->node[2]->shape[0] == channels))
      return true;
    tin_call_fail(call, "%s has not one element for each of the %lld output channels of %s", describe(conv, 2, &x_words),
                  (long long)channels, describe(conv, 1, &w_words));
  }
  return false;
}

static bool read_options(struct conv *conv, const struct tin_conv_options *args, bool transposed) {
  struct tin_windows *w = &conv->windows;
  struct tin_call *call = &conv->call;
  conv->groups = args->groups ? args->groups : 1;
  if (conv->groups < 0) {
    tin_call_fail(call, "groups %lld is negative", (long long)args->groups);
    return false;
  }
  if (!tin_spatial_option(call, "stride", args->stride, w->dims, 1, 1, w->stride) ||
      !tin_spatial_option(call, "dilation", args->dilation, w->dims, 1, 1, w->dilation) ||
      !tin_spatial_option(call, "padding", args->padding, w->dims, 0, 0, w->low) ||
      !tin_spatial_option(call, "output_padding", args->output_padding, w->dims, 0, 0, conv->output_padding))
    return false;
  memcpy(w->high, w->low, sizeof w->high);
  for (int i = 0; i < w->dims; i++) {
    if (!transposed && conv->output_padding[i]) {
      tin_call_fail(call, "output_padding is an option of the transposed convolution");
      return false;
    }
    if (conv->output_padding[i] >= w->stride[i] && conv->output_padding[i] >= w->dilation[i] && conv->output_padding[i]) {
      tin_call_fail(call, "output_padding %lld of spatial axis %d is not smaller than the stride or the dilation",
                    (long long)conv->output_padding[i], i);
      return false;
    }
  }
  return true;
}

/* PyTorch's padding="same": as many windows as elements; the odd element of padding behind. */
static bool pad_same(struct conv *conv, const struct tin_conv_options *args, bool transposed) {
  struct tin_windows *w = &conv->windows;
  for (int i = 0; args->same && i < w->dims; i++) {
    if (transposed || w->stride[i] != 1 || w->low[i]) {
      tin_call_fail(&conv->call,
                    transposed ? "same is no option of the transposed convolution" : "same goes with no stride and no padding");
      return false;
    }
    int64_t total;
    if (__builtin_mul_overflow(w->dilation[i], w->kernel[i] - 1, &total) || total < 0)
      total = 0; /* the count of windows complains */
    w->low[i] = total / 2;
    w->high[i] = total - total / 2;
  }
  return true;
}

static bool begin(struct conv *conv, const struct tin_conv_options *args, const char *op, int dims, bool transposed) {
  *conv = (struct conv){.call = tin_call_of(args->file, args->line, op), .tensor = {args->x, args->weight, args->bias}};
  conv->n = args->bias ? 3 : 2;
  conv->windows.dims = dims;
  struct tin_words words;
  if (!tin_call_operands(&conv->call, conv->n, conv->tensor, names, conv->node) || !read_options(conv, args, transposed) ||
      !tin_coerce(&conv->call, COERCE_FLOAT, conv->n, conv->tensor, names, conv->node))
    return false;
  if (conv->node[1]->rank != dims + 2) {
    tin_call_fail(&conv->call, "%s has not %d axes: %s and the kernel's", describe(conv, 1, &words), dims + 2,
                  transposed ? "[in, out / groups]" : "[out, in / groups]");
    return false;
  }
  conv->node[0] = tin_spatial_batched(&conv->call, args->x, conv->node[0], dims, &conv->batched);
  if (!conv->node[0])
    return false;
  memcpy(conv->windows.in, conv->node[0]->shape + 2, sizeof(int64_t) * (size_t)dims);
  memcpy(conv->windows.kernel, conv->node[1]->shape + 2, sizeof(int64_t) * (size_t)dims);
  return check_channels(conv, transposed) && pad_same(conv, args, transposed);
}

/* ---- the contraction ---- */

/* [A, B, kernel or window ..., position ...] with the two channel axes (0: absent, size 1) as the iteration space has them, expanded. */
static struct tin_node *lay_out(const struct conv *conv, struct tin_node *x, int64_t batch, int64_t out, int64_t in, const int64_t *kernel,
                                const int64_t *position, const int64_t *space) {
  int dims = conv->windows.dims, rank = AXIS_KERNEL + 2 * dims;
  int64_t shape[TIN_MAX_RANK] = {batch, conv->groups, out, in};
  for (int i = 0; i < dims; i++) {
    shape[AXIS_KERNEL + i] = kernel ? kernel[i] : 1;
    shape[AXIS_KERNEL + dims + i] = position ? position[i] : 1;
  }
  x = make_reshape(conv->call.graph, x, rank, shape);
  return x ? tin_node_expand(conv->call.graph, x, space) : NULL;
}

static struct tin_node *contract(const struct conv *conv, struct tin_node *x, const int64_t *x_kernel, const int64_t *position,
                                 bool transposed) {
  const struct tin_windows *w = &conv->windows;
  int dims = w->dims;
  int64_t batch = conv->node[0]->shape[0], in = conv->group_in, out = conv->group_out;
  int64_t space[TIN_MAX_RANK] = {batch, conv->groups, transposed ? in : out, transposed ? out : in};
  memcpy(space + AXIS_KERNEL, w->kernel, sizeof *space * (size_t)dims);
  memcpy(space + AXIS_KERNEL + dims, position, sizeof *space * (size_t)dims);
  x = lay_out(conv, x, batch, transposed ? in : 1, transposed ? 1 : in, x_kernel, position, space);
  struct tin_node *weight = lay_out(conv, conv->node[1], 1, space[AXIS_OUT], space[AXIS_IN], w->kernel, NULL, space);
  uint32_t summed = transposed ? 1u << AXIS_OUT : ((2u << dims) - 1) << AXIS_IN;
  return x && weight ? tin_node_contract(conv->call.graph, x, weight, summed) : NULL;
}

static tin_tensor *finish(struct conv *conv, struct tin_node *y) {
  struct tin_graph *graph = conv->call.graph;
  int64_t shape[TIN_MAX_RANK] = {1, conv->groups * conv->group_out, 1, 1, 1};
  if (y && conv->n == 3)
    y = make_binary(graph, OP_ADD, y, make_expand_like(graph, make_reshape(graph, conv->node[2], y->rank, shape), y));
  return tin_spatial_result(&conv->call, y, conv->batched);
}

static tin_tensor *convolve(const struct tin_conv_options *args, const char *op, int dims) {
  struct conv conv;
  struct tin_windows *w = &conv.windows;
  if (!begin(&conv, args, op, dims, false) || !tin_spatial_count(&conv.call, args->x, w))
    return tin_call_poison(&conv.call);
  struct tin_node *y = contract(&conv, tin_spatial_windows(conv.call.graph, conv.node[0], w, 0), w->kernel, w->out, false);
  int64_t shape[TIN_MAX_RANK] = {conv.node[0]->shape[0], conv.groups * conv.group_out};
  memcpy(shape + 2, w->out, sizeof *shape * (size_t)dims);
  return finish(&conv, make_reshape(conv.call.graph, y, 2 + dims, shape));
}

/* ---- transposed ---- */

/* Sizes of the fold (room) and of the result (out); false with the error recorded where nothing is left. */
static bool transposed_sizes(struct conv *conv, int64_t *room) {
  struct tin_windows *w = &conv->windows;
  for (int i = 0; i < w->dims; i++) {
    int64_t strides, last, needed;
    struct tin_words words;
    bool overflow = __builtin_mul_overflow(w->in[i] - 1, w->stride[i], &strides) ||
                    __builtin_mul_overflow(w->kernel[i] - 1, w->dilation[i], &last) || __builtin_add_overflow(strides, last, &needed) ||
                    needed > INT64_C(1) << 48;
    w->out[i] = overflow ? 0 : needed + 1 - 2 * w->low[i] + conv->output_padding[i];
    if (w->in[i] < 1 || w->kernel[i] < 1 || w->out[i] < 1) {
      tin_call_fail(&conv->call, "spatial axis %d of %s, with padding %lld, leaves no output or too much", i, describe(conv, 0, &words),
                    (long long)w->low[i]);
      return false;
    }
    room[i] = w->low[i] + w->out[i] > needed + 1 ? w->low[i] + w->out[i] : needed + 1;
  }
  return true;
}

/* What the kernel's elements give at each position, summed where they fall together, without the border. */
static struct tin_node *fold(const struct conv *conv, struct tin_node *y, const int64_t *room) {
  const struct tin_windows *w = &conv->windows;
  struct tin_graph *graph = conv->call.graph;
  int dims = w->dims, order[TIN_MAX_RANK] = {0, 1};
  int64_t shape[TIN_MAX_RANK] = {conv->node[0]->shape[0], conv->groups * conv->group_out}, start[TIN_MAX_RANK] = {0},
          step[TIN_MAX_RANK] = {1, 1};
  memcpy(shape + 2, w->kernel, sizeof *shape * (size_t)dims);
  memcpy(shape + 2 + dims, w->in, sizeof *shape * (size_t)dims);
  y = make_reshape(graph, y, 2 + 2 * dims, shape);
  for (int i = 0; i < dims; i++) {
    order[2 + i] = 2 + dims + i;
    order[2 + dims + i] = 2 + i;
    shape[2 + i] = w->out[i];
    start[2 + i] = w->low[i];
    step[2 + i] = 1;
  }
  y = y ? tin_node_permute(graph, y, order) : NULL;
  for (int i = dims - 1; i >= 0; i--)
    y = tin_node_fold(graph, y, 2 + i, w->stride[i], w->dilation[i], room[i]);
  return y ? tin_node_slice(graph, y, start, step, shape) : NULL;
}

static tin_tensor *convolve_transposed(const struct tin_conv_options *args, const char *op, int dims) {
  struct conv conv;
  int64_t room[SPATIAL_MAX], size;
  if (!begin(&conv, args, op, dims, true) || !transposed_sizes(&conv, room))
    return tin_call_poison(&conv.call);
  tin_shape shape = {.rank = 2 + dims, .size = {conv.node[0]->shape[0], conv.groups * conv.group_out}};
  memcpy(shape.size + 2, room, sizeof *room * (size_t)dims);
  if (!tin_check_shape(&conv.call, &shape, (tin_dtype)conv.node[0]->dtype, &size))
    return tin_call_poison(&conv.call);
  struct tin_node *y = contract(&conv, conv.node[0], NULL, conv.windows.in, true);
  return finish(&conv, fold(&conv, y, room));
}

#define CONV(dims)                                                                                                                         \
  tin_tensor *tin_conv##dims##d_args(struct tin_conv_options args) {                                                                       \
    return convolve(&args, "conv" #dims "d", dims);                                                                                        \
  }                                                                                                                                        \
  tin_tensor *tin_conv_transpose##dims##d_args(struct tin_conv_options args) {                                                             \
    return convolve_transposed(&args, "conv_transpose" #dims "d", dims);                                                                   \
  }
CONV(1)
CONV(2)
CONV(3)
#undef CONV
