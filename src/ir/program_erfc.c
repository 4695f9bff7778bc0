/* erfc and erfinv of f32 and f64; f32 within 1 ulp, f64 within 3.5 ulp (tools/ulp.c). */
#include "ir/program_pieces.h"

/* ---- erfc ---- */

/* erfc(x) = 1 - x - x (w0 + w1 x^2 + ...) on |x| < 1/2, error 2^-56, 2^-30. Above, with a = |x|, erfc(a) = e^(-a^2) y / (1 + 2 a), where
 * y = k0 + k1 t + ... of t = (a - 4) / (a + 4), f32: (a - 3) / (a + 3), varies slowly (Shepherd and Laframboise, "Chebyshev approximation
 * of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", 1981); error 2^-54, 2^-30. The square is taken with its rounding error. */
#define ERFC_COEFFICIENTS_F64(C)                                                                                                           \
  C(w0, F64, 0x3fc06eba8214db67)  /* 0.12837916709551253 */                                                                                \
  C(w1, F64, 0xbfd812746b037905)  /* -0.37612638903182499 */                                                                               \
  C(w2, F64, 0x3fbce2f21a034149)  /* 0.1128379167087178 */                                                                                 \
  C(w3, F64, 0xbf9b82ce30b84af4)  /* -0.026866170619608234 */                                                                              \
  C(w4, F64, 0x3f7565bcb383d34b)  /* 0.0052239771978193723 */                                                                              \
  C(w5, F64, 0xbf4c02d224570304)  /* -0.0008548284610513106 */                                                                             \
  C(w6, F64, 0x3f1f987a9491f39d)  /* 0.00012052772685140633 */                                                                             \
  C(w7, F64, 0xbeef1b70afe09b08)  /* -1.483306322931428e-5 */                                                                              \
  C(w8, F64, 0x3eb88142d6bbd44e)  /* 1.4606074171784238e-6 */                                                                              \
  C(k0, F64, 0x3ff3ba5916e9fd7f)  /* 1.2329951186255526 */                                                                                 \
  C(k1, F64, 0xbfc1df1ad154a28e)  /* -0.1396211168405625 */                                                                                \
  C(k2, F64, 0x3f8f7f5df66fd533)  /* 0.015379652102618912 */                                                                               \
  C(k3, F64, 0x3fb16ecefcfa5310)  /* 0.068097054254689704 */                                                                               \
  C(k4, F64, 0xbfb9ddb23c3e7ad8)  /* -0.10103906603624624 */                                                                               \
  C(k5, F64, 0x3fb7fee004e13bb9)  /* 0.093732834998475748 */                                                                               \
  C(k6, F64, 0xbfb0fb06dfe6e790)  /* -0.066330365813796144 */                                                                              \
  C(k7, F64, 0x3fa3079edf648d5c)  /* 0.037167515534998613 */                                                                               \
  C(k8, F64, 0xbf90962387d053e7)  /* -0.016197734035888003 */                                                                              \
  C(k9, F64, 0x3f749c6729b8520e)  /* 0.0050319700053660498 */                                                                              \
  C(k10, F64, 0xbf48d4aa2057ffd5) /* -0.0007577734656365418 */                                                                             \
  C(k11, F64, 0xbf2a1df391e3e9a7) /* -0.00019925688042816728 */                                                                            \
  C(k12, F64, 0x3f23be0e01da6b1a) /* 0.00015062256800465399 */                                                                             \
  C(k13, F64, 0xbef99564fcf52a1a) /* -2.439839573512891e-5 */                                                                              \
  C(k14, F64, 0xbee78a55dec58116) /* -1.1224924457209822e-5 */                                                                             \
  C(k15, F64, 0x3ed7f033de6e17ae) /* 5.7073334350839221e-6 */                                                                              \
  C(k16, F64, 0x3e941f9782b4d836) /* 2.9986211088088776e-7 */                                                                              \
  C(k17, F64, 0xbeab8a5c200c1077) /* -8.2076991256330386e-7 */                                                                             \
  C(k18, F64, 0x3e71ebadfa97116f) /* 6.675952470616359e-8 */                                                                               \
  C(k19, F64, 0x3e7c001889d4c70a) /* 1.0430952320365219e-7 */                                                                              \
  C(k20, F64, 0xbe4a0a91701b3d4a) /* -1.2126416762581303e-8 */                                                                             \
  C(k21, F64, 0xbe4587f7c4f3b882) /* -1.0026211110015618e-8 */                                                                             \
  C(e0, F64, 0x3fe000000000000a)  /* 0.50000000000000111 */                                                                                \
  C(e1, F64, 0x3fc55555555554f9)  /* 0.1666666666666641 */                                                                                 \
  C(e2, F64, 0x3fa5555555550840)  /* 0.041666666666529739 */                                                                               \
  C(e3, F64, 0x3f81111111127d59)  /* 0.0083333333334951066 */                                                                              \
  C(e4, F64, 0x3f56c16c18438694)  /* 0.0013888888943757493 */                                                                              \
  C(e5, F64, 0x3f2a01a0129f6875)  /* 0.00019841269505499787 */                                                                             \
  C(e6, F64, 0x3efa01999e2f7449)  /* 2.480149295168804e-5 */                                                                               \
  C(e7, F64, 0x3ec71df25e950a87)  /* 2.755758704482445e-6 */                                                                               \
  C(e8, F64, 0x3e928ad9b18af65f)  /* 2.7630305647259041e-7 */                                                                              \
  C(e9, F64, 0x3e5ad7eeaadf48d7)  /* 2.4999944052262202e-8 */
#define ERFC_COEFFICIENTS_F32(C)                                                                                                           \
  C(w0, F64, 0x3fc06eba6af43fcb)  /* 0.12837915632598959 */                                                                                \
  C(w1, F64, 0xbfd8127129a1cf05)  /* -0.37612561288482055 */                                                                               \
  C(w2, F64, 0x3fbce1dfea931812)  /* 0.11282157399099926 */                                                                                \
  C(w3, F64, 0xbf9b5d11ffb7be4c)  /* -0.026722222550175354 */                                                                              \
  C(w4, F64, 0x3f7312af3ab415f1)  /* 0.0046564907927453139 */                                                                              \
  C(k0, F64, 0x3ff40c522da90520)  /* 1.2530080588915737 */                                                                                 \
  C(k1, F64, 0xbfc15c083f080de2)  /* -0.13562110021312807 */                                                                               \
  C(k2, F64, 0xbfa85a18e654b074)  /* -0.047562387577586046 */                                                                              \
  C(k3, F64, 0x3fc09833db0bba97)  /* 0.12964485354992369 */                                                                                \
  C(k4, F64, 0xbfbe88932e4ace4a)  /* -0.11927146797352708 */                                                                               \
  C(k5, F64, 0x3fb17cf2998c54b5)  /* 0.068312799918504322 */                                                                               \
  C(k6, F64, 0xbf985bff68eae846)  /* -0.023788443354284781 */                                                                              \
  C(k7, F64, 0x3f64747acb15c015)  /* 0.0024969480806973456 */                                                                              \
  C(k8, F64, 0x3f5fea7f331d8818)  /* 0.0019479982551833305 */                                                                              \
  C(k9, F64, 0xbf46398c2b944e10)  /* -0.00067824692010493189 */                                                                            \
  C(k10, F64, 0xbf2690dcbb105b9e) /* -0.0001721639105489421 */                                                                             \
  C(e0, F64, 0x3fdfffffb97a0460)  /* 0.49999993431999279 */                                                                                \
  C(e1, F64, 0x3fc55549103fb958)  /* 0.16666520398525608 */                                                                                \
  C(e2, F64, 0x3fa5558f2f8f6e72)  /* 0.041668390804002878 */                                                                               \
  C(e3, F64, 0x3f8123a1f5ababe4)  /* 0.0083687451455797882 */                                                                              \
  C(e4, F64, 0x3f56a23cdea25ab9)  /* 0.0013814539366074198 */

#define ERFC_CONSTANTS(C)                                                                                                                  \
  C(zero, F64, 0)                                                                                                                          \
  C(one, F64, 0x3ff0000000000000)                                                                                                          \
  C(two, F64, 0x4000000000000000)                                                                                                          \
  C(half, F64, 0x3fe0000000000000)                                                                                                         \
  C(last, F64, 0x403c000000000000) /* 28: erfc rounds to 0 from 27.3 */                                                                    \
  C(log2e, F64, 0x3ff71547652b82fe)                                                                                                        \
  C(magic, F64, 0x4338000000000000)      /* 1.5 * 2^52: rounds to an integer */                                                            \
  C(magic_bias, F64, 0x43380000000003ff) /* and leaves it with a bias of 1023 in the low bits */                                           \
  C(ln2_high, F64, 0xbfe62e42fefa3800)   /* - log(2) in 42 bits */                                                                         \
  C(ln2_low, F64, 0xbd2ef35793c76730)    /* - the rest */                                                                                  \
  C(to_exponent, I64, 52)

#define ERFC_SMALL(S, x, SMALL)                                                                                                            \
  S(small_square, MUL, F64, x, x)                                                                                                          \
  SMALL(S, w, small_square)                                                                                                                \
  S(erf_x, FMA, F64, w_0, x, x)                                                                                                            \
  S(small, SUB, F64, one, erf_x)

/* e^(-a^2) = 2^n (1 + r + r^2 (e0 + e1 r + ...)); 2^n is applied as two powers, so that denormal results are rounded once. */
#define ERFC_BODY(S, x, SMALL, LARGE, EXP)                                                                                                 \
  ERFC_SMALL(S, x, SMALL)                                                                                                                  \
  S(size, ABS, F64, x)                                                                                                                     \
  S(beyond, LT, BOOL, last, size)                                                                                                          \
  S(a, SELECT, F64, beyond, last, size)                                                                                                    \
  S(less, SUB, F64, a, centre)                                                                                                             \
  S(more, ADD, F64, a, centre)                                                                                                             \
  S(t, DIV, F64, less, more)                                                                                                               \
  LARGE(S, k, t)                                                                                                                           \
  S(divisor, FMA, F64, a, two, one)                                                                                                        \
  S(y, DIV, F64, k_0, divisor)                                                                                                             \
  S(square, MUL, F64, a, a)                                                                                                                \
  S(v, NEG, F64, square)                                                                                                                   \
  S(lost, FMA, F64, a, a, v)                                                                                                               \
  S(sum, FMA, F64, v, log2e, magic)                                                                                                        \
  S(n, SUB, F64, sum, magic)                                                                                                               \
  S(r_high, FMA, F64, n, ln2_high, v)                                                                                                      \
  S(r_low, FMA, F64, n, ln2_low, r_high)                                                                                                   \
  S(r, SUB, F64, r_low, lost)                                                                                                              \
  EXP(S, e, r)                                                                                                                             \
  S(e_r, FMA, F64, e_0, r, one)                                                                                                            \
  S(power, FMA, F64, e_r, r, one)                                                                                                          \
  S(mantissa, MUL, F64, power, y)                                                                                                          \
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
  S(scaled, MUL, F64, mantissa, half_power)                                                                                                \
  S(right, MUL, F64, scaled, rest_power)                                                                                                   \
  S(negative, LT, BOOL, x, zero)                                                                                                           \
  S(left, SUB, F64, two, right)                                                                                                            \
  S(large, SELECT, F64, negative, left, right)                                                                                             \
  S(is_small, LT, BOOL, size, half)                                                                                                        \
  S(value, SELECT, F64, is_small, small, large)

#define ERFC_SMALL_F64(S, n, z) TIN_HORNER(S, n, w, z, 8, 7, 6)
#define ERFC_LARGE_F64(S, n, t) TIN_HORNER(S, n, k, t, 21, 20, 19)
#define ERFC_EXP_F64(S, n, r) TIN_HORNER(S, n, e, r, 9, 8, 7)
#define ERFC_F64(C, S)                                                                                                                     \
  ERFC_CONSTANTS(C)                                                                                                                        \
  C(centre, F64, 0x4010000000000000) /* 4 */                                                                                               \
  ERFC_COEFFICIENTS_F64(C)                                                                                                                 \
  ERFC_BODY(S, x, ERFC_SMALL_F64, ERFC_LARGE_F64, ERFC_EXP_F64)
TIN_DEFINE_PROGRAM(tin_program_erfc_f64, ERFC_F64, x)

#define ERFC_SMALL_F32(S, n, z) TIN_HORNER(S, n, w, z, 4, 3, 2)
#define ERFC_LARGE_F32(S, n, t) TIN_HORNER(S, n, k, t, 10, 9, 8)
#define ERFC_EXP_F32(S, n, r) TIN_HORNER(S, n, e, r, 4, 3, 2)
#define ERFC_F32(C, S)                                                                                                                     \
  ERFC_CONSTANTS(C)                                                                                                                        \
  C(centre, F64, 0x4008000000000000) /* 3 */                                                                                               \
  ERFC_COEFFICIENTS_F32(C)                                                                                                                 \
  S(wide, CAST, F64, x)                                                                                                                    \
  ERFC_BODY(S, wide, ERFC_SMALL_F32, ERFC_LARGE_F32, ERFC_EXP_F32)                                                                         \
  S(result, CAST, F32, value)
TIN_DEFINE_PROGRAM(tin_program_erfc_f32, ERFC_F32, x)

/* ---- erfinv ---- */

/* In w = -log(1 - x^2), as Giles, "Approximating the erfinv function" (2010): x (f0 + f1 v + ...) of v = w - 2.5 below w = 5, error
 * 2^-53.5, 2^-28; k0 + k1 t + ... of t = (w - 13) / (w + 13), f32: (w - 10) / (w + 10), above, error 2^-54, 2^-29. The nearest
 * singularities of the function of w lie at -2 pi i and 2 pi i, which decides the intervals. */
#define ERFINV_COEFFICIENTS_F64(C)                                                                                                         \
  C(f0, F64, 0x3ff805c5cfcedef5)  /* 1.501409351110792 */                                                                                  \
  C(f1, F64, 0x3fcf91e8993f0d14)  /* 0.246640276744167 */                                                                                  \
  C(f2, F64, 0xbf711c3c302dfe33)  /* -0.0041773177243836111 */                                                                             \
  C(f3, F64, 0xbf54863cdfb6170d)  /* -0.0012527079078110154 */                                                                             \
  C(f4, F64, 0x3f2c9b437ed2a1cb)  /* 0.00021825026434397899 */                                                                             \
  C(f5, F64, 0xbed4f47fe72fd22b)  /* -4.9960795989079636e-6 */                                                                             \
  C(f6, F64, 0xbecca9227ca82f13)  /* -3.4166195963576363e-6 */                                                                             \
  C(f7, F64, 0x3ea01037e38576c2)  /* 4.7872521861574908e-7 */                                                                              \
  C(f8, F64, 0x3e4ccff7397ac1e2)  /* 1.3416803487085208e-8 */                                                                              \
  C(f9, F64, 0xbe4752fda5f505e7)  /* -1.0861169018525666e-8 */                                                                             \
  C(f10, F64, 0x3e0f2cbaa4da912b) /* 9.0730385158724611e-10 */                                                                             \
  C(f11, F64, 0x3de0704c5aa178ca) /* 1.1960703028294935e-10 */                                                                             \
  C(f12, F64, 0xbdc119576808fefd) /* -3.1102881558810713e-11 */                                                                            \
  C(f13, F64, 0x3d7009442024ccd3) /* 9.1155219272269918e-13 */                                                                             \
  C(f14, F64, 0x3d62d8d28540cb43) /* 5.3566288580119893e-13 */                                                                             \
  C(f15, F64, 0xbd356d4c97a7400d) /* -7.6123818207957621e-14 */                                                                            \
  C(f16, F64, 0xbcea00216f7645c4) /* -2.8866365057935828e-15 */                                                                            \
  C(f17, F64, 0x3ce114b7b4490cfe) /* 1.896363966329745e-15 */                                                                              \
  C(f18, F64, 0xbca397e36a165852) /* -1.3595592581192122e-16 */                                                                            \
  C(f19, F64, 0xbc7ee6bee124f493) /* -2.6802648719878665e-17 */                                                                            \
  C(f20, F64, 0x3c566ee581b833fe) /* 4.864422557161093e-18 */                                                                              \
  C(f21, F64, 0x3c08fbe8c7a2b36f) /* 1.6929830942277231e-19 */                                                                             \
  C(f22, F64, 0xbbf3f30c6c166bd7) /* -6.7591224426505967e-20 */                                                                            \
  C(k0, F64, 0x400b88e6155999dd)  /* 3.4418450992554726 */                                                                                 \
  C(k1, F64, 0x400d136a0a7a2e62)  /* 3.6344796007668245 */                                                                                 \
  C(k2, F64, 0x3ffd9de0d524bf23)  /* 1.8510444951934424 */                                                                                 \
  C(k3, F64, 0x3ffc817508acf6ad)  /* 1.7816057528392932 */                                                                                 \
  C(k4, F64, 0x3ff63a431448ad23)  /* 1.3892241279925848 */                                                                                 \
  C(k5, F64, 0x3ff555f3136ad653)  /* 1.3334837683190883 */                                                                                 \
  C(k6, F64, 0x3ff255959732e078)  /* 1.1458946138573349 */                                                                                 \
  C(k7, F64, 0x3ff211a3e9aa4387)  /* 1.1293067100088778 */                                                                                 \
  C(k8, F64, 0x3fef516458db5c3d)  /* 0.97868554453714973 */                                                                                \
  C(k9, F64, 0x3fefeee27542ab9c)  /* 0.997910717987327 */                                                                                  \
  C(k10, F64, 0x3feca1077d1d123c) /* 0.8946568912147721 */                                                                                 \
  C(k11, F64, 0x3febedffd96c48ee) /* 0.87280266251971539 */                                                                                \
  C(k12, F64, 0x3fea6586144aa6b6) /* 0.82489303553776128 */                                                                                \
  C(k13, F64, 0x3fea35784faf932a) /* 0.8190270954479264 */                                                                                 \
  C(k14, F64, 0x3fe8247efd916481) /* 0.7544550850390267 */                                                                                 \
  C(k15, F64, 0x3fe8035e8e367291) /* 0.75041129852214017 */                                                                                \
  C(k16, F64, 0x3fe640bb4de96548) /* 0.69540181367043719 */                                                                                \
  C(k17, F64, 0x3fe7ad84571f232f) /* 0.73993126884406546 */                                                                                \
  C(k18, F64, 0x3fe88f878d4a65d7) /* 0.76752069087813879 */                                                                                \
  C(k19, F64, 0x3fe0257bc5c70014) /* 0.50457562092197117 */                                                                                \
  C(k20, F64, 0x3fc706edcc3a24e7) /* 0.17989895317103974 */                                                                                \
  C(k21, F64, 0x3ff3fb3cfd5f96d5) /* 1.2488374612234356 */                                                                                 \
  C(k22, F64, 0x4000e4026d946e7b) /* 2.1113327561304778 */                                                                                 \
  C(k23, F64, 0xbfec1d9dcdc679ef) /* -0.87861528578269865 */                                                                               \
  C(k24, F64, 0xc003a6521d34ad89) /* -2.4562113076878558 */                                                                                \
  C(k25, F64, 0x4003d31c92571750) /* 2.4780818398311695 */                                                                                 \
  C(k26, F64, 0x400d18c72844f799) /* 3.6370986124083626 */
#define ERFINV_COEFFICIENTS_F32(C)                                                                                                         \
  C(f0, F64, 0x3ff805c5d073ded6)  /* 1.5014093535118511 */                                                                                 \
  C(f1, F64, 0x3fcf91e8b0b3c968)  /* 0.24664028766671753 */                                                                                \
  C(f2, F64, 0xbf711c42003a58fa)  /* -0.0041773393783357485 */                                                                             \
  C(f3, F64, 0xbf5486646d99f7c0)  /* -0.0012527447455847746 */                                                                             \
  C(f4, F64, 0x3f2c9c5916326a78)  /* 0.0002182825802251214 */                                                                              \
  C(f5, F64, 0xbed4cfbfdca7aaf9)  /* -4.961853344624282e-6 */                                                                              \
  C(f6, F64, 0xbecccfb4aea70ab5)  /* -3.4345806529679175e-6 */                                                                             \
  C(f7, F64, 0x3e9f43b7399b04e4)  /* 4.6587757083708625e-7 */                                                                              \
  C(f8, F64, 0x3e535c0b4310dd46)  /* 1.8029983010252402e-8 */                                                                              \
  C(f9, F64, 0xbe42d6436bb5938f)  /* -8.7716459570642229e-9 */                                                                             \
  C(f10, F64, 0x3df718c5337910e9) /* 3.361020797379036e-10 */                                                                              \
  C(k0, F64, 0x4007f726014e683b)  /* 2.9956779577305759 */                                                                                 \
  C(k1, F64, 0x40096a549ad7a7a2)  /* 3.1769191834509494 */                                                                                 \
  C(k2, F64, 0x3ffa44f1e25c9749)  /* 1.6418322412732371 */                                                                                 \
  C(k3, F64, 0x3ff8df22291c4ed5)  /* 1.5544759374505948 */                                                                                 \
  C(k4, F64, 0x3ff3900186b8c494)  /* 1.222657705551943 */                                                                                  \
  C(k5, F64, 0x3ff2d7258d80aeeb)  /* 1.1775260474632272 */                                                                                 \
  C(k6, F64, 0x3fef6b1ff2d051bf)  /* 0.98182675766525296 */                                                                                \
  C(k7, F64, 0x3ff0966fa9b9ae9d)  /* 1.0367275838752115 */                                                                                 \
  C(k8, F64, 0x3fefbb9acab818be)  /* 0.99165095895366284 */                                                                                \
  C(k9, F64, 0x3fe6bdfe93bcadc6)  /* 0.7106926808823395 */

#define ERFINV_CONSTANTS(C)                                                                                                                \
  TIN_LOG_CONSTANTS(C)                                                                                                                     \
  C(five, F64, 0x4014000000000000)                                                                                                         \
  C(middle, F64, 0x4004000000000000) /* 2.5 */                                                                                             \
  C(infinity, F64, 0x7ff0000000000000)                                                                                                     \
  C(nan, F64, 0x7ff8000000000000)                                                                                                          \
  TIN_SIGN_CONSTANT(C)

#define ERFINV_BODY(S, x, LOG, NEAR, FAR)                                                                                                  \
  S(a, ABS, F64, x)                                                                                                                        \
  S(minus_a, NEG, F64, a)                                                                                                                  \
  S(rest, FMA, F64, minus_a, a, one)                                                                                                       \
  TIN_LOG(S, ln, rest, LOG)                                                                                                                \
  S(w, NEG, F64, ln)                                                                                                                       \
  S(v, SUB, F64, w, middle)                                                                                                                \
  NEAR(S, f, v)                                                                                                                            \
  S(near, MUL, F64, f_0, a)                                                                                                                \
  S(less, SUB, F64, w, centre)                                                                                                             \
  S(more, ADD, F64, w, centre)                                                                                                             \
  S(t, DIV, F64, less, more)                                                                                                               \
  FAR(S, k, t)                                                                                                                             \
  S(is_near, LT, BOOL, w, five)                                                                                                            \
  S(inner, SELECT, F64, is_near, near, k_0)                                                                                                \
  S(inside, LT, BOOL, a, one)                                                                                                              \
  S(at_pole, EQ, BOOL, a, one)                                                                                                             \
  S(outside, SELECT, F64, at_pole, infinity, nan)                                                                                          \
  S(size, SELECT, F64, inside, inner, outside)                                                                                             \
  TIN_WITH_SIGN(S, value, size, x)

#define ERFINV_NEAR_F64(S, n, v) TIN_HORNER(S, n, f, v, 22, 21, 20)
#define ERFINV_FAR_F64(S, n, t) TIN_HORNER(S, n, k, t, 26, 25, 24)
#define ERFINV_F64(C, S)                                                                                                                   \
  ERFINV_CONSTANTS(C)                                                                                                                      \
  C(centre, F64, 0x402a000000000000) /* 13 */                                                                                              \
  TIN_LOG_COEFFICIENTS_F64(C)                                                                                                              \
  ERFINV_COEFFICIENTS_F64(C)                                                                                                               \
  ERFINV_BODY(S, x, TIN_LOG_POLYNOMIAL_F64, ERFINV_NEAR_F64, ERFINV_FAR_F64)
TIN_DEFINE_PROGRAM(tin_program_erfinv_f64, ERFINV_F64, x)

#define ERFINV_NEAR_F32(S, n, v) TIN_HORNER(S, n, f, v, 10, 9, 8)
#define ERFINV_FAR_F32(S, n, t) TIN_HORNER(S, n, k, t, 9, 8, 7)
#define ERFINV_F32(C, S)                                                                                                                   \
  ERFINV_CONSTANTS(C)                                                                                                                      \
  C(centre, F64, 0x4024000000000000) /* 10 */                                                                                              \
  TIN_LOG_COEFFICIENTS_F32(C)                                                                                                              \
  ERFINV_COEFFICIENTS_F32(C)                                                                                                               \
  S(wide, CAST, F64, x)                                                                                                                    \
  ERFINV_BODY(S, wide, TIN_LOG_POLYNOMIAL_F32, ERFINV_NEAR_F32, ERFINV_FAR_F32)                                                            \
  S(result, CAST, F32, value)
TIN_DEFINE_PROGRAM(tin_program_erfinv_f32, ERFINV_F32, x)
