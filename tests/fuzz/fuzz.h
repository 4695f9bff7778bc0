/* Random graphs against the reference interpreter: generator, checker, shrinker. Shared by tests/test_fuzz.c and tools/fuzz.c.
 *
 * A case is a graph made through the builders from a seed, with data for its variables, outputs, updates, and nodes that are realised
 * before the rest. It is run on copies (a graph made node by node, without rules) by engines of many configurations; every value must have
 * the bits that the interpreter gives. Each case has two sets of data and of float constants: the second run must find the first one's
 * plan.
 */
#ifndef TIN_TESTS_FUZZ_H
#define TIN_TESTS_FUZZ_H

#include <stdio.h>

#include "frontend/data.h"
#include "ir/graph.h"
#include "runtime/execute.h"

enum {
  FUZZ_SETS = 2,        /* of data and constants */
  FUZZ_LEAVES = 256,    /* most variables of a case */
  FUZZ_OUTPUTS = 8,     /* most outputs; likewise updates, and nodes realised early */
  FUZZ_MAX_NODES = 600, /* of a case */
  FUZZ_CALLS = 256      /* at least the functions of calls.c */
};

struct fuzz_leaf {
  struct tin_variable variable; /* without a buffer */
  void *data[FUZZ_SETS];
};

struct fuzz_update {
  struct tin_variable *variable;
  struct tin_node *value;
};

struct fuzz_case {
  uint64_t seed;
  struct tin_arena arena;
  struct tin_graph graph;
  uint32_t serial, stamp;
  struct fuzz_leaf leaves[FUZZ_LEAVES];
  int n_leaves;
  struct tin_node *outputs[FUZZ_OUTPUTS];
  struct fuzz_update updates[FUZZ_OUTPUTS];
  struct tin_node *early[FUZZ_OUTPUTS]; /* realised before the rest, where the configuration says so */
  int n_outputs, n_updates, n_early;
  struct tin_node_list order; /* of all outputs and updates; node->index is the position */
  void **values[FUZZ_SETS];   /* by position: what the interpreter says */
  bool same_numbers;          /* both sets have the same constants: others would make indices that are out of range */
  bool called[FUZZ_CALLS];    /* functions of calls.c that the graph may be made of */
};

/* What cases had, so that a test can tell what none of them has. */
struct fuzz_coverage {
  int64_t ops[OP_COUNT][TIN_DTYPE_COUNT]; /* nodes by dtype of the first input, sources by their own */
  int64_t calls[FUZZ_CALLS];
};

struct fuzz_config {
  const char *target;
  uint32_t fuse; /* TIN_FUSE_* */
  int threads;
  bool in_place; /* updates may overwrite */
  bool early;    /* some nodes are realised before the rest */
};

/* generate.c: the case of a seed; false when memory ran out. */
bool fuzz_generate(struct fuzz_case *c, uint64_t seed);
/* The same graph made with the construction rules and without them, of ops whose bits every rule keeps. */
bool fuzz_generate_pair(struct fuzz_case *with, struct fuzz_case *without, uint64_t seed);
/* A case from text that `tinsmith run` takes. */
bool fuzz_parse(struct fuzz_case *c, const char *text, uint64_t seed, struct tin_error *error);
void fuzz_case_free(struct fuzz_case *c);
/* Memory for a leaf of this dtype and shape, NULL when there are too many; data is uninitialised. */
struct fuzz_leaf *fuzz_leaf_add(struct fuzz_case *c, tin_dtype dtype, int rank, const int64_t *shape);
void fuzz_case_init(struct fuzz_case *c, uint64_t seed);

/* Adds what the case has. */
void fuzz_cover(struct fuzz_coverage *coverage, const struct fuzz_case *c);
/* Ops, dtypes they accept and public functions that none had, one a line; how many of ops and functions. */
int fuzz_cover_print(FILE *file, const struct fuzz_coverage *coverage);

/* check.c */
struct fuzz_engines; /* one engine a configuration, made when first needed */
struct fuzz_engines *fuzz_engines_new(void);
void fuzz_engines_free(struct fuzz_engines *engines);
int64_t fuzz_engines_kernels(const struct fuzz_engines *engines); /* compiled so far */
/* Sets order and values of a case whose outputs and updates are known; false with error. */
bool fuzz_prepare(struct fuzz_case *c, struct tin_error *error);
/* Outputs of two prepared cases have equal bits, any NaN being equal to any; false with what differs. */
bool fuzz_same_outputs(const struct fuzz_case *a, const struct fuzz_case *b, struct tin_error *error);
/* Position of the first element that differs, any NaN being equal to any; -1: none. */
int64_t fuzz_first_difference(const void *a, const void *b, int64_t size, tin_dtype dtype);
/* Small kernels stay on one thread: lets the engine believe that the plans made so far take long, so that the next run splits them. */
void fuzz_share_kernels(struct tin_engine *engine);
/* Runs both sets of the case; false with what differs. */
bool fuzz_check(struct fuzz_engines *engines, struct fuzz_case *c, const struct fuzz_config *config, struct tin_error *error);
/* The same on a given engine; `between` is called between the two sets, when all plans have been made. */
typedef bool fuzz_between(struct tin_engine *engine, void *context, struct tin_error *error);
bool fuzz_check_engine(struct tin_engine *engine, struct tin_buffer_pool *pool, struct fuzz_case *c, const struct fuzz_config *config,
                       fuzz_between *between, void *context, struct tin_error *error);
/* The configurations to run the case of a seed in; at most `limit`. Those that this CPU lacks are left out. */
int fuzz_configs(uint64_t seed, struct fuzz_config *configs, int limit);
void fuzz_config_print(FILE *file, const struct fuzz_config *config);

/* shrink.c: runs the case in a child process, so that crashes and endless loops count as faults too. */
bool fuzz_fails(struct fuzz_case *c, const struct fuzz_config *config);
/* Data, as comments, and graph in text form. */
void fuzz_print(FILE *file, struct fuzz_case *c);
/* Makes a failing case as small as it can, and prints it with the configuration. */
void fuzz_report(FILE *file, uint64_t seed, const struct fuzz_config *config);

#endif
