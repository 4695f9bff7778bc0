/* The loops of the three forms of a nest as a vector program, and the accumulators of reductions (docs/numerics.md: lanes rule). */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "codegen/vector_loops.h"
#include "ir/program.h"

/* A body of this many vector ops is unrolled by 4 or by 2: enough independent work to hide latencies, little enough to compile fast. */
enum { UNROLL_4_BELOW = 8, UNROLL_2_BELOW = 48 };
/* Blocks of a long row that are spelled out when the positions along the row are needed as numbers. */
enum { MAX_SPELLED_BLOCKS = 64 };
/* Blocks of a row: their results are added up by instructions spelled out, about one for 16 of them. */
enum { MAX_BLOCKS = 16 * BLOCK };

bool tin_v_is_lanes(const struct tin_reduction *reduction) {
  bool sums = reduction->op == OP_SUM || reduction->op == OP_PROD || reduction->op == OP_CONTRACT;
  return sums && tin_dtype_is_float(reduction->dtype);
}

static int body_cost(const struct vectorizer *v, const int *needed) {
  int cost = 0;
  for (int i = 0; i < v->nest->values.count; i++) {
    const struct tin_value *value = &v->nest->values.at[i];
    if (needed[i] && v->depth[i] == DEPTH_ELEMENT)
      cost += value->kind == VALUE_OP && tin_op_is(value->op, OP_CLASS_ELEMENTARY)
                  ? tin_program_of(value->op, (tin_dtype)value->dtype)->n_steps
                  : 1;
  }
  return cost;
}

static int unroll_of(const struct vectorizer *v, const int *needed) {
  int cost = body_cost(v, needed);
  return cost <= UNROLL_4_BELOW ? 4 : cost <= UNROLL_2_BELOW ? 2 : 1;
}

static int move(struct vectorizer *v, int type, int from) {
  return tin_v_unary(v, V_MOV, type, from);
}

static void move_to(struct vectorizer *v, int type, int to, int from) {
  struct tin_vinst *inst = tin_v_emit(v, V_MOV, type);
  inst->d = (uint16_t)to;
  inst->a = (uint16_t)from;
}

/* ---- positions along the vector axis ---- */

bool tin_v_needs_column_numbers(const struct vectorizer *v) {
  int64_t stride;
  for (int i = 0; i < v->nest->values.count; i++) {
    const struct tin_value *value = &v->nest->values.at[i];
    if (!v->used[i] || v->vector_symbol < 0)
      continue;
    bool computed = value->kind == VALUE_INDEX || (value->kind == VALUE_LOAD && value->in[1] >= 0);
    if (value->index && tin_index_affine(value->index, v->vector_symbol, &stride) && stride &&
        (computed || stride != 1 || value->in[0] >= 0))
      return true;
    for (int c = 0; c < value->n_conditions; c++)
      if (tin_index_uses(value->conditions[c].index, v->vector_symbol))
        return true;
  }
  return false;
}

static int iota_register(struct vectorizer *v) {
  if (v->iota < 0) {
    int first = v->pool.count;
    for (uint64_t i = 0; i < 8; i++)
      tin_vec_push(v->arena, &v->pool, (2 * i + 1) << 32 | 2 * i);
    struct tin_vconst constant = {.reg = (uint16_t)tin_v_register(v), .pointer = 0, .disp = 8 * first, .type = VT_I32, .whole = 1};
    tin_vec_push(v->arena, &v->program.consts, constant);
    v->iota = constant.reg;
  }
  return v->iota;
}

void tin_v_start_columns(struct vectorizer *v, bool numbered) {
  tin_v_emit(v, V_INDEX_ZERO, VT_I32);
  v->column_base = numbered ? move(v, VT_I32, iota_register(v)) : -1;
}

void tin_v_end_loop(struct vectorizer *v, int step, bool numbered) {
  if (numbered) {
    struct tin_vinst *inst = tin_v_emit(v, V_ADD, VT_I32);
    inst->d = inst->a = (uint16_t)v->column_base;
    inst->b = (uint16_t)tin_v_const(v, VT_I32, (uint32_t)step);
  }
  tin_v_emit(v, V_END, VT_I32)->imm = step;
}

void tin_v_at_copy(struct vectorizer *v, int offset, bool tail) {
  v->offset = offset;
  v->tail = tail;
  v->column_vector = -1;
}

/* ---- pointer movement ---- */

void tin_v_bump_all(struct vectorizer *v, int symbol, int64_t times) {
  for (int i = 0; i < v->pointers.count; i++) {
    const struct vpointer *pointer = &v->pointers.at[i];
    int64_t coefficient;
    if (!pointer->index || !times)
      continue;
    if (!tin_index_affine(pointer->index, symbol, &coefficient)) /* it moves by no constant: the loop cannot be one of the program */
      v->failed = true;
    if (!coefficient)
      continue;
    int64_t bytes = coefficient * pointer->bytes * times;
    if (bytes > INT32_MAX || bytes < INT32_MIN)
      v->failed = true;
    struct tin_vinst *inst = tin_v_emit(v, V_BUMP, VT_I32);
    inst->pointer = (int16_t)i;
    inst->imm = (int32_t)bytes;
  }
}

void tin_v_bump_pointer(struct vectorizer *v, int pointer, int64_t bytes) {
  if (!bytes)
    return;
  struct tin_vinst *inst = tin_v_emit(v, V_BUMP, VT_I32);
  inst->pointer = (int16_t)pointer;
  inst->imm = (int32_t)bytes;
}

/* REPEAT with a constant count; returns the slot. */
int tin_v_begin_repeat(struct vectorizer *v, int64_t count) {
  if (count < 1 || count > INT32_MAX)
    v->failed = true;
  int slot = tin_v_slot(v, NULL, "0");
  struct tin_vinst *inst = tin_v_emit(v, V_RESET, VT_I32);
  inst->a = (uint16_t)slot;
  inst->imm = (int32_t)count;
  tin_v_emit(v, V_REPEAT, VT_I32)->a = (uint16_t)slot;
  return slot;
}

void tin_v_end_repeat(struct vectorizer *v, int slot) {
  tin_v_emit(v, V_REPEAT_END, VT_I32)->a = (uint16_t)slot;
}

/* ---- accumulators ---- */

static int accumulator_count(const struct vectorizer *v, const struct tin_v_pass *pass, const struct tin_reduction *reduction) {
  if (!tin_v_is_lanes(reduction))
    return pass->n_accumulators;
  if (pass->terms && pass->terms < PARTIALS)
    return pass->terms;
  return v->nest->form == NEST_COLUMN ? PARTIALS : PARTIALS / v->lanes;
}

struct tin_v_pass tin_v_pass_of(struct vectorizer *v, int number) {
  const struct tin_nest *nest = v->nest;
  struct tin_v_pass pass = {.number = number, .n_accumulators = 1};
  pass.needed = TIN_NEW_ARRAY(v->arena, int, nest->values.count);
  pass.reductions = TIN_NEW_ARRAY(v->arena, int, nest->reductions.count + 1);
  pass.accumulators = tin_arena_alloc(v->arena, sizeof(*pass.accumulators) * (size_t)(nest->reductions.count + 1));
  for (int i = 0; i < nest->reductions.count; i++)
    if (nest->reductions.at[i].pass == number) {
      pass.reductions[pass.n_reductions++] = i;
      tin_v_mark(nest, pass.needed, nest->reductions.at[i].value);
      tin_v_mark(nest, pass.needed, nest->reductions.at[i].factor);
    }
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->stores.at[i].pass == number)
      tin_v_mark(nest, pass.needed, nest->stores.at[i].value);
  return pass;
}

bool tin_v_pass_has_lanes(const struct vectorizer *v, const struct tin_v_pass *pass) {
  for (int i = 0; i < pass->n_reductions; i++)
    if (tin_v_is_lanes(&v->nest->reductions.at[pass->reductions[i]]))
      return true;
  return false;
}

void tin_v_start_accumulators(struct vectorizer *v, struct tin_v_pass *pass) {
  for (int i = 0; i < pass->n_reductions; i++) {
    const struct tin_reduction *reduction = &v->nest->reductions.at[pass->reductions[i]];
    int neutral = tin_v_neutral(v, reduction->op, reduction->dtype);
    for (int k = 0; k < accumulator_count(v, pass, reduction); k++)
      pass->accumulators[i][k] = move(v, tin_v_type(reduction->dtype), neutral);
  }
}

/* Adds the element copy just emitted to accumulator `lanes_at` of lanes reductions, `free_at` of the others. */
static void accumulate(struct vectorizer *v, struct tin_v_pass *pass, int lanes_at, int free_at) {
  for (int i = 0; i < pass->n_reductions; i++) {
    const struct tin_reduction *reduction = &v->nest->reductions.at[pass->reductions[i]];
    int type = tin_v_type(reduction->dtype);
    int into = pass->accumulators[i][tin_v_is_lanes(reduction) ? lanes_at : free_at % pass->n_accumulators];
    int value = v->reg[reduction->value], sum = into;
    bool columns = v->nest->form == NEST_COLUMN; /* there the tail masks columns, not terms */
    if (reduction->op == OP_CONTRACT) {
      if (v->tail && !columns)
        sum = move(v, type, into);
      struct tin_vinst *inst = tin_v_emit(v, V_FMA, type);
      inst->d = (uint16_t)sum;
      inst->a = (uint16_t)value;
      inst->b = (uint16_t)v->reg[reduction->factor];
    } else {
      sum = tin_v_reduce_step(v, reduction->op, reduction->dtype, into, value);
      if (tin_v_is_lanes(reduction) && !(v->tail && !columns)) { /* one instruction: it may write the accumulator itself */
        v->program.insts.at[v->program.insts.count - 1].d = (uint16_t)into;
        sum = into;
      }
    }
    if (v->tail && !columns) {
      struct tin_vinst *inst = tin_v_emit(v, V_MERGE, type);
      inst->d = inst->b = (uint16_t)into;
      inst->a = (uint16_t)sum;
    } else if (sum != into) {
      move_to(v, type, into, sum);
    }
  }
}

static int step(struct vectorizer *v, const struct tin_reduction *reduction, int a, int b) {
  return tin_v_reduce_step(v, reduction->op, reduction->dtype, a, b);
}

/* The 16 partials (l, l+8), (l, l+4), ...: between registers while they hold different partials, then within one. Partials without terms
 * are neutral and may be absent. */
int tin_v_combine(struct vectorizer *v, const struct tin_reduction *reduction, int *accumulators, int count) {
  if (!tin_v_is_lanes(reduction))
    for (int k = 1; k < count; k++)
      accumulators[0] = step(v, reduction, accumulators[0], accumulators[k]);
  else
    for (int half = PARTIALS / 2; half >= 1; half /= 2)
      for (int k = 0; k < half && k + half < count; k++)
        accumulators[k] = step(v, reduction, accumulators[k], accumulators[k + half]);
  int result = accumulators[0];
  if (v->nest->form == NEST_COLUMN)
    return result;
  for (int distance = v->lanes / 2; distance >= 1; distance /= 2)
    result = step(v, reduction, result, tin_v_immediate(v, V_SWAP, tin_v_type(reduction->dtype), result, distance));
  return result;
}

void tin_v_set_result(struct vectorizer *v, int reduction, int reg) {
  reg = tin_v_wrap(v, v->nest->reductions.at[reduction].dtype, reg); /* sums and products were wrapped at 32 bits */
  for (int i = 0; i < v->nest->values.count; i++)
    if (v->nest->values.at[i].kind == VALUE_REDUCE && v->nest->values.at[i].arg == reduction)
      v->reg[i] = reg;
}

void tin_v_finish_reductions(struct vectorizer *v, struct tin_v_pass *pass) {
  for (int i = 0; i < pass->n_reductions; i++) {
    const struct tin_reduction *reduction = &v->nest->reductions.at[pass->reductions[i]];
    tin_v_set_result(v, pass->reductions[i], tin_v_combine(v, reduction, pass->accumulators[i], accumulator_count(v, pass, reduction)));
  }
}

void tin_v_pass_copy(struct vectorizer *v, struct tin_v_pass *pass, int lanes_at, int free_at) {
  tin_v_prefetch_rows(v, pass->number);
  tin_v_emit_values(v, pass->needed, DEPTH_ELEMENT, -1);
  accumulate(v, pass, lanes_at, free_at);
  for (int i = 0; i < v->nest->stores.count; i++)
    if (v->nest->stores.at[i].pass == pass->number)
      tin_v_emit_store(v, &v->nest->stores.at[i], true);
}

/* ---- block results of long float sums, in memory ---- */

/* Bytes of one block result: an element in ROW form (stored as a vector, of which the next store keeps only the first lane), a vector of
 * columns in COLUMN form. */
int64_t tin_v_block_stride(const struct vectorizer *v, const struct tin_reduction *reduction) {
  int bytes = tin_dtype_bytes(reduction->dtype);
  return v->nest->form == NEST_COLUMN ? (int64_t)bytes * v->lanes : bytes;
}

/* Room for `count` results, the neutral elements behind them and the rest of a vector. */
static int64_t results_area(const struct vectorizer *v, const struct tin_reduction *reduction, int64_t count) {
  return (count + PARTIALS) * tin_v_block_stride(v, reduction) + 64;
}

/* Block results are themselves reduced in blocks; more than one block of them leaves results again. */
static int64_t block_area(const struct vectorizer *v, const struct tin_reduction *reduction, int64_t blocks) {
  return results_area(v, reduction, blocks) + results_area(v, reduction, (blocks + BLOCK - 1) / BLOCK);
}

void tin_v_block_memory(struct vectorizer *v, int op, int type, int reg, int64_t disp) {
  int pointer = tin_v_special_pointer(v, VPOINTER_BLOCKS);
  struct tin_vinst *inst = tin_v_emit(v, op, type);
  inst->pointer = (int16_t)pointer;
  inst->disp = (int32_t)disp;
  if (op == V_LOAD)
    inst->d = (uint16_t)reg;
  else
    inst->a = (uint16_t)reg;
}

void tin_v_store_block(struct vectorizer *v, struct tin_v_pass *pass, int64_t blocks, int64_t block) {
  int64_t area = 0;
  for (int i = 0; i < pass->n_reductions; i++) {
    const struct tin_reduction *reduction = &v->nest->reductions.at[pass->reductions[i]];
    int result = tin_v_combine(v, reduction, pass->accumulators[i], accumulator_count(v, pass, reduction));
    tin_v_block_memory(v, V_STORE, tin_v_type(reduction->dtype), result, area + block * tin_v_block_stride(v, reduction));
    area += block_area(v, reduction, blocks);
  }
}

/* The sum of up to BLOCK results in memory: missing ones are neutral, so whole groups of 16 are loaded. */
static int combine_results(struct vectorizer *v, const struct tin_reduction *reduction, int64_t at, int64_t blocks) {
  int type = tin_v_type(reduction->dtype), width = v->nest->form == NEST_COLUMN ? 1 : v->lanes, count = PARTIALS / width;
  int64_t stride = tin_v_block_stride(v, reduction);
  int neutral = tin_v_neutral(v, reduction->op, reduction->dtype), partial[PARTIALS];
  for (int64_t b = blocks; b < (blocks + PARTIALS - 1) / PARTIALS * PARTIALS; b += width)
    tin_v_block_memory(v, V_STORE, type, neutral, at + b * stride);
  for (int k = 0; k < count; k++)
    tin_v_block_memory(v, V_LOAD, type, partial[k] = tin_v_register(v), at + k * width * stride);
  for (int64_t b = PARTIALS; b < blocks; b += width) {
    int more = tin_v_register(v), into = (int)(b / width) % count;
    tin_v_block_memory(v, V_LOAD, type, more, at + b * stride);
    partial[into] = step(v, reduction, partial[into], more);
  }
  return tin_v_combine(v, reduction, partial, count);
}

/* The block results, reduced by the rule of their elements. */
void tin_v_combine_blocks(struct vectorizer *v, struct tin_v_pass *pass, int64_t blocks) {
  int64_t area = 0;
  for (int i = 0; i < pass->n_reductions; i++) {
    const struct tin_reduction *reduction = &v->nest->reductions.at[pass->reductions[i]];
    int64_t stride = tin_v_block_stride(v, reduction), from = area, count = blocks, next = area + results_area(v, reduction, blocks);
    if (blocks > BLOCK) {
      for (int64_t b = 0; b < blocks; b += BLOCK) {
        int result = combine_results(v, reduction, area + b * stride, blocks - b < BLOCK ? blocks - b : BLOCK);
        tin_v_block_memory(v, V_STORE, tin_v_type(reduction->dtype), result, next + b / BLOCK * stride);
      }
      from = next;
      count = (blocks + BLOCK - 1) / BLOCK;
    }
    tin_v_set_result(v, pass->reductions[i], combine_results(v, reduction, from, count));
    area += block_area(v, reduction, blocks);
  }
  if (v->block_bytes < area)
    v->block_bytes = area;
}

/* Only lanes reductions have an order; with blocks the others of the pass are stored and combined the same way, which changes nothing for
 * them, but wants every accumulator to be a block's. */
bool tin_v_blocks_allowed(const struct vectorizer *v, const struct tin_v_pass *pass) {
  for (int i = 0; i < pass->n_reductions; i++)
    if (!tin_v_is_lanes(&v->nest->reductions.at[pass->reductions[i]]))
      return false;
  return true;
}

/* ---- ROW ---- */

/* Goes on with one of the rows in flight. */
static void at_row(struct vectorizer *v, int row) {
  v->row_offset = row;
  v->reg = v->regs[row];
}

/* An element copy of every row in flight. */
static void copies(struct vectorizer *v, struct tin_v_pass *passes, int offset, bool tail, int lanes_at, int free_at) {
  for (int r = 0; r < v->flight; r++) {
    at_row(v, r);
    tin_v_at_copy(v, offset, tail);
    tin_v_pass_copy(v, &passes[r], lanes_at, free_at);
  }
}

/* Elements from .. from+count of the inner range, count constant; the index register is at `from` on entry. */
static void row_segment(struct vectorizer *v, struct tin_v_pass *passes, int64_t from, int64_t count, int unroll, bool numbered) {
  int lanes = v->lanes, big = unroll * lanes, registers = PARTIALS / lanes;
  int64_t end = from + count, at = from + count / big * big;
  if (at > from) {
    tin_v_loop(v, V_LOOP, -1, (int)at, big);
    for (int u = 0; u < unroll; u++)
      copies(v, passes, u * lanes, false, u % registers, u);
    tin_v_end_loop(v, big, numbered);
  }
  for (int u = 0; at + lanes <= end; u++, at += lanes) { /* whole vectors left over: loops of one round */
    tin_v_loop(v, V_LOOP, -1, (int)at + lanes, lanes);
    copies(v, passes, 0, false, u % registers, 0);
    tin_v_end_loop(v, lanes, numbered);
  }
  if (at < end) {
    int partial = (int)((at - from) / lanes) % registers;
    tin_v_loop(v, V_TAIL, -1, (int)end, lanes);
    copies(v, passes, 0, true, partial, 0);
    tin_v_emit(v, V_TAIL_END, VT_I32);
  }
  tin_v_at_copy(v, 0, false);
}

static void row_blocks(struct vectorizer *v, struct tin_v_pass *pass, int64_t size, int unroll, bool numbered) {
  int64_t blocks = (size + BLOCK - 1) / BLOCK, full = size / BLOCK;
  int symbol = v->vector_symbol;
  if (!tin_v_blocks_allowed(v, pass) || blocks > MAX_BLOCKS || (numbered && blocks > MAX_SPELLED_BLOCKS)) {
    v->failed = true;
    return;
  }
  if (numbered) {
    tin_v_start_columns(v, true);
    for (int64_t b = 0; b < blocks; b++) {
      tin_v_start_accumulators(v, pass);
      row_segment(v, pass, b * BLOCK, b < full ? BLOCK : size % BLOCK, unroll, true);
      tin_v_store_block(v, pass, blocks, b);
    }
  } else {
    int pointer = tin_v_special_pointer(v, VPOINTER_BLOCKS);
    int64_t stride = tin_v_block_stride(v, &v->nest->reductions.at[pass->reductions[0]]);
    for (int i = 1; i < pass->n_reductions; i++)
      if (tin_v_block_stride(v, &v->nest->reductions.at[pass->reductions[i]]) != stride)
        v->failed = true;
    int slot = tin_v_begin_repeat(v, full);
    tin_v_start_columns(v, false);
    tin_v_start_accumulators(v, pass);
    row_segment(v, pass, 0, BLOCK, unroll, false);
    tin_v_store_block(v, pass, blocks, 0);
    tin_v_bump_all(v, symbol, BLOCK);
    tin_v_bump_pointer(v, pointer, stride);
    tin_v_end_repeat(v, slot);
    if (size % BLOCK) {
      tin_v_start_columns(v, false);
      tin_v_start_accumulators(v, pass);
      row_segment(v, pass, 0, size % BLOCK, unroll, false);
      tin_v_store_block(v, pass, blocks, 0);
    }
    tin_v_bump_all(v, symbol, -full * BLOCK);
    tin_v_bump_pointer(v, pointer, -full * stride);
  }
  tin_v_combine_blocks(v, pass, blocks);
}

static void row_pass(struct vectorizer *v, int number, bool numbered) {
  const struct tin_nest *nest = v->nest;
  struct tin_v_pass passes[TIN_V_MAX_FLIGHT], *pass = passes;
  for (int r = 0; r < v->flight; r++)
    passes[r] = tin_v_pass_of(v, number);
  int unroll = unroll_of(v, pass->needed) / v->flight, registers = PARTIALS / v->lanes, outer = nest->inner.count - 1;
  unroll = unroll < registers ? registers : unroll;
  int64_t last = nest->inner.at[outer].extent;
  if (outer > 0 && (numbered || (tin_v_pass_has_lanes(v, pass) && (last % PARTIALS || nest->inner_size > BLOCK))))
    v->failed = true;
  for (int r = 0; r < v->flight; r++)
    passes[r].n_accumulators = unroll;
  if (tin_v_pass_has_lanes(v, pass) && nest->inner_size > BLOCK) {
    row_blocks(v, pass, nest->inner_size, unroll, numbered);
    return;
  }
  for (int r = 0; r < v->flight; r++) {
    at_row(v, r);
    tin_v_start_accumulators(v, &passes[r]);
  }
  int slots[TIN_V_MAX_INNER];
  for (int i = 0; i < outer; i++)
    slots[i] = tin_v_begin_repeat(v, nest->inner.at[i].extent);
  tin_v_start_columns(v, numbered);
  row_segment(v, passes, 0, last, unroll, numbered);
  for (int i = outer - 1; i >= 0; i--) {
    tin_v_bump_all(v, nest->inner.at[i].symbol, 1);
    tin_v_end_repeat(v, slots[i]);
    tin_v_bump_all(v, nest->inner.at[i].symbol, -nest->inner.at[i].extent);
  }
  for (int r = 0; r < v->flight; r++) {
    at_row(v, r);
    tin_v_finish_reductions(v, &passes[r]);
  }
}

/* An addition waits four cycles for the one before it, and a row has few chains of them: two rows at once have twice as many. With more
 * work between the additions than this the units are busy anyway, and registers run out. */
enum { PAIRS_MAX_COST = 8 };

bool tin_v_wants_pairs(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  bool chains = false;
  if (nest->inner.count != 1 || nest->inner_size > BLOCK || tin_v_needs_column_numbers(v))
    return false;
  for (int p = 0; p < nest->n_passes; p++) {
    struct tin_v_pass pass = tin_v_pass_of(v, p);
    chains |= tin_v_pass_has_lanes(v, &pass);
    if (body_cost(v, pass.needed) > PAIRS_MAX_COST)
      return false;
  }
  return chains;
}

/* The pass with the most work. */
static int busiest_pass(struct vectorizer *v) {
  int busiest = 0, most = -1;
  for (int p = 0; p < v->nest->n_passes; p++) {
    int cost = body_cost(v, tin_v_pass_of(v, p).needed);
    if (cost > most) {
      busiest = p;
      most = cost;
    }
  }
  return busiest;
}

static void row_body(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  v->fetch_pass = busiest_pass(v);
  bool numbered = tin_v_needs_column_numbers(v);
  if (nest->inner.count == 0 || nest->inner.count > TIN_V_MAX_INNER || nest->inner_size > INT32_MAX / 2) {
    v->failed = true;
    return;
  }
  for (int p = 0; p < nest->n_passes && !v->failed; p++) {
    for (int r = 0; r < v->flight; r++) {
      at_row(v, r);
      tin_v_emit_values(v, v->used, DEPTH_ROW, p);
    }
    row_pass(v, p, numbered);
  }
  for (int r = 0; r < v->flight; r++) {
    at_row(v, r);
    tin_v_emit_values(v, v->used, DEPTH_ROW, nest->n_passes);
    for (int i = 0; i < nest->stores.count && !v->failed; i++)
      if (nest->stores.at[i].pass == nest->n_passes)
        tin_v_emit_single_store(v, &nest->stores.at[i]);
  }
  at_row(v, 0);
}

/* ---- MAP ---- */

static void map_copy(struct vectorizer *v, int offset, bool tail) {
  tin_v_at_copy(v, offset, tail);
  tin_v_emit_values(v, v->used, DEPTH_ELEMENT, -1);
  for (int i = 0; i < v->nest->stores.count; i++)
    tin_v_emit_store(v, &v->nest->stores.at[i], true);
}

static void map_body(struct vectorizer *v) {
  bool numbered = tin_v_needs_column_numbers(v);
  int unroll = unroll_of(v, v->used), count = tin_v_slot(v, NULL, "column_high - column_low");
  tin_v_emit_values(v, v->used, DEPTH_ROW, -1);
  tin_v_start_columns(v, numbered);
  for (int copies = unroll; copies >= 1; copies = copies > 1 ? 1 : 0) {
    tin_v_loop(v, V_LOOP, count, 0, copies * v->lanes);
    for (int u = 0; u < copies; u++)
      map_copy(v, u * v->lanes, false);
    tin_v_end_loop(v, copies * v->lanes, numbered);
  }
  tin_v_loop(v, V_TAIL, count, 0, v->lanes);
  map_copy(v, 0, true);
  tin_v_emit(v, V_TAIL_END, VT_I32);
  tin_v_at_copy(v, 0, false);
}

void tin_v_loops(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  int slot = -1;
  tin_v_emit_values(v, v->used, DEPTH_INVARIANT, -1);
  v->regs = TIN_NEW_ARRAY(v->arena, int *, TIN_V_MAX_FLIGHT);
  for (int r = 0; r < v->flight; r++)
    v->regs[r] = r ? tin_arena_copy(v->arena, v->reg, sizeof *v->reg * (size_t)nest->values.count) : v->reg;
  bool rows = nest->row >= 0 && !v->rows_in_c;
  if (rows) {
    slot = tin_v_slot(v, NULL, v->flight > 1 ? "(row_high - row_low) / 2" : "row_high - row_low");
    tin_v_emit(v, V_REPEAT, VT_I32)->a = (uint16_t)slot;
  }
  if (v->tiled)
    tin_v_tile_body(v);
  else if (nest->form == NEST_MAP)
    map_body(v);
  else if (nest->form == NEST_ROW)
    row_body(v);
  else
    tin_v_column_body(v);
  if (rows) {
    tin_v_bump_all(v, nest->row, v->flight);
    tin_v_end_repeat(v, slot);
  }
}

/* ---- the end ---- */

bool tin_v_program_is_wide(int op, int dtype) {
  if (!tin_op_is(op, OP_CLASS_ELEMENTARY))
    return false;
  const struct tin_program *program = tin_program_of(op, (tin_dtype)dtype);
  for (int i = 0; i < program->n_steps; i++)
    if (tin_dtype_bytes(program->steps[i].dtype) == 8)
      return true;
  return false;
}

/* The library's own mistakes stop a build with assertions, with the reason on stderr. */
static bool is_valid(const struct vectorizer *v, bool physical) {
  struct tin_error error = {0};
  if (tin_vector_verify(&v->program, v->target, physical, &error))
    return true;
  fprintf(stderr, "tinsmith: vector program: %s\n", error.text);
  return false;
}

void tin_v_finish(struct vectorizer *v) {
  assert(is_valid(v, false));
  tin_vector_allocate(v->arena, &v->program, v->target);
  assert(is_valid(v, true));
  (void)is_valid;
}
