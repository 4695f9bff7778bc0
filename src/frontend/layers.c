/* Layers and activations: compositions of tensor ops. Every op of a layer carries the file and line of the user's call. */
#include "frontend/frontend.h"
#include "frontend/layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static tin_tensor *named(tin_tensor *make(struct tin_variable_options), struct tin_variable_options options, const char *suffix,
                         tin_shape shape) {
  char name[256];
  snprintf(name, sizeof name, "%s.%s", options.name ? options.name : "", suffix);
  options.name = options.name ? name : NULL;
  options.shape = shape;
  return make(options);
}

tin_tensor *tin_layer_param(struct tin_variable_options options, const char *suffix, tin_shape shape) {
  return named(tin_param_args, options, suffix, shape);
}

tin_tensor *tin_layer_state(struct tin_variable_options options, const char *suffix, tin_shape shape) {
  options.saved = true;
  return named(tin_state_args, options, suffix, shape);
}

tin_tensor *tin_layer_uniform(struct tin_variable_options options, const char *suffix, tin_shape shape, double bound) {
  return tin_init_uniform_at(options.file, options.line, tin_layer_param(options, suffix, shape), -bound, bound);
}

tin_tensor *tin_layer_constant(struct tin_variable_options options, const char *suffix, tin_shape shape, double value) {
  return tin_init_constant_at(options.file, options.line, tin_layer_param(options, suffix, shape), value);
}

double tin_layer_bound(double fan_in) {
  return fan_in > 0 ? 1 / sqrt(fan_in) : 0;
}

tin_tensor *tin_layer_widen(const char *file, int line, tin_tensor *x) {
  return !tin_is_poison(x) && tin_dtype_is_half(tin_dtype_of(x)) ? tin_cast_at(file, line, x, TIN_F32) : x;
}

tin_tensor *tin_layer_round(const char *file, int line, tin_tensor *y, int count, tin_tensor *const *operands) {
  tin_dtype dtype = tin_dtype_of(operands[0]);
  for (int i = 1; i < count; i++)
    if (operands[i])
      dtype = tin_dtype_promote(dtype, tin_dtype_of(operands[i]));
  return !tin_is_poison(y) && tin_dtype_is_half(dtype) ? tin_cast_at(file, line, y, dtype) : y;
}

/* ---- dense and convolutional ---- */

tin_linear tin_linear_new_args(struct tin_linear_options args) {
  struct tin_variable_options options = {.file = args.file, .line = args.line, .ctx = args.ctx, .name = args.name, .dtype = args.dtype};
  tin_linear layer = {0};
  double bound = tin_layer_bound((double)args.in);
  layer.weight = tin_layer_uniform(options, "weight", TIN_SHAPE(args.out, args.in), bound);
  if (!args.no_bias)
    layer.bias = tin_layer_uniform(options, "bias", TIN_SHAPE(args.out), bound);
  return layer;
}

tin_tensor *tin_linear_forward_at(const char *file, int line, const tin_linear *layer, tin_tensor *x) {
  tin_tensor *y = tin_matmul_at(file, line, x, tin_transpose_at(file, line, layer->weight, 0, 1));
  return layer->bias ? tin_add_at(file, line, y, layer->bias) : y;
}

/* What is wrong with the options of a layer, or NULL. */
static const char *wrong_conv(const struct tin_conv_layer_options *args, int64_t groups) {
  if (!args->kernel[0] || (!args->kernel[1] && args->kernel[2]))
    return "the kernel is missing: .kernel = {3, 3}";
  if (groups < 1 || args->in < 0 || args->out < 0)
    return "channels or groups are negative";
  return args->in % groups || args->out % groups ? "the channels do not divide into the groups" : NULL;
}

tin_conv tin_conv_new_args(struct tin_conv_layer_options args) {
  tin_conv layer = {.transposed = args.transposed, .options = {.groups = args.groups, .same = args.same}};
  int64_t groups = args.groups ? args.groups : 1;
  struct tin_variable_options options = {.file = args.file, .line = args.line, .ctx = args.ctx, .name = args.name, .dtype = args.dtype};
  const char *wrong = wrong_conv(&args, groups);
  if (wrong) {
    layer.weight = tin_fail_at(args.file, args.line, args.ctx, "conv_new: %s (%lld -> %lld channels, %lld groups)", wrong,
                               (long long)args.in, (long long)args.out, (long long)groups);
    return layer;
  }
  tin_shape shape = args.transposed ? TIN_SHAPE(args.in, args.out / groups) : TIN_SHAPE(args.out, args.in / groups);
  for (; layer.dims < 3 && args.kernel[layer.dims]; layer.dims++)
    shape.size[shape.rank++] = args.kernel[layer.dims];
  memcpy(layer.options.stride, args.stride, sizeof args.stride);
  memcpy(layer.options.padding, args.padding, sizeof args.padding);
  memcpy(layer.options.dilation, args.dilation, sizeof args.dilation);
  memcpy(layer.options.output_padding, args.output_padding, sizeof args.output_padding);
  double fan_in = 1;
  for (int axis = 1; axis < shape.rank; axis++)
    fan_in *= (double)shape.size[axis];
  double bound = tin_layer_bound(fan_in);
  layer.weight = tin_layer_uniform(options, "weight", shape, bound);
  if (!args.no_bias)
    layer.bias = tin_layer_uniform(options, "bias", TIN_SHAPE(args.out), bound);
  return layer;
}

tin_tensor *tin_conv_forward_at(const char *file, int line, const tin_conv *layer, tin_tensor *x) {
  static tin_tensor *(*const functions[2][3])(struct tin_conv_options) = {
      {tin_conv1d_args, tin_conv2d_args, tin_conv3d_args},
      {tin_conv_transpose1d_args, tin_conv_transpose2d_args, tin_conv_transpose3d_args}};
  struct tin_conv_options options = layer->options;
  options.file = file, options.line = line;
  options.x = x, options.weight = layer->weight, options.bias = layer->bias;
  return functions[layer->transposed][layer->dims ? layer->dims - 1 : 0](options);
}

/* x / (1 - p), or 0 with probability p: one draw for all elements behind the first `kept` axes. */
static tin_tensor *dropout(const char *file, int line, const char *op, tin_tensor *x, double p, int kept) {
  if (tin_is_poison(x))
    return tin_neg_at(file, line, x); /* lets the op word the error */
  tin_ctx *ctx = tin_ctx_of(x);
  tin_shape shape = tin_shape_of(x);
  if (!(p >= 0 && p <= 1))
    return tin_fail_at(file, line, ctx, "%s: probability %g is not in 0 .. 1", op, p);
  if (p == 0)
    return x;
  for (int axis = kept; axis < shape.rank; axis++)
    shape.size[axis] = 1;
  tin_tensor *draw = tin_rand_at(file, line, ctx, TIN_F32, shape);
  tin_tensor *keep = tin_ge_at(file, line, draw, tin_full_at(file, line, ctx, TIN_F32, TIN_SHAPE(), p));
  tin_tensor *scaled = tin_mul_scalar_at(file, line, x, p < 1 ? 1 / (1 - p) : 0);
  return tin_where_at(file, line, keep, scaled, tin_full_at(file, line, ctx, tin_dtype_of(scaled), TIN_SHAPE(), 0));
}

tin_tensor *tin_dropout_at(const char *file, int line, tin_tensor *x, double p) {
  return dropout(file, line, "dropout", x, p, TIN_RANK_LIMIT);
}

tin_tensor *tin_channel_dropout_at(const char *file, int line, tin_tensor *x, double p) {
  int rank = tin_shape_of(x).rank;
  if (!tin_is_poison(x) && rank < 2)
    return tin_fail_at(file, line, tin_ctx_of(x), "channel_dropout: x of %d axes has no channels: [N, C, ...]", rank);
  return dropout(file, line, "channel_dropout", x, p, 2);
}

/* ---- embedding ---- */

tin_embedding_layer tin_embedding_new_args(struct tin_embedding_layer_options args) {
  struct tin_variable_options options = {.file = args.file, .line = args.line, .ctx = args.ctx, .name = args.name, .dtype = args.dtype};
  tin_embedding_layer layer = {.pad = args.pad, .padding_index = args.padding_index};
  if (args.pad && (args.padding_index < -args.count || args.padding_index >= args.count)) {
    layer.weight = tin_fail_at(args.file, args.line, args.ctx, "embedding_new: padding_index %lld is not one of %lld rows",
                               (long long)args.padding_index, (long long)args.count);
    return layer;
  }
  layer.weight = tin_layer_param(options, "weight", TIN_SHAPE(args.count, args.size));
  tin_init_normal_at(args.file, args.line, layer.weight, 0, 1);
  if (args.pad && !tin_is_poison(layer.weight)) { /* that row is zeros */
    int64_t row = args.padding_index < 0 ? args.padding_index + args.count : args.padding_index;
    tin_tensor *place = tin_full_i64_at(args.file, args.line, args.ctx, TIN_I64, TIN_SHAPE(), row);
    tin_assign_at_args((struct tin_position_options){
        .file = args.file,
        .line = args.line,
        .x = layer.weight,
        .position = place,
        .value = tin_full_at(args.file, args.line, args.ctx, tin_dtype_of(layer.weight), TIN_SHAPE(1, args.size), 0)});
  }
  return layer;
}

tin_tensor *tin_embedding_forward_at(const char *file, int line, const tin_embedding_layer *layer, tin_tensor *index) {
  return tin_embedding_args((struct tin_embedding_options){
      .file = file, .line = line, .index = index, .weight = layer->weight, .pad = layer->pad, .padding_index = layer->padding_index});
}
