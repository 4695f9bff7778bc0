/* The bounds-checked mode (TIN_CHECK=1): every load and store of every kernel is looked at before it happens.
 *
 * The C text of kernels is compiled by libtcc with its bounds checking, whose calls (tin_check_symbols) land here; vector programs are run
 * instruction by instruction (check_vector.c) in the place of their machine code. What a kernel may touch is a list of areas: the buffers
 * of the values that it reads and writes, its arguments, the thread's scratch, constants, and the local arrays of its functions. An access
 * must lie in the area that its pointer points into. One that does not reads zeros and writes nothing; the kernel goes on, and the run
 * fails with a report of the first one.
 *
 * libtcc's checking passes over one kind of access: the right operand of arithmetic on floats. So kernels load into locals first.
 *
 * Costs nothing when off: no kernel has a trace of it. When on, kernels are some hundred times slower. */
#ifndef TIN_RUNTIME_CHECK_H
#define TIN_RUNTIME_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codegen/vector.h"
#include "runtime/code.h"

/* begin <= address < end */
struct tin_check_area {
  uintptr_t begin, end;
  bool writable;
  int value;        /* of the plan, or -1 */
  const char *what; /* where value is -1: "scratch", ... */
};

/* A vector program and where its loops end: ends[i] is the END, TAIL_END or REPEAT_END of instruction i, and the other way round. */
struct tin_check_program {
  const char *name; /* of its function */
  struct tin_vprogram program;
  int *ends;
};
/* A copy in the arena, which needs a fail target. */
struct tin_check_program tin_check_program_copy(struct tin_arena *arena, const struct tin_vprogram *program, const char *name);

enum { TIN_CHECK_LOCALS = 256 }; /* most local arrays of functions that are at work at once */

/* One thread's kernel at work. */
struct tin_check_thread {
  const struct tin_check_area *areas;
  int n_areas;
  const struct tin_check_program *programs; /* of the plan */
  struct tin_check_area locals[TIN_CHECK_LOCALS];
  int n_locals;
  int recent; /* area of the access before */
  bool violated;
  char report[400];        /* of the first access outside: what, where, of which area */
  unsigned char dummy[64]; /* what such an access gets */
};
/* Makes it the calling thread's until tin_check_leave. */
void tin_check_enter(struct tin_check_thread *thread);
void tin_check_leave(void);

/* Where the access may go: `address`, or a dummy of zeros when it is not inside the area that `base` points into (base 0: that address
 * points into). where: the text of the instruction, or NULL. */
void *tin_check_access(uintptr_t base, uintptr_t address, size_t bytes, bool writes, const char *where);

/* The program of the calling thread's plan. */
const struct tin_check_program *tin_check_program_at(long number);
/* check_vector.c: runs program `number` of the plan on the frame. */
void tin_check_routine(long number, long *frame);

/* What text compiled for this mode refers to, beside what all text does. */
extern const struct tin_code_symbol tin_check_symbols[];
extern const int tin_check_symbol_count;

#endif
