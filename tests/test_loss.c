/* Losses against PyTorch 1.13's values, their gradients against differences, misuse. */
#include "tinsmith_nn.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "context.h"
#include "expect.h"

/* The operands of all tests; PyTorch's values below are for these. */
struct data {
  tin_tensor *x, *y, *z;    /* [2, 3]; any numbers */
  tin_tensor *p, *q;        /* [2, 3]; probabilities */
  tin_tensor *signs, *sign; /* [2, 3], [2]; 1 or -1 */
  tin_tensor *e;            /* [2, 3]; positive */
  tin_tensor *counts;       /* [2, 3]; from 0 */
  tin_tensor *w;            /* [3]; weights of classes */
  tin_tensor *labels;       /* [2] */
};

static struct data make_data(tin_ctx *ctx) {
  tin_shape matrix = TIN_SHAPE(2, 3);
  return (struct data){
      .x = TENSOR(ctx, TIN_F64, matrix, 0.5, -1.25, 2, -0.75, 0.25, 1.5),
      .y = TENSOR(ctx, TIN_F64, matrix, 0.25, -3, 0.5, 0, 2, 1.25),
      .z = TENSOR(ctx, TIN_F64, matrix, 1, 0.5, -0.5, 2, -1, 0.75),
      .p = TENSOR(ctx, TIN_F64, matrix, 0.5, 0.25, 0.75, 0.125, 0.9, 1),
      .q = TENSOR(ctx, TIN_F64, matrix, 0, 0.5, 1, 1, 0.25, 1),
      .signs = TENSOR(ctx, TIN_F64, matrix, 1, -1, 1, -1, 1, -1),
      .sign = TENSOR(ctx, TIN_F64, TIN_SHAPE(2), 1, -1),
      .e = TENSOR(ctx, TIN_F64, matrix, 1, 2, 0.5, 0.25, 1, 3),
      .counts = TENSOR(ctx, TIN_F64, matrix, 0, 2, 5, 1, 3, 0.5),
      .w = TENSOR(ctx, TIN_F64, TIN_SHAPE(3), 0.5, 2, 1.5),
      .labels = TENSOR(ctx, TIN_I64, TIN_SHAPE(2), 2, 0),
  };
}

#define NONE .reduction = TIN_REDUCE_NONE
#define SUM .reduction = TIN_REDUCE_SUM
#define NEAR(t, ...) EXPECT_NEAR(t, 1e-13, __VA_ARGS__)

static void test_values(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  struct data d = make_data(ctx);
  NEAR(tin_l1(d.x, d.y, NONE), 0.25, 1.75, 1.5, 0.75, 1.75, 0.25);
  NEAR(tin_l1(d.x, d.y, NONE, .weight = d.w), 0.125, 3.5, 2.25, 0.375, 3.5, 0.375);
  NEAR(tin_smooth_l1(d.x, d.y, NONE), 0.03125, 1.25, 1, 0.28125, 1.25, 0.03125);
  NEAR(tin_smooth_l1(d.x, d.y, SUM, .beta = 2), 2.265625);
  NEAR(tin_huber(d.x, d.y, NONE), 0.03125, 1.25, 1, 0.28125, 1.25, 0.03125);
  NEAR(tin_huber(d.x, d.y, .delta = 0.5), 0.40625);
  NEAR(tin_mse(d.x, d.y, .reduction = TIN_REDUCE_BATCH_MEAN), 4.53125);
  tin_tensor *logs = tin_log_softmax(d.x, 1);
  EXPECT_NEAR(tin_kl_div(logs, d.q, NONE), 1e-12, 0, 1.39473740127104, 0.232621983102033, 2.58067260940722, 0.0485945620718334,
              0.330672609407224);
  EXPECT_NEAR(tin_kl_div(logs, tin_log_softmax(d.y, 1), .log_target = true, .reduction = TIN_REDUCE_BATCH_MEAN), 1e-12, 0.303938633637625);
  EXPECT_NEAR(tin_bce(d.p, d.q, NONE), 1e-12, 0.693147180559945, 0.836988216785836, 0.287682072451781, 2.07944154167984, 1.75327894865999,
              0);
  EXPECT_NEAR(tin_bce(d.p, d.q, .weight = d.e), 1e-12, 0.797350664072909);
  NEAR(tin_bce(tin_zeros(ctx, TIN_F64, TIN_SHAPE(1)), tin_ones(ctx, TIN_F64, TIN_SHAPE(1))), 100);
  EXPECT_NEAR(tin_bce_with_logits(d.x, d.q, NONE, .weight = d.e, .pos_weight = d.w), 1e-12, 0.974076984180107, 3.25578724403612,
              0.0951960082822295, 0.142108875764362, 0.907424274848555, 0.906359750922386);
  EXPECT_NEAR(tin_poisson_nll(d.x, d.counts, NONE), 1e-12, 1.64872127070013, 2.78650479686019, -2.61094390106935, 1.22236655274101,
              0.534025416687741, 3.73168907033806);
  EXPECT_NEAR(tin_poisson_nll(d.x, d.counts, NONE, .full = true), 1e-12, 1.64872127070013, 3.43831128146473, 2.15990315052287,
              1.22236655274101, 2.2981069602308, 3.73168907033806);
  EXPECT_NEAR(tin_poisson_nll(d.p, d.counts, .no_log_input = true, .full = true), 1e-12, 2.88637616464864);
  EXPECT_NEAR(tin_soft_margin(d.x, d.signs, NONE), 1e-12, 0.474076984180107, 0.251929081345373, 0.126928011042973, 0.3868710061149,
              0.575939419878844, 1.70141327798275);
  NEAR(tin_soft_margin(tin_constant(ctx, TIN_F64, -1e4), tin_constant(ctx, TIN_F64, 1)), 1e4);
  EXPECT_NEAR(tin_multilabel_soft_margin(d.x, d.q, NONE, .weight = d.w), 1e-12, 0.810429557115086, 0.799144753263089);
  EXPECT_NEAR(tin_multilabel_soft_margin(d.x, d.q), 1e-12, 0.679942963424158);
  NEAR(tin_hinge_embedding(d.x, d.signs, NONE), 0.5, 2.25, 2, 1.75, 0.25, 0);
  EXPECT_NEAR(tin_hinge_embedding(d.x, d.signs, .margin = 0.3), 1e-12, 0.891666666666667);
  end_ctx(ctx);
}

static void test_values_of_three(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  struct data d = make_data(ctx);
  tin_tensor *v = TENSOR(ctx, TIN_F64, TIN_SHAPE(2), 0.25, 1e-9);
  EXPECT_NEAR(tin_gaussian_nll(d.x, d.y, d.e, NONE), 1e-12, 0.03125, 1.11219859027997, 1.90342640972003, 0.431852819440055, 1.53125,
              0.559722811000722);
  EXPECT_NEAR(tin_gaussian_nll(d.x, d.y, v, NONE, .full = true, .eps = 1e-3), 1e-12, 0.350791352644727, 6.35079135264473, 4.72579135264473,
              278.715060893714, 1528.71506089371, 28.7150608937136);
  NEAR(tin_margin_ranking(d.x, d.y, d.signs, NONE, .margin = 0.25), 0, 2, 0, 0, 2, 0.5);
  EXPECT_NEAR(tin_cosine_embedding(d.x, d.y, d.sign, NONE, .margin = 0.1), 1e-12, 0.337386935879698, 0.493895011602934);
  EXPECT_NEAR(tin_triplet_margin(d.x, d.y, d.z, NONE), 1e-12, 0.226076833473968, 0);
  EXPECT_NEAR(tin_triplet_margin(d.x, d.y, d.z, .p = 3, .margin = 2, .swap = true), 1e-12, 1.12119156762368);
  EXPECT_NEAR(tin_cosine_similarity(d.x, d.y, 0), 1e-12, 0.554700196225229, 0.924678098474716, 0.854198555614439);
  EXPECT_NEAR(tin_cosine_similarity(d.x, d.y, -1), 1e-12, 0.662613064120395, 0.59389501160309);
  EXPECT_NEAR(tin_pairwise_distance(d.x, d.y, 0), 1e-12, 2.31840613353291, 1.92028526526738);
  EXPECT_NEAR(tin_pairwise_distance(d.x, d.y, 1), 1e-12, 3.500003, 2.749999);
  tin_tensor *grad;
  assert_true(tin_grad(tin_gaussian_nll(d.x, d.y, v, SUM, .eps = 1e-3), TIN_LIST(v), &grad));
  NEAR(grad, -37, -1842250);
  assert_true(tin_grad(tin_triplet_margin(d.x, d.y, d.z), TIN_LIST(d.x), &grad));
  EXPECT_NEAR(grad, 1e-12, 0.134761611700219, 0.66037273624016, -0.0807278682238019, 0, 0, 0);
  end_ctx(ctx);
}

static void test_classes(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  struct data d = make_data(ctx);
  tin_tensor *logs = tin_log_softmax(d.x, 1), *grad;
  EXPECT_NEAR(tin_nll(logs, d.labels, NONE), 1e-12, 0.232621983102033, 2.58067260940722);
  EXPECT_NEAR(tin_nll(logs, d.labels, .weight = d.w), 1e-12, 0.819634639678331);
  EXPECT_NEAR(tin_nll(logs, d.labels, .weight = d.w, .ignore_index = 2), 1e-12, 2.58067260940722);
  EXPECT_NEAR(tin_cross_entropy(d.x, d.labels, .weight = d.w), 1e-12, 0.819634639678331);
  EXPECT_NEAR(tin_cross_entropy(d.x, d.labels, .weight = d.w, NONE), 1e-12, 0.348932974653049, 1.29033630470361);
  EXPECT_NEAR(tin_cross_entropy(d.x, d.labels, .weight = d.w, .label_smoothing = 0.2), 1e-12, 1.09331365741057);
  EXPECT_NEAR(tin_cross_entropy(d.x, d.labels, .weight = d.w, .label_smoothing = 0.2, .ignore_index = 2), 1e-12, 2.7242301458763);
  EXPECT_NEAR(tin_cross_entropy(d.x, d.labels, SUM, .label_smoothing = 0.2, .ignore_index = 2), 1e-12, 2.36400594274056);
  EXPECT_NEAR(tin_cross_entropy(d.x, d.q, .weight = d.w, .label_smoothing = 0.2), 1e-12, 3.00090053817716);
  NEAR(tin_multi_margin(d.x, d.labels, NONE), 0, 1.75);
  EXPECT_NEAR(tin_multi_margin(d.x, d.labels, .p = 2, .margin = 0.5, .weight = d.w), 1e-12, 0.817708333333333);
  tin_tensor *places = tin_reshape(tin_arange(ctx, TIN_F64, 12, 0, 1), TIN_SHAPE(2, 3, 2));
  tin_tensor *labels = TENSOR(ctx, TIN_I32, TIN_SHAPE(2, 2), 2, 0, 1, 1);
  places = tin_div_scalar(places, 7);
  EXPECT_NEAR(tin_nll(places, labels, .weight = d.w), 1e-12, -0.964285714285714);
  EXPECT_NEAR(tin_cross_entropy(places, labels, .weight = d.w, .label_smoothing = 0.1), 1e-12, 1.0639267552414);
  assert_true(tin_grad(tin_cross_entropy(d.x, d.labels, .weight = d.w, .label_smoothing = 0.2), TIN_LIST(d.x), &grad));
  EXPECT_NEAR(grad, 1e-11, 0.113001466878793, -0.0441337237606133, -0.0688677431181792, -0.191425648382906, 0.00194553466588385,
              0.189480113717022);
  assert_true(tin_grad(tin_cross_entropy(d.x, d.labels), TIN_LIST(d.x), &grad));
  EXPECT_NEAR(grad, 1e-11, 0.0884100910537221, 0.0153633701632182, -0.10377346121694, -0.462138472574358, 0.102918301998826,
              0.359220170575532);
  end_ctx(ctx);
}

/* ---- derivatives ---- */

struct loss_case {
  const char *name;
  tin_tensor *(*build)(const struct data *d, tin_tensor *x);
};

#define CASE(name, expression)                                                                                                             \
  static tin_tensor *build_##name(const struct data *d, tin_tensor *x) {                                                                   \
    return (void)d, expression;                                                                                                            \
  }
CASE(l1, tin_l1(x, d->y))
CASE(smooth_l1, tin_smooth_l1(x, d->y, .beta = 0.6))
CASE(huber, tin_huber(x, d->y, .delta = 0.6))
CASE(kl_div, tin_kl_div(d->y, x))
CASE(kl_div_logs, tin_kl_div(d->y, x, .log_target = true))
CASE(bce, tin_bce(tin_sigmoid(x), d->q, .weight = d->e))
CASE(bce_with_logits, tin_bce_with_logits(x, d->q, .pos_weight = d->w))
CASE(poisson, tin_poisson_nll(x, d->counts, .full = true))
CASE(poisson_rate, tin_poisson_nll(x, d->counts, .no_log_input = true))
CASE(poisson_target, tin_poisson_nll(d->y, x, .full = true))
CASE(soft_margin, tin_soft_margin(x, d->signs))
CASE(multilabel, tin_multilabel_soft_margin(x, d->q))
CASE(pairwise, tin_pairwise_distance(x, d->y, 3))
CASE(hinge_embedding, tin_hinge_embedding(x, d->signs))
CASE(gaussian, tin_gaussian_nll(x, d->y, d->e))
CASE(gaussian_variance, tin_gaussian_nll(d->z, d->y, x))
CASE(ranking, tin_margin_ranking(x, d->y, d->signs, .margin = 0.2))
CASE(cosine_embedding, tin_cosine_embedding(x, d->y, d->sign, .margin = 0.1))
CASE(triplet, tin_triplet_margin(x, d->y, d->z, .swap = true))
CASE(triplet_negative, tin_triplet_margin(d->z, d->y, x, .p = 3))
CASE(similarity, tin_cosine_similarity(x, d->y, 1))
CASE(nll, tin_nll(tin_square(x), d->labels, .weight = d->w))
CASE(cross_entropy, tin_cross_entropy(x, d->labels, .weight = d->w, .label_smoothing = 0.2))
CASE(cross_entropy_ignoring, tin_cross_entropy(x, d->labels, .ignore_index = 2))
CASE(cross_entropy_sum, tin_cross_entropy(x, d->labels, SUM))
CASE(cross_entropy_target, tin_cross_entropy(d->y, x, .weight = d->w))
CASE(multi_margin, tin_multi_margin(x, d->labels, .p = 2))

#define ROW(name)                                                                                                                          \
  { #name, build_##name }
static const struct loss_case cases[] = {
    ROW(l1),
    ROW(smooth_l1),
    ROW(huber),
    ROW(kl_div),
    ROW(kl_div_logs),
    ROW(bce),
    ROW(poisson),
    ROW(poisson_rate),
    ROW(soft_margin),
    ROW(poisson_target),
    ROW(bce_with_logits),
    ROW(hinge_embedding),
    ROW(gaussian),
    ROW(ranking),
    ROW(triplet),
    ROW(similarity),
    ROW(gaussian_variance),
    ROW(cosine_embedding),
    ROW(nll),
    ROW(cross_entropy),
    ROW(multi_margin),
    ROW(triplet_negative),
    ROW(cross_entropy_sum),
    ROW(cross_entropy_ignoring),
    ROW(cross_entropy_target),
    ROW(multilabel),
    ROW(pairwise),
};

struct probe {
  const struct loss_case *test;
  struct data data;
};

static tin_tensor *build(void *user, tin_list x) {
  struct probe *probe = user;
  return probe->test->build(&probe->data, x.at[0]);
}

static void test_derivatives(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  struct probe probe = {.data = make_data(ctx)};
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 3), 0.65, 1.2, 2.25, 0.75, 0.35, 1.5);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    probe.test = &cases[i];
    if (!tin_gradcheck(build, &probe, TIN_LIST(x), .second_order = true))
      fail_msg("%s: %s", cases[i].name, tin_message(ctx));
  }
  end_ctx(ctx);
}

/* ---- misuse ---- */

static void expect_error(tin_ctx *ctx, tin_tensor *t, const char *message) {
  if (!tin_is_poison(t) || !strstr(tin_message(ctx), message) || !strstr(tin_message(ctx), "test_loss.c:"))
    fail_msg("\"%s\" is not in \"%s\"", message, tin_message(ctx));
  tin_clear_error(ctx);
}

static void test_misuse(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  struct data d = make_data(ctx);
  expect_error(ctx, tin_l1(d.x, d.labels), "l1: shapes do not broadcast: input [2, 3] and target [2]: 3 is not 2");
  expect_error(ctx, tin_huber(NULL, d.y), "huber: operand input is NULL");
  expect_error(ctx, tin_huber(d.x, d.y, .delta = -1), "huber: delta -1 is not positive");
  expect_error(ctx, tin_smooth_l1(d.x, d.y, .beta = NAN), "smooth_l1: beta nan is not positive");
  expect_error(ctx, tin_triplet_margin(d.x, d.y, NULL), "triplet_margin: operand negative is NULL");
  expect_error(ctx, tin_cosine_embedding(d.w, d.x, NULL), "cosine_embedding: operand target is NULL");
  expect_error(ctx, tin_cosine_similarity(tin_constant(ctx, TIN_F32, 1), tin_constant(ctx, TIN_F32, 1), 0),
               "cosine_similarity: x and y are 0-d");
  expect_error(ctx, tin_multilabel_soft_margin(tin_constant(ctx, TIN_F32, 1), tin_constant(ctx, TIN_F32, 1)),
               "multilabel_soft_margin: input and target are 0-d");
  expect_error(ctx, tin_pairwise_distance(d.x, d.labels, 2), "pairwise_distance: shapes do not broadcast");
  expect_error(ctx, tin_nll(d.x, d.y), "nll: target must be class numbers");
  expect_error(ctx, tin_nll(d.x, d.labels, .weight = d.sign), "nll: weight has 2 elements, not one for each of 3 classes");
  expect_error(ctx, tin_multi_margin(d.x, d.labels, .p = 3), "multi_margin: input [n, classes] or [classes] and p of 1 or 2");
  expect_error(ctx, tin_gaussian_nll(d.x, d.y, NULL), "gaussian_nll: operand var is NULL");
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values),      cmocka_unit_test(test_values_of_three), cmocka_unit_test(test_classes),
      cmocka_unit_test(test_derivatives), cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
