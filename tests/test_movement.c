/* Movement functions: values (of NumPy and PyTorch) on every target and in several dtypes, empty tensors, all ranks, errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "codegen/kernel.h"
#include "context.h"

#define F32(...) ((float[]){__VA_ARGS__})
#define COUNT(...) ((int)(sizeof F32(__VA_ARGS__) / sizeof(float)))

/* Shape and values; the values are small integers or come without arithmetic, so they are exact in any dtype. */
static void check(int line, tin_tensor *t, tin_shape want_shape, const float *want, int count) {
  float got[256];
  tin_ctx *ctx = tin_ctx_of(t);
  tin_shape shape = tin_shape_of(t);
  bool same = shape.rank == want_shape.rank;
  for (int i = 0; same && i < shape.rank; i++)
    same = shape.size[i] == want_shape.size[i];
  if (!same || !tin_ok(ctx))
    fail_msg("line %d: rank %d, sizes %lld %lld %lld, %s", line, shape.rank, (long long)shape.size[0], (long long)shape.size[1],
             (long long)shape.size[2], tin_message(ctx));
  if (tin_size_of(t) != count || !tin_read(tin_cast(t, TIN_F32), got, (size_t)count * sizeof *got))
    fail_msg("line %d: %lld elements, %s", line, (long long)tin_size_of(t), tin_message(ctx));
  for (int i = 0; i < count; i++)
    if (got[i] != want[i] && !(isnan(got[i]) && isnan(want[i])))
      fail_msg("line %d: element %d is %g, not %g", line, i, (double)got[i], (double)want[i]);
}
#define CHECK(t, shape, ...) check(__LINE__, t, TIN_SHAPE shape, F32(__VA_ARGS__), COUNT(__VA_ARGS__))
#define CHECK_EMPTY(t, shape) check(__LINE__, t, TIN_SHAPE shape, NULL, 0)

/* A vector 1 .. 5, 0, 1, ... as a matrix and a cube, a number, nothing, two channels of an image. */
struct tensors {
  tin_tensor *v, *m, *c, *s, *e, *img;
};
static tin_dtype dtype; /* of all of them */

static tin_tensor *counted(tin_ctx *ctx, tin_shape shape, int64_t count, double start) {
  float values[64];
  for (int64_t i = 0; i < count; i++)
    values[i] = (float)((double)i + start);
  return tin_cast(tin_from(ctx, TIN_F32, shape, values), dtype);
}

static struct tensors make(tin_ctx *ctx) {
  return (struct tensors){.v = counted(ctx, TIN_SHAPE(5), 5, 1),
                          .m = counted(ctx, TIN_SHAPE(3, 4), 12, 0),
                          .c = counted(ctx, TIN_SHAPE(2, 3, 4), 24, 0),
                          .s = counted(ctx, TIN_SHAPE(), 1, 7),
                          .e = counted(ctx, TIN_SHAPE(0, 3), 0, 0),
                          .img = counted(ctx, TIN_SHAPE(1, 2, 4, 4), 32, 0)};
}

/* ---- values; stored from NumPy and PyTorch ---- */

static void check_slices(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  CHECK(tin_slice(t.v, 0, -1, TIN_END, .step = -1), (5), 5, 4, 3, 2, 1);
  CHECK(tin_slice(t.v, 0, 3, 0, .step = -2), (2), 4, 2);
  CHECK(tin_slice(t.v, 0, 99, -99, .step = -2), (3), 5, 3, 1);
  CHECK_EMPTY(tin_slice(t.v, 0, 1, 3, .step = -1), (0));
  CHECK(tin_slice(t.v, 0, -2, 1, .step = INT64_MIN), (1), 4);
  CHECK(tin_slice(t.v, 0, 1, TIN_END, .step = INT64_MAX), (1), 2);
  CHECK(tin_slice(t.m, -1, -2, 0, .step = -1), (3, 2), 2, 1, 6, 5, 10, 9);
  CHECK(tin_slices(t.m, TIN_RANGES({1, 3}, {0, TIN_END, 2})), (2, 2), 4, 6, 8, 10);
  CHECK(tin_slices(t.m, TIN_RANGES(TIN_ALL, {-1, TIN_END, -1})), (3, 4), 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8);
  CHECK(tin_slices(t.c, TIN_RANGES({1, 2}, TIN_ALL, {-1, 0, -2})), (1, 3, 2), 15, 13, 19, 17, 23, 21);
  CHECK(tin_slices(t.c, TIN_RANGES({0, 1})), (1, 3, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  CHECK_EMPTY(tin_slices(t.c, TIN_RANGES({5, 9})), (0, 3, 4));
  CHECK_EMPTY(tin_slices(t.e, TIN_RANGES({-1, TIN_END, -1}, {1, 2})), (0, 1));
}

static void check_rolls(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  CHECK(tin_roll(t.v, TIN_SHAPE(2), TIN_AXES(0)), (5), 4, 5, 1, 2, 3);
  CHECK(tin_roll(t.v, TIN_SHAPE(-13), TIN_AXES(-1)), (5), 4, 5, 1, 2, 3);
  CHECK(tin_roll(t.m, TIN_SHAPE(1, -1), TIN_AXES(0, 1)), (3, 4), 9, 10, 11, 8, 1, 2, 3, 0, 5, 6, 7, 4);
  CHECK(tin_roll(t.m, TIN_SHAPE(5), TIN_AXES()), (3, 4), 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 6);
  CHECK(tin_roll(t.m, TIN_SHAPE(1, 2), TIN_AXES(1, 1)), (3, 4), 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8);
  CHECK(tin_roll(t.s, TIN_SHAPE(5), TIN_AXES()), (), 7);
  CHECK_EMPTY(tin_roll(t.e, TIN_SHAPE(5, 1), TIN_AXES(0, 1)), (0, 3));
}

static void check_repeats(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  CHECK(tin_repeat(t.v, TIN_SHAPE(2)), (10), 1, 2, 3, 4, 5, 1, 2, 3, 4, 5);
  CHECK(tin_repeat(tin_slice(t.m, 1, 0, 2), TIN_SHAPE(2, 1, 2)), (2, 3, 4), 0, 1, 0, 1, 4, 5, 4, 5, 8, 9, 8, 9, 0, 1, 0, 1, 4, 5, 4, 5, 8,
        9, 8, 9);
  CHECK(tin_repeat(t.s, TIN_SHAPE()), (), 7);
  CHECK(tin_repeat(t.s, TIN_SHAPE(3)), (3), 7, 7, 7);
  CHECK_EMPTY(tin_repeat(t.m, TIN_SHAPE(0, 1)), (0, 4));
  CHECK_EMPTY(tin_repeat(t.e, TIN_SHAPE(2, 2)), (0, 6));
  CHECK(tin_tile(t.m, TIN_SHAPE(2)), (3, 8), 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11);
  CHECK(tin_tile(t.s, TIN_SHAPE(2, 1)), (2, 1), 7, 7);
  CHECK(tin_tile(t.v, TIN_SHAPE()), (5), 1, 2, 3, 4, 5);
  CHECK(tin_repeat_interleave(t.v, 2, 0), (10), 1, 1, 2, 2, 3, 3, 4, 4, 5, 5);
  CHECK(tin_repeat_interleave(t.m, 2, -2), (6, 4), 0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7, 8, 9, 10, 11, 8, 9, 10, 11);
  CHECK_EMPTY(tin_repeat_interleave(t.m, 0, 1), (3, 0));
  CHECK_EMPTY(tin_repeat_interleave(t.e, 3, 1), (0, 9));
}

static void check_axes(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  CHECK(tin_movedim(t.c, TIN_AXES(0), TIN_AXES(-1)), (3, 4, 2), 0, 12, 1, 13, 2, 14, 3, 15, 4, 16, 5, 17, 6, 18, 7, 19, 8, 20, 9, 21, 10,
        22, 11, 23);
  CHECK(tin_movedim(t.c, TIN_AXES(0, 2), TIN_AXES(1, 0)), (4, 2, 3), 0, 4, 8, 12, 16, 20, 1, 5, 9, 13, 17, 21, 2, 6, 10, 14, 18, 22, 3, 7,
        11, 15, 19, 23);
  CHECK(tin_moveaxis(t.m, TIN_AXES(), TIN_AXES()), (3, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
  CHECK(tin_swapaxes(t.m, 0, -1), (4, 3), 0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11);
  CHECK(tin_broadcast_to(t.s, TIN_SHAPE(2, 2)), (2, 2), 7, 7, 7, 7);
  CHECK(tin_rot90(t.m, 1, 0, 1), (4, 3), 3, 7, 11, 2, 6, 10, 1, 5, 9, 0, 4, 8);
  CHECK(tin_rot90(t.m, 2, 0, 1), (3, 4), 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  CHECK(tin_rot90(t.m, -1, 0, 1), (4, 3), 8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3);
  CHECK(tin_rot90(t.m, 5, 1, 0), (4, 3), 8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3);
  CHECK(tin_rot90(t.c, 4, 0, -1), (2, 3, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23);
  CHECK_EMPTY(tin_rot90(t.e, 1, 0, 1), (3, 0));
  CHECK(tin_unflatten(t.c, 2, TIN_SHAPE(2, -1)), (2, 3, 2, 2), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23);
  CHECK(tin_unflatten(t.v, 0, TIN_SHAPE(5, 1)), (5, 1), 1, 2, 3, 4, 5);
  CHECK_EMPTY(tin_unflatten(t.e, 1, TIN_SHAPE(-1, 3)), (0, 1, 3));
  CHECK(tin_pixel_shuffle(tin_reshape(t.img, TIN_SHAPE(8, 2, 2)), 2), (2, 4, 4), 0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15, 16,
        20, 17, 21, 24, 28, 25, 29, 18, 22, 19, 23, 26, 30, 27, 31);
  CHECK(tin_pixel_unshuffle(t.img, 2), (1, 8, 2, 2), 0, 2, 8, 10, 1, 3, 9, 11, 4, 6, 12, 14, 5, 7, 13, 15, 16, 18, 24, 26, 17, 19, 25, 27,
        20, 22, 28, 30, 21, 23, 29, 31);
  CHECK(tin_pixel_shuffle(tin_pixel_unshuffle(t.img, 4), 4), (1, 2, 4, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
        19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  CHECK_EMPTY(tin_pixel_shuffle(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 4, 2, 2)), 2), (0, 1, 4, 4));
}

static void check_diagonals(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  CHECK(tin_diagonal(t.m, 0, 0, 1), (3), 0, 5, 10);
  CHECK(tin_diagonal(t.m, 1, 0, 1), (3), 1, 6, 11);
  CHECK(tin_diagonal(t.m, -2, 0, 1), (1), 8);
  CHECK_EMPTY(tin_diagonal(t.m, 9, 0, 1), (0));
  CHECK_EMPTY(tin_diagonal(t.m, INT32_MIN, 0, 1), (0));
  CHECK(tin_diagonal(t.m, 1, 1, 0), (2), 4, 9);
  CHECK(tin_diagonal(t.c, 1, -2, -1), (2, 3), 1, 6, 11, 13, 18, 23);
  CHECK(tin_diagonal(t.c, 0, 2, 0), (3, 2), 0, 13, 4, 17, 8, 21);
  CHECK_EMPTY(tin_diagonal(t.e, 0, 0, 1), (0));
  CHECK(tin_diag(t.v, 0), (5, 5), 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 5);
  CHECK(tin_diag(tin_slice(t.v, 0, 0, 2), 1), (3, 3), 0, 1, 0, 0, 0, 2, 0, 0, 0);
  CHECK(tin_diag(tin_slice(t.v, 0, 0, 2), -2), (4, 4), 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0);
  CHECK(tin_diag(tin_slice(t.v, 0, 0, 0), 1), (1, 1), 0);
  CHECK(tin_diag(tin_slice(t.v, 0, 0, 1), 0), (1, 1), 1);
  CHECK(tin_diag(t.m, 1), (3), 1, 6, 11);
  CHECK(tin_diag_embed(t.m, 0, -2, -1), (3, 4, 4), 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 5, 0, 0, 0, 0, 6, 0, 0, 0,
        0, 7, 8, 0, 0, 0, 0, 9, 0, 0, 0, 0, 10, 0, 0, 0, 0, 11);
  CHECK(tin_diag_embed(tin_slice(t.m, 1, 0, 2), 1, 0, 2), (3, 3, 3), 0, 0, 0, 0, 4, 0, 0, 8, 0, 0, 0, 1, 0, 0, 5, 0, 0, 9, 0, 0, 0, 0, 0, 0,
        0, 0, 0);
  CHECK(tin_diag_embed(tin_slice(t.m, 1, 0, 2), -1, 2, 0), (3, 3, 3), 0, 0, 0, 0, 4, 0, 0, 8, 0, 0, 0, 1, 0, 0, 5, 0, 0, 9, 0, 0, 0, 0, 0,
        0, 0, 0, 0);
  CHECK(tin_trace(t.m), (), 15);
  CHECK(tin_trace(t.e), (), 0);
  CHECK(tin_tril(t.m, 0), (3, 4), 0, 0, 0, 0, 4, 5, 0, 0, 8, 9, 10, 0);
  CHECK(tin_tril(t.m, -1), (3, 4), 0, 0, 0, 0, 4, 0, 0, 0, 8, 9, 0, 0);
  CHECK(tin_tril(t.m, 2), (3, 4), 0, 1, 2, 0, 4, 5, 6, 7, 8, 9, 10, 11);
  CHECK(tin_tril(t.m, -9), (3, 4), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  CHECK(tin_triu(t.m, 0), (3, 4), 0, 1, 2, 3, 0, 5, 6, 7, 0, 0, 10, 11);
  CHECK(tin_triu(t.m, 1), (3, 4), 0, 1, 2, 3, 0, 0, 6, 7, 0, 0, 0, 11);
  CHECK(tin_triu(t.m, -1), (3, 4), 0, 1, 2, 3, 4, 5, 6, 7, 0, 9, 10, 11);
  CHECK(tin_triu(t.m, INT32_MAX), (3, 4), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  CHECK(tin_triu(t.c, 1), (2, 3, 4), 0, 1, 2, 3, 0, 0, 6, 7, 0, 0, 0, 11, 0, 13, 14, 15, 0, 0, 18, 19, 0, 0, 0, 23);
  CHECK_EMPTY(tin_tril(t.e, 0), (0, 3));
}

static void check_pads(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  CHECK(tin_pad(t.v, .low = {-1}, .high = {1}, .value = 9), (5), 2, 3, 4, 5, 9);
  CHECK_EMPTY(tin_pad(t.v, .low = {-2}, .high = {-3}), (0));
  CHECK(tin_pad(t.m, .low = {1, -1}, .high = {-1, 2}), (3, 5), 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 5, 6, 7, 0, 0);
  CHECK(tin_pad(t.v, .low = {2}, .high = {4}, .mode = TIN_PAD_REFLECT), (11), 3, 2, 1, 2, 3, 4, 5, 4, 3, 2, 1);
  CHECK(tin_pad(t.m, .low = {1, 3}, .high = {2, 0}, .mode = TIN_PAD_REFLECT), (6, 7), 7, 6, 5, 4, 5, 6, 7, 3, 2, 1, 0, 1, 2, 3, 7, 6, 5, 4,
        5, 6, 7, 11, 10, 9, 8, 9, 10, 11, 7, 6, 5, 4, 5, 6, 7, 3, 2, 1, 0, 1, 2, 3);
  CHECK(tin_pad(t.v, .low = {2}, .high = {7}, .mode = TIN_PAD_REPLICATE), (14), 1, 1, 1, 2, 3, 4, 5, 5, 5, 5, 5, 5, 5, 5);
  CHECK(tin_pad(t.m, .low = {1, 0}, .high = {0, 2}, .mode = TIN_PAD_REPLICATE), (4, 6), 0, 1, 2, 3, 3, 3, 0, 1, 2, 3, 3, 3, 4, 5, 6, 7, 7,
        7, 8, 9, 10, 11, 11, 11);
  CHECK(tin_pad(t.v, .low = {5}, .high = {2}, .mode = TIN_PAD_CIRCULAR), (12), 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2);
  CHECK(tin_pad(t.m, .low = {0, 1}, .high = {1, 4}, .mode = TIN_PAD_CIRCULAR), (4, 9), 3, 0, 1, 2, 3, 0, 1, 2, 3, 7, 4, 5, 6, 7, 4, 5, 6, 7,
        11, 8, 9, 10, 11, 8, 9, 10, 11, 3, 0, 1, 2, 3, 0, 1, 2, 3);
  CHECK_EMPTY(tin_pad(t.e, .low = {0, 1}, .high = {0, 2}, .mode = TIN_PAD_REFLECT), (0, 6));
  CHECK(tin_pad(t.s, .mode = TIN_PAD_REFLECT), (), 7);
  CHECK(tin_unfold(t.img, .kernel = {3, 2}, .stride = {1, 2}), (1, 12, 4), 0, 2, 4, 6, 1, 3, 5, 7, 4, 6, 8, 10, 5, 7, 9, 11, 8, 10, 12, 14,
        9, 11, 13, 15, 16, 18, 20, 22, 17, 19, 21, 23, 20, 22, 24, 26, 21, 23, 25, 27, 24, 26, 28, 30, 25, 27, 29, 31);
  CHECK(tin_unfold(tin_slice(t.img, 1, 0, 1), .kernel = {2, 2}, .padding = {1, 0}, .dilation = {2, 1}, .stride = {2, 2}), (1, 4, 4), 0, 0,
        4, 6, 0, 0, 5, 7, 4, 6, 12, 14, 5, 7, 13, 15);
  CHECK(tin_unfold(tin_reshape(t.img, TIN_SHAPE(2, 4, 4)), .kernel = {4, 4}), (32, 1), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
  CHECK(tin_fold2d(tin_reshape(t.c, TIN_SHAPE(1, 4, 6)), .image = {3, 4}, .kernel = {2, 2}), (1, 1, 3, 4), 0, 7, 9, 8, 15, 44, 48, 31, 15,
        37, 39, 23);
  CHECK(tin_fold2d(tin_reshape(t.c, TIN_SHAPE(4, 6)), .image = {4, 4}, .kernel = {2, 2}, .stride = {2, 2}, .padding = {0, 1}), (1, 4, 4), 6,
        1, 7, 2, 18, 13, 19, 14, 9, 4, 10, 5, 21, 16, 22, 17);
  CHECK(tin_fold2d(tin_reshape(t.c, TIN_SHAPE(6, 4)), .image = {3, 4}, .kernel = {2, 3}, .dilation = {1, 1}), (1, 3, 4), 0, 5, 13, 9, 14,
        38, 54, 32, 14, 33, 41, 23);
  CHECK_EMPTY(tin_unfold(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 1, 2, 2)), .kernel = {2, 2}), (0, 4, 1));
}

static void check_joins(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  CHECK(tin_cross(tin_slice(t.m, 1, 0, 3), tin_slice(t.v, 0, 0, 3), -1), (3, 3), -1, 2, -1, 3, -6, 3, 7, -14, 7);
  CHECK(tin_cross(t.m, tin_slice(t.m, 1, 0, 1), 0), (3, 4), 0, 4, 8, 12, 0, -8, -16, -24, 0, 4, 8, 12);
  CHECK(tin_hstack(TIN_LIST(t.v, t.s, t.v)), (11), 1, 2, 3, 4, 5, 7, 1, 2, 3, 4, 5);
  CHECK(tin_hstack(TIN_LIST(t.m, tin_slice(t.m, 1, 0, 1))), (3, 5), 0, 1, 2, 3, 0, 4, 5, 6, 7, 4, 8, 9, 10, 11, 8);
  CHECK(tin_vstack(TIN_LIST(t.m, tin_slice(t.v, 0, 0, 4))), (4, 4), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2, 3, 4);
  CHECK(tin_dstack(TIN_LIST(t.v, t.v)), (1, 5, 2), 1, 1, 2, 2, 3, 3, 4, 4, 5, 5);
  CHECK(tin_dstack(TIN_LIST(t.m, t.m)), (3, 4, 2), 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11);
}
/* ---- several results ---- */

static void check_pieces(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  tin_tensor *out[5];
  assert_int_equal(tin_split(t.v, 2, 0, out, 3), 3);
  CHECK(out[0], (2), 1, 2);
  CHECK(out[2], (1), 5);
  assert_int_equal(tin_split(t.m, 2, -1, out, 2), 2);
  CHECK(out[1], (3, 2), 2, 3, 6, 7, 10, 11);
  assert_int_equal(tin_split(t.e, 0, 0, out, 1), 1);
  CHECK_EMPTY(out[0], (0, 3));
  assert_int_equal(tin_split_sizes(t.v, ((int64_t[]){1, 0, 4}), 0, out, 3), 3);
  CHECK(out[0], (1), 1);
  CHECK_EMPTY(out[1], (0));
  CHECK(out[2], (4), 2, 3, 4, 5);
  assert_int_equal(tin_chunk(t.v, 4, 0, out), 3); /* PyTorch: pieces of 2 */
  CHECK(out[1], (2), 3, 4);
  assert_null(out[3]);
  assert_int_equal(tin_chunk(t.e, 2, 0, out), 2);
  CHECK_EMPTY(out[1], (0, 3));
  assert_int_equal(tin_unbind(t.c, 1, out, 3), 3);
  CHECK(out[1], (2, 4), 4, 5, 6, 7, 16, 17, 18, 19);
  assert_int_equal(tin_unbind(t.v, 0, out, 5), 5);
  CHECK(out[4], (), 5);
  assert_int_equal(tin_unbind(t.e, 0, out, 0), 0);
}

static void check_grids(tin_ctx *ctx) {
  struct tensors t = make(ctx);
  tin_tensor *two = tin_slice(t.v, 0, 0, 2), *out[3];
  assert_true(tin_meshgrid(TIN_LIST(two, t.v, t.s), "ij", out));
  CHECK(out[0], (2, 5, 1), 1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
  CHECK(out[1], (2, 5, 1), 1, 2, 3, 4, 5, 1, 2, 3, 4, 5);
  CHECK(out[2], (2, 5, 1), 7, 7, 7, 7, 7, 7, 7, 7, 7, 7);
  assert_true(tin_meshgrid(TIN_LIST(t.v, two), "xy", out));
  CHECK(out[0], (2, 5), 1, 2, 3, 4, 5, 1, 2, 3, 4, 5);
  CHECK(out[1], (2, 5), 1, 1, 1, 1, 1, 2, 2, 2, 2, 2);
  assert_true(tin_meshgrid(TIN_LIST(two), "xy", out));
  CHECK(out[0], (2), 1, 2);
  assert_true(tin_broadcast_tensors(TIN_LIST(t.s, two, tin_reshape(two, TIN_SHAPE(2, 1))), out));
  CHECK(out[0], (2, 2), 7, 7, 7, 7);
  CHECK(out[1], (2, 2), 1, 2, 1, 2);
  CHECK(out[2], (2, 2), 1, 1, 2, 2);
}

static void test_values(void **state) {
  (void)state;
  static const char *const targets[] = {"interpreter", "portable", "avx2", "avx512"};
  static const tin_dtype dtypes[] = {TIN_F32, TIN_F64, TIN_I32, TIN_I64};
  static void (*const checks[])(tin_ctx *) = {check_slices, check_rolls, check_repeats, check_axes, check_diagonals,
                                              check_pads,   check_joins, check_pieces,  check_grids};
  for (int i = 0; i < 4; i++) {
    const struct tin_codegen_target *target = tin_codegen_target_find(targets[i]);
    if (target && !tin_codegen_target_usable(target))
      continue;
    for (int d = 0; d < 4; d++) {
      dtype = dtypes[d];
      tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = targets[i], .threads = 2});
      for (size_t c = 0; c < sizeof checks / sizeof *checks; c++)
        checks[c](ctx);
      end_ctx(ctx);
    }
  }
}

/* ---- more than small integers ---- */

/* What is left out is not multiplied by 0: it may be anything. */
static void test_nothing_leaks(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(2, 2), F32(1, NAN, INFINITY, 2)), *gradient;
  CHECK(tin_diag(tin_diagonal(x, 0, 0, 1), 0), (2, 2), 1, 0, 0, 2);
  CHECK(tin_trace(x), (), 3);
  CHECK(tin_triu(x, 0), (2, 2), 1, NAN, 0, 2);
  CHECK(tin_tril(x, 0), (2, 2), 1, 0, INFINITY, 2);
  tin_tensor *nan = tin_full_like(x, NAN);
  assert_true(tin_vjp(tin_tril(x, -1), nan, TIN_LIST(x), &gradient));
  CHECK(gradient, (2, 2), 0, 0, NAN, 0);
  assert_true(tin_vjp(tin_diag(x, 1), tin_slice(tin_flatten(nan, 0, -1), 0, 0, 1), TIN_LIST(x), &gradient));
  CHECK(gradient, (2, 2), 0, NAN, 0, 0);
  end_ctx(ctx);
}

static void test_bool_and_integers(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_tensor *flags = tin_from(ctx, TIN_BOOL, TIN_SHAPE(2, 2), ((bool[]){true, true, false, true}));
  assert_int_equal(tin_dtype_of(tin_triu(flags, 0)), TIN_BOOL);
  CHECK(tin_tril(flags, 0), (2, 2), 1, 0, 0, 1);
  CHECK(tin_roll(flags, TIN_SHAPE(1), TIN_AXES(1)), (2, 2), 1, 1, 1, 0);
  CHECK(tin_diag_embed(tin_diag(flags, 0), 0, 0, 1), (2, 2), 1, 0, 0, 1);
  CHECK(tin_pad(flags, .high = {0, 1}, .mode = TIN_PAD_REFLECT), (2, 3), 1, 1, 1, 0, 1, 0);
  CHECK(tin_unfold(tin_reshape(flags, TIN_SHAPE(1, 2, 2)), .kernel = {2, 1}), (2, 2), 1, 1, 0, 1);
  assert_int_equal(tin_dtype_of(tin_trace(tin_cast(flags, TIN_U8))), TIN_I64);
  assert_int_equal(tin_dtype_of(tin_cross(tin_ones(ctx, TIN_U8, TIN_SHAPE(3)), tin_ones(ctx, TIN_F64, TIN_SHAPE(3)), 0)), TIN_F64);
  end_ctx(ctx);
}

/* Any rank up to the limit: axes are seen as few as needed on the way. */
static void test_ranks(void **state) {
  (void)state;
  dtype = TIN_F32;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_shape shape = {.size = {2, 1, 1, 1, 1, 1, 1, 1}}, ones = {.rank = 8, .size = {1, 1, 1, 1, 1, 1, 1, 2}};
  for (shape.rank = 1; shape.rank <= 8; shape.rank++) {
    tin_tensor *x = counted(ctx, shape, 2, 1);
    tin_shape twice = shape;
    twice.size[0] = 4;
    check(__LINE__, tin_repeat_interleave(x, 2, 0), twice, F32(1, 1, 2, 2), 4);
    check(__LINE__, tin_pad(x, .low = {1}, .high = {1}, .mode = TIN_PAD_CIRCULAR), twice, F32(2, 1, 2, 1), 4);
    check(__LINE__, tin_roll(x, TIN_SHAPE(1), TIN_AXES(-shape.rank)), shape, F32(2, 1), 2);
  }
  tin_tensor *eight = tin_repeat(counted(ctx, TIN_SHAPE(2), 2, 1), ones);
  check(__LINE__, eight, (tin_shape){8, {1, 1, 1, 1, 1, 1, 1, 4}}, F32(1, 2, 1, 2), 4);
  CHECK(tin_triu(tin_reshape(eight, TIN_SHAPE(1, 1, 1, 1, 1, 1, 2, 2)), 0), (1, 1, 1, 1, 1, 1, 2, 2), 1, 2, 0, 2);
  CHECK(tin_diagonal(tin_reshape(eight, TIN_SHAPE(2, 1, 1, 1, 1, 1, 1, 2)), 0, 0, -1), (1, 1, 1, 1, 1, 1, 2), 1, 2);
  CHECK(tin_diag_embed(tin_reshape(eight, TIN_SHAPE(1, 1, 1, 1, 1, 2, 2)), 0, -1, 0), (2, 1, 1, 1, 1, 1, 2, 2), 1, 0, 1, 0, 0, 2, 0, 2);
  CHECK(tin_movedim(tin_reshape(eight, TIN_SHAPE(2, 1, 1, 1, 1, 1, 1, 2)), TIN_AXES(-1), TIN_AXES(0)), (2, 2, 1, 1, 1, 1, 1, 1), 1, 1, 2,
        2);
  end_ctx(ctx);
}

/* They are index maps: with what follows, one kernel. */
static void test_they_fuse(void **state) {
  (void)state;
  dtype = TIN_F32;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  struct tensors t = make(ctx);
  tin_tensor *leaf = tin_keep(t.m); /* alone: the cast of make is gone */
  int64_t before = tin_stats(ctx).kernels_launched;
  tin_tensor *x = tin_roll(tin_pad(leaf, .low = {1, 1}, .mode = TIN_PAD_REFLECT), TIN_SHAPE(1), TIN_AXES(1));
  assert_true(tin_realize(TIN_LIST(tin_square(tin_triu(x, 0)))));
  assert_int_equal(tin_stats(ctx).kernels_launched - before, 1);
  end_ctx(ctx);
}

/* ---- errors ---- */

static void expect_message(tin_ctx *ctx, int line, const char *text) {
  const char *place = strchr(tin_message(ctx), ' ');
  if (!place || strcmp(place + 1, text) != 0)
    fail_msg("line %d: \"%s\", not \"%s\"", line, tin_message(ctx), text);
  tin_clear_error(ctx);
}
#define EXPECT_POISON(call, text)                                                                                                          \
  do {                                                                                                                                     \
    assert_true(tin_is_poison(call));                                                                                                      \
    expect_message(ctx, __LINE__, text);                                                                                                   \
  } while (0)
#define EXPECT_NONE(call, text)                                                                                                            \
  do {                                                                                                                                     \
    out[0] = NULL;                                                                                                                         \
    assert_false(call);                                                                                                                    \
    assert_true(out[0] && tin_is_poison(out[0]));                                                                                          \
    expect_message(ctx, __LINE__, text);                                                                                                   \
  } while (0)

static void test_errors(void **state) {
  (void)state;
  dtype = TIN_F32;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  struct tensors t = make(ctx);
  tin_tensor *m = tin_set_name(t.m, "m"), *v = tin_set_name(t.v, "v");
  EXPECT_POISON(tin_slices(v, TIN_RANGES(TIN_ALL, TIN_ALL)), "slices: 2 ranges are given for v [5]");
  EXPECT_POISON(tin_roll(m, TIN_SHAPE(1), TIN_AXES(0, 1)), "roll: 1 shifts are given for 2 axes");
  EXPECT_POISON(tin_roll(m, TIN_SHAPE(1), TIN_AXES(2)), "roll: axis 2 is out of range for m [3, 4]");
  EXPECT_POISON(tin_repeat(m, TIN_SHAPE(2)), "repeat: 1 counts are given for m [3, 4]; at least one an axis, at most 8 (see tin_tile)");
  EXPECT_POISON(tin_repeat(m, TIN_SHAPE(2, -1)), "repeat: count -1 of axis 1 is negative");
  EXPECT_POISON(tin_tile(m, TIN_SHAPE(INT64_MAX)), "tile: shape [3, 9223372036854775807] has too many elements");
  EXPECT_POISON(tin_repeat_interleave(v, -2, 0), "repeat_interleave: count -2 of axis 0 is negative");
  EXPECT_POISON(tin_movedim(m, TIN_AXES(0), TIN_AXES(0, 1)), "movedim: 1 axes are moved to 2 places");
  EXPECT_POISON(tin_movedim(m, TIN_AXES(0, 1), TIN_AXES(0, -2)), "movedim: axis 0 of m [3, 4] is named twice");
  EXPECT_POISON(tin_rot90(m, 1, 1, -1), "rot90: axis 1 of m [3, 4] is named twice");
  EXPECT_POISON(tin_unflatten(m, 1, TIN_SHAPE(3, -1)), "unflatten: axis 1 of m [3, 4] does not become [3, -1]");
  EXPECT_POISON(tin_unflatten(m, 1, TIN_SHAPE()), "unflatten: axis 1 of m [3, 4] does not become []");
  EXPECT_POISON(tin_pixel_shuffle(m, 2),
                "pixel_shuffle: m [3, 4] is no image [..., channels, height, width], or the factor 2 is not positive");
  EXPECT_POISON(tin_pixel_shuffle(t.c, 2), "pixel_shuffle: 2 channels of x [2, 3, 4] are no multiple of 4");
  EXPECT_POISON(tin_pixel_unshuffle(t.c, 2), "pixel_unshuffle: height and width of x [2, 3, 4] are no multiples of 2");
  EXPECT_POISON(tin_diagonal(m, 0, 1, -1), "diagonal: axes 1 and -1 are the same");
  EXPECT_POISON(tin_diagonal(v, 0, 0, 1), "diagonal: axis 1 is out of range for v [5]");
  EXPECT_POISON(tin_diag(t.c, 0), "diag: x [2, 3, 4] must have one axis or two");
  EXPECT_POISON(tin_diag_embed(t.s, 0, 0, 1), "diag_embed: x [] has no diagonal to put along two axes");
  EXPECT_POISON(tin_trace(v), "trace: v [5] must have two axes");
  EXPECT_POISON(tin_tril(v, 0), "tril: v [5] must have two axes at least");
  EXPECT_POISON(tin_cross(m, m, -1), "cross: m [3, 4] must have size 3 along axis -1");
  EXPECT_POISON(tin_hstack(TIN_LIST(m, v)), "concat: shapes differ: m [3, 4] and v [5]");
  EXPECT_POISON(tin_pad(v, .low = {5}, .mode = TIN_PAD_REFLECT),
                "pad: reflect padding of 5 is more than axis 0 of v [5] can give: at most 4");
  EXPECT_POISON(tin_pad(v, .high = {6}, .mode = TIN_PAD_CIRCULAR),
                "pad: circular padding of 6 is more than axis 0 of v [5] can give: at most 5");
  EXPECT_POISON(tin_pad(t.e, .high = {1}, .mode = TIN_PAD_REPLICATE),
                "pad: replicate padding of 1 is more than axis 0 of x [0, 3] can give: at most 0");
  EXPECT_POISON(tin_pad(v, .low = {-1}, .mode = TIN_PAD_REPLICATE),
                "pad: padding -1, 0, interior 0 of axis 0: only the constant mode crops or fills between elements");
  EXPECT_POISON(tin_pad(v, .low = {-3}, .high = {-3}), "pad: padding -3, -3 leaves nothing of axis 0 of v [5]");
  EXPECT_POISON(tin_pad(v, .low = {0, 1}), "pad: axis 1 is out of range for v [5]");
  EXPECT_POISON(tin_pad(v, .mode = (tin_pad_mode)9), "pad: 9 is no mode of padding");
  EXPECT_POISON(tin_unfold(m, .kernel = {1, 1}), "unfold: m [3, 4] must be [channels, height, width] or [batch, channels, height, width]");
  EXPECT_POISON(tin_unfold(t.c, .kernel = {4, 1}),
                "unfold: a kernel of 4 (dilation 1) does not fit axis 0 of the image, 3 with its padding");
  EXPECT_POISON(tin_unfold(t.c, .kernel = {1, 0}),
                "unfold: image 4, kernel 0, stride 1, dilation 1, padding 0: kernel, stride and dilation "
                "must be positive, the padding not negative, none too large");
  EXPECT_POISON(tin_fold2d(m, .image = {2, 2}, .kernel = {2, 2}), "fold2d: m [3, 4] does not hold patches of 2 x 2 at 1 x 1 places");
  tin_tensor *out[10];
  EXPECT_NONE(tin_split(v, 2, 0, out, 2), "split: there are 3 pieces, and the array is said to hold 2");
  EXPECT_NONE(tin_split(v, 0, 0, out, 2), "split: pieces of size 0 do not cover axis 0 of v [5]");
  EXPECT_NONE(tin_split(v, 2, 1, out, 3), "split: axis 1 is out of range for v [5]");
  EXPECT_NONE(tin_split_sizes(v, ((int64_t[]){2, 2}), 0, out, 2), "split_sizes: the 2 sizes do not add up to axis 0 of v [5]");
  EXPECT_NONE(tin_unbind(v, 0, out, 4), "unbind: there are 5 pieces, and the array is said to hold 4");
  EXPECT_NONE(tin_meshgrid(TIN_LIST(v, m), "ij", out), "meshgrid: m [3, 4] must have one axis");
  EXPECT_NONE(tin_meshgrid(TIN_LIST(v), "yx", out), "meshgrid: indexing is \"ij\" or \"xy\", not \"yx\"");
  EXPECT_NONE(tin_meshgrid(TIN_LIST(v, v, v, v, v, v, v, v, v), "ij", out), "meshgrid: a grid has at most 8 axes, not 9");
  EXPECT_NONE(tin_broadcast_tensors(TIN_LIST(v, m), out), "broadcast_tensors: shapes do not broadcast: v [5] and m [3, 4]: 5 is not 4");
  assert_int_equal(tin_chunk(v, 0, 0, out), 0);
  expect_message(ctx, __LINE__, "chunk: the number of chunks must be positive");
  assert_int_equal(tin_split(v, 2, 0, NULL, 3), 0);
  expect_message(ctx, __LINE__, "split: the array for the pieces is NULL");
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values), cmocka_unit_test(test_nothing_leaks), cmocka_unit_test(test_bool_and_integers),
      cmocka_unit_test(test_ranks),  cmocka_unit_test(test_they_fuse),     cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
