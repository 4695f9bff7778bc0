/* Steps that programs of several files share. They use constants of the program by name. */
#ifndef TIN_IR_PROGRAM_STEPS_H
#define TIN_IR_PROGRAM_STEPS_H

#include "ir/program_table.h"

/* result = p 2^n as two exact multiplications by powers of two, so that denormal results are rounded once and overflow comes by itself;
 * p is in [1/2, 2], n even below the least exponent. Constants: by_one, to_exponent; the low bits of `bits` are n + 254 = n + 2 * 127, the
 * sum of two exponents' biases. */
#define TIN_SCALE_F32(S, p, bits)                                                                                                          \
  S(half_n, SHR, I32, bits, by_one)                                                                                                        \
  S(rest_n, SUB, I32, bits, half_n)                                                                                                        \
  S(half_bits, SHL, I32, half_n, to_exponent)                                                                                              \
  S(rest_bits, SHL, I32, rest_n, to_exponent)                                                                                              \
  S(half_power, BITCAST, F32, half_bits)                                                                                                   \
  S(rest_power, BITCAST, F32, rest_bits)                                                                                                   \
  S(scaled, MUL, F32, p, half_power)                                                                                                       \
  S(result, MUL, F32, scaled, rest_power)

/* The same for the number n. Constants: half, magic_bias (1.5 * 2^52 + 1023), to_exponent. */
#define TIN_SCALE_F64(S, p, n)                                                                                                             \
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
  S(scaled, MUL, F64, p, half_power)                                                                                                       \
  S(result, MUL, F64, scaled, rest_power)

/* p0 = 2^r = 1 + r (d1 + ... + d11 r^10) on |r| <= 1/2, error 2^-55, by the coefficients and the constant one. */
#define TIN_EXP2_COEFFICIENTS_F64(C)                                                                                                       \
  C(d11, F64, 0x3dfe79ba1572d99b) /* 4.4347682943340289e-10 */                                                                             \
  C(d10, F64, 0x3e3e61b539633969) /* 7.0737841332767887e-9 */                                                                              \
  C(d9, F64, 0x3e7b5267cf68c5d4)  /* 1.0178199603344953e-7 */                                                                              \
  C(d8, F64, 0x3eb62bfc79b15849)  /* 1.3215435277400664e-6 */                                                                              \
  C(d7, F64, 0x3eeffcbfba97118b)  /* 1.5252733493017315e-5 */                                                                              \
  C(d6, F64, 0x3f24309130ed9a30)  /* 0.00015403530457121358 */                                                                             \
  C(d5, F64, 0x3f55d87fe78cd71a)  /* 0.0013333558146774783 */                                                                              \
  C(d4, F64, 0x3f83b2ab6fba0116)  /* 0.0096181291075941137 */                                                                              \
  C(d3, F64, 0x3fac6b08d7049fe8)  /* 0.055504108664820084 */                                                                               \
  C(d2, F64, 0x3fcebfbdff82c5a4)  /* 0.2402265069591013 */                                                                                 \
  C(d1, F64, 0x3fe62e42fefa39ef)  /* 0.69314718055994529 */
#define TIN_EXP2_POLYNOMIAL_F64(S)                                                                                                         \
  S(p10, FMA, F64, d11, r, d10)                                                                                                            \
  S(p9, FMA, F64, p10, r, d9)                                                                                                              \
  S(p8, FMA, F64, p9, r, d8)                                                                                                               \
  S(p7, FMA, F64, p8, r, d7)                                                                                                               \
  S(p6, FMA, F64, p7, r, d6)                                                                                                               \
  S(p5, FMA, F64, p6, r, d5)                                                                                                               \
  S(p4, FMA, F64, p5, r, d4)                                                                                                               \
  S(p3, FMA, F64, p4, r, d3)                                                                                                               \
  S(p2, FMA, F64, p3, r, d2)                                                                                                               \
  S(p1, FMA, F64, p2, r, d1)                                                                                                               \
  S(p0, FMA, F64, p1, r, one)

#endif
