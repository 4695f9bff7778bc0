/* Normalisations: by batch, by the last axes, by groups of channels, by neighbours, by norms, and the layers that hold their parameters.
 *
 * A variance is the mean square of what is left after the mean was taken away: a mean that is large against the spread costs no digits of
 * it, and gradients stay small. Each kind reduces over axes of a shape in which what it normalises together lies, so it fuses as rows do.
 */
#include "frontend/frontend.h"
#include "frontend/layer.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { X, WEIGHT, BIAS, MEAN, VARIANCE, OPERANDS };
static const char *const names[] = {"x", "weight", "bias", "running_mean", "running_var"};

struct norm {
  struct tin_call call;
  tin_tensor *tensor[OPERANDS]; /* NULL: not given, except for x */
  struct tin_node *node[OPERANDS];
};

/* Resolves the operands, as floats of one dtype; false with the error recorded. */
static bool begin(struct norm *norm, double eps) {
  struct tin_call *call = &norm->call;
  tin_tensor *tensors[OPERANDS];
  const char *given[OPERANDS];
  struct tin_node *nodes[OPERANDS];
  int n = 0, from = 0;
  for (int i = 0; i < OPERANDS; i++)
    if (i == X || norm->tensor[i]) {
      tensors[n] = norm->tensor[i];
      given[n++] = names[i];
    }
  if (!tin_call_operands(call, n, tensors, given, nodes) || !tin_coerce(call, COERCE_FLOAT, n, tensors, given, nodes))
    return false;
  for (int i = 0; i < OPERANDS; i++)
    norm->node[i] = i == X || norm->tensor[i] ? nodes[from++] : NULL;
  if (eps >= 0)
    return true;
  tin_call_fail(call, "eps %g is negative", eps);
  return false;
}

static struct tin_words describe(const struct norm *norm, int i) {
  return tin_describe(norm->tensor[i], names[i], norm->node[i]);
}

/* Channels are axis 1 of x, which has at least `rank` axes; all but x have an element for each. */
static bool check_channels(struct norm *norm, int rank) {
  const struct tin_node *x = norm->node[X];
  if (x->rank < rank) {
    tin_call_fail(&norm->call, "%s has fewer than the %d axes %s", describe(norm, X).text, rank, rank == 2 ? "[N, C]" : "[N, C, size]");
    return false;
  }
  for (int i = WEIGHT; i < OPERANDS; i++)
    if (norm->node[i] && (norm->node[i]->rank != 1 || norm->node[i]->shape[0] != x->shape[1])) {
      tin_call_fail(&norm->call, "%s has not one element for each of the %lld channels of %s", describe(norm, i).text,
                    (long long)x->shape[1], describe(norm, X).text);
      return false;
    }
  return true;
}

/* ---- the formulas ---- */

static int64_t terms(const struct tin_node *x, uint32_t axes) {
  int64_t count = 1;
  for (int axis = 0; axis < x->rank; axis++)
    count *= axes >> axis & 1 ? x->shape[axis] : 1;
  return count;
}

/* The sum of x over the axes by the number. */
static struct tin_node *sum_by(struct tin_graph *graph, struct tin_node *x, uint32_t axes, double number) {
  struct tin_node *sum = make_reduce(graph, OP_SUM, x, axes);
  return make_binary(graph, OP_DIV, sum, make_number(graph, sum, number));
}

static struct tin_node *mean_of(struct tin_graph *graph, struct tin_node *x, uint32_t axes) {
  return x ? sum_by(graph, x, axes, (double)terms(x, axes)) : NULL;
}

static struct tin_node *square(struct tin_graph *graph, struct tin_node *x) {
  return make_binary(graph, OP_MUL, x, x);
}

/* x less the mean, which has size 1 along some axes. */
static struct tin_node *less(struct tin_graph *graph, struct tin_node *x, struct tin_node *mean) {
  return x ? make_binary(graph, OP_SUB, x, make_expand_like(graph, mean, x)) : NULL;
}

/* x / sqrt(variance + eps) */
static struct tin_node *scaled(struct tin_graph *graph, struct tin_node *x, struct tin_node *variance, double eps) {
  struct tin_node *root = make_unary(graph, OP_SQRT, make_binary(graph, OP_ADD, variance, make_number(graph, variance, eps)));
  struct tin_node *scale = make_binary(graph, OP_DIV, make_number(graph, root, 1), root);
  return x ? make_binary(graph, OP_MUL, x, make_expand_like(graph, scale, x)) : NULL;
}

static struct tin_node *standardised(struct tin_graph *graph, struct tin_node *x, uint32_t axes, double eps) {
  struct tin_node *centred = less(graph, x, mean_of(graph, x, axes));
  return scaled(graph, centred, mean_of(graph, square(graph, centred), axes), eps);
}

/* y * weight + bias, whose shape beside y is given, in the shape of x. */
static tin_tensor *finish(struct norm *norm, struct tin_node *y, int rank, const int64_t *shape) {
  struct tin_graph *graph = norm->call.graph;
  static const int ops[] = {[WEIGHT] = OP_MUL, [BIAS] = OP_ADD};
  for (int i = WEIGHT; i <= BIAS; i++)
    if (norm->node[i] && y)
      y = make_binary(graph, ops[i], y, make_broadcast(graph, make_reshape(graph, norm->node[i], rank, shape), y->rank, y->shape));
  return tin_call_result(&norm->call, make_reshape(graph, y, norm->node[X]->rank, norm->node[X]->shape));
}

/* ---- over the last axes ---- */

/* How many last axes there are to normalise over: those of weight and bias, whose sizes they must have; 0 with the error recorded. */
static int last_axes(struct norm *norm) {
  const struct tin_node *x = norm->node[X], *like = norm->node[norm->node[WEIGHT] ? WEIGHT : BIAS];
  int count = like ? like->rank : 1;
  for (int i = WEIGHT; i <= BIAS; i++) {
    const struct tin_node *node = norm->node[i];
    if (!node || (node->rank == count && count && count <= x->rank &&
                  memcmp(node->shape, x->shape + x->rank - count, sizeof *x->shape * (size_t)count) == 0))
      continue;
    tin_call_fail(&norm->call, "%s has not the shape of the last axes of %s%s%s", describe(norm, i).text, describe(norm, X).text,
                  node == like ? "" : " that are in ", node == like ? "" : describe(norm, WEIGHT).text);
    return 0;
  }
  if (!x->rank)
    tin_call_fail(&norm->call, "%s is 0-d", describe(norm, X).text);
  return x->rank ? count : 0;
}

static tin_tensor *by_last_axes(struct norm *norm, double eps, bool centre) {
  int count = begin(norm, eps) ? last_axes(norm) : 0;
  if (!count)
    return tin_call_poison(&norm->call);
  struct tin_graph *graph = norm->call.graph;
  struct tin_node *x = norm->node[X], *y;
  uint32_t axes = (1u << x->rank) - (1u << (x->rank - count));
  y = centre ? standardised(graph, x, axes, eps) : scaled(graph, x, mean_of(graph, square(graph, x), axes), eps);
  return finish(norm, y, count, x->shape + x->rank - count);
}

tin_tensor *tin_layer_norm_at(const char *file, int line, tin_tensor *x, tin_tensor *weight, tin_tensor *bias, double eps) {
  struct norm norm = {.call = tin_call_of(file, line, "layer_norm"), .tensor = {x, weight, bias}};
  return by_last_axes(&norm, eps, true);
}

tin_tensor *tin_rms_norm_at(const char *file, int line, tin_tensor *x, tin_tensor *weight, double eps) {
  struct norm norm = {.call = tin_call_of(file, line, "rms_norm"), .tensor = {x, weight}};
  return by_last_axes(&norm, eps, false);
}

/* ---- over groups of channels ---- */

/* x as [N, groups, channels of a group, places]. */
static tin_tensor *by_groups(struct norm *norm, int64_t groups, double eps) {
  struct tin_graph *graph = norm->call.graph;
  struct tin_node *x = norm->node[X];
  int64_t channels = x->shape[1], places = 1;
  if (groups < 1 || channels % groups) {
    tin_call_fail(&norm->call, "the %lld channels of %s do not divide into %lld groups", (long long)channels, describe(norm, X).text,
                  (long long)groups);
    return tin_call_poison(&norm->call);
  }
  for (int axis = 2; axis < x->rank; axis++)
    places *= x->shape[axis];
  const int64_t shape[] = {x->shape[0], groups, channels / groups, places}, parameter[] = {1, groups, channels / groups, 1};
  return finish(norm, standardised(graph, make_reshape(graph, x, 4, shape), 0xc, eps), 4, parameter);
}

tin_tensor *tin_group_norm_at(const char *file, int line, tin_tensor *x, int64_t groups, tin_tensor *weight, tin_tensor *bias, double eps) {
  struct norm norm = {.call = tin_call_of(file, line, "group_norm"), .tensor = {x, weight, bias}};
  return begin(&norm, eps) && check_channels(&norm, 2) ? by_groups(&norm, groups, eps) : tin_call_poison(&norm.call);
}

tin_tensor *tin_instance_norm_at(const char *file, int line, tin_tensor *x, tin_tensor *weight, tin_tensor *bias, double eps) {
  struct norm norm = {.call = tin_call_of(file, line, "instance_norm"), .tensor = {x, weight, bias}};
  if (!begin(&norm, eps) || !check_channels(&norm, 3))
    return tin_call_poison(&norm.call);
  struct tin_node *shape = norm.node[X];
  return by_groups(&norm, shape->shape[1] ? shape->shape[1] : 1, eps);
}

/* ---- over the batch ---- */

/* running = (1 - momentum) * running + momentum * batch's, when the context computes next. */
static void update(struct norm *norm, int i, struct tin_node *batch, double momentum) {
  struct tin_graph *graph = norm->call.graph;
  struct tin_node *old = norm->node[i];
  if (!old || !batch)
    return;
  batch = make_reshape(graph, tin_node_detached(graph, batch), 1, old->shape);
  struct tin_node *kept = make_binary(graph, OP_MUL, old, make_number(graph, old, 1 - momentum));
  struct tin_node *sum = make_binary(graph, OP_ADD, kept, make_binary(graph, OP_MUL, batch, make_number(graph, old, momentum)));
  tin_assign_at_site(norm->call.file, norm->call.line, norm->tensor[i], tin_call_result(&norm->call, sum));
}

/* x, [N, C, places], by its own statistics. The running variance has Bessel's correction. */
static struct tin_node *by_batch(struct norm *norm, struct tin_node *x, double momentum, double eps) {
  struct tin_graph *graph = norm->call.graph;
  const uint32_t axes = 5;
  if (!x)
    return NULL;
  double count = (double)terms(x, axes);
  struct tin_node *mean = mean_of(graph, x, axes), *centred = less(graph, x, mean), *squares = square(graph, centred);
  update(norm, MEAN, mean, momentum);
  update(norm, VARIANCE, squares ? sum_by(graph, squares, axes, count - 1) : NULL, momentum);
  return scaled(graph, centred, mean_of(graph, squares, axes), eps);
}

tin_tensor *tin_batch_norm_args(struct tin_batch_norm_options args) {
  struct norm norm = {.call = tin_call_of(args.file, args.line, "batch_norm"),
                      .tensor = {args.x, args.weight, args.bias, args.running_mean, args.running_var}};
  struct tin_call *call = &norm.call;
  double eps = args.eps == 0 ? 1e-5 : args.eps, momentum = args.momentum == 0 ? 0.1 : fmax(args.momentum, 0);
  if (!begin(&norm, eps) || !check_channels(&norm, 2))
    return tin_call_poison(call);
  struct tin_node *x = norm.node[X];
  int64_t places = 1;
  for (int axis = 2; axis < x->rank; axis++)
    places *= x->shape[axis];
  const int64_t shape[] = {x->shape[0], x->shape[1], places}, columns[] = {1, x->shape[1], 1};
  if (!args.training && (!args.running_mean || !args.running_var))
    tin_call_fail(call, "running_mean and running_var are needed where training is false");
  else if (args.training && x->shape[0] * places < 2)
    tin_call_fail(call, "training needs more than one value a channel, which %s has not", describe(&norm, X).text);
  else {
    struct tin_node *y = make_reshape(call->graph, x, 3, shape);
    if (args.training)
      y = by_batch(&norm, y, momentum, eps);
    else
      y = scaled(call->graph, less(call->graph, y, make_reshape(call->graph, norm.node[MEAN], 3, columns)),
                 make_reshape(call->graph, norm.node[VARIANCE], 3, columns), eps);
    return finish(&norm, y, 3, columns);
  }
  return tin_call_poison(call);
}

/* ---- over neighbours, by norms ---- */

tin_tensor *tin_local_response_norm_args(struct tin_local_response_norm_options args) {
  struct norm norm = {.call = tin_call_of(args.file, args.line, "local_response_norm"), .tensor = {args.x}};
  const char *file = args.file;
  int line = args.line;
  double alpha = args.alpha == 0 ? 1e-4 : args.alpha, beta = args.beta == 0 ? 0.75 : args.beta, k = args.k == 0 ? 1 : args.k;
  if (!begin(&norm, 0) || !check_channels(&norm, 3))
    return tin_call_poison(&norm.call);
  if (args.size < 1) {
    tin_call_fail(&norm.call, "size %lld is not positive", (long long)args.size);
    return tin_call_poison(&norm.call);
  }
  tin_tensor *x = tin_layer_widen(file, line, args.x), *squares = tin_square_at(file, line, x);
  struct tin_pad_options pad = {.file = file, .line = line, .x = squares};
  pad.low[1] = args.size / 2, pad.high[1] = (args.size - 1) / 2;
  struct tin_window_options window = {.file = file, .line = line, .x = tin_pad_args(pad), .axis = 1, .size = args.size};
  struct tin_reduce_options last = {.file = file, .line = line, .x = tin_window_args(window), .axes = TIN_AXES(-1)};
  tin_tensor *base = tin_add_scalar_at(file, line, tin_mul_scalar_at(file, line, tin_mean_args(last), alpha), k);
  return tin_layer_round(file, line, tin_div_at(file, line, x, tin_pow_at(file, line, base, beta)), 1, &args.x);
}

tin_tensor *tin_normalize_at(const char *file, int line, tin_tensor *x, double p, int axis, double eps) {
  tin_tensor *wide = tin_layer_widen(file, line, x);
  tin_tensor *norm =
      tin_norm_args((struct tin_norm_options){.file = file, .line = line, .x = wide, .p = p, .axes = TIN_AXES(axis), .keepdims = true});
  return tin_layer_round(file, line, tin_div_at(file, line, wide, tin_clamp_at(file, line, norm, eps, INFINITY)), 1, &x);
}

/* ---- layers ---- */

static struct tin_variable_options variable(const struct tin_norm_layer_options *args) {
  return (struct tin_variable_options){.file = args->file, .line = args->line, .ctx = args->ctx, .name = args->name, .dtype = args->dtype};
}

/* weight (ones) and bias (zeros), if wanted. */
static tin_norm_layer new_layer(enum tin_norm_kind kind, const struct tin_norm_layer_options *args, tin_shape shape, bool weight,
                                bool bias) {
  tin_norm_layer layer = {.kind = kind, .shape = shape, .groups = args->groups, .momentum = args->momentum, .eps = args->eps};
  if (args->eps == 0)
    layer.eps = kind != TIN_RMS_NORM ? 1e-5 : args->dtype == TIN_F64 ? DBL_EPSILON : FLT_EPSILON;
  if (weight)
    layer.weight = tin_layer_constant(variable(args), "weight", shape, 1);
  if (bias)
    layer.bias = tin_layer_constant(variable(args), "bias", shape, 0);
  return layer;
}

tin_norm_layer tin_batch_norm_new_args(struct tin_norm_layer_options args) {
  tin_shape shape = TIN_SHAPE(args.channels);
  tin_norm_layer layer = new_layer(TIN_BATCH_NORM, &args, shape, !args.no_weight, !args.no_weight && !args.no_bias);
  layer.running_mean = tin_layer_state(variable(&args), "running_mean", shape);
  layer.running_var = tin_layer_state(variable(&args), "running_var", shape);
  tin_init_constant_at(args.file, args.line, layer.running_var, 1);
  return layer;
}

tin_norm_layer tin_layer_norm_new_args(struct tin_norm_layer_options args) {
  return new_layer(TIN_LAYER_NORM, &args, args.shape, !args.no_weight, !args.no_weight && !args.no_bias);
}

tin_norm_layer tin_rms_norm_new_args(struct tin_norm_layer_options args) {
  return new_layer(TIN_RMS_NORM, &args, args.shape, !args.no_weight, false);
}

tin_norm_layer tin_group_norm_new_args(struct tin_norm_layer_options args) {
  return new_layer(TIN_GROUP_NORM, &args, TIN_SHAPE(args.channels), !args.no_weight, !args.no_weight && !args.no_bias);
}

tin_norm_layer tin_instance_norm_new_args(struct tin_norm_layer_options args) {
  return new_layer(TIN_INSTANCE_NORM, &args, TIN_SHAPE(args.channels), args.affine, args.affine && !args.no_bias);
}

tin_tensor *tin_norm_forward_at(const char *file, int line, const tin_norm_layer *layer, tin_tensor *x, bool training) {
  tin_tensor *weight = layer->weight, *bias = layer->bias;
  double eps = layer->eps;
  if (!weight && (layer->kind == TIN_LAYER_NORM || layer->kind == TIN_RMS_NORM)) /* names the axes */
    weight = tin_full_at(file, line, tin_ctx_of(x), tin_is_poison(x) ? TIN_F32 : tin_dtype_of(x), layer->shape, 1);
  switch (layer->kind) {
  case TIN_BATCH_NORM:
    return tin_batch_norm_args((struct tin_batch_norm_options){.file = file,
                                                               .line = line,
                                                               .x = x,
                                                               .running_mean = layer->running_mean,
                                                               .running_var = layer->running_var,
                                                               .weight = weight,
                                                               .bias = bias,
                                                               .training = training,
                                                               .momentum = layer->momentum,
                                                               .eps = eps});
  case TIN_LAYER_NORM:
    return tin_layer_norm_at(file, line, x, weight, bias, eps);
  case TIN_RMS_NORM:
    return tin_rms_norm_at(file, line, x, weight, eps);
  case TIN_GROUP_NORM:
    return tin_group_norm_at(file, line, x, layer->groups, weight, bias, eps);
  default:
    return tin_instance_norm_at(file, line, x, weight, bias, eps);
  }
}
