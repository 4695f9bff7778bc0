/* Direct convolution: which contractions it suits, tiles, and the C driver around them. See conv.h. */
#include "codegen/conv.h"

#include <stdio.h>
#include <string.h>

#include "codegen/contract_kernel.h"

/* The chain rule of docs/numerics.md. */
enum { CHUNK_MAX = 256, CHUNK_GRAIN = 16, GROUP_CHUNKS = 16 };
/* Rows of an item: sums that stay in L2 beside a chunk of the panel and its part of the image. */
enum { ITEM_ROWS = 512, ITEM_ROWS_MAX = 2048 };
/* Entries of a table that is made at compile time; above, one period is, and each chunk's part is made of that. */
enum { TABLE_MAX = 1 << 13, PERIOD_MIN = 512 };
/* Rows of a block of tiles. */
enum { BLOCK_ROWS_MAX = 64 };

static int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}
static int64_t smaller(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* ---- is the part for this path? ---- */

/* Is the operand a view of one buffer whose index moves by a constant along every axis? */
static bool find_view(struct tin_conv *c, const struct tin_node *operand) {
  int root;
  const struct tin_nest *nest = tin_lower_operand(c->out->arena, c->schedule, c->part, operand, &root);
  const struct tin_value *value = &nest->values.at[root];
  if (value->kind != VALUE_LOAD || value->in[0] >= 0 || value->in[1] >= 0)
    return false;
  const struct tin_arg *arg = &nest->args.at[value->arg];
  if (arg->kind != ARG_BUFFER || arg->dtype != TIN_F32 || arg->size > INT32_MAX / 4)
    return false;
  c->image = arg->number;
  c->base = value->index->constant;
  for (int i = 0; i < c->part->rank; i++)
    if (!tin_index_affine(value->index, i, &c->step[i]))
      return false;
  return true;
}

/* How many products an element of the operand's buffer is in, for each that its place in a matrix would be. */
float tin_conv_reuse(const struct tin_conv *c, const struct tin_contract_axes *axes) {
  double elements = (double)axes->batch_size * (double)axes->m_size * (double)axes->k_size;
  return (float)(elements / (double)c->schedule->values.at[c->image].size);
}

struct tin_contract_axes tin_conv_other_way(struct tin_contract_axes axes) {
  struct tin_contract_axes other = axes;
  other.n_m = axes.n_n, other.n_n = axes.n_m;
  other.m_size = axes.n_size, other.n_size = axes.m_size;
  memcpy(other.m, axes.n, sizeof other.m);
  memcpy(other.n, axes.m, sizeof other.n);
  other.swapped = !axes.swapped;
  return other;
}

/* Below this the panels are mostly empty, or packing costs more than it gives. */
enum { ROWS_MIN = 8, COLUMNS_MIN = 8, K_MIN = 8 };
/* Windows that overlap at least so much. */
static const float reuse_min = 1.5f;

/* Takes the operand that repeats itself most as the image. */
static bool choose_image(struct tin_conv *c) {
  struct tin_conv best = {0};
  float most = reuse_min;
  for (int i = 0; i < 2; i++) {
    struct tin_conv tried = *c;
    tried.axes = i ? tin_conv_other_way(c->given) : c->given;
    tried.turned = i;
    if (tried.axes.m_size < ROWS_MIN || tried.axes.n_size < COLUMNS_MIN || tried.axes.k_size < K_MIN ||
        !find_view(&tried, c->part->anchor->in[tried.axes.swapped ? 1 : 0]))
      continue;
    float reuse = tin_conv_reuse(&tried, &tried.axes);
    if (reuse < most)
      continue;
    most = reuse;
    best = tried;
  }
  if (most == reuse_min)
    return false;
  *c = best;
  return true;
}

/* ---- tiles ---- */

static void plan_row_axes(struct tin_conv *c) {
  for (int i = c->axes.n_m - 1; i >= 0; i--) {
    struct conv_axis axis = {c->part->shape[c->axes.m[i]], c->step[c->axes.m[i]]};
    struct conv_axis *inner = &c->rows[TIN_MAX_RANK - c->n_rows];
    if (c->n_rows && axis.step == inner->extent * inner->step) {
      inner->extent *= axis.extent;
      continue;
    }
    c->rows[TIN_MAX_RANK - ++c->n_rows] = axis;
  }
  memmove(c->rows, c->rows + TIN_MAX_RANK - c->n_rows, sizeof *c->rows * (size_t)c->n_rows);
}

/* Elements of the image from the first to another row of a block. */
static int64_t displacement(const struct tin_conv *c, const struct conv_blocks *b, int64_t row) {
  int64_t sum = row / b->whole * b->step, rest = row % b->whole;
  for (int i = c->n_rows - 1; i >= c->n_rows - b->inner; i--) {
    sum += rest % c->rows[i].extent * c->rows[i].step;
    rest /= c->rows[i].extent;
  }
  return sum;
}

/* Cycles a k: two FMAs a cycle, not quite two loads; sums that wait for each other; the table and the loop. */
float tin_conv_tile_cost(int64_t rows, int vectors) {
  float fma = 0.5f * (float)(rows * vectors), loads = 0.6f * (float)(rows + vectors), most = fma > loads ? fma : loads;
  return (most < 4 ? 4 : most) + 1.5f;
}

/* The tile with those rows, made if there is none yet; -1 when there are too many. */
static int find_tile(const struct tin_conv *c, struct conv_blocks *b, int64_t first, int rows, int vectors) {
  struct tin_conv_tile tile = {.lanes = c->lanes, .vectors = vectors, .rows = rows};
  tile.b_step = tile.c_row = (int64_t)vectors * c->lanes;
  tile.adds = c->n_chunks > 1;
  for (int i = 0; i < rows; i++) {
    tile.displacement[i] = displacement(c, b, first + i) - displacement(c, b, first);
    if (tile.displacement[i] > INT32_MAX / 4 || tile.displacement[i] < -(INT32_MAX / 4))
      return -1;
  }
  for (int i = 0; i < b->n_tiles; i++)
    if (!memcmp(&b->tiles[i], &tile, sizeof tile))
      return i;
  if (b->n_tiles == CONV_TILES_MAX)
    return -1;
  b->tiles[b->n_tiles] = tile;
  return b->n_tiles++;
}

/* Cuts a group of the axis into tiles; cycles a k, or -1 when it cannot be. */
static float cut_group(const struct tin_conv *c, struct conv_blocks *b, int larger, int rows_max, int vectors) {
  int64_t rows = b->whole * (b->small + larger), pieces = ceil_div(rows, rows_max), first = 0;
  float cost = 0;
  if (pieces > CONV_PIECES_MAX || rows > BLOCK_ROWS_MAX)
    return -1;
  for (int i = 0; i < pieces; i++) {
    int count = (int)(rows / pieces + (i < rows % pieces));
    int tile = find_tile(c, b, first, count, vectors);
    if (tile < 0)
      return -1;
    b->pieces[larger][i] = (struct conv_piece){tile, first, displacement(c, b, first)};
    first += count;
    cost += tin_conv_tile_cost(count, vectors);
  }
  b->n_pieces[larger] = (int)pieces;
  return cost;
}

/* The blocks with so many whole axes; false when these are too large. */
static bool cut_rows(const struct tin_conv *c, int inner, int vectors, struct conv_blocks *b) {
  int rows_max = (c->out->target->vector->registers - 2 - vectors) / vectors;
  rows_max = rows_max > CONV_ROWS_MAX ? CONV_ROWS_MAX : rows_max;
  *b = (struct conv_blocks){.inner = inner, .whole = 1, .extent = 1};
  for (int i = c->n_rows - inner; i < c->n_rows; i++)
    b->whole *= c->rows[i].extent;
  if (b->whole > BLOCK_ROWS_MAX)
    return false;
  if (inner < c->n_rows) {
    b->extent = c->rows[c->n_rows - inner - 1].extent;
    b->step = c->rows[c->n_rows - inner - 1].step;
  }
  int64_t most = rows_max / b->whole;
  b->groups = ceil_div(b->extent, most ? most : 1);
  b->small = b->extent / b->groups;
  b->extra = b->extent % b->groups;
  float small = cut_group(c, b, 0, rows_max, vectors), large = b->extra ? cut_group(c, b, 1, rows_max, vectors) : 0;
  b->cost = ((float)(b->groups - b->extra) * small + (float)b->extra * large) / (float)(b->extent * b->whole);
  return small >= 0 && large >= 0;
}

static bool plan_tiles(struct tin_conv *c) {
  static const int choices[] = {2, 3, 1, 4}; /* of equals the first: two vectors leave rows enough to share a look into the table */
  int64_t wide = ceil_div(c->n, c->lanes);
  bool found = false;
  for (size_t v = 0; v < sizeof choices / sizeof *choices; v++)
    for (int inner = 0; inner <= c->n_rows; inner++) {
      struct conv_blocks blocks;
      if (choices[v] > wide || !cut_rows(c, inner, choices[v], &blocks))
        continue;
      blocks.cost *= (float)ceil_div(wide, choices[v]);
      if (found && blocks.cost >= c->blocks.cost)
        continue;
      found = true;
      c->blocks = blocks;
      c->vectors = choices[v];
    }
  c->panel = (int64_t)c->vectors * c->lanes;
  c->panels = ceil_div(wide, c->vectors ? c->vectors : 1);
  c->n_blocks = found ? c->m / (c->blocks.extent * c->blocks.whole) * c->blocks.groups : 0;
  return found;
}

/* ---- items, table, packing, result ---- */

void tin_conv_plan_chunks(struct tin_conv *c) {
  int64_t chunks = ceil_div(c->k, CHUNK_MAX);
  c->chunk = CHUNK_GRAIN * ceil_div(c->k, CHUNK_GRAIN * chunks);
  c->n_chunks = ceil_div(c->k, c->chunk);
  c->group = ceil_div(chunks, GROUP_CHUNKS);
}

static void plan_items(struct tin_conv *c, int threads) {
  int64_t cells = c->axes.batch_size * c->panels, block_rows = ceil_div(c->m, c->n_blocks);
  c->kept = c->k * c->panel <= CONV_KEPT_MAX;
  int64_t rows = c->kept ? ITEM_ROWS : ITEM_ROWS_MAX, wanted = c->kept ? 4 * (int64_t)threads : threads;
  int64_t items = ceil_div(c->m, rows);
  if (items * cells < wanted)
    items = ceil_div(wanted, cells);
  c->item_blocks = ceil_div(c->n_blocks, smaller(items, c->n_blocks));
  int64_t unit = 1; /* whole images where that is not far from it: consumers run longer */
  for (int i = c->n_rows - c->blocks.inner - 2; i >= -1; i--) {
    unit *= i == c->n_rows - c->blocks.inner - 2 ? c->blocks.groups : c->rows[i + 1].extent;
    if (unit * 2 > c->item_blocks * 3)
      break;
    c->item_blocks = (c->item_blocks + unit / 2) / unit * unit;
  }
  c->row_items = ceil_div(c->n_blocks, c->item_blocks);
  c->item_rows = c->item_blocks * (c->blocks.small + (c->blocks.extra > 0)) * c->blocks.whole;
  (void)block_rows;
}

/* Bytes from the image's element at k = 0 to that at k. */
static int32_t place_of(const struct tin_conv *c, int64_t k) {
  int64_t sum = 0;
  for (int i = c->axes.n_k - 1; i >= 0; i--) {
    int64_t extent = c->part->shape[c->axes.k[i]];
    sum += k % extent * c->step[c->axes.k[i]];
    k /= extent;
  }
  return (int32_t)(sum * 4);
}

/* Everything, or whole inner axes: then the rest of k moves by a constant from period to period. */
static void plan_table(struct tin_conv *c) {
  c->period = c->k;
  if (c->k <= TABLE_MAX)
    return;
  int64_t inner = 1;
  for (int i = c->axes.n_k - 1; i >= 0 && inner < PERIOD_MIN; i--) {
    int64_t more = inner * c->part->shape[c->axes.k[i]];
    if (more > TABLE_MAX)
      break;
    inner = more;
  }
  c->period = inner > 1 ? inner : c->k;
}

struct tin_nest *tin_conv_nest(const struct tin_conv *c, enum tin_contract_nest which, int64_t leading, int64_t *run, float *cost) {
  const struct tin_contract_axes *axes = which == CONTRACT_RESULT ? &c->given : &c->axes;
  *run = tin_lower_contract_run(c->out->arena, c->schedule, c->part, axes, which);
  struct tin_nest *nest = tin_lower_contract(c->out->arena, c->schedule, c->part, axes, which, leading, *run);
  *cost = tin_nest_cost(nest, *run);
  return nest;
}

void tin_conv_plan_packing(struct tin_conv *c) {
  const float turn = 0.5f; /* cycles an element of turning vectors by 90 degrees */
  float copied, along;
  int64_t run;
  struct conv_packing *p = &c->packing;
  p->nest = tin_conv_nest(c, CONTRACT_K_BY_COLUMNS, c->panel, &p->run, &copied);
  struct tin_nest *other = tin_conv_nest(c, CONTRACT_COLUMNS_BY_K, c->chunk + 16, &run, &along);
  if (along + turn >= copied)
    return;
  p->turned = true;
  p->staged = run || !tin_nest_direct(other, &p->direct) || p->direct.column_stride != 1 || p->direct.row_stride > INT32_MAX / 64;
  p->nest = p->staged ? other : NULL;
  p->run = p->staged ? run : 0;
}

static void plan_scratch(struct tin_conv *c) {
  int64_t at = 0;
  c->packed_offset = at;
  at += (c->kept ? c->k : c->chunk) * c->panel * 4 + 256;
  c->stage_offset = at;
  if (c->packing.staged)
    at += (c->chunk + 16) * c->panel * 4 + 256;
  c->table_offset = at = (at + 63) / 64 * 64;
  if (c->period < c->k)
    at += c->chunk * 4 + 128;
  c->sums_offset = at = (at + 63) / 64 * 64;
  int64_t sums = (c->item_rows + c->lanes) * c->panel * 4; /* turning reads whole vectors of rows */
  at += sums;
  c->group_offset = at;
  if (c->group > 1)
    at += sums;
  c->turned_offset = at;
  c->result_leading = c->panel;
  if (c->turned) {
    c->result_leading = ceil_div(c->item_rows, 16) * 16 + 16; /* 16: keeps strides off powers of two */
    at += c->panel * c->result_leading * 4;
  }
  c->scratch_bytes = (at + 63) / 64 * 64;
}

/* ---- printing ---- */

static const char *const nest_arguments = "char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, long *param";

/* Calls of a nest over its columns from .. to, cut where runs end; they lie at `place` from column `base` on. */
void tin_conv_call_print(const struct tin_output *out, const char *name, const char *what, int64_t run, const char *base, const char *rows,
                         const char *from, const char *to) {
  if (!run) {
    tin_output_add(out, "    param[%d] = %s; %s_%s(buf, scalar, scratch, place, param, %s, %s, %s);\n", SYMBOL_COLUMN_BASE, base, name,
                   what, rows, from, to);
    return;
  }
  tin_output_add(out,
                 "    for (long c = %s, end = %s; c < end;) {\n"
                 "      long run = c / %lldL, start = run * %lldL, stop = start + %lldL < end ? start + %lldL : end;\n"
                 "      param[%d] = run; param[%d] = %s - start;\n"
                 "      %s_%s(buf, scalar, scratch, place, param, %s, c - start, stop - start);\n      c = stop;\n    }\n",
                 from, to, (long long)run, (long long)run, (long long)run, (long long)run, SYMBOL_COLUMN_RUN, SYMBOL_COLUMN_BASE, base,
                 name, what, rows);
}

/* static void NAME_pack(..., char *to, long n0, long n1, long k0, long k1): a chunk of one panel. */
void tin_conv_pack_print(const struct tin_conv *c, const char *name) {
  const struct tin_output *out = c->out;
  const struct conv_packing *p = &c->packing;
  tin_output_add(out, "static void %s_pack(%s, char *to, long n0, long n1, long k0, long k1)\n{\n  char *place[1];\n", name,
                 nest_arguments);
  if (!p->turned) {
    tin_output_add(out, "  place[0] = to; param[%d] = k0;\n", SYMBOL_ROW_BASE);
    tin_conv_call_print(out, name, "columns", p->run, "n0", "k0, k1", "n0", "n1");
    tin_output_add(out, "}\n");
    return;
  }
  int n = c->lanes;
  tin_output_add(out, "  long rounds = (k1 - k0) / %d, whole = rounds * %d, n;\n", n, n);
  if (p->staged) {
    tin_output_add(out, "  char *from = scratch + %lldL; long row = %lldL;\n  place[0] = from; param[%d] = n0;\n",
                   (long long)c->stage_offset, (long long)(c->chunk + 16), SYMBOL_ROW_BASE);
    tin_conv_call_print(out, name, "columns", p->run, "k0", "n0, n1", "k0", "k1");
  } else {
    const struct tin_direct *d = &p->direct;
    tin_output_add(out, "  char *from = buf[%d] + (%lldL + param[%d] * %lldL + n0 * %lldL + k0) * 4; long row = %lldL;\n  (void)place;\n",
                   d->value, (long long)d->base, SYMBOL_BATCH, (long long)d->batch_stride, (long long)d->row_stride,
                   (long long)d->row_stride);
  }
  tin_output_add(out, "  for (n = 0; n + %d <= n1 - n0; n += %d)\n    if (rounds) %s_turn(from + n * row * 4, to + n * 4, rounds);\n", n, n,
                 name);
  tin_output_add(out,
                 "  for (long j = 0; j < n1 - n0; j++)\n    for (long i = j < n ? whole : 0; i < k1 - k0; i++)\n"
                 "      ((unsigned *)to)[i * %lldL + j] = ((unsigned *)from)[j * row + i];\n}\n",
                 (long long)c->panel);
}

void tin_conv_keep_print(const struct tin_conv *c, const char *name) {
  tin_output_add(
      c->out,
      "    for (long k0 = 0; k0 < %lldL && have != cell; k0 += %lldL)\n"
      "      %s_pack(buf, scalar, scratch, 0, param, packed + k0 * %lldL, n0, n1, k0, k0 + %lldL < %lldL ? k0 + %lldL : %lldL);\n",
      (long long)c->k, (long long)c->chunk, name, (long long)(c->panel * 4), (long long)c->chunk, (long long)c->k, (long long)c->chunk,
      (long long)c->k);
}

static void print_tables(const struct tin_conv *c, const char *name) {
  char what[112];
  int32_t *table = TIN_NEW_ARRAY(c->out->arena, int32_t, c->period);
  for (int64_t k = 0; k < c->period; k++)
    table[k] = place_of(c, k);
  snprintf(what, sizeof what, "%s_places", name);
  tin_conv_table_print(c->out, table, (int)c->period, what);
  snprintf(what, sizeof what, "%s_shift", name);
  if (c->period < c->k)
    tin_conv_shift_print(c->out, what);
}

static void print_tiles(const struct tin_conv *c, const char *name) {
  for (int i = 0; i < c->blocks.n_tiles; i++) {
    char what[112];
    snprintf(what, sizeof what, "%s_tile%d", name, i);
    tin_conv_tile_print(c->out, &c->blocks.tiles[i], what);
  }
}

/* The sum of step * coordinate for axes whose coordinates are counted row-major by the C expression `of`. */
void tin_conv_place_print(const struct tin_output *out, const struct conv_axis *axes, int count, const char *of) {
  int64_t stride = 1;
  tin_output_add(out, "0");
  for (int i = count - 1; i >= 0; i--) {
    if (axes[i].step)
      tin_output_add(out, " + %s / %lldL %% %lldL * %lldL", of, (long long)stride, (long long)axes[i].extent, (long long)axes[i].step);
    stride *= axes[i].extent;
  }
}

/* The period's table moved to where the periods of this chunk lie. */
static void print_chunk_table(const struct tin_conv *c, const char *name) {
  const struct tin_output *out = c->out;
  if (c->period == c->k) {
    tin_output_add(out, "      const int *table = %s_places + k0;\n", name);
    return;
  }
  struct conv_axis outer[TIN_MAX_RANK];
  int count = 0;
  int64_t left = c->k;
  for (int i = 0; left > c->period; i++) {
    outer[count++] = (struct conv_axis){c->part->shape[c->axes.k[i]], c->step[c->axes.k[i]]};
    left /= c->part->shape[c->axes.k[i]];
  }
  tin_output_add(out,
                 "      int *table = (int *)(scratch + %lldL);\n      for (long k = k0; k < k1;) {\n"
                 "        long round = k / %lldL, end = (round + 1) * %lldL < k1 ? (round + 1) * %lldL : k1;\n        long by = (",
                 (long long)c->table_offset, (long long)c->period, (long long)c->period, (long long)c->period);
  tin_conv_place_print(out, outer, count, "round");
  tin_output_add(out,
                 ") * 4;\n        %s_shift(table + (k - k0), %s_places + (k - round * %lldL), by, end - k);\n        k = end;\n      }\n",
                 name, name, (long long)c->period);
}

static void print_pieces(const struct tin_conv *c, const char *name, int larger) {
  const struct conv_blocks *b = &c->blocks;
  const char *add = c->group > 1 ? "chunk % " : "chunk";
  for (int i = 0; i < b->n_pieces[larger]; i++) {
    const struct conv_piece *piece = &b->pieces[larger][i];
    tin_output_add(c->out, "          %s_tile%d(a + %lldL, b, to + %lldL, table, k1 - k0, ", name, piece->tile,
                   (long long)(piece->displacement * 4), (long long)(piece->first * c->panel * 4));
    if (c->group > 1)
      tin_output_add(c->out, "%s%lldL != 0);\n", add, (long long)c->group);
    else
      tin_output_add(c->out, "%s != 0);\n", add);
  }
}

static void print_blocks(const struct tin_conv *c, const char *name) {
  const struct tin_output *out = c->out;
  const struct conv_blocks *b = &c->blocks;
  tin_output_add(out,
                 "      for (long block = block0; block < block1; block++) {\n"
                 "        long outer = block / %lldL, group = block %% %lldL, first = group * %lldL + (group < %lldL ? group : %lldL);\n"
                 "        long m = (outer * %lldL + first) * %lldL;\n        char *a = image + (first * %lldL + (",
                 (long long)b->groups, (long long)b->groups, (long long)b->small, (long long)b->extra, (long long)b->extra,
                 (long long)b->extent, (long long)b->whole, (long long)b->step);
  int outer = c->n_rows - b->inner - 1;
  tin_conv_place_print(out, c->rows, outer < 0 ? 0 : outer, "outer");
  tin_output_add(out, ")) * 4;\n        char *to = into + (m - m0) * %lldL;\n", (long long)(c->panel * 4));
  if (b->extra) {
    tin_output_add(out, "        if (group < %lldL) {\n", (long long)b->extra);
    print_pieces(c, name, 1);
    tin_output_add(out, "        } else {\n");
  } else {
    tin_output_add(out, "        {\n");
  }
  print_pieces(c, name, 0);
  tin_output_add(out, "        }\n      }\n");
}

static void print_chunks(const struct tin_conv *c, const char *name) {
  const struct tin_output *out = c->out;
  tin_output_add(out,
                 "    for (long chunk = 0; chunk < %lldL; chunk++) {\n"
                 "      long k0 = chunk * %lldL, k1 = k0 + %lldL < %lldL ? k0 + %lldL : %lldL;\n",
                 (long long)c->n_chunks, (long long)c->chunk, (long long)c->chunk, (long long)c->k, (long long)c->chunk, (long long)c->k);
  if (c->kept)
    tin_output_add(out, "      char *b = packed + k0 * %lldL;\n", (long long)(c->panel * 4));
  else
    tin_output_add(out, "      char *b = packed;\n      %s_pack(buf, scalar, scratch, 0, param, b, n0, n1, k0, k1);\n", name);
  print_chunk_table(c, name);
  if (c->group > 1) /* the first group's sum is the total */
    tin_output_add(out, "      char *into = chunk < %lldL ? sums : scratch + %lldL;\n", (long long)c->group, (long long)c->group_offset);
  else
    tin_output_add(out, "      char *into = sums;\n");
  print_blocks(c, name);
  if (c->group > 1)
    tin_output_add(out,
                   "      if (into != sums && (chunk + 1 == %lldL || (chunk + 1) %% %lldL == 0))\n"
                   "        %s_add(sums, into, (m1 - m0) * %lldL);\n",
                   (long long)c->n_chunks, (long long)c->group, name, (long long)c->panel);
  tin_output_add(out, "    }\n");
}

/* The sums, turned where the result has its rows last, to the consumers. */
static void print_result(const struct tin_conv *c, const char *name) {
  const struct tin_output *out = c->out;
  if (!c->turned) {
    tin_output_add(out, "    place[0] = sums; param[%d] = m0;\n", SYMBOL_ROW_BASE);
    tin_conv_call_print(out, name, "result", c->result_run, "n0", "m0, m1", "n0", "n1");
    return;
  }
  tin_output_add(out,
                 "    for (long m = 0; m < m1 - m0; m += %d)\n"
                 "      %s_turn_sums(sums + m * %lldL, scratch + %lldL + m * 4, %d);\n"
                 "    place[0] = scratch + %lldL; param[%d] = n0;\n",
                 c->lanes, name, (long long)(c->panel * 4), (long long)c->turned_offset, c->vectors, (long long)c->turned_offset,
                 SYMBOL_ROW_BASE);
  tin_conv_call_print(out, name, "result", c->result_run, "m0", "n0, n1", "m0", "m1");
}

/* The first row of a block, of which `of` is the number. */
static void print_first_row(const struct tin_conv *c, const char *of) {
  const struct conv_blocks *b = &c->blocks;
  tin_output_add(c->out, "(%s / %lldL * %lldL + %s %% %lldL * %lldL + (%s %% %lldL < %lldL ? %s %% %lldL : %lldL)) * %lldL", of,
                 (long long)b->groups, (long long)b->extent, of, (long long)b->groups, (long long)b->small, of, (long long)b->groups,
                 (long long)b->extra, of, (long long)b->groups, (long long)b->extra, (long long)b->whole);
}

static void print_entry(const struct tin_conv *c, const char *name) {
  const struct tin_output *out = c->out;
  struct conv_axis batch[TIN_MAX_RANK];
  for (int i = 0; i < c->axes.n_batch; i++)
    batch[i] = (struct conv_axis){c->part->shape[c->axes.batch[i]], c->step[c->axes.batch[i]]};
  tin_output_add(out,
                 "void %s(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)\n{\n"
                 "  long param[%d], have = -1;\n  char *place[1], *packed = scratch + %lldL, *sums = scratch + %lldL;\n"
                 "  for (long item = begin; item < end; item++) {\n"
                 "    long cell = item / %lldL, batch = cell / %lldL, n0 = cell %% %lldL * %lldL;\n",
                 name, SYMBOL_COUNT, (long long)c->packed_offset, (long long)c->sums_offset, (long long)c->row_items, (long long)c->panels,
                 (long long)c->panels, (long long)c->panel);
  tin_output_add(out, "    long n1 = n0 + %lldL < %lldL ? n0 + %lldL : %lldL, block0 = item %% %lldL * %lldL;\n", (long long)c->panel,
                 (long long)c->n, (long long)c->panel, (long long)c->n, (long long)c->row_items, (long long)c->item_blocks);
  tin_output_add(out, "    long block1 = block0 + %lldL < %lldL ? block0 + %lldL : %lldL, m0 = ", (long long)c->item_blocks,
                 (long long)c->n_blocks, (long long)c->item_blocks, (long long)c->n_blocks);
  print_first_row(c, "block0");
  tin_output_add(out, ", m1 = ");
  print_first_row(c, "block1");
  tin_output_add(out, ";\n    char *image = buf[%d] + (%lldL + ", c->image, (long long)c->base);
  tin_conv_place_print(out, batch, c->axes.n_batch, "batch");
  tin_output_add(out, ") * 4;\n    param[%d] = batch;\n", SYMBOL_BATCH);
  if (c->kept)
    tin_conv_keep_print(c, name);
  tin_output_add(out, "    have = cell;\n");
  print_chunks(c, name);
  print_result(c, name);
  tin_output_add(out, "  }\n  (void)have;\n}\n");
}

void tin_conv_nest_print(const struct tin_conv *c, struct tin_nest *nest, const char *what, struct tin_entry *entry) {
  char name[112];
  snprintf(name, sizeof name, "%s_%s", entry->name, what);
  nest->scratch_bytes = c->scratch_bytes; /* its own is behind the operands' */
  tin_output_nest(c->out, nest, name);
  if (entry->scratch_bytes < nest->scratch_bytes)
    entry->scratch_bytes = nest->scratch_bytes;
}

void tin_conv_turns_print(const struct tin_conv *c, int64_t row, const char *name) {
  char what[112];
  snprintf(what, sizeof what, "%s_turn", name);
  if (c->packing.turned)
    tin_transpose_print(c->out, TIN_F32, c->packing.staged ? c->chunk + 16 : c->packing.direct.row_stride, c->panel, what);
  snprintf(what, sizeof what, "%s_turn_sums", name);
  if (c->turned)
    tin_transpose_print(c->out, TIN_F32, row, c->result_leading, what);
  snprintf(what, sizeof what, "%s_add", name);
  if (c->group > 1)
    tin_add_print(c->out, TIN_F32, what);
}

static bool plan(struct tin_conv *c) {
  struct tin_contract_axes given = c->given;
  if (!choose_image(c))
    return false;
  c->given = given;
  c->m = c->axes.m_size;
  c->n = c->axes.n_size;
  c->k = c->axes.k_size;
  tin_conv_plan_chunks(c);
  plan_row_axes(c);
  if (!plan_tiles(c))
    return false;
  plan_items(c, c->schedule->threads > 0 ? c->schedule->threads : 1);
  plan_table(c);
  tin_conv_plan_packing(c);
  plan_scratch(c);
  float cost;
  c->result_nest = tin_conv_nest(c, CONTRACT_RESULT, c->result_leading, &c->result_run, &cost);
  return c->period <= TABLE_MAX;
}

bool tin_conv_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                    struct tin_entry *entry) {
  if (!out->target->vector || part->anchor->dtype != TIN_F32)
    return false;
  struct tin_conv *c = TIN_NEW(out->arena, struct tin_conv);
  *c = (struct tin_conv){.out = out, .schedule = schedule, .part = part, .lanes = out->target->vector->vector_bytes / 4};
  c->given = tin_contract_axes_of(out->arena, schedule, part);
  if (part->anchor->arg[2] && tin_conv_batch_print(c, entry))
    return true;
  if (!plan(c))
    return false;
  entry->scratch_bytes = c->scratch_bytes;
  if (c->packing.nest)
    tin_conv_nest_print(c, c->packing.nest, "columns", entry);
  tin_conv_nest_print(c, c->result_nest, "result", entry);
  tin_conv_turns_print(c, c->panel, entry->name);
  tin_conv_pack_print(c, entry->name);
  print_tables(c, entry->name);
  print_tiles(c, entry->name);
  print_entry(c, entry->name);
  entry->items = c->axes.batch_size * c->panels * c->row_items;
  entry->how = out->target->name;
  return true;
}
