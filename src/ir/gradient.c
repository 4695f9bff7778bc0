/* Gradients: one small function for each name in the gradient column of ops.def, and the walk that applies them.
 *
 * grad_<name>(graph, node, g, i) gives the cotangent of input i from the cotangent g of the node, in the shape and dtype of input i. It
 * is called only for float inputs that lead to a wanted node. It builds graph nodes only, so gradients fuse with the rest and have
 * gradients themselves. NULL means that memory ran out.
 *
 * A name in the column without a function here does not compile; neither does a function that no row names (unused static).
 * Rows with `none` are constant almost everywhere on floats: nothing flows through them. A stop of the gradient is therefore written as a
 * bit cast there and back (tin_detach), which needs no op of its own. */
#include "ir/gradient.h"

#include <setjmp.h>
#include <string.h>

#include "ir/compose.h"
#include "ir/indexing.h"
#include "ir/recompute.h"
#include "ir/trace.h"

typedef struct tin_node *gradient_fn(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i);

/* ---- elementwise ---- */

static struct tin_node *grad_neg(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)node, (void)i;
  return make_unary(graph, OP_NEG, g);
}

/* g where the condition holds, else 0 */
static struct tin_node *masked(struct tin_graph *graph, struct tin_node *condition, struct tin_node *g) {
  return make_select(graph, condition, g, make_number(graph, g, 0));
}

/* sign(x) g, with sign(0) = 0 */
static struct tin_node *grad_abs(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[i];
  struct tin_node *zero = make_number(graph, x, 0);
  struct tin_node *positive = masked(graph, make_binary(graph, OP_LT, zero, x), g);
  return make_select(graph, make_binary(graph, OP_LT, x, zero), make_unary(graph, OP_NEG, g), positive);
}

/* g / (2 sqrt(x)) */
static struct tin_node *grad_sqrt(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  return make_binary(graph, OP_DIV, make_binary(graph, OP_MUL, g, make_number(graph, g, 0.5)), node);
}

static struct tin_node *grad_cast(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_cast(graph, g, (tin_dtype)node->in[i]->dtype);
}

static struct tin_node *grad_add(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)graph, (void)node, (void)i;
  return g;
}

static struct tin_node *grad_sub(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)node;
  return i == 0 ? g : make_unary(graph, OP_NEG, g);
}

static struct tin_node *grad_mul(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_MUL, g, node->in[1 - i]);
}

/* y = a / b: g / b and -g y / b */
static struct tin_node *grad_div(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *b = node->in[1];
  if (i == 0)
    return make_binary(graph, OP_DIV, g, b);
  return make_unary(graph, OP_NEG, make_binary(graph, OP_DIV, make_binary(graph, OP_MUL, g, node), b));
}

/* The remainder a - n b with n = trunc(a / b), constant almost everywhere: g and -g n (torch.fmod). */
static struct tin_node *grad_mod(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  if (i == 0)
    return g;
  struct tin_node *n = make_unary(graph, OP_TRUNC, make_binary(graph, OP_DIV, node->in[0], node->in[1]));
  return make_unary(graph, OP_NEG, make_binary(graph, OP_MUL, g, n));
}

/* All of g where this input wins, half where both are equal (torch.minimum, torch.maximum). */
static struct tin_node *grad_winner(struct tin_graph *graph, struct tin_node *wins, struct tin_node *node, struct tin_node *g) {
  struct tin_node *half = make_binary(graph, OP_MUL, g, make_number(graph, g, 0.5));
  struct tin_node *tie = make_binary(graph, OP_EQ, node->in[0], node->in[1]);
  return make_select(graph, wins, g, masked(graph, tie, half));
}

static struct tin_node *grad_min(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return grad_winner(graph, make_binary(graph, OP_LT, node->in[i], node->in[1 - i]), node, g);
}

static struct tin_node *grad_max(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return grad_winner(graph, make_binary(graph, OP_LT, node->in[1 - i], node->in[i]), node, g);
}

static struct tin_node *grad_select(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *zero = make_number(graph, g, 0);
  return i == 1 ? make_select(graph, node->in[0], g, zero) : make_select(graph, node->in[0], zero, g);
}

static struct tin_node *grad_fma(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return i == 2 ? g : make_binary(graph, OP_MUL, g, node->in[1 - i]);
}

/* ---- elementary ---- */

static struct tin_node *grad_exp(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  return make_binary(graph, OP_MUL, g, node);
}

static struct tin_node *grad_log(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_DIV, g, node->in[i]);
}

/* g (expm1 + 1) */
static struct tin_node *grad_expm1(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  return make_binary(graph, OP_MUL, g, make_binary(graph, OP_ADD, node, make_number(graph, g, 1)));
}

static struct tin_node *grad_log1p(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[i];
  return make_binary(graph, OP_DIV, g, make_binary(graph, OP_ADD, x, make_number(graph, x, 1)));
}

/* g log(2) 2^x */
static struct tin_node *grad_exp2(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  return make_binary(graph, OP_MUL, g, make_binary(graph, OP_MUL, node, make_number(graph, g, 0.69314718055994530942)));
}

/* g / (x log(base)) */
static struct tin_node *grad_base(struct tin_graph *graph, struct tin_node *x, struct tin_node *g, double log_base) {
  return make_binary(graph, OP_DIV, g, make_binary(graph, OP_MUL, x, make_number(graph, x, log_base)));
}

static struct tin_node *grad_log2(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return grad_base(graph, node->in[i], g, 0.69314718055994530942);
}

static struct tin_node *grad_log10(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return grad_base(graph, node->in[i], g, 2.30258509299404568402);
}

/* g (1 + tan^2) */
static struct tin_node *grad_tan(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  struct tin_node *square = make_binary(graph, OP_MUL, node, node);
  return make_binary(graph, OP_MUL, g, make_binary(graph, OP_ADD, square, make_number(graph, g, 1)));
}

static struct tin_node *grad_sinh(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_MUL, g, make_unary(graph, OP_COSH, node->in[i]));
}

static struct tin_node *grad_cosh(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_MUL, g, make_unary(graph, OP_SINH, node->in[i]));
}

/* y = cbrt(x): g / (3 y^2), infinite at 0 */
static struct tin_node *grad_cbrt(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  struct tin_node *square = make_binary(graph, OP_MUL, node, node);
  return make_binary(graph, OP_DIV, g, make_binary(graph, OP_MUL, square, make_number(graph, g, 3)));
}

/* y g x^(y - 1), 0 for y = 0; x^y g log(x), 0 for x = 0 and y >= 0 (torch). Where the gradient is 0 its parts are finite, so that it has
 * a gradient itself. */
static struct tin_node *grad_pow(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[0], *y = node->in[1], *zero = make_number(graph, g, 0), *one = make_number(graph, g, 1);
  if (i == 0) {
    struct tin_node *flat = make_binary(graph, OP_EQ, y, zero);
    struct tin_node *exponent = make_select(graph, flat, one, make_binary(graph, OP_SUB, y, one));
    struct tin_node *slope = make_binary(graph, OP_MUL, y, make_binary(graph, OP_POW, x, exponent));
    return make_select(graph, flat, zero, make_binary(graph, OP_MUL, g, slope));
  }
  struct tin_node *x_is_zero = make_binary(graph, OP_EQ, x, zero);
  struct tin_node *flat = make_binary(graph, OP_AND, x_is_zero, make_binary(graph, OP_LE, zero, y));
  struct tin_node *log = make_unary(graph, OP_LOG, make_select(graph, flat, one, x));
  return make_select(graph, flat, zero, make_binary(graph, OP_MUL, g, make_binary(graph, OP_MUL, node, log)));
}

static struct tin_node *grad_sin(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_MUL, g, make_unary(graph, OP_COS, node->in[i]));
}

static struct tin_node *grad_cos(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_unary(graph, OP_NEG, make_binary(graph, OP_MUL, g, make_unary(graph, OP_SIN, node->in[i])));
}

/* g (1 - tanh^2) */
static struct tin_node *grad_tanh(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  struct tin_node *square = make_binary(graph, OP_MUL, node, node);
  return make_binary(graph, OP_MUL, g, make_binary(graph, OP_SUB, make_number(graph, g, 1), square));
}

/* g 2 / sqrt(pi) e^(-x^2) */
static struct tin_node *grad_erf(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[i];
  struct tin_node *bell = make_unary(graph, OP_EXP, make_unary(graph, OP_NEG, make_binary(graph, OP_MUL, x, x)));
  const double two_over_sqrt_pi = 1.1283791670955125739;
  return make_binary(graph, OP_MUL, g, make_binary(graph, OP_MUL, bell, make_number(graph, g, two_over_sqrt_pi)));
}

/* (1 - x) (1 + x), without cancellation near 1 */
static struct tin_node *one_less_square(struct tin_graph *graph, struct tin_node *x) {
  struct tin_node *one = make_number(graph, x, 1);
  return make_binary(graph, OP_MUL, make_binary(graph, OP_SUB, one, x), make_binary(graph, OP_ADD, one, x));
}

static struct tin_node *square_more_one(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_ADD, make_binary(graph, OP_MUL, x, x), make_number(graph, x, 1));
}

/* g / sqrt(1 - x^2) */
static struct tin_node *grad_asin(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_DIV, g, make_unary(graph, OP_SQRT, one_less_square(graph, node->in[i])));
}

static struct tin_node *grad_acos(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_unary(graph, OP_NEG, grad_asin(graph, node, g, i));
}

static struct tin_node *grad_atan(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_DIV, g, square_more_one(graph, node->in[i]));
}

/* atan2(y, x): g x / (x^2 + y^2) and -g y / (x^2 + y^2) */
static struct tin_node *grad_atan2(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *y = node->in[0], *x = node->in[1];
  struct tin_node *square = make_binary(graph, OP_ADD, make_binary(graph, OP_MUL, x, x), make_binary(graph, OP_MUL, y, y));
  struct tin_node *part = make_binary(graph, OP_DIV, make_binary(graph, OP_MUL, g, node->in[1 - i]), square);
  return i == 0 ? part : make_unary(graph, OP_NEG, part);
}

/* g / sqrt(x^2 + 1) */
static struct tin_node *grad_asinh(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_DIV, g, make_unary(graph, OP_SQRT, square_more_one(graph, node->in[i])));
}

/* g / sqrt((x - 1) (x + 1)) */
static struct tin_node *grad_acosh(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[i], *one = make_number(graph, x, 1);
  struct tin_node *square =
      make_binary(graph, OP_MUL, make_binary(graph, OP_SUB, x, one), make_binary(graph, OP_ADD, x, one)); /* +0 at 1 */
  return make_binary(graph, OP_DIV, g, make_unary(graph, OP_SQRT, square));
}

static struct tin_node *grad_atanh(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_DIV, g, one_less_square(graph, node->in[i]));
}

static struct tin_node *grad_erfc(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_unary(graph, OP_NEG, grad_erf(graph, node, g, i));
}

/* y = erfinv(x): g sqrt(pi)/2 e^(y^2) */
static struct tin_node *grad_erfinv(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  struct tin_node *steep = make_unary(graph, OP_EXP, make_binary(graph, OP_MUL, node, node));
  const double half_sqrt_pi = 0.88622692545275801365;
  return make_binary(graph, OP_MUL, g, make_binary(graph, OP_MUL, steep, make_number(graph, g, half_sqrt_pi)));
}

static struct tin_node *grad_lgamma(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_MUL, g, make_digamma(graph, node->in[i]));
}

/* ---- reductions ---- */

static struct tin_node *grad_sum(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_expand_like(graph, g, node->in[i]);
}

/* The product of the others: prod / x without a zero; at a single zero the product of the rest; else 0. First order only at zeros: the
 * second derivative there is taken as 0. */
static struct tin_node *grad_prod(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[i];
  uint32_t axes = (uint32_t)node->arg[0];
  struct tin_node *zero = make_number(graph, x, 0), *one = make_number(graph, x, 1);
  struct tin_node *is_zero = make_binary(graph, OP_EQ, x, zero);
  struct tin_node *others = make_select(graph, is_zero, one, x);
  struct tin_node *product = make_expand_like(graph, make_reduce(graph, OP_PROD, others, axes), x);
  struct tin_node *zeros = make_expand_like(graph, make_reduce(graph, OP_SUM, make_select(graph, is_zero, one, zero), axes), x);
  struct tin_node *quotient = masked(graph, make_binary(graph, OP_EQ, zeros, zero), make_binary(graph, OP_DIV, product, others));
  struct tin_node *single = make_binary(graph, OP_AND, is_zero, make_binary(graph, OP_EQ, zeros, one));
  return make_binary(graph, OP_MUL, make_expand_like(graph, g, x), make_select(graph, single, product, quotient));
}

/* g shared evenly by the elements that equal the extremum (torch.amax) */
static struct tin_node *grad_reduce_extremum(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[i];
  struct tin_node *equal = make_binary(graph, OP_EQ, x, make_expand_like(graph, node, x));
  struct tin_node *count = make_reduce(graph, OP_SUM, make_cast(graph, equal, (tin_dtype)x->dtype), (uint32_t)node->arg[0]);
  return masked(graph, equal, make_expand_like(graph, make_binary(graph, OP_DIV, g, count), x));
}

/* The other factor times g over the whole iteration space; the sum that the gradient of an expand makes of it is a contraction again. */
static struct tin_node *grad_contract(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_binary(graph, OP_MUL, make_expand_like(graph, g, node->in[i]), node->in[1 - i]);
}

/* ---- movement ---- */

static struct tin_node *grad_reshape(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return make_reshape(graph, g, node->in[i]->rank, node->in[i]->shape);
}

static struct tin_node *grad_permute(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  int inverse[TIN_MAX_RANK] = {0};
  for (int axis = 0; axis < node->rank; axis++)
    inverse[node->arg[axis]] = axis;
  return tin_node_permute(graph, g, inverse);
}

static struct tin_node *grad_expand(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  uint32_t axes = 0;
  for (int axis = 0; axis < node->rank; axis++)
    if (node->shape[axis] != node->in[i]->shape[axis])
      axes |= 1u << axis;
  return make_reduce(graph, OP_SUM, g, axes);
}

static struct tin_node *grad_slice(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  int64_t low[TIN_MAX_RANK], interior[TIN_MAX_RANK];
  for (int axis = 0; axis < node->rank; axis++) {
    low[axis] = node->arg[2 * axis];
    interior[axis] = node->arg[2 * axis + 1] - 1;
  }
  return tin_node_pad(graph, g, low, interior, node->in[i]->shape, 0);
}

/* Of a barrier: what it waits for has no part in the value. */
static struct tin_node *grad_identity(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)graph, (void)node, (void)i;
  return g;
}

static struct tin_node *grad_pad(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  int64_t start[TIN_MAX_RANK], step[TIN_MAX_RANK];
  for (int axis = 0; axis < node->rank; axis++) {
    start[axis] = node->arg[2 * axis];
    step[axis] = node->arg[2 * axis + 1] + 1;
  }
  return tin_node_slice(graph, g, start, step, node->in[i]->shape);
}

static struct tin_node *grad_flip(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  return tin_node_flip(graph, g, (uint32_t)node->arg[0]);
}

static struct tin_node *grad_window(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  int axis = (int)node->arg[0];
  return tin_node_fold(graph, g, axis, node->arg[2], node->arg[3], node->in[i]->shape[axis]);
}

/* The first `size[axis]` positions along every axis. */
static struct tin_node *leading(struct tin_graph *graph, struct tin_node *x, const int64_t *size) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK];
  for (int axis = 0; axis < TIN_MAX_RANK; axis++)
    step[axis] = 1;
  return x ? tin_node_slice(graph, x, start, step, size) : NULL;
}

static struct tin_node *grad_fold(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *x = node->in[i];
  struct tin_node *windows = tin_node_window(graph, g, (int)node->arg[0], x->shape[x->rank - 1], node->arg[2], node->arg[3]);
  return leading(graph, windows, x->shape); /* a result longer than needed has windows that nothing was folded from */
}

static struct tin_node *grad_concat(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK];
  for (int axis = 0; axis < TIN_MAX_RANK; axis++)
    step[axis] = 1;
  for (int before = 0; before < i; before++)
    start[node->arg[0]] += node->in[before]->shape[node->arg[0]];
  return tin_node_slice(graph, g, start, step, node->in[i]->shape);
}

/* ---- indexing ---- */

static struct tin_node *grad_gather(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  return tin_node_scatter(graph, make_number(graph, node->in[i], 0), node->in[1], g, tin_node_indexing(node), TIN_SCATTER_ADD);
}

/* What the scatter would read for its source. */
static struct tin_node *gather_back(struct tin_graph *graph, const struct tin_node *scatter, struct tin_node *x) {
  return tin_node_gather(graph, x, scatter->in[1], tin_node_indexing(scatter));
}

static struct tin_node *scatter_again(struct tin_graph *graph, const struct tin_node *scatter, struct tin_node *base,
                                      struct tin_node *source, enum tin_scatter_mode mode) {
  return tin_node_scatter(graph, base, scatter->in[1], source, tin_node_indexing(scatter), mode);
}

/* To the base where nothing was put, to a source element where it came last: the sources are numbered and scattered likewise. */
static struct tin_node *grad_scatter_set(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *source = node->in[2];
  if (i == 0)
    return scatter_again(graph, node, g, make_number(graph, source, 0), TIN_SCATTER_SET);
  tin_dtype dtype = source->size > INT32_MAX ? TIN_I64 : TIN_I32;
  struct tin_node *numbers = make_reshape(graph, tin_node_iota(graph, dtype, source->size), source->rank, source->shape);
  struct tin_node *nobody = make_broadcast(graph, tin_node_number(graph, dtype, -1), node->rank, node->shape);
  struct tin_node *last = gather_back(graph, node, scatter_again(graph, node, nobody, numbers, TIN_SCATTER_SET));
  return masked(graph, make_binary(graph, OP_EQ, last, numbers), gather_back(graph, node, g));
}

/* The product of the others: out / source; at a source of 0 that is the only one of its place, the product of the rest; else 0. */
static struct tin_node *grad_scatter_mul(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *source = node->in[2], *zero = make_number(graph, source, 0), *one = make_number(graph, source, 1);
  if (i == 0)
    return make_binary(graph, OP_MUL, g, scatter_again(graph, node, make_number(graph, node, 1), source, TIN_SCATTER_MUL));
  struct tin_node *is_zero = make_binary(graph, OP_EQ, source, zero);
  struct tin_node *zeros = scatter_again(graph, node, make_number(graph, node, 0), make_select(graph, is_zero, one, zero), TIN_SCATTER_ADD);
  struct tin_node *single = make_binary(graph, OP_AND, is_zero, make_binary(graph, OP_EQ, gather_back(graph, node, zeros), one));
  struct tin_node *rest = scatter_again(graph, node, node->in[0], make_select(graph, single, one, source), TIN_SCATTER_MUL);
  struct tin_node *at_zero = gather_back(graph, node, make_binary(graph, OP_MUL, g, rest));
  struct tin_node *product = gather_back(graph, node, make_binary(graph, OP_MUL, g, node));
  return make_select(graph, is_zero, at_zero, make_binary(graph, OP_DIV, product, make_select(graph, is_zero, one, source)));
}

/* g shared evenly by the base and the sources that equal the extremum. */
static struct tin_node *grad_scatter_extremum(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  struct tin_node *base = make_binary(graph, OP_EQ, node->in[0], node);
  struct tin_node *source = make_binary(graph, OP_EQ, node->in[2], gather_back(graph, node, node));
  struct tin_node *count = scatter_again(graph, node, make_cast(graph, base, dtype), make_cast(graph, source, dtype), TIN_SCATTER_ADD);
  struct tin_node *share = make_binary(graph, OP_DIV, g, count);
  return i == 0 ? masked(graph, base, share) : masked(graph, source, gather_back(graph, node, share));
}

static struct tin_node *grad_scatter(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  switch (node->arg[4]) {
  case TIN_SCATTER_SET:
    return grad_scatter_set(graph, node, g, i);
  case TIN_SCATTER_MUL:
    return grad_scatter_mul(graph, node, g, i);
  case TIN_SCATTER_MIN:
  case TIN_SCATTER_MAX:
    return grad_scatter_extremum(graph, node, g, i);
  default:
    return i == 0 ? g : gather_back(graph, node, g);
  }
}

/* ---- scans ---- */

static uint32_t axis_mask(const struct tin_node *node) {
  return 1u << node->arg[0];
}

/* The sum of g from each position to the end. */
static struct tin_node *grad_cumsum(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  uint32_t axis = axis_mask(node);
  return make_flip(graph, make_scan(graph, OP_CUMSUM, make_flip(graph, g, axis), (int)node->arg[0]), axis);
}

/* The cotangent of in1 of out[i] = a[i] out[i-1] + b[i]: the recurrence l[i] = g[i] + a[i+1] l[i+1], which runs backward. It needs no
 * division, so that it is right at zeros. */
static struct tin_node *backward(struct tin_graph *graph, struct tin_node *node, struct tin_node *g) {
  uint32_t axis = axis_mask(node);
  struct tin_node *a = make_flip(graph, tin_node_moved(graph, node->in[0], (int)node->arg[0], -1, 0), axis);
  return make_flip(graph, make_recurrence(graph, a, make_flip(graph, g, axis), (int)node->arg[0]), axis);
}

/* out[i] = x[i] out[i-1] with out[-1] = 1: the recurrence with b = 0 */
static struct tin_node *grad_cumprod(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  (void)i;
  return make_binary(graph, OP_MUL, backward(graph, node, g), tin_node_moved(graph, node, (int)node->arg[0], 1, 1));
}

static struct tin_node *grad_recurrence(struct tin_graph *graph, struct tin_node *node, struct tin_node *g, int i) {
  struct tin_node *b = backward(graph, node, g);
  return i == 1 ? b : make_binary(graph, OP_MUL, b, tin_node_moved(graph, node, (int)node->arg[0], 1, 0));
}

/* ---- the walk ---- */

static gradient_fn *const grad_none = NULL;

static gradient_fn *gradient_of(int op) {
  switch (op) {
#define OP(name, text, class, arity, result, accepts, facts, gradient, low, high)                                                          \
  case OP_##name:                                                                                                                          \
    return grad_##gradient;
#include "ir/ops.def"
#undef OP
  }
  return NULL;
}

struct frame {
  struct tin_node *node;
  int next; /* input to visit next */
};

struct walk {
  struct tin_graph *graph;
  struct tin_arena arena;
  TIN_VEC(struct tin_node *) order; /* depth-first post-order, inputs in operand order */
  TIN_VEC(struct frame) stack;
  uint32_t stamp;
  bool *wanted;                /* by index: leads to a node of wrt through ops with a gradient */
  struct tin_node **cotangent; /* by index; NULL: none yet */
  struct tin_recompute recompute;
  struct tin_error *error;
};

/* The nodes that a node's derivative is by: its inputs, but not what a barrier waits for; of a custom gradient what the user named. */
static struct tin_node **gradient_inputs(const struct tin_node *node, int *count) {
  bool custom = node->op == OP_IDENTITY && node->custom;
  *count = custom ? node->custom->n_in : node->op == OP_BARRIER ? 1 : node->n_in;
  return custom ? node->custom->in : node->in;
}

static bool in_order(const struct walk *walk, const struct tin_node *node) {
  return node->mark == walk->stamp;
}

static void enter(struct walk *walk, struct tin_node *node) {
  if (in_order(walk, node))
    return;
  node->mark = walk->stamp;
  struct frame frame = {node, 0};
  tin_vec_push(&walk->arena, &walk->stack, frame);
}

/* Unlike tin_graph_order this goes on below realised nodes: having been computed changes nothing about a node's derivative. */
static void find_order_of(struct walk *walk, struct tin_node *output) {
  enter(walk, output);
  while (walk->stack.count) {
    struct frame *top = &walk->stack.at[walk->stack.count - 1];
    int count;
    struct tin_node **in = gradient_inputs(top->node, &count);
    if (top->next < count) {
      enter(walk, in[top->next++]);
      continue;
    }
    top->node->index = (uint32_t)walk->order.count;
    tin_vec_push(&walk->arena, &walk->order, top->node);
    walk->stack.count--;
  }
}

static void find_order(struct walk *walk, struct tin_node *const *outputs, int n_outputs) {
  walk->stamp = ++*walk->graph->stamp;
  for (int k = 0; k < n_outputs; k++)
    find_order_of(walk, outputs[k]);
}

static void mark_wanted(struct walk *walk, struct tin_node *const *wrt, int n_wrt) {
  walk->wanted = TIN_NEW_ARRAY(&walk->arena, bool, walk->order.count);
  for (int i = 0; i < n_wrt; i++)
    if (in_order(walk, wrt[i]))
      walk->wanted[wrt[i]->index] = true;
  for (int at = 0; at < walk->order.count; at++) {
    const struct tin_node *node = walk->order.at[at];
    int count;
    struct tin_node **in = gradient_inputs(node, &count);
    for (int i = 0; gradient_of(node->op) && i < count; i++)
      if (tin_dtype_is_float(in[i]->dtype) && walk->wanted[in[i]->index])
        walk->wanted[at] = true;
  }
}

/* Takes one more part of a node's cotangent in; false when memory ran out. */
static bool contribute(struct walk *walk, const struct tin_node *node, struct tin_node *part) {
  struct tin_node **total = &walk->cotangent[node->index];
  *total = *total ? make_binary(walk->graph, OP_ADD, *total, part) : part;
  return *total;
}

static bool wants(const struct walk *walk, const struct tin_node *in) {
  return tin_dtype_is_float(in->dtype) && walk->wanted[in->index];
}

/* After the user's code ran: it may have walked the graph itself. */
static void mark_again(struct walk *walk) {
  for (int at = 0; at < walk->order.count; at++) {
    walk->order.at[at]->mark = walk->stamp;
    walk->order.at[at]->index = (uint32_t)at;
  }
}

/* The contributions as the user's function makes them. */
static bool propagate_custom(struct walk *walk, int at) {
  struct tin_node *node = walk->order.at[at];
  struct tin_custom *custom = node->custom;
  tin_graph_settle(walk->graph); /* what the user's function does may differ the next time */
  struct tin_node **x = TIN_NEW_ARRAY(&walk->arena, struct tin_node *, custom->n_in);
  struct tin_node **out = TIN_NEW_ARRAY(&walk->arena, struct tin_node *, custom->n_in);
  struct tin_node *y = tin_recompute_node(&walk->recompute, node, node, walk->cotangent[at]);
  for (int i = 0; i < custom->n_in; i++)
    if (!(x[i] = tin_recompute_node(&walk->recompute, node, custom->in[i], walk->cotangent[at])))
      return false;
  struct tin_site site = walk->graph->site;
  bool good = y && custom->pull(custom, y, x, walk->cotangent[at], out, walk->error);
  walk->graph->site = site;
  mark_again(walk);
  for (int i = 0; good && i < custom->n_in; i++)
    good = !out[i] || !wants(walk, custom->in[i]) || contribute(walk, custom->in[i], out[i]);
  return good;
}

/* Adds the node's contributions to the cotangents of its inputs; false when memory ran out or with error. */
static bool propagate(struct walk *walk, int at) {
  struct tin_node *node = walk->order.at[at];
  gradient_fn *gradient = gradient_of(node->op);
  int count;
  struct tin_node **in = gradient_inputs(node, &count);
  if (in != node->in)
    return propagate_custom(walk, at);
  struct tin_node *seen = gradient ? tin_recompute_node(&walk->recompute, node, node, walk->cotangent[at]) : node;
  for (int i = 0; gradient && i < count; i++)
    if (wants(walk, in[i]) && (!seen || !contribute(walk, in[i], gradient(walk->graph, seen, walk->cotangent[at], i))))
      return false;
  return true;
}

/* A variable in wrt that the loss knows only at another version: zeros would be right and useless. */
static bool check_versions(const struct walk *walk, struct tin_node *const *wrt, int n_wrt, struct tin_error *error) {
  for (int i = 0; i < n_wrt; i++) {
    if (wrt[i]->op != OP_VAR || in_order(walk, wrt[i]))
      continue;
    for (int at = 0; at < walk->order.count; at++)
      if (walk->order.at[at]->op == OP_VAR && walk->order.at[at]->variable == wrt[i]->variable) {
        tin_error_set(error, "%s has changed since the loss was built; take the gradient before",
                      wrt[i]->site.name ? wrt[i]->site.name : "wrt");
        return false;
      }
  }
  return true;
}

/* What is asked of the walk. */
struct request {
  struct tin_node *const *outputs, *const *cotangents;
  int n_outputs;
  struct tin_node *const *wrt;
  int n_wrt;
  struct tin_node **gradients;
  struct tin_error *error;
};

/* Adds the cotangents of the outputs; false when memory ran out. */
static bool start_walk(struct walk *walk, const struct request *request) {
  walk->cotangent = TIN_NEW_ARRAY(&walk->arena, struct tin_node *, walk->order.count);
  for (int k = 0; k < request->n_outputs; k++) {
    struct tin_node *given = request->cotangents ? request->cotangents[k] : NULL;
    if (!contribute(walk, request->outputs[k], given ? given : make_number(walk->graph, request->outputs[k], 1)))
      return false;
  }
  return true;
}

static bool run_walk(struct walk *walk, const struct request *request) {
  find_order(walk, request->outputs, request->n_outputs);
  if (!check_versions(walk, request->wrt, request->n_wrt, request->error))
    return false;
  mark_wanted(walk, request->wrt, request->n_wrt);
  if (!start_walk(walk, request))
    return false;
  for (int at = walk->order.count - 1; at >= 0; at--)
    if (walk->wanted[at] && walk->cotangent[at] && !propagate(walk, at))
      return false;
  for (int i = 0; i < request->n_wrt; i++) {
    struct tin_node *wrt = request->wrt[i], *found = in_order(walk, wrt) ? walk->cotangent[wrt->index] : NULL;
    request->gradients[i] = found ? found : make_number(walk->graph, wrt, 0);
    if (!request->gradients[i])
      return false;
  }
  return true;
}

/* Integers have no derivative, and an assignment is no function of its variable. */
static bool check_kinds(const struct request *request) {
  struct tin_error *error = request->error;
  for (int k = 0; k < request->n_outputs; k++) {
    const struct tin_node *output = request->outputs[k];
    if (!tin_dtype_is_float(output->dtype))
      tin_error_set(error, "the loss is %s; gradients need floats", tin_dtypes[output->dtype].text);
    if (tin_op_is(output->op, OP_CLASS_EFFECT))
      tin_error_set(error, "%s has no gradient", tin_ops[output->op].text);
  }
  for (int i = 0; i < request->n_wrt; i++)
    if (!tin_dtype_is_float(request->wrt[i]->dtype))
      tin_error_set(error, "wrt[%d] is %s; gradients need floats", i, tin_dtypes[request->wrt[i]->dtype].text);
  return !error->set;
}

static bool gradient(struct tin_graph *graph, void *context, struct tin_node **gradients) {
  const struct request *request = context;
  (void)gradients; /* they are in the request */
  struct walk walk = {.graph = graph, .error = request->error};
  jmp_buf out_of_memory;
  tin_arena_init(&walk.arena, 1 << 16, &out_of_memory);
  bool done = setjmp(out_of_memory) == 0;
  if (done) {
    /* A barrier that waits for a placeholder would keep it in the graph, and forward mode keeps no values anyway. */
    struct tin_node *cotangent = request->cotangents && request->n_outputs ? request->cotangents[0] : NULL;
    if (!cotangent || !tin_node_is_placeholder(cotangent))
      tin_recompute_init(&walk.recompute, graph, &walk.arena);
    done = run_walk(&walk, request);
  }
  tin_arena_free(&walk.arena);
  if (!done)
    tin_error_set(request->error, "out of memory");
  return done;
}

/* The request as a call that can be recorded; false where it cannot: what is computed again depends on where the stretches are. */
static bool as_call(struct tin_graph *graph, const struct request *request, int64_t *arg, struct tin_node *call) {
  int n_in = 2 * request->n_outputs + request->n_wrt;
  for (const struct tin_graph *at = graph; at; at = at->parent)
    if (at->segments)
      return false;
  struct tin_node **in = n_in <= UINT16_MAX ? tin_arena_alloc(&graph->arena, sizeof *in * (size_t)n_in) : NULL;
  if (!in)
    return false;
  *call = (struct tin_node){.op = TIN_TRACED_GRADIENT, .n_in = (uint16_t)n_in, .in = in, .n_arg = 1, .arg = arg};
  *arg = request->n_outputs;
  for (int i = 0; i < request->n_outputs; i++) {
    in[2 * i] = request->outputs[i];
    in[2 * i + 1] = request->cotangents ? request->cotangents[i] : NULL;
  }
  for (int i = 0; i < request->n_wrt; i++)
    in[2 * request->n_outputs + i] = request->wrt[i];
  return true;
}

bool tin_gradient(struct tin_graph *graph, struct tin_node *const *outputs, struct tin_node *const *cotangents, int n_outputs,
                  struct tin_node *const *wrt, int n_wrt, struct tin_node **gradients, struct tin_error *error) {
  struct request request = {outputs, cotangents, n_outputs, wrt, n_wrt, gradients, error};
  struct tin_node call;
  int64_t arg;
  if (!check_kinds(&request))
    return false;
  if (!graph->tracing || !n_wrt || !as_call(graph, &request, &arg, &call))
    return gradient(graph, &request, gradients);
  return tin_trace_function(graph, &call, gradients, n_wrt, gradient, &request);
}

/* ---- nodes that simplification left out ---- */

static bool hides(struct walk *walk, struct tin_node *const *outputs, int n_outputs, struct tin_node *node) {
  walk->stamp = ++*walk->graph->stamp;
  find_order_of(walk, node);
  TIN_VEC(struct tin_node *) variables = {0};
  for (int at = 0; at < walk->order.count; at++)
    if (walk->order.at[at]->op == OP_VAR)
      tin_vec_push(&walk->arena, &variables, walk->order.at[at]);
  walk->order.count = 0;
  find_order(walk, outputs, n_outputs);
  for (int i = 0; i < variables.count && !in_order(walk, node); i++)
    if (in_order(walk, variables.at[i]))
      return true;
  return false;
}

bool tin_gradient_hides(struct tin_graph *graph, struct tin_node *const *outputs, int n_outputs, struct tin_node *node,
                        struct tin_error *error) {
  struct walk walk = {.graph = graph};
  jmp_buf out_of_memory;
  tin_arena_init(&walk.arena, 1 << 16, &out_of_memory);
  bool hidden = false;
  if (setjmp(out_of_memory) == 0)
    hidden = hides(&walk, outputs, n_outputs, node);
  else
    tin_error_set(error, "out of memory");
  tin_arena_free(&walk.arena);
  return hidden;
}
