/* Gradients as graph-to-graph functions. */
#ifndef TIN_IR_GRADIENT_H
#define TIN_IR_GRADIENT_H

#include "ir/graph.h"

/* Builds d(sum of loss * cotangent)/d(wrt[i]) as nodes into out[i], of wrt[i]'s shape and dtype; zeros where loss does not depend on it.
 * cotangent NULL means ones (loss need not be 0-d). Cotangents accumulate in the reverse depth-first order of the outputs, so the bits
 * do not depend on addresses. Realised nodes are gone through like any others. Nodes in wrt may be any nodes, variables or not.
 * Iterative: a chain of a million nodes works. False with error when memory ran out, for dtypes without derivatives, and when the loss
 * depends on another version of a variable in wrt only. */
bool tin_gradient(struct tin_graph *graph, struct tin_node *loss, struct tin_node *cotangent, struct tin_node *const *wrt, int n_wrt,
                  struct tin_node **out, struct tin_error *error);

#endif
