/* Laziness is not to be seen: when something is computed changes no bit, gradients go through what has been computed, and old values stay
 * what they were. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <string.h>

#include "tinsmith_nn.h"

static const char *target;

static tin_ctx *new_ctx(void) {
  tin_ctx *ctx = tin_ctx_new(.target = target, .threads = 2, .seed = 11);
  assert_non_null(ctx);
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  return ctx;
}

static void end_ctx(tin_ctx *ctx) {
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  tin_ctx_free(ctx);
}

#define F32(...) ((float[]){__VA_ARGS__})

static void expect(int line, tin_tensor *t, const float *values, int count) {
  float got[16];
  if (!tin_read(t, got, (size_t)count * sizeof *got))
    fail_msg("line %d: %s", line, tin_message(tin_ctx_of(t)));
  for (int i = 0; i < count; i++)
    if (got[i] != values[i])
      fail_msg("line %d: element %d is %g, not %g", line, i, (double)got[i], (double)values[i]);
}
#define EXPECT(t, ...) expect(__LINE__, t, F32(__VA_ARGS__), (int)(sizeof F32(__VA_ARGS__) / sizeof(float)))

static tin_tensor *variable(tin_ctx *ctx, const char *name, float first, float second) {
  tin_tensor *t = tin_param(ctx, TIN_SHAPE(2), .name = name);
  assert_true(tin_write(t, F32(first, second), 8));
  return t;
}

/* ---- early realisation ---- */

enum { ROWS = 19, WIDTH = 23, MAX_POINTS = 32 };

/* Every value of a step, in the order in which it is built. */
struct points {
  tin_tensor *at[MAX_POINTS];
  int count;
  uint32_t realised; /* bit i: point i is computed as soon as it is built */
};

static tin_tensor *point(struct points *points, tin_tensor *t) {
  assert_true(points->count < MAX_POINTS);
  points->at[points->count] = t;
  if (points->realised >> points->count++ & 1)
    tin_realize(TIN_LIST(t));
  return t;
}

/* Attention-like: normalisation, projections, softmax of scores, a loss; its gradients, and momentum. Returns what there is at the end. */
static void build_step(tin_ctx *ctx, struct points *p, tin_tensor **params, tin_tensor *velocity, tin_tensor *x) {
  tin_tensor *normal = point(p, tin_layer_norm(x, params[2], NULL, 1e-5));
  tin_tensor *query = point(p, tin_matmul(normal, params[0])), *key = point(p, tin_matmul(normal, params[1]));
  tin_tensor *scores = point(p, tin_mul_scalar(tin_matmul(query, tin_transpose(key, 0, 1)), 0.2));
  tin_tensor *mixed = point(p, tin_matmul(point(p, tin_softmax(scores, 1)), normal));
  tin_tensor *noise = point(p, tin_rand(ctx, TIN_F32, TIN_SHAPE(ROWS, WIDTH)));
  tin_tensor *out = point(p, tin_add(tin_gelu(mixed), tin_mul_scalar(noise, 0.01)));
  tin_tensor *loss = point(p, tin_mean(tin_square(tin_sub(out, tin_flip(x, TIN_AXES(1))))));
  tin_tensor *gradients[3];
  assert_true(tin_grad(loss, (tin_list){params, 3}, gradients));
  for (int i = 0; i < 3; i++)
    point(p, gradients[i]);
  tin_assign(velocity, tin_add(tin_mul_scalar(velocity, 0.9), gradients[0]));
  tin_assign(params[0], tin_sub(params[0], tin_mul_scalar(velocity, 0.1)));
  point(p, tin_sum(params[0]));
  tin_assign(params[1], tin_sub(params[1], tin_mul_scalar(gradients[1], 0.1)));
  point(p, tin_add(velocity, params[1]));
}

/* Two steps with the given points computed early; all points' values and the parameters, one after another. */
static size_t run_steps(uint32_t realised, float *out) {
  tin_ctx *ctx = new_ctx();
  tin_tensor *params[3] = {tin_init_normal(tin_param(ctx, TIN_SHAPE(WIDTH, WIDTH), .name = "query"), 0, 0.3),
                           tin_init_normal(tin_param(ctx, TIN_SHAPE(WIDTH, WIDTH), .name = "key"), 0, 0.3),
                           tin_init_constant(tin_param(ctx, TIN_SHAPE(WIDTH), .name = "scale"), 1)};
  tin_tensor *velocity = tin_state(ctx, TIN_SHAPE(WIDTH, WIDTH)), *x = tin_state(ctx, TIN_SHAPE(ROWS, WIDTH));
  tin_init_normal(x, 0, 1);
  size_t used = 0;
  for (int step = 0; step < 2; step++) {
    struct points points = {.realised = realised};
    tin_scope scope = tin_begin(ctx);
    build_step(ctx, &points, params, velocity, x);
    for (int i = 0; i < points.count; i++) {
      size_t count = (size_t)tin_size_of(points.at[i]);
      assert_true(tin_read(points.at[i], out + used, count * sizeof *out));
      used += count;
    }
    assert_true(tin_end(scope));
  }
  for (int i = 0; i < 3; i++) {
    size_t count = (size_t)tin_size_of(params[i]);
    assert_true(tin_read(params[i], out + used, count * sizeof *out));
    used += count;
  }
  end_ctx(ctx);
  return used;
}

static void test_early_realisation_changes_no_bit(void **state) {
  (void)state;
  static float expected[1 << 15], got[1 << 15];
  size_t count = run_steps(0, expected);
  assert_true(count < 1 << 15);
  uint32_t pattern = 1;
  for (int round = 0; round < 12; round++) {
    pattern = pattern * 1664525u + 1013904223u; /* Numerical Recipes' generator */
    uint32_t realised = round == 0 ? UINT32_MAX : round % 2 ? pattern : pattern & pattern >> 11;
    assert_int_equal(run_steps(realised, got), count);
    if (memcmp(got, expected, count * sizeof *got) != 0)
      fail_msg("computing the points %08x early changes bits", realised);
  }
}

/* ---- gradients through what has been computed ---- */

static void test_item_before_the_step(void **state) {
  (void)state;
  float weights[2][2];
  for (int early = 0; early < 2; early++) {
    tin_ctx *ctx = new_ctx();
    tin_tensor *w = variable(ctx, "w", 1, -2), *x = tin_from(ctx, TIN_F32, TIN_SHAPE(3, 2), F32(1, 2, 3, 4, 5, 6));
    tin_optim *adam = tin_adam(TIN_LIST(w), .lr = 0.1);
    for (int step = 0; step < 4; step++) {
      tin_scope scope = tin_begin(ctx);
      tin_tensor *prediction = tin_matmul(x, w), *loss = tin_mean(tin_square(tin_tanh(prediction)));
      double before = early ? tin_item(loss) : 0;
      if (early)
        tin_realize(TIN_LIST(prediction));
      tin_step(adam, loss);
      assert_true(tin_item(loss) > 0 && (!early || tin_item(loss) == before));
      assert_true(tin_end(scope));
    }
    assert_true(tin_read(w, weights[early], sizeof weights[early]));
    end_ctx(ctx);
  }
  assert_memory_equal(weights[0], weights[1], sizeof weights[0]);
  assert_true(weights[0][0] != 1 && weights[0][1] != -2);
}

/* d/dw of (w^2)^2, with w^2 computed; of w itself; second derivatives; with respect to a computed value. */
static void test_gradients_through_computed_values(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = variable(ctx, "w", 2, 3), *first, *second, *inner;
  tin_scope scope = tin_begin(ctx);
  tin_tensor *square = tin_square(w);
  EXPECT(square, 4, 9);
  tin_tensor *loss = tin_square(square);
  EXPECT(loss, 16, 81);
  assert_true(tin_grad(loss, TIN_LIST(w), &first));
  assert_true(tin_grad(loss, TIN_LIST(square), &inner));
  EXPECT(first, 32, 108);
  EXPECT(inner, 8, 18);
  assert_true(tin_grad(first, TIN_LIST(w), &second));
  EXPECT(second, 48, 108);
  assert_true(tin_grad(tin_mul(tin_keep(square), w), TIN_LIST(w), &first));
  EXPECT(first, 4, 9); /* nothing flows through what is kept */
  assert_true(tin_end(scope));
  end_ctx(ctx);
}

/* The loss of the old parameters, asked for its gradient after their update ran. */
static void test_gradient_after_the_update_ran(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = variable(ctx, "w", 2, 3), *gradient = NULL;
  tin_scope scope = tin_begin(ctx);
  tin_tensor *loss = tin_sum(tin_square(w));
  assert_true(tin_item(loss) == 13);
  tin_assign(w, tin_zeros_like(w));
  EXPECT(w, 0, 0);
  assert_false(tin_grad(loss, TIN_LIST(w), &gradient));
  assert_non_null(strstr(tin_message(ctx), "take the gradient before"));
  tin_clear_error(ctx);
  tin_end(scope);
  EXPECT(w, 0, 0);
  end_ctx(ctx);
}

/* ---- old values ---- */

static void test_old_values_after_updates(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = variable(ctx, "w", 1, 2);
  tin_scope scope = tin_begin(ctx);
  tin_tensor *y = tin_mul_scalar(w, 2), *unread = tin_add_scalar(tin_exp(tin_mul_scalar(w, 0)), 4);
  tin_tensor *late = tin_add(tin_mul_scalar(w, 10), y);
  tin_assign(w, tin_add_scalar(w, 1));
  tin_tensor *z = tin_mul_scalar(w, 2);
  EXPECT(z, 4, 6); /* the update runs here, in the middle of the scope */
  EXPECT(y, 2, 4);
  tin_assign(w, tin_mul(w, z));
  EXPECT(w, 8, 18);
  EXPECT(late, 12, 24); /* never computed before both updates ran */
  EXPECT(unread, 5, 5);
  EXPECT(z, 4, 6);
  tin_write(w, F32(7, 7), 8);
  EXPECT(tin_sub(w, late), -5, -17);
  assert_true(tin_end(scope));
  EXPECT(w, 7, 7);
  end_ctx(ctx);
}

static void test_swap(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *a = variable(ctx, "a", 1, 2), *b = variable(ctx, "b", 3, 4), *c = variable(ctx, "c", 5, 6);
  for (int round = 0; round < 3; round++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *old_a = tin_mul_scalar(a, 1); /* the value, not the variable */
    tin_assign(a, b);
    tin_assign(b, old_a);
    assert_true(tin_end(scope));
  }
  EXPECT(a, 3, 4);
  EXPECT(b, 1, 2);
  tin_scope scope = tin_begin(ctx); /* around in a ring, in the same plan as a look at old and new */
  tin_tensor *old = tin_detach(a), *sum = tin_add(tin_add(a, b), c);
  tin_assign(a, tin_add_scalar(b, 0.5));
  tin_assign(b, tin_add_scalar(c, 0.5));
  tin_assign(c, tin_add_scalar(old, 0.5));
  tin_realize(TIN_LIST(sum));
  assert_true(tin_end(scope));
  EXPECT(a, 1.5f, 2.5f);
  EXPECT(b, 5.5f, 6.5f);
  EXPECT(c, 3.5f, 4.5f);
  end_ctx(ctx);
}

/* An update that reads its variable at other places than it writes must not overwrite what it still reads. */
static void test_updates_that_move(void **state) {
  (void)state;
  enum { COUNT = 1000 };
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(COUNT)), *v = tin_state(ctx, TIN_SHAPE(COUNT));
  static float expected[COUNT], got[COUNT];
  for (int i = 0; i < COUNT; i++)
    expected[i] = (float)i;
  tin_write(w, expected, sizeof expected);
  for (int round = 0; round < 3; round++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *shifted = tin_concat(TIN_LIST(tin_slice(w, 0, 1, TIN_END), tin_slice(w, 0, 0, 1)), 0);
    tin_assign(v, tin_flip(w, TIN_AXES(0)));
    tin_assign(w, tin_add(shifted, tin_mul_scalar(tin_expand(tin_sum(w, .keepdims = true), TIN_SHAPE(COUNT)), 0)));
    assert_true(tin_end(scope));
  }
  assert_true(tin_read(w, got, sizeof got));
  for (int i = 0; i < COUNT; i++)
    assert_true(got[i] == expected[(i + 3) % COUNT]);
  assert_true(tin_read(v, got, sizeof got));
  for (int i = 0; i < COUNT; i++)
    assert_true(got[i] == expected[(COUNT - 1 - i + 2) % COUNT]);
  end_ctx(ctx);
}

/* Who looks at one variable outside of all scopes holds its old value alone: the others are updated in place. */
static void test_a_look_holds_one_variable(void **state) {
  (void)state;
  enum { COUNT = 1 << 16 };
  tin_ctx *ctx = new_ctx();
  tin_tensor *large = tin_state(ctx, TIN_SHAPE(COUNT)), *small = tin_state(ctx, TIN_SHAPE());
  tin_tensor *old = tin_add_scalar(small, 10);
  int64_t peak = 0;
  for (int step = 0; step < 4; step++) {
    assert_true(tin_item(small) == step);
    tin_scope scope = tin_begin(ctx);
    tin_assign(large, tin_add_scalar(large, 1));
    tin_assign(small, tin_add_scalar(small, 1));
    assert_true(tin_end(scope));
    if (step == 0)
      peak = tin_stats(ctx).bytes_peak;
  }
  const char *check = getenv("TIN_CHECK"); /* checked kernels update nothing in place */
  if (target)                              /* the interpreter has memory for every node */
    assert_string_equal(target, "interpreter");
  else if (!check || !strcmp(check, "0"))
    assert_true(tin_stats(ctx).bytes_peak < peak + COUNT && peak < 2 * COUNT * (int64_t)sizeof(float));
  assert_true(tin_item(old) == 10);
  end_ctx(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_early_realisation_changes_no_bit),
      cmocka_unit_test(test_item_before_the_step),
      cmocka_unit_test(test_gradients_through_computed_values),
      cmocka_unit_test(test_gradient_after_the_update_ran),
      cmocka_unit_test(test_old_values_after_updates),
      cmocka_unit_test(test_swap),
      cmocka_unit_test(test_updates_that_move),
      cmocka_unit_test(test_a_look_holds_one_variable),
  };
  target = "interpreter";
  int failed = cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);
  target = NULL;
  return failed + cmocka_run_group_tests_name("compiled", tests, NULL, NULL);
}
