/* Direct convolution: chain contractions of which one operand is read through windows, without a matrix of the windows.
 *
 * The windowed operand ("image") gives the rows m of the product, the other ("weights") is packed into panels of `vectors` vectors of
 * columns, k-major. Element (m, k) of the image lies at base(m) + place(k): a table holds place(k) for each k, and a tile has
 * rows whose bases differ by constants, so that a step of k is one look into the table, a broadcast a row and the FMAs:
 *
 *   item = (batch, panel of columns, block of rows)
 *     for each chunk of k (docs/numerics.md)
 *       for each tile: the image's places are looked up, chunk sums are added to the tile's
 *     the sums are turned where the result has its rows last; consumers run on them
 *
 * tin_conv_print says no where the operand is no such view, or the general path (contract.c) does it better. */
#ifndef TIN_CODEGEN_CONV_H
#define TIN_CODEGEN_CONV_H

#include "codegen/lower.h"
#include "codegen/output.h"

/* Appends the functions of a CONTRACT part and fills the entry's items, scratch_bytes, how; false, with nothing changed, where the part is
 * not for this path. */
bool tin_conv_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                    struct tin_entry *entry);

/* ---- internal: conv.c plans, conv_kernel.c makes the tiles' routines ---- */

enum { CONV_ROWS_MAX = 30 };

/* C (+)= sum over `count` entries of the table: A[row, k] * B[k, column], rows x (vectors * lanes), each a chain of FMAs from -0 (or +0).
 *   static void NAME(char *a, char *b, char *c, const int *table, long count, long add) */
struct tin_conv_tile {
  int lanes, vectors, rows;
  int64_t displacement[CONV_ROWS_MAX]; /* of the rows of A, elements */
  int64_t b_step, c_row;               /* elements between the k of B and the rows of C */
  bool skips; /* an entry is two: bytes to A's element, bytes to B's row; the count may be 0, and sums start from +0 */
  bool adds;  /* `add` may be 1: C holds the sum of earlier chunks */
};
void tin_conv_tile_print(const struct tin_output *out, const struct tin_conv_tile *tile, const char *name);

/* static void NAME(int *to, const int *from, long by, long count): to[i] = from[i] + by, in whole vectors: both have room for one more. */
void tin_conv_shift_print(const struct tin_output *out, const char *name);

/* A table of 32-bit numbers beside the code: `const int NAME[]`, with 16 readable numbers behind it. */
void tin_conv_table_print(const struct tin_output *out, const int32_t *table, int count, const char *name);

#endif
