/* The system's compiler for the C text of kernels: for TIN_CHECK=cc (code_cc.c) and for TIN_TIER=cc (tier.c). Private to runtime.
 *
 * The text refers to functions of this library, and to machine code beside it, by name. A name becomes a pointer by a macro before the
 * text (so the prototype in the text declares that pointer), and the pointers are set when the code is loaded. */
#ifndef TIN_RUNTIME_CC_H
#define TIN_RUNTIME_CC_H

#include <stdatomic.h>
#include <stdio.h>

#include "runtime/code.h"

const char *tin_cc_name(void); /* the command: TIN_CC, or cc */
/* Header, macros, text; whether all went well is the stream's to say. */
void tin_cc_write(FILE *file, const struct tin_code_source *source);
enum { TIN_CC_FLAGS = 16 };
/* Compiles a source to a shared library with these flags (at most TIN_CC_FLAGS, then NULL). Where child is not NULL, *child is its
 * process while it runs, and what it prints is lost. False with error. */
bool tin_cc_compile(const char *const *flags, const char *source, const char *library, atomic_int *child, struct tin_error *error);
/* Sets the pointers in the loaded library, and finds names[i] in it; false with error. */
bool tin_cc_bind(void *library, const struct tin_code_source *source, const char *const *names, int n_names, void **addresses,
                 struct tin_error *error);

#endif
