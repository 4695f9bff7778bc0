/* Tensors of known values, and sums that show a misplaced element: what tests against numbers from PyTorch share. Include it after cmocka.h
 * and context.h. */
#ifndef TIN_TESTS_RAMP_H
#define TIN_TESTS_RAMP_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* cos(a i + b) for element i, f64: what the expected numbers were computed from. */
static inline tin_tensor *ramp(tin_ctx *ctx, tin_shape shape, double a, double b) {
  int64_t size = 1;
  for (int i = 0; i < shape.rank; i++)
    size *= shape.size[i];
  double *data = calloc((size_t)size + 1, sizeof *data);
  assert_non_null(data);
  for (int64_t i = 0; i < size; i++)
    data[i] = cos(a * (double)i + b);
  tin_tensor *t = tin_from(ctx, TIN_F64, shape, data);
  free(data);
  return t;
}

/* Every element times a weight of its own, summed: a misplaced element shows. */
static inline tin_tensor *weighted(tin_tensor *y) {
  tin_shape shape = tin_shape_of(y);
  return tin_sum(tin_mul(y, ramp(tin_ctx_of(y), shape, 1, 0.3)));
}

static inline void assert_near(const char *what, int i, double got, double want) {
  if (!(fabs(got - want) <= 1e-11 * (1 + fabs(want))))
    fail_msg("case %d: %s is %.17g, not %.17g", i, what, got, want);
}

static inline void assert_shape(int i, tin_tensor *y, tin_shape want) {
  tin_shape got = tin_shape_of(y);
  if (got.rank != want.rank || memcmp(got.size, want.size, sizeof *got.size * (size_t)got.rank) != 0)
    fail_msg("case %d: the result has another shape: %s", i, tin_message(tin_ctx_of(y)));
}

static inline void assert_message(tin_ctx *ctx, tin_tensor *y, const char *text) {
  assert_true(tin_is_poison(y));
  if (!strstr(tin_message(ctx), text))
    fail_msg("\"%s\" instead of \"%s\"", tin_message(ctx), text);
  tin_clear_error(ctx);
}

#define SHAPE(...)                                                                                                                         \
  {                                                                                                                                        \
    sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {                                                                                  \
      __VA_ARGS__                                                                                                                          \
    }                                                                                                                                      \
  }

#endif
