/* Values of tensors against a list in the test's text. Include it after cmocka.h and context.h. */
#ifndef TIN_TESTS_EXPECT_H
#define TIN_TESTS_EXPECT_H

#include <math.h>
#include <stdlib.h>

/* Compares a tensor of any dtype as f64; NaN equals NaN, and the sign of a zero counts only where `tolerance` is 0. */
static inline void expect_values(int line, tin_tensor *t, double tolerance, const double *want, int64_t count) {
  double *got = malloc(sizeof *got * (size_t)(count + 1));
  assert_non_null(got);
  if (tin_size_of(t) != count || !tin_read(tin_cast(t, TIN_F64), got, (size_t)count * sizeof *got))
    fail_msg("line %d: %lld elements, not %lld; %s", line, (long long)tin_size_of(t), (long long)count, tin_message(tin_ctx_of(t)));
  for (int64_t i = 0; i < count; i++) {
    bool equal = got[i] == want[i] && (tolerance > 0 || !signbit(got[i]) == !signbit(want[i]));
    if (!equal && !(isnan(got[i]) && isnan(want[i])) && !(fabs(got[i] - want[i]) <= tolerance * fabs(want[i])))
      fail_msg("line %d: element %lld is %.12g, not %.12g", line, (long long)i, got[i], want[i]);
  }
  free(got);
}

static inline void expect_type(int line, tin_tensor *t, tin_dtype dtype, tin_shape want) {
  tin_shape got = tin_shape_of(t);
  bool same = got.rank == want.rank && tin_dtype_of(t) == dtype;
  for (int i = 0; same && i < want.rank; i++)
    same = got.size[i] == want.size[i];
  if (!same)
    fail_msg("line %d: %s of rank %d, sizes %lld %lld %lld; %s", line, tin_dtype_name(tin_dtype_of(t)), got.rank, (long long)got.size[0],
             (long long)got.size[1], (long long)got.size[2], tin_message(tin_ctx_of(t)));
}

#define F64(...) ((double[]){__VA_ARGS__})
#define EXPECT_NEAR(t, tolerance, ...)                                                                                                     \
  expect_values(__LINE__, t, tolerance, F64(__VA_ARGS__), (int64_t)(sizeof F64(__VA_ARGS__) / sizeof(double)))
#define EXPECT_EXACT(t, ...) EXPECT_NEAR(t, 0, __VA_ARGS__)
#define EXPECT_TYPE(t, dtype, ...) expect_type(__LINE__, t, dtype, TIN_SHAPE(__VA_ARGS__))
/* A tensor of any dtype from f64 values. */
#define TENSOR(ctx, dtype, shape, ...) tin_cast(tin_from(ctx, TIN_F64, shape, F64(__VA_ARGS__)), dtype)

#endif
