/* What a programmer would write in C for the same work: plain loops for gcc -O3 -march=native -ffast-math, in reference.c. Functions over
 * rows take a range of rows, for threads. Private to bench. */
#ifndef TIN_BENCH_REFERENCE_H
#define TIN_BENCH_REFERENCE_H

#include <stdint.h>

/* out = silu(a * b + c) */
void reference_silu(const float *restrict a, const float *restrict b, const float *restrict c, float *restrict out, int64_t count);
void reference_softmax(const float *restrict x, float *restrict out, int64_t rows, int64_t columns);
void reference_layer_norm(const float *restrict x, const float *restrict weight, const float *restrict bias, float *restrict out,
                          int64_t rows, int64_t columns);
/* Adds to d_weight and d_bias. */
void reference_layer_norm_backward(const float *restrict x, const float *restrict weight, const float *restrict g, float *restrict d_x,
                                   float *restrict d_weight, float *restrict d_bias, int64_t rows, int64_t columns);
void reference_bias_gelu(float *restrict x, const float *restrict bias, int64_t rows, int64_t columns);
void reference_bias_relu(float *restrict x, const float *restrict bias, int64_t rows, int64_t columns);
/* g = x > 0 ? g : 0 */
void reference_relu_backward(float *restrict g, const float *restrict x, int64_t count);
void reference_column_sums(const float *restrict x, float *restrict out, int64_t rows, int64_t columns);
/* The sum of the losses; logits become the gradient of the mean. */
float reference_cross_entropy(float *restrict logits, const int32_t *restrict labels, int64_t rows, int64_t columns);

struct reference_adam {
  float lr, beta1, beta2, eps, decay; /* decay: lr * weight_decay (AdamW) */
  float correction1, correction2;     /* 1 - beta1^t, sqrt(1 - beta2^t) */
};
void reference_adam(const struct reference_adam *adam, float *restrict w, float *restrict m, float *restrict v, const float *restrict g,
                    int64_t count);

/* PyTorch's defaults with lr 1e-3, at that step (from 1). */
struct reference_adam reference_adam_at(int step, float decay);

/* ---- convolutions (reference_conv.c): one image, [channels, side, side], no padding ---- */

struct reference_conv {
  int in, out, kernel, side; /* channels, edge of the square kernel, edge of the input, at most 32 */
};
void reference_conv_relu(const struct reference_conv *shape, const float *restrict x, const float *restrict weight,
                         const float *restrict bias, float *restrict y);
/* Sets d_x (NULL: not wanted), adds to d_weight and d_bias. */
void reference_conv_backward(const struct reference_conv *shape, const float *restrict x, const float *restrict weight,
                             const float *restrict g, float *restrict d_x, float *restrict d_weight, float *restrict d_bias);
/* 2 x 2, of an even side. */
void reference_max_pool(const float *restrict x, float *restrict out, int channels, int side);
/* x, the pool's input and the output of a ReLU, becomes the gradient of the ReLU's input. */
void reference_max_pool_relu_backward(float *restrict x, const float *restrict g, int channels, int side);

/* ---- attention (reference_attention.c): one head, [length, size], causal ---- */

enum { REFERENCE_ATTENTION_LENGTH = 1024 }; /* at most */
void reference_attention(const float *restrict query, const float *restrict key, const float *restrict value, float *restrict out,
                         int64_t length, int64_t size);
/* in: query, key, value, result, its cotangent; gradients: by query, key, value. */
void reference_attention_backward(const float *const in[5], float *const gradients[3], int64_t length, int64_t size);

/* ---- limits ---- */

/* Floating-point operations of that many rounds of independent FMAs in registers. */
double reference_fma(int64_t rounds);
void reference_copy(const float *restrict from, float *restrict to, int64_t count);
/* 64-byte aligned; the remainder of count / 16 is left out. Stores go around the caches. */
void reference_stream_copy(const float *restrict from, float *restrict to, int64_t count);
void reference_stream_triad(const float *restrict a, const float *restrict b, float scale, float *restrict out, int64_t count);
/* out = a * b + c: the memory traffic of reference_silu and next to no work. */
void reference_stream_fma(const float *restrict a, const float *restrict b, const float *restrict c, float *restrict out, int64_t count);

/* micrograd's demonstration: 2-16-16-1 with ReLU, hinge loss, L2; one step of gradient descent on `rows` points. */
struct reference_micro {
  float w1[16][2], b1[16], w2[16][16], b2[16], w3[16], b3;
};
float reference_micro_step(struct reference_micro *net, const float (*restrict x)[2], const float *restrict y, int64_t rows, float lr,
                           float alpha);

#endif
