/* Attention, rotary positions, the multi-head layer: values and gradients against PyTorch, kernels, bits, errors. */
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

/* ---- attention ---- */

struct attention_case {
  const char *name;
  tin_shape query, key, value, mask, y;
  enum { NO_MASK, BOOL_MASK, FLOAT_MASK } kind;
  double want[5]; /* weighted sums of the result and of the gradients for query, key, value and a mask of floats */
  struct tin_attention_options options;
};

/* clang-format off */
static const struct attention_case cases[] = {
    {"plain", SHAPE(2, 3, 4), SHAPE(2, 5, 4), SHAPE(2, 5, 3), SHAPE(0), SHAPE(2, 3, 3), NO_MASK,
     {-0.231354267672944, 0.59604179362028, 0.0696315951084585, 0.459122874141857}, {0}},
    {"two axes", SHAPE(3, 4), SHAPE(5, 4), SHAPE(5, 3), SHAPE(0), SHAPE(3, 3), NO_MASK,
     {0.203831136669507, 0.96879435015963, -0.0202080744678399, 0.143084329212113}, {.scale = 0.3}},
    {"causal", SHAPE(2, 2, 4, 3), SHAPE(2, 2, 4, 3), SHAPE(2, 2, 4, 3), SHAPE(0), SHAPE(2, 2, 4, 3), NO_MASK,
     {-2.30089680845537, 5.86679071894227, 0.0551780535565402, 8.3647717884995}, {.causal = true}},
    {"causal, more keys", SHAPE(3, 4), SHAPE(5, 4), SHAPE(5, 3), SHAPE(0), SHAPE(3, 3), NO_MASK,
     {0.477290717001092, 0.316554569770937, -0.994023304771171, 0.427223338944527}, {.causal = true}},
    {"causal, more queries", SHAPE(5, 4), SHAPE(3, 4), SHAPE(3, 2), SHAPE(0), SHAPE(5, 2), NO_MASK,
     {0.0120984060336703, 1.98750711323941, -0.899675668960978, 0.0493307430767564}, {.causal = true}},
    {"bool", SHAPE(2, 2, 3, 4), SHAPE(2, 2, 5, 4), SHAPE(2, 2, 5, 3), SHAPE(3, 5), SHAPE(2, 2, 3, 3), BOOL_MASK,
     {0.155878707880679, -1.00996898091783, 2.45796896961299, 5.92599668524255}, {0}},
    {"bool, keys only", SHAPE(2, 2, 3, 4), SHAPE(2, 2, 5, 4), SHAPE(2, 2, 5, 3), SHAPE(2, 1, 1, 5), SHAPE(2, 2, 3, 3), BOOL_MASK,
     {-0.601538808394637, -1.15850396202945, -0.674329189297204, 0.166993529204325}, {0}},
    {"floats", SHAPE(2, 2, 3, 4), SHAPE(2, 2, 5, 4), SHAPE(2, 2, 5, 3), SHAPE(2, 1, 3, 5), SHAPE(2, 2, 3, 3), FLOAT_MASK,
     {0.471054054753289, -0.735141340693156, 0.652071270399719, 1.43205497792891, -0.553352791616299}, {0}},
    {"floats, causal", SHAPE(2, 3, 4), SHAPE(2, 3, 4), SHAPE(2, 3, 4), SHAPE(3, 3), SHAPE(2, 3, 4), FLOAT_MASK,
     {-0.727008476724242, 0.321311901501102, -0.855848626342735, 4.49365356594051, 0.0908074537059429}, {.causal = true}},
    {"grouped", SHAPE(2, 4, 3, 4), SHAPE(2, 2, 5, 4), SHAPE(2, 2, 5, 3), SHAPE(0), SHAPE(2, 4, 3, 3), NO_MASK,
     {-4.46256215845319, -0.428605806428895, -2.60157842663535, -2.0797369843759}, {.causal = true}},
    {"one head of keys", SHAPE(4, 3, 4), SHAPE(1, 5, 4), SHAPE(1, 5, 3), SHAPE(0), SHAPE(4, 3, 3), NO_MASK,
     {0.631029689341013, 0.507616146526038, -0.106242861087915, 0.207163475050974}, {0}},
};
/* clang-format on */
enum { CASES = sizeof cases / sizeof *cases };

/* query, key, value, mask; returns how many have gradients. */
static int operands(tin_ctx *ctx, const struct attention_case *test, tin_tensor **x) {
  x[0] = ramp(ctx, test->query, 1.3, 0.1), x[1] = ramp(ctx, test->key, 0.9, 0.2), x[2] = ramp(ctx, test->value, 1.1, 0.4), x[3] = NULL;
  if (test->kind != NO_MASK)
    x[3] = ramp(ctx, test->mask, 0.7, 0.5);
  if (test->kind == BOOL_MASK)
    x[3] = tin_gt(x[3], tin_constant(ctx, TIN_F64, 0));
  return test->kind == FLOAT_MASK ? 4 : 3;
}

static tin_tensor *attend(const struct attention_case *test, tin_tensor *const *x) {
  struct tin_attention_options options = test->options;
  options.file = __FILE__, options.line = __LINE__;
  options.query = x[0], options.key = x[1], options.value = x[2], options.mask = x[3];
  return tin_attention_args(options);
}

static void test_values(void **state) {
  static const char *const what[] = {"the gradient for query", "the gradient for key", "the gradient for value", "the gradient for mask"};
  tin_ctx *ctx = *state;
  for (int i = 0; i < CASES; i++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x[4], *grad[4];
    int n = operands(ctx, &cases[i], x);
    tin_tensor *y = attend(&cases[i], x), *loss = weighted(y);
    assert_shape(i, y, cases[i].y);
    assert_true(tin_grad(loss, ((tin_list){x, n}), grad));
    assert_near("the result", i, tin_item(loss), cases[i].want[0]);
    for (int k = 0; k < n; k++)
      assert_near(what[k], i, tin_item(weighted(grad[k])), cases[i].want[1 + k]);
    assert_true(tin_end(scope));
  }
}

static tin_tensor *build_attention(void *user, tin_list inputs) {
  tin_tensor *x[4] = {NULL};
  memcpy(x, inputs.at, sizeof *x * (size_t)inputs.count);
  return attend(user, x);
}

static tin_tensor *build_rope(void *user, tin_list inputs) {
  (void)user;
  return tin_square(tin_rope(inputs.at[0]));
}

static void test_derivatives(void **state) {
  tin_ctx *ctx = *state;
  for (int i = 0; i < CASES; i++) {
    struct attention_case test = cases[i];
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x[4];
    operands(ctx, &test, x);
    /* every element is moved: the large cases would take long */
    if (tin_size_of(x[0]) + tin_size_of(x[1]) <= 64 &&
        !tin_gradcheck(build_attention, &test, ((tin_list){x, x[3] ? 4 : 3}), .second_order = true))
      fail_msg("%s: %s", test.name, tin_message(ctx));
    assert_true(tin_end(scope));
  }
  if (!tin_gradcheck(build_rope, NULL, TIN_LIST(ramp(ctx, (tin_shape)SHAPE(2, 3, 4), 1.3, 0.1)), .second_order = true))
    fail_msg("%s", tin_message(ctx));
}

/* A query that attends to nothing: zeros, and no NaN in any gradient. */
static void test_nothing(void **state) {
  tin_ctx *ctx = *state;
  const bool mask[6] = {true, false, true, false, false, false};
  tin_tensor *x[3], *grad[3];
  for (int i = 0; i < 3; i++)
    x[i] = ramp(ctx, i ? (tin_shape)SHAPE(3, 4) : (tin_shape)SHAPE(2, 4), 1.1, i);
  tin_tensor *y = tin_attention(x[0], x[1], x[2], .mask = tin_from(ctx, TIN_BOOL, TIN_SHAPE(2, 3), mask));
  assert_true(tin_grad(weighted(y), ((tin_list){x, 3}), grad));
  double value[8], gradient[12];
  assert_true(tin_read(y, value, sizeof value));
  for (int i = 4; i < 8; i++)
    assert_true(value[i] == 0 && value[i - 4] != 0);
  assert_true(tin_read(grad[0], gradient, sizeof value));
  for (int i = 4; i < 8; i++)
    assert_true(gradient[i] == 0);
  for (int i = 1; i < 3; i++) {
    assert_true(tin_read(grad[i], gradient, sizeof gradient));
    for (int k = 0; k < 12; k++)
      assert_true(isfinite(gradient[k]) && (gradient[k] == 0) == (k >= 4 && k < 8)); /* key 1 has no query */
  }
  const double never = -INFINITY; /* the same by floats */
  y = tin_attention(x[0], x[1], x[2], .mask = tin_from(ctx, TIN_F64, TIN_SHAPE(1, 1), &never));
  assert_true(tin_grad(y, ((tin_list){x, 3}), grad));
  assert_true(tin_item(tin_any(y)) == 0 && tin_item(tin_any(grad[0])) == 0 && tin_item(tin_any(grad[2])) == 0);
  tin_tensor *none = tin_zeros(ctx, TIN_F64, TIN_SHAPE(0, 4)); /* no keys at all */
  assert_true(tin_item(tin_any(tin_attention(x[0], none, none, .causal = true))) == 0);
  assert_shape(0, tin_attention(none, x[1], x[2]), (tin_shape)SHAPE(0, 4));
}

static void test_dropout(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *q = tin_zeros(ctx, TIN_F32, TIN_SHAPE(200, 8)), *v = tin_ones(ctx, TIN_F32, TIN_SHAPE(200, 1));
  double mean = tin_item(tin_mean(tin_attention(q, q, v, .dropout = 0.5))); /* of 40,000 weights, each 0 or 2 / 200 */
  assert_true(fabs(mean - 1) < 0.03 && mean != 1);
}

static void test_half(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *x[4], *wide[4] = {NULL};
  operands(ctx, &cases[9], x);
  for (int i = 0; i < 3; i++)
    x[i] = tin_cast(x[i], TIN_BF16), wide[i] = tin_cast(x[i], TIN_F32);
  tin_tensor *y = attend(&cases[9], x), *want = tin_cast(attend(&cases[9], wide), TIN_BF16);
  assert_int_equal(tin_dtype_of(y), TIN_BF16);
  assert_true(tin_item(tin_all(tin_eq(y, want))) == 1); /* rounded once */
}

static void test_errors(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *q = tin_set_name(tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 4, 3, 8)), "q"), *k = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 4, 5, 8));
  assert_message(ctx, tin_attention(q, tin_zeros(ctx, TIN_F32, TIN_SHAPE(5, 6)), k),
                 "attention: features differ: q [2, 4, 3, 8] and key [5, 6]: 8 is not 6");
  assert_message(ctx, tin_attention(q, k, q), "attention: q [2, 4, 3, 8] has not a position for each of the 5 of key [2, 4, 5, 8]");
  assert_message(ctx, tin_attention(tin_zeros(ctx, TIN_F32, TIN_SHAPE(8)), k, k), "attention: query [8] has fewer than the two axes");
  assert_message(ctx, tin_attention(tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 6, 3, 8)), k, k),
                 "attention: the 6 heads of query [2, 6, 3, 8] are no multiple of the 4 heads of key [2, 4, 5, 8]");
  assert_message(ctx, tin_attention(q, k, k, .mask = tin_zeros(ctx, TIN_F32, TIN_SHAPE(5, 3))),
                 "attention: mask [5, 3] does not broadcast to the 3 queries by 5 keys");
  assert_message(ctx, tin_attention(q, k, k, .mask = tin_zeros(ctx, TIN_I32, TIN_SHAPE(3, 5))), "attention: mask is i32; it must be bool");
  assert_message(ctx, tin_attention(q, k, NULL), "attention: operand value is NULL");
  assert_message(ctx, tin_attention(q, k, k, .dropout = 2), "probability 2 is not in 0 .. 1");
  assert_message(ctx, tin_rope(tin_zeros(ctx, TIN_F32, TIN_SHAPE(3, 5))), "rope: x [3, 5] is not [..., positions, features] with an even");
  assert_message(ctx, tin_rope(q, .positions = tin_zeros(ctx, TIN_I32, TIN_SHAPE(4))),
                 "rope: positions [4] does not broadcast to q [2, 4, 3, 8] without its last axis");
  assert_message(ctx, tin_rope(q, .base = -1), "rope: base -1 is not positive");
  assert_message(ctx, tin_sinusoidal_positions(ctx, TIN_F32, 4, 5), "sinusoidal_positions: size 5 is not an even number");
  tin_multihead_attention bad = tin_multihead_attention_new(ctx, 6, 4);
  assert_true(tin_is_poison(bad.in_proj_weight));
  assert_message(ctx, tin_multihead_attention_forward(&bad, q, q, q), "multihead_attention_new: 6 features do not divide into 4 heads");
  tin_multihead_attention layer = tin_multihead_attention_new(ctx, 6, 2);
  assert_message(ctx, tin_multihead_attention_forward(&layer, q, q, q), "multihead_attention: q [2, 4, 3, 8] is not [..., positions, 6]");
}

/* The scores with scale and mask, their softmax, the values' contraction. */
static void test_kernels(void **state) {
  tin_ctx *ctx = *state;
  tin_tensor *q = tin_param(ctx, TIN_SHAPE(2, 4, 32, 16)), *k = tin_param(ctx, TIN_SHAPE(2, 2, 32, 16));
  int64_t before = tin_stats(ctx).kernels_launched;
  assert_true(tin_realize(TIN_LIST(tin_attention(q, q, q, .causal = true))));
  assert_int_equal(tin_stats(ctx).kernels_launched - before, 1);
  before = tin_stats(ctx).kernels_launched;
  assert_true(tin_realize(TIN_LIST(tin_attention(q, k, k)))); /* heads are repeated without a copy */
  assert_int_equal(tin_stats(ctx).kernels_launched - before, 1);
}

/* ---- positions ---- */

static void test_rope(void **state) {
  static const struct {
    tin_shape x;
    double want[2];
    struct tin_rope_options options;
    int64_t positions[6];
    tin_shape shape;
  } ropes[] = {
      {SHAPE(2, 3, 4), {0.864523360007597, 8.64407656078773}, {0}, {0}, SHAPE(0)},
      {SHAPE(2, 3, 6), {3.51837792619672, 13.2776946206443}, {.interleaved = true}, {0}, SHAPE(0)},
      {SHAPE(2, 2, 3, 4), {1.4917260673307, 11.0034781895449}, {.base = 100}, {5, 6, 9}, SHAPE(3)},
      {SHAPE(2, 3, 4), {0.744274943870323, 7.77924449373944}, {.interleaved = true}, {0, 1, 2, 7, 8, 9}, SHAPE(2, 3)},
  };
  tin_ctx *ctx = *state;
  for (int i = 0; i < 4; i++) {
    struct tin_rope_options options = ropes[i].options;
    tin_tensor *x = ramp(ctx, ropes[i].x, 1.3, 0.1), *grad;
    options.file = __FILE__, options.line = __LINE__, options.x = x;
    if (ropes[i].shape.size[0])
      options.positions = tin_from(ctx, TIN_I64, ropes[i].shape, ropes[i].positions);
    tin_tensor *y = tin_rope_args(options), *loss = weighted(y);
    assert_shape(i, y, ropes[i].x);
    assert_true(tin_grad(loss, TIN_LIST(x), &grad));
    assert_near("the result", i, tin_item(loss), ropes[i].want[0]);
    assert_near("the gradient", i, tin_item(weighted(grad)), ropes[i].want[1]);
  }
  tin_tensor *table = tin_sinusoidal_positions(ctx, TIN_F64, 5, 6);
  assert_shape(0, table, (tin_shape)SHAPE(5, 6));
  assert_near("the table", 0, tin_item(weighted(table)), -4.038876052175);
}

/* ---- heads ---- */

static void set(tin_tensor *variable, double a, double b) {
  tin_assign(variable, ramp(tin_ctx_of(variable), tin_shape_of(variable), a, b));
}

static tin_multihead_attention new_layer(tin_ctx *ctx) {
  tin_multihead_attention layer = tin_multihead_attention_new(ctx, 6, 3, .name = "attention", .dtype = TIN_F64);
  set(layer.in_proj_weight, 0.9, 0.2);
  set(layer.in_proj_bias, 0.8, 0.3);
  set(layer.out_proj.weight, 0.7, 0.4);
  set(layer.out_proj.bias, 0.6, 0.5);
  return layer;
}

static void test_heads(void **state) {
  static const double self[] = {21.0371880020408, 3.92710022426941,  -5.16343302472426,
                                4.47726113066318, -32.8874071299819, 10.6545806973599};
  static const double cross[] = {9.98973325420467,  1.85306718482739, 0.435522809379955, -4.91131769705243,
                                 0.301580559386198, 2.8815611274964,  -30.5483506800891, 11.9704409761549};
  tin_ctx *ctx = *state;
  tin_multihead_attention layer = new_layer(ctx);
  assert_ptr_equal(tin_find(ctx, "attention.in_proj_weight"), layer.in_proj_weight);
  assert_ptr_equal(tin_find(ctx, "attention.out_proj.bias"), layer.out_proj.bias);
  tin_tensor *x = ramp(ctx, (tin_shape)SHAPE(2, 4, 6), 1.3, 0.1), *grad[7];
  tin_tensor *y = tin_multihead_attention_forward(&layer, x, x, x, .causal = true), *loss = weighted(y);
  tin_tensor *const own[] = {x, layer.in_proj_weight, layer.in_proj_bias, layer.out_proj.weight, layer.out_proj.bias};
  assert_shape(0, y, (tin_shape)SHAPE(2, 4, 6));
  assert_true(tin_grad(loss, ((tin_list){own, 5}), grad));
  assert_near("self-attention", 0, tin_item(loss), self[0]);
  for (int i = 0; i < 5; i++)
    assert_near("a gradient of self-attention", i, tin_item(weighted(grad[i])), self[1 + i]);
  tin_tensor *q = ramp(ctx, (tin_shape)SHAPE(2, 3, 6), 1.3, 0.1), *k = ramp(ctx, (tin_shape)SHAPE(2, 5, 6), 1.1, 0.2);
  tin_tensor *v = ramp(ctx, (tin_shape)SHAPE(2, 5, 6), 0.9, 0.3);
  tin_tensor *keys = tin_gt(ramp(ctx, (tin_shape)SHAPE(2, 1, 1, 5), 0.7, 0.5), tin_constant(ctx, TIN_F64, 0));
  loss = weighted(tin_multihead_attention_forward(&layer, q, k, v, .mask = keys));
  tin_tensor *const all[] = {q, k, v, layer.in_proj_weight, layer.in_proj_bias, layer.out_proj.weight, layer.out_proj.bias};
  assert_true(tin_grad(loss, ((tin_list){all, 7}), grad));
  assert_near("cross-attention", 0, tin_item(loss), cross[0]);
  for (int i = 0; i < 7; i++)
    assert_near("a gradient of cross-attention", i, tin_item(weighted(grad[i])), cross[1 + i]);
  /* all three from one contraction, or from one each: the same bits */
  tin_tensor *copy = tin_watch(x);
  assert_true(tin_item(tin_all(
                  tin_eq(tin_multihead_attention_forward(&layer, x, copy, x), tin_multihead_attention_forward(&layer, x, x, x)))) == 1);
}

static void test_initial(void **state) {
  tin_ctx *ctx = *state;
  tin_multihead_attention layer = tin_multihead_attention_new(ctx, 24, 3);
  double in = tin_item(tin_max(tin_abs(layer.in_proj_weight))), out = tin_item(tin_max(tin_abs(layer.out_proj.weight)));
  assert_true(in <= 0.25 && in > 0.24 && out <= 1 / sqrt(24) && out > 0.95 / sqrt(24));
  assert_true(tin_item(tin_any(layer.in_proj_bias)) == 0);
  assert_null(tin_multihead_attention_new(ctx, 24, 3, .no_bias = true).out_proj.bias);
}

/* ---- the same bits everywhere ---- */

static int compute_bits(tin_ctx *ctx, const void *data, tin_tensor **all) {
  (void)data;
  tin_tensor *x = tin_cast(ramp(ctx, (tin_shape)SHAPE(2, 2, 19, 12), 1.7, 0.1), TIN_F32),
             *k = tin_cast(ramp(ctx, (tin_shape)SHAPE(2, 1, 33, 12), 0.9, 0.1), TIN_F32);
  tin_tensor *y = tin_attention(tin_rope(x), tin_rope(k, .interleaved = true), k, .causal = true);
  all[0] = y;
  assert_true(tin_grad(tin_sum(tin_square(y)), TIN_LIST(x, k), all + 1));
  return 3;
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
#define COMPILED(test) cmocka_unit_test_setup_teardown(test, setup_compiled, teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_bits),
      ON_BOTH(test_values),
      ON_BOTH(test_nothing),
      ON_BOTH(test_rope),
      ON_BOTH(test_heads),
      COMPILED(test_dropout),
      COMPILED(test_half),
      COMPILED(test_errors),
      COMPILED(test_kernels),
      COMPILED(test_initial),
      {"test_derivatives", test_derivatives, setup_interpreter, teardown, NULL},
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
