/* Chain contractions as tiles: C[m, n] = sum over k of A[m, k] * B[k, n], for every batch.
 *
 *   item = (batch, block of rows, block of columns)
 *   for each chunk of k (docs/numerics.md: at most 256 long, chunk sums added left to right)
 *     pack the column operand: panels of `panel` columns, k-major; its producers are computed here
 *     for each group of rows
 *       stage the row operand where it is computed, or lies badly: its producers are computed here
 *       for each panel: for each tile: micro-kernel; after the last chunk: consumers on the finished rows of the panel
 *
 * Rows are split exactly: b and b + 1 rows, never padded. Column tails are padded inside the packed panel only, and cut off by the
 * consumers. There is no padding in k.
 */
#include "codegen/contract.h"

#include <stdio.h>
#include <string.h>

#include "codegen/contract_blocks.h"
#include "codegen/contract_kernel.h"
#include "codegen/conv.h"

/* ---- the plan of a contraction ---- */

enum { CHUNK_MAX = 256, CHUNK_GRAIN = 16, GROUP_CHUNKS = 16 };
/* Columns are packed for at least so many tiles of rows. Measured with 8 to 73 tiles: up to 37 a panel read in place is as fast or up
 * to 1.17 times as fast as one that had to be packed first, from 43 on packing wins where rows are long: 1.2 times at 73 tiles of 4096
 * columns. */
enum { DIRECT_TILES = 32 };
/* Steps of k from which on there is time to fetch C meanwhile. */
enum { FETCH_FROM = 32 };
/* Rows of k that are fetched ahead where the columns are used in place: about a memory latency of work. */
enum { DIRECT_AHEAD = 16 };
/* A row stride of a multiple of this many bytes puts all rows of a tile into few sets of a 12-way L1. */
enum { ALIASING_BYTES = 2048, CACHE_LINE = 64 };

/* Panels from which on strips run across: C is written row by row then, and A stays in L1; fewer have too little to do for a call. */
enum { ACROSS_FROM = 4 };
/* Cycles of copying a row as short as a tile is high, whatever its length: the loop's tests, the mask. */
static const double NARROW_COPY = 4;

enum columns_mode {
  COLUMNS_DIRECT,    /* used where they lie: too few tiles of rows for packing to pay */
  COLUMNS_COPIED,    /* vectors along the columns */
  COLUMNS_TRANSPOSED /* contiguous along k: transposed in registers, after staging when they are computed */
};

struct contract_plan {
  const struct tin_schedule *schedule;
  const struct tin_part *part;
  struct tin_contract_axes axes;
  int dtype, bytes, lanes;
  int64_t m, n, k, chunk, n_chunks, group; /* group: chunks a group, for more than 16 chunks */
  int rows_max, vectors;                   /* of a tile */
  int64_t panel;                           /* columns of a tile */
  bool masks;                              /* tiles may end within a vector */
  int64_t n_tiles, small, extra;           /* row tiles: `extra` of small + 1 rows, the others of small */
  int64_t item_tiles, item_columns;        /* row tiles and columns of an item */
  int64_t row_blocks, column_blocks;
  bool across;         /* strips of tiles run along the rows of C, not down a panel */
  int64_t group_tiles; /* row tiles that pass the panels together, and are staged together */
  struct tin_caches caches;
  double row_cost, column_cost; /* cycles an element of staging and packing */
  struct tin_nest *row_nest, *column_nest, *result_nest;
  struct tin_direct row_direct, column_direct;
  int64_t row_run, column_run, result_run; /* of the columns of those nests, where calls are cut */
  bool row_staged, row_by_k, column_staged;
  enum columns_mode columns;
  int64_t staged_leading, sums_leading;
  bool direct_result; /* tiles go straight to the output */
  int result_value;
  int64_t result_batch;   /* elements between batches of the output */
  struct tin_ahead ahead; /* for the consumers, none where there are none */
  int64_t packed_offset, staged_offset, column_stage_offset, sums_offset, group_offset, scratch_bytes;
};

static int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
static int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* Can instructions reach `count` steps of so many elements, forwards or backwards? Displacements have 32 bits. */
static bool is_near(const struct contract_plan *p, int64_t stride, int64_t count) {
  int64_t limit = INT32_MAX / (p->bytes * count);
  return stride <= limit && stride >= -limit;
}

static void plan_chunks(struct contract_plan *p) {
  p->n_chunks = ceil_div(p->k, CHUNK_MAX);
  p->chunk = CHUNK_GRAIN * ceil_div(p->k, CHUNK_GRAIN * p->n_chunks);
  p->n_chunks = ceil_div(p->k, p->chunk);
  p->group = ceil_div(ceil_div(p->k, CHUNK_MAX), GROUP_CHUNKS);
}

static void plan_tiles(struct contract_plan *p, const struct tin_codegen_target *target) {
  int registers = target->vector ? target->vector->registers : 32;
  p->lanes = target->vector ? target->vector->vector_bytes / p->bytes : 8;
  p->masks = !target->vector || target->vector->evex;
  int64_t wide = ceil_div(p->n, p->lanes);
  p->vectors = 2;
  p->rows_max = (registers - 2 - p->vectors) / p->vectors;
  if (p->m < p->rows_max) { /* few rows: wider tiles keep as many sums in flight */
    int64_t vectors = (registers - 2) / (p->m + 1);
    p->vectors = (int)smaller(vectors > 8 ? 8 : vectors, wide);
    p->rows_max = (int)p->m;
  } else if (wide == 1) {
    p->vectors = 1;
  }
  p->panel = (int64_t)p->vectors * p->lanes;
  p->n_tiles = ceil_div(p->m, p->rows_max);
  p->small = p->m / p->n_tiles;
  p->extra = p->m % p->n_tiles;
}

/* A nest cut into runs of columns, and what it costs an element. */
static struct tin_nest *nest_in_runs(const struct contract_plan *p, struct tin_arena *arena, enum tin_contract_nest which, int64_t leading,
                                     int64_t *run, float *cost) {
  *run = tin_lower_contract_run(arena, p->schedule, p->part, &p->axes, which);
  struct tin_nest *nest = tin_lower_contract(arena, p->schedule, p->part, &p->axes, which, leading, *run);
  *cost = tin_nest_cost(nest, *run);
  return nest;
}

static int64_t tiles_staged(const struct contract_plan *p);

/* The row operand is read where it lies when it is a plain strided buffer whose rows do not collide in L1; else it is staged. */
static void plan_rows(struct contract_plan *p, struct tin_arena *arena) {
  p->row_nest = tin_lower_contract(arena, p->schedule, p->part, &p->axes, CONTRACT_ROWS_BY_K, 1, 0);
  bool direct = tin_nest_direct(p->row_nest, &p->row_direct);
  bool collides =
      direct && p->n_tiles > 1 && p->small > 8 && p->row_direct.row_stride * p->bytes % ALIASING_BYTES == 0 && p->row_direct.row_stride;
  bool near = direct && is_near(p, p->row_direct.row_stride, p->rows_max) && is_near(p, p->row_direct.column_stride, 1);
  /* Rows that are far apart along k cost every panel a line a step, copying them costs once what three panels lose. */
  bool scattered = direct && p->row_direct.column_stride * p->bytes >= CACHE_LINE && p->n > 3 * p->panel;
  p->row_staged = !near || collides || scattered;
  int64_t rows = smaller(p->n_tiles, tiles_staged(p)) * (p->small + 1);
  if (!p->row_staged)
    return;
  float by_row, by_k;
  int64_t other_run;
  p->row_nest = nest_in_runs(p, arena, CONTRACT_ROWS_BY_K, 1, &p->row_run, &by_row);
  nest_in_runs(p, arena, CONTRACT_K_BY_ROWS, 1, &other_run, &by_k);
  p->row_by_k = by_k < by_row;
  p->row_run = p->row_by_k ? other_run : p->row_run;
  p->row_cost = p->row_by_k ? by_k + NARROW_COPY / (double)(p->small + 1) : by_row;
  p->staged_leading = p->row_by_k ? ceil_div(rows, p->lanes) * p->lanes : p->chunk;
  if (p->staged_leading * p->bytes % (ALIASING_BYTES / 2) == 0)
    p->staged_leading += p->lanes;
  p->row_nest = tin_lower_contract(arena, p->schedule, p->part, &p->axes, p->row_by_k ? CONTRACT_K_BY_ROWS : CONTRACT_ROWS_BY_K,
                                   p->staged_leading, p->row_run);
}

static void plan_columns(struct contract_plan *p, struct tin_arena *arena, const struct tin_codegen_target *target) {
  float copied, transposed;
  int64_t other_run;
  p->column_nest = nest_in_runs(p, arena, CONTRACT_K_BY_COLUMNS, p->panel, &p->column_run, &copied);
  bool direct = !p->column_run && tin_nest_direct(p->column_nest, &p->column_direct);
  p->columns = COLUMNS_COPIED;
  p->column_cost = copied;
  if (direct && p->column_direct.column_stride == 1 && p->n_tiles <= DIRECT_TILES && (p->masks || p->n % p->lanes == 0) &&
      is_near(p, p->column_direct.row_stride, DIRECT_AHEAD + 1)) {
    p->columns = COLUMNS_DIRECT;
    return;
  }
  if (!target->vector || p->dtype != TIN_F32)
    return;
  struct tin_nest *other = nest_in_runs(p, arena, CONTRACT_COLUMNS_BY_K, p->chunk + 16, &other_run, &transposed);
  struct tin_direct along = {0};
  const float turn = 0.5f; /* cycles an element of turning vectors by 90 degrees */
  if (transposed + turn >= copied)
    return;
  p->columns = COLUMNS_TRANSPOSED;
  p->column_cost = transposed + turn;
  /* what moves by one within a run may start again in the next, as the repeated channels of a signal do */
  p->column_staged = other_run || !tin_nest_direct(other, &along) || along.column_stride != 1 || !is_near(p, along.row_stride, p->lanes);
  p->column_direct = along;
  if (p->column_staged) {
    p->column_nest = other;
    p->column_run = other_run;
  }
}

static void plan_result(struct contract_plan *p, struct tin_arena *arena, bool vectors) {
  const struct tin_part *part = p->part;
  float cost;
  p->result_nest = nest_in_runs(p, arena, CONTRACT_RESULT, p->panel, &p->result_run, &cost);
  const struct tin_store *store = &p->result_nest->stores.at[0];
  int64_t row, column, batch;
  const struct tin_value *stored = &p->result_nest->values.at[store->value];
  bool copies = stored->kind == VALUE_LOAD && p->result_nest->args.at[stored->arg].kind == ARG_POINTER;
  p->direct_result = part->stores.count == 1 && copies && !p->result_run && (p->masks || p->n % p->lanes == 0) && p->group == 1 &&
                     tin_index_affine(store->index, SYMBOL_N, &column) && tin_index_affine(store->index, SYMBOL_M, &row) &&
                     tin_index_affine(store->index, SYMBOL_BATCH, &batch) && column == 1 && is_near(p, row, p->rows_max);
  p->sums_leading = p->direct_result ? row : p->panel;
  p->result_batch = p->direct_result ? batch : 0;
  if (!p->direct_result && !p->result_run && vectors)
    p->ahead = tin_ahead_of(p->result_nest);
  p->result_value = p->schedule->planned[part->stores.at[0]->index].value;
}

static int64_t tiles_staged(const struct contract_plan *p) {
  int64_t tiles = p->caches.l1 / 3 / ((p->small + 1) * p->chunk * p->bytes);
  return tiles < 1 ? 1 : tiles;
}

static void plan_items(struct contract_plan *p, int threads) {
  bool packed = p->columns != COLUMNS_DIRECT;
  struct tin_block_problem problem = {.batch = p->axes.batch_size,
                                      .tiles = p->n_tiles,
                                      .panels = ceil_div(p->n, p->panel),
                                      .tile_rows = p->small + (p->extra > 0),
                                      .panel_columns = smaller(p->panel, p->n),
                                      .k = p->k,
                                      .chunk = smaller(p->chunk, p->k),
                                      .lanes = p->lanes,
                                      .bytes = p->bytes,
                                      .row_cost = p->row_staged ? p->row_cost : 0,
                                      .column_cost = packed ? p->column_cost : 0,
                                      .packed = packed || p->n_tiles > 1,
                                      .sums = p->direct_result || p->n_chunks == 1 ? 0
                                              : p->group > 1                       ? 2
                                                                                   : 1,
                                      .threads = threads,
                                      .caches = p->caches};
  struct tin_blocks blocks = tin_choose_blocks(&problem);
  p->item_tiles = blocks.tiles;
  p->item_columns = blocks.panels * p->panel;
  p->row_blocks = ceil_div(p->n_tiles, p->item_tiles);
  p->column_blocks = ceil_div(p->n, p->item_columns);
  /* Rows pass the panels in groups that L1 holds, unless the panels would come from beyond L2 each time. */
  bool far = !packed && smaller(p->item_columns, p->n) * problem.chunk * p->bytes > p->caches.l2 / 2;
  p->across = blocks.panels >= ACROSS_FROM && !p->ahead.count && (p->direct_result || p->n_chunks > 1);
  p->group_tiles = p->row_staged || !far ? smaller(p->item_tiles, tiles_staged(p)) : p->item_tiles;
}

static void plan_scratch(struct contract_plan *p) {
  int64_t at = 0, rows = p->item_tiles * (p->small + 1), staged_rows = p->group_tiles * (p->small + 1);
  p->packed_offset = at;
  if (p->columns != COLUMNS_DIRECT)
    at += p->chunk * (p->item_columns + p->panel) * p->bytes + 256;
  p->column_stage_offset = at;
  if (p->column_staged)
    at += (p->chunk + 16) * p->panel * p->bytes + 256;
  p->staged_offset = at = (at + 63) / 64 * 64;
  if (p->row_staged)
    at += (p->row_by_k ? p->chunk : staged_rows) * p->staged_leading * p->bytes + 256;
  p->sums_offset = at = (at + 63) / 64 * 64;
  int64_t sums = p->direct_result  ? 0
                 : p->n_chunks > 1 ? rows * p->item_columns * p->bytes + 256
                                   : staged_rows * p->panel * p->bytes + 256; /* used up group by group */
  at += sums;
  p->group_offset = at = (at + 63) / 64 * 64;
  if (p->group > 1)
    at += sums;
  p->scratch_bytes = (at + 63) / 64 * 64;
}

/* ---- printing ---- */

/* Has the last panel tiles of its own: of fewer vectors, or masked where there is memory of others behind its columns? */
static bool has_narrow(const struct contract_plan *p) {
  int64_t rest = p->n % p->panel;
  return ceil_div(rest, p->lanes) < p->vectors ? rest > 0 : rest % p->lanes && (p->direct_result || p->columns == COLUMNS_DIRECT);
}

static void print_micros(const struct tin_output *out, const struct contract_plan *p, const char *name) {
  struct tin_micro micro = {.dtype = p->dtype, .lanes = p->lanes, .vectors = p->vectors, .c_row = p->sums_leading};
  micro.a_row = p->row_staged ? (p->row_by_k ? 1 : p->staged_leading) : p->row_direct.row_stride;
  micro.a_k = p->row_staged ? (p->row_by_k ? p->staged_leading : 1) : p->row_direct.column_stride;
  micro.b_k = p->columns == COLUMNS_DIRECT ? p->column_direct.row_stride : p->panel;
  micro.adds = p->n_chunks > 1;
  bool low = smaller(p->chunk, p->k) < 4 * DIRECT_AHEAD; /* the next panel comes sooner than rows that far down */
  micro.ahead = p->columns != COLUMNS_DIRECT ? 0 : low ? p->panel : DIRECT_AHEAD * p->column_direct.row_stride;
  micro.fetch = smaller(p->chunk, p->k) >= FETCH_FROM && (p->direct_result || p->n_chunks > 1 || p->ahead.count);
  micro.ahead_of_result = p->ahead;
  micro.strip = p->across ? TIN_STRIP_ACROSS : TIN_STRIP_DOWN;
  micro.b_panel = p->columns == COLUMNS_DIRECT ? p->panel : p->chunk * p->panel;
  micro.c_panel = p->direct_result ? p->panel : p->item_tiles * (p->small + 1) * p->panel;
  int64_t rest = p->n % p->panel, rest_vectors = ceil_div(rest, p->lanes);
  for (int tall = 0; tall < (p->extra ? 2 : 1); tall++)
    for (int narrow = p->n < p->panel && has_narrow(p); narrow <= has_narrow(p); narrow++) {
      char function[96];
      snprintf(function, sizeof function, "%s_tile%d%d", name, tall, narrow);
      micro.rows = (int)p->small + tall;
      micro.vectors = narrow ? (int)rest_vectors : p->vectors;
      micro.tail = narrow ? (int)(rest % p->lanes) : 0;
      micro.tail_b = micro.tail && p->columns == COLUMNS_DIRECT;
      micro.tail_c = micro.tail && p->direct_result;
      tin_micro_print(out, &micro, function);
    }
}

static const char *const nest_arguments = "char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param";

/* Calls of a nest over its columns from .. to, cut where runs end; they lie at `place` from column `base` on. */
static void print_call(const struct tin_output *out, const char *name, const char *what, int64_t run, const char *base, const char *rows,
                       const char *from, const char *to) {
  if (!run) {
    tin_output_add(out, "param[%d] = %s; %s_%s(buf, scalar, scratch, place, param, %s, %s, %s);", SYMBOL_COLUMN_BASE, base, name, what,
                   rows, from, to);
    return;
  }
  tin_output_add(out,
                 "for (long c = %s, end = %s; c < end;) {\n"
                 "      long run = c / %lldL, start = run * %lldL, stop = start + %lldL < end ? start + %lldL : end;\n"
                 "      param[%d] = run; param[%d] = %s - start;\n"
                 "      %s_%s(buf, scalar, scratch, place, param, %s, c - start, stop - start);\n      c = stop;\n    }",
                 from, to, (long long)run, (long long)run, (long long)run, (long long)run, SYMBOL_COLUMN_RUN, SYMBOL_COLUMN_BASE, base,
                 name, what, rows);
}

/* static void NAME_pack(..., char *to, long n0, long n1, long k0, long k1): one panel. */
static void print_pack(const struct tin_output *out, const struct contract_plan *p, const char *name) {
  tin_output_add(out, "static void %s_pack(%s, char *to, long n0, long n1, long k0, long k1)\n{\n", name, nest_arguments);
  tin_output_add(out, "  char *place[1];\n");
  if (p->columns == COLUMNS_COPIED) {
    tin_output_add(out, "  place[0] = to; param[%d] = k0;\n  ", SYMBOL_ROW_BASE);
    print_call(out, name, "columns", p->column_run, "n0", "k0, k1", "n0", "n1");
    tin_output_add(out, "\n}\n");
    return;
  }
  int n = p->lanes, bytes = p->bytes;
  tin_output_add(out, "  long rounds = (k1 - k0) / %d, whole = k0 + rounds * %d, n;\n", n, n);
  if (p->column_staged) {
    tin_output_add(out, "  char *from = scratch + %lldL; long row = %lldL;\n", (long long)p->column_stage_offset,
                   (long long)(p->chunk + 16));
    tin_output_add(out, "  place[0] = from; param[%d] = n0;\n  ", SYMBOL_ROW_BASE);
    print_call(out, name, "columns", p->column_run, "k0", "n0, n1", "k0", "k1");
    tin_output_add(out, "\n");
  } else {
    const struct tin_direct *d = &p->column_direct;
    tin_output_add(out, "  char *from = buf[%d] + (%lldL + param[%d] * %lldL + n0 * %lldL + k0) * %d; long row = %lldL;\n", d->value,
                   (long long)d->base, SYMBOL_BATCH, (long long)d->batch_stride, (long long)d->row_stride, bytes, (long long)d->row_stride);
  }
  tin_output_add(out, "  for (n = 0; n + %d <= n1 - n0; n += %d)\n    if (rounds) %s_turn(from + n * row * %d, to + n * %d, rounds);\n", n,
                 n, name, bytes, bytes);
  tin_output_add(out,
                 "  for (long j = n; j < n1 - n0; j++)\n    for (long i = 0; i < rounds * %d; i++)\n"
                 "      ((unsigned *)to)[i * %lldL + j] = ((unsigned *)from)[j * row + i];\n",
                 n, (long long)p->panel);
  tin_output_add(out,
                 "  for (long j = 0; j < n1 - n0; j++)\n    for (long i = whole - k0; i < k1 - k0; i++)\n"
                 "      ((unsigned *)to)[i * %lldL + j] = ((unsigned *)from)[j * row + i];\n}\n",
                 (long long)p->panel);
}

/* ---- tiles ---- */

static void print_strip_call(const struct tin_output *out, const struct contract_plan *p, const char *name, int tall, int narrow,
                             const char *tiles) {
  tin_output_add(out, "%s_tile%d%d(a, b, c, k1 - k0, ", name, tall, narrow);
  if (p->group > 1) /* chunk sums of a group are added up first */
    tin_output_add(out, "(k0 / %lldL) %% %lldL != 0, %s", (long long)p->chunk, (long long)p->group, tiles);
  else
    tin_output_add(out, "k0 != 0, %s", tiles);
  tin_output_add(out, p->ahead.count ? ", ahead, step);" : ");");
}

/* a and c at row `m` of the panel at column `n`. */
static void print_corner(const struct tin_output *out, const struct contract_plan *p, const char *m, const char *n) {
  int bytes = p->bytes;
  if (p->row_staged)
    tin_output_add(out, "          char *a = staged + (%s - m0) * %lldL;\n", m, (long long)((p->row_by_k ? 1 : p->staged_leading) * bytes));
  else
    tin_output_add(out, "          char *a = buf[%d] + (%lldL + batch * %lldL + %s * %lldL + k0 * %lldL) * %d;\n", p->row_direct.value,
                   (long long)p->row_direct.base, (long long)p->row_direct.batch_stride, m, (long long)p->row_direct.row_stride,
                   (long long)p->row_direct.column_stride, bytes);
  if (p->direct_result)
    tin_output_add(out, "          char *c = buf[%d] + (batch * %lldL + %s * %lldL + %s) * %d;\n", p->result_value,
                   (long long)p->result_batch, m, (long long)p->sums_leading, n, bytes);
  else
    tin_output_add(out, "          char *c = %s + (%s - sums_m0) * %lldL;\n", p->group > 1 ? "into" : "sums", m,
                   (long long)(p->panel * bytes));
}

/* b, and sums where there are any, of the panel at column `n`. */
static void print_panel_start(const struct tin_output *out, const struct contract_plan *p, const char *n) {
  int64_t rows = p->item_tiles * (p->small + 1);
  if (p->columns == COLUMNS_DIRECT)
    tin_output_add(out, "          char *b = buf[%d] + (%lldL + batch * %lldL + k0 * %lldL + %s) * %d;\n", p->column_direct.value,
                   (long long)p->column_direct.base, (long long)p->column_direct.batch_stride, (long long)p->column_direct.row_stride, n,
                   p->bytes);
  else
    tin_output_add(out, "          char *b = packed + (%s - n0) * %lldL;\n", n, (long long)(p->chunk * p->bytes));
  if (p->direct_result)
    return;
  tin_output_add(out, "          long sums_m0 = %s;\n", p->n_chunks > 1 ? "item_m0" : "m0");
  long long step = p->n_chunks > 1 ? (long long)(rows * p->bytes) : 0;
  tin_output_add(out, "          char *sums = scratch + %lldL + (%s - n0) * %lldL;\n", (long long)p->sums_offset, n, step);
  if (p->group > 1)
    tin_output_add(out, "          char *into = k0 < %lldL ? sums : scratch + %lldL + (%s - n0) * %lldL;\n",
                   (long long)(p->chunk * p->group), (long long)p->group_offset, n, step); /* the first group's sum is the total */
  tin_output_add(out, "          (void)b; (void)sums_m0;\n");
}

/* The row tiles t0 .. t1 of one panel: the tall ones come first. */
static void print_strips_down(const struct tin_output *out, const struct contract_plan *p, const char *name, int narrow) {
  if (!p->extra) {
    print_strip_call(out, p, name, 0, narrow, "t1 - t0");
    return;
  }
  int64_t tall = p->small + 1, a_row = p->row_staged ? (p->row_by_k ? 1 : p->staged_leading) : p->row_direct.row_stride;
  tin_output_add(out, "if (tall) ");
  print_strip_call(out, p, name, 1, narrow, "tall");
  tin_output_add(out, " if (tall < t1 - t0) { a += tall * %lldL; c += tall * %lldL; ", (long long)(tall * a_row * p->bytes),
                 (long long)(tall * p->sums_leading * p->bytes));
  char rows[48];
  snprintf(rows, sizeof rows, "tall * %lldL", (long long)tall);
  tin_ahead_print_move(out, &p->ahead, rows);
  tin_output_add(out, " ");
  print_strip_call(out, p, name, 0, narrow, "t1 - t0 - tall");
  tin_output_add(out, " }");
}

/* The tiles of one panel and one group of rows. */
static void print_tiles_down(const struct tin_output *out, const struct contract_plan *p, const char *name) {
  bool narrow = has_narrow(p), both = narrow && p->n > p->panel;
  print_corner(out, p, "m0", "n");
  tin_ahead_print(out, &p->ahead, p->k);
  if (p->extra)
    tin_output_add(out, "          long tall = t1 < %lldL ? t1 - t0 : t0 < %lldL ? %lldL - t0 : 0;\n", (long long)p->extra,
                   (long long)p->extra, (long long)p->extra);
  tin_output_add(out, "          ");
  if (both)
    tin_output_add(out, "if (n + %lldL > %lldL) { ", (long long)p->panel, (long long)p->n);
  if (narrow)
    print_strips_down(out, p, name, 1);
  if (both)
    tin_output_add(out, " } else { ");
  if (both || !narrow)
    print_strips_down(out, p, name, 0);
  tin_output_add(out, both ? " }\n" : "\n");
}

/* The tiles of one group of rows, each row of tiles across the whole panels, then the narrow one. */
static void print_tiles_across(const struct tin_output *out, const struct contract_plan *p, const char *name) {
  bool narrow = has_narrow(p);
  tin_output_add(out, "        long across = (n1 - n0 + %lldL) / %lldL;\n", (long long)(narrow ? 0 : p->panel - 1), (long long)p->panel);
  tin_output_add(out, "        for (long t = t0; t < t1; t++) {\n          long m = t * %lldL + (t < %lldL ? t : %lldL);\n",
                 (long long)p->small, (long long)p->extra, (long long)p->extra);
  print_panel_start(out, p, "n0");
  print_corner(out, p, "m", "n0");
  for (int tall = p->extra > 0; tall >= 0; tall--) {
    if (p->extra)
      tin_output_add(out, tall ? "          if (t < %lldL) {\n" : "          } else {\n", (long long)p->extra);
    tin_output_add(out, "          if (across) ");
    print_strip_call(out, p, name, tall, 0, "across");
    if (narrow) {
      tin_output_add(out, "\n          if (n0 + across * %lldL < n1) { b += across * %lldL; c += across * %lldL; ", (long long)p->panel,
                     (long long)((p->columns == COLUMNS_DIRECT ? p->panel : p->chunk * p->panel) * p->bytes),
                     (long long)((p->direct_result ? p->panel : p->item_tiles * (p->small + 1) * p->panel) * p->bytes));
      print_strip_call(out, p, name, tall, 1, "1");
      tin_output_add(out, " }");
    }
    tin_output_add(out, "\n");
  }
  tin_output_add(out, p->extra ? "          }\n        }\n" : "        }\n");
}

/* After a panel's rows are done in this chunk: the group's sum joins the total, the consumers run. */
static void print_finish(const struct tin_output *out, const struct contract_plan *p, const char *name) {
  if (p->direct_result)
    return;
  if (p->group > 1)
    tin_output_add(out,
                   "          if (into != sums && (k1 == %lldL || (k1 / %lldL) %% %lldL == 0))\n"
                   "            %s_add(sums + (m0 - sums_m0) * %lldL, into + (m0 - sums_m0) * %lldL, (m1 - m0) * %lldL);\n",
                   (long long)p->k, (long long)p->chunk, (long long)p->group, name, (long long)(p->panel * p->bytes),
                   (long long)(p->panel * p->bytes), (long long)p->panel);
  char stop[96];
  snprintf(stop, sizeof stop, "(n + %lldL < %lldL ? n + %lldL : %lldL)", (long long)p->panel, (long long)p->n, (long long)p->panel,
           (long long)p->n);
  tin_output_add(
      out, "          if (k1 == %lldL) {\n            char *place[1];\n            place[0] = sums; param[%d] = sums_m0;\n            ",
      (long long)p->k, SYMBOL_ROW_BASE);
  print_call(out, name, "result", p->result_run, "n", "m0, m1", "n", stop);
  tin_output_add(out, "\n          }\n");
}

static void print_panels(const struct tin_output *out, const struct contract_plan *p, const char *name) {
  if (p->across)
    print_tiles_across(out, p, name);
  if (p->across && p->direct_result)
    return;
  tin_output_add(out, "        for (long n = n0; n < n1; n += %lldL) {\n", (long long)p->panel);
  print_panel_start(out, p, "n");
  if (!p->across)
    print_tiles_down(out, p, name);
  print_finish(out, p, name);
  tin_output_add(out, "        }\n");
}

static void print_entry(const struct tin_output *out, const struct contract_plan *p, const char *name) {
  tin_output_add(out, "void %s(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)\n{\n  long param[%d];\n",
                 name, SYMBOL_COUNT);
  tin_output_add(out, "  for (long item = begin; item < end; item++) {\n");
  tin_output_add(out, "    long batch = item / %lldL, rb = item / %lldL %% %lldL, cb = item %% %lldL;\n",
                 (long long)(p->row_blocks * p->column_blocks), (long long)p->column_blocks, (long long)p->row_blocks,
                 (long long)p->column_blocks);
  tin_output_add(out, "    long n0 = cb * %lldL, n1 = n0 + %lldL < %lldL ? n0 + %lldL : %lldL;\n", (long long)p->item_columns,
                 (long long)p->item_columns, (long long)p->n, (long long)p->item_columns, (long long)p->n);
  tin_output_add(out, "    long first = rb * %lldL, last = first + %lldL < %lldL ? first + %lldL : %lldL;\n", (long long)p->item_tiles,
                 (long long)p->item_tiles, (long long)p->n_tiles, (long long)p->item_tiles, (long long)p->n_tiles);
  tin_output_add(out, "    long item_m0 = first * %lldL + (first < %lldL ? first : %lldL);\n    param[%d] = batch; (void)item_m0;\n",
                 (long long)p->small, (long long)p->extra, (long long)p->extra, SYMBOL_BATCH);
  if (p->columns != COLUMNS_DIRECT)
    tin_output_add(out, "    char *packed = scratch + %lldL;\n", (long long)p->packed_offset);
  if (p->row_staged)
    tin_output_add(out, "    char *staged = scratch + %lldL;\n", (long long)p->staged_offset);
  tin_output_add(out, "    for (long k0 = 0; k0 < %lldL; k0 += %lldL) {\n      long k1 = k0 + %lldL < %lldL ? k0 + %lldL : %lldL;\n",
                 (long long)p->k, (long long)p->chunk, (long long)p->chunk, (long long)p->k, (long long)p->chunk, (long long)p->k);
  if (p->columns != COLUMNS_DIRECT)
    tin_output_add(
        out,
        "      for (long n = n0; n < n1; n += %lldL)\n"
        "        %s_pack(buf, scalar, scratch, 0, param, packed + (n - n0) * %lldL, n, n + %lldL < n1 ? n + %lldL : n1, k0, k1);\n",
        (long long)p->panel, name, (long long)(p->chunk * p->bytes), (long long)p->panel, (long long)p->panel);
  tin_output_add(out, "      for (long t0 = first; t0 < last; t0 += %lldL) {\n        long t1 = t0 + %lldL < last ? t0 + %lldL : last;\n",
                 (long long)p->group_tiles, (long long)p->group_tiles, (long long)p->group_tiles);
  tin_output_add(out, "        long m0 = t0 * %lldL + (t0 < %lldL ? t0 : %lldL), m1 = t1 * %lldL + (t1 < %lldL ? t1 : %lldL);\n",
                 (long long)p->small, (long long)p->extra, (long long)p->extra, (long long)p->small, (long long)p->extra,
                 (long long)p->extra);
  if (p->row_staged) {
    bool by_k = p->row_by_k;
    tin_output_add(out, "        { char *place[1]; place[0] = staged; param[%d] = %s;\n          ", SYMBOL_ROW_BASE, by_k ? "k0" : "m0");
    print_call(out, name, "rows", p->row_run, by_k ? "m0" : "k0", by_k ? "k0, k1" : "m0, m1", by_k ? "m0" : "k0", by_k ? "m1" : "k1");
    tin_output_add(out, " }\n");
  }
  print_panels(out, p, name);
  tin_output_add(out, "      }\n    }\n  }\n}\n");
}

static void print_nest(const struct tin_output *out, const struct contract_plan *p, struct tin_nest *nest, const char *what,
                       struct tin_entry *entry) {
  char name[112];
  snprintf(name, sizeof name, "%s_%s", entry->name, what);
  nest->scratch_bytes = p->scratch_bytes; /* its own is behind the operands' */
  tin_output_nest(out, nest, name);
  if (entry->scratch_bytes < nest->scratch_bytes)
    entry->scratch_bytes = nest->scratch_bytes;
}

void tin_contract_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                        struct tin_entry *entry) {
  if (tin_conv_print(out, schedule, part, entry))
    return;
  struct contract_plan plan = {.schedule = schedule, .part = part, .dtype = part->anchor->dtype};
  struct contract_plan *p = &plan;
  p->bytes = tin_dtype_bytes(p->dtype);
  p->axes = tin_contract_axes_of(out->arena, schedule, part);
  p->m = p->axes.m_size;
  p->n = p->axes.n_size;
  p->k = p->axes.k_size;
  p->caches = tin_caches_believed(schedule->caches);
  plan_chunks(p);
  plan_tiles(p, out->target);
  plan_rows(p, out->arena);
  plan_columns(p, out->arena, out->target);
  plan_result(p, out->arena, out->target->vector);
  plan_items(p, schedule->threads > 0 ? schedule->threads : 1);
  plan_scratch(p);
  entry->scratch_bytes = p->scratch_bytes;
  if (p->row_staged)
    print_nest(out, p, p->row_nest, "rows", entry);
  if (p->columns == COLUMNS_COPIED || p->column_staged)
    print_nest(out, p, p->column_nest, "columns", entry);
  if (!p->direct_result)
    print_nest(out, p, p->result_nest, "result", entry);
  char name[112];
  if (p->columns == COLUMNS_TRANSPOSED) {
    snprintf(name, sizeof name, "%s_turn", entry->name);
    tin_transpose_print(out, p->dtype, p->column_staged ? p->chunk + 16 : p->column_direct.row_stride, p->panel, name);
  }
  if (p->columns != COLUMNS_DIRECT)
    print_pack(out, p, entry->name);
  if (p->group > 1) {
    snprintf(name, sizeof name, "%s_add", entry->name);
    tin_add_print(out, p->dtype, name);
  }
  print_micros(out, p, entry->name);
  print_entry(out, p, entry->name);
  entry->items = p->axes.batch_size * p->row_blocks * p->column_blocks;
  entry->how = out->target->name;
}
