/* Parts that compute the same over other values share a function: which do, which must not, and that the values are right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "context.h"
#include "tinsmith_nn.h"

struct counts {
  long long kernels, functions;
};

typedef tin_tensor *build_fn(tin_ctx *ctx, int size);

/* Runs the graph and compares its bits with the interpreter's. */
static struct counts count(build_fn *build, int size, uint32_t fuse_off) {
  enum { MOST = 1 << 16 };
  static float got[MOST], expected[MOST];
  struct counts counts = {0, 0};
  for (int interpreted = 0; interpreted < 2; interpreted++) {
    tin_ctx *ctx =
        good_ctx((struct tin_ctx_options){.seed = 3, .threads = 2, .fuse_off = fuse_off, .target = interpreted ? "interpreter" : NULL});
    tin_scope scope = tin_begin(ctx);
    tin_tensor *y = build(ctx, size);
    size_t bytes = (size_t)tin_size_of(y) * sizeof(float);
    assert_true(bytes <= sizeof got);
    if (!tin_read(y, interpreted ? expected : got, bytes))
      fail_msg("%s", tin_message(ctx));
    if (interpreted)
      assert_memory_equal(got, expected, bytes);
    else
      counts = (struct counts){tin_stats(ctx).kernels_launched, tin_stats(ctx).functions_compiled};
    assert_true(tin_end(scope));
    end_ctx(ctx);
  }
  return counts;
}

static tin_tensor *numbers(tin_ctx *ctx, tin_shape shape, int seed) {
  tin_tensor *t = tin_state(ctx, shape);
  int64_t size = tin_size_of(t);
  float *at = malloc((size_t)size * sizeof *at);
  assert_non_null(at);
  for (int64_t i = 0; i < size; i++)
    at[i] = (float)((i * 37 + seed * 11) % 101) / 101 - 0.5f;
  assert_true(tin_write(t, at, (size_t)size * sizeof *at));
  free(at);
  return t;
}

/* Gradient of a stack of blocks like those of a transformer: their operands stand in orders that differ from layer to layer. */
static tin_tensor *blocks(tin_ctx *ctx, int layers) {
  tin_tensor *x = numbers(ctx, TIN_SHAPE(12, 16), 1), *input = x, *gradient;
  for (int i = 0; i < layers; i++) {
    tin_tensor *up = numbers(ctx, TIN_SHAPE(16, 32), i), *down = numbers(ctx, TIN_SHAPE(32, 16), i + 5),
               *bias = numbers(ctx, TIN_SHAPE(32), i);
    tin_tensor *y = tin_layer_norm(x, NULL, NULL, 1e-5);
    x = tin_add(x, tin_matmul(tin_gelu(tin_add(tin_matmul(y, up), bias)), down));
  }
  assert_true(tin_grad(tin_sum(tin_square(x)), TIN_LIST(input), &gradient));
  return gradient;
}

static void test_layers(void **state) {
  (void)state;
  static const uint32_t fuse_off[] = {0, TIN_FUSE_ALL};
  for (int i = 0; i < 2; i++) {
    struct counts four = count(blocks, 4, fuse_off[i]), twelve = count(blocks, 12, fuse_off[i]);
    print_message("4 blocks: %lld functions of %lld kernels; 12: %lld of %lld\n", four.functions, four.kernels, twelve.functions,
                  twelve.kernels);
    assert_true(twelve.kernels > 2 * four.kernels);
    assert_int_equal(twelve.functions, four.functions);
  }
}

/* An LSTM, unrolled: each step reads another stretch of one tensor. */
static tin_tensor *sequence(tin_ctx *ctx, int length) {
  tin_rnn rnn = tin_rnn_new(ctx, TIN_LSTM, 16, 16);
  return tin_rnn_forward(&rnn, numbers(ctx, TIN_SHAPE(length, 4, 16), 2), (tin_rnn_state){.h = NULL}, NULL);
}

static void test_steps(void **state) {
  (void)state;
  struct counts few = count(sequence, 25, 0), many = count(sequence, 50, 0);
  print_message("25 steps: %lld functions of %lld kernels; 50: %lld of %lld\n", few.functions, few.kernels, many.functions, many.kernels);
  assert_true(many.kernels >= few.kernels + 25);
  assert_true(many.functions <= few.functions + 1); /* the one that stacks the steps differs */
}

/* Alike but for one thing each: an attribute, a constant of the structure, a shape, a dtype's width. */
static tin_tensor *different(tin_ctx *ctx, int size) {
  tin_tensor *x = numbers(ctx, TIN_SHAPE(size, size), 1), *parts[6];
  tin_tensor *whole = tin_cast(tin_mul_scalar(x, 1000), TIN_I32);
  parts[0] = tin_sum(tin_exp(x), .axes = TIN_AXES(0), .keepdims = true);
  parts[1] = tin_reshape(tin_sum(tin_exp(x), .axes = TIN_AXES(1), .keepdims = true), TIN_SHAPE(1, size));
  parts[2] = tin_max(tin_exp(x), .axes = TIN_AXES(0), .keepdims = true);
  parts[3] = tin_cast(tin_sum(tin_mul_scalar(whole, 3), .axes = TIN_AXES(0), .keepdims = true), TIN_F32);
  parts[4] = tin_cast(tin_sum(tin_mul_scalar(whole, 5), .axes = TIN_AXES(0), .keepdims = true), TIN_F32);
  parts[5] = tin_sum(tin_exp(tin_slice(x, 0, 0, size - 1)), .axes = TIN_AXES(0), .keepdims = true);
  return tin_concat(((tin_list){parts, 6}), 0);
}

static void test_what_differs_is_not_shared(void **state) {
  (void)state;
  struct counts counts = count(different, 8, TIN_FUSE_ALL);
  assert_true(counts.functions >= 7); /* six results and their concat */
  count(different, 8, 0);
}

/* a - b and b - a are not the same, a * b and b * a are; stretches of one tensor at offsets, of which one is all of it. */
static tin_tensor *pairs(tin_ctx *ctx, int size) {
  tin_tensor *all = numbers(ctx, TIN_SHAPE(4, size), 7), *sum = NULL;
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) {
      tin_tensor *a = tin_slice(all, 0, i, i + 1), *b = tin_slice(all, 0, j, j + 1);
      tin_tensor *y = tin_sum(tin_mul(tin_sub(a, b), tin_exp(a)), .axes = TIN_AXES(1), .keepdims = true);
      y = tin_add(tin_mul(y, tin_sum(tin_mul(tin_sin(b), tin_sin(a)))), tin_sum(tin_cos(all)));
      sum = sum ? tin_add(tin_mul_scalar(sum, 0.5), y) : y;
    }
  return sum;
}

static void test_orders(void **state) {
  (void)state;
  count(pairs, 40, 0);
  struct counts counts = count(pairs, 40, TIN_FUSE_ALL);
  print_message("pairs: %lld functions of %lld kernels\n", counts.functions, counts.kernels);
  assert_true(counts.functions * 3 < counts.kernels);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_layers),
      cmocka_unit_test(test_steps),
      cmocka_unit_test(test_what_differs_is_not_shared),
      cmocka_unit_test(test_orders),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
