/* Could a part be a stage of a BLOCK part? What its loads say. */
#ifndef TIN_CODEGEN_LOWER_BLOCK_H
#define TIN_CODEGEN_LOWER_BLOCK_H

#include "schedule/plan.h"

enum tin_block_stage {
  BLOCK_STAGE_NONE,
  BLOCK_STAGE_ROWS,  /* computes the rows of the block from the same rows: map, row; contract, of whose row operand they are the rows */
  BLOCK_STAGE_ACROSS /* contract over the rows: adds up what each block contributes; the columns are the rows of its row operand */
};
enum {
  BLOCK_READ_HERE = 1,     /* in the rows of the block, where a stage of these rows has stored it */
  BLOCK_READ_ELSEWHERE = 2 /* at another index */
};

/* The kind of stage that the part can be over the rows of the block; reads[v], 0 before, gets BLOCK_READ_* of every plan value that it
 * loads. */
enum tin_block_stage tin_lower_block_stage(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                           const struct tin_block *block, uint8_t *reads);
/* The rows and columns of a contraction's result, where it has those of one batch in row-major order; false where it has not. */
bool tin_lower_block_of(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part, struct tin_block *block);

#endif
