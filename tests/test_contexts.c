/* Contexts beside each other and to their end: several at once in several threads, in a child process after fork, freed with scopes open
 * and updates pending; and sizes of zero. Nothing here may abort or hang. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mlp.h"

/* ---- a small training ---- */

/* Trains a few steps; the bits of the losses, added up. 0 after a failure. */
static double train_losses(tin_ctx *ctx, int steps) {
  float data[16 * 12];
  int32_t classes[16];
  uint32_t state = 17;
  for (int i = 0; i < 16 * 12; i++)
    data[i] = (float)mlp_number(&state);
  for (int i = 0; i < 16; i++)
    classes[i] = i % 3;
  tin_linear fc1 = tin_linear_new(ctx, 12, 40, .name = "fc1"), fc2 = tin_linear_new(ctx, 40, 3, .name = "fc2");
  tin_optim *adam = tin_adam(tin_params(ctx), .lr = 1e-2);
  double total = 0;
  for (int step = 0; step < steps; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(16, 12), data), *y = tin_from(ctx, TIN_I32, TIN_SHAPE(16), classes);
    tin_tensor *loss = tin_cross_entropy(tin_linear_forward(&fc2, tin_relu(tin_linear_forward(&fc1, x))), y);
    tin_step(adam, loss);
    total += tin_item(loss);
    tin_end(scope);
  }
  return tin_ok(ctx) ? total : 0;
}

static double train_in_context(struct tin_ctx_options options) {
  options.seed = 4;
  tin_ctx *ctx = tin_ctx_new_args(options);
  double total = train_losses(ctx, 6);
  tin_ctx_free(ctx);
  return total;
}

/* ---- threads ---- */

enum { THREADS = 4, ROUNDS = 6 };

struct worker {
  pthread_t thread;
  int number;
  double expected;
  int wrong;
};

static void *work(void *user) {
  struct worker *worker = user;
  static const char *const targets[] = {NULL, "portable", "interpreter"};
  for (int round = 0; round < ROUNDS; round++) {
    struct tin_ctx_options options = {.threads = 1 + (worker->number + round) % 3, .fuse_off = round % 2 ? TIN_FUSE_ALL : 0};
    options.target = targets[(worker->number + round) % 3];
    worker->wrong += train_in_context(options) != worker->expected;
  }
  return NULL;
}

static void test_contexts_in_threads(void **state) {
  (void)state;
  double expected = train_in_context((struct tin_ctx_options){.target = "interpreter", .threads = 1});
  assert_true(expected > 0);
  struct worker workers[THREADS];
  for (int i = 0; i < THREADS; i++) {
    workers[i] = (struct worker){.number = i, .expected = expected};
    assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
  int wrong = 0;
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    wrong += workers[i].wrong;
  }
  assert_int_equal(wrong, 0);
}

/* A context may go from thread to thread, one at a time: made here, trained there, freed here. */
static void *train_a_context(void *ctx) {
  double *total = malloc(sizeof *total);
  if (total)
    *total = train_losses(ctx, 6);
  return total;
}

static void test_a_context_moves(void **state) {
  (void)state;
  double expected = train_in_context((struct tin_ctx_options){.threads = 1});
  tin_ctx *ctx = tin_ctx_new(.threads = 2, .seed = 4);
  pthread_t thread;
  void *total;
  assert_int_equal(pthread_create(&thread, NULL, train_a_context, ctx), 0);
  assert_int_equal(pthread_join(thread, &total), 0);
  assert_non_null(total);
  assert_true(*(double *)total == expected);
  free(total);
  tin_ctx_free(ctx);
}

/* ---- processes ---- */

/* The child's exit status; -1 when it did not end by itself within a minute. */
static int wait_for(pid_t child) {
  int status = 0;
  for (int i = 0; i < 6000; i++) {
    if (waitpid(child, &status, WNOHANG) == child)
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    usleep(10000);
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return -1;
}

static void test_fork(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 3, .seed = 4);
  double expected = train_losses(ctx, 6); /* threads run, plans are cached */
  tin_tensor *big = tin_param(ctx, TIN_SHAPE(300, 400), .name = "big");
  tin_init_constant(big, 0.5);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *pending = tin_sum(tin_matmul(big, tin_transpose(big, 0, 1)));
  pid_t child = fork();
  assert_true(child >= 0);
  if (child == 0) { /* goes on with its copy of the context, makes another, frees both */
    bool good = tin_item(pending) == 300.0 * 300 * 100 && train_in_context((struct tin_ctx_options){.threads = 3}) == expected;
    good &= tin_end(scope);
    tin_ctx_free(ctx);
    _exit(good ? 0 : 1);
  }
  assert_int_equal(wait_for(child), 0);
  assert_true(tin_item(pending) == 300.0 * 300 * 100);
  assert_true(tin_end(scope) && tin_ok(ctx));
  tin_ctx_free(ctx);
}

/* A child of a moment in which other threads compile and compute: locks that they held must not stay locked. */
static void test_fork_while_others_work(void **state) {
  (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  skip(); /* the sanitizer's own allocator stays locked in the child */
#endif
  double expected = train_in_context((struct tin_ctx_options){.threads = 1});
  struct worker workers[2];
  for (int i = 0; i < 2; i++) {
    workers[i] = (struct worker){.number = i, .expected = expected};
    assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
  }
  int failed = 0;
  for (int i = 0; i < 10; i++) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
      _exit(train_in_context((struct tin_ctx_options){.threads = 1 + i % 2}) == expected ? 0 : 1);
    failed += wait_for(child) != 0;
  }
  for (int i = 0; i < 2; i++) {
    pthread_join(workers[i].thread, NULL);
    failed += workers[i].wrong;
  }
  assert_int_equal(failed, 0);
}

/* ---- ends ---- */

static void test_nothing_is_read(void **state) {
  (void)state;
  tin_ctx_free(NULL);
  tin_ctx_free(tin_ctx_new());
  tin_ctx *ctx = tin_ctx_new(.threads = 2);
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(3), .name = "w"), *gradient;
  tin_grad(tin_sum(tin_exp(w)), TIN_LIST(w), &gradient);
  tin_assign(w, gradient);
  assert_true(tin_ok(ctx));
  tin_ctx_free(ctx); /* with an update pending outside of any scope */
}

static void test_freed_with_open_scopes(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 2);
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(3), .name = "w");
  for (int depth = 0; depth < 100; depth++) {
    tin_begin(ctx);
    tin_tensor *x = tin_add_scalar(w, depth);
    if (depth % 10 == 0)
      tin_keep(tin_exp(x));
    if (depth % 7 == 0)
      tin_assign(w, x);
  }
  assert_true(tin_ok(ctx));
  tin_ctx_free(ctx);
}

/* Ending an outer scope before an inner one is an error, and the context goes on. */
static void test_scopes_ended_in_the_wrong_order(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  tin_scope outer = tin_begin(ctx), inner = tin_begin(ctx);
  tin_tensor *x = tin_ones(ctx, TIN_F32, TIN_SHAPE(2));
  assert_false(tin_end(outer));
  assert_false(tin_end(inner));
  assert_true(isnan(tin_item(x)));
  tin_clear_error(ctx);
  assert_true(tin_item(tin_sum(tin_ones(ctx, TIN_F32, TIN_SHAPE(5)))) == 5);
  assert_true(tin_ok(ctx));
  tin_ctx_free(ctx);
}

static void test_many_contexts(void **state) {
  (void)state;
  tin_ctx *contexts[20];
  for (int i = 0; i < 20; i++) {
    contexts[i] = tin_ctx_new(.threads = 2);
    tin_tensor *x = tin_full(contexts[i], TIN_F32, TIN_SHAPE(100), i);
    assert_true(tin_item(tin_sum(tin_mul(x, x))) == 100.0 * i * i);
  }
  tin_tensor *mixed = tin_add(tin_ones(contexts[0], TIN_F32, TIN_SHAPE(2)), tin_ones(contexts[1], TIN_F32, TIN_SHAPE(2)));
  assert_true(tin_is_poison(mixed)); /* tensors of two contexts do not mix */
  for (int i = 0; i < 20; i++)
    tin_ctx_free(contexts[(i * 7) % 20]);
}

/* ---- nothing to compute ---- */

static void empty_batch(const char *target, uint32_t fuse_off) {
  tin_ctx *ctx = tin_ctx_new(.target = target, .threads = 2, .seed = 1, .fuse_off = fuse_off);
  struct mlp mlp = mlp_new(ctx, 8, 4);
  tin_optim *sgd = tin_sgd(tin_params(ctx), .lr = 0.1);
  float before[4], after[4], none[1] = {7};
  assert_true(tin_read(mlp.fc2.bias, before, sizeof before));
  tin_scope scope = tin_begin(ctx);
  tin_tensor *pixels = tin_input(ctx, TIN_U8, TIN_SHAPE(0, PIXELS), NULL);
  assert_true(tin_write(pixels, NULL, 0));
  tin_tensor *logits = mlp_logits(&mlp, pixels);
  assert_int_equal(tin_size_of(logits), 0);
  assert_true(tin_read(logits, none, 0) && none[0] == 7);
  tin_step(sgd, tin_sum(logits));
  assert_true(tin_item(tin_sum(tin_softmax(logits, 1))) == 0);
  assert_true(isnan(tin_item(tin_mean(logits))));
  assert_true(tin_realize(TIN_LIST(tin_concat(TIN_LIST(logits, logits), 0), tin_transpose(logits, 0, 1))));
  assert_true(tin_end(scope));
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  assert_true(tin_read(mlp.fc2.bias, after, sizeof after));
  assert_memory_equal(before, after, sizeof before);                      /* the gradients of nothing are zeros */
  tin_max(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 3)), .axes = TIN_AXES(0)); /* of nothing: an error */
  assert_false(tin_ok(ctx));
  tin_ctx_free(ctx);
}

static void test_empty_batches(void **state) {
  (void)state;
  static const char *const targets[] = {NULL, "portable", "interpreter"};
  for (int i = 0; i < 3; i++) {
    empty_batch(targets[i], 0);
    empty_batch(targets[i], TIN_FUSE_ALL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_contexts_in_threads),
      cmocka_unit_test(test_a_context_moves),
      cmocka_unit_test(test_fork),
      cmocka_unit_test(test_fork_while_others_work),
      cmocka_unit_test(test_nothing_is_read),
      cmocka_unit_test(test_freed_with_open_scopes),
      cmocka_unit_test(test_scopes_ended_in_the_wrong_order),
      cmocka_unit_test(test_many_contexts),
      cmocka_unit_test(test_empty_batches),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
