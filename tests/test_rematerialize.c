/* Which values a plan stores and which it computes again where they are read: what GELU and layer norm keep for their gradients, and what
 * may not go. That the bits stay is for the random graphs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "context.h"
#include "frontend/frontend.h"
#include "runtime/execute.h"
#include "schedule/plan.h"
#include "tinsmith_nn.h"

enum { ROWS = 256, COLUMNS = 512, MAX_OUTPUTS = 4 };

static tin_tensor *input(tin_ctx *ctx) {
  return tin_input(ctx, TIN_F32, TIN_SHAPE(ROWS, COLUMNS), NULL);
}

struct plan {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_schedule *schedule;
};

static void plan_of(struct plan *plan, tin_ctx *ctx, tin_tensor *const *outputs, int count, uint32_t fuse) {
  struct tin_node *nodes[MAX_OUTPUTS];
  for (int i = 0; i < count; i++)
    nodes[i] = tin_slot_node(tin_slot_of(outputs[i]));
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  tin_arena_init(&plan->arena, 1 << 16, &plan->fail);
  if (setjmp(plan->fail))
    fail_msg("out of memory");
  plan->schedule = tin_schedule_build(&plan->arena, &ctx->scope->graph, nodes, count, NULL, NULL, 0, fuse);
}

/* Stored values of the op with as many elements as the inputs, outputs left out. */
static int stored(const struct plan *plan, int op) {
  int count = 0;
  for (int v = 0; v < plan->schedule->values.count; v++) {
    const struct tin_plan_value *value = &plan->schedule->values.at[v];
    count += value->place == PLACE_ARENA && value->size == ROWS * COLUMNS && (op < 0 || value->node->op == op);
  }
  return count;
}

enum { ANY = -1 };

/* gelu(x @ w) @ w with its gradients: the argument of GELU, its tanh, its value, and the gradient by the argument. */
static void test_gelu(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = "interpreter"});
  struct plan plan;
  tin_tensor *x = input(ctx), *w = tin_input(ctx, TIN_F32, TIN_SHAPE(COLUMNS, COLUMNS), NULL), *grads[2];
  tin_tensor *y = tin_matmul(tin_gelu(tin_matmul(x, w), .approximate = "tanh"), w);
  assert_true(tin_vjp(y, input(ctx), TIN_LIST(x, w), grads));
  plan_of(&plan, ctx, grads, 2, TIN_FUSE_ALL);
  assert_int_equal(stored(&plan, OP_TANH), 1);
  assert_int_equal(stored(&plan, OP_CONTRACT), 1);
  assert_int_equal(stored(&plan, ANY), 4);
  tin_arena_free(&plan.arena);
  plan_of(&plan, ctx, grads, 2, 0); /* all is stored where nothing is fused */
  assert_true(stored(&plan, ANY) > 12);
  tin_arena_free(&plan.arena);
  end_ctx(ctx);
}

/* Layer norm before a product: its input is there, its result has to be; of the rest only a mean and a deviation a row are kept. */
static void test_layer_norm(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = "interpreter"});
  struct plan plan;
  tin_tensor *x = input(ctx), *w = tin_input(ctx, TIN_F32, TIN_SHAPE(COLUMNS, COLUMNS), NULL), *grads[2];
  tin_tensor *y = tin_matmul(tin_layer_norm(x, NULL, NULL, 1e-5), w);
  assert_true(tin_vjp(y, input(ctx), TIN_LIST(x, w), grads));
  plan_of(&plan, ctx, grads, 2, TIN_FUSE_ALL);
  assert_int_equal(stored(&plan, OP_SUB), 0);
  assert_int_equal(stored(&plan, OP_MUL), 1);
  assert_int_equal(stored(&plan, OP_CONTRACT), 1);
  assert_int_equal(stored(&plan, ANY), 2);
  tin_arena_free(&plan.arena);
  end_ctx(ctx);
}

/* What costs more than its memory stays, and what something reads at other places. */
static void test_what_stays(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = "interpreter"});
  struct plan plan;
  tin_tensor *w = tin_input(ctx, TIN_F32, TIN_SHAPE(COLUMNS, COLUMNS), NULL), *x = tin_matmul(input(ctx), w);
  tin_tensor *dear = tin_sin(x), *cheap = tin_mul_scalar(x, 2);
  tin_tensor *of_dear = tin_mul(tin_matmul(tin_mul(dear, dear), w), dear);
  tin_tensor *of_cheap = tin_mul(tin_matmul(tin_mul(cheap, cheap), w), cheap), *of_both = tin_mul(of_cheap, x);
  plan_of(&plan, ctx, &of_dear, 1, TIN_FUSE_ALL);
  assert_int_equal(stored(&plan, OP_SIN), 1);
  assert_int_equal(stored(&plan, OP_CONTRACT), 0);
  tin_arena_free(&plan.arena);
  plan_of(&plan, ctx, &of_cheap, 1, TIN_FUSE_ALL); /* x would have to be stored for it */
  assert_int_equal(stored(&plan, OP_MUL), 2);
  assert_int_equal(stored(&plan, OP_CONTRACT), 0);
  tin_arena_free(&plan.arena);
  plan_of(&plan, ctx, &of_both, 1, TIN_FUSE_ALL); /* x is there */
  assert_int_equal(stored(&plan, OP_MUL), 1);
  assert_int_equal(stored(&plan, OP_CONTRACT), 1);
  tin_arena_free(&plan.arena);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gelu),
      cmocka_unit_test(test_layer_norm),
      cmocka_unit_test(test_what_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
