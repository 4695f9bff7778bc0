/* What every op that is not elementwise gives, from formulas over coordinates: no strides, no blocks, nothing shared with the library but
 * the table of ops, the node's attributes and the scalar arithmetic of reference.h. */
#ifndef TIN_TESTS_REFERENCE_NODES_H
#define TIN_TESTS_REFERENCE_NODES_H

#include <stdlib.h>

#include "ir/graph.h"
#include "tests/reference.h"

typedef void ref_node_function(const struct tin_node *node, void *const *in, void *out);

/* Coordinates of element `at` in row-major order, and back. */
static inline void ref_coordinates(const struct tin_node *node, int64_t at, int64_t *c) {
  for (int axis = node->rank - 1; axis >= 0; axis--) {
    c[axis] = at % node->shape[axis];
    at /= node->shape[axis];
  }
}
static inline int64_t ref_position(const struct tin_node *node, const int64_t *c) {
  int64_t at = 0;
  for (int axis = 0; axis < node->rank; axis++)
    at = at * node->shape[axis] + c[axis];
  return at;
}

static inline uint64_t ref_two(int op, tin_dtype dtype, uint64_t a, uint64_t b) {
  return ref_eval(op, dtype, dtype, (uint64_t[]){a, b, 0});
}

/* ---- sources ---- */

static inline void ref_source(const struct tin_node *node, void *const *in, void *out) {
  (void)in;
  for (int64_t i = 0; i < node->size; i++)
    ref_store(out, i, (tin_dtype)node->dtype, node->op == OP_IOTA ? ref_wrap(i, (tin_dtype)node->dtype) : node->bits);
}

/* ---- movement ---- */

/* Which element of the input the element at o is; false where it is none of them. */
static inline bool ref_moved_from(const struct tin_node *node, const int64_t *o, int64_t *i) {
  const struct tin_node *x = node->in[0];
  const int64_t *arg = node->arg;
  for (int a = 0; a < x->rank; a++) {
    int64_t apart = node->op == OP_PAD ? arg[2 * a + 1] + 1 : 1;
    switch (node->op) {
    case OP_PERMUTE:
      i[arg[a]] = o[a];
      break;
    case OP_EXPAND:
      i[a] = x->shape[a] == 1 ? 0 : o[a];
      break;
    case OP_SLICE:
      i[a] = arg[2 * a] + o[a] * arg[2 * a + 1];
      break;
    case OP_FLIP:
      i[a] = arg[0] >> a & 1 ? x->shape[a] - 1 - o[a] : o[a];
      break;
    case OP_WINDOW:
      i[a] = a == arg[0] ? o[a] * arg[2] + o[x->rank] * arg[3] : o[a];
      break;
    default: /* pad */
      i[a] = (o[a] - arg[2 * a]) / apart;
      if (o[a] < arg[2 * a] || (o[a] - arg[2 * a]) % apart || i[a] >= x->shape[a])
        return false;
    }
  }
  return true;
}

static inline void ref_movement(const struct tin_node *node, void *const *in, void *out) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  bool in_order = node->op == OP_RESHAPE || node->op == OP_IDENTITY || node->op == OP_BARRIER;
  int64_t o[TIN_MAX_RANK], i[TIN_MAX_RANK];
  for (int64_t at = 0; at < node->size; at++) {
    ref_coordinates(node, at, o);
    bool inside = in_order || ref_moved_from(node, o, i);
    ref_store(out, at, dtype, inside ? ref_load(in[0], in_order ? at : ref_position(node->in[0], i), dtype) : node->bits);
  }
}

static inline void ref_concat(const struct tin_node *node, void *const *in, void *out) {
  for (int64_t at = 0; at < node->size; at++) {
    int64_t c[TIN_MAX_RANK];
    int k = 0;
    for (ref_coordinates(node, at, c); c[node->arg[0]] >= node->in[k]->shape[node->arg[0]]; k++)
      c[node->arg[0]] -= node->in[k]->shape[node->arg[0]];
    ref_store(out, at, (tin_dtype)node->dtype, ref_load(in[k], ref_position(node->in[k], c), (tin_dtype)node->dtype));
  }
}

/* ---- reductions: the orders of docs/numerics.md ---- */

/* The terms of one result: of y too for a contraction. */
struct ref_terms {
  int op; /* how two partial results are joined */
  tin_dtype dtype;
  int64_t count;
  const uint64_t *x, *y; /* y: NULL but for a contraction */
};

static inline uint64_t ref_neutral(const struct ref_terms *t) {
  wide number = t->op == OP_MUL;
  if (ref_is_float(t->dtype))
    return ref_round(t->op == OP_MUL ? (quad)1 : -(quad)0, t->dtype);
  return ref_wrap(number, t->dtype);
}

static inline uint64_t ref_take_in(const struct ref_terms *t, uint64_t partial, int64_t k) {
  return t->y ? ref_eval(OP_FMA, t->dtype, t->dtype, (uint64_t[]){t->x[k], t->y[k], partial}) : ref_two(t->op, t->dtype, partial, t->x[k]);
}

static inline uint64_t ref_lanes(const struct ref_terms *t) {
  int64_t blocks = (t->count + 1023) / 1024;
  uint64_t *results = malloc(sizeof *results * (size_t)blocks), part[16];
  assert_non_null(results);
  for (int64_t block = 0; block < blocks; block++) {
    for (int lane = 0; lane < 16; lane++)
      part[lane] = ref_neutral(t);
    for (int64_t k = 1024 * block; k < t->count && k < 1024 * (block + 1); k++)
      part[k % 16] = ref_take_in(t, part[k % 16], k);
    for (int half = 8; half; half /= 2)
      for (int lane = 0; lane < half; lane++)
        part[lane] = ref_two(t->op, t->dtype, part[lane], part[lane + half]);
    results[block] = part[0];
  }
  struct ref_terms again = {t->op, t->dtype, blocks, results, NULL};
  uint64_t total = blocks == 1 ? results[0] : ref_lanes(&again);
  free(results);
  return total;
}

static inline uint64_t ref_chain(const struct ref_terms *t) {
  int64_t chunks = (t->count + 255) / 256, length = 16 * ((t->count + 16 * chunks - 1) / (16 * chunks)), group = (chunks + 15) / 16;
  uint64_t total = 0, group_sum = 0;
  for (int64_t chunk = 0; chunk * length < t->count; chunk++) {
    uint64_t sum = ref_neutral(t);
    for (int64_t k = chunk * length; k < t->count && k < (chunk + 1) * length; k++)
      sum = ref_take_in(t, sum, k);
    group_sum = chunk % group ? ref_two(OP_ADD, t->dtype, group_sum, sum) : sum;
    if (chunk % group == group - 1 || (chunk + 1) * length >= t->count)
      total = chunk < group ? group_sum : ref_two(OP_ADD, t->dtype, total, group_sum);
  }
  return total;
}

static inline uint64_t ref_extremum_of(const struct ref_terms *t) {
  uint64_t best = t->x[0];
  for (int64_t k = 1; k < t->count; k++)
    best = ref_two(t->op, t->dtype, best, t->x[k]);
  return best;
}

/* How far a sum in any order may be from the exact one: count roundings of partial sums, none of which is larger than the sum of sizes
 * (Higham, "Accuracy and Stability of Numerical Algorithms", 4.2). Nothing is said of sums that are not finite. */
static inline bool ref_sum_is_close(const struct ref_terms *t, uint64_t result) {
  quad exact = 0, size = 0;
  for (int64_t k = 0; k < t->count; k++) {
    quad term = ref_value(t->x[k], t->dtype) * (t->y ? ref_value(t->y[k], t->dtype) : (quad)1);
    exact += term;
    size += term < 0 ? -term : term;
  }
  quad error = ref_value(result, t->dtype) - exact,
       bound = (quad)(t->count + 16) * size * ref_power_of_two(-ref_format_of(t->dtype).fraction);
  quad highest = ref_power_of_two(1 - ref_format_of(t->dtype).lowest);
  return !(size < highest) || ((error < 0 ? -error : error) <= bound + ref_power_of_two(ref_format_of(t->dtype).lowest));
}

static inline uint64_t ref_reduced(const struct tin_node *node, const struct ref_terms *t) {
  if (node->op == OP_REDUCE_MIN || node->op == OP_REDUCE_MAX)
    return ref_extremum_of(t);
  if (t->count == 0)
    return node->op == OP_PROD ? ref_neutral(t) : 0;
  bool chain = node->op == OP_CONTRACT && node->arg[1];
  uint64_t result = chain ? ref_chain(t) : ref_lanes(t);
  if (chain && node->arg[2] && ref_value(result, t->dtype) == 0)
    result = 0;
  if (ref_is_float(t->dtype) && node->op != OP_PROD)
    assert_true(ref_sum_is_close(t, result));
  return result;
}

/* The terms of every result, one result after another, each in the order of x. */
static inline void ref_collect(const struct tin_node *node, const void *data, int64_t count, uint64_t *terms) {
  const struct tin_node *x = node->in[0];
  int64_t *taken = calloc((size_t)node->size + 1, sizeof *taken);
  assert_non_null(taken);
  for (int64_t at = 0; at < x->size; at++) {
    int64_t c[TIN_MAX_RANK];
    ref_coordinates(x, at, c);
    for (int a = 0; a < x->rank; a++)
      c[a] = node->arg[0] >> a & 1 ? 0 : c[a];
    int64_t result = ref_position(node, c);
    terms[result * count + taken[result]++] = ref_load(data, at, (tin_dtype)x->dtype);
  }
  free(taken);
}

static inline void ref_reduction(const struct tin_node *node, void *const *in, void *out) {
  static const int joins[OP_COUNT] = {
      [OP_SUM] = OP_ADD, [OP_CONTRACT] = OP_ADD, [OP_PROD] = OP_MUL, [OP_REDUCE_MIN] = OP_MIN, [OP_REDUCE_MAX] = OP_MAX};
  const struct tin_node *x = node->in[0];
  int64_t count = node->size ? x->size / node->size : 0;
  uint64_t *terms[2] = {NULL, NULL};
  for (int k = 0; k < node->n_in; k++) {
    terms[k] = malloc(sizeof *terms[k] * (size_t)(x->size + 1));
    assert_non_null(terms[k]);
    ref_collect(node, in[k], count, terms[k]);
  }
  for (int64_t result = 0; result < node->size; result++) {
    struct ref_terms t = {joins[node->op], (tin_dtype)node->dtype, count, terms[0] + result * count,
                          terms[1] ? terms[1] + result * count : NULL};
    ref_store(out, result, t.dtype, ref_reduced(node, &t));
  }
  free(terms[0]);
  free(terms[1]);
}

/* out[i] = sum of in[o, k] over o * stride + k * dilation = i, in increasing k, from +0. */
static inline void ref_fold(const struct tin_node *node, void *const *in, void *out) {
  const int64_t axis = node->arg[0], size = node->arg[1], stride = node->arg[2], dilation = node->arg[3];
  tin_dtype dtype = (tin_dtype)node->dtype;
  for (int64_t at = 0; at < node->size; at++) {
    int64_t c[TIN_MAX_RANK];
    uint64_t sum = 0;
    for (int64_t k = 0; k < size; k++) {
      ref_coordinates(node, at, c);
      int64_t start = c[axis] - k * dilation;
      if (start < 0 || start % stride || start / stride >= node->in[0]->shape[axis])
        continue;
      c[axis] = start / stride;
      c[node->rank] = k;
      sum = ref_two(OP_ADD, dtype, sum, ref_load(in[0], ref_position(node->in[0], c), dtype));
    }
    ref_store(out, at, dtype, sum);
  }
}

/* ---- indexing ---- */

/* Where in x the element of gather's result at o comes from; o has `rank` coordinates. */
static inline int64_t ref_gathered_from(const struct tin_node *node, const int64_t *o, int rank, const void *index_data) {
  const struct tin_node *x = node->in[0], *index = node->in[1];
  int axis = (int)node->arg[0], batch = (int)node->arg[1], coords = (int)node->arg[2], columns = coords ? coords : 1;
  int named = index->rank - batch - (coords > 0), places = named - (int)node->arg[3]; /* the tail's axes are both named and x's own */
  int64_t j[TIN_MAX_RANK], i[TIN_MAX_RANK];
  for (int a = 0; a < axis; a++)
    i[a] = o[a];
  for (int a = 0; a < batch; a++)
    j[a] = o[a];
  for (int a = 0; a < named; a++)
    j[batch + a] = o[axis + a];
  for (int column = 0; column < columns; column++) {
    j[batch + named] = column; /* looked at with coordinates only */
    i[axis + column] = (int64_t)ref_integer(ref_load(index_data, ref_position(index, j), (tin_dtype)index->dtype), (tin_dtype)index->dtype);
  }
  for (int a = axis + places; a < rank; a++)
    i[a - places + columns] = o[a];
  return ref_position(x, i);
}

static inline void ref_gather(const struct tin_node *node, void *const *in, void *out) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  for (int64_t at = 0; at < node->size; at++) {
    int64_t o[TIN_MAX_RANK];
    ref_coordinates(node, at, o);
    ref_store(out, at, dtype, ref_load(in[0], ref_gathered_from(node, o, node->rank, in[1]), dtype));
  }
}

static inline void ref_scatter(const struct tin_node *node, void *const *in, void *out) {
  static const int ops[] = {[TIN_SCATTER_ADD] = OP_ADD,
                            [TIN_SCATTER_SET] = 0,
                            [TIN_SCATTER_MUL] = OP_MUL,
                            [TIN_SCATTER_MIN] = OP_MIN,
                            [TIN_SCATTER_MAX] = OP_MAX};
  tin_dtype dtype = (tin_dtype)node->dtype;
  for (int64_t at = 0; at < node->size; at++)
    ref_store(out, at, dtype, ref_load(in[0], at, dtype));
  for (int64_t at = 0; at < node->in[2]->size; at++) {
    int64_t o[TIN_MAX_RANK];
    ref_coordinates(node->in[2], at, o);
    int64_t to = ref_gathered_from(node, o, node->in[2]->rank, in[1]);
    uint64_t source = ref_load(in[2], at, dtype);
    ref_store(out, to, dtype,
              node->arg[4] == TIN_SCATTER_SET ? source : ref_two(ops[node->arg[4]], dtype, ref_load(out, to, dtype), source));
  }
}

/* ---- scans ---- */

/* The position of the element `k` on the line of o along the axis. */
static inline int64_t ref_on_line(const struct tin_node *node, const int64_t *o, int64_t k) {
  int64_t c[TIN_MAX_RANK];
  memcpy(c, o, sizeof c);
  c[node->arg[0]] = k;
  return ref_position(node, c);
}

static inline void ref_scan(const struct tin_node *node, void *const *in, void *out) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  for (int64_t at = 0; at < node->size; at++) { /* the element before has a lower position */
    int64_t o[TIN_MAX_RANK] = {0}, k;
    ref_coordinates(node, at, o);
    k = o[node->arg[0]];
    uint64_t value = ref_load(in[node->n_in - 1], at, dtype), before = k ? ref_load(out, ref_on_line(node, o, k - 1), dtype) : 0;
    if (k && node->op == OP_RECURRENCE)
      before = ref_two(OP_MUL, dtype, ref_load(in[0], at, dtype), before);
    ref_store(out, at, dtype, k ? ref_two(node->op == OP_CUMPROD ? OP_MUL : OP_ADD, dtype, before, value) : value);
  }
}

/* Negative, 0 or positive as a is below, equal to or above b: -0 equals +0, NaN is above all numbers and equals NaN. */
static inline int ref_compare(uint64_t a, uint64_t b, tin_dtype dtype) {
  if (!ref_is_float(dtype))
    return (ref_integer(a, dtype) > ref_integer(b, dtype)) - (ref_integer(a, dtype) < ref_integer(b, dtype));
  quad x = ref_value(a, dtype), y = ref_value(b, dtype);
  return x != x || y != y ? (x != x) - (y != y) : (x > y) - (x < y);
}

/* The last position of the largest or smallest up to here; NaN is both. */
static inline void ref_cumulative_position(const struct tin_node *node, void *const *in, void *out) {
  tin_dtype dtype = (tin_dtype)node->in[0]->dtype;
  for (int64_t at = 0; at < node->size; at++) {
    int64_t o[TIN_MAX_RANK] = {0}, best = 0;
    ref_coordinates(node, at, o);
    for (int64_t k = 1; k <= o[node->arg[0]]; k++) {
      uint64_t leader = ref_load(in[0], ref_on_line(node, o, best), dtype), element = ref_load(in[0], ref_on_line(node, o, k), dtype);
      int order = ref_compare(element, leader, dtype);
      if (node->op == OP_CUMARGMIN && !ref_is_nan(element, dtype))
        order = ref_is_nan(leader, dtype) ? -1 : -order;
      best = order >= 0 ? k : best;
    }
    ref_store(out, at, TIN_I32, (uint64_t)best);
  }
}

/* The place of an element is the number of those that come before it: below it (above it), or equal to it with a lower position. */
static inline void ref_argsort(const struct tin_node *node, void *const *in, void *out) {
  tin_dtype dtype = (tin_dtype)node->in[0]->dtype;
  for (int64_t at = 0; at < node->size; at++) {
    int64_t o[TIN_MAX_RANK] = {0}, place = 0;
    ref_coordinates(node, at, o);
    for (int64_t k = 0; k < node->shape[node->arg[0]]; k++) {
      int order = ref_compare(ref_load(in[0], ref_on_line(node, o, k), dtype), ref_load(in[0], at, dtype), dtype);
      order = node->arg[1] ? -order : order;
      place += order < 0 || (order == 0 && k < o[node->arg[0]]);
    }
    ref_store(out, ref_on_line(node, o, place), TIN_I32, (uint64_t)o[node->arg[0]]);
  }
}

/* By op; none for elementwise ops and what is no value of its own. */
static ref_node_function *const ref_node_functions[OP_COUNT] = {
    [OP_CONST] = ref_source,
    [OP_SCALAR] = ref_source,
    [OP_IOTA] = ref_source,
    [OP_SUM] = ref_reduction,
    [OP_PROD] = ref_reduction,
    [OP_REDUCE_MIN] = ref_reduction,
    [OP_REDUCE_MAX] = ref_reduction,
    [OP_CONTRACT] = ref_reduction,
    [OP_FOLD] = ref_fold,
    [OP_RESHAPE] = ref_movement,
    [OP_PERMUTE] = ref_movement,
    [OP_EXPAND] = ref_movement,
    [OP_SLICE] = ref_movement,
    [OP_PAD] = ref_movement,
    [OP_FLIP] = ref_movement,
    [OP_WINDOW] = ref_movement,
    [OP_IDENTITY] = ref_movement,
    [OP_BARRIER] = ref_movement,
    [OP_CONCAT] = ref_concat,
    [OP_GATHER] = ref_gather,
    [OP_SCATTER] = ref_scatter,
    [OP_CUMSUM] = ref_scan,
    [OP_CUMPROD] = ref_scan,
    [OP_RECURRENCE] = ref_scan,
    [OP_CUMARGMAX] = ref_cumulative_position,
    [OP_CUMARGMIN] = ref_cumulative_position,
    [OP_ARGSORT] = ref_argsort,
};

#endif
