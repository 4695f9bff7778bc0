/* From a schedule's kernel to C text: lowering, vectorisation or plain C, and the entry functions that the run time calls. */
#ifndef TIN_CODEGEN_KERNEL_H
#define TIN_CODEGEN_KERNEL_H

#include "codegen/vector.h"
#include "runtime/code.h"
#include "schedule/plan.h"

/* Bytes of a plan value, from `offset` on. */
struct tin_operand {
  int value;
  int64_t offset;
};

/* A function of the compiled kernel:
 *     void NAME(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)
 * buf[i]: address of operand i; scalar[i]: run-time scalar i, value in the low bytes; scratch: this thread's, `scratch_bytes`,
 * 64-byte aligned; computes items begin .. end-1. Entries of one kernel do not depend on each other; items of an entry neither. */
struct tin_entry {
  char name[64];                /* of its function; several entries may share one */
  struct tin_operand *operands; /* by the numbers that the function has for them: the plan's values, as buf[] */
  int *scalars;                 /* likewise the plan's scalars, as scalar[] */
  int n_operands, n_scalars;
  int64_t items;
  int64_t scratch_bytes;
  double flops;    /* arithmetic of all items, for the profile and for deciding on threads */
  double bytes;    /* read and written by all items, each operand once */
  double runs;     /* short runs of vector loops, of all items: each costs time besides flops and bytes */
  bool tiled;      /* micro-kernels: several times the flops a second of other kernels */
  const char *how; /* "avx512" or "portable": what was generated */
};

/* An allocated vector program and its function's name. */
struct tin_named_program {
  const char *name;
  struct tin_vprogram program;
};

/* What stands for a vector program in the text: */
enum tin_vectors {
  TIN_VECTORS_ENCODED,  /* a call of its machine code */
  TIN_VECTORS_CHECKED,  /* a call of tin_check_routine(number, frame), which runs the program (runtime/check.h) */
  TIN_VECTORS_READABLE, /* its readable form */
};

struct tin_shared_parts;

struct tin_kernel_code {
  TIN_VEC(struct tin_entry) entries;
  TIN_VEC(struct tin_code_routine) routines; /* machine code that the text calls */
  enum tin_vectors style;
  int first_program; /* CHECKED: number of the kernel's first program among those of the plan */
  TIN_VEC(struct tin_named_program) checked_programs;
  struct tin_shared_parts *shared; /* the plan's functions so far (codegen/share.h), or NULL: every part gets one of its own */
  bool plain;                      /* some of it is plain C, which a compiler that optimises makes faster */
  struct tin_text *nests;          /* where it is not NULL: gets the text form of the kernel's loop nests */
  struct tin_text *programs;       /* likewise of its vector programs, before and after registers are allocated */
};

/* What is generated for: */
struct tin_codegen_target {
  const char *name;                 /* "avx512", "avx2", "portable" */
  const struct tin_vtarget *vector; /* NULL: plain C only */
};
const struct tin_codegen_target *tin_codegen_target_find(const char *name); /* NULL: unknown */
/* The best of avx512, avx2, portable that this CPU has; and whether it has a given one. */
const struct tin_codegen_target *tin_codegen_target_best(void);
bool tin_codegen_target_usable(const struct tin_codegen_target *target);

/* What must precede the text of kernels: declarations and helpers of plain C, where they use any. */
void tin_codegen_prelude(struct tin_text *text, const char *kernels);
/* Appends the kernel's functions to `text` (for libtcc; vector programs are calls of the routines in `code`); and to `readable` where it is
 * not NULL (the same C with v-ops spelled out; with comments: graph nodes, shapes, the user's file and line, registers used). */
void tin_codegen_kernel(struct tin_text *text, struct tin_text *readable, struct tin_arena *arena, const struct tin_schedule *schedule,
                        int kernel, const struct tin_codegen_target *target, struct tin_kernel_code *code);

/* Host symbols that the generated text refers to: tin_fmaf, tin_fma, tin_sqrtf, tin_sqrt, tin_fmodf, tin_fmod, tin_argsort. */
extern const struct tin_code_symbol tin_codegen_symbols[];
extern const int tin_codegen_symbol_count;

#endif
