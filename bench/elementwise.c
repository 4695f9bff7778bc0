/* W1: silu(a * b + c), in the caches and from memory. */
#include "bench.h"
#include "reference.h"

#include <stdlib.h>

struct arrays {
  float *a, *b, *c, *out;
  int64_t count;
  int threads;
};

static int build_silu(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters) {
  (void)ctx, (void)parameters;
  outputs[0] = tin_silu(tin_add(tin_mul(inputs[0], inputs[1]), inputs[2]));
  return 1;
}

static void silu_range(int64_t begin, int64_t end, void *state) {
  struct arrays *at = state;
  reference_silu(at->a + begin * 16, at->b + begin * 16, at->c + begin * 16, at->out + begin * 16, (end - begin) * 16);
}

static void fma_range(int64_t begin, int64_t end, void *state) {
  struct arrays *at = state;
  reference_stream_fma(at->a + begin * 16, at->b + begin * 16, at->c + begin * 16, at->out + begin * 16, (end - begin) * 16);
}

static void run_gcc(void *state) {
  struct arrays *at = state;
  bench_parallel(at->threads, at->count / 16, silu_range, at);
}

static void run_stream(void *state) {
  struct arrays *at = state;
  bench_parallel(at->threads, at->count / 16, fma_range, at);
}

static void measure_silu(struct bench_workload *workload, int64_t count, const char *torch) {
  struct arrays at = {.a = bench_random(count, 1, 2),
                      .b = bench_random(count, 2, 2),
                      .c = bench_random(count, 3, 2),
                      .out = bench_memory(count * 4),
                      .count = count,
                      .threads = workload->threads};
  tin_shape shape = TIN_SHAPE(count);
  struct bench_expression expression = {.build = build_silu, .n_inputs = 3, .shapes = {shape, shape, shape}, .data = {at.a, at.b, at.c}};
  struct bench_side sides[2];
  bool large = count > 1 << 20;
  workload->rate_work = (double)count;
  bench_expression_add(workload, &expression, sides);
  bench_add(workload, "gcc", BENCH_REFERENCE, run_gcc, &at);
  bench_add_torch(workload, torch);
  if (large) {
    workload->limit_work = 16.0 * (double)count;
    bench_add(workload, "streaming a*b+c", BENCH_LIMIT, run_stream, &at)->limit_work = 16.0 * (double)count;
  }
  run_gcc(&at);
  if (bench_expression_check(workload, sides, &at.out, 1e-6))
    bench_measure(workload);
  bench_expression_free(sides);
  free(at.a), free(at.b), free(at.c), free(at.out);
}

void bench_silu_small(int threads) {
  if (threads != 1)
    return;
  struct bench_workload workload = bench_workload("W1a", threads, "ns/element");
  snprintf(workload.what, sizeof workload.what, "silu(a*b+c), 16 Ki");
  measure_silu(&workload, 16 << 10, "silu 16384");
}

void bench_silu_large(int threads) {
  int64_t mega = bench_options.quick ? 16 : 64;
  struct bench_workload workload = bench_workload("W1b", threads, "ns/element");
  snprintf(workload.what, sizeof workload.what, "silu(a*b+c), %d Mi", (int)mega);
  measure_silu(&workload, mega << 20, bench_options.quick ? "silu 16777216" : "silu 67108864");
}
