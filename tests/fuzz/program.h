/* Random programs over the public interface: variables, inputs written anew for each step, random calls, gradients and optimisers, updates
 * of variables and of parts of them, scopes, values kept, realised and read at random places. A program runs for a few steps in one
 * context a configuration, and everything that it reads must have the bits, and every error the words, that a context has whose target is
 * the interpreter, without fusion.
 *
 * Each statement draws from a stream of its own, so that what is left of a program does the same when others are taken away. */
#ifndef TIN_TESTS_PROGRAM_H
#define TIN_TESTS_PROGRAM_H

#include "fuzz.h"

enum { PROGRAM_STATEMENTS = 32, PROGRAM_VARIABLES = 5 };

struct program {
  uint64_t seed;
  int n_statements, n_steps;
  bool dropped[PROGRAM_STATEMENTS];
};

void program_make(struct program *program, uint64_t seed);
/* The configurations to run it in; at most `limit`. */
int program_configs(uint64_t seed, struct fuzz_config *configs, int limit);
/* Runs it in the configuration and with the interpreter; false with what differs. */
bool program_check(const struct program *program, const struct fuzz_config *config, struct tin_error *error);
/* Makes a failing program as small as it can, and prints what is left. */
void program_report(FILE *file, uint64_t seed, const struct fuzz_config *config);

#endif
