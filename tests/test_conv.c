/* Convolutions, their gradients and what surrounds them: values against PyTorch 1.13, memory and kernels that windows must not cost. */
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

/* Everything runs on the reference interpreter and on what the context chooses by itself. */
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

/* cos(a i + b) for element i, f64: what the expected numbers were computed from. */
static tin_tensor *ramp(tin_ctx *ctx, tin_shape shape, double a, double b) {
  int64_t size = 1;
  for (int i = 0; i < shape.rank; i++)
    size *= shape.size[i];
  double *data = calloc((size_t)size + 1, sizeof *data);
  assert_non_null(data);
  for (int64_t i = 0; i < size; i++)
    data[i] = cos(a * (double)i + b);
  tin_tensor *t = tin_from(ctx, TIN_F64, shape, data);
  free(data);
  return t;
}

/* Every element times a weight of its own, summed: a misplaced element shows. */
static tin_tensor *weighted(tin_tensor *y) {
  tin_shape shape = tin_shape_of(y);
  return tin_sum(tin_mul(y, ramp(tin_ctx_of(y), shape, 1, 0.3)));
}

static void assert_near(const char *what, int i, double got, double want) {
  if (!(fabs(got - want) <= 1e-11 * (1 + fabs(want))))
    fail_msg("case %d: %s is %.17g, not %.17g", i, what, got, want);
}

static void assert_shape(int i, tin_tensor *y, tin_shape want) {
  tin_shape got = tin_shape_of(y);
  if (got.rank != want.rank || memcmp(got.size, want.size, sizeof *got.size * (size_t)got.rank) != 0)
    fail_msg("case %d: the result has another shape: %s", i, tin_message(tin_ctx_of(y)));
}

static void assert_message(tin_ctx *ctx, tin_tensor *y, const char *text) {
  assert_true(tin_is_poison(y));
  if (!strstr(tin_message(ctx), text))
    fail_msg("\"%s\" instead of \"%s\"", tin_message(ctx), text);
  tin_clear_error(ctx);
}

#define SHAPE(...)                                                                                                                         \
  {                                                                                                                                        \
    sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {                                                                                  \
      __VA_ARGS__                                                                                                                          \
    }                                                                                                                                      \
  }

/* ---- convolutions ---- */

struct conv_case {
  int dims;
  bool transposed;
  tin_shape x, weight, y;
  bool bias;
  double want[4]; /* weighted sums of the result and of the gradients for x, weight and bias */
  struct tin_conv_options options;
};

/* clang-format off */
static const struct conv_case conv_cases[] = {
    {1, false, SHAPE(2, 3, 9), SHAPE(4, 3, 3), SHAPE(2, 4, 7), true,
     {7.37573830711289, 3.72323082851731, 0.746284591940382, 0.255326897049658},
     {0}},
    {1, false, SHAPE(2, 4, 10), SHAPE(6, 2, 3), SHAPE(2, 6, 5), true,
     {4.06568141615785, 7.07835656136451, -0.468819033426193, 1.73988352137657},
     {.stride = {2}, .padding = {1}, .groups = 2}},
    {1, false, SHAPE(4, 11), SHAPE(4, 1, 4), SHAPE(4, 3), false,
     {-0.428514147134863, 0.984334953430331, -0.660670820126026, 0},
     {.stride = {3}, .padding = {2}, .dilation = {2}, .groups = 4}},
    {2, false, SHAPE(2, 3, 5, 6), SHAPE(4, 3, 3, 2), SHAPE(2, 4, 3, 5), true,
     {-1.19221362686771, -0.0859630573287022, -0.979114366779102, 0.0707586002193338},
     {0}},
    {2, false, SHAPE(1, 2, 5, 6), SHAPE(1, 2, 3, 3), SHAPE(1, 1, 5, 6), true,
     {-5.47770790025873, 0.357296299457514, -1.59544143692399, -0.79737899600181},
     {.padding = {1, 1}}},
    {2, false, SHAPE(2, 4, 7, 6), SHAPE(4, 2, 3, 3), SHAPE(2, 4, 4, 3), false,
     {-3.8976994101021, -1.25802067661815, 6.62861939420714, 0},
     {.stride = {2, 3}, .padding = {1, 2}, .groups = 2}},
    {2, false, SHAPE(2, 3, 8, 9), SHAPE(6, 1, 2, 3), SHAPE(2, 6, 5, 3), true,
     {-1.08158719072881, 0.255691049486973, 0.0525619858662179, -0.755537217407724},
     {.stride = {2, 1}, .padding = {2, 0}, .dilation = {2, 3}, .groups = 3}},
    {2, false, SHAPE(2, 3, 4, 5), SHAPE(2, 3, 1, 1), SHAPE(2, 2, 4, 5), true,
     {-0.235009973984104, -3.27599169563368, -1.23771818613244, -0.181464506187227},
     {0}},
    {2, false, SHAPE(2, 3, 4, 5), SHAPE(2, 3, 1, 1), SHAPE(2, 2, 2, 3), false,
     {-0.0221766112465762, 1.06857577620891, -0.0100875752917142, 0},
     {.stride = {2, 2}}},
    {2, false, SHAPE(2, 2, 5, 6), SHAPE(3, 2, 4, 3), SHAPE(2, 3, 5, 6), true,
     {-2.4877486499196, -8.57921016418637, -3.82653811237001, -2.32012010490986},
     {.dilation = {1, 2}, .same = true}},
    {2, false, SHAPE(3, 5, 6), SHAPE(4, 3, 3, 3), SHAPE(4, 3, 3), true,
     {-5.59999809803642, -0.620882909063531, -5.16364612046026, 1.08129243576037},
     {.stride = {2, 2}, .padding = {1, 1}}},
    {2, false, SHAPE(2, 3, 4, 4), SHAPE(5, 3, 4, 4), SHAPE(2, 5, 1, 1), true,
     {5.5885503665669, 9.46261581090094, 1.98069342440278, 3.83412464703991},
     {0}},
    {3, false, SHAPE(2, 2, 4, 5, 3), SHAPE(3, 2, 2, 3, 2), SHAPE(2, 3, 3, 3, 2), true,
     {3.19687390646042, -0.0091858577975481, 4.84703705391095, -0.0215217115212465},
     {0}},
    {3, false, SHAPE(2, 4, 5, 4, 6), SHAPE(4, 2, 3, 2, 3), SHAPE(2, 4, 3, 4, 1), true,
     {-1.29668031290365, 0.0339612813678567, -1.35386779366517, -0.688002507668548},
     {.stride = {2, 1, 2}, .padding = {1, 1, 0}, .dilation = {1, 2, 2}, .groups = 2}},
    {3, false, SHAPE(2, 3, 4, 5, 4), SHAPE(2, 3, 2, 2, 3), SHAPE(2, 2, 4, 5, 4), false,
     {-63.3253052244089, 502.536734053481, 0.712946692844046, 0},
     {.same = true}},
    {1, true, SHAPE(2, 3, 5), SHAPE(3, 4, 3), SHAPE(2, 4, 7), true,
     {-1.60209678973967, 7.37735145760607, 8.8414300710056, 0.255326897049658},
     {0}},
    {1, true, SHAPE(2, 4, 5), SHAPE(4, 2, 4), SHAPE(2, 4, 17), true,
     {10.7321138156838, -1.18812483059655, -3.11660093770015, 3.79642026423174},
     {.stride = {3}, .padding = {2}, .dilation = {2}, .output_padding = {2}, .groups = 2}},
    {2, true, SHAPE(2, 3, 4, 5), SHAPE(3, 2, 3, 3), SHAPE(2, 2, 6, 7), true,
     {-3.00570037681845, 2.20331463134178, 1.2993288394799, -1.17282144701301},
     {0}},
    {2, true, SHAPE(2, 3, 4, 3), SHAPE(3, 4, 3, 2), SHAPE(2, 4, 8, 5), true,
     {4.93759523403072, 3.5857204745412, 1.58619477557777, -0.0954330254220003},
     {.stride = {2, 2}, .padding = {1, 1}, .output_padding = {1, 1}}},
    {2, true, SHAPE(2, 4, 3, 4), SHAPE(4, 3, 2, 3), SHAPE(2, 6, 8, 11), false,
     {8.66651569689852, 1.28473763501448, 4.06490564073814, 0},
     {.stride = {2, 3}, .padding = {1, 2}, .dilation = {3, 2}, .output_padding = {2, 1}, .groups = 2}},
    {2, true, SHAPE(3, 3, 3), SHAPE(3, 1, 3, 3), SHAPE(3, 7, 7), true,
     {-1.58264879711028, -0.630334512055188, -0.373044559542542, -1.4284476583983},
     {.stride = {2, 2}, .groups = 3}},
    {2, true, SHAPE(1, 2, 3, 3), SHAPE(2, 2, 1, 1), SHAPE(1, 2, 6, 5), true,
     {-0.839923436109863, 4.74982229265108, -1.09955132594664, -0.54923812934781},
     {.stride = {2, 2}, .output_padding = {1, 0}}},
    {3, true, SHAPE(2, 2, 3, 2, 3), SHAPE(2, 3, 2, 3, 2), SHAPE(2, 3, 2, 4, 2), true,
     {-19.4183750099059, 23.5597780456779, 0.134959576512828, 0.524195453305323},
     {.padding = {1, 0, 1}}},
    {3, true, SHAPE(1, 4, 2, 3, 2), SHAPE(4, 2, 3, 2, 2), SHAPE(1, 4, 4, 3, 4), true,
     {0.815425005210259, 0.621576074232936, -0.162699600277742, 0.670511283084186},
     {.stride = {2, 1, 2}, .padding = {1, 1, 0}, .dilation = {1, 2, 1}, .output_padding = {1, 0, 0}, .groups = 2}},};
/* clang-format on */

static tin_tensor *run_conv(const struct conv_case *test, tin_tensor *x, tin_tensor *weight, tin_tensor *bias) {
  static tin_tensor *(*const functions[2][3])(struct tin_conv_options) = {
      {tin_conv1d_args, tin_conv2d_args, tin_conv3d_args},
      {tin_conv_transpose1d_args, tin_conv_transpose2d_args, tin_conv_transpose3d_args}};
  struct tin_conv_options options = test->options;
  options.file = __FILE__, options.line = __LINE__;
  options.x = x, options.weight = weight, options.bias = bias;
  return functions[test->transposed][test->dims - 1](options);
}

static void test_conv(void **state) {
  tin_ctx *ctx = *state;
  for (int i = 0; i < (int)(sizeof conv_cases / sizeof *conv_cases); i++) {
    const struct conv_case *test = &conv_cases[i];
    tin_scope scope = tin_begin(ctx);
    int64_t channels = test->y.size[test->y.rank - test->dims - 1];
    tin_tensor *x = ramp(ctx, test->x, 1.3, 0.1), *weight = ramp(ctx, test->weight, 0.9, 0.2), *grad[3];
    tin_tensor *bias = test->bias ? ramp(ctx, TIN_SHAPE(channels), 1, 0.4) : NULL;
    tin_tensor *y = run_conv(test, x, weight, bias), *loss = weighted(y);
    assert_shape(i, y, test->y);
    assert_true(tin_grad(loss, ((tin_list){(tin_tensor *[]){x, weight, bias}, bias ? 3 : 2}), grad));
    assert_near("the result", i, tin_item(loss), test->want[0]);
    assert_near("the gradient for x", i, tin_item(weighted(grad[0])), test->want[1]);
    assert_near("the gradient for the weight", i, tin_item(weighted(grad[1])), test->want[2]);
    if (bias)
      assert_near("the gradient for the bias", i, tin_item(weighted(grad[2])), test->want[3]);
    assert_true(tin_end(scope));
  }
}

static void test_conv_errors(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 4, 6, 6)), *w = tin_zeros(ctx, TIN_F32, TIN_SHAPE(4, 4, 3, 3));
  tin_tensor *image = tin_set_name(x, "image");
  assert_message(ctx, tin_conv2d(image, tin_zeros(ctx, TIN_F32, TIN_SHAPE(8, 3, 3, 3))),
                 "conv2d: image [2, 4, 6, 6] has 4 channels, but weight [8, 3, 3, 3] with 1 group takes 3");
  assert_message(ctx, tin_conv2d(image, tin_zeros(ctx, TIN_F32, TIN_SHAPE(9, 2, 3, 3)), .groups = 2),
                 "conv2d: 9 channels of weight [9, 2, 3, 3] do not divide into 2 groups");
  assert_message(ctx, tin_conv2d(image, tin_zeros(ctx, TIN_F32, TIN_SHAPE(4, 4, 3))), "weight [4, 4, 3] has not 4 axes");
  assert_message(ctx, tin_conv1d(image, tin_zeros(ctx, TIN_F32, TIN_SHAPE(4, 4, 3))), "conv1d: image [2, 4, 6, 6] has not the 3 axes");
  assert_message(ctx, tin_conv2d(image, w, .bias = tin_zeros(ctx, TIN_F32, TIN_SHAPE(3))),
                 "bias [3] has not one element for each of the 4 output channels of weight [4, 4, 3, 3]");
  assert_message(ctx, tin_conv2d(image, w, .dilation = {3, 3}),
                 "the kernel of 3 (dilation 3) is larger than spatial axis 0 of image [2, 4, 6, 6] with its padding of 0 and 0");
  assert_message(ctx, tin_conv2d(image, w, .stride = {2}), "stride of spatial axis 1 is missing: one number for each of the 2 axes");
  assert_message(ctx, tin_conv2d(image, w, .padding = {0, -1}), "padding -1 of spatial axis 1 is negative");
  assert_message(ctx, tin_conv2d(image, w, .padding = {1, 1, 1}), "padding names axis 2 of 2 spatial axes");
  assert_message(ctx, tin_conv2d(image, w, .stride = {2, 2}, .same = true), "same goes with no stride");
  assert_message(ctx, tin_conv2d(image, w, .output_padding = {1, 1}), "output_padding is an option of the transposed convolution");
  assert_message(ctx, tin_conv2d(image, w, .groups = -1), "groups -1 is negative");
  assert_message(ctx, tin_conv_transpose2d(image, tin_zeros(ctx, TIN_F32, TIN_SHAPE(3, 4, 3, 3))),
                 "conv_transpose2d: image [2, 4, 6, 6] has 4 channels, but weight [3, 4, 3, 3] with 1 group takes 3");
  assert_message(ctx, tin_conv_transpose2d(image, w, .stride = {2, 2}, .output_padding = {2, 0}),
                 "output_padding 2 of spatial axis 0 is not smaller than the stride or the dilation");
  assert_message(ctx, tin_conv_transpose2d(image, w, .padding = {9, 0}),
                 "spatial axis 0 of image [2, 4, 6, 6], with padding 9, leaves no output");
  assert_message(ctx, tin_conv2d(image, NULL), "operand weight is NULL");
}

/* No channels, no examples, integers. */
static void test_conv_edges(void **state) {
  tin_ctx *ctx = *state;
  float got[8] = {0};
  tin_tensor *none = tin_conv1d(tin_zeros(ctx, TIN_F32, TIN_SHAPE(1, 0, 3)), tin_zeros(ctx, TIN_F32, TIN_SHAPE(1, 0, 2)));
  assert_true(tin_read(none, got, 2 * sizeof *got));
  assert_true(got[0] == 0 && got[1] == 0);
  tin_tensor *empty = tin_conv1d(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 2, 3)), tin_zeros(ctx, TIN_F32, TIN_SHAPE(5, 2, 2)));
  assert_shape(0, empty, (tin_shape)SHAPE(0, 5, 2));
  int32_t x[4] = {1, 2, 3, 4}, w[2] = {10, 1};
  tin_tensor *integers = tin_conv1d(tin_from(ctx, TIN_I32, TIN_SHAPE(1, 4), x), tin_from(ctx, TIN_I32, TIN_SHAPE(1, 1, 2), w));
  assert_int_equal(tin_dtype_of(integers), TIN_F32);
  assert_true(tin_read(integers, got, 3 * sizeof *got));
  assert_true(got[0] == 12 && got[1] == 23 && got[2] == 34);
}

/* ---- no windows in memory ---- */

/* Kernels and bytes of intermediate values of a plan of its own. */
static void assert_plan(tin_tensor *t, const char *what, int64_t kernels, int64_t bytes) {
  tin_ctx *ctx = tin_ctx_of(t);
  int64_t before = tin_stats(ctx).kernels_launched;
  assert_true(tin_realize(TIN_LIST(t)));
  struct tin_counters counters = tin_stats(ctx);
  if (counters.kernels_launched - before != kernels || counters.bytes_planned > bytes)
    fail_msg("%s: %lld kernels and %lld bytes, not %lld and %lld", what, (long long)(counters.kernels_launched - before),
             (long long)counters.bytes_planned, (long long)kernels, (long long)bytes);
}

/* Forward and both gradients are one kernel each; with padding the gradient for x is cut out of its padded form. */
static void test_memory(void **state) {
  tin_ctx *ctx = *state;
  for (int stride = 1; stride <= 2; stride++) {
    tin_tensor *x = tin_param(ctx, TIN_SHAPE(2, 4, 10, 11)), *w = tin_param(ctx, TIN_SHAPE(6, 4, 3, 3)), *grad[2], *second[1];
    tin_tensor *y = tin_conv2d(x, w, .stride = {stride, stride}), *g = tin_param(ctx, tin_shape_of(y));
    tin_tensor *bias = tin_param(ctx, TIN_SHAPE(6)), *padded = tin_conv2d(x, w, .bias = bias, .padding = {1, 1});
    assert_plan(y, "forward", 1, 0);
    assert_plan(tin_relu(padded), "forward, bias and ReLU", 1, 0);
    assert_true(tin_vjp(y, g, TIN_LIST(x, w), grad));
    assert_plan(grad[0], "gradient for x", 1, 0);
    assert_plan(grad[1], "gradient for the weight", 1, 0);
    assert_true(tin_vjp(padded, tin_param(ctx, tin_shape_of(padded)), TIN_LIST(x), second));
    assert_plan(second[0], "gradient for x with padding", 2, 2 * 4 * 12 * 13 * 4 + 64);
    /* second order: the gradient for x as a function of the weight and of g */
    assert_true(tin_vjp(grad[0], tin_param(ctx, tin_shape_of(x)), TIN_LIST(w), second));
    assert_plan(second[0], "second order for the weight", 1, 0);
    assert_true(tin_vjp(grad[0], tin_param(ctx, tin_shape_of(x)), TIN_LIST(g), second));
    assert_plan(second[0], "second order for g", 2, 2 * 6 * 12 * 13 * 4 + 64);
  }
}

int main(void) {
#define ON_BOTH(test)                                                                                                                      \
  {#test ", interpreter", test, setup_interpreter, teardown, NULL}, {                                                                      \
#test, test, setup_compiled, teardown, NULL                                                                                            \
  }
  const struct CMUnitTest tests[] = {
      ON_BOTH(test_conv),
      ON_BOTH(test_conv_edges),
      cmocka_unit_test_setup_teardown(test_memory, setup_compiled, teardown),
      cmocka_unit_test_setup_teardown(test_conv_errors, setup_compiled, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
