/* Vector programs run instruction by instruction, with every memory operand looked at first: the bounds-checked mode's place-holder for
 * their machine code. It runs the allocated program, whose instructions are what would be encoded, and takes the meaning of the ops from
 * the header that gives readable kernels theirs. */
#include "runtime/check.h"

#include <assert.h>
#include <string.h>

/* The header's names of loop structure are not used here; `vlanes` and `vtail` are variables of whoever uses its ops. */
#include "runtime/tin_vector.h"

enum { REGISTERS = 32, MAX_DEPTH = 64 };

struct machine {
  const struct tin_vprogram *program;
  long *frame;
  long index, tail;
  vreg registers[REGISTERS];
};

/* ---- programs as they are kept ---- */

static void match_loops(struct tin_check_program *kept) {
  int stack[MAX_DEPTH], depth = 0;
  for (int i = 0; i < kept->program.insts.count; i++) {
    int op = kept->program.insts.at[i].op;
    if (op == V_LOOP || op == V_TAIL || op == V_REPEAT) {
      assert(depth < MAX_DEPTH);
      stack[depth++] = i;
    } else if (op == V_END || op == V_TAIL_END || op == V_REPEAT_END) {
      kept->ends[i] = stack[--depth];
      kept->ends[stack[depth]] = i;
    }
  }
}

struct tin_check_program tin_check_program_copy(struct tin_arena *arena, const struct tin_vprogram *program, const char *name) {
  struct tin_check_program kept = {.name = tin_arena_string(arena, name), .program = *program};
  int count = program->insts.count;
  kept.program.insts.at = tin_arena_copy(arena, program->insts.at, sizeof *program->insts.at * (size_t)count);
  kept.ends = TIN_NEW_ARRAY(arena, int, count);
  match_loops(&kept);
  return kept;
}

/* ---- memory ---- */

static int element_bytes(int type) {
  return tin_vtype_bytes[type];
}

static const char *describe(const struct tin_vinst *inst) {
  return tin_vops[inst->op].text;
}

/* Address of the element `at` of the memory operand. */
static uintptr_t address(const struct machine *m, const struct tin_vinst *inst, long at) {
  long index = (inst->flags & V_INDEX_FLAG ? m->index : 0) + at;
  return (uintptr_t)m->frame[inst->pointer] + (uintptr_t)(long)inst->disp + (uintptr_t)(index * element_bytes(inst->type));
}

static uint64_t load_element(const struct machine *m, const struct tin_vinst *inst, long at) {
  size_t bytes = (size_t)element_bytes(inst->type);
  uint64_t element = 0;
  memcpy(&element, tin_check_access(0, address(m, inst, at), bytes, false, describe(inst)), bytes);
  return element;
}

/* An element as its lane has it, and back. */
static uint64_t widened(uint64_t element, int type) {
  switch (type) {
  case VT_I8:
    return (uint64_t)(int64_t)(int8_t)element;
  case VT_I16:
    return (uint64_t)(int64_t)(int16_t)element;
  case VT_F16:
    return v_widen_f16((uint16_t)element);
  case VT_BF16:
    return v_widen_bf16((uint16_t)element);
  default:
    return element;
  }
}

static uint64_t narrowed(uint64_t lane, int type) {
  return type == VT_F16 ? v_narrow_f16((uint32_t)lane) : type == VT_BF16 ? v_narrow_bf16((uint32_t)lane) : lane;
}

static void set_lane(vreg *reg, int type, int lane, uint64_t element) {
  element = widened(element, type);
  if (element_bytes(type) == 8)
    reg->u64[lane] = element;
  else
    reg->u32[lane] = (uint32_t)element;
}

static int active_lanes(const struct machine *m, const struct tin_vinst *inst) {
  return inst->flags & V_TAIL_FLAG && m->tail < m->program->lanes ? (int)m->tail : m->program->lanes;
}

static vreg load(const struct machine *m, const struct tin_vinst *inst) {
  vreg result = {{0}};
  for (int lane = 0, count = active_lanes(m, inst); lane < count; lane++)
    set_lane(&result, inst->type, lane, load_element(m, inst, lane));
  return result;
}

static vreg gather(const struct machine *m, const struct tin_vinst *inst) {
  const vreg *places = &m->registers[inst->a];
  vreg result = {{0}};
  for (int lane = 0, count = active_lanes(m, inst); lane < count; lane++)
    set_lane(&result, inst->type, lane, load_element(m, inst, places->i32[lane]));
  return result;
}

static vreg broadcast(const struct machine *m, const struct tin_vinst *inst) {
  vreg result = {{0}};
  uint64_t element = load_element(m, inst, 0);
  for (int lane = 0; lane < m->program->lanes; lane++)
    set_lane(&result, inst->type, lane, element);
  return result;
}

static void store(const struct machine *m, const struct tin_vinst *inst) {
  const vreg *from = &m->registers[inst->a];
  size_t bytes = (size_t)element_bytes(inst->type);
  for (int lane = 0, count = active_lanes(m, inst); lane < count; lane++) {
    uint64_t element = narrowed(bytes == 8 ? from->u64[lane] : from->u32[lane], inst->type);
    memcpy(tin_check_access(0, address(m, inst, lane), bytes, true, describe(inst)), &element, bytes);
  }
}

/* The number in a table that a pointer is moved by. */
static long table_entry(const struct machine *m, const struct tin_vinst *inst) {
  struct tin_vinst operand = *inst;
  operand.pointer = (int16_t)inst->imm;
  operand.type = VT_I32;
  return (int32_t)(uint32_t)load_element(m, &operand, 0);
}

static bool touches_memory(struct machine *m, const struct tin_vinst *inst) {
  switch (inst->op) {
  case V_LOAD:
    m->registers[inst->d] = load(m, inst);
    return true;
  case V_GATHER:
    m->registers[inst->d] = gather(m, inst);
    return true;
  case V_BROADCAST:
    m->registers[inst->d] = broadcast(m, inst);
    return true;
  case V_STORE:
  case V_STREAM:
    store(m, inst);
    return true;
  case V_PREFETCH: /* reaches for what may not be there, without harm */
    return true;
  default:
    return false;
  }
}

/* ---- arithmetic ---- */

/* An op of the header for the types that it has: F f32, f64; N those and i32, i64; I i32, i64; each as op, name, arguments. */
#define ONE(op, type, name, ...)                                                                                                           \
  case V_##op * 8 + VT_##type:                                                                                                             \
    name(__VA_ARGS__);                                                                                                                     \
    return;
#define F(op, name, ...) ONE(op, F32, v##name##_f32, __VA_ARGS__) ONE(op, F64, v##name##_f64, __VA_ARGS__)
#define I(op, name, ...) ONE(op, I32, v##name##_i32, __VA_ARGS__) ONE(op, I64, v##name##_i64, __VA_ARGS__)
#define N(op, name, ...) F(op, name, __VA_ARGS__) I(op, name, __VA_ARGS__)
#define A (*a)
#define B (*b)
#define C (*c)
#define D (*d)

static void compare(const struct machine *m, const struct tin_vinst *inst, vreg *d, const vreg *a, const vreg *b) {
  const int vlanes = m->program->lanes;
#define PREDICATE(name) N(CMP, name, D, A, B)
  switch (inst->imm) {
  case VP_LT:
    switch (V_CMP * 8 + inst->type) { PREDICATE(lt) }
    break;
  case VP_LE:
    switch (V_CMP * 8 + inst->type) { PREDICATE(le) }
    break;
  case VP_EQ:
    switch (V_CMP * 8 + inst->type) { PREDICATE(eq) }
    break;
  case VP_NE:
    switch (V_CMP * 8 + inst->type) { PREDICATE(ne) }
    break;
  default:
    switch (V_CMP * 8 + inst->type) { PREDICATE(unordered) }
  }
#undef PREDICATE
}

static void rounding(const struct machine *m, const struct tin_vinst *inst, vreg *d, const vreg *a) {
  const int vlanes = m->program->lanes;
  switch (inst->imm * 8 + inst->type) {
#define ROUNDING(imm, name)                                                                                                                \
  case imm * 8 + VT_F32:                                                                                                                   \
    v##name##_f32(D, A);                                                                                                                   \
    return;                                                                                                                                \
  case imm * 8 + VT_F64:                                                                                                                   \
    v##name##_f64(D, A);                                                                                                                   \
    return;
    ROUNDING(0, round)
    ROUNDING(1, floor)
    ROUNDING(2, ceil)
    ROUNDING(3, trunc)
#undef ROUNDING
  }
}

/* 128-bit blocks: four of each operand on avx512, two on avx2. */
static void shuffle_blocks(const struct machine *m, const struct tin_vinst *inst, vreg *d, const vreg *a, const vreg *b) {
  int bytes = m->program->lanes * (inst->type == VT_F64 ? 8 : 4), control = inst->imm;
  if (bytes == 64)
    V_SHUFFLE_128(64, D, A, B, control);
  else
    V_PERMUTE_128(D, A, B, control);
}

static void compute(struct machine *m, const struct tin_vinst *inst) {
  const int vlanes = m->program->lanes;
  const long vtail = m->tail;
  vreg *r = m->registers, unused = {{0}}, *d = inst->d == V_NO_REGISTER ? &unused : &r[inst->d];
  const vreg *a = inst->a == V_NO_REGISTER ? &unused : &r[inst->a], *b = inst->b == V_NO_REGISTER ? &unused : &r[inst->b],
             *c = inst->c == V_NO_REGISTER ? &unused : &r[inst->c];
  vreg addend;
  int type = inst->type >= VT_NARROW ? VT_I32 : inst->type;
  switch (inst->op) {
  case V_MOV:
    *d = *a;
    return;
  case V_ZERO:
    *d = (vreg){{0}};
    return;
  case V_CMP:
    compare(m, inst, d, a, b);
    return;
  case V_ROUND:
    rounding(m, inst, d, a);
    return;
  case V_SHUFFLE_128:
    shuffle_blocks(m, inst, d, a, b);
    return;
  case V_ADD_MEM:
    addend = load(m, inst);
    b = &addend;
    break;
  case V_FMA_MEM:
    addend = broadcast(m, inst);
    b = &addend;
    break;
  }
  /* clang-format off */
  switch (inst->op * 8 + type) {
    N(ADD, add, D, A, B) N(SUB, sub, D, A, B) N(MUL, mul, D, A, B) F(DIV, div, D, A, B) F(SQRT, sqrt, D, A) N(MIN, min, D, A, B)
    N(MAX, max, D, A, B) F(FMA, fma, D, A, B) F(FMA_MEM, fma, D, A, B) N(ADD_MEM, add, D, A, B) F(SCALEF, scalef, D, A, B)
    N(AND, and, D, A, B) N(OR, or, D, A, B) N(XOR, xor, D, A, B) N(ANDNOT, andnot, D, A, B)
    I(SHL, shl, D, A, B) I(SHR, shr, D, A, B) I(SAR, sar, D, A, B)
    I(SHLI, shli, D, A, inst->imm) I(SHRI, shri, D, A, inst->imm) I(SARI, sari, D, A, inst->imm)
    N(SELECT, select, D, A, B, C) N(MERGE, merge, D, A, B) N(SWAP, swap, D, A, inst->imm)
    F(UNPACK_LO, unpack_lo, D, A, B) F(UNPACK_HI, unpack_hi, D, A, B)
    ONE(UNPACK_PAIRS_LO, F32, vunpack_pairs_lo_f32, D, A, B) ONE(UNPACK_PAIRS_HI, F32, vunpack_pairs_hi_f32, D, A, B)
    ONE(F32_I32, I32, vf32_to_i32, D, A) ONE(I32_F32, F32, vi32_to_f32, D, A) ONE(F32_F64, F64, vf32_to_f64, D, A)
    ONE(F64_F32, F32, vf64_to_f32, D, A) ONE(F64_I32, I32, vf64_to_i32, D, A) ONE(I32_F64, F64, vi32_to_f64, D, A)
    ONE(I32_I64, I64, vi32_to_i64, D, A) ONE(U32_I64, I64, vu32_to_i64, D, A) ONE(I64_I32, I32, vi64_to_i32, D, A)
    ONE(I64_F64, F64, vi64_to_f64, D, A) ONE(F64_I64, I64, vf64_to_i64, D, A)
    ONE(ROUND_F16, F32, vround_f16_f32, D, A)
  }
  /* clang-format on */
  assert(!"a vector op that the checked mode does not know");
}

/* ---- control ---- */

static long limit_of(const struct machine *m, const struct tin_vinst *inst) {
  return inst->a == V_NO_REGISTER ? inst->disp : m->frame[inst->a];
}

/* The instruction that comes after instruction `at`, which is one of control. */
static int follow(struct machine *m, const int *ends, int at) {
  const struct tin_vinst *inst = &m->program->insts.at[at];
  switch (inst->op) {
  case V_INDEX_ZERO:
    m->index = 0;
    return at + 1;
  case V_LOOP:
    return m->index + inst->imm <= limit_of(m, inst) ? at + 1 : ends[at] + 1;
  case V_END:
    m->index += inst->imm;
    return ends[at];
  case V_TAIL:
    m->tail = limit_of(m, inst) - m->index;
    return m->tail > 0 ? at + 1 : ends[at] + 1;
  case V_REPEAT_END:
    return --m->frame[inst->a] ? ends[at] + 1 : at + 1;
  case V_BUMP:
    m->frame[inst->pointer] += inst->imm;
    return at + 1;
  case V_ADVANCE:
    m->frame[inst->pointer] += m->frame[inst->a];
    return at + 1;
  case V_POINT:
    m->frame[inst->pointer] = m->frame[inst->a] + table_entry(m, inst);
    return at + 1;
  case V_RESET:
    m->frame[inst->a] = inst->imm;
    return at + 1;
  default: /* REPEAT, TAIL_END */
    return at + 1;
  }
}

void tin_check_routine(long number, long *frame) {
  const struct tin_check_program *kept = tin_check_program_at(number);
  struct machine m = {.program = &kept->program, .frame = frame};
  for (int at = 0; at < kept->program.insts.count;) {
    const struct tin_vinst *inst = &kept->program.insts.at[at];
    if (inst->op >= V_INDEX_ZERO) {
      at = follow(&m, kept->ends, at);
      continue;
    }
    if (!touches_memory(&m, inst))
      compute(&m, inst);
    at++;
  }
}
