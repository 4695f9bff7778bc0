/* Builders for compositions: those of graph.h, but NULL (memory ran out) as an input gives NULL. So a formula of ten nodes is checked
 * once, at its end. */
#ifndef TIN_IR_COMPOSE_H
#define TIN_IR_COMPOSE_H

#include "ir/graph.h"

struct tin_node *make_unary(struct tin_graph *graph, int op, struct tin_node *x);
struct tin_node *make_binary(struct tin_graph *graph, int op, struct tin_node *a, struct tin_node *b);
struct tin_node *make_select(struct tin_graph *graph, struct tin_node *condition, struct tin_node *a, struct tin_node *b);
struct tin_node *make_cast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype);
struct tin_node *make_broadcast(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape);

/* x, of size 1 along some axes, grown to the shape of another node of the same rank. */
struct tin_node *make_expand_like(struct tin_graph *graph, struct tin_node *x, const struct tin_node *like);

/* The number in the dtype and shape of another node. */
struct tin_node *make_number(struct tin_graph *graph, const struct tin_node *like, double value);
struct tin_node *make_reduce(struct tin_graph *graph, int op, struct tin_node *x, uint32_t axes);
struct tin_node *make_reshape(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape);
struct tin_node *make_bitcast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype);

static inline struct tin_node *make_flip(struct tin_graph *graph, struct tin_node *x, uint32_t axes) {
  return x ? tin_node_flip(graph, x, axes) : NULL;
}

static inline struct tin_node *make_scan(struct tin_graph *graph, int op, struct tin_node *x, int axis) {
  return x ? tin_node_scan(graph, op, x, NULL, axis) : NULL;
}

static inline struct tin_node *make_recurrence(struct tin_graph *graph, struct tin_node *a, struct tin_node *b, int axis) {
  return a && b ? tin_node_scan(graph, OP_RECURRENCE, a, b, axis) : NULL;
}

/* Positions of index (any shape) along one axis. */
struct tin_node *make_gather(struct tin_graph *graph, struct tin_node *x, struct tin_node *index, int axis);

/* The derivative of log(gamma(x)) (digamma.c). */
struct tin_node *make_digamma(struct tin_graph *graph, struct tin_node *x);

#endif
