/* Steps of the generator: movement, contractions, indexing, and the patterns of models. */
#include "generator.h"
#include "ir/compose.h"
#include "ir/scalar.h"

/* ---- movement ---- */

/* The sizes' factors dealt to a random number of axes. */
static struct tin_node *random_reshape(struct generator *g, struct tin_node *x) {
  struct gen_shape shape = {.rank = (int)gen_range(g, x->size == 1 ? 0 : 1, gen_chance(g, 90) ? 5 : TIN_RANK_LIMIT)};
  for (int i = 0; i < shape.rank; i++)
    shape.size[i] = 1;
  int at = 0;
  for (int i = 0; i < x->rank; i++) {
    int64_t left = x->shape[i];
    for (int64_t factor = 2; left > 1 && factor <= left; factor++)
      while (left % factor == 0 && shape.rank) {
        shape.size[gen_chance(g, 70) ? at : (int)gen_below(g, shape.rank)] *= factor;
        left /= factor;
        at = gen_chance(g, 40) && at + 1 < shape.rank ? at + 1 : at;
      }
    if (left == 0 && shape.rank)
      shape.size[gen_below(g, shape.rank)] = 0;
  }
  return gen_size(&shape) == x->size ? make_reshape(g->graph, x, shape.rank, shape.size) : x;
}

static struct tin_node *random_permute(struct generator *g, struct tin_node *x) {
  int axes[TIN_MAX_RANK];
  for (int i = 0; i < x->rank; i++) {
    int j = (int)gen_below(g, i + 1);
    axes[i] = axes[j];
    axes[j] = i;
  }
  return tin_node_permute(g->graph, x, axes);
}

static struct tin_node *random_expand(struct generator *g, struct tin_node *x) {
  struct gen_shape shape = gen_shape_of(x);
  if (gen_chance(g, 40) && shape.rank < 6) { /* a new axis first */
    int axis = (int)gen_below(g, shape.rank + 1);
    for (int i = shape.rank++; i > axis; i--)
      shape.size[i] = shape.size[i - 1];
    shape.size[axis] = 1;
    x = make_reshape(g->graph, x, shape.rank, shape.size);
  }
  for (int i = 0; x && i < shape.rank; i++)
    if (shape.size[i] == 1 && gen_chance(g, 70) && gen_size(&shape) * 20 <= 2 * g->limit)
      shape.size[i] = gen_range(g, 1, 20);
  return x ? tin_node_expand(g->graph, x, shape.size) : NULL;
}

static struct tin_node *random_slice(struct generator *g, struct tin_node *x) {
  int64_t start[TIN_MAX_RANK], step[TIN_MAX_RANK], size[TIN_MAX_RANK];
  for (int i = 0; i < x->rank; i++) {
    start[i] = gen_chance(g, 50) ? 0 : gen_below(g, x->shape[i]);
    step[i] = gen_chance(g, 65) ? 1 : gen_range(g, 1, 4);
    int64_t most = x->shape[i] ? (x->shape[i] - 1 - start[i]) / step[i] + 1 : 0;
    size[i] = gen_chance(g, 60) ? most : gen_range(g, gen_chance(g, 3) || !most ? 0 : 1, most);
  }
  return tin_node_slice(g->graph, x, start, step, size);
}

static struct tin_node *random_pad(struct generator *g, struct tin_node *x) {
  int64_t low[TIN_MAX_RANK], interior[TIN_MAX_RANK], shape[TIN_MAX_RANK];
  for (int i = 0; i < x->rank; i++) {
    bool wider = gen_chance(g, 50);
    low[i] = wider && gen_chance(g, 70) ? gen_range(g, 0, 5) : 0;
    interior[i] = wider && gen_chance(g, 25) ? gen_range(g, 1, 3) : 0;
    shape[i] = low[i] + x->shape[i] + (x->shape[i] > 1 ? (x->shape[i] - 1) * interior[i] : 0);
    shape[i] += wider && gen_chance(g, 70) ? gen_range(g, 0, 5) : 0;
  }
  double fill = gen_chance(g, 60) ? 0 : gen_chance(g, 50) ? 1 : -3;
  return tin_node_pad(g->graph, x, low, interior, shape, tin_scalar_from_double(fill, (tin_dtype)x->dtype));
}

static struct tin_node *random_window(struct generator *g, struct tin_node *x) {
  int axis = (int)gen_below(g, x->rank);
  int64_t size = gen_range(g, 1, 5), stride = gen_range(g, 1, 3), dilation = gen_chance(g, 70) ? 1 : gen_range(g, 2, 3);
  if (x->rank > 4 || (size - 1) * dilation >= x->shape[axis])
    return x;
  return tin_node_window(g->graph, x, axis, size, stride, dilation);
}

static struct tin_node *random_fold(struct generator *g, struct tin_node *x) {
  if (g->exact && tin_dtype_is_float(x->dtype)) /* a sum: where windows do not overlap a rule moves the elements, -0 too */
    return x;
  if (x->rank < 2 || x->dtype == TIN_BOOL || x->shape[x->rank - 1] > 12 || x->shape[x->rank - 1] < 1)
    return x;
  int axis = (int)gen_below(g, x->rank - 1);
  int64_t stride = gen_range(g, 1, 3), dilation = gen_range(g, 1, 3), windows = x->shape[axis] ? x->shape[axis] : 1;
  int64_t out = (windows - 1) * stride + (x->shape[x->rank - 1] - 1) * dilation + 1 + (gen_chance(g, 40) ? gen_range(g, 1, 3) : 0);
  return tin_node_fold(g->graph, x, axis, stride, dilation, out);
}

static struct tin_node *random_concat(struct generator *g, struct tin_node *x) {
  struct tin_node *in[4];
  int n = (int)gen_range(g, 2, 4), axis = (int)gen_below(g, x->rank), place = (int)gen_below(g, n);
  for (int i = 0; i < n; i++) {
    struct gen_shape shape = gen_shape_of(x);
    shape.size[axis] = gen_chance(g, 50) ? shape.size[axis] : gen_range(g, 0, shape.size[axis] + 3);
    in[i] = i == place ? x : gen_operand(g, (tin_dtype)x->dtype, &shape);
    if (!in[i])
      return NULL;
  }
  return tin_node_concat(g->graph, in, n, axis);
}

static struct tin_node *random_flip(struct generator *g, struct tin_node *x) {
  return tin_node_flip(g->graph, x, (uint32_t)gen_below(g, 1 << x->rank));
}

/* ---- views that give a wanted shape ---- */

static struct tin_node *sliced_to(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  struct gen_shape larger = *shape;
  int64_t start[TIN_MAX_RANK], step[TIN_MAX_RANK];
  for (int i = 0; i < shape->rank; i++) {
    start[i] = gen_chance(g, 50) ? gen_range(g, 0, 3) : 0;
    step[i] = gen_chance(g, 75) ? 1 : gen_range(g, 2, 3);
    larger.size[i] = start[i] + (shape->size[i] ? (shape->size[i] - 1) * step[i] + 1 : 0) + gen_below(g, 3);
  }
  struct tin_node *x = gen_variable(g, dtype, &larger, 0);
  return x ? tin_node_slice(g->graph, x, start, step, shape->size) : NULL;
}

static struct tin_node *padded_to(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  struct gen_shape smaller = *shape;
  int64_t low[TIN_MAX_RANK], interior[TIN_MAX_RANK];
  for (int i = 0; i < shape->rank; i++) {
    low[i] = shape->size[i] > 3 && gen_chance(g, 50) ? gen_below(g, 3) : 0;
    interior[i] = shape->size[i] > 4 && gen_chance(g, 20) ? 1 : 0;
    smaller.size[i] = (shape->size[i] - low[i] + interior[i]) / (interior[i] + 1);
    smaller.size[i] -= smaller.size[i] > 2 && gen_chance(g, 40);
  }
  struct tin_node *x = gen_variable(g, dtype, &smaller, 0);
  return x ? tin_node_pad(g->graph, x, low, interior, shape->size, gen_chance(g, 70) ? 0 : tin_scalar_from_double(2, dtype)) : NULL;
}

/* The elements in two axes that do not line up with the wanted ones. */
static struct tin_node *reshaped_to(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  int64_t size = gen_size(shape), rows = 1;
  for (int tries = 0; tries < 12 && size; tries++) {
    int64_t by = gen_range(g, 2, 30);
    rows = size % by == 0 ? by : rows;
  }
  struct gen_shape flat = {.rank = 2, .size = {rows, size / rows}};
  struct tin_node *x = gen_variable(g, dtype, &flat, 0);
  static const int swapped[] = {1, 0};
  if (x && gen_chance(g, 30))
    x = tin_node_permute(g->graph, x, swapped);
  return make_reshape(g->graph, x, shape->rank, shape->size);
}

static struct tin_node *joined_to(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  int axis = (int)gen_below(g, shape->rank);
  struct gen_shape left = *shape, right = *shape;
  left.size[axis] = gen_range(g, 0, shape->size[axis]);
  right.size[axis] -= left.size[axis];
  struct tin_node *in[] = {gen_variable(g, dtype, &left, 0), gen_variable(g, dtype, &right, 0)};
  return in[0] && in[1] ? tin_node_concat(g->graph, in, 2, axis) : NULL;
}

static struct tin_node *flipped_to(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  struct tin_node *x = gen_variable(g, dtype, shape, 0);
  return x ? tin_node_flip(g->graph, x, (uint32_t)gen_range(g, 1, (1 << shape->rank) - 1)) : NULL;
}

struct tin_node *gen_view(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  static struct tin_node *(*const views[])(struct generator *, tin_dtype, const struct gen_shape *) = {sliced_to,   padded_to, reshaped_to,
                                                                                                       reshaped_to, joined_to, flipped_to};
  return views[gen_below(g, (int64_t)(sizeof views / sizeof *views))](g, dtype, shape);
}

static struct tin_node *random_identity(struct generator *g, struct tin_node *x) {
  return tin_node_identity(g->graph, x, NULL, 0);
}

/* x, to wait for some other node. */
static struct tin_node *random_barrier(struct generator *g, struct tin_node *x) {
  struct tin_node *after = gen_pick(g);
  if (after && after->size == 0)
    after = tin_node_number(g->graph, TIN_F32, 1);
  if (after && after->rank)
    after = make_reduce(g->graph, OP_REDUCE_MAX, after, (1u << after->rank) - 1);
  return after ? tin_node_barrier(g->graph, x, make_reshape(g->graph, after, 0, NULL)) : NULL;
}

void gen_movement_step(struct generator *g) {
  static struct tin_node *(*const moves[])(struct generator *, struct tin_node *) = {
      random_reshape, random_reshape, random_permute, random_permute,  random_expand, random_expand,
      random_slice,   random_slice,   random_pad,     random_pad,      random_flip,   random_window,
      random_fold,    random_concat,  random_concat,  random_identity, random_barrier};
  struct tin_node *x = gen_pick(g);
  int views = gen_chance(g, 30) ? (int)gen_range(g, 2, 4) : 1;
  for (int i = 0; i < views && x && x->rank && x->rank < TIN_RANK_LIMIT && x->size <= 3 * g->limit; i++)
    x = moves[gen_below(g, (int64_t)(sizeof moves / sizeof *moves))](g, x);
  gen_push(g, x);
}

/* ---- contractions ---- */

/* A float node cast, reshaped or made of this shape, perhaps with its axes stored in another order or with work on top. */
static struct tin_node *factor(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  int axes[TIN_MAX_RANK];
  struct gen_shape stored = *shape;
  bool permuted = gen_chance(g, 35) && shape->rank > 1;
  for (int i = 0; i < shape->rank; i++)
    axes[i] = i;
  if (permuted) {
    int a = (int)gen_below(g, shape->rank), b = (int)gen_below(g, shape->rank);
    axes[a] = b;
    axes[b] = a;
    for (int i = 0; i < shape->rank; i++)
      stored.size[axes[i]] = shape->size[i];
  }
  struct tin_node *x = gen_chance(g, 35)   ? gen_operand(g, dtype, &stored)
                       : gen_chance(g, 20) ? gen_view(g, dtype, &stored)
                                           : gen_variable(g, dtype, &stored, 0);
  if (x && permuted)
    x = tin_node_permute(g->graph, x, axes);
  if (x && gen_chance(g, 25))
    x = make_unary(g->graph, gen_chance(g, 50) ? OP_TANH : OP_NEG, x);
  if (x && gen_chance(g, 15))
    x = make_binary(g->graph, OP_MAX, x, make_number(g->graph, x, 0));
  return x;
}

/* [batch.., m, k] and [batch.., k, n] over a common [batch.., m, n, k], as matmul builds it: mostly with the product explicit or as
 * SUM(MUL). */
static struct tin_node *matmul(struct generator *g, struct tin_node *a, struct tin_node *b) {
  int rank = a->rank;
  struct gen_shape left = gen_shape_of(a), right = gen_shape_of(b), full = {.rank = rank + 1};
  int axes[TIN_MAX_RANK];
  for (int i = 0; i < rank; i++)
    axes[i] = i;
  axes[rank - 2] = rank - 1;
  axes[rank - 1] = rank - 2;
  left.rank = right.rank = rank + 1;
  left.size[rank] = left.size[rank - 1];
  left.size[rank - 1] = 1;
  right.size[rank] = b->shape[rank - 2];
  right.size[rank - 1] = b->shape[rank - 1];
  right.size[rank - 2] = 1;
  for (int i = 0; i <= rank; i++)
    full.size[i] = left.size[i] != 1 ? left.size[i] : right.size[i];
  struct tin_node *x = make_reshape(g->graph, a, left.rank, left.size);
  struct tin_node *y = make_reshape(g->graph, tin_node_permute(g->graph, b, axes), right.rank, right.size);
  x = x ? tin_node_expand(g->graph, x, full.size) : NULL;
  y = y ? tin_node_expand(g->graph, y, full.size) : NULL;
  struct tin_node *sum = gen_chance(g, 50) ? make_reduce(g->graph, OP_SUM, make_binary(g->graph, OP_MUL, x, y), 1u << rank)
                         : x && y          ? tin_node_contract(g->graph, x, y, 1u << rank)
                                           : NULL;
  return make_reshape(g->graph, sum, rank, full.size);
}

static int64_t matrix_extent(struct generator *g) {
  static const int64_t extents[] = {1, 2, 3, 4, 5, 7, 8, 13, 14, 15, 16, 17, 28, 29, 31, 32, 33, 40, 48, 63, 64, 65, 70};
  return extents[gen_below(g, (int64_t)(sizeof extents / sizeof *extents))];
}

static int64_t reduced_extent(struct generator *g) {
  static const int64_t extents[] = {1, 2, 3, 15, 16, 17, 31, 33, 64, 100, 255, 256, 257, 300, 511, 512, 513, 529, 1023, 1024, 1025, 1100};
  static const int64_t long_extents[] = {4096, 4097, 4400, 8192, 9000}; /* groups of chunks, docs/numerics.md */
  if (gen_chance(g, 5))
    return long_extents[gen_below(g, (int64_t)(sizeof long_extents / sizeof *long_extents))];
  return extents[gen_below(g, (int64_t)(sizeof extents / sizeof *extents))];
}

static struct tin_node *epilogue(struct generator *g, struct tin_node *x) {
  for (int n = (int)gen_below(g, 4); n > 0 && x; n--) {
    struct gen_shape shape = gen_shape_of(x), row = shape;
    for (int i = 0; i + 1 < row.rank; i++)
      row.size[i] = 1;
    int pick = (int)gen_below(g, 5);
    if (pick == 0)
      x = make_unary(g->graph, OP_TANH, x);
    else if (pick == 1)
      x = make_binary(g->graph, OP_MAX, x, make_number(g->graph, x, 0));
    else if (pick == 2)
      x = make_binary(g->graph, OP_ADD, x, gen_fit(g, gen_variable(g, (tin_dtype)x->dtype, &row, 0), (tin_dtype)x->dtype, &shape));
    else
      x = make_binary(g->graph, pick == 3 ? OP_ADD : OP_MUL, x, gen_operand(g, (tin_dtype)x->dtype, &shape));
    if (gen_chance(g, 25))
      gen_push(g, x);
  }
  return x;
}

static void matmul_step(struct generator *g) {
  tin_dtype dtype = gen_chance(g, 80) ? TIN_F32 : TIN_F64;
  int batch = gen_chance(g, 30) ? (int)gen_range(g, 1, 2) : 0, rank = batch + 2;
  int64_t m = matrix_extent(g), n = matrix_extent(g), k = reduced_extent(g);
  if (k > 2000) {
    m = gen_range(g, 1, 4);
    n = gen_range(g, 1, 4);
    batch = 0;
    rank = 2;
  }
  struct gen_shape left = {.rank = rank}, right = {.rank = rank};
  int64_t batches = 1;
  for (int i = 0; i < batch; i++) {
    int64_t size = gen_range(g, 1, 4);
    left.size[i] = gen_chance(g, 20) ? 1 : size;
    right.size[i] = gen_chance(g, 20) ? 1 : size;
    batches *= size;
  }
  while (batches * m * n * k > g->budget / 3) {
    int64_t *largest = m >= n && m >= k ? &m : n >= k ? &n : &k;
    *largest = (*largest + 1) / 2;
  }
  left.size[rank - 2] = m;
  left.size[rank - 1] = right.size[rank - 2] = k;
  right.size[rank - 1] = n;
  struct tin_node *a = factor(g, dtype, &left), *b = factor(g, dtype, &right);
  struct tin_node *x = a && b ? matmul(g, a, b) : NULL;
  gen_push(g, x);
  if (x)
    gen_push(g, epilogue(g, x));
}

/* Any two nodes of one shape over any axes: dot products, sums of squares, and whatever comes. */
static void product_step(struct generator *g) {
  struct tin_node *a = gen_pick_float(g);
  if (!a || !a->rank)
    return;
  struct gen_shape shape = gen_shape_of(a);
  struct tin_node *b = gen_chance(g, 25) ? a : gen_operand(g, (tin_dtype)a->dtype, &shape);
  gen_push(g, b ? tin_node_contract(g->graph, a, b, (uint32_t)gen_range(g, 1, (1 << a->rank) - 1)) : NULL);
}

void gen_contract_step(struct generator *g) {
  if (gen_chance(g, 75))
    matmul_step(g);
  else
    product_step(g);
}

/* ---- indexing ---- */

struct tin_node *gen_index(struct generator *g, tin_dtype dtype, const struct gen_shape *shape, int64_t limit) {
  if (gen_chance(g, 65))
    return gen_variable(g, dtype, shape, limit);
  struct tin_node *x = gen_operand(g, dtype, shape); /* any number, taken modulo the size */
  x = make_cast(g->graph, make_cast(g->graph, x, TIN_U32), limit < 1000 ? TIN_U32 : TIN_I64);
  return make_cast(g->graph, make_binary(g->graph, OP_MOD, x, make_number(g->graph, x, (double)limit)), dtype);
}

static struct tin_node *random_index(struct generator *g, const struct gen_shape *shape, int64_t limit) {
  static const uint8_t dtypes[] = {TIN_I32, TIN_I32, TIN_I64, TIN_U32, TIN_U8, TIN_I16, TIN_U64, TIN_I8, TIN_U16};
  tin_dtype dtype = (tin_dtype)dtypes[gen_below(g, (int64_t)sizeof dtypes)];
  if (tin_dtype_bytes(dtype) < 4 && limit > (dtype == TIN_I8 ? 127 : dtype == TIN_U8 ? 255 : 32767))
    dtype = TIN_I64;
  return gen_index(g, dtype, shape, limit);
}

/* Which axes of x an index names: often one, sometimes axes shared before or behind it, sometimes coordinates along several. */
static struct tin_indexing random_indexing(struct generator *g, const struct tin_node *x) {
  struct tin_indexing at = {.axis = (int)gen_below(g, x->rank)};
  if (at.axis && gen_chance(g, 40))
    at.batch = (int)gen_range(g, 1, at.axis);
  if (gen_chance(g, 40))
    at.coords = (int)gen_range(g, 1, x->rank - at.axis);
  if (gen_chance(g, 40))
    at.tail = (int)gen_range(g, 0, x->rank - at.axis - (at.coords ? at.coords : 1));
  return at;
}

/* The shapes of an index of one or two axes of places, and of what it gathers; false when that would be large. */
static bool index_shapes(struct generator *g, const struct tin_node *x, struct tin_indexing at, struct gen_shape *index,
                         struct gen_shape *gathered) {
  int columns = at.coords ? at.coords : 1, places = (int)gen_below(g, 3);
  *index = *gathered = (struct gen_shape){.rank = 0};
  for (int i = 0; i < at.batch; i++)
    index->size[index->rank++] = x->shape[i];
  for (int i = 0; i < at.axis; i++)
    gathered->size[gathered->rank++] = x->shape[i];
  for (int i = 0; i < places; i++)
    index->size[index->rank++] = gathered->size[gathered->rank++] = gen_range(g, 0, 10);
  for (int i = 0; i < at.tail; i++)
    index->size[index->rank++] = x->shape[at.axis + columns + i];
  for (int i = at.axis + columns; i < x->rank; i++)
    gathered->size[gathered->rank++] = x->shape[i];
  if (at.coords)
    index->size[index->rank++] = at.coords;
  return gathered->rank <= TIN_RANK_LIMIT && index->rank <= TIN_RANK_LIMIT && gen_size(gathered) <= 3 * g->limit;
}

void gen_index_step(struct generator *g) {
  struct tin_node *x = gen_pick(g);
  if (!x->rank)
    return;
  struct tin_indexing at = random_indexing(g, x);
  struct gen_shape shape, gathered;
  int64_t limit = x->shape[at.axis];
  for (int i = 1; i < at.coords; i++)
    limit = limit < x->shape[at.axis + i] ? limit : x->shape[at.axis + i];
  if (!limit || !index_shapes(g, x, at, &shape, &gathered))
    return;
  struct tin_node *index = random_index(g, &shape, limit);
  if (!index) {
    g->failed = true;
    return;
  }
  if (gen_chance(g, 50)) {
    gen_push(g, tin_node_gather(g->graph, x, index, at));
    return;
  }
  static const enum tin_scatter_mode of_bool[] = {TIN_SCATTER_SET, TIN_SCATTER_MIN, TIN_SCATTER_MAX};
  enum tin_scatter_mode mode = x->dtype == TIN_BOOL ? of_bool[gen_below(g, 3)] : (enum tin_scatter_mode)gen_below(g, TIN_SCATTER_MODES);
  gen_push(g, tin_node_scatter(g->graph, x, index, gen_operand(g, (tin_dtype)x->dtype, &gathered), at, mode));
}

/* ---- patterns ---- */

static struct tin_node *softmax(struct generator *g, struct tin_node *x) {
  uint32_t axes = 1u << (gen_chance(g, 85) ? x->rank - 1 : (int)gen_below(g, x->rank));
  struct tin_node *highest = make_expand_like(g->graph, make_reduce(g->graph, OP_REDUCE_MAX, x, axes), x);
  struct tin_node *e = make_unary(g->graph, OP_EXP, make_binary(g->graph, OP_SUB, x, highest));
  struct tin_node *sum = make_reduce(g->graph, OP_SUM, e, axes);
  if (gen_chance(g, 25)) /* log-softmax */
    return make_binary(g->graph, OP_SUB, make_binary(g->graph, OP_SUB, x, highest),
                       make_expand_like(g->graph, make_unary(g->graph, OP_LOG, sum), x));
  return make_binary(g->graph, OP_MUL, e, make_expand_like(g->graph, make_binary(g->graph, OP_DIV, make_number(g->graph, sum, 1), sum), x));
}

static bool has_rows(const struct tin_node *x) {
  return x && x->rank && x->size;
}

void gen_softmax_step(struct generator *g) {
  struct tin_node *x = gen_pick_float(g);
  if (has_rows(x))
    gen_push(g, softmax(g, x));
}

void gen_norm_step(struct generator *g) {
  struct tin_node *x = gen_pick_float(g);
  if (!has_rows(x))
    return;
  uint32_t axes = 1u << (x->rank - 1);
  if (gen_chance(g, 20))
    axes = (uint32_t)gen_range(g, 1, (1 << x->rank) - 1);
  int64_t n = 1;
  for (int i = 0; i < x->rank; i++)
    n *= axes >> i & 1 ? x->shape[i] : 1;
  struct tin_node *sum = make_reduce(g->graph, OP_SUM, x, axes), *share = make_number(g->graph, sum, 1.0 / (double)n);
  struct tin_node *centred = make_binary(g->graph, OP_SUB, x, make_expand_like(g->graph, make_binary(g->graph, OP_MUL, sum, share), x));
  struct tin_node *squares = make_reduce(g->graph, OP_SUM, make_binary(g->graph, OP_MUL, centred, centred), axes);
  struct tin_node *variance =
      make_binary(g->graph, OP_ADD, make_binary(g->graph, OP_MUL, squares, share), make_number(g->graph, sum, 1e-5));
  struct tin_node *scale = make_binary(g->graph, OP_DIV, make_number(g->graph, sum, 1), make_unary(g->graph, OP_SQRT, variance));
  struct tin_node *y = make_binary(g->graph, OP_MUL, centred, make_expand_like(g->graph, scale, x));
  if (y && gen_chance(g, 60)) {
    struct gen_shape row = {.rank = 1, .size = {x->shape[x->rank - 1]}}, full = gen_shape_of(x);
    struct tin_node *weight = gen_fit(g, gen_variable(g, (tin_dtype)x->dtype, &row, 0), (tin_dtype)x->dtype, &full);
    struct tin_node *bias = gen_fit(g, gen_variable(g, (tin_dtype)x->dtype, &row, 0), (tin_dtype)x->dtype, &full);
    y = make_binary(g->graph, OP_ADD, make_binary(g->graph, OP_MUL, y, weight), bias);
  }
  gen_push(g, y);
}

void gen_attention_step(struct generator *g) {
  static const int axes[] = {0, 2, 1};
  tin_dtype dtype = gen_chance(g, 90) ? TIN_F32 : TIN_F64;
  int64_t t = gen_range(g, 1, 24), d = gen_range(g, 1, 20), heads = gen_range(g, 1, 3);
  struct gen_shape shape = {.rank = 3, .size = {heads, t, d}};
  struct tin_node *q = factor(g, dtype, &shape), *k = factor(g, dtype, &shape), *v = factor(g, dtype, &shape);
  struct tin_node *scores = q && k ? matmul(g, q, tin_node_permute(g->graph, k, axes)) : NULL;
  scores = make_binary(g->graph, OP_MUL, scores, make_number(g->graph, scores, 0.3));
  struct tin_node *weights = has_rows(scores) ? softmax(g, scores) : NULL;
  gen_push(g, weights && v ? matmul(g, weights, v) : NULL);
}

/* One-dimensional: [n, channels, length] with [out, channels, size], padded, strided, dilated. */
void gen_convolution_step(struct generator *g) {
  tin_dtype dtype = gen_chance(g, 90) ? TIN_F32 : TIN_F64;
  int64_t n = gen_range(g, 1, 3), channels = gen_range(g, 1, 5), length = gen_range(g, 4, 40), out = gen_range(g, 1, 9);
  int64_t size = gen_range(g, 1, 4), stride = gen_range(g, 1, 2), dilation = gen_range(g, 1, 2), padding = gen_range(g, 0, 2);
  if ((size - 1) * dilation >= length)
    return;
  struct gen_shape x_shape = {.rank = 3, .size = {n, channels, length}}, w_shape = {.rank = 3, .size = {out, channels, size}};
  struct tin_node *x = factor(g, dtype, &x_shape), *w = factor(g, dtype, &w_shape);
  int64_t low[] = {0, 0, padding}, interior[] = {0, 0, 0}, padded[] = {n, channels, length + 2 * padding};
  x = x ? tin_node_pad(g->graph, x, low, interior, padded, 0) : NULL;
  struct tin_node *windows = x ? tin_node_window(g->graph, x, 2, size, stride, dilation) : NULL; /* [n, channels, places, size] */
  if (!windows || !w) {
    g->failed = true;
    return;
  }
  int64_t places = windows->shape[2], full[] = {n, out, places, channels, size};
  int64_t left[] = {n, 1, channels, places, size}, right[] = {1, out, 1, channels, size};
  static const int order[] = {0, 1, 3, 2, 4};
  struct tin_node *a = tin_node_permute(g->graph, make_reshape(g->graph, windows, 5, left), order);
  struct tin_node *b = make_reshape(g->graph, w, 5, right);
  a = a ? tin_node_expand(g->graph, a, full) : NULL;
  b = b ? tin_node_expand(g->graph, b, full) : NULL;
  struct tin_node *sum = make_reduce(g->graph, OP_SUM, make_binary(g->graph, OP_MUL, a, b), 8 | 16);
  gen_push(g, make_reshape(g->graph, sum, 3, full));
}
