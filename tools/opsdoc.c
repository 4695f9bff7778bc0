/* Writes docs/ops.md, the page of all ops and functions, from the op table (src/ir/ops.def) and the list of capabilities (docs/ops.list).
 * What the list claims is checked while it is written: a function must be declared in the public headers, a test must be a file of tests/
 * (and its case, behind a colon, a test in it), a capability that has no function must give the reason, and every function that makes
 * tensors must be in the list. Whatever is wrong is printed, and the program ends with 1.
 *
 * usage: opsdoc FOLDER      the project's root; the page goes to stdout
 *
 * A line of the list is a heading "== text", a remark "# text", or number | capability | functions | tests | note. */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ir/ir.h"

enum { MAX_FILE = 1 << 20, MAX_LINE = 4096, MAX_NAME = 128, FIELDS = 5 };

static const char *root;
static int n_wrong;

static void wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void wrong(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vfprintf(stderr, format, args);
  va_end(args);
  fputc('\n', stderr);
  n_wrong++;
}

/* The file's text, or NULL. */
static char *read_file(const char *path) {
  char full[MAX_LINE];
  snprintf(full, sizeof full, "%s/%s", root, path);
  FILE *file = fopen(full, "rb");
  char *text = file ? malloc(MAX_FILE) : NULL;
  if (text)
    text[fread(text, 1, MAX_FILE - 1, file)] = 0;
  if (file)
    fclose(file);
  return text;
}

static char *must_read(const char *path) {
  char *text = read_file(path);
  if (!text) {
    fprintf(stderr, "opsdoc: %s/%s cannot be read\n", root, path);
    exit(1);
  }
  return text;
}

static bool is_name(char c) {
  return isalnum((unsigned char)c) || c == '_';
}

/* Does `name` stand in the text as a whole word, directly before `behind`? */
static bool has_word(const char *text, const char *name, char behind) {
  size_t length = strlen(name);
  for (const char *at = text; (at = strstr(at, name)); at += length)
    if ((at == text || !is_name(at[-1])) && (behind ? at[length] == behind : !is_name(at[length])))
      return true;
  return false;
}

/* ---- the op table ---- */

struct row {
  const char *name, *text, *class, *gradient;
};
static const struct row rows[] = {
#define OP(name, text, class, arity, result, accepts, facts, gradient, low, high) {#name, #text, #class, #gradient},
#include "ir/ops.def"
#undef OP
};

/* The comment behind an op's row, or an empty text. */
static void comment_of(const char *table, const char *name, char *out, size_t size) {
  char start[MAX_NAME];
  out[0] = 0;
  snprintf(start, sizeof start, "\nOP(%s,", name);
  const char *row = strstr(table, start);
  const char *end = row ? strchr(row + 1, '\n') : NULL;
  const char *comment = row ? strstr(row, "/* ") : NULL;
  if (!comment || comment > end)
    return;
  const char *close = strstr(comment, " */");
  snprintf(out, size, "%.*s", (int)(close - comment - 3), comment + 3);
}

/* The dtypes that an op takes. */
static void print_dtypes(int op) {
  static const struct {
    int flag;
    const char *text;
  } groups[] = {{OP_ACCEPT_B, "bool"}, {OP_ACCEPT_I, "integers"}, {OP_ACCEPT_H, "f16 bf16"}, {OP_ACCEPT_F, "f32 f64"}};
  enum { ALL = OP_ACCEPT_B | OP_ACCEPT_I | OP_ACCEPT_H | OP_ACCEPT_F };
  if ((tin_ops[op].accepts & ALL) == ALL) {
    printf("all");
    return;
  }
  const char *space = "";
  for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
    if (tin_ops[op].accepts & groups[i].flag) {
      printf("%s%s", space, groups[i].text);
      space = " ";
    }
}

static void print_ops(void) {
  static const struct {
    const char *class, *title;
  } classes[] = {
      {"SOURCE", "Sources"},
      {"ELEMENTWISE", "Elementwise primitives, which every target implements"},
      {"ELEMENTARY", "Elementary functions, straight-line programs of primitives"},
      {"REDUCE", "Reductions"},
      {"CONTRACT", "Contraction"},
      {"SCAN", "Scans"},
      {"MOVEMENT", "Movement: index maps without a kernel of their own"},
      {"INDEX", "Indexing and sorting"},
      {"EFFECT", "Effect"},
  };
  char *table = must_read("src/ir/ops.def");
  int n_shown = 0;
  printf("## The ops of the graph\n\nEvery function above becomes a graph of these %d ops. Each has one definition of its value (the "
         "interpreter's), which all targets "
         "reproduce bit for bit.\n",
         OP_COUNT);
  for (size_t c = 0; c < sizeof classes / sizeof *classes; c++) {
    bool any = false;
    for (int op = 0; op < OP_COUNT; op++) {
      if (strcmp(rows[op].class, classes[c].class))
        continue;
      if (!any)
        printf("\n### %s\n\n| op | inputs | dtypes | gradient | |\n|---|---|---|---|---|\n", classes[c].title);
      any = true;
      n_shown++;
      char comment[MAX_LINE];
      comment_of(table, rows[op].name, comment, sizeof comment);
      printf("| %s | ", rows[op].text);
      printf(tin_ops[op].arity < 0 ? "any" : "%d", tin_ops[op].arity);
      printf(" | ");
      print_dtypes(op);
      printf(" | %s | ", strcmp(rows[op].gradient, "none") ? "yes" : "");
      for (const char *at = comment; *at; at++) /* a bar would end the cell */
        printf(*at == '|' ? "\\|" : "%c", *at);
      printf(" |\n");
    }
  }
  if (n_shown != OP_COUNT)
    wrong("opsdoc: %d of %d ops are of a class that has no title here", OP_COUNT - n_shown, OP_COUNT);
  free(table);
}

/* ---- the list ---- */

static char *headers, *list;

/* tin_x, or the function behind a macro of that name. */
static bool is_declared(const char *name) {
  char behind[MAX_NAME + 8];
  static const char *const suffixes[] = {"", "_at", "_args"};
  for (int i = 0; i < 3; i++) {
    snprintf(behind, sizeof behind, "%s%s", name, suffixes[i]);
    if (has_word(headers, behind, '('))
      return true;
  }
  return false;
}

static void check_function(const char *name) {
  if (!is_declared(name))
    wrong("docs/ops.list: %s is not declared in include/", name);
}

/* test_file or test_file:case */
static void check_test(const char *name) {
  char path[2 * MAX_NAME];
  const char *colon = strchr(name, ':');
  snprintf(path, sizeof path, "tests/%.*s.c", colon ? (int)(colon - name) : (int)strlen(name), name);
  char *text = read_file(path);
  if (!text)
    wrong("docs/ops.list: %s does not exist", path);
  else if (colon && !has_word(text, colon + 1, 0))
    wrong("docs/ops.list: %s has no %s", path, colon + 1);
  free(text);
}

static void for_words(const char *field, void (*check)(const char *word)) {
  char word[MAX_NAME];
  int length;
  for (const char *at = field; sscanf(at, " %127s%n", word, &length) == 1; at += length)
    check(word);
}

static char *trim(char *text) {
  while (*text == ' ')
    text++;
  for (char *end = text + strlen(text); end > text && end[-1] == ' ';)
    *--end = 0;
  return text;
}

static void print_capability(char *line, int number) {
  char *fields[FIELDS];
  int n = 0;
  for (char *at = line; n < FIELDS; n++) {
    char *bar = strchr(at, '|');
    if (bar)
      *bar = 0;
    fields[n] = trim(at);
    if (!bar)
      break;
    at = bar + 1;
  }
  if (n != FIELDS - 1) {
    wrong("docs/ops.list:%d: not of the form number | capability | functions | tests | note", number);
    return;
  }
  bool there = fields[2][0] != 0;
  if (there && !fields[3][0])
    wrong("docs/ops.list:%d: no test is named", number);
  if (!there && !fields[3][0] && !fields[4][0])
    wrong("docs/ops.list:%d: neither a function, nor a test, nor a reason", number);
  for_words(fields[2], check_function);
  for_words(fields[3], check_test);
  printf("| %s | %s | %s | ", fields[0], there || fields[3][0] ? "✓" : "–", fields[1]);
  char word[MAX_NAME];
  int length;
  for (const char *at = fields[2]; sscanf(at, " %127s%n", word, &length) == 1; at += length)
    printf("`%s` ", word);
  printf("| %s | %s |\n", fields[3], fields[4]);
}

static void print_list(void) {
  char line[MAX_LINE];
  int number = 0;
  for (const char *at = list; *at;) {
    size_t length = strcspn(at, "\n");
    snprintf(line, sizeof line, "%.*s", (int)length, at);
    at += length + (at[length] == '\n');
    number++;
    if (!line[0] || line[0] == '#')
      continue;
    if (!strncmp(line, "== ", 3))
      printf("\n### %s\n\n| | | capability | functions | tests | |\n|---|---|---|---|---|---|\n", line + 3);
    else
      print_capability(line, number);
  }
}

/* Every `tin_tensor *tin_NAME_at(` and `_args(` of the headers is in the list, under its short name. */
static int check_complete(void) {
  int count = 0;
  static const char declaration[] = "\ntin_tensor *tin_";
  for (const char *at = headers; (at = strstr(at, declaration)); at++) {
    const char *start = at + sizeof declaration - 5;
    char name[MAX_NAME];
    int length = 0;
    while (is_name(start[length]))
      length++;
    snprintf(name, sizeof name, "%.*s", length, start);
    char *suffix = strrchr(name, '_');
    if (start[length] != '(' || (strcmp(suffix, "_at") && strcmp(suffix, "_args")))
      continue;
    *suffix = 0;
    count++;
    if (!has_word(list, name, 0))
      wrong("docs/ops.list: %s makes tensors and is in no line", name);
  }
  return count;
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: opsdoc FOLDER\n");
    return 1;
  }
  root = argv[1];
  headers = malloc(2 * MAX_FILE);
  char *core = must_read("include/tinsmith.h"), *nn = must_read("include/tinsmith_nn.h");
  list = must_read("docs/ops.list");
  if (!headers)
    return 1;
  snprintf(headers, 2 * MAX_FILE, "%s%s", core, nn);
  printf("# Ops and functions\n\nWritten by `build/opsdoc .` from `src/ir/ops.def`, `docs/ops.list` and the public headers; the tests "
         "compare it, and the tool checks that the functions and "
         "tests named here exist.\nFormulas, shapes, dtypes and errors stand with each function in `include/tinsmith.h` and "
         "`include/tinsmith_nn.h`; bounds of accuracy are in [numerics.md](numerics.md).\n\n");
  int n_functions = check_complete();
  printf("## What there is\n\n%d functions make tensors. ✓ there, – not there, with the reason.\n", n_functions);
  print_list();
  putchar('\n');
  print_ops();
  free(headers);
  free(core);
  free(nn);
  free(list);
  return n_wrong > 0;
}
