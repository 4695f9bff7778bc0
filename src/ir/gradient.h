/* Gradients as graph-to-graph functions. */
#ifndef TIN_IR_GRADIENT_H
#define TIN_IR_GRADIENT_H

#include "ir/graph.h"

/* Builds d(sum over k of sum(outputs[k] * cotangents[k]))/d(wrt[i]) as nodes into gradients[i], of wrt[i]'s shape and dtype; zeros where no
 * output depends on it. A NULL cotangent means ones (an output need not be 0-d); an output may repeat. Cotangents accumulate in the reverse
 * depth-first order of the outputs, so the bits do not depend on addresses. Realised nodes are gone through like any others. Nodes in wrt
 * may be any nodes, variables or not. Iterative: a chain of a million nodes works. False with error when memory ran out, for dtypes without
 * derivatives, and when the outputs depend on another version of a variable in wrt only. */
bool tin_gradient(struct tin_graph *graph, struct tin_node *const *outputs, struct tin_node *const *cotangents, int n_outputs,
                  struct tin_node *const *wrt, int n_wrt, struct tin_node **gradients, struct tin_error *error);

/* Whether the node is not below the outputs, though a variable below it is: a rule may have built past it, so that zeros as its gradient
 * may be wrong. */
bool tin_gradient_hides(struct tin_graph *graph, struct tin_node *const *outputs, int n_outputs, struct tin_node *node,
                        struct tin_error *error);

#endif
