/* Nests printed as plain C, compiled by libtcc and run (test_optable has every op): constants, reductions against the rules of
 * docs/numerics.md written down once more, and the three forms with everything that a nest can hold. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codegen/nest.h"
#include "ir/scalar.h"
#include "runtime/code.h"

enum { MAX_FUNCTIONS = 800, COUNT = 400 };

typedef void nest_function(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, const long *param,
                           long row_low, long row_high, long column_low, long column_high);

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_index_context indexes;
  struct tin_text text;
  struct tin_nest nest; /* the one being built */
  const char *names[MAX_FUNCTIONS];
  void *functions[MAX_FUNCTIONS];
  int n_functions;
  struct tin_code *code;
  uint64_t seed;
};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f || setjmp(f->fail))
    return -1;
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
  tin_index_init(&f->indexes, &f->arena);
  tin_text_init(&f->text, &f->arena);
  tin_portable_prelude(&f->text);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  tin_code_free(f->code);
  tin_arena_free(&f->arena);
  free(f);
  return 0;
}

/* ---- building nests ---- */

static const char *const symbol_names[] = {"r0", "r1", "r2", "r3", "r4"};

static void begin_nest(struct fixture *f, enum tin_nest_form form, int row, int column) {
  f->nest =
      (struct tin_nest){.form = form, .indexes = &f->indexes, .row = row, .column = column, .inner_size = 1, .n_symbols = 5, .n_passes = 1};
  f->nest.names = tin_arena_copy(&f->arena, symbol_names, sizeof symbol_names);
}

static const struct tin_index *symbol(struct fixture *f, int number) {
  return tin_index_symbol(&f->indexes, number, 0, 1 << 24);
}

/* c0 r0 + c1 r1 + c2 r2 + c3 r3 */
static const struct tin_index *affine(struct fixture *f, int64_t c0, int64_t c1, int64_t c2, int64_t c3) {
  const int64_t factors[] = {c0, c1, c2, c3};
  const struct tin_index *sum = tin_index_constant(&f->indexes, 0);
  for (int s = 0; s < 4; s++)
    sum = tin_index_add(&f->indexes, sum, tin_index_scale(&f->indexes, symbol(f, s), factors[s]));
  return sum;
}

static void add_inner(struct fixture *f, int number, int64_t extent) {
  tin_vec_push(&f->arena, &f->nest.inner, ((struct tin_range){number, extent}));
  f->nest.inner_size *= extent;
}

static int add_arg(struct fixture *f, enum tin_arg_kind kind, int number, int dtype, bool written) {
  tin_vec_push(&f->arena, &f->nest.args,
               ((struct tin_arg){.kind = kind, .number = number, .offset = number, .dtype = (uint8_t)dtype, .written = written}));
  return f->nest.args.count - 1;
}

static int add_value(struct fixture *f, struct tin_value value) {
  tin_vec_push(&f->arena, &f->nest.values, value);
  return f->nest.values.count - 1;
}

static int add_load(struct fixture *f, int arg, const struct tin_index *index, bool element) {
  return add_value(
      f, (struct tin_value){
             .kind = VALUE_LOAD, .dtype = f->nest.args.at[arg].dtype, .element = element, .in = {-1, -1, -1}, .arg = arg, .index = index});
}

/* Level and element-ness follow from the inputs. */
static int add_op(struct fixture *f, int op, int dtype, int a, int b, int c) {
  struct tin_value value = {.kind = VALUE_OP, .dtype = (uint8_t)dtype, .op = (uint16_t)op, .in = {a, b, c}};
  for (int i = 0; i < 3; i++)
    if (value.in[i] >= 0) {
      const struct tin_value *in = f->nest.values.at + value.in[i];
      value.element |= in->element;
      value.level = in->level > value.level ? in->level : value.level;
    }
  return add_value(f, value);
}

static int add_const(struct fixture *f, int dtype, double number) {
  return add_value(
      f, (struct tin_value){
             .kind = VALUE_CONST, .dtype = (uint8_t)dtype, .in = {-1, -1, -1}, .bits = tin_scalar_from_double(number, (tin_dtype)dtype)});
}

static int add_reduction(struct fixture *f, int op, int value, int factor, int pass) {
  int dtype = f->nest.values.at[value].dtype;
  tin_vec_push(&f->arena, &f->nest.reductions, ((struct tin_reduction){op, dtype, value, factor, pass}));
  return add_value(
      f, (struct tin_value){
             .kind = VALUE_REDUCE, .dtype = (uint8_t)dtype, .level = pass + 1, .in = {-1, -1, -1}, .arg = f->nest.reductions.count - 1});
}

static void add_store(struct fixture *f, int arg, const struct tin_index *index, int value, int pass) {
  tin_vec_push(&f->arena, &f->nest.stores, ((struct tin_store){arg, index, value, pass}));
}

/* Prints the nest and a global function that calls it; its number. */
static int end_nest(struct fixture *f) {
  struct tin_error error = {0};
  struct tin_text dump, name;
  if (!tin_nest_verify(&f->nest, &error))
    fail_msg("%s", error.text);
  tin_text_init(&dump, &f->arena);
  tin_nest_print(&dump, &f->nest);
  assert_true(dump.count > 0);
  tin_text_init(&name, &f->arena);
  tin_text_add(&name, "f%d", f->n_functions);
  tin_portable_print(&f->text, &f->arena, &f->nest, name.at);
  tin_text_add(
      &f->text,
      "void call_%s(char **b, const unsigned long long *s, char *t, char *const *p, const long *q, long i, long j, long k, long l) {\n"
      "  %s(b, s, t, p, q, i, j, k, l);\n"
      "}\n",
      name.at, name.at);
  tin_text_init(&name, &f->arena);
  tin_text_add(&name, "call_f%d", f->n_functions);
  f->names[f->n_functions] = name.at;
  assert_true(f->n_functions < MAX_FUNCTIONS - 1);
  return f->n_functions++;
}

static void compile(struct fixture *f) {
  const struct tin_code_symbol symbols[] = {{"tin_fmaf", (const void *)fmaf},   {"tin_fma", (const void *)fma},
                                            {"tin_sqrtf", (const void *)sqrtf}, {"tin_sqrt", (const void *)sqrt},
                                            {"tin_fmodf", (const void *)fmodf}, {"tin_fmod", (const void *)fmod}};
  struct tin_error error = {0};
  const struct tin_code_source source = {.text = f->text.at, .symbols = symbols, .n_symbols = sizeof symbols / sizeof *symbols};
  f->code = tin_code_compile(&source, f->names, f->n_functions, f->functions, &error);
  if (!f->code)
    fail_msg("%s", error.text);
}

static nest_function *function(struct fixture *f, int number) {
  nest_function *result;
  memcpy(&result, &f->functions[number], sizeof result);
  return result;
}

/* ---- elements ---- */

static uint64_t random_bits(struct fixture *f) {
  return f->seed = tin_hash_mix(f->seed, 3);
}

static const double interesting[] = {0.0,         -0.0,
                                     1,           -1,
                                     0.5,         -0.5,
                                     1.5,         -2.5,
                                     2,           3,
                                     7,           -7,
                                     31,          32,
                                     63,          64,
                                     65,          255,
                                     256,         1e10,
                                     -1e10,       1e19,
                                     1e-40,       -1e-310,
                                     2147483647,  2147483648,
                                     -2147483648, -2147483649,
                                     4294967295,  4294967296,
                                     0.49999997,  8388607.5,
                                     16777217,    4503599627370497.5,
                                     1e300,       INFINITY,
                                     -INFINITY,   NAN};
enum { N_INTERESTING = sizeof interesting / sizeof *interesting };

/* Constants come out with their bits, whatever they are. */
static void test_constants(void **state) {
  struct fixture *f = *state;
  enum { N = 60 };
  int count = 0;
  uint64_t expected[TIN_DTYPE_COUNT][N];
  static uint64_t data[TIN_DTYPE_COUNT][N];
  char *buf[TIN_DTYPE_COUNT];
  begin_nest(f, NEST_MAP, -1, -1);
  for (int dtype = 0; dtype < TIN_DTYPE_COUNT; dtype++) {
    buf[dtype] = (char *)data[dtype];
    int arg = add_arg(f, ARG_BUFFER, dtype, dtype, true);
    for (int i = 0; i < N; i++, count++) {
      uint64_t bits = i < N_INTERESTING   ? tin_scalar_from_double(interesting[i], (tin_dtype)dtype)
                      : dtype == TIN_BOOL ? (uint64_t)i % 2
                                          : random_bits(f) >> (64 - 8 * tin_dtype_bytes(dtype));
      if (i == N - 1 && dtype == TIN_I64)
        bits = (uint64_t)INT64_MIN;
      expected[dtype][i] = bits;
      int value = add_value(f, (struct tin_value){.kind = VALUE_CONST, .dtype = (uint8_t)dtype, .in = {-1, -1, -1}, .bits = bits});
      add_store(f, arg, tin_index_constant(&f->indexes, i), value, 0);
    }
  }
  int number = end_nest(f);
  compile(f);
  function(f, number)(buf, NULL, NULL, NULL, NULL, 0, 1, 0, 1);
  for (int dtype = 0; dtype < TIN_DTYPE_COUNT; dtype++)
    for (int i = 0; i < N; i++)
      assert_int_equal(tin_scalar_load(data[dtype], i, (tin_dtype)dtype), expected[dtype][i]);
}

/* ---- reductions ---- */

/* One rule, as docs/numerics.md says it: blocks of 1024, partials by k mod 16, the tree, the same again over the block results. */
static float lanes(int op, const float *x, const float *y, int64_t n) {
  float neutral = op == OP_PROD ? 1.0f : -0.0f;
  if (n == 0)
    return op == OP_PROD ? 1.0f : 0.0f;
  int64_t blocks = (n + 1023) / 1024;
  float *results = malloc(sizeof *results * (size_t)blocks), total;
  assert_non_null(results);
  for (int64_t b = 0; b < blocks; b++) {
    float part[16];
    for (int l = 0; l < 16; l++)
      part[l] = neutral;
    for (int64_t k = b * 1024; k < n && k < b * 1024 + 1024; k++)
      part[k % 16] = op == OP_CONTRACT ? fmaf(x[k], y[k], part[k % 16]) : op == OP_SUM ? part[k % 16] + x[k] : part[k % 16] * x[k];
    for (int half = 8; half; half /= 2)
      for (int l = 0; l < half; l++)
        part[l] = op == OP_PROD ? part[l] * part[l + half] : part[l] + part[l + half];
    results[b] = part[0];
  }
  total = blocks == 1 ? results[0] : lanes(op == OP_PROD ? OP_PROD : OP_SUM, results, NULL, blocks);
  free(results);
  return total;
}

static float random_float(struct fixture *f) {
  return (float)((double)(random_bits(f) >> 40) / 0x1p23 - 1.0);
}

/* sum, prod, contract, min, max of rows of x [rows, inner] (and y), into out [5, rows]; inner is split in two ranges when `split`. */
static int reduction_nest(struct fixture *f, int64_t inner, int64_t split) {
  static const int ops[] = {OP_SUM, OP_PROD, OP_CONTRACT, OP_REDUCE_MIN, OP_REDUCE_MAX};
  begin_nest(f, NEST_ROW, 0, -1);
  if (split)
    add_inner(f, 1, inner / split);
  add_inner(f, 2, split ? split : inner);
  const struct tin_index *at = affine(f, inner, split ? split : 0, 1, 0);
  int x = add_load(f, add_arg(f, ARG_BUFFER, 0, TIN_F32, false), at, true);
  int y = add_load(f, add_arg(f, ARG_BUFFER, 1, TIN_F32, false), at, true);
  int out = add_arg(f, ARG_BUFFER, 2, TIN_F32, true);
  for (int i = 0; i < 5; i++) {
    int value = add_reduction(f, ops[i], x, ops[i] == OP_CONTRACT ? y : -1, 0);
    add_store(f, out, tin_index_offset(&f->indexes, symbol(f, 0), 2 * i), value, 1);
  }
  return end_nest(f);
}

static void check_reductions(struct fixture *f, int number, int64_t inner) {
  float *x = malloc(sizeof *x * (size_t)(2 * inner + 1)), *y = malloc(sizeof *y * (size_t)(2 * inner + 1)), out[10];
  assert_true(x && y);
  for (int64_t i = 0; i < 2 * inner; i++) {
    x[i] = i < inner ? random_float(f) : -0.0f;
    y[i] = random_float(f);
    if (inner > 20)
      x[i] = x[i] < 0 ? -1.0f + x[i] / 64 : 1.0f + x[i] / 64; /* products stay in range */
  }
  char *buf[] = {(char *)x, (char *)y, (char *)out};
  function(f, number)(buf, NULL, NULL, NULL, NULL, 0, 2, 0, 1);
  for (int row = 0; row < 2; row++) {
    const float *a = x + row * inner, *b = y + row * inner;
    float low = INFINITY, high = -INFINITY;
    for (int64_t i = 0; i < inner; i++) {
      low = fminf(low, a[i]);
      high = fmaxf(high, a[i]);
    }
    const float expected[] = {lanes(OP_SUM, a, NULL, inner), lanes(OP_PROD, a, NULL, inner), lanes(OP_CONTRACT, a, b, inner), low, high};
    for (int i = 0; i < 5; i++)
      if (memcmp(out + 2 * i + row, expected + i, sizeof *out))
        fail_msg("reduction %d over %lld: %a, expected %a", i, (long long)inner, (double)out[2 * i + row], (double)expected[i]);
  }
  free(x);
  free(y);
}

static void test_reductions(void **state) {
  struct fixture *f = *state;
  static const int64_t sizes[][2] = {
      {0, 0}, {1, 0}, {5, 0}, {16, 0}, {17, 0}, {1024, 0}, {1025, 0}, {2047, 23}, {5000, 50}, {1 << 20, 0}, {(1 << 20) + 1025, 3}};
  enum { N = sizeof sizes / sizeof *sizes };
  int numbers[N];
  for (int i = 0; i < N; i++)
    numbers[i] = reduction_nest(f, sizes[i][0], sizes[i][1]);
  compile(f);
  for (int i = 0; i < N; i++)
    check_reductions(f, numbers[i], sizes[i][0]);
}

static void test_integer_reductions(void **state) {
  struct fixture *f = *state;
  enum { N = 3000 };
  static int64_t x[N];
  int64_t out[4], expected[4] = {0, 1, INT64_MAX, INT64_MIN};
  static const int ops[] = {OP_SUM, OP_PROD, OP_REDUCE_MIN, OP_REDUCE_MAX};
  begin_nest(f, NEST_ROW, -1, -1);
  add_inner(f, 1, N);
  int value = add_load(f, add_arg(f, ARG_BUFFER, 0, TIN_I64, false), symbol(f, 1), true);
  int result = add_arg(f, ARG_BUFFER, 1, TIN_I64, true);
  for (int i = 0; i < 4; i++)
    add_store(f, result, tin_index_constant(&f->indexes, i), add_reduction(f, ops[i], value, -1, 0), 1);
  int number = end_nest(f);
  compile(f);
  for (int i = 0; i < N; i++) {
    x[i] = (int64_t)(random_bits(f) | 1);
    expected[0] = (int64_t)((uint64_t)expected[0] + (uint64_t)x[i]);
    expected[1] = (int64_t)((uint64_t)expected[1] * (uint64_t)x[i]);
    expected[2] = x[i] < expected[2] ? x[i] : expected[2];
    expected[3] = x[i] > expected[3] ? x[i] : expected[3];
  }
  char *buf[] = {(char *)x, (char *)out};
  function(f, number)(buf, NULL, NULL, NULL, NULL, 0, 1, 0, 1);
  assert_memory_equal(out, expected, sizeof out);
}

/* ---- forms ---- */

/* (x - mean) * scale over rows: two passes, a row store and an element store; the mean also goes to scratch. */
static void test_passes(void **state) {
  struct fixture *f = *state;
  enum { ROWS = 3, INNER = 40 };
  float x[ROWS * INNER], centred[ROWS * INNER], largest[ROWS], scratch[ROWS + 4];
  const float scale = 0.37f;
  begin_nest(f, NEST_ROW, 0, -1);
  add_inner(f, 1, INNER);
  f->nest.n_passes = 2;
  const struct tin_index *at = affine(f, INNER, 1, 0, 0);
  int load = add_load(f, add_arg(f, ARG_BUFFER, 0, TIN_F32, false), at, true);
  int sum = add_reduction(f, OP_SUM, load, -1, 0);
  int mean = add_op(f, OP_MUL, TIN_F32, sum, add_const(f, TIN_F32, 1.0 / INNER), -1);
  int factor = add_value(f, (struct tin_value){.kind = VALUE_SCALAR, .dtype = TIN_F32, .in = {-1, -1, -1}, .arg = 1});
  int result = add_op(f, OP_MUL, TIN_F32, add_op(f, OP_SUB, TIN_F32, load, mean, -1), factor, -1);
  add_store(f, add_arg(f, ARG_POINTER, 0, TIN_F32, true), at, result, 1);
  add_store(f, add_arg(f, ARG_BUFFER, 1, TIN_F32, true), symbol(f, 0), add_reduction(f, OP_REDUCE_MAX, result, -1, 1), 2);
  add_store(f, add_arg(f, ARG_SCRATCH, 16, TIN_F32, true), symbol(f, 0), mean, 2);
  int number = end_nest(f);
  compile(f);
  for (int i = 0; i < ROWS * INNER; i++)
    x[i] = random_float(f);
  unsigned long long scalars[2] = {0, tin_scalar_from_double((double)scale, TIN_F32)};
  char *buf[] = {(char *)x, (char *)largest}, *pointers[] = {(char *)centred};
  function(f, number)(buf, scalars, (char *)scratch, pointers, NULL, 0, ROWS, 0, 1);
  for (int row = 0; row < ROWS; row++) {
    float expected_mean = lanes(OP_SUM, x + row * INNER, NULL, INNER) * (float)(1.0 / INNER), expected_largest = -INFINITY;
    for (int i = 0; i < INNER; i++) {
      float expected = (x[row * INNER + i] - expected_mean) * scale;
      assert_memory_equal(&centred[row * INNER + i], &expected, sizeof expected);
      expected_largest = fmaxf(expected_largest, expected);
    }
    assert_memory_equal(&largest[row], &expected_largest, sizeof expected_largest);
    assert_memory_equal(&scratch[row + 4], &expected_mean, sizeof expected_mean);
  }
}

/* Sums over the middle axis of [rows, inner, columns], columns as the vector axis. */
static void test_column(void **state) {
  struct fixture *f = *state;
  enum { ROWS = 2, INNER = 33, COLUMNS = 7 };
  float x[ROWS * INNER * COLUMNS], out[ROWS * COLUMNS], column[INNER];
  begin_nest(f, NEST_COLUMN, 0, 1);
  add_inner(f, 2, INNER);
  int load = add_load(f, add_arg(f, ARG_BUFFER, 0, TIN_F32, false), affine(f, INNER * COLUMNS, 1, COLUMNS, 0), true);
  int sum = add_reduction(f, OP_SUM, load, -1, 0);
  add_store(f, add_arg(f, ARG_BUFFER, 1, TIN_F32, true), affine(f, COLUMNS, 1, 0, 0), sum, 1);
  int number = end_nest(f);
  compile(f);
  for (int i = 0; i < ROWS * INNER * COLUMNS; i++)
    x[i] = random_float(f);
  char *buf[] = {(char *)x, (char *)out};
  function(f, number)(buf, NULL, NULL, NULL, NULL, 0, ROWS, 0, COLUMNS);
  for (int i = 0; i < ROWS * COLUMNS; i++) {
    for (int k = 0; k < INNER; k++)
      column[k] = x[(i / COLUMNS * INNER + k) * COLUMNS + i % COLUMNS];
    float expected = lanes(OP_SUM, column, NULL, INNER);
    assert_memory_equal(&out[i], &expected, sizeof expected);
  }
}

/* out[i, j] = table[index[j], i] where (i + j - 2) is in [0, 4) and even, else i: parameter, guards, dynamic index, index as a number. */
static void test_guards_and_dynamic_index(void **state) {
  struct fixture *f = *state;
  enum { ROWS = 5, COLUMNS = 6, TABLE = 4 };
  int index[COLUMNS] = {3, 0, 2, 1, 1, 3};
  float table[TABLE * ROWS], out[2 * ROWS * COLUMNS];
  begin_nest(f, NEST_MAP, 0, 1);
  struct tin_index_context *c = &f->indexes;
  const struct tin_index *diagonal = tin_index_offset(c, affine(f, 1, 1, 0, 0), -2);
  struct tin_condition *condition = TIN_NEW(&f->arena, struct tin_condition);
  *condition = (struct tin_condition){.index = diagonal, .low = 0, .high = 4, .mod = 2};
  int row_index = add_load(f, add_arg(f, ARG_BUFFER, 0, TIN_I32, false), symbol(f, 1), true);
  int guard = add_value(
      f, (struct tin_value){
             .kind = VALUE_GUARD, .dtype = TIN_BOOL, .element = true, .in = {-1, -1, -1}, .conditions = condition, .n_conditions = 1});
  int loaded = add_value(f, (struct tin_value){.kind = VALUE_LOAD,
                                               .dtype = TIN_F32,
                                               .element = true,
                                               .in = {row_index, guard, -1},
                                               .arg = add_arg(f, ARG_BUFFER, 1, TIN_F32, false),
                                               .stride = ROWS,
                                               .index = symbol(f, 0)});
  int number_of_row = add_value(f, (struct tin_value){.kind = VALUE_INDEX, .dtype = TIN_F32, .in = {-1, -1, -1}, .index = symbol(f, 0)});
  int result = add_op(f, OP_SELECT, TIN_F32, guard, loaded, number_of_row);
  const struct tin_index *at = tin_index_add(c, affine(f, COLUMNS, 1, 0, 0), tin_index_scale(c, symbol(f, 3), ROWS * COLUMNS));
  add_store(f, add_arg(f, ARG_BUFFER, 2, TIN_F32, true), at, result, 0);
  int number = end_nest(f);
  compile(f);
  for (int i = 0; i < TABLE * ROWS; i++)
    table[i] = random_float(f);
  const long param[5] = {0, 0, 0, 1, 0};
  char *buf[] = {(char *)index, (char *)table, (char *)out};
  function(f, number)(buf, NULL, NULL, NULL, param, 0, ROWS, 0, COLUMNS);
  for (int i = 0; i < ROWS; i++)
    for (int j = 0; j < COLUMNS; j++) {
      int on = i + j - 2 >= 0 && i + j - 2 < 4 && (i + j) % 2 == 0;
      float expected = on ? table[index[j] * ROWS + i] : (float)i;
      assert_memory_equal(&out[ROWS * COLUMNS + i * COLUMNS + j], &expected, sizeof expected);
    }
}

/* The verifier names what is wrong. */
static void test_verifier(void **state) {
  struct fixture *f = *state;
  struct tin_error error = {0};
  begin_nest(f, NEST_MAP, -1, 0);
  int x = add_load(f, add_arg(f, ARG_BUFFER, 0, TIN_F32, false), symbol(f, 0), true);
  add_store(f, add_arg(f, ARG_BUFFER, 1, TIN_F32, true), symbol(f, 0), x, 0);
  assert_true(tin_nest_verify(&f->nest, &error));
  f->nest.values.at[x].element = false;
  assert_false(tin_nest_verify(&f->nest, &error));
  assert_string_equal(error.text, "nest: v0: a row value whose index varies inside the row");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_constants, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_reductions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_integer_reductions, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_passes, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_column, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_guards_and_dynamic_index, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_verifier, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
