/* GATHER and SCATTER seen flat: the shapes around the indexed axes, and the check of index tensors. Shared by the interpreter, the
 * scheduler, the code generator and the run. */
#ifndef TIN_IR_INDEXING_H
#define TIN_IR_INDEXING_H

#include "ir/graph.h"

extern const char *const tin_scatter_mode_names[TIN_SCATTER_MODES];
/* The elementwise op of (old value, source) by which a mode puts a source element; -1: the source itself. */
int tin_scatter_op(int64_t mode);

/* The numbers that name a place, and what they must lie below. */
struct tin_index_limits {
  int columns; /* 1, or the number of coordinates */
  int64_t at[TIN_MAX_RANK];
};

/* x[batch][prefix][rows][tail][inner], index[batch][places][tail][columns], gathered [batch][prefix][places][tail][inner]. The row of place
 * j, t in batch b is the sum over c of index[b][j][t][c] * row_stride[c]. */
struct tin_index_geometry {
  int64_t batch, prefix, rows, tail, inner, places;
  struct tin_index_limits limits;
  int64_t row_stride[TIN_MAX_RANK]; /* by column */
};
struct tin_index_geometry tin_index_geometry(const struct tin_node *node);

static inline struct tin_indexing tin_node_indexing(const struct tin_node *node) {
  return (struct tin_indexing){(int)node->arg[0], (int)node->arg[1], (int)node->arg[2], (int)node->arg[3]};
}
/* Of an index of x's rank, which shares all axes but that one with x. */
static inline struct tin_indexing tin_indexing_along(const struct tin_node *x, int axis) {
  return (struct tin_indexing){.axis = axis, .batch = axis, .tail = x->rank - 1 - axis};
}
/* Axes of the index between batch and tail. */
static inline int tin_index_place_axes(const struct tin_node *index, struct tin_indexing indexing) {
  return index->rank - indexing.batch - indexing.tail - (indexing.coords > 0);
}

/* An element of an index tensor. */
int64_t tin_index_value(const void *data, int dtype, int64_t position);
/* Position of the first of `size` numbers that is negative or not below its limit, or -1. */
int64_t tin_index_first_outside(const struct tin_index_limits *limits, const void *data, int dtype, int64_t size);
/* Words that as an error of the node: "<site>gather: index 12 at position 3 is out of range for axis 0 of size 10"; an
 * index of more axes has the position as [2, 0]. */
void tin_index_outside(struct tin_error *error, const char *site, const struct tin_node *node, const struct tin_index_limits *limits,
                       int64_t index, int64_t position);

#endif
