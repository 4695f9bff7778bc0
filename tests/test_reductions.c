/* Reductions along every axis, at sizes around the lanes, the partials and the blocks of the accumulation rule: equal bits on every target
 * and number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tinsmith.h>
#include <cmocka.h>

#include "codegen/kernel.h"

enum { MOST = 2200 * 40, RESULTS = 4 };

struct outcome {
  size_t bytes;
  unsigned char data[RESULTS][8 * 2200];
};

/* Several reductions of one tensor over one axis, with work before and after them. */
static void reduce_all(tin_ctx *ctx, tin_dtype dtype, int64_t rows, int64_t columns, int axis, const double *numbers,
                       struct outcome *outcome) {
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_cast(tin_from(ctx, TIN_F64, TIN_SHAPE(rows, columns), numbers), dtype);
  tin_tensor *scaled = tin_mul(x, tin_add_scalar(tin_abs(x), 0.25));
  tin_tensor *results[RESULTS] = {
      tin_add_scalar(tin_sum(scaled, .axes = TIN_AXES(axis)), 1),
      tin_sum(tin_mul(x, scaled), .axes = TIN_AXES(axis)),
      tin_max(scaled, .axes = TIN_AXES(axis)),
      tin_sub(tin_sum(x, .axes = TIN_AXES(axis)), tin_min(x, .axes = TIN_AXES(axis))),
  };
  outcome->bytes = (size_t)(axis ? rows : columns) * (dtype == TIN_F64 ? 8 : 4);
  tin_realize(TIN_LIST(results[0], results[1], results[2], results[3]));
  for (int i = 0; i < RESULTS; i++)
    tin_read(results[i], outcome->data[i], outcome->bytes);
  tin_end(scope);
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
}

static void compare_targets(tin_dtype dtype, int axis) {
  static const int64_t sizes[][2] = {{1, 5}, {7, 33}, {255, 3}, {256, 16}, {300, 40}, {1023, 17}, {1024, 31}, {1025, 40}, {2200, 9}};
  static const struct {
    const char *target;
    int threads;
  } ways[] = {{"interpreter", 1}, {"portable", 1}, {"avx2", 1}, {"avx2", 3}, {"avx512", 1}, {"avx512", 2}};
  double *numbers = malloc(sizeof *numbers * MOST);
  struct outcome *outcomes = calloc(2, sizeof *outcomes);
  for (int i = 0; i < MOST; i++)
    numbers[i] = (i * 7919 % 1009 - 504) / 97.0;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
      const struct tin_codegen_target *target = tin_codegen_target_find(ways[w].target);
      if (target && !tin_codegen_target_usable(target))
        continue;
      tin_ctx *ctx = tin_ctx_new(.target = ways[w].target, .threads = ways[w].threads);
      struct outcome *outcome = &outcomes[w > 0];
      reduce_all(ctx, dtype, sizes[s][axis ? 1 : 0], sizes[s][axis ? 0 : 1], axis, numbers, outcome);
      tin_ctx_free(ctx);
      for (int i = 0; w > 0 && i < RESULTS; i++)
        if (memcmp(outcome->data[i], outcomes[0].data[i], outcome->bytes))
          fail_msg("result %d of %lld terms over axis %d differs on %s with %d threads", i, (long long)sizes[s][0], axis, ways[w].target,
                   ways[w].threads);
    }
  free(numbers);
  free(outcomes);
}

static void test_down_columns(void **state) {
  (void)state;
  compare_targets(TIN_F32, 0);
  compare_targets(TIN_F64, 0);
}

static void test_along_rows(void **state) {
  (void)state;
  compare_targets(TIN_F32, 1);
  compare_targets(TIN_F64, 1);
}

/* Wider than one block of columns. */
static void test_wide(void **state) {
  (void)state;
  enum { ROWS = 300, COLUMNS = 1100 };
  float *x = malloc(sizeof *x * ROWS * COLUMNS), *sums = malloc(sizeof *sums * COLUMNS), *again = malloc(sizeof *again * COLUMNS);
  for (int i = 0; i < ROWS * COLUMNS; i++)
    x[i] = (float)(i % 1013) / 31;
  for (int threads = 1; threads <= 3; threads++) {
    tin_ctx *ctx = tin_ctx_new(.threads = threads);
    tin_tensor *total = tin_sum(tin_from(ctx, TIN_F32, TIN_SHAPE(ROWS, COLUMNS), x), .axes = TIN_AXES(0));
    tin_read(total, threads == 1 ? sums : again, sizeof *sums * COLUMNS);
    assert_true(tin_ok(ctx));
    tin_ctx_free(ctx);
    if (threads > 1)
      assert_memory_equal(sums, again, sizeof *sums * COLUMNS);
  }
  for (int c = 0; c < COLUMNS; c += 99) {
    double exact = 0;
    for (int r = 0; r < ROWS; r++)
      exact += (double)x[r * COLUMNS + c];
    assert_true(sums[c] > exact * (1 - 1e-5) && sums[c] < exact * (1 + 1e-5));
  }
  free(x);
  free(sums);
  free(again);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_down_columns),
      cmocka_unit_test(test_along_rows),
      cmocka_unit_test(test_wide),
  };
  return cmocka_run_group_tests_name("reductions", tests, NULL, NULL);
}
