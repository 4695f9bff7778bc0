/* Lowering: a part of the schedule to loop nests. */
#ifndef TIN_CODEGEN_LOWER_H
#define TIN_CODEGEN_LOWER_H

#include "codegen/nest.h"
#include "schedule/plan.h"

/* Most ranges of a nest: the axes, split where reshapes of the part cut them. */
enum { TIN_LOWER_MAX_RANGES = 2 * TIN_MAX_RANK + 16 };

/* A MAP or ROW part as one nest; args are buffers of the plan and scratch. */
struct tin_lowered {
  struct tin_nest *nest;
  int n_params;                          /* kept ranges outside of row and column, outermost first */
  int64_t extents[TIN_LOWER_MAX_RANGES]; /* of the parameters */
  int symbols[TIN_LOWER_MAX_RANGES];     /* of the parameters: param[symbol] holds the value */
  int64_t rows, columns;                 /* extents of row and column; 1 when absent */
  int block_base;                        /* symbol of the parameter that holds the first row of the block, or -1 */
};
struct tin_lowered tin_lower_part(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part);

/* The elements of an operand or of the consumers of a chain contraction, as a MAP nest over (row, column) of a tile:
 *   operand: reads `node` (an input of the contraction) at the part's full index, stores to pointer 0 at
 *            (row - param row_base) * leading + (column - param column_base)
 *   result:  reads the tile from pointer 0 at the same place, computes the part's members, stores to the plan's buffers. */
struct tin_contract_axes {
  int n_batch, n_m, n_n, n_k;                                                 /* number of axes of each kind */
  int batch[TIN_MAX_RANK], m[TIN_MAX_RANK], n[TIN_MAX_RANK], k[TIN_MAX_RANK]; /* axes of the full shape, outermost first */
  int64_t batch_size, m_size, n_size, k_size;
  bool swapped; /* the row operand is in[1] of the contraction */
};
/* The operand at an index of one symbol an axis of the full shape, numbered as the axes are: values without stores, of which `root` is the
 * operand's. */
struct tin_nest *tin_lower_operand(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                   const struct tin_node *operand, int *root);
/* Which axes belong to the batch (both factors vary), to the rows m, the columns n (the factor that varies along the last kept axis), k. */
struct tin_contract_axes tin_contract_axes_of(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part);

/* Symbols of the nests of a contraction. */
enum {
  SYMBOL_BATCH,
  SYMBOL_M,
  SYMBOL_N,
  SYMBOL_K,
  SYMBOL_ROW_BASE,
  SYMBOL_COLUMN_BASE,
  SYMBOL_COLUMN_RUN,
  SYMBOL_BLOCK_BASE,
  SYMBOL_COUNT
};

enum tin_contract_nest { CONTRACT_ROWS_BY_K, CONTRACT_K_BY_ROWS, CONTRACT_K_BY_COLUMNS, CONTRACT_COLUMNS_BY_K, CONTRACT_RESULT };
/* ROWS_BY_K: row operand, row = m, column = k; K_BY_ROWS: row = k, column = m. K_BY_COLUMNS: column operand, row = k, column = n;
 * COLUMNS_BY_K: row = n, column = k. RESULT: row = m, column = n, tile at pointer 0. leading: elements between rows of the tile or packed
 * operand. run: the columns are counted within runs of this many, of which param[SYMBOL_COLUMN_RUN] is the number, and the column base from
 * the start of the run; 0: one run. */
struct tin_nest *tin_lower_contract(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                    const struct tin_contract_axes *axes, enum tin_contract_nest which, int64_t leading, int64_t run);
/* The longest run of columns, over innermost axes, within which all indexes of that nest move by constants along the columns; 0: all
 * columns, also where no run does. A window moves so only along its last axis. */
int64_t tin_lower_contract_run(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                               const struct tin_contract_axes *axes, enum tin_contract_nest which);
/* Cycles an element that the nest takes as a vector program, roughly; called for each run of its columns. */
float tin_nest_cost(const struct tin_nest *nest, int64_t run);

/* A nest that only copies one contiguous or strided buffer: value v of the plan at base + row * row_stride + column * column_stride (and
 * batch * batch_stride); false when the nest computes anything else. */
struct tin_direct {
  int value;
  int64_t base, row_stride, column_stride, batch_stride;
};
/* Do all loads of the nest that vary along its column move by one element there? */
bool tin_nest_contiguous(const struct tin_nest *nest);
bool tin_nest_direct(const struct tin_nest *nest, struct tin_direct *direct);

#endif
