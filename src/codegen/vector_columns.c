/* The COLUMN form of a nest: the vector axis is a kept axis, reductions run down it. Few terms are summed in registers, one vector of
 * columns at a time; many in rows of accumulators in memory, so that the terms are read row by row as they lie. */
#include "codegen/vector_loops.h"

/* `count` terms of the last inner range, `copies` at a time; pointers end where they began. */
static void column_segment(struct vectorizer *v, struct tin_v_pass *pass, int64_t count, int copies) {
  int inner = v->nest->inner.count - 1, symbol = v->nest->inner.at[inner].symbol;
  int64_t rounds = count / copies;
  if (rounds) {
    int slot = rounds > 1 ? tin_v_begin_repeat(v, rounds) : -1;
    for (int k = 0; k < copies; k++) {
      v->inner_offset[inner] = k;
      tin_v_pass_copy(v, pass, k, k);
    }
    tin_v_bump_all(v, symbol, copies);
    if (slot >= 0)
      tin_v_end_repeat(v, slot);
  }
  for (int k = 0; k < count % copies; k++) {
    v->inner_offset[inner] = k;
    tin_v_pass_copy(v, pass, k, k);
  }
  v->inner_offset[inner] = 0;
  tin_v_bump_all(v, symbol, -rounds * copies);
}

static void column_blocks(struct vectorizer *v, struct tin_v_pass *pass, int64_t size) {
  int64_t blocks = (size + BLOCK - 1) / BLOCK, full = size / BLOCK;
  int symbol = v->nest->inner.at[0].symbol, pointer = tin_v_special_pointer(v, VPOINTER_BLOCKS);
  if (v->nest->inner.count > 1 || !tin_v_blocks_allowed(v, pass) || blocks > 256) {
    v->failed = true;
    return;
  }
  int64_t stride = tin_v_block_stride(v, &v->nest->reductions.at[pass->reductions[0]]);
  for (int i = 1; i < pass->n_reductions; i++)
    if (tin_v_block_stride(v, &v->nest->reductions.at[pass->reductions[i]]) != stride)
      v->failed = true;
  int slot = tin_v_begin_repeat(v, full);
  tin_v_start_accumulators(v, pass);
  column_segment(v, pass, BLOCK, PARTIALS);
  tin_v_store_block(v, pass, blocks, 0);
  tin_v_bump_all(v, symbol, BLOCK);
  tin_v_bump_pointer(v, pointer, stride);
  tin_v_end_repeat(v, slot);
  if (size % BLOCK) {
    tin_v_start_accumulators(v, pass);
    column_segment(v, pass, size % BLOCK, PARTIALS);
    tin_v_store_block(v, pass, blocks, 0);
  }
  tin_v_bump_all(v, symbol, -full * BLOCK);
  tin_v_bump_pointer(v, pointer, -full * stride);
  tin_v_combine_blocks(v, pass, blocks);
}

/* Every term by itself: few of them, in several ranges or at computed positions, as those of a window. */
static void spelled_pass(struct vectorizer *v, struct tin_v_pass *pass) {
  const struct tin_nest *nest = v->nest;
  pass->terms = (int)nest->inner_size;
  pass->n_accumulators = pass->terms < 4 ? pass->terms : 4;
  tin_v_start_accumulators(v, pass);
  for (int k = 0; k < pass->terms; k++) {
    for (int i = nest->inner.count - 1, rest = k; i >= 0; i--) {
      v->inner_offset[i] = rest % (int)nest->inner.at[i].extent;
      rest /= (int)nest->inner.at[i].extent;
    }
    tin_v_pass_copy(v, pass, k % PARTIALS, k);
  }
  for (int i = 0; i < nest->inner.count; i++)
    v->inner_offset[i] = 0;
  tin_v_finish_reductions(v, pass);
}

static void column_pass(struct vectorizer *v, int number) {
  const struct tin_nest *nest = v->nest;
  struct tin_v_pass pass = tin_v_pass_of(v, number);
  bool lanes = tin_v_pass_has_lanes(v, &pass);
  int outer = nest->inner.count - 1;
  int64_t last = nest->inner.at[outer].extent;
  if (v->spelled) {
    spelled_pass(v, &pass);
    return;
  }
  pass.n_accumulators = lanes ? 1 : 4;
  if (lanes && outer > 0 && (last % PARTIALS || nest->inner_size > BLOCK))
    v->failed = true;
  if (lanes && nest->inner_size > BLOCK) {
    column_blocks(v, &pass, nest->inner_size);
    return;
  }
  tin_v_start_accumulators(v, &pass);
  int slots[TIN_V_MAX_INNER];
  for (int i = 0; i < outer; i++)
    slots[i] = tin_v_begin_repeat(v, nest->inner.at[i].extent);
  column_segment(v, &pass, last, lanes ? PARTIALS : 4);
  for (int i = outer - 1; i >= 0; i--) {
    tin_v_bump_all(v, nest->inner.at[i].symbol, 1);
    tin_v_end_repeat(v, slots[i]);
    tin_v_bump_all(v, nest->inner.at[i].symbol, -nest->inner.at[i].extent);
  }
  tin_v_finish_reductions(v, &pass);
}

static void column_copy(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  for (int p = 0; p < nest->n_passes && !v->failed; p++) {
    tin_v_emit_values(v, v->used, DEPTH_COLUMN, p);
    column_pass(v, p);
  }
  tin_v_emit_values(v, v->used, DEPTH_COLUMN, nest->n_passes);
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->stores.at[i].pass == nest->n_passes)
      tin_v_emit_store(v, &nest->stores.at[i], false);
}

/* ---- accumulators in memory ---- */

/* Terms from which on rows of accumulators pay: fewer are summed in registers. */
enum { ROWS_OF_ACCUMULATORS_FROM = 256 };

/* Where the accumulators of one nest lie, in bytes: for each reduction 16 rows of `row` bytes; behind all of them, for each reduction, a
 * row for each block's result. */
struct accumulator_rows {
  struct tin_v_pass pass;
  int width;        /* columns of a row, whole vectors */
  int64_t *offset;  /* by reduction: of its 16 rows */
  int64_t *results; /* by reduction: of its block results, from the results pointer */
  int64_t blocks;
  int count_slot; /* columns of this call */
  bool numbered;
};

/* As registers hold them: u8 and bool take 32 bits. */
static int lane_bytes(int type) {
  return type == VT_F64 || type == VT_I64 ? 8 : 4;
}

static int row_bytes(const struct accumulator_rows *rows, const struct tin_reduction *reduction) {
  return rows->width * lane_bytes(tin_v_type(reduction->dtype));
}

static const struct tin_reduction *reduction_of(const struct vectorizer *v, const struct accumulator_rows *rows, int i) {
  return &v->nest->reductions.at[rows->pass.reductions[i]];
}

static struct accumulator_rows lay_out_rows(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  struct accumulator_rows rows = {.pass = tin_v_pass_of(v, 0), .blocks = (nest->inner_size + BLOCK - 1) / BLOCK};
  rows.width = (int)((nest->column_limit + v->lanes - 1) / v->lanes * v->lanes);
  rows.numbered = tin_v_needs_column_numbers(v);
  rows.count_slot = tin_v_slot(v, NULL, "column_high - column_low");
  rows.offset = TIN_NEW_ARRAY(v->arena, int64_t, rows.pass.n_reductions);
  rows.results = TIN_NEW_ARRAY(v->arena, int64_t, rows.pass.n_reductions);
  int64_t bytes = 0, results = 0;
  for (int i = 0; i < rows.pass.n_reductions; i++) {
    rows.offset[i] = bytes;
    bytes += PARTIALS * row_bytes(&rows, reduction_of(v, &rows, i));
  }
  for (int i = 0; i < rows.pass.n_reductions; i++) {
    rows.results[i] = results;
    results += rows.blocks > 1 ? rows.blocks * row_bytes(&rows, reduction_of(v, &rows, i)) : 0;
  }
  v->results_offset = bytes;
  v->block_bytes = bytes + results + 64;
  return rows;
}

static void row_memory(struct vectorizer *v, int op, int type, int pointer, int reg, int64_t disp) {
  struct tin_vinst *inst = tin_v_emit(v, op, type);
  inst->pointer = (int16_t)pointer;
  inst->disp = (int32_t)(disp + (int64_t)v->offset * lane_bytes(type));
  inst->flags = V_INDEX_FLAG;
  if (op == V_LOAD)
    inst->d = (uint16_t)reg;
  else
    inst->a = (uint16_t)reg;
}

static int load_row(struct vectorizer *v, int type, int pointer, int64_t disp) {
  int reg = tin_v_register(v);
  row_memory(v, V_LOAD, type, pointer, reg, disp);
  return reg;
}

typedef void column_step(struct vectorizer *v, struct accumulator_rows *rows);

/* The step for every vector of columns, `unroll` at a time, then one, then the masked tail. */
static void for_columns(struct vectorizer *v, struct accumulator_rows *rows, int unroll, column_step *step) {
  tin_v_start_columns(v, rows->numbered);
  for (int copies = unroll; copies >= 1; copies = copies > 1 ? 1 : 0) {
    tin_v_loop(v, V_LOOP, rows->count_slot, 0, copies * v->lanes);
    for (int u = 0; u < copies; u++) {
      tin_v_at_copy(v, u * v->lanes, false);
      step(v, rows);
    }
    tin_v_end_loop(v, copies * v->lanes, rows->numbered);
  }
  tin_v_loop(v, V_TAIL, rows->count_slot, 0, v->lanes);
  tin_v_at_copy(v, 0, true);
  step(v, rows);
  tin_v_emit(v, V_TAIL_END, VT_I32);
  tin_v_at_copy(v, 0, false);
}

static void clear_step(struct vectorizer *v, struct accumulator_rows *rows) {
  int pointer = tin_v_special_pointer(v, VPOINTER_BLOCKS);
  for (int i = 0; i < rows->pass.n_reductions; i++) {
    const struct tin_reduction *reduction = reduction_of(v, rows, i);
    int neutral = tin_v_neutral(v, reduction->op, reduction->dtype);
    for (int l = 0; l < PARTIALS; l++)
      row_memory(v, V_STORE, tin_v_type(reduction->dtype), pointer, neutral, rows->offset[i] + l * row_bytes(rows, reduction));
  }
}

/* One row of terms joins the row of accumulators that the blocks pointer is at. */
static void term_step(struct vectorizer *v, struct accumulator_rows *rows) {
  int pointer = tin_v_special_pointer(v, VPOINTER_BLOCKS);
  struct tin_v_pass *pass = &rows->pass;
  for (int i = 0; i < pass->n_reductions; i++)
    pass->accumulators[i][0] = load_row(v, tin_v_type(reduction_of(v, rows, i)->dtype), pointer, rows->offset[i]);
  tin_v_emit_values(v, pass->needed, DEPTH_COLUMN, 0);
  tin_v_pass_copy(v, pass, 0, 0);
  for (int i = 0; i < pass->n_reductions; i++)
    row_memory(v, V_STORE, tin_v_type(reduction_of(v, rows, i)->dtype), pointer, pass->accumulators[i][0], rows->offset[i]);
}

/* The 16 rows of accumulators combined, for the vector of columns at hand. */
static int combined(struct vectorizer *v, struct accumulator_rows *rows, int i) {
  const struct tin_reduction *reduction = reduction_of(v, rows, i);
  int pointer = tin_v_special_pointer(v, VPOINTER_BLOCKS), partial[PARTIALS];
  for (int l = 0; l < PARTIALS; l++)
    partial[l] = load_row(v, tin_v_type(reduction->dtype), pointer, rows->offset[i] + l * row_bytes(rows, reduction));
  return tin_v_combine(v, reduction, partial, PARTIALS);
}

static void block_step(struct vectorizer *v, struct accumulator_rows *rows) {
  int results = tin_v_special_pointer(v, VPOINTER_RESULTS);
  for (int i = 0; i < rows->pass.n_reductions; i++)
    row_memory(v, V_STORE, tin_v_type(reduction_of(v, rows, i)->dtype), results, combined(v, rows, i), rows->results[i]);
}

/* The block results, reduced by the rule of their elements. */
static int combined_blocks(struct vectorizer *v, struct accumulator_rows *rows, int i) {
  const struct tin_reduction *reduction = reduction_of(v, rows, i);
  int results = tin_v_special_pointer(v, VPOINTER_RESULTS), partial[PARTIALS], type = tin_v_type(reduction->dtype);
  for (int64_t b = 0; b < rows->blocks || b < PARTIALS; b++) {
    int64_t disp = rows->results[i] + b * row_bytes(rows, reduction);
    if (b < PARTIALS)
      partial[b] = b < rows->blocks ? load_row(v, type, results, disp) : tin_v_neutral(v, reduction->op, reduction->dtype);
    else
      partial[b % PARTIALS] =
          tin_v_reduce_step(v, reduction->op, reduction->dtype, partial[b % PARTIALS], load_row(v, type, results, disp));
  }
  return tin_v_combine(v, reduction, partial, PARTIALS);
}

static void result_step(struct vectorizer *v, struct accumulator_rows *rows) {
  const struct tin_nest *nest = v->nest;
  for (int i = 0; i < rows->pass.n_reductions; i++)
    tin_v_set_result(v, rows->pass.reductions[i], rows->blocks > 1 ? combined_blocks(v, rows, i) : combined(v, rows, i));
  tin_v_emit_values(v, v->used, DEPTH_COLUMN, -1);
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->stores.at[i].pass == nest->n_passes)
      tin_v_emit_store(v, &nest->stores.at[i], false);
}

/* `terms` rows of terms, one row of accumulators each in turn. */
static void turn(struct vectorizer *v, struct accumulator_rows *rows, int64_t terms, int unroll) {
  int pointer = tin_v_special_pointer(v, VPOINTER_BLOCKS);
  int64_t bytes = row_bytes(rows, reduction_of(v, rows, 0));
  int slot = tin_v_begin_repeat(v, terms);
  for_columns(v, rows, unroll, term_step);
  tin_v_bump_all(v, v->nest->inner.at[0].symbol, 1);
  tin_v_bump_pointer(v, pointer, bytes);
  tin_v_end_repeat(v, slot);
  tin_v_bump_pointer(v, pointer, -terms * bytes);
}

static void block_of_rows(struct vectorizer *v, struct accumulator_rows *rows, int64_t terms) {
  int unroll = terms * 4 > BLOCK ? 2 : 1;
  for_columns(v, rows, 1, clear_step);
  if (terms / PARTIALS) {
    int slot = tin_v_begin_repeat(v, terms / PARTIALS);
    turn(v, rows, PARTIALS, unroll);
    tin_v_end_repeat(v, slot);
  }
  if (terms % PARTIALS)
    turn(v, rows, terms % PARTIALS, 1);
  if (rows->blocks > 1) {
    for_columns(v, rows, 1, block_step);
    tin_v_bump_pointer(v, tin_v_special_pointer(v, VPOINTER_RESULTS), row_bytes(rows, reduction_of(v, rows, 0)));
  }
}

static void columns_in_memory(struct vectorizer *v) {
  v->columns_in_memory = true;
  int64_t terms = v->nest->inner_size, full = terms / BLOCK;
  struct accumulator_rows rows = lay_out_rows(v);
  for (int i = 1; i < rows.pass.n_reductions; i++) /* one pointer walks the rows of all of them */
    if (row_bytes(&rows, reduction_of(v, &rows, i)) != row_bytes(&rows, reduction_of(v, &rows, 0)))
      v->failed = true;
  tin_v_emit_values(v, v->used, DEPTH_ROW, 0);
  if (full) {
    int slot = full > 1 ? tin_v_begin_repeat(v, full) : -1;
    block_of_rows(v, &rows, BLOCK);
    if (slot >= 0)
      tin_v_end_repeat(v, slot);
  }
  if (terms % BLOCK)
    block_of_rows(v, &rows, terms % BLOCK);
  tin_v_bump_all(v, v->nest->inner.at[0].symbol, -terms);
  if (rows.blocks > 1)
    tin_v_bump_pointer(v, tin_v_special_pointer(v, VPOINTER_RESULTS), -rows.blocks * row_bytes(&rows, reduction_of(v, &rows, 0)));
  for_columns(v, &rows, 1, result_step);
}

/* Values that are emitted for all terms together, at most: several times what the window of a pool needs. */
enum { SPELLED_VALUES = 1024 };

/* Does a computed position hold an inner range? */
static bool counts_terms(const struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  for (int i = 0; i < nest->values.count; i++) {
    const struct tin_value *value = &nest->values.at[i];
    bool computed = value->kind == VALUE_INDEX || value->kind == VALUE_GUARD || (value->kind == VALUE_LOAD && value->in[1] >= 0);
    if (v->used[i] && value->element && computed)
      return true;
  }
  return false;
}

static bool wants_spelling(const struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  return (nest->inner.count > 1 || counts_terms(v)) && nest->inner_size * nest->values.count <= SPELLED_VALUES;
}

static bool wants_memory(const struct tin_nest *nest) {
  return nest->n_passes == 1 && nest->inner.count == 1 && nest->inner_size >= ROWS_OF_ACCUMULATORS_FROM && nest->column_limit > 0 &&
         nest->column_limit <= TIN_COLUMN_LIMIT && nest->inner_size <= BLOCK * 256 && nest->reductions.count <= 4;
}

void tin_v_column_body(struct vectorizer *v) {
  bool numbered = tin_v_needs_column_numbers(v);
  if (v->nest->inner.count == 0 || v->nest->inner.count > TIN_V_MAX_INNER) {
    v->failed = true;
    return;
  }
  if (wants_memory(v->nest)) {
    columns_in_memory(v);
    return;
  }
  v->spelled = wants_spelling(v);
  int count = tin_v_slot(v, NULL, "column_high - column_low");
  tin_v_emit_values(v, v->used, DEPTH_ROW, 0);
  tin_v_start_columns(v, numbered);
  tin_v_loop(v, V_LOOP, count, 0, v->lanes);
  tin_v_at_copy(v, 0, false);
  column_copy(v);
  tin_v_end_loop(v, v->lanes, numbered);
  tin_v_loop(v, V_TAIL, count, 0, v->lanes);
  tin_v_at_copy(v, 0, true);
  column_copy(v);
  tin_v_emit(v, V_TAIL_END, VT_I32);
  tin_v_at_copy(v, 0, false);
}
