/* Logarithms of f32: log, log2, log10 and log1p, within 1 ulp. See program_f32.c for the sources. */
#include "ir/program_table.h"

/* log(1 + f) = f - f^2/2 + f^3 (l0 + ... + l8 f^8), 1 + f in [sqrt(1/2), sqrt(2)), error 2^-28.6 */
#define LOG_CONSTANTS(C)                                                                                                                   \
  C(zero, F32, 0)                                                                                                                          \
  C(one, F32, 0x3f800000)                                                                                                                  \
  C(minus_half, F32, 0xbf000000)                                                                                                           \
  C(infinity, F32, 0x7f800000)                                                                                                             \
  C(minus_infinity, F32, 0xff800000)                                                                                                       \
  C(nan, F32, 0x7fc00000)                                                                                                                  \
  C(root_half, I32, 0x3f3504f3) /* sqrt(1/2) */                                                                                            \
  C(fraction, I32, 0x007fffff)                                                                                                             \
  C(to_exponent, I32, 23)                                                                                                                  \
  C(l0, F32, 0x3eaaaaa4) /* 0.333333135 */                                                                                                 \
  C(l1, F32, 0xbe800009) /* -0.250000268 */                                                                                                \
  C(l2, F32, 0x3e4cd27a) /* 0.200021654 */                                                                                                 \
  C(l3, F32, 0xbe2ab4d8) /* -0.166705489 */                                                                                                \
  C(l4, F32, 0x3e119b38) /* 0.142193675 */                                                                                                 \
  C(l5, F32, 0xbdfc5a93) /* -0.123219632 */                                                                                                \
  C(l6, F32, 0x3df19325) /* 0.117956437 */                                                                                                 \
  C(l7, F32, 0xbdfba98b) /* -0.122881971 */                                                                                                \
  C(l8, F32, 0x3d9fcc2b) /* 0.0780261382 */

/* v is x, or x times 2^23 where it is denormal; offset the bits of sqrt(1/2), times 2^23 there too */
#define RAISE(C, S)                                                                                                                        \
  C(normal, F32, 0x00800000)       /* 2^-126 */                                                                                            \
  C(two_23, F32, 0x4b000000)       /* brings denormals into the normal range */                                                            \
  C(root_half_23, I32, 0x4ab504f3) /* sqrt(1/2) 2^23 */                                                                                    \
  S(denormal, LT, BOOL, x, normal)                                                                                                         \
  S(raised, MUL, F32, x, two_23)                                                                                                           \
  S(v, SELECT, F32, denormal, raised, x)                                                                                                   \
  S(offset, SELECT, I32, denormal, root_half_23, root_half)

/* v = 2^k (1 + f), log(1 + f) = f + square q */
#define DECOMPOSE(S, v, offset)                                                                                                            \
  S(bits, BITCAST, I32, v)                                                                                                                 \
  S(above, SUB, I32, bits, offset)                                                                                                         \
  S(exponent, SHR, I32, above, to_exponent)                                                                                                \
  S(k, CAST, F32, exponent)                                                                                                                \
  S(above_fraction, AND, I32, above, fraction)                                                                                             \
  S(mantissa_bits, ADD, I32, above_fraction, root_half)                                                                                    \
  S(mantissa, BITCAST, F32, mantissa_bits)                                                                                                 \
  S(f, SUB, F32, mantissa, one)                                                                                                            \
  S(square, MUL, F32, f, f)                                                                                                                \
  S(q7, FMA, F32, l8, f, l7)                                                                                                               \
  S(q6, FMA, F32, q7, f, l6)                                                                                                               \
  S(q5, FMA, F32, q6, f, l5)                                                                                                               \
  S(q4, FMA, F32, q5, f, l4)                                                                                                               \
  S(q3, FMA, F32, q4, f, l3)                                                                                                               \
  S(q2, FMA, F32, q3, f, l2)                                                                                                               \
  S(q1, FMA, F32, q2, f, l1)                                                                                                               \
  S(q0, FMA, F32, q1, f, l0)                                                                                                               \
  S(q, FMA, F32, q0, f, minus_half)

/* high + lost = k unit + f exactly, where unit has few bits */
#define HEAD(S, unit, minus_unit, f)                                                                                                       \
  S(high, FMA, F32, k, unit, f)                                                                                                            \
  S(high_f, FMA, F32, k, minus_unit, high) /* exact: what high kept of f */                                                                \
  S(lost, SUB, F32, f, high_f)

/* The value where x is above `least`, minus infinity there, NaN below; infinity and NaN as they are. */
#define LIMITS(S, value, least)                                                                                                            \
  S(finite, LT, BOOL, x, infinity)                                                                                                         \
  S(or_itself, SELECT, F32, finite, value, x)                                                                                              \
  S(outside, LE, BOOL, x, least)                                                                                                           \
  S(is_pole, EQ, BOOL, x, least)                                                                                                           \
  S(pole, SELECT, F32, is_pole, minus_infinity, nan)                                                                                       \
  S(limited, SELECT, F32, outside, pole, or_itself)

#define LN2(C)                                                                                                                             \
  C(ln2_high, F32, 0x3f317200) /* log(2) in 16 bits, so that k times it is exact */                                                        \
  C(minus_ln2_high, F32, 0xbf317200)                                                                                                       \
  C(ln2_low, F32, 0x35bfbe8e) /* 1.42860677e-6 */

/* log(x) = k log(2) + log(1 + f) */
#define LOG_VALUES(C, S)                                                                                                                   \
  LOG_CONSTANTS(C)                                                                                                                         \
  LN2(C)                                                                                                                                   \
  RAISE(C, S)                                                                                                                              \
  DECOMPOSE(S, v, offset)                                                                                                                  \
  HEAD(S, ln2_high, minus_ln2_high, f)                                                                                                     \
  S(low, FMA, F32, k, ln2_low, lost)                                                                                                       \
  S(tail, FMA, F32, square, q, low)                                                                                                        \
  S(logarithm, ADD, F32, high, tail)                                                                                                       \
  LIMITS(S, logarithm, zero)

TIN_DEFINE_PROGRAM(tin_program_log_f32, LOG_VALUES, x)

/* log(1 + x) = log(u) + c / u, where u + c = 1 + x and u is 1 + x rounded: the next term (c / u)^2 / 2 is below 2^-49. c is exact up to
 * x = 2^24 and does not count beyond. Where u = 1, the quotient is x. */
#define LOG1P_VALUES(C, S)                                                                                                                 \
  LOG_CONSTANTS(C)                                                                                                                         \
  LN2(C)                                                                                                                                   \
  C(minus_one, F32, 0xbf800000)                                                                                                            \
  S(u, ADD, F32, x, one)                                                                                                                   \
  S(u_less_1, SUB, F32, u, one)                                                                                                            \
  S(c, SUB, F32, x, u_less_1)                                                                                                              \
  S(correction, DIV, F32, c, u)                                                                                                            \
  DECOMPOSE(S, u, root_half)                                                                                                               \
  HEAD(S, ln2_high, minus_ln2_high, f)                                                                                                     \
  S(low, FMA, F32, k, ln2_low, lost)                                                                                                       \
  S(corrected, ADD, F32, low, correction)                                                                                                  \
  S(tail, FMA, F32, square, q, corrected)                                                                                                  \
  S(logarithm, ADD, F32, high, tail)                                                                                                       \
  LIMITS(S, logarithm, minus_one)                                                                                                          \
  S(is_zero, EQ, BOOL, x, zero) /* the sums lose its sign */                                                                               \
  S(result, SELECT, F32, is_zero, x, limited)

TIN_DEFINE_PROGRAM(tin_program_log1p_f32, LOG1P_VALUES, x)

/* The logarithm to another base, whose own number has the logarithm 1 / scale: k unit + f scale + (log(1 + f) - f) scale, where unit is the
 * base's logarithm of 2, kept in two parts as scale is. The middle product is kept with its rounding error, so powers of the base are
 * exact. */
#define SCALE(S)                                                                                                                           \
  S(f_scaled, MUL, F32, f, scale)                                                                                                          \
  S(minus_f_scaled, NEG, F32, f_scaled)                                                                                                    \
  S(f_error, FMA, F32, f, scale, minus_f_scaled)                                                                                           \
  S(f_low, FMA, F32, f, scale_low, f_error)

#define JOIN(S, small)                                                                                                                     \
  S(bend, MUL, F32, square, q)                                                                                                             \
  HEAD(S, unit, minus_unit, f_scaled)                                                                                                      \
  S(low, ADD, F32, lost, small)                                                                                                            \
  S(tail, FMA, F32, bend, scale, low)                                                                                                      \
  S(logarithm, ADD, F32, high, tail)

#define LOG2_VALUES(C, S)                                                                                                                  \
  LOG_CONSTANTS(C)                                                                                                                         \
  C(unit, F32, 0x3f800000)                                                                                                                 \
  C(minus_unit, F32, 0xbf800000)                                                                                                           \
  C(scale, F32, 0x3fb8aa3b) /* 1 / log(2) */                                                                                               \
  C(scale_low, F32, 0x32a57060)                                                                                                            \
  RAISE(C, S)                                                                                                                              \
  DECOMPOSE(S, v, offset)                                                                                                                  \
  SCALE(S)                                                                                                                                 \
  JOIN(S, f_low)                                                                                                                           \
  LIMITS(S, logarithm, zero)

#define LOG10_VALUES(C, S)                                                                                                                 \
  LOG_CONSTANTS(C)                                                                                                                         \
  C(unit, F32, 0x3e9a2000) /* log10(2) in 16 bits, so that k times it is exact */                                                          \
  C(minus_unit, F32, 0xbe9a2000)                                                                                                           \
  C(unit_low, F32, 0x369a84fc)                                                                                                             \
  C(scale, F32, 0x3ede5bd9) /* 1 / log(10) */                                                                                              \
  C(scale_low, F32, 0xb22d91af)                                                                                                            \
  RAISE(C, S)                                                                                                                              \
  DECOMPOSE(S, v, offset)                                                                                                                  \
  SCALE(S)                                                                                                                                 \
  S(small, FMA, F32, k, unit_low, f_low)                                                                                                   \
  JOIN(S, small)                                                                                                                           \
  LIMITS(S, logarithm, zero)

TIN_DEFINE_PROGRAM(tin_program_log2_f32, LOG2_VALUES, x)
TIN_DEFINE_PROGRAM(tin_program_log10_f32, LOG10_VALUES, x)
