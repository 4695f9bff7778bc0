/* The table and the JSON file. A ratio says how many times as long the reference took: above 1 this library is faster. */
#include "bench.h"
#include "runtime/machine.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One contestant more than half above its own best says that the machine had other work. */
static const double NOISY = 1.5;
/* So does a peak so much below the best one that this run has seen: the clock was lower, or a core was shared. */
static const double LOW_PEAK = 0.8;

struct row {
  char id[8], what[48];
  const char *unit;
  int threads;
  bool noisy;
  double min, median;
  struct bench_verdict verdict;
  char *json;
};
static struct { /* of this run, filled row by row */
  struct row *rows;
  int count, capacity;
  char *machine;
  double peaks[BENCH_MAX_THREADS + 1]; /* flops a second, by threads */
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
  if (!strcmp(workload->unit, "MiB"))
    return seconds;
  return seconds * (!strcmp(workload->unit, "ms") ? 1e3 : !strcmp(workload->unit, "us") ? 1e6 : 1);
}

double bench_limit_seconds(struct bench_workload *workload) {
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

static bool had_low_peak(const struct bench_workload *workload, const struct bench_contestant *contestant) {
  double *best = &report.peaks[workload->threads], peak = contestant->limit_work / contestant->time.min;
  if (strcmp(contestant->name, "FMA peak"))
    return false;
  *best = peak > *best ? peak : *best;
  return peak < LOW_PEAK * *best;
}

const char *bench_noisy(const struct bench_workload *workload) {
  for (int i = 0; i < workload->count; i++) {
    const struct bench_contestant *contestant = &workload->contestants[i];
    if (contestant->time.count > 2 && contestant->time.median > NOISY * contestant->time.min)
      return contestant->name;
    if (contestant->time.count && had_low_peak(workload, contestant))
      return contestant->name;
  }
  return NULL;
}

static void print_time(const char *unit, double seconds) {
  if (!strcmp(unit, "MiB")) {
    printf(" %7.1f MiB", seconds);
    return;
  }
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
    report.peaks[threads] = peak;
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

static void write_reference(FILE *out, const struct bench_workload *workload, const struct bench_contestant *other) {
  fprintf(out, "\"%s\": {\"min\": %.9g, \"median\": %.9g", other->name, other->time.min, other->time.median);
  if (other->role != BENCH_LIMIT)
    fprintf(out, ", \"best\": %.6g", in_unit(workload, other->time.min));
  if (other->ctx)
    fprintf(out, ", \"kernels\": %" PRId64 ", \"planned_bytes\": %" PRId64 ", \"moved_bytes\": %" PRId64, other->kernels,
            other->planned_bytes, other->moved_bytes);
  fprintf(out, "}");
}

/* The row's object: min and median in seconds of a call, best and limit in the unit. NULL without memory. */
static char *json_of(struct bench_workload *workload, const struct row *row) {
  char *text = NULL;
  size_t size;
  const struct bench_contestant *us = &workload->contestants[0];
  double limit = bench_limit_seconds(workload);
  FILE *out = open_memstream(&text, &size);
  if (!out)
    return NULL;
  fprintf(out, "{\"id\": \"%s\", \"what\": \"%s\", \"threads\": %d, \"unit\": \"%s\", \"min\": %.9g, \"median\": %.9g, \"best\": %.6g",
          workload->id, workload->what, workload->threads, workload->unit, us->time.min, us->time.median, in_unit(workload, us->time.min));
  if (limit > 0)
    fprintf(out, ", \"limit\": %.6g", in_unit(workload, limit));
  else
    fprintf(out, ", \"limit\": null");
  fprintf(out, ", \"kernels\": %" PRId64 ", \"planned_bytes\": %" PRId64 ", \"moved_bytes\": %" PRId64, us->kernels, us->planned_bytes,
          us->moved_bytes);
  fprintf(out, ", \"in_kernels\": %.9g, \"compiling\": %.9g, \"noisy\": %s", us->run, us->compiling, row->noisy ? "true" : "false");
  if (row->verdict.factor > 0)
    fprintf(out, ", \"target_missed_by\": %.4g", row->verdict.factor);
  fprintf(out, ", \"refs\": {");
  const char *comma = "";
  for (int i = 1; i < workload->count; i++)
    if (workload->contestants[i].time.count) {
      fprintf(out, "%s", comma);
      write_reference(out, workload, &workload->contestants[i]);
      comma = ", ";
    }
  fprintf(out, "}}");
  fclose(out);
  return text;
}

static void store(struct bench_workload *workload, const struct bench_verdict *verdict) {
  const struct bench_contestant *us = &workload->contestants[0];
  if (report.count == report.capacity) {
    int capacity = report.capacity ? 2 * report.capacity : 64;
    struct row *rows = realloc(report.rows, (size_t)capacity * sizeof *rows);
    if (!rows)
      exit(1);
    report.rows = rows, report.capacity = capacity;
  }
  struct row *row = &report.rows[report.count++];
  *row = (struct row){
      .threads = workload->threads, .noisy = bench_noisy(workload), .min = us->time.min, .median = us->time.median, .verdict = *verdict};
  snprintf(row->id, sizeof row->id, "%s", workload->id);
  snprintf(row->what, sizeof row->what, "%.47s", workload->what);
  row->json = json_of(workload, row);
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

static void print_references(const struct bench_workload *workload) {
  const struct bench_contestant *us = &workload->contestants[0];
  for (int i = 1; i < workload->count; i++) {
    const struct bench_contestant *other = &workload->contestants[i];
    if (other->role != BENCH_LIMIT && other->time.count)
      printf(" %s %.2f (%.2f)", other->name, other->time.min / us->time.min, other->time.median / us->time.median);
  }
}

/* What the plan is like, where there is one. */
static void print_plan(struct bench_workload *workload) {
  const struct bench_contestant *us = &workload->contestants[0], *unfused = bench_find(workload, "unfused");
  if (us->kernels)
    printf("; %" PRId64 " kernels", us->kernels);
  if (us->kernels && unfused && unfused->kernels)
    printf(", unfused %" PRId64, unfused->kernels);
  if (us->moved_bytes)
    printf("; moves %.3g MB", (double)us->moved_bytes * 1e-6);
  if (us->planned_bytes)
    printf("; planned %.3g MB", (double)us->planned_bytes * 1e-6);
  if (us->compiling > 0)
    printf("; compiled in %.3g ms", us->compiling * 1e3);
}

void bench_report(struct bench_workload *workload) {
  const struct bench_contestant *us = &workload->contestants[0];
  struct bench_verdict verdict = bench_judge(workload);
  const char *noisy = bench_noisy(workload);
  double limit = bench_limit_seconds(workload), shown = us->time.min;
  char rate[32] = "", share[16] = "";
  if (is_rate(workload) || strchr(workload->unit, '/'))
    snprintf(rate, sizeof rate, "%.*f %s", in_unit(workload, shown) < 10 ? 3 : 1, in_unit(workload, shown), workload->unit);
  if (limit > 0)
    snprintf(share, sizeof share, "%.0f %%", 100 * limit / shown);
  printf("%-5s %-47s %2d", workload->id, workload->what, workload->threads);
  print_time(workload->unit, us->time.min), print_time(workload->unit, us->time.median);
  if (us->run > 0)
    print_time(workload->unit, us->run);
  else
    printf(" %11s", "");
  printf(" %20s %6s ", rate, share);
  print_references(workload);
  print_kernel_ratios(workload);
  print_plan(workload);
  if (verdict.factor > 0)
    printf("; target %s%s", verdict.factor <= 1 ? "met" : "missed: ", verdict.why);
  if (us->replanned)
    printf("; MADE PLANS WHILE TIMED");
  if (noisy)
    printf("; noisy (%s)", noisy);
  printf("\n");
  fflush(stdout);
  store(workload, &verdict);
}

/* ---- the end ---- */

static bool same_row(const struct row *a, const struct row *b) {
  return !strcmp(a->id, b->id) && a->threads == b->threads;
}

/* The runs of each row side by side, and how far they are apart. */
static void print_runs(void) {
  if (bench_options.runs < 2)
    return;
  printf("\n%-5s %-47s %2s  %s\n", "", "workload", "T", "least times of the runs (spread), medians of the runs (spread)");
  for (int i = 0; i < report.count; i++) {
    double low[2] = {INFINITY, INFINITY}, high[2] = {0, 0};
    bool first = true;
    for (int k = 0; k < i; k++)
      first &= !same_row(&report.rows[k], &report.rows[i]);
    if (!first)
      continue;
    printf("%-5s %-47s %2d", report.rows[i].id, report.rows[i].what, report.rows[i].threads);
    for (int which = 0; which < 2; which++) {
      for (int k = i; k < report.count; k++)
        if (same_row(&report.rows[k], &report.rows[i])) {
          double time = which ? report.rows[k].median : report.rows[k].min;
          low[which] = fmin(low[which], time), high[which] = fmax(high[which], time);
          print_time(report.rows[i].unit, time);
        }
      printf(" (%.0f %%)", 100 * (high[which] / low[which] - 1));
    }
    printf("\n");
  }
}

static void print_verdict(void) {
  int noisy = 0, met = 0, missed = 0;
  for (int i = 0; i < report.count; i++) {
    const struct row *row = &report.rows[i];
    noisy += row->noisy;
    met += row->verdict.factor > 0 && row->verdict.factor <= 1;
    missed += row->verdict.factor > 1;
  }
  printf("\ntargets: %d met, %d missed\n", met, missed);
  if (!noisy)
    printf("quiet enough to conclude\n");
  else
    printf(
        "too noisy: %d of %d rows; a contestant's median was more than %.1f times its least time, or the peak below %.1f of the best seen. "
        "These rows allow no conclusion.\n",
        noisy, report.count, NOISY, LOW_PEAK);
}

static bool write_json(void) {
  FILE *out = fopen(bench_options.json, "w");
  if (!out) {
    fprintf(stderr, "bench: cannot write %s\n", bench_options.json);
    return false;
  }
  fprintf(out, "{\"machine\": %s,\n \"results\": [\n", report.machine);
  for (int i = 0; i < report.count; i++)
    fprintf(out, "  %s%s\n", report.rows[i].json ? report.rows[i].json : "{}", i + 1 < report.count ? "," : "");
  fprintf(out, " ]}\n");
  return !fclose(out);
}

bool bench_report_end(void) {
  print_runs();
  print_verdict();
  bool good = !bench_options.json || write_json();
  for (int i = 0; i < report.count; i++)
    free(report.rows[i].json);
  free(report.rows);
  free(report.machine);
  return good;
}
