/* Symbolic integer expressions: see index.h.
 *
 * Every constructor brings its result into one normal form and interns it, so that equal expressions are mostly the same pointer and
 * comparing addresses of loads is comparing pointers. Quotients and remainders rest on four facts, for n > 0 and floor division:
 *     (n q + r) / n = q + r / n                         multiples of the divisor leave
 *     (g x + y) / (g m) = x / m                         where 0 <= y < g (more generally: y / g is one number over all of y's range)
 *     (x / b) / n = x / (b n),  (x mod (b n)) / n = (x / n) mod b,  (c (x mod m)) mod n = (c x) mod n where n divides c m
 *     x = n (x / n) + x mod n                           undone in sums: a reshape and its inverse cancel
 * Bounds saturate at the limits of int64_t; expressions whose values would leave it are the caller's mistake.
 */
#include "codegen/index.h"

#include <assert.h>
#include <string.h>

/* A sum under construction; terms sorted by atom id, no zero coefficients. */
struct sum {
  int64_t constant;
  TIN_VEC(struct tin_term) terms;
};

static int64_t saturated_add(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_add_overflow(a, b, &result))
    return a < 0 ? INT64_MIN : INT64_MAX;
  return result;
}

static int64_t saturated_mul(int64_t a, int64_t b) {
  int64_t result;
  if (__builtin_mul_overflow(a, b, &result))
    return (a < 0) != (b < 0) ? INT64_MIN : INT64_MAX;
  return result;
}

static int64_t floor_div(int64_t a, int64_t by) {
  return a / by - (a % by < 0);
}

static int64_t floor_mod(int64_t a, int64_t by) {
  return a % by + (a % by < 0 ? by : 0);
}

static int64_t greatest_common_divisor(int64_t a, int64_t b) {
  a = a < 0 ? -a : a;
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/* ---- sums ---- */

static void sum_add_term(struct tin_index_context *context, struct sum *sum, const struct tin_atom *atom, int64_t coefficient) {
  if (!coefficient)
    return;
  int at = 0;
  while (at < sum->terms.count && sum->terms.at[at].atom->id < atom->id)
    at++;
  struct tin_term *term = sum->terms.at + at;
  if (at < sum->terms.count && term->atom == atom) {
    term->coefficient += coefficient;
    if (!term->coefficient)
      memmove(term, term + 1, (size_t)(--sum->terms.count - at) * sizeof *term);
    return;
  }
  tin_vec_push(context->arena, &sum->terms, ((struct tin_term){atom, coefficient}));
  term = sum->terms.at + at;
  memmove(term + 1, term, (size_t)(sum->terms.count - 1 - at) * sizeof *term);
  *term = (struct tin_term){atom, coefficient};
}

static void sum_add(struct tin_index_context *context, struct sum *sum, const struct tin_index *a, int64_t factor) {
  sum->constant += a->constant * factor;
  for (int i = 0; i < a->n_terms; i++)
    sum_add_term(context, sum, a->terms[i].atom, a->terms[i].coefficient * factor);
}

static void term_bounds(const struct tin_term *term, int64_t *low, int64_t *high) {
  int64_t at_low = saturated_mul(term->coefficient, term->atom->low);
  int64_t at_high = saturated_mul(term->coefficient, term->atom->high);
  *low = saturated_add(*low, term->coefficient > 0 ? at_low : at_high);
  *high = saturated_add(*high, term->coefficient > 0 ? at_high : at_low);
}

static bool same_sum(const struct tin_index *index, const struct sum *sum) {
  if (index->constant != sum->constant || index->n_terms != sum->terms.count)
    return false;
  for (int i = 0; i < index->n_terms; i++)
    if (index->terms[i].atom != sum->terms.at[i].atom || index->terms[i].coefficient != sum->terms.at[i].coefficient)
      return false;
  return true;
}

static const struct tin_index *intern(struct tin_index_context *context, const struct sum *sum) {
  uint64_t key = tin_hash_mix(1, (uint64_t)sum->constant);
  for (int i = 0; i < sum->terms.count; i++)
    key = tin_hash_mix(tin_hash_mix(key, (uint64_t)sum->terms.at[i].atom->id), (uint64_t)sum->terms.at[i].coefficient);
  struct tin_index *index;
  for (key |= 1; (index = tin_map_get(&context->indexes, key)); key = tin_hash_mix(2, key) | 1)
    if (same_sum(index, sum))
      return index;
  index = TIN_NEW(context->arena, struct tin_index);
  *index = (struct tin_index){.constant = sum->constant, .n_terms = sum->terms.count, .low = sum->constant, .high = sum->constant};
  index->terms = tin_arena_copy(context->arena, sum->terms.at, (size_t)sum->terms.count * sizeof *sum->terms.at);
  for (int i = 0; i < index->n_terms; i++)
    term_bounds(index->terms + i, &index->low, &index->high);
  tin_map_set(&context->indexes, key, index);
  return index;
}

/* c (x mod n) + c n (x / n) = c x, wherever that leaves fewer terms. */
static bool recombine(struct tin_index_context *context, struct sum *sum) {
  for (int i = 0; sum->terms.count > 1 && i < sum->terms.count; i++) {
    const struct tin_atom *atom = sum->terms.at[i].atom;
    int64_t coefficient = sum->terms.at[i].coefficient;
    if (atom->kind != TIN_ATOM_MOD)
      continue;
    struct sum joined = {.constant = sum->constant};
    for (int k = 0; k < sum->terms.count; k++)
      tin_vec_push(context->arena, &joined.terms, sum->terms.at[k]);
    sum_add_term(context, &joined, atom, -coefficient);
    sum_add(context, &joined, tin_index_div(context, atom->of, atom->by), -coefficient * atom->by);
    sum_add(context, &joined, atom->of, coefficient);
    if (joined.terms.count < sum->terms.count) {
      *sum = joined;
      return true;
    }
  }
  return false;
}

static const struct tin_index *finish(struct tin_index_context *context, struct sum *sum) {
  while (recombine(context, sum))
    continue;
  return intern(context, sum);
}

/* ---- atoms ---- */

/* Bounds are part of an atom: a merge that was given up leaves its symbol's number to the next one, with another extent. */
static const struct tin_index *of_atom(struct tin_index_context *context, struct tin_atom like) {
  uint64_t key = tin_hash_mix(tin_hash_mix((uint64_t)like.kind, (uint64_t)like.symbol), (uint64_t)(uintptr_t)like.of);
  key = tin_hash_mix(tin_hash_mix(key, (uint64_t)like.low), (uint64_t)like.high);
  struct tin_atom *atom;
  for (key = tin_hash_mix(key, (uint64_t)like.by) | 1; (atom = tin_map_get(&context->atoms, key)); key = tin_hash_mix(2, key) | 1)
    if (atom->kind == like.kind && atom->symbol == like.symbol && atom->of == like.of && atom->by == like.by && atom->low == like.low &&
        atom->high == like.high)
      break;
  if (!atom) {
    atom = TIN_NEW(context->arena, struct tin_atom);
    *atom = like;
    atom->id = context->n_atoms++;
    tin_map_set(&context->atoms, key, atom);
  }
  struct sum sum = {0};
  sum_add_term(context, &sum, atom, 1);
  return intern(context, &sum);
}

void tin_index_init(struct tin_index_context *context, struct tin_arena *arena) {
  *context = (struct tin_index_context){.arena = arena};
  tin_map_init(&context->atoms, arena);
  tin_map_init(&context->indexes, arena);
}

const struct tin_index *tin_index_constant(struct tin_index_context *context, int64_t value) {
  struct sum sum = {.constant = value};
  return intern(context, &sum);
}

const struct tin_index *tin_index_symbol(struct tin_index_context *context, int symbol, int64_t low, int64_t high) {
  if (high <= low) /* one value; or none, then it is never looked at */
    return tin_index_constant(context, low);
  return of_atom(context, (struct tin_atom){.kind = TIN_ATOM_SYMBOL, .symbol = symbol, .low = low, .high = high});
}

const struct tin_index *tin_index_add(struct tin_index_context *context, const struct tin_index *a, const struct tin_index *b) {
  struct sum sum = {0};
  sum_add(context, &sum, a, 1);
  sum_add(context, &sum, b, 1);
  return finish(context, &sum);
}

const struct tin_index *tin_index_scale(struct tin_index_context *context, const struct tin_index *a, int64_t factor) {
  struct sum sum = {0};
  sum_add(context, &sum, a, factor);
  return intern(context, &sum);
}

const struct tin_index *tin_index_offset(struct tin_index_context *context, const struct tin_index *a, int64_t constant) {
  struct sum sum = {.constant = constant};
  sum_add(context, &sum, a, 1);
  return intern(context, &sum);
}

/* ---- quotients and remainders ---- */

/* a = by * quotient + rest, with the rest's coefficients below `by` in size and its constant in [0, by). */
static void split(struct tin_index_context *context, const struct tin_index *a, int64_t by, struct sum *quotient, struct sum *rest) {
  *quotient = (struct sum){.constant = floor_div(a->constant, by)};
  *rest = (struct sum){.constant = floor_mod(a->constant, by)};
  for (int i = 0; i < a->n_terms; i++) {
    sum_add_term(context, quotient, a->terms[i].atom, a->terms[i].coefficient / by);
    sum_add_term(context, rest, a->terms[i].atom, a->terms[i].coefficient % by);
  }
}

/* a = factor * whole + part, 0 <= part < factor, for the largest factor > 1 of `by` for which that holds over all values; false: none. */
struct factored {
  int64_t factor;
  const struct tin_index *whole, *part;
};

static bool try_factor(struct tin_index_context *context, const struct tin_index *a, int64_t factor, struct factored *result) {
  struct sum whole = {0}, part = {.constant = a->constant};
  int64_t low = a->constant, high = low;
  for (int i = 0; i < a->n_terms; i++) {
    const struct tin_term *term = a->terms + i;
    bool divides = term->coefficient % factor == 0;
    sum_add_term(context, divides ? &whole : &part, term->atom, divides ? term->coefficient / factor : term->coefficient);
    if (!divides)
      term_bounds(term, &low, &high);
  }
  whole.constant = floor_div(low, factor);
  if (whole.constant != floor_div(high, factor))
    return false;
  part.constant -= whole.constant * factor;
  *result = (struct factored){factor, finish(context, &whole), finish(context, &part)};
  return true;
}

static bool find_factor(struct tin_index_context *context, const struct tin_index *a, int64_t by, struct factored *result) {
  for (int64_t below = INT64_MAX;;) {
    int64_t factor = 1;
    for (int i = 0; i < a->n_terms; i++) {
      int64_t common = greatest_common_divisor(a->terms[i].coefficient, by);
      if (common < below && common > factor)
        factor = common;
    }
    if (factor == 1)
      return false;
    if (try_factor(context, a, factor, result))
      return true;
    below = factor;
  }
}

static bool one_multiple(const struct tin_index *a, int64_t by) {
  return floor_div(a->low, by) == floor_div(a->high, by);
}

static const struct tin_index *div_rest(struct tin_index_context *context, const struct tin_index *a, int64_t by) {
  if (one_multiple(a, by))
    return tin_index_constant(context, floor_div(a->low, by));
  struct factored factored;
  if (find_factor(context, a, by, &factored))
    return tin_index_div(context, factored.whole, by / factored.factor);
  if (a->n_terms == 1 && a->terms->coefficient == 1) {
    const struct tin_atom *atom = a->terms->atom;
    int64_t product, shift;
    if (atom->kind == TIN_ATOM_DIV && !__builtin_mul_overflow(atom->by, by, &product) &&
        !__builtin_mul_overflow(a->constant, atom->by, &shift))
      return tin_index_div(context, tin_index_offset(context, atom->of, shift), product);
    if (atom->kind == TIN_ATOM_MOD && a->constant == 0 && atom->by % by == 0)
      return tin_index_mod(context, tin_index_div(context, atom->of, by), atom->by / by);
  }
  return of_atom(context,
                 (struct tin_atom){.kind = TIN_ATOM_DIV, .of = a, .by = by, .low = floor_div(a->low, by), .high = floor_div(a->high, by)});
}

const struct tin_index *tin_index_div(struct tin_index_context *context, const struct tin_index *a, int64_t by) {
  assert(by > 0);
  if (by == 1)
    return a;
  if (one_multiple(a, by))
    return tin_index_constant(context, floor_div(a->low, by));
  struct sum quotient, rest;
  split(context, a, by, &quotient, &rest);
  return tin_index_add(context, intern(context, &quotient), div_rest(context, finish(context, &rest), by));
}

/* Inner remainders that the outer one makes needless: (c (x mod m)) mod n = (c x) mod n where n divides c m. NULL: none. */
static const struct tin_index *drop_inner_mod(struct tin_index_context *context, const struct tin_index *a, int64_t by) {
  struct sum sum = {.constant = a->constant};
  bool dropped = false;
  for (int i = 0; i < a->n_terms; i++) {
    const struct tin_term *term = a->terms + i;
    int64_t product;
    bool drop =
        term->atom->kind == TIN_ATOM_MOD && !__builtin_mul_overflow(term->coefficient, term->atom->by, &product) && product % by == 0;
    dropped |= drop;
    if (drop)
      sum_add(context, &sum, term->atom->of, term->coefficient);
    else
      sum_add_term(context, &sum, term->atom, term->coefficient);
  }
  return dropped ? finish(context, &sum) : NULL;
}

const struct tin_index *tin_index_mod(struct tin_index_context *context, const struct tin_index *a, int64_t by) {
  assert(by > 0);
  if (by == 1)
    return tin_index_constant(context, 0);
  if (one_multiple(a, by))
    return tin_index_offset(context, a, -floor_div(a->low, by) * by);
  struct sum quotient, sum;
  split(context, a, by, &quotient, &sum);
  const struct tin_index *rest = finish(context, &sum);
  if (one_multiple(rest, by))
    return tin_index_offset(context, rest, -floor_div(rest->low, by) * by);
  const struct tin_index *plain = drop_inner_mod(context, rest, by);
  if (plain)
    return tin_index_mod(context, plain, by);
  struct factored factored;
  if (find_factor(context, rest, by, &factored)) {
    const struct tin_index *outer = tin_index_mod(context, factored.whole, by / factored.factor);
    return tin_index_add(context, tin_index_scale(context, outer, factored.factor), factored.part);
  }
  return of_atom(context, (struct tin_atom){.kind = TIN_ATOM_MOD, .of = rest, .by = by, .low = 0, .high = by - 1});
}

/* ---- questions and substitution ---- */

static const struct tin_index *substitute(struct tin_index_context *context, const struct tin_index *a, const struct tin_index *const *with,
                                          int n, struct tin_map *done) {
  const struct tin_index *result = tin_map_get(done, (uint64_t)(uintptr_t)a);
  if (result)
    return result;
  struct sum sum = {.constant = a->constant};
  for (int i = 0; i < a->n_terms; i++) {
    const struct tin_atom *atom = a->terms[i].atom;
    const struct tin_index *value = NULL;
    if (atom->kind == TIN_ATOM_SYMBOL)
      value = atom->symbol < n ? with[atom->symbol] : NULL;
    else {
      const struct tin_index *of = substitute(context, atom->of, with, n, done);
      value = atom->kind == TIN_ATOM_DIV ? tin_index_div(context, of, atom->by) : tin_index_mod(context, of, atom->by);
    }
    if (value)
      sum_add(context, &sum, value, a->terms[i].coefficient);
    else
      sum_add_term(context, &sum, atom, a->terms[i].coefficient);
  }
  result = finish(context, &sum);
  tin_map_set(done, (uint64_t)(uintptr_t)a, (void *)(uintptr_t)result);
  return result;
}

const struct tin_index *tin_index_substitute(struct tin_index_context *context, const struct tin_index *a,
                                             const struct tin_index *const *with, int n) {
  struct tin_map done; /* shared subexpressions once */
  tin_map_init(&done, context->arena);
  return substitute(context, a, with, n, &done);
}

bool tin_index_uses(const struct tin_index *a, int symbol) {
  for (int i = 0; i < a->n_terms; i++) {
    const struct tin_atom *atom = a->terms[i].atom;
    if (atom->kind == TIN_ATOM_SYMBOL ? atom->symbol == symbol : tin_index_uses(atom->of, symbol))
      return true;
  }
  return false;
}

bool tin_index_affine(const struct tin_index *a, int symbol, int64_t *coefficient) {
  *coefficient = 0;
  for (int i = 0; i < a->n_terms; i++) {
    const struct tin_atom *atom = a->terms[i].atom;
    if (atom->kind == TIN_ATOM_SYMBOL && atom->symbol == symbol)
      *coefficient = a->terms[i].coefficient;
    else if (atom->kind != TIN_ATOM_SYMBOL && tin_index_uses(atom->of, symbol))
      return false;
  }
  return true;
}

/* ---- text ---- */

/* C divides towards zero: a dividend that may be negative is first raised by a multiple of the divisor. */
static void print_atom(struct tin_text *text, const struct tin_atom *atom, const char *const *names) {
  if (atom->kind == TIN_ATOM_SYMBOL) {
    tin_text_puts(text, names[atom->symbol]);
    return;
  }
  int64_t raise = atom->of->low < 0 ? -floor_div(atom->of->low, atom->by) : 0;
  tin_text_puts(text, raise && atom->kind == TIN_ATOM_DIV ? "((" : "(");
  bool plain = atom->of->n_terms == 1 && atom->of->constant == 0 && atom->of->terms->coefficient == 1 && !raise;
  tin_text_puts(text, plain ? "" : "(");
  tin_index_print(text, atom->of, names);
  if (raise)
    tin_text_add(text, " + %lld", (long long)(raise * atom->by));
  tin_text_add(text, "%s %c %lld)", plain ? "" : ")", atom->kind == TIN_ATOM_DIV ? '/' : '%', (long long)atom->by);
  if (raise && atom->kind == TIN_ATOM_DIV)
    tin_text_add(text, " - %lld)", (long long)raise);
}

void tin_index_print(struct tin_text *text, const struct tin_index *a, const char *const *names) {
  for (int i = 0; i < a->n_terms; i++) {
    int64_t coefficient = a->terms[i].coefficient;
    tin_text_puts(text, coefficient < 0 ? (i ? " - " : "-") : (i ? " + " : ""));
    print_atom(text, a->terms[i].atom, names);
    if (coefficient != 1 && coefficient != -1)
      tin_text_add(text, " * %lld", (long long)(coefficient < 0 ? -coefficient : coefficient));
  }
  if (a->n_terms == 0)
    tin_text_add(text, "%lld", (long long)a->constant);
  else if (a->constant)
    tin_text_add(text, " %c %lld", a->constant < 0 ? '-' : '+', (long long)(a->constant < 0 ? -a->constant : a->constant));
}
