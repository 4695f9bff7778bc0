/* User-defined elementwise functions: a C expression over the operands a, b, c, ... becomes nodes.
 *
 *   choice  := or ['?' choice ':' choice]          or      := and {'||' and}          and := equal {'&&' equal}
 *   equal   := order {('==' | '!=') order}         order   := sum {('<' | '<=' | '>' | '>=') sum}
 *   sum     := product {('+' | '-') product}       product := sign {('*' | '/') sign}
 *   sign    := {'-' | '+' | '!'} primary           primary := number | operand | name '(' choice [',' choice] ')' | '(' choice ')'
 *
 * All operands are promoted to one float dtype and broadcast first, so every value in the tree has the same shape; comparisons give bool,
 * which counts as 0 or 1 in arithmetic. */
#include "frontend/frontend.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 200, MAX_LETTERS = 26 };

struct parser {
  struct tin_call *call;
  const char *text, *at;
  struct tin_node **operands;
  int n_operands;
  int depth;
  bool failed;    /* the error is recorded */
  locale_t plain; /* numbers have a point in every locale */
};

static struct tin_node *parse_choice(struct parser *parser);

static struct tin_node *fail(struct parser *parser, const char *expected) {
  if (!parser->failed)
    tin_call_fail(parser->call, "column %d of \"%.80s\": expected %s", (int)(parser->at - parser->text) + 1, parser->text, expected);
  parser->failed = true;
  return NULL;
}

static bool accept(struct parser *parser, const char *token) {
  while (*parser->at == ' ')
    parser->at++;
  size_t size = strlen(token);
  if (parser->failed || strncmp(parser->at, token, size) != 0)
    return false;
  parser->at += size;
  return true;
}

/* A value for arithmetic: bool becomes 0 or 1. */
static struct tin_node *as_number(struct parser *parser, struct tin_node *x) {
  return make_cast(parser->call->graph, x, (tin_dtype)parser->operands[0]->dtype);
}

static struct tin_node *arithmetic(struct parser *parser, int op, struct tin_node *a, struct tin_node *b) {
  return make_binary(parser->call->graph, op, as_number(parser, a), as_number(parser, b));
}

static struct tin_node *logical(struct parser *parser, int op, struct tin_node *a, struct tin_node *b) {
  struct tin_graph *graph = parser->call->graph;
  return make_binary(graph, op, tin_node_truth(graph, a), tin_node_truth(graph, b));
}

static struct tin_node *parse_number(struct parser *parser) {
  char *end;
  locale_t before = uselocale(parser->plain);
  double value = strtod(parser->at, &end);
  uselocale(before);
  parser->at = end;
  return make_number(parser->call->graph, parser->operands[0], value);
}

/* clang-format off */
static const struct function {
  const char *name;
  int op; /* elementwise op of one or two operands, or -1 */
  struct tin_node *(*compose)(struct tin_graph *graph, struct tin_node *x);
} functions[] = {
    {"abs", OP_ABS, NULL},
    {"sqrt", OP_SQRT, NULL},
    {"exp", OP_EXP, NULL},
    {"log", OP_LOG, NULL},
    {"expm1", OP_EXPM1, NULL},
    {"log1p", OP_LOG1P, NULL},
    {"exp2", OP_EXP2, NULL},
    {"log2", OP_LOG2, NULL},
    {"log10", OP_LOG10, NULL},
    {"tan", OP_TAN, NULL},
    {"sinh", OP_SINH, NULL},
    {"cosh", OP_COSH, NULL},
    {"sin", OP_SIN, NULL},
    {"cos", OP_COS, NULL},
    {"tanh", OP_TANH, NULL},
    {"erf", OP_ERF, NULL},
    {"asin", OP_ASIN, NULL},
    {"acos", OP_ACOS, NULL},
    {"atan", OP_ATAN, NULL},
    {"asinh", OP_ASINH, NULL},
    {"acosh", OP_ACOSH, NULL},
    {"atanh", OP_ATANH, NULL},
    {"erfc", OP_ERFC, NULL},
    {"erfinv", OP_ERFINV, NULL},
    {"lgamma", OP_LGAMMA, NULL},
    {"atan2", OP_ATAN2, NULL},
    {"digamma", -1, make_digamma},
    {"round", OP_ROUND, NULL},
    {"floor", OP_FLOOR, NULL},
    {"ceil", OP_CEIL, NULL},
    {"trunc", OP_TRUNC, NULL},
    {"pow", OP_POW, NULL},
    {"minimum", OP_MIN, NULL},
    {"maximum", OP_MAX, NULL},
    {"fmod", OP_MOD, NULL},
    {"sigmoid", -1, tin_node_sigmoid},
    {"relu", -1, tin_node_relu},
    {"detach", -1, tin_node_detached},
};
/* clang-format on */

/* "a function (abs, sqrt, ...)" */
static struct tin_node *fail_function(struct parser *parser) {
  char expected[512] = "a function";
  size_t used = strlen(expected);
  for (const struct function *function = functions; function < functions + sizeof functions / sizeof *functions; function++)
    if (used < sizeof expected)
      used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", function == functions ? " (" : ", ", function->name);
  if (used < sizeof expected)
    snprintf(expected + used, sizeof expected - used, ")");
  return fail(parser, expected);
}

static struct tin_node *parse_function(struct parser *parser, const char *name, size_t size) {
  const struct function *function = functions, *end = functions + sizeof functions / sizeof *functions;
  while (function < end && (strlen(function->name) != size || strncmp(function->name, name, size) != 0))
    function++;
  if (function == end) {
    parser->at = name;
    return fail_function(parser);
  }
  if (!accept(parser, "("))
    return fail(parser, "(");
  struct tin_graph *graph = parser->call->graph;
  struct tin_node *x = as_number(parser, parse_choice(parser)), *y = NULL;
  bool two = function->op >= 0 && tin_ops[function->op].arity == 2;
  if (two && !accept(parser, ","))
    return fail(parser, "a comma and a second operand");
  if (two)
    y = as_number(parser, parse_choice(parser));
  if (!accept(parser, ")"))
    return fail(parser, ")");
  if (two)
    return make_binary(graph, function->op, x, y);
  return !x ? NULL : function->compose ? function->compose(graph, x) : make_unary(graph, function->op, x);
}

static struct tin_node *parse_primary(struct parser *parser) {
  if (accept(parser, "(")) {
    struct tin_node *x = parse_choice(parser);
    return accept(parser, ")") ? x : fail(parser, ")");
  }
  const char *start = parser->at;
  if (isdigit((unsigned char)*start) || (*start == '.' && isdigit((unsigned char)start[1])))
    return parse_number(parser);
  if (!isalpha((unsigned char)*start))
    return fail(parser, "a number, an operand, a function or (");
  while (isalnum((unsigned char)*parser->at) || *parser->at == '_')
    parser->at++;
  size_t size = (size_t)(parser->at - start);
  if (size > 1)
    return parse_function(parser, start, size);
  if (*start >= 'a' && *start < 'a' + parser->n_operands)
    return parser->operands[*start - 'a'];
  parser->at = start;
  return fail(parser, "an operand of the list (a is the first)");
}

static struct tin_node *parse_sign(struct parser *parser) {
  struct tin_graph *graph = parser->call->graph;
  if (++parser->depth > MAX_DEPTH)
    return fail(parser, "less nesting");
  struct tin_node *x;
  if (accept(parser, "-"))
    x = make_unary(graph, OP_NEG, as_number(parser, parse_sign(parser)));
  else if (accept(parser, "+"))
    x = as_number(parser, parse_sign(parser));
  else if (accept(parser, "!"))
    x = make_unary(graph, OP_NOT, tin_node_truth(graph, parse_sign(parser)));
  else
    x = parse_primary(parser);
  parser->depth--;
  return x;
}

static struct tin_node *parse_product(struct parser *parser) {
  struct tin_node *x = parse_sign(parser);
  for (;;) {
    if (accept(parser, "*"))
      x = arithmetic(parser, OP_MUL, x, parse_sign(parser));
    else if (accept(parser, "/"))
      x = arithmetic(parser, OP_DIV, x, parse_sign(parser));
    else
      return x;
  }
}

static struct tin_node *parse_sum(struct parser *parser) {
  struct tin_node *x = parse_product(parser);
  for (;;) {
    if (accept(parser, "+"))
      x = arithmetic(parser, OP_ADD, x, parse_product(parser));
    else if (accept(parser, "-"))
      x = arithmetic(parser, OP_SUB, x, parse_product(parser));
    else
      return x;
  }
}

static struct tin_node *parse_order(struct parser *parser) {
  struct tin_node *x = parse_sum(parser);
  for (;;) {
    if (accept(parser, "<="))
      x = arithmetic(parser, OP_LE, x, parse_sum(parser));
    else if (accept(parser, ">="))
      x = arithmetic(parser, OP_LE, parse_sum(parser), x);
    else if (accept(parser, "<"))
      x = arithmetic(parser, OP_LT, x, parse_sum(parser));
    else if (accept(parser, ">"))
      x = arithmetic(parser, OP_LT, parse_sum(parser), x);
    else
      return x;
  }
}

static struct tin_node *parse_equal(struct parser *parser) {
  struct tin_node *x = parse_order(parser);
  for (;;) {
    if (accept(parser, "=="))
      x = arithmetic(parser, OP_EQ, x, parse_order(parser));
    else if (accept(parser, "!="))
      x = arithmetic(parser, OP_NE, x, parse_order(parser));
    else
      return x;
  }
}

static struct tin_node *parse_and(struct parser *parser) {
  struct tin_node *x = parse_equal(parser);
  while (accept(parser, "&&"))
    x = logical(parser, OP_AND, x, parse_equal(parser));
  return x;
}

static struct tin_node *parse_or(struct parser *parser) {
  struct tin_node *x = parse_and(parser);
  while (accept(parser, "||"))
    x = logical(parser, OP_OR, x, parse_and(parser));
  return x;
}

static struct tin_node *parse_choice(struct parser *parser) {
  struct tin_graph *graph = parser->call->graph;
  if (++parser->depth > MAX_DEPTH)
    return fail(parser, "less nesting");
  struct tin_node *x = parse_or(parser);
  if (accept(parser, "?")) {
    struct tin_node *yes = as_number(parser, parse_choice(parser));
    if (!accept(parser, ":"))
      return fail(parser, ":");
    x = make_select(graph, tin_node_truth(graph, x), yes, as_number(parser, parse_choice(parser)));
  }
  parser->depth--;
  return x;
}

static struct tin_node *parse(struct parser *parser) {
  struct tin_node *x = as_number(parser, parse_choice(parser));
  accept(parser, ""); /* spaces */
  if (!parser->failed && *parser->at)
    return fail(parser, "an operator");
  if (!x && !parser->failed)
    tin_call_fail(parser->call, "out of memory");
  return parser->failed ? NULL : x;
}

tin_tensor *tin_expression_at(const char *file, int line, const char *text, tin_list operands) {
  struct tin_call call = tin_call_of(file, line, "expression");
  struct tin_node *nodes[MAX_LETTERS];
  const char *names[MAX_LETTERS];
  static const char letters[MAX_LETTERS][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
                                               "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"};
  for (int i = 0; i < MAX_LETTERS; i++)
    names[i] = letters[i];
  int count = operands.at && operands.count > 0 && operands.count <= MAX_LETTERS ? operands.count : 0;
  if (!tin_call_operands(&call, count, operands.at, names, nodes))
    return tin_call_poison(&call);
  if (!text) {
    tin_call_fail(&call, "the text is NULL");
    return tin_call_poison(&call);
  }
  if (!tin_coerce(&call, COERCE_FLOAT, count, operands.at, names, nodes) || !tin_broadcast_all(&call, count, operands.at, names, nodes))
    return tin_call_poison(&call);
  struct parser parser = {.call = &call, .text = text, .at = text, .operands = nodes, .n_operands = count};
  parser.plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
  struct tin_node *result = parser.plain ? parse(&parser) : NULL;
  if (parser.plain)
    freelocale(parser.plain);
  return result ? tin_call_result(&call, result) : tin_call_poison(&call);
}
