/* The construction rules: what a builder makes instead of the node that was asked for.
 *
 * Requirements for who writes a rule:
 *  - Keep dtype and shape. Shrink or cheapen: fewer nodes, fewer elements, or an op that costs less; so that rules end.
 *  - Never change a value: no NaN, infinity or signed zero may come out differently (x + 0 is not x for x = -0; x * 0 is not 0).
 *    NaN is one value, so which NaN an op hands on does not matter. The exceptions define values and stand in the section
 *    "reductions": sum of a product, sum of an expansion, a scalar factor of a sum (docs/numerics.md).
 *  - Look only at the node and at a bounded number of nodes below it; never at consumers, addresses, serials, or the values of SCALAR.
 *    A rule that keeps all bits may also look at `buffer`, not to compute again what is there.
 *  - Do not recurse along the graph: call builders only on nodes a bounded number of steps below. Rules inside rules stop at a fixed
 *    depth; from there on nodes are made as asked.
 *  - Return false when the rule does not apply; otherwise true with the new node in *out, which is NULL when memory ran out.
 * To add one: write the function, name it in the list of its kind of ops at the end, add a line to tests/test_rules.c.
 */
#include "ir/graph.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "ir/scalar.h"

typedef bool rule(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out);

/* ---- what rules ask ---- */

/* Equal up to axes of size 1. */
static bool same_shape_but_units(const struct tin_node *a, const struct tin_node *b) {
  int i = 0, j = 0;
  for (;; i++, j++) {
    while (i < a->rank && a->shape[i] == 1)
      i++;
    while (j < b->rank && b->shape[j] == 1)
      j++;
    if (i == a->rank || j == b->rank)
      return i == a->rank && j == b->rank;
    if (a->shape[i] != b->shape[j])
      return false;
  }
}

/* The node of size 1 whose value fills all of `node`, or NULL. */
static struct tin_node *uniform_base(struct tin_node *node) {
  if (node->op == OP_EXPAND && node->in[0]->size == 1)
    node = node->in[0];
  if (node->size != 1)
    return NULL;
  return node->op == OP_RESHAPE ? node->in[0] : node;
}

/* The constant that fills all of `node`, or NULL. */
static const struct tin_node *constant_of(struct tin_node *node) {
  const struct tin_node *base = uniform_base(node);
  return base && base->op == OP_CONST ? base : NULL;
}

static bool is_number(struct tin_node *node, double value) {
  const struct tin_node *constant = constant_of(node);
  return constant && constant->bits == tin_scalar_from_double(value, node->dtype);
}

static uint64_t all_ones(tin_dtype dtype) {
  return dtype == TIN_BOOL ? 1 : ~(uint64_t)0 >> (64 - 8 * tin_dtype_bytes(dtype));
}

/* A node of size 1 spread over the shape of `like`. */
static struct tin_node *filled(struct tin_graph *graph, struct tin_node *base, const struct tin_node *like) {
  return tin_node_broadcast(graph, tin_node_reshape(graph, base, 0, NULL), like->rank, like->shape);
}

static struct tin_node *filled_number(struct tin_graph *graph, tin_dtype dtype, double value, const struct tin_node *like) {
  return filled(graph, tin_node_number(graph, dtype, value), like);
}

static int64_t extent_of(const struct tin_node *x, uint32_t axes) {
  int64_t extent = 1;
  for (int i = 0; i < x->rank; i++)
    if (axes >> i & 1)
      extent *= x->shape[i];
  return extent;
}

/* ---- any computed value ---- */

static bool rule_empty(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (node->size != 0)
    return false;
  for (int i = 0; i < node->n_in; i++)
    if (constant_of(node->in[i]) && node->op == OP_EXPAND)
      return false; /* the form that this rule makes */
  *out = filled_number(graph, node->dtype, 0, node);
  return true;
}

/* The axes along which every input is an expansion. */
static uint32_t common_expanded_axes(const struct tin_node *node) {
  uint32_t common = ~0u;
  for (int i = 0; i < node->n_in && common; i++) {
    const struct tin_node *input = node->in[i];
    uint32_t axes = 0;
    for (int axis = 0; input->op == OP_EXPAND && axis < input->rank; axis++)
      if (input->shape[axis] != input->in[0]->shape[axis])
        axes |= 1u << axis;
    common &= axes;
  }
  return node->n_in ? common : 0;
}

/* An EXPAND without its expansion along the axes. */
static struct tin_node *narrowed(struct tin_graph *graph, const struct tin_node *expand, uint32_t axes) {
  int64_t shape[TIN_MAX_RANK];
  for (int i = 0; i < expand->rank; i++)
    shape[i] = axes >> i & 1 ? 1 : expand->shape[i];
  return tin_node_expand(graph, expand->in[0], shape);
}

/* ---- elementwise ---- */

/* Constants to the right, then scalars, then by what the operand computes: a+b and b+a are one node. */
static int operand_place(struct tin_node *operand) {
  const struct tin_node *base = uniform_base(operand);
  return !base ? 0 : base->op == OP_CONST ? 2 : base->op == OP_SCALAR ? 1 : 0;
}

bool tin_operands_swap(struct tin_node *left, struct tin_node *right) {
  int left_place = operand_place(left), right_place = operand_place(right);
  return left_place != right_place ? left_place > right_place : left->order > right->order;
}

static bool rule_fold_constants(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  uint64_t bits[3];
  for (int i = 0; i < node->n_in; i++) {
    const struct tin_node *constant = constant_of(node->in[i]);
    if (!constant)
      return false;
    bits[i] = constant->bits;
  }
  tin_dtype from = node->in[node->op == OP_SELECT]->dtype;
  *out = filled(graph, tin_node_const(graph, node->dtype, tin_scalar_eval(node->op, node->dtype, from, bits)), node);
  return true;
}

/* Computes below the expansions that all inputs share: fewer elements, and constants and scalars stay 0-d. */
static bool rule_elementwise_of_expand(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  uint32_t axes = common_expanded_axes(node);
  if (!axes)
    return false;
  bool uniform = true;
  for (int i = 0; i < node->n_in; i++)
    uniform = uniform && uniform_base(node->in[i]);
  struct tin_node *in[3];
  for (int i = 0; i < node->n_in; i++)
    in[i] = uniform ? tin_node_reshape(graph, uniform_base(node->in[i]), 0, NULL) : narrowed(graph, node->in[i], axes);
  struct tin_node *value = tin_node_elementwise(graph, node->op, node->dtype, in, node->n_in);
  *out = uniform ? tin_node_broadcast(graph, value, node->rank, node->shape) : tin_node_expand(graph, value, node->shape);
  return true;
}

static bool rule_neutral_operand(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  /* The number that changes nothing on the right. -0 for a sum: -0 + +0 is +0. */
  static const struct {
    uint8_t op;
    double number;
  } neutral[] = {{OP_ADD, -0.0}, {OP_SUB, 0}, {OP_MUL, 1}, {OP_DIV, 1}, {OP_OR, 0}, {OP_XOR, 0}, {OP_SHL, 0}, {OP_SHR, 0}};
  (void)graph;
  for (size_t i = 0; i < sizeof neutral / sizeof *neutral; i++)
    if (neutral[i].op == node->op && is_number(node->in[1], neutral[i].number)) {
      *out = node->in[0];
      return true;
    }
  const struct tin_node *constant = node->op == OP_AND ? constant_of(node->in[1]) : NULL;
  if (!constant || constant->bits != all_ones(node->dtype))
    return false;
  *out = node->in[0];
  return true;
}

/* Integers and bool only: 0 * NaN is NaN. */
static bool rule_absorbing_operand(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  const struct tin_node *constant = constant_of(node->in[1]);
  (void)graph;
  if (!constant || tin_dtype_is_float(node->dtype))
    return false;
  bool zero = (node->op == OP_MUL || node->op == OP_AND) && constant->bits == 0;
  bool ones = node->op == OP_OR && constant->bits == all_ones(node->dtype);
  if (!zero && !ones)
    return false;
  *out = node->in[1];
  return true;
}

static bool rule_same_operands(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  (void)graph;
  if (!(tin_ops[node->op].facts & OP_IDEMPOTENT) || node->in[0] != node->in[1])
    return false;
  *out = node->in[0];
  return true;
}

static bool rule_times_minus_one(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if ((node->op != OP_MUL && node->op != OP_DIV) || tin_dtypes[node->dtype].class == TIN_CLASS_UNSIGNED || !is_number(node->in[1], -1))
    return false;
  *out = tin_node_unary(graph, OP_NEG, node->in[0]);
  return true;
}

/* Exact because the reciprocal of a power of two is; both must be normal numbers of the dtype. */
static bool rule_divide_by_power_of_two(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  const struct tin_node *constant = constant_of(node->in[1]);
  if (node->op != OP_DIV || !constant || !tin_dtype_is_float(node->dtype))
    return false;
  int exponent, limit = node->dtype == TIN_F32 ? 125 : 1021;
  double value = tin_scalar_to_double(constant->bits, node->dtype);
  if (!isfinite(value) || fabs(frexp(value, &exponent)) != 0.5 || exponent < -limit || exponent > limit)
    return false;
  *out = tin_node_binary(graph, OP_MUL, node->in[0], filled_number(graph, node->dtype, 1 / value, node));
  return true;
}

/* a + (-b) is a - b, a - (-b) is a + b, (-a) * (-b) is a * b, (-a) * c is a * (-c): IEEE negation only flips the sign. */
static bool rule_negated_operand(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *a = node->in[0], *b = node->in[1];
  bool left = a->op == OP_NEG, right = b->op == OP_NEG;
  if (node->op == OP_ADD && right)
    *out = tin_node_binary(graph, OP_SUB, a, b->in[0]);
  else if (node->op == OP_ADD && left)
    *out = tin_node_binary(graph, OP_SUB, b, a->in[0]);
  else if (node->op == OP_SUB && right)
    *out = tin_node_binary(graph, OP_ADD, a, b->in[0]);
  else if (node->op == OP_MUL && left && right)
    *out = tin_node_binary(graph, OP_MUL, a->in[0], b->in[0]);
  else if (node->op == OP_MUL && left && constant_of(b))
    *out = tin_node_binary(graph, OP_MUL, a->in[0], tin_node_unary(graph, OP_NEG, b));
  else
    return false;
  return true;
}

/* -0 - x is -x for every x; integers: 0 - x. */
static bool rule_subtract_from_zero(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (node->op != OP_SUB || !is_number(node->in[0], -0.0))
    return false;
  *out = tin_node_unary(graph, OP_NEG, node->in[1]);
  return true;
}

/* neg neg, not not, abs neg, and f(f(x)) of idempotent functions. Unsigned numbers are their own abs, and neg wraps. */
static bool rule_repeated_unary(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  bool involution = (node->op == OP_NEG || node->op == OP_NOT) && x->op == node->op;
  if (involution)
    *out = x->in[0];
  else if (x->op == node->op && tin_ops[node->op].facts & OP_IDEMPOTENT)
    *out = x;
  else if (node->op == OP_ABS && tin_dtypes[node->dtype].class == TIN_CLASS_UNSIGNED)
    *out = x;
  else if (node->op == OP_ABS && x->op == OP_NEG)
    *out = tin_node_unary(graph, OP_ABS, x->in[0]);
  else
    return false;
  return true;
}

static bool rule_select(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  const struct tin_node *constant = constant_of(node->in[0]);
  if (node->in[1] == node->in[2])
    *out = node->in[1];
  else if (constant)
    *out = node->in[constant->bits ? 1 : 2];
  else if (node->in[0]->op == OP_NOT)
    *out = tin_node_select(graph, node->in[0]->in[0], node->in[2], node->in[1]);
  else
    return false;
  return true;
}

/* Every value of `from` is a value of `to`. */
static bool holds_exactly(tin_dtype from, tin_dtype to) {
  if (from == to || from == TIN_BOOL)
    return true;
  if (to == TIN_BOOL)
    return false;
  bool from_signed = tin_dtypes[from].class != TIN_CLASS_UNSIGNED, to_signed = tin_dtypes[to].class != TIN_CLASS_UNSIGNED;
  if (tin_dtype_is_float(from) && !tin_dtype_is_float(to))
    return false;
  /* An integer fits a float of twice its size, and an integer with more bits than its own and the sign. */
  return tin_dtype_bytes(to) > tin_dtype_bytes(from) && (to_signed || !from_signed);
}

/* A cast to the same dtype is nothing; a cast of an exact cast needs only the last one. Integer to float to integer saturates where
 * integer to integer wraps, so there the last dtype must hold the values too. */
static bool rule_cast(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  if (x->dtype == node->dtype) {
    *out = x;
    return true;
  }
  if (node->op != OP_CAST || x->op != OP_CAST)
    return false;
  tin_dtype first = x->in[0]->dtype, middle = x->dtype, last = node->dtype;
  bool saturates = tin_dtype_is_float(middle) && !tin_dtype_is_float(first) && !tin_dtype_is_float(last) && last != TIN_BOOL;
  if (!holds_exactly(first, middle) || (saturates && !holds_exactly(first, last)))
    return false;
  *out = tin_node_cast(graph, x->in[0], last);
  return true;
}

/* ---- movement ---- */

/* What moves a single repeated value repeats it elsewhere. */
static bool rule_move_uniform(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  if (node->op == OP_PAD || node->op == OP_CONCAT || x->op != OP_EXPAND || x->in[0]->size != 1)
    return false;
  *out = filled(graph, x->in[0], node);
  return true;
}

static bool rule_reshape(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  if (tin_same_shape(node, x))
    *out = x;
  else if (x->op == OP_RESHAPE)
    *out = tin_node_reshape(graph, x->in[0], node->rank, node->shape);
  else
    return false;
  return true;
}

static bool rule_expand(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  if (tin_same_shape(node, x))
    *out = x;
  else if (x->op == OP_EXPAND)
    *out = tin_node_expand(graph, x->in[0], node->shape);
  else
    return false;
  return true;
}

/* Permutations merge; one that moves only axes of size 1 is a reshape. */
static bool rule_permute(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  int axes[TIN_MAX_RANK];
  bool identity = true, in_order = true;
  int64_t last = -1; /* newest input axis larger than 1 */
  for (int i = 0; i < node->rank; i++) {
    identity = identity && node->arg[i] == i;
    if (node->shape[i] == 1)
      continue;
    in_order = in_order && node->arg[i] > last;
    last = node->arg[i];
  }
  if (identity)
    *out = x;
  else if (in_order)
    *out = tin_node_reshape(graph, x, node->rank, node->shape);
  else if (x->op == OP_PERMUTE) {
    for (int i = 0; i < node->rank; i++)
      axes[i] = (int)x->arg[node->arg[i]];
    *out = tin_node_permute(graph, x->in[0], axes);
  } else
    return false;
  return true;
}

/* An operand of a contraction, permuted. Other than tin_node_permute it does not reach into a contraction: packing reads an operand in
 * any order, and reaching on would compute a chain of contractions a second time. */
static struct tin_node *permuted_operand(struct tin_graph *graph, struct tin_node *x, const int *order) {
  int64_t arg[TIN_MAX_RANK], shape[TIN_MAX_RANK];
  int axes[TIN_MAX_RANK];
  int rank = x->rank;
  for (int i = 0; i < rank; i++) {
    shape[i] = x->shape[order[i]];
    arg[i] = axes[i] = x->op == OP_PERMUTE ? (int)x->arg[order[i]] : order[i];
  }
  if (x->op == OP_PERMUTE)
    x = x->in[0];
  bool identity = true;
  for (int i = 0; i < rank; i++)
    identity = identity && axes[i] == i;
  const struct tin_node *below = x->op == OP_RESHAPE ? x->in[0] : x;
  if (identity || below->op != OP_CONTRACT)
    return tin_node_permute(graph, x, axes);
  struct tin_node like = {
      .op = OP_PERMUTE, .dtype = x->dtype, .rank = x->rank, .n_in = 1, .n_arg = x->rank, .in = &x, .arg = arg, .shape = shape};
  return tin_node_make(graph, &like);
}

/* The order in which a contraction's axes give the elements of permute(reshape(contract)): kept axes larger than 1 change places, all
 * others stay. */
static void contraction_order(const struct tin_node *permute, const struct tin_node *contract, int *order) {
  const struct tin_node *reshaped = permute->in[0];
  int kept[TIN_MAX_RANK], n_kept = 0, n_placed = 0;
  for (int i = 0; i < contract->rank; i++)
    if (contract->shape[i] != 1)
      kept[n_kept++] = i;
  int number[TIN_MAX_RANK]; /* by axis of `reshaped`: which of the kept axes */
  for (int i = 0, n = 0; i < reshaped->rank; i++)
    number[i] = reshaped->shape[i] != 1 ? n++ : -1;
  for (int i = 0; i < contract->rank; i++)
    order[i] = i;
  for (int i = 0; i < permute->rank; i++)
    if (permute->shape[i] != 1)
      order[kept[n_placed++]] = kept[number[permute->arg[i]]];
}

/* permute(contract(a, b)) contracts permuted operands, so that it is stored in the layout that is wanted: the gradient of a weight that
 * was used transposed. The class is kept: it decides the bits. Not for a realised contraction, which would be computed again. */
static bool rule_permute_of_contract(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  struct tin_node *contract = x->op == OP_RESHAPE ? x->in[0] : x;
  if (contract->op != OP_CONTRACT || !same_shape_but_units(x, contract) || x->buffer || contract->buffer)
    return false;
  int order[TIN_MAX_RANK];
  int64_t shape[TIN_MAX_RANK];
  contraction_order(node, contract, order);
  for (int i = 0; i < contract->rank; i++)
    shape[i] = contract->shape[order[i]];
  struct tin_node *in[2] = {permuted_operand(graph, contract->in[0], order), permuted_operand(graph, contract->in[1], order)};
  *out = NULL;
  if (!in[0] || !in[1])
    return true;
  struct tin_node like = *contract;
  like.in = in;
  like.shape = shape;
  *out = tin_node_reshape(graph, tin_node_make(graph, &like), node->rank, node->shape);
  return true;
}

static bool rule_slice(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  if (tin_same_shape(node, x)) {
    *out = x; /* as many elements as the axis has can only be all of them, in order */
    return true;
  }
  if (x->op != OP_SLICE)
    return false;
  int64_t start[TIN_MAX_RANK], step[TIN_MAX_RANK];
  for (int i = 0; i < node->rank; i++) {
    start[i] = x->arg[2 * i] + node->arg[2 * i] * x->arg[2 * i + 1];
    step[i] = x->arg[2 * i + 1] * node->arg[2 * i + 1];
  }
  *out = tin_node_slice(graph, x->in[0], start, step, node->shape);
  return true;
}

static bool rule_flip(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  if (node->arg[0] == 0)
    *out = x;
  else if (x->op == OP_FLIP)
    *out = tin_node_flip(graph, x->in[0], (uint32_t)(node->arg[0] ^ x->arg[0]));
  else
    return false;
  return true;
}

static bool rule_pad(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  (void)graph;
  if (!tin_same_shape(node, node->in[0]))
    return false;
  *out = node->in[0];
  return true;
}

/* Windows of one element, one step apart, are the elements. */
static bool rule_window(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (node->arg[1] != 1 || node->arg[2] != 1)
    return false;
  *out = tin_node_reshape(graph, node->in[0], node->rank, node->shape);
  return true;
}

/* Inputs without elements add nothing. */
static bool rule_concat(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  int n_filled = 0;
  for (int i = 0; i < node->n_in; i++)
    n_filled += node->in[i]->size != 0;
  if (node->n_in == 1 || n_filled == 1) {
    for (int i = 0; i < node->n_in; i++)
      if (node->n_in == 1 || node->in[i]->size != 0)
        *out = node->in[i];
    return true;
  }
  if (n_filled == node->n_in || n_filled == 0)
    return false;
  struct tin_node **in = tin_arena_alloc(&graph->arena, sizeof *in * (size_t)n_filled);
  *out = NULL;
  if (!in)
    return true;
  for (int i = 0, n = 0; i < node->n_in; i++)
    if (node->in[i]->size != 0)
      in[n++] = node->in[i];
  *out = tin_node_concat(graph, in, n_filled, (int)node->arg[0]);
  return true;
}

/* ---- reductions ---- */

static bool sums(const struct tin_node *node) {
  return node->op == OP_SUM || node->op == OP_CONTRACT;
}

static bool rule_reduce_no_axes(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (node->arg[0] != 0)
    return false;
  *out = node->op == OP_CONTRACT ? tin_node_binary(graph, OP_MUL, node->in[0], node->in[1]) : node->in[0];
  return true;
}

static bool rule_reduce_nothing(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (extent_of(node->in[0], (uint32_t)node->arg[0]) != 0)
    return false;
  assert(sums(node) || node->op == OP_PROD); /* the front end refuses an empty max or min */
  *out = filled_number(graph, node->dtype, node->op == OP_PROD ? 1 : 0, node);
  return true;
}

/* Along an axis of one position: the element (of a recurrence, the second input), or position 0. */
static bool rule_scan_of_one(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (node->shape[node->arg[0]] != 1)
    return false;
  *out = tin_ops[node->op].result == OP_RESULT_OWN ? filled_number(graph, node->dtype, 0, node) : node->in[node->n_in - 1];
  return true;
}

/* The number n as a constant of the dtype, or NULL where it would be rounded. Integers wrap as the sum itself does. */
static bool count_as_bits(int64_t n, tin_dtype dtype, uint64_t *bits) {
  *bits = tin_scalar_cast((uint64_t)n, TIN_I64, dtype);
  return !tin_dtype_is_float(dtype) || (n < (int64_t)1 << 53 && tin_scalar_to_double(*bits, dtype) == (double)n);
}

/* Reduces below the expansions that all inputs share. Kept axes: expand afterwards. Reduced axes: the sum of n times x is n * x by
 * definition, the minimum is x, a product stays. */
static bool rule_reduce_of_expand(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  uint32_t axes = (uint32_t)node->arg[0], expanded = common_expanded_axes(node);
  int64_t n = extent_of(node->in[0], expanded & axes);
  uint64_t count = 0;
  bool countable = tin_ops[node->op].facts & OP_IDEMPOTENT || (sums(node) && count_as_bits(n, node->dtype, &count));
  if (!countable)
    expanded &= ~axes;
  if (!expanded)
    return false;
  struct tin_node *a = narrowed(graph, node->in[0], expanded), *value;
  if (node->op == OP_CONTRACT)
    value = tin_node_contract(graph, a, narrowed(graph, node->in[1], expanded), axes);
  else
    value = tin_node_reduce(graph, node->op, a, axes);
  if (value && sums(node) && expanded & axes)
    value = tin_node_binary(graph, OP_MUL, value, filled(graph, tin_node_const(graph, node->dtype, count), value));
  *out = tin_node_expand(graph, value, node->shape);
  return true;
}

/* A permute directly under a reduction moves out, where the order of accumulation stays or does not matter. Not from over windows: these
 * are short, and the order asked for puts longer rows under the vectors. */
static bool rule_reduce_of_permute(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  struct tin_node *x = node->in[0];
  if (x->op != OP_PERMUTE || x->in[0]->op == OP_WINDOW)
    return false;
  bool order_free = !tin_dtype_is_float(node->dtype) || tin_ops[node->op].facts & OP_IDEMPOTENT;
  uint32_t axes = 0;
  int order[TIN_MAX_RANK];
  int64_t last = -1;
  for (int i = 0; i < x->rank; i++) {
    order[i] = (int)x->arg[i];
    if (!(node->arg[0] >> i & 1))
      continue;
    if (!order_free && order[i] < last)
      return false;
    last = order[i];
    axes |= 1u << order[i];
  }
  *out = tin_node_permute(graph, tin_node_reduce(graph, node->op, x->in[0], axes), order);
  return true;
}

/* Which input of a MUL is one value everywhere, or -1. */
static int uniform_factor(struct tin_node *mul) {
  return uniform_base(mul->in[1]) ? 1 : uniform_base(mul->in[0]) ? 0 : -1;
}

/* x behind the barrier, which goes below views and spares what is one value everywhere: rules see those as they are. */
static struct tin_node *barred(struct tin_graph *graph, struct tin_node *x, struct tin_node *after, int depth) {
  bool view = x->op == OP_RESHAPE || x->op == OP_PERMUTE || x->op == OP_EXPAND || x->op == OP_SLICE || x->op == OP_FLIP;
  if (uniform_base(x))
    return x;
  if (!view || depth == 0)
    return tin_node_barrier(graph, x, after);
  struct tin_node *below = barred(graph, x->in[0], after, depth - 1), like = *x;
  like.in = &below;
  return below ? tin_node_make(graph, &like) : NULL;
}

/* A product behind a barrier as the product of its factors behind that barrier: so it is summed as it would be without. Other nodes are
 * themselves. */
static struct tin_node *opened(struct tin_graph *graph, struct tin_node *x) {
  enum { VIEWS = 8 }; /* views merge: there are a few, one on another */
  if (!x || x->op != OP_BARRIER || x->in[0]->op != OP_MUL)
    return x;
  struct tin_node *in[2], like = *x->in[0];
  for (int i = 0; i < 2; i++)
    if (!(in[i] = barred(graph, x->in[0]->in[i], x->in[1], VIEWS)))
      return NULL;
  like.in = in;
  return tin_node_make(graph, &like);
}

/* The float sum of a product is a contraction; factors that are one value everywhere move out of it first, outermost first. */
static bool rule_sum_of_product(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (node->op != OP_SUM || !tin_dtype_is_float(node->dtype))
    return false;
  struct tin_node *x = opened(graph, node->in[0]);
  uint32_t axes = (uint32_t)node->arg[0];
  *out = NULL;
  if (!x || x->op != OP_MUL)
    return !x;
  struct tin_node *inner = x;
  while (inner && inner->op == OP_MUL && uniform_factor(inner) >= 0)
    inner = opened(graph, inner->in[1 - uniform_factor(inner)]);
  if (!inner)
    return true;
  if (inner == x) {
    *out = tin_node_contract(graph, x->in[0], x->in[1], axes);
    return true;
  }
  struct tin_node *value = tin_node_reduce(graph, OP_SUM, inner, axes);
  for (; value && x && x != inner; x = opened(graph, x->in[1 - uniform_factor(x)]))
    value = tin_node_binary(graph, OP_MUL, value, filled(graph, uniform_base(x->in[uniform_factor(x)]), value));
  *out = value;
  return true;
}

/* ---- class of a contraction ---- */

/* Whether the value may vary along the axis, by what can be seen within `budget` nodes; deterministic, and true when in doubt. */
static bool varies(const struct tin_node *node, int axis, int *budget) {
  if (node->shape[axis] == 1)
    return false;
  while (node->op == OP_IDENTITY || node->op == OP_BARRIER)
    node = node->in[0];
  if (--*budget < 0)
    return true;
  if (tin_op_is_elementwise(node->op)) {
    for (int i = 0; i < node->n_in; i++)
      if (varies(node->in[i], axis, budget))
        return true;
    return false;
  }
  if (node->op == OP_EXPAND || node->op == OP_SLICE || node->op == OP_FLIP)
    return varies(node->in[0], axis, budget);
  if (node->op == OP_PERMUTE)
    return varies(node->in[0], (int)node->arg[axis], budget);
  if (node->op == OP_WINDOW)
    return axis == node->rank - 1 || varies(node->in[0], axis, budget);
  if (node->op == OP_PAD && node->shape[axis] == node->in[0]->shape[axis])
    return varies(node->in[0], axis, budget);
  if (node->op != OP_RESHAPE || !same_shape_but_units(node, node->in[0]))
    return true;
  int larger = 0, at = -1; /* the axis is the n-th one larger than 1; find that one below */
  for (int i = 0; i <= axis; i++)
    larger += node->shape[i] != 1;
  while (larger)
    larger -= node->in[0]->shape[++at] != 1;
  return varies(node->in[0], at, budget);
}

int tin_contract_class(const struct tin_node *a, const struct tin_node *b, uint32_t axes) {
  enum { BUDGET = 32 }; /* nodes looked at per factor and axis: several levels of movement around a few elementwise ops */
  bool a_lacks = false, b_lacks = false;
  for (int axis = 0; axis < a->rank; axis++) {
    if (a->shape[axis] == 1 || axes >> axis & 1)
      continue;
    int budget_a = BUDGET, budget_b = BUDGET;
    bool in_a = varies(a, axis, &budget_a), in_b = varies(b, axis, &budget_b);
    a_lacks = a_lacks || (in_b && !in_a);
    b_lacks = b_lacks || (in_a && !in_b);
  }
  return a_lacks && b_lacks;
}

bool tin_has_zeros(const struct tin_node *factor) {
  enum { BUDGET = 32 }; /* as for the class: several levels of movement */
  const struct tin_node *x = factor;
  for (int i = 0; i < BUDGET; i++) {
    if (x->op == OP_PAD && x->bits == 0)
      return true;
    if (x->op == OP_SELECT)
      return is_number(x->in[1], 0) || is_number(x->in[2], 0);
    bool moves = tin_op_is(x->op, OP_CLASS_MOVEMENT) && x->op != OP_CONCAT;
    bool widens = x->op == OP_CAST && tin_dtype_is_float(x->in[0]->dtype);
    if (!moves && !widens)
      return false;
    x = x->in[0];
  }
  return false;
}

/* ---- the fold of a contraction ---- */

/* The operand with size 1 along axes where movement ops, at most `depth` of them, show that it is an expansion. */
static struct tin_node *bare(struct tin_graph *graph, struct tin_node *x, int depth) {
  int64_t shape[TIN_MAX_RANK];
  int axes[TIN_MAX_RANK];
  bool moves = x->op == OP_PERMUTE || (x->op == OP_RESHAPE && same_shape_but_units(x, x->in[0]));
  if (!depth || x->buffer || (x->op != OP_EXPAND && !moves))
    return x;
  struct tin_node *below = bare(graph, x->in[0], depth - 1);
  if (!below || x->op == OP_EXPAND || below == x->in[0])
    return !below || x->op == OP_EXPAND ? below : x;
  for (int i = 0, at = 0; i < x->rank; i++) {
    shape[i] = 1;
    axes[i] = x->op == OP_PERMUTE ? (int)x->arg[i] : 0;
    if (x->op == OP_PERMUTE || x->shape[i] == 1)
      continue;
    while (x->in[0]->shape[at] == 1)
      at++;
    shape[i] = below->shape[at++];
  }
  return x->op == OP_PERMUTE ? tin_node_permute(graph, below, axes) : tin_node_reshape(graph, below, x->rank, shape);
}

/* A fold over a contraction: where the windows lie in the contraction's space, and how they slide. */
struct folded {
  struct tin_node *contract;
  int position, place; /* axes of the contraction */
  int64_t size;        /* of the fold's result along the position */
  int64_t stride, dilation;
  bool flipped;                                                         /* the place counts backwards */
  int64_t start[TIN_MAX_RANK], step[TIN_MAX_RANK], count[TIN_MAX_RANK]; /* the part of the contraction that is folded, by axis */
};

static int next_larger(const struct tin_node *x, int axis) {
  while (axis < x->rank && x->shape[axis] == 1)
    axis++;
  return axis;
}

/* Below a reshape of equal shape but for axes of size 1: renames the axes. */
static void enter_reshape(struct folded *folded, const struct tin_node *x) {
  const struct tin_node *below = x->in[0];
  struct folded old = *folded;
  for (int i = 0; i < below->rank; i++)
    folded->start[i] = 0, folded->step[i] = folded->count[i] = 1;
  for (int i = next_larger(x, 0), j = next_larger(below, 0); i < x->rank; i = next_larger(x, i + 1), j = next_larger(below, j + 1)) {
    folded->start[j] = old.start[i], folded->step[j] = old.step[i], folded->count[j] = old.count[i];
    folded->position = i == old.position ? j : folded->position;
    folded->place = i == old.place ? j : folded->place;
  }
}

static void enter_slice(struct folded *folded, const struct tin_node *x) {
  for (int i = 0; i < x->rank; i++) {
    folded->start[i] = x->arg[2 * i] + folded->start[i] * x->arg[2 * i + 1];
    folded->step[i] *= x->arg[2 * i + 1];
  }
}

/* Looks for a contraction below a few movement ops: those that the gradients of the forms made here consist of. */
static bool match_fold(const struct tin_node *node, struct folded *folded) {
  enum { DEPTH = 6 };
  struct tin_node *x = node->in[0];
  *folded = (struct folded){.position = (int)node->arg[0], .place = x->rank - 1, .stride = node->arg[2], .dilation = node->arg[3]};
  folded->size = node->shape[folded->position];
  for (int i = 0; i < x->rank; i++)
    folded->step[i] = 1, folded->count[i] = x->shape[i];
  for (int depth = 0; depth < DEPTH && x->op != OP_CONTRACT; depth++) {
    int64_t position_size = x->shape[folded->position], place_size = x->shape[folded->place];
    if (x->buffer || position_size == 1 || place_size == 1)
      return false;
    if (x->op == OP_FLIP && x->arg[0] == 1 << folded->place)
      folded->flipped = !folded->flipped;
    else if (x->op == OP_SLICE && x->in[0]->shape[folded->place] == place_size)
      enter_slice(folded, x);
    else if (x->op == OP_RESHAPE && same_shape_but_units(x, x->in[0]))
      enter_reshape(folded, x);
    else
      return false;
    x = x->in[0];
  }
  folded->contract = x;
  return x->op == OP_CONTRACT && !x->buffer && x->shape[folded->position] != 1 && x->shape[folded->place] != 1;
}

/* The part of an operand that is folded, bare, with size 1 along an axis along which it is the same. */
static struct tin_node *folded_operand(struct tin_graph *graph, struct tin_node *operand, const struct folded *folded, int axis) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK], size[TIN_MAX_RANK];
  struct tin_node *x = bare(graph, operand, 4);
  for (int i = 0; x && i < x->rank; i++) {
    bool part = i != axis && x->shape[i] != 1 && folded->contract->shape[i] != 1;
    start[i] = part ? folded->start[i] : 0;
    step[i] = part ? folded->step[i] : 1;
    size[i] = part ? folded->count[i] : i == axis ? 1 : x->shape[i];
  }
  return x ? tin_node_slice(graph, x, start, step, size) : NULL;
}

/* The operand that varies with the position, seen through windows that end where the fold would add: element (i, k) of the result is
 * element o with o * stride + k * dilation = i, and 0 where there is none. */
static struct tin_node *slide(struct tin_graph *graph, struct tin_node *operand, const struct folded *folded) {
  int64_t low[TIN_MAX_RANK] = {0}, interior[TIN_MAX_RANK] = {0}, shape[TIN_MAX_RANK];
  int order[TIN_MAX_RANK], rank = operand->rank, at = folded->position - (folded->place < folded->position);
  int64_t size = folded->contract->shape[folded->place], reach = (size - 1) * folded->dilation;
  struct tin_node *x = folded_operand(graph, operand, folded, folded->place);
  for (int i = 0, to = 0; x && i < rank; i++) {
    order[i] = i < folded->place ? i : i == folded->place ? rank - 1 : i - 1;
    if (i != folded->place)
      shape[to++] = x->shape[i];
  }
  x = x ? tin_node_reshape(graph, x, rank - 1, shape) : NULL;
  low[at] = reach;
  interior[at] = folded->stride - 1;
  shape[at] = folded->size + reach;
  x = x ? tin_node_pad(graph, x, low, interior, shape, 0) : NULL;
  x = x ? tin_node_window(graph, x, at, size, 1, folded->dilation) : NULL;
  if (!folded->flipped) /* two reversals are none */
    x = x ? tin_node_flip(graph, x, 1u << (rank - 1)) : NULL;
  return x ? tin_node_permute(graph, x, order) : NULL;
}

/* The sum over windows of a contraction of which one factor varies with the window's position and the other with the place in the window is
 * a contraction over the places too: the gradient of a convolution for its input, without windows in memory. */
static bool rule_fold_of_contract(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  enum { BUDGET = 32 };
  struct folded folded;
  if (!match_fold(node, &folded))
    return false;
  const struct tin_node *contract = folded.contract;
  int position = folded.position, place = folded.place, sliding = -1;
  for (int i = 0; i < 2 && sliding < 0; i++) {
    int budget = BUDGET, other_budget = BUDGET, own_budget = BUDGET;
    if (!varies(contract->in[i], place, &budget) && !varies(contract->in[1 - i], position, &other_budget) &&
        varies(contract->in[i], position, &own_budget))
      sliding = i;
  }
  if (sliding < 0)
    return false;
  struct tin_node *a = slide(graph, contract->in[sliding], &folded),
                  *b = folded_operand(graph, contract->in[1 - sliding], &folded, position);
  *out = NULL;
  if (!a || !b)
    return true;
  int64_t shape[TIN_MAX_RANK];
  for (int i = 0; i < contract->rank; i++)
    shape[i] = i == position ? folded.size : contract->shape[i] != 1 ? folded.count[i] : contract->in[0]->shape[i];
  a = tin_node_expand(graph, a, shape);
  b = tin_node_expand(graph, b, shape);
  struct tin_node *value = a && b ? tin_node_contract(graph, a, b, (uint32_t)contract->arg[0] | 1u << place) : NULL;
  *out = value ? tin_node_reshape(graph, value, node->rank, node->shape) : NULL;
  return true;
}

/* The fold of elements start .. start + count of each window, at most `stride` of them: windows side by side, from position `start` on. */
static struct tin_node *side_by_side(struct tin_graph *graph, const struct tin_node *fold, int64_t start, int64_t count) {
  struct tin_node *x = fold->in[0];
  int axis = (int)fold->arg[0], last = x->rank - 1, order[TIN_MAX_RANK];
  int64_t stride = fold->arg[2], zeros[TIN_MAX_RANK] = {0}, ones[TIN_MAX_RANK], from[TIN_MAX_RANK] = {0}, shape[TIN_MAX_RANK];
  int64_t interior[TIN_MAX_RANK] = {0}, low[TIN_MAX_RANK] = {0}, length = x->shape[axis] * stride, room = fold->shape[axis] - start;
  for (int i = 0; i <= last; i++) {
    ones[i] = 1;
    shape[i] = i == last ? count : x->shape[i];
    order[i] = i <= axis ? i : i == axis + 1 ? last : i - 1;
  }
  from[last] = start;
  x = tin_node_slice(graph, x, from, ones, shape);
  interior[last] = fold->arg[3] - 1;
  shape[last] = stride;
  x = x ? tin_node_pad(graph, x, zeros, interior, shape, 0) : NULL;
  x = x ? tin_node_permute(graph, x, order) : NULL;
  shape[axis] = length;
  x = x ? tin_node_reshape(graph, x, last, shape) : NULL;
  shape[axis] = length < room ? length : room;
  x = x ? tin_node_slice(graph, x, zeros, ones, shape) : NULL;
  low[axis] = start;
  return x ? tin_node_pad(graph, x, low, zeros, fold->shape, 0) : NULL;
}

/* With strides, a fold is a sum of folds whose windows do not overlap, and these only move elements: of the first `stride` elements of
 * every window, of the next, and so on. */
static bool rule_fold_of_strides(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  enum { MOST = 8 };
  int64_t size = node->arg[1], stride = node->arg[2], dilation = node->arg[3];
  bool apart = (size - 1) * dilation < stride;
  if (stride == 1 || (!apart && (dilation != 1 || size > MOST * stride)))
    return false;
  *out = side_by_side(graph, node, 0, apart || size < stride ? size : stride);
  for (int64_t start = stride; !apart && start < size; start += stride)
    *out =
        *out ? tin_node_binary(graph, OP_ADD, *out, side_by_side(graph, node, start, size - start < stride ? size - start : stride)) : NULL;
  return true;
}

/* ---- which rules an op has ---- */

static rule *const elementwise_rules[] = {rule_empty, rule_fold_constants, rule_elementwise_of_expand, NULL};
static rule *const unary_rules[] = {rule_repeated_unary, NULL};
static rule *const constant_rules[] = {rule_neutral_operand,        rule_absorbing_operand,  rule_times_minus_one,
                                       rule_divide_by_power_of_two, rule_subtract_from_zero, NULL};
static rule *const binary_rules[] = {rule_same_operands, rule_negated_operand, NULL};
static rule *const select_rules[] = {rule_select, NULL};
static rule *const cast_rules[] = {rule_cast, NULL};
static rule *const movement_rules[] = {rule_empty, rule_move_uniform, NULL};
static rule *const reshape_rules[] = {rule_reshape, NULL};
static rule *const permute_rules[] = {rule_permute, rule_permute_of_contract, NULL};
static rule *const expand_rules[] = {rule_expand, NULL};
static rule *const slice_rules[] = {rule_slice, NULL};
static rule *const pad_rules[] = {rule_pad, NULL};
static rule *const flip_rules[] = {rule_flip, NULL};
static rule *const window_rules[] = {rule_window, NULL};
static rule *const concat_rules[] = {rule_concat, NULL};
static rule *const fold_rules[] = {rule_empty, rule_fold_of_contract, rule_fold_of_strides, NULL};
static rule *const reduce_rules[] = {
    rule_empty, rule_reduce_no_axes, rule_reduce_nothing, rule_reduce_of_expand, rule_reduce_of_permute, rule_sum_of_product, NULL};
static rule *const scan_rules[] = {rule_empty, rule_scan_of_one, NULL};
static rule *const contract_rules[] = {rule_empty, rule_reduce_no_axes, rule_reduce_nothing, rule_reduce_of_expand, NULL};

static rule *const *const op_rules[OP_COUNT] = {
    [OP_CAST] = cast_rules,       [OP_BITCAST] = cast_rules,  [OP_SELECT] = select_rules, [OP_RESHAPE] = reshape_rules,
    [OP_PERMUTE] = permute_rules, [OP_EXPAND] = expand_rules, [OP_SLICE] = slice_rules,   [OP_PAD] = pad_rules,
    [OP_FLIP] = flip_rules,       [OP_WINDOW] = window_rules, [OP_CONCAT] = concat_rules, [OP_FOLD] = fold_rules,
};

static bool apply_list(rule *const *list, struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  for (; list && *list; list++)
    if ((*list)(graph, node, out))
      return true;
  return false;
}

static bool apply_elementwise(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (apply_list(elementwise_rules, graph, node, out))
    return true;
  if (node->n_in == 1)
    return apply_list(unary_rules, graph, node, out);
  if (node->n_in != 2)
    return false;
  if ((constant_of(node->in[0]) || constant_of(node->in[1])) && apply_list(constant_rules, graph, node, out))
    return true;
  return apply_list(binary_rules, graph, node, out);
}

static bool apply_rules(struct tin_graph *graph, const struct tin_node *node, struct tin_node **out) {
  if (apply_list(op_rules[node->op], graph, node, out))
    return true;
  if (tin_op_is_elementwise(node->op))
    return apply_elementwise(graph, node, out);
  if (tin_op_is(node->op, OP_CLASS_MOVEMENT))
    return apply_list(movement_rules, graph, node, out);
  if (tin_op_is(node->op, OP_CLASS_REDUCE) && node->op != OP_FOLD)
    return apply_list(reduce_rules, graph, node, out);
  if (tin_op_is(node->op, OP_CLASS_SCAN))
    return apply_list(scan_rules, graph, node, out);
  return tin_op_is(node->op, OP_CLASS_CONTRACT) && apply_list(contract_rules, graph, node, out);
}

struct tin_node *tin_rules_apply(struct tin_graph *graph, const struct tin_node *like, bool *failed) {
  enum { DEPTH = 64 }; /* several times what the rules need on ordinary graphs; alternating permutes and factors could go on for ever */
  struct tin_node *out = NULL;
  *failed = false;
  if (graph->rule_depth == DEPTH)
    return NULL;
  graph->rule_depth++;
  *failed = apply_rules(graph, like, &out) && !out;
  graph->rule_depth--;
  return out;
}
