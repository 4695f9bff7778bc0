/* Pools: reductions over windows. Windows are [N, C, kernel ..., position ...]: the reduction runs across rows, so that vectors lie along
 * the last spatial axis. */
#include "frontend/spatial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tinsmith_nn.h"

struct pooling {
  struct tin_call call;
  tin_tensor *tensor;
  struct tin_node *x; /* with a batch axis */
  bool batched;
  struct tin_windows windows;
  int64_t extra[SPATIAL_MAX]; /* of the high padding, for the last window of ceil_mode */
};

/* ---- checks ---- */

static bool begin(struct pooling *pool, const char *file, int line, tin_tensor *x, const char *op, int dims, enum tin_coercion coercion) {
  const char *name = "x";
  *pool = (struct pooling){.call = tin_call_of(file, line, op), .tensor = x, .windows = {.dims = dims, .aligned = true}};
  struct tin_node *node = tin_call_operand(&pool->call, x, name);
  if (!node || !tin_coerce(&pool->call, coercion, 1, &x, &name, &node))
    return false;
  pool->x = tin_spatial_batched(&pool->call, x, node, dims, &pool->batched);
  if (!pool->x)
    return false;
  memcpy(pool->windows.in, pool->x->shape + 2, sizeof(int64_t) * (size_t)dims);
  return true;
}

/* PyTorch's ceil_mode: also a window that begins inside and ends behind the padding. */
static void pad_for_ceil(struct pooling *pool) {
  struct tin_windows *w = &pool->windows;
  for (int i = 0; i < w->dims; i++) {
    int64_t reach = (w->kernel[i] - 1) * w->dilation[i], padded = w->in[i] + 2 * w->low[i];
    int64_t rest = (padded - 1 - reach) % w->stride[i], starts = (padded - 1 - reach) / w->stride[i] + 1;
    if (padded > reach && rest && starts * w->stride[i] < w->in[i] + w->low[i])
      pool->extra[i] = w->stride[i] - rest;
    w->high[i] += pool->extra[i];
  }
}

static bool read_options(struct pooling *pool, const struct tin_pool_options *args) {
  struct tin_windows *w = &pool->windows;
  struct tin_call *call = &pool->call;
  if (!tin_spatial_option(call, "kernel", args->kernel, w->dims, 0, 1, w->kernel))
    return false;
  if (!w->kernel[0]) {
    tin_call_fail(call, "the kernel is missing: .kernel = {...} with one number for each of the %d spatial axes", w->dims);
    return false;
  }
  if (!tin_spatial_option(call, "stride", args->stride, w->dims, 0, 1, w->stride) ||
      !tin_spatial_option(call, "padding", args->padding, w->dims, 0, 0, w->low) ||
      !tin_spatial_option(call, "dilation", args->dilation, w->dims, 1, 1, w->dilation))
    return false;
  if (!w->stride[0])
    memcpy(w->stride, w->kernel, sizeof w->stride);
  for (int i = 0; i < w->dims; i++)
    if (w->low[i] > w->kernel[i] / 2) {
      tin_call_fail(call, "padding %lld of spatial axis %d is more than half of the kernel of %lld", (long long)w->low[i], i,
                    (long long)w->kernel[i]);
      return false;
    }
  memcpy(w->high, w->low, sizeof w->high);
  if (!tin_spatial_count(call, pool->tensor, w))
    return false;
  if (args->ceil_mode)
    pad_for_ceil(pool);
  return tin_spatial_count(call, pool->tensor, w);
}

/* ---- the reductions ---- */

static uint32_t kernel_axes(const struct pooling *pool) {
  return ((1u << pool->windows.dims) - 1) << 2;
}

/* [N, C, 1 ..., position ...] without the reduced axes. */
static struct tin_node *dropped(const struct pooling *pool, struct tin_node *y) {
  return tin_node_drop_axes(pool->call.graph, y, kernel_axes(pool));
}

static int64_t plane_size(const struct pooling *pool) {
  int64_t size = 1;
  for (int i = 0; i < pool->windows.dims; i++)
    size *= pool->windows.in[i];
  return size;
}

/* Where in its plane each element of the windows lies, row-major; -1: in the padding. [1, 1, kernel ..., position ...] */
static struct tin_node *positions_of(const struct pooling *pool) {
  int64_t size = plane_size(pool), shape[TIN_MAX_RANK] = {1, 1};
  memcpy(shape + 2, pool->windows.in, sizeof *shape * (size_t)pool->windows.dims);
  struct tin_node *numbers = tin_node_iota(pool->call.graph, size > INT32_MAX ? TIN_I64 : TIN_I32, size);
  return tin_spatial_windows(pool->call.graph, make_reshape(pool->call.graph, numbers, 2 + pool->windows.dims, shape), &pool->windows, -1);
}

/* The first of the largest elements, by its position, so that the gradient goes to it alone. A NaN is the largest. The sum has one term
 * besides the neutral -0, so it is exact. */
static tin_tensor *largest(struct pooling *pool, struct tin_node *windows, struct tin_node *positions, tin_tensor **indices) {
  struct tin_graph *graph = pool->call.graph;
  if (!windows || !positions)
    return tin_call_result(&pool->call, NULL);
  uint32_t axes = kernel_axes(pool);
  struct tin_node *largest = make_expand_like(graph, make_reduce(graph, OP_REDUCE_MAX, windows, axes), windows);
  positions = make_expand_like(graph, positions, windows);
  struct tin_node *hit = make_binary(graph, OP_EQ, windows, largest);
  if (tin_dtype_is_float(windows->dtype))
    hit = make_binary(graph, OP_OR, hit, make_binary(graph, OP_NE, windows, windows));
  hit = make_binary(graph, OP_AND, hit, make_binary(graph, OP_LE, make_number(graph, positions, 0), positions));
  struct tin_node *behind = make_number(graph, positions, (double)plane_size(pool));
  struct tin_node *first = make_reduce(graph, OP_REDUCE_MIN, make_select(graph, hit, positions, behind), axes);
  struct tin_node *chosen = make_binary(graph, OP_EQ, positions, make_expand_like(graph, first, windows));
  struct tin_node *value = make_reduce(graph, OP_SUM, make_select(graph, chosen, windows, make_number(graph, windows, -0.0)), axes);
  if (indices)
    *indices = tin_spatial_result(&pool->call, make_cast(graph, dropped(pool, first), TIN_I64), pool->batched);
  return tin_spatial_result(&pool->call, dropped(pool, value), pool->batched);
}

static tin_tensor *fail(struct pooling *pool, tin_tensor **indices) {
  tin_tensor *poison = tin_call_poison(&pool->call);
  if (indices)
    *indices = poison;
  return poison;
}

static tin_tensor *max_pool(const struct tin_pool_options *args, const char *op, int dims) {
  struct pooling pool;
  if (!begin(&pool, args->file, args->line, args->x, op, dims, COERCE_ARITHMETIC) || !read_options(&pool, args))
    return fail(&pool, args->indices);
  struct tin_node *windows = tin_spatial_windows(pool.call.graph, pool.x, &pool.windows, -INFINITY);
  return largest(&pool, windows, positions_of(&pool), args->indices);
}

/* How many elements of each window count: those inside, or inside or in the padding that was asked for. [1, 1, 1 ..., position ...] */
static struct tin_node *counts(const struct pooling *pool, bool exclude_padding) {
  struct tin_windows w = pool->windows;
  struct tin_graph *graph = pool->call.graph;
  int64_t shape[TIN_MAX_RANK] = {1, 1};
  for (int i = 0; i < w.dims; i++) {
    if (!exclude_padding) {
      w.in[i] += 2 * w.low[i];
      w.low[i] = 0;
      w.high[i] = pool->extra[i];
    }
    shape[2 + i] = w.in[i];
  }
  struct tin_node *one = tin_node_number(graph, (tin_dtype)pool->x->dtype, 1);
  struct tin_node *windows = tin_spatial_windows(graph, make_broadcast(graph, one, 2 + w.dims, shape), &w, 0);
  return make_reduce(graph, OP_SUM, windows, kernel_axes(pool));
}

static tin_tensor *avg_pool(const struct tin_pool_options *args, const char *op, int dims) {
  struct pooling pool;
  if (!begin(&pool, args->file, args->line, args->x, op, dims, COERCE_FLOAT) || !read_options(&pool, args))
    return tin_call_poison(&pool.call);
  const struct tin_windows *w = &pool.windows;
  struct tin_graph *graph = pool.call.graph;
  struct tin_node *sum = make_reduce(graph, OP_SUM, tin_spatial_windows(graph, pool.x, w, 0), kernel_axes(&pool)), *divisor;
  double size = 1;
  bool varies = false;
  for (int i = 0; i < dims; i++) {
    if (w->dilation[i] != 1) {
      tin_call_fail(&pool.call, "an average pool has no dilation");
      return tin_call_poison(&pool.call);
    }
    size *= (double)w->kernel[i];
    varies = varies || pool.extra[i] || (args->exclude_padding && w->low[i]);
  }
  if (args->divisor_override)
    divisor = make_number(graph, sum, (double)args->divisor_override);
  else
    divisor = varies ? make_expand_like(graph, counts(&pool, args->exclude_padding), sum) : make_number(graph, sum, size);
  return tin_spatial_result(&pool.call, dropped(&pool, make_binary(graph, OP_DIV, sum, divisor)), pool.batched);
}

/* ---- adaptive ---- */

static int64_t adaptive_start(int64_t in, int64_t out, int64_t i) {
  return i * in / out; /* PyTorch's floor(i in / out) */
}
static int64_t adaptive_end(int64_t in, int64_t out, int64_t i) {
  return ((i + 1) * in + out - 1) / out;
}

/* False with the error recorded; sets *even when all windows of an axis are equal and side by side. */
static bool read_sizes(struct pooling *pool, const int64_t *size, bool *even) {
  struct tin_windows *w = &pool->windows;
  *even = true;
  for (int i = 0; i < SPATIAL_MAX; i++) {
    if (size[i] < 0 || size[i] > INT32_MAX || (i >= w->dims && size[i])) {
      tin_call_fail(&pool->call, "size %lld of axis %d is no size of %d spatial axes", (long long)size[i], i, w->dims);
      return false;
    }
    if (i >= w->dims)
      continue;
    w->out[i] = size[i] ? size[i] : w->in[i];
    if (w->in[i] == 0 || w->in[i] > INT32_MAX) {
      tin_call_fail(&pool->call, "spatial axis %d of %s is empty or too long", i, tin_spatial_words(pool->tensor).text);
      return false;
    }
    *even = *even && w->in[i] % w->out[i] == 0;
    w->kernel[i] = w->in[i] / w->out[i];
    for (int64_t o = 0; o < w->out[i]; o++) {
      int64_t length = adaptive_end(w->in[i], w->out[i], o) - adaptive_start(w->in[i], w->out[i], o);
      w->kernel[i] = length > w->kernel[i] ? length : w->kernel[i];
    }
    w->stride[i] = w->kernel[i];
    w->dilation[i] = 1;
  }
  return true;
}

/* The position of element `at` of the table [kernel ..., position ...], -1 when its window is shorter. */
static int64_t adaptive_position(const struct tin_windows *w, int64_t at) {
  int64_t place[SPATIAL_MAX], position = 0;
  for (int i = 2 * w->dims - 1; i >= 0; i--) {
    int axis = i % w->dims;
    int64_t extent = i < w->dims ? w->kernel[axis] : w->out[axis], digit = at % extent;
    at /= extent;
    if (i >= w->dims)
      place[axis] = digit; /* the window; below, its element */
    else {
      int64_t start = adaptive_start(w->in[axis], w->out[axis], place[axis]);
      place[axis] = start + digit < adaptive_end(w->in[axis], w->out[axis], place[axis]) ? start + digit : -1;
    }
  }
  for (int i = 0; i < w->dims; i++)
    position = position < 0 || place[i] < 0 ? -1 : position * w->in[i] + place[i];
  return position;
}

/* Windows of different lengths, by a table of positions: *windows [N, C, kernel ..., position ...], *positions [1, 1, ...]. What is behind
 * a window is position -1 and repeats the first element of the plane. False with the error recorded. */
static bool uneven_windows(struct pooling *pool, struct tin_node **windows, struct tin_node **positions) {
  const struct tin_windows *w = &pool->windows;
  struct tin_graph *graph = pool->call.graph;
  tin_shape shape = {.rank = 2 * w->dims};
  for (int i = 0; i < w->dims; i++) {
    shape.size[i] = w->kernel[i];
    shape.size[w->dims + i] = w->out[i];
  }
  int64_t size, plane[3] = {pool->x->shape[0], pool->x->shape[1], plane_size(pool)}, with[TIN_MAX_RANK] = {1, 1};
  if (!tin_check_shape(&pool->call, &shape, TIN_I64, &size))
    return false;
  int64_t *table = tin_call_alloc(&pool->call, (size_t)size + 1, sizeof *table, 1, &pool->tensor);
  if (!table)
    return false;
  for (int64_t i = 0; i < size; i++)
    table[i] = adaptive_position(w, i);
  tin_tensor *leaf = tin_from_table(&pool->call, TIN_I64, shape, table);
  free(table);
  struct tin_node *numbers = tin_call_operand(&pool->call, leaf, "positions");
  if (!numbers)
    return false;
  struct tin_node *inside = make_binary(graph, OP_MAX, numbers, make_number(graph, numbers, 0));
  *windows = make_gather(graph, make_reshape(graph, pool->x, 3, plane), inside, 2);
  memcpy(with + 2, shape.size, sizeof *with * (size_t)shape.rank);
  *positions = make_reshape(graph, numbers, 2 + shape.rank, with);
  return true;
}

static tin_tensor *adaptive_max(const struct tin_adaptive_pool_options *args, const char *op, int dims) {
  struct pooling pool;
  struct tin_node *windows, *positions;
  bool even;
  if (!begin(&pool, args->file, args->line, args->x, op, dims, COERCE_ARITHMETIC) || !read_sizes(&pool, args->size, &even))
    return fail(&pool, args->indices);
  if (even) {
    windows = tin_spatial_windows(pool.call.graph, pool.x, &pool.windows, 0);
    positions = positions_of(&pool);
  } else {
    if (!uneven_windows(&pool, &windows, &positions))
      return fail(&pool, args->indices);
    struct tin_graph *graph = pool.call.graph;
    struct tin_node *all = windows && positions ? make_expand_like(graph, positions, windows) : NULL;
    struct tin_node *behind = make_binary(graph, OP_LT, all, all ? make_number(graph, all, 0) : NULL);
    windows = make_select(graph, behind, windows ? make_number(graph, windows, -INFINITY) : NULL, windows);
  }
  return largest(&pool, windows, positions, args->indices);
}

static tin_tensor *adaptive_avg(const struct tin_adaptive_pool_options *args, const char *op, int dims) {
  struct pooling pool;
  bool even;
  if (!begin(&pool, args->file, args->line, args->x, op, dims, COERCE_FLOAT) || !read_sizes(&pool, args->size, &even))
    return tin_call_poison(&pool.call);
  struct tin_graph *graph = pool.call.graph;
  uint32_t axes = kernel_axes(&pool);
  struct tin_node *windows, *positions, *sum, *divisor;
  if (even) {
    double size = (double)plane_size(&pool);
    for (int i = 0; i < dims; i++)
      size /= (double)pool.windows.out[i];
    sum = make_reduce(graph, OP_SUM, tin_spatial_windows(graph, pool.x, &pool.windows, 0), axes);
    divisor = make_number(graph, sum, size);
  } else {
    if (!uneven_windows(&pool, &windows, &positions))
      return tin_call_poison(&pool.call);
    struct tin_node *inside = positions ? make_binary(graph, OP_LE, make_number(graph, positions, 0), positions) : NULL;
    struct tin_node *all = inside && windows ? make_expand_like(graph, inside, windows) : NULL;
    sum = make_reduce(graph, OP_SUM, make_select(graph, all, windows, all ? make_number(graph, windows, 0) : NULL), axes);
    divisor = make_reduce(graph, OP_SUM, make_cast(graph, inside, (tin_dtype)pool.x->dtype), axes);
    divisor = sum ? make_expand_like(graph, divisor, sum) : NULL;
  }
  return tin_spatial_result(&pool.call, dropped(&pool, make_binary(graph, OP_DIV, sum, divisor)), pool.batched);
}

#define POOL(dims)                                                                                                                         \
  tin_tensor *tin_max_pool##dims##d_args(struct tin_pool_options args) {                                                                   \
    return max_pool(&args, "max_pool" #dims "d", dims);                                                                                    \
  }                                                                                                                                        \
  tin_tensor *tin_avg_pool##dims##d_args(struct tin_pool_options args) {                                                                   \
    return avg_pool(&args, "avg_pool" #dims "d", dims);                                                                                    \
  }                                                                                                                                        \
  tin_tensor *tin_adaptive_max_pool##dims##d_args(struct tin_adaptive_pool_options args) {                                                 \
    return adaptive_max(&args, "adaptive_max_pool" #dims "d", dims);                                                                       \
  }                                                                                                                                        \
  tin_tensor *tin_adaptive_avg_pool##dims##d_args(struct tin_adaptive_pool_options args) {                                                 \
    return adaptive_avg(&args, "adaptive_avg_pool" #dims "d", dims);                                                                       \
  }
POOL(1)
POOL(2)
POOL(3)
#undef POOL
