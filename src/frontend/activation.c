/* Activation functions as expressions over a = x, with b and c for their numbers, written so that neither value nor gradient overflows and
 * the gradient at a kink is PyTorch's. What another branch would make infinite is kept out of it: expm1(a > 0 ? 0 : a). */
#include "frontend/frontend.h"
#include "tinsmith_nn.h"

#include <string.h>

/* x as floats, with two numbers, through the expression. */
static tin_tensor *activate(const char *file, int line, const char *op_name, const char *text, tin_tensor *x, double b, double c) {
  static const char *const names[] = {"x"};
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *nodes[3];
  if (!tin_call_operands(&call, 1, &x, names, nodes) || !tin_coerce(&call, COERCE_FLOAT, 1, &x, names, nodes))
    return tin_call_poison(&call);
  nodes[1] = make_number(call.graph, nodes[0], b);
  nodes[2] = make_number(call.graph, nodes[0], c);
  if (!nodes[1] || !nodes[2])
    return tin_call_result(&call, NULL);
  struct tin_node *y = tin_node_expression(&call, text, 3, nodes);
  return y ? tin_call_result(&call, y) : tin_call_poison(&call);
}

/* ---- without numbers ---- */

#define ACTIVATION(name, text)                                                                                                             \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *x) {                                                                 \
    return activate(file, line, #name, text, x, 0, 0);                                                                                     \
  }
ACTIVATION(quick_gelu, "a * sigmoid(1.702 * a)")
ACTIVATION(mish, "a * tanh(logaddexp(a, 0))")
ACTIVATION(selu, "1.0507009873554804934 * (a > 0 ? a : 1.6732632423543772848 * expm1(a > 0 ? 0 : a))")
ACTIVATION(relu6, "a <= 0 ? 0 : a >= 6 ? 6 : a")
ACTIVATION(hardswish, "a * (a <= -3 ? 0 : a >= 3 ? 1 : (a + 3) / 6)")
ACTIVATION(hardsigmoid, "a <= -3 ? 0 : a >= 3 ? 1 : (a + 3) / 6")
ACTIVATION(logsigmoid, "-logaddexp(-a, 0)")
ACTIVATION(softsign, "a / (1 + abs(a))")
ACTIVATION(tanhshrink, "a - tanh(a)")
ACTIVATION(squared_relu, "square(relu(a))")
#undef ACTIVATION

/* Built without the expression: reading that takes a microsecond, which counts in a model of small tensors. */
tin_tensor *tin_silu_at(const char *file, int line, tin_tensor *x) {
  static const char *const names[] = {"x"};
  struct tin_call call = tin_call_of(file, line, "silu");
  struct tin_node *node;
  if (!tin_call_operands(&call, 1, &x, names, &node) || !tin_coerce(&call, COERCE_FLOAT, 1, &x, names, &node))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_binary(call.graph, OP_MUL, node, tin_node_sigmoid(call.graph, node)));
}

/* ---- with numbers ---- */

/* A number that was left at 0 is the usual one. */
static tin_tensor *activate_with(const char *op_name, const char *text, const struct tin_activation_options *args, double b, double usual_b,
                                 double c, double usual_c) {
  return activate(args->file, args->line, op_name, text, args->x, b == 0 ? usual_b : b, c == 0 ? usual_c : c);
}

#define ACTIVATION(name, text, b, usual_b, c, usual_c)                                                                                     \
  tin_tensor *tin_##name##_args(struct tin_activation_options args) {                                                                      \
    return activate_with(#name, text, &args, b, usual_b, c, usual_c);                                                                      \
  }
ACTIVATION(softplus, "a * b > c ? a : logaddexp(a * b, 0) / b", args.beta, 1, args.threshold, 20)
ACTIVATION(elu, "a > 0 ? a : b * expm1(a > 0 ? 0 : a)", args.alpha, 1, 0, 0)
ACTIVATION(celu, "a > 0 ? a : b * expm1((a > 0 ? 0 : a) / b)", args.alpha, 1, 0, 0)
ACTIVATION(leaky_relu, "a > 0 ? a : a * b", args.slope, 0.01, 0, 0)
ACTIVATION(softshrink, "a > b ? a - b : a < -b ? a + b : a != a ? a : 0", args.lambda, 0.5, 0, 0)
ACTIVATION(hardshrink, "a >= -b && a <= b ? 0 : a", args.lambda, 0.5, 0, 0)
#undef ACTIVATION

tin_tensor *tin_rrelu_args(struct tin_activation_options args) {
  bool usual = args.low == 0 && args.high == 0;
  double slope = usual ? (1.0 / 8 + 1.0 / 3) / 2 : (args.low + args.high) / 2;
  return activate(args.file, args.line, "rrelu", "a > 0 ? a : a * b", args.x, slope, 0);
}

tin_tensor *tin_hardtanh_args(struct tin_activation_options args) {
  bool usual = args.low == 0 && args.high == 0;
  double low = usual ? -1 : args.low, high = usual ? 1 : args.high;
  if (!tin_is_poison(args.x) && !(low < high))
    return tin_fail_at(args.file, args.line, tin_ctx_of(args.x), "hardtanh: low %g is not below high %g", low, high);
  return activate(args.file, args.line, "hardtanh", "a <= b ? b : a >= c ? c : a", args.x, low, high);
}

tin_tensor *tin_threshold_at(const char *file, int line, tin_tensor *x, double threshold, double value) {
  return activate(file, line, "threshold", "a <= b ? c : a", x, threshold, value);
}

tin_tensor *tin_gelu_args(struct tin_activation_options args) {
  const char *text = "a * 0.5 * (1 + erf(a * 0.70710678118654752))";
  bool tanh = args.approximate && strcmp(args.approximate, "tanh") == 0;
  if (args.approximate && !tanh && strcmp(args.approximate, "none") != 0 && !tin_is_poison(args.x))
    return tin_fail_at(args.file, args.line, tin_ctx_of(args.x), "gelu: approximate is \"none\" or \"tanh\", not \"%.20s\"",
                       args.approximate);
  if (tanh) /* sqrt(2 / pi) */
    text = "0.5 * a * (1 + tanh(0.79788456080286536 * (a + 0.044715 * a * a * a)))";
  return activate(args.file, args.line, "gelu", text, args.x, 0, 0);
}

/* ---- with a weight a channel ---- */

/* The weight with axes of size 1 around the channels, axis 1. */
static struct tin_node *channel_weight(struct tin_call *call, tin_tensor *const *tensors, struct tin_node *const *nodes) {
  const struct tin_node *x = nodes[0];
  struct tin_node *weight = nodes[1];
  int64_t channels = x->rank > 1 ? x->shape[1] : 1;
  if (weight->rank > 1 || (weight->size != 1 && weight->size != channels)) {
    tin_call_fail(call, "%s must have one element, or one for each of the %lld channels of %s",
                  tin_describe(tensors[1], "weight", weight).text, (long long)channels, tin_describe(tensors[0], "x", x).text);
    return NULL;
  }
  int64_t shape[TIN_RANK_LIMIT];
  for (int axis = 0; axis < x->rank; axis++)
    shape[axis] = axis == 1 ? weight->size : 1;
  return make_broadcast(call->graph, make_reshape(call->graph, weight, x->rank, shape), x->rank, x->shape);
}

tin_tensor *tin_prelu_at(const char *file, int line, tin_tensor *x, tin_tensor *weight) {
  static const char *const names[] = {"x", "weight"};
  struct tin_call call = tin_call_of(file, line, "prelu");
  tin_tensor *tensors[] = {x, weight};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, names, nodes) || !tin_coerce(&call, COERCE_FLOAT, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  nodes[1] = channel_weight(&call, tensors, nodes);
  struct tin_node *y = nodes[1] ? tin_node_expression(&call, "a > 0 ? a : b * (a > 0 ? 0 : a)", 2, nodes) : NULL;
  return y ? tin_call_result(&call, y) : tin_call_poison(&call);
}

/* ---- gated ---- */

/* a and b, the halves of x along the axis. */
static tin_tensor *gated(const char *file, int line, const char *op_name, const char *text, tin_tensor *x, int axis) {
  static const char *const names[] = {"x"};
  struct tin_call call = tin_call_of(file, line, op_name);
  struct tin_node *node, *halves[2];
  if (!tin_call_operands(&call, 1, &x, names, &node) || !tin_coerce(&call, COERCE_FLOAT, 1, &x, names, &node) ||
      (axis = tin_check_axis(&call, x, "x", node, axis)) < 0)
    return tin_call_poison(&call);
  int64_t half = node->shape[axis] / 2;
  if (node->shape[axis] % 2) {
    tin_call_fail(&call, "axis %d of %s has no halves: its size is odd", axis, tin_describe(x, "x", node).text);
    return tin_call_poison(&call);
  }
  for (int i = 0; i < 2; i++)
    if (!(halves[i] = tin_node_part(call.graph, node, axis, i * half, 1, half)))
      return tin_call_result(&call, NULL);
  struct tin_node *y = tin_node_expression(&call, text, 2, halves);
  return y ? tin_call_result(&call, y) : tin_call_poison(&call);
}

#define GATED(name, text)                                                                                                                  \
  tin_tensor *tin_##name##_at(const char *file, int line, tin_tensor *x, int axis) {                                                       \
    return gated(file, line, #name, text, x, axis);                                                                                        \
  }
GATED(glu, "a * sigmoid(b)")
GATED(reglu, "a * relu(b)")
GATED(geglu, "a * (b * 0.5 * (1 + erf(b * 0.70710678118654752)))")
GATED(swiglu, "a * (b * sigmoid(b))")
#undef GATED

tin_tensor *tin_softmin_at(const char *file, int line, tin_tensor *x, int axis) {
  return tin_softmax_at(file, line, tin_neg_at(file, line, x), axis);
}

/* ---- a draw from classes ---- */

/* 1 where y is largest along the axis, the first of equal ones, else 0; the gradient is y's. */
static tin_tensor *straight_through(const struct tin_gumbel_options *args, tin_tensor *y) {
  tin_shape shape = tin_shape_of(y);
  int axis = args->axis < 0 ? args->axis + shape.rank : args->axis;
  struct tin_reduce_options row = {.file = args->file, .line = args->line, .x = y, .axes = TIN_AXES(axis)};
  tin_tensor *hot = tin_one_hot_at(args->file, args->line, tin_argmax_args(row), tin_is_poison(y) ? 1 : shape.size[axis]);
  hot = tin_movedim_at(args->file, args->line, hot, TIN_AXES(-1), TIN_AXES(args->axis));
  hot = tin_cast_at(args->file, args->line, hot, tin_dtype_of(y));
  return tin_expression_with_gradient_at(args->file, args->line, "b", "g;", TIN_LIST(y, hot));
}

/* The uniform number is moved into (0, 1), so that both logarithms are finite, in f32 too. */
tin_tensor *tin_gumbel_softmax_args(struct tin_gumbel_options args) {
  static const char *const names[] = {"x", "u"};
  struct tin_call call = tin_call_of(args.file, args.line, "gumbel_softmax");
  struct tin_node *nodes[3];
  if (!tin_call_operands(&call, 1, &args.x, names, nodes) || !tin_coerce(&call, COERCE_FLOAT, 1, &args.x, names, nodes) ||
      tin_check_axis(&call, args.x, "x", nodes[0], args.axis) < 0)
    return tin_call_poison(&call);
  if (!(args.tau >= 0)) {
    tin_call_fail(&call, "the temperature %g is negative", args.tau);
    return tin_call_poison(&call);
  }
  nodes[1] = tin_call_operand(&call, tin_rand_at(args.file, args.line, call.ctx, (tin_dtype)nodes[0]->dtype, tin_shape_of(args.x)), "u");
  nodes[2] = make_number(call.graph, nodes[0], args.tau == 0 ? 1 : args.tau);
  if (!nodes[1] || !nodes[2])
    return nodes[1] ? tin_call_result(&call, NULL) : tin_call_poison(&call);
  struct tin_node *perturbed = tin_node_expression(&call, "(a - log(-log(b * (1 - 0x1p-23) + 0x1p-25))) / c", 3, nodes);
  if (!perturbed)
    return tin_call_poison(&call);
  tin_tensor *y = tin_softmax_at(args.file, args.line, tin_call_result(&call, perturbed), args.axis);
  return args.hard ? straight_through(&args, y) : y;
}
