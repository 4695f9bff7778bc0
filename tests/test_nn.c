/* Layers, losses, optimisers, initial values, saving: against formulas written out here and NumPy's numbers (tests/expected/mlp.txt). */
#include "tinsmith_nn.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void assert_close(double got, double expected, double tolerance) {
  if (!(fabs(got - expected) <= tolerance * (1 + fabs(expected))))
    fail_msg("got %.17g, expected %.17g", got, expected);
}

static void assert_ok(tin_ctx *ctx) {
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
}

static tin_tensor *doubles(tin_ctx *ctx, tin_shape shape, const double *values) {
  return tin_from(ctx, TIN_F64, shape, values);
}

static double value(tin_tensor *t) {
  return tin_item(t);
}

/* ---- cross entropy ---- */

enum { ROWS = 3, CLASSES = 4 };
static const double logits[ROWS][CLASSES] = {{1, 2, 3, -1}, {0.5, 0.5, 0.5, 0.5}, {100, -100, 0, 20}};
static const int32_t labels[ROWS] = {2, 0, 3};

/* -log of the probability of a class, directly. */
static double minus_log(int row, int class) {
  double largest = logits[row][0], sum = 0;
  for (int c = 1; c < CLASSES; c++)
    largest = fmax(largest, logits[row][c]);
  for (int c = 0; c < CLASSES; c++)
    sum += exp(logits[row][c] - largest);
  return log(sum) - (logits[row][class] - largest);
}

static double smoothed(int row, int class, double smoothing) {
  double all = 0;
  for (int c = 0; c < CLASSES; c++)
    all += minus_log(row, c);
  return (1 - smoothing) * minus_log(row, class) + smoothing * all / CLASSES;
}

static void test_cross_entropy_labels(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = doubles(ctx, TIN_SHAPE(ROWS, CLASSES), &logits[0][0]);
  double total = 0, total_smoothed = 0;
  for (int row = 0; row < ROWS; row++) {
    total += minus_log(row, labels[row]);
    total_smoothed += smoothed(row, labels[row], 0.1);
  }
  unsigned char bytes[ROWS] = {2, 0, 3};
  int64_t longs[ROWS] = {2, 0, 3};
  tin_tensor *y = tin_from(ctx, TIN_I32, TIN_SHAPE(ROWS), labels);
  assert_close(value(tin_cross_entropy(x, y)), total / ROWS, 1e-13);
  assert_close(value(tin_cross_entropy(x, tin_from(ctx, TIN_U8, TIN_SHAPE(ROWS), bytes))), total / ROWS, 1e-13);
  assert_close(value(tin_cross_entropy(x, tin_from(ctx, TIN_I64, TIN_SHAPE(ROWS), longs))), total / ROWS, 1e-13);
  assert_close(value(tin_cross_entropy(x, y, .reduction = TIN_REDUCE_SUM)), total, 1e-13);
  assert_close(value(tin_cross_entropy(x, y, .label_smoothing = 0.1)), total_smoothed / ROWS, 1e-13);
  double each[ROWS];
  assert_true(tin_read(tin_cross_entropy(x, y, .reduction = TIN_REDUCE_NONE), each, sizeof each));
  for (int row = 0; row < ROWS; row++)
    assert_close(each[row], minus_log(row, labels[row]), 1e-13);
  assert_ok(ctx);
}

static void test_cross_entropy_ignores(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = doubles(ctx, TIN_SHAPE(ROWS, CLASSES), &logits[0][0]);
  int32_t marked[ROWS] = {2, -100, 3};
  double two = minus_log(0, 2) + minus_log(2, 3);
  tin_tensor *y = tin_from(ctx, TIN_I32, TIN_SHAPE(ROWS), marked);
  assert_close(value(tin_cross_entropy(x, y, .ignore_index = -100)), two / 2, 1e-13);
  assert_close(value(tin_cross_entropy(x, y, .ignore_index = -100, .reduction = TIN_REDUCE_SUM)), two, 1e-13);
  y = tin_from(ctx, TIN_I32, TIN_SHAPE(ROWS), labels);
  assert_close(value(tin_cross_entropy(x, y, .ignore_index = TIN_IGNORE_CLASS_0)), two / 2, 1e-13);
  assert_ok(ctx);
}

static void test_cross_entropy_probabilities(void **state) {
  tin_ctx *ctx = *state;
  static const double p[ROWS][CLASSES] = {{0.1, 0.2, 0.3, 0.4}, {1, 0, 0, 0}, {0.25, 0.25, 0.5, 0}};
  double plain = 0, smooth = 0;
  for (int row = 0; row < ROWS; row++)
    for (int c = 0; c < CLASSES; c++) {
      plain += p[row][c] * minus_log(row, c);
      smooth += (0.8 * p[row][c] + 0.2 / CLASSES) * minus_log(row, c);
    }
  tin_tensor *x = doubles(ctx, TIN_SHAPE(ROWS, CLASSES), &logits[0][0]), *y = doubles(ctx, TIN_SHAPE(ROWS, CLASSES), &p[0][0]);
  assert_close(value(tin_cross_entropy(x, y)), plain / ROWS, 1e-13);
  assert_close(value(tin_cross_entropy(x, y, .label_smoothing = 0.2)), smooth / ROWS, 1e-13);
  assert_ok(ctx);
}

/* Classes are axis 1: [2, 3, 2] is two images of two places. */
static void test_cross_entropy_places(void **state) {
  tin_ctx *ctx = *state;
  static const double x[2][3][2] = {{{1, 2}, {3, 4}, {5, 6}}, {{0, 1}, {1, 0}, {0.5, 2}}};
  static const int32_t y[2][2] = {{0, 2}, {1, 1}};
  double total = 0;
  for (int n = 0; n < 2; n++)
    for (int at = 0; at < 2; at++)
      total += log(exp(x[n][0][at]) + exp(x[n][1][at]) + exp(x[n][2][at])) - x[n][y[n][at]][at];
  tin_tensor *loss = tin_cross_entropy(doubles(ctx, TIN_SHAPE(2, 3, 2), &x[0][0][0]), tin_from(ctx, TIN_I32, TIN_SHAPE(2, 2), y));
  assert_close(value(loss), total / 4, 1e-13);
  assert_ok(ctx);
}

static void test_cross_entropy_gradient(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = doubles(ctx, TIN_SHAPE(ROWS, CLASSES), &logits[0][0]), *grad;
  tin_tensor *y = tin_from(ctx, TIN_I32, TIN_SHAPE(ROWS), labels);
  double got[ROWS][CLASSES];
  assert_true(tin_grad(tin_cross_entropy(x, y), TIN_LIST(x), &grad));
  assert_true(tin_read(grad, got, sizeof got));
  for (int row = 0; row < ROWS; row++)
    for (int c = 0; c < CLASSES; c++)
      assert_close(got[row][c], (exp(-minus_log(row, c)) - (c == labels[row])) / ROWS, 1e-13);
}

static void test_cross_entropy_misuse(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(3, 4)), *y = tin_zeros(ctx, TIN_I32, TIN_SHAPE(4));
  assert_true(tin_is_poison(tin_cross_entropy(x, y)));
  assert_non_null(strstr(tin_message(ctx), "cross_entropy: target of rank 1 does not fit input of rank 2"));
  assert_non_null(strstr(tin_message(ctx), "test_nn.c:"));
  tin_clear_error(ctx);
  assert_true(tin_is_poison(tin_cross_entropy(x, NULL)));
  assert_false(tin_ok(ctx));
  tin_clear_error(ctx);
}

/* ---- other losses and layers ---- */

static void test_mse_and_bce(void **state) {
  tin_ctx *ctx = *state;
  static const double x[5] = {-50, -1, 0, 2, 800}, y[5] = {0, 1, 0.25, 0.75, 1};
  double square = 0, entropy = 0, got[5];
  for (int i = 0; i < 5; i++) {
    square += (x[i] - y[i]) * (x[i] - y[i]);
    entropy += fmax(x[i], 0) - x[i] * y[i] + log1p(exp(-fabs(x[i])));
  }
  tin_tensor *a = doubles(ctx, TIN_SHAPE(5), x), *b = doubles(ctx, TIN_SHAPE(5), y), *grad;
  assert_close(value(tin_mse(a, b)), square / 5, 1e-14);
  assert_close(value(tin_mse(a, b, .reduction = TIN_REDUCE_SUM)), square, 1e-14);
  assert_close(value(tin_bce_with_logits(a, b)), entropy / 5, 1e-13);
  assert_true(tin_grad(tin_bce_with_logits(a, b, .reduction = TIN_REDUCE_SUM), TIN_LIST(a), &grad));
  assert_true(tin_read(grad, got, sizeof got));
  for (int i = 0; i < 5; i++)
    assert_close(got[i], 1 / (1 + exp(-x[i])) - y[i], 1e-13);
}

static void test_layers(void **state) {
  tin_ctx *ctx = *state;
  static const double x[2][3] = {{1, -2, 3}, {0.5, 0.25, -4}}, w[2][3] = {{1, 2, 3}, {-1, 0, 1}}, b[2] = {10, 20};
  tin_linear layer = {doubles(ctx, TIN_SHAPE(2, 3), &w[0][0]), doubles(ctx, TIN_SHAPE(2), b)};
  double y[2][2], one[6];
  assert_true(tin_read(tin_linear_forward(&layer, doubles(ctx, TIN_SHAPE(2, 3), &x[0][0])), y, sizeof y));
  for (int i = 0; i < 2; i++)
    for (int o = 0; o < 2; o++)
      assert_close(y[i][o], x[i][0] * w[o][0] + x[i][1] * w[o][1] + x[i][2] * w[o][2] + b[o], 1e-15);
  tin_tensor *input = doubles(ctx, TIN_SHAPE(6), &x[0][0]);
  assert_true(tin_read(tin_gelu(input), one, sizeof one));
  for (int i = 0; i < 6; i++)
    assert_close(one[i], (&x[0][0])[i] * 0.5 * (1 + erf((&x[0][0])[i] / sqrt(2))), 1e-13);
  assert_true(tin_read(tin_silu(input), one, sizeof one));
  for (int i = 0; i < 6; i++)
    assert_close(one[i], (&x[0][0])[i] / (1 + exp(-(&x[0][0])[i])), 1e-13);
  assert_true(tin_read(tin_layer_norm(doubles(ctx, TIN_SHAPE(2, 3), &x[0][0]), NULL, NULL, 1e-5), one, sizeof one));
  for (int row = 0; row < 2; row++) {
    double mean = (x[row][0] + x[row][1] + x[row][2]) / 3, variance = 0;
    for (int i = 0; i < 3; i++)
      variance += (x[row][i] - mean) * (x[row][i] - mean) / 3;
    for (int i = 0; i < 3; i++)
      assert_close(one[row * 3 + i], (x[row][i] - mean) / sqrt(variance + 1e-5), 1e-13);
  }
  assert_ok(ctx);
}

static void test_dropout(void **state) {
  tin_ctx *ctx = *state;
  float kept[4000];
  assert_true(tin_read(tin_dropout(tin_ones(ctx, TIN_F32, TIN_SHAPE(4000)), 0.25), kept, sizeof kept));
  int zeros = 0;
  for (int i = 0; i < 4000; i++) {
    assert_true(kept[i] == 0 || fabsf(kept[i] - 4.0f / 3) < 1e-6f);
    zeros += kept[i] == 0;
  }
  assert_in_range(zeros, 890, 1110); /* four deviations of a binomial(4000, 1/4) */
  assert_true(tin_is_poison(tin_dropout(tin_ones(ctx, TIN_F32, TIN_SHAPE(4)), 1.5)));
  assert_non_null(strstr(tin_message(ctx), "dropout: probability 1.5 is not in 0 .. 1"));
  tin_clear_error(ctx);
}

static void test_accuracy(void **state) {
  tin_ctx *ctx = *state;
  static const float x[4][3] = {{1, 2, 2}, {5, 1, 1}, {0, 0, 1}, {3, 3, 3}};
  static const unsigned char y[4] = {1, 0, 1, 0}; /* ties count for the first */
  assert_close(value(tin_accuracy(tin_from(ctx, TIN_F32, TIN_SHAPE(4, 3), x), tin_from(ctx, TIN_U8, TIN_SHAPE(4), y))), 0.75, 0);
  assert_ok(ctx);
}

/* ---- initial values ---- */

static void test_initialisers(void **state) {
  tin_ctx *ctx = *state;
  enum { OUT = 200, IN = 300 };
  static float w[OUT * IN], again[OUT * IN];
  tin_tensor *weight = tin_param(ctx, TIN_SHAPE(OUT, IN), .name = "weight");
  tin_init_kaiming_uniform(weight, sqrt(5));
  assert_true(tin_read(weight, w, sizeof w));
  double sum = 0, square = 0, bound = 1 / sqrt(IN), largest = 0;
  for (int i = 0; i < OUT * IN; i++) {
    sum += w[i];
    square += w[i] * w[i];
    largest = fmax(largest, (double)fabsf(w[i]));
  }
  assert_true(largest <= bound && largest > 0.999 * bound);
  assert_true(fabs(sum / (OUT * IN)) < 0.01 * bound);
  assert_close(square / (OUT * IN) / (bound * bound), 1 / 3.0, 0.01);
  tin_init_kaiming_normal(weight, 0);
  assert_true(tin_read(weight, again, sizeof again));
  assert_memory_not_equal(w, again, sizeof w);
  square = 0;
  for (int i = 0; i < OUT * IN; i++)
    square += again[i] * again[i];
  assert_close(square / (OUT * IN), 2.0 / IN, 0.03);
  tin_init_constant(weight, 3);
  assert_true(tin_read(weight, again, sizeof again));
  assert_true(again[0] == 3 && again[OUT * IN - 1] == 3);
  tin_init_zeros(tin_ones(ctx, TIN_F32, TIN_SHAPE(2)));
  assert_non_null(strstr(tin_message(ctx), "init_constant: only float parameters, states and inputs can be initialised"));
  tin_clear_error(ctx);
}

static void test_seed_decides(void **state) {
  (void)state;
  float w[3][12];
  static const uint64_t seeds[3] = {7, 7, 8};
  for (int i = 0; i < 3; i++) {
    tin_ctx *ctx = tin_ctx_new(.seed = seeds[i]);
    tin_linear layer = tin_linear_new(ctx, 4, 3, .name = "fc");
    assert_true(tin_read(layer.weight, w[i], sizeof w[i]));
    assert_string_equal(tin_name_of(layer.weight), "fc.weight");
    assert_string_equal(tin_name_of(layer.bias), "fc.bias");
    tin_ctx_free(ctx);
  }
  assert_memory_equal(w[0], w[1], sizeof w[0]);
  assert_memory_not_equal(w[0], w[2], sizeof w[0]);
}

/* ---- optimisers ---- */

/* Minimises sum(c * w^2) for a few steps, and the same by hand. */
struct by_hand {
  double w[3], a[3], b[3]; /* weights, states */
};
static const double curvature[3] = {0.5, 2, 0};

static void check_steps(tin_ctx *ctx, tin_optim *optim, tin_tensor *w, struct by_hand *hand,
                        void (*update)(struct by_hand *hand, const double *grad, int step)) {
  tin_tensor *c = doubles(ctx, TIN_SHAPE(3), curvature);
  assert_ok(ctx);
  for (int step = 1; step <= 6; step++) {
    double grad[3], got[3];
    for (int i = 0; i < 3; i++)
      grad[i] = 2 * curvature[i] * hand->w[i];
    update(hand, grad, step);
    tin_scope scope = tin_begin(ctx);
    assert_true(tin_step(optim, tin_sum(tin_mul(c, tin_square(w)))));
    assert_true(tin_end(scope));
    assert_true(tin_read(w, got, sizeof got));
    for (int i = 0; i < 3; i++)
      assert_close(got[i], hand->w[i], 1e-12);
  }
  assert_ok(ctx);
}

static tin_tensor *start(tin_ctx *ctx, struct by_hand *hand) {
  *hand = (struct by_hand){.w = {1, -2, 3}};
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(3), .dtype = TIN_F64);
  assert_true(tin_write(w, hand->w, sizeof hand->w));
  return w;
}

static void by_sgd(struct by_hand *hand, const double *grad, int step) {
  (void)step;
  for (int i = 0; i < 3; i++)
    hand->w[i] -= 0.1 * (grad[i] + 0.01 * hand->w[i]);
}

static void by_momentum(struct by_hand *hand, const double *grad, int step) {
  for (int i = 0; i < 3; i++) {
    hand->a[i] = step == 1 ? grad[i] : 0.9 * hand->a[i] + 0.7 * grad[i];
    hand->w[i] -= 0.1 * hand->a[i];
  }
}

static void by_nesterov(struct by_hand *hand, const double *grad, int step) {
  (void)step;
  for (int i = 0; i < 3; i++) {
    hand->a[i] = 0.9 * hand->a[i] + grad[i];
    hand->w[i] -= 0.1 * (grad[i] + 0.9 * hand->a[i]);
  }
}

static void by_adam_decayed(struct by_hand *hand, const double *grad, int step, double decay, double shrink) {
  for (int i = 0; i < 3; i++) {
    double g = grad[i] + decay * hand->w[i];
    hand->w[i] *= shrink;
    hand->a[i] = 0.8 * hand->a[i] + 0.2 * g;
    hand->b[i] = 0.99 * hand->b[i] + 0.01 * g * g;
    double root = sqrt(hand->b[i]) / sqrt(1 - pow(0.99, step)) + 1e-6;
    hand->w[i] -= 0.05 / (1 - pow(0.8, step)) * hand->a[i] / root;
  }
}

static void by_adam(struct by_hand *hand, const double *grad, int step) {
  by_adam_decayed(hand, grad, step, 0.02, 1);
}
static void by_adamw(struct by_hand *hand, const double *grad, int step) {
  by_adam_decayed(hand, grad, step, 0, 1 - 0.05 * 0.1);
}

static void test_sgd(void **state) {
  tin_ctx *ctx = *state;
  struct by_hand hand;
  tin_tensor *w = start(ctx, &hand);
  check_steps(ctx, tin_sgd(TIN_LIST(w), .lr = 0.1, .weight_decay = 0.01), w, &hand, by_sgd);
  w = start(ctx, &hand);
  check_steps(ctx, tin_sgd(TIN_LIST(w), .lr = 0.1, .momentum = 0.9, .dampening = 0.3), w, &hand, by_momentum);
  w = start(ctx, &hand);
  check_steps(ctx, tin_sgd(TIN_LIST(w), .lr = 0.1, .momentum = 0.9, .nesterov = true), w, &hand, by_nesterov);
}

static void test_adam(void **state) {
  tin_ctx *ctx = *state;
  struct by_hand hand;
  tin_tensor *w = start(ctx, &hand);
  check_steps(ctx, tin_adam(TIN_LIST(w), .lr = 0.05, .betas = {0.8, 0.99}, .eps = 1e-6, .weight_decay = 0.02), w, &hand, by_adam);
  w = start(ctx, &hand);
  check_steps(ctx, tin_adamw(TIN_LIST(w), .lr = 0.05, .betas = {0.8, 0.99}, .eps = 1e-6, .weight_decay = 0.1), w, &hand, by_adamw);
}

static void test_optim_misuse(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(2));
  assert_null(tin_sgd(TIN_LIST(w), .lr = -1));
  assert_non_null(strstr(tin_message(ctx), "sgd: lr is negative"));
  tin_clear_error(ctx);
  assert_null(tin_sgd(TIN_LIST(w), .nesterov = true));
  assert_non_null(strstr(tin_message(ctx), "sgd: nesterov needs momentum and no dampening"));
  tin_clear_error(ctx);
  assert_false(tin_step(NULL, tin_sum(w)));
  assert_non_null(strstr(tin_message(ctx), "step: the optimiser is NULL"));
  tin_clear_error(ctx);
}

/* Whatever changes from step to step is a run-time number. */
static void test_steps_hit_the_plan(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(4, 4));
  tin_init_uniform(w, -1, 1);
  tin_optim *optim = tin_adamw(TIN_LIST(w));
  int64_t misses = 0;
  for (int step = 0; step < 5; step++) {
    tin_set_lr(optim, 1e-3 * (step + 1));
    tin_scope scope = tin_begin(ctx);
    tin_step(optim, tin_sum(tin_square(w)));
    assert_true(tin_end(scope));
    if (step == 0)
      misses = tin_stats(ctx).plan_misses;
  }
  assert_int_equal(tin_stats(ctx).plan_misses, misses);
  assert_close(tin_get_lr(optim), 5e-3, 1e-15);
}

/* Moments of a parameter without gradient become 0 instead of denormal. */
static void test_moments_flush(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(1), .name = "lonely");
  tin_optim *optim = tin_sgd(TIN_LIST(w), .lr = 1, .momentum = 1e-20);
  tin_tensor *gradients[] = {tin_full(ctx, TIN_F32, TIN_SHAPE(1), 1e-5), tin_zeros(ctx, TIN_F32, TIN_SHAPE(1))};
  for (int step = 0; step < 3; step++)
    assert_true(tin_step_with(optim, TIN_LIST(gradients[step > 0])) && tin_realize(TIN_LIST(w)));
  assert_true(value(tin_find(ctx, "lonely.momentum_buffer")) == 0);
}

/* ---- a whole model against NumPy ---- */

static FILE *open_expected(const char *name) {
  char path[4096];
  snprintf(path, sizeof path, "tests/expected/%s", name); /* tests run in the root of the sources */
  return fopen(path, "r");
}

/* The generator of make_expected.py. */
static void write_numbers(tin_tensor *variable, uint32_t seed, double scale) {
  double numbers[64];
  int64_t count = tin_size_of(variable);
  for (int64_t i = 0; i < count; i++) {
    seed = (uint32_t)((seed * UINT64_C(1103515245) + 12345) % (UINT64_C(1) << 31));
    numbers[i] = (seed / (double)(1 << 30) - 1) * scale;
  }
  assert_true(tin_write(variable, numbers, (size_t)count * sizeof *numbers));
}

/* A line "kind name v v v ..." compared with a tensor; name "" has none. */
static void check_line(FILE *file, const char *kind, const char *name, tin_tensor *t) {
  char word[64];
  double got[64], expected;
  assert_int_equal(fscanf(file, "%63s", word), 1);
  assert_string_equal(word, kind);
  if (*name) {
    assert_int_equal(fscanf(file, "%63s", word), 1);
    assert_string_equal(word, name);
  }
  assert_true(tin_read(t, got, (size_t)tin_size_of(t) * sizeof *got));
  for (int64_t i = 0; i < tin_size_of(t); i++) {
    assert_int_equal(fscanf(file, "%lf", &expected), 1);
    assert_close(got[i], expected, 1e-11);
  }
}

static void test_mlp_against_numpy(void **state) {
  tin_ctx *ctx = *state;
  FILE *file = open_expected("mlp.txt");
  assert_non_null(file);
  tin_linear fc1 = tin_linear_new(ctx, 6, 5, .name = "fc1", .dtype = TIN_F64),
             fc2 = tin_linear_new(ctx, 5, 3, .name = "fc2", .dtype = TIN_F64);
  tin_tensor *x = tin_input(ctx, TIN_F64, TIN_SHAPE(8, 6), "x"), *params[] = {fc1.weight, fc1.bias, fc2.weight, fc2.bias}, *grads[4];
  for (uint32_t i = 0; i < 4; i++)
    write_numbers(params[i], i + 2, 0.5);
  write_numbers(x, 1, 1);
  static const int32_t classes[8] = {0, 1, 2, 0, 1, 2, 0, 1};
  tin_tensor *y = tin_from(ctx, TIN_I32, TIN_SHAPE(8), classes);
  tin_list list = {params, 4};
  tin_optim *adam = tin_adam(list, .lr = 1e-2);
  for (int step = 0; step < 5; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *loss = tin_cross_entropy(tin_linear_forward(&fc2, tin_relu(tin_linear_forward(&fc1, x))), y);
    assert_true(tin_grad(loss, list, grads));
    tin_list gradients = {grads, 4};
    assert_true(tin_realize(gradients));
    check_line(file, "loss", "", loss);
    assert_true(tin_step_with(adam, gradients));
    for (int i = 0; i < 4; i++) {
      check_line(file, "grad", tin_name_of(params[i]), grads[i]);
      check_line(file, "param", tin_name_of(params[i]), params[i]);
    }
    assert_true(tin_end(scope));
  }
  fclose(file);
  assert_ok(ctx);
}

/* ---- saving ---- */

static void test_save_and_load(void **state) {
  (void)state;
  char path[] = "/tmp/tinsmith-test-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  close(descriptor);
  float before[12], after[12];
  tin_ctx *ctx = tin_ctx_new(.seed = 1);
  tin_linear layer = tin_linear_new(ctx, 4, 3, .name = "fc");
  const char *metadata[] = {"format", "pt", NULL};
  assert_true(tin_read(layer.weight, before, sizeof before));
  assert_true(tin_save(ctx, path, .metadata = metadata));
  tin_init_zeros(layer.weight);
  assert_true(tin_load(ctx, path));
  assert_true(tin_read(layer.weight, after, sizeof after));
  assert_memory_equal(before, after, sizeof before);
  tin_param(ctx, TIN_SHAPE(2), .name = "extra");
  assert_false(tin_load(ctx, path));
  assert_non_null(strstr(tin_message(ctx), "no tensor for parameter \"extra\""));
  tin_ctx_free(ctx);

  ctx = tin_ctx_new();
  tin_linear_new(ctx, 3, 4, .name = "fc");
  assert_false(tin_load(ctx, path));
  assert_non_null(strstr(tin_message(ctx), "tensor \"fc.weight\" is F32 [3, 4], the parameter F32 [4, 3]"));
  tin_ctx_free(ctx);

  ctx = tin_ctx_new();
  tin_param(ctx, TIN_SHAPE(3), .name = "fc.bias");
  assert_false(tin_load(ctx, path));
  assert_non_null(strstr(tin_message(ctx), "tensor \"fc.weight\" belongs to no parameter"));
  tin_ctx_free(ctx);
  unlink(path);
}

static void test_print_tensor(void **state) {
  tin_ctx *ctx = *state;
  char text[128] = {0};
  FILE *file = fmemopen(text, sizeof text, "w");
  assert_true(tin_fprint(file, tin_reshape(tin_arange(ctx, TIN_F32, 6, 0, 0.5), TIN_SHAPE(2, 3))));
  fclose(file);
  assert_string_equal(text, "[[0.  0.5 1. ]\n [1.5 2.  2.5]]\n");
}

static int make_context(void **state) {
  *state = tin_ctx_new(.seed = 1);
  return *state ? 0 : -1;
}

static int free_context(void **state) {
  tin_ctx_free(*state);
  return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_context, free_context)

/* Running statistics are saved with the parameters, an optimiser's state is not. */
static void test_saved_state(void **state) {
  (void)state;
  char path[] = "/tmp/tinsmith-test-XXXXXX";
  int descriptor = mkstemp(path);
  assert_true(descriptor >= 0);
  close(descriptor);
  float expected[2], got[2];
  for (int reading = 0; reading < 2; reading++) {
    tin_ctx *ctx = tin_ctx_new(.seed = (uint64_t)reading);
    tin_norm_layer norm = tin_batch_norm_new(ctx, 2, .name = "norm");
    tin_optim *optim = tin_adam(tin_params(ctx));
    if (reading) {
      assert_true(tin_load(ctx, path));
    } else {
      tin_scope scope = tin_begin(ctx);
      tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(3, 2), ((float[]){1, 2, 3, 5, 4, 9}));
      tin_step(optim, tin_sum(tin_square(tin_norm_forward(&norm, x, true))));
      assert_true(tin_end(scope));
      assert_true(tin_save(ctx, path));
    }
    assert_true(tin_read(norm.running_var, reading ? got : expected, sizeof got));
    assert_true(reading || expected[0] != 1);
    assert_ok(ctx);
    if (reading) { /* a context that has less is told so */
      tin_state(ctx, TIN_SHAPE(2), .name = "other", .saved = true);
      assert_false(tin_load(ctx, path));
      assert_non_null(strstr(tin_message(ctx), "\"other\""));
    }
    tin_ctx_free(ctx);
  }
  unlink(path);
  assert_memory_equal(expected, got, sizeof got);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_cross_entropy_labels),
      TEST(test_cross_entropy_ignores),
      TEST(test_cross_entropy_probabilities),
      TEST(test_cross_entropy_places),
      TEST(test_cross_entropy_gradient),
      TEST(test_cross_entropy_misuse),
      TEST(test_mse_and_bce),
      TEST(test_layers),
      TEST(test_dropout),
      TEST(test_accuracy),
      TEST(test_initialisers),
      cmocka_unit_test(test_seed_decides),
      TEST(test_sgd),
      TEST(test_adam),
      TEST(test_optim_misuse),
      TEST(test_steps_hit_the_plan),
      TEST(test_moments_flush),
      TEST(test_mlp_against_numpy),
      cmocka_unit_test(test_save_and_load),
      cmocka_unit_test(test_saved_state),
      TEST(test_print_tensor),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
