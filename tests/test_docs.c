/* The documentation is true: its programs are the files of examples/, run, and print what the pages say; its tables name what the
 * sources have. Pages mark a block by a comment on the line before it:
 *
 *   <!-- examples/NAME.c -->                          the block is that file
 *   <!-- output of examples/NAME.c -->                the block is what the program prints
 *   <!-- printed by tinsmith run ARGUMENTS -->        the block is what the tool prints after a pass
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const pages[] = {
    "README.md",        "docs/api.md", "docs/environment.md", "docs/extending.md", "docs/memory.md",
    "docs/numerics.md", "docs/ops.md", "docs/performance.md", "docs/pipeline.md",  "docs/representations.md"};
enum { N_PAGES = sizeof pages / sizeof *pages, MAX_TEXT = 1 << 17 };

/* All that the stream holds, closed by `close`; its status goes to *status. */
static char *read_all(FILE *stream, int (*close)(FILE *), int *status) {
  char *text = malloc(MAX_TEXT);
  assert_non_null(text);
  size_t size = fread(text, 1, MAX_TEXT - 1, stream);
  text[size] = 0;
  *status = close(stream);
  return text;
}

static char *read_file(const char *path) {
  int status;
  FILE *file = fopen(path, "rb");
  if (!file)
    fail_msg("%s cannot be read", path);
  return read_all(file, fclose, &status);
}

/* Runs a command of the build folder's programs; fails unless it ends well. */
static char *run(const char *arguments, const char *redirection) {
  char command[2048];
  int status;
  snprintf(command, sizeof command, "'%s'/%s %s", getenv("TIN_BUILD"), arguments, redirection);
  FILE *pipe = popen(command, "r");
  assert_non_null(pipe);
  char *text = read_all(pipe, pclose, &status);
  if (status)
    fail_msg("%s ended with status %d and printed:\n%s", command, status, text);
  return text;
}

static void expect_text(const char *page, const char *mark, const char *block, size_t size, const char *expected) {
  if (strlen(expected) != size || memcmp(block, expected, size))
    fail_msg("%s: the block marked \"%s\" is not:\n%s", page, mark, expected);
}

/* Messages name the source as the compiler saw it: what comes before examples/ goes. */
static void shorten_paths(char *text) {
  char *found;
  for (char *from = text; (found = strstr(from, "/examples/")); from = found + 1) {
    char *begin = found;
    while (begin > text && begin[-1] != ' ' && begin[-1] != '\n')
      begin--;
    memmove(begin, found + 1, strlen(found + 1) + 1);
    found = begin;
  }
}

static void check_block(const char *page, const char *mark, const char *block, size_t size, int *n_checked) {
  char name[128];
  char *expected;
  const char *skipped = NULL;
  if (sscanf(mark, "output of examples/%100[a-z_].c", name) == 1) {
    skipped = expected = run(name, "2>/dev/null");
    shorten_paths(expected);
  } else if (!strncmp(mark, "printed by ", 11)) {
    expected = run(mark + 11, "2>&1 >/dev/null");
    skipped = strchr(expected, '\n'); /* the name of the pass */
    assert_non_null(skipped++);
  } else {
    skipped = expected = read_file(mark);
  }
  expect_text(page, mark, block, size, skipped);
  free(expected);
  ++*n_checked;
}

/* Each block of a page with its mark. A block of C must have one. */
static void check_page(const char *page, int *n_checked) {
  char *text = read_file(page);
  char mark[256] = "";
  for (char *line = text, *next; *line; line = next) {
    next = strchr(line, '\n');
    next = next ? next + 1 : line + strlen(line);
    if (sscanf(line, "<!-- %250[^\n]", mark) == 1) {
      char *end = strstr(mark, " -->");
      assert_non_null(end);
      *end = 0;
      continue;
    }
    if (!strncmp(line, "```", 3)) {
      char *end = strstr(next, "\n```");
      assert_non_null(end);
      if (!strncmp(line, "```c\n", 5) && strncmp(mark, "examples/", 9))
        fail_msg("%s: a block of C without the name of its file: %.60s", page, next);
      if (*mark)
        check_block(page, mark, next, (size_t)(end + 1 - next), n_checked);
      next = end + 4;
      next += strcspn(next, "\n");
    }
    if (*line != '\n')
      *mark = 0;
  }
  free(text);
}

static void test_blocks(void **state) {
  (void)state;
  int n_checked = 0;
  if (!getenv("TIN_BUILD"))
    skip();
  for (int i = 0; i < N_PAGES; i++)
    check_page(pages[i], &n_checked);
  assert_true(n_checked > 15);
}

/* Every `pattern` of the source, a text that ends where `stop` says, stands in the page behind `before`. */
static void expect_names(const char *source, const char *pattern, const char *stop, const char *page, const char *before) {
  char *from = read_file(source), *in = read_file(page);
  int found = 0;
  for (char *at = from; (at = strstr(at, pattern)); at++, found++) {
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s%.*s", before, (int)strcspn(at + 1, stop), at + 1);
    if (!strstr(in, wanted))
      fail_msg("%s does not have \"%s\" of %s", page, wanted, source);
  }
  assert_true(found > 0);
  free(from);
  free(in);
}

static void test_tables(void **state) {
  (void)state;
  expect_names("runtime/options.c", "\"TIN_", "\"", "docs/environment.md", "| `");
  char *source = read_file("runtime/execute.c"), *pipeline = read_file("docs/pipeline.md"), *letters = read_file("docs/environment.md");
  const char *at = strstr(source, "} passes[] = {");
  assert_non_null(at);
  const char *end = strstr(at, "};"), *last_place = pipeline;
  for (at = strstr(at, "{\""); at && at < end; at = strstr(at + 1, "{\"")) {
    char name[64], letter = 0, wanted[128];
    assert_true(sscanf(at, "{\"%63[^\"]\", '%c'", name, &letter) >= 1);
    snprintf(wanted, sizeof wanted, letter ? "\n| %s | `%c` |" : "\n| %s | |", name, letter);
    const char *place = strstr(pipeline, wanted);
    if (!place || place < last_place)
      fail_msg("docs/pipeline.md does not have the pass \"%s\", or not in order", name);
    last_place = place;
    snprintf(wanted, sizeof wanted, "\n| `%c` |", letter);
    if (letter && !strstr(letters, wanted))
      fail_msg("docs/environment.md does not have the letter %c", letter);
  }
  for (at = strstr(source, "} switches[] = {"); at && (at = strstr(at, "{'")) && strstr(source, "N_SWITCHES") > at; at++) {
    char wanted[] = {'\n', '|', ' ', '`', at[2], '`', 0};
    if (!strstr(letters, wanted))
      fail_msg("docs/environment.md does not have the letter %c", at[2]);
  }
  free(source);
  free(pipeline);
  free(letters);
}

/* Links to files of the project lead somewhere. */
static void test_links(void **state) {
  (void)state;
  for (int i = 0; i < N_PAGES; i++) {
    char *text = read_file(pages[i]);
    for (char *at = text; (at = strstr(at, "](")); at++) {
      char path[256];
      int length = (int)strcspn(at + 2, ")#");
      snprintf(path, sizeof path, "%s%.*s", strncmp(pages[i], "docs/", 5) ? "" : "docs/", length, at + 2);
      if (length && access(path, R_OK) && strncmp(at + 2, "http", 4))
        fail_msg("%s links to %s, which does not exist", pages[i], path);
    }
    free(text);
  }
}

/* The page of ops is what its tool writes, which also looks whether the functions and tests that it names exist. */
static void test_ops(void **state) {
  (void)state;
  char *page = read_file("docs/ops.md"), *written = run("opsdoc .", "2>&1");
  if (strcmp(page, written))
    fail_msg("docs/ops.md is not what build/opsdoc . writes; write it again");
  free(page);
  free(written);
}

int main(void) {
  /* what the pages show is the default */
  static const char *const variables[] = {"TIN_TARGET", "TIN_THREADS", "TIN_FUSE", "TIN_DUMP", "TIN_PROFILE", "TIN_COMPARE", "TIN_DEBUG"};
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    unsetenv(variables[i]);
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_blocks), cmocka_unit_test(test_tables), cmocka_unit_test(test_links),
                                     cmocka_unit_test(test_ops)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
