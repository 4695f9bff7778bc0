/* What happens when the library is used wrongly: the exact message, in the caller's coordinates, and nothing worse than a message. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "failing_malloc.h"
#include "tinsmith_nn.h"

static tin_ctx *new_ctx(void) {
  tin_ctx *ctx = tin_ctx_new(.target = "interpreter", .threads = 1);
  assert_non_null(ctx);
  if (!tin_ok(ctx))
    fail_msg("%s", tin_message(ctx));
  return ctx;
}

static void expect(tin_ctx *ctx, int line, const char *text) {
  char want[1024];
  snprintf(want, sizeof want, "%s:%d: %s", __FILE__, line, text);
  assert_string_equal(tin_message(ctx), want);
  assert_false(tin_ok(ctx));
  tin_clear_error(ctx);
  assert_true(tin_ok(ctx));
}
/* The call gives poison (or false) and this message, with this line. */
#define EXPECT_POISON(call, text)                                                                                                          \
  do {                                                                                                                                     \
    assert_true(tin_is_poison(call));                                                                                                      \
    expect(ctx, __LINE__, text);                                                                                                           \
  } while (0)
#define EXPECT_FALSE(call, text)                                                                                                           \
  do {                                                                                                                                     \
    assert_false(call);                                                                                                                    \
    expect(ctx, __LINE__, text);                                                                                                           \
  } while (0)

static tin_tensor *zeros(tin_ctx *ctx, tin_dtype dtype, const char *name, tin_shape shape) {
  return tin_set_name(tin_zeros(ctx, dtype, shape), name);
}
#define ZEROS(name, ...) zeros(ctx, TIN_F32, name, TIN_SHAPE(__VA_ARGS__))

static void test_shapes(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *pixels = ZEROS("pixels", 64, 784), *w1 = ZEROS("w1", 748, 128), *x = tin_exp(ZEROS(NULL, 2, 3)),
             *n = tin_constant(ctx, TIN_F32, 1);
  EXPECT_POISON(tin_matmul(pixels, w1), "matmul: inner sizes differ: pixels [64, 784] and w1 [748, 128]: 784 is not 748");
  EXPECT_POISON(tin_matmul(n, x), "matmul: a is 0-d; use mul");
  EXPECT_POISON(tin_matmul(ZEROS("p", 2, 5, 4), ZEROS("q", 3, 4, 5)),
                "matmul: batch sizes differ: p [2, 5, 4] and q [3, 4, 5]: 2 is not 3");
  EXPECT_POISON(tin_add(x, ZEROS(NULL, 4)), "add: shapes do not broadcast: a [2, 3] and b [4]: 3 is not 4");
  EXPECT_POISON(tin_where(n, x, ZEROS("other", 3, 3)), "where: shapes do not broadcast: a [2, 3] and other [3, 3]: 2 is not 3");
  EXPECT_POISON(tin_reshape(x, TIN_SHAPE(4, -1)), "reshape: x [2, 3] has 6 elements, which do not fill [4, -1]");
  EXPECT_POISON(tin_reshape(x, TIN_SHAPE(-1, -1)), "reshape: size -1 of axis 1 is negative");
  EXPECT_POISON(tin_expand(x, TIN_SHAPE(2, 4)), "expand: x [2, 3] does not expand to [2, 4]");
  EXPECT_POISON(tin_permute(x, TIN_AXES(0)), "permute: 1 axes are named for x [2, 3]");
  EXPECT_POISON(tin_permute(x, TIN_AXES(0, -2)), "permute: axis 0 of x [2, 3] is named twice");
  EXPECT_POISON(tin_squeeze(x, TIN_AXES(1)), "squeeze: axis 1 of x [2, 3] has size 3, not 1");
  EXPECT_POISON(tin_concat(TIN_LIST(x, ZEROS(NULL, 3, 4)), 0), "concat: shapes differ: tensor 0 [2, 3] and tensor 1 [3, 4]");
  EXPECT_POISON(tin_stack(TIN_LIST(x, x), 4), "stack: no axis 4 can be put into tensor 0 [2, 3]");
  EXPECT_POISON(tin_einsum("ij,jk->ik", x, x),
                "einsum: column 4 of \"ij,jk->ik\": sizes of \"j\" differ: tensor 0 [2, 3] and tensor 1 [2, 3]: 3 is not 2");
  EXPECT_POISON(tin_einsum("ii,jk->ik", x, x), "einsum: sizes of \"i\" differ in tensor 0 [2, 3]: 2 is not 3");
  EXPECT_POISON(tin_einsum("ij,kj->z", x, x), "einsum: column 8 of \"ij,kj->z\": this letter of the result is in no operand");
  EXPECT_POISON(tin_zeros(ctx, TIN_F32, TIN_SHAPE(3, -2)), "full: size -2 of axis 1 is negative");
  tin_tensor *deep = ZEROS("deep", 1, 1, 1, 1, 1, 1, 1, 1);
  EXPECT_POISON(tin_unsqueeze(deep, 0), "unsqueeze: no axis 0 can be put into deep [1, 1, 1, 1, 1, 1, 1, 1]");
  EXPECT_POISON(tin_matmul(deep, deep), "matmul: deep [1, 1, 1, 1, 1, 1, 1, 1] has more than 7 axes");
  EXPECT_POISON(tin_zeros(ctx, TIN_F64, TIN_SHAPE(1ll << 40, 1ll << 40)),
                "full: shape [1099511627776, 1099511627776] has too many elements");
  EXPECT_POISON(tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, INT64_C(1) << 40, INT64_C(1) << 40)),
                "full: shape [0, 1099511627776, 1099511627776] has too many elements");
  EXPECT_POISON(tin_add(ZEROS("tall", INT64_C(1) << 40, 1), ZEROS("wide", 1, INT64_C(1) << 40)), "add: out of memory"); /* no crash */
  tin_ctx_free(ctx);
}

static void test_axes_and_options(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *x = ZEROS("x", 2, 3), *i = tin_cast(x, TIN_I32);
  EXPECT_POISON(tin_sum(x, .axes = TIN_AXES(2)), "sum: axis 2 is out of range for x [2, 3]");
  EXPECT_POISON(tin_softmax(x, -3), "softmax: axis -3 is out of range for x [2, 3]");
  EXPECT_POISON(tin_max(ZEROS("e", 0, 3), .axes = TIN_AXES(0)), "max: of no elements: axis 0 of e [0, 3]");
  EXPECT_POISON(tin_argmin(ZEROS("e", 3, 0), .axes = TIN_AXES(1)), "argmin: of no elements: axis 1 of e [3, 0]");
  EXPECT_POISON(tin_norm(ZEROS("e", 0), -INFINITY), "norm: of no elements: axis 0 of e [0]");
  EXPECT_POISON(tin_norm(ZEROS("e", 0), -1), "norm: of no elements: axis 0 of e [0]");
  EXPECT_POISON(tin_norm(x, NAN), "norm: p is not a number");
  EXPECT_POISON(tin_std(x, .axes = TIN_AXES(1, -1)), "std: axis 1 of x [2, 3] is named twice");
  EXPECT_POISON(tin_nansum(x, .axes = TIN_AXES(-3)), "nansum: axis -3 is out of range for x [2, 3]");
  EXPECT_POISON(tin_argmax(x, .axes = TIN_AXES(0, 1)), "argmax: one axis can be named, not 2");
  EXPECT_POISON(tin_pad(x, .interior = {-1}), "pad: padding 0, 0, interior -1 of axis 0 is negative or too large");
  EXPECT_POISON(tin_pad(x, .high = {0, 0, 1}), "pad: axis 2 is out of range for x [2, 3]");
  EXPECT_POISON(tin_window(x, 1, 4), "window: windows of 4 (dilation 1) do not fit axis 1 of x [2, 3]");
  EXPECT_POISON(tin_window(x, 1, 2, .stride = -1), "window: stride -1 and dilation 1 must be positive");
  EXPECT_POISON(tin_fold(x, 0, 3), "fold: x [2, 3] does not fold into 3 positions of axis 0");
  EXPECT_POISON(tin_clamp(x, 2, 1), "clamp: the lower bound 2 is not below the upper bound 1");
  EXPECT_POISON(tin_shl(i, x), "shl: needs integers, but x is f32");
  EXPECT_POISON(tin_bitwise_not(x), "bitwise_not: needs integers, but x is f32");
  EXPECT_POISON(tin_bitcast(x, TIN_I64), "bitcast: x is f32, whose bits are no i64");
  EXPECT_POISON(tin_cast(x, (tin_dtype)99), "cast: 99 is no dtype");
  EXPECT_POISON(tin_take(x, x, 0), "take: x is f32; an index holds integers");
  EXPECT_POISON(tin_index_add(x, 0, i, x), "index_add: x [2, 3] must have shape [2, 3, 3]");
  EXPECT_POISON(tin_slice_at(x, i, 1), "slice_at: the position must be one integer, not position [2, 3] i32");
  EXPECT_POISON(tin_slice_at(x, tin_argmax(x), 4), "slice_at: 4 positions do not fit axis 0 of x [2, 3]");
  EXPECT_POISON(tin_rand(ctx, TIN_I32, TIN_SHAPE(2)), "rand: the numbers are floats, not i32");
  EXPECT_POISON(tin_param(ctx, TIN_SHAPE(2), .dtype = TIN_I32), "param: a parameter is a float, not i32 (see tin_state)");
  EXPECT_POISON(tin_from(ctx, TIN_F32, TIN_SHAPE(2), NULL), "from: the data is NULL");
  EXPECT_POISON(tin_expression("a + b", TIN_LIST(x)), "expression: column 5: expected an operand (a)\n  a + b\n      ^");
  EXPECT_POISON(tin_expression("a + (a", TIN_LIST(x)), "expression: column 7: expected )\n  a + (a\n        ^");
  tin_ctx_free(ctx);
}

static void test_operands(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx(), *other = new_ctx();
  tin_tensor *x = ZEROS("x", 2), *gradient;
  EXPECT_POISON(tin_add(x, NULL), "add: operand b is NULL");
  EXPECT_POISON(tin_matmul(NULL, x), "matmul: operand a is NULL");
  EXPECT_POISON(tin_stack(TIN_LIST(x, NULL), 0), "stack: operand tensor 1 is NULL");
  EXPECT_POISON(tin_add(x, tin_zeros(other, TIN_F32, TIN_SHAPE(2))), "add: operand b belongs to another context");
  EXPECT_FALSE(tin_realize(TIN_LIST(x, tin_zeros(other, TIN_F32, TIN_SHAPE(2)))), "realize: operand tensor 1 belongs to another context");
  tin_tensor *poison = tin_slice(x, 7, 0, 1);
  assert_string_equal(strstr(tin_message(ctx), "slice"), "slice: axis 7 is out of range for x [2]");
  assert_true(tin_is_poison(tin_add(x, poison))); /* quiet: the first error stays */
  assert_string_equal(strstr(tin_message(ctx), "slice"), "slice: axis 7 is out of range for x [2]");
  tin_clear_error(ctx);
  EXPECT_POISON(tin_add(x, poison), "add: operand b is poison: the call that made it failed");
  EXPECT_FALSE(tin_grad(tin_cast(x, TIN_I32), TIN_LIST(x), &gradient), "grad: the loss is i32; gradients need floats");
  EXPECT_FALSE(tin_grad(tin_sum(x), TIN_LIST(tin_cast(x, TIN_I32)), &gradient), "grad: wrt[0] is i32; gradients need floats");
  assert_true(tin_is_poison(gradient));
  EXPECT_FALSE(tin_vjp(x, ZEROS("g", 3), TIN_LIST(x), &gradient), "vjp: shapes differ: x [2] and g [3]");
  EXPECT_FALSE(tin_grad(tin_sum(x), TIN_LIST(x, NULL), ((tin_tensor *[2]){0})), "grad: operand wrt 1 is NULL");
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(2), .name = "w"), *loss = tin_sum(tin_square(w));
  tin_assign(w, x);
  EXPECT_FALSE(tin_grad(loss, TIN_LIST(w), &gradient), "grad: w was assigned after the loss was built; take the gradient before");
  tin_realize(TIN_LIST(w));
  EXPECT_FALSE(tin_grad(loss, TIN_LIST(w), &gradient), "grad: w has changed since the loss was built; take the gradient before");
  tin_ctx_free(other);
  tin_ctx_free(ctx);
}

static void test_everything_takes_null(void **state) {
  (void)state;
  tin_tensor *out;
  assert_true(tin_is_poison(tin_add(NULL, NULL)));
  assert_true(tin_is_poison(tin_exp(tin_add(NULL, NULL))));
  assert_true(tin_is_poison(tin_sum(NULL)));
  assert_true(tin_is_poison(tin_zeros((tin_ctx *)NULL, TIN_F32, TIN_SHAPE(2))));
  assert_true(tin_is_poison(tin_param((tin_ctx *)NULL, TIN_SHAPE(2))));
  assert_true(tin_is_poison(tin_concat(((tin_list){NULL, 0}), 0)));
  assert_true(tin_is_poison(tin_expression("a", ((tin_list){NULL, 0}))));
  assert_true(tin_is_poison(tin_fail((tin_ctx *)NULL, "%d", 3)));
  assert_true(isnan(tin_item(NULL)));
  assert_false(tin_read(NULL, NULL, 0));
  assert_false(tin_write(NULL, NULL, 0));
  assert_false(tin_assign(NULL, NULL));
  assert_true(tin_realize(((tin_list){NULL, 0})));
  assert_false(tin_grad(NULL, TIN_LIST(NULL), &out));
  assert_false(tin_end(tin_begin((tin_ctx *)NULL)));
  tin_release(NULL);
  tin_set_name(NULL, "x");
  tin_ctx_free(NULL);
  tin_clear_error(NULL);
  tin_on_error(NULL, NULL, NULL);
  tin_ctx_seed(NULL, 1);
  tin_report(NULL, NULL);
  assert_int_equal(tin_stats(NULL).nodes, 0);
  assert_int_equal(tin_params(NULL).count, 0);
  assert_null(tin_find(NULL, "x"));
  assert_int_equal(tin_size_of(NULL), 1);
  assert_false(tin_ok(NULL));
  assert_string_equal(tin_message(NULL), "out of memory");
}

static void test_variables(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(2, 3), .name = "w"), *x = ZEROS("x", 2, 3);
  float data[6] = {0};
  EXPECT_FALSE(tin_write(w, data, 20), "write: w [2, 3] f32 has 24 bytes, not 20");
  EXPECT_FALSE(tin_write(w, NULL, 24), "write: the data for w is NULL");
  EXPECT_FALSE(tin_write(x, data, 24), "write: x is no variable (tin_param, tin_state, tin_input)");
  EXPECT_FALSE(tin_assign(x, w), "assign: x is no variable (tin_param, tin_state, tin_input)");
  EXPECT_FALSE(tin_assign(w, ZEROS("v", 4)), "assign: v [4] does not fit w [2, 3]");
  EXPECT_FALSE(tin_assign_at(w, tin_constant(ctx, TIN_I32, 0), ZEROS("v", 3, 3)), "assign_at: v [3, 3] does not fit w [1, 3]");
  EXPECT_FALSE(tin_read(w, data, 4), "read: w [2, 3] f32 has 24 bytes, not 4");
  assert_true(isnan(tin_item(x)));
  expect(ctx, __LINE__ - 1, "item: x [2, 3] has 6 elements, not one");
  tin_release(x);
  expect(ctx, __LINE__ - 1, "release: x was not made by tin_keep");
  tin_ctx_free(ctx);
}

static void test_scopes(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_scope scope = tin_begin(ctx);
  tin_tensor *x = ZEROS("x", 2), *y = tin_exp(x);
  assert_true(tin_end(scope));
  EXPECT_POISON(tin_exp(y), "exp: tensor used after its scope ended (operand x)");
  tin_scope again = tin_begin(ctx);
  ZEROS("new", 2), ZEROS("newer", 2), ZEROS("newest", 2); /* take the slots */
  EXPECT_POISON(tin_add(ZEROS("z", 2), y), "add: tensor used after its scope ended (operand b)");
  EXPECT_FALSE(tin_end(scope), "end: this scope has already ended");
  tin_scope inner = tin_begin(ctx);
  char text[300];
  snprintf(text, sizeof text, "end: a scope inside this one is still open (begun at %s:%d)", __FILE__, __LINE__ - 2);
  EXPECT_FALSE(tin_end(again), text);
  EXPECT_FALSE(tin_end(inner), "end: this scope has already ended");
  tin_ctx_free(ctx);
}

static void test_no_update_after_an_error(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(2));
  tin_scope scope = tin_begin(ctx);
  tin_assign(w, tin_ones_like(w));
  tin_add(w, ZEROS("x", 3));
  assert_false(tin_end(scope));
  float data[2] = {5, 5};
  assert_false(tin_read(w, data, sizeof data));
  assert_true(isnan(data[0]) && isnan(data[1]));
  tin_clear_error(ctx);
  assert_true(tin_read(w, data, sizeof data));
  assert_true(data[0] == 0 && data[1] == 0);
  tin_ctx_free(ctx);
}

static void test_index_out_of_range(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  tin_tensor *w = tin_state(ctx, TIN_SHAPE(2));
  tin_tensor *index = tin_from(ctx, TIN_I32, TIN_SHAPE(3), ((int32_t[]){1, 4, 0}));
  tin_assign(w, tin_ones_like(w));
  assert_true(isnan(tin_item(tin_sum(tin_take(ZEROS("x", 4), index, 0)))));
  assert_non_null(strstr(tin_message(ctx), "index 4 at position 1 is out of range for axis 0 of size 4"));
  tin_clear_error(ctx);
  assert_true(tin_item(tin_sum(w)) == 0); /* the update was dropped */
  tin_ctx_free(ctx);
}

static void count_error(void *user, const char *message) {
  assert_non_null(strstr(message, "reshape"));
  ++*(int *)user;
}

static void test_handler(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  int errors = 0;
  tin_on_error(ctx, count_error, &errors);
  tin_tensor *x = ZEROS("x", 2);
  tin_tensor *poison = tin_reshape(x, TIN_SHAPE(3));
  tin_exp(tin_exp(poison)); /* quiet */
  tin_reshape(x, TIN_SHAPE(5));
  assert_int_equal(errors, 2);
  assert_non_null(strstr(tin_message(ctx), "[3]")); /* the first one stays */
  tin_ctx_free(ctx);
}

static void test_custom_failure(void **state) {
  (void)state;
  tin_ctx *ctx = new_ctx();
  EXPECT_POISON(tin_fail(ctx, "my_layer: %d heads", 7), "my_layer: 7 heads");
  EXPECT_POISON(tin_exp_at("model.py", 12, NULL) ? tin_fail(ctx, "x") : NULL, "x");
  assert_true(tin_is_poison(tin_sum_args((struct tin_reduce_options){.x = ZEROS("x", 2), .axes = TIN_AXES(5)})));
  assert_string_equal(tin_message(ctx), "sum: axis 5 is out of range for x [2]"); /* no file: no place */
  tin_ctx_free(ctx);
}

static void test_bad_context(void **state) {
  (void)state;
  tin_ctx *ctx = tin_ctx_new(.target = "z80");
  assert_non_null(ctx);
  assert_false(tin_ok(ctx));
  assert_non_null(strstr(tin_message(ctx), "z80"));
  tin_clear_error(ctx); /* cannot be cleared */
  assert_false(tin_ok(ctx));
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(2));
  assert_true(tin_is_poison(w));
  assert_true(tin_is_poison(tin_exp(w)));
  assert_true(isnan(tin_item(w)));
  assert_false(tin_end(tin_begin(ctx)));
  tin_ctx_free(ctx);
  ctx = tin_ctx_new(.threads = -1);
  assert_non_null(strstr(tin_message(ctx), "ctx_new: -1 threads are fewer than one"));
  tin_ctx_free(ctx);
}

/* One of everything that allocates; true when no allocation failed. */
static bool small_program(const char *target) {
  tin_ctx *ctx = tin_ctx_new(.target = target, .threads = 1);
  tin_tensor *w = tin_param(ctx, TIN_SHAPE(3, 2), .name = "w"), *gradient[1];
  tin_init_orthogonal(w, 1);
  for (int step = 0; step < 2; step++) {
    tin_scope scope = tin_begin(ctx);
    tin_tensor *x = tin_from(ctx, TIN_F32, TIN_SHAPE(4, 3), ((float[12]){1, 2, 3}));
    tin_tensor *y = tin_softmax(tin_matmul(x, tin_add(w, tin_rand(ctx, TIN_F32, TIN_SHAPE(3, 2)))), 1);
    y = tin_concat(TIN_LIST(tin_take(y, tin_argmax(y, .axes = TIN_AXES(1)), 0), y), 0);
    y = tin_triu(tin_roll(tin_pad(y, .low = {1}, .mode = TIN_PAD_REFLECT), TIN_SHAPE(1), TIN_AXES(0)), 0);
    y = tin_diagonal(tin_unfold(tin_unsqueeze(tin_tile(y, TIN_SHAPE(2, 1)), 0), .kernel = {2, 1}), 0, 0, 1);
    y = tin_diag(tin_slice(y, 0, -1, TIN_END, .step = -1), 1);
    tin_tensor *loss = tin_set_name(tin_expression("a * a + 1", TIN_LIST(tin_einsum("ij,ij->", y, y))), "loss");
    tin_grad(loss, TIN_LIST(w), gradient);
    tin_assign(w, tin_sub(w, tin_mul(tin_scalar(ctx, TIN_F32, 0.1), gradient[0])));
    tin_tensor *three = tin_einsum("...ii,ij->j", tin_matmul(w, tin_einsum("ji", w)), tin_shuffle(w, 0));
    three = tin_add(three, tin_cast(tin_multinomial(tin_square(w), .count = 2, .without_replacement = true), TIN_F32));
    loss = tin_add(loss, tin_huber(three, tin_truncated_normal(ctx, TIN_F32, TIN_SHAPE(2), 0, 1, -2, 2)));
    tin_tensor *kept = tin_keep(loss);
    tin_item(loss);
    tin_end(scope);
    tin_release(kept);
  }
  bool done = tin_ok(ctx);
  if (!done)
    if (!strstr(tin_message(ctx), "memory"))
      fail_msg("%s", tin_message(ctx));
  tin_ctx_free(ctx);
  return done;
}

/* Every allocation fails in turn, with all that follow it: a message, no crash, no leak (under the address sanitizer). */
static void test_out_of_memory(void **state) {
  (void)state;
  static const char *const targets[] = {"interpreter", "portable"};
  for (int i = 0; i < 2; i++) {
    long count = 0;
    for (bool done = false; !done; count++) {
      assert_true(count < 10000);
      allocations_left = count;
      done = small_program(targets[i]);
      allocations_left = -1;
    }
    assert_true(count > 20);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shapes),
      cmocka_unit_test(test_axes_and_options),
      cmocka_unit_test(test_operands),
      cmocka_unit_test(test_everything_takes_null),
      cmocka_unit_test(test_variables),
      cmocka_unit_test(test_scopes),
      cmocka_unit_test(test_no_update_after_an_error),
      cmocka_unit_test(test_index_out_of_range),
      cmocka_unit_test(test_handler),
      cmocka_unit_test(test_custom_failure),
      cmocka_unit_test(test_bad_context),
      cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
