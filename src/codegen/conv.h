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

/* ---- internal: conv.c and conv_batch.c plan and print, conv_kernel.c makes the routines ---- */

/* Elements of a packed panel that stays for all items: half of a 2 MiB L2 in f32. */
enum { CONV_KEPT_MAX = 1 << 18 };
/* Tiles of a group of rows, and different tiles of a part: each is a routine. */
enum { CONV_PIECES_MAX = 8, CONV_TILES_MAX = 8, CONV_ROWS_MAX = 30 };

/* C (+)= sum over `count` entries of the table: A[row, k] * B[k, column], rows x (vectors * lanes), each a chain of FMAs from -0 (or +0).
 *   static void NAME(char *a, char *b, char *c, const int *table, long count, long add) */
struct tin_conv_tile {
  int lanes, vectors, rows;
  int64_t displacement[CONV_ROWS_MAX]; /* of the rows of A, elements */
  int64_t b_step, c_row;               /* elements between the k of B and the rows of C */
  bool skips; /* an entry is two: bytes to A's element, bytes to B's row; the count may be 0, and sums start from +0 */
  bool adds;  /* `add` may be 1: C holds the sum of earlier chunks */
};
struct conv_axis {
  int64_t extent, step; /* step: elements of the image */
};

struct conv_piece {
  int tile;
  int64_t first, displacement; /* first row, of the block; elements of the image from the block's first row */
};

/* Rows are counted in blocks: some of the innermost axes whole, the next one cut into groups of `small` or, the first `extra`, one more. */
struct conv_blocks {
  int inner;      /* axes that are whole */
  int64_t whole;  /* their rows */
  int64_t extent; /* of the axis that is cut */
  int64_t step;   /* elements of the image along it */
  int64_t groups, small, extra;
  int n_pieces[2]; /* by whether the group is one of the larger */
  struct conv_piece pieces[2][CONV_PIECES_MAX];
  int n_tiles;
  struct tin_conv_tile tiles[CONV_TILES_MAX];
  float cost; /* cycles a row and k, for all panels */
};

struct conv_packing {
  bool turned; /* contiguous along k: turned in registers */
  bool staged; /* after staging, when they are computed or lie in runs */
  struct tin_nest *nest;
  int64_t run;
  struct tin_direct direct;
};

struct tin_conv {
  const struct tin_output *out;
  const struct tin_schedule *schedule;
  const struct tin_part *part;
  struct tin_contract_axes axes, given; /* rows from the image; as the result has them */
  bool turned;                          /* these differ */
  int image;                            /* plan value */
  int64_t base, step[TIN_MAX_RANK];     /* of the image's index, by axis of the part */
  int lanes, vectors;
  int64_t panel, panels;
  int64_t m, n, k, chunk, n_chunks, group;
  int n_rows;
  struct conv_axis rows[TIN_MAX_RANK]; /* neighbours that move as one are one */
  struct conv_blocks blocks;
  int64_t n_blocks, item_blocks, item_rows, row_items;
  int64_t period; /* entries of the table */
  bool kept;      /* the packed panel serves all items of a call */
  struct conv_packing packing;
  struct tin_nest *result_nest;
  int64_t result_run, result_leading;
  int64_t packed_offset, stage_offset, table_offset, sums_offset, group_offset, turned_offset, scratch_bytes;
};

void tin_conv_tile_print(const struct tin_output *out, const struct tin_conv_tile *tile, const char *name);

/* static void NAME(int *to, const int *from, long by, long count): to[i] = from[i] + by, in whole vectors: both have room for one more. */
void tin_conv_shift_print(const struct tin_output *out, const char *name);

/* A table of 32-bit numbers beside the code: `const int NAME[]`, with 16 readable numbers behind it. */
void tin_conv_table_print(const struct tin_output *out, const int32_t *table, int count, const char *name);

/* static void NAME(char *from, char *to, long count): the vector at `to` gets 0s, or in some place NaN where one of the elements, of which
 * there are whole vectors, is infinite or NaN. */
void tin_conv_scan_print(const struct tin_output *out, const char *name);

/* conv_batch.c: the image has structural zeros, which are left out: the border of a padded convolution, of an input's gradient. */
bool tin_conv_batch_print(struct tin_conv *c, struct tin_entry *entry);

/* conv.c, shared: */
struct tin_contract_axes tin_conv_other_way(struct tin_contract_axes axes);
float tin_conv_reuse(const struct tin_conv *c, const struct tin_contract_axes *axes);
float tin_conv_tile_cost(int64_t rows, int vectors);
void tin_conv_plan_chunks(struct tin_conv *c);
void tin_conv_plan_packing(struct tin_conv *c);
struct tin_nest *tin_conv_nest(const struct tin_conv *c, enum tin_contract_nest which, int64_t leading, int64_t *run, float *cost);
/* Calls of a nest over its columns from .. to, cut where runs end; they lie at `place` from column `base` on. */
void tin_conv_call_print(const struct tin_output *out, const char *name, const char *what, int64_t run, const char *base, const char *rows,
                         const char *from, const char *to);
/* static void NAME_pack(..., char *to, long n0, long n1, long k0, long k1): a chunk of one panel. */
void tin_conv_pack_print(const struct tin_conv *c, const char *name);
/* The packing of a whole panel that is kept, for `cell`. */
void tin_conv_keep_print(const struct tin_conv *c, const char *name);
/* The sum of step * coordinate for axes whose coordinates are counted row-major by the C expression `of`. */
void tin_conv_place_print(const struct tin_output *out, const struct conv_axis *axes, int count, const char *of);
void tin_conv_nest_print(const struct tin_conv *c, struct tin_nest *nest, const char *what, struct tin_entry *entry);
/* The routines that turn the packed columns and the sums (whose rows are `row` elements apart), and that add up chunks. */
void tin_conv_turns_print(const struct tin_conv *c, int64_t row, const char *name);

#endif
