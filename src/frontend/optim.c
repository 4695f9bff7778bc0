/* Optimisers: SGD, Adam, AdamW with PyTorch's formulas, as graph nodes, so that an update fuses with what makes its gradient.
 *
 * Numbers that change from step to step (learning rate, bias corrections) are run-time scalars: the second step finds the plan of the
 * first. The formulas stand in tinsmith_nn.h.
 */
#include "frontend/frontend.h"
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
  tin_tensor *lr[TIN_DTYPE_COUNT];         /* SGD: lr; Adam: lr / (1 - beta1^t) */
  tin_tensor *decay[TIN_DTYPE_COUNT];      /* AdamW: 1 - lr * weight_decay */
  tin_tensor *correction[TIN_DTYPE_COUNT]; /* SGD: weight of g in the buffer; Adam: 1 / sqrt(1 - beta2^t) */
};
#define HERE update->file, update->line

/* The run-time scalars in the order of struct update. */
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

static void make_scalars(struct update *update, tin_dtype dtype, bool first) {
  tin_optim *optim = update->optim;
  if (update->lr[dtype])
    return;
  struct tin_call call = tin_call_of(HERE, "step");
  struct tin_again *again = tin_call_enter(&call, optim->ctx) ? tin_again_add(&call, next_step) : NULL;
  if (!again) {
    tin_call_fail(&call, "out of memory");
    return;
  }
  again->object = optim;
  again->number = (uint64_t)dtype | (first ? FIRST_OF_STEP : 0);
  struct numbers numbers = numbers_of(optim);
  tin_tensor **scalars[TIN_AGAIN_SCALARS] = {&update->lr[dtype], &update->correction[dtype], &update->decay[dtype]};
  int count = optim->kind == OPTIM_ADAMW && optim->options.weight_decay != 0 ? 3 : 2;
  for (int i = 0; i < count; i++) {
    *scalars[i] = tin_scalar_at(HERE, optim->ctx, dtype, numbers.of[i]);
    again->scalars[i] = tin_is_poison(*scalars[i]) ? NULL : tin_slot_of(*scalars[i])->node;
  }
}

static tin_tensor *flush_tiny(const struct update *update, tin_tensor *x) {
  tin_ctx *ctx = update->optim->ctx;
  tin_tensor *limit = tin_full_at(HERE, ctx, tin_dtype_of(x), TIN_SHAPE(), flush_below);
  tin_tensor *zero = tin_full_at(HERE, ctx, tin_dtype_of(x), TIN_SHAPE(), 0);
  return tin_where_at(HERE, tin_lt_at(HERE, tin_abs_at(HERE, x), limit), zero, x);
}

/* f16 and bf16 parameters and states are updated in f32 and rounded when assigned. */
static tin_tensor *working(const struct update *update, tin_tensor *x) {
  return x && tin_dtype_is_half((int)tin_dtype_of(x)) ? tin_cast_at(HERE, x, TIN_F32) : x;
}

/* decay * old + weight * new */
static tin_tensor *average(const struct update *update, tin_tensor *old, double decay, tin_tensor *new_value, double weight) {
  return tin_add_at(HERE, tin_mul_scalar_at(HERE, old, decay), tin_mul_scalar_at(HERE, new_value, weight));
}

static tin_tensor *with_decay(const struct update *update, tin_tensor *grad, tin_tensor *weight) {
  double decay = update->optim->options.weight_decay;
  return decay == 0 ? grad : tin_add_at(HERE, grad, tin_mul_scalar_at(HERE, weight, decay));
}

static void step_sgd(const struct update *update, int param) {
  const tin_optim *optim = update->optim;
  tin_tensor *weight = working(update, optim->params[param]), *buffer = working(update, optim->states[param * MAX_STATES]);
  tin_dtype dtype = tin_dtype_of(weight);
  tin_tensor *grad = with_decay(update, working(update, optim->grads[param]), weight);
  if (buffer) {
    tin_tensor *fresh = tin_mul_at(HERE, grad, update->correction[dtype]);
    tin_tensor *next = flush_tiny(update, tin_add_at(HERE, tin_mul_scalar_at(HERE, buffer, optim->options.momentum), fresh));
    grad = optim->options.nesterov ? tin_add_at(HERE, grad, tin_mul_scalar_at(HERE, next, optim->options.momentum)) : next;
    tin_assign_at_site(HERE, optim->states[param * MAX_STATES], next);
  }
  tin_assign_at_site(HERE, optim->params[param], tin_sub_at(HERE, weight, tin_mul_at(HERE, grad, update->lr[dtype])));
}

static void step_adam(const struct update *update, int param) {
  const tin_optim *optim = update->optim;
  const double *betas = optim->options.betas;
  tin_tensor *weight = working(update, optim->params[param]), *grad = working(update, optim->grads[param]);
  tin_tensor **state = &optim->states[param * MAX_STATES];
  tin_dtype dtype = tin_dtype_of(weight);
  if (optim->kind == OPTIM_ADAM)
    grad = with_decay(update, grad, weight);
  tin_tensor *mean = flush_tiny(update, average(update, working(update, state[0]), betas[0], grad, 1 - betas[0]));
  tin_tensor *square = average(update, working(update, state[1]), betas[1], tin_square_at(HERE, grad), 1 - betas[1]);
  tin_tensor *root = tin_mul_at(HERE, tin_sqrt_at(HERE, square), update->correction[dtype]);
  tin_tensor *move = tin_div_at(HERE, mean, tin_add_scalar_at(HERE, root, optim->options.eps));
  tin_tensor *kept = update->decay[dtype] ? tin_mul_at(HERE, weight, update->decay[dtype]) : weight;
  tin_tensor *next = tin_sub_at(HERE, kept, tin_mul_at(HERE, move, update->lr[dtype]));
  tin_assign_at_site(HERE, state[0], mean);
  tin_assign_at_site(HERE, state[1], square);
  tin_assign_at_site(HERE, optim->params[param], next);
}

static bool step_with_grads(const char *file, int line, tin_optim *optim) {
  struct update update = {.file = file, .line = line, .optim = optim};
  advance(optim);
  for (int i = 0; i < optim->count; i++) {
    make_scalars(&update, tin_dtype_working((int)tin_dtype_of(optim->params[i])), i == 0);
    if (optim->kind == OPTIM_SGD)
      step_sgd(&update, i);
    else
      step_adam(&update, i);
  }
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
