/* The machine: name, caches, FMA peak, memory bandwidth. See machine.h. */
#include "runtime/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- name and caches ---- */

static int64_t cache_bytes(int name) {
  long bytes = sysconf(name);
  return bytes > 0 ? bytes : 0;
}

static void cpu_name(char *name, size_t size) {
#if defined(__x86_64__)
  unsigned words[12] = {0}, highest = __get_cpuid_max(0x80000000u, NULL);
  if (highest >= 0x80000004u) {
    for (unsigned leaf = 0; leaf < 3; leaf++)
      __get_cpuid(0x80000002u + leaf, &words[4 * leaf], &words[4 * leaf + 1], &words[4 * leaf + 2], &words[4 * leaf + 3]);
    const char *text = (const char *)words;
    while (*text == ' ')
      text++;
    snprintf(name, size, "%.*s", (int)(sizeof words - (size_t)(text - (const char *)words)), text);
    return;
  }
  snprintf(name, size, "x86-64");
#elif defined(__aarch64__)
  snprintf(name, size, "aarch64");
#else
  snprintf(name, size, "unknown CPU");
#endif
}

static const char *widest_vector(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return "avx2";
#endif
  return "baseline";
}

void tin_machine_describe(struct tin_machine *machine) {
  *machine = (struct tin_machine){.vector = widest_vector()};
  cpu_name(machine->cpu, sizeof machine->cpu);
#ifdef _SC_LEVEL1_DCACHE_SIZE
  machine->l1 = cache_bytes(_SC_LEVEL1_DCACHE_SIZE);
  machine->l2 = cache_bytes(_SC_LEVEL2_CACHE_SIZE);
  machine->l3 = cache_bytes(_SC_LEVEL3_CACHE_SIZE);
#endif
}

/* ---- FMA peak ---- */

enum {
  CHAINS = 12,         /* independent FMAs in flight: latency 4 or 5 times 2 units, with some to spare */
  FMA_ROUNDS = 100000, /* about 1 ms */
  REPEATS = 4          /* the best one counts */
};

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static float fma_avx512(void) {
  __m512 sums[CHAINS], factor = _mm512_set1_ps(0.5f);
  for (int c = 0; c < CHAINS; c++)
    sums[c] = _mm512_set1_ps((float)c);
  for (int round = 0; round < FMA_ROUNDS; round++) {
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++)
      sums[c] = _mm512_fmadd_ps(sums[c], factor, factor);
    __asm__ volatile("" : "+v"(factor)); /* keeps the rounds */
  }
  for (int c = 1; c < CHAINS; c++)
    sums[0] = _mm512_add_ps(sums[0], sums[c]);
  return _mm512_cvtss_f32(sums[0]);
}

__attribute__((target("avx2,fma"))) static float fma_avx2(void) {
  __m256 sums[CHAINS], factor = _mm256_set1_ps(0.5f);
  for (int c = 0; c < CHAINS; c++)
    sums[c] = _mm256_set1_ps((float)c);
  for (int round = 0; round < FMA_ROUNDS; round++) {
#pragma GCC unroll 12
    for (int c = 0; c < CHAINS; c++)
      sums[c] = _mm256_fmadd_ps(sums[c], factor, factor);
    __asm__ volatile("" : "+x"(factor));
  }
  for (int c = 1; c < CHAINS; c++)
    sums[0] = _mm256_add_ps(sums[0], sums[c]);
  return _mm256_cvtss_f32(sums[0]);
}
#endif

/* Multiply and add of whatever vectors the library was compiled for. */
static float fma_baseline(void) {
  float sums[4 * CHAINS], factor = 0.5f;
  for (int c = 0; c < 4 * CHAINS; c++)
    sums[c] = (float)c;
  for (int round = 0; round < FMA_ROUNDS; round++) {
    for (int c = 0; c < 4 * CHAINS; c++)
      sums[c] = sums[c] * factor + factor;
    __asm__ volatile("" : "+m"(factor));
  }
  float sum = 0;
  for (int c = 0; c < 4 * CHAINS; c++)
    sum += sums[c];
  return sum;
}

struct fma_job {
  float (*run)(void);
};

static void fma_share(void *argument, int thread, int64_t begin, int64_t end) {
  (void)thread;
  const struct fma_job *job = argument;
  float sum = 0;
  for (int64_t i = begin; i < end; i++)
    sum += job->run();
  __asm__ volatile("" : : "m"(sum)); /* keeps the work */
}

static double measure_flops(const char *vector, struct tin_pool *pool) {
  struct fma_job job = {.run = fma_baseline};
  double lanes = 4;
#if defined(__x86_64__)
  if (!strcmp(vector, "avx512"))
    job.run = fma_avx512, lanes = 16;
  else if (!strcmp(vector, "avx2"))
    job.run = fma_avx2, lanes = 8;
#else
  (void)vector;
#endif
  int threads = tin_pool_threads(pool);
  double best = 0;
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    double start = seconds();
    tin_pool_run(pool, fma_share, &job, threads);
    double rate = 2.0 * lanes * CHAINS * FMA_ROUNDS * threads / (seconds() - start);
    best = rate > best ? rate : best;
  }
  return best;
}

/* ---- bandwidth ---- */

enum { COPY_BYTES = 32 << 20, COPY_BLOCK = 1 << 20 };

struct copy_job {
  char *to;
  const char *from;
};

static void copy_share(void *argument, int thread, int64_t begin, int64_t end) {
  (void)thread;
  const struct copy_job *job = argument;
  memcpy(job->to + begin * COPY_BLOCK, job->from + begin * COPY_BLOCK, (size_t)(end - begin) * COPY_BLOCK);
}

static double measure_bandwidth(struct tin_pool *pool) {
  char *memory = malloc(2 * (size_t)COPY_BYTES);
  if (!memory)
    return 0;
  memset(memory, 1, 2 * (size_t)COPY_BYTES); /* pages must exist before they are timed */
  struct copy_job job = {.to = memory, .from = memory + COPY_BYTES};
  double best = 0;
  for (int repeat = 0; repeat < REPEATS; repeat++) {
    double start = seconds();
    tin_pool_run(pool, copy_share, &job, COPY_BYTES / COPY_BLOCK);
    double rate = 2.0 * COPY_BYTES / (seconds() - start);
    best = rate > best ? rate : best;
  }
  free(memory);
  return best;
}

void tin_machine_measure(struct tin_machine *machine, struct tin_pool *pool) {
  tin_pool_begin(pool);
  machine->flops = measure_flops(machine->vector, pool);
  machine->bandwidth = measure_bandwidth(pool);
  tin_pool_end(pool);
}
