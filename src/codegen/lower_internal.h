/* State of lowering one part, shared by lower.c, lower_ranges.c and lower_contract.c. */
#ifndef TIN_CODEGEN_LOWER_INTERNAL_H
#define TIN_CODEGEN_LOWER_INTERNAL_H

#include "codegen/lower.h"

enum { LOWER_MAX_SYMBOLS = 256 };

struct lower_range {
  int symbol;
  int64_t extent;
  bool reduced;
};

/* The position that a gather looks up: a symbol while indexes are pushed, a value at the load. */
struct lower_dynamic {
  int symbol;
  int value;
};

struct lower {
  struct tin_arena *arena;
  const struct tin_schedule *schedule;
  const struct tin_part *part;
  struct tin_nest *nest;
  struct tin_index_context *indexes;
  struct tin_map memo; /* (node, index, guard) -> value */
  struct tin_map held; /* reductions of the part -> 1 + their VALUE_REDUCE */
  struct tin_map own;  /* nodes with memory that this part computes itself */
  int guard;           /* value number of the guard in force, or -1 */
  int n_symbols;
  TIN_VEC(struct lower_dynamic) dynamics;
  struct lower_range ranges[TIN_LOWER_MAX_RANGES]; /* outermost first */
  int n_ranges;
  const struct tin_node *tile; /* CONTRACT: the contraction, read from the tile */
  int tile_arg;
  const struct tin_index *tile_index;
  int block_base; /* stages of BLOCK parts: the symbol of the block's first row, counted through the batches */
};

void tin_lower_init(struct lower *l, struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part);
/* The value of a node at an index (one expression an axis). Recursive: the scheduler bounds the operations of a kernel. */
int tin_lower_node(struct lower *l, const struct tin_node *node, const struct tin_index *const *index);
const struct tin_index *tin_lower_linear(struct lower *l, int rank, const int64_t *shape, const struct tin_index *const *index);
void tin_lower_split_linear(struct lower *l, const struct tin_index *linear, int rank, const int64_t *shape,
                            const struct tin_index **index);
int tin_lower_arg(struct lower *l, enum tin_arg_kind kind, int number, int dtype);
/* The part's reductions and stores, over one range an axis. */
void tin_lower_body(struct lower *l);
void tin_lower_add_store(struct lower *l, const struct tin_node *node, const struct tin_index *linear);
/* Sets element and level of every value, and the pass of every reduction. */
void tin_lower_levels(struct tin_nest *nest);
void tin_lower_names(struct lower *l);
/* lower_ranges.c: merges and splits ranges. */
void tin_lower_ranges(struct lower *l);

#endif
