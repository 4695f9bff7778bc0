/* Shared by portable.c (the structure of a nest as C) and portable_ops.c (C of one operation). */
#ifndef TIN_CODEGEN_PORTABLE_H
#define TIN_CODEGEN_PORTABLE_H

#include "common/mem.h"
#include "ir/ir.h"

/* A constant expression of the dtype with exactly these bits. */
void tin_portable_constant(struct tin_text *text, int dtype, uint64_t bits);
/* An expression for an elementwise primitive over the names of its operands; `from` is the dtype of the first (CAST, BITCAST). */
void tin_portable_op(struct tin_text *text, int op, int dtype, int from, const char *const *in);
/* Conversion of the operand by the rules of CAST. */
void tin_portable_cast(struct tin_text *text, int from, int to, const char *a);

#endif
