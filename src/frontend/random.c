/* Random tensors: Threefry words of the element index, turned into uniform and normal numbers.
 *
 * The key of a stream comes from the seed, the number of the scope since the seed, and the number of the stream in the scope. It travels in
 * SCALAR nodes, so the same step of a loop has the same structure every time and its plan is found again. */
#include "frontend/frontend.h"

#include <math.h>

static void next_key(const struct tin_again *again, tin_ctx *ctx, uint64_t *bits) {
  uint64_t key = tin_seed_mix(tin_seed_mix(ctx->seed, ctx->scopes_since_seed), again->number);
  bits[0] = key & UINT32_MAX;
  bits[1] = key >> 32;
}

struct tin_node *tin_random_words(struct tin_call *call, int rank, const int64_t *shape) {
  struct tin_graph *graph = call->graph;
  struct tin_live_scope *scope = call->ctx->scope;
  struct tin_again *again = tin_again_add(call, next_key);
  if (!again)
    return NULL;
  again->number = scope->random_stream++;
  uint64_t key = tin_seed_mix(tin_seed_mix(call->ctx->seed, scope->random_scope), again->number);
  struct tin_node *low = again->scalars[0] = tin_node_scalar(graph, TIN_U32, key & UINT32_MAX);
  struct tin_node *high = again->scalars[1] = tin_node_scalar(graph, TIN_U32, key >> 32);
  int64_t size = 1;
  for (int axis = 0; axis < rank; axis++)
    size *= shape[axis];
  struct tin_node *counter = make_reshape(graph, tin_node_iota(graph, TIN_U32, size), rank, shape);
  struct tin_node *in[3] = {counter, make_broadcast(graph, low, rank, shape), make_broadcast(graph, high, rank, shape)};
  return in[0] && in[1] && in[2] ? tin_node_elementwise(graph, OP_RANDOM, TIN_U32, in, 3) : NULL;
}

/* The upper bits of a random word as a number of dtype: through i32, which every target converts in vectors. */
static struct tin_node *upper_bits(struct tin_call *call, const tin_shape *shape, int bits, tin_dtype dtype) {
  struct tin_graph *graph = call->graph;
  struct tin_node *words = tin_random_words(call, shape->rank, shape->size);
  struct tin_node *upper = make_binary(graph, OP_SHR, words, make_number(graph, words, 32 - bits));
  return make_cast(graph, make_bitcast(graph, upper, TIN_I32), dtype);
}

/* As many bits as the significand has: f32 24, f16 11, bf16 8 (as PyTorch), all below 1 also after rounding to that dtype. f64: 27 and 26
 * bits, as genrand_res53 of Matsumoto and Nishimura's mt19937ar (2002). */
struct tin_node *tin_random_uniform(struct tin_call *call, const tin_shape *shape, tin_dtype dtype) {
  struct tin_graph *graph = call->graph;
  if (dtype != TIN_F64) {
    int bits = dtype == TIN_F16 ? 11 : dtype == TIN_BF16 ? 8 : 24;
    struct tin_node *x = upper_bits(call, shape, bits, TIN_F32);
    return make_binary(graph, OP_MUL, x, make_number(graph, x, ldexp(1, -bits)));
  }
  struct tin_node *high = upper_bits(call, shape, 27, TIN_F64), *low = upper_bits(call, shape, 26, TIN_F64);
  struct tin_node *sum = make_binary(graph, OP_ADD, make_binary(graph, OP_MUL, high, make_number(graph, high, 0x1p26)), low);
  return make_binary(graph, OP_MUL, sum, make_number(graph, sum, 0x1p-53));
}

/* sqrt(-2 ln(1 - u)) cos(2 pi v). Box and Muller, "A note on the generation of random normal deviates", 1958. */
struct tin_node *tin_random_normal(struct tin_call *call, const tin_shape *shape, tin_dtype dtype) {
  struct tin_graph *graph = call->graph;
  struct tin_node *u = tin_random_uniform(call, shape, dtype), *v = tin_random_uniform(call, shape, dtype);
  struct tin_node *log = make_unary(graph, OP_LOG, make_binary(graph, OP_SUB, make_number(graph, u, 1), u));
  struct tin_node *radius = make_unary(graph, OP_SQRT, make_binary(graph, OP_MUL, log, make_number(graph, log, -2)));
  const double two_pi = 6.283185307179586477;
  return make_binary(graph, OP_MUL, radius, make_unary(graph, OP_COS, make_binary(graph, OP_MUL, v, make_number(graph, v, two_pi))));
}

bool tin_random_enter(struct tin_call *call, tin_ctx *ctx, tin_dtype dtype, const tin_shape *shape) {
  int64_t size;
  if (!tin_call_enter(call, ctx) || !tin_check_shape(call, shape, dtype, &size))
    return false;
  if (size > UINT32_MAX)
    tin_call_fail(call, "shape %s has 2^32 elements or more", tin_shape_words(shape->rank, shape->size).text);
  else if (dtype != TIN_U32 && !tin_dtype_is_float((int)dtype))
    tin_call_fail(call, "the numbers are floats, not %s", tin_dtype_name(dtype));
  else
    return true;
  return false;
}

tin_tensor *tin_random_bits_at(const char *file, int line, tin_ctx *ctx, tin_shape shape) {
  struct tin_call call = tin_call_of(file, line, "random_bits");
  if (!tin_random_enter(&call, ctx, TIN_U32, &shape))
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_random_words(&call, shape.rank, shape.size));
}

tin_tensor *tin_rand_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  struct tin_call call = tin_call_of(file, line, "rand");
  if (!tin_random_enter(&call, ctx, dtype, &shape))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_cast(call.graph, tin_random_uniform(&call, &shape, dtype), dtype));
}

tin_tensor *tin_randn_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape) {
  struct tin_call call = tin_call_of(file, line, "randn");
  if (!tin_random_enter(&call, ctx, dtype, &shape))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_cast(call.graph, tin_random_normal(&call, &shape, tin_dtype_working((int)dtype)), dtype));
}
