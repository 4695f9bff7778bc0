/* BLOCK parts: the stages of a block of rows, and the C driver around them. */
#ifndef TIN_CODEGEN_BLOCK_H
#define TIN_CODEGEN_BLOCK_H

#include "codegen/lower.h"
#include "codegen/output.h"

/* Appends the functions of a BLOCK part; fills the entry's items, scratch_bytes, how. */
void tin_block_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                     struct tin_entry *entry);

#endif
