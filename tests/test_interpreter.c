/* The interpreter: accumulation orders against a second writing of docs/numerics.md, movement against index formulas, indexing errors. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "ir/interpreter.h"
#include "ir/scalar.h"

enum { MOST_INPUTS = 3 };

/* A node with its storage, made without a graph. */
struct made {
  struct tin_node node;
  struct tin_node *in[MOST_INPUTS];
  int64_t arg[TIN_MAX_ARGS];
  int64_t shape[TIN_MAX_RANK];
};

#define SHAPE(...) (const int64_t[]){__VA_ARGS__}, (int)(sizeof(int64_t[]){__VA_ARGS__} / sizeof(int64_t))

static struct made *make(struct made *made, int op, tin_dtype dtype, const int64_t *shape, int rank) {
  memset(made, 0, sizeof *made);
  made->node = (struct tin_node){.op = (uint16_t)op, .dtype = (uint8_t)dtype, .rank = (uint8_t)rank, .size = 1};
  for (int axis = 0; axis < rank; axis++) {
    made->shape[axis] = shape[axis];
    made->node.size *= shape[axis];
  }
  made->node.shape = made->shape;
  made->node.arg = made->arg;
  made->node.in = made->in;
  return made;
}

static void add_input(struct made *made, struct made *input) {
  made->in[made->node.n_in++] = &input->node;
}

static void interpret(const struct made *made, void *const *in, void *out) {
  struct tin_error error = {0};
  assert_true(tin_interpret(&made->node, in, out, &error));
}

static float next_float(uint64_t *state) { /* in [-1, 1); xorshift64, Marsaglia 2003 */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return (float)((double)(*state >> 40) * 0x1p-23 - 1);
}

/* ---- reductions ---- */

/* The lanes rule for one result; y NULL: a sum. */
static float lanes_sum(const float *x, const float *y, int64_t count, int64_t stride) {
  int64_t blocks = (count + 1023) / 1024;
  float *sums = malloc(sizeof *sums * (size_t)blocks);
  for (int64_t block = 0; block < blocks; block++) {
    float partial[16];
    for (int lane = 0; lane < 16; lane++)
      partial[lane] = -0.0f;
    for (int64_t k = block * 1024; k < count && k < (block + 1) * 1024; k++)
      partial[k % 16] = y ? fmaf(x[k * stride], y[k * stride], partial[k % 16]) : partial[k % 16] + x[k * stride];
    for (int half = 8; half >= 1; half /= 2)
      for (int lane = 0; lane < half; lane++)
        partial[lane] += partial[lane + half];
    sums[block] = partial[0];
  }
  float result = blocks == 1 ? sums[0] : lanes_sum(sums, NULL, blocks, 1);
  free(sums);
  return result;
}

/* The chain rule for one result. */
static float chain_sum(const float *x, const float *y, int64_t count, int64_t stride) {
  int64_t chunks = (count + 255) / 256, length = 16 * ((count + 16 * chunks - 1) / (16 * chunks)), per_group = (chunks + 15) / 16;
  float total = 0, group = 0;
  for (int64_t chunk = 0; chunk < chunks; chunk++) {
    float chain = -0.0f;
    for (int64_t k = chunk * length; k < count && k < (chunk + 1) * length; k++)
      chain = fmaf(x[k * stride], y[k * stride], chain);
    group = chunk % per_group == 0 ? chain : group + chain;
    if (chunk % per_group == per_group - 1 || chunk == chunks - 1)
      total = chunk < per_group ? group : total + group;
  }
  return total;
}

/* Reduces axis `axis` of [3, count] or [count, 3] by both rules. */
static void check_orders(int64_t count, int axis) {
  int64_t rows = 3, term_stride = axis ? 1 : rows, row_stride = axis ? count : 1;
  size_t bytes = sizeof(float) * (size_t)(rows * count);
  float *x = malloc(bytes), *y = malloc(bytes), out[3];
  uint64_t seed = (uint64_t)count * 2 + 1;
  for (int64_t i = 0; i < rows * count; i++) {
    x[i] = next_float(&seed);
    y[i] = next_float(&seed);
  }
  struct made a, b, sum, dot;
  make(&a, OP_VAR, TIN_F32, axis ? (int64_t[]){rows, count} : (int64_t[]){count, rows}, 2);
  b = a;
  add_input(make(&sum, OP_SUM, TIN_F32, axis ? (int64_t[]){rows, 1} : (int64_t[]){1, rows}, 2), &a);
  make(&dot, OP_CONTRACT, TIN_F32, sum.shape, 2);
  add_input(&dot, &a);
  add_input(&dot, &b);
  sum.arg[0] = dot.arg[0] = 1 << axis;
  interpret(&sum, (void *[]){x}, out);
  for (int r = 0; r < rows; r++)
    assert_true(out[r] == lanes_sum(x + r * row_stride, NULL, count, term_stride));
  for (int chain = 0; chain < 2; chain++) {
    dot.arg[1] = chain;
    interpret(&dot, (void *[]){x, y}, out);
    for (int r = 0; r < rows; r++) {
      const float *x_row = x + r * row_stride, *y_row = y + r * row_stride;
      assert_true(out[r] == (chain ? chain_sum : lanes_sum)(x_row, y_row, count, term_stride));
    }
  }
  free(x);
  free(y);
}

static void test_accumulation_orders(void **state) {
  (void)state;
  const int64_t counts[] = {1, 2, 15, 16, 17, 255, 256, 257, 784, 1000, 1024, 1025, 4096, 4097, 5000, 17408, 20000};
  for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
    for (int axis = 0; axis < 2; axis++)
      check_orders(counts[c], axis);
}

/* More than 1024 blocks: the rule is applied to block results twice. */
static void test_long_sum(void **state) {
  (void)state;
  int64_t count = 1024 * 1024 + 5;
  float *x = malloc(sizeof *x * (size_t)count), out;
  uint64_t seed = 7;
  for (int64_t i = 0; i < count; i++)
    x[i] = next_float(&seed);
  struct made a, sum;
  make(&a, OP_VAR, TIN_F32, SHAPE(count));
  add_input(make(&sum, OP_SUM, TIN_F32, SHAPE(1)), &a);
  sum.arg[0] = 1;
  interpret(&sum, (void *[]){x}, &out);
  assert_true(out == lanes_sum(x, NULL, count, 1));
  free(x);
}

/* Axes 0 and 2 of [2, 3, 4]: terms come in row-major order of the reduced axes; here integers and maxima, whose order is free. */
static void test_several_axes(void **state) {
  (void)state;
  int32_t x[24], out[3];
  for (int i = 0; i < 24; i++)
    x[i] = i * i - 100;
  struct made a, reduction;
  make(&a, OP_VAR, TIN_I32, SHAPE(2, 3, 4));
  const int ops[] = {OP_SUM, OP_REDUCE_MIN, OP_REDUCE_MAX, OP_PROD};
  for (int o = 0; o < 4; o++) {
    add_input(make(&reduction, ops[o], TIN_I32, SHAPE(1, 3, 1)), &a);
    reduction.arg[0] = 5;
    interpret(&reduction, (void *[]){x}, out);
    for (int r = 0; r < 3; r++) {
      int64_t expected = ops[o] == OP_PROD;
      for (int k = 0; k < 8; k++) {
        int32_t term = x[(k / 4) * 12 + r * 4 + k % 4];
        if (ops[o] == OP_SUM)
          expected += term;
        else if (ops[o] == OP_PROD)
          expected = (int32_t)(uint32_t)(uint64_t)(expected * term);
        else if (k == 0 || (ops[o] == OP_REDUCE_MIN ? term < expected : term > expected))
          expected = term;
      }
      assert_int_equal(out[r], expected);
    }
  }
}

static void reduce_floats(int op, const float *x, int64_t count, float *out) {
  struct made a, reduction;
  make(&a, OP_VAR, TIN_F32, SHAPE(count));
  add_input(make(&reduction, op, TIN_F32, SHAPE(1)), &a);
  reduction.arg[0] = 1;
  interpret(&reduction, (void *[]){(void *)(uintptr_t)x}, out);
}

static void test_special_reductions(void **state) {
  (void)state;
  float out;
  reduce_floats(OP_SUM, (float[]){-0.0f, -0.0f}, 2, &out);
  assert_true(out == 0 && signbit(out));
  reduce_floats(OP_SUM, (float[]){0}, 0, &out);
  assert_true(out == 0 && !signbit(out));
  reduce_floats(OP_PROD, (float[]){0}, 0, &out);
  assert_true(out == 1);
  reduce_floats(OP_REDUCE_MAX, (float[]){1, NAN, 3}, 3, &out);
  assert_true(isnan(out));
  reduce_floats(OP_REDUCE_MAX, (float[]){-0.0f, 0.0f, -0.0f}, 3, &out);
  assert_true(out == 0 && !signbit(out));
  reduce_floats(OP_REDUCE_MIN, (float[]){INFINITY}, 1, &out);
  assert_true(isinf(out));
}

/* ---- movement: the value at each output position, by formula ---- */

static void test_views(void **state) {
  (void)state;
  int32_t x[24], out[64];
  for (int i = 0; i < 24; i++)
    x[i] = i;
  void *in[] = {x};
  struct made a, b;
  make(&a, OP_VAR, TIN_I32, SHAPE(2, 3, 4));

  add_input(make(&b, OP_PERMUTE, TIN_I32, SHAPE(4, 2, 3)), &a);
  memcpy(b.arg, (int64_t[]){2, 0, 1}, 3 * sizeof *b.arg);
  interpret(&b, in, out);
  for (int i = 0; i < 24; i++)
    assert_int_equal(out[i], (i / 3 % 2) * 12 + (i % 3) * 4 + i / 6);

  add_input(make(&b, OP_SLICE, TIN_I32, SHAPE(1, 2, 2)), &a);
  memcpy(b.arg, (int64_t[]){1, 1, 0, 2, 1, 2}, 6 * sizeof *b.arg);
  interpret(&b, in, out);
  for (int i = 0; i < 4; i++)
    assert_int_equal(out[i], 12 + (i / 2) * 8 + 1 + (i % 2) * 2);

  add_input(make(&b, OP_FLIP, TIN_I32, SHAPE(2, 3, 4)), &a);
  b.arg[0] = 5;
  interpret(&b, in, out);
  for (int i = 0; i < 24; i++)
    assert_int_equal(out[i], (1 - i / 12) * 12 + (i / 4 % 3) * 4 + 3 - i % 4);

  struct made row;
  make(&row, OP_VAR, TIN_I32, SHAPE(1, 4));
  add_input(make(&b, OP_EXPAND, TIN_I32, SHAPE(3, 4)), &row);
  interpret(&b, in, out);
  for (int i = 0; i < 12; i++)
    assert_int_equal(out[i], i % 4);

  add_input(make(&b, OP_RESHAPE, TIN_I32, SHAPE(6, 4)), &a);
  interpret(&b, in, out);
  assert_memory_equal(out, x, sizeof x);
}

static void test_pad_and_concat(void **state) {
  (void)state;
  int32_t x[] = {1, 2, 3, 4, 5, 6}, out[40];
  struct made a, b;
  make(&a, OP_VAR, TIN_I32, SHAPE(2, 3));

  add_input(make(&b, OP_PAD, TIN_I32, SHAPE(3, 7)), &a);
  memcpy(b.arg, (int64_t[]){1, 0, 0, 1}, 4 * sizeof *b.arg); /* a row above; one between columns, and two after */
  b.node.bits = 9;
  interpret(&b, (void *[]){x}, out);
  assert_memory_equal(out, ((int32_t[]){9, 9, 9, 9, 9, 9, 9, 1, 9, 2, 9, 3, 9, 9, 4, 9, 5, 9, 6, 9, 9}), 21 * sizeof *out);

  add_input(make(&b, OP_PAD, TIN_I32, SHAPE(1, 2)), &a);
  memcpy(b.arg, (int64_t[]){-1, 0, -1, 0}, 4 * sizeof *b.arg); /* negative: crops */
  interpret(&b, (void *[]){x}, out);
  assert_memory_equal(out, ((int32_t[]){5, 6}), 2 * sizeof *out);

  struct made c;
  make(&c, OP_VAR, TIN_I32, SHAPE(2, 1));
  make(&b, OP_CONCAT, TIN_I32, SHAPE(2, 4));
  add_input(&b, &c);
  add_input(&b, &a);
  b.arg[0] = 1;
  interpret(&b, (void *[]){(int32_t[]){7, 8}, x}, out);
  assert_memory_equal(out, ((int32_t[]){7, 1, 2, 3, 8, 4, 5, 6}), 8 * sizeof *out);
}

static void test_window_and_fold(void **state) {
  (void)state;
  int32_t x[14], windows[18], folded[14], expected[14] = {0};
  for (int i = 0; i < 14; i++)
    x[i] = i + 1;
  struct made a, window, fold;
  make(&a, OP_VAR, TIN_I32, SHAPE(7, 2));
  add_input(make(&window, OP_WINDOW, TIN_I32, SHAPE(2, 2, 3)), &a); /* size 3, stride 2, dilation 2 */
  memcpy(window.arg, (int64_t[]){0, 3, 2, 2}, 4 * sizeof *window.arg);
  interpret(&window, (void *[]){x}, windows);
  for (int o = 0; o < 2; o++)
    for (int c = 0; c < 2; c++)
      for (int k = 0; k < 3; k++) {
        assert_int_equal(windows[(o * 2 + c) * 3 + k], x[(o * 2 + k * 2) * 2 + c]);
        expected[(o * 2 + k * 2) * 2 + c] += windows[(o * 2 + c) * 3 + k];
      }
  add_input(make(&fold, OP_FOLD, TIN_I32, SHAPE(7, 2)), &window);
  memcpy(fold.arg, window.arg, 4 * sizeof *fold.arg);
  interpret(&fold, (void *[]){windows}, folded);
  assert_memory_equal(folded, expected, sizeof expected);
}

/* A float fold adds in increasing k, from +0. */
static void test_fold_order(void **state) {
  (void)state;
  float x[] = {-0.0f, 1, 2, 1e8f, -1e8f, 3, 4, 5, 6}, out[5];
  struct made a, fold;
  make(&a, OP_VAR, TIN_F32, SHAPE(3, 3));
  add_input(make(&fold, OP_FOLD, TIN_F32, SHAPE(5)), &a);
  memcpy(fold.arg, (int64_t[]){0, 3, 1, 1}, 4 * sizeof *fold.arg);
  interpret(&fold, (void *[]){x}, out);
  const float expected[] = {0.0f, 0.0f + 1e8f + 1, (0.0f + 4 - 1e8f) + 2, 0.0f + 5 + 3, 6};
  assert_memory_equal(out, expected, sizeof expected);
}

/* ---- indexing ---- */

static void test_gather_and_scatter(void **state) {
  (void)state;
  float x[12], out[16], source[16];
  for (int i = 0; i < 12; i++)
    x[i] = (float)i;
  int64_t index[] = {2, 0, 2, 1};
  struct made a, j, gather, s, scatter;
  make(&a, OP_VAR, TIN_F32, SHAPE(2, 3, 2));
  make(&j, OP_VAR, TIN_I64, SHAPE(2, 2));
  make(&gather, OP_GATHER, TIN_F32, SHAPE(2, 2, 2, 2));
  add_input(&gather, &a);
  add_input(&gather, &j);
  gather.arg[0] = 1;
  interpret(&gather, (void *[]){x, index}, out);
  for (int i = 0; i < 16; i++)
    assert_true(out[i] == x[i / 8 * 6 + index[i / 2 % 4] * 2 + i % 2]);

  make(&s, OP_VAR, TIN_F32, gather.shape, 4);
  make(&scatter, OP_SCATTER, TIN_F32, a.shape, 3);
  add_input(&scatter, &a);
  add_input(&scatter, &j);
  add_input(&scatter, &s);
  scatter.arg[0] = 1;
  float expected[12];
  memcpy(expected, x, sizeof x);
  for (int i = 0; i < 16; i++) {
    source[i] = (float)(i + 1) * 0.3f;
    expected[i / 8 * 6 + index[i / 2 % 4] * 2 + i % 2] += source[i];
  }
  interpret(&scatter, (void *[]){x, index, source}, out);
  assert_memory_equal(out, expected, sizeof expected);
}

static void test_index_errors(void **state) {
  (void)state;
  float x[10] = {0}, out[4];
  struct made a, j, gather;
  make(&a, OP_VAR, TIN_F32, SHAPE(10));
  make(&j, OP_VAR, TIN_I32, SHAPE(4));
  make(&gather, OP_GATHER, TIN_F32, SHAPE(4));
  add_input(&gather, &a);
  add_input(&gather, &j);
  struct tin_error error = {0};
  assert_false(tin_interpret(&gather.node, (void *[]){x, (int32_t[]){0, 9, 1, 12}}, out, &error));
  assert_string_equal(error.text, "gather: index 12 at position 3 is out of range for axis 0 of size 10");
  error = (struct tin_error){0};
  assert_false(tin_interpret(&gather.node, (void *[]){x, (int32_t[]){0, -1, 1, 12}}, out, &error));
  assert_string_equal(error.text, "gather: index -1 at position 1 is out of range for axis 0 of size 10");
}

/* ---- the rest ---- */

static void test_sources_and_elementwise(void **state) {
  (void)state;
  int32_t count[200];
  float out[200], x[200];
  struct made iota, cast, less, constant, select, bools;
  interpret(make(&iota, OP_IOTA, TIN_I32, SHAPE(200)), NULL, count);
  add_input(make(&cast, OP_CAST, TIN_F32, SHAPE(200)), &iota);
  interpret(&cast, (void *[]){count}, x);
  assert_true(x[199] == 199);
  uint8_t mask[200];
  make(&less, OP_LT, TIN_BOOL, SHAPE(200));
  add_input(&less, &cast);
  add_input(&less, &cast);
  interpret(&less, (void *[]){x, x}, mask);
  assert_int_equal(mask[5], 0);
  mask[5] = 1;
  make(&bools, OP_VAR, TIN_BOOL, SHAPE(200));
  make(&select, OP_SELECT, TIN_F32, SHAPE(200));
  add_input(&select, &bools);
  add_input(&select, &cast);
  add_input(&select, &cast);
  float other[200] = {0};
  interpret(&select, (void *[]){mask, x, other}, out);
  assert_true(out[5] == 5 && out[6] == 0);
  make(&constant, OP_CONST, TIN_F32, NULL, 0)->node.bits = tin_scalar_from_double(2.5, TIN_F32);
  interpret(&constant, NULL, out);
  assert_true(out[0] == 2.5f);
}

static void test_zero_sizes(void **state) {
  (void)state;
  struct made a, b;
  make(&a, OP_VAR, TIN_F32, SHAPE(0, 3));
  const int ops[] = {OP_NEG, OP_RESHAPE, OP_FLIP, OP_EXPAND, OP_SUM};
  for (int o = 0; o < 5; o++) {
    add_input(make(&b, ops[o], TIN_F32, SHAPE(0, 3)), &a);
    interpret(&b, (void *[]){NULL}, NULL);
  }
}

/* [128, 784, 512], as in a training step of the smallest example, must not dominate the tests. */
static void test_contraction_is_fast_enough(void **state) {
  (void)state;
  int64_t m = 32, k = 784, n = 512; /* a quarter of it, for builds with sanitizers */
  float *x = calloc((size_t)(m * k * n), sizeof *x), *out = malloc(sizeof *out * (size_t)(m * n));
  struct made a, dot;
  make(&a, OP_VAR, TIN_F32, SHAPE(m, k, n));
  make(&dot, OP_CONTRACT, TIN_F32, SHAPE(m, 1, n));
  add_input(&dot, &a);
  add_input(&dot, &a);
  dot.arg[0] = 2;
  dot.arg[1] = 1;
  clock_t start = clock();
  interpret(&dot, (void *[]){x, x}, out);
  double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
  assert_true(seconds < 5);
  free(x);
  free(out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_accumulation_orders),
      cmocka_unit_test(test_long_sum),
      cmocka_unit_test(test_several_axes),
      cmocka_unit_test(test_special_reductions),
      cmocka_unit_test(test_views),
      cmocka_unit_test(test_pad_and_concat),
      cmocka_unit_test(test_window_and_fold),
      cmocka_unit_test(test_fold_order),
      cmocka_unit_test(test_gather_and_scatter),
      cmocka_unit_test(test_index_errors),
      cmocka_unit_test(test_sources_and_elementwise),
      cmocka_unit_test(test_zero_sizes),
      cmocka_unit_test(test_contraction_is_fast_enough),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
