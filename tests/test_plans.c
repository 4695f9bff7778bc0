/* Plans: which steps of a user's loop find theirs, how many kernels known models take, and how many bytes fusion saves. The numbers of
 * kernels are those of today: a change that needs more fails here, one that needs fewer lowers the number. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"
#include "mlp.h"

/* The interpreter makes no plans: these tests are of the compiler. */
static int set_up(void **state) {
  const char *target = getenv("TIN_TARGET");
  (void)state;
  if (target && !strcmp(target, "interpreter"))
    unsetenv("TIN_TARGET");
  unsetenv("TIN_FUSE"); /* every test chooses its fusion */
  return 0;
}

/* ---- loops ---- */

enum { EXAMPLES = 100, BATCH = 32, LAST = EXAMPLES % BATCH, EPOCHS = 3 };
enum how { READ_NOT, READ_INSIDE, READ_BEFORE_STEP, READ_OUTSIDE };

struct loop {
  tin_ctx *ctx;
  tin_tensor *weight1, *weight2, *newest_loss, *history, *position;
  tin_optim *adam;
  float data[EXAMPLES][20];
  int32_t labels[EXAMPLES];
};

static void loop_new(struct loop *loop) {
  tin_ctx *ctx = loop->ctx = good_ctx((struct tin_ctx_options){.seed = 3});
  loop->weight1 = tin_init_normal(tin_param(ctx, TIN_SHAPE(20, 30), .name = "weight1"), 0, 0.2);
  loop->weight2 = tin_init_normal(tin_param(ctx, TIN_SHAPE(30, 4), .name = "weight2"), 0, 0.2);
  loop->newest_loss = tin_state(ctx, TIN_SHAPE(), .name = "newest_loss");
  loop->history = tin_state(ctx, TIN_SHAPE(64), .name = "history");
  loop->position = tin_state(ctx, TIN_SHAPE(), .name = "position", .dtype = TIN_I32);
  loop->adam = tin_adamw(tin_params(ctx), .lr = 1e-2);
  uint32_t state = 5;
  for (int i = 0; i < EXAMPLES; i++) {
    loop->labels[i] = i % 4;
    for (int j = 0; j < 20; j++)
      loop->data[i][j] = (float)mlp_number(&state) + (j == i % 4);
  }
}

/* One step on examples first .. first + count - 1: dropout, a scheduled rate, a history that grows by tin_assign_at. */
static void loop_step(struct loop *loop, int first, int count, int step, enum how how) {
  tin_ctx *ctx = loop->ctx;
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(count, 20), loop->data[first]);
  tin_tensor *labels = tin_from(ctx, TIN_I32, TIN_SHAPE(count), loop->labels + first);
  tin_tensor *hidden = tin_dropout(tin_relu(tin_matmul(x, loop->weight1)), 0.25);
  tin_tensor *loss = tin_cross_entropy(tin_matmul(hidden, loop->weight2), labels);
  if (how == READ_BEFORE_STEP)
    assert_true(tin_item(loss) > 0);
  tin_set_lr(loop->adam, 1e-2 / (1 + 0.1 * step));
  tin_step(loop->adam, loss);
  tin_assign(loop->newest_loss, loss);
  tin_assign_at(loop->history, loop->position, loss);
  tin_assign(loop->position, tin_add_scalar(loop->position, 1));
  if (how == READ_INSIDE)
    assert_true(tin_item(loss) > 0);
  assert_true(tin_end(scope));
  if (how == READ_OUTSIDE)
    assert_true(tin_item(loop->newest_loss) > 0);
}

static void run_loop(enum how how, int64_t expected_misses, float *history) {
  struct loop loop;
  loop_new(&loop);
  struct tin_counters first = {0};
  for (int epoch = 0, step = 0; epoch < EPOCHS; epoch++) {
    for (int at = 0; at < EXAMPLES; at += BATCH)
      loop_step(&loop, at, at + BATCH <= EXAMPLES ? BATCH : LAST, step++, how);
    if (epoch == 0)
      first = tin_stats(loop.ctx);
  }
  struct tin_counters counters = tin_stats(loop.ctx);
  assert_int_equal(counters.plan_misses, expected_misses);
  assert_int_equal(first.plan_misses, expected_misses);
  assert_int_equal(counters.kernels_compiled, first.kernels_compiled);
  assert_int_equal(counters.plan_hits + counters.plan_misses, counters.plans_run);
  assert_true(tin_read(loop.history, history, 64 * sizeof *history));
  end_ctx(loop.ctx);
}

/* A plan for each shape of batch, a second one where the loss is read before its gradients are asked for; and the same numbers always. */
static void test_loops(void **state) {
  (void)state;
  float reference[64], history[64];
  run_loop(READ_NOT, 2, reference);
  run_loop(READ_INSIDE, 2, history);
  assert_memory_equal(history, reference, sizeof history);
  run_loop(READ_BEFORE_STEP, 4, history);
  assert_memory_equal(history, reference, sizeof history);
  run_loop(READ_OUTSIDE, 2, history);
  assert_memory_equal(history, reference, sizeof history);
  for (int step = 0; step < EPOCHS * 4; step++)
    assert_true(reference[step] > 0);
  assert_true(reference[EPOCHS * 4] == 0);
  assert_true(reference[EPOCHS * 4 - 1] < reference[0]);
}

/* Decoding by steps: keys join a cache, scores are taken over all of it with what lies ahead masked; one plan for all positions. */
static void test_growing_cache(void **state) {
  (void)state;
  enum { LENGTH = 24, WIDTH = 16 };
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  tin_tensor *cache = tin_state(ctx, TIN_SHAPE(LENGTH, WIDTH)), *position = tin_input(ctx, TIN_I32, TIN_SHAPE(), "position");
  tin_tensor *key = tin_input(ctx, TIN_F32, TIN_SHAPE(1, WIDTH), "key");
  for (int32_t step = 0; step < LENGTH; step++) {
    float numbers[WIDTH], scores[LENGTH];
    for (int i = 0; i < WIDTH; i++)
      numbers[i] = (float)(step + 1);
    tin_scope scope = tin_begin(ctx);
    tin_write(position, &step, sizeof step);
    tin_write(key, numbers, sizeof numbers);
    tin_assign_at(cache, position, key);
    tin_tensor *ahead = tin_gt(tin_arange(ctx, TIN_I32, LENGTH, 0, 1), position);
    tin_tensor *sums = tin_sum(cache, .axes = TIN_AXES(1));
    assert_true(tin_read(tin_where(ahead, tin_constant(ctx, TIN_F32, -1), sums), scores, sizeof scores));
    tin_tensor *row = tin_slice_at(cache, position, 1);
    assert_true(tin_item(tin_sum(row)) == WIDTH * (step + 1));
    assert_true(tin_end(scope));
    for (int i = 0; i < LENGTH; i++)
      assert_true(scores[i] == (float)(i <= step ? WIDTH * (i + 1) : -1));
  }
  assert_int_equal(tin_stats(ctx).plan_misses, 2);
  end_ctx(ctx);
}

/* Leaves and kept values are made anew in each step, as other storages; the plan stays the same. */
static void test_passing_values(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_tensor *v = tin_param(ctx, TIN_SHAPE(6));
  for (int step = 0; step < 8; step++) {
    float data[6] = {(float)step, 1, 2, 3, 4, 5};
    tin_scope scope = tin_begin(ctx);
    tin_tensor *kept = tin_keep(v), *leaf = tin_from(ctx, TIN_F32, TIN_SHAPE(6), data);
    tin_tensor *x = tin_mul(tin_hypot(kept, v), tin_add(tin_hypot(leaf, v), tin_maximum(v, kept)));
    assert_true(tin_read(x, data, sizeof data));
    assert_true(tin_end(scope));
    assert_int_equal(tin_stats(ctx).plan_misses, 1);
  }
  end_ctx(ctx);
}

/* After tin_clear_cache and after a change of nothing else, plans come back and give the same. */
static void test_cleared_cache(void **state) {
  (void)state;
  struct loop loop;
  loop_new(&loop);
  loop_step(&loop, 0, BATCH, 0, READ_NOT);
  tin_clear_cache(loop.ctx);
  loop_step(&loop, 0, BATCH, 1, READ_NOT);
  loop_step(&loop, 0, BATCH, 2, READ_NOT);
  assert_int_equal(tin_stats(loop.ctx).plan_misses, 2);
  assert_int_equal(tin_stats(loop.ctx).plan_hits, 1);
  end_ctx(loop.ctx);
}

/* ---- numbers of kernels ---- */

struct cost {
  int64_t kernels, bytes, planned, without_reuse;
};

static struct cost cost_of(tin_ctx *ctx, tin_tensor *t) {
  int64_t before = tin_stats(ctx).kernels_launched;
  assert_true(tin_realize(TIN_LIST(t)));
  struct tin_counters counters = tin_stats(ctx);
  return (struct cost){counters.kernels_launched - before, counters.bytes_moved, counters.bytes_planned, counters.bytes_without_reuse};
}

/* A step of training 784-512-256-10 with Adam on 128 images. */
static struct cost step_cost(uint32_t fuse_off) {
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.fuse_off = fuse_off, .seed = 1});
  struct mlp mlp = mlp_new(ctx, 512, 256);
  tin_tensor *pixels = tin_input(ctx, TIN_U8, TIN_SHAPE(128, PIXELS), "pixels"), *labels = tin_input(ctx, TIN_U8, TIN_SHAPE(128), "labels");
  tin_tensor *newest_loss = tin_state(ctx, TIN_SHAPE());
  tin_optim *adam = tin_adam(tin_params(ctx));
  int64_t before = 0;
  for (int step = 0; step < 2; step++) {
    before = tin_stats(ctx).kernels_launched;
    tin_scope scope = tin_begin(ctx);
    tin_tensor *loss = tin_cross_entropy(mlp_logits(&mlp, pixels), labels);
    tin_assign(newest_loss, loss);
    tin_step(adam, loss);
    assert_true(tin_end(scope));
  }
  struct tin_counters counters = tin_stats(ctx);
  assert_int_equal(counters.plan_misses, 1);
  assert_int_equal(counters.kernels_compiled, counters.kernels_launched - before); /* the second step compiled nothing */
  struct cost cost = {counters.kernels_launched - before, counters.bytes_moved, counters.bytes_planned, counters.bytes_without_reuse};
  end_ctx(ctx);
  return cost;
}

static void test_kernels_of_a_training_step(void **state) {
  (void)state;
  struct cost fused = step_cost(0), unfused = step_cost(TIN_FUSE_ALL);
  print_message("784-512-256-10 with Adam, batch 128: %lld kernels, %.1f MB moved, %.2f MB held (%.2f without reuse)\n",
                (long long)fused.kernels, (double)fused.bytes * 1e-6, (double)fused.planned * 1e-6, (double)fused.without_reuse * 1e-6);
  print_message("unfused: %lld kernels, %.1f MB moved, %.2f MB held (%.2f without reuse)\n", (long long)unfused.kernels,
                (double)unfused.bytes * 1e-6, (double)unfused.planned * 1e-6, (double)unfused.without_reuse * 1e-6);
  assert_true(fused.kernels <= 8);
  assert_true(unfused.kernels > 5 * fused.kernels);
  assert_true(fused.bytes < unfused.bytes);
  assert_true(fused.planned < unfused.planned);
  assert_true(fused.planned <= fused.without_reuse);
}

typedef tin_tensor *forward_fn(tin_ctx *ctx, tin_tensor *x);

static tin_tensor *softmax(tin_ctx *ctx, tin_tensor *x) {
  (void)ctx;
  return tin_softmax(x, 1);
}
static tin_tensor *log_softmax(tin_ctx *ctx, tin_tensor *x) {
  (void)ctx;
  return tin_log_softmax(x, 1);
}
static tin_tensor *layer_norm(tin_ctx *ctx, tin_tensor *x) {
  tin_tensor *ones = tin_ones(ctx, TIN_F32, TIN_SHAPE(256));
  return tin_layer_norm(x, ones, tin_mul_scalar(ones, 0.5), 1e-5);
}
static tin_tensor *gelu_chain(tin_ctx *ctx, tin_tensor *x) {
  (void)ctx;
  return tin_mul(tin_gelu(tin_add_scalar(x, 1)), tin_sigmoid(x));
}
static tin_tensor *scaled_sum(tin_ctx *ctx, tin_tensor *x) {
  (void)ctx;
  return tin_exp(tin_mean(tin_square(x), .axes = TIN_AXES(1)));
}
static tin_tensor *linear_gelu(tin_ctx *ctx, tin_tensor *x) {
  tin_tensor *weight = tin_reshape(tin_arange(ctx, TIN_F32, 256 * 64, 0, 1e-4), TIN_SHAPE(256, 64));
  return tin_gelu(tin_add_scalar(tin_matmul(x, tin_keep(weight)), 1));
}

static const struct {
  const char *name;
  forward_fn *forward;
  int kernels;
} models[] = {
    {"softmax", softmax, 1},       {"log softmax", log_softmax, 1},         {"layer norm", layer_norm, 1},
    {"gelu chain", gelu_chain, 1}, {"mean of squares, exp", scaled_sum, 1}, {"matmul, bias, gelu", linear_gelu, 1},
};
enum { N_MODELS = sizeof models / sizeof *models };

static struct cost model_cost(int i, uint32_t fuse_off, float *out) {
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.fuse_off = fuse_off});
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(96, 256), "x");
  static float data[96 * 256];
  uint32_t state = 9;
  for (int at = 0; at < 96 * 256; at++)
    data[at] = (float)mlp_number(&state);
  assert_true(tin_write(x, data, sizeof data));
  tin_scope scope = tin_begin(ctx);
  tin_tensor *y = models[i].forward(ctx, x);
  struct cost cost = cost_of(ctx, y);
  assert_true(tin_read(y, out, (size_t)tin_size_of(y) * sizeof *out));
  tin_end(scope);
  end_ctx(ctx);
  return cost;
}

static void test_kernels_of_known_models(void **state) {
  (void)state;
  static float fused[96 * 256], unfused[96 * 256];
  for (int i = 0; i < N_MODELS; i++) {
    struct cost cost = model_cost(i, 0, fused), baseline = model_cost(i, TIN_FUSE_ALL, unfused);
    print_message("%s: %lld kernels, %.3f MB moved; unfused %lld, %.3f MB\n", models[i].name, (long long)cost.kernels,
                  (double)cost.bytes * 1e-6, (long long)baseline.kernels, (double)baseline.bytes * 1e-6);
    assert_int_equal(cost.kernels, models[i].kernels);
    assert_true(baseline.kernels > cost.kernels);
    assert_true(cost.bytes < baseline.bytes);
    assert_memory_equal(fused, unfused, sizeof fused);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_loops),
      cmocka_unit_test(test_growing_cache),
      cmocka_unit_test(test_passing_values),
      cmocka_unit_test(test_cleared_cache),
      cmocka_unit_test(test_kernels_of_a_training_step),
      cmocka_unit_test(test_kernels_of_known_models),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
