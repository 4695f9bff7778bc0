/* Bytes of x86-64 instructions: VEX and EVEX vector instructions from a table, and the few general ones that loops need.
 *
 * The table (encode_table.def) has one row an instruction and element type. Formats are those of the Intel 64 Architectures Software
 * Developer's Manual, volume 2, chapter 2 (2.3 VEX, 2.7 EVEX). Nothing here knows about vector programs.
 */
#ifndef TIN_CODEGEN_X86_H
#define TIN_CODEGEN_X86_H

#include "codegen/vector.h"

/* Rows of the table: those of the vops, and the instructions that only sequences use. */
enum tin_x86_key {
  X86_MASK_LOAD = V_COUNT, /* avx2: masked by a vector */
  X86_MASK_STORE,
  X86_GREATER, /* avx2 integer compares */
  X86_EQUAL,
  X86_MASK_TO_VECTOR, /* avx512: k register to lanes of ones and zeros, and back from the sign bits */
  X86_VECTOR_TO_MASK,
  X86_PERMUTE_IN_128, /* lanes within each 128 bits, by immediate */
  X86_SWAP_128,       /* 128-bit blocks of two sources, by immediate */
  X86_EXTRACT_HIGH,   /* upper half of a ymm register */
  X86_SHUFFLE_PAIRS,  /* vshufps */
  X86_PACK_32_16,
  X86_PACK_16_8,
  X86_STORE_LOW,      /* low 32 or 64 bits to memory */
  X86_STORE_ELEMENT,  /* one 8- or 16-bit element to memory, by immediate */
  X86_FROM_GENERAL,   /* general register to the low element */
  X86_SPREAD,         /* low element to all lanes */
  X86_SPREAD_GENERAL, /* avx512: general register to all lanes */
  X86_WIDEN_BYTES,    /* 8-bit to 32-bit lanes */
  X86_NARROW_WORDS,   /* avx512: 32-bit to 16-bit lanes */
  X86_SPREAD_WORDS,   /* avx512: the low 16 bits of a general register to all 16-bit lanes */
  X86_HALF_TO_FLOAT,  /* f16 to f32 lanes, and back */
  X86_FLOAT_TO_HALF,
  X86_SIGNS, /* sign bits of the lanes to a general register */
  X86_KEYS
};

enum tin_x86_form { /* what goes into the fields reg, vvvv, rm */
                    X86_NONE,
                    X86_RVM,  /* D, A, B */
                    X86_RVMI, /* D, A, B, immediate */
                    X86_RVMR, /* D, A, B, fourth register in the immediate's upper half */
                    X86_RM,   /* D, -, A */
                    X86_RMI,  /* D, -, A, immediate */
                    X86_MR,   /* A, -, D: the destination is the rm field */
                    X86_MRI,
                    X86_VMI,         /* opcode extension, D, A, immediate */
                    X86_LOAD,        /* D, -, memory */
                    X86_STORE,       /* A, -, memory */
                    X86_RV_LOAD,     /* D, A, memory */
                    X86_VECTOR_INDEX /* D, avx2: mask, memory with a vector of indices */
};

enum tin_x86_scale {                    /* the unit of EVEX's 8-bit displacements */
                     X86_FULL,          /* a vector */
                     X86_HALF,          /* half a vector */
                     X86_QUARTER,       /* a quarter of a vector */
                     X86_ELEMENT,       /* an element */
                     X86_SPREAD_ELEMENT /* an element, which embedded broadcast spreads over all lanes */
};

struct tin_x86_row {
  uint8_t form;     /* enum tin_x86_form; X86_NONE: no such row */
  uint8_t map;      /* opcode map: 1 0F, 2 0F38, 3 0F3A */
  uint8_t prefix;   /* 0 none, 1 66, 2 F3, 3 F2 */
  uint8_t wide_vex; /* the W bit in each encoding */
  uint8_t wide_evex;
  uint8_t opcode;
  uint8_t extension;      /* X86_VMI: opcode bits in the reg field */
  uint8_t scale;          /* enum tin_x86_scale */
  const char *vex, *evex; /* mnemonic in each encoding, NULL where there is none */
};
extern const struct tin_x86_row tin_x86_rows[];
extern const uint8_t tin_x86_row_numbers[X86_KEYS][VT_COUNT];
/* By key and enum tin_vtype. */
static inline const struct tin_x86_row *tin_x86_row_of(int key, int type) {
  return &tin_x86_rows[tin_x86_row_numbers[key][type]];
}

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

struct tin_x86_memory {
  int base;  /* general register */
  int index; /* general register, vector register (X86_VECTOR_INDEX) or -1 */
  int shift; /* index << shift */
  int32_t disp;
};

struct tin_x86 {
  struct tin_arena *arena; /* with a fail target */
  bool evex;
  uint8_t *bytes;
  int count;
  int capacity;
};

/* How a vector instruction is masked: 0 not; k register number; with X86_ZEROING lanes that are off become 0 instead of being kept. */
enum { X86_ZEROING = 8 };

/* Makes room for one more vop; what follows may then emit up to 256 bytes. */
void tin_x86_reserve(struct tin_x86 *code);
void tin_x86_bytes(struct tin_x86 *code, const void *bytes, int count);
/* A vector instruction on registers. `width`: bytes of its largest operand; `imm` is written when the form has one. */
void tin_x86_vector(struct tin_x86 *code, const struct tin_x86_row *row, int width, int reg, int vvvv, int rm, int imm, int mask);
/* ... on memory. `wide`: 64-bit elements. imm < 0: none. */
void tin_x86_vector_memory(struct tin_x86 *code, const struct tin_x86_row *row, int width, bool wide, int reg, int vvvv,
                           struct tin_x86_memory memory, int imm, int mask);
/* A general instruction: opcode of one byte, or two as 0x0Fxx; `wide`: 64-bit operands. */
void tin_x86_general(struct tin_x86 *code, int opcode, bool wide, int reg, int rm);
void tin_x86_general_memory(struct tin_x86 *code, int opcode, bool wide, int reg, struct tin_x86_memory memory);
void tin_x86_imm32(struct tin_x86 *code, int64_t value);
void tin_x86_move_constant(struct tin_x86 *code, int reg, uint64_t value);
/* `count` bytes of no-operations, as few instructions as possible. */
void tin_x86_nops(struct tin_x86 *code, int count);
/* A jump with a 32-bit displacement; condition: low digit of 0F 8x. Returns the place of the displacement, which points to `target`, or is
 * filled in by tin_x86_land when the target is not known yet (-1). */
int tin_x86_jump(struct tin_x86 *code, int condition, int target);
void tin_x86_land(struct tin_x86 *code, int place);

#endif
