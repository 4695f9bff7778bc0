/* Ops on vector registers to machine code: one row of encode_table.def each, or a short sequence. Conventions: see encode.c. */
#include "codegen/encode.h"

static int element_bytes(int type) {
  return tin_vtype_bytes[type];
}

static bool is_half(int type) {
  return type == VT_F16 || type == VT_BF16;
}

/* Narrow elements live in 32-bit lanes. */
static int lane_type(int type) {
  return is_half(type) ? VT_F32 : type >= VT_NARROW ? VT_I32 : type;
}

static bool sign_extends(int type) {
  return type == VT_I8 || type == VT_I16;
}

static int log2_bytes(int type) {
  return __builtin_ctz((unsigned)element_bytes(type));
}

/* The memory operand of an instruction; overwrites rax when its pointer has no register. */
static struct tin_x86_memory memory_of(struct encoder *e, const struct tin_vinst *inst) {
  struct tin_x86_memory memory = {.base = pointer_register(e, inst->pointer), .index = -1, .disp = inst->disp};
  if (memory.base < 0) {
    tin_x86_general_memory(&e->code, 0x8b, true, RAX, slot_memory(inst->pointer));
    memory.base = RAX;
  }
  if (inst->flags & V_INDEX_FLAG) {
    memory.index = RCX;
    memory.shift = log2_bytes(inst->type);
  }
  return memory;
}

/* ---- sequences ---- */

static void emit_memory(struct encoder *e, int key, int type, int reg, int vvvv, struct tin_x86_memory memory, int mask) {
  tin_x86_vector_memory(&e->code, row_of(key, type), width_of(e, type), is_wide(type), reg, vvvv, memory, -1, mask);
}

static int tail_vector(int type) {
  return is_wide(type) ? TAIL_64 : TAIL_32;
}

static void shift_lanes(struct encoder *e, int op, int to, int from, int by) {
  emit(e, op, VT_I32, width_of(e, VT_I32), row_of(op, VT_I32)->extension, to, from, by);
}

static void encode_load(struct encoder *e, const struct tin_vinst *inst) {
  bool tail = inst->flags & V_TAIL_FLAG;
  struct tin_x86_memory memory = memory_of(e, inst);
  if (!tail || e->target->evex) {
    emit_memory(e, V_LOAD, inst->type, inst->d, 0, memory, tail ? TAIL_K | X86_ZEROING : 0);
  } else if (inst->type >= VT_NARROW) {
    /* avx2 masks 32-bit elements only. Buffers may be read 64 bytes past their end. */
    emit_memory(e, V_LOAD, inst->type, inst->d, 0, memory, 0);
    emit(e, V_AND, VT_I32, width_of(e, VT_I32), inst->d, inst->d, TAIL_32, 0);
  } else {
    emit_memory(e, X86_MASK_LOAD, inst->type, inst->d, tail_vector(inst->type), memory, 0);
  }
  if (inst->type == VT_BF16)
    shift_lanes(e, V_SHLI, inst->d, inst->d, 16);
}

/* Single stores for the lanes that the tail's mask has. */
static void store_tail_elements(struct encoder *e, const struct tin_vinst *inst) {
  struct tin_x86 *code = &e->code;
  struct tin_x86_memory memory = {.base = pointer_register(e, inst->pointer), .index = -1, .disp = inst->disp};
  static const uint8_t push_rdi = 0x57, pop_rdi = 0x5f;
  bool borrow = memory.base < 0; /* rax holds the mask */
  if (borrow) {
    tin_x86_bytes(code, &push_rdi, 1);
    tin_x86_general_memory(code, 0x8b, true, RDI, slot_memory(inst->pointer));
    memory.base = RDI;
  }
  if (inst->flags & V_INDEX_FLAG) {
    memory.index = RCX;
    memory.shift = log2_bytes(inst->type);
  }
  emit(e, X86_SIGNS, VT_F32, width_of(e, VT_I32), RAX, 0, TAIL_32, 0);
  int jumps[8], bytes = element_bytes(inst->type);
  int lanes = e->program->lanes - 1; /* a tail is shorter than a vector */
  for (int lane = 0; lane < lanes; lane++, memory.disp += bytes) {
    const uint8_t test_and_jump[] = {0xa8, (uint8_t)(1u << lane), 0x74, 0}; /* test al, bit; jz */
    tin_x86_bytes(code, test_and_jump, 4);
    jumps[lane] = code->count;
    tin_x86_vector_memory(code, row_of(X86_STORE_ELEMENT, bytes == 1 ? VT_U8 : VT_U16), 16, false, TEMPORARY, 0, memory, lane, 0);
  }
  for (int lane = 0; lane < lanes; lane++)
    code->bytes[jumps[lane] - 1] = (uint8_t)(code->count - jumps[lane]);
  if (borrow)
    tin_x86_bytes(code, &pop_rdi, 1);
}

/* 32-bit lanes that hold their low bits only, as 16-bit elements in the low half of TEMPORARY; avx2. */
static void pack_words(struct encoder *e, int from) {
  int high = from;
  if (width_of(e, VT_I32) == 32) {
    high = TEMPORARY_2;
    emit(e, X86_EXTRACT_HIGH, VT_I32, 32, from, 0, high, 1);
  }
  emit(e, X86_PACK_32_16, VT_I32, 16, TEMPORARY, from, high, 0);
}

/* avx2: the elements of a narrow type, packed in TEMPORARY. */
static void pack_elements(struct encoder *e, const struct tin_vinst *inst) {
  int bytes = element_bytes(inst->type), unused = 32 - 8 * bytes;
  if (inst->type == VT_F16) {
    emit(e, X86_FLOAT_TO_HALF, VT_F32, width_of(e, VT_F32), inst->a, 0, TEMPORARY, 0);
    return;
  }
  if (inst->type == VT_BF16) {
    shift_lanes(e, V_SHRI, TEMPORARY, inst->a, 16);
  } else {
    shift_lanes(e, V_SHLI, TEMPORARY, inst->a, unused);
    shift_lanes(e, V_SHRI, TEMPORARY, TEMPORARY, unused);
  }
  pack_words(e, TEMPORARY);
  if (bytes == 1)
    emit(e, X86_PACK_16_8, VT_I32, 16, TEMPORARY, TEMPORARY, TEMPORARY, 0);
}

static void store_narrow(struct encoder *e, const struct tin_vinst *inst) {
  pack_elements(e, inst);
  if (inst->flags & V_TAIL_FLAG) {
    store_tail_elements(e, inst);
    return;
  }
  struct tin_x86_memory memory = memory_of(e, inst);
  int width = e->program->lanes * element_bytes(inst->type);
  int stored = width == 16 ? VT_F32 : width == 8 ? VT_I64 : VT_I32; /* 16, eight or four bytes */
  tin_x86_vector_memory(&e->code, row_of(X86_STORE_LOW, stored), 16, false, TEMPORARY, 0, memory, -1, 0);
}

static void encode_store(struct encoder *e, const struct tin_vinst *inst) {
  bool tail = inst->flags & V_TAIL_FLAG;
  int type = inst->type, from = inst->a;
  if (type >= VT_NARROW && !e->target->evex) {
    store_narrow(e, inst);
    return;
  }
  struct tin_x86_memory memory = memory_of(e, inst);
  if (type == VT_BF16) {
    from = TEMPORARY_512;
    shift_lanes(e, V_SHRI, from, inst->a, 16);
  }
  if (!tail || e->target->evex) /* immediate 0: to nearest even */
    tin_x86_vector_memory(&e->code, row_of(V_STORE, type), width_of(e, type), is_wide(type), from, 0, memory, type == VT_F16 ? 0 : -1,
                          tail ? TAIL_K : 0);
  else
    emit_memory(e, X86_MASK_STORE, type, from, tail_vector(type), memory, 0);
}

/* The number in rax to all lanes of d; of f16 and bf16 the bits. */
static void spread_general(struct encoder *e, int type, int d) {
  int width = width_of(e, type);
  if (type == VT_F16 && e->target->evex) {
    emit(e, X86_SPREAD_WORDS, VT_I32, width / 2, d, 0, RAX, 0);
    emit(e, X86_HALF_TO_FLOAT, VT_F32, width, d, 0, d, 0);
  } else if (e->target->evex) {
    emit(e, X86_SPREAD_GENERAL, VT_I32, width, d, 0, RAX, 0);
  } else {
    emit(e, X86_FROM_GENERAL, VT_I32, 16, d, 0, RAX, 0);
    if (type == VT_F16)
      emit(e, X86_HALF_TO_FLOAT, VT_F32, 16, d, 0, d, 0);
    emit(e, X86_SPREAD, VT_I32, width, d, 0, d, 0);
  }
}

static void encode_broadcast(struct encoder *e, const struct tin_vinst *inst) {
  struct tin_x86_memory memory = memory_of(e, inst);
  if (inst->type < VT_NARROW) {
    emit_memory(e, V_BROADCAST, inst->type, inst->d, 0, memory, 0);
    return;
  }
  int extend = (sign_extends(inst->type) ? 0x0fbe : 0x0fb6) + (element_bytes(inst->type) == 2); /* movsx or movzx */
  tin_x86_general_memory(&e->code, extend, false, RAX, memory);
  spread_general(e, inst->type, inst->d);
  if (inst->type == VT_BF16)
    shift_lanes(e, V_SHLI, inst->d, inst->d, 16);
}

static void encode_zero(struct encoder *e, int reg, int type) {
  emit(e, V_XOR, VT_I32, width_of(e, type), reg, reg, reg, 0);
}

/* The mask that a gather consumes: all lanes, or the tail's. */
static int gather_mask(struct encoder *e, const struct tin_vinst *inst, int width) {
  bool tail = inst->flags & V_TAIL_FLAG;
  if (e->target->evex) {
    static const uint8_t from_tail[] = {0xc5, 0xf8, 0x90, 0xd1}; /* kmovw k2, k1 */
    static const uint8_t all[] = {0xc5, 0xec, 0x46, 0xd2};       /* kxnorw k2, k2, k2 */
    tin_x86_bytes(&e->code, tail ? from_tail : all, 4);
    e->mask_in_k = -1;
    return MASK_K;
  }
  if (tail)
    emit(e, V_MOV, VT_F32, width, TEMPORARY_2, 0, tail_vector(inst->type), 0);
  else
    emit(e, X86_EQUAL, VT_I32, width, TEMPORARY_2, TEMPORARY_2, TEMPORARY_2, 0);
  return TEMPORARY_2;
}

/* Keeps the element, the lowest of the four bytes that a lane gathered. */
static void extract_gathered(struct encoder *e, int type, int to) {
  int unused = 32 - 8 * element_bytes(type), width = width_of(e, type);
  if (type == VT_F16 && e->target->evex) {
    emit(e, X86_NARROW_WORDS, VT_I32, width, to, 0, to, 0);
    emit(e, X86_HALF_TO_FLOAT, VT_F32, width, to, 0, to, 0);
    return;
  }
  shift_lanes(e, V_SHLI, to, to, unused);
  if (type != VT_BF16)
    shift_lanes(e, sign_extends(type) ? V_SARI : V_SHRI, to, to, unused);
  if (type == VT_F16) {
    pack_words(e, to);
    emit(e, X86_HALF_TO_FLOAT, VT_F32, width, to, 0, TEMPORARY, 0);
  }
}

static void encode_gather(struct encoder *e, const struct tin_vinst *inst) {
  int type = inst->type, width = width_of(e, type);
  /* Destination and index vector must differ, or the CPU refuses the instruction. */
  int to = inst->d != inst->a ? inst->d : e->target->evex ? TEMPORARY_512 : TEMPORARY;
  struct tin_x86_memory memory = memory_of(e, inst);
  if (memory.index >= 0) {
    tin_x86_general_memory(&e->code, 0x8d, true, RAX, memory); /* lea */
    memory = (struct tin_x86_memory){.base = RAX};
  }
  memory.index = inst->a;
  memory.shift = log2_bytes(type);
  int mask = gather_mask(e, inst, width);
  encode_zero(e, to, type); /* also ends the dependency on its old value */
  emit_memory(e, V_GATHER, type, to, e->target->evex ? 0 : mask, memory, e->target->evex ? mask : 0);
  if (type >= VT_NARROW)
    extract_gathered(e, type, to);
  if (to != inst->d)
    emit(e, V_MOV, lane_type(type), width, inst->d, 0, to, 0);
}

/* ---- masks ---- */

/* Immediates of vcmpps (quiet: no exception flag for NaN) and of vpcmpd, by predicate; for integers UNORDERED is never. */
static const uint8_t float_predicates[] = {[VP_LT] = 0x11, [VP_LE] = 0x12, [VP_EQ] = 0, [VP_NE] = 4, [VP_UNORDERED] = 3};
static const uint8_t integer_predicates[] = {[VP_LT] = 1, [VP_LE] = 2, [VP_EQ] = 0, [VP_NE] = 4, [VP_UNORDERED] = 3};

static void compare_512(struct encoder *e, const struct tin_vinst *inst, const struct tin_vinst *next) {
  int imm = is_float(inst->type) ? float_predicates[inst->imm] : integer_predicates[inst->imm];
  emit(e, V_CMP, inst->type, width_of(e, inst->type), MASK_K, inst->a, inst->b, imm);
  bool dead = (inst->flags & V_DEAD_MASK) && next && next->op == V_SELECT && next->a == inst->d;
  if (!dead)
    emit(e, X86_MASK_TO_VECTOR, VT_I32, width_of(e, VT_I32), inst->d, 0, MASK_K, 0);
  e->mask_in_k = inst->d;
}

/* avx2: integers into `to`; true when the result must be inverted, since there are only `greater` and `equal`. */
static bool compare_integers(struct encoder *e, const struct tin_vinst *inst, int to) {
  int width = width_of(e, inst->type), predicate = inst->imm;
  if (predicate == VP_UNORDERED)
    encode_zero(e, to, inst->type);
  else if (predicate == VP_LT)
    emit(e, X86_GREATER, inst->type, width, to, inst->b, inst->a, 0);
  else
    emit(e, predicate == VP_LE ? X86_GREATER : X86_EQUAL, inst->type, width, to, inst->a, inst->b, 0);
  return predicate == VP_LE || predicate == VP_NE;
}

/* avx2: the low halves of 64-bit lanes. */
static void narrow(struct encoder *e, int to, int from) {
  emit(e, X86_EXTRACT_HIGH, VT_I32, 32, from, 0, TEMPORARY_2, 1);
  emit(e, X86_SHUFFLE_PAIRS, VT_F32, 16, to, from, TEMPORARY_2, 0x88);
}

static void compare_256(struct encoder *e, const struct tin_vinst *inst) {
  bool wide = is_wide(inst->type), invert = false;
  int to = wide ? TEMPORARY : inst->d;
  if (is_float(inst->type))
    emit(e, V_CMP, inst->type, width_of(e, inst->type), to, inst->a, inst->b, float_predicates[inst->imm]);
  else
    invert = compare_integers(e, inst, to);
  if (wide)
    narrow(e, inst->d, to);
  if (invert) {
    int width = width_of(e, VT_I32);
    emit(e, X86_EQUAL, VT_I32, width, TEMPORARY_2, TEMPORARY_2, TEMPORARY_2, 0);
    emit(e, V_XOR, VT_I32, width, inst->d, inst->d, TEMPORARY_2, 0);
  }
}

static void encode_select(struct encoder *e, const struct tin_vinst *inst) {
  int type = lane_type(inst->type), width = width_of(e, type);
  if (e->target->evex) {
    if (e->mask_in_k != inst->a)
      emit(e, X86_VECTOR_TO_MASK, VT_I32, width_of(e, VT_I32), MASK_K, 0, inst->a, 0);
    e->mask_in_k = inst->a;
    tin_x86_vector(&e->code, row_of(V_MERGE, type), width, inst->d, inst->c, inst->b, 0, MASK_K);
    return;
  }
  int mask = inst->a;
  if (is_wide(type)) {
    mask = TEMPORARY_2;
    emit(e, V_I32_I64, VT_I64, width, mask, 0, inst->a, 0);
  }
  emit(e, V_SELECT, type, width, inst->d, inst->c, inst->b, mask << 4);
}

static void encode_merge(struct encoder *e, const struct tin_vinst *inst) {
  int type = lane_type(inst->type), width = width_of(e, type);
  if (e->target->evex)
    tin_x86_vector(&e->code, row_of(V_MERGE, type), width, inst->d, inst->b, inst->a, 0, TAIL_K);
  else
    emit(e, V_SELECT, type, width, inst->d, inst->b, inst->a, tail_vector(type) << 4);
}

/* ---- other sequences ---- */

static void encode_add_mem(struct encoder *e, const struct tin_vinst *inst) {
  bool tail = inst->flags & V_TAIL_FLAG;
  if (!tail) {
    emit_memory(e, V_ADD_MEM, inst->type, inst->d, inst->a, memory_of(e, inst), 0);
    return;
  }
  struct tin_vinst load = *inst;
  load.op = V_LOAD;
  load.d = e->target->evex ? TEMPORARY_512 : TEMPORARY;
  encode_load(e, &load);
  emit(e, V_ADD, inst->type, width_of(e, inst->type), inst->d, inst->a, load.d, 0);
}

static void encode_swap(struct encoder *e, const struct tin_vinst *inst) {
  int type = is_wide(inst->type) ? VT_F64 : VT_F32, width = width_of(e, type);
  int distance = inst->imm * element_bytes(type); /* bytes */
  if (distance < 16) {
    int control = type == VT_F64 ? 0x55 : inst->imm == 1 ? 0xb1 : 0x4e;
    emit(e, X86_PERMUTE_IN_128, type, width, inst->d, 0, inst->a, control);
  } else if (e->target->evex) { /* a vector of two 128-bit blocks takes one bit a block, one of four takes two */
    int control = distance == 32 ? 0x4e : width == 64 ? 0xb1 : 1;
    emit(e, V_SHUFFLE_128, type, width, inst->d, inst->a, inst->a, control);
  } else {
    emit(e, X86_SWAP_128, VT_F32, width, inst->d, inst->a, inst->a, 1);
  }
}

static void encode_round_f16(struct encoder *e, const struct tin_vinst *inst) {
  int width = width_of(e, VT_F32), half = e->target->evex ? TEMPORARY_512 : TEMPORARY;
  emit(e, X86_FLOAT_TO_HALF, VT_F32, width, inst->a, 0, half, 0); /* to nearest even */
  emit(e, X86_HALF_TO_FLOAT, VT_F32, width, inst->d, 0, half, 0);
}

static void encode_prefetch(struct encoder *e, const struct tin_vinst *inst) {
  struct tin_x86_memory memory = memory_of(e, inst);
  static const struct { int opcode, extension; } forms[] = {{0x0f18, 1}, {0x0f18, 2}, {0x0f0d, 1}}; /* prefetcht0, prefetcht1, prefetchw */
  tin_x86_general_memory(&e->code, forms[inst->imm].opcode, false, forms[inst->imm].extension, memory);
}

/* A vop that is one row of the table. */
static void encode_row(struct encoder *e, const struct tin_vinst *inst) {
  const struct tin_x86_row *row = row_of(inst->op, inst->type);
  struct tin_x86 *code = &e->code;
  int width = op_width(inst->op, inst->type, e->program->lanes);
  switch (row->form) {
  case X86_RVM:
  case X86_RVMI:
    tin_x86_vector(code, row, width, inst->d, inst->a, inst->b, inst->imm, 0);
    break;
  case X86_RM:
    tin_x86_vector(code, row, width, inst->d, 0, inst->a, 0, 0);
    break;
  case X86_RMI: /* ROUND: bit 3 keeps the inexact flag */
    tin_x86_vector(code, row, width, inst->d, 0, inst->a, inst->imm | 8, 0);
    break;
  case X86_MR:
    tin_x86_vector(code, row, width, inst->a, 0, inst->d, 0, 0);
    break;
  case X86_VMI:
    tin_x86_vector(code, row, width, row->extension, inst->d, inst->a, inst->imm, 0);
    break;
  case X86_STORE: /* STREAM */
    emit_memory(e, inst->op, inst->type, inst->a, 0, memory_of(e, inst), 0);
    break;
  default: /* FMA_MEM */
    emit_memory(e, inst->op, inst->type, inst->d, inst->a, memory_of(e, inst), 0);
  }
}

void tin_encode_vector(struct encoder *e, const struct tin_vinst *inst, const struct tin_vinst *next) {
  switch (inst->op) {
  case V_LOAD:
    encode_load(e, inst);
    break;
  case V_STORE:
    encode_store(e, inst);
    break;
  case V_BROADCAST:
    encode_broadcast(e, inst);
    break;
  case V_GATHER:
    encode_gather(e, inst);
    break;
  case V_ZERO:
    encode_zero(e, inst->d, inst->type);
    break;
  case V_ADD_MEM:
    encode_add_mem(e, inst);
    break;
  case V_CMP:
    if (e->target->evex)
      compare_512(e, inst, next);
    else
      compare_256(e, inst);
    break;
  case V_SELECT:
    encode_select(e, inst);
    break;
  case V_MERGE:
    encode_merge(e, inst);
    break;
  case V_I64_I32:
    if (e->target->evex)
      encode_row(e, inst);
    else
      narrow(e, inst->d, inst->a);
    break;
  case V_SWAP:
    encode_swap(e, inst);
    break;
  case V_SHUFFLE_128:
    if (e->target->evex)
      encode_row(e, inst);
    else
      emit(e, X86_SWAP_128, VT_F32, 32, inst->d, inst->a, inst->b, inst->imm);
    break;
  case V_ROUND_F16:
    encode_round_f16(e, inst);
    break;
  case V_PREFETCH:
    encode_prefetch(e, inst);
    break;
  default:
    encode_row(e, inst);
  }
  if (inst->op != V_CMP && inst->op != V_STORE && inst->op != V_STREAM && inst->op != V_PREFETCH && inst->d == e->mask_in_k)
    e->mask_in_k = -1;
}
