/* What the consumers of a contraction read and write besides the tile, fetched while the products of the tile add up. */
#ifndef TIN_CODEGEN_CONTRACT_AHEAD_H
#define TIN_CODEGEN_CONTRACT_AHEAD_H

#include "codegen/lower.h"
#include "codegen/output.h"

enum { AHEAD_MAX = 6 };

/* Buffers whose rows of a tile lie apart from each other, so that no hardware sees them coming. */
struct tin_ahead {
  int count;
  struct tin_ahead_buffer {
    int value;                /* of the plan */
    int bytes;                /* of an element */
    int64_t base, batch, row; /* elements: of the first, between batches, between rows */
  } at[AHEAD_MAX];
};

/* Those of the nest of the consumers that are worth it. */
struct tin_ahead tin_ahead_of(const struct tin_nest *result);
/* `char *ahead[] = ..; long step[] = ..;` for rows from m0 and columns from n on: addresses, and bytes from row to row. In all chunks but
 * the last (k1 < k) the steps are 0: the same lines again. */
void tin_ahead_print(const struct tin_output *out, const struct tin_ahead *ahead, int64_t k);
/* The statements that move them on by so many rows. */
void tin_ahead_print_move(const struct tin_output *out, const struct tin_ahead *ahead, const char *rows);

#endif
