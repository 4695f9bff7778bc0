/* W10: causal attention, forward and with its gradients, beside the same in plain C (reference_attention.c). The work counted is the
 * unmasked half. */
#include "bench.h"
#include "reference.h"

#include <stdlib.h>
#include <string.h>

struct attention {
  int64_t heads, length, size; /* heads of all examples together; positions; elements of a head */
  int threads;
  float *in[4];  /* query, key, value, cotangent, each [heads, length, size] */
  float *out[4]; /* result, gradients by query, key, value */
};

static int build_attention(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters) {
  (void)ctx, (void)parameters;
  outputs[0] = tin_attention(inputs[0], inputs[1], inputs[2], .causal = true);
  return 1;
}

static int build_attention_backward(tin_ctx *ctx, tin_tensor **inputs, tin_tensor **outputs, const void *parameters) {
  build_attention(ctx, inputs, outputs, parameters);
  tin_vjp(outputs[0], inputs[3], TIN_LIST(inputs[0], inputs[1], inputs[2]), outputs + 1);
  return 4;
}

static void forward_range(int64_t begin, int64_t end, void *state) {
  struct attention *at = state;
  int64_t head = at->length * at->size;
  for (int64_t i = begin * head; i < end * head; i += head)
    reference_attention(at->in[0] + i, at->in[1] + i, at->in[2] + i, at->out[0] + i, at->length, at->size);
}

static void backward_range(int64_t begin, int64_t end, void *state) {
  struct attention *at = state;
  int64_t head = at->length * at->size;
  forward_range(begin, end, state);
  for (int64_t i = begin * head; i < end * head; i += head)
    reference_attention_backward((const float *[]){at->in[0] + i, at->in[1] + i, at->in[2] + i, at->out[0] + i, at->in[3] + i},
                                 (float *[]){at->out[1] + i, at->out[2] + i, at->out[3] + i}, at->length, at->size);
}

static void run_forward(void *state) {
  struct attention *at = state;
  bench_parallel(at->threads, at->heads, forward_range, at);
}

static void run_backward(void *state) {
  struct attention *at = state;
  bench_parallel(at->threads, at->heads, backward_range, at);
}

static void measure_attention(const char *id, int threads, bool backward) {
  struct bench_workload workload = bench_workload(id, threads, "GFLOP/s");
  const int64_t batch = bench_options.quick ? 1 : 4, heads = 12, length = 1024, size = 64, count = batch * heads * length * size;
  struct attention at = {.heads = batch * heads, .length = length, .size = size, .threads = threads};
  tin_shape shape = TIN_SHAPE(batch, heads, length, size);
  for (int i = 0; i < 4; i++)
    at.in[i] = bench_random(count, 17 + (uint64_t)i, 1), at.out[i] = bench_memory(count * 4);
  struct bench_expression expression = {.build = backward ? build_attention_backward : build_attention,
                                        .n_inputs = backward ? 4 : 3,
                                        .shapes = {shape, shape, shape, shape},
                                        .data = {at.in[0], at.in[1], at.in[2], at.in[3]}};
  struct bench_side sides[2];
  char torch[40];
  snprintf(workload.what, sizeof workload.what, "causal attention %dx12x1024x64%s", (int)batch, backward ? ", fwd + bwd" : "");
  snprintf(torch, sizeof torch, "attention%s %d 12 1024 64", backward ? "_backward" : "", (int)batch);
  /* two products forward, four for the gradients */
  workload.rate_work = (backward ? 6 : 2) * (double)length * (double)count;
  bench_progress(id, "comparing with the reference");
  bench_expression_add(&workload, &expression, sides);
  bench_add(&workload, "gcc", BENCH_REFERENCE, backward ? run_backward : run_forward, &at);
  bench_add_torch(&workload, torch);
  bench_add_peak(&workload, workload.rate_work);
  (backward ? run_backward : run_forward)(&at);
  if (bench_expression_check(&workload, sides, at.out, 1e-4))
    bench_measure(&workload);
  bench_expression_free(sides);
  for (int i = 0; i < 4; i++)
    free(at.in[i]), free(at.out[i]);
}

void bench_attention(int threads) {
  measure_attention("W10a", threads, false);
}

void bench_attention_backward(int threads) {
  measure_attention("W10b", threads, true);
}
