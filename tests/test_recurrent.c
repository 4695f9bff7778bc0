/* Recurrent cells and layers: values and gradients against PyTorch 1.13, bits, errors. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tinsmith_nn.h"

#include "context.h"
#include "ramp.h"
#include "ways.h"

static const char *const kind_names[] = {"tanh", "relu", "gru", "lstm"};

/* The context's parameters as the expected numbers were computed from. */
static void fill(tin_ctx *ctx) {
  tin_list params = tin_params(ctx);
  for (int i = 0; i < params.count; i++)
    tin_assign(params.at[i], tin_mul_scalar(ramp(ctx, tin_shape_of(params.at[i]), 0.9 - 0.1 * (i % 4), 0.2 + 0.1 * i), 0.7));
}

/* ---- cells ---- */

/* clang-format off */
static const struct cell_case {
  tin_rnn_kind kind;
  bool no_bias;
  double want[8]; /* weighted sums of the result and of the gradients for x, h, (c,) and the parameters */
} cell_cases[] = {
    {TIN_RNN_TANH, false, {0.662108533989773, -0.174617783213871, -0.470662193542501, -0.306223050527403, -0.856064947897449, -0.802793732325623, -0.802793732325623}},
    {TIN_RNN_TANH, true, {1.16980184745976, 0.279459617483808, 0.405096505137964, 0.546503793438355, -0.595680790861321}},
    {TIN_RNN_RELU, false, {2.63313941991205, 1.44125739060933, 1.06778284528096, 1.5160070785546, 3.56368846198822, 1.12198795563544, 1.12198795563544}},
    {TIN_RNN_RELU, true, {1.42023480611665, 0.414186024085007, 0.033943526916761, 0.299705080482844, 2.04570414371622}},
    {TIN_GRU, false, {2.600598580829, 0.250355257854946, 1.72804376716037, 0.340083327363518, 0.657924451911751, 0.00994482087054682, 0.304812401171737}},
    {TIN_GRU, true, {2.59171656845167, 0.0794876451654433, 2.61741247729793, 0.0623309316953876, 1.0732694826002}},
    {TIN_LSTM, false, {5.67520936016945, 0.570566588984115, -0.203984851135846, 3.99913632990402, 0.986951736058217, -0.565113320428086, 0.144470448846493, 0.144470448846493}},
    {TIN_LSTM, true, {5.73211797487405, -0.598650738679511, 2.15630619096693, 5.2714870555402, 0.696079137486964, 4.15169816753866}},
};

/* clang-format on */

/* x, h, c (NULL unless there is one), then the parameters. */
static tin_tensor *run_cell(const tin_rnn_cell *cell, tin_tensor *x, tin_tensor *h, tin_tensor *c) {
  tin_rnn_state state = tin_rnn_cell_forward(cell, x, (tin_rnn_state){h, c});
  return c ? tin_add(weighted(state.h), tin_mul_scalar(weighted(state.c), 2)) : weighted(state.h);
}

static void test_cells(void **state) {
  const char *target = *state;
  for (int i = 0; i < (int)(sizeof cell_cases / sizeof *cell_cases); i++) {
    const struct cell_case *test = &cell_cases[i];
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = target, .threads = 2});
    tin_rnn_cell cell = tin_rnn_cell_new(ctx, test->kind, 3, 4, .dtype = TIN_F64, .no_bias = test->no_bias);
    fill(ctx);
    tin_tensor *wrt[7], *grad[7];
    int n = 0;
    tin_tensor *x = ramp(ctx, (tin_shape)SHAPE(2, 3), 1.3, 0.1), *h = ramp(ctx, (tin_shape)SHAPE(2, 4), 1.1, 0.2);
    tin_tensor *c = test->kind == TIN_LSTM ? ramp(ctx, (tin_shape)SHAPE(2, 4), 0.9, 0.3) : NULL;
    wrt[n++] = x, wrt[n++] = h;
    if (c)
      wrt[n++] = c;
    for (int k = 0; k < tin_params(ctx).count; k++)
      wrt[n++] = tin_params(ctx).at[k];
    tin_tensor *loss = run_cell(&cell, x, h, c);
    assert_true(tin_grad(loss, ((tin_list){wrt, n}), grad));
    assert_near("the result", i, tin_item(loss), test->want[0]);
    for (int k = 0; k < n; k++)
      assert_near("a gradient", i, tin_item(weighted(grad[k])), test->want[1 + k]);
    end_ctx(ctx);
  }
}

/* ---- sequences ---- */

/* clang-format off */
static const struct rnn_case {
  tin_rnn_kind kind;
  int layers;
  bool bidirectional, batch_first, zeros; /* zeros: no state goes in */
  tin_shape x, y, state;
  double want[5]; /* of the result, for x, h (0 for zeros), weight_ih_l0 and the last layer's bias_hh */
} rnn_cases[] = {
    {TIN_RNN_TANH, 1, false, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 4), SHAPE(1, 2, 4), {1.83897201901457, -0.103609690536269, -0.468570552158594, -1.53659097749369, -1.1608783214788}},
    {TIN_RNN_TANH, 2, true, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 8), SHAPE(4, 2, 4), {2.92471133402214, 1.68624855209587, -1.64565101746226, -0.0129898420109291, 0.248392758800614}},
    {TIN_RNN_TANH, 2, false, true, true, SHAPE(3, 5, 3), SHAPE(3, 5, 4), SHAPE(2, 3, 4), {4.01896446399902, -0.830159476159142, 0, 0.864078043293326, 0.137644793863504}},
    {TIN_RNN_TANH, 1, true, false, false, SHAPE(5, 3), SHAPE(5, 8), SHAPE(2, 4), {2.49360489220218, 0.41679930366111, -0.613480714529955, 0.78733153187303, 1.97769453845119}},
    {TIN_RNN_RELU, 1, false, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 4), SHAPE(1, 2, 4), {10.2444822225289, -1.50167057425061, 0.510809268966043, -1.57245173989069, 4.89297294770159}},
    {TIN_RNN_RELU, 2, true, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 8), SHAPE(4, 2, 4), {3.02581091204309, -3.746172678608, -1.77100726468794, -1.84559326571819, -2.06533895109659}},
    {TIN_GRU, 1, false, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 4), SHAPE(1, 2, 4), {3.52480785833716, -1.41337763820086, 1.87842776086671, 3.11442466193372, -0.212831177451696}},
    {TIN_GRU, 2, true, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 8), SHAPE(4, 2, 4), {-3.16557498559053, -0.266640741484132, 0.223195161148619, 2.93235814196628, 0.650754998604178}},
    {TIN_GRU, 2, false, true, true, SHAPE(3, 5, 3), SHAPE(3, 5, 4), SHAPE(2, 3, 4), {1.74909776766385, 0.390348673460232, 0, -0.724892965817843, -0.478316375191864}},
    {TIN_GRU, 1, true, false, false, SHAPE(5, 3), SHAPE(5, 8), SHAPE(2, 4), {4.30967496974728, -0.567056200801077, 3.43872891653557, 1.67955324054816, 0.818229437300649}},
    {TIN_LSTM, 1, false, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 4), SHAPE(1, 2, 4), {2.87842188838248, -2.83567105808297, 0.283048018023915, 3.97482042460614, -1.44737668605939}},
    {TIN_LSTM, 2, true, false, false, SHAPE(5, 2, 3), SHAPE(5, 2, 8), SHAPE(4, 2, 4), {-4.49576299791018, 0.000436580653938756, -0.231387807923887, 3.03339165037053, 0.212878818222575}},
    {TIN_LSTM, 2, false, true, true, SHAPE(3, 5, 3), SHAPE(3, 5, 4), SHAPE(2, 3, 4), {0.566934454340174, 3.82009392984204, 0, -1.1840699632787, 0.0560826952797022}},
    {TIN_LSTM, 1, true, false, false, SHAPE(5, 3), SHAPE(5, 8), SHAPE(2, 4), {3.25842151446303, 2.34199018818601, 0.958349965481744, -0.615511058462126, 1.13687882562052}},
};

/* clang-format on */

static void check_sequence(tin_ctx *ctx, int i, const struct rnn_case *test) {
  tin_rnn rnn = tin_rnn_new(ctx, test->kind, 3, 4, .dtype = TIN_F64, .layers = test->layers, .bidirectional = test->bidirectional,
                            .batch_first = test->batch_first, .name = "rnn");
  fill(ctx);
  tin_rnn_state begin = {0}, end;
  if (!test->zeros) {
    begin.h = ramp(ctx, test->state, 1.1, 0.2);
    begin.c = test->kind == TIN_LSTM ? ramp(ctx, test->state, 0.9, 0.3) : NULL;
  }
  tin_tensor *x = ramp(ctx, test->x, 1.3, 0.1), *y = tin_rnn_forward(&rnn, x, begin, &end), *grad[4];
  assert_shape(i, y, test->y);
  assert_shape(i, end.h, test->state);
  tin_tensor *loss = tin_add(weighted(y), tin_mul_scalar(weighted(end.h), 2));
  if (test->kind == TIN_LSTM)
    loss = tin_add(loss, tin_mul_scalar(weighted(end.c), 3));
  else
    assert_null(end.c);
  tin_tensor *const wrt[] = {x, tin_find(ctx, "rnn.weight_ih_l0"), tin_find(ctx, test->layers == 2 ? "rnn.bias_hh_l1" : "rnn.bias_hh_l0"),
                             begin.h};
  assert_true(tin_grad(loss, ((tin_list){wrt, test->zeros ? 3 : 4}), grad));
  assert_near("the result", i, tin_item(loss), test->want[0]);
  assert_near("the gradient for x", i, tin_item(weighted(grad[0])), test->want[1]);
  if (!test->zeros)
    assert_near("the gradient for h", i, tin_item(weighted(grad[3])), test->want[2]);
  assert_near("the gradient for weight_ih_l0", i, tin_item(weighted(grad[1])), test->want[3]);
  assert_near("the gradient for bias_hh", i, tin_item(weighted(grad[2])), test->want[4]);
}

static void test_sequences(void **state) {
  const char *target = *state;
  for (int i = 0; i < (int)(sizeof rnn_cases / sizeof *rnn_cases); i++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = target, .threads = 2});
    check_sequence(ctx, i, &rnn_cases[i]);
    end_ctx(ctx);
  }
}

/* Step by step with the cell, and a sequence cut in two, are the same. */
static void test_steps(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 2});
  for (int kind = TIN_RNN_TANH; kind <= TIN_LSTM; kind++) {
    tin_rnn rnn = tin_rnn_new(ctx, (tin_rnn_kind)kind, 3, 4, .dtype = TIN_F64);
    tin_tensor *x = ramp(ctx, (tin_shape)SHAPE(6, 2, 3), 1.3, 0.1);
    tin_rnn_state whole, half = {0}, steps = {0};
    tin_tensor *y = tin_rnn_forward(&rnn, x, half, &whole), *cut[2];
    for (int i = 0; i < 2; i++)
      cut[i] = tin_rnn_forward(&rnn, tin_slice(x, 0, 3 * i, 3 * i + 3), half, &half);
    for (int t = 0; t < 6; t++)
      steps = tin_rnn_cell_forward(&rnn.cell[0], tin_select(x, 0, t), steps);
    tin_tensor *error = tin_max(tin_abs(tin_sub(y, tin_concat(TIN_LIST(cut[0], cut[1]), 0))));
    error = tin_maximum(error, tin_max(tin_abs(tin_sub(whole.h, half.h))));
    error = tin_maximum(error, tin_max(tin_abs(tin_sub(whole.h, steps.h))));
    if (kind == TIN_LSTM)
      error = tin_maximum(error, tin_max(tin_abs(tin_sub(whole.c, steps.c))));
    if (!(tin_item(error) < 1e-14))
      fail_msg("%s: steps differ by %g", kind_names[kind], tin_item(error));
  }
  end_ctx(ctx);
}

/* ---- second derivatives ---- */

static tin_tensor *build_sequence(void *user, tin_list in) {
  const tin_rnn *like = user;
  tin_rnn rnn = *like;
  rnn.cell[0].weight_ih = in.at[1], rnn.cell[0].weight_hh = in.at[2], rnn.cell[0].bias_ih = in.at[3], rnn.cell[0].bias_hh = in.at[4];
  return tin_rnn_forward(&rnn, in.at[0], (tin_rnn_state){.h = in.at[5]}, NULL);
}

static void test_derivatives(void **state) {
  (void)state;
  for (int kind = TIN_RNN_TANH; kind <= TIN_LSTM; kind++) {
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = "interpreter", .threads = 1});
    tin_rnn rnn = tin_rnn_new(ctx, (tin_rnn_kind)kind, 2, 2, .dtype = TIN_F64);
    tin_tensor *in[6] = {ramp(ctx, (tin_shape)SHAPE(2, 2, 2), 1.3, 0.1)};
    for (int i = 0; i < 4; i++)
      in[1 + i] = ramp(ctx, tin_shape_of(tin_params(ctx).at[i]), 0.9 - 0.1 * i, 0.2 + 0.1 * i);
    in[5] = ramp(ctx, (tin_shape)SHAPE(1, 2, 2), 1.1, 0.2);
    if (!tin_gradcheck(build_sequence, &rnn, ((tin_list){in, 6}), .second_order = true))
      fail_msg("%s: %s", kind_names[kind], tin_message(ctx));
    end_ctx(ctx);
  }
}

/* ---- names, 16 bits, errors, bits ---- */

static void test_parameters(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_rnn rnn = tin_rnn_new(ctx, TIN_LSTM, 5, 16, .layers = 2, .bidirectional = true, .name = "lstm");
  tin_rnn_cell cell = tin_rnn_cell_new(ctx, TIN_GRU, 5, 16, .name = "gru", .no_bias = true);
  assert_int_equal(tin_params(ctx).count, 18);
  assert_ptr_equal(tin_find(ctx, "lstm.weight_ih_l1_reverse"), rnn.cell[3].weight_ih);
  assert_ptr_equal(tin_find(ctx, "gru.weight_hh"), cell.weight_hh);
  assert_shape(0, rnn.cell[3].weight_ih, (tin_shape)SHAPE(64, 32));
  assert_shape(1, cell.weight_ih, (tin_shape)SHAPE(48, 5));
  for (int i = 0; i < 18; i++) {
    double largest = tin_item(tin_max(tin_abs(tin_params(ctx).at[i])));
    assert_true(largest <= 0.25 && largest > 0.2);
  }
  end_ctx(ctx);
}

/* Worked on as f32 from the first step to the last. */
static void test_half(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_rnn narrow = tin_rnn_new(ctx, TIN_LSTM, 3, 4, .dtype = TIN_BF16), wide = tin_rnn_new(ctx, TIN_LSTM, 3, 4);
  for (int i = 0; i < 4; i++)
    tin_assign(tin_params(ctx).at[4 + i], tin_cast(tin_params(ctx).at[i], TIN_F32));
  tin_tensor *x = tin_cast(ramp(ctx, (tin_shape)SHAPE(7, 2, 3), 1.3, 0.1), TIN_BF16);
  tin_rnn_state end;
  tin_tensor *y = tin_rnn_forward(&narrow, x, (tin_rnn_state){0}, &end),
             *same = tin_rnn_forward(&wide, tin_cast(x, TIN_F32), (tin_rnn_state){0}, NULL);
  assert_int_equal(tin_dtype_of(y), TIN_BF16);
  assert_int_equal(tin_dtype_of(end.c), TIN_BF16);
  assert_true(tin_item(tin_all(tin_eq(y, tin_cast(same, TIN_BF16)))) == 1);
  end_ctx(ctx);
}

static void test_errors(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_rnn_state none = {0}, end;
  tin_rnn gru = tin_rnn_new(ctx, TIN_GRU, 3, 4), first = tin_rnn_new(ctx, TIN_LSTM, 3, 4, .batch_first = true);
  tin_rnn_cell cell = tin_rnn_cell_new(ctx, TIN_RNN_RELU, 3, 4);
  tin_tensor *x = tin_set_name(tin_zeros(ctx, TIN_F32, TIN_SHAPE(5, 2, 3)), "text");
  assert_message(ctx, tin_rnn_forward(&gru, tin_zeros(ctx, TIN_F32, TIN_SHAPE(5, 2, 4)), none, NULL),
                 "gru: x [5, 2, 4] is not [T, N, in] or [T, in] with 3 features");
  assert_message(ctx, tin_rnn_forward(&first, tin_zeros(ctx, TIN_F32, TIN_SHAPE(3)), none, &end),
                 "lstm: x [3] is not [N, T, in] or [T, in]");
  assert_true(tin_is_poison(end.h) && tin_is_poison(end.c));
  assert_message(ctx, tin_rnn_forward(&gru, x, (tin_rnn_state){.h = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 4))}, NULL),
                 "gru: h [2, 4] must have shape [1, 2, 4]");
  assert_message(ctx, tin_rnn_forward(&gru, x, (tin_rnn_state){.c = x}, NULL), "gru: only an LSTM has a state c");
  assert_message(ctx, tin_rnn_forward(&gru, tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 2, 3)), none, NULL), "gru: the sequence has 0 steps");
  assert_message(ctx, tin_rnn_cell_forward(&cell, gru.cell[0].weight_hh, none).h, "rnn: x [12, 4] is not [..., in] with 3 features");
  tin_rnn bad = tin_rnn_new(ctx, TIN_LSTM, 3, 4, .layers = 9, .bidirectional = true);
  assert_message(ctx, tin_rnn_forward(&bad, x, none, &end), "rnn_new: 9 layers; up to 8 are possible");
  assert_message(ctx, tin_rnn_cell_new(ctx, TIN_LSTM, 3, 0).weight_hh, "rnn_cell_new: sizes 3 -> 0");
  end_ctx(ctx);
}

static int compute_bits(tin_ctx *ctx, const void *data, tin_tensor **all) {
  (void)data;
  int count = 0;
  for (int kind = TIN_RNN_TANH; kind <= TIN_LSTM; kind++) {
    tin_rnn rnn = tin_rnn_new(ctx, (tin_rnn_kind)kind, 7, 9, .bidirectional = true);
    tin_tensor *x = tin_cast(ramp(ctx, (tin_shape)SHAPE(5, 3, 7), 1.7, 0.1), TIN_F32);
    tin_tensor *y = tin_rnn_forward(&rnn, x, (tin_rnn_state){0}, NULL);
    all[count] = y;
    assert_true(tin_grad(tin_sum(tin_square(y)), TIN_LIST(x, rnn.cell[1].weight_hh), all + count + 1));
    count += 3;
  }
  return count;
}

static void test_bits(void **state) {
  (void)state;
  compare_ways(__LINE__, compute_bits, NULL);
}

int main(void) {
#define ON_BOTH(test) cmocka_unit_test_prestate(test, "interpreter"), cmocka_unit_test(test)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bits),       ON_BOTH(test_cells),         ON_BOTH(test_sequences),       cmocka_unit_test(test_steps),
      cmocka_unit_test(test_parameters), cmocka_unit_test(test_half), cmocka_unit_test(test_errors), cmocka_unit_test(test_derivatives),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
