/* Kernels of PART_SCAN. */
#ifndef TIN_CODEGEN_SCAN_KERNEL_H
#define TIN_CODEGEN_SCAN_KERNEL_H

#include "codegen/kernel.h"
#include "codegen/output.h"

/* Prints the entry function (and what it calls) of a part that is a scan or an argsort, and fills in the entry but its name. */
void tin_scan_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                    struct tin_entry *entry);

#endif
