/* The transformers that several workloads look at: pre-norm blocks with GELU (tanh), causal attention, Adam. Private to bench. */
#ifndef TIN_BENCH_GPT_H
#define TIN_BENCH_GPT_H

#include "bench.h"

enum { GPT_MAX_LAYERS = 12 };

struct bench_gpt_shape {
  int tokens, positions, width, heads, layers;
  int batch, length; /* of a training step */
  bool tied;         /* the head is the embedding of the tokens */
  bool decays;       /* AdamW, else Adam */
};
extern const struct bench_gpt_shape bench_gpt2, bench_gpt2_quick, bench_char_gpt;

struct bench_gpt_block {
  tin_norm_layer norm1, norm2;
  tin_multihead_attention attention;
  tin_linear up, down;
  tin_tensor *keys, *values; /* cache: [1, heads, positions, width / heads], or NULL */
};

struct bench_gpt {
  struct bench_gpt_shape shape;
  tin_ctx *ctx;
  tin_tensor *token_table, *position_table, *head; /* [tokens, width], [positions, width], [tokens, width] */
  struct bench_gpt_block blocks[GPT_MAX_LAYERS];
  tin_norm_layer norm;
  tin_tensor *text, *targets;   /* i32 [batch, length]: training */
  tin_tensor *token, *position; /* i32 [1, 1], i32 []: generation */
  tin_tensor *loss;             /* of the newest step, a variable: looking at it is no part of the step */
  tin_compiled *write;          /* one token, once it was captured */
  tin_optim *adam;
};
void bench_gpt_make(struct bench_gpt *gpt, tin_ctx *ctx, const struct bench_gpt_shape *shape); /* parameters alone */
void bench_gpt_make_trainer(struct bench_gpt *gpt);                                            /* text and optimiser */
void bench_gpt_make_writer(struct bench_gpt *gpt);                                             /* caches */
void bench_gpt_step(void *state);                                                              /* one training step: scope, build, end */
void bench_gpt_token(void *state);                                                             /* one token */

#endif
