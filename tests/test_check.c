/* The bounds-checked mode: kernels compute the same in it, and an access outside of a kernel's buffers becomes an error that names the
 * kernel, the buffer and the line. A wrong kernel is made by telling a plan that a buffer is shorter than what the kernel was compiled for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "context.h"

#include "frontend/frontend.h"
#include "runtime/engine.h"

static const char *const targets[] = {"avx512", "avx2", "portable"};

static bool usable(const char *target) {
  return tin_codegen_target_usable(tin_codegen_target_find(target));
}

static tin_ctx *checked_ctx(const char *target) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 2, .check = true});
}

/* ---- kernels with a fault ---- */

enum { SIZE = 101 };

static tin_tensor *build_exp(tin_ctx *ctx) {
  return tin_exp(tin_mul_scalar(tin_find(ctx, "x"), 0.01));
}
static tin_tensor *build_bytes(tin_ctx *ctx) {
  return tin_bitwise_not(tin_cast(tin_find(ctx, "x"), TIN_U8));
}
static tin_tensor *build_take(tin_ctx *ctx) {
  return tin_take(tin_find(ctx, "x"), tin_find(ctx, "index"), 0);
}
static tin_tensor *build_add(tin_ctx *ctx) {
  return tin_index_add(tin_find(ctx, "x"), 0, tin_find(ctx, "index"), tin_find(ctx, "y"));
}
static tin_tensor *build_sum(tin_ctx *ctx) {
  return tin_sum(tin_find(ctx, "x"));
}
static tin_tensor *build_matmul(tin_ctx *ctx) {
  tin_tensor *a = tin_find(ctx, "a");
  return tin_matmul(a, tin_transpose(a, 0, 1));
}

static const struct fault {
  const char *op;
  tin_tensor *(*build)(tin_ctx *ctx);
  bool output; /* the output is made shorter, else the input named: */
  const char *input;
  int missing; /* bytes */
} faults[] = {
    {"exp", build_exp, true, NULL, 4},     {"exp", build_exp, false, "x", 4},         {"not", build_bytes, true, NULL, 1},
    {"gather", build_take, false, "x", 4}, {"gather", build_take, true, NULL, 4},     {"scatter", build_add, false, "y", 4},
    {"sum", build_sum, false, "x", 64},    {"contract", build_matmul, false, "a", 4}, {"contract", build_matmul, true, NULL, 4},
};
enum { N_FAULTS = sizeof faults / sizeof *faults };

static void make_inputs(tin_ctx *ctx) {
  float x[SIZE], a[SIZE * 7];
  int32_t index[SIZE];
  for (int i = 0; i < SIZE; i++) {
    x[i] = (float)i;
    index[i] = SIZE - 1 - i;
  }
  for (int i = 0; i < SIZE * 7; i++)
    a[i] = (float)(i % 5);
  tin_write(tin_input(ctx, TIN_F32, TIN_SHAPE(SIZE), "x"), x, sizeof x);
  tin_write(tin_input(ctx, TIN_F32, TIN_SHAPE(SIZE), "y"), x, sizeof x);
  tin_write(tin_input(ctx, TIN_I32, TIN_SHAPE(SIZE), "index"), index, sizeof index);
  tin_write(tin_input(ctx, TIN_F32, TIN_SHAPE(SIZE, 7), "a"), a, sizeof a);
}

/* The plan's value of the fault: the output, or the leaf whose buffer is the input's. */
static int value_of(tin_ctx *ctx, const struct tin_plan *plan, const struct fault *fault) {
  if (fault->output)
    return plan->output_values[0];
  const struct tin_storage *storage = tin_slot_of(tin_find(ctx, fault->input))->storage;
  for (int v = 0; v < plan->n_values; v++)
    if (plan->values[v].place == PLACE_LEAF && ctx->engine->walk.order[plan->values[v].position]->variable == &storage->variable)
      return v;
  fail_msg("%s: %s is not read", fault->op, fault->input);
  return -1;
}

static void expect_report(tin_ctx *ctx, const struct fault *fault) {
  tin_scope scope = tin_begin(ctx);
  assert_true(tin_realize(TIN_LIST(fault->build(ctx)))); /* makes the plan */
  struct tin_plan *plan = ctx->engine->cache.newest;
  int value = value_of(ctx, plan, fault);
  assert_true(tin_end(scope));
  plan->values[value].bytes -= fault->missing;
  scope = tin_begin(ctx);
  tin_tensor *y = fault->build(ctx);
  if (tin_realize(TIN_LIST(y)))
    fail_msg("%s: a missing end of %s is not noticed", fault->op, fault->output ? "the output" : fault->input);
  char place[64];
  snprintf(place, sizeof place, " of buf[%d], which has %lld bytes", value, (long long)plan->values[value].bytes);
  const char *message = tin_message(ctx);
  if (!strstr(message, "test_check.c:") || !strstr(message, fault->op) || !strstr(message, "kernel k") || !strstr(message, place))
    fail_msg("%s: the report is \"%s\", without \"%s\"", fault->op, message, place);
  tin_clear_error(ctx);
  plan->values[value].bytes += fault->missing;
  tin_end(scope);
  scope = tin_begin(ctx);
  assert_true(tin_realize(TIN_LIST(fault->build(ctx)))); /* the plan was not changed otherwise */
  tin_end(scope);
}

static void test_faults_are_reported(void **state) {
  (void)state;
  for (int t = 0; t < 3; t++)
    for (int i = 0; usable(targets[t]) && i < N_FAULTS; i++) {
      tin_ctx *ctx = checked_ctx(targets[t]);
      make_inputs(ctx);
      expect_report(ctx, &faults[i]);
      end_ctx(ctx);
    }
}

/* An update in place is dropped when its kernel goes astray. */
static void test_nothing_is_updated(void **state) {
  (void)state;
  tin_ctx *ctx = checked_ctx(NULL);
  make_inputs(ctx);
  tin_tensor *x = tin_find(ctx, "x");
  for (int run = 0; run < 2; run++) {
    tin_scope scope = tin_begin(ctx);
    tin_assign(x, tin_add_scalar(x, 1));
    assert_int_equal(tin_end(scope), run == 0);
    struct tin_plan *plan = ctx->engine->cache.newest;
    for (int v = 0; v < plan->n_values; v++)
      if (plan->values[v].place == PLACE_OWNED)
        plan->values[v].bytes -= 4;
  }
  assert_non_null(strstr(tin_message(ctx), "writes 4 bytes at byte 400"));
  tin_clear_error(ctx);
  float values[SIZE];
  tin_clear_cache(ctx);
  assert_true(tin_read(x, values, sizeof values));
  for (int i = 0; i < SIZE; i++)
    assert_true(values[i] == (float)(i + 1)); /* of the first run */
  end_ctx(ctx);
}

/* ---- the same bits ---- */

static void compute(const char *target, bool check, float *out, size_t bytes) {
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = target, .threads = 2, .check = check, .seed = 5});
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_randn(ctx, TIN_F32, TIN_SHAPE(19, 37)), *w = tin_randn(ctx, TIN_F32, TIN_SHAPE(37, 45)), *gradient;
  tin_tensor *y = tin_log_softmax(tin_erf(tin_matmul(x, w)), 1);
  tin_grad(tin_sum(tin_square(y)), TIN_LIST(w), &gradient);
  assert_true(tin_read(gradient, out, bytes));
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

static void test_bits_are_the_same(void **state) {
  (void)state;
  for (int t = 0; t < 3; t++) {
    float plain[37 * 45], checked[37 * 45];
    if (!usable(targets[t]))
      continue;
    compute(targets[t], false, plain, sizeof plain);
    compute(targets[t], true, checked, sizeof checked);
    assert_memory_equal(plain, checked, sizeof plain);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_faults_are_reported),
      cmocka_unit_test(test_nothing_is_updated),
      cmocka_unit_test(test_bits_are_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
