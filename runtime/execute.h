/* Realisation: drives all passes from graph to results. The engine owns caches, threads, statistics, switches. */
#ifndef TIN_RUNTIME_EXECUTE_H
#define TIN_RUNTIME_EXECUTE_H

#include "ir/graph.h"
#include "runtime/buffer.h"

struct tin_engine;
struct tin_replay; /* a run that can be done again */

/* How the engine works. Environment variables fill what is left at the default (see tin_options_from_environment). */
struct tin_options {
  const char *target; /* "avx512", "avx2", "portable", "interpreter", or NULL: the best that the CPU has */
  int threads;        /* 0: all CPUs that the process may use */
  uint32_t fuse;      /* TIN_FUSE_* */
  bool fuse_set;      /* false: everything */
  const char *dump;   /* folder for readable kernels, or NULL */
  bool profile;       /* table when the engine is freed */
  bool tier;          /* plain C is compiled again by the system's compiler, in the background (runtime/tier.h) */
  bool compare;       /* each new plan also runs unfused on copies */
  int check;          /* TIN_CHECK_*: how kernels are watched */
  const char *debug;  /* letters of passes to print after, see the table of passes in execute.c; or NULL */
};
#ifndef TIN_FUSE_DEFINED /* the public header defines the same enum */
#define TIN_FUSE_DEFINED
enum {
  TIN_FUSE_CHAIN = 1,       /* elementwise chains */
  TIN_FUSE_REDUCE = 2,      /* elementwise into reductions */
  TIN_FUSE_ROW = 4,         /* several reductions and elementwise work over the same rows */
  TIN_FUSE_PROLOGUE = 8,    /* producers into the packing of a contraction */
  TIN_FUSE_EPILOGUE = 16,   /* consumers onto the tile of a contraction */
  TIN_FUSE_HORIZONTAL = 32, /* independent kernels in one launch */
  TIN_FUSE_BLOCK = 64,      /* contractions and the rows between them, a block of rows at a time */
  TIN_FUSE_ALL = 127
};
#endif

enum {
  TIN_CHECK_OFF,
  TIN_CHECK_BOUNDS,  /* every load and store is checked (runtime/check.h) */
  TIN_CHECK_COMPILER /* the readable text is compiled by the system's compiler and runs in place of the machine code; in a process with
                      * AddressSanitizer with that and UndefinedBehaviorSanitizer (runtime/code_cc.c) */
};

struct tin_statistics {
  int64_t kernels_compiled;
  int64_t functions_compiled;
  int64_t kernels_launched;
  int64_t kernels_replaced;
  int64_t replacements_failed;
  int64_t plan_hits;
  int64_t plan_misses;
  int64_t plans_run;
  int64_t bytes_planned;       /* arena of the newest plan */
  int64_t bytes_live;          /* of them, the most that are alive in one kernel: no plan of its memory needs less */
  int64_t bytes_without_reuse; /* the same with a buffer a value */
  int64_t bytes_peak;          /* most bytes held at once, all buffers */
  int64_t bytes_moved;         /* read and written by kernels of the newest plan, each operand once */
  int64_t nodes;               /* nodes of the newest plan's graph */
  double compile_seconds;      /* planning, code generation and libtcc, in all */
  double run_seconds;          /* executing plans, in all */
  double lookup_seconds;       /* finding plans, in all */
};

/* One pending update: the variable takes the value of node. */
struct tin_update {
  struct tin_variable *variable;
  struct tin_node *value; /* shape and dtype of the variable */
};

/* Reads TIN_TARGET, TIN_THREADS, TIN_FUSE, TIN_DUMP, TIN_PROFILE, TIN_COMPARE, TIN_DEBUG into the fields at their default; false
 * with an error that names the variable, its value and the accepted ones. */
bool tin_options_from_environment(struct tin_options *options, struct tin_error *error);

/* NULL with error: unknown target, target that this CPU lacks, bad TIN_CHECK (which every engine reads by itself, so that programs that
 * make their own engines can be checked), out of memory. */
struct tin_engine *tin_engine_new(const struct tin_options *options, struct tin_buffer_pool *pool, struct tin_error *error);
void tin_engine_free(struct tin_engine *engine); /* prints the profile where asked */
const struct tin_statistics *tin_engine_statistics(const struct tin_engine *engine);
const struct tin_options *tin_engine_options(const struct tin_engine *engine);
void tin_engine_clear(struct tin_engine *engine); /* drops cached plans and code */

/* Computes outputs and updates in one plan. Afterwards each output node has a buffer (one reference, owned by the node: whoever frees the
 * graph drops it) unless it is a VAR, and each updated variable has its new value and version + 1.
 * `in_place`: no node made so far will be read any more, so updates may overwrite the variables' buffers; otherwise an updated variable
 * gets a fresh buffer, and the old version's VAR nodes are given the old buffer as their realised value (node->buffer), so that what was
 * built on the old version still reads it.
 * On failure nothing changes: no output is realised, no variable updated; error says why. */
bool tin_engine_run(struct tin_engine *engine, struct tin_graph *graph, struct tin_node **outputs, int n_outputs,
                    const struct tin_update *updates, int n_updates, bool in_place, struct tin_error *error);

/* As tin_engine_run. Where replay is not NULL, *replay becomes what is needed to run the same again when the graph is gone: the caller
 * frees it, also after a failure. */
bool tin_engine_capture(struct tin_engine *engine, struct tin_graph *graph, struct tin_node **outputs, int n_outputs,
                        const struct tin_update *updates, int n_updates, bool in_place, struct tin_replay **replay,
                        struct tin_error *error);
/* Runs it on the values that its variables have now: these are updated (in place where nobody else has their buffers), and outputs[i] is a
 * reference to the value of the captured run's output i. On failure nothing changes. */
bool tin_replay_run(struct tin_replay *replay, struct tin_buffer **outputs, struct tin_error *error);
/* Where the replay has the value of a SCALAR of the graph that was captured last, to be changed; NULL when the run does not depend on it.
 */
uint64_t *tin_replay_scalar(struct tin_replay *replay, const struct tin_node *node);
void tin_replay_free(struct tin_replay *replay); /* before the engine; NULL is allowed */

/* What ran, for people: a table of the kernels of the newest plan with name, shapes, what was fused, and where profiled time, GFLOP/s,
 * GB/s. */
void tin_engine_report(struct tin_engine *engine, struct tin_text *text);

#endif
