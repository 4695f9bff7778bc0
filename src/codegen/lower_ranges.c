/* Merging and splitting of the ranges of a nest, by substitution and looking at the result.
 *
 * Two neighbouring ranges of one kind merge when every index stays affine in the merged range: a contiguous elementwise kernel becomes one
 * loop. A range splits at a divisor c when some index holds its quotient or remainder by c and the split lowers the number of such indexes.
 */
#include <string.h>

#include "codegen/lower_internal.h"

typedef TIN_VEC(const struct tin_index **) place_list;

/* Where the index expressions of the nest are. */
static place_list index_places(struct lower *l) {
  place_list places = {0};
  struct tin_nest *nest = l->nest;
  for (int i = 0; i < nest->values.count; i++) {
    struct tin_value *value = &nest->values.at[i];
    if (value->index)
      tin_vec_push(l->arena, &places, &value->index);
    for (int c = 0; c < value->n_conditions; c++)
      tin_vec_push(l->arena, &places, &value->conditions[c].index);
  }
  for (int i = 0; i < nest->stores.count; i++)
    tin_vec_push(l->arena, &places, &nest->stores.at[i].index);
  return places;
}

static int not_affine_in(const struct tin_index *index, int symbol) {
  int64_t coefficient;
  return !tin_index_affine(index, symbol, &coefficient);
}

static bool try_merge(struct lower *l, const place_list *places, int at) {
  struct lower_range outer = l->ranges[at], inner = l->ranges[at + 1];
  if (outer.reduced != inner.reduced || l->n_symbols >= LOWER_MAX_SYMBOLS || outer.extent == 0 || inner.extent == 0)
    return false;
  int symbol = l->n_symbols;
  int64_t extent = outer.extent * inner.extent;
  const struct tin_index *merged = tin_index_symbol(l->indexes, symbol, 0, extent - 1);
  const struct tin_index *with[LOWER_MAX_SYMBOLS] = {0};
  with[outer.symbol] = tin_index_div(l->indexes, merged, inner.extent);
  with[inner.symbol] = tin_index_mod(l->indexes, merged, inner.extent);
  const struct tin_index **fresh = TIN_NEW_ARRAY(l->arena, const struct tin_index *, places->count);
  for (int i = 0; i < places->count; i++) {
    fresh[i] = tin_index_substitute(l->indexes, *places->at[i], with, l->n_symbols);
    if (not_affine_in(fresh[i], symbol))
      return false;
  }
  for (int i = 0; i < places->count; i++)
    *places->at[i] = fresh[i];
  l->n_symbols++;
  l->ranges[at] = (struct lower_range){symbol, extent, outer.reduced};
  memmove(&l->ranges[at + 1], &l->ranges[at + 2], sizeof *l->ranges * (size_t)(l->n_ranges - at - 2));
  l->n_ranges--;
  return true;
}

/* The first quotient or remainder inside the expression that is of the plain symbol; 0 when there is none. */
static int64_t divisor_of(const struct tin_index *index, int symbol) {
  for (int i = 0; i < index->n_terms; i++) {
    const struct tin_atom *atom = index->terms[i].atom;
    if (atom->kind == TIN_ATOM_SYMBOL)
      continue;
    const struct tin_index *of = atom->of;
    if (of->n_terms == 1 && !of->constant && of->terms[0].coefficient == 1 && of->terms[0].atom->kind == TIN_ATOM_SYMBOL &&
        of->terms[0].atom->symbol == symbol)
      return atom->by;
    int64_t below = divisor_of(of, symbol);
    if (below)
      return below;
  }
  return 0;
}

static bool try_split(struct lower *l, const place_list *places, int at, int64_t by) {
  struct lower_range range = l->ranges[at];
  if (by <= 1 || range.extent % by || range.extent == by || l->n_ranges >= TIN_LOWER_MAX_RANGES || l->n_symbols + 2 > LOWER_MAX_SYMBOLS)
    return false;
  int high = l->n_symbols, low = l->n_symbols + 1;
  const struct tin_index *with[LOWER_MAX_SYMBOLS] = {0};
  with[range.symbol] =
      tin_index_add(l->indexes, tin_index_scale(l->indexes, tin_index_symbol(l->indexes, high, 0, range.extent / by - 1), by),
                    tin_index_symbol(l->indexes, low, 0, by - 1));
  const struct tin_index **fresh = TIN_NEW_ARRAY(l->arena, const struct tin_index *, places->count);
  int before = 0, after = 0;
  for (int i = 0; i < places->count; i++) {
    fresh[i] = tin_index_substitute(l->indexes, *places->at[i], with, l->n_symbols);
    before += not_affine_in(*places->at[i], range.symbol);
    after += not_affine_in(fresh[i], high) || not_affine_in(fresh[i], low);
  }
  if (after >= before)
    return false;
  for (int i = 0; i < places->count; i++)
    *places->at[i] = fresh[i];
  l->n_symbols += 2;
  memmove(&l->ranges[at + 1], &l->ranges[at], sizeof *l->ranges * (size_t)(l->n_ranges - at));
  l->n_ranges++;
  l->ranges[at] = (struct lower_range){high, range.extent / by, range.reduced};
  l->ranges[at + 1] = (struct lower_range){low, by, range.reduced};
  return true;
}

typedef TIN_VEC(int64_t) divisor_list;

static bool add_divisor(struct lower *l, divisor_list *tried, int64_t by) {
  for (int i = 0; i < tried->count; i++)
    if (tried->at[i] == by)
      return false;
  tin_vec_push(l->arena, tried, by);
  return true;
}

/* Each divisor of a range is tried once: a try looks at every index. */
static bool split_one(struct lower *l, const place_list *places) {
  for (int at = l->n_ranges - 1; at >= 0; at--) {
    divisor_list tried = {0};
    for (int i = 0; i < places->count; i++) {
      int64_t by = divisor_of(*places->at[i], l->ranges[at].symbol);
      if (by && add_divisor(l, &tried, by) && try_split(l, places, at, by))
        return true;
    }
  }
  return false;
}

void tin_lower_ranges(struct lower *l) {
  place_list places = index_places(l);
  while (split_one(l, &places)) {
  }
  for (int at = l->n_ranges - 2; at >= 0; at--)
    try_merge(l, &places, at);
}
