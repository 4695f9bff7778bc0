/* Checkpointed stretches: the same bits of the gradients, less memory, random numbers that repeat, misuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"
#include "tinsmith_nn.h"

static const char *target;

enum { LAYERS = 16, WIDTH = 32, ROWS = 48, BLOCK = 4 };

/* How the layers are put into stretches. */
enum mode { PLAIN, BLOCKS, NESTED, WHOLE };

struct net {
  tin_ctx *ctx;
  tin_tensor *weight[LAYERS], *gain, *x, *labels;
};

static struct net new_net(uint32_t fuse_off) {
  struct net net = {.ctx = good_ctx((struct tin_ctx_options){.target = target, .threads = 1, .seed = 3, .fuse_off = fuse_off})};
  for (int i = 0; i < LAYERS; i++) {
    net.weight[i] = tin_param(net.ctx, TIN_SHAPE(WIDTH, WIDTH));
    tin_init_normal(net.weight[i], 0, 0.15);
  }
  net.gain = tin_param(net.ctx, TIN_SHAPE(WIDTH));
  tin_init_constant(net.gain, 1);
  net.x = tin_input(net.ctx, TIN_F32, TIN_SHAPE(ROWS, WIDTH), "x");
  net.labels = tin_input(net.ctx, TIN_I32, TIN_SHAPE(ROWS), "labels");
  float *data = malloc(sizeof(float) * ROWS * WIDTH);
  int32_t labels[ROWS];
  for (int i = 0; i < ROWS * WIDTH; i++)
    data[i] = (float)((i * 37) % 101) / 50 - 1;
  for (int i = 0; i < ROWS; i++)
    labels[i] = i % WIDTH;
  tin_write(net.x, data, sizeof(float) * ROWS * WIDTH);
  tin_write(net.labels, labels, sizeof labels);
  free(data);
  return net;
}

typedef tin_tensor *layer_fn(const struct net *net, tin_tensor *x, int i);

static tin_tensor *plain_layer(const struct net *net, tin_tensor *x, int i) {
  return tin_tanh(tin_matmul(x, net->weight[i]));
}

/* Norm over rows, dropout, a residual, a shared parameter, a gather, a transposed view. */
static tin_tensor *rich_layer(const struct net *net, tin_tensor *x, int i) {
  tin_tensor *y = tin_dropout(tin_gelu(tin_matmul(tin_layer_norm(x, net->gain, NULL, 1e-5), net->weight[i])), 0.1);
  tin_tensor *picked = tin_take(net->weight[i], net->labels, 0);
  tin_tensor *turned = tin_transpose(tin_mul(tin_transpose(y, 0, 1), tin_transpose(x, 0, 1)), 0, 1);
  return tin_add(x, tin_mul(tin_add(turned, picked), net->gain));
}

static tin_tensor *loss_of(const struct net *net, layer_fn *layer, enum mode mode) {
  tin_tensor *x = net->x;
  tin_checkpoint outer, inner;
  if (mode == WHOLE)
    outer = tin_checkpoint_begin(net->ctx);
  for (int i = 0; i < LAYERS; i++) {
    if (mode == NESTED && i % (2 * BLOCK) == 0)
      outer = tin_checkpoint_begin(net->ctx);
    if ((mode == BLOCKS || mode == NESTED) && i % BLOCK == 0)
      inner = tin_checkpoint_begin(net->ctx);
    x = layer(net, x, i);
    if ((mode == BLOCKS || mode == NESTED) && i % BLOCK == BLOCK - 1)
      assert_true(tin_checkpoint_end(inner));
    if (mode == NESTED && i % (2 * BLOCK) == 2 * BLOCK - 1)
      assert_true(tin_checkpoint_end(outer));
  }
  tin_tensor *loss = tin_cross_entropy(x, net->labels);
  if (mode == WHOLE)
    assert_true(tin_checkpoint_end(outer));
  return loss;
}

struct outcome {
  float loss, gradients[LAYERS][WIDTH * WIDTH], gain[WIDTH];
  struct tin_counters counters;
};

/* Two steps, of which the second must find the plan of the first. */
static void run(struct outcome *outcome, layer_fn *layer, enum mode mode, uint32_t fuse_off) {
  struct net net = new_net(fuse_off);
  for (int step = 0; step < 2; step++) {
    tin_tensor *gradients[LAYERS + 1];
    struct tin_counters before = tin_stats(net.ctx);
    tin_scope scope = tin_begin(net.ctx);
    tin_tensor *loss = loss_of(&net, layer, mode), *all[LAYERS + 2];
    assert_true(tin_grad(loss, tin_params(net.ctx), gradients));
    memcpy(all, gradients, sizeof gradients);
    all[LAYERS + 1] = loss;
    tin_realize(((tin_list){all, LAYERS + 2}));
    outcome->counters = tin_stats(net.ctx);
    assert_int_equal(outcome->counters.plan_misses - before.plan_misses, target || step ? 0 : 1);
    for (int i = 0; i < LAYERS; i++)
      tin_read(gradients[i], outcome->gradients[i], sizeof outcome->gradients[i]);
    tin_read(gradients[LAYERS], outcome->gain, sizeof outcome->gain);
    tin_read(loss, &outcome->loss, sizeof outcome->loss);
    tin_end(scope);
  }
  end_ctx(net.ctx);
}

static void expect_same_bits(const struct outcome *a, const struct outcome *b) {
  assert_memory_equal(&a->loss, &b->loss, sizeof a->loss);
  assert_memory_equal(a->gradients, b->gradients, sizeof a->gradients);
  assert_memory_equal(a->gain, b->gain, sizeof a->gain);
}

static void compare_modes(layer_fn *layer, uint32_t fuse_off) {
  struct outcome *plain = malloc(2 * sizeof *plain), *other = plain + 1;
  assert_non_null(plain);
  run(plain, layer, PLAIN, fuse_off);
  assert_true(plain->loss > 0 && plain->gradients[0][0] != 0);
  for (enum mode mode = BLOCKS; mode <= WHOLE; mode++) {
    run(other, layer, mode, fuse_off);
    expect_same_bits(plain, other);
  }
  free(plain);
}

static void test_same_bits(void **state) {
  (void)state;
  compare_modes(plain_layer, 0);
  compare_modes(rich_layer, 0);
}

static void test_same_bits_unfused(void **state) {
  (void)state;
  if (!target)
    compare_modes(rich_layer, TIN_FUSE_ALL);
}

/* Without: a tensor for each layer lives to the backward pass. With blocks of 4: those at the borders, and those of one block. */
static void test_memory(void **state) {
  (void)state;
  struct outcome *plain = malloc(3 * sizeof *plain), *blocks = plain + 1, *whole = plain + 2;
  const int64_t tensor = (int64_t)sizeof(float) * ROWS * WIDTH;
  run(plain, plain_layer, PLAIN, 0);
  run(blocks, plain_layer, BLOCKS, 0);
  run(whole, plain_layer, WHOLE, 0);
  if (!target) {
    assert_true(plain->counters.bytes_planned >= LAYERS * tensor);
    assert_true(blocks->counters.bytes_planned <= (LAYERS / BLOCK + BLOCK + 3) * tensor + 4096); /* 4096: small ones */
    /* computed again: the products of each block but the last layer's, and not more */
    assert_true(whole->counters.kernels_launched > plain->counters.kernels_launched);
  }
  free(plain);
}

/* Updates in place wait for the copies, which read the old values of the parameters. */
static void test_training(void **state) {
  (void)state;
  static float weights[2][LAYERS][WIDTH * WIDTH];
  for (int checkpointed = 0; checkpointed < 2; checkpointed++) {
    struct net net = new_net(0);
    tin_optim *adam = tin_adam(tin_params(net.ctx), .lr = 0.01);
    for (int step = 0; step < 3; step++) {
      tin_scope scope = tin_begin(net.ctx);
      tin_step(adam, loss_of(&net, rich_layer, checkpointed ? NESTED : PLAIN));
      assert_true(tin_end(scope));
    }
    for (int i = 0; i < LAYERS; i++)
      tin_read(net.weight[i], weights[checkpointed][i], sizeof weights[checkpointed][i]);
    if (!target)
      assert_int_equal(tin_stats(net.ctx).plan_hits, 2);
    end_ctx(net.ctx);
  }
  assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
}

/* A value is of the stretch that made it first; what was realised is not computed again; the sums of products find their factors behind
 * barriers, so that bits stay. */
static void test_borders(void **state) {
  (void)state;
  float got[2][8];
  for (int checkpointed = 0; checkpointed < 2; checkpointed++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
    tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(40, 8), "x"), *w = tin_input(ctx, TIN_F32, TIN_SHAPE(8), "w"), *gradient;
    float data[320];
    for (int i = 0; i < 320; i++)
      data[i] = (float)((i * 29) % 97) / 31;
    tin_write(x, data, sizeof data);
    tin_write(w, data + 5, 8 * sizeof *data);
    tin_scope scope = tin_begin(ctx);
    tin_tensor *scaled = tin_mul(tin_mul(x, tin_add_scalar(x, 1)), tin_scalar(ctx, TIN_F32, 0.3)); /* a product at the border */
    tin_checkpoint checkpoint = {0};
    if (checkpointed)
      checkpoint = tin_checkpoint_begin(ctx);
    tin_tensor *y = tin_mul(scaled, w);
    if (checkpointed)
      assert_true(tin_checkpoint_end(checkpoint));
    assert_true(tin_grad(tin_sum(tin_add(y, x)), TIN_LIST(w), &gradient)); /* the sum over rows of `scaled`: a contraction */
    tin_read(gradient, got[checkpointed], sizeof got[checkpointed]);
    assert_true(tin_end(scope));
    end_ctx(ctx);
  }
  assert_memory_equal(got[0], got[1], sizeof got[0]);
}

/* A value of a stretch that was computed before the gradient is taken: the derivative is still that of what made it. */
static void test_realised(void **state) {
  (void)state;
  float got[2][16];
  for (int checkpointed = 0; checkpointed < 2; checkpointed++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
    tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(8), "x"), *w = tin_input(ctx, TIN_F32, TIN_SHAPE(1), "w"), *gradients[2];
    float data[] = {0.5f, -1, 2, 0.25f, 3, 0.25f, -2, 1};
    tin_write(x, data, sizeof data);
    tin_write(w, data + 3, sizeof *data);
    tin_scope scope = tin_begin(ctx);
    tin_checkpoint checkpoint = {0};
    if (checkpointed)
      checkpoint = tin_checkpoint_begin(ctx);
    tin_tensor *a = tin_exp(x), *b = tin_mul(tin_maximum(x, w), a), *y = tin_sin(b);
    if (checkpointed)
      assert_true(tin_checkpoint_end(checkpoint));
    assert_true(tin_realize(TIN_LIST(a, b, y)));
    assert_true(tin_grad(tin_sum(y), TIN_LIST(x, a), gradients));
    tin_read(gradients[0], got[checkpointed], sizeof data);
    tin_read(gradients[1], got[checkpointed] + 8, sizeof data);
    assert_true(tin_end(scope));
    end_ctx(ctx);
  }
  assert_true(got[0][0] != 0);
  assert_memory_equal(got[0], got[1], sizeof got[0]);
}

static void expect_error(tin_ctx *ctx, const char *words) {
  if (!strstr(tin_message(ctx), words))
    fail_msg("\"%s\" is not in \"%s\"", words, tin_message(ctx));
  tin_clear_error(ctx);
}

static void test_misuse(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
  tin_checkpoint outer = tin_checkpoint_begin(ctx), inner = tin_checkpoint_begin(ctx);
  assert_false(tin_checkpoint_end(outer));
  expect_error(ctx, "checkpoint_end: a checkpoint inside this one is still open (begun at");
  assert_false(tin_checkpoint_end(inner)); /* it ended with the outer one */
  expect_error(ctx, "this checkpoint has already ended");
  tin_scope scope = tin_begin(ctx);
  inner = tin_checkpoint_begin(ctx);
  assert_false(tin_end(scope));
  expect_error(ctx, "a checkpoint in this scope is still open");
  assert_false(tin_checkpoint_end(inner));
  expect_error(ctx, "already ended");
  outer = tin_checkpoint_begin(ctx);
  scope = tin_begin(ctx);
  assert_false(tin_checkpoint_end(outer));
  expect_error(ctx, "a scope opened inside this checkpoint is still open");
  assert_true(tin_end(scope));
  assert_false(tin_checkpoint_end((tin_checkpoint){NULL, 0}));
  /* a gradient inside an open stretch, and a scope inside one, are fine */
  outer = tin_checkpoint_begin(ctx);
  scope = tin_begin(ctx);
  tin_tensor *x = tin_full(ctx, TIN_F32, TIN_SHAPE(2), 3), *gradient;
  x = tin_add(x, tin_from(ctx, TIN_F32, TIN_SHAPE(2), ((float[]){0, 1})));
  assert_true(tin_grad(tin_square(tin_square(x)), TIN_LIST(x), &gradient));
  assert_true(tin_item(tin_sum(gradient)) == 4 * 27 + 4 * 64);
  assert_true(tin_end(scope));
  assert_true(tin_checkpoint_end(outer));
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_same_bits), cmocka_unit_test(test_same_bits_unfused), cmocka_unit_test(test_memory),
      cmocka_unit_test(test_borders),   cmocka_unit_test(test_realised),          cmocka_unit_test(test_training),
      cmocka_unit_test(test_misuse),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
