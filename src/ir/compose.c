/* The builders of compose.h, which are called at hundreds of places: inline they would be a tenth of the library. */
#include "ir/compose.h"

struct tin_node *make_unary(struct tin_graph *graph, int op, struct tin_node *x) {
  return x ? tin_node_unary(graph, op, x) : NULL;
}

struct tin_node *make_binary(struct tin_graph *graph, int op, struct tin_node *a, struct tin_node *b) {
  return a && b ? tin_node_binary(graph, op, a, b) : NULL;
}

struct tin_node *make_select(struct tin_graph *graph, struct tin_node *condition, struct tin_node *a, struct tin_node *b) {
  return condition && a && b ? tin_node_select(graph, condition, a, b) : NULL;
}

struct tin_node *make_cast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype) {
  return !x || x->dtype == dtype ? x : tin_node_cast(graph, x, dtype);
}

struct tin_node *make_broadcast(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape) {
  return x ? tin_node_broadcast(graph, x, rank, shape) : NULL;
}

struct tin_node *make_expand_like(struct tin_graph *graph, struct tin_node *x, const struct tin_node *like) {
  return x ? tin_node_expand(graph, x, like->shape) : NULL;
}

struct tin_node *make_number(struct tin_graph *graph, const struct tin_node *like, double value) {
  return like ? make_broadcast(graph, tin_node_number(graph, (tin_dtype)like->dtype, value), like->rank, like->shape) : NULL;
}

struct tin_node *make_reduce(struct tin_graph *graph, int op, struct tin_node *x, uint32_t axes) {
  return x ? tin_node_reduce(graph, op, x, axes) : NULL;
}

struct tin_node *make_reshape(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape) {
  return x ? tin_node_reshape(graph, x, rank, shape) : NULL;
}

struct tin_node *make_bitcast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype) {
  return x ? tin_node_elementwise(graph, OP_BITCAST, dtype, &x, 1) : NULL;
}

struct tin_node *make_gather(struct tin_graph *graph, struct tin_node *x, struct tin_node *index, int axis) {
  return tin_node_gather(graph, x, index, (struct tin_indexing){.axis = axis});
}
