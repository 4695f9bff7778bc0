/* The public headers in other languages than the library's own: C++, and C11 without extensions, with warnings as errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

/* Compiles the file when the compiler is there; the test is skipped with a message when it is not. */
static void check(const char *compiler, const char *options, const char *file) {
  char command[256];
  snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", compiler);
  if (system(command) != 0) {
    print_message("no %s here: the headers were not tried with it\n", compiler);
    skip();
  }
  snprintf(command, sizeof command, "%s %s -Wall -Wextra -Werror -Iinclude -fsyntax-only %s", compiler, options, file);
  if (system(command) != 0)
    fail_msg("failed: %s", command);
}

static void test_cpp17(void **state) {
  (void)state;
  check("c++", "-std=c++17", "tests/headers.cc");
}

static void test_cpp20(void **state) {
  (void)state;
  check("c++", "-std=c++20", "tests/headers.cc");
}

static void test_c11(void **state) {
  (void)state;
  check("cc", "-std=c11", "examples/readme.c");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cpp17),
      cmocka_unit_test(test_cpp20),
      cmocka_unit_test(test_c11),
  };
  return cmocka_run_group_tests_name("headers", tests, NULL, NULL);
}
