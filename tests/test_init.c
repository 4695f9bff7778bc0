/* Initial values of parameters: formulas of PyTorch, structure, seeds, misuse. */
#include "tinsmith_nn.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "context.h"
#include "expect.h"

static tin_tensor *weight(tin_ctx *ctx, tin_shape shape) {
  return tin_param(ctx, shape, .dtype = TIN_F64);
}

/* Uniform: the largest number is close to the bound. */
static void expect_bound(int line, tin_tensor *w, double bound) {
  double largest = tin_item(tin_max(tin_abs(w)));
  if (!(largest <= bound && largest > 0.99 * bound))
    fail_msg("line %d: the largest is %g, the bound %g", line, largest, bound);
}

static void expect_deviation(int line, tin_tensor *w, double deviation) {
  double got = tin_item(tin_std(w)), mean = tin_item(tin_mean(w));
  if (!(fabs(got / deviation - 1) < 0.03 && fabs(mean) < 0.03 * deviation))
    fail_msg("line %d: deviation %g, not %g, mean %g", line, got, deviation, mean);
}
#define EXPECT_BOUND(w, bound) expect_bound(__LINE__, w, bound)
#define EXPECT_DEVIATION(w, deviation) expect_deviation(__LINE__, w, deviation)

/* A kernel [40, 20, 3, 5] has fan_in 300 and fan_out 600. */
static void test_fans(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.seed = 1});
  tin_tensor *w = weight(ctx, TIN_SHAPE(40, 20, 3, 5));
  EXPECT_BOUND(tin_init_kaiming_uniform(w, sqrt(5)), 1 / sqrt(300));
  EXPECT_BOUND(tin_init_kaiming_uniform(w, 0, .fan_out = true, .nonlinearity = "relu"), sqrt(6.0 / 600));
  EXPECT_DEVIATION(tin_init_kaiming_normal(w, 0.5), sqrt(2 / 1.25 / 300));
  EXPECT_DEVIATION(tin_init_kaiming_normal(w, 0, .nonlinearity = "tanh", .fan_out = true), 5.0 / 3 / sqrt(600));
  EXPECT_BOUND(tin_init_xavier_uniform(w), sqrt(6.0 / 900));
  EXPECT_BOUND(tin_init_xavier_uniform(w, .gain = 2), 2 * sqrt(6.0 / 900));
  EXPECT_DEVIATION(tin_init_xavier_normal(w, .gain = tin_gain("selu", 0)), 0.75 * sqrt(2.0 / 900));
  tin_tensor *none = weight(ctx, TIN_SHAPE(3, 0));
  assert_ptr_equal(tin_init_kaiming_normal(none, 0), none);
  end_ctx(ctx);
}

static void test_gains(void **state) {
  (void)state;
  static const char *const linear[] = {"linear",           "conv1d",           "conv2d",           "conv3d",
                                       "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "sigmoid"};
  for (size_t i = 0; i < sizeof linear / sizeof *linear; i++)
    assert_true(tin_gain(linear[i], 3) == 1);
  assert_true(tin_gain("relu", 0) == sqrt(2) && tin_gain("tanh", 0) == 5.0 / 3 && tin_gain("selu", 0) == 0.75);
  assert_true(fabs(tin_gain("leaky_relu", 0.01) - 1.4141428569978354) < 1e-15);
  assert_true(isnan(tin_gain("gelu", 0)) && isnan(tin_gain(NULL, 0)));
}

static void test_truncated(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.seed = 2});
  tin_tensor *w = weight(ctx, TIN_SHAPE(200, 100));
  tin_init_truncated_normal(w, 1, 2, -1, 4);
  assert_true(tin_item(tin_min(w)) >= -1 && tin_item(tin_max(w)) <= 4);
  assert_true(fabs(tin_item(tin_mean(w)) - 1.2903748943050524) < 0.04);
  assert_true(fabs(tin_item(tin_var(w)) - 1.6627400246295574) < 0.05);
  tin_init_truncated_normal(w, 0, 1, -INFINITY, INFINITY);
  EXPECT_DEVIATION(w, 1);
  end_ctx(ctx);
}

static void test_structures(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  EXPECT_EXACT(tin_init_eye(weight(ctx, TIN_SHAPE(2, 3))), 1, 0, 0, 0, 1, 0);
  EXPECT_EXACT(tin_init_eye(weight(ctx, TIN_SHAPE(3, 1))), 1, 0, 0);
  EXPECT_EXACT(tin_init_ones(tin_param(ctx, TIN_SHAPE(2))), 1, 1);
  EXPECT_EXACT(tin_init_dirac(weight(ctx, TIN_SHAPE(3, 2, 2)), 1), 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0);
  EXPECT_EXACT(tin_init_dirac(weight(ctx, TIN_SHAPE(2, 1, 1, 3)), 2), 0, 1, 0, 0, 1, 0);
  tin_tensor *x = tin_arange(ctx, TIN_F64, 2 * 5 * 6, 0, 1); /* what the delta convolves, stays */
  x = tin_reshape(x, TIN_SHAPE(1, 2, 5, 6));
  tin_tensor *same = tin_conv2d(x, tin_init_dirac(weight(ctx, TIN_SHAPE(2, 2, 3, 5)), 1), .padding = {1, 2});
  EXPECT_EXACT(tin_any(tin_ne(same, x)), 0);
  EXPECT_TYPE(tin_init_dirac(weight(ctx, TIN_SHAPE(4, 0, 3)), 2), TIN_F64, 4, 0, 3);
  end_ctx(ctx);
}

/* The largest element of gain^2 I - W W^T (or W^T W, where W has more rows than columns). */
static double off_orthogonal(tin_tensor *w, double gain) {
  tin_tensor *m = tin_flatten(w, 1, -1), *turned = tin_transpose(m, 0, 1);
  tin_shape shape = tin_shape_of(m);
  tin_tensor *product = shape.size[0] > shape.size[1] ? tin_matmul(turned, m) : tin_matmul(m, turned);
  tin_tensor *want = tin_mul_scalar(tin_eye(tin_ctx_of(w), TIN_F64, tin_shape_of(product).size[0], -1), gain * gain);
  return tin_item(tin_max(tin_abs(tin_sub(product, want))));
}

static void test_orthogonal(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.seed = 3});
  assert_true(off_orthogonal(tin_init_orthogonal(weight(ctx, TIN_SHAPE(64, 64)), 1), 1) < 1e-14);
  assert_true(off_orthogonal(tin_init_orthogonal(weight(ctx, TIN_SHAPE(20, 50)), 1), 1) < 1e-14);
  assert_true(off_orthogonal(tin_init_orthogonal(weight(ctx, TIN_SHAPE(50, 20)), 3), 3) < 1e-13);
  assert_true(off_orthogonal(tin_init_orthogonal(weight(ctx, TIN_SHAPE(6, 2, 3, 3)), sqrt(2)), sqrt(2)) < 1e-14);
  double one = tin_item(tin_init_orthogonal(weight(ctx, TIN_SHAPE(1, 1)), 5));
  assert_true(fabs(one) == 5);
  tin_tensor *empty = weight(ctx, TIN_SHAPE(0, 3));
  assert_ptr_equal(tin_init_orthogonal(empty, 1), empty);
  /* Q of the same normal numbers, with R's diagonal positive: the first row is theirs, of length 1 */
  tin_ctx *other = good_ctx((struct tin_ctx_options){.seed = 3});
  double row[4], drawn[8], length = 0;
  assert_true(tin_read(tin_slice(tin_init_orthogonal(weight(other, TIN_SHAPE(2, 4)), 1), 0, 0, 1), row, sizeof row));
  assert_true(tin_read(tin_init_normal(tin_params(other).at[0], 0, 1), drawn, sizeof drawn));
  for (int i = 0; i < 4; i++)
    length += drawn[i] * drawn[i];
  for (int i = 0; i < 4; i++)
    assert_true(fabs(row[i] - drawn[i] / sqrt(length)) < 1e-15);
  end_ctx(other);
  end_ctx(ctx);
}

/* A variable's numbers follow from the seed and from how many variables were made before. */
static void test_seeds(void **state) {
  (void)state;
  float w[3][2][6];
  for (int i = 0; i < 3; i++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.seed = i < 2 ? 7 : 8, .target = i ? "interpreter" : NULL});
    for (int k = 0; k < 2; k++) {
      tin_tensor *variable = tin_param(ctx, TIN_SHAPE(2, 3));
      k ? tin_init_xavier_normal(variable) : tin_init_truncated_normal(variable, 0, 1, -2, 2);
      assert_true(tin_read(variable, w[i][k], sizeof w[i][k]));
    }
    end_ctx(ctx);
  }
  assert_memory_equal(w[0], w[1], sizeof w[0]);
  for (int k = 0; k < 2; k++)
    assert_memory_not_equal(w[0][k], w[2][k], sizeof w[0][k]);
}

/* ---- misuse ---- */

static void expect_error(tin_ctx *ctx, tin_tensor *t, const char *message) {
  if (!tin_is_poison(t) || !strstr(tin_message(ctx), message) || !strstr(tin_message(ctx), "test_init.c:"))
    fail_msg("\"%s\" is not in \"%s\"", message, tin_message(ctx));
  tin_clear_error(ctx);
}

static void test_misuse(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  tin_tensor *vector = weight(ctx, TIN_SHAPE(4)), *matrix = weight(ctx, TIN_SHAPE(4, 2)), *poison = tin_add(matrix, tin_zeros_like(matrix));
  poison = tin_matmul(poison, poison);
  tin_clear_error(ctx);
  expect_error(ctx, tin_init_kaiming_uniform(vector, 0), "init_kaiming_uniform: fans need two axes or more");
  expect_error(ctx, tin_init_xavier_normal(vector), "init_xavier_normal: fans need two axes or more");
  expect_error(ctx, tin_init_kaiming_normal(matrix, 0, .nonlinearity = "gelu"), "init_kaiming_normal: there is no nonlinearity \"gelu\"");
  expect_error(ctx, tin_init_orthogonal(vector, 1), "init_orthogonal: 1 axes; there must be 2 or more");
  expect_error(ctx, tin_init_eye(vector), "init_eye: 1 axes; a matrix has 2");
  expect_error(ctx, tin_init_dirac(matrix, 1), "init_dirac: 2 axes");
  expect_error(ctx, tin_init_dirac(weight(ctx, TIN_SHAPE(4, 2, 1)), 3), "and 3 groups of out");
  expect_error(ctx, tin_init_truncated_normal(matrix, 0, -1, 0, 1), "init_truncated_normal: bounds 0 and 1 or deviation -1");
  expect_error(ctx, tin_init_orthogonal(tin_mul_scalar(matrix, 2), 1), "init_orthogonal: only float parameters");
  assert_true(tin_is_poison(tin_init_orthogonal(poison, 1)) && tin_is_poison(tin_init_xavier_uniform(poison)));
  assert_true(tin_is_poison(tin_init_dirac(NULL, 1)));
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fans),       cmocka_unit_test(test_gains), cmocka_unit_test(test_truncated), cmocka_unit_test(test_structures),
      cmocka_unit_test(test_orthogonal), cmocka_unit_test(test_seeds), cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
