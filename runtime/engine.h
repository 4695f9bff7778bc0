/* What the files of the engine share: signatures, plans as they are kept and run, and the engine itself. Private to runtime.
 *
 *   execute.c     the engine, the table of passes, making a plan, adopting results
 *   options.c     switches from the environment
 *   plan_keep.c   from a schedule to a plan that can run again
 *   plan_cache.c  signatures of graphs; the cache of plans
 *   launch.c      running a plan
 *   replay.c      running a plan again without its graph
 *   interpret.c   the target "interpreter": node by node
 *   compare.c     fused against unfused
 *   profile.c     tables of times
 *   dump.c        readable kernels in a folder
 *   check.c       kernels with checked accesses; check_vector.c runs their vector programs; code_cc.c has readable kernels compiled
 *   tier.c        plain C compiled once more in the background
 */
#ifndef TIN_RUNTIME_ENGINE_H
#define TIN_RUNTIME_ENGINE_H

#include "codegen/kernel.h"
#include "ir/graph.h"
#include "runtime/buffer.h"
#include "runtime/code.h"
#include "runtime/execute.h"
#include "runtime/machine.h"
#include "runtime/pool.h"
#include "runtime/tier.h"
#include "schedule/plan.h"

double tin_seconds(void); /* a monotonic clock */

/* ---- signatures (plan_cache.c) ---- */

/* A walk over a graph: its nodes in the order of tin_graph_order, and its structure as words, see plan_cache.c. The memory is kept from run
 * to run. */
struct tin_walk {
  uint64_t *words;
  size_t n_words, words_capacity;
  struct tin_node **order;
  size_t n_order, order_capacity;
  struct tin_walk_frame *stack;
  size_t stack_capacity;
  struct tin_walk_update *updates; /* open addressing by variable */
  size_t updates_capacity;         /* power of two, or 0 */
  uint64_t hash;
  const void **roots; /* outputs, values and variables of the updates */
  size_t roots_capacity;
  uint32_t *bound; /* positions of the nodes that may have values, or not, each time */
  size_t n_bound, bound_capacity;
  uint32_t number; /* tin_graph_repeats of the graph, so that the walk is not taken again; 0: not to be used again */
};

/* What is asked for in one run. */
struct tin_request {
  struct tin_graph *graph;
  struct tin_node **outputs;
  int n_outputs;
  const struct tin_update *updates;
  int n_updates;
  bool in_place;
};

/* False with error: out of memory, or a variable read at a version that it no longer has. */
bool tin_walk_take(struct tin_walk *walk, const struct tin_request *request, uint32_t fuse, struct tin_error *error);
/* The number of the newest update of the variable in this walk's request, or -1. */
int tin_walk_update_of(const struct tin_walk *walk, const struct tin_variable *variable);
/* Numbers the nodes by their positions: a walk that is not taken again leaves them as they are. */
void tin_walk_number(const struct tin_walk *walk);
/* What tin_walk_update_of needs, into memory of the arena. */
void tin_walk_copy_updates(struct tin_walk *to, const struct tin_walk *from, struct tin_arena *arena);
void tin_walk_free(struct tin_walk *walk);

/* ---- a plan as it is kept ---- */

struct tin_run_value {
  uint8_t place; /* enum tin_place */
  int position;  /* PLACE_LEAF: position of its node in the walk */
  int update;    /* PLACE_OWNED: the update it may overwrite, or -1 */
  int64_t bytes;
  int64_t offset; /* PLACE_ARENA */
};

typedef void tin_entry_fn(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end);

struct tin_run_entry {
  tin_entry_fn *run;
  int first_operand, first_scalar; /* among those of the plan */
  int64_t items;
  double weight; /* estimated seconds of all items */
  double before; /* sum of the weights of the kernel's earlier entries */
};

/* A plan value that a kernel may touch. */
struct tin_run_operand {
  int value;
  bool written;
};

struct tin_run_kernel {
  const char *name;
  const char *fused;  /* what was fused, for people */
  const char *shapes; /* iteration spaces, for people */
  const char *how;    /* what was generated: "avx512", "portable" */
  int first_entry, n_entries;
  double weight; /* estimated seconds, one thread */
  double flops, bytes;
  int64_t calls; /* while profiling */
  double seconds;
  /* for the bounds-checked mode: */
  int position; /* of the first part's anchor in the walk */
  int n_operands;
  struct tin_run_operand *operands;
};

struct tin_run_check {
  int value;
  int kernel; /* runs before this one */
  struct tin_index_limits limits;
  int64_t size; /* elements of the index tensor */
  uint8_t dtype;
  int position; /* of the gather or scatter in the walk */
};

struct tin_plan {
  struct tin_plan *next;          /* in its bucket of the cache */
  struct tin_plan *newer, *older; /* by last use */
  int holders;                    /* replays that need it, also when the cache has let it go */
  bool evicted;
  uint64_t hash;
  const uint64_t *words;
  size_t n_words;
  struct tin_arena arena; /* holds everything below */
  int serial;             /* of the engine: names it to people */
  uint32_t fuse;
  struct tin_run_value *values;
  struct tin_run_entry *entries;
  struct tin_run_kernel *kernels;
  struct tin_run_check *checks;       /* by kernel */
  struct tin_check_program *programs; /* bounds-checked mode: the vector programs of all kernels */
  struct tin_operand *operands;       /* of all entries */
  int *scalar_positions;              /* of all entries: of each scalar's node in the walk */
  int *output_values, *update_values;
  int n_values, n_entries, n_kernels, n_checks, n_operands, n_scalars, n_nodes, n_functions;
  int64_t arena_bytes, bytes_live, bytes_without_reuse, scratch_bytes; /* scratch: of one thread */
  double flops, bytes;
  bool overwrites; /* updates may be computed in place: every index tensor is checked before the first such kernel */
  struct tin_code *code;
  bool replaced;             /* that code was adopted, or there is none */
  struct tin_tier_job *tier; /* that compiles the plan once more, or whose code it runs; NULL: none */
};

size_t tin_plan_size(const struct tin_plan *plan); /* bytes held, code included */
void tin_plan_free(struct tin_plan *plan);         /* NULL is allowed */
void tin_plan_release(struct tin_plan *plan);      /* one holder less; NULL is allowed */

/* plan_keep.c: fills the plan from what was made for it; texts and arrays go to the plan's arena. */
struct tin_kept {
  const struct tin_schedule *schedule;
  const struct tin_kernel_code *codes; /* by kernel */
  void *const *addresses;              /* of all entries, in order */
  const struct tin_walk *walk;
  struct tin_arena *arena; /* of the run in progress */
  bool checked;            /* keep what the bounds-checked mode needs */
};
bool tin_plan_keep(struct tin_plan *plan, const struct tin_kept *from, struct tin_error *error);
double tin_entry_weight(const struct tin_entry *entry); /* estimated seconds of one thread */
int tin_count_entries(const struct tin_schedule *schedule, const struct tin_kernel_code *codes);

/* Plans by signature; the least recently used leave first. */
enum { TIN_PLAN_BUCKETS = 1024 };
struct tin_plan_cache {
  struct tin_plan *buckets[TIN_PLAN_BUCKETS];
  struct tin_plan *newest, *oldest; /* by last use */
  int count;
  size_t bytes;
};
struct tin_plan *tin_plan_cache_find(struct tin_plan_cache *cache, const struct tin_walk *walk);
void tin_plan_cache_add(struct tin_plan_cache *cache, struct tin_plan *plan);
void tin_plan_cache_clear(struct tin_plan_cache *cache);
/* Why nothing was found: the first node that differs from the most similar plan. */
void tin_plan_cache_explain(const struct tin_plan_cache *cache, const struct tin_walk *walk, struct tin_text *text);

/* ---- the engine ---- */

struct tin_dump {
  const char *folder;    /* NULL: off */
  struct tin_arena rows; /* of the table of kernels */
  struct tin_text index;
};

struct tin_engine {
  struct tin_options options; /* strings in `strings` */
  struct tin_arena strings;
  const struct tin_codegen_target *target; /* NULL: the interpreter */
  struct tin_buffer_pool *pool;
  struct tin_pool *threads;
  struct tin_tier *tier; /* NULL: off */
  int n_threads;
  struct tin_statistics statistics;
  struct tin_arena arena; /* of the run in progress */
  struct tin_walk walk;
  struct tin_plan_cache cache;
  struct tin_buffer *memory;  /* arena of plans: as large as the largest plan needed */
  struct tin_buffer *scratch; /* of all threads */
  int64_t scratch_stride;
  int n_plans; /* made so far */
  struct tin_dump dump;
  struct tin_machine machine;
};

/* Values of one run, each with a reference kept for the receiver; NULL for an output that is a variable. */
struct tin_results {
  struct tin_buffer **outputs;
  struct tin_buffer **updates;
};
void tin_results_drop(struct tin_results *results, const struct tin_request *request);

/* ---- running; all need engine->arena with a fail target ---- */

/* Before anything is run, `results` is set up so that tin_results_drop and tin_run_end are safe after a jump. */
struct tin_run {
  struct tin_engine *engine;
  const struct tin_request *request;
  const struct tin_walk *walk; /* of the request: the engine's, or a replay's own */
  struct tin_plan *plan;
  bool profiles;               /* kernels are timed */
  bool overwrite;              /* updates may overwrite the buffers of their variables */
  struct tin_buffer **buffers; /* by plan value (interpreter: by node): those with a reference of this run, else NULL */
  int n_buffers;
  char **addresses; /* by plan value */
  char **operands;  /* by operand of the entries */
  unsigned long long *scalars;
  struct tin_results results;
  struct tin_error *error;
};

bool tin_run_plan(struct tin_run *run);        /* launch.c */
bool tin_run_interpreter(struct tin_run *run); /* interpret.c */
/* launch.c: among how many threads a kernel is divided, and the first item of an entry that belongs to a share (share = shares: the end).
 */
int tin_shares(const struct tin_run_kernel *kernel, int threads);
int64_t tin_share_begin(const struct tin_run_kernel *kernel, const struct tin_run_entry *entry, int64_t share, int shares);
void tin_run_end(struct tin_run *run); /* drops what the run holds, results included */
/* The buffer of a leaf, or NULL: a realised node's, or a variable's. */
static inline struct tin_buffer *tin_leaf_buffer(const struct tin_node *node) {
  return node->buffer ? node->buffer : node->variable ? node->variable->buffer : NULL;
}
/* A reference to the value of an output that is a leaf; NULL for a variable that this run does not update. */
struct tin_buffer *tin_run_leaf_output(const struct tin_run *run, const struct tin_node *node);

/* Makes a plan for the request in engine->walk. The caller owns *plan, also after a failure or a jump. */
bool tin_plan_make(struct tin_engine *engine, const struct tin_request *request, uint32_t fuse, bool quiet, struct tin_plan **plan,
                   struct tin_error *error);

/* replay.c: copies what a replay of the request in engine->walk needs. The caller owns *replay, also after a failure or a jump. */
bool tin_replay_take(struct tin_engine *engine, const struct tin_request *request, struct tin_plan *plan, struct tin_replay **replay,
                     struct tin_error *error);
/* execute.c: statistics of a run that has ended well; plan is NULL for the interpreter. */
void tin_count_run(struct tin_engine *engine, const struct tin_plan *plan, const struct tin_walk *walk);

/* compare.c: runs the new plan and its unfused form on the request's leaves and prints what differs; `run` holds the results. */
struct tin_comparison {
  struct tin_plan *unfused;
  struct tin_run reference; /* of the unfused plan */
  struct tin_run repeat;    /* runs that are only timed */
  double seconds, unfused_seconds;
};
bool tin_compare_measure(struct tin_comparison *comparison, const struct tin_run *run);
void tin_compare_print(const struct tin_comparison *comparison, const struct tin_run *run);
void tin_compare_end(struct tin_comparison *comparison);

/* profile.c */
void tin_profile_plan(struct tin_engine *engine, const struct tin_plan *plan, struct tin_text *text);
void tin_profile_print(struct tin_engine *engine); /* all plans in the cache, to stderr */

/* The text of runtime/tin_vector.h, the meaning of the v-ops; weak: a program that is built without it has none. */
extern const char tin_vector_header[] __attribute__((weak));
/* dump.c: the folder is made, with the header that the kernels include; false with an error that names TIN_DUMP. */
bool tin_dump_open(struct tin_engine *engine, struct tin_error *error);
bool tin_dump_plan(struct tin_engine *engine, const struct tin_plan *plan, const struct tin_text *kernels, struct tin_error *error);
void tin_dump_close(struct tin_engine *engine);

/* options.c: whether the target, the threads and the debug letters are known ones; false with error. */
bool tin_options_check(const struct tin_options *options, struct tin_error *error);
/* Takes TIN_CHECK where options->check is off; false with error. */
bool tin_options_read_check(struct tin_options *options, struct tin_error *error);

/* execute.c: the letters of TIN_DEBUG, and what they print, as text for messages. */
bool tin_debug_letter(char letter);
void tin_debug_letters(char *text, size_t size);

#endif
