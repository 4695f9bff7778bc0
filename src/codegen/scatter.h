/* Scatters: the C driver around the copy of the base and the rows of the source. */
#ifndef TIN_CODEGEN_SCATTER_H
#define TIN_CODEGEN_SCATTER_H

#include "codegen/lower.h"
#include "codegen/output.h"

/* Appends the functions of a SCATTER part; fills the entry's items, scratch_bytes, how. */
void tin_scatter_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                       struct tin_entry *entry);

#endif
