/* The text form of vector programs: what is printed parses back, text goes through the allocator and the verifier, bad text gives an error
 * that says where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "arena.h"
#include "codegen/vector.h"
#include "fuzz/texts.h"

static struct tin_vprogram *parse(struct tin_arena *arena, const char *text) {
  struct tin_error error = {0};
  struct tin_vprogram *program = tin_vector_parse(arena, text, &error);
  if (!program)
    fail_msg("%s\n%s", error.text, text);
  return program;
}

static char *print(struct tin_arena *arena, const struct tin_vprogram *program) {
  struct tin_text text;
  tin_text_init(&text, arena);
  tin_vector_print(&text, program);
  return text.at;
}

/* ---- programs of random graphs ---- */

/* The text before allocation, allocated, is the text that follows. */
static void check_texts(struct fuzz_texts *made, const struct tin_vtarget *target) {
  const char *rest = made->programs.at;
  char *text, *comment, *expected = NULL;
  while ((text = fuzz_texts_next(&made->arena, &rest, &comment))) {
    struct tin_vprogram *program = parse(&made->arena, text);
    assert_string_equal(print(&made->arena, program), text);
    if (expected)
      assert_string_equal(text, expected);
    expected = NULL;
    if (strstr(comment, " before allocation")) {
      tin_vector_allocate(&made->arena, program, target);
      expected = print(&made->arena, program);
    }
  }
}

static void test_round_trip(void **state) {
  (void)state;
  static struct fuzz_texts made;
  for (uint64_t seed = 0; seed < 60; seed++) {
    assert_true(fuzz_texts_make(&made, seed, seed % 2 ? "avx2" : "avx512"));
    check_texts(&made, seed % 2 ? &tin_target_avx2 : &tin_target_avx512);
    fuzz_texts_free(&made);
  }
}

static const char every_kind[] = "vector lanes=16 registers=8 pointers=3 slots=6 spill=5:128\n"
                                 "const r0 = broadcast.f32 [p2 - 8]\n"
                                 "const r1 = load.i32 [p2 + 64]\n"
                                 "reset frame[3], -2147483648\n"
                                 "repeat frame[3]\n"
                                 "  index_zero\n"
                                 "  loop frame[4], 16\n"
                                 "    load.u8 r2, [p0 + i - 2147483648]\n"
                                 "    i32_to_f32.f32 r3, r2\n"
                                 "    cmp.f32.dead r4, r3, r0, unordered\n"
                                 "    select.f32 r5, r4, r0, r3\n"
                                 "    fma_mem.f32 r5, r3, [p2]\n"
                                 "    store.f32 [p1 + i], r5\n"
                                 "    prefetch.f32 [p0 + i + 256], 1\n"
                                 "  end 16\n"
                                 "  tail 250, 16\n"
                                 "    gather.f32.tail r6, [p0], r1\n"
                                 "    shuffle_128.f32 r7, r6, r6, 136\n"
                                 "    store.f32.tail [p1 + i], r7\n"
                                 "  tail_end\n"
                                 "  bump p0, -4\n"
                                 "  advance p0, frame[4]\n"
                                 "  point p1, frame[2], [p0 + 8]\n"
                                 "  point p0, frame[2], [p1]\n"
                                 "repeat_end frame[3]\n";

static void test_every_kind(void **state) {
  struct fixture *f = *state;
  assert_string_equal(print(&f->arena, parse(&f->arena, every_kind)), every_kind);
}

/* ---- text through the allocator ---- */

static const struct {
  int registers; /* of the target */
  const char *before, *after;
} allocations[] = {
    /* A move vanishes where the source ends at it, and stays where it is read again. */
    {8,
     "vector lanes=4 registers=3 pointers=2 slots=2\n"
     "load.f32 r0, [p0]\n"
     "mov.f32 r1, r0\n"
     "fma.f32 r1, r1, r1\n"
     "mov.f32 r2, r1\n"
     "store.f32 [p1], r2\n"
     "store.f32 [p1 + 16], r1\n",
     "vector lanes=4 registers=2 pointers=2 slots=2\n"
     "load.f32 r0, [p0]\n"
     "fma.f32 r0, r0, r0\n"
     "mov.f32 r1, r0\n"
     "store.f32 [p1], r1\n"
     "store.f32 [p1 + 16], r0\n"},
    /* A constant is loaded before the outermost loop that reads it; one without a reader nowhere. */
    {8,
     "vector lanes=4 registers=5 pointers=3 slots=4\n"
     "const r0 = broadcast.f32 [p2]\n"
     "const r1 = load.f32 [p2 + 16]\n"
     "load.f32 r2, [p0]\n"
     "repeat frame[3]\n"
     "  add.f32 r3, r2, r1\n"
     "  store.f32 [p1], r3\n"
     "  bump p1, 16\n"
     "repeat_end frame[3]\n",
     "vector lanes=4 registers=3 pointers=3 slots=4\n"
     "load.f32 r0, [p0]\n"
     "load.f32 r1, [p2 + 16]\n"
     "repeat frame[3]\n"
     "  add.f32 r2, r0, r1\n"
     "  store.f32 [p1], r2\n"
     "  bump p1, 16\n"
     "repeat_end frame[3]\n"},
    /* A mask that only the select behind it reads is dead there; one that is stored too is not. */
    {8,
     "vector lanes=4 registers=3 pointers=2 slots=2\n"
     "load.f32 r0, [p0]\n"
     "cmp.f32 r1, r0, r0, lt\n"
     "select.f32 r2, r1, r0, r0\n"
     "store.f32 [p1], r2\n",
     "vector lanes=4 registers=2 pointers=2 slots=2\n"
     "load.f32 r0, [p0]\n"
     "cmp.f32.dead r1, r0, r0, lt\n"
     "select.f32 r0, r1, r0, r0\n"
     "store.f32 [p1], r0\n"},
    {8,
     "vector lanes=4 registers=3 pointers=2 slots=2\n"
     "load.f32 r0, [p0]\n"
     "cmp.f32.dead r1, r0, r0, lt\n"
     "select.f32 r2, r1, r0, r0\n"
     "store.f32 [p1], r2\n"
     "store.f32 [p1 + 16], r1\n",
     "vector lanes=4 registers=2 pointers=2 slots=2\n"
     "load.f32 r0, [p0]\n"
     "cmp.f32 r1, r0, r0, lt\n"
     "select.f32 r0, r1, r0, r0\n"
     "store.f32 [p1], r0\n"
     "store.f32 [p1 + 16], r1\n"},
    /* The result of a gather is never in the register of its index, which ends there. */
    {8,
     "vector lanes=4 registers=2 pointers=2 slots=2\n"
     "load.i32 r0, [p0]\n"
     "gather.f32 r1, [p0], r0\n"
     "store.f32 [p1], r1\n",
     "vector lanes=4 registers=2 pointers=2 slots=2\n"
     "load.i32 r0, [p0]\n"
     "gather.f32 r1, [p0], r0\n"
     "store.f32 [p1], r1\n"},
    /* A value that enters a loop keeps its register to the loop's end. */
    {8,
     "vector lanes=4 registers=3 pointers=2 slots=3\n"
     "zero.f32 r0\n"
     "repeat frame[2]\n"
     "  load.f32 r1, [p0]\n"
     "  add.f32 r2, r0, r1\n"
     "  store.f32 [p1], r2\n"
     "repeat_end frame[2]\n",
     "vector lanes=4 registers=2 pointers=2 slots=3\n"
     "zero.f32 r0\n"
     "repeat frame[2]\n"
     "  load.f32 r1, [p0]\n"
     "  add.f32 r1, r0, r1\n"
     "  store.f32 [p1], r1\n"
     "repeat_end frame[2]\n"},
    /* Five values in four registers: the one that is read last goes to the spill area and comes back. */
    {4,
     "vector lanes=4 registers=5 pointers=2 slots=2\n"
     "load.f32 r0, [p0]\n"
     "load.f32 r1, [p0 + 16]\n"
     "load.f32 r2, [p0 + 32]\n"
     "load.f32 r3, [p0 + 48]\n"
     "load.f32 r4, [p0 + 64]\n"
     "store.f32 [p1], r4\n"
     "store.f32 [p1 + 16], r3\n"
     "store.f32 [p1 + 32], r2\n"
     "store.f32 [p1 + 48], r1\n"
     "store.f32 [p1 + 64], r0\n",
     "vector lanes=4 registers=4 pointers=2 slots=3 spill=2:16\n"
     "load.f32 r0, [p0]\n"
     "store.f32 [p2], r0\n"
     "load.f32 r0, [p0 + 16]\n"
     "load.f32 r1, [p0 + 32]\n"
     "load.f32 r2, [p0 + 48]\n"
     "load.f32 r3, [p0 + 64]\n"
     "store.f32 [p1], r3\n"
     "store.f32 [p1 + 16], r2\n"
     "store.f32 [p1 + 32], r1\n"
     "store.f32 [p1 + 48], r0\n"
     "load.f32 r0, [p2]\n"
     "store.f32 [p1 + 64], r0\n"},
    /* Four constants and two values in four registers: nothing is stored, two constants are loaded where they are used. */
    {4,
     "vector lanes=4 registers=6 pointers=2 slots=2\n"
     "const r0 = broadcast.f32 [p0]\n"
     "const r1 = broadcast.f32 [p0 + 4]\n"
     "const r2 = broadcast.f32 [p0 + 8]\n"
     "const r3 = broadcast.f32 [p0 + 12]\n"
     "index_zero\n"
     "loop 64, 4\n"
     "  load.f32 r4, [p1 + i]\n"
     "  mul.f32 r5, r4, r0\n"
     "  add.f32 r5, r5, r1\n"
     "  mul.f32 r5, r5, r2\n"
     "  add.f32 r5, r5, r3\n"
     "  store.f32 [p1 + i], r5\n"
     "end 4\n",
     "vector lanes=4 registers=4 pointers=2 slots=2\n"
     "index_zero\n"
     "broadcast.f32 r0, [p0 + 8]\n"
     "broadcast.f32 r1, [p0 + 12]\n"
     "loop 64, 4\n"
     "  load.f32 r2, [p1 + i]\n"
     "  broadcast.f32 r3, [p0]\n"
     "  mul.f32 r2, r2, r3\n"
     "  broadcast.f32 r3, [p0 + 4]\n"
     "  add.f32 r2, r2, r3\n"
     "  mul.f32 r2, r2, r0\n"
     "  add.f32 r2, r2, r1\n"
     "  store.f32 [p1 + i], r2\n"
     "end 4\n"},
};
enum { N_ALLOCATIONS = sizeof allocations / sizeof *allocations };

static void test_allocation(void **state) {
  struct fixture *f = *state;
  for (int i = 0; i < N_ALLOCATIONS; i++) {
    struct tin_error error = {0};
    int registers = allocations[i].registers;
    struct tin_vtarget target = {.name = "test", .vector_bytes = 16, .registers = registers, .allocatable = registers};
    struct tin_vprogram *program = parse(&f->arena, allocations[i].before);
    assert_true(tin_vector_verify(program, &target, false, &error));
    tin_vector_allocate(&f->arena, program, &target);
    assert_true(tin_vector_verify(program, &target, true, &error));
    assert_string_equal(print(&f->arena, program), allocations[i].after);
  }
}

/* ---- text to the verifier ---- */

static void test_verifier(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"store.f32 [p1], r0\n", "instruction 0 (store): reads register 0 before it is written"},
      {"zero.f32 r7\n", "instruction 0 (zero): operand D is register 7 of 3"},
      {"load.f32 r0, [p2]\n", "instruction 0 (load): pointer 2 of 2"},
      {"repeat frame[2]\n", "the repeat of instruction 0 does not end"},
      {"loop 8, 4\nend 8\n", "instruction 1 (end): step 8, the loop has 4"},
      {"repeat frame[2]\nrepeat_end frame[1]\n", "instruction 1 (repeat_end): counter 1, the repeat has 2"},
      {"tail 8, 4\nend 4\n", "instruction 1 (end): no loop to end"},
      {"loop 8, 4\nloop 8, 4\nend 4\nend 4\n", "instruction 1 (loop): inside a loop or tail: there is one index register"},
      {"loop frame[3], 4\nend 4\n", "instruction 0 (loop): frame slot 3 of 3"},
      {"load.f32.tail r0, [p0]\n", "instruction 0 (load): uses the tail's mask outside of a tail"},
      {"zero.f32 r0\nshli.i32 r1, r0, 32\n", "instruction 1 (shli): immediate 32"},
      {"zero.f32 r0\nadd.u8 r1, r0, r0\n", "instruction 1 (add): type 4"},
  };
  struct tin_vtarget target = {.name = "test", .vector_bytes = 16, .registers = 8, .allocatable = 8};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_text text;
    struct tin_error error = {0};
    tin_text_init(&text, &f->arena);
    tin_text_add(&text, "vector lanes=4 registers=3 pointers=2 slots=3\n%s", cases[i].text);
    assert_false(tin_vector_verify(parse(&f->arena, text.at), &target, false, &error));
    assert_non_null(strstr(error.text, cases[i].error));
  }
}

/* ---- bad text ---- */

#define HEADER "vector lanes=4 registers=3 pointers=2 slots=3\n"

static void test_errors(void **state) {
  struct fixture *f = *state;
  static const struct {
    const char *text, *error;
  } cases[] = {
      {"", "line 1, column 1: expected vector"},
      {"vector lanes=0 registers=3\n", "line 1, column 14: the number is too small"},
      {"vector lanes=4 pointers=3\n", "line 1, column 16: expected registers"},
      {HEADER "addd.f32 r0, r1, r1\n", "line 2, column 1: expected an op"},
      {HEADER "add.f8 r0, r1, r1\n", "line 2, column 5: expected an element type, as f32"},
      {HEADER "add.f32 r0, r1\n", "line 2, column 15: expected ,"},
      {HEADER "add.f32 r0, r1, r65535\n", "line 2, column 17: the number is too large"},
      {HEADER "add.f32 r0, r1, r1, r2\n", "line 2, column 19: expected the end of the line"},
      {HEADER "\n# nothing\nload.f32 r0, p1\n", "line 4, column 14: expected ["},
      {HEADER "load.f32 r0, [p1 + 9999999999]\n", "line 2, column 20: the number is too large"},
      {HEADER "loop r1, 4\n", "line 2, column 6: expected an integer"},
      {HEADER "const r0 = broadcast.f32 [p0 + i]\n", "line 2, column 25: a constant does not move with the index"},
      {HEADER "const r0 = gather.f32 [p0]\n", "line 2, column 12: expected broadcast or load"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_error error = {0};
    assert_null(tin_vector_parse(&f->arena, cases[i].text, &error));
    assert_string_equal(error.text, cases[i].error);
  }
}

/* Damaged text is parsed or refused, nothing else; what is parsed can be verified and printed. */
static void test_damaged_text(void **state) {
  struct fixture *f = *state;
  struct tin_vtarget target = {.name = "test", .vector_bytes = 64, .registers = 8, .allocatable = 8};
  uint64_t random = 1;
  char text[2 * sizeof every_kind];
  for (int i = 0; i < 3000; i++) {
    struct tin_error error = {0}, verified = {0};
    memcpy(text, every_kind, sizeof every_kind);
    fuzz_texts_damage(text, &random);
    struct tin_vprogram *program = tin_vector_parse(&f->arena, text, &error);
    assert_true(!program == error.set);
    if (program) {
      tin_vector_verify(program, &target, false, &verified);
      char *once = print(&f->arena, program);
      assert_string_equal(print(&f->arena, parse(&f->arena, once)), once);
    }
    tin_arena_reset(&f->arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
      TEST(test_round_trip), TEST(test_every_kind), TEST(test_allocation), TEST(test_verifier), TEST(test_errors), TEST(test_damaged_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
