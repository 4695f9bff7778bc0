/* Symbolic integer expressions over loop ranges and parameters, with a simplifier: what loads and stores are addressed by.
 *
 * An expression is kept as a sum: constant + coefficient * atom + ..., atoms being symbols (ranges, parameters), quotients and remainders
 * of expressions by positive constants. Every expression knows its bounds, from the bounds of the symbols; division and remainder are those
 * of floor division, and all are simplified on construction: (12 a + b) / 4 = 3 a + b / 4, and b / 4 = 0 where 0 <= b < 4. Expressions are
 * interned in their context: equal ones are the same pointer.
 */
#ifndef TIN_CODEGEN_INDEX_H
#define TIN_CODEGEN_INDEX_H

#include "common/mem.h"

struct tin_index;

enum tin_atom_kind { TIN_ATOM_SYMBOL, TIN_ATOM_DIV, TIN_ATOM_MOD };

struct tin_atom {
  enum tin_atom_kind kind;
  int symbol;                 /* SYMBOL: its number */
  const struct tin_index *of; /* DIV, MOD */
  int64_t by;                 /* DIV, MOD */
  int64_t low, high;          /* inclusive bounds */
  int id;                     /* creation number in the context: the order of terms */
};

struct tin_term {
  const struct tin_atom *atom;
  int64_t coefficient; /* never 0 */
};

struct tin_index {
  int64_t constant;
  int n_terms;
  struct tin_term *terms; /* by atom id */
  int64_t low, high;      /* inclusive bounds */
};

struct tin_index_context {
  struct tin_arena *arena; /* with a fail target */
  struct tin_map atoms, indexes;
  int n_atoms;
};

void tin_index_init(struct tin_index_context *context, struct tin_arena *arena);
const struct tin_index *tin_index_constant(struct tin_index_context *context, int64_t value);
/* A symbol numbered by the caller, with its inclusive bounds (always the same for one number). */
const struct tin_index *tin_index_symbol(struct tin_index_context *context, int symbol, int64_t low, int64_t high);
const struct tin_index *tin_index_add(struct tin_index_context *context, const struct tin_index *a, const struct tin_index *b);
const struct tin_index *tin_index_scale(struct tin_index_context *context, const struct tin_index *a, int64_t factor);
const struct tin_index *tin_index_offset(struct tin_index_context *context, const struct tin_index *a, int64_t constant);
const struct tin_index *tin_index_div(struct tin_index_context *context, const struct tin_index *a, int64_t by);
const struct tin_index *tin_index_mod(struct tin_index_context *context, const struct tin_index *a, int64_t by);
/* Replaces symbols: with[s] for symbol s < n, NULL keeps it; simplifies anew. */
const struct tin_index *tin_index_substitute(struct tin_index_context *context, const struct tin_index *a,
                                             const struct tin_index *const *with, int n);
/* True when the expression is affine in the symbol (no quotient or remainder holds it); *coefficient gets its factor. */
bool tin_index_affine(const struct tin_index *a, int symbol, int64_t *coefficient);
bool tin_index_uses(const struct tin_index *a, int symbol);
/* C text, with names[s] for symbol s. */
void tin_index_print(struct tin_text *text, const struct tin_index *a, const char *const *names);

#endif
