/* sin and cos of f64, within 1 ulp, and tan, within 2.5 (in millions of samples, see tools/ulp.c). See program_f32.c for the sources. */
#include "ir/program_table.h"

/* ---- the argument ----
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
#define WORDS(C) \
  C(word_0, F64, 0x3fc45f306dc9c880) C(word_1, F64, 0x3fe529fc2757d1f5) C(word_2, F64, 0x3fca6ee06db14acc) \
  C(word_3, F64, 0x3fc3c439041fe514) C(word_4, F64, 0x3fe1d5ef5de2b0db) C(word_5, F64, 0x3fe246e3a424dd2e) \
  C(word_6, F64, 0x3f5924bba8274600) C(word_7, F64, 0x3fc21cfe1deb1cb0) C(word_8, F64, 0x3fd29a73ee88235e) \
  C(word_9, F64, 0x3fe52ebb4484e99c) C(word_10, F64, 0x3fdc09ad17df904e) C(word_11, F64, 0x3fc91d639835339c) \
  C(word_12, F64, 0x3fea4e422fc5defc) C(word_13, F64, 0x3fe283b1ff897ffd) C(word_14, F64, 0x3fec0b301fde5e23) \
  C(word_15, F64, 0x3fb6b414da3eda68) C(word_16, F64, 0x3fe3f6793e584dba) C(word_17, F64, 0x3fde8c7ecd3cbfd4) \
  C(word_18, F64, 0x3fc6ba93dd63f5f0) C(word_19, F64, 0x3fe7c5ecf41ce7de) C(word_20, F64, 0x3fc4a525d4d7f6bc) \
  C(word_21, F64, 0x3feb11f8d5d08560) \
  C(limit_16, F64, 0x7830000000000000) C(scale_16, F64, 0x0af0000000000000) /* 2^(52 + 53 k), 2^(-53 k) */ \
  C(limit_8, F64, 0x5db0000000000000) C(scale_8, F64, 0x2570000000000000) \
  C(limit_4, F64, 0x5070000000000000) C(scale_4, F64, 0x32b0000000000000) \
  C(limit_2, F64, 0x49d0000000000000) C(scale_2, F64, 0x3950000000000000) \
  C(limit_1, F64, 0x4680000000000000) C(scale_1, F64, 0x3ca0000000000000) \
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
 * All is for |x|. */
#define QUARTER_TURNS(C, S, MAGIC)                                                                                                         \
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
  S(even, EQ, BOOL, odd_bit, none)

/* value_bits is the sine of n quarter turns and r */
#define CIRCLE_VALUES(C, S, MAGIC)                                                                                                         \
  QUARTER_TURNS(C, S, MAGIC)                                                                                                               \
  C(bit_1, I64, 2)                                                                                                                         \
  C(to_sign, I64, 62)                                                                                                                      \
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

/* tan = sine / cosine, or - cosine / sine after an odd number of quarter turns */
#define TAN_VALUES(C, S)                                                                                                                   \
  QUARTER_TURNS(C, S, 0x4338000000000000)                                                                                                  \
  C(to_sign, I64, 63)                                                                                                                      \
  C(sign_mask, I64, 0x8000000000000000)                                                                                                    \
  S(dividend, SELECT, F64, even, sine, cosine)                                                                                             \
  S(divisor, SELECT, F64, even, cosine, sine)                                                                                              \
  S(quotient, DIV, F64, dividend, divisor)                                                                                                 \
  S(sign, SHL, I64, odd_bit, to_sign)                                                                                                      \
  S(x_bits, BITCAST, I64, x)                                                                                                               \
  S(x_sign, AND, I64, x_bits, sign_mask)                                                                                                   \
  S(both_signs, XOR, I64, sign, x_sign)                                                                                                    \
  S(quotient_bits, BITCAST, I64, quotient)                                                                                                 \
  S(result_bits, XOR, I64, quotient_bits, both_signs)                                                                                      \
  S(result, BITCAST, F64, result_bits)

TIN_DEFINE_PROGRAM(tin_program_tan_f64, TAN_VALUES, x)
