/* Builders for compositions: those of graph.h, but NULL (memory ran out) as an input gives NULL. So a formula of ten nodes is checked
 * once, at its end. */
#ifndef TIN_IR_COMPOSE_H
#define TIN_IR_COMPOSE_H

#include "ir/graph.h"

static inline struct tin_node *make_unary(struct tin_graph *graph, int op, struct tin_node *x) {
  return x ? tin_node_unary(graph, op, x) : NULL;
}

static inline struct tin_node *make_binary(struct tin_graph *graph, int op, struct tin_node *a, struct tin_node *b) {
  return a && b ? tin_node_binary(graph, op, a, b) : NULL;
}

static inline struct tin_node *make_select(struct tin_graph *graph, struct tin_node *condition, struct tin_node *a, struct tin_node *b) {
  return condition && a && b ? tin_node_select(graph, condition, a, b) : NULL;
}

static inline struct tin_node *make_cast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype) {
  return !x || x->dtype == dtype ? x : tin_node_cast(graph, x, dtype);
}

static inline struct tin_node *make_broadcast(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape) {
  return x ? tin_node_broadcast(graph, x, rank, shape) : NULL;
}

/* x, of size 1 along some axes, grown to the shape of another node of the same rank. */
static inline struct tin_node *make_expand_like(struct tin_graph *graph, struct tin_node *x, const struct tin_node *like) {
  return x ? tin_node_expand(graph, x, like->shape) : NULL;
}

/* The number in the dtype and shape of another node. */
static inline struct tin_node *make_number(struct tin_graph *graph, const struct tin_node *like, double value) {
  return like ? make_broadcast(graph, tin_node_number(graph, (tin_dtype)like->dtype, value), like->rank, like->shape) : NULL;
}

static inline struct tin_node *make_reduce(struct tin_graph *graph, int op, struct tin_node *x, uint32_t axes) {
  return x ? tin_node_reduce(graph, op, x, axes) : NULL;
}

static inline struct tin_node *make_reshape(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape) {
  return x ? tin_node_reshape(graph, x, rank, shape) : NULL;
}

static inline struct tin_node *make_bitcast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype) {
  return x ? tin_node_elementwise(graph, OP_BITCAST, dtype, &x, 1) : NULL;
}

/* Positions of index (any shape) along one axis. */
static inline struct tin_node *make_gather(struct tin_graph *graph, struct tin_node *x, struct tin_node *index, int axis) {
  return tin_node_gather(graph, x, index, (struct tin_indexing){.axis = axis});
}

#endif
