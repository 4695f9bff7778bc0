/* Recurrent cells, and layers that run them along a sequence, step by step: the graph is unrolled. What a step takes from the input is one
 * contraction for all steps together; what it takes from the state is one of its own. */
#include "frontend/frontend.h"
#include "frontend/layer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Gates in a cell's weights, and what to call the cell. */
static const struct {
  int gates;
  const char *name;
} kinds[] = {[TIN_RNN_TANH] = {1, "rnn"}, [TIN_RNN_RELU] = {1, "rnn"}, [TIN_GRU] = {3, "gru"}, [TIN_LSTM] = {4, "lstm"}};

/* ---- making cells ---- */

/* The call's poison, with what is wrong recorded, or NULL. */
static tin_tensor *wrong_cell(const struct tin_rnn_options *args, const char *op) {
  if ((unsigned)args->kind > TIN_LSTM)
    return tin_fail_at(args->file, args->line, args->ctx, "%s: no kind %d", op, (int)args->kind);
  if (args->in >= 0 && args->hidden > 0)
    return NULL;
  return tin_fail_at(args->file, args->line, args->ctx, "%s: sizes %lld -> %lld", op, (long long)args->in, (long long)args->hidden);
}

/* The parameters with this behind their names. */
static tin_rnn_cell new_cell(const struct tin_rnn_options *args, int64_t in, const char *suffix) {
  struct tin_variable_options options = {
      .file = args->file, .line = args->line, .ctx = args->ctx, .name = args->name, .dtype = args->dtype};
  tin_rnn_cell cell = {.kind = args->kind};
  tin_tensor **parameters[] = {&cell.weight_ih, &cell.weight_hh, &cell.bias_ih, &cell.bias_hh};
  static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih", "bias_hh"};
  int64_t rows = kinds[args->kind].gates * args->hidden;
  const tin_shape shapes[] = {TIN_SHAPE(rows, in), TIN_SHAPE(rows, args->hidden), TIN_SHAPE(rows), TIN_SHAPE(rows)};
  for (int i = 0; i < (args->no_bias ? 2 : 4); i++) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", names[i], suffix);
    *parameters[i] = tin_layer_uniform(options, name, shapes[i], tin_layer_bound((double)args->hidden));
  }
  return cell;
}

tin_rnn_cell tin_rnn_cell_new_args(struct tin_rnn_options args) {
  tin_tensor *wrong = wrong_cell(&args, "rnn_cell_new");
  return wrong ? (tin_rnn_cell){.weight_ih = wrong, .weight_hh = wrong} : new_cell(&args, args.in, "");
}

tin_rnn tin_rnn_new_args(struct tin_rnn_options args) {
  int directions = args.bidirectional ? 2 : 1;
  tin_rnn rnn = {.layers = args.layers ? args.layers : 1, .bidirectional = args.bidirectional, .batch_first = args.batch_first};
  tin_tensor *wrong = wrong_cell(&args, "rnn_new");
  if (!wrong && (rnn.layers < 0 || rnn.layers > TIN_RNN_CELLS / directions))
    wrong =
        tin_fail_at(args.file, args.line, args.ctx, "rnn_new: %d layers; up to %d are possible", rnn.layers, TIN_RNN_CELLS / directions);
  if (wrong) {
    rnn.layers = 1, rnn.bidirectional = false;
    rnn.cell[0] = (tin_rnn_cell){.weight_ih = wrong, .weight_hh = wrong};
    return rnn;
  }
  for (int i = 0; i < rnn.layers * directions; i++) {
    char suffix[32];
    snprintf(suffix, sizeof suffix, "_l%d%s", i / directions, i % directions ? "_reverse" : "");
    rnn.cell[i] = new_cell(&args, i < directions ? args.in : args.hidden * directions, suffix);
  }
  return rnn;
}

/* ---- one step ---- */

/* A cell at work: its parameters widened, where it was called from. */
struct cell {
  const char *file;
  int line;
  enum tin_rnn_kind kind;
  int64_t hidden;
  tin_tensor *weight_ih, *weight_hh, *bias_ih, *bias_hh; /* weights transposed; biases may be NULL */
};

static struct cell prepare(const char *file, int line, const tin_rnn_cell *cell) {
  struct cell work = {.file = file, .line = line, .kind = cell->kind, .hidden = tin_shape_of(cell->weight_hh).size[1]};
  work.weight_ih = tin_transpose_at(file, line, tin_layer_widen(file, line, cell->weight_ih), 0, 1);
  work.weight_hh = tin_transpose_at(file, line, tin_layer_widen(file, line, cell->weight_hh), 0, 1);
  work.bias_ih = cell->bias_ih ? tin_layer_widen(file, line, cell->bias_ih) : NULL;
  work.bias_hh = cell->bias_hh ? tin_layer_widen(file, line, cell->bias_hh) : NULL;
  return work;
}

/* What the gates take from x, or from the state: [..., gates * hidden]. */
static tin_tensor *gates_of(const struct cell *cell, tin_tensor *x, tin_tensor *weight, tin_tensor *bias) {
  tin_tensor *y = tin_matmul_at(cell->file, cell->line, x, weight);
  return bias ? tin_add_at(cell->file, cell->line, y, bias) : y;
}

static tin_tensor *gate(const struct cell *cell, tin_tensor *all, int i) {
  return tin_slice_args((struct tin_slice_options){
      .file = cell->file, .line = cell->line, .x = all, .axis = -1, .start = i * cell->hidden, .stop = (i + 1) * cell->hidden});
}

/* The state after a step, from the input's part of the gates. */
static tin_rnn_state step(const struct cell *cell, tin_tensor *from_x, tin_rnn_state old) {
  const char *file = cell->file;
  int line = cell->line;
  tin_tensor *from_h = gates_of(cell, old.h, cell->weight_hh, cell->bias_hh);
  if (cell->kind == TIN_GRU) {
    tin_tensor *g[2];
    for (int i = 0; i < 2; i++)
      g[i] = tin_sigmoid_at(file, line, tin_add_at(file, line, gate(cell, from_x, i), gate(cell, from_h, i)));
    tin_tensor *reset = tin_mul_at(file, line, g[0], gate(cell, from_h, 2));
    tin_tensor *new = tin_tanh_at(file, line, tin_add_at(file, line, gate(cell, from_x, 2), reset));
    tin_tensor *fresh = tin_mul_at(file, line, tin_scalar_sub_at(file, line, 1, g[1]), new);
    return (tin_rnn_state){.h = tin_add_at(file, line, fresh, tin_mul_at(file, line, g[1], old.h))};
  }
  tin_tensor *all = tin_add_at(file, line, from_x, from_h);
  if (cell->kind != TIN_LSTM)
    return (tin_rnn_state){.h = cell->kind == TIN_RNN_RELU ? tin_relu_at(file, line, all) : tin_tanh_at(file, line, all)};
  tin_tensor *in = tin_sigmoid_at(file, line, gate(cell, all, 0)), *forget = tin_sigmoid_at(file, line, gate(cell, all, 1));
  tin_tensor *new = tin_tanh_at(file, line, gate(cell, all, 2)), *out = tin_sigmoid_at(file, line, gate(cell, all, 3));
  tin_tensor *c = tin_add_at(file, line, tin_mul_at(file, line, forget, old.c), tin_mul_at(file, line, in, new));
  return (tin_rnn_state){.h = tin_mul_at(file, line, out, tin_tanh_at(file, line, c)), .c = c};
}

/* ---- checks ---- */

/* x has the rank and ends in the cell's input size. */
static bool check_input(struct tin_call *call, tin_tensor *x, const tin_rnn_cell *cell, int least, int most, const char *axes) {
  struct tin_node *node = tin_call_operand(call, x, "x");
  int64_t in = tin_shape_of(cell->weight_ih).size[1];
  if (!node || tin_is_poison(cell->weight_ih))
    return false;
  if (node->rank >= least && node->rank <= most && node->shape[node->rank - 1] == in)
    return true;
  tin_call_fail(call, "%s is not %s with %lld features", tin_describe(x, "x", node).text, axes, (long long)in);
  return false;
}

/* The state, widened, or zeros where there is none; NULL with the error recorded when it has another shape. */
static tin_tensor *check_state(struct tin_call *call, tin_tensor *state, const char *name, tin_shape shape, tin_dtype dtype) {
  if (!state)
    return tin_full_at(call->file, call->line, call->ctx, dtype, shape, 0);
  struct tin_node *node = tin_call_operand(call, state, name);
  bool same = node && node->rank == shape.rank && memcmp(node->shape, shape.size, sizeof *shape.size * (size_t)shape.rank) == 0;
  if (node && !same)
    tin_call_fail(call, "%s must have shape %s", tin_describe(state, name, node).text, tin_shape_words(shape.rank, shape.size).text);
  return same ? tin_layer_widen(call->file, call->line, state) : NULL;
}

/* Both parts of the state; false with the error recorded. */
static bool check_states(struct tin_call *call, tin_rnn_state *state, const tin_rnn_cell *cell, tin_tensor *x, tin_shape shape) {
  bool is_lstm = cell->kind == TIN_LSTM;
  tin_dtype dtype = tin_dtype_promote(tin_dtype_of(x), tin_dtype_of(cell->weight_ih));
  dtype = dtype == TIN_F64 ? TIN_F64 : TIN_F32;
  if (!is_lstm && state->c) {
    tin_call_fail(call, "only an LSTM has a state c");
    return false;
  }
  state->h = check_state(call, state->h, "h", shape, dtype);
  state->c = is_lstm ? check_state(call, state->c, "c", shape, dtype) : NULL;
  return state->h && (state->c || !is_lstm);
}

/* ---- forward ---- */

/* A result rounded to what x and the weights are of. */
static tin_tensor *rounded(const struct tin_call *call, tin_tensor *y, tin_tensor *x, const tin_rnn_cell *cell) {
  return y ? tin_layer_round(call->file, call->line, y, 2, (tin_tensor *[]){x, cell->weight_hh}) : NULL;
}

tin_rnn_state tin_rnn_cell_forward_at(const char *file, int line, const tin_rnn_cell *cell, tin_tensor *x, tin_rnn_state state) {
  struct tin_call call = tin_call_of(file, line, kinds[cell->kind].name);
  if (check_input(&call, x, cell, 1, TIN_RANK_LIMIT, "[..., in]")) {
    struct cell work = prepare(file, line, cell);
    tin_shape shape = tin_shape_of(x);
    shape.size[shape.rank - 1] = work.hidden;
    if (check_states(&call, &state, cell, x, shape)) {
      tin_tensor *from_x = gates_of(&work, tin_layer_widen(file, line, x), work.weight_ih, work.bias_ih);
      tin_rnn_state next = step(&work, from_x, state);
      return (tin_rnn_state){.h = rounded(&call, next.h, x, cell), .c = rounded(&call, next.c, x, cell)};
    }
  }
  return (tin_rnn_state){.h = tin_call_poison(&call), .c = cell->kind == TIN_LSTM ? tin_call_poison(&call) : NULL};
}

/* One cell along the sequence x [T, ...]; the outputs, stacked, and the state at the end in *state. steps: room for T. */
static tin_tensor *run(const struct cell *cell, tin_tensor *x, int64_t length, bool reverse, tin_rnn_state *state, tin_tensor **steps) {
  tin_tensor *from_x = gates_of(cell, x, cell->weight_ih, cell->bias_ih);
  for (int64_t i = 0; i < length; i++) {
    int64_t t = reverse ? length - 1 - i : i;
    *state = step(cell, tin_select_at(cell->file, cell->line, from_x, 0, t), *state);
    steps[t] = state->h;
  }
  return tin_stack_at(cell->file, cell->line, (tin_list){steps, (int)length}, 0);
}

/* All layers; x is [T, ...], and its result is. states: those of every cell, replaced by those at the end. */
static tin_tensor *run_layers(const struct tin_call *call, const tin_rnn *rnn, tin_tensor *x, int64_t length, tin_rnn_state *states,
                              tin_tensor **steps) {
  int directions = rnn->bidirectional ? 2 : 1;
  for (int layer = 0; layer < rnn->layers; layer++) {
    tin_tensor *out[2];
    for (int d = 0; d < directions; d++) {
      int i = layer * directions + d;
      struct cell cell = prepare(call->file, call->line, &rnn->cell[i]);
      out[d] = run(&cell, x, length, d == 1, &states[i], steps);
    }
    x = directions == 1 ? out[0] : tin_concat_at(call->file, call->line, TIN_LIST(out[0], out[1]), -1);
  }
  return x;
}

/* The states at the end, stacked as PyTorch does. */
static tin_rnn_state gather(const struct tin_call *call, const tin_rnn *rnn, tin_tensor *x, const tin_rnn_state *states, int count) {
  tin_tensor *h[TIN_RNN_CELLS], *c[TIN_RNN_CELLS];
  for (int i = 0; i < count; i++)
    h[i] = states[i].h, c[i] = states[i].c;
  tin_rnn_state all = {.h = rounded(call, tin_stack_at(call->file, call->line, (tin_list){h, count}, 0), x, &rnn->cell[0])};
  if (rnn->cell[0].kind == TIN_LSTM)
    all.c = rounded(call, tin_stack_at(call->file, call->line, (tin_list){c, count}, 0), x, &rnn->cell[0]);
  return all;
}

/* The result, or poison, and the states at the end. */
static tin_tensor *forward(struct tin_call *call, const tin_rnn *rnn, tin_tensor *x, tin_rnn_state state, tin_rnn_state *end) {
  const tin_rnn_cell *first = &rnn->cell[0];
  const char *file = call->file;
  int line = call->line, count = rnn->layers * (rnn->bidirectional ? 2 : 1);
  if (!check_input(call, x, first, 2, 3, rnn->batch_first ? "[N, T, in] or [T, in]" : "[T, N, in] or [T, in]"))
    return NULL;
  tin_shape shape = tin_shape_of(x);
  bool swap = rnn->batch_first && shape.rank == 3;
  int64_t length = shape.size[swap];
  shape.size[shape.rank - 1] = tin_shape_of(first->weight_hh).size[1];
  shape.size[shape.rank - 2] = shape.rank == 3 ? shape.size[!swap] : count;
  shape.size[0] = count;
  if (length < 1 || length > INT32_MAX)
    tin_call_fail(call, "the sequence has %lld steps", (long long)length);
  if (length < 1 || length > INT32_MAX || !check_states(call, &state, first, x, shape))
    return NULL;
  tin_rnn_state states[TIN_RNN_CELLS];
  for (int i = 0; i < count; i++)
    states[i] =
        (tin_rnn_state){.h = tin_select_at(file, line, state.h, 0, i), .c = state.c ? tin_select_at(file, line, state.c, 0, i) : NULL};
  tin_tensor **steps = tin_call_alloc(call, (size_t)length, sizeof *steps, 1, &x);
  if (!steps)
    return NULL;
  tin_tensor *wide = tin_layer_widen(file, line, x);
  tin_tensor *y = run_layers(call, rnn, swap ? tin_transpose_at(file, line, wide, 0, 1) : wide, length, states, steps);
  free(steps);
  if (end)
    *end = gather(call, rnn, x, states, count);
  return rounded(call, swap ? tin_transpose_at(file, line, y, 0, 1) : y, x, first);
}

tin_tensor *tin_rnn_forward_at(const char *file, int line, const tin_rnn *rnn, tin_tensor *x, tin_rnn_state state, tin_rnn_state *end) {
  enum tin_rnn_kind kind = rnn->cell[0].kind;
  struct tin_call call = tin_call_of(file, line, kinds[kind].name);
  tin_tensor *y = forward(&call, rnn, x, state, end);
  if (!y && end)
    *end = (tin_rnn_state){.h = tin_call_poison(&call), .c = kind == TIN_LSTM ? tin_call_poison(&call) : NULL};
  return y ? y : tin_call_poison(&call);
}
