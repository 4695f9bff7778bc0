/* C expressions: operators and their precedence, dtypes, names, gradients of the user's, errors with their columns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "context.h"
#include "expect.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

#define VECTOR(dtype, ...) TENSOR(ctx, dtype, TIN_SHAPE((int64_t)(sizeof F64(__VA_ARGS__) / sizeof(double))), __VA_ARGS__)

/* Texts that C computes too. */
static void test_integers(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  const int a = -13, b = 5, c = 3;
  tin_tensor *ai = VECTOR(TIN_I32, a), *bi = VECTOR(TIN_I32, b), *ci = VECTOR(TIN_I32, c);
#define SAME(text)                                                                                                                         \
  do {                                                                                                                                     \
    tin_tensor *got = tin_expression(#text, TIN_LIST(ai, bi, ci));                                                                         \
    assert_true(tin_dtype_of(got) == TIN_I32 || tin_dtype_of(got) == TIN_BOOL);                                                            \
    expect_values(__LINE__, got, 0, (double[]){(text)}, 1);                                                                                \
  } while (0)
  SAME(a + b * c - a / b);
  SAME(a % b + b % c * 2);
  SAME((a ^ b) & (c | 8));
  SAME((a & b) == (c & 7));
  SAME((b << 2) + (b << (c - 1)));
  SAME((a >> 1) - (b << 2 << 1));
  SAME(~a + ~0x1f - -b);
  SAME(!a + !(b - 5) + (a < b) + (b >= c));
  SAME(b > c ? a : b > 9 ? 1 : 2);
  SAME(a < 0 ? b < 0 ? 1 : 2 : 3);
  SAME((a && b) || c);
  SAME((b & 1) != 0 && (c | 4) == 7);
  SAME(1 + 7 / 2 * b);
  SAME(b - 2 - 1);
#undef SAME
  EXPECT_EXACT(tin_expression("a | b ^ c & 6", TIN_LIST(ai, bi, ci)), -13 | (5 ^ (3 & 6)));
  EXPECT_EXACT(tin_expression("a | b == c << 1", TIN_LIST(ai, bi, ci)), -13);
  EXPECT_EXACT(tin_expression("a + b << c & 60", TIN_LIST(ai, bi, ci)), ((-13 + 5) * 8) & 60);
  EXPECT_EXACT(tin_expression("a < b == c > 0 || a", TIN_LIST(ai, bi, ci)), 1);
  end_ctx(ctx);
}

static void test_dtypes(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *f = VECTOR(TIN_F32, 2.5, -7), *n = VECTOR(TIN_I32, 6, 9), *m = VECTOR(TIN_BOOL, 1, 0), *d = VECTOR(TIN_F64, 0.1, 3);
  tin_tensor *u = VECTOR(TIN_U8, 200, 3);
  EXPECT_TYPE(tin_expression("a * 2", TIN_LIST(n)), TIN_I32, 2);
  EXPECT_TYPE(tin_expression("a * 2.0", TIN_LIST(n)), TIN_F32, 2);
  EXPECT_TYPE(tin_expression("a + b", TIN_LIST(n, d)), TIN_F64, 2);
  EXPECT_TYPE(tin_expression("a > 0", TIN_LIST(f)), TIN_BOOL, 2);
  EXPECT_TYPE(tin_expression("a + a", TIN_LIST(m)), TIN_I32, 2);
  EXPECT_TYPE(tin_expression("a & !b", TIN_LIST(m, m)), TIN_BOOL, 2);
  EXPECT_TYPE(tin_expression("a * b", TIN_LIST(tin_cast(f, TIN_BF16), n)), TIN_BF16, 2);
  EXPECT_TYPE(tin_expression("a * b", TIN_LIST(tin_cast(f, TIN_BF16), f)), TIN_F32, 2);
  EXPECT_TYPE(tin_expression("2", TIN_LIST(n)), TIN_I32, 2);
  EXPECT_TYPE(tin_expression("0.5", TIN_LIST(n)), TIN_F32, 2);
  EXPECT_EXACT(tin_expression("a * ((b >> 1) & 1)", TIN_LIST(f, n)), 2.5, -0.0);
  EXPECT_EXACT(tin_expression("b & 1 << 3 ? a : 1 / 4", TIN_LIST(d, n)), 0.25, 3);
  EXPECT_EXACT(tin_expression("a / 4", TIN_LIST(n)), 1, 2);
  EXPECT_EXACT(tin_expression("a / 4.", TIN_LIST(n)), 1.5, 2.25);
  EXPECT_EXACT(tin_expression("a % 2", TIN_LIST(f)), 0.5, -1);
  EXPECT_EXACT(tin_expression("a + 100", TIN_LIST(u)), 44, 103);
  EXPECT_EXACT(tin_expression("a & ~1", TIN_LIST(u)), 200, 2);
  EXPECT_EXACT(tin_expression("(a > -1) + (a < 256) + min(a, -1)", TIN_LIST(u)), 1, 1);
  EXPECT_TYPE(tin_expression("a + 0x100000000", TIN_LIST(n)), TIN_I64, 2);
  EXPECT_EXACT(tin_expression("~a", TIN_LIST(u)), 55, 252);
  EXPECT_EXACT(tin_expression("~a", TIN_LIST(m)), -2, -1);
  EXPECT_EXACT(tin_expression("-a", TIN_LIST(m)), -1, 0);
  EXPECT_EXACT(tin_expression("a == 0.1", TIN_LIST(d)), 1, 0);
  EXPECT_EXACT(tin_expression("a + b", TIN_LIST(d, tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 1)))), 0.1, 3, 0.1, 3);
  EXPECT_TYPE(tin_expression("a + 1", TIN_LIST(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 4)))), TIN_F32, 0, 4);
  EXPECT_EXACT(tin_expression("a + 1", TIN_LIST(tin_constant(ctx, TIN_F64, 2))), 3);
  end_ctx(ctx);
}

static void test_numbers_and_names(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(TIN_F64, 2), *y = VECTOR(TIN_F64, -3);
  const struct {
    const char *text;
    double value;
  } cases[] = {{"0x1F", 31},
               {"0x1.8p3", 12},
               {"1e2 + 1.5E-1", 100.15},
               {".5f + 2.F", 2.5},
               {"3uL", 3},
               {"M_PI", 0x1.921fb54442d18p1},
               {"M_E", 0x1.5bf0a8b145769p1},
               {"-INFINITY", -INFINITY},
               {"NAN", NAN},
               {"1/4", 0.25},
               {"pow(a, 3)", 8},
               {"pow(a, -2)", 0.25},
               {"power(a, b)", 0.125},
               {"min(a, b)", -3},
               {"max(a, 7)", 7},
               {"fmin(b, NAN)", -3},
               {"hypot(a, 0)", 2},
               {"fabs(b)", 3},
               {"copysign(a, b)", -2},
               {"remainder(b, a)", 1},
               {"fmod(b, a)", -1},
               {"floor_divide(b, a)", -2},
               {"sign(b)", -1},
               {"where(a > 0, a, 5)", 2},
               {"where(b > 0, 1, 0.5)", 0.5},
               {"fma(a, b, 10)", 4},
               {"lerp(a, b, 0.5)", -0.5},
               {"clamp(b, -1, 1)", -1},
               {"heaviside(0 * a, 0.5)", 0.5},
               {"isnan(a) + isinf(1 / (a - a))", 1},
               {"rsqrt(a * a)", 0.5},
               {"xlogy(0, b + 3)", 0},
               {"logaddexp(b, b) + 3", 0x1.62e42fefa39efp-1},
               {"a\n +\t b", -1},
               {"- - -a", -2},
               {"square(reciprocal(a))", 0.25},
               {"detach(a) * b", -6}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tin_tensor *got = tin_expression(cases[i].text, TIN_LIST(x, y));
    if (tin_is_poison(got))
      fail_msg("%s", tin_message(ctx));
    double value = tin_item(got);
    if (!(fabs(value - cases[i].value) <= 1e-15 * fabs(value)) && !(isnan(value) && isnan(cases[i].value)) && value != cases[i].value)
      fail_msg("%s is %g, not %g", cases[i].text, value, cases[i].value);
  }
  end_ctx(ctx);
}

/* ---- gradients ---- */

static tin_tensor *product(void *user, tin_list x) {
  (void)user;
  return tin_expression_with_gradient("a * exp(b)", "g * exp(b); g * y", x);
}

static tin_tensor *plain(void *user, tin_list x) {
  return tin_expression(user, x);
}

static void test_gradients(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 1), 0.7, -1.3), *y = VECTOR(TIN_F64, 0.2, -0.4, 1.1), *out[2];
  if (!tin_gradcheck(product, NULL, TIN_LIST(x, y), .second_order = true) ||
      !tin_gradcheck(plain, "b * a * (a > 0 ? a : 1) + pow(a, 3) / (1 + b * b) % 0.7", TIN_LIST(x, y), .second_order = true))
    fail_msg("%s", tin_message(ctx));
  tin_tensor *rounded = tin_expression_with_gradient("round(a) * b", " g * b ; ", TIN_LIST(x, y));
  EXPECT_EXACT(rounded, 0.2, -0.4, 1.1, -0.2, 0.4, -1.1);
  tin_grad(rounded, TIN_LIST(x, y), out);
  EXPECT_NEAR(out[0], 1e-15, 0.9, 0.9);
  EXPECT_EXACT(out[1], 0, 0, 0);
  tin_tensor *f = VECTOR(TIN_F32, 1, 2), *n = VECTOR(TIN_I32, 3, 4);
  tin_grad(tin_expression_with_gradient("a * b", "g * (b > 3);", TIN_LIST(f, n)), TIN_LIST(f), out);
  EXPECT_TYPE(out[0], TIN_F32, 2);
  EXPECT_EXACT(out[0], 0, 1);
  tin_tensor *half = VECTOR(TIN_F16, 3, 5), *scaled = tin_expression_with_gradient("a / 3 * 3", "g * y", TIN_LIST(half));
  EXPECT_TYPE(scaled, TIN_F16, 2);
  EXPECT_EXACT(scaled, 3, 5);
  tin_grad(scaled, TIN_LIST(half), out);
  EXPECT_TYPE(out[0], TIN_F16, 2);
  EXPECT_EXACT(out[0], 3, 5);
  end_ctx(ctx);
}

/* ---- errors ---- */

static void expect_error(tin_ctx *ctx, int line, tin_tensor *got, const char *text) {
  assert_true(tin_is_poison(got));
  const char *colon = strstr(tin_message(ctx), ": ");
  if (!colon || strcmp(colon + 2, text) != 0)
    fail_msg("line %d: the message is %s", line, tin_message(ctx));
  tin_clear_error(ctx);
}
#define ERROR(call, text) expect_error(ctx, __LINE__, call, text)

static void test_errors(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(TIN_F32, 1, 2), *n = VECTOR(TIN_I32, 1, 2), *many[27];
  ERROR(tin_expression("a a", TIN_LIST(x)), "expression: column 3: expected an operator\n  a a\n    ^");
  ERROR(tin_expression("minimum(a)", TIN_LIST(x)),
        "expression: column 10: expected a comma and a second operand\n  minimum(a)\n           ^");
  ERROR(tin_expression("", TIN_LIST(x)), "expression: column 1: expected a number, an operand, a function or (\n  \n  ^");
  ERROR(tin_expression("a + foo(a)", TIN_LIST(x)),
        "expression: column 5: expected an elementwise function of tinsmith.h without tin_, such "
        "as exp, hypot or where\n  a + foo(a)\n      ^");
  ERROR(tin_expression("a + b * d", TIN_LIST(x, x)), "expression: column 9: expected an operand (a, b)\n  a + b * d\n          ^");
  ERROR(tin_expression("a & b", TIN_LIST(x, n)), "expression: column 3: expected integers on both sides of this operator\n  a & b\n    ^");
  ERROR(tin_expression("1 + ~a", TIN_LIST(x)), "expression: column 5: expected an integer behind this operator\n  1 + ~a\n      ^");
  ERROR(tin_expression("a * 010", TIN_LIST(n)),
        "expression: column 5: expected a number without a leading 0, which means octal in C\n  a * 010\n      ^");
  ERROR(tin_expression("a + 18446744073709551615", TIN_LIST(n)),
        "expression: column 5: expected an integer of at most 53 bits\n  a + 18446744073709551615\n      ^");
  ERROR(tin_expression("a ? a", TIN_LIST(x)), "expression: column 6: expected :\n  a ? a\n       ^");
  ERROR(tin_expression("a = 1", TIN_LIST(x)), "expression: column 3: expected an operator\n  a = 1\n    ^");
  ERROR(tin_expression("mod(a, a)", TIN_LIST(x)), "mod: needs integers, but a is f32");
  ERROR(tin_expression(NULL, TIN_LIST(x)), "expression: the text is NULL");
  for (int i = 0; i < 27; i++)
    many[i] = x;
  ERROR(tin_expression("a", ((tin_list){many, 27})), "expression: 27 operands; at most 26 have a letter");
  EXPECT_EXACT(tin_expression("a + z", ((tin_list){many, 26})), 2, 4);
  ERROR(tin_expression_with_gradient("a", "1", ((tin_list){many, 7})), "expression_with_gradient: 7 operands; at most 6 have a letter");
  ERROR(tin_expression_with_gradient("a", "g * c", TIN_LIST(x)),
        "expression_with_gradient: column 5: expected an operand (a, g, y)\n  g * c\n      ^");
  ERROR(tin_expression_with_gradient("a * b", "g", TIN_LIST(x, x)),
        "expression_with_gradient: column 2: expected a semicolon and the gradient of the next operand\n  g\n   ^");
  ERROR(tin_expression_with_gradient("a", "g; g", TIN_LIST(x)),
        "expression_with_gradient: column 2: expected the end: there is a gradient for each operand\n  g; g\n   ^");
  ERROR(tin_expression_with_gradient("a", NULL, TIN_LIST(x)), "expression_with_gradient: the text is NULL");
  ERROR(tin_expression_with_gradient("a > 0", "g", TIN_LIST(x)), "custom_gradient: y [2] is bool; gradients need f32 or f64");
  end_ctx(ctx);
}

/* Deep and long texts: an error, or an answer, but no overflow of the stack. */
static void test_limits(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(TIN_F32, 1);
  enum { LENGTH = 70000 };
  char *text = malloc(LENGTH + 1);
  assert_non_null(text);
  static const char repeated[] = "(-!~";
  for (int i = 0; i < 4; i++) {
    memset(text, repeated[i], LENGTH);
    text[LENGTH] = 0;
    ERROR(tin_expression(text, TIN_LIST(x)), "expression: the text is longer than 65536 characters");
    text[5000] = 0;
    assert_true(tin_is_poison(tin_expression(text, TIN_LIST(x))));
    assert_non_null(strstr(tin_message(ctx), "expected less nesting"));
    tin_clear_error(ctx);
  }
  for (int i = 0; i < 1000; i++)
    memcpy(text + 2 * i, "a+", 2);
  text[1999] = 0;
  EXPECT_EXACT(tin_expression(text, TIN_LIST(x)), 1000);
  free(text);
  end_ctx(ctx);
}

/* Texts of random tokens: each is an error or a tensor. */
static void test_random(void **state) {
  (void)state;
  static const char *const tokens[] = {"a",  "b",  "(",    ")",    "+",      "-",    "*", "/", "%", "&",   "|",  "^",
                                       "<<", ">>", "<",    "==",   "?",      ":",    "!", "~", "1", "0.5", "0x", "1e",
                                       ".",  ",",  "exp(", "pow(", "where(", "fma(", ";", "g", "_", "NAN", "\n", "\x80"};
  enum { TOKENS = sizeof tokens / sizeof *tokens };
  tin_ctx *ctx = new_ctx();
  uint32_t random = 12345;
  int good = 0;
  for (int round = 0; round < 3000; round++) {
    char text[128] = "";
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x = VECTOR(TIN_F32, 1, 2), *n = VECTOR(TIN_I32, 3, 4);
    random = random * 1664525 + 1013904223;
    for (int count = 1 + (int)(random >> 28); count > 0; count--) {
      random = random * 1664525 + 1013904223;
      strcat(text, tokens[(random >> 8) % TOKENS]);
    }
    good += !tin_is_poison(tin_expression(text, TIN_LIST(x, n)));
    tin_expression_with_gradient("a * b", text, TIN_LIST(x, n));
    tin_clear_error(ctx);
    tin_end(scope);
  }
  assert_in_range(good, 20, 2000);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_integers),  cmocka_unit_test(test_dtypes), cmocka_unit_test(test_numbers_and_names),
      cmocka_unit_test(test_gradients), cmocka_unit_test(test_errors),
  };
  const struct CMUnitTest once[] = {cmocka_unit_test(test_limits), cmocka_unit_test(test_random)};
  int failed = cmocka_run_group_tests_name("best", tests, NULL, NULL) + cmocka_run_group_tests_name("parser", once, NULL, NULL);
  target = "interpreter";
  return failed + cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
}
