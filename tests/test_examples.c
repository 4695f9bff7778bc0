/* The example that learns a text: it does learn, reads files, and writes letters of the text. (Examples on pages are run by test_docs.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What a program of the build folder prints, and its status. */
static int run(const char *command, char *out, size_t size) {
  char line[1024];
  if (!getenv("TIN_BUILD"))
    skip();
  snprintf(line, sizeof line, "'%s'/%s 2>&1", getenv("TIN_BUILD"), command);
  FILE *pipe = popen(line, "r");
  assert_non_null(pipe);
  size_t got = fread(out, 1, size - 1, pipe);
  out[got] = 0;
  return pclose(pipe);
}

/* The first and the last loss that it says. */
static void losses(const char *text, double out[2]) {
  const char *at = strstr(text, ": loss ");
  assert_non_null(at);
  out[0] = atof(at + 7);
  for (const char *next; (next = strstr(at + 1, ": loss "));)
    at = next;
  out[1] = atof(at + 7);
}

enum { LETTERS = 24 };

/* From guessing among `letters` letters to a loss below `learned`, and then so many letters of the alphabet. */
static void expect_learning(const char *command, double guessing, double learned, const char *alphabet) {
  char text[4096];
  double loss[2];
  if (run(command, text, sizeof text))
    fail_msg("%s failed: %s", command, text);
  losses(text, loss);
  if (!(loss[0] > guessing - 0.5 && loss[0] < guessing + 0.8 && loss[1] < learned))
    fail_msg("%s: losses %g and %g", command, loss[0], loss[1]);
  size_t length = strlen(text);
  assert_true(length > LETTERS && text[length - 1] == '\n');
  const char *written = text + length - 1 - LETTERS;
  assert_int_equal(written[-1], '\n');
  assert_int_equal(strspn(written, alphabet), LETTERS + 1);
}

/* Without a file it learns its own text. An empty name is none. */
static void test_gpt(void **state) {
  (void)state;
  expect_learning("gpt '' 12 24", 3.6, 2.5, "abcdefghiklmnoprstuvwy CEHIRU',:!\n");
}

static void test_gpt_reads_files(void **state) {
  (void)state;
  char path[400], command[512], text[4096];
  assert_int_not_equal(run("gpt /nowhere/at/all", text, sizeof text), 0);
  assert_non_null(strstr(text, "/nowhere/at/all cannot be read"));
  snprintf(path, sizeof path, "%s/shakespeare/input.txt", getenv("TIN_DATA") ? getenv("TIN_DATA") : "");
  if (access(path, R_OK))
    skip();
  snprintf(command, sizeof command, "gpt '%s' 12 %d", path, LETTERS);
  expect_learning(command, 4.17, 3.4, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ \n!$&',-.3:;?");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gpt),
      cmocka_unit_test(test_gpt_reads_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
