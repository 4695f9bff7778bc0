/* Gradients against central differences, element by element (torch.autograd.gradcheck and gradgradcheck). Every evaluation builds the
 * function anew on leaves of its own inside a scope, so all of them share one plan. */
#include "frontend/frontend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One input as data. */
struct input {
  tin_shape shape;
  tin_dtype dtype;
  int64_t size;
  size_t bytes;
  char *data;
  bool checked; /* f64: differentiated; integers and bool are only passed on */
};

struct check {
  struct tin_call call;
  struct tin_gradcheck_options options;
  bool second; /* of the gradient instead of the function */
  struct input *inputs;
  int count;
  int64_t columns, rows; /* elements of the checked inputs, of the result */
  tin_tensor **leaves;   /* by input, of the open scope */
  tin_tensor **wrt;      /* those that are checked */
  tin_tensor **gradients;
  int n_wrt;
  double *analytic, *numeric; /* analytic: [rows, columns]; numeric: room for two results */
  uint64_t random_scope;
  bool evaluated;
};

/* ---- evaluating ---- */

/* Opens a scope with fresh leaves. Random numbers are those of the first scope every time: all evaluations are of the same function. */
static tin_scope open_scope(struct check *check) {
  tin_ctx *ctx = check->call.ctx;
  tin_scope scope = tin_begin_at(check->call.file, check->call.line, ctx);
  check->random_scope = check->evaluated ? check->random_scope : ctx->scope->random_scope;
  ctx->scope->random_scope = check->random_scope;
  check->evaluated = true;
  check->n_wrt = 0;
  for (int i = 0; i < check->count; i++) {
    const struct input *input = &check->inputs[i];
    check->leaves[i] = tin_from_at(check->call.file, check->call.line, ctx, input->dtype, input->shape, input->data);
    if (input->checked)
      check->wrt[check->n_wrt++] = check->leaves[i];
  }
  return scope;
}

/* Weights of the outputs whose sum the second derivative is taken of: different for each, none of them 0. */
static tin_tensor *weights(const struct check *check, tin_tensor *y) {
  tin_ctx *ctx = check->call.ctx;
  tin_tensor *angle = tin_arange_at(check->call.file, check->call.line, ctx, TIN_F64, tin_size_of(y), 0.3, 1);
  tin_tensor *cosine = tin_cos_at(check->call.file, check->call.line, angle);
  return tin_reshape_at(check->call.file, check->call.line, cosine, tin_shape_of(y));
}

/* The result under test in the open scope, as a vector. */
static tin_tensor *result_of(struct check *check) {
  const char *file = check->call.file;
  int line = check->call.line;
  tin_tensor *y = check->options.function(check->options.user, (tin_list){check->leaves, check->count});
  if (check->second && !tin_is_poison(y)) {
    tin_vjp_at(file, line, y, weights(check, y), (tin_list){check->wrt, check->n_wrt}, check->gradients);
    for (int i = 0; i < check->n_wrt; i++)
      check->gradients[i] = tin_flatten_at(file, line, check->gradients[i], 0, -1);
    return tin_concat_at(file, line, (tin_list){check->gradients, check->n_wrt}, 0);
  }
  return tin_flatten_at(file, line, y, 0, -1);
}

/* The value of the function at the inputs' data. */
static bool evaluate(struct check *check, double *out) {
  tin_scope scope = open_scope(check);
  tin_tensor *y = tin_cast_at(check->call.file, check->call.line, result_of(check), TIN_F64);
  bool good = !tin_is_poison(y) && tin_read_at(check->call.file, check->call.line, y, out, (size_t)check->rows * sizeof *out);
  return tin_end_at(check->call.file, check->call.line, scope) && good;
}

/* One row of the Jacobian: the gradient of one element of the result. */
static bool differentiate(struct check *check, int64_t row, double *cotangent) {
  const char *file = check->call.file;
  int line = check->call.line;
  tin_scope scope = open_scope(check);
  memset(cotangent, 0, (size_t)check->rows * sizeof *cotangent);
  cotangent[row] = 1;
  tin_tensor *y = result_of(check), *v = tin_from_at(file, line, check->call.ctx, TIN_F64, (tin_shape){1, {check->rows}}, cotangent);
  bool good = tin_vjp_at(file, line, y, v, (tin_list){check->wrt, check->n_wrt}, check->gradients);
  good = good && tin_realize_at(file, line, (tin_list){check->gradients, check->n_wrt});
  double *to = check->analytic + row * check->columns;
  for (int i = 0, at = 0; good && i < check->count; i++) {
    if (!check->inputs[i].checked)
      continue;
    good = tin_read_at(file, line, check->gradients[at++], to, check->inputs[i].bytes);
    to += check->inputs[i].size;
  }
  return tin_end_at(file, line, scope) && good;
}

/* ---- comparing ---- */

static void report(struct check *check, int input, int64_t element, int64_t row, double analytic, double numeric) {
  int64_t index[TIN_MAX_RANK];
  const tin_shape *shape = &check->inputs[input].shape;
  for (int axis = shape->rank - 1; axis >= 0; axis--) {
    index[axis] = element % shape->size[axis];
    element /= shape->size[axis];
  }
  tin_call_fail(&check->call, "%s by element %s of input %d, of element %lld of the %s: the graph gives %.9g, differences give %.9g",
                check->second ? "second derivative" : "derivative", tin_shape_words(shape->rank, index).text, input, (long long)row,
                check->second ? "gradient" : "result", analytic, numeric);
}

/* The column of one element of an input by differences, compared with the rows of the graph's. */
static bool compare(struct check *check, int input, int64_t element, int64_t column) {
  const struct tin_gradcheck_options *options = &check->options;
  double *x = (double *)(void *)check->inputs[input].data + element, *above = check->numeric, *below = check->numeric + check->rows;
  double at = *x;
  *x = at + options->eps;
  bool good = evaluate(check, above);
  *x = at - options->eps;
  good = good && evaluate(check, below);
  *x = at;
  for (int64_t row = 0; good && row < check->rows; row++) {
    double numeric = (above[row] - below[row]) / (2 * options->eps), analytic = check->analytic[row * check->columns + column];
    good = fabs(analytic - numeric) <= options->atol + options->rtol * fabs(numeric);
    if (!good)
      report(check, input, element, row, analytic, numeric);
  }
  return good;
}

static bool compare_all(struct check *check) {
  int64_t column = 0;
  for (int i = 0; i < check->count; i++)
    for (int64_t element = 0; check->inputs[i].checked && element < check->inputs[i].size; element++)
      if (!compare(check, i, element, column++))
        return false;
  return true;
}

/* The number of elements of the result. */
static bool find_rows(struct check *check) {
  tin_scope scope = open_scope(check);
  tin_tensor *y = result_of(check);
  bool good = !tin_is_poison(y);
  if (good && !tin_dtype_is_float((int)tin_dtype_of(y))) {
    tin_call_fail(&check->call, "the function's result is %s; gradients need floats", tin_dtype_name(tin_dtype_of(y)));
    good = false;
  } else if (!good && tin_ok(check->call.ctx)) {
    tin_call_fail(&check->call, "the function returned NULL or poison");
  }
  check->rows = good ? tin_size_of(y) : 0;
  return tin_end_at(check->call.file, check->call.line, scope) && good;
}

/* The check of the function (or, `second`, of its gradient). */
static bool run(struct check *check) {
  if (!find_rows(check))
    return false;
  size_t rows = (size_t)check->rows, columns = (size_t)check->columns;
  double *memory = tin_call_alloc(&check->call, rows * columns + 3 * rows + 1, sizeof *memory, 0, NULL);
  check->analytic = memory;
  check->numeric = memory ? memory + rows * columns : NULL;
  bool good = memory;
  for (int64_t row = 0; good && row < check->rows; row++)
    good = differentiate(check, row, check->numeric + 2 * rows);
  good = good && compare_all(check);
  free(memory);
  return good;
}

/* ---- the inputs ---- */

static bool take_input(struct check *check, int i) {
  struct input *input = &check->inputs[i];
  tin_tensor *x = check->options.inputs.at[i];
  input->shape = tin_shape_of(x);
  input->dtype = tin_dtype_of(x);
  input->size = tin_size_of(x);
  input->bytes = (size_t)input->size * tin_dtype_size(input->dtype);
  input->checked = input->dtype == TIN_F64;
  check->columns += input->checked ? input->size : 0;
  if (tin_dtype_is_float((int)input->dtype) && !input->checked) {
    tin_call_fail(&check->call, "input %d is %s: differences need f64", i, tin_dtype_name(input->dtype));
    return false;
  }
  input->data = tin_call_alloc(&check->call, input->bytes + 1, 1, 0, NULL);
  return input->data && tin_read_at(check->call.file, check->call.line, x, input->data, input->bytes);
}

static bool take_inputs(struct check *check) {
  size_t count = (size_t)check->count;
  check->inputs = tin_call_alloc(&check->call, count + 1, sizeof *check->inputs, 0, NULL);
  check->leaves = tin_call_alloc(&check->call, 3 * count + 1, sizeof(tin_tensor *), 0, NULL);
  if (!check->inputs || !check->leaves)
    return false;
  check->wrt = check->leaves + count;
  check->gradients = check->wrt + count;
  for (int i = 0; i < check->count; i++)
    if (!take_input(check, i))
      return false;
  if (check->columns == 0)
    tin_call_fail(&check->call, "no input is f64 and has elements");
  return check->columns > 0;
}

static bool resolve(struct check *check) {
  tin_list inputs = check->options.inputs;
  struct tin_node **nodes = tin_call_alloc(&check->call, (size_t)check->count + 1, sizeof *nodes, check->count, inputs.at);
  check->call.items = "input";
  bool good = nodes && tin_call_operands(&check->call, check->count, inputs.at, NULL, nodes);
  free(nodes);
  if (good && !check->options.function)
    tin_call_fail(&check->call, "the function is NULL");
  return good && check->options.function && tin_ok(check->call.ctx);
}

bool tin_gradcheck_args(struct tin_gradcheck_options args) {
  struct check check = {.call = tin_call_of(args.file, args.line, "gradcheck"), .options = args};
  struct tin_gradcheck_options *options = &check.options;
  options->eps = args.eps == 0 ? 1e-6 : args.eps;
  options->atol = args.atol == 0 ? 1e-5 : args.atol;
  options->rtol = args.rtol == 0 ? 1e-3 : args.rtol;
  check.count = args.inputs.at && args.inputs.count > 0 ? args.inputs.count : 0;
  bool good = resolve(&check) && take_inputs(&check) && run(&check);
  if (good && args.second_order) {
    check.second = true;
    good = run(&check);
  }
  for (int i = 0; check.inputs && i < check.count; i++)
    free(check.inputs[i].data);
  free(check.inputs);
  free(check.leaves);
  return good;
}
