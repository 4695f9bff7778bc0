/* The models whose speed is looked after, in the sizes that docs/performance.md speaks of: an MLP, a convolutional network, GPT-2.
 * Parameters are zeros: for plans, values do not matter, and memory that nobody writes costs none. */
#ifndef TIN_TESTS_MODELS_H
#define TIN_TESTS_MODELS_H

#include "tinsmith_nn.h"

enum { MODEL_INPUTS = 16 };
/* Variables are made when a step is built first; later steps, after used_params and used_inputs became 0, find them again. */
struct model {
  tin_ctx *ctx;
  int used_params, used_inputs, n_inputs;
  tin_tensor *inputs[MODEL_INPUTS];
  tin_optim *optimiser;
};

static inline tin_tensor *model_param(struct model *model, tin_shape shape) {
  tin_list params = tin_params(model->ctx);
  int number = model->used_params++;
  return number < params.count ? params.at[number] : tin_param(model->ctx, shape);
}

static inline tin_tensor *model_input(struct model *model, tin_dtype dtype, tin_shape shape) {
  int number = model->used_inputs++;
  if (number == model->n_inputs)
    model->inputs[model->n_inputs++] = tin_input(model->ctx, dtype, shape, NULL);
  return model->inputs[number];
}

static inline tin_tensor *model_linear(struct model *model, tin_tensor *x, int64_t in, int64_t out) {
  tin_linear layer = {.weight = model_param(model, TIN_SHAPE(out, in)), .bias = model_param(model, TIN_SHAPE(out))};
  return tin_linear_forward(&layer, x);
}

/* 784-512-256-10, batch 128: the loss. */
static inline tin_tensor *model_mlp(struct model *model) {
  tin_tensor *x = model_input(model, TIN_F32, TIN_SHAPE(128, 784));
  x = tin_relu(model_linear(model, x, 784, 512));
  x = tin_relu(model_linear(model, x, 512, 256));
  return tin_cross_entropy(model_linear(model, x, 256, 10), model_input(model, TIN_I32, TIN_SHAPE(128)));
}

/* Two convolutions of 5 x 5, two of 3 x 3, a pool behind each pair, on images of 28 x 28: the loss. */
static inline tin_tensor *model_cnn(struct model *model, int64_t batch) {
  static const int channels[] = {1, 32, 32, 64, 64}, kernels[] = {5, 5, 3, 3};
  tin_tensor *x = model_input(model, TIN_F32, TIN_SHAPE(batch, 1, 28, 28));
  for (int i = 0; i < 4; i++) {
    tin_tensor *weight = model_param(model, TIN_SHAPE(channels[i + 1], channels[i], kernels[i], kernels[i]));
    x = tin_relu(tin_conv2d(x, weight, .bias = model_param(model, TIN_SHAPE(channels[i + 1]))));
    if (i % 2)
      x = tin_max_pool2d(x, .kernel = {2, 2});
  }
  return tin_cross_entropy(model_linear(model, tin_flatten(x, 1, -1), 576, 10), model_input(model, TIN_I32, TIN_SHAPE(batch)));
}

struct model_gpt {
  int64_t tokens, positions, width, heads, layers, batch, length;
};

static inline tin_tensor *model_norm(struct model *model, tin_tensor *x, int64_t width) {
  return tin_layer_norm(x, model_param(model, TIN_SHAPE(width)), model_param(model, TIN_SHAPE(width)), 1e-5);
}

/* Radford and others 2019, with the head tied to the table of tokens: the loss. */
static inline tin_tensor *model_gpt(struct model *model, const struct model_gpt *gpt) {
  int64_t width = gpt->width;
  tin_tensor *table = model_param(model, TIN_SHAPE(gpt->tokens, width)), *positions = model_param(model, TIN_SHAPE(gpt->positions, width));
  tin_tensor *text = model_input(model, TIN_I32, TIN_SHAPE(gpt->batch, gpt->length));
  tin_tensor *x = tin_add(tin_embedding(text, table), tin_slice(positions, 0, 0, gpt->length));
  for (int64_t i = 0; i < gpt->layers; i++) {
    tin_multihead_attention attention = {
        .in_proj_weight = model_param(model, TIN_SHAPE(3 * width, width)),
        .in_proj_bias = model_param(model, TIN_SHAPE(3 * width)),
        .out_proj = {.weight = model_param(model, TIN_SHAPE(width, width)), .bias = model_param(model, TIN_SHAPE(width))},
        .heads = gpt->heads};
    tin_tensor *y = model_norm(model, x, width);
    x = tin_add(x, tin_multihead_attention_forward(&attention, y, y, y, .causal = true));
    y = tin_gelu(model_linear(model, model_norm(model, x, width), width, 4 * width), .approximate = "tanh");
    x = tin_add(x, model_linear(model, y, 4 * width, width));
  }
  const tin_linear head = {.weight = table};
  tin_tensor *scores = tin_reshape(tin_linear_forward(&head, model_norm(model, x, width)), TIN_SHAPE(-1, gpt->tokens));
  return tin_cross_entropy(scores, model_input(model, TIN_I32, TIN_SHAPE(gpt->batch * gpt->length)));
}

/* A step of writing with `layers` layers of 128, 4 heads and a cache of 128 positions: the scores of the next of 65 tokens. */
static inline tin_tensor *model_writer(struct model *model, int layers) {
  enum { WIDTH = 128, HEADS = 4, PLACES = 128, TOKENS = 65 };
  tin_tensor *token = model_input(model, TIN_I32, TIN_SHAPE(1, 1)), *place = model_input(model, TIN_I32, TIN_SHAPE());
  tin_tensor *seen = tin_le(tin_iota(model->ctx, TIN_I32, PLACES), place);
  tin_tensor *x = tin_add(tin_embedding(token, model_param(model, TIN_SHAPE(TOKENS, WIDTH))),
                          tin_slice_at(model_param(model, TIN_SHAPE(PLACES, WIDTH)), place, 1));
  for (int i = 0; i < layers; i++) {
    tin_tensor *keys = model_input(model, TIN_F32, TIN_SHAPE(1, HEADS, PLACES, WIDTH / HEADS));
    tin_tensor *values = model_input(model, TIN_F32, TIN_SHAPE(1, HEADS, PLACES, WIDTH / HEADS));
    tin_tensor *qkv = tin_reshape(model_linear(model, model_norm(model, x, WIDTH), WIDTH, 3 * WIDTH), TIN_SHAPE(3, 1, HEADS, 1, -1));
    tin_assign_at(keys, place, tin_select(qkv, 0, 1), .axis = 2);
    tin_assign_at(values, place, tin_select(qkv, 0, 2), .axis = 2);
    tin_tensor *y = tin_attention(tin_select(qkv, 0, 0), keys, values, .mask = seen);
    x = tin_add(x, model_linear(model, tin_reshape(y, TIN_SHAPE(1, 1, WIDTH)), WIDTH, WIDTH));
    y = tin_gelu(model_linear(model, model_norm(model, x, WIDTH), WIDTH, 4 * WIDTH), .approximate = "tanh");
    x = tin_add(x, model_linear(model, y, 4 * WIDTH, WIDTH));
  }
  tin_tensor *scores = model_linear(model, model_norm(model, x, WIDTH), WIDTH, TOKENS);
  tin_assign(token, tin_argmax(scores, .axes = TIN_AXES(-1)));
  tin_assign(place, tin_add_scalar(place, 1));
  return scores;
}

#endif
