/* What the two halves of the encoder share: encode.c (pointers, control, targets) and encode_vector.c (the ops on vector registers). */
#ifndef TIN_CODEGEN_ENCODE_H
#define TIN_CODEGEN_ENCODE_H

#include "codegen/x86.h"

/* Vector and mask registers of the encoder. */
enum { TEMPORARY_512 = 31, TAIL_32 = 12, TAIL_64 = 13, TEMPORARY = 14, TEMPORARY_2 = 15, TAIL_K = 1, MASK_K = 2 };

struct block { /* an open LOOP, TAIL or REPEAT */
  const struct tin_vinst *inst;
  int skip; /* displacement of the jump over it, -1: none */
  int head; /* first byte of the body */
};

struct encoder {
  struct tin_x86 code;
  const struct tin_vprogram *program;
  const struct tin_vtarget *target;
  int8_t *registers;  /* general register by pointer number, -1: none */
  int n_slots_mapped; /* length of `registers` */
  uint32_t saved;     /* mask of general registers to restore */
  int mask_in_k;      /* vector register whose mask k2 holds, -1: none */
  TIN_VEC(struct block) blocks;
};

static inline bool is_wide(int type) {
  return type == VT_F64 || type == VT_I64;
}

static inline bool is_float(int type) {
  return type == VT_F32 || type == VT_F64;
}

/* Bytes of a register of this type. */
static inline int width_of(const struct encoder *e, int type) {
  return e->program->lanes * (is_wide(type) ? 8 : 4);
}

static inline const struct tin_x86_row *row_of(int key, int type) {
  return tin_x86_row_of(key, type);
}

static inline bool reads_wide(int op) {
  return op == V_F64_F32 || op == V_F64_I32 || op == V_I64_I32;
}

/* Bytes of the largest register operand. */
static inline int op_width(int op, int type, int lanes) {
  return lanes * (is_wide(type) || reads_wide(op) ? 8 : 4);
}

static inline struct tin_x86_memory slot_memory(int slot) {
  return (struct tin_x86_memory){.base = RSI, .index = -1, .disp = slot * 8};
}

static inline int pointer_register(const struct encoder *e, int pointer) {
  return pointer < e->n_slots_mapped ? e->registers[pointer] : -1;
}

static inline void emit(struct encoder *e, int key, int type, int width, int reg, int vvvv, int rm, int imm) {
  tin_x86_vector(&e->code, row_of(key, type), width, reg, vvvv, rm, imm, 0);
}

/* Encodes an op on vector registers; `next` is the op after it or NULL. */
void tin_encode_vector(struct encoder *e, const struct tin_vinst *inst, const struct tin_vinst *next);

#endif
