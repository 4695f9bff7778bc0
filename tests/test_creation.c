/* Leaves that are computed, and what small tensor libraries have got wrong about shapes and numbers. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

#define F64(...) ((double[]){__VA_ARGS__})

/* Shape, dtype, and values exactly. */
static void check(int line, tin_tensor *t, tin_dtype dtype, tin_shape want_shape, const double *want, int count) {
  double got[64];
  tin_ctx *ctx = tin_ctx_of(t);
  tin_shape shape = tin_shape_of(t);
  bool same = shape.rank == want_shape.rank && tin_dtype_of(t) == dtype;
  for (int i = 0; same && i < shape.rank; i++)
    same = shape.size[i] == want_shape.size[i];
  if (!same || tin_size_of(t) != count || !tin_read(tin_cast(t, TIN_F64), got, (size_t)count * sizeof *got))
    fail_msg("line %d: %s, rank %d, %lld elements, %s", line, tin_dtype_name(tin_dtype_of(t)), shape.rank, (long long)tin_size_of(t),
             tin_message(ctx));
  for (int i = 0; i < count; i++)
    if (got[i] != want[i])
      fail_msg("line %d: element %d is %.17g, not %.17g", line, i, got[i], want[i]);
}
#define CHECK(t, dtype, shape, ...) check(__LINE__, t, dtype, TIN_SHAPE shape, F64(__VA_ARGS__), (int)(sizeof F64(__VA_ARGS__) / 8))

static void test_matrices(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  CHECK(tin_eye(ctx, TIN_F32, 2, -1), TIN_F32, (2, 2), 1, 0, 0, 1);
  CHECK(tin_eye(ctx, TIN_I64, 2, 3), TIN_I64, (2, 3), 1, 0, 0, 0, 1, 0);
  CHECK(tin_eye(ctx, TIN_BOOL, 3, 1), TIN_BOOL, (3, 1), 1, 0, 0);
  check(__LINE__, tin_eye(ctx, TIN_F64, 3, 0), TIN_F64, TIN_SHAPE(3, 0), NULL, 0);
  CHECK(tin_tri(ctx, TIN_F32, 2, 3, 0), TIN_F32, (2, 3), 1, 0, 0, 1, 1, 0);
  CHECK(tin_tri(ctx, TIN_F64, 2, 3, 1), TIN_F64, (2, 3), 1, 1, 0, 1, 1, 1);
  CHECK(tin_tri(ctx, TIN_U8, 3, -1, -1), TIN_U8, (3, 3), 0, 0, 0, 1, 0, 0, 1, 1, 0);
  CHECK(tin_tri(ctx, TIN_BOOL, 1, 2, -9), TIN_BOOL, (1, 2), 0, 0);
  CHECK(tin_matmul(tin_eye(ctx, TIN_F32, 2, -1), tin_full(ctx, TIN_F32, TIN_SHAPE(2, 2), 3)), TIN_F32, (2, 2), 3, 3, 3, 3);
  CHECK(tin_empty(ctx, TIN_I32, TIN_SHAPE(2)), TIN_I32, (2), 0, 0);
  CHECK(tin_empty_like(tin_ones(ctx, TIN_F64, TIN_SHAPE(1, 2))), TIN_F64, (1, 2), 0, 0);
  end_ctx(ctx);
}

static void test_integers_are_exact(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  int64_t got, value = (INT64_C(1) << 53) + 1;
  assert_true(tin_read(tin_full_i64(ctx, TIN_I64, TIN_SHAPE(), value), &got, sizeof got));
  assert_true(got == value);
  assert_true(tin_read(tin_full_i64(ctx, TIN_I64, TIN_SHAPE(), INT64_MIN), &got, sizeof got));
  assert_true(got == INT64_MIN);
  CHECK(tin_full_i64(ctx, TIN_U8, TIN_SHAPE(2), 258), TIN_U8, (2), 2, 2); /* integers wrap */
  CHECK(tin_full_i64(ctx, TIN_F32, TIN_SHAPE(1), 16777217), TIN_F32, (1), 16777216);
  CHECK(tin_full_i64(ctx, TIN_BOOL, TIN_SHAPE(), -4), TIN_BOOL, (), 1);
  end_ctx(ctx);
}

static void test_linspace(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  CHECK(tin_linspace(ctx, TIN_F32, -3, 10, 5), TIN_F32, (5), -3, 0.25, 3.5, 6.75, 10);
  /* torch.linspace(0.1, 2.3, 7, dtype=torch.float64): from both ends */
  CHECK(tin_linspace(ctx, TIN_F64, 0.1, 2.3, 7), TIN_F64, (7), 0.1, 0.4666666666666667, 0.8333333333333333, 1.2, 1.5666666666666664,
        1.9333333333333331, 2.3);
  CHECK(tin_linspace(ctx, TIN_I32, 0, 10, 4), TIN_I32, (4), 0, 3, 6, 10);
  CHECK(tin_linspace(ctx, TIN_I64, -5, 5, 4), TIN_I64, (4), -5, -1, 1, 5);
  CHECK(tin_linspace(ctx, TIN_F64, 3, 7, 1), TIN_F64, (1), 3);
  CHECK(tin_linspace(ctx, TIN_F64, 0, 1, 4, .exclude_stop = true), TIN_F64, (4), 0, 0.25, 0.5, 0.75);
  CHECK(tin_linspace(ctx, TIN_F32, 5, 1, 5), TIN_F32, (5), 5, 4, 3, 2, 1);
  check(__LINE__, tin_linspace(ctx, TIN_F32, 0, 1, 0), TIN_F32, TIN_SHAPE(0), NULL, 0);
  check(__LINE__, tin_linspace(ctx, TIN_F32, 0, 1, 0, .exclude_stop = true), TIN_F32, TIN_SHAPE(0), NULL, 0);
  float x[1000]; /* both ends exact, and symmetric: what a step added again and again does not give */
  assert_true(tin_read(tin_linspace(ctx, TIN_F32, -0.1, 0.1, 1000), x, sizeof x));
  assert_true(x[0] == -0.1f && x[999] == 0.1f);
  for (int i = 0; i < 1000; i++)
    assert_true(x[i] == -x[999 - i]);
  end_ctx(ctx);
}

static void test_logspace(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  double x[23], power = 1;
  assert_true(tin_read(tin_logspace(ctx, TIN_F64, 0, 22, 23), x, sizeof x));
  for (int i = 0; i < 23; i++, power *= 10) /* exact up to 10^22 */
    assert_true(fabs(x[i] - power) <= 5e-16 * power);
  CHECK(tin_logspace(ctx, TIN_F32, 0, 5, 6), TIN_F32, (6), 1, 10, 100, 1000, 10000, 100000); /* rounded once, from f64 */
  CHECK(tin_logspace(ctx, TIN_F32, -1, 3, 4, .base = 2, .exclude_stop = true), TIN_F32, (4), 0.5, 1, 2, 4);
  CHECK(tin_logspace(ctx, TIN_F32, 2, 9, 1), TIN_F32, (1), 100);
  CHECK(tin_logspace(ctx, TIN_F64, 0, 4, 5, .base = -3), TIN_F64, (5), 1, -3, 9, -27, 81);
  end_ctx(ctx);
}

/* A small tensor library that this one replaces had these wrong. */
static void test_old_mistakes(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  CHECK(tin_full(ctx, TIN_F32, TIN_SHAPE(2), 0.5), TIN_F32, (2), 0.5, 0.5); /* no integer on the way */
  tin_tensor *column = tin_full(ctx, TIN_F32, TIN_SHAPE(2, 1), 1), *row = tin_arange(ctx, TIN_F32, 3, 0, 1);
  CHECK(tin_add(column, tin_unsqueeze(row, 0)), TIN_F32, (2, 3), 1, 2, 3, 1, 2, 3); /* both operands grow */
  tin_tensor *wide = tin_unsqueeze(row, 1);
  CHECK(row, TIN_F32, (3), 0, 1, 2); /* the operand keeps its shape */
  CHECK(wide, TIN_F32, (3, 1), 0, 1, 2);
  end_ctx(ctx);
}

static void test_errors(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  assert_true(tin_is_poison(tin_eye(ctx, TIN_F32, -2, 3)));
  assert_non_null(strstr(tin_message(ctx), "eye: size -2 of axis 0 is negative"));
  tin_clear_error(ctx);
  assert_true(tin_is_poison(tin_linspace(ctx, TIN_F32, 0, 1, -1)));
  assert_non_null(strstr(tin_message(ctx), "linspace: size -1 of axis 0 is negative"));
  tin_clear_error(ctx);
  assert_true(tin_is_poison(tin_full_i64(ctx, (tin_dtype)99, TIN_SHAPE(), 1)));
  assert_non_null(strstr(tin_message(ctx), "full_i64: 99 is no dtype"));
  assert_true(tin_is_poison(tin_tri(NULL, TIN_F32, 2, 2, 0)));
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_matrices), cmocka_unit_test(test_integers_are_exact), cmocka_unit_test(test_linspace),
      cmocka_unit_test(test_logspace), cmocka_unit_test(test_old_mistakes),       cmocka_unit_test(test_errors),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = "portable";
  failed += cmocka_run_group_tests_name("portable", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
