/* Reading and writing by index tensors through the public functions: values as PyTorch and NumPy give them, gradients at ties and
 * duplicates, errors. Every case runs on the interpreter and on the best compiled target. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "context.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target});
}

static void expect(int line, tin_tensor *t, const double *want, int count) {
  double got[64];
  assert_true(count <= 64);
  if (tin_size_of(t) != count || !tin_read(tin_cast(t, TIN_F64), got, (size_t)count * sizeof *got))
    fail_msg("line %d: %lld elements, not %d; %s", line, (long long)tin_size_of(t), count, tin_message(tin_ctx_of(t)));
  for (int i = 0; i < count; i++)
    if (!(fabs(got[i] - want[i]) <= 1e-6 * fabs(want[i])))
      fail_msg("line %d: element %d is %.9g, not %.9g", line, i, got[i], want[i]);
}
#define F64(...) ((double[]){__VA_ARGS__})
#define EXPECT(t, ...) expect(__LINE__, t, F64(__VA_ARGS__), (int)(sizeof F64(__VA_ARGS__) / sizeof(double)))
#define FLOATS(shape, ...) tin_from(ctx, TIN_F32, shape, ((float[]){__VA_ARGS__}))
#define INDEX(shape, ...) tin_from(ctx, TIN_I64, shape, ((int64_t[]){__VA_ARGS__}))
#define VECTOR(...) FLOATS(TIN_SHAPE((int64_t)(sizeof((float[]){__VA_ARGS__}) / sizeof(float))), __VA_ARGS__)
#define PLACES(...) INDEX(TIN_SHAPE((int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))), __VA_ARGS__)

/* 0, 1, 2, ... */
static tin_tensor *counting(tin_ctx *ctx, tin_shape shape) {
  int64_t size = 1;
  for (int i = 0; i < shape.rank; i++)
    size *= shape.size[i];
  return tin_reshape(tin_iota(ctx, TIN_F32, size), shape);
}

/* ---- values, from torch 1.13 and numpy 1.24 ---- */

static void test_reading(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = counting(ctx, TIN_SHAPE(3, 4)), *z = counting(ctx, TIN_SHAPE(2, 3, 4));
  EXPECT(tin_gather(x, 0, INDEX(TIN_SHAPE(2, 3), 2, 0, 1, 1, 1, 2)), 8, 1, 6, 4, 5, 10);
  EXPECT(tin_gather(x, -1, INDEX(TIN_SHAPE(2, 5), 3, 0, 3, 1, 0, 1, 1, 2, 2, 0)), 3, 0, 3, 1, 0, 5, 5, 6, 6, 4);
  EXPECT(tin_take_along_axis(x, INDEX(TIN_SHAPE(3, 1), 2, 0, 1), 1), 2, 4, 9);
  EXPECT(tin_take_along_axis(x, INDEX(TIN_SHAPE(1, 2), 2, 0), 1), 2, 0, 6, 4, 10, 8);
  EXPECT(tin_take_along_axis(tin_slice(x, 0, 1, 2), INDEX(TIN_SHAPE(2, 4), 0, 0, 0, 0, 0, 0, 0, 0), 0), 4, 5, 6, 7, 4, 5, 6, 7);
  EXPECT(tin_index_select(x, 1, PLACES(3, 0)), 3, 0, 7, 4, 11, 8);
  EXPECT(tin_index_select(x, 0, tin_constant(ctx, TIN_U8, 2)), 8, 9, 10, 11);
  EXPECT(tin_index(z, TIN_LIST(PLACES(0, -1), PLACES(-1, 1))), 8, 9, 10, 11, 16, 17, 18, 19);
  EXPECT(tin_select(tin_index(z, TIN_LIST(INDEX(TIN_SHAPE(2, 1), 1, 0), PLACES(0, -3, 2))), -1, 0), 12, 12, 20, 0, 0, 8);
  EXPECT(tin_index(z, TIN_LIST(PLACES(2, 0), tin_cast(PLACES(-1, 1), TIN_I32)), .axis = 1), 11, 1, 23, 13);
  EXPECT(tin_index(x, TIN_LIST(PLACES(-1))), 8, 9, 10, 11);
  EXPECT(tin_index(x, TIN_LIST(tin_constant(ctx, TIN_I32, 1), tin_constant(ctx, TIN_I32, -1))), 7);
  EXPECT(tin_gather_nd(z, INDEX(TIN_SHAPE(2, 2), 1, 2, 0, 1)), 20, 21, 22, 23, 4, 5, 6, 7);
  EXPECT(tin_gather_nd(z, PLACES(1, 2, 3)), 23);
  EXPECT(tin_select(x, 0, -2), 4, 5, 6, 7);
  EXPECT(tin_narrow(x, 1, -3, 2), 1, 2, 5, 6, 9, 10);
  assert_int_equal(tin_shape_of(tin_select(x, 1, 0)).rank, 1);
  assert_int_equal(tin_size_of(tin_narrow(x, 1, 4, 0)), 0);
  end_ctx(ctx);
}

static void test_writing(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = counting(ctx, TIN_SHAPE(3, 4)), *source = FLOATS(TIN_SHAPE(2, 4), 10, 20, 30, 40, 50, 60, 70, 80);
  EXPECT(tin_scatter(x, 0, INDEX(TIN_SHAPE(2, 3), 0, 2, 1, 2, 0, 2), source), 10, 60, 2, 3, 4, 5, 30, 7, 50, 20, 70, 11);
  EXPECT(tin_scatter_add(x, 0, INDEX(TIN_SHAPE(2, 3), 0, 2, 1, 2, 2, 1), source), 10, 1, 2, 3, 4, 5, 106, 7, 58, 89, 10, 11);
  EXPECT(tin_scatter(x, 1, INDEX(TIN_SHAPE(2, 1), 3, 0), tin_constant(ctx, TIN_F32, 5)), 0, 1, 2, 5, 5, 5, 6, 7, 8, 9, 10, 11);
  tin_tensor *columns = FLOATS(TIN_SHAPE(3, 2), 100, 200, 300, 400, 500, 600);
  EXPECT(tin_index_copy(x, 1, PLACES(3, 0), columns), 200, 1, 2, 100, 400, 5, 6, 300, 600, 9, 10, 500);
  EXPECT(tin_index_fill(x, 0, PLACES(0, 2), -1), -1, -1, -1, -1, 4, 5, 6, 7, -1, -1, -1, -1);
  tin_tensor *rows = PLACES(0, -1, 0), *at = PLACES(1, 2, 1), *values = VECTOR(7, 8, 9);
  EXPECT(tin_index_put(x, TIN_LIST(rows, at), values), 0, 9, 2, 3, 4, 5, 6, 7, 8, 9, 8, 11);
  EXPECT(tin_index_put(x, TIN_LIST(rows, at), values, .accumulate = true), 0, 17, 2, 3, 4, 5, 6, 7, 8, 9, 18, 11);
  EXPECT(tin_index_put(x, TIN_LIST(PLACES(0, 1)), tin_constant(ctx, TIN_F32, 5)), 5, 5, 5, 5, 5, 5, 5, 5, 8, 9, 10, 11);
  EXPECT(tin_masked_fill(VECTOR(1, 2, 3), tin_gt(VECTOR(1, 2, 3), VECTOR(1, 1, 1)), 0), 1, 0, 0);
  tin_tensor *hot = tin_one_hot(PLACES(2, 0), 3);
  assert_int_equal(tin_dtype_of(hot), TIN_I64);
  EXPECT(hot, 0, 0, 1, 1, 0, 0);
  EXPECT(tin_one_hot(tin_constant(ctx, TIN_I32, 1), 2), 0, 1);
  end_ctx(ctx);
}

static void test_reduce(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *y = VECTOR(1, 2, 3, 4), *source = VECTOR(2, 5, -3, 4, 7), *i = PLACES(0, 2, 0, 2, 3);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "sum"), 0, 2, 12, 11);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "sum", .exclude_self = true), -1, 2, 9, 7);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "prod"), -6, 2, 60, 28);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "prod", .exclude_self = true), -6, 2, 20, 7);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "mean"), 0, 2, 4, 5.5);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "mean", .exclude_self = true), -0.5, 2, 4.5, 7);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "amax"), 2, 2, 5, 7);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "amax", .exclude_self = true), 2, 2, 5, 7);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "amin"), -3, 2, 3, 4);
  EXPECT(tin_scatter_reduce(y, 0, i, source, "amin", .exclude_self = true), -3, 2, 4, 7);
  EXPECT(tin_scatter_reduce(PLACES(1, -2, 3), 0, PLACES(0, 1, 1, 2), PLACES(-4, -3, -3, 5), "mean"), -2, -3, 4);
  tin_tensor *mask = tin_gt(y, VECTOR(2, 2, 2, 2)), *sources = tin_gt(source, tin_full_like(source, 4));
  EXPECT(tin_scatter_reduce(mask, 0, i, sources, "amax"), 0, 0, 1, 1);
  EXPECT(tin_scatter_reduce(mask, 0, i, sources, "amin"), 0, 0, 0, 1);
  end_ctx(ctx);
}

static void test_empty(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = counting(ctx, TIN_SHAPE(2, 2)), *none = tin_zeros(ctx, TIN_I64, TIN_SHAPE(0)),
             *flat = tin_zeros(ctx, TIN_I32, TIN_SHAPE(2, 0));
  assert_int_equal(tin_size_of(tin_gather(x, 1, flat)), 0);
  assert_true(tin_realize(TIN_LIST(tin_gather(x, 1, flat), tin_index(x, TIN_LIST(none, none)), tin_one_hot(none, 3))));
  EXPECT(tin_scatter(x, 1, flat, tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 0))), 0, 1, 2, 3);
  EXPECT(tin_index_put(x, TIN_LIST(none), tin_constant(ctx, TIN_F32, 5)), 0, 1, 2, 3);
  end_ctx(ctx);
}

/* ---- gradients ---- */

static tin_tensor *gradient_of(tin_tensor *y, tin_tensor *x) {
  tin_tensor *gradient;
  tin_grad(y, TIN_LIST(x), &gradient);
  return gradient;
}

static void test_reduce_gradients(void **state) {
  (void)state;
  static const struct {
    const char *reduce;
    bool exclude_self;
    double x[4], source[6];
  } cases[] = {
      {"prod", false, {2, 18, 0, 4}, {1, 0, 2, 45, 12, 12}},
      {"prod", true, {0, 0, 0, 4}, {1, 0, 2, 15, 6, 6}},
      {"amax", false, {0, 0, 0, 4}, {1, 3, 0, 0, 1, 1}},
      {"amax", true, {0, 0, 0, 4}, {1, 3, 0, 0, 1, 1}},
      {"amin", false, {0.5, 2, 0, 4}, {0, 0, 0.5, 3, 0, 0}},
      {"amin", true, {0, 0, 0, 4}, {0, 0, 1, 3, 1, 1}}, /* torch 1.13: 0.5, as if x still took part in the tie */
      {"mean", false, {1 / 3.0, 2 / 3.0, 1, 4}, {1 / 3.0, 1, 1 / 3.0, 1, 2 / 3.0, 2 / 3.0}},
      {"mean", true, {0, 0, 0, 4}, {0.5, 1.5, 0.5, 1.5, 1, 1}},
      {"sum", false, {1, 2, 3, 4}, {1, 3, 1, 3, 2, 2}},
      {"sum", true, {0, 0, 0, 4}, {1, 3, 1, 3, 2, 2}},
  };
  tin_ctx *ctx = new_ctx();
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    tin_tensor *x = VECTOR(1, 2, 3, 0), *source = VECTOR(2, 5, 1, 0, 3, 3), *i = PLACES(0, 2, 0, 2, 1, 1), *gradients[2];
    tin_tensor *y = tin_scatter_reduce(x, 0, i, source, cases[k].reduce, .exclude_self = cases[k].exclude_self);
    tin_grad(tin_mul(y, VECTOR(1, 2, 3, 4)), TIN_LIST(x, source), gradients);
    expect(__LINE__, gradients[0], cases[k].x, 4);
    expect(__LINE__, gradients[1], cases[k].source, 6);
  }
  end_ctx(ctx);
}

/* Of several sources for one place the last has the gradient; a place without any leaves it to the base. */
static void test_set_gradients(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(1, 2, 3), *source = VECTOR(4, 5, 6), *weight = VECTOR(10, 20, 30);
  tin_tensor *y = tin_mul(tin_scatter(x, 0, PLACES(2, 0, 2), source), weight);
  EXPECT(gradient_of(y, x), 0, 20, 0);
  EXPECT(gradient_of(y, source), 0, 10, 30);
  y = tin_mul(tin_index_put(x, TIN_LIST(PLACES(-1)), source = VECTOR(7)), weight);
  EXPECT(gradient_of(y, source), 30);
  tin_tensor *table = counting(ctx, TIN_SHAPE(3, 2)), *words = INDEX(TIN_SHAPE(2, 2), 2, 0, 1, 2);
  EXPECT(tin_embedding(words, table), 4, 5, 0, 1, 2, 3, 4, 5);
  EXPECT(tin_embedding(words, table, .pad = true, .padding_index = -1), 4, 5, 0, 1, 2, 3, 4, 5);
  EXPECT(gradient_of(tin_embedding(words, table), table), 1, 1, 1, 1, 2, 2);
  EXPECT(gradient_of(tin_embedding(words, table, .pad = true), table), 0, 0, 1, 1, 2, 2);
  EXPECT(gradient_of(tin_embedding(words, table, .pad = true, .padding_index = -1), table), 1, 1, 1, 1, 0, 0);
  end_ctx(ctx);
}

/* ---- without axes ---- */

static void test_points(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *point = FLOATS((tin_shape){0}, 5), *line = VECTOR(1, 2, 3), *zero = INDEX((tin_shape){0}, 0);
  for (int axis = -1; axis <= 0; axis++) {
    assert_int_equal(tin_shape_of(tin_gather(point, axis, zero)).rank, 0);
    EXPECT(tin_gather(point, axis, zero), 5);
    EXPECT(tin_gather(point, axis, PLACES(0, 0)), 5, 5);
    EXPECT(tin_take_along_axis(line, INDEX((tin_shape){0}, 2), axis), 3);
    assert_int_equal(tin_shape_of(tin_scatter_add(point, axis, PLACES(0, 0, 0), line)).rank, 0);
    EXPECT(tin_scatter_add(point, axis, PLACES(0, 0, 0), line), 11);
    EXPECT(tin_scatter(line, axis, INDEX((tin_shape){0}, 1), point), 1, 5, 3);
    EXPECT(tin_scatter_reduce(point, axis, PLACES(0, 0, 0), line, "amax", .exclude_self = true), 3);
    EXPECT(gradient_of(tin_sum(tin_gather(point, axis, PLACES(0, 0))), point), 2);
  }
  end_ctx(ctx);
}

/* ---- errors ---- */

static void expect_error(int line, tin_ctx *ctx, tin_tensor *t, const char *text) {
  if (!tin_is_poison(t))
    tin_realize(TIN_LIST(t));
  size_t had = strlen(tin_message(ctx)), wanted = strlen(text);
  if (had < wanted + 2 || strcmp(tin_message(ctx) + had - wanted, text) != 0)
    fail_msg("line %d: \"%s\", not \"%s\"", line, tin_message(ctx), text);
  tin_clear_error(ctx);
}
#define EXPECT_ERROR(t, text) expect_error(__LINE__, ctx, t, text)

static void test_errors(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_set_name(counting(ctx, TIN_SHAPE(3, 4)), "x"), *i = INDEX(TIN_SHAPE(1, 2), 0, 1), *mask = tin_gt(x, x);
  EXPECT_ERROR(tin_gather(x, 2, i), "gather: axis 2 is out of range for x [3, 4]");
  EXPECT_ERROR(tin_gather(x, 0, x), "gather: x is f32; an index holds integers");
  EXPECT_ERROR(tin_gather(x, 0, PLACES(1)), "gather: index [1] must have the axes of x [3, 4] and fit them, but along axis 0");
  EXPECT_ERROR(tin_gather(x, 1, PLACES(1)), "gather: index [1] must have the axes of x [3, 4] and fit them, but along axis 1");
  EXPECT_ERROR(tin_index(x, TIN_LIST(mask)), "index: index 0 is bool: what a mask selects has no fixed shape; use where or masked_fill");
  EXPECT_ERROR(tin_index(x, TIN_LIST(i, i, i)), "index: 3 indices for the axes from 0 of x [3, 4]");
  EXPECT_ERROR(tin_index(x, ((tin_list){NULL, 0})), "index: the list of indices is empty");
  EXPECT_ERROR(tin_index(x, TIN_LIST(PLACES(0, 1), PLACES(0, 1, 2))),
               "index: shapes do not broadcast: index 0 [2] and index 1 [3]: 2 is not 3");
  EXPECT_ERROR(tin_index(x, TIN_LIST(i, NULL)), "index: operand index 1 is NULL");
  EXPECT_ERROR(tin_index_put(x, TIN_LIST(i), VECTOR(1, 2, 3)),
               "index_put: values [3] does not broadcast to [1, 2, 4], the shape that the indices name");
  EXPECT_ERROR(tin_scatter_reduce(x, 0, i, x, "max"), "scatter_reduce: the reduction is max; it must be sum, prod, mean, amax or amin");
  EXPECT_ERROR(tin_scatter(x, 0, i, VECTOR(1)), "scatter: source [1] must be as large as index [1, 2], or 0-d");
  EXPECT_ERROR(tin_take_along_axis(x, INDEX(TIN_SHAPE(2, 1), 0, 0), 1),
               "take_along_axis: shapes do not broadcast: x [3, 4] and index [2, 1]: 3 is not 2");
  EXPECT_ERROR(tin_index_select(x, 0, i), "index_select: index [1, 2] must be 1-d");
  EXPECT_ERROR(tin_gather_nd(x, PLACES(0, 0, 0)), "gather_nd: the last axis of index [3] must hold 1 to 2 coordinates of x [3, 4]");
  EXPECT_ERROR(tin_select(x, 1, 4), "select: 1 position from 4 reach outside axis 1 of x [3, 4]");
  EXPECT_ERROR(tin_narrow(x, 0, 2, 2), "narrow: 2 positions from 2 reach outside axis 0 of x [3, 4]");
  EXPECT_ERROR(tin_narrow(x, 0, INT64_MAX, 1), "narrow: 1 position from 9223372036854775807 reach outside axis 0 of x [3, 4]");
  EXPECT_ERROR(tin_embedding(i, x, .pad = true, .padding_index = 3), "embedding: padding_index 3 is out of range for x [3, 4]");
  EXPECT_ERROR(tin_one_hot(x, 3), "one_hot: x is f32; an index holds integers");
  assert_true(tin_is_poison(tin_one_hot(i, -1)));
  tin_clear_error(ctx);
  tin_ctx_free(ctx);
}

static void test_out_of_range(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = counting(ctx, TIN_SHAPE(3, 4));
  EXPECT_ERROR(tin_gather(x, 1, INDEX(TIN_SHAPE(2, 2), 0, 1, 2, -1)),
               "gather: index -1 at position [1, 1] is out of range for axis 1 of size 4");
  EXPECT_ERROR(tin_index(x, TIN_LIST(PLACES(-3, 0), PLACES(1, -5))), "gather: index -5 at position 1 is out of range for axis 1 of size 4");
  EXPECT_ERROR(tin_index(x, TIN_LIST(PLACES(0, 3))), "gather: index 3 at position 1 is out of range for axis 0 of size 3");
  EXPECT_ERROR(tin_one_hot(PLACES(0, 1, 2), 2), "scatter: index 2 at position 2 is out of range for axis 1 of size 2");
  EXPECT_ERROR(tin_scatter_add(x, 1, INDEX(TIN_SHAPE(2, 2), 0, 4, 0, 0), x),
               "scatter: index 4 at position [0, 1] is out of range for axis 1 of size 4");
  EXPECT_ERROR(tin_gather(x, 0, INDEX(TIN_SHAPE(2, 3), 0, 1, 2, 1, 7, 0)),
               "gather: index 7 at position [1, 1] is out of range for axis 0 of size 3");
  EXPECT_ERROR(tin_scatter(x, 0, INDEX(TIN_SHAPE(2, 3), 0, 1, 2, -2, 0, 0), x),
               "scatter: index -2 at position [1, 0] is out of range for axis 0 of size 3");
  EXPECT_ERROR(tin_take_along_axis(x, INDEX(TIN_SHAPE(2, 1), 0, 3), 0),
               "gather: index 3 at position [1, 0] is out of range for axis 0 of size 3");
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_reading),       cmocka_unit_test(test_points), cmocka_unit_test(test_writing),
      cmocka_unit_test(test_reduce),        cmocka_unit_test(test_empty),  cmocka_unit_test(test_reduce_gradients),
      cmocka_unit_test(test_set_gradients), cmocka_unit_test(test_errors), cmocka_unit_test(test_out_of_range),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
