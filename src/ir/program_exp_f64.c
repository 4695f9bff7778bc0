/* Exponential functions of f64 besides exp: expm1, within 1.25 ulp, exp2, within 1, sinh and cosh, within 2 (in millions of samples, see
 * tools/ulp.c). See program_f32.c for the sources. */
#include "ir/program_steps.h"

/* v = n log(2) + r + c where c is the rounding error of r, and exp(r) - 1 = r + r^2 (e2 + ... + e12 r^10) on |r| <= log(2) / 2, error
 * 2^-59.6. exp(r + c) - 1 = r + rest; power = 2^n unit, where `magic` has the bias of the unit's exponent. */
#define EXPONENTIAL(C, S, v)                                                                                                               \
  C(log2e, F64, 0x3ff71547652b82fe)                                                                                                        \
  C(ln2_high, F64, 0xbfe62e42fefa3800) /* - log(2) in 42 bits, so that n times it is exact */                                              \
  C(ln2_low, F64, 0xbd2ef35793c76730)  /* - the rest */                                                                                    \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(e12, F64, 0x3e21ee877d868262) /* 2.0875310197498094e-9 */                                                                              \
  C(e11, F64, 0x3e5af5ea85cfd19a) /* 2.5109024515789891e-8 */                                                                              \
  C(e10, F64, 0x3e927e5364d89568) /* 2.7557402834868384e-7 */                                                                              \
  C(e9, F64, 0x3ec71ddf863b195b)  /* 2.7557244254044778e-6 */                                                                              \
  C(e8, F64, 0x3efa01a017babfde)  /* 2.4801587172162849e-5 */                                                                              \
  C(e7, F64, 0x3f2a01a01afdd91a)  /* 0.00019841269886073585 */                                                                             \
  C(e6, F64, 0x3f56c16c16c1f0f2)  /* 0.0013888888888962639 */                                                                              \
  C(e5, F64, 0x3f8111111110f6c4)  /* 0.0083333333333216533 */                                                                              \
  C(e4, F64, 0x3fa555555555553e)  /* 0.041666666666666505 */                                                                               \
  C(e3, F64, 0x3fc5555555555559)  /* 0.16666666666666677 */                                                                                \
  C(e2, F64, 0x3fe0000000000000)  /* 0.5 */                                                                                                \
  S(sum, FMA, F64, v, log2e, magic)                                                                                                        \
  S(n, SUB, F64, sum, magic)                                                                                                               \
  S(r_high, FMA, F64, n, ln2_high, v)                                                                                                      \
  S(r, FMA, F64, n, ln2_low, r_high)                                                                                                       \
  S(r_lost, SUB, F64, r_high, r)                                                                                                           \
  S(c, FMA, F64, n, ln2_low, r_lost)                                                                                                       \
  S(bits, BITCAST, I64, sum)                                                                                                               \
  S(power_bits, SHL, I64, bits, to_exponent)                                                                                               \
  S(power, BITCAST, F64, power_bits)                                                                                                       \
  S(q11, FMA, F64, e12, r, e11)                                                                                                            \
  S(q10, FMA, F64, q11, r, e10)                                                                                                            \
  S(q9, FMA, F64, q10, r, e9)                                                                                                              \
  S(q8, FMA, F64, q9, r, e8)                                                                                                               \
  S(q7, FMA, F64, q8, r, e7)                                                                                                               \
  S(q6, FMA, F64, q7, r, e6)                                                                                                               \
  S(q5, FMA, F64, q6, r, e5)                                                                                                               \
  S(q4, FMA, F64, q5, r, e4)                                                                                                               \
  S(q3, FMA, F64, q4, r, e3)                                                                                                               \
  S(q2, FMA, F64, q3, r, e2)                                                                                                               \
  S(square, MUL, F64, r, r)                                                                                                                \
  S(rest, FMA, F64, square, q2, c)

/* m = (exp(v) - 1) unit = 2^n unit (exp(r + c) - 1) + (2^n - 1) unit. The head 2^n r + (2^n - 1) is kept with its rounding error. */
#define LESS_ONE(S, unit)                                                                                                                  \
  S(power_less, SUB, F64, power, unit)                                                                                                     \
  S(high, FMA, F64, r, power, power_less)                                                                                                  \
  S(power_left, SUB, F64, power_less, high)                                                                                                \
  S(lost, FMA, F64, r, power, power_left)                                                                                                  \
  S(low, FMA, F64, rest, power, lost)                                                                                                      \
  S(m, ADD, F64, high, low)

/* Computed at half its size, so that 2^n does not overflow before the result; for |x| below 2^-54 the result is x. */
#define EXPM1_VALUES(C, S)                                                                                                                 \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(magic, F64, 0x43380000000003fe) /* 1.5 * 2^52: rounds to an integer, and leaves it with a bias of 1022 in the low bits */              \
  C(tiny, F64, 0x3c90000000000000)                                                                                                         \
  C(lowest, F64, 0xc044000000000000)  /* -40: rounds to -1 from -37.4 */                                                                   \
  C(highest, F64, 0x4086300000000000) /* 710: overflows from 709.78 */                                                                     \
  S(is_low, LT, BOOL, x, lowest)                                                                                                           \
  S(not_low, SELECT, F64, is_low, lowest, x)                                                                                               \
  S(is_high, LT, BOOL, highest, x)                                                                                                         \
  S(v, SELECT, F64, is_high, highest, not_low)                                                                                             \
  EXPONENTIAL(C, S, v)                                                                                                                     \
  LESS_ONE(S, half)                                                                                                                        \
  S(value, ADD, F64, m, m)                                                                                                                 \
  S(size, ABS, F64, x)                                                                                                                     \
  S(is_tiny, LT, BOOL, size, tiny)                                                                                                         \
  S(result, SELECT, F64, is_tiny, x, value)

TIN_DEFINE_PROGRAM(tin_program_expm1_f64, EXPM1_VALUES, x)

/* sinh and cosh of a = |x| have e^a up to twice the largest number, so a quarter of it is computed. */
#define HYPERBOLIC(C, S)                                                                                                                   \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(quarter, F64, 0x3fd0000000000000)                                                                                                      \
  C(magic, F64, 0x43380000000003fd)   /* bias 1021 */                                                                                      \
  C(highest, F64, 0x408634cccccccccd) /* 710.6: overflows from 710.48 */                                                                   \
  S(size, ABS, F64, x)                                                                                                                     \
  S(is_high, LT, BOOL, highest, size)                                                                                                      \
  S(a, SELECT, F64, is_high, highest, size)                                                                                                \
  EXPONENTIAL(C, S, a)

/* sinh(a) / 2 = m + m / (4 m + 1), m = (exp(a) - 1) / 4; below 2^-28 the result is x */
#define SINH_VALUES(C, S)                                                                                                                  \
  HYPERBOLIC(C, S)                                                                                                                         \
  C(four, F64, 0x4010000000000000)                                                                                                         \
  C(tiny, F64, 0x3e30000000000000)                                                                                                         \
  C(sign_mask, I64, 0x8000000000000000)                                                                                                    \
  LESS_ONE(S, quarter)                                                                                                                     \
  S(divisor, FMA, F64, m, four, one)                                                                                                       \
  S(quotient, DIV, F64, m, divisor)                                                                                                        \
  S(half_value, ADD, F64, m, quotient)                                                                                                     \
  S(value, ADD, F64, half_value, half_value)                                                                                               \
  S(x_bits, BITCAST, I64, x)                                                                                                               \
  S(sign, AND, I64, x_bits, sign_mask)                                                                                                     \
  S(value_bits, BITCAST, I64, value)                                                                                                       \
  S(signed_bits, OR, I64, value_bits, sign)                                                                                                \
  S(signed_value, BITCAST, F64, signed_bits)                                                                                               \
  S(is_tiny, LT, BOOL, size, tiny)                                                                                                         \
  S(result, SELECT, F64, is_tiny, x, signed_value)

/* cosh(a) / 2 = e + 1 / (16 e), e = exp(a) / 4 */
#define COSH_VALUES(C, S)                                                                                                                  \
  HYPERBOLIC(C, S)                                                                                                                         \
  C(sixteenth, F64, 0x3fb0000000000000)                                                                                                    \
  S(p, ADD, F64, r, rest)                                                                                                                  \
  S(e, FMA, F64, p, power, power)                                                                                                          \
  S(inverse, DIV, F64, sixteenth, e)                                                                                                       \
  S(half_value, ADD, F64, e, inverse)                                                                                                      \
  S(result, ADD, F64, half_value, half_value)

TIN_DEFINE_PROGRAM(tin_program_sinh_f64, SINH_VALUES, x)
TIN_DEFINE_PROGRAM(tin_program_cosh_f64, COSH_VALUES, x)

/* 2^x = 2^n 2^r, 2^r = 1 + r (d1 + ... + d11 r^10) on |r| <= 1/2, error 2^-55. Arguments whose result rounds to 0 are moved to where both
 * powers are 0: n / 2 + 1023 is 0 modulo 4096, which the powers' bits lose; vscalefpd is fast there (at -4000 it takes 70 times as long).
 */
#define EXP2_VALUES(C, S)                                                                                                                  \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(lowest, F64, 0xc090d00000000000)  /* -1076: 2^x is below half the least denormal */                                                    \
  C(nowhere, F64, 0xc0c3ff0000000000) /* -10238 */                                                                                         \
  C(highest, F64, 0x4090040000000000) /* 1025 */                                                                                           \
  C(beyond, F64, 0x4090180000000000)  /* 1030: overflows by itself, both powers finite */                                                  \
  C(magic, F64, 0x4338000000000000)                                                                                                        \
  C(magic_bias, F64, 0x43380000000003ff)                                                                                                   \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(to_exponent, I64, 52)                                                                                                                  \
  TIN_EXP2_COEFFICIENTS_F64(C)                                                                                                             \
  S(vanishes, LT, BOOL, x, lowest)                                                                                                         \
  S(not_low, SELECT, F64, vanishes, nowhere, x)                                                                                            \
  S(overflows, LT, BOOL, highest, x)                                                                                                       \
  S(v, SELECT, F64, overflows, beyond, not_low)                                                                                            \
  S(sum, ADD, F64, v, magic)                                                                                                               \
  S(n, SUB, F64, sum, magic)                                                                                                               \
  S(r, SUB, F64, v, n)                                                                                                                     \
  TIN_EXP2_POLYNOMIAL_F64(S)                                                                                                               \
  TIN_SCALE_F64(S, p0, n)

TIN_DEFINE_SCALED_PROGRAM(tin_program_exp2_f64, EXP2_VALUES, p0, n, x)
