/* Arena offsets of plans, and the verifier of plans. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schedule/plan.h"

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  tin_arena_free(&f->arena);
  free(f);
  return 0;
}

static struct tin_node *make_node(struct tin_arena *arena, int op, int64_t size) {
  struct tin_node *node = TIN_NEW(arena, struct tin_node);
  *node = (struct tin_node){.op = (uint16_t)op, .dtype = TIN_F32, .rank = 1, .size = size};
  node->shape = TIN_NEW(arena, int64_t);
  node->shape[0] = size;
  return node;
}

static void add_value(struct tin_arena *arena, struct tin_schedule *s, struct tin_node *node, enum tin_place place, int first, int last) {
  struct tin_plan_value value = {.node = node,
                                 .place = place,
                                 .dtype = node->dtype,
                                 .size = node->size,
                                 .bytes = node->size * 4,
                                 .leaf = place == PLACE_LEAF ? s->n_leaves++ : -1,
                                 .update = -1,
                                 .first_kernel = first,
                                 .last_kernel = last};
  tin_vec_push(arena, &s->values, value);
}

/* Values alone, with live ranges within n_kernels. */
static struct tin_schedule *make_ranges(struct tin_arena *arena, int n_values, int n_kernels, int longest, unsigned seed) {
  struct tin_schedule *s = TIN_NEW(arena, struct tin_schedule);
  s->kernels.count = n_kernels;
  uint64_t random = seed;
  for (int v = 0; v < n_values; v++) {
    random = tin_hash_mix(random, 1);
    int first = (int)(random % (uint64_t)n_kernels), last = first + (int)((random >> 20) % (uint64_t)longest);
    int64_t size = (int64_t)((random >> 40) % 5000);
    add_value(arena, s, make_node(arena, OP_ADD, size), PLACE_ARENA, first, last < n_kernels ? last : n_kernels - 1);
  }
  return s;
}

static void assert_no_overlap(const struct tin_schedule *s) {
  int64_t end = 0, sum = 0;
  for (int a = 0; a < s->values.count; a++) {
    const struct tin_plan_value *x = &s->values.at[a];
    assert_true(x->offset % 64 == 0 && x->offset >= 0);
    sum += (x->bytes + 63) / 64 * 64;
    end = x->offset + x->bytes > end ? x->offset + x->bytes : end;
    for (int b = 0; b < a; b++) {
      const struct tin_plan_value *y = &s->values.at[b];
      bool together = x->first_kernel <= y->last_kernel && y->first_kernel <= x->last_kernel;
      if (together && x->offset < y->offset + y->bytes && y->offset < x->offset + x->bytes)
        fail_msg("values %d and %d overlap", a, b);
    }
  }
  assert_true(s->arena_bytes >= end && s->arena_bytes <= sum);
  assert_int_equal(s->bytes_without_reuse, sum);
}

/* Most bytes alive in one kernel: no placement can do with less. */
static int64_t lower_bound(const struct tin_schedule *s) {
  int64_t most = 0;
  for (int k = 0; k < s->kernels.count; k++) {
    int64_t alive = 0;
    for (int v = 0; v < s->values.count; v++)
      if (s->values.at[v].first_kernel <= k && k <= s->values.at[v].last_kernel)
        alive += (s->values.at[v].bytes + 63) / 64 * 64;
    most = alive > most ? alive : most;
  }
  return most;
}

static void test_random_ranges(void **state) {
  struct fixture *f = *state;
  for (unsigned seed = 1; seed <= 30; seed++) {
    struct tin_schedule *s = make_ranges(&f->arena, 20 + (int)seed * 7, 40, 10, seed);
    tin_schedule_memory(s, &f->arena);
    assert_no_overlap(s);
    assert_int_equal(s->bytes_live, lower_bound(s));
    print_message("%d values: %.4f of the live bound\n", s->values.count, (double)s->arena_bytes / (double)s->bytes_live);
    assert_true(s->arena_bytes <= s->bytes_live * 21 / 20);
  }
}

static void test_many_values(void **state) {
  struct fixture *f = *state;
  struct tin_schedule *s = make_ranges(&f->arena, 12000, 10000, 200, 7);
  tin_schedule_memory(s, &f->arena);
  assert_no_overlap(s);
  assert_int_equal(s->bytes_live, lower_bound(s));
  print_message("12000 values: %.3f of the live bound\n", (double)s->arena_bytes / (double)s->bytes_live);
  assert_true(s->arena_bytes <= s->bytes_live * 11 / 10);
}

static void test_chain_needs_two(void **state) {
  struct fixture *f = *state;
  struct tin_schedule *s = TIN_NEW(&f->arena, struct tin_schedule);
  s->kernels.count = 50;
  for (int v = 0; v < 49; v++)
    add_value(&f->arena, s, make_node(&f->arena, OP_ADD, 1000), PLACE_ARENA, v, v + 1);
  tin_schedule_memory(s, &f->arena);
  assert_no_overlap(s);
  assert_int_equal(s->arena_bytes, 2 * 4032);
  assert_int_equal(s->bytes_without_reuse, 49 * 4032);
}

static void test_nothing(void **state) {
  struct fixture *f = *state;
  struct tin_schedule *s = TIN_NEW(&f->arena, struct tin_schedule);
  tin_schedule_memory(s, &f->arena);
  assert_int_equal(s->arena_bytes, 0);
}

/* ---- the verifier: a plan that is right, and one change at a time ---- */

/* x -> k0: a = neg x -> k1: b = neg a, c = abs a -> k2: d = add b c, the output */
static struct tin_schedule *make_plan(struct tin_arena *arena) {
  struct tin_schedule *s = TIN_NEW(arena, struct tin_schedule);
  static const int ops[] = {OP_VAR, OP_NEG, OP_NEG, OP_ABS, OP_ADD};
  static const int kernel_of[] = {-1, 0, 1, 1, 2}, last[] = {0, 1, 2, 2, 2};
  static const int reads[5][2] = {{-1, -1}, {0, -1}, {1, -1}, {1, -1}, {2, 3}};
  s->order.at = TIN_NEW_ARRAY(arena, struct tin_node *, 5);
  s->planned = TIN_NEW_ARRAY(arena, struct tin_planned, 5);
  s->order.count = 5;
  for (int v = 0; v < 5; v++) {
    struct tin_node *node = s->order.at[v] = make_node(arena, ops[v], 64);
    add_value(arena, s, node, v == 0 ? PLACE_LEAF : v == 4 ? PLACE_OWNED : PLACE_ARENA, kernel_of[v], last[v]);
    s->planned[v] = (struct tin_planned){.value = v, .kernel = kernel_of[v], .scalar = -1};
    if (v == 0)
      continue;
    if (s->kernels.count <= kernel_of[v])
      tin_vec_push(arena, &s->kernels, ((struct tin_kernel){.name = "k"}));
    struct tin_part *part = TIN_NEW(arena, struct tin_part);
    part->rank = 1;
    part->shape[0] = 64;
    part->anchor = node;
    tin_vec_push(arena, &part->stores, node);
    for (int r = 0; r < 2 && reads[v][r] >= 0; r++)
      tin_vec_push(arena, &part->reads, reads[v][r]);
    tin_vec_push(arena, &s->kernels.at[kernel_of[v]].parts, part);
  }
  tin_vec_push(arena, &s->output_values, 4);
  tin_schedule_memory(s, arena);
  return s;
}

static struct tin_part *part_of(struct tin_schedule *s, int kernel) {
  return s->kernels.at[kernel].parts.at[0];
}
static void break_order(struct tin_schedule *s) {
  part_of(s, 0)->reads.at[0] = 3;
}
static void break_life(struct tin_schedule *s) {
  s->values.at[1].last_kernel = 0;
}
static void break_reads(struct tin_schedule *s) {
  part_of(s, 1)->reads.at[0] = 9;
}
static void break_store(struct tin_schedule *s) {
  part_of(s, 2)->stores.count = 0;
}
static void break_writer(struct tin_schedule *s) {
  s->values.at[4].first_kernel = 1;
}
static void break_twice(struct tin_schedule *s) {
  s->kernels.at[1].parts.at[1] = part_of(s, 1);
}
static void break_memory(struct tin_schedule *s) {
  s->values.at[2].offset = s->values.at[3].offset;
}
static void break_alignment(struct tin_schedule *s) {
  s->values.at[2].offset += 4;
}
static void break_arena(struct tin_schedule *s) {
  s->arena_bytes = 64;
}
static void break_output(struct tin_schedule *s) {
  s->values.at[4].place = PLACE_ARENA;
}
static void break_leaf(struct tin_schedule *s) {
  s->values.at[0].leaf = 1;
}
static void break_size(struct tin_schedule *s) {
  s->values.at[3].size = 63;
}
static void break_axes(struct tin_schedule *s) {
  part_of(s, 0)->axes = 2;
}
static void break_leaf_op(struct tin_schedule *s) {
  s->values.at[0].node->op = OP_NEG;
}

static void test_verifier(void **state) {
  struct fixture *f = *state;
  static const struct {
    void (*change)(struct tin_schedule *s);
    const char *message;
  } cases[] = {
      {break_order, "plan: kernel 0 reads v3 before kernel 1 writes it"},
      {break_life, "plan: kernel 1 reads v1, which dies in kernel 0"},
      {break_reads, "plan: kernel 1 reads v9 of 5"},
      {break_store, "plan: kernel 2 has a part that stores nothing (add)"},
      {break_writer, "plan: kernel 2 stores v4, which kernel 1 should"},
      {break_twice, "plan: v2 is stored twice"},
      {break_memory, "plan: v2 and v3 live at the same time in the same bytes"},
      {break_alignment, NULL},
      {break_arena, NULL},
      {break_output, "plan: output 0 lies in the arena"},
      {break_leaf, "plan: value v0 has leaf slot 1 of 1"},
      {break_size, "plan: value v3 differs from its node (abs) in dtype or size"},
      {break_axes, "plan: kernel 0 reduces axes 0x2 of rank 1"},
      {break_leaf_op, "plan: value v0 is in a leaf slot, but neg is computed"},
  };
  struct tin_error error = {.set = false};
  if (!tin_schedule_verify(make_plan(&f->arena), &error))
    fail_msg("%s", error.text);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct tin_schedule *s = make_plan(&f->arena);
    cases[i].change(s);
    error.set = false;
    assert_false(tin_schedule_verify(s, &error));
    assert_true(error.set);
    if (cases[i].message)
      assert_string_equal(error.text, cases[i].message);
  }
}

static void test_print(void **state) {
  struct fixture *f = *state;
  struct tin_schedule *s = make_plan(&f->arena);
  part_of(s, 0)->fused = "nothing";
  s->planned[1].reason = "two kernels read it";
  s->order.at[4]->site = (struct tin_site){.file = "net.c", .line = 3, .name = "sum"};
  struct tin_text text;
  tin_text_init(&text, &f->arena);
  tin_schedule_print(&text, s);
  assert_non_null(strstr(text.at, "plan: 3 kernels, 5 values, arena 768 bytes (768 without reuse)\nv0 leaf 0 f32[64]  var\n"));
  assert_non_null(strstr(text.at, "v4 owned [2, 2] f32[64]  add  # net.c:3 sum\n"));
  assert_non_null(strstr(text.at, "  map f32[64]: nothing\n    reads v0\n    stores v1 = %1 neg\n"));
  assert_non_null(strstr(text.at, "output 0 is v4\nnot fused: %1 neg: two kernels read it\n"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_random_ranges, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_many_values, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_chain_needs_two, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_nothing, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_verifier, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_print, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
