/* Turns, samples, statistics, checks. See bench.h. */
#include "bench.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

double bench_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void *bench_memory(int64_t bytes) {
  void *memory = NULL;
  if (posix_memalign(&memory, 64, (size_t)(bytes > 0 ? bytes : 1))) {
    fprintf(stderr, "bench: no memory for %.0f MB\n", (double)bytes * 1e-6);
    exit(1);
  }
  memset(memory, 0, (size_t)bytes);
  return memory;
}

/* Marsaglia, "Xorshift RNGs" (2003), the 64-bit triple 13, 7, 17. */
float *bench_random(int64_t count, uint64_t seed, float scale) {
  float *data = bench_memory(count * (int64_t)sizeof *data);
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (int64_t i = 0; i < count; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    data[i] = scale * ((float)(int32_t)(state >> 32) * 0x1p-31f);
  }
  return data;
}

/* ---- workloads ---- */

struct bench_workload bench_workload(const char *id, int threads, const char *unit) {
  return (struct bench_workload){.id = id, .threads = threads, .unit = unit};
}

struct bench_contestant *bench_add(struct bench_workload *workload, const char *name, enum bench_role role, bench_call *call, void *state) {
  struct bench_contestant *contestant = &workload->contestants[workload->count++];
  *contestant = (struct bench_contestant){.name = name, .role = role, .call = call, .state = state};
  return contestant;
}

struct bench_contestant *bench_find(struct bench_workload *workload, const char *name) {
  for (int i = 0; i < workload->count; i++)
    if (!strcmp(workload->contestants[i].name, name))
      return &workload->contestants[i];
  return NULL;
}

void bench_sample(struct bench_contestant *contestant, double seconds) {
  struct bench_samples *time = &contestant->time;
  if (time->count == time->capacity) {
    time->capacity = time->capacity ? 2 * time->capacity : 64;
    time->at = realloc(time->at, (size_t)time->capacity * sizeof *time->at);
    if (!time->at)
      exit(1);
  }
  time->at[time->count++] = seconds;
}

static int compare_doubles(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void summarize(struct bench_samples *time) {
  if (!time->count)
    return;
  qsort(time->at, (size_t)time->count, sizeof *time->at, compare_doubles);
  time->min = time->at[0];
  time->median = time->at[time->count / 2];
}

/* ---- progress ---- */

void bench_progress(const char *id, const char *what) {
  static double last; /* of the newest line, where every line stays */
  bool terminal = isatty(2);
  if (!terminal && what && bench_seconds() - last < 5)
    return;
  if (what)
    fprintf(stderr, terminal ? "\r%s: %s\033[K" : "%s: %s\n", id, what), last = bench_seconds();
  else if (terminal)
    fprintf(stderr, "\r\033[K");
  fflush(stderr);
}

/* ---- turns ---- */

static const double SAMPLE_SECONDS = 0.2e-3; /* far above what reading the clock costs, and often undisturbed on a busy machine */
static const double TURN_SECONDS = 30e-3;    /* of a contestant in a round: several ticks of the scheduler; a call that takes as long
                                                brings its data into the caches itself */
enum { MAX_SAMPLES = 64 };

static double time_call(struct bench_contestant *contestant) {
  double start = bench_seconds();
  contestant->call(contestant->state);
  return bench_seconds() - start;
}

static void calibrate(struct bench_contestant *contestant) {
  if (contestant->ctx)
    tin_clear_cache(contestant->ctx); /* for the time that the plan of a call takes */
  double compiled = contestant->ctx ? tin_stats(contestant->ctx).compile_seconds : 0;
  double first = time_call(contestant), best = INFINITY; /* makes plans, touches memory */
  contestant->compiling = contestant->ctx ? tin_stats(contestant->ctx).compile_seconds - compiled : 0;
  double until = bench_seconds() + TURN_SECONDS;
  for (int i = 0; i < 4 && (i == 0 || bench_seconds() < until); i++) {
    double taken = time_call(contestant);
    best = taken < best ? taken : best;
  }
  contestant->repeat = best > SAMPLE_SECONDS ? 1 : (int)(SAMPLE_SECONDS / (best + 1e-8)) + 1;
  double sample = best * contestant->repeat;
  contestant->samples = sample > TURN_SECONDS ? 1 : (int)(TURN_SECONDS / sample);
  if (contestant->samples > MAX_SAMPLES)
    contestant->samples = MAX_SAMPLES;
  contestant->spent = first + best;
}

static void pause_ms(int ms) {
  struct timespec time = {.tv_nsec = ms * 1000000L};
  nanosleep(&time, NULL);
}

static void count_run(struct bench_contestant *contestant, const struct tin_counters *before, int calls) {
  struct tin_counters after = tin_stats(contestant->ctx);
  double run = (after.run_seconds - before->run_seconds) / calls;
  contestant->run = contestant->run > 0 && contestant->run < run ? contestant->run : run;
  contestant->kernels = (after.kernels_launched - before->kernels_launched) / calls;
  contestant->planned_bytes = after.bytes_planned;
  contestant->moved_bytes = after.bytes_moved;
  contestant->replanned |= after.plan_misses != before->plan_misses;
}

static void take_samples(struct bench_contestant *contestant) {
  if (contestant->samples > 1)
    contestant->call(contestant->state); /* its data and code come back to the caches, its threads wake */
  for (int s = 0; s < contestant->samples; s++) {
    struct tin_counters before = {0};
    if (contestant->ctx)
      before = tin_stats(contestant->ctx);
    double start = bench_seconds();
    for (int i = 0; i < contestant->repeat; i++)
      contestant->call(contestant->state);
    bench_sample(contestant, (bench_seconds() - start) / contestant->repeat);
    if (contestant->ctx)
      count_run(contestant, &before, contestant->repeat);
  }
}

/* A contestant that has had its share of the workload's time sits out the other rounds. */
static void take_turn(const struct bench_workload *workload, struct bench_contestant *contestant, int round) {
  double start = bench_seconds(), share = bench_options.seconds / workload->count;
  if ((!contestant->turn && !contestant->call) || (round > 1 && contestant->spent > share))
    return;
  if (contestant->spent > 0.5)
    bench_progress(workload->id, contestant->name);
  if (contestant->turn)
    contestant->turn(contestant);
  else
    take_samples(contestant);
  if (contestant->pause_ms)
    pause_ms(contestant->pause_ms);
  contestant->spent += bench_seconds() - start;
}

static void measure_once(struct bench_workload *workload) {
  for (int round = 0; round < bench_options.rounds; round++)
    for (int i = 0; i < workload->count; i++)
      take_turn(workload, &workload->contestants[i], round);
  for (int i = 0; i < workload->count; i++)
    summarize(&workload->contestants[i].time);
}

/* Samples that are taken here can be taken again. */
static bool can_repeat(const struct bench_workload *workload) {
  for (int i = 0; i < workload->count; i++)
    if (workload->contestants[i].call || workload->contestants[i].turn)
      return true;
  return false;
}

static void forget(struct bench_workload *workload) {
  for (int i = 0; i < workload->count; i++)
    workload->contestants[i].time.count = 0, workload->contestants[i].spent = 0;
}

void bench_measure(struct bench_workload *workload) {
  static double repeating; /* seconds so far */
  for (int i = 0; i < workload->count; i++)
    if (workload->contestants[i].call)
      calibrate(&workload->contestants[i]);
  measure_once(workload);
  while (bench_noisy(workload) && repeating < bench_options.quiet_seconds && can_repeat(workload)) {
    double start = bench_seconds();
    bench_progress(workload->id, "once more, as it was noisy");
    forget(workload);
    measure_once(workload);
    repeating += bench_seconds() - start;
  }
  for (int i = 0; i < workload->count; i++)
    if (workload->contestants[i].ctx)
      bench_check_ok(workload->id, workload->contestants[i].name, workload->contestants[i].ctx);
  bench_progress(workload->id, NULL);
  bench_report(workload);
  for (int i = 0; i < workload->count; i++)
    free(workload->contestants[i].time.at);
}

/* ---- threads of references ---- */

struct part {
  pthread_t thread;
  bench_range *call;
  void *state;
  int64_t begin, end;
};

static void *run_part(void *argument) {
  struct part *part = argument;
  part->call(part->begin, part->end, part->state);
  return NULL;
}

void bench_parallel(int threads, int64_t count, bench_range *call, void *state) {
  struct part parts[BENCH_MAX_THREADS];
  for (int i = 0; i < threads; i++)
    parts[i] = (struct part){.call = call, .state = state, .begin = count * i / threads, .end = count * (i + 1) / threads};
  for (int i = 1; i < threads; i++)
    if (pthread_create(&parts[i].thread, NULL, run_part, &parts[i])) {
      fprintf(stderr, "bench: cannot start a thread\n");
      exit(1);
    }
  run_part(&parts[0]);
  for (int i = 1; i < threads; i++)
    pthread_join(parts[i].thread, NULL);
}

/* ---- checks ---- */

bool bench_check(const char *id, const char *who, const float *got, const float *expected, int64_t count, double tolerance) {
  double largest = 0, difference = 0;
  for (int64_t i = 0; i < count; i++) {
    double d = fabs((double)got[i] - (double)expected[i]), e = fabs((double)expected[i]);
    difference = d <= difference ? difference : d; /* a NaN stays */
    largest = e <= largest ? largest : e;
  }
  if (difference <= tolerance * largest && largest > 0 && isfinite(largest))
    return true;
  fprintf(stderr, "bench: %s: %s is wrong: differs by %g where values reach %g; not timed\n", id, who, difference, largest);
  return false;
}

bool bench_check_number(const char *id, const char *who, double got, double expected, double tolerance) {
  if (fabs(got - expected) <= tolerance * fabs(expected))
    return true;
  fprintf(stderr, "bench: %s: %s is wrong: %.9g instead of %.9g; not timed\n", id, who, got, expected);
  return false;
}

bool bench_check_ok(const char *id, const char *who, tin_ctx *ctx) {
  if (!tin_ok(ctx))
    fprintf(stderr, "bench: %s: %s failed: %s\n", id, who, tin_message(ctx));
  return tin_ok(ctx);
}
