/* Remainders, rounded quotients, signs and classes of floats, and other compositions that PyTorch and NumPy share: values at particular
 * points (theirs), bits of signed zeros, gradients where the value has a kink. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"

/* The tests run on the interpreter, on plain C and on the best target of the CPU. */
static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

#define F32(...) ((float[]){__VA_ARGS__})
#define COUNT(...) ((int64_t)(sizeof F32(__VA_ARGS__) / sizeof(float)))
#define LEAF(...) tin_from(ctx, TIN_F32, TIN_SHAPE(COUNT(__VA_ARGS__)), F32(__VA_ARGS__))
#define INTEGERS(...) tin_from(ctx, TIN_I32, TIN_SHAPE(COUNT(__VA_ARGS__)), ((int32_t[]){__VA_ARGS__}))
#define EXACT(t, ...) expect(__LINE__, t, F32(__VA_ARGS__), (int)COUNT(__VA_ARGS__), 0)
#define CLOSE(t, ...) expect(__LINE__, t, F32(__VA_ARGS__), (int)COUNT(__VA_ARGS__), 3e-7f)

/* Relative tolerance; 0: equal, with the sign of zeros. */
static void expect(int line, tin_tensor *t, const float *want, int count, float tolerance) {
  float got[32];
  tin_ctx *ctx = tin_ctx_of(t);
  if (tin_size_of(t) != count || !tin_read(tin_cast(t, TIN_F32), got, (size_t)count * sizeof *got))
    fail_msg("line %d: %lld elements, %s", line, (long long)tin_size_of(t), tin_message(ctx));
  for (int i = 0; i < count; i++) {
    bool same = isnan(want[i]) ? isnan(got[i]) : got[i] == want[i] && !signbit(got[i]) == !signbit(want[i]);
    if (!same && !(tolerance > 0 && fabsf(got[i] - want[i]) <= tolerance * fabsf(want[i])))
      fail_msg("%s, line %d: element %d is %g, not %g", target ? target : "best", line, i, (double)got[i], (double)want[i]);
  }
}

static tin_tensor *gradient_of(tin_tensor *y, tin_tensor *x) {
  tin_tensor *gradient;
  tin_grad(y, TIN_LIST(x), &gradient);
  return gradient;
}

static void test_remainders(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = LEAF(5, -5, 5, -5, 6, -6, 0, -0.0f, 1, 0, INFINITY, 1, -1, 1, -1, NAN, 1, 0.5f, 0x1.93e594p+99f, -7.5f, 3, -3);
  tin_tensor *b = LEAF(3, 3, -3, -3, 3, -3, -2, 2, 0, 0, 2, INFINITY, INFINITY, -INFINITY, -INFINITY, 1, NAN, 0x1.99999ap-4f, 3, 2.5f,
                       0x1.0624dep-10f, 0x1.93e594p+99f);
  EXACT(tin_fmod(a, b), 2, -2, 2, -2, 0, -0.0f, 0, -0.0f, NAN, NAN, NAN, 1, -1, 1, -1, NAN, NAN, 0x1.999998p-4f, 0, -0.0f, 0x1.061b4ep-10f,
        -3);
  EXACT(tin_remainder(a, b), 2, 1, -1, -2, 0, -0.0f, -0.0f, 0, NAN, NAN, NAN, 1, INFINITY, -INFINITY, -1, NAN, NAN, 0x1.999998p-4f, 0, 0,
        0x1.061b4ep-10f, 0x1.93e594p+99f);
  EXACT(tin_floor_divide(a, b), 1, -2, -2, 1, 2, 2, -0.0f, -0.0f, INFINITY, NAN, NAN, 0, -1, -1, 0, NAN, NAN, 4, 0x1.0d43b8p+98f, -3, 2999,
        -1);
  a = INTEGERS(7, -7, 7, -7, 6, -6, -6, 0, 5, -5, INT32_MIN), b = INTEGERS(3, 3, -3, -3, 3, 3, -3, -5, 0, 0, -1);
  EXACT(tin_fmod(a, b), 1, -1, 1, -1, 0, 0, 0, 0, 5, -5, 0);
  EXACT(tin_remainder(a, b), 1, 2, -2, -1, 0, 0, 0, 0, 5, -5, 0);
  EXACT(tin_floor_divide(a, b), 2, -3, -3, 2, 2, -2, 2, 0, 0, 0, -0x1p31f);
  assert_int_equal(tin_dtype_of(tin_remainder(a, tin_cast(b, TIN_U8))), TIN_I32);
  assert_int_equal(tin_dtype_of(tin_remainder(a, LEAF(1))), TIN_F32);
  EXACT(tin_remainder(tin_cast(INTEGERS(7, 250), TIN_U8), tin_cast(INTEGERS(4, 0), TIN_U8)), 3, 250);
  EXACT(tin_floor_divide(tin_cast(INTEGERS(7, 250), TIN_U8), tin_cast(INTEGERS(4, 0), TIN_U8)), 1, 0);
  EXACT(tin_remainder(tin_full(ctx, TIN_F64, TIN_SHAPE(), -1e300), tin_full(ctx, TIN_F64, TIN_SHAPE(), 7)), (float)(7 + fmod(-1e300, 7)));
  assert_int_equal(tin_size_of(tin_fmod(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 3)), LEAF(2))), 0);
  end_ctx(ctx);
}

/* Also at exact multiples, where the value is a constant zero. */
static void test_gradients_of_remainders(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = LEAF(7, -7, 6, -6, 6), *b = LEAF(3, 3, 3, 3, -3);
  EXACT(gradient_of(tin_fmod(a, b), a), 1, 1, 1, 1, 1);
  EXACT(gradient_of(tin_fmod(a, b), b), -2, 2, -2, 2, 2);
  EXACT(gradient_of(tin_remainder(a, b), a), 1, 1, 1, 1, 1);
  EXACT(gradient_of(tin_remainder(a, b), b), -2, 3, -2, 2, 2);
  EXACT(gradient_of(tin_floor_divide(a, b), a), 0, 0, 0, 0, 0);
  EXACT(gradient_of(tin_floor_divide(a, b), b), 0, 0, 0, 0, 0);
  end_ctx(ctx);
}

static void test_signs_and_classes(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, -2, 0, -0.0f, INFINITY, -INFINITY, NAN);
  EXACT(tin_signbit(x), 0, 1, 0, 1, 0, 1, 0);
  EXACT(tin_isinf(x), 0, 0, 0, 0, 1, 1, 0);
  EXACT(tin_isfinite(x), 1, 1, 1, 1, 0, 0, 0);
  tin_tensor *integers = INTEGERS(3, -3, 0);
  EXACT(tin_signbit(integers), 0, 1, 0);
  EXACT(tin_isinf(integers), 0, 0, 0);
  EXACT(tin_isfinite(integers), 1, 1, 1);
  assert_int_equal(tin_dtype_of(tin_isfinite(integers)), TIN_BOOL);
  EXACT(tin_copysign(x, tin_neg(x)), -1, 2, -0.0f, 0, -INFINITY, INFINITY, NAN);
  EXACT(tin_copysign(tin_cast(x, TIN_F64), LEAF(-1)), -1, -2, -0.0f, -0.0f, -INFINITY, -INFINITY, NAN);
  tin_tensor *a = LEAF(1, -2, 0, 3), *b = LEAF(-0.0f, 1, -1, 5);
  EXACT(gradient_of(tin_copysign(a, b), a), -1, -1, 0, 1);
  EXACT(gradient_of(tin_copysign(a, b), b), 0, 0, 0, 0);
  EXACT(tin_nan_to_num(x), 1, -2, 0, -0.0f, FLT_MAX, -FLT_MAX, 0);
  EXACT(tin_nan_to_num(x, .nan = 7, .posinf = 8, .neginf = 9), 1, -2, 0, -0.0f, 8, 9, 7);
  EXACT(gradient_of(tin_nan_to_num(x), x), 1, 1, 1, 1, 0, 0, 0);
  EXACT(tin_nan_to_num(integers), 3, -3, 0);
  assert_true(tin_item(tin_nan_to_num(tin_full(ctx, TIN_F64, TIN_SHAPE(), INFINITY))) == DBL_MAX);
  EXACT(tin_frac(LEAF(2.75f, -2.75f, 3)), 0.75f, -0.75f, 0);
  EXACT(tin_heaviside(LEAF(-1, 0, 2, NAN), LEAF(0.5f)), 0, 0.5f, 1, 0);
  end_ctx(ctx);
}

static void test_functions(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(0.3f, -1.7f, 2.5f);
  CLOSE(tin_sinc(x), 0.85839367f, -0.1514812f, 0.12732396f);
  CLOSE(tin_sinc(LEAF(0, 1, -3)), 1, 0, 0);
  tin_tensor *zero = LEAF(0);
  EXACT(gradient_of(tin_sinc(zero), zero), 0);
  CLOSE(tin_hypot(x, tin_mul_scalar(x, 2)), 0.6708204f, 3.8013158f, 5.59017f);
  CLOSE(tin_hypot(LEAF(3e38f, 3e-45f, 0x1p-149f, INFINITY, NAN, NAN, 0), LEAF(1e38f, 4e-45f, 0, NAN, -INFINITY, 1, -0.0f)), 3.1622777e38f,
        0x1p-149f * 4, 0x1p-149f, INFINITY, INFINITY, NAN, 0); /* 2 and 3 of the least denormal: sqrt(13) of it is 4 */
  tin_tensor *wide = tin_hypot(tin_full(ctx, TIN_F64, TIN_SHAPE(), 3e300), tin_full(ctx, TIN_F64, TIN_SHAPE(), 4e300));
  assert_true(fabs(tin_item(wide) - 5e300) < 2e285);
  wide = tin_hypot(tin_full(ctx, TIN_F64, TIN_SHAPE(), 3e-310), tin_full(ctx, TIN_F64, TIN_SHAPE(), 4e-310));
  assert_true(fabs(tin_item(wide) - 5e-310) <= 0x1p-1074);
  CLOSE(tin_logaddexp(x, tin_neg(x)), 0.73748795f, 1.7328285f, 2.5067153f);
  EXACT(tin_logaddexp(LEAF(INFINITY, -INFINITY, INFINITY, NAN, -INFINITY), LEAF(INFINITY, -INFINITY, 1, 1, 2)), INFINITY, -INFINITY,
        INFINITY, NAN, 2);
  CLOSE(tin_logit(LEAF(0.1f, 0.5f, 0.9f, 0, 1, 2), 0), -2.1972246f, 0, 2.1972244f, -INFINITY, INFINITY, NAN);
  CLOSE(tin_logit(LEAF(0, 0.5f, 2), 0.25), -1.0986123f, 0, 1.0986123f);
  EXACT(tin_lerp(LEAF(1, 1, 0.1f), LEAF(3, 3, 0.7f), LEAF(0.25f, 1, 1)), 1.5f, 3, 0.7f);
  CLOSE(tin_xlogy(LEAF(0, 0, 0, 2, 0), LEAF(0, -1, INFINITY, 3, NAN)), 0, 0, 0, 2.1972246f, NAN);
  CLOSE(tin_deg2rad(INTEGERS(180, -90)), 3.1415927f, -1.5707964f);
  CLOSE(tin_rad2deg(LEAF(3.1415927f)), 180);
  tin_logit(x, 0.75);
  assert_non_null(strstr(tin_message(ctx), "logit: eps 0.75 is above 1/2"));
  tin_clear_error(ctx);
  end_ctx(ctx);
}

/* digamma with its first and second derivative, from mpmath. */
static void test_digamma(void **state) {
  (void)state;
  static const double table[][4] = {{1, -0.57721566490153286061, 1.6449340668482264365, -2.4041138063191885708},
                                    {0.5, -1.9635100260214234794, 4.9348022005446793094, -16.828796644234319996},
                                    {1.4616321449683623, 0, 0.967672245447621255, -0.88552633796718436031},
                                    {10, 2.2517525890667211076, 0.10516633568168574612, -0.011049834970802067462},
                                    {-0.5, 0.036489973978576520559, 8.9348022005446793094, -0.8287966442343199956},
                                    {-3.75, -1.6923885983113303432, 19.504980060599575273, -124.07972713378925405},
                                    {1e-5, -100000.57719921567289, 10000000001.64490839, -2000000000000001.9132},
                                    {-1e-5, 99999.422767885629412, 10000000001.644956472, 1999999999999997.105},
                                    {1e20, 46.05170185988091368, 1e-20, -1e-40},
                                    {123.25, 4.8101525319648188803, 0.0081465944560802649872, -0.000066366634199026555555}};
  enum { ROWS = sizeof table / sizeof *table };
  tin_ctx *ctx = new_ctx();
  double points[ROWS], got[3][ROWS];
  for (int i = 0; i < ROWS; i++)
    points[i] = table[i][0];
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(ROWS), points), *value = tin_digamma(x);
  for (int order = 0; order < 3; order++, value = gradient_of(value, x)) {
    assert_true(tin_read(value, got[order], sizeof got[order]));
    for (int i = 0; i < ROWS; i++) {
      double want = table[i][order + 1], allowed = 0x1p-48 * (order == 0 ? fmax(1, fabs(want)) : 8 * fabs(want));
      if (!(fabs(got[order][i] - want) <= allowed))
        fail_msg("derivative %d of digamma at %g is %.17g, not %.17g", order, table[i][0], got[order][i], want);
    }
  }
  EXACT(tin_digamma(LEAF(0, -0.0f, -1, -7, INFINITY, -INFINITY, NAN)), -INFINITY, INFINITY, NAN, NAN, INFINITY, NAN, NAN);
  CLOSE(tin_digamma(LEAF(1.4616321f, 2, -1.5f)), -1.2036053e-08f, 0.42278434f, 0.7031566f);
  end_ctx(ctx);
}

/* The special values of C99's annex F; accuracy is test_program's. */
static void test_elementary(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  const float pi = 3.1415927f;
  EXACT(tin_asin(LEAF(-0.0f, 1, -1, 1.5f, NAN)), -0.0f, pi / 2, -pi / 2, NAN, NAN);
  EXACT(tin_acos(LEAF(1, -1, 0, -1.5f)), 0, pi, pi / 2, NAN);
  EXACT(tin_atan(LEAF(-0.0f, INFINITY, -INFINITY, 1)), -0.0f, pi / 2, -pi / 2, pi / 4);
  EXACT(tin_atan2(LEAF(0, -0.0f, 0, -0.0f, 1, 1, -2, INFINITY, INFINITY, -INFINITY, 1, NAN),
                  LEAF(1, 1, -1, -0.0f, 0, -INFINITY, INFINITY, INFINITY, -INFINITY, -INFINITY, 1, 0)),
        0, -0.0f, pi, -pi, pi / 2, pi, -0.0f, pi / 4, 0.75f * pi, -0.75f * pi, pi / 4, NAN);
  EXACT(tin_asinh(LEAF(-0.0f, INFINITY, -INFINITY)), -0.0f, INFINITY, -INFINITY);
  EXACT(tin_acosh(LEAF(1, INFINITY, 0.5f, -INFINITY)), 0, INFINITY, NAN, NAN);
  EXACT(tin_atanh(LEAF(-0.0f, 1, -1, 2)), -0.0f, INFINITY, -INFINITY, NAN);
  EXACT(tin_erfc(LEAF(0, INFINITY, -INFINITY, 20)), 1, 0, 2, 0);
  EXACT(tin_erfinv(LEAF(-0.0f, 1, -1, 2)), -0.0f, INFINITY, -INFINITY, NAN);
  EXACT(tin_cbrt(LEAF(0, -0.0f, -27, 0x1p-149f, INFINITY, -INFINITY, NAN)), 0, -0.0f, -3, 0x1.428a3p-50f, INFINITY, -INFINITY, NAN);
  EXACT(tin_cbrt(INTEGERS(8, -1000)), 2, -10);
  tin_tensor *cubes = LEAF(-8, 0, 27);
  EXACT(gradient_of(tin_cbrt(cubes), cubes), 1 / 12.0f, INFINITY, 1 / 27.0f);
  EXACT(tin_lgamma(LEAF(0, -0.0f, 1, 2, -3, INFINITY, -INFINITY, NAN)), INFINITY, INFINITY, 0, 0, INFINITY, INFINITY, INFINITY, NAN);
  CLOSE(tin_lgamma(INTEGERS(3, 10)), 0.6931472f, 12.801827f);
  CLOSE(tin_expression("atan2(a, b) + erfc(a) - lgamma(b) - digamma(a)", TIN_LIST(LEAF(1), LEAF(2))), 1.1981625f);
  end_ctx(ctx);
}

enum { SAMPLES = 1003 };

/* The function's values, as f64, over arguments of all sizes and classes. False where the target is not to be had. */
static bool values_on(const char *on, const char *text, tin_dtype dtype, double *out) {
  tin_ctx *ctx = tin_ctx_new_args((struct tin_ctx_options){.target = on, .threads = 1});
  bool usable = tin_ok(ctx);
  static double a[SAMPLES], b[SAMPLES];
  static const double classes[] = {0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, 0.5, -0.5, 2, 1e-310, 1e-40, 3e38};
  enum { CLASSES = sizeof classes / sizeof *classes };
  for (int i = 0; i < SAMPLES; i++) {
    double size = ldexp(1 + i * 0.7548776662466927 - floor(i * 0.7548776662466927), i % 97 < 60 ? i % 7 - 4 : 10 * (i % 97) - 780);
    a[i] = i < CLASSES * CLASSES ? classes[i % CLASSES] : i % 3 ? size : -size;
    b[i] = i < CLASSES * CLASSES ? classes[i / CLASSES] : i % 5 < 2 ? -1.25 : 0.75;
  }
  if (usable) {
    tin_tensor *x = tin_cast(tin_from(ctx, TIN_F64, TIN_SHAPE(SAMPLES), a), dtype);
    tin_tensor *y = tin_cast(tin_from(ctx, TIN_F64, TIN_SHAPE(SAMPLES), b), dtype);
    assert_true(tin_realize(TIN_LIST(x, y)));
    assert_true(tin_read(tin_cast(tin_expression(text, TIN_LIST(x, y)), TIN_F64), out, SAMPLES * sizeof *out));
  }
  tin_ctx_free(ctx);
  return usable;
}

static void test_same_bits(void **state) {
  (void)state;
  static const char *const functions[] = {"log(a)",   "asin(a)", "acos(a)",   "atan(a)",   "atan2(a, b)", "asinh(a)",   "acosh(a)",
                                          "atanh(a)", "erfc(a)", "erfinv(a)", "lgamma(a)", "digamma(a)",  "fmod(a, b)", "cbrt(a)"};
  static const char *const targets[] = {"portable", "avx2", "avx512"};
  static double want[SAMPLES], got[SAMPLES];
  for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
    for (int wide = 0; wide < 2; wide++) {
      tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
      assert_true(values_on("interpreter", functions[f], dtype, want));
      for (int t = 0; t < 3; t++) {
        bool usable = values_on(targets[t], functions[f], dtype, got);
        for (int i = 0; usable && i < SAMPLES; i++)
          if (!(isnan(want[i]) && isnan(got[i])) && memcmp(&want[i], &got[i], sizeof *got) != 0)
            fail_msg("%s of %s on %s: element %d is %a, not %a", functions[f], tin_dtype_name(dtype), targets[t], i, got[i], want[i]);
      }
    }
}

/* A tie is an ordinary point of these: first and second derivative. */
static void test_gradients_at_ties(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = LEAF(2, 0), *b = LEAF(2, 0), *first = gradient_of(tin_logaddexp(a, b), a);
  CLOSE(first, 0.5f, 0.5f);
  CLOSE(gradient_of(first, a), 0.25f, 0.25f);
  CLOSE(gradient_of(first, b), -0.25f, -0.25f);
  a = LEAF(1, 3, 0), b = LEAF(1, 0, 2);
  CLOSE(gradient_of(tin_hypot(a, b), a), 0.70710678f, 1, 0);
  CLOSE(gradient_of(tin_hypot(a, b), b), 0.70710678f, 0, 1);
  tin_tensor *x = LEAF(0, 0, 2), *y = LEAF(0, 3, 3);
  CLOSE(gradient_of(tin_xlogy(x, y), x), 0, 1.0986123f, 1.0986123f);
  CLOSE(gradient_of(tin_xlogy(x, y), y), 0, 0, 0.6666667f);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_remainders), cmocka_unit_test(test_gradients_of_remainders), cmocka_unit_test(test_signs_and_classes),
      cmocka_unit_test(test_functions),  cmocka_unit_test(test_gradients_at_ties),       cmocka_unit_test(test_digamma),
      cmocka_unit_test(test_elementary),
  };
  static const char *const targets[] = {"interpreter", "portable", NULL};
  int failed = 0;
  for (int i = 0; i < 3; i++) {
    target = targets[i];
    failed += cmocka_run_group_tests_name(target ? target : "best", tests, NULL, NULL);
  }
  const struct CMUnitTest same_bits[] = {cmocka_unit_test(test_same_bits)};
  return failed + cmocka_run_group_tests_name("targets", same_bits, NULL, NULL);
}
