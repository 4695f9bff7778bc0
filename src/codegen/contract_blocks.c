/* Choice of the blocks of a contraction by a model of caches and threads. Blocks never change a value: each element of the result is
 * computed by one item, in the order of docs/numerics.md. */
#include "codegen/contract_blocks.h"

/* Cycles around an item: the function's own code, the frames of its routines, lines that are cold again. */
static const double item_cycles = 300;
/* Bytes a cycle that one core reads from its L2, and from beyond it while it computes (20 GB/s measured at 2.6 GHz). */
static const double near_bytes = 32, far_bytes = 8;
/* The part of L2 that packed columns and running sums may take: A, C and the stack pass through the rest. */
static const double l2_share = 0.6;

static int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

struct tin_caches tin_caches_believed(struct tin_caches caches) {
  /* The smallest and largest caches of CPUs since 2010. Virtual machines report none, or those of the whole socket. */
  if (caches.l1 < 16 << 10 || caches.l1 > 256 << 10)
    caches.l1 = 32 << 10;
  if (caches.l2 < 128 << 10 || caches.l2 > 16 << 20)
    caches.l2 = 512 << 10;
  return caches;
}

/* Cycles that an item waits for what should stay in L2 and does not fit: packed columns are read again by every row of tiles, running sums
 * with every chunk. */
static double missing(const struct tin_block_problem *p, struct tin_blocks at) {
  double columns = (double)(at.panels * p->panel_columns), rows = (double)(at.tiles * p->tile_rows);
  double panels = p->packed ? (double)p->bytes * columns * (double)p->chunk : 0, sums = (double)p->bytes * columns * rows * (double)p->sums;
  double room = l2_share * (double)p->caches.l2, chunks = (double)ceil_div(p->k, p->chunk);
  double again = panels > room ? panels * (double)at.tiles + sums : panels + sums > room ? panels + sums - room : 0;
  return again * chunks / far_bytes;
}

/* Cycles of reading an element of an operand that has so many. */
static double reading(const struct tin_block_problem *p, double elements) {
  return p->bytes / (elements * p->bytes > (double)p->caches.l2 ? far_bytes : near_bytes);
}

/* Cycles of the whole product on its threads. */
static double cost_of(const struct tin_block_problem *p, struct tin_blocks at) {
  int64_t items = p->batch * ceil_div(p->tiles, at.tiles) * ceil_div(p->panels, at.panels), turns = ceil_div(items, p->threads);
  double rows = (double)(at.tiles * p->tile_rows), columns = (double)(at.panels * p->panel_columns), k = (double)p->k;
  double all_rows = (double)(p->tiles * p->tile_rows), all_columns = (double)(p->panels * p->panel_columns);
  double cycles = item_cycles + rows * columns * k / (2.0 * p->lanes); /* two FMAs a cycle */
  cycles += rows * k * (p->row_cost + reading(p, all_rows * k)) + columns * k * (p->column_cost + reading(p, all_columns * k));
  return (cycles + missing(p, at)) * (double)turns;
}

/* 1, 2, 3, 4, 6, 8, 12, 16, 24, ... parts. */
static int64_t next_parts(int64_t parts) {
  return parts < 4 ? parts + 1 : (parts & (parts - 1)) ? parts / 3 * 4 : parts / 2 * 3;
}

struct tin_blocks tin_choose_blocks(const struct tin_block_problem *problem) {
  struct tin_blocks best = {.tiles = problem->tiles, .panels = problem->panels};
  double least = cost_of(problem, best);
  for (int64_t by_rows = 1; by_rows <= problem->tiles; by_rows = next_parts(by_rows))
    for (int64_t by_columns = 1; by_columns <= problem->panels; by_columns = next_parts(by_columns)) {
      struct tin_blocks at = {.tiles = ceil_div(problem->tiles, by_rows), .panels = ceil_div(problem->panels, by_columns)};
      double cost = cost_of(problem, at);
      if (cost < least * 0.999) { /* equals: fewer items */
        least = cost;
        best = at;
      }
    }
  return best;
}
