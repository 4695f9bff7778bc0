/* What a user's program sees when something fails: every allocation in turn, a bad environment, bad files. Always an error with its place
 * and cause, never a crash, a leak (under the address sanitizer) or a context that cannot go on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "failing_malloc.h"
#include "tinsmith_nn.h"

static char folder[] = "/tmp/tinsmith-failing-XXXXXX";

static const char *path_of(const char *name) {
  static char path[sizeof folder + 64];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

static int set_up(void **state) {
  (void)state;
  return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state) {
  (void)state;
  unlink(path_of("model"));
  unlink(path_of("bad"));
  return rmdir(folder);
}

/* ---- allocations ---- */

struct model {
  tin_linear fc1, fc2;
  tin_optim *adam;
};

static struct model model_new(tin_ctx *ctx) {
  struct model model = {.fc1 = tin_linear_new(ctx, 5, 7, .name = "fc1"), .fc2 = tin_linear_new(ctx, 7, 3, .name = "fc2")};
  model.adam = tin_adam(tin_params(ctx), .lr = 0.1);
  return model;
}

/* A step of training; its loss, NaN after a failure. */
static double step(tin_ctx *ctx, const struct model *model) {
  float data[20];
  for (int i = 0; i < 20; i++)
    data[i] = (float)(i % 7) - 3;
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(4, 5), data), *y = tin_from(ctx, TIN_I32, TIN_SHAPE(4), ((int32_t[4]){0, 2, 1, 0}));
  tin_tensor *loss = tin_cross_entropy(tin_linear_forward(&model->fc2, tin_gelu(tin_linear_forward(&model->fc1, x))), y);
  tin_step(model->adam, loss);
  double value = tin_item(loss);
  return tin_end(scope) ? value : NAN;
}

static tin_tensor *cubes(void *user, tin_list x) {
  (void)user;
  return tin_mul(tin_square(x.at[0]), x.at[0]);
}

static bool pass_on(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user, (void)x;
  out[0] = tin_mul(g, y);
  return true;
}

static void derivatives(tin_ctx *ctx) {
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, TIN_F64, TIN_SHAPE(2), ((double[2]){1, 2})), *y = tin_exp(x), *out;
  tin_realize(TIN_LIST(tin_jvp(y, TIN_LIST(x), TIN_LIST(y)), tin_hessian(tin_sum(y), x)));
  tin_hvp(y, TIN_LIST(x), TIN_LIST(x), &out);
  tin_checkpoint checkpoint = tin_checkpoint_begin(ctx);
  y = tin_custom_gradient(tin_tanh(tin_exp(y)), TIN_LIST(y), pass_on, NULL);
  tin_checkpoint_end(checkpoint);
  tin_grad(y, TIN_LIST(x), &out);
  tin_item(tin_clip_grad_norm(TIN_LIST(out), 1, &out));
  tin_gradcheck(cubes, NULL, TIN_LIST(x));
  tin_end(scope);
}

/* Layers that are compositions of many ops, and their gradients. */
static void layers(tin_ctx *ctx) {
  tin_embedding_layer letters = tin_embedding_new(ctx, 3, 4, .pad = true, .name = "letters");
  tin_norm_layer norm = tin_batch_norm_new(ctx, 4, .name = "norm");
  tin_multihead_attention heads = tin_multihead_attention_new(ctx, 4, 2, .name = "heads");
  tin_rnn rnn = tin_rnn_new(ctx, TIN_LSTM, 4, 2, .bidirectional = true, .name = "rnn");
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_embedding_forward(&letters, tin_from(ctx, TIN_I32, TIN_SHAPE(3), ((int32_t[3]){2, 0, 1}))), *gradient;
  x = tin_rope(tin_norm_forward(&norm, x, true), .interleaved = true);
  x = tin_multihead_attention_forward(&heads, x, x, x, .causal = true);
  tin_rnn_state end;
  x = tin_add(tin_rnn_forward(&rnn, x, (tin_rnn_state){0}, &end), tin_group_norm(x, 2, NULL, NULL, 1e-5));
  tin_grad(tin_add(tin_sum(x), tin_sum(end.c)), TIN_LIST(letters.weight), &gradient);
  tin_realize(TIN_LIST(gradient));
  tin_end(scope);
}

/* Everything that is not a step: data sets, batches, files, printing. */
static void around(tin_ctx *ctx) {
  derivatives(ctx);
  layers(ctx);
  tin_array images = {0}, labels = {0};
  if (tin_digits(ctx, 3, 1, &images, &labels)) {
    tin_batches *batches = tin_batches_new(ctx, &images, &labels, .batch = 2);
    const void *x, *y;
    if (batches)
      assert_int_equal(tin_batches_next(batches, &x, &y), 2);
    tin_batches_free(batches);
  }
  tin_array_free(&images);
  tin_array_free(&labels);
  if (tin_save(ctx, path_of("model")))
    tin_load(ctx, path_of("model"));
  FILE *null = fopen("/dev/null", "w");
  tin_fprint(null, tin_rand(ctx, TIN_F32, TIN_SHAPE(3, 4)));
  fclose(null);
}

/* What must hold of a context after an allocation failed and the error was cleared: it computes, rightly. */
static void expect_usable(tin_ctx *ctx) {
  tin_clear_error(ctx);
  if (!tin_ok(ctx)) /* its set-up failed */
    return;
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(2, 2), ((float[4]){1, 2, 3, 4})), *gradient;
  assert_true(tin_grad(tin_sum(tin_square(tin_matmul(x, x))), TIN_LIST(x), &gradient));
  float got[4];
  assert_true(tin_read(gradient, got, sizeof got));
  /* 2 (P x^T + x^T P) of the product P = x x = [7 10; 15 22] */
  static const float expected[4] = {158, 274, 266, 482};
  assert_memory_equal(got, expected, sizeof got);
  struct model model = model_new(ctx);
  double first = step(ctx, &model), second = step(ctx, &model);
  assert_true(tin_ok(ctx) && second < first);
  assert_true(tin_end(scope));
}

/* The program with the allocation after `count` failing; true when none did. */
static bool program(const char *target, long count) {
  allocations_left = count;
  tin_ctx *ctx = tin_ctx_new(.target = target, .threads = 1, .seed = 1);
  struct model model = model_new(ctx);
  double losses[2] = {step(ctx, &model), step(ctx, &model)};
  around(ctx);
  bool done = allocations_left > 0;
  allocations_left = -1;
  if (tin_ok(ctx)) {
    assert_true(losses[1] < losses[0]); /* a failure that nobody heard of did no harm */
  } else if (ctx) {
    if (!strstr(tin_message(ctx), "memory"))
      fail_msg("allocation %ld: %s", count, tin_message(ctx));
    expect_usable(ctx);
  }
  tin_ctx_free(ctx);
  return done;
}

/* All in a long run (TIN_LONG is set), otherwise about 200 of them; the stride is prime to the periods of a program's steps. */
static void fail_each(const char *target, bool once) {
  fail_once = once;
  allocations_left = 1000000;
  assert_true(program(target, 1000000));
  long total = 0;
  for (long reach = 1 << 16; reach; reach /= 2) /* the least count at which nothing fails */
    if (!program(target, total + reach))
      total += reach;
  long stride = getenv("TIN_LONG") ? 1 : total / 200 + 1;
  for (long count = 0; count <= total; count += count < 50 ? 1 : stride)
    program(target, count);
  print_message("%s: %ld allocations, each %ld%s failed%s\n", target, total + 1, stride, stride == 1 ? "st" : "th",
                once ? " alone" : " with all after it");
}

static void test_all_later_allocations_fail(void **state) {
  (void)state;
  fail_each("interpreter", false);
  fail_each("portable", false);
}

static void test_one_allocation_fails(void **state) {
  (void)state;
  fail_each("interpreter", true);
  fail_each("portable", true);
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  char target[16] = "";
  if (tin_ok(ctx))
    snprintf(target, sizeof target, "%s", "avx2");
  tin_ctx_free(ctx);
  ctx = tin_ctx_new(.target = "avx512", .threads = 1);
  fail_each(tin_ok(ctx) ? "avx512" : target, true);
  tin_ctx_free(ctx);
}

/* ---- environment ---- */

static void expect_message(const tin_ctx *ctx, int line, const char *text) {
  char expected[1024];
  snprintf(expected, sizeof expected, "%s:%d: %s", __FILE__, line, text);
  if (strcmp(tin_message(ctx), expected) != 0)
    fail_msg("got      %s\nexpected %s", tin_message(ctx), expected);
}

static void test_bad_environment(void **state) {
  (void)state;
  static const struct {
    const char *name, *value, *message;
  } bad[] = {
      {"TIN_TARGET", "sse", "ctx_new: TIN_TARGET=sse: accepted are avx512, avx2, portable, interpreter"},
      {"TIN_TARGET", "", "ctx_new: TIN_TARGET=: accepted are avx512, avx2, portable, interpreter"},
      {"TIN_THREADS", "0", "ctx_new: TIN_THREADS=0: accepted are 1 to 1024"},
      {"TIN_THREADS", "-3", "ctx_new: TIN_THREADS=-3: accepted are 1 to 1024"},
      {"TIN_THREADS", "99999999999999999999", "ctx_new: TIN_THREADS=99999999999999999999: accepted are 1 to 1024"},
      {"TIN_THREADS", "2x", "ctx_new: TIN_THREADS=2x: accepted are 1 to 1024"},
      {"TIN_FUSE", "all",
       "ctx_new: TIN_FUSE=all: accepted are 0, 1, or a list of chain, reduce, row, prologue, epilogue, horizontal, block"},
      {"TIN_PROFILE", "2", "ctx_new: TIN_PROFILE=2: accepted are 0, 1"},
      {"TIN_COMPARE", "true", "ctx_new: TIN_COMPARE=true: accepted are 0, 1"},
      {"TIN_DUMP", "/proc/nowhere", "ctx_new: TIN_DUMP=/proc/nowhere: cannot make the folder: No such file or directory"},
      {"TIN_DUMP", "/dev/null", "ctx_new: TIN_DUMP=/dev/null: cannot write tin_vector.h: Not a directory"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    setenv(bad[i].name, bad[i].value, 1);
    tin_ctx *ctx = tin_ctx_new();
    int line = __LINE__ - 1;
    unsetenv(bad[i].name);
    expect_message(ctx, line, bad[i].message);
    assert_true(tin_is_poison(tin_zeros(ctx, TIN_F32, TIN_SHAPE(2))));
    tin_ctx_free(ctx);
  }
  setenv("TIN_DEBUG", "?", 1);
  tin_ctx *ctx = tin_ctx_new();
  unsetenv("TIN_DEBUG");
  assert_non_null(strstr(tin_message(ctx), "ctx_new: TIN_DEBUG=?: accepted are g (graph), s (schedule)"));
  tin_ctx_free(ctx);
}

/* ---- files ---- */

static const char *write_bad(const void *data, size_t bytes) {
  FILE *file = fopen(path_of("bad"), "wb");
  assert_true(file && fwrite(data, 1, bytes, file) == bytes);
  fclose(file);
  return path_of("bad");
}

/* The message of the newest call, which named the file; the error is cleared. */
static void expect_file_message(tin_ctx *ctx, int line, const char *op, const char *message) {
  char expected[512];
  snprintf(expected, sizeof expected, "%s%s: %s", op, path_of("bad"), message);
  expect_message(ctx, line, expected);
  tin_clear_error(ctx);
}

static void refuse_idx(tin_ctx *ctx, const void *data, size_t bytes, const char *message) {
  tin_array array;
  assert_false(tin_idx_load(ctx, write_bad(data, bytes), &array));
  expect_file_message(ctx, __LINE__ - 1, "", message);
  assert_null(array.data);
}

static void refuse_model(tin_ctx *ctx, const char *header, size_t data_bytes, const char *message) {
  char bytes[512] = {0};
  size_t length = strlen(header);
  bytes[0] = (char)length;
  memcpy(bytes + 8, header, length);
  assert_false(tin_load(ctx, write_bad(bytes, 8 + length + data_bytes)));
  expect_file_message(ctx, __LINE__ - 1, "load: ", message);
}

static void test_bad_files(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.threads = 1, .target = "interpreter");
  tin_tensor *w = tin_init_constant(tin_param(ctx, TIN_SHAPE(2), .name = "w"), 3);
  refuse_idx(ctx, "", 0, "truncated: the magic number needs 4 bytes, the file has 0");
  refuse_idx(ctx,
             "\0\0\x08\x01\0\0\0\x05"
             "abcd",
             12, "truncated: the data needs 5 bytes, the file has 4");
  refuse_idx(ctx, "GIF8", 4, "not an IDX file: magic number 0x47494638");
  refuse_model(ctx, "{", 0, "header: string or '}' expected near end of file at byte 1");
  refuse_model(ctx, "{}", 0, "no tensor for parameter \"w\"");
  refuse_model(ctx, "{\"w\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}", 12,
               "tensor \"w\" is F32 [3], the parameter F32 [2]");
  refuse_model(ctx, "{\"w\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]}}", 16,
               "tensor \"w\" is F64 [2], the parameter F32 [2]");
  refuse_model(ctx, "{\"w\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 4,
               "tensor \"w\": data_offsets [0, 8] reach behind the 4 bytes of data");
  assert_false(tin_load(ctx, path_of("absent")));
  assert_non_null(strstr(tin_message(ctx), "absent: "));
  tin_clear_error(ctx);
  float values[2];
  assert_true(tin_read(w, values, sizeof values) && values[0] == 3 && values[1] == 3); /* nothing was loaded */
  assert_false(tin_save(ctx, "/proc/nowhere/model"));
  assert_non_null(strstr(tin_message(ctx), "/proc/nowhere/model"));
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_later_allocations_fail),
      cmocka_unit_test(test_one_allocation_fails),
      cmocka_unit_test(test_bad_environment),
      cmocka_unit_test(test_bad_files),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
