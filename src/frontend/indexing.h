/* What gather.c and scatter.c share: checks of index tensors, and the two ways in which they name elements: along one axis, element by
 * element (torch.gather), or as coordinates (advanced indexing). */
#ifndef TIN_FRONTEND_INDEXING_H
#define TIN_FRONTEND_INDEXING_H

#include "frontend/frontend.h"

#include "ir/indexing.h"

/* False with the error recorded when the tensor does not hold integers. */
bool tin_check_index(struct tin_call *call, tin_tensor *t, const char *name, const struct tin_node *index);
/* The shape of a gather from x; false with the error recorded when it has too many axes or elements. */
bool tin_indexed_shape(struct tin_call *call, tin_tensor *t, const struct tin_node *x, const struct tin_node *index, struct tin_indexing at,
                       tin_shape *shape);

/* An index of x's rank, whose numbers are positions along one axis at the other coordinates of their own. */
struct tin_along {
  tin_tensor *x_tensor, *index_tensor;
  struct tin_node *x, *index;
  int axis;
  bool x_is_point, index_is_point; /* 0-d as given */
};
/* Sets the axis, and gives a 0-d x or index, next to one of at most one axis, an axis of size 1. False with the error recorded. */
bool tin_find_along(struct tin_call *call, struct tin_along *along, int axis);
/* Off the axis the index is not larger than x; false with the error recorded. */
bool tin_check_along(struct tin_call *call, const struct tin_along *along);
struct tin_node *tin_node_reached(struct tin_graph *graph, struct tin_node *x, const struct tin_node *index, int axis);
/* The first `size` positions along every axis. */
struct tin_node *tin_node_leading(struct tin_graph *graph, struct tin_node *x, const int64_t *size);

/* Indices of consecutive axes, one tensor an axis, as one index tensor. x is given, the rest found. */
struct tin_indices {
  struct tin_node *x;
  struct tin_node *index;
  struct tin_indexing at;
  tin_shape shape; /* of what they name */
};
/* Negative numbers count from the end. False with the error recorded. */
bool tin_call_indices(struct tin_call *call, tin_tensor *t, tin_list list, int axis, struct tin_indices *indices);

#endif
