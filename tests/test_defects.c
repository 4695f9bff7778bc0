/* What small autograd libraries are known to have got wrong, one test a defect: values and gradients by the formula, by hand. The longest
 * chains of nodes are in test_scale, everything against PyTorch is in test_expected. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tinsmith_nn.h"

#include "context.h"
#include "expect.h"

/* Everything runs on the interpreter and on the best target of the CPU. */
static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

static tin_tensor *gradient_of(tin_tensor *y, tin_tensor *x) {
  tin_tensor *gradient;
  tin_grad(y, TIN_LIST(x), &gradient);
  return gradient;
}

#define VECTOR(...) tin_from(ctx, TIN_F64, TIN_SHAPE(sizeof F64(__VA_ARGS__) / sizeof(double)), F64(__VA_ARGS__))

static void test_full_keeps_fractions(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  EXPECT_EXACT(tin_full(ctx, TIN_F32, TIN_SHAPE(2), 0.5), 0.5, 0.5);
  EXPECT_EXACT(tin_full_like(tin_zeros(ctx, TIN_F64, TIN_SHAPE(1)), -0.25), -0.25);
  EXPECT_EXACT(tin_add_scalar(tin_full(ctx, TIN_I32, TIN_SHAPE(1), 3), 0.5), 3.5);
  end_ctx(ctx);
}

static void test_mean(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 4), F64(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EXACT(gradient_of(tin_mean(x), x), 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125, 0.125);
  EXPECT_EXACT(gradient_of(tin_mean(x, .axes = TIN_AXES(1)), x), 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25);
  EXPECT_EXACT(gradient_of(tin_mean(x, .axes = TIN_AXES(0)), x), 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5);
  end_ctx(ctx);
}

/* y = x / r, r = sqrt(mean(x^2)) = 5 of (1, 7): dy_0 / dx = 1 / r - x_0 x / (2 r^3), and so on: the mean's part is not forgotten. */
static void test_rms_norm(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(1, 7), *weight = VECTOR(2, 3);
  tin_tensor *y = tin_mul(tin_mul(x, tin_rsqrt(tin_mean(tin_square(x), .keepdims = true))), weight);
  EXPECT_NEAR(y, 1e-15, 0.4, 4.2);
  double through = (2 * 1 + 3 * 7) / 250.0; /* sum of weight x over 2 r^3 */
  EXPECT_NEAR(gradient_of(y, x), 1e-14, 2 / 5.0 - 1 * through, 3 / 5.0 - 7 * through);
  EXPECT_NEAR(gradient_of(y, weight), 1e-15, 0.2, 1.4);
  end_ctx(ctx);
}

static void test_clamp(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(-3, -1, 0, 1, 3);
  EXPECT_EXACT(tin_clamp(x, -1, 1), -1, -1, 0, 1, 1);
  EXPECT_EXACT(gradient_of(tin_clamp(x, -1, 1), x), 0, 1, 1, 1, 0);
  end_ctx(ctx);
}

/* The gradient has the mask of the value, scaled like it. */
static void test_dropout(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  enum { COUNT = 256 };
  tin_tensor *x = tin_full(ctx, TIN_F64, TIN_SHAPE(COUNT), 3);
  tin_tensor *kept = tin_param(ctx, TIN_SHAPE(COUNT), .dtype = TIN_F64);
  tin_assign(kept, x);
  double value[COUNT], gradient[COUNT];
  tin_tensor *y = tin_dropout(kept, 0.25), *g = gradient_of(y, kept);
  assert_true(tin_realize(TIN_LIST(y, g)) && tin_read(y, value, sizeof value) && tin_read(g, gradient, sizeof gradient));
  int zeros = 0;
  for (int i = 0; i < COUNT; i++) {
    zeros += value[i] == 0;
    if (value[i] == 0 ? gradient[i] != 0 : fabs(value[i] - 4) > 1e-14 || fabs(gradient[i] - 4 / 3.0) > 1e-14)
      fail_msg("element %d is %g with gradient %g", i, value[i], gradient[i]);
  }
  assert_in_range(zeros, COUNT / 8, COUNT / 2);
  end_ctx(ctx);
}

static void test_saturation(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(-1000, -100, 0, 100, 1000);
  EXPECT_NEAR(tin_sigmoid(x), 1e-14, 0, exp(-100), 0.5, 1, 1);
  EXPECT_NEAR(gradient_of(tin_sigmoid(x), x), 1e-14, 0, exp(-100), 0.25, exp(-100), 0); /* PyTorch loses the last but one */
  EXPECT_EXACT(tin_tanh(x), -1, -1, 0, 1, 1);
  EXPECT_EXACT(gradient_of(tin_tanh(x), x), 0, 0, 1, 0, 0);
  tin_tensor *narrow = tin_cast(x, TIN_F32);
  EXPECT_EXACT(tin_tanh(narrow), -1, -1, 0, 1, 1);
  EXPECT_NEAR(gradient_of(tin_sum(tin_sigmoid(narrow)), narrow), 0.25, 0, 0x1.b993fep-145, 0.25, 0x1.b993fep-145,
              0); /* e^-100 is denormal in f32 */
  end_ctx(ctx);
}

static void test_negation_has_a_gradient(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(1, -2), *y = tin_neg(x);
  EXPECT_EXACT(gradient_of(tin_square(y), x), 2, -4);
  EXPECT_EXACT(gradient_of(y, x), -1, -1);
  end_ctx(ctx);
}

/* The gradient is that of the value returned: mean with mean, sum with sum, by central differences. */
static void test_cross_entropy_scale(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  int32_t classes[] = {0, 2};
  tin_tensor *labels = tin_from(ctx, TIN_I32, TIN_SHAPE(2), classes);
  for (int reduction = TIN_REDUCE_MEAN; reduction <= TIN_REDUCE_SUM; reduction++) {
    double logits[] = {1, 2, 0.5, -1, 0, 3}, gradient[6], step = 1e-5;
    tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 3), logits);
    tin_tensor *g = gradient_of(tin_cross_entropy(x, labels, .reduction = (tin_reduction)reduction), x);
    assert_true(tin_read(g, gradient, sizeof gradient));
    for (int i = 0; i < 6; i++) {
      double loss[2], middle = logits[i];
      for (int side = 0; side < 2; side++) {
        logits[i] = middle + (side ? step : -step);
        tin_tensor *moved = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 3), logits);
        loss[side] = tin_item(tin_cross_entropy(moved, labels, .reduction = (tin_reduction)reduction));
      }
      logits[i] = middle;
      assert_true(fabs((loss[1] - loss[0]) / (2 * step) - gradient[i]) < 1e-9);
    }
  }
  end_ctx(ctx);
}

static void test_concat(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 1), F64(1, 2)), *b = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 2), F64(3, 4, 5, 6));
  tin_tensor *y = tin_concat(TIN_LIST(a, b), 1);
  EXPECT_TYPE(y, TIN_F64, 2, 3);
  EXPECT_EXACT(y, 1, 3, 4, 2, 5, 6);
  EXPECT_EXACT(gradient_of(tin_square(y), b), 6, 8, 10, 12);
  end_ctx(ctx);
}

/* b = 0.9 b + g, w -= 0.1 b with g = w of the loss w^2 / 2: the first b is g itself. */
static void test_momentum(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(1), .dtype = TIN_F64, .name = "w");
  tin_init_constant(w, 2);
  tin_optim *optim = tin_sgd(tin_params(ctx), .lr = 0.1, .momentum = 0.9);
  double want = 2, velocity = 0;
  for (int step = 0; step < 4; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_step(optim, tin_mul_scalar(tin_sum(tin_square(w)), 0.5));
    tin_end(scope);
    velocity = 0.9 * velocity + want;
    want -= 0.1 * velocity;
    assert_true(fabs(tin_item(w) - want) < 1e-14);
  }
  end_ctx(ctx);
}

static void test_broadcasting_both_ways(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 1), F64(10, 20)), *b = tin_from(ctx, TIN_F64, TIN_SHAPE(1, 3), F64(1, 2, 3));
  tin_tensor *y = tin_add(a, b);
  EXPECT_TYPE(y, TIN_F64, 2, 3);
  EXPECT_EXACT(y, 11, 12, 13, 21, 22, 23);
  EXPECT_TYPE(gradient_of(y, a), TIN_F64, 2, 1);
  EXPECT_EXACT(gradient_of(y, a), 3, 3);
  EXPECT_EXACT(gradient_of(y, b), 2, 2, 2);
  end_ctx(ctx);
}

static void test_ties_share(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(5, 1, 5, 5, 5);
  EXPECT_EXACT(gradient_of(tin_max(x), x), 0.25, 0, 0.25, 0.25, 0.25);
  EXPECT_EXACT(gradient_of(tin_min(tin_neg(x)), x), -0.25, 0, -0.25, -0.25, -0.25);
  end_ctx(ctx);
}

static void test_seeds(void **state) {
  (void)state;
  enum { COUNT = 64 };
  double number[3][2][COUNT]; /* of seeds 1, 1 and 2: two calls each */
  for (int run = 0; run < 3; run++) {
    tin_ctx *ctx = new_ctx();
    tin_ctx_seed(ctx, run == 2 ? 2 : 1);
    for (int call = 0; call < 2; call++)
      assert_true(tin_read(tin_rand(ctx, TIN_F64, TIN_SHAPE(COUNT)), number[run][call], sizeof number[run][call]));
    end_ctx(ctx);
  }
  assert_memory_equal(number[0], number[1], sizeof number[0]);
  assert_memory_not_equal(number[0], number[2], sizeof number[0]);
  assert_memory_not_equal(number[0][0], number[0][1], sizeof number[0][0]);
}

/* 2^24 + 1 is no f32: integers never pass through floats. */
static void test_large_class_numbers(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  int32_t labels[] = {16777217, 16777216, 16777219};
  tin_tensor *x = tin_from(ctx, TIN_I32, TIN_SHAPE(3), labels);
  EXPECT_EXACT(tin_eq(x, tin_full(ctx, TIN_I32, TIN_SHAPE(), 16777217)), 1, 0, 0);
  EXPECT_EXACT(tin_flip(tin_concat(TIN_LIST(x, x), 0), TIN_AXES(0)), 16777219, 16777216, 16777217, 16777219, 16777216, 16777217);
  EXPECT_EXACT(tin_max(x), 16777219);
  EXPECT_EXACT(tin_sum(x), 50331652);
  tin_tensor *input = tin_input(ctx, TIN_I32, TIN_SHAPE(3), "labels");
  assert_true(tin_write(input, labels, sizeof labels));
  EXPECT_EXACT(tin_add_scalar(input, 0), 16777217, 16777216, 16777219);
  end_ctx(ctx);
}

/* A shape belongs to the result, and a value that was taken stays when its variable changes. */
static void test_unsqueeze_does_not_alias(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  double before[] = {1, 2}, after[] = {3, 4};
  tin_tensor *x = tin_input(ctx, TIN_F64, TIN_SHAPE(2), "x");
  tin_write(x, before, sizeof before);
  tin_tensor *y = tin_unsqueeze(x, 0);
  EXPECT_TYPE(y, TIN_F64, 1, 2);
  EXPECT_TYPE(x, TIN_F64, 2);
  tin_write(x, after, sizeof after);
  EXPECT_EXACT(y, 1, 2);
  EXPECT_EXACT(x, 3, 4);
  end_ctx(ctx);
}

/* The expression in micrograd's README and its test_more_ops, then its test_sanity_check. */
static void test_micrograd(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = VECTOR(-4), *b = VECTOR(2), *gradient[2];
  tin_tensor *c = tin_add(a, b), *d = tin_add(tin_mul(a, b), tin_pow(b, 3));
  c = tin_add(c, tin_add_scalar(c, 1));
  c = tin_add(c, tin_sub(tin_add_scalar(c, 1), a));
  d = tin_add(d, tin_add(tin_mul_scalar(d, 2), tin_relu(tin_add(b, a))));
  d = tin_add(d, tin_add(tin_mul_scalar(d, 3), tin_relu(tin_sub(b, a))));
  tin_tensor *f = tin_pow(tin_sub(c, d), 2);
  tin_tensor *g = tin_add(tin_div_scalar(f, 2), tin_scalar_div(10, f));
  EXPECT_NEAR(g, 1e-14, 24.70408163265306);
  tin_grad(g, TIN_LIST(a, b), gradient);
  EXPECT_NEAR(gradient[0], 1e-14, 138.83381924198252);
  EXPECT_NEAR(gradient[1], 1e-14, 645.5772594752186);

  tin_tensor *x = VECTOR(-4), *z = tin_add(tin_add_scalar(tin_mul_scalar(x, 2), 2), x);
  tin_tensor *q = tin_add(tin_relu(z), tin_mul(z, x));
  tin_tensor *y = tin_add(tin_add(tin_relu(tin_mul(z, z)), q), tin_mul(q, x));
  EXPECT_EXACT(y, -20);
  EXPECT_EXACT(gradient_of(y, x), 46);
  end_ctx(ctx);
}

/* Two variables that were given the same value, constant or not, and two equal tensors that are watched: each has its own gradient. */
static void test_equal_values_have_own_gradients(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(1, 2), *y = VECTOR(10, 20), *gradient[2];
  tin_tensor *v = tin_param(ctx, TIN_SHAPE(2), .dtype = TIN_F64), *w = tin_param(ctx, TIN_SHAPE(2), .dtype = TIN_F64);
  tin_tensor *values[] = {tin_ones_like(x), tin_exp(x)};
  for (int i = 0; i < 2; i++) {
    tin_assign(v, values[i]);
    tin_assign(w, values[i]);
    tin_tensor *loss = tin_add(tin_mul(v, x), tin_mul(w, y));
    assert_true(tin_grad(loss, TIN_LIST(v, w), gradient));
    EXPECT_EXACT(gradient[0], 1, 2);
    EXPECT_EXACT(gradient[1], 10, 20);
    EXPECT_NEAR(gradient_of(tin_square(v), v), 1e-14, 2 * (i ? exp(1) : 1), 2 * (i ? exp(2) : 1));
    tin_assign(v, values[i]); /* the reads above have computed the update */
    EXPECT_NEAR(gradient_of(tin_square(v), v), 1e-14, 2 * (i ? exp(1) : 1), 2 * (i ? exp(2) : 1));
  }
  tin_tensor *a = tin_watch(tin_ones_like(x)), *b = tin_watch(tin_ones_like(x));
  assert_true(tin_grad(tin_add(tin_mul(a, x), tin_mul(b, y)), TIN_LIST(a, b), gradient));
  EXPECT_EXACT(gradient[0], 1, 2);
  EXPECT_EXACT(gradient[1], 10, 20);
  tin_tensor *number = tin_ones_like(x); /* folded into the loss: an error, not zeros */
  assert_false(tin_grad(tin_square(number), TIN_LIST(number), gradient));
  assert_non_null(strstr(tin_message(ctx), "build the loss on watch"));
  tin_clear_error(ctx);
  end_ctx(ctx);
}

static void test_squares_are_summed(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(1, 2, -3), *zero = VECTOR(0, 0, 0);
  EXPECT_EXACT(tin_mse(x, zero, .reduction = TIN_REDUCE_SUM), 14);
  EXPECT_NEAR(tin_mse(x, zero), 1e-15, 14 / 3.0);
  EXPECT_EXACT(tin_mse(x, zero, .reduction = TIN_REDUCE_NONE), 1, 4, 9);
  EXPECT_NEAR(gradient_of(tin_mse(x, zero), x), 1e-15, 2 / 3.0, 4 / 3.0, -2);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_full_keeps_fractions),
      cmocka_unit_test(test_mean),
      cmocka_unit_test(test_rms_norm),
      cmocka_unit_test(test_clamp),
      cmocka_unit_test(test_dropout),
      cmocka_unit_test(test_saturation),
      cmocka_unit_test(test_negation_has_a_gradient),
      cmocka_unit_test(test_cross_entropy_scale),
      cmocka_unit_test(test_concat),
      cmocka_unit_test(test_momentum),
      cmocka_unit_test(test_broadcasting_both_ways),
      cmocka_unit_test(test_ties_share),
      cmocka_unit_test(test_seeds),
      cmocka_unit_test(test_large_class_numbers),
      cmocka_unit_test(test_unsqueeze_does_not_alias),
      cmocka_unit_test(test_micrograd),
      cmocka_unit_test(test_equal_values_have_own_gradients),
      cmocka_unit_test(test_squares_are_summed),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("defects, interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("defects, compiled", tests, NULL, NULL);
}
