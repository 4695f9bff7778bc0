/* Nests that are done in two steps, with elements in scratch between them.
 *
 * Reductions over several ranges that are not one line of memory (a sum over a batch's images and their pixels) as two nests: the elements
 * of a row are put side by side in scratch, and reduced from there. The lanes rule (docs/numerics.md) deals the terms out by their number
 * in the row, 16 partial sums in blocks of 1024: over ranges of other lengths the vectors would start in the middle of a block or of a
 * vector.
 *
 *   for each row: for each place of the outer ranges: elements (MAP); sums (ROW over one range)
 *
 * Maps whose columns are few and lie between those of other rows, as the elements between strides do: vectors along the rows compute them
 * line by line, and then they are put where they belong. */
#include "codegen/row_stage.h"

#include <stdio.h>

#include "codegen/lower_internal.h"
#include "codegen/vector_loops.h"

/* Elements of a row that are staged: 4 MB of f32; longer ones stay in plain C. */
enum { STAGED_MAX = 1 << 20 };

bool tin_row_stage_wanted(const struct tin_output *out, const struct tin_nest *nest) {
  bool lanes = false;
  for (int i = 0; i < nest->reductions.count; i++)
    lanes |= tin_v_is_lanes(&nest->reductions.at[i]);
  if (!out->target->vector || nest->form != NEST_ROW || nest->n_passes != 1 || nest->inner.count < 2 || !lanes)
    return false;
  bool whole = nest->inner.at[nest->inner.count - 1].extent % PARTIALS == 0 && nest->inner_size <= BLOCK;
  return !whole && nest->inner_size <= STAGED_MAX;
}

/* ---- copying parts of a nest ---- */

struct copying {
  struct tin_arena *arena;
  const struct tin_nest *from;
  struct tin_nest *to;
  int *values, *args; /* 1 + the new number, by old ones; 0: not copied */
};

static struct copying begin(struct tin_arena *arena, const struct tin_nest *from, enum tin_nest_form form, int row, int column) {
  struct copying copying = {.arena = arena, .from = from, .to = TIN_NEW(arena, struct tin_nest)};
  copying.values = TIN_NEW_ARRAY(arena, int, from->values.count);
  copying.args = TIN_NEW_ARRAY(arena, int, from->args.count);
  *copying.to = (struct tin_nest){.form = form, .indexes = from->indexes, .row = row, .column = column, .inner_size = 1, .n_passes = 1};
  copying.to->n_symbols = from->n_symbols + 1;
  copying.to->names = TIN_NEW_ARRAY(arena, const char *, from->n_symbols + 2);
  for (int i = 0; i < from->n_symbols; i++)
    copying.to->names[i] = from->names[i];
  struct tin_text name; /* of what counts the elements of a row */
  tin_text_init(&name, arena);
  tin_text_add(&name, "r%d", from->n_symbols);
  copying.to->names[from->n_symbols] = name.at;
  return copying;
}

static int copy_arg(struct copying *c, int arg) {
  if (!c->args[arg]) {
    struct tin_arg copied = c->from->args.at[arg];
    copied.written = false;
    tin_vec_push(c->arena, &c->to->args, copied);
    c->args[arg] = c->to->args.count;
  }
  return c->args[arg] - 1;
}

static int add_value(struct copying *c, struct tin_value value) {
  tin_vec_push(c->arena, &c->to->values, value);
  return c->to->values.count - 1;
}

/* The value with what it is computed from; inputs come first. Recursive: the scheduler bounds the operations of a kernel. */
static int copy_value(struct copying *c, int number) {
  if (c->values[number])
    return c->values[number] - 1;
  struct tin_value value = c->from->values.at[number];
  for (int k = 0; k < 3; k++)
    if (value.in[k] >= 0)
      value.in[k] = copy_value(c, value.in[k]);
  if (value.kind == VALUE_LOAD)
    value.arg = copy_arg(c, value.arg);
  int copied = add_value(c, value);
  c->values[number] = copied + 1;
  return copied;
}

static void copy_store(struct copying *c, const struct tin_store *store, int pass) {
  struct tin_store copied = {.arg = copy_arg(c, store->arg), .index = store->index, .value = copy_value(c, store->value), .pass = pass};
  c->to->args.at[copied.arg].written = true;
  tin_vec_push(c->arena, &c->to->stores, copied);
}

/* ---- the two nests ---- */

/* Factors of a reduction: the value, and of a contraction another. */
static int factor_of(const struct tin_reduction *reduction, int which) {
  return which ? reduction->factor : reduction->value;
}

/* Memory for one value of a whole row. */
static int add_stage(struct copying *c, int64_t *at, int64_t size, int dtype, bool written) {
  struct tin_arg arg = {.kind = ARG_SCRATCH, .number = c->to->args.count, .offset = *at, .dtype = (uint8_t)dtype, .written = written};
  *at += (size * tin_dtype_bytes(dtype) + 63) / 64 * 64;
  tin_vec_push(c->arena, &c->to->args, arg);
  return c->to->args.count - 1;
}

/* Number of the element in its row. */
static const struct tin_index *number_of(const struct tin_nest *nest) {
  const struct tin_index *sum = tin_index_constant(nest->indexes, 0);
  int64_t stride = 1;
  for (int i = nest->inner.count - 1; i >= 0; i--) {
    const struct tin_range *range = &nest->inner.at[i];
    sum = tin_index_add(nest->indexes, sum,
                        tin_index_scale(nest->indexes, tin_index_symbol(nest->indexes, range->symbol, 0, range->extent - 1), stride));
    stride *= range->extent;
  }
  return sum;
}

static struct tin_nest *make_elements(struct tin_arena *arena, const struct tin_nest *nest, int row_range, int64_t at) {
  struct copying c = begin(arena, nest, NEST_MAP, nest->inner.at[row_range].symbol, nest->inner.at[nest->inner.count - 1].symbol);
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->stores.at[i].pass < nest->n_passes)
      copy_store(&c, &nest->stores.at[i], 0);
  for (int r = 0; r < nest->reductions.count; r++)
    for (int which = 0; which < 2; which++) {
      int value = factor_of(&nest->reductions.at[r], which);
      if (value < 0)
        continue;
      struct tin_store store = {.index = number_of(nest), .value = copy_value(&c, value)};
      store.arg = add_stage(&c, &at, nest->inner_size, nest->values.at[value].dtype, true);
      tin_vec_push(arena, &c.to->stores, store);
    }
  tin_lower_levels(c.to);
  c.to->scratch_bytes = at;
  return c.to;
}

static struct tin_nest *make_sums(struct tin_arena *arena, const struct tin_nest *nest, int64_t at) {
  struct copying c = begin(arena, nest, NEST_ROW, nest->row, -1);
  struct tin_range all = {nest->n_symbols, nest->inner_size};
  tin_vec_push(arena, &c.to->inner, all);
  c.to->inner_size = nest->inner_size;
  const struct tin_index *number = tin_index_symbol(nest->indexes, all.symbol, 0, all.extent - 1);
  for (int r = 0; r < nest->reductions.count; r++) {
    struct tin_reduction reduction = nest->reductions.at[r];
    for (int which = 0; which < 2; which++) {
      int value = factor_of(&reduction, which);
      if (value < 0)
        continue;
      struct tin_value load = {.kind = VALUE_LOAD, .dtype = nest->values.at[value].dtype, .in = {-1, -1, -1}, .index = number};
      load.arg = add_stage(&c, &at, nest->inner_size, load.dtype, false);
      *(which ? &reduction.factor : &reduction.value) = add_value(&c, load);
    }
    tin_vec_push(arena, &c.to->reductions, reduction);
  }
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->stores.at[i].pass >= nest->n_passes)
      copy_store(&c, &nest->stores.at[i], 1);
  tin_lower_levels(c.to);
  c.to->scratch_bytes = at;
  return c.to;
}

/* The longest of the outer ranges is the row of the nest of elements: fewest calls. */
static int longest(const struct tin_nest *nest) {
  int best = nest->inner.count - 2;
  for (int i = 0; i < nest->inner.count - 1; i++)
    if (nest->inner.at[i].extent > nest->inner.at[best].extent)
      best = i;
  return best;
}

const char *tin_row_stage_print(const struct tin_output *out, struct tin_nest *nest, const char *name) {
  int64_t at = (nest->scratch_bytes + 63) / 64 * 64;
  int row = longest(nest), last = nest->inner.count - 1;
  struct tin_nest *elements = make_elements(out->arena, nest, row, at), *sums = make_sums(out->arena, nest, at);
  char what[112];
  snprintf(what, sizeof what, "%s_elements", name);
  tin_output_nest(out, elements, what);
  snprintf(what, sizeof what, "%s_sums", name);
  const char *how = tin_output_nest(out, sums, what);
  tin_output_add(out,
                 "static void %s(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,\n"
                 "    const long *param, long row_low, long row_high, long column_low, long column_high) {\n"
                 "  long own[%d];\n  for (int i = 0; i < %d; i++)\n    own[i] = param[i];\n  (void)column_low; (void)column_high;\n"
                 "  for (long row = row_low; row < row_high; row++) {\n",
                 name, nest->n_symbols + 1, nest->n_symbols);
  if (nest->row >= 0)
    tin_output_add(out, "    own[%d] = row;\n", nest->row);
  for (int i = 0; i < last; i++)
    if (i != row)
      tin_output_add(out, "    for (own[%d] = 0; own[%d] < %lldL; own[%d]++)\n", nest->inner.at[i].symbol, nest->inner.at[i].symbol,
                     (long long)nest->inner.at[i].extent, nest->inner.at[i].symbol);
  tin_output_add(out,
                 "    %s_elements(buf, scalar, scratch, pointer, own, 0, %lldL, 0, %lldL);\n"
                 "    %s_sums(buf, scalar, scratch, pointer, own, row, row + 1, 0, 1);\n  }\n}\n",
                 name, (long long)nest->inner.at[row].extent, (long long)nest->inner.at[last].extent, name);
  nest->scratch_bytes = elements->scratch_bytes > sums->scratch_bytes ? elements->scratch_bytes : sums->scratch_bytes;
  return how;
}

/* ---- maps with narrow columns ---- */

/* Columns of which a vector is mostly empty, and rows that fill one better. */
enum { NARROW = 4, LONG = 16 };
/* Values from which on two loops are cheaper than one of narrow vectors: that one takes 2 cycles an instruction and pair of elements. */
enum { WORK_MIN = 12 };

bool tin_map_stage_wanted(const struct tin_output *out, const struct tin_nest *nest, int64_t rows, int64_t columns) {
  if (!out->target->vector || nest->form != NEST_MAP || nest->row < 0 || nest->column < 0 || columns > NARROW || rows < LONG)
    return false;
  int work = 0;
  for (int i = 0; i < nest->values.count; i++)
    work += nest->values.at[i].element;
  for (int i = 0; i < nest->stores.count; i++) {
    int64_t along, across;
    const struct tin_index *index = nest->stores.at[i].index;
    if (!tin_index_affine(index, nest->column, &along) || !tin_index_affine(index, nest->row, &across) || along != 1 || across != columns)
      return false;
  }
  return work >= WORK_MIN && nest->stores.count > 0;
}

/* Place of an element among the staged ones: line after line of rows, a line for each column. */
static const struct tin_index *staged_place(const struct tin_nest *nest, int64_t rows, int64_t columns) {
  const struct tin_index *column = tin_index_symbol(nest->indexes, nest->column, 0, columns - 1);
  return tin_index_add(nest->indexes, tin_index_scale(nest->indexes, column, rows),
                       tin_index_symbol(nest->indexes, nest->row, 0, rows - 1));
}

/* The nest with rows and columns exchanged, into scratch. */
static struct tin_nest *make_lines(struct tin_arena *arena, const struct tin_nest *nest, const struct tin_index *place, int64_t size,
                                   int64_t at) {
  struct copying c = begin(arena, nest, NEST_MAP, nest->column, nest->row);
  for (int i = 0; i < nest->stores.count; i++) {
    struct tin_store store = {.index = place, .value = copy_value(&c, nest->stores.at[i].value)};
    store.arg = add_stage(&c, &at, size, nest->values.at[nest->stores.at[i].value].dtype, true);
    tin_vec_push(arena, &c.to->stores, store);
  }
  tin_lower_levels(c.to);
  c.to->scratch_bytes = at;
  return c.to;
}

/* From scratch to where the results lie. */
static struct tin_nest *make_interleaved(struct tin_arena *arena, const struct tin_nest *nest, const struct tin_index *place, int64_t size,
                                         int64_t at) {
  struct copying c = begin(arena, nest, NEST_MAP, nest->row, nest->column);
  for (int i = 0; i < nest->stores.count; i++) {
    const struct tin_store *from = &nest->stores.at[i];
    struct tin_value load = {.kind = VALUE_LOAD, .dtype = nest->values.at[from->value].dtype, .in = {-1, -1, -1}, .index = place};
    load.arg = add_stage(&c, &at, size, load.dtype, false);
    struct tin_store store = {.arg = copy_arg(&c, from->arg), .index = from->index, .value = add_value(&c, load)};
    c.to->args.at[store.arg].written = true;
    tin_vec_push(arena, &c.to->stores, store);
  }
  tin_lower_levels(c.to);
  c.to->scratch_bytes = at;
  return c.to;
}

const char *tin_map_stage_print(const struct tin_output *out, struct tin_nest *nest, int64_t rows, int64_t columns, const char *name) {
  int64_t at = (nest->scratch_bytes + 63) / 64 * 64;
  const struct tin_index *place = staged_place(nest, rows, columns);
  struct tin_nest *lines = make_lines(out->arena, nest, place, rows * columns, at);
  struct tin_nest *results = make_interleaved(out->arena, nest, place, rows * columns, at);
  char what[112];
  snprintf(what, sizeof what, "%s_lines", name);
  const char *how = tin_output_nest(out, lines, what);
  snprintf(what, sizeof what, "%s_results", name);
  tin_output_nest(out, results, what);
  tin_output_add(out,
                 "static void %s(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,\n"
                 "    const long *param, long row_low, long row_high, long column_low, long column_high) {\n"
                 "  %s_lines(buf, scalar, scratch, pointer, param, column_low, column_high, row_low, row_high);\n"
                 "  %s_results(buf, scalar, scratch, pointer, param, row_low, row_high, column_low, column_high);\n}\n",
                 name, name, name);
  nest->scratch_bytes = lines->scratch_bytes > results->scratch_bytes ? lines->scratch_bytes : results->scratch_bytes;
  return how;
}
