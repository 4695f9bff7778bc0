/* Vector program to machine code, for the targets avx512 (EVEX only, so that all lengths reach registers 16 and up) and avx2 (VEX).
 *
 * This file has pointers, control and the targets; vector ops are in encode_vector.c. General registers: rsi frame, rcx index, rax
 * temporary; pointers in `pointer_registers` as far as they reach and through rax from their frame slot beyond. Vector registers that the
 * allocator does not have:
 *   avx512  zmm31 temporary; k1 the tail's mask, k2 temporary mask
 *   avx2    ymm12 the tail's mask for 32-bit lanes, ymm13 for 64-bit lanes; ymm14, ymm15 temporaries
 * Hand-allocated programs may use these too when none of their ops is a sequence. The program is expected to have been verified.
 */
#include "codegen/encode.h"

static const int8_t pointer_registers[] = {RDI, R8, R9, R10, R11, RDX, RBX, R12, R13, R14, R15};
enum { POINTER_REGISTERS = sizeof pointer_registers };

enum { LOOP_ALIGNMENT = 16 }; /* of loop heads; the code itself starts at a multiple of it */
enum { LESS_OR_EQUAL = 0xe, GREATER = 0xf, GREATER_OR_EQUAL = 0xd, NOT_ZERO = 5 }; /* conditions of jumps */

static bool has_memory(int op) {
  return op == V_LOAD || op == V_STORE || op == V_STREAM || op == V_BROADCAST || op == V_GATHER || op == V_FMA_MEM || op == V_ADD_MEM ||
         op == V_PREFETCH || op == V_BUMP || op == V_ADVANCE || op == V_POINT;
}

/* The highest pointer that the instruction names, and -1. */
static int last_pointer(const struct tin_vinst *inst) {
  int table = inst->op == V_POINT ? inst->imm : -1;
  return !has_memory(inst->op) ? -1 : inst->pointer > table ? inst->pointer : table;
}

/* Gives registers to the pointers that are used, lowest first, and loads them. */
static void begin(struct encoder *e) {
  const struct tin_vprogram *program = e->program;
  for (int i = 0; i < program->insts.count; i++)
    if (last_pointer(&program->insts.at[i]) >= e->n_slots_mapped)
      e->n_slots_mapped = last_pointer(&program->insts.at[i]) + 1;
  e->registers = TIN_NEW_ARRAY(e->code.arena, int8_t, e->n_slots_mapped);
  for (int i = 0; i < program->insts.count; i++)
    if (has_memory(program->insts.at[i].op)) {
      e->registers[program->insts.at[i].pointer] = 1;
      e->registers[last_pointer(&program->insts.at[i])] = 1;
    }
  int used = 0;
  for (int p = 0; p < e->n_slots_mapped; p++) {
    e->registers[p] = e->registers[p] && used < POINTER_REGISTERS ? pointer_registers[used++] : -1;
    int reg = e->registers[p];
    if (reg < 0)
      continue;
    tin_x86_reserve(&e->code);
    if (reg == RBX || reg >= R12) {
      static const uint8_t push_low[] = {0x53}, push_high[][2] = {{0x41, 0x54}, {0x41, 0x55}, {0x41, 0x56}, {0x41, 0x57}};
      tin_x86_bytes(&e->code, reg == RBX ? push_low : push_high[reg - R12], reg == RBX ? 1 : 2);
      e->saved |= 1u << reg;
    }
    tin_x86_general_memory(&e->code, 0x8b, true, reg, slot_memory(p));
  }
}

/* Streaming stores are ordered with nothing: the fence has them done before the thread says so. */
static void finish(struct encoder *e) {
  static const uint8_t vzeroupper[] = {0xc5, 0xf8, 0x77}, sfence[] = {0x0f, 0xae, 0xf8};
  bool streams = false;
  for (int i = 0; i < e->program->insts.count; i++)
    streams = streams || e->program->insts.at[i].op == V_STREAM;
  tin_x86_reserve(&e->code);
  tin_x86_bytes(&e->code, sfence, streams ? 3 : 0);
  tin_x86_bytes(&e->code, vzeroupper, 3);
  for (int reg = R15; reg >= RBX; reg--) {
    if (!(e->saved >> reg & 1))
      continue;
    uint8_t pop[2] = {0x41, (uint8_t)(0x58 | (reg & 7))};
    tin_x86_bytes(&e->code, reg < R8 ? pop + 1 : pop, reg < R8 ? 1 : 2);
  }
}

/* ---- control ---- */

/* `opcode` (03 add, 2B sub, 3B cmp, 8B mov: register from memory) of a register with the limit of a LOOP or TAIL, plus `plus`. The
 * immediate form of the first three is 81 with the opcode's upper bits. */
static void with_limit(struct encoder *e, int opcode, int reg, const struct tin_vinst *inst, int64_t plus) {
  if (inst->a != V_NO_REGISTER) {
    tin_x86_general_memory(&e->code, opcode, true, reg, slot_memory(inst->a));
  } else if (opcode == 0x8b) {
    tin_x86_general(&e->code, 0xc7, true, 0, reg);
    tin_x86_imm32(&e->code, inst->disp);
  } else {
    tin_x86_general(&e->code, 0x81, true, opcode >> 3, reg);
    tin_x86_imm32(&e->code, inst->disp + plus);
  }
}

/* Compares index + step with the limit. */
static void compare_with_limit(struct encoder *e, const struct tin_vinst *loop) {
  if (loop->a == V_NO_REGISTER) {
    with_limit(e, 0x3b, RCX, loop, -(int64_t)loop->imm);
  } else {
    tin_x86_general_memory(&e->code, 0x8d, true, RAX, (struct tin_x86_memory){.base = RCX, .index = -1, .disp = loop->imm}); /* lea */
    with_limit(e, 0x3b, RAX, loop, 0);
  }
}

static void open_block(struct encoder *e, const struct tin_vinst *inst, int skip) {
  struct block block = {.inst = inst, .skip = skip, .head = e->code.count};
  tin_vec_push(e->code.arena, &e->blocks, block);
}

static struct block close_block(struct encoder *e) {
  return e->blocks.at[--e->blocks.count];
}

static void align_head(struct encoder *e) {
  tin_x86_nops(&e->code, -e->code.count & (LOOP_ALIGNMENT - 1));
}

static void encode_loop(struct encoder *e, const struct tin_vinst *inst) {
  compare_with_limit(e, inst);
  int skip = tin_x86_jump(&e->code, GREATER, -1);
  align_head(e);
  open_block(e, inst, skip);
}

static void encode_end(struct encoder *e) {
  struct block block = close_block(e);
  tin_x86_general(&e->code, 0x81, true, 0, RCX); /* add */
  tin_x86_imm32(&e->code, block.inst->imm);
  compare_with_limit(e, block.inst);
  tin_x86_jump(&e->code, LESS_OR_EQUAL, block.head);
  tin_x86_land(&e->code, block.skip);
}

/* k1 = the lowest limit - index bits. The count is made in rcx, and the index from it again: there is one temporary register only. */
static void tail_mask_512(struct encoder *e, const struct tin_vinst *inst) {
  static const uint8_t make_mask[] = {0x48, 0xf7, 0xd9,             /* neg rcx */
                                      0xc4, 0xe2, 0x70, 0xf5, 0xc0, /* bzhi eax, eax, ecx */
                                      0x48, 0xf7, 0xd9,             /* neg rcx */
                                      0xc5, 0xf8, 0x92, 0xc8};      /* kmovw k1, eax */
  tin_x86_move_constant(&e->code, RAX, UINT32_MAX);
  with_limit(e, 0x2b, RCX, inst, 0);
  tin_x86_bytes(&e->code, make_mask, sizeof make_mask);
  with_limit(e, 0x03, RCX, inst, 0);
}

/* Lane numbers below limit - index. */
static void tail_mask_256(struct encoder *e, const struct tin_vinst *inst) {
  int width = width_of(e, VT_I32);
  with_limit(e, 0x8b, RAX, inst, 0);
  tin_x86_general(&e->code, 0x2b, true, RAX, RCX);
  emit(e, X86_FROM_GENERAL, VT_I32, 16, TAIL_32, 0, RAX, 0);
  emit(e, X86_SPREAD, VT_I32, width, TAIL_32, 0, TAIL_32, 0);
  tin_x86_move_constant(&e->code, RAX, 0x0706050403020100);
  emit(e, X86_FROM_GENERAL, VT_I64, 16, TEMPORARY, 0, RAX, 0);
  emit(e, X86_WIDEN_BYTES, VT_I32, width, TEMPORARY, 0, TEMPORARY, 0);
  emit(e, X86_GREATER, VT_I32, width, TAIL_32, TAIL_32, TEMPORARY, 0);
  if (width == 16)
    emit(e, V_I32_I64, VT_I64, 32, TAIL_64, 0, TAIL_32, 0);
}

static void encode_tail(struct encoder *e, const struct tin_vinst *inst) {
  with_limit(e, 0x3b, RCX, inst, 0);
  open_block(e, inst, tin_x86_jump(&e->code, GREATER_OR_EQUAL, -1));
  if (e->target->evex)
    tail_mask_512(e, inst);
  else
    tail_mask_256(e, inst);
}

static void encode_repeat_end(struct encoder *e) {
  struct block block = close_block(e);
  tin_x86_general_memory(&e->code, 0xff, true, 1, slot_memory(block.inst->a)); /* dec */
  tin_x86_jump(&e->code, NOT_ZERO, block.head);
}

static void encode_bump(struct encoder *e, const struct tin_vinst *inst) {
  int reg = pointer_register(e, inst->pointer);
  if (reg >= 0)
    tin_x86_general(&e->code, 0x81, true, 0, reg);
  else
    tin_x86_general_memory(&e->code, 0x81, true, 0, slot_memory(inst->pointer));
  tin_x86_imm32(&e->code, inst->imm);
}

static void encode_advance(struct encoder *e, const struct tin_vinst *inst) {
  int reg = pointer_register(e, inst->pointer);
  if (reg >= 0) {
    tin_x86_general_memory(&e->code, 0x03, true, reg, slot_memory(inst->a)); /* add */
    return;
  }
  tin_x86_general_memory(&e->code, 0x8b, true, RAX, slot_memory(inst->a));
  tin_x86_general_memory(&e->code, 0x01, true, RAX, slot_memory(inst->pointer)); /* add to memory */
}

/* movslq, add; a pointer or table beyond the registers goes through rax. */
static void encode_point(struct encoder *e, const struct tin_vinst *inst) {
  int to = pointer_register(e, inst->pointer), reg = to >= 0 ? to : RAX, table = pointer_register(e, inst->imm);
  if (table < 0)
    tin_x86_general_memory(&e->code, 0x8b, true, RAX, slot_memory(inst->imm));
  tin_x86_general_memory(&e->code, 0x63, true, reg,
                         (struct tin_x86_memory){.base = table < 0 ? RAX : table, .index = -1, .disp = inst->disp});
  tin_x86_general_memory(&e->code, 0x03, true, reg, slot_memory(inst->a));
  if (to < 0)
    tin_x86_general_memory(&e->code, 0x89, true, RAX, slot_memory(inst->pointer));
}

/* True when the vop was control. */
static bool encode_control(struct encoder *e, const struct tin_vinst *inst) {
  switch (inst->op) {
  case V_INDEX_ZERO:
    tin_x86_general(&e->code, 0x31, false, RCX, RCX); /* xor */
    return true;
  case V_LOOP:
    encode_loop(e, inst);
    break;
  case V_END:
    encode_end(e);
    break;
  case V_TAIL:
    encode_tail(e, inst);
    break;
  case V_TAIL_END:
    tin_x86_land(&e->code, close_block(e).skip);
    break;
  case V_REPEAT:
    align_head(e);
    open_block(e, inst, -1);
    break;
  case V_REPEAT_END:
    encode_repeat_end(e);
    break;
  case V_BUMP:
    encode_bump(e, inst);
    return true;
  case V_ADVANCE:
    encode_advance(e, inst);
    return true;
  case V_POINT:
    encode_point(e, inst);
    return true;
  case V_RESET:
    tin_x86_general_memory(&e->code, 0xc7, true, 0, slot_memory(inst->a));
    tin_x86_imm32(&e->code, inst->imm);
    return true;
  default:
    return false;
  }
  e->mask_in_k = -1; /* other code joins here */
  return true;
}

struct tin_vcode tin_vector_encode(struct tin_arena *arena, const struct tin_vprogram *program, const struct tin_vtarget *target) {
  struct encoder e = {.code = {.arena = arena, .evex = target->evex}, .program = program, .target = target, .mask_in_k = -1};
  begin(&e);
  for (int i = 0; i < program->insts.count; i++) {
    const struct tin_vinst *inst = &program->insts.at[i];
    tin_x86_reserve(&e.code);
    if (!encode_control(&e, inst))
      tin_encode_vector(&e, inst, i + 1 < program->insts.count ? inst + 1 : NULL);
  }
  finish(&e);
  return (struct tin_vcode){.bytes = e.code.bytes, .count = e.code.count};
}

/* ---- targets ---- */

/* Do the vops that are sequences, not rows, exist for this type? -1: not a sequence. */
static int sequence_supports(int op, int type, bool evex) {
  switch (op) {
  case V_STORE:
  case V_BROADCAST:
  case V_GATHER:
  case V_PREFETCH:
    return true;
  case V_ZERO:
  case V_SWAP:
  case V_CMP:
  case V_SELECT:
  case V_MERGE:
    return type < VT_NARROW;
  case V_I64_I32:
    return type == VT_I32;
  case V_ROUND_F16:
    return type == VT_F32;
  case V_SHUFFLE_128:
    return evex ? -1 : is_float(type);
  default:
    return -1;
  }
}

static bool supports(int op, int type, int lanes, bool evex, int vector_bytes) {
  if (op >= V_INDEX_ZERO)
    return true;
  int width = op_width(op, type, lanes);
  if ((width != 16 && width != 32 && width != 64) || width > vector_bytes || (op == V_SHUFFLE_128 && width < 32))
    return false;
  int sequence = sequence_supports(op, type, evex);
  if (sequence >= 0)
    return sequence;
  const struct tin_x86_row *row = row_of(op, type);
  return evex ? row->evex != NULL : row->vex != NULL;
}

static bool supports_512(int op, int type, int lanes) {
  return supports(op, type, lanes, true, 64);
}

static bool supports_256(int op, int type, int lanes) {
  return supports(op, type, lanes, false, 32);
}

const struct tin_vtarget tin_target_avx512 = {
    .name = "avx512", .vector_bytes = 64, .registers = 32, .allocatable = TEMPORARY_512, .evex = true, .supports = supports_512};
const struct tin_vtarget tin_target_avx2 = {
    .name = "avx2", .vector_bytes = 32, .registers = 16, .allocatable = TAIL_32, .evex = false, .supports = supports_256};
