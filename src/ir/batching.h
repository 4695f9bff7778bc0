/* The vectorising map as a graph-to-graph function. */
#ifndef TIN_IR_BATCHING_H
#define TIN_IR_BATCHING_H

#include "ir/graph.h"

/* Rebuilds outputs[i] with a new first axis of size n: row r is the output as it would be if in[k] were batched[k][r], for batched[k] of
 * shape [n] + in[k]->shape and in[k]'s dtype. What does not depend on `in` is used as it is and only broadcast where it meets what does; an
 * output that does not depend on it is broadcast. Realised nodes are gone through like any others. Values are those of the rebuilt ops: a
 * contraction over more axes may add in another order than the single one (docs/numerics.md). Iterative. False with error when memory ran
 * out, an op cannot be batched (an assignment, a custom gradient), or the rank grows too large. */
bool tin_batch_nodes(struct tin_graph *graph, struct tin_node *const *outputs, int n_outputs, struct tin_node *const *in,
                     struct tin_node *const *batched, int n_in, int64_t n, struct tin_node **out, struct tin_error *error);

#endif
