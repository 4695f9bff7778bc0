/* sin, cos and tan of f32, within 1 ulp. See program_f32.c for the sources. */
#include "ir/program_table.h"

/* sin, cos and tan for every argument, in f64: x / (2 pi) modulo 1 is the sum of the products of x by pieces of 1 / (2 pi), each modulo 1.
 * The pieces have 29 bits, so their products by the 24 bits of x are exact; a last one of 53 bits reaches down to 2^-203, while the
 * closest that an f32 comes to a multiple of pi/2 is above 2^-33. The sum runs from the small products to the large. */
#define TURN(S, n, sum)                                                                                                                    \
  S(product_##n, MUL, F64, wide, piece_##n)                                                                                                \
  S(whole_##n, ROUND, F64, product_##n)                                                                                                    \
  S(part_##n, SUB, F64, product_##n, whole_##n)                                                                                            \
  S(turns_##n, ADD, F64, sum, part_##n)

/* The quarter turns n and what is left of them, g in [-1/2, 1/2]; the low bits of quarters hold n, plus what `magic` adds to it.
 * sin(pi/2 g) = g (s0 + ... + s3 g^6), error 2^-28.2; cos(pi/2 g) = 1 + g^2 (c0 + ... + c3 g^6), error 2^-34.1 */
#define QUARTER_TURNS(C, S, MAGIC)                                                                                                         \
  C(piece_0, F64, 0x3fc45f306d000000)                                                                                                      \
  C(piece_1, F64, 0x3df9391054000000)                                                                                                      \
  C(piece_2, F64, 0x3c24fe13ab000000)                                                                                                      \
  C(piece_3, F64, 0x3a5d1f534d000000)                                                                                                      \
  C(piece_4, F64, 0x388b81b6c5000000)                                                                                                      \
  C(piece_5, F64, 0x3695993c439041fe)                                                                                                      \
  C(four, F64, 0x4010000000000000)                                                                                                         \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(magic, F64, MAGIC)                                                                                                                     \
  C(bit_0, I64, 1)                                                                                                                         \
  C(none, I64, 0)                                                                                                                          \
  C(s0, F64, 0x3ff921fb52e664c8) /* 1.5707963217048917 */                                                                                  \
  C(s1, F64, 0xbfe4abbb8fd1ac99) /* -0.64596345986992099 */                                                                                \
  C(s2, F64, 0x3fb465e909ef0366) /* 0.079680027890402266 */                                                                                \
  C(s3, F64, 0xbf72d92bf04b82db) /* -0.0046016422608949571 */                                                                              \
  C(c0, F64, 0xbff3bd3cc7ebce44) /* -1.2337005433481787 */                                                                                 \
  C(c1, F64, 0x3fd03c1dec9c788d) /* 0.25366924387515938 */                                                                                 \
  C(c2, F64, 0xbf955c662e451214) /* -0.020860287260136515 */                                                                               \
  C(c3, F64, 0x3f4d9f755e6a9cad) /* 0.00090401869677671708 */                                                                              \
  S(wide, CAST, F64, x)                                                                                                                    \
  S(product_4, MUL, F64, wide, piece_4)                                                                                                    \
  S(whole_4, ROUND, F64, product_4)                                                                                                        \
  S(part_4, SUB, F64, product_4, whole_4)                                                                                                  \
  S(turns_4, FMA, F64, wide, piece_5, part_4)                                                                                              \
  TURN(S, 3, turns_4)                                                                                                                      \
  TURN(S, 2, turns_3)                                                                                                                      \
  TURN(S, 1, turns_2)                                                                                                                      \
  TURN(S, 0, turns_1)                                                                                                                      \
  S(quarters, FMA, F64, turns_0, four, magic)                                                                                              \
  S(minus_n, SUB, F64, magic, quarters)                                                                                                    \
  S(g, FMA, F64, turns_0, four, minus_n)                                                                                                   \
  S(square, MUL, F64, g, g)                                                                                                                \
  S(sine_2, FMA, F64, s3, square, s2)                                                                                                      \
  S(sine_1, FMA, F64, sine_2, square, s1)                                                                                                  \
  S(sine_0, FMA, F64, sine_1, square, s0)                                                                                                  \
  S(sine, MUL, F64, sine_0, g)                                                                                                             \
  S(cosine_2, FMA, F64, c3, square, c2)                                                                                                    \
  S(cosine_1, FMA, F64, cosine_2, square, c1)                                                                                              \
  S(cosine_0, FMA, F64, cosine_1, square, c0)                                                                                              \
  S(cosine, FMA, F64, cosine_0, square, one)                                                                                               \
  S(bits, BITCAST, I64, quarters)                                                                                                          \
  S(odd_bit, AND, I64, bits, bit_0)                                                                                                        \
  S(even, EQ, BOOL, odd_bit, none)

/* `narrow` is the sine of n + g quarter turns */
#define CIRCLE_VALUES(C, S, MAGIC)                                                                                                         \
  QUARTER_TURNS(C, S, MAGIC)                                                                                                               \
  C(bit_1, I64, 2)                                                                                                                         \
  C(to_sign, I64, 62)                                                                                                                      \
  S(size, SELECT, F64, even, sine, cosine)                                                                                                 \
  S(sign_bit, AND, I64, bits, bit_1)                                                                                                       \
  S(sign, SHL, I64, sign_bit, to_sign)                                                                                                     \
  S(size_bits, BITCAST, I64, size)                                                                                                         \
  S(signed_bits, XOR, I64, size_bits, sign)                                                                                                \
  S(value, BITCAST, F64, signed_bits)                                                                                                      \
  S(narrow, CAST, F32, value)

#define SIN_VALUES(C, S)                                                                                                                   \
  C(zero, F32, 0)                                                                                                                          \
  CIRCLE_VALUES(C, S, 0x4338000000000000) /* 1.5 * 2^52 */                                                                                 \
  S(is_zero, EQ, BOOL, x, zero)           /* the sums above lose the sign of zero */                                                       \
  S(result, SELECT, F32, is_zero, x, narrow)

#define COS_VALUES(C, S) CIRCLE_VALUES(C, S, 0x4338000000000001) /* a quarter turn further */

TIN_DEFINE_PROGRAM(tin_program_sin_f32, SIN_VALUES, x)
TIN_DEFINE_PROGRAM(tin_program_cos_f32, COS_VALUES, x)

/* tan = sine / cosine, or - cosine / sine after an odd number of quarter turns */
#define TAN_VALUES(C, S)                                                                                                                   \
  C(zero, F32, 0)                                                                                                                          \
  QUARTER_TURNS(C, S, 0x4338000000000000)                                                                                                  \
  C(to_sign, I64, 63)                                                                                                                      \
  S(dividend, SELECT, F64, even, sine, cosine)                                                                                             \
  S(divisor, SELECT, F64, even, cosine, sine)                                                                                              \
  S(quotient, DIV, F64, dividend, divisor)                                                                                                 \
  S(sign, SHL, I64, odd_bit, to_sign)                                                                                                      \
  S(quotient_bits, BITCAST, I64, quotient)                                                                                                 \
  S(signed_bits, XOR, I64, quotient_bits, sign)                                                                                            \
  S(value, BITCAST, F64, signed_bits)                                                                                                      \
  S(narrow, CAST, F32, value)                                                                                                              \
  S(is_zero, EQ, BOOL, x, zero)                                                                                                            \
  S(result, SELECT, F32, is_zero, x, narrow)

TIN_DEFINE_PROGRAM(tin_program_tan_f32, TAN_VALUES, x)
