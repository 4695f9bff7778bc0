/* Graphs that are made like the one before are given its nodes (ir/trace.h). Whatever a loop does, each scope must have the graph that it
 * would have in a context of its own: the same text, equal expressions the same node, the same values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_malloc.h"
#include "frontend/frontend.h"
#include "tinsmith_nn.h"

/* ---- random programs ---- */

enum { STEPS = 24, ROWS = 3, COLUMNS = 4, LIVE = 6 };

/* A step of a program: what it does follows from its number alone. */
struct program {
  uint32_t steps[STEPS];
  int count;
};

static uint32_t next_random(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u; /* Numerical Recipes' generator */
  return *state >> 8;
}

struct world {
  tin_ctx *ctx;
  tin_tensor *w, *x;   /* a parameter and an input */
  tin_tensor *outside; /* or NULL */
};

static struct world world_new(void) {
  struct world world = {.ctx = tin_ctx_new(.target = "interpreter", .threads = 1, .seed = 5)};
  world.w = tin_param(world.ctx, TIN_SHAPE(ROWS, COLUMNS), .name = "w");
  world.x = tin_input(world.ctx, TIN_F32, TIN_SHAPE(ROWS, COLUMNS), "x");
  return world;
}

static tin_tensor *make_matrix(struct world *world, tin_tensor *a, tin_tensor *b) {
  (void)world;
  return tin_matmul(tin_matmul(a, tin_transpose(b, 0, 1)), b);
}

static tin_tensor *do_step(struct world *world, uint32_t what, tin_tensor *a, tin_tensor *b) {
  double number = 0.25 + (what >> 4) % 4;
  tin_tensor *gradient;
  switch (what % 16) {
  case 0:
    return tin_add(a, b);
  case 1:
    return tin_mul(a, b);
  case 2:
    return tin_mul_scalar(a, number);
  case 3:
    return tin_sub(a, tin_mean(b, .axes = TIN_AXES(1), .keepdims = true));
  case 4:
    return make_matrix(world, a, b);
  case 5:
    return tin_where(tin_gt(a, b), a, tin_full_like(b, number));
  case 6:
    return tin_grad(tin_sum(tin_square(a)), TIN_LIST(world->w), &gradient) ? gradient : a;
  case 7:
    return tin_mul(a, tin_scalar(world->ctx, TIN_F32, number));
  case 8:
    return tin_add(a, tin_rand(world->ctx, TIN_F32, TIN_SHAPE(ROWS, COLUMNS)));
  case 9: /* a value is asked for */
    tin_item(tin_sum(a));
    return tin_tanh(a);
  case 10:
    tin_assign(world->w, tin_mul_scalar(a, 0.5));
    return tin_add(world->w, b);
  case 11: { /* a scope inside */
    tin_scope scope = tin_begin(world->ctx);
    tin_tensor *kept = tin_keep(tin_sum(tin_exp(tin_mul_scalar(a, 0.01))));
    tin_end(scope);
    return tin_add(a, kept);
  }
  case 12:
    return tin_cast(tin_add(tin_cast(a, TIN_BF16), tin_cast(b, TIN_BF16)), TIN_F32);
  case 13: {
    tin_checkpoint checkpoint = tin_checkpoint_begin(world->ctx);
    tin_tensor *y = tin_sigmoid(tin_mul(a, b));
    tin_checkpoint_end(checkpoint);
    return y;
  }
  case 14:
    return tin_add(tin_watch(a), world->outside ? world->outside : b);
  default: {
    float values[ROWS * COLUMNS];
    for (int i = 0; i < ROWS * COLUMNS; i++)
      values[i] = (float)(i % 5) * (float)number - 1;
    tin_tensor *leaf = tin_from(world->ctx, TIN_F32, TIN_SHAPE(ROWS, COLUMNS), values);
    return tin_relu(tin_sub(leaf, a));
  }
  }
}

/* The text of everything that is alive in the end; nodes built twice must be one. */
static char *run_program(struct world *world, const struct program *program, uint32_t data, float *values) {
  float x[ROWS * COLUMNS], w[ROWS * COLUMNS];
  for (int i = 0; i < ROWS * COLUMNS; i++) {
    x[i] = (float)((data + (uint32_t)i * 7) % 11) / 5 - 1;
    w[i] = (float)((data + (uint32_t)i * 3) % 13) / 6 - 1;
  }
  tin_write(world->x, x, sizeof x);
  tin_write(world->w, w, sizeof w);
  tin_ctx_seed(world->ctx, data);
  tin_scope scope = tin_begin(world->ctx);
  tin_tensor *live[LIVE];
  for (int i = 0; i < LIVE; i++)
    live[i] = i % 2 ? tin_add_scalar(world->w, i) : tin_mul_scalar(world->x, 1 + i);
  for (int i = 0; i < program->count; i++) {
    uint32_t step = program->steps[i];
    live[step >> 8 & 3] = do_step(world, step, live[(step >> 10) % LIVE], live[(step >> 13) % LIVE]);
  }
  tin_tensor *sum = live[0];
  for (int i = 1; i < LIVE; i++)
    sum = tin_add(sum, live[i]);
  memset(values, 0, sizeof(float) * ROWS * COLUMNS);
  if (!tin_ok(world->ctx)) { /* not every program is a right one */
    char *message = strdup(tin_message(world->ctx));
    tin_end(scope);
    tin_clear_error(world->ctx);
    return message;
  }
  assert_ptr_equal(tin_slot_of(tin_mul(sum, live[1]))->node, tin_slot_of(tin_mul(sum, live[1]))->node);
  struct tin_node *node = tin_slot_of(sum)->node;
  struct tin_arena arena;
  struct tin_text text;
  jmp_buf fail;
  if (setjmp(fail))
    fail();
  tin_arena_init(&arena, 1 << 14, &fail);
  tin_text_init(&text, &arena);
  struct tin_error error = {0};
  if (!tin_graph_verify(&world->ctx->scope->graph, &node, 1, &error))
    fail_msg("%s", error.text);
  tin_graph_print(&world->ctx->scope->graph, &text, &node, 1);
  char *copy = strdup(text.at);
  tin_arena_free(&arena);
  assert_true(tin_read(sum, values, sizeof(float) * ROWS * COLUMNS));
  assert_true(tin_end(scope));
  return copy;
}

static struct program random_program(uint32_t *state) {
  struct program program = {.count = 4 + (int)(next_random(state) % (STEPS - 4))};
  for (int i = 0; i < program.count; i++)
    program.steps[i] = next_random(state);
  return program;
}

/* Mostly nothing; else one step or one number differs, or the end is missing. */
static void change(struct program *program, uint32_t *state) {
  uint32_t how = next_random(state) % 8;
  if (how == 0)
    program->steps[next_random(state) % (uint32_t)program->count] = next_random(state);
  else if (how == 1 && program->count > 2)
    program->count--;
  else if (how == 2)
    *program = random_program(state);
  else if (how == 3)
    program->steps[next_random(state) % (uint32_t)program->count] ^= 0x10; /* another number in it */
}

static void make_outside(struct world *world) {
  world->outside = tin_exp(tin_arange(world->ctx, TIN_F32, COLUMNS, 0, 0.5));
}

static void test_random_programs(void **state) {
  (void)state;
  uint32_t random = 11;
  for (int round = 0; round < 30; round++) {
    struct world loop = world_new();
    struct program program = random_program(&random);
    for (int scope = 0; scope < 12; scope++) {
      float got[ROWS * COLUMNS], expected[ROWS * COLUMNS];
      struct world fresh = world_new();
      if (scope == 6) /* a node of the context's own that steps may build again */
        make_outside(&loop);
      if (scope >= 6)
        make_outside(&fresh);
      uint32_t data = next_random(&random);
      char *text = run_program(&loop, &program, data, got), *fresh_text = run_program(&fresh, &program, data, expected);
      if (strcmp(text, fresh_text) != 0)
        fail_msg("round %d, scope %d:\n%s\ninstead of\n%s", round, scope, text, fresh_text);
      assert_memory_equal(got, expected, sizeof got);
      free(text);
      free(fresh_text);
      tin_ctx_free(fresh.ctx);
      change(&program, &random);
    }
    tin_ctx_free(loop.ctx);
  }
}

/* ---- what is given again, and what is not ---- */

static struct tin_node *node_of(tin_tensor *t) {
  return tin_slot_of(t)->node;
}

/* w x + number, relu: and its node */
static struct tin_node *simple_step(struct world *world, double number, bool *replays) {
  tin_tensor *y = tin_relu(tin_add_scalar(tin_mul(world->w, world->x), number));
  *replays = world->ctx->scope->graph.tracing == TIN_TRACE_REPLAYS;
  return node_of(y);
}

static void test_nodes_are_given_again(void **state) {
  (void)state;
  struct world world = world_new();
  struct tin_node *nodes[6];
  bool replays[6];
  size_t held[6];
  for (int i = 0; i < 6; i++) {
    tin_scope scope = tin_begin(world.ctx);
    nodes[i] = simple_step(&world, i == 4 ? 2 : 1, &replays[i]);
    held[i] = world.ctx->scope->graph.arena.total;
    assert_true(nodes[i]->site.line > 0 && nodes[i]->serial > world.ctx->scope->first_serial);
    tin_end(scope);
  }
  for (int i = 0; i < 6; i++)
    assert_int_equal(replays[i], i >= 1 && i < 4); /* the fifth differs; the sixth records again */
  assert_ptr_equal(nodes[1], nodes[0]);
  assert_ptr_equal(nodes[3], nodes[0]);
  assert_int_equal(held[3], held[0]);
  assert_int_equal(held[5], held[0]);
  tin_ctx_free(world.ctx);
}

/* After a replay that ended, equal expressions are found in it. */
static void test_table_after_replay(void **state) {
  (void)state;
  struct world world = world_new();
  for (int i = 0; i < 3; i++) {
    bool replays;
    tin_scope scope = tin_begin(world.ctx);
    struct tin_node *node = simple_step(&world, 1, &replays);
    if (i == 2) {
      assert_true(replays);
      tin_exp(world.x); /* not in the record */
      assert_int_equal(world.ctx->scope->graph.tracing, TIN_TRACE_OFF);
    }
    assert_ptr_equal(simple_step(&world, 1, &replays), node);
    tin_end(scope);
  }
  tin_ctx_free(world.ctx);
}

/* A node that the context got in the meantime is the one that is meant from then on. */
static void test_new_node_outside(void **state) {
  (void)state;
  struct world world = world_new();
  struct tin_node *outside = NULL;
  for (int i = 0; i < 4; i++) {
    tin_scope scope = tin_begin(world.ctx);
    struct tin_node *node = node_of(tin_exp(tin_full(world.ctx, TIN_F32, TIN_SHAPE(2), 1)));
    assert_true(!outside || node == outside);
    tin_end(scope);
    if (i == 1)
      outside = node_of(tin_exp(tin_full(world.ctx, TIN_F32, TIN_SHAPE(2), 1)));
  }
  tin_ctx_free(world.ctx);
}

/* ---- memory that runs out ---- */

static void test_failing_allocations(void **state) {
  (void)state;
  for (long count = 0; count < 60; count++) {
    struct world world = world_new();
    bool replays = false;
    allocations_left = count;
    for (int i = 0; i < 3; i++) {
      tin_scope scope = tin_begin(world.ctx);
      tin_tensor *gradient, *y = tin_sum(tin_relu(tin_add_scalar(tin_mul(world.w, world.x), 1)));
      tin_grad(y, TIN_LIST(world.w), &gradient);
      tin_end(scope);
    }
    allocations_left = -1;
    tin_clear_error(world.ctx);
    for (int i = 0; i < 2; i++) {
      tin_scope scope = tin_begin(world.ctx);
      simple_step(&world, 1, &replays);
      assert_true(tin_end(scope));
    }
    assert_true(replays);
    tin_ctx_free(world.ctx);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_programs),  cmocka_unit_test(test_nodes_are_given_again), cmocka_unit_test(test_table_after_replay),
      cmocka_unit_test(test_new_node_outside), cmocka_unit_test(test_failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
