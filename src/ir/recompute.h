/* Values that gradients compute again instead of keeping (gradient checkpointing: Griewank and Walther, "Algorithm 799: revolve", 2000;
 * Chen and others, "Training deep nets with sublinear memory cost", 2016).
 *
 * The nodes of a segment (struct tin_segment) may die after the forward pass. Where a gradient formula needs one of them, it gets a copy
 * that is built from values at the segment's border. These pass through a BARRIER, which waits for the cotangent that enters the segment:
 * so the copies are other nodes than the originals, and no kernel can compute them before the backward pass has come so far. Copies
 * are made as they are, without rules, and ordered as the originals: the bits are the same.
 */
#ifndef TIN_IR_RECOMPUTE_H
#define TIN_IR_RECOMPUTE_H

#include "ir/graph.h"

struct tin_recompute_segment {
  uint32_t first, last;
  int outer;              /* the segment around it, or -1 */
  struct tin_node *token; /* what its barriers wait for, 0-d; NULL: not needed yet */
  struct tin_map copies;  /* by node */
};

struct tin_recompute {
  struct tin_graph *graph;
  struct tin_arena *arena;                        /* with a fail target */
  TIN_VEC(struct tin_recompute_segment) segments; /* by `first` */
};

/* Takes the segments of the graph and its parents that have ended. */
void tin_recompute_init(struct tin_recompute *recompute, struct tin_graph *graph, struct tin_arena *arena);
/* What the derivative of `of`, whose cotangent is g, should use for the value of node: the node, or its copy when `of` is in a segment.
 * NULL when memory ran out. Iterative. */
struct tin_node *tin_recompute_node(struct tin_recompute *recompute, const struct tin_node *of, struct tin_node *node, struct tin_node *g);

#endif
