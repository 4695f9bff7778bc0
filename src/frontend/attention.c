/* Attention, rotary and sinusoidal positions, the multi-head layer: compositions of tensor ops, which the scheduler makes one kernel of
 * (schedule/blocks.c). The weights have a gradient of their own. */
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

/* ---- weights ---- */

/* What the weights are made of, and their gradient: softmax's, through masks and scale at once, so that it ends with the zeros of the mask,
 * whose products kernels may leave out (docs/numerics.md). */
struct weights {
  struct tin_custom custom; /* first: the graph knows only this. in: scores, and a mask of floats in their shape */
  tin_ctx *ctx;
  struct tin_node *in[2];
  struct tin_node *future; /* bool, causal: the key is behind the query; or NULL */
  struct tin_node *keeps;  /* the mask of bools in the shape of the scores, or NULL */
  double scale;
  const char *file; /* interned */
  int line;
};

/* x where the query looks, else the value. */
static struct tin_node *seen_or(struct tin_graph *graph, const struct weights *weights, struct tin_node *x, struct tin_node *value) {
  if (x && weights->keeps)
    x = make_select(graph, weights->keeps, x, value);
  return x && weights->future ? make_select(graph, weights->future, value, x) : x;
}

static struct tin_node *only_seen(struct tin_graph *graph, const struct weights *weights, struct tin_node *x, double otherwise) {
  return seen_or(graph, weights, x, make_number(graph, x, otherwise));
}

static struct tin_node *sum_of_rows(struct tin_graph *graph, struct tin_node *x) {
  return x ? make_expand_like(graph, make_reduce(graph, OP_SUM, x, 1u << (x->rank - 1)), x) : NULL;
}

/* p (g - sum of g p along the row), p the weights. */
static bool pull_weights(struct tin_custom *custom, struct tin_node *y, struct tin_node *const *x, struct tin_node *g,
                         struct tin_node **out, struct tin_error *error) {
  struct weights *weights = (struct weights *)custom;
  struct tin_call call = tin_call_of(weights->file, weights->line, "attention");
  if (!tin_call_enter(&call, weights->ctx)) {
    tin_error_set(error, "the gradient of attention cannot be built");
    return false;
  }
  struct tin_graph *graph = call.graph;
  struct tin_node *p = weights->future ? only_seen(graph, weights, y, 0) : y;
  struct tin_node *mean = sum_of_rows(graph, make_binary(graph, OP_MUL, g, p));
  struct tin_node *d = make_binary(graph, OP_MUL, p, make_binary(graph, OP_SUB, g, mean));
  struct tin_node *scaled = d ? make_binary(graph, OP_MUL, d, make_number(graph, d, weights->scale)) : NULL;
  out[0] = only_seen(graph, weights, scaled, 0);
  if (custom->n_in > 1)
    out[1] = only_seen(graph, weights, d, 0);
  (void)x;
  if (out[0])
    return true;
  tin_error_set(error, "out of memory: the gradient of attention");
  return false;
}

/* The softmax along the rows; where masks leave nothing of a row, 0. What a mask hides is 0 without the exp of -infinity, which costs a
 * hundred times that of a number. */
static struct tin_node *softmax_of(struct tin_graph *graph, const struct weights *weights, struct tin_node *scores, bool masked) {
  uint32_t last = 1u << (scores->rank - 1);
  struct tin_node *largest = make_reduce(graph, OP_REDUCE_MAX, only_seen(graph, weights, scores, -INFINITY), last);
  struct tin_node *nothing = NULL, *shift = largest;
  if (masked) { /* -inf - -inf would be NaN */
    nothing = make_binary(graph, OP_EQ, largest, make_number(graph, largest, -INFINITY));
    shift = make_select(graph, nothing, make_number(graph, largest, 0), largest);
  }
  shift = make_expand_like(graph, shift, scores);
  struct tin_node *e = make_unary(graph, OP_EXP, make_binary(graph, OP_SUB, seen_or(graph, weights, scores, shift), shift));
  e = only_seen(graph, weights, e, 0);
  struct tin_node *sum = make_reduce(graph, OP_SUM, e, last), *one = make_number(graph, sum, 1);
  struct tin_node *over = make_binary(graph, OP_DIV, one, masked ? make_select(graph, nothing, one, sum) : sum);
  return make_binary(graph, OP_MUL, e, make_expand_like(graph, over, scores));
}

/* The mask in the shape of the scores; NULL for none. */
static struct tin_node *wide_mask(struct tin_call *call, const struct attention *at, tin_tensor *mask, const struct tin_node *scores) {
  mask = mask && tin_dtype_of(mask) != TIN_BOOL ? tin_layer_widen(at->file, at->line, mask) : mask;
  struct tin_node *node = mask ? tin_call_operand(call, mask, "mask") : NULL;
  if (node && node->dtype != TIN_BOOL)
    node = make_cast(call->graph, node, (tin_dtype)scores->dtype);
  return node ? make_broadcast(call->graph, node, scores->rank, scores->shape) : NULL;
}

/* The weights of the scores q k^T: the softmax of scale * scores + mask. */
static tin_tensor *weights_of(struct attention *at, tin_tensor *product, const struct tin_attention_options *args, double scale) {
  struct tin_call call = tin_call_of(at->file, at->line, "attention");
  struct tin_node *raw = tin_call_operand(&call, product, "scores");
  struct weights *weights = raw ? tin_arena_alloc(&call.graph->arena, sizeof *weights) : NULL;
  if (!weights || raw->size == 0)
    return raw && raw->size == 0 ? product : tin_call_poison(&call);
  struct tin_graph *graph = call.graph;
  struct tin_node *mask = wide_mask(&call, at, args->mask, raw), *causal = NULL;
  if (args->causal)
    causal = make_broadcast(graph, tin_node_compare_axes(graph, OP_LT, at->rows, at->columns, 0), raw->rank, raw->shape);
  *weights = (struct weights){.custom = {.pull = pull_weights},
                              .ctx = call.ctx,
                              .in = {raw, mask},
                              .future = causal,
                              .scale = scale,
                              .file = call.graph->site.file,
                              .line = call.line};
  weights->keeps = mask && mask->dtype == TIN_BOOL ? mask : NULL;
  weights->custom.in = weights->in;
  weights->custom.n_in = mask && !weights->keeps ? 2 : 1;
  struct tin_node *scores = make_binary(graph, OP_MUL, raw, make_number(graph, raw, scale));
  if (mask && !weights->keeps)
    scores = make_binary(graph, OP_ADD, scores, mask);
  struct tin_node *p = scores ? softmax_of(graph, weights, scores, mask || causal) : NULL;
  p = p ? tin_node_identity(graph, p, &weights->custom, 0) : NULL;
  return tin_call_result(&call, causal ? only_seen(graph, weights, p, 0) : p);
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
  tin_tensor *weights = weights_of(&at, scores, &args, scale);
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
