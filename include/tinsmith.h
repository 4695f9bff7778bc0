/* Tinsmith: lazy tensors whose graph is compiled to fused kernels when a value is asked for.
 *
 * A `tin_tensor *` is a name for a value, never memory to look into. Ops take and return such names, build a graph and compute nothing;
 * only tin_realize, tin_read, tin_item, tin_keep, tin_end, tin_compile and tin_replay compute. Shapes are row-major in NumPy's order, axes
 * may be negative, elementwise ops broadcast and promote dtypes as NumPy and PyTorch do.
 *
 * Errors never end the process. The first one stays in the context (tin_ok, tin_message) in the coordinates of the caller's source; the
 * op that failed returns the context's poison tensor, ops on poison return poison quietly, and reading poison gives NaN and false. So a
 * program may check once, at the end. A NULL tensor is an error like any other; it is never followed.
 *
 * Two lifetimes: what is made between tin_begin and tin_end dies at tin_end; parameters, inputs, state and what is made outside of any
 * scope lives as long as the context. One context belongs to one thread at a time; several contexts may run at once.
 *
 * Options are named and zero is always the default: tin_sum(x, .axes = TIN_AXES(1), .keepdims = true). In C++ they are one braced
 * argument: tin_sum(x, {.axes = TIN_AXES(1), .keepdims = true}). The macros supply file and line; the plain functions behind them
 * (tin_..._at, tin_..._args) serve other languages, and accept file NULL.
 */
#ifndef TINSMITH_H
#define TINSMITH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
#include <initializer_list>
extern "C" {
#endif
/* A shared library exports what is declared here, and nothing else. */
#if defined(__GNUC__) && !defined(__TINYC__)
#pragma GCC visibility push(default)
#endif

/* ---- types ---- */

typedef struct tin_ctx tin_ctx;       /* owns everything: variables, kernels, threads, the first error */
typedef struct tin_tensor tin_tensor; /* a value, perhaps not yet computed; do not dereference */

#ifndef TIN_DTYPE_DEFINED
#define TIN_DTYPE_DEFINED
/* Element types, lowest in promotion first. The result of a mixed operation is the later of the two; but an unsigned and a signed integer
 * that is not wider give the signed integer of twice the unsigned one's size (u8 with i8: i16, u32 with i32: i64), and u64 with a signed
 * integer f64, which does not hold all of them. So numpy.promote_types has it for integers; with a float: torch.promote_types: the float,
 * and f32 for f16 with bf16.
 * f16 (IEEE 754 binary16) and bf16 (the upper half of an f32) are for storing: whatever computes with them does so in f32, and each
 * function's result is rounded once, to nearest even. */
typedef enum tin_dtype {
  TIN_BOOL,
  TIN_U8,
  TIN_I8,
  TIN_U16,
  TIN_I16,
  TIN_U32,
  TIN_I32,
  TIN_U64,
  TIN_I64,
  TIN_F16,
  TIN_BF16,
  TIN_F32,
  TIN_F64,
  TIN_DTYPE_COUNT
} tin_dtype;
#endif

enum { TIN_RANK_LIMIT = 8 }; /* most axes of a tensor */

/* A shape by value: TIN_SHAPE(64, 784); TIN_SHAPE() is 0-d. */
typedef struct tin_shape {
  int rank;
  int64_t size[TIN_RANK_LIMIT];
} tin_shape;

/* A choice of axes by value: TIN_AXES(0, -1). Where axes are optional, none named means the default that the function states. */
typedef struct tin_axes {
  int count;
  int axis[TIN_RANK_LIMIT];
} tin_axes;

/* Slices of the leading axes by value, each {start, stop} or {start, stop, step}: TIN_RANGES({1, 3}, TIN_ALL, {0, TIN_END, 2}). */
#define TIN_END INT64_MAX /* as the stop of a slice: to the end */
#define TIN_ALL                                                                                                                            \
  { 0, TIN_END }
typedef struct tin_ranges {
  int count;
  int64_t at[TIN_RANK_LIMIT][3]; /* step 0: 1 */
} tin_ranges;

/* Tensors by array and count: TIN_LIST(a, b). The array is the caller's and is only read during the call. */
typedef struct tin_list {
  tin_tensor *const *at;
  int count;
} tin_list;

#ifdef __cplusplus
#define TIN_SHAPE(...) tin_cpp_shape({__VA_ARGS__})
#define TIN_AXES(...) tin_cpp_axes({__VA_ARGS__})
#define TIN_LIST(...) tin_cpp_list({__VA_ARGS__})
#define TIN_RANGES(...) tin_cpp_ranges({__VA_ARGS__})
#else
#define TIN_SHAPE(...) ((tin_shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
#define TIN_AXES(...) ((tin_axes){(int)(sizeof((int[]){__VA_ARGS__}) / sizeof(int)), {__VA_ARGS__}})
#define TIN_RANGES(...) ((tin_ranges){(int)(sizeof((int64_t[][3]){__VA_ARGS__}) / sizeof(int64_t[3])), {__VA_ARGS__}})
#define TIN_LIST(...) ((tin_list){(tin_tensor *[]){__VA_ARGS__}, (int)(sizeof((tin_tensor *[]){__VA_ARGS__}) / sizeof(tin_tensor *))})
#endif

/* Members of option structs start as zero, in C++ by this (an option left out is then no warning). */
#ifdef __cplusplus
#define TIN_ZERO = {}
#else
#define TIN_ZERO
#endif

/* Where the macros put the call's place. */
#define TIN_HERE __FILE__, __LINE__

/* ---- context ---- */

#ifndef TIN_FUSE_DEFINED
#define TIN_FUSE_DEFINED
/* Kinds of fusion, for .fuse_off. */
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

struct tin_ctx_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  int threads TIN_ZERO;        /* 0: all CPUs that the process may use */
  const char *target TIN_ZERO; /* "avx512", "avx2", "portable", "interpreter"; NULL: the best that the CPU has */
  uint32_t fuse_off TIN_ZERO;  /* kinds of fusion to leave out; TIN_FUSE_ALL: one op a kernel. Results are the same bit for bit */
  const char *dump TIN_ZERO;   /* folder that gets every kernel as readable C, or NULL */
  bool profile TIN_ZERO;       /* measure kernels; tin_ctx_free prints the table to stderr */
  bool compare TIN_ZERO;       /* run each new plan also unfused, and print times, traffic and the first bit that differs to stderr */
  bool check TIN_ZERO;         /* check every load and store of every kernel; slow */
  const char *debug TIN_ZERO;  /* letters of compiler passes to print after */
  uint64_t seed TIN_ZERO;      /* of the random numbers, as tin_ctx_seed */
};

/* Makes a context: tin_ctx_new(), tin_ctx_new(.threads = 4, .target = "avx2"). What is left at its default is taken from the environment:
 * TIN_THREADS, TIN_TARGET, TIN_FUSE, TIN_DUMP, TIN_PROFILE, TIN_COMPARE, TIN_CHECK, TIN_TIER, TIN_DEBUG. Never NULL except when memory is
 * out: a context that could not be set up holds the error (unknown target, target that this CPU lacks, bad environment variable) and
 * computes nothing. */
tin_ctx *tin_ctx_new_args(struct tin_ctx_options args);
#ifndef __cplusplus
#define tin_ctx_new(...) tin_ctx_new_args((struct tin_ctx_options){.file = __FILE__, .line = __LINE__, __VA_ARGS__})
#endif

/* Frees the context and everything in it; open scopes end without computing. NULL is allowed. */
void tin_ctx_free(tin_ctx *ctx);

/* True while no error is recorded. NULL (out of memory in tin_ctx_new) is not ok. */
bool tin_ok(const tin_ctx *ctx);

/* The first error, "mlp.c:34: matmul: inner sizes differ: ...", or "". Valid until tin_clear_error or tin_ctx_free. */
const char *tin_message(const tin_ctx *ctx);

/* Forgets the error. Tensors that are poison stay poison. A failed set-up of the context cannot be cleared. */
void tin_clear_error(tin_ctx *ctx);

/* Calls handler(user, message) at every error, also at those after the first; not for ops that only pass poison on. NULL: none. */
typedef void tin_error_handler(void *user, const char *message);
void tin_on_error(tin_ctx *ctx, tin_error_handler *handler, void *user);

/* For code built on the library: records "file:line: <text>" as an error and returns poison. printf format, "what: message" by custom. */
tin_tensor *tin_fail_at(const char *file, int line, tin_ctx *ctx, const char *format, ...) __attribute__((format(printf, 4, 5)));
#define tin_fail(...) tin_fail_at(TIN_HERE, __VA_ARGS__)

/* Starts the random numbers anew from a seed. Equal seed and equal calls give equal numbers, on any target and number of threads.
 * torch.manual_seed. */
void tin_ctx_seed(tin_ctx *ctx, uint64_t seed);

/* What was done so far. */
struct tin_counters {
  int64_t kernels_compiled;
  int64_t functions_compiled; /* parts of kernels that do the same with other values run one function: layers, steps of a loop */
  int64_t kernels_launched;
  int64_t kernels_replaced;    /* of plans whose second compilation (TIN_TIER=cc) runs now */
  int64_t replacements_failed; /* plans that have no second compilation, as it failed */
  int64_t plan_hits;           /* realisations that found their plan: nothing was scheduled, printed or compiled */
  int64_t plan_misses;
  int64_t plans_run;
  int64_t bytes_planned;       /* memory of the newest plan's intermediate values */
  int64_t bytes_live;          /* of these, the most that are alive in one kernel: the least that can be planned */
  int64_t bytes_without_reuse; /* the same if each value had its own buffer */
  int64_t bytes_peak;          /* most bytes held at once */
  int64_t bytes_moved;         /* read and written by the kernels of the newest plan */
  int64_t nodes;               /* nodes of the newest plan's graph */
  double compile_seconds;
  double run_seconds;
  double lookup_seconds; /* finding plans */
};
struct tin_counters tin_stats(const tin_ctx *ctx);

/* Prints the kernels of the newest plan: what each fuses, shapes, and where profiled time, GFLOP/s, GB/s. */
void tin_report(tin_ctx *ctx, FILE *out);

/* Drops compiled kernels and plans (they come back when needed). */
void tin_clear_cache(tin_ctx *ctx);

/* ---- scopes ---- */

typedef struct tin_scope {
  tin_ctx *ctx;
  uint64_t id;
} tin_scope;

/* Opens a scope: tensors made from now on die at its tin_end. Scopes nest. */
tin_scope tin_begin_at(const char *file, int line, tin_ctx *ctx);
#define tin_begin(...) tin_begin_at(TIN_HERE, __VA_ARGS__)

/* Runs the pending updates (unless there is an error: then they are dropped), ends the scope and every scope opened inside it. Computes.
 * False when the context has an error. A tensor of the scope used afterwards is the error "tensor used after its scope ended". */
bool tin_end_at(const char *file, int line, tin_scope scope);
#define tin_end(...) tin_end_at(TIN_HERE, __VA_ARGS__)

/* Computes t and returns its value as a tensor of the enclosing scope (or of the context, outside of scopes). Computes. */
tin_tensor *tin_keep_at(const char *file, int line, tin_tensor *t);
#define tin_keep(...) tin_keep_at(TIN_HERE, __VA_ARGS__)

/* Ends the life of a tensor that tin_keep returned, before its scope or context ends. */
void tin_release_at(const char *file, int line, tin_tensor *kept);
#define tin_release(...) tin_release_at(TIN_HERE, __VA_ARGS__)

/* ---- captured steps ---- */

typedef struct tin_compiled tin_compiled; /* a step that can be repeated */

struct tin_compile_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_scope scope TIN_ZERO;
  tin_list outputs TIN_ZERO; /* what the step computes beside its updates */
  tin_list scalars TIN_ZERO; /* made by tin_scalar, to be set by tin_set_scalar */
};

/* Ends the scope as tin_end does, computing the outputs and the pending updates, and keeps the step: tin_replay repeats it on the values
 * that its variables then have, for the price of its kernels, without graph or look-up. A replay does what the calls between tin_begin and
 * here would do if they were made again: the same bits, with new random numbers, and an optimiser's next step with its current learning
 * rate.
 *
 *   tin_scope scope = tin_begin(ctx);
 *   ... tin_step(optim, loss);
 *   tin_compiled *step = tin_compile(scope, .outputs = TIN_LIST(loss));
 *   while (next(batch)) tin_write(x, batch, sizeof batch), tin_replay(step);
 *
 * Numbers of the calls (tin_mul_scalar, tin_full, a tin_scalar that is not in .scalars) stay what they were, and so do tensors computed or
 * given before the step. Shapes are those of the variables, which tin_write holds the data to. NULL with an error where a replay could not
 * repeat the step: something of it was computed before its end (tin_item, tin_read), its data came by tin_from or tin_write inside it, or
 * it uses variables through tensors made, and not computed, before it. Computes. torch.compile, jax.jit. */
tin_compiled *tin_compile_args(struct tin_compile_options args);
#ifndef __cplusplus
#define tin_compile(...) tin_compile_args((struct tin_compile_options){.file = __FILE__, .line = __LINE__, .scope = __VA_ARGS__})
#endif

/* Repeats the step; computes. False when the context has an error; then no variable of the step has changed. Also when the step is NULL. */
bool tin_replay_at(const char *file, int line, tin_compiled *step);
#define tin_replay(...) tin_replay_at(TIN_HERE, __VA_ARGS__)

/* The output of that number as of the newest replay: a tensor of the context that changes with each one. A variable is itself. */
tin_tensor *tin_output_at(const char *file, int line, tin_compiled *step, int index);
#define tin_output(...) tin_output_at(TIN_HERE, __VA_ARGS__)

/* The scalar of that number has the value in the replays from now on. */
bool tin_set_scalar_at(const char *file, int line, tin_compiled *step, int index, double value);
#define tin_set_scalar(...) tin_set_scalar_at(TIN_HERE, __VA_ARGS__)

/* Frees the step and its outputs before the context ends. NULL is allowed. */
void tin_compiled_free(tin_compiled *step);

/* ---- variables: storage that lives as long as the context ---- */

struct tin_variable_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  tin_shape shape TIN_ZERO;
  const char *name TIN_ZERO; /* copied; for messages and files. NULL: none */
  tin_dtype dtype TIN_ZERO;  /* 0: f32 */
  bool saved TIN_ZERO;       /* tin_state: tin_save and tin_load include it, as they do parameters; it then needs a name */
};

/* A parameter: a float variable that tin_params lists and optimisers update; zeros at first.
 * tin_param(ctx, TIN_SHAPE(784, 128), .name = "fc1.weight", .dtype = TIN_F64). torch.nn.Parameter. */
tin_tensor *tin_param_args(struct tin_variable_options args);

/* A variable that is no parameter (optimiser state, running statistics, caches), zeros at first. Module.register_buffer of PyTorch. */
tin_tensor *tin_state_args(struct tin_variable_options args);

#ifndef __cplusplus
#define tin_param(...) tin_param_args((struct tin_variable_options){.file = __FILE__, .line = __LINE__, .ctx = __VA_ARGS__})
#define tin_state(...) tin_state_args((struct tin_variable_options){.file = __FILE__, .line = __LINE__, .ctx = __VA_ARGS__})
#endif

/* An input: a variable of any dtype that tin_write fills, zeros at first. The name may be NULL.
 * tin_input(ctx, TIN_U8, TIN_SHAPE(128, 784), "pixels"). */
tin_tensor *tin_input_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, const char *name);
#define tin_input(...) tin_input_at(TIN_HERE, __VA_ARGS__)

/* The context's parameters in the order they were made; valid until the next tin_param. */
tin_list tin_params(tin_ctx *ctx);

/* The parameter, state or input of that name, or NULL (no error) when there is none. */
tin_tensor *tin_find(tin_ctx *ctx, const char *name);

/* Replaces a variable's data by bytes copied from data; bytes must be its size exactly. What was computed from the old data and not yet
 * read still sees the old data. */
bool tin_write_at(const char *file, int line, tin_tensor *variable, const void *data, size_t bytes);
#define tin_write(...) tin_write_at(TIN_HERE, __VA_ARGS__)

/* The variable takes the value (broadcast and cast to its shape and dtype) when its context computes next, at the latest at tin_end.
 * Uses of the variable after this call mean the new value, uses before it the old one. */
bool tin_assign_at_site(const char *file, int line, tin_tensor *variable, tin_tensor *value);
#define tin_assign(...) tin_assign_at_site(TIN_HERE, __VA_ARGS__)

struct tin_position_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  tin_tensor *position TIN_ZERO; /* 0-d integer tensor */
  tin_tensor *value TIN_ZERO;    /* tin_assign_at only */
  int64_t size TIN_ZERO;         /* tin_slice_at only */
  int axis TIN_ZERO;
};

/* As tin_assign, but only x[..., position : position + n, ...] along .axis takes the value, whose size there is n. The position is a
 * tensor, so a cache that grows step by step keeps one plan. Elements that would lie outside are dropped. jax.lax.dynamic_update_slice. */
bool tin_assign_at_args(struct tin_position_options args);

/* x[..., position : position + size, ...] along .axis, with the position as a 0-d integer tensor. A position that reaches outside is an
 * error when computed. tin_slice_at(x, position, size, .axis = 1). jax.lax.dynamic_slice_in_dim. */
tin_tensor *tin_slice_at_args(struct tin_position_options args);

#ifndef __cplusplus
/* tin_assign_at(variable, position, value, .axis = 1) */
#define tin_assign_at(...) tin_assign_at_args((struct tin_position_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
/* tin_slice_at(x, position, size, .axis = 1) */
#define tin_slice_at(x_, position_, ...)                                                                                                   \
  tin_slice_at_args(                                                                                                                       \
      (struct tin_position_options){.file = __FILE__, .line = __LINE__, .x = (x_), .position = (position_), .size = __VA_ARGS__})
#endif

/* ---- values ---- */

/* Computes the tensors (and all pending updates) in one plan, so that reading them is a copy. Computes. */
bool tin_realize_at(const char *file, int line, tin_list tensors);
#define tin_realize(...) tin_realize_at(TIN_HERE, __VA_ARGS__)

/* Copies the value, contiguous and row-major, to data; bytes must be its size exactly. Computes. On an error false, and data is filled
 * with NaN (floats) or zeros. */
bool tin_read_at(const char *file, int line, tin_tensor *t, void *data, size_t bytes);
#define tin_read(...) tin_read_at(TIN_HERE, __VA_ARGS__)

/* The value of a tensor of one element, rounded to a double; NaN on an error. Computes. torch.Tensor.item. */
double tin_item_at(const char *file, int line, tin_tensor *t);
#define tin_item(...) tin_item_at(TIN_HERE, __VA_ARGS__)

/* Facts of a tensor; of poison or a dead tensor: 0-d, f32, 1 element, no name. They record no error. */
tin_shape tin_shape_of(const tin_tensor *t);
tin_dtype tin_dtype_of(const tin_tensor *t);
int64_t tin_size_of(const tin_tensor *t);     /* number of elements */
const char *tin_name_of(const tin_tensor *t); /* or NULL */
tin_ctx *tin_ctx_of(const tin_tensor *t);     /* NULL when t is NULL */
bool tin_is_poison(const tin_tensor *t);      /* NULL, poison, or used after its scope ended */
size_t tin_dtype_size(tin_dtype dtype);       /* bytes of an element */
const char *tin_dtype_name(tin_dtype dtype);  /* "f32" */

/* Names a tensor in error messages and kernels; the name is copied. Returns t. */
tin_tensor *tin_set_name_at(const char *file, int line, tin_tensor *t, const char *name);
#define tin_set_name(...) tin_set_name_at(TIN_HERE, __VA_ARGS__)

/* ---- leaves ---- */

/* A copy of host data of the shape: tin_from(ctx, TIN_F32, TIN_SHAPE(2, 2), values). f16 and bf16 are 16-bit words that hold their bits;
 * numbers at hand as float become them by tin_cast. torch.tensor. */
tin_tensor *tin_from_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, const void *data);
#define tin_from(...) tin_from_at(TIN_HERE, __VA_ARGS__)

/* A tensor over data itself, without a copy. The data must not change while it is in use. When nothing needs it any more (the tensor's
 * scope has ended, and so has what shares its memory: a variable that it was assigned to, a tin_keep of it), release(user) is called,
 * exactly once; at the latest by tin_ctx_free. It is also called, before the return, when the call fails, and when the data was copied
 * after all: where it is empty, not aligned to its elements, or less than 64 bytes before the end of its last page of 4096 bytes (kernels
 * may read so far behind it, and never write). release may be NULL, and must not call the library. torch.from_blob. */
typedef void tin_release_handler(void *user);
tin_tensor *tin_borrow_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, const void *data,
                          tin_release_handler *release, void *user);
#define tin_borrow(...) tin_borrow_at(TIN_HERE, __VA_ARGS__)

struct tin_map_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  const char *path TIN_ZERO;
  tin_dtype dtype TIN_ZERO;
  tin_shape shape TIN_ZERO;
  int64_t offset TIN_ZERO; /* byte of the file where the tensor starts; a multiple of the element's size */
};
/* A file's bytes as a tensor, row-major in this machine's byte order: mapped read only, so pages are read when they are used, and never
 * copied. tin_map_file(ctx, "weights.bin", TIN_F32, TIN_SHAPE(784, 128), .offset = 64). The file must not be made shorter while the tensor
 * lives; it may be renamed or removed. Errors name the file: it cannot be opened, is no regular file, is too short, the offset is not
 * aligned. numpy.memmap(mode="r"). */
tin_tensor *tin_map_file_args(struct tin_map_options args);
#ifndef __cplusplus
#define tin_map_file(...) tin_map_file_args((struct tin_map_options){.file = __FILE__, .line = __LINE__, .ctx = __VA_ARGS__})
#endif

/* All elements the value, converted to the dtype as tin_cast does from f64 (integers beyond 2^53: tin_full_i64). torch.full, zeros, ones.
 * The value is part of the graph: use it for numbers that do not change; two numbers are two graphs only where folding looks at them. */
tin_tensor *tin_full_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double value);
#define tin_full(...) tin_full_at(TIN_HERE, __VA_ARGS__)
#define tin_zeros(ctx, dtype, ...) tin_full_at(TIN_HERE, ctx, dtype, __VA_ARGS__, 0)
#define tin_ones(ctx, dtype, ...) tin_full_at(TIN_HERE, ctx, dtype, __VA_ARGS__, 1)
/* 0-d. */
#define tin_constant(ctx, dtype, value) tin_full_at(TIN_HERE, ctx, dtype, TIN_SHAPE(), value)

/* The same for integers beyond 2^53, which a double rounds; it wraps to smaller dtypes as tin_cast does. */
tin_tensor *tin_full_i64_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, int64_t value);
#define tin_full_i64(...) tin_full_i64_at(TIN_HERE, __VA_ARGS__)
/* Zeros: memory is never shown before something is in it. torch.empty, empty_like. */
#define tin_empty(ctx, dtype, ...) tin_full_at(TIN_HERE, ctx, dtype, __VA_ARGS__, 0)
#define tin_empty_like(...) tin_full_like_at(TIN_HERE, __VA_ARGS__, 0)

/* Of x's shape, dtype and context. torch.full_like, zeros_like, ones_like. */
tin_tensor *tin_full_like_at(const char *file, int line, tin_tensor *x, double value);
#define tin_full_like(...) tin_full_like_at(TIN_HERE, __VA_ARGS__)
#define tin_zeros_like(...) tin_full_like_at(TIN_HERE, __VA_ARGS__, 0)
#define tin_ones_like(...) tin_full_like_at(TIN_HERE, __VA_ARGS__, 1)

/* A 0-d number that changes from step to step (learning rate, bias correction): the compiler never looks at its value, so no new value
 * makes a new plan. */
tin_tensor *tin_scalar_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, double value);
#define tin_scalar(...) tin_scalar_at(TIN_HERE, __VA_ARGS__)

/* [count]: start, start + step, ... torch.arange. */
tin_tensor *tin_arange_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t count, double start, double step);
#define tin_arange(...) tin_arange_at(TIN_HERE, __VA_ARGS__)
/* [count]: 0, 1, ... */
#define tin_iota(ctx, dtype, count) tin_arange_at(TIN_HERE, ctx, dtype, count, 0, 1)

struct tin_space_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  tin_dtype dtype TIN_ZERO;
  double start TIN_ZERO;
  double stop TIN_ZERO;
  int64_t count TIN_ZERO;
  double base TIN_ZERO;       /* tin_logspace; 0: 10 */
  bool exclude_stop TIN_ZERO; /* the last number is one step before stop: NumPy's endpoint=False */
};
/* [count]: start .. stop in equal steps (stop - start) / (count - 1). Numbers are start + i * step in the first half and stop - (count - 1
 * - i) * step in the second, so both ends are exact; computed in f32 for f32, else in f64, and then cast (integers: towards zero). One
 * number: start. tin_linspace(ctx, TIN_F32, 0, 1, 11). torch.linspace, numpy.linspace. */
tin_tensor *tin_linspace_args(struct tin_space_options args);
/* base to the power of tin_linspace's numbers, by tin_power in f64, and then cast. tin_logspace(ctx, TIN_F32, -3, 3, 7). torch.logspace. */
tin_tensor *tin_logspace_args(struct tin_space_options args);
#ifndef __cplusplus
#define tin_linspace(...) tin_linspace_args((struct tin_space_options){.file = __FILE__, .line = __LINE__, .ctx = __VA_ARGS__})
#define tin_logspace(...) tin_logspace_args((struct tin_space_options){.file = __FILE__, .line = __LINE__, .ctx = __VA_ARGS__})
#endif

/* A matrix with 1 on its main diagonal; 1 where column - row <= diagonal; 0 elsewhere. columns -1: as many as rows. torch.eye, numpy.tri.
 */
tin_tensor *tin_eye_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t rows, int64_t columns);
tin_tensor *tin_tri_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t rows, int64_t columns, int diagonal);
#define tin_eye(...) tin_eye_at(TIN_HERE, __VA_ARGS__)
#define tin_tri(...) tin_tri_at(TIN_HERE, __VA_ARGS__)

/* Random numbers by Threefry-2x32-20 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", 2011): element i depends on i, the
 * seed, how many scopes were opened since the seed, and how many random tensors were made in the scope. Each call gives new numbers.
 * Fewer than 2^32 elements. tin_random_bits: u32. tin_rand: uniform in [0, 1), a multiple of 2^-24 (f64: 2^-53, f16: 2^-11, bf16: 2^-8),
 * torch.rand. tin_randn: normal with mean 0 and deviation 1 by Box and Muller (1958), torch.randn. */
tin_tensor *tin_random_bits_at(const char *file, int line, tin_ctx *ctx, tin_shape shape);
tin_tensor *tin_rand_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape);
tin_tensor *tin_randn_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape);
#define tin_random_bits(...) tin_random_bits_at(TIN_HERE, __VA_ARGS__)
#define tin_rand(...) tin_rand_at(TIN_HERE, __VA_ARGS__)
#define tin_randn(...) tin_randn_at(TIN_HERE, __VA_ARGS__)

/* Other distributions, from these numbers; what is said above holds. The dtype is a float unless said otherwise. */
/* low + (high - low) * tin_rand; high itself only where rounding gives it. torch.Tensor.uniform_. */
tin_tensor *tin_uniform_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double low, double high);
/* mean + deviation * tin_randn. torch.normal. */
tin_tensor *tin_normal_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double mean, double deviation);
/* The normal distribution between low and high, by its inverse distribution function; of f32, bounds beyond 5 deviations on the same side
 * of the mean give a bound only. torch.nn.init.trunc_normal_. */
tin_tensor *tin_truncated_normal_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double mean,
                                    double deviation, double low, double high);
/* -log(1 - tin_rand) / rate, at least 0. torch.Tensor.exponential_. */
tin_tensor *tin_exponential_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double rate);
/* -log of exponential numbers: Gumbel's distribution, finite. torch.distributions.Gumbel(0, 1). */
tin_tensor *tin_gumbel_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape);
/* Integers low .. high - 1 in any dtype, at most 2^32 different ones, each with the same probability within a share of 2^-32.
 * Errors: none, too many, more than the dtype holds. torch.randint. */
tin_tensor *tin_randint_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, int64_t low, int64_t high);
/* [n]: 0 .. n - 1 in random order. torch.randperm. */
tin_tensor *tin_randperm_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t n);
/* x with the slices along the axis in random order. numpy.random.Generator.permutation. */
tin_tensor *tin_shuffle_at(const char *file, int line, tin_tensor *x, int axis);
/* 1 with the probability that p's element says, else 0, in p's dtype; (float) numbers below 0 count as 0, above 1 as 1, NaN as 0. One
 * probability for all: tin_bernoulli(tin_full(ctx, TIN_F32, shape, 0.3)). torch.bernoulli. */
tin_tensor *tin_bernoulli_at(const char *file, int line, tin_tensor *p);
#define tin_uniform(...) tin_uniform_at(TIN_HERE, __VA_ARGS__)
#define tin_normal(...) tin_normal_at(TIN_HERE, __VA_ARGS__)
#define tin_truncated_normal(...) tin_truncated_normal_at(TIN_HERE, __VA_ARGS__)
#define tin_exponential(...) tin_exponential_at(TIN_HERE, __VA_ARGS__)
#define tin_gumbel(...) tin_gumbel_at(TIN_HERE, __VA_ARGS__)
#define tin_randint(...) tin_randint_at(TIN_HERE, __VA_ARGS__)
#define tin_randperm(...) tin_randperm_at(TIN_HERE, __VA_ARGS__)
#define tin_shuffle(...) tin_shuffle_at(TIN_HERE, __VA_ARGS__)
#define tin_bernoulli(...) tin_bernoulli_at(TIN_HERE, __VA_ARGS__)

struct tin_sample_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t count TIN_ZERO;            /* draws from each row of x, a new last axis; 0: one, without the axis */
  bool without_replacement TIN_ZERO; /* the draws of a row differ */
};
/* Classes, i32, drawn with probabilities that the last axis of x gives: by logits, categorical: e^x / sum(e^x), or by weights that need not
 * add up to 1, multinomial: x / sum(x). By the largest logit plus a Gumbel number: probabilities below 2^-24 (f64: 2^-53) are not
 * met exactly. Without replacement each draw is from the classes that are left, and classes of weight 0 come last. (float) Errors: no
 * classes, more draws than classes. tin_categorical(logits, .count = 4). torch.distributions.Categorical(logits).sample, torch.multinomial
 * (whose replacement=False is .without_replacement here). */
tin_tensor *tin_categorical_args(struct tin_sample_options args);
tin_tensor *tin_multinomial_args(struct tin_sample_options args);
#ifndef __cplusplus
#define tin_categorical(...) tin_categorical_args((struct tin_sample_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_multinomial(...) tin_multinomial_args((struct tin_sample_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif

/* ---- elementwise, one operand ----
 * Result of x's shape. Functions marked (float) cast integers and bool to f32 first, as PyTorch does. Values follow IEEE 754 and C99
 * Annex F at infinities, NaN and signed zeros; tools/ulp prints the error bounds. */

tin_tensor *tin_neg_at(const char *file, int line, tin_tensor *x);         /* -x; integers wrap. torch.neg */
tin_tensor *tin_abs_at(const char *file, int line, tin_tensor *x);         /* |x|; gradient 0 at 0. torch.abs */
tin_tensor *tin_sign_at(const char *file, int line, tin_tensor *x);        /* -1, 0 or 1; NaN gives 0. torch.sign */
tin_tensor *tin_sqrt_at(const char *file, int line, tin_tensor *x);        /* (float) square root, correctly rounded */
tin_tensor *tin_rsqrt_at(const char *file, int line, tin_tensor *x);       /* (float) 1 / sqrt(x) */
tin_tensor *tin_cbrt_at(const char *file, int line, tin_tensor *x);        /* (float) real cube root; gradient infinite at 0. numpy.cbrt */
tin_tensor *tin_square_at(const char *file, int line, tin_tensor *x);      /* x * x */
tin_tensor *tin_reciprocal_at(const char *file, int line, tin_tensor *x);  /* (float) 1 / x */
tin_tensor *tin_exp_at(const char *file, int line, tin_tensor *x);         /* (float) e to the x */
tin_tensor *tin_log_at(const char *file, int line, tin_tensor *x);         /* (float) natural logarithm */
tin_tensor *tin_expm1_at(const char *file, int line, tin_tensor *x);       /* (float) e^x - 1, accurate near 0. torch.expm1 */
tin_tensor *tin_log1p_at(const char *file, int line, tin_tensor *x);       /* (float) log(1 + x), accurate near 0. torch.log1p */
tin_tensor *tin_exp2_at(const char *file, int line, tin_tensor *x);        /* (float) 2 to the x. torch.exp2 */
tin_tensor *tin_log2_at(const char *file, int line, tin_tensor *x);        /* (float) logarithm to base 2, exact at its powers */
tin_tensor *tin_log10_at(const char *file, int line, tin_tensor *x);       /* (float) logarithm to base 10, exact at its powers */
tin_tensor *tin_tan_at(const char *file, int line, tin_tensor *x);         /* (float) any argument size */
tin_tensor *tin_sinh_at(const char *file, int line, tin_tensor *x);        /* (float) (e^x - e^-x) / 2 */
tin_tensor *tin_cosh_at(const char *file, int line, tin_tensor *x);        /* (float) (e^x + e^-x) / 2 */
tin_tensor *tin_sin_at(const char *file, int line, tin_tensor *x);         /* (float) any argument size */
tin_tensor *tin_cos_at(const char *file, int line, tin_tensor *x);         /* (float) any argument size */
tin_tensor *tin_tanh_at(const char *file, int line, tin_tensor *x);        /* (float) */
tin_tensor *tin_erf_at(const char *file, int line, tin_tensor *x);         /* (float) error function. torch.erf */
tin_tensor *tin_sigmoid_at(const char *file, int line, tin_tensor *x);     /* (float) 1 / (1 + e^-x), without overflow. torch.sigmoid */
tin_tensor *tin_relu_at(const char *file, int line, tin_tensor *x);        /* x <= 0 ? 0 : x; NaN passes, gradient 0 at 0. torch.relu */
tin_tensor *tin_round_at(const char *file, int line, tin_tensor *x);       /* nearest integer, ties to even; integers unchanged */
tin_tensor *tin_floor_at(const char *file, int line, tin_tensor *x);       /* towards -infinity */
tin_tensor *tin_ceil_at(const char *file, int line, tin_tensor *x);        /* towards +infinity */
tin_tensor *tin_trunc_at(const char *file, int line, tin_tensor *x);       /* towards zero */
tin_tensor *tin_isnan_at(const char *file, int line, tin_tensor *x);       /* bool. torch.isnan */
tin_tensor *tin_logical_not_at(const char *file, int line, tin_tensor *x); /* bool: x == 0. torch.logical_not */
tin_tensor *tin_bitwise_not_at(const char *file, int line, tin_tensor *x); /* integers: ~x; bool: not. torch.bitwise_not */
tin_tensor *tin_detach_at(const char *file, int line, tin_tensor *x);      /* x, but gradients stop here. torch.Tensor.detach */
tin_tensor *tin_asin_at(const char *file, int line,
                        tin_tensor *x); /* (float) inverse sine; NaN outside [-1, 1]. torch.asin, numpy.arcsin */
tin_tensor *tin_acos_at(const char *file, int line,
                        tin_tensor *x); /* (float) inverse cosine, in [0, pi]; NaN outside [-1, 1]. torch.acos */
tin_tensor *tin_atan_at(const char *file, int line, tin_tensor *x);  /* (float) inverse tangent. torch.atan */
tin_tensor *tin_asinh_at(const char *file, int line, tin_tensor *x); /* (float) inverse hyperbolic sine. torch.asinh */
tin_tensor *tin_acosh_at(const char *file, int line, tin_tensor *x); /* (float) inverse hyperbolic cosine; NaN below 1. torch.acosh */
tin_tensor *tin_atanh_at(const char *file, int line,
                         tin_tensor *x);                            /* (float) inverse hyperbolic tangent; infinite at -1, 1. torch.atanh */
tin_tensor *tin_erfc_at(const char *file, int line, tin_tensor *x); /* (float) 1 - erf(x), accurate to its underflow. torch.erfc */
tin_tensor *tin_erfinv_at(const char *file, int line,
                          tin_tensor *x); /* (float) inverse of erf; infinite at -1, 1, NaN outside. torch.erfinv */
/* (float) log |gamma(x)|, infinite at 0, -1, -2, ... and at infinities; gradient tin_digamma. Near its zeros on the left the error is
 * below 2^-50 max(1, |x|) absolutely (f32: 2^-26). torch.lgamma, scipy.special.gammaln. */
tin_tensor *tin_lgamma_at(const char *file, int line, tin_tensor *x);
/* (float) the derivative of log(gamma(x)), by recurrence, asymptotic series and reflection in f64: within about 2^-49 max(1, |result|),
 * and one rounding in f32. -inf at 0, inf at -0, NaN at negative integers and -inf. Its gradients are the polygamma functions.
 * torch.digamma, scipy.special.psi. */
tin_tensor *tin_digamma_at(const char *file, int line, tin_tensor *x);
#define tin_asin(...) tin_asin_at(TIN_HERE, __VA_ARGS__)
#define tin_acos(...) tin_acos_at(TIN_HERE, __VA_ARGS__)
#define tin_atan(...) tin_atan_at(TIN_HERE, __VA_ARGS__)
#define tin_asinh(...) tin_asinh_at(TIN_HERE, __VA_ARGS__)
#define tin_acosh(...) tin_acosh_at(TIN_HERE, __VA_ARGS__)
#define tin_atanh(...) tin_atanh_at(TIN_HERE, __VA_ARGS__)
#define tin_erfc(...) tin_erfc_at(TIN_HERE, __VA_ARGS__)
#define tin_erfinv(...) tin_erfinv_at(TIN_HERE, __VA_ARGS__)
#define tin_lgamma(...) tin_lgamma_at(TIN_HERE, __VA_ARGS__)
#define tin_digamma(...) tin_digamma_at(TIN_HERE, __VA_ARGS__)
tin_tensor *tin_isinf_at(const char *file, int line, tin_tensor *x);    /* bool: x is inf or -inf. torch.isinf */
tin_tensor *tin_isfinite_at(const char *file, int line, tin_tensor *x); /* bool: neither infinite nor NaN. torch.isfinite */
tin_tensor *tin_signbit_at(const char *file, int line, tin_tensor *x);  /* bool: x < 0 or x is -0; NaN gives false. torch.signbit */
tin_tensor *tin_frac_at(const char *file, int line, tin_tensor *x);     /* (float) x - trunc(x); gradient 1. torch.frac */
tin_tensor *tin_deg2rad_at(const char *file, int line, tin_tensor *x);  /* (float) x pi / 180. torch.deg2rad */
tin_tensor *tin_rad2deg_at(const char *file, int line, tin_tensor *x);  /* (float) x 180 / pi. torch.rad2deg */
/* (float) sin(pi x) / (pi x), 1 at 0 and exactly 0 at other integers; gradient 0 at 0, in every order, as PyTorch's. torch.sinc. */
tin_tensor *tin_sinc_at(const char *file, int line, tin_tensor *x);
/* (float) log(x / (1 - x)), x first moved into [eps, 1 - eps] where eps > 0. Error: eps above 1/2. torch.logit. */
tin_tensor *tin_logit_at(const char *file, int line, tin_tensor *x, double eps);
#define tin_isinf(...) tin_isinf_at(TIN_HERE, __VA_ARGS__)
#define tin_isfinite(...) tin_isfinite_at(TIN_HERE, __VA_ARGS__)
#define tin_signbit(...) tin_signbit_at(TIN_HERE, __VA_ARGS__)
#define tin_frac(...) tin_frac_at(TIN_HERE, __VA_ARGS__)
#define tin_deg2rad(...) tin_deg2rad_at(TIN_HERE, __VA_ARGS__)
#define tin_rad2deg(...) tin_rad2deg_at(TIN_HERE, __VA_ARGS__)
#define tin_sinc(...) tin_sinc_at(TIN_HERE, __VA_ARGS__)
#define tin_logit(...) tin_logit_at(TIN_HERE, __VA_ARGS__)
#define tin_neg(...) tin_neg_at(TIN_HERE, __VA_ARGS__)
#define tin_abs(...) tin_abs_at(TIN_HERE, __VA_ARGS__)
#define tin_sign(...) tin_sign_at(TIN_HERE, __VA_ARGS__)
#define tin_sqrt(...) tin_sqrt_at(TIN_HERE, __VA_ARGS__)
#define tin_rsqrt(...) tin_rsqrt_at(TIN_HERE, __VA_ARGS__)
#define tin_cbrt(...) tin_cbrt_at(TIN_HERE, __VA_ARGS__)
#define tin_square(...) tin_square_at(TIN_HERE, __VA_ARGS__)
#define tin_reciprocal(...) tin_reciprocal_at(TIN_HERE, __VA_ARGS__)
#define tin_exp(...) tin_exp_at(TIN_HERE, __VA_ARGS__)
#define tin_log(...) tin_log_at(TIN_HERE, __VA_ARGS__)
#define tin_expm1(...) tin_expm1_at(TIN_HERE, __VA_ARGS__)
#define tin_log1p(...) tin_log1p_at(TIN_HERE, __VA_ARGS__)
#define tin_exp2(...) tin_exp2_at(TIN_HERE, __VA_ARGS__)
#define tin_log2(...) tin_log2_at(TIN_HERE, __VA_ARGS__)
#define tin_log10(...) tin_log10_at(TIN_HERE, __VA_ARGS__)
#define tin_tan(...) tin_tan_at(TIN_HERE, __VA_ARGS__)
#define tin_sinh(...) tin_sinh_at(TIN_HERE, __VA_ARGS__)
#define tin_cosh(...) tin_cosh_at(TIN_HERE, __VA_ARGS__)
#define tin_sin(...) tin_sin_at(TIN_HERE, __VA_ARGS__)
#define tin_cos(...) tin_cos_at(TIN_HERE, __VA_ARGS__)
#define tin_tanh(...) tin_tanh_at(TIN_HERE, __VA_ARGS__)
#define tin_erf(...) tin_erf_at(TIN_HERE, __VA_ARGS__)
#define tin_sigmoid(...) tin_sigmoid_at(TIN_HERE, __VA_ARGS__)
#define tin_relu(...) tin_relu_at(TIN_HERE, __VA_ARGS__)
#define tin_round(...) tin_round_at(TIN_HERE, __VA_ARGS__)
#define tin_floor(...) tin_floor_at(TIN_HERE, __VA_ARGS__)
#define tin_ceil(...) tin_ceil_at(TIN_HERE, __VA_ARGS__)
#define tin_trunc(...) tin_trunc_at(TIN_HERE, __VA_ARGS__)
#define tin_isnan(...) tin_isnan_at(TIN_HERE, __VA_ARGS__)
#define tin_logical_not(...) tin_logical_not_at(TIN_HERE, __VA_ARGS__)
#define tin_bitwise_not(...) tin_bitwise_not_at(TIN_HERE, __VA_ARGS__)
#define tin_detach(...) tin_detach_at(TIN_HERE, __VA_ARGS__)

struct tin_nan_to_num_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  double nan TIN_ZERO;    /* stands for NaN */
  double posinf TIN_ZERO; /* for infinity; 0: the largest finite number of the dtype */
  double neginf TIN_ZERO; /* for -infinity; 0: the lowest finite number */
};
/* x with numbers in place of NaN and infinities, where the gradient is 0; integers unchanged. tin_nan_to_num(x, .posinf = 1e4).
 * torch.nan_to_num. */
tin_tensor *tin_nan_to_num_args(struct tin_nan_to_num_options args);
#ifndef __cplusplus
#define tin_nan_to_num(...) tin_nan_to_num_args((struct tin_nan_to_num_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif

/* x in another dtype. Float to integer: towards zero, saturating, NaN gives 0. To bool: x != 0. Integers wrap. To a float: rounded once, to
 * nearest even. torch.Tensor.to. */
tin_tensor *tin_cast_at(const char *file, int line, tin_tensor *x, tin_dtype dtype);
#define tin_cast(...) tin_cast_at(TIN_HERE, __VA_ARGS__)
/* The same bits read as a dtype of the same size (not bool); a NaN is seen as the canonical NaN. torch.Tensor.view(dtype). */
tin_tensor *tin_bitcast_at(const char *file, int line, tin_tensor *x, tin_dtype dtype);
#define tin_bitcast(...) tin_bitcast_at(TIN_HERE, __VA_ARGS__)

/* ---- elementwise, two or three operands: they broadcast (NumPy) and take the promoted dtype ---- */

tin_tensor *tin_add_at(const char *file, int line, tin_tensor *a, tin_tensor *b); /* a + b; bool operands: i32 */
tin_tensor *tin_sub_at(const char *file, int line, tin_tensor *a, tin_tensor *b); /* a - b; bool operands: i32 */
tin_tensor *tin_mul_at(const char *file, int line, tin_tensor *a, tin_tensor *b); /* a * b; bool operands: and */
tin_tensor *tin_div_at(const char *file, int line, tin_tensor *a, tin_tensor *b); /* (float) a / b. torch.div */
/* Integers: a / b towards zero, x / 0 = 0. torch.div(rounding_mode="trunc"). */
tin_tensor *tin_idiv_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* Integers: the remainder of tin_idiv, with the sign of a (C's %); a mod 0 is a. torch.fmod. */
tin_tensor *tin_mod_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* The smaller and the larger; NaN if either is NaN, -0 < +0 (IEEE 754-2019). Equal operands share the gradient. torch.minimum, maximum */
tin_tensor *tin_minimum_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_maximum_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_lt_at(const char *file, int line, tin_tensor *a, tin_tensor *b);          /* bool: a < b */
tin_tensor *tin_le_at(const char *file, int line, tin_tensor *a, tin_tensor *b);          /* bool: a <= b */
tin_tensor *tin_gt_at(const char *file, int line, tin_tensor *a, tin_tensor *b);          /* bool: a > b */
tin_tensor *tin_ge_at(const char *file, int line, tin_tensor *a, tin_tensor *b);          /* bool: a >= b */
tin_tensor *tin_eq_at(const char *file, int line, tin_tensor *a, tin_tensor *b);          /* bool: a == b */
tin_tensor *tin_ne_at(const char *file, int line, tin_tensor *a, tin_tensor *b);          /* bool: a != b */
tin_tensor *tin_logical_and_at(const char *file, int line, tin_tensor *a, tin_tensor *b); /* bool of a != 0 and b != 0 */
tin_tensor *tin_logical_or_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_logical_xor_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_bitwise_and_at(const char *file, int line, tin_tensor *a, tin_tensor *b); /* integers and bool. torch.bitwise_and */
tin_tensor *tin_bitwise_or_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_bitwise_xor_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* Integers: shifts; by the width or more gives 0 (right, signed: the sign). torch.bitwise_left_shift, bitwise_right_shift. */
tin_tensor *tin_shl_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_shr_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* Remainders. tin_fmod has the sign of a (C's fmod; torch.fmod), tin_remainder that of b (Python's %, numpy.remainder, torch.remainder; a
 * remainder of 0 too, as in NumPy). Floats: exact but for one addition of b; x mod 0 and inf mod x are NaN, x mod inf is x, or inf where
 * the sign must change. Integers: x mod 0 is x. Gradients: 1 for a, and minus the quotient, towards zero or rounded down, for b. */
tin_tensor *tin_fmod_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_remainder_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* The quotient rounded down, by numpy.floor_divide's method: floor of the exact a / b. Floats: x / 0 is inf or NaN as for tin_div;
 * integers: x / 0 is 0. Gradient 0. numpy.floor_divide, torch.floor_divide, torch.div(rounding_mode="floor"). */
tin_tensor *tin_floor_divide_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* (float) The angle of the point (b, a), in [-pi, pi]: the inverse tangent of a / b in the right quadrant. Gradients b / (a^2 + b^2) and
 * -a / (a^2 + b^2), NaN at (0, 0). torch.atan2. */
tin_tensor *tin_atan2_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
#define tin_atan2(...) tin_atan2_at(TIN_HERE, __VA_ARGS__)
/* (float) |a| with the sign of b; a NaN counts as positive. Gradient of a: the sign of the result over that of a, 0 at 0; of b: 0.
 * torch.copysign. */
tin_tensor *tin_copysign_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* (float) sqrt(a^2 + b^2) within 1 ulp, without overflow; infinite if either operand is. Gradient a / hypot, NaN at 0. torch.hypot. */
tin_tensor *tin_hypot_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* (float) log(e^a + e^b) without overflow. torch.logaddexp. */
tin_tensor *tin_logaddexp_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* 0 where a < 0 or a is NaN, b where a is 0, 1 where a > 0. torch.heaviside. */
tin_tensor *tin_heaviside_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* (float) a log(b); 0 where a is 0, unless b is NaN. Gradients log(b) and a / b, 0 where a is 0 and b is not in (0, inf). torch.xlogy. */
tin_tensor *tin_xlogy_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
#define tin_fmod(...) tin_fmod_at(TIN_HERE, __VA_ARGS__)
#define tin_remainder(...) tin_remainder_at(TIN_HERE, __VA_ARGS__)
#define tin_floor_divide(...) tin_floor_divide_at(TIN_HERE, __VA_ARGS__)
#define tin_copysign(...) tin_copysign_at(TIN_HERE, __VA_ARGS__)
#define tin_hypot(...) tin_hypot_at(TIN_HERE, __VA_ARGS__)
#define tin_logaddexp(...) tin_logaddexp_at(TIN_HERE, __VA_ARGS__)
#define tin_heaviside(...) tin_heaviside_at(TIN_HERE, __VA_ARGS__)
#define tin_xlogy(...) tin_xlogy_at(TIN_HERE, __VA_ARGS__)
#define tin_add(...) tin_add_at(TIN_HERE, __VA_ARGS__)
#define tin_sub(...) tin_sub_at(TIN_HERE, __VA_ARGS__)
#define tin_mul(...) tin_mul_at(TIN_HERE, __VA_ARGS__)
#define tin_div(...) tin_div_at(TIN_HERE, __VA_ARGS__)
#define tin_idiv(...) tin_idiv_at(TIN_HERE, __VA_ARGS__)
#define tin_mod(...) tin_mod_at(TIN_HERE, __VA_ARGS__)
#define tin_minimum(...) tin_minimum_at(TIN_HERE, __VA_ARGS__)
#define tin_maximum(...) tin_maximum_at(TIN_HERE, __VA_ARGS__)
#define tin_lt(...) tin_lt_at(TIN_HERE, __VA_ARGS__)
#define tin_le(...) tin_le_at(TIN_HERE, __VA_ARGS__)
#define tin_gt(...) tin_gt_at(TIN_HERE, __VA_ARGS__)
#define tin_ge(...) tin_ge_at(TIN_HERE, __VA_ARGS__)
#define tin_eq(...) tin_eq_at(TIN_HERE, __VA_ARGS__)
#define tin_ne(...) tin_ne_at(TIN_HERE, __VA_ARGS__)
#define tin_logical_and(...) tin_logical_and_at(TIN_HERE, __VA_ARGS__)
#define tin_logical_or(...) tin_logical_or_at(TIN_HERE, __VA_ARGS__)
#define tin_logical_xor(...) tin_logical_xor_at(TIN_HERE, __VA_ARGS__)
#define tin_bitwise_and(...) tin_bitwise_and_at(TIN_HERE, __VA_ARGS__)
#define tin_bitwise_or(...) tin_bitwise_or_at(TIN_HERE, __VA_ARGS__)
#define tin_bitwise_xor(...) tin_bitwise_xor_at(TIN_HERE, __VA_ARGS__)
#define tin_shl(...) tin_shl_at(TIN_HERE, __VA_ARGS__)
#define tin_shr(...) tin_shr_at(TIN_HERE, __VA_ARGS__)

/* Elementwise condition ? a : b; a condition that is not bool counts as condition != 0. torch.where. */
tin_tensor *tin_where_at(const char *file, int line, tin_tensor *condition, tin_tensor *a, tin_tensor *b);
#define tin_where(...) tin_where_at(TIN_HERE, __VA_ARGS__)

/* (float) a to the b, broadcast, with every special case of C99 Annex F: negative a with integer b, zeros, infinities, 1 for b = 0 and for
 * a = 1 whatever the other is, NaN for negative finite a with other b. Gradient b a^(b-1), 0 for b = 0, and a^b log(a), 0 for a = 0 and
 * b >= 0. Integers are cast to f32, unlike torch. torch.pow(Tensor, Tensor), numpy.power. */
tin_tensor *tin_power_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
#define tin_power(...) tin_power_at(TIN_HERE, __VA_ARGS__)

/* The smaller and the larger, where a NaN loses; a where they are equal, and then the gradient is a's. torch.fmin, fmax. */
tin_tensor *tin_fmin_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_fmax_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
#define tin_fmin(...) tin_fmin_at(TIN_HERE, __VA_ARGS__)
#define tin_fmax(...) tin_fmax_at(TIN_HERE, __VA_ARGS__)
/* min(max(x, low), high), broadcast, in the promoted dtype; a bound may be NULL: none. Every NaN passes; high where low is above it. The
 * gradient goes to the operand that is the result, to x at a bound. torch.clamp with tensors. */
tin_tensor *tin_clamp_tensor_at(const char *file, int line, tin_tensor *x, tin_tensor *low, tin_tensor *high);
#define tin_clamp_tensor(...) tin_clamp_tensor_at(TIN_HERE, __VA_ARGS__)

struct tin_isclose_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *a TIN_ZERO;
  tin_tensor *b TIN_ZERO;
  double rtol TIN_ZERO;    /* 0: 1e-5; TIN_NO_TOLERANCE: none */
  double atol TIN_ZERO;    /* 0: 1e-8; TIN_NO_TOLERANCE: none */
  bool equal_nan TIN_ZERO; /* NaN is close to NaN */
};
enum { TIN_NO_TOLERANCE = -1 };
/* bool: a = b, or |a - b| finite and at most atol + rtol |b|; integers are compared in f64. tin_isclose(a, b, .atol = 1e-4).
 * torch.isclose. */
tin_tensor *tin_isclose_args(struct tin_isclose_options args);
/* Whether all elements are close; false after an error. Computes. torch.allclose. */
bool tin_allclose_args(struct tin_isclose_options args);
#ifndef __cplusplus
#define TIN_ISCLOSE(function, a_, ...)                                                                                                     \
  function((struct tin_isclose_options){.file = __FILE__, .line = __LINE__, .a = (a_), .b = __VA_ARGS__})
#define tin_isclose(...) TIN_ISCLOSE(tin_isclose_args, __VA_ARGS__)
#define tin_allclose(...) TIN_ISCLOSE(tin_allclose_args, __VA_ARGS__)
#endif
/* Whether shapes and all elements are equal, whatever the dtypes; false after an error. Computes. torch.equal, numpy.array_equal. */
bool tin_equal_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
#define tin_equal(...) tin_equal_at(TIN_HERE, __VA_ARGS__)

/* a * b + c, floats, rounded once. C's fma. */
tin_tensor *tin_fma_at(const char *file, int line, tin_tensor *a, tin_tensor *b, tin_tensor *c);
#define tin_fma(...) tin_fma_at(TIN_HERE, __VA_ARGS__)

/* (float) a + weight (b - a), computed from b where |weight| >= 1/2, so that weight 1 gives b exactly. torch.lerp. */
tin_tensor *tin_lerp_at(const char *file, int line, tin_tensor *a, tin_tensor *b, tin_tensor *weight);
#define tin_lerp(...) tin_lerp_at(TIN_HERE, __VA_ARGS__)

/* With a number: it takes x's dtype (an integer or bool x with a number that is no integer: f32; bool with an integer: i32), wrapped where
 * that is too narrow, as in PyTorch: u8 plus -1 is u8. */
tin_tensor *tin_add_scalar_at(const char *file, int line, tin_tensor *x, double number); /* x + number */
tin_tensor *tin_sub_scalar_at(const char *file, int line, tin_tensor *x, double number); /* x - number */
tin_tensor *tin_mul_scalar_at(const char *file, int line, tin_tensor *x, double number); /* x * number */
tin_tensor *tin_div_scalar_at(const char *file, int line, tin_tensor *x, double number); /* (float) x / number */
tin_tensor *tin_scalar_sub_at(const char *file, int line, double number, tin_tensor *x); /* number - x */
tin_tensor *tin_scalar_div_at(const char *file, int line, double number, tin_tensor *x); /* (float) number / x */
/* The smaller and the larger of x and the number; NaN wins, equal ones share the gradient. torch.clamp with one bound. */
tin_tensor *tin_minimum_scalar_at(const char *file, int line, tin_tensor *x, double number);
tin_tensor *tin_maximum_scalar_at(const char *file, int line, tin_tensor *x, double number);
/* bool: x < number and so on; integers are compared with the number as it is, 2.5 and -1 too. torch.lt ... with a Scalar. */
tin_tensor *tin_lt_scalar_at(const char *file, int line, tin_tensor *x, double number);
tin_tensor *tin_le_scalar_at(const char *file, int line, tin_tensor *x, double number);
tin_tensor *tin_gt_scalar_at(const char *file, int line, tin_tensor *x, double number);
tin_tensor *tin_ge_scalar_at(const char *file, int line, tin_tensor *x, double number);
tin_tensor *tin_eq_scalar_at(const char *file, int line, tin_tensor *x, double number);
tin_tensor *tin_ne_scalar_at(const char *file, int line, tin_tensor *x, double number);
#define tin_minimum_scalar(...) tin_minimum_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_maximum_scalar(...) tin_maximum_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_lt_scalar(...) tin_lt_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_le_scalar(...) tin_le_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_gt_scalar(...) tin_gt_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_ge_scalar(...) tin_ge_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_eq_scalar(...) tin_eq_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_ne_scalar(...) tin_ne_scalar_at(TIN_HERE, __VA_ARGS__)
/* x to the exponent, (float): products by repeated squaring for integer exponents from -16 to 16 (and a division for negative ones), square
 * roots for 0.5 and -0.5, tin_power for others. Exponent 0 gives 1, NaN included. torch.pow(Tensor, Scalar). */
tin_tensor *tin_pow_at(const char *file, int line, tin_tensor *x, double exponent);
/* min(max(x, low), high); NaN passes; -INFINITY, INFINITY: no bound. Gradient 1 inside and at the bounds. Error: low
 * above high (PyTorch: high everywhere). torch.clamp. */
tin_tensor *tin_clamp_at(const char *file, int line, tin_tensor *x, double low, double high);
#define tin_add_scalar(...) tin_add_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_sub_scalar(...) tin_sub_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_mul_scalar(...) tin_mul_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_div_scalar(...) tin_div_scalar_at(TIN_HERE, __VA_ARGS__)
#define tin_scalar_sub(...) tin_scalar_sub_at(TIN_HERE, __VA_ARGS__)
#define tin_scalar_div(...) tin_scalar_div_at(TIN_HERE, __VA_ARGS__)
#define tin_pow(...) tin_pow_at(TIN_HERE, __VA_ARGS__)
#define tin_clamp(...) tin_clamp_at(TIN_HERE, __VA_ARGS__)

/* An elementwise function of the user's as a C expression over a, b, c, ... (at most 26 operands, in order):
 *
 *   tin_expression("a / (1 + exp(-a)) * b", TIN_LIST(x, gate))
 *
 * C's operators with C's precedence, but for assignment, [] and ->: ?: || && | ^ & == != < <= > >= << >> + - * / % ! ~ and parentheses;
 * numbers (2, 0x1f, 1.5e-3, 0x1p-4f), INFINITY, NAN, M_PI, M_E; the functions of this header from one to three tensors without tin_ and
 * options (exp, hypot, where, ...), also under C's names fabs, pow, min, max, and clamp(x, low, high). Operands broadcast and keep their
 * dtypes: two values meet in the promoted one, an integer number takes the other's dtype (of integers i32 or i64 where that is too
 * narrow), a float number too unless that is an integer, which becomes float; bool counts as 0 or 1. So integers divide as in C, towards
 * zero, and a > 0 gives bool. % of floats is fmod; | & ^ ~ << >> need integers or bool.
 *
 * It becomes nodes like any others: it fuses, and its gradient follows from its parts. Errors point at the column. */
tin_tensor *tin_expression_at(const char *file, int line, const char *text, tin_list operands);
/* The same with a gradient of the user's: for each operand the text of its cotangent, over the operands (at most 6), g, the cotangent of
 * the result, and y, the result; apart by semicolons, nothing between them for none. It is differentiated in turn for second derivatives.
 *
 *   tin_expression_with_gradient("round(a) * b", "g * b; g * round(a)", TIN_LIST(x, scale))
 *
 * Errors: a result that is no float; texts that are too many or too few. See tin_custom_gradient. */
tin_tensor *tin_expression_with_gradient_at(const char *file, int line, const char *text, const char *gradients, tin_list operands);
#define tin_expression_with_gradient(...) tin_expression_with_gradient_at(TIN_HERE, __VA_ARGS__)
#define tin_expression(...) tin_expression_at(TIN_HERE, __VA_ARGS__)

/* ---- reductions ---- */

struct tin_reduce_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  tin_axes axes TIN_ZERO;  /* none named: all */
  bool keepdims TIN_ZERO;  /* reduced axes stay with size 1 */
  int correction TIN_ZERO; /* tin_var, tin_std: subtracted from the count. 0: the default 1 (PyTorch); TIN_NO_CORRECTION: none (NumPy) */
};
enum { TIN_NO_CORRECTION = -1 };

/* Sum and product. Integers and bool give i64 (PyTorch), u64 stays (NumPy). Of nothing: 0, 1. Floats add in the fixed order of
 * docs/numerics.md. */
tin_tensor *tin_sum_args(struct tin_reduce_options args);
tin_tensor *tin_prod_args(struct tin_reduce_options args);
/* Largest and smallest; NaN wins; ties share the gradient evenly. Of nothing: an error. torch.amax, amin. */
tin_tensor *tin_max_args(struct tin_reduce_options args);
tin_tensor *tin_min_args(struct tin_reduce_options args);
/* sum / count; integers and bool are cast to f32. torch.mean. */
tin_tensor *tin_mean_args(struct tin_reduce_options args);
/* sum((x - mean)^2) / (count - correction), NaN where that count is 0. The mean is subtracted first, and the mean of what is left once
 * more, so that a large mean costs no digits. torch.var. */
tin_tensor *tin_var_args(struct tin_reduce_options args);
/* The square root of tin_var; gradient 0 where it is 0. torch.std. */
tin_tensor *tin_std_args(struct tin_reduce_options args);
/* i64: how many elements are not 0; NaN counts. torch.count_nonzero. */
tin_tensor *tin_count_nonzero_args(struct tin_reduce_options args);
/* Sum and mean of the elements that are not NaN; of none: 0 and NaN. Integers as tin_sum and tin_mean. torch.nansum, nanmean. */
tin_tensor *tin_nansum_args(struct tin_reduce_options args);
tin_tensor *tin_nanmean_args(struct tin_reduce_options args);
/* bool: some, every element is not 0. torch.any, all. */
tin_tensor *tin_any_args(struct tin_reduce_options args);
tin_tensor *tin_all_args(struct tin_reduce_options args);
/* log(sum(exp(x))) without overflow; of nothing -infinity. torch.logsumexp. */
tin_tensor *tin_logsumexp_args(struct tin_reduce_options args);
/* i32: the first position of the largest, smallest element along the one axis named (none: in the flattened tensor); NaN wins. */
tin_tensor *tin_argmax_args(struct tin_reduce_options args);
tin_tensor *tin_argmin_args(struct tin_reduce_options args);
#ifndef __cplusplus
#define TIN_REDUCE(function, ...) function((struct tin_reduce_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_sum(...) TIN_REDUCE(tin_sum_args, __VA_ARGS__)
#define tin_prod(...) TIN_REDUCE(tin_prod_args, __VA_ARGS__)
#define tin_max(...) TIN_REDUCE(tin_max_args, __VA_ARGS__)
#define tin_min(...) TIN_REDUCE(tin_min_args, __VA_ARGS__)
#define tin_mean(...) TIN_REDUCE(tin_mean_args, __VA_ARGS__)
#define tin_var(...) TIN_REDUCE(tin_var_args, __VA_ARGS__)
#define tin_std(...) TIN_REDUCE(tin_std_args, __VA_ARGS__)
#define tin_count_nonzero(...) TIN_REDUCE(tin_count_nonzero_args, __VA_ARGS__)
#define tin_nansum(...) TIN_REDUCE(tin_nansum_args, __VA_ARGS__)
#define tin_nanmean(...) TIN_REDUCE(tin_nanmean_args, __VA_ARGS__)
#define tin_any(...) TIN_REDUCE(tin_any_args, __VA_ARGS__)
#define tin_all(...) TIN_REDUCE(tin_all_args, __VA_ARGS__)
#define tin_logsumexp(...) TIN_REDUCE(tin_logsumexp_args, __VA_ARGS__)
#define tin_argmax(...) TIN_REDUCE(tin_argmax_args, __VA_ARGS__)
#define tin_argmin(...) TIN_REDUCE(tin_argmin_args, __VA_ARGS__)
#endif

struct tin_norm_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  double p TIN_ZERO;
  tin_axes axes TIN_ZERO; /* none named: all */
  bool keepdims TIN_ZERO; /* reduced axes stay with size 1 */
};
/* (float) sum(|x|^p)^(1 / p); p = 0: how many elements are not 0; INFINITY, -INFINITY: the largest, the smallest |x|, whose gradient ties
 * share. Gradient 0 at elements that are 0, and where the norm is 0. Errors: a negative or infinite p over no elements.
 * tin_norm(x, 2, .axes = TIN_AXES(-1)). torch.linalg.vector_norm. */
tin_tensor *tin_norm_args(struct tin_norm_options args);
#ifndef __cplusplus
#define tin_norm(...) tin_norm_args((struct tin_norm_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif

/* e^x / sum(e^x) along the axis, with the maximum subtracted first; e * (1 / sum). torch.softmax. */
tin_tensor *tin_softmax_at(const char *file, int line, tin_tensor *x, int axis);
#define tin_softmax(...) tin_softmax_at(TIN_HERE, __VA_ARGS__)
/* x - logsumexp(x) along the axis. torch.log_softmax. */
tin_tensor *tin_log_softmax_at(const char *file, int line, tin_tensor *x, int axis);
#define tin_log_softmax(...) tin_log_softmax_at(TIN_HERE, __VA_ARGS__)

/* ---- scans: along one axis, each element from those up to it, in increasing position ----
 * The result has x's shape; a 0-d tensor has the axis 0. They are computed in that order on every target, one after another: nothing is
 * added in another order to be faster. */

/* Sum and product of x[0] .. x[i] along the axis. Integers and bool give i64, which wraps. Gradients, of any order, are right where
 * elements are 0. torch.cumsum, cumprod. */
tin_tensor *tin_cumsum_at(const char *file, int line, tin_tensor *x, int axis);
tin_tensor *tin_cumprod_at(const char *file, int line, tin_tensor *x, int axis);
/* (float) log of the sum of exp(x[0]) .. exp(x[i]) without overflow. Gradient 0 where all up to i are -infinity. torch.logcumsumexp. */
tin_tensor *tin_logcumsumexp_at(const char *file, int line, tin_tensor *x, int axis);
/* y[i] = a[i] * y[i - 1] + b[i] along the axis, from y[0] = b[0] (a[0] is not used); product and sum are rounded one by one. a and b
 * broadcast; bool is cast to i32. A linear recurrence: moving averages, linear state spaces. scipy.signal.lfilter has it for constant a. */
tin_tensor *tin_recurrence_at(const char *file, int line, tin_tensor *a, tin_tensor *b, int axis);
#define tin_cumsum(...) tin_cumsum_at(TIN_HERE, __VA_ARGS__)
#define tin_cumprod(...) tin_cumprod_at(TIN_HERE, __VA_ARGS__)
#define tin_logcumsumexp(...) tin_logcumsumexp_at(TIN_HERE, __VA_ARGS__)
#define tin_recurrence(...) tin_recurrence_at(TIN_HERE, __VA_ARGS__)

struct tin_cumulative_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int axis TIN_ZERO;
  tin_tensor **indices TIN_ZERO; /* gets the positions, i32; NULL: not wanted */
};
/* The largest, smallest of x[0] .. x[i] along the axis, of x's dtype, and where it is: the last position of several equal ones (-0 equals
 * +0), and the last NaN once there was one. The gradient goes to that position. tin_cummax(x, 1, .indices = &at). torch.cummax, cummin. */
tin_tensor *tin_cummax_args(struct tin_cumulative_options args);
tin_tensor *tin_cummin_args(struct tin_cumulative_options args);
#ifndef __cplusplus
#define tin_cummax(...) tin_cummax_args((struct tin_cumulative_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_cummin(...) tin_cummin_args((struct tin_cumulative_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif

/* ---- sorting and counting ----
 * Positions are i32. Sorts are stable: equal elements keep their order, also descending; -0 equals +0, NaN is larger than all numbers.
 * There is no nonzero and no unique: the shapes of their results would depend on values. */

struct tin_sort_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int axis TIN_ZERO;
  bool descending TIN_ZERO;
  tin_tensor **indices TIN_ZERO; /* tin_sort: gets what tin_argsort gives; NULL: not wanted */
};
/* The elements in order along the axis, and where they were. The gradient goes back to where they were.
 * tin_sort(x, -1, .descending = true, .indices = &order). torch.sort, argsort with stable=True. */
tin_tensor *tin_sort_args(struct tin_sort_options args);
tin_tensor *tin_argsort_args(struct tin_sort_options args);

struct tin_topk_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t k TIN_ZERO;
  int axis TIN_ZERO;
  bool smallest TIN_ZERO;        /* the k smallest, ascending, instead of the k largest, descending */
  tin_tensor **indices TIN_ZERO; /* gets their positions; NULL: not wanted */
};
/* The k largest elements along the axis, sorted; the first of equal ones first. Errors: k is more than there are. tin_topk(x, 5, -1).
 * torch.topk. */
tin_tensor *tin_topk_args(struct tin_topk_options args);

/* The lower median, an element of x: the one at (n - 1) / 2 of n in order along the one axis named (none: of all); NaN wins. The gradient
 * goes to that element. Errors: of nothing. torch.median. */
tin_tensor *tin_median_args(struct tin_reduce_options args);

struct tin_searchsorted_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *sorted TIN_ZERO; /* [n], ascending; another order gives numbers without meaning */
  tin_tensor *values TIN_ZERO;
  bool right TIN_ZERO; /* how many are less or equal, instead of how many are less */
};
/* i32 of the values' shape: how many elements of sorted are less than each value; inserted there, the value keeps the order. By binary
 * search; NaN is larger than all numbers (numpy.searchsorted). torch.searchsorted with sorted of one axis. */
tin_tensor *tin_searchsorted_args(struct tin_searchsorted_options args);

struct tin_bincount_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO; /* integers of any shape */
  int64_t size TIN_ZERO;
  tin_tensor *weights TIN_ZERO; /* of x's shape; NULL: ones */
};
/* i64 [size]: how often each of 0 .. size - 1 is in x; with weights, of their dtype (integers: f64), the sum of the weights there. A number
 * outside is an error when computed. tin_bincount(x, 10). torch.bincount, whose size follows from the values. */
tin_tensor *tin_bincount_args(struct tin_bincount_options args);
/* (float) [bins] of x's dtype: how many elements lie in each of the equal intervals between low and high; the last includes high. low equal
 * to high: the smallest and largest of x, and if these are equal one less and one more. NaN and elements outside are not counted.
 * torch.histc. */
tin_tensor *tin_histc_at(const char *file, int line, tin_tensor *x, int64_t bins, double low, double high);
#define tin_histc(...) tin_histc_at(TIN_HERE, __VA_ARGS__)
#ifndef __cplusplus
#define tin_sort(...) tin_sort_args((struct tin_sort_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_argsort(...) tin_argsort_args((struct tin_sort_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_topk(...) tin_topk_args((struct tin_topk_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_median(...) TIN_REDUCE(tin_median_args, __VA_ARGS__)
#define tin_searchsorted(...)                                                                                                              \
  tin_searchsorted_args((struct tin_searchsorted_options){.file = __FILE__, .line = __LINE__, .sorted = __VA_ARGS__})
#define tin_bincount(...) tin_bincount_args((struct tin_bincount_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif

/* ---- contractions ----
 * Floats among the operands make the result a float. Integers stay in the promoted dtype and wrap (torch.matmul; numpy.matmul); of bool:
 * and, then or (NumPy). */

/* Matrix product [..., M, K] x [..., K, N] -> [..., M, N]; leading axes broadcast; a 1-d operand is a row (left) or column (right) whose
 * axis is absent from the result. torch.matmul, torch.bmm. */
tin_tensor *tin_matmul_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
#define tin_matmul(...) tin_matmul_at(TIN_HERE, __VA_ARGS__)
#define tin_batch_matmul(...) tin_matmul_at(TIN_HERE, __VA_ARGS__)

/* Einstein summation over any number of operands, a letter an axis: tin_einsum("bij,bjk->bik", a, b); operands in a list:
 * tin_einsum_list("ij,jk,kl", list). A letter twice in an operand takes its diagonal; letters missing from the result are summed over;
 * "..." stands for axes that broadcast, and are summed over if the result lacks it; sizes of 1 broadcast. Without "->" the result has the
 * axes of "...", then the letters that occur once, A to Z and a to z. Several operands are multiplied pair by pair, in the order with the
 * fewest multiplications (more than eight operands: the cheapest pairs first). Errors, with the column: subscripts that do not fit the
 * operands, sizes that differ; a product of two operands over more than 12 axes. torch.einsum, numpy.einsum(optimize="optimal"). */
tin_tensor *tin_einsum_at(const char *file, int line, const char *subscripts, tin_list operands);
#define tin_einsum(subscripts, ...) tin_einsum_at(TIN_HERE, subscripts, TIN_LIST(__VA_ARGS__))
#define tin_einsum_list(...) tin_einsum_at(TIN_HERE, __VA_ARGS__)

struct tin_tensordot_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *a TIN_ZERO;
  tin_tensor *b TIN_ZERO;
  tin_axes axes_a TIN_ZERO; /* axes of a and */
  tin_axes axes_b TIN_ZERO; /* those of b that they are summed with, as many; or */
  int count TIN_ZERO;       /* the last axes of a with the first of b; 0: 2. tin_outer sums over none */
};
/* The sum of products over pairs of axes; the result has the other axes of a, then those of b. tin_tensordot(a, b, .count = 1),
 * tin_tensordot(a, b, .axes_a = TIN_AXES(0, 2), .axes_b = TIN_AXES(1, 0)). torch.tensordot, numpy.tensordot. */
tin_tensor *tin_tensordot_args(struct tin_tensordot_options args);
#ifndef __cplusplus
#define tin_tensordot(a_, ...)                                                                                                             \
  tin_tensordot_args((struct tin_tensordot_options){.file = __FILE__, .line = __LINE__, .a = (a_), .b = __VA_ARGS__})
#endif
/* a[i] * b[j], the sum of a[i] * b[i], of two vectors. torch.outer, torch.dot. */
tin_tensor *tin_outer_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
tin_tensor *tin_dot_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* The sum over the last axes of both; of a 0-d operand the product. torch.inner. */
tin_tensor *tin_inner_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* Each element of a times all of b, as a block in its place: sizes multiply; the smaller rank gets leading axes. At most 6 axes.
 * torch.kron, numpy.kron. */
tin_tensor *tin_kron_at(const char *file, int line, tin_tensor *a, tin_tensor *b);
/* x1[..., i] weight[o, i, j] x2[..., j] summed over i and j, plus bias [o], which may be NULL: [..., o]. torch.nn.functional.bilinear. */
tin_tensor *tin_bilinear_at(const char *file, int line, tin_tensor *x1, tin_tensor *x2, tin_tensor *weight, tin_tensor *bias);
/* The product of 2 to 63 matrices in the order that tin_einsum would take; the first and the last may be vectors.
 * tin_multi_dot(TIN_LIST(a, b, c)). torch.linalg.multi_dot, numpy.linalg.multi_dot. */
tin_tensor *tin_multi_dot_at(const char *file, int line, tin_list operands);
#define tin_outer(...) tin_outer_at(TIN_HERE, __VA_ARGS__)
#define tin_dot(...) tin_dot_at(TIN_HERE, __VA_ARGS__)
#define tin_inner(...) tin_inner_at(TIN_HERE, __VA_ARGS__)
#define tin_kron(...) tin_kron_at(TIN_HERE, __VA_ARGS__)
#define tin_bilinear(...) tin_bilinear_at(TIN_HERE, __VA_ARGS__)
#define tin_multi_dot(...) tin_multi_dot_at(TIN_HERE, __VA_ARGS__)

/* ---- movement: these never copy by themselves ---- */

/* The elements in row-major order in another shape; one size may be -1. torch.reshape. */
tin_tensor *tin_reshape_at(const char *file, int line, tin_tensor *x, tin_shape shape);
#define tin_reshape(...) tin_reshape_at(TIN_HERE, __VA_ARGS__)
/* Axes first .. last become one: tin_flatten(x, 1, -1). torch.flatten. */
tin_tensor *tin_flatten_at(const char *file, int line, tin_tensor *x, int first, int last);
#define tin_flatten(...) tin_flatten_at(TIN_HERE, __VA_ARGS__)
/* Axis i of the result is axis axes[i] of x. torch.permute. */
tin_tensor *tin_permute_at(const char *file, int line, tin_tensor *x, tin_axes axes);
#define tin_permute(...) tin_permute_at(TIN_HERE, __VA_ARGS__)
/* Two axes change places. torch.transpose. */
tin_tensor *tin_transpose_at(const char *file, int line, tin_tensor *x, int axis0, int axis1);
#define tin_transpose(...) tin_transpose_at(TIN_HERE, __VA_ARGS__)
/* Broadcast to the shape; -1 keeps a size. torch.Tensor.expand, numpy.broadcast_to. */
tin_tensor *tin_expand_at(const char *file, int line, tin_tensor *x, tin_shape shape);
#define tin_expand(...) tin_expand_at(TIN_HERE, __VA_ARGS__)
/* Without the named axes, which must have size 1; TIN_AXES(): without all such. numpy.squeeze. */
tin_tensor *tin_squeeze_at(const char *file, int line, tin_tensor *x, tin_axes axes);
#define tin_squeeze(...) tin_squeeze_at(TIN_HERE, __VA_ARGS__)
/* With a new axis of size 1 at this place of the result. torch.unsqueeze. */
tin_tensor *tin_unsqueeze_at(const char *file, int line, tin_tensor *x, int axis);
#define tin_unsqueeze(...) tin_unsqueeze_at(TIN_HERE, __VA_ARGS__)
/* The order of elements reversed along the axes; TIN_AXES(): all. numpy.flip. */
tin_tensor *tin_flip_at(const char *file, int line, tin_tensor *x, tin_axes axes);
#define tin_flip(...) tin_flip_at(TIN_HERE, __VA_ARGS__)

struct tin_slice_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int axis TIN_ZERO;
  int64_t start TIN_ZERO; /* negative: from the end */
  int64_t stop TIN_ZERO;  /* exclusive; negative: from the end */
  int64_t step TIN_ZERO;  /* 0: 1; negative: backwards */
};
/* x[start:stop:step] along the axis, with Python's clamping: tin_slice(x, 0, 1, -1), tin_slice(x, -1, 0, TIN_END, .step = 2). TIN_END is
 * past the last element in the direction of the step: x[::-1] is tin_slice(x, 0, -1, TIN_END, .step = -1). */
tin_tensor *tin_slice_args(struct tin_slice_options args);
/* The same over the leading axes at once; the others stay whole: x[1:3, :, ::2] is tin_slices(x, TIN_RANGES({1, 3}, TIN_ALL,
 * {0, TIN_END, 2})). Error: more ranges than axes. NumPy's basic indexing with slices. */
tin_tensor *tin_slices_at(const char *file, int line, tin_tensor *x, tin_ranges ranges);
#define tin_slices(...) tin_slices_at(TIN_HERE, __VA_ARGS__)

typedef enum tin_pad_mode {
  TIN_PAD_CONSTANT,  /* .value */
  TIN_PAD_REFLECT,   /* c b | a b c | b a: mirrored at the first and last element; at most size - 1 */
  TIN_PAD_REPLICATE, /* a a | a b c | c c: the first and last element; not of an empty axis */
  TIN_PAD_CIRCULAR   /* b c | a b c | a b: from the other end; at most size */
} tin_pad_mode;
struct tin_pad_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t low[TIN_RANK_LIMIT] TIN_ZERO;      /* elements put before, by axis; negative (constant mode): taken away */
  int64_t high[TIN_RANK_LIMIT] TIN_ZERO;     /* behind */
  int64_t interior[TIN_RANK_LIMIT] TIN_ZERO; /* between each two (constant mode) */
  double value TIN_ZERO;                     /* of the new elements (constant mode) */
  tin_pad_mode mode TIN_ZERO;
};
/* tin_pad(x, .low = {0, 1}, .high = {0, 1}, .value = 0). Crops after it has padded. Elements used several times sum their gradients.
 * jax.lax.pad; torch.nn.functional.pad, whose list names the last axis first. Modes other than constant go axis by axis, and take any
 * axes (PyTorch: the last ones). numpy.pad's modes constant, reflect, edge, wrap. */
tin_tensor *tin_pad_args(struct tin_pad_options args);

struct tin_window_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int axis TIN_ZERO;
  int64_t size TIN_ZERO;     /* tin_window: of a window; tin_fold: of the result's axis */
  int64_t stride TIN_ZERO;   /* between windows; 0: 1 */
  int64_t dilation TIN_ZERO; /* between the elements of a window; 0: 1 */
};
/* Sliding windows: out[..., o, ..., k] = x[..., o * stride + k * dilation, ...]; the window is a new last axis.
 * tin_window(x, axis, size, .stride = 2). torch.Tensor.unfold. */
tin_tensor *tin_window_args(struct tin_window_options args);
/* The transpose of tin_window: out[..., i, ...] is the sum of x[..., o, ..., k] over o * stride + k * dilation = i; the axis gets the
 * size given. Integers stay. torch.nn.functional.fold in one dimension. */
tin_tensor *tin_fold_args(struct tin_window_options args);

struct tin_unfold_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t image[2] TIN_ZERO;    /* tin_fold2d: height and width of the result */
  int64_t kernel[2] TIN_ZERO;   /* height and width of a patch */
  int64_t stride[2] TIN_ZERO;   /* 0: 1 */
  int64_t dilation[2] TIN_ZERO; /* 0: 1 */
  int64_t padding[2] TIN_ZERO;  /* zeros around the image */
};
/* Patches of images as columns (im2col): [batch, channels, height, width] -> [batch, channels * kernel[0] * kernel[1], places], places in
 * row-major order; also without batch. tin_unfold(x, .kernel = {3, 3}, .padding = {1, 1}). torch.nn.functional.unfold. */
tin_tensor *tin_unfold_args(struct tin_unfold_options args);
/* The transpose of tin_unfold (col2im): overlapping patches are summed, first along width, then along height, each by tin_fold.
 * tin_fold2d(x, .image = {8, 8}, .kernel = {3, 3}). Not of bool. torch.nn.functional.fold. */
tin_tensor *tin_fold2d_args(struct tin_unfold_options args);

#ifndef __cplusplus
#define tin_unfold(...) tin_unfold_args((struct tin_unfold_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_fold2d(...) tin_fold2d_args((struct tin_unfold_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_slice(...) tin_slice_args((struct tin_slice_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_pad(...) tin_pad_args((struct tin_pad_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_window(...) tin_window_args((struct tin_window_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_fold(...) tin_fold_args((struct tin_window_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif

/* Pieces of x along an axis in order, into the caller's array. They return how many tensors were written; 0 on an error, and then the
 * array holds poison. Errors: an array that is not said to hold exactly the pieces there are. */
/* Pieces of the size, the last one smaller when the size does not divide the axis: tin_split(x, 2, 0, out, 3). torch.split. */
int tin_split_at(const char *file, int line, tin_tensor *x, int64_t size, int axis, tin_tensor **out, int count);
/* Pieces of count given sizes, which add up to the axis. torch.split with a list; numpy.split takes the places between them instead. */
int tin_split_sizes_at(const char *file, int line, tin_tensor *x, const int64_t *sizes, int axis, tin_tensor **out, int count);
/* At most that many pieces of ceil(n / chunks): PyTorch's rule, which may give fewer; places left over in out[chunks] become NULL. An empty
 * axis gives as many empty pieces as asked for. torch.chunk. */
int tin_chunk_at(const char *file, int line, tin_tensor *x, int chunks, int axis, tin_tensor **out);
/* The slices at 0, 1, ... without the axis: count is its size. torch.unbind. */
int tin_unbind_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor **out, int count);
#define tin_split(...) tin_split_at(TIN_HERE, __VA_ARGS__)
#define tin_split_sizes(...) tin_split_sizes_at(TIN_HERE, __VA_ARGS__)
#define tin_chunk(...) tin_chunk_at(TIN_HERE, __VA_ARGS__)
#define tin_unbind(...) tin_unbind_at(TIN_HERE, __VA_ARGS__)

/* Elements move by the shift along each axis, and come in again at the other end; an axis named twice moves by both. No axes: x is rolled
 * as if flat, by one shift. tin_roll(x, TIN_SHAPE(1, -2), TIN_AXES(0, 1)). torch.roll. */
tin_tensor *tin_roll_at(const char *file, int line, tin_tensor *x, tin_shape shifts, tin_axes axes);
#define tin_roll(...) tin_roll_at(TIN_HERE, __VA_ARGS__)
/* x again and again along each axis: one count an axis, more make new leading axes; fewer are an error for tin_repeat
 * (torch.Tensor.repeat), and belong to the last axes for tin_tile (numpy.tile, torch.tile). tin_repeat(x, TIN_SHAPE(2, 3)). */
tin_tensor *tin_repeat_at(const char *file, int line, tin_tensor *x, tin_shape counts);
tin_tensor *tin_tile_at(const char *file, int line, tin_tensor *x, tin_shape counts);
/* Each element count times in a row along the axis: a a b b. torch.repeat_interleave, numpy.repeat. */
tin_tensor *tin_repeat_interleave_at(const char *file, int line, tin_tensor *x, int64_t count, int axis);
#define tin_repeat(...) tin_repeat_at(TIN_HERE, __VA_ARGS__)
#define tin_tile(...) tin_tile_at(TIN_HERE, __VA_ARGS__)
#define tin_repeat_interleave(...) tin_repeat_interleave_at(TIN_HERE, __VA_ARGS__)

/* Axes from[i] go to places to[i] of the result, the others keep their order: tin_movedim(x, TIN_AXES(0), TIN_AXES(-1)). torch.movedim,
 * numpy.moveaxis. */
tin_tensor *tin_movedim_at(const char *file, int line, tin_tensor *x, tin_axes from, tin_axes to);
#define tin_movedim(...) tin_movedim_at(TIN_HERE, __VA_ARGS__)
#define tin_moveaxis(...) tin_movedim_at(TIN_HERE, __VA_ARGS__)
#define tin_swapaxes(...) tin_transpose_at(TIN_HERE, __VA_ARGS__)
#define tin_broadcast_to(...) tin_expand_at(TIN_HERE, __VA_ARGS__)
/* Turned by 90 degrees so many times (negative: backwards), from axis0 towards axis1. torch.rot90. */
tin_tensor *tin_rot90_at(const char *file, int line, tin_tensor *x, int times, int axis0, int axis1);
#define tin_rot90(...) tin_rot90_at(TIN_HERE, __VA_ARGS__)
/* The axis becomes axes of these sizes, one of which may be -1. torch.unflatten. */
tin_tensor *tin_unflatten_at(const char *file, int line, tin_tensor *x, int axis, tin_shape sizes);
#define tin_unflatten(...) tin_unflatten_at(TIN_HERE, __VA_ARGS__)
/* [..., c * r * r, h, w] -> [..., c, h * r, w * r] for the factor r, and back. torch.nn.functional.pixel_shuffle, pixel_unshuffle. */
tin_tensor *tin_pixel_shuffle_at(const char *file, int line, tin_tensor *x, int64_t factor);
tin_tensor *tin_pixel_unshuffle_at(const char *file, int line, tin_tensor *x, int64_t factor);
#define tin_pixel_shuffle(...) tin_pixel_shuffle_at(TIN_HERE, __VA_ARGS__)
#define tin_pixel_unshuffle(...) tin_pixel_unshuffle_at(TIN_HERE, __VA_ARGS__)

/* The elements i, i + offset of two axes, which go; the diagonal is the last axis. An offset > 0 is above the main diagonal; far out there
 * is nothing. torch.diagonal. */
tin_tensor *tin_diagonal_at(const char *file, int line, tin_tensor *x, int offset, int axis0, int axis1);
/* x's last axis on the diagonal of two new axes at these places of the result, zeros around it. torch.diag_embed. */
tin_tensor *tin_diag_embed_at(const char *file, int line, tin_tensor *x, int offset, int axis0, int axis1);
/* A vector: the matrix with it on the diagonal; a matrix: its diagonal. torch.diag. */
tin_tensor *tin_diag_at(const char *file, int line, tin_tensor *x, int offset);
/* The sum of a matrix's main diagonal; integers give i64. torch.trace. */
tin_tensor *tin_trace_at(const char *file, int line, tin_tensor *x);
/* The elements with column - row <= diagonal (tril), >= diagonal (triu) of the last two axes, 0 elsewhere. torch.tril, triu. */
tin_tensor *tin_tril_at(const char *file, int line, tin_tensor *x, int diagonal);
tin_tensor *tin_triu_at(const char *file, int line, tin_tensor *x, int diagonal);
#define tin_diagonal(...) tin_diagonal_at(TIN_HERE, __VA_ARGS__)
#define tin_diag_embed(...) tin_diag_embed_at(TIN_HERE, __VA_ARGS__)
#define tin_diag(...) tin_diag_at(TIN_HERE, __VA_ARGS__)
#define tin_trace(...) tin_trace_at(TIN_HERE, __VA_ARGS__)
#define tin_tril(...) tin_tril_at(TIN_HERE, __VA_ARGS__)
#define tin_triu(...) tin_triu_at(TIN_HERE, __VA_ARGS__)

/* a x b along the axis, which has size 3 in both; the others broadcast. torch.linalg.cross. */
tin_tensor *tin_cross_at(const char *file, int line, tin_tensor *a, tin_tensor *b, int axis);
#define tin_cross(...) tin_cross_at(TIN_HERE, __VA_ARGS__)

/* The tensors, each broadcast to the shape of all; true, or false and poison in out. torch.broadcast_tensors. */
bool tin_broadcast_tensors_at(const char *file, int line, tin_list tensors, tin_tensor **out);
#define tin_broadcast_tensors(...) tin_broadcast_tensors_at(TIN_HERE, __VA_ARGS__)
/* Vectors (or numbers) as the axes of a grid: out[i] varies along axis i only; "xy" swaps the first two axes, "ij" does not. At most 8.
 * tin_meshgrid(TIN_LIST(x, y), "ij", out). torch.meshgrid. */
bool tin_meshgrid_at(const char *file, int line, tin_list tensors, const char *indexing, tin_tensor **out);
#define tin_meshgrid(...) tin_meshgrid_at(TIN_HERE, __VA_ARGS__)

/* The tensors one after another along an existing, a new axis. Dtypes are promoted. torch.cat, torch.stack. */
tin_tensor *tin_concat_at(const char *file, int line, tin_list tensors, int axis);
tin_tensor *tin_stack_at(const char *file, int line, tin_list tensors, int axis);
#define tin_concat(...) tin_concat_at(TIN_HERE, __VA_ARGS__)
#define tin_stack(...) tin_stack_at(TIN_HERE, __VA_ARGS__)
/* Side by side (axis 1; vectors: axis 0), one below the other (axis 0; vectors are rows), behind each other (axis 2; vectors are
 * [1, n, 1]). torch.hstack, vstack, dstack. */
tin_tensor *tin_hstack_at(const char *file, int line, tin_list tensors);
tin_tensor *tin_vstack_at(const char *file, int line, tin_list tensors);
tin_tensor *tin_dstack_at(const char *file, int line, tin_list tensors);
#define tin_hstack(...) tin_hstack_at(TIN_HERE, __VA_ARGS__)
#define tin_vstack(...) tin_vstack_at(TIN_HERE, __VA_ARGS__)
#define tin_dstack(...) tin_dstack_at(TIN_HERE, __VA_ARGS__)

/* ---- indexing by tensors ----
 * Index tensors hold integers of any dtype. Where the functions do not say otherwise a number must lie in 0 .. n-1; another is an error
 * when computed ("index 12 at position 3 is out of range for axis 0 of size 10"), before anything is written (the
 * position is in the index, broadcast where the function broadcasts it; of an index of more axes: "at position [1, 3]"). Several sources
 * for one place are put one after another in row-major order of source, on any target and number of threads. x and source take the
 * promoted dtype; bool adds as i32. Gradients go to x and source. */

/* The slices of x along the axis that index (any shape) names: shape x[:axis] + index + x[axis+1:]. numpy.take. */
tin_tensor *tin_take_at(const char *file, int line, tin_tensor *x, tin_tensor *index, int axis);
#define tin_take(...) tin_take_at(TIN_HERE, __VA_ARGS__)
/* The same for a 1-d (or 0-d) index: the axis has the index's size. torch.index_select. */
tin_tensor *tin_index_select_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index);
#define tin_index_select(...) tin_index_select_at(TIN_HERE, __VA_ARGS__)
/* x with source, of the shape that tin_take gives, added (index_add), or put in place of the old elements (index_copy: of several
 * sources for one place the last stays, and only it has a gradient), along the axis at what index names. torch.index_add, index_copy. */
tin_tensor *tin_index_add_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source);
tin_tensor *tin_index_copy_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source);
#define tin_index_add(...) tin_index_add_at(TIN_HERE, __VA_ARGS__)
#define tin_index_copy(...) tin_index_copy_at(TIN_HERE, __VA_ARGS__)
/* x with the value, in x's dtype, in the slices along the axis that index names. torch.index_fill. */
tin_tensor *tin_index_fill_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, double value);
#define tin_index_fill(...) tin_index_fill_at(TIN_HERE, __VA_ARGS__)

/* out[i][j][k] = x[i][index[i][j][k]][k] for axis 1 of three: the shape of index, which has x's number of axes and is not larger than x off
 * the axis. Here and in the functions below up to tin_scatter_reduce a 0-d x or index, where neither has more than one axis, counts as [1].
 * torch.gather. */
tin_tensor *tin_gather_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index);
#define tin_gather(...) tin_gather_at(TIN_HERE, __VA_ARGS__)
/* The same, but off the axis x and index broadcast. numpy.take_along_axis, torch.take_along_dim. */
tin_tensor *tin_take_along_axis_at(const char *file, int line, tin_tensor *x, tin_tensor *index, int axis);
#define tin_take_along_axis(...) tin_take_along_axis_at(TIN_HERE, __VA_ARGS__)
/* x with out[i][index[i][j][k]][k] = source[i][j][k] for axis 1 of three, or that added to it. index is not larger than source, nor than x
 * off the axis; a 0-d source serves for all. Of several sources the last stays, and only it has a gradient (torch leaves both open).
 * torch.scatter, scatter_add. */
tin_tensor *tin_scatter_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source);
tin_tensor *tin_scatter_add_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source);
#define tin_scatter(...) tin_scatter_at(TIN_HERE, __VA_ARGS__)
#define tin_scatter_add(...) tin_scatter_add_at(TIN_HERE, __VA_ARGS__)

struct tin_scatter_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int axis TIN_ZERO;
  tin_tensor *index TIN_ZERO;
  tin_tensor *source TIN_ZERO;
  const char *reduce TIN_ZERO; /* "sum", "prod", "mean", "amax", "amin" */
  bool exclude_self TIN_ZERO;  /* where something is put, x takes no part */
};
/* As tin_scatter, but each place gets the reduction of its old element and all sources: tin_scatter_reduce(x, 0, index, source, "amax").
 * The mean of integers is rounded down. Equal extremes share the gradient evenly; that of a product is right at zeros, its second
 * derivative is 0 where two sources of a place are 0. torch.scatter_reduce, with include_self = !exclude_self. */
tin_tensor *tin_scatter_reduce_args(struct tin_scatter_options args);
#ifndef __cplusplus
#define tin_scatter_reduce(x_, axis_, index_, source_, ...)                                                                                \
  tin_scatter_reduce_args((struct tin_scatter_options){                                                                                    \
      .file = __FILE__, .line = __LINE__, .x = (x_), .axis = (axis_), .index = (index_), .source = (source_), .reduce = __VA_ARGS__})
#endif

struct tin_index_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  tin_list indices TIN_ZERO;
  tin_tensor *values TIN_ZERO; /* tin_index_put only */
  int axis TIN_ZERO;           /* that the first index is for; the others are for those behind it */
  bool accumulate TIN_ZERO;    /* tin_index_put: add */
};
/* x[i, j, ...]: indices for axes .axis and following, which broadcast together to a shape J: x[:axis] + J + x[axis + count:]. Numbers from
 * -n to n-1, negative ones count from the end. Bool masks are refused: what they select has no fixed shape; use tin_where or
 * tin_masked_fill. tin_index(x, TIN_LIST(i, j)) is x[i, j] of torch and NumPy, tin_index(x, TIN_LIST(i), .axis = 1) is x[:, i]. */
tin_tensor *tin_index_args(struct tin_index_options args);
/* x with the values, which broadcast to the shape that tin_index gives, put there: the last stays, or with .accumulate all are added.
 * tin_index_put(x, TIN_LIST(i, j), values, .accumulate = true). torch.index_put, x[i, j] = values. */
tin_tensor *tin_index_put_args(struct tin_index_options args);
#ifndef __cplusplus
#define tin_index(x_, ...) tin_index_args((struct tin_index_options){.file = __FILE__, .line = __LINE__, .x = (x_), .indices = __VA_ARGS__})
#define tin_index_put(x_, indices_, ...)                                                                                                   \
  tin_index_put_args((struct tin_index_options){.file = __FILE__, .line = __LINE__, .x = (x_), .indices = indices_, .values = __VA_ARGS__})
#endif
/* x at the coordinates in the last axis of index, for the first k axes of x: shape index[:-1] + x[k:]. tf.gather_nd. */
tin_tensor *tin_gather_nd_at(const char *file, int line, tin_tensor *x, tin_tensor *index);
#define tin_gather_nd(...) tin_gather_nd_at(TIN_HERE, __VA_ARGS__)

/* x[..., position, ...] without the axis, and x[..., start : start + length, ...]. Negative positions and starts count from the end; what
 * reaches outside is an error. torch.select, torch.narrow. */
tin_tensor *tin_select_at(const char *file, int line, tin_tensor *x, int axis, int64_t position);
tin_tensor *tin_narrow_at(const char *file, int line, tin_tensor *x, int axis, int64_t start, int64_t length);
#define tin_select(...) tin_select_at(TIN_HERE, __VA_ARGS__)
#define tin_narrow(...) tin_narrow_at(TIN_HERE, __VA_ARGS__)
/* mask ? value : x, the value in x's dtype; x and mask broadcast. torch.masked_fill. */
tin_tensor *tin_masked_fill_at(const char *file, int line, tin_tensor *x, tin_tensor *mask, double value);
#define tin_masked_fill(...) tin_masked_fill_at(TIN_HERE, __VA_ARGS__)
/* i64, shape index + [classes]: 1 at the index, else 0. torch.nn.functional.one_hot. */
tin_tensor *tin_one_hot_at(const char *file, int line, tin_tensor *index, int64_t classes);
#define tin_one_hot(...) tin_one_hot_at(TIN_HERE, __VA_ARGS__)

struct tin_embedding_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *index TIN_ZERO;
  tin_tensor *weight TIN_ZERO;
  bool pad TIN_ZERO;              /* there is a padding_index */
  int64_t padding_index TIN_ZERO; /* the row of weight that gets no gradient; negative: from the end */
};
/* The rows of weight [n, m] that index names: shape index + [m]. tin_embedding(index, weight, .pad = true, .padding_index = 0).
 * torch.nn.functional.embedding. */
tin_tensor *tin_embedding_args(struct tin_embedding_options args);
#ifndef __cplusplus
#define tin_embedding(index_, ...)                                                                                                         \
  tin_embedding_args((struct tin_embedding_options){.file = __FILE__, .line = __LINE__, .index = (index_), .weight = __VA_ARGS__})
#endif

/* ---- gradients ---- */

/* out[i] = d(sum of loss) / d(wrt[i]), of wrt[i]'s shape; zeros where loss does not depend on it. Graph nodes like any others: they fuse,
 * and have gradients themselves. wrt may be variables (at their current value) or any tensors. Nothing flows through tin_detach, tin_keep,
 * comparisons, rounding and integers. Errors: an integer loss or wrt; a variable changed since the loss was built; a tensor that the loss
 * does not contain as such, a number such as tin_full gives (tin_watch makes either good). tin_grad(loss, TIN_LIST(w, b), out).
 * torch.autograd.grad. */
bool tin_grad_at(const char *file, int line, tin_tensor *loss, tin_list wrt, tin_tensor **out);
#define tin_grad(...) tin_grad_at(TIN_HERE, __VA_ARGS__)
/* The same for sum(loss * cotangent): a vector-Jacobian product. */
bool tin_vjp_at(const char *file, int line, tin_tensor *loss, tin_tensor *cotangent, tin_list wrt, tin_tensor **out);
#define tin_vjp(...) tin_vjp_at(TIN_HERE, __VA_ARGS__)
/* x as a tensor that simplification leaves alone, each call another one. A gradient by an intermediate value needs it where the loss is
 * built from what the value was made of: of tin_sum(tin_mul(a, b)) only a contraction of a and b is left, and the product is nowhere.
 * tin_grad says so in an error rather than to give zeros. product = tin_watch(tin_mul(a, b)); tin_grad(tin_sum(product), TIN_LIST(product),
 * out). torch.Tensor.retain_grad. */
tin_tensor *tin_watch_at(const char *file, int line, tin_tensor *x);
#define tin_watch(...) tin_watch_at(TIN_HERE, __VA_ARGS__)

/* Puts into out[i] the cotangent for x[i], of its shape (NULL as it comes: none), from g, the cotangent of y, which has y's shape. False
 * when it fails; an error of its own is recorded first. It may use y and x and any call, but must not keep tensors. */
typedef bool tin_gradient_rule(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out);
/* y, but gradients by the tensors x come from a function, and none flow into what else y was made of. The function is called while
 * tin_grad, tin_step ... build a gradient that needs it, each time; what it builds is differentiated in turn where second derivatives are
 * asked for. `user` must live as long as y's scope. Errors: a y that is no float; results of other shapes than x. The straight-through
 * estimator of Bengio, Leonard and Courville, "Estimating or propagating gradients through stochastic neurons", 2013:
 *
 *   static bool pass_through(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
 *     (void)user, (void)y, (void)x;
 *     out[0] = g;
 *     return true;
 *   }
 *   tin_tensor *bits = tin_custom_gradient(tin_round(x), TIN_LIST(x), pass_through, NULL);
 *
 * torch.autograd.Function, jax.custom_vjp. */
tin_tensor *tin_custom_gradient_at(const char *file, int line, tin_tensor *y, tin_list x, tin_gradient_rule *rule, void *user);
#define tin_custom_gradient(...) tin_custom_gradient_at(TIN_HERE, __VA_ARGS__)

/* A stretch of the program whose values gradients compute again instead of keeping them: memory for time (Chen and others, "Training deep
 * nets with sublinear memory cost", 2016). What is made between begin and end and used by a gradient is built a second time from the
 * values that came into the stretch, once the backward pass has reached it; the bits of the gradients are the same, random numbers too.
 * For n layers of equal size, stretches of sqrt(n) layers need the least memory.
 *
 *   tin_checkpoint block = tin_checkpoint_begin(ctx);
 *   x = layer(layer(x));
 *   tin_checkpoint_end(block);
 *
 * Stretches nest. An expression that was built before the stretch and is built again in it is the same value and not of the stretch. A
 * stretch ends in the scope that it began in, else that is an error. tin_stats().bytes_planned shows what it saves.
 * torch.utils.checkpoint. */
typedef struct tin_checkpoint {
  tin_ctx *ctx;
  uint64_t id;
} tin_checkpoint;
tin_checkpoint tin_checkpoint_begin_at(const char *file, int line, tin_ctx *ctx);
bool tin_checkpoint_end_at(const char *file, int line, tin_checkpoint checkpoint);
#define tin_checkpoint_begin(...) tin_checkpoint_begin_at(TIN_HERE, __VA_ARGS__)
#define tin_checkpoint_end(...) tin_checkpoint_end_at(TIN_HERE, __VA_ARGS__)

/* J u, of output's shape: the sum over i of d(output) / d(inputs[i]) times tangents[i], which have the inputs' shapes; zeros where output
 * does not depend on them. Lazy, and differentiable again: the jvp of a gradient is a Hessian times a vector. It costs about as much as
 * output once more: the derivative of (J^T v) . u by v, which no longer contains v (Townsend, "A new trick for calculating Jacobian vector
 * products", 2017). Errors: as tin_grad; shapes that differ; a custom gradient that is not linear in its cotangent.
 * tin_jvp(y, TIN_LIST(x), TIN_LIST(u)). torch.autograd.functional.jvp, torch.func.jvp. */
tin_tensor *tin_jvp_at(const char *file, int line, tin_tensor *output, tin_list inputs, tin_list tangents);
#define tin_jvp(...) tin_jvp_at(TIN_HERE, __VA_ARGS__)
/* out[i] = the i-th part of H v, of inputs[i]'s shape: H the second derivatives of sum(loss) by all inputs together, v the vectors, which
 * have the inputs' shapes. torch.autograd.functional.hvp. */
bool tin_hvp_at(const char *file, int line, tin_tensor *loss, tin_list inputs, tin_list vectors, tin_tensor **out);
#define tin_hvp(...) tin_hvp_at(TIN_HERE, __VA_ARGS__)

enum { TIN_JACOBIAN_ROWS = 1024 };
/* d(output) / d(wrt), of shape output.shape + wrt.shape and wrt's dtype, at most TIN_RANK_LIMIT axes. Lazy: one gradient, mapped over the
 * elements of output as tin_vmap maps, so values on the way are as many times larger. Where an op on the way cannot be mapped, each element
 * gets a gradient and kernels of its own, and more than TIN_JACOBIAN_ROWS of them are an error. torch.autograd.functional.jacobian. */
tin_tensor *tin_jacobian_at(const char *file, int line, tin_tensor *output, tin_tensor *wrt);
#define tin_jacobian(...) tin_jacobian_at(TIN_HERE, __VA_ARGS__)
/* The second derivatives of a loss of one element, of shape wrt.shape + wrt.shape: the Jacobian of its gradient, with the same limits.
 * torch.autograd.functional.hessian. */
tin_tensor *tin_hessian_at(const char *file, int line, tin_tensor *loss, tin_tensor *wrt);
#define tin_hessian(...) tin_hessian_at(TIN_HERE, __VA_ARGS__)

/* A function of tensors, as tools take it: builds its result from the inputs with the library's calls. */
typedef tin_tensor *tin_function(void *user, tin_list inputs);
struct tin_gradcheck_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_function *function TIN_ZERO;
  void *user TIN_ZERO;
  tin_list inputs TIN_ZERO;
  double eps TIN_ZERO;        /* step of the differences; 0: 1e-6 */
  double atol TIN_ZERO;       /* 0: 1e-5 */
  double rtol TIN_ZERO;       /* 0: 1e-3 */
  bool second_order TIN_ZERO; /* also the derivatives of the gradient, of the result weighted by the cosines of 0.3, 1.3, 2.3, ... */
};
/* Whether the derivative of each element of function(user, inputs) by each element of each f64 input agrees with the central difference:
 * |g - d| <= atol + rtol |d|. The first that does not is an error with its place and both values. Inputs of integers and bool are passed
 * on; f32 is an error, differences need f64. The function is called often, on leaves with other values in a scope of its own each time,
 * in which random tensors repeat; it must not keep tensors. Computes. tin_gradcheck(function, user, TIN_LIST(x, y), .second_order = true).
 * torch.autograd.gradcheck, gradgradcheck. */
bool tin_gradcheck_args(struct tin_gradcheck_options args);
#ifndef __cplusplus
#define tin_gradcheck(function_, user_, ...)                                                                                               \
  tin_gradcheck_args(                                                                                                                      \
      (struct tin_gradcheck_options){.file = __FILE__, .line = __LINE__, .function = (function_), .user = (user_), .inputs = __VA_ARGS__})
#endif

/* ---- vectorising map ---- */

/* out[i] is outputs[i] for n values of the tensors in at once: with batched[k] of shape [n] + in[k]'s shape, row r of out[i], [n] +
 * outputs[i]'s shape, is what outputs[i] would be if every in[k] were batched[k][r]. The graph from in to outputs is rebuilt with one more
 * axis (no loop); gradients can be mapped, and what is mapped has gradients. in may be variables or any tensors that are no constants;
 * outputs that do not depend on them are repeated. Random numbers are the same in every row. Sums may round differently than row by row
 * (docs/numerics.md). Errors: shapes that do not fit, more than TIN_RANK_LIMIT axes. tin_vmap(TIN_LIST(y), TIN_LIST(x), TIN_LIST(xs), out).
 * jax.vmap, torch.func.vmap. */
bool tin_vmap_at(const char *file, int line, tin_list outputs, tin_list in, tin_list batched, tin_tensor **out);
#define tin_vmap(...) tin_vmap_at(TIN_HERE, __VA_ARGS__)

#ifdef __cplusplus
} /* extern "C" */

/* ---- C++: the calls with options as overloads; file and line are the caller's ---- */

static inline tin_shape tin_cpp_shape(std::initializer_list<int64_t> sizes) {
  tin_shape shape = {};
  for (int64_t size : sizes) {
    if (shape.rank < TIN_RANK_LIMIT)
      shape.size[shape.rank] = size;
    shape.rank++;
  }
  return shape;
}
static inline tin_axes tin_cpp_axes(std::initializer_list<int> list) {
  tin_axes axes = {};
  for (int axis : list) {
    if (axes.count < TIN_RANK_LIMIT)
      axes.axis[axes.count] = axis;
    axes.count++;
  }
  return axes;
}
struct tin_cpp_range {
  int64_t start TIN_ZERO, stop TIN_ZERO, step TIN_ZERO;
};
static inline tin_ranges tin_cpp_ranges(std::initializer_list<tin_cpp_range> list) {
  tin_ranges ranges = {};
  for (const tin_cpp_range &range : list) {
    if (ranges.count < TIN_RANK_LIMIT) {
      ranges.at[ranges.count][0] = range.start;
      ranges.at[ranges.count][1] = range.stop;
      ranges.at[ranges.count][2] = range.step;
    }
    ranges.count++;
  }
  return ranges;
}
/* The array lives until the end of the full expression that holds TIN_LIST. */
static inline tin_list tin_cpp_list(const std::initializer_list<tin_tensor *> &list) {
  tin_list tensors = {list.begin(), (int)list.size()};
  return tensors;
}

#define TIN_CPP_PLACE const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define TIN_CPP_OPTIONS(name)                                                                                                              \
  static inline tin_tensor *name(tin_tensor *x, tin_reduce_options options = {}, TIN_CPP_PLACE) {                                          \
    options.file = file, options.line = line, options.x = x;                                                                               \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_OPTIONS(tin_sum)
TIN_CPP_OPTIONS(tin_prod)
TIN_CPP_OPTIONS(tin_max)
TIN_CPP_OPTIONS(tin_min)
TIN_CPP_OPTIONS(tin_mean)
TIN_CPP_OPTIONS(tin_var)
TIN_CPP_OPTIONS(tin_std)
TIN_CPP_OPTIONS(tin_median)
TIN_CPP_OPTIONS(tin_count_nonzero)
TIN_CPP_OPTIONS(tin_nansum)
TIN_CPP_OPTIONS(tin_nanmean)
TIN_CPP_OPTIONS(tin_any)
TIN_CPP_OPTIONS(tin_all)
TIN_CPP_OPTIONS(tin_logsumexp)
TIN_CPP_OPTIONS(tin_argmax)
TIN_CPP_OPTIONS(tin_argmin)
#undef TIN_CPP_OPTIONS
static inline tin_ctx *tin_ctx_new(tin_ctx_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line;
  return tin_ctx_new_args(options);
}
static inline tin_tensor *tin_param(tin_ctx *ctx, tin_shape shape, tin_variable_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.shape = shape;
  return tin_param_args(options);
}
static inline tin_tensor *tin_state(tin_ctx *ctx, tin_shape shape, tin_variable_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.shape = shape;
  return tin_state_args(options);
}
static inline tin_tensor *tin_map_file(tin_ctx *ctx, const char *path, tin_dtype dtype, tin_shape shape, tin_map_options options = {},
                                       TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.path = path, options.dtype = dtype, options.shape = shape;
  return tin_map_file_args(options);
}
#define TIN_CPP_SPACE(name)                                                                                                                \
  static inline tin_tensor *name(tin_ctx *ctx, tin_dtype dtype, double start, double stop, int64_t count, tin_space_options options = {},  \
                                 TIN_CPP_PLACE) {                                                                                          \
    options.file = file, options.line = line, options.ctx = ctx, options.dtype = dtype;                                                    \
    options.start = start, options.stop = stop, options.count = count;                                                                     \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_SPACE(tin_linspace)
TIN_CPP_SPACE(tin_logspace)
#undef TIN_CPP_SPACE
static inline bool tin_assign_at(tin_tensor *variable, tin_tensor *position, tin_tensor *value, tin_position_options options = {},
                                 TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = variable, options.position = position, options.value = value;
  return tin_assign_at_args(options);
}
static inline tin_compiled *tin_compile(tin_scope scope, tin_compile_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.scope = scope;
  return tin_compile_args(options);
}
static inline tin_tensor *tin_slice_at(tin_tensor *x, tin_tensor *position, int64_t size, tin_position_options options = {},
                                       TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.position = position, options.size = size;
  return tin_slice_at_args(options);
}
#define TIN_CPP_SAMPLE(name)                                                                                                               \
  static inline tin_tensor *name(tin_tensor *x, tin_sample_options options = {}, TIN_CPP_PLACE) {                                          \
    options.file = file, options.line = line, options.x = x;                                                                               \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_SAMPLE(tin_categorical)
TIN_CPP_SAMPLE(tin_multinomial)
#undef TIN_CPP_SAMPLE
static inline tin_tensor *tin_tensordot(tin_tensor *a, tin_tensor *b, tin_tensordot_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.a = a, options.b = b;
  return tin_tensordot_args(options);
}
static inline tin_tensor *tin_norm(tin_tensor *x, double p, tin_norm_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.p = p;
  return tin_norm_args(options);
}
static inline bool tin_gradcheck(tin_function *function, void *user, tin_list inputs, tin_gradcheck_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.function = function, options.user = user, options.inputs = inputs;
  return tin_gradcheck_args(options);
}
#define TIN_CPP_ALONG(name, struct_name)                                                                                                   \
  static inline tin_tensor *name(tin_tensor *x, int axis, struct_name options = {}, TIN_CPP_PLACE) {                                       \
    options.file = file, options.line = line, options.x = x, options.axis = axis;                                                          \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_ALONG(tin_cummax, tin_cumulative_options)
TIN_CPP_ALONG(tin_cummin, tin_cumulative_options)
TIN_CPP_ALONG(tin_sort, tin_sort_options)
TIN_CPP_ALONG(tin_argsort, tin_sort_options)
#undef TIN_CPP_ALONG
static inline tin_tensor *tin_topk(tin_tensor *x, int64_t k, int axis, tin_topk_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.k = k, options.axis = axis;
  return tin_topk_args(options);
}
static inline tin_tensor *tin_searchsorted(tin_tensor *sorted, tin_tensor *values, tin_searchsorted_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.sorted = sorted, options.values = values;
  return tin_searchsorted_args(options);
}
static inline tin_tensor *tin_bincount(tin_tensor *x, int64_t size, tin_bincount_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.size = size;
  return tin_bincount_args(options);
}
static inline tin_tensor *tin_slice(tin_tensor *x, int axis, int64_t start, int64_t stop, tin_slice_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.axis = axis, options.start = start, options.stop = stop;
  return tin_slice_args(options);
}
static inline tin_tensor *tin_isclose(tin_tensor *a, tin_tensor *b, tin_isclose_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.a = a, options.b = b;
  return tin_isclose_args(options);
}
static inline bool tin_allclose(tin_tensor *a, tin_tensor *b, tin_isclose_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.a = a, options.b = b;
  return tin_allclose_args(options);
}
static inline tin_tensor *tin_nan_to_num(tin_tensor *x, tin_nan_to_num_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x;
  return tin_nan_to_num_args(options);
}
static inline tin_tensor *tin_scatter_reduce(tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source, const char *reduce,
                                             tin_scatter_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.axis = axis, options.index = index, options.source = source;
  options.reduce = reduce;
  return tin_scatter_reduce_args(options);
}
static inline tin_tensor *tin_index(tin_tensor *x, tin_list indices, tin_index_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.indices = indices;
  return tin_index_args(options);
}
static inline tin_tensor *tin_index_put(tin_tensor *x, tin_list indices, tin_tensor *values, tin_index_options options = {},
                                        TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.indices = indices, options.values = values;
  return tin_index_put_args(options);
}
static inline tin_tensor *tin_embedding(tin_tensor *index, tin_tensor *weight, tin_embedding_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.index = index, options.weight = weight;
  return tin_embedding_args(options);
}
static inline tin_tensor *tin_pad(tin_tensor *x, tin_pad_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x;
  return tin_pad_args(options);
}
static inline tin_tensor *tin_unfold(tin_tensor *x, tin_unfold_options options, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x;
  return tin_unfold_args(options);
}
static inline tin_tensor *tin_fold2d(tin_tensor *x, tin_unfold_options options, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x;
  return tin_fold2d_args(options);
}
static inline tin_tensor *tin_window(tin_tensor *x, int axis, int64_t size, tin_window_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.axis = axis, options.size = size;
  return tin_window_args(options);
}
static inline tin_tensor *tin_fold(tin_tensor *x, int axis, int64_t size, tin_window_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.axis = axis, options.size = size;
  return tin_fold_args(options);
}
#endif

#if defined(__GNUC__) && !defined(__TINYC__)
#pragma GCC visibility pop
#endif

#endif
