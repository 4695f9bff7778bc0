/* Attention, rotary and sinusoidal positions, the multi-head layer: compositions of tensor ops. A mask and a scale ride on the contraction
 * of the scores, and the softmax is one kernel over their rows. */
#include "frontend/frontend.h"
#include "frontend/layer.h"

#include <math.h>
#include <string.h>

/* ---- attention ---- */

static const char *const names[] = {"query", "key", "value", "mask"};

struct attention {
  const char *file;
  int line;
  struct tin_call call; /* for the checks */
  tin_tensor *tensor[4];
  struct tin_node *node[4];
  int64_t rows, columns; /* queries, keys */
};

static struct tin_words describe(const struct attention *attention, int i) {
  return tin_describe(attention->tensor[i], names[i], attention->node[i]);
}

/* Size of the axis, counted from the end: 1 is the last; 1 where there is none. */
static int64_t size_from_end(const struct tin_node *x, int axis) {
  return axis <= x->rank ? x->shape[x->rank - axis] : 1;
}

static bool check_mask(struct attention *attention) {
  const struct tin_node *mask = attention->node[3];
  if (!mask)
    return true;
  int64_t rows = size_from_end(mask, 2), columns = size_from_end(mask, 1);
  if (mask->dtype != TIN_BOOL && !tin_dtype_is_float(mask->dtype))
    tin_call_fail(&attention->call, "mask is %s; it must be bool (true: attend) or floats, which are added to the scores",
                  tin_dtype_name((tin_dtype)mask->dtype));
  else if ((rows != 1 && rows != attention->rows) || (columns != 1 && columns != attention->columns))
    tin_call_fail(&attention->call, "%s does not broadcast to the %lld queries by %lld keys", describe(attention, 3).text,
                  (long long)attention->rows, (long long)attention->columns);
  else
    return true;
  return false;
}

static bool check(struct attention *attention) {
  struct tin_call *call = &attention->call;
  struct tin_node **node = attention->node;
  if (!tin_call_operands(call, attention->tensor[3] ? 4 : 3, attention->tensor, names, node))
    return false;
  for (int i = 0; i < 3; i++)
    if (node[i]->rank < 2) {
      tin_call_fail(call, "%s has fewer than the two axes [positions, features]", describe(attention, i).text);
      return false;
    }
  attention->rows = size_from_end(node[0], 2), attention->columns = size_from_end(node[1], 2);
  int64_t features = size_from_end(node[0], 1), key = size_from_end(node[1], 1), values = size_from_end(node[2], 2);
  if (features != key)
    tin_call_fail(call, "features differ: %s and %s: %lld is not %lld", describe(attention, 0).text, describe(attention, 1).text,
                  (long long)features, (long long)key);
  else if (values != attention->columns)
    tin_call_fail(call, "%s has not a position for each of the %lld of %s", describe(attention, 2).text, (long long)attention->columns,
                  describe(attention, 1).text);
  else
    return check_mask(attention);
  return false;
}

/* Key or value with its heads repeated in place so that there are as many as queries have; NULL with the error recorded. */
static tin_tensor *grouped(struct attention *attention, int i) {
  tin_tensor *x = tin_layer_widen(attention->file, attention->line, attention->tensor[i]);
  int64_t heads = size_from_end(attention->node[0], 3), own = size_from_end(attention->node[i], 3);
  if (own == 1 || own == heads || heads == 1)
    return x;
  if (own && heads % own == 0)
    return tin_repeat_interleave_at(attention->file, attention->line, x, heads / own, -3);
  tin_call_fail(&attention->call, "the %lld heads of %s are no multiple of the %lld heads of %s", (long long)heads,
                describe(attention, 0).text, (long long)own, describe(attention, i).text);
  return NULL;
}

/* The scores where the condition holds, else -infinity. */
static tin_tensor *only_where(const struct attention *at, tin_tensor *condition, tin_tensor *scores) {
  tin_tensor *never = tin_full_at(at->file, at->line, tin_ctx_of(scores), tin_dtype_of(scores), TIN_SHAPE(), -INFINITY);
  return tin_where_at(at->file, at->line, condition, scores, never);
}

/* The softmax over the last axis; rows in which all is -infinity are 0, and so are their gradients. */
static tin_tensor *masked_softmax(const struct attention *at, tin_tensor *scores) {
  const char *file = at->file;
  int line = at->line;
  struct tin_reduce_options last = {.file = file, .line = line, .x = scores, .axes = TIN_AXES(-1), .keepdims = true};
  tin_tensor *largest = tin_detach_at(file, line, tin_max_args(last)), *zero = tin_full_like_at(file, line, largest, 0);
  tin_tensor *nothing = tin_eq_at(file, line, largest, tin_full_like_at(file, line, largest, -INFINITY));
  tin_tensor *shift = tin_where_at(file, line, nothing, zero, largest); /* -inf - -inf would be NaN */
  last.x = tin_exp_at(file, line, tin_sub_at(file, line, scores, shift));
  tin_tensor *sum = tin_where_at(file, line, nothing, tin_full_like_at(file, line, largest, 1), tin_sum_args(last));
  return tin_mul_at(file, line, last.x, tin_reciprocal_at(file, line, sum));
}

tin_tensor *tin_attention_args(struct tin_attention_options args) {
  const char *file = args.file;
  int line = args.line;
  struct attention at = {
      .file = file, .line = line, .call = tin_call_of(file, line, "attention"), .tensor = {args.query, args.key, args.value, args.mask}};
  tin_tensor *key = check(&at) ? grouped(&at, 1) : NULL, *value = key ? grouped(&at, 2) : NULL;
  if (!value)
    return tin_call_poison(&at.call);
  int64_t features = size_from_end(at.node[0], 1);
  double scale = args.scale != 0 ? args.scale : features ? 1 / sqrt((double)features) : 1;
  tin_tensor *query = tin_layer_widen(file, line, args.query);
  tin_tensor *scores = tin_matmul_at(file, line, query, tin_transpose_at(file, line, key, -1, -2));
  scores = tin_mul_scalar_at(file, line, scores, scale);
  if (args.causal)
    scores = only_where(&at, tin_tri_at(file, line, at.call.ctx, TIN_BOOL, at.rows, at.columns, 0), scores);
  if (args.mask && at.node[3]->dtype == TIN_BOOL)
    scores = only_where(&at, args.mask, scores);
  else if (args.mask)
    scores = tin_add_at(file, line, scores, tin_layer_widen(file, line, args.mask));
  bool masked = (args.mask || args.causal) && at.columns > 0;
  tin_tensor *weights = masked ? masked_softmax(&at, scores) : tin_softmax_at(file, line, scores, -1);
  weights = tin_dropout_at(file, line, weights, args.dropout);
  return tin_layer_round(file, line, tin_matmul_at(file, line, weights, value), 3, at.tensor);
}

/* ---- positions ---- */

/* [size / 2] f64: base^(-2 i / size). */
static tin_tensor *frequencies(const char *file, int line, tin_ctx *ctx, int64_t size, double base) {
  tin_tensor *log = tin_log_at(file, line, tin_full_at(file, line, ctx, TIN_F64, TIN_SHAPE(), base));
  tin_tensor *steps = tin_arange_at(file, line, ctx, TIN_F64, size / 2, 0, -2);
  return tin_exp_at(file, line, tin_mul_at(file, line, tin_div_scalar_at(file, line, steps, (double)size), log));
}

/* a and b, [..., n], as [..., 2 n]: in turn, or one behind the other. */
static tin_tensor *paired(const char *file, int line, tin_tensor *a, tin_tensor *b, bool interleaved) {
  if (!interleaved || tin_is_poison(a))
    return tin_concat_at(file, line, TIN_LIST(a, b), -1);
  tin_shape shape = tin_shape_of(a);
  shape.size[shape.rank - 1] *= 2;
  return tin_reshape_at(file, line, tin_stack_at(file, line, TIN_LIST(a, b), -1), shape);
}

/* x is [..., T, an even number] and positions, unless NULL, broadcast to [..., T]; false with the error recorded. */
static bool check_rope(struct tin_call *call, const struct tin_rope_options *args) {
  struct tin_node *node[2] = {NULL};
  if (!tin_call_operands(call, args->positions ? 2 : 1, (tin_tensor *[]){args->x, args->positions}, (const char *[]){"x", "positions"},
                         node))
    return false;
  struct tin_words x = tin_describe(args->x, "x", node[0]);
  bool fits = !node[1] || node[1]->rank < node[0]->rank;
  for (int axis = 1; fits && node[1] && axis <= node[1]->rank; axis++)
    fits = size_from_end(node[1], axis) == 1 || size_from_end(node[1], axis) == size_from_end(node[0], axis + 1);
  if (node[0]->rank < 2 || size_from_end(node[0], 1) % 2)
    tin_call_fail(call, "%s is not [..., positions, features] with an even number of features", x.text);
  else if (!fits)
    tin_call_fail(call, "%s does not broadcast to %s without its last axis", tin_describe(args->positions, "positions", node[1]).text,
                  x.text);
  else if (!(args->base >= 0))
    tin_call_fail(call, "base %g is not positive", args->base);
  else
    return true;
  return false;
}

tin_tensor *tin_rope_args(struct tin_rope_options args) {
  const char *file = args.file;
  int line = args.line;
  struct tin_call call = tin_call_of(file, line, "rope");
  if (!check_rope(&call, &args))
    return tin_call_poison(&call);
  tin_shape shape = tin_shape_of(args.x);
  int64_t length = shape.size[shape.rank - 2], size = shape.size[shape.rank - 1];
  tin_tensor *x = tin_layer_widen(file, line, args.x), *positions = args.positions;
  tin_dtype dtype = tin_dtype_is_float(tin_dtype_of(x)) ? tin_dtype_of(x) : TIN_F32;
  if (!positions)
    positions = tin_arange_at(file, line, call.ctx, dtype, length, 0, 1);
  positions = tin_unsqueeze_at(file, line, tin_cast_at(file, line, positions, dtype), -1);
  tin_tensor *rate = frequencies(file, line, call.ctx, size, args.base == 0 ? 10000 : args.base);
  tin_tensor *angle = tin_mul_at(file, line, positions, tin_cast_at(file, line, rate, dtype));
  tin_tensor *cos = tin_cos_at(file, line, angle), *sin = tin_sin_at(file, line, angle), *half[2];
  for (int i = 0; i < 2; i++) {
    struct tin_slice_options part = {.file = file, .line = line, .x = x, .axis = -1, .start = i * size / 2, .stop = (i + 1) * size / 2};
    if (args.interleaved)
      part.start = i, part.stop = TIN_END, part.step = 2;
    half[i] = tin_slice_args(part);
  }
  tin_tensor *first = tin_sub_at(file, line, tin_mul_at(file, line, half[0], cos), tin_mul_at(file, line, half[1], sin));
  tin_tensor *second = tin_add_at(file, line, tin_mul_at(file, line, half[1], cos), tin_mul_at(file, line, half[0], sin));
  return tin_layer_round(file, line, paired(file, line, first, second, args.interleaved), 1, &args.x);
}

tin_tensor *tin_sinusoidal_positions_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t count, int64_t size) {
  if (size < 0 || size % 2)
    return tin_fail_at(file, line, ctx, "sinusoidal_positions: size %lld is not an even number", (long long)size);
  tin_tensor *positions = tin_unsqueeze_at(file, line, tin_arange_at(file, line, ctx, TIN_F64, count, 0, 1), -1);
  tin_tensor *angle = tin_mul_at(file, line, positions, frequencies(file, line, ctx, size, 10000));
  return tin_cast_at(file, line, paired(file, line, tin_sin_at(file, line, angle), tin_cos_at(file, line, angle), true), dtype);
}

/* ---- heads ---- */

tin_multihead_attention tin_multihead_attention_new_args(struct tin_multihead_attention_options args) {
  struct tin_variable_options options = {.file = args.file, .line = args.line, .ctx = args.ctx, .name = args.name, .dtype = args.dtype};
  tin_multihead_attention layer = {.heads = args.heads};
  if (args.heads < 1 || args.size < 1 || args.size % args.heads) {
    layer.in_proj_weight =
        tin_fail_at(args.file, args.line, args.ctx, "multihead_attention_new: %lld features do not divide into %lld heads",
                    (long long)args.size, (long long)args.heads);
    layer.out_proj.weight = layer.in_proj_weight;
    return layer;
  }
  double size = (double)args.size; /* Glorot and Bengio 2010: sqrt(6 / (fan_in + fan_out)), as PyTorch takes it for all three at once */
  layer.in_proj_weight = tin_layer_uniform(options, "in_proj_weight", TIN_SHAPE(3 * args.size, args.size), sqrt(6 / (4 * size)));
  layer.out_proj.weight = tin_layer_uniform(options, "out_proj.weight", TIN_SHAPE(args.size, args.size), tin_layer_bound(size));
  if (!args.no_bias) {
    layer.in_proj_bias = tin_layer_constant(options, "in_proj_bias", TIN_SHAPE(3 * args.size), 0);
    layer.out_proj.bias = tin_layer_constant(options, "out_proj.bias", TIN_SHAPE(args.size), 0);
  }
  return layer;
}

/* Third i of x along the axis, or NULL for NULL. */
static tin_tensor *third(const char *file, int line, tin_tensor *x, int axis, int i) {
  if (!x || tin_is_poison(x))
    return x;
  tin_shape shape = tin_shape_of(x);
  int64_t size = shape.size[axis < 0 ? axis + shape.rank : axis] / 3;
  return tin_slice_args(
      (struct tin_slice_options){.file = file, .line = line, .x = x, .axis = axis, .start = i * size, .stop = (i + 1) * size});
}

/* [..., L, heads * n] -> [..., heads, L, n] */
static tin_tensor *split_heads(const char *file, int line, tin_tensor *x, int64_t heads) {
  return tin_transpose_at(file, line, tin_unflatten_at(file, line, x, -1, TIN_SHAPE(heads, -1)), -2, -3);
}

/* Every operand is [..., positions, size]; false with the error recorded. */
static bool check_features(struct tin_call *call, tin_tensor *const *tensors, int64_t size) {
  struct tin_node *node[3];
  if (!tin_call_operands(call, 3, tensors, names, node))
    return false;
  for (int i = 0; i < 3; i++)
    if (node[i]->rank < 2 || size_from_end(node[i], 1) != size) {
      tin_call_fail(call, "%s is not [..., positions, %lld]", tin_describe(tensors[i], names[i], node[i]).text, (long long)size);
      return false;
    }
  return true;
}

tin_tensor *tin_multihead_attention_forward_args(const tin_multihead_attention *layer, struct tin_attention_options args) {
  const char *file = args.file;
  int line = args.line;
  struct tin_call call = tin_call_of(file, line, "multihead_attention");
  tin_tensor *in[3] = {args.query, args.key, args.value}, *projected[3];
  if (tin_is_poison(layer->in_proj_weight))
    return tin_neg_at(file, line, layer->in_proj_weight);
  if (!check_features(&call, in, tin_shape_of(layer->in_proj_weight).size[1]))
    return tin_call_poison(&call);
  const tin_linear all = {.weight = layer->in_proj_weight, .bias = layer->in_proj_bias};
  bool self = in[0] == in[1] && in[1] == in[2]; /* one contraction for all three */
  tin_tensor *together = self ? tin_linear_forward_at(file, line, &all, in[0]) : NULL;
  for (int i = 0; i < 3; i++) {
    const tin_linear own = {.weight = third(file, line, all.weight, 0, i), .bias = third(file, line, all.bias, 0, i)};
    tin_tensor *x = self ? third(file, line, together, -1, i) : tin_linear_forward_at(file, line, &own, in[i]);
    projected[i] = split_heads(file, line, x, layer->heads);
  }
  args.query = projected[0], args.key = projected[1], args.value = projected[2];
  tin_tensor *y = tin_transpose_at(file, line, tin_attention_args(args), -2, -3);
  return tin_linear_forward_at(file, line, &layer->out_proj, tin_flatten_at(file, line, y, -2, -1));
}
