/* Losses of values: differences, divergences, margins, likelihoods. A loss is a row: its operands, an expression over them in the language
 * of tin_expression, and a number in it. So each is one formula, fuses, and has derivatives of every order.
 *
 * The operands are called a, b and, where there are three, c; they are broadcast. The number is the next letter. */
#include "frontend/frontend.h"
#include "frontend/loss.h"

#include <math.h>

#define HERE args->file, args->line

enum { MOST_OPERANDS = 3 };

struct formula {
  const char *name;
  const char *operands[MOST_OPERANDS]; /* as messages call them */
  const char *text;
};

/* The loss's operands as floats of one dtype and shape; false with the error recorded. */
static bool resolve(struct tin_call *call, const struct formula *formula, const struct tin_loss_options *args, int *count,
                    tin_tensor **operands) {
  tin_tensor *tensors[MOST_OPERANDS] = {args->input, args->target, args->third};
  struct tin_node *nodes[MOST_OPERANDS];
  *count = formula->operands[2] ? 3 : 2;
  *call = tin_call_of(HERE, formula->name);
  if (!tin_call_operands(call, *count, tensors, formula->operands, nodes) ||
      !tin_coerce(call, COERCE_FLOAT, *count, tensors, formula->operands, nodes) ||
      !tin_broadcast_all(call, *count, tensors, formula->operands, nodes))
    return false;
  for (int i = 0; i < *count; i++)
    operands[i] = tin_call_result(call, nodes[i]);
  return true;
}

static tin_tensor *by_formula(const struct formula *formula, const struct tin_loss_options *args, double number) {
  struct tin_call call;
  tin_tensor *operands[MOST_OPERANDS + 1];
  int count;
  if (!resolve(&call, formula, args, &count, operands))
    return tin_call_poison(&call);
  operands[count] = tin_full_at(HERE, call.ctx, tin_dtype_of(operands[0]), TIN_SHAPE(), number);
  tin_tensor *values = tin_expression_at(HERE, formula->text, (tin_list){operands, count + 1});
  return tin_loss_reduce(args, args->weight ? tin_mul_at(HERE, values, args->weight) : values);
}

static tin_tensor *wrong_number(const struct formula *formula, const struct tin_loss_options *args, const char *option, double value) {
  struct tin_call call;
  tin_tensor *operands[MOST_OPERANDS];
  int count;
  if (resolve(&call, formula, args, &count, operands))
    tin_call_fail(&call, "%s %g is not positive", option, value);
  return tin_call_poison(&call);
}

#define PAIR                                                                                                                               \
  { "input", "target", NULL }

/* ---- differences ---- */

tin_tensor *tin_l1_args(struct tin_loss_options options) {
  return by_formula(&(struct formula){"l1", PAIR, "abs(a - b)"}, &options, 0);
}

tin_tensor *tin_smooth_l1_args(struct tin_loss_options options) {
  static const struct formula formula = {"smooth_l1", PAIR, "abs(a - b) < c ? 0.5 * (a - b) * (a - b) / c : abs(a - b) - 0.5 * c"};
  double beta = options.beta == 0 ? 1 : options.beta;
  return beta > 0 ? by_formula(&formula, &options, beta) : wrong_number(&formula, &options, "beta", beta);
}

tin_tensor *tin_huber_args(struct tin_loss_options options) {
  static const struct formula formula = {"huber", PAIR, "abs(a - b) < c ? 0.5 * (a - b) * (a - b) : c * (abs(a - b) - 0.5 * c)"};
  double delta = options.delta == 0 ? 1 : options.delta;
  return delta > 0 ? by_formula(&formula, &options, delta) : wrong_number(&formula, &options, "delta", delta);
}

/* ---- divergences and likelihoods ---- */

/* t log t is 0 at 0, where the logarithm must not be differentiated. */
tin_tensor *tin_kl_div_args(struct tin_loss_options options) {
  static const struct formula plain = {"kl_div", PAIR, "(b == 0 ? 0 : b * log(b == 0 ? 1 : b)) - b * a"};
  static const struct formula logs = {"kl_div", PAIR, "exp(b) * (b - a)"};
  return by_formula(options.log_target ? &logs : &plain, &options, 0);
}

/* Logarithms below -100 count as -100, as in PyTorch; the number is e^-100. */
tin_tensor *tin_bce_args(struct tin_loss_options options) {
  static const struct formula formula = {"bce", PAIR,
                                         "-(b * (a > c ? log(a > c ? a : 1) : -100)"
                                         " + (1 - b) * (1 - a > c ? log(1 - a > c ? 1 - a : 1) : -100))"};
  return by_formula(&formula, &options, 3.7200759760208360e-44);
}

/* Stirling's approximation of log(t!), for t > 1, is t log t - t + log(2 pi t) / 2. */
#define STIRLING " + (b > 1 ? (b > 1 ? b : 2) * log(b > 1 ? b : 2) - b + 0.5 * log(6.283185307179586477 * (b > 1 ? b : 2)) : 0)"
tin_tensor *tin_poisson_nll_args(struct tin_loss_options options) {
  static const struct formula formulas[2][2] = {
      {{"poisson_nll", PAIR, "exp(a) - b * a"}, {"poisson_nll", PAIR, "exp(a) - b * a" STIRLING}},
      {{"poisson_nll", PAIR, "a - b * log(a + c)"}, {"poisson_nll", PAIR, "a - b * log(a + c)" STIRLING}}};
  return by_formula(&formulas[options.no_log_input][options.full], &options, options.eps == 0 ? 1e-8 : options.eps);
}

static bool lacks_last_axis(tin_shape shape, tin_shape of) {
  bool lacks = shape.rank + 1 == of.rank;
  for (int axis = 0; lacks && axis < shape.rank; axis++)
    lacks = shape.size[axis] == of.size[axis];
  return lacks;
}

/* A variance below eps counts as eps, but its gradient is what it would be if eps were the variance: PyTorch's rule. */
tin_tensor *tin_gaussian_nll_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  static const struct formula formula = {"gaussian_nll", {"input", "target", "var"}, "0.5 * (log(c) + (a - b) * (a - b) / c) + d"};
  tin_tensor *tensors[] = {options.input, options.target, options.third};
  struct tin_call call = tin_call_of(HERE, formula.name);
  struct tin_node *nodes[MOST_OPERANDS];
  if (!tin_call_operands(&call, MOST_OPERANDS, tensors, formula.operands, nodes) ||
      !tin_coerce(&call, COERCE_FLOAT, MOST_OPERANDS, tensors, formula.operands, nodes))
    return tin_call_poison(&call);
  tin_tensor *variance = tin_call_result(&call, nodes[2]);
  if (lacks_last_axis(tin_shape_of(variance), tin_shape_of(options.input)))
    variance = tin_unsqueeze_at(HERE, variance, -1);
  tin_tensor *still = tin_detach_at(HERE, variance);
  tin_tensor *least = tin_full_at(HERE, call.ctx, tin_dtype_of(variance), TIN_SHAPE(), options.eps == 0 ? 1e-6 : options.eps);
  tin_tensor *raised = tin_add_at(HERE, least, tin_sub_at(HERE, variance, still));
  options.third = tin_where_at(HERE, tin_lt_at(HERE, still, least), raised, variance);
  return by_formula(&formula, args, options.full ? 0.91893853320467274 /* log(2 pi) / 2 */ : 0);
}

/* ---- margins: targets are 1 or -1 ---- */

static double margin_or(const struct tin_loss_options *args, double otherwise) {
  return args->margin == 0 ? otherwise : args->margin < 0 ? 0 : args->margin;
}

/* log(1 + e^z) = max(z, 0) + log(1 + e^-|z|) with z = -target * input. */
tin_tensor *tin_soft_margin_args(struct tin_loss_options options) {
  static const struct formula formula = {"soft_margin", PAIR, "maximum(-b * a, 0) + log1p(exp(-abs(b * a)))"};
  return by_formula(&formula, &options, 0);
}

tin_tensor *tin_multilabel_soft_margin_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  static const struct formula formula = {"multilabel_soft_margin", PAIR, "maximum(a, 0) - a * b + log1p(exp(-abs(a)))"};
  struct tin_loss_options each = options;
  each.reduction = TIN_REDUCE_NONE;
  tin_tensor *values = by_formula(&formula, &each, 0);
  if (!tin_is_poison(values) && tin_shape_of(values).rank == 0)
    return tin_fail_at(HERE, tin_ctx_of(values), "multilabel_soft_margin: input and target are 0-d; the last axis is that of the classes");
  struct tin_reduce_options classes = {.file = args->file, .line = args->line, .x = values, .axes = TIN_AXES(-1)};
  return tin_is_poison(values) ? values : tin_loss_reduce(args, tin_mean_args(classes));
}

tin_tensor *tin_hinge_embedding_args(struct tin_loss_options options) {
  static const struct formula formula = {"hinge_embedding", PAIR, "(b == 1 ? 0 : c - a >= 0 ? c - a : 0) + (b == -1 ? 0 : a)"};
  return by_formula(&formula, &options, margin_or(&options, 1));
}

tin_tensor *tin_margin_ranking_args(struct tin_loss_options options) {
  static const struct formula formula = {"margin_ranking", {"input1", "input2", "target"}, "d - c * (a - b) >= 0 ? d - c * (a - b) : 0"};
  return by_formula(&formula, &options, options.margin);
}

/* ---- distances between vectors: the last axis goes ---- */

static tin_tensor *dot(const struct tin_loss_options *args, tin_tensor *a, tin_tensor *b) {
  struct tin_reduce_options last = {.file = args->file, .line = args->line, .x = tin_mul_at(HERE, a, b), .axes = TIN_AXES(-1)};
  return tin_sum_args(last);
}

/* The floats of the loss with a last axis to reduce; false with the error recorded. */
static bool resolve_vectors(struct tin_call *call, int count, tin_tensor **tensors, const char *const *names) {
  struct tin_node *nodes[MOST_OPERANDS];
  if (!tin_call_operands(call, count, tensors, names, nodes) || !tin_coerce(call, COERCE_FLOAT, count, tensors, names, nodes) ||
      !tin_broadcast_all(call, count, tensors, names, nodes))
    return false;
  if (nodes[0]->rank == 0) {
    tin_call_fail(call, "%s and %s are 0-d; vectors are needed", names[0], names[1]);
    return false;
  }
  for (int i = 0; i < count; i++)
    tensors[i] = tin_call_result(call, nodes[i]);
  return true;
}

tin_tensor *tin_cosine_embedding_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  static const char *const names[] = {"input1", "input2"};
  static const struct formula formula = {
      "cosine_embedding", {"cosine", "target", NULL}, "(b == 1 ? 1 - a : 0) + (b == -1 ? (a - c >= 0 ? a - c : 0) : 0)"};
  struct tin_call call = tin_call_of(HERE, formula.name);
  tin_tensor *x[2] = {options.input, options.target};
  if (!resolve_vectors(&call, 2, x, names))
    return tin_call_poison(&call);
  const double eps = 1e-12; /* PyTorch's EPSILON */
  tin_tensor *squares =
      tin_mul_at(HERE, tin_add_scalar_at(HERE, dot(args, x[0], x[0]), eps), tin_add_scalar_at(HERE, dot(args, x[1], x[1]), eps));
  options.input = tin_div_at(HERE, dot(args, x[0], x[1]), tin_sqrt_at(HERE, squares));
  options.target = options.third;
  return by_formula(&formula, args, options.margin);
}

/* ||x - y + eps||_p over the last axis. torch.nn.functional.pairwise_distance. */
static tin_tensor *distance(const struct tin_loss_options *args, tin_tensor *x, tin_tensor *y) {
  tin_tensor *difference = tin_add_scalar_at(HERE, tin_sub_at(HERE, x, y), args->eps == 0 ? 1e-6 : args->eps);
  return tin_norm_args((struct tin_norm_options){
      .file = args->file, .line = args->line, .x = difference, .p = args->p == 0 ? 2 : args->p, .axes = TIN_AXES(-1)});
}

tin_tensor *tin_triplet_margin_args(struct tin_loss_options options) {
  const struct tin_loss_options *args = &options;
  static const char *const names[] = {"anchor", "positive", "negative"};
  static const struct formula formula = {
      "triplet_margin", {"distance to positive", "distance to negative", NULL}, "a - b + c >= 0 ? a - b + c : 0"};
  struct tin_call call = tin_call_of(HERE, formula.name);
  tin_tensor *x[3] = {options.input, options.target, options.third};
  if (!resolve_vectors(&call, 3, x, names))
    return tin_call_poison(&call);
  options.input = distance(args, x[0], x[1]);
  options.target = distance(args, x[0], x[2]);
  if (args->swap)
    options.target = tin_minimum_at(HERE, options.target, distance(args, x[1], x[2]));
  return by_formula(&formula, args, margin_or(args, 1));
}

tin_tensor *tin_pairwise_distance_at(const char *file, int line, tin_tensor *x, tin_tensor *y, double p) {
  static const char *const names[] = {"x", "y"};
  struct tin_call call = tin_call_of(file, line, "pairwise_distance");
  struct tin_loss_options options = {.file = file, .line = line, .p = p};
  tin_tensor *vectors[2] = {x, y};
  return resolve_vectors(&call, 2, vectors, names) ? distance(&options, vectors[0], vectors[1]) : tin_call_poison(&call);
}

tin_tensor *tin_cosine_similarity_at(const char *file, int line, tin_tensor *x, tin_tensor *y, int axis) {
  static const char *const names[] = {"x", "y"};
  struct tin_call call = tin_call_of(file, line, "cosine_similarity");
  tin_tensor *vectors[2] = {x, y};
  if (!resolve_vectors(&call, 2, vectors, names))
    return tin_call_poison(&call);
  struct tin_reduce_options along = {.file = file, .line = line, .axes = TIN_AXES(axis)};
  for (int i = 0; i < 2; i++) {
    tin_tensor *length =
        tin_norm_args((struct tin_norm_options){.file = file, .line = line, .x = vectors[i], .p = 2, .axes = along.axes, .keepdims = true});
    vectors[i] = tin_div_at(file, line, vectors[i], tin_clamp_at(file, line, length, 1e-8, INFINITY));
  }
  along.x = tin_mul_at(file, line, vectors[0], vectors[1]);
  return tin_sum_args(along);
}
