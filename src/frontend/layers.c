/* Layers and activations: compositions of tensor ops. Every op of a layer carries the file and line of the user's call. */
#include "tinsmith_nn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

tin_linear tin_linear_new_args(struct tin_linear_options args) {
  tin_linear layer = {0};
  char name[256];
  struct tin_variable_options options = {.file = args.file, .line = args.line, .ctx = args.ctx, .dtype = args.dtype};
  options.shape = TIN_SHAPE(args.out, args.in);
  options.name = args.name ? name : NULL;
  snprintf(name, sizeof name, "%s.weight", args.name ? args.name : "");
  layer.weight = tin_param_args(options);
  double bound = args.in > 0 ? 1 / sqrt((double)args.in) : 0; /* kaiming_uniform with a = sqrt(5) */
  tin_init_uniform_at(args.file, args.line, layer.weight, -bound, bound);
  if (!args.no_bias) {
    options.shape = TIN_SHAPE(args.out);
    snprintf(name, sizeof name, "%s.bias", args.name ? args.name : "");
    layer.bias = tin_param_args(options);
    tin_init_uniform_at(args.file, args.line, layer.bias, -bound, bound);
  }
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
  char name[256];
  int64_t groups = args.groups ? args.groups : 1;
  struct tin_variable_options options = {.file = args.file, .line = args.line, .ctx = args.ctx, .dtype = args.dtype};
  const char *wrong = wrong_conv(&args, groups);
  if (wrong) {
    layer.weight = tin_fail_at(args.file, args.line, args.ctx, "conv_new: %s (%lld -> %lld channels, %lld groups)", wrong,
                               (long long)args.in, (long long)args.out, (long long)groups);
    return layer;
  }
  options.shape = args.transposed ? TIN_SHAPE(args.in, args.out / groups) : TIN_SHAPE(args.out, args.in / groups);
  for (; layer.dims < 3 && args.kernel[layer.dims]; layer.dims++)
    options.shape.size[options.shape.rank++] = args.kernel[layer.dims];
  memcpy(layer.options.stride, args.stride, sizeof args.stride);
  memcpy(layer.options.padding, args.padding, sizeof args.padding);
  memcpy(layer.options.dilation, args.dilation, sizeof args.dilation);
  memcpy(layer.options.output_padding, args.output_padding, sizeof args.output_padding);
  options.name = args.name ? name : NULL;
  snprintf(name, sizeof name, "%s.weight", args.name ? args.name : "");
  layer.weight = tin_param_args(options);
  double fan_in = 1;
  for (int axis = 1; axis < options.shape.rank; axis++)
    fan_in *= (double)options.shape.size[axis];
  double bound = fan_in > 0 ? 1 / sqrt(fan_in) : 0; /* kaiming_uniform with a = sqrt(5) */
  tin_init_uniform_at(args.file, args.line, layer.weight, -bound, bound);
  if (!args.no_bias) {
    options.shape = TIN_SHAPE(args.out);
    snprintf(name, sizeof name, "%s.bias", args.name ? args.name : "");
    layer.bias = tin_param_args(options);
    tin_init_uniform_at(args.file, args.line, layer.bias, -bound, bound);
  }
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

tin_tensor *tin_gelu_at(const char *file, int line, tin_tensor *x) {
  tin_tensor *erf = tin_erf_at(file, line, tin_mul_scalar_at(file, line, x, 0.70710678118654752));
  tin_tensor *half = tin_mul_scalar_at(file, line, x, 0.5);
  return tin_mul_at(file, line, half, tin_add_scalar_at(file, line, erf, 1));
}

tin_tensor *tin_silu_at(const char *file, int line, tin_tensor *x) {
  return tin_mul_at(file, line, x, tin_sigmoid_at(file, line, x));
}

tin_tensor *tin_layer_norm_at(const char *file, int line, tin_tensor *x, tin_tensor *weight, tin_tensor *bias, double eps) {
  struct tin_reduce_options rows = {.file = file, .line = line, .x = x, .axes = TIN_AXES(-1), .keepdims = true};
  tin_tensor *centred = tin_sub_at(file, line, x, tin_mean_args(rows));
  rows.x = tin_square_at(file, line, centred);
  tin_tensor *scale = tin_rsqrt_at(file, line, tin_add_scalar_at(file, line, tin_mean_args(rows), eps));
  tin_tensor *y = tin_mul_at(file, line, centred, scale);
  y = weight ? tin_mul_at(file, line, y, weight) : y;
  return bias ? tin_add_at(file, line, y, bias) : y;
}

tin_tensor *tin_dropout_at(const char *file, int line, tin_tensor *x, double p) {
  if (tin_is_poison(x))
    return tin_neg_at(file, line, x); /* lets the op word the error */
  if (!(p >= 0 && p <= 1))
    return tin_fail_at(file, line, tin_ctx_of(x), "dropout: probability %g is not in 0 .. 1", p);
  if (p == 0)
    return x;
  tin_tensor *draw = tin_rand_at(file, line, tin_ctx_of(x), TIN_F32, tin_shape_of(x));
  tin_tensor *keep = tin_ge_at(file, line, draw, tin_full_at(file, line, tin_ctx_of(x), TIN_F32, TIN_SHAPE(), p));
  tin_tensor *scaled = tin_mul_scalar_at(file, line, x, p < 1 ? 1 / (1 - p) : 0);
  return tin_where_at(file, line, keep, scaled, tin_full_at(file, line, tin_ctx_of(x), tin_dtype_of(scaled), TIN_SHAPE(), 0));
}
