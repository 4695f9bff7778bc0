/* The text form of plans: what is printed parses back, text goes through memory planning and the verifier, bad text gives an error that
 * says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "fuzz/texts.h"
#include "schedule/plan.h"

static struct tin_schedule *parse(struct tin_arena *arena, const char *text) {
  struct tin_error error = {0};
  struct tin_schedule *schedule = tin_schedule_parse(arena, text, &error);
  if (!schedule)
    fail_msg("%s\n%s", error.text, text);
  return schedule;
}

static char *print(struct tin_arena *arena, const struct tin_schedule *schedule) {
  struct tin_text text;
  tin_text_init(&text, arena);
  tin_schedule_print(&text, schedule);
  return text.at;
}

static void test_round_trip(void **state) {
  (void)state;
  static struct fuzz_texts made;
  for (uint64_t seed = 100; seed < 200; seed++) {
    struct tin_error error = {0};
    assert_true(fuzz_texts_make(&made, seed, "portable"));
    struct tin_schedule *schedule = parse(&made.arena, made.plan.at);
    assert_string_equal(print(&made.arena, schedule), made.plan.at);
    if (!tin_schedule_verify(schedule, &error))
      fail_msg("%s", error.text);
    tin_schedule_memory(schedule, &made.arena);
    assert_string_equal(print(&made.arena, schedule), made.plan.at);
    fuzz_texts_free(&made);
  }
}

static const char every_kind[] = "plan: 3 kernels, 7 values, arena 192 bytes (192 without reuse)\n"
                                 "v0 leaf 0 f32[8, 4]  var \"a b\"  # mlp.c:3 x\n"
                                 "v1 leaf 1 i32[8]  add\n"
                                 "v2 arena [0, 1] offset 0 f32[8, 1]  sum\n"
                                 "v3 arena [0, 2] offset 64 f32[8, 4]  div  # ratio\n"
                                 "v4 owned [1, 2] f32[8, 4]  contract\n"
                                 "v5 owned [1, 1] f32[4]  cumsum  in place of update 0\n"
                                 "v6 owned [2, 2] f32[]  scatter\n"
                                 "k0_sum_div\n"
                                 "  row f32[8, 4] over axes 0,1: exp (+1 inlined), sum\n"
                                 "    reads v0 v1\n"
                                 "    holds %3 exp\n"
                                 "    holds %4 sum\n"
                                 "    stores v2 = %4 sum\n"
                                 "    stores v3 = %5 div  # ratio\n"
                                 "k1_contract_cumsum\n"
                                 "  contract f32[8, 4, 4] over axes 2\n"
                                 "    reads v2 v3\n"
                                 "    stores v4 = %9 contract\n"
                                 "  scan f32[4]: cumsum (+2 inlined)\n"
                                 "    stores v5 = %10 cumsum\n"
                                 "k2_scatter\n"
                                 "  scatter f32[]\n"
                                 "    reads v1 v3 v4\n"
                                 "    stores v6 = %11 scatter\n"
                                 "check v1 below 10 before kernel 2 (scatter)\n"
                                 "output 0 is v4\n"
                                 "output 1 is v6\n"
                                 "update 0 is v5\n"
                                 "not fused: %5 div: two kernels read it\n";

static void test_every_kind(void **state) {
  struct fixture *f = *state;
  struct tin_error error = {0};
  struct tin_schedule *schedule = parse(&f->arena, every_kind);
  assert_string_equal(print(&f->arena, schedule), every_kind);
  if (!tin_schedule_verify(schedule, &error))
    fail_msg("%s", error.text);
}

/* ---- text through memory planning ---- */

/* A chain in two places, a value between them that lives long, one of no bytes. Only offsets and the first line change. */
static void test_memory(void **state) {
  struct fixture *f = *state;
#define BEFORE(bytes, v1, v2, v3, v4)                                                                                                      \
  "plan: 4 kernels, 6 values, arena " bytes "\n"                                                                                           \
  "v0 leaf 0 f32[256]  var\n"                                                                                                              \
  "v1 arena [0, 1] offset " v1 " f32[256]  neg\n"                                                                                          \
  "v2 arena [1, 2] offset " v2 " f32[250]  abs\n"                                                                                          \
  "v3 arena [2, 3] offset " v3 " f32[256]  exp\n"                                                                                          \
  "v4 arena [0, 3] offset " v4 " bool[256]  lt\n"                                                                                          \
  "v5 owned [3, 3] f32[256]  add\n"                                                                                                        \
  "k0\n  map f32[256]\n    reads v0\n    stores v1 = %1 neg\n    stores v4 = %2 lt\n"                                                      \
  "k1\n  map f32[256]\n    reads v1\n    stores v2 = %3 abs\n"                                                                             \
  "k2\n  map f32[256]\n    reads v2\n    stores v3 = %4 exp\n"                                                                             \
  "k3\n  map f32[256]\n    reads v3 v4\n    stores v5 = %5 add\n"                                                                          \
  "output 0 is v5\n"
  static const char before[] = BEFORE("0 bytes (0 without reuse)", "0", "0", "0", "0");
  static const char after[] = BEFORE("2304 bytes (3328 without reuse)", "0", "1024", "0", "2048");
  struct tin_error error = {0};
  struct tin_schedule *schedule = parse(&f->arena, before);
  assert_true(tin_schedule_verify(schedule, &error));
  tin_schedule_memory(schedule, &f->arena);
  assert_true(tin_schedule_verify(schedule, &error));
  assert_string_equal(print(&f->arena, schedule), after);
}

/* ---- text to the verifier ---- */

/* The good plan with one piece of its text replaced. */
static char *replaced(struct fixture *f, const char *text, const char *from, const char *to) {
  struct tin_text result;
  const char *at = strstr(text, from);
  assert_non_null(at);
  tin_text_init(&result, &f->arena);
  tin_text_put(&result, text, (int)(at - text));
  tin_text_puts(&result, to);
  tin_text_puts(&result, at + strlen(from));
  return result.at;
}

static void test_verifier(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *from, *to, *error;
  } cases[] = {
      {"reads v0 v1\n", "reads v0 v4\n", "plan: kernel 0 reads v4 before kernel 1 writes it"},
      {"reads v0 v1\n", "reads v1 v0\n", "plan: the reads of kernel 0 are not ascending"},
      {"reads v0 v1\n", "reads v9\n", "plan: kernel 0 reads v9 of 7"},
      {"v3 arena [0, 2]", "v3 arena [0, 1]", "plan: kernel 2 reads v3, which dies in kernel 1"},
      {"v3 arena [0, 2]", "v3 arena [0, 3]", "plan: value v3 lives to kernel 3 of 3"},
      {"v3 arena [0, 2]", "v3 arena [2, 2]", "plan: kernel 0 stores v3, which kernel 2 should"},
      {"v3 arena [0, 2] offset 64", "v3 arena [0, 2] offset 0", "plan: v2 and v3 live at the same time in the same bytes"},
      {"offset 64", "offset 68", "plan: v3 has offset 68 in an arena of 192 bytes"},
      {"arena 192", "arena 128", "plan: v3 has offset 64 in an arena of 128 bytes"},
      {"v4 owned [1, 2]", "v4 arena [1, 2] offset 0", "plan: output 0 lies in the arena"},
      {"leaf 1", "leaf 2", "plan: value v1 has leaf slot 2 of 2"},
      {"leaf 1", "leaf 0", "plan: leaf slot 0 is given twice"},
      {"    stores v5 = %10 cumsum\n", "", "plan: kernel 1 has a part that stores nothing (cumsum)"},
      {"    stores v4 = %9 contract\n", "    stores v4 = %9 contract\n    stores v4 = %9 contract\n", "plan: v4 is stored twice"},
      {"    stores v2 = %4 sum\n", "", "plan: no kernel stores v2 (sum)"},
      {"over axes 0,1", "over axes 0,2", "plan: kernel 0 reduces axes 0x5 of rank 2"},
      {"in place of update 0", "in place of update 1", "plan: value v5 has update 1"},
      {"update 0 is v5", "update 0 is v6", "plan: value v5 is computed in place of update 0, which takes another value"},
      {"output 1 is v6", "output 1 is v7", "plan: output 1 has value v7 of 7"},
      {"before kernel 2", "before kernel 3", "plan: check 0 is before kernel 3"},
      {"check v1 below", "check v4 below 1 before kernel 1 (gather)\ncheck v1 below", "plan: check 0 looks at v4 before it is computed"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_error error = {0};
    assert_false(tin_schedule_verify(parse(&f->arena, replaced(f, every_kind, cases[i].from, cases[i].to)), &error));
    assert_string_equal(error.text, cases[i].error);
  }
}

/* ---- bad text ---- */

static void test_errors(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *from, *to, *error;
  } cases[] = {
      {"plan:", "plans:", "line 1, column 1: expected plan:"},
      {"7 values", "8 values", "line 9, column 1: the first line tells another number of values"},
      {"3 kernels", "2 kernels", "line 26, column 1: the first line tells another number of kernels"},
      {"v1 leaf", "v2 leaf", "line 3, column 3: values are numbered in order"},
      {"v1 leaf", "v1 leave", "line 3, column 4: expected leaf, arena, block or owned"},
      {"i32[8]", "i33[8]", "line 3, column 11: expected a dtype, as f32"},
      {"i32[8]", "i32[8,", "line 3, column 19: expected an integer"},
      {"i32[8]", "i32[-8]", "line 3, column 11: a size is negative, or the tensor too large"},
      {"offset 0", "ofset 0", "line 4, column 17: expected offset"},
      {"holds %3 exp", "holds 3 exp", "line 12, column 11: expected a number behind a letter, as %0"},
      {"= %4 sum", "= %4 prod", "line 14, column 17: a line above has another op for this node"},
      {"= %5 div", "= %3 exp", "line 15, column 12: the value is of another op"},
      {"stores v3", "stores v7", "line 15, column 12: there is no such value"},
      {"output 1", "output 2", "line 28, column 8: outputs and updates are numbered in order"},
      {"    reads v0 v1\n", "    reads v0 v1,\n", "line 11, column 16: expected the end of the line"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_error error = {0};
    assert_null(tin_schedule_parse(&f->arena, replaced(f, every_kind, cases[i].from, cases[i].to), &error));
    assert_string_equal(error.text, cases[i].error);
  }
}

/* Damaged text is parsed or refused, nothing else; what is parsed can be verified and printed, and planned where it is good. */
static void test_damaged_text(void **state) {
  struct fixture *f = *state;
  uint64_t random = 1;
  char text[2 * sizeof every_kind];
  for (int i = 0; i < 3000; i++) {
    struct tin_error error = {0}, verified = {0};
    memcpy(text, every_kind, sizeof every_kind);
    fuzz_texts_damage(text, &random);
    struct tin_schedule *schedule = tin_schedule_parse(&f->arena, text, &error);
    assert_true(!schedule == error.set);
    if (schedule) {
      char *once = print(&f->arena, schedule);
      assert_string_equal(print(&f->arena, parse(&f->arena, once)), once);
      if (tin_schedule_verify(schedule, &verified))
        tin_schedule_memory(schedule, &f->arena);
    }
    tin_arena_reset(&f->arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      TEST(test_round_trip), TEST(test_every_kind), TEST(test_memory), TEST(test_verifier), TEST(test_errors), TEST(test_damaged_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
