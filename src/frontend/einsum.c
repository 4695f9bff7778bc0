/* Einstein summation and its relatives: subscripts become labels of axes, and tin_contract_terms does the rest.
 *
 *   subscripts := term {',' term} ['->' term]      term := {letter | '...'}, the dots once; spaces mean nothing
 *
 * Labels: letters in the order of their codes, then the axes of the dots, counted from the last one, so that they align as in broadcasting.
 */
#include "frontend/contraction.h"

#include <stdlib.h>
#include <string.h>

enum { LETTERS = 52, MOST_DOTS = TIN_RANK_LIMIT };
_Static_assert(LETTERS + MOST_DOTS <= TIN_MAX_LABELS, "labels of the dots");

/* ---- subscripts ---- */

/* The letters of one operand or of the result. */
struct subscript {
  int count, dots; /* letters; place of the dots among them, or -1 */
  uint8_t letter[TIN_MAX_RANK];
  const char *at[TIN_MAX_RANK], *start;
};

struct parser {
  struct tin_call *call;
  const char *text, *at;
  int axes_of_dots; /* the most that the dots of an operand stand for */
};

static bool fail_at(struct parser *parser, const char *at, const char *message) {
  tin_call_fail(parser->call, "column %d of \"%.80s\": %s", (int)(at - parser->text) + 1, parser->text, message);
  return false;
}

static int letter_of(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? c - 'a' + 26 : -1;
}

static char code_of(int letter) {
  return (char)(letter < 26 ? 'A' + letter : 'a' + letter - 26);
}

/* One term, up to what is none of it. */
static bool read_subscript(struct parser *parser, struct subscript *out) {
  while (*parser->at == ' ')
    parser->at++;
  *out = (struct subscript){.dots = -1, .start = parser->at};
  for (;; parser->at++) {
    int letter = letter_of(*parser->at);
    if (*parser->at == ' ')
      continue;
    if (letter >= 0) {
      if (out->count == TIN_MAX_RANK)
        return fail_at(parser, parser->at, "no tensor has so many axes");
      out->at[out->count] = parser->at;
      out->letter[out->count++] = (uint8_t)letter;
    } else if (*parser->at == '.') {
      if (strncmp(parser->at, "...", 3) != 0 || out->dots >= 0)
        return fail_at(parser, parser->at, out->dots >= 0 ? "a second ellipsis" : "the ellipsis has three dots");
      out->dots = out->count;
      parser->at += 2;
    } else {
      return true;
    }
  }
}

/* The labels of the term's axes, of which `dotted` belong to the dots. */
static void label_axes(const struct subscript *subscript, int dotted, struct tin_term *out) {
  out->rank = 0;
  for (int i = 0; i <= subscript->count; i++) {
    for (int k = dotted; i == subscript->dots && k > 0; k--)
      out->label[out->rank++] = (uint8_t)(LETTERS + k - 1);
    if (i < subscript->count)
      out->label[out->rank++] = subscript->letter[i];
  }
}

/* Repeated letters need equal sizes; the sizes of different operands are joined. */
static bool check_sizes(struct parser *parser, const struct subscript *subscripts, struct tin_term *terms, tin_tensor *const *tensors,
                        int which, int64_t *size) {
  const struct tin_term *term = &terms[which];
  struct tin_words name = tin_name_item(NULL, which);
  for (int axis = 0; axis < term->rank; axis++)
    for (int other = 0; other < axis; other++)
      if (term->label[axis] == term->label[other] && term->node->shape[axis] != term->node->shape[other]) {
        tin_call_fail(parser->call, "sizes of \"%c\" differ in %s: %lld is not %lld", code_of(term->label[axis]),
                      tin_describe(tensors[which], name.text, term->node).text, (long long)term->node->shape[other],
                      (long long)term->node->shape[axis]);
        return false;
      }
  int axis = tin_term_join(term, size), first = 0;
  if (axis < 0)
    return true;
  uint8_t label = term->label[axis];
  const uint8_t *found = NULL;
  for (; first < which; first++) {
    found = memchr(terms[first].label, label, (size_t)terms[first].rank);
    if (found && terms[first].node->shape[found - terms[first].label] != 1)
      break;
  }
  char letter[] = {'"', label < LETTERS ? code_of(label) : '.', '"', 0};
  struct tin_words other = tin_name_item(NULL, first);
  tin_call_fail(parser->call, "column %d of \"%.80s\": sizes of %s differ: %s and %s: %lld is not %lld",
                (int)(subscripts[which].start - parser->text) + 1, parser->text, label < LETTERS ? letter : "\"...\"",
                tin_describe(tensors[first], other.text, terms[first].node).text, tin_describe(tensors[which], name.text, term->node).text,
                (long long)size[label], (long long)term->node->shape[axis]);
  return false;
}

/* Binds an operand's subscript to its axes. */
static bool bind_operand(struct parser *parser, const struct subscript *subscript, tin_tensor *tensor, int which, struct tin_term *term) {
  int dotted = term->node->rank - subscript->count;
  struct tin_words name = tin_name_item(NULL, which);
  if (dotted < 0 || (dotted > 0 && subscript->dots < 0)) {
    tin_call_fail(parser->call, "column %d of \"%.80s\": %d axes are named, but %s has %d", (int)(subscript->start - parser->text) + 1,
                  parser->text, subscript->count, tin_describe(tensor, name.text, term->node).text, term->node->rank);
    return false;
  }
  if (dotted > parser->axes_of_dots)
    parser->axes_of_dots = dotted;
  label_axes(subscript, dotted, term);
  return true;
}

/* The result when there is no arrow: the dots, then the letters that occur once, in the order of their codes. */
static void implicit_result(const struct parser *parser, const struct tin_term *terms, int count, struct subscript *out) {
  int seen[LETTERS] = {0};
  for (int i = 0; i < count; i++)
    for (int axis = 0; axis < terms[i].rank; axis++)
      if (terms[i].label[axis] < LETTERS)
        seen[terms[i].label[axis]]++;
  *out = (struct subscript){.start = parser->at};
  for (int letter = 0; letter < LETTERS; letter++)
    if (seen[letter] == 1 && out->count < TIN_MAX_RANK)
      out->letter[out->count++] = (uint8_t)letter;
}

static bool check_result(struct parser *parser, const struct subscript *result, const int64_t *size) {
  while (*parser->at == ' ')
    parser->at++;
  if (*parser->at)
    return fail_at(parser, parser->at, "expected a letter, \"...\" or the end");
  for (int i = 0; i < result->count; i++) {
    if (size[result->letter[i]] < 0)
      return fail_at(parser, result->at[i], "this letter of the result is in no operand");
    if (memchr(result->letter, result->letter[i], (size_t)i))
      return fail_at(parser, result->at[i], "this letter of the result is there twice");
  }
  return true;
}

/* Everything the text says: labels of the terms and of the result, sizes. */
static bool parse(struct parser *parser, int count, tin_tensor *const *tensors, struct subscript *subscripts, struct tin_term *terms,
                  struct tin_term *out, int64_t *size) {
  for (int label = 0; label < TIN_MAX_LABELS; label++)
    size[label] = -1;
  for (int i = 0; i < count; i++) {
    if (!read_subscript(parser, &subscripts[i]))
      return false;
    bool arrow = !strncmp(parser->at, "->", 2), end = !*parser->at;
    if (!arrow && !end && *parser->at != ',')
      return fail_at(parser, parser->at, "expected a letter, \"...\", \",\" or \"->\"");
    if ((arrow || end) != (i == count - 1)) {
      tin_call_fail(parser->call, "column %d of \"%.80s\": there are %d operands, but %s are named", (int)(parser->at - parser->text) + 1,
                    parser->text, count, arrow || end ? "fewer" : "more");
      return false;
    }
    parser->at += arrow ? 2 : !end;
    if (!bind_operand(parser, &subscripts[i], tensors[i], i, &terms[i]) || !check_sizes(parser, subscripts, terms, tensors, i, size))
      return false;
  }
  struct subscript result;
  if (strstr(parser->text, "->") ? !read_subscript(parser, &result) || !check_result(parser, &result, size)
                                 : (implicit_result(parser, terms, count, &result), false))
    return false;
  if (result.count + (result.dots >= 0 ? parser->axes_of_dots : 0) > TIN_RANK_LIMIT) {
    tin_call_fail(parser->call, "the result has more than %d axes", TIN_RANK_LIMIT);
    return false;
  }
  label_axes(&result, parser->axes_of_dots, out);
  return true;
}

/* ---- einsum ---- */

/* Contracts operands whose axes have labels. */
static tin_tensor *contract(struct tin_call *call, int count, tin_tensor *const *tensors, struct tin_node **nodes, struct tin_term *terms,
                            const int64_t *size, const struct tin_term *out) {
  if (!tin_coerce_product(call, count, tensors, nodes))
    return tin_call_poison(call);
  for (int i = 0; i < count; i++)
    terms[i].node = nodes[i];
  return tin_call_result(call, tin_contract_terms(call, count, terms, size, out));
}

tin_tensor *tin_einsum_at(const char *file, int line, const char *subscripts, tin_list operands) {
  struct tin_call call = tin_call_of(file, line, "einsum");
  int64_t size[TIN_MAX_LABELS];
  struct tin_term out = {0};
  if (operands.count < 1 || !operands.at || !subscripts) {
    call.ctx = operands.count > 0 && operands.at ? tin_ctx_of(operands.at[0]) : NULL;
    tin_call_fail(&call, subscripts ? "no operands" : "the subscripts are NULL");
    return tin_call_poison(&call);
  }
  size_t each = sizeof(struct tin_node *) + sizeof(struct tin_term) + sizeof(struct subscript);
  struct tin_term *terms = tin_call_alloc(&call, (size_t)operands.count, each, operands.count, operands.at);
  if (!terms)
    return tin_call_poison(&call);
  struct subscript *parsed = (void *)(terms + operands.count);
  struct tin_node **nodes = (void *)(parsed + operands.count);
  struct parser parser = {.call = &call, .text = subscripts, .at = subscripts};
  tin_tensor *result = NULL;
  bool good = tin_call_operands(&call, operands.count, operands.at, NULL, nodes);
  for (int i = 0; good && i < operands.count; i++)
    terms[i].node = nodes[i];
  if (good && parse(&parser, operands.count, operands.at, parsed, terms, &out, size))
    result = contract(&call, operands.count, operands.at, nodes, terms, size, &out);
  free(terms);
  return result ? result : tin_call_poison(&call);
}

/* ---- relatives: two operands ---- */

static const char *const ab[] = {"a", "b"};

/* Operands a and b and what their axes are called: at first 0, 1, ... of a and TIN_RANK_LIMIT, ... of b. */
struct two {
  struct tin_call call;
  tin_tensor *tensors[2];
  struct tin_node *nodes[2];
  struct tin_term terms[2];
};

static bool begin_two(struct two *two, const char *file, int line, const char *op, tin_tensor *a, tin_tensor *b) {
  *two = (struct two){.call = tin_call_of(file, line, op), .tensors = {a, b}};
  if (!tin_call_operands(&two->call, 2, two->tensors, ab, two->nodes))
    return false;
  for (int i = 0; i < 2; i++) {
    two->terms[i] = (struct tin_term){.node = two->nodes[i], .rank = two->nodes[i]->rank};
    for (int axis = 0; axis < two->terms[i].rank; axis++)
      two->terms[i].label[axis] = (uint8_t)(i * TIN_RANK_LIMIT + axis);
  }
  return true;
}

static bool check_vectors(struct two *two) {
  for (int i = 0; i < 2; i++)
    if (two->nodes[i]->rank != 1) {
      tin_call_fail(&two->call, "%s is no vector", tin_describe(two->tensors[i], ab[i], two->nodes[i]).text);
      return false;
    }
  return true;
}

/* Axis i of a and axis j of b are summed over together. */
static bool pair_axes(struct two *two, int i, int j) {
  int64_t left = two->nodes[0]->shape[i], right = two->nodes[1]->shape[j];
  two->terms[1].label[j] = (uint8_t)i;
  if (left == right)
    return true;
  tin_call_fail(&two->call, "sizes of axis %d and axis %d differ: %s and %s: %lld is not %lld", i, j,
                tin_describe(two->tensors[0], ab[0], two->nodes[0]).text, tin_describe(two->tensors[1], ab[1], two->nodes[1]).text,
                (long long)left, (long long)right);
  return false;
}

/* The result has the axes of a, then those of b, that are not summed over. */
static tin_tensor *end_two(struct two *two) {
  int64_t size[TIN_MAX_LABELS];
  struct tin_term out = {0};
  for (int label = 0; label < TIN_MAX_LABELS; label++)
    size[label] = -1;
  for (int i = 0; i < 2; i++) {
    tin_term_join(&two->terms[i], size);
    for (int axis = 0; axis < two->terms[i].rank; axis++) {
      uint8_t label = two->terms[i].label[axis];
      const struct tin_term *other = &two->terms[1 - i];
      if (memchr(other->label, label, (size_t)other->rank))
        continue;
      if (out.rank == TIN_RANK_LIMIT) {
        tin_call_fail(&two->call, "the result has more than %d axes", TIN_RANK_LIMIT);
        return tin_call_poison(&two->call);
      }
      out.label[out.rank++] = label;
    }
  }
  return contract(&two->call, 2, two->tensors, two->nodes, two->terms, size, &out);
}

tin_tensor *tin_tensordot_args(struct tin_tensordot_options args) {
  struct two two;
  int count = args.axes_a.count || args.axes_b.count ? args.axes_a.count : args.count ? args.count : 2;
  bool named = args.axes_a.count || args.axes_b.count;
  if (!begin_two(&two, args.file, args.line, "tensordot", args.a, args.b))
    return tin_call_poison(&two.call);
  int ranks[2] = {two.nodes[0]->rank, two.nodes[1]->rank};
  if ((named && args.axes_a.count != args.axes_b.count) || count < 0 || count > ranks[0] || count > ranks[1]) {
    tin_call_fail(&two.call, "%d and %d axes to sum over do not fit %s and %s", count, named ? args.axes_b.count : count,
                  tin_describe(args.a, ab[0], two.nodes[0]).text, tin_describe(args.b, ab[1], two.nodes[1]).text);
    return tin_call_poison(&two.call);
  }
  uint32_t used[2] = {0, 0};
  for (int k = 0; k < count; k++) {
    int i = named ? tin_check_axis(&two.call, args.a, ab[0], two.nodes[0], args.axes_a.axis[k]) : ranks[0] - count + k;
    int j = i < 0 ? -1 : named ? tin_check_axis(&two.call, args.b, ab[1], two.nodes[1], args.axes_b.axis[k]) : k;
    if (j < 0)
      return tin_call_poison(&two.call);
    if (used[0] >> i & 1 || used[1] >> j & 1) {
      tin_call_fail(&two.call, "an axis is named twice");
      return tin_call_poison(&two.call);
    }
    used[0] |= 1u << i, used[1] |= 1u << j;
    if (!pair_axes(&two, i, j))
      return tin_call_poison(&two.call);
  }
  return end_two(&two);
}

tin_tensor *tin_outer_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  struct two two;
  if (!begin_two(&two, file, line, "outer", a, b) || !check_vectors(&two))
    return tin_call_poison(&two.call);
  return end_two(&two);
}

tin_tensor *tin_dot_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  struct two two;
  if (!begin_two(&two, file, line, "dot", a, b) || !check_vectors(&two) || !pair_axes(&two, 0, 0))
    return tin_call_poison(&two.call);
  return end_two(&two);
}

tin_tensor *tin_inner_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  struct two two;
  if (!begin_two(&two, file, line, "inner", a, b))
    return tin_call_poison(&two.call);
  int ranks[2] = {two.nodes[0]->rank, two.nodes[1]->rank};
  if (ranks[0] && ranks[1] && !pair_axes(&two, ranks[0] - 1, ranks[1] - 1))
    return tin_call_poison(&two.call);
  return end_two(&two);
}

/* Every axis of a is followed by an axis of size 1 where b has its own, and the other way round. */
tin_tensor *tin_kron_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  struct two two;
  if (!begin_two(&two, file, line, "kron", a, b))
    return tin_call_poison(&two.call);
  int rank = two.nodes[0]->rank > two.nodes[1]->rank ? two.nodes[0]->rank : two.nodes[1]->rank;
  if (2 * rank > TIN_MAX_RANK) {
    tin_call_fail(&two.call, "operands of more than %d axes", TIN_MAX_RANK / 2);
    return tin_call_poison(&two.call);
  }
  if (!tin_coerce_product(&two.call, 2, two.tensors, two.nodes))
    return tin_call_poison(&two.call);
  int64_t alone[2][TIN_MAX_RANK], both[TIN_MAX_RANK];
  tin_shape shape = {.rank = rank};
  for (int axis = 0; axis < rank; axis++) {
    for (int i = 0; i < 2; i++) {
      int missing = rank - two.nodes[i]->rank;
      both[2 * axis + i] = axis < missing ? 1 : two.nodes[i]->shape[axis - missing];
      alone[i][2 * axis + i] = both[2 * axis + i];
      alone[i][2 * axis + 1 - i] = 1;
    }
    if (__builtin_mul_overflow(both[2 * axis], both[2 * axis + 1], &shape.size[axis]))
      shape.size[axis] = INT64_MAX;
  }
  int64_t elements;
  if (!tin_check_shape(&two.call, &shape, (tin_dtype)two.nodes[0]->dtype, &elements))
    return tin_call_poison(&two.call);
  struct tin_node *factors[2];
  for (int i = 0; i < 2; i++) {
    factors[i] = make_reshape(two.call.graph, two.nodes[i], 2 * rank, alone[i]);
    factors[i] = make_broadcast(two.call.graph, factors[i], 2 * rank, both);
  }
  struct tin_node *product = tin_node_product(two.call.graph, factors[0], factors[1]);
  return tin_call_result(&two.call, make_reshape(two.call.graph, product, rank, shape.size));
}

/* ---- relatives: more operands ---- */

tin_tensor *tin_bilinear_at(const char *file, int line, tin_tensor *x1, tin_tensor *x2, tin_tensor *weight, tin_tensor *bias) {
  tin_tensor *product = tin_einsum_at(file, line, "...i,oij,...j->...o", TIN_LIST(x1, weight, x2));
  return bias ? tin_add_at(file, line, product, bias) : product;
}

/* Labels 0 .. count along the chain; a vector at its start lacks the first, at its end the last. */
static bool label_chain(struct tin_call *call, int count, tin_tensor *const *tensors, struct tin_term *terms, int64_t *size,
                        struct tin_term *out) {
  for (int label = 0; label < TIN_MAX_LABELS; label++)
    size[label] = -1;
  for (int i = 0; i < count; i++) {
    struct tin_words name = tin_name_item(NULL, i);
    int rank = terms[i].node->rank;
    if (rank != 2 && !(rank == 1 && (i == 0 || i == count - 1))) {
      tin_call_fail(call, "%s is no matrix", tin_describe(tensors[i], name.text, terms[i].node).text);
      return false;
    }
    terms[i].rank = rank;
    for (int axis = 0; axis < rank; axis++) {
      int label = i + axis + (rank == 1 && i == 0);
      int64_t own = terms[i].node->shape[axis];
      if (size[label] >= 0 && size[label] != own) {
        tin_call_fail(call, "inner sizes differ before %s: %lld is not %lld", tin_describe(tensors[i], name.text, terms[i].node).text,
                      (long long)size[label], (long long)own);
        return false;
      }
      size[label] = own;
      terms[i].label[axis] = (uint8_t)label;
    }
  }
  if (terms[0].rank == 2)
    out->label[out->rank++] = 0;
  if (terms[count - 1].rank == 2)
    out->label[out->rank++] = (uint8_t)count;
  return true;
}

tin_tensor *tin_multi_dot_at(const char *file, int line, tin_list operands) {
  struct tin_call call = tin_call_of(file, line, "multi_dot");
  enum { MOST = TIN_MAX_LABELS - 1 };
  struct tin_node *nodes[MOST];
  struct tin_term terms[MOST], out = {0};
  int64_t size[TIN_MAX_LABELS];
  if (operands.count < 2 || operands.count > MOST || !operands.at) {
    call.ctx = operands.count > 0 && operands.at ? tin_ctx_of(operands.at[0]) : NULL;
    tin_call_fail(&call, "%d operands; there must be 2 to %d", operands.count, MOST);
    return tin_call_poison(&call);
  }
  if (!tin_call_operands(&call, operands.count, operands.at, NULL, nodes))
    return tin_call_poison(&call);
  for (int i = 0; i < operands.count; i++)
    terms[i].node = nodes[i];
  if (!label_chain(&call, operands.count, operands.at, terms, size, &out))
    return tin_call_poison(&call);
  return contract(&call, operands.count, operands.at, nodes, terms, size, &out);
}
