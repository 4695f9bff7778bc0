/* Training a multilayer perceptron: the loss curve is the same to the last bit however it is computed, the first steps agree with an
 * independent library's, and the model learns. Images are those of TIN_DATA (MNIST), else drawn ones. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "mlp.h"

static tin_dataset digits;
static bool real_digits;

static int set_up(void **state) {
  (void)state;
  unsetenv("TIN_TARGET"); /* every test names its own */
  return mlp_digits(&digits, &real_digits) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  tin_dataset_free(&digits);
  return 0;
}

static void assert_ok(tin_ctx *ctx) {
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
}

/* ---- one curve ---- */

enum { MAX_STEPS = 16 };

/* A model and how long it is trained; sizes are not multiples of any vector or tile. */
struct task {
  int64_t batch, hidden1, hidden2;
  int steps;
};

/* What training left: bits. */
struct curve {
  float loss[MAX_STEPS];
  uint64_t parameters; /* a hash of all of them at the end */
  double accuracy;     /* on the last batch, before the last step */
};

/* FNV-1a, by Fowler, Noll and Vo. */
static uint64_t hash_bytes(uint64_t hash, const void *data, size_t bytes) {
  for (size_t i = 0; i < bytes; i++)
    hash = (hash ^ ((const unsigned char *)data)[i]) * UINT64_C(0x100000001b3);
  return hash;
}

static uint64_t hash_parameters(tin_ctx *ctx) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  tin_list params = tin_params(ctx);
  for (int i = 0; i < params.count; i++) {
    size_t bytes = (size_t)tin_size_of(params.at[i]) * sizeof(float);
    void *data = malloc(bytes);
    assert_true(data && tin_read(params.at[i], data, bytes));
    hash = hash_bytes(hash, data, bytes);
    free(data);
  }
  return hash;
}

/* Odd steps look at the loss before the step is built, even ones after it ran: that changes what is computed together, not a bit. */
static void train_step(tin_ctx *ctx, const struct mlp *mlp, tin_optim *adam, const struct task *task, int step, struct curve *curve) {
  int64_t first = step * task->batch;
  tin_scope scope = tin_begin(ctx);
  tin_tensor *pixels = tin_from(ctx, TIN_U8, TIN_SHAPE(task->batch, PIXELS), (uint8_t *)digits.train_images.data + first * PIXELS);
  tin_tensor *labels = tin_from(ctx, TIN_U8, TIN_SHAPE(task->batch), (uint8_t *)digits.train_labels.data + first);
  tin_tensor *logits = mlp_logits(mlp, pixels);
  tin_tensor *loss = tin_cross_entropy(logits, labels);
  if (step % 2)
    curve->loss[step] = (float)tin_item(loss);
  tin_set_lr(adam, 1e-3 / (1 + step));
  tin_step(adam, loss);
  tin_tensor *accuracy = tin_accuracy(logits, labels);
  curve->loss[step] = (float)tin_item(loss);
  curve->accuracy = tin_item(accuracy);
  tin_end(scope);
}

/* False when this CPU cannot run the target. */
static bool train(struct tin_ctx_options options, const struct task *task, struct curve *curve) {
  options.seed = 7;
  tin_ctx *ctx = tin_ctx_new_args(options);
  bool usable = tin_ok(ctx) || !strstr(tin_message(ctx), "this CPU does not have it");
  if (usable) {
    assert_ok(ctx);
    memset(curve, 0, sizeof *curve);
    struct mlp mlp = mlp_new(ctx, task->hidden1, task->hidden2);
    tin_optim *adam = tin_adam(tin_params(ctx));
    for (int step = 0; step < task->steps; step++)
      train_step(ctx, &mlp, adam, task, step, curve);
    curve->parameters = hash_parameters(ctx);
    assert_ok(ctx);
  }
  tin_ctx_free(ctx);
  return usable;
}

static void expect_curve(struct tin_ctx_options options, const struct task *task, const struct curve *expected) {
  struct curve curve;
  if (!train(options, task, &curve)) {
    print_message("not run: this CPU lacks %s\n", options.target);
    return;
  }
  for (int step = 0; step < task->steps; step++)
    if (memcmp(&curve.loss[step], &expected->loss[step], sizeof(float)) != 0)
      fail_msg("target %s, %d threads, fusion off %u: loss %d is %a, not %a", options.target, options.threads, options.fuse_off, step,
               (double)curve.loss[step], (double)expected->loss[step]);
  if (curve.parameters != expected->parameters)
    fail_msg("target %s, %d threads, fusion off %u: parameters differ", options.target, options.threads, options.fuse_off);
}

static const char *const targets[] = {"avx512", "avx2", "portable", "interpreter"};
static const uint32_t fusions_off[] = {
    0,           TIN_FUSE_CHAIN, TIN_FUSE_REDUCE, TIN_FUSE_ROW, TIN_FUSE_PROLOGUE, TIN_FUSE_EPILOGUE, TIN_FUSE_HORIZONTAL, TIN_FUSE_BLOCK,
    TIN_FUSE_ALL};
enum { N_FUSIONS_OFF = sizeof fusions_off / sizeof *fusions_off };

/* 784-512-256-10 in the vector targets, with everything else varied. */
static void test_curve_of_the_large_model(void **state) {
  (void)state;
  const struct task task = {128, 512, 256, 3};
  struct curve expected;
  assert_true(train((struct tin_ctx_options){.threads = 1}, &task, &expected));
  for (int threads = 1; threads <= 3; threads++)
    for (int target = 0; target < 2; target++)
      for (int unfused = 0; unfused < 2; unfused++)
        expect_curve((struct tin_ctx_options){.target = targets[target], .threads = threads, .fuse_off = unfused ? TIN_FUSE_ALL : 0}, &task,
                     &expected);
}

/* A small model everywhere, against the interpreter, which defines the bits. */
static void test_curve_of_a_small_model(void **state) {
  (void)state;
  const struct task task = {21, 33, 18, 4};
  struct curve expected;
  assert_true(train((struct tin_ctx_options){.target = "interpreter", .threads = 1}, &task, &expected));
  for (int target = 0; target < 4; target++)
    for (int threads = 1; threads <= 3; threads++)
      for (int off = 0; off < (strcmp(targets[target], "interpreter") ? N_FUSIONS_OFF : 1); off++) /* which fuses nothing */
        expect_curve((struct tin_ctx_options){.target = targets[target], .threads = threads, .fuse_off = fusions_off[off]}, &task,
                     &expected);
}

/* One row, one hidden unit: every matrix has a size of 1 somewhere, and contractions become dots and products. */
static void test_curve_of_a_thin_model(void **state) {
  (void)state;
  const struct task tasks[] = {{1, 5, 3, 4}, {3, 1, 2, 4}, {2, 17, 1, 4}};
  struct curve expected;
  for (int i = 0; i < 3; i++) {
    assert_true(train((struct tin_ctx_options){.target = "interpreter", .threads = 1}, &tasks[i], &expected));
    for (int target = 0; target < 3; target++)
      for (int unfused = 0; unfused < 2; unfused++)
        expect_curve((struct tin_ctx_options){.target = targets[target], .threads = 2, .fuse_off = unfused ? TIN_FUSE_ALL : 0}, &tasks[i],
                     &expected);
  }
}

/* ---- an independent library's numbers ---- */

static const int64_t sizes[] = {PIXELS, 512, 256, CLASSES};

/* large_mlp of make_expected.py. */
static void write_expected_start(tin_ctx *ctx) {
  tin_list params = tin_params(ctx);
  for (int i = 0; i < params.count; i++) {
    int64_t count = tin_size_of(params.at[i]);
    float *numbers = malloc((size_t)count * sizeof *numbers);
    assert_non_null(numbers);
    uint32_t seed = (uint32_t)i + 2;
    for (int64_t j = 0; j < count; j++)
      numbers[j] = (float)(mlp_number(&seed) / sqrt((double)sizes[i / 2]));
    assert_true(tin_write(params.at[i], numbers, (size_t)count * sizeof *numbers));
    free(numbers);
  }
}

enum { EXPECTED_BATCH = 128, REGION = 78 };

static void write_expected_images(tin_tensor *pixels, tin_tensor *labels) {
  static uint8_t images[EXPECTED_BATCH][PIXELS];
  uint8_t classes[EXPECTED_BATCH];
  uint32_t seed = 1;
  for (int n = 0; n < EXPECTED_BATCH; n++) {
    int sums[CLASSES] = {0}, brightest = 0;
    for (int pixel = 0; pixel < PIXELS; pixel++) {
      images[n][pixel] = (uint8_t)(fabs(mlp_number(&seed)) * 256);
      if (pixel / REGION < CLASSES)
        sums[pixel / REGION] += images[n][pixel];
    }
    for (int region = 1; region < CLASSES; region++)
      if (sums[region] > sums[brightest])
        brightest = region;
    classes[n] = (uint8_t)brightest;
  }
  assert_true(tin_write(pixels, images, sizeof images) && tin_write(labels, classes, sizeof classes));
}

static double read_double(FILE *file) {
  double value;
  assert_int_equal(fscanf(file, "%lf", &value), 1);
  return value;
}

static void expect_word(FILE *file, const char *expected) {
  char word[64];
  assert_int_equal(fscanf(file, "%63s", word), 1);
  assert_string_equal(word, expected);
}

/* put_sample of make_expected.py: the norm to 1e-5 of itself, elements to 1e-5 of the largest element. */
static void check_sample(FILE *file, const char *kind, tin_tensor *param, tin_tensor *t) {
  int64_t count = tin_size_of(t);
  float *values = malloc((size_t)count * sizeof *values);
  assert_true(values && tin_read(t, values, (size_t)count * sizeof *values));
  double squares = 0, largest = 0;
  for (int64_t i = 0; i < count; i++) {
    squares += (double)values[i] * values[i];
    largest = fmax(largest, fabs((double)values[i]));
  }
  expect_word(file, kind);
  expect_word(file, tin_name_of(param));
  double norm = read_double(file);
  if (!(fabs(sqrt(squares) - norm) <= 1e-5 * norm))
    fail_msg("the norm of %s %s is %.9g, not %.9g", kind, tin_name_of(param), sqrt(squares), norm);
  for (int64_t i = 0; i < 10; i++) {
    double got = values[(i * 7919 + 5) % count], expected = read_double(file);
    if (!(fabs(got - expected) <= 1e-5 * largest))
      fail_msg("sample %d of %s %s is %.9g, not %.9g (largest %.9g)", (int)i, kind, tin_name_of(param), got, expected, largest);
  }
  free(values);
}

static void test_first_steps(void **state) {
  (void)state;
  FILE *file = fopen("tests/expected/mlp_large.txt", "r"); /* tests run in the root of the sources */
  assert_non_null(file);
  tin_ctx *ctx = tin_ctx_new();
  struct mlp mlp = mlp_new(ctx, 512, 256);
  tin_tensor *pixels = tin_input(ctx, TIN_U8, TIN_SHAPE(EXPECTED_BATCH, PIXELS), "pixels"), *grads[6];
  tin_tensor *labels = tin_input(ctx, TIN_U8, TIN_SHAPE(EXPECTED_BATCH), "labels");
  tin_list params = tin_params(ctx), gradients = {grads, 6};
  write_expected_start(ctx);
  write_expected_images(pixels, labels);
  tin_optim *adam = tin_adam(params, .lr = 1e-3);
  for (int step = 0; step < 5; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *loss = tin_cross_entropy(mlp_logits(&mlp, pixels), labels);
    tin_grad(loss, params, grads);
    tin_step_with(adam, gradients);
    expect_word(file, "loss");
    double expected = read_double(file);
    if (!(fabs(tin_item(loss) - expected) <= 1e-5 * expected))
      fail_msg("loss %d is %.9g, not %.9g", step, tin_item(loss), expected);
    for (int i = 0; i < params.count; i++) {
      check_sample(file, "grad", params.at[i], grads[i]);
      check_sample(file, "param", params.at[i], params.at[i]);
    }
    tin_end(scope);
  }
  fclose(file);
  assert_ok(ctx);
  tin_ctx_free(ctx);
}

/* ---- learning ---- */

static double accuracy_of(tin_ctx *ctx, const struct mlp *mlp) {
  tin_batches *batches = tin_batches_new(ctx, &digits.test_images, &digits.test_labels, .batch = 500, .in_order = true);
  const void *x, *y;
  double hits = 0;
  for (int64_t count; (count = tin_batches_next(batches, &x, &y)) > 0;) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *pixels = tin_from(ctx, TIN_U8, TIN_SHAPE(count, PIXELS), x), *labels = tin_from(ctx, TIN_U8, TIN_SHAPE(count), y);
    hits += tin_item(tin_accuracy(mlp_logits(mlp, pixels), labels)) * (double)count;
    tin_end(scope);
  }
  tin_batches_free(batches);
  return hits / (double)digits.test_images.shape[0];
}

static void test_it_learns(void **state) {
  (void)state;
  enum { BATCH = 64, STEPS = 300 };
  tin_ctx *ctx = tin_ctx_new(.seed = 1);
  struct mlp mlp = mlp_new(ctx, 128, 64);
  tin_optim *adam = tin_adamw(tin_params(ctx), .lr = 2e-3);
  tin_batches *batches = tin_batches_new(ctx, &digits.train_images, &digits.train_labels, .batch = BATCH, .drop_last = true, .seed = 1);
  tin_tensor *pixels = tin_input(ctx, TIN_U8, TIN_SHAPE(BATCH, PIXELS), "pixels");
  tin_tensor *labels = tin_input(ctx, TIN_U8, TIN_SHAPE(BATCH), "labels");
  const void *x, *y;
  for (int step = 0; step < STEPS; step++) {
    if (!tin_batches_next(batches, &x, &y))
      assert_true(tin_batches_next(batches, &x, &y) == BATCH);
    tin_scope scope = tin_begin(ctx);
    tin_write(pixels, x, BATCH * PIXELS);
    tin_write(labels, y, BATCH);
    tin_step(adam, tin_cross_entropy(mlp_logits(&mlp, pixels), labels));
    tin_end(scope);
  }
  double accuracy = accuracy_of(ctx, &mlp);
  assert_ok(ctx);
  print_message("%s digits: accuracy %.4f after %d steps of %d\n", real_digits ? "real" : "drawn", accuracy, STEPS, BATCH);
  assert_true(accuracy >= 0.9); /* measured: 0.916 on MNIST, 0.990 on drawn digits */
  tin_batches_free(batches);
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_curve_of_the_large_model),
      cmocka_unit_test(test_curve_of_a_small_model),
      cmocka_unit_test(test_curve_of_a_thin_model),
      cmocka_unit_test(test_first_steps),
      cmocka_unit_test(test_it_learns),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
