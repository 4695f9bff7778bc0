/* Parser of the text form of loop nests, that tin_nest_print prints:
 *
 *   nest      = "nest" form "row=" ( symbol | "-" ) "column=" ( symbol | "-" ) "inner=" ( symbol ":" extent { "," ... } | "-" )
 *               "passes=" n [ "limit=" columns ] [ "scratch=" bytes ]
 *               [ "ranges" { symbol "=" low ".." high } ] { argument } { value } { reduction } { store }
 *   form      = "map" | "row" | "column"
 *   argument  = "a"n ":" dtype ( [ "[" elements "]" ] "buffer" number | "scratch" offset | "pointer" number )
 *               [ "written" ] [ "far" ] [ "streamed" ]
 *   value     = "v"n ":" dtype ( "element" | "row" ) "level" n "=" definition
 *   definition = "const" 0xBITS | "scalar" n | "index" index | "guard" [ condition { "and" condition } ]
 *              | "load a"n "[" index [ "+ v"n "*" stride ] "]" [ "where v"n ] | "reduce s"n | op "(" "v"n { "," "v"n } ")"
 *   condition = low "<=" index "<" high [ "mod" n ]
 *   reduction = "s"n ":" dtype "pass" n "=" op "(v"n [ ", v"n ] ")"
 *   store     = "store pass" n ":" "a"n "[" index "] = v"n
 *   index     = [ "-" ] term { ( "+" | "-" ) term }
 *   term      = integer | factor [ "*" integer ]
 *   factor    = symbol | "(" index [ ( "/" | "%" ) integer ] ")"          rounds down; the remainder is not negative
 *   symbol    = "r"n
 *
 * One of these a line, but for the first rule. `ranges` has the inclusive bounds of every symbol of an index. Numbers are in order. */
#include <limits.h>
#include <string.h>

#include "codegen/nest.h"
#include "common/parse.h"

enum {
  MAX_SYMBOLS = 256, /* a nest has two for each axis */
  MAX_NUMBER = 1 << 20,
  MAX_NESTING = 32 /* of parentheses: they recurse */
};
/* Of bounds, coefficients and constants of an index: the arithmetic of index.c does not overflow then. */
static const int64_t max_index = INT32_MAX;

struct parser {
  struct tin_parser in;
  struct tin_arena *arena;
  struct tin_nest *nest;
  int64_t low[MAX_SYMBOLS], high[MAX_SYMBOLS];
  bool bounded[MAX_SYMBOLS]; /* by `ranges` */
  int depth;                 /* parentheses around here */
};

/* ---- indices ---- */

static int parse_symbol(struct parser *p) {
  int symbol = tin_parse_numbered(&p->in, 'r', MAX_SYMBOLS);
  if (symbol >= p->nest->n_symbols)
    p->nest->n_symbols = symbol + 1;
  return symbol;
}

/* Gives the index back when its numbers are small enough to go on with. */
static const struct tin_index *checked(struct parser *p, const char *start, const struct tin_index *index) {
  bool good = index->constant >= -max_index && index->constant <= max_index;
  for (int i = 0; i < index->n_terms; i++)
    good &= index->terms[i].coefficient >= -max_index && index->terms[i].coefficient <= max_index;
  if (!good || index->low < -(INT64_MAX >> 3) || index->high > INT64_MAX >> 3)
    tin_parse_failed(&p->in, start, "the index is too large");
  return index;
}

static const struct tin_index *parse_index(struct parser *p);

/* Behind the parenthesis. */
static const struct tin_index *parse_parenthesis(struct parser *p, const char *start) {
  if (++p->depth > MAX_NESTING)
    tin_parse_failed(&p->in, start, "too many parentheses in each other");
  const struct tin_index *index = parse_index(p);
  bool divides = tin_parse_accept(&p->in, "/"), remains = !divides && tin_parse_accept(&p->in, "%");
  if (divides || remains) {
    int64_t by = tin_parse_integer(&p->in, 1, max_index);
    index = divides ? tin_index_div(p->nest->indexes, index, by) : tin_index_mod(p->nest->indexes, index, by);
  }
  tin_parse_expect(&p->in, ")", NULL);
  p->depth--;
  return checked(p, start, index);
}

static const struct tin_index *parse_factor(struct parser *p) {
  const char *start = p->in.at;
  if (tin_parse_accept(&p->in, "("))
    return parse_parenthesis(p, start);
  int symbol = parse_symbol(p);
  if (!p->bounded[symbol])
    tin_parse_failed(&p->in, start, "ranges does not have this symbol");
  return tin_index_symbol(p->nest->indexes, symbol, p->low[symbol], p->high[symbol]);
}

static const struct tin_index *parse_term(struct parser *p, bool negative) {
  tin_parse_spaces(&p->in);
  const char *start = p->in.at;
  int64_t factor = 1;
  if (tin_parse_digit(*start, 10) >= 0)
    return tin_index_constant(p->nest->indexes, tin_parse_integer(&p->in, 0, max_index) * (negative ? -1 : 1));
  const struct tin_index *index = parse_factor(p);
  if (tin_parse_accept(&p->in, "*"))
    factor = tin_parse_integer(&p->in, 0, max_index);
  return checked(p, start, tin_index_scale(p->nest->indexes, index, negative ? -factor : factor));
}

static const struct tin_index *parse_index(struct parser *p) {
  tin_parse_spaces(&p->in);
  const char *start = p->in.at;
  const struct tin_index *sum = parse_term(p, tin_parse_accept(&p->in, "-"));
  for (;;) {
    const char *before = p->in.at;
    bool minus = tin_parse_accept(&p->in, "-");
    if (!minus && !tin_parse_accept(&p->in, "+"))
      return sum;
    tin_parse_spaces(&p->in);
    if (*p->in.at == 'v') { /* the dynamic part of a load */
      p->in.at = before;
      return sum;
    }
    sum = checked(p, start, tin_index_add(p->nest->indexes, sum, parse_term(p, minus)));
  }
}

/* ---- the first lines ---- */

static int parse_role(struct parser *p, const char *name) {
  tin_parse_expect(&p->in, name, NULL);
  tin_parse_expect(&p->in, "=", NULL);
  return tin_parse_accept(&p->in, "-") ? -1 : parse_symbol(p);
}

static void parse_inner(struct parser *p) {
  tin_parse_expect(&p->in, "inner", NULL);
  tin_parse_expect(&p->in, "=", NULL);
  p->nest->inner_size = 1;
  if (tin_parse_accept(&p->in, "-"))
    return;
  do {
    struct tin_range range = {.symbol = parse_symbol(p)};
    tin_parse_expect(&p->in, ":", NULL);
    const char *start = p->in.at;
    range.extent = tin_parse_integer(&p->in, 0, max_index);
    if (__builtin_mul_overflow(p->nest->inner_size, range.extent, &p->nest->inner_size))
      tin_parse_failed(&p->in, start, "the inner ranges are too large");
    tin_vec_push(p->arena, &p->nest->inner, range);
  } while (tin_parse_accept(&p->in, ","));
}

static void parse_head(struct parser *p) {
  tin_parse_lines(&p->in);
  tin_parse_expect(&p->in, "nest", NULL);
  p->nest->form = tin_parse_accept(&p->in, "map") ? NEST_MAP : tin_parse_accept(&p->in, "row") ? NEST_ROW : NEST_COLUMN;
  if (p->nest->form == NEST_COLUMN)
    tin_parse_expect(&p->in, "column", "expected map, row or column");
  p->nest->row = parse_role(p, "row");
  p->nest->column = parse_role(p, "column");
  parse_inner(p);
  tin_parse_expect(&p->in, "passes", NULL);
  tin_parse_expect(&p->in, "=", NULL);
  p->nest->n_passes = tin_parse_int(&p->in, 1, MAX_NUMBER);
  if (tin_parse_accept(&p->in, "limit")) {
    tin_parse_expect(&p->in, "=", NULL);
    p->nest->column_limit = tin_parse_integer(&p->in, 1, max_index);
  }
  if (tin_parse_accept(&p->in, "scratch")) {
    tin_parse_expect(&p->in, "=", NULL);
    p->nest->scratch_bytes = tin_parse_integer(&p->in, 1, INT64_MAX / 2);
  }
  tin_parse_end_line(&p->in);
}

static void parse_ranges(struct parser *p) {
  tin_parse_lines(&p->in);
  if (!tin_parse_accept(&p->in, "ranges"))
    return;
  tin_parse_spaces(&p->in);
  while (*p->in.at == 'r') {
    int symbol = parse_symbol(p);
    tin_parse_expect(&p->in, "=", NULL);
    p->low[symbol] = tin_parse_integer(&p->in, -max_index, max_index);
    tin_parse_expect(&p->in, "..", NULL);
    p->high[symbol] = tin_parse_integer(&p->in, p->low[symbol], max_index);
    p->bounded[symbol] = true;
    tin_parse_spaces(&p->in);
  }
  tin_parse_end_line(&p->in);
}

/* ---- lines ---- */

/* The letter and the next number, then a colon; false where the line does not begin so. */
static bool accept_line(struct parser *p, char letter, int number) {
  int found;
  tin_parse_lines(&p->in);
  const char *start = p->in.at;
  if (!tin_parse_accept_numbered(&p->in, letter, MAX_NUMBER, &found))
    return false;
  if (found != number)
    tin_parse_failed(&p->in, start, "lines of one letter are numbered in order");
  tin_parse_expect(&p->in, ":", NULL);
  return true;
}

static int parse_value_name(struct parser *p) {
  return tin_parse_numbered(&p->in, 'v', MAX_NUMBER);
}

static void parse_arg(struct parser *p) {
  static const char *const kinds[] = {[ARG_BUFFER] = "buffer", [ARG_SCRATCH] = "scratch", [ARG_POINTER] = "pointer"};
  struct tin_arg arg = {.dtype = (uint8_t)tin_parse_dtype(&p->in)};
  int kind = ARG_BUFFER;
  if (tin_parse_accept(&p->in, "[")) {
    arg.size = tin_parse_integer(&p->in, 0, INT64_MAX);
    tin_parse_expect(&p->in, "]", NULL);
  }
  while (kind < ARG_POINTER && !tin_parse_accept(&p->in, kinds[kind]))
    kind++;
  if (kind == ARG_POINTER)
    tin_parse_expect(&p->in, kinds[kind], "expected buffer, scratch or pointer");
  arg.kind = (enum tin_arg_kind)kind;
  if (kind == ARG_SCRATCH)
    arg.offset = tin_parse_integer(&p->in, 0, INT64_MAX);
  else
    arg.number = tin_parse_int(&p->in, 0, INT_MAX);
  arg.written = tin_parse_accept(&p->in, "written");
  arg.far = tin_parse_accept(&p->in, "far");
  arg.streamed = tin_parse_accept(&p->in, "streamed");
  tin_parse_end_line(&p->in);
  tin_vec_push(p->arena, &p->nest->args, arg);
}

/* ---- values ---- */

static void parse_guard(struct parser *p, struct tin_value *value) {
  TIN_VEC(struct tin_condition) conditions = {0};
  tin_parse_spaces(&p->in);
  if (*p->in.at == '\n' || !*p->in.at)
    return;
  do {
    struct tin_condition condition = {.low = tin_parse_integer(&p->in, INT64_MIN, INT64_MAX)};
    tin_parse_expect(&p->in, "<=", NULL);
    condition.index = parse_index(p);
    tin_parse_expect(&p->in, "<", NULL);
    condition.high = tin_parse_integer(&p->in, INT64_MIN, INT64_MAX);
    condition.mod = tin_parse_accept(&p->in, "mod") ? tin_parse_integer(&p->in, 2, max_index) : 1;
    tin_vec_push(p->arena, &conditions, condition);
  } while (tin_parse_accept(&p->in, "and"));
  value->conditions = conditions.at;
  value->n_conditions = conditions.count;
}

static void parse_load(struct parser *p, struct tin_value *value) {
  value->arg = tin_parse_numbered(&p->in, 'a', MAX_NUMBER);
  tin_parse_expect(&p->in, "[", NULL);
  value->index = parse_index(p);
  if (tin_parse_accept(&p->in, "+")) {
    value->in[0] = parse_value_name(p);
    tin_parse_expect(&p->in, "*", NULL);
    value->stride = tin_parse_integer(&p->in, -max_index, max_index);
  }
  tin_parse_expect(&p->in, "]", NULL);
  if (tin_parse_accept(&p->in, "where"))
    value->in[1] = parse_value_name(p);
}

static uint64_t parse_bits(struct parser *p) {
  uint64_t bits;
  tin_parse_spaces(&p->in);
  if (strncmp(p->in.at, "0x", 2) != 0)
    tin_parse_failed(&p->in, p->in.at, "expected 0x and hexadecimal digits");
  p->in.at += 2;
  if (!tin_parse_digits(&p->in, 16, &bits))
    tin_parse_failed(&p->in, p->in.at, "expected hexadecimal digits");
  return bits;
}

static void parse_operation(struct parser *p, struct tin_value *value) {
  int n = 0;
  value->kind = VALUE_OP;
  value->op = (uint16_t)tin_parse_op(&p->in);
  tin_parse_expect(&p->in, "(", NULL);
  if (tin_parse_accept(&p->in, ")"))
    return;
  do {
    if (n == 3)
      tin_parse_failed(&p->in, p->in.at, "an op has at most three inputs");
    value->in[n++] = parse_value_name(p);
  } while (tin_parse_accept(&p->in, ","));
  tin_parse_expect(&p->in, ")", NULL);
}

static void parse_definition(struct parser *p, struct tin_value *value) {
  static const char *const kinds[] = {[VALUE_CONST] = "const", [VALUE_SCALAR] = "scalar", [VALUE_INDEX] = "index",
                                      [VALUE_GUARD] = "guard", [VALUE_LOAD] = "load",     [VALUE_REDUCE] = "reduce"};
  int kind = VALUE_CONST;
  while (kind <= VALUE_REDUCE && (!kinds[kind] || !tin_parse_accept(&p->in, kinds[kind])))
    kind++;
  value->kind = (uint8_t)kind;
  switch (kind) {
  case VALUE_CONST:
    value->bits = parse_bits(p);
    break;
  case VALUE_SCALAR:
    value->arg = tin_parse_int(&p->in, 0, MAX_NUMBER);
    break;
  case VALUE_INDEX:
    value->index = parse_index(p);
    break;
  case VALUE_GUARD:
    parse_guard(p, value);
    break;
  case VALUE_LOAD:
    parse_load(p, value);
    break;
  case VALUE_REDUCE:
    value->arg = tin_parse_numbered(&p->in, 's', MAX_NUMBER);
    break;
  default:
    parse_operation(p, value);
  }
}

static void parse_value(struct parser *p) {
  struct tin_value value = {.dtype = (uint8_t)tin_parse_dtype(&p->in), .in = {-1, -1, -1}};
  value.element = tin_parse_accept(&p->in, "element");
  if (!value.element)
    tin_parse_expect(&p->in, "row", "expected element or row");
  tin_parse_expect(&p->in, "level", NULL);
  value.level = tin_parse_int(&p->in, 0, MAX_NUMBER);
  tin_parse_expect(&p->in, "=", NULL);
  parse_definition(p, &value);
  tin_parse_end_line(&p->in);
  tin_vec_push(p->arena, &p->nest->values, value);
}

/* ---- reductions and stores ---- */

static void parse_reduction(struct parser *p) {
  struct tin_reduction reduction = {.dtype = tin_parse_dtype(&p->in), .factor = -1};
  tin_parse_expect(&p->in, "pass", NULL);
  reduction.pass = tin_parse_int(&p->in, 0, MAX_NUMBER);
  tin_parse_expect(&p->in, "=", NULL);
  reduction.op = tin_parse_op(&p->in);
  tin_parse_expect(&p->in, "(", NULL);
  reduction.value = parse_value_name(p);
  if (tin_parse_accept(&p->in, ","))
    reduction.factor = parse_value_name(p);
  tin_parse_expect(&p->in, ")", NULL);
  tin_parse_end_line(&p->in);
  tin_vec_push(p->arena, &p->nest->reductions, reduction);
}

static void parse_store(struct parser *p) {
  struct tin_store store = {.pass = tin_parse_int(&p->in, 0, MAX_NUMBER)};
  tin_parse_expect(&p->in, ":", NULL);
  store.arg = tin_parse_numbered(&p->in, 'a', MAX_NUMBER);
  tin_parse_expect(&p->in, "[", NULL);
  store.index = parse_index(p);
  tin_parse_expect(&p->in, "]", NULL);
  tin_parse_expect(&p->in, "=", NULL);
  store.value = parse_value_name(p);
  tin_parse_end_line(&p->in);
  tin_vec_push(p->arena, &p->nest->stores, store);
}

/* ---- the nest ---- */

static void name_symbols(struct parser *p) {
  p->nest->names = TIN_NEW_ARRAY(p->arena, const char *, p->nest->n_symbols + 1);
  for (int s = 0; s < p->nest->n_symbols; s++) {
    struct tin_text name;
    tin_text_init(&name, p->arena);
    tin_text_add(&name, "r%d", s);
    p->nest->names[s] = name.at;
  }
}

static struct tin_nest *parse_nest(struct parser *p) {
  struct tin_nest *nest = p->nest;
  parse_head(p);
  parse_ranges(p);
  while (accept_line(p, 'a', nest->args.count))
    parse_arg(p);
  while (accept_line(p, 'v', nest->values.count))
    parse_value(p);
  while (accept_line(p, 's', nest->reductions.count))
    parse_reduction(p);
  for (; *p->in.at; tin_parse_lines(&p->in)) {
    tin_parse_expect(&p->in, "store pass", "expected an argument, value, reduction or store, in this order");
    parse_store(p);
  }
  name_symbols(p);
  return nest;
}

struct tin_nest *tin_nest_parse(struct tin_arena *arena, const char *text, struct tin_error *error) {
  jmp_buf fail;
  struct parser *parser = TIN_NEW(arena, struct parser);
  parser->arena = arena;
  parser->nest = TIN_NEW(arena, struct tin_nest);
  parser->nest->indexes = TIN_NEW(arena, struct tin_index_context);
  tin_index_init(parser->nest->indexes, arena);
  tin_parse_init(&parser->in, text, &fail, error);
  if (setjmp(fail))
    return NULL;
  return parse_nest(parser);
}
