/* Taking tensors apart: slices over several axes, pieces along one, diagonals, triangles. Index maps and selects, so nothing is copied and
 * what is left out never reaches a result, not even as 0 * NaN. */
#include "frontend/frontend.h"

#include <string.h>

struct tin_node *tin_node_part(struct tin_graph *graph, struct tin_node *x, int axis, int64_t start, int64_t step, int64_t count) {
  if (!x)
    return NULL;
  int64_t starts[TIN_RANK_LIMIT] = {0}, steps[TIN_RANK_LIMIT], sizes[TIN_RANK_LIMIT];
  for (int i = 0; i < x->rank; i++) {
    steps[i] = i == axis ? step : 1;
    sizes[i] = i == axis ? count : x->shape[i];
  }
  starts[axis] = start;
  return tin_node_slice(graph, x, starts, steps, sizes);
}

/* ---- slices ---- */

/* A bound of a slice by Python's rule: from the end when negative, then clamped to low .. high. */
static int64_t slice_bound(int64_t bound, int64_t size, int64_t low, int64_t high) {
  if (bound < 0)
    bound = bound < -size ? low : bound + size;
  return bound < low ? low : bound > high ? high : bound;
}

struct tin_node *tin_node_range(struct tin_graph *graph, struct tin_node *x, int axis, int64_t start, int64_t stop, int64_t step) {
  if (!x)
    return NULL;
  int64_t size = x->shape[axis];
  if (step >= 0) {
    step = step ? step : 1;
    start = slice_bound(start, size, 0, size);
    stop = slice_bound(stop, size, 0, size);
    return tin_node_part(graph, x, axis, start, step, stop > start ? (stop - start - 1) / step + 1 : 0);
  }
  int64_t stride = step < -INT64_MAX ? INT64_MAX : -step;
  start = slice_bound(start, size, -1, size - 1);
  stop = stop == TIN_END ? -1 : slice_bound(stop, size, -1, size - 1);
  int64_t count = start > stop ? (start - stop - 1) / stride + 1 : 0;
  struct tin_node *rising = tin_node_part(graph, x, axis, count ? start - (count - 1) * stride : 0, stride, count);
  return rising ? tin_node_flip(graph, rising, 1u << axis) : NULL;
}

tin_tensor *tin_slices_at(const char *file, int line, tin_tensor *x, tin_ranges ranges) {
  struct tin_call call = tin_call_of(file, line, "slices");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (ranges.count < 0 || ranges.count > node->rank) {
    tin_call_fail(&call, "%d ranges are given for %s", ranges.count, tin_describe(x, "x", node).text);
    return tin_call_poison(&call);
  }
  for (int axis = 0; axis < ranges.count; axis++)
    node = tin_node_range(call.graph, node, axis, ranges.at[axis][0], ranges.at[axis][1], ranges.at[axis][2]);
  return tin_call_result(&call, node);
}

/* ---- pieces: the caller's array gets the tensors ---- */

/* Room for the pieces is there; false with the error recorded. */
static bool check_room(struct tin_call *call, tin_tensor *const *out, int64_t pieces, int count) {
  if (out && pieces == count)
    return true;
  if (out)
    tin_call_fail(call, "there are %lld pieces, and the array is said to hold %d", (long long)pieces, count);
  else
    tin_call_fail(call, "the array for the pieces is NULL");
  return false;
}

/* Pieces of equal size, the last one of what is left over. */
static int cut_evenly(struct tin_call *call, struct tin_node *x, int axis, int64_t size, tin_tensor **out, int count) {
  int64_t extent = x->shape[axis];
  for (int i = 0; i < count; i++) {
    int64_t start = i * size, left = extent - start;
    out[i] = tin_call_result(call, tin_node_part(call->graph, x, axis, start, 1, left < size ? left : size));
  }
  return count;
}

int tin_split_at(const char *file, int line, tin_tensor *x, int64_t size, int axis, tin_tensor **out, int count) {
  struct tin_call call = tin_call_of(file, line, "split");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int place = node ? tin_check_axis(&call, x, "x", node, axis) : -1;
  if (place < 0)
    return tin_call_poison_all(&call, out, count);
  int64_t extent = node->shape[place];
  if (size < 0 || (size == 0 && extent)) {
    tin_call_fail(&call, "pieces of size %lld do not cover axis %d of %s", (long long)size, place, tin_describe(x, "x", node).text);
    return tin_call_poison_all(&call, out, count);
  }
  if (!check_room(&call, out, extent ? (extent - 1) / size + 1 : 1, count))
    return tin_call_poison_all(&call, out, count);
  return cut_evenly(&call, node, place, size, out, count);
}

int tin_chunk_at(const char *file, int line, tin_tensor *x, int chunks, int axis, tin_tensor **out) {
  struct tin_call call = tin_call_of(file, line, "chunk");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int place = node ? tin_check_axis(&call, x, "x", node, axis) : -1;
  if (place >= 0 && (chunks < 1 || !out))
    tin_call_fail(&call, chunks < 1 ? "the number of chunks must be positive" : "the array for the chunks is NULL");
  if (place < 0 || chunks < 1 || !out)
    return tin_call_poison_all(&call, out, chunks);
  int64_t extent = node->shape[place], size = extent ? (extent - 1) / chunks + 1 : 0;
  int pieces = extent ? (int)((extent - 1) / size + 1) : chunks; /* PyTorch: of nothing, as many empty ones as asked for */
  for (int i = pieces; i < chunks; i++)
    out[i] = NULL;
  return cut_evenly(&call, node, place, size, out, pieces);
}

int tin_split_sizes_at(const char *file, int line, tin_tensor *x, const int64_t *sizes, int axis, tin_tensor **out, int count) {
  struct tin_call call = tin_call_of(file, line, "split_sizes");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int place = node ? tin_check_axis(&call, x, "x", node, axis) : -1;
  if (place < 0)
    return tin_call_poison_all(&call, out, count);
  int64_t sum = 0;
  bool valid = count > 0 && sizes && out;
  for (int i = 0; valid && i < count; i++)
    valid = sizes[i] >= 0 && !__builtin_add_overflow(sum, sizes[i], &sum);
  if (!valid || sum != node->shape[place]) {
    tin_call_fail(&call, "the %d sizes do not add up to axis %d of %s", count, place, tin_describe(x, "x", node).text);
    return tin_call_poison_all(&call, out, count);
  }
  int64_t start = 0;
  for (int i = 0; i < count; start += sizes[i++])
    out[i] = tin_call_result(&call, tin_node_part(call.graph, node, place, start, 1, sizes[i]));
  return count;
}

int tin_unbind_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor **out, int count) {
  struct tin_call call = tin_call_of(file, line, "unbind");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int place = node ? tin_check_axis(&call, x, "x", node, axis) : -1;
  if (place < 0 || !check_room(&call, out, node->shape[place], count))
    return tin_call_poison_all(&call, out, count);
  for (int i = 0; i < count; i++)
    out[i] = tin_call_result(&call, tin_node_drop_axes(call.graph, tin_node_part(call.graph, node, place, i, 1, 1), 1u << place));
  return count;
}

/* ---- diagonals ---- */

/* x with two of its axes last, in this order. */
static struct tin_node *with_last(struct tin_graph *graph, struct tin_node *x, int axis0, int axis1) {
  int axes[TIN_RANK_LIMIT], n = 0;
  for (int axis = 0; axis < x->rank; axis++)
    if (axis != axis0 && axis != axis1)
      axes[n++] = axis;
  axes[n] = axis0;
  axes[n + 1] = axis1;
  return tin_node_permute(graph, x, axes);
}

/* The inverse: the last two axes become axes axis0 and axis1 of the result. */
static struct tin_node *from_last(struct tin_graph *graph, struct tin_node *x, int axis0, int axis1) {
  int axes[TIN_RANK_LIMIT], n = 0;
  if (!x)
    return NULL;
  for (int axis = 0; axis < x->rank; axis++)
    axes[axis] = axis == axis0 ? x->rank - 2 : axis == axis1 ? x->rank - 1 : n++;
  return tin_node_permute(graph, x, axes);
}

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* Of the last two axes: they are cut to the square whose main diagonal is wanted, L x L, and flattened; every (L+1)-th element is on it. */
static struct tin_node *diagonal(struct tin_graph *graph, struct tin_node *x, int64_t offset) {
  if (!x)
    return NULL;
  int rank = x->rank;
  int64_t row = offset < 0 ? -offset : 0, column = offset > 0 ? offset : 0;
  int64_t length = least(x->shape[rank - 2] - row, x->shape[rank - 1] - column), shape[TIN_RANK_LIMIT];
  if (length <= 0)
    row = column = length = 0;
  memcpy(shape, x->shape, sizeof *shape * (size_t)rank);
  shape[rank - 2] = length * length;
  x = tin_node_part(graph, tin_node_part(graph, x, rank - 2, row, 1, length), rank - 1, column, 1, length);
  return tin_node_part(graph, make_reshape(graph, x, rank - 1, shape), rank - 2, 0, length + 1, length);
}

/* The pair of axes counted from the front; false with the error recorded when they are out of range or the same. */
static bool check_pair(struct tin_call *call, tin_tensor *x, const struct tin_node *like, int *axis0, int *axis1) {
  int first = tin_check_axis(call, x, "x", like, *axis0);
  int second = first < 0 ? -1 : tin_check_axis(call, x, "x", like, *axis1);
  if (second >= 0 && first == second)
    tin_call_fail(call, "axes %d and %d are the same", *axis0, *axis1);
  *axis0 = first;
  *axis1 = second;
  return second >= 0 && first != second;
}

struct tin_node *tin_node_diagonal(struct tin_graph *graph, struct tin_node *x, int axis0, int axis1) {
  return x ? diagonal(graph, with_last(graph, x, axis0, axis1), 0) : NULL;
}

tin_tensor *tin_diagonal_at(const char *file, int line, tin_tensor *x, int offset, int axis0, int axis1) {
  struct tin_call call = tin_call_of(file, line, "diagonal");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node || !check_pair(&call, x, node, &axis0, &axis1))
    return tin_call_poison(&call);
  return tin_call_result(&call, diagonal(call.graph, with_last(call.graph, node, axis0, axis1), offset));
}

/* x along the diagonal of new last axes; the inverse of `diagonal`: gaps of L between L elements make an L x L square. NULL with the error
 * recorded. */
static struct tin_node *embed(struct tin_call *call, struct tin_node *x, int64_t offset) {
  int rank = x->rank;
  int64_t length = x->shape[rank - 1], side, size, zeros[TIN_RANK_LIMIT] = {0}, shape[TIN_RANK_LIMIT];
  tin_shape full = {.rank = rank + 1};
  memcpy(full.size, x->shape, sizeof *full.size * (size_t)rank);
  memcpy(shape, x->shape, sizeof *shape * (size_t)rank);
  if (__builtin_add_overflow(length, offset < 0 ? -offset : offset, &side))
    side = INT64_MAX;
  full.size[rank - 1] = full.size[rank] = side;
  if (!tin_check_shape(call, &full, (tin_dtype)x->dtype, &size))
    return NULL;
  int64_t interior[TIN_RANK_LIMIT] = {0}, low[TIN_RANK_LIMIT] = {0};
  interior[rank - 1] = length;
  shape[rank - 1] = length * length;
  uint64_t zero = tin_scalar_from_double(0, (tin_dtype)x->dtype);
  struct tin_node *square = tin_node_pad(call->graph, x, zeros, interior, shape, zero);
  shape[rank - 1] = shape[rank] = length;
  square = make_reshape(call->graph, square, rank + 1, shape);
  low[rank - 1] = offset < 0 ? -offset : 0;
  low[rank] = offset > 0 ? offset : 0;
  square = tin_node_pad(call->graph, square, low, zeros, full.size, zero);
  if (!square)
    tin_call_fail(call, "out of memory");
  return square;
}

tin_tensor *tin_diag_embed_at(const char *file, int line, tin_tensor *x, int offset, int axis0, int axis1) {
  struct tin_call call = tin_call_of(file, line, "diag_embed");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (node->rank == 0 || node->rank == TIN_RANK_LIMIT) {
    tin_call_fail(&call, "%s has no diagonal to put along two axes", tin_describe(x, "x", node).text);
    return tin_call_poison(&call);
  }
  int64_t shape[TIN_RANK_LIMIT] = {0};
  struct tin_node result = {.rank = (uint8_t)(node->rank + 1), .shape = shape}; /* only for its rank and the wording */
  memcpy(shape, node->shape, sizeof *shape * node->rank);
  struct tin_node *square = check_pair(&call, x, &result, &axis0, &axis1) ? embed(&call, node, offset) : NULL;
  return square ? tin_call_result(&call, from_last(call.graph, square, axis0, axis1)) : tin_call_poison(&call);
}

tin_tensor *tin_diag_at(const char *file, int line, tin_tensor *x, int offset) {
  struct tin_call call = tin_call_of(file, line, "diag");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (node->rank == 2)
    return tin_call_result(&call, diagonal(call.graph, node, offset));
  if (node->rank != 1) {
    tin_call_fail(&call, "%s must have one axis or two", tin_describe(x, "x", node).text);
    return tin_call_poison(&call);
  }
  struct tin_node *square = embed(&call, node, offset);
  return square ? tin_call_result(&call, square) : tin_call_poison(&call);
}

tin_tensor *tin_trace_at(const char *file, int line, tin_tensor *x) {
  struct tin_call call = tin_call_of(file, line, "trace");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (node->rank != 2) {
    tin_call_fail(&call, "%s must have two axes", tin_describe(x, "x", node).text);
    return tin_call_poison(&call);
  }
  return tin_sum_args((struct tin_reduce_options){.file = file, .line = line, .x = tin_diagonal_at(file, line, x, 0, 0, 1)});
}

/* ---- triangles ---- */

/* 0, 1, ... along one of two axes, plus a number. */
static struct tin_node *positions(struct tin_graph *graph, tin_dtype dtype, const int64_t *shape, int axis, int64_t add) {
  int64_t alone[2] = {1, 1};
  alone[axis] = shape[axis];
  struct tin_node *x = tin_node_iota(graph, dtype, shape[axis]);
  x = add ? make_binary(graph, OP_ADD, x, make_number(graph, x, (double)add)) : x;
  return make_broadcast(graph, make_reshape(graph, x, 2, alone), 2, shape);
}

struct tin_node *tin_node_compare_axes(struct tin_graph *graph, int op, int64_t rows, int64_t columns, int64_t offset) {
  int64_t shape[2] = {rows, columns};
  offset = offset < -rows ? -rows : least(offset, columns); /* beyond, nothing changes */
  tin_dtype dtype = rows + columns > INT32_MAX ? TIN_I64 : TIN_I32;
  return make_binary(graph, op, positions(graph, dtype, shape, 0, offset), positions(graph, dtype, shape, 1, 0));
}

/* Keeps the elements of the last two axes where row + diagonal <= column (upper), or column <= row + diagonal. */
static tin_tensor *triangle(struct tin_call call, tin_tensor *x, int diagonal, bool upper) {
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (node->rank < 2) {
    tin_call_fail(&call, "%s must have two axes at least", tin_describe(x, "x", node).text);
    return tin_call_poison(&call);
  }
  struct tin_node *above =
      tin_node_compare_axes(call.graph, upper ? OP_LE : OP_LT, node->shape[node->rank - 2], node->shape[node->rank - 1], diagonal);
  struct tin_node *zero = make_number(call.graph, node, 0);
  above = make_broadcast(call.graph, above, node->rank, node->shape);
  return tin_call_result(&call, upper ? make_select(call.graph, above, node, zero) : make_select(call.graph, above, zero, node));
}

tin_tensor *tin_tril_at(const char *file, int line, tin_tensor *x, int diagonal) {
  return triangle(tin_call_of(file, line, "tril"), x, diagonal, false);
}

tin_tensor *tin_triu_at(const char *file, int line, tin_tensor *x, int diagonal) {
  return triangle(tin_call_of(file, line, "triu"), x, diagonal, true);
}
