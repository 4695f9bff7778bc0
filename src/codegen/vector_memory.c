/* Where memory operands lie: fetching ahead what is far, and streaming stores. See traffic.h for which arguments are meant.
 *
 *   MAP            a fixed distance ahead along the column
 *   ROW            the next row, spread along the pass that has the most work; of a single or a very long row a fixed distance ahead
 *   COLUMN         rows of terms further down
 *
 * A fetch past the end of a buffer does no harm: it is no access. */
#include "codegen/vector_loops.h"

enum {
  LINE = 64,
  AHEAD = 2048,         /* bytes: 1 to 8 KiB measure alike */
  LONG_ROW = 128 << 10, /* bytes of a row that L2 does not hold twice, besides its buffers */
  ROW_IN_L1 = 8 << 10   /* bytes of a row that L1 holds twice, with a buffer: the next one comes into L1, longer ones into L2 */
};
enum { INTO_L1, INTO_L2 };

bool tin_v_is_aligned(const struct vectorizer *v, const struct tin_index *index) {
  if (index->constant % v->lanes)
    return false;
  for (int i = 0; i < index->n_terms; i++) {
    const struct tin_term *term = &index->terms[i];
    bool along = term->atom->kind == TIN_ATOM_SYMBOL && term->atom->symbol == v->vector_symbol;
    if (!along && term->coefficient % v->lanes)
      return false;
  }
  return true;
}

static void prefetch(struct vectorizer *v, int dtype, const struct tin_v_place *place, int64_t distance, int how) {
  int64_t disp = place->disp + distance;
  if (disp > INT32_MAX || disp < INT32_MIN)
    return;
  struct tin_vinst *inst = tin_v_emit(v, V_PREFETCH, tin_v_memory_type(dtype));
  inst->pointer = (int16_t)place->pointer;
  inst->disp = (int32_t)disp;
  inst->imm = how;
  inst->flags = V_INDEX_FLAG;
}

static int64_t along(const struct tin_index *index, int symbol) {
  int64_t coefficient = 0;
  return symbol >= 0 && tin_index_affine(index, symbol, &coefficient) ? coefficient : 0;
}

/* Positions of the symbol, as its bounds tell; 0 when the index does not hold it. */
static int64_t extent_of(const struct tin_index *index, int symbol) {
  for (int i = 0; i < index->n_terms; i++)
    if (index->terms[i].atom->kind == TIN_ATOM_SYMBOL && index->terms[i].atom->symbol == symbol)
      return index->terms[i].atom->high + 1;
  return 0;
}

/* Bytes ahead in MAP form. Short rows that lie apart are followed row by row. */
static int64_t map_distance(const struct vectorizer *v, const struct tin_index *index, int bytes) {
  int64_t row = along(index, v->nest->row), extent = extent_of(index, v->vector_symbol);
  bool apart = row && row != extent && extent > 0 && extent * bytes < 4 * AHEAD;
  return apart ? row * bytes * ((AHEAD + extent * bytes - 1) / (extent * bytes)) : AHEAD;
}

/* Does ROW form fetch the next row (or else a distance ahead)? */
static bool by_rows(const struct vectorizer *v, const struct tin_index *index, int bytes) {
  return v->nest->inner.count == 1 && along(index, v->nest->row) && v->nest->inner_size * bytes <= LONG_ROW;
}

/* COLUMN form with accumulators in memory: the row of terms that AHEAD bytes of the block's rows are away, at least the next. */
static int64_t column_distance(const struct vectorizer *v, const struct tin_index *index, int bytes) {
  int64_t block = v->nest->column_limit * bytes, rows = (AHEAD + block - 1) / block;
  return rows * along(index, v->nest->inner.at[0].symbol) * bytes;
}

/* One fetch a line: copies of an unrolled loop may share it. */
static bool starts_line(const struct vectorizer *v, int bytes) {
  return (int64_t)v->offset * bytes % LINE == 0;
}

void tin_v_prefetch_load(struct vectorizer *v, const struct tin_value *value, const struct tin_v_place *place) {
  const struct tin_arg *arg = &v->nest->args.at[value->arg];
  int bytes = tin_dtype_bytes(arg->dtype);
  if (!arg->far || v->tiled || v->tail || v->spelled || !starts_line(v, bytes))
    return;
  int64_t distance = AHEAD;
  if (v->nest->form == NEST_MAP)
    distance = map_distance(v, value->index, bytes);
  else if (v->nest->form == NEST_ROW && by_rows(v, value->index, bytes))
    return;
  else if (v->columns_in_memory)
    distance = column_distance(v, value->index, bytes);
  else if (v->nest->form == NEST_COLUMN)
    distance = 4 * LINE; /* rows of terms are read a vector at a time: the next ones along them */
  prefetch(v, value->dtype, place, distance, INTO_L1);
}

/* Is there an earlier load of the same elements? */
static bool is_repeated(const struct vectorizer *v, int number) {
  const struct tin_value *value = &v->nest->values.at[number];
  for (int i = 0; i < number; i++) {
    const struct tin_value *earlier = &v->nest->values.at[i];
    if (v->used[i] && earlier->kind == VALUE_LOAD && earlier->arg == value->arg && earlier->index == value->index && earlier->in[0] < 0)
      return true;
  }
  return false;
}

void tin_v_prefetch_rows(struct vectorizer *v, int pass) {
  const struct tin_nest *nest = v->nest;
  if (nest->form != NEST_ROW || pass != v->fetch_pass || v->tail)
    return;
  for (int i = 0; i < nest->values.count; i++) {
    const struct tin_value *value = &nest->values.at[i];
    if (!v->used[i] || value->kind != VALUE_LOAD || !nest->args.at[value->arg].far || value->in[0] >= 0 || value->in[1] >= 0)
      continue;
    int bytes = tin_dtype_bytes(value->dtype);
    if (along(value->index, v->vector_symbol) != 1 || !by_rows(v, value->index, bytes) || !starts_line(v, bytes) || is_repeated(v, i))
      continue;
    struct tin_v_place place = tin_v_place_of(v, value->arg, value->index, true);
    prefetch(v, value->dtype, &place, along(value->index, nest->row) * bytes * v->flight,
             nest->inner_size * bytes <= ROW_IN_L1 ? INTO_L1 : INTO_L2);
  }
}
