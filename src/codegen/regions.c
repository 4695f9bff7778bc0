/* Cutting a MAP nest into regions. A pad or concat guards its loads by conditions on the position along one axis; a guarded load looks at
 * every element by itself. Between the places where the conditions change, the same nest has no guards: a border of zeros becomes a fill,
 * a concat a copy for each input, each with its own function. */
#include "codegen/regions.h"

#include <string.h>

/* Ascending places at which an axis is cut, its ends included. */
struct cuts {
  int64_t at[TIN_MAX_REGIONS + 1];
  int count;
  bool too_many;
};

static void cut(struct cuts *cuts, int64_t at) {
  int i = 0;
  if (at <= cuts->at[0] || at >= cuts->at[cuts->count - 1])
    return;
  while (cuts->at[i] < at)
    i++;
  if (cuts->at[i] == at)
    return;
  if (cuts->count > TIN_MAX_REGIONS) {
    cuts->too_many = true;
    return;
  }
  memmove(&cuts->at[i + 1], &cuts->at[i], sizeof *cuts->at * (size_t)(cuts->count - i));
  cuts->at[i] = at;
  cuts->count++;
}

/* The index is the symbol plus or minus a constant: its sign, else 0. */
static int sign_along(const struct tin_index *index, int symbol) {
  bool alone = index->n_terms == 1 && index->terms->atom->kind == TIN_ATOM_SYMBOL && index->terms->atom->symbol == symbol;
  return alone && (index->terms->coefficient == 1 || index->terms->coefficient == -1) ? (int)index->terms->coefficient : 0;
}

/* Where low <= sign * position + constant < high begins and ends. */
static void condition_bounds(const struct tin_condition *condition, int sign, int64_t *from, int64_t *to) {
  int64_t low = condition->low - condition->index->constant, high = condition->high - condition->index->constant;
  *from = sign > 0 ? low : 1 - high;
  *to = sign > 0 ? high : 1 - low;
}

static void cut_along(const struct tin_nest *nest, int symbol, struct cuts *cuts) {
  for (int i = 0; i < nest->values.count && symbol >= 0; i++) {
    const struct tin_value *guard = &nest->values.at[i];
    for (int c = 0; guard->kind == VALUE_GUARD && c < guard->n_conditions; c++) {
      int sign = sign_along(guard->conditions[c].index, symbol);
      int64_t from, to;
      if (!sign)
        continue;
      condition_bounds(&guard->conditions[c], sign, &from, &to);
      cut(cuts, from);
      cut(cuts, to);
    }
  }
}

enum truth { UNKNOWN, ALWAYS, NEVER };

static enum truth truth_along(const struct tin_condition *condition, int symbol, int64_t low, int64_t high) {
  int sign = sign_along(condition->index, symbol);
  int64_t from, to;
  if (!sign)
    return UNKNOWN;
  condition_bounds(condition, sign, &from, &to);
  if (high <= from || low >= to)
    return NEVER;
  return low >= from && high <= to && condition->mod <= 1 ? ALWAYS : UNKNOWN;
}

/* Drops the guard's conditions that hold in the whole region. */
static enum truth truth_of(struct tin_arena *arena, struct tin_value *guard, const struct tin_nest *nest, const struct tin_region *region) {
  struct tin_condition *left = TIN_NEW_ARRAY(arena, struct tin_condition, guard->n_conditions);
  int count = 0;
  for (int c = 0; c < guard->n_conditions; c++) {
    const struct tin_condition *condition = &guard->conditions[c];
    enum truth by_row = truth_along(condition, nest->row, region->row_low, region->row_high);
    enum truth by_column = truth_along(condition, nest->column, region->column_low, region->column_high);
    if (by_row == NEVER || by_column == NEVER)
      return NEVER;
    if (by_row != ALWAYS && by_column != ALWAYS)
      left[count++] = *condition;
  }
  guard->conditions = left;
  guard->n_conditions = count;
  return count ? UNKNOWN : ALWAYS;
}

/* The nest with the guards that the region decides resolved; values that nothing needs any more are left out. */
static struct tin_nest *resolved(struct tin_arena *arena, const struct tin_nest *nest, const struct tin_region *region) {
  int n = nest->values.count, *same = TIN_NEW_ARRAY(arena, int, n), *number = TIN_NEW_ARRAY(arena, int, n);
  enum truth *truth = TIN_NEW_ARRAY(arena, enum truth, n);
  bool *needed = TIN_NEW_ARRAY(arena, bool, n);
  struct tin_value *values = tin_arena_copy(arena, nest->values.at, sizeof *values * (size_t)n);
  for (int i = 0; i < n; i++) {
    struct tin_value *value = &values[i];
    same[i] = i;
    if (value->kind == VALUE_GUARD)
      truth[i] = truth_of(arena, value, nest, region);
    for (int k = 0; k < 3; k++)
      value->in[k] = value->in[k] >= 0 ? same[value->in[k]] : -1;
    if (value->kind == VALUE_LOAD && value->in[1] >= 0 && truth[value->in[1]] == ALWAYS)
      value->in[1] = -1;
    if (value->kind == VALUE_OP && value->op == OP_SELECT && truth[value->in[0]] != UNKNOWN)
      same[i] = value->in[truth[value->in[0]] == ALWAYS ? 1 : 2];
  }
  for (int i = 0; i < nest->stores.count; i++)
    needed[same[nest->stores.at[i].value]] = true;
  for (int i = n - 1; i >= 0; i--)
    for (int k = 0; needed[i] && k < 3; k++)
      if (values[i].in[k] >= 0)
        needed[values[i].in[k]] = true;
  struct tin_nest *fresh = TIN_NEW(arena, struct tin_nest);
  *fresh = *nest;
  memset(&fresh->values, 0, sizeof fresh->values);
  for (int i = 0; i < n; i++) {
    for (int k = 0; needed[i] && k < 3; k++)
      values[i].in[k] = values[i].in[k] >= 0 ? number[values[i].in[k]] : -1;
    if (needed[i])
      tin_vec_push(arena, &fresh->values, values[i]);
    number[i] = fresh->values.count - 1;
  }
  fresh->stores.at = tin_arena_copy(arena, nest->stores.at, sizeof *nest->stores.at * (size_t)nest->stores.count);
  fresh->args.at = tin_arena_copy(arena, nest->args.at, sizeof *nest->args.at * (size_t)nest->args.count);
  for (int i = 0; i < nest->stores.count; i++)
    fresh->stores.at[i].value = number[same[nest->stores.at[i].value]];
  return fresh;
}

static bool has_guarded_load(const struct tin_nest *nest) {
  for (int i = 0; i < nest->values.count; i++)
    if (nest->values.at[i].kind == VALUE_LOAD && nest->values.at[i].in[1] >= 0)
      return true;
  return false;
}

/* A streaming store wants to begin where vectors do. */
static void keep_aligned(struct tin_nest *nest, const struct cuts *columns) {
  enum { LANES = 16 };
  for (int c = 0; c < columns->count - 1; c++)
    for (int i = 0; columns->at[c] % LANES && i < nest->args.count; i++)
      nest->args.at[i].streamed = false;
}

int tin_regions_cut(struct tin_arena *arena, const struct tin_nest *nest, int64_t rows, int64_t columns, struct tin_region *regions) {
  struct cuts by_row = {.at = {0, rows}, .count = 2}, by_column = {.at = {0, columns}, .count = 2};
  if (nest->form != NEST_MAP || rows < 1 || columns < 1 || !has_guarded_load(nest))
    return 0;
  cut_along(nest, nest->row, &by_row);
  cut_along(nest, nest->column, &by_column);
  int count = (by_row.count - 1) * (by_column.count - 1);
  if (by_row.too_many || by_column.too_many || count < 2 || count > TIN_MAX_REGIONS)
    return 0;
  count = 0;
  for (int r = 0; r + 1 < by_row.count; r++)
    for (int c = 0; c + 1 < by_column.count; c++) {
      struct tin_region region = {by_row.at[r], by_row.at[r + 1], by_column.at[c], by_column.at[c + 1], NULL};
      region.nest = resolved(arena, nest, &region);
      keep_aligned(region.nest, &by_column);
      regions[count++] = region;
    }
  return count;
}
