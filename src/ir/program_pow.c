/* pow(x, y) for f32, in f64, within 1 ulp, and for f64, with the logarithm in double-double, within 2 ulp (in millions of samples, see
 * tools/ulp.c). All special cases are those of C99 Annex F.9.4.4. See program_f32.c for the sources; products and sums of two numbers for
 * one follow Dekker, "A floating-point technique for extending the available precision" (1971), with FMA for the products' errors. */
#include "ir/program_steps.h"

/* |x| = 2^k m, m = 1 + f in [sqrt(1/2), sqrt(2)); v is |x|, or what was made of it so that it is no denormal */
#define DECOMPOSE(C, S, v, bias)                                                                                                           \
  C(zero, F64, 0)                                                                                                                          \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(infinity, F64, 0x7ff0000000000000)                                                                                                     \
  C(minus_infinity, F64, 0xfff0000000000000)                                                                                               \
  C(nan, F64, 0x7ff8000000000000)                                                                                                          \
  C(to_half, I64, 0x00095f619980c433) /* the exponent field 1023 less the bits of sqrt(1/2) */                                             \
  C(root_half, I64, 0x3fe6a09e667f3bcd)                                                                                                    \
  C(fraction, I64, 0x000fffffffffffff)                                                                                                     \
  C(to_exponent, I64, 52)                                                                                                                  \
  C(two_52, I64, 0x4330000000000000)                                                                                                       \
  C(magic, F64, 0x4338000000000000)      /* 1.5 * 2^52: rounds to an integer */                                                            \
  C(magic_bias, F64, 0x43380000000003ff) /* and leaves it with a bias of 1023 in the low bits */                                           \
  S(bits, BITCAST, I64, v)                                                                                                                 \
  S(above, ADD, I64, bits, to_half)                                                                                                        \
  S(exponent, SHR, I64, above, to_exponent)                                                                                                \
  S(k_bits, OR, I64, exponent, two_52)                                                                                                     \
  S(k_biased, BITCAST, F64, k_bits)                                                                                                        \
  S(k, SUB, F64, k_biased, bias)                                                                                                           \
  S(above_fraction, AND, I64, above, fraction)                                                                                             \
  S(m_bits, ADD, I64, above_fraction, root_half)                                                                                           \
  S(m, BITCAST, F64, m_bits)                                                                                                               \
  S(f, SUB, F64, m, one)

/* e = y log2|x| between -limit and limit, where 2^e is past underflow and overflow; 0 for |x| = 1, whatever y, and for y = 0, whatever x.
 * logarithm is log2|x| for finite x that are not 0. in_range: e is the product as it was. */
#define EXPONENT(S, y, size, logarithm)                                                                                                    \
  S(is_finite, LT, BOOL, size, infinity)                                                                                                   \
  S(or_itself, SELECT, F64, is_finite, logarithm, size)                                                                                    \
  S(is_zero, EQ, BOOL, size, zero)                                                                                                         \
  S(or_pole, SELECT, F64, is_zero, minus_infinity, or_itself)                                                                              \
  S(product, MUL, F64, y, or_pole)                                                                                                         \
  S(product_size, ABS, F64, product)                                                                                                       \
  S(in_range, LT, BOOL, product_size, limit)                                                                                               \
  S(is_one, EQ, BOOL, size, one)                                                                                                           \
  S(of_one, SELECT, F64, is_one, zero, product)                                                                                            \
  S(y_is_zero, EQ, BOOL, y, zero)                                                                                                          \
  S(to_zero, SELECT, F64, y_is_zero, zero, of_one)                                                                                         \
  S(is_low, LT, BOOL, to_zero, minus_limit)                                                                                                \
  S(not_low, SELECT, F64, is_low, minus_limit, to_zero)                                                                                    \
  S(is_high, LT, BOOL, limit, not_low)                                                                                                     \
  S(e, SELECT, F64, is_high, limit, not_low)

/* `power` is x^y from size_power = |x|^y: with the sign of x for odd y, NaN for finite x below 0 and y that is no integer. */
#define SIGNED_POWER(C, S, x, y, size_power)                                                                                               \
  C(sign_mask, I64, 0x8000000000000000)                                                                                                    \
  C(no_sign, I64, 0)                                                                                                                       \
  S(y_rounded, ROUND, F64, y)                                                                                                              \
  S(y_is_integer, EQ, BOOL, y_rounded, y)                                                                                                  \
  S(half_y, MUL, F64, y, half)                                                                                                             \
  S(half_y_rounded, ROUND, F64, half_y)                                                                                                    \
  S(y_is_even, EQ, BOOL, half_y_rounded, half_y)                                                                                           \
  S(x_bits, BITCAST, I64, x)                                                                                                               \
  S(x_sign, AND, I64, x_bits, sign_mask)                                                                                                   \
  S(sign, SELECT, I64, y_is_even, no_sign, x_sign)                                                                                         \
  S(size_bits, BITCAST, I64, size_power)                                                                                                   \
  S(signed_bits, OR, I64, size_bits, sign)                                                                                                 \
  S(signed_power, BITCAST, F64, signed_bits)                                                                                               \
  S(is_negative, LT, BOOL, x, zero)                                                                                                        \
  S(of_negative, SELECT, F64, is_negative, nan, size_power)                                                                                \
  S(above_lowest, LT, BOOL, minus_infinity, x)                                                                                             \
  S(of_fraction, SELECT, F64, above_lowest, of_negative, size_power)                                                                       \
  S(power, SELECT, F64, y_is_integer, signed_power, of_fraction)

/* log2(m) = s (A + z (l0 + ... + l4 z^4)), s = f / (2 + f), z = s^2, error 2^-44.9;
 * 2^r = 1 + r (d1 + ... + d7 r^6) on |r| <= 1/2, error 2^-34.3 */
#define POW_F32_VALUES(C, S)                                                                                                               \
  C(bias, F64, 0x43300000000003ff)  /* 2^52 + 1023 */                                                                                      \
  C(limit, F64, 0x4069000000000000) /* 200 */                                                                                              \
  C(minus_limit, F64, 0xc069000000000000)                                                                                                  \
  C(a, F64, 0x40071547652b82fe)  /* 2 / log(2) */                                                                                          \
  C(l0, F64, 0x3feec709dc4c21a3) /* 0.96179669405778545 */                                                                                 \
  C(l1, F64, 0x3fe2776c2f04cb8a) /* 0.57707795317979671 */                                                                                 \
  C(l2, F64, 0x3fda619f5abe060c) /* 0.41220840322066077 */                                                                                 \
  C(l3, F64, 0x3fd479cf7b0b15f1) /* 0.31993472114513027 */                                                                                 \
  C(l4, F64, 0x3fd21523ff219a2c) /* 0.2825403205410193 */                                                                                  \
  C(d1, F64, 0x3fe62e42ff0e15b3) /* 0.6931471807044346 */                                                                                  \
  C(d2, F64, 0x3fcebfbe0778f3b0) /* 0.24022651066652889 */                                                                                 \
  C(d3, F64, 0x3fac6b08ac084fad) /* 0.055504103660637717 */                                                                                \
  C(d4, F64, 0x3f83b29f395d11df) /* 0.0096180381184546842 */                                                                               \
  C(d5, F64, 0x3f55d8a85ecfd321) /* 0.0013333935014518477 */                                                                               \
  C(d6, F64, 0x3f2445c8a07c06ea) /* 0.00015466760691400873 */                                                                              \
  C(d7, F64, 0x3eefde61ac5cb120) /* 1.5196169794139613e-5 */                                                                               \
  S(x, CAST, F64, base)                                                                                                                    \
  S(y, CAST, F64, narrow_y)                                                                                                                \
  S(size, ABS, F64, x)                                                                                                                     \
  DECOMPOSE(C, S, size, bias)                                                                                                              \
  S(m_1, ADD, F64, m, one)                                                                                                                 \
  S(s, DIV, F64, f, m_1)                                                                                                                   \
  S(z, MUL, F64, s, s)                                                                                                                     \
  S(t3, FMA, F64, l4, z, l3)                                                                                                               \
  S(t2, FMA, F64, t3, z, l2)                                                                                                               \
  S(t1, FMA, F64, t2, z, l1)                                                                                                               \
  S(t0, FMA, F64, t1, z, l0)                                                                                                               \
  S(t, FMA, F64, t0, z, a)                                                                                                                 \
  S(logarithm, FMA, F64, t, s, k)                                                                                                          \
  EXPONENT(S, y, size, logarithm)                                                                                                          \
  S(sum, ADD, F64, e, magic_bias)                                                                                                          \
  S(n, SUB, F64, sum, magic_bias)                                                                                                          \
  S(r, SUB, F64, e, n)                                                                                                                     \
  S(p6, FMA, F64, d7, r, d6)                                                                                                               \
  S(p5, FMA, F64, p6, r, d5)                                                                                                               \
  S(p4, FMA, F64, p5, r, d4)                                                                                                               \
  S(p3, FMA, F64, p4, r, d3)                                                                                                               \
  S(p2, FMA, F64, p3, r, d2)                                                                                                               \
  S(p1, FMA, F64, p2, r, d1)                                                                                                               \
  S(p0, FMA, F64, p1, r, one)                                                                                                              \
  S(sum_bits, BITCAST, I64, sum)                                                                                                           \
  S(scale_bits, SHL, I64, sum_bits, to_exponent)                                                                                           \
  S(scale, BITCAST, F64, scale_bits)                                                                                                       \
  S(size_power, MUL, F64, p0, scale)                                                                                                       \
  SIGNED_POWER(C, S, x, y, size_power)                                                                                                     \
  S(result, CAST, F32, power)

TIN_DEFINE_PROGRAM(tin_program_pow_f32, POW_F32_VALUES, base, narrow_y)

/* name and name_error: a b and its rounding error */
#define PRODUCT(S, name, a, b)                                                                                                             \
  S(name, MUL, F64, a, b)                                                                                                                  \
  S(minus_##name, NEG, F64, name)                                                                                                          \
  S(name##_error, FMA, F64, a, b, minus_##name)

/* name and name_lost: a + b and its rounding error, |a| >= |b| or a = 0 */
#define SUM(S, name, a, b)                                                                                                                 \
  S(name, ADD, F64, a, b)                                                                                                                  \
  S(name##_b, SUB, F64, name, a)                                                                                                           \
  S(name##_lost, SUB, F64, b, name##_b)

/* s + s_low = f / (2 + f), z + z_low = s^2, log2(m) = s (A + B z + z^2 (l0 + ... + l6 z^6)) = m_log + m_log_low, error 2^-65, and
 * log2|x| = logarithm + log_low. 2^(r + e_low) as in exp2. */
#define POW_F64_VALUES(C, S)                                                                                                               \
  C(normal, F64, 0x0010000000000000)  /* 2^-1022 */                                                                                        \
  C(two_54, F64, 0x4350000000000000)  /* brings denormals into the normal range */                                                         \
  C(bias_0, F64, 0x43300000000003ff)  /* 2^52 + 1023 */                                                                                    \
  C(bias_54, F64, 0x4330000000000435) /* 2^52 + 1023 + 54 */                                                                               \
  C(limit, F64, 0x4091300000000000)   /* 1100 */                                                                                           \
  C(minus_limit, F64, 0xc091300000000000)                                                                                                  \
  C(a, F64, 0x40071547652b82fe) /* A = 2 / log(2) in two parts */                                                                          \
  C(a_low, F64, 0x3c8777d0ffda0d24)                                                                                                        \
  C(b, F64, 0x3feec709dc3a03fd) /* B = A / 3 */                                                                                            \
  C(b_low, F64, 0x3c8d27f05548af0c)                                                                                                        \
  C(l0, F64, 0x3fe2776c50ef9d24) /* 0.57707801635561795 */                                                                                 \
  C(l1, F64, 0x3fda61762a759952) /* 0.41219858309195445 */                                                                                 \
  C(l2, F64, 0x3fd484b14218cb32) /* 0.32059890227098997 */                                                                                 \
  C(l3, F64, 0x3fd0c9a63db1e9f6) /* 0.26230770134830494 */                                                                                 \
  C(l4, F64, 0x3fcc69f8a78f3b48) /* 0.22198398763290528 */                                                                                 \
  C(l5, F64, 0x3fc87b0e857fbf5e) /* 0.19125539320475132 */                                                                                 \
  C(l6, F64, 0x3fc85e7aebd3cfae) /* 0.19038330569276013 */                                                                                 \
  TIN_EXP2_COEFFICIENTS_F64(C)                                                                                                             \
  S(size, ABS, F64, x)                                                                                                                     \
  S(denormal, LT, BOOL, size, normal)                                                                                                      \
  S(raised, MUL, F64, size, two_54)                                                                                                        \
  S(v, SELECT, F64, denormal, raised, size)                                                                                                \
  S(bias, SELECT, F64, denormal, bias_54, bias_0)                                                                                          \
  DECOMPOSE(C, S, v, bias)                                                                                                                 \
  SUM(S, m_1, one, m) /* exact too: their exponents differ by at most one */                                                               \
  S(s, DIV, F64, f, m_1)                                                                                                                   \
  S(minus_s, NEG, F64, s)                                                                                                                  \
  S(rest_high, FMA, F64, minus_s, m_1, f)                                                                                                  \
  S(rest, FMA, F64, minus_s, m_1_lost, rest_high)                                                                                          \
  S(s_low, DIV, F64, rest, m_1)                                                                                                            \
  PRODUCT(S, z, s, s)                                                                                                                      \
  S(twice_s, ADD, F64, s, s)                                                                                                               \
  S(z_low, FMA, F64, twice_s, s_low, z_error)                                                                                              \
  S(t5, FMA, F64, l6, z, l5)                                                                                                               \
  S(t4, FMA, F64, t5, z, l4)                                                                                                               \
  S(t3, FMA, F64, t4, z, l3)                                                                                                               \
  S(t2, FMA, F64, t3, z, l2)                                                                                                               \
  S(t1, FMA, F64, t2, z, l1)                                                                                                               \
  S(t0, FMA, F64, t1, z, l0)                                                                                                               \
  S(z_2, MUL, F64, z, z)                                                                                                                   \
  S(t, MUL, F64, t0, z_2)                                                                                                                  \
  PRODUCT(S, bz, b, z)                                                                                                                     \
  S(bz_low_0, FMA, F64, b, z_low, bz_error)                                                                                                \
  S(bz_low, FMA, F64, b_low, z, bz_low_0)                                                                                                  \
  SUM(S, bend, bz, t)                                                                                                                      \
  S(bend_low, ADD, F64, bend_lost, bz_low)                                                                                                 \
  SUM(S, factor, a, bend)                                                                                                                  \
  S(factor_low_0, ADD, F64, factor_lost, bend_low)                                                                                         \
  S(factor_low, ADD, F64, factor_low_0, a_low)                                                                                             \
  PRODUCT(S, m_log, s, factor)                                                                                                             \
  S(m_log_low_0, FMA, F64, s, factor_low, m_log_error)                                                                                     \
  S(m_log_low, FMA, F64, s_low, factor, m_log_low_0)                                                                                       \
  SUM(S, logarithm, k, m_log)                                                                                                              \
  S(log_low, ADD, F64, logarithm_lost, m_log_low)                                                                                          \
  EXPONENT(S, y, size, logarithm)                                                                                                          \
  S(minus_product, NEG, F64, product)                                                                                                      \
  S(product_error, FMA, F64, y, logarithm, minus_product)                                                                                  \
  S(product_low, FMA, F64, y, log_low, product_error)                                                                                      \
  S(e_low, SELECT, F64, in_range, product_low, zero)                                                                                       \
  S(sum, ADD, F64, e, magic)                                                                                                               \
  S(n, SUB, F64, sum, magic)                                                                                                               \
  S(r_high, SUB, F64, e, n)                                                                                                                \
  S(r, ADD, F64, r_high, e_low)                                                                                                            \
  TIN_EXP2_POLYNOMIAL_F64(S)                                                                                                               \
  TIN_SCALE_F64(S, p0, n)                                                                                                                  \
  SIGNED_POWER(C, S, x, y, result)

TIN_DEFINE_PROGRAM(tin_program_pow_f64, POW_F64_VALUES, x, y)
