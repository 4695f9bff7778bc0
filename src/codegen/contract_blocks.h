/* How a contraction is cut into items: blocks of rows and columns for threads and caches. */
#ifndef TIN_CODEGEN_CONTRACT_BLOCKS_H
#define TIN_CODEGEN_CONTRACT_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#include "schedule/plan.h"

/* The same with usual sizes for what is unknown or unbelievable. */
struct tin_caches tin_caches_believed(struct tin_caches caches);

struct tin_block_problem {
  int64_t batch, tiles, panels; /* tiles of rows, panels of columns, of the whole product */
  int64_t tile_rows, panel_columns;
  int64_t k, chunk;
  int lanes, bytes;   /* of an element */
  double row_cost;    /* cycles an element of A to stage; 0: read in place */
  double column_cost; /* cycles an element of B to pack; 0: read in place */
  bool packed;        /* B is packed, or read by several rows of tiles: a chunk of the item's columns stays in L2 */
  int64_t sums;       /* running sums kept for each element of an item over the chunks; 0, 1, 2 */
  int threads;
  struct tin_caches caches;
};

struct tin_blocks {
  int64_t tiles, panels; /* of an item */
};

/* The cheapest blocks by a model: staging is repeated for every block of columns, packing for every block of rows, what an item keeps must
 * fit in L2, and threads that have no item wait. */
struct tin_blocks tin_choose_blocks(const struct tin_block_problem *problem);

#endif
