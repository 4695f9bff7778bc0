/* The convolutional network of W6: conv5x5 1-32, conv5x5 32-32, pool, conv3x3 32-64, conv3x3 64-64, pool, linear 576-10 with ReLU, on
 * images of 28 x 28, cross entropy, Adam. Private to bench. */
#ifndef TIN_BENCH_CNN_H
#define TIN_BENCH_CNN_H

#include "bench.h"

enum { CNN_CONVS = 4, CNN_SIDE = 28, CNN_FEATURES = 576, CNN_CLASSES = 10, CNN_PARAMETERS = 2 * CNN_CONVS + 2 };

struct bench_cnn {
  tin_ctx *ctx;
  int64_t batch;
  tin_conv convs[CNN_CONVS];
  tin_linear head;
  tin_tensor *pixels, *labels; /* f32 [batch, 1, 28, 28], i32 [batch] */
  tin_tensor *loss;            /* of the newest step, a variable */
  tin_optim *adam;
};
int64_t bench_cnn_batch(void);                                           /* 128; fewer where --quick asks for it */
void bench_cnn_make(struct bench_cnn *cnn, tin_ctx *ctx, int64_t batch); /* with data in place */
tin_tensor *bench_cnn_loss(struct bench_cnn *cnn);                       /* lazy: inside a scope */
void bench_cnn_step(void *state);                                        /* scope, one step, end */

#endif
