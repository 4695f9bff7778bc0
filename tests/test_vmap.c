/* The vectorising map: every kind of op mapped over rows gives what the rows give one by one; its gradient; gradients mapped; errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "context.h"

enum { N = 3, SIZE = 24, MAX_OUT = 512 }; /* rows; elements of x [2, 3, 4] */

typedef tin_tensor *build_fn(tin_tensor *x, tin_tensor *constant);

static tin_tensor *build_elementwise(tin_tensor *x, tin_tensor *c) {
  return tin_where(tin_gt(x, c), tin_exp(x), tin_mul(tin_sin(x), c));
}
static tin_tensor *build_cast(tin_tensor *x, tin_tensor *c) {
  return tin_add(tin_cast(tin_cast(tin_mul_scalar(x, 10), TIN_I32), TIN_F64), c);
}
static tin_tensor *build_broadcast(tin_tensor *x, tin_tensor *c) {
  tin_tensor *column = tin_slice(tin_reshape(c, TIN_SHAPE(2, 12)), 1, 0, 1); /* [2, 1] */
  return tin_div(tin_reshape(x, TIN_SHAPE(2, 12)), tin_add_scalar(column, 3));
}
static tin_tensor *build_reductions(tin_tensor *x, tin_tensor *c) {
  tin_tensor *sum = tin_sum(tin_mul(x, c), .axes = TIN_AXES(0, 2), .keepdims = true);
  return tin_add(sum, tin_max(x, .axes = TIN_AXES(1), .keepdims = true));
}
static tin_tensor *build_softmax(tin_tensor *x, tin_tensor *c) {
  return tin_log_softmax(tin_add(x, c), 1);
}
static tin_tensor *build_matmul(tin_tensor *x, tin_tensor *c) {
  return tin_matmul(x, tin_transpose(c, 1, 2));
}
static tin_tensor *build_matmul_self(tin_tensor *x, tin_tensor *c) {
  (void)c;
  return tin_matmul(tin_transpose(x, 1, 2), x);
}
static tin_tensor *build_movement(tin_tensor *x, tin_tensor *c) {
  tin_tensor *turned = tin_permute(x, TIN_AXES(2, 0, 1)); /* [4, 2, 3] */
  tin_tensor *padded = tin_pad(tin_flip(turned, TIN_AXES(0)), .low = {1}, .high = {0, 2}, .interior = {0, 1}, .value = 5);
  return tin_concat(TIN_LIST(tin_flatten(tin_slice(padded, 0, 0, TIN_END, .step = 2), 0, -1), tin_flatten(c, 0, -1)), 0);
}
static tin_tensor *build_window(tin_tensor *x, tin_tensor *c) {
  return tin_fold(tin_mul(tin_window(x, 2, 2), tin_slice(tin_unsqueeze(c, 3), 2, 0, 3)), 2, 4);
}
/* Integers that say something about x, as an index that is mapped too. */
static tin_tensor *ranks(tin_tensor *x) {
  tin_tensor *column = tin_reshape(tin_slice(x, 2, 0, 1), TIN_SHAPE(6, 1));
  return tin_sum(tin_cast(tin_gt(column, tin_reshape(column, TIN_SHAPE(1, 6))), TIN_I32), .axes = TIN_AXES(1));
}
static tin_tensor *constant_index(tin_tensor *x) {
  return tin_from(tin_ctx_of(x), TIN_I32, TIN_SHAPE(2, 2), ((int32_t[]){2, 0, 1, 1}));
}
static tin_tensor *build_take(tin_tensor *x, tin_tensor *c) {
  return tin_add(tin_take(x, constant_index(x), 1), tin_take(c, constant_index(x), 1));
}
static tin_tensor *build_take_mapped(tin_tensor *x, tin_tensor *c) {
  return tin_take(tin_reshape(c, TIN_SHAPE(6, 4)), ranks(x), 0);
}
static tin_tensor *build_take_both(tin_tensor *x, tin_tensor *c) {
  (void)c;
  return tin_take(tin_reshape(x, TIN_SHAPE(6, 4)), ranks(x), 0);
}
static tin_tensor *build_gather(tin_tensor *x, tin_tensor *c) { /* a batch of two already */
  tin_tensor *index = tin_reshape(ranks(x), TIN_SHAPE(2, 3));
  return tin_add(tin_gather(tin_reshape(x, TIN_SHAPE(2, 12)), 1, index), tin_gather(tin_reshape(c, TIN_SHAPE(2, 12)), 1, index));
}
static tin_tensor *build_gather_middle(tin_tensor *x, tin_tensor *c) { /* axes shared before and behind the indexed one */
  tin_tensor *index = tin_expand(tin_reshape(ranks(x), TIN_SHAPE(2, 3, 1)), TIN_SHAPE(2, 3, 2)), *wide = tin_reshape(c, TIN_SHAPE(2, 6, 2));
  tin_tensor *lower = tin_take_along_axis(wide, index, 1);
  return tin_add(lower, tin_gather(tin_scatter_add(wide, 1, index, tin_slice(x, 2, 0, 2)), 1, index));
}
static tin_tensor *build_index_add(tin_tensor *x, tin_tensor *c) {
  return tin_index_add(tin_reshape(c, TIN_SHAPE(6, 4)), 0, ranks(x), tin_reshape(x, TIN_SHAPE(6, 4)));
}
static tin_tensor *build_embedding_gradient(tin_tensor *x, tin_tensor *c) {
  tin_tensor *gradient = NULL;
  tin_grad(tin_sum(tin_mul(tin_square(tin_take(x, constant_index(x), 1)), tin_take(c, constant_index(x), 1))), TIN_LIST(x), &gradient);
  return gradient;
}
static tin_tensor *build_watch(tin_tensor *x, tin_tensor *c) {
  return tin_mul(tin_watch(tin_neg(x)), c);
}
static tin_tensor *build_independent(tin_tensor *x, tin_tensor *c) {
  (void)x;
  return tin_exp(c);
}
static tin_tensor *build_gradient(tin_tensor *x, tin_tensor *c) {
  tin_tensor *gradient = NULL;
  tin_grad(tin_sum(tin_square(tin_tanh(tin_mul(x, c)))), TIN_LIST(x), &gradient);
  return gradient;
}

static const struct {
  const char *name;
  build_fn *build;
} cases[] = {
    {"elementwise", build_elementwise},
    {"cast", build_cast},
    {"broadcast", build_broadcast},
    {"reductions", build_reductions},
    {"softmax", build_softmax},
    {"matmul", build_matmul},
    {"matmul_self", build_matmul_self},
    {"movement", build_movement},
    {"window", build_window},
    {"independent", build_independent},
    {"take", build_take},
    {"take_mapped", build_take_mapped},
    {"take_both", build_take_both},
    {"index_add", build_index_add},
    {"gather", build_gather},
    {"gather_middle", build_gather_middle},
    {"embedding_gradient", build_embedding_gradient},
    {"watch", build_watch},
    {"gradient", build_gradient},
};
enum { N_CASES = sizeof cases / sizeof *cases };

/* Numbers that mean nothing, in (-1, 1). */
static void fill(double *values, int count, int seed) {
  for (int i = 0; i < count; i++)
    values[i] = sin(0.7 * i + seed) * cos(1.3 * i * seed + 0.2);
}

static void assert_close(const char *name, const double *got, const double *expected, int count) {
  for (int i = 0; i < count; i++)
    if (!(fabs(got[i] - expected[i]) <= 1e-12 * (1 + fabs(expected[i]))))
      fail_msg("%s: element %d is %.17g, not %.17g", name, i, got[i], expected[i]);
}

static void map_and_compare(tin_ctx *ctx, const char *name, build_fn *build) {
  double values[N][SIZE], constant[SIZE], rows[MAX_OUT], mapped[MAX_OUT];
  fill(&values[0][0], N * SIZE, 1);
  fill(constant, SIZE, 2);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *c = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 3, 4), constant);
  int size = 0;
  for (int r = 0; r < N; r++) {
    tin_tensor *y = build(tin_from(ctx, TIN_F64, TIN_SHAPE(2, 3, 4), values[r]), c);
    size = (int)tin_size_of(y);
    assert_true(size * N <= MAX_OUT);
    tin_read(y, rows + r * size, (size_t)size * sizeof *rows);
  }
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 3, 4), values[0]), *y = build(x, c), *out = NULL;
  tin_tensor *xs = tin_from(ctx, TIN_F64, TIN_SHAPE(N, 2, 3, 4), values);
  assert_true(tin_vmap(TIN_LIST(y), TIN_LIST(x), TIN_LIST(xs), &out));
  tin_shape shape = tin_shape_of(out), single = tin_shape_of(y);
  assert_int_equal(shape.rank, single.rank + 1);
  assert_int_equal(shape.size[0], N);
  tin_read(out, mapped, (size_t)(N * size) * sizeof *mapped);
  assert_close(name, mapped, rows, N * size);
  if (!tin_end(scope))
    fail_msg("%s: %s", name, tin_message(ctx));
}

static void test_every_kind(void **state) {
  (void)state;
  static const char *const targets[] = {NULL, "interpreter"};
  for (int t = 0; t < 2; t++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = targets[t], .threads = 1});
    for (int i = 0; i < N_CASES; i++)
      map_and_compare(ctx, cases[i].name, cases[i].build);
    end_ctx(ctx);
  }
}

/* Mapping the vector-Jacobian product over the unit vectors gives the Jacobian: d(x_i^2 x_0)/dx_j. */
static void test_jacobian(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_scope scope = tin_begin(ctx);
  static const double at[3] = {2, 3, 5};
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(3), at), *cotangent = tin_rand(ctx, TIN_F64, TIN_SHAPE(3)), *product, *jacobian;
  tin_tensor *y = tin_mul(tin_square(x), tin_slice(x, 0, 0, 1));
  tin_tensor *unit = tin_cast(tin_eq(tin_reshape(tin_iota(ctx, TIN_I32, 3), TIN_SHAPE(3, 1)), tin_iota(ctx, TIN_I32, 3)), TIN_F64);
  assert_true(tin_vjp(y, cotangent, TIN_LIST(x), &product));
  assert_true(tin_vmap(TIN_LIST(product), TIN_LIST(cotangent), TIN_LIST(unit), &jacobian));
  double got[9];
  tin_read(jacobian, got, sizeof got);
  static const double expected[9] = {12, 0, 0, 9, 12, 0, 25, 0, 20};
  assert_close("jacobian", got, expected, 9);
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

/* The sum of a mapped function has the gradient of each row. */
static void test_gradient_of_a_mapped_function(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_scope scope = tin_begin(ctx);
  double values[N * 4], got[N * 4], expected[N * 4];
  fill(values, N * 4, 3);
  tin_tensor *x = tin_rand(ctx, TIN_F64, TIN_SHAPE(4)), *xs = tin_from(ctx, TIN_F64, TIN_SHAPE(N, 4), values), *out, *gradient;
  tin_tensor *y = tin_prod(tin_sin(x));
  assert_true(tin_vmap(TIN_LIST(y), TIN_LIST(x), TIN_LIST(xs), &out));
  assert_true(tin_grad(out, TIN_LIST(xs), &gradient));
  tin_read(gradient, got, sizeof got);
  for (int i = 0; i < N * 4; i++) {
    expected[i] = cos(values[i]);
    for (int k = i / 4 * 4; k < i / 4 * 4 + 4; k++)
      if (k != i)
        expected[i] *= sin(values[k]);
  }
  assert_close("gradient", got, expected, N * 4);
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

static void expect_error(tin_ctx *ctx, bool worked, tin_tensor *out, const char *message) {
  assert_false(worked);
  assert_true(tin_is_poison(out));
  if (!strstr(tin_message(ctx), message))
    fail_msg("\"%s\" does not contain \"%s\"", tin_message(ctx), message);
  tin_clear_error(ctx);
}

static void test_errors(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(2, 3), "x"), *xs = tin_input(ctx, TIN_F32, TIN_SHAPE(5, 2, 4), "xs");
  tin_tensor *z = tin_input(ctx, TIN_F32, TIN_SHAPE(2), "z"), *zs = tin_input(ctx, TIN_F32, TIN_SHAPE(4, 2), "zs");
  tin_tensor *good = tin_input(ctx, TIN_F32, TIN_SHAPE(5, 2, 3), "good"), *y = tin_exp(x), *out = NULL;
  expect_error(ctx, tin_vmap(TIN_LIST(y), TIN_LIST(x), TIN_LIST(xs), &out), out,
               "xs [5, 2, 4], must have the shape of x [2, 3] behind one more");
  expect_error(ctx, tin_vmap(TIN_LIST(y), TIN_LIST(x, z), TIN_LIST(good, zs), &out), out, "behind a first axis of size 5");
  expect_error(ctx, tin_vmap(TIN_LIST(y), TIN_LIST(x, z), TIN_LIST(good), &out), out, "2 tensors in, but 1 batched");
  expect_error(ctx, tin_vmap(TIN_LIST(y), ((tin_list){NULL, 0}), TIN_LIST(good), &out), out, "in names no tensors");
  expect_error(ctx, tin_vmap(TIN_LIST(y), TIN_LIST(x), TIN_LIST((tin_tensor *)NULL), &out), out, "batched 0");
  tin_tensor *product = tin_neg(tin_reshape(x, TIN_SHAPE(6))), *six = tin_input(ctx, TIN_F32, TIN_SHAPE(5, 6), "six");
  expect_error(ctx, tin_vmap(TIN_LIST(tin_neg(product)), TIN_LIST(product), TIN_LIST(six), &out), out, "build them on watch");
  tin_tensor *eight = tin_input(ctx, TIN_F32, TIN_SHAPE(1, 1, 1, 1, 1, 1, 2, 3), "eight");
  expect_error(ctx, tin_vmap(TIN_LIST(tin_add(eight, x)), TIN_LIST(x), TIN_LIST(good), &out), out, "no room for one more axis");
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_kind),
      cmocka_unit_test(test_jacobian),
      cmocka_unit_test(test_gradient_of_a_mapped_function),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
