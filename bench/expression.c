/* The library's side of workloads that are one expression of inputs: built and realised anew at every call, as a user's loop does. */
#include "bench.h"

#include <stdlib.h>

tin_ctx *bench_ctx(int threads, bool fused) {
  return tin_ctx_new(.threads = threads, .target = bench_options.target, .fuse_off = fused ? 0 : TIN_FUSE_ALL, .seed = 1);
}

static void realize_expression(void *state) {
  struct bench_side *side = state;
  tin_tensor *outputs[BENCH_MAX_OUTPUTS];
  tin_scope scope = tin_begin(side->ctx);
  int count = side->expression->build(side->ctx, side->inputs, outputs, side->expression->parameters);
  tin_realize((tin_list){outputs, count});
  tin_end(scope);
}

static void make_side(struct bench_side *side, const struct bench_expression *expression, int threads, bool fused) {
  *side = (struct bench_side){.expression = expression, .ctx = bench_ctx(threads, fused)};
  for (int i = 0; i < expression->n_inputs; i++) {
    tin_tensor *input = side->inputs[i] = tin_input(side->ctx, TIN_F32, expression->shapes[i], NULL);
    tin_write(input, expression->data[i], (size_t)tin_size_of(input) * sizeof(float));
  }
}

void bench_expression_add(struct bench_workload *workload, const struct bench_expression *expression, struct bench_side *sides) {
  make_side(&sides[0], expression, workload->threads, true);
  make_side(&sides[1], expression, workload->threads, false);
  bench_add(workload, "tinsmith", BENCH_US, realize_expression, &sides[0])->ctx = sides[0].ctx;
  bench_add(workload, "unfused", BENCH_US, realize_expression, &sides[1])->ctx = sides[1].ctx;
}

void bench_expression_free(struct bench_side *sides) {
  tin_ctx_free(sides[0].ctx);
  tin_ctx_free(sides[1].ctx);
}

static bool check_side(const struct bench_workload *workload, struct bench_side *side, const char *who, float *const *expected,
                       double tolerance) {
  tin_tensor *outputs[BENCH_MAX_OUTPUTS];
  tin_scope scope = tin_begin(side->ctx);
  int count = side->expression->build(side->ctx, side->inputs, outputs, side->expression->parameters);
  bool good = tin_realize((tin_list){outputs, count});
  for (int i = 0; i < count && good; i++) {
    int64_t size = tin_size_of(outputs[i]);
    float *got = bench_memory(size * (int64_t)sizeof *got);
    good = tin_read(outputs[i], got, (size_t)size * sizeof *got) &&
           (!expected[i] || bench_check(workload->id, who, got, expected[i], size, tolerance));
    free(got);
  }
  tin_end(scope);
  return bench_check_ok(workload->id, who, side->ctx) && good;
}

bool bench_expression_check(const struct bench_workload *workload, struct bench_side *sides, float *const *expected, double tolerance) {
  return check_side(workload, &sides[0], "tinsmith", expected, tolerance) &&
         check_side(workload, &sides[1], "unfused", expected, tolerance);
}
