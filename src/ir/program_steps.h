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

#endif
