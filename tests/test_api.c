/* The core API: values of every kind of op, scopes, variables and versions, statistics. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"

/* All tests run on the reference interpreter and on what the context chooses by itself (TIN_TARGET, or the best of the CPU). */
static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 2});
}

#define F32(...) ((float[]){__VA_ARGS__})

/* Compares a tensor of any dtype with f32 values, within a few units in the last place; NaN equals NaN. */
static void expect(int line, tin_tensor *t, const float *want, int count) {
  float got[256];
  tin_ctx *ctx = tin_ctx_of(t);
  tin_tensor *x = tin_cast(t, TIN_F32);
  if (tin_size_of(t) != count || !tin_read(x, got, (size_t)count * sizeof *got))
    fail_msg("line %d: %lld elements, %s", line, (long long)tin_size_of(t), tin_message(ctx));
  for (int i = 0; i < count; i++) {
    float distance = fabsf(got[i] - want[i]);
    bool same = (isnan(want[i]) && isnan(got[i])) || got[i] == want[i] || distance <= 4e-6f * fabsf(want[i]) || distance < 1e-37f;
    if (!same)
      fail_msg("line %d: element %d is %g, not %g", line, i, (double)got[i], (double)want[i]);
  }
}
#define EXPECT(t, ...) expect(__LINE__, t, F32(__VA_ARGS__), (int)(sizeof F32(__VA_ARGS__) / sizeof(float)))

static void expect_shape(int line, tin_tensor *t, tin_shape want) {
  tin_shape got = tin_shape_of(t);
  bool same = got.rank == want.rank;
  for (int i = 0; same && i < want.rank; i++)
    same = got.size[i] == want.size[i];
  if (!same)
    fail_msg("line %d: wrong shape of rank %d, sizes %lld %lld %lld", line, got.rank, (long long)got.size[0], (long long)got.size[1],
             (long long)got.size[2]);
}
#define EXPECT_SHAPE(t, ...) expect_shape(__LINE__, t, TIN_SHAPE(__VA_ARGS__))

static tin_tensor *vector(tin_ctx *ctx, const float *values, int64_t count) {
  return tin_from(ctx, TIN_F32, TIN_SHAPE(count), values);
}
#define VECTOR(ctx, ...) vector(ctx, F32(__VA_ARGS__), (int64_t)(sizeof F32(__VA_ARGS__) / sizeof(float)))
#define MATRIX(ctx, rows, columns, ...) tin_from(ctx, TIN_F32, TIN_SHAPE(rows, columns), F32(__VA_ARGS__))

/* ---- elementwise ---- */

static void test_one_operand(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(ctx, -2.5f, -0.5f, 0, 0.5f, 4, NAN);
  EXPECT(tin_neg(x), 2.5f, 0.5f, -0.0f, -0.5f, -4, NAN);
  EXPECT(tin_abs(x), 2.5f, 0.5f, 0, 0.5f, 4, NAN);
  EXPECT(tin_sign(x), -1, -1, 0, 1, 1, 0);
  EXPECT(tin_cbrt(x), cbrtf(-2.5f), cbrtf(-0.5f), 0, cbrtf(0.5f), cbrtf(4), NAN);
  EXPECT(tin_square(x), 6.25f, 0.25f, 0, 0.25f, 16, NAN);
  EXPECT(tin_sqrt(x), NAN, NAN, 0, sqrtf(0.5f), 2, NAN);
  EXPECT(tin_rsqrt(x), NAN, NAN, INFINITY, 1 / sqrtf(0.5f), 0.5f, NAN);
  EXPECT(tin_reciprocal(x), -0.4f, -2, INFINITY, 2, 0.25f, NAN);
  EXPECT(tin_exp(x), expf(-2.5f), expf(-0.5f), 1, expf(0.5f), expf(4), NAN);
  EXPECT(tin_log(x), NAN, NAN, -INFINITY, logf(0.5f), logf(4), NAN);
  EXPECT(tin_expm1(x), expm1f(-2.5f), expm1f(-0.5f), 0, expm1f(0.5f), expm1f(4), NAN);
  EXPECT(tin_log1p(x), NAN, log1pf(-0.5f), 0, log1pf(0.5f), log1pf(4), NAN);
  EXPECT(tin_exp2(x), exp2f(-2.5f), exp2f(-0.5f), 1, exp2f(0.5f), exp2f(4), NAN);
  EXPECT(tin_log2(x), NAN, NAN, -INFINITY, log2f(0.5f), log2f(4), NAN);
  EXPECT(tin_log10(x), NAN, NAN, -INFINITY, log10f(0.5f), log10f(4), NAN);
  EXPECT(tin_tan(x), tanf(-2.5f), tanf(-0.5f), 0, tanf(0.5f), tanf(4), NAN);
  EXPECT(tin_sinh(x), sinhf(-2.5f), sinhf(-0.5f), 0, sinhf(0.5f), sinhf(4), NAN);
  EXPECT(tin_cosh(x), coshf(-2.5f), coshf(-0.5f), 1, coshf(0.5f), coshf(4), NAN);
  EXPECT(tin_sin(x), sinf(-2.5f), sinf(-0.5f), 0, sinf(0.5f), sinf(4), NAN);
  EXPECT(tin_cos(x), cosf(-2.5f), cosf(-0.5f), 1, cosf(0.5f), cosf(4), NAN);
  EXPECT(tin_tanh(x), tanhf(-2.5f), tanhf(-0.5f), 0, tanhf(0.5f), tanhf(4), NAN);
  EXPECT(tin_erf(x), erff(-2.5f), erff(-0.5f), 0, erff(0.5f), erff(4), NAN);
  EXPECT(tin_relu(x), 0, 0, 0, 0.5f, 4, NAN);
  EXPECT(tin_round(x), -2, -0.0f, 0, 0, 4, NAN);
  EXPECT(tin_floor(x), -3, -1, 0, 0, 4, NAN);
  EXPECT(tin_ceil(x), -2, 0, 0, 1, 4, NAN);
  EXPECT(tin_trunc(x), -2, 0, 0, 0, 4, NAN);
  EXPECT(tin_isnan(x), 0, 0, 0, 0, 0, 1);
  EXPECT(tin_logical_not(x), 0, 0, 1, 0, 0, 0);
  EXPECT(tin_detach(x), -2.5f, -0.5f, 0, 0.5f, 4, NAN);
  EXPECT(tin_cast(x, TIN_I32), -2, 0, 0, 0, 4, 0);
  EXPECT(tin_cast(x, TIN_BOOL), 1, 1, 0, 1, 1, 1);
  EXPECT(tin_bitcast(tin_bitcast(x, TIN_U32), TIN_F32), -2.5f, -0.5f, 0, 0.5f, 4, NAN);
  EXPECT(tin_bitwise_not(tin_cast(x, TIN_I32)), 1, -1, -1, -1, -5, -1);
  EXPECT(tin_clamp(x, -1, 2), -1, -0.5f, 0, 0.5f, 2, NAN);
  EXPECT(tin_clamp(x, 0, INFINITY), 0, 0, 0, 0.5f, 4, NAN);
  end_ctx(ctx);
}

static void test_sigmoid_does_not_overflow(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(ctx, -1000, -100, -1, 0, 1, 100, 1000), *gradient;
  tin_tensor *y = tin_sigmoid(x);
  float s = 1 / (1 + expf(-1));
  EXPECT(y, 0, expf(-100), 1 - s, 0.5f, s, 1, 1);
  tin_grad(y, TIN_LIST(x), &gradient);
  EXPECT(gradient, 0, expf(-100), s * (1 - s), 0.25f, s * (1 - s), expf(-100), 0);
  end_ctx(ctx);
}

static void test_pow(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(ctx, -2, 0, 3, NAN);
  EXPECT(tin_pow(x, 0), 1, 1, 1, 1);
  EXPECT(tin_pow(x, 3), -8, 0, 27, NAN);
  EXPECT(tin_pow(x, 10), 1024, 0, 59049, NAN);
  EXPECT(tin_pow(x, -2), 0.25f, INFINITY, 1.0f / 9, NAN);
  EXPECT(tin_pow(x, 1.5), NAN, 0, powf(3, 1.5f), NAN);
  EXPECT(tin_pow(x, -0.5), NAN, INFINITY, powf(3, -0.5f), NAN);
  EXPECT(tin_pow(x, 0.3), NAN, 0, powf(3, 0.3f), NAN);
  EXPECT(tin_pow(x, 17), -131072, 0, powf(3, 17), NAN);
  EXPECT(tin_pow(x, -17), -0x1p-17f, INFINITY, 1 / powf(3, 17), NAN);
  EXPECT(tin_pow(VECTOR(ctx, 1, -1, 0.5f, -INFINITY), INFINITY), 1, 1, 0, INFINITY);
  end_ctx(ctx);
}

static void test_power(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(2, 1), ((float[]){-2, 9})), *y = VECTOR(ctx, 0.5f, 3, 0, -1, NAN);
  EXPECT(tin_power(x, y), NAN, -8, 1, -0.5f, NAN, 3, 729, 1, 1 / 9.0f, NAN);
  tin_tensor *i = tin_from(ctx, TIN_I32, TIN_SHAPE(2), ((int32_t[]){2, 3}));
  assert_int_equal(tin_dtype_of(tin_power(i, i)), TIN_F32);
  EXPECT(tin_power(i, i), 4, 27);
  EXPECT(tin_expression("pow(a, b)", TIN_LIST(i, i)), 4, 27);
  assert_int_equal(tin_dtype_of(tin_power(i, tin_full(ctx, TIN_F64, TIN_SHAPE(), 2))), TIN_F64);
  assert_int_equal(tin_size_of(tin_power(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 3)), VECTOR(ctx, 1, 2, 3))), 0);
  end_ctx(ctx);
}

static void test_two_operands(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = VECTOR(ctx, 1, -7, 0, NAN), *b = VECTOR(ctx, 2, 2, 0, 1);
  EXPECT(tin_add(a, b), 3, -5, 0, NAN);
  EXPECT(tin_sub(a, b), -1, -9, 0, NAN);
  EXPECT(tin_mul(a, b), 2, -14, 0, NAN);
  EXPECT(tin_div(a, b), 0.5f, -3.5f, NAN, NAN);
  EXPECT(tin_minimum(a, b), 1, -7, 0, NAN);
  EXPECT(tin_maximum(a, b), 2, 2, 0, NAN);
  EXPECT(tin_lt(a, b), 1, 1, 0, 0);
  EXPECT(tin_le(a, b), 1, 1, 1, 0);
  EXPECT(tin_gt(a, b), 0, 0, 0, 0);
  EXPECT(tin_ge(a, b), 0, 0, 1, 0);
  EXPECT(tin_eq(a, b), 0, 0, 1, 0);
  EXPECT(tin_ne(a, b), 1, 1, 0, 1);
  EXPECT(tin_logical_and(a, b), 1, 1, 0, 1);
  EXPECT(tin_logical_or(a, b), 1, 1, 0, 1);
  EXPECT(tin_logical_xor(a, b), 0, 0, 0, 0);
  EXPECT(tin_where(a, b, tin_full_like(b, 9)), 2, 2, 9, 1);
  EXPECT(tin_fma(a, b, b), 4, -12, 0, NAN);
  tin_tensor *i = tin_cast(a, TIN_I32), *j = tin_cast(b, TIN_I32);
  EXPECT(tin_idiv(i, j), 0, -3, 0, 0);
  EXPECT(tin_mod(i, j), 1, -1, 0, 0);
  EXPECT(tin_shl(i, j), 4, -28, 0, 0);
  EXPECT(tin_shr(i, j), 0, -2, 0, 0);
  EXPECT(tin_bitwise_and(i, j), 0, 0, 0, 0);
  EXPECT(tin_bitwise_or(i, j), 3, -5, 0, 1);
  EXPECT(tin_bitwise_xor(i, j), 3, -5, 0, 1);
  EXPECT(tin_add_scalar(a, 1), 2, -6, 1, NAN);
  EXPECT(tin_sub_scalar(a, 1), 0, -8, -1, NAN);
  EXPECT(tin_mul_scalar(a, 3), 3, -21, 0, NAN);
  EXPECT(tin_div_scalar(a, 4), 0.25f, -1.75f, 0, NAN);
  EXPECT(tin_scalar_sub(1, a), 0, 8, 1, NAN);
  EXPECT(tin_scalar_div(2, b), 1, 1, INFINITY, 2);
  end_ctx(ctx);
}

static void test_dtypes_promote(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *flag = tin_ones(ctx, TIN_BOOL, TIN_SHAPE(2)), *i = tin_ones(ctx, TIN_I32, TIN_SHAPE(2));
  tin_tensor *u = tin_ones(ctx, TIN_U32, TIN_SHAPE(2)), *d = tin_ones(ctx, TIN_F64, TIN_SHAPE(2));
  assert_int_equal(tin_dtype_of(tin_add(flag, flag)), TIN_I32);
  assert_int_equal(tin_dtype_of(tin_mul(flag, flag)), TIN_BOOL);
  assert_int_equal(tin_dtype_of(tin_add(i, u)), TIN_I64);
  assert_int_equal(tin_dtype_of(tin_add(i, d)), TIN_F64);
  assert_int_equal(tin_dtype_of(tin_div(i, i)), TIN_F32);
  assert_int_equal(tin_dtype_of(tin_idiv(i, i)), TIN_I32);
  assert_int_equal(tin_dtype_of(tin_exp(i)), TIN_F32);
  assert_int_equal(tin_dtype_of(tin_floor(i)), TIN_I32);
  assert_int_equal(tin_dtype_of(tin_sum(flag)), TIN_I64);
  assert_int_equal(tin_dtype_of(tin_mean(i)), TIN_F32);
  assert_int_equal(tin_dtype_of(tin_add_scalar(i, 2)), TIN_I32);
  assert_int_equal(tin_dtype_of(tin_add_scalar(i, 2.5)), TIN_F32);
  assert_int_equal(tin_dtype_of(tin_add_scalar(d, 2.5)), TIN_F64);
  assert_int_equal(tin_dtype_of(tin_where(flag, i, d)), TIN_F64);
  assert_int_equal(tin_dtype_of(tin_argmax(d)), TIN_I32);
  EXPECT(tin_add_scalar(i, 2.5), 3.5f, 3.5f);
  end_ctx(ctx);
}

static void test_broadcasting(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *column = MATRIX(ctx, 2, 1, 10, 20), *row = MATRIX(ctx, 1, 3, 1, 2, 3);
  tin_tensor *sum = tin_add(column, row);
  EXPECT_SHAPE(sum, 2, 3);
  EXPECT(sum, 11, 12, 13, 21, 22, 23);
  EXPECT(tin_mul(VECTOR(ctx, 1, 0, 2), sum), 11, 0, 26, 21, 0, 46);
  EXPECT_SHAPE(tin_add(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 1)), row), 0, 3);
  EXPECT_SHAPE(tin_add(tin_zeros(ctx, TIN_F32, TIN_SHAPE(4, 1, 1)), sum), 4, 2, 3);
  EXPECT_SHAPE(tin_add(tin_constant(ctx, TIN_F32, 1), tin_constant(ctx, TIN_F32, 1)));
  EXPECT_SHAPE(tin_zeros(ctx, TIN_F32, TIN_SHAPE(1, 2, 3, 4, 5, 6, 7, 8)), 1, 2, 3, 4, 5, 6, 7, 8);
  end_ctx(ctx);
}

static void test_expression(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = VECTOR(ctx, -1, 0, 2), *y = VECTOR(ctx, 3, 3, 3), *gradient;
  EXPECT(tin_expression("a * b + 0.5 * -a", TIN_LIST(x, y)), -2.5f, 0, 5);
  EXPECT(tin_expression("a > 0 && b >= 3 ? exp(a) : minimum(a, b) - 1", TIN_LIST(x, y)), -2, -1, expf(2));
  EXPECT(tin_expression("(a < 0) + (a == 0) * 2 + !(a != 2)", TIN_LIST(x)), 1, 2, 1);
  EXPECT(tin_expression(" 1e1 / (1 + abs( a )) ", TIN_LIST(x)), 5, 10, 10.0f / 3);
  EXPECT(tin_expression("expm1(a) + log1p(b)", TIN_LIST(x, y)), expm1f(-1) + log1pf(3), log1pf(3), expm1f(2) + log1pf(3));
  EXPECT(tin_expression("exp2(b) + log2(b + 1) + log10(b + 97)", TIN_LIST(x, y)), 12, 12, 12);
  EXPECT(tin_expression("tan(a) + sinh(a) - cosh(a)", TIN_LIST(x)), tanf(-1) - expf(1), -1, tanf(2) - expf(-2));
  tin_tensor *silu = tin_expression("a / (1 + exp(-a))", TIN_LIST(x));
  tin_grad(silu, TIN_LIST(x), &gradient);
  float s = 1 / (1 + expf(-2)), n = 1 / (1 + expf(1));
  EXPECT(gradient, n - n * (1 - n), 0.5f, s + 2 * s * (1 - s));
  end_ctx(ctx);
}

/* ---- reductions ---- */

static void test_reductions(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = MATRIX(ctx, 2, 3, 1, 2, 3, 4, 5, 9);
  EXPECT(tin_sum(x), 24);
  EXPECT(tin_sum(x, .axes = TIN_AXES(0)), 5, 7, 12);
  EXPECT(tin_sum(x, .axes = TIN_AXES(-1)), 6, 18);
  EXPECT_SHAPE(tin_sum(x, .axes = TIN_AXES(-1), .keepdims = true), 2, 1);
  EXPECT_SHAPE(tin_sum(x, .axes = TIN_AXES(0, 1), .keepdims = true), 1, 1);
  EXPECT(tin_prod(x, .axes = TIN_AXES(1)), 6, 180);
  EXPECT(tin_max(x), 9);
  EXPECT(tin_min(x, .axes = TIN_AXES(0)), 1, 2, 3);
  EXPECT(tin_mean(x, .axes = TIN_AXES(1)), 2, 6);
  EXPECT(tin_var(x, .axes = TIN_AXES(1)), 1, 7);
  EXPECT(tin_var(x, .axes = TIN_AXES(1), .correction = TIN_NO_CORRECTION), 2.0f / 3, 14.0f / 3);
  EXPECT(tin_any(tin_gt(x, tin_full_like(x, 4)), .axes = TIN_AXES(1)), 0, 1);
  EXPECT(tin_all(tin_gt(x, tin_full_like(x, 3)), .axes = TIN_AXES(1)), 0, 1);
  EXPECT(tin_argmax(x), 5);
  EXPECT(tin_argmax(x, .axes = TIN_AXES(0)), 1, 1, 1);
  EXPECT(tin_argmin(x, .axes = TIN_AXES(1)), 0, 0);
  EXPECT(tin_argmax(MATRIX(ctx, 2, 3, 1, 7, 7, 1, NAN, 9), .axes = TIN_AXES(1)), 1, 1);
  EXPECT_SHAPE(tin_argmax(x, .keepdims = true), 1, 1);
  EXPECT(tin_logsumexp(MATRIX(ctx, 1, 2, 1000, 1000), .axes = TIN_AXES(1)), 1000 + logf(2));
  EXPECT(tin_logsumexp(VECTOR(ctx, -INFINITY, -INFINITY)), -INFINITY);
  EXPECT(tin_logsumexp(VECTOR(ctx, 1, INFINITY)), INFINITY);
  EXPECT(tin_sum(tin_constant(ctx, TIN_F32, 3)), 3);
  end_ctx(ctx);
}

static void test_reductions_of_nothing(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 0));
  EXPECT(tin_sum(x), 0);
  EXPECT(tin_prod(x, .axes = TIN_AXES(1)), 1, 1);
  EXPECT(tin_mean(x), NAN);
  EXPECT(tin_any(x, .axes = TIN_AXES(1)), 0, 0);
  EXPECT(tin_all(x), 1);
  EXPECT_SHAPE(tin_max(x, .axes = TIN_AXES(0)), 0);
  EXPECT_SHAPE(tin_softmax(x, 1), 2, 0);
  end_ctx(ctx);
}

static void test_softmax(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = MATRIX(ctx, 2, 2, 0, 1, 1000, 1000);
  float p = 1 / (1 + expf(1));
  EXPECT(tin_softmax(x, -1), p, 1 - p, 0.5f, 0.5f);
  EXPECT(tin_log_softmax(x, 1), logf(p), logf(1 - p), -logf(2), -logf(2));
  EXPECT(tin_softmax(x, 0), 0, 0, 1, 1);
  end_ctx(ctx);
}

/* ---- contractions ---- */

static void test_matmul(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = MATRIX(ctx, 2, 3, 1, 2, 3, 4, 5, 6), *b = MATRIX(ctx, 3, 2, 1, 0, 0, 1, 1, 1);
  EXPECT(tin_matmul(a, b), 4, 5, 10, 11);
  EXPECT(tin_matmul(a, tin_transpose(a, 0, 1)), 14, 32, 32, 77);
  EXPECT(tin_matmul(VECTOR(ctx, 1, 1), a), 5, 7, 9);
  EXPECT(tin_matmul(a, VECTOR(ctx, 1, 0, 1)), 4, 10);
  tin_tensor *dot = tin_matmul(VECTOR(ctx, 1, 2), VECTOR(ctx, 3, 4));
  EXPECT_SHAPE(dot);
  EXPECT(dot, 11);
  tin_tensor *batch = tin_stack(TIN_LIST(a, tin_neg(a)), 0);
  EXPECT_SHAPE(tin_matmul(batch, b), 2, 2, 2);
  EXPECT(tin_matmul(batch, b), 4, 5, 10, 11, -4, -5, -10, -11);
  EXPECT_SHAPE(tin_matmul(tin_unsqueeze(batch, 1), tin_expand(b, TIN_SHAPE(1, 5, 3, 2))), 2, 5, 2, 2);
  EXPECT(tin_matmul(tin_zeros(ctx, TIN_F32, TIN_SHAPE(1, 0)), tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 2))), 0, 0);
  EXPECT(tin_matmul(VECTOR(ctx, 1, 2), batch), 9, 12, 15, -9, -12, -15);
  end_ctx(ctx);
}

static void test_einsum(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = MATRIX(ctx, 2, 3, 1, 2, 3, 4, 5, 6), *b = MATRIX(ctx, 3, 2, 1, 0, 0, 1, 1, 1);
  EXPECT(tin_einsum("ij,jk->ik", a, b), 4, 5, 10, 11);
  EXPECT(tin_einsum("ij,jk->ki", a, b), 4, 10, 5, 11);
  EXPECT(tin_einsum("ij,jk->", a, b), 30);
  EXPECT(tin_einsum("ij,ij->j", a, a), 17, 29, 45);
  EXPECT(tin_einsum("ij, k->ki", a, VECTOR(ctx, 1, 10)), 6, 15, 60, 150);
  EXPECT(tin_einsum("i,j->ij", VECTOR(ctx, 1, 2), VECTOR(ctx, 3, 4)), 3, 4, 6, 8);
  end_ctx(ctx);
}

/* ---- movement and indexing ---- */

static void test_movement(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = MATRIX(ctx, 2, 3, 1, 2, 3, 4, 5, 6);
  EXPECT_SHAPE(tin_reshape(x, TIN_SHAPE(3, -1)), 3, 2);
  EXPECT_SHAPE(tin_flatten(tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 3, 4)), 1, -1), 2, 12);
  EXPECT(tin_permute(x, TIN_AXES(1, 0)), 1, 4, 2, 5, 3, 6);
  EXPECT(tin_transpose(x, -1, 0), 1, 4, 2, 5, 3, 6);
  EXPECT(tin_expand(VECTOR(ctx, 1, 2), TIN_SHAPE(2, -1)), 1, 2, 1, 2);
  EXPECT_SHAPE(tin_unsqueeze(x, -1), 2, 3, 1);
  EXPECT_SHAPE(tin_unsqueeze(x, 0), 1, 2, 3);
  EXPECT_SHAPE(tin_squeeze(tin_zeros(ctx, TIN_F32, TIN_SHAPE(1, 2, 1)), TIN_AXES()), 2);
  EXPECT_SHAPE(tin_squeeze(tin_zeros(ctx, TIN_F32, TIN_SHAPE(1, 2, 1)), TIN_AXES(-1)), 1, 2);
  EXPECT(tin_flip(x, TIN_AXES(1)), 3, 2, 1, 6, 5, 4);
  EXPECT(tin_flip(x, TIN_AXES()), 6, 5, 4, 3, 2, 1);
  EXPECT(tin_slice(x, 1, 1, TIN_END), 2, 3, 5, 6);
  EXPECT(tin_slice(x, 1, -2, -1), 2, 5);
  EXPECT(tin_slice(x, 1, 0, 3, .step = 2), 1, 3, 4, 6);
  EXPECT_SHAPE(tin_slice(x, 1, 2, 1), 2, 0);
  EXPECT(tin_slice(tin_slice(x, 1, -99, 99), 0, 1, 2), 4, 5, 6);
  EXPECT(tin_pad(VECTOR(ctx, 1, 2), .low = {1}, .high = {2}, .interior = {1}, .value = 7), 7, 1, 7, 2, 7, 7);
  EXPECT(tin_window(VECTOR(ctx, 1, 2, 3, 4, 5), 0, 2), 1, 2, 2, 3, 3, 4, 4, 5);
  EXPECT(tin_window(VECTOR(ctx, 1, 2, 3, 4, 5), 0, 2, .stride = 2, .dilation = 2), 1, 3, 3, 5);
  EXPECT(tin_fold(MATRIX(ctx, 2, 2, 1, 2, 3, 4), 0, 3), 1, 5, 4);
  EXPECT(tin_concat(TIN_LIST(x, tin_slice(x, 1, 0, 1)), -1), 1, 2, 3, 1, 4, 5, 6, 4);
  EXPECT_SHAPE(tin_stack(TIN_LIST(x, x, x), -1), 2, 3, 3);
  end_ctx(ctx);
}

static void test_indexing(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = MATRIX(ctx, 3, 2, 1, 2, 3, 4, 5, 6);
  tin_tensor *index = tin_from(ctx, TIN_I32, TIN_SHAPE(2, 2), ((int32_t[]){2, 0, 2, 2}));
  EXPECT_SHAPE(tin_take(x, index, 0), 2, 2, 2);
  EXPECT(tin_take(x, index, 0), 5, 6, 1, 2, 5, 6, 5, 6);
  tin_tensor *ones = tin_ones(ctx, TIN_F32, TIN_SHAPE(2, 2, 2));
  EXPECT(tin_index_add(x, 0, index, ones), 2, 3, 3, 4, 8, 9);
  tin_tensor *column = tin_from(ctx, TIN_I32, TIN_SHAPE(), ((int32_t[]){1}));
  EXPECT(tin_take(x, column, 1), 2, 4, 6);
  EXPECT(tin_slice_at(x, column, 2), 3, 4, 5, 6);
  EXPECT(tin_slice_at(x, column, 1, .axis = 1), 2, 4, 6);
  end_ctx(ctx);
}

/* ---- leaves ---- */

static void test_leaves(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  EXPECT(tin_full(ctx, TIN_F32, TIN_SHAPE(2), 0.5), 0.5f, 0.5f);
  EXPECT(tin_arange(ctx, TIN_F32, 3, 1, 0.5), 1, 1.5f, 2);
  EXPECT(tin_arange(ctx, TIN_I32, 3, 5, -2), 5, 3, 1);
  EXPECT(tin_iota(ctx, TIN_U8, 3), 0, 1, 2);
  EXPECT(tin_scalar(ctx, TIN_F32, 3.25), 3.25f);
  EXPECT(tin_mul(tin_scalar(ctx, TIN_F32, 2), VECTOR(ctx, 1, 2)), 2, 4);
  assert_true(tin_item(tin_constant(ctx, TIN_F64, 0.1)) == 0.1);
  assert_int_equal((int64_t)tin_item(tin_constant(ctx, TIN_I64, 1e15)), 1000000000000000);
  end_ctx(ctx);
}

static void test_random(void **state) {
  (void)state;
  enum { COUNT = 4096 };
  static float first[COUNT], again[COUNT], second[COUNT];
  for (int round = 0; round < 2; round++) {
    tin_ctx *ctx = new_ctx();
    tin_ctx_seed(ctx, 7);
    tin_tensor *a = tin_rand(ctx, TIN_F32, TIN_SHAPE(COUNT)), *b = tin_rand(ctx, TIN_F32, TIN_SHAPE(COUNT));
    assert_true(tin_read(a, round ? again : first, sizeof first));
    assert_true(tin_read(b, second, sizeof second));
    tin_tensor *normal = tin_randn(ctx, TIN_F64, TIN_SHAPE(COUNT));
    assert_true(fabs(tin_item(tin_mean(normal))) < 0.06 && fabs(tin_item(tin_var(normal)) - 1) < 0.1);
    double sum = 0;
    for (int i = 0; i < COUNT; i++) {
      assert_true(second[i] >= 0 && second[i] < 1);
      sum += second[i];
    }
    assert_true(fabs(sum / COUNT - 0.5) < 0.02);
    end_ctx(ctx);
  }
  assert_memory_equal(first, again, sizeof first);
  assert_memory_not_equal(first, second, sizeof first);
}

static void test_random_differs_by_scope(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  uint32_t words[3];
  for (int step = 0; step < 3; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_read(tin_random_bits(ctx, TIN_SHAPE(1)), &words[step], 4);
    tin_end(scope);
  }
  assert_true(words[0] != words[1] && words[1] != words[2] && words[0] != words[2]);
  end_ctx(ctx);
}

/* ---- variables ---- */

static void test_versions(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(2), .name = "w");
  tin_write(w, F32(1, 2), 8);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *y = tin_mul_scalar(w, 2);
  tin_assign(w, tin_add_scalar(w, 1));
  tin_tensor *z = tin_mul_scalar(w, 2);
  EXPECT(z, 4, 6); /* runs the update */
  EXPECT(y, 2, 4);
  EXPECT(w, 2, 3);
  tin_tensor *old = tin_mul_scalar(w, 10);
  tin_write(w, F32(5, 5), 8);
  EXPECT(old, 20, 30);
  EXPECT(tin_mul_scalar(w, 10), 50, 50);
  tin_assign(w, tin_constant(ctx, TIN_I32, 7)); /* broadcast and cast */
  assert_true(tin_end(scope));
  EXPECT(w, 7, 7);
  end_ctx(ctx);
}

static void test_updates_at_the_end(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = tin_state(ctx, TIN_SHAPE(2)), *b = tin_state(ctx, TIN_SHAPE(2), .dtype = TIN_I32);
  tin_write(a, F32(1, 2), 8);
  for (int step = 0; step < 5; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *before = a;
    tin_assign(a, tin_mul_scalar(a, 2));
    tin_assign(a, tin_add(a, tin_add_scalar(before, 1))); /* both mean the doubled value */
    tin_assign(b, tin_add_scalar(b, 1));
    assert_true(tin_end(scope));
  }
  EXPECT(b, 5, 5);
  /* x -> 4 x + 1 */
  EXPECT(a, 1024 + 341, 2048 + 341);
  end_ctx(ctx);
}

static void test_outer_values_survive_updates(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(2));
  tin_write(w, F32(1, 2), 8);
  tin_tensor *outside = tin_mul_scalar(w, 3);
  tin_scope scope = tin_begin(ctx);
  tin_assign(w, tin_add_scalar(w, 1));
  assert_true(tin_end(scope));
  EXPECT(outside, 3, 6);
  EXPECT(w, 2, 3);
  end_ctx(ctx);
}

static void test_unread_old_version(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(1));
  tin_scope scope = tin_begin(ctx);
  tin_tensor *old = tin_add_scalar(w, 1);
  tin_assign(w, tin_full(ctx, TIN_F32, TIN_SHAPE(1), 50));
  EXPECT(w, 50);  /* this plan does not read the old version */
  EXPECT(old, 1); /* which still has its value */
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

static void test_growing_cache(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *cache = tin_state(ctx, TIN_SHAPE(2, 4));
  tin_tensor *position = tin_input(ctx, TIN_I32, TIN_SHAPE(), "position");
  for (int32_t step = 0; step < 4; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_write(position, &step, sizeof step);
    tin_tensor *value = tin_full(ctx, TIN_F32, TIN_SHAPE(2, 1), 1);
    tin_assign_at(cache, position, tin_mul(value, tin_add_scalar(position, 1)), .axis = 1);
    assert_true(tin_end(scope));
  }
  EXPECT(cache, 1, 2, 3, 4, 1, 2, 3, 4);
  tin_write(position, &(int32_t){3}, 4);
  tin_assign_at(cache, position, tin_from(ctx, TIN_F32, TIN_SHAPE(2), F32(8, 9)), .axis = 1); /* the 9 lies outside */
  EXPECT(cache, 1, 2, 3, 8, 1, 2, 3, 8);
  end_ctx(ctx);
}

static void test_keep(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(2));
  tin_write(w, F32(1, 2), 8);
  tin_scope outer = tin_begin(ctx);
  tin_scope inner = tin_begin(ctx);
  tin_tensor *kept = tin_keep(tin_mul_scalar(w, 3)), *copy = tin_keep(w);
  tin_assign(w, tin_zeros_like(w));
  assert_true(tin_end(inner));
  EXPECT(kept, 3, 6);
  EXPECT(copy, 1, 2); /* the old value: the update went elsewhere */
  tin_tensor *further = tin_keep(kept);
  assert_true(tin_end(outer));
  EXPECT(further, 3, 6);
  EXPECT(tin_add(further, w), 3, 6);
  tin_tensor *sum = tin_add_scalar(further, 1);
  tin_release(further);
  EXPECT(sum, 4, 7);
  end_ctx(ctx);
}

static void test_scope_memory_is_bounded(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *total = tin_state(ctx, TIN_SHAPE(1000));
  static const float ones[1000] = {[0 ... 999] = 1};
  int64_t peak = 0;
  for (int step = 0; step < 200; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *data = tin_from(ctx, TIN_F32, TIN_SHAPE(1000), ones);
    tin_assign(total, tin_add(total, data));
    if (step % 50 == 0)
      tin_item(tin_sum(total));
    assert_true(tin_end(scope));
    if (step == 60)
      peak = tin_stats(ctx).bytes_peak;
  }
  assert_int_equal(tin_stats(ctx).bytes_peak, peak);
  assert_true(tin_item(tin_sum(total)) == 200000);
  end_ctx(ctx);
}

static void test_names_and_params(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(2), .name = "w"), *b = tin_param(ctx, TIN_SHAPE(2), .name = "b", .dtype = TIN_F64);
  tin_tensor *x = tin_input(ctx, TIN_U8, TIN_SHAPE(3), "x");
  tin_list params = tin_params(ctx);
  assert_int_equal(params.count, 2);
  assert_ptr_equal(params.at[0], w);
  assert_ptr_equal(params.at[1], b);
  assert_ptr_equal(tin_find(ctx, "x"), x);
  assert_null(tin_find(ctx, "y"));
  assert_string_equal(tin_name_of(b), "b");
  tin_tensor *y = tin_set_name(tin_exp(w), "hidden");
  assert_string_equal(tin_name_of(y), "hidden");
  assert_ptr_equal(tin_ctx_of(y), ctx);
  assert_int_equal(tin_dtype_of(x), TIN_U8);
  assert_int_equal(tin_size_of(x), 3);
  assert_int_equal(tin_dtype_size(TIN_I64), 8);
  assert_string_equal(tin_dtype_name(TIN_F32), "f32");
  end_ctx(ctx);
}

static void test_training_step_hits_its_plan(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(3, 2)), *x = tin_input(ctx, TIN_F32, TIN_SHAPE(4, 3), "x"), *gradient;
  float data[12];
  for (int step = 0; step < 6; step++) {
    tin_scope scope = tin_begin(ctx);
    for (int i = 0; i < 12; i++)
      data[i] = (float)(i % 5 + step);
    tin_write(x, data, sizeof data);
    tin_tensor *error = tin_sub_scalar(tin_matmul(x, w), 1);
    tin_tensor *noise = tin_rand(ctx, TIN_F32, TIN_SHAPE(3, 2));
    tin_grad(tin_mean(tin_square(error)), TIN_LIST(w), &gradient);
    tin_tensor *rate = tin_scalar(ctx, TIN_F32, 0.001 / (step + 1));
    tin_assign(w, tin_sub(w, tin_mul(rate, tin_add(gradient, tin_mul_scalar(noise, 1e-3 * step)))));
    assert_true(tin_end(scope));
  }
  const char *asked = target ? target : getenv("TIN_TARGET");
  if (!asked || strcmp(asked, "interpreter") != 0) { /* which plans nothing */
    assert_int_equal(tin_stats(ctx).plan_misses, 1);
    assert_int_equal(tin_stats(ctx).plan_hits, 5);
  }
  end_ctx(ctx);
}

static void test_a_long_chain(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(1)), *w = tin_state(ctx, TIN_SHAPE(1)), *gradient;
  x = tin_add(x, w);
  for (int i = 0; i < 300000; i++)
    x = tin_add(x, i % 2 ? w : tin_neg(x));
  tin_grad(x, TIN_LIST(w), &gradient);
  assert_false(tin_is_poison(gradient));
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_operand),
      cmocka_unit_test(test_sigmoid_does_not_overflow),
      cmocka_unit_test(test_pow),
      cmocka_unit_test(test_power),
      cmocka_unit_test(test_two_operands),
      cmocka_unit_test(test_dtypes_promote),
      cmocka_unit_test(test_broadcasting),
      cmocka_unit_test(test_expression),
      cmocka_unit_test(test_reductions),
      cmocka_unit_test(test_reductions_of_nothing),
      cmocka_unit_test(test_softmax),
      cmocka_unit_test(test_matmul),
      cmocka_unit_test(test_einsum),
      cmocka_unit_test(test_movement),
      cmocka_unit_test(test_indexing),
      cmocka_unit_test(test_leaves),
      cmocka_unit_test(test_random),
      cmocka_unit_test(test_random_differs_by_scope),
      cmocka_unit_test(test_versions),
      cmocka_unit_test(test_updates_at_the_end),
      cmocka_unit_test(test_outer_values_survive_updates),
      cmocka_unit_test(test_unread_old_version),
      cmocka_unit_test(test_growing_cache),
      cmocka_unit_test(test_keep),
      cmocka_unit_test(test_scope_memory_is_bounded),
      cmocka_unit_test(test_names_and_params),
      cmocka_unit_test(test_training_step_hits_its_plan),
      cmocka_unit_test(test_a_long_chain),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
