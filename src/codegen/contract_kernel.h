/* Micro-kernels of contractions as vector programs or plain C. */
#ifndef TIN_CODEGEN_CONTRACT_KERNEL_H
#define TIN_CODEGEN_CONTRACT_KERNEL_H

#include "codegen/contract.h"
#include "codegen/contract_ahead.h"

/* One micro-kernel: rows x (vectors * lanes) tile, C (+)= sum over k of A[row, k] * B[k, column], each a chain of FMAs in increasing k.
 *   static void NAME(char *a, char *b, char *c, long k, long add)     k >= 1; add: 1 when C holds the sum of earlier chunks, 0 when not
 * A strip does that for `tiles` >= 1 tiles, one under the other with the same B, or side by side with the same A:
 *   static void NAME(char *a, char *b, char *c, long k, long add, long tiles)
 * and with buffers to fetch ahead (contract_ahead.h; only down) for two more arguments, char **ahead, long *step: addresses at the first
 * row, bytes from row to row. */
enum tin_strip { TIN_STRIP_NONE, TIN_STRIP_DOWN, TIN_STRIP_ACROSS };
struct tin_micro {
  int dtype;
  int lanes;
  int rows, vectors;
  bool adds;          /* `add` may be 1: there are several chunks */
  bool goes_on;       /* C holds the sum of earlier terms of the same chain, which goes on from there; `add` is 0 */
  int64_t a_row, a_k; /* strides of A, elements */
  int64_t b_k;        /* stride of B along k, elements; its columns are contiguous */
  int64_t c_row;      /* stride of C, elements */
  int64_t ahead;      /* elements from what is loaded of B to what is fetched meanwhile, 0: nothing */
  bool fetch;         /* C may lie outside of L1: fetch its rows while products add up, one after another, since all at once they would
                       * take every line fill buffer and hold up A and B */
  enum tin_strip strip;
  int64_t b_panel, c_panel;         /* across: from a panel of B, of C, to the next, elements */
  struct tin_ahead ahead_of_result; /* fetched too, into L2, a row of each with a row of C; only of strips */
  int tail;                         /* columns of the last vector, 0: all of them */
  bool tail_b, tail_c; /* the others of that vector are not read in B, are neither read nor written in C; avx512 and plain C only */
};
void tin_micro_print(const struct tin_output *out, const struct tin_micro *micro, const char *name);

/* Transposes `lanes` rows of `rounds` * lanes elements into columns:
 *   static void NAME(char *from, char *to, long rounds)    from: rows `from_row` elements apart; to: rows of the result `to_row` apart
 * False when the target has no such program. */
bool tin_transpose_print(const struct tin_output *out, int dtype, int64_t from_row, int64_t to_row, const char *name);

/* static void NAME(char *to, char *from, long count): to += from for `count` elements, whole vectors. */
void tin_add_print(const struct tin_output *out, int dtype, const char *name);

/* static void NAME(char *to, long count): -0, the neutral element of sums, in `count` floats, whole vectors. */
void tin_neutral_print(const struct tin_output *out, const char *name);

#endif
