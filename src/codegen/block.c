/* BLOCK parts: stages that pass a block of rows on to each other in scratch.
 *
 *   item = (batch, some of its blocks of rows)
 *   once a batch: pack the column operands of the contractions
 *   for each block of rows: for each stage
 *     map, row          its nest over the rows of the block
 *     contract, rows    the rows of the result; all columns, chunk by chunk of k
 *     contract, across  the rows are its k: each chain of a chunk goes on from block to block, in memory
 *   after the last block: the results of contractions across
 *
 * Chains and chunks are those of docs/numerics.md. Blocks do not cross the chunks of a contraction across, and such a part has one item a
 * batch. Rows of the block lie apart as tin_block_leading says: the last panel may write behind the last column. */
#include "codegen/block.h"

#include <stdio.h>
#include <string.h>

#include "codegen/block_operand.h"
#include "codegen/contract_kernel.h"

enum { CHUNK_MAX = 256, CHUNK_GRAIN = 16, GROUP_CHUNKS = 16 };
/* Rows of a block: 32 is best for attention over 1024 keys (16: +5 %, 64: +9 %, 128: +15 %), where the blocks of all its values take half
 * of L2; fewer where rows are longer. */
enum { BLOCK_ROWS = 32, BLOCK_BYTES = 1 << 20, LEAST_ROWS = 8 };
/* Items a thread where the batches can be cut: they cost different time where rows end early. */
enum { ITEMS_PER_THREAD = 4 };
enum { SIZES_MAX = 8 };

struct block_stage {
  const struct tin_part *part;
  char name[80];
  struct tin_lowered lowered; /* map, row */
  struct tin_contract_axes axes;
  int64_t m, n, k, chunk, n_chunks, group;
  bool across;
  int vectors;           /* of a tile */
  int64_t panel, padded; /* columns of a tile, of all panels */
  struct tin_block_request request;
  struct tin_block_operand rows, columns;
  struct tin_nest *result; /* NULL: the sums lie where they belong */
  int sums_slot;           /* the sums go to a block, or -1: to scratch */
  int64_t sums_leading, sums_offset, chain_offset, group_offset;
  int64_t tiles, small, extra; /* across: tiles of rows of the result */
};

struct block_plan {
  const struct tin_schedule *schedule;
  const struct tin_part *part;
  const struct tin_block *block;
  struct block_stage *stages;
  int lanes, registers;
  int64_t rows;             /* of a block */
  int64_t chunk;            /* that blocks do not cross; all rows without a stage across */
  int64_t sizes[SIZES_MAX]; /* numbers of rows that blocks have */
  int n_sizes;
  int64_t slices, slice;             /* items of a batch, rows of one */
  int64_t *slot_offsets, own_offset; /* own: where the nests' scratch begins */
  bool across;
};

static int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
static int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* ---- planning ---- */

/* A block that a stage of the part stores. */
static bool is_own_block(const struct tin_part *part, const struct tin_plan_value *value) {
  for (int i = 0; value->place == PLACE_BLOCK && i < part->stages.count; i++)
    for (int s = 0; s < part->stages.at[i]->stores.count; s++)
      if (part->stages.at[i]->stores.at[s] == value->node)
        return true;
  return false;
}

static void plan_chunks(struct block_stage *s) {
  s->n_chunks = ceil_div(s->k, CHUNK_MAX);
  s->chunk = CHUNK_GRAIN * ceil_div(s->k, CHUNK_GRAIN * s->n_chunks);
  s->n_chunks = ceil_div(s->k, s->chunk);
  s->group = ceil_div(ceil_div(s->k, CHUNK_MAX), GROUP_CHUNKS);
}

static void plan_shape(struct block_plan *p, struct block_stage *s, struct tin_arena *arena) {
  s->axes = tin_contract_axes_of(arena, p->schedule, s->part);
  s->m = s->axes.m_size, s->n = s->axes.n_size, s->k = s->axes.k_size;
  s->across = s->part->across;
  p->across |= s->across;
  plan_chunks(s);
  s->vectors = s->n > p->lanes ? 2 : 1;
  s->panel = (int64_t)s->vectors * p->lanes;
  s->padded = ceil_div(s->n, s->panel) * s->panel;
}

static int most_rows(const struct block_plan *p, const struct block_stage *s) {
  return (p->registers - 2 - s->vectors) / s->vectors;
}

static void add_size(struct block_plan *p, int64_t size) {
  for (int i = 0; i < p->n_sizes; i++)
    if (p->sizes[i] == size)
      return;
  if (size > 0)
    p->sizes[p->n_sizes++] = size;
}

/* Blocks are of p->rows rows, but at the end of a slice or chunk. */
static void plan_blocks(struct block_plan *p, int threads) {
  const struct tin_block *block = p->block;
  int64_t row_bytes = 0;
  for (int i = 0; i < p->schedule->values.count; i++)
    if (is_own_block(p->part, &p->schedule->values.at[i]))
      row_bytes += tin_block_leading(p->schedule->values.at[i].width) * 4;
  p->rows = smaller(BLOCK_ROWS, block->rows);
  while (p->rows > LEAST_ROWS && p->rows * row_bytes > BLOCK_BYTES)
    p->rows /= 2;
  p->chunk = block->rows;
  for (int i = 0; i < p->part->stages.count; i++)
    if (p->stages[i].across)
      p->chunk = p->stages[i].chunk;
  int64_t blocks = ceil_div(block->rows, p->rows), wanted = ceil_div((int64_t)ITEMS_PER_THREAD * threads, block->batch);
  p->slices = p->across ? 1 : smaller(blocks, wanted < 1 ? 1 : wanted);
  p->slice = ceil_div(blocks, p->slices) * p->rows;
  p->slices = ceil_div(block->rows, p->slice);
  int64_t whole = smaller(p->chunk, p->across ? block->rows : p->slice);
  add_size(p, smaller(p->rows, whole));
  add_size(p, whole % p->rows);
  int64_t rest = block->rows % whole;
  add_size(p, rest < p->rows ? rest : p->rows);
  add_size(p, rest % p->rows);
}

/* Scratch of `bytes`, with room for a vector behind. */
static int64_t take(int64_t *at, int64_t bytes) {
  int64_t offset = *at;
  *at = (*at + bytes + 64 + 63) / 64 * 64;
  return offset;
}

static void plan_sums(struct block_plan *p, struct block_stage *s, struct tin_arena *arena, int64_t *at) {
  s->sums_slot = -1;
  s->sums_leading = s->across ? s->padded : s->padded + 16;
  for (int i = 0; i < s->part->stores.count && !s->across; i++) {
    const struct tin_plan_value *value = &p->schedule->values.at[p->schedule->planned[s->part->stores.at[i]->index].value];
    if (value->place != PLACE_BLOCK || value->width != s->n || value->dtype != TIN_F32)
      continue;
    s->sums_slot = value->slot;
    s->sums_leading = tin_block_leading(value->width);
  }
  s->result = tin_lower_contract(arena, p->schedule, s->part, &s->axes, CONTRACT_RESULT, s->sums_leading, 0);
  const struct tin_value *stored = &s->result->values.at[s->result->stores.at[0].value];
  bool copies =
      stored->kind == VALUE_LOAD && s->result->args.at[stored->arg].kind == ARG_POINTER && s->result->args.at[stored->arg].number == 0;
  if (s->sums_slot >= 0 && s->part->stores.count == 1 && copies)
    s->result = NULL;
  int64_t bytes = (s->across ? s->m : p->rows) * s->sums_leading * 4;
  if (s->sums_slot < 0)
    s->sums_offset = take(at, bytes);
  if (s->across && s->n_chunks > 1)
    s->chain_offset = take(at, bytes);
  if (s->group > 1)
    s->group_offset = take(at, bytes);
}

static void plan_contraction(struct block_plan *p, struct block_stage *s, const struct tin_output *out, int64_t *at) {
  s->request = (struct tin_block_request){p->schedule, s->part, &s->axes, s->panel, p->rows};
  tin_block_plan_rows(out->arena, &s->request, &s->rows);
  tin_block_plan_columns(out->arena, out->target, &s->request, &s->columns);
  s->rows.offset = take(at, s->rows.bytes);
  s->columns.offset = take(at, s->columns.bytes);
  s->columns.stage_offset = take(at, s->columns.stage_bytes);
  plan_sums(p, s, out->arena, at);
  s->tiles = ceil_div(s->m, most_rows(p, s));
  s->small = s->m / s->tiles;
  s->extra = s->m % s->tiles;
}

static void make_plan(struct block_plan *p, const struct tin_output *out, const char *name) {
  const struct tin_part *part = p->part;
  p->lanes = out->target->vector ? out->target->vector->vector_bytes / 4 : 8;
  p->registers = out->target->vector ? out->target->vector->registers : 32;
  p->stages = TIN_NEW_ARRAY(out->arena, struct block_stage, part->stages.count);
  for (int i = 0; i < part->stages.count; i++) {
    p->stages[i].part = part->stages.at[i];
    snprintf(p->stages[i].name, sizeof p->stages[i].name, "%s_s%d", name, i);
    if (part->stages.at[i]->kind == PART_CONTRACT)
      plan_shape(p, &p->stages[i], out->arena);
    else
      p->stages[i].lowered = tin_lower_part(out->arena, p->schedule, part->stages.at[i]);
  }
  plan_blocks(p, p->schedule->threads > 0 ? p->schedule->threads : 1);
  int64_t at = 0;
  p->slot_offsets = TIN_NEW_ARRAY(out->arena, int64_t, p->block->n_slots);
  for (int v = 0; v < p->schedule->values.count; v++) {
    const struct tin_plan_value *value = &p->schedule->values.at[v];
    if (is_own_block(part, value))
      p->slot_offsets[value->slot] = take(&at, p->rows * tin_block_leading(value->width) * 4);
  }
  for (int i = 0; i < part->stages.count; i++)
    if (part->stages.at[i]->kind == PART_CONTRACT)
      plan_contraction(p, &p->stages[i], out, &at);
  p->own_offset = at;
}

/* ---- map and row stages ---- */

static const char *const stage_arguments =
    "char **buf, const unsigned long long *scalar, char *scratch, char **place, long batch, long r0, long r1";

static void print_nest_call(const struct tin_output *out, const struct block_plan *p, const char *name, const char *what, const char *rows,
                            const char *row_end, const char *columns, const char *column_end) {
  tin_output_add(out, "%s_%s(buf, scalar, scratch + %lldL, place, param, %s, %s, %s, %s);\n", name, what, (long long)p->own_offset, rows,
                 row_end, columns, column_end);
}

static void print_nest(const struct tin_output *out, const struct block_plan *p, const char *name, const char *what, struct tin_nest *nest,
                       struct tin_entry *entry) {
  char function[112];
  snprintf(function, sizeof function, "%s_%s", name, what);
  const char *how = tin_output_nest(out, nest, function);
  if (!entry->how || !strcmp(how, "portable"))
    entry->how = how;
  if (entry->scratch_bytes < p->own_offset + nest->scratch_bytes)
    entry->scratch_bytes = p->own_offset + nest->scratch_bytes;
}

/* The elements of the block's rows in the part's own order: whole lines of its nest, or pieces of longer ones. */
static void print_rows_stage(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s,
                             struct tin_entry *entry) {
  const struct tin_lowered *lowered = &s->lowered;
  int64_t lines = lowered->rows, columns = lowered->columns, rows = p->block->batch * p->block->rows;
  for (int i = 0; i < lowered->n_params; i++)
    lines *= lowered->extents[i];
  int64_t width = lines * columns / rows; /* elements of a row, reduced ones not counted */
  print_nest(out, p, s->name, "body", lowered->nest, entry);
  tin_output_add(out, "static void %s(%s)\n{\n  long param[%d];\n  param[%d] = batch * %lldL + r0;\n", s->name, stage_arguments,
                 lowered->nest->n_symbols + 1, lowered->block_base, (long long)p->block->rows);
  tin_output_add(out,
                 "  for (long at = (batch * %lldL + r0) * %lldL, end = (batch * %lldL + r1) * %lldL; at < end;) {\n"
                 "    long line = at / %lldL, low = at %% %lldL, row = line %% %lldL, outer = line / %lldL;\n"
                 "    long lines = low ? 0 : (end - at) / %lldL, high = low + end - at < %lldL ? low + end - at : %lldL;\n"
                 "    if (lines > %lldL - row) lines = %lldL - row;\n    if (lines < 1) lines = 1;\n",
                 (long long)p->block->rows, (long long)width, (long long)p->block->rows, (long long)width, (long long)columns,
                 (long long)columns, (long long)lowered->rows, (long long)lowered->rows, (long long)columns, (long long)columns,
                 (long long)columns, (long long)lowered->rows, (long long)lowered->rows);
  int64_t stride = 1;
  for (int i = lowered->n_params - 1; i >= 0; i--) {
    tin_output_add(out, "    param[%d] = outer / %lldL %% %lldL;\n", lowered->symbols[i], (long long)stride,
                   (long long)lowered->extents[i]);
    stride *= lowered->extents[i];
  }
  tin_output_add(out, "    ");
  print_nest_call(out, p, s->name, "body", "row", "row + lines", "low", "high");
  tin_output_add(out, "    at += lines > 1 ? lines * %lldL : high - low;\n    (void)outer;\n  }\n}\n", (long long)columns);
}

/* ---- micro-kernels ---- */

static struct tin_micro micro_of(const struct block_plan *p, const struct block_stage *s) {
  return (struct tin_micro){.dtype = TIN_F32,
                            .lanes = p->lanes,
                            .vectors = s->vectors,
                            .adds = !s->across && s->n_chunks > 1,
                            .goes_on = s->across,
                            .a_row = s->rows.along_outer,
                            .a_k = s->rows.along_k,
                            .b_k = s->columns.along_k,
                            .c_row = s->sums_leading};
}

/* Vectors of the last panel: 0 where it is a whole one. */
static int narrow_vectors(const struct block_plan *p, const struct block_stage *s) {
  int64_t rest = s->n % s->panel, vectors = ceil_div(rest, p->lanes);
  return vectors < s->vectors ? (int)vectors : 0;
}

/* The tile of so many rows, once: NAME_t<rows>, NAME_n<rows> for the last panel. */
static void print_tile(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s, int64_t rows, bool *printed) {
  struct tin_micro micro = micro_of(p, s);
  char name[112];
  if (printed[rows])
    return;
  printed[rows] = true;
  micro.rows = (int)rows;
  for (int narrow = 0; narrow < (narrow_vectors(p, s) ? 2 : 1); narrow++) {
    snprintf(name, sizeof name, "%s_%c%d", s->name, narrow ? 'n' : 't', micro.rows);
    micro.vectors = narrow ? narrow_vectors(p, s) : s->vectors;
    tin_micro_print(out, &micro, name);
  }
}

/* All rows of a block in one panel: tiles of b and b + 1 rows for each size that blocks have. */
static void print_tiles_of_block(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s) {
  bool printed[64] = {false};
  for (int i = 0; i < p->n_sizes; i++) {
    int64_t tiles = ceil_div(p->sizes[i], most_rows(p, s));
    print_tile(out, p, s, p->sizes[i] / tiles, printed);
    if (p->sizes[i] % tiles)
      print_tile(out, p, s, p->sizes[i] / tiles + 1, printed);
  }
  for (int narrow = 0; narrow < (narrow_vectors(p, s) ? 2 : 1); narrow++) {
    tin_output_add(out, "static void %s_%s(char *a, char *b, char *c, long rows, long k, long add)\n{\n", s->name,
                   narrow ? "narrow" : "tiles");
    for (int i = 0; i < p->n_sizes; i++) {
      int64_t size = p->sizes[i], tiles = ceil_div(size, most_rows(p, s)), at = 0;
      tin_output_add(out, "  if (rows == %lldL) {\n", (long long)size);
      for (int64_t t = 0; t < tiles; t++) {
        int64_t rows = size / tiles + (t < size % tiles);
        tin_output_add(out, "    %s_%c%lld(a + %lldL, b, c + %lldL, k, add);\n", s->name, narrow ? 'n' : 't', (long long)rows,
                       (long long)(at * s->rows.along_outer * 4), (long long)(at * s->sums_leading * 4));
        at += rows;
      }
      tin_output_add(out, "  }\n");
    }
    tin_output_add(out, "}\n");
  }
}

/* ---- contractions over the rows of the block ---- */

/* The statement that calls one of two functions, the narrow one in the last panel. */
static void print_panel_call(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s, const char *wide,
                             const char *narrow, const char *arguments) {
  if (narrow_vectors(p, s))
    tin_output_add(out, "if (n + %lldL > %lldL) %s_%s%s else ", (long long)s->panel, (long long)s->n, s->name, narrow, arguments);
  tin_output_add(out, "%s_%s%s\n", s->name, wide, arguments);
}

static void print_chunks(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s) {
  long long chunk = s->chunk, group = s->group, k = s->k;
  tin_output_add(out, "  for (long k0 = 0; k0 < %lldL; k0 += %lldL) {\n    long k1 = k0 + %lldL < %lldL ? k0 + %lldL : %lldL;\n", k, chunk,
                 chunk, k, chunk, k);
  tin_output_add(out, "    char *into = sums;\n");
  if (group > 1)
    tin_output_add(out, "    if (k0 >= %lldL) into = scratch + %lldL;\n", chunk * group, (long long)s->group_offset);
  tin_output_add(out, "    long add = k0 / %lldL %% %lldL != 0;\n", chunk, group > 1 ? group : (long long)s->n_chunks);
  tin_output_add(out, "    for (long n = 0; n < %lldL; n += %lldL) {\n      char *a = ", (long long)s->n, (long long)s->panel);
  tin_block_print_address(out, &s->rows, "0", "k0", "r0");
  tin_output_add(out, ", *c = into + n * 4, *b = ");
  tin_block_print_address(out, &s->columns, "n", "k0", "0");
  tin_output_add(out, ";\n      ");
  print_panel_call(out, p, s, "tiles", "narrow", "(a, b, c, r1 - r0, k1 - k0, add);");
  tin_output_add(out, "    }\n");
  if (group > 1)
    tin_output_add(out, "    if (into != sums && (k1 == %lldL || k1 / %lldL %% %lldL == 0)) %s_add(sums, into, (r1 - r0) * %lldL);\n", k,
                   chunk, group, s->name, (long long)s->sums_leading);
  tin_output_add(out, "  }\n");
}

static void print_stage_head(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s) {
  tin_output_add(out, "static void %s(%s)\n{\n  long param[%d];\n  param[%d] = batch;\n  param[%d] = batch * %lldL + r0;\n", s->name,
                 stage_arguments, SYMBOL_COUNT, SYMBOL_BATCH, SYMBOL_BLOCK_BASE, (long long)p->block->rows);
}

static void print_contract_stage(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s) {
  char end[32];
  snprintf(end, sizeof end, "%lldL", (long long)s->n);
  print_tiles_of_block(out, p, s);
  print_stage_head(out, p, s);
  if (s->rows.nest) {
    char k[32];
    snprintf(k, sizeof k, "%lldL", (long long)s->k);
    tin_output_add(out, "  place[0] = scratch + %lldL; param[%d] = r0; param[%d] = 0;\n  ", (long long)s->rows.offset, SYMBOL_ROW_BASE,
                   SYMBOL_COLUMN_BASE);
    print_nest_call(out, p, s->name, "rows", "r0", "r1", "0", k);
  }
  if (s->sums_slot >= 0)
    tin_output_add(out, "  char *sums = place[%d];\n", 1 + s->sums_slot);
  else
    tin_output_add(out, "  char *sums = scratch + %lldL;\n", (long long)s->sums_offset);
  print_chunks(out, p, s);
  if (s->result) {
    tin_output_add(out, "  place[0] = sums; param[%d] = r0; param[%d] = 0;\n  ", SYMBOL_ROW_BASE, SYMBOL_COLUMN_BASE);
    print_nest_call(out, p, s->name, "result", "r0", "r1", "0", end);
  }
  tin_output_add(out, "  (void)param;\n}\n");
}

/* ---- contractions across the blocks ---- */

/* Where the chains of this chunk are, and at its end how they join the sums of chunks and groups before. */
static void print_chain_begin(const struct tin_output *out, const struct block_stage *s) {
  long long count = s->m * s->sums_leading, chunk = s->chunk, group = s->group;
  tin_output_add(out, "  char *sums = scratch + %lldL, *into = %s + %lldL;\n", (long long)s->sums_offset, "scratch",
                 (long long)(s->n_chunks > 1 ? s->chain_offset : s->sums_offset));
  tin_output_add(out, "  if (r0 == 0) %s_neutral(sums, %lldL);\n", s->name, count);
  if (s->n_chunks > 1)
    tin_output_add(out, "  if (r0 %% %lldL == 0) %s_neutral(into, %lldL);\n", chunk, s->name, count);
  if (group > 1)
    tin_output_add(out, "  if (r0 %% %lldL == 0) %s_neutral(scratch + %lldL, %lldL);\n", chunk * group, s->name, (long long)s->group_offset,
                   count);
}

static void print_chain_end(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s) {
  long long count = s->m * s->sums_leading, chunk = s->chunk, group = s->group, rows = p->block->rows;
  if (s->n_chunks > 1 && group == 1)
    tin_output_add(out, "  if (r1 == %lldL || r1 %% %lldL == 0) %s_add(sums, into, %lldL);\n", rows, chunk, s->name, count);
  if (group > 1)
    tin_output_add(out,
                   "  if (r1 == %lldL || r1 %% %lldL == 0) %s_add(scratch + %lldL, into, %lldL);\n"
                   "  if (r1 == %lldL || r1 %% %lldL == 0) %s_add(sums, scratch + %lldL, %lldL);\n",
                   rows, chunk, s->name, (long long)s->group_offset, count, rows, chunk * group, s->name, (long long)s->group_offset,
                   count);
}

static void print_across_tiles(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s) {
  long long small = s->small, extra = s->extra;
  tin_output_add(out, "  for (long t = 0; t < %lldL; t++) {\n    long m = t * %lldL + (t < %lldL ? t : %lldL);\n    char *a = ",
                 (long long)s->tiles, small, extra, extra);
  tin_block_print_address(out, &s->rows, "m", "0", "r0");
  tin_output_add(out,
                 ";\n    for (long n = 0; n < %lldL; n += %lldL) {\n      char *c = into + (m * %lldL + n) * 4, *b = ", (long long)s->n,
                 (long long)s->panel, (long long)s->sums_leading);
  tin_block_print_address(out, &s->columns, "n", "0", "r0");
  tin_output_add(out, ";\n      ");
  char wide[32], narrow[32];
  for (int tall = extra > 0; tall >= 0; tall--) {
    if (extra)
      tin_output_add(out, tall ? "if (t < %lldL) { " : " else { ", extra);
    snprintf(wide, sizeof wide, "t%lld", small + tall);
    snprintf(narrow, sizeof narrow, "n%lld", small + tall);
    print_panel_call(out, p, s, wide, narrow, "(a, b, c, r1 - r0, 0);");
    if (extra)
      tin_output_add(out, "      }");
  }
  tin_output_add(out, "\n    }\n  }\n");
}

static void print_across_stage(const struct tin_output *out, const struct block_plan *p, const struct block_stage *s) {
  bool printed[64] = {false};
  char m[32], n[32];
  snprintf(m, sizeof m, "%lldL", (long long)s->m);
  snprintf(n, sizeof n, "%lldL", (long long)s->n);
  print_tile(out, p, s, s->small, printed);
  if (s->extra)
    print_tile(out, p, s, s->small + 1, printed);
  print_stage_head(out, p, s);
  if (s->rows.nest) {
    tin_output_add(out, "  place[0] = scratch + %lldL; param[%d] = r0; param[%d] = 0;\n  ", (long long)s->rows.offset, SYMBOL_ROW_BASE,
                   SYMBOL_COLUMN_BASE);
    print_nest_call(out, p, s->name, "rows", "r0", "r1", "0", m);
  }
  if (s->columns.place == OPERAND_IN_SCRATCH)
    tin_output_add(out, "  %s_pack(buf, scalar, scratch, place, param, r0, r1);\n", s->name);
  print_chain_begin(out, s);
  print_across_tiles(out, p, s);
  print_chain_end(out, p, s);
  tin_output_add(out, "  if (r1 == %lldL) {\n    place[0] = sums; param[%d] = param[%d] = 0;\n    ", (long long)p->block->rows,
                 SYMBOL_ROW_BASE, SYMBOL_COLUMN_BASE);
  print_nest_call(out, p, s->name, "result", "0", m, "0", n);
  tin_output_add(out, "  }\n}\n");
}

/* ---- the part ---- */

static void print_stage(const struct tin_output *out, const struct block_plan *p, struct block_stage *s, struct tin_entry *entry) {
  if (s->part->kind != PART_CONTRACT) {
    print_rows_stage(out, p, s, entry);
    return;
  }
  char name[112];
  if (s->rows.nest)
    print_nest(out, p, s->name, "rows", s->rows.nest, entry);
  if (s->columns.nest)
    print_nest(out, p, s->name, "columns", s->columns.nest, entry);
  if (s->result)
    print_nest(out, p, s->name, "result", s->result, entry);
  tin_block_print_pack(out, &s->request, &s->columns, s->name, p->own_offset);
  if (s->group > 1 || (s->across && s->n_chunks > 1)) {
    snprintf(name, sizeof name, "%s_add", s->name);
    tin_add_print(out, TIN_F32, name);
  }
  if (!s->across) {
    print_contract_stage(out, p, s);
    return;
  }
  snprintf(name, sizeof name, "%s_neutral", s->name);
  tin_neutral_print(out, name);
  print_across_stage(out, p, s);
}

static void print_entry(const struct tin_output *out, const struct block_plan *p, const char *name) {
  const struct tin_block *block = p->block;
  tin_output_add(out,
                 "void %s(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)\n{\n"
                 "  char *place[%d];\n  long packed = -1;\n",
                 name, 1 + block->n_slots);
  for (int v = 0; v < p->schedule->values.count; v++) {
    const struct tin_plan_value *value = &p->schedule->values.at[v];
    if (is_own_block(p->part, value))
      tin_output_add(out, "  place[%d] = scratch + %lldL;\n", 1 + value->slot, (long long)p->slot_offsets[value->slot]);
  }
  tin_output_add(out, "  for (long item = begin; item < end; item++) {\n    long batch = item / %lldL, low = item %% %lldL * %lldL;\n",
                 (long long)p->slices, (long long)p->slices, (long long)p->slice);
  tin_output_add(out,
                 "    long high = low + %lldL < %lldL ? low + %lldL : %lldL;\n    if (batch != packed) {\n      long param[%d];\n"
                 "      param[%d] = batch; param[%d] = 0;\n",
                 (long long)p->slice, (long long)block->rows, (long long)p->slice, (long long)block->rows, SYMBOL_COUNT, SYMBOL_BATCH,
                 SYMBOL_BLOCK_BASE);
  for (int i = 0; i < p->part->stages.count; i++)
    if (p->stages[i].part->kind == PART_CONTRACT && p->stages[i].columns.place == OPERAND_IN_SCRATCH && !p->stages[i].across)
      tin_output_add(out, "      %s_pack(buf, scalar, scratch, place, param, 0, %lldL);\n", p->stages[i].name, (long long)p->stages[i].k);
  tin_output_add(out, "      packed = batch;\n    }\n    for (long r0 = low, r1; r0 < high; r0 = r1) {\n");
  tin_output_add(out, "      r1 = r0 + %lldL < high ? r0 + %lldL : high;\n", (long long)p->rows, (long long)p->rows);
  if (p->across)
    tin_output_add(out, "      if (r1 > (r0 / %lldL + 1) * %lldL) r1 = (r0 / %lldL + 1) * %lldL;\n", (long long)p->chunk,
                   (long long)p->chunk, (long long)p->chunk, (long long)p->chunk);
  for (int i = 0; i < p->part->stages.count; i++)
    tin_output_add(out, "      %s(buf, scalar, scratch, place, batch, r0, r1);\n", p->stages[i].name);
  tin_output_add(out, "    }\n  }\n}\n");
}

void tin_block_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                     struct tin_entry *entry) {
  struct block_plan plan = {.schedule = schedule, .part = part, .block = part->block};
  make_plan(&plan, out, entry->name);
  entry->scratch_bytes = plan.own_offset;
  for (int i = 0; i < part->stages.count; i++)
    print_stage(out, &plan, &plan.stages[i], entry);
  print_entry(out, &plan, entry->name);
  entry->items = part->block->batch * plan.slices;
  entry->how = entry->how ? entry->how : out->target->name;
}
