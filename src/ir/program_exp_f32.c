/* Exponential functions of f32 besides exp: expm1, within 1.25 ulp. See program_f32.c for the sources. */
#include "ir/program_table.h"

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
