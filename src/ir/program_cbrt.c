/* The cube root of f32 and f64, within 1 ulp (tools/ulp.c); exact at cubes.
 *
 * Without division: y, about 1 / cbrt(a), comes from the bits of a (Kahan's cbrt of 1991 divides them by 3; for the inverse see Lebedev,
 * Moroz and others, "Fast calculation of cube root and inverse cube root using a magic constant and its theoretical rationale", 2021). With
 * e = 1 - a y^3, 1 / cbrt(a) = y (1 - e)^(-1/3), a polynomial in e. The root is a y^2; f64 adds a step of Newton's method for the cube,
 * whose residual is computed with the error of the square. */
#include "ir/program_pieces.h"

#define CBRT_CONSTANTS(C)                                                                                                                  \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(infinity, F64, 0x7ff0000000000000)                                                                                                     \
  C(word, I64, 32)                                                                                                                         \
  C(two_52, I64, 0x4330000000000000)                                                                                                       \
  C(minus_third, F64, 0xbfd5555555555555)                                                                                                  \
  C(start, F64, 0x43355555aa943e09) /* 2^52 + 2^52 / 3 + 1430186164, by which |e| is least: below 0.1023 */                                \
  C(k0, F64, 0x3feffffffffe6ed9)    /* 0.99999999998859856; (1 - e)^(-1/3) with the error 2^-32 */                                         \
  C(k1, F64, 0x3fd55555633e908d)    /* 0.3333333462890174 */                                                                               \
  C(k2, F64, 0x3fcc71c75fdb550c)    /* 0.22222225361353087 */                                                                              \
  C(k3, F64, 0x3fc61f484325b9ba)    /* 0.17282965925865118 */                                                                              \
  C(k4, F64, 0x3fc26f36714d2e5f)    /* 0.14401894123362788 */                                                                              \
  C(k5, F64, 0x3fc0379146f20d3b)    /* 0.12669578518043942 */                                                                              \
  C(k6, F64, 0x3fbcec9404a2727b)    /* 0.11298489678524419 */                                                                              \
  TIN_SIGN_CONSTANT(C)

/* y = 1 / cbrt(a) and root = cbrt(a) within 2^-31, a >= 0 and normal; 0 gives 0. The high word of a becomes a number by placing it under
 * the exponent of 2^52, and start - number / 3 has the high word of the guess in its low bits. */
#define CBRT_BODY(S, a)                                                                                                                    \
  S(a_bits, BITCAST, I64, a)                                                                                                               \
  S(high, SHR, I64, a_bits, word)                                                                                                          \
  S(number_bits, OR, I64, high, two_52)                                                                                                    \
  S(number, BITCAST, F64, number_bits)                                                                                                     \
  S(third, FMA, F64, number, minus_third, start)                                                                                           \
  S(third_bits, BITCAST, I64, third)                                                                                                       \
  S(guess_bits, SHL, I64, third_bits, word)                                                                                                \
  S(guess, BITCAST, F64, guess_bits)                                                                                                       \
  S(guess_a, MUL, F64, guess, a)                                                                                                           \
  S(minus_guess_a, NEG, F64, guess_a)                                                                                                      \
  S(guess_square, MUL, F64, guess, guess)                                                                                                  \
  S(e, FMA, F64, minus_guess_a, guess_square, one)                                                                                         \
  TIN_HORNER(S, p, k, e, 6, 5, 4)                                                                                                          \
  S(y, MUL, F64, guess, p_0)                                                                                                               \
  S(a_y, MUL, F64, a, y)                                                                                                                   \
  S(root, MUL, F64, a_y, y)

/* The sign of x, and x itself where it is infinite or NaN. */
#define CBRT_RESULT(S, name, size, a, x)                                                                                                   \
  TIN_WITH_SIGN(S, value, size, x)                                                                                                         \
  S(finite, LT, BOOL, a, infinity)                                                                                                         \
  S(name, SELECT, F64, finite, value, x)

/* Small numbers are raised by 2^162, so that the residual is not denormal. */
#define CBRT_F64(C, S)                                                                                                                     \
  CBRT_CONSTANTS(C)                                                                                                                        \
  C(small, F64, 0x0df0000000000000) /* 2^-800 */                                                                                           \
  C(raise, F64, 0x4a10000000000000) /* 2^162 */                                                                                            \
  C(lower, F64, 0x3c90000000000000) /* 2^-54 */                                                                                            \
  S(x_size, ABS, F64, x)                                                                                                                   \
  S(is_small, LT, BOOL, x_size, small)                                                                                                     \
  S(raised, MUL, F64, x_size, raise)                                                                                                       \
  S(a, SELECT, F64, is_small, raised, x_size)                                                                                              \
  S(scale, SELECT, F64, is_small, lower, one)                                                                                              \
  CBRT_BODY(S, a)                                                                                                                          \
  S(minus_a, NEG, F64, a)                                                                                                                  \
  S(square, MUL, F64, root, root)                                                                                                          \
  S(minus_square, NEG, F64, square)                                                                                                        \
  S(square_low, FMA, F64, root, root, minus_square)                                                                                        \
  S(excess_high, FMA, F64, root, square, minus_a)                                                                                          \
  S(excess, FMA, F64, root, square_low, excess_high)                                                                                       \
  S(y_square, MUL, F64, y, y)                                                                                                              \
  S(minus_slope, MUL, F64, y_square, minus_third)                                                                                          \
  S(better, FMA, F64, excess, minus_slope, root)                                                                                           \
  S(size, MUL, F64, better, scale)                                                                                                         \
  CBRT_RESULT(S, result, size, a, x)

#define CBRT_F32(C, S)                                                                                                                     \
  CBRT_CONSTANTS(C)                                                                                                                        \
  S(wide, CAST, F64, x)                                                                                                                    \
  S(a, ABS, F64, wide)                                                                                                                     \
  CBRT_BODY(S, a)                                                                                                                          \
  CBRT_RESULT(S, wide_result, root, a, wide)                                                                                               \
  S(result, CAST, F32, wide_result)

TIN_DEFINE_PROGRAM(tin_program_cbrt_f64, CBRT_F64, x)
TIN_DEFINE_PROGRAM(tin_program_cbrt_f32, CBRT_F32, x)
