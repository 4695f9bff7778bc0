/* Fused against unfused: each new plan's graph also runs as a plan of one op a kernel, both are timed, and the results are compared bit
 * for bit. None of these runs writes in place, so they all see the leaves as they are, and nothing of them is adopted. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "ir/scalar.h"
#include "runtime/engine.h"

enum { REPEATS = 5 }; /* the shortest counts */

/* Runs the plan and returns the seconds it took; the results stay in *run. A negative number with error on failure. */
static double run_once(struct tin_run *run, const struct tin_run *like, struct tin_plan *plan) {
  tin_run_end(run);
  *run = (struct tin_run){.engine = like->engine, .request = like->request, .walk = like->walk, .plan = plan, .error = like->error};
  double start = tin_seconds();
  if (!tin_run_plan(run))
    return -1;
  return tin_seconds() - start;
}

static bool time_plan(struct tin_run *run, const struct tin_run *like, struct tin_plan *plan, double *best) {
  for (int i = 0; i < REPEATS; i++) {
    double taken = run_once(run, like, plan);
    if (taken < 0)
      return false;
    if (i == 0 || taken < *best)
      *best = taken;
  }
  return true;
}

bool tin_compare_measure(struct tin_comparison *comparison, const struct tin_run *run) {
  return tin_plan_make(run->engine, run->request, 0, true, &comparison->unfused, run->error) &&
         time_plan(&comparison->reference, run, comparison->unfused, &comparison->unfused_seconds) &&
         time_plan(&comparison->repeat, run, run->plan, &comparison->seconds);
}

void tin_compare_end(struct tin_comparison *comparison) {
  tin_run_end(&comparison->reference);
  tin_run_end(&comparison->repeat);
  tin_plan_free(comparison->unfused);
  comparison->unfused = NULL;
}

static bool is_nan(uint64_t bits, int dtype) {
  return tin_dtype_is_float(dtype) && isnan(tin_scalar_to_double(bits, (tin_dtype)dtype));
}

/* Prints the first element that differs; NaNs are one value. */
static bool equal_values(const struct tin_buffer *a, const struct tin_buffer *b, const struct tin_node *node, const char *what,
                         int number) {
  if (!a || !b || a == b)
    return true;
  tin_dtype dtype = (tin_dtype)node->dtype;
  for (int64_t i = 0; i < node->size; i++) {
    uint64_t x = tin_scalar_load(a->data, i, dtype), y = tin_scalar_load(b->data, i, dtype);
    if (x == y || (is_nan(x, dtype) && is_nan(y, dtype)))
      continue;
    fprintf(stderr, "  %-16s %s %d (%s) at position %" PRId64 ": fused 0x%" PRIx64 " (%.9g), unfused 0x%" PRIx64 " (%.9g)\n",
            "different bits", what, number, tin_ops[node->op].text, i, x, tin_scalar_to_double(x, dtype), y,
            tin_scalar_to_double(y, dtype));
    return false;
  }
  return true;
}

static bool equal_results(const struct tin_comparison *comparison, const struct tin_run *run) {
  const struct tin_request *request = run->request;
  bool equal = true;
  for (int i = 0; i < request->n_outputs; i++)
    equal &= equal_values(run->results.outputs[i], comparison->reference.results.outputs[i], request->outputs[i], "output", i);
  for (int i = 0; i < request->n_updates; i++)
    equal &= equal_values(run->results.updates[i], comparison->reference.results.updates[i], request->updates[i].value, "update", i);
  return equal;
}

static void print_row(const char *name, double fused, double unfused, const char *unit, int digits) {
  fprintf(stderr, "  %-16s %12.*f %12.*f%s\n", name, digits, fused, digits, unfused, unit);
}

void tin_compare_print(const struct tin_comparison *comparison, const struct tin_run *run) {
  const struct tin_plan *fused = run->plan, *unfused = comparison->unfused;
  fprintf(stderr, "tinsmith: plan %d, %d nodes\n  %-16s %12s %12s\n", fused->serial, fused->n_nodes, "", "fused", "unfused");
  print_row("time", comparison->seconds * 1e6, comparison->unfused_seconds * 1e6, " us", 1);
  print_row("kernels", fused->n_kernels, unfused->n_kernels, "", 0);
  print_row("moved", fused->bytes * 1e-6, unfused->bytes * 1e-6, " MB", 3);
  print_row("planned memory", (double)fused->arena_bytes * 1e-6, (double)unfused->arena_bytes * 1e-6, " MB", 3);
  print_row("without reuse", (double)fused->bytes_without_reuse * 1e-6, (double)unfused->bytes_without_reuse * 1e-6, " MB", 3);
  if (equal_results(comparison, run))
    fprintf(stderr, "  %-16s %12s\n", "results", "equal bits");
}
