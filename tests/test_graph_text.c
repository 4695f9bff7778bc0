/* The text form of the graph: what is printed parses back to the same text, and bad text gives an error that says where and what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "ir/graph.h"

enum { MAX_VARIABLES = 8 };

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
  uint32_t serial, stamp;
  struct tin_graph graph;
  struct tin_variable variables[MAX_VARIABLES];
  int n_variables;
};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f)
    return -1;
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
  tin_graph_init(&f->graph, NULL, &f->serial, &f->stamp);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  tin_graph_free(&f->graph);
  tin_arena_free(&f->arena);
  free(f);
  return 0;
}

static struct tin_variable *make_variable(void *context, tin_dtype dtype, int rank, const int64_t *shape, const char *name) {
  struct fixture *f = context;
  struct tin_variable *variable = &f->variables[f->n_variables % MAX_VARIABLES];
  *variable = (struct tin_variable){.dtype = (uint8_t)dtype, .rank = (uint8_t)rank, .name = name, .id = (uint64_t)++f->n_variables};
  memcpy(variable->shape, shape, sizeof(int64_t) * (size_t)rank);
  return variable;
}

static struct tin_node_list parse(struct fixture *f, const char *text, struct tin_error *error) {
  f->n_variables = 0;
  return tin_graph_parse(&f->graph, text, make_variable, f, error);
}

static char *print(struct fixture *f, struct tin_node_list outputs) {
  struct tin_text text;
  if (setjmp(f->fail))
    fail_msg("out of memory");
  tin_text_init(&text, &f->arena);
  tin_graph_print(&f->graph, &text, outputs.at, outputs.count);
  return text.at;
}

/* Every attribute, every kind of line. */
static const char every_kind[] = "%0 = var \"x\" f32[2, 3, 6]\n"
                                 "%1 = const 0x1.8p+0 f32[]\n"
                                 "%2 = reshape(%1) f32[1, 1, 1]\n"
                                 "%3 = expand(%2) f32[2, 3, 6]\n"
                                 "%4 = add(%0, %3) f32[2, 3, 6]\n"
                                 "%5 = permute(%4) f32[6, 2, 3] axes=2,0,1\n"
                                 "%6 = sum(%5) f32[1, 2, 1] axes=0,2\n"
                                 "%7 = contract(%0, %4) f32[2, 1, 1] axes=1,2 class=lanes\n"
                                 "%8 = slice(%0) f32[2, 1, 2] start=0,1,1 step=1,1,3\n"
                                 "%9 = pad(%8) f32[2, 2, 8] low=0,0,1 interior=0,0,3 fill=-inf\n"
                                 "%10 = flip(%9) f32[2, 2, 8] axes=0,2\n"
                                 "%11 = window(%0) f32[2, 3, 2, 2] axis=2 size=2 stride=3 dilation=2\n"
                                 "%12 = fold(%11) f32[2, 3, 7] axis=2 size=2 stride=3 dilation=2\n"
                                 "%13 = concat(%0, %12) f32[2, 3, 13] axis=2\n"
                                 "%14 = iota i64[2]\n"
                                 "%15 = gather(%13, %14) f32[2, 2, 13] axis=1\n"
                                 "%16 = scatter(%13, %14, %15) f32[2, 3, 13] axis=1 mode=add\n"
                                 "%17 = lt(%0, %3) bool[2, 3, 6]\n"
                                 "%18 = scalar 0x1p-149 f32[]\n"
                                 "%19 = select(%17, %0, %4) f32[2, 3, 6]\n"
                                 "%20 = cast(%19) i32[2, 3, 6]\n"
                                 "%21 = var f32[]\n"
                                 "%22 = assign(%21, %18) f32[]\n"
                                 "%23 = cumsum(%4) f32[2, 3, 6] axis=2\n"
                                 "%24 = recurrence(%0, %23) f32[2, 3, 6] axis=1\n"
                                 "%25 = cumargmin(%17) i32[2, 3, 6] axis=0\n"
                                 "%26 = argsort(%24) i32[2, 3, 6] axis=2 descending=1\n"
                                 "%27 = gather(%0, %25) f32[2, 3, 6] axis=1 batch=1 tail=1\n"
                                 "%28 = scatter(%0, %25, %27) f32[2, 3, 6] axis=1 batch=1 tail=1 mode=set\n"
                                 "return %6, %7, %10, %16, %20, %22, %25, %26, %28, %6\n";

static void test_round_trip(void **state) {
  struct fixture *f = *state;
  struct tin_error error = {0};
  struct tin_node_list outputs = parse(f, every_kind, &error);
  assert_string_equal(error.text, "");
  assert_int_equal(outputs.count, 10);
  assert_ptr_equal(outputs.at[0], outputs.at[9]);
  /* The order of lines is that of the walk from the outputs, so the first print may differ from what was written; the second may not. */
  char *first = print(f, outputs);
  outputs = parse(f, first, &error);
  assert_string_equal(error.text, "");
  assert_string_equal(print(f, outputs), first);
}

static void test_numbers(void **state) {
  static const struct {
    const char *written, *printed;
  } numbers[] = {
      {"3 f32", "0x1.8p+1 f32"},
      {"-0x0p+0 f32", "-0x0p+0 f32"},
      {"0x1p-149 f32", "0x1p-149 f32"},
      {"0x1.fffffep+127 f32", "0x1.fffffep+127 f32"},
      {"0x0.0000000000001p-1022 f64", "0x1p-1074 f64"},
      {"0x1.fffffffffffffp+1023 f64", "0x1.fffffffffffffp+1023 f64"},
      {"-inf f64", "-inf f64"},
      {"bits 0x7fc00000 f32", "bits 0x7fc00000 f32"},
      {"bits 0x3f800000 f32", "0x1p+0 f32"},
      {"-9223372036854775808 i64", "-9223372036854775808 i64"},
      {"18446744073709551615 u64", "18446744073709551615 u64"},
      {"-128 i8", "-128 i8"},
      {"4294967295 u32", "4294967295 u32"},
      {"-1 i32", "-1 i32"},
      {"1 bool", "1 bool"},
  };
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    char written[128] = "%0 = const ", printed[128] = "%0 = const ";
    strcat(strcat(written, numbers[i].written), "[]\nreturn %0\n");
    strcat(strcat(printed, numbers[i].printed), "[]\nreturn %0\n");
    struct tin_error error = {0};
    struct tin_node_list outputs = parse(f, written, &error);
    assert_string_equal(error.text, "");
    assert_string_equal(print(f, outputs), printed);
  }
}

static void test_errors(void **state) {
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"", "line 1, column 1: expected %, or return"},
      {"%0 = var f32[2]\n", "line 2, column 1: expected %, or return"},
      {"%0 = vra f32[2]\nreturn %0\n", "line 1, column 6: expected an op"},
      {"%0 = var f33[2]\nreturn %0\n", "line 1, column 10: expected a dtype, as f32"},
      {"%0 = var f32[2\nreturn %0\n", "line 1, column 15: expected ] or ,"},
      {"%0 = var f32[-2]\nreturn %0\n", "line 1, column 10: a negative size"},
      {"%0 = var f32[4294967296, 4294967296]\nreturn %0\n", "line 1, column 10: the tensor is too large"},
      {"%0 = var f32[1,1,1,1,1,1,1,1,1,1,1,1,1]\nreturn %0\n", "line 1, column 38: the rank is too large"},
      {"%0 = var f32[2]\n\n# note\n%1 = neg(%2) f32[2]\nreturn %1\n", "line 4, column 11: no line above defines this node"},
      {"%0 = var f32[2]\n%0 = neg(%0) f32[2]\nreturn %0\n", "line 2, column 2: a line above already defines this node"},
      {"%0 = var f32[2]\n%1 = neg(%0) f32[3]\nreturn %1\n", "line 2, column 6: dtype or shape does not follow from the inputs"},
      {"%0 = var f32[2]\n%1 = add(%0) f32[2]\nreturn %1\n", "line 2, column 6: wrong number of inputs"},
      {"%0 = var f32[2]\n%1 = and(%0, %0) f32[2]\nreturn %1\n", "line 2, column 6: the op does not accept the input's dtype"},
      {"%0 = var f32[2]\n%1 = sum(%0) f32[1]\nreturn %1\n", "line 2, column 20: expected axes="},
      {"%0 = var f32[2]\n%1 = sum(%0) f32[1] axes=1\nreturn %1\n", "line 2, column 6: an axis is out of range"},
      {"%0 = var f32[2]\n%1 = reshape(%0) f32[3]\nreturn %1\n", "line 2, column 6: reshape changes the number of elements"},
      {"%0 = var f32[2]\n%1 = slice(%0) f32[2] start=1 step=1\nreturn %1\n", "line 2, column 6: the slice ends behind the axis"},
      {"%0 = var f32[2]\n%1 = contract(%0, %0) f32[1] axes=0 class=row\nreturn %1\n", "line 2, column 43: expected chain or lanes"},
      {"%0 = var f32[2]\n%1 = contract(%0, %0) f32[1] axes=0 class=chain zero=none\nreturn %1\n", "line 2, column 54: expected positive"},
      {"%0 = const 0x1.000001p+0 f32[]\nreturn %0\n", "line 1, column 12: the number is not a value of the dtype"},
      {"%0 = const 256 u8[]\nreturn %0\n", "line 1, column 12: the number is not a value of the dtype"},
      {"%0 = const bits 0x100000000 f32[]\nreturn %0\n", "line 1, column 6: the value has more bits than the dtype"},
      {"%0 = const 1 f32[]\nreturn %0 %0\n", "line 2, column 11: expected the end of the line"},
      {"%0 = const 1 f32[]\nreturn %0\nreturn %0\n", "line 3, column 1: expected nothing behind return"},
      {"%0 = var \"x f32[]\nreturn %0\n", "line 1, column 10: the string does not end"},
      {"%0 = var f32[]\n%1 = neg(%0) f32[]\n%2 = assign(%1, %0) f32[]\nreturn %2\n", "line 3, column 6: the target is not a variable"},
  };
  struct fixture *f = *state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_error error = {0};
    assert_null(parse(f, cases[i].text, &error).at);
    assert_string_equal(error.text, cases[i].error);
  }
}

/* Every prefix of a good text and every text with one byte changed is parsed or refused, nothing else. */
static void test_damaged_text(void **state) {
  static const char bytes[] = "%=()[],\"\n 09-x";
  struct fixture *f = *state;
  char text[sizeof every_kind];
  for (size_t size = 0; size + 1 < sizeof every_kind; size++) {
    struct tin_error error = {0};
    memcpy(text, every_kind, sizeof text);
    text[size] = 0;
    assert_true(parse(f, text, &error).at != NULL || error.set);
    memcpy(text, every_kind, sizeof text);
    text[size] = bytes[size % (sizeof bytes - 1)];
    struct tin_error changed = {0};
    assert_true(parse(f, text, &changed).at != NULL || changed.set);
    if (size % 100 == 99) { /* bound the memory of the test */
      tin_graph_free(&f->graph);
      tin_graph_init(&f->graph, NULL, &f->serial, &f->stamp);
    }
  }
}

static void test_names_and_sites(void **state) {
  struct fixture *f = *state;
  struct tin_variable variable = {.dtype = TIN_F32, .name = "a \"b\"\n\\", .id = 1};
  f->graph.site = (struct tin_site){"mlp.c", 34, "hid\nden"};
  struct tin_node *node = tin_node_unary(&f->graph, OP_NEG, tin_node_var(&f->graph, &variable));
  char *text = print(f, (struct tin_node_list){&node, 1});
  assert_string_equal(text, "%0 = var \"a \\x22b\\x22\\x0a\\x5c\" f32[]  # mlp.c:34 hid?den\n"
                            "%1 = neg(%0) f32[]  # mlp.c:34 hid?den\nreturn %1\n");
  struct tin_error error = {0};
  struct tin_node_list outputs = parse(f, text, &error);
  assert_string_equal(error.text, "");
  assert_string_equal(outputs.at[0]->in[0]->variable->name, variable.name);
}

static void test_realised_nodes_are_leaves(void **state) {
  struct fixture *f = *state;
  struct tin_error error = {0};
  struct tin_node_list outputs = parse(f, "%0 = var f32[2]\n%1 = neg(%0) f32[2]\n%2 = exp(%1) f32[2]\nreturn %2\n", &error);
  outputs.at[0]->in[0]->buffer = (struct tin_buffer *)f; /* not looked into */
  char *text = print(f, outputs);
  assert_string_equal(text, "%0 = buffer f32[2]\n%1 = exp(%0) f32[2]\nreturn %1\n");
  assert_string_equal(print(f, parse(f, text, &error)), "%0 = var f32[2]\n%1 = exp(%0) f32[2]\nreturn %1\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_round_trip),   TEST(test_numbers),         TEST(test_errors),
      TEST(test_damaged_text), TEST(test_names_and_sites), TEST(test_realised_nodes_are_leaves),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
