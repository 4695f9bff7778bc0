/* The table of public functions, and what each may be called with. */
#include "calls.h"

#include <math.h>

#include "tinsmith_nn.h"

/* The kinds of public functions without options. */
typedef tin_tensor *unary(const char *file, int line, tin_tensor *x);
typedef tin_tensor *binary(const char *file, int line, tin_tensor *a, tin_tensor *b);
typedef tin_tensor *along(const char *file, int line, tin_tensor *x, int axis);

/* ---- chance ---- */

static int64_t below(struct calls *c, int64_t bound) {
  return bound > 1 ? (int64_t)tin_stream_below(&c->stream, (uint64_t)bound) : 0;
}

static int64_t range(struct calls *c, int64_t low, int64_t high) {
  return low + below(c, high - low + 1);
}

static bool chance(struct calls *c, int percent) {
  return below(c, 100) < percent;
}

static double number(struct calls *c) {
  static const double numbers[] = {0, -0.0, 1, -1, 2, 0.5, -0.5, 3, -2, 0.3, -7.25, 1e-3, 100, 16, -3, 1e30};
  return numbers[below(c, (int64_t)(sizeof numbers / sizeof *numbers))];
}

/* ---- shapes ---- */

static int rank(const tin_tensor *x) {
  return tin_shape_of(x).rank;
}

static int64_t extent(const tin_tensor *x, int axis) {
  return tin_shape_of(x).size[axis < 0 ? axis + rank(x) : axis];
}

static int64_t elements(const tin_shape *shape) {
  int64_t size = 1;
  for (int i = 0; i < shape->rank; i++)
    size *= shape->size[i];
  return size;
}

static bool is_float(const tin_tensor *x) {
  return tin_dtype_of(x) >= TIN_F32;
}

static tin_dtype float_dtype(const tin_tensor *x) {
  return tin_dtype_of(x) == TIN_F64 ? TIN_F64 : TIN_F32;
}

/* x of this rank: leading axes of size 1, or leading axes joined. */
static tin_tensor *of_rank(tin_tensor *x, int wanted) {
  tin_shape shape = tin_shape_of(x), to = {.rank = wanted};
  if (shape.rank == wanted)
    return x;
  for (int i = 0; i < wanted; i++)
    to.size[i] = 1;
  for (int i = 0; i < shape.rank; i++) {
    int at = i - shape.rank + wanted;
    to.size[at < 0 ? 0 : at] *= shape.size[i];
  }
  return tin_reshape(x, to);
}

/* An axis, counted from either end; 0 of a 0-d tensor. */
static int axis_of(struct calls *c, const tin_tensor *x) {
  int n = rank(x), axis = (int)below(c, n);
  return n && chance(c, 30) ? axis - n : axis;
}

static int places_of(struct calls *c, const tin_tensor *x) {
  int axis = axis_of(c, x);
  return axis < 0 ? axis + rank(x) : axis;
}

/* Some axes, each once. */
static tin_axes some_axes(struct calls *c, const tin_tensor *x, int most) {
  tin_axes axes = {0};
  for (int i = 0; i < rank(x) && axes.count < most; i++)
    if (chance(c, 45))
      axes.axis[axes.count++] = i;
  return axes;
}

static tin_tensor *like(struct calls *c, const tin_tensor *x) {
  return c->operand(c, tin_dtype_of(x), tin_shape_of(x), 0);
}

/* An operand that broadcasts with x, now and then of another dtype. */
static tin_tensor *companion(struct calls *c, const tin_tensor *x) {
  tin_shape shape = tin_shape_of(x);
  for (int i = 0; i < shape.rank; i++)
    if (chance(c, 15))
      shape.size[i] = 1;
  if (shape.rank && chance(c, 15)) { /* without the first axis */
    shape.rank--;
    for (int i = 0; i < shape.rank; i++)
      shape.size[i] = shape.size[i + 1];
  }
  return c->operand(c, chance(c, 80) ? tin_dtype_of(x) : (tin_dtype)below(c, TIN_DTYPE_COUNT), shape, 0);
}

static tin_tensor *index_of(struct calls *c, tin_shape shape, int64_t limit) {
  return limit > 0 ? c->operand(c, chance(c, 60) ? TIN_I32 : TIN_I64, shape, limit) : NULL;
}

static tin_shape small_shape(struct calls *c, int most_rank) {
  tin_shape shape = {.rank = (int)below(c, most_rank + 1)};
  for (int i = 0; i < shape.rank; i++)
    shape.size[i] = chance(c, 4) ? 0 : chance(c, 85) ? range(c, 1, 6) : range(c, 15, 18);
  return shape;
}

static void also(struct calls *c, tin_tensor *result) {
  if (result && c->n_results < CALL_RESULTS)
    c->results[c->n_results++] = result;
}

/* ---- convolutions, pools, resizing: spatial axes ---- */

static tin_tensor *convolve(struct calls *c, tin_tensor *x, bool transposed) {
  static tin_tensor *(*const functions[2][3])(struct tin_conv_options) = {
      {tin_conv1d_args, tin_conv2d_args, tin_conv3d_args},
      {tin_conv_transpose1d_args, tin_conv_transpose2d_args, tin_conv_transpose3d_args}};
  int dims = (int)range(c, 1, 3);
  x = of_rank(x, dims + (chance(c, 85) ? 2 : 1));
  int64_t channels = extent(x, -1 - dims), groups = channels > 1 && chance(c, 25) ? channels : 1, per = range(c, 1, 3);
  int64_t out = transposed || groups > 1 ? per * groups : range(c, 1, 9);
  tin_shape weight = {.rank = dims + 2, .size = {transposed ? channels : out, transposed ? out / groups : channels / groups}};
  struct tin_conv_options options = {.file = __FILE__, .line = __LINE__, .x = x, .groups = groups, .same = !transposed && chance(c, 15)};
  for (int i = 0; i < dims; i++) {
    options.dilation[i] = range(c, 1, 2);
    options.stride[i] = options.same ? 1 : range(c, 1, 2);
    options.padding[i] = options.same ? 0 : below(c, 3);
    int64_t most = options.same ? 3 : transposed ? 3 : (extent(x, i - dims) + 2 * options.padding[i] - 1) / options.dilation[i] + 1;
    weight.size[2 + i] = range(c, 1, most < 1 ? 1 : most > 4 ? 4 : most);
    options.output_padding[i] = transposed && options.stride[i] > 1 ? below(c, 2) : 0;
  }
  options.weight = c->operand(c, float_dtype(x), weight, 0);
  if (chance(c, 50))
    options.bias = c->operand(c, float_dtype(x), TIN_SHAPE(out), 0);
  return functions[transposed][dims - 1](options);
}

static tin_tensor *call_conv(struct calls *c, tin_tensor *x) {
  return convolve(c, x, false);
}

static tin_tensor *call_conv_transpose(struct calls *c, tin_tensor *x) {
  return convolve(c, x, true);
}

static tin_tensor *call_pool(struct calls *c, tin_tensor *x) {
  static tin_tensor *(*const functions[2][3])(struct tin_pool_options) = {{tin_max_pool1d_args, tin_max_pool2d_args, tin_max_pool3d_args},
                                                                          {tin_avg_pool1d_args, tin_avg_pool2d_args, tin_avg_pool3d_args}};
  int dims = (int)range(c, 1, 3);
  bool average = chance(c, 45);
  x = of_rank(x, dims + (chance(c, 85) ? 2 : 1));
  tin_tensor *indices = NULL;
  struct tin_pool_options options = {.file = __FILE__, .line = __LINE__, .x = x, .ceil_mode = chance(c, 25)};
  for (int i = 0; i < dims; i++) {
    int64_t n = extent(x, i - dims);
    options.kernel[i] = range(c, 1, n < 1 ? 1 : n > 4 ? 4 : n);
    options.stride[i] = chance(c, 50) ? options.kernel[i] : range(c, 1, 3);
    options.padding[i] = chance(c, 40) ? below(c, options.kernel[i] / 2 + 1) : 0;
    options.dilation[i] = !average && options.kernel[i] > 1 && (options.kernel[i] - 1) * 2 < n && chance(c, 30) ? 2 : 1;
  }
  if (average) {
    options.exclude_padding = chance(c, 40);
    options.divisor_override = chance(c, 15) ? 3 : 0;
  } else if (chance(c, 35)) {
    options.indices = &indices;
  }
  tin_tensor *y = functions[average][dims - 1](options);
  also(c, indices);
  return y;
}

static tin_tensor *call_adaptive_pool(struct calls *c, tin_tensor *x) {
  static tin_tensor *(*const functions[2][3])(struct tin_adaptive_pool_options) = {
      {tin_adaptive_max_pool1d_args, tin_adaptive_max_pool2d_args, tin_adaptive_max_pool3d_args},
      {tin_adaptive_avg_pool1d_args, tin_adaptive_avg_pool2d_args, tin_adaptive_avg_pool3d_args}};
  int dims = (int)range(c, 1, 3);
  x = of_rank(x, dims + 2);
  struct tin_adaptive_pool_options options = {.file = __FILE__, .line = __LINE__, .x = x};
  for (int i = 0; i < dims; i++)
    options.size[i] = range(c, 1, 5);
  return functions[below(c, 2)][dims - 1](options);
}

static tin_tensor *call_interpolate(struct calls *c, tin_tensor *x) {
  int dims = (int)range(c, 1, 3);
  x = of_rank(x, dims + 2);
  struct tin_interpolate_options options = {.file = __FILE__, .line = __LINE__, .x = x, .mode = (tin_interpolation)below(c, 4)};
  options.align_corners = options.mode >= TIN_LINEAR && chance(c, 40);
  bool scaled = chance(c, 40);
  for (int i = 0; i < dims; i++)
    if (scaled)
      options.scale_factor[i] = chance(c, 50) ? 2 : 1.3;
    else
      options.size[i] = range(c, 1, 12);
  return tin_interpolate_args(options);
}

static tin_tensor *call_unfold(struct calls *c, tin_tensor *x) {
  x = of_rank(x, chance(c, 80) ? 4 : 3);
  struct tin_unfold_options options = {.file = __FILE__, .line = __LINE__, .x = x};
  int64_t columns = extent(x, -3), places = 1;
  for (int i = 0; i < 2; i++) {
    int64_t n = extent(x, i - 2);
    options.image[i] = n;
    options.padding[i] = below(c, 2);
    options.kernel[i] = range(c, 1, n + 2 * options.padding[i] < 3 ? 1 : 3);
    options.stride[i] = range(c, 1, 2);
    options.dilation[i] = 1;
    columns *= options.kernel[i];
    places *= (n + 2 * options.padding[i] - options.kernel[i]) / options.stride[i] + 1;
  }
  if (chance(c, 50) || tin_dtype_of(x) == TIN_BOOL)
    return tin_unfold_args(options);
  tin_shape shape = rank(x) == 4 ? TIN_SHAPE(extent(x, 0), columns, places) : TIN_SHAPE(columns, places);
  options.x = c->operand(c, tin_dtype_of(x), shape, 0);
  return tin_fold2d_args(options);
}

static tin_tensor *call_window(struct calls *c, tin_tensor *x) {
  if (!rank(x) || rank(x) > 6)
    return NULL;
  int axis = places_of(c, x);
  int64_t n = extent(x, axis), size = range(c, 1, n < 1 ? 1 : n > 5 ? 5 : n), stride = range(c, 1, 3);
  int64_t dilation = size > 1 && (size - 1) * 2 < n ? range(c, 1, 2) : 1;
  tin_tensor *windows = tin_window(x, axis, size, .stride = stride, .dilation = dilation);
  if (tin_dtype_of(x) == TIN_BOOL || chance(c, 50))
    return windows;
  return tin_fold(windows, axis, n, .stride = stride, .dilation = dilation);
}

/* ---- reductions and scans ---- */

typedef tin_tensor *reduction(struct tin_reduce_options args);

static tin_tensor *reduce(struct calls *c, tin_tensor *x, reduction *function) {
  struct tin_reduce_options options = {.file = __FILE__, .line = __LINE__, .x = x, .keepdims = chance(c, 50)};
  options.axes = some_axes(c, x, TIN_RANK_LIMIT);
  options.correction = chance(c, 30) ? TIN_NO_CORRECTION : 0;
  return function(options);
}

/* Those that take one axis. */
static tin_tensor *reduce_one(struct calls *c, tin_tensor *x, reduction *function) {
  struct tin_reduce_options options = {.file = __FILE__, .line = __LINE__, .x = x, .keepdims = chance(c, 50)};
  options.axes = some_axes(c, x, 1);
  return function(options);
}

static tin_tensor *call_norm(struct calls *c, tin_tensor *x) {
  static const double powers[] = {2, 1, 0, 3, 0.5, INFINITY, -INFINITY, -1};
  double p = powers[below(c, 8)];
  tin_axes axes = some_axes(c, x, TIN_RANK_LIMIT);
  return tin_norm(x, p, .axes = axes, .keepdims = chance(c, 50));
}

static tin_tensor *call_recurrence(struct calls *c, tin_tensor *x) {
  return tin_recurrence(x, companion(c, x), axis_of(c, x));
}

static tin_tensor *call_cummax(struct calls *c, tin_tensor *x) {
  tin_tensor *indices = NULL;
  struct tin_cumulative_options options = {.file = __FILE__, .line = __LINE__, .x = x, .axis = axis_of(c, x)};
  options.indices = chance(c, 50) ? &indices : NULL;
  tin_tensor *y = chance(c, 50) ? tin_cummax_args(options) : tin_cummin_args(options);
  also(c, indices);
  return y;
}

static tin_tensor *call_sort(struct calls *c, tin_tensor *x) {
  tin_tensor *indices = NULL;
  struct tin_sort_options options = {.file = __FILE__, .line = __LINE__, .x = x, .axis = axis_of(c, x), .descending = chance(c, 50)};
  if (chance(c, 25))
    return tin_argsort_args(options);
  options.indices = chance(c, 50) ? &indices : NULL;
  tin_tensor *y = tin_sort_args(options);
  also(c, indices);
  return y;
}

static tin_tensor *call_topk(struct calls *c, tin_tensor *x) {
  tin_tensor *indices = NULL;
  int axis = places_of(c, x);
  int64_t n = rank(x) ? extent(x, axis) : 1;
  struct tin_topk_options options = {
      .file = __FILE__, .line = __LINE__, .x = x, .k = range(c, 0, n), .axis = axis, .smallest = chance(c, 40)};
  options.indices = chance(c, 50) ? &indices : NULL;
  tin_tensor *y = tin_topk_args(options);
  also(c, indices);
  return y;
}

static tin_tensor *call_searchsorted(struct calls *c, tin_tensor *x) {
  tin_tensor *sorted = tin_sort(c->operand(c, tin_dtype_of(x), TIN_SHAPE(range(c, 0, 20)), 0), 0);
  return tin_searchsorted_args(
      (struct tin_searchsorted_options){.file = __FILE__, .line = __LINE__, .sorted = sorted, .values = x, .right = chance(c, 50)});
}

static tin_tensor *call_bincount(struct calls *c, tin_tensor *x) {
  int64_t size = range(c, 1, 20);
  tin_tensor *index = index_of(c, tin_shape_of(x), size);
  return tin_bincount_args(
      (struct tin_bincount_options){.file = __FILE__, .line = __LINE__, .x = index, .size = size, .weights = chance(c, 60) ? x : NULL});
}

static tin_tensor *call_histc(struct calls *c, tin_tensor *x) {
  int64_t bins = range(c, 1, 9);
  return chance(c, 50) ? tin_histc(x, bins, 0, 0) : tin_histc(x, bins, -1.5, 2);
}

/* ---- contractions ---- */

static tin_tensor *call_matmul(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int64_t k = extent(x, -1), n = chance(c, 70) ? range(c, 1, 20) : range(c, 30, 40);
  tin_shape shape = TIN_SHAPE(k, n);
  if (chance(c, 20))
    shape.rank = 1;
  else if (rank(x) > 2 && chance(c, 40)) {
    shape = TIN_SHAPE(1, k, n);
    shape.size[0] = chance(c, 60) ? extent(x, -3) : 1;
  }
  return tin_matmul(x, c->operand(c, float_dtype(x), shape, 0));
}

static tin_tensor *call_einsum(struct calls *c, tin_tensor *x) {
  static const char *const subscripts[] = {"bij,bjk->bik", "bij,bkj->bik", "bji,bkj->ik", "bij,bij->b", "bij,bik->bjk", "bij,ckj->bcik"};
  const char *text = subscripts[below(c, 6)];
  x = of_rank(x, 3);
  tin_shape shape = {.rank = 3};
  for (int i = 0; i < 3; i++) { /* the letters of the second operand */
    char letter = text[4 + i];
    shape.size[i] = range(c, 1, 6);
    for (int k = 0; k < 3; k++)
      shape.size[i] = text[k] == letter ? extent(x, k) : shape.size[i];
  }
  return tin_einsum(text, x, c->operand(c, float_dtype(x), shape, 0));
}

static tin_tensor *call_linear(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int64_t out = range(c, 1, 20);
  tin_linear layer = {.weight = c->operand(c, float_dtype(x), TIN_SHAPE(out, extent(x, -1)), 0)};
  if (chance(c, 60))
    layer.bias = c->operand(c, float_dtype(x), TIN_SHAPE(out), 0);
  return tin_linear_forward(&layer, x);
}

static tin_tensor *call_layer_norm(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  tin_shape row = TIN_SHAPE(extent(x, -1));
  tin_tensor *weight = chance(c, 60) ? c->operand(c, float_dtype(x), row, 0) : NULL;
  tin_tensor *bias = chance(c, 60) ? c->operand(c, float_dtype(x), row, 0) : NULL;
  return tin_layer_norm(x, weight, bias, 1e-5);
}

static tin_tensor *call_attention(struct calls *c, tin_tensor *x) {
  bool heads = chance(c, 30);
  x = of_rank(x, heads ? 4 : 3);
  tin_shape keys = tin_shape_of(x), values = keys;
  int axis = keys.rank - 2;
  keys.size[axis] = values.size[axis] = range(c, 1, 18);
  values.size[axis + 1] = range(c, 1, 8);
  if (heads && chance(c, 50)) /* one head of keys for all of the queries */
    keys.size[1] = values.size[1] = 1;
  struct tin_attention_options options = {.file = __FILE__, .line = __LINE__, .query = x, .causal = chance(c, 40)};
  options.dropout = chance(c, 20) ? 0.2 : 0;
  options.key = c->operand(c, float_dtype(x), keys, 0);
  options.value = c->operand(c, float_dtype(x), values, 0);
  if (chance(c, 40))
    options.mask = c->operand(c, chance(c, 60) ? TIN_BOOL : float_dtype(x), TIN_SHAPE(extent(x, axis), keys.size[axis]), 0);
  return tin_attention_args(options);
}

static tin_tensor *call_rope(struct calls *c, tin_tensor *x) {
  x = of_rank(x, 3);
  tin_shape shape = tin_shape_of(x);
  shape.size[2] = 2 * range(c, 1, 5);
  tin_tensor *y = c->operand(c, float_dtype(x), shape, 0), *positions = chance(c, 50) ? index_of(c, TIN_SHAPE(shape.size[1]), 50) : NULL;
  return tin_rope(y, .positions = positions, .interleaved = chance(c, 50));
}

static tin_tensor *call_rnn(struct calls *c, tin_tensor *x) {
  static const int64_t gates[] = {1, 1, 3, 4};
  x = of_rank(x, chance(c, 50) ? 3 : 2);
  tin_rnn_kind kind = (tin_rnn_kind)below(c, 4);
  int64_t in = extent(x, -1), hidden = range(c, 1, 6), rows = gates[kind] * hidden;
  if (rank(x) == 3 && extent(x, 0) > 5)
    x = tin_slice(x, 0, 0, 5);
  tin_rnn rnn = {.layers = 1, .cell = {{.kind = kind}}};
  tin_rnn_cell *cell = &rnn.cell[0];
  cell->weight_ih = c->operand(c, float_dtype(x), TIN_SHAPE(rows, in), 0);
  cell->weight_hh = c->operand(c, float_dtype(x), TIN_SHAPE(rows, hidden), 0);
  if (chance(c, 60)) {
    cell->bias_ih = c->operand(c, float_dtype(x), TIN_SHAPE(rows), 0);
    cell->bias_hh = c->operand(c, float_dtype(x), TIN_SHAPE(rows), 0);
  }
  tin_rnn_state end = {.h = NULL};
  if (rank(x) == 3) {
    tin_tensor *y = tin_rnn_forward(&rnn, x, end, &end);
    also(c, end.h);
    also(c, end.c);
    return y;
  }
  end = tin_rnn_cell_forward(cell, x, end);
  also(c, end.c);
  return end.h;
}

static tin_tensor *call_channel_norm(struct calls *c, tin_tensor *x) {
  x = of_rank(x, (int)range(c, 3, 4));
  int64_t channels = extent(x, 1), groups = channels % 2 == 0 && channels ? 2 : 1;
  tin_shape row = TIN_SHAPE(channels);
  tin_tensor *weight = chance(c, 60) ? c->operand(c, float_dtype(x), row, 0) : NULL;
  tin_tensor *bias = chance(c, 60) ? c->operand(c, float_dtype(x), row, 0) : NULL;
  struct tin_batch_norm_options options = {.file = __FILE__, .line = __LINE__, .x = x, .weight = weight, .bias = bias};
  switch (below(c, 5)) {
  case 0:
    return tin_group_norm(x, groups, weight, bias, 1e-5);
  case 1:
    return tin_instance_norm(x, weight, bias, 1e-5);
  case 2:
    return tin_local_response_norm(x, range(c, 1, 4));
  case 3:
    options.training = true;
    return tin_batch_norm_args(options);
  default:
    options.running_mean = c->operand(c, float_dtype(x), row, 0);
    options.running_var = tin_square(c->operand(c, float_dtype(x), row, 0));
    return tin_batch_norm_args(options);
  }
}

static tin_tensor *call_row_norm(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int axis = axis_of(c, x);
  if (chance(c, 50))
    return tin_normalize(x, chance(c, 60) ? 2 : 1, axis, 1e-12);
  return tin_rms_norm(x, chance(c, 60) ? c->operand(c, float_dtype(x), TIN_SHAPE(extent(x, -1)), 0) : NULL, 1e-6);
}

static tin_tensor *call_products(struct calls *c, tin_tensor *x) {
  tin_dtype dtype = tin_dtype_of(x);
  if (dtype == TIN_BOOL)
    return NULL;
  if (chance(c, 25))
    return tin_kron(of_rank(x, 2), c->operand(c, dtype, TIN_SHAPE(2, 1 + below(c, 3)), 0));
  x = of_rank(x, chance(c, 50) ? 1 : 2);
  int64_t n = extent(x, -1), m = range(c, 1, 7);
  switch (below(c, 4)) {
  case 0:
    return tin_outer(of_rank(x, 1), c->operand(c, dtype, TIN_SHAPE(m), 0));
  case 1:
    return tin_inner(x, c->operand(c, dtype, TIN_SHAPE(m, n), 0));
  case 2:
    return tin_tensordot(x, c->operand(c, dtype, TIN_SHAPE(n, m), 0), .count = 1);
  default: {
    tin_tensor *y = c->operand(c, dtype, TIN_SHAPE(n, m), 0), *z = c->operand(c, dtype, TIN_SHAPE(m, 3), 0);
    return chance(c, 50) ? tin_multi_dot(TIN_LIST(x, y, z)) : tin_einsum("...i,ij,jk->...k", x, y, z);
  }
  }
}

static tin_tensor *call_bilinear(struct calls *c, tin_tensor *x) {
  x = of_rank(x, 2);
  int64_t n = range(c, 1, 5), out = range(c, 1, 4);
  if (extent(x, 1) > 40)
    return NULL;
  tin_tensor *y = c->operand(c, float_dtype(x), TIN_SHAPE(extent(x, 0), n), 0);
  tin_tensor *weight = c->operand(c, float_dtype(x), TIN_SHAPE(out, extent(x, 1), n), 0);
  return tin_bilinear(x, y, weight, chance(c, 50) ? c->operand(c, float_dtype(x), TIN_SHAPE(out), 0) : NULL);
}

/* ---- movement ---- */

static tin_tensor *call_slice(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int axis = axis_of(c, x);
  int64_t n = extent(x, axis), step = chance(c, 50) ? 1 : range(c, -3, 3), start = range(c, -n, n), stop = range(c, -n, n);
  return tin_slice(x, axis, start, chance(c, 40) ? TIN_END : stop, .step = step);
}

static tin_tensor *call_slices(struct calls *c, tin_tensor *x) {
  tin_ranges ranges = {.count = (int)below(c, rank(x) + 1)};
  for (int i = 0; i < ranges.count; i++) {
    int64_t n = extent(x, i);
    ranges.at[i][0] = chance(c, 50) ? 0 : range(c, -n, n);
    ranges.at[i][1] = chance(c, 60) ? TIN_END : range(c, -n, n);
    ranges.at[i][2] = chance(c, 60) ? 0 : range(c, 1, 3);
  }
  return tin_slices(x, ranges);
}

static tin_tensor *call_pad(struct calls *c, tin_tensor *x) {
  struct tin_pad_options options = {.file = __FILE__, .line = __LINE__, .x = x, .mode = (tin_pad_mode)below(c, 4)};
  for (int i = 0; i < rank(x); i++) {
    int64_t n = extent(x, i), most = options.mode == TIN_PAD_REFLECT ? n - 1 : n;
    if (!chance(c, 60) || (options.mode && n == 0))
      continue;
    most = options.mode == TIN_PAD_CONSTANT || options.mode == TIN_PAD_REPLICATE || most > 4 ? 4 : most;
    options.low[i] = range(c, options.mode == TIN_PAD_CONSTANT && n > 2 && chance(c, 20) ? -1 : 0, most);
    options.high[i] = range(c, options.mode == TIN_PAD_CONSTANT && n > 2 && chance(c, 20) ? -1 : 0, most);
    options.interior[i] = options.mode == TIN_PAD_CONSTANT && chance(c, 25) ? range(c, 1, 2) : 0;
  }
  options.value = options.mode == TIN_PAD_CONSTANT && chance(c, 40) ? number(c) : 0;
  return tin_pad_args(options);
}

static tin_tensor *call_permute(struct calls *c, tin_tensor *x) {
  tin_axes axes = {.count = rank(x)};
  for (int i = 0; i < axes.count; i++) {
    int j = (int)below(c, i + 1);
    axes.axis[i] = axes.axis[j];
    axes.axis[j] = i;
  }
  if (chance(c, 50) || !rank(x))
    return tin_permute(x, axes);
  int from = axis_of(c, x), to = axis_of(c, x);
  return tin_movedim(x, TIN_AXES(from), TIN_AXES(to));
}

/* More and fewer axes. */
static tin_tensor *call_ranks(struct calls *c, tin_tensor *x) {
  int first = axis_of(c, x), second = axis_of(c, x);
  switch (below(c, 5)) {
  case 0:
    return rank(x) < TIN_RANK_LIMIT ? tin_unsqueeze(x, (int)below(c, rank(x) + 1)) : NULL;
  case 1:
    return tin_squeeze(x, (tin_axes){0});
  case 2:
    return rank(x) ? tin_flatten(x, (int)below(c, rank(x)), -1) : NULL;
  case 3:
    return rank(x) ? tin_transpose(x, first, second) : NULL;
  default:
    return tin_flip(x, some_axes(c, x, TIN_RANK_LIMIT));
  }
}

static tin_tensor *call_expand(struct calls *c, tin_tensor *x) {
  tin_shape shape = tin_shape_of(x);
  for (int i = 0; i < shape.rank; i++)
    shape.size[i] = shape.size[i] == 1 && chance(c, 60) ? range(c, 1, 6) : shape.size[i];
  if (shape.rank < TIN_RANK_LIMIT && chance(c, 50)) {
    for (int i = shape.rank++; i > 0; i--)
      shape.size[i] = shape.size[i - 1];
    shape.size[0] = range(c, 1, 4);
  }
  return tin_expand(x, shape);
}

static tin_tensor *call_roll(struct calls *c, tin_tensor *x) {
  tin_axes axes = some_axes(c, x, TIN_RANK_LIMIT);
  tin_shape shifts = {.rank = axes.count ? axes.count : 1};
  for (int i = 0; i < shifts.rank; i++)
    shifts.size[i] = range(c, -9, 9);
  return tin_roll(x, shifts, axes);
}

static tin_tensor *call_repeat(struct calls *c, tin_tensor *x) {
  if (chance(c, 40) && rank(x))
    return tin_repeat_interleave(x, range(c, 1, 4), axis_of(c, x));
  tin_shape counts = {.rank = rank(x)};
  if (counts.rank < 6 && chance(c, 25))
    counts.rank++;
  for (int i = 0; i < counts.rank; i++)
    counts.size[i] = chance(c, 50) ? 1 : range(c, 0, 3);
  return chance(c, 50) ? tin_repeat(x, counts) : tin_tile(x, counts);
}

static tin_tensor *call_split(struct calls *c, tin_tensor *x) {
  enum { MOST = 16 };
  tin_tensor *out[MOST] = {NULL};
  if (!rank(x))
    return NULL;
  int axis = places_of(c, x), n = 0;
  int64_t size = extent(x, axis), piece = range(c, 1, size < 1 ? 1 : size), count = (size + piece - 1) / piece;
  if (count > MOST || size == 0)
    return NULL;
  if (chance(c, 30) && size <= MOST)
    n = tin_unbind(x, axis, out, (int)size);
  else
    n = chance(c, 50) ? tin_split(x, piece, axis, out, (int)count) : tin_chunk(x, (int)count, axis, out);
  for (int i = 1; i < n; i++)
    also(c, out[i]);
  return out[0];
}

static tin_tensor *call_rot90(struct calls *c, tin_tensor *x) {
  x = rank(x) < 2 ? of_rank(x, 2) : x;
  int times = (int)range(c, -3, 3);
  return chance(c, 60) ? tin_rot90(x, times, -1, -2) : tin_trace(of_rank(x, 2));
}

static tin_tensor *call_pixel_shuffle(struct calls *c, tin_tensor *x) {
  tin_shape shape = small_shape(c, 1);
  int64_t factor = range(c, 1, 3), extra = shape.rank ? shape.size[0] : 1;
  bool back = chance(c, 50);
  int64_t n = back ? 1 : factor * factor, m = back ? factor : 1;
  int64_t height = range(c, 1, 5), width = range(c, 1, 5);
  tin_tensor *y = c->operand(c, tin_dtype_of(x), TIN_SHAPE(extra * n, height * m, width * m), 0);
  return back ? tin_pixel_unshuffle(y, factor) : tin_pixel_shuffle(y, factor);
}

static tin_tensor *call_diagonal(struct calls *c, tin_tensor *x) {
  int offset = (int)range(c, -4, 4);
  if (chance(c, 30))
    return rank(x) && rank(x) < 7 && elements(&(tin_shape){.rank = 1, .size = {extent(x, -1)}}) < 40 ? tin_diag_embed(x, offset, -2, -1)
                                                                                                     : NULL;
  x = rank(x) < 2 ? of_rank(x, 2) : x;
  switch (below(c, 3)) {
  case 0:
    return tin_diagonal(x, offset, 0, -1);
  case 1:
    return tin_tril(x, offset);
  default:
    return tin_triu(x, offset);
  }
}

static tin_tensor *call_join(struct calls *c, tin_tensor *x) {
  tin_tensor *in[3] = {x, like(c, x), like(c, x)};
  tin_list list = {in, (int)range(c, 1, 3)};
  switch (below(c, 4)) {
  case 0:
    return rank(x) < TIN_RANK_LIMIT ? tin_stack(list, (int)below(c, rank(x) + 1)) : NULL;
  case 1:
    return tin_hstack(list);
  case 2:
    return tin_vstack(list);
  default:
    return rank(x) ? tin_concat(list, axis_of(c, x)) : tin_dstack(list);
  }
}

static tin_tensor *call_cross(struct calls *c, tin_tensor *x) {
  tin_shape shape = small_shape(c, 2);
  shape.size[shape.rank++] = 3;
  tin_dtype dtype = is_float(x) ? tin_dtype_of(x) : TIN_I32;
  tin_tensor *a = c->operand(c, dtype, shape, 0), *b = c->operand(c, dtype, shape, 0);
  return tin_cross(a, b, -1);
}

/* ---- indexing ---- */

static tin_tensor *call_take(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int axis = places_of(c, x);
  tin_tensor *index = index_of(c, small_shape(c, rank(x) < 6 ? 2 : 1), extent(x, axis));
  return index ? tin_take(x, index, axis) : NULL;
}

static tin_tensor *call_index_put(struct calls *c, tin_tensor *x) {
  if (!rank(x) || !extent(x, 0))
    return NULL;
  bool two = rank(x) > 1 && extent(x, 1) && chance(c, 40);
  tin_shape places = TIN_SHAPE(range(c, 1, 8)), shape = tin_shape_of(x);
  tin_tensor *in[2] = {index_of(c, places, shape.size[0]), two ? index_of(c, places, shape.size[1]) : NULL};
  tin_list indices = {in, two ? 2 : 1};
  if (chance(c, 45))
    return tin_index(x, indices);
  tin_shape values = {.rank = shape.rank - two, .size = {places.size[0]}};
  for (int i = 1; i < values.rank; i++)
    values.size[i] = shape.size[i + two];
  return tin_index_put(x, indices, c->operand(c, tin_dtype_of(x), values, 0), .accumulate = tin_dtype_of(x) != TIN_BOOL && chance(c, 50));
}

static tin_tensor *call_index_rows(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int axis = places_of(c, x);
  tin_shape rows = TIN_SHAPE(range(c, 0, 9)), shape = tin_shape_of(x);
  tin_tensor *index = index_of(c, rows, shape.size[axis]);
  if (!index)
    return NULL;
  shape.size[axis] = rows.size[0];
  switch (below(c, tin_dtype_of(x) == TIN_BOOL ? 3 : 4)) {
  case 0:
    return tin_index_select(x, axis, index);
  case 1:
    return tin_index_copy(x, axis, index, c->operand(c, tin_dtype_of(x), shape, 0));
  case 2:
    return tin_index_fill(x, axis, index, number(c));
  default:
    return tin_index_add(x, axis, index, c->operand(c, tin_dtype_of(x), shape, 0));
  }
}

/* The shape of an index for gather and scatter along the axis: smaller than x off it. */
static tin_shape gathered(struct calls *c, const tin_tensor *x, int axis) {
  tin_shape shape = tin_shape_of(x);
  for (int i = 0; i < shape.rank; i++)
    shape.size[i] = i == axis ? range(c, 0, 8) : chance(c, 60) ? shape.size[i] : range(c, 0, shape.size[i]);
  return shape;
}

static tin_tensor *call_gather(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int axis = places_of(c, x);
  tin_shape shape = gathered(c, x, axis);
  bool broadcast = chance(c, 40);
  for (int i = 0; broadcast && i < shape.rank; i++)
    shape.size[i] = i == axis ? shape.size[i] : chance(c, 50) ? 1 : extent(x, i);
  tin_tensor *index = index_of(c, shape, extent(x, axis));
  return !index ? NULL : broadcast ? tin_take_along_axis(x, index, axis) : tin_gather(x, axis, index);
}

static tin_tensor *call_scatter(struct calls *c, tin_tensor *x) {
  static const char *const reductions[] = {"sum", "prod", "mean", "amax", "amin"};
  if (!rank(x))
    return NULL;
  int axis = places_of(c, x);
  tin_shape shape = gathered(c, x, axis);
  tin_tensor *index = index_of(c, shape, extent(x, axis)), *source = c->operand(c, tin_dtype_of(x), shape, 0);
  if (!index)
    return NULL;
  if (tin_dtype_of(x) == TIN_BOOL || chance(c, 25))
    return tin_scatter(x, axis, index, source);
  return tin_scatter_reduce(x, axis, index, source, reductions[below(c, 5)], .exclude_self = chance(c, 40));
}

static tin_tensor *call_gather_nd(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int coordinates = (int)range(c, 1, rank(x) < 3 ? rank(x) : 3);
  int64_t limit = extent(x, 0);
  for (int i = 1; i < coordinates; i++)
    limit = extent(x, i) < limit ? extent(x, i) : limit;
  int64_t places = range(c, 0, 9);
  tin_tensor *index = index_of(c, TIN_SHAPE(places, coordinates), limit);
  return index ? tin_gather_nd(x, index) : NULL;
}

static tin_tensor *call_embedding(struct calls *c, tin_tensor *x) {
  x = of_rank(x, 2);
  tin_tensor *index = index_of(c, small_shape(c, 2), extent(x, 0));
  bool pad = chance(c, 30);
  return index ? tin_embedding(index, x, .pad = pad) : NULL;
}

static tin_tensor *call_one_hot(struct calls *c, tin_tensor *x) {
  int64_t classes = range(c, 1, 8);
  tin_shape shape = tin_shape_of(x);
  return rank(x) < 6 && elements(&shape) < 3000 ? tin_one_hot(index_of(c, shape, classes), classes) : NULL;
}

static tin_tensor *call_slice_at(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int axis = places_of(c, x);
  int64_t n = extent(x, axis), size = range(c, 0, n);
  return tin_slice_at(x, index_of(c, TIN_SHAPE(), n - size + 1), size, .axis = axis);
}

static tin_tensor *call_select(struct calls *c, tin_tensor *x) {
  if (!rank(x))
    return NULL;
  int axis = places_of(c, x);
  int64_t n = extent(x, axis), start = below(c, n);
  return n == 0          ? NULL
         : chance(c, 50) ? tin_select(x, axis, start - (chance(c, 30) ? n : 0))
                         : tin_narrow(x, axis, start, below(c, n - start + 1));
}

static tin_tensor *call_masked_fill(struct calls *c, tin_tensor *x) {
  tin_tensor *mask = c->operand(c, TIN_BOOL, tin_shape_of(x), 0);
  return chance(c, 50) ? tin_masked_fill(x, mask, number(c)) : tin_where(mask, x, companion(c, x));
}

/* ---- elementwise with options ---- */

static tin_tensor *call_number(struct calls *c, tin_tensor *x) {
  double n = number(c);
  switch (below(c, 9)) {
  case 0:
    return tin_add_scalar(x, n);
  case 1:
    return tin_sub_scalar(x, n);
  case 2:
    return tin_mul_scalar(x, n);
  case 3:
    return tin_div_scalar(x, n);
  case 4:
    return tin_scalar_sub(n, x);
  case 5:
    return tin_scalar_div(n, x);
  case 6:
    return tin_pow(x, fabs(n) > 16 ? 1.5 : n);
  case 7:
    return tin_clamp(x, chance(c, 30) ? -INFINITY : -1, chance(c, 30) ? INFINITY : 1.5);
  default:
    return tin_logit(x, chance(c, 50) ? 0 : 1e-3);
  }
}

static tin_tensor *call_compare(struct calls *c, tin_tensor *x) {
  double n = number(c);
  switch (below(c, 9)) {
  case 0:
    return tin_minimum_scalar(x, n);
  case 1:
    return tin_maximum_scalar(x, n);
  case 2:
    return tin_lt_scalar(x, n);
  case 3:
    return tin_le_scalar(x, n);
  case 4:
    return tin_gt_scalar(x, n);
  case 5:
    return tin_ge_scalar(x, n);
  case 6:
    return tin_eq_scalar(x, n);
  case 7:
    return tin_ne_scalar(x, n);
  default:
    return tin_isclose(x, companion(c, x), .equal_nan = chance(c, 50));
  }
}

static tin_tensor *call_three(struct calls *c, tin_tensor *x) {
  tin_tensor *a = companion(c, x), *b = companion(c, x);
  switch (below(c, 3)) {
  case 0:
    return tin_fma(x, a, b);
  case 1:
    return tin_lerp(x, a, b);
  default:
    return tin_clamp_tensor(x, a, b);
  }
}

static tin_tensor *call_cast(struct calls *c, tin_tensor *x) {
  tin_dtype to = (tin_dtype)below(c, TIN_DTYPE_COUNT);
  return tin_cast(x, to);
}

static tin_tensor *call_activation(struct calls *c, tin_tensor *x) {
  static tin_tensor *(*const functions[])(struct tin_activation_options) = {tin_gelu_args,     tin_softplus_args,   tin_elu_args,
                                                                            tin_celu_args,     tin_leaky_relu_args, tin_rrelu_args,
                                                                            tin_hardtanh_args, tin_softshrink_args, tin_hardshrink_args};
  struct tin_activation_options options = {.file = __FILE__, .line = __LINE__, .x = x};
  int64_t function = below(c, (int64_t)(sizeof functions / sizeof *functions));
  options.alpha = options.beta = options.slope = options.lambda = chance(c, 50) ? 0 : 0.75;
  options.approximate = chance(c, 50) ? "tanh" : NULL;
  return functions[function](options);
}

/* Those that take halves along an axis, a number, a weight. */
static tin_tensor *call_gate(struct calls *c, tin_tensor *x) {
  static along *const functions[] = {tin_glu_at, tin_reglu_at, tin_geglu_at, tin_swiglu_at};
  int64_t function = below(c, 7);
  int axis = places_of(c, x);
  if (function == 4)
    return tin_threshold(x, 0.5, number(c));
  if (function == 5)
    return tin_prelu(x, c->operand(c, float_dtype(x), TIN_SHAPE(rank(x) > 1 && chance(c, 50) ? extent(x, 1) : 1), 0));
  if (function == 6)
    return rank(x) ? tin_gumbel_softmax(x, axis, .hard = chance(c, 50)) : NULL;
  return rank(x) && extent(x, axis) % 2 == 0 ? functions[function](TIN_HERE, x, axis) : NULL;
}

static tin_tensor *call_nan_to_num(struct calls *c, tin_tensor *x) {
  double nan = number(c);
  return tin_nan_to_num(x, .nan = nan, .posinf = chance(c, 50) ? 0 : 9);
}

static tin_tensor *call_expression(struct calls *c, tin_tensor *x) {
  static const char *const texts[] = {"a / (1 + exp(-a)) * b",
                                      "a > b ? a * 2 : tanh(b)",
                                      "minimum(a, b) - sqrt(a * a + 1)",
                                      "pow(a * a + 1, 0.3) + fmod(a, 1.5) * atan2(a, b)",
                                      "hypot(a, b) > 1 || a != b ? where(a < 0, -a, b) : M_PI",
                                      "(a > 0) + 3 * (b <= a) - clamp(a, -1, 1)"};
  const char *text = texts[below(c, 6)];
  if (chance(c, 30))
    return tin_expression_with_gradient("round(a) * b", "g * b; g * round(a)", TIN_LIST(x, companion(c, x)));
  return tin_expression(text, TIN_LIST(x, companion(c, x)));
}

static tin_tensor *call_dropout(struct calls *c, tin_tensor *x) {
  if (chance(c, 30))
    return tin_dropout2d(of_rank(x, 4), 0.4);
  return tin_dropout(x, chance(c, 80) ? 0.4 : 0);
}

/* ---- new tensors ---- */

static tin_tensor *call_random(struct calls *c, tin_tensor *x) {
  tin_shape shape = tin_shape_of(x);
  tin_dtype dtype = is_float(x) ? tin_dtype_of(x) : TIN_F32;
  switch (below(c, 10)) {
  case 0:
    return tin_random_bits(c->ctx, shape);
  case 1:
    return tin_rand(c->ctx, dtype, shape);
  case 2:
    return tin_truncated_normal(c->ctx, dtype, shape, 0, 1, -2, 2);
  case 3:
    return tin_exponential(c->ctx, dtype, shape, 2);
  case 4:
    return tin_gumbel(c->ctx, dtype, shape);
  case 5:
    return tin_randint(c->ctx, chance(c, 50) ? TIN_I32 : TIN_F32, shape, -3, 12);
  case 6:
    return tin_randperm(c->ctx, TIN_I64, range(c, 0, 40));
  case 7:
    return rank(x) ? tin_shuffle(x, axis_of(c, x)) : NULL;
  case 8:
    return tin_bernoulli(x);
  default:
    return tin_add(x, tin_normal(c->ctx, dtype, shape, 1, 0.5));
  }
}

static tin_tensor *call_sample(struct calls *c, tin_tensor *x) {
  if (!rank(x) || !extent(x, -1))
    return NULL;
  struct tin_sample_options options = {.file = __FILE__, .line = __LINE__, .x = x, .without_replacement = chance(c, 40)};
  options.count = options.without_replacement ? range(c, 1, extent(x, -1)) : below(c, 5);
  if (rank(x) == TIN_RANK_LIMIT)
    options.count = 0;
  return chance(c, 50) ? tin_categorical_args(options) : tin_multinomial_args(options);
}

static tin_tensor *call_creation(struct calls *c, tin_tensor *x) {
  tin_dtype dtype = tin_dtype_of(x);
  int64_t n = range(c, 0, 20), m = range(c, 0, 20);
  switch (below(c, 6)) {
  case 0:
    return tin_eye(c->ctx, dtype, n, m);
  case 1:
    return tin_tri(c->ctx, dtype, n, m, (int)range(c, -3, 3));
  case 2:
    return tin_linspace(c->ctx, .start = number(c), .stop = 3, .count = n, .dtype = float_dtype(x));
  case 3:
    return tin_arange(c->ctx, dtype == TIN_BOOL ? TIN_I32 : dtype, n, number(c), 2);
  case 4:
    return tin_full_like(x, number(c));
  default:
    return tin_full_i64(c->ctx, dtype, tin_shape_of(x), range(c, -5, 300));
  }
}

/* ---- losses ---- */

static tin_tensor *call_value_loss(struct calls *c, tin_tensor *x) {
  static tin_tensor *(*const functions[])(struct tin_loss_options) = {
      tin_mse_args,           tin_bce_with_logits_args, tin_l1_args,           tin_smooth_l1_args,
      tin_huber_args,         tin_kl_div_args,          tin_bce_args,          tin_poisson_nll_args,
      tin_soft_margin_args,   tin_hinge_embedding_args, tin_gaussian_nll_args, tin_margin_ranking_args,
      tin_triplet_margin_args};
  enum { WITH_THIRD = 10, ALL = 13 };
  int function = (int)below(c, ALL);
  struct tin_loss_options options = {.file = __FILE__, .line = __LINE__, .input = x, .target = like(c, x)};
  options.reduction = (tin_reduction)below(c, rank(x) ? 4 : 3);
  options.third = function >= WITH_THIRD ? like(c, x) : NULL;
  options.full = chance(c, 40);
  options.log_target = chance(c, 40);
  options.no_log_input = chance(c, 40);
  options.swap = chance(c, 30);
  if (function == 1 && chance(c, 30))
    options.pos_weight = companion(c, x);
  return functions[function](options);
}

static tin_tensor *call_class_loss(struct calls *c, tin_tensor *x) {
  static tin_tensor *(*const functions[])(struct tin_loss_options) = {tin_cross_entropy_args, tin_nll_args, tin_multi_margin_args};
  int function = (int)below(c, 3);
  if (!rank(x) || !is_float(x))
    return NULL;
  x = function == 2 && rank(x) > 2 ? of_rank(x, 2) : x;
  struct tin_loss_options options = {.file = __FILE__, .line = __LINE__, .input = x, .reduction = (tin_reduction)below(c, 3)};
  tin_shape shape = tin_shape_of(x);
  int axis = shape.rank > 1;
  int64_t classes = shape.size[axis];
  options.label_smoothing = function == 0 && chance(c, 40) ? 0.1 : 0;
  options.ignore_index = function < 2 && chance(c, 30) ? 1 : 0;
  for (int i = axis; i + 1 < shape.rank; i++)
    shape.size[i] = shape.size[i + 1];
  shape.rank--;
  options.target = index_of(c, shape, classes);
  if (chance(c, 30))
    options.weight = c->operand(c, float_dtype(x), TIN_SHAPE(classes), 0);
  return options.target ? functions[function](options) : NULL;
}

static tin_tensor *call_cosine(struct calls *c, tin_tensor *x) {
  return rank(x) ? tin_cosine_similarity(x, like(c, x), axis_of(c, x)) : NULL;
}

static tin_tensor *call_clip(struct calls *c, tin_tensor *x) {
  if (!is_float(x))
    return NULL;
  tin_tensor *grads[2] = {x, like(c, x)}, *out[2] = {NULL};
  tin_tensor *norm = tin_clip_grad_norm(((tin_list){grads, 2}), 1, out, .norm_type = chance(c, 50) ? 0 : chance(c, 50) ? 1 : INFINITY);
  also(c, out[0]);
  also(c, out[1]);
  return norm;
}

/* ---- the table ---- */

#define UNARY(name)                                                                                                                        \
  { #name, .one = tin_##name##_at }
#define BINARY(name)                                                                                                                       \
  { #name, .two = tin_##name##_at }
#define ALONG(name)                                                                                                                        \
  { #name, .along = tin_##name##_at }
#define REDUCTION(name)                                                                                                                    \
  { #name, .reduction = tin_##name##_args }
#define REDUCTION_ONE(name)                                                                                                                \
  { #name, .one_axis = tin_##name##_args }
#define OWN(name)                                                                                                                          \
  { #name, .own = call_##name }

static const struct function {
  const char *name;
  unary *one;
  binary *two;
  along *along;
  reduction *reduction, *one_axis;
  tin_tensor *(*own)(struct calls *c, tin_tensor *x);
} functions[] = {
    UNARY(neg),
    UNARY(abs),
    UNARY(sign),
    UNARY(sqrt),
    UNARY(rsqrt),
    UNARY(cbrt),
    UNARY(square),
    UNARY(reciprocal),
    UNARY(exp),
    UNARY(log),
    UNARY(expm1),
    UNARY(log1p),
    UNARY(exp2),
    UNARY(log2),
    UNARY(log10),
    UNARY(tan),
    UNARY(sinh),
    UNARY(cosh),
    UNARY(sin),
    UNARY(cos),
    UNARY(tanh),
    UNARY(erf),
    UNARY(sigmoid),
    UNARY(relu),
    UNARY(round),
    UNARY(floor),
    UNARY(ceil),
    UNARY(trunc),
    UNARY(isnan),
    UNARY(logical_not),
    UNARY(bitwise_not),
    UNARY(detach),
    UNARY(asin),
    UNARY(acos),
    UNARY(atan),
    UNARY(asinh),
    UNARY(acosh),
    UNARY(atanh),
    UNARY(erfc),
    UNARY(erfinv),
    UNARY(lgamma),
    UNARY(digamma),
    UNARY(isinf),
    UNARY(isfinite),
    UNARY(signbit),
    UNARY(frac),
    UNARY(deg2rad),
    UNARY(rad2deg),
    UNARY(sinc),
    OWN(activation),
    OWN(gate),
    UNARY(quick_gelu),
    UNARY(squared_relu),
    UNARY(hardsigmoid),
    UNARY(tanhshrink),
    ALONG(softmin),
    UNARY(silu),
    UNARY(mish),
    UNARY(selu),
    UNARY(relu6),
    UNARY(hardswish),
    UNARY(logsigmoid),
    UNARY(softsign),
    UNARY(watch),
    BINARY(add),
    BINARY(sub),
    BINARY(mul),
    BINARY(div),
    BINARY(idiv),
    BINARY(mod),
    BINARY(minimum),
    BINARY(maximum),
    BINARY(lt),
    BINARY(le),
    BINARY(gt),
    BINARY(ge),
    BINARY(eq),
    BINARY(ne),
    BINARY(logical_and),
    BINARY(logical_or),
    BINARY(logical_xor),
    BINARY(bitwise_and),
    BINARY(bitwise_or),
    BINARY(bitwise_xor),
    BINARY(shl),
    BINARY(shr),
    BINARY(fmod),
    BINARY(remainder),
    BINARY(floor_divide),
    BINARY(atan2),
    BINARY(copysign),
    BINARY(hypot),
    BINARY(logaddexp),
    BINARY(heaviside),
    BINARY(xlogy),
    BINARY(power),
    BINARY(fmin),
    BINARY(fmax),
    REDUCTION(sum),
    REDUCTION(prod),
    REDUCTION(max),
    REDUCTION(min),
    REDUCTION(mean),
    REDUCTION(var),
    REDUCTION(std),
    REDUCTION(count_nonzero),
    REDUCTION(nansum),
    REDUCTION(nanmean),
    REDUCTION(any),
    REDUCTION(all),
    REDUCTION(logsumexp),
    REDUCTION_ONE(argmax),
    REDUCTION_ONE(argmin),
    REDUCTION_ONE(median),
    ALONG(softmax),
    ALONG(log_softmax),
    ALONG(cumsum),
    ALONG(cumprod),
    ALONG(logcumsumexp),
    OWN(conv),
    OWN(conv_transpose),
    OWN(pool),
    OWN(adaptive_pool),
    OWN(interpolate),
    OWN(unfold),
    OWN(window),
    OWN(norm),
    OWN(recurrence),
    OWN(cummax),
    OWN(sort),
    OWN(topk),
    OWN(searchsorted),
    OWN(bincount),
    OWN(histc),
    OWN(matmul),
    OWN(einsum),
    OWN(linear),
    OWN(layer_norm),
    OWN(attention),
    OWN(rope),
    OWN(rnn),
    OWN(channel_norm),
    OWN(row_norm),
    OWN(products),
    OWN(bilinear),
    OWN(slice),
    OWN(slices),
    OWN(pad),
    OWN(permute),
    OWN(ranks),
    OWN(expand),
    OWN(roll),
    OWN(repeat),
    OWN(split),
    OWN(rot90),
    OWN(pixel_shuffle),
    OWN(diagonal),
    OWN(join),
    OWN(cross),
    OWN(take),
    OWN(index_put),
    OWN(index_rows),
    OWN(gather),
    OWN(scatter),
    OWN(gather_nd),
    OWN(embedding),
    OWN(one_hot),
    OWN(slice_at),
    OWN(select),
    OWN(masked_fill),
    OWN(number),
    OWN(three),
    OWN(cast),
    OWN(nan_to_num),
    OWN(expression),
    OWN(dropout),
    OWN(random),
    OWN(sample),
    OWN(compare),
    OWN(creation),
    OWN(value_loss),
    OWN(class_loss),
    OWN(cosine),
    OWN(clip),
};

int calls_count(void) {
  return (int)(sizeof functions / sizeof *functions);
}

const char *calls_name(int function) {
  return functions[function].name;
}

void calls_run(struct calls *c, int function, tin_tensor *x) {
  const struct function *f = &functions[function];
  c->n_results = 0;
  tin_tensor *y = f->one         ? f->one(TIN_HERE, x)
                  : f->two       ? f->two(TIN_HERE, x, companion(c, x))
                  : f->along     ? f->along(TIN_HERE, x, axis_of(c, x))
                  : f->reduction ? reduce(c, x, f->reduction)
                  : f->one_axis  ? reduce_one(c, x, f->one_axis)
                                 : f->own(c, x);
  also(c, y);
  if (y && c->n_results > 1) { /* the function's own result first */
    tin_tensor *first = c->results[0];
    c->results[0] = c->results[c->n_results - 1];
    c->results[c->n_results - 1] = first;
  }
}

/* ---- derivatives and maps of calls ---- */

/* The cotangent passed on, limited, as for a function without a useful derivative. */
static bool limited_pull(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)x;
  out[0] = tin_add(tin_clamp(g, -1, 1), tin_mul_scalar(y, 0.125));
  return true;
}

static void first_derivative(struct calls *c, tin_tensor *x, tin_tensor *y) {
  tin_tensor *out[1] = {NULL};
  if (chance(c, 60) ? tin_vjp(y, like(c, y), TIN_LIST(x), out) : tin_grad(y, TIN_LIST(x), out))
    also(c, out[0]);
}

static void second_derivative(struct calls *c, tin_tensor *x, tin_tensor *y) {
  tin_tensor *out[1] = {NULL};
  if (tin_hvp(y, TIN_LIST(x), TIN_LIST(like(c, x)), out))
    also(c, out[0]);
}

static void mapped(struct calls *c, tin_tensor *x, tin_tensor *y) {
  tin_tensor *out[1] = {NULL};
  tin_shape shape = tin_shape_of(x), rows = {.rank = shape.rank + 1, .size = {range(c, 1, 3)}};
  if (shape.rank == TIN_RANK_LIMIT || rank(y) == TIN_RANK_LIMIT)
    return;
  for (int i = 0; i < shape.rank; i++)
    rows.size[i + 1] = shape.size[i];
  if (tin_vmap(TIN_LIST(y), TIN_LIST(x), TIN_LIST(c->operand(c, tin_dtype_of(x), rows, 0)), out))
    also(c, out[0]);
}

void calls_run_wrapped(struct calls *c, int function, tin_tensor *x) {
  tin_checkpoint stretch = {.ctx = NULL};
  bool kept = chance(c, 15), smooth = is_float(x), custom = smooth && chance(c, 8);
  x = chance(c, 50) ? tin_watch(x) : x;
  if (kept)
    stretch = tin_checkpoint_begin(c->ctx);
  calls_run(c, function, x);
  if (kept)
    tin_checkpoint_end(stretch);
  tin_tensor *y = c->n_results ? c->results[0] : NULL;
  if (!y || !tin_ok(c->ctx))
    return;
  if (custom && is_float(y)) {
    tin_shape a = tin_shape_of(x), b = tin_shape_of(y);
    bool same = a.rank == b.rank && tin_dtype_of(x) == tin_dtype_of(y);
    for (int i = 0; same && i < a.rank; i++)
      same = a.size[i] == b.size[i];
    if (same)
      y = c->results[0] = tin_custom_gradient(y, TIN_LIST(x), limited_pull, NULL);
  }
  int pick = (int)below(c, 100);
  if (smooth && is_float(y) && pick < 35)
    first_derivative(c, x, y);
  else if (smooth && is_float(y) && pick < 42)
    second_derivative(c, x, y);
  else if (smooth && is_float(y) && pick < 48)
    also(c, tin_jvp(y, TIN_LIST(x), TIN_LIST(like(c, x))));
  else if (pick < 56)
    mapped(c, x, y);
  else if (smooth && is_float(y) && tin_size_of(x) * tin_size_of(y) <= 200)
    also(c, chance(c, 50) || tin_size_of(y) != 1 || tin_size_of(x) > 12 ? tin_jacobian(y, x) : tin_hessian(y, x));
}
