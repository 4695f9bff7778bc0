/* Which parts can be stages of a BLOCK part: found by lowering a part and looking at the places that it loads and stores. A value of
 * [batch, rows, columns] must be read at the very element, one of [batch, rows] at the row, that the block's stages have stored. */
#include "codegen/lower_block.h"

#include <string.h>

#include "codegen/lower_internal.h"

/* The places of a nest at which values of the block are its own. */
struct places {
  const struct tin_block *block;
  const struct tin_index *element; /* of [batch, rows, columns]; NULL: the nest does not run over the columns */
  const struct tin_index *row;     /* of [batch, rows] */
};

static void look_at_loads(const struct tin_schedule *schedule, const struct tin_nest *nest, const struct places *places, uint8_t *reads) {
  int64_t rows = places->block->batch * places->block->rows, all = rows * places->block->columns;
  for (int i = 0; i < nest->values.count; i++) {
    const struct tin_value *value = &nest->values.at[i];
    if (value->kind != VALUE_LOAD || nest->args.at[value->arg].kind != ARG_BUFFER)
      continue;
    int number = nest->args.at[value->arg].number;
    int64_t size = schedule->values.at[number].size;
    const struct tin_index *here = size == all ? places->element : size == rows ? places->row : NULL;
    bool fits = here && value->index == here && value->in[0] < 0 && value->in[1] < 0;
    reads[number] |= fits ? BLOCK_READ_HERE : BLOCK_READ_ELSEWHERE;
  }
}

/* ---- map and row parts ---- */

/* Are the reduced axes the last ones, so that rows lie one behind the other? */
static bool reduces_last(const struct tin_part *part) {
  bool reduced = false;
  for (int i = 0; i < part->rank; i++) {
    if (part->shape[i] == 1)
      continue;
    if (reduced && !(part->axes >> i & 1))
      return false;
    reduced = part->axes >> i & 1;
  }
  return true;
}

static enum tin_block_stage rows_stage(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                       const struct tin_block *block, uint8_t *reads) {
  int64_t size = 1, inner = 1, rows = block->batch * block->rows;
  for (int i = 0; i < part->rank; i++) {
    size *= part->shape[i];
    inner *= part->kind == PART_ROW && (part->axes >> i & 1) ? part->shape[i] : 1;
  }
  bool whole = size == rows * block->columns;
  if (part->kind == PART_ROW ? !whole || inner != block->columns || !reduces_last(part) : !whole && size != rows)
    return BLOCK_STAGE_NONE;
  struct lower lower;
  tin_lower_init(&lower, arena, schedule, part);
  tin_lower_body(&lower);
  const struct tin_index *index[TIN_MAX_RANK];
  int symbol = 0;
  for (int i = 0; i < part->rank; i++)
    index[i] =
        part->shape[i] == 1 ? tin_index_constant(lower.indexes, 0) : tin_index_symbol(lower.indexes, symbol++, 0, part->shape[i] - 1);
  const struct tin_index *full = tin_lower_linear(&lower, part->rank, part->shape, index);
  struct places places = {block, whole ? full : NULL, whole ? tin_index_div(lower.indexes, full, block->columns) : full};
  look_at_loads(schedule, lower.nest, &places, reads);
  return BLOCK_STAGE_ROWS;
}

/* ---- contractions ---- */

static const struct tin_index *symbol_of(const struct tin_nest *nest, int symbol, int64_t extent) {
  return extent == 1 ? tin_index_constant(nest->indexes, 0) : tin_index_symbol(nest->indexes, symbol, 0, extent - 1);
}

/* The places in the nest where `row` counts the block's rows and `column`, unless -1, its columns. */
static struct places places_in(const struct tin_nest *nest, const struct tin_block *block, int row, int column) {
  struct places places = {.block = block};
  const struct tin_index *batch = tin_index_scale(nest->indexes, symbol_of(nest, SYMBOL_BATCH, block->batch), block->rows);
  places.row = tin_index_add(nest->indexes, batch, symbol_of(nest, row, block->rows));
  if (column >= 0)
    places.element =
        tin_index_add(nest->indexes, tin_index_scale(nest->indexes, places.row, block->columns), symbol_of(nest, column, block->columns));
  return places;
}

/* Looks at one nest of the contraction; false when it would be cut into runs. */
static bool look_at_nest(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                         const struct tin_contract_axes *axes, enum tin_contract_nest which, const struct tin_block *block, int row,
                         int column, uint8_t *reads) {
  if (tin_lower_contract_run(arena, schedule, part, axes, which))
    return false;
  struct tin_nest *nest = tin_lower_contract(arena, schedule, part, axes, which, 1, 0);
  struct places places = {.block = block};
  if (row >= 0)
    places = places_in(nest, block, row, column);
  look_at_loads(schedule, nest, &places, reads);
  return true;
}

static bool reads_here(const uint8_t *reads, int n) {
  for (int v = 0; v < n; v++)
    if (reads[v] & BLOCK_READ_HERE)
      return true;
  return false;
}

static bool looks_like_rows(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                            const struct tin_contract_axes *axes, const struct tin_block *block, uint8_t *reads) {
  int k = axes->k_size == block->columns ? SYMBOL_K : -1, n = axes->n_size == block->columns ? SYMBOL_N : -1;
  return axes->m_size == block->rows && look_at_nest(arena, schedule, part, axes, CONTRACT_ROWS_BY_K, block, SYMBOL_M, k, reads) &&
         look_at_nest(arena, schedule, part, axes, CONTRACT_K_BY_COLUMNS, block, -1, -1, reads) &&
         look_at_nest(arena, schedule, part, axes, CONTRACT_RESULT, block, SYMBOL_M, n, reads);
}

static bool looks_across(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                         const struct tin_contract_axes *axes, const struct tin_block *block, uint8_t *reads) {
  return axes->k_size == block->rows && axes->m_size == block->columns &&
         look_at_nest(arena, schedule, part, axes, CONTRACT_K_BY_ROWS, block, SYMBOL_K, SYMBOL_M, reads) &&
         look_at_nest(arena, schedule, part, axes, CONTRACT_K_BY_COLUMNS, block, SYMBOL_K, -1, reads) &&
         look_at_nest(arena, schedule, part, axes, CONTRACT_RESULT, block, -1, -1, reads);
}

/* Where rows and columns are as many, only the places of what it reads tell which kind of stage it is. */
static enum tin_block_stage contract_stage(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                           const struct tin_block *block, uint8_t *reads) {
  struct tin_contract_axes axes = tin_contract_axes_of(arena, schedule, part);
  int n = schedule->values.count;
  if (axes.batch_size != block->batch)
    return BLOCK_STAGE_NONE;
  uint8_t *across = TIN_NEW_ARRAY(arena, uint8_t, n);
  bool rows = looks_like_rows(arena, schedule, part, &axes, block, reads);
  if (rows && reads_here(reads, n))
    return BLOCK_STAGE_ROWS;
  if (looks_across(arena, schedule, part, &axes, block, across) && reads_here(across, n)) {
    memcpy(reads, across, (size_t)n);
    return BLOCK_STAGE_ACROSS;
  }
  return rows && axes.n_size == block->columns ? BLOCK_STAGE_ROWS : BLOCK_STAGE_NONE;
}

enum tin_block_stage tin_lower_block_stage(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                           const struct tin_block *block, uint8_t *reads) {
  if (part->kind == PART_CONTRACT)
    return contract_stage(arena, schedule, part, block, reads);
  return part->kind == PART_MAP || part->kind == PART_ROW ? rows_stage(arena, schedule, part, block, reads) : BLOCK_STAGE_NONE;
}

bool tin_lower_block_of(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                        struct tin_block *block) {
  struct tin_contract_axes axes = tin_contract_axes_of(arena, schedule, part);
  *block = (struct tin_block){.batch = axes.batch_size, .rows = axes.m_size, .columns = axes.n_size};
  const struct tin_nest *nest = tin_lower_contract(arena, schedule, part, &axes, CONTRACT_RESULT, 1, 0);
  struct places places = places_in(nest, block, SYMBOL_M, SYMBOL_N);
  return nest->stores.at[0].index == places.element;
}
