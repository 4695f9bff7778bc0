/* The table and the JSON file. A ratio says how many times as long the reference took: above 1 this library is faster. */
#include "bench.h"
#include "runtime/machine.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One contestant more than half above its own best says that the machine had other work. */
static const double NOISY = 1.5;

struct result { /* what the JSON file needs of a row */
  char *text;
};
static struct { /* of this run, filled row by row */
  struct result rows[BENCH_MAX_RESULTS];
  int count, noisy;
  char *machine;
} report;

static bool is_rate(const struct bench_workload *workload) {
  return !strcmp(workload->unit, "GFLOP/s") || !strcmp(workload->unit, "GB/s") || !strcmp(workload->unit, "tokens/s");
}

/* Seconds in the workload's unit. */
static double in_unit(const struct bench_workload *workload, double seconds) {
  if (is_rate(workload))
    return workload->rate_work / seconds * 1e-9;
  if (!strcmp(workload->unit, "ns/element"))
    return seconds / workload->rate_work * 1e9;
  if (!strcmp(workload->unit, "us/node"))
    return seconds / workload->rate_work * 1e6;
  return seconds * (!strcmp(workload->unit, "ms") ? 1e3 : !strcmp(workload->unit, "us") ? 1e6 : 1);
}

/* Least seconds in which the machine could do the work, by the fastest limit that took turns; 0: none. */
static double limit_seconds(struct bench_workload *workload) {
  double best = 0;
  for (int i = 0; i < workload->count; i++) {
    const struct bench_contestant *limit = &workload->contestants[i];
    if (limit->role != BENCH_LIMIT || !limit->time.count)
      continue;
    double seconds = limit->time.min * workload->limit_work / limit->limit_work;
    best = best > 0 && best < seconds ? best : seconds;
  }
  return best;
}

static bool is_noisy(const struct bench_workload *workload) {
  for (int i = 0; i < workload->count; i++)
    if (workload->contestants[i].time.count > 2 && workload->contestants[i].time.median > NOISY * workload->contestants[i].time.min)
      return true;
  return false;
}

static void print_time(double seconds) {
  if (seconds < 1e-3)
    printf(" %8.2f us", seconds * 1e6);
  else if (seconds < 1)
    printf(" %8.3f ms", seconds * 1e3);
  else
    printf(" %8.3f s ", seconds);
}

void bench_report_machine(void) {
  struct tin_machine machine;
  size_t size;
  tin_machine_describe(&machine);
  FILE *json = open_memstream(&report.machine, &size);
  printf("%s, %s; AVX-512 and AVX2 as the CPU has them; times are per call, the least and the median\n", machine.cpu, machine.vector);
  fprintf(json, "{\"cpu\": \"%s\", \"cores\": %d, \"peak_gflops\": {", machine.cpu, bench_options.threads[bench_options.n_threads - 1]);
  double copies[BENCH_MAX_THREADS];
  for (int i = 0; i < bench_options.n_threads; i++) {
    int threads = bench_options.threads[i];
    double peak = bench_peak_flops(threads), triad = bench_triad_bandwidth(threads);
    copies[i] = bench_copy_bandwidth(threads);
    printf("T=%d: FMA peak %.0f GFLOP/s; from memory with streaming stores: copy %.1f GB/s, triad %.1f GB/s\n", threads, peak * 1e-9,
           copies[i] * 1e-9, triad * 1e-9);
    fprintf(json, "%s\"%d\": %.2f", i ? ", " : "", threads, peak * 1e-9);
  }
  fprintf(json, "}, \"copy_gbs\": {");
  for (int i = 0; i < bench_options.n_threads; i++)
    fprintf(json, "%s\"%d\": %.2f", i ? ", " : "", bench_options.threads[i], copies[i] * 1e-9);
  fprintf(json, "}}");
  fclose(json);
  if (bench_blas_load())
    printf("OpenBLAS with its %s kernels\n", bench_blas_name());
  printf("\n%-5s %-47s %2s %11s %11s %11s %20s %6s  %s\n", "", "workload", "T", "min", "median", "in kernels", "rate", "limit",
         "times as long as tinsmith, by min and (median)");
}

static void store_json(struct bench_workload *workload, double limit) {
  char *text;
  size_t size;
  const struct bench_contestant *us = &workload->contestants[0];
  FILE *out = open_memstream(&text, &size);
  if (!out || report.count == BENCH_MAX_RESULTS)
    return;
  fprintf(out, "{\"id\": \"%s\", \"what\": \"%s\", \"threads\": %d, \"unit\": \"%s\", \"min\": %.9g, \"median\": %.9g, \"best\": %.6g",
          workload->id, workload->what, workload->threads, workload->unit, us->time.min, us->time.median, in_unit(workload, us->time.min));
  fprintf(out, ", \"in_kernels\": %.9g, \"kernels\": %" PRId64 ", \"planned_bytes\": %" PRId64, us->run, us->kernels, us->planned_bytes);
  if (limit > 0)
    fprintf(out, ", \"limit\": %.6g", in_unit(workload, limit));
  fprintf(out, ", \"noisy\": %s, \"refs\": {", is_noisy(workload) ? "true" : "false");
  const char *comma = "";
  for (int i = 1; i < workload->count; i++) {
    const struct bench_contestant *other = &workload->contestants[i];
    if (!other->time.count)
      continue;
    fprintf(out, "%s\"%s\": {\"min\": %.9g, \"median\": %.9g", comma, other->name, other->time.min, other->time.median);
    if (other->role != BENCH_LIMIT)
      fprintf(out, ", \"best\": %.6g", in_unit(workload, other->time.min));
    if (other->ctx)
      fprintf(out, ", \"kernels\": %" PRId64 ", \"planned_bytes\": %" PRId64, other->kernels, other->planned_bytes);
    fprintf(out, "}");
    comma = ", ";
  }
  fprintf(out, "}}");
  fclose(out);
  report.rows[report.count++].text = text;
}

/* Where a call costs much beside its kernels: how the references compare with the kernels alone. */
static void print_kernel_ratios(const struct bench_workload *workload) {
  const struct bench_contestant *us = &workload->contestants[0];
  if (us->run <= 0 || us->run > 0.95 * us->time.min)
    return;
  printf("; kernels alone:");
  for (int i = 1; i < workload->count; i++) {
    const struct bench_contestant *other = &workload->contestants[i];
    if (other->role != BENCH_LIMIT && other->time.count)
      printf(" %s %.2f", other->name, (other->run > 0 ? other->run : other->time.min) / us->run);
  }
}

void bench_report(struct bench_workload *workload) {
  const struct bench_contestant *us = &workload->contestants[0];
  double limit = limit_seconds(workload), shown = us->time.min;
  char rate[32] = "", share[16] = "";
  if (strcmp(workload->unit, "us") && strcmp(workload->unit, "ms"))
    snprintf(rate, sizeof rate, "%.*f %s", in_unit(workload, shown) < 10 ? 3 : 1, in_unit(workload, shown), workload->unit);
  if (limit > 0)
    snprintf(share, sizeof share, "%.0f %%", 100 * limit / shown);
  printf("%-5s %-47s %2d", workload->id, workload->what, workload->threads);
  print_time(us->time.min), print_time(us->time.median);
  if (us->run > 0)
    print_time(us->run);
  else
    printf(" %11s", "");
  printf(" %20s %6s ", rate, share);
  for (int i = 1; i < workload->count; i++) {
    const struct bench_contestant *other = &workload->contestants[i];
    if (other->role != BENCH_LIMIT && other->time.count)
      printf(" %s %.2f (%.2f)", other->name, other->time.min / us->time.min, other->time.median / us->time.median);
  }
  print_kernel_ratios(workload);
  if (us->kernels)
    printf("; %" PRId64 " kernels", us->kernels);
  if (us->kernels && workload->count > 1 && workload->contestants[1].kernels)
    printf(", unfused %" PRId64, workload->contestants[1].kernels);
  if (us->planned_bytes)
    printf("; planned %.2f MB", (double)us->planned_bytes * 1e-6);
  if (workload->target > 0)
    printf("; target %.3g %s: %s", workload->target * (workload->target < 1e-3 ? 1e6 : 1e3), workload->target < 1e-3 ? "us" : "ms",
           us->time.min <= workload->target ? "met" : "missed");
  if (us->replanned)
    printf("; MADE PLANS WHILE TIMED");
  if (is_noisy(workload)) {
    printf("; noisy");
    report.noisy++;
  }
  printf("\n");
  fflush(stdout);
  store_json(workload, limit);
}

bool bench_report_end(void) {
  if (report.noisy)
    printf("\nnoisy: a contestant's median was more than %.1f times its least time. The machine had other work (%d of %d rows): these rows "
           "allow no conclusion.\n",
           NOISY, report.noisy, report.count);
  FILE *out = bench_options.json ? fopen(bench_options.json, "w") : NULL;
  if (bench_options.json && !out) {
    fprintf(stderr, "bench: cannot write %s\n", bench_options.json);
    return false;
  }
  if (out) {
    fprintf(out, "{\"machine\": %s,\n \"results\": [\n", report.machine);
    for (int i = 0; i < report.count; i++)
      fprintf(out, "  %s%s\n", report.rows[i].text, i + 1 < report.count ? "," : "");
    fprintf(out, " ]}\n");
    fclose(out);
  }
  for (int i = 0; i < report.count; i++)
    free(report.rows[i].text);
  free(report.machine);
  return true;
}
