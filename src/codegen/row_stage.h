/* Nests in two steps: reductions over several ranges, by staging their elements side by side; maps with narrow columns. */
#ifndef TIN_CODEGEN_ROW_STAGE_H
#define TIN_CODEGEN_ROW_STAGE_H

#include "codegen/output.h"

/* Is the nest such a reduction, which has no vector form as it stands? */
bool tin_row_stage_wanted(const struct tin_output *out, const struct tin_nest *nest);
/* Prints it as tin_output_nest does; nest->scratch_bytes grows by the staged row. */
const char *tin_row_stage_print(const struct tin_output *out, struct tin_nest *nest, const char *name);

/* Is the nest, called with all its rows and columns, a map whose few columns lie between those of other rows, with work enough? */
bool tin_map_stage_wanted(const struct tin_output *out, const struct tin_nest *nest, int64_t rows, int64_t columns);
const char *tin_map_stage_print(const struct tin_output *out, struct tin_nest *nest, int64_t rows, int64_t columns, const char *name);

#endif
