/* Direct convolution (src/codegen/conv.h): convolutions and their gradients of many shapes, with values that show a wrong order, a zero of
 * the wrong sign or a product that was left out, on every target: bits as the interpreter has them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tinsmith_nn.h"

#include "context.h"
#include "ways.h"

enum values { PLAIN, ZEROS, NOT_FINITE_X, NOT_FINITE_WEIGHT };

struct direct_case {
  int dims;
  bool transposed;
  int64_t x[5], weight[5];
  struct tin_conv_options options;
};

/* clang-format off */
static const struct direct_case cases[] = {
    /* no border: rows that divide a tile, that do not, one line, several lines a tile */
    {2, false, {2, 3, 14, 15}, {33, 3, 3, 3}, {0}},
    {2, false, {3, 2, 10, 9}, {16, 2, 5, 4}, {0}},
    {2, false, {4, 40, 5, 5}, {24, 40, 3, 3}, {0}},          /* several chunks */
    {2, false, {2, 8, 12, 30}, {48, 8, 1, 7}, {0}},
    {2, false, {17, 3, 6, 6}, {20, 3, 3, 3}, {.stride = {2, 1}}},
    {2, false, {2, 6, 12, 11}, {24, 3, 3, 2}, {.groups = 2, .dilation = {2, 3}}},
    {1, false, {3, 4, 120}, {16, 4, 9}, {0}},
    {1, false, {9, 16, 40}, {32, 8, 3}, {.groups = 2, .padding = {1}}},
    {3, false, {2, 3, 6, 5, 7}, {17, 3, 3, 2, 3}, {0}},
    {3, false, {8, 4, 4, 4, 4}, {16, 4, 3, 3, 3}, {.padding = {1, 1, 1}}},
    /* a border of zeros, with and without strides, that go into the gradient */
    {2, false, {3, 5, 9, 8}, {18, 5, 3, 3}, {.padding = {1, 1}}},
    {2, false, {16, 16, 7, 7}, {32, 16, 3, 3}, {.padding = {1, 1}}},
    {2, false, {20, 9, 8, 6}, {16, 9, 5, 5}, {.padding = {2, 2}, .stride = {2, 2}}},
    {2, false, {9, 8, 11, 10}, {16, 8, 3, 3}, {.padding = {1, 1}, .stride = {2, 3}}},
    {2, false, {13, 8, 9, 9}, {16, 8, 3, 3}, {.padding = {2, 2}, .dilation = {2, 2}}},
    {2, false, {8, 64, 4, 4}, {16, 64, 3, 3}, {.padding = {1, 1}}},
    {2, false, {1, 16, 32, 33}, {16, 16, 3, 3}, {.padding = {1, 1}}},
    {2, true, {9, 16, 5, 4}, {16, 12, 3, 3}, {.stride = {2, 2}, .padding = {1, 1}}},
    {1, true, {12, 8, 30}, {8, 16, 4}, {.stride = {2}, .padding = {1}}},
};
/* clang-format on */

struct direct_data {
  const struct direct_case *at;
  enum values values;
};

static float plain(uint32_t *seed) {
  *seed = *seed * 1664525 + 1013904223;
  return (float)(int32_t)*seed * 0x1p-31f;
}

static tin_tensor *filled(tin_ctx *ctx, int rank, const int64_t *size, enum values values, bool weight, uint32_t seed) {
  static const float odd[] = {INFINITY, NAN, -INFINITY};
  static const float small[] = {0.0f, -0.0f, 0x1p-140f, -0x1p-149f, 1.0f, -0x1p-75f, 0x1p-75f, -1.0f};
  tin_shape shape = {.rank = rank};
  int64_t count = 1;
  for (int i = 0; i < rank; i++)
    count *= shape.size[i] = size[i];
  float *data = malloc(sizeof *data * (size_t)count);
  assert_non_null(data);
  for (int64_t i = 0; i < count; i++)
    data[i] = values == ZEROS ? small[(uint32_t)(plain(&seed) * 0x1p20f) % 8] : plain(&seed);
  if (values == (weight ? NOT_FINITE_WEIGHT : NOT_FINITE_X))
    for (int64_t i = 3; i < count; i += count / 3 + 1)
      data[i] = odd[i % 3];
  tin_tensor *t = tin_from(ctx, TIN_F32, shape, data);
  free(data);
  return t;
}

static int build_case(tin_ctx *ctx, const void *data, tin_tensor **out) {
  const struct direct_data *d = data;
  const struct direct_case *at = d->at;
  static tin_tensor *(*const convolve[2][3])(struct tin_conv_options) = {
      {tin_conv1d_args, tin_conv2d_args, tin_conv3d_args},
      {tin_conv_transpose1d_args, tin_conv_transpose2d_args, tin_conv_transpose3d_args}};
  struct tin_conv_options options = at->options;
  options.x = filled(ctx, at->dims + 2, at->x, d->values, false, 1);
  options.weight = filled(ctx, at->dims + 2, at->weight, d->values, true, 2);
  options.file = __FILE__, options.line = __LINE__;
  tin_tensor *y = convolve[at->transposed][at->dims - 1](options);
  tin_shape shape = tin_shape_of(y);
  tin_tensor *g = filled(ctx, shape.rank, shape.size, d->values == NOT_FINITE_X ? PLAIN : d->values, false, 3), *gradients[2];
  tin_tensor *of[] = {options.x, options.weight};
  out[0] = tin_relu(y);
  out[1] = y;
  assert_true(tin_grad(tin_sum(tin_mul(y, g)), ((tin_list){of, 2}), gradients));
  out[2] = gradients[0];
  out[3] = gradients[1];
  return 4;
}

static void run_all(enum values values) {
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    compare_ways((int)i, build_case, &(struct direct_data){&cases[i], values});
}

static void test_plain(void **state) {
  (void)state;
  run_all(PLAIN);
}

static void test_zeros_and_denormals(void **state) {
  (void)state;
  run_all(ZEROS);
}

static void test_not_finite(void **state) {
  (void)state;
  run_all(NOT_FINITE_X);
  run_all(NOT_FINITE_WEIGHT);
}

/* Gradients of pools lie between strides; borders of windows, sums over images and pixels. */
static int build_pools(tin_ctx *ctx, const void *data, tin_tensor **out) {
  (void)data;
  const int64_t size[] = {3, 5, 41, 38};
  tin_tensor *x = filled(ctx, 4, size, PLAIN, false, 7);
  tin_tensor *y[] = {tin_max_pool2d(x, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}),
                     tin_avg_pool2d(x, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}), tin_max_pool2d(x, .kernel = {2, 2}),
                     tin_avg_pool2d(x, .kernel = {3, 5}, .stride = {1, 3})};
  int count = 0;
  for (int i = 0; i < 4; i++) {
    out[count++] = y[i];
    assert_true(tin_grad(tin_sum(tin_mul(y[i], tin_square(y[i]))), TIN_LIST(x), &out[count++]));
    out[count] = tin_sum(out[count - 1], .axes = TIN_AXES(0, 2, 3));
    count++;
    out[count++] = tin_sum(tin_square(y[i]), .axes = TIN_AXES(0, 3));
  }
  return count;
}

static void test_pools(void **state) {
  (void)state;
  compare_ways(__LINE__, build_pools, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),
      cmocka_unit_test(test_zeros_and_denormals),
      cmocka_unit_test(test_not_finite),
      cmocka_unit_test(test_pools),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
