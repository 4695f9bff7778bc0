/* Random tensors of many distributions, from the uniform and normal numbers of random.c. No gradient flows through them, but through what
 * is computed from them: numbers between two bounds that have gradients are low + (high - low) * tin_rand(...). */
#include "frontend/frontend.h"
#include "tinsmith_nn.h"

#include <math.h>

static struct tin_node *by(struct tin_graph *graph, int op, struct tin_node *x, double number) {
  return make_binary(graph, op, x, make_number(graph, x, number));
}

/* mean + deviation * x, which are exact for 0 and 1. */
static struct tin_node *shifted(struct tin_graph *graph, struct tin_node *x, double mean, double deviation) {
  return by(graph, OP_ADD, by(graph, OP_MUL, x, deviation), mean);
}

/* The result in the dtype asked for, which numbers of 16 bits get only here. */
static tin_tensor *finish(struct tin_call *call, struct tin_node *x, tin_dtype dtype) {
  return tin_call_result(call, make_cast(call->graph, x, dtype));
}

/* ---- one formula each ---- */

tin_tensor *tin_uniform_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double low, double high) {
  struct tin_call call = tin_call_of(file, line, "uniform");
  if (!tin_random_enter(&call, ctx, dtype, &shape))
    return tin_call_poison(&call);
  return finish(&call, shifted(call.graph, tin_random_uniform(&call, &shape, dtype), low, high - low), dtype);
}

tin_tensor *tin_normal_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double mean, double deviation) {
  struct tin_call call = tin_call_of(file, line, "normal");
  if (!tin_random_enter(&call, ctx, dtype, &shape))
    return tin_call_poison(&call);
  return finish(&call, shifted(call.graph, tin_random_normal(&call, &shape, tin_dtype_working((int)dtype)), mean, deviation), dtype);
}

/* -log(1 - u) in [0, 17] (f64: 37), by inversion. */
static struct tin_node *exponential(struct tin_call *call, const tin_shape *shape, tin_dtype dtype) {
  struct tin_node *u = tin_random_uniform(call, shape, tin_dtype_working((int)dtype));
  return make_unary(call->graph, OP_NEG, make_unary(call->graph, OP_LOG1P, make_unary(call->graph, OP_NEG, u)));
}

tin_tensor *tin_exponential_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double rate) {
  struct tin_call call = tin_call_of(file, line, "exponential");
  if (!tin_random_enter(&call, ctx, dtype, &shape))
    return tin_call_poison(&call);
  return finish(&call, by(call.graph, OP_DIV, exponential(&call, &shape, dtype), rate), dtype);
}

/* -log(E), E exponential; an E of 0 counts as half of its least other value, so that the result is finite. */
static struct tin_node *gumbel(struct tin_call *call, const tin_shape *shape, tin_dtype dtype) {
  struct tin_node *x = exponential(call, shape, dtype);
  x = by(call->graph, OP_MAX, x, dtype == TIN_F64 ? 0x1p-54 : 0x1p-25);
  return make_unary(call->graph, OP_NEG, make_unary(call->graph, OP_LOG, x));
}

tin_tensor *tin_gumbel_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  struct tin_call call = tin_call_of(file, line, "gumbel");
  if (!tin_random_enter(&call, ctx, dtype, &shape))
    return tin_call_poison(&call);
  return finish(&call, gumbel(&call, &shape, dtype), dtype);
}

/* The inverse of the distribution function at a uniform number between its values at the bounds; erf is the library's own, as the C
 * library's may differ from machine to machine. */
tin_tensor *tin_truncated_normal_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, double mean,
                                    double deviation, double low, double high) {
  struct tin_call call = tin_call_of(file, line, "truncated_normal");
  if (!tin_random_enter(&call, ctx, dtype, &shape))
    return tin_call_poison(&call);
  if (!(low <= high) || !(deviation > 0)) {
    tin_call_fail(&call, "bounds %g and %g or deviation %g make no sense", low, high, deviation);
    return tin_call_poison(&call);
  }
  struct tin_graph *graph = call.graph;
  struct tin_node *u = tin_random_uniform(&call, &shape, tin_dtype_working((int)dtype)), *at[2];
  const double root = 1.4142135623730951, bounds[2] = {low, high};
  for (int i = 0; i < 2; i++) {
    at[i] = tin_node_number(graph, TIN_F64, (bounds[i] - mean) / (deviation * root));
    at[i] = make_unary(graph, OP_ERF, at[i]);
    at[i] = u ? make_broadcast(graph, make_cast(graph, at[i], (tin_dtype)u->dtype), shape.rank, shape.size) : NULL;
  }
  struct tin_node *x = make_binary(graph, OP_MUL, u, make_binary(graph, OP_SUB, at[1], at[0]));
  x = make_binary(graph, OP_ADD, x, at[0]);
  const double most = dtype == TIN_F64 ? 1 - 0x1p-53 : 1 - 0x1p-24; /* no infinities */
  x = make_unary(graph, OP_ERFINV, by(graph, OP_MIN, by(graph, OP_MAX, x, -most), most));
  x = shifted(graph, x, mean, deviation * root);
  x = by(graph, OP_MIN, by(graph, OP_MAX, x, low), high); /* rounding, and bounds where erf is 1 in the dtype */
  return finish(&call, x, dtype);
}

/* ---- integers ---- */

/* The least and the largest value of a dtype, as far as they are in 64 bits with a sign; floats: none. */
static void limits(tin_dtype dtype, int64_t *least, int64_t *largest) {
  int bits = 8 * tin_dtype_bytes((int)dtype);
  bool is_signed = tin_dtypes[dtype].class == TIN_CLASS_SIGNED;
  *least = INT64_MIN, *largest = INT64_MAX;
  if (tin_dtype_is_float((int)dtype))
    return;
  *largest = dtype == TIN_BOOL ? 1 : is_signed ? INT64_MAX >> (64 - bits) : bits == 64 ? INT64_MAX : (INT64_C(1) << bits) - 1;
  *least = is_signed ? -*largest - 1 : 0;
}

/* (w * n) >> 64 for a random w of 64 bits and n up to 2^32: 32 bits of w at a time. Each result has a share of floor or ceil(2^64 / n) of
 * all w, so its probability is off by less than n / 2^64, 2^-32 of itself. */
static struct tin_node *below(struct tin_call *call, const tin_shape *shape, uint64_t n) {
  struct tin_graph *graph = call->graph;
  struct tin_node *part[2];
  for (int i = 0; i < 2; i++)
    part[i] = by(graph, OP_MUL, make_cast(graph, tin_random_words(call, shape->rank, shape->size), TIN_U64), (double)n);
  struct tin_node *sum = make_binary(graph, OP_ADD, part[1], by(graph, OP_SHR, part[0], 32)); /* at most (2^32 - 1) 2^32 + 2^32 - 1 */
  return by(graph, OP_SHR, sum, 32);
}

tin_tensor *tin_randint_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, int64_t low, int64_t high) {
  struct tin_call call = tin_call_of(file, line, "randint");
  int64_t least, largest;
  if (!tin_random_enter(&call, ctx, TIN_U32, &shape) || !tin_check_dtype(&call, dtype))
    return tin_call_poison(&call);
  limits(dtype, &least, &largest);
  uint64_t range = (uint64_t)high - (uint64_t)low;
  if (high <= low || range > UINT64_C(1) << 32 || low < least || high - 1 > largest) {
    tin_call_fail(&call, "%lld .. %lld is %s", (long long)low, (long long)high - 1,
                  high <= low                 ? "empty"
                  : range > UINT64_C(1) << 32 ? "more than 2^32 numbers"
                                              : "more than the dtype holds");
    return tin_call_poison(&call);
  }
  struct tin_node *start = make_broadcast(call.graph, tin_node_const(call.graph, TIN_I64, (uint64_t)low), shape.rank, shape.size);
  struct tin_node *x = make_cast(call.graph, below(&call, &shape, range), TIN_I64);
  return finish(&call, make_binary(call.graph, OP_ADD, x, start), dtype);
}

/* Positions in the order of random words of 64 bits. Two words are equal with probability n^2 / 2^65 at most, 2^-25 for a million; the
 * sort then keeps these two positions in order, so no permutation's probability is off by more than that share. */
tin_tensor *tin_randperm_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t n) {
  struct tin_call call = tin_call_of(file, line, "randperm");
  tin_shape shape = TIN_SHAPE(n);
  int64_t least, largest;
  if (!tin_random_enter(&call, ctx, TIN_U32, &shape) || !tin_check_dtype(&call, dtype))
    return tin_call_poison(&call);
  limits(dtype, &least, &largest);
  if (n - 1 > largest) {
    tin_call_fail(&call, "%s does not hold 0 .. %lld", tin_dtype_name(dtype), (long long)n - 1);
    return tin_call_poison(&call);
  }
  struct tin_graph *graph = call.graph;
  struct tin_node *high = make_cast(graph, tin_random_words(&call, 1, shape.size), TIN_U64);
  struct tin_node *low = make_cast(graph, tin_random_words(&call, 1, shape.size), TIN_U64);
  tin_tensor *words = tin_call_result(&call, make_binary(graph, OP_OR, by(graph, OP_SHL, high, 32), low));
  return tin_cast_at(file, line, tin_argsort_args((struct tin_sort_options){.file = file, .line = line, .x = words}), dtype);
}

tin_tensor *tin_shuffle_at(const char *file, int line, tin_tensor *x, int axis) {
  struct tin_call call = tin_call_of(file, line, "shuffle");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int place = node ? tin_check_axis(&call, x, "x", node, axis) : -1;
  if (place < 0)
    return tin_call_poison(&call);
  return tin_take_at(file, line, x, tin_randperm_at(file, line, call.ctx, TIN_I32, node->shape[place]), place);
}

/* ---- from probabilities ---- */

tin_tensor *tin_bernoulli_at(const char *file, int line, tin_tensor *p) {
  static const char *const name = "p";
  struct tin_call call = tin_call_of(file, line, "bernoulli");
  struct tin_node *node = tin_call_operand(&call, p, name);
  if (!node || !tin_coerce(&call, COERCE_FLOAT, 1, &p, &name, &node))
    return tin_call_poison(&call);
  tin_dtype dtype = (tin_dtype)node->dtype;
  tin_shape shape = tin_shape_of(p);
  if (!tin_random_enter(&call, call.ctx, dtype, &shape))
    return tin_call_poison(&call);
  struct tin_node *hit = make_binary(call.graph, OP_LT, tin_random_uniform(&call, &shape, dtype), node);
  return finish(&call, hit, dtype);
}

/* The largest logit plus a number of Gumbel's distribution is at a class with that class's probability (Gumbel, "Statistical theory of
 * extreme values", 1954); the k largest are k draws without replacement, in order (Kool, van Hoof and Welling, "Stochastic beams and where
 * to find them", 2019). */
static tin_tensor *draw(const struct tin_sample_options *args, const char *op, bool logarithms) {
  struct tin_call call = tin_call_of(args->file, args->line, op);
  tin_tensor *x = args->x;
  static const char *const name = "x";
  struct tin_node *node = tin_call_operand(&call, x, name);
  if (!node || !tin_coerce(&call, COERCE_FLOAT, 1, &x, &name, &node))
    return tin_call_poison(&call);
  call.half = TIN_BOOL; /* positions are not rounded */
  tin_shape shape = tin_shape_of(x);
  int64_t count = args->count, classes = shape.rank ? shape.size[shape.rank - 1] : 0;
  bool several = count && !args->without_replacement;
  if (count < 0 || classes == 0 || (args->without_replacement && count > classes)) {
    tin_call_fail(&call, "%lld draws cannot be made from %s", (long long)count, tin_describe(x, name, node).text);
    return tin_call_poison(&call);
  }
  if (several) { /* a row of noise a draw */
    shape.size[shape.rank - 1] = count;
    if (shape.rank < TIN_RANK_LIMIT)
      shape.size[shape.rank] = classes;
    shape.rank++;
  }
  if (!tin_random_enter(&call, call.ctx, (tin_dtype)node->dtype, &shape))
    return tin_call_poison(&call);
  struct tin_node *logits = logarithms ? node : make_unary(call.graph, OP_LOG, node);
  int64_t row[TIN_RANK_LIMIT];
  for (int axis = 0; axis < shape.rank; axis++)
    row[axis] = several && axis == shape.rank - 2 ? 1 : shape.size[axis];
  logits = make_broadcast(call.graph, make_reshape(call.graph, logits, shape.rank, row), shape.rank, shape.size);
  tin_tensor *scores = tin_call_result(&call, make_binary(call.graph, OP_ADD, logits, gumbel(&call, &shape, (tin_dtype)node->dtype)));
  if (several || !count)
    return tin_argmax_args((struct tin_reduce_options){.file = args->file, .line = args->line, .x = scores, .axes = TIN_AXES(-1)});
  tin_tensor *order =
      tin_argsort_args((struct tin_sort_options){.file = args->file, .line = args->line, .x = scores, .axis = -1, .descending = true});
  return tin_slice_args(
      (struct tin_slice_options){.file = args->file, .line = args->line, .x = order, .axis = -1, .start = 0, .stop = count});
}

tin_tensor *tin_categorical_args(struct tin_sample_options args) {
  return draw(&args, "categorical", true);
}

tin_tensor *tin_multinomial_args(struct tin_sample_options args) {
  return draw(&args, "multinomial", false);
}
