/* References in plain C; see reference.h. Compiled with -O3 -march=native -ffast-math. */
#include "reference.h"

#include <math.h>
#include <stdlib.h>

void reference_silu(const float *restrict a, const float *restrict b, const float *restrict c, float *restrict out, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    float x = a[i] * b[i] + c[i];
    out[i] = x / (1 + expf(-x));
  }
}

void reference_softmax(const float *restrict x, float *restrict out, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++, x += columns, out += columns) {
    float largest = x[0], sum = 0;
    for (int64_t i = 1; i < columns; i++)
      largest = x[i] > largest ? x[i] : largest;
    for (int64_t i = 0; i < columns; i++)
      sum += out[i] = expf(x[i] - largest);
    float factor = 1 / sum;
    for (int64_t i = 0; i < columns; i++)
      out[i] *= factor;
  }
}

static void moments(const float *x, int64_t columns, float *mean, float *scale) {
  float sum = 0, squares = 0;
  for (int64_t i = 0; i < columns; i++)
    sum += x[i];
  *mean = sum / (float)columns;
  for (int64_t i = 0; i < columns; i++)
    squares += (x[i] - *mean) * (x[i] - *mean);
  *scale = 1 / sqrtf(squares / (float)columns + 1e-5f);
}

void reference_layer_norm(const float *restrict x, const float *restrict weight, const float *restrict bias, float *restrict out,
                          int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++, x += columns, out += columns) {
    float mean, scale;
    moments(x, columns, &mean, &scale);
    for (int64_t i = 0; i < columns; i++)
      out[i] = (x[i] - mean) * scale * weight[i] + bias[i];
  }
}

void reference_layer_norm_backward(const float *restrict x, const float *restrict weight, const float *restrict g, float *restrict d_x,
                                   float *restrict d_weight, float *restrict d_bias, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++, x += columns, g += columns, d_x += columns) {
    float mean, scale, sum = 0, along = 0;
    moments(x, columns, &mean, &scale);
    for (int64_t i = 0; i < columns; i++) {
      float unit = (x[i] - mean) * scale, gradient = g[i] * weight[i];
      sum += gradient;
      along += gradient * unit;
      d_weight[i] += g[i] * unit;
      d_bias[i] += g[i];
    }
    sum /= (float)columns, along /= (float)columns;
    for (int64_t i = 0; i < columns; i++)
      d_x[i] = scale * (g[i] * weight[i] - sum - (x[i] - mean) * scale * along);
  }
}

void reference_bias_gelu(float *restrict x, const float *restrict bias, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++, x += columns)
    for (int64_t i = 0; i < columns; i++) {
      float y = x[i] + bias[i];
      x[i] = 0.5f * y * (1 + erff(y * 0.70710678f));
    }
}

void reference_bias_relu(float *restrict x, const float *restrict bias, int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row++, x += columns)
    for (int64_t i = 0; i < columns; i++)
      x[i] = x[i] + bias[i] > 0 ? x[i] + bias[i] : 0;
}

void reference_relu_backward(float *restrict g, const float *restrict x, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    g[i] = x[i] > 0 ? g[i] : 0;
}

void reference_column_sums(const float *restrict x, float *restrict out, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < columns; i++)
    out[i] = 0;
  for (int64_t row = 0; row < rows; row++, x += columns)
    for (int64_t i = 0; i < columns; i++)
      out[i] += x[i];
}

float reference_cross_entropy(float *restrict logits, const int32_t *restrict labels, int64_t rows, int64_t columns) {
  float loss = 0;
  for (int64_t row = 0; row < rows; row++, logits += columns) {
    float largest = logits[0], sum = 0, chosen = logits[labels[row]];
    for (int64_t i = 1; i < columns; i++)
      largest = logits[i] > largest ? logits[i] : largest;
    for (int64_t i = 0; i < columns; i++)
      sum += logits[i] = expf(logits[i] - largest);
    loss += logf(sum) - (chosen - largest);
    for (int64_t i = 0; i < columns; i++)
      logits[i] = (logits[i] / sum - (i == labels[row])) / (float)rows;
  }
  return loss;
}

void reference_adam(const struct reference_adam *adam, float *restrict w, float *restrict m, float *restrict v, const float *restrict g,
                    int64_t count) {
  float beta1 = adam->beta1, beta2 = adam->beta2, eps = adam->eps, keep = 1 - adam->decay;
  float rate = adam->lr / adam->correction1, root = 1 / adam->correction2;
  for (int64_t i = 0; i < count; i++) {
    m[i] = beta1 * m[i] + (1 - beta1) * g[i];
    v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
    w[i] = keep * w[i] - rate * m[i] / (sqrtf(v[i]) * root + eps);
  }
}

struct reference_adam reference_adam_at(int step, float decay) {
  return (struct reference_adam){.lr = 1e-3f,
                                 .beta1 = 0.9f,
                                 .beta2 = 0.999f,
                                 .eps = 1e-8f,
                                 .decay = decay,
                                 .correction1 = (float)(1 - pow(0.9, step)),
                                 .correction2 = (float)sqrt(1 - pow(0.999, step))};
}

/* ---- limits ---- */

#if defined(__AVX512F__)
enum { VECTOR_BYTES = 64 };
#elif defined(__AVX__)
enum { VECTOR_BYTES = 32 };
#else
enum { VECTOR_BYTES = 16 };
#endif
enum { VECTOR_FLOATS = VECTOR_BYTES / 4 };
typedef float vector __attribute__((vector_size(VECTOR_BYTES)));

enum { CHAINS = 12 }; /* independent FMAs in flight: latency 4 or 5 times 2 units, with some to spare */

double reference_fma(int64_t rounds) {
  vector sums[CHAINS], factor, term;
  volatile float unknown = 0.5f;
  for (int i = 0; i < VECTOR_FLOATS; i++)
    factor[i] = unknown, term[i] = unknown;
  for (int chain = 0; chain < CHAINS; chain++)
    sums[chain] = term * (float)chain;
  for (int64_t round = 0; round < rounds; round++) {
#pragma GCC unroll 12
    for (int chain = 0; chain < CHAINS; chain++)
      sums[chain] = sums[chain] * factor + term;
    __asm__ volatile("" : "+x"(factor)); /* keeps the rounds */
  }
  for (int chain = 1; chain < CHAINS; chain++)
    sums[0] += sums[chain];
  unknown = sums[0][0];
  return 2.0 * CHAINS * VECTOR_FLOATS * (double)rounds;
}

void reference_copy(const float *restrict from, float *restrict to, int64_t count) {
  const vector *source = (const vector *)from;
  vector *target = (vector *)to;
  for (int64_t i = 0; i < count / VECTOR_FLOATS; i++) {
    target[i] = source[i];
    __asm__ volatile("" ::: "memory"); /* no call of memcpy, which chooses its stores itself */
  }
}

static inline void stream(vector *to, vector value) {
#if defined(__AVX512F__)
  __asm__ volatile("vmovntps %1, %0" : "=m"(*to) : "v"(value));
#elif defined(__AVX__)
  __asm__ volatile("vmovntps %1, %0" : "=m"(*to) : "x"(value));
#elif defined(__SSE__)
  __asm__ volatile("movntps %1, %0" : "=m"(*to) : "x"(value));
#else
  *to = value;
#endif
}

static inline void fence(void) {
#if defined(__x86_64__)
  __asm__ volatile("sfence" ::: "memory");
#endif
}

enum { AHEAD = 512 }; /* floats prefetched ahead: 256 to 2048 are alike */

void reference_stream_copy(const float *restrict from, float *restrict to, int64_t count) {
  for (int64_t i = 0; i + VECTOR_FLOATS <= count; i += VECTOR_FLOATS) {
    __builtin_prefetch(from + i + AHEAD);
    stream((vector *)(to + i), *(const vector *)(from + i));
  }
  fence();
}

void reference_stream_triad(const float *restrict a, const float *restrict b, float scale, float *restrict out, int64_t count) {
  for (int64_t i = 0; i + VECTOR_FLOATS <= count; i += VECTOR_FLOATS) {
    __builtin_prefetch(a + i + AHEAD);
    __builtin_prefetch(b + i + AHEAD);
    stream((vector *)(out + i), *(const vector *)(a + i) + scale * *(const vector *)(b + i));
  }
  fence();
}

void reference_stream_fma(const float *restrict a, const float *restrict b, const float *restrict c, float *restrict out, int64_t count) {
  for (int64_t i = 0; i + VECTOR_FLOATS <= count; i += VECTOR_FLOATS) {
    __builtin_prefetch(a + i + AHEAD);
    __builtin_prefetch(b + i + AHEAD);
    __builtin_prefetch(c + i + AHEAD);
    stream((vector *)(out + i), *(const vector *)(a + i) * *(const vector *)(b + i) + *(const vector *)(c + i));
  }
  fence();
}

/* ---- micrograd's network ---- */

/* Forward over all points for one layer: out[row][j] = x[row] . w[j] + b[j]. Columns of 16 become one vector each. */
enum { WIDTH = 16 };

static void micro_backward(struct reference_micro *d, const struct reference_micro *net, const float *x, const float *h1, const float *h2,
                           float g) {
  float g2[WIDTH], g1[WIDTH] = {0};
  d->b3 += g;
  for (int j = 0; j < WIDTH; j++) {
    d->w3[j] += g * h2[j];
    g2[j] = h2[j] > 0 ? g * net->w3[j] : 0;
    d->b2[j] += g2[j];
  }
  for (int j = 0; j < WIDTH; j++)
    for (int i = 0; i < WIDTH; i++) {
      d->w2[j][i] += g2[j] * h1[i];
      g1[i] += g2[j] * net->w2[j][i];
    }
  for (int i = 0; i < WIDTH; i++) {
    g1[i] = h1[i] > 0 ? g1[i] : 0;
    d->b1[i] += g1[i];
    d->w1[i][0] += g1[i] * x[0];
    d->w1[i][1] += g1[i] * x[1];
  }
}

float reference_micro_step(struct reference_micro *net, const float (*restrict x)[2], const float *restrict y, int64_t rows, float lr,
                           float alpha) {
  struct reference_micro d = {0};
  float turned[WIDTH][WIDTH], loss = 0, squares = 0;
  for (int j = 0; j < WIDTH; j++)
    for (int i = 0; i < WIDTH; i++)
      turned[i][j] = net->w2[j][i];
  for (int64_t row = 0; row < rows; row++) {
    float h1[WIDTH], h2[WIDTH], score = net->b3;
    for (int i = 0; i < WIDTH; i++)
      h1[i] = fmaxf(x[row][0] * net->w1[i][0] + x[row][1] * net->w1[i][1] + net->b1[i], 0);
    for (int j = 0; j < WIDTH; j++)
      h2[j] = net->b2[j];
    for (int i = 0; i < WIDTH; i++)
      for (int j = 0; j < WIDTH; j++)
        h2[j] += h1[i] * turned[i][j];
    for (int j = 0; j < WIDTH; j++)
      score += (h2[j] = fmaxf(h2[j], 0)) * net->w3[j];
    float margin = 1 - y[row] * score;
    loss += margin > 0 ? margin : 0;
    if (margin > 0)
      micro_backward(&d, net, x[row], h1, h2, -y[row] / (float)rows);
  }
  float *w = &net->w1[0][0], *g = &d.w1[0][0]; /* all members are floats, without gaps */
  for (int i = 0; i < (int)(sizeof *net / sizeof *w); i++) {
    squares += w[i] * w[i];
    w[i] -= lr * (g[i] + 2 * alpha * w[i]);
  }
  return loss / (float)rows + alpha * squares;
}
