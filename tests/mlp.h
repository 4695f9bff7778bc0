/* The multilayer perceptron of several tests: parameters, logits, images of digits, and the numbers of tests/expected/make_expected.py. */
#ifndef TIN_TESTS_MLP_H
#define TIN_TESTS_MLP_H

#include <stdlib.h>

#include "tinsmith_nn.h"

enum { PIXELS = 784, CLASSES = 10 };

struct mlp {
  tin_linear fc1, fc2, fc3;
};

static inline struct mlp mlp_new(tin_ctx *ctx, int64_t hidden1, int64_t hidden2) {
  return (struct mlp){
      .fc1 = tin_linear_new(ctx, PIXELS, hidden1, .name = "fc1"),
      .fc2 = tin_linear_new(ctx, hidden1, hidden2, .name = "fc2"),
      .fc3 = tin_linear_new(ctx, hidden2, CLASSES, .name = "fc3"),
  };
}

/* Logits of images [n, 784] of bytes. */
static inline tin_tensor *mlp_logits(const struct mlp *mlp, tin_tensor *pixels) {
  tin_tensor *x = tin_div_scalar(tin_cast(pixels, TIN_F32), 255);
  x = tin_relu(tin_linear_forward(&mlp->fc1, x));
  x = tin_relu(tin_linear_forward(&mlp->fc2, x));
  return tin_linear_forward(&mlp->fc3, x);
}

/* The images of the folder that TIN_DATA names; without one (or with a bad one), drawn ones. */
static inline bool mlp_digits(tin_dataset *data, bool *real) {
  const char *folder = getenv("TIN_DATA");
  tin_ctx *ctx = tin_ctx_new(.threads = 1, .target = "interpreter");
  *real = folder && tin_mnist_load(ctx, folder, data);
  tin_clear_error(ctx);
  bool got = *real || (tin_digits(ctx, 8192, 1, &data->train_images, &data->train_labels) &&
                       tin_digits(ctx, 1024, 2, &data->test_images, &data->test_labels));
  tin_ctx_free(ctx);
  return got;
}

/* make_expected.py's generator: -1 .. 1. */
static inline double mlp_number(uint32_t *state) {
  *state = (uint32_t)((*state * UINT64_C(1103515245) + 12345) % (UINT64_C(1) << 31));
  return *state / (double)(1 << 30) - 1;
}

#endif
