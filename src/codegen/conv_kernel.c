/* Tiles of direct convolution as vector programs with registers chosen by hand, and the tables of places that they follow. See conv.h. */
#include "codegen/conv.h"

#include <string.h>

/* ---- small assembler ---- */

struct hand {
  struct tin_arena *arena;
  struct tin_vprogram program;
};

/* Slots of a tile's frame: the first four are pointers. */
enum { SLOT_A, SLOT_B, SLOT_C, SLOT_TABLE, SLOT_A_BASE, SLOT_B_BASE, SLOT_COUNT, SLOT_ADD, SLOTS };

static struct tin_vinst *emit(struct hand *h, int op, int type) {
  struct tin_vinst inst = {.op = (uint8_t)op,
                           .type = (uint8_t)type,
                           .d = V_NO_REGISTER,
                           .a = V_NO_REGISTER,
                           .b = V_NO_REGISTER,
                           .c = V_NO_REGISTER,
                           .pointer = -1};
  tin_vec_push(h->arena, &h->program.insts, inst);
  return &h->program.insts.at[h->program.insts.count - 1];
}

static void emit_memory(struct hand *h, int op, int reg, int pointer, int64_t disp) {
  struct tin_vinst *inst = emit(h, op, VT_F32);
  inst->d = op == V_STORE ? V_NO_REGISTER : (uint16_t)reg;
  inst->a = op == V_STORE || op == V_ADD_MEM ? (uint16_t)reg : V_NO_REGISTER;
  inst->pointer = (int16_t)pointer;
  inst->disp = (int32_t)disp;
}

static void emit_bump(struct hand *h, int pointer, int64_t bytes) {
  struct tin_vinst *inst = emit(h, V_BUMP, VT_F32);
  inst->pointer = (int16_t)pointer;
  inst->imm = (int32_t)bytes;
}

static void emit_point(struct hand *h, int pointer, int base, int disp) {
  struct tin_vinst *inst = emit(h, V_POINT, VT_F32);
  inst->pointer = (int16_t)pointer;
  inst->a = (uint16_t)base;
  inst->imm = SLOT_TABLE;
  inst->disp = disp;
}

static void emit_loop(struct hand *h, int op, int slot, int step) {
  struct tin_vinst *inst = emit(h, op, VT_F32);
  inst->a = slot < 0 ? V_NO_REGISTER : (uint16_t)slot;
  inst->imm = step;
}

static struct hand hand_of(const struct tin_output *out, int n_pointers, int n_slots) {
  struct hand hand = {.arena = out->arena};
  hand.program.lanes = out->target->vector->vector_bytes / 4;
  hand.program.n_pointers = n_pointers;
  hand.program.n_slots = n_slots;
  hand.program.spill_slot = -1;
  return hand;
}

/* ---- tiles ---- */

struct registers {
  int sum;    /* first of rows * vectors */
  int a, n_a; /* broadcasts, used in turn */
};

/* One k: B's vectors, then a broadcast and the op for each row. */
static void tile_step(struct hand *h, const struct tin_conv_tile *tile, const struct registers *r, int op) {
  emit_point(h, SLOT_A, SLOT_A_BASE, 0);
  if (tile->skips)
    emit_point(h, SLOT_B, SLOT_B_BASE, 4);
  for (int j = 0; j < tile->vectors; j++)
    emit_memory(h, V_LOAD, j, SLOT_B, (int64_t)j * tile->lanes * 4);
  for (int i = 0; i < tile->rows; i++) {
    int a = r->a + i % r->n_a;
    emit_memory(h, V_BROADCAST, a, SLOT_A, tile->displacement[i] * 4);
    for (int j = 0; j < tile->vectors; j++) {
      struct tin_vinst *inst = emit(h, op, VT_F32);
      inst->d = (uint16_t)(r->sum + i * tile->vectors + j);
      inst->a = (uint16_t)a;
      inst->b = (uint16_t)j;
    }
  }
  emit_bump(h, SLOT_TABLE, tile->skips ? 8 : 4);
  if (!tile->skips)
    emit_bump(h, SLOT_B, tile->b_step * 4);
}

static void tile_results(struct hand *h, const struct tin_conv_tile *tile, const struct registers *r, int op) {
  for (int i = 0; i < tile->rows; i++)
    for (int j = 0; j < tile->vectors; j++)
      emit_memory(h, op, r->sum + i * tile->vectors + j, SLOT_C, (i * tile->c_row + (int64_t)j * tile->lanes) * 4);
}

static struct hand tile_program(const struct tin_output *out, const struct tin_conv_tile *tile) {
  struct hand hand = hand_of(out, SLOT_TABLE + 1, SLOTS), *h = &hand;
  int registers = out->target->vector->registers, sums = tile->rows * tile->vectors, left = registers - sums - tile->vectors;
  struct registers r = {.sum = registers - sums, .a = tile->vectors, .n_a = left > 3 ? 3 : left};
  if (tile->skips) { /* the sum of nothing: its zero may be positive */
    for (int i = 0; i < sums; i++)
      emit(h, V_ZERO, VT_F32)->d = (uint16_t)(r.sum + i);
  } else {
    tile_step(h, tile, &r, V_MUL); /* fma(a, b, -0.0) is a * b */
  }
  emit(h, V_INDEX_ZERO, VT_F32);
  emit_loop(h, V_LOOP, SLOT_COUNT, 1);
  tile_step(h, tile, &r, V_FMA);
  emit_loop(h, V_END, -1, 1);
  if (tile->adds) { /* a loop of `add` rounds */
    emit(h, V_INDEX_ZERO, VT_F32);
    emit_loop(h, V_LOOP, SLOT_ADD, 1);
    tile_results(h, tile, &r, V_ADD_MEM);
    emit_loop(h, V_END, -1, 1);
  }
  tile_results(h, tile, &r, V_STORE);
  return hand;
}

void tin_conv_tile_print(const struct tin_output *out, const struct tin_conv_tile *tile, const char *name) {
  struct hand hand = tile_program(out, tile);
  tin_output_declare_routine(out, name);
  tin_output_add(out,
                 "static void %s(char *a, char *b, char *c, const int *table, long count, long add)\n{\n  long f[%d];\n"
                 "  f[0] = 0; f[1] = (long)b; f[2] = (long)c; f[3] = (long)table; f[4] = (long)a; f[5] = (long)b; f[6] = count%s; "
                 "f[7] = add;\n",
                 name, SLOTS, tile->skips ? "" : " - 1");
  tin_output_routine(out, &hand.program, name);
  tin_output_add(out, "}\n");
}

/* ---- tables ---- */

void tin_conv_shift_print(const struct tin_output *out, const char *name) {
  enum { TO, FROM, BY, COUNT, SHIFT_SLOTS };
  struct hand hand = hand_of(out, BY + 1, SHIFT_SLOTS), *h = &hand;
  int lanes = hand.program.lanes;
  emit_memory(h, V_BROADCAST, 1, BY, 0);
  h->program.insts.at[0].type = VT_I32;
  emit(h, V_INDEX_ZERO, VT_I32);
  emit_loop(h, V_LOOP, COUNT, lanes);
  static const struct { int op, pointer; } steps[] = {{V_LOAD, FROM}, {V_ADD, -1}, {V_STORE, TO}};
  for (int i = 0; i < 3; i++) {
    struct tin_vinst *inst = emit(h, steps[i].op, VT_I32);
    inst->d = steps[i].op == V_STORE ? V_NO_REGISTER : 0;
    inst->a = steps[i].op == V_LOAD ? V_NO_REGISTER : 0;
    inst->b = steps[i].op == V_ADD ? 1 : V_NO_REGISTER;
    inst->pointer = (int16_t)steps[i].pointer;
    inst->flags = steps[i].op == V_ADD ? 0 : V_INDEX_FLAG;
  }
  emit_loop(h, V_END, -1, lanes);
  tin_output_declare_routine(out, name);
  tin_output_add(
      out,
      "static void %s(int *to, const int *from, long by, long count)\n{\n  long f[%d];\n  int number[1];\n  number[0] = (int)by;\n"
      "  f[0] = (long)to; f[1] = (long)from; f[2] = (long)number; f[3] = (count + %d) / %d * %d;\n",
      name, SHIFT_SLOTS, lanes - 1, lanes, lanes);
  tin_output_routine(out, &hand.program, name);
  tin_output_add(out, "}\n");
}

void tin_conv_scan_print(const struct tin_output *out, const char *name) {
  enum { FROM, TO, COUNT, SCAN_SLOTS };
  enum { SEEN, VALUE };
  struct hand hand = hand_of(out, TO + 1, SCAN_SLOTS), *h = &hand;
  emit(h, V_ZERO, VT_F32)->d = SEEN;
  emit(h, V_INDEX_ZERO, VT_F32);
  emit_loop(h, V_LOOP, COUNT, hand.program.lanes);
  emit_memory(h, V_LOAD, VALUE, FROM, 0);
  h->program.insts.at[h->program.insts.count - 1].flags = V_INDEX_FLAG;
  static const struct { int op, d, a, b; } steps[] = {{V_SUB, VALUE, VALUE, VALUE}, {V_OR, SEEN, SEEN, VALUE}}; /* x - x is +0 or NaN */
  for (int i = 0; i < 2; i++) {
    struct tin_vinst *inst = emit(h, steps[i].op, VT_F32);
    inst->d = (uint16_t)steps[i].d;
    inst->a = (uint16_t)steps[i].a;
    inst->b = (uint16_t)steps[i].b;
  }
  emit_loop(h, V_END, -1, hand.program.lanes);
  emit_memory(h, V_STORE, SEEN, TO, 0);
  tin_output_declare_routine(out, name);
  tin_output_add(
      out, "static void %s(char *from, char *to, long count)\n{\n  long f[%d];\n  f[0] = (long)from; f[1] = (long)to; f[2] = count;\n",
      name, SCAN_SLOTS);
  tin_output_routine(out, &hand.program, name);
  tin_output_add(out, "}\n");
}

static void table_text(struct tin_text *text, const int32_t *table, int count, const char *name) {
  tin_text_add(text, "static const int %s[%d] = {", name, count);
  for (int i = 0; i < count; i++)
    tin_text_add(text, i % 16 ? "%d," : "\n  %d,", (int)table[i]);
  tin_text_puts(text, "\n};\n");
}

void tin_conv_table_print(const struct tin_output *out, const int32_t *table, int count, const char *name) {
  enum { BEHIND = 16 };
  int32_t *padded = TIN_NEW_ARRAY(out->arena, int32_t, count + BEHIND);
  memcpy(padded, table, sizeof *table * (size_t)count);
  if (out->readable)
    table_text(out->readable, padded, count + BEHIND, name);
  if (out->code->style != TIN_VECTORS_ENCODED) {
    table_text(out->text, padded, count + BEHIND, name);
    return;
  }
  /* libtcc takes longest over numbers: they are placed like machine code */
  struct tin_code_routine routine = {tin_arena_string(out->arena, name), (const uint8_t *)padded,
                                     sizeof *padded * (size_t)(count + BEHIND)};
  tin_vec_push(out->arena, &out->code->routines, routine);
  tin_text_add(out->text, "extern const int %s[];\n", name);
}
