/* Tools built on gradients: forward mode, Hessians, Jacobians. The derivatives of each op are in test_gradient.c. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "context.h"
#include "tinsmith_nn.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

static void expect(int line, tin_tensor *t, const double *want, int count) {
  double got[64];
  assert_int_equal(tin_size_of(t), count);
  if (!tin_read(tin_cast(t, TIN_F64), got, (size_t)count * sizeof *got))
    fail_msg("line %d: %s", line, tin_message(tin_ctx_of(t)));
  for (int i = 0; i < count; i++)
    if (!(fabs(got[i] - want[i]) <= 1e-12 * fabs(want[i])))
      fail_msg("line %d: element %d is %.17g, not %.17g", line, i, got[i], want[i]);
}
#define F64(...) ((double[]){__VA_ARGS__})
#define COUNT(...) ((int)(sizeof F64(__VA_ARGS__) / sizeof(double)))
#define EXPECT(t, ...) expect(__LINE__, t, F64(__VA_ARGS__), COUNT(__VA_ARGS__))
#define LEAF(...) tin_from(ctx, TIN_F64, TIN_SHAPE(COUNT(__VA_ARGS__)), F64(__VA_ARGS__))

static void expect_shape(tin_tensor *t, tin_shape want) {
  tin_shape shape = tin_shape_of(t);
  assert_int_equal(shape.rank, want.rank);
  for (int i = 0; i < want.rank; i++)
    assert_int_equal(shape.size[i], want.size[i]);
}

static void expect_error(tin_ctx *ctx, const char *words) {
  if (!strstr(tin_message(ctx), words))
    fail_msg("\"%s\" is not in \"%s\"", words, tin_message(ctx));
  tin_clear_error(ctx);
}

/* ---- forward mode ---- */

static void test_jvp(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2, 3), *u = LEAF(1, 10, 100);
  EXPECT(tin_jvp(tin_square(x), TIN_LIST(x), TIN_LIST(u)), 2, 40, 600);
  EXPECT(tin_jvp(tin_sum(tin_square(x)), TIN_LIST(x), TIN_LIST(u)), 642);
  tin_tensor *y = LEAF(5, 6, 7);
  EXPECT(tin_jvp(tin_mul(x, y), TIN_LIST(x, y), TIN_LIST(u, x)), 5 + 1, 60 + 4, 700 + 9);
  EXPECT(tin_jvp(x, TIN_LIST(x), TIN_LIST(u)), 1, 10, 100); /* of itself */
  EXPECT(tin_jvp(y, TIN_LIST(x), TIN_LIST(u)), 0, 0, 0);    /* of something else */
  EXPECT(tin_jvp(y, ((tin_list){NULL, 0}), ((tin_list){NULL, 0})), 0, 0, 0);
  /* integers as tangents, and outputs of another dtype, are cast */
  tin_tensor *ones = tin_ones(ctx, TIN_I32, TIN_SHAPE(3)), *narrow = tin_jvp(tin_cast(tin_pow(x, 3), TIN_F32), TIN_LIST(x), TIN_LIST(ones));
  assert_int_equal(tin_dtype_of(narrow), TIN_F32);
  EXPECT(narrow, 3, 12, 27);
  /* forward over forward: x^4 twice along u */
  tin_tensor *first = tin_jvp(tin_pow(x, 4), TIN_LIST(x), TIN_LIST(u));
  EXPECT(tin_jvp(first, TIN_LIST(x), TIN_LIST(u)), 12, 4800, 1080000);
  tin_tensor *empty = tin_zeros(ctx, TIN_F64, TIN_SHAPE(0, 2));
  expect_shape(tin_jvp(tin_square(empty), TIN_LIST(empty), TIN_LIST(empty)), TIN_SHAPE(0, 2));
  end_ctx(ctx);
}

/* The placeholder is gone: one kernel, which reads x and u and writes the result. */
static void test_jvp_leaves_nothing(void **state) {
  (void)state;
  enum { SIZE = 4096 };
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(SIZE), "x"), *u = tin_input(ctx, TIN_F32, TIN_SHAPE(SIZE), "u");
  for (int step = 0; step < 3; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_realize(TIN_LIST(tin_jvp(tin_exp(tin_sin(x)), TIN_LIST(x), TIN_LIST(u))));
    tin_end(scope);
  }
  struct tin_counters counters = tin_stats(ctx);
  if (!target) {
    assert_int_equal(counters.kernels_launched, 3);
    assert_int_equal(counters.plan_hits, 2);
    assert_int_equal(counters.bytes_moved, 3 * SIZE * (int64_t)sizeof(float));
    assert_int_equal(counters.bytes_planned, 0);
  }
  end_ctx(ctx);
}

static void test_jvp_errors(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2, 3), *y = tin_square(x), *number = tin_iota(ctx, TIN_I32, 3);
  assert_true(tin_is_poison(tin_jvp(y, TIN_LIST(x), TIN_LIST(LEAF(1, 2)))));
  expect_error(ctx, "jvp: shapes differ: input 0 [3] and tangent 0 [2]");
  assert_true(tin_is_poison(tin_jvp(y, TIN_LIST(x), TIN_LIST(x, x))));
  expect_error(ctx, "jvp: 2 tangents for 1 inputs");
  assert_true(tin_is_poison(tin_jvp(number, TIN_LIST(x), TIN_LIST(x))));
  expect_error(ctx, "i32; gradients need f32 or f64");
  assert_true(tin_is_poison(tin_jvp(NULL, TIN_LIST(x), TIN_LIST(x))));
  assert_true(tin_is_poison(tin_jvp(y, TIN_LIST(NULL), TIN_LIST(x))));
  expect_error(ctx, "jvp: operand input 0 is NULL");
  end_ctx(ctx);
}

/* ---- second order ---- */

/* loss = sum(x^2 y) + y0 y1: the Hessian by x is 2 diag(y), by x and y 2 diag(x), by y has ones off the diagonal */
static void test_hvp(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2), *y = LEAF(3, 4), *u = LEAF(10, 100), *v = LEAF(1000, 10000);
  tin_tensor *loss = tin_add(tin_sum(tin_mul(tin_square(x), y)), tin_prod(y)), *out[2], *gradient;
  assert_true(tin_hvp(loss, TIN_LIST(x, y), TIN_LIST(u, v), out));
  EXPECT(out[0], 60 + 2000, 800 + 40000);
  EXPECT(out[1], 20 + 10000, 400 + 1000);
  tin_grad(loss, TIN_LIST(x), &gradient); /* the same by forward over reverse */
  EXPECT(tin_jvp(gradient, TIN_LIST(x, y), TIN_LIST(u, v)), 60 + 2000, 800 + 40000);
  assert_false(tin_hvp(loss, TIN_LIST(x), TIN_LIST(LEAF(1)), out));
  assert_true(tin_is_poison(out[0]));
  expect_error(ctx, "hvp: shapes differ: input 0 [2] and vector 0 [1]");
  end_ctx(ctx);
}

static void test_jacobian(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 3), F64(1, 2, 3, 4, 5, 6)), *x = LEAF(1, -1, 2);
  tin_tensor *by_x = tin_jacobian(tin_matmul(a, x), x), *by_a = tin_jacobian(tin_matmul(a, x), a);
  expect_shape(by_x, TIN_SHAPE(2, 3));
  EXPECT(by_x, 1, 2, 3, 4, 5, 6);
  expect_shape(by_a, TIN_SHAPE(2, 2, 3));
  EXPECT(by_a, 1, -1, 2, 0, 0, 0, 0, 0, 0, 1, -1, 2);
  expect_shape(tin_jacobian(tin_sum(x), x), TIN_SHAPE(3));
  EXPECT(tin_jacobian(tin_sum(x), x), 1, 1, 1);
  EXPECT(tin_jacobian(tin_square(x), tin_detach(x)), 0, 0, 0, 0, 0, 0, 0, 0, 0);
  expect_shape(tin_jacobian(tin_zeros(ctx, TIN_F64, TIN_SHAPE(0)), x), TIN_SHAPE(0, 3));
  /* a Jacobian is differentiable: d/dx of the sum of the Jacobian of x^3 */
  tin_tensor *gradient;
  tin_grad(tin_jacobian(tin_pow(x, 3), x), TIN_LIST(x), &gradient);
  EXPECT(gradient, 6, -6, 12);
  end_ctx(ctx);
}

static void test_jacobian_limits(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2, 3), *big = tin_zeros(ctx, TIN_F64, TIN_SHAPE(5, 300));
  tin_tensor *deep = tin_zeros(ctx, TIN_F64, TIN_SHAPE(1, 1, 1, 1, 1));
  assert_true(tin_is_poison(tin_jacobian(big, x)));
  expect_error(ctx, "jacobian: output [5, 300] has 1500 elements, each a gradient of its own; at most 1024 are possible");
  assert_true(tin_is_poison(tin_jacobian(deep, deep)));
  expect_error(ctx, "would have 10 axes; a tensor has at most 8");
  assert_true(tin_is_poison(tin_hessian(x, x)));
  expect_error(ctx, "hessian: loss [3] has 3 elements, not one");
  assert_true(tin_is_poison(tin_jacobian(x, NULL)));
  expect_error(ctx, "operand wrt is NULL");
  end_ctx(ctx);
}

/* Rosenbrock's function sum 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2, whose Hessian is known. */
static void test_hessian(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(-1, 2, 0.5);
  tin_tensor *low = tin_slice(x, 0, 0, 2), *high = tin_slice(x, 0, 1, 3);
  tin_tensor *valley = tin_mul_scalar(tin_square(tin_sub(high, tin_square(low))), 100);
  tin_tensor *hessian = tin_hessian(tin_sum(tin_add(valley, tin_square(tin_scalar_sub(1, low)))), x);
  expect_shape(hessian, TIN_SHAPE(3, 3));
  EXPECT(hessian, 1200 - 800 + 2, 400, 0, 400, 202 + 4800 - 200, -800, 0, -800, 200);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_jvp),     cmocka_unit_test(test_jvp_leaves_nothing), cmocka_unit_test(test_jvp_errors),
      cmocka_unit_test(test_hvp),     cmocka_unit_test(test_jacobian),           cmocka_unit_test(test_jacobian_limits),
      cmocka_unit_test(test_hessian),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
