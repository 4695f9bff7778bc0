/* Graphs that are made the same way again and again, as a training loop does: the builders' calls are recorded, and a graph that begins
 * like the recorded one is given its nodes again, without inference, rules, hashes and look-ups.
 *
 * A call is equal to the recorded one when op, attributes, given shape and inputs (by address: they are the nodes given before) are equal;
 * values of SCALARs and versions of variables may differ. What the rules make of it is then equal too, since they look at nothing else. The
 * first call that differs ends it: the nodes given so far go into the graph's table, and everything is as if they had been made.
 * Only for graphs right below the context's own, whose nodes are still the same (variables apart: of these only one node lives).
 */
#ifndef TIN_IR_TRACE_H
#define TIN_IR_TRACE_H

#include "ir/graph.h"

/* The graph begins, with the memory and the record of the one before it, or without. */
void tin_trace_begin(struct tin_graph *graph);
/* The graph ends. True when its record stays: the arena is rewound to what the record needs. */
bool tin_trace_end(struct tin_graph *graph);
void tin_trace_free(struct tin_trace *trace); /* NULL is allowed */

/* The recorded node of a call that is the next in the record; NULL when it is not, and then the graph is settled. direct: the call is
 * tin_node_make, to which no rules apply. */
struct tin_node *tin_trace_replay(struct tin_graph *graph, const struct tin_node *like, bool direct);
/* Before and after a call that is recorded; tin_trace_call is false for a call inside another, and where memory runs out: then the record
 * is given up. */
bool tin_trace_call(struct tin_graph *graph, const struct tin_node *like, bool direct);
void tin_trace_result(struct tin_graph *graph, struct tin_node *node);
void tin_trace_made(struct tin_graph *graph, struct tin_node *node);

/* The same for a whole function of nodes that builds nodes and depends on nothing else, so that it need not run again: fn fills the nodes,
 * the first of which is not NULL, and is false when it failed. like: the inputs (or NULL), attributes, and an op that is the function's
 * name. */
enum { TIN_TRACED_GRADIENT = OP_COUNT, TIN_TRACED_UPDATE };
typedef bool tin_traced_fn(struct tin_graph *graph, void *context, struct tin_node **nodes);
bool tin_trace_function(struct tin_graph *graph, const struct tin_node *like, struct tin_node **nodes, int count, tin_traced_fn *fn,
                        void *context);

#endif
