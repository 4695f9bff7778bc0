/* The tensor graph: immutable, hash-consed nodes.
 *
 * A struct tin_graph owns the nodes made between two moments (a scope, or the life of a context). Nodes may have inputs in an older
 * graph (graph->parent and its parents), never in a younger one; consing looks in the graph and all its parents, so equal expressions
 * are the same pointer. All builders below take valid arguments (the front end checks and words the errors; here they are asserted),
 * run the construction rules of rules.c, and return NULL only when memory ran out; a NULL input gives NULL, so that calls nest.
 *
 * The bits of a value depend on the node as constructed: every rule that chooses an order of accumulation, or turns the sum of a
 * product into a contraction, runs in these builders and looks only at the node and what is below it.
 */
#ifndef TIN_IR_GRAPH_H
#define TIN_IR_GRAPH_H

#include "common/mem.h"
#include "ir/ir.h"

/* Most axes of a node. Tensors of the user have at most TIN_RANK_LIMIT; nodes inside a composition may need more (a convolution of
 * volumes in groups: 2 + 2 + 3 + 3). */
enum { TIN_MAX_RANK = 12, TIN_MAX_ARGS = 2 * TIN_MAX_RANK };

/* No axis and no tensor is larger; leaves room for products with strides in 64 bits. */
#define TIN_SIZE_LIMIT (INT64_C(1) << 48)

struct tin_buffer;   /* runtime/buffer.h */
struct tin_variable; /* below */
struct tin_custom;   /* below */

/* Where the user made a node. Not part of its identity: the first maker's site stays. */
struct tin_site {
  const char *file; /* lives as long as the context */
  int line;
  const char *name; /* the name the user gave the tensor, or NULL */
};

struct tin_node {
  uint16_t op;
  uint8_t dtype;
  uint8_t rank;
  uint16_t n_in;
  uint16_t n_arg;
  struct tin_node **in;
  int64_t *arg;   /* the op's integer attributes, see ops.def */
  int64_t *shape; /* rank sizes */
  int64_t size;   /* product of the shape */
  uint64_t bits;  /* CONST, SCALAR: the value; PAD: the fill; as the low bytes of the dtype's representation */
  uint64_t hash;  /* of everything above, with inputs by their hashes: the same in every process, except below a SCALAR */
  uint64_t order; /* hash without what may change from step to step (float constants, scalars, versions, starts of slices, passing
                   * variables): puts the operands of commutative ops in an order that repeats, so that the next step finds its plan */
  union {
    struct tin_variable *variable; /* VAR: which; bits is the version */
    struct tin_custom *custom;     /* IDENTITY: where its gradient comes from; NULL: from its input */
  };
  struct tin_buffer *buffer; /* the realised value, or NULL; a realised node is a leaf */
  struct tin_site site;
  uint32_t serial; /* creation number in the context; unique */
  uint32_t mark;   /* scratch of traversals: `index` is valid while mark equals the traversal's stamp */
  uint32_t index;
};

/* A variable: storage that outlives scopes. Its current value is variable->buffer at `version`. */
struct tin_variable {
  uint8_t dtype;
  uint8_t rank;
  int64_t shape[TIN_MAX_RANK];
  int64_t size;
  uint64_t id;               /* creation number in the context */
  uint64_t version;          /* grows with every realised update and every write */
  uint32_t life;             /* grows when the storage is freed, to be used again */
  struct tin_buffer *buffer; /* the value of `version` */
  const char *name;          /* or NULL */
  bool passing;              /* made anew in each step, with another id: which one it is does not count for tin_node.order */
};

/* A gradient that is not derived from the graph: nothing flows into the input of the IDENTITY that carries it, but into `in` what `pull`
 * makes of the cotangent. The nodes in `in` exist for gradients only; no plan sees them. */
struct tin_custom {
  /* y: the IDENTITY or its copy, x: those of `in` or their copies, g: the cotangent. out: by x, the cotangent in x's shape and dtype, or
   * NULL for none. False with error. May build nodes and compute; marks of traversals are lost. */
  bool (*pull)(struct tin_custom *custom, struct tin_node *y, struct tin_node *const *x, struct tin_node *g, struct tin_node **out,
               struct tin_error *error);
  struct tin_node **in;
  int n_in;
};

/* The nodes of one stretch of the program, by their serials, that gradients compute again instead of keeping (ir/recompute.h). */
struct tin_segment {
  struct tin_segment *older; /* of the graph */
  uint32_t first, last;      /* the nodes with first < serial <= last; last 0: not ended yet */
};

struct tin_graph_slot {
  uint64_t hash; /* of the node, so that a probe does not touch other nodes */
  struct tin_node *node;
};

struct tin_graph {
  struct tin_graph *parent; /* older graph, or NULL */
  struct tin_arena arena;
  struct tin_graph_slot *table; /* open addressing, power of two */
  int table_count;
  int table_capacity;
  uint32_t *serial;             /* counter shared by the graphs of one context */
  uint32_t first_serial;        /* its nodes have larger ones */
  uint32_t *stamp;              /* traversal stamps, shared likewise */
  int n_variables;              /* VARs among its nodes */
  int rule_depth;               /* rules in progress, one inside the other */
  int tracing;                  /* TIN_TRACE_*: what is done with the record of how it is made (ir/trace.h) */
  struct tin_trace *trace;      /* or NULL */
  struct tin_site site;         /* given to the nodes made next */
  struct tin_segment *segments; /* the newest; segments of one context are nested or apart */
};

enum { TIN_TRACE_OFF, TIN_TRACE_RECORDS, TIN_TRACE_REPLAYS };

void tin_graph_init(struct tin_graph *graph, struct tin_graph *parent, uint32_t *serial, uint32_t *stamp);
void tin_graph_free(struct tin_graph *graph); /* drops the table and arena; buffers of its nodes are the caller's business */
/* For loops that make a graph again and again: forgets the nodes but keeps table, arena and the record of how it was made in `spare`, to be
 * started from by tin_graph_restart (a spare that was never filled, all zero, starts from nothing). */
void tin_graph_retire(struct tin_graph *graph, struct tin_graph *spare);
void tin_graph_restart(struct tin_graph *graph, struct tin_graph *spare, struct tin_graph *parent, uint32_t *serial, uint32_t *stamp);

/* Whether nodes are what they were in an earlier graph that was made the same way (and hence what is derived from them): equal numbers, and
 * the newer one replays. 0: no record. */
uint32_t tin_graph_repeats(const struct tin_graph *graph);
/* From here on the graph is recorded, or replayed, no more: where nodes get values, or its table is looked into. */
void tin_graph_settle(struct tin_graph *graph);
/* Puts a node of a record into the table. */
void tin_graph_insert(struct tin_graph *graph, struct tin_node *node);

/* ---- indexing ---- */

/* What an index tensor names; the attributes of GATHER and SCATTER, see ops.def. */
struct tin_indexing {
  int axis;   /* the first indexed axis of x */
  int batch;  /* leading axes that x and the index share */
  int coords; /* 0: the index holds positions; else the size of its last axis, which holds coordinates */
  int tail;   /* axes that x, behind the indexed ones, and the index, behind its places, share */
};

/* What a scatter makes of the old value at a place and a source element. For bool min is and, max is or; there is no add and mul. */
enum tin_scatter_mode { TIN_SCATTER_ADD, TIN_SCATTER_SET, TIN_SCATTER_MUL, TIN_SCATTER_MIN, TIN_SCATTER_MAX, TIN_SCATTER_MODES };

/* ---- builders: one per op or class of ops ----
 * An op that does not accept f16 and bf16 (tin_op_accepts) gets them as f32, and its result of the same dtype is cast back: no such node is
 * ever made. Where several ops form one function, the front end casts around all of them (tin_call_widen). */
struct tin_node *tin_node_const(struct tin_graph *graph, tin_dtype dtype, uint64_t bits);  /* 0-d */
struct tin_node *tin_node_number(struct tin_graph *graph, tin_dtype dtype, double value);  /* 0-d const, converted by `cast` from f64 */
struct tin_node *tin_node_scalar(struct tin_graph *graph, tin_dtype dtype, uint64_t bits); /* never merged, never folded */
struct tin_node *tin_node_iota(struct tin_graph *graph, tin_dtype dtype, int64_t size);
struct tin_node *tin_node_var(struct tin_graph *graph, struct tin_variable *variable); /* at its current version */
/* A new variable of that shape and dtype that never gets a value: something to differentiate by. It lives as long as the graph. */
struct tin_node *tin_node_placeholder(struct tin_graph *graph, const struct tin_node *like);
bool tin_node_is_placeholder(const struct tin_node *node);
/* Elementwise: inputs of one shape; dtypes as the row says. dtype is used where the row's result is OWN. A 0-d CONST/SCALAR input is
 * not expanded by this function: see tin_node_broadcast. */
struct tin_node *tin_node_elementwise(struct tin_graph *graph, int op, tin_dtype dtype, struct tin_node **in, int n_in);
struct tin_node *tin_node_unary(struct tin_graph *graph, int op, struct tin_node *x);
struct tin_node *tin_node_binary(struct tin_graph *graph, int op, struct tin_node *a, struct tin_node *b);
struct tin_node *tin_node_select(struct tin_graph *graph, struct tin_node *condition, struct tin_node *a, struct tin_node *b);
struct tin_node *tin_node_cast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype);
/* SUM, PROD, REDUCE_MIN, REDUCE_MAX over the axes of the mask; the result keeps them with size 1. */
struct tin_node *tin_node_reduce(struct tin_graph *graph, int op, struct tin_node *x, uint32_t axes);
/* Sum over axes of a * b (equal shapes); decides the class (chain or lanes, arg[1]) and whether +0 is added (arg[2]). */
struct tin_node *tin_node_contract(struct tin_graph *graph, struct tin_node *a, struct tin_node *b, uint32_t axes);
struct tin_node *tin_node_reshape(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape);
struct tin_node *tin_node_permute(struct tin_graph *graph, struct tin_node *x, const int *axes);
struct tin_node *tin_node_expand(struct tin_graph *graph, struct tin_node *x, const int64_t *shape); /* same rank */
/* NumPy broadcasting of x to the shape: reshape with leading ones, then expand. */
struct tin_node *tin_node_broadcast(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape);
struct tin_node *tin_node_slice(struct tin_graph *graph, struct tin_node *x, const int64_t *start, const int64_t *step,
                                const int64_t *size);
struct tin_node *tin_node_pad(struct tin_graph *graph, struct tin_node *x, const int64_t *low, const int64_t *interior,
                              const int64_t *shape, uint64_t fill);
struct tin_node *tin_node_flip(struct tin_graph *graph, struct tin_node *x, uint32_t axes);
struct tin_node *tin_node_window(struct tin_graph *graph, struct tin_node *x, int axis, int64_t size, int64_t stride, int64_t dilation);
struct tin_node *tin_node_fold(struct tin_graph *graph, struct tin_node *x, int axis, int64_t stride, int64_t dilation, int64_t out_size);
/* Equal nodes with different tags are different nodes: for each a gradient of its own can be asked. */
struct tin_node *tin_node_identity(struct tin_graph *graph, struct tin_node *x, struct tin_custom *custom, uint64_t tag);
struct tin_node *tin_node_barrier(struct tin_graph *graph, struct tin_node *x, struct tin_node *after); /* after: 0-d */
struct tin_node *tin_node_concat(struct tin_graph *graph, struct tin_node **in, int n_in, int axis);
struct tin_node *tin_node_gather(struct tin_graph *graph, struct tin_node *x, struct tin_node *index, struct tin_indexing indexing);
struct tin_node *tin_node_scatter(struct tin_graph *graph, struct tin_node *base, struct tin_node *index, struct tin_node *source,
                                  struct tin_indexing indexing, enum tin_scatter_mode mode);
/* CUMSUM and the others of their class along the axis; b is NULL but for RECURRENCE. */
struct tin_node *tin_node_scan(struct tin_graph *graph, int op, struct tin_node *a, struct tin_node *b, int axis);
/* x moved by one position along the axis, to the next (by 1) or the one before (by -1); the fill comes in. A slice and a pad. */
struct tin_node *tin_node_moved(struct tin_graph *graph, struct tin_node *x, int axis, int by, double fill);
struct tin_node *tin_node_argsort(struct tin_graph *graph, struct tin_node *x, int axis, bool descending);
struct tin_node *tin_node_assign(struct tin_graph *graph, struct tin_node *var, struct tin_node *value);

/* The raw constructor below all of these: no rules, only consing. Parser and rules use it. */
struct tin_node *tin_node_make(struct tin_graph *graph, const struct tin_node *like);

/* ---- construction rules (rules.c) ---- */
/* The node that may stand for `like` by a value-preserving rule, or NULL when none applies or memory ran out (then *failed). */
struct tin_node *tin_rules_apply(struct tin_graph *graph, const struct tin_node *like, bool *failed);
/* Whether the operands of a commutative op change places: constants to the right, then by `order`. */
bool tin_operands_swap(struct tin_node *left, struct tin_node *right);
/* Class of the contraction of a and b over axes: 1 chain, 0 lanes (docs/numerics.md). */
int tin_contract_class(const struct tin_node *a, const struct tin_node *b, uint32_t axes);
/* Has the factor of a contraction zeros by its structure: a pad with 0, or a select of 0, seen through what only moves elements? */
bool tin_has_zeros(const struct tin_node *factor);

/* Nodes often share the arrays of their inputs. */
static inline bool tin_same_shape(const struct tin_node *a, const struct tin_node *b) {
  if (a->rank != b->rank)
    return false;
  for (int i = 0; a->shape != b->shape && i < a->rank; i++)
    if (a->shape[i] != b->shape[i])
      return false;
  return true;
}

/* ---- traversal ---- */
/* The nodes below the outputs in depth-first post-order, inputs in operand order, each once; realised nodes and sources have no
 * inputs here. Iterative; sets node->mark and node->index = position. The arena needs a fail target. */
struct tin_node_list {
  struct tin_node **at;
  int count;
};
struct tin_node_list tin_graph_order(struct tin_graph *graph, struct tin_arena *arena, struct tin_node **outputs, int n_outputs);
static inline bool tin_node_is_leaf(const struct tin_node *node) {
  return node->buffer || tin_op_is(node->op, OP_CLASS_SOURCE);
}

/* ---- verifier and text form ---- */
/* Sets dtype, rank, shape and size from the op, its inputs and attributes; `shape` has room for TIN_MAX_RANK. Where the shape is an
 * attribute (sources, RESHAPE, EXPAND, SLICE, PAD, FOLD's axis) it is checked instead. NULL, or what is wrong in a few words. */
const char *tin_node_infer(struct tin_node *node);
/* What it says of a tensor above TIN_SIZE_LIMIT: no mistake of the caller, and for the builders the same as memory that ran out. */
extern const char tin_too_large[];
/* Checks shapes, dtypes, arity, attributes of every node below the outputs; false with the reason and the node's text in error. */
bool tin_graph_verify(struct tin_graph *graph, struct tin_node **outputs, int n_outputs, struct tin_error *error);
/* One node a line, in tin_graph_order:
 *   %3 = contract(%1, %2) f32[128, 1, 512] axes=1 class=chain   # mlp.c:34 hidden
 * ends with `return %7, %9`. Numbers are hexadecimal floats or integers. The grammar is at the top of graph_text.c. */
void tin_graph_print(struct tin_graph *graph, struct tin_text *text, struct tin_node **outputs, int n_outputs);
/* Parses that form. VAR nodes get variables made by `variable` (name may be NULL), so that a caller can bind data. Rules do not run:
 * the parsed graph is the text. NULL list and an error with the line number on bad text. */
typedef struct tin_variable *tin_make_variable(void *context, tin_dtype dtype, int rank, const int64_t *shape, const char *name);
struct tin_node_list tin_graph_parse(struct tin_graph *graph, const char *text, tin_make_variable *variable, void *context,
                                     struct tin_error *error);

#endif
