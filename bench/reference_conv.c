/* A convolutional network's pieces in plain C, image by image; see reference.h. Compiled with -O3 -march=native -ffast-math. */
#include "reference.h"

#include <string.h>

enum { SIDE_LIMIT = 32 }; /* of an image */

void reference_conv_relu(const struct reference_conv *shape, const float *restrict x, const float *restrict weight,
                         const float *restrict bias, float *restrict y) {
  int kernel = shape->kernel, side = shape->side, out_side = side - kernel + 1;
  for (int o = 0; o < shape->out; o++)
    for (int row = 0; row < out_side; row++, y += out_side) {
      float sums[SIDE_LIMIT];
      for (int column = 0; column < out_side; column++)
        sums[column] = bias[o];
      for (int i = 0; i < shape->in; i++)
        for (int tap = 0; tap < kernel * kernel; tap++) {
          const float *from = x + (i * side + row + tap / kernel) * side + tap % kernel;
          float w = weight[(o * shape->in + i) * kernel * kernel + tap];
          for (int column = 0; column < out_side; column++)
            sums[column] += w * from[column];
        }
      for (int column = 0; column < out_side; column++)
        y[column] = sums[column] > 0 ? sums[column] : 0;
    }
}

/* Gradient by the rows of the input, each from all rows of g that it went into. */
static void conv_backward_input(const struct reference_conv *shape, const float *restrict weight, const float *restrict g,
                                float *restrict d_x) {
  int kernel = shape->kernel, side = shape->side, out_side = side - kernel + 1;
  for (int i = 0; i < shape->in; i++)
    for (int row = 0; row < side; row++, d_x += side) {
      float sums[SIDE_LIMIT] = {0};
      for (int o = 0; o < shape->out; o++)
        for (int tap = 0; tap < kernel * kernel; tap++) {
          int from_row = row - tap / kernel;
          if (from_row < 0 || from_row >= out_side)
            continue;
          const float *from = g + (o * out_side + from_row) * out_side;
          float w = weight[(o * shape->in + i) * kernel * kernel + tap], *to = sums + tap % kernel;
          for (int column = 0; column < out_side; column++)
            to[column] += w * from[column];
        }
      memcpy(d_x, sums, (size_t)side * sizeof *d_x);
    }
}

void reference_conv_backward(const struct reference_conv *shape, const float *restrict x, const float *restrict weight,
                             const float *restrict g, float *restrict d_x, float *restrict d_weight, float *restrict d_bias) {
  int kernel = shape->kernel, side = shape->side, out_side = side - kernel + 1;
  for (int o = 0; o < shape->out; o++) {
    const float *map = g + o * out_side * out_side;
    for (int e = 0; e < out_side * out_side; e++)
      d_bias[o] += map[e];
    for (int i = 0; i < shape->in; i++)
      for (int tap = 0; tap < kernel * kernel; tap++) {
        float sum = 0;
        for (int row = 0; row < out_side; row++)
          for (int column = 0; column < out_side; column++)
            sum += map[row * out_side + column] * x[(i * side + row + tap / kernel) * side + tap % kernel + column];
        d_weight[(o * shape->in + i) * kernel * kernel + tap] += sum;
      }
  }
  if (d_x)
    conv_backward_input(shape, weight, g, d_x);
}

void reference_max_pool(const float *restrict x, float *restrict out, int channels, int side) {
  for (int row = 0; row < channels * side / 2; row++)
    for (int column = 0; column < side / 2; column++) {
      const float *at = x + 2 * row * side + 2 * column;
      float upper = at[0] > at[1] ? at[0] : at[1], lower = at[side] > at[side + 1] ? at[side] : at[side + 1];
      *out++ = upper > lower ? upper : lower;
    }
}

void reference_max_pool_relu_backward(float *restrict x, const float *restrict g, int channels, int side) {
  for (int row = 0; row < channels * side / 2; row++)
    for (int column = 0; column < side / 2; column++) {
      float *at = x + 2 * row * side + 2 * column;
      float *cells[4] = {at, at + 1, at + side, at + side + 1}, *largest = at;
      for (int i = 1; i < 4; i++)
        largest = *cells[i] > *largest ? cells[i] : largest;
      float value = *largest > 0 ? *g : 0;
      for (int i = 0; i < 4; i++)
        *cells[i] = cells[i] == largest ? value : 0;
      g++;
    }
}
