/* Causal attention in plain C, one head, row by row without a matrix of all scores; see reference.h. Compiled with -O3 -march=native
 * -ffast-math. */
#include "reference.h"

#include <math.h>
#include <string.h>

/* The weights of keys 0 .. row for one query. */
static void weigh(const float *restrict query, const float *restrict key, float *restrict weights, int64_t row, int64_t size) {
  float largest = -1e30f, sum = 0, scale = 1 / sqrtf((float)size);
  for (int64_t j = 0; j <= row; j++) {
    float dot = 0;
    for (int64_t d = 0; d < size; d++)
      dot += query[d] * key[j * size + d];
    weights[j] = dot * scale;
    largest = weights[j] > largest ? weights[j] : largest;
  }
  for (int64_t j = 0; j <= row; j++)
    sum += weights[j] = expf(weights[j] - largest);
  for (int64_t j = 0; j <= row; j++)
    weights[j] /= sum;
}

void reference_attention(const float *restrict query, const float *restrict key, const float *restrict value, float *restrict out,
                         int64_t length, int64_t size) {
  float weights[REFERENCE_ATTENTION_LENGTH];
  for (int64_t row = 0; row < length; row++, query += size, out += size) {
    weigh(query, key, weights, row, size);
    memset(out, 0, (size_t)size * sizeof *out);
    for (int64_t j = 0; j <= row; j++)
      for (int64_t d = 0; d < size; d++)
        out[d] += weights[j] * value[j * size + d];
  }
}

void reference_attention_backward(const float *const in[5], float *const gradients[3], int64_t length, int64_t size) {
  const float *restrict query = in[0], *restrict key = in[1], *restrict value = in[2], *restrict out = in[3], *restrict g = in[4];
  float *restrict d_query = gradients[0], *restrict d_key = gradients[1], *restrict d_value = gradients[2];
  float weights[REFERENCE_ATTENTION_LENGTH], scale = 1 / sqrtf((float)size);
  for (int i = 0; i < 3; i++)
    memset(gradients[i], 0, (size_t)(length * size) * sizeof(float));
  for (int64_t row = 0; row < length; row++, query += size, out += size, g += size, d_query += size) {
    float along = 0;
    weigh(query, key, weights, row, size);
    for (int64_t d = 0; d < size; d++)
      along += g[d] * out[d];
    for (int64_t j = 0; j <= row; j++) {
      float dot = 0;
      for (int64_t d = 0; d < size; d++)
        dot += g[d] * value[j * size + d];
      float d_score = weights[j] * (dot - along) * scale;
      for (int64_t d = 0; d < size; d++) {
        d_query[d] += d_score * key[j * size + d];
        d_key[j * size + d] += d_score * query[d];
        d_value[j * size + d] += weights[j] * g[d];
      }
    }
  }
}
