/* Prints the accuracy of the elementary functions (tests/elementary.h): for each function and dtype the largest error in ulp, where it is,
 * the bound that the tests hold it to, and the number of steps.
 *
 * usage: ulp [--all] [--table] [function ...]
 * f32 of one argument is sampled every 997th bit pattern, or over all 2^32 with --all (minutes a function); f64 and functions of two
 * arguments at random over all exponents and, more densely, over the ranges where the functions do something. The references are libm's
 * double for f32 and long double for f64. --table prints the table of docs/numerics.md. */
#include <stdio.h>
#include <string.h>

#include "ir/program.h"
#include "tests/elementary.h"

enum { BATCH = 1024 };

struct worst {
  double ulps;
  double at, at_2;
  long wrong; /* results whose class differs: NaN, infinite, sign */
};

static void measure(const struct elementary *function, bool wide, const uint64_t *x, const uint64_t *y, int count, struct worst *worst) {
  tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
  uint64_t out[BATCH];
  tin_scalar_eval_many(function->op, dtype, dtype, (const uint64_t *[]){x, y, x}, out, count);
  for (int i = 0; i < count; i++) {
    double at = tin_scalar_to_double(x[i], dtype), at_2 = tin_scalar_to_double(y[i], dtype);
    double value = tin_scalar_to_double(out[i], dtype);
    long double exact = elementary_exact(function, wide, at, at_2);
    double error = elementary_near_zero(function, at, value, exact, wide) ? 0 : elementary_error(value, exact, wide);
    bool first_wrong = isinf(error) && !worst->wrong;
    worst->wrong += isinf(error);
    if (first_wrong || (error > worst->ulps && !isinf(error))) {
      worst->ulps = isinf(error) ? worst->ulps : error;
      worst->at = worst->wrong && !first_wrong ? worst->at : at;
      worst->at_2 = worst->wrong && !first_wrong ? worst->at_2 : at_2;
    }
  }
}

static void measure_patterns(const struct elementary *function, uint64_t step, struct worst *worst) {
  uint64_t in[BATCH];
  for (uint64_t next = 0; next <= UINT32_MAX;) {
    int count = 0;
    for (; count < BATCH && next <= UINT32_MAX; next += step)
      in[count++] = next;
    measure(function, false, in, in, count, worst);
  }
}

static void measure_random(const struct elementary *function, bool wide, int batches, struct worst *worst) {
  uint64_t state = 88172645463325252u, x[BATCH], y[BATCH];
  for (int batch = 0; batch < batches; batch++) {
    elementary_sample(function, wide, batch % 2, &state, x, y, BATCH);
    measure(function, wide, x, y, BATCH, worst);
  }
}

/* Steps that become instructions, constants not counted. */
static int count_steps(const struct tin_program *program) {
  int count = 0;
  for (int s = 0; s < program->n_steps; s++)
    count += program->steps[s].op != OP_CONST && program->steps[s].op != OP_BITCAST;
  return count;
}

static void report(const struct elementary *function, bool wide, bool all, bool table) {
  struct worst worst = {0, 0, 0, 0};
  bool patterns = !wide && !function->reference_2;
  if (patterns)
    measure_patterns(function, all ? 1 : 997, &worst);
  else
    measure_random(function, wide, all ? 20000 : 1000, &worst);
  const char *name = tin_ops[function->op].text, *dtype = wide ? "f64" : "f32";
  int steps = count_steps(tin_program_of(function->op, wide ? TIN_F64 : TIN_F32));
  double bound = wide ? function->bound_f64 : function->bound_f32;
  if (table)
    printf("| %s | %s | %d | %.2f | %g | %s |\n", name, dtype, steps, worst.wrong ? INFINITY : ceil(worst.ulps * 100) / 100, bound,
           patterns ? (all ? "all" : "every 997th") : (all ? "20 million" : "a million"));
  else
    printf("%-8s %-5s %5d %9.4f %6g %6ld  %a %a\n", name, dtype, steps, worst.ulps, bound, worst.wrong, worst.at,
           function->reference_2 ? worst.at_2 : 0);
  fflush(stdout);
}

static bool has_option(const char *option, int argc, char **argv) {
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], option))
      return true;
  return false;
}

static bool chosen(const char *name, int argc, char **argv) {
  bool any = false;
  for (int i = 1; i < argc; i++)
    any |= argv[i][0] != '-';
  return !any || has_option(name, argc, argv);
}

int main(int argc, char **argv) {
  bool all = has_option("--all", argc, argv), table = has_option("--table", argc, argv);
  if (table)
    printf("| function | dtype | steps | error | bound | sampled |\n|---|---|---|---|---|---|\n");
  else
    printf("%-8s %-5s %5s %9s %6s %6s  %s\n", "", "dtype", "steps", "max ulp", "bound", "wrong", "at");
  for (int f = 0; f < ELEMENTARY_COUNT; f++)
    for (int wide = 0; wide < 2 && chosen(tin_ops[elementary[f].op].text, argc, argv); wide++)
      report(&elementary[f], wide, all, table);
  return 0;
}
