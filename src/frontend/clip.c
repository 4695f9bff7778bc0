/* Gradients made smaller before a step: by their common norm, or element by element. */
#include "frontend/frontend.h"
#include "tinsmith_nn.h"

#include <math.h>
#include <stdlib.h>

static const double norm_eps = 1e-6; /* PyTorch's: keeps max_norm / norm finite */

/* The nodes of the gradients, all floats; NULL with the error recorded. For free. */
static struct tin_node **resolve(struct tin_call *call, tin_list gradients) {
  call->items = "gradient";
  struct tin_node **nodes = tin_call_alloc(call, (size_t)gradients.count + 1, sizeof *nodes, gradients.count, gradients.at);
  bool good = nodes && tin_call_operands(call, gradients.count, gradients.at, NULL, nodes);
  for (int i = 0; good && i < gradients.count; i++) {
    good = tin_dtype_is_float(nodes[i]->dtype);
    if (!good)
      tin_call_fail(call, "gradient %d is %s, not a float", i, tin_dtypes[nodes[i]->dtype].text);
  }
  if (good)
    return nodes;
  free(nodes);
  return NULL;
}

/* out[i] of the nodes, or poison for all when a node is missing; false then. */
static bool give(struct tin_call *call, struct tin_node **nodes, int count, tin_tensor **out) {
  bool good = nodes;
  for (int i = 0; good && i < count; i++) {
    out[i] = tin_call_result(call, nodes[i]);
    good = !tin_is_poison(out[i]);
  }
  for (int i = 0; !good && i < count; i++)
    out[i] = tin_call_poison(call);
  return good;
}

static struct tin_node *reduced(struct tin_graph *graph, int op, struct tin_node *x) {
  return x ? make_reshape(graph, make_reduce(graph, op, x, (1u << x->rank) - 1), 0, NULL) : NULL;
}

/* 1-norm, square of the 2-norm, or largest absolute value of one gradient, 0-d. */
static struct tin_node *measure(struct tin_graph *graph, struct tin_node *x, double norm_type) {
  if (norm_type == 2)
    return reduced(graph, OP_SUM, make_binary(graph, OP_MUL, x, x));
  return reduced(graph, norm_type == 1 ? OP_SUM : OP_REDUCE_MAX, make_unary(graph, OP_ABS, x));
}

static struct tin_node *total_norm(struct tin_graph *graph, struct tin_node *const *nodes, int count, double norm_type) {
  tin_dtype dtype = TIN_F32;
  for (int i = 0; i < count; i++)
    dtype = tin_dtype_promote(dtype, (tin_dtype)nodes[i]->dtype);
  struct tin_node *total = tin_node_number(graph, dtype, 0);
  bool first = true;
  for (int i = 0; i < count; i++) {
    if (nodes[i]->size == 0)
      continue;
    struct tin_node *one = measure(graph, make_cast(graph, nodes[i], dtype), norm_type);
    total = first ? one : make_binary(graph, isinf(norm_type) ? OP_MAX : OP_ADD, total, one);
    first = false;
  }
  return norm_type == 2 ? make_unary(graph, OP_SQRT, total) : total;
}

/* min(max_norm / (norm + eps), 1); NaN passes. */
static struct tin_node *coefficient(struct tin_graph *graph, struct tin_node *norm, double max_norm) {
  struct tin_node *above = make_binary(graph, OP_ADD, norm, make_number(graph, norm, norm_eps));
  struct tin_node *ratio = make_binary(graph, OP_DIV, make_number(graph, norm, max_norm), above);
  return make_binary(graph, OP_MIN, ratio, make_number(graph, norm, 1));
}

static const char *complaint(const struct tin_clip_options *args) {
  if (args->grads.count <= 0 || !args->grads.at || !args->out)
    return "no gradients, or no place for the results";
  if (!(args->max_norm >= 0))
    return "max_norm is negative";
  if (args->norm_type != 1 && args->norm_type != 2 && !(isinf(args->norm_type) && args->norm_type > 0))
    return "norm_type must be 1, 2 or INFINITY";
  return NULL;
}

tin_tensor *tin_clip_grad_norm_args(struct tin_clip_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "clip_grad_norm");
  args.norm_type = args.norm_type == 0 ? 2 : args.norm_type;
  int count = args.grads.at && args.out ? args.grads.count : 0;
  if (complaint(&args) && count > 0)
    call.ctx = tin_ctx_of(args.grads.at[0]);
  if (complaint(&args))
    tin_call_fail(&call, "%s", complaint(&args));
  struct tin_node **nodes = complaint(&args) ? NULL : resolve(&call, args.grads);
  struct tin_node *norm = nodes ? total_norm(call.graph, nodes, count, args.norm_type) : NULL;
  struct tin_node *factor = nodes ? coefficient(call.graph, norm, args.max_norm) : NULL;
  for (int i = 0; nodes && i < count; i++) {
    struct tin_node *own = make_cast(call.graph, factor, (tin_dtype)nodes[i]->dtype);
    nodes[i] = make_binary(call.graph, OP_MUL, nodes[i], make_broadcast(call.graph, own, nodes[i]->rank, nodes[i]->shape));
  }
  bool good = give(&call, nodes, count, args.out);
  free(nodes);
  return good ? tin_call_result(&call, norm) : tin_call_poison(&call);
}

bool tin_clip_grad_value_at(const char *file, int line, tin_list gradients, double clip_value, tin_tensor **out) {
  struct tin_call call = tin_call_of(file, line, "clip_grad_value");
  int count = gradients.at && out && gradients.count > 0 ? gradients.count : 0;
  struct tin_node **nodes = count ? resolve(&call, gradients) : NULL;
  if (nodes && !(clip_value >= 0)) {
    tin_call_fail(&call, "clip_value is negative");
    free(nodes);
    nodes = NULL;
  }
  for (int i = 0; nodes && i < count; i++) {
    struct tin_node *above = make_binary(call.graph, OP_MAX, nodes[i], make_number(call.graph, nodes[i], -clip_value));
    nodes[i] = make_binary(call.graph, OP_MIN, above, make_number(call.graph, above, clip_value));
  }
  bool good = give(&call, nodes, count, out) || !count;
  free(nodes);
  return good;
}
