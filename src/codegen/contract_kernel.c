/* Micro-kernels, the transposition used in packing, and adding of tiles: vector programs with registers chosen by hand, since a
 * micro-kernel uses every register that there is. Where the target has no vectors (or not for the dtype), plain C of the same meaning. */
#include "codegen/contract_kernel.h"

#include <stdio.h>
#include <string.h>

/* ---- small assembler for hand-allocated programs ---- */

struct hand {
  struct tin_arena *arena;
  struct tin_vprogram program;
  int type;
};

static struct tin_vinst *hand_emit(struct hand *h, int op) {
  struct tin_vinst inst = {.op = (uint8_t)op,
                           .type = (uint8_t)h->type,
                           .d = V_NO_REGISTER,
                           .a = V_NO_REGISTER,
                           .b = V_NO_REGISTER,
                           .c = V_NO_REGISTER,
                           .pointer = -1};
  tin_vec_push(h->arena, &h->program.insts, inst);
  return &h->program.insts.at[h->program.insts.count - 1];
}

static void hand_registers(struct hand *h, int op, int d, int a, int b) {
  struct tin_vinst *inst = hand_emit(h, op);
  inst->d = (uint16_t)d;
  inst->a = (uint16_t)a;
  inst->b = (uint16_t)b;
}

static void hand_memory(struct hand *h, int op, int reg, int pointer, int64_t disp) {
  struct tin_vinst *inst = hand_emit(h, op);
  if (op == V_STORE)
    inst->a = (uint16_t)reg;
  else
    inst->d = (uint16_t)reg;
  inst->pointer = (int16_t)pointer;
  inst->disp = (int32_t)disp;
}

enum { PREFETCH_TO_READ = 0, PREFETCH_INTO_L2 = 1, PREFETCH_TO_WRITE = 2 };

static void hand_prefetch(struct hand *h, int pointer, int64_t disp, int how) {
  struct tin_vinst *inst = hand_emit(h, V_PREFETCH);
  inst->pointer = (int16_t)pointer;
  inst->disp = (int32_t)disp;
  inst->imm = how;
}

/* The last instruction is masked by the tail. */
static void hand_tail(struct hand *h, bool masked) {
  if (masked)
    h->program.insts.at[h->program.insts.count - 1].flags |= V_TAIL_FLAG;
}

static void hand_bump(struct hand *h, int pointer, int64_t bytes) {
  struct tin_vinst *inst = hand_emit(h, V_BUMP);
  inst->pointer = (int16_t)pointer;
  inst->imm = (int32_t)bytes;
}

static void hand_loop(struct hand *h, int op, int slot, int step) {
  struct tin_vinst *inst = hand_emit(h, op);
  inst->a = slot >= 0 ? (uint16_t)slot : V_NO_REGISTER;
  inst->imm = step;
}

static int vector_type(int dtype) {
  return dtype == TIN_F64 ? VT_F64 : VT_F32;
}

/* ---- micro-kernel ---- */

struct micro_registers {
  int accumulator; /* first of rows * vectors */
  int b;           /* first of `vectors` */
  int a, n_a;      /* broadcasts of A, used in turn */
};

static struct micro_registers micro_registers(const struct tin_micro *micro, const struct tin_vtarget *target) {
  int used = micro->rows * micro->vectors + micro->vectors;
  struct micro_registers r = {.b = 0, .a = micro->vectors, .n_a = target->registers - used > 3 ? 3 : target->registers - used};
  r.accumulator = target->registers - micro->rows * micro->vectors;
  return r;
}

static void micro_step(struct hand *h, const struct tin_micro *micro, const struct micro_registers *r, int op) {
  int bytes = tin_dtype_bytes(micro->dtype), vector = micro->lanes * bytes;
  for (int j = 0; j < micro->vectors; j++) {
    hand_memory(h, V_LOAD, r->b + j, 1, j * vector);
    hand_tail(h, micro->tail_b && j == micro->vectors - 1);
  }
  for (int j = 0; micro->ahead && j < micro->vectors; j++)
    hand_prefetch(h, 1, micro->ahead * bytes + j * vector, PREFETCH_TO_READ);
  for (int i = 0; i < micro->rows; i++) {
    int a = r->a + i % r->n_a;
    hand_memory(h, V_BROADCAST, a, 0, i * micro->a_row * bytes);
    for (int j = 0; j < micro->vectors; j++)
      hand_registers(h, op, r->accumulator + i * micro->vectors + j, a, r->b + j);
  }
}

/* Pointers, then the other slots of the frame. */
enum { AT_A, AT_B, AT_C, AT_FETCHED, AT_AHEAD, MICRO_POINTERS = AT_AHEAD + AHEAD_MAX };
enum { REST = MICRO_POINTERS, ADD, PER_ROW, ROW, TILES, BACK_A, BACK_B, STEP_AHEAD, MICRO_SLOTS = STEP_AHEAD + AHEAD_MAX };

/* One step of k a round: with at least 24 FMAs in it the loop costs nothing, and less text compiles faster. */
static void micro_loop(struct hand *h, const struct tin_micro *micro, const struct micro_registers *r, int rounds) {
  int bytes = tin_dtype_bytes(micro->dtype);
  hand_emit(h, V_INDEX_ZERO);
  hand_loop(h, V_LOOP, rounds, 1);
  micro_step(h, micro, r, V_FMA);
  hand_bump(h, AT_A, micro->a_k * bytes);
  hand_bump(h, AT_B, micro->b_k * bytes);
  hand_loop(h, V_END, -1, 1);
}

static void hand_advance(struct hand *h, int pointer, int slot) {
  struct tin_vinst *inst = hand_emit(h, V_ADVANCE);
  inst->pointer = (int16_t)pointer;
  inst->a = (uint16_t)slot;
}

static void micro_fetch_ahead(struct hand *h, const struct tin_micro *micro) {
  enum { LINE = 64 };
  for (int i = 0; i < micro->ahead_of_result.count; i++) {
    for (int at = 0; at < micro->vectors * micro->lanes * micro->ahead_of_result.at[i].bytes; at += LINE)
      hand_prefetch(h, AT_AHEAD + i, at, PREFETCH_INTO_L2);
    hand_advance(h, AT_AHEAD + i, STEP_AHEAD + i);
  }
}

/* Steps of k, spread over the rows of C that are fetched meanwhile. */
static void micro_fetch_loop(struct hand *h, const struct tin_micro *micro, const struct micro_registers *r) {
  int bytes = tin_dtype_bytes(micro->dtype);
  hand_loop(h, V_RESET, ROW, micro->rows);
  hand_loop(h, V_REPEAT, ROW, 0);
  for (int j = 0; j < micro->vectors; j++)
    hand_prefetch(h, AT_FETCHED, j * micro->lanes * bytes, PREFETCH_TO_WRITE);
  micro_fetch_ahead(h, micro);
  hand_bump(h, AT_FETCHED, micro->c_row * bytes);
  micro_loop(h, micro, r, PER_ROW);
  hand_loop(h, V_REPEAT_END, ROW, 0);
}

/* ADD_MEM or STORE of every accumulator and its place in C. */
static void micro_results(struct hand *h, const struct tin_micro *micro, const struct micro_registers *r, int op) {
  int bytes = tin_dtype_bytes(micro->dtype);
  for (int i = 0; i < micro->rows; i++)
    for (int j = 0; j < micro->vectors; j++) {
      int accumulator = r->accumulator + i * micro->vectors + j;
      bool masked = micro->tail_c && j == micro->vectors - 1, apart = masked && op == V_ADD_MEM; /* has no register to spare for masking */
      hand_memory(h, apart ? V_LOAD : op, apart ? r->b : accumulator, AT_C, (i * micro->c_row + j * micro->lanes) * bytes);
      hand_tail(h, masked);
      if (apart)
        hand_registers(h, V_ADD, accumulator, accumulator, r->b);
      else
        h->program.insts.at[h->program.insts.count - 1].a = (uint16_t)accumulator;
    }
}

/* One tile, pointers at its corner. */
static void micro_tile(struct hand *h, const struct tin_micro *micro, const struct micro_registers *r) {
  int bytes = tin_dtype_bytes(micro->dtype);
  if (micro->goes_on) {
    for (int i = 0; i < micro->rows * micro->vectors; i++)
      hand_memory(h, V_LOAD, r->accumulator + i, AT_C, (i / micro->vectors * micro->c_row + i % micro->vectors * micro->lanes) * bytes);
  } else {
    micro_step(h, micro, r, V_MUL); /* fma(a, b, -0.0) is a * b */
    hand_bump(h, AT_A, micro->a_k * bytes);
    hand_bump(h, AT_B, micro->b_k * bytes);
  }
  if (micro->fetch)
    micro_fetch_loop(h, micro, r);
  micro_loop(h, micro, r, REST);
  if (micro->adds) { /* a loop of `add` rounds */
    hand_emit(h, V_INDEX_ZERO);
    hand_loop(h, V_LOOP, ADD, 1);
    micro_results(h, micro, r, V_ADD_MEM);
    hand_loop(h, V_END, -1, 1);
  }
  micro_results(h, micro, r, V_STORE);
}

static void micro_next(struct hand *h, const struct tin_micro *micro) {
  int bytes = tin_dtype_bytes(micro->dtype);
  int64_t down = micro->rows * micro->c_row;
  hand_advance(h, AT_A, BACK_A);
  hand_advance(h, AT_B, BACK_B);
  hand_bump(h, AT_C, (micro->strip == TIN_STRIP_ACROSS ? micro->c_panel : down) * bytes);
  if (micro->strip == TIN_STRIP_ACROSS && micro->fetch)
    hand_bump(h, AT_FETCHED, (micro->c_panel - down) * bytes);
  hand_loop(h, V_REPEAT_END, TILES, 0);
}

static void micro_program(const struct tin_output *out, const struct tin_micro *micro, struct hand *h) {
  *h = (struct hand){.arena = out->arena, .type = vector_type(micro->dtype)};
  h->program.lanes = micro->lanes;
  h->program.n_pointers = MICRO_POINTERS;
  h->program.n_slots = MICRO_SLOTS;
  h->program.spill_slot = -1;
  struct micro_registers r = micro_registers(micro, out->target->vector);
  if (micro->tail_b || micro->tail_c) { /* the mask holds for the whole program */
    hand_emit(h, V_INDEX_ZERO);
    hand_loop(h, V_TAIL, -1, micro->lanes);
    h->program.insts.at[h->program.insts.count - 1].disp = micro->tail;
  }
  if (micro->strip)
    hand_loop(h, V_REPEAT, TILES, 0);
  micro_tile(h, micro, &r);
  if (micro->strip)
    micro_next(h, micro);
  if (micro->tail_b || micro->tail_c)
    hand_emit(h, V_TAIL_END);
}

static void micro_plain(const struct tin_output *out, const struct tin_micro *micro) {
  const char *type = tin_dtypes[micro->dtype].ctype, *fma = micro->dtype == TIN_F64 ? "tin_fma" : "tin_fmaf";
  bool across = micro->strip == TIN_STRIP_ACROSS;
  int columns = micro->vectors * micro->lanes - (micro->tail ? micro->lanes - micro->tail : 0);
  char start[64];
  snprintf(start, sizeof start, micro->goes_on ? "C[i * %lldL + j]" : "A[i * %lldL] * first",
           (long long)(micro->goes_on ? micro->c_row : micro->a_row));
  tin_output_add(out,
                 "  for (long t = 0; t < %s; t++) {\n"
                 "    const %s *A = (const %s *)a + t * %lldL, *B = (const %s *)b + t * %lldL; %s *C = (%s *)c + t * %lldL;\n"
                 "    for (long i = 0; i < %d; i++)\n"
                 "      for (long j = 0; j < %d; j++) {\n",
                 micro->strip ? "tiles" : "1", type, type, (long long)(across ? 0 : micro->rows * micro->a_row), type,
                 (long long)(across ? micro->b_panel : 0), type, type, (long long)(across ? micro->c_panel : micro->rows * micro->c_row),
                 micro->rows, columns);
  tin_output_add(out,
                 "        const %s first = B[j];\n"
                 "        %s sum = %s;\n"
                 "        for (long p = %d; p < k; p++)\n"
                 "          sum = %s(A[i * %lldL + p * %lldL], B[p * %lldL + j], sum);\n"
                 "        C[i * %lldL + j] = add ? C[i * %lldL + j] + sum : sum;\n"
                 "        (void)first;\n      }\n  }\n",
                 type, type, start, micro->goes_on ? 0 : 1, fma, (long long)micro->a_row, (long long)micro->a_k, (long long)micro->b_k,
                 (long long)micro->c_row, (long long)micro->c_row);
}

/* The frame of the routine, and its call. */
static void micro_call(const struct tin_output *out, const struct tin_micro *micro, const char *name) {
  struct hand hand;
  int bytes = tin_dtype_bytes(micro->dtype), first = micro->goes_on ? 0 : 1; /* steps of k before the loops */
  bool across = micro->strip == TIN_STRIP_ACROSS;
  micro_program(out, micro, &hand);
  tin_output_add(out, "  long f[%d];\n  f[%d] = (long)a; f[%d] = (long)b; f[%d] = (long)c; f[%d] = add;\n", MICRO_SLOTS, AT_A, AT_B, AT_C,
                 ADD);
  if (micro->fetch)
    tin_output_add(out, "  f[%d] = (long)c; f[%d] = (k - %d) / %d; f[%d] = k - %d - f[%d] * %d;\n", AT_FETCHED, PER_ROW, first, micro->rows,
                   REST, first, PER_ROW, micro->rows);
  else
    tin_output_add(out, "  f[%d] = k - %d;\n", REST, first);
  if (micro->strip)
    tin_output_add(out, "  f[%d] = tiles; f[%d] = (%lldL - k * %lldL) * %d; f[%d] = (%lldL - k * %lldL) * %d;\n", TILES, BACK_A,
                   (long long)(across ? 0 : micro->rows * micro->a_row), (long long)micro->a_k, bytes, BACK_B,
                   (long long)(across ? micro->b_panel : 0), (long long)micro->b_k, bytes);
  for (int i = 0; i < micro->ahead_of_result.count; i++)
    tin_output_add(out, "  f[%d] = (long)ahead[%d]; f[%d] = step[%d];\n", AT_AHEAD + i, i, STEP_AHEAD + i, i);
  tin_output_routine(out, &hand.program, name);
}

void tin_micro_print(const struct tin_output *out, const struct tin_micro *micro, const char *name) {
  if (out->target->vector)
    tin_output_declare_routine(out, name);
  tin_output_add(out, "static void %s(char *a, char *b, char *c, long k, long add%s%s)\n{\n", name, micro->strip ? ", long tiles" : "",
                 micro->ahead_of_result.count ? ", char **ahead, long *step" : "");
  if (out->target->vector)
    micro_call(out, micro, name);
  else
    micro_plain(out, micro);
  tin_output_add(out, "}\n");
}

/* ---- transposition ---- */

bool tin_transpose_print(const struct tin_output *out, int dtype, int64_t from_row, int64_t to_row, const char *name) {
  const struct tin_vtarget *target = out->target->vector;
  if (!target || dtype != TIN_F32 || from_row * 64 > INT32_MAX)
    return false;
  int n = target->vector_bytes / 4, in[16], result[16];
  struct hand hand = {.arena = out->arena, .type = VT_F32};
  hand.program.lanes = n;
  hand.program.n_pointers = 2;
  hand.program.n_slots = 3;
  hand.program.spill_slot = -1;
  hand_loop(&hand, V_REPEAT, 2, 0);
  for (int i = 0; i < n; i++)
    hand_memory(&hand, V_LOAD, in[i] = hand.program.n_registers++, 0, i * from_row * 4);
  tin_vector_transpose(out->arena, &hand.program, n, in, result);
  for (int i = 0; i < n; i++)
    hand_memory(&hand, V_STORE, result[i], 1, i * to_row * 4);
  hand_bump(&hand, 0, 4 * n);
  hand_bump(&hand, 1, to_row * n * 4);
  hand_loop(&hand, V_REPEAT_END, 2, 0);
  tin_vector_allocate(out->arena, &hand.program, target);
  tin_output_declare_routine(out, name);
  tin_output_add(out, "static void %s(char *from, char *to, long rounds)\n{\n  long f[%d];\n", name, hand.program.n_slots);
  tin_output_add(out, "  f[0] = (long)from; f[1] = (long)to; f[2] = rounds;\n");
  if (hand.program.spill_bytes)
    tin_output_add(out, "  char spill[%d];\n  f[%d] = (long)spill;\n", hand.program.spill_bytes, hand.program.spill_slot);
  tin_output_routine(out, &hand.program, name);
  tin_output_add(out, "}\n");
  return true;
}

/* ---- adding ---- */

static void add_plain(const struct tin_output *out, int dtype, const char *name) {
  const char *type = tin_dtypes[dtype].ctype;
  tin_output_add(
      out,
      "static void %s(char *to, char *from, long count)\n{\n  for (long i = 0; i < count; i++) {\n    const %s more = ((%s *)from)[i];\n"
      "    ((%s *)to)[i] += more;\n  }\n}\n",
      name, type, type, type);
}

void tin_add_print(const struct tin_output *out, int dtype, const char *name) {
  const struct tin_vtarget *target = out->target->vector;
  if (!target) {
    add_plain(out, dtype, name);
    return;
  }
  int lanes = target->vector_bytes / tin_dtype_bytes(dtype);
  struct hand hand = {.arena = out->arena, .type = vector_type(dtype)};
  hand.program.lanes = lanes;
  hand.program.n_pointers = 2;
  hand.program.n_slots = 3;
  hand.program.spill_slot = -1;
  hand_emit(&hand, V_INDEX_ZERO);
  hand_loop(&hand, V_LOOP, 2, lanes);
  static const struct { int op, pointer; } steps[] = {{V_LOAD, 0}, {V_ADD_MEM, 1}, {V_STORE, 0}};
  for (int i = 0; i < 3; i++) {
    hand_memory(&hand, steps[i].op, 0, steps[i].pointer, 0);
    struct tin_vinst *inst = &hand.program.insts.at[hand.program.insts.count - 1];
    inst->flags = V_INDEX_FLAG;
    if (steps[i].op == V_ADD_MEM)
      inst->a = 0;
  }
  hand_loop(&hand, V_END, -1, lanes);
  tin_output_declare_routine(out, name);
  tin_output_add(out,
                 "static void %s(char *to, char *from, long count)\n{\n  long f[3];\n"
                 "  f[0] = (long)to; f[1] = (long)from; f[2] = count;\n",
                 name);
  tin_output_routine(out, &hand.program, name);
  tin_output_add(out, "}\n");
}

/* ---- neutral elements ---- */

void tin_neutral_print(const struct tin_output *out, const char *name) {
  const struct tin_vtarget *target = out->target->vector;
  if (!target) {
    tin_output_add(
        out, "static void %s(char *to, long count)\n{\n  for (long i = 0; i < count; i++)\n    ((float *)to)[i] = -0x0p+0f;\n}\n", name);
    return;
  }
  struct hand hand = {.arena = out->arena, .type = VT_F32};
  hand.program.lanes = target->vector_bytes / 4;
  hand.program.n_pointers = 2;
  hand.program.n_slots = 3;
  hand.program.spill_slot = -1;
  hand_memory(&hand, V_BROADCAST, 0, 1, 0);
  hand_emit(&hand, V_INDEX_ZERO);
  hand_loop(&hand, V_LOOP, 2, hand.program.lanes);
  hand_memory(&hand, V_STORE, 0, 0, 0);
  hand.program.insts.at[hand.program.insts.count - 1].flags = V_INDEX_FLAG;
  hand_loop(&hand, V_END, -1, hand.program.lanes);
  tin_output_declare_routine(out, name);
  tin_output_add(out,
                 "static void %s(char *to, long count)\n{\n  static const unsigned neutral[2] = {0x80000000u, 0x80000000u};\n  long f[3];\n"
                 "  f[0] = (long)to; f[1] = (long)neutral; f[2] = count;\n",
                 name);
  tin_output_routine(out, &hand.program, name);
  tin_output_add(out, "}\n");
}
