/* Lowering of chain contractions: which axes play which part, and the nests that feed the tile loop and take its results. */
#include <assert.h>
#include <string.h>

#include "codegen/lower_internal.h"

/* ---- axes ---- */

struct tin_nest *tin_lower_operand(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                   const struct tin_node *operand, int *root) {
  struct lower lower;
  tin_lower_init(&lower, arena, schedule, part);
  const struct tin_index *index[TIN_MAX_RANK];
  for (int i = 0; i < part->rank; i++)
    index[i] = part->shape[i] == 1 ? tin_index_constant(lower.indexes, 0) : tin_index_symbol(lower.indexes, i, 0, part->shape[i] - 1);
  lower.n_symbols = part->rank;
  *root = tin_lower_node(&lower, operand, index);
  return lower.nest;
}

/* Does the operand vary along each axis of the full shape? Found by lowering it with a symbol an axis and looking at the result. */
static uint32_t varying_axes(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                             const struct tin_node *operand) {
  int root;
  const struct tin_nest *nest = tin_lower_operand(arena, schedule, part, operand, &root);
  uint32_t axes = 0;
  for (int v = 0; v < nest->values.count; v++) {
    const struct tin_value *value = &nest->values.at[v];
    for (int i = 0; i < part->rank; i++) {
      if (value->index && tin_index_uses(value->index, i))
        axes |= 1u << i;
      for (int c = 0; c < value->n_conditions; c++)
        if (tin_index_uses(value->conditions[c].index, i))
          axes |= 1u << i;
    }
  }
  return axes;
}

static void add_axis(int *list, int *count, int64_t *size, const struct tin_part *part, int axis) {
  list[(*count)++] = axis;
  *size *= part->shape[axis];
}

struct tin_contract_axes tin_contract_axes_of(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part) {
  struct tin_contract_axes axes = {.batch_size = 1, .m_size = 1, .n_size = 1, .k_size = 1};
  uint32_t vary[2];
  for (int i = 0; i < 2; i++)
    vary[i] = varying_axes(arena, schedule, part, part->anchor->in[i]);
  for (int i = part->rank - 1; i >= 0; i--) {
    if (part->shape[i] == 1 || part->axes >> i & 1 || !((vary[0] ^ vary[1]) >> i & 1))
      continue;
    axes.swapped = vary[0] >> i & 1; /* the factor that varies along the last axis of its own gives the columns */
    break;
  }
  uint32_t rows = vary[axes.swapped ? 1 : 0], columns = vary[axes.swapped ? 0 : 1];
  for (int i = 0; i < part->rank; i++) {
    if (part->shape[i] == 1)
      continue;
    if (part->axes >> i & 1)
      add_axis(axes.k, &axes.n_k, &axes.k_size, part, i);
    else if ((rows >> i & 1) == (columns >> i & 1))
      add_axis(axes.batch, &axes.n_batch, &axes.batch_size, part, i);
    else if (rows >> i & 1)
      add_axis(axes.m, &axes.n_m, &axes.m_size, part, i);
    else
      add_axis(axes.n, &axes.n_n, &axes.n_size, part, i);
  }
  return axes;
}

/* ---- nests ---- */

/* Index of each axis of one kind, from the symbol that counts all of them row-major, the last `run` of them when that is not 0. */
static void spread(struct lower *l, const struct tin_index **index, const int *axes, int count, int symbol, int64_t size, int64_t run) {
  const struct tin_index *all =
      size == 1 ? tin_index_constant(l->indexes, 0) : tin_index_symbol(l->indexes, symbol, 0, (run ? run : size) - 1);
  if (run)
    all = tin_index_add(l->indexes, all,
                        tin_index_scale(l->indexes, tin_index_symbol(l->indexes, SYMBOL_COLUMN_RUN, 0, size / run - 1), run));
  int64_t stride = 1;
  for (int i = count - 1; i >= 0; i--) {
    int64_t extent = l->part->shape[axes[i]];
    const struct tin_index *quotient = tin_index_div(l->indexes, all, stride);
    index[axes[i]] = i == 0 ? quotient : tin_index_mod(l->indexes, quotient, extent);
    stride *= extent;
  }
}

static const struct tin_index *tile_place(struct lower *l, int row, int64_t rows, int column, int64_t columns, int64_t leading,
                                          int64_t run) {
  const struct tin_index *r = tin_index_symbol(l->indexes, row, 0, rows - 1);
  const struct tin_index *c = tin_index_symbol(l->indexes, column, 0, (run ? run : columns) - 1);
  const struct tin_index *row_base = tin_index_symbol(l->indexes, SYMBOL_ROW_BASE, 0, rows - 1);
  const struct tin_index *column_base = tin_index_symbol(l->indexes, SYMBOL_COLUMN_BASE, run ? -columns : 0, columns - 1);
  const struct tin_index *down = tin_index_add(l->indexes, r, tin_index_scale(l->indexes, row_base, -1));
  const struct tin_index *across = tin_index_add(l->indexes, c, tin_index_scale(l->indexes, column_base, -1));
  return tin_index_add(l->indexes, tin_index_scale(l->indexes, down, leading), across);
}

static const int row_of[] = {SYMBOL_M, SYMBOL_K, SYMBOL_K, SYMBOL_N, SYMBOL_M}; /* by enum tin_contract_nest */
static const int column_of[] = {SYMBOL_K, SYMBOL_M, SYMBOL_N, SYMBOL_K, SYMBOL_N};

struct tin_nest *tin_lower_contract(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                    const struct tin_contract_axes *axes, enum tin_contract_nest which, int64_t leading, int64_t run) {
  struct lower lower;
  struct lower *l = &lower;
  tin_lower_init(l, arena, schedule, part);
  l->n_symbols = SYMBOL_COUNT;
  l->block_base = SYMBOL_BLOCK_BASE;
  l->nest->form = NEST_MAP;
  const struct tin_index *index[TIN_MAX_RANK];
  for (int i = 0; i < part->rank; i++)
    index[i] = tin_index_constant(l->indexes, 0);
  const int *kinds[] = {axes->batch, axes->m, axes->n, axes->k};
  const int counts[] = {axes->n_batch, axes->n_m, axes->n_n, axes->n_k};
  const int64_t sizes[] = {axes->batch_size, axes->m_size, axes->n_size, axes->k_size};
  for (int kind = SYMBOL_BATCH; kind <= SYMBOL_K; kind++)
    spread(l, index, kinds[kind], counts[kind], kind, sizes[kind], kind == column_of[which] ? run : 0);
  l->nest->row = row_of[which];
  l->nest->column = column_of[which];
  const struct tin_index *place = tile_place(l, l->nest->row, sizes[l->nest->row], l->nest->column, sizes[l->nest->column], leading, run);
  int tile = tin_lower_arg(l, ARG_POINTER, 0, part->anchor->dtype);
  if (which == CONTRACT_RESULT) {
    int64_t kept_shape[TIN_MAX_RANK];
    for (int i = 0; i < part->rank; i++) {
      bool reduced = part->axes >> i & 1;
      kept_shape[i] = reduced ? 1 : part->shape[i];
      index[i] = reduced ? tin_index_constant(l->indexes, 0) : index[i];
    }
    l->tile = part->anchor;
    l->tile_arg = tile;
    l->tile_index = place;
    const struct tin_index *linear = tin_lower_linear(l, part->rank, kept_shape, index);
    for (int i = 0; i < part->stores.count; i++)
      tin_lower_add_store(l, part->stores.at[i], linear);
  } else {
    bool row_operand = which == CONTRACT_ROWS_BY_K || which == CONTRACT_K_BY_ROWS;
    struct tin_store store = {.arg = tile, .index = place};
    store.value = tin_lower_node(l, part->anchor->in[row_operand == axes->swapped ? 1 : 0], index);
    l->nest->args.at[tile].written = true;
    tin_vec_push(l->arena, &l->nest->stores, store);
  }
  tin_lower_levels(l->nest);
  tin_lower_names(l);
  return l->nest;
}

bool tin_nest_direct(const struct tin_nest *nest, struct tin_direct *direct) {
  if (nest->stores.count != 1)
    return false;
  const struct tin_value *value = &nest->values.at[nest->stores.at[0].value];
  if (value->kind != VALUE_LOAD || value->in[0] >= 0 || value->in[1] >= 0 || nest->args.at[value->arg].kind != ARG_BUFFER)
    return false;
  if (nest->args.at[value->arg].dtype != nest->args.at[nest->stores.at[0].arg].dtype)
    return false;
  const struct tin_index *index = value->index;
  *direct = (struct tin_direct){.value = nest->args.at[value->arg].number, .base = index->constant};
  if (!tin_index_affine(index, nest->row, &direct->row_stride) || !tin_index_affine(index, nest->column, &direct->column_stride) ||
      !tin_index_affine(index, SYMBOL_BATCH, &direct->batch_stride))
    return false;
  for (int s = 0; s < nest->n_symbols; s++)
    if (s != nest->row && s != nest->column && s != SYMBOL_BATCH && tin_index_uses(index, s))
      return false;
  return true;
}

bool tin_nest_contiguous(const struct tin_nest *nest) {
  for (int i = 0; i < nest->values.count; i++) {
    const struct tin_value *value = &nest->values.at[i];
    int64_t coefficient;
    if (value->kind != VALUE_LOAD)
      continue;
    if (!tin_index_affine(value->index, nest->column, &coefficient) || (coefficient != 0 && coefficient != 1) || value->in[1] >= 0)
      return false;
  }
  return true;
}

/* ---- runs ---- */

/* Do all indexes of the nest move by a constant along the symbol? */
static bool moves_evenly(const struct tin_nest *nest, int symbol) {
  int64_t coefficient;
  for (int i = 0; i < nest->values.count; i++) {
    const struct tin_value *value = &nest->values.at[i];
    if (value->index && !tin_index_affine(value->index, symbol, &coefficient))
      return false;
    for (int c = 0; c < value->n_conditions; c++)
      if (!tin_index_affine(value->conditions[c].index, symbol, &coefficient))
        return false;
  }
  for (int i = 0; i < nest->stores.count; i++)
    if (!tin_index_affine(nest->stores.at[i].index, symbol, &coefficient))
      return false;
  return true;
}

int64_t tin_lower_contract_run(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                               const struct tin_contract_axes *axes, enum tin_contract_nest which) {
  const int *kinds[] = {axes->batch, axes->m, axes->n, axes->k};
  const int counts[] = {axes->n_batch, axes->n_m, axes->n_n, axes->n_k};
  int kind = column_of[which];
  int64_t run = 1;
  if (moves_evenly(tin_lower_contract(arena, schedule, part, axes, which, 1, 0), kind))
    return 0;
  for (int i = 0; i < counts[kind]; i++)
    run *= part->shape[kinds[kind][i]];
  for (int i = 0; i < counts[kind] - 1; i++) {
    run /= part->shape[kinds[kind][i]];
    if (moves_evenly(tin_lower_contract(arena, schedule, part, axes, which, 1, run), kind))
      return run;
  }
  return 0;
}

float tin_nest_cost(const struct tin_nest *nest, int64_t run) {
  const float copied = 0.1f, gathered = 1.5f, plain = 30, call = 150; /* a call: addresses and limits in C, for every row if they need it */
  if (!moves_evenly(nest, nest->column))
    return plain;
  return (tin_nest_contiguous(nest) ? copied : gathered) + (run && !moves_evenly(nest, nest->row) ? call / (float)run : 0);
}
