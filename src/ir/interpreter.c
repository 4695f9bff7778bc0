/* The reference interpreter, see interpreter.h. Elements travel as in scalar.h, in blocks: a block is loaded, one scalar op runs over it,
 * and it is stored. Every shape is walked by an odometer of strides, so the code below says for each op only which strides.
 *
 * The orders of accumulation are those of docs/numerics.md, written out plainly: reduce_lanes and reduce_chain. */
#include "ir/interpreter.h"

#include <stdlib.h>
#include <string.h>

#include "ir/indexing.h"
#include "ir/scalar.h"
#include "ir/sort.h"

enum {
  BLOCK = 64,         /* elements handled together */
  LANES = 16,         /* partial results of the lanes rule */
  LANES_BLOCK = 1024, /* terms in a block of the lanes rule */
  CHAIN_CHUNK = 256,  /* most terms in one chain of the chain rule */
  CHAIN_GROUPS = 16   /* most groups of chains */
};

/* ---- walking shapes ---- */

/* Row-major walk over a shape with an offset into each of two arrays. */
struct walk {
  int rank;
  int64_t size[TIN_MAX_RANK];
  int64_t index[TIN_MAX_RANK];
  int64_t step[2][TIN_MAX_RANK]; /* offset of one unit of each axis */
  int64_t at[2];                 /* current offsets */
  int64_t left;                  /* positions not yet visited */
};

static void walk_axis(struct walk *walk, int64_t size, int64_t step_0, int64_t step_1) {
  walk->size[walk->rank] = size;
  walk->step[0][walk->rank] = step_0;
  walk->step[1][walk->rank] = step_1;
  walk->rank++;
  walk->left *= size;
}

/* Puts the offsets of the next positions, at most `limit`, into the arrays; returns how many. */
static int walk_take(struct walk *walk, int64_t *offsets_0, int64_t *offsets_1, int64_t limit) {
  int count = (int)(walk->left < limit ? walk->left : limit);
  for (int i = 0; i < count; i++) {
    offsets_0[i] = walk->at[0];
    offsets_1[i] = walk->at[1];
    for (int axis = walk->rank - 1; axis >= 0; axis--) {
      walk->at[0] += walk->step[0][axis];
      walk->at[1] += walk->step[1][axis];
      if (++walk->index[axis] < walk->size[axis])
        break;
      walk->at[0] -= walk->step[0][axis] * walk->size[axis];
      walk->at[1] -= walk->step[1][axis] * walk->size[axis];
      walk->index[axis] = 0;
    }
  }
  walk->left -= count;
  return count;
}

static void row_major(const struct tin_node *node, int64_t *strides) {
  int64_t stride = 1;
  for (int axis = node->rank - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= node->shape[axis];
  }
}

static void load_block(const void *data, tin_dtype dtype, int64_t base, const int64_t *offsets, uint64_t *out, int count) {
  switch (tin_dtype_bytes(dtype)) {
  case 1:
    for (int i = 0; i < count; i++)
      out[i] = ((const uint8_t *)data)[base + offsets[i]];
    break;
  case 2:
    for (int i = 0; i < count; i++)
      out[i] = ((const uint16_t *)data)[base + offsets[i]];
    break;
  case 4:
    for (int i = 0; i < count; i++)
      out[i] = ((const uint32_t *)data)[base + offsets[i]];
    break;
  default:
    for (int i = 0; i < count; i++)
      out[i] = ((const uint64_t *)data)[base + offsets[i]];
  }
}

static void store_block(void *data, tin_dtype dtype, const int64_t *offsets, const uint64_t *values, int count) {
  for (int i = 0; i < count; i++)
    tin_scalar_store(data, offsets[i], dtype, values[i]);
}

/* Copies elements from the offsets 0 of the walk to its offsets 1; with `add`, adds them to what is there. */
static void copy_walk(struct walk *walk, const void *from, void *to, tin_dtype dtype, bool add) {
  int64_t from_at[BLOCK], to_at[BLOCK];
  uint64_t values[BLOCK], sums[BLOCK];
  while (walk->left > 0) {
    int count = walk_take(walk, from_at, to_at, BLOCK);
    load_block(from, dtype, 0, from_at, values, count);
    if (add) {
      load_block(to, dtype, 0, to_at, sums, count);
      tin_scalar_eval_many(OP_ADD, dtype, dtype, (const uint64_t *[]){sums, values, NULL}, values, count);
    }
    store_block(to, dtype, to_at, values, count);
  }
}

/* ---- sources and elementwise ops ---- */

static void fill(const struct tin_node *node, void *out, uint64_t bits) {
  for (int64_t i = 0; i < node->size; i++)
    tin_scalar_store(out, i, (tin_dtype)node->dtype, bits);
}

static void iota(const struct tin_node *node, void *out) {
  for (int64_t i = 0; i < node->size; i++)
    tin_scalar_store(out, i, (tin_dtype)node->dtype, tin_scalar_cast((uint64_t)i, TIN_I64, (tin_dtype)node->dtype));
}

static void elementwise(const struct tin_node *node, void *const *in, void *out) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  tin_dtype from = (tin_dtype)node->in[node->op == OP_SELECT ? 1 : 0]->dtype;
  uint64_t operands[3][BLOCK], results[BLOCK];
  int64_t offsets[BLOCK];
  for (int i = 0; i < BLOCK; i++)
    offsets[i] = i;
  for (int64_t done = 0; done < node->size; done += BLOCK) {
    int count = (int)(node->size - done < BLOCK ? node->size - done : BLOCK);
    for (int k = 0; k < node->n_in; k++)
      load_block(in[k], (tin_dtype)node->in[k]->dtype, done, offsets, operands[k], count);
    tin_scalar_eval_many(node->op, dtype, from, (const uint64_t *[]){operands[0], operands[1], operands[2]}, results, count);
    store_block((char *)out + done * tin_dtype_bytes(dtype), dtype, offsets, results, count);
  }
}

/* ---- reductions and contractions ---- */

/* What is reduced: for BLOCK results at a time, the sequences of terms below them. Either elements of the inputs, or values. */
struct terms {
  int op;   /* the scalar op that takes in a term: ADD, MUL, MIN, MAX, or FMA for a contraction */
  int join; /* the op that joins partial results: the same, but ADD for a contraction */
  tin_dtype dtype;
  uint64_t neutral;
  int64_t length;           /* terms of each result */
  int count;                /* results, at most BLOCK */
  const void *data[2];      /* inputs */
  const int64_t *term_at;   /* offset of each term */
  int64_t result_at[BLOCK]; /* offset of each result's terms */
  const uint64_t *values;   /* when not NULL, term k of result i is values[k * BLOCK + i] instead */
};

static void neutral_block(const struct terms *terms, uint64_t *block) {
  for (int i = 0; i < terms->count; i++)
    block[i] = terms->neutral;
}

static void join(const struct terms *terms, uint64_t *left, const uint64_t *right) {
  tin_scalar_eval_many(terms->join, terms->dtype, terms->dtype, (const uint64_t *[]){left, right, NULL}, left, terms->count);
}

/* Takes term k of every result into the partials. */
static void accumulate(const struct terms *terms, int64_t k, uint64_t *partials) {
  uint64_t a[BLOCK], b[BLOCK];
  if (terms->values) {
    join(terms, partials, terms->values + k * BLOCK);
    return;
  }
  load_block(terms->data[0], terms->dtype, terms->term_at[k], terms->result_at, a, terms->count);
  if (terms->op == OP_FMA) {
    load_block(terms->data[1], terms->dtype, terms->term_at[k], terms->result_at, b, terms->count);
    tin_scalar_eval_many(OP_FMA, terms->dtype, terms->dtype, (const uint64_t *[]){a, b, partials}, partials, terms->count);
  } else {
    join(terms, partials, a);
  }
}

/* One block of the lanes rule: terms begin .. end-1. */
static void lanes_block(const struct terms *terms, int64_t begin, int64_t end, uint64_t *result) {
  uint64_t partials[LANES][BLOCK];
  for (int lane = 0; lane < LANES; lane++) {
    neutral_block(terms, partials[lane]);
    for (int64_t k = begin + lane; k < end; k += LANES)
      accumulate(terms, k, partials[lane]);
  }
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int lane = 0; lane < half; lane++)
      join(terms, partials[lane], partials[lane + half]);
  memcpy(result, partials[0], sizeof *result * (size_t)terms->count);
}

/* The results of the blocks are reduced by the same rule, in `storage`, until one is left. */
static void reduce_lanes(const struct terms *given, uint64_t *storage, uint64_t *result) {
  struct terms terms = *given;
  for (;;) {
    int64_t blocks = (terms.length + LANES_BLOCK - 1) / LANES_BLOCK;
    for (int64_t block = 0; block < blocks; block++) {
      int64_t begin = block * LANES_BLOCK;
      int64_t end = begin + LANES_BLOCK < terms.length ? begin + LANES_BLOCK : terms.length;
      /* in place: block b overwrites value b, which an earlier block or itself has used */
      lanes_block(&terms, begin, end, blocks == 1 ? result : storage + block * BLOCK);
    }
    if (blocks == 1)
      return;
    terms.values = storage;
    terms.length = blocks;
  }
}

static void chain_chunk(const struct terms *terms, int64_t begin, int64_t length, uint64_t *result) {
  int64_t end = begin + length < terms->length ? begin + length : terms->length;
  neutral_block(terms, result);
  for (int64_t k = begin; k < end; k++)
    accumulate(terms, k, result);
}

static void reduce_chain(const struct terms *terms, uint64_t *result) {
  int64_t chunks = (terms->length + CHAIN_CHUNK - 1) / CHAIN_CHUNK;
  int64_t length = 16 * ((terms->length + 16 * chunks - 1) / (16 * chunks));
  int64_t group = length * ((chunks + CHAIN_GROUPS - 1) / CHAIN_GROUPS); /* terms in a group of chunks */
  uint64_t sum[BLOCK], chunk[BLOCK];
  for (int64_t begin = 0; begin < terms->length; begin += group) {
    int64_t end = begin + group < terms->length ? begin + group : terms->length;
    chain_chunk(terms, begin, length, sum);
    for (int64_t at = begin + length; at < end; at += length) {
      chain_chunk(terms, at, length, chunk);
      join(terms, sum, chunk);
    }
    if (begin == 0)
      memcpy(result, sum, sizeof sum);
    else
      join(terms, result, sum);
  }
}

/* Splits the input's axes into the kept ones, walked result by result, and the reduced ones, walked term by term. */
static void split_axes(const struct tin_node *node, struct walk *results, struct walk *terms) {
  const struct tin_node *x = node->in[0];
  int64_t strides[TIN_MAX_RANK];
  row_major(x, strides);
  *results = *terms = (struct walk){.left = 1};
  for (int axis = 0; axis < x->rank; axis++)
    walk_axis((node->arg[0] >> axis) & 1 ? terms : results, x->shape[axis], strides[axis], 0);
}

static bool reduce(const struct tin_node *node, void *const *in, void *out, struct tin_error *error) {
  struct walk results, positions;
  split_axes(node, &results, &positions);
  struct terms terms = {.join = tin_op_combining(node->op), .dtype = (tin_dtype)node->dtype, .length = positions.left};
  terms.op = node->op == OP_CONTRACT ? OP_FMA : terms.join;
  terms.neutral = tin_scalar_neutral(node->op, terms.dtype);
  terms.data[0] = in[0];
  terms.data[1] = terms.op == OP_FMA ? in[1] : NULL;
  if (terms.length == 0) { /* an empty sum is +0, not the neutral -0 */
    fill(node, out, terms.join == OP_ADD ? 0 : terms.neutral);
    return true;
  }
  size_t blocks = (size_t)(terms.length + LANES_BLOCK - 1) / LANES_BLOCK;
  int64_t *term_at = malloc(2 * sizeof *term_at * (size_t)terms.length); /* second half: the walk's unused second offsets */
  uint64_t *storage = malloc(sizeof *storage * blocks * BLOCK);
  if (term_at && storage) {
    for (int64_t taken = 0; positions.left > 0;)
      taken += walk_take(&positions, term_at + taken, term_at + terms.length, BLOCK < terms.length ? BLOCK : terms.length);
    terms.term_at = term_at;
    bool chain = node->op == OP_CONTRACT && node->arg[1] == 1;
    int64_t unused[BLOCK];
    uint64_t values[BLOCK], plus_zero[BLOCK] = {0};
    for (int64_t done = 0; results.left > 0; done += terms.count) {
      terms.count = walk_take(&results, terms.result_at, unused, BLOCK);
      if (chain)
        reduce_chain(&terms, values);
      else
        reduce_lanes(&terms, storage, values);
      if (chain && node->arg[2])
        join(&terms, values, plus_zero);
      for (int i = 0; i < terms.count; i++)
        tin_scalar_store(out, done + i, terms.dtype, values[i]);
    }
  } else {
    tin_error_set(error, "%s: out of memory", tin_ops[node->op].text);
  }
  bool complete = term_at && storage;
  free(term_at);
  free(storage);
  return complete;
}

/* Sums overlapping windows: for each place k of the window in turn, all windows add their element k to where it came from. */
static void fold(const struct tin_node *node, const void *x, void *out) {
  const struct tin_node *input = node->in[0];
  int axis = (int)node->arg[0];
  int64_t size = node->arg[1], stride = node->arg[2], dilation = node->arg[3];
  int64_t from[TIN_MAX_RANK], to[TIN_MAX_RANK];
  row_major(input, from);
  row_major(node, to);
  fill(node, out, 0);
  for (int64_t k = 0; k < size; k++) {
    struct walk walk = {.left = 1, .at = {k, k * dilation * to[axis]}};
    for (int i = 0; i < node->rank; i++)
      walk_axis(&walk, input->shape[i], from[i], i == axis ? stride * to[i] : to[i]);
    copy_walk(&walk, x, out, (tin_dtype)node->dtype, true);
  }
}

/* ---- movement ---- */

/* Ops whose output is an affine view of the input. */
static void view(const struct tin_node *node, const void *x, void *out) {
  int64_t from[TIN_MAX_RANK], to[TIN_MAX_RANK];
  const struct tin_node *input = node->in[0];
  row_major(input, from);
  row_major(node, to);
  struct walk walk = {.left = 1};
  for (int i = 0; i < node->rank; i++) {
    int64_t step = 0;
    switch (node->op) {
    case OP_PERMUTE:
      step = from[node->arg[i]];
      break;
    case OP_EXPAND:
      step = input->shape[i] == 1 ? 0 : from[i];
      break;
    case OP_SLICE:
      step = node->arg[2 * i + 1] * from[i];
      walk.at[0] += node->arg[2 * i] * from[i];
      break;
    case OP_FLIP:
      step = (node->arg[0] >> i) & 1 ? -from[i] : from[i];
      walk.at[0] += (node->arg[0] >> i) & 1 ? (node->shape[i] - 1) * from[i] : 0;
      break;
    case OP_WINDOW: /* arg: axis, size, stride, dilation */
      step = i == node->rank - 1 ? node->arg[3] * from[node->arg[0]] : i == node->arg[0] ? node->arg[2] * from[i] : from[i];
      break;
    }
    walk_axis(&walk, node->shape[i], step, to[i]);
  }
  copy_walk(&walk, x, out, (tin_dtype)node->dtype, false);
}

static void pad(const struct tin_node *node, const void *x, void *out) {
  const struct tin_node *input = node->in[0];
  int64_t from[TIN_MAX_RANK], to[TIN_MAX_RANK];
  row_major(input, from);
  row_major(node, to);
  fill(node, out, node->bits);
  struct walk walk = {.left = 1};
  for (int i = 0; i < node->rank; i++) {
    int64_t low = node->arg[2 * i], step = node->arg[2 * i + 1] + 1;
    /* the elements begin .. end-1 of the axis land inside; a negative low crops */
    int64_t begin = low < 0 ? (-low + step - 1) / step : 0;
    int64_t end = low < node->shape[i] ? (node->shape[i] - 1 - low) / step + 1 : 0;
    end = end < input->shape[i] ? end : input->shape[i];
    walk.at[0] += begin * from[i];
    walk.at[1] += (low + begin * step) * to[i];
    walk_axis(&walk, end > begin ? end - begin : 0, from[i], step * to[i]);
  }
  copy_walk(&walk, x, out, (tin_dtype)node->dtype, false);
}

static void concat(const struct tin_node *node, void *const *in, void *out) {
  int axis = (int)node->arg[0];
  int64_t from[TIN_MAX_RANK], to[TIN_MAX_RANK];
  row_major(node, to);
  int64_t start = 0;
  for (int k = 0; k < node->n_in; k++) {
    const struct tin_node *input = node->in[k];
    row_major(input, from);
    struct walk walk = {.left = 1, .at = {0, start * to[axis]}};
    for (int i = 0; i < node->rank; i++)
      walk_axis(&walk, input->shape[i], from[i], to[i]);
    copy_walk(&walk, in[k], out, (tin_dtype)node->dtype, false);
    start += input->shape[axis];
  }
}

/* ---- indexing ---- */

/* The row of every place, batch after batch; NULL with an error that names the first index out of range, or for want of memory. */
static int64_t *rows_of_places(const struct tin_index_geometry *g, const struct tin_node *node, const void *index,
                               struct tin_error *error) {
  int64_t count = g->batch * g->places * g->tail;
  int dtype = node->in[1]->dtype, columns = g->limits.columns;
  int64_t outside = tin_index_first_outside(&g->limits, index, dtype, count * columns);
  if (outside >= 0) {
    tin_index_outside(error, "", node, &g->limits, tin_index_value(index, dtype, outside), outside);
    return NULL;
  }
  int64_t *rows = calloc((size_t)(count ? count : 1), sizeof *rows);
  if (!rows)
    tin_error_set(error, "%s: out of memory", tin_ops[node->op].text);
  for (int64_t at = 0; rows && at < count * columns; at++)
    rows[at / columns] += tin_index_value(index, dtype, at) * g->row_stride[at % columns];
  return rows;
}

static void copy_all(const struct tin_node *node, const void *x, void *out) {
  if (node->size > 0)
    memcpy(out, x, (size_t)node->size * (size_t)tin_dtype_bytes(node->dtype));
}

/* One row of a scatter: its elements take in those of the source by the mode. */
static void scatter_row(const struct tin_node *node, const void *source, int64_t from, void *out, int64_t to, int64_t count) {
  int op = tin_scatter_op(node->arg[4]);
  tin_dtype dtype = (tin_dtype)node->dtype;
  for (int64_t i = 0; i < count; i++) {
    uint64_t pair[2] = {tin_scalar_load(out, to + i, dtype), tin_scalar_load(source, from + i, dtype)};
    tin_scalar_store(out, to + i, dtype, op < 0 ? pair[1] : tin_scalar_eval(op, dtype, dtype, pair));
  }
}

static bool index_op(const struct tin_node *node, void *const *in, void *out, struct tin_error *error) {
  struct tin_index_geometry g = tin_index_geometry(node);
  int64_t *rows = rows_of_places(&g, node, in[1], error);
  if (!rows)
    return false;
  int64_t bytes = tin_dtype_bytes(node->dtype);
  if (node->op == OP_SCATTER)
    copy_all(node, in[0], out);
  for (int64_t outer = 0; outer < g.batch * g.prefix && g.inner; outer++)
    for (int64_t j = 0; j < g.places * g.tail; j++) {
      int64_t place = (outer * g.places * g.tail + j) * g.inner; /* its elements in what is gathered or scattered */
      int64_t row = ((outer * g.rows + rows[outer / g.prefix * g.places * g.tail + j]) * g.tail + j % g.tail) * g.inner;
      if (node->op == OP_GATHER)
        memcpy((char *)out + place * bytes, (const char *)in[0] + row * bytes, (size_t)(g.inner * bytes));
      else
        scatter_row(node, in[2], place, out, row, g.inner);
    }
  free(rows);
  return true;
}

/* ---- scans ---- */

/* Lines of n elements, `stride` apart, BLOCK of them at a time. */
struct lines {
  struct walk walk;
  int64_t n, stride;
  int count;
  int64_t at[BLOCK]; /* first element of each line */
};

static struct lines lines_of(const struct tin_node *node) {
  struct lines lines = {.walk = {.left = 1}, .n = node->shape[node->arg[0]]};
  int64_t strides[TIN_MAX_RANK] = {0};
  row_major(node, strides);
  lines.stride = strides[node->arg[0]];
  for (int i = 0; i < node->rank; i++)
    if (i != node->arg[0])
      walk_axis(&lines.walk, node->shape[i], strides[i], 0);
  return lines;
}

static bool next_lines(struct lines *lines) {
  int64_t unused[BLOCK];
  lines->count = walk_take(&lines->walk, lines->at, unused, BLOCK);
  return lines->count > 0;
}

/* Offsets of elements k of the lines. */
static const int64_t *elements(const struct lines *lines, int64_t k, int64_t *offsets) {
  for (int i = 0; i < lines->count; i++)
    offsets[i] = lines->at[i] + k * lines->stride;
  return offsets;
}

static void cumulate(const struct tin_node *node, void *const *in, void *out) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  uint64_t total[BLOCK], a[BLOCK], b[BLOCK];
  int64_t offsets[BLOCK];
  for (struct lines lines = lines_of(node); next_lines(&lines);)
    for (int64_t k = 0; k < lines.n; k++) {
      load_block(in[node->n_in - 1], dtype, 0, elements(&lines, k, offsets), b, lines.count);
      if (k > 0 && node->op == OP_RECURRENCE) {
        load_block(in[0], dtype, 0, offsets, a, lines.count);
        tin_scalar_eval_many(OP_MUL, dtype, dtype, (const uint64_t *[]){a, total, NULL}, total, lines.count);
      }
      if (k > 0)
        tin_scalar_eval_many(node->op == OP_CUMPROD ? OP_MUL : OP_ADD, dtype, dtype, (const uint64_t *[]){total, b, NULL}, b, lines.count);
      memcpy(total, b, sizeof total);
      store_block(out, dtype, offsets, total, lines.count);
    }
}

static void cumulative_extremum(const struct tin_node *node, const void *x, void *out) {
  tin_dtype dtype = (tin_dtype)node->in[0]->dtype;
  uint64_t best[BLOCK] = {0}, position[BLOCK], element[BLOCK];
  int64_t offsets[BLOCK];
  for (struct lines lines = lines_of(node); next_lines(&lines);)
    for (int64_t k = 0; k < lines.n; k++) {
      load_block(x, dtype, 0, elements(&lines, k, offsets), element, lines.count);
      for (int i = 0; i < lines.count; i++) {
        const uint64_t up[2] = {best[i], element[i]}, down[2] = {element[i], best[i]}, self[2] = {element[i], element[i]};
        bool wins = k == 0 || tin_scalar_eval(OP_LE, TIN_BOOL, dtype, node->op == OP_CUMARGMAX ? up : down);
        if (!wins && !tin_scalar_eval(OP_NE, TIN_BOOL, dtype, self))
          continue;
        best[i] = element[i];
        position[i] = (uint64_t)k;
      }
      store_block(out, TIN_I32, offsets, position, lines.count);
    }
}

static bool argsort(const struct tin_node *node, const void *x, void *out, struct tin_error *error) {
  struct lines lines = lines_of(node);
  int bytes = tin_dtype_bytes(node->in[0]->dtype);
  void *scratch = malloc(tin_argsort_scratch(lines.n) + 1);
  if (!scratch) {
    tin_error_set(error, "argsort: out of memory");
    return false;
  }
  while (next_lines(&lines))
    for (int i = 0; i < lines.count; i++)
      tin_argsort((const char *)x + lines.at[i] * bytes, node->in[0]->dtype, lines.stride, lines.n, (int)node->arg[1],
                  (int *)out + lines.at[i], scratch);
  free(scratch);
  return true;
}

/* ---- all ops ---- */

bool tin_interpret(const struct tin_node *node, void *const *in, void *out, struct tin_error *error) {
  if (tin_op_is_elementwise(node->op)) {
    elementwise(node, in, out);
    return true;
  }
  switch (node->op) {
  case OP_CONST:
  case OP_SCALAR:
    fill(node, out, node->bits);
    return true;
  case OP_IOTA:
    iota(node, out);
    return true;
  case OP_SUM:
  case OP_PROD:
  case OP_REDUCE_MIN:
  case OP_REDUCE_MAX:
  case OP_CONTRACT:
    return reduce(node, in, out, error);
  case OP_FOLD:
    fold(node, in[0], out);
    return true;
  case OP_RESHAPE:
  case OP_IDENTITY:
  case OP_BARRIER:
    copy_all(node, in[0], out);
    return true;
  case OP_PERMUTE:
  case OP_EXPAND:
  case OP_SLICE:
  case OP_FLIP:
  case OP_WINDOW:
    view(node, in[0], out);
    return true;
  case OP_PAD:
    pad(node, in[0], out);
    return true;
  case OP_CONCAT:
    concat(node, in, out);
    return true;
  case OP_GATHER:
  case OP_SCATTER:
    return index_op(node, in, out, error);
  case OP_CUMSUM:
  case OP_CUMPROD:
  case OP_RECURRENCE:
    cumulate(node, in, out);
    return true;
  case OP_CUMARGMAX:
  case OP_CUMARGMIN:
    cumulative_extremum(node, in[0], out);
    return true;
  case OP_ARGSORT:
    return argsort(node, in[0], out, error);
  }
  tin_error_set(error, "interpreter: %s has no value of its own", tin_ops[node->op].text);
  return false;
}
