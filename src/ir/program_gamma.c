/* log|gamma(x)| of f32 and f64: f32 within 1 ulp and f64 within 3.5 ulp for x > 0, its zeros at 1 and 2 included; for x < 0, where zeros
 * lie between the poles, within that or about 2^-50 max(1, |x|) absolutely (f32: 2^-26).
 *
 * With a = |x|: below 0.8 and up to 2.5 log(gamma(1 + t)) = t (t - 1) (k0 + k1 v + ...), v = t - 0.625, for t = a and t = a - 1; above,
 * Stirling's formula (a - 1/2) (log(a) - 1) + log(2 pi)/2 - 1/2 + (f0 + f1 / a^2 + ...) / a. The logarithm's leading part takes the
 * -1 in exactly, so that the product is small where the result is. Negative x by reflection: log(pi / (a |sin(pi a)|)) - log(gamma(a)),
 * where below 0.8 the a cancels the logarithm in log(gamma(a)). */
#include "ir/program_pieces.h"

/* errors 2^-54, 2^-30; 2^-57, 2^-36; and sin(pi r) / (pi r) = h0 + h1 r^2 + ...: 2^-54.7, 2^-27.5 */
#define LGAMMA_COEFFICIENTS_F64(C)                                                                                                         \
  C(k0, F64, 0x3fddcfd339a88006)  /* 0.46580963736232694 */                                                                                \
  C(k1, F64, 0xbfc0d79494357498)  /* -0.13157899128683392 */                                                                               \
  C(k2, F64, 0x3faaebb0c81e5066)  /* 0.052579426220433587 */                                                                               \
  C(k3, F64, 0xbf98c66d24dc2e4b)  /* -0.024194436430702997 */                                                                              \
  C(k4, F64, 0x3f888f37b6d084d4)  /* 0.011991915957028011 */                                                                               \
  C(k5, F64, 0xbf79755f4416226f)  /* -0.0062154504133863217 */                                                                             \
  C(k6, F64, 0x3f6b2cd23b25d467)  /* 0.0033172708582989599 */                                                                              \
  C(k7, F64, 0xbf5d9b603a0b4cf6)  /* -0.0018070640291412677 */                                                                             \
  C(k8, F64, 0x3f505f40fa9f2069)  /* 0.00099927278141545063 */                                                                             \
  C(k9, F64, 0xbf4250cf02ec20c8)  /* -0.00055894954661630473 */                                                                            \
  C(k10, F64, 0x3f34ad1c917775de) /* 0.00031549403635530531 */                                                                             \
  C(k11, F64, 0xbf278361758e8f4e) /* -0.0001793915241964324 */                                                                             \
  C(k12, F64, 0x3f1ae758873999fd) /* 0.0001026294501627958 */                                                                              \
  C(k13, F64, 0xbf0ef04c0a7a6f65) /* -5.901081140999193e-5 */                                                                              \
  C(k14, F64, 0x3f01dc6b1b7c8e41) /* 3.4067171723853064e-5 */                                                                              \
  C(k15, F64, 0xbef4bd1f363ec124) /* -1.9778020387385288e-5 */                                                                             \
  C(k16, F64, 0x3ee847b0d64971b5) /* 1.1577626261410253e-5 */                                                                              \
  C(k17, F64, 0xbedbfe247c5068a5) /* -6.6739903035411423e-6 */                                                                             \
  C(k18, F64, 0x3ecf0334bf51f76b) /* 3.6969809067967784e-6 */                                                                              \
  C(k19, F64, 0xbec3d212e6ccc0e4) /* -2.3627997535400757e-6 */                                                                             \
  C(k20, F64, 0x3ebebf387b6df677) /* 1.8326613664127294e-6 */                                                                              \
  C(k21, F64, 0xbea9584220f9ff07) /* -7.5533267991642756e-7 */                                                                             \
  C(k22, F64, 0xbe8f0d3ec85629e7) /* -2.3135348585182708e-7 */                                                                             \
  C(k23, F64, 0xbe8fd08e599b1025) /* -2.3703777856352697e-7 */                                                                             \
  C(k24, F64, 0x3eacef5795eee18c) /* 8.6232811812637257e-7 */                                                                              \
  C(k25, F64, 0xbe8e9bfb1ad52dfa) /* -2.280570589409038e-7 */                                                                              \
  C(k26, F64, 0xbe99316396ad218f) /* -3.7540384905225227e-7 */                                                                             \
  C(k27, F64, 0x3e79d8305708a1fe) /* 9.6278218960348784e-8 */                                                                              \
  C(k28, F64, 0x3e853a559cb64bad) /* 1.5815994767724649e-7 */                                                                              \
  C(k29, F64, 0xbe7275952fe00f66) /* -6.8766279753881268e-8 */                                                                             \
  C(f0, F64, 0x3fb55555555554e3)  /* 0.083333333333331747 */                                                                               \
  C(f1, F64, 0xbf66c16c16aa4570)  /* -0.0027777777771197873 */                                                                             \
  C(f2, F64, 0x3f4a019fe2219c76)  /* 0.00079365069201465968 */                                                                             \
  C(f3, F64, 0xbf438126451658bc)  /* -0.0005952298035250196 */                                                                             \
  C(f4, F64, 0x3f4b91a0406a1e18)  /* 0.00084133457933516492 */                                                                             \
  C(f5, F64, 0xbf5f2fc5a7c9e325)  /* -0.0019034795979264243 */                                                                             \
  C(f6, F64, 0x3f78de8fb5d4e645)  /* 0.0060716260607534588 */                                                                              \
  C(f7, F64, 0xbf97fa0e6c3b7a2a)  /* -0.023414826732613893 */                                                                              \
  C(f8, F64, 0x3fb76359eb6cbc47)  /* 0.091359729744668092 */                                                                               \
  C(f9, F64, 0xbfd3a198c53a42ae)  /* -0.30673808346277098 */                                                                               \
  C(f10, F64, 0x3fe8ac5d29884299) /* 0.77104051696558706 */                                                                                \
  C(f11, F64, 0xbff3d6d32c5dd6c8) /* -1.2399474843090719 */                                                                                \
  C(f12, F64, 0x3fee0a14e102eef0) /* 0.93873065898466557 */                                                                                \
  C(h0, F64, 0x3ff0000000000000)  /* 1.0 */                                                                                                \
  C(h1, F64, 0xbffa51a6625307d2)  /* -1.6449340668482262 */                                                                                \
  C(h2, F64, 0x3fe9f9cb402bc3d8)  /* 0.81174242528333718 */                                                                                \
  C(h3, F64, 0xbfc86a8e47207f2c)  /* -0.19075182412142888 */                                                                               \
  C(h4, F64, 0x3f9ac6805cb978a4)  /* 0.026147847804502647 */                                                                               \
  C(h5, F64, 0xbf63381695cff568)  /* -0.002346080886580882 */                                                                              \
  C(h6, F64, 0x3f237469173b051b)  /* 0.00014842779966354403 */                                                                             \
  C(h7, F64, 0xbedd3e200a0b6f99)  /* -6.9719973516366678e-6 */                                                                             \
  C(h8, F64, 0x3e906fd29757f46f)  /* 2.4492751235489641e-7 */
#define LGAMMA_COEFFICIENTS_F32(C)                                                                                                         \
  C(k0, F64, 0x3fddcfd339b4b93e)  /* 0.46580963740679582 */                                                                                \
  C(k1, F64, 0xbfc0d7949de01be6)  /* -0.13157899578820248 */                                                                               \
  C(k2, F64, 0x3faaebb0993d98c4)  /* 0.052579420763139179 */                                                                               \
  C(k3, F64, 0xbf98c65da081cee2)  /* -0.024194205209325477 */                                                                              \
  C(k4, F64, 0x3f888f43b1192659)  /* 0.011992005197629373 */                                                                               \
  C(k5, F64, 0xbf7978f697e2c66c)  /* -0.0062188751746120423 */                                                                             \
  C(k6, F64, 0x3f6b2c536d690567)  /* 0.0033170346680725829 */                                                                              \
  C(k7, F64, 0xbf5d3e3bca9430bb)  /* -0.0017848571681638298 */                                                                             \
  C(k8, F64, 0x3f505424b2617cae)  /* 0.00099662383720281909 */                                                                             \
  C(k9, F64, 0xbf44b3cc3fa27836)  /* -0.0006317851359829488 */                                                                             \
  C(k10, F64, 0x3f35e4dbc8701851) /* 0.000334075601529431 */                                                                               \
  C(k11, F64, 0xbf0d1cee47af168b) /* -5.5528661469445266e-5 */                                                                             \
  C(k12, F64, 0x3f0e1f64211b715a) /* 5.7454341129777999e-5 */                                                                              \
  C(k13, F64, 0xbf249dc2ec3af200) /* -0.00015728954723738531 */                                                                            \
  C(k14, F64, 0x3f14d6af86f1f6b2) /* 7.949301083162266e-5 */                                                                               \
  C(f0, F64, 0x3fb555554786d866)  /* 0.083333330118735199 */                                                                               \
  C(f1, F64, 0xbf66c0f1294177e9)  /* -0.0027775488070309507 */                                                                             \
  C(f2, F64, 0x3f49d05032a3b5ba)  /* 0.00078777233036724588 */                                                                             \
  C(f3, F64, 0xbf411e41216bf5f4)  /* -0.00052240543558895606 */                                                                            \
  C(f4, F64, 0x3f376e13e629917d)  /* 0.00035751329247648412 */                                                                             \
  C(h0, F64, 0x3feffffffd242288)  /* 0.99999999467498046 */                                                                                \
  C(h1, F64, 0xbffa51a5596a7b17)  /* -1.6449330799875435 */                                                                                \
  C(h2, F64, 0x3fe9f98c373482c2)  /* 0.8117123678421978 */                                                                                 \
  C(h3, F64, 0xbfc85fe216263f8f)  /* -0.19042612153543501 */                                                                               \
  C(h4, F64, 0x3f9947b8b0c753f9)  /* 0.024687658109389308 */

#define LGAMMA_CONSTANTS(C)                                                                                                                \
  TIN_LOG_CONSTANTS(C)                                                                                                                     \
  C(zero, F64, 0)                                                                                                                          \
  C(minus_one, F64, 0xbff0000000000000)                                                                                                    \
  C(low, F64, 0x3fe999999999999a)      /* 0.8 */                                                                                           \
  C(high, F64, 0x4004000000000000)     /* 2.5 */                                                                                           \
  C(centre, F64, 0x3fe4000000000000)   /* 0.625 */                                                                                         \
  C(constant, F64, 0x3fdacfe390c97d69) /* log(2 pi)/2 - 1/2 */                                                                             \
  C(infinity, F64, 0x7ff0000000000000)                                                                                                     \
  C(normal, F64, 0x0010000000000000)  /* 2^-1022 */                                                                                        \
  C(two_54, F64, 0x4350000000000000)  /* brings denormals into the normal range */                                                         \
  C(bias_54, F64, 0x4330000000000435) /* 2^52 + 1023 + 54 */

/* sine = |sin(pi a)| / pi */
#define LGAMMA_SINE(S, SINE)                                                                                                               \
  S(whole, ROUND, F64, a)                                                                                                                  \
  S(part, SUB, F64, a, whole)                                                                                                              \
  S(r, ABS, F64, part)                                                                                                                     \
  S(r_square, MUL, F64, r, r)                                                                                                              \
  SINE(S, h, r_square)                                                                                                                     \
  S(sine, MUL, F64, h_0, r)

/* The logarithm of a, or of the sine below 0.8 on the left */
#define LGAMMA_LOG(S, LOG)                                                                                                                 \
  S(left_small, AND, BOOL, negative, is_small)                                                                                             \
  S(logged, SELECT, F64, left_small, sine, a)                                                                                              \
  S(denormal, LT, BOOL, logged, normal)                                                                                                    \
  S(raised, MUL, F64, logged, two_54)                                                                                                      \
  S(u, SELECT, F64, denormal, raised, logged)                                                                                              \
  S(k_bias, SELECT, F64, denormal, bias_54, bias)                                                                                          \
  TIN_LOG_REDUCE(S, ln, u, k_bias)                                                                                                         \
  TIN_LOG_REST(S, ln, ln_f, LOG)                                                                                                           \
  S(ln, FMA, F64, ln_k, ln2_high, ln_rest)

#define LGAMMA_NEAR(S, NEAR)                                                                                                               \
  S(a_less, SUB, F64, a, one)                                                                                                              \
  S(t, SELECT, F64, is_small, a, a_less)                                                                                                   \
  S(t_less, SUB, F64, t, one)                                                                                                              \
  S(v, SUB, F64, t, centre)                                                                                                                \
  NEAR(S, k, v)                                                                                                                            \
  S(zeros, MUL, F64, t, t_less)                                                                                                            \
  S(near, FMA, F64, zeros, k_0, zero) /* not -0 at 1 and 2 */                                                                              \
  S(minus_log, NEG, F64, ln)                                                                                                               \
  S(small, FMA, F64, zeros, k_0, minus_log)

#define LGAMMA_FAR(S, FAR)                                                                                                                 \
  S(log_high, FMA, F64, ln_k, ln2_high, minus_one)                                                                                         \
  S(log_less, ADD, F64, log_high, ln_rest)                                                                                                 \
  S(inverse, DIV, F64, one, a)                                                                                                             \
  S(inverse_square, MUL, F64, inverse, inverse)                                                                                            \
  FAR(S, f, inverse_square)                                                                                                                \
  S(tail, FMA, F64, f_0, inverse, constant)                                                                                                \
  S(a_half, SUB, F64, a, half)                                                                                                             \
  S(far, FMA, F64, a_half, log_less, tail)

#define LGAMMA_BODY(S, x, LOG, NEAR, FAR, SINE)                                                                                            \
  S(a, ABS, F64, x)                                                                                                                        \
  S(negative, LT, BOOL, x, zero)                                                                                                           \
  S(is_small, LT, BOOL, a, low)                                                                                                            \
  S(is_far, LE, BOOL, high, a)                                                                                                             \
  LGAMMA_SINE(S, SINE)                                                                                                                     \
  LGAMMA_LOG(S, LOG)                                                                                                                       \
  LGAMMA_NEAR(S, NEAR)                                                                                                                     \
  LGAMMA_FAR(S, FAR)                                                                                                                       \
  S(middle, SELECT, F64, is_far, far, near)                                                                                                \
  S(right, SELECT, F64, is_small, small, middle)                                                                                           \
  S(product, MUL, F64, sine, a)                                                                                                            \
  TIN_LOG(S, reflected, product, LOG)                                                                                                      \
  S(both, ADD, F64, reflected, middle)                                                                                                     \
  S(minus_both, NEG, F64, both)                                                                                                            \
  S(left_near, SUB, F64, minus_log, near)                                                                                                  \
  S(left, SELECT, F64, is_small, left_near, minus_both)                                                                                    \
  S(finite_value, SELECT, F64, negative, left, right)                                                                                      \
  S(not_positive, LE, BOOL, x, zero)                                                                                                       \
  S(is_whole, EQ, BOOL, r, zero)                                                                                                           \
  S(at_pole, AND, BOOL, not_positive, is_whole)                                                                                            \
  S(endless, EQ, BOOL, a, infinity)                                                                                                        \
  S(infinite, OR, BOOL, at_pole, endless)                                                                                                  \
  S(value, SELECT, F64, infinite, infinity, finite_value)

#define LGAMMA_NEAR_F64(S, n, v) TIN_HORNER(S, n, k, v, 29, 28, 27)
#define LGAMMA_FAR_F64(S, n, u) TIN_HORNER(S, n, f, u, 12, 11, 10)
#define LGAMMA_SINE_F64(S, n, z) TIN_HORNER(S, n, h, z, 8, 7, 6)
#define LGAMMA_F64(C, S)                                                                                                                   \
  LGAMMA_CONSTANTS(C)                                                                                                                      \
  TIN_LOG_COEFFICIENTS_F64(C)                                                                                                              \
  LGAMMA_COEFFICIENTS_F64(C)                                                                                                               \
  LGAMMA_BODY(S, x, TIN_LOG_POLYNOMIAL_F64, LGAMMA_NEAR_F64, LGAMMA_FAR_F64, LGAMMA_SINE_F64)
TIN_DEFINE_PROGRAM(tin_program_lgamma_f64, LGAMMA_F64, x)

#define LGAMMA_NEAR_F32(S, n, v) TIN_HORNER(S, n, k, v, 14, 13, 12)
#define LGAMMA_FAR_F32(S, n, u) TIN_HORNER(S, n, f, u, 4, 3, 2)
#define LGAMMA_SINE_F32(S, n, z) TIN_HORNER(S, n, h, z, 4, 3, 2)
#define LGAMMA_F32(C, S)                                                                                                                   \
  LGAMMA_CONSTANTS(C)                                                                                                                      \
  TIN_LOG_COEFFICIENTS_F32(C)                                                                                                              \
  LGAMMA_COEFFICIENTS_F32(C)                                                                                                               \
  S(wide, CAST, F64, x)                                                                                                                    \
  LGAMMA_BODY(S, wide, TIN_LOG_POLYNOMIAL_F32, LGAMMA_NEAR_F32, LGAMMA_FAR_F32, LGAMMA_SINE_F32)                                           \
  S(result, CAST, F32, value)
TIN_DEFINE_PROGRAM(tin_program_lgamma_f32, LGAMMA_F32, x)
