/* Operands of the contractions in BLOCK parts: where a micro-kernel reads them, and how they get there. */
#ifndef TIN_CODEGEN_BLOCK_OPERAND_H
#define TIN_CODEGEN_BLOCK_OPERAND_H

#include "codegen/lower.h"
#include "codegen/output.h"

enum tin_block_operand_place {
  OPERAND_IN_BUFFER, /* where it lies in memory */
  OPERAND_IN_BLOCK,  /* in a block of the part */
  OPERAND_IN_SCRATCH /* computed or packed there */
};

struct tin_block_operand {
  enum tin_block_operand_place place;
  int number;            /* IN_BUFFER: plan value; IN_BLOCK: slot */
  int64_t base, batch;   /* IN_BUFFER: elements to the first, and between batches */
  int64_t along_outer;   /* elements from row to row (row operands), and n panels (packed) or columns further (column operands) */
  int64_t along_k;       /* elements a step of k */
  int64_t along_block;   /* elements a row of the block, counted from the batch's first */
  struct tin_nest *nest; /* computes or copies it; NULL: read where it lies, or turned from there */
  bool turned;           /* IN_SCRATCH: contiguous along k in memory, and transposed in registers */
  int64_t turned_row;    /* elements between rows before that */
  int64_t offset, bytes; /* IN_SCRATCH; the caller gives the offset */
  int64_t stage_offset, stage_bytes; /* of the rows to be turned, where the nest computes them */
};

/* What is asked for: an operand of the part's contraction. */
struct tin_block_request {
  const struct tin_schedule *schedule;
  const struct tin_part *part;
  const struct tin_contract_axes *axes;
  int64_t panel, block_rows;
};

void tin_block_plan_rows(struct tin_arena *arena, const struct tin_block_request *request, struct tin_block_operand *operand);
void tin_block_plan_columns(struct tin_arena *arena, const struct tin_codegen_target *target, const struct tin_block_request *request,
                            struct tin_block_operand *operand);

/* The address of an element: C text for its row or column, its k within scratch or block, the block's first row. */
void tin_block_print_address(const struct tin_output *out, const struct tin_block_operand *operand, const char *outer, const char *k,
                             const char *row);
/* static void NAME_pack(char **buf, const unsigned long long *scalar, char *scratch, char **place, long *param, long k0, long k1)
 * of a column operand in scratch; `own` is where the nests' scratch begins. */
void tin_block_print_pack(const struct tin_output *out, const struct tin_block_request *request, const struct tin_block_operand *operand,
                          const char *name, int64_t own);

#endif
