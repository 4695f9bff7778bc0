/* Chain contractions: tile sizes, micro-kernels, packing, and the C driver around them. */
#ifndef TIN_CODEGEN_CONTRACT_H
#define TIN_CODEGEN_CONTRACT_H

#include "codegen/kernel.h"
#include "codegen/lower.h"

/* What is printed into: text for libtcc and, unless NULL, the readable text and the text form of the nests. */
struct tin_output {
  struct tin_text *text, *readable, *nests;
  struct tin_arena *arena;
  const struct tin_codegen_target *target;
};
void tin_output_add(const struct tin_output *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The nest as a C function in the best form that the target has; returns "avx512", "portable", ... */
const char *tin_output_nest(const struct tin_output *out, const struct tin_nest *nest, const char *name);

/* Appends the functions of a CONTRACT part; fills the entry's items, scratch_bytes, how. */
void tin_contract_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part, struct tin_entry *entry);

#endif
