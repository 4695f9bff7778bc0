/* Register allocation: random programs run before and after it and leave the same memory; and what it does with constants, moves, masks.
 * Lanes hold 32-bit integers here, whatever the type says: wrapping arithmetic loses no mistake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codegen/vector.h"

enum { LANES = 4, VECTOR_BYTES = 16, REGION_WORDS = 1024, MAX_REGISTERS = 20000, POINTERS = 3, FIRST_COUNTER = POINTERS, SLOTS = 8 };
enum { INPUT, OUTPUT, CONSTANTS, SPILL }; /* memory regions; pointers 0, 1, 2 are the first three */

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_vprogram program;
  uint64_t seed;
  int live[400]; /* registers with a value, where the generator stands */
  int n_live;
};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f || setjmp(f->fail))
    return -1;
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  tin_arena_free(&f->arena);
  free(f);
  return 0;
}

static struct tin_vtarget target_with(int registers) {
  return (struct tin_vtarget){.name = "test", .vector_bytes = VECTOR_BYTES, .registers = registers, .allocatable = registers};
}

/* ---- a machine ---- */

struct machine {
  uint32_t memory[4][REGION_WORDS];
  int64_t frame[SLOTS + 1]; /* addresses: region * 2^32 + byte */
  uint32_t (*registers)[LANES];
  int64_t index;
  int tail; /* lanes that remain */
};

/* Addresses wrap around in their region, except that the spill area has bounds. */
static uint32_t *word(struct machine *m, const struct tin_vinst *inst, int lane) {
  int64_t address = m->frame[inst->pointer] + inst->disp + 4 * (lane + (inst->flags & V_INDEX_FLAG ? m->index : 0));
  int region = (int)(address >> 32);
  int64_t at = (address & 0xffffffff) / 4;
  assert_true(region >= 0 && region <= SPILL);
  assert_true(region != SPILL || at < REGION_WORDS);
  return &m->memory[region][at % REGION_WORDS];
}

static void run_lane(struct machine *m, const struct tin_vinst *inst, int l) {
  uint32_t(*r)[LANES] = m->registers;
  bool off = inst->flags & V_TAIL_FLAG && l >= m->tail;
  switch (inst->op) {
  case V_MOV:
    r[inst->d][l] = r[inst->a][l];
    break;
  case V_LOAD:
    r[inst->d][l] = off ? 0 : *word(m, inst, l);
    break;
  case V_BROADCAST:
    r[inst->d][l] = *word(m, inst, 0);
    break;
  case V_GATHER:
    assert_int_not_equal(inst->d, inst->a);
    r[inst->d][l] = off ? 0 : *word(m, inst, (int)(r[inst->a][l] % 64));
    break;
  case V_STORE:
    if (!off)
      *word(m, inst, l) = r[inst->a][l];
    break;
  case V_ZERO:
    r[inst->d][l] = 0;
    break;
  case V_ADD:
    r[inst->d][l] = r[inst->a][l] + r[inst->b][l];
    break;
  case V_MUL:
    r[inst->d][l] = r[inst->a][l] * r[inst->b][l];
    break;
  case V_FMA:
    r[inst->d][l] += r[inst->a][l] * r[inst->b][l];
    break;
  case V_CMP:
    r[inst->d][l] = -(uint32_t)(r[inst->a][l] < r[inst->b][l]);
    break;
  case V_SELECT:
    r[inst->d][l] = r[inst->a][l] ? r[inst->b][l] : r[inst->c][l];
    break;
  default:
    fail_msg("op %d", inst->op);
  }
}

static int match(const struct tin_vprogram *program, int at, int step) {
  for (int depth = 0;; at += step) {
    int op = program->insts.at[at].op;
    depth += op == V_LOOP || op == V_REPEAT || op == V_TAIL;
    depth -= op == V_END || op == V_REPEAT_END || op == V_TAIL_END;
    if (depth == 0)
      return at;
  }
}

/* Control: the next instruction; the others: NULL-like -1. */
static int run_control(struct machine *m, const struct tin_vprogram *program, int at) {
  const struct tin_vinst *inst = program->insts.at + at;
  int64_t limit = inst->a < SLOTS ? m->frame[inst->a] : inst->disp;
  switch (inst->op) {
  case V_INDEX_ZERO:
    m->index = 0;
    return at + 1;
  case V_RESET:
    m->frame[inst->a] = inst->imm;
    return at + 1;
  case V_BUMP:
    m->frame[inst->pointer] += inst->imm;
    return at + 1;
  case V_ADVANCE:
    m->frame[inst->pointer] += m->frame[inst->a];
    return at + 1;
  case V_LOOP:
    return m->index + inst->imm <= limit ? at + 1 : match(program, at, 1) + 1;
  case V_END:
    m->index += inst->imm;
    return match(program, at, -1);
  case V_TAIL:
    m->tail = (int)(limit - m->index);
    return m->index < limit ? at + 1 : match(program, at, 1) + 1;
  case V_TAIL_END:
  case V_REPEAT:
    return at + 1;
  case V_REPEAT_END:
    return --m->frame[inst->a] ? match(program, at, -1) + 1 : at + 1;
  default:
    return -1;
  }
}

/* Runs the program on fresh memory; registers start with garbage. */
static void run_program(struct machine *m, const struct tin_vprogram *program) {
  m->registers = calloc(MAX_REGISTERS, sizeof *m->registers);
  assert_non_null(m->registers);
  memset(m->registers, 0x5a, MAX_REGISTERS * sizeof *m->registers);
  for (int i = 0; i < 4 * REGION_WORDS; i++)
    m->memory[i / REGION_WORDS][i % REGION_WORDS] = (uint32_t)tin_hash_mix(5, (uint64_t)i);
  for (int p = 0; p < POINTERS; p++)
    m->frame[p] = (int64_t)p << 32;
  if (program->spill_bytes)
    m->frame[program->spill_slot] = (int64_t)SPILL << 32;
  assert_true(program->spill_bytes <= 4 * REGION_WORDS);
  for (int c = 0; c < program->consts.count; c++) {
    const struct tin_vconst *constant = program->consts.at + c;
    struct tin_vinst load = {
        .op = constant->whole ? V_LOAD : V_BROADCAST, .d = constant->reg, .pointer = constant->pointer, .disp = constant->disp};
    for (int l = 0; l < LANES; l++)
      run_lane(m, &load, l);
  }
  for (int at = 0, next; at < program->insts.count; at = next) {
    next = run_control(m, program, at);
    for (int l = 0; next < 0 && l < LANES; l++)
      run_lane(m, program->insts.at + at, l);
    next = next < 0 ? at + 1 : next;
  }
  free(m->registers);
}

/* ---- making programs ---- */

static int below(struct fixture *f, int limit) {
  f->seed = tin_hash_mix(f->seed, 11);
  return (int)(f->seed >> 33) % limit;
}

static void begin(struct fixture *f) {
  f->program = (struct tin_vprogram){.lanes = LANES, .n_pointers = POINTERS, .n_slots = SLOTS, .spill_slot = -1};
  f->n_live = 0;
}

static struct tin_vinst *emit(struct fixture *f, int op, int d, int a, int b) {
  struct tin_vinst inst = {.op = (uint8_t)op, .type = VT_I32, .d = (uint16_t)d, .a = (uint16_t)a, .b = (uint16_t)b, .c = V_NO_REGISTER};
  tin_vec_push(&f->arena, &f->program.insts, inst);
  return f->program.insts.at + f->program.insts.count - 1;
}

static int fresh(struct fixture *f) {
  return f->program.n_registers++;
}

static void set_live(struct fixture *f, int reg) {
  int at = f->n_live < 400 ? f->n_live++ : below(f, 400);
  f->live[at] = reg;
}

static int any_live(struct fixture *f) { /* mostly a young one */
  int back = below(f, 3) ? below(f, 6) : below(f, f->n_live);
  return f->live[back < f->n_live ? f->n_live - 1 - back : 0];
}

static int add_const(struct fixture *f, int disp, bool whole) {
  int reg = fresh(f);
  tin_vec_push(&f->arena, &f->program.consts,
               ((struct tin_vconst){.reg = (uint16_t)reg, .pointer = CONSTANTS, .disp = disp, .type = VT_I32, .whole = whole}));
  return reg;
}

static void emit_memory(struct fixture *f, int op, int d, int a, int pointer, int disp, int flags) {
  struct tin_vinst *inst = emit(f, op, d, a, V_NO_REGISTER);
  inst->pointer = (int16_t)pointer;
  inst->disp = disp;
  inst->flags = (uint8_t)flags;
}

/* One random instruction that computes; `flags` for its memory operand. */
static void random_inst(struct fixture *f, int flags) {
  int a = any_live(f), b = any_live(f), d = fresh(f);
  switch (below(f, 12)) {
  case 0:
    emit_memory(f, V_LOAD, d, V_NO_REGISTER, INPUT, 4 * below(f, 200), flags);
    break;
  case 1:
    emit_memory(f, V_STORE, V_NO_REGISTER, a, OUTPUT, 4 * below(f, 200), flags);
    return;
  case 2:
    emit(f, V_FMA, f->live[f->n_live - 1 - below(f, f->n_live < 3 ? f->n_live : 3)], a, b);
    return;
  case 3:
    emit(f, V_MOV, d, a, V_NO_REGISTER);
    break;
  case 4: /* a register that already has a value */
    emit(f, V_ADD, f->live[below(f, f->n_live)], a, b);
    return;
  case 5: {
    emit(f, V_CMP, d, a, b);
    set_live(f, d);
    int result = fresh(f);
    emit(f, V_SELECT, result, d, b)->c = (uint16_t)any_live(f);
    d = result;
    break;
  }
  case 6:
    emit_memory(f, V_GATHER, d, a, INPUT, 4 * below(f, 50), flags & ~V_INDEX_FLAG);
    break;
  case 7:
    emit(f, V_ZERO, d, V_NO_REGISTER, V_NO_REGISTER);
    break;
  default:
    emit(f, below(f, 2) ? V_ADD : V_MUL, d, a, b);
  }
  set_live(f, d);
}

static void random_block(struct fixture *f, int depth, int flags);

/* LOOP with its TAIL: what they define is unknown behind them, for they may not run. */
static void random_loop(struct fixture *f) {
  int limit = below(f, 4 * LANES), known = f->n_live;
  emit(f, V_INDEX_ZERO, 0, 0, 0);
  struct tin_vinst *loop = emit(f, V_LOOP, 0, V_NO_REGISTER, 0);
  loop->imm = LANES;
  loop->disp = limit;
  for (int i = below(f, 12) + 1; i > 0; i--)
    random_inst(f, V_INDEX_FLAG);
  emit(f, V_END, 0, 0, 0)->imm = LANES;
  f->n_live = known < 400 ? known : f->n_live;
  emit(f, V_TAIL, 0, V_NO_REGISTER, 0)->disp = limit;
  for (int i = below(f, 6) + 1; i > 0; i--)
    random_inst(f, V_INDEX_FLAG | V_TAIL_FLAG);
  emit(f, V_TAIL_END, 0, 0, 0);
  f->n_live = known < 400 ? known : f->n_live;
}

static void random_repeat(struct fixture *f, int depth) {
  int slot = FIRST_COUNTER + depth;
  struct tin_vinst *reset = emit(f, V_RESET, 0, slot, 0);
  reset->imm = below(f, 3) + 1;
  emit(f, V_REPEAT, 0, slot, 0);
  random_block(f, depth + 1, 0);
  if (below(f, 2)) {
    struct tin_vinst *bump = emit(f, V_BUMP, 0, 0, 0);
    bump->pointer = (int16_t)below(f, 2);
    bump->imm = 4;
  }
  emit(f, V_REPEAT_END, 0, slot, 0);
}

static void random_block(struct fixture *f, int depth, int flags) {
  for (int i = below(f, 20) + 3; i > 0; i--) {
    int kind = below(f, 14);
    if (kind == 0 && depth < 3)
      random_repeat(f, depth);
    else if (kind == 1 && f->n_live < 300)
      random_loop(f);
    else
      random_inst(f, flags);
  }
}

static void random_program(struct fixture *f) {
  begin(f);
  for (int c = below(f, 12) + 1; c > 0; c--)
    set_live(f, add_const(f, 4 * c, below(f, 4) == 0));
  random_block(f, 0, 0);
  for (int i = 0; i < 12; i++)
    emit_memory(f, V_STORE, V_NO_REGISTER, any_live(f), OUTPUT, 2000 + 16 * i, 0);
}

static void verify(const struct tin_vprogram *program, const struct tin_vtarget *target, bool physical) {
  struct tin_error error = {0};
  if (!tin_vector_verify(program, target, physical, &error))
    fail_msg("%s", error.text);
}

static void test_random(void **state) {
  struct fixture *f = *state;
  static struct machine before, after;
  static const int registers[] = {4, 5, 7, 12, 31};
  for (int round = 0; round < 1500; round++) {
    struct tin_vtarget target = target_with(registers[round % 5]);
    f->seed = (uint64_t)round;
    random_program(f);
    verify(&f->program, &target, false);
    run_program(&before, &f->program);
    tin_vector_allocate(&f->arena, &f->program, &target);
    verify(&f->program, &target, true);
    run_program(&after, &f->program);
    for (int region = INPUT; region <= CONSTANTS; region++)
      if (memcmp(before.memory[region], after.memory[region], sizeof before.memory[region]))
        fail_msg("program %d with %d registers: other memory", round, target.allocatable);
    tin_arena_reset(&f->arena);
  }
}

/* ---- what it should do ---- */

static int count_op(const struct fixture *f, int op, int first, int last) {
  int count = 0;
  for (int i = first; i <= last; i++)
    count += f->program.insts.at[i].op == op;
  return count;
}

static int find_op(const struct fixture *f, int op) {
  for (int i = 0; i < f->program.insts.count; i++)
    if (f->program.insts.at[i].op == op)
      return i;
  return -1;
}

/* A loop over a polynomial with n constants, each used once; v = a load of the input. */
static void polynomial(struct fixture *f, int n) {
  int consts[40], sum = fresh(f), value = fresh(f);
  begin(f);
  f->program.n_registers = 2;
  for (int c = 0; c < n; c++)
    consts[c] = add_const(f, 4 * c, false);
  emit(f, V_INDEX_ZERO, 0, 0, 0);
  struct tin_vinst *loop = emit(f, V_LOOP, 0, V_NO_REGISTER, 0);
  loop->imm = LANES;
  loop->disp = 64;
  emit_memory(f, V_LOAD, value, V_NO_REGISTER, INPUT, 0, V_INDEX_FLAG);
  emit(f, V_MOV, sum, consts[0], V_NO_REGISTER);
  for (int c = 1; c < n; c++) {
    int next = fresh(f);
    emit(f, V_MOV, next, consts[c], V_NO_REGISTER);
    emit(f, V_FMA, next, sum, value);
    sum = next;
  }
  emit_memory(f, V_STORE, V_NO_REGISTER, sum, OUTPUT, 0, V_INDEX_FLAG);
  emit(f, V_END, 0, 0, 0)->imm = LANES;
}

static void test_constants_stay_or_are_remade(void **state) {
  struct fixture *f = *state;
  struct tin_vtarget wide = target_with(16), narrow = target_with(8);
  polynomial(f, 12);
  tin_vector_allocate(&f->arena, &f->program, &wide);
  int loop = find_op(f, V_LOOP), end = find_op(f, V_END);
  assert_int_equal(count_op(f, V_BROADCAST, loop, end), 0);
  assert_int_equal(count_op(f, V_BROADCAST, 0, loop), 12);
  assert_int_equal(f->program.spill_bytes, 0);
  assert_int_equal(f->program.spill_slot, -1);
  assert_int_equal(f->program.n_slots, SLOTS);
  polynomial(f, 12);
  tin_vector_allocate(&f->arena, &f->program, &narrow);
  loop = find_op(f, V_LOOP), end = find_op(f, V_END);
  assert_in_range(count_op(f, V_BROADCAST, loop, end), 6, 8);
  assert_int_equal(count_op(f, V_BROADCAST, 0, end), 12);
  assert_int_equal(f->program.spill_bytes, 0);
}

static void test_spill_area(void **state) {
  struct fixture *f = *state;
  struct tin_vtarget target = target_with(4);
  int values[10];
  begin(f);
  for (int i = 0; i < 10; i++)
    emit_memory(f, V_LOAD, values[i] = fresh(f), V_NO_REGISTER, INPUT, 16 * i, 0);
  for (int i = 0; i < 10; i++)
    emit_memory(f, V_STORE, V_NO_REGISTER, values[i], OUTPUT, 16 * i, 0);
  tin_vector_allocate(&f->arena, &f->program, &target);
  assert_int_equal(f->program.spill_slot, SLOTS);
  assert_int_equal(f->program.n_slots, SLOTS + 1);
  assert_in_range(f->program.spill_bytes, 6 * VECTOR_BYTES, 10 * VECTOR_BYTES);
}

static void test_moves_vanish(void **state) {
  struct fixture *f = *state;
  struct tin_vtarget target = target_with(8);
  begin(f);
  int a = fresh(f), b = fresh(f), c = fresh(f);
  emit_memory(f, V_LOAD, a, V_NO_REGISTER, INPUT, 0, 0);
  emit(f, V_MOV, b, a, V_NO_REGISTER);
  emit(f, V_FMA, b, b, b);
  emit(f, V_MOV, c, b, V_NO_REGISTER);
  emit_memory(f, V_STORE, V_NO_REGISTER, c, OUTPUT, 0, 0);
  emit_memory(f, V_STORE, V_NO_REGISTER, b, OUTPUT, 16, 0); /* b lives on: this move stays */
  tin_vector_allocate(&f->arena, &f->program, &target);
  assert_int_equal(count_op(f, V_MOV, 0, f->program.insts.count - 1), 1);
  assert_int_equal(f->program.insts.count, 5);
}

static void test_dead_masks(void **state) {
  struct fixture *f = *state;
  struct tin_vtarget target = target_with(8);
  for (int reads = 1; reads <= 2; reads++) {
    begin(f);
    int a = fresh(f), mask = fresh(f), b = fresh(f);
    emit_memory(f, V_LOAD, a, V_NO_REGISTER, INPUT, 0, 0);
    emit(f, V_CMP, mask, a, a);
    emit(f, V_SELECT, b, mask, a)->c = (uint16_t)a;
    emit_memory(f, V_STORE, V_NO_REGISTER, b, OUTPUT, 0, 0);
    if (reads == 2)
      emit_memory(f, V_STORE, V_NO_REGISTER, mask, OUTPUT, 16, 0);
    tin_vector_allocate(&f->arena, &f->program, &target);
    assert_int_equal(f->program.insts.at[find_op(f, V_CMP)].flags & V_DEAD_MASK, reads == 1 ? V_DEAD_MASK : 0);
  }
}

/* A constant behind a pointer that moves is an ordinary value. */
static void test_moving_pointer(void **state) {
  struct fixture *f = *state;
  struct tin_vtarget target = target_with(4);
  polynomial(f, 8);
  emit(f, V_BUMP, 0, 0, 0)->pointer = CONSTANTS;
  tin_vector_allocate(&f->arena, &f->program, &target);
  assert_int_equal(count_op(f, V_BROADCAST, 0, find_op(f, V_LOOP)), 8);
  assert_int_equal(count_op(f, V_BROADCAST, find_op(f, V_LOOP), f->program.insts.count - 1), 0);
  assert_true(f->program.spill_bytes > 0);
}

static void expect_error(struct fixture *f, const char *message) {
  struct tin_vtarget target = target_with(8);
  struct tin_error error = {0};
  assert_false(tin_vector_verify(&f->program, &target, false, &error));
  assert_string_equal(error.text, message);
}

static void test_verifier(void **state) {
  struct fixture *f = *state;
  begin(f);
  int a = fresh(f), b = fresh(f);
  emit_memory(f, V_STORE, V_NO_REGISTER, a, OUTPUT, 0, 0);
  expect_error(f, "vector program, instruction 0 (store): reads register 0 before it is written");
  begin(f);
  f->program.n_registers = 2;
  emit(f, V_ZERO, 7, V_NO_REGISTER, V_NO_REGISTER);
  expect_error(f, "vector program, instruction 0 (zero): operand D is register 7 of 2");
  begin(f);
  f->program.n_registers = 2;
  emit_memory(f, V_LOAD, b, V_NO_REGISTER, 5, 0, 0);
  expect_error(f, "vector program, instruction 0 (load): pointer 5 of 3");
  begin(f);
  emit(f, V_REPEAT, 0, FIRST_COUNTER, 0);
  expect_error(f, "vector program: the repeat of instruction 0 does not end");
  begin(f);
  f->program.n_registers = 2;
  emit_memory(f, V_LOAD, b, V_NO_REGISTER, INPUT, 0, V_TAIL_FLAG);
  expect_error(f, "vector program, instruction 0 (load): uses the tail's mask outside of a tail");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_constants_stay_or_are_remade, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_spill_area, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_moves_vanish, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_dead_masks, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_moving_pointer, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_verifier, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
