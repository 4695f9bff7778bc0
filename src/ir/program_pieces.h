/* Pieces that several programs share, all in f64: polynomials, signs, the logarithm. The method of the logarithm is that of
 * program_log_f64.c. A program of f32 casts its argument, uses the shorter polynomials (suffix F32) and casts the result, so that its error
 * is that of the last rounding and of polynomials to about 2^-29. The coefficients come from tools/minimax.py.
 *
 * The names of a piece's values begin with its parameter n. */
#ifndef TIN_IR_PROGRAM_PIECES_H
#define TIN_IR_PROGRAM_PIECES_H

#include "ir/program_table.h"

/* Horner's scheme: n_0 = c0 + c1 x + ... to the degree `last` > 1; second and third are last - 1 and last - 2. */
#define TIN_HORNER(S, n, c, x, last, second, third) S(n##_##second, FMA, F64, c##last, x, c##second) TIN_DOWN_##third(S, n, c, x)
#define TIN_DOWN_0(S, n, c, x) S(n##_0, FMA, F64, n##_1, x, c##0)
#define TIN_DOWN_1(S, n, c, x) S(n##_1, FMA, F64, n##_2, x, c##1) TIN_DOWN_0(S, n, c, x)
#define TIN_DOWN_2(S, n, c, x) S(n##_2, FMA, F64, n##_3, x, c##2) TIN_DOWN_1(S, n, c, x)
#define TIN_DOWN_3(S, n, c, x) S(n##_3, FMA, F64, n##_4, x, c##3) TIN_DOWN_2(S, n, c, x)
#define TIN_DOWN_4(S, n, c, x) S(n##_4, FMA, F64, n##_5, x, c##4) TIN_DOWN_3(S, n, c, x)
#define TIN_DOWN_5(S, n, c, x) S(n##_5, FMA, F64, n##_6, x, c##5) TIN_DOWN_4(S, n, c, x)
#define TIN_DOWN_6(S, n, c, x) S(n##_6, FMA, F64, n##_7, x, c##6) TIN_DOWN_5(S, n, c, x)
#define TIN_DOWN_7(S, n, c, x) S(n##_7, FMA, F64, n##_8, x, c##7) TIN_DOWN_6(S, n, c, x)
#define TIN_DOWN_8(S, n, c, x) S(n##_8, FMA, F64, n##_9, x, c##8) TIN_DOWN_7(S, n, c, x)
#define TIN_DOWN_9(S, n, c, x) S(n##_9, FMA, F64, n##_10, x, c##9) TIN_DOWN_8(S, n, c, x)
#define TIN_DOWN_10(S, n, c, x) S(n##_10, FMA, F64, n##_11, x, c##10) TIN_DOWN_9(S, n, c, x)
#define TIN_DOWN_11(S, n, c, x) S(n##_11, FMA, F64, n##_12, x, c##11) TIN_DOWN_10(S, n, c, x)
#define TIN_DOWN_12(S, n, c, x) S(n##_12, FMA, F64, n##_13, x, c##12) TIN_DOWN_11(S, n, c, x)
#define TIN_DOWN_13(S, n, c, x) S(n##_13, FMA, F64, n##_14, x, c##13) TIN_DOWN_12(S, n, c, x)
#define TIN_DOWN_14(S, n, c, x) S(n##_14, FMA, F64, n##_15, x, c##14) TIN_DOWN_13(S, n, c, x)
#define TIN_DOWN_15(S, n, c, x) S(n##_15, FMA, F64, n##_16, x, c##15) TIN_DOWN_14(S, n, c, x)
#define TIN_DOWN_16(S, n, c, x) S(n##_16, FMA, F64, n##_17, x, c##16) TIN_DOWN_15(S, n, c, x)
#define TIN_DOWN_17(S, n, c, x) S(n##_17, FMA, F64, n##_18, x, c##17) TIN_DOWN_16(S, n, c, x)
#define TIN_DOWN_18(S, n, c, x) S(n##_18, FMA, F64, n##_19, x, c##18) TIN_DOWN_17(S, n, c, x)
#define TIN_DOWN_19(S, n, c, x) S(n##_19, FMA, F64, n##_20, x, c##19) TIN_DOWN_18(S, n, c, x)
#define TIN_DOWN_20(S, n, c, x) S(n##_20, FMA, F64, n##_21, x, c##20) TIN_DOWN_19(S, n, c, x)
#define TIN_DOWN_21(S, n, c, x) S(n##_21, FMA, F64, n##_22, x, c##21) TIN_DOWN_20(S, n, c, x)
#define TIN_DOWN_22(S, n, c, x) S(n##_22, FMA, F64, n##_23, x, c##22) TIN_DOWN_21(S, n, c, x)
#define TIN_DOWN_23(S, n, c, x) S(n##_23, FMA, F64, n##_24, x, c##23) TIN_DOWN_22(S, n, c, x)
#define TIN_DOWN_24(S, n, c, x) S(n##_24, FMA, F64, n##_25, x, c##24) TIN_DOWN_23(S, n, c, x)
#define TIN_DOWN_25(S, n, c, x) S(n##_25, FMA, F64, n##_26, x, c##25) TIN_DOWN_24(S, n, c, x)
#define TIN_DOWN_26(S, n, c, x) S(n##_26, FMA, F64, n##_27, x, c##26) TIN_DOWN_25(S, n, c, x)
#define TIN_DOWN_27(S, n, c, x) S(n##_27, FMA, F64, n##_28, x, c##27) TIN_DOWN_26(S, n, c, x)

/* n: |size| with the sign of x. Needs the constant sign_bit. */
#define TIN_SIGN_CONSTANT(C) C(sign_bit, I64, 0x8000000000000000)
#define TIN_WITH_SIGN(S, n, size, x)                                                                                                       \
  S(n##_x_bits, BITCAST, I64, x)                                                                                                           \
  S(n##_sign, AND, I64, n##_x_bits, sign_bit)                                                                                              \
  S(n##_bits, BITCAST, I64, size)                                                                                                          \
  S(n##_signed, OR, I64, n##_bits, n##_sign)                                                                                               \
  S(n, BITCAST, F64, n##_signed)

/* ---- logarithm ---- */

/* 2 atanh(s) - 2 s = s^3 (l0 + l1 s^2 + ...): error 2^-58, 2^-29 */
#define TIN_LOG_COEFFICIENTS_F64(C)                                                                                                        \
  C(l0, F64, 0x3fe5555555555592) /* 0.6666666666666734 */                                                                                  \
  C(l1, F64, 0x3fd999999997ff07) /* 0.39999999999416541 */                                                                                 \
  C(l2, F64, 0x3fd24924941e304b) /* 0.28571428742066435 */                                                                                 \
  C(l3, F64, 0x3fcc71c521283d50) /* 0.22222198599818421 */                                                                                 \
  C(l4, F64, 0x3fc74663d5f10250) /* 0.1818356318126626 */                                                                                  \
  C(l5, F64, 0x3fc39a1dba699ddc) /* 0.15314075090576196 */                                                                                 \
  C(l6, F64, 0x3fc2f044dd0d1119) /* 0.1479574279166023 */
#define TIN_LOG_COEFFICIENTS_F32(C)                                                                                                        \
  C(l0, F64, 0x3fe55557a28b7612) /* 0.66666776415849172 */                                                                                 \
  C(l1, F64, 0x3fd995eb6df8c6aa) /* 0.39977536906654143 */                                                                                 \
  C(l2, F64, 0x3fd31e34c852d8b7) /* 0.29871863901952217 */
#define TIN_LOG_POLYNOMIAL_F64(S, n, z) TIN_HORNER(S, n, l, z, 6, 5, 4)
#define TIN_LOG_POLYNOMIAL_F32(S, n, z) TIN_HORNER(S, n, l, z, 2, 1, 0)

#define TIN_LOG_CONSTANTS(C)                                                                                                               \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(two, F64, 0x4000000000000000)                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(to_half, I64, 0x00095f619980c433) /* the exponent field 1023 less the bits of sqrt(1/2) */                                             \
  C(root_half, I64, 0x3fe6a09e667f3bcd)                                                                                                    \
  C(fraction, I64, 0x000fffffffffffff)                                                                                                     \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(two_52, I64, 0x4330000000000000)                                                                                                       \
  C(bias, F64, 0x43300000000003ff)     /* 2^52 + 1023 */                                                                                   \
  C(ln2_high, F64, 0x3fe62e42fefa3800) /* log(2) in 42 bits, so that k times it is exact */                                                \
  C(ln2_low, F64, 0x3d2ef35793c76730)  /* the rest */

/* u = 2^k (1 + f), u positive and normal: n_k and n_f. k_bias is 2^52 + 1023, less what is to be added to k. */
#define TIN_LOG_REDUCE(S, n, u, k_bias)                                                                                                    \
  S(n##_u_bits, BITCAST, I64, u)                                                                                                           \
  S(n##_above, ADD, I64, n##_u_bits, to_half)                                                                                              \
  S(n##_exponent, SHR, I64, n##_above, to_exponent)                                                                                        \
  S(n##_k_bits, OR, I64, n##_exponent, two_52)                                                                                             \
  S(n##_k_biased, BITCAST, F64, n##_k_bits)                                                                                                \
  S(n##_k, SUB, F64, n##_k_biased, k_bias)                                                                                                 \
  S(n##_above_fraction, AND, I64, n##_above, fraction)                                                                                     \
  S(n##_mantissa_bits, ADD, I64, n##_above_fraction, root_half)                                                                            \
  S(n##_mantissa, BITCAST, F64, n##_mantissa_bits)                                                                                         \
  S(n##_f, SUB, F64, n##_mantissa, one)

/* n_rest = log(1 + f) + n_k ln2_low, so that the logarithm is n_k ln2_high + n_rest. */
#define TIN_LOG_REST(S, n, f, POLYNOMIAL)                                                                                                  \
  S(n##_f_2, ADD, F64, f, two)                                                                                                             \
  S(n##_s, DIV, F64, f, n##_f_2)                                                                                                           \
  S(n##_z, MUL, F64, n##_s, n##_s)                                                                                                         \
  POLYNOMIAL(S, n##_r, n##_z)                                                                                                              \
  S(n##_half_f, MUL, F64, f, half)                                                                                                         \
  S(n##_half_square, MUL, F64, n##_half_f, f)                                                                                              \
  S(n##_sum, FMA, F64, n##_r_0, n##_z, n##_half_square)                                                                                    \
  S(n##_k_low, MUL, F64, n##_k, ln2_low)                                                                                                   \
  S(n##_inner, FMA, F64, n##_s, n##_sum, n##_k_low)                                                                                        \
  S(n##_outer, SUB, F64, n##_half_square, n##_inner)                                                                                       \
  S(n##_rest, SUB, F64, f, n##_outer)

/* n = log(u) for positive normal u. */
#define TIN_LOG(S, n, u, POLYNOMIAL)                                                                                                       \
  TIN_LOG_REDUCE(S, n, u, bias)                                                                                                            \
  TIN_LOG_REST(S, n, n##_f, POLYNOMIAL)                                                                                                    \
  S(n, FMA, F64, n##_k, ln2_high, n##_rest)

/* n = log(1 + g) for finite g >= 0, by the logarithm of the rounded sum u with the lost part added to f. */
#define TIN_LOG1P_CONSTANTS(C)                                                                                                             \
  TIN_LOG_CONSTANTS(C)                                                                                                                     \
  C(double_bias, I64, 0x7fe0000000000000) /* twice the exponent's bias, in its place */
#define TIN_LOG1P(S, n, g, k_bias, POLYNOMIAL)                                                                                             \
  S(n##_u, ADD, F64, one, g)                                                                                                               \
  S(n##_g, SUB, F64, n##_u, one) /* TWO_SUM: Knuth, "The art of computer programming", volume 2, 4.2.2 */                                  \
  S(n##_one, SUB, F64, n##_u, n##_g)                                                                                                       \
  S(n##_lost_g, SUB, F64, g, n##_g)                                                                                                        \
  S(n##_lost_one, SUB, F64, one, n##_one)                                                                                                  \
  S(n##_lost, ADD, F64, n##_lost_g, n##_lost_one)                                                                                          \
  TIN_LOG_REDUCE(S, n, n##_u, k_bias)                                                                                                      \
  S(n##_exponent_bits, SUB, I64, n##_above, n##_above_fraction)                                                                            \
  S(n##_inverse_bits, SUB, I64, double_bias, n##_exponent_bits)                                                                            \
  S(n##_inverse_power, BITCAST, F64, n##_inverse_bits) /* 2^-k */                                                                          \
  S(n##_more, FMA, F64, n##_lost, n##_inverse_power, n##_f)                                                                                \
  TIN_LOG_REST(S, n, n##_more, POLYNOMIAL)                                                                                                 \
  S(n, FMA, F64, n##_k, ln2_high, n##_rest)

#endif
