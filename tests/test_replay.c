/* Captured steps: a replay is the step built again, bit for bit, and what cannot be repeated is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "failing_malloc.h"
#include "tinsmith_nn.h"

/* ---- replay against rebuilding ---- */

enum { BATCH = 12, IN = 20, HIDDEN = 17, CLASSES = 5, STEPS = 20 };

struct model {
  tin_ctx *ctx;
  tin_linear first, second;
  tin_tensor *x, *labels, *steps; /* steps: a state that counts */
  tin_optim *optim;
};

static struct model model_new(const char *target, int threads, bool sgd) {
  struct model m = {.ctx = tin_ctx_new(.target = target, .threads = threads, .seed = 3)};
  m.first = tin_linear_new(m.ctx, IN, HIDDEN, .name = "first");
  m.second = tin_linear_new(m.ctx, HIDDEN, CLASSES, .name = "second");
  m.x = tin_input(m.ctx, TIN_F32, TIN_SHAPE(BATCH, IN), "x");
  m.labels = tin_input(m.ctx, TIN_I32, TIN_SHAPE(BATCH), "labels");
  m.steps = tin_state(m.ctx, TIN_SHAPE(), .name = "steps");
  m.optim = sgd ? tin_sgd(tin_params(m.ctx), .lr = 0.1, .momentum = 0.9, .dampening = 0.5)
                : tin_adamw(tin_params(m.ctx), .lr = 1e-2, .weight_decay = 0.1);
  return m;
}

/* The loss; everything else the step does is updates. Two dropouts, so two streams of random numbers. */
static tin_tensor *build_step(struct model *m, tin_tensor *temperature) {
  tin_tensor *hidden = tin_dropout(tin_gelu(tin_linear_forward(&m->first, m->x)), 0.3);
  tin_tensor *logits = tin_mul(tin_linear_forward(&m->second, tin_dropout(hidden, 0.1)), temperature);
  tin_tensor *loss = tin_cross_entropy(logits, m->labels);
  tin_assign(m->steps, tin_add_scalar(m->steps, 1));
  tin_step(m->optim, loss);
  return loss;
}

static void write_batch(struct model *m, int step) {
  float x[BATCH * IN];
  int32_t labels[BATCH];
  for (int i = 0; i < BATCH * IN; i++)
    x[i] = (float)((i * 7 + step * 13) % 23) / 11 - 1;
  for (int i = 0; i < BATCH; i++)
    labels[i] = (i + step) % CLASSES;
  tin_write(m->x, x, sizeof x);
  tin_write(m->labels, labels, sizeof labels);
}

static double schedule(int step) {
  return 1e-2 * (1 + cos(step * 0.1));
}

static double temperature_of(int step) {
  return 1 + 0.25 * step;
}

/* The losses of all steps; bits of the parameters go to `weights`. */
static void train(const char *target, int threads, bool sgd, bool replays, float *losses, float *weights) {
  struct model m = model_new(target, threads, sgd);
  tin_compiled *compiled = NULL;
  for (int step = 0; step < STEPS; step++) {
    write_batch(&m, step);
    tin_set_lr(m.optim, schedule(step));
    if (compiled) {
      assert_true(tin_set_scalar(compiled, 0, temperature_of(step)));
      assert_true(tin_replay(compiled));
      losses[step] = (float)tin_item(tin_output(compiled, 0));
      continue;
    }
    tin_scope scope = tin_begin(m.ctx);
    tin_tensor *temperature = tin_scalar(m.ctx, TIN_F32, temperature_of(step)), *loss = build_step(&m, temperature);
    if (replays) {
      compiled = tin_compile(scope, .outputs = TIN_LIST(loss), .scalars = TIN_LIST(temperature));
      assert_non_null(compiled);
      losses[step] = (float)tin_item(tin_output(compiled, 0));
    } else {
      losses[step] = (float)tin_item(loss);
      assert_true(tin_end(scope));
    }
  }
  assert_true(tin_ok(m.ctx));
  assert_true(tin_item(m.steps) == STEPS);
  assert_true(tin_read(m.first.weight, weights, sizeof(float) * IN * HIDDEN));
  /* the stream of random numbers goes on where it would have */
  tin_scope scope = tin_begin(m.ctx);
  tin_read(tin_rand(m.ctx, TIN_F32, TIN_SHAPE(1)), weights + IN * HIDDEN, sizeof(float));
  tin_end(scope);
  tin_ctx_free(m.ctx);
}

static void expect_same_training(const char *target, int threads, bool sgd) {
  float losses[2][STEPS], weights[2][IN * HIDDEN + 1];
  for (int replays = 0; replays < 2; replays++)
    train(target, threads, sgd, replays, losses[replays], weights[replays]);
  assert_memory_equal(losses[0], losses[1], sizeof losses[0]);
  assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
  assert_true(losses[0][0] != losses[0][1]);
}

static void test_training(void **state) {
  (void)state;
  expect_same_training(NULL, 1, false);
  expect_same_training(NULL, 2, true);
  expect_same_training("portable", 2, false);
  expect_same_training("interpreter", 1, false);
}

/* ---- outputs ---- */

static void expect_item(tin_tensor *t, double value) {
  double got = tin_item(t);
  if (got != value)
    fail_msg("%g instead of %g: %s", got, value, tin_message(tin_ctx_of(t)));
}

static void write_number(tin_tensor *x, float value) {
  assert_true(tin_write(x, &value, sizeof value));
}

static void test_outputs(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(), "x"), *count = tin_state(ctx, TIN_SHAPE(), .name = "count");
  tin_tensor *constant = tin_keep(tin_full(ctx, TIN_F32, TIN_SHAPE(), 100));
  write_number(x, 1);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *two = tin_mul_scalar(x, 2), *sum = tin_add(two, constant);
  tin_assign(count, tin_add_scalar(count, 1));
  tin_compiled *step = tin_compile(scope, .outputs = TIN_LIST(two, sum, two, count, x, constant));
  assert_non_null(step);
  expect_item(count, 1);
  tin_release(constant); /* the step keeps its value */
  write_number(x, 5);
  assert_true(tin_replay(step));
  static const double expected[] = {10, 110, 10, 2, 5, 100};
  for (int i = 0; i < 6; i++)
    expect_item(tin_output(step, i), expected[i]);
  assert_ptr_equal(tin_output(step, 3), count);

  /* a tensor built on an output keeps the value that it had then */
  scope = tin_begin(ctx);
  tin_tensor *before = tin_add(tin_output(step, 0), count);
  write_number(x, 7);
  assert_true(tin_replay(step));
  expect_item(before, 12);
  expect_item(tin_output(step, 0), 14);
  expect_item(tin_add(tin_output(step, 0), count), 17);
  assert_true(tin_end(scope));

  /* what is pending runs first */
  tin_assign(count, tin_full(ctx, TIN_F32, TIN_SHAPE(), 40));
  assert_true(tin_replay(step));
  expect_item(count, 41);
  tin_clear_cache(ctx); /* the step has its own plan */
  assert_true(tin_replay(step));
  expect_item(count, 42);
  scope = tin_begin(ctx);
  before = tin_add_scalar(tin_output(step, 0), 1);
  tin_compiled_free(step);
  expect_item(before, 15);
  assert_true(tin_end(scope));
  assert_true(tin_ok(ctx));
  tin_ctx_free(ctx);
}

/* A captured step may read what another one computes. */
static void test_chained(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(), "x");
  tin_scope scope = tin_begin(ctx);
  tin_compiled *first = tin_compile(scope, .outputs = TIN_LIST(tin_add_scalar(x, 1)));
  scope = tin_begin(ctx);
  tin_compiled *second = tin_compile(scope, .outputs = TIN_LIST(tin_mul_scalar(tin_output(first, 0), 10)));
  write_number(x, 4);
  assert_true(tin_replay(first) && tin_replay(second));
  expect_item(tin_output(second, 0), 50);
  tin_compiled_free(first);
  assert_false(tin_replay(second));
  assert_non_null(strstr(tin_message(ctx), "replay: a tensor that the step reads has been freed"));
  tin_ctx_free(ctx);
}

/* The data of an input may be borrowed: then a replay sees what is there. */
static void test_nothing_to_compute(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(), "x");
  tin_compiled *step = tin_compile(tin_begin(ctx), .outputs = TIN_LIST(x));
  assert_non_null(step);
  write_number(x, 3);
  assert_true(tin_replay(step));
  expect_item(tin_output(step, 0), 3);
  tin_ctx_free(ctx);
}

/* ---- misuse ---- */

static void expect_refused(tin_ctx *ctx, tin_compiled *compiled, const char *message) {
  assert_null(compiled);
  if (!strstr(tin_message(ctx), message))
    fail_msg("got      %s\nexpected ... %s", tin_message(ctx), message);
  assert_false(tin_replay(compiled));
  tin_clear_error(ctx);
}

static void test_refused(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(), "x"), *y = tin_state(ctx, TIN_SHAPE(), .name = "y");
  tin_tensor *twice = tin_mul_scalar(x, 2), *three = tin_full(ctx, TIN_F32, TIN_SHAPE(), 3);
  tin_scope scope = tin_begin(ctx);
  tin_assign(y, tin_add_scalar(y, 1));
  tin_item(x);
  tin_item(tin_add(x, y));
  expect_refused(ctx, tin_compile(scope), "compile: the step has already computed something");
  scope = tin_begin(ctx);
  expect_refused(ctx, tin_compile(scope, .outputs = TIN_LIST(tin_add(twice, x))), "was made before the step and not computed");
  scope = tin_begin(ctx);
  float number = 1;
  expect_refused(ctx, tin_compile(scope, .outputs = TIN_LIST(tin_add(x, tin_from(ctx, TIN_F32, TIN_SHAPE(), &number)))),
                 "has data that were given inside the step");
  scope = tin_begin(ctx);
  tin_tensor *old = tin_add_scalar(x, 1);
  write_number(x, 8);
  expect_refused(ctx, tin_compile(scope, .outputs = TIN_LIST(old)), "a variable was overwritten inside the step");
  tin_assign(y, three);
  expect_refused(ctx, tin_compile(tin_begin(ctx)), "variables were assigned before the step began");
  scope = tin_begin(ctx);
  tin_ctx_seed(ctx, 4);
  expect_refused(ctx, tin_compile(scope), "tin_ctx_seed was called inside the step");
  scope = tin_begin(ctx);
  expect_refused(ctx, tin_compile(scope, .scalars = TIN_LIST(three)), "scalar 0 was not made by tin_scalar");
  scope = tin_begin(ctx);
  expect_refused(ctx, tin_compile(scope, .outputs = TIN_LIST(NULL)), "operand output 0 is NULL");
  scope = tin_begin(ctx);
  tin_begin(ctx);
  expect_refused(ctx, tin_compile(scope), "a scope inside this one is still open");
  expect_refused(ctx, tin_compile(scope), "this scope has already ended");
  expect_item(y, 1); /* no refused step has run, but for what it computed before */
  tin_compiled *step = tin_compile(tin_begin(ctx), .outputs = TIN_LIST(tin_scalar(ctx, TIN_F32, 1)));
  assert_true(tin_is_poison(tin_output(step, 1)));
  assert_non_null(strstr(tin_message(ctx), "output: the step has 1 outputs, not one of number 1"));
  tin_clear_error(ctx);
  assert_false(tin_set_scalar(step, 0, 1));
  assert_non_null(strstr(tin_message(ctx), "set_scalar: the step has 0 scalars"));
  tin_clear_error(ctx);
  assert_false(tin_write(tin_output(step, 0), &number, sizeof number));
  assert_non_null(strstr(tin_message(ctx), "is no variable"));
  assert_false(tin_replay(step)); /* while there is an error nothing runs */
  assert_false(tin_replay(NULL));
  tin_ctx_free(ctx);
}

/* A replay that fails leaves every variable as it was. */
static void test_errors_in_replay(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  tin_tensor *table = tin_state(ctx, TIN_SHAPE(4), .name = "table"), *index = tin_input(ctx, TIN_I32, TIN_SHAPE(2), "index");
  tin_tensor *total = tin_state(ctx, TIN_SHAPE(), .name = "total");
  tin_scope scope = tin_begin(ctx);
  tin_tensor *rows = tin_take(table, index, 0);
  tin_assign(table, tin_add_scalar(table, 1));
  tin_assign(total, tin_add(total, tin_sum(rows)));
  tin_compiled *step = tin_compile(scope, .outputs = TIN_LIST(rows));
  assert_true(tin_replay(step));
  expect_item(total, 2);
  assert_true(tin_write(index, ((int32_t[2]){1, 4}), 2 * sizeof(int32_t)));
  int line = __LINE__ + 1;
  assert_false(tin_replay(step));
  char place[256];
  snprintf(place, sizeof place, "%s:%d: replay: ", __FILE__, line);
  assert_non_null(strstr(tin_message(ctx), place));
  if (!strstr(tin_message(ctx), "index 4 at position 1 is out of range"))
    fail_msg("%s", tin_message(ctx));
  tin_clear_error(ctx);
  expect_item(total, 2);
  expect_item(tin_sum(table), 8);
  assert_true(tin_write(index, ((int32_t[2]){1, 3}), 2 * sizeof(int32_t)));
  assert_true(tin_replay(step));
  expect_item(total, 6);
  assert_true(tin_ok(ctx));
  tin_ctx_free(ctx);
}

/* ---- what it costs ---- */

static void test_counters(void **state) {
  (void)state;
  struct model m = model_new(NULL, 1, false);
  write_batch(&m, 0);
  tin_scope scope = tin_begin(m.ctx);
  tin_compiled *step = tin_compile(scope, .outputs = TIN_LIST(build_step(&m, tin_scalar(m.ctx, TIN_F32, 1))));
  assert_true(tin_replay(step));
  struct tin_counters before = tin_stats(m.ctx);
  assert_true(tin_replay(step) && tin_replay(step));
  struct tin_counters after = tin_stats(m.ctx);
  assert_int_equal(after.plan_hits, before.plan_hits);
  assert_int_equal(after.plan_misses, before.plan_misses);
  assert_int_equal(after.plans_run, before.plans_run + 2);
  assert_true(after.kernels_launched == 2 * before.kernels_launched && after.lookup_seconds == before.lookup_seconds);
  assert_int_equal(after.bytes_peak, before.bytes_peak);
  tin_ctx_free(m.ctx);
}

/* Every allocation of capturing and replaying fails in turn: an error, or the right result. */
static bool step_with_failing(const char *target, long count) {
  struct model m = model_new(target, 1, false);
  write_batch(&m, 0);
  assert_true(tin_ok(m.ctx));
  allocations_left = count;
  tin_scope scope = tin_begin(m.ctx);
  tin_compiled *step = tin_compile(scope, .outputs = TIN_LIST(build_step(&m, tin_scalar(m.ctx, TIN_F32, 1))));
  bool replayed = tin_replay(step) && tin_replay(step);
  bool done = allocations_left > 0;
  allocations_left = -1;
  assert_true(replayed == tin_ok(m.ctx));
  if (!replayed) {
    if (!strstr(tin_message(m.ctx), "memory"))
      fail_msg("allocation %ld: %s", count, tin_message(m.ctx));
    tin_clear_error(m.ctx);
    double steps = tin_item(m.steps);
    assert_true(steps >= 0 && steps < 3);
    assert_true(!step || tin_replay(step)); /* it can still be used */
  } else {
    assert_true(tin_item(m.steps) == 3);
  }
  tin_ctx_free(m.ctx);
  return done;
}

static void test_failing_allocations(void **state) {
  (void)state;
  static const char *const targets[] = {"interpreter", "portable"};
  for (int t = 0; t < 2; t++)
    for (int once = 0; once < 2; once++) {
      fail_once = once;
      long count = 0;
      while (!step_with_failing(targets[t], count))
        count += count < 20 ? 1 : 7;
      assert_true(count > 20);
    }
  fail_once = false;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_training), cmocka_unit_test(test_outputs),
      cmocka_unit_test(test_chained),  cmocka_unit_test(test_nothing_to_compute),
      cmocka_unit_test(test_refused),  cmocka_unit_test(test_errors_in_replay),
      cmocka_unit_test(test_counters), cmocka_unit_test(test_failing_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
