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
#include "ramp.h"
#include "ways.h"

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

static void test_layer(void **state) {
  tin_ctx *ctx = *state;
  tin_conv conv = tin_conv_new(ctx, 4, 6, .kernel = {3, 2}, .padding = {1, 0}, .stride = {2, 1}, .groups = 2, .name = "conv1");
  tin_conv up = tin_conv_new(ctx, 6, 4, .kernel = {3}, .transposed = true, .stride = {2}, .no_bias = true, .dtype = TIN_F64);
  assert_shape(0, conv.weight, (tin_shape)SHAPE(6, 2, 3, 2));
  assert_shape(0, conv.bias, (tin_shape)SHAPE(6));
  assert_shape(0, up.weight, (tin_shape)SHAPE(6, 4, 3));
  assert_null(up.bias);
  assert_ptr_equal(tin_find(ctx, "conv1.weight"), conv.weight);
  float w[72];
  double largest = 0, bound = 1 / sqrt(12);
  assert_true(tin_read(conv.weight, w, sizeof w));
  for (int i = 0; i < 72; i++)
    largest = fmax(largest, fabs((double)w[i]));
  assert_true(largest <= bound && largest > 0.9 * bound);
  tin_tensor *y = tin_conv_forward(&conv, tin_ones(ctx, TIN_F32, TIN_SHAPE(2, 4, 5, 7)));
  assert_shape(0, y, (tin_shape)SHAPE(2, 6, 3, 6));
  tin_tensor *same = tin_conv2d(tin_ones(ctx, TIN_F32, TIN_SHAPE(2, 4, 5, 7)), conv.weight, .bias = conv.bias, .padding = {1, 0},
                                .stride = {2, 1}, .groups = 2);
  assert_true(tin_item(tin_all(tin_eq(y, same))) == 1);
  assert_shape(0, tin_conv_forward(&up, tin_ones(ctx, TIN_F64, TIN_SHAPE(2, 6, 5))), (tin_shape)SHAPE(2, 4, 11));
  tin_conv bad = tin_conv_new(ctx, 3, 6, .kernel = {3, 3}, .groups = 2);
  assert_message(ctx, bad.weight, "conv_new: the channels do not divide into the groups (3 -> 6 channels, 2 groups)");
  bad = tin_conv_new(ctx, 3, 6, .groups = 1);
  assert_message(ctx, tin_conv_forward(&bad, tin_ones(ctx, TIN_F32, TIN_SHAPE(1, 3, 4))), "conv_new: the kernel is missing");
}

/* ---- pools ---- */

enum pool_kind { MAX, AVG, ADAPTIVE_MAX, ADAPTIVE_AVG };

/* Inputs of MAX are rounded to -3 .. 3, so that there are ties. */
struct pool_case {
  enum pool_kind kind;
  int dims;
  tin_shape x, y;
  double want[3]; /* weighted sums of the result, the gradient and the indices */
  struct tin_pool_options options;
  struct tin_adaptive_pool_options adaptive;
};

/* clang-format off */
static const struct pool_case pool_cases[] = {
    {MAX, 1, SHAPE(2, 3, 9), SHAPE(2, 3, 3),
     {0.84526528445307, 2.84968288385164, -4.22457573634081}, {.kernel = {3}}, {0}},
    {MAX, 1, SHAPE(3, 11), SHAPE(3, 5),
     {3.68371537421165, -1.76107925406695, -6.36030068071266}, {.kernel = {3}, .stride = {2}, .padding = {1}, .dilation = {2}}, {0}},
    {MAX, 2, SHAPE(2, 3, 8, 6), SHAPE(2, 3, 4, 3),
     {-15.3509719008386, -1.33787374411232, -135.849954521439}, {.kernel = {2, 2}}, {0}},
    {MAX, 2, SHAPE(2, 2, 7, 9), SHAPE(2, 2, 4, 5),
     {-9.81144333756223, -2.20070060279103, 35.9379362302559}, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}, {0}},
    {MAX, 2, SHAPE(1, 2, 7, 8), SHAPE(1, 2, 4, 3),
     {-5.23324901229513, -0.325804331530856, -105.298622412541}, {.kernel = {3, 2}, .stride = {2, 3}, .padding = {1, 1}, .ceil_mode = true}, {0}},
    {MAX, 2, SHAPE(2, 7, 8), SHAPE(2, 4, 6),
     {-1.68419875644384, 2.56483824342507, -7.72578627950669}, {.kernel = {2, 3}, .stride = {1, 1}, .padding = {0, 1}, .dilation = {3, 2}}, {0}},
    {MAX, 3, SHAPE(2, 2, 4, 5, 6), SHAPE(2, 2, 3, 3, 4),
     {-0.321500381008185, 4.06438491758506, -19.7481907310498}, {.kernel = {2, 3, 2}, .stride = {2, 1, 2}, .padding = {1, 0, 1}, .ceil_mode = true}, {0}},
    {AVG, 1, SHAPE(2, 3, 9), SHAPE(2, 3, 3),
     {-0.0914553189474885, 0.13024136821309, 0}, {.kernel = {4}, .stride = {2}}, {0}},
    {AVG, 1, SHAPE(2, 3, 10), SHAPE(2, 3, 4),
     {0.322250193158364, 0.335169198682636, 0}, {.kernel = {4}, .stride = {3}, .padding = {2}, .ceil_mode = true}, {0}},
    {AVG, 2, SHAPE(2, 3, 8, 6), SHAPE(2, 3, 4, 3),
     {-6.12310972513024, 0.635643068286873, 0}, {.kernel = {2, 2}}, {0}},
    {AVG, 2, SHAPE(2, 2, 7, 9), SHAPE(2, 2, 4, 5),
     {-0.727542137583638, -0.195687386433692, 0}, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}}, {0}},
    {AVG, 2, SHAPE(2, 2, 7, 9), SHAPE(2, 2, 4, 5),
     {-1.88259081454452, -0.171995491361426, 0}, {.kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1}, .exclude_padding = true}, {0}},
    {AVG, 2, SHAPE(2, 2, 6, 9), SHAPE(2, 2, 4, 5),
     {4.1790547158266, 0.121581693445622, 0}, {.kernel = {3, 2}, .stride = {2, 2}, .padding = {1, 0}, .ceil_mode = true}, {0}},
    {AVG, 2, SHAPE(2, 2, 6, 9), SHAPE(2, 2, 4, 5),
     {5.42749098903359, 0.762535473018086, 0}, {.kernel = {3, 2}, .stride = {2, 2}, .padding = {1, 1}, .ceil_mode = true, .exclude_padding = true}, {0}},
    {AVG, 2, SHAPE(2, 6, 9), SHAPE(2, 2, 5),
     {-0.274202505686676, -0.378954031603322, 0}, {.kernel = {3, 2}, .padding = {1, 1}, .divisor_override = 5}, {0}},
    {AVG, 3, SHAPE(1, 2, 4, 5, 6), SHAPE(1, 2, 3, 5, 3),
     {0.215732122124336, -0.285742404361816, 0}, {.kernel = {2, 3, 2}, .stride = {2, 1, 2}, .padding = {1, 1, 0}, .ceil_mode = true}, {0}},
    {ADAPTIVE_MAX, 1, SHAPE(2, 3, 10), SHAPE(2, 3, 4),
     {-0.122758940312076, -0.910520803429406, -7.35032863969982}, {0}, {.size = {4}}},
    {ADAPTIVE_MAX, 2, SHAPE(2, 3, 6, 8), SHAPE(2, 3, 3, 2),
     {-2.34004278641699, 1.10468069575609, -279.37839673395}, {0}, {.size = {3, 2}}},
    {ADAPTIVE_MAX, 2, SHAPE(2, 3, 7, 5), SHAPE(2, 3, 3, 4),
     {0.895748625687666, 2.32986308198846, -82.8357511858998}, {0}, {.size = {3, 4}}},
    {ADAPTIVE_MAX, 3, SHAPE(1, 2, 4, 5, 6), SHAPE(1, 2, 3, 2, 4),
     {-1.33626904737235, 1.56367332525126, -149.338690841611}, {0}, {.size = {3, 2, 4}}},
    {ADAPTIVE_AVG, 1, SHAPE(3, 10), SHAPE(3, 4),
     {0.350566057504052, -0.208204403372231, 0}, {0}, {.size = {4}}},
    {ADAPTIVE_AVG, 2, SHAPE(2, 3, 6, 8), SHAPE(2, 3, 1, 1),
     {-0.00788149204493643, -0.0166680986457536, 0}, {0}, {.size = {1, 1}}},
    {ADAPTIVE_AVG, 2, SHAPE(2, 3, 5, 4), SHAPE(2, 3, 7, 3),
     {-0.110060523550886, -0.322894211040123, 0}, {0}, {.size = {7, 3}}},
    {ADAPTIVE_AVG, 2, SHAPE(2, 3, 7, 5), SHAPE(2, 3, 7, 3),
     {0.788744822091593, 0.701389113539728, 0}, {0}, {.size = {0, 3}}},
    {ADAPTIVE_AVG, 3, SHAPE(1, 2, 4, 5, 6), SHAPE(1, 2, 3, 2, 4),
     {-2.88159093947309, 0.218574956718543, 0}, {0}, {.size = {3, 2, 4}}},
};
/* clang-format on */

static tin_tensor *run_pool(const struct pool_case *test, tin_tensor *x, tin_tensor **indices) {
  static tin_tensor *(*const windowed[2][3])(struct tin_pool_options) = {{tin_max_pool1d_args, tin_max_pool2d_args, tin_max_pool3d_args},
                                                                         {tin_avg_pool1d_args, tin_avg_pool2d_args, tin_avg_pool3d_args}};
  static tin_tensor *(*const adaptive[2][3])(struct tin_adaptive_pool_options) = {
      {tin_adaptive_max_pool1d_args, tin_adaptive_max_pool2d_args, tin_adaptive_max_pool3d_args},
      {tin_adaptive_avg_pool1d_args, tin_adaptive_avg_pool2d_args, tin_adaptive_avg_pool3d_args}};
  bool average = test->kind == AVG || test->kind == ADAPTIVE_AVG;
  struct tin_pool_options options = test->options;
  struct tin_adaptive_pool_options sizes = test->adaptive;
  options.file = sizes.file = __FILE__, options.line = sizes.line = __LINE__, options.x = sizes.x = x;
  options.indices = sizes.indices = average ? NULL : indices;
  return test->kind == MAX || test->kind == AVG ? windowed[average][test->dims - 1](options) : adaptive[average][test->dims - 1](sizes);
}

static void test_pool(void **state) {
  tin_ctx *ctx = *state;
  for (int i = 0; i < (int)(sizeof pool_cases / sizeof *pool_cases); i++) {
    const struct pool_case *test = &pool_cases[i];
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x = ramp(ctx, test->x, 1.3, 0.1), *grad, *indices = NULL;
    if (test->kind == MAX || test->kind == ADAPTIVE_MAX)
      x = tin_round(tin_mul_scalar(x, 3));
    tin_tensor *y = run_pool(test, x, &indices), *loss = weighted(y);
    assert_shape(i, y, test->y);
    assert_true(tin_grad(loss, TIN_LIST(x), &grad));
    assert_near("the result", i, tin_item(loss), test->want[0]);
    assert_near("the gradient", i, tin_item(weighted(grad)), test->want[1]);
    if (indices)
      assert_near("the indices", i, tin_item(weighted(indices)), test->want[2]);
    assert_true(tin_end(scope));
  }
}

static void test_pool_edges(void **state) {
  tin_ctx *ctx = *state;
  const float x[6] = {1, NAN, 3, -INFINITY, -INFINITY, -INFINITY};
  const int32_t numbers[6] = {-5, -7, -9, 3, INT32_MAX, 2};
  float y[3], slope[6];
  int32_t largest[3];
  int64_t at[3];
  tin_tensor *indices, *grad, *t = tin_from(ctx, TIN_F32, TIN_SHAPE(1, 1, 6), x);
  tin_tensor *pooled = tin_max_pool1d(t, .kernel = {3}, .padding = {1}, .stride = {2}, .indices = &indices);
  assert_true(tin_read(pooled, y, sizeof y) && tin_read(indices, at, sizeof at));
  assert_true(isnan(y[0]) && isnan(y[1]) && y[2] == -INFINITY);
  assert_true(at[0] == 1 && at[1] == 1 && at[2] == 3);
  assert_true(tin_grad(pooled, TIN_LIST(t), &grad) && tin_read(grad, slope, sizeof slope));
  assert_true(slope[1] == 2 && slope[3] == 1 && slope[0] == 0 && slope[4] == 0);
  /* padding never wins, nor does it in integers */
  pooled =
      tin_max_pool1d(tin_from(ctx, TIN_I32, TIN_SHAPE(1, 1, 6), numbers), .kernel = {2}, .padding = {1}, .stride = {2}, .ceil_mode = true);
  assert_int_equal(tin_shape_of(pooled).size[2], 4);
  assert_true(tin_read(tin_slice(pooled, 2, 0, 3), largest, sizeof largest));
  assert_true(largest[0] == -5 && largest[1] == -7 && largest[2] == INT32_MAX);
  tin_tensor *empty = tin_max_pool1d(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 2, 6)), .kernel = {2});
  assert_shape(0, empty, (tin_shape)SHAPE(0, 2, 3));
}

static void test_pool_errors(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 4, 6, 6)), *indices;
  assert_message(ctx, tin_max_pool2d(x, .stride = {2, 2}), "max_pool2d: the kernel is missing");
  assert_message(ctx, tin_max_pool2d(x, .kernel = {2}), "kernel of spatial axis 1 is missing");
  assert_message(ctx, tin_max_pool2d(x, .kernel = {7, 2}, .indices = &indices),
                 "the kernel of 7 (dilation 1) is larger than spatial axis 0 of x [2, 4, 6, 6]");
  assert_true(tin_is_poison(indices));
  assert_message(ctx, tin_avg_pool2d(x, .kernel = {2, 2}, .padding = {0, 2}),
                 "padding 2 of spatial axis 1 is more than half of the kernel of 2");
  assert_message(ctx, tin_avg_pool2d(x, .kernel = {2, 2}, .dilation = {2, 2}), "an average pool has no dilation");
  assert_message(ctx, tin_avg_pool3d(x, .kernel = {7, 2, 2}),
                 "the kernel of 7 (dilation 1) is larger than spatial axis 0 of x [2, 4, 6, 6]");
  assert_message(ctx, tin_avg_pool1d(x, .kernel = {2}), "x [2, 4, 6, 6] has not the 3 axes of [N, C] and 1 spatial ones");
  assert_message(ctx, tin_adaptive_avg_pool2d(x, .size = {2, -1}), "size -1 of axis 1 is no size of 2 spatial axes");
  assert_message(ctx, tin_adaptive_avg_pool2d(x, .size = {2, 2, 2}), "size 2 of axis 2 is no size of 2 spatial axes");
}

/* ---- resizing ---- */

struct resize_case {
  tin_shape x, y;
  double want[2]; /* weighted sums of the result and of the gradient */
  struct tin_interpolate_options options;
};

/* clang-format off */
static const struct resize_case resize_cases[] = {
    {SHAPE(2, 3, 5), SHAPE(2, 3, 12), {0.753404894227033, 0.122758515960689}, {.size = {12}, .mode = TIN_NEAREST}},
    {SHAPE(2, 3, 5), SHAPE(2, 3, 8), {-2.91710100522025, -1.09654983100633}, {.scale_factor = {1.7}, .mode = TIN_NEAREST}},
    {SHAPE(2, 3, 12), SHAPE(2, 3, 5), {0.292653333043863, -0.0461505109083338}, {.size = {5}, .mode = TIN_NEAREST}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 8, 10), {-1.17574265450001, -2.57358992794946}, {.scale_factor = {2.0, 2.0}, .mode = TIN_NEAREST}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 7, 3), {-0.129681605545896, 0.31167215248922}, {.size = {7, 3}, .mode = TIN_NEAREST}},
    {SHAPE(2, 2, 3, 4, 5), SHAPE(2, 2, 5, 3, 8), {-3.23456904513232, 1.52053458973364}, {.size = {5, 3, 8}, .mode = TIN_NEAREST}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 7, 3), {-0.192423515904249, -0.429032320728845}, {.size = {7, 3}, .mode = TIN_NEAREST_EXACT}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 6, 3), {0.138090547063108, 0.495841414642453}, {.scale_factor = {1.6, 0.7}, .mode = TIN_NEAREST_EXACT}},
    {SHAPE(2, 3, 5), SHAPE(2, 3, 12), {0.698602664517995, -0.125031518764358}, {.size = {12}, .mode = TIN_LINEAR}},
    {SHAPE(2, 3, 5), SHAPE(2, 3, 12), {0.179369682567898, -0.738203148345911}, {.size = {12}, .mode = TIN_LINEAR, .align_corners = true}},
    {SHAPE(2, 3, 5), SHAPE(2, 3, 1), {-0.109512279891027, 2.89288487707561}, {.size = {1}, .mode = TIN_LINEAR, .align_corners = true}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 8, 15), {0.649724180300777, -0.00152312499191087}, {.scale_factor = {2.0, 3.0}, .mode = TIN_LINEAR}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 7, 3), {-0.22958316388875, 0.109676015186855}, {.size = {7, 3}, .mode = TIN_LINEAR, .align_corners = true}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 6, 3), {0.247661336543286, 0.774629745227059}, {.scale_factor = {1.6, 0.7}, .mode = TIN_LINEAR}},
    {SHAPE(2, 3, 1, 5), SHAPE(2, 3, 3, 5), {-0.808807686099131, 1.12108121364553}, {.size = {3, 5}, .mode = TIN_LINEAR}},
    {SHAPE(2, 2, 3, 4, 5), SHAPE(2, 2, 5, 3, 8), {-3.53959713767336, 1.29061291127212}, {.size = {5, 3, 8}, .mode = TIN_LINEAR}},
    {SHAPE(1, 2, 3, 4, 5), SHAPE(1, 2, 5, 3, 8), {0.271111384696092, 0.310092861332958}, {.size = {5, 3, 8}, .mode = TIN_LINEAR, .align_corners = true}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 7, 3), {-0.343254162747005, 0.160588136071793}, {.size = {7, 3}, .mode = TIN_CUBIC}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 8, 10), {-0.516043874392473, 0.232932515636397}, {.scale_factor = {2.0, 2.0}, .mode = TIN_CUBIC, .align_corners = true}},
    {SHAPE(2, 3, 4, 5), SHAPE(2, 3, 6, 3), {0.265733091430599, 0.367185237376009}, {.scale_factor = {1.6, 0.7}, .mode = TIN_CUBIC}},
};
/* clang-format on */

static void test_interpolate(void **state) {
  tin_ctx *ctx = *state;
  for (int i = 0; i < (int)(sizeof resize_cases / sizeof *resize_cases); i++) {
    const struct resize_case *test = &resize_cases[i];
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x = ramp(ctx, test->x, 1.3, 0.1), *grad;
    struct tin_interpolate_options options = test->options;
    options.file = __FILE__, options.line = __LINE__, options.x = x;
    tin_tensor *y = tin_interpolate_args(options), *loss = weighted(y);
    assert_shape(i, y, test->y);
    assert_true(tin_grad(loss, TIN_LIST(x), &grad));
    assert_near("the resized", i, tin_item(loss), test->want[0]);
    assert_near("the gradient", i, tin_item(weighted(grad)), test->want[1]);
    assert_true(tin_end(scope));
  }
}

/* Integers, and what single precision rounds. */
static void test_interpolate_edges(void **state) {
  tin_ctx *ctx = *state;
  const uint8_t x[3] = {1, 200, 3};
  uint8_t y[6];
  const float ends[2] = {0, 1};
  float line[3];
  assert_true(tin_read(tin_interpolate(tin_from(ctx, TIN_U8, TIN_SHAPE(1, 1, 3), x), .size = {6}), y, sizeof y));
  assert_true(y[0] == 1 && y[1] == 1 && y[2] == 200 && y[3] == 200 && y[4] == 3 && y[5] == 3);
  tin_tensor *t = tin_from(ctx, TIN_F32, TIN_SHAPE(1, 1, 2), ends);
  assert_true(tin_read(tin_interpolate(t, .size = {3}, .mode = TIN_LINEAR, .align_corners = true), line, sizeof line));
  assert_true(line[0] == 0 && line[1] == 0.5f && line[2] == 1);
}

static void test_interpolate_errors(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 4, 6, 6));
  assert_message(ctx, tin_interpolate(x, .size = {3}), "spatial axis 1 of x [2, 4, 6, 6]: size 0 and scale_factor 0; one of them");
  assert_message(ctx, tin_interpolate(x, .size = {3, 3}, .scale_factor = {2, 2}),
                 "spatial axis 0 of x [2, 4, 6, 6]: size 3 and scale_factor 2");
  assert_message(ctx, tin_interpolate(x, .size = {3, 3, 3}), "size and scale_factor name axis 2 of 2 spatial axes");
  assert_message(ctx, tin_interpolate(x, .size = {3, 3}, .align_corners = true), "mode 0 has no align_corners");
  assert_message(ctx, tin_interpolate(x, .scale_factor = {0.1, 1}), "scale_factor 0.1");
  assert_message(ctx, tin_interpolate(tin_zeros(ctx, TIN_F32, TIN_SHAPE(6, 6)), .size = {3}), "x [6, 6] has not the axes");
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

/* Forward and both gradients are one kernel each (but one for the zeros that strides put between columns); with padding the gradient for x
 * is cut out of its padded form. */
static void test_memory(void **state) {
  tin_ctx *ctx = *state;
  for (int stride = 1; stride <= 2; stride++) {
    tin_tensor *x = tin_param(ctx, TIN_SHAPE(2, 4, 10, 11)), *w = tin_param(ctx, TIN_SHAPE(6, 4, 3, 3)), *grad[2], *second[1];
    tin_tensor *y = tin_conv2d(x, w, .stride = {stride, stride}), *g = tin_param(ctx, tin_shape_of(y));
    tin_tensor *bias = tin_param(ctx, TIN_SHAPE(6)), *padded = tin_conv2d(x, w, .bias = bias, .padding = {1, 1});
    assert_plan(y, "forward", 1, 0);
    assert_plan(tin_relu(padded), "forward, bias and ReLU", 1, 0);
    assert_true(tin_vjp(y, g, TIN_LIST(x, w), grad));
    assert_plan(grad[0], "gradient for x", stride, stride == 1 ? 0 : 2 * 6 * 4 * 13 * 4 + 64); /* g with zeros between columns */
    assert_plan(grad[1], "gradient for the weight", 1, 0);
    assert_true(tin_vjp(padded, tin_param(ctx, tin_shape_of(padded)), TIN_LIST(x), second));
    assert_plan(second[0], "gradient for x with padding", 2, 2 * 4 * 12 * 13 * 4 + 64);
    /* second order: the gradient for x as a function of the weight and of g */
    assert_true(tin_vjp(grad[0], tin_param(ctx, tin_shape_of(x)), TIN_LIST(w), second));
    assert_plan(second[0], "second order for the weight", stride, stride == 1 ? 0 : 2 * 6 * 4 * 13 * 4 + 64);
    assert_true(tin_vjp(grad[0], tin_param(ctx, tin_shape_of(x)), TIN_LIST(g), second));
    assert_plan(second[0], "second order for g", 2, 2 * 6 * 12 * 13 * 4 + 64);
  }
}

/* ---- the same bits everywhere ---- */

static tin_tensor *noise(tin_ctx *ctx, tin_shape shape, double a) {
  return tin_cast(ramp(ctx, shape, a, 0.7), TIN_F32);
}

/* Results and gradients of a few layers. */
static int compute_bits(tin_ctx *ctx, const void *data, tin_tensor **all) {
  (void)data;
  tin_tensor *x = noise(ctx, TIN_SHAPE(2, 4, 17, 19), 1.7), *w = noise(ctx, TIN_SHAPE(6, 4, 3, 3), 2.3), *grad[2];
  tin_tensor *depthwise = noise(ctx, TIN_SHAPE(4, 1, 3, 3), 0.9), *up = noise(ctx, TIN_SHAPE(4, 3, 3, 2), 1.1);
  int n = 0;
  for (int stride = 1; stride <= 2; stride++) {
    tin_tensor *y = tin_relu(tin_conv2d(x, w, .padding = {1, 1}, .stride = {stride, stride}));
    tin_grad(tin_sum(tin_square(y)), TIN_LIST(x, w), grad);
    all[n++] = y, all[n++] = grad[0], all[n++] = grad[1];
  }
  all[n++] = tin_conv2d(x, depthwise, .groups = 4, .dilation = {2, 1});
  all[n++] = tin_conv_transpose2d(x, up, .stride = {2, 1}, .padding = {1, 0});
  tin_tensor *pooled = tin_max_pool2d(x, .kernel = {3, 3}, .stride = {2, 2}, .padding = {1, 1});
  tin_grad(tin_sum(tin_square(pooled)), TIN_LIST(x), grad);
  all[n++] = pooled, all[n++] = grad[0];
  all[n++] = tin_avg_pool2d(x, .kernel = {3, 2}, .stride = {2, 2}, .padding = {1, 1}, .exclude_padding = true, .ceil_mode = true);
  all[n++] = tin_interpolate(x, .size = {23, 7}, .mode = TIN_LINEAR);
  tin_tensor *repeated = tin_expand(noise(ctx, TIN_SHAPE(1, 1, 6), 0.8), TIN_SHAPE(1, 4, 6)); /* one signal for all channels */
  all[n++] = tin_conv1d(repeated, noise(ctx, TIN_SHAPE(6, 4, 2), 1.9), .stride = {2});
  return n;
}

static void test_bits(void **state) {
  (void)state;
  compare_ways(__LINE__, compute_bits, NULL);
}

int main(void) {
#define ON_BOTH(test)                                                                                                                      \
  {#test ", interpreter", test, setup_interpreter, teardown, NULL}, {                                                                      \
#test, test, setup_compiled, teardown, NULL                                                                                            \
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bits),
      ON_BOTH(test_conv),
      ON_BOTH(test_conv_edges),
      cmocka_unit_test_setup_teardown(test_layer, setup_compiled, teardown),
      ON_BOTH(test_pool),
      ON_BOTH(test_pool_edges),
      ON_BOTH(test_interpolate),
      ON_BOTH(test_interpolate_edges),
      cmocka_unit_test_setup_teardown(test_pool_errors, setup_compiled, teardown),
      cmocka_unit_test_setup_teardown(test_interpolate_errors, setup_compiled, teardown),
      cmocka_unit_test_setup_teardown(test_memory, setup_compiled, teardown),
      cmocka_unit_test_setup_teardown(test_conv_errors, setup_compiled, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
