/* digamma(x), the derivative of log(gamma(x)), as nodes, so that all its derivatives (the polygamma functions) follow from it. In f64 for
 * both dtypes: the zeros of digamma are sums that cancel, and f32 is right there too.
 *
 * For x > 0 by the recurrence digamma(x) = digamma(x + 8) - (1 / x + ... + 1 / (x + 7)) and the asymptotic series (Abramowitz and Stegun,
 * "Handbook of mathematical functions", 6.3.6 and 6.3.18); for x < 0 by reflection, digamma(1 - x) - pi cot(pi x) (6.3.7). */
#include "ir/compose.h"

#include <math.h>

static struct tin_node *make_multiply_add(struct tin_graph *graph, struct tin_node *a, struct tin_node *b, struct tin_node *c) {
  struct tin_node *in[] = {a, b, c};
  return a && b && c ? tin_node_elementwise(graph, OP_FMA, (tin_dtype)a->dtype, in, 3) : NULL;
}

/* log(y) - 1 / (2 y) - sum of b[k] / y^(2 k + 2), b[k] = B(2 k + 2) / (2 k + 2) with the Bernoulli numbers B. For y >= 8 the first term
 * left out is below 2^-57. */
static struct tin_node *series(struct tin_graph *graph, struct tin_node *y) {
  static const double b[] = {1.0 / 12,       -1.0 / 120, 1.0 / 252,      -1.0 / 240,      1.0 / 132,
                             -691.0 / 32760, 1.0 / 12,   -3617.0 / 8160, 43867.0 / 14364, -174611.0 / 6600};
  int last = (int)(sizeof b / sizeof *b) - 1;
  struct tin_node *inverse = make_binary(graph, OP_DIV, make_number(graph, y, 1), y),
                  *square = make_binary(graph, OP_MUL, inverse, inverse);
  struct tin_node *sum = make_number(graph, y, b[last]);
  for (int k = last - 1; k >= 0; k--)
    sum = make_multiply_add(graph, sum, square, make_number(graph, y, b[k]));
  sum = make_multiply_add(graph, sum, square, make_binary(graph, OP_MUL, inverse, make_number(graph, y, 0.5)));
  return make_binary(graph, OP_SUB, make_unary(graph, OP_LOG, y), sum);
}

/* 1 / x + ... + 1 / (x + 7), in pairs 1 / (x + k) + 1 / (x + 7 - k) = (2 x + 7) / (x (x + 7) + k (7 - k)). Past 2^60, where it no longer
 * counts, x is held fixed, so that infinity gives no NaN. */
static struct tin_node *recurrence(struct tin_graph *graph, struct tin_node *x) {
  struct tin_node *limit = make_number(graph, x, 0x1p60), *seven = make_number(graph, x, 7);
  x = make_select(graph, make_binary(graph, OP_LT, x, limit), x, limit);
  struct tin_node *product = make_binary(graph, OP_MUL, x, make_binary(graph, OP_ADD, x, seven));
  struct tin_node *twice = make_binary(graph, OP_ADD, make_binary(graph, OP_ADD, x, x), seven);
  struct tin_node *sum = make_binary(graph, OP_DIV, twice, product);
  for (int k = 1; k < 4; k++) {
    struct tin_node *divisor = make_binary(graph, OP_ADD, product, make_number(graph, x, k * (7 - k)));
    sum = make_binary(graph, OP_ADD, sum, make_binary(graph, OP_DIV, twice, divisor));
  }
  return sum;
}

/* pi cot(pi x), of the distance r to the nearest integer, which is exact. Elsewhere than on the left r is 1/4, so that nothing infinite
 * enters gradients. */
static struct tin_node *reflection(struct tin_graph *graph, struct tin_node *left, struct tin_node *r) {
  struct tin_node *pi = make_number(graph, r, 3.14159265358979323846);
  struct tin_node *angle = make_binary(graph, OP_MUL, make_select(graph, left, r, make_number(graph, r, 0.25)), pi);
  struct tin_node *cotangent = make_binary(graph, OP_DIV, make_unary(graph, OP_COS, angle), make_unary(graph, OP_SIN, angle));
  return make_binary(graph, OP_MUL, cotangent, pi);
}

struct tin_node *make_digamma(struct tin_graph *graph, struct tin_node *x) {
  if (!x)
    return NULL;
  tin_dtype dtype = (tin_dtype)x->dtype;
  x = make_cast(graph, x, TIN_F64);
  struct tin_node *zero = make_number(graph, x, 0), *left = make_binary(graph, OP_LT, x, zero);
  struct tin_node *y = make_select(graph, left, make_binary(graph, OP_SUB, make_number(graph, x, 1), x), x);
  struct tin_node *right =
      make_binary(graph, OP_SUB, series(graph, make_binary(graph, OP_ADD, y, make_number(graph, y, 8))), recurrence(graph, y));
  struct tin_node *r = make_binary(graph, OP_SUB, x, make_unary(graph, OP_ROUND, x));
  struct tin_node *reflected = make_binary(graph, OP_SUB, right, reflection(graph, left, r));
  struct tin_node *at_pole = make_binary(graph, OP_AND, left, make_binary(graph, OP_EQ, r, zero));
  struct tin_node *value = make_select(graph, at_pole, make_number(graph, x, NAN), make_select(graph, left, reflected, right));
  return make_cast(graph, value, dtype);
}
