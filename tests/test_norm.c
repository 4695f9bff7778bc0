/* Normalisations and their layers: values and gradients against PyTorch 1.13, kernels, bits, errors. */
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

static int setup(void **state, const char *target) {
  *state = good_ctx((struct tin_ctx_options){.target = target, .threads = 2});
  return 0;
}
static int setup_interpreter(void **state) {
  return setup(state, "interpreter");
}
static int setup_compiled(void **state) {
  return setup(state, NULL);
}
static int teardown(void **state) {
  end_ctx(*state);
  return 0;
}

/* ---- values and gradients ---- */

/* x, weight, bias; the last two may be NULL. */
typedef tin_tensor *build_fn(tin_tensor *const *x);

static tin_tensor *layer_norm(tin_tensor *const *x) {
  return tin_layer_norm(x[0], x[1], x[2], 1e-5);
}
static tin_tensor *rms_norm(tin_tensor *const *x) {
  return tin_rms_norm(x[0], x[1], 1e-5);
}
static tin_tensor *group_norm_2(tin_tensor *const *x) {
  return tin_group_norm(x[0], 2, x[1], x[2], 1e-5);
}
static tin_tensor *group_norm_3(tin_tensor *const *x) {
  return tin_group_norm(x[0], 3, x[1], x[2], 1e-5);
}
static tin_tensor *group_norm_1(tin_tensor *const *x) {
  return tin_group_norm(x[0], 1, x[1], x[2], 1e-3);
}
static tin_tensor *instance_norm(tin_tensor *const *x) {
  return tin_instance_norm(x[0], x[1], x[2], 1e-5);
}
static tin_tensor *batch_norm(tin_tensor *const *x) {
  return tin_batch_norm(x[0], NULL, NULL, .weight = x[1], .bias = x[2], .training = true);
}
static tin_tensor *batch_norm_eps(tin_tensor *const *x) {
  return tin_batch_norm(x[0], NULL, NULL, .training = true, .eps = 1e-3);
}
static tin_tensor *batch_norm_eval(tin_tensor *const *x) {
  tin_ctx *ctx = tin_ctx_of(x[0]);
  tin_shape channels = tin_shape_of(x[1]);
  tin_tensor *variance = tin_add_scalar(tin_square(ramp(ctx, channels, 0.4, 0.3)), 0.5);
  return tin_batch_norm(x[0], ramp(ctx, channels, 0.5, 0.1), variance, .weight = x[1], .bias = x[2]);
}
static tin_tensor *response_norm(tin_tensor *const *x) {
  return tin_local_response_norm(x[0], 3, .alpha = 0.5, .k = 2);
}
static tin_tensor *response_norm_4(tin_tensor *const *x) {
  return tin_local_response_norm(x[0], 4);
}
static tin_tensor *normalize_2(tin_tensor *const *x) {
  return tin_normalize(x[0], 2, 1, 1e-12);
}
static tin_tensor *normalize_1(tin_tensor *const *x) {
  return tin_normalize(x[0], 1, -1, 1e-12);
}
static tin_tensor *normalize_3(tin_tensor *const *x) {
  return tin_normalize(x[0], 3, 0, 1.5);
}

struct norm_case {
  const char *name;
  build_fn *build;
  tin_shape x, weight;
  int operands;   /* with weight and bias: 3 */
  double want[4]; /* weighted sums of the result and of the gradients for the operands */
};

/* clang-format off */
static const struct norm_case cases[] = {
    {"layer", layer_norm, SHAPE(4, 6), SHAPE(6), 3, {9.04248020156137, 1.36680030375365, -0.409171682236992, 10.1111662185275}},
    {"layer, no weight", layer_norm, SHAPE(4, 6), SHAPE(0), 1, {2.05709216029541, 8.64787596724866}},
    {"layer, two axes", layer_norm, SHAPE(2, 3, 4), SHAPE(3, 4), 3, {10.502317158517, 0.2390252326522, -0.260326984389471, 10.8698056002246}},
    {"layer, all axes", layer_norm, SHAPE(2, 3, 4), SHAPE(2, 3, 4), 2, {1.35120592605935, 1.12137225247051, -0.370657780235347}},
    {"rms", rms_norm, SHAPE(4, 6), SHAPE(6), 2, {-0.652563202884829, -0.086657111524292, -0.412826707786689}},
    {"rms, two axes", rms_norm, SHAPE(2, 3, 4), SHAPE(3, 4), 2, {-0.189894334980204, -0.235517683994521, -0.255406783876486}},
    {"rms, no weight", rms_norm, SHAPE(4, 6), SHAPE(0), 1, {2.00847675232877, 8.95261467316834}},
    {"group", group_norm_2, SHAPE(2, 4, 3, 2), SHAPE(4), 3, {-4.43115542554457, 1.51537946999222, -3.01871207509189, -0.40047799616285}},
    {"group, no places", group_norm_3, SHAPE(3, 6), SHAPE(6), 3, {10.2451135689192, -0.0147444598811582, 1.91679889106107, 8.13653278093387}},
    {"group, no weight", group_norm_1, SHAPE(2, 4, 5), SHAPE(0), 1, {-0.908962878384051, 27.6507894362253}},
    {"instance", instance_norm, SHAPE(2, 3, 5), SHAPE(3), 3, {4.5802994199065, 5.13432453195769, 6.10582956058642, -1.24689069311963}},
    {"instance, 3d", instance_norm, SHAPE(2, 3, 2, 3, 2), SHAPE(3), 3, {2.30357968520021, 14.7340212766419, 3.08807302109655, -0.507012815044708}},
    {"batch, 0d", batch_norm, SHAPE(4, 3), SHAPE(3), 3, {-0.132013744352722, 5.17737260403602, -0.398242298963863, 0.0724921720767242}},
    {"batch, 1d", batch_norm, SHAPE(2, 3, 4), SHAPE(3), 3, {4.05550559230274, 6.8764228502582, 0.404486455493243, 3.30607946682498}},
    {"batch, 2d", batch_norm, SHAPE(2, 3, 2, 3), SHAPE(3), 3, {7.83641815781383, 4.51903387229988, 9.73788748962964, -0.356343897988564}},
    {"batch, 3d", batch_norm, SHAPE(2, 2, 2, 3, 2), SHAPE(2), 3, {0.388442986191286, 24.0229246719615, -0.100965893122008, -0.456052229769008}},
    {"batch, no weight", batch_norm_eps, SHAPE(4, 3), SHAPE(0), 1, {1.3304442883521, 5.8867453817136}},
    {"batch, eval", batch_norm_eval, SHAPE(4, 3), SHAPE(3), 3, {-0.304840713101943, 3.08442937675355, -0.659346255186164, 0.0724921720767242}},
    {"batch, eval, 3d", batch_norm_eval, SHAPE(2, 2, 2, 3, 2), SHAPE(2), 3, {0.590404699214001, 15.3503318519812, 0.401690510076958, -0.456052229769008}},
    {"response", response_norm, SHAPE(2, 5, 3), SHAPE(0), 1, {0.880742018901912, 7.36765983592511}},
    {"response, 4", response_norm_4, SHAPE(2, 5, 3, 2), SHAPE(0), 1, {-1.02607669358019, 30.1791529974142}},
    {"normalize", normalize_2, SHAPE(2, 3, 4), SHAPE(0), 1, {1.15403426948979, 8.87866556949565}},
    {"normalize, 1", normalize_1, SHAPE(2, 3, 4), SHAPE(0), 1, {0.625157349007586, 2.21254338743451}},
    {"normalize, 3", normalize_3, SHAPE(2, 3, 4), SHAPE(0), 1, {0.948005019293268, 7.98635185418805}},
};
/* clang-format on */
enum { CASES = sizeof cases / sizeof *cases };

static void operands(tin_ctx *ctx, const struct norm_case *test, tin_tensor **x) {
  x[0] = ramp(ctx, test->x, 1.3, 0.1);
  x[1] = test->operands > 1 ? ramp(ctx, test->weight, 0.9, 0.2) : NULL;
  x[2] = test->operands > 2 ? ramp(ctx, test->weight, 1, 0.4) : NULL;
}

static void test_values(void **state) {
  static const char *const what[] = {"the gradient for x", "the gradient for weight", "the gradient for bias"};
  tin_ctx *ctx = *state;
  for (int i = 0; i < CASES; i++) {
    const struct norm_case *test = &cases[i];
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x[3], *grad[3];
    operands(ctx, test, x);
    tin_tensor *y = test->build(x), *loss = weighted(y);
    assert_shape(i, y, test->x);
    assert_true(tin_grad(loss, ((tin_list){x, test->operands}), grad));
    assert_near("the result", i, tin_item(loss), test->want[0]);
    for (int k = 0; k < test->operands; k++)
      assert_near(what[k], i, tin_item(weighted(grad[k])), test->want[1 + k]);
    assert_true(tin_end(scope));
  }
}

static tin_tensor *build_case(void *user, tin_list inputs) {
  const struct norm_case *test = user;
  tin_tensor *x[3] = {NULL};
  memcpy(x, inputs.at, sizeof *x * (size_t)inputs.count);
  return test->build(x);
}

static void test_derivatives(void **state) {
  tin_ctx *ctx = *state;
  for (int i = 0; i < CASES; i++) {
    struct norm_case test = cases[i];
    tin_tensor *x[3];
    if (test.x.rank > 3) /* every element is moved: that takes long, and the axes behind the third are one */
      continue;
    tin_scope scope = tin_begin(ctx);
    operands(ctx, &test, x);
    if (!tin_gradcheck(build_case, &test, ((tin_list){x, test.operands}), .second_order = true))
      fail_msg("%s: %s", test.name, tin_message(ctx));
    assert_true(tin_end(scope));
  }
}

/* ---- running statistics ---- */

static void test_running(void **state) {
  static const struct {
    tin_shape x;
    double mean, variance;
  } want[] = {{SHAPE(4, 3), 0.8220307385603665, 1.0812965079390353},
              {SHAPE(2, 3, 4), 0.7808349971403135, 1.1016739351684075},
              {SHAPE(2, 3, 2, 3), 0.7995137033689792, 1.0821127067272607},
              {SHAPE(2, 2, 2, 3, 2), 1.0600644561318389, 1.5384930637958385}};
  tin_ctx *ctx = *state;
  for (int i = 0; i < 4; i++) {
    tin_shape channels = TIN_SHAPE(want[i].x.size[1]);
    tin_tensor *mean = tin_state(ctx, channels, .dtype = TIN_F64), *var = tin_state(ctx, channels, .dtype = TIN_F64);
    tin_scope scope = tin_begin(ctx);
    tin_assign(mean, ramp(ctx, channels, 0.5, 0.1));
    tin_assign(var, tin_add_scalar(tin_square(ramp(ctx, channels, 0.4, 0.3)), 0.5));
    tin_tensor *x = ramp(ctx, want[i].x, 1.3, 0.1), *grad;
    tin_tensor *y = tin_batch_norm(x, mean, var, .training = true);
    assert_true(tin_grad(weighted(y), TIN_LIST(x), &grad)); /* the updates do not disturb it */
    assert_true(tin_end(scope));
    assert_near("the running mean", i, tin_item(weighted(mean)), want[i].mean);
    assert_near("the running variance", i, tin_item(weighted(var)), want[i].variance);
    tin_batch_norm(x = ramp(ctx, want[i].x, 1.3, 0.1), mean, var, .training = true, .momentum = -1);
    assert_near("the running mean left alone", i, tin_item(weighted(mean)), want[i].mean);
    tin_batch_norm(x, mean, var); /* nor does evaluation */
    assert_near("the running mean in evaluation", i, tin_item(weighted(mean)), want[i].mean);
  }
}

/* ---- a mean that is large against the spread ---- */

static void test_offset(void **state) {
  tin_ctx *ctx = *state;
  const struct norm_case test = {"offset", NULL, SHAPE(2, 4, 40), SHAPE(0), 1, {0}};
  static build_fn *const builds[] = {layer_norm, group_norm_2, instance_norm, batch_norm};
  tin_tensor *x[3], *shifted[3] = {NULL};
  operands(ctx, &test, x);
  /* multiples of 2^-9, so that the sum with 1e4 is exact in f32 */
  x[0] = tin_cast(tin_mul_scalar(tin_round(tin_mul_scalar(x[0], 512)), 1.0 / 512), TIN_F32);
  shifted[0] = tin_add_scalar(x[0], 1e4);
  for (int i = 0; i < 4; i++) {
    double error = tin_item(tin_max(tin_abs(tin_sub(builds[i](shifted), builds[i](x)))));
    if (!(error < 2e-3)) /* the mean is rounded to 2^-10; a variance by squares would be wrong by 8 */
      fail_msg("%d: an offset of 1e4 changes the result by %g", i, error);
  }
}

/* ---- kernels, bits ---- */

static void test_kernels(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = tin_param(ctx, TIN_SHAPE(8, 16, 12)), *image = tin_param(ctx, TIN_SHAPE(8, 16, 6, 5));
  tin_tensor *row = tin_param(ctx, TIN_SHAPE(12)), *plane = tin_param(ctx, TIN_SHAPE(16, 12)), *channels = tin_param(ctx, TIN_SHAPE(16));
  const struct {
    const char *name;
    tin_tensor *y;
    int64_t kernels;
  } plans[] = {
      {"layer", tin_layer_norm(x, row, row, 1e-5), 1},
      {"layer, two axes", tin_layer_norm(x, plane, plane, 1e-5), 1},
      {"rms", tin_rms_norm(x, row, 1e-5), 1},
      {"group", tin_group_norm(image, 4, channels, channels, 1e-5), 1},
      {"instance", tin_instance_norm(image, channels, channels, 1e-5), 1},
      {"batch, eval", tin_batch_norm(image, channels, tin_square(channels), .weight = channels, .bias = channels),
       2}, /* first the factors of the channels */
      {"batch, training", tin_batch_norm(image, NULL, NULL, .weight = channels, .bias = channels, .training = true), 1},
      {"normalize", tin_normalize(x, 2, -1, 1e-12), 1},
  };
  for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
    int64_t before = tin_stats(ctx).kernels_launched;
    assert_true(tin_realize(TIN_LIST(plans[i].y)));
    int64_t kernels = tin_stats(ctx).kernels_launched - before;
    if (kernels != plans[i].kernels)
      fail_msg("%s: %lld kernels, not %lld", plans[i].name, (long long)kernels, (long long)plans[i].kernels);
  }
}

/* Results and gradients of every case in f32. */
static int compute_bits(tin_ctx *ctx, const void *data, tin_tensor **all) {
  (void)data;
  int count = 0;
  for (int i = 0; i < CASES; i++) {
    tin_tensor *x[3];
    operands(ctx, &cases[i], x);
    for (int k = 0; k < cases[i].operands; k++)
      x[k] = tin_watch(tin_cast(x[k], TIN_F32));
    tin_tensor *y = all[count++] = cases[i].build(x);
    assert_true(tin_grad(tin_sum(tin_square(y)), ((tin_list){x, cases[i].operands}), all + count));
    count += cases[i].operands;
  }
  return count;
}

static void test_bits(void **state) {
  (void)state;
  compare_ways(__LINE__, compute_bits, NULL);
}

/* ---- edges, errors ---- */

static void test_edges(void **state) {
  tin_ctx *ctx = *state;
  const int32_t integers[4] = {1, 3, 1, 3};
  float got[4];
  tin_tensor *x = tin_from(ctx, TIN_I32, TIN_SHAPE(2, 2), integers);
  assert_true(tin_read(tin_layer_norm(x, NULL, NULL, 0), got, sizeof got));
  assert_true(got[0] == -1 && got[1] == 1 && got[2] == -1 && got[3] == 1);
  tin_tensor *zeros = tin_normalize(tin_zeros(ctx, TIN_F16, TIN_SHAPE(2, 2)), 2, 1, 1e-12);
  assert_true(tin_read(tin_cast(zeros, TIN_F32), got, sizeof got));
  assert_true(got[0] == 0 && got[3] == 0);
  static build_fn *const builds[] = {layer_norm, instance_norm, batch_norm, response_norm, normalize_2};
  tin_tensor *f16 = tin_cast(ramp(ctx, TIN_SHAPE(2, 3, 4), 1.3, 0.1), TIN_F16), *f32 = tin_cast(f16, TIN_F32);
  for (int i = 0; i < 5; i++) { /* rounded once */
    tin_tensor *y = builds[i](((tin_tensor *[]){f16, NULL, NULL})), *wide = builds[i](((tin_tensor *[]){f32, NULL, NULL}));
    assert_int_equal(tin_dtype_of(y), TIN_F16);
    assert_true(tin_item(tin_all(tin_eq(y, tin_cast(wide, TIN_F16)))) == 1);
  }
  tin_tensor *empty = tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 4, 3)), *hollow = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 4, 0));
  tin_tensor *four = tin_ones(ctx, TIN_F32, TIN_SHAPE(4));
  assert_shape(0, tin_layer_norm(empty, NULL, NULL, 1e-5), (tin_shape)SHAPE(0, 4, 3));
  assert_shape(1, tin_group_norm(hollow, 2, four, four, 1e-5), (tin_shape)SHAPE(2, 4, 0));
  assert_shape(2, tin_batch_norm(empty, four, four), (tin_shape)SHAPE(0, 4, 3));
  assert_true(tin_realize(TIN_LIST(tin_group_norm(hollow, 2, four, four, 1e-5), tin_batch_norm(empty, four, four))));
}

static void test_errors(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = tin_set_name(tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 6, 4)), "act"), *w = tin_zeros(ctx, TIN_F32, TIN_SHAPE(4));
  assert_message(ctx, tin_layer_norm(x, tin_zeros(ctx, TIN_F32, TIN_SHAPE(6)), NULL, 1e-5),
                 "layer_norm: weight [6] has not the shape of the last axes of act [2, 6, 4]");
  assert_message(ctx, tin_layer_norm(x, w, tin_zeros(ctx, TIN_F32, TIN_SHAPE(6, 4)), 1e-5),
                 "layer_norm: bias [6, 4] has not the shape of the last axes of act [2, 6, 4] that are in weight [4]");
  assert_message(ctx, tin_layer_norm(tin_constant(ctx, TIN_F32, 1), NULL, NULL, 1e-5), "layer_norm: x [] is 0-d");
  assert_message(ctx, tin_layer_norm(NULL, w, NULL, 1e-5), "layer_norm: operand x is NULL");
  assert_message(ctx, tin_rms_norm(x, w, -1), "rms_norm: eps -1 is negative");
  assert_message(ctx, tin_group_norm(x, 4, NULL, NULL, 1e-5), "group_norm: the 6 channels of act [2, 6, 4] do not divide into 4 groups");
  assert_message(ctx, tin_group_norm(w, 2, NULL, NULL, 1e-5), "group_norm: x [4] has fewer than the 2 axes [N, C]");
  assert_message(ctx, tin_instance_norm(x, w, NULL, 1e-5),
                 "instance_norm: weight [4] has not one element for each of the 6 channels of act [2, 6, 4]");
  assert_message(ctx, tin_batch_norm(x, w, w), "batch_norm: running_mean [4] has not one element for each of the 6 channels");
  assert_message(ctx, tin_batch_norm(x, NULL, NULL), "batch_norm: running_mean and running_var are needed where training is false");
  assert_message(ctx, tin_batch_norm(tin_zeros(ctx, TIN_F32, TIN_SHAPE(1, 3)), NULL, NULL, .training = true),
                 "batch_norm: training needs more than one value a channel, which x [1, 3] has not");
  assert_message(ctx, tin_local_response_norm(x, 0), "local_response_norm: size 0 is not positive");
}

/* ---- layers ---- */

static void test_layers(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = ramp(ctx, (tin_shape)SHAPE(3, 4, 5), 1.3, 0.1);
  tin_norm_layer batch = tin_batch_norm_new(ctx, 4, .name = "bn", .dtype = TIN_F64, .momentum = 0.5);
  assert_ptr_equal(tin_find(ctx, "bn.weight"), batch.weight);
  assert_ptr_equal(tin_find(ctx, "bn.running_var"), batch.running_var);
  assert_int_equal(tin_params(ctx).count, 2); /* running statistics are none */
  tin_tensor *trained = tin_norm_forward(&batch, x, true), *same = tin_batch_norm(x, NULL, NULL, .training = true);
  assert_true(tin_item(tin_all(tin_eq(trained, same))) == 1);
  double mean = tin_item(tin_mean(x)), running = tin_item(tin_mean(batch.running_mean));
  assert_near("the running mean", 0, running, 0.5 * mean);
  tin_tensor *evaluated = tin_norm_forward(&batch, x, false);
  same = tin_batch_norm(x, batch.running_mean, batch.running_var);
  assert_true(tin_item(tin_all(tin_eq(evaluated, same))) == 1);
  const tin_norm_layer layers[] = {tin_layer_norm_new(ctx, TIN_SHAPE(4, 5), .dtype = TIN_F64),
                                   tin_layer_norm_new(ctx, TIN_SHAPE(4, 5), .no_weight = true),
                                   tin_rms_norm_new(ctx, TIN_SHAPE(5), .name = "rms", .dtype = TIN_F64),
                                   tin_group_norm_new(ctx, 2, 4, .no_bias = true),
                                   tin_instance_norm_new(ctx, 4),
                                   tin_instance_norm_new(ctx, 4, .affine = true)};
  tin_tensor *const want[] = {tin_layer_norm(x, tin_ones(ctx, TIN_F64, TIN_SHAPE(4, 5)), NULL, 1e-5),
                              tin_layer_norm(x, tin_ones(ctx, TIN_F64, TIN_SHAPE(4, 5)), NULL, 1e-5),
                              tin_rms_norm(x, NULL, 0x1p-52),
                              tin_group_norm(x, 2, NULL, NULL, 1e-5),
                              tin_instance_norm(x, NULL, NULL, 1e-5),
                              tin_instance_norm(x, NULL, NULL, 1e-5)};
  for (int i = 0; i < 6; i++)
    if (tin_item(tin_all(tin_eq(tin_norm_forward(&layers[i], x, true), want[i]))) != 1)
      fail_msg("layer %d differs from its function: %s", i, tin_message(ctx));
  assert_non_null(layers[0].bias);
  assert_null(layers[3].bias);
  assert_null(layers[4].weight);
  assert_ptr_equal(tin_find(ctx, "rms.weight"), layers[2].weight);
}

static void test_embedding(void **state) {
  tin_ctx *ctx = *state;
  const int32_t index[4] = {2, 0, 1, 2};
  tin_embedding_layer layer = tin_embedding_new(ctx, 3, 200, .pad = true, .padding_index = -2, .name = "tokens");
  tin_tensor *y = tin_embedding_forward(&layer, tin_from(ctx, TIN_I32, TIN_SHAPE(2, 2), index)), *grad;
  assert_shape(0, y, (tin_shape)SHAPE(2, 2, 200));
  assert_ptr_equal(tin_find(ctx, "tokens.weight"), layer.weight);
  assert_true(tin_grad(tin_sum(y), TIN_LIST(layer.weight), &grad));
  float weight[3][200], gradient[3][200];
  assert_true(tin_read(layer.weight, weight, sizeof weight) && tin_read(grad, gradient, sizeof gradient));
  double squares = 0;
  for (int i = 0; i < 200; i++) {
    assert_true(weight[1][i] == 0 && gradient[0][i] == 1 && gradient[1][i] == 0 && gradient[2][i] == 2);
    squares += (double)weight[0][i] * weight[0][i];
  }
  assert_true(squares > 150 && squares < 250); /* normal(0, 1): 200 with deviation 20 */
  tin_embedding_layer bad = tin_embedding_new(ctx, 3, 2, .pad = true, .padding_index = 3);
  assert_message(ctx, bad.weight, "embedding_new: padding_index 3 is not one of 3 rows");
}

static void test_channel_dropout(void **state) {
  tin_ctx *ctx = *state;
  static float kept[64][32][3];
  assert_true(tin_read(tin_dropout1d(tin_ones(ctx, TIN_F32, TIN_SHAPE(64, 32, 3)), 0.25), kept, sizeof kept));
  int zeros = 0;
  for (int n = 0; n < 64; n++)
    for (int c = 0; c < 32; c++) {
      assert_true(kept[n][c][0] == kept[n][c][1] && kept[n][c][0] == kept[n][c][2]);
      assert_true(kept[n][c][0] == 0 || kept[n][c][0] == (float)(1 / 0.75));
      zeros += kept[n][c][0] == 0;
    }
  assert_true(zeros > 400 && zeros < 624); /* 512 with deviation 20 */
  assert_message(ctx, tin_dropout2d(tin_ones(ctx, TIN_F32, TIN_SHAPE(3)), 0.5), "channel_dropout: x of 1 axes has no channels");
}

int main(void) {
#define ON_BOTH(test)                                                                                                                      \
  {#test ", interpreter", test, setup_interpreter, teardown, NULL}, {                                                                      \
#test, test, setup_compiled, teardown, NULL                                                                                            \
  }
#define COMPILED(test) cmocka_unit_test_setup_teardown(test, setup_compiled, teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bits),
      ON_BOTH(test_values),
      ON_BOTH(test_running),
      ON_BOTH(test_offset),
      ON_BOTH(test_edges),
      COMPILED(test_kernels),
      COMPILED(test_errors),
      COMPILED(test_layers),
      COMPILED(test_embedding),
      COMPILED(test_channel_dropout),
      {"test_derivatives", test_derivatives, setup_interpreter, teardown, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
