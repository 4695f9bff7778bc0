/* What the machine can do: FMA peak, copy, triad. See bench.h. */
#include "bench.h"
#include "reference.h"

#include <math.h>
#include <stdlib.h>

/* ---- FMA peak ---- */

enum { PEAK_ROUNDS = 100000 }; /* 0.2 Mflop a round on AVX-512: about 1 to 2 ms */

static void run_peak(int64_t begin, int64_t end, void *state) {
  (void)state;
  for (int64_t i = begin; i < end; i++)
    reference_fma(PEAK_ROUNDS);
}

static void peak_1(void *state) {
  run_peak(0, 4, state);
}

static void peak_all(void *state) {
  const struct bench_workload *workload = state;
  bench_parallel(workload->threads, 4 * workload->threads, run_peak, NULL);
}

void bench_add_peak(struct bench_workload *workload, double flops) {
  workload->limit_work = flops;
  bench_add(workload, "FMA peak", BENCH_LIMIT, workload->threads == 1 ? peak_1 : peak_all, workload)->limit_work =
      4 * workload->threads * reference_fma(PEAK_ROUNDS);
}

static double best_of(int times, bench_call *call, void *state) {
  double best = INFINITY;
  for (int i = 0; i < times; i++) {
    double start = bench_seconds();
    call(state);
    double taken = bench_seconds() - start;
    best = taken < best ? taken : best;
  }
  return best;
}

double bench_peak_flops(int threads) {
  struct bench_workload workload = {.threads = threads};
  return 4 * threads * reference_fma(PEAK_ROUNDS) / best_of(10, peak_all, &workload);
}

/* ---- memory ---- */

static void copy_range(int64_t begin, int64_t end, void *state) {
  struct bench_copy *copy = state;
  reference_copy(copy->from + begin * 16, copy->to + begin * 16, (end - begin) * 16);
}

static void stream_range(int64_t begin, int64_t end, void *state) {
  struct bench_copy *copy = state;
  reference_stream_copy(copy->from + begin * 16, copy->to + begin * 16, (end - begin) * 16);
}

static void triad_range(int64_t begin, int64_t end, void *state) {
  struct bench_copy *copy = state;
  int64_t half = copy->count / 2; /* both factors come from one array */
  reference_stream_triad(copy->from + begin * 16, copy->from + half + begin * 16, 3, copy->to + begin * 16, (end - begin) * 16);
}

static void copy_plain(void *state) {
  struct bench_copy *copy = state;
  bench_parallel(copy->threads, copy->count / 16, copy_range, copy);
}

static void copy_stream(void *state) {
  struct bench_copy *copy = state;
  bench_parallel(copy->threads, copy->count / 16, stream_range, copy);
}

static void triad_stream(void *state) {
  struct bench_copy *copy = state;
  bench_parallel(copy->threads, copy->count / 32, triad_range, copy);
}

static void make_copy(struct bench_copy *copy, int threads, int64_t bytes) {
  copy->threads = threads;
  copy->count = bytes / (int64_t)sizeof(float) / 32 * 32;
  copy->from = bench_memory(copy->count * (int64_t)sizeof(float));
  copy->to = bench_memory(copy->count * (int64_t)sizeof(float));
  for (int64_t i = 0; i < copy->count; i++)
    copy->from[i] = (float)i;
}

void bench_add_copy(struct bench_workload *workload, struct bench_copy *copy, int64_t bytes_each_way) {
  make_copy(copy, workload->threads, bytes_each_way);
  workload->limit_work = 2 * (double)bytes_each_way;
  bench_add(workload, "copy", BENCH_LIMIT, copy_plain, copy)->limit_work = 2 * (double)bytes_each_way;
  bench_add(workload, "streaming copy", BENCH_LIMIT, copy_stream, copy)->limit_work = 2 * (double)bytes_each_way;
}

void bench_copy_free(struct bench_copy *copy) {
  free(copy->from);
  free(copy->to);
}

enum { MACHINE_BYTES = 512 << 20 }; /* twice the largest cache of today's servers, for both arrays four times */

static double bandwidth(int threads, bench_call *call, double arrays) {
  struct bench_copy copy;
  make_copy(&copy, threads, bench_options.quick ? MACHINE_BYTES / 8 : MACHINE_BYTES);
  double seconds = best_of(4, call, &copy);
  double bytes = arrays * (double)copy.count * sizeof(float);
  bench_copy_free(&copy);
  return bytes / seconds;
}

double bench_copy_bandwidth(int threads) {
  return bandwidth(threads, copy_stream, 2);
}

double bench_triad_bandwidth(int threads) {
  return bandwidth(threads, triad_stream, 1.5);
}
