/* Losses and accuracy as compositions. The label's logit is picked by comparing a row of class numbers with the label and summing, not by
 * a gather: so the whole loss, and its gradient, is one pass over the rows of logits. */
#include "frontend/frontend.h"
#include "tinsmith_nn.h"

#define HERE args->file, args->line

static bool is_float(tin_tensor *t) {
  return tin_dtype_of(t) == TIN_F32 || tin_dtype_of(t) == TIN_F64;
}

/* Finds the context and words the errors of NULL, dead and poison operands; false when there is one. */
static bool check_operands(struct tin_call *call, const struct tin_loss_options *args, const char *op) {
  tin_tensor *tensors[] = {args->input, args->target};
  static const char *const names[] = {"input", "target"};
  struct tin_node *nodes[2];
  *call = tin_call_of(HERE, op);
  return tin_call_operands(call, 2, tensors, names, nodes);
}

static tin_tensor *number(const struct tin_loss_options *args, tin_dtype dtype, double value) {
  return tin_full_at(HERE, tin_ctx_of(args->input), dtype, TIN_SHAPE(), value);
}

static tin_tensor *reduce_all(const struct tin_loss_options *args, tin_tensor *values) {
  struct tin_reduce_options all = {.file = args->file, .line = args->line, .x = values};
  if (args->reduction == TIN_REDUCE_MEAN)
    return tin_mean_args(all);
  return args->reduction == TIN_REDUCE_SUM ? tin_sum_args(all) : values;
}

/* Sum over the class axis, which goes. */
static tin_tensor *sum_classes(const struct tin_loss_options *args, tin_tensor *x, int axis) {
  return tin_sum_args((struct tin_reduce_options){.file = args->file, .line = args->line, .x = x, .axes = TIN_AXES(axis)});
}

/* What cross entropy is made of: logits minus their maximum, and the logarithm of the sum of their exponentials. */
struct log_softmax {
  tin_tensor *shifted; /* input's shape */
  tin_tensor *log_sum; /* without the class axis */
  int axis;
  int64_t classes;
};

static struct log_softmax log_softmax_parts(const struct tin_loss_options *args) {
  tin_shape shape = tin_shape_of(args->input);
  struct log_softmax out = {.axis = shape.rank > 1 ? 1 : 0};
  out.classes = shape.size[out.axis];
  tin_tensor *largest = tin_max_args(
      (struct tin_reduce_options){.file = args->file, .line = args->line, .x = args->input, .axes = TIN_AXES(out.axis), .keepdims = true});
  out.shifted = tin_sub_at(HERE, args->input, tin_detach_at(HERE, largest));
  out.log_sum = tin_log_at(HERE, sum_classes(args, tin_exp_at(HERE, out.shifted), out.axis));
  return out;
}

/* The class numbers 0, 1, ... along the class axis, to be compared with labels that have a class axis of size 1. */
static tin_tensor *class_numbers(const struct tin_loss_options *args, const struct log_softmax *parts) {
  tin_shape shape = tin_shape_of(args->input);
  for (int axis = 0; axis < shape.rank; axis++)
    shape.size[axis] = axis == parts->axis ? parts->classes : 1;
  tin_tensor *numbers = tin_arange_at(HERE, tin_ctx_of(args->input), TIN_I32, parts->classes, 0, 1);
  return tin_reshape_at(HERE, numbers, shape);
}

/* log_sum minus the label's logit; with smoothing, mixed with log_sum minus the mean logit. */
static tin_tensor *label_losses(const struct tin_loss_options *args, const struct log_softmax *parts, tin_tensor *labels) {
  tin_tensor *hit = tin_eq_at(HERE, class_numbers(args, parts), tin_unsqueeze_at(HERE, labels, parts->axis));
  tin_tensor *zero = number(args, tin_dtype_of(parts->shifted), 0);
  tin_tensor *picked = sum_classes(args, tin_where_at(HERE, hit, parts->shifted, zero), parts->axis);
  if (args->label_smoothing == 0)
    return tin_sub_at(HERE, parts->log_sum, picked);
  tin_tensor *mean = tin_div_scalar_at(HERE, sum_classes(args, parts->shifted, parts->axis), (double)parts->classes);
  picked =
      tin_add_at(HERE, tin_mul_scalar_at(HERE, picked, 1 - args->label_smoothing), tin_mul_scalar_at(HERE, mean, args->label_smoothing));
  return tin_sub_at(HERE, parts->log_sum, picked);
}

static tin_tensor *cross_entropy_of_labels(const struct tin_loss_options *args) {
  struct log_softmax parts = log_softmax_parts(args);
  tin_tensor *labels = tin_cast_at(HERE, args->target, TIN_I32);
  tin_tensor *losses = label_losses(args, &parts, labels);
  if (args->ignore_index == 0)
    return reduce_all(args, losses);
  double ignored = args->ignore_index == TIN_IGNORE_CLASS_0 ? 0 : (double)args->ignore_index;
  tin_tensor *counts = tin_ne_at(HERE, labels, number(args, TIN_I32, ignored));
  losses = tin_where_at(HERE, counts, losses, number(args, tin_dtype_of(losses), 0));
  if (args->reduction != TIN_REDUCE_MEAN)
    return reduce_all(args, losses);
  struct tin_reduce_options all = {.file = args->file, .line = args->line, .x = losses};
  tin_tensor *total = tin_sum_args(all);
  all.x = tin_cast_at(HERE, counts, tin_dtype_of(losses));
  return tin_div_at(HERE, total, tin_sum_args(all));
}

/* sum of p * (log_sum - shifted), p smoothed towards the uniform distribution. */
static tin_tensor *cross_entropy_of_probabilities(const struct tin_loss_options *args) {
  struct log_softmax parts = log_softmax_parts(args);
  double smoothing = args->label_smoothing;
  tin_tensor *p = args->target;
  if (smoothing != 0)
    p = tin_add_scalar_at(HERE, tin_mul_scalar_at(HERE, p, 1 - smoothing), smoothing / (double)parts.classes);
  tin_tensor *minus_log = tin_sub_at(HERE, tin_unsqueeze_at(HERE, parts.log_sum, parts.axis), parts.shifted);
  return reduce_all(args, sum_classes(args, tin_mul_at(HERE, p, minus_log), parts.axis));
}

static bool same_shape(tin_shape a, tin_shape b, int without) {
  if (a.rank != b.rank + (without >= 0))
    return false;
  for (int i = 0, j = 0; i < a.rank; i++)
    if (i != without && a.size[i] != b.size[j++])
      return false;
  return true;
}

tin_tensor *tin_cross_entropy_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  struct tin_call call;
  if (!check_operands(&call, args, "cross_entropy"))
    return tin_call_poison(&call);
  tin_shape input = tin_shape_of(args->input), target = tin_shape_of(args->target);
  tin_ctx *ctx = tin_ctx_of(args->input);
  if (input.rank == 0 || !is_float(args->input))
    return tin_fail_at(HERE, ctx, "cross_entropy: input must be floats with a class axis");
  if (!(args->label_smoothing >= 0 && args->label_smoothing <= 1))
    return tin_fail_at(HERE, ctx, "cross_entropy: label_smoothing %g is not in 0 .. 1", args->label_smoothing);
  bool probabilities = is_float(args->target);
  if (!same_shape(input, target, probabilities ? -1 : input.rank > 1))
    return tin_fail_at(HERE, ctx, "cross_entropy: target of rank %d does not fit input of rank %d: %s", target.rank, input.rank,
                       probabilities ? "probabilities need input's shape" : "class numbers need input's shape without the class axis");
  return probabilities ? cross_entropy_of_probabilities(args) : cross_entropy_of_labels(args);
}

tin_tensor *tin_mse_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  struct tin_call call;
  if (!check_operands(&call, args, "mse"))
    return tin_call_poison(&call);
  return reduce_all(args, tin_square_at(HERE, tin_sub_at(HERE, args->input, args->target)));
}

tin_tensor *tin_bce_with_logits_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  struct tin_call call;
  if (!check_operands(&call, args, "bce_with_logits"))
    return tin_call_poison(&call);
  tin_tensor *x = args->input;
  /* maximum, not relu: at 0 half the gradient must come from here, as |x| gives none */
  tin_tensor *positive = tin_maximum_at(HERE, x, number(args, tin_dtype_of(x), 0));
  tin_tensor *tail = tin_exp_at(HERE, tin_neg_at(HERE, tin_abs_at(HERE, x)));
  tin_tensor *linear = tin_sub_at(HERE, positive, tin_mul_at(HERE, x, args->target));
  return reduce_all(args, tin_add_at(HERE, linear, tin_log_at(HERE, tin_add_scalar_at(HERE, tail, 1))));
}

tin_tensor *tin_accuracy_at(const char *file, int line, tin_tensor *logits, tin_tensor *labels) {
  struct tin_reduce_options rows = {.file = file, .line = line, .x = logits, .axes = TIN_AXES(-1)};
  tin_tensor *hit = tin_eq_at(file, line, tin_argmax_args(rows), tin_cast_at(file, line, labels, TIN_I32));
  return tin_mean_args((struct tin_reduce_options){.file = file, .line = line, .x = tin_cast_at(file, line, hit, TIN_F32)});
}
