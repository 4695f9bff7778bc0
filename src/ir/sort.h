/* Sorting one line of elements: the definition of the op argsort, which the interpreter and compiled kernels call alike. */
#ifndef TIN_IR_SORT_H
#define TIN_IR_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of scratch for a line of n elements. */
size_t tin_argsort_scratch(int64_t n);

/* Puts the positions of x[0], x[stride], ..., x[(n - 1) * stride] into to[0], to[stride], ... in the order of the elements: ascending, or
 * descending when that is not 0. Equal elements keep their order, also descending; -0 equals +0, NaN is larger than all numbers. dtype is a
 * tin_dtype; n fits an int. The types are those that kernels print. */
void tin_argsort(const void *x, int dtype, long stride, long n, int descending, int *to, void *scratch);

#endif
