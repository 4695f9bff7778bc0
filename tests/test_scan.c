/* Scans: values and gradients as PyTorch's, equal bits on every target. The numbers are those of PyTorch 1.13. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "context.h"
#include "expect.h"
#include "ways.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 2});
}

static tin_tensor *gradient_of(tin_tensor *y, tin_tensor *x) {
  tin_tensor *gradient;
  tin_grad(y, TIN_LIST(x), &gradient);
  return gradient;
}

/* ---- values ---- */

static void test_sums_and_products(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  static const tin_dtype dtypes[] = {TIN_I32, TIN_I64, TIN_F32, TIN_F64};
  for (int i = 0; i < 4; i++) {
    tin_tensor *x = TENSOR(ctx, dtypes[i], TIN_SHAPE(2, 3), 1, 2, 3, 4, -5, 6);
    tin_dtype dtype = dtypes[i] == TIN_I32 ? TIN_I64 : dtypes[i];
    EXPECT_TYPE(tin_cumsum(x, 0), dtype, 2, 3);
    EXPECT_EXACT(tin_cumsum(x, 0), 1, 2, 3, 5, -3, 9);
    EXPECT_EXACT(tin_cumsum(x, -1), 1, 3, 6, 4, -1, 5);
    EXPECT_EXACT(tin_cumprod(x, 1), 1, 2, 6, 4, -20, -120);
    EXPECT_EXACT(tin_cumprod(x, 0), 1, 2, 3, 4, -10, 18);
    EXPECT_EXACT(tin_recurrence(x, tin_add_scalar(x, 1), 1), 2, 7, 25, 5, -29, -167);
    EXPECT_EXACT(tin_recurrence(tin_cast(tin_full_like(x, 2), dtypes[i]), x, 0), 1, 2, 3, 6, -1, 12);
  }
  EXPECT_EXACT(tin_cumsum(TENSOR(ctx, TIN_U8, TIN_SHAPE(3), 200, 100, 255), 0), 200, 300, 555);
  EXPECT_EXACT(tin_cumsum(TENSOR(ctx, TIN_BOOL, TIN_SHAPE(3), 1, 0, 1), 0), 1, 1, 2);
  EXPECT_EXACT(tin_cumprod(TENSOR(ctx, TIN_I64, TIN_SHAPE(3), 0x1p32, 0x1p31, 3), 0), 0x1p32, -0x1p63, -0x1p63); /* wraps */
  EXPECT_EXACT(tin_cumsum(TENSOR(ctx, TIN_F32, TIN_SHAPE(4), -0.0, -0.0, INFINITY, -INFINITY), 0), -0.0, -0.0, INFINITY, NAN);
  end_ctx(ctx);
}

static void test_extrema(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  for (int i = 0; i < 2; i++) {
    tin_tensor *at, *x = TENSOR(ctx, i ? TIN_F64 : TIN_F32, TIN_SHAPE(2, 6), 1, 3, 3, NAN, 5, NAN, -0.0, 0.0, -1, 2, 2, -INFINITY);
    EXPECT_EXACT(tin_cummax(x, 1, .indices = &at), 1, 3, 3, NAN, NAN, NAN, -0.0, 0, 0, 2, 2, 2);
    EXPECT_EXACT(at, 0, 1, 2, 3, 3, 5, 0, 1, 1, 3, 4, 4);
    EXPECT_TYPE(at, TIN_I32, 2, 6);
    EXPECT_EXACT(tin_cummin(x, -1, .indices = &at), 1, 1, 1, NAN, NAN, NAN, -0.0, 0, -1, -1, -1, -INFINITY);
    EXPECT_EXACT(at, 0, 0, 0, 3, 3, 5, 0, 1, 2, 2, 2, 5);
    EXPECT_EXACT(tin_cummax(x, 0), 1, 3, 3, NAN, 5, NAN, 1, 3, 3, NAN, 5, NAN);
  }
  static const tin_dtype dtypes[] = {TIN_BOOL, TIN_U8, TIN_I32, TIN_U32, TIN_I64};
  for (int i = 0; i < 5; i++) {
    tin_tensor *at, *x = TENSOR(ctx, dtypes[i], TIN_SHAPE(4), 1, 0, 1, 0);
    EXPECT_EXACT(tin_cummax(x, 0, .indices = &at), 1, 1, 1, 1);
    EXPECT_EXACT(at, 0, 0, 2, 2);
    EXPECT_EXACT(tin_cummin(x, 0, .indices = &at), 1, 0, 0, 0);
    EXPECT_EXACT(at, 0, 1, 1, 3);
    EXPECT_TYPE(tin_cummin(x, 0), dtypes[i], 4);
  }
  end_ctx(ctx);
}

static void test_log_of_sums(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(6), -1000, 0, 1, 700, -5, 1e4);
  EXPECT_NEAR(tin_logcumsumexp(x, 0), 1e-15, -1000, 0, 1.3132616875182228, 700, 700, 10000);
  EXPECT_NEAR(tin_logcumsumexp(tin_cast(x, TIN_F32), 0), 1e-6, -1000, 0, 1.3132616875182228, 700, 700, 10000);
  tin_tensor *wide = TENSOR(ctx, TIN_F64, TIN_SHAPE(7), -INFINITY, -INFINITY, 1, 2, INFINITY, 3, NAN);
  EXPECT_NEAR(tin_logcumsumexp(wide, 0), 1e-15, -INFINITY, -INFINITY, 1, 2.313261687518223, INFINITY, INFINITY, NAN);
  tin_tensor *low = TENSOR(ctx, TIN_F64, TIN_SHAPE(5), -INFINITY, -INFINITY, 1, 2, 3),
             *deep = TENSOR(ctx, TIN_F64, TIN_SHAPE(3), -1e4, -INFINITY, -1e5);
  EXPECT_NEAR(gradient_of(tin_logcumsumexp(low, 0), low), 1e-14, 0, 0, 1.3589719945403755, 0.9757870496848025, 0.6652409557748217);
  EXPECT_NEAR(tin_logcumsumexp(deep, 0), 1e-15, -1e4, -1e4, -1e4);
  EXPECT_NEAR(tin_logcumsumexp(TENSOR(ctx, TIN_I32, TIN_SHAPE(2), 0, 0), 0), 1e-6, 0, 0.6931471805599453);
  end_ctx(ctx);
}

static void test_edges(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *at, *point = tin_constant(ctx, TIN_F32, 3), *none = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 0, 3));
  EXPECT_EXACT(tin_cumsum(point, 0), 3);
  EXPECT_TYPE(tin_cumsum(point, -1), TIN_F32);
  EXPECT_EXACT(tin_cummax(point, 0, .indices = &at), 3);
  EXPECT_TYPE(at, TIN_I32);
  EXPECT_EXACT(at, 0);
  EXPECT_EXACT(tin_logcumsumexp(point, 0), 3);
  EXPECT_EXACT(tin_recurrence(point, point, 0), 3);
  for (int axis = 0; axis < 3; axis++) {
    EXPECT_TYPE(tin_cumsum(none, axis), TIN_F32, 2, 0, 3);
    EXPECT_TYPE(tin_cumprod(none, axis), TIN_F32, 2, 0, 3);
    EXPECT_TYPE(tin_cummax(none, axis), TIN_F32, 2, 0, 3);
    EXPECT_TYPE(tin_logcumsumexp(none, axis), TIN_F32, 2, 0, 3);
    assert_true(tin_realize(TIN_LIST(tin_cumsum(none, axis), tin_cummin(none, axis), tin_logcumsumexp(none, axis))));
  }
  tin_tensor *one = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 1), 4, -2);
  EXPECT_EXACT(tin_cumprod(one, 1), 4, -2);
  EXPECT_EXACT(tin_cummin(one, 1, .indices = &at), 4, -2);
  EXPECT_EXACT(at, 0, 0);
  end_ctx(ctx);
}

/* ---- gradients ---- */

static void test_product_with_zeros(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = TENSOR(ctx, TIN_F64, TIN_SHAPE(5), 1, 2, 3, 4, 5), *v = TENSOR(ctx, TIN_F64, TIN_SHAPE(5), 1, -1, 2, 3, 0.5);
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(5), 2, 0, 3, 0, 4), *g = gradient_of(tin_mul(tin_cumprod(x, 0), w), x);
  EXPECT_NEAR(g, 1e-15, 1, 22, 0, 0, 0);
  EXPECT_NEAR(gradient_of(tin_mul(g, v), x), 1e-15, -11, 455, -6, -144, 0);
  tin_tensor *once = TENSOR(ctx, TIN_F64, TIN_SHAPE(4), 2, 0, 3, 5);
  g = gradient_of(tin_mul(tin_cumprod(once, 0), tin_slice(w, 0, 0, 4)), once);
  EXPECT_NEAR(g, 1e-15, 1, 142, 0, 0);
  EXPECT_NEAR(gradient_of(tin_mul(g, tin_slice(v, 0, 0, 4)), once), 1e-15, -71, 235, -46, -24);
  end_ctx(ctx);
}

static void test_gradient_of_extrema(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(6), 3, 1, 3, 2, 5, 5), *w = TENSOR(ctx, TIN_F64, TIN_SHAPE(6), 1, 2, 4, 8, 16, 32);
  EXPECT_EXACT(gradient_of(tin_mul(tin_cummax(x, 0), w), x), 3, 0, 12, 0, 16, 32);
  EXPECT_EXACT(gradient_of(tin_mul(tin_cummin(x, 0), w), x), 1, 62, 0, 0, 0, 0);
  end_ctx(ctx);
}

static void test_vmap(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(3), "x"), *rows = TENSOR(ctx, TIN_F32, TIN_SHAPE(2, 3), 1, 2, 3, 4, -5, 6), *mapped[2];
  assert_true(tin_vmap(TIN_LIST(tin_cumsum(x, 0), tin_recurrence(tin_zeros_like(x), x, 0)), TIN_LIST(x), TIN_LIST(rows), mapped));
  EXPECT_EXACT(mapped[0], 1, 3, 6, 4, -1, 5);
  EXPECT_EXACT(mapped[1], 1, 2, 3, 4, -5, 6);
  end_ctx(ctx);
}

/* ---- all targets ---- */

struct sample {
  tin_dtype dtype;
  tin_shape shape;
  int axis;
};

/* Numbers of few values, so that there are ties; floats hold NaN, infinities and zeros of both signs. */
static tin_tensor *sample(tin_ctx *ctx, const struct sample *s, int salt) {
  int64_t size = 1;
  for (int i = 0; i < s->shape.rank; i++)
    size *= s->shape.size[i];
  double *numbers = malloc(sizeof *numbers * (size_t)(size + 1));
  static const double special[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0};
  for (int64_t i = 0; i < size; i++) {
    uint64_t h = (uint64_t)(i + salt) * 0x9E3779B97F4A7C15u >> 33;
    numbers[i] = h % 97 < 5 ? special[h % 97] : ((double)(h % 41) - 20) / 16;
    if (s->dtype < TIN_F32)
      numbers[i] = (double)(h % 41) - (s->dtype == TIN_I32 || s->dtype == TIN_I64 ? 20 : 0);
  }
  tin_tensor *x = tin_cast(tin_from(ctx, TIN_F64, s->shape, numbers), s->dtype);
  free(numbers);
  return x;
}

static int build_scans(tin_ctx *ctx, const void *data, tin_tensor **out) {
  const struct sample *s = data;
  tin_tensor *x = sample(ctx, s, 1), *y = sample(ctx, s, 2);
  tin_tensor *at, *mixed = tin_add(tin_mul(x, y), tin_flip(y, TIN_AXES(s->axis))); /* work to fuse, and a view */
  out[0] = tin_cumsum(mixed, s->axis);
  out[1] = tin_add_scalar(tin_cumprod(x, s->axis), 1);
  out[2] = tin_recurrence(tin_abs(tin_cast(x, TIN_F32)), tin_sub(tin_cast(y, TIN_F32), tin_cast(mixed, TIN_F32)), s->axis);
  out[3] = tin_cummax(x, s->axis, .indices = &at);
  out[4] = at;
  out[5] = tin_cummin(mixed, s->axis);
  out[6] = tin_logcumsumexp(y, s->axis);
  out[7] = tin_cumsum(tin_transpose(tin_cumsum(x, s->axis), 0, -1), 0);
  return 8;
}

static void test_targets(void **state) {
  (void)state;
  static const struct sample samples[] = {
      {TIN_F32, {1, {1}}, 0},
      {TIN_F32, {1, {7}}, 0},
      {TIN_F64, {1, {1500}}, 0},
      {TIN_F32, {2, {5, 33}}, 1},
      {TIN_F64, {2, {70, 6}}, 1},
      {TIN_F32, {2, {9, 200}}, 0},
      {TIN_F64, {2, {17, 65}}, 0},
      {TIN_F32, {3, {3, 8, 70}}, 1},
      {TIN_I32, {3, {3, 8, 5}}, 2},
      {TIN_I64, {3, {3, 8, 5}}, 1},
      {TIN_U8, {2, {4, 9}}, 1},
      {TIN_BOOL, {2, {4, 9}}, 0},
      {TIN_U32, {2, {4, 9}}, 0},
      {TIN_F32, {6, {2, 3, 1, 4, 2, 3}}, 3},
      {TIN_F64, {5, {2, 1, 3, 4, 2}}, 4},
      {TIN_F32, {3, {130, 2, 65}}, 0},
  };
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
    compare_ways(__LINE__, build_scans, &samples[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sums_and_products),
      cmocka_unit_test(test_extrema),
      cmocka_unit_test(test_log_of_sums),
      cmocka_unit_test(test_edges),
      cmocka_unit_test(test_product_with_zeros),
      cmocka_unit_test(test_gradient_of_extrema),
      cmocka_unit_test(test_vmap),
  };
  const struct CMUnitTest all[] = {cmocka_unit_test(test_targets)};
  static const char *const targets[] = {"interpreter", "portable", NULL};
  int failed = cmocka_run_group_tests_name("all targets", all, NULL, NULL);
  for (int i = 0; i < 3; i++) {
    target = targets[i];
    failed += cmocka_run_group_tests_name(target ? target : "best", tests, NULL, NULL);
  }
  return failed;
}
