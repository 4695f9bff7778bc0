/* The libraries as they are given away: no visible symbol outside of tin_, no writable data, and their size. ./dev test says where they
 * are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Number of symbols that `command` prints; each must begin with tin_. */
static int check_symbols(const char *command) {
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  char line[512];
  int symbols = 0;
  while (fgets(line, sizeof line, pipe)) {
    const char *name = strrchr(line, ' ');
    if (!name)
      continue; /* the name of a member */
    symbols++;
    if (strncmp(name + 1, "tin_", 4) != 0)
      fail_msg("a symbol outside of tin_: %s", name + 1);
  }
  assert_int_equal(pclose(pipe), 0);
  return symbols;
}

static void test_only_our_symbols(void **state) {
  (void)state;
  const char *build = getenv("TIN_BUILD");
  if (!build)
    skip();
  char command[1024];
  snprintf(command, sizeof command, "nm -g --defined-only '%s/libtinsmith.a'", build);
  assert_true(check_symbols(command) > 0);
  snprintf(command, sizeof command, "if [ -e '%s/libtinsmith.so' ]; then nm -D --defined-only '%s/libtinsmith.so'; fi", build, build);
  check_symbols(command);
}

/* What libtcc forces on runtime/code.c, behind its lock: one compilation at a time, hooks of the functions that it calls. And what its
 * bounds checking forces on runtime/check.c: functions without an argument for the context, so each thread has a pointer. */
static const struct {
  const char *object, *symbol;
} writable[] = {{"runtime_code.c.o", "hooks"},          {"runtime_code.c.o", "lock"},           {"runtime_code.c.o", "lock_follows_fork"},
                {"runtime_code.c.o", "tin_tcc_stdout"}, {"runtime_code.c.o", "tin_tcc_stderr"}, {"runtime_code.c.o", "tin_tcc_environ"},
                {"runtime_check.c.o", "current"}};

static bool may_be_written(const char *object, const char *symbol) {
  if (strstr(object, "private_tcc.o"))
    return true;
  for (size_t i = 0; i < sizeof writable / sizeof *writable; i++)
    if (strstr(object, writable[i].object) && strcmp(symbol, writable[i].symbol) == 0)
      return true;
  return false;
}

/* The section of a line of objdump's symbol table ("value flags section<tab>size [visibility] name"), if its data is writable. */
static const char *writable_section(const char *line) {
  static const char *const sections[] = {".data", ".bss", ".tdata", ".tbss", "*COM*"};
  const char *tab = strchr(line, '\t'), *section = tab;
  while (section && section > line && section[-1] != ' ')
    section--;
  if (!section || section - 3 < line || section[-3] == 'd') /* d: the section's own symbol */
    return NULL;
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
    if (strncmp(section, sections[i], strlen(sections[i])) == 0 && strncmp(section, ".data.rel.ro", 12) != 0)
      return section;
  return NULL;
}

static void test_no_writable_data(void **state) {
  (void)state;
#ifdef __SANITIZE_ADDRESS__ /* which describes every global in a writable table */
  skip();
#endif
  const char *build = getenv("TIN_BUILD");
  if (!build)
    skip();
  char command[1024], line[1024], object[1024] = "";
  snprintf(command, sizeof command, "objdump -t '%s/libtinsmith_core.a'", build);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  int objects = 0;
  while (fgets(line, sizeof line, pipe)) {
    line[strcspn(line, "\n")] = 0;
    if (strstr(line, ":     file format ")) {
      objects++;
      strcpy(object, line);
    } else if (writable_section(line) && !may_be_written(object, strrchr(line, ' ') + 1)) {
      fail_msg("%s has the variable %s", object, strrchr(line, ' ') + 1);
    }
  }
  assert_int_equal(pclose(pipe), 0);
  assert_true(objects > 20);
}

/* Sum of text and initialised data of a file's objects, by binutils' size. */
static long loaded_bytes(const char *build, const char *file) {
  char command[1024];
  snprintf(command, sizeof command, "size -t '%s/%s' | tail -n 1", build, file);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  long text = 0, data = 0;
  assert_int_equal(fscanf(pipe, "%ld %ld", &text, &data), 2);
  assert_int_equal(pclose(pipe), 0);
  return text + data;
}

/* Under 1 MB without libtcc, assertions included; only an optimised build without sanitizers is measured. */
static void test_size(void **state) {
  (void)state;
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
  skip();
#endif
  const char *build = getenv("TIN_BUILD");
  if (!build)
    skip();
  long bytes = loaded_bytes(build, "libtinsmith.a") - loaded_bytes(build, "private_tcc.o");
  assert_true(bytes > 0);
  if (bytes >= 1000 * 1000)
    fail_msg("the library has %ld bytes", bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_only_our_symbols),
      cmocka_unit_test(test_no_writable_data),
      cmocka_unit_test(test_size),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
