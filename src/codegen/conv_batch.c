/* Direct convolution with structural zeros left out: an image with a border, or with zeros between its elements, as padded convolutions and
 * the gradients of inputs have it.
 *
 * Which products have a zero depends on the position in the image, but not on the image of the batch: so a tile is one position of many
 * images. These are staged side by side, element by element. Positions fall into classes (a corner, an edge, the inside) that
 * have a table each, of those k that are not zeros. docs/numerics.md says why this keeps all bits; infinite or NaN weights, whose products
 * with zeros are NaN, are found when a panel is packed, and these NaNs put in.
 *
 *   item = (batch of the contraction, panel of columns, images)
 *     the images are staged: [element of an image][lanes]
 *     for each stripe of positions, each chunk of k, each position: the tile of all images
 *     the sums of each image are turned, consumers run on them */
#include <stdio.h>
#include <string.h>

#include "codegen/contract_kernel.h"
#include "codegen/conv.h"

/* Bytes of the staged images: L2 holds what the windows of a line of positions read, which is less; and of a stripe's sums. */
enum { STAGED_MAX = 1 << 25, STRIPE_BYTES = 1 << 17 };
/* Entries of all classes' tables, 8 bytes each; positions of an image; fewer images than that leave the FMAs waiting. */
enum { ENTRIES_MAX = 1 << 16, POSITIONS_MAX = 1 << 14, IMAGES_MIN = 4 };
enum { GUARDS_MAX = 8, POISON = 0x7fc00000 };
static const float reuse_min = 1.5f; /* as for images without zeros */

/* A condition of the image's elements: over one axis of the position, and some of k. */
struct guard {
  const struct tin_condition *condition;
  int position;   /* number of the axis, or -1 */
  int64_t size;   /* places of the axes of k that it uses */
  bool *truth;    /* by value of the position and place */
  int32_t *place; /* by k */
};

struct batched {
  struct tin_conv *c;
  const struct tin_index *index;
  struct guard guards[GUARDS_MAX];
  int n_guards;
  int n_positions, axes[TIN_MAX_RANK]; /* the rows' axes but the first, as axes of the part */
  int64_t extent[TIN_MAX_RANK], positions;
  int64_t images, image;              /* how many, elements of one */
  int64_t blocks, small, extra, tall; /* images of a tile: small, or one more; the most */
  int *class_of[TIN_MAX_RANK], n_classes[TIN_MAX_RANK], total;
  int64_t *example[TIN_MAX_RANK]; /* a value of each class */
  int32_t *starts, *entries, *places;
  int n_entries, n_starts;
  int64_t stripe, images_offset, bad_offset;
};

static int64_t ceil_div(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

/* ---- the image and its guards ---- */

/* The load below selects of 0: all guards around it are the load's own. */
static const struct tin_value *guarded_load(const struct tin_nest *nest, int root) {
  const struct tin_value *value = &nest->values.at[root];
  while (value->kind == VALUE_OP && value->op == OP_SELECT) {
    const struct tin_value *zero = &nest->values.at[value->in[2]];
    if (nest->values.at[value->in[0]].kind != VALUE_GUARD || zero->kind != VALUE_CONST || zero->bits != 0)
      return NULL;
    value = &nest->values.at[value->in[1]];
  }
  return value->kind == VALUE_LOAD && value->in[0] < 0 && value->in[1] >= 0 ? value : NULL;
}

static int64_t floor_div(int64_t a, int64_t by) {
  return a / by - (a % by < 0);
}

/* The value of an index, with the symbols' values. */
static int64_t value_of(const struct tin_index *index, const int64_t *symbols) {
  int64_t sum = index->constant;
  for (int i = 0; i < index->n_terms; i++) {
    const struct tin_atom *atom = index->terms[i].atom;
    int64_t value;
    if (atom->kind == TIN_ATOM_SYMBOL) {
      value = symbols[atom->symbol];
    } else {
      int64_t of = value_of(atom->of, symbols);
      value = atom->kind == TIN_ATOM_DIV ? floor_div(of, atom->by) : of - floor_div(of, atom->by) * atom->by;
    }
    sum += index->terms[i].coefficient * value;
  }
  return sum;
}

static bool holds(const struct tin_condition *condition, const int64_t *symbols) {
  int64_t value = value_of(condition->index, symbols);
  return value >= condition->low && value < condition->high && (condition->mod <= 1 || value % condition->mod == 0);
}

/* Sets the symbols of the axes to the coordinates of the row-major number. */
static void spread(const struct tin_conv *c, const int *axes, int count, int64_t number, int64_t *symbols) {
  for (int i = count - 1; i >= 0; i--) {
    int64_t extent = c->part->shape[axes[i]];
    symbols[axes[i]] = number % extent;
    number /= extent;
  }
}

static bool uses_any(const struct tin_index *index, const int *axes, int count) {
  for (int i = 0; i < count; i++)
    if (tin_index_uses(index, axes[i]))
      return true;
  return false;
}

/* The truth of a condition for every value of its position and every place of its axes of k; false when it is of another form. */
static bool tabulate(struct batched *b, const struct tin_condition *condition, struct guard *guard) {
  const struct tin_conv *c = b->c;
  int axes[TIN_MAX_RANK], n_axes = 0;
  int64_t symbols[TIN_MAX_RANK] = {0};
  *guard = (struct guard){.condition = condition, .position = -1, .size = 1};
  if (tin_index_uses(condition->index, c->axes.m[0]) || uses_any(condition->index, c->axes.batch, c->axes.n_batch) ||
      uses_any(condition->index, c->axes.n, c->axes.n_n))
    return false;
  for (int i = 0; i < b->n_positions; i++)
    if (tin_index_uses(condition->index, b->axes[i])) {
      if (guard->position >= 0)
        return false;
      guard->position = i;
    }
  for (int i = 0; i < c->axes.n_k; i++)
    if (tin_index_uses(condition->index, c->axes.k[i])) {
      axes[n_axes++] = c->axes.k[i];
      guard->size *= c->part->shape[c->axes.k[i]];
    }
  int64_t values = guard->position < 0 ? 1 : b->extent[guard->position];
  guard->truth = TIN_NEW_ARRAY(c->out->arena, bool, values * guard->size);
  guard->place = TIN_NEW_ARRAY(c->out->arena, int32_t, c->k);
  for (int64_t v = 0; v < values; v++)
    for (int64_t place = 0; place < guard->size; place++) {
      spread(c, axes, n_axes, place, symbols);
      if (guard->position >= 0)
        symbols[b->axes[guard->position]] = v;
      guard->truth[v * guard->size + place] = holds(condition, symbols);
    }
  for (int64_t k = 0; k < c->k; k++) {
    spread(c, c->axes.k, c->axes.n_k, k, symbols);
    int64_t place = 0;
    for (int i = 0; i < n_axes; i++)
      place = place * c->part->shape[axes[i]] + symbols[axes[i]];
    guard->place[k] = (int32_t)place;
  }
  return true;
}

/* Is the operand a guarded view of images one behind the other, and each position's guards its own? */
static bool find_image(struct batched *b) {
  struct tin_conv *c = b->c;
  int root;
  int64_t step;
  const struct tin_node *operand = c->part->anchor->in[c->axes.swapped ? 1 : 0];
  const struct tin_nest *nest = tin_lower_operand(c->out->arena, c->schedule, c->part, operand, &root);
  const struct tin_value *load = guarded_load(nest, root);
  if (!load || nest->args.at[load->arg].kind != ARG_BUFFER || nest->args.at[load->arg].dtype != TIN_F32)
    return false;
  b->index = load->index;
  c->image = nest->args.at[load->arg].number;
  b->images = c->part->shape[c->axes.m[0]];
  if (!tin_index_affine(load->index, c->axes.m[0], &b->image) || b->image <= 0 || b->images < IMAGES_MIN ||
      b->image * b->images > c->schedule->values.at[c->image].size || b->image * c->lanes * 4 > STAGED_MAX)
    return false;
  for (int i = 0; i < c->axes.n_batch; i++)
    if (!tin_index_affine(load->index, c->axes.batch[i], &step))
      return false;
    else
      c->step[c->axes.batch[i]] = step;
  b->positions = 1;
  for (int i = 1; i < c->axes.n_m; i++) {
    b->axes[b->n_positions] = c->axes.m[i];
    b->positions *= b->extent[b->n_positions++] = c->part->shape[c->axes.m[i]];
  }
  const struct tin_value *guard = &nest->values.at[load->in[1]];
  if (guard->n_conditions > GUARDS_MAX || b->positions > POSITIONS_MAX || c->k > ENTRIES_MAX)
    return false;
  for (int i = 0; i < guard->n_conditions; i++)
    if (!tabulate(b, &guard->conditions[i], &b->guards[b->n_guards++]))
      return false;
  return true;
}

/* ---- classes and tables ---- */

/* Do two values of a position make the same conditions true? Where elements lie apart, the remainder tells too. */
static bool alike(const struct batched *b, int axis, int64_t v, int64_t w) {
  for (int i = 0; i < b->n_guards; i++) {
    const struct guard *guard = &b->guards[i];
    if (guard->position != axis)
      continue;
    if (guard->condition->mod > 1 && (v - w) % guard->condition->mod)
      return false;
    if (memcmp(guard->truth + v * guard->size, guard->truth + w * guard->size, (size_t)guard->size))
      return false;
  }
  return true;
}

static void find_classes(struct batched *b) {
  b->total = 1;
  for (int axis = 0; axis < b->n_positions; axis++) {
    b->class_of[axis] = TIN_NEW_ARRAY(b->c->out->arena, int, b->extent[axis]);
    b->example[axis] = TIN_NEW_ARRAY(b->c->out->arena, int64_t, b->extent[axis]);
    for (int64_t v = 0; v < b->extent[axis]; v++) {
      int class = 0;
      while (class < b->n_classes[axis] && !alike(b, axis, v, b->example[axis][class]))
        class ++;
      if (class == b->n_classes[axis])
        b->example[axis][b->n_classes[axis]++] = v;
      b->class_of[axis][v] = class;
    }
    b->total *= b->n_classes[axis];
  }
}

static bool is_there(const struct batched *b, const int64_t *position, int64_t k) {
  for (int i = 0; i < b->n_guards; i++) {
    const struct guard *guard = &b->guards[i];
    int64_t v = guard->position < 0 ? 0 : position[guard->position];
    if (!guard->truth[v * guard->size + guard->place[k]])
      return false;
  }
  return true;
}

/* The entries of one class, by the chunks of k; false when there are too many, or the image is larger than it seemed. */
static bool tabulate_class(struct batched *b, int class, int64_t batch_reach) {
  const struct tin_conv *c = b->c;
  int64_t position[TIN_MAX_RANK], symbols[TIN_MAX_RANK] = {0}, unit = c->lanes * 4;
  for (int axis = b->n_positions - 1, rest = class; axis >= 0; axis--) {
    position[axis] = b->example[axis][rest % b->n_classes[axis]];
    rest /= b->n_classes[axis];
    symbols[b->axes[axis]] = position[axis];
  }
  int64_t first = value_of(b->index, symbols);
  for (int64_t k = 0; k < c->k; k++) {
    if (k % c->chunk == 0)
      b->starts[b->n_starts++] = b->n_entries;
    if (!is_there(b, position, k))
      continue;
    if (b->n_entries == ENTRIES_MAX)
      return false;
    spread(c, c->axes.k, c->axes.n_k, k, symbols);
    int64_t element = value_of(b->index, symbols);
    if (element < 0 || element + batch_reach >= b->image)
      return false;
    b->entries[2 * b->n_entries] = (int32_t)((element - first) * unit);
    b->entries[2 * b->n_entries++ + 1] = (int32_t)(k % c->chunk * c->panel * 4);
  }
  b->starts[b->n_starts++] = b->n_entries;
  return true;
}

/* Where each position begins, and its class. */
static void tabulate_positions(struct batched *b) {
  int64_t symbols[TIN_MAX_RANK] = {0};
  b->places = TIN_NEW_ARRAY(b->c->out->arena, int32_t, 2 * b->positions);
  for (int64_t p = 0; p < b->positions; p++) {
    int class = 0;
    spread(b->c, b->axes, b->n_positions, p, symbols);
    for (int axis = 0; axis < b->n_positions; axis++)
      class = class * b->n_classes[axis] + b->class_of[axis][symbols[b->axes[axis]]];
    b->places[2 * p] = (int32_t)(value_of(b->index, symbols) * b->c->lanes * 4);
    b->places[2 * p + 1] = class;
  }
}

static bool make_tables(struct batched *b) {
  const struct tin_conv *c = b->c;
  int64_t batch_reach = 0;
  for (int i = 0; i < c->axes.n_batch; i++) {
    int64_t step = c->step[c->axes.batch[i]];
    if (step < 0)
      return false;
    batch_reach += step * (c->part->shape[c->axes.batch[i]] - 1);
  }
  find_classes(b);
  if ((int64_t)b->total * (c->n_chunks + 1) > ENTRIES_MAX)
    return false;
  b->entries = TIN_NEW_ARRAY(c->out->arena, int32_t, 2 * ENTRIES_MAX);
  b->starts = TIN_NEW_ARRAY(c->out->arena, int32_t, b->total * (c->n_chunks + 1));
  for (int class = 0; class < b->total; class ++)
    if (!tabulate_class(b, class, batch_reach))
      return false;
  tabulate_positions(b);
  return true;
}

/* ---- plan ---- */

static void plan_tiles(struct batched *b) {
  static const int choices[] = {2, 3, 1, 4}; /* of equals the first */
  struct tin_conv *c = b->c;
  int64_t wide = ceil_div(c->n, c->lanes);
  float least = -1;
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
    int vectors = choices[i], most = (c->out->target->vector->registers - 2 - vectors) / vectors;
    most = most < c->lanes ? most : c->lanes;
    int64_t blocks = ceil_div(b->images, most);
    float cost = (float)(blocks * ceil_div(wide, vectors)) * tin_conv_tile_cost(ceil_div(b->images, blocks), vectors);
    if (vectors > wide || (least >= 0 && cost >= least))
      continue;
    least = cost;
    c->vectors = vectors;
    b->blocks = blocks;
  }
  b->small = b->images / b->blocks;
  b->extra = b->images % b->blocks;
  b->tall = b->small + (b->extra > 0);
  c->panel = (int64_t)c->vectors * c->lanes;
  c->panels = ceil_div(wide, c->vectors);
  b->stripe = STRIPE_BYTES / (b->tall * c->panel * 4) / c->lanes * c->lanes;
  b->stripe = b->stripe < c->lanes ? c->lanes : b->stripe;
  b->stripe = b->stripe > b->positions ? b->positions : b->stripe;
}

static void plan_scratch(struct batched *b) {
  struct tin_conv *c = b->c;
  int64_t at = 0, sums = (b->stripe + c->lanes) * b->tall * c->panel * 4; /* turning reads whole vectors of positions */
  c->packed_offset = at;
  at += c->k * c->panel * 4 + 256;
  c->stage_offset = at;
  if (c->packing.staged)
    at += (c->chunk + 16) * c->panel * 4 + 256;
  b->bad_offset = at = (at + 63) / 64 * 64;
  at += (c->k + 64) * 4;
  b->images_offset = at = (at + 63) / 64 * 64;
  at += b->image * c->lanes * 4 + 256;
  c->sums_offset = at = (at + 63) / 64 * 64;
  at += sums;
  c->group_offset = at;
  at += c->group > 1 ? sums : 0;
  c->turned_offset = at;
  c->result_leading = ceil_div(b->stripe, 16) * 16 + 16; /* 16: keeps strides off powers of two */
  at += c->panel * c->result_leading * 4;
  c->scratch_bytes = (at + 63) / 64 * 64;
}

static bool plan(struct batched *b) {
  struct tin_conv *c = b->c;
  float cost;
  c->turned = true;
  c->axes = tin_conv_other_way(c->given);
  c->n = c->axes.n_size;
  c->k = c->axes.k_size;
  if (c->axes.n_m < 2 || c->n < c->lanes / 2 || !find_image(b) || tin_conv_reuse(c, &c->axes) < reuse_min)
    return false;
  tin_conv_plan_chunks(c);
  plan_tiles(b);
  c->kept = c->k * c->panel <= CONV_KEPT_MAX;
  if (!c->kept || !make_tables(b))
    return false;
  tin_conv_plan_packing(c);
  plan_scratch(b);
  c->result_nest = tin_conv_nest(c, CONTRACT_RESULT, c->result_leading, &c->result_run, &cost);
  return true;
}

/* ---- printing ---- */

static void print_tables(const struct batched *b, const char *name) {
  const struct {
    const char *what;
    const int32_t *at;
    int count;
  } tables[] = {
      {"entries", b->entries, 2 * b->n_entries}, {"starts", b->starts, b->n_starts}, {"places", b->places, (int)(2 * b->positions)}};
  for (int i = 0; i < 3; i++) {
    char what[112];
    snprintf(what, sizeof what, "%s_%s", name, tables[i].what);
    tin_conv_table_print(b->c->out, tables[i].at, tables[i].count, what);
  }
}

static void print_routines(const struct batched *b, const char *name) {
  const struct tin_conv *c = b->c;
  struct tin_conv_tile tile = {.lanes = c->lanes, .vectors = c->vectors, .c_row = c->panel, .skips = true, .adds = c->n_chunks > 1};
  char what[112];
  for (int i = 0; i < CONV_ROWS_MAX; i++)
    tile.displacement[i] = i;
  for (int larger = 0; larger < (b->extra ? 2 : 1); larger++) {
    snprintf(what, sizeof what, "%s_tile%d", name, larger);
    tile.rows = (int)b->small + larger;
    tin_conv_tile_print(c->out, &tile, what);
  }
  snprintf(what, sizeof what, "%s_turn_images", name);
  if (b->images >= c->lanes)
    tin_transpose_print(c->out, TIN_F32, b->image, c->lanes, what);
  snprintf(what, sizeof what, "%s_scan", name);
  tin_conv_scan_print(c->out, what);
}

/* static long NAME_find(weights, n, bad): the k of which one of n weights is infinite or NaN.
 * static void NAME_poison(...): their products with zeros. */
static void print_poison(const struct batched *b, const char *name) {
  const struct tin_conv *c = b->c;
  tin_output_add(c->out,
                 "static long %s_find(const unsigned *w, long n, int *bad)\n{\n  long count = 0;\n"
                 "  for (long k = 0; k < %lldL; k++)\n    for (long j = 0; j < n; j++)\n"
                 "      if ((w[k * %lldL + j] & 0x7f800000u) == 0x7f800000u) {\n        bad[count++] = (int)k;\n        break;\n      }\n"
                 "  return count;\n}\n",
                 name, (long long)c->k, (long long)c->panel);
  tin_output_add(
      c->out,
      "static void %s_poison(const unsigned *w, long n, const int *bad, long count, long p0, long p1, long rows, unsigned *sums)\n{\n"
      "  for (long p = p0; p < p1; p++)\n    for (long i = 0; i < count; i++) {\n"
      "      long k = bad[i], chunk = k / %lldL, at = (k - chunk * %lldL) * %lldL, found = 0;\n"
      "      const int *start = %s_starts + %s_places[2 * p + 1] * %lldL + chunk;\n"
      "      for (long e = start[0]; e < start[1] && !found; e++)\n        found = %s_entries[2 * e + 1] == at;\n",
      name, (long long)c->chunk, (long long)c->chunk, (long long)(c->panel * 4), name, name, (long long)(c->n_chunks + 1), name);
  tin_output_add(
      c->out,
      "      for (long j = 0; j < n && !found; j++)\n        if ((w[k * %lldL + j] & 0x7f800000u) == 0x7f800000u)\n"
      "          for (long row = 0; row < rows; row++)\n            sums[((p - p0) * %lldL + row) * %lldL + j] = 0x%xu;\n    }\n}\n",
      (long long)c->panel, (long long)b->tall, (long long)c->panel, POISON);
}

/* Images a0 .. a1 side by side; those around them where there are as many as lanes. */
static void print_staging(const struct batched *b, const char *name) {
  const struct tin_conv *c = b->c;
  bool whole = b->images >= c->lanes;
  tin_output_add(c->out, "    long s = %s;\n    char *from = buf[%d] + s * %lldL;\n", whole ? "a0" : "0", c->image,
                 (long long)(b->image * 4));
  if (whole)
    tin_output_add(c->out, "    if (s > %lldL) { from -= (s - %lldL) * %lldL; s = %lldL; }\n", (long long)(b->images - c->lanes),
                   (long long)(b->images - c->lanes), (long long)(b->image * 4), (long long)(b->images - c->lanes));
  if (whole && b->image >= c->lanes)
    tin_output_add(c->out, "    %s_turn_images(from, staged, %lldL);\n", name, (long long)(b->image / c->lanes));
  tin_output_add(c->out,
                 "    for (long i = a0 - s; i < a1 - s; i++)\n      for (long e = %lldL; e < %lldL; e++)\n"
                 "        ((unsigned *)staged)[e * %d + i] = ((unsigned *)from)[i * %lldL + e];\n",
                 (long long)(whole ? b->image / c->lanes * c->lanes : 0), (long long)b->image, c->lanes, (long long)b->image);
}

static void print_positions(const struct batched *b, const char *name) {
  const struct tin_conv *c = b->c;
  char add[64] = "chunk != 0";
  if (c->group > 1)
    snprintf(add, sizeof add, "chunk %% %lldL != 0", (long long)c->group);
  tin_output_add(c->out,
                 "      for (long chunk = 0; chunk < %lldL; chunk++) {\n        char *weights = packed + chunk * %lldL;\n"
                 "        char *into = %s;\n",
                 (long long)c->n_chunks, (long long)(c->chunk * c->panel * 4),
                 c->group > 1 ? "chunk < groups ? sums : sums + more" : "sums");
  tin_output_add(c->out,
                 "        for (long p = p0; p < p1; p++) {\n"
                 "          const int *start = %s_starts + %s_places[2 * p + 1] * %lldL + chunk;\n"
                 "          char *a = image + %s_places[2 * p], *to = into + (p - p0) * %lldL;\n"
                 "          const int *table = %s_entries + 2 * start[0];\n          ",
                 name, name, (long long)(c->n_chunks + 1), name, (long long)(b->tall * c->panel * 4), name);
  if (b->extra)
    tin_output_add(
        c->out,
        "if (a1 - a0 == %lldL)\n            %s_tile1(a, weights, to, table, start[1] - start[0], %s);\n          else\n            ",
        (long long)b->tall, name, add);
  tin_output_add(c->out, "%s_tile0(a, weights, to, table, start[1] - start[0], %s);\n        }\n", name, add);
  if (c->group > 1)
    tin_output_add(c->out,
                   "        if (into != sums && (chunk + 1 == %lldL || (chunk + 1) %% groups == 0))\n"
                   "          %s_add(sums, into, (p1 - p0) * %lldL);\n",
                   (long long)c->n_chunks, name, (long long)(b->tall * c->panel));
  tin_output_add(c->out, "      }\n");
}

/* The sums of each image, turned, to the consumers. */
static void print_results(const struct batched *b, const char *name) {
  const struct tin_conv *c = b->c;
  tin_output_add(
      c->out,
      "      if (bad)\n        %s_poison((unsigned *)packed, n1 - n0, (int *)(scratch + %lldL), bad, p0, p1, a1 - a0, (unsigned *)sums);\n"
      "      for (long i = 0; i < a1 - a0; i++) {\n"
      "        long m0 = (a0 + i) * %lldL + p0, m1 = m0 + (p1 - p0);\n        for (long p = 0; p < p1 - p0; p += %d)\n"
      "          %s_turn_sums(sums + (p * %lldL + i) * %lldL, scratch + %lldL + p * 4, %d);\n"
      "        place[0] = scratch + %lldL; param[%d] = n0;\n",
      name, (long long)b->bad_offset, (long long)b->positions, c->lanes, name, (long long)b->tall, (long long)(c->panel * 4),
      (long long)c->turned_offset, c->vectors, (long long)c->turned_offset, SYMBOL_ROW_BASE);
  tin_conv_call_print(c->out, name, "result", c->result_run, "m0", "n0, n1", "m0", "m1");
  tin_output_add(c->out, "      }\n");
}

static void print_entry(const struct batched *b, const char *name) {
  const struct tin_conv *c = b->c;
  struct conv_axis batch[TIN_MAX_RANK];
  for (int i = 0; i < c->axes.n_batch; i++)
    batch[i] = (struct conv_axis){c->part->shape[c->axes.batch[i]], c->step[c->axes.batch[i]]};
  tin_output_add(c->out,
                 "void %s(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)\n{\n"
                 "  long param[%d], have = -1, bad = 0;\n"
                 "  char *place[1], *packed = scratch + %lldL, *sums = scratch + %lldL, *staged = scratch + %lldL;\n",
                 name, SYMBOL_COUNT, (long long)c->packed_offset, (long long)c->sums_offset, (long long)b->images_offset);
  if (c->group > 1)
    tin_output_add(c->out, "  long groups = %lldL, more = %lldL;\n", (long long)c->group, (long long)(c->group_offset - c->sums_offset));
  tin_output_add(
      c->out,
      "  for (long item = begin; item < end; item++) {\n"
      "    long cell = item / %lldL, batch = cell / %lldL, n0 = cell %% %lldL * %lldL, n1 = n0 + %lldL < %lldL ? n0 + %lldL : %lldL;\n"
      "    long ab = item %% %lldL, a0 = ab * %lldL + (ab < %lldL ? ab : %lldL), a1 = a0 + %lldL + (ab < %lldL);\n    param[%d] = batch;\n",
      (long long)b->blocks, (long long)c->panels, (long long)c->panels, (long long)c->panel, (long long)c->panel, (long long)c->n,
      (long long)c->panel, (long long)c->n, (long long)b->blocks, (long long)b->small, (long long)b->extra, (long long)b->extra,
      (long long)b->small, (long long)b->extra, SYMBOL_BATCH);
  tin_conv_keep_print(c, name);
  tin_output_add(c->out,
                 "    if (have != cell) { /* a weight that is not finite makes NaN with the zeros that are left out */\n"
                 "      unsigned *seen = (unsigned *)(scratch + %lldL);\n      %s_scan(packed, (char *)seen, %lldL);\n      bad = 0;\n"
                 "      for (int i = 0; i < %d; i++)\n        bad |= seen[i] != 0;\n"
                 "      if (bad)\n        bad = %s_find((unsigned *)packed, n1 - n0, (int *)seen);\n    }\n    have = cell;\n",
                 (long long)b->bad_offset, name, (long long)(c->k * c->panel), c->lanes, name);
  print_staging(b, name);
  tin_output_add(c->out, "    char *image = staged + (a0 - s) * 4 + (");
  tin_conv_place_print(c->out, batch, c->axes.n_batch, "batch");
  tin_output_add(c->out,
                 ") * %d;\n    for (long p0 = 0; p0 < %lldL; p0 += %lldL) {\n      long p1 = p0 + %lldL < %lldL ? p0 + %lldL : %lldL;\n",
                 c->lanes * 4, (long long)b->positions, (long long)b->stripe, (long long)b->stripe, (long long)b->positions,
                 (long long)b->stripe, (long long)b->positions);
  print_positions(b, name);
  print_results(b, name);
  tin_output_add(c->out, "    }\n  }\n}\n");
}

bool tin_conv_batch_print(struct tin_conv *given, struct tin_entry *entry) {
  struct tin_conv tried = *given, *c = &tried;
  struct batched *b = TIN_NEW(c->out->arena, struct batched);
  b->c = c;
  if (!plan(b))
    return false;
  entry->scratch_bytes = c->scratch_bytes;
  if (c->packing.nest)
    tin_conv_nest_print(c, c->packing.nest, "columns", entry);
  tin_conv_nest_print(c, c->result_nest, "result", entry);
  tin_conv_turns_print(c, b->tall * c->panel, entry->name);
  tin_conv_pack_print(c, entry->name);
  print_tables(b, entry->name);
  print_routines(b, entry->name);
  print_poison(b, entry->name);
  print_entry(b, entry->name);
  entry->items = c->axes.batch_size * c->panels * b->blocks;
  entry->how = c->out->target->name;
  return true;
}
