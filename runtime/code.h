/* Compiled code: the only file pair that knows libtcc.
 *
 * One compilation turns one C text into a code block; the text is ours, so any message of libtcc is a defect of ours: it becomes an
 * error that names the file the text was saved to. Code pages are never writable and executable at once. libtcc cannot end the process
 * (its exit, malloc, realloc, mprotect are renamed in a private copy). A lock surrounds libtcc's global state.
 */
#ifndef TIN_RUNTIME_CODE_H
#define TIN_RUNTIME_CODE_H

#include <stddef.h>

#include "common/mem.h"

struct tin_code; /* pages of machine code */

/* A host function or datum that kernels may use by name. */
struct tin_code_symbol {
  const char *name;
  const void *address;
};

/* Machine code that kernels call by name: position-independent, ends with a return. It is copied. */
struct tin_code_routine {
  const char *name;
  const uint8_t *bytes;
  size_t count;
};

struct tin_code_source {
  const char *text;
  const struct tin_code_symbol *symbols;
  int n_symbols;
  const struct tin_code_routine *routines;
  int n_routines;
  bool checked;       /* with libtcc's bounds checking, whose functions are among the symbols (runtime/check.h) */
  const char *header; /* not NULL: this goes before the text, and the system's compiler takes both instead of libtcc (runtime/code_cc.c) */
};

/* Compiles the text and joins it with the routines; NULL with error on failure. Looks up names[i] into addresses[i] (all must exist). */
struct tin_code *tin_code_compile(const struct tin_code_source *source, const char *const *names, int n_names, void **addresses,
                                  struct tin_error *error);
/* Where one of the routines lies that the code was compiled with. */
const void *tin_code_routine(const struct tin_code *code, const struct tin_code_routine *routines, int which);
size_t tin_code_bytes(const struct tin_code *code);
/* The pages of the compiled text, its constants included; 0 bytes where libtcc does not tell. */
const void *tin_code_pages(const struct tin_code *code, size_t *bytes);
void tin_code_free(struct tin_code *code); /* NULL is allowed */
const char *tin_code_version(void);        /* "libtcc 0.9.27" */

/* code_cc.c: compiles the text by the compiler that TIN_CC names (cc), in a folder of its own that is removed again, and loads it: a handle
 * for dlclose, or NULL with error. */
void *tin_code_cc(const struct tin_code_source *source, const char *const *names, int n_names, void **addresses, struct tin_error *error);

#endif
