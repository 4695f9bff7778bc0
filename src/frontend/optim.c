/* Optimisers: SGD, Adam, AdamW with PyTorch's formulas, as graph nodes, so that an update fuses with what makes its gradient.
 *
 * Numbers that change from step to step (learning rate, bias corrections) are run-time scalars: the second step finds the plan of the
 * first. The formulas stand in tinsmith_nn.h.
 */
#include "frontend/frontend.h"
#include "ir/trace.h"
#include "tinsmith_nn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum optim_kind { OPTIM_SGD, OPTIM_ADAM, OPTIM_ADAMW };
enum { MAX_STATES = 2 };

struct tin_optim {
  enum optim_kind kind;
  tin_ctx *ctx;
  int count; /* parameters */
  tin_tensor **params;
  tin_tensor **states; /* MAX_STATES a parameter: momentum buffer, or first and second moment */
  tin_tensor **grads;  /* scratch of a step */
  struct tin_optim_options options;
  int64_t step;     /* steps taken */
  double powers[2]; /* betas[i] to the number of steps */
};

/* Below this a moment is nothing beside a gradient that matters, and far from the denormals (1e-38), where arithmetic is slow. */
static const double flush_below = 1e-30;

/* ---- making ---- */

static const char *const state_names[][MAX_STATES] = {
    [OPTIM_SGD] = {"momentum_buffer", NULL}, [OPTIM_ADAM] = {"exp_avg", "exp_avg_sq"}, [OPTIM_ADAMW] = {"exp_avg", "exp_avg_sq"}};

static const char *const kind_names[] = {[OPTIM_SGD] = "sgd", [OPTIM_ADAM] = "adam", [OPTIM_ADAMW] = "adamw"};

static int states_needed(const tin_optim *optim) {
  if (optim->kind == OPTIM_SGD)
    return optim->options.momentum != 0;
  return 2;
}

static void make_states(tin_optim *optim, int param) {
  tin_tensor *weight = optim->params[param];
  char name[256];
  for (int state = 0; state < states_needed(optim); state++) {
    const char *of = tin_name_of(weight);
    snprintf(name, sizeof name, "%s.%s", of ? of : "", state_names[optim->kind][state]);
    optim->states[param * MAX_STATES + state] = tin_state_args((struct tin_variable_options){.file = optim->options.file,
                                                                                             .line = optim->options.line,
                                                                                             .ctx = optim->ctx,
                                                                                             .shape = tin_shape_of(weight),
                                                                                             .dtype = tin_dtype_of(weight),
                                                                                             .name = of ? name : NULL});
  }
}

static void fill_defaults(enum optim_kind kind, struct tin_optim_options *options) {
  options->lr = options->lr == 0 ? 1e-3 : options->lr;
  options->betas[0] = options->betas[0] == 0 ? 0.9 : options->betas[0];
  options->betas[1] = options->betas[1] == 0 ? 0.999 : options->betas[1];
  options->eps = options->eps == 0 ? 1e-8 : options->eps;
  if (options->weight_decay == 0 && kind == OPTIM_ADAMW)
    options->weight_decay = 1e-2;
  if (options->weight_decay < 0)
    options->weight_decay = 0;
}

static const char *complaint(const struct tin_optim_options *options) {
  if (!(options->lr >= 0))
    return "lr is negative";
  if (!(options->betas[0] >= 0 && options->betas[0] < 1 && options->betas[1] >= 0 && options->betas[1] < 1))
    return "betas must lie in 0 .. 1, 1 excluded";
  if (!(options->eps >= 0))
    return "eps is negative";
  if (!(options->momentum >= 0))
    return "momentum is negative";
  if (options->nesterov && (options->momentum == 0 || options->dampening != 0))
    return "nesterov needs momentum and no dampening";
  return NULL;
}

static tin_optim *optim_new(enum optim_kind kind, struct tin_optim_options options) {
  tin_ctx *ctx = options.params.count ? tin_ctx_of(options.params.at[0]) : NULL;
  if (!ctx)
    return NULL; /* a step with NULL tells the loss's context */
  fill_defaults(kind, &options);
  if (complaint(&options)) {
    tin_fail_at(options.file, options.line, ctx, "%s: %s", kind_names[kind], complaint(&options));
    return NULL;
  }
  size_t count = (size_t)options.params.count;
  tin_optim *optim = tin_arena_alloc(&ctx->arena, sizeof *optim);
  tin_tensor **lists = tin_arena_alloc(&ctx->arena, count * (2 + MAX_STATES) * sizeof *lists);
  if (!optim || !lists) {
    tin_fail_at(options.file, options.line, ctx, "%s: out of memory", kind_names[kind]);
    return NULL;
  }
  *optim = (tin_optim){.kind = kind, .ctx = ctx, .count = options.params.count, .params = lists, .options = options};
  optim->powers[0] = optim->powers[1] = 1;
  optim->grads = lists + count;
  optim->states = lists + 2 * count;
  memcpy(optim->params, options.params.at, count * sizeof *lists);
  for (int i = 0; i < optim->count; i++)
    make_states(optim, i);
  return optim;
}

tin_optim *tin_sgd_args(struct tin_optim_options args) {
  return optim_new(OPTIM_SGD, args);
}
tin_optim *tin_adam_args(struct tin_optim_options args) {
  return optim_new(OPTIM_ADAM, args);
}
tin_optim *tin_adamw_args(struct tin_optim_options args) {
  return optim_new(OPTIM_ADAMW, args);
}

void tin_set_lr(tin_optim *optim, double lr) {
  if (optim)
    optim->options.lr = lr;
}

double tin_get_lr(const tin_optim *optim) {
  return optim ? optim->options.lr : 0;
}

/* ---- one step ---- */

/* One step's view: where it was asked for, and its run-time scalars by dtype. */
struct update {
  const char *file;
  int line;
  tin_optim *optim;
  struct tin_node *scalars[TIN_DTYPE_COUNT][TIN_AGAIN_SCALARS]; /* the last: AdamW only, else NULL */
};

/* The nodes that a parameter's update is made of. */
enum { WEIGHT, GRAD, STATE, LAST_STATE = STATE + MAX_STATES - 1, LR, CORRECTION, DECAY, N_OPERANDS };
_Static_assert((int)N_OPERANDS == (int)LR + (int)TIN_AGAIN_SCALARS, "the scalars are the last operands");

/* The run-time scalars. SGD: lr, weight of g in the buffer. Adam: lr / (1 - beta1^t), 1 / sqrt(1 - beta2^t); AdamW: 1 - lr * weight_decay.
 */
struct numbers {
  double of[TIN_AGAIN_SCALARS];
};

static struct numbers numbers_of(const tin_optim *optim) {
  const struct tin_optim_options *options = &optim->options;
  if (optim->kind == OPTIM_SGD)
    return (struct numbers){{options->lr, optim->step == 1 ? 1 : 1 - options->dampening}};
  return (struct numbers){{options->lr / (1 - optim->powers[0]), 1 / sqrt(1 - optim->powers[1]), 1 - options->lr * options->weight_decay}};
}

static void advance(tin_optim *optim) {
  optim->step++;
  optim->powers[0] *= optim->options.betas[0];
  optim->powers[1] *= optim->options.betas[1];
}

/* In a replay: number is the scalars' dtype, and whether they are the step's first. */
enum { FIRST_OF_STEP = 1 << 8 };

static void next_step(const struct tin_again *again, tin_ctx *ctx, uint64_t *bits) {
  tin_optim *optim = again->object;
  (void)ctx;
  if (again->number & FIRST_OF_STEP)
    advance(optim);
  struct numbers numbers = numbers_of(optim);
  for (int i = 0; i < TIN_AGAIN_SCALARS; i++)
    bits[i] = tin_scalar_from_double(numbers.of[i], (tin_dtype)(again->number & ~(uint64_t)FIRST_OF_STEP));
}

static bool make_scalars(struct update *update, struct tin_call *call, tin_dtype dtype, bool first) {
  tin_optim *optim = update->optim;
  if (update->scalars[dtype][0])
    return true;
  struct tin_again *again = tin_again_add(call, next_step);
  struct numbers numbers = numbers_of(optim);
  int count = optim->kind == OPTIM_ADAMW && optim->options.weight_decay != 0 ? 3 : 2;
  for (int i = 0; again && i < count; i++) {
    uint64_t bits = tin_scalar_from_double(numbers.of[i], dtype);
    again->scalars[i] = update->scalars[dtype][i] = tin_node_scalar(call->graph, dtype, bits);
    if (!again->scalars[i])
      again = NULL;
  }
  if (!again) {
    tin_call_fail(call, "out of memory");
    return false;
  }
  again->object = optim;
  again->number = (uint64_t)dtype | (first ? FIRST_OF_STEP : 0);
  return true;
}

/* ---- formulas ---- */

static struct tin_node *times(struct tin_graph *graph, struct tin_node *x, struct tin_node *scalar) {
  return x ? make_binary(graph, OP_MUL, x, make_broadcast(graph, scalar, x->rank, x->shape)) : NULL;
}

static struct tin_node *times_number(struct tin_graph *graph, struct tin_node *x, double number) {
  return make_binary(graph, OP_MUL, x, make_number(graph, x, number));
}

static struct tin_node *flush_tiny(struct tin_graph *graph, struct tin_node *x) {
  struct tin_node *tiny = make_binary(graph, OP_LT, make_unary(graph, OP_ABS, x), make_number(graph, x, flush_below));
  return make_select(graph, tiny, make_number(graph, x, 0), x);
}

/* decay * old + weight * new */
static struct tin_node *average(struct tin_graph *graph, struct tin_node *old, double decay, struct tin_node *new_value, double weight) {
  return make_binary(graph, OP_ADD, times_number(graph, old, decay), times_number(graph, new_value, weight));
}

static struct tin_node *with_decay(struct tin_graph *graph, const tin_optim *optim, struct tin_node *const *in) {
  double decay = optim->options.weight_decay;
  return decay == 0 ? in[GRAD] : make_binary(graph, OP_ADD, in[GRAD], times_number(graph, in[WEIGHT], decay));
}

/* next: the parameter, then its states, or NULL. */
static void update_sgd(struct tin_graph *graph, const tin_optim *optim, struct tin_node *const *in, struct tin_node **next) {
  struct tin_node *grad = with_decay(graph, optim, in);
  if (in[STATE]) {
    struct tin_node *fresh = times(graph, grad, in[CORRECTION]), *old = times_number(graph, in[STATE], optim->options.momentum);
    next[1] = flush_tiny(graph, make_binary(graph, OP_ADD, old, fresh));
    grad = optim->options.nesterov ? make_binary(graph, OP_ADD, grad, times_number(graph, next[1], optim->options.momentum)) : next[1];
  }
  next[0] = make_binary(graph, OP_SUB, in[WEIGHT], times(graph, grad, in[LR]));
}

static void update_adam(struct tin_graph *graph, const tin_optim *optim, struct tin_node *const *in, struct tin_node **next) {
  const double *betas = optim->options.betas;
  struct tin_node *grad = optim->kind == OPTIM_ADAM ? with_decay(graph, optim, in) : in[GRAD];
  struct tin_node *mean = next[1] = flush_tiny(graph, average(graph, in[STATE], betas[0], grad, 1 - betas[0]));
  struct tin_node *square = make_binary(graph, OP_MUL, grad, grad);
  next[2] = average(graph, in[LAST_STATE], betas[1], square, 1 - betas[1]);
  struct tin_node *root = times(graph, make_unary(graph, OP_SQRT, next[2]), in[CORRECTION]);
  struct tin_node *move = make_binary(graph, OP_DIV, mean, make_binary(graph, OP_ADD, root, make_number(graph, root, optim->options.eps)));
  struct tin_node *kept = in[DECAY] ? times(graph, in[WEIGHT], in[DECAY]) : in[WEIGHT];
  next[0] = make_binary(graph, OP_SUB, kept, times(graph, move, in[LR]));
}

struct formula {
  const tin_optim *optim;
  struct tin_node *in[N_OPERANDS];
};

static bool apply(struct tin_graph *graph, void *context, struct tin_node **next) {
  const struct formula *formula = context;
  next[1] = next[2] = NULL;
  (formula->optim->kind == OPTIM_SGD ? update_sgd : update_adam)(graph, formula->optim, formula->in, next);
  bool good = next[0];
  for (int i = 0; i < states_needed(formula->optim); i++)
    good = good && next[1 + i];
  return good;
}

/* ---- a parameter ---- */

/* Weight, gradient and states as they are computed with: f16 and bf16 in f32 (and rounded when assigned). False with the error recorded. */
static bool take_operands(const struct update *update, struct tin_call *call, int param, struct formula *formula) {
  const tin_optim *optim = update->optim;
  tin_tensor *const *states = &optim->states[param * MAX_STATES],
                    *tensors[] = {optim->params[param], optim->grads[param], states[0], states[1]};
  static const char *const names[] = {"parameter", "gradient", "state", "state"};
  struct tin_node **in = formula->in;
  if (!tin_call_operands(call, 2 + states_needed(optim), tensors, names, in))
    return false;
  const struct tin_node *weight = in[WEIGHT];
  if (!tin_node_broadcasts_to(in[GRAD], weight->rank, weight->shape)) {
    tin_call_fail(call, "the gradient %s does not fit %s", tin_describe(tensors[GRAD], "gradient", in[GRAD]).text,
                  tin_describe(tensors[WEIGHT], "parameter", weight).text);
    return false;
  }
  tin_dtype dtype = tin_dtype_working(weight->dtype);
  in[GRAD] = make_broadcast(call->graph, in[GRAD], weight->rank, weight->shape);
  for (int i = 0; i < LR; i++)
    in[i] = in[i] ? make_cast(call->graph, in[i], dtype) : NULL;
  return true;
}

static bool step_param(struct update *update, int param) {
  const tin_optim *optim = update->optim;
  struct tin_call call = tin_call_of(update->file, update->line, "step");
  struct formula formula = {.optim = optim};
  struct tin_node *next[1 + MAX_STATES];
  if (!take_operands(update, &call, param, &formula))
    return false;
  tin_dtype dtype = tin_dtype_working((int)tin_dtype_of(optim->params[param]));
  if (!make_scalars(update, &call, dtype, param == 0))
    return false;
  memcpy(&formula.in[LR], update->scalars[dtype], sizeof update->scalars[dtype]);
  int64_t number = (int64_t)(intptr_t)optim;
  struct tin_node like = {.op = TIN_TRACED_UPDATE, .n_in = N_OPERANDS, .in = formula.in, .n_arg = 1, .arg = &number};
  if (!tin_trace_function(call.graph, &like, next, 1 + MAX_STATES, apply, &formula)) {
    tin_call_fail(&call, "out of memory");
    return false;
  }
  for (int i = 0; i < states_needed(optim); i++)
    if (!tin_storage_assign(&call, optim->states[param * MAX_STATES + i], next[1 + i]))
      return false;
  return tin_storage_assign(&call, optim->params[param], next[0]);
}

static bool step_with_grads(const char *file, int line, tin_optim *optim) {
  struct update update = {.file = file, .line = line, .optim = optim};
  advance(optim);
  for (int i = 0; i < optim->count; i++)
    step_param(&update, i);
  return tin_ok(optim->ctx);
}

bool tin_step_at(const char *file, int line, tin_optim *optim, tin_tensor *loss) {
  if (!optim) {
    tin_fail_at(file, line, tin_ctx_of(loss), "step: the optimiser is NULL");
    return false;
  }
  tin_list params = {optim->params, optim->count};
  return tin_grad_at(file, line, loss, params, optim->grads) && step_with_grads(file, line, optim);
}

bool tin_step_with_at(const char *file, int line, tin_optim *optim, tin_list gradients) {
  if (!optim)
    return false;
  if (gradients.count != optim->count) {
    tin_fail_at(file, line, optim->ctx, "step: %d gradients for %d parameters", gradients.count, optim->count);
    return false;
  }
  memcpy(optim->grads, gradients.at, (size_t)optim->count * sizeof *optim->grads);
  return step_with_grads(file, line, optim);
}
