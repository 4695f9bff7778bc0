/* The training step that several workloads look at: 784-512-256-10 with ReLU, batch 128, cross entropy, Adam. Private to bench. */
#ifndef TIN_BENCH_MLP_H
#define TIN_BENCH_MLP_H

#include "bench.h"

enum { MLP_BATCH = 128, MLP_PIXELS = 784, MLP_HIDDEN1 = 512, MLP_HIDDEN2 = 256, MLP_CLASSES = 10, MLP_LAYERS = 3 };

struct bench_mlp {
  tin_ctx *ctx;
  tin_linear layers[MLP_LAYERS];
  tin_tensor *pixels, *labels; /* f32 [128, 784], i32 [128] */
  tin_tensor *loss;            /* of the newest step, a variable: looking at it is no part of the step */
  tin_optim *adam;
};
void bench_mlp_make(struct bench_mlp *mlp, tin_ctx *ctx); /* with data in place */
void bench_mlp_build(struct bench_mlp *mlp);              /* one step, lazy: inside a scope */
void bench_mlp_step(void *state);                         /* scope, build, end */
int32_t *bench_mlp_labels(void);                          /* the labels' data */

#endif
