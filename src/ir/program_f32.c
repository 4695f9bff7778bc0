/* Elementary functions of f32, within 1 ulp: measured at every argument where exp, tanh and erf are hardest and densely elsewhere;
 * tools/ulp.c measures, with --all at every argument. The coefficients come from tools/minimax.py. The argument reductions are those of
 * Cody and Waite ("Software manual for the elementary functions", 1980) with FMA; that of sin and cos is in the manner of Payne and Hanek
 * ("Radian reduction for trigonometric functions", 1983).
 *
 * Compare and select stand where MIN and MAX might, which cost more because of NaN and signed zeros. Garbage that an argument out of a
 * branch's domain makes in it (NaN, infinities, wrapped exponents) is left alone: a select drops it, or a NaN stays a NaN. */
#include "ir/program_steps.h"

/* Adding 1.5 * 2^23 + bias rounds to an integer n and leaves n + bias in the low bits of the sum. */

/* exp(r) = 1 + r + r^2 (e2 + e3 r + ... + e6 r^4) on |r| <= log(2) / 2, error 2^-28.2 */
#define EXP_COEFFICIENTS(C)                                                                                                                \
  C(e6, F32, 0x3ab56091) /* 0.00138379831 */                                                                                               \
  C(e5, F32, 0x3c091ed3) /* 0.00836916547 */                                                                                               \
  C(e4, F32, 0x3d2aac2c) /* 0.0416681021 */                                                                                                \
  C(e3, F32, 0x3e2aaa46) /* 0.166665167 */                                                                                                 \
  C(e2, F32, 0x3efffffe) /* 0.49999994 */

#define EXP_POLYNOMIAL(S, r)                                                                                                               \
  S(p5, FMA, F32, e6, r, e5)                                                                                                               \
  S(p4, FMA, F32, p5, r, e4)                                                                                                               \
  S(p3, FMA, F32, p4, r, e3)                                                                                                               \
  S(p2, FMA, F32, p3, r, e2)                                                                                                               \
  S(p1, FMA, F32, p2, r, one)

/* exp(x) = 2^n exp(r), x = n log(2) + r. Arguments whose result rounds to 0 are moved to where both powers are 0, so that masked values
 * (-inf, -1e9) never meet the slow arithmetic of denormals: n + 254 is 0 modulo 1024, which the powers' bits lose, and so far down that
 * vscalefps, which stands for both multiplications where there is one, is fast too (from -1000 on 1 ns a vector, at -500 still 70). */
#define EXP_VALUES(C, S)                                                                                                                   \
  C(one, F32, 0x3f800000)                                                                                                                  \
  C(lowest, F32, 0xc2d00000)  /* -104: exp is below half the least denormal */                                                             \
  C(nowhere, F32, 0xc45d75e5) /* -885.84: n = -1278 */                                                                                     \
  C(log2e, F32, 0x3fb8aa3b)                                                                                                                \
  C(magic, F32, 0x4b4000fe)    /* bias 254 = 2 * 127, the sum of two exponents' biases */                                                  \
  C(highest, I32, 0x4b4001c6)  /* the bits where n = 200: well past overflow, both powers finite */                                        \
  C(ln2_high, F32, 0xbf317200) /* - log(2) in 16 bits, so that n times it is exact */                                                      \
  C(ln2_low, F32, 0xb5bfbe8e)  /* - the rest, 1.42860677e-6 */                                                                             \
  C(by_one, I32, 1)                                                                                                                        \
  C(to_exponent, I32, 23)                                                                                                                  \
  EXP_COEFFICIENTS(C)                                                                                                                      \
  S(vanishes, LT, BOOL, x, lowest)                                                                                                         \
  S(v, SELECT, F32, vanishes, nowhere, x)                                                                                                  \
  S(sum, FMA, F32, v, log2e, magic)                                                                                                        \
  S(sum_bits, BITCAST, I32, sum)                                                                                                           \
  S(bits, MIN, I32, sum_bits, highest)                                                                                                     \
  S(capped, BITCAST, F32, bits)                                                                                                            \
  S(n, SUB, F32, capped, magic)                                                                                                            \
  S(r_high, FMA, F32, n, ln2_high, v)                                                                                                      \
  S(r, FMA, F32, n, ln2_low, r_high)                                                                                                       \
  EXP_POLYNOMIAL(S, r)                                                                                                                     \
  S(p0, FMA, F32, p1, r, one)                                                                                                              \
  TIN_SCALE_F32(S, p0, bits)

TIN_DEFINE_SCALED_PROGRAM(tin_program_exp_f32, EXP_VALUES, p0, n, x)

/* tanh(a) = a + a^3 (t0 + ... + t6 a^12) below 0.9, error 2^-29.8; 1 - 2 / (exp(2 a) + 1) above, for a = |x|. There
 * 2 a = n log(2) + 2 r and exp(2 a) + 1 = 2^n q + (2^n + 1), q = exp(2 r) - 1 = r (2 + 2 r + q2 r^2 + ... + q5 r^5), error 2^-25.9. */
#define TANH_VALUES(C, S)                                                                                                                  \
  C(one, F32, 0x3f800000)                                                                                                                  \
  C(two, F32, 0x40000000)                                                                                                                  \
  C(threshold, F32, 0x3f666666) /* 0.9 */                                                                                                  \
  C(two_log2e, F32, 0x4038aa3b)                                                                                                            \
  C(magic, F32, 0x4b40007f)    /* bias 127 */                                                                                              \
  C(highest, I32, 0x4b4000bb)  /* the bits where n = 60: the quotient no longer counts */                                                  \
  C(half_ln2, F32, 0xbeb17218) /* - log(2) / 2; its error times n is small against 1 / exp(2 a) */                                         \
  C(to_exponent, I32, 23)                                                                                                                  \
  C(sign_bit, I32, 0x80000000)                                                                                                             \
  C(q5, F32, 0x3db6e812) /* 0.0893098265 */                                                                                                \
  C(q4, F32, 0x3e8937c3) /* 0.268003553 */                                                                                                 \
  C(q3, F32, 0x3f2aaa18) /* 0.666657925 */                                                                                                 \
  C(q2, F32, 0x3faaaa03) /* 1.33331335 */                                                                                                  \
  C(t0, F32, 0xbeaaaaa7) /* -0.333333224 */                                                                                                \
  C(t1, F32, 0x3e08879c) /* 0.133329809 */                                                                                                 \
  C(t2, F32, 0xbd5ce527) /* -0.0539294742 */                                                                                               \
  C(t3, F32, 0x3cb178e5) /* 0.0216640923 */                                                                                                \
  C(t4, F32, 0xbc076bd4) /* -0.00826545432 */                                                                                              \
  C(t5, F32, 0x3b294ea6) /* 0.00258342316 */                                                                                               \
  C(t6, F32, 0xb9eeec1b) /* -0.000455708097 */                                                                                             \
  S(a, ABS, F32, x)                                                                                                                        \
  S(sum, FMA, F32, a, two_log2e, magic)                                                                                                    \
  S(sum_bits, BITCAST, I32, sum)                                                                                                           \
  S(bits, MIN, I32, sum_bits, highest)                                                                                                     \
  S(capped, BITCAST, F32, bits)                                                                                                            \
  S(n, SUB, F32, capped, magic)                                                                                                            \
  S(r, FMA, F32, n, half_ln2, a)                                                                                                           \
  S(e4, FMA, F32, q5, r, q4)                                                                                                               \
  S(e3, FMA, F32, e4, r, q3)                                                                                                               \
  S(e2, FMA, F32, e3, r, q2)                                                                                                               \
  S(e1, FMA, F32, e2, r, two)                                                                                                              \
  S(e0, FMA, F32, e1, r, two)                                                                                                              \
  S(q, MUL, F32, e0, r)                                                                                                                    \
  S(power_bits, SHL, I32, bits, to_exponent)                                                                                               \
  S(power, BITCAST, F32, power_bits)                                                                                                       \
  S(power_1, ADD, F32, power, one)                                                                                                         \
  S(divisor, FMA, F32, q, power, power_1)                                                                                                  \
  S(quotient, DIV, F32, two, divisor)                                                                                                      \
  S(large, SUB, F32, one, quotient)                                                                                                        \
  S(square, MUL, F32, a, a)                                                                                                                \
  S(u5, FMA, F32, t6, square, t5)                                                                                                          \
  S(u4, FMA, F32, u5, square, t4)                                                                                                          \
  S(u3, FMA, F32, u4, square, t3)                                                                                                          \
  S(u2, FMA, F32, u3, square, t2)                                                                                                          \
  S(u1, FMA, F32, u2, square, t1)                                                                                                          \
  S(u0, FMA, F32, u1, square, t0)                                                                                                          \
  S(bend, MUL, F32, u0, square)                                                                                                            \
  S(small, FMA, F32, bend, a, a)                                                                                                           \
  S(is_small, LT, BOOL, a, threshold)                                                                                                      \
  S(size, SELECT, F32, is_small, small, large)                                                                                             \
  S(x_bits, BITCAST, I32, x)                                                                                                               \
  S(sign, AND, I32, x_bits, sign_bit)                                                                                                      \
  S(size_bits, BITCAST, I32, size)                                                                                                         \
  S(signed_bits, OR, I32, size_bits, sign)                                                                                                 \
  S(result, BITCAST, F32, signed_bits)

TIN_DEFINE_PROGRAM(tin_program_tanh_f32, TANH_VALUES, x)

/* erf(a) = a + a (w0 + ... + w6 a^12) below 1, error 2^-29.4; 1 - exp(v0 + ... + v6 a^6) above, error 2^-29.6, for a = |x|. */
#define ERF_VALUES(C, S)                                                                                                                   \
  C(one, F32, 0x3f800000)                                                                                                                  \
  C(full, F32, 0x40800000) /* 4: erf rounds to 1 from 3.92 */                                                                              \
  C(log2e, F32, 0x3fb8aa3b)                                                                                                                \
  C(magic, F32, 0x4b40017f) /* bias 127 + 256: the exponent, and above it the sign bit */                                                  \
  C(ln2, F32, 0xbf317218)   /* - log(2); its error times n is small against 1 / erfc */                                                    \
  C(to_exponent, I32, 23)                                                                                                                  \
  C(sign_bit, I32, 0x80000000)                                                                                                             \
  EXP_COEFFICIENTS(C)                                                                                                                      \
  C(w0, F32, 0x3e0375d4) /* 0.128379166 */                                                                                                 \
  C(w1, F32, 0xbec0939f) /* -0.37612626 */                                                                                                 \
  C(w2, F32, 0x3de71673) /* 0.112835787 */                                                                                                 \
  C(w3, F32, 0xbcdbfb8d) /* -0.0268533472 */                                                                                               \
  C(w4, F32, 0x3ba9f912) /* 0.0051871622 */                                                                                                \
  C(w5, F32, 0xba51a8af) /* -0.00079978531 */                                                                                              \
  C(w6, F32, 0x38a3b8ff) /* 7.80690389e-5 */                                                                                               \
  C(v0, F32, 0xb9a813a4) /* -0.000320580904 */                                                                                             \
  C(v1, F32, 0xbf904729) /* -1.12717164 */                                                                                                 \
  C(v2, F32, 0xbf2354c5) /* -0.63801223 */                                                                                                 \
  C(v3, F32, 0xbdd3640d) /* -0.103218175 */                                                                                                \
  C(v4, F32, 0x3cb351d5) /* 0.0218896065 */                                                                                                \
  C(v5, F32, 0xbb41fe27) /* -0.00296009495 */                                                                                              \
  C(v6, F32, 0x3944b6d6) /* 0.000187601283 */                                                                                              \
  S(a, ABS, F32, x)                                                                                                                        \
  S(square, MUL, F32, a, a)                                                                                                                \
  S(w_5, FMA, F32, w6, square, w5)                                                                                                         \
  S(w_4, FMA, F32, w_5, square, w4)                                                                                                        \
  S(w_3, FMA, F32, w_4, square, w3)                                                                                                        \
  S(w_2, FMA, F32, w_3, square, w2)                                                                                                        \
  S(w_1, FMA, F32, w_2, square, w1)                                                                                                        \
  S(w_0, FMA, F32, w_1, square, w0)                                                                                                        \
  S(small, FMA, F32, w_0, a, a)                                                                                                            \
  S(past, LT, BOOL, full, a)                                                                                                               \
  S(b, SELECT, F32, past, full, a)                                                                                                         \
  S(v_5, FMA, F32, v6, b, v5)                                                                                                              \
  S(v_4, FMA, F32, v_5, b, v4)                                                                                                             \
  S(v_3, FMA, F32, v_4, b, v3)                                                                                                             \
  S(v_2, FMA, F32, v_3, b, v2)                                                                                                             \
  S(v_1, FMA, F32, v_2, b, v1)                                                                                                             \
  S(log_erfc, FMA, F32, v_1, b, v0)                                                                                                        \
  S(sum, FMA, F32, log_erfc, log2e, magic)                                                                                                 \
  S(n, SUB, F32, sum, magic)                                                                                                               \
  S(r, FMA, F32, n, ln2, log_erfc)                                                                                                         \
  EXP_POLYNOMIAL(S, r)                                                                                                                     \
  S(q, MUL, F32, p1, r) /* exp(r) - 1 */                                                                                                   \
  S(bits, BITCAST, I32, sum)                                                                                                               \
  S(power_bits, SHL, I32, bits, to_exponent)                                                                                               \
  S(minus_power, BITCAST, F32, power_bits) /* - 2^n */                                                                                     \
  S(head, ADD, F32, one, minus_power)                                                                                                      \
  S(large, FMA, F32, q, minus_power, head)                                                                                                 \
  S(is_small, LT, BOOL, a, one)                                                                                                            \
  S(size, SELECT, F32, is_small, small, large)                                                                                             \
  S(x_bits, BITCAST, I32, x)                                                                                                               \
  S(sign, AND, I32, x_bits, sign_bit)                                                                                                      \
  S(size_bits, BITCAST, I32, size)                                                                                                         \
  S(signed_bits, OR, I32, size_bits, sign)                                                                                                 \
  S(result, BITCAST, F32, signed_bits)

TIN_DEFINE_PROGRAM(tin_program_erf_f32, ERF_VALUES, x)
