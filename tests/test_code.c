/* Compiled code: results, errors with the text's file, memory running out anywhere in libtcc, page protection, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failing_malloc.h"
#include "runtime/code.h"

static int add_seven(int value) {
  return value + 7;
}

static struct tin_code *compile_one(const char *text, const char *name, void **address, struct tin_error *error) {
  const struct tin_code_symbol symbols[] = {{"add_seven", (const void *)(uintptr_t)add_seven}};
  const struct tin_code_source source = {.text = text, .symbols = symbols, .n_symbols = 1};
  return tin_code_compile(&source, &name, name ? 1 : 0, address, error);
}

typedef int int_function(int);

static const char good_text[] = "int add_seven(int);\n"
                                "static const int table[3] = {1, 20, 300};\n"
                                "struct pair { long a[8]; };\n"
                                "int f(int i) { struct pair x = {0}, y; x.a[i] = table[i]; y = x; return add_seven((int)y.a[i]); }\n";

static void test_compiles_and_runs(void **state) {
  (void)state;
  struct tin_error error = {0};
  void *address = NULL;
  struct tin_code *code = compile_one(good_text, "f", &address, &error);
  assert_non_null(code);
  assert_false(error.set);
  int_function *f = (int_function *)(uintptr_t)address;
  assert_int_equal(f(0), 8);
  assert_int_equal(f(2), 307);
  assert_true(tin_code_bytes(code) > 0);
  tin_code_free(code);
  tin_code_free(NULL);
  assert_non_null(strstr(tin_code_version(), "libtcc"));
}

#if defined __x86_64__
/* Machine code by name: mov [rsi], 42 as a routine with the frame as its second argument. */
static void test_routine(void **state) {
  (void)state;
  static const uint8_t bytes[] = {0x48, 0xc7, 0x06, 42, 0, 0, 0, 0xc3};
  const struct tin_code_routine routine = {"answer", bytes, sizeof bytes};
  const struct tin_code_source source = {
      .text = "void answer(long, long *); int ask(int more) { long f[1]; answer(0, f); return (int)f[0] + more; }",
      .routines = &routine,
      .n_routines = 1};
  struct tin_error error = {0};
  const char *name = "ask";
  void *address;
  struct tin_code *code = tin_code_compile(&source, &name, 1, &address, &error);
  assert_non_null(code);
  assert_int_equal(((int_function *)(uintptr_t)address)(1), 43);
  tin_code_free(code);
}
#endif

static void test_several_names(void **state) {
  (void)state;
  struct tin_error error = {0};
  const char *names[] = {"one", "two"};
  void *addresses[2];
  const struct tin_code_source source = {.text = "int one(int i) { return i; } int two(int i) { return 2 * i; }"};
  struct tin_code *code = tin_code_compile(&source, names, 2, addresses, &error);
  assert_non_null(code);
  assert_int_equal(((int_function *)(uintptr_t)addresses[0])(21), 21);
  assert_int_equal(((int_function *)(uintptr_t)addresses[1])(21), 42);
  tin_code_free(code);
}

/* The text that the error says was saved is there and is the whole text. */
static void check_saved_text(const struct tin_error *error, const char *text) {
  const char *path = strstr(error->text, "the text is in ");
  assert_non_null(path);
  path += strlen("the text is in ");
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  char saved[4096];
  size_t length = fread(saved, 1, sizeof saved, file);
  fclose(file);
  unlink(path);
  assert_int_equal(length, strlen(text));
  assert_memory_equal(saved, text, length);
}

static void test_messages_are_errors(void **state) {
  (void)state;
  static const struct {
    const char *text, *says;
  } rows[] = {
      {"int f(int i) { return i + ; }", "1: error"},
      {"int f(int i) { return undeclared(i); }", "implicit declaration of function 'undeclared'"},
      {"int missing(int); int f(int i) { return missing(i); }", "undefined symbol 'missing'"},
      {"int g(int i) { return i; }", "does not define f"},
      {"int f(int i) { asm(\"nonsense %eax\"); return i; }", "nonsense"},
      {"int f(int i) { char *p = i; return *p; }", "makes pointer from integer"},
      {"int puts(const char *); int f(int i) { return puts(\"x\"); }", "undefined symbol 'puts'"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct tin_error error = {0};
    void *address;
    assert_null(compile_one(rows[i].text, "f", &address, &error));
    assert_true(error.set);
    if (!strstr(error.text, rows[i].says))
      fail_msg("expected \"%s\" in: %s", rows[i].says, error.text);
    check_saved_text(&error, rows[i].text);
  }
  test_compiles_and_runs(state);
}

static void test_text_that_cannot_be_saved(void **state) {
  (void)state;
  const char *folder = getenv("TMPDIR");
  char *before = folder ? strdup(folder) : NULL;
  setenv("TMPDIR", "/nowhere/at/all", 1);
  struct tin_error error = {0};
  void *address;
  assert_null(compile_one("int f(", "f", &address, &error));
  assert_non_null(strstr(error.text, "could not be saved"));
  if (before)
    setenv("TMPDIR", before, 1);
  else
    unsetenv("TMPDIR");
  free(before);
}

static void test_every_allocation_fails(void **state) {
  (void)state;
  for (long n = 0;; n++) {
    struct tin_error error = {0};
    void *address;
    allocations_left = n;
    struct tin_code *code = compile_one(good_text, "f", &address, &error);
    allocations_left = -1;
    if (code) {
      assert_int_equal(((int_function *)(uintptr_t)address)(2), 307);
      tin_code_free(code);
      assert_true(n > 20); /* libtcc's own allocations were among them */
      break;
    }
    assert_non_null(strstr(error.text, "out of memory"));
    error = (struct tin_error){0};
    code = compile_one(good_text, "f", &address, &error);
    assert_non_null(code);
    assert_int_equal(((int_function *)(uintptr_t)address)(1), 27);
    tin_code_free(code);
  }
}

/* Memory also runs out while libtcc handles an error of the text. */
static void test_allocation_fails_in_bad_text(void **state) {
  (void)state;
  for (long n = 0; n < 400; n += 3) {
    struct tin_error error = {0};
    void *address;
    allocations_left = n;
    assert_null(compile_one("int f(int i) { asm(\"nonsense %eax\"); return i; }", "f", &address, &error));
    allocations_left = -1;
    assert_true(error.set);
    const char *path = strstr(error.text, "the text is in ");
    if (path)
      unlink(path + strlen("the text is in "));
  }
  test_compiles_and_runs(state);
}

/* No mapping of this process is writable and executable. */
static int writable_and_executable(void) {
  FILE *maps = fopen("/proc/self/maps", "r");
  if (!maps)
    return 0;
  char line[512];
  int found = 0;
  while (fgets(line, sizeof line, maps))
    found += strstr(line, " rwx") != NULL;
  fclose(maps);
  return found;
}

static void test_pages(void **state) {
  (void)state;
  struct tin_error error = {0};
  void *address;
  struct tin_code *code = compile_one(good_text, "f", &address, &error);
  assert_non_null(code);
  assert_int_equal(writable_and_executable(), 0);
  tin_code_free(code);
}

static void *compile_often(void *seed) {
  for (int i = 0; i < 60; i++) {
    char text[64];
    int number = (int)(intptr_t)seed * 1000 + i;
    snprintf(text, sizeof text, i % 7 == 3 ? "int f(int i) { return %d" : "int f(int i) { return i + %d; }", number);
    struct tin_error error = {0};
    void *address;
    struct tin_code *code = compile_one(text, "f", &address, &error);
    if ((code == NULL) != (i % 7 == 3))
      return (void *)1;
    if (code && ((int_function *)(uintptr_t)address)(1) != number + 1)
      return (void *)1;
    if (!code)
      unlink(strstr(error.text, "the text is in ") + strlen("the text is in "));
    tin_code_free(code);
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  pthread_t threads[4];
  for (intptr_t i = 0; i < 4; i++)
    assert_int_equal(pthread_create(&threads[i], NULL, compile_often, (void *)i), 0);
  for (int i = 0; i < 4; i++) {
    void *result;
    pthread_join(threads[i], &result);
    assert_null(result);
  }
}

/* A child of a process whose other thread is compiling can compile. */
static void test_fork(void **state) {
  (void)state;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, compile_often, (void *)9), 0);
  for (int i = 0; i < 4; i++) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      struct tin_error error = {0};
      void *address;
      struct tin_code *code = compile_one(good_text, "f", &address, &error);
      _exit(code && ((int_function *)(uintptr_t)address)(0) == 8 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
  }
  pthread_join(thread, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_compiles_and_runs),
#if defined __x86_64__
    cmocka_unit_test(test_routine),
#endif
    cmocka_unit_test(test_several_names),
    cmocka_unit_test(test_messages_are_errors),
    cmocka_unit_test(test_text_that_cannot_be_saved),
    cmocka_unit_test(test_every_allocation_fails),
    cmocka_unit_test(test_allocation_fails_in_bad_text),
    cmocka_unit_test(test_pages),
    cmocka_unit_test(test_threads),
    cmocka_unit_test(test_fork),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
