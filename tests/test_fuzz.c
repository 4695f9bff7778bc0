/* A fixed number of random graphs in many configurations against the interpreter: tools/fuzz.c runs more of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/program.h"
#include <cmocka.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ /* each graph takes several times as long */
enum { GRAPHS = 40, ROUNDS = 8, PROGRAMS = 20 };
#else
enum { GRAPHS = 150, ROUNDS = 8, PROGRAMS = 100 };
#endif
enum { MAX_CONFIGS = 16 };

/* The configuration in which the case fails, or NULL. */
static const struct fuzz_config *failing_config(struct fuzz_engines *engines, struct fuzz_case *c, struct tin_error *error) {
  static struct fuzz_config configs[MAX_CONFIGS];
  int n_configs = fuzz_configs(c->seed, configs, MAX_CONFIGS);
  for (int i = 0; i < n_configs; i++)
    if (!fuzz_check(engines, c, &configs[i], error))
      return &configs[i];
  return NULL;
}

/* One graph in all its configurations; what fails is shrunk and printed. */
static void run_seed(struct fuzz_engines *engines, uint64_t seed) {
  static struct fuzz_case c;
  struct tin_error error = {.set = false};
  assert_true(fuzz_generate(&c, seed));
  const struct fuzz_config *config = failing_config(engines, &c, &error);
  if (config) {
    fuzz_report(stderr, seed, config);
    fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
  }
  fuzz_case_free(&c);
}

static void random_graphs(void **state) {
  const int *round = *state;
  struct fuzz_engines *engines = fuzz_engines_new();
  assert_non_null(engines);
  for (uint64_t i = 0; i < GRAPHS; i++)
    run_seed(engines, 1000 * (uint64_t)*round + i);
  assert_true(fuzz_engines_kernels(engines) > 0);
  fuzz_engines_free(engines);
}

/* Whole programs: steps, updates, gradients, scopes. */
static void random_programs(void **state) {
  for (uint64_t seed = 1; seed <= PROGRAMS; seed++) {
    struct program program;
    struct fuzz_config configs[MAX_CONFIGS];
    struct tin_error error = {.set = false};
    int n_configs = program_configs(seed, configs, MAX_CONFIGS);
    program_make(&program, seed);
    for (int i = 0; i < n_configs; i++) {
      if (program_check(&program, &configs[i], &error))
        continue;
      program_report(stderr, seed, &configs[i]);
      fail_msg("program %llu: %s", (unsigned long long)seed, error.text);
    }
  }
  (void)state;
}

/* Some graph has each op, and calls each public function of calls.c. */
static void all_covered(void **state) {
  enum { MOST = 4000 };
  static struct fuzz_case c;
  struct fuzz_coverage coverage = {.calls = {0}};
  FILE *file = tmpfile();
  assert_non_null(file);
  int missing = 1;
  for (uint64_t seed = 1; seed <= MOST && missing; seed++) {
    assert_true(fuzz_generate(&c, seed));
    fuzz_cover(&coverage, &c);
    fuzz_case_free(&c);
    missing = seed % 200 ? missing : fuzz_cover_print(file, &coverage);
  }
  fclose(file);
  if (missing)
    fuzz_cover_print(stderr, &coverage);
  assert_int_equal(missing, 0);
  (void)state;
}

/* The construction rules keep the bits. */
static void rules_keep_values(void **state) {
  static struct fuzz_case with, without;
  for (uint64_t seed = 1; seed <= 4 * GRAPHS; seed++) {
    struct tin_error error = {.set = false};
    assert_true(fuzz_generate_pair(&with, &without, seed));
    if (!fuzz_same_outputs(&with, &without, &error)) {
      fuzz_print(stderr, &with);
      fuzz_print(stderr, &without);
      fail_msg("seed %llu: %s", (unsigned long long)seed, error.text);
    }
    fuzz_case_free(&with);
    fuzz_case_free(&without);
  }
  (void)state;
}

/* The smallest forms of graphs that found faults. */
static const char *const old_faults[] = {
    /* a merge of ranges that was given up left its symbol's bounds to the next one */
    "%0 = var \"a\" f32[3, 1, 18, 3, 4]\n"
    "%1 = var \"b\" f32[3, 3, 38]\n"
    "%2 = window(%1) f32[3, 3, 18, 4] axis=2 size=4 stride=2 dilation=1\n"
    "%3 = reshape(%2) f32[3, 1, 3, 18, 4]\n"
    "%4 = permute(%3) f32[3, 1, 18, 3, 4] axes=0,1,3,2,4\n"
    "%5 = contract(%0, %4) f32[3, 1, 18, 1, 1] axes=3,4 class=lanes\n"
    "return %5\n",
    /* indices of 8 bits were checked as 32 bits */
    "%0 = var \"x\" f32[12, 21, 15]\n"
    "%1 = var \"index\" u8[5, 5]\n"
    "%2 = gather(%0, %1) f32[5, 5, 21, 15] axis=0\n"
    "return %2\n",
    /* a factor kept in a row buffer was loaded after the reduction that takes it */
    "%0 = var \"x\" f32[3, 6, 3]\n"
    "%1 = exp(%0) f32[3, 6, 3]\n"
    "%2 = sum(%1) f32[3, 6, 1] axes=2\n"
    "%3 = expand(%2) f32[3, 6, 3]\n"
    "%4 = contract(%3, %1) f32[3, 6, 1] axes=2 class=lanes\n"
    "return %4\n",
    /* a guard of an outer reduced range was computed once, before the loop over it */
    "%0 = var \"x\" f32[3, 1, 1]\n"
    "%1 = expand(%0) f32[3, 48, 1]\n"
    "%2 = pad(%1) f32[4, 48, 1] low=1,0,0 interior=0,0,0 fill=0x0p+0\n"
    "%3 = sum(%2) f32[1, 1, 1] axes=0,1\n"
    "return %3\n",
    /* the same for an address that no constant step moves along the range */
    "%0 = var \"x\" f32[2, 15, 17, 1]\n"
    "%1 = reshape(%0) f32[3, 1, 10, 17]\n"
    "%2 = reduce_min(%1) f32[3, 1, 1, 1] axes=2,3\n"
    "return %2\n",
    /* a counter has no memory to gather from */
    "%0 = iota i32[3]\n"
    "%1 = var \"index\" i32[6]\n"
    "%2 = gather(%0, %1) i32[6] axis=0\n"
    "return %2\n",
};

static void graphs_of_old_faults(void **state) {
  static struct fuzz_case c;
  struct fuzz_engines *engines = fuzz_engines_new();
  assert_non_null(engines);
  for (size_t i = 0; i < sizeof old_faults / sizeof *old_faults; i++) {
    struct tin_error error = {.set = false};
    if (!fuzz_parse(&c, old_faults[i], i, &error) || failing_config(engines, &c, &error))
      fail_msg("graph %zu: %s", i, error.text);
    fuzz_case_free(&c);
  }
  fuzz_engines_free(engines);
  (void)state;
}

int main(void) {
  static int rounds[ROUNDS];
  struct CMUnitTest tests[ROUNDS + 4] = {cmocka_unit_test(graphs_of_old_faults), cmocka_unit_test(rules_keep_values),
                                         cmocka_unit_test(all_covered), cmocka_unit_test(random_programs)};
  for (int i = 0; i < ROUNDS; i++) {
    rounds[i] = i + 1;
    tests[i + 4] = (struct CMUnitTest){.name = "random_graphs", .test_func = random_graphs, .initial_state = &rounds[i]};
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
