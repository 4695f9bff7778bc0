/* Parts as code generation sees them: with operands of their own numbering, so that parts that compute the same over other values have the
 * same function. The layers of a network, the steps of an unrolled loop and the parameters of an optimiser are such parts. */
#ifndef TIN_CODEGEN_SHARE_H
#define TIN_CODEGEN_SHARE_H

#include "codegen/kernel.h"

/* What a node of the part is called in the plan; while a view is open the plan has the view's numbers there. */
struct tin_renumbered {
  struct tin_node *node;
  int value, scalar;
};

/* One part under numbers of its own. */
struct tin_part_view {
  struct tin_schedule schedule;         /* the plan, with the part's operands as its values */
  struct tin_part part;                 /* its reads are numbers of operands */
  TIN_VEC(struct tin_operand) operands; /* by number: what is loaded, then what is stored, in the plan's order */
  TIN_VEC(int) scalars;                 /* by number: the plan's slot */
  TIN_VEC(uint64_t) words;              /* everything that the function depends on: equal words, equal function */
  int *operand_order, *scalar_order;    /* the numbers in the order in which the words meet them */
  TIN_VEC(struct tin_renumbered) renumbered;
};

/* Needs an arena with a fail target. */
void tin_part_view_open(struct tin_part_view *view, struct tin_arena *arena, const struct tin_schedule *schedule,
                        const struct tin_part *part);
void tin_part_view_close(struct tin_part_view *view);

/* The functions of a plan so far, by the words of their parts. */
struct tin_shared_parts {
  struct tin_arena *arena;
  struct tin_map by_hash;
  int count;
};
void tin_shared_parts_init(struct tin_shared_parts *shared, struct tin_arena *arena);
/* Makes *entry one of the function that an equal part has, with the view's operands; false where there is none. */
bool tin_shared_parts_find(const struct tin_shared_parts *shared, const struct tin_part_view *view, struct tin_entry *entry);
void tin_shared_parts_add(struct tin_shared_parts *shared, const struct tin_part_view *view, const struct tin_entry *entry);

#endif
