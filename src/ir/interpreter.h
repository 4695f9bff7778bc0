/* The reference interpreter: the definition of every op's value, slow and plain, node by node as constructed. */
#ifndef TIN_IR_INTERPRETER_H
#define TIN_IR_INTERPRETER_H

#include "ir/graph.h"

/* Computes one node from the contiguous row-major data of its inputs into out. Returns false and sets error for an index out of range
 * (gather, scatter: names the op, the value, its position and the axis size) or when memory runs out. CONST/SCALAR/IOTA need no
 * inputs; VAR and ASSIGN are the caller's business. */
bool tin_interpret(const struct tin_node *node, void *const *in, void *out, struct tin_error *error);

#endif
