/* Elementwise parts move into the part that reads them, which of several needed values is stored, concats piece by piece: launches of cells
 * and of what must stay apart. The bits are compared with the interpreter's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "context.h"
#include "tinsmith_nn.h"

enum { ROWS = 16, WIDTH = 32, MAX_OUTPUTS = 4 };

typedef int build_fn(tin_ctx *ctx, tin_tensor **outputs);

static tin_tensor *numbers(tin_ctx *ctx, int64_t rows, int64_t columns, int seed) {
  static float at[ROWS * WIDTH * 8];
  tin_tensor *t = tin_state(ctx, TIN_SHAPE(rows, columns));
  for (int64_t i = 0; i < rows * columns; i++)
    at[i] = (float)((i * 41 + seed * 13) % 97) / 97 - 0.5f;
  assert_true(tin_write(t, at, (size_t)(rows * columns) * sizeof *at));
  return t;
}

static void run(build_fn *build, const char *target, float *out, size_t *bytes, long long *kernels) {
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 2, .target = target});
  tin_scope scope = tin_begin(ctx);
  tin_tensor *outputs[MAX_OUTPUTS];
  int count = build(ctx, outputs);
  assert_true(tin_realize(((tin_list){outputs, count})));
  *kernels = tin_stats(ctx).kernels_launched;
  *bytes = 0;
  for (int i = 0; i < count; i++) {
    size_t size = (size_t)tin_size_of(outputs[i]) * sizeof *out;
    assert_true(tin_read(outputs[i], (char *)out + *bytes, size));
    *bytes += size;
  }
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

static long long kernels_of(build_fn *build) {
  static float got[1 << 16], expected[1 << 16];
  size_t bytes, expected_bytes;
  long long kernels, none;
  run(build, "interpreter", expected, &expected_bytes, &none);
  run(build, NULL, got, &bytes, &kernels);
  assert_true(bytes == expected_bytes && bytes <= sizeof got);
  assert_memory_equal(got, expected, bytes);
  return kernels;
}

/* One step: what the gates take, then all four gates, the state and the output. */
static int lstm_step(tin_ctx *ctx, tin_tensor **outputs) {
  tin_rnn_cell cell = tin_rnn_cell_new(ctx, TIN_LSTM, WIDTH, WIDTH);
  tin_rnn_state state = {.h = numbers(ctx, ROWS, WIDTH, 1), .c = numbers(ctx, ROWS, WIDTH, 2)};
  state = tin_rnn_cell_forward(&cell, numbers(ctx, ROWS, WIDTH, 3), state);
  outputs[0] = state.h, outputs[1] = state.c;
  return 2;
}

static void test_lstm_step(void **state) {
  (void)state;
  assert_int_equal(kernels_of(lstm_step), 3); /* two contractions, of which one adds the other, and the cell */
}

/* Three values without a producer in common, each needed twice; they are read where they are made. */
static int in_place(tin_ctx *ctx, tin_tensor **outputs) {
  tin_tensor *sum = NULL;
  for (int i = 0; i < 3; i++) {
    tin_tensor *x = tin_exp(numbers(ctx, ROWS, WIDTH, i));
    outputs[i] = x;
    sum = sum ? tin_mul(sum, x) : x;
  }
  outputs[3] = sum;
  return 4;
}

/* The same, but one is read transposed: it is made before. */
static int turned(tin_ctx *ctx, tin_tensor **outputs) {
  tin_tensor *x = tin_exp(numbers(ctx, WIDTH, WIDTH / 2, 1)), *y = tin_sin(numbers(ctx, WIDTH / 2, WIDTH, 2));
  outputs[0] = x, outputs[1] = y;
  outputs[2] = tin_mul(tin_transpose(x, 0, 1), y);
  return 3;
}

static void test_positions(void **state) {
  (void)state;
  assert_int_equal(kernels_of(in_place), 1);
  assert_int_equal(kernels_of(turned), 2);
}

/* a needs b's sum: they cannot be one part, though a third reads both. */
static int in_between(tin_ctx *ctx, tin_tensor **outputs) {
  tin_tensor *a = tin_exp(numbers(ctx, ROWS, WIDTH, 1));
  tin_tensor *total = tin_sum(a, .axes = TIN_AXES(0), .keepdims = true),
             *b = tin_sin(tin_add(numbers(ctx, ROWS, WIDTH, 2), tin_expand(total, TIN_SHAPE(ROWS, WIDTH))));
  outputs[0] = a, outputs[1] = b;
  outputs[2] = tin_mul(a, b);
  return 3;
}

static void test_what_lies_between(void **state) {
  (void)state;
  assert_true(kernels_of(in_between) >= 2);
}

/* Costly inputs of a concat that one sum reads: a launch of pieces, then the sum. */
static int costly_pieces(tin_ctx *ctx, tin_tensor **outputs) {
  tin_tensor *parts[3] = {tin_gelu(numbers(ctx, ROWS, WIDTH, 1)), tin_exp(numbers(ctx, ROWS, 5, 2)), tin_sin(numbers(ctx, ROWS, WIDTH, 3))};
  outputs[0] = tin_sum(tin_concat(((tin_list){parts, 3}), 1), .axes = TIN_AXES(1));
  return 1;
}

/* Of a few values as they are it selects: one launch. */
static int cheap_pieces(tin_ctx *ctx, tin_tensor **outputs) {
  tin_tensor *parts[2] = {numbers(ctx, ROWS, WIDTH, 1), numbers(ctx, ROWS, WIDTH, 2)};
  outputs[0] = tin_sum(tin_concat(((tin_list){parts, 2}), 1), .axes = TIN_AXES(1));
  return 1;
}

/* Equal pieces share a function, at the start of lines (16 rows of 32) as elsewhere (rows of 3: each start has its own). */
static int stacked(tin_ctx *ctx, tin_tensor **outputs) {
  for (int odd = 0; odd < 2; odd++) {
    tin_tensor *parts[9];
    for (int i = 0; i < 9; i++)
      parts[i] = tin_exp(numbers(ctx, odd ? 1 : ROWS, odd ? 3 : WIDTH, i));
    outputs[odd] = tin_concat(((tin_list){parts, 9}), 0);
  }
  return 2;
}

static void test_pieces(void **state) {
  (void)state;
  assert_int_equal(kernels_of(costly_pieces), 2);
  assert_int_equal(kernels_of(cheap_pieces), 1);
  assert_int_equal(kernels_of(stacked), 1);
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_tensor *outputs[2];
  tin_scope scope = tin_begin(ctx);
  assert_true(tin_realize(((tin_list){outputs, stacked(ctx, outputs)})));
  assert_true(tin_stats(ctx).functions_compiled <= 1 + 9); /* not 18 */
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lstm_step),
      cmocka_unit_test(test_positions),
      cmocka_unit_test(test_what_lies_between),
      cmocka_unit_test(test_pieces),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
