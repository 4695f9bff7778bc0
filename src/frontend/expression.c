/* User-defined elementwise functions: a C expression over the operands a, b, c, ... becomes nodes.
 *
 *   choice  := binary ['?' choice ':' choice]      binary  := sign {operator sign}, by the levels of the table of operators
 *   sign    := {'-' | '+' | '!' | '~'} primary
 *   primary := number | letter | constant | name '(' choice {',' choice} ')' | '(' choice ')'
 *
 * Operands are broadcast first, so every value in the tree has the same shape. They keep their dtypes: two values meet in the promoted one,
 * and a number takes the other value's. Functions are the public ones, called as the user would call them. */
#include "frontend/frontend.h"

#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 200, MAX_TEXT = 1 << 16, MAX_LETTERS = 26, MAX_ARGUMENTS = 3 };

struct parser {
  struct tin_call call; /* that of the user, but what is made on the way is not rounded to 16 bits */
  const char *text, *at;
  struct tin_node *letter[MAX_LETTERS]; /* what a to z stand for, or NULL */
  struct tin_node *like;                /* has the shape of every value */
  tin_dtype dtype;                      /* that of the operands together: of numbers among themselves, of bool in arithmetic */
  int depth;
  bool failed;    /* the error is recorded */
  locale_t plain; /* numbers have a point in every locale; made when a number needs it */
};

/* A number stays one until it meets something that has a dtype. */
struct value {
  struct tin_node *node;   /* NULL for a number, and when memory ran out */
  bool is_number, is_real; /* is_real: written as a float */
  double number;
};

static const struct value nothing;

static struct value value_of(struct tin_node *node) {
  return (struct value){.node = node};
}

static struct value parse_choice(struct parser *parser);

/* ---- errors and tokens ---- */

/* "column 5: expected an operand", the text around it, and a caret below the column. */
static struct value fail(struct parser *parser, const char *expected) {
  enum { BEFORE = 60, SHOWN = 100 };
  int column = (int)(parser->at - parser->text), start = column > BEFORE ? column - BEFORE : 0;
  char shown[SHOWN + 1];
  snprintf(shown, sizeof shown, "%s", parser->text + start);
  for (char *at = shown; *at; at++)
    if (iscntrl((unsigned char)*at))
      *at = ' ';
  if (!parser->failed)
    tin_call_fail(&parser->call, "column %d: expected %s\n  %s\n  %*s^", column + 1, expected, shown, column - start, "");
  parser->failed = true;
  return nothing;
}

static void skip_spaces(struct parser *parser) {
  while (isspace((unsigned char)*parser->at))
    parser->at++;
}

static bool accept(struct parser *parser, const char *token) {
  skip_spaces(parser);
  size_t size = strlen(token);
  if (parser->failed || strncmp(parser->at, token, size) != 0)
    return false;
  parser->at += size;
  return true;
}

/* ---- dtypes ---- */

static tin_dtype float_of(const struct parser *parser) {
  return tin_dtype_is_float(parser->dtype) ? parser->dtype : TIN_F32;
}

static struct tin_node *number_node(struct parser *parser, tin_dtype dtype, double number) {
  struct tin_graph *graph = parser->call.graph;
  return make_broadcast(graph, tin_node_number_as(graph, dtype, number), parser->like->rank, parser->like->shape);
}

/* The dtype in which the values meet. */
static tin_dtype meeting_dtype(const struct parser *parser, const struct value *values, int count) {
  tin_dtype dtype = parser->dtype;
  bool found = false, number = false, real = false;
  for (int i = 0; i < count; i++) {
    number |= values[i].is_number;
    real |= values[i].is_number && values[i].is_real;
    if (!values[i].node)
      continue;
    dtype = found ? tin_dtype_promote(dtype, (tin_dtype)values[i].node->dtype) : (tin_dtype)values[i].node->dtype;
    found = true;
  }
  if (tin_dtype_is_float(dtype) || !number)
    return dtype;
  if (real)
    return float_of(parser);
  dtype = dtype == TIN_BOOL ? parser->dtype : dtype;
  for (int i = 0; i < count; i++)
    if (values[i].is_number && dtype != TIN_U64 && !tin_dtype_is_float(dtype) && !tin_dtype_holds(dtype, values[i].number))
      dtype = tin_dtype_promote(dtype, tin_dtype_holds(TIN_I32, values[i].number) ? TIN_I32 : TIN_I64);
  return dtype;
}

/* All of them in that dtype; with `arithmetic`, bool counts as 0 or 1. */
static tin_dtype meet(struct parser *parser, struct value *values, int count, bool arithmetic) {
  tin_dtype dtype = meeting_dtype(parser, values, count);
  if (arithmetic && dtype == TIN_BOOL)
    dtype = parser->dtype;
  for (int i = 0; i < count; i++)
    values[i] =
        value_of(values[i].is_number ? number_node(parser, dtype, values[i].number) : make_cast(parser->call.graph, values[i].node, dtype));
  return dtype;
}

static struct tin_node *truth(struct parser *parser, struct value x) {
  return x.is_number ? number_node(parser, TIN_BOOL, x.number != 0) : tin_node_truth(parser->call.graph, x.node);
}

/* ---- operators ---- */

enum operands { ARITHMETIC, COMPARED, LOGICAL, BITS, SHIFTED };

/* Longer texts before their beginnings. */
static const struct operator{
  char text[3];
  unsigned char level;    /* binds tighter than lower ones */
  unsigned char operands; /* enum operands */
  bool swap;
  int op;
}
operators[] = {
    {"||", 1, LOGICAL, false, OP_OR},     {"&&", 2, LOGICAL, false, OP_AND},    {"==", 6, COMPARED, false, OP_EQ},
    {"!=", 6, COMPARED, false, OP_NE},    {"<<", 8, SHIFTED, false, OP_SHL},    {">>", 8, SHIFTED, false, OP_SHR},
    {"<=", 7, COMPARED, false, OP_LE},    {">=", 7, COMPARED, true, OP_LE},     {"<", 7, COMPARED, false, OP_LT},
    {">", 7, COMPARED, true, OP_LT},      {"|", 3, BITS, false, OP_OR},         {"^", 4, BITS, false, OP_XOR},
    {"&", 5, BITS, false, OP_AND},        {"+", 9, ARITHMETIC, false, OP_ADD},  {"-", 9, ARITHMETIC, false, OP_SUB},
    {"*", 10, ARITHMETIC, false, OP_MUL}, {"/", 10, ARITHMETIC, false, OP_DIV}, {"%", 10, ARITHMETIC, false, OP_MOD},
};

static const struct operator* next_operator(struct parser *parser) {
  skip_spaces(parser);
  for (const struct operator* row = operators; !parser->failed && row < operators + sizeof operators / sizeof *operators; row++)
    if (strncmp(parser->at, row->text, strlen(row->text)) == 0)
      return row;
  return NULL;
}

static struct value apply(struct parser *parser, const struct operator* row, struct value x, struct value y) {
  struct tin_graph *graph = parser->call.graph;
  if (row->operands == LOGICAL)
    return value_of(make_binary(graph, row->op, truth(parser, x), truth(parser, y)));
  struct value both[] = {x, y};
  if (row->operands >= BITS && x.is_number && y.is_number) /* i32 as in C, also among operands that are floats */
    both[0] = value_of(number_node(parser, TIN_I32, x.number));
  tin_dtype dtype = meet(parser, both, 2, row->operands == ARITHMETIC || row->operands == SHIFTED);
  if (row->operands >= BITS && tin_dtype_is_float(dtype)) {
    parser->at -= strlen(row->text);
    return fail(parser, "integers on both sides of this operator");
  }
  return value_of(make_binary(graph, row->op, both[row->swap].node, both[!row->swap].node));
}

/* ---- numbers ---- */

/* Decimal or hexadecimal, with C's suffixes. */
static struct value parse_number(struct parser *parser) {
  const char *start = parser->at;
  bool hexadecimal = start[0] == '0' && (start[1] == 'x' || start[1] == 'X');
  if (start[0] == '0' && isdigit((unsigned char)start[1]))
    return fail(parser, "a number without a leading 0, which means octal in C");
  if (!parser->plain && !(parser->plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0)))
    return nothing;
  char *end;
  locale_t before = uselocale(parser->plain);
  double number = strtod(start, &end);
  uselocale(before);
  size_t size = (size_t)(end - start), real = strcspn(start, hexadecimal ? ".pP" : ".eE");
  struct value value = {.is_number = true, .is_real = real < size, .number = number};
  if (!value.is_real && number > 0x1p53)
    return fail(parser, "an integer of at most 53 bits");
  for (; *end && strchr("fFuUlL", *end); end++)
    value.is_real |= *end == 'f' || *end == 'F';
  parser->at = end;
  return value;
}

/* ---- functions ---- */

/* clang-format off */
#define ONE(name) {#name, 1, {.one = tin_##name##_at}},
#define TWO(name) {#name, 2, {.two = tin_##name##_at}},
#define THREE(name) {#name, 3, {.three = tin_##name##_at}},
static const struct function {
  const char *name;
  int arity;
  union {
    tin_tensor *(*one)(const char *file, int line, tin_tensor *x);
    tin_tensor *(*two)(const char *file, int line, tin_tensor *a, tin_tensor *b);
    tin_tensor *(*three)(const char *file, int line, tin_tensor *a, tin_tensor *b, tin_tensor *c);
  };
} functions[] = {
    ONE(abs) ONE(acos) ONE(acosh) ONE(asin) ONE(asinh) ONE(atan) ONE(atanh) ONE(bitwise_not) ONE(cbrt) ONE(ceil) ONE(cos) ONE(cosh) ONE(deg2rad)
    ONE(detach) ONE(digamma) ONE(erf) ONE(erfc) ONE(erfinv) ONE(exp) ONE(exp2) ONE(expm1) ONE(floor) ONE(frac) ONE(isfinite) ONE(isinf)
    ONE(isnan) ONE(lgamma) ONE(log) ONE(log10) ONE(log1p) ONE(log2) ONE(logical_not) ONE(neg) ONE(rad2deg) ONE(reciprocal) ONE(relu)
    ONE(round) ONE(rsqrt) ONE(sigmoid) ONE(sign) ONE(signbit) ONE(sin) ONE(sinc) ONE(sinh) ONE(sqrt) ONE(square) ONE(tan) ONE(tanh)
    ONE(trunc)
    TWO(add) TWO(atan2) TWO(bitwise_and) TWO(bitwise_or) TWO(bitwise_xor) TWO(copysign) TWO(div) TWO(eq) TWO(floor_divide) TWO(fmax)
    TWO(fmin) TWO(fmod) TWO(ge) TWO(gt) TWO(heaviside) TWO(hypot) TWO(idiv) TWO(le) TWO(logaddexp) TWO(logical_and) TWO(logical_or)
    TWO(logical_xor) TWO(lt) TWO(maximum) TWO(minimum) TWO(mod) TWO(mul) TWO(ne) TWO(power) TWO(remainder) TWO(shl) TWO(shr) TWO(sub)
    TWO(xlogy)
    THREE(fma) THREE(lerp) THREE(where)
    {"clamp", 3, {.three = tin_clamp_tensor_at}},
    {"fabs", 1, {.one = tin_abs_at}},
    {"max", 2, {.two = tin_maximum_at}},
    {"min", 2, {.two = tin_minimum_at}},
    {"pow", 2, {.two = tin_power_at}},
};

static const struct constant {
  const char *name;
  double value;
} constants[] = {{"INFINITY", INFINITY}, {"NAN", NAN}, {"M_PI", 3.14159265358979323846}, {"M_E", 2.7182818284590452354}};
/* clang-format on */
#undef ONE
#undef TWO
#undef THREE

/* The function on values, through handles of them. */
static struct value call_function(struct parser *parser, const struct function *function, struct value *values) {
  struct tin_call *call = &parser->call;
  bool power = function->two == tin_power_at && values[1].is_number;
  double exponent = values[1].number;
  int first = function->three == tin_where_at;
  if (first)
    values[0] = value_of(truth(parser, values[0]));
  meet(parser, values + first, function->arity - first - power, false);
  tin_tensor *x[MAX_ARGUMENTS], *result;
  for (int i = 0; i < function->arity - power; i++)
    x[i] = tin_call_result(call, values[i].node);
  if (power)
    result = tin_pow_at(call->file, call->line, x[0], exponent);
  else if (function->arity == 1)
    result = function->one(call->file, call->line, x[0]);
  else if (function->arity == 2)
    result = function->two(call->file, call->line, x[0], x[1]);
  else
    result = function->three(call->file, call->line, x[0], x[1], x[2]);
  struct tin_node *node = tin_call_operand(call, result, function->name);
  parser->failed |= !node;
  return value_of(node);
}

static struct value parse_function(struct parser *parser, const char *name, size_t size) {
  const struct function *function = functions, *end = functions + sizeof functions / sizeof *functions;
  while (function < end && (strncmp(function->name, name, size) != 0 || function->name[size]))
    function++;
  if (function == end) {
    parser->at = name;
    return fail(parser, "an elementwise function of tinsmith.h without tin_, such as exp, hypot or where");
  }
  if (!accept(parser, "("))
    return fail(parser, "(");
  struct value values[MAX_ARGUMENTS] = {{0}};
  for (int i = 0; i < function->arity; i++) {
    if (i > 0 && !accept(parser, ","))
      return fail(parser, i == 1 ? "a comma and a second operand" : "a comma and a third operand");
    values[i] = parse_choice(parser);
  }
  if (!accept(parser, ")"))
    return fail(parser, ")");
  return parser->failed ? nothing : call_function(parser, function, values);
}

/* ---- the grammar ---- */

/* "an operand (a, b)" */
static struct value fail_letter(struct parser *parser) {
  char expected[16 + 3 * MAX_LETTERS] = "an operand";
  size_t used = strlen(expected);
  for (int i = 0; i < MAX_LETTERS; i++)
    if (parser->letter[i])
      used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%c", strchr(expected, '(') ? ", " : " (", 'a' + i);
  snprintf(expected + used, sizeof expected - used, ")");
  return fail(parser, expected);
}

static struct value parse_name(struct parser *parser) {
  const char *start = parser->at;
  while (isalnum((unsigned char)*parser->at) || *parser->at == '_')
    parser->at++;
  size_t size = (size_t)(parser->at - start);
  for (const struct constant *row = constants; row < constants + sizeof constants / sizeof *constants; row++)
    if (strncmp(row->name, start, size) == 0 && !row->name[size])
      return (struct value){.is_number = true, .is_real = true, .number = row->value};
  if (size > 1)
    return parse_function(parser, start, size);
  struct tin_node *node = *start >= 'a' && *start <= 'z' ? parser->letter[*start - 'a'] : NULL;
  if (node)
    return value_of(node);
  parser->at = start;
  return fail_letter(parser);
}

static struct value parse_primary(struct parser *parser) {
  if (accept(parser, "(")) {
    struct value x = parse_choice(parser);
    return accept(parser, ")") ? x : fail(parser, ")");
  }
  unsigned char start = (unsigned char)*parser->at;
  if (isdigit(start) || (start == '.' && isdigit((unsigned char)parser->at[1])))
    return parse_number(parser);
  return isalpha(start) ? parse_name(parser) : fail(parser, "a number, an operand, a function or (");
}

/* ~x, of bool as of the integer 0 or 1. */
static struct value complement(struct parser *parser, struct value x, const char *place) {
  if (x.is_number && !x.is_real)
    return (struct value){.is_number = true, .number = -x.number - 1};
  if (parser->failed || tin_dtype_is_float(meet(parser, &x, 1, true))) {
    parser->at = parser->failed ? parser->at : place;
    return fail(parser, "an integer behind this operator");
  }
  return value_of(make_unary(parser->call.graph, OP_NOT, x.node));
}

static struct value negated(struct parser *parser, struct value x, bool negate) {
  if (x.is_number) {
    x.number = negate ? -x.number : x.number;
    return x;
  }
  meet(parser, &x, 1, true);
  return negate ? value_of(make_unary(parser->call.graph, OP_NEG, x.node)) : x;
}

static struct value parse_sign(struct parser *parser) {
  if (++parser->depth > MAX_DEPTH)
    return fail(parser, "less nesting");
  skip_spaces(parser);
  const char *place = parser->at;
  struct value x;
  if (accept(parser, "-"))
    x = negated(parser, parse_sign(parser), true);
  else if (accept(parser, "+"))
    x = negated(parser, parse_sign(parser), false);
  else if (accept(parser, "!"))
    x = value_of(make_unary(parser->call.graph, OP_NOT, truth(parser, parse_sign(parser))));
  else if (accept(parser, "~"))
    x = complement(parser, parse_sign(parser), place);
  else
    x = parse_primary(parser);
  parser->depth--;
  return x;
}

/* Operators of the level and those that bind tighter; of one level from left to right. */
static struct value parse_binary(struct parser *parser, int level) {
  struct value x = parse_sign(parser);
  for (;;) {
    const struct operator* row = next_operator(parser);
    if (!row || row->level < level)
      return x;
    const char *place = parser->at;
    parser->at += strlen(row->text);
    struct value y = parse_binary(parser, row->level + 1);
    if (parser->failed)
      return nothing;
    const char *behind = parser->at;
    parser->at = place + strlen(row->text);
    x = apply(parser, row, x, y);
    parser->at = parser->failed ? parser->at : behind;
  }
}

static struct value parse_choice(struct parser *parser) {
  if (++parser->depth > MAX_DEPTH)
    return fail(parser, "less nesting");
  struct value x = parse_binary(parser, 1);
  if (accept(parser, "?")) {
    struct value branches[2] = {parse_choice(parser)};
    if (!accept(parser, ":"))
      return fail(parser, ":");
    branches[1] = parse_choice(parser);
    meet(parser, branches, 2, false);
    x = value_of(make_select(parser->call.graph, truth(parser, x), branches[0].node, branches[1].node));
  }
  parser->depth--;
  return x;
}

/* Up to the end of the text or the character `end`; NULL with the error recorded. */
static struct tin_node *parse(struct parser *parser, char end) {
  struct value x = parse_choice(parser);
  skip_spaces(parser);
  if (!parser->failed && *parser->at && *parser->at != end)
    fail(parser, "an operator");
  if (!parser->failed)
    meet(parser, &x, 1, false);
  if (!x.node && !parser->failed)
    tin_call_fail(&parser->call, "out of memory");
  return parser->failed ? NULL : x.node;
}

/* ---- public ---- */

static struct parser parser_of(struct tin_call *call, const char *text, int count, struct tin_node *const *nodes) {
  struct parser parser = {.call = *call, .text = text, .at = text, .like = nodes[0], .dtype = (tin_dtype)nodes[0]->dtype};
  parser.call.half = TIN_BOOL;
  for (int i = 0; i < count; i++) {
    parser.letter[i] = nodes[i];
    parser.dtype = tin_dtype_promote(parser.dtype, (tin_dtype)nodes[i]->dtype);
  }
  parser.dtype = parser.dtype == TIN_BOOL ? TIN_I32 : parser.dtype;
  return parser;
}

static void end_parser(struct parser *parser) {
  if (parser->plain)
    freelocale(parser->plain);
}

struct tin_node *tin_node_expression(struct tin_call *call, const char *text, int count, struct tin_node *const *nodes) {
  struct parser parser = parser_of(call, text, count, nodes);
  struct tin_node *result = parse(&parser, 0);
  end_parser(&parser);
  return result;
}

static bool check_text(struct tin_call *call, const char *text) {
  if (!text)
    tin_call_fail(call, "the text is NULL");
  else if (strlen(text) > MAX_TEXT)
    tin_call_fail(call, "the text is longer than %d characters", MAX_TEXT);
  else
    return true;
  return false;
}

/* 16-bit floats become f32; the call then rounds its result, where they are all. */
static bool widen(struct tin_call *call, int count, struct tin_node **nodes) {
  tin_dtype dtype = (tin_dtype)nodes[0]->dtype;
  for (int i = 0; i < count; i++) {
    dtype = tin_dtype_promote(dtype, (tin_dtype)nodes[i]->dtype);
    nodes[i] = make_cast(call->graph, nodes[i], tin_dtype_working((tin_dtype)nodes[i]->dtype));
    if (!nodes[i]) {
      tin_call_fail(call, "out of memory");
      return false;
    }
  }
  tin_call_working(call, dtype);
  return true;
}

/* The operands by their letters, broadcast; how many, or 0 with the error recorded. */
static int take_operands(struct tin_call *call, tin_list operands, int limit, struct tin_node **nodes) {
  const char *names[MAX_LETTERS];
  static const char letters[MAX_LETTERS][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m",
                                               "n", "o", "p", "q", "r", "s", "t", "u", "v", "w", "x", "y", "z"};
  for (int i = 0; i < MAX_LETTERS; i++)
    names[i] = letters[i];
  bool fits = operands.at && operands.count > 0 && operands.count <= limit;
  if (!tin_call_operands(call, fits ? operands.count : operands.at && operands.count > 0, operands.at, names, nodes))
    return 0;
  if (!fits)
    tin_call_fail(call, "%d operands; at most %d have a letter", operands.count, limit);
  return fits && widen(call, operands.count, nodes) && tin_broadcast_all(call, operands.count, operands.at, names, nodes) ? operands.count
                                                                                                                          : 0;
}

tin_tensor *tin_expression_at(const char *file, int line, const char *text, tin_list operands) {
  struct tin_call call = tin_call_of(file, line, "expression");
  struct tin_node *nodes[MAX_LETTERS], *result = NULL;
  int count = take_operands(&call, operands, MAX_LETTERS, nodes);
  if (count && check_text(&call, text))
    result = tin_node_expression(&call, text, count, nodes);
  return result ? tin_call_result(&call, result) : tin_call_poison(&call);
}

/* ---- with a gradient ---- */

enum { GRADIENT_OPERANDS = 'g' - 'a' }; /* then come g and y */

/* What the gradient walk calls back with, in the arena of the scope's graph. */
struct gradient_texts {
  const char *file;
  int line;
  char text[];
};

/* One text an operand, apart by semicolons, into out; nothing between them: NULL. nodes: the operands, then g, then y. */
static bool parse_gradients(struct tin_call *call, const char *text, int count, struct tin_node *const *nodes, tin_tensor **out) {
  struct parser parser = parser_of(call, text, count, nodes);
  parser.letter['g' - 'a'] = nodes[count];
  parser.letter['y' - 'a'] = nodes[count + 1];
  parser.dtype = tin_dtype_promote(parser.dtype, (tin_dtype)nodes[count]->dtype);
  for (int i = 0; i < count && !parser.failed; i++) {
    if (i > 0 && !accept(&parser, ";"))
      fail(&parser, "a semicolon and the gradient of the next operand");
    skip_spaces(&parser);
    out[i] = NULL;
    if (parser.failed || !*parser.at || *parser.at == ';')
      continue;
    struct tin_node *node = parse(&parser, ';');
    out[i] = node ? tin_call_result(&parser.call, node) : NULL;
    parser.failed |= !node || tin_is_poison(out[i]);
  }
  if (!parser.failed && *parser.at)
    fail(&parser, "the end: there is a gradient for each operand");
  end_parser(&parser);
  return !parser.failed;
}

static bool gradient_of_texts(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  const struct gradient_texts *own = user;
  struct tin_call call = tin_call_of(own->file, own->line, "expression_with_gradient");
  tin_tensor *tensors[GRADIENT_OPERANDS + 2];
  struct tin_node *nodes[GRADIENT_OPERANDS + 2];
  for (int i = 0; i < x.count; i++)
    tensors[i] = x.at[i];
  tensors[x.count] = g;
  tensors[x.count + 1] = y;
  return tin_call_operands(&call, x.count + 2, tensors, NULL, nodes) && widen(&call, x.count + 2, nodes) &&
         parse_gradients(&call, own->text, x.count, nodes, out);
}

/* The value with the texts as its gradient; they are parsed once to see whether they are right. */
static tin_tensor *with_gradient(struct tin_call *call, struct tin_node *value, const char *gradients, int count, struct tin_node **nodes) {
  tin_tensor *parsed[GRADIENT_OPERANDS], *x[GRADIENT_OPERANDS];
  nodes[count] = nodes[count + 1] = value;
  if (!parse_gradients(call, gradients, count, nodes, parsed))
    return tin_call_poison(call);
  size_t size = strlen(gradients) + 1;
  struct gradient_texts *own = tin_arena_alloc(&call->graph->arena, sizeof *own + size);
  if (!own)
    return tin_call_result(call, NULL);
  own->file = call->graph->site.file;
  own->line = call->line;
  memcpy(own->text, gradients, size);
  struct tin_call inside = *call;
  inside.half = TIN_BOOL; /* as the gradient walk meets them */
  for (int i = 0; i < count; i++)
    x[i] = tin_call_result(&inside, nodes[i]);
  return tin_custom_gradient_at(call->file, call->line, tin_call_result(call, value), (tin_list){x, count}, gradient_of_texts, own);
}

tin_tensor *tin_expression_with_gradient_at(const char *file, int line, const char *text, const char *gradients, tin_list operands) {
  struct tin_call call = tin_call_of(file, line, "expression_with_gradient");
  struct tin_node *nodes[MAX_LETTERS];
  int count = take_operands(&call, operands, GRADIENT_OPERANDS, nodes);
  if (!count || !check_text(&call, text) || !check_text(&call, gradients))
    return tin_call_poison(&call);
  struct tin_node *value = tin_node_expression(&call, text, count, nodes);
  return value ? with_gradient(&call, value, gradients, count, nodes) : tin_call_poison(&call);
}
