/* The elementary functions: accuracy against libm in a wider type, special values, the rules of program.h; random bits against the
 * published known answers of Threefry. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ir/program.h"
#include "ir/scalar.h"
#include "tests/elementary.h"

enum { BATCH = 512 };

enum { FUNCTIONS = ELEMENTARY_COUNT };

static void check(const struct elementary *function, const uint64_t *in, const uint64_t *in_2, int count, bool wide) {
  tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
  uint64_t out[BATCH];
  tin_scalar_eval_many(function->op, dtype, dtype, (const uint64_t *[]){in, in_2, in}, out, count);
  for (int i = 0; i < count; i++) {
    double x = tin_scalar_to_double(in[i], dtype), y = tin_scalar_to_double(in_2[i], dtype), value = tin_scalar_to_double(out[i], dtype);
    long double exact = elementary_exact(function, wide, x, y);
    double error = elementary_error(value, exact, wide);
    if (!elementary_near_zero(function, x, value, exact, wide) && !(error <= (wide ? function->bound_f64 : function->bound_f32)))
      fail_msg("%s %s(%a, %a) = %a, not %La: %g ulp", tin_ops[function->op].text, tin_dtypes[dtype].text, x, y, value, exact, error);
  }
}

/* Half of the samples have random bits, half lie in the function's own range. */
static void test_accuracy(void **state) {
  (void)state;
  uint64_t seed = 88172645463325252u, x[BATCH], y[BATCH];
  for (int f = 0; f < FUNCTIONS; f++)
    for (int batch = 0; batch < 200; batch++) {
      bool wide = batch % 4 >= 2;
      elementary_sample(&elementary[f], wide, batch % 2, &seed, x, y, BATCH);
      check(&elementary[f], x, y, BATCH, wide);
    }
}

/* Within a small distance, of all sizes, of 1 and -1 (and 2): the ends of domains, and the zeros of lgamma. */
static void test_ends(void **state) {
  (void)state;
  uint64_t seed = 88172645463325252u, in[BATCH];
  for (int f = 0; f < FUNCTIONS; f++)
    for (int batch = 0; batch < 8; batch++) {
      tin_dtype dtype = batch % 2 ? TIN_F64 : TIN_F32;
      for (int i = 0; i < BATCH; i++) {
        uint64_t random = elementary_random(&seed);
        double distance = ldexp(1 + (double)(random >> 11) * 0x1p-53, -1 - i % 53);
        in[i] = tin_scalar_from_double((random & 1 ? -1 : 1) * ((random & 2 ? 1 : 2) + (random & 4 ? -distance : distance)), dtype);
      }
      check(&elementary[f], in, in, BATCH, batch % 2);
    }
}

/* Arguments where something changes: around 0, the edges of ranges, multiples of pi/2 and the hardest ones near them, largest and least. */
static void test_edges(void **state) {
  (void)state;
  const double edges[] = {0.0,
                          -0.0,
                          1,
                          -1,
                          0.9,
                          0.25,
                          0.5,
                          2,
                          4,
                          5.9375,
                          22,
                          -746,
                          -745.2,
                          -744.5,
                          -745.13,
                          709.78,
                          709.79,
                          710,
                          720,
                          -708.4,
                          88.72,
                          88.73,
                          89,
                          -103.9,
                          -104,
                          -104.1,
                          -87.34,
                          -1e9,
                          89.41,
                          89.42,
                          128,
                          -149.5,
                          -150,
                          710.47,
                          710.48,
                          1024,
                          -1074.5,
                          -1075,
                          17.5,
                          -17.33,
                          -37.43,
                          1e9,
                          1e30,
                          0x1p127,
                          0x1p-126,
                          0x1p-149,
                          0x1p-1022,
                          0x1p-1074,
                          0x1p1023,
                          0x1.fffffep127,
                          0x1.fffffffffffffp1023,
                          INFINITY,
                          -INFINITY,
                          NAN,
                          3.141592653589793,
                          1.5707963267948966,
                          16367173,
                          0x1.f9cbe2p7,
                          0x1.6e64c4p19,
                          355,
                          1e22,
                          3,
                          -3,
                          2147483647,
                          0x1.fffffep23,
                          0x1.fffffffffffffp52,
                          0x1p53,
                          0.3333333,
                          0x1p52,
                          0x1p105,
                          0x1p104,
                          0x1p476,
                          0x1p900};
  for (int f = 0; f < FUNCTIONS; f++)
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++)
      for (int wide = 0; wide < 2; wide++) {
        uint64_t bits = tin_scalar_from_double(edges[e], wide ? TIN_F64 : TIN_F32);
        uint64_t highest = wide ? INT64_MAX : INT32_MAX;
        uint64_t in[4] = {bits, (bits & highest) + 1, bits & highest ? bits - 1 : bits, bits ^ (highest + 1)};
        check(&elementary[f], in, in, 4, wide);
        for (size_t e_2 = 0; elementary[f].reference_2 && e_2 < sizeof edges / sizeof *edges; e_2++) {
          uint64_t second = tin_scalar_from_double(edges[e_2], wide ? TIN_F64 : TIN_F32);
          check(&elementary[f], in, (uint64_t[]){second, second, second, second}, 4, wide);
        }
      }
}

/* Logarithms to base 2 and 10 of powers of the base are whole numbers. */
static void test_powers_of_the_base(void **state) {
  (void)state;
  for (int wide = 0; wide < 2; wide++) {
    tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
    for (int n = wide ? -1074 : -149; n < (wide ? 1024 : 128); n++) {
      uint64_t power = tin_scalar_from_double(ldexp(1, n), dtype), number = tin_scalar_from_double(n, dtype);
      assert_int_equal(tin_scalar_eval(OP_LOG2, dtype, dtype, &power), number);
      assert_int_equal(tin_scalar_eval(OP_EXP2, dtype, dtype, &number), power);
    }
    double ten = 1;
    for (int n = 0; n <= (wide ? 22 : 10); n++, ten *= 10) { /* exact up to there */
      uint64_t power = tin_scalar_from_double(ten, dtype);
      assert_int_equal(tin_scalar_eval(OP_LOG10, dtype, dtype, &power), tin_scalar_from_double(n, dtype));
    }
  }
}

static void test_roots_of_cubes(void **state) {
  (void)state;
  for (int wide = 0; wide < 2; wide++)
    for (int n = -208063; n <= 208063; n += wide ? 97 : 1) {
      tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
      if (!wide && (n < -256 || n > 256)) /* exact up to there */
        continue;
      uint64_t cube = tin_scalar_from_double((double)n * n * n, dtype);
      assert_int_equal(tin_scalar_eval(OP_CBRT, dtype, dtype, &cube), tin_scalar_from_double(n, dtype));
    }
}

/* The double that is closest to a multiple of pi/2 (Muller, "Elementary Functions", table 11.1): the absolute error stays small. */
static void test_worst_reduction(void **state) {
  (void)state;
  uint64_t x = tin_scalar_from_double(6381956970095103.0 * 0x1p797, TIN_F64);
  double value = tin_scalar_to_double(tin_scalar_eval(OP_COS, TIN_F64, TIN_F64, &x), TIN_F64);
  assert_true(fabsl((long double)value - cosl(6381956970095103.0L * 0x1p797L)) < 0x1p-104L);
}

/* ---- the rules of program.h ---- */

/* Runs a program as a target may that leaves NaN bits as they are (here: any bits) and has only the logical shift for i64. */
static uint64_t run_loosely(const struct tin_program *program, const uint64_t *in_values, tin_dtype dtype) {
  uint64_t values[TIN_PROGRAM_VALUES] = {in_values[0], in_values[1]};
  tin_dtype dtypes[TIN_PROGRAM_VALUES] = {dtype, dtype};
  int number = program->n_args;
  for (int s = 0; s < program->n_steps; s++, number++) {
    const struct tin_step *step = &program->steps[s];
    uint64_t in[3] = {0, 0, 0};
    for (int k = 0; k < tin_ops[step->op].arity; k++)
      in[k] = values[step->in[k]];
    tin_dtype from = step->op == OP_CONST ? dtype : dtypes[step->in[step->op == OP_SELECT ? 1 : 0]];
    dtypes[number] = (tin_dtype)step->dtype;
    if (step->op == OP_CONST) {
      values[number] = program->constants[step->in[0]];
    } else if (step->op == OP_SHR && step->dtype == TIN_I64) {
      values[number] = in[0] >> in[1];
    } else {
      values[number] = tin_scalar_eval(step->op, (tin_dtype)step->dtype, from, in);
      double value = step->op == OP_BITCAST && tin_dtype_is_float((int)from) ? tin_scalar_to_double(in[0], from) : 0;
      if (value != value)
        values[number] = from == TIN_F32 ? 0xffedcba9 : 0xfffedcba98765432;
    }
  }
  return values[number - 1];
}

static void test_targets_may_be_loose(void **state) {
  (void)state;
  const double inputs[] = {0.0, -0.0, 1.5, -2.5, 1e-30, 1e30, -1e30, 1e300, -1e300, 1e-310, INFINITY, -INFINITY, NAN, 100, -100, 800, -800};
  for (int f = 0; f < FUNCTIONS; f++)
    for (int wide = 0; wide < 2; wide++)
      for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        tin_dtype dtype = wide ? TIN_F64 : TIN_F32;
        size_t second = (7 * i + 3) % (sizeof inputs / sizeof *inputs); /* pairs that do not repeat */
        uint64_t x[2] = {tin_scalar_from_double(inputs[i], dtype), tin_scalar_from_double(inputs[second], dtype)};
        uint64_t strict = tin_scalar_eval(elementary[f].op, dtype, dtype, x);
        uint64_t loose = run_loosely(tin_program_of(elementary[f].op, dtype), x, dtype);
        double value = tin_scalar_to_double(strict, dtype), loose_value = tin_scalar_to_double(loose, dtype);
        if (value != value)
          assert_true(loose_value != loose_value);
        else
          assert_int_equal(strict, loose);
      }
}

static void check_form(const struct tin_program *program, tin_dtype result) {
  assert_true(program->n_args + program->n_steps <= TIN_PROGRAM_VALUES);
  for (int s = 0; s < program->n_steps; s++) {
    const struct tin_step *step = &program->steps[s];
    int arity = step->op == OP_CONST ? 0 : tin_ops[step->op].arity;
    assert_true(step->op == OP_CONST || tin_op_is(step->op, OP_CLASS_ELEMENTWISE));
    for (int k = 0; k < 3; k++)
      assert_true(k < arity ? step->in[k] < program->n_args + s : step->op == OP_CONST || step->in[k] == TIN_PROGRAM_VALUES);
    if (step->op == OP_SHL || step->op == OP_SHR) {
      const struct tin_step *amount = &program->steps[step->in[1] - program->n_args];
      assert_int_equal(amount->op, OP_CONST);
      assert_true(program->constants[amount->in[0]] < 8 * (uint64_t)tin_dtype_bytes(step->dtype));
    }
  }
  assert_int_equal(program->steps[program->n_steps - 1].dtype, result);
}

static void test_form(void **state) {
  (void)state;
  for (int f = 0; f < FUNCTIONS; f++) {
    check_form(tin_program_of(elementary[f].op, TIN_F32), TIN_F32);
    check_form(tin_program_of(elementary[f].op, TIN_F64), TIN_F64);
  }
  check_form(tin_program_of(OP_RANDOM, TIN_U32), TIN_U32);
}

/* ---- random bits ---- */

/* Threefry-2x32-20 written as a loop. */
static void threefry(const uint32_t counter[2], const uint32_t key[2], uint32_t out[2]) {
  static const int rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  uint32_t keys[3] = {key[0], key[1], key[0] ^ key[1] ^ 0x1bd11bda};
  uint32_t a = counter[0] + keys[0], b = counter[1] + keys[1];
  for (uint32_t round = 0; round < 20; round++) {
    a += b;
    b = (b << rotations[round % 8] | b >> (32 - rotations[round % 8])) ^ a;
    if (round % 4 == 3) {
      uint32_t injection = round / 4 + 1;
      a += keys[injection % 3];
      b += keys[(injection + 1) % 3] + injection;
    }
  }
  out[0] = a;
  out[1] = b;
}

/* Rows of the file kat_vectors of the Random123 library. */
static void test_random_known_answers(void **state) {
  (void)state;
  static const uint32_t rows[3][6] = {{0, 0, 0, 0, 0x6b200159, 0x99ba4efe},
                                      {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0x1cb996fc, 0xbb002be7},
                                      {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0}};
  for (int r = 0; r < 3; r++) {
    uint32_t out[2];
    threefry(rows[r], rows[r] + 2, out);
    assert_int_equal(out[0], rows[r][4]);
    assert_int_equal(out[1], rows[r][5]);
  }
  assert_int_equal(tin_scalar_eval(OP_RANDOM, TIN_U32, TIN_U32, (uint64_t[]){0, 0, 0}), 0x6b200159);
  uint64_t seed = 1;
  for (int i = 0; i < 1000; i++) {
    uint32_t counter[2] = {(uint32_t)elementary_random(&seed), 0},
             key[2] = {(uint32_t)elementary_random(&seed), (uint32_t)elementary_random(&seed)}, out[2];
    threefry(counter, key, out);
    assert_int_equal(tin_scalar_eval(OP_RANDOM, TIN_U32, TIN_U32, (uint64_t[]){counter[0], key[0], key[1]}), out[0]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_accuracy),
      cmocka_unit_test(test_ends),
      cmocka_unit_test(test_edges),
      cmocka_unit_test(test_powers_of_the_base),
      cmocka_unit_test(test_roots_of_cubes),
      cmocka_unit_test(test_worst_reduction),
      cmocka_unit_test(test_targets_may_be_loose),
      cmocka_unit_test(test_form),
      cmocka_unit_test(test_random_known_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
