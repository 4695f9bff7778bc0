/* Exponential functions of f32 besides exp: expm1, within 1.25 ulp, exp2, sinh and cosh, within 1. See program_f32.c for the sources. */
#include "ir/program_steps.h"

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), x = n log(2) + r + c where c is the rounding error of r;
 * exp(r) - 1 = r + r^2 (e2 + ... + e7 r^5) on |r| <= log(2) / 2, error 2^-28.7. The head 2^n r + (2^n - 1) is kept with its rounding error.
 * All is computed at half its size, so that 2^n does not overflow before the result; for |x| below 2^-25 the result is x. */
#define EXPM1_VALUES(C, S)                                                                                                                 \
  C(half, F32, 0x3f000000)                                                                                                                 \
  C(tiny, F32, 0x33000000)                                                                                                                 \
  C(lowest, F32, 0xc1900000)  /* -18: rounds to -1 from -17.33 */                                                                          \
  C(highest, F32, 0x42b20000) /* 89: overflows from 88.72 */                                                                               \
  C(log2e, F32, 0x3fb8aa3b)                                                                                                                \
  C(magic, F32, 0x4b40007e)    /* bias 126: the power is half of 2^n */                                                                    \
  C(ln2_high, F32, 0xbf317200) /* - log(2) in 16 bits, so that n times it is exact */                                                      \
  C(ln2_low, F32, 0xb5bfbe8e)  /* - the rest, 1.42860677e-6 */                                                                             \
  C(to_exponent, I32, 23)                                                                                                                  \
  C(e7, F32, 0x39501952) /* 0.000198458583 */                                                                                              \
  C(e6, F32, 0x3ab6b91f) /* 0.00139406684 */                                                                                               \
  C(e5, F32, 0x3c0888c5) /* 0.00833338965 */                                                                                               \
  C(e4, F32, 0x3d2aaa58) /* 0.0416663587 */                                                                                                \
  C(e3, F32, 0x3e2aaaaa) /* 0.166666657 */                                                                                                 \
  C(e2, F32, 0x3f000000) /* 0.5 */                                                                                                         \
  S(is_low, LT, BOOL, x, lowest)                                                                                                           \
  S(not_low, SELECT, F32, is_low, lowest, x)                                                                                               \
  S(is_high, LT, BOOL, highest, x)                                                                                                         \
  S(v, SELECT, F32, is_high, highest, not_low)                                                                                             \
  S(sum, FMA, F32, v, log2e, magic)                                                                                                        \
  S(n, SUB, F32, sum, magic)                                                                                                               \
  S(r_high, FMA, F32, n, ln2_high, v)                                                                                                      \
  S(r, FMA, F32, n, ln2_low, r_high)                                                                                                       \
  S(r_lost, SUB, F32, r_high, r)                                                                                                           \
  S(c, FMA, F32, n, ln2_low, r_lost)                                                                                                       \
  S(bits, BITCAST, I32, sum)                                                                                                               \
  S(power_bits, SHL, I32, bits, to_exponent)                                                                                               \
  S(power, BITCAST, F32, power_bits) /* 2^n / 2 */                                                                                         \
  S(power_less, SUB, F32, power, half)                                                                                                     \
  S(high, FMA, F32, r, power, power_less)                                                                                                  \
  S(power_left, SUB, F32, power_less, high)                                                                                                \
  S(lost, FMA, F32, r, power, power_left)                                                                                                  \
  S(q6, FMA, F32, e7, r, e6)                                                                                                               \
  S(q5, FMA, F32, q6, r, e5)                                                                                                               \
  S(q4, FMA, F32, q5, r, e4)                                                                                                               \
  S(q3, FMA, F32, q4, r, e3)                                                                                                               \
  S(q2, FMA, F32, q3, r, e2)                                                                                                               \
  S(square, MUL, F32, r, r)                                                                                                                \
  S(rest, FMA, F32, square, q2, c)                                                                                                         \
  S(low, FMA, F32, rest, power, lost)                                                                                                      \
  S(half_value, ADD, F32, high, low)                                                                                                       \
  S(value, ADD, F32, half_value, half_value)                                                                                               \
  S(size, ABS, F32, x)                                                                                                                     \
  S(is_tiny, LT, BOOL, size, tiny)                                                                                                         \
  S(result, SELECT, F32, is_tiny, x, value)

TIN_DEFINE_PROGRAM(tin_program_expm1_f32, EXPM1_VALUES, x)

/* 2^x = 2^n 2^r, 2^r = 1 + r (d1 + ... + d6 r^5) on |r| <= 1/2, error 2^-26.2. As exp: arguments whose result rounds to 0 are moved to
 * where both powers are 0. */
#define EXP2_VALUES(C, S)                                                                                                                  \
  C(one, F32, 0x3f800000)                                                                                                                  \
  C(lowest, F32, 0xc3170000)  /* -151: 2^x is below half the least denormal */                                                             \
  C(nowhere, F32, 0xc49fc000) /* -1278 */                                                                                                  \
  C(magic, F32, 0x4b4000fe)   /* bias 254 */                                                                                               \
  C(highest, I32, 0x4b4001c6) /* the bits where n = 200: well past overflow, both powers finite */                                         \
  C(by_one, I32, 1)                                                                                                                        \
  C(to_exponent, I32, 23)                                                                                                                  \
  C(d6, F32, 0x390bcd3a) /* 0.000133325259 */                                                                                              \
  C(d5, F32, 0x3aaf7a6f) /* 0.00133879285 */                                                                                               \
  C(d4, F32, 0x3c1db40b) /* 0.00962544512 */                                                                                               \
  C(d3, F32, 0x3d6357cf) /* 0.0555036627 */                                                                                                \
  C(d2, F32, 0x3e75fdca) /* 0.240225941 */                                                                                                 \
  C(d1, F32, 0x3f317218) /* 0.693147182 */                                                                                                 \
  S(vanishes, LT, BOOL, x, lowest)                                                                                                         \
  S(v, SELECT, F32, vanishes, nowhere, x)                                                                                                  \
  S(sum, ADD, F32, v, magic)                                                                                                               \
  S(sum_bits, BITCAST, I32, sum)                                                                                                           \
  S(bits, MIN, I32, sum_bits, highest)                                                                                                     \
  S(capped, BITCAST, F32, bits)                                                                                                            \
  S(n, SUB, F32, capped, magic)                                                                                                            \
  S(r, SUB, F32, v, n)                                                                                                                     \
  S(p5, FMA, F32, d6, r, d5)                                                                                                               \
  S(p4, FMA, F32, p5, r, d4)                                                                                                               \
  S(p3, FMA, F32, p4, r, d3)                                                                                                               \
  S(p2, FMA, F32, p3, r, d2)                                                                                                               \
  S(p1, FMA, F32, p2, r, d1)                                                                                                               \
  S(p0, FMA, F32, p1, r, one)                                                                                                              \
  TIN_SCALE_F32(S, p0, bits)

TIN_DEFINE_SCALED_PROGRAM(tin_program_exp2_f32, EXP2_VALUES, p0, n, x)

/* sinh and cosh of a = |x| in f64: a = n log(2) + r, p = exp(r) - 1 = r + r^2 (e2 + ... + e7 r^5), error 2^-32 */
#define HYPERBOLIC(C, S)                                                                                                                   \
  C(highest, F32, 0x42c80000) /* 100: overflows from 89.4 */                                                                               \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(log2e, F64, 0x3ff71547652b82fe)                                                                                                        \
  C(ln2, F64, 0xbfe62e42fefa39ef)   /* - log(2) */                                                                                         \
  C(magic, F64, 0x43380000000003ff) /* 1.5 * 2^52: rounds to an integer, and leaves it with a bias of 1023 in the low bits */              \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(e7, F64, 0x3f2a032a32702d05) /* 0.00019845857715981171 */                                                                              \
  C(e6, F64, 0x3f56d723daa22426) /* 0.0013940668236804925 */                                                                               \
  C(e5, F64, 0x3f8111189b3ec141) /* 0.0083333895089202654 */                                                                               \
  C(e4, F64, 0x3fa5554b0ed368d3) /* 0.041666360435287729 */                                                                                \
  C(e3, F64, 0x3fc555554ef39aad) /* 0.16666666369493069 */                                                                                 \
  C(e2, F64, 0x3fe0000002605b41) /* 0.50000000442637582 */                                                                                 \
  S(size, ABS, F32, x)                                                                                                                     \
  S(is_high, LT, BOOL, highest, size)                                                                                                      \
  S(a, SELECT, F32, is_high, highest, size)                                                                                                \
  S(wide, CAST, F64, a)                                                                                                                    \
  S(sum, FMA, F64, wide, log2e, magic)                                                                                                     \
  S(n, SUB, F64, sum, magic)                                                                                                               \
  S(r, FMA, F64, n, ln2, wide)                                                                                                             \
  S(q6, FMA, F64, e7, r, e6)                                                                                                               \
  S(q5, FMA, F64, q6, r, e5)                                                                                                               \
  S(q4, FMA, F64, q5, r, e4)                                                                                                               \
  S(q3, FMA, F64, q4, r, e3)                                                                                                               \
  S(q2, FMA, F64, q3, r, e2)                                                                                                               \
  S(q1, FMA, F64, q2, r, one)                                                                                                              \
  S(p, MUL, F64, q1, r)                                                                                                                    \
  S(bits, BITCAST, I64, sum)                                                                                                               \
  S(power_bits, SHL, I64, bits, to_exponent)                                                                                               \
  S(power, BITCAST, F64, power_bits)

/* sinh(a) = (m + m / (m + 1)) / 2, m = exp(a) - 1 */
#define SINH_VALUES(C, S)                                                                                                                  \
  HYPERBOLIC(C, S)                                                                                                                         \
  C(sign_bit, I32, 0x80000000)                                                                                                             \
  S(power_less, SUB, F64, power, one)                                                                                                      \
  S(m, FMA, F64, p, power, power_less)                                                                                                     \
  S(m_1, ADD, F64, m, one)                                                                                                                 \
  S(quotient, DIV, F64, m, m_1)                                                                                                            \
  S(twice, ADD, F64, m, quotient)                                                                                                          \
  S(value, MUL, F64, twice, half)                                                                                                          \
  S(narrow, CAST, F32, value)                                                                                                              \
  S(x_bits, BITCAST, I32, x)                                                                                                               \
  S(sign, AND, I32, x_bits, sign_bit)                                                                                                      \
  S(narrow_bits, BITCAST, I32, narrow)                                                                                                     \
  S(signed_bits, OR, I32, narrow_bits, sign)                                                                                               \
  S(result, BITCAST, F32, signed_bits)

/* cosh(a) = (e + 1 / e) / 2, e = exp(a) */
#define COSH_VALUES(C, S)                                                                                                                  \
  HYPERBOLIC(C, S)                                                                                                                         \
  S(e, FMA, F64, p, power, power)                                                                                                          \
  S(inverse, DIV, F64, one, e)                                                                                                             \
  S(twice, ADD, F64, e, inverse)                                                                                                           \
  S(value, MUL, F64, twice, half)                                                                                                          \
  S(result, CAST, F32, value)

TIN_DEFINE_PROGRAM(tin_program_sinh_f32, SINH_VALUES, x)
TIN_DEFINE_PROGRAM(tin_program_cosh_f32, COSH_VALUES, x)
