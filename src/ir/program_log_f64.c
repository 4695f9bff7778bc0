/* Logarithms of f64: log, log2, log10 and log1p, within 1 ulp (in millions of samples, see tools/ulp.c). See program_f32.c for the
 * sources. */
#include "ir/program_table.h"

/* With s = f / (2 + f), log(1 + f) = 2 s + s R = f - (f^2/2 - s (f^2/2 + R)), R = s^2 (l0 + ... + l6 s^12), 1 + f in
 * [sqrt(1/2), sqrt(2)), error 2^-58 (Tang, "Table-driven implementation of the logarithm function", 1990, section 2, has the series). */
#define LOG_CONSTANTS(C)                                                                                                                   \
  C(zero, F64, 0)                                                                                                                          \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(two, F64, 0x4000000000000000)                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(infinity, F64, 0x7ff0000000000000)                                                                                                     \
  C(minus_infinity, F64, 0xfff0000000000000)                                                                                               \
  C(nan, F64, 0x7ff8000000000000)                                                                                                          \
  C(to_half, I64, 0x00095f619980c433) /* the exponent field 1023 less the bits of sqrt(1/2) */                                             \
  C(root_half, I64, 0x3fe6a09e667f3bcd)                                                                                                    \
  C(fraction, I64, 0x000fffffffffffff)                                                                                                     \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(two_52, I64, 0x4330000000000000)                                                                                                       \
  C(bias, F64, 0x43300000000003ff) /* 2^52 + 1023 */                                                                                       \
  C(l0, F64, 0x3fe5555555555592)   /* 0.6666666666666734 */                                                                                \
  C(l1, F64, 0x3fd999999997ff07)   /* 0.39999999999416541 */                                                                               \
  C(l2, F64, 0x3fd24924941e304b)   /* 0.28571428742066435 */                                                                               \
  C(l3, F64, 0x3fcc71c521283d50)   /* 0.22222198599818421 */                                                                               \
  C(l4, F64, 0x3fc74663d5f10250)   /* 0.1818356318126626 */                                                                                \
  C(l5, F64, 0x3fc39a1dba699ddc)   /* 0.15314075090576196 */                                                                               \
  C(l6, F64, 0x3fc2f044dd0d1119)   /* 0.1479574279166023 */

/* v is x, or x times 2^54 where it is denormal; k_bias takes that from the exponent again */
#define RAISE(C, S)                                                                                                                        \
  C(normal, F64, 0x0010000000000000)  /* 2^-1022 */                                                                                        \
  C(two_54, F64, 0x4350000000000000)  /* brings denormals into the normal range */                                                         \
  C(bias_54, F64, 0x4330000000000435) /* 2^52 + 1023 + 54 */                                                                               \
  S(denormal, LT, BOOL, x, normal)                                                                                                         \
  S(raised, MUL, F64, x, two_54)                                                                                                           \
  S(v, SELECT, F64, denormal, raised, x)                                                                                                   \
  S(k_bias, SELECT, F64, denormal, bias_54, bias)

/* v = 2^k (1 + f), log(1 + f) = f - (half_square - s sum). The exponent becomes a number by placing it under the one of 2^52. */
#define DECOMPOSE(S, v, bias)                                                                                                              \
  S(bits, BITCAST, I64, v)                                                                                                                 \
  S(above, ADD, I64, bits, to_half)                                                                                                        \
  S(exponent, SHR, I64, above, to_exponent)                                                                                                \
  S(k_bits, OR, I64, exponent, two_52)                                                                                                     \
  S(k_biased, BITCAST, F64, k_bits)                                                                                                        \
  S(k, SUB, F64, k_biased, bias)                                                                                                           \
  S(above_fraction, AND, I64, above, fraction)                                                                                             \
  S(mantissa_bits, ADD, I64, above_fraction, root_half)                                                                                    \
  S(mantissa, BITCAST, F64, mantissa_bits)                                                                                                 \
  S(f, SUB, F64, mantissa, one)                                                                                                            \
  S(f_2, ADD, F64, f, two)                                                                                                                 \
  S(s, DIV, F64, f, f_2)                                                                                                                   \
  S(z, MUL, F64, s, s)                                                                                                                     \
  S(r5, FMA, F64, l6, z, l5)                                                                                                               \
  S(r4, FMA, F64, r5, z, l4)                                                                                                               \
  S(r3, FMA, F64, r4, z, l3)                                                                                                               \
  S(r2, FMA, F64, r3, z, l2)                                                                                                               \
  S(r1, FMA, F64, r2, z, l1)                                                                                                               \
  S(r0, FMA, F64, r1, z, l0)                                                                                                               \
  S(half_f, MUL, F64, f, half)                                                                                                             \
  S(half_square, MUL, F64, half_f, f)                                                                                                      \
  S(sum, FMA, F64, r0, z, half_square)

/* The value where x is above `least`, minus infinity there, NaN below; infinity and NaN as they are. */
#define LIMITS(S, value, least)                                                                                                            \
  S(finite, LT, BOOL, x, infinity)                                                                                                         \
  S(or_itself, SELECT, F64, finite, value, x)                                                                                              \
  S(outside, LE, BOOL, x, least)                                                                                                           \
  S(is_pole, EQ, BOOL, x, least)                                                                                                           \
  S(pole, SELECT, F64, is_pole, minus_infinity, nan)                                                                                       \
  S(limited, SELECT, F64, outside, pole, or_itself)

/* k log(2) + log(1 + f), and `small` */
#define NATURAL(S, small)                                                                                                                  \
  S(inner, FMA, F64, s, sum, small)                                                                                                        \
  S(outer, SUB, F64, half_square, inner)                                                                                                   \
  S(rest, SUB, F64, f, outer)                                                                                                              \
  S(logarithm, FMA, F64, k, ln2_high, rest)

#define LN2(C)                                                                                                                             \
  C(ln2_high, F64, 0x3fe62e42fefa3800) /* log(2) in 42 bits, so that k times it is exact */                                                \
  C(ln2_low, F64, 0x3d2ef35793c76730)

#define LOG_VALUES(C, S)                                                                                                                   \
  LOG_CONSTANTS(C)                                                                                                                         \
  LN2(C)                                                                                                                                   \
  RAISE(C, S)                                                                                                                              \
  DECOMPOSE(S, v, k_bias)                                                                                                                  \
  S(k_low, MUL, F64, k, ln2_low)                                                                                                           \
  NATURAL(S, k_low)                                                                                                                        \
  LIMITS(S, logarithm, zero)

TIN_DEFINE_PROGRAM(tin_program_log_f64, LOG_VALUES, x)

/* log(1 + x) = log(u) + c / u, where u + c = 1 + x and u is 1 + x rounded: the next term (c / u)^2 / 2 is below 2^-107. c is exact up to
 * x = 2^53 and does not count beyond. Where u = 1, the quotient is x. */
#define LOG1P_VALUES(C, S)                                                                                                                 \
  LOG_CONSTANTS(C)                                                                                                                         \
  LN2(C)                                                                                                                                   \
  C(minus_one, F64, 0xbff0000000000000)                                                                                                    \
  S(u, ADD, F64, x, one)                                                                                                                   \
  S(u_less_1, SUB, F64, u, one)                                                                                                            \
  S(c, SUB, F64, x, u_less_1)                                                                                                              \
  S(correction, DIV, F64, c, u)                                                                                                            \
  DECOMPOSE(S, u, bias)                                                                                                                    \
  S(corrected, FMA, F64, k, ln2_low, correction)                                                                                           \
  NATURAL(S, corrected)                                                                                                                    \
  LIMITS(S, logarithm, minus_one)                                                                                                          \
  S(is_zero, EQ, BOOL, x, zero) /* the sums lose its sign */                                                                               \
  S(result, SELECT, F64, is_zero, x, limited)

TIN_DEFINE_PROGRAM(tin_program_log1p_f64, LOG1P_VALUES, x)

/* high + lost = k unit + f exactly, where unit has few bits */
#define HEAD(S, unit, minus_unit, f)                                                                                                       \
  S(high, FMA, F64, k, unit, f)                                                                                                            \
  S(high_f, FMA, F64, k, minus_unit, high) /* exact: what high kept of f */                                                                \
  S(lost, SUB, F64, f, high_f)

/* The logarithm to another base, whose own number has the logarithm 1 / scale: k unit + f scale + (log(1 + f) - f) scale, where unit is the
 * base's logarithm of 2, kept in two parts as scale is. The middle product is kept with its rounding error, so powers of the base are
 * exact. */
#define SCALE(S)                                                                                                                           \
  S(f_scaled, MUL, F64, f, scale)                                                                                                          \
  S(minus_f_scaled, NEG, F64, f_scaled)                                                                                                    \
  S(f_error, FMA, F64, f, scale, minus_f_scaled)                                                                                           \
  S(f_low, FMA, F64, f, scale_low, f_error)

#define JOIN(S, small)                                                                                                                     \
  S(minus_half_square, NEG, F64, half_square)                                                                                              \
  S(bend, FMA, F64, s, sum, minus_half_square)                                                                                             \
  HEAD(S, unit, minus_unit, f_scaled)                                                                                                      \
  S(low, ADD, F64, lost, small)                                                                                                            \
  S(tail, FMA, F64, bend, scale, low)                                                                                                      \
  S(logarithm, ADD, F64, high, tail)

#define LOG2_VALUES(C, S)                                                                                                                  \
  LOG_CONSTANTS(C)                                                                                                                         \
  C(unit, F64, 0x3ff0000000000000)                                                                                                         \
  C(minus_unit, F64, 0xbff0000000000000)                                                                                                   \
  C(scale, F64, 0x3ff71547652b82fe) /* 1 / log(2) */                                                                                       \
  C(scale_low, F64, 0x3c7777d0ffda0d24)                                                                                                    \
  RAISE(C, S)                                                                                                                              \
  DECOMPOSE(S, v, k_bias)                                                                                                                  \
  SCALE(S)                                                                                                                                 \
  JOIN(S, f_low)                                                                                                                           \
  LIMITS(S, logarithm, zero)

#define LOG10_VALUES(C, S)                                                                                                                 \
  LOG_CONSTANTS(C)                                                                                                                         \
  C(unit, F64, 0x3fd34413509f7800) /* log10(2) in 42 bits, so that k times it is exact */                                                  \
  C(minus_unit, F64, 0xbfd34413509f7800)                                                                                                   \
  C(unit_low, F64, 0x3d1fef311f12b358)                                                                                                     \
  C(scale, F64, 0x3fdbcb7b1526e50e) /* 1 / log(10) */                                                                                      \
  C(scale_low, F64, 0x3c695355baaafad3)                                                                                                    \
  RAISE(C, S)                                                                                                                              \
  DECOMPOSE(S, v, k_bias)                                                                                                                  \
  SCALE(S)                                                                                                                                 \
  S(small, FMA, F64, k, unit_low, f_low)                                                                                                   \
  JOIN(S, small)                                                                                                                           \
  LIMITS(S, logarithm, zero)

TIN_DEFINE_PROGRAM(tin_program_log2_f64, LOG2_VALUES, x)
TIN_DEFINE_PROGRAM(tin_program_log10_f64, LOG10_VALUES, x)
