/* The text form of the graph: printer and parser.
 *
 *   graph     = { line } "return" [ ref { "," ref } ]
 *   line      = ref "=" node
 *   node      = ( "var" | "buffer" ) [ string ] type        a variable; a realised node becomes one when read back
 *             | ( "const" | "scalar" ) value type
 *             | op [ "(" [ ref { "," ref } ] ")" ] type { name "=" attribute }
 *   type      = dtype "[" [ integer { "," integer } ] "]"
 *   attribute = value | "chain" | "lanes" | [ integer { "," integer } ]       which one, the name says: see `attributes`
 *   value     = integer | hexadecimal float | [ "-" ] "inf" | "bits" hexadecimal integer
 *   ref       = "%" integer
 *
 * A line ends at the newline; `#` starts a comment; spaces separate. Strings write bytes outside printable ASCII, quotes and
 * backslashes as \xHH. Every node but the first of its number is an error, and so is a reference to a later line.
 * Numbers are written without printf's %a and read without strtod: those follow the locale.
 */
#include "ir/graph.h"

#include <math.h>
#include <string.h>

#include "ir/scalar.h"

/* ---- attributes by op, for both directions ---- */

enum attribute_kind {
  ATTRIBUTE_END,
  ATTRIBUTE_MASK,   /* arg[first] is a mask of axes, written as a list of axes */
  ATTRIBUTE_NUMBER, /* arg[first] */
  ATTRIBUTE_LIST,   /* arg[0], arg[1], ...: one per axis */
  ATTRIBUTE_PAIRS,  /* arg[first], arg[first + 2], ...: one per axis */
  ATTRIBUTE_CLASS,  /* arg[first] is the class of a contraction */
  ATTRIBUTE_FILL    /* bits */
};

struct attribute {
  const char *name;
  enum attribute_kind kind;
  int first;
};

#define AXES_OF_REDUCTION                                                                                                                  \
  { "axes", ATTRIBUTE_MASK, 0 }
#define AXIS                                                                                                                               \
  { "axis", ATTRIBUTE_NUMBER, 0 }
#define WINDOW_ATTRIBUTES                                                                                                                  \
  AXIS, {"size", ATTRIBUTE_NUMBER, 1}, {"stride", ATTRIBUTE_NUMBER, 2}, {                                                                  \
    "dilation", ATTRIBUTE_NUMBER, 3                                                                                                        \
  }
static const struct attribute attributes[OP_COUNT][5] = {
    [OP_SUM] = {AXES_OF_REDUCTION},
    [OP_PROD] = {AXES_OF_REDUCTION},
    [OP_REDUCE_MIN] = {AXES_OF_REDUCTION},
    [OP_REDUCE_MAX] = {AXES_OF_REDUCTION},
    [OP_CONTRACT] = {AXES_OF_REDUCTION, {"class", ATTRIBUTE_CLASS, 1}},
    [OP_PERMUTE] = {{"axes", ATTRIBUTE_LIST, 0}},
    [OP_SLICE] = {{"start", ATTRIBUTE_PAIRS, 0}, {"step", ATTRIBUTE_PAIRS, 1}},
    [OP_PAD] = {{"low", ATTRIBUTE_PAIRS, 0}, {"interior", ATTRIBUTE_PAIRS, 1}, {"fill", ATTRIBUTE_FILL, 0}},
    [OP_FLIP] = {AXES_OF_REDUCTION},
    [OP_WINDOW] = {WINDOW_ATTRIBUTES},
    [OP_FOLD] = {WINDOW_ATTRIBUTES},
    [OP_CONCAT] = {AXIS},
    [OP_GATHER] = {AXIS},
    [OP_SCATTER_ADD] = {AXIS},
};
static const char *const class_names[] = {"lanes", "chain"};

/* ---- printer ---- */

static void print_integers(struct tin_text *text, const int64_t *values, int count, int stride, const char *separator) {
  for (int i = 0; i < count; i++)
    tin_text_add(text, "%s%lld", i ? separator : "", (long long)values[i * stride]);
}

/* A finite double as 0x1.8p+0. */
static void print_hex_float(struct tin_text *text, double value) {
  int exponent;
  double fraction = frexp(fabs(value), &exponent);
  uint64_t mantissa = (uint64_t)ldexp(fraction, 53); /* 53 bits, the highest set unless zero */
  tin_text_puts(text, signbit(value) ? "-0x" : "0x");
  tin_text_puts(text, mantissa ? "1" : "0");
  mantissa = mantissa << 12; /* the bits behind the leading one, from the top */
  if (mantissa)
    tin_text_puts(text, ".");
  for (; mantissa; mantissa <<= 4)
    tin_text_put(text, &"0123456789abcdef"[mantissa >> 60], 1);
  tin_text_add(text, "p%+d", value == 0 ? 0 : exponent - 1);
}

static void print_value(struct tin_text *text, tin_dtype dtype, uint64_t bits) {
  if (!tin_dtype_is_float(dtype)) {
    tin_text_add(text, "%lld", (long long)tin_scalar_cast(bits, dtype, TIN_I64));
    return;
  }
  double value = tin_scalar_to_double(bits, dtype);
  if (isnan(value)) {
    tin_text_puts(text, "bits ");
    tin_text_hex(text, bits);
  } else if (isinf(value)) {
    tin_text_puts(text, value < 0 ? "-inf" : "inf");
  } else {
    print_hex_float(text, value);
  }
}

static bool is_plain(char byte) {
  return byte >= ' ' && byte <= '~' && byte != '"' && byte != '\\';
}

static void print_string(struct tin_text *text, const char *string) {
  tin_text_puts(text, "\"");
  for (; *string; string++)
    if (is_plain(*string))
      tin_text_put(text, string, 1);
    else
      tin_text_add(text, "\\x%02x", (unsigned char)*string);
  tin_text_puts(text, "\"");
}

static void print_type(struct tin_text *text, const struct tin_node *node) {
  tin_text_add(text, " %s[", tin_dtypes[node->dtype].text);
  print_integers(text, node->shape, node->rank, 1, ", ");
  tin_text_puts(text, "]");
}

static void print_mask(struct tin_text *text, uint64_t mask) {
  const char *separator = "";
  for (int axis = 0; mask; axis++, mask >>= 1)
    if (mask & 1) {
      tin_text_add(text, "%s%d", separator, axis);
      separator = ",";
    }
}

static void print_attribute(struct tin_text *text, const struct tin_node *node, const struct attribute *attribute) {
  const int64_t *first = node->arg + attribute->first;
  tin_text_add(text, " %s=", attribute->name);
  switch (attribute->kind) {
  case ATTRIBUTE_MASK:
    print_mask(text, (uint64_t)*first);
    break;
  case ATTRIBUTE_NUMBER:
    print_integers(text, first, 1, 1, "");
    break;
  case ATTRIBUTE_LIST:
    print_integers(text, first, node->n_arg, 1, ",");
    break;
  case ATTRIBUTE_PAIRS:
    print_integers(text, first, node->n_arg / 2, 2, ",");
    break;
  case ATTRIBUTE_CLASS:
    tin_text_puts(text, class_names[*first & 1]);
    break;
  case ATTRIBUTE_FILL:
    print_value(text, node->dtype, node->bits);
    break;
  case ATTRIBUTE_END:
    break;
  }
}

/* Where the user made it: "  # mlp.c:34 hidden". */
static void print_site(struct tin_text *text, const struct tin_site *site) {
  if (!site->file && !site->name)
    return;
  tin_text_puts(text, "  #");
  if (site->file)
    tin_text_add(text, " %s:%d", site->file, site->line);
  if (!site->name)
    return;
  tin_text_puts(text, " ");
  for (const char *at = site->name; *at; at++)
    tin_text_put(text, is_plain(*at) ? at : "?", 1); /* a newline would end the comment */
}

static void print_source(struct tin_text *text, const struct tin_node *node) {
  tin_text_puts(text, tin_ops[node->op].text);
  if (node->op == OP_VAR && node->variable->name) {
    tin_text_puts(text, " ");
    print_string(text, node->variable->name);
  } else if (node->op == OP_CONST || node->op == OP_SCALAR) {
    tin_text_puts(text, " ");
    print_value(text, node->dtype, node->bits);
  }
  print_type(text, node);
}

static void print_operation(struct tin_text *text, const struct tin_node *node) {
  tin_text_puts(text, tin_ops[node->op].text);
  for (int i = 0; i < node->n_in; i++)
    tin_text_add(text, "%s%%%u", i ? ", " : "(", node->in[i]->index);
  tin_text_puts(text, ")");
  print_type(text, node);
  for (const struct attribute *attribute = attributes[node->op]; attribute->kind; attribute++)
    print_attribute(text, node, attribute);
}

void tin_graph_print(struct tin_graph *graph, struct tin_text *text, struct tin_node **outputs, int n_outputs) {
  struct tin_node_list order = tin_graph_order(graph, text->arena, outputs, n_outputs);
  for (int i = 0; i < order.count; i++) {
    const struct tin_node *node = order.at[i];
    tin_text_add(text, "%%%d = ", i);
    if (tin_op_is(node->op, OP_CLASS_SOURCE)) {
      print_source(text, node);
    } else if (node->buffer) {
      tin_text_puts(text, "buffer");
      print_type(text, node);
    } else {
      print_operation(text, node);
    }
    print_site(text, &node->site);
    tin_text_puts(text, "\n");
  }
  tin_text_puts(text, "return");
  for (int i = 0; i < n_outputs; i++)
    tin_text_add(text, "%s%%%u", i ? ", " : " ", outputs[i]->index);
  tin_text_puts(text, "\n");
}

/* ---- parser ---- */

/* Errors leave by the arena's fail target, as running out of memory does. */
struct parser {
  const char *at;   /* next byte */
  const char *line; /* start of the current line */
  int line_number;
  struct tin_graph *graph;
  struct tin_arena arena; /* of the parse */
  struct tin_map nodes;   /* by number + 1 */
  tin_make_variable *make_variable;
  void *context;
  struct tin_error *error;
  jmp_buf fail;
};

static _Noreturn void parse_failed(struct parser *parser, const char *at, const char *what) {
  tin_error_set(parser->error, "line %d, column %d: %s", parser->line_number, (int)(at - parser->line) + 1, what);
  longjmp(parser->fail, 1);
}

static _Noreturn void parse_out_of_memory(struct parser *parser) {
  tin_error_set(parser->error, "out of memory");
  longjmp(parser->fail, 1);
}

static void skip_spaces(struct parser *parser) {
  while (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\r')
    parser->at++;
  if (*parser->at == '#')
    while (*parser->at && *parser->at != '\n')
      parser->at++;
}

static void skip_lines(struct parser *parser) {
  for (skip_spaces(parser); *parser->at == '\n'; skip_spaces(parser)) {
    parser->line = ++parser->at;
    parser->line_number++;
  }
}

static bool accept_byte(struct parser *parser, char byte) {
  skip_spaces(parser);
  if (*parser->at != byte)
    return false;
  parser->at++;
  return true;
}

static void expect_byte(struct parser *parser, char byte, const char *what) {
  if (!accept_byte(parser, byte))
    parse_failed(parser, parser->at, what);
}

static int digit_value(char byte, int base) {
  int value = byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : 99;
  return value < base ? value : -1;
}

/* Digits of the base; false where there are none. */
static bool accept_digits(struct parser *parser, int base, uint64_t *value) {
  const char *start = parser->at;
  *value = 0;
  for (int digit; (digit = digit_value(*parser->at, base)) >= 0; parser->at++)
    if (__builtin_mul_overflow(*value, (uint64_t)base, value) || __builtin_add_overflow(*value, (uint64_t)digit, value))
      parse_failed(parser, start, "the number is too large");
  return parser->at != start;
}

static int64_t parse_integer(struct parser *parser) {
  skip_spaces(parser);
  const char *start = parser->at;
  uint64_t magnitude;
  bool negative = accept_byte(parser, '-');
  if (!accept_digits(parser, 10, &magnitude))
    parse_failed(parser, start, "expected an integer");
  if (magnitude > (uint64_t)INT64_MAX + negative)
    parse_failed(parser, start, "the number is too large");
  return (int64_t)(negative ? -magnitude : magnitude);
}

enum { WORD_SIZE = 32 }; /* longer than every op, dtype and attribute name */

static bool is_word_byte(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '_';
}

/* A word into `word`, cut to its size; false where there is none. */
static bool accept_word(struct parser *parser, char *word) {
  skip_spaces(parser);
  int size = 0;
  for (; is_word_byte(*parser->at); parser->at++)
    if (size < WORD_SIZE - 1)
      word[size++] = *parser->at;
  word[size] = 0;
  return size > 0;
}

static struct tin_node *parse_reference(struct parser *parser) {
  expect_byte(parser, '%', "expected a node, as %0");
  const char *start = parser->at;
  uint64_t number;
  if (!accept_digits(parser, 10, &number) || number > INT32_MAX)
    parse_failed(parser, start, "expected the number of a node");
  struct tin_node *node = tin_map_get(&parser->nodes, number + 1);
  if (!node)
    parse_failed(parser, start, "no line above defines this node");
  return node;
}

static char *parse_string(struct parser *parser) {
  const char *start = parser->at++;
  const char *end = start + 1;
  while (*end && *end != '"' && *end != '\n')
    end++;
  if (*end != '"')
    parse_failed(parser, start, "the string does not end");
  char *string = tin_arena_alloc(&parser->graph->arena, (size_t)(end - start));
  if (!string)
    parse_out_of_memory(parser);
  for (int size = 0; parser->at < end; size++) {
    if (*parser->at != '\\') {
      string[size] = *parser->at++;
      continue;
    }
    int high = parser->at[1] == 'x' ? digit_value(parser->at[2], 16) : -1;
    int low = high >= 0 ? digit_value(parser->at[3], 16) : -1;
    if (low < 0 || (high | low) == 0)
      parse_failed(parser, parser->at, "expected \\xHH, not zero");
    string[size] = (char)(high << 4 | low);
    parser->at += 4;
  }
  parser->at = end + 1;
  return string;
}

/* dtype "[" sizes "]" into the node, whose shape has room for TIN_MAX_RANK. */
static void parse_type(struct parser *parser, struct tin_node *node) {
  char word[WORD_SIZE];
  skip_spaces(parser);
  const char *start = parser->at;
  int dtype = accept_word(parser, word) ? tin_dtype_parse(word) : -1;
  if (dtype < 0)
    parse_failed(parser, start, "expected a dtype, as f32");
  node->dtype = (uint8_t)dtype;
  expect_byte(parser, '[', "expected [ and the sizes");
  if (accept_byte(parser, ']'))
    return;
  do {
    if (node->rank == TIN_MAX_RANK)
      parse_failed(parser, parser->at, "the rank is larger than 8");
    node->shape[node->rank++] = parse_integer(parser);
  } while (accept_byte(parser, ','));
  expect_byte(parser, ']', "expected ] or ,");
}

/* Digits of a hexadecimal float behind 0x, as mantissa * 2^exponent. */
static void parse_hex_digits(struct parser *parser, uint64_t *mantissa, int *exponent) {
  const char *start = parser->at;
  bool behind_point = false;
  int n_digits = 0;
  for (;; parser->at++) {
    int digit = digit_value(*parser->at, 16);
    if (*parser->at == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (digit < 0)
      break;
    if (*mantissa >> 60)
      parse_failed(parser, start, "too many digits");
    *mantissa = *mantissa << 4 | (uint64_t)digit;
    *exponent -= behind_point ? 4 : 0;
    n_digits++;
    if (n_digits > 64)
      parse_failed(parser, start, "too many digits");
  }
  if (!n_digits)
    parse_failed(parser, start, "expected hexadecimal digits");
}

static double parse_hex_float(struct parser *parser, bool negative) {
  const char *start = parser->at;
  uint64_t mantissa = 0;
  int exponent = 0;
  parse_hex_digits(parser, &mantissa, &exponent);
  if (*parser->at == 'p') {
    parser->at++;
    bool down = *parser->at == '-';
    uint64_t power;
    if (*parser->at == '-' || *parser->at == '+')
      parser->at++;
    if (!accept_digits(parser, 10, &power) || power > 9999)
      parse_failed(parser, start, "expected an exponent of at most 9999");
    exponent += down ? -(int)power : (int)power;
  }
  for (; mantissa && !(mantissa & 1); mantissa >>= 1)
    exponent++;
  double value = ldexp((double)mantissa, exponent);
  if (mantissa >> 53 || isinf(value) || ldexp(value, -exponent) != (double)mantissa)
    parse_failed(parser, start, "the number is not a value of the dtype");
  return negative ? -value : value;
}

static uint64_t parse_float_value(struct parser *parser, tin_dtype dtype) {
  skip_spaces(parser);
  const char *start = parser->at;
  bool negative = accept_byte(parser, '-');
  double value;
  if (!strncmp(parser->at, "inf", 3)) {
    parser->at += 3;
    value = negative ? -INFINITY : INFINITY;
  } else if (!strncmp(parser->at, "0x", 2)) {
    parser->at += 2;
    value = parse_hex_float(parser, negative);
  } else {
    uint64_t magnitude;
    if (!accept_digits(parser, 10, &magnitude))
      parse_failed(parser, start, "expected a hexadecimal float or an integer");
    if (magnitude >> 53)
      parse_failed(parser, start, "the number is not a value of the dtype");
    value = negative ? -(double)magnitude : (double)magnitude;
  }
  uint64_t bits = tin_scalar_from_double(value, dtype);
  if (tin_scalar_to_double(bits, dtype) != value)
    parse_failed(parser, start, "the number is not a value of the dtype");
  return bits;
}

static uint64_t parse_value(struct parser *parser, tin_dtype dtype) {
  skip_spaces(parser);
  const char *start = parser->at;
  uint64_t bits;
  if (!strncmp(parser->at, "bits", 4)) {
    parser->at += 4;
    skip_spaces(parser);
    if (strncmp(parser->at, "0x", 2) != 0)
      parse_failed(parser, parser->at, "expected 0x and hexadecimal digits");
    parser->at += 2;
    if (!accept_digits(parser, 16, &bits))
      parse_failed(parser, parser->at, "expected hexadecimal digits");
    return bits;
  }
  if (tin_dtype_is_float(dtype))
    return parse_float_value(parser, dtype);
  int64_t value = parse_integer(parser);
  bits = tin_scalar_cast((uint64_t)value, TIN_I64, dtype);
  if ((int64_t)tin_scalar_cast(bits, dtype, TIN_I64) != value)
    parse_failed(parser, start, "the number is not a value of the dtype");
  return bits;
}

/* The value stands in front of the type that says how to read it: passed over first, read after. */
static void parse_constant(struct parser *parser, struct tin_node *node) {
  skip_spaces(parser);
  const char *value = parser->at;
  if (!strncmp(value, "bits", 4)) {
    parser->at += 4;
    skip_spaces(parser);
  }
  while (*parser->at && !strchr(" \t\r\n#", *parser->at))
    parser->at++;
  const char *value_end = parser->at;
  parse_type(parser, node);
  const char *type_end = parser->at;
  parser->at = value;
  node->bits = parse_value(parser, node->dtype);
  if (parser->at != value_end)
    parse_failed(parser, parser->at, "expected the end of the number");
  parser->at = type_end;
}

static void parse_variable(struct parser *parser, struct tin_node *node) {
  skip_spaces(parser);
  const char *start = parser->at;
  const char *name = *parser->at == '"' ? parse_string(parser) : NULL;
  node->op = OP_VAR;
  parse_type(parser, node);
  /* Checked before the caller is asked for storage of that size. */
  struct tin_variable declared = {.dtype = node->dtype, .rank = node->rank};
  for (int i = 0; i < node->rank; i++)
    declared.shape[i] = node->shape[i];
  node->variable = &declared;
  const char *wrong = tin_node_infer(node);
  if (wrong)
    parse_failed(parser, start, wrong);
  node->variable = parser->make_variable(parser->context, node->dtype, node->rank, node->shape, name);
  if (!node->variable)
    parse_out_of_memory(parser);
  node->bits = node->variable->version;
}

static void parse_inputs(struct parser *parser, struct tin_node *node) {
  TIN_VEC(struct tin_node *) inputs = {0};
  if (!accept_byte(parser, '('))
    return;
  if (!accept_byte(parser, ')')) {
    do
      tin_vec_push(&parser->arena, &inputs, parse_reference(parser));
    while (accept_byte(parser, ','));
    expect_byte(parser, ')', "expected ) or ,");
  }
  if (inputs.count > UINT16_MAX)
    parse_failed(parser, parser->at, "too many inputs");
  node->in = inputs.at;
  node->n_in = (uint16_t)inputs.count;
}

static int parse_list(struct parser *parser, int64_t *values, int limit) {
  int count = 0;
  skip_spaces(parser);
  if (digit_value(*parser->at, 10) < 0 && *parser->at != '-')
    return 0;
  do {
    if (count == limit)
      parse_failed(parser, parser->at, "too many numbers");
    values[count++] = parse_integer(parser);
  } while (accept_byte(parser, ','));
  return count;
}

static int64_t parse_mask(struct parser *parser) {
  int64_t axes[TIN_MAX_RANK], mask = 0;
  const char *start = parser->at;
  int count = parse_list(parser, axes, TIN_MAX_RANK);
  for (int i = 0; i < count; i++) {
    if (axes[i] < 0 || axes[i] >= TIN_MAX_RANK)
      parse_failed(parser, start, "an axis is out of range");
    mask |= (int64_t)1 << axes[i];
  }
  return mask;
}

static int64_t parse_class(struct parser *parser) {
  char word[WORD_SIZE];
  skip_spaces(parser);
  const char *start = parser->at;
  accept_word(parser, word);
  for (int class = 0; class < 2; class ++)
    if (!strcmp(word, class_names[class]))
      return class;
  parse_failed(parser, start, "expected chain or lanes");
}

/* The value of one attribute. node->arg has room for TIN_MAX_ARGS. */
static void parse_attribute(struct parser *parser, struct tin_node *node, const struct attribute *attribute) {
  int64_t values[TIN_MAX_RANK];
  int count = 1, stride = 1;
  switch (attribute->kind) {
  case ATTRIBUTE_MASK:
    values[0] = parse_mask(parser);
    break;
  case ATTRIBUTE_NUMBER:
    values[0] = parse_integer(parser);
    break;
  case ATTRIBUTE_CLASS:
    values[0] = parse_class(parser);
    break;
  case ATTRIBUTE_PAIRS:
    stride = 2;
    count = parse_list(parser, values, TIN_MAX_RANK);
    break;
  case ATTRIBUTE_LIST:
    count = parse_list(parser, values, TIN_MAX_RANK);
    break;
  case ATTRIBUTE_FILL:
    node->bits = parse_value(parser, node->dtype);
    return;
  case ATTRIBUTE_END:
    return;
  }
  int n_arg = stride == 2 ? 2 * count : attribute->first + count;
  if (stride == 2 && attribute->first == 1 && n_arg != node->n_arg)
    parse_failed(parser, parser->at, "the lists differ in length");
  node->n_arg = (uint16_t)n_arg;
  for (int i = 0; i < count; i++)
    node->arg[attribute->first + i * stride] = values[i];
}

/* The attributes that the op has, in their order. */
static void parse_attributes(struct parser *parser, struct tin_node *node) {
  char word[WORD_SIZE];
  for (const struct attribute *attribute = attributes[node->op]; attribute->kind; attribute++) {
    skip_spaces(parser);
    const char *start = parser->at;
    accept_word(parser, word);
    if (strcmp(word, attribute->name) != 0 || !accept_byte(parser, '=')) {
      char what[WORD_SIZE] = "expected ";
      strcat(strcat(what, attribute->name), "=");
      parse_failed(parser, start, what);
    }
    parse_attribute(parser, node, attribute);
  }
}

static void parse_node(struct parser *parser, struct tin_node *node) {
  char word[WORD_SIZE];
  skip_spaces(parser);
  const char *start = parser->at;
  if (!accept_word(parser, word))
    parse_failed(parser, start, "expected an op");
  bool is_buffer = !strcmp(word, "buffer");
  int op = tin_op_parse(word);
  if (is_buffer || op == OP_VAR) {
    parse_variable(parser, node);
    return;
  }
  if (op < 0)
    parse_failed(parser, start, "expected an op");
  node->op = (uint16_t)op;
  if (op == OP_CONST || op == OP_SCALAR) {
    parse_constant(parser, node);
  } else {
    parse_inputs(parser, node);
    parse_type(parser, node);
    parse_attributes(parser, node);
  }
  struct tin_node declared = *node; /* what the text says, before inference overwrites it */
  int64_t sizes[TIN_MAX_RANK];
  memcpy(sizes, node->shape, sizeof sizes);
  const char *wrong = tin_node_infer(node);
  if (wrong)
    parse_failed(parser, start, wrong);
  if (node->dtype != declared.dtype || node->rank != declared.rank || memcmp(sizes, node->shape, sizeof(int64_t) * node->rank) != 0)
    parse_failed(parser, start, "dtype or shape does not follow from the inputs");
}

static void end_line(struct parser *parser) {
  skip_spaces(parser);
  if (*parser->at && *parser->at != '\n')
    parse_failed(parser, parser->at, "expected the end of the line");
}

static void parse_line(struct parser *parser) {
  int64_t shape[TIN_MAX_RANK] = {0}, arg[TIN_MAX_ARGS] = {0};
  struct tin_node draft = {.shape = shape, .arg = arg};
  expect_byte(parser, '%', "expected %, or return");
  const char *start = parser->at;
  uint64_t number;
  if (!accept_digits(parser, 10, &number) || number > INT32_MAX)
    parse_failed(parser, start, "expected the number of a node");
  if (tin_map_get(&parser->nodes, number + 1))
    parse_failed(parser, start, "a line above already defines this node");
  expect_byte(parser, '=', "expected =");
  parse_node(parser, &draft);
  end_line(parser);
  struct tin_node *node = tin_node_make(parser->graph, &draft);
  if (!node)
    parse_out_of_memory(parser);
  tin_map_set(&parser->nodes, number + 1, node);
}

static struct tin_node_list parse_return(struct parser *parser) {
  TIN_VEC(struct tin_node *) outputs = {0};
  skip_spaces(parser);
  if (*parser->at == '%') {
    do
      tin_vec_push(&parser->arena, &outputs, parse_reference(parser));
    while (accept_byte(parser, ','));
  }
  end_line(parser);
  skip_lines(parser);
  if (*parser->at)
    parse_failed(parser, parser->at, "expected nothing behind return");
  struct tin_node **at = tin_arena_copy(&parser->graph->arena, outputs.at, sizeof *at * (size_t)outputs.count);
  if (!at)
    parse_out_of_memory(parser);
  return (struct tin_node_list){at, outputs.count};
}

static struct tin_node_list parse_graph(struct parser *parser) {
  for (;;) {
    skip_lines(parser);
    if (!strncmp(parser->at, "return", 6) && !is_word_byte(parser->at[6])) {
      parser->at += 6;
      return parse_return(parser);
    }
    parse_line(parser);
  }
}

struct tin_node_list tin_graph_parse(struct tin_graph *graph, const char *text, tin_make_variable *variable, void *context,
                                     struct tin_error *error) {
  struct tin_node_list outputs = {0};
  struct parser parser = {
      .at = text, .line = text, .line_number = 1, .graph = graph, .make_variable = variable, .context = context, .error = error};
  tin_arena_init(&parser.arena, 1 << 12, &parser.fail);
  tin_map_init(&parser.nodes, &parser.arena);
  if (setjmp(parser.fail)) {
    tin_error_set(error, "out of memory"); /* unless the text's error came first */
    tin_arena_free(&parser.arena);
    return (struct tin_node_list){0};
  }
  outputs = parse_graph(&parser);
  if (!tin_graph_verify(graph, outputs.at, outputs.count, error))
    outputs = (struct tin_node_list){0};
  tin_arena_free(&parser.arena);
  return outputs;
}
