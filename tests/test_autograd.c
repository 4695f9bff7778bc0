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
  expect_error(ctx, "i32; gradients need floats");
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
  EXPECT(tin_jacobian(tin_square(x), LEAF(5)), 0, 0, 0);
  expect_shape(tin_jacobian(tin_zeros(ctx, TIN_F64, TIN_SHAPE(0)), x), TIN_SHAPE(0, 3));
  /* a gather's gradient scatters */
  tin_tensor *index = tin_from(ctx, TIN_I32, TIN_SHAPE(2), ((int32_t[]){2, 0}));
  EXPECT(tin_jacobian(tin_take(tin_square(x), index, 0), x), 0, 0, 4, 2, 0, 0);
  /* however many rows, a few kernels */
  tin_tensor *wide = tin_input(ctx, TIN_F64, TIN_SHAPE(40, 50), "wide");
  struct tin_counters before = tin_stats(ctx);
  tin_tensor *many = tin_jacobian(tin_exp(wide), wide);
  expect_shape(many, TIN_SHAPE(40, 50, 40, 50));
  assert_true(tin_item(tin_sum(many)) == 2000);
  assert_true(tin_stats(ctx).kernels_launched - before.kernels_launched < 8);
  /* a Jacobian is differentiable: d/dx of the sum of the Jacobian of x^3 */
  tin_tensor *gradient;
  tin_grad(tin_jacobian(tin_pow(x, 3), x), TIN_LIST(x), &gradient);
  EXPECT(gradient, 6, -6, 12);
  end_ctx(ctx);
}

/* 2 g, by a rule whose own value has a custom gradient: which no map goes through. */
static bool pass_twice(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out);
static bool pass_doubled(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)y, (void)x;
  out[0] = tin_custom_gradient(tin_mul_scalar(g, 2), TIN_LIST(g), pass_twice, NULL);
  return true;
}
static bool pass_twice(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)y, (void)x;
  out[0] = tin_mul_scalar(g, 2);
  return true;
}

static void test_jacobian_row_by_row(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2), *wide = tin_input(ctx, TIN_F64, TIN_SHAPE(1500), "wide");
  EXPECT(tin_jacobian(tin_square(tin_custom_gradient(tin_round(x), TIN_LIST(x), pass_doubled, NULL)), x), 4, 0, 0, 8);
  assert_true(tin_is_poison(tin_jacobian(tin_custom_gradient(wide, TIN_LIST(wide), pass_doubled, NULL), wide)));
  expect_error(ctx, "cannot be mapped, so that each of 1500 elements needs a gradient of its own; at most 1024 are possible");
  end_ctx(ctx);
}

static void test_jacobian_limits(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2, 3);
  tin_tensor *deep = tin_zeros(ctx, TIN_F64, TIN_SHAPE(1, 1, 1, 1, 1));
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

/* ---- tensors that stay, custom gradients ---- */

static void test_watch(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = LEAF(1, 2), *b = LEAF(3, 4), *product = tin_mul(a, b), *gradient;
  assert_false(tin_grad(tin_sum(product), TIN_LIST(product), &gradient)); /* a contraction of a and b */
  expect_error(ctx, "grad: wrt 0 is not used as such");
  product = tin_watch(product);
  assert_true(tin_grad(tin_sum(product), TIN_LIST(product), &gradient));
  EXPECT(gradient, 1, 1);
  EXPECT(product, 3, 8);
  assert_true(tin_grad(tin_sum(product), TIN_LIST(a), &gradient));
  EXPECT(gradient, 3, 4);
  tin_tensor *minus = tin_set_name(tin_neg(a), "minus");
  assert_false(tin_grad(tin_add(b, minus), TIN_LIST(minus), &gradient)); /* b - a */
  expect_error(ctx, "minus is not used as such");
  minus = tin_watch(minus);
  assert_true(tin_grad(tin_square(tin_add(b, minus)), TIN_LIST(minus), &gradient));
  EXPECT(gradient, 4, 4);
  assert_true(tin_grad(tin_square(b), TIN_LIST(tin_neg(a)), &gradient)); /* nothing in common: zeros */
  EXPECT(gradient, 0, 0);
  end_ctx(ctx);
}

/* What the rules below are called with. */
struct rule_data {
  int calls;
  double limit;
};

static bool pass_through(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)y, (void)x;
  out[0] = g;
  return true;
}

static bool clipped(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  struct rule_data *data = user;
  (void)y, (void)x;
  data->calls++;
  out[0] = tin_clamp(g, -data->limit, data->limit);
  return true;
}

/* y = e^x, by its own value; a gradient inside, and a computation. */
static bool exp_rule(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  struct rule_data *data = user;
  data->calls++;
  tin_tensor *slope;
  tin_grad(tin_exp(x.at[0]), TIN_LIST(x.at[0]), &slope);
  if (tin_item(tin_max(tin_abs(tin_sub(slope, y)))) > 1e-12)
    return false;
  out[0] = tin_mul(g, y);
  return true;
}

static void test_custom_gradient(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(0.4, 1.6), *w = LEAF(2, 3), *out[2];
  tin_tensor *bits = tin_custom_gradient(tin_round(x), TIN_LIST(x), pass_through, NULL);
  EXPECT(bits, 0, 2);
  assert_true(tin_grad(tin_mul(tin_square(bits), w), TIN_LIST(x, w), out));
  EXPECT(out[0], 0, 12);
  EXPECT(out[1], 0, 4);
  struct rule_data data = {.limit = 5};
  tin_tensor *y = tin_custom_gradient(x, TIN_LIST(x), clipped, &data);
  assert_true(tin_grad(tin_add(tin_mul_scalar(y, 100), x), TIN_LIST(x), out));
  EXPECT(out[0], 6, 6);
  assert_int_equal(data.calls, 1);
  assert_true(tin_grad(tin_mul(y, w), TIN_LIST(w), out)); /* not asked when nothing of it is wanted */
  assert_int_equal(data.calls, 1);
  assert_true(tin_is_poison(tin_jvp(tin_mul(y, w), TIN_LIST(x), TIN_LIST(w))));
  expect_error(ctx, "jvp: a custom gradient below the output is not linear");
  /* only the tensors named get something */
  tin_tensor *partly = tin_custom_gradient(tin_mul(x, w), TIN_LIST(x), pass_through, NULL);
  assert_true(tin_grad(tin_add(partly, w), TIN_LIST(x, w), out));
  EXPECT(out[0], 1, 1);
  EXPECT(out[1], 1, 1);
  end_ctx(ctx);
}

static void test_custom_gradient_of_gradient(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  struct rule_data data = {0};
  tin_tensor *x = LEAF(0.5, 1), *first, *second, *third;
  tin_tensor *y = tin_custom_gradient(tin_exp(x), TIN_LIST(x), exp_rule, &data);
  assert_true(tin_grad(tin_square(y), TIN_LIST(x), &first));
  assert_true(tin_grad(first, TIN_LIST(x), &second));
  assert_true(tin_grad(second, TIN_LIST(x), &third));
  assert_true(data.calls >= 3);
  const double e[2] = {2.718281828459045, 7.38905609893065}; /* e^2x */
  EXPECT(first, 2 * e[0], 2 * e[1]);
  EXPECT(second, 4 * e[0], 4 * e[1]);
  EXPECT(third, 8 * e[0], 8 * e[1]);
  EXPECT(tin_jvp(y, TIN_LIST(x), TIN_LIST(x)), 0.5 * 1.6487212707001282, 2.718281828459045);
  end_ctx(ctx);
}

/* The record is in no signature: each step makes its own, and finds the plan. It costs no kernel either. */
static void test_custom_gradient_plans(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(8), .name = "w");
  tin_init_constant(w, 0.7);
  tin_optim *sgd = tin_sgd(TIN_LIST(w), .lr = 0.1);
  struct rule_data data = {.limit = 0.5};
  for (int step = 0; step < 4; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *y = tin_custom_gradient(tin_square(w), TIN_LIST(w), clipped, &data);
    tin_step(sgd, tin_sum(tin_add(tin_mul_scalar(y, 3), tin_custom_gradient(tin_round(w), TIN_LIST(w), pass_through, NULL))));
    assert_true(tin_end(scope));
  }
  EXPECT(tin_slice(w, 0, 0, 1), (double)(((0.7f - 0.15f) - 0.15f) - 0.15f) - (double)0.15f);
  if (!target) {
    assert_int_equal(tin_stats(ctx).plan_hits, 3);
    assert_int_equal(tin_stats(ctx).kernels_launched, 5); /* the slice's too */
  }
  end_ctx(ctx);
}

static bool wrong_shape(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)y, (void)x;
  out[0] = tin_sum(g);
  return true;
}

static bool refusing(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)g, (void)y, (void)x, (void)out;
  return false;
}

static bool leaving_a_scope(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)y, (void)x;
  tin_begin(tin_ctx_of(g));
  out[0] = tin_mul_scalar(g, 2);
  return true;
}

static bool ending_the_scope(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)y, (void)x;
  out[0] = g;
  return tin_end(*(tin_scope *)user);
}

static bool making_poison(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)y, (void)x;
  out[0] = tin_matmul(g, tin_zeros(tin_ctx_of(g), TIN_F64, TIN_SHAPE(5)));
  return true;
}

static void test_custom_gradient_errors(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_scope scope = tin_begin(ctx);
  static const struct {
    tin_gradient_rule *rule;
    const char *words;
  } bad[] = {{wrong_shape, "custom_gradient: shapes differ: x 0 [2] and gradient 0 []"},
             {refusing, "grad: the custom gradient of"},
             {leaving_a_scope, "custom_gradient: its gradient left a scope open"},
             {ending_the_scope, "end: a gradient is being built in this scope"},
             {making_poison, "matmul: inner sizes differ"}};
  tin_tensor *x = LEAF(1, 2), *gradient;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    tin_tensor *y = tin_custom_gradient(tin_exp(x), TIN_LIST(x), bad[i].rule, &scope);
    assert_false(tin_grad(y, TIN_LIST(x), &gradient));
    assert_true(tin_is_poison(gradient));
    expect_error(ctx, bad[i].words);
  }
  assert_true(tin_is_poison(tin_custom_gradient(tin_iota(ctx, TIN_I32, 3), TIN_LIST(x), pass_through, NULL)));
  expect_error(ctx, "y [3] is i32; gradients need f32 or f64");
  assert_true(tin_is_poison(tin_custom_gradient(x, TIN_LIST(x), NULL, NULL)));
  expect_error(ctx, "the gradient of y [2] is NULL");
  assert_true(tin_is_poison(tin_custom_gradient(x, TIN_LIST(x, NULL), pass_through, NULL)));
  expect_error(ctx, "operand x 1 is NULL");
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

/* ---- tin_gradcheck ---- */

static tin_tensor *smooth(void *user, tin_list x) {
  (*(int *)user)++;
  return tin_mul(tin_sin(x.at[0]), tin_exp(tin_take(x.at[1], x.at[2], 0)));
}

/* Its gradient forgets the factor: the graph and the differences disagree. */
static tin_tensor *wrong(void *user, tin_list x) {
  (void)user;
  return tin_mul(tin_square(x.at[0]), tin_detach(x.at[1]));
}

/* Right at first order, wrong at second. */
static tin_tensor *wrong_at_second(void *user, tin_list x) {
  (void)user;
  tin_tensor *d = tin_detach(x.at[0]);
  return tin_add(tin_mul(tin_mul_scalar(tin_square(d), 3), tin_sub(x.at[0], d)), tin_pow(d, 3));
}

static tin_tensor *noisy(void *user, tin_list x) {
  (void)user;
  return tin_mul(x.at[0], tin_rand(tin_ctx_of(x.at[0]), TIN_F64, tin_shape_of(x.at[0])));
}

static tin_tensor *failing(void *user, tin_list x) {
  (void)user;
  return tin_matmul(x.at[0], x.at[1]);
}

static tin_tensor *nothing(void *user, tin_list x) {
  (void)user, (void)x;
  return NULL;
}

static tin_tensor *integer(void *user, tin_list x) {
  (void)user;
  return tin_cast(x.at[0], TIN_I32);
}

static void test_gradcheck(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  int calls = 0;
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 2), F64(1, 2, 3, 4)), *y = LEAF(0.5, 0.25);
  tin_tensor *index = tin_from(ctx, TIN_I32, TIN_SHAPE(2), ((int32_t[]){1, 0}));
  assert_true(tin_gradcheck(smooth, &calls, TIN_LIST(x, y, index), .second_order = true));
  assert_int_equal(calls, (1 + 4 + 2 * 6) + (1 + 6 + 2 * 6)); /* elements of the result, of the gradient; each input up and down */
  assert_true(tin_gradcheck(noisy, NULL, TIN_LIST(x)));
  assert_false(tin_gradcheck(wrong, NULL, TIN_LIST(x, y)));
  expect_error(ctx, "gradcheck: derivative by element [0] of input 1, of element 0 of the result: the graph gives 0, differences give 1");
  tin_tensor *point = tin_from(ctx, TIN_F64, TIN_SHAPE(1, 1), F64(2));
  assert_true(tin_gradcheck(wrong_at_second, NULL, TIN_LIST(point)));
  assert_false(tin_gradcheck(wrong_at_second, NULL, TIN_LIST(point), .second_order = true));
  expect_error(ctx, "gradcheck: second derivative by element [0, 0] of input 0, of element 0 of the gradient: the graph gives 0");
  end_ctx(ctx);
}

static void test_gradcheck_errors(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2), *y = LEAF(1, 2, 3);
  assert_false(tin_gradcheck(failing, NULL, TIN_LIST(x, y)));
  expect_error(ctx, "matmul: inner sizes differ");
  assert_false(tin_gradcheck(nothing, NULL, TIN_LIST(x)));
  expect_error(ctx, "gradcheck: the function returned NULL or poison");
  assert_false(tin_gradcheck(integer, NULL, TIN_LIST(x)));
  expect_error(ctx, "the function's result is i32");
  assert_false(tin_gradcheck(noisy, NULL, TIN_LIST(tin_cast(x, TIN_F32))));
  expect_error(ctx, "input 0 is f32: differences need f64");
  assert_false(tin_gradcheck(noisy, NULL, TIN_LIST(tin_cast(x, TIN_I32))));
  expect_error(ctx, "no input is f64");
  assert_false(tin_gradcheck(NULL, NULL, TIN_LIST(x)));
  expect_error(ctx, "the function is NULL");
  end_ctx(ctx);
}

/* ---- clipping ---- */

static void test_clip_grad_norm(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = tin_from(ctx, TIN_F64, TIN_SHAPE(2, 2), F64(1, -2, 3, -4)), *b = LEAF(5, -6, 7),
             *empty = tin_zeros(ctx, TIN_F64, TIN_SHAPE(0));
  tin_tensor *out[3];
  /* PyTorch: torch.nn.utils.clip_grad_norm_ on the same gradients */
  EXPECT(tin_clip_grad_norm(TIN_LIST(a, empty, b), 2, out), 11.832159566199232);
  const double c = 2 / (11.832159566199232 + 1e-6);
  EXPECT(out[0], c, -2 * c, 3 * c, -4 * c);
  EXPECT(out[2], 5 * c, -6 * c, 7 * c);
  expect_shape(out[1], TIN_SHAPE(0));
  EXPECT(tin_clip_grad_norm(TIN_LIST(a, b), 3.5, out, .norm_type = INFINITY), 7);
  EXPECT(out[1], 5 * (3.5 / (7 + 1e-6)), -6 * (3.5 / (7 + 1e-6)), 7 * (3.5 / (7 + 1e-6)));
  EXPECT(tin_clip_grad_norm(TIN_LIST(a, b), 100, out, .norm_type = 1), 28);
  EXPECT(out[1], 5, -6, 7);                       /* small enough already */
  tin_tensor *both[] = {tin_cast(a, TIN_F32), b}; /* in place, mixed dtypes */
  assert_int_equal(tin_dtype_of(tin_clip_grad_norm(((tin_list){both, 2}), 100, both)), TIN_F64);
  assert_int_equal(tin_dtype_of(both[0]), TIN_F32);
  EXPECT(both[0], 1, -2, 3, -4);
  assert_true(tin_clip_grad_value(TIN_LIST(a, b), 2.5, out));
  EXPECT(out[0], 1, -2, 2.5, -2.5);
  EXPECT(out[1], 2.5, -2.5, 2.5);
  assert_true(tin_is_poison(tin_clip_grad_norm(TIN_LIST(a), 1, out, .norm_type = 3)));
  expect_error(ctx, "clip_grad_norm: norm_type must be 1, 2 or INFINITY");
  assert_true(tin_is_poison(tin_clip_grad_norm(TIN_LIST(a, tin_cast(a, TIN_I32)), 1, out)));
  expect_error(ctx, "gradient 1 is i32");
  assert_false(tin_clip_grad_value(TIN_LIST(a), -1, out));
  assert_true(tin_is_poison(out[0]));
  expect_error(ctx, "clip_grad_value: clip_value is negative");
  end_ctx(ctx);
}

/* The gradient of a big batch, as that of micro-batches added up in states: what tin_step_with takes then. */
static void test_accumulation(void **state) {
  (void)state;
  enum { MICRO = 4, ROWS = 6, COLUMNS = 5 };
  tin_ctx *ctx = new_ctx();
  tin_tensor *weight = tin_param(ctx, TIN_SHAPE(COLUMNS, 2), .name = "weight", .dtype = TIN_F64);
  tin_init_normal(weight, 0, 1);
  tin_tensor *sum = tin_state(ctx, TIN_SHAPE(COLUMNS, 2), .dtype = TIN_F64), *gradient;
  tin_tensor *rows = tin_keep(tin_randn(ctx, TIN_F64, TIN_SHAPE(MICRO * ROWS, COLUMNS)));
  for (int micro = 0; micro < MICRO; micro++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *batch = tin_slice(rows, 0, micro * ROWS, (micro + 1) * ROWS);
    tin_tensor *loss = tin_div_scalar(tin_mean(tin_square(tin_tanh(tin_matmul(batch, weight)))), MICRO);
    tin_grad(loss, TIN_LIST(weight), &gradient);
    tin_assign(sum, tin_add(sum, gradient));
    assert_true(tin_end(scope));
  }
  tin_grad(tin_mean(tin_square(tin_tanh(tin_matmul(rows, weight)))), TIN_LIST(weight), &gradient);
  double whole[COLUMNS * 2], parts[COLUMNS * 2];
  assert_true(tin_read(gradient, whole, sizeof whole) && tin_read(sum, parts, sizeof parts));
  for (int i = 0; i < COLUMNS * 2; i++)
    assert_true(fabs(whole[i] - parts[i]) <= 1e-15 && fabs(whole[i]) > 1e-4);
  /* a step with them, and the sum starts anew */
  tin_optim *sgd = tin_sgd(TIN_LIST(weight), .lr = 0.5);
  double before[COLUMNS * 2], after[COLUMNS * 2];
  assert_true(tin_read(weight, before, sizeof before));
  assert_true(tin_step_with(sgd, TIN_LIST(sum)));
  tin_assign(sum, tin_zeros_like(sum));
  assert_true(tin_read(weight, after, sizeof after) && tin_read(sum, parts, sizeof parts));
  for (int i = 0; i < COLUMNS * 2; i++)
    assert_true(fabs(before[i] - 0.5 * whole[i] - after[i]) <= 1e-15 && parts[i] == 0);
  end_ctx(ctx);
}

/* ---- known answers ---- */

/* The example and the two tests of micrograd (Karpathy, 2020); the numbers are those of its README and of PyTorch. */
static void test_micrograd(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = tin_from(ctx, TIN_F64, TIN_SHAPE(), F64(-4)), *b = tin_from(ctx, TIN_F64, TIN_SHAPE(), F64(2)), *out[2];
  tin_tensor *c = tin_add(a, b), *d = tin_add(tin_mul(a, b), tin_pow(b, 3));
  c = tin_add(c, tin_add_scalar(c, 1));
  c = tin_add(c, tin_sub(tin_add_scalar(c, 1), a));
  d = tin_add(d, tin_add(tin_mul_scalar(d, 2), tin_relu(tin_add(b, a))));
  d = tin_add(d, tin_add(tin_mul_scalar(d, 3), tin_relu(tin_sub(b, a))));
  tin_tensor *f = tin_square(tin_sub(c, d));
  tin_tensor *g = tin_add(tin_mul_scalar(f, 0.5), tin_scalar_div(10, f));
  EXPECT(g, 24.70408163265306);
  assert_true(tin_grad(g, TIN_LIST(a, b), out));
  EXPECT(out[0], 138.83381924198252);
  EXPECT(out[1], 645.5772594752186);
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(), F64(-4));
  tin_tensor *z = tin_add(tin_add_scalar(tin_mul_scalar(x, 2), 2), x), *q = tin_add(tin_relu(z), tin_mul(z, x));
  tin_tensor *y = tin_add(tin_add(tin_relu(tin_square(z)), q), tin_mul(q, x));
  EXPECT(y, -20);
  assert_true(tin_grad(y, TIN_LIST(x), out));
  EXPECT(out[0], 46);
  end_ctx(ctx);
}

/* Neither building nor differentiating nor running a chain of 100,000 nodes takes stack or more than linear time. */
static void test_deep_chain(void **state) {
  (void)state;
  enum { DEPTH = 50000 };
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(0.5, 2), *y = x, *gradient;
  for (int i = 0; i < DEPTH; i++)
    y = tin_sin(tin_mul(y, x)); /* for x = 2 it settles, for 0.5 it dies out */
  assert_true(tin_grad(y, TIN_LIST(x), &gradient));
  double got[2], value[2] = {0.5, 2}, slope[2] = {1, 1};
  static const double at[2] = {0.5, 2};
  for (int k = 0; k < 2; k++)
    for (int i = 0; i < DEPTH; i++) {
      slope[k] = cos(value[k] * at[k]) * (slope[k] * at[k] + value[k]);
      value[k] = sin(value[k] * at[k]);
    }
  if (target) { /* the compiled chain would be thousands of kernels: test_scale has such */
    assert_true(tin_read(gradient, got, sizeof got));
    for (int k = 0; k < 2; k++)
      assert_true(fabs(got[k] - slope[k]) <= 1e-9 * (1 + fabs(slope[k])));
  }
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_jvp),
      cmocka_unit_test(test_jvp_leaves_nothing),
      cmocka_unit_test(test_jvp_errors),
      cmocka_unit_test(test_hvp),
      cmocka_unit_test(test_jacobian),
      cmocka_unit_test(test_jacobian_row_by_row),
      cmocka_unit_test(test_jacobian_limits),
      cmocka_unit_test(test_hessian),
      cmocka_unit_test(test_watch),
      cmocka_unit_test(test_custom_gradient),
      cmocka_unit_test(test_custom_gradient_of_gradient),
      cmocka_unit_test(test_custom_gradient_plans),
      cmocka_unit_test(test_custom_gradient_errors),
      cmocka_unit_test(test_gradcheck),
      cmocka_unit_test(test_gradcheck_errors),
      cmocka_unit_test(test_clip_grad_norm),
      cmocka_unit_test(test_accumulation),
      cmocka_unit_test(test_micrograd),
      cmocka_unit_test(test_deep_chain),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
