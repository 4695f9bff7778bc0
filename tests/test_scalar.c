/* The values of primitive ops on the cases where C, IEEE 754 and the rules of docs/numerics.md might part. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ir/scalar.h"

static uint64_t f32(double value) {
  return tin_scalar_from_double(value, TIN_F32);
}

static uint64_t f64(double value) {
  return tin_scalar_from_double(value, TIN_F64);
}

static uint64_t i32(int32_t value) {
  return (uint32_t)value;
}

static uint64_t unary(int op, tin_dtype dtype, uint64_t x) {
  return tin_scalar_eval(op, dtype, dtype, &x);
}

static uint64_t binary(int op, tin_dtype dtype, uint64_t x, uint64_t y) {
  return tin_scalar_eval(op, dtype, dtype, (uint64_t[]){x, y});
}

static bool is_nan(uint64_t bits, tin_dtype dtype) {
  double value = tin_scalar_to_double(bits, dtype);
  return value != value;
}

static void test_minimum_and_maximum(void **state) {
  (void)state;
  for (int wide = 0; wide < 2; wide++) {
    tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
    uint64_t zero = tin_scalar_from_double(0.0, dtype), minus_zero = tin_scalar_from_double(-0.0, dtype);
    uint64_t one = tin_scalar_from_double(1, dtype), nan = tin_scalar_from_double(NAN, dtype);
    assert_int_equal(binary(OP_MIN, dtype, zero, minus_zero), minus_zero);
    assert_int_equal(binary(OP_MIN, dtype, minus_zero, zero), minus_zero);
    assert_int_equal(binary(OP_MAX, dtype, zero, minus_zero), zero);
    assert_int_equal(binary(OP_MAX, dtype, minus_zero, zero), zero);
    assert_int_equal(binary(OP_MIN, dtype, one, zero), zero);
    assert_int_equal(binary(OP_MAX, dtype, zero, one), one);
    for (int op = OP_MIN; op <= OP_MAX; op++) {
      assert_true(is_nan(binary(op, dtype, nan, one), dtype));
      assert_true(is_nan(binary(op, dtype, one, nan), dtype));
    }
  }
  assert_int_equal(binary(OP_MIN, TIN_I32, i32(-1), 1), i32(-1));
  assert_int_equal(binary(OP_MIN, TIN_U32, i32(-1), 1), 1);
  assert_int_equal(binary(OP_MAX, TIN_BOOL, 0, 1), 1);
}

static void test_integers_wrap(void **state) {
  (void)state;
  assert_int_equal(binary(OP_ADD, TIN_I32, INT32_MAX, 1), i32(INT32_MIN));
  assert_int_equal(binary(OP_MUL, TIN_I32, 65536, 65536), 0);
  assert_int_equal(binary(OP_MUL, TIN_I64, (uint64_t)INT64_MAX, 2), (uint64_t)-2);
  assert_int_equal(binary(OP_SUB, TIN_U8, 0, 1), 255);
  assert_int_equal(binary(OP_SUB, TIN_U32, 0, 1), UINT32_MAX);
  assert_int_equal(unary(OP_NEG, TIN_U8, 1), 255);
  assert_int_equal(unary(OP_ABS, TIN_I32, i32(INT32_MIN)), i32(INT32_MIN));
  assert_int_equal(unary(OP_NOT, TIN_BOOL, 1), 0);
  assert_int_equal(unary(OP_NOT, TIN_U8, 1), 254);
  assert_int_equal(unary(OP_NOT, TIN_I32, 0), i32(-1));
}

static void test_division(void **state) {
  (void)state;
  assert_int_equal(binary(OP_DIV, TIN_I32, i32(-7), 2), i32(-3));
  assert_int_equal(binary(OP_MOD, TIN_I32, i32(-7), 2), i32(-1));
  assert_int_equal(binary(OP_DIV, TIN_I32, 5, 0), 0);
  assert_int_equal(binary(OP_MOD, TIN_I32, 5, 0), 5);
  assert_int_equal(binary(OP_MOD, TIN_F32, f32(-7.5f), f32(2)), f32(-1.5f));
  assert_int_equal(binary(OP_MOD, TIN_F32, f32(-6), f32(INFINITY)), f32(-6));
  assert_int_equal(binary(OP_MOD, TIN_F32, f32(-6), f32(3)), f32(-0.0));
  assert_int_equal(binary(OP_DIV, TIN_I32, i32(INT32_MIN), i32(-1)), i32(INT32_MIN));
  assert_int_equal(binary(OP_MOD, TIN_I32, i32(INT32_MIN), i32(-1)), 0);
  assert_int_equal(binary(OP_DIV, TIN_I64, (uint64_t)INT64_MIN, (uint64_t)-1), (uint64_t)INT64_MIN);
  assert_int_equal(binary(OP_DIV, TIN_U32, UINT32_MAX, 2), INT32_MAX);
  assert_int_equal(binary(OP_DIV, TIN_F32, f32(1), f32(-0.0)), f32(-INFINITY));
}

static void test_shifts(void **state) {
  (void)state;
  assert_int_equal(binary(OP_SHL, TIN_I32, 1, 31), i32(INT32_MIN));
  assert_int_equal(binary(OP_SHL, TIN_I32, 1, 32), 0);
  assert_int_equal(binary(OP_SHL, TIN_I32, 1, i32(-1)), 0);
  assert_int_equal(binary(OP_SHL, TIN_U8, 3, 7), 128);
  assert_int_equal(binary(OP_SHL, TIN_U8, 3, 8), 0);
  assert_int_equal(binary(OP_SHL, TIN_I64, 1, 64), 0);
  assert_int_equal(binary(OP_SHR, TIN_I32, i32(-8), 1), i32(-4));
  assert_int_equal(binary(OP_SHR, TIN_I32, i32(-8), 40), i32(-1));
  assert_int_equal(binary(OP_SHR, TIN_I32, i32(-8), i32(-1)), i32(-1));
  assert_int_equal(binary(OP_SHR, TIN_I32, 8, 32), 0);
  assert_int_equal(binary(OP_SHR, TIN_U32, UINT32_MAX, 31), 1);
  assert_int_equal(binary(OP_SHR, TIN_U32, UINT32_MAX, 32), 0);
  assert_int_equal(binary(OP_SHR, TIN_I64, (uint64_t)-1, 64), (uint64_t)-1);
  assert_int_equal(binary(OP_SHR, TIN_I64, (uint64_t)INT64_MAX, 64), 0);
}

static void test_comparisons(void **state) {
  (void)state;
  uint64_t nan = f32(NAN), zero = f32(0.0);
  const int ops[] = {OP_LT, OP_LE, OP_EQ, OP_NE};
  for (int k = 0; k < 4; k++) {
    assert_int_equal(tin_scalar_eval(ops[k], TIN_BOOL, TIN_F32, (uint64_t[]){nan, nan}), ops[k] == OP_NE);
    assert_int_equal(tin_scalar_eval(ops[k], TIN_BOOL, TIN_F32, (uint64_t[]){f32(-0.0), zero}), ops[k] == OP_LE || ops[k] == OP_EQ);
    assert_int_equal(tin_scalar_eval(ops[k], TIN_BOOL, TIN_U32, (uint64_t[]){1, i32(-1)}), ops[k] != OP_EQ);
    assert_int_equal(tin_scalar_eval(ops[k], TIN_BOOL, TIN_I32, (uint64_t[]){1, i32(-1)}), ops[k] == OP_NE);
  }
}

static void test_casts(void **state) {
  (void)state;
  struct {
    double value;
    tin_dtype to;
    uint64_t expected;
  } rows[] = {
      {3e9, TIN_I32, INT32_MAX},
      {-3e9, TIN_I32, 0x80000000},
      {NAN, TIN_I32, 0},
      {-1.9, TIN_I32, i32(-1)},
      {2147483647.0, TIN_I32, INT32_MAX},
      {-1, TIN_U32, 0},
      {5e9, TIN_U32, UINT32_MAX},
      {300, TIN_U8, 255},
      {-0.5, TIN_U8, 0},
      {255.9, TIN_U8, 255},
      {1e30, TIN_I64, INT64_MAX},
      {-INFINITY, TIN_I64, (uint64_t)INT64_MIN},
      {NAN, TIN_BOOL, 1},
      {0.25, TIN_BOOL, 1},
      {-0.0, TIN_BOOL, 0},
      {NAN, TIN_U8, 0},
  };
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
    assert_int_equal(tin_scalar_cast(f64(rows[r].value), TIN_F64, rows[r].to), rows[r].expected);
    if ((double)(float)rows[r].value == rows[r].value || isnan(rows[r].value))
      assert_int_equal(tin_scalar_cast(f32(rows[r].value), TIN_F32, rows[r].to), rows[r].expected);
  }
  /* halfway in f64 rounding, above halfway in i64: rounding twice would go down */
  assert_int_equal(tin_scalar_cast(((uint64_t)1 << 60) + ((uint64_t)1 << 36) + 1, TIN_I64, TIN_F32), f32(0x1.000002p60));
  assert_int_equal(tin_scalar_cast((uint64_t)-5, TIN_I64, TIN_U8), 251);
  assert_int_equal(tin_scalar_cast(i32(-5), TIN_I32, TIN_I64), (uint64_t)-5);
  assert_int_equal(tin_scalar_cast(i32(-5), TIN_U32, TIN_I64), 4294967291u);
  assert_int_equal(tin_scalar_cast(256, TIN_I32, TIN_BOOL), 1);
  assert_int_equal(tin_scalar_cast(1, TIN_BOOL, TIN_F32), f32(1));
}

static void test_floats(void **state) {
  (void)state;
  assert_int_equal(unary(OP_ROUND, TIN_F32, f32(2.5)), f32(2));
  assert_int_equal(unary(OP_ROUND, TIN_F64, f64(-0.5)), f64(-0.0));
  assert_int_equal(unary(OP_NEG, TIN_F32, f32(0)), f32(-0.0));
  assert_int_equal(tin_scalar_eval(OP_FMA, TIN_F32, TIN_F32, (uint64_t[]){f32(0x1.001p0), f32(0x1.001p0), f32(-0x1.002p0)}), f32(0x1p-24));
  assert_int_equal(tin_scalar_eval(OP_BITCAST, TIN_I32, TIN_F32, (uint64_t[]){0xff812345}), 0x7fc00000);
  assert_int_equal(tin_scalar_eval(OP_BITCAST, TIN_I64, TIN_F64, (uint64_t[]){0xfff0000000000001}), 0x7ff8000000000000);
  assert_int_equal(tin_scalar_eval(OP_BITCAST, TIN_F32, TIN_I32, (uint64_t[]){0x3f800000}), f32(1));
  assert_int_equal(tin_scalar_eval(OP_SELECT, TIN_F32, TIN_F32, (uint64_t[]){1, f32(2), f32(3)}), f32(2));
}

static void test_neutral_elements(void **state) {
  (void)state;
  assert_int_equal(tin_scalar_neutral(OP_SUM, TIN_F32), f32(-0.0));
  assert_int_equal(tin_scalar_neutral(OP_CONTRACT, TIN_F64), f64(-0.0));
  assert_int_equal(tin_scalar_neutral(OP_SUM, TIN_I64), 0);
  assert_int_equal(tin_scalar_neutral(OP_PROD, TIN_F32), f32(1));
  assert_int_equal(tin_scalar_neutral(OP_PROD, TIN_U8), 1);
  assert_int_equal(tin_scalar_neutral(OP_REDUCE_MAX, TIN_F32), f32(-INFINITY));
  assert_int_equal(tin_scalar_neutral(OP_REDUCE_MAX, TIN_I32), i32(INT32_MIN));
  assert_int_equal(tin_scalar_neutral(OP_REDUCE_MIN, TIN_I64), (uint64_t)INT64_MAX);
  assert_int_equal(tin_scalar_neutral(OP_REDUCE_MIN, TIN_U8), 255);
  assert_int_equal(tin_scalar_neutral(OP_REDUCE_MIN, TIN_BOOL), 1);
  assert_int_equal(tin_scalar_neutral(OP_REDUCE_MAX, TIN_BOOL), 0);
}

static void test_memory(void **state) {
  (void)state;
  for (int dtype = 0; dtype < TIN_DTYPE_COUNT; dtype++) {
    uint64_t data[2] = {0, 0}, value = tin_scalar_from_double(1, (tin_dtype)dtype);
    tin_scalar_store(data, 1, (tin_dtype)dtype, value);
    assert_int_equal(tin_scalar_load(data, 0, (tin_dtype)dtype), 0);
    assert_int_equal(tin_scalar_load(data, 1, (tin_dtype)dtype), value);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_minimum_and_maximum),
      cmocka_unit_test(test_integers_wrap),
      cmocka_unit_test(test_division),
      cmocka_unit_test(test_shifts),
      cmocka_unit_test(test_comparisons),
      cmocka_unit_test(test_casts),
      cmocka_unit_test(test_floats),
      cmocka_unit_test(test_neutral_elements),
      cmocka_unit_test(test_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
