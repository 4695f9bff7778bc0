/* What the files of the front end share: contexts, slots, scopes, storages, calls. Private to src/frontend.
 *
 * A public function makes a struct tin_call (who called, from where), resolves its operands through it (which finds the context and
 * words the errors of NULL, dead and poison tensors), builds nodes, and wraps the last one with tin_call_result. Every helper here passes
 * failure on: a NULL node ends as poison, so only what is particular to an op is checked by the op.
 *
 *   context.c      contexts, options, interned text, statistics
 *   error.c        recording errors, wording operands
 *   tensor.c       slots and handles, facts of tensors
 *   scope.c        scopes and what dies with them
 *   variable.c     parameters, state, inputs, kept values; write and assign
 *   realize.c      realise, read, item, keep
 *   leaf.c creation.c borrow.c random.c distributions.c     leaves
 *
 *   elementwise.c compare.c special.c expression.c activation.c reduce.c scan.c sort.c     values
 *
 *   movement.c parts.c rearrange.c border.c join.c gather.c scatter.c     places
 *
 *   matmul.c einsum.c contraction.c conv.c pool.c interpolate.c spatial.c     contractions and windows
 *
 *   compile.c      captured steps
 *
 *   grad.c custom.c checkpoint.c gradcheck.c clip.c vmap.c     derivatives and maps
 *
 *   layers.c normalize.c attention.c recurrent.c init.c loss.c optim.c     models
 */
#ifndef TIN_FRONTEND_FRONTEND_H
#define TIN_FRONTEND_FRONTEND_H

#include "tinsmith.h"

#include "ir/compose.h"
#include "ir/scalar.h"
#include "runtime/execute.h"

/* ---- slots: what handles name ---- */

enum tin_slot_kind { SLOT_FREE, SLOT_POISON, SLOT_NODE, SLOT_STORAGE };

/* A handle is the slot's address with its generation in the upper 16 bits. A slot is reused after its scope ended, with the next
 * generation; a handle that is used after 65,536 reuses of its slot is not recognised as dead. */
struct tin_slot {
  tin_ctx *ctx;
  union {
    struct tin_node *node;
    struct tin_storage *storage;
  };
  const char *name;      /* by tin_set_name, interned, or NULL */
  struct tin_slot *next; /* in the scope's list or the free list */
  uint16_t generation;
  uint8_t kind; /* enum tin_slot_kind */
};

/* ---- storages: variables and kept values ---- */

enum tin_storage_kind { STORAGE_FREE, STORAGE_PARAM, STORAGE_STATE, STORAGE_INPUT, STORAGE_VALUE, STORAGE_OUTPUT };

/* The graph's variable and what the front end knows about it. Never freed before the context: a freed one is reused with higher versions,
 * so that no living VAR node can be taken for a newer one. */
struct tin_storage {
  struct tin_variable variable; /* first: VAR nodes point to it */
  enum tin_storage_kind kind;
  struct tin_node *node;             /* the living VAR node of the current version, or NULL */
  struct tin_live_scope *node_scope; /* where that node was made */
  struct tin_live_scope *owner;      /* STORAGE_VALUE: dies with it */
  struct tin_node *pending;          /* the next value, assigned and not yet computed, or NULL */
  tin_tensor *handle;
  bool table; /* STORAGE_VALUE: data that the library made, the same in every step */
  struct tin_storage *next_free;
};

/* ---- scopes ---- */

struct tin_live_scope {
  struct tin_live_scope *parent; /* NULL: the context's own scope */
  uint64_t id;
  struct tin_graph graph;
  uint32_t first_serial;      /* nodes of this scope and of those inside it have larger serials */
  struct tin_slot *slots;     /* handles that die with it */
  struct tin_node **realised; /* nodes whose buffers are dropped with the graph */
  int n_realised, realised_capacity;
  uint64_t random_scope;  /* number of this scope since the seed */
  uint64_t random_stream; /* random tensors made in it so far */
  uint64_t n_watched;     /* calls of watch in it and, before it began, in those around it */
  const char *file;
  int line;
  int busy;                                   /* gradients under way that refer to its nodes */
  uint64_t runs_before;                       /* ctx->runs when it began */
  uint64_t detached_before;                   /* ctx->detached when it began */
  int updates_before;                         /* pending updates when it began */
  struct tin_again *first_again, *last_again; /* of the calls in it, in order */
};

/* A call whose result depends on more than its operands, by scalars that it draws anew in every step: what a replay of the step (compile.c)
 * does in its place. In the arena of its scope's graph. */
enum { TIN_AGAIN_SCALARS = 3 };
struct tin_again;
/* Does what the call does to its object, and gives the values of its scalars. */
typedef void tin_again_fn(const struct tin_again *again, tin_ctx *ctx, uint64_t *bits);
struct tin_again {
  struct tin_again *next;
  tin_again_fn *run;
  void *object;
  uint64_t number;
  struct tin_node *scalars[TIN_AGAIN_SCALARS]; /* or NULL */
};

/* A checkpoint that has begun, in the arena of its scope's graph. */
struct tin_open_checkpoint {
  struct tin_segment segment;
  struct tin_open_checkpoint *outer;
  struct tin_live_scope *scope;
  uint64_t id;
  const char *file;
  int line;
};

/* Interned text. */
struct tin_interned {
  struct tin_interned *next;
  char text[];
};
enum { TIN_INTERN_BUCKETS = 256 };

struct tin_ctx {
  struct tin_arena arena; /* slots, storages, interned text; returns NULL when out of memory */
  struct tin_buffer_pool *pool;
  struct tin_engine *engine; /* NULL when setting up failed */
  struct tin_error error;
  tin_error_handler *handler;
  void *handler_user;
  struct tin_live_scope root;
  struct tin_live_scope *scope;           /* the innermost */
  uint32_t serial, stamp;                 /* shared by the graphs */
  struct tin_graph spare;                 /* memory of a scope that ended, for the next one */
  uint64_t next_scope_id;                 /* of checkpoints too */
  struct tin_open_checkpoint *checkpoint; /* the innermost that is open, or NULL */
  uint64_t seed, scopes_since_seed;
  struct tin_slot *free_slots;
  tin_tensor *poison;
  struct tin_storage **storages; /* all, in order of creation */
  int n_storages, storages_capacity;
  struct tin_storage *free_storages;
  tin_tensor **params;
  int n_params, params_capacity;
  tin_tensor **saved; /* parameters and state that tin_save writes, in order of creation */
  int n_saved, saved_capacity;
  struct tin_storage **updates; /* storages with a pending value, in order of their first assignment */
  int n_updates, updates_capacity;
  uint64_t runs;                 /* times that something was computed, or was to be */
  uint64_t detached;             /* times that nodes of an old version kept their value */
  struct tin_compiled *compiled; /* captured steps */
  struct tin_interned *interned[TIN_INTERN_BUCKETS];
  const char *last_file; /* most calls come from the same file */
};

/* Room for one more item in a malloc'ed array; false when out of memory. */
bool tin_grow(void *array_pointer, int *capacity, int count, size_t item);
/* The text's one copy, which lives as long as the context; NULL when out of memory or text is NULL. */
const char *tin_intern(tin_ctx *ctx, const char *text);

/* ---- calls (error.c) ---- */

struct tin_call {
  const char *file;
  int line;
  const char *op;    /* as the user knows it: "matmul" */
  tin_dtype half;    /* f16 or bf16: operands of it are worked on as f32, and a result in f32 is rounded to it; TIN_BOOL: none */
  const char *items; /* what to call operands without names: "wrt" gives "wrt 1"; NULL: "tensor" */
  tin_ctx *ctx;      /* once an operand or a leaf named it */
  struct tin_graph *graph;
};
static inline struct tin_call tin_call_of(const char *file, int line, const char *op) {
  return (struct tin_call){.file = file, .line = line, .op = op};
}

/* Records "file:line: op: text". Works without a context (then nobody hears of it). */
void tin_call_fail(struct tin_call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
tin_tensor *tin_call_poison(const struct tin_call *call);
/* Poison in all places of the caller's array (NULL: none), and false: the result of a call that failed. */
bool tin_call_poison_all(const struct tin_call *call, tin_tensor **out, int count);
/* Gives the call its context and prepares the graph for it; false (recorded) when the context is NULL or was not set up. */
bool tin_call_enter(struct tin_call *call, tin_ctx *ctx);
/* The operands' nodes, a variable's at its current value. names: the parameters' names, for messages; NULL: items by number. The context is
 * the call's if it has one, else that of the first operand with one. False when an operand is NULL, dead, poison or of another context;
 * quiet when that follows from an error already recorded. */
bool tin_call_operands(struct tin_call *call, int count, tin_tensor *const *tensors, const char *const *names, struct tin_node **nodes);
/* Zeroed memory for malloc's free, for a call on these tensors; NULL with the error recorded in their context. */
void *tin_call_alloc(struct tin_call *call, size_t count, size_t item, int n_tensors, tin_tensor *const *tensors);
struct tin_node *tin_call_operand(struct tin_call *call, tin_tensor *x, const char *name);
/* The dtype in which the call computes with operands of the dtype: f32 for f16 and bf16, which the call's result then is rounded to. */
tin_dtype tin_call_working(struct tin_call *call, tin_dtype dtype);
/* A new handle of the node in the innermost scope, rounded if the call says so; poison when the node is NULL, and then an "out of memory"
 * error unless there is one. */
tin_tensor *tin_call_result(struct tin_call *call, struct tin_node *node);

/* "pixels [64, 784]": what to call an operand in a message. */
struct tin_words {
  char text[160];
};
/* "tensor 3" */
struct tin_words tin_name_item(const char *items, int i);
struct tin_words tin_name_operand(tin_tensor *t, const char *name); /* the user's name, or the parameter's */
struct tin_words tin_describe(tin_tensor *t, const char *name, const struct tin_node *node);
struct tin_words tin_shape_words(int rank, const int64_t *shape);

/* ---- slots (tensor.c) ---- */

struct tin_slot *tin_slot_of(const tin_tensor *t); /* NULL for NULL; no check of the generation */
bool tin_slot_is_alive(const tin_tensor *t);
/* A handle in the scope (NULL: of the context), NULL when out of memory. */
tin_tensor *tin_slot_new(tin_ctx *ctx, struct tin_live_scope *scope, enum tin_slot_kind kind, void *what);
void tin_slot_free(struct tin_slot *slot);
tin_tensor *tin_poison_without_context(void);
/* The node that a living handle means now: a storage's pending value, else its VAR node; NULL when out of memory. */
struct tin_node *tin_slot_node(struct tin_slot *slot);

/* ---- scopes (scope.c) ---- */

void tin_scope_init(tin_ctx *ctx, struct tin_live_scope *scope, struct tin_live_scope *parent);
/* Frees the innermost scope with its handles, kept values, buffers and nodes. */
void tin_scope_close(tin_ctx *ctx, struct tin_live_scope *scope);
/* What the end of a scope looks at first: its innermost scope, with errors recorded for what is still open in it. NULL (recorded) when it
 * cannot end. */
struct tin_live_scope *tin_scope_ending(struct tin_call *call, tin_scope scope);
/* Frees the scope and those inside it. */
void tin_scope_finish(tin_ctx *ctx, struct tin_live_scope *ending);
/* Notes that the node has a buffer, which dies with the scope that the node belongs to; false when out of memory (buffer dropped). */
bool tin_scope_own_buffer(tin_ctx *ctx, struct tin_node *node);

/* ---- variables (variable.c) ---- */

/* A storage with the given buffer (or a new one, zeroed when it is NULL). NULL when out of memory. */
struct tin_storage *tin_storage_new(tin_ctx *ctx, enum tin_storage_kind kind, tin_dtype dtype, int rank, const int64_t *shape,
                                    struct tin_buffer *buffer);
void tin_storage_free(tin_ctx *ctx, struct tin_storage *storage); /* to the free list */
/* The handle is gone: frees the storage, or leaves it to the scope of the node that still reads it. */
void tin_storage_retire(tin_ctx *ctx, struct tin_storage *storage);
/* A living node of the current version keeps reading the current buffer, whatever the variable becomes; false when out of memory. */
bool tin_storage_detach(tin_ctx *ctx, struct tin_storage *storage);
struct tin_node *tin_storage_node(tin_ctx *ctx, struct tin_storage *storage);
/* The variable's next value, of its shape, rounded to its dtype; false with the error recorded. NULL: out of memory. */
bool tin_storage_assign(struct tin_call *call, tin_tensor *variable, struct tin_node *value);
bool tin_node_broadcasts_to(const struct tin_node *value, int rank, const int64_t *shape);
/* What tin_save writes and tin_load reads. */
tin_list tin_saved_variables(tin_ctx *ctx);
/* Forgets all pending updates. */
void tin_updates_drop(tin_ctx *ctx);

/* ---- realisation (realize.c) ---- */

/* Computes nodes and all pending updates; false with the error recorded and the updates dropped. `ending`: a scope whose nodes nothing
 * reads any more, so that updates may overwrite what only they read; NULL: none. */
bool tin_run(struct tin_call *call, struct tin_node **nodes, int count, const struct tin_live_scope *ending);
/* The same; *replay becomes what runs it again, or stays NULL where there was nothing to compute. The caller frees it, also after a
 * failure. */
bool tin_run_captured(struct tin_call *call, struct tin_node **nodes, int count, const struct tin_live_scope *ending,
                      struct tin_replay **replay);

/* ---- captured steps (compile.c) ---- */

/* Room in the innermost scope for what a replay does in place of a call, the caller to fill; NULL when out of memory. */
struct tin_again *tin_again_add(struct tin_call *call, tin_again_fn *run);

/* ---- derivatives (grad.c) ---- */

/* The sum over k of sum(outputs[k] * cotangents[k]), a NULL cotangent being ones, differentiated by wrt. */
struct tin_pullback {
  struct tin_node *const *outputs, *const *cotangents;
  int n_outputs;
  tin_list wrt;
  bool may_miss; /* zeros for a tensor that the outputs do not have below them are right; else they are an error where they may be wrong */
};
/* The gradients as nodes, of wrt's shapes and dtypes; false with the error recorded. */
bool tin_differentiate(struct tin_call *call, const struct tin_pullback *pullback, struct tin_node **out);
/* Casts *node, the tensor x, to the dtype of another; false with the error recorded when it has another shape. */
bool tin_check_like(struct tin_call *call, tin_tensor *x, const char *name, struct tin_node **node, tin_tensor *like, const char *like_name,
                    const struct tin_node *like_node);

/* ---- checks shared by ops ---- */

/* The shape's number of elements; false with the error recorded for a bad rank, a negative size or an overflow of the address space. */
bool tin_check_shape(struct tin_call *call, const tin_shape *shape, tin_dtype dtype, int64_t *size);
bool tin_check_dtype(struct tin_call *call, tin_dtype dtype);
/* axis counted from the end when negative; -1 with the error recorded when it is not one of rank axes. */
int tin_check_axis(struct tin_call *call, tin_tensor *t, const char *name, const struct tin_node *x, int axis);
/* Mask of the axes; none named: all. False with the error recorded for a wrong or repeated axis. */
bool tin_check_axes(struct tin_call *call, tin_tensor *t, const char *name, const struct tin_node *x, tin_axes axes, uint32_t *mask);

/* tin_from of data that the library made from shapes: they are the same in every step. */
tin_tensor *tin_from_table(struct tin_call *call, tin_dtype dtype, tin_shape shape, const void *data);

/* ---- compositions shared by ops ---- */

enum tin_coercion {
  COERCE_NONE,       /* promote only */
  COERCE_ARITHMETIC, /* bool to i32 */
  COERCE_FLOAT,      /* integers and bool to f32 */
  COERCE_INTEGER,    /* bool to i32; floats are an error */
  COERCE_BITS,       /* integers and bool; floats are an error */
  COERCE_LOGICAL     /* to bool: x != 0 */
};
/* Promotes and converts the operands to the dtype that the kind of op works in; COERCE_ARITHMETIC and COERCE_FLOAT: f16 and bf16 to f32,
 * see tin_call_working. False with the error recorded. */
bool tin_coerce(struct tin_call *call, enum tin_coercion coercion, int count, tin_tensor *const *tensors, const char *const *names,
                struct tin_node **nodes);
/* Broadcasts the nodes to their common shape. False with the error recorded. */
bool tin_broadcast_all(struct tin_call *call, int count, tin_tensor *const *tensors, const char *const *names, struct tin_node **nodes);
/* x with the gradient stopped. */
struct tin_node *tin_node_detached(struct tin_graph *graph, struct tin_node *x);
/* x as bool: x != 0. */
struct tin_node *tin_node_truth(struct tin_graph *graph, struct tin_node *x);
/* x without the axes of the mask, which have size 1. */
struct tin_node *tin_node_drop_axes(struct tin_graph *graph, struct tin_node *x, uint32_t axes);
/* `count` elements along the axis from start on, by step (> 0); a slice that lies inside x. */
struct tin_node *tin_node_part(struct tin_graph *graph, struct tin_node *x, int axis, int64_t start, int64_t step, int64_t count);
/* x[start:stop:step] along the axis as Python cuts it; step 0 is 1, and TIN_END as stop of a negative step is past the first element. */
struct tin_node *tin_node_range(struct tin_graph *graph, struct tin_node *x, int axis, int64_t start, int64_t stop, int64_t step);
/* The elements with equal positions along two axes, which go; they are the last axis. */
struct tin_node *tin_node_diagonal(struct tin_graph *graph, struct tin_node *x, int axis0, int axis1);
/* bool [rows, columns]: row + offset <op> column. */
struct tin_node *tin_node_compare_axes(struct tin_graph *graph, int op, int64_t rows, int64_t columns, int64_t offset);
/* 1 / (1 + e^-x), neither it nor its gradient overflowing. */
struct tin_node *tin_node_sigmoid(struct tin_graph *graph, struct tin_node *x);
struct tin_node *tin_node_relu(struct tin_graph *graph, struct tin_node *x);

/* A call that works along one axis. A 0-d operand is seen as one of a single element; is_point makes the result 0-d again. */
struct tin_axis_call {
  struct tin_call call;
  struct tin_node *x;
  int axis;
  bool is_point;
};
/* False with the error recorded. */
bool tin_axis_call_begin(struct tin_axis_call *along, const char *file, int line, const char *op, tin_tensor *x, int axis,
                         enum tin_coercion coercion);
tin_tensor *tin_axis_call_result(struct tin_axis_call *along, struct tin_node *node);
/* The elements of x at the positions; these too, where indices is not NULL. Both are poison when the call has not begun well. */
tin_tensor *tin_axis_call_pair(struct tin_axis_call *along, bool begun, struct tin_node *positions, tin_tensor **indices);
/* The elements of x at the positions (i32, of x's shape but for the size of the axis) along the axis. torch.take_along_dim. */
struct tin_node *tin_node_take_along(struct tin_graph *graph, struct tin_node *x, struct tin_node *positions, int axis);

/* Whether the integer dtype (or bool) has the number among its values. */
bool tin_dtype_holds(tin_dtype dtype, double number);
/* 0-d: the number as an operand of that dtype; integers wrap, and beyond 64 bits they saturate. */
struct tin_node *tin_node_number_as(struct tin_graph *graph, tin_dtype dtype, double number);
/* The C expression over nodes of one shape (at least one), a, b, ... in order; NULL with the error recorded (expression.c). */
struct tin_node *tin_node_expression(struct tin_call *call, const char *text, int count, struct tin_node *const *nodes);

/* Threefry words of a new random stream, u32 of the shape. */
struct tin_node *tin_random_words(struct tin_call *call, int rank, const int64_t *shape);
/* Checks and enters a call that makes random numbers of dtype: floats, or u32 words. False with the error recorded. */
bool tin_random_enter(struct tin_call *call, tin_ctx *ctx, tin_dtype dtype, const tin_shape *shape);
/* Uniform numbers in [0, 1) for f16 and bf16 in f32, with as many bits as the dtype has; normal numbers of f32 or f64. */
struct tin_node *tin_random_uniform(struct tin_call *call, const tin_shape *shape, tin_dtype dtype);
struct tin_node *tin_random_normal(struct tin_call *call, const tin_shape *shape, tin_dtype dtype);

#endif
