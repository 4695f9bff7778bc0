/* The vector program: what runs in the hot loops of one part of a kernel, as a list of vector ops over registers, before and after
 * register allocation. It becomes a routine of machine code that the kernel's C text calls.
 *
 * A program works on a frame: an array of 64-bit slots that the C code fills. Slots 0 .. n_pointers-1 hold addresses (pointer i is kept in
 * a general register where there is one, otherwise used through rax from its slot); further slots hold loop limits and counters.
 * There is one index register (elements), used by LOOP and TAIL; REPEAT counts in frame slots. A memory operand is
 *     pointer + disp [+ index * element size]
 * Vector values are `lanes` elements each; a register holds lanes * element size bytes, so in a program with 64-bit elements the 32-bit
 * ones use half registers. Masks are 32-bit lanes of all ones or zeros.
 */
#ifndef TIN_CODEGEN_VECTOR_H
#define TIN_CODEGEN_VECTOR_H

#include "common/mem.h"

enum tin_vop {
#define VOP(name, text, operands) V_##name,
#include "codegen/vops.def"
#undef VOP
  V_COUNT
};
/* The types from VT_NARROW on are those of memory only: LOAD, STORE, BROADCAST, GATHER; in registers they are VT_I32,
 * f16 and bf16 VT_F32. */
enum tin_vtype { VT_F32, VT_F64, VT_I32, VT_I64, VT_U8, VT_I8, VT_U16, VT_I16, VT_F16, VT_BF16, VT_COUNT, VT_NARROW = VT_U8 };
enum tin_vpredicate { VP_LT, VP_LE, VP_EQ, VP_NE, VP_UNORDERED }; /* NE is true for unordered operands; integers are signed */
/* Flags: masked by the tail; the memory operand adds the index register; CMP: the SELECT that comes next is the only reader of the mask. */
enum { V_TAIL_FLAG = 1, V_INDEX_FLAG = 2, V_DEAD_MASK = 4 };
enum { V_NO_REGISTER = 0xffff };

/* By op: its name and operands, as vops.def has them. By type and predicate: their names. */
struct tin_vop_info {
  const char *text, *operands;
};
extern const struct tin_vop_info tin_vops[V_COUNT];
extern const char *const tin_vtype_names[VT_COUNT];
extern const uint8_t tin_vtype_bytes[VT_COUNT]; /* of an element in memory */
extern const char *const tin_vpredicate_names[VP_UNORDERED + 1];

struct tin_vinst {
  uint8_t op;   /* enum tin_vop */
  uint8_t type; /* enum tin_vtype, of the operation; conversions: of the result */
  uint8_t flags;
  uint8_t predicate;   /* CMP's and other small immediates live in imm; this is spare and 0 */
  uint16_t d, a, b, c; /* registers: virtual before allocation, physical after; V_NO_REGISTER when unused */
  int16_t pointer;     /* memory operand, BUMP, ADVANCE */
  int32_t disp;        /* bytes */
  int32_t imm;
};

/* A virtual register that is cheap to make again: the allocator drops it under pressure and repeats this load at the next use. */
struct tin_vconst {
  uint16_t reg;    /* the virtual register */
  int16_t pointer; /* BROADCAST (or LOAD when `whole`) from pointer + disp */
  int32_t disp;
  uint8_t type;
  uint8_t whole; /* a LOAD of a full vector */
};

struct tin_vprogram {
  int lanes; /* elements of a vector value */
  TIN_VEC(struct tin_vinst) insts;
  TIN_VEC(struct tin_vconst) consts; /* defined at the start of the program, in this order, before insts */
  int n_registers;                   /* virtual registers */
  int n_pointers;                    /* frame slots that are addresses */
  int n_slots;                       /* all frame slots; the spill area is no part of the frame */
  int spill_slot;  /* set by allocation: a slot behind all others (n_slots has grown by it), which the caller fills with the
                    * address of the spill area; memory operands name it like a pointer; -1 when none */
  int spill_bytes; /* set by allocation: bytes of the spill area */
};

/* What a vector target is. */
struct tin_vtarget {
  const char *name; /* "avx512" */
  int vector_bytes; /* 64, 32 */
  int registers;    /* vector registers that a hand-allocated program may use when it has no tail, mask or compare: 32, 16 */
  int allocatable;  /* registers 0 .. allocatable-1 are the allocator's; the rest are the encoder's for masks and temporaries */
  bool evex;
  bool (*supports)(int op, int type, int lanes); /* is there an encoding? (conversions: type is the result's) */
};
extern const struct tin_vtarget tin_target_avx512, tin_target_avx2;

/* regalloc.c: virtual to physical registers by linear scan over the program, live ranges extended over loops. Constants of `consts` are
 * loaded at the start while registers last, and remade at their uses otherwise; other values spill to the spill area with unaligned
 * stores. Afterwards `consts` is empty (the loads are instructions) and n_registers counts the physical registers used. A result may share
 * the register of any operand that ends there (but for GATHER's). Sets and clears V_DEAD_MASK. Needs an arena with a fail target. */
void tin_vector_allocate(struct tin_arena *arena, struct tin_vprogram *program, const struct tin_vtarget *target);
/* Structure and operand checks, before (physical false) or after allocation; false with the reason and instruction. */
bool tin_vector_verify(const struct tin_vprogram *program, const struct tin_vtarget *target, bool physical, struct tin_error *error);

/* vector_tiles.c: n x n elements of f32, n the lanes (16 or 8): fresh registers out[i] get element i of every in[k]. */
void tin_vector_transpose(struct tin_arena *arena, struct tin_vprogram *program, int n, const int *in, int *out);

/* encode.c: the machine code of an allocated program, with rsi = frame on entry; saves and restores rbx, r12 .. r15 where used, ends with
 * vzeroupper; falls through at the end. */
struct tin_vcode {
  uint8_t *bytes;
  int count;
};
struct tin_vcode tin_vector_encode(struct tin_arena *arena, const struct tin_vprogram *program, const struct tin_vtarget *target);
/* The text form, before and after allocation; the grammar is at the top of vector_parse.c. */
void tin_vector_print(struct tin_text *text, const struct tin_vprogram *program);
/* Parses that form; NULL with the line in error. Only the text is checked: whether the program is good, the verifier says. Needs an arena
 * with a fail target. */
struct tin_vprogram *tin_vector_parse(struct tin_arena *arena, const char *text, struct tin_error *error);
/* The same program as v-op macros for people, gcc and clang (runtime/tin_vector.h gives their meaning), one op a line, indented by loop; a
 * block statement. */
void tin_vector_print_readable(struct tin_text *text, const struct tin_vprogram *program, const struct tin_vtarget *target,
                               const char *frame);

#endif
