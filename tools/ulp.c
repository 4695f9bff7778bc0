/* Prints the accuracy of the elementary functions: for each function and dtype the largest error in ulp, where it is, and the number of
 * steps.
 *
 * usage: ulp [--all] [function ...]
 * f32 is sampled every 997th bit pattern, or over all 2^32 with --all (minutes a function); f64 at random over all exponents and, more
 * densely, over the ranges where the functions do something. The references are libm's double for f32 and long double for f64. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ir/program.h"
#include "ir/scalar.h"

enum { BATCH = 1024 };

struct function {
  const char *name;
  int op;
  double (*reference)(double);
  long double (*long_reference)(long double);
  double low, high; /* where f64 is sampled densely */
};

static const struct function functions[] = {
    {"exp", OP_EXP, exp, expl, -760, 720}, {"log", OP_LOG, log, logl, 0, 4},        {"sin", OP_SIN, sin, sinl, -100, 100},
    {"cos", OP_COS, cos, cosl, -100, 100}, {"tanh", OP_TANH, tanh, tanhl, -25, 25}, {"erf", OP_ERF, erf, erfl, -7, 7},
};

struct worst {
  double ulps;
  double at;
  long wrong; /* results whose class differs: NaN, infinite, sign of zero */
};

/* |value - exact| in units of the last place that a float of `digits` bits has at exact. */
static double ulps(double value, long double exact, int digits, int least) {
  int exponent;
  frexpl(exact, &exponent);
  if (exponent < least)
    exponent = least;
  return (double)ldexpl(fabsl((long double)value - exact), digits - exponent);
}

static void note(struct worst *worst, double x, double value, long double exact, bool wide) {
  double rounded = wide ? (double)exact : (double)(float)exact;
  if (isnan(rounded) || isinf(rounded) || isinf(value) || isnan(value) || rounded == 0) {
    bool close = !isnan(value) && !isnan(rounded) &&
                 ulps(isinf(value) ? copysign(wide ? 0x1p1023 : 0x1p127, value) : value,
                      isinf(rounded) ? copysignl(wide ? 0x1p1023L : 0x1p127L, rounded) : exact, wide ? 53 : 24, wide ? -1021 : -125) <= 1;
    bool same = (isnan(value) && isnan(rounded)) || (close && signbit(value) == signbit(rounded));
    if (!same && !worst->wrong++)
      worst->at = x;
    return;
  }
  double error = ulps(value, exact, wide ? 53 : 24, wide ? -1021 : -125);
  if (error > worst->ulps) {
    worst->ulps = error;
    if (!worst->wrong)
      worst->at = x;
  }
}

static void measure_f32(const struct function *function, uint64_t step, struct worst *worst) {
  uint64_t in[BATCH], out[BATCH];
  for (uint64_t next = 0; next <= UINT32_MAX;) {
    int count = 0;
    for (; count < BATCH && next <= UINT32_MAX; next += step)
      in[count++] = next;
    tin_scalar_eval_many(function->op, TIN_F32, TIN_F32, (const uint64_t *[]){in, in, in}, out, count);
    for (int i = 0; i < count; i++) {
      double x = tin_scalar_to_double(in[i], TIN_F32);
      note(worst, x, tin_scalar_to_double(out[i], TIN_F32), (long double)function->reference(x), false);
    }
  }
}

static uint64_t next_random(uint64_t *state) { /* xorshift64, Marsaglia 2003 */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

static void measure_f64(const struct function *function, int batches, struct worst *worst) {
  uint64_t state = 88172645463325252u, in[BATCH], out[BATCH];
  for (int batch = 0; batch < batches; batch++) {
    for (int i = 0; i < BATCH; i++) {
      uint64_t random = next_random(&state);
      double fraction = (double)(random >> 11) * 0x1p-53;
      in[i] = batch % 2 ? random : tin_scalar_from_double(function->low + (function->high - function->low) * fraction, TIN_F64);
    }
    tin_scalar_eval_many(function->op, TIN_F64, TIN_F64, (const uint64_t *[]){in, in, in}, out, BATCH);
    for (int i = 0; i < BATCH; i++) {
      double x = tin_scalar_to_double(in[i], TIN_F64);
      note(worst, x, tin_scalar_to_double(out[i], TIN_F64), function->long_reference((long double)x), true);
    }
  }
}

/* Steps that become instructions, constants not counted. */
static int count_steps(const struct tin_program *program) {
  int count = 0;
  for (int s = 0; s < program->n_steps; s++)
    count += program->steps[s].op != OP_CONST && program->steps[s].op != OP_BITCAST;
  return count;
}

static bool chosen(const char *name, int argc, char **argv) {
  bool any = false;
  for (int i = 1; i < argc; i++) {
    if (!strcmp(argv[i], name))
      return true;
    any |= strcmp(argv[i], "--all") != 0;
  }
  return !any;
}

int main(int argc, char **argv) {
  bool all = false;
  for (int i = 1; i < argc; i++)
    all |= !strcmp(argv[i], "--all");
  printf("%-6s %-5s %5s %9s %6s  %s\n", "", "dtype", "steps", "max ulp", "wrong", "at");
  for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
    if (!chosen(functions[f].name, argc, argv))
      continue;
    for (int wide = 0; wide < 2; wide++) {
      struct worst worst = {0, 0, 0};
      if (wide)
        measure_f64(&functions[f], all ? 20000 : 1000, &worst);
      else
        measure_f32(&functions[f], all ? 1 : 997, &worst);
      printf("%-6s %-5s %5d %9.4f %6ld  %a\n", functions[f].name, wide ? "f64" : "f32",
             count_steps(tin_program_of(functions[f].op, wide ? TIN_F64 : TIN_F32)), worst.ulps, worst.wrong, worst.at);
      fflush(stdout);
    }
  }
  return 0;
}
