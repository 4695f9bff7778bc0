/* Regions: a MAP nest cut where its guards change, so that inside a region every guard that was cut is simply true or false. */
#ifndef TIN_CODEGEN_REGIONS_H
#define TIN_CODEGEN_REGIONS_H

#include "codegen/nest.h"

/* Rows row_low .. row_high - 1, columns column_low .. column_high - 1. */
struct tin_region {
  int64_t row_low, row_high, column_low, column_high;
  struct tin_nest *nest;
};
enum { TIN_MAX_REGIONS = 12 }; /* a border on both axes makes 9 */

/* Fills regions, which together are `rows` x `columns`; returns their number, or 0 where cutting removes no guard of a load or would make
 * too many. */
int tin_regions_cut(struct tin_arena *arena, const struct tin_nest *nest, int64_t rows, int64_t columns, struct tin_region *regions);

#endif
