/* Between vectorize.c (values, accesses, the C function) and vector_loops.c (the loops of the three forms). */
#ifndef TIN_CODEGEN_VECTOR_LOOPS_H
#define TIN_CODEGEN_VECTOR_LOOPS_H

#include "codegen/vectorize.h"

enum { TIN_V_MAX_INNER = 16 }; /* inner ranges that have a vector form */

/* vectorize.c */
int tin_v_special_pointer(struct vectorizer *v, int which);
int tin_v_slot(struct vectorizer *v, const struct tin_index *index, const char *text);
/* Emits the needed values of a depth (and level, unless -1) in order. */
void tin_v_emit_values(struct vectorizer *v, const int *needed, int depth, int level);
void tin_v_emit_store(struct vectorizer *v, const struct tin_store *store, bool element);
void tin_v_emit_single_store(struct vectorizer *v, const struct tin_store *store);
/* LOOP, TAIL: slot -1 means the constant limit. */
void tin_v_loop(struct vectorizer *v, int op, int slot, int limit, int step);
void tin_v_mark(const struct tin_nest *nest, int *needed, int value);

/* vector_loops.c */
void tin_v_loops(struct vectorizer *v);

/* vector_ops.c */
bool tin_v_program_is_wide(int op, int dtype);

/* Register allocation with the spill pointer. */
void tin_v_finish(struct vectorizer *v);

#endif
