/* Readable kernels as a compiler of the system reads them: the kernels of random graphs are compiled by it (TIN_CHECK=cc) and run in the
 * place of the machine code, also on other data. The bits must be the interpreter's. In a sanitized build the kernels are sanitized too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "runtime/engine.h"
#include <cmocka.h>

enum { CASES = 30 }; /* the compiler takes about a quarter of a second for each */

static void run_seed(uint64_t seed, const struct fuzz_config *config) {
  static struct fuzz_case c;
  struct tin_error error = {.set = false};
  struct tin_options options = {
      .target = config->target, .threads = 1, .fuse = config->fuse, .fuse_set = true, .check = TIN_CHECK_COMPILER};
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  struct tin_engine *engine = tin_engine_new(&options, pool, &error);
  assert_true(fuzz_generate(&c, seed));
  if (!engine || !fuzz_check_engine(engine, pool, &c, config, NULL, NULL, &error))
    fail_msg("seed %llu, target %s: %s", (unsigned long long)seed, config->target, error.text);
  fuzz_case_free(&c);
  tin_engine_free(engine);
  tin_buffer_pool_free(pool);
}

static void readable_kernels_compute_the_same(void **state) {
  (void)state;
  static const char *const targets[] = {"avx512", "avx2", "portable"};
  for (int i = 0; i < CASES; i++) {
    struct fuzz_config config = {.target = targets[i % 3], .fuse = TIN_FUSE_ALL, .threads = 1};
    if (tin_codegen_target_usable(tin_codegen_target_find(config.target)))
      run_seed(700 + (uint64_t)i, &config);
  }
}

static void a_missing_compiler_is_an_error(void **state) {
  (void)state;
  static struct fuzz_case c;
  struct tin_error error = {.set = false};
  struct fuzz_config config = {.target = "portable", .fuse = TIN_FUSE_ALL, .threads = 1};
  struct tin_options options = {.target = "portable", .threads = 1, .check = TIN_CHECK_COMPILER};
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  struct tin_engine *engine = tin_engine_new(&options, pool, &error);
  assert_non_null(engine);
  assert_true(fuzz_generate(&c, 700));
  setenv("TIN_CC", "/no/such/compiler", 1);
  assert_false(fuzz_check_engine(engine, pool, &c, &config, NULL, NULL, &error));
  unsetenv("TIN_CC");
  assert_non_null(strstr(error.text, "/no/such/compiler cannot be run"));
  fuzz_case_free(&c);
  tin_engine_free(engine);
  tin_buffer_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(readable_kernels_compute_the_same),
      cmocka_unit_test(a_missing_compiler_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
