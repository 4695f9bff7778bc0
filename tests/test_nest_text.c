/* The text form of loop nests: what is printed parses back; text goes through vectorisation and plain C, is compiled and run; bad text
 * gives an error that says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codegen/output.h"
#include "codegen/vectorize.h"
#include "fuzz/texts.h"

typedef void nest_function(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer, const long *param,
                           long row_low, long row_high, long column_low, long column_high);

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_code *code;
};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f || setjmp(f->fail))
    return -1;
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
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

static struct tin_nest *parse(struct tin_arena *arena, const char *text) {
  struct tin_error error = {0};
  struct tin_nest *nest = tin_nest_parse(arena, text, &error);
  if (!nest)
    fail_msg("%s\n%s", error.text, text);
  return nest;
}

static char *print(struct tin_arena *arena, const struct tin_nest *nest) {
  struct tin_text text;
  tin_text_init(&text, arena);
  tin_nest_print(&text, nest);
  return text.at;
}

static void verify(const struct tin_nest *nest) {
  struct tin_error error = {0};
  if (!tin_nest_verify(nest, &error))
    fail_msg("%s", error.text);
}

/* ---- nests of random graphs ---- */

/* The parsed nest gives the vector program that the nest itself gave. */
static void check_program(struct fuzz_texts *made, struct tin_nest *nest, const char *name, const char *target) {
  struct tin_text text, programs;
  tin_text_init(&text, &made->arena);
  tin_text_init(&programs, &made->arena);
  struct tin_kernel_code code = {.programs = &programs};
  const struct tin_output out = {.text = &text, .code = &code, .arena = &made->arena, .target = tin_codegen_target_find(target)};
  if (tin_vectorize(&out, nest, name) && !strstr(made->programs.at, programs.at))
    fail_msg("another program:\n%s\nof:\n%s", programs.at, print(&made->arena, nest));
}

static void test_round_trip(void **state) {
  (void)state;
  static struct fuzz_texts made;
  for (uint64_t seed = 200; seed < 300; seed++) {
    const char *target = seed % 2 ? "avx2" : "avx512";
    assert_true(fuzz_texts_make(&made, seed, target));
    const char *rest = made.nests.at;
    char *text, *comment;
    while ((text = fuzz_texts_next(&made.arena, &rest, &comment))) {
      struct tin_nest *nest = parse(&made.arena, text);
      assert_string_equal(print(&made.arena, nest), text);
      verify(nest);
      check_program(&made, nest, comment + 2, target);
    }
    fuzz_texts_free(&made);
  }
}

static const char every_kind[] = "nest row row=r0 column=- inner=r1:4,r2:32 passes=2 scratch=4224\n"
                                 "  ranges r0=0..63 r1=0..3 r2=0..31 r7=-5..5\n"
                                 "  a0: f32[8192] buffer 0 far\n"
                                 "  a1: i64 pointer 2\n"
                                 "  a2: f32 scratch 128 written\n"
                                 "  v0: f32 row level 0 = const 0x3f800000\n"
                                 "  v1: f32 row level 0 = scalar 3\n"
                                 "  v2: i64 element level 0 = index r1 * 32 - r2 - 7\n"
                                 "  v3: bool element level 0 = guard 0 <= r0 - 1 < 62 and -3 <= r2 * 2 + r7 < 9 mod 2\n"
                                 "  v4: i64 element level 0 = load a1[((r1 * 2 + r2 + 1) / 5) + (r0 / 4) * 3 + (r0 % 4) - 2]\n"
                                 "  v5: f32 element level 0 = load a0[0 + v4 * -128] where v3\n"
                                 "  v6: f32 element level 0 = select(v3, v5, v0)\n"
                                 "  v7: f32 row level 1 = reduce s0\n"
                                 "  v8: f32 element level 1 = neg(v6)\n"
                                 "  v9: f32 row level 2 = reduce s1\n"
                                 "  s0: f32 pass 0 = sum(v6)\n"
                                 "  s1: f32 pass 1 = contract(v6, v8)\n"
                                 "  store pass 1: a2[r1 * 32 + r2] = v8\n"
                                 "  store pass 2: a2[-r0 + 64] = v9\n";

static void test_every_kind(void **state) {
  struct fixture *f = *state;
  struct tin_nest *nest = parse(&f->arena, every_kind);
  assert_string_equal(print(&f->arena, nest), every_kind);
  verify(nest);
}

/* Indices are simplified as they are read. */
static void test_indices(void **state) {
  struct fixture *f = *state;
  static const char *const cases[][2] = {
      {"r1 + r0", "r0 + r1"},
      {"(r0 * 8 + r1) / 8", NULL},
      {"((r0 * 8 + r1) / 8)", "r0"},
      {"((r0 * 8 + r1) % 8)", "r1"},
      {"((r0 * 4 + r1) / 8)", "((r0 * 4 + r1) / 8)"},
      {"(r1 / 2) * 2 + (r1 % 2)", "r1"},
      {"((r1 - 3) / 2)", "((r1 + 1) / 2) - 2"},
      {"(r0 + 2) * 3 - r0 * 3", "6"},
      {"-(r0 - r1) * 2 + 5 - 2", "-r0 * 2 + r1 * 2 + 3"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_text text, expected;
    struct tin_error error = {0};
    tin_text_init(&text, &f->arena);
    tin_text_init(&expected, &f->arena);
    tin_text_add(&text, "nest map row=r0 column=r1 inner=- passes=1\n  ranges r0=0..9 r1=0..7\n  v0: i64 element level 0 = index %s\n",
                 cases[i][0]);
    if (!cases[i][1]) {
      assert_null(tin_nest_parse(&f->arena, text.at, &error));
      continue;
    }
    tin_text_add(&expected, "index %s\n", cases[i][1]);
    char *printed = strstr(print(&f->arena, parse(&f->arena, text.at)), "index ");
    assert_string_equal(printed, expected.at);
  }
}

/* ---- text, compiled and run ---- */

/* In vector form where the target has one: it must succeed then. */
static nest_function *compile(struct fixture *f, const char *nest_text, const char *target) {
  struct tin_text text, body;
  struct tin_error error = {0};
  struct tin_kernel_code code = {0};
  const char *const name = "call_nest";
  void *address;
  tin_text_init(&text, &f->arena);
  tin_text_init(&body, &f->arena);
  struct tin_output out = {.text = &body, .code = &code, .arena = &f->arena, .target = tin_codegen_target_find(target)};
  struct tin_nest *nest = parse(&f->arena, nest_text);
  verify(nest);
  assert_string_equal(print(&f->arena, nest), nest_text);
  assert_string_equal(tin_output_nest(&out, nest, "nest"), target);
  tin_codegen_prelude(&text, body.at);
  tin_text_add(&text,
               "%svoid call_nest(char **b, const unsigned long long *s, char *t, char *const *p, const long *q, long i, long j, long k, "
               "long l) {\n  nest(b, s, t, p, q, i, j, k, l);\n}\n",
               body.at);
  const struct tin_code_source source = {.text = text.at,
                                         .symbols = tin_codegen_symbols,
                                         .n_symbols = tin_codegen_symbol_count,
                                         .routines = code.routines.at,
                                         .n_routines = code.routines.count};
  tin_code_free(f->code);
  f->code = tin_code_compile(&source, &name, 1, &address, &error);
  if (!f->code)
    fail_msg("%s\n%s", error.text, text.at);
  nest_function *function;
  memcpy(&function, &address, sizeof function);
  return function;
}

enum { ROWS = 5, COLUMNS = 37, MAX_OUTPUT = ROWS * COLUMNS };

/* Small integers: every order of adding them gives the same. */
static float input(int i) {
  return (float)(i * 7 % 11 - 4);
}

/* Runs the nest on every target over all its rows and columns; buffers: 0 is x f32[5, 37], 1 and 2 are the results. */
static void check_run(struct fixture *f, const char *text, int columns, const float expected[2][MAX_OUTPUT]) {
  static const char *const targets[] = {"portable", "avx2", "avx512"};
  /* Behind buffers there are 64 bytes that may be read; each starts at a cache line. */
  static float memory[3][MAX_OUTPUT + 39] __attribute__((aligned(64)));
  static char scratch[1 << 16] __attribute__((aligned(64)));
  static const long param[8];
  for (int t = 0; t < 3; t++) {
    if (!tin_codegen_target_usable(tin_codegen_target_find(targets[t])))
      continue;
    memset(memory, 0, sizeof memory);
    for (int i = 0; i < MAX_OUTPUT; i++)
      memory[0][i] = input(i);
    char *buf[] = {(char *)memory[0], (char *)memory[1], (char *)memory[2]};
    compile(f, text, targets[t])(buf, NULL, scratch, NULL, param, 0, ROWS, 0, columns);
    for (int b = 0; b < 2; b++)
      for (int i = 0; i < MAX_OUTPUT; i++)
        if (memory[b + 1][i] != expected[b][i])
          fail_msg("%s: result %d [%d]: %g, expected %g\n%s", targets[t], b, i, (double)memory[b + 1][i], (double)expected[b][i], text);
  }
}

/* A row with a border of one, doubled; and its position over 4 and modulo 4. */
static void test_map(void **state) {
  struct fixture *f = *state;
  static const char text[] = "nest map row=r0 column=r1 inner=- passes=1\n"
                             "  ranges r0=0..4 r1=0..36\n"
                             "  a0: f32[185] buffer 0\n"
                             "  a1: f32[185] buffer 1 written\n"
                             "  a2: f32[185] buffer 2 written\n"
                             "  v0: bool element level 0 = guard 0 <= r1 - 1 < 35\n"
                             "  v1: f32 element level 0 = load a0[r0 * 37 + r1 - 1] where v0\n"
                             "  v2: f32 row level 0 = const 0x0\n"
                             "  v3: f32 element level 0 = select(v0, v1, v2)\n"
                             "  v4: f32 element level 0 = add(v3, v3)\n"
                             "  v5: i32 row level 0 = index (r0 / 4) * 10 + (r0 % 4)\n"
                             "  v6: f32 row level 0 = cast(v5)\n"
                             "  v7: f32 element level 0 = add(v4, v6)\n"
                             "  store pass 0: a1[r0 * 37 + r1] = v4\n"
                             "  store pass 0: a2[-r0 * 37 + r1 + 148] = v7\n";
  static float expected[2][MAX_OUTPUT];
  for (int i = 0; i < MAX_OUTPUT; i++) {
    int row = i / COLUMNS, column = i % COLUMNS;
    expected[0][i] = column >= 1 && column <= 35 ? 2 * input(i - 1) : 0;
    expected[1][(ROWS - 1 - row) * COLUMNS + column] = expected[0][i] + (float)(row / 4 * 10 + row % 4);
  }
  check_run(f, text, COLUMNS, expected);
}

/* The vector program of a nest, as text. */
static const char *program_of(struct fixture *f, const char *nest_text, const char *target) {
  struct tin_text text, programs;
  tin_text_init(&text, &f->arena);
  tin_text_init(&programs, &f->arena);
  struct tin_kernel_code code = {.programs = &programs};
  const struct tin_output out = {.text = &text, .code = &code, .arena = &f->arena, .target = tin_codegen_target_find(target)};
  assert_true(tin_vectorize(&out, parse(&f->arena, nest_text), "nest"));
  return programs.at;
}

/* Fetching ahead and streaming stores change no value; rows that start anywhere are stored as ever. */
static void test_far_and_streamed(void **state) {
  struct fixture *f = *state;
  static const char format[] = "nest map row=r0 column=r1 inner=- passes=1\n"
                               "  ranges r0=0..4 r1=0..36\n"
                               "  a0: f32[185] buffer 0 far\n"
                               "  a1: f32[185] buffer 1 written streamed\n"
                               "  v0: f32 element level 0 = load a0[r0 * %d + r1]\n"
                               "  v1: f32 element level 0 = add(v0, v0)\n"
                               "  store pass 0: a1[r0 * %d + r1] = v1\n";
  for (int pitch = 32; pitch <= COLUMNS; pitch += 5) {
    static float expected[2][MAX_OUTPUT];
    struct tin_text text;
    tin_text_init(&text, &f->arena);
    tin_text_add(&text, format, pitch, pitch);
    memset(expected, 0, sizeof expected);
    for (int i = 0; i < 4 * pitch + COLUMNS; i++)
      expected[0][i] = 2 * input(i);
    check_run(f, text.at, COLUMNS, expected);
    const char *program = program_of(f, text.at, "avx512");
    assert_non_null(strstr(program, "prefetch.f32 [p"));
    assert_int_equal(strstr(program, "stream.f32 [p") != NULL, pitch == 32);
  }
}

/* A row pass fetches what the next row needs. */
static void test_next_row(void **state) {
  struct fixture *f = *state;
  static const char text[] = "nest row row=r0 column=- inner=r1:37 passes=1\n"
                             "  ranges r0=0..4 r1=0..36\n"
                             "  a0: f32[185] buffer 0 far\n"
                             "  a1: f32[5] buffer 1 written\n"
                             "  v0: f32 element level 0 = load a0[r0 * 37 + r1]\n"
                             "  v1: f32 row level 1 = reduce s0\n"
                             "  s0: f32 pass 0 = sum(v0)\n"
                             "  store pass 1: a1[r0] = v1\n";
  static float expected[2][MAX_OUTPUT];
  for (int i = 0; i < MAX_OUTPUT; i++)
    expected[0][i / COLUMNS] += input(i);
  check_run(f, text, 1, expected);
  assert_non_null(strstr(program_of(f, text, "avx512"), " + i + 148], 0\n"));
}

/* Two passes over a row: its sum, then each element times that, and the largest of these. */
static void test_row(void **state) {
  struct fixture *f = *state;
  static const char text[] = "nest row row=r0 column=- inner=r1:37 passes=2\n"
                             "  ranges r0=0..4 r1=0..36\n"
                             "  a0: f32[185] buffer 0\n"
                             "  a1: f32[185] buffer 1 written\n"
                             "  a2: f32[5] buffer 2 written\n"
                             "  v0: f32 element level 0 = load a0[r0 * 37 + r1]\n"
                             "  v1: f32 row level 1 = reduce s0\n"
                             "  v2: f32 element level 1 = mul(v0, v1)\n"
                             "  v3: f32 row level 2 = reduce s1\n"
                             "  s0: f32 pass 0 = sum(v0)\n"
                             "  s1: f32 pass 1 = reduce_max(v2)\n"
                             "  store pass 1: a1[r0 * 37 + r1] = v2\n"
                             "  store pass 2: a2[r0] = v3\n";
  static float expected[2][MAX_OUTPUT];
  for (int row = 0; row < ROWS; row++) {
    float sum = 0, largest = -1e30f;
    for (int i = 0; i < COLUMNS; i++)
      sum += input(row * COLUMNS + i);
    for (int i = 0; i < COLUMNS; i++) {
      float product = expected[0][row * COLUMNS + i] = input(row * COLUMNS + i) * sum;
      largest = product > largest ? product : largest;
    }
    expected[1][row] = largest;
  }
  check_run(f, text, 1, expected);
}

/* Sums and sums of squares of the columns, by a row of accumulators. */
static void test_column(void **state) {
  struct fixture *f = *state;
  static const char text[] = "nest column row=- column=r1 inner=r0:5 passes=1 limit=40\n"
                             "  ranges r0=0..4 r1=0..36\n"
                             "  a0: f32[185] buffer 0\n"
                             "  a1: f32[37] buffer 1 written\n"
                             "  a2: f32[37] buffer 2 written\n"
                             "  v0: f32 element level 0 = load a0[r0 * 37 + r1]\n"
                             "  v1: f32 row level 1 = reduce s0\n"
                             "  v2: f32 row level 1 = reduce s1\n"
                             "  s0: f32 pass 0 = sum(v0)\n"
                             "  s1: f32 pass 0 = contract(v0, v0)\n"
                             "  store pass 1: a1[r1] = v1\n"
                             "  store pass 1: a2[r1] = v2\n";
  static float expected[2][MAX_OUTPUT];
  for (int i = 0; i < MAX_OUTPUT; i++) {
    expected[0][i % COLUMNS] += input(i);
    expected[1][i % COLUMNS] += input(i) * input(i);
  }
  check_run(f, text, COLUMNS, expected);
}

/* ---- text to the verifier, and bad text ---- */

static char *replaced(struct fixture *f, const char *from, const char *to) {
  struct tin_text result;
  const char *at = strstr(every_kind, from);
  assert_non_null(at);
  tin_text_init(&result, &f->arena);
  tin_text_put(&result, every_kind, (int)(at - every_kind));
  tin_text_puts(&result, to);
  tin_text_puts(&result, at + strlen(from));
  return result.at;
}

static void test_verifier(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *from, *to, *error;
  } cases[] = {
      {"nest row", "nest map", "nest: a map has no inner ranges"},
      {"column=-", "column=r3", "nest: the row form has no column"},
      {"inner=r1:4", "inner=r0:4", "nest: inner range 0: bad symbol"},
      {"neg(v6)", "neg(v8)", "nest: v8 reads v8, which is not before it"},
      {"neg(v6)", "neg(v6, v6)", "nest: v8: neg takes 1 inputs"},
      {"neg(v6)", "sum(v6)", "nest: v8: op "},
      {"v8: f32 element level 1 = neg(v6)", "v8: f32 row level 1 = neg(v6)", "nest: row value v8 reads element value v6"},
      {"v8: f32 element level 1 = neg(v6)", "v8: f32 element level 0 = neg(v7)", "nest: v8 of level 0 reads v7 of level 1"},
      {"element level 0 = index", "row level 0 = index", "nest: v2: a row value whose index varies inside the row"},
      {"load a0[0", "load a3[0", "nest: v5 loads from unknown a3"},
      {"load a0[0", "load a1[0", "nest: v5: not the dtype of a1"},
      {"where v3", "where v0", "nest: v5: a guard is bool"},
      {"reduce s1", "reduce s2", "nest: v9: unknown reduction s2"},
      {"pass 1 = contract(v6, v8)", "pass 0 = contract(v6, v8)", "nest: s1 of pass 0 reads v8 of level 1"},
      {"v9: f32 row level 2", "v9: f32 row level 1", "nest: v9: a reduction of pass 1 is a row value of the next level"},
      {"sum(v6)", "abs(v6)", "nest: s0: no reduction"},
      {"sum(v6)", "sum(v6, v6)", "nest: s0: only contract has a factor"},
      {" written", "", "nest: store 0: a2 is not written or has another dtype than v8"},
      {" written", " streamed", "nest: a2 is streamed but not written"},
      {"0 far", "0 written streamed", "nest: a0 is streamed, and read by v5"},
      {"store pass 1: a2[r1 * 32 + r2] = v8", "store pass 2: a2[r0] = v8", "nest: store 0: a row store that varies inside the row"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_error error = {0};
    assert_false(tin_nest_verify(parse(&f->arena, replaced(f, cases[i].from, cases[i].to)), &error));
    if (strncmp(error.text, cases[i].error, strlen(cases[i].error)) != 0)
      fail_msg("%s, expected %s", error.text, cases[i].error);
  }
}

static void test_errors(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *from, *to, *error;
  } cases[] = {
      {"nest row", "nest rows", "line 1, column 6: expected map, row or column"},
      {"inner=r1:4", "inner=r1", "line 1, column 34: expected :"},
      {"r0=0..63", "r0=5..3", "line 2, column 16: the number is too small"},
      {"r0=0..63", "r3=0..63", "line 9, column 41: ranges does not have this symbol"},
      {"a1: i64", "a2: i64", "line 4, column 3: lines of one letter are numbered in order"},
      {"i64 pointer", "i64 pointers", "line 4, column 11: expected buffer, scratch or pointer"},
      {"0x3f800000", "1.0", "line 6, column 31: expected 0x and hexadecimal digits"},
      {"r1 * 32 - r2 - 7", "r1 * 9999999999", "line 8, column 40: the number is too large"},
      {"r1 * 32 - r2 - 7", "(r1 * 2147483647) * 2147483647", "line 8, column 35: the index is too large"},
      {"r1 * 32 - r2 - 7", "(r1 / 0)", "line 8, column 41: the number is too small"},
      {"r1 * 32 - r2 - 7", "", "line 8, column 35: expected a number behind a letter, as r0"},
      {"select(v3, v5, v0)", "select(v3, v5, v0, v0)", "line 12, column 47: an op has at most three inputs"},
      {"select(v3, v5, v0)", "selects(v3, v5, v0)", "line 12, column 29: expected an op"},
      {"  store pass 2", "  stores pass 2", "line 19, column 3: expected an argument, value, reduction or store, in this order"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_error error = {0};
    assert_null(tin_nest_parse(&f->arena, replaced(f, cases[i].from, cases[i].to), &error));
    assert_string_equal(error.text, cases[i].error);
  }
}

/* Damaged text is parsed or refused, nothing else; what is parsed can be verified and printed. */
static void test_damaged_text(void **state) {
  struct fixture *f = *state;
  uint64_t random = 1;
  char text[2 * sizeof every_kind];
  for (int i = 0; i < 3000; i++) {
    struct tin_error error = {0}, verified = {0};
    memcpy(text, every_kind, sizeof every_kind);
    fuzz_texts_damage(text, &random);
    struct tin_nest *nest = tin_nest_parse(&f->arena, text, &error);
    assert_true(!nest == error.set);
    if (nest) {
      tin_nest_verify(nest, &verified);
      char *once = print(&f->arena, nest);
      assert_string_equal(print(&f->arena, parse(&f->arena, once)), once);
    }
    tin_arena_reset(&f->arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      TEST(test_round_trip),       TEST(test_every_kind), TEST(test_indices),      TEST(test_map),
      TEST(test_far_and_streamed), TEST(test_next_row),   TEST(test_row),          TEST(test_column),
      TEST(test_verifier),         TEST(test_errors),     TEST(test_damaged_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
