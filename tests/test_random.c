/* Random tensors: moments and distribution functions of 10^5 numbers, the same bits on every target, streams, samples, misuse. */
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

enum { COUNT = 100000 };

static tin_ctx *seeded(uint64_t seed) {
  return good_ctx((struct tin_ctx_options){.seed = seed, .threads = 1});
}

/* ---- continuous distributions ---- */

static tin_tensor *uniform(tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  return tin_uniform(ctx, dtype, shape, -2, 3);
}
static double uniform_cdf(double x) {
  return (x + 2) / 5;
}
static tin_tensor *normal(tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  return tin_normal(ctx, dtype, shape, 1, 2);
}
static double normal_cdf(double x) {
  return erfc((1 - x) / (2 * sqrt(2))) / 2;
}
static tin_tensor *truncated(tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  return tin_truncated_normal(ctx, dtype, shape, 1, 2, -1, 4);
}
static double truncated_cdf(double x) {
  return (normal_cdf(x) - normal_cdf(-1)) / (normal_cdf(4) - normal_cdf(-1));
}
static tin_tensor *exponential(tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  return tin_exponential(ctx, dtype, shape, 2);
}
static double exponential_cdf(double x) {
  return 1 - exp(-2 * x);
}
static tin_tensor *gumbel(tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  return tin_gumbel(ctx, dtype, shape);
}
static double gumbel_cdf(double x) {
  return exp(-exp(-x));
}

struct distribution {
  const char *name;
  tin_tensor *(*make)(tin_ctx *ctx, tin_dtype dtype, tin_shape shape);
  double (*cdf)(double x);
  double mean, variance;
};
/* The truncated normal's: with a = -1, b = 1.5 in deviations, Z = cdf(b) - cdf(a): 1 + 2 (pdf(a) - pdf(b)) / Z and so on. */
static const struct distribution distributions[] = {
    {"uniform", uniform, uniform_cdf, 0.5, 25.0 / 12},
    {"normal", normal, normal_cdf, 1, 4},
    {"truncated_normal", truncated, truncated_cdf, 1.2903748943050524, 1.6627400246295574},
    {"exponential", exponential, exponential_cdf, 0.5, 0.25},
    {"gumbel", gumbel, gumbel_cdf, 0.57721566490153286, 1.6449340668482264},
};

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The largest difference between the empirical and the exact distribution function; 1.95 / sqrt(n) is exceeded once in a thousand. */
static void check_distribution(const struct distribution *distribution, tin_dtype dtype) {
  static double x[COUNT];
  tin_ctx *ctx = seeded(7);
  assert_true(tin_read(tin_cast(distribution->make(ctx, dtype, TIN_SHAPE(COUNT)), TIN_F64), x, sizeof x));
  double sum = 0, squares = 0, most = 0;
  for (int i = 0; i < COUNT; i++)
    sum += x[i];
  for (int i = 0; i < COUNT; i++)
    squares += (x[i] - sum / COUNT) * (x[i] - sum / COUNT);
  qsort(x, COUNT, sizeof *x, by_value);
  for (int i = 0; i < COUNT; i++)
    most = fmax(most, fmax(fabs(distribution->cdf(x[i]) - i / (double)COUNT), fabs((i + 1) / (double)COUNT - distribution->cdf(x[i]))));
  double mean_error = fabs(sum / COUNT - distribution->mean), bound = 4 * sqrt(distribution->variance / COUNT);
  double variance_error = fabs(squares / (COUNT - 1) / distribution->variance - 1);
  if (!(mean_error < bound) || !(variance_error < 0.02) || !(most < 1.95 / sqrt(COUNT)))
    fail_msg("%s %s: mean off by %g, variance by %g, distribution by %g", distribution->name, tin_dtype_name(dtype), mean_error,
             variance_error, most);
  end_ctx(ctx);
}

static void test_distributions(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof distributions / sizeof *distributions; i++) {
    check_distribution(&distributions[i], TIN_F32);
    check_distribution(&distributions[i], TIN_F64);
  }
}

static void test_bounds(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(3);
  tin_shape shape = TIN_SHAPE(COUNT);
  tin_tensor *tail = tin_truncated_normal(ctx, TIN_F64, shape, 0, 1, 4, INFINITY);
  assert_true(tin_item(tin_min(tail)) >= 4 && tin_item(tin_max(tail)) < 8);
  assert_true(isfinite(tin_item(tin_sum(tin_truncated_normal(ctx, TIN_F32, shape, 0, 1, -INFINITY, INFINITY)))));
  EXPECT_EXACT(tin_max(tin_truncated_normal(ctx, TIN_F32, TIN_SHAPE(100), 0, 1, 9, 10)), 9); /* erf is 1 there in f32 */
  assert_true(tin_item(tin_min(tin_exponential(ctx, TIN_F32, shape, 1))) >= 0);
  EXPECT_EXACT(tin_uniform(ctx, TIN_F32, TIN_SHAPE(2), 5, 5), 5, 5);
  EXPECT_TYPE(tin_normal(ctx, TIN_F16, TIN_SHAPE(2, 0), 5, 5), TIN_F16, 2, 0);
  EXPECT_TYPE(tin_gumbel(ctx, TIN_BF16, TIN_SHAPE()), TIN_BF16);
  end_ctx(ctx);
}

/* ---- integers ---- */

static void test_randint(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(11);
  double counts[6] = {0}, chi = 0;
  static int16_t x[COUNT];
  assert_true(tin_read(tin_randint(ctx, TIN_I16, TIN_SHAPE(COUNT), -2, 4), x, sizeof x));
  for (int i = 0; i < COUNT; i++) {
    assert_true(x[i] >= -2 && x[i] < 4);
    counts[x[i] + 2]++;
  }
  for (int i = 0; i < 6; i++)
    chi += (counts[i] - COUNT / 6.0) * (counts[i] - COUNT / 6.0) / (COUNT / 6.0);
  assert_true(chi < 20.5); /* five degrees of freedom: once in a thousand */
  tin_tensor *large = tin_randint(ctx, TIN_I64, TIN_SHAPE(COUNT), INT64_MAX - (INT64_C(1) << 32), INT64_MAX);
  int64_t least = 0;
  assert_true(tin_read(tin_min(large), &least, sizeof least));
  assert_true(least >= INT64_MAX - (INT64_C(1) << 32) && least < INT64_MAX - (INT64_C(1) << 32) + 500000);
  EXPECT_EXACT(tin_randint(ctx, TIN_U8, TIN_SHAPE(2), 255, 256), 255, 255);
  EXPECT_EXACT(tin_max(tin_cast(tin_randint(ctx, TIN_BOOL, TIN_SHAPE(100), 0, 2), TIN_I32)), 1);
  EXPECT_TYPE(tin_randint(ctx, TIN_F32, TIN_SHAPE(3, 1), 0, 9), TIN_F32, 3, 1);
  end_ctx(ctx);
}

static void test_permutations(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(5);
  tin_tensor *order = tin_randperm(ctx, TIN_I64, 1000);
  EXPECT_TYPE(order, TIN_I64, 1000);
  tin_tensor *sorted = tin_sort(order), *straight = tin_iota(ctx, TIN_I64, 1000);
  EXPECT_EXACT(tin_all(tin_eq(sorted, straight)), 1);
  EXPECT_EXACT(tin_all(tin_eq(order, straight)), 0);
  double counts[6] = {0}; /* all orders of three */
  for (int i = 0; i < 1200; i++) {
    tin_scope scope = tin_begin(ctx);
    int32_t p[3];
    assert_true(tin_read(tin_randperm(ctx, TIN_I32, 3), p, sizeof p));
    counts[2 * p[0] + (p[1] > p[2])]++;
    tin_end(scope);
  }
  for (int i = 0; i < 6; i++)
    assert_true(fabs(counts[i] - 200) < 60);
  tin_tensor *x = tin_reshape(tin_iota(ctx, TIN_F32, 12), TIN_SHAPE(3, 4)), *mixed = tin_shuffle(x, -1), *grad;
  EXPECT_EXACT(tin_sum(mixed, .axes = TIN_AXES(1)), 6, 22, 38);
  EXPECT_EXACT(tin_sub(tin_slice(mixed, 0, 1, 2), tin_slice(mixed, 0, 0, 1)), 4, 4, 4, 4); /* columns stay whole */
  assert_true(tin_grad(tin_mul(mixed, mixed), TIN_LIST(x), &grad));
  EXPECT_EXACT(tin_sub(grad, tin_mul_scalar(x, 2)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  EXPECT_TYPE(tin_randperm(ctx, TIN_U8, 256), TIN_U8, 256);
  EXPECT_TYPE(tin_randperm(ctx, TIN_I32, 0), TIN_I32, 0);
  end_ctx(ctx);
}

/* ---- samples ---- */

static void test_bernoulli(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(2);
  EXPECT_EXACT(tin_bernoulli(TENSOR(ctx, TIN_F64, TIN_SHAPE(5), 0, 1, -1, 2, NAN)), 0, 1, 0, 1, 0);
  double mean = tin_item(tin_mean(tin_bernoulli(tin_full(ctx, TIN_F32, TIN_SHAPE(COUNT), 0.3))));
  assert_true(fabs(mean - 0.3) < 4 * sqrt(0.21 / COUNT));
  EXPECT_TYPE(tin_bernoulli(tin_full(ctx, TIN_F16, TIN_SHAPE(2, 2), 0.5)), TIN_F16, 2, 2);
  end_ctx(ctx);
}

static void test_categorical(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(1);
  tin_tensor *p = TENSOR(ctx, TIN_F32, TIN_SHAPE(2, 4), 1, 2, 3, 4, 0, 5, 0, 5), *counts[4];
  tin_tensor *draws = tin_multinomial(p, .count = 10000);
  EXPECT_TYPE(draws, TIN_I32, 2, 10000);
  for (int c = 0; c < 4; c++) {
    double want[2] = {1000.0 * (c + 1), c % 2 ? 5000 : 0}, got[2];
    counts[c] = tin_count_nonzero(tin_eq(draws, tin_constant(ctx, TIN_I32, c)), .axes = TIN_AXES(1));
    assert_true(tin_read(tin_cast(counts[c], TIN_F64), got, sizeof got));
    for (int row = 0; row < 2; row++)
      assert_true(fabs(got[row] - want[row]) <= 4 * sqrt(want[row] * (1 - want[row] / 10000)));
  }
  tin_tensor *logits = tin_log(p);
  EXPECT_TYPE(tin_categorical(logits), TIN_I32, 2);
  tin_tensor *all = tin_categorical(logits, .count = 4, .without_replacement = true);
  EXPECT_EXACT(tin_sort(all, .axis = 1), 0, 1, 2, 3, 0, 1, 2, 3);
  EXPECT_EXACT(tin_sort(tin_slice(tin_slice(all, 0, 1, 2), 1, 2, 4), .axis = 1), 0, 2); /* weight 0 comes last */
  EXPECT_TYPE(tin_multinomial(p, .count = 2, .without_replacement = true), TIN_I32, 2, 2);
  EXPECT_TYPE(tin_categorical(tin_cast(logits, TIN_F16), .count = 3), TIN_I32, 2, 3);
  EXPECT_EXACT(tin_categorical(tin_zeros(ctx, TIN_I32, TIN_SHAPE(3, 1))), 0, 0, 0);
  end_ctx(ctx);
}

/* The first of two draws without replacement has the class's probability, the second that among the others. */
static void test_without_replacement(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(9);
  tin_tensor *p = tin_expand(TENSOR(ctx, TIN_F64, TIN_SHAPE(3), 1, 2, 5), TIN_SHAPE(20000, 3));
  tin_tensor *pairs = tin_multinomial(p, .count = 2, .without_replacement = true);
  static int32_t got[20000][2];
  double first[3] = {0}, second_after_2[3] = {0};
  assert_true(tin_read(pairs, got, sizeof got));
  for (int i = 0; i < 20000; i++) {
    first[got[i][0]]++;
    second_after_2[got[i][1]] += got[i][0] == 2;
  }
  assert_true(fabs(first[2] - 12500) < 280 && fabs(first[0] - 2500) < 190);
  assert_true(second_after_2[2] == 0 && fabs(second_after_2[0] - first[2] / 3) < 215);
  end_ctx(ctx);
}

/* ---- seeds and streams ---- */

enum { SMALL = 1000, KINDS = 9 };

static void all_kinds(struct tin_ctx_options options, float out[KINDS][SMALL]) {
  tin_ctx *ctx = good_ctx(options);
  tin_shape shape = TIN_SHAPE(SMALL);
  tin_tensor *kinds[KINDS] = {
      tin_rand(ctx, TIN_F32, shape),
      tin_randn(ctx, TIN_F64, shape),
      tin_truncated_normal(ctx, TIN_F32, shape, 0, 1, -2, 2),
      tin_exponential(ctx, TIN_F32, shape, 1),
      tin_gumbel(ctx, TIN_F64, shape),
      tin_randint(ctx, TIN_I32, shape, 0, 1000003),
      tin_randperm(ctx, TIN_I32, SMALL),
      tin_categorical(tin_zeros(ctx, TIN_F32, TIN_SHAPE(7)), .count = SMALL),
      tin_dropout(tin_ones(ctx, TIN_F32, shape), 0.3),
  };
  for (int i = 0; i < KINDS; i++)
    assert_true(tin_read(tin_cast(kinds[i], TIN_F32), out[i], sizeof out[i]));
  end_ctx(ctx);
}

static void test_same_everywhere(void **state) {
  (void)state;
  static float first[KINDS][SMALL], other[KINDS][SMALL];
  const struct tin_ctx_options ways[] = {{.seed = 4},
                                         {.seed = 4, .target = "interpreter"},
                                         {.seed = 4, .target = "portable"},
                                         {.seed = 4, .threads = 3},
                                         {.seed = 4, .fuse_off = TIN_FUSE_ALL}};
  all_kinds(ways[0], first);
  for (size_t i = 1; i < sizeof ways / sizeof *ways; i++) {
    all_kinds(ways[i], other);
    assert_memory_equal(first, other, sizeof first);
  }
  all_kinds((struct tin_ctx_options){.seed = 5}, other);
  for (int i = 0; i < KINDS; i++)
    assert_true(memcmp(first[i], other[i], sizeof first[i]) != 0);
}

static void test_streams(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(8);
  tin_tensor *a = tin_rand(ctx, TIN_F32, TIN_SHAPE(4)), *b = tin_rand(ctx, TIN_F32, TIN_SHAPE(4));
  EXPECT_EXACT(tin_any(tin_eq(a, b)), 0); /* two calls differ */
  tin_ctx_seed(ctx, 8);
  EXPECT_EXACT(tin_all(tin_eq(a, tin_rand(ctx, TIN_F32, TIN_SHAPE(4)))), 1); /* the seed starts anew */
  float in_scope[2][4];
  for (int step = 0; step < 2; step++) { /* a scope has streams of its own: its number decides */
    tin_scope scope = tin_begin(ctx);
    assert_true(tin_read(tin_rand(ctx, TIN_F32, TIN_SHAPE(4)), in_scope[step], sizeof in_scope[step]));
    tin_end(scope);
  }
  assert_true(memcmp(in_scope[0], in_scope[1], sizeof in_scope[0]) != 0);
  end_ctx(ctx);
}

static void test_dropout(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(6);
  tin_tensor *x = tin_arange(ctx, TIN_F64, COUNT, 1, 1), *grad;
  tin_tensor *y = tin_dropout(x, 0.25);
  assert_true(tin_grad(y, TIN_LIST(x), &grad));
  EXPECT_EXACT(tin_any(tin_ne(tin_mul(grad, x), y)), 0); /* the gradient has the same mask */
  tin_tensor *scale = tin_div(y, x);
  double kept = tin_item(tin_mean(tin_cast(tin_ne(y, tin_constant(ctx, TIN_F64, 0)), TIN_F64)));
  assert_true(fabs(kept - 0.75) < 4 * sqrt(0.1875 / COUNT));
  EXPECT_NEAR(tin_max(scale), 1e-15, 4.0 / 3);
  EXPECT_EXACT(tin_sum(tin_dropout(x, 1)), 0);
  EXPECT_EXACT(tin_any(tin_ne(tin_dropout(x, 0), x)), 0);
  end_ctx(ctx);
}

/* ---- misuse ---- */

static void expect_error(tin_ctx *ctx, tin_tensor *t, const char *message) {
  if (!tin_is_poison(t) || !strstr(tin_message(ctx), message) || !strstr(tin_message(ctx), "test_random.c:"))
    fail_msg("\"%s\" is not in \"%s\"", message, tin_message(ctx));
  tin_clear_error(ctx);
}

static void test_misuse(void **state) {
  (void)state;
  tin_ctx *ctx = seeded(1);
  tin_tensor *p = tin_ones(ctx, TIN_F32, TIN_SHAPE(2, 3));
  expect_error(ctx, tin_uniform(ctx, TIN_I32, TIN_SHAPE(2), 0, 1), "uniform: the numbers are floats, not i32");
  expect_error(ctx, tin_gumbel(ctx, TIN_F32, TIN_SHAPE(1 << 16, 1 << 16)), "gumbel: shape [65536, 65536] has 2^32 elements or more");
  expect_error(ctx, tin_randint(ctx, TIN_I32, TIN_SHAPE(2), 3, 3), "randint: 3 .. 2 is empty");
  expect_error(ctx, tin_randint(ctx, TIN_U8, TIN_SHAPE(2), 0, 257), "randint: 0 .. 256 is more than the dtype holds");
  expect_error(ctx, tin_randint(ctx, TIN_U32, TIN_SHAPE(2), -1, 7), "randint: -1 .. 6 is more than the dtype holds");
  expect_error(ctx, tin_randint(ctx, TIN_I64, TIN_SHAPE(2), 0, INT64_MAX), "is more than 2^32 numbers");
  expect_error(ctx, tin_randperm(ctx, TIN_I8, 129), "randperm: i8 does not hold 0 .. 128");
  expect_error(ctx, tin_randperm(ctx, TIN_I32, -1), "randperm: ");
  expect_error(ctx, tin_shuffle(p, 2), "shuffle: ");
  expect_error(ctx, tin_truncated_normal(ctx, TIN_F32, TIN_SHAPE(2), 0, 1, 2, -2), "truncated_normal: bounds 2 and -2");
  expect_error(ctx, tin_multinomial(p, .count = 4, .without_replacement = true), "multinomial: 4 draws cannot be made from x [2, 3]");
  expect_error(ctx, tin_categorical(tin_constant(ctx, TIN_F32, 1)), "categorical: 0 draws cannot be made from x []");
  expect_error(ctx, tin_categorical(tin_ones(ctx, TIN_F32, TIN_SHAPE(1, 1, 1, 1, 1, 1, 1, 1)), .count = 2), "categorical: ");
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_distributions),
      cmocka_unit_test(test_bounds),
      cmocka_unit_test(test_randint),
      cmocka_unit_test(test_permutations),
      cmocka_unit_test(test_bernoulli),
      cmocka_unit_test(test_categorical),
      cmocka_unit_test(test_without_replacement),
      cmocka_unit_test(test_same_everywhere),
      cmocka_unit_test(test_streams),
      cmocka_unit_test(test_dropout),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
