/* The text of arrays against NumPy's (tests/expected/print.txt, made by make_expected.py). */
#include "frontend/data.h"
#include "ir/graph.h"
#include "ir/scalar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static FILE *open_expected(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "tests/expected/%s", name); /* tests run in the root of the sources */
  return fopen(path, "r");
}

struct print_case {
  tin_array array;
  char header[256];
};

static char *next_word(char **at) {
  return strtok_r(NULL, " \n", at);
}

static void parse_case(struct print_case *out, char *line) {
  struct tin_error error = {0};
  char *at = NULL;
  snprintf(out->header, sizeof out->header, "%.80s", line);
  assert_string_equal(strtok_r(line, " \n", &at), "case");
  int dtype = tin_dtype_parse(next_word(&at)), rank = atoi(next_word(&at));
  assert_true(dtype >= 0);
  int64_t shape[TIN_MAX_RANK];
  for (int i = 0; i < rank; i++)
    shape[i] = atoll(next_word(&at));
  assert_true(tin_array_make(&out->array, (tin_dtype)dtype, rank, shape, &error));
  bool linear = !strcmp(next_word(&at), "linear");
  double start = linear ? strtod(next_word(&at), NULL) : 0, step = linear ? strtod(next_word(&at), NULL) : 0;
  for (int64_t i = 0; i < out->array.size; i++)
    tin_scalar_store(out->array.data, i, out->array.dtype,
                     linear ? tin_scalar_from_double(start + step * (double)i, out->array.dtype) : strtoull(next_word(&at), NULL, 16));
}

static void check_case(const struct print_case *given, const char *expected) {
  struct tin_arena arena;
  jmp_buf fail;
  tin_arena_init(&arena, 4096, &fail);
  if (setjmp(fail))
    fail_msg("out of memory");
  struct tin_text text;
  tin_text_init(&text, &arena);
  tin_array_text(&text, given->array.dtype, given->array.rank, given->array.shape, given->array.data);
  if (strcmp(text.at, expected))
    fail_msg("%s\nexpected:\n%s\ngot:\n%s", given->header, expected, text.at);
  tin_arena_free(&arena);
}

static void test_numpy_text(void **state) {
  (void)state;
  FILE *file = open_expected("print.txt");
  assert_non_null(file);
  char *line = NULL;
  size_t capacity = 0;
  static char expected[1 << 16];
  struct print_case given = {0};
  int cases = 0;
  bool more = getline(&line, &capacity, file) > 0;
  while (more) {
    size_t used = 0;
    parse_case(&given, line);
    while ((more = getline(&line, &capacity, file) > 0) && line[0] == '|')
      used += (size_t)snprintf(expected + used, sizeof expected - used, "%s", line + 1);
    assert_true(used > 0);
    expected[used - 1] = 0; /* the newline behind the last line */
    check_case(&given, expected);
    tin_array_free(&given.array);
    cases++;
  }
  free(line);
  fclose(file);
  assert_true(cases > 100);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_numpy_text)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
