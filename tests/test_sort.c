/* Sorting and counting: values, positions and gradients as PyTorch's, equal bits on every target. The numbers are those of PyTorch 1.13. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

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

static void expect_error(int line, tin_ctx *ctx, const char *text) {
  if (!strstr(tin_message(ctx), text))
    fail_msg("line %d: the message is \"%s\"", line, tin_message(ctx));
  tin_clear_error(ctx);
}

static void test_order(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  for (int i = 0; i < 2; i++) {
    tin_tensor *at, *x = TENSOR(ctx, i ? TIN_F64 : TIN_F32, TIN_SHAPE(8), 3, NAN, -0.0, 0, -INFINITY, 3, INFINITY, NAN);
    EXPECT_EXACT(tin_sort(x, 0, .indices = &at), -INFINITY, -0.0, 0, 3, 3, INFINITY, NAN, NAN);
    EXPECT_EXACT(at, 4, 2, 3, 0, 5, 6, 1, 7);
    EXPECT_TYPE(at, TIN_I32, 8);
    EXPECT_EXACT(tin_sort(x, -1, .descending = true, .indices = &at), NAN, NAN, INFINITY, 3, 3, -0.0, 0, -INFINITY);
    EXPECT_EXACT(at, 1, 7, 6, 0, 5, 2, 3, 4);
    EXPECT_EXACT(tin_argsort(x, 0, .descending = true), 1, 7, 6, 0, 5, 2, 3, 4);
  }
  static const tin_dtype signed_ones[] = {TIN_I8, TIN_I16, TIN_I32, TIN_I64};
  for (int i = 0; i < 4; i++)
    EXPECT_EXACT(tin_sort(TENSOR(ctx, signed_ones[i], TIN_SHAPE(5), 5, -128, 0, 127, -1), 0), -128, -1, 0, 5, 127);
  static const tin_dtype others[] = {TIN_BOOL, TIN_U8, TIN_U16, TIN_U32, TIN_U64};
  for (int i = 0; i < 5; i++)
    EXPECT_EXACT(tin_argsort(TENSOR(ctx, others[i], TIN_SHAPE(5), 1, 0, 1, 0, 1), 0, .descending = true), 0, 2, 4, 1, 3);
  EXPECT_EXACT(tin_argsort(TENSOR(ctx, TIN_U64, TIN_SHAPE(3), 0x1p63, 1, 0x1.8p63), 0), 1, 0, 2);
  EXPECT_EXACT(tin_argsort(TENSOR(ctx, TIN_I64, TIN_SHAPE(3), -0x1p63, 1, -0x1p62), 0), 0, 2, 1);
  end_ctx(ctx);
}

/* Lines longer than a run of the merge sort, whose order is known: i * 7 mod n. */
static void test_long_lines(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  static const int sizes[] = {15, 16, 17, 31, 33, 64, 100, 257, 1000};
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    int n = sizes[s];
    int32_t x[1000], order[1000];
    for (int i = 0; i < n; i++)
      x[i] = i * 9241 % n / 3; /* three or so of each; 9241 is prime to all sizes */
    tin_tensor *t = tin_from(ctx, TIN_I32, TIN_SHAPE(n), x);
    for (int descending = 0; descending < 2; descending++) {
      tin_read(tin_argsort(t, 0, .descending = descending), order, (size_t)n * sizeof *order);
      for (int i = 1; i < n; i++) {
        int before = x[order[i - 1]], after = x[order[i]];
        assert_true(descending ? before >= after : before <= after);
        assert_true(before != after || order[i - 1] < order[i]);
      }
    }
  }
  end_ctx(ctx);
}

static void test_topk_and_median(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *at, *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 3), 3, 1, 2, 5, 9, 4);
  EXPECT_EXACT(tin_topk(x, 2, 1, .indices = &at), 3, 2, 9, 5);
  EXPECT_EXACT(at, 0, 2, 1, 0);
  EXPECT_EXACT(tin_topk(x, 1, 0, .smallest = true), 3, 1, 2);
  EXPECT_TYPE(tin_topk(x, 0, -1, .indices = &at), TIN_F64, 2, 0);
  EXPECT_TYPE(at, TIN_I32, 2, 0);
  EXPECT_EXACT(tin_median(x, .axes = TIN_AXES(1)), 2, 5);
  EXPECT_TYPE(tin_median(x, .axes = TIN_AXES(1), .keepdims = true), TIN_F64, 2, 1);
  EXPECT_TYPE(tin_median(x, .keepdims = true), TIN_F64, 1, 1);
  EXPECT_EXACT(tin_median(x), 3);
  EXPECT_EXACT(tin_median(tin_cast(x, TIN_I32)), 3);
  EXPECT_EXACT(tin_median(TENSOR(ctx, TIN_F32, TIN_SHAPE(4), 4, 1, 3, 2)), 2);
  EXPECT_EXACT(tin_median(TENSOR(ctx, TIN_F32, TIN_SHAPE(4), 4, NAN, 3, 2)), NAN);
  end_ctx(ctx);
}

static void test_gradients(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(4), 3, 1, 3, 2), *w = TENSOR(ctx, TIN_F64, TIN_SHAPE(4), 1, 10, 100, 1000);
  EXPECT_EXACT(gradient_of(tin_mul(tin_sort(x, 0), w), x), 100, 1, 1000, 10);
  EXPECT_EXACT(gradient_of(tin_sum(tin_square(tin_topk(x, 2, 0))), x), 6, 0, 6, 0);
  EXPECT_EXACT(gradient_of(tin_median(x), x), 0, 0, 0, 1);
  tin_tensor *index = TENSOR(ctx, TIN_I32, TIN_SHAPE(4), 1, 1, 0, 2);
  EXPECT_EXACT(gradient_of(tin_mul(tin_bincount(index, 4, .weights = x), w), x), 10, 10, 1, 100);
  end_ctx(ctx);
}

static void test_counting(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *sorted = TENSOR(ctx, TIN_F32, TIN_SHAPE(5), 1, 2, 2, 5, 7), *v = TENSOR(ctx, TIN_I32, TIN_SHAPE(2, 3), 0, 1, 2, 6, 7, 8);
  EXPECT_EXACT(tin_searchsorted(sorted, v), 0, 0, 1, 4, 4, 5);
  EXPECT_EXACT(tin_searchsorted(sorted, v, .right = true), 0, 1, 3, 4, 5, 5);
  EXPECT_TYPE(tin_searchsorted(sorted, v), TIN_I32, 2, 3);
  tin_tensor *nan_last = TENSOR(ctx, TIN_F64, TIN_SHAPE(3), 1, 2, NAN), *probes = TENSOR(ctx, TIN_F64, TIN_SHAPE(4), 0, 1.5, 5, NAN);
  EXPECT_EXACT(tin_searchsorted(nan_last, probes), 0, 1, 2, 2);
  EXPECT_EXACT(tin_searchsorted(nan_last, probes, .right = true), 0, 1, 2, 3);
  EXPECT_EXACT(tin_searchsorted(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0)), probes), 0, 0, 0, 0);
  for (int n = 1; n <= 17; n++) { /* every place in every size */
    tin_tensor *even = tin_arange(ctx, TIN_I32, n, 0, 2), *all = tin_arange(ctx, TIN_I32, 2 * n + 1, -1, 1);
    int32_t places[35];
    tin_read(tin_searchsorted(even, all), places, sizeof(int32_t) * (size_t)(2 * n + 1));
    for (int i = 0; i < 2 * n + 1; i++)
      assert_int_equal(places[i], i / 2);
  }
  tin_tensor *x = TENSOR(ctx, TIN_I64, TIN_SHAPE(2, 2), 1, 3, 3, 0), *w = TENSOR(ctx, TIN_F32, TIN_SHAPE(2, 2), 0.5, 1, 2, 4);
  EXPECT_EXACT(tin_bincount(x, 5), 1, 1, 0, 2, 0);
  EXPECT_TYPE(tin_bincount(x, 5), TIN_I64, 5);
  EXPECT_EXACT(tin_bincount(x, 5, .weights = w), 4, 0.5, 0, 3, 0);
  EXPECT_TYPE(tin_bincount(x, 5, .weights = x), TIN_F64, 5);
  tin_tensor *h = TENSOR(ctx, TIN_F32, TIN_SHAPE(9), 0, 0.5, 1, 2, 2.9, 3, 3.1, -0.1, NAN);
  EXPECT_EXACT(tin_histc(h, 3, 0, 3), 2, 1, 3);
  EXPECT_EXACT(tin_histc(tin_slice(h, 0, 0, 6), 4, 0, 0), 2, 1, 1, 2);
  EXPECT_EXACT(tin_histc(TENSOR(ctx, TIN_F64, TIN_SHAPE(2), 2, 2), 2, 0, 0), 0, 2);
  EXPECT_EXACT(tin_histc(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0)), 2, 0, 0), 0, 0);
  end_ctx(ctx);
}

static void test_edges_and_errors(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *at, *point = tin_constant(ctx, TIN_F32, 3), *none = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 0, 3));
  EXPECT_EXACT(tin_sort(point, 0, .indices = &at), 3);
  EXPECT_TYPE(at, TIN_I32);
  EXPECT_EXACT(tin_median(point), 3);
  EXPECT_EXACT(tin_median(point, .axes = TIN_AXES(0)), 3);
  for (int axis = 0; axis < 3; axis++) {
    EXPECT_TYPE(tin_sort(none, axis, .indices = &at), TIN_F32, 2, 0, 3);
    EXPECT_TYPE(at, TIN_I32, 2, 0, 3);
    assert_true(tin_realize(TIN_LIST(tin_sort(none, axis), at)));
  }
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 3));
  assert_true(tin_is_poison(tin_sort(x, 2, .indices = &at)) && tin_is_poison(at));
  expect_error(__LINE__, ctx, "sort: axis 2 is out of range for x [2, 3]");
  assert_true(tin_is_poison(tin_sort(at, 0, .indices = &at)) && tin_is_poison(at));
  tin_clear_error(ctx);
  tin_topk(x, 4, 1);
  expect_error(__LINE__, ctx, "topk: k is 4, but axis 1 of x [2, 3] has 3 elements");
  tin_median(none);
  expect_error(__LINE__, ctx, "median: of no elements: x [2, 0, 3]");
  tin_median(none, .axes = TIN_AXES(1));
  expect_error(__LINE__, ctx, "median: of no elements: axis 1 of x [2, 0, 3]");
  tin_median(x, .axes = TIN_AXES(0, 1));
  expect_error(__LINE__, ctx, "median: one axis can be named, not 2");
  tin_searchsorted(x, x);
  expect_error(__LINE__, ctx, "searchsorted: sorted [2, 3] must have one axis");
  tin_bincount(x, 2);
  expect_error(__LINE__, ctx, "bincount: needs integers, but x is f32");
  tin_bincount(tin_cast(x, TIN_I32), 2, .weights = point);
  expect_error(__LINE__, ctx, "bincount: shapes differ: x [2, 3] and weights []");
  tin_histc(x, 0, 0, 1);
  expect_error(__LINE__, ctx, "histc: 0 bins between 0 and 1");
  assert_false(tin_realize(TIN_LIST(tin_bincount(TENSOR(ctx, TIN_I32, TIN_SHAPE(2), 0, 2), 2))));
  expect_error(__LINE__, ctx, "index 2 at position 1 is out of range");
  tin_cumsum(x, -3);
  expect_error(__LINE__, ctx, "cumsum: axis -3 is out of range for x [2, 3]");
  tin_recurrence(x, tin_zeros(ctx, TIN_F32, TIN_SHAPE(2)), 0);
  expect_error(__LINE__, ctx, "recurrence: ");
  end_ctx(ctx);
}

/* ---- all targets ---- */

struct sample {
  tin_dtype dtype;
  tin_shape shape;
  int axis;
};

static int build_sorts(tin_ctx *ctx, const void *data, tin_tensor **out) {
  const struct sample *s = data;
  int64_t size = 1;
  for (int i = 0; i < s->shape.rank; i++)
    size *= s->shape.size[i];
  tin_tensor *random = tin_mod(tin_cast(tin_random_bits(ctx, s->shape), TIN_I64), tin_constant(ctx, TIN_I64, 50));
  tin_tensor *at, *x = tin_cast(random, s->dtype);
  out[0] = tin_sort(x, s->axis, .indices = &at);
  out[1] = at;
  out[2] = tin_sort(tin_flip(tin_transpose(x, 0, -1), TIN_AXES(0)), -1, .descending = true);
  out[3] = tin_topk(tin_neg(tin_cast(x, TIN_F32)), 1, s->axis, .smallest = true);
  out[4] = tin_median(x, .axes = TIN_AXES(s->axis));
  out[5] = tin_searchsorted(tin_reshape(tin_slice(tin_sort(tin_reshape(x, TIN_SHAPE(-1)), 0), 0, 0, size), TIN_SHAPE(-1)), x);
  out[6] = tin_bincount(random, 50, .weights = tin_cast(x, TIN_F32));
  out[7] = tin_histc(x, 7, 3, 40);
  return 8;
}

static void test_targets(void **state) {
  (void)state;
  static const struct sample samples[] = {
      {TIN_F32, {1, {1}}, 0},     {TIN_F64, {1, {700}}, 0},     {TIN_I32, {2, {5, 33}}, 1},
      {TIN_F32, {2, {70, 6}}, 0}, {TIN_I64, {3, {3, 8, 7}}, 1}, {TIN_U8, {2, {4, 9}}, 1},
      {TIN_BOOL, {2, {4, 9}}, 0}, {TIN_I16, {2, {4, 9}}, 0},    {TIN_F64, {6, {2, 3, 1, 4, 2, 3}}, 3},
  };
  for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
    compare_ways(__LINE__, build_sorts, &samples[i]);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_order),     cmocka_unit_test(test_long_lines), cmocka_unit_test(test_topk_and_median),
      cmocka_unit_test(test_gradients), cmocka_unit_test(test_counting),   cmocka_unit_test(test_edges_and_errors),
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
