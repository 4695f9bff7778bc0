/* W7 the training step of GPT-2 (Radford et al. 2019), W13a that of a character model, W13b the same writing text token by token with a
 * cache of keys and values. */
#include "gpt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct bench_gpt_shape bench_gpt2 = {
    .tokens = 50304, .positions = 1024, .width = 768, .heads = 12, .layers = 12, .batch = 4, .length = 64, .tied = true, .decays = true};
const struct bench_gpt_shape bench_gpt2_quick = {
    .tokens = 5000, .positions = 1024, .width = 768, .heads = 12, .layers = 2, .batch = 4, .length = 64, .tied = true, .decays = true};
const struct bench_gpt_shape bench_char_gpt = {
    .tokens = 65, .positions = 128, .width = 128, .heads = 4, .layers = 6, .batch = 16, .length = 128};

/* ---- the model ---- */

static const double DEVIATION = 0.02; /* of all weights at first, as GPT-2 has them */

static tin_tensor *weight(tin_ctx *ctx, int rows, int columns) {
  return tin_param(ctx, TIN_SHAPE(rows, columns));
}

/* Normal numbers for all matrices, in one computation: 124 million are drawn by vectors and threads. */
static void draw_weights(tin_ctx *ctx) {
  tin_scope scope = tin_begin(ctx);
  tin_list all = tin_params(ctx);
  for (int i = 0; i < all.count; i++)
    if (tin_shape_of(all.at[i]).rank == 2)
      tin_assign(all.at[i], tin_mul_scalar(tin_randn(ctx, TIN_F32, tin_shape_of(all.at[i])), DEVIATION));
  tin_end(scope);
}

static tin_linear linear(tin_ctx *ctx, int in, int out) {
  return (tin_linear){.weight = weight(ctx, out, in), .bias = tin_param(ctx, TIN_SHAPE(out))};
}

void bench_gpt_make(struct bench_gpt *gpt, tin_ctx *ctx, const struct bench_gpt_shape *shape) {
  int width = shape->width;
  *gpt = (struct bench_gpt){.shape = *shape, .ctx = ctx};
  gpt->token_table = gpt->head = weight(ctx, shape->tokens, width);
  gpt->position_table = weight(ctx, shape->positions, width);
  for (int i = 0; i < shape->layers; i++) {
    struct bench_gpt_block *block = &gpt->blocks[i];
    block->norm1 = tin_layer_norm_new(ctx, TIN_SHAPE(width));
    block->attention = (tin_multihead_attention){.in_proj_weight = weight(ctx, 3 * width, width),
                                                 .in_proj_bias = tin_param(ctx, TIN_SHAPE(3 * width)),
                                                 .out_proj = linear(ctx, width, width),
                                                 .heads = shape->heads};
    block->norm2 = tin_layer_norm_new(ctx, TIN_SHAPE(width));
    block->up = linear(ctx, width, 4 * width);
    block->down = linear(ctx, 4 * width, width);
  }
  gpt->norm = tin_layer_norm_new(ctx, TIN_SHAPE(width));
  if (!shape->tied)
    gpt->head = weight(ctx, shape->tokens, width);
  draw_weights(ctx);
}

static tin_tensor *gelu(tin_tensor *x) {
  return tin_gelu(x, .approximate = "tanh");
}

static tin_tensor *feed_forward(const struct bench_gpt_block *block, tin_tensor *x) {
  tin_tensor *y = tin_norm_forward(&block->norm2, x, true);
  return tin_add(x, tin_linear_forward(&block->down, gelu(tin_linear_forward(&block->up, y))));
}

static tin_tensor *logits(const struct bench_gpt *gpt, tin_tensor *x) {
  const tin_linear head = {.weight = gpt->head};
  return tin_linear_forward(&head, tin_norm_forward(&gpt->norm, x, true));
}

/* ---- training ---- */

/* Numbers below `count`: the high bits of a linear congruential generator (Knuth's MMIX). */
static void fill_tokens(int32_t *tokens, int n, int count) {
  uint64_t state = 1;
  for (int i = 0; i < n; i++) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    tokens[i] = (int32_t)((state >> 33) % (uint64_t)count);
  }
}

void bench_gpt_make_trainer(struct bench_gpt *gpt) {
  const struct bench_gpt_shape *shape = &gpt->shape;
  int n = shape->batch * shape->length;
  int32_t *tokens = bench_memory((n + 1) * (int64_t)sizeof *tokens);
  gpt->text = tin_input(gpt->ctx, TIN_I32, TIN_SHAPE(shape->batch, shape->length), "text");
  gpt->targets = tin_input(gpt->ctx, TIN_I32, TIN_SHAPE(shape->batch, shape->length), "targets");
  gpt->loss = tin_state(gpt->ctx, TIN_SHAPE(), .name = "loss");
  gpt->adam = shape->decays ? tin_adamw(tin_params(gpt->ctx), .lr = 1e-4) : tin_adam(tin_params(gpt->ctx), .lr = 1e-3);
  fill_tokens(tokens, n + 1, shape->tokens);
  tin_write(gpt->text, tokens, (size_t)n * sizeof *tokens);
  tin_write(gpt->targets, tokens + 1, (size_t)n * sizeof *tokens);
  free(tokens);
}

static tin_tensor *training_logits(const struct bench_gpt *gpt) {
  tin_tensor *positions = tin_slice(gpt->position_table, 0, 0, gpt->shape.length);
  tin_tensor *x = tin_add(tin_embedding(gpt->text, gpt->token_table), positions);
  for (int i = 0; i < gpt->shape.layers; i++) {
    const struct bench_gpt_block *block = &gpt->blocks[i];
    tin_tensor *y = tin_norm_forward(&block->norm1, x, true);
    x = tin_add(x, tin_multihead_attention_forward(&block->attention, y, y, y, .causal = true));
    x = feed_forward(block, x);
  }
  return logits(gpt, x);
}

void bench_gpt_step(void *state) {
  struct bench_gpt *gpt = state;
  tin_scope scope = tin_begin(gpt->ctx);
  tin_tensor *scores = tin_reshape(training_logits(gpt), TIN_SHAPE(-1, gpt->shape.tokens));
  tin_tensor *loss = tin_cross_entropy(scores, tin_flatten(gpt->targets, 0, -1));
  tin_assign(gpt->loss, loss);
  tin_step(gpt->adam, loss);
  tin_end(scope);
}

/* ---- generation ---- */

void bench_gpt_make_writer(struct bench_gpt *gpt) {
  const struct bench_gpt_shape *shape = &gpt->shape;
  for (int i = 0; i < shape->layers; i++) {
    tin_shape cache = TIN_SHAPE(1, shape->heads, shape->positions, shape->width / shape->heads);
    gpt->blocks[i].keys = tin_state(gpt->ctx, cache);
    gpt->blocks[i].values = tin_state(gpt->ctx, cache);
  }
  gpt->token = tin_input(gpt->ctx, TIN_I32, TIN_SHAPE(1, 1), "token");
  gpt->position = tin_input(gpt->ctx, TIN_I32, TIN_SHAPE(), "position");
}

/* Attention of one new position to itself and to those in the cache, of which it becomes the newest. */
static tin_tensor *attend(const struct bench_gpt *gpt, const struct bench_gpt_block *block, tin_tensor *x, tin_tensor *seen) {
  const tin_multihead_attention *layer = &block->attention;
  const tin_linear all = {.weight = layer->in_proj_weight, .bias = layer->in_proj_bias};
  tin_tensor *qkv = tin_reshape(tin_linear_forward(&all, x), TIN_SHAPE(3, 1, layer->heads, 1, -1));
  tin_assign_at(block->keys, gpt->position, tin_select(qkv, 0, 1), .axis = 2);
  tin_assign_at(block->values, gpt->position, tin_select(qkv, 0, 2), .axis = 2);
  tin_tensor *y = tin_attention(tin_select(qkv, 0, 0), block->keys, block->values, .mask = seen);
  return tin_linear_forward(&layer->out_proj, tin_reshape(y, TIN_SHAPE(1, 1, -1)));
}

/* The likeliest token behind those so far takes the place of the newest. The first one captures the step. */
void bench_gpt_token(void *state) {
  struct bench_gpt *gpt = state;
  if (gpt->write) {
    tin_replay(gpt->write);
    return;
  }
  tin_scope scope = tin_begin(gpt->ctx);
  tin_tensor *seen = tin_le(tin_iota(gpt->ctx, TIN_I32, gpt->shape.positions), gpt->position);
  tin_tensor *x = tin_add(tin_embedding(gpt->token, gpt->token_table), tin_slice_at(gpt->position_table, gpt->position, 1));
  for (int i = 0; i < gpt->shape.layers; i++) {
    const struct bench_gpt_block *block = &gpt->blocks[i];
    x = tin_add(x, attend(gpt, block, tin_norm_forward(&block->norm1, x, false), seen));
    x = feed_forward(block, x);
  }
  tin_assign(gpt->token, tin_argmax(logits(gpt, x), .axes = TIN_AXES(-1)));
  tin_assign(gpt->position, tin_add_scalar(gpt->position, 1));
  gpt->write = tin_compile(scope);
}

static void write_text(void *state) {
  struct bench_gpt *gpt = state;
  const int32_t start = 0;
  tin_write(gpt->position, &start, sizeof start);
  tin_write(gpt->token, &start, sizeof start);
  for (int i = 0; i < gpt->shape.positions; i++)
    bench_gpt_token(gpt);
}

/* ---- the workloads ---- */

static void add_both(struct bench_workload *workload, bench_call *call, struct bench_gpt *both) {
  bench_add(workload, "tinsmith", BENCH_US, call, &both[0])->ctx = both[0].ctx;
  bench_add(workload, "unfused", BENCH_US, call, &both[1])->ctx = both[1].ctx;
}

/* Two steps, fused and unfused: the same losses, the first one that of guessing. */
static bool check_training(const struct bench_workload *workload, struct bench_gpt *both) {
  double losses[2][2];
  for (int step = 0; step < 2; step++)
    for (int i = 0; i < 2; i++) {
      bench_gpt_step(&both[i]);
      losses[step][i] = tin_item(both[i].loss);
    }
  return bench_check_ok(workload->id, "tinsmith", both[0].ctx) && bench_check_ok(workload->id, "unfused", both[1].ctx) &&
         bench_check_number(workload->id, "tinsmith", losses[0][0], log(both->shape.tokens), 0.03) &&
         bench_check_number(workload->id, "unfused", losses[0][0], losses[0][1], 0) &&
         bench_check_number(workload->id, "unfused after a step", losses[1][0], losses[1][1], 0);
}

/* Multiplications and additions of a step: forward, and twice that backward, but for the embedding, which no gradient goes through. */
static double training_flops(const struct bench_gpt_shape *shape) {
  double n = (double)shape->batch * shape->length, w = shape->width;
  double layer = n * (12 * w * w) + 2 * n * shape->length * w;
  return 6 * (shape->layers * layer + n * w * shape->tokens);
}

static void bench_training(struct bench_workload *workload, const struct bench_gpt_shape *shape, const char *peer) {
  struct bench_gpt both[2];
  for (int i = 0; i < 2; i++) {
    bench_gpt_make(&both[i], bench_ctx(workload->threads, !i), shape);
    bench_gpt_make_trainer(&both[i]);
  }
  add_both(workload, bench_gpt_step, both);
  bench_add_torch(workload, peer);
  bench_add_peak(workload, training_flops(shape));
  if (check_training(workload, both))
    bench_measure(workload);
  tin_ctx_free(both[0].ctx), tin_ctx_free(both[1].ctx);
}

void bench_gpt2_step(int threads) {
  struct bench_workload workload = bench_workload("W7", threads, "ms");
  const struct bench_gpt_shape *shape = bench_options.quick ? &bench_gpt2_quick : &bench_gpt2;
  snprintf(workload.what, sizeof workload.what, "GPT-2, %d layers, %d tokens, batch 4 x 64, AdamW, one step", shape->layers, shape->tokens);
  bench_training(&workload, shape, bench_options.quick ? NULL : "gpt 50304 1024 768 12 12 4 64 1");
}

void bench_char_gpt_step(int threads) {
  struct bench_workload workload = bench_workload("W13a", threads, "ms");
  snprintf(workload.what, sizeof workload.what, "character GPT, 6 layers of 128, batch 16 x 128, Adam, one step");
  bench_training(&workload, &bench_char_gpt, "gpt 65 128 128 4 6 16 128 0");
}

/* Of a model with random weights the argmax soon repeats itself; what is compared is every token. */
static bool check_writing(const struct bench_workload *workload, struct bench_gpt *both) {
  for (int i = 0; i < 2; i++) {
    const int32_t start = 0;
    tin_write(both[i].position, &start, sizeof start), tin_write(both[i].token, &start, sizeof start);
  }
  for (int step = 0; step < both->shape.positions; step++) {
    double token[2];
    for (int i = 0; i < 2; i++) {
      bench_gpt_token(&both[i]);
      token[i] = tin_item(both[i].token);
    }
    if (!bench_check_number(workload->id, "unfused", token[0], token[1], 0))
      return false;
  }
  return bench_check_ok(workload->id, "tinsmith", both[0].ctx) && bench_check_ok(workload->id, "unfused", both[1].ctx);
}

void bench_char_gpt_write(int threads) {
  struct bench_workload workload = bench_workload("W13b", threads, "tokens/s");
  struct bench_gpt both[2];
  for (int i = 0; i < 2; i++) {
    bench_gpt_make(&both[i], bench_ctx(threads, !i), &bench_char_gpt);
    bench_gpt_make_writer(&both[i]);
  }
  snprintf(workload.what, sizeof workload.what, "character GPT writes %d tokens one by one", bench_char_gpt.positions);
  workload.rate_work = 1e9 * bench_char_gpt.positions;
  add_both(&workload, write_text, both);
  bench_add_torch(&workload, "gpt_write 65 128 128 4 6");
  if (check_writing(&workload, both))
    bench_measure(&workload);
  tin_ctx_free(both[0].ctx), tin_ctx_free(both[1].ctx);
}
