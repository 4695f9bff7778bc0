/* W4: matrix products beside OpenBLAS. */
#include "bench.h"
#include "reference.h"

#include <stdlib.h>

struct product {
  struct bench_gemm gemm;
  int64_t batch;
  bool gelu; /* gelu(a @ b + bias) */
  int threads;
  float *a, *b, *bias, *out;
};

static struct product make_product(struct bench_gemm gemm, int64_t batch, bool gelu, int threads) {
  return (struct product){.gemm = gemm,
                          .batch = batch,
                          .gelu = gelu,
                          .threads = threads,
                          .a = bench_random(batch * gemm.m * gemm.k, 8, 1),
                          .b = bench_random(batch * gemm.k * gemm.n, 9, 1),
                          .bias = bench_random(gemm.n, 10, 1),
                          .out = bench_memory(batch * gemm.m * gemm.n * 4)};
}

static void free_product(struct product *at) {
  free(at->a), free(at->b), free(at->bias), free(at->out);
}

/* Inputs in the order a, b, bias; a transposed operand is stored so. */
static int build_product(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters) {
  const struct product *at = parameters;
  (void)ctx;
  tin_tensor *a = at->gemm.transpose_a ? tin_transpose(inputs[0], -1, -2) : inputs[0];
  tin_tensor *b = at->gemm.transpose_b ? tin_transpose(inputs[1], -1, -2) : inputs[1];
  outputs[0] = tin_matmul(a, b);
  if (at->gelu)
    outputs[0] = tin_gelu(tin_add(outputs[0], inputs[2]));
  return 1;
}

static void gelu_range(int64_t begin, int64_t end, void *state) {
  struct product *at = state;
  reference_bias_gelu(at->out + begin * at->gemm.n, at->bias, end - begin, at->gemm.n);
}

static void run_blas(void *state) {
  struct product *at = state;
  const struct bench_gemm *gemm = &at->gemm;
  for (int64_t i = 0; i < at->batch; i++)
    bench_blas(gemm, at->a + i * gemm->m * gemm->k, at->b + i * gemm->k * gemm->n, at->out + i * gemm->m * gemm->n);
  if (at->gelu)
    bench_parallel(at->threads, gemm->m, gelu_range, at);
}

/* The definition, for checking where there is no OpenBLAS. */
static void multiply(struct product *at) {
  const struct bench_gemm *gemm = &at->gemm;
  int64_t m = gemm->m, n = gemm->n, k = gemm->k;
  for (int64_t row = 0; row < at->batch * m; row++) {
    const float *a = at->a + row / m * m * k, *b = at->b + row / m * k * n;
    for (int64_t column = 0; column < n; column++) {
      double sum = 0;
      for (int64_t i = 0; i < k; i++)
        sum += (double)a[gemm->transpose_a ? i * m + row % m : row % m * k + i] * b[gemm->transpose_b ? column * k + i : i * n + column];
      at->out[row * n + column] = (float)sum;
    }
  }
  if (at->gelu)
    gelu_range(0, m, at);
}

static tin_shape matrices(int64_t batch, int64_t rows, int64_t columns, bool transposed) {
  int64_t first = transposed ? columns : rows, second = transposed ? rows : columns;
  return batch == 1 ? TIN_SHAPE(first, second) : TIN_SHAPE(batch, first, second);
}

static void measure_product(struct bench_workload *workload, struct bench_gemm gemm, int64_t batch, bool gelu, const char *torch) {
  struct product at = make_product(gemm, batch, gelu, workload->threads);
  struct bench_expression expression = {
      .build = build_product,
      .parameters = &at,
      .n_inputs = gelu ? 3 : 2,
      .shapes = {matrices(batch, gemm.m, gemm.k, gemm.transpose_a), matrices(batch, gemm.k, gemm.n, gemm.transpose_b), TIN_SHAPE(gemm.n)},
      .data = {at.a, at.b, at.bias}};
  struct bench_side sides[2];
  double flops = 2.0 * (double)batch * gemm.m * gemm.n * gemm.k;
  workload->rate_work = flops;
  bench_expression_add(workload, &expression, sides);
  if (bench_blas_load()) {
    bench_blas_threads(workload->threads);
    bench_add(workload, "openblas", BENCH_REFERENCE, run_blas, &at)->pause_ms = workload->threads > 1 ? BENCH_BLAS_PAUSE : 0;
    run_blas(&at);
  } else {
    multiply(&at);
  }
  bench_add_torch(workload, torch);
  bench_add_peak(workload, flops);
  if (bench_expression_check(workload, sides, &at.out, 1e-5))
    bench_measure(workload);
  bench_expression_free(sides);
  free_product(&at);
}

static void measure_square(const char *id, int threads, int size, const char *torch) {
  struct bench_workload workload = bench_workload(id, threads, "GFLOP/s");
  snprintf(workload.what, sizeof workload.what, "matmul %d^3", size);
  measure_product(&workload, (struct bench_gemm){.m = size, .n = size, .k = size}, 1, false, torch);
}

void bench_matmul_512(int threads) {
  measure_square("W4a", threads, 512, "matmul 512 512 512");
}

void bench_matmul_1024(int threads) {
  measure_square("W4b", threads, 1024, "matmul 1024 1024 1024");
}

void bench_matmul_2048(int threads) {
  measure_square("W4c", threads, 2048, "matmul 2048 2048 2048");
}

void bench_linear_gelu(int threads) {
  struct bench_workload workload = bench_workload("W4d", threads, "GFLOP/s");
  snprintf(workload.what, sizeof workload.what, "gelu(x @ w + b), 256 x 768 x 3072");
  measure_product(&workload, (struct bench_gemm){.m = 256, .k = 768, .n = 3072}, 1, true, "linear_gelu 256 768 3072");
}

void bench_matmul_shapes(int threads) {
  static const struct {
    const char *id, *what, *torch;
    struct bench_gemm gemm;
    int64_t batch;
  } shapes[] = {
      {"W4e1", "matmul 4 x 768 x 768", "matmul 4 768 768", {.m = 4, .k = 768, .n = 768}, 1},
      {"W4e2", "matmul 64 times 32^3", "batch_matmul 64 32", {.m = 32, .k = 32, .n = 32}, 64},
      {"W4e3", "matmul 512^3, first transposed", NULL, {.m = 512, .k = 512, .n = 512, .transpose_a = true}, 1},
      {"W4e4", "matmul 512^3, second transposed", NULL, {.m = 512, .k = 512, .n = 512, .transpose_b = true}, 1},
      {"W4e5", "matmul 7 x 13 x 7", "matmul 7 13 7", {.m = 7, .k = 13, .n = 7}, 1},
      {"W4e6", "matmul 517 x 509 x 511", "matmul 517 509 511", {.m = 517, .k = 509, .n = 511}, 1},
  };
  for (int i = 0; i < (int)(sizeof shapes / sizeof *shapes); i++) {
    struct bench_workload workload = bench_workload(shapes[i].id, threads, "GFLOP/s");
    snprintf(workload.what, sizeof workload.what, "%s", shapes[i].what);
    measure_product(&workload, shapes[i].gemm, shapes[i].batch, false, shapes[i].torch);
  }
}
