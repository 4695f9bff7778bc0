/* Maps in pieces, on every target: tiles of elements that lie along other axes than those of the result, their edges, and results that
 * overwrite what they are made of; regions of borders and joints; results past the caches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "context.h"
#include "tinsmith.h"
#include "ways.h"

/* In memory: -7, -6, ... */
static tin_tensor *numbers(tin_ctx *ctx, tin_dtype dtype, int64_t count, tin_shape shape) {
  tin_tensor *x = tin_reshape(tin_cast(tin_arange(ctx, TIN_F32, count, -7, 1), dtype), shape);
  assert_true(tin_realize(TIN_LIST(x)));
  return x;
}

/* Sizes around those of tiles and of blocks of tiles. */
static int build_transposed(tin_ctx *ctx, const void *data, tin_tensor **out) {
  static const int64_t shapes[][2] = {{16, 16}, {8, 8}, {17, 16}, {16, 31}, {15, 40}, {64, 256}, {65, 257}, {100, 300}, {3, 500}, {500, 3}};
  const tin_dtype dtype = *(const tin_dtype *)data;
  int n = 0;
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    int64_t rows = shapes[i][0], columns = shapes[i][1];
    tin_tensor *x = numbers(ctx, dtype, rows * columns, TIN_SHAPE(rows, columns));
    out[n++] = tin_transpose(x, 0, 1);
    out[n++] = tin_add(tin_transpose(x, 0, 1), numbers(ctx, dtype, rows * columns, TIN_SHAPE(columns, rows)));
  }
  return n;
}

static void test_dtypes(void **state) {
  static const tin_dtype dtypes[] = {TIN_F32, TIN_I32, TIN_U32, TIN_F64, TIN_I64, TIN_U8, TIN_BF16, TIN_F16};
  (void)state;
  for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
    compare_ways(__LINE__, build_transposed, &dtypes[i]);
}

/* More axes; two operands that lie differently; work before and after; a factor of each row; masks. */
static int build_mixed(tin_ctx *ctx, const void *data, tin_tensor **out) {
  (void)data;
  tin_tensor *x = numbers(ctx, TIN_F32, 3 * 20 * 40, TIN_SHAPE(3, 20, 40));
  tin_tensor *square = numbers(ctx, TIN_F32, 50 * 50, TIN_SHAPE(50, 50)), *turned = tin_transpose(square, 0, 1);
  tin_tensor *factors = numbers(ctx, TIN_F32, 50, TIN_SHAPE(50, 1));
  out[0] = tin_permute(x, TIN_AXES(0, 2, 1));
  out[1] = tin_permute(x, TIN_AXES(2, 1, 0));
  out[2] = tin_permute(x, TIN_AXES(2, 0, 1));
  out[3] = tin_exp(tin_mul_scalar(tin_permute(x, TIN_AXES(1, 2, 0)), 1e-3));
  out[4] = tin_mul(tin_add(square, turned), factors);
  out[5] = tin_where(tin_gt(square, turned), tin_sub(turned, square), factors);
  out[6] = tin_add(turned, tin_transpose(tin_mul(square, factors), 0, 1));
  out[7] = tin_flip(turned, TIN_AXES(1));
  return 8;
}

static void test_mixed(void **state) {
  (void)state;
  compare_ways(__LINE__, build_mixed, NULL);
}

/* The new value is computed where the old one is read: no element may be computed twice. */
static int build_updates(tin_ctx *ctx, const void *data, tin_tensor **out) {
  (void)data;
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(37, 70), NULL);
  for (int i = 0; i < 3; i++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *more = numbers(ctx, TIN_F32, 37 * 70, TIN_SHAPE(70, 37));
    tin_assign(x, tin_add(tin_mul_scalar(x, 2), tin_transpose(more, 0, 1)));
    tin_end(scope);
  }
  out[0] = tin_add_scalar(x, 1);
  return 1;
}

static void test_updates(void **state) {
  (void)state;
  compare_ways(__LINE__, build_updates, NULL);
}

/* Borders, joints and both in each other: cut into regions where the guards change, or not where there are too many. */
static int build_bordered(tin_ctx *ctx, const void *data, tin_tensor **out) {
  (void)data;
  tin_tensor *x = numbers(ctx, TIN_F32, 3 * 20 * 41, TIN_SHAPE(3, 20, 41)), *image = numbers(ctx, TIN_F32, 40 * 70, TIN_SHAPE(40, 70));
  tin_tensor *many[20], *half = tin_slice(image, .axis = 1, .start = 0, .stop = 35),
                        *rest = tin_slice(image, .axis = 1, .start = 35, .stop = 70);
  static const tin_pad_mode modes[] = {TIN_PAD_CONSTANT, TIN_PAD_REFLECT, TIN_PAD_REPLICATE, TIN_PAD_CIRCULAR};
  int n = 0;
  for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
    out[n++] = tin_pad(x, .low = {0, 2, 3}, .high = {0, 1, 5}, .mode = modes[i]);
    out[n++] = tin_pad(image, .low = {1, 0}, .high = {17, 16}, .mode = modes[i]);
  }
  for (int i = 0; i < 20; i++)
    many[i] = tin_mul_scalar(tin_slice(image, .axis = 1, .start = i, .stop = 2 * i + 1), i + 1);
  out[n++] = tin_concat(TIN_LIST(tin_neg(rest), half), 1);
  out[n++] = tin_concat(TIN_LIST(half, rest, tin_square(half)), 0);
  out[n++] = tin_concat(((tin_list){many, 5}), 1);
  out[n++] = tin_concat(((tin_list){many, 20}), 1);
  out[n++] = tin_roll(image, TIN_SHAPE(3, 30), TIN_AXES(0, 1));
  out[n++] = tin_pad(tin_add_scalar(tin_pad(image, .low = {2, 2}, .high = {2, 2}, .value = 3), 1), .low = {1, 1}, .high = {1, 1});
  out[n++] = tin_pad(image, .low = {1, 1}, .interior = {1, 2});
  out[n++] = tin_flip(tin_pad(image, .low = {5, 5}, .high = {4, 7}), TIN_AXES(0, 1));
  return n;
}

static void test_bordered(void **state) {
  (void)state;
  compare_ways(__LINE__, build_bordered, NULL);
}

/* Results past the caches, of vectors and of rows that start anywhere. */
static int build_large(tin_ctx *ctx, const void *data, tin_tensor **out) {
  (void)data;
  tin_tensor *line = numbers(ctx, TIN_F32, 13 << 20, TIN_SHAPE(13 << 20)), *rows = tin_reshape(line, TIN_SHAPE(13 << 10, 1024));
  tin_tensor *odd = tin_reshape(tin_slice(line, .start = 1, .stop = 1 + 13000 * 1001), TIN_SHAPE(13000, 1001));
  out[0] = tin_mul(line, line);
  out[1] = tin_sub(rows, tin_max(rows, .axes = TIN_AXES(1), .keepdims = true));
  out[2] = tin_sub(odd, tin_sum(odd, .axes = TIN_AXES(1), .keepdims = true));
  return 3;
}

static void test_large(void **state) {
  (void)state;
  compare_ways(__LINE__, build_large, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dtypes),   cmocka_unit_test(test_mixed), cmocka_unit_test(test_updates),
      cmocka_unit_test(test_bordered), cmocka_unit_test(test_large),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
