/* The definition of every elementwise op's value, on one element. The interpreter, constant folding and the tests' references use it;
 * the compiled targets must agree with it bit for bit (see docs/numerics.md).
 *
 * An element travels as a uint64_t holding the dtype's representation in its low bytes, the rest zero: f32 as its IEEE bits, i32 as
 * two's complement in 32 bits, bool as 0 or 1.
 */
#ifndef TIN_IR_SCALAR_H
#define TIN_IR_SCALAR_H

#include "ir/ir.h"

/* Value of a primitive or elementary op, which accepts the dtype (tin_op_accepts). `dtype` is that of the result; `from` that of the first
 * input (SELECT: of the second). */
uint64_t tin_scalar_eval(int op, tin_dtype dtype, tin_dtype from, const uint64_t *in);
/* The same for `count` elements: in[k][i] is input k of element i; out may be one of the inputs. */
void tin_scalar_eval_many(int op, tin_dtype dtype, tin_dtype from, const uint64_t *const *in, uint64_t *out, int count);
/* Conversion by the rules of CAST: float to integer saturates towards zero, NaN gives 0; integers wrap; to bool is != 0; to a float rounds
 * once. */
uint64_t tin_scalar_cast(uint64_t bits, tin_dtype from, tin_dtype to);
/* A NaN as the one that stands for all: quiet, positive, nothing in its fraction. Other bits as they are. */
uint64_t tin_scalar_canonical(uint64_t bits, tin_dtype dtype);
uint64_t tin_scalar_from_double(double value, tin_dtype dtype);
double tin_scalar_to_double(uint64_t bits, tin_dtype dtype); /* i64 rounds */
uint64_t tin_scalar_load(const void *data, int64_t index, tin_dtype dtype);
void tin_scalar_store(void *data, int64_t index, tin_dtype dtype, uint64_t bits);
/* Neutral element of a reduction (SUM: -0.0, so that a sum of -0 keeps its sign; PROD: 1; REDUCE_MAX: -inf or the lowest). */
uint64_t tin_scalar_neutral(int op, tin_dtype dtype);

#endif
