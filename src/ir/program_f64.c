/* Elementary functions of f64, within 2 ulp (at most 1.5 in millions of samples, see tools/ulp.c). See program_f32.c, whose methods these
 * are at twice the precision, for sources; the coefficients come from tools/minimax.py. Bits are moved with what AVX2 has for 64-bit
 * integers: no multiplication, no conversion to or from f64, no arithmetic shift right (the one SHR sees a set sign bit only where the
 * result is dropped). */
#include "ir/program_steps.h"

/* exp(r) = 1 + r + r^2 (e2 + ... + e11 r^9) on |r| <= log(2) / 2, error 2^-56.3 */
#define EXP_COEFFICIENTS(C)                                                                                                                \
  C(e11, F64, 0x3e5ad7eeaadf48d7) /* 2.4999944052262202e-8 */                                                                              \
  C(e10, F64, 0x3e928ad9b18af65f) /* 2.7630305647259041e-7 */                                                                              \
  C(e9, F64, 0x3ec71df25e950a87)  /* 2.755758704482445e-6 */                                                                               \
  C(e8, F64, 0x3efa01999e2f7449)  /* 2.480149295168804e-5 */                                                                               \
  C(e7, F64, 0x3f2a01a0129f6875)  /* 0.00019841269505499787 */                                                                             \
  C(e6, F64, 0x3f56c16c18438694)  /* 0.0013888888943757493 */                                                                              \
  C(e5, F64, 0x3f81111111127d59)  /* 0.0083333333334951066 */                                                                              \
  C(e4, F64, 0x3fa5555555550840)  /* 0.041666666666529739 */                                                                               \
  C(e3, F64, 0x3fc55555555554f9)  /* 0.1666666666666641 */                                                                                 \
  C(e2, F64, 0x3fe000000000000a)  /* 0.50000000000000111 */

#define EXP_POLYNOMIAL(S, r)                                                                                                               \
  S(p10, FMA, F64, e11, r, e10)                                                                                                            \
  S(p9, FMA, F64, p10, r, e9)                                                                                                              \
  S(p8, FMA, F64, p9, r, e8)                                                                                                               \
  S(p7, FMA, F64, p8, r, e7)                                                                                                               \
  S(p6, FMA, F64, p7, r, e6)                                                                                                               \
  S(p5, FMA, F64, p6, r, e5)                                                                                                               \
  S(p4, FMA, F64, p5, r, e4)                                                                                                               \
  S(p3, FMA, F64, p4, r, e3)                                                                                                               \
  S(p2, FMA, F64, p3, r, e2)                                                                                                               \
  S(p1, FMA, F64, p2, r, one)                                                                                                              \
  S(p0, FMA, F64, p1, r, one)

#define EXP_VALUES(C, S)                                                                                                                   \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(lowest, F64, 0xc087500000000000)  /* -746: exp is below half the least denormal */                                                     \
  C(nowhere, F64, 0xc09628cccccccccd) /* -1418.2: n = -2046, where both powers are 0 */                                                    \
  C(highest, F64, 0x4086300000000000) /* 710: exp overflows from 709.78 */                                                                 \
  C(beyond, F64, 0x4086800000000000)  /* 720: overflows by itself, both powers finite */                                                   \
  C(log2e, F64, 0x3ff71547652b82fe)                                                                                                        \
  C(magic, F64, 0x4338000000000000)      /* 1.5 * 2^52: rounds to an integer */                                                            \
  C(magic_bias, F64, 0x43380000000003ff) /* and leaves it with a bias of 1023 in the low bits */                                           \
  C(ln2_high, F64, 0xbfe62e42fefa3800)   /* - log(2) in 42 bits */                                                                         \
  C(ln2_low, F64, 0xbd2ef35793c76730)    /* - the rest */                                                                                  \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(to_exponent, I64, 52)                                                                                                                  \
  EXP_COEFFICIENTS(C)                                                                                                                      \
  S(vanishes, LT, BOOL, x, lowest)                                                                                                         \
  S(not_low, SELECT, F64, vanishes, nowhere, x)                                                                                            \
  S(overflows, LT, BOOL, highest, x)                                                                                                       \
  S(v, SELECT, F64, overflows, beyond, not_low)                                                                                            \
  S(sum, FMA, F64, v, log2e, magic)                                                                                                        \
  S(n, SUB, F64, sum, magic)                                                                                                               \
  S(r_high, FMA, F64, n, ln2_high, v)                                                                                                      \
  S(r, FMA, F64, n, ln2_low, r_high)                                                                                                       \
  EXP_POLYNOMIAL(S, r)                                                                                                                     \
  TIN_SCALE_F64(S, p0, n)

TIN_DEFINE_PROGRAM(tin_program_exp_f64, EXP_VALUES, x)

/* tanh(a) = a + a^3 (u0 + ... + u7 a^14) below 0.3, error 2^-59.581; above, q / (q + 2), where q = exp(2 a) - 1 = 2^n (exp(2 r) - 1) + (2^n
 * - 1), 2 a = n log(2) + 2 r, n >= 1, exp(2 r) - 1 = 2 r + r^2 (t2 + ... + t11 r^9), error 2^-55.5, for a = |x|. */
#define TANH_VALUES(C, S)                                                                                                                  \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(two, F64, 0x4000000000000000)                                                                                                          \
  C(full, F64, 0x4036000000000000) /* 22: tanh rounds to 1 from 19.1 */                                                                    \
  C(two_log2e, F64, 0x40071547652b82fe)                                                                                                    \
  C(threshold, F64, 0x3fd3333333333333) /* 0.3 */                                                                                          \
  C(magic_bias, F64, 0x43380000000003ff)                                                                                                   \
  C(half_ln2_high, F64, 0xbfd62e42fefa3800)                                                                                                \
  C(half_ln2_low, F64, 0xbd1ef35793c76730)                                                                                                 \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(sign_mask, I64, 0x8000000000000000)                                                                                                    \
  C(u0, F64, 0xbfd5555555555548)  /* -0.33333333333333259 */                                                                               \
  C(u1, F64, 0x3fc111111110ebc1)  /* 0.13333333333306821 */                                                                                \
  C(u2, F64, 0xbfaba1ba1b59c61a)  /* -0.053968253935533464 */                                                                              \
  C(u3, F64, 0x3f9664f466944f2f)  /* 0.021869486580796845 */                                                                               \
  C(u4, F64, 0xbf8226daa47bd38e)  /* -0.0088631707617226295 */                                                                             \
  C(u5, F64, 0x3f6d6a9bb1d854cd)  /* 0.0035908738052606638 */                                                                              \
  C(u6, F64, 0xbf579ebcde09a12e)  /* -0.0014416546256602147 */                                                                             \
  C(u7, F64, 0x3f4076e2e544fe71)  /* 0.00050245360265672838 */                                                                             \
  C(t11, F64, 0x3f0af76cdedc7658) /* 5.1434526410637407e-5 */                                                                              \
  C(t10, F64, 0x3f328a2d23c21d87) /* 0.00028289415400491912 */                                                                             \
  C(t9, F64, 0x3f571dde9f1c7809)  /* 0.0014109300649987075 */                                                                              \
  C(t8, F64, 0x3f7a019a6609da4b)  /* 0.0063491851038777842 */                                                                              \
  C(t7, F64, 0x3f9a01a01b5e007b)  /* 0.025396825476037038 */                                                                               \
  C(t6, F64, 0x3fb6c16c17f432e5)  /* 0.088888889167900567 */                                                                               \
  C(t5, F64, 0x3fd111111110e6c1)  /* 0.26666666666606537 */                                                                                \
  C(t4, F64, 0x3fe55555555520c9)  /* 0.66666666666517316 */                                                                                \
  C(t3, F64, 0x3ff555555555555c)  /* 1.3333333333333348 */                                                                                 \
  C(t2, F64, 0x4000000000000005)  /* 2.0000000000000022 */                                                                                 \
  S(size, ABS, F64, x)                                                                                                                     \
  S(past, LT, BOOL, full, size)                                                                                                            \
  S(a, SELECT, F64, past, full, size)                                                                                                      \
  S(sum, FMA, F64, a, two_log2e, magic_bias)                                                                                               \
  S(n, SUB, F64, sum, magic_bias)                                                                                                          \
  S(r_high, FMA, F64, n, half_ln2_high, a)                                                                                                 \
  S(r, FMA, F64, n, half_ln2_low, r_high)                                                                                                  \
  S(q10, FMA, F64, t11, r, t10)                                                                                                            \
  S(q9, FMA, F64, q10, r, t9)                                                                                                              \
  S(q8, FMA, F64, q9, r, t8)                                                                                                               \
  S(q7, FMA, F64, q8, r, t7)                                                                                                               \
  S(q6, FMA, F64, q7, r, t6)                                                                                                               \
  S(q5, FMA, F64, q6, r, t5)                                                                                                               \
  S(q4, FMA, F64, q5, r, t4)                                                                                                               \
  S(q3, FMA, F64, q4, r, t3)                                                                                                               \
  S(q2, FMA, F64, q3, r, t2)                                                                                                               \
  S(square, MUL, F64, r, r)                                                                                                                \
  S(two_r, ADD, F64, r, r)                                                                                                                 \
  S(q0, FMA, F64, q2, square, two_r)                                                                                                       \
  S(bits, BITCAST, I64, sum)                                                                                                               \
  S(power_bits, SHL, I64, bits, to_exponent)                                                                                               \
  S(power, BITCAST, F64, power_bits)                                                                                                       \
  S(power_less, SUB, F64, power, one)                                                                                                      \
  S(q, FMA, F64, q0, power, power_less)                                                                                                    \
  S(divisor, ADD, F64, q, two)                                                                                                             \
  S(large, DIV, F64, q, divisor)                                                                                                           \
  S(a_square, MUL, F64, a, a)                                                                                                              \
  S(u_6, FMA, F64, u7, a_square, u6)                                                                                                       \
  S(u_5, FMA, F64, u_6, a_square, u5)                                                                                                      \
  S(u_4, FMA, F64, u_5, a_square, u4)                                                                                                      \
  S(u_3, FMA, F64, u_4, a_square, u3)                                                                                                      \
  S(u_2, FMA, F64, u_3, a_square, u2)                                                                                                      \
  S(u_1, FMA, F64, u_2, a_square, u1)                                                                                                      \
  S(u_0, FMA, F64, u_1, a_square, u0)                                                                                                      \
  S(bend, MUL, F64, u_0, a_square)                                                                                                         \
  S(small, FMA, F64, bend, a, a)                                                                                                           \
  S(is_small, LT, BOOL, a, threshold)                                                                                                      \
  S(value, SELECT, F64, is_small, small, large)                                                                                            \
  S(value_bits, BITCAST, I64, value)                                                                                                       \
  S(x_bits, BITCAST, I64, x)                                                                                                               \
  S(sign, AND, I64, x_bits, sign_mask)                                                                                                     \
  S(signed_bits, OR, I64, value_bits, sign)                                                                                                \
  S(result, BITCAST, F64, signed_bits)

TIN_DEFINE_PROGRAM(tin_program_tanh_f64, TANH_VALUES, x)

/* erf(a) = a + a (w0 + ... + w11 a^22) below 1, error 2^-55.4; 1 - exp(v0 + ... + v17 t^17), t = a - 1.25, above, error 2^-54.9, a = |x|.
 */
#define ERF_VALUES(C, S)                                                                                                                   \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(full, F64, 0x4017c00000000000) /* 5.9375: erf rounds to 1 from 5.93 */                                                                 \
  C(centre, F64, 0x3ff4000000000000)                                                                                                       \
  C(log2e, F64, 0x3ff71547652b82fe)                                                                                                        \
  C(magic_bias, F64, 0x43380000000003ff)                                                                                                   \
  C(ln2, F64, 0xbfe62e42fefa39ef) /* - log(2); its error times n is small against 1 / erfc */                                              \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(sign_mask, I64, 0x8000000000000000)                                                                                                    \
  EXP_COEFFICIENTS(C)                                                                                                                      \
  C(w0, F64, 0x3fc06eba8214db68)  /* 0.12837916709551256 */                                                                                \
  C(w1, F64, 0xbfd812746b0379bd)  /* -0.37612638903183521 */                                                                               \
  C(w2, F64, 0x3fbce2f21a040d16)  /* 0.11283791670944185 */                                                                                \
  C(w3, F64, 0xbf9b82ce311fa92e)  /* -0.026866170643111413 */                                                                              \
  C(w4, F64, 0x3f7565bccf92b15a)  /* 0.0052239776061181135 */                                                                              \
  C(w5, F64, 0xbf4c02db03dd3dbb)  /* -0.00085483259293000298 */                                                                            \
  C(w6, F64, 0x3f1f9a2baa8bcc67)  /* 0.00012055293576533761 */                                                                             \
  C(w7, F64, 0xbeef4ca4d6bd7c4e)  /* -1.4924712295970096e-5 */                                                                             \
  C(w8, F64, 0x3ebb97fd3bc907e7)  /* 1.6447131506868005e-6 */                                                                              \
  C(w9, F64, 0xbe85c07265595883)  /* -1.6206313329059389e-7 */                                                                             \
  C(w10, F64, 0x3e4d71b0b7140f1b) /* 1.3710978771185197e-8 */                                                                              \
  C(w11, F64, 0xbe0abae3f7af61e9) /* -7.7794658160706919e-10 */                                                                            \
  C(v0, F64, 0xc0048050902770fd)  /* -2.5626536619221256 */                                                                                \
  C(v1, F64, 0xc0088ab2d9950133)  /* -3.0677239416692372 */                                                                                \
  C(v2, F64, 0xbfebddad46f504c3)  /* -0.87081016405877454 */                                                                               \
  C(v3, F64, 0xbfa0bc5a029835d7)  /* -0.032687008682937772 */                                                                              \
  C(v4, F64, 0x3f7fea76c4b0db50)  /* 0.0077919616115228046 */                                                                              \
  C(v5, F64, 0xbf5a540a71f62875)  /* -0.0016069509509599987 */                                                                             \
  C(v6, F64, 0x3f302c591dce84cb)  /* 0.00024678397840645062 */                                                                             \
  C(v7, F64, 0xbee50f28f15de33e)  /* -1.0041817897864254e-5 */                                                                             \
  C(v8, F64, 0xbee6b68c7e82e69c)  /* -1.0830441127363068e-5 */                                                                             \
  C(v9, F64, 0x3ed5ab850366857f)  /* 5.1665302208970514e-6 */                                                                              \
  C(v10, F64, 0xbeb84c1097bf842c) /* -1.4482216945598855e-6 */                                                                             \
  C(v11, F64, 0x3e913fc4b7c1a9e9) /* 2.5703155138190226e-7 */                                                                              \
  C(v12, F64, 0xbe4526a00464c0cb) /* -9.8491456211204583e-9 */                                                                             \
  C(v13, F64, 0xbe490375f28331f0) /* -1.1647827216978455e-8 */                                                                             \
  C(v14, F64, 0x3e3398cf2bac0032) /* 4.5627614418935755e-9 */                                                                              \
  C(v15, F64, 0xbe0f7cd9517ce8c6) /* -9.1641242075378236e-10 */                                                                            \
  C(v16, F64, 0x3ddc4d8f030f3519) /* 1.0296558116966707e-10 */                                                                             \
  C(v17, F64, 0xbd9679666efb33a3) /* -5.1100458362004145e-12 */                                                                            \
  S(a, ABS, F64, x)                                                                                                                        \
  S(square, MUL, F64, a, a)                                                                                                                \
  S(w_10, FMA, F64, w11, square, w10)                                                                                                      \
  S(w_9, FMA, F64, w_10, square, w9)                                                                                                       \
  S(w_8, FMA, F64, w_9, square, w8)                                                                                                        \
  S(w_7, FMA, F64, w_8, square, w7)                                                                                                        \
  S(w_6, FMA, F64, w_7, square, w6)                                                                                                        \
  S(w_5, FMA, F64, w_6, square, w5)                                                                                                        \
  S(w_4, FMA, F64, w_5, square, w4)                                                                                                        \
  S(w_3, FMA, F64, w_4, square, w3)                                                                                                        \
  S(w_2, FMA, F64, w_3, square, w2)                                                                                                        \
  S(w_1, FMA, F64, w_2, square, w1)                                                                                                        \
  S(w_0, FMA, F64, w_1, square, w0)                                                                                                        \
  S(small, FMA, F64, w_0, a, a)                                                                                                            \
  S(past, LT, BOOL, full, a)                                                                                                               \
  S(b, SELECT, F64, past, full, a)                                                                                                         \
  S(t, SUB, F64, b, centre)                                                                                                                \
  S(v_16, FMA, F64, v17, t, v16)                                                                                                           \
  S(v_15, FMA, F64, v_16, t, v15)                                                                                                          \
  S(v_14, FMA, F64, v_15, t, v14)                                                                                                          \
  S(v_13, FMA, F64, v_14, t, v13)                                                                                                          \
  S(v_12, FMA, F64, v_13, t, v12)                                                                                                          \
  S(v_11, FMA, F64, v_12, t, v11)                                                                                                          \
  S(v_10, FMA, F64, v_11, t, v10)                                                                                                          \
  S(v_9, FMA, F64, v_10, t, v9)                                                                                                            \
  S(v_8, FMA, F64, v_9, t, v8)                                                                                                             \
  S(v_7, FMA, F64, v_8, t, v7)                                                                                                             \
  S(v_6, FMA, F64, v_7, t, v6)                                                                                                             \
  S(v_5, FMA, F64, v_6, t, v5)                                                                                                             \
  S(v_4, FMA, F64, v_5, t, v4)                                                                                                             \
  S(v_3, FMA, F64, v_4, t, v3)                                                                                                             \
  S(v_2, FMA, F64, v_3, t, v2)                                                                                                             \
  S(v_1, FMA, F64, v_2, t, v1)                                                                                                             \
  S(v_0, FMA, F64, v_1, t, v0)                                                                                                             \
  S(sum, FMA, F64, v_0, log2e, magic_bias)                                                                                                 \
  S(n, SUB, F64, sum, magic_bias)                                                                                                          \
  S(r, FMA, F64, n, ln2, v_0)                                                                                                              \
  EXP_POLYNOMIAL(S, r)                                                                                                                     \
  S(bits, BITCAST, I64, sum)                                                                                                               \
  S(power_bits, SHL, I64, bits, to_exponent)                                                                                               \
  S(power, BITCAST, F64, power_bits)                                                                                                       \
  S(erfc, MUL, F64, p0, power)                                                                                                             \
  S(large, SUB, F64, one, erfc)                                                                                                            \
  S(is_small, LT, BOOL, a, one)                                                                                                            \
  S(size, SELECT, F64, is_small, small, large)                                                                                             \
  S(size_bits, BITCAST, I64, size)                                                                                                         \
  S(x_bits, BITCAST, I64, x)                                                                                                               \
  S(sign, AND, I64, x_bits, sign_mask)                                                                                                     \
  S(signed_bits, OR, I64, size_bits, sign)                                                                                                 \
  S(result, BITCAST, F64, signed_bits)

TIN_DEFINE_PROGRAM(tin_program_erf_f64, ERF_VALUES, x)
