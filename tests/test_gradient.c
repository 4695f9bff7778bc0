/* Gradients of every op: first and second derivatives against central differences in f64, forward against reverse mode, ties, zeros, stops.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "context.h"

#include "ir/ir.h"
#include "tinsmith_nn.h"

enum { MAX_INPUTS = 4, MAX_ELEMENTS = 64 };

/* All tests run on the reference interpreter and on what the context chooses by itself (TIN_TARGET, or the best of the CPU). */
static const char *target;

static tin_ctx *new_ctx(void) {
  return good_ctx((struct tin_ctx_options){.target = target, .threads = 1});
}

/* A function under test: the op it exercises (its row of the table gives the domain), the shapes of its inputs. */
struct gradient_case {
  const char *name;
  int op;
  tin_tensor *(*build)(tin_tensor *const *x);
  int n_inputs;
  tin_shape shape[MAX_INPUTS];
  bool piecewise_linear; /* the second derivative is 0 and not worth a comparison */
};

/* ---- the functions ---- */

static tin_tensor *constant_index(tin_tensor *x) {
  return tin_from(tin_ctx_of(x), TIN_I32, TIN_SHAPE(2, 2), ((int32_t[]){1, 0, 1, 1}));
}

static tin_tensor *build_neg(tin_tensor *const *x) {
  return tin_neg(x[0]);
}
static tin_tensor *build_abs(tin_tensor *const *x) {
  return tin_abs(x[0]);
}
static tin_tensor *build_sqrt(tin_tensor *const *x) {
  return tin_sqrt(x[0]);
}
static tin_tensor *build_cast(tin_tensor *const *x) {
  return tin_square(tin_cast(tin_cast(x[0], TIN_F64), TIN_F64));
}
static tin_tensor *build_add(tin_tensor *const *x) {
  return tin_add(x[0], x[1]);
}
static tin_tensor *build_sub(tin_tensor *const *x) {
  return tin_sub(x[0], x[1]);
}
static tin_tensor *build_mul(tin_tensor *const *x) {
  return tin_mul(x[0], x[1]);
}
static tin_tensor *build_square(tin_tensor *const *x) {
  return tin_mul(x[0], x[0]);
}
static tin_tensor *build_div(tin_tensor *const *x) {
  return tin_div(x[0], x[1]);
}
static tin_tensor *build_min(tin_tensor *const *x) {
  return tin_minimum(x[0], x[1]);
}
static tin_tensor *build_max(tin_tensor *const *x) {
  return tin_maximum(x[0], x[1]);
}
static tin_tensor *build_select(tin_tensor *const *x) {
  return tin_where(tin_lt(x[0], x[1]), tin_square(x[0]), tin_exp(x[1]));
}
static tin_tensor *build_fma(tin_tensor *const *x) {
  return tin_fma(x[0], x[1], x[2]);
}
static tin_tensor *build_exp(tin_tensor *const *x) {
  return tin_exp(x[0]);
}
static tin_tensor *build_log(tin_tensor *const *x) {
  return tin_log(x[0]);
}
static tin_tensor *build_expm1(tin_tensor *const *x) {
  return tin_expm1(x[0]);
}
static tin_tensor *build_log1p(tin_tensor *const *x) {
  return tin_log1p(x[0]);
}
static tin_tensor *build_cbrt(tin_tensor *const *x) {
  return tin_cbrt(x[0]);
}
static tin_tensor *build_exp2(tin_tensor *const *x) {
  return tin_exp2(x[0]);
}
static tin_tensor *build_log2(tin_tensor *const *x) {
  return tin_log2(x[0]);
}
static tin_tensor *build_log10(tin_tensor *const *x) {
  return tin_log10(x[0]);
}
static tin_tensor *build_tan(tin_tensor *const *x) {
  return tin_tan(x[0]);
}
static tin_tensor *build_sinh(tin_tensor *const *x) {
  return tin_sinh(x[0]);
}
static tin_tensor *build_cosh(tin_tensor *const *x) {
  return tin_cosh(x[0]);
}
static tin_tensor *build_sin(tin_tensor *const *x) {
  return tin_sin(x[0]);
}
static tin_tensor *build_cos(tin_tensor *const *x) {
  return tin_cos(x[0]);
}
static tin_tensor *build_tanh(tin_tensor *const *x) {
  return tin_tanh(x[0]);
}
static tin_tensor *build_erf(tin_tensor *const *x) {
  return tin_erf(x[0]);
}
static tin_tensor *build_fmod(tin_tensor *const *x) {
  return tin_fmod(x[0], x[1]);
}
static tin_tensor *build_remainder(tin_tensor *const *x) {
  return tin_remainder(tin_neg(x[0]), x[1]);
}
static tin_tensor *build_copysign(tin_tensor *const *x) {
  return tin_copysign(tin_square(x[0]), x[1]);
}
static tin_tensor *build_hypot(tin_tensor *const *x) {
  return tin_hypot(x[0], x[1]);
}
static tin_tensor *build_logaddexp(tin_tensor *const *x) {
  return tin_logaddexp(x[0], x[1]);
}
static tin_tensor *build_xlogy(tin_tensor *const *x) {
  return tin_xlogy(x[0], x[1]);
}
static tin_tensor *build_lerp(tin_tensor *const *x) {
  return tin_lerp(x[0], x[1], x[2]);
}
static tin_tensor *build_logit(tin_tensor *const *x) {
  return tin_logit(tin_div_scalar(x[0], 10), 1e-3);
}
static tin_tensor *build_sinc(tin_tensor *const *x) {
  return tin_sinc(x[0]);
}
static tin_tensor *build_frac(tin_tensor *const *x) {
  return tin_square(tin_frac(tin_rad2deg(tin_deg2rad(x[0]))));
}
static tin_tensor *build_asin(tin_tensor *const *x) {
  return tin_asin(x[0]);
}
static tin_tensor *build_acos(tin_tensor *const *x) {
  return tin_acos(x[0]);
}
static tin_tensor *build_atan(tin_tensor *const *x) {
  return tin_atan(x[0]);
}
static tin_tensor *build_asinh(tin_tensor *const *x) {
  return tin_asinh(x[0]);
}
static tin_tensor *build_acosh(tin_tensor *const *x) {
  return tin_acosh(x[0]);
}
static tin_tensor *build_atanh(tin_tensor *const *x) {
  return tin_atanh(x[0]);
}
static tin_tensor *build_erfc(tin_tensor *const *x) {
  return tin_erfc(x[0]);
}
static tin_tensor *build_erfinv(tin_tensor *const *x) {
  return tin_erfinv(x[0]);
}
static tin_tensor *build_lgamma(tin_tensor *const *x) {
  return tin_lgamma(x[0]);
}
static tin_tensor *build_digamma(tin_tensor *const *x) {
  return tin_digamma(x[0]);
}
static tin_tensor *build_atan2(tin_tensor *const *x) {
  return tin_atan2(x[0], x[1]);
}
static tin_tensor *build_lgamma_left(tin_tensor *const *x) {
  return tin_lgamma(tin_sub_scalar(x[0], 3.5));
}
static tin_tensor *build_sigmoid(tin_tensor *const *x) {
  return tin_sigmoid(x[0]);
}
static tin_tensor *build_relu(tin_tensor *const *x) {
  return tin_relu(x[0]);
}
static tin_tensor *build_pow(tin_tensor *const *x) {
  return tin_pow(x[0], 2.5);
}
static tin_tensor *build_power(tin_tensor *const *x) {
  return tin_power(x[0], x[1]);
}
static tin_tensor *build_sum(tin_tensor *const *x) {
  return tin_sum(tin_exp(x[0]), .axes = TIN_AXES(1));
}
static tin_tensor *build_prod(tin_tensor *const *x) {
  return tin_prod(x[0], .axes = TIN_AXES(0));
}
static tin_tensor *build_reduce_min(tin_tensor *const *x) {
  return tin_square(tin_min(x[0], .axes = TIN_AXES(1)));
}
static tin_tensor *build_reduce_max(tin_tensor *const *x) {
  return tin_square(tin_max(x[0], .axes = TIN_AXES(0)));
}
static tin_tensor *build_matmul(tin_tensor *const *x) {
  return tin_matmul(x[0], x[1]);
}
static tin_tensor *build_gram(tin_tensor *const *x) {
  return tin_matmul(x[0], tin_transpose(x[0], 0, 1));
}
static tin_tensor *build_sum_of_squares(tin_tensor *const *x) {
  return tin_sum(tin_square(x[0]), .axes = TIN_AXES(1));
}
static tin_tensor *build_einsum(tin_tensor *const *x) {
  return tin_einsum("bij,bkj->ikb", x[0], x[1]);
}
static tin_tensor *build_softmax(tin_tensor *const *x) {
  return tin_softmax(x[0], 1);
}
static tin_tensor *build_log_softmax(tin_tensor *const *x) {
  return tin_log_softmax(x[0], 0);
}
static tin_tensor *build_logsumexp(tin_tensor *const *x) {
  return tin_logsumexp(x[0], .axes = TIN_AXES(1));
}
static tin_tensor *build_var(tin_tensor *const *x) {
  return tin_var(x[0], .axes = TIN_AXES(1));
}
static tin_tensor *build_std(tin_tensor *const *x) {
  return tin_std(x[0], .axes = TIN_AXES(1));
}
static tin_tensor *build_norm_2(tin_tensor *const *x) {
  return tin_norm(x[0], 2, .axes = TIN_AXES(1));
}
static tin_tensor *build_norm_3(tin_tensor *const *x) {
  return tin_norm(x[0], 3, .axes = TIN_AXES(0));
}
static tin_tensor *build_norm_half(tin_tensor *const *x) {
  return tin_norm(x[0], 0.5, .axes = TIN_AXES(0, 1));
}
static tin_tensor *build_norm_negative(tin_tensor *const *x) {
  return tin_norm(x[0], -1.5, .axes = TIN_AXES(1));
}
static tin_tensor *build_nanmean(tin_tensor *const *x) {
  return tin_nanmean(tin_where(tin_lt(x[0], tin_zeros_like(x[0])), tin_full_like(x[0], NAN), tin_exp(x[0])));
}
static tin_tensor *build_reshape(tin_tensor *const *x) {
  return tin_square(tin_reshape(x[0], TIN_SHAPE(2, -1)));
}
static tin_tensor *build_permute(tin_tensor *const *x) {
  return tin_square(tin_permute(x[0], TIN_AXES(2, 0, 1)));
}
static tin_tensor *build_expand(tin_tensor *const *x) {
  return tin_exp(tin_expand(x[0], TIN_SHAPE(2, 3, 4)));
}
static tin_tensor *build_slice(tin_tensor *const *x) {
  return tin_square(tin_slice(x[0], 1, 1, TIN_END, .step = 2));
}
static tin_tensor *build_pad(tin_tensor *const *x) {
  return tin_exp(tin_pad(x[0], .low = {1, 2}, .high = {0, 1}, .interior = {2, 0}, .value = 0.5));
}
static tin_tensor *build_flip(tin_tensor *const *x) {
  return tin_mul(tin_flip(x[0], TIN_AXES(1)), x[0]);
}
static tin_tensor *build_roll(tin_tensor *const *x) {
  return tin_square(tin_roll(x[0], TIN_SHAPE(1, -2), TIN_AXES(0, 1)));
}
static tin_tensor *build_repeat(tin_tensor *const *x) {
  return tin_square(tin_repeat(x[0], TIN_SHAPE(2, 1, 2)));
}
static tin_tensor *build_repeat_interleave(tin_tensor *const *x) {
  return tin_square(tin_repeat_interleave(x[0], 3, 1));
}
static tin_tensor *build_rot90(tin_tensor *const *x) {
  return tin_square(tin_rot90(x[0], 1, 0, 1));
}
static tin_tensor *build_pixel_shuffle(tin_tensor *const *x) {
  return tin_square(tin_pixel_shuffle(tin_pixel_unshuffle(x[0], 2), 2));
}
static tin_tensor *build_backwards(tin_tensor *const *x) {
  return tin_square(tin_slices(x[0], TIN_RANGES({1, 3}, {-1, TIN_END, -2})));
}
static tin_tensor *build_diagonal(tin_tensor *const *x) {
  return tin_square(tin_diagonal(x[0], 1, 1, 0));
}
static tin_tensor *build_diag_embed(tin_tensor *const *x) {
  return tin_square(tin_diag_embed(x[0], -1, 0, 2));
}
static tin_tensor *build_trace(tin_tensor *const *x) {
  return tin_square(tin_trace(x[0]));
}
static tin_tensor *build_tril(tin_tensor *const *x) {
  return tin_square(tin_tril(x[0], 1));
}
static tin_tensor *build_triu(tin_tensor *const *x) {
  return tin_square(tin_triu(x[0], 1));
}
static tin_tensor *build_reflect(tin_tensor *const *x) {
  return tin_square(tin_pad(x[0], .low = {2, 1}, .high = {1, 3}, .mode = TIN_PAD_REFLECT));
}
static tin_tensor *build_replicate(tin_tensor *const *x) {
  return tin_square(tin_pad(x[0], .low = {2}, .high = {1, 3}, .mode = TIN_PAD_REPLICATE));
}
static tin_tensor *build_circular(tin_tensor *const *x) {
  return tin_square(tin_pad(x[0], .low = {3, 1}, .high = {0, 4}, .mode = TIN_PAD_CIRCULAR));
}
static tin_tensor *build_crop(tin_tensor *const *x) {
  return tin_square(tin_pad(x[0], .low = {-1, 2}, .high = {1, -1}));
}
static tin_tensor *build_unfold(tin_tensor *const *x) {
  return tin_square(tin_unfold(x[0], .kernel = {2, 3}, .stride = {2, 1}, .padding = {1, 0}));
}
static tin_tensor *build_fold2d(tin_tensor *const *x) {
  return tin_square(tin_fold2d(x[0], .image = {3, 4}, .kernel = {2, 2}, .padding = {1, 0}, .dilation = {2, 1}));
}
static tin_tensor *build_pieces(tin_tensor *const *x) {
  tin_tensor *out[7];
  if (tin_split(x[0], 2, 1, out, 2) != 2 || tin_chunk(x[0], 2, 0, out + 2) != 2 || tin_unbind(x[0], 0, out + 4, 3) != 3)
    return NULL;
  return tin_hstack(TIN_LIST(tin_flatten(tin_mul(out[0], out[1]), 0, -1), tin_flatten(tin_square(out[2]), 0, -1), tin_mul(out[4], out[6])));
}
static tin_tensor *build_grid(tin_tensor *const *x) {
  tin_tensor *out[2];
  return tin_meshgrid(TIN_LIST(x[0], x[1]), "xy", out) ? tin_mul(tin_square(out[0]), out[1]) : NULL;
}
static tin_tensor *build_cross(tin_tensor *const *x) {
  return tin_cross(x[0], x[1], 0);
}
static tin_tensor *build_window(tin_tensor *const *x) {
  return tin_square(tin_window(x[0], 0, 3, .stride = 2, .dilation = 2));
}
static tin_tensor *build_fold(tin_tensor *const *x) {
  return tin_square(tin_fold(x[0], 0, 8, .stride = 2, .dilation = 2));
}
static tin_tensor *build_concat(tin_tensor *const *x) {
  return tin_square(tin_concat(TIN_LIST(x[0], tin_exp(x[1]), x[0]), 1));
}
static tin_tensor *build_gather(tin_tensor *const *x) {
  return tin_square(tin_take(x[0], constant_index(x[0]), 1));
}
static tin_tensor *build_scatter_add(tin_tensor *const *x) {
  return tin_square(tin_index_add(x[0], 1, constant_index(x[0]), x[1]));
}
static tin_tensor *pairs(tin_tensor *x, int64_t axis) {
  static const int32_t rows[] = {0, -1, 0, 2, 0}, columns[] = {1, 2, 1, 0, -3};
  return tin_from(tin_ctx_of(x), TIN_I32, TIN_SHAPE(5), axis ? columns : rows);
}
static tin_tensor *build_index(tin_tensor *const *x) {
  return tin_square(tin_index(x[0], TIN_LIST(pairs(x[0], 0), pairs(x[0], 1))));
}
static tin_tensor *build_index_put(tin_tensor *const *x) {
  return tin_square(tin_index_put(x[0], TIN_LIST(pairs(x[0], 0), pairs(x[0], 1)), x[1]));
}
static tin_tensor *build_index_put_add(tin_tensor *const *x) {
  return tin_square(tin_index_put(x[0], TIN_LIST(pairs(x[0], 0), pairs(x[0], 1)), x[1], .accumulate = true));
}
static tin_tensor *build_gather_along(tin_tensor *const *x) {
  return tin_square(tin_gather(x[0], 0, constant_index(x[0])));
}
static tin_tensor *build_scatter(tin_tensor *const *x) {
  return tin_square(tin_scatter(x[0], 0, constant_index(x[0]), x[1]));
}
static tin_tensor *build_scatter_prod(tin_tensor *const *x) {
  return tin_square(tin_scatter_reduce(x[0], 1, constant_index(x[0]), x[1], "prod"));
}
static tin_tensor *build_scatter_max(tin_tensor *const *x) {
  return tin_square(tin_scatter_reduce(x[0], 1, constant_index(x[0]), x[1], "amax"));
}
static tin_tensor *build_scatter_min(tin_tensor *const *x) {
  return tin_square(tin_scatter_reduce(x[0], 1, constant_index(x[0]), x[1], "amin", .exclude_self = true));
}
static tin_tensor *build_scatter_mean(tin_tensor *const *x) {
  return tin_square(tin_scatter_reduce(x[0], 0, constant_index(x[0]), x[1], "mean"));
}
static tin_tensor *build_embedding(tin_tensor *const *x) {
  return tin_square(tin_embedding(tin_add_scalar(constant_index(x[0]), 1), x[0]));
}
static tin_tensor *build_watch(tin_tensor *const *x) {
  return tin_sum(tin_watch(tin_mul(x[0], tin_watch(x[1]))), .axes = TIN_AXES(1));
}
/* sin(x) exp(y), as y's own factor. */
static bool product_rule(void *user, tin_tensor *g, tin_tensor *y, tin_list x, tin_tensor **out) {
  (void)user;
  out[0] = tin_mul(g, tin_mul(tin_cos(x.at[0]), tin_exp(x.at[1])));
  out[1] = tin_mul(g, y);
  return true;
}
static tin_tensor *build_custom(tin_tensor *const *x) {
  return tin_custom_gradient(tin_mul(tin_sin(x[0]), tin_exp(x[1])), TIN_LIST(x[0], x[1]), product_rule, NULL);
}
static tin_tensor *build_checkpoint(tin_tensor *const *x) {
  tin_checkpoint outer = tin_checkpoint_begin(tin_ctx_of(x[0])), inner;
  tin_tensor *y = tin_exp(tin_sin(tin_matmul(x[0], x[1])));
  inner = tin_checkpoint_begin(tin_ctx_of(x[0]));
  y = tin_tanh(tin_mul(tin_sqrt(y), tin_softmax(y, 1)));
  tin_checkpoint_end(inner);
  y = tin_add(y, tin_sum(tin_square(y), .axes = TIN_AXES(1), .keepdims = true));
  tin_checkpoint_end(outer);
  return tin_cos(tin_mul(y, y));
}
static tin_tensor *build_cumsum(tin_tensor *const *x) {
  return tin_square(tin_cumsum(x[0], 0));
}
static tin_tensor *build_cumprod(tin_tensor *const *x) {
  return tin_cumprod(x[0], 1);
}
static tin_tensor *build_recurrence(tin_tensor *const *x) {
  return tin_recurrence(x[0], x[1], 1);
}
static tin_tensor *build_cummax(tin_tensor *const *x) {
  return tin_square(tin_cummax(x[0], 1));
}
static tin_tensor *build_cummin(tin_tensor *const *x) {
  return tin_square(tin_cummin(x[0], 0));
}
static tin_tensor *build_logcumsumexp(tin_tensor *const *x) {
  return tin_logcumsumexp(x[0], 1);
}
/* A convolution as a window and a contraction. */
static tin_tensor *build_max_pool(tin_tensor *const *x) {
  return tin_square(tin_max_pool2d(x[0], .kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 0}));
}
static tin_tensor *build_avg_pool(tin_tensor *const *x) {
  return tin_square(tin_avg_pool2d(x[0], .kernel = {3, 2}, .stride = {2, 3}, .padding = {1, 1}, .ceil_mode = true));
}
static tin_tensor *build_adaptive_avg_pool(tin_tensor *const *x) {
  return tin_square(tin_adaptive_avg_pool2d(x[0], .size = {3, 2}));
}
static tin_tensor *build_interpolate(tin_tensor *const *x) {
  return tin_square(tin_interpolate(x[0], .size = {7, 3}, .mode = TIN_CUBIC));
}
static tin_tensor *build_conv1d(tin_tensor *const *x) {
  return tin_square(tin_conv1d(x[0], x[1], .groups = 2, .padding = {1}, .dilation = {2}));
}
static tin_tensor *build_conv2d(tin_tensor *const *x) {
  return tin_square(tin_conv2d(x[0], x[1], .bias = x[2], .padding = {1, 0}));
}
static tin_tensor *build_conv2d_strided(tin_tensor *const *x) {
  return tin_square(tin_conv2d(x[0], x[1], .stride = {2, 3}, .padding = {1, 1}));
}
static tin_tensor *build_conv2d_depthwise(tin_tensor *const *x) {
  return tin_square(tin_conv2d(x[0], x[1], .groups = 2, .padding = {1, 1}));
}
static tin_tensor *build_conv3d(tin_tensor *const *x) {
  return tin_square(tin_conv3d(x[0], x[1], .padding = {0, 1, 0}));
}
static tin_tensor *build_conv_transpose2d(tin_tensor *const *x) {
  return tin_square(tin_conv_transpose2d(x[0], x[1], .bias = x[2], .stride = {2, 1}, .padding = {1, 0}, .output_padding = {1, 0}));
}
static tin_tensor *build_convolution(tin_tensor *const *x) {
  return tin_einsum("bok,ck->boc", tin_window(x[0], 1, 3, .stride = 2), x[1]);
}

/* Functions that give several tensors. */
static tin_tensor *build_split_sizes(tin_tensor *const *x) {
  tin_tensor *out[2];
  return tin_split_sizes(x[0], ((const int64_t[]){3, 1}), 1, out, 2) == 2 ? tin_mul(out[0], tin_square(out[1])) : NULL;
}
static tin_tensor *build_broadcast(tin_tensor *const *x) {
  tin_tensor *out[2];
  return tin_broadcast_tensors(TIN_LIST(x[0], x[1]), out) ? tin_mul(out[0], out[1]) : NULL;
}
static tin_tensor *build_derivative(tin_tensor *const *x) {
  tin_tensor *out[3];
  return tin_grad(tin_sin(x[0]), TIN_LIST(x[0]), out) && tin_vjp(tin_exp(x[0]), x[1], TIN_LIST(x[0]), out + 1) &&
                 tin_hvp(tin_sum(tin_pow(x[0], 3)), TIN_LIST(x[0]), TIN_LIST(x[1]), out + 2)
             ? tin_add(tin_mul(out[0], out[1]), out[2])
             : NULL;
}
static tin_tensor *build_vmap(tin_tensor *const *x) {
  tin_tensor *row = tin_input(tin_ctx_of(x[0]), TIN_F64, TIN_SHAPE(4), NULL), *out;
  return tin_vmap(TIN_LIST(tin_softmax(tin_mul(row, x[1]), 0)), TIN_LIST(row), TIN_LIST(x[0]), &out) ? out : NULL;
}

/* Constants of the functions in gradients.def. */
static tin_tensor *integers(tin_tensor *x, tin_shape shape, const int64_t *values) {
  return tin_from(tin_ctx_of(x), TIN_I64, shape, values);
}
static tin_tensor *reals(tin_tensor *x, tin_shape shape, const double *values) {
  return tin_from(tin_ctx_of(x), TIN_F64, shape, values);
}
#define INTS(shape, ...) integers(X, shape, (const int64_t[]){__VA_ARGS__})
#define REALS(shape, ...) reals(X, shape, (const double[]){__VA_ARGS__})
#define X (x[0])
#define Y (x[1])
#define Z (x[2])
#define W (x[3])
#define GRADIENT(name, low, high, curved, expression, ...)                                                                                 \
  static tin_tensor *public_##name(tin_tensor *const *x) {                                                                                 \
    return expression;                                                                                                                     \
  }
#include "tests/gradients.def"
#undef GRADIENT

#define VECTOR                                                                                                                             \
  {                                                                                                                                        \
    1, {                                                                                                                                   \
      7                                                                                                                                    \
    }                                                                                                                                      \
  }
#define MATRIX                                                                                                                             \
  {                                                                                                                                        \
    2, {                                                                                                                                   \
      3, 4                                                                                                                                 \
    }                                                                                                                                      \
  }

static const struct gradient_case cases[] = {
    {"neg", OP_NEG, build_neg, 1, {VECTOR}, true},
    {"abs", OP_ABS, build_abs, 1, {VECTOR}, true},
    {"sqrt", OP_SQRT, build_sqrt, 1, {VECTOR}, false},
    {"cast", OP_CAST, build_cast, 1, {VECTOR}, false},
    {"add", OP_ADD, build_add, 2, {MATRIX, {1, {4}}}, true},
    {"sub", OP_SUB, build_sub, 2, {MATRIX, {2, {3, 1}}}, true},
    {"mul", OP_MUL, build_mul, 2, {MATRIX, {2, {3, 1}}}, false},
    {"x * x", OP_MUL, build_square, 1, {VECTOR}, false},
    {"div", OP_DIV, build_div, 2, {MATRIX, {1, {4}}}, false},
    {"min", OP_MIN, build_min, 2, {MATRIX, MATRIX}, true},
    {"max", OP_MAX, build_max, 2, {MATRIX, MATRIX}, true},
    {"select", OP_SELECT, build_select, 2, {VECTOR, VECTOR}, false},
    {"fma", OP_FMA, build_fma, 3, {VECTOR, VECTOR, VECTOR}, false},
    {"exp", OP_EXP, build_exp, 1, {VECTOR}, false},
    {"log", OP_LOG, build_log, 1, {VECTOR}, false},
    {"expm1", OP_EXPM1, build_expm1, 1, {VECTOR}, false},
    {"log1p", OP_LOG1P, build_log1p, 1, {VECTOR}, false},
    {"exp2", OP_EXP2, build_exp2, 1, {VECTOR}, false},
    {"log2", OP_LOG2, build_log2, 1, {VECTOR}, false},
    {"log10", OP_LOG10, build_log10, 1, {VECTOR}, false},
    {"tan", OP_TAN, build_tan, 1, {VECTOR}, false},
    {"sinh", OP_SINH, build_sinh, 1, {VECTOR}, false},
    {"cosh", OP_COSH, build_cosh, 1, {VECTOR}, false},
    {"cbrt", OP_CBRT, build_cbrt, 1, {VECTOR}, false},
    {"power", OP_POW, build_power, 2, {MATRIX, {1, {4}}}, false},
    {"sin", OP_SIN, build_sin, 1, {VECTOR}, false},
    {"cos", OP_COS, build_cos, 1, {VECTOR}, false},
    {"tanh", OP_TANH, build_tanh, 1, {VECTOR}, false},
    {"erf", OP_ERF, build_erf, 1, {VECTOR}, false},
    {"fmod", OP_MOD, build_fmod, 2, {VECTOR, VECTOR}, true},
    {"remainder", OP_MOD, build_remainder, 2, {VECTOR, VECTOR}, true},
    {"copysign", OP_SELECT, build_copysign, 2, {VECTOR, VECTOR}, false},
    {"hypot", OP_SELECT, build_hypot, 2, {VECTOR, VECTOR}, false},
    {"logaddexp", OP_SELECT, build_logaddexp, 2, {VECTOR, VECTOR}, false},
    {"xlogy", OP_LOG, build_xlogy, 2, {VECTOR, VECTOR}, false},
    {"lerp", OP_SELECT, build_lerp, 3, {VECTOR, VECTOR, VECTOR}, false},
    {"logit", OP_LOG, build_logit, 1, {VECTOR}, false},
    {"sinc", OP_SELECT, build_sinc, 1, {VECTOR}, false},
    {"frac", OP_LOG, build_frac, 1, {VECTOR}, false},
    {"asin", OP_ASIN, build_asin, 1, {VECTOR}, false},
    {"acos", OP_ACOS, build_acos, 1, {VECTOR}, false},
    {"atan", OP_ATAN, build_atan, 1, {VECTOR}, false},
    {"asinh", OP_ASINH, build_asinh, 1, {VECTOR}, false},
    {"acosh", OP_ACOSH, build_acosh, 1, {VECTOR}, false},
    {"atanh", OP_ATANH, build_atanh, 1, {VECTOR}, false},
    {"erfc", OP_ERFC, build_erfc, 1, {VECTOR}, false},
    {"erfinv", OP_ERFINV, build_erfinv, 1, {VECTOR}, false},
    {"lgamma", OP_LGAMMA, build_lgamma, 1, {VECTOR}, false},
    {"digamma", OP_LGAMMA, build_digamma, 1, {VECTOR}, false},
    {"atan2", OP_ATAN2, build_atan2, 2, {VECTOR, VECTOR}, false},
    {"lgamma on the left", OP_ASIN, build_lgamma_left, 1, {VECTOR}, false}, /* [-4.4, -2.6] */
    {"sigmoid", OP_SELECT, build_sigmoid, 1, {VECTOR}, false},
    {"relu", OP_SELECT, build_relu, 1, {VECTOR}, true},
    {"pow 2.5", OP_SQRT, build_pow, 1, {VECTOR}, false},
    {"sum", OP_SUM, build_sum, 1, {MATRIX}, false},
    {"prod", OP_PROD, build_prod, 1, {MATRIX}, false},
    {"reduce_min", OP_REDUCE_MIN, build_reduce_min, 1, {MATRIX}, false},
    {"reduce_max", OP_REDUCE_MAX, build_reduce_max, 1, {MATRIX}, false},
    {"matmul", OP_CONTRACT, build_matmul, 2, {MATRIX, {2, {4, 2}}}, false},
    {"batched matmul", OP_CONTRACT, build_matmul, 2, {{3, {2, 3, 4}}, {2, {4, 2}}}, false},
    {"matrix and vector", OP_CONTRACT, build_matmul, 2, {MATRIX, {1, {4}}}, false},
    {"x x'", OP_CONTRACT, build_gram, 1, {MATRIX}, false},
    {"sum of squares", OP_CONTRACT, build_sum_of_squares, 1, {MATRIX}, false},
    {"einsum", OP_CONTRACT, build_einsum, 2, {{3, {2, 3, 4}}, {3, {2, 2, 4}}}, false},
    {"softmax", OP_EXP, build_softmax, 1, {MATRIX}, false},
    {"log_softmax", OP_EXP, build_log_softmax, 1, {MATRIX}, false},
    {"logsumexp", OP_EXP, build_logsumexp, 1, {MATRIX}, false},
    {"var", OP_SUM, build_var, 1, {MATRIX}, false},
    {"cumsum", OP_CUMSUM, build_cumsum, 1, {MATRIX}, false},
    {"cumprod", OP_CUMPROD, build_cumprod, 1, {MATRIX}, false},
    {"recurrence", OP_RECURRENCE, build_recurrence, 2, {MATRIX, MATRIX}, false},
    {"cummax", OP_ADD, build_cummax, 1, {MATRIX}, false},
    {"cummin", OP_ADD, build_cummin, 1, {MATRIX}, false},
    {"logcumsumexp", OP_ADD, build_logcumsumexp, 1, {MATRIX}, false},
    {"std", OP_SUM, build_std, 1, {MATRIX}, false},
    {"norm 2", OP_SUM, build_norm_2, 1, {MATRIX}, false},
    {"norm 3", OP_SUM, build_norm_3, 1, {MATRIX}, false},
    {"norm 1/2", OP_LOG, build_norm_half, 1, {MATRIX}, false},
    {"norm -1.5", OP_LOG, build_norm_negative, 1, {MATRIX}, false},
    {"nanmean", OP_SUM, build_nanmean, 1, {MATRIX}, false},
    {"reshape", OP_RESHAPE, build_reshape, 1, {MATRIX}, false},
    {"permute", OP_PERMUTE, build_permute, 1, {{3, {2, 3, 4}}}, false},
    {"expand", OP_EXPAND, build_expand, 1, {{2, {3, 1}}}, false},
    {"slice", OP_SLICE, build_slice, 1, {MATRIX}, false},
    {"pad", OP_PAD, build_pad, 1, {MATRIX}, false},
    {"flip", OP_FLIP, build_flip, 1, {MATRIX}, false},
    {"roll", OP_CONCAT, build_roll, 1, {MATRIX}, false},
    {"repeat", OP_EXPAND, build_repeat, 1, {MATRIX}, false},
    {"repeat_interleave", OP_EXPAND, build_repeat_interleave, 1, {MATRIX}, false},
    {"rot90", OP_FLIP, build_rot90, 1, {MATRIX}, false},
    {"pixel_shuffle", OP_PERMUTE, build_pixel_shuffle, 1, {{3, {2, 2, 4}}}, false},
    {"backwards", OP_SLICE, build_backwards, 1, {MATRIX}, false},
    {"diagonal", OP_SLICE, build_diagonal, 1, {MATRIX}, false},
    {"diag_embed", OP_PAD, build_diag_embed, 1, {MATRIX}, false},
    {"trace", OP_SUM, build_trace, 1, {{2, {3, 4}}}, false},
    {"tril", OP_SELECT, build_tril, 1, {MATRIX}, false},
    {"triu", OP_SELECT, build_triu, 1, {{3, {2, 3, 4}}}, false},
    {"reflect", OP_CONCAT, build_reflect, 1, {MATRIX}, false},
    {"replicate", OP_CONCAT, build_replicate, 1, {MATRIX}, false},
    {"circular", OP_CONCAT, build_circular, 1, {MATRIX}, false},
    {"crop", OP_PAD, build_crop, 1, {MATRIX}, false},
    {"unfold", OP_WINDOW, build_unfold, 1, {{3, {2, 4, 4}}}, false},
    {"fold2d", OP_FOLD, build_fold2d, 1, {{2, {4, 9}}}, false},
    {"pieces", OP_SLICE, build_pieces, 1, {MATRIX}, false},
    {"grid", OP_EXPAND, build_grid, 2, {VECTOR, {1, {3}}}, false},
    {"cross", OP_CONCAT, build_cross, 2, {MATRIX, {2, {3, 1}}}, false},
    {"window", OP_WINDOW, build_window, 1, {{2, {8, 2}}}, false},
    {"fold", OP_FOLD, build_fold, 1, {{3, {2, 2, 3}}}, false},
    {"concat", OP_CONCAT, build_concat, 2, {MATRIX, {2, {3, 2}}}, false},
    {"gather", OP_GATHER, build_gather, 1, {MATRIX}, false},
    {"scatter_add", OP_SCATTER, build_scatter_add, 2, {MATRIX, {3, {3, 2, 2}}}, false},
    {"watch", OP_IDENTITY, build_watch, 2, {MATRIX, MATRIX}, false},
    {"custom gradient", OP_IDENTITY, build_custom, 2, {VECTOR, VECTOR}, false},
    {"checkpoint", OP_BARRIER, build_checkpoint, 2, {MATRIX, {2, {4, 2}}}, false},
    {"index", OP_GATHER, build_index, 1, {MATRIX}, false},
    {"index_put", OP_SCATTER, build_index_put, 2, {MATRIX, {1, {5}}}, false},
    {"index_put, adding", OP_SCATTER, build_index_put_add, 2, {MATRIX, {1, {5}}}, false},
    {"gather along an axis", OP_GATHER, build_gather_along, 1, {MATRIX}, false},
    {"scatter", OP_SCATTER, build_scatter, 2, {MATRIX, {2, {2, 3}}}, false},
    {"scatter_reduce prod", OP_SCATTER, build_scatter_prod, 2, {MATRIX, {2, {2, 2}}}, false},
    {"scatter_reduce amax", OP_SCATTER, build_scatter_max, 2, {MATRIX, {2, {2, 2}}}, false},
    {"scatter_reduce amin", OP_SCATTER, build_scatter_min, 2, {MATRIX, {2, {2, 2}}}, false},
    {"scatter_reduce mean", OP_SCATTER, build_scatter_mean, 2, {MATRIX, {2, {2, 2}}}, false},
    {"embedding", OP_GATHER, build_embedding, 1, {MATRIX}, false},
    {"convolution", OP_CONTRACT, build_convolution, 2, {{2, {2, 9}}, {2, {4, 3}}}, false},
    {"max_pool2d", OP_WINDOW, build_max_pool, 1, {{4, {1, 2, 5, 6}}}, false},
    {"avg_pool2d", OP_WINDOW, build_avg_pool, 1, {{4, {1, 2, 5, 6}}}, false},
    {"adaptive_avg_pool2d", OP_GATHER, build_adaptive_avg_pool, 1, {{4, {1, 2, 5, 6}}}, false},
    {"interpolate", OP_GATHER, build_interpolate, 1, {{4, {1, 2, 4, 5}}}, false},
    {"conv1d in groups", OP_CONTRACT, build_conv1d, 2, {{3, {2, 4, 7}}, {3, {4, 2, 3}}}, false},
    {"conv2d", OP_CONTRACT, build_conv2d, 3, {{4, {1, 2, 5, 6}}, {4, {3, 2, 3, 2}}, {1, {3}}}, false},
    {"conv2d with strides", OP_CONTRACT, build_conv2d_strided, 2, {{4, {2, 2, 4, 4}}, {4, {2, 2, 3, 2}}}, false},
    {"conv2d by channel", OP_CONTRACT, build_conv2d_depthwise, 2, {{4, {1, 2, 4, 5}}, {4, {2, 1, 3, 3}}}, false},
    {"conv3d", OP_CONTRACT, build_conv3d, 2, {{5, {1, 2, 3, 3, 3}}, {5, {2, 2, 2, 2, 2}}}, false},
    {"conv_transpose2d", OP_CONTRACT, build_conv_transpose2d, 3, {{4, {1, 2, 3, 4}}, {4, {2, 3, 3, 2}}, {1, {3}}}, false},
    {"split_sizes", OP_SLICE, build_split_sizes, 1, {{2, {3, 4}}}, false},
    {"broadcast_tensors", OP_EXPAND, build_broadcast, 2, {{2, {3, 1}}, {1, {4}}}, false},
    {"derivatives", OP_SIN, build_derivative, 2, {VECTOR, VECTOR}, false},
    {"vmap", OP_EXP, build_vmap, 2, {MATRIX, {1, {4}}}, false},
};
/* Those with a domain of their own. */
static const struct {
  struct gradient_case test;
  double low, high;
} functions[] = {
#define GRADIENT(name, low, high, curved, expression, ...)                                                                                 \
  {{"tin_" #name, OP_COUNT, public_##name, sizeof((tin_shape[]){__VA_ARGS__}) / sizeof(tin_shape), {__VA_ARGS__}, !curved}, low, high},
#include "tests/gradients.def"
#undef GRADIENT
};
enum { N_OPS = sizeof cases / sizeof *cases, N_CASES = N_OPS + sizeof functions / sizeof *functions };

static const struct gradient_case *case_at(int i) {
  return i < N_OPS ? &cases[i] : &functions[i - N_OPS].test;
}

/* ---- the check ---- */

/* Uniform in [low, high), the same on every machine. */
static double draw(uint64_t *state, double low, double high) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return low + (high - low) * (double)(*state >> 11) * 0x1p-53;
}

/* One case at work: its inputs as variables, a point, two directions, and the weights of the outputs. */
struct probe {
  const struct gradient_case *test;
  tin_ctx *ctx;
  tin_tensor *x[MAX_INPUTS];
  int64_t size[MAX_INPUTS];
  double point[MAX_INPUTS][MAX_ELEMENTS], first[MAX_INPUTS][MAX_ELEMENTS], second[MAX_INPUTS][MAX_ELEMENTS];
};

static void start(struct probe *probe, int number, tin_ctx *ctx) {
  const struct gradient_case *test = case_at(number);
  uint64_t seed = (uint64_t)number + 1;
  double low = number < N_OPS ? tin_ops[test->op].low : functions[number - N_OPS].low;
  double high = number < N_OPS ? tin_ops[test->op].high : functions[number - N_OPS].high;
  *probe = (struct probe){.test = test, .ctx = ctx};
  for (int i = 0; i < test->n_inputs; i++) {
    probe->x[i] = tin_input(ctx, TIN_F64, test->shape[i], NULL);
    probe->size[i] = tin_size_of(probe->x[i]);
    assert_true(probe->size[i] <= MAX_ELEMENTS);
    for (int at = 0; at < probe->size[i]; at++) {
      probe->point[i][at] = draw(&seed, low, high);
      probe->first[i][at] = draw(&seed, -1, 1);
      probe->second[i][at] = draw(&seed, -1, 1);
    }
    tin_write(probe->x[i], probe->point[i], (size_t)probe->size[i] * sizeof(double));
  }
}

/* sum(y * w) with fixed weights w, different for each element. */
static tin_tensor *weighted(tin_tensor *y) {
  tin_tensor *w = tin_cos(tin_arange(tin_ctx_of(y), TIN_F64, tin_size_of(y), 0.3, 1));
  return tin_sum(tin_mul(y, tin_reshape(w, tin_shape_of(y))));
}

/* The sum of gradient times direction over all inputs, as a tensor. */
static tin_tensor *along(struct probe *probe, tin_tensor *y, double (*direction)[MAX_ELEMENTS]) {
  tin_tensor *gradient[MAX_INPUTS], *sum = tin_constant(probe->ctx, TIN_F64, 0);
  tin_grad(y, ((tin_list){probe->x, probe->test->n_inputs}), gradient);
  for (int i = 0; i < probe->test->n_inputs; i++) {
    tin_tensor *v = tin_from(probe->ctx, TIN_F64, probe->test->shape[i], direction[i]);
    sum = tin_add(sum, tin_sum(tin_mul(gradient[i], v)));
  }
  return sum;
}

static tin_tensor *value(struct probe *probe) {
  return weighted(probe->test->build(probe->x));
}

static tin_tensor *first_derivative(struct probe *probe) {
  return along(probe, value(probe), probe->first);
}

typedef tin_tensor *probe_fn(struct probe *probe);

/* The same by forward mode. */
static tin_tensor *along_forward(struct probe *probe, tin_tensor *y, double (*direction)[MAX_ELEMENTS]) {
  tin_tensor *tangents[MAX_INPUTS];
  int count = probe->test->n_inputs;
  for (int i = 0; i < count; i++)
    tangents[i] = tin_from(probe->ctx, TIN_F64, probe->test->shape[i], direction[i]);
  return tin_jvp(y, ((tin_list){probe->x, count}), ((tin_list){tangents, count}));
}

/* The derivative of the function along the direction by reverse mode and by forward mode. */
static void compare_modes(struct probe *probe, const char *what, probe_fn *function, double (*direction)[MAX_ELEMENTS]) {
  tin_scope scope = tin_begin(probe->ctx);
  double reverse = tin_item(along(probe, function(probe), direction)), forward = tin_item(along_forward(probe, function(probe), direction));
  double of_result = tin_item(weighted(along_forward(probe, probe->test->build(probe->x), direction)));
  if (!tin_end(scope))
    fail_msg("%s: %s", probe->test->name, tin_message(probe->ctx));
  double reference = function == value ? of_result : forward;
  if (!(fabs(reverse - forward) <= 1e-12 * (1 + fabs(reverse)) && fabs(reverse - reference) <= 1e-12 * (1 + fabs(reverse))))
    fail_msg("%s, %s derivative: %.17g, in forward mode %.17g and %.17g", probe->test->name, what, reverse, forward, reference);
}

static tin_tensor *build_of(void *user, tin_list x) {
  return ((const struct gradient_case *)user)->build(x.at);
}

static void test_derivatives(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  int operands = 0, curved = 0;
  for (int i = 0; i < N_CASES; i++) {
    struct probe probe;
    const struct gradient_case *test = case_at(i);
    start(&probe, i, ctx);
    operands += test->n_inputs;
    curved += !test->piecewise_linear;
    if (!tin_gradcheck(build_of, (void *)(uintptr_t)test, ((tin_list){probe.x, test->n_inputs}), .atol = 1e-7, .rtol = 1e-6,
                       .second_order = !test->piecewise_linear))
      fail_msg("%s: %s", test->name, tin_message(ctx));
    compare_modes(&probe, "first", value, probe.first);
    if (!test->piecewise_linear)
      compare_modes(&probe, "second", first_derivative, probe.second);
  }
  print_message("gradients: %d functions of %d operands, %d of them to the second order\n", N_CASES, operands, curved);
  end_ctx(ctx);
}

/* No row of the table with a gradient goes untested. */
static void test_every_op_has_a_case(void **state) {
  (void)state;
  static const char *const gradients[] = {
#define OP(name, text, class, arity, result, accepts, facts, gradient, low, high) #gradient,
#include "ir/ops.def"
#undef OP
  };
  for (int op = 0; op < OP_COUNT; op++) {
    bool covered = strcmp(gradients[op], "none") == 0;
    for (int i = 0; i < N_CASES; i++)
      covered |= case_at(i)->op == op;
    if (!covered)
      fail_msg("%s has a gradient and no case", tin_ops[op].text);
  }
}

/* Functions that draw numbers, which repeat in tin_gradcheck's scopes. */
static tin_tensor *build_dropout(void *user, tin_list x) {
  return user ? tin_square(tin_dropout(x.at[0], 0.4)) : tin_square(tin_dropout2d(x.at[0], 0.4));
}

static void test_drawn(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = tin_arange(ctx, TIN_F64, 24, -2, 0.17);
  bool flag = true;
  for (int i = 0; i < 2; i++)
    if (!tin_gradcheck(build_dropout, i ? &flag : NULL, TIN_LIST(tin_reshape(x, TIN_SHAPE(2, 3, 2, 2))), .second_order = true))
      fail_msg("%s", tin_message(ctx));
  end_ctx(ctx);
}

/* ---- every public function ---- */

/* Those that have tensors in and tensors out, but nothing to check here: their values are integers or bool, do not depend on the elements,
 * or are drawn; they write; they are layers, which call the functions of the table (and have tests of their own). */
static const char without_case[] =
    " detach keep param state set_name map_file linspace logspace shuffle bernoulli categorical multinomial isnan logical_not bitwise_not "
    "isinf "
    "isfinite"
    " signbit bitcast idiv mod le gt ge eq ne logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor shl shr isclose "
    "le_scalar"
    " gt_scalar ge_scalar eq_scalar ne_scalar count_nonzero any all argmax argmin argsort searchsorted bincount histc one_hot accuracy"
    " init_uniform init_normal init_constant init_truncated_normal init_eye init_dirac init_orthogonal init_kaiming_uniform"
    " init_kaiming_normal init_xavier_uniform init_xavier_normal embedding_forward norm_forward multihead_attention_forward rnn_forward"
    " gumbel_softmax dropout channel_dropout clip_grad_norm clip_grad_value ";

static char *text_of(const char *path) {
  enum { MOST = 1 << 20 };
  FILE *file = fopen(path, "rb");
  char *text = calloc(1, MOST);
  if (!file || !text || fread(text, 1, MOST - 1, file) == 0)
    fail_msg("%s cannot be read", path);
  fclose(file);
  return text;
}

/* Whether the declaration that goes on at `from` takes tensors, and returns or fills some. */
static bool is_about_tensors(const char *result, const char *from) {
  char arguments[1024];
  size_t length = strcspn(from, ";");
  if (*from != '(' || length >= sizeof arguments)
    return false;
  memcpy(arguments, from, length);
  arguments[length] = 0;
  const char *operands = strstr(arguments, "int line, ");
  operands = operands ? operands : arguments;
  bool fills = strstr(operands, "tin_tensor **") != NULL;
  return (fills || *result == 't') && (strstr(operands, "tin_tensor *") || strstr(operands, "tin_list") || strstr(operands, "_options"));
}

/* Whether the text says tin_NAME( or GRADIENT(NAME,, or the list has NAME. */
static bool has_case(const char *text, const char *name, int length) {
  char call[80], row[80], word[80];
  snprintf(call, sizeof call, "tin_%.*s(", length, name);
  snprintf(row, sizeof row, "GRADIENT(%.*s,", length, name);
  snprintf(word, sizeof word, " %.*s ", length, name);
  return strstr(text, call) || strstr(text, row) || strstr(without_case, word);
}

/* 1 where a public function begins with the line that has no case, nor a reason to have none. */
static int missing_case(const char *line, const char *text) {
  static const char *const results[] = {"tin_tensor *tin_", "bool tin_", "int tin_"}, *const suffixes[] = {"_at(", "_args("};
  for (int r = 0; r < 3; r++)
    for (int i = 0; i < 2; i++) {
      const char *name = line + strlen(results[r]), *end = strncmp(line, results[r], strlen(results[r])) ? NULL : strstr(name, suffixes[i]);
      if (!end || end != name + strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") - strlen(suffixes[i]) + 1)
        continue;
      int length = (int)(end - name);
      if (!is_about_tensors(results[r], end + strlen(suffixes[i]) - 1) || has_case(text, name, length))
        continue;
      print_error("tin_%.*s has no case\n", length, name);
      return 1;
    }
  return 0;
}

static void test_every_function_has_a_case(void **state) {
  (void)state;
  static const char *const headers[] = {"include/tinsmith.h", "include/tinsmith_nn.h"};
  char *rows = text_of("tests/gradients.def"), *builders = text_of("tests/test_gradient.c"), *all = calloc(1, 1 << 21);
  assert_non_null(all);
  strcat(strcpy(all, rows), builders);
  *strstr(all, "static const struct gradient_case cases") = 0; /* what follows calls functions for other reasons */
  int missing = 0;
  for (int h = 0; h < 2; h++) {
    char *header = text_of(headers[h]);
    for (const char *line = header; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
      missing += missing_case(line, all);
    free(header);
  }
  free(rows);
  free(builders);
  free(all);
  if (missing)
    fail_msg("give them rows in tests/gradients.def; name those with nothing to differentiate in without_case");
}

/* ---- particular points ---- */

static void expect(int line, tin_tensor *t, const float *want, int count) {
  float got[16];
  assert_int_equal(tin_size_of(t), count);
  if (!tin_read(t, got, (size_t)count * sizeof *got))
    fail_msg("line %d: %s", line, tin_message(tin_ctx_of(t)));
  for (int i = 0; i < count; i++)
    if (!(isnan(want[i]) ? isnan(got[i]) : got[i] == want[i] || fabsf(got[i] - want[i]) <= 1e-6f * fabsf(want[i])))
      fail_msg("line %d: element %d is %g, not %g", line, i, (double)got[i], (double)want[i]);
}
#define F32(...) ((float[]){__VA_ARGS__})
#define EXPECT(t, ...) expect(__LINE__, t, F32(__VA_ARGS__), (int)(sizeof F32(__VA_ARGS__) / sizeof(float)))
#define LEAF(...) tin_from(ctx, TIN_F32, TIN_SHAPE((int64_t)(sizeof F32(__VA_ARGS__) / sizeof(float))), F32(__VA_ARGS__))

static tin_tensor *gradient_of(tin_tensor *y, tin_tensor *x) {
  tin_tensor *gradient;
  tin_grad(y, TIN_LIST(x), &gradient);
  return gradient;
}

static void test_ties_and_kinks(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 3, 3, 2);
  EXPECT(gradient_of(tin_max(x), x), 0, 0.5f, 0.5f, 0);
  EXPECT(gradient_of(tin_min(tin_neg(x)), x), 0, -0.5f, -0.5f, 0);
  tin_tensor *a = LEAF(1, 2, 3), *b = LEAF(2, 2, 2);
  EXPECT(gradient_of(tin_maximum(a, b), a), 0, 0.5f, 1);
  EXPECT(gradient_of(tin_maximum(a, b), b), 1, 0.5f, 0);
  EXPECT(gradient_of(tin_minimum(a, b), a), 1, 0.5f, 0);
  tin_tensor *zero = LEAF(-1, 0, 1);
  EXPECT(gradient_of(tin_relu(zero), zero), 0, 0, 1);
  EXPECT(gradient_of(tin_abs(zero), zero), -1, 0, 1);
  EXPECT(gradient_of(tin_clamp(zero, -1, 0), zero), 1, 1, 0);
  EXPECT(gradient_of(tin_round(zero), zero), 0, 0, 0);
  EXPECT(gradient_of(tin_prod(LEAF(2, 0, 3)), zero), 0, 0, 0);
  tin_tensor *one_zero = LEAF(2, 0, 3), *two_zeros = LEAF(2, 0, 0);
  EXPECT(gradient_of(tin_prod(one_zero), one_zero), 0, 6, 0);
  EXPECT(gradient_of(tin_prod(two_zeros), two_zeros), 0, 0, 0);
  end_ctx(ctx);
}

static void test_stops_and_sums(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2), *y = tin_square(x);
  EXPECT(gradient_of(tin_mul(tin_detach(y), x), x), 1, 4);
  EXPECT(gradient_of(tin_add(y, x), x), 3, 5);
  EXPECT(gradient_of(y, y), 1, 1);                                       /* of itself */
  EXPECT(gradient_of(tin_exp(tin_log(y)), y), 1, 1);                     /* of a node inside */
  EXPECT(gradient_of(LEAF(5), x), 0, 0);                                 /* of nothing */
  EXPECT(gradient_of(tin_cast(tin_cast(x, TIN_I32), TIN_F32), x), 0, 0); /* through integers */
  EXPECT(gradient_of(tin_cast(tin_cast(x, TIN_F64), TIN_F32), x), 1, 1);
  EXPECT(y, 1, 4); /* computing a value does not cut its gradient */
  EXPECT(gradient_of(tin_mul(y, x), x), 3, 12);
  tin_tensor *kept = tin_keep(y); /* this does */
  EXPECT(gradient_of(tin_mul(kept, x), x), 1, 4);
  tin_tensor *product;
  tin_vjp(y, LEAF(10, 100), TIN_LIST(x), &product);
  EXPECT(product, 20, 400);
  end_ctx(ctx);
}

/* Numbers from PyTorch. */
static void test_power_at_zero(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(0, 0, 0, 2, -2, 0), *y = LEAF(0, 2, -1, 3, 3, 1), *power = tin_power(x, y), *by_x = gradient_of(power, x),
             *by_y = gradient_of(power, y);
  EXPECT(by_x, 0, 0, -INFINITY, 12, 12, 1);
  EXPECT(by_y, 0, 0, -INFINITY, 5.54517744f, NAN, 0);
  EXPECT(gradient_of(by_x, x), 0, 2, INFINITY, 12, -12, 0);
  EXPECT(gradient_of(tin_power(x, tin_zeros_like(y)), x), 0, 0, 0, 0, 0, 0);
  end_ctx(ctx);
}

static void test_third_order(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = LEAF(1, 2), *y = tin_pow(x, 4);
  EXPECT(gradient_of(gradient_of(gradient_of(y, x), x), x), 24, 48);
  end_ctx(ctx);
}

static void test_two_layers(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(2, 2), .name = "w"), *b = tin_param(ctx, TIN_SHAPE(2), .name = "b"), *gradients[2];
  tin_write(w, F32(1, -1, 0.5f, 2), 16);
  tin_write(b, F32(0.1f, -3), 8);
  tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(1, 2), F32(3, 4));
  tin_tensor *loss = tin_mean(tin_square(tin_relu(tin_add(tin_matmul(x, tin_transpose(w, 0, 1)), b))));
  /* hidden = relu(3 - 4 + 0.1, 1.5 + 8 - 3) = (0, 6.5); d loss / d hidden = hidden */
  assert_true(tin_grad(loss, TIN_LIST(w, b), gradients));
  EXPECT(gradients[0], 0, 0, 19.5f, 26);
  EXPECT(gradients[1], 0, 6.5f);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_derivatives),   cmocka_unit_test(test_every_op_has_a_case), cmocka_unit_test(test_every_function_has_a_case),
      cmocka_unit_test(test_drawn),         cmocka_unit_test(test_ties_and_kinks),      cmocka_unit_test(test_stops_and_sums),
      cmocka_unit_test(test_power_at_zero), cmocka_unit_test(test_third_order),         cmocka_unit_test(test_two_layers),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
