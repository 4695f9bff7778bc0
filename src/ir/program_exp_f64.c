/* Exponential functions of f64 besides exp: expm1, within 1.25 ulp (in millions of samples, see tools/ulp.c). See program_f32.c for the
 * sources. */
#include "ir/program_table.h"

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1), x = n log(2) + r + c where c is the rounding error of r;
 * exp(r) - 1 = r + r^2 (e2 + ... + e12 r^10) on |r| <= log(2) / 2, error 2^-59.6. The head 2^n r + (2^n - 1) is kept with its rounding
 * error. All is computed at half its size, so that 2^n does not overflow before the result; for |x| below 2^-54 the result is x. */
#define EXPM1_VALUES(C, S)                                                                                                                 \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(tiny, F64, 0x3c90000000000000)                                                                                                         \
  C(lowest, F64, 0xc044000000000000)  /* -40: rounds to -1 from -37.4 */                                                                   \
  C(highest, F64, 0x4086300000000000) /* 710: overflows from 709.78 */                                                                     \
  C(log2e, F64, 0x3ff71547652b82fe)                                                                                                        \
  C(magic, F64, 0x43380000000003fe)    /* bias 1022: the power is half of 2^n */                                                           \
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
  S(is_low, LT, BOOL, x, lowest)                                                                                                           \
  S(not_low, SELECT, F64, is_low, lowest, x)                                                                                               \
  S(is_high, LT, BOOL, highest, x)                                                                                                         \
  S(v, SELECT, F64, is_high, highest, not_low)                                                                                             \
  S(sum, FMA, F64, v, log2e, magic)                                                                                                        \
  S(n, SUB, F64, sum, magic)                                                                                                               \
  S(r_high, FMA, F64, n, ln2_high, v)                                                                                                      \
  S(r, FMA, F64, n, ln2_low, r_high)                                                                                                       \
  S(r_lost, SUB, F64, r_high, r)                                                                                                           \
  S(c, FMA, F64, n, ln2_low, r_lost)                                                                                                       \
  S(bits, BITCAST, I64, sum)                                                                                                               \
  S(power_bits, SHL, I64, bits, to_exponent)                                                                                               \
  S(power, BITCAST, F64, power_bits) /* 2^n / 2 */                                                                                         \
  S(power_less, SUB, F64, power, half)                                                                                                     \
  S(high, FMA, F64, r, power, power_less)                                                                                                  \
  S(power_left, SUB, F64, power_less, high)                                                                                                \
  S(lost, FMA, F64, r, power, power_left)                                                                                                  \
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
  S(rest, FMA, F64, square, q2, c)                                                                                                         \
  S(low, FMA, F64, rest, power, lost)                                                                                                      \
  S(half_value, ADD, F64, high, low)                                                                                                       \
  S(value, ADD, F64, half_value, half_value)                                                                                               \
  S(size, ABS, F64, x)                                                                                                                     \
  S(is_tiny, LT, BOOL, size, tiny)                                                                                                         \
  S(result, SELECT, F64, is_tiny, x, value)

TIN_DEFINE_PROGRAM(tin_program_expm1_f64, EXPM1_VALUES, x)
