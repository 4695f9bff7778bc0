/* Comparisons with numbers and within tolerances, minima and maxima where NaN loses, bounds that are tensors: values and gradients as
 * torch gives them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"
#include "expect.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

#define VECTOR(dtype, ...) TENSOR(ctx, dtype, TIN_SHAPE((int64_t)(sizeof F64(__VA_ARGS__) / sizeof(double))), __VA_ARGS__)

static tin_tensor *gradient_of(tin_tensor *y, tin_tensor *x) {
  tin_tensor *gradient;
  tin_grad(y, TIN_LIST(x), &gradient);
  return gradient;
}

static void test_numbers(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(TIN_F32, -1, 0.1, 2, NAN, INFINITY);
  EXPECT_EXACT(tin_lt_scalar(x, 2), 1, 1, 0, 0, 0);
  EXPECT_EXACT(tin_le_scalar(x, 2), 1, 1, 1, 0, 0);
  EXPECT_EXACT(tin_gt_scalar(x, 0.1), 0, 0, 1, 0, 1);
  EXPECT_EXACT(tin_ge_scalar(x, 0.1), 0, 1, 1, 0, 1);
  EXPECT_EXACT(tin_eq_scalar(x, 0.1), 0, 1, 0, 0, 0);
  EXPECT_EXACT(tin_ne_scalar(x, NAN), 1, 1, 1, 1, 1);
  EXPECT_TYPE(tin_gt_scalar(x, 0), TIN_BOOL, 5);
  EXPECT_EXACT(tin_minimum_scalar(x, 1), -1, (double)0.1f, 1, NAN, 1);
  EXPECT_EXACT(tin_maximum_scalar(x, 1), 1, 1, 2, NAN, INFINITY);
  EXPECT_TYPE(tin_maximum_scalar(VECTOR(TIN_I32, 1, 2), 1.5), TIN_F32, 2);
  tin_tensor *v = VECTOR(TIN_F64, 0, 1, 2);
  EXPECT_EXACT(gradient_of(tin_maximum_scalar(v, 1), v), 0, 0.5, 1);
  end_ctx(ctx);
}

/* Numbers that the dtype does not hold are compared as they are. */
static void test_numbers_of_integers(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *bytes = VECTOR(TIN_U8, 0, 1, 255), *words = VECTOR(TIN_I32, 16777217, -3, 0);
  EXPECT_EXACT(tin_gt_scalar(bytes, -1), 1, 1, 1);
  EXPECT_EXACT(tin_lt_scalar(bytes, 256), 1, 1, 1);
  EXPECT_EXACT(tin_eq_scalar(bytes, 255), 0, 0, 1);
  EXPECT_EXACT(tin_gt_scalar(words, 16777216.5), 1, 0, 0);
  EXPECT_EXACT(tin_ge_scalar(words, -2.5), 1, 0, 1);
  EXPECT_EXACT(tin_lt_scalar(words, INFINITY), 1, 1, 1);
  EXPECT_EXACT(tin_le_scalar(words, NAN), 0, 0, 0);
  EXPECT_EXACT(tin_eq_scalar(VECTOR(TIN_BOOL, 0, 1), 1), 0, 1);
  EXPECT_EXACT(tin_lt_scalar(VECTOR(TIN_BOOL, 0, 1), 2), 1, 1);
  EXPECT_EXACT(tin_ge_scalar(VECTOR(TIN_I64, -0x1p63, 5), -0x1p63), 1, 1);
  EXPECT_TYPE(tin_eq_scalar(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 3)), 1), TIN_BOOL, 0, 3);
  end_ctx(ctx);
}

/* In arithmetic the number wraps as the result does. */
static void test_numbers_wrap(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *bytes = VECTOR(TIN_U8, 5, 200), *words = VECTOR(TIN_I32, -7, 1);
  EXPECT_EXACT(tin_add_scalar(bytes, -1), 4, 199);
  EXPECT_EXACT(tin_mul_scalar(bytes, 300), 5 * 300 % 256, 200 * 300 % 256);
  EXPECT_EXACT(tin_scalar_sub(256, bytes), 251, 56);
  EXPECT_EXACT(tin_add_scalar(words, 0x1p32 + 3), -4, 4);
  EXPECT_EXACT(tin_add_scalar(VECTOR(TIN_U64, 5), -6), 0x1p64);
  EXPECT_EXACT(tin_minimum_scalar(words, INFINITY), -7, 1);
  EXPECT_EXACT(tin_expression("a & ~1", TIN_LIST(bytes)), 4, 200);
  end_ctx(ctx);
}

static void test_extrema(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = VECTOR(TIN_F64, 1, 2, NAN, 3, NAN, -INFINITY), *b = VECTOR(TIN_F64, 2, 2, 5, NAN, NAN, NAN);
  EXPECT_EXACT(tin_fmin(a, b), 1, 2, 5, 3, NAN, -INFINITY);
  EXPECT_EXACT(tin_fmax(a, b), 2, 2, 5, 3, NAN, -INFINITY);
  EXPECT_EXACT(gradient_of(tin_fmin(a, b), a), 1, 1, 0, 1, 1, 1);
  EXPECT_EXACT(gradient_of(tin_fmax(a, b), a), 0, 1, 0, 1, 1, 1);
  EXPECT_EXACT(gradient_of(tin_fmax(a, b), b), 1, 0, 1, 0, 0, 0);
  EXPECT_EXACT(tin_fmax(VECTOR(TIN_I32, 1, 5), VECTOR(TIN_U8, 3, 3)), 3, 5);
  EXPECT_TYPE(tin_fmin(tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 1)), tin_zeros(ctx, TIN_F64, TIN_SHAPE(3))), TIN_F64, 2, 3);
  end_ctx(ctx);
}

static void test_clamp(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(TIN_F32, -2, 0.5, 3, NAN, 1, 0, 1), *low = VECTOR(TIN_F32, -1, 0, 0, 0, 1, 2, NAN);
  tin_tensor *high = VECTOR(TIN_F32, 1, 1, 2, 1, 5, 1, 2);
  EXPECT_EXACT(tin_clamp_tensor(x, low, high), -1, 0.5, 2, NAN, 1, 1, NAN);
  EXPECT_EXACT(tin_clamp_tensor(x, NULL, high), -2, 0.5, 2, NAN, 1, 0, 1);
  EXPECT_EXACT(tin_clamp_tensor(x, low, NULL), -1, 0.5, 3, NAN, 1, 2, NAN);
  EXPECT_EXACT(tin_clamp_tensor(x, high, high), 1, 1, 2, NAN, 5, 1, 2);
  EXPECT_EXACT(tin_clamp_tensor(x, NULL, NULL), -2, 0.5, 3, NAN, 1, 0, 1);
  tin_tensor *y = tin_clamp_tensor(x, low, high);
  EXPECT_EXACT(gradient_of(y, x), 0, 1, 0, 1, 1, 0, 0);
  EXPECT_EXACT(gradient_of(y, low), 1, 0, 0, 0, 0, 0, 1);
  EXPECT_EXACT(gradient_of(y, high), 0, 0, 1, 0, 0, 1, 0);
  EXPECT_TYPE(tin_clamp_tensor(VECTOR(TIN_I32, 1, 2), VECTOR(TIN_F32, 1.5), NULL), TIN_F32, 2);
  EXPECT_TYPE(tin_clamp_tensor(tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 1)), tin_zeros(ctx, TIN_F32, TIN_SHAPE(3)), NULL), TIN_F32, 2, 3);
  end_ctx(ctx);
}

static void test_tolerances(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = VECTOR(TIN_F64, 1, 1, 100, 0, INFINITY, INFINITY, NAN, 1),
             *b = VECTOR(TIN_F64, 1.00001, 1.0001, 100.0005, 1e-9, INFINITY, -INFINITY, NAN, INFINITY);
  EXPECT_EXACT(tin_isclose(a, b), 1, 0, 1, 1, 1, 0, 0, 0);
  EXPECT_EXACT(tin_isclose(a, b, .rtol = 1e-3, .equal_nan = true), 1, 1, 1, 1, 1, 0, 1, 0);
  EXPECT_EXACT(tin_isclose(a, b, .rtol = TIN_NO_TOLERANCE, .atol = TIN_NO_TOLERANCE), 0, 0, 0, 0, 1, 0, 0, 0);
  EXPECT_EXACT(tin_isclose(VECTOR(TIN_I64, 9007199254740992, 3), VECTOR(TIN_I64, 9007199254740992, 4)), 1, 0);
  assert_true(tin_allclose(a, a, .equal_nan = true));
  assert_false(tin_allclose(a, a));
  assert_true(tin_allclose(VECTOR(TIN_F32, 1, 1), VECTOR(TIN_F64, 1)));
  assert_true(tin_equal(VECTOR(TIN_F32, 1, 2), VECTOR(TIN_I32, 1, 2)));
  assert_false(tin_equal(VECTOR(TIN_F32, 1, 1), VECTOR(TIN_F32, 1)));
  assert_false(tin_equal(VECTOR(TIN_F32, 1, NAN), VECTOR(TIN_F32, 1, NAN)));
  assert_true(tin_equal(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0)), tin_zeros(ctx, TIN_F32, TIN_SHAPE(0))));
  end_ctx(ctx);
}

static void test_misuse(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  assert_false(tin_allclose(VECTOR(TIN_F32, 1, 2), VECTOR(TIN_F32, 1, 2), .atol = -3));
  assert_non_null(strstr(tin_message(ctx), "allclose: the tolerances rtol 0 and atol -3 must not be negative"));
  tin_clear_error(ctx);
  assert_true(tin_is_poison(tin_clamp_tensor(VECTOR(TIN_F32, 1, 2), NULL, VECTOR(TIN_F32, 1, 2, 3))));
  assert_non_null(strstr(tin_message(ctx), "clamp_tensor: shapes do not broadcast: x [2] and high [3]"));
  tin_clear_error(ctx);
  assert_false(tin_equal(VECTOR(TIN_F32, 1), NULL));
  assert_non_null(strstr(tin_message(ctx), "equal: operand b is NULL"));
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers), cmocka_unit_test(test_numbers_of_integers),
      cmocka_unit_test(test_extrema), cmocka_unit_test(test_numbers_wrap),
      cmocka_unit_test(test_clamp),   cmocka_unit_test(test_tolerances),
      cmocka_unit_test(test_misuse),
  };
  int failed = cmocka_run_group_tests_name("compare", tests, NULL, NULL);
  target = "interpreter";
  return failed + cmocka_run_group_tests_name("compare on the interpreter", tests, NULL, NULL);
}
