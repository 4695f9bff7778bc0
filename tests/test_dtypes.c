/* Every dtype: the table of promotions, casts between all pairs, of all values or those at limits and halfway, on every target; what moves
 * them; u64; 16-bit floats. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "frontend/data.h"
#include "ir/scalar.h"
#include "tests/reference.h"
#include "tinsmith_nn.h"

static const char *const targets[] = {"interpreter", "portable", "avx2", "avx512", "avx2", "avx512"};
enum { TARGETS = 4, MOST = 80000, WAYS = TARGETS + 2 }; /* the last two are checked: programs run op by op */

/* A context of the target, or NULL when this CPU lacks it. */
static tin_ctx *target_ctx(int target) {
  tin_ctx *ctx = tin_ctx_new(.target = targets[target], .threads = 1, .check = target >= TARGETS);
  if (tin_ok(ctx))
    return ctx;
  tin_ctx_free(ctx);
  return NULL;
}

/* ---- promotion ---- */

/* Row and column in the order of the enum. Integers: numpy.promote_types; with a float: torch.promote_types; b u s are bool, 8-bit. */
static const char *const promoted[] = {
    "bool u8   i8   u16  i16  u32  i32  u64  i64  f16  bf16 f32  f64", /* bool */
    "u8   u8   i16  u16  i16  u32  i32  u64  i64  f16  bf16 f32  f64", /* u8 */
    "i8   i16  i8   i32  i16  i64  i32  f64  i64  f16  bf16 f32  f64", /* i8 */
    "u16  u16  i32  u16  i32  u32  i32  u64  i64  f16  bf16 f32  f64", /* u16 */
    "i16  i16  i16  i32  i16  i64  i32  f64  i64  f16  bf16 f32  f64", /* i16 */
    "u32  u32  i64  u32  i64  u32  i64  u64  i64  f16  bf16 f32  f64", /* u32 */
    "i32  i32  i32  i32  i32  i64  i32  f64  i64  f16  bf16 f32  f64", /* i32 */
    "u64  u64  f64  u64  f64  u64  f64  u64  f64  f16  bf16 f32  f64", /* u64 */
    "i64  i64  i64  i64  i64  i64  i64  f64  i64  f16  bf16 f32  f64", /* i64 */
    "f16  f16  f16  f16  f16  f16  f16  f16  f16  f16  f32  f32  f64", /* f16 */
    "bf16 bf16 bf16 bf16 bf16 bf16 bf16 bf16 bf16 f32  bf16 f32  f64", /* bf16 */
    "f32  f32  f32  f32  f32  f32  f32  f32  f32  f32  f32  f32  f64", /* f32 */
    "f64  f64  f64  f64  f64  f64  f64  f64  f64  f64  f64  f64  f64", /* f64 */
};
_Static_assert(sizeof promoted / sizeof *promoted == TIN_DTYPE_COUNT, "a row a dtype");

static void test_promotion(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  for (int a = 0; a < TIN_DTYPE_COUNT; a++) {
    const char *at = promoted[a];
    for (int b = 0; b < TIN_DTYPE_COUNT; b++) {
      at += strspn(at, " ");
      char expected[8] = "";
      memcpy(expected, at, strcspn(at, " "));
      at += strcspn(at, " ");
      assert_string_equal(tin_dtypes[tin_dtype_promote((tin_dtype)a, (tin_dtype)b)].text, expected);
      tin_tensor *x = tin_ones(ctx, (tin_dtype)a, TIN_SHAPE()), *y = tin_ones(ctx, (tin_dtype)b, TIN_SHAPE());
      assert_string_equal(tin_dtype_name(tin_dtype_of(tin_maximum(x, y))), expected);
    }
  }
  end_ctx(ctx);
}

/* ---- inputs ---- */

/* Around every power of two, halfway between numbers of the float formats there, and the special ones. */
static int float_inputs(void *data, tin_dtype dtype) {
  static const long double special[] = {0.0L, INFINITY, NAN, 0.5L, 1.5L, 2.5L, 0.9999999L, 254.999999L, 65503.9L, 65519.996L, 65520, 65536};
  static const int bits_below[] = {0, 7, 8, 9, 10, 11, 12, 22, 23, 24, 25, 40, 52};
  int count = 0;
  for (size_t i = 0; i < 2 * sizeof special / sizeof *special; i++)
    ref_store(data, count++, dtype, ref_round(i % 2 ? -special[i / 2] : special[i / 2], dtype));
  for (int power = -160; power <= 130; power++)
    for (size_t k = 0; k < sizeof bits_below / sizeof *bits_below; k++)
      for (int which = 0; which < 6; which++) {
        long double part = ldexpl(which % 3 + 1, -bits_below[k] - 1), value = ldexpl(which < 3 ? 1 + part : 1 - part / 4, power);
        ref_store(data, count++, dtype, ref_round((power + which) % 2 ? -value : value, dtype));
      }
  return count;
}

static int integer_inputs(void *data, tin_dtype dtype) {
  int count = 0;
  for (int power = 0; power < ref_width(dtype); power++)
    for (int lower = -1; lower < power; lower++)
      for (int add = -2; add <= 2; add++) {
        uint64_t bits = (UINT64_C(1) << power) + (lower < 0 ? 0 : UINT64_C(1) << lower) + (uint64_t)add;
        ref_store(data, count++, dtype, bits);
        ref_store(data, count++, dtype, -bits);
      }
  return count;
}

static int inputs(void *data, tin_dtype dtype) {
  if (dtype == TIN_BOOL || ref_width(dtype) <= 16) { /* all there are */
    int count = dtype == TIN_BOOL ? 2 : 1 << ref_width(dtype);
    for (int i = 0; i < count; i++)
      ref_store(data, i, dtype, (uint64_t)i);
    return count;
  }
  return ref_is_float(dtype) ? float_inputs(data, dtype) : integer_inputs(data, dtype);
}

/* ---- casts ---- */

static void check_casts(tin_ctx *ctx, const char *target, tin_dtype from) {
  static uint64_t data[MOST], out[MOST];
  int count = inputs(data, from);
  assert_true(count <= MOST);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, from, TIN_SHAPE(count), data), *results[TIN_DTYPE_COUNT];
  for (int to = 0; to < TIN_DTYPE_COUNT; to++)
    results[to] = tin_cast(x, (tin_dtype)to);
  assert_true(tin_realize((tin_list){results, TIN_DTYPE_COUNT}));
  for (int to = 0; to < TIN_DTYPE_COUNT; to++) {
    assert_true(tin_read(results[to], out, (size_t)count * tin_dtype_size((tin_dtype)to)));
    for (int i = 0; i < count; i++) {
      uint64_t bits = ref_load(data, i, from), got = ref_load(out, i, (tin_dtype)to),
               expected = ref_eval(OP_CAST, from, (tin_dtype)to, &bits);
      if (!ref_same(got, expected, (tin_dtype)to))
        fail_msg("%s: %s 0x%llx as %s: 0x%llx, not 0x%llx", target, tin_dtype_name(from), (unsigned long long)bits,
                 tin_dtype_name((tin_dtype)to), (unsigned long long)got, (unsigned long long)expected);
    }
  }
  assert_true(tin_end(scope));
}

static void test_casts(void **state) {
  (void)state;
  for (int target = 0; target < TARGETS; target++) {
    tin_ctx *ctx = target_ctx(target);
    for (int from = 0; ctx && from < TIN_DTYPE_COUNT; from++)
      check_casts(ctx, targets[target], (tin_dtype)from);
    if (ctx)
      end_ctx(ctx);
  }
}

/* ---- reductions and movement ---- */

enum { ROWS = 37, COLUMNS = 45, MOVED = 12 };

/* Bytes of every result, one behind the other. */
static size_t results_of(tin_ctx *ctx, tin_dtype dtype, const void *data, char *out) {
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, dtype, TIN_SHAPE(ROWS, COLUMNS), data);
  tin_tensor *turned = tin_permute(x, TIN_AXES(1, 0)), *index = tin_from(ctx, TIN_I16, TIN_SHAPE(5), (int16_t[]){3, 0, 36, 3, 1});
  tin_tensor *all[MOVED] = {tin_max(x, .axes = TIN_AXES(0)),
                            tin_min(x, .axes = TIN_AXES(1)),
                            tin_prod(x, .axes = TIN_AXES(0)),
                            tin_slice(turned, 0, 1, TIN_END, .step = 3),
                            tin_pad(x, .low = {1, 2}, .high = {3, 1}, .value = 5),
                            tin_take(x, index, 0),
                            tin_where(tin_eq(x, tin_flip(x, TIN_AXES(0))), x, tin_full_like(x, 3)),
                            tin_concat(TIN_LIST(x, x), 1),
                            tin_maximum(x, tin_scalar(ctx, dtype, ref_is_signed(dtype) ? -9 : 9)),
                            ref_is_float(dtype) ? tin_matmul(x, turned) : tin_sum(x, .axes = TIN_AXES(1)),
                            tin_mean(turned, .axes = TIN_AXES(1)),
                            tin_add(x, tin_detach(tin_mul(x, x)))};
  size_t size = 0;
  for (int i = 0; i < MOVED; i++) {
    size_t bytes = (size_t)tin_size_of(all[i]) * tin_dtype_size(tin_dtype_of(all[i]));
    assert_true(tin_read(all[i], out + size, bytes));
    size += bytes;
  }
  assert_true(tin_end(scope));
  return size;
}

static void test_movement(void **state) {
  (void)state;
  static char expected[1 << 20], got[1 << 20];
  static uint64_t data[ROWS * COLUMNS];
  for (int dtype = 0; dtype < TIN_DTYPE_COUNT; dtype++) {
    for (int i = 0; i < ROWS * COLUMNS; i++)
      ref_store(data, i, (tin_dtype)dtype,
                dtype == TIN_BOOL                ? (uint64_t)i % 2
                : ref_is_float((tin_dtype)dtype) ? ref_round(i % 30 - 10, (tin_dtype)dtype)
                                                 : (uint64_t)i * 0x9e3779b97f4a7c15 >> 9);
    size_t size = 0;
    for (int target = 0; target < WAYS; target++) {
      tin_ctx *ctx = target_ctx(target);
      if (!ctx)
        continue;
      if (target == 0)
        size = results_of(ctx, (tin_dtype)dtype, data, expected);
      else
        assert_int_equal(results_of(ctx, (tin_dtype)dtype, data, got), size);
      end_ctx(ctx);
      for (size_t i = 0; target && i < size; i++)
        if (got[i] != expected[i])
          fail_msg("%s: %s: byte %zu of the results differs", targets[target], tin_dtype_name((tin_dtype)dtype), i);
    }
  }
}

/* ---- what integers say ---- */

static void test_u64(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  const uint64_t high[] = {UINT64_MAX, UINT64_C(1) << 63};
  tin_tensor *x = tin_from(ctx, TIN_U64, TIN_SHAPE(2), high);
  tin_tensor *sum = tin_sum(x);
  assert_int_equal(tin_dtype_of(sum), TIN_U64);
  uint64_t out;
  assert_true(tin_read(sum, &out, sizeof out));
  assert_true(out == (UINT64_C(1) << 63) - 1);
  assert_true(tin_item(tin_slice(x, 0, 1, 2)) == 0x1p63);
  assert_true(tin_item(tin_full(ctx, TIN_U64, TIN_SHAPE(), 1e30)) == 0x1p64); /* saturated, then rounded */
  assert_true(tin_item(tin_full(ctx, TIN_U64, TIN_SHAPE(), -5)) == 0);
  assert_int_equal(tin_dtype_of(tin_add(x, tin_ones(ctx, TIN_I8, TIN_SHAPE()))), TIN_F64);
  end_ctx(ctx);
  ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_shl(tin_ones(ctx, TIN_U64, TIN_SHAPE()), tin_ones(ctx, TIN_I32, TIN_SHAPE()));
  assert_non_null(strstr(tin_message(ctx), "u64 and a signed integer meet in f64 only; cast one to the other's dtype"));
  tin_ctx_free(ctx);
}

/* ---- 16-bit floats ---- */

static const tin_dtype halves[] = {TIN_F16, TIN_BF16};

/* The tensor's elements, which are a 16-bit float's, as numbers. */
static void expect_numbers(tin_tensor *t, tin_dtype dtype, int count, const double *expected) {
  uint16_t bits[16];
  assert_int_equal(tin_dtype_of(t), dtype);
  assert_int_equal(tin_size_of(t), count);
  assert_true(tin_read(t, bits, 2 * (size_t)count));
  for (int i = 0; i < count; i++)
    if (bits[i] != ref_round(expected[i], dtype))
      fail_msg("%s: element %d is %Lg, not %g", tin_dtype_name(dtype), i, (long double)ref_value(bits[i], dtype), expected[i]);
}
#define EXPECT(t, dtype, ...) expect_numbers(t, dtype, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

static tin_tensor *numbers(tin_ctx *ctx, tin_dtype dtype, int count, const double *values) {
  uint16_t bits[16];
  for (int i = 0; i < count; i++)
    bits[i] = (uint16_t)ref_round(values[i], dtype);
  return tin_from(ctx, dtype, TIN_SHAPE(count), bits);
}
#define NUMBERS(ctx, dtype, ...) numbers(ctx, dtype, sizeof((double[]){__VA_ARGS__}) / sizeof(double), (const double[]){__VA_ARGS__})

static void test_half_arithmetic(void **state) {
  (void)state;
  for (int target = 0; target < TARGETS; target++) {
    tin_ctx *ctx = target_ctx(target);
    for (int h = 0; ctx && h < 2; h++) {
      tin_dtype dtype = halves[h];
      double ulp = dtype == TIN_F16 ? 0x1p-10 : 0x1p-7;
      tin_tensor *x = NUMBERS(ctx, dtype, 1, 1 + ulp, -3, 1 / ulp), *y = NUMBERS(ctx, dtype, ulp / 2, ulp / 2, 2, 1);
      EXPECT(tin_add(x, y), dtype, 1, 1 + 2 * ulp, -1, 1 / ulp + 1); /* ties to even */
      EXPECT(tin_mul(x, x), dtype, 1, 1 + 2 * ulp, 9, dtype == TIN_F16 ? INFINITY : 1 / ulp / ulp);
      EXPECT(tin_maximum(x, y), dtype, 1, 1 + ulp, 2, 1 / ulp);
      EXPECT(tin_where(tin_lt(x, y), x, y), dtype, ulp / 2, ulp / 2, -3, 1);
      EXPECT(tin_mul_scalar(x, 1 / 3.0), dtype, 1 / 3.0, (1 + ulp) / 3, -1, (double)(float)(1 / ulp / 3));
      EXPECT(tin_clamp(tin_neg(x), -2, 2), dtype, -1, -1 - ulp, 2, -2);
      EXPECT(tin_floor(tin_abs(x)), dtype, 1, 1, 3, 1 / ulp);
      assert_int_equal(tin_dtype_of(tin_add(x, tin_cast(y, halves[!h]))), TIN_F32);
      assert_int_equal(tin_dtype_of(tin_add(x, tin_cast(y, TIN_I64))), dtype);
      assert_int_equal(tin_dtype_of(tin_argmax(x)), TIN_I32);
    }
    if (ctx)
      end_ctx(ctx);
  }
}

/* Every function computes in f32 and rounds once, as torch.Tensor.sum of a half tensor does. */
static void test_half_rounds_once(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  for (int h = 0; h < 2; h++) {
    tin_dtype dtype = halves[h];
    tin_tensor *ones = tin_ones(ctx, dtype, TIN_SHAPE(5000));
    EXPECT(tin_sum(tin_add(ones, tin_zeros(ctx, dtype, TIN_SHAPE(5000)))), dtype, dtype == TIN_F16 ? 5000 : 4992);
    tin_tensor *x = tin_cast(tin_randn(ctx, TIN_F32, TIN_SHAPE(30, 40)), dtype), *single = tin_cast(x, TIN_F32);
    tin_tensor *rows = tin_mod(tin_iota(ctx, TIN_U8, 30), tin_full(ctx, TIN_U8, TIN_SHAPE(), 7));
    tin_tensor *pairs[][2] = {
        {tin_log_softmax(x, 1), tin_log_softmax(single, 1)},
        {tin_sigmoid(x), tin_sigmoid(single)},
        {tin_matmul(x, tin_permute(x, TIN_AXES(1, 0))), tin_matmul(single, tin_permute(single, TIN_AXES(1, 0)))},
        {tin_var(x, .axes = TIN_AXES(0)), tin_var(single, .axes = TIN_AXES(0))},
        {tin_pow(tin_abs(x), 2.5), tin_pow(tin_abs(single), 2.5)},
        {tin_std(x), tin_std(single)},
        {tin_expression("exp(a) * 0.3 + b", TIN_LIST(x, x)), tin_expression("exp(a) * 0.3 + b", TIN_LIST(single, single))},
        {tin_einsum("ij,kj->ik", x, x), tin_einsum("ij,kj->ik", single, single)},
        {tin_index_add(x, 0, rows, x), tin_index_add(single, 0, rows, single)}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
      assert_int_equal(tin_dtype_of(pairs[i][0]), dtype);
      assert_true(tin_item(tin_all(tin_eq(pairs[i][0], tin_cast(pairs[i][1], dtype)))) == 1);
    }
  }
  end_ctx(ctx);
}

static void test_half_gradients(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  for (int h = 0; h < 2; h++) {
    tin_dtype dtype = halves[h];
    tin_tensor *x = NUMBERS(ctx, dtype, 1, -2, 3), *scale = NUMBERS(ctx, dtype, 0.5, 4, -1), *gradients[2], *second;
    tin_tensor *loss = tin_sum(tin_mul(tin_mul(x, x), scale)); /* in dtype */
    assert_true(tin_grad(loss, TIN_LIST(x, scale), gradients));
    EXPECT(gradients[0], dtype, 1, -16, -6);
    EXPECT(gradients[1], dtype, 1, 4, 9);
    assert_true(tin_grad(tin_sum(gradients[0]), TIN_LIST(x), &second));
    EXPECT(second, dtype, 1, 8, -2);
    tin_tensor *index = tin_from(ctx, TIN_I32, TIN_SHAPE(4), (int32_t[]){2, 0, 2, 2}); /* movement and its sums */
    loss = tin_sum(tin_mul(tin_expand(tin_unsqueeze(tin_take(x, index, 0), 0), TIN_SHAPE(2, 4)), tin_full(ctx, TIN_F32, TIN_SHAPE(), 1.5)));
    assert_int_equal(tin_dtype_of(loss), TIN_F32);
    assert_true(tin_grad(loss, TIN_LIST(x), gradients));
    EXPECT(gradients[0], dtype, 3, 0, 9);
    loss = tin_sum(tin_window(x, 0, 2, .stride = 1));
    assert_true(tin_grad(loss, TIN_LIST(x), gradients));
    EXPECT(gradients[0], dtype, 1, 2, 1);
    loss = tin_sum(tin_square(tin_detach(x)));
    assert_true(tin_grad(loss, TIN_LIST(x), gradients));
    EXPECT(gradients[0], dtype, 0, 0, 0);
  }
  end_ctx(ctx);
}

/* Parameters: initial values, updates in f32 that are rounded when stored, files with the one NaN. */
static void test_half_parameters(void **state) {
  (void)state;
  char path[] = "/tmp/tin-dtypes-XXXXXX";
  int file = mkstemp(path);
  assert_true(file >= 0);
  close(file);
  for (int h = 0; h < 2; h++) {
    tin_dtype dtype = halves[h];
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
    tin_tensor *w = tin_param(ctx, TIN_SHAPE(3), .name = "w", .dtype = dtype),
               *v = tin_param(ctx, TIN_SHAPE(2), .name = "v", .dtype = dtype);
    tin_init_constant(w, 2);
    EXPECT(w, dtype, 2, 2, 2);
    tin_optim *sgd = tin_sgd(TIN_LIST(w), .lr = 1e-5, .momentum = 0.9);
    tin_step(sgd, tin_sum(tin_mul_scalar(w, 1e4))); /* lr is 0.99e-5 in f16 */
    EXPECT(w, dtype, 1.9, 1.9, 1.9);
    tin_optim *adam = tin_adam(TIN_LIST(w), .lr = 0.5);
    tin_step(adam, tin_sum(w));
    EXPECT(w, dtype, 1.4, 1.4, 1.4);
    const uint16_t nans[] = {0xffff, 0x7fff};
    assert_true(tin_write(v, nans, sizeof nans));
    assert_true(tin_save(ctx, path));
    tin_init_constant(w, 0);
    assert_true(tin_load(ctx, path));
    EXPECT(w, dtype, 1.4, 1.4, 1.4);
    uint16_t loaded[2];
    assert_true(tin_read(v, loaded, sizeof loaded));
    assert_int_equal(loaded[0], dtype == TIN_F16 ? 0x7e00 : 0x7fc0);
    assert_int_equal(loaded[1], loaded[0]);
    end_ctx(ctx);
  }
  unlink(path);
}

static void test_half_leaves(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  for (int h = 0; h < 2; h++) {
    tin_dtype dtype = halves[h];
    tin_tensor *x = tin_rand(ctx, dtype, TIN_SHAPE(4000));
    assert_int_equal(tin_dtype_of(x), dtype);
    assert_true(tin_item(tin_max(x)) == 1 - (dtype == TIN_F16 ? 0x1p-11 : 0x1p-8)); /* never 1 */
    assert_true(tin_item(tin_min(x)) >= 0);
    EXPECT(tin_nan_to_num(tin_full(ctx, dtype, TIN_SHAPE(1), -INFINITY)), dtype, dtype == TIN_F16 ? -65504 : -0x1.fep127);
    assert_int_equal(tin_dtype_of(tin_randn(ctx, dtype, TIN_SHAPE(4))), dtype);
    EXPECT(tin_arange(ctx, dtype, 4, 0, 0.1), dtype, 0, 0.1, 0.2, (double)(3 * 0.1f));
    EXPECT(tin_full(ctx, dtype, TIN_SHAPE(2), 1e6), dtype, dtype == TIN_F16 ? INFINITY : 1e6, dtype == TIN_F16 ? INFINITY : 1e6);
    EXPECT(tin_bitcast(tin_bitcast(tin_full(ctx, dtype, TIN_SHAPE(2), -2.5), TIN_U16), dtype), dtype, -2.5, -2.5);
    assert_true(tin_item(tin_scalar(ctx, dtype, 0.25)) == 0.25);
  }
  end_ctx(ctx);
}

static void test_half_text(void **state) {
  (void)state;
  struct tin_arena arena;
  struct tin_text text;
  tin_arena_init(&arena, 1 << 12, NULL);
  const int64_t shape[] = {3};
  const uint16_t f16[] = {0x2e66, 0x4248, 0xbc00}, bf16[] = {0x3dcd, 0x4049, 0xbf80};
  tin_text_init(&text, &arena);
  tin_array_text(&text, TIN_F16, 1, shape, f16);
  tin_array_text(&text, TIN_BF16, 1, shape, bf16);
  assert_string_equal(text.at, "[ 0.1   3.14 -1.  ][ 0.1   3.14 -1.  ]");
  tin_arena_free(&arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_promotion),       cmocka_unit_test(test_casts),

      cmocka_unit_test(test_movement),        cmocka_unit_test(test_u64),
      cmocka_unit_test(test_half_arithmetic), cmocka_unit_test(test_half_rounds_once),
      cmocka_unit_test(test_half_gradients),  cmocka_unit_test(test_half_parameters),
      cmocka_unit_test(test_half_leaves),     cmocka_unit_test(test_half_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
