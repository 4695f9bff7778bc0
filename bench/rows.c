/* W2 softmax and W3 layer norm: reductions over rows with elementwise work before, between and after. */
#include "bench.h"
#include "reference.h"

#include <stdlib.h>
#include <string.h>

struct rows {
  int64_t rows, columns;
  int threads;
  float *x, *weight, *bias, *g;         /* inputs */
  float *out, *d_x, *d_weight, *d_bias; /* results */
  float *partial;                       /* by thread: sums of d_weight, then of d_bias */
};

static struct rows make_rows(int64_t rows, int64_t columns, int threads) {
  int64_t bytes = rows * columns * 4;
  return (struct rows){.rows = rows,
                       .columns = columns,
                       .threads = threads,
                       .x = bench_random(rows * columns, 4, 3),
                       .weight = bench_random(columns, 5, 1),
                       .bias = bench_random(columns, 6, 1),
                       .g = bench_random(rows * columns, 7, 1),
                       .out = bench_memory(bytes),
                       .d_x = bench_memory(bytes),
                       .d_weight = bench_memory(columns * 4),
                       .d_bias = bench_memory(columns * 4),
                       .partial = bench_memory(2 * threads * columns * 4)};
}

static void free_rows(struct rows *at) {
  free(at->x), free(at->weight), free(at->bias), free(at->g);
  free(at->out), free(at->d_x), free(at->d_weight), free(at->d_bias), free(at->partial);
}

/* ---- softmax ---- */

static int build_softmax(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters) {
  (void)ctx, (void)parameters;
  outputs[0] = tin_softmax(inputs[0], -1);
  return 1;
}

static void softmax_range(int64_t begin, int64_t end, void *state) {
  struct rows *at = state;
  reference_softmax(at->x + begin * at->columns, at->out + begin * at->columns, end - begin, at->columns);
}

static void run_softmax(void *state) {
  struct rows *at = state;
  bench_parallel(at->threads, at->rows, softmax_range, at);
}

static void measure_softmax(const char *id, int threads, int64_t columns, const char *torch) {
  struct bench_workload workload = bench_workload(id, threads, "GB/s");
  struct rows at = make_rows(4096, columns, threads);
  struct bench_expression expression = {.build = build_softmax, .n_inputs = 1, .shapes = {TIN_SHAPE(at.rows, columns)}, .data = {at.x}};
  struct bench_side sides[2];
  struct bench_copy copy;
  snprintf(workload.what, sizeof workload.what, "softmax 4096 x %d", (int)columns);
  workload.rate_work = 8.0 * (double)(at.rows * columns);
  bench_expression_add(&workload, &expression, sides);
  bench_add(&workload, "gcc", BENCH_REFERENCE, run_softmax, &at);
  bench_add_torch(&workload, torch);
  bench_add_copy(&workload, &copy, at.rows * columns * 4);
  run_softmax(&at);
  if (bench_expression_check(&workload, sides, &at.out, 1e-5))
    bench_measure(&workload);
  bench_copy_free(&copy);
  bench_expression_free(sides);
  free_rows(&at);
}

void bench_softmax_wide(int threads) {
  measure_softmax("W2a", threads, 4096, "softmax 4096 4096");
}

void bench_softmax(int threads) {
  measure_softmax("W2b", threads, 1024, "softmax 4096 1024");
}

/* ---- layer norm ---- */

static int build_layer_norm(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters) {
  (void)ctx, (void)parameters;
  outputs[0] = tin_layer_norm(inputs[0], inputs[1], inputs[2], 1e-5);
  return 1;
}

static int build_layer_norm_backward(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters) {
  build_layer_norm(ctx, inputs, outputs, parameters);
  tin_vjp(outputs[0], inputs[3], TIN_LIST(inputs[0], inputs[1], inputs[2]), outputs + 1);
  return 4;
}

static void layer_norm_range(int64_t begin, int64_t end, void *state) {
  struct rows *at = state;
  int64_t offset = begin * at->columns;
  reference_layer_norm(at->x + offset, at->weight, at->bias, at->out + offset, end - begin, at->columns);
}

static void layer_norm_backward_range(int64_t begin, int64_t end, void *state) {
  struct rows *at = state;
  int64_t offset = begin * at->columns, part = (begin * at->threads + at->rows - 1) / at->rows;
  float *partial = at->partial + 2 * part * at->columns;
  layer_norm_range(begin, end, state);
  memset(partial, 0, (size_t)at->columns * 2 * sizeof *partial);
  reference_layer_norm_backward(at->x + offset, at->weight, at->g + offset, at->d_x + offset, partial, partial + at->columns, end - begin,
                                at->columns);
}

static void run_layer_norm(void *state) {
  struct rows *at = state;
  bench_parallel(at->threads, at->rows, layer_norm_range, at);
}

static void run_layer_norm_backward(void *state) {
  struct rows *at = state;
  bench_parallel(at->threads, at->rows, layer_norm_backward_range, at);
  for (int64_t i = 0; i < at->columns; i++) {
    at->d_weight[i] = at->d_bias[i] = 0;
    for (int part = 0; part < at->threads; part++) {
      at->d_weight[i] += at->partial[2 * part * at->columns + i];
      at->d_bias[i] += at->partial[(2 * part + 1) * at->columns + i];
    }
  }
}

static void measure_layer_norm(struct bench_workload *workload, bool backward, const char *torch) {
  struct rows at = make_rows(4096, 768, workload->threads);
  tin_shape rows = TIN_SHAPE(at.rows, at.columns), columns = TIN_SHAPE(at.columns);
  struct bench_expression expression = {.build = backward ? build_layer_norm_backward : build_layer_norm,
                                        .n_inputs = backward ? 4 : 3,
                                        .shapes = {rows, columns, columns, rows},
                                        .data = {at.x, at.weight, at.bias, at.g}};
  struct bench_side sides[2];
  struct bench_copy copy;
  int64_t bytes_each_way = (backward ? 2 : 1) * at.rows * at.columns * 4;
  workload->rate_work = 2 * (double)bytes_each_way;
  bench_expression_add(workload, &expression, sides);
  bench_add(workload, "gcc", BENCH_REFERENCE, backward ? run_layer_norm_backward : run_layer_norm, &at);
  bench_add_torch(workload, torch);
  bench_add_copy(workload, &copy, bytes_each_way);
  run_layer_norm_backward(&at);
  if (bench_expression_check(workload, sides, (float *[]){at.out, at.d_x, at.d_weight, at.d_bias}, 1e-4))
    bench_measure(workload);
  bench_copy_free(&copy);
  bench_expression_free(sides);
  free_rows(&at);
}

void bench_layer_norm(int threads) {
  struct bench_workload workload = bench_workload("W3a", threads, "GB/s");
  snprintf(workload.what, sizeof workload.what, "layer norm 4096 x 768");
  measure_layer_norm(&workload, false, "layer_norm 4096 768");
}

void bench_layer_norm_backward(int threads) {
  struct bench_workload workload = bench_workload("W3b", threads, "GB/s");
  snprintf(workload.what, sizeof workload.what, "layer norm 4096 x 768, forward + backward");
  measure_layer_norm(&workload, true, "layer_norm_backward 4096 768");
}
