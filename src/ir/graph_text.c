/* The text form of the graph: printer and parser.
 *
 *   graph     = { line } "return" [ ref { "," ref } ]
 *   line      = ref "=" node
 *   node      = ( "var" | "buffer" ) [ string ] type        a variable; a realised node becomes one when read back
 *             | ( "const" | "scalar" ) value type
 *             | op [ "(" [ ref { "," ref } ] ")" ] type { name "=" attribute }
 *   type      = dtype "[" [ integer { "," integer } ] "]"
 *   attribute = value | name | [ integer { "," integer } ]       which one, the name says: see `attributes`
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

#include "common/parse.h"
#include "ir/indexing.h"
#include "ir/scalar.h"

/* ---- attributes by op, for both directions ---- */

enum attribute_kind {
  ATTRIBUTE_END,
  ATTRIBUTE_MASK,     /* arg[first] is a mask of axes, written as a list of axes */
  ATTRIBUTE_NUMBER,   /* arg[first] */
  ATTRIBUTE_LIST,     /* arg[0], arg[1], ...: one per axis */
  ATTRIBUTE_PAIRS,    /* arg[first], arg[first + 2], ...: one per axis */
  ATTRIBUTE_CLASS,    /* arg[first] is the class of a contraction */
  ATTRIBUTE_FILL,     /* bits */
  ATTRIBUTE_OPTIONAL, /* arg[first]; left out when 0 */
  ATTRIBUTE_ZERO,     /* arg[first]: the zero of a contraction is positive; left out when 0 */
  ATTRIBUTE_MODE      /* arg[first] is the mode of a scatter */
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
#define INDEXING_ATTRIBUTES                                                                                                                \
  AXIS, {"batch", ATTRIBUTE_OPTIONAL, 1}, {"coords", ATTRIBUTE_OPTIONAL, 2}, {                                                             \
    "tail", ATTRIBUTE_OPTIONAL, 3                                                                                                          \
  }
static const struct attribute attributes[OP_COUNT][6] = {
    [OP_SUM] = {AXES_OF_REDUCTION},
    [OP_PROD] = {AXES_OF_REDUCTION},
    [OP_REDUCE_MIN] = {AXES_OF_REDUCTION},
    [OP_REDUCE_MAX] = {AXES_OF_REDUCTION},
    [OP_CONTRACT] = {AXES_OF_REDUCTION, {"class", ATTRIBUTE_CLASS, 1}, {"zero", ATTRIBUTE_ZERO, 2}},
    [OP_PERMUTE] = {{"axes", ATTRIBUTE_LIST, 0}},
    [OP_SLICE] = {{"start", ATTRIBUTE_PAIRS, 0}, {"step", ATTRIBUTE_PAIRS, 1}},
    [OP_PAD] = {{"low", ATTRIBUTE_PAIRS, 0}, {"interior", ATTRIBUTE_PAIRS, 1}, {"fill", ATTRIBUTE_FILL, 0}},
    [OP_FLIP] = {AXES_OF_REDUCTION},
    [OP_WINDOW] = {WINDOW_ATTRIBUTES},
    [OP_FOLD] = {WINDOW_ATTRIBUTES},
    [OP_CONCAT] = {AXIS},
    [OP_GATHER] = {INDEXING_ATTRIBUTES},
    [OP_SCATTER] = {INDEXING_ATTRIBUTES, {"mode", ATTRIBUTE_MODE, 4}},
    [OP_CUMSUM] = {AXIS},
    [OP_CUMPROD] = {AXIS},
    [OP_RECURRENCE] = {AXIS},
    [OP_CUMARGMAX] = {AXIS},
    [OP_CUMARGMIN] = {AXIS},
    [OP_ARGSORT] = {AXIS, {"descending", ATTRIBUTE_NUMBER, 1}},
};
static const char *const class_names[] = {"lanes", "chain"}, *const zero_name = "positive";

static bool is_optional(const struct attribute *attribute) {
  return attribute->kind == ATTRIBUTE_OPTIONAL || attribute->kind == ATTRIBUTE_ZERO;
}

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
    tin_text_add(text, dtype == TIN_U64 ? "%llu" : "%lld", (long long)tin_scalar_cast(bits, dtype, TIN_I64));
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
  if (is_optional(attribute) && !*first)
    return;
  tin_text_add(text, " %s=", attribute->name);
  switch (attribute->kind) {
  case ATTRIBUTE_MASK:
    print_mask(text, (uint64_t)*first);
    break;
  case ATTRIBUTE_NUMBER:
  case ATTRIBUTE_OPTIONAL:
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
  case ATTRIBUTE_ZERO:
    tin_text_puts(text, zero_name);
    break;
  case ATTRIBUTE_MODE:
    tin_text_puts(text, tin_scatter_mode_names[*first]);
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
  struct tin_parser in;
  struct tin_graph *graph;
  struct tin_arena arena; /* of the parse */
  struct tin_map nodes;   /* by number + 1 */
  tin_make_variable *make_variable;
  void *context;
  jmp_buf fail;
};

static _Noreturn void parse_out_of_memory(struct parser *parser) {
  tin_error_set(parser->in.error, "out of memory");
  longjmp(parser->fail, 1);
}

static struct tin_node *parse_reference(struct parser *parser) {
  tin_parse_expect(&parser->in, "%", "expected a node, as %0");
  const char *start = parser->in.at;
  uint64_t number;
  if (!tin_parse_digits(&parser->in, 10, &number) || number > INT32_MAX)
    tin_parse_failed(&parser->in, start, "expected the number of a node");
  struct tin_node *node = tin_map_get(&parser->nodes, number + 1);
  if (!node)
    tin_parse_failed(&parser->in, start, "no line above defines this node");
  return node;
}

static char *parse_string(struct parser *parser) {
  const char *start = parser->in.at++;
  const char *end = start + 1;
  while (*end && *end != '"' && *end != '\n')
    end++;
  if (*end != '"')
    tin_parse_failed(&parser->in, start, "the string does not end");
  char *string = tin_arena_alloc(&parser->graph->arena, (size_t)(end - start));
  if (!string)
    parse_out_of_memory(parser);
  for (int size = 0; parser->in.at < end; size++) {
    if (*parser->in.at != '\\') {
      string[size] = *parser->in.at++;
      continue;
    }
    int high = parser->in.at[1] == 'x' ? tin_parse_digit(parser->in.at[2], 16) : -1;
    int low = high >= 0 ? tin_parse_digit(parser->in.at[3], 16) : -1;
    if (low < 0 || (high | low) == 0)
      tin_parse_failed(&parser->in, parser->in.at, "expected \\xHH, not zero");
    string[size] = (char)(high << 4 | low);
    parser->in.at += 4;
  }
  parser->in.at = end + 1;
  return string;
}

/* dtype "[" sizes "]" into the node, whose shape has room for TIN_MAX_RANK. */
static void parse_type(struct parser *parser, struct tin_node *node) {
  node->dtype = (uint8_t)tin_parse_dtype(&parser->in);
  node->rank = (uint8_t)tin_parse_sizes(&parser->in, node->shape, TIN_MAX_RANK);
}

/* Digits of a hexadecimal float behind 0x, as mantissa * 2^exponent. */
static void parse_hex_digits(struct parser *parser, uint64_t *mantissa, int *exponent) {
  const char *start = parser->in.at;
  bool behind_point = false;
  int n_digits = 0;
  for (;; parser->in.at++) {
    int digit = tin_parse_digit(*parser->in.at, 16);
    if (*parser->in.at == '.' && !behind_point) {
      behind_point = true;
      continue;
    }
    if (digit < 0)
      break;
    if (*mantissa >> 60)
      tin_parse_failed(&parser->in, start, "too many digits");
    *mantissa = *mantissa << 4 | (uint64_t)digit;
    *exponent -= behind_point ? 4 : 0;
    n_digits++;
    if (n_digits > 64)
      tin_parse_failed(&parser->in, start, "too many digits");
  }
  if (!n_digits)
    tin_parse_failed(&parser->in, start, "expected hexadecimal digits");
}

static double parse_hex_float(struct parser *parser, bool negative) {
  const char *start = parser->in.at;
  uint64_t mantissa = 0;
  int exponent = 0;
  parse_hex_digits(parser, &mantissa, &exponent);
  if (*parser->in.at == 'p') {
    parser->in.at++;
    bool down = *parser->in.at == '-';
    uint64_t power;
    if (*parser->in.at == '-' || *parser->in.at == '+')
      parser->in.at++;
    if (!tin_parse_digits(&parser->in, 10, &power) || power > 9999)
      tin_parse_failed(&parser->in, start, "expected an exponent of at most 9999");
    exponent += down ? -(int)power : (int)power;
  }
  for (; mantissa && !(mantissa & 1); mantissa >>= 1)
    exponent++;
  double value = ldexp((double)mantissa, exponent);
  if (mantissa >> 53 || isinf(value) || ldexp(value, -exponent) != (double)mantissa)
    tin_parse_failed(&parser->in, start, "the number is not a value of the dtype");
  return negative ? -value : value;
}

static uint64_t parse_float_value(struct parser *parser, tin_dtype dtype) {
  tin_parse_spaces(&parser->in);
  const char *start = parser->in.at;
  bool negative = tin_parse_accept(&parser->in, "-");
  double value;
  if (!strncmp(parser->in.at, "inf", 3)) {
    parser->in.at += 3;
    value = negative ? -INFINITY : INFINITY;
  } else if (!strncmp(parser->in.at, "0x", 2)) {
    parser->in.at += 2;
    value = parse_hex_float(parser, negative);
  } else {
    uint64_t magnitude;
    if (!tin_parse_digits(&parser->in, 10, &magnitude))
      tin_parse_failed(&parser->in, start, "expected a hexadecimal float or an integer");
    if (magnitude >> 53)
      tin_parse_failed(&parser->in, start, "the number is not a value of the dtype");
    value = negative ? -(double)magnitude : (double)magnitude;
  }
  uint64_t bits = tin_scalar_from_double(value, dtype);
  if (tin_scalar_to_double(bits, dtype) != value)
    tin_parse_failed(&parser->in, start, "the number is not a value of the dtype");
  return bits;
}

static uint64_t parse_value(struct parser *parser, tin_dtype dtype) {
  tin_parse_spaces(&parser->in);
  const char *start = parser->in.at;
  uint64_t bits;
  if (!strncmp(parser->in.at, "bits", 4)) {
    parser->in.at += 4;
    tin_parse_spaces(&parser->in);
    if (strncmp(parser->in.at, "0x", 2) != 0)
      tin_parse_failed(&parser->in, parser->in.at, "expected 0x and hexadecimal digits");
    parser->in.at += 2;
    if (!tin_parse_digits(&parser->in, 16, &bits))
      tin_parse_failed(&parser->in, parser->in.at, "expected hexadecimal digits");
    return bits;
  }
  if (tin_dtype_is_float(dtype))
    return parse_float_value(parser, dtype);
  if (dtype == TIN_U64 && *start != '-') {
    if (!tin_parse_digits(&parser->in, 10, &bits))
      tin_parse_failed(&parser->in, start, "expected an integer");
    return bits;
  }
  int64_t value = tin_parse_integer(&parser->in, dtype == TIN_U64 ? 0 : INT64_MIN, INT64_MAX);
  bits = tin_scalar_cast((uint64_t)value, TIN_I64, dtype);
  if ((int64_t)tin_scalar_cast(bits, dtype, TIN_I64) != value)
    tin_parse_failed(&parser->in, start, "the number is not a value of the dtype");
  return bits;
}

/* The value stands in front of the type that says how to read it: passed over first, read after. */
static void parse_constant(struct parser *parser, struct tin_node *node) {
  tin_parse_spaces(&parser->in);
  const char *value = parser->in.at;
  if (!strncmp(value, "bits", 4)) {
    parser->in.at += 4;
    tin_parse_spaces(&parser->in);
  }
  while (*parser->in.at && !strchr(" \t\r\n#", *parser->in.at))
    parser->in.at++;
  const char *value_end = parser->in.at;
  parse_type(parser, node);
  const char *type_end = parser->in.at;
  parser->in.at = value;
  node->bits = parse_value(parser, node->dtype);
  if (parser->in.at != value_end)
    tin_parse_failed(&parser->in, parser->in.at, "expected the end of the number");
  parser->in.at = type_end;
}

static void parse_variable(struct parser *parser, struct tin_node *node) {
  tin_parse_spaces(&parser->in);
  const char *start = parser->in.at;
  const char *name = *parser->in.at == '"' ? parse_string(parser) : NULL;
  node->op = OP_VAR;
  parse_type(parser, node);
  /* Checked before the caller is asked for storage of that size. */
  struct tin_variable declared = {.dtype = node->dtype, .rank = node->rank};
  for (int i = 0; i < node->rank; i++)
    declared.shape[i] = node->shape[i];
  node->variable = &declared;
  const char *wrong = tin_node_infer(node);
  if (wrong)
    tin_parse_failed(&parser->in, start, wrong);
  node->variable = parser->make_variable(parser->context, node->dtype, node->rank, node->shape, name);
  if (!node->variable)
    parse_out_of_memory(parser);
  node->bits = node->variable->version;
}

static void parse_inputs(struct parser *parser, struct tin_node *node) {
  TIN_VEC(struct tin_node *) inputs = {0};
  if (!tin_parse_accept(&parser->in, "("))
    return;
  if (!tin_parse_accept(&parser->in, ")")) {
    do
      tin_vec_push(&parser->arena, &inputs, parse_reference(parser));
    while (tin_parse_accept(&parser->in, ","));
    tin_parse_expect(&parser->in, ")", "expected ) or ,");
  }
  if (inputs.count > UINT16_MAX)
    tin_parse_failed(&parser->in, parser->in.at, "too many inputs");
  node->in = inputs.at;
  node->n_in = (uint16_t)inputs.count;
}

static int parse_list(struct parser *parser, int64_t *values, int limit) {
  int count = 0;
  tin_parse_spaces(&parser->in);
  if (tin_parse_digit(*parser->in.at, 10) < 0 && *parser->in.at != '-')
    return 0;
  do {
    if (count == limit)
      tin_parse_failed(&parser->in, parser->in.at, "too many numbers");
    values[count++] = tin_parse_integer(&parser->in, INT64_MIN, INT64_MAX);
  } while (tin_parse_accept(&parser->in, ","));
  return count;
}

static int64_t parse_mask(struct parser *parser) {
  int64_t axes[TIN_MAX_RANK], mask = 0;
  const char *start = parser->in.at;
  int count = parse_list(parser, axes, TIN_MAX_RANK);
  for (int i = 0; i < count; i++) {
    if (axes[i] < 0 || axes[i] >= TIN_MAX_RANK)
      tin_parse_failed(&parser->in, start, "an axis is out of range");
    else
      mask |= (int64_t)1 << axes[i];
  }
  return mask;
}

/* Number of the name that stands next. */
static int64_t parse_name(struct parser *parser, const char *const *names, int count, const char *expected) {
  char word[TIN_WORD_SIZE];
  tin_parse_spaces(&parser->in);
  const char *start = parser->in.at;
  tin_parse_word(&parser->in, word);
  for (int i = 0; i < count; i++)
    if (!strcmp(word, names[i]))
      return i;
  tin_parse_failed(&parser->in, start, expected);
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
  case ATTRIBUTE_OPTIONAL:
    values[0] = tin_parse_integer(&parser->in, INT64_MIN, INT64_MAX);
    break;
  case ATTRIBUTE_CLASS:
    values[0] = parse_name(parser, class_names, 2, "expected chain or lanes");
    break;
  case ATTRIBUTE_ZERO:
    values[0] = 1 + parse_name(parser, &zero_name, 1, "expected positive");
    break;
  case ATTRIBUTE_MODE:
    values[0] = parse_name(parser, tin_scatter_mode_names, TIN_SCATTER_MODES, "expected add, set, mul, min or max");
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
    tin_parse_failed(&parser->in, parser->in.at, "the lists differ in length");
  node->n_arg = (uint16_t)n_arg;
  for (int i = 0; i < count; i++)
    node->arg[attribute->first + i * stride] = values[i];
}

/* The attributes that the op has, in their order. */
static void parse_attributes(struct parser *parser, struct tin_node *node) {
  char word[TIN_WORD_SIZE];
  for (const struct attribute *attribute = attributes[node->op]; attribute->kind; attribute++) {
    tin_parse_spaces(&parser->in);
    const char *start = parser->in.at;
    tin_parse_word(&parser->in, word);
    if (is_optional(attribute) && strcmp(word, attribute->name) != 0) {
      parser->in.at = start;
      node->n_arg = (uint16_t)(attribute->first + 1);
      continue;
    }
    if (strcmp(word, attribute->name) != 0 || !tin_parse_accept(&parser->in, "=")) {
      char what[TIN_WORD_SIZE] = "expected ";
      strcat(strcat(what, attribute->name), "=");
      tin_parse_failed(&parser->in, start, what);
    }
    parse_attribute(parser, node, attribute);
  }
}

static void parse_node(struct parser *parser, struct tin_node *node) {
  char word[TIN_WORD_SIZE];
  tin_parse_spaces(&parser->in);
  const char *start = parser->in.at;
  if (!tin_parse_word(&parser->in, word))
    tin_parse_failed(&parser->in, start, "expected an op");
  bool is_buffer = !strcmp(word, "buffer");
  int op = tin_op_parse(word);
  if (is_buffer || op == OP_VAR) {
    parse_variable(parser, node);
    return;
  }
  if (op < 0)
    tin_parse_failed(&parser->in, start, "expected an op");
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
    tin_parse_failed(&parser->in, start, wrong);
  if (node->dtype != declared.dtype || node->rank != declared.rank || memcmp(sizes, node->shape, sizeof(int64_t) * node->rank) != 0)
    tin_parse_failed(&parser->in, start, "dtype or shape does not follow from the inputs");
}

static void parse_line(struct parser *parser) {
  int64_t shape[TIN_MAX_RANK] = {0}, arg[TIN_MAX_ARGS] = {0};
  struct tin_node draft = {.shape = shape, .arg = arg};
  tin_parse_expect(&parser->in, "%", "expected %, or return");
  const char *start = parser->in.at;
  uint64_t number;
  if (!tin_parse_digits(&parser->in, 10, &number) || number > INT32_MAX)
    tin_parse_failed(&parser->in, start, "expected the number of a node");
  if (tin_map_get(&parser->nodes, number + 1))
    tin_parse_failed(&parser->in, start, "a line above already defines this node");
  tin_parse_expect(&parser->in, "=", "expected =");
  parse_node(parser, &draft);
  tin_parse_end_line(&parser->in);
  struct tin_node *node = tin_node_make(parser->graph, &draft);
  if (!node)
    parse_out_of_memory(parser);
  tin_map_set(&parser->nodes, number + 1, node);
}

static struct tin_node_list parse_return(struct parser *parser) {
  TIN_VEC(struct tin_node *) outputs = {0};
  tin_parse_spaces(&parser->in);
  if (*parser->in.at == '%') {
    do
      tin_vec_push(&parser->arena, &outputs, parse_reference(parser));
    while (tin_parse_accept(&parser->in, ","));
  }
  tin_parse_end_line(&parser->in);
  tin_parse_lines(&parser->in);
  if (*parser->in.at)
    tin_parse_failed(&parser->in, parser->in.at, "expected nothing behind return");
  struct tin_node **at = tin_arena_copy(&parser->graph->arena, outputs.at, sizeof *at * (size_t)outputs.count);
  if (!at)
    parse_out_of_memory(parser);
  return (struct tin_node_list){at, outputs.count};
}

static struct tin_node_list parse_graph(struct parser *parser) {
  for (;;) {
    tin_parse_lines(&parser->in);
    if (tin_parse_accept(&parser->in, "return"))
      return parse_return(parser);
    parse_line(parser);
  }
}

struct tin_node_list tin_graph_parse(struct tin_graph *graph, const char *text, tin_make_variable *variable, void *context,
                                     struct tin_error *error) {
  struct tin_node_list outputs = {0};
  struct parser parser = {.graph = graph, .make_variable = variable, .context = context};
  tin_parse_init(&parser.in, text, &parser.fail, error);
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
