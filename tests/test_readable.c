/* Readable kernels as a compiler of the system reads them: the kernels of random graphs are dumped, compiled by gcc with the header beside
 * them, and run in the place of the machine code, on other data. The bits must be the interpreter's. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "runtime/engine.h"
#include <cmocka.h>

enum { CASES = 30 }; /* gcc takes about a quarter of a second for each */

struct bench {
  char folder[64];
  void *library; /* kernels of all plans of the case, NULL before they are compiled */
};

static bool run_command(const char *command, const char *folder) {
  char text[512];
  snprintf(text, sizeof text, command, folder, folder, folder);
  return system(text) == 0;
}

/* Two parts of a kernel are NAME and NAME_1. */
static bool replace_entries(struct tin_plan *plan, const struct tin_run_kernel *kernel, void *library, struct tin_error *error) {
  for (int part = 0; part < kernel->n_entries; part++) {
    char name[128];
    snprintf(name, sizeof name, part ? "%s_%d" : "%s", kernel->name, part);
    void *address = dlsym(library, name);
    if (!address) {
      tin_error_set(error, "no %s in the compiled kernels", name);
      return false;
    }
    memcpy(&plan->entries[kernel->first_entry + part].run, &address, sizeof address);
  }
  return true;
}

/* Between the runs: the engine's only plan gets gcc's functions. */
static bool use_compiled(struct tin_engine *engine, void *context, struct tin_error *error) {
  struct bench *bench = context;
  struct tin_plan *plan = engine->cache.newest;
  char path[96];
  snprintf(path, sizeof path, "%s/kernels.so", bench->folder);
  if (!plan || !plan->n_kernels)
    return true;
  if (!run_command("gcc -O1 -w -ffp-contract=off -Dtin_fmaf=fmaf -Dtin_fma=fma -Dtin_sqrtf=sqrtf -Dtin_sqrt=sqrt -Dtin_fmodf=fmodf "
                   "-Dtin_fmod=fmod -shared -fPIC "
                   "-o %s/kernels.so %s/p*.c -lm",
                   bench->folder)) {
    tin_error_set(error, "gcc does not compile the readable kernels");
    return false;
  }
  bench->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!bench->library) {
    tin_error_set(error, "%s", dlerror());
    return false;
  }
  for (int k = 0; k < plan->n_kernels; k++)
    if (!replace_entries(plan, &plan->kernels[k], bench->library, error))
      return false;
  return true;
}

static void run_seed(uint64_t seed, const struct fuzz_config *config) {
  static struct fuzz_case c;
  struct bench bench = {.folder = "/tmp/tinsmith-readable-XXXXXX"};
  struct tin_error error = {.set = false};
  assert_non_null(mkdtemp(bench.folder));
  struct tin_options options = {.target = config->target, .threads = 1, .fuse = config->fuse, .fuse_set = true, .dump = bench.folder};
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  struct tin_engine *engine = tin_engine_new(&options, pool, &error);
  assert_true(fuzz_generate(&c, seed));
  if (!engine || !fuzz_check_engine(engine, pool, &c, config, use_compiled, &bench, &error))
    fail_msg("seed %llu, target %s: %s", (unsigned long long)seed, config->target, error.text);
  fuzz_case_free(&c);
  tin_engine_free(engine);
  tin_buffer_pool_free(pool);
  if (bench.library)
    dlclose(bench.library);
  assert_true(run_command("rm -r %s", bench.folder));
}

static void readable_kernels_compute_the_same(void **state) {
  static const char *const targets[] = {"avx512", "avx2", "portable"};
  for (int i = 0; i < CASES; i++) {
    struct fuzz_config config = {.target = targets[i % 3], .fuse = TIN_FUSE_ALL, .threads = 1};
    if (tin_codegen_target_usable(tin_codegen_target_find(config.target)))
      run_seed(700 + (uint64_t)i, &config);
  }
  (void)state;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(readable_kernels_compute_the_same)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
