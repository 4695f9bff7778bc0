/* The plan of one realisation: which nodes share a kernel, which values have memory.
 *
 * The schedule refers to graph nodes and lives only while a plan is being made; what is needed to run it again is copied out by
 * runtime/execute.c. Every order in it comes from tin_graph_order of the outputs and update values, so equal graphs give equal schedules.
 */
#ifndef TIN_SCHEDULE_PLAN_H
#define TIN_SCHEDULE_PLAN_H

#include "ir/indexing.h"

/* Where a value that has memory lives. */
enum tin_place {
  PLACE_LEAF,  /* given: a realised node or a variable; slot `leaf` in the order of leaves */
  PLACE_ARENA, /* inside the plan's arena, at `offset` from `first_kernel` to `last_kernel` */
  PLACE_OWNED, /* its own buffer, made for each run: an output or an update. When `update` >= 0 and the run may overwrite, the old buffer
                * of that update's variable serves, provided nothing else holds it */
  PLACE_BLOCK  /* never whole: a block of its rows at a time, in the scratch of the BLOCK parts that compute and read it */
};

struct tin_plan_value {
  struct tin_node *node;
  enum tin_place place;
  uint8_t dtype;
  int64_t size; /* elements */
  int64_t bytes;
  int leaf;         /* PLACE_LEAF: number, else -1 */
  int update;       /* PLACE_OWNED: the update that this value may be computed into in place, else -1 */
  int64_t offset;   /* PLACE_ARENA: bytes, set by tin_schedule_memory */
  int slot;         /* PLACE_BLOCK: which of the blocks of its kernels it is */
  int64_t width;    /* PLACE_BLOCK: elements of a row: the columns of the block, or 1 */
  int first_kernel; /* the kernel that writes it, -1 for leaves */
  int last_kernel;  /* the last kernel that reads it (or writes it, when none reads) */
};

enum tin_part_kind {
  PART_MAP,      /* elementwise over one iteration space, any number of stores */
  PART_ROW,      /* reductions of one iteration space over the same axes, with elementwise work before, between and after */
  PART_CONTRACT, /* one chain contraction with producers inlined in its operands and consumers on its result */
  PART_SCATTER,  /* one scatter */
  PART_SCAN,     /* one scan or argsort */
  PART_BLOCK     /* stages: contractions and rows that pass a block of rows on to each other in scratch */
};

/* The rows that the stages of a BLOCK part share: values of [batch, rows, columns] and [batch, rows] in row-major order, of which a thread
 * holds a block of rows of one batch at a time. */
struct tin_block {
  int64_t batch, rows, columns;
  int n_slots; /* values in PLACE_BLOCK */
};

/* Elements between rows of a block: room for a vector panel behind the last column, off powers of two. */
static inline int64_t tin_block_leading(int64_t width) {
  return width == 1 ? 1 : (width + 31) / 32 * 32 + 16;
}

/* A reduction or contraction that has something to reduce. An empty one is a constant, computed by whatever reads it. */
static inline bool tin_node_reduces(const struct tin_node *node) {
  bool reduces = tin_op_is(node->op, OP_CLASS_REDUCE) ? node->op != OP_FOLD : node->op == OP_CONTRACT;
  return reduces && node->in[0]->size > 0;
}

/* Scans whose kernel puts the elements of the last input where the result goes: what computes them is fused. */
static inline bool tin_node_scans_in_place(const struct tin_node *node) {
  return tin_op_is(node->op, OP_CLASS_SCAN) && tin_ops[node->op].result == OP_RESULT_SAME;
}

/* A concat of so few inputs is not selected element by element: each input is computed over its own elements, into its place. More pieces
 * than this would be more text than they save. */
enum { TIN_CONCAT_PIECES = 64 };
static inline bool tin_node_is_pieced(const struct tin_node *node) {
  return node->op == OP_CONCAT && node->n_in > 1 && node->n_in <= TIN_CONCAT_PIECES && node->size > 0;
}

/* One body of a kernel: an iteration space and what is computed over it. */
struct tin_part {
  enum tin_part_kind kind;
  int rank;
  int64_t shape[TIN_MAX_RANK]; /* MAP: of the stored nodes; ROW: full shape (inputs of the reductions); CONTRACT: full shape */
  uint32_t axes;               /* ROW, CONTRACT: mask of reduced axes */
  struct tin_node *anchor;     /* CONTRACT, SCATTER, SCAN: the node; ROW: the first reduction; MAP: the first store */
  TIN_VEC(struct tin_node *)
  members;                           /* ROW: nodes held in the group, in graph order: reductions, and elementwise or expand nodes that
                                      * depend on one of them. CONTRACT: the consumers computed on the tile, in graph order */
  TIN_VEC(struct tin_node *) stores; /* nodes written to memory, in graph order */
  TIN_VEC(int) reads;                /* plan values that the part loads, ascending, each once */
  int piece;                         /* MAP whose anchor is pieced, in code generation: 1 + the input that is put in its place; else 0 */
  int64_t piece_start;               /* where its place begins along the axis */
  const char *fused;                 /* what was fused, for people: "bias, relu on the tile" */
  const struct tin_block *block;     /* of a BLOCK part and of its stages, else NULL */
  bool across;                       /* a stage that contracts over the rows of the block */
  TIN_VEC(struct tin_part *) stages; /* BLOCK: parts of the kinds above, in order. They store blocks, and what the part stores */
};

/* One launch: parts that do not depend on each other. */
struct tin_kernel {
  TIN_VEC(struct tin_part *) parts;
  const char *name; /* identifier made of its ops and number, e.g. "k3_contract_add_select" */
};

/* An index tensor whose values must be at least 0 and below their limits: looked at before kernel `kernel` runs. */
struct tin_check {
  int value; /* the index tensor's plan value */
  int kernel;
  struct tin_index_limits limits;
  struct tin_node *node; /* the gather or scatter, for the message */
};

/* What was decided about one node of the order. */
struct tin_planned {
  int value;          /* its plan value, or -1: computed inside its consumers */
  int kernel;         /* that computes (materialises or, inlined everywhere, -1) */
  int scalar;         /* SCALAR, and CONST of a float dtype: number of its run-time slot, else -1 */
  const char *reason; /* why it has memory of its own instead of being fused into its consumers; NULL where it was fused */
};

struct tin_caches {
  int64_t l1, l2; /* bytes of the data caches; 0: unknown */
};

struct tin_schedule {
  struct tin_node_list order;
  struct tin_planned *planned; /* by node->index */
  TIN_VEC(struct tin_plan_value) values;
  TIN_VEC(struct tin_kernel) kernels;
  TIN_VEC(struct tin_check) checks;
  TIN_VEC(int) output_values; /* plan value of each output (may repeat; may be a leaf) */
  TIN_VEC(int) update_values; /* plan value of each update (likewise) */
  int threads;                /* that will run it: kernels split their work into at least so many items; 0 is 1. Never changes a value */
  struct tin_caches caches;   /* of a core of the CPU that will run it, 0: unknown. Never changes a value either */
  int n_leaves;
  int n_scalars;
  int64_t arena_bytes;         /* set by tin_schedule_memory */
  int64_t bytes_live;          /* most bytes of arena values alive in one kernel: no placement needs less; set by tin_schedule_memory */
  int64_t bytes_without_reuse; /* sum of arena values, rounded as the arena rounds */
};

/* Groups the graph below the outputs and the update values into kernels. fuse: TIN_FUSE_* of runtime/execute.h. Arena with a fail target.
 */
struct tin_schedule *tin_schedule_build(struct tin_arena *arena, struct tin_graph *graph, struct tin_node **outputs, int n_outputs,
                                        struct tin_variable *const *update_variables, struct tin_node **update_nodes, int n_updates,
                                        uint32_t fuse);
/* memory.c: offsets of the PLACE_ARENA values from their live ranges, largest first, 64-byte aligned. */
void tin_schedule_memory(struct tin_schedule *schedule, struct tin_arena *arena);
/* verify.c: producers before consumers, every stored node has a value, live ranges that overlap do not share bytes, reads are known. */
bool tin_schedule_verify(const struct tin_schedule *schedule, struct tin_error *error);
/* Text form: kernels with their parts, stores, reads, fused nodes and the reasons why not; the grammar is at the top of plan_parse.c. */
void tin_schedule_print(struct tin_text *text, const struct tin_schedule *schedule);
/* Parses that form; NULL with the line in error. Nodes are stand-ins that have the op, dtype and shape of the text and no inputs: good for
 * the verifier, memory planning and printing. Only the text is checked: whether the plan is good, the verifier says. Needs an arena with a
 * fail target. */
struct tin_schedule *tin_schedule_parse(struct tin_arena *arena, const char *text, struct tin_error *error);

#endif
