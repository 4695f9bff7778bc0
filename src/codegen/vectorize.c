/* Vectorisation of a nest: places values in loops, unrolls, masks tails, keeps accumulators in registers. See vectorize.h, nest.h.
 *
 * The loops of one function, all inside one routine of machine code:
 *   invariants; for each row: row values; then
 *     MAP     along the column: unrolled loop, single-vector loop, masked tail
 *     ROW     for each pass, along the inner range, in blocks of 1024 elements where a float sum is longer
 *     COLUMN  along the column, one vector at a time: for each pass, over the inner ranges
 */
#include "codegen/vectorize.h"

#include <assert.h>
#include <string.h>

#include "codegen/vector_loops.h"

/* ---- pointers and slots ---- */

static int find_pointer(struct vectorizer *v, int arg, const struct tin_index *index, int bytes) {
  for (int i = 0; i < v->pointers.count; i++)
    if (v->pointers.at[i].arg == arg && v->pointers.at[i].index == index)
      return i;
  struct vpointer pointer = {arg, index, bytes};
  tin_vec_push(v->arena, &v->pointers, pointer);
  return v->pointers.count - 1;
}

int tin_v_special_pointer(struct vectorizer *v, int which) {
  return find_pointer(v, which, NULL, 1);
}

int tin_v_slot(struct vectorizer *v, const struct tin_index *index, const char *text) {
  for (int i = 0; i < v->slots.count; i++)
    if (v->slots.at[i].index == index && v->slots.at[i].text == text && index)
      return SLOT_BASE + i;
  struct vslot slot = {.index = index, .text = text};
  tin_vec_push(v->arena, &v->slots, slot);
  return SLOT_BASE + v->slots.count - 1;
}

/* A number that the C code computes, broadcast to 32-bit lanes. The displacement is patched when the frame is laid out. The C code does not
 * see the loops over the inner ranges. */
static int splat_slot(struct vectorizer *v, const struct tin_index *index) {
  for (int i = 0; i < v->nest->inner.count; i++)
    if (v->nest->inner.at[i].symbol != v->vector_symbol && tin_index_uses(index, v->nest->inner.at[i].symbol))
      v->failed = true;
  int slot = tin_v_slot(v, index, NULL), frame = tin_v_special_pointer(v, VPOINTER_FRAME);
  int d = tin_v_register(v);
  struct tin_vinst *inst = tin_v_emit(v, V_BROADCAST, VT_I32);
  inst->d = (uint16_t)d;
  inst->pointer = (int16_t)frame;
  inst->disp = slot;
  return d;
}

/* The index with the inner ranges at the term being spelled out. */
static const struct tin_index *at_term(struct vectorizer *v, const struct tin_index *index) {
  const struct tin_nest *nest = v->nest;
  if (!v->spelled)
    return index;
  const struct tin_index **with = TIN_NEW_ARRAY(v->arena, const struct tin_index *, nest->n_symbols);
  for (int i = 0; i < nest->inner.count; i++)
    with[nest->inner.at[i].symbol] = tin_index_constant(nest->indexes, v->inner_offset[i]);
  return tin_index_substitute(nest->indexes, index, with, nest->n_symbols);
}

static int64_t coefficient_of(struct vectorizer *v, const struct tin_index *index, int symbol) {
  int64_t coefficient = 0;
  if (symbol >= 0 && !tin_index_affine(index, symbol, &coefficient))
    v->failed = true;
  return coefficient;
}

/* ---- element accesses ---- */

struct tin_v_place tin_v_place_of(struct vectorizer *v, int arg, const struct tin_index *index, bool element) {
  const struct tin_nest *nest = v->nest;
  int bytes = tin_dtype_bytes(nest->args.at[arg].dtype);
  struct tin_v_place place = {0};
  index = at_term(v, index);
  place.stride = coefficient_of(v, index, v->vector_symbol);
  int64_t elements = index->constant;
  if (v->vector_symbol >= 0)
    elements += place.stride * v->offset;
  if (v->row_offset)
    elements += coefficient_of(v, index, nest->row) * v->row_offset;
  if (element && nest->form == NEST_COLUMN && !v->spelled)
    for (int i = 0; i < nest->inner.count; i++)
      elements += coefficient_of(v, index, nest->inner.at[i].symbol) * v->inner_offset[i];
  place.pointer = find_pointer(v, arg, tin_index_offset(nest->indexes, index, -index->constant), bytes);
  place.disp = elements * bytes;
  if (nest->args.at[arg].kind == ARG_SCRATCH)
    place.disp += v->row_scratch * v->row_offset;
  if (place.disp > INT32_MAX || place.disp < INT32_MIN)
    v->failed = true;
  return place;
}

int tin_v_memory_type(int dtype) {
  static const uint8_t narrow[TIN_DTYPE_COUNT] = {[TIN_BOOL] = VT_U8, [TIN_U8] = VT_U8,   [TIN_I8] = VT_I8,    [TIN_U16] = VT_U16,
                                                  [TIN_I16] = VT_I16, [TIN_F16] = VT_F16, [TIN_BF16] = VT_BF16};
  return narrow[dtype] ? narrow[dtype] : tin_v_type(dtype);
}

static struct tin_vinst *memory_inst(struct vectorizer *v, int op, int dtype, const struct tin_v_place *place, bool indexed) {
  struct tin_vinst *inst = tin_v_emit(v, op, tin_v_memory_type(dtype));
  inst->pointer = (int16_t)place->pointer;
  inst->disp = (int32_t)place->disp;
  inst->flags = (uint8_t)((indexed ? V_INDEX_FLAG : 0) | (indexed && v->tail ? V_TAIL_FLAG : 0));
  return inst;
}

static int mask_of_loaded(struct vectorizer *v, int dtype, int reg) {
  return dtype == TIN_BOOL ? tin_v_binary(v, V_SUB, VT_I32, tin_v_const(v, VT_I32, 0), reg) : reg;
}

/* The vector of positions along the vector axis, counted from the start of the loop. */
static int column_numbers(struct vectorizer *v) {
  if (v->column_base < 0) {
    v->failed = true;
    return 0;
  }
  if (v->column_vector < 0)
    v->column_vector =
        v->offset ? tin_v_binary(v, V_ADD, VT_I32, v->column_base, tin_v_const(v, VT_I32, (uint32_t)v->offset)) : v->column_base;
  return v->column_vector;
}

static int times(struct vectorizer *v, int reg, int64_t factor) {
  if (factor > INT32_MAX || factor < INT32_MIN)
    v->failed = true;
  return factor == 1 ? reg : tin_v_binary(v, V_MUL, VT_I32, reg, tin_v_const(v, VT_I32, (uint32_t)factor));
}

/* Positions that a strided or dynamic access gathers at, in elements from the pointer: 32-bit numbers. */
static int gather_positions(struct vectorizer *v, const struct tin_value *value, int64_t stride) {
  int positions = -1;
  if (v->nest->args.at[value->arg].size > INT32_MAX)
    v->failed = true;
  if (stride)
    positions = times(v, column_numbers(v), stride);
  if (value->in[0] >= 0) {
    const struct tin_value *dynamic = &v->nest->values.at[value->in[0]];
    int reg = v->reg[value->in[0]];
    if (tin_v_type(dynamic->dtype) == VT_I64)
      reg = tin_v_unary(v, V_I64_I32, VT_I32, reg);
    reg = times(v, reg, value->stride);
    positions = positions < 0 ? reg : tin_v_binary(v, V_ADD, VT_I32, positions, reg);
  }
  return positions;
}

static int emit_gather(struct vectorizer *v, const struct tin_value *value, struct tin_v_place place, int positions) {
  place.disp -= place.stride * v->offset * tin_dtype_bytes(value->dtype); /* the offset is in the positions */
  int d = tin_v_register(v);
  struct tin_vinst *inst = memory_inst(v, V_GATHER, value->dtype, &place, false);
  inst->d = (uint16_t)d;
  inst->a = (uint16_t)positions;
  inst->flags = v->tail ? V_TAIL_FLAG : 0;
  return d;
}

/* A load whose guard may fail inside a vector: every lane's element number is clamped into the buffer. */
static int emit_guarded(struct vectorizer *v, const struct tin_value *value) {
  const struct tin_index *index = at_term(v, value->index);
  int64_t stride = coefficient_of(v, index, v->vector_symbol);
  struct tin_v_place place = {.pointer =
                                  find_pointer(v, value->arg, tin_index_constant(v->nest->indexes, 0), tin_dtype_bytes(value->dtype))};
  if (value->in[0] >= 0 || index->high - index->low > INT32_MAX || (v->nest->form == NEST_COLUMN && !v->spelled))
    v->failed = true;
  int64_t size = v->nest->args.at[value->arg].size;
  int positions = splat_slot(v, index);
  if (stride)
    positions = tin_v_binary(v, V_ADD, VT_I32, times(v, column_numbers(v), stride), positions);
  if (size <= 0 || size > INT32_MAX)
    v->failed = true;
  positions = tin_v_binary(v, V_MAX, VT_I32, positions, tin_v_const(v, VT_I32, 0));
  positions = tin_v_binary(v, V_MIN, VT_I32, positions, tin_v_const(v, VT_I32, (uint32_t)(size - 1)));
  return emit_gather(v, value, place, positions);
}

static int emit_load(struct vectorizer *v, const struct tin_value *value, int depth) {
  if (value->in[1] >= 0)
    return mask_of_loaded(v, value->dtype, emit_guarded(v, value));
  struct tin_v_place place = tin_v_place_of(v, value->arg, value->index, depth == DEPTH_ELEMENT);
  int positions = value->in[0] >= 0 || (place.stride != 0 && place.stride != 1) ? gather_positions(v, value, place.stride) : -1;
  int d;
  if (positions >= 0) {
    d = emit_gather(v, value, place, positions);
  } else {
    d = tin_v_register(v);
    memory_inst(v, place.stride ? V_LOAD : V_BROADCAST, value->dtype, &place, place.stride != 0)->d = (uint16_t)d;
    if (place.stride)
      tin_v_prefetch_load(v, value, &place);
  }
  return mask_of_loaded(v, value->dtype, d);
}

/* ---- values ---- */

static int emit_index(struct vectorizer *v, const struct tin_value *value) {
  const struct tin_index *index = at_term(v, value->index);
  int64_t stride = coefficient_of(v, index, v->vector_symbol);
  if (v->nest->form == NEST_COLUMN && value->element && !v->spelled)
    v->failed = true; /* would need the counters of the inner loops */
  if (index->high > INT32_MAX || index->low < INT32_MIN)
    v->failed = true;
  int number = splat_slot(v, index);
  if (stride)
    number = tin_v_binary(v, V_ADD, VT_I32, number, times(v, column_numbers(v), stride));
  int in[3] = {number, -1, -1};
  return tin_v_op(v, OP_CAST, value->dtype, TIN_I32, in);
}

/* All conditions as comparisons of positions along the vector axis with numbers of the C code. */
static int emit_guard(struct vectorizer *v, const struct tin_value *value) {
  int mask = -1;
  for (int i = 0; i < value->n_conditions; i++) {
    const struct tin_condition *condition = &value->conditions[i];
    struct tin_value number = {.kind = VALUE_INDEX, .dtype = TIN_I32, .index = condition->index, .element = value->element};
    if (condition->low < INT32_MIN || condition->high > INT32_MAX)
      v->failed = true;
    int at = emit_index(v, &number);
    int in[3] = {tin_v_const(v, VT_I32, (uint32_t)condition->low), at, -1};
    int above = tin_v_op(v, OP_LE, TIN_BOOL, TIN_I32, in);
    int in2[3] = {at, tin_v_const(v, VT_I32, (uint32_t)condition->high), -1};
    int below = tin_v_op(v, OP_LT, TIN_BOOL, TIN_I32, in2);
    int both = tin_v_binary(v, V_AND, VT_I32, above, below);
    mask = mask < 0 ? both : tin_v_binary(v, V_AND, VT_I32, mask, both);
    if (condition->mod > 1) { /* a number of the C code: along the columns it would not be even */
      number.index = tin_index_mod(v->nest->indexes, condition->index, condition->mod);
      int rest[3] = {emit_index(v, &number), tin_v_const(v, VT_I32, 0), -1};
      mask = tin_v_binary(v, V_AND, VT_I32, mask, tin_v_op(v, OP_EQ, TIN_BOOL, TIN_I32, rest));
    }
  }
  return mask;
}

static int emit_constant(struct vectorizer *v, const struct tin_value *value) {
  return tin_v_const(v, tin_v_type(value->dtype), tin_v_lane_bits(value->dtype, value->bits));
}

static int emit_scalar(struct vectorizer *v, const struct tin_value *value) {
  int pointer = tin_v_special_pointer(v, VPOINTER_SCALARS);
  if (value->dtype == TIN_BOOL) {
    v->failed = true;
    return 0;
  }
  struct tin_vconst constant = {.reg = (uint16_t)tin_v_register(v),
                                .pointer = (int16_t)pointer,
                                .disp = 8 * value->arg,
                                .type = (uint8_t)tin_v_memory_type(value->dtype)};
  tin_vec_push(v->arena, &v->program.consts, constant);
  return constant.reg;
}

/* A comparison that only decides selects is repeated right before each of them: its mask then never leaves the mask register. */
static bool is_deferred(const struct vectorizer *v, int number) {
  const struct tin_value *value = &v->nest->values.at[number];
  return value->kind == VALUE_OP && value->op >= OP_LT && value->op <= OP_NE && v->only_selects[number] &&
         v->nest->values.at[value->in[0]].dtype != TIN_BOOL;
}

static int emit_value(struct vectorizer *v, int number);

static void find_deferred(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  for (int i = 0; i < nest->values.count; i++)
    v->only_selects[i] = 1;
  for (int i = 0; i < nest->values.count; i++)
    for (int k = 0; v->used[i] && k < 3; k++) {
      const struct tin_value *user = &nest->values.at[i];
      bool decides = user->kind == VALUE_OP && user->op == OP_SELECT && k == 0;
      if (user->in[k] >= 0 && (!decides || v->depth[i] != v->depth[user->in[k]]))
        v->only_selects[user->in[k]] = 0;
    }
  for (int i = 0; i < nest->stores.count; i++)
    v->only_selects[nest->stores.at[i].value] = 0;
  for (int i = 0; i < nest->reductions.count; i++)
    v->only_selects[nest->reductions.at[i].value] = 0;
}

static int emit_value(struct vectorizer *v, int number) {
  const struct tin_value *value = &v->nest->values.at[number];
  switch (value->kind) {
  case VALUE_CONST:
    return emit_constant(v, value);
  case VALUE_SCALAR:
    return emit_scalar(v, value);
  case VALUE_INDEX:
    return emit_index(v, value);
  case VALUE_GUARD:
    return emit_guard(v, value);
  case VALUE_LOAD:
    return emit_load(v, value, v->depth[number]);
  case VALUE_OP: {
    int in[3];
    if (value->op == OP_SELECT && is_deferred(v, value->in[0]))
      v->reg[value->in[0]] = emit_value(v, value->in[0]);
    for (int k = 0; k < 3; k++)
      in[k] = value->in[k] >= 0 ? v->reg[value->in[k]] : -1;
    int from = v->nest->values.at[value->in[value->op == OP_SELECT ? 1 : 0]].dtype;
    return tin_v_op(v, value->op, value->dtype, from, in);
  }
  default:
    assert(v->reg[number] >= 0);
    return v->reg[number];
  }
}

void tin_v_emit_values(struct vectorizer *v, const int *needed, int depth, int level) {
  for (int i = 0; i < v->nest->values.count; i++) {
    const struct tin_value *value = &v->nest->values.at[i];
    if (v->tiled && v->tiles[i])
      v->reg[i] = v->tiles[i][v->row_offset];
    else if (needed[i] && v->depth[i] == depth && value->kind != VALUE_REDUCE && (level < 0 || value->level == level) && !is_deferred(v, i))
      v->reg[i] = emit_value(v, i);
  }
}

void tin_v_emit_store(struct vectorizer *v, const struct tin_store *store, bool element) {
  int dtype = v->nest->args.at[store->arg].dtype, reg = v->reg[store->value];
  struct tin_v_place place = tin_v_place_of(v, store->arg, store->index, element);
  if (place.stride != 1 && v->vector_symbol >= 0)
    v->failed = true;
  if (dtype == TIN_BOOL)
    reg = tin_v_binary(v, V_AND, VT_I32, reg, tin_v_const(v, VT_I32, 1));
  bool streams = v->nest->args.at[store->arg].streamed && element && !v->tail && tin_v_memory_type(dtype) < VT_NARROW &&
                 tin_v_is_aligned(v, store->index);
  memory_inst(v, streams ? V_STREAM : V_STORE, dtype, &place, true)->a = (uint16_t)reg;
}

/* One element of a row value: lane 0, through a tail of length 1. */
void tin_v_emit_single_store(struct vectorizer *v, const struct tin_store *store) {
  int vector_symbol = v->vector_symbol;
  v->vector_symbol = -1;
  tin_v_emit(v, V_INDEX_ZERO, VT_I32);
  tin_v_loop(v, V_TAIL, -1, 1, 1);
  v->tail = true;
  tin_v_emit_store(v, store, false);
  v->tail = false;
  tin_v_emit(v, V_TAIL_END, VT_I32);
  v->vector_symbol = vector_symbol;
}

void tin_v_loop(struct vectorizer *v, int op, int slot, int limit, int step) {
  struct tin_vinst *inst = tin_v_emit(v, op, VT_I32);
  inst->a = slot >= 0 ? (uint16_t)slot : V_NO_REGISTER;
  inst->disp = limit;
  inst->imm = step;
}

/* ---- preparation ---- */

static int depth_of(const struct vectorizer *v, const struct tin_value *value) {
  const struct tin_nest *nest = v->nest;
  int depth = DEPTH_INVARIANT;
  if (value->kind == VALUE_REDUCE)
    depth = nest->form == NEST_COLUMN ? DEPTH_COLUMN : DEPTH_ROW;
  if (value->element)
    depth = DEPTH_ELEMENT;
  for (int c = -1; c < value->n_conditions; c++) {
    const struct tin_index *index = c < 0 ? value->index : value->conditions[c].index;
    if (!index)
      continue;
    if (nest->row >= 0 && tin_index_uses(index, nest->row) && depth < DEPTH_ROW)
      depth = DEPTH_ROW;
    if (nest->form == NEST_COLUMN && tin_index_uses(index, nest->column) && depth < DEPTH_COLUMN)
      depth = DEPTH_COLUMN;
  }
  for (int k = 0; k < 3; k++)
    if (value->in[k] >= 0 && v->depth[value->in[k]] > depth)
      depth = v->depth[value->in[k]];
  return depth;
}

void tin_v_mark(const struct tin_nest *nest, int *needed, int value) {
  if (value < 0 || needed[value])
    return;
  needed[value] = 1;
  for (int k = 0; k < 3; k++)
    tin_v_mark(nest, needed, nest->values.at[value].in[k]);
}

static void mark_used(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  for (int i = 0; i < nest->stores.count; i++)
    tin_v_mark(nest, v->used, nest->stores.at[i].value);
  for (int i = 0; i < nest->reductions.count; i++) {
    tin_v_mark(nest, v->used, nest->reductions.at[i].value);
    tin_v_mark(nest, v->used, nest->reductions.at[i].factor);
  }
}

/* The row loop can be inside the routine when every access moves by a constant from row to row and no number of the C code depends on the
 * row. */
static bool rows_need_c(const struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  int64_t coefficient;
  if (nest->row < 0)
    return false;
  for (int i = 0; i < nest->values.count; i++) {
    const struct tin_value *value = &nest->values.at[i];
    if (!v->used[i])
      continue;
    bool computed = value->kind == VALUE_INDEX || value->kind == VALUE_GUARD || (value->kind == VALUE_LOAD && value->in[1] >= 0);
    if (value->index && (computed ? tin_index_uses(value->index, nest->row) : !tin_index_affine(value->index, nest->row, &coefficient)))
      return true;
    for (int c = 0; c < value->n_conditions; c++)
      if (tin_index_uses(value->conditions[c].index, nest->row))
        return true;
  }
  for (int i = 0; i < nest->stores.count; i++)
    if (!tin_index_affine(nest->stores.at[i].index, nest->row, &coefficient))
      return true;
  return false;
}

static bool has_wide_values(const struct vectorizer *v) {
  for (int i = 0; i < v->nest->values.count; i++)
    if (v->used[i] && tin_dtype_bytes(v->nest->values.at[i].dtype) == 8)
      return true;
  return false;
}

/* Elementary functions of f32 may work in f64 inside. */
static bool has_wide_steps(const struct vectorizer *v) {
  for (int i = 0; i < v->nest->values.count; i++) {
    const struct tin_value *value = &v->nest->values.at[i];
    if (v->used[i] && value->kind == VALUE_OP && tin_v_program_is_wide(value->op, value->dtype))
      return true;
  }
  return false;
}

/* ---- the C function ---- */

static void print_address(struct tin_text *text, const struct vectorizer *v, const struct vpointer *pointer, const char *const *names) {
  switch (pointer->arg) {
  case VPOINTER_POOL:
    tin_text_puts(text, "(long)pool");
    return;
  case VPOINTER_SCALARS:
    tin_text_puts(text, "(long)scalar");
    return;
  case VPOINTER_FRAME:
    tin_text_puts(text, "(long)f");
    return;
  case VPOINTER_BLOCKS:
    tin_text_add(text, "(long)(scratch + %lld)", (long long)v->block_offset);
    return;
  case VPOINTER_RESULTS:
    tin_text_add(text, "(long)(scratch + %lld)", (long long)(v->block_offset + v->results_offset));
    return;
  default:
    break;
  }
  const struct tin_arg *arg = &v->nest->args.at[pointer->arg];
  if (arg->kind == ARG_BUFFER)
    tin_text_add(text, "(long)buf[%d]", arg->number);
  else if (arg->kind == ARG_SCRATCH)
    tin_text_add(text, "(long)(scratch + %lld)", (long long)arg->offset);
  else
    tin_text_add(text, "(long)pointer[%d]", arg->number);
  if (pointer->index->n_terms || pointer->index->constant) {
    tin_text_puts(text, " + (");
    tin_index_print(text, pointer->index, names);
    tin_text_add(text, ") * %d", pointer->bytes);
  }
}

static const char **symbol_names(struct vectorizer *v) {
  const struct tin_nest *nest = v->nest;
  const char **names = TIN_NEW_ARRAY(v->arena, const char *, nest->n_symbols + 1);
  for (int s = 0; s < nest->n_symbols; s++) {
    struct tin_text name;
    tin_text_init(&name, v->arena);
    tin_text_add(&name, "param[%d]", s);
    names[s] = name.at;
  }
  if (nest->row >= 0)
    names[nest->row] = v->rows_in_c ? "row" : "row_low";
  if (nest->column >= 0)
    names[nest->column] = "column_low";
  for (int i = 0; i < nest->inner.count; i++)
    names[nest->inner.at[i].symbol] = "0";
  return names;
}

static void print_pool(struct tin_text *text, const struct vectorizer *v) {
  tin_text_puts(text, "  static const unsigned long long pool[] = {");
  for (int i = 0; i < v->pool.count; i++) {
    tin_text_puts(text, i ? "," : "");
    tin_text_hex(text, v->pool.at[i]);
    tin_text_puts(text, "u");
  }
  tin_text_puts(text, v->pool.count ? "};\n" : "0};\n");
}

/* The function up to its program, the same in both texts. */
static void print_head(struct tin_text *text, struct vectorizer *v, const char *name) {
  const char *const *names = symbol_names(v);
  tin_text_add(text,
               "static void %s(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,\n"
               "    const long *param, long row_low, long row_high, long column_low, long column_high)\n{\n",
               name);
  print_pool(text, v);
  tin_text_add(text, "  long f[%d];\n", v->program.n_slots);
  tin_text_puts(text, "  if (row_low >= row_high || column_low >= column_high) return;\n");
  if (v->rows_in_c)
    tin_text_add(text, "  for (long row = row_low; row < row_high; row += %d) {\n", v->tiled ? v->lanes : 1);
  for (int i = 0; i < v->pointers.count; i++) {
    tin_text_add(text, "  f[%d] = ", i);
    print_address(text, v, &v->pointers.at[i], names);
    tin_text_puts(text, ";\n");
  }
  for (int i = 0; i < v->slots.count; i++) {
    tin_text_add(text, "  f[%d] = ", v->pointers.count + i);
    if (v->slots.at[i].index)
      tin_index_print(text, v->slots.at[i].index, names);
    else
      tin_text_puts(text, v->slots.at[i].text);
    tin_text_puts(text, ";\n");
  }
  if (v->program.spill_bytes)
    tin_text_add(text, "  f[%d] = (long)(scratch + %lld);\n", v->program.spill_slot, (long long)v->spill_offset);
}

static void print_function(const struct tin_output *out, struct vectorizer *v, const char *name) {
  tin_output_declare_routine(out, name);
  print_head(out->text, v, name);
  if (out->readable)
    print_head(out->readable, v, name);
  tin_output_routine(out, &v->program, name);
  tin_output_add(out, v->rows_in_c ? "  }\n}\n" : "}\n");
}

/* Slots get their frame numbers behind the pointers. */
static void lay_out_frame(struct vectorizer *v) {
  struct tin_vprogram *program = &v->program;
  int n = v->pointers.count;
  program->n_pointers = n;
  program->n_slots = n + v->slots.count;
  for (int i = 0; i < program->insts.count; i++) {
    struct tin_vinst *inst = &program->insts.at[i];
    bool counts = inst->op == V_LOOP || inst->op == V_TAIL || inst->op == V_REPEAT || inst->op == V_REPEAT_END || inst->op == V_RESET;
    if (counts && inst->a != V_NO_REGISTER)
      inst->a = (uint16_t)(inst->a - SLOT_BASE + n);
    if (inst->op == V_BROADCAST && inst->pointer >= 0 && v->pointers.at[inst->pointer].arg == VPOINTER_FRAME)
      inst->disp = (inst->disp - SLOT_BASE + n) * 8;
  }
}

static int64_t take_scratch(struct tin_nest *nest, int64_t bytes) {
  int64_t offset = (nest->scratch_bytes + 63) / 64 * 64;
  if (bytes)
    nest->scratch_bytes = offset + bytes;
  return offset;
}

/* How a function takes its rows: one after another, two at once, or as tiles. */
enum manner { SINGLY, IN_PAIRS, IN_TILES };

static bool vectorize(const struct tin_output *out, struct tin_nest *nest, const char *name, enum manner manner) {
  struct tin_arena *arena = out->arena;
  const struct tin_vtarget *target = out->target->vector;
  struct vectorizer vectorizer = {.arena = arena, .nest = nest, .target = target, .iota = -1, .column_vector = -1, .column_base = -1};
  struct vectorizer *v = &vectorizer;
  int n = nest->values.count;
  v->used = TIN_NEW_ARRAY(arena, int, n);
  v->depth = TIN_NEW_ARRAY(arena, int, n);
  v->reg = TIN_NEW_ARRAY(arena, int, n);
  v->only_selects = TIN_NEW_ARRAY(arena, int, n);
  v->inner_offset = TIN_NEW_ARRAY(arena, int, nest->inner.count + 1);
  memset(v->reg, -1, sizeof(int) * (size_t)n);
  mark_used(v);
  for (int i = 0; i < n; i++)
    v->depth[i] = depth_of(v, &nest->values.at[i]);
  find_deferred(v);
  v->vector_symbol = nest->form == NEST_ROW ? (nest->inner.count ? nest->inner.at[nest->inner.count - 1].symbol : -1) : nest->column;
  v->lanes = target->vector_bytes / (has_wide_values(v) || has_wide_steps(v) ? 8 : 4);
  v->program.lanes = v->lanes;
  v->program.spill_slot = -1;
  v->tiled = manner == IN_TILES;
  v->tiles = TIN_NEW_ARRAY(arena, int *, n);
  v->rows_in_c = v->tiled || rows_need_c(v);
  v->flight = manner == IN_PAIRS ? 2 : 1;
  if (manner == IN_PAIRS && (v->rows_in_c || !tin_v_wants_pairs(v)))
    return false;
  tin_v_special_pointer(v, VPOINTER_POOL);
  int64_t scratch_bytes = nest->scratch_bytes; /* of the rows' buffers */
  v->row_scratch = v->flight > 1 ? take_scratch(nest, scratch_bytes) : 0;
  tin_v_loops(v);
  if (v->failed)
    return false;
  lay_out_frame(v);
  tin_output_program(out, &v->program, name, "before allocation");
  tin_v_finish(v);
  v->block_offset = take_scratch(nest, v->block_bytes);
  v->spill_offset = take_scratch(nest, v->program.spill_bytes);
  print_function(out, v, name);
  return true;
}

bool tin_vectorize(const struct tin_output *out, struct tin_nest *nest, const char *name) {
  return vectorize(out, nest, name, SINGLY);
}

bool tin_vectorize_pairs(const struct tin_output *out, struct tin_nest *nest, const char *name) {
  return nest->form == NEST_ROW && nest->row >= 0 && vectorize(out, nest, name, IN_PAIRS);
}

bool tin_vectorize_tiles(const struct tin_output *out, struct tin_nest *nest, const char *name) {
  return tin_v_has_transposed(nest) && vectorize(out, nest, name, IN_TILES);
}
