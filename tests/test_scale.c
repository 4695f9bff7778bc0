/* Large graphs: a chain of a million nodes, ten thousand mixed nodes, gradients of long chains; and planning takes time in proportion to
 * the nodes. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <time.h>

#include "context.h"

static tin_ctx *new_ctx(uint32_t fuse_off) {
  return good_ctx((struct tin_ctx_options){.threads = 1, .fuse_off = fuse_off});
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now); /* other processes' time does not count */
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

enum { WIDTH = 4 };
static const float start[WIDTH] = {0.1f, -0.2f, 0.3f, 1};

/* x -> (x + w) * 0.5, -x, ... : no rule folds it, and it stays bounded. */
static tin_tensor *chain(tin_tensor *x, tin_tensor *w, int nodes) {
  for (int i = 0; i < nodes; i++)
    x = i % 3 == 0 ? tin_add(x, w) : i % 3 == 1 ? tin_mul_scalar(x, 0.5) : tin_neg(x);
  return x;
}

static float chain_value(float x, float w, int nodes) {
  for (int i = 0; i < nodes; i++)
    x = i % 3 == 0 ? x + w : i % 3 == 1 ? x * 0.5f : -x;
  return x;
}

static double time_chain(int nodes, uint32_t fuse_off) {
  tin_ctx *ctx = new_ctx(fuse_off);
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(WIDTH), .name = "w");
  assert_true(tin_write(w, start, sizeof start));
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(WIDTH), start);
  double begin = seconds();
  tin_tensor *y = chain(x, w, nodes);
  double built = seconds();
  float got[WIDTH];
  if (!tin_read(y, got, sizeof got))
    fail_msg("%s", tin_message(ctx));
  double done = seconds();
  for (int i = 0; i < WIDTH; i++)
    assert_true(got[i] == chain_value(start[i], start[i], nodes));
  print_message("chain of %d%s: built in %.3f s, planned and run in %.3f s, %lld kernels\n", nodes, fuse_off ? " unfused" : "",
                built - begin, done - built, (long long)tin_stats(ctx).kernels_launched);
  assert_true(tin_end(scope));
  end_ctx(ctx);
  return done - begin;
}

static void test_a_million_nodes(void **state) {
  (void)state;
  time_chain(1000000, 0);
}

/* The least of three: what else the machine does can only add to it. */
static double least_time(int nodes, uint32_t fuse_off) {
  return fmin(time_chain(nodes, fuse_off), fmin(time_chain(nodes, fuse_off), time_chain(nodes, fuse_off)));
}

static void expect_linear(int nodes, uint32_t fuse_off) {
  double small = least_time(nodes, fuse_off), large = least_time(10 * nodes, fuse_off);
  print_message("ten times the nodes take %.1f times as long\n", large / small);
  assert_true(large < 20 * small);
}

static void test_time_is_linear(void **state) {
  (void)state;
  expect_linear(10000, 0);
  expect_linear(3000, TIN_FUSE_ALL); /* fewer are planned in the caches */
}

static void test_gradient_of_a_long_chain(void **state) {
  (void)state;
  enum { NODES = 100000 };
  tin_ctx *ctx = new_ctx(0);
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(WIDTH), .name = "w"), *gradient;
  assert_true(tin_write(w, start, sizeof start));
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(WIDTH), start);
  double begin = seconds();
  assert_true(tin_grad(chain(x, w, NODES), TIN_LIST(w), &gradient));
  float got[WIDTH];
  if (!tin_read(gradient, got, sizeof got))
    fail_msg("%s", tin_message(ctx));
  print_message("gradient of a chain of %d: %.3f s\n", NODES, seconds() - begin);
  double expected = 0; /* d/dw: every round adds 1 and then scales all by -0.5 */
  for (int i = 0; i < NODES; i++)
    expected = i % 3 == 0 ? expected + 1 : i % 3 == 1 ? expected * 0.5 : -expected;
  for (int i = 0; i < WIDTH; i++)
    assert_true(fabs(got[i] - expected) < 1e-5);
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

/* Of every kind: 20 nodes a round on a state of [8, 6]. */
static tin_tensor *mixed_round(tin_ctx *ctx, tin_tensor *x, tin_tensor *w, tin_tensor *index, int round) {
  tin_tensor *row = tin_mean(x, .axes = TIN_AXES(round % 2), .keepdims = true);
  tin_tensor *y = tin_tanh(tin_sub(tin_matmul(x, w), row));
  y = tin_concat(TIN_LIST(tin_slice(y, 0, 4, 8), tin_flip(tin_slice(y, 0, 0, 4), TIN_AXES(1))), 0);
  y = tin_add(y, tin_take(x, index, 0));
  if (round % 8 == 0)
    y = tin_softmax(tin_transpose(tin_reshape(y, TIN_SHAPE(6, 8)), 0, 1), 1);
  return tin_mul_scalar(tin_add(tin_mul_scalar(y, 0.5), tin_where(tin_gt(x, y), x, tin_scalar(ctx, TIN_F32, 0.01 * (round % 50)))), 0.5);
}

static void run_mixed(uint32_t fuse_off, const char *target, float *out, size_t bytes) {
  enum { ROUNDS = 600 };
  tin_ctx *ctx = tin_ctx_new(.fuse_off = fuse_off, .target = target, .threads = 2);
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(6, 6)), *x = tin_state(ctx, TIN_SHAPE(8, 6));
  float numbers[48];
  for (int i = 0; i < 48; i++)
    numbers[i] = (float)(i * 29 % 31) / 31 - 0.5f;
  tin_write(w, numbers, 36 * sizeof *numbers);
  tin_write(x, numbers, sizeof numbers);
  tin_tensor *index = tin_from(ctx, TIN_I32, TIN_SHAPE(8), ((int32_t[8]){7, 1, 0, 3, 3, 2, 6, 5}));
  tin_scope scope = tin_begin(ctx);
  tin_tensor *y = x;
  double begin = seconds();
  for (int round = 0; round < ROUNDS; round++)
    y = mixed_round(ctx, y, w, index, round);
  if (!tin_read(y, out, bytes))
    fail_msg("%s", tin_message(ctx));
  print_message("%lld mixed nodes, %s%s: %lld kernels, %.3f s\n", (long long)tin_stats(ctx).nodes, target ? target : "compiled",
                fuse_off ? " unfused" : "", (long long)tin_stats(ctx).kernels_launched, seconds() - begin);
  assert_true(target || tin_stats(ctx).nodes >= 10000);
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

static void test_ten_thousand_mixed_nodes(void **state) {
  (void)state;
  float expected[48], got[48];
  run_mixed(0, "interpreter", expected, sizeof expected);
  run_mixed(0, NULL, got, sizeof got);
  assert_memory_equal(got, expected, sizeof got);
  run_mixed(TIN_FUSE_ALL, NULL, got, sizeof got);
  assert_memory_equal(got, expected, sizeof got);
  for (int i = 0; i < 48; i++)
    assert_true(isfinite(got[i]));
}

/* One value used by thousands, thousands joined in one: neither side of a node has a limit. */
static void test_wide_graphs(void **state) {
  (void)state;
  enum { COUNT = 3000 };
  tin_ctx *ctx = new_ctx(0);
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(WIDTH)), **parts = malloc(COUNT * sizeof *parts);
  assert_non_null(parts);
  tin_write(w, start, sizeof start);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *shared = tin_exp(w), *total = tin_zeros_like(w);
  for (int i = 0; i < COUNT; i++) {
    parts[i] = tin_mul_scalar(shared, i + 1);
    total = tin_add(total, parts[i]);
  }
  double begin = seconds();
  tin_list list = {parts, COUNT};
  if (!tin_realize(list))
    fail_msg("%s", tin_message(ctx));
  tin_tensor *joined = tin_sum(tin_concat(list, 0));
  double sum = tin_item(tin_sum(total)), again = tin_item(joined);
  print_message("%d outputs, then joined: %.3f s\n", COUNT, seconds() - begin);
  assert_true(fabs(sum - again) < 1e-4 * fabs(sum));
  static float all[COUNT][WIDTH], one[WIDTH];
  assert_true(tin_read(tin_concat(list, 0), all, sizeof all) && tin_read(shared, one, sizeof one));
  for (int i = 0; i < COUNT; i++)
    for (int j = 0; j < WIDTH; j++)
      assert_true(all[i][j] == one[j] * (float)(i + 1));
  assert_true(tin_end(scope));
  free(parts);
  end_ctx(ctx);
}

/* More inputs than a node can count. */
static void test_a_very_wide_concat(void **state) {
  (void)state;
  enum { COUNT = 70000 };
  static tin_tensor *parts[COUNT];
  tin_ctx *ctx = new_ctx(0);
  for (int i = 0; i < COUNT; i++)
    parts[i] = tin_full(ctx, TIN_I32, TIN_SHAPE(1), i % 1000);
  tin_list list = {parts, COUNT};
  tin_tensor *joined = tin_concat(list, 0);
  assert_int_equal(tin_size_of(joined), COUNT);
  assert_true(tin_item(tin_sum(joined)) == COUNT / 1000 * 499500.0);
  assert_true(tin_item(tin_sum(tin_slice(joined, 0, 65535, 65538))) == 535 + 536 + 537);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_million_nodes),
      cmocka_unit_test(test_time_is_linear),
      cmocka_unit_test(test_gradient_of_a_long_chain),
      cmocka_unit_test(test_ten_thousand_mixed_nodes),
      cmocka_unit_test(test_wide_graphs),
      cmocka_unit_test(test_a_very_wide_concat),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
