/* Where code generation prints to: the C text for libtcc, the machine code of its vector programs, and what people read. */
#ifndef TIN_CODEGEN_OUTPUT_H
#define TIN_CODEGEN_OUTPUT_H

#include "codegen/kernel.h"
#include "codegen/nest.h"

struct tin_output {
  struct tin_text *text;        /* C for libtcc; vector programs are calls of routines */
  struct tin_text *readable;    /* the same C with the vector programs spelled out, or NULL */
  struct tin_kernel_code *code; /* gets the routines, and the text forms of nests and programs where it wants them */
  struct tin_arena *arena;
  const struct tin_codegen_target *target;
};

/* C that is the same in both texts. */
void tin_output_add(const struct tin_output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The text form of the program, where it is wanted; `when` is told with the name. */
void tin_output_program(const struct tin_output *out, const struct tin_vprogram *program, const char *name, const char *when);
/* Declares the routine of the function `name`; before the function. */
void tin_output_declare_routine(const struct tin_output *out, const char *name);
/* Runs the allocated program on the frame `f`: a call of the routine in the text, the program itself in the readable text. */
void tin_output_routine(const struct tin_output *out, const struct tin_vprogram *program, const char *name);
/* The nest as a C function in the best form that the target has; returns "avx512", "portable", ... What it needs of the scratch is then in
 * nest->scratch_bytes. */
const char *tin_output_nest(const struct tin_output *out, struct tin_nest *nest, const char *name);

#endif
