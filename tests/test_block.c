/* Blocks of rows: contractions and the rows between them in one kernel. The same bits on every target, fused and not, over many shapes; how
 * many kernels there are, and memory that grows with the rows alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tinsmith_nn.h"

#include "context.h"
#include "frontend/data.h"
#include "ways.h"

/* ---- attention ---- */

struct attention_case {
  int64_t batch, heads, key_heads, queries, keys, size, values;
  bool causal, flat; /* flat: one tensor [batch, queries, 3, heads, size], as a projection gives it */
  enum { NO_MASK, BOOL_MASK, FLOAT_MASK } mask;
  double dropout;
  float scale; /* of the data */
  bool backward;
  bool special; /* infinities and NaNs among the data */
};

static tin_tensor *data(tin_ctx *ctx, const struct attention_case *test, uint64_t seed, tin_shape shape) {
  struct tin_stream stream;
  int64_t size = 1;
  for (int i = 0; i < shape.rank; i++)
    size *= shape.size[i];
  float *values = malloc(sizeof *values * (size_t)size);
  assert_non_null(values);
  tin_stream_seed(&stream, seed);
  for (int64_t i = 0; i < size; i++) {
    values[i] = ((float)tin_stream_below(&stream, 2001) / 1000 - 1) * test->scale;
    if (tin_stream_below(&stream, 8) == 0)
      values[i] = tin_stream_below(&stream, 2) ? 0.0f : -0.0f;
    if (test->special && tin_stream_below(&stream, 200) == 0)
      values[i] = (float[]){INFINITY, -INFINITY, NAN}[tin_stream_below(&stream, 3)];
  }
  tin_tensor *x = tin_from(ctx, TIN_F32, shape, values);
  free(values);
  return x;
}

static tin_tensor *third(tin_tensor *x, int64_t i) {
  return tin_transpose(tin_squeeze(tin_slice(x, .axis = 2, .start = i, .stop = i + 1), TIN_AXES(2)), 1, 2);
}

static int build_case(tin_ctx *ctx, const void *user, tin_tensor **out) {
  const struct attention_case *test = user;
  tin_tensor *q, *k, *v, *mask = NULL, *x[4];
  int n = 0;
  if (test->flat) {
    x[n++] = data(ctx, test, 1, TIN_SHAPE(test->batch, test->queries, 3, test->heads, test->size));
    q = third(x[0], 0), k = third(x[0], 1), v = third(x[0], 2);
  } else {
    q = x[n++] = data(ctx, test, 1, TIN_SHAPE(test->batch, test->heads, test->queries, test->size));
    k = x[n++] = data(ctx, test, 2, TIN_SHAPE(test->batch, test->key_heads, test->keys, test->size));
    v = x[n++] = data(ctx, test, 3, TIN_SHAPE(test->batch, test->key_heads, test->keys, test->values));
  }
  if (test->mask != NO_MASK)
    mask = data(ctx, test, 4, TIN_SHAPE(test->batch, 1, test->queries, test->keys));
  if (test->mask == BOOL_MASK)
    mask = tin_gt(mask, tin_zeros(ctx, TIN_F32, TIN_SHAPE()));
  if (test->mask == FLOAT_MASK)
    x[n++] = mask;
  out[0] = tin_attention(q, k, v, .mask = mask, .causal = test->causal, .dropout = test->dropout);
  if (!test->backward)
    return 1;
  tin_tensor *g = data(ctx, test, 5, tin_shape_of(out[0]));
  assert_true(tin_vjp(out[0], g, ((tin_list){x, n}), out + 1));
  return 1 + n;
}

static void test_attention(void **state) {
  (void)state;
  static const struct attention_case cases[] = {
      {2, 2, 2, 33, 33, 16, 16, .scale = 1},
      {2, 2, 2, 33, 33, 16, 16, .scale = 1, .backward = true},
      {2, 2, 2, 64, 64, 32, 32, .causal = true, .scale = 3},
      {2, 2, 2, 64, 64, 32, 32, .causal = true, .scale = 3, .backward = true},
      {1, 2, 2, 100, 100, 64, 64, .causal = true, .scale = 1, .backward = true, .flat = true},
      {2, 2, 1, 40, 50, 20, 24, .scale = 1, .backward = true},
      {1, 4, 2, 48, 32, 17, 9, .causal = true, .scale = 2, .backward = true},
      {3, 1, 1, 31, 70, 1, 1, .causal = true, .scale = 2, .backward = true},
      {2, 1, 1, 5, 19, 33, 50, .scale = 2, .mask = FLOAT_MASK, .backward = true},
      {2, 3, 3, 37, 37, 8, 8, .scale = 2, .mask = BOOL_MASK, .backward = true},
      {2, 3, 3, 37, 37, 8, 8, .causal = true, .scale = 2, .mask = FLOAT_MASK, .backward = true},
      {2, 2, 2, 40, 40, 16, 16, .causal = true, .scale = 1, .dropout = 0.25, .backward = true},
      {2, 1, 1, 300, 300, 24, 24, .causal = true, .scale = 1, .backward = true},
      {2, 1, 1, 290, 530, 20, 40, .causal = true, .scale = 1, .backward = true},
      {2, 1, 1, 530, 290, 20, 40, .scale = 1, .backward = true},
      {2, 1, 1, 70, 1100, 8, 8, .causal = true, .scale = 1, .backward = true},
      {2, 1, 1, 64, 64, 16, 16, .causal = true, .scale = 1, .backward = true, .special = true},
      {2, 1, 1, 100, 100, 16, 16, .causal = true, .scale = 1e20f, .backward = true},
      {2, 1, 1, 48, 48, 300, 20, .causal = true, .scale = 1, .backward = true},
      {2, 1, 1, 64, 64, 64, 64, .causal = true, .scale = 100, .backward = true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    compare_ways((int)i, build_case, &cases[i]);
}

/* More than 16 chunks of k: their sums are added in groups. */
static void test_long_rows(void **state) {
  (void)state;
  static const struct attention_case keys = {2, 1, 1, 20, 4500, 4, 4, .scale = 1, .causal = true, .backward = true},
                                     queries = {2, 1, 1, 4500, 20, 4, 4, .scale = 1, .causal = true, .backward = true};
  compare_ways(__LINE__, build_case, &keys);
  compare_ways(__LINE__, build_case, &queries);
}

static void test_random_shapes(void **state) {
  (void)state;
  struct tin_stream stream;
  tin_stream_seed(&stream, 7);
  for (int i = 0; i < 25; i++) {
    struct attention_case test = {.scale = 1, .causal = tin_stream_below(&stream, 2), .backward = tin_stream_below(&stream, 3) > 0};
    test.batch = 1 + (int64_t)tin_stream_below(&stream, 3);
    test.key_heads = 1 + (int64_t)tin_stream_below(&stream, 2);
    test.heads = test.key_heads * (1 + (int64_t)tin_stream_below(&stream, 3));
    test.queries = 1 + (int64_t)tin_stream_below(&stream, 150);
    test.keys = tin_stream_below(&stream, 2) ? test.queries : 1 + (int64_t)tin_stream_below(&stream, 150);
    test.size = 1 + (int64_t)tin_stream_below(&stream, 70);
    test.values = 1 + (int64_t)tin_stream_below(&stream, 70);
    compare_ways(1000 + i, build_case, &test);
  }
}

/* ---- other graphs ---- */

/* Elementwise work, and a mean of rows, between batched products; one of the matrices is a result itself. */
static int build_products(tin_ctx *ctx, const void *user, tin_tensor **out) {
  static const struct attention_case plain = {.scale = 1};
  (void)user;
  tin_tensor *a = data(ctx, &plain, 1, TIN_SHAPE(3, 50, 20)), *b = data(ctx, &plain, 2, TIN_SHAPE(3, 20, 70));
  tin_tensor *c = data(ctx, &plain, 3, TIN_SHAPE(3, 70, 10)), *bias = data(ctx, &plain, 4, TIN_SHAPE(70));
  tin_tensor *hidden = tin_gelu(tin_add(tin_matmul(a, b), bias));
  out[0] = tin_matmul(hidden, c);
  out[1] = tin_matmul(tin_mul_scalar(tin_sub(hidden, tin_mean(hidden, .axes = TIN_AXES(-1), .keepdims = true)), 0.5), c);
  tin_tensor *scores = tin_matmul(a, tin_neg(b));
  out[2] = tin_softmax(scores, -1);
  out[3] = tin_matmul(out[2], c);
  out[4] = tin_matmul(tin_transpose(tin_exp(scores), 1, 2), a);
  out[5] = tin_mean(tin_square(scores), .axes = TIN_AXES(-1));
  return 6;
}

static void test_products(void **state) {
  (void)state;
  compare_ways(__LINE__, build_products, NULL);
}

/* Layers one above the other with their gradients: the weights are computed a second time, behind what waits for the loss. */
static int build_layers(tin_ctx *ctx, const void *user, tin_tensor **out) {
  static const struct attention_case plain = {.scale = 1};
  (void)user;
  tin_tensor *x = data(ctx, &plain, 1, TIN_SHAPE(2, 2, 40, 16)), *y = x;
  for (int layer = 0; layer < 3; layer++)
    y = tin_add(y, tin_attention(y, tin_tanh(y), y, .causal = layer != 1));
  out[0] = y;
  out[1] = tin_sum(tin_square(y));
  assert_true(tin_grad(out[1], TIN_LIST(x), out + 2));
  return 3;
}

static void test_layers(void **state) {
  (void)state;
  compare_ways(__LINE__, build_layers, NULL);
}

/* ---- facts ---- */

struct cost {
  int64_t kernels, planned;
};

static struct cost cost_of(ways_build *build, const void *user, uint32_t fuse_off) {
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 2, .fuse_off = fuse_off});
  tin_tensor *results[WAYS_MAX_RESULTS];
  int count = build(ctx, user, results);
  int64_t before = tin_stats(ctx).kernels_launched;
  assert_true(tin_realize(((tin_list){results, count})));
  struct cost cost = {tin_stats(ctx).kernels_launched - before, tin_stats(ctx).bytes_planned};
  end_ctx(ctx);
  return cost;
}

static void test_one_kernel(void **state) {
  (void)state;
  static const struct attention_case forward = {2, 2, 2, 64, 64, 16, 16, .scale = 1, .causal = true},
                                     backward = {2, 2, 2, 64, 64, 16, 16, .scale = 1, .causal = true, .backward = true};
  assert_int_equal(cost_of(build_case, &forward, 0).kernels, 1);
  assert_int_equal(cost_of(build_case, &forward, 0).planned, 0);
  assert_int_equal(cost_of(build_case, &backward, 0).kernels, 1);
  assert_int_equal(cost_of(build_case, &backward, 0).planned, 0);
  assert_int_equal(cost_of(build_case, &forward, TIN_FUSE_BLOCK).kernels, 3);
}

/* Twice the positions, twice the memory, where the gradient waits for a loss of the result. */
static int build_loss(tin_ctx *ctx, const void *user, tin_tensor **out) {
  struct attention_case test = {.scale = 1};
  int64_t length = *(const int64_t *)user;
  tin_tensor *x[3];
  for (int i = 0; i < 3; i++)
    x[i] = data(ctx, &test, (uint64_t)i, TIN_SHAPE(2, 2, length, 16));
  out[0] = tin_mean(tin_square(tin_attention(x[0], x[1], x[2], .causal = true)));
  assert_true(tin_grad(out[0], TIN_LIST(x[0], x[1], x[2]), out + 1));
  return 4;
}

static void test_linear_memory(void **state) {
  (void)state;
  int64_t length = 256, twice = 512;
  int64_t once = cost_of(build_loss, &length, 0).planned, doubled = cost_of(build_loss, &twice, 0).planned;
  assert_true(once > 0 && doubled <= 2 * once + 4096);
  assert_true(cost_of(build_loss, &twice, TIN_FUSE_BLOCK).planned > 2 * cost_of(build_loss, &length, TIN_FUSE_BLOCK).planned + 4096);
  compare_ways(__LINE__, build_loss, &length);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_attention),     cmocka_unit_test(test_long_rows), cmocka_unit_test(test_random_shapes),
      cmocka_unit_test(test_products),      cmocka_unit_test(test_layers),    cmocka_unit_test(test_one_kernel),
      cmocka_unit_test(test_linear_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
