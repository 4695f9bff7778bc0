/* Between vectorize.c (values, accesses, the C function) and vector_loops.c (the loops of the three forms). */
#ifndef TIN_CODEGEN_VECTOR_LOOPS_H
#define TIN_CODEGEN_VECTOR_LOOPS_H

#include "codegen/vectorize.h"

enum { TIN_V_MAX_INNER = 16 }; /* inner ranges that have a vector form */
/* The lanes rule (docs/numerics.md): partial sums, and elements of a block. */
enum { PARTIALS = 16, BLOCK = 1024 };

enum { TIN_V_MAX_FLIGHT = 2 }; /* rows at once */

/* One pass of a nest while its loops are emitted. */
struct tin_v_pass {
  int number;
  int *needed; /* by value */
  int n_reductions;
  int *reductions; /* numbers in the nest */
  int (*accumulators)[PARTIALS];
  int n_accumulators; /* of an order-free reduction: copies that accumulate apart */
  int terms;          /* when they are spelled out, else 0: partial sums beyond them are left out */
};

/* Where an access goes. */
struct tin_v_place {
  int pointer;
  int64_t disp;   /* bytes */
  int64_t stride; /* elements along the vector axis */
};

/* vectorize.c */
struct tin_v_place tin_v_place_of(struct vectorizer *v, int arg, const struct tin_index *index, bool element);
int tin_v_special_pointer(struct vectorizer *v, int which);
int tin_v_slot(struct vectorizer *v, const struct tin_index *index, const char *text);
int tin_v_memory_type(int dtype); /* of an element in memory */
/* Emits the needed values of a depth (and level, unless -1) in order. */
void tin_v_emit_values(struct vectorizer *v, const int *needed, int depth, int level);
void tin_v_emit_store(struct vectorizer *v, const struct tin_store *store, bool element);
void tin_v_emit_single_store(struct vectorizer *v, const struct tin_store *store);
/* LOOP, TAIL: slot -1 means the constant limit. */
void tin_v_loop(struct vectorizer *v, int op, int slot, int limit, int step);
void tin_v_mark(const struct tin_nest *nest, int *needed, int value);

/* vector_loops.c */
void tin_v_loops(struct vectorizer *v);
bool tin_v_wants_pairs(struct vectorizer *v);
bool tin_v_is_lanes(const struct tin_reduction *reduction);
int tin_v_begin_repeat(struct vectorizer *v, int64_t count);
void tin_v_end_repeat(struct vectorizer *v, int slot);
void tin_v_bump_all(struct vectorizer *v, int symbol, int64_t times);
void tin_v_bump_pointer(struct vectorizer *v, int pointer, int64_t bytes);
struct tin_v_pass tin_v_pass_of(struct vectorizer *v, int number);
bool tin_v_pass_has_lanes(const struct vectorizer *v, const struct tin_v_pass *pass);
void tin_v_start_accumulators(struct vectorizer *v, struct tin_v_pass *pass);
void tin_v_pass_copy(struct vectorizer *v, struct tin_v_pass *pass, int lanes_at, int free_at);
void tin_v_finish_reductions(struct vectorizer *v, struct tin_v_pass *pass);
void tin_v_store_block(struct vectorizer *v, struct tin_v_pass *pass, int64_t blocks, int64_t block);
void tin_v_combine_blocks(struct vectorizer *v, struct tin_v_pass *pass, int64_t blocks);
bool tin_v_blocks_allowed(const struct vectorizer *v, const struct tin_v_pass *pass);
int64_t tin_v_block_stride(const struct vectorizer *v, const struct tin_reduction *reduction);
bool tin_v_needs_column_numbers(const struct vectorizer *v);
void tin_v_start_columns(struct vectorizer *v, bool numbered);
void tin_v_end_loop(struct vectorizer *v, int step, bool numbered);
void tin_v_at_copy(struct vectorizer *v, int offset, bool tail);
int tin_v_combine(struct vectorizer *v, const struct tin_reduction *reduction, int *accumulators, int count);
void tin_v_set_result(struct vectorizer *v, int reduction, int reg);
void tin_v_block_memory(struct vectorizer *v, int op, int type, int reg, int64_t disp);

/* vector_memory.c */
/* Is the index a multiple of a vector wherever a vector starts? */
bool tin_v_is_aligned(const struct vectorizer *v, const struct tin_index *index);
/* Fetches ahead for a load of a whole vector. */
void tin_v_prefetch_load(struct vectorizer *v, const struct tin_value *value, const struct tin_v_place *place);
/* ROW: what the rows after this one need at these columns, in the pass chosen for it. */
void tin_v_prefetch_rows(struct vectorizer *v, int pass);

/* vector_tiles.c: tiles of a MAP whose operands lie along its rows. */
bool tin_v_has_transposed(const struct tin_nest *nest);
void tin_v_tile_body(struct vectorizer *v);

/* vector_columns.c: the body of the COLUMN form. */
void tin_v_column_body(struct vectorizer *v);

/* vector_ops.c */
bool tin_v_program_is_wide(int op, int dtype);

/* Register allocation with the spill pointer. */
void tin_v_finish(struct vectorizer *v);

#endif
