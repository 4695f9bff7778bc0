/* A fixed number of random graphs in many configurations against the interpreter: tools/fuzz.c runs more of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include <cmocka.h>

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__ /* each graph takes several times as long */
enum { GRAPHS = 40, ROUNDS = 8 };
#else
enum { GRAPHS = 150, ROUNDS = 8 };
#endif
enum { MAX_CONFIGS = 16 };

/* One graph in all its configurations; what fails is shrunk and printed. */
static void run_seed(struct fuzz_engines *engines, uint64_t seed) {
  static struct fuzz_case c;
  struct fuzz_config configs[MAX_CONFIGS];
  int n_configs = fuzz_configs(seed, configs, MAX_CONFIGS);
  assert_true(fuzz_generate(&c, seed));
  for (int i = 0; i < n_configs; i++) {
    struct tin_error error = {.set = false};
    if (fuzz_check(engines, &c, &configs[i], &error))
      continue;
    fuzz_report(stderr, seed, &configs[i]);
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

/* Seeds of graphs that found faults. */
static void graphs_of_old_faults(void **state) {
  static const uint64_t seeds[] = {3, 28, 62, 78, 246, 795, 5136, 109810, 301129};
  struct fuzz_engines *engines = fuzz_engines_new();
  assert_non_null(engines);
  for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
    run_seed(engines, seeds[i]);
  fuzz_engines_free(engines);
  (void)state;
}

int main(void) {
  static int rounds[ROUNDS];
  struct CMUnitTest tests[ROUNDS + 2] = {cmocka_unit_test(graphs_of_old_faults), cmocka_unit_test(rules_keep_values)};
  for (int i = 0; i < ROUNDS; i++) {
    rounds[i] = i + 1;
    tests[i + 2] = (struct CMUnitTest){.name = "random_graphs", .test_func = random_graphs, .initial_state = &rounds[i]};
  }
  return cmocka_run_group_tests(tests, NULL, NULL);
}
