/* The flat view of GATHER and SCATTER, and the check of their index tensors. See indexing.h. */
#include "ir/indexing.h"

#include <inttypes.h>
#include <stdio.h>

#include "ir/scalar.h"

const char *const tin_scatter_mode_names[TIN_SCATTER_MODES] = {"add", "set", "mul", "min", "max"};

int tin_scatter_op(int64_t mode) {
  static const int ops[TIN_SCATTER_MODES] = {OP_ADD, -1, OP_MUL, OP_MIN, OP_MAX};
  return ops[mode];
}

struct tin_index_geometry tin_index_geometry(const struct tin_node *node) {
  const struct tin_node *x = node->in[0], *index = node->in[1];
  struct tin_indexing at = tin_node_indexing(node);
  struct tin_index_geometry g = {.batch = 1, .prefix = 1, .rows = 1, .tail = 1, .inner = 1, .places = 1};
  int columns = g.limits.columns = at.coords ? at.coords : 1;
  for (int i = 0; i < x->rank; i++)
    *(i < at.batch                      ? &g.batch
      : i < at.axis                     ? &g.prefix
      : i < at.axis + columns           ? &g.rows
      : i < at.axis + columns + at.tail ? &g.tail
                                        : &g.inner) *= x->shape[i];
  for (int i = 0; i < tin_index_place_axes(index, at); i++)
    g.places *= index->shape[at.batch + i];
  int64_t stride = 1;
  for (int c = columns - 1; c >= 0; c--) {
    g.limits.at[c] = x->shape[at.axis + c];
    g.row_stride[c] = stride;
    stride *= g.limits.at[c];
  }
  return g;
}

int64_t tin_index_value(const void *data, int dtype, int64_t position) {
  return (int64_t)tin_scalar_cast(tin_scalar_load(data, position, (tin_dtype)dtype), (tin_dtype)dtype, TIN_I64);
}

/* The usual index tensors, of one column, have loops of their own. */
int64_t tin_index_first_outside(const struct tin_index_limits *limits, const void *data, int dtype, int64_t size) {
  const int32_t *narrow = data;
  const int64_t *wide = data;
  if (limits->columns > 1) {
    for (int64_t i = 0, c = 0; i < size; i++, c = c + 1 == limits->columns ? 0 : c + 1)
      if ((uint64_t)tin_index_value(data, dtype, i) >= (uint64_t)limits->at[c])
        return i;
    return -1;
  }
  uint64_t limit = (uint64_t)limits->at[0];
  for (int64_t i = 0; i < size; i++) {
    int64_t index = dtype == TIN_I64 ? wide[i] : dtype == TIN_I32 ? narrow[i] : tin_index_value(data, dtype, i);
    if ((uint64_t)index >= limit)
      return i;
  }
  return -1;
}

/* A place of an index with `rank` axes besides that of the coordinates: "3", "[2, 0]". */
struct place_words {
  char text[TIN_MAX_RANK * 22 + 3];
};
static struct place_words place_words(const struct tin_node *index, int rank, int64_t place) {
  struct place_words words;
  int64_t at[TIN_MAX_RANK] = {place};
  for (int i = rank - 1; i > 0; i--) {
    at[i] = place % index->shape[i];
    at[0] = place /= index->shape[i];
  }
  int length = snprintf(words.text, sizeof words.text, "%s%" PRId64, rank > 1 ? "[" : "", at[0]);
  for (int i = 1; i < rank; i++)
    length += snprintf(words.text + length, sizeof words.text - (size_t)length, ", %" PRId64 "%s", at[i], i == rank - 1 ? "]" : "");
  return words;
}

void tin_index_outside(struct tin_error *error, const char *site, const struct tin_node *node, const struct tin_index_limits *limits,
                       int64_t index, int64_t position) {
  int column = (int)(position % limits->columns), rank = node->in[1]->rank - (node->arg[2] > 0);
  tin_error_set(error, "%s%s: index %" PRId64 " at position %s is out of range for axis %" PRId64 " of size %" PRId64, site,
                tin_ops[node->op].text, index, place_words(node->in[1], rank, position / limits->columns).text, node->arg[0] + column,
                limits->at[column]);
}
