/* The second tier (runtime/tier.h): that its code replaces the first one's and gives the same bits, that it is kept in a private folder
 * and found there, and that whatever fails leaves the first tier at work. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "context.h"
#include "tinsmith_nn.h"

/* ---- what has plain C, but for the first one on every target ---- */

enum { SIDE = 20, COUNT = 2 * 3 * SIDE * SIDE };

static tin_tensor *overlapping_pool(tin_tensor *x) {
  tin_tensor *loss = tin_sum(tin_square(tin_max_pool2d(x, .kernel = {3, 3}, .stride = {2, 2}))), *gradient;
  tin_grad(loss, TIN_LIST(x), &gradient);
  return gradient;
}

static tin_tensor *running_sum(tin_tensor *x) {
  return tin_cumsum(tin_mul(x, tin_sqrt(tin_abs(x))), -1);
}

static tin_tensor *integers(tin_tensor *x) {
  tin_tensor *i = tin_cast(tin_mul_scalar(x, 1000), TIN_I64);
  return tin_cast(tin_mod(tin_mul(i, i), tin_add_scalar(tin_abs(i), 3)), TIN_F32);
}

/* With infinities, NaN and denormals on the way. */
static tin_tensor *extremes(tin_tensor *x) {
  return tin_cumsum(tin_maximum(tin_div(x, tin_sub(x, x)), tin_mul_scalar(x, 1e-40)), 2);
}

typedef tin_tensor *function(tin_tensor *x);
static function *const functions[] = {overlapping_pool, running_sum, integers, extremes};
enum { N_FUNCTIONS = sizeof functions / sizeof *functions };

static float *data_of(void) {
  float *data = malloc(COUNT * sizeof *data);
  unsigned state = 1;
  assert_non_null(data);
  for (int i = 0; i < COUNT; i++) {
    state = state * 1664525 + 1013904223;
    data[i] = i % 97 ? (float)(int)state * 0x1p-31f : 0;
  }
  return data;
}

struct side {
  tin_ctx *ctx;
  tin_tensor *x;
};

static struct side side_new(const char *tier, const char *target) {
  setenv("TIN_TIER", tier, 1);
  struct side side = {.ctx = good_ctx((struct tin_ctx_options){.threads = 2, .target = target})};
  float *data = data_of();
  side.x = tin_input(side.ctx, TIN_F32, TIN_SHAPE(2, 3, SIDE, SIDE), "x");
  tin_write(side.x, data, COUNT * sizeof *data);
  free(data);
  return side;
}

static void run(struct side *side, function *build, float *result) {
  tin_scope scope = tin_begin(side->ctx);
  assert_true(tin_read(build(side->x), result, COUNT * sizeof *result));
  assert_true(tin_end(scope));
}

/* Runs until the second tier has answered, which it may already have done in the context's only plan; false when it has failed. */
static bool run_replaced(struct side *side, function *build, float *result) {
  struct tin_counters now;
  time_t limit = time(NULL) + 120;
  do {
    struct timespec pause = {.tv_nsec = 5000000};
    nanosleep(&pause, NULL);
    run(side, build, result);
    now = tin_stats(side->ctx);
    if (time(NULL) > limit)
      fail_msg("the second tier does not answer");
  } while (!now.kernels_replaced && !now.replacements_failed);
  return !now.replacements_failed;
}

/* NaN counts as one value. */
static void expect_same(const float *got, const float *expected) {
  for (int i = 0; i < COUNT; i++)
    if (memcmp(&got[i], &expected[i], sizeof *got) && (got[i] == got[i] || expected[i] == expected[i]))
      fail_msg("element %d is %a instead of %a", i, (double)got[i], (double)expected[i]);
}

/* ---- a folder of the test's own ---- */

static char folder[] = "/tmp/tinsmith-tier-XXXXXX";

static int count_files(const char *ending, bool remove) {
  DIR *files = opendir(folder);
  struct dirent *file;
  int count = 0;
  while (files && (file = readdir(files))) {
    char path[512];
    size_t length = strlen(file->d_name), size = strlen(ending);
    if (length < size || strcmp(file->d_name + length - size, ending))
      continue;
    count++;
    snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
    if (remove)
      unlink(path);
  }
  if (files)
    closedir(files);
  return count;
}

static int make_folder(void **state) {
  (void)state;
  return mkdtemp(folder) ? setenv("TIN_TIER_CACHE", folder, 1) : -1;
}

static int remove_folder(void **state) {
  (void)state;
  chmod(folder, 0700);
  count_files(".c", true), count_files(".so", true);
  return rmdir(folder);
}

static bool has_compiler(void) {
  return system("cc --version >/dev/null 2>&1") == 0;
}

/* ---- tests ---- */

static void test_bits(void **state) {
  static const char *const targets[] = {NULL, "portable"};
  float first[COUNT], second[COUNT];
  (void)state;
  if (!has_compiler())
    skip();
  for (size_t t = 0; t < sizeof targets / sizeof *targets; t++)
    for (int i = targets[t] ? 0 : 1; i < N_FUNCTIONS; i++) {
      struct side plain = side_new("0", targets[t]), tiered = side_new("cc", targets[t]);
      run(&plain, functions[i], first);
      assert_true(run_replaced(&tiered, functions[i], second));
      expect_same(second, first);
      assert_int_equal(tin_stats(plain.ctx).kernels_replaced, 0);
      assert_int_equal(tin_stats(tiered.ctx).plan_misses, 1);
      end_ctx(plain.ctx), end_ctx(tiered.ctx);
    }
}

/* The number of the library's file, which one that is compiled anew would not have. */
static ino_t library_file(void) {
  DIR *files = opendir(folder);
  struct dirent *file;
  struct stat found = {0};
  while (files && (file = readdir(files))) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
    if (strstr(file->d_name, ".so"))
      assert_int_equal(stat(path, &found), 0);
  }
  if (files)
    closedir(files);
  return found.st_ino;
}

static bool replace_running_sum(void) {
  float expected[COUNT], result[COUNT];
  struct side side = side_new("cc", NULL);
  run(&side, running_sum, expected);
  bool good = run_replaced(&side, running_sum, result);
  expect_same(result, expected);
  end_ctx(side.ctx);
  return good;
}

static void empty_folder(void) {
  count_files(".c", true), count_files(".so", true);
}

static void test_cache(void **state) {
  (void)state;
  if (!has_compiler())
    skip();
  empty_folder();
  assert_true(replace_running_sum());
  assert_int_equal(count_files(".so", false), 1);
  assert_int_equal(count_files(".c", false), 1);
  ino_t first = library_file();
  assert_true(replace_running_sum());
  assert_true(library_file() == first);
}

/* A source that is not the whole one of what is asked for is no proof of what the library does. */
static void test_changed_source(void **state) {
  char command[600];
  (void)state;
  if (!has_compiler())
    skip();
  empty_folder();
  assert_true(replace_running_sum());
  ino_t first = library_file();
  snprintf(command, sizeof command, "for file in %s/*.c; do echo '/* */' >>$file; done", folder);
  assert_int_equal(system(command), 0);
  assert_true(replace_running_sum());
  assert_true(library_file() != first);
}

static void test_folder_of_others(void **state) {
  (void)state;
  if (!has_compiler())
    skip();
  empty_folder();
  assert_int_equal(chmod(folder, 0777), 0);
  assert_false(replace_running_sum());
  assert_int_equal(chmod(folder, 0700), 0);
  assert_int_equal(count_files(".so", false), 0);
}

static void test_no_compiler(void **state) {
  static const char *const compilers[] = {"false", "/nowhere/cc"};
  (void)state;
  empty_folder();
  for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
    setenv("TIN_CC", compilers[i], 1);
    assert_false(replace_running_sum());
    assert_int_equal(count_files("", false), 2); /* . and .. */
  }
  unsetenv("TIN_CC");
}

/* Contexts end while their compilations wait or are under way. */
static void test_early_end(void **state) {
  float result[COUNT];
  (void)state;
  empty_folder();
  for (int i = 0; i < N_FUNCTIONS; i++) {
    struct side side = side_new("cc", "portable");
    for (int k = 0; k <= i; k++)
      run(&side, functions[k], result);
    if (i % 2)
      tin_clear_cache(side.ctx);
    end_ctx(side.ctx);
  }
}

static void test_nothing_to_gain(void **state) {
  (void)state;
  setenv("TIN_TIER", "cc", 1);
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_tensor *x = tin_input(ctx, TIN_F32, TIN_SHAPE(64), NULL);
  bool vectors = !getenv("TIN_TARGET") && __builtin_cpu_supports("avx2");
  assert_true(tin_realize(TIN_LIST(tin_exp(x))));
  empty_folder();
  assert_true(tin_realize(TIN_LIST(tin_exp(tin_add(x, x)))));
  end_ctx(ctx);
  assert_true(!vectors || count_files(".c", false) == 0);
}

static void test_wrong_value(void **state) {
  (void)state;
  setenv("TIN_TIER", "gcc", 1);
  tin_ctx *ctx = tin_ctx_new(.threads = 1);
  assert_false(tin_ok(ctx));
  assert_non_null(strstr(tin_message(ctx), "TIN_TIER=gcc: accepted are 0, cc"));
  tin_ctx_free(ctx);
  unsetenv("TIN_TIER");
}

int main(void) {
  unsetenv("TIN_CHECK"); /* checked kernels are never compiled a second time */
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bits),
      cmocka_unit_test(test_cache),
      cmocka_unit_test(test_changed_source),
      cmocka_unit_test(test_folder_of_others),
      cmocka_unit_test(test_no_compiler),
      cmocka_unit_test(test_early_end),
      cmocka_unit_test(test_nothing_to_gain),
      cmocka_unit_test(test_wrong_value),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
