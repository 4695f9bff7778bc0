/* The loop nest for people, and its verifier. */
#include "codegen/nest.h"

#include <string.h>

/* ---- indices ---- */

struct term_text {
  enum tin_atom_kind kind;
  int symbol;
  int64_t coefficient;
  char *text; /* of the atom */
};

static bool goes_before(const struct term_text *a, const struct term_text *b) {
  if (a->kind != b->kind)
    return a->kind < b->kind;
  return a->kind == TIN_ATOM_SYMBOL ? a->symbol < b->symbol : strcmp(a->text, b->text) < 0;
}

/* Unlike in C, the division is floor division, and the order of terms is that of the symbols: not of their creation, which the text cannot
 * tell. */
static void print_index(struct tin_text *text, const struct tin_nest *nest, const struct tin_index *index);

static char *print_atom(struct tin_arena *arena, const struct tin_nest *nest, const struct tin_atom *atom) {
  struct tin_text text;
  tin_text_init(&text, arena);
  if (atom->kind == TIN_ATOM_SYMBOL) {
    tin_text_puts(&text, nest->names[atom->symbol]);
    return text.at;
  }
  bool plain = atom->of->n_terms == 1 && atom->of->constant == 0 && atom->of->terms->coefficient == 1;
  tin_text_puts(&text, plain ? "(" : "((");
  print_index(&text, nest, atom->of);
  tin_text_add(&text, "%s %c %lld)", plain ? "" : ")", atom->kind == TIN_ATOM_DIV ? '/' : '%', (long long)atom->by);
  return text.at;
}

static void print_index(struct tin_text *text, const struct tin_nest *nest, const struct tin_index *index) {
  struct term_text *terms = TIN_NEW_ARRAY(text->arena, struct term_text, index->n_terms);
  for (int i = 0; i < index->n_terms; i++) {
    const struct tin_atom *atom = index->terms[i].atom;
    struct term_text term = {atom->kind, atom->symbol, index->terms[i].coefficient, print_atom(text->arena, nest, atom)};
    int at = i;
    for (; at > 0 && goes_before(&term, &terms[at - 1]); at--)
      terms[at] = terms[at - 1];
    terms[at] = term;
  }
  for (int i = 0; i < index->n_terms; i++) {
    int64_t coefficient = terms[i].coefficient;
    tin_text_add(text, "%s%s", coefficient < 0 ? (i ? " - " : "-") : i ? " + " : "", terms[i].text);
    if (coefficient != 1 && coefficient != -1)
      tin_text_add(text, " * %lld", (long long)(coefficient < 0 ? -coefficient : coefficient));
  }
  if (index->n_terms == 0)
    tin_text_add(text, "%lld", (long long)index->constant);
  else if (index->constant)
    tin_text_add(text, " %c %lld", index->constant < 0 ? '-' : '+', (long long)(index->constant < 0 ? -index->constant : index->constant));
}

/* ---- bounds of the symbols ---- */

static void find_bounds(const struct tin_index *index, const struct tin_atom **atoms) {
  for (int i = 0; index && i < index->n_terms; i++) {
    const struct tin_atom *atom = index->terms[i].atom;
    if (atom->kind == TIN_ATOM_SYMBOL)
      atoms[atom->symbol] = atom;
    else
      find_bounds(atom->of, atoms);
  }
}

static void print_ranges(struct tin_text *text, const struct tin_nest *nest) {
  const struct tin_atom **atoms = TIN_NEW_ARRAY(text->arena, const struct tin_atom *, nest->n_symbols);
  for (int v = 0; v < nest->values.count; v++) {
    const struct tin_value *value = nest->values.at + v;
    if (value->kind == VALUE_INDEX || value->kind == VALUE_LOAD)
      find_bounds(value->index, atoms);
    for (int i = 0; value->kind == VALUE_GUARD && i < value->n_conditions; i++)
      find_bounds(value->conditions[i].index, atoms);
  }
  for (int i = 0; i < nest->stores.count; i++)
    find_bounds(nest->stores.at[i].index, atoms);
  const char *before = "  ranges ";
  for (int s = 0; s < nest->n_symbols; s++)
    if (atoms[s]) {
      tin_text_add(text, "%s%s=%lld..%lld", before, nest->names[s], (long long)atoms[s]->low, (long long)atoms[s]->high);
      before = " ";
    }
  if (!before[1]) /* some were printed */
    tin_text_puts(text, "\n");
}

/* ---- text ---- */

static void print_range(struct tin_text *text, const struct tin_nest *nest, const char *what, int symbol) {
  tin_text_add(text, " %s=%s", what, symbol < 0 ? "-" : nest->names[symbol]);
}

static void print_condition(struct tin_text *text, const struct tin_nest *nest, const struct tin_condition *condition) {
  tin_text_add(text, "%lld <= ", (long long)condition->low);
  print_index(text, nest, condition->index);
  tin_text_add(text, " < %lld", (long long)condition->high);
  if (condition->mod > 1)
    tin_text_add(text, " mod %lld", (long long)condition->mod);
}

static void print_load(struct tin_text *text, const struct tin_nest *nest, const struct tin_value *value) {
  tin_text_add(text, "load a%d[", value->arg);
  print_index(text, nest, value->index);
  if (value->in[0] >= 0)
    tin_text_add(text, " + v%d * %lld", value->in[0], (long long)value->stride);
  tin_text_puts(text, "]");
  if (value->in[1] >= 0)
    tin_text_add(text, " where v%d", value->in[1]);
}

static void print_definition(struct tin_text *text, const struct tin_nest *nest, const struct tin_value *value) {
  switch (value->kind) {
  case VALUE_CONST:
    tin_text_puts(text, "const ");
    tin_text_hex(text, value->bits);
    break;
  case VALUE_SCALAR:
    tin_text_add(text, "scalar %d", value->arg);
    break;
  case VALUE_INDEX:
    tin_text_puts(text, "index ");
    print_index(text, nest, value->index);
    break;
  case VALUE_GUARD:
    tin_text_puts(text, "guard ");
    for (int i = 0; i < value->n_conditions; i++) {
      tin_text_puts(text, i ? " and " : "");
      print_condition(text, nest, value->conditions + i);
    }
    break;
  case VALUE_LOAD:
    print_load(text, nest, value);
    break;
  case VALUE_REDUCE:
    tin_text_add(text, "reduce s%d", value->arg);
    break;
  default:
    tin_text_add(text, "%s(", tin_ops[value->op].text);
    for (int i = 0; i < 3 && value->in[i] >= 0; i++)
      tin_text_add(text, "%sv%d", i ? ", " : "", value->in[i]);
    tin_text_puts(text, ")");
  }
}

static void print_arg(struct tin_text *text, int number, const struct tin_arg *arg) {
  static const char *const kinds[] = {"buffer", "scratch", "pointer"};
  tin_text_add(text, "  a%d: %s", number, tin_dtypes[arg->dtype].text);
  if (arg->kind == ARG_BUFFER)
    tin_text_add(text, "[%lld]", (long long)arg->size);
  tin_text_add(text, " %s %lld%s%s%s\n", kinds[arg->kind], arg->kind == ARG_SCRATCH ? (long long)arg->offset : (long long)arg->number,
               arg->written ? " written" : "", arg->far ? " far" : "", arg->streamed ? " streamed" : "");
}

void tin_nest_print(struct tin_text *text, const struct tin_nest *nest) {
  static const char *const forms[] = {"map", "row", "column"};
  tin_text_add(text, "nest %s", forms[nest->form]);
  print_range(text, nest, "row", nest->row);
  print_range(text, nest, "column", nest->column);
  tin_text_puts(text, " inner=");
  for (int i = 0; i < nest->inner.count; i++)
    tin_text_add(text, "%s%s:%lld", i ? "," : "", nest->names[nest->inner.at[i].symbol], (long long)nest->inner.at[i].extent);
  tin_text_add(text, "%s passes=%d", nest->inner.count ? "" : "-", nest->n_passes);
  if (nest->column_limit && nest->form == NEST_COLUMN) /* it says nothing of other forms */
    tin_text_add(text, " limit=%lld", (long long)nest->column_limit);
  if (nest->scratch_bytes)
    tin_text_add(text, " scratch=%lld", (long long)nest->scratch_bytes);
  tin_text_puts(text, "\n");
  print_ranges(text, nest);
  for (int i = 0; i < nest->args.count; i++)
    print_arg(text, i, nest->args.at + i);
  for (int v = 0; v < nest->values.count; v++) {
    const struct tin_value *value = nest->values.at + v;
    tin_text_add(text, "  v%d: %s %s level %d = ", v, tin_dtypes[value->dtype].text, value->element ? "element" : "row", value->level);
    print_definition(text, nest, value);
    tin_text_puts(text, "\n");
  }
  for (int r = 0; r < nest->reductions.count; r++) {
    const struct tin_reduction *reduction = nest->reductions.at + r;
    tin_text_add(text, "  s%d: %s pass %d = %s(v%d", r, tin_dtypes[reduction->dtype].text, reduction->pass, tin_ops[reduction->op].text,
                 reduction->value);
    tin_text_add(text, reduction->factor >= 0 ? ", v%d)\n" : ")\n", reduction->factor);
  }
  for (int i = 0; i < nest->stores.count; i++) {
    const struct tin_store *store = nest->stores.at + i;
    tin_text_add(text, "  store pass %d: a%d[", store->pass, store->arg);
    print_index(text, nest, store->index);
    tin_text_add(text, "] = v%d\n", store->value);
  }
}

/* ---- verifier ---- */

#define CHECK(condition, ...)                                                                                                              \
  do {                                                                                                                                     \
    if (!(condition)) {                                                                                                                    \
      tin_error_set(error, __VA_ARGS__);                                                                                                   \
      return false;                                                                                                                        \
    }                                                                                                                                      \
  } while (0)

static bool symbols_known(const struct tin_nest *nest, const struct tin_index *index) {
  for (int i = 0; i < index->n_terms; i++) {
    const struct tin_atom *atom = index->terms[i].atom;
    if (atom->kind == TIN_ATOM_SYMBOL ? atom->symbol < 0 || atom->symbol >= nest->n_symbols : !symbols_known(nest, atom->of))
      return false;
  }
  return true;
}

/* Does the index vary where element values are computed and row values are not? */
static bool varies_inside(const struct tin_nest *nest, const struct tin_index *index) {
  if (nest->form == NEST_MAP)
    return nest->column >= 0 && tin_index_uses(index, nest->column);
  for (int i = 0; i < nest->inner.count; i++)
    if (tin_index_uses(index, nest->inner.at[i].symbol))
      return true;
  return false;
}

static bool verify_index(const struct tin_nest *nest, int v, const struct tin_index *index, bool element, struct tin_error *error) {
  CHECK(index && symbols_known(nest, index), "nest: v%d: its index is missing or holds an unknown symbol", v);
  CHECK(element || !varies_inside(nest, index), "nest: v%d: a row value whose index varies inside the row", v);
  return true;
}

static bool verify_ranges(const struct tin_nest *nest, struct tin_error *error) {
  int64_t size = 1;
  CHECK(nest->row < nest->n_symbols && nest->column < nest->n_symbols, "nest: row or column is no symbol");
  CHECK(nest->form != NEST_MAP || (nest->inner.count == 0 && nest->reductions.count == 0), "nest: a map has no inner ranges");
  CHECK(nest->form != NEST_ROW || nest->column < 0, "nest: the row form has no column");
  CHECK(nest->n_passes >= 1, "nest: no pass");
  for (int i = 0; i < nest->inner.count; i++) {
    int symbol = nest->inner.at[i].symbol;
    CHECK(symbol >= 0 && symbol < nest->n_symbols && symbol != nest->row && symbol != nest->column, "nest: inner range %d: bad symbol", i);
    size *= nest->inner.at[i].extent;
  }
  CHECK(size == nest->inner_size, "nest: inner_size is %lld, the ranges have %lld", (long long)nest->inner_size, (long long)size);
  return true;
}

static bool verify_load(const struct tin_nest *nest, int v, const struct tin_value *value, struct tin_error *error) {
  CHECK(value->arg >= 0 && value->arg < nest->args.count, "nest: v%d loads from unknown a%d", v, value->arg);
  CHECK(nest->args.at[value->arg].dtype == value->dtype, "nest: v%d: not the dtype of a%d", v, value->arg);
  CHECK(value->in[0] < 0 || !tin_dtype_is_float(nest->values.at[value->in[0]].dtype), "nest: v%d: a dynamic index is an integer", v);
  CHECK(value->in[1] < 0 || nest->values.at[value->in[1]].dtype == TIN_BOOL, "nest: v%d: a guard is bool", v);
  return true;
}

static bool verify_op(const struct tin_nest *nest, int v, const struct tin_value *value, struct tin_error *error) {
  CHECK(value->op < OP_COUNT && tin_op_is_elementwise(value->op), "nest: v%d: op %d is not elementwise", v, value->op);
  const struct tin_op_info *op = tin_ops + value->op;
  for (int i = 0; i < 3; i++)
    CHECK((value->in[i] >= 0) == (i < op->arity), "nest: v%d: %s takes %d inputs", v, op->text, op->arity);
  int first = nest->values.at[value->in[op->result == OP_RESULT_BRANCH]].dtype;
  if (op->result == OP_RESULT_BOOL)
    CHECK(value->dtype == TIN_BOOL, "nest: v%d: %s gives bool", v, op->text);
  else if (op->result != OP_RESULT_OWN)
    CHECK(value->dtype == first, "nest: v%d: %s does not change the dtype", v, op->text);
  return true;
}

static bool verify_reduce(const struct tin_nest *nest, int v, const struct tin_value *value, struct tin_error *error) {
  CHECK(value->arg >= 0 && value->arg < nest->reductions.count, "nest: v%d: unknown reduction s%d", v, value->arg);
  const struct tin_reduction *reduction = nest->reductions.at + value->arg;
  CHECK(!value->element && value->level == reduction->pass + 1, "nest: v%d: a reduction of pass %d is a row value of the next level", v,
        reduction->pass);
  CHECK(value->dtype == reduction->dtype, "nest: v%d: not the dtype of s%d", v, value->arg);
  CHECK(reduction->value < v && reduction->factor < v, "nest: v%d comes before what it reduces", v);
  return true;
}

static bool verify_value(const struct tin_nest *nest, int v, struct tin_error *error) {
  const struct tin_value *value = nest->values.at + v;
  CHECK(value->dtype < TIN_DTYPE_COUNT, "nest: v%d: bad dtype", v);
  CHECK(value->level >= 0 && value->level <= nest->n_passes, "nest: v%d: bad level %d", v, value->level);
  for (int i = 0; i < 3; i++)
    if (value->in[i] >= 0) {
      CHECK(value->in[i] < v, "nest: v%d reads v%d, which is not before it", v, value->in[i]);
      const struct tin_value *in = nest->values.at + value->in[i];
      CHECK(value->element || !in->element, "nest: row value v%d reads element value v%d", v, value->in[i]);
      CHECK(value->level >= in->level, "nest: v%d of level %d reads v%d of level %d", v, value->level, value->in[i], in->level);
    }
  if ((value->kind == VALUE_INDEX || value->kind == VALUE_LOAD) && !verify_index(nest, v, value->index, value->element, error))
    return false;
  if (value->kind == VALUE_GUARD)
    for (int i = 0; i < value->n_conditions; i++)
      if (!verify_index(nest, v, value->conditions[i].index, value->element, error))
        return false;
  switch (value->kind) {
  case VALUE_GUARD:
    CHECK(value->dtype == TIN_BOOL, "nest: v%d: a guard is bool", v);
    return true;
  case VALUE_LOAD:
    return verify_load(nest, v, value, error);
  case VALUE_OP:
    return verify_op(nest, v, value, error);
  case VALUE_REDUCE:
    return verify_reduce(nest, v, value, error);
  default:
    CHECK(value->kind <= VALUE_REDUCE, "nest: v%d: bad kind", v);
    return true;
  }
}

static bool verify_reduction(const struct tin_nest *nest, int r, struct tin_error *error) {
  const struct tin_reduction *reduction = nest->reductions.at + r;
  int op = reduction->op;
  CHECK(op == OP_SUM || op == OP_PROD || op == OP_REDUCE_MIN || op == OP_REDUCE_MAX || op == OP_CONTRACT, "nest: s%d: no reduction", r);
  CHECK(reduction->pass >= 0 && reduction->pass < nest->n_passes, "nest: s%d: bad pass %d", r, reduction->pass);
  CHECK((reduction->factor >= 0) == (op == OP_CONTRACT), "nest: s%d: only contract has a factor", r);
  const int operands[2] = {reduction->value, reduction->factor >= 0 ? reduction->factor : reduction->value};
  for (int i = 0; i < 2; i++) {
    CHECK(operands[i] >= 0 && operands[i] < nest->values.count, "nest: s%d: unknown value", r);
    const struct tin_value *value = nest->values.at + operands[i];
    CHECK(value->level <= reduction->pass, "nest: s%d of pass %d reads v%d of level %d", r, reduction->pass, operands[i], value->level);
    CHECK(value->dtype == reduction->dtype, "nest: s%d: not the dtype of v%d", r, operands[i]);
  }
  return true;
}

static bool verify_arg(const struct tin_nest *nest, int a, struct tin_error *error) {
  const struct tin_arg *arg = nest->args.at + a;
  CHECK(!arg->streamed || arg->written, "nest: a%d is streamed but not written", a);
  for (int v = 0; v < nest->values.count && arg->streamed; v++)
    CHECK(nest->values.at[v].kind != VALUE_LOAD || nest->values.at[v].arg != a, "nest: a%d is streamed, and read by v%d", a, v);
  return true;
}

static bool verify_store(const struct tin_nest *nest, int i, struct tin_error *error) {
  const struct tin_store *store = nest->stores.at + i;
  CHECK(store->value >= 0 && store->value < nest->values.count, "nest: store %d: unknown value", i);
  CHECK(store->arg >= 0 && store->arg < nest->args.count, "nest: store %d: unknown argument", i);
  const struct tin_value *value = nest->values.at + store->value;
  const struct tin_arg *arg = nest->args.at + store->arg;
  CHECK(arg->written && arg->dtype == value->dtype, "nest: store %d: a%d is not written or has another dtype than v%d", i, store->arg,
        store->value);
  CHECK(store->index && symbols_known(nest, store->index), "nest: store %d: its index is missing or holds an unknown symbol", i);
  CHECK(store->pass >= 0 && store->pass <= nest->n_passes, "nest: store %d: bad pass %d", i, store->pass);
  if (nest->form == NEST_MAP)
    return true;
  CHECK(value->level <= store->pass, "nest: store %d of pass %d reads v%d of level %d", i, store->pass, store->value, value->level);
  CHECK(store->pass < nest->n_passes || (!value->element && !varies_inside(nest, store->index)),
        "nest: store %d: a row store that varies inside the row", i);
  return true;
}

bool tin_nest_verify(const struct tin_nest *nest, struct tin_error *error) {
  if (!verify_ranges(nest, error))
    return false;
  for (int a = 0; a < nest->args.count; a++)
    if (!verify_arg(nest, a, error))
      return false;
  for (int r = 0; r < nest->reductions.count; r++)
    if (!verify_reduction(nest, r, error))
      return false;
  for (int v = 0; v < nest->values.count; v++)
    if (!verify_value(nest, v, error))
      return false;
  for (int i = 0; i < nest->stores.count; i++)
    if (!verify_store(nest, i, error))
      return false;
  return true;
}
