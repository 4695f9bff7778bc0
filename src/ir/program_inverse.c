/* Inverse functions of f32 and f64: asin, acos, atan, atan2, asinh, acosh, atanh; f32 within 1 ulp, f64 within 3 ulp (tools/ulp.c).
 *
 * Each body is written once, in f64 over polynomials of either length. atan and atan2 reduce a quotient to |t| <= tan(pi/8) by
 * atan(q) = pi/4 + atan((q - 1) / (q + 1)) and count quarters of pi; asin and acos use asin(a) = pi/2 - 2 asin(sqrt((1 - a) / 2)) above
 * 1/2; the inverse hyperbolic functions are log(1 + g) with a g that loses nothing near 0 (Kahan, "Branch cuts for complex elementary
 * functions", 1987). Signs are taken off and put back, so that -0 gives -0. */
#include "ir/program_pieces.h"

#define WIDEN(S, name, x) S(name, CAST, F64, x)
#define NARROW(S, name) S(result, CAST, F32, name)

/* ---- asin and acos ---- */

/* asin(s) = s + s^3 (k0 + k1 s^2 + ...) on |s| <= 1/2, error 2^-59, 2^-31 */
#define ASIN_COEFFICIENTS_F64(C)                                                                                                           \
  C(k0, F64, 0x3fc5555555555577)  /* 0.1666666666666676 */                                                                                 \
  C(k1, F64, 0x3fb333333332e101)  /* 0.074999999999707981 */                                                                               \
  C(k2, F64, 0x3fa6db6db72142e9)  /* 0.044642857174613422 */                                                                               \
  C(k3, F64, 0x3f9f1c71a94648dd)  /* 0.030381942707727972 */                                                                               \
  C(k4, F64, 0x3f96e8bdeedd1a9b)  /* 0.022372214988787147 */                                                                               \
  C(k5, F64, 0x3f91c49ef84847e5)  /* 0.017351611999465794 */                                                                               \
  C(k6, F64, 0x3f8ca1f9fbf2c893)  /* 0.013980820657114179 */                                                                               \
  C(k7, F64, 0x3f8758500784a048)  /* 0.011398911694939909 */                                                                               \
  C(k8, F64, 0x3f8613f53e2f4756)  /* 0.010780254326082133 */                                                                               \
  C(k9, F64, 0x3f6e5ce5e79f302a)  /* 0.0037064066245644694 */                                                                              \
  C(k10, F64, 0x3f963a7a084a23ef) /* 0.021707445865590754 */                                                                               \
  C(k11, F64, 0xbf9580c6aadb3246) /* -0.020999054125058224 */                                                                              \
  C(k12, F64, 0x3fa0b4b2a78b3cf2) /* 0.032628615333686897 */
#define ASIN_COEFFICIENTS_F32(C)                                                                                                           \
  C(k0, F64, 0x3fc55554c5fb8d55) /* 0.16666659991379143 */                                                                                 \
  C(k1, F64, 0x3fb33387c994224d) /* 0.075005041802918629 */                                                                                \
  C(k2, F64, 0x3fa6caed2a56ac6a) /* 0.044516955774576442 */                                                                                \
  C(k3, F64, 0x3fa04919cd874342) /* 0.031807714785492283 */                                                                                \
  C(k4, F64, 0x3f8d91fe129cb02c) /* 0.014438614790911762 */                                                                                \
  C(k5, F64, 0x3fa3355ad87e684f) /* 0.037516440322364113 */
#define ASIN_POLYNOMIAL_F64(S, n, z) TIN_HORNER(S, n, k, z, 12, 11, 10)
#define ASIN_POLYNOMIAL_F32(S, n, z) TIN_HORNER(S, n, k, z, 5, 4, 3)

#define ASIN_CONSTANTS(C)                                                                                                                  \
  C(zero, F64, 0)                                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(minus_half, F64, 0xbfe0000000000000)                                                                                                   \
  C(minus_two, F64, 0xc000000000000000)                                                                                                    \
  C(half_pi, F64, 0x3ff921fb54442d18)                                                                                                      \
  C(half_pi_low, F64, 0x3c91a62633145c07)

/* p = asin(s), s = |x| or sqrt((1 - |x|) / 2), which is a NaN past 1 */
#define ASIN_BODY(S, x, POLYNOMIAL)                                                                                                        \
  S(a, ABS, F64, x)                                                                                                                        \
  S(is_large, LT, BOOL, half, a)                                                                                                           \
  S(rest, FMA, F64, a, minus_half, half)                                                                                                   \
  S(root, SQRT, F64, rest)                                                                                                                 \
  S(square, MUL, F64, a, a)                                                                                                                \
  S(s, SELECT, F64, is_large, root, a)                                                                                                     \
  S(z, SELECT, F64, is_large, rest, square)                                                                                                \
  S(cube, MUL, F64, s, z)                                                                                                                  \
  POLYNOMIAL(S, k, z)                                                                                                                      \
  S(p, FMA, F64, k_0, cube, s)

#define ASIN_RESULT(S, x)                                                                                                                  \
  S(high, FMA, F64, minus_two, p, half_pi)                                                                                                 \
  S(large, ADD, F64, high, half_pi_low)                                                                                                    \
  S(size, SELECT, F64, is_large, large, p)                                                                                                 \
  TIN_WITH_SIGN(S, value, size, x)

/* pi/2 - asin(x), and 2 p or pi - 2 p */
#define ACOS_RESULT(S, x)                                                                                                                  \
  S(negative, LT, BOOL, x, zero)                                                                                                           \
  S(minus_p, NEG, F64, p)                                                                                                                  \
  S(toward, SELECT, F64, negative, p, minus_p)                                                                                             \
  S(high, ADD, F64, half_pi, toward)                                                                                                       \
  S(small, ADD, F64, high, half_pi_low)                                                                                                    \
  S(right, ADD, F64, p, p)                                                                                                                 \
  S(left_high, FMA, F64, minus_two, p, pi)                                                                                                 \
  S(left, ADD, F64, left_high, pi_low)                                                                                                     \
  S(large, SELECT, F64, negative, left, right)                                                                                             \
  S(value, SELECT, F64, is_large, large, small)

#define ACOS_CONSTANTS(C)                                                                                                                  \
  ASIN_CONSTANTS(C)                                                                                                                        \
  C(pi, F64, 0x400921fb54442d18)                                                                                                           \
  C(pi_low, F64, 0x3ca1a62633145c07)

#define ASIN_F64(C, S)                                                                                                                     \
  ASIN_CONSTANTS(C)                                                                                                                        \
  TIN_SIGN_CONSTANT(C)                                                                                                                     \
  ASIN_COEFFICIENTS_F64(C)                                                                                                                 \
  ASIN_BODY(S, x, ASIN_POLYNOMIAL_F64)                                                                                                     \
  ASIN_RESULT(S, x)
TIN_DEFINE_PROGRAM(tin_program_asin_f64, ASIN_F64, x)

#define ASIN_F32(C, S)                                                                                                                     \
  ASIN_CONSTANTS(C)                                                                                                                        \
  TIN_SIGN_CONSTANT(C)                                                                                                                     \
  ASIN_COEFFICIENTS_F32(C)                                                                                                                 \
  WIDEN(S, wide, x)                                                                                                                        \
  ASIN_BODY(S, wide, ASIN_POLYNOMIAL_F32)                                                                                                  \
  ASIN_RESULT(S, wide)                                                                                                                     \
  NARROW(S, value)
TIN_DEFINE_PROGRAM(tin_program_asin_f32, ASIN_F32, x)

#define ACOS_F64(C, S)                                                                                                                     \
  ACOS_CONSTANTS(C)                                                                                                                        \
  ASIN_COEFFICIENTS_F64(C)                                                                                                                 \
  ASIN_BODY(S, x, ASIN_POLYNOMIAL_F64)                                                                                                     \
  ACOS_RESULT(S, x)
TIN_DEFINE_PROGRAM(tin_program_acos_f64, ACOS_F64, x)

#define ACOS_F32(C, S)                                                                                                                     \
  ACOS_CONSTANTS(C)                                                                                                                        \
  ASIN_COEFFICIENTS_F32(C)                                                                                                                 \
  WIDEN(S, wide, x)                                                                                                                        \
  ASIN_BODY(S, wide, ASIN_POLYNOMIAL_F32)                                                                                                  \
  ACOS_RESULT(S, wide)                                                                                                                     \
  NARROW(S, value)
TIN_DEFINE_PROGRAM(tin_program_acos_f32, ACOS_F32, x)

/* ---- atan and atan2 ---- */

/* atan(t) = t + t^3 (k0 + k1 t^2 + ...) on |t| <= tan(pi/8), error 2^-57, 2^-30 */
#define ATAN_COEFFICIENTS_F64(C)                                                                                                           \
  C(k0, F64, 0xbfd555555555553d)  /* -0.33333333333333198 */                                                                               \
  C(k1, F64, 0x3fc99999999957be)  /* 0.19999999999953205 */                                                                                \
  C(k2, F64, 0xbfc24924922a9e84)  /* -0.14285714280162065 */                                                                               \
  C(k3, F64, 0x3fbc71c70e4e48a4)  /* 0.11111110781920047 */                                                                                \
  C(k4, F64, 0xbfb745cf8be949ff)  /* -0.090908977182415626 */                                                                              \
  C(k5, F64, 0x3fb3b11173b9656c)  /* 0.076920595887164545 */                                                                               \
  C(k6, F64, 0xbfb10eba4b15c46d)  /* -0.06663097699289873 */                                                                               \
  C(k7, F64, 0x3fadf0e4328369f9)  /* 0.058478480497530634 */                                                                               \
  C(k8, F64, 0xbfa9cce65e27231e)  /* -0.050391386979361949 */                                                                              \
  C(k9, F64, 0x3fa37cb476bf54a9)  /* 0.038060798163919891 */                                                                               \
  C(k10, F64, 0xbf92554e5aa27496) /* -0.017903541833778812 */
#define ATAN_COEFFICIENTS_F32(C)                                                                                                           \
  C(k0, F64, 0xbfd55554926b1c74) /* -0.3333331518046585 */                                                                                 \
  C(k1, F64, 0x3fc9991956001414) /* 0.19998470973237714 */                                                                                 \
  C(k2, F64, 0xbfc23b51424f4a8b) /* -0.1424352239397034 */                                                                                 \
  C(k3, F64, 0x3fbb1eb4a2de82d5) /* 0.10593728042887147 */                                                                                 \
  C(k4, F64, 0xbfaf1e8c1f83c894) /* -0.060779932829874955 */
#define ATAN_POLYNOMIAL_F64(S, n, z) TIN_HORNER(S, n, k, z, 10, 9, 8)
#define ATAN_POLYNOMIAL_F32(S, n, z) TIN_HORNER(S, n, k, z, 4, 3, 2)

#define ATAN_CONSTANTS(C)                                                                                                                  \
  C(zero, F64, 0)                                                                                                                          \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(two, F64, 0x4000000000000000)                                                                                                          \
  C(limit, F64, 0x3fda827999fcef32) /* tan(pi/8) */                                                                                        \
  C(quarter_pi, F64, 0x3fe921fb54442d18)                                                                                                   \
  C(quarter_pi_low, F64, 0x3c81a62633145c07)                                                                                               \
  TIN_SIGN_CONSTANT(C)

/* atan of the quotient 0 <= q <= 1, or of 1 / q where swapped, as quarters * pi/4 + part */
#define ATAN_BODY(S, POLYNOMIAL)                                                                                                           \
  S(is_large, LT, BOOL, limit, q)                                                                                                          \
  S(q_less, SUB, F64, q, one)                                                                                                              \
  S(q_more, ADD, F64, q, one)                                                                                                              \
  S(turned, DIV, F64, q_less, q_more)                                                                                                      \
  S(t, SELECT, F64, is_large, turned, q)                                                                                                   \
  S(near, SELECT, F64, is_large, one, zero)                                                                                                \
  S(z, MUL, F64, t, t)                                                                                                                     \
  S(cube, MUL, F64, t, z)                                                                                                                  \
  POLYNOMIAL(S, k, z)                                                                                                                      \
  S(p, FMA, F64, k_0, cube, t)                                                                                                             \
  S(minus_p, NEG, F64, p)                                                                                                                  \
  S(far, SUB, F64, two, near)                                                                                                              \
  S(quarters, SELECT, F64, swapped, far, near)                                                                                             \
  S(part, SELECT, F64, swapped, minus_p, p)

#define ATAN_RESULT(S, quarters, part, x)                                                                                                  \
  S(with_low, FMA, F64, quarters, quarter_pi_low, part)                                                                                    \
  S(size, FMA, F64, quarters, quarter_pi, with_low)                                                                                        \
  TIN_WITH_SIGN(S, value, size, x)

#define ATAN_QUOTIENT(S, x)                                                                                                                \
  S(a, ABS, F64, x)                                                                                                                        \
  S(swapped, LT, BOOL, one, a)                                                                                                             \
  S(less, SELECT, F64, swapped, one, a)                                                                                                    \
  S(more, SELECT, F64, swapped, a, one)                                                                                                    \
  S(q, DIV, F64, less, more)

#define ATAN_F64(C, S)                                                                                                                     \
  ATAN_CONSTANTS(C)                                                                                                                        \
  ATAN_COEFFICIENTS_F64(C)                                                                                                                 \
  ATAN_QUOTIENT(S, x)                                                                                                                      \
  ATAN_BODY(S, ATAN_POLYNOMIAL_F64)                                                                                                        \
  ATAN_RESULT(S, quarters, part, x)
TIN_DEFINE_PROGRAM(tin_program_atan_f64, ATAN_F64, x)

#define ATAN_F32(C, S)                                                                                                                     \
  ATAN_CONSTANTS(C)                                                                                                                        \
  ATAN_COEFFICIENTS_F32(C)                                                                                                                 \
  WIDEN(S, wide, x)                                                                                                                        \
  ATAN_QUOTIENT(S, wide)                                                                                                                   \
  ATAN_BODY(S, ATAN_POLYNOMIAL_F32)                                                                                                        \
  ATAN_RESULT(S, quarters, part, wide)                                                                                                     \
  NARROW(S, value)
TIN_DEFINE_PROGRAM(tin_program_atan_f32, ATAN_F32, x)

/* The smaller of |y| and |x| over the larger: 1 where both are infinite, 0 where both are 0. */
#define ATAN2_QUOTIENT(S, y, x)                                                                                                            \
  S(size_y, ABS, F64, y)                                                                                                                   \
  S(size_x, ABS, F64, x)                                                                                                                   \
  S(swapped, LT, BOOL, size_x, size_y)                                                                                                     \
  S(less, SELECT, F64, swapped, size_x, size_y)                                                                                            \
  S(more, SELECT, F64, swapped, size_y, size_x)                                                                                            \
  S(plain, DIV, F64, less, more)                                                                                                           \
  S(equal, EQ, BOOL, less, more)                                                                                                           \
  S(one_or_plain, SELECT, F64, equal, one, plain)                                                                                          \
  S(both, ADD, F64, less, more)                                                                                                            \
  S(nothing, EQ, BOOL, both, zero)                                                                                                         \
  S(q, SELECT, F64, nothing, zero, one_or_plain)

/* On the left (x negative or -0): pi minus the angle. */
#define ATAN2_RESULT(S, y, x)                                                                                                              \
  TIN_WITH_SIGN(S, direction, one, x)                                                                                                      \
  S(left, LT, BOOL, direction, zero)                                                                                                       \
  S(other_quarters, SUB, F64, four, quarters)                                                                                              \
  S(other_part, NEG, F64, part)                                                                                                            \
  S(all_quarters, SELECT, F64, left, other_quarters, quarters)                                                                             \
  S(all_part, SELECT, F64, left, other_part, part)                                                                                         \
  ATAN_RESULT(S, all_quarters, all_part, y)

#define ATAN2_F64(C, S)                                                                                                                    \
  ATAN_CONSTANTS(C)                                                                                                                        \
  C(four, F64, 0x4010000000000000)                                                                                                         \
  ATAN_COEFFICIENTS_F64(C)                                                                                                                 \
  ATAN2_QUOTIENT(S, y, x)                                                                                                                  \
  ATAN_BODY(S, ATAN_POLYNOMIAL_F64)                                                                                                        \
  ATAN2_RESULT(S, y, x)
TIN_DEFINE_PROGRAM(tin_program_atan2_f64, ATAN2_F64, y, x)

#define ATAN2_F32(C, S)                                                                                                                    \
  ATAN_CONSTANTS(C)                                                                                                                        \
  C(four, F64, 0x4010000000000000)                                                                                                         \
  ATAN_COEFFICIENTS_F32(C)                                                                                                                 \
  WIDEN(S, wide_y, y)                                                                                                                      \
  WIDEN(S, wide_x, x)                                                                                                                      \
  ATAN2_QUOTIENT(S, wide_y, wide_x)                                                                                                        \
  ATAN_BODY(S, ATAN_POLYNOMIAL_F32)                                                                                                        \
  ATAN2_RESULT(S, wide_y, wide_x)                                                                                                          \
  NARROW(S, value)
TIN_DEFINE_PROGRAM(tin_program_atan2_f32, ATAN2_F32, y, x)

/* ---- asinh, acosh, atanh ---- */

#define HYPERBOLIC_CONSTANTS(C)                                                                                                            \
  TIN_LOG1P_CONSTANTS(C)                                                                                                                   \
  C(zero, F64, 0)                                                                                                                          \
  C(huge, F64, 0x5f30000000000000)      /* 2^500 */                                                                                        \
  C(huge_bias, F64, 0x43300000000003fd) /* 2^52 + 1023 - 2: past `huge` the logarithm of a / 2 is taken, and 4 is its factor */            \
  C(infinity, F64, 0x7ff0000000000000)                                                                                                     \
  C(nan, F64, 0x7ff8000000000000)                                                                                                          \
  TIN_SIGN_CONSTANT(C)

/* log(1 + g), or log(2 a) for huge a */
#define LOG_OF_SUM(S, a, g, POLYNOMIAL)                                                                                                    \
  S(is_huge, LT, BOOL, huge, a)                                                                                                            \
  S(half_a, MUL, F64, a, half)                                                                                                             \
  S(term, SELECT, F64, is_huge, half_a, g)                                                                                                 \
  S(k_bias, SELECT, F64, is_huge, huge_bias, bias)                                                                                         \
  TIN_LOG1P(S, ln, term, k_bias, POLYNOMIAL)                                                                                               \
  S(finite, LT, BOOL, a, infinity)

/* a + sqrt(a^2 + 1) = 1 + g, g = a + a^2 / (1 + sqrt(a^2 + 1)) */
#define ASINH_BODY(S, x, POLYNOMIAL)                                                                                                       \
  S(a, ABS, F64, x)                                                                                                                        \
  S(square, MUL, F64, a, a)                                                                                                                \
  S(square_1, FMA, F64, a, a, one)                                                                                                         \
  S(root, SQRT, F64, square_1)                                                                                                             \
  S(root_1, ADD, F64, root, one)                                                                                                           \
  S(more, DIV, F64, square, root_1)                                                                                                        \
  S(g, ADD, F64, a, more)                                                                                                                  \
  LOG_OF_SUM(S, a, g, POLYNOMIAL)                                                                                                          \
  S(size, SELECT, F64, finite, ln, a)                                                                                                      \
  TIN_WITH_SIGN(S, value, size, x)

/* x + sqrt(x^2 - 1) = 1 + g, g = t + sqrt(t (t + 2)), t = x - 1 */
#define ACOSH_BODY(S, x, POLYNOMIAL)                                                                                                       \
  S(t, SUB, F64, x, one)                                                                                                                   \
  S(t_2, ADD, F64, t, two)                                                                                                                 \
  S(square, MUL, F64, t, t_2)                                                                                                              \
  S(root, SQRT, F64, square)                                                                                                               \
  S(g, ADD, F64, t, root)                                                                                                                  \
  LOG_OF_SUM(S, x, g, POLYNOMIAL)                                                                                                          \
  S(or_itself, SELECT, F64, finite, ln, x)                                                                                                 \
  S(below, LT, BOOL, x, one)                                                                                                               \
  S(value, SELECT, F64, below, nan, or_itself)

/* (1 + a) / (1 - a) = 1 + g, g = 2 a / (1 - a) */
#define ATANH_BODY(S, x, POLYNOMIAL)                                                                                                       \
  S(a, ABS, F64, x)                                                                                                                        \
  S(twice, ADD, F64, a, a)                                                                                                                 \
  S(rest, SUB, F64, one, a)                                                                                                                \
  S(g, DIV, F64, twice, rest)                                                                                                              \
  TIN_LOG1P(S, ln, g, bias, POLYNOMIAL)                                                                                                    \
  S(half_log, MUL, F64, ln, half)                                                                                                          \
  S(inside, LT, BOOL, a, one)                                                                                                              \
  S(at_pole, EQ, BOOL, a, one)                                                                                                             \
  S(outside, SELECT, F64, at_pole, infinity, nan)                                                                                          \
  S(size, SELECT, F64, inside, half_log, outside)                                                                                          \
  TIN_WITH_SIGN(S, value, size, x)

#define ASINH_F64(C, S)                                                                                                                    \
  HYPERBOLIC_CONSTANTS(C)                                                                                                                  \
  TIN_LOG_COEFFICIENTS_F64(C)                                                                                                              \
  ASINH_BODY(S, x, TIN_LOG_POLYNOMIAL_F64)
TIN_DEFINE_PROGRAM(tin_program_asinh_f64, ASINH_F64, x)

#define ASINH_F32(C, S)                                                                                                                    \
  HYPERBOLIC_CONSTANTS(C)                                                                                                                  \
  TIN_LOG_COEFFICIENTS_F32(C)                                                                                                              \
  WIDEN(S, wide, x)                                                                                                                        \
  ASINH_BODY(S, wide, TIN_LOG_POLYNOMIAL_F32)                                                                                              \
  NARROW(S, value)
TIN_DEFINE_PROGRAM(tin_program_asinh_f32, ASINH_F32, x)

#define ACOSH_F64(C, S)                                                                                                                    \
  HYPERBOLIC_CONSTANTS(C)                                                                                                                  \
  TIN_LOG_COEFFICIENTS_F64(C)                                                                                                              \
  ACOSH_BODY(S, x, TIN_LOG_POLYNOMIAL_F64)
TIN_DEFINE_PROGRAM(tin_program_acosh_f64, ACOSH_F64, x)

#define ACOSH_F32(C, S)                                                                                                                    \
  HYPERBOLIC_CONSTANTS(C)                                                                                                                  \
  TIN_LOG_COEFFICIENTS_F32(C)                                                                                                              \
  WIDEN(S, wide, x)                                                                                                                        \
  ACOSH_BODY(S, wide, TIN_LOG_POLYNOMIAL_F32)                                                                                              \
  NARROW(S, value)
TIN_DEFINE_PROGRAM(tin_program_acosh_f32, ACOSH_F32, x)

#define ATANH_F64(C, S)                                                                                                                    \
  HYPERBOLIC_CONSTANTS(C)                                                                                                                  \
  TIN_LOG_COEFFICIENTS_F64(C)                                                                                                              \
  ATANH_BODY(S, x, TIN_LOG_POLYNOMIAL_F64)
TIN_DEFINE_PROGRAM(tin_program_atanh_f64, ATANH_F64, x)

#define ATANH_F32(C, S)                                                                                                                    \
  HYPERBOLIC_CONSTANTS(C)                                                                                                                  \
  TIN_LOG_COEFFICIENTS_F32(C)                                                                                                              \
  WIDEN(S, wide, x)                                                                                                                        \
  ATANH_BODY(S, wide, TIN_LOG_POLYNOMIAL_F32)                                                                                              \
  NARROW(S, value)
TIN_DEFINE_PROGRAM(tin_program_atanh_f32, ATANH_F32, x)
