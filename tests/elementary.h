/* The elementary functions with their references and error bounds, for tests/test_program.c and tools/ulp.c: one row a function. */
#ifndef TIN_TESTS_ELEMENTARY_H
#define TIN_TESTS_ELEMENTARY_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "ir/scalar.h"

struct elementary {
  int op;
  double (*reference)(double); /* libm's double for f32, long double for f64 */
  long double (*long_reference)(long double);
  double low, high;                          /* where it is sampled densely */
  double bound_f32, bound_f64;               /* largest error allowed, in ulp */
  double (*reference_2)(double x, double y); /* the same for two arguments */
  long double (*long_reference_2)(long double x, long double y);
  double (*second)(double x, double fraction); /* second argument that goes with x, for a fraction in [0, 1) */
};

/* A second argument within a factor of 2 of the first, of either sign. */
static inline double elementary_second(double x, double fraction) {
  return x * (4 * fraction - 2);
}

/* erfinv by Newton's method for erf, and for erfc, which keeps what is left to 1; Halley's term makes it cubic. */
static inline long double elementary_erfinvl(long double x) {
  long double a = fabsl(x), w = -log1pl(-a * a), y = w < 1 ? 0.9L * a : sqrtl(w - 0.5L * logl(w)), step = 1;
  if (!(a < 1))
    return a == 1 ? copysignl(INFINITY, x) : (long double)NAN;
  for (int i = 0; i < 50 && fabsl(step) > 1e-19L * y; i++) {
    const long double two_over_sqrt_pi = 1.128379167095512573896L;
    step = (a < 0.5L ? erfl(y) - a : (1 - a) - erfcl(y)) / (two_over_sqrt_pi * expl(-y * y));
    step /= 1 + y * step;
    y -= step;
  }
  return copysignl(y, x);
}
static inline double elementary_erfinv(double x) {
  return (double)elementary_erfinvl(x);
}

/* An exponent with which x gives any result that is no overflow, and some that are. */
static inline double elementary_exponent(double x, double fraction) {
  return (2300 * fraction - 1150) / log2(fabs(x));
}

/* glibc's powl takes the exponents 2^63 and -2^63 for odd; doubles of that size are even. */
static inline long double elementary_powl(long double x, long double y) {
  return powl(fabsl(y) >= 0x1p53L ? fabsl(x) : x, y);
}

/* clang-format off */
static const struct elementary elementary[] = {
    {OP_ASIN, asin, asinl, -1, 1, 1, 2.5, 0, 0, 0},
    {OP_ACOS, acos, acosl, -1, 1, 1, 2, 0, 0, 0},
    {OP_ATAN, atan, atanl, -3, 3, 1, 2.5, 0, 0, 0},
    {OP_ATAN2, 0, 0, -3, 3, 1, 3, atan2, atan2l, elementary_second},
    {OP_ASINH, asinh, asinhl, -3, 3, 1, 2, 0, 0, 0},
    {OP_ACOSH, acosh, acoshl, 1, 4, 1, 2.5, 0, 0, 0},
    {OP_ATANH, atanh, atanhl, -1, 1, 1, 2, 0, 0, 0},
    {OP_ERFC, erfc, erfcl, -6, 28, 1, 3.5, 0, 0, 0},
    {OP_ERFINV, elementary_erfinv, elementary_erfinvl, -1, 1, 1, 3, 0, 0, 0},
    {OP_LGAMMA, lgamma, lgammal, 0, 10, 1, 3.5, 0, 0, 0},
    {OP_EXP, exp, expl, -760, 720, 1, 1, 0, 0, 0},
    {OP_LOG, log, logl, 0, 4, 1, 1, 0, 0, 0},
    {OP_SIN, sin, sinl, -100, 100, 1, 1, 0, 0, 0},
    {OP_COS, cos, cosl, -100, 100, 1, 1, 0, 0, 0},
    {OP_TANH, tanh, tanhl, -25, 25, 1, 2, 0, 0, 0},
    {OP_ERF, erf, erfl, -7, 7, 1, 1.5, 0, 0, 0},
    {OP_EXPM1, expm1, expm1l, -45, 90, 1.25, 1.25, 0, 0, 0},
    {OP_LOG1P, log1p, log1pl, -1, 4, 1, 1, 0, 0, 0},
    {OP_EXP2, exp2, exp2l, -1080, 1030, 1, 1, 0, 0, 0},
    {OP_LOG2, log2, log2l, 0, 4, 1, 1, 0, 0, 0},
    {OP_LOG10, log10, log10l, 0, 4, 1, 1.25, 0, 0, 0},
    {OP_TAN, tan, tanl, -100, 100, 1, 2.5, 0, 0, 0},
    {OP_SINH, sinh, sinhl, -25, 25, 1, 2, 0, 0, 0},
    {OP_COSH, cosh, coshl, -25, 25, 1, 2, 0, 0, 0},
    {OP_CBRT, cbrt, cbrtl, -9, 9, 1, 1, 0, 0, 0},
    {OP_POW, 0, 0, 0.25, 4, 1, 2, pow, elementary_powl, elementary_exponent},
};
/* clang-format on */
enum { ELEMENTARY_COUNT = sizeof elementary / sizeof *elementary };

static inline uint64_t elementary_random(uint64_t *state) { /* xorshift64, Marsaglia 2003 */
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* Arguments: in turn any bits, and in the function's own range. x and y have room for count. */
static inline void elementary_sample(const struct elementary *function, bool wide, bool anywhere, uint64_t *state, uint64_t *x, uint64_t *y,
                                     int count) {
  tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
  for (int i = 0; i < count; i++) {
    uint64_t random = elementary_random(state), more = elementary_random(state);
    double fraction = (double)(random >> 11) * 0x1p-53;
    x[i] = anywhere ? (wide ? random : random >> 32)
                    : tin_scalar_from_double(function->low + (function->high - function->low) * fraction, dtype);
    y[i] = wide ? more : more >> 32;
    if (function->second && (!anywhere || more % 2))
      y[i] = tin_scalar_from_double(function->second(tin_scalar_to_double(x[i], dtype), (double)(more >> 11) * 0x1p-53), dtype);
  }
}

/* The exact value, as far as the reference has it. */
static inline long double elementary_exact(const struct elementary *function, bool wide, double x, double y) {
  if (function->reference_2)
    return wide ? function->long_reference_2(x, y) : (long double)function->reference_2(x, y);
  return wide ? function->long_reference(x) : (long double)function->reference(x);
}

/* lgamma has zeros on the left of -2, where only its absolute error is bounded. */
static inline bool elementary_near_zero(const struct elementary *function, double x, double value, long double exact, bool wide) {
  return function->op == OP_LGAMMA && x < -2 && fabsl((long double)value - exact) <= (wide ? 0x1p-50L : 0x1p-26L) * fabsl((long double)x);
}

/* Error in units of the last place of the result's dtype; infinite where NaN, an infinity or the sign are wrong. Overflow by rounding
 * counts as the number after the largest. */
static inline double elementary_error(double value, long double exact, bool wide) {
  if (isnan(value) || isnan(exact))
    return isnan(value) && isnan(exact) ? 0 : INFINITY;
  if (!signbit(value) != !signbit(exact) || (isinf(exact) && !isinf(value)))
    return INFINITY;
  int highest = wide ? 1024 : 128, least = wide ? -1021 : -125, exponent;
  long double limit = ldexpl(1, highest), size = fminl(fabsl(exact), limit), close = isinf(value) ? limit : fabsl((long double)value);
  frexpl(size, &exponent);
  exponent = exponent < least ? least : exponent > highest ? highest : exponent;
  return (double)ldexpl(fabsl(close - size), (wide ? 53 : 24) - exponent);
}

#endif
