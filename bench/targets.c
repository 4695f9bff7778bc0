/* What each workload is meant to reach: the targets of docs/performance.md. Where a peer or a limit took turns beside the workload, the
 * ratio in that run decides; times alone hold for a quiet machine of the kind they were set on (2 cores, AVX-512). */
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct target {
  const char *id; /* identifiers that begin so */
  int threads;    /* 0: any number */
  double most;    /* seconds or MiB, */
  double torch;   /* or at most so many times what torch takes */
  double limit;   /* at least this share of the limit */
  double best;    /* at least this share of the speed of the best of OpenBLAS and torch */
  int kernels;    /* launches at most */
} targets[] = {
    {"W1a", 1, .most = 4.92e-6}, /* 0.30 ns an element */
    {"W1b", 2, .limit = 0.952},  /* 1.05 times a * b + c with streaming stores */
    {"W2a", 2, .most = 2.9e-3, .torch = 0.5, .kernels = 1},
    {"W2b", 2, .most = 0.60e-3, .kernels = 1},
    {"W3a", 2, .most = 0.45e-3, .kernels = 1},
    {"W3b", 2, .most = 1.1e-3, .kernels = 3},
    {"W4a", 0, .limit = 0.92, .best = 1},
    {"W4b", 0, .limit = 0.92, .best = 1},
    {"W4c", 0, .limit = 0.92, .best = 1},
    {"W4d", 2, .most = 3.9e-3, .kernels = 1},
    {"W4e", 0, .best = 0.95},
    {"W5r", 0, .most = 16}, /* MiB, as the others that end so */
    {"W6r", 0, .most = 120},
    {"W7r", 0, .most = 2200},
    {"W5", 2, .most = 1.3e-3, .kernels = 10},
    {"W6", 2, .most = 34e-3, .torch = 0.72, .kernels = 25},
    {"W7", 2, .most = 720e-3, .torch = 0.66, .kernels = 250},
    {"W8a", 2, .most = 30e-3},
    {"W8b", 2, .most = 2.5},
    {"W9", 2, .most = 72e-3},
    {"W10a", 2, .limit = 0.70},
    {"W10b", 2, .most = 88e-3},
    {"W11a", 1, .most = 8e-3},
    {"W11b", 1, .most = 0.3e-3},
    {"W11l", 1, .most = 150e-3},
    {"W12", 1, .most = 15e-6},
    {"W13a", 2, .most = 70e-3},
    {"W13b", 2, .most = 128 / 8000.0}, /* 128 tokens */
};

/* As people write it. */
static void format_most(const struct bench_workload *workload, double most, char *text, size_t size) {
  bool memory = !strcmp(workload->unit, "MiB"), micro = most < 1e-3, milli = most < 1;
  snprintf(text, size, "%.3g %s",
           memory ? most
                  : most * (micro   ? 1e6
                            : milli ? 1e3
                                    : 1),
           memory  ? "MiB"
           : micro ? "us"
           : milli ? "ms"
                   : "s");
}

static const struct target *find(const struct bench_workload *workload) {
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
    if (!strncmp(workload->id, targets[i].id, strlen(targets[i].id)) && (!targets[i].threads || targets[i].threads == workload->threads))
      return &targets[i];
  return NULL;
}

static double time_of(struct bench_workload *workload, const char *name) {
  const struct bench_contestant *contestant = bench_find(workload, name);
  return contestant && contestant->time.count ? contestant->time.min : 0;
}

/* Notes a criterion that is missed by a factor above 1. */
static void note(struct bench_verdict *verdict, double factor, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void note(struct bench_verdict *verdict, double factor, const char *format, ...) {
  size_t used = strlen(verdict->why);
  va_list args;
  verdict->factor = factor > verdict->factor ? factor : verdict->factor;
  if (factor <= 1)
    return;
  if (used)
    used += (size_t)snprintf(verdict->why + used, sizeof verdict->why - used, ", ");
  va_start(args, format);
  if (used < sizeof verdict->why)
    vsnprintf(verdict->why + used, sizeof verdict->why - used, format, args);
  va_end(args);
}

struct bench_verdict bench_judge(struct bench_workload *workload) {
  struct bench_verdict verdict = {0};
  const struct target *target = find(workload);
  const struct bench_contestant *us = &workload->contestants[0];
  if (!target || !us->time.count)
    return verdict;
  double ours = us->time.min, torch = time_of(workload, "torch"), blas = time_of(workload, "openblas");
  double limit = bench_limit_seconds(workload), most = bench_options.quick ? 0 : target->most;
  double by_torch = target->torch > 0 && torch > 0 ? ours / torch / target->torch : 0, by_time = most > 0 ? ours / most : 0;
  char text[32];
  format_most(workload, most, text, sizeof text);
  if (by_torch > 0 && (by_time <= 0 || by_time > 1)) /* the ratio decides, but a time that is met is met */
    note(&verdict, by_torch, "%.2f of torch's time, not %.2f", ours / torch, target->torch);
  else if (by_time > 0)
    note(&verdict, by_time, "%.2f times %s", by_time, text);
  if (target->limit > 0 && limit > 0)
    note(&verdict, target->limit * ours / limit, "%.2f of the limit, not %.2f", limit / ours, target->limit);
  double best = blas > 0 && (torch <= 0 || blas < torch) ? blas : torch;
  if (target->best > 0 && best > 0)
    note(&verdict, target->best * ours / best, "%.2f times the speed of %s, not %.2f", best / ours, best == blas ? "openblas" : "torch",
         target->best);
  if (target->kernels > 0 && us->kernels > 0)
    note(&verdict, us->kernels > target->kernels ? (double)us->kernels / target->kernels : 0, "%d kernels, not %d", (int)us->kernels,
         target->kernels);
  return verdict;
}
