/* Elementary functions of f64, within 2 ulp (at most 1.5 in millions of samples, see tools/ulp.c). See program_f32.c, whose methods these
 * are at twice the precision, for sources; the coefficients come from tools/minimax.py. Bits are moved with what AVX2 has for 64-bit
 * integers: no multiplication, no conversion to or from f64, no arithmetic shift right (the one SHR sees a set sign bit only where the
 * result is dropped). */
#include "ir/program_table.h"

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
  S(half_sum, FMA, F64, n, half, magic_bias)                                                                                               \
  S(half_n, SUB, F64, half_sum, magic_bias)                                                                                                \
  S(rest_n, SUB, F64, n, half_n)                                                                                                           \
  S(rest_sum, ADD, F64, rest_n, magic_bias)                                                                                                \
  S(half_bits, BITCAST, I64, half_sum)                                                                                                     \
  S(rest_bits, BITCAST, I64, rest_sum)                                                                                                     \
  S(half_exponent, SHL, I64, half_bits, to_exponent)                                                                                       \
  S(rest_exponent, SHL, I64, rest_bits, to_exponent)                                                                                       \
  S(half_power, BITCAST, F64, half_exponent)                                                                                               \
  S(rest_power, BITCAST, F64, rest_exponent)                                                                                               \
  S(scaled, MUL, F64, p0, half_power)                                                                                                      \
  S(result, MUL, F64, scaled, rest_power)

TIN_DEFINE_PROGRAM(tin_program_exp_f64, EXP_VALUES, x)

/* log(x) = k log(2) + log(1 + f), 1 + f in [sqrt(1/2), sqrt(2)); with s = f / (2 + f),
 * log(1 + f) = 2 s + s R = f - (f^2/2 - s (f^2/2 + R)), R = s^2 (l0 + ... + l6 s^12), error 2^-58 (Tang, "Table-driven implementation of
 * the logarithm function", 1990, section 2, has the series). The exponent becomes a number by placing it under the one of 2^52. */
#define LOG_VALUES(C, S)                                                                                                                   \
  C(zero, F64, 0)                                                                                                                          \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(two, F64, 0x4000000000000000)                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(infinity, F64, 0x7ff0000000000000)                                                                                                     \
  C(minus_infinity, F64, 0xfff0000000000000)                                                                                               \
  C(nan, F64, 0x7ff8000000000000)                                                                                                          \
  C(normal, F64, 0x0010000000000000)  /* 2^-1022 */                                                                                        \
  C(two_54, F64, 0x4350000000000000)  /* brings denormals into the normal range */                                                         \
  C(to_half, I64, 0x00095f619980c433) /* the exponent field 1023 less the bits of sqrt(1/2) */                                             \
  C(root_half, I64, 0x3fe6a09e667f3bcd)                                                                                                    \
  C(fraction, I64, 0x000fffffffffffff)                                                                                                     \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(two_52, I64, 0x4330000000000000)                                                                                                       \
  C(bias, F64, 0x43300000000003ff)    /* 2^52 + 1023 */                                                                                    \
  C(bias_54, F64, 0x4330000000000435) /* 2^52 + 1023 + 54 */                                                                               \
  C(ln2_high, F64, 0x3fe62e42fefa3800)                                                                                                     \
  C(ln2_low, F64, 0x3d2ef35793c76730)                                                                                                      \
  C(l0, F64, 0x3fe5555555555592) /* 0.6666666666666734 */                                                                                  \
  C(l1, F64, 0x3fd999999997ff07) /* 0.39999999999416541 */                                                                                 \
  C(l2, F64, 0x3fd24924941e304b) /* 0.28571428742066435 */                                                                                 \
  C(l3, F64, 0x3fcc71c521283d50) /* 0.22222198599818421 */                                                                                 \
  C(l4, F64, 0x3fc74663d5f10250) /* 0.1818356318126626 */                                                                                  \
  C(l5, F64, 0x3fc39a1dba699ddc) /* 0.15314075090576196 */                                                                                 \
  C(l6, F64, 0x3fc2f044dd0d1119) /* 0.1479574279166023 */                                                                                  \
  S(denormal, LT, BOOL, x, normal)                                                                                                         \
  S(raised, MUL, F64, x, two_54)                                                                                                           \
  S(v, SELECT, F64, denormal, raised, x)                                                                                                   \
  S(k_bias, SELECT, F64, denormal, bias_54, bias)                                                                                          \
  S(bits, BITCAST, I64, v)                                                                                                                 \
  S(above, ADD, I64, bits, to_half)                                                                                                        \
  S(exponent, SHR, I64, above, to_exponent)                                                                                                \
  S(k_bits, OR, I64, exponent, two_52)                                                                                                     \
  S(k_biased, BITCAST, F64, k_bits)                                                                                                        \
  S(k, SUB, F64, k_biased, k_bias)                                                                                                         \
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
  S(sum, FMA, F64, r0, z, half_square)                                                                                                     \
  S(k_low, MUL, F64, k, ln2_low)                                                                                                           \
  S(inner, FMA, F64, s, sum, k_low)                                                                                                        \
  S(outer, SUB, F64, half_square, inner)                                                                                                   \
  S(rest, SUB, F64, f, outer)                                                                                                              \
  S(logarithm, FMA, F64, k, ln2_high, rest)                                                                                                \
  S(finite, LT, BOOL, x, infinity)                                                                                                         \
  S(or_itself, SELECT, F64, finite, logarithm, x)                                                                                          \
  S(not_positive, LE, BOOL, x, zero)                                                                                                       \
  S(is_zero, EQ, BOOL, x, zero)                                                                                                            \
  S(pole, SELECT, F64, is_zero, minus_infinity, nan)                                                                                       \
  S(result, SELECT, F64, not_positive, pole, or_itself)

TIN_DEFINE_PROGRAM(tin_program_log_f64, LOG_VALUES, x)

/* ---- sin and cos ----
 * 1 / (2 pi) is cut into words of 53 bits, word i weighing 2^(-53 i). For a = |x| with 2^(52 + 53 j) <= a the words before j give only
 * whole turns; four words from j on are picked by a shifter of selects (by 16, 8, 4, 2, 1 words), and a is scaled down by 2^(53 j). The
 * products are kept exactly, as a rounded product and its error, modulo one turn, and summed with their rounding errors (TWO_SUM: Knuth,
 * "The art of computer programming", volume 2, 4.2.2). The turns are right to about 2^-105, which is within 2 ulp of the result unless
 * x lies within 2^-50 of a multiple of pi/2; nearer ones (none are below 2^-62) keep that absolute accuracy. */
#define TWO_SUM(S, name, a, b)                                                                                                             \
  S(name, ADD, F64, a, b)                                                                                                                  \
  S(name##_b, SUB, F64, name, a)                                                                                                           \
  S(name##_a, SUB, F64, name, name##_b)                                                                                                    \
  S(name##_lost_a, SUB, F64, a, name##_a)                                                                                                  \
  S(name##_lost_b, SUB, F64, b, name##_b)                                                                                                  \
  S(name##_lost, ADD, F64, name##_lost_a, name##_lost_b)

#define SHIFT(S, k, a)                                                                                                                     \
  S(past_##k, LE, BOOL, limit_##k, a)                                                                                                      \
  S(down_##k, MUL, F64, a, scale_##k)                                                                                                      \
  S(a_##k, SELECT, F64, past_##k, down_##k, a)

#define PICK(S, k, i, later, word) S(word_##k##_##i, SELECT, F64, past_##k, later, word)

/* The product of a by word n of the four, at its weight: product_n + error_n. */
#define PRODUCT(S, n, a, word)                                                                                                             \
  S(product_##n, MUL, F64, a, word)                                                                                                        \
  S(minus_##n, NEG, F64, product_##n)                                                                                                      \
  S(error_##n, FMA, F64, a, word, minus_##n)

#define MODULO_ONE(S, value)                                                                                                               \
  S(value##_whole, ROUND, F64, value)                                                                                                      \
  S(value##_part, SUB, F64, value, value##_whole)

/* clang-format off */
#define WORDS(C)                                                                                    \
  C(word_0, F64, 0x3fc45f306dc9c880) C(word_1, F64, 0x3fe529fc2757d1f5) C(word_2, F64, 0x3fca6ee06db14acc)  \
  C(word_3, F64, 0x3fc3c439041fe514) C(word_4, F64, 0x3fe1d5ef5de2b0db) C(word_5, F64, 0x3fe246e3a424dd2e)  \
  C(word_6, F64, 0x3f5924bba8274600) C(word_7, F64, 0x3fc21cfe1deb1cb0) C(word_8, F64, 0x3fd29a73ee88235e)  \
  C(word_9, F64, 0x3fe52ebb4484e99c) C(word_10, F64, 0x3fdc09ad17df904e) C(word_11, F64, 0x3fc91d639835339c) \
  C(word_12, F64, 0x3fea4e422fc5defc) C(word_13, F64, 0x3fe283b1ff897ffd) C(word_14, F64, 0x3fec0b301fde5e23) \
  C(word_15, F64, 0x3fb6b414da3eda68) C(word_16, F64, 0x3fe3f6793e584dba) C(word_17, F64, 0x3fde8c7ecd3cbfd4) \
  C(word_18, F64, 0x3fc6ba93dd63f5f0) C(word_19, F64, 0x3fe7c5ecf41ce7de) C(word_20, F64, 0x3fc4a525d4d7f6bc) \
  C(word_21, F64, 0x3feb11f8d5d08560)                                                               \
  C(limit_16, F64, 0x7830000000000000) C(scale_16, F64, 0x0af0000000000000) /* 2^(52 + 53 k), 2^(-53 k) */ \
  C(limit_8, F64, 0x5db0000000000000) C(scale_8, F64, 0x2570000000000000)                           \
  C(limit_4, F64, 0x5070000000000000) C(scale_4, F64, 0x32b0000000000000)                           \
  C(limit_2, F64, 0x49d0000000000000) C(scale_2, F64, 0x3950000000000000)                           \
  C(limit_1, F64, 0x4680000000000000) C(scale_1, F64, 0x3ca0000000000000)                           \
  C(scale_3, F64, 0x3600000000000000) /* 2^-159 */
/* clang-format on */

/* The four words word_1_0 .. word_1_3 and the argument a_1 that belong together. */
#define PICK_WORDS(S, a)                                                                                                                   \
  SHIFT(S, 16, a)                                                                                                                          \
  PICK(S, 16, 0, word_16, word_0)                                                                                                          \
  PICK(S, 16, 1, word_17, word_1)                                                                                                          \
  PICK(S, 16, 2, word_18, word_2)                                                                                                          \
  PICK(S, 16, 3, word_19, word_3)                                                                                                          \
  PICK(S, 16, 4, word_20, word_4)                                                                                                          \
  PICK(S, 16, 5, word_21, word_5)                                                                                                          \
  SHIFT(S, 8, a_16)                                                                                                                        \
  PICK(S, 8, 0, word_8, word_16_0)                                                                                                         \
  PICK(S, 8, 1, word_9, word_16_1)                                                                                                         \
  PICK(S, 8, 2, word_10, word_16_2)                                                                                                        \
  PICK(S, 8, 3, word_11, word_16_3)                                                                                                        \
  PICK(S, 8, 4, word_12, word_16_4)                                                                                                        \
  PICK(S, 8, 5, word_13, word_16_5)                                                                                                        \
  PICK(S, 8, 6, word_14, word_6)                                                                                                           \
  PICK(S, 8, 7, word_15, word_7)                                                                                                           \
  PICK(S, 8, 8, word_16, word_8)                                                                                                           \
  PICK(S, 8, 9, word_17, word_9)                                                                                                           \
  PICK(S, 8, 10, word_18, word_10)                                                                                                         \
  SHIFT(S, 4, a_8)                                                                                                                         \
  PICK(S, 4, 0, word_8_4, word_8_0)                                                                                                        \
  PICK(S, 4, 1, word_8_5, word_8_1)                                                                                                        \
  PICK(S, 4, 2, word_8_6, word_8_2)                                                                                                        \
  PICK(S, 4, 3, word_8_7, word_8_3)                                                                                                        \
  PICK(S, 4, 4, word_8_8, word_8_4)                                                                                                        \
  PICK(S, 4, 5, word_8_9, word_8_5)                                                                                                        \
  PICK(S, 4, 6, word_8_10, word_8_6)                                                                                                       \
  SHIFT(S, 2, a_4)                                                                                                                         \
  PICK(S, 2, 0, word_4_2, word_4_0)                                                                                                        \
  PICK(S, 2, 1, word_4_3, word_4_1)                                                                                                        \
  PICK(S, 2, 2, word_4_4, word_4_2)                                                                                                        \
  PICK(S, 2, 3, word_4_5, word_4_3)                                                                                                        \
  PICK(S, 2, 4, word_4_6, word_4_4)                                                                                                        \
  SHIFT(S, 1, a_2)                                                                                                                         \
  PICK(S, 1, 0, word_2_1, word_2_0)                                                                                                        \
  PICK(S, 1, 1, word_2_2, word_2_1)                                                                                                        \
  PICK(S, 1, 2, word_2_3, word_2_2)                                                                                                        \
  PICK(S, 1, 3, word_2_4, word_2_3)

/* turns + turns_lost = a / (2 pi) modulo 1, in about [-5/2, 5/2]. Products 0 and 1 and the error of product 0 may hold whole turns. */
#define REDUCE(S, a)                                                                                                                       \
  PICK_WORDS(S, a)                                                                                                                         \
  S(a_word_1, MUL, F64, a_1, scale_1)                                                                                                      \
  S(a_word_2, MUL, F64, a_1, scale_2)                                                                                                      \
  S(a_word_3, MUL, F64, a_1, scale_3)                                                                                                      \
  PRODUCT(S, 0, a_1, word_1_0)                                                                                                             \
  PRODUCT(S, 1, a_word_1, word_1_1)                                                                                                        \
  PRODUCT(S, 2, a_word_2, word_1_2)                                                                                                        \
  MODULO_ONE(S, product_0)                                                                                                                 \
  MODULO_ONE(S, error_0)                                                                                                                   \
  MODULO_ONE(S, product_1)                                                                                                                 \
  TWO_SUM(S, sum_1, product_0_part, error_0_part)                                                                                          \
  TWO_SUM(S, sum_2, sum_1, product_1_part)                                                                                                 \
  TWO_SUM(S, sum_3, sum_2, error_1)                                                                                                        \
  TWO_SUM(S, sum_4, sum_3, product_2)                                                                                                      \
  S(low_1, FMA, F64, a_word_3, word_1_3, error_2)                                                                                          \
  S(low_2, ADD, F64, low_1, sum_4_lost)                                                                                                    \
  S(low_3, ADD, F64, low_2, sum_3_lost)                                                                                                    \
  S(low_4, ADD, F64, low_3, sum_2_lost)                                                                                                    \
  S(low_5, ADD, F64, low_4, sum_1_lost)                                                                                                    \
  TWO_SUM(S, turns, sum_4, low_5)

/* Quarter turns n and the angle r + r_low left of them, |r| <= pi/4; below 1/4 the argument itself. The low bits of quarters hold n, plus
 * what `magic` adds. sin(r) = r + r^3 (s0 + ... + s5 r^10), error 2^-57.9; cos(r) = 1 - r^2/2 + r^4 (c0 + ... + c5 r^10), 2^-63.9.
 * The value is value_bits, for a positive argument. */
#define CIRCLE_VALUES(C, S, MAGIC)                                                                                                         \
  WORDS(C)                                                                                                                                 \
  C(zero, F64, 0)                                                                                                                          \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(minus_half, F64, 0xbfe0000000000000)                                                                                                   \
  C(four, F64, 0x4010000000000000)                                                                                                         \
  C(quarter, F64, 0x3fd0000000000000)                                                                                                      \
  C(quarter_pi, F64, 0x3ff921fb54442d18) /* pi/2, the angle of a quarter turn */                                                           \
  C(quarter_pi_low, F64, 0x3c91a62633145c07)                                                                                               \
  C(two_pi, F64, 0x401921fb54442d18)                                                                                                       \
  C(magic, F64, MAGIC)                                                                                                                     \
  C(bit_0, I64, 1)                                                                                                                         \
  C(bit_1, I64, 2)                                                                                                                         \
  C(to_sign, I64, 62)                                                                                                                      \
  C(none, I64, 0)                                                                                                                          \
  C(s0, F64, 0xbfc5555555555548) /* -0.1666666666666663 */                                                                                 \
  C(s1, F64, 0x3f8111111110f730) /* 0.0083333333333218407 */                                                                               \
  C(s2, F64, 0xbf2a01a019be9216) /* -0.00019841269829358525 */                                                                             \
  C(s3, F64, 0x3ec71de35552b31c) /* 2.7557313538511998e-6 */                                                                               \
  C(s4, F64, 0xbe5ae5e4b83bab56) /* -2.5050734388692049e-8 */                                                                              \
  C(s5, F64, 0x3de5d8b5583eb6f6) /* 1.5895433244172422e-10 */                                                                              \
  C(c0, F64, 0x3fa555555555554b) /* 0.041666666666666595 */                                                                                \
  C(c1, F64, 0xbf56c16c16c15013) /* -0.0013888888888873338 */                                                                              \
  C(c2, F64, 0x3efa01a019c8ed07) /* 2.4801587288997482e-5 */                                                                               \
  C(c3, F64, 0xbe927e4f7f1410ab) /* -2.7557314215298886e-7 */                                                                              \
  C(c4, F64, 0x3e21ee9db8e291f9) /* 2.0875705114903322e-9 */                                                                               \
  C(c5, F64, 0xbda8fa65e8b83295) /* -1.1358732767284775e-11 */                                                                             \
  S(size, ABS, F64, x)                                                                                                                     \
  S(small, LT, BOOL, size, quarter)                                                                                                        \
  S(a, SELECT, F64, small, one, size) /* keeps the products of tiny arguments from underflow */                                            \
  REDUCE(S, a)                                                                                                                             \
  S(large_quarters, FMA, F64, turns, four, magic)                                                                                          \
  S(minus_n, SUB, F64, magic, large_quarters)                                                                                              \
  S(g, FMA, F64, turns, four, minus_n)                                                                                                     \
  S(large_r, MUL, F64, g, quarter_pi)                                                                                                      \
  S(minus_r, NEG, F64, large_r)                                                                                                            \
  S(r_error, FMA, F64, g, quarter_pi, minus_r)                                                                                             \
  S(r_error_low, FMA, F64, g, quarter_pi_low, r_error)                                                                                     \
  S(large_r_low, FMA, F64, turns_lost, two_pi, r_error_low)                                                                                \
  S(quarters, SELECT, F64, small, magic, large_quarters)                                                                                   \
  S(r, SELECT, F64, small, size, large_r)                                                                                                  \
  S(r_low, SELECT, F64, small, zero, large_r_low)                                                                                          \
  S(square, MUL, F64, r, r)                                                                                                                \
  S(sine_4, FMA, F64, s5, square, s4)                                                                                                      \
  S(sine_3, FMA, F64, sine_4, square, s3)                                                                                                  \
  S(sine_2, FMA, F64, sine_3, square, s2)                                                                                                  \
  S(sine_1, FMA, F64, sine_2, square, s1)                                                                                                  \
  S(sine_0, FMA, F64, sine_1, square, s0)                                                                                                  \
  S(cube, MUL, F64, square, r)                                                                                                             \
  S(slope, FMA, F64, square, minus_half, one) /* of sin at r */                                                                            \
  S(slope_low, MUL, F64, slope, r_low)                                                                                                     \
  S(sine_tail, FMA, F64, sine_0, cube, slope_low)                                                                                          \
  S(sine, ADD, F64, r, sine_tail)                                                                                                          \
  S(cosine_4, FMA, F64, c5, square, c4)                                                                                                    \
  S(cosine_3, FMA, F64, cosine_4, square, c3)                                                                                              \
  S(cosine_2, FMA, F64, cosine_3, square, c2)                                                                                              \
  S(cosine_1, FMA, F64, cosine_2, square, c1)                                                                                              \
  S(cosine_0, FMA, F64, cosine_1, square, c0)                                                                                              \
  S(half_square, MUL, F64, square, half)                                                                                                   \
  S(head, SUB, F64, one, half_square)                                                                                                      \
  S(taken, SUB, F64, one, head)                                                                                                            \
  S(head_lost, SUB, F64, taken, half_square)                                                                                               \
  S(fourth, MUL, F64, square, square)                                                                                                      \
  S(cosine_tail_0, FMA, F64, cosine_0, fourth, head_lost)                                                                                  \
  S(fall, MUL, F64, r, r_low)                                                                                                              \
  S(cosine_tail, SUB, F64, cosine_tail_0, fall)                                                                                            \
  S(cosine, ADD, F64, head, cosine_tail)                                                                                                   \
  S(bits, BITCAST, I64, quarters)                                                                                                          \
  S(odd_bit, AND, I64, bits, bit_0)                                                                                                        \
  S(even, EQ, BOOL, odd_bit, none)                                                                                                         \
  S(value, SELECT, F64, even, sine, cosine)                                                                                                \
  S(sign_bit, AND, I64, bits, bit_1)                                                                                                       \
  S(sign, SHL, I64, sign_bit, to_sign)                                                                                                     \
  S(unsigned_bits, BITCAST, I64, value)                                                                                                    \
  S(value_bits, XOR, I64, unsigned_bits, sign)

#define SIN_VALUES(C, S)                                                                                                                   \
  CIRCLE_VALUES(C, S, 0x4338000000000000) /* 1.5 * 2^52 */                                                                                 \
  C(sign_mask, I64, 0x8000000000000000)                                                                                                    \
  S(x_bits, BITCAST, I64, x)                                                                                                               \
  S(x_sign, AND, I64, x_bits, sign_mask)                                                                                                   \
  S(result_bits, XOR, I64, value_bits, x_sign)                                                                                             \
  S(result, BITCAST, F64, result_bits)

#define COS_VALUES(C, S)                                                                                                                   \
  CIRCLE_VALUES(C, S, 0x4338000000000001) /* a quarter turn further */                                                                     \
  S(result, BITCAST, F64, value_bits)

TIN_DEFINE_PROGRAM(tin_program_sin_f64, SIN_VALUES, x)
TIN_DEFINE_PROGRAM(tin_program_cos_f64, COS_VALUES, x)

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
