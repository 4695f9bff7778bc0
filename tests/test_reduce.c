/* What reductions mean, as NumPy and PyTorch do: of nothing, of NaN and infinities, of integers, over which axes; norms and deviations.
 * The numbers are those of PyTorch 1.13. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "context.h"
#include "expect.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 2});
}

static tin_tensor *gradient_of(tin_tensor *y, tin_tensor *x) {
  tin_tensor *gradient;
  tin_grad(y, TIN_LIST(x), &gradient);
  return gradient;
}

static const tin_dtype floats[] = {TIN_F32, TIN_F64};

static void test_of_nothing(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  for (int i = 0; i < 2; i++) {
    tin_tensor *x = tin_zeros(ctx, floats[i], TIN_SHAPE(2, 0)), *none = tin_zeros(ctx, floats[i], TIN_SHAPE(0, 3));
    tin_axes last = TIN_AXES(1);
    EXPECT_EXACT(tin_sum(x, .axes = last), 0, 0);
    EXPECT_EXACT(tin_prod(x, .axes = last), 1, 1);
    EXPECT_EXACT(tin_mean(x, .axes = last), NAN, NAN);
    EXPECT_EXACT(tin_var(x, .axes = last), NAN, NAN);
    EXPECT_EXACT(tin_std(x, .axes = last), NAN, NAN);
    EXPECT_EXACT(tin_any(x, .axes = last), 0, 0);
    EXPECT_EXACT(tin_all(x, .axes = last), 1, 1);
    EXPECT_EXACT(tin_logsumexp(x, .axes = last), -INFINITY, -INFINITY);
    EXPECT_EXACT(tin_nansum(x, .axes = last), 0, 0);
    EXPECT_EXACT(tin_nanmean(x, .axes = last), NAN, NAN);
    EXPECT_EXACT(tin_count_nonzero(x, .axes = last), 0, 0);
    EXPECT_EXACT(tin_norm(x, 2, .axes = last), 0, 0);
    EXPECT_EXACT(tin_norm(x, 0, .axes = last), 0, 0);
    EXPECT_EXACT(tin_norm(x, 0.5, .axes = last), 0, 0);
    EXPECT_EXACT(tin_sum(none), 0);
    EXPECT_TYPE(tin_max(none, .axes = last), floats[i], 0);
    EXPECT_TYPE(tin_argmax(none, .axes = last, .keepdims = true), TIN_I32, 0, 1);
    EXPECT_TYPE(tin_std(none, .axes = last), floats[i], 0);
    EXPECT_TYPE(tin_softmax(x, 1), floats[i], 2, 0);
  }
  end_ctx(ctx);
}

static void test_nan_and_infinities(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  for (int i = 0; i < 2; i++) {
    tin_tensor *x = TENSOR(ctx, floats[i], TIN_SHAPE(3, 4), 1, NAN, 5, NAN, NAN, NAN, NAN, NAN, -INFINITY, INFINITY, 0, -0.0);
    tin_axes last = TIN_AXES(-1);
    EXPECT_EXACT(tin_max(x, .axes = last), NAN, NAN, INFINITY);
    EXPECT_EXACT(tin_min(x, .axes = last), NAN, NAN, -INFINITY);
    EXPECT_EXACT(tin_argmax(x, .axes = last), 1, 0, 1);
    EXPECT_EXACT(tin_argmin(x, .axes = last), 1, 0, 0);
    EXPECT_EXACT(tin_argmax(x), 1);
    EXPECT_EXACT(tin_sum(x, .axes = last), NAN, NAN, NAN);
    EXPECT_EXACT(tin_nansum(x, .axes = last), 6, 0, NAN);
    EXPECT_EXACT(tin_nanmean(x, .axes = last), 3, NAN, NAN);
    EXPECT_EXACT(tin_count_nonzero(x, .axes = last), 4, 4, 2);
    EXPECT_EXACT(tin_any(x, .axes = last), 1, 1, 1);
    EXPECT_EXACT(tin_all(x, .axes = last), 1, 1, 0);
    EXPECT_EXACT(tin_logsumexp(x, .axes = last), NAN, NAN, INFINITY);
    EXPECT_EXACT(tin_norm(x, INFINITY, .axes = last), NAN, NAN, INFINITY);
    EXPECT_EXACT(tin_norm(x, -INFINITY, .axes = last), NAN, NAN, 0);
    EXPECT_EXACT(tin_norm(x, 3, .axes = last), NAN, NAN, INFINITY);
    EXPECT_EXACT(tin_norm(x, -1, .axes = last), NAN, NAN, 0);
    EXPECT_EXACT(tin_norm(x, 0, .axes = last), 4, 4, 2);
    EXPECT_EXACT(tin_logsumexp(TENSOR(ctx, floats[i], TIN_SHAPE(2), -INFINITY, -INFINITY)), -INFINITY);
    EXPECT_EXACT(tin_max(TENSOR(ctx, floats[i], TIN_SHAPE(2), -0.0, 0)), 0);
    EXPECT_EXACT(tin_min(TENSOR(ctx, floats[i], TIN_SHAPE(2), 0, -0.0)), -0.0);
    EXPECT_EXACT(gradient_of(tin_nansum(x), x), 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1);
    EXPECT_EXACT(gradient_of(tin_nanmean(x, .axes = last), x), 0.5, 0, 0.5, 0, 0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25);
  }
  end_ctx(ctx);
}

static void test_integers(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  static const tin_dtype dtypes[] = {TIN_BOOL, TIN_U8, TIN_I32, TIN_U32, TIN_I64};
  for (int i = 0; i < 5; i++) {
    tin_tensor *x = TENSOR(ctx, dtypes[i], TIN_SHAPE(2, 3), 0, 1, 1, 1, 0, 1);
    EXPECT_TYPE(tin_sum(x), TIN_I64);
    EXPECT_TYPE(tin_prod(x, .axes = TIN_AXES(0)), TIN_I64, 3);
    EXPECT_TYPE(tin_nansum(x, .axes = TIN_AXES(0), .keepdims = true), TIN_I64, 1, 3);
    EXPECT_TYPE(tin_count_nonzero(x, .axes = TIN_AXES(1)), TIN_I64, 2);
    EXPECT_TYPE(tin_max(x, .axes = TIN_AXES(1)), dtypes[i], 2);
    EXPECT_TYPE(tin_norm(x, 2), TIN_F32);
    EXPECT_TYPE(tin_std(x), TIN_F32);
    EXPECT_EXACT(tin_sum(x, .axes = TIN_AXES(1)), 2, 2);
    EXPECT_EXACT(tin_prod(x, .axes = TIN_AXES(0)), 0, 0, 1);
    EXPECT_EXACT(tin_nansum(x), 4);
    EXPECT_EXACT(tin_count_nonzero(x), 4);
    EXPECT_EXACT(tin_max(x), 1);
    EXPECT_EXACT(tin_min(x, .axes = TIN_AXES(0)), 0, 0, 1);
    EXPECT_EXACT(tin_argmax(x, .axes = TIN_AXES(1)), 1, 0);
    EXPECT_EXACT(tin_argmin(x, .axes = TIN_AXES(1)), 0, 1);
    EXPECT_EXACT(tin_norm(x, 2), 2);
    EXPECT_EXACT(tin_norm(x, 1, .axes = TIN_AXES(0)), 1, 1, 2);
  }
  tin_tensor *bytes = TENSOR(ctx, TIN_U8, TIN_SHAPE(3), 255, 255, 2);
  EXPECT_EXACT(tin_sum(bytes), 512);
  EXPECT_EXACT(tin_prod(bytes), 130050);
  EXPECT_EXACT(tin_sum(TENSOR(ctx, TIN_I32, TIN_SHAPE(2), 2147483647, 2147483647)), 4294967294);
  end_ctx(ctx);
}

static void test_axes(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_reshape(tin_arange(ctx, TIN_F64, 24, 0, 1), TIN_SHAPE(2, 3, 4)), *point = tin_constant(ctx, TIN_F32, -3);
  EXPECT_EXACT(tin_sum(x, .axes = TIN_AXES(-1, 0)), 60, 92, 124);
  EXPECT_TYPE(tin_sum(x, .axes = TIN_AXES(0, -1), .keepdims = true), TIN_F64, 1, 3, 1);
  EXPECT_TYPE(tin_norm(x, 2, .keepdims = true), TIN_F64, 1, 1, 1);
  EXPECT_TYPE(tin_argmax(x, .keepdims = true), TIN_I32, 1, 1, 1);
  EXPECT_EXACT(tin_argmax(x), 23);
  EXPECT_EXACT(tin_count_nonzero(x, .axes = TIN_AXES(1, 2)), 11, 12);
  EXPECT_NEAR(tin_std(x, .axes = TIN_AXES(0, 2)), 1e-12, 6.524678426668135, 6.524678426668135, 6.524678426668135);
  EXPECT_NEAR(tin_std(x, .axes = TIN_AXES(1), .correction = TIN_NO_CORRECTION), 1e-12, 3.265986323710904, 3.265986323710904,
              3.265986323710904, 3.265986323710904, 3.265986323710904, 3.265986323710904, 3.265986323710904, 3.265986323710904);
  /* a 0-d tensor has the axes 0 and -1 for PyTorch */
  tin_axes first = TIN_AXES(0), last = TIN_AXES(-1);
  EXPECT_EXACT(tin_sum(point, .axes = first), -3);
  EXPECT_EXACT(tin_max(point, .axes = last), -3);
  EXPECT_EXACT(tin_argmax(point, .axes = last), 0);
  EXPECT_EXACT(tin_norm(point, 2, .axes = first, .keepdims = true), 3);
  EXPECT_EXACT(tin_std(point), NAN);
  EXPECT_EXACT(tin_std(point, .correction = TIN_NO_CORRECTION), 0);
  EXPECT_EXACT(tin_softmax(point, 0), 1);
  EXPECT_EXACT(tin_count_nonzero(point), 1);
  end_ctx(ctx);
}

/* A spread of 500 about 1e8: f32 keeps it to multiples of 8, and the variance of what it keeps is known. */
static void test_large_mean(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  double x[1000];
  float rounded[1000];
  double mean[2] = {0}, var[2] = {0};
  for (int i = 0; i < 1000; i++) {
    x[i] = 1e8 + (i * 7919 % 1009 - 504);
    rounded[i] = (float)x[i];
    mean[0] += (rounded[i] - 1e8) / 1000;
    mean[1] += (x[i] - 1e8) / 1000;
  }
  for (int i = 0; i < 1000; i++) {
    var[0] += (rounded[i] - 1e8 - mean[0]) * (rounded[i] - 1e8 - mean[0]) / 999;
    var[1] += (x[i] - 1e8 - mean[1]) * (x[i] - 1e8 - mean[1]) / 999;
  }
  EXPECT_NEAR(tin_var(tin_from(ctx, TIN_F32, TIN_SHAPE(1000), rounded)), 1e-6, var[0]);
  EXPECT_NEAR(tin_std(tin_from(ctx, TIN_F32, TIN_SHAPE(1000), rounded)), 1e-6, sqrt(var[0]));
  EXPECT_NEAR(tin_var(tin_from(ctx, TIN_F64, TIN_SHAPE(1000), x)), 1e-13, var[1]);
  for (int i = 0; i < 1000; i++)
    rounded[i] = 1e8f + (float)(i % 2) * 8; /* neighbours in f32 */
  EXPECT_NEAR(tin_var(tin_from(ctx, TIN_F32, TIN_SHAPE(1000), rounded), .correction = TIN_NO_CORRECTION), 1e-6, 16);
  EXPECT_EXACT(tin_var(tin_full(ctx, TIN_F32, TIN_SHAPE(1000), 0.1)), 0);
  end_ctx(ctx);
}

static void test_norms(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  static const struct {
    double p, all, rows[2], gradient[3]; /* the gradient is that of (3, -4, 0), or for negative p of (3, -4, 1) */
  } norms[] = {
      {0, 5, {3, 2}, {0, 0, 0}},
      {1, 15, {6, 9}, {1, -1, 0}},
      {2, 7.416198487095663, {3.7416573867739413, 6.4031242374328485}, {0.6, -0.8, 0}},
      {3, 6.082201995573399, {3.3019272488946263, 5.738793548317167}, {0.4448513517305356, -0.7908468475209521, 0}},
      {0.5, 70.26349558296853, {17.191508225450303, 17.94427190999916}, {2.154700538379252, -1.8660254037844386, 0}},
      {1.5, 9.265806838566924, {4.334622872113609, 7.165352040915105}, {0.7329564758289748, -0.8463452372482761, 0}},
      {INFINITY, 5, {3, 5}, {0, -1, 0}},
      {-1, 0, {0.5454545454545455, 0}, {0.044321329639889204, -0.024930747922437678, 0.39889196675900285}},
      {-2.5, 0, {0.9172791983102292, 0}, {0.018822346351807802, -0.006876828323224414, 0.880234025372725}},
      {-INFINITY, 0, {1, 0}, {0, 0, 1}},
  };
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 3), 1, -2, 3, 0, 4, -5), *zero = TENSOR(ctx, TIN_F64, TIN_SHAPE(3), 0, 0, 0);
  for (size_t i = 0; i < sizeof norms / sizeof *norms; i++) {
    double p = norms[i].p;
    tin_tensor *y = TENSOR(ctx, TIN_F64, TIN_SHAPE(3), 3, -4, p < 0 ? 1 : 0);
    EXPECT_NEAR(tin_norm(x, p), 1e-12, norms[i].all);
    EXPECT_NEAR(tin_norm(tin_cast(x, TIN_F32), p, .axes = TIN_AXES(1)), 1e-6, norms[i].rows[0], norms[i].rows[1]);
    expect_values(__LINE__, gradient_of(tin_norm(y, p), y), 1e-12, norms[i].gradient, 3);
    EXPECT_NEAR(gradient_of(tin_norm(zero, p), zero), 1, 0, 0, 0);
  }
  tin_tensor *tie = TENSOR(ctx, TIN_F64, TIN_SHAPE(3), 2, -2, 1), *mixed = TENSOR(ctx, TIN_F64, TIN_SHAPE(3), 0, 2, 3);
  EXPECT_EXACT(gradient_of(tin_norm(tie, INFINITY), tie), 0.5, -0.5, 0);
  EXPECT_NEAR(gradient_of(tin_norm(mixed, -1), mixed), 1, 0, 0, 0);
  end_ctx(ctx);
}

static void test_deviation_of_equal_values(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 3), 3, 4, 0, 2, 2, 2), *y = tin_std(x, .axes = TIN_AXES(1));
  EXPECT_NEAR(y, 1e-12, 2.0816659994661326, 0);
  EXPECT_NEAR(gradient_of(y, x), 1e-12, 0.16012815380508705, 0.4003203845127179, -0.5604485383178050, 0, 0, 0);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_of_nothing),
      cmocka_unit_test(test_nan_and_infinities),
      cmocka_unit_test(test_integers),
      cmocka_unit_test(test_axes),
      cmocka_unit_test(test_large_mean),
      cmocka_unit_test(test_norms),
      cmocka_unit_test(test_deviation_of_equal_values),
  };
  static const char *const targets[] = {"interpreter", "portable", NULL};
  int failed = 0;
  for (int i = 0; i < 3; i++) {
    target = targets[i];
    failed += cmocka_run_group_tests_name(target ? target : "best", tests, NULL, NULL);
  }
  return failed;
}
