/* Losses and accuracy as compositions. The label's logit is picked by comparing a row of class numbers with the label and summing, not by
 * a gather: so the whole loss, and its gradient, is one pass over the rows of logits. */
#include "frontend/loss.h"
#include "frontend/frontend.h"

#define HERE args->file, args->line

static bool is_float(tin_tensor *t) {
  return tin_dtype_is_float((int)tin_dtype_of(t));
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

static tin_tensor *sum_all(const struct tin_loss_options *args, tin_tensor *values) {
  return tin_sum_args((struct tin_reduce_options){.file = args->file, .line = args->line, .x = values});
}

tin_tensor *tin_loss_reduce(const struct tin_loss_options *args, tin_tensor *values) {
  struct tin_reduce_options all = {.file = args->file, .line = args->line, .x = values};
  tin_shape shape = tin_shape_of(values);
  if (args->reduction == TIN_REDUCE_MEAN)
    return tin_mean_args(all);
  if (args->reduction == TIN_REDUCE_NONE)
    return values;
  tin_tensor *sum = sum_all(args, values);
  return args->reduction == TIN_REDUCE_BATCH_MEAN ? tin_div_scalar_at(HERE, sum, (double)(shape.rank ? shape.size[0] : 1)) : sum;
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
static tin_tensor *class_numbers(const struct tin_loss_options *args, int class_axis) {
  tin_shape shape = tin_shape_of(args->input);
  for (int axis = 0; axis < shape.rank; axis++)
    shape.size[axis] = axis == class_axis ? shape.size[axis] : 1;
  tin_tensor *numbers = tin_arange_at(HERE, tin_ctx_of(args->input), TIN_I32, shape.size[class_axis], 0, 1);
  return tin_reshape_at(HERE, numbers, shape);
}

/* bool of input's shape: whether the class is the example's. */
static tin_tensor *hits(const struct tin_loss_options *args, tin_tensor *labels, int class_axis) {
  return tin_eq_at(HERE, class_numbers(args, class_axis), tin_unsqueeze_at(HERE, labels, class_axis));
}

/* The elements of x at the labels' classes. */
static tin_tensor *pick(const struct tin_loss_options *args, tin_tensor *hit, tin_tensor *x, int class_axis) {
  return sum_classes(args, tin_where_at(HERE, hit, x, number(args, tin_dtype_of(x), 0)), class_axis);
}

/* The weights of the classes along the class axis of input. */
static tin_tensor *class_weights(const struct tin_loss_options *args, int class_axis) {
  tin_shape shape = tin_shape_of(args->input);
  for (int axis = 0; axis < shape.rank; axis++)
    shape.size[axis] = axis == class_axis ? shape.size[axis] : 1;
  return tin_cast_at(HERE, tin_reshape_at(HERE, args->weight, shape), tin_dtype_of(args->input));
}

/* log_sum minus the label's logit; with smoothing, mixed with log_sum minus the mean logit. */
static tin_tensor *label_losses(const struct tin_loss_options *args, const struct log_softmax *parts, tin_tensor *hit) {
  tin_tensor *picked = pick(args, hit, parts->shifted, parts->axis);
  if (args->label_smoothing == 0)
    return tin_sub_at(HERE, parts->log_sum, picked);
  tin_tensor *mean = tin_div_scalar_at(HERE, sum_classes(args, parts->shifted, parts->axis), (double)parts->classes);
  picked =
      tin_add_at(HERE, tin_mul_scalar_at(HERE, picked, 1 - args->label_smoothing), tin_mul_scalar_at(HERE, mean, args->label_smoothing));
  return tin_sub_at(HERE, parts->log_sum, picked);
}

/* The same with a weight a class: that of a term is its class's, also where smoothing gives terms to all classes. */
static tin_tensor *weighted_label_losses(const struct tin_loss_options *args, const struct log_softmax *parts, tin_tensor *hit) {
  tin_tensor *terms = tin_sub_at(HERE, tin_unsqueeze_at(HERE, parts->log_sum, parts->axis), parts->shifted);
  terms = tin_mul_at(HERE, terms, class_weights(args, parts->axis));
  tin_tensor *picked = pick(args, hit, terms, parts->axis);
  if (args->label_smoothing == 0)
    return picked;
  tin_tensor *all = tin_mul_scalar_at(HERE, sum_classes(args, terms, parts->axis), args->label_smoothing / (double)parts->classes);
  return tin_add_at(HERE, tin_mul_scalar_at(HERE, picked, 1 - args->label_smoothing), all);
}

/* Leaves out the labels to be ignored and reduces; the mean divides by the weights of the labels that count. */
static tin_tensor *reduce_labels(const struct tin_loss_options *args, tin_tensor *losses, tin_tensor *labels, tin_tensor *hit, int axis) {
  bool ignores = args->ignore_index != 0;
  if (!ignores && (!args->weight || args->reduction != TIN_REDUCE_MEAN))
    return tin_loss_reduce(args, losses);
  tin_dtype dtype = tin_dtype_of(losses);
  tin_tensor *zero = number(args, dtype, 0), *share = number(args, dtype, 1);
  if (args->weight)
    share = pick(args, hit, tin_expand_at(HERE, class_weights(args, axis), tin_shape_of(args->input)), axis);
  if (ignores) {
    double ignored = args->ignore_index == TIN_IGNORE_CLASS_0 ? 0 : (double)args->ignore_index;
    tin_tensor *counts = tin_ne_at(HERE, labels, number(args, TIN_I32, ignored));
    losses = tin_where_at(HERE, counts, losses, zero);
    share = tin_where_at(HERE, counts, share, zero);
  }
  return args->reduction == TIN_REDUCE_MEAN ? tin_div_at(HERE, sum_all(args, losses), sum_all(args, share)) : tin_loss_reduce(args, losses);
}

static tin_tensor *cross_entropy_of_labels(const struct tin_loss_options *args) {
  struct log_softmax parts = log_softmax_parts(args);
  tin_tensor *labels = tin_cast_at(HERE, args->target, TIN_I32), *hit = hits(args, labels, parts.axis);
  tin_tensor *losses = args->weight ? weighted_label_losses(args, &parts, hit) : label_losses(args, &parts, hit);
  return reduce_labels(args, losses, labels, hit, parts.axis);
}

/* sum of p * (log_sum - shifted), p smoothed towards the uniform distribution. */
static tin_tensor *cross_entropy_of_probabilities(const struct tin_loss_options *args) {
  struct log_softmax parts = log_softmax_parts(args);
  double smoothing = args->label_smoothing;
  tin_tensor *p = args->target;
  if (smoothing != 0)
    p = tin_add_scalar_at(HERE, tin_mul_scalar_at(HERE, p, 1 - smoothing), smoothing / (double)parts.classes);
  if (args->weight)
    p = tin_mul_at(HERE, p, class_weights(args, parts.axis));
  tin_tensor *minus_log = tin_sub_at(HERE, tin_unsqueeze_at(HERE, parts.log_sum, parts.axis), parts.shifted);
  return tin_loss_reduce(args, sum_classes(args, tin_mul_at(HERE, p, minus_log), parts.axis));
}

static bool same_shape(tin_shape a, tin_shape b, int without) {
  if (a.rank != b.rank + (without >= 0))
    return false;
  for (int i = 0, j = 0; i < a.rank; i++)
    if (i != without && a.size[i] != b.size[j++])
      return false;
  return true;
}

/* Finds what is wrong with a loss of classes; false with the error recorded. Probabilities: a target of floats is allowed. */
static bool check_classes(struct tin_call *call, const struct tin_loss_options *args, const char *op, bool probabilities) {
  if (!check_operands(call, args, op))
    return false;
  tin_shape input = tin_shape_of(args->input), target = tin_shape_of(args->target);
  int class_axis = input.rank > 1;
  bool by_label = !is_float(args->target);
  if (input.rank == 0 || !is_float(args->input))
    tin_call_fail(call, "input must be floats with a class axis");
  else if (!by_label && !probabilities)
    tin_call_fail(call, "target must be class numbers, integers");
  else if (!same_shape(input, target, by_label ? class_axis : -1))
    tin_call_fail(call, "target of rank %d does not fit input of rank %d: %s", target.rank, input.rank,
                  by_label ? "class numbers need input's shape without the class axis" : "probabilities need input's shape");
  else if (args->weight && !tin_is_poison(args->weight) && tin_size_of(args->weight) != input.size[class_axis])
    tin_call_fail(call, "weight has %lld elements, not one for each of %lld classes", (long long)tin_size_of(args->weight),
                  (long long)input.size[class_axis]);
  else
    return true;
  return false;
}

tin_tensor *tin_cross_entropy_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  struct tin_call call;
  if (!check_classes(&call, args, "cross_entropy", true))
    return tin_call_poison(&call);
  if (!(args->label_smoothing >= 0 && args->label_smoothing <= 1))
    return tin_fail_at(HERE, call.ctx, "cross_entropy: label_smoothing %g is not in 0 .. 1", args->label_smoothing);
  return is_float(args->target) ? cross_entropy_of_probabilities(args) : cross_entropy_of_labels(args);
}

tin_tensor *tin_nll_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  struct tin_call call;
  if (!check_classes(&call, args, "nll", false))
    return tin_call_poison(&call);
  int axis = tin_shape_of(args->input).rank > 1;
  tin_tensor *labels = tin_cast_at(HERE, args->target, TIN_I32), *hit = hits(args, labels, axis), *terms = args->input;
  if (args->weight)
    terms = tin_mul_at(HERE, terms, class_weights(args, axis));
  return reduce_labels(args, tin_neg_at(HERE, pick(args, hit, terms, axis)), labels, hit, axis);
}

tin_tensor *tin_multi_margin_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  struct tin_call call;
  if (!check_classes(&call, args, "multi_margin", false))
    return tin_call_poison(&call);
  tin_shape shape = tin_shape_of(args->input);
  double p = args->p == 0 ? 1 : args->p, margin = args->margin == 0 ? 1 : args->margin < 0 ? 0 : args->margin;
  if (shape.rank > 2 || (p != 1 && p != 2))
    return tin_fail_at(HERE, call.ctx, "multi_margin: input [n, classes] or [classes] and p of 1 or 2 are needed, not rank %d and p %g",
                       shape.rank, p);
  int axis = shape.rank > 1;
  tin_tensor *labels = tin_cast_at(HERE, args->target, TIN_I32), *hit = hits(args, labels, axis);
  tin_tensor *own = tin_unsqueeze_at(HERE, pick(args, hit, args->input, axis), axis);
  tin_tensor *short_of = tin_relu_at(HERE, tin_add_scalar_at(HERE, tin_sub_at(HERE, args->input, own), margin));
  tin_tensor *terms = tin_where_at(HERE, hit, number(args, tin_dtype_of(short_of), 0), p == 2 ? tin_square_at(HERE, short_of) : short_of);
  tin_tensor *losses = tin_div_scalar_at(HERE, sum_classes(args, terms, axis), (double)shape.size[axis]);
  if (args->weight)
    losses = tin_mul_at(HERE, losses, pick(args, hit, tin_expand_at(HERE, class_weights(args, axis), shape), axis));
  return tin_loss_reduce(args, losses);
}

tin_tensor *tin_mse_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  struct tin_call call;
  if (!check_operands(&call, args, "mse"))
    return tin_call_poison(&call);
  tin_tensor *values = tin_square_at(HERE, tin_sub_at(HERE, args->input, args->target));
  return tin_loss_reduce(args, args->weight ? tin_mul_at(HERE, values, args->weight) : values);
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
  tin_tensor *log = tin_log_at(HERE, tin_add_scalar_at(HERE, tail, 1)), *values;
  if (args->pos_weight) { /* (1 - y) x + (1 + (pos_weight - 1) y) (log + max(-x, 0)) */
    tin_tensor *scale = tin_mul_at(HERE, tin_sub_scalar_at(HERE, args->pos_weight, 1), args->target);
    tin_tensor *softplus = tin_add_at(HERE, log, tin_sub_at(HERE, positive, x));
    values = tin_add_at(HERE, tin_mul_at(HERE, tin_scalar_sub_at(HERE, 1, args->target), x),
                        tin_mul_at(HERE, tin_add_scalar_at(HERE, scale, 1), softplus));
  } else {
    values = tin_add_at(HERE, tin_sub_at(HERE, positive, tin_mul_at(HERE, x, args->target)), log);
  }
  return tin_loss_reduce(args, args->weight ? tin_mul_at(HERE, values, args->weight) : values);
}

tin_tensor *tin_accuracy_at(const char *file, int line, tin_tensor *logits, tin_tensor *labels) {
  struct tin_reduce_options rows = {.file = file, .line = line, .x = logits, .axes = TIN_AXES(-1)};
  tin_tensor *hit = tin_eq_at(file, line, tin_argmax_args(rows), tin_cast_at(file, line, labels, TIN_I32));
  return tin_mean_args((struct tin_reduce_options){.file = file, .line = line, .x = tin_cast_at(file, line, hit, TIN_F32)});
}
