/* Chain contractions: tile sizes, micro-kernels, packing, and the C driver around them. */
#ifndef TIN_CODEGEN_CONTRACT_H
#define TIN_CODEGEN_CONTRACT_H

#include "codegen/lower.h"
#include "codegen/output.h"

/* Appends the functions of a CONTRACT part; fills the entry's items, scratch_bytes, how. */
void tin_contract_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                        struct tin_entry *entry);

#endif
