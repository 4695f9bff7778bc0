/* Einsum against loops over all letters, for random subscripts; the order of its products; its relatives against NumPy's values; misuse. */
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

/* ---- the reference: every combination of letters, one after another ---- */

enum { LETTERS = 6, MOST_OPERANDS = 10, MOST_ELEMENTS = 256 };

struct sample {
  int count;
  char text[128];
  char letters[MOST_OPERANDS][8], result[LETTERS + 1];
  int64_t size[LETTERS];
  bool narrow[MOST_OPERANDS][8]; /* the operand has size 1 there */
  double values[MOST_OPERANDS][MOST_ELEMENTS];
};

static uint64_t random_state = 1;
static int below(int bound) {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (int)((random_state >> 33) % (uint64_t)bound);
}

static int64_t size_of(const struct sample *sample, int operand, int axis) {
  return sample->narrow[operand][axis] ? 1 : sample->size[sample->letters[operand][axis] - 'a'];
}

static int64_t place_of(const struct sample *sample, int operand, const int64_t *at) {
  int64_t place = 0;
  for (int axis = 0; sample->letters[operand][axis]; axis++)
    place = place * size_of(sample, operand, axis) + (sample->narrow[operand][axis] ? 0 : at[sample->letters[operand][axis] - 'a']);
  return place;
}

static int64_t by_loops(const struct sample *sample, double *out) {
  int64_t at[LETTERS] = {0}, elements = 1;
  for (const char *letter = sample->result; *letter; letter++)
    elements *= sample->size[*letter - 'a'];
  memset(out, 0, sizeof *out * (size_t)elements);
  for (int letter = 0; letter >= 0;) {
    int64_t place = 0;
    for (const char *name = sample->result; *name; name++)
      place = place * sample->size[*name - 'a'] + at[*name - 'a'];
    double product = 1;
    for (int i = 0; i < sample->count; i++)
      product *= sample->values[i][place_of(sample, i, at)];
    out[place] += product;
    for (letter = LETTERS - 1; letter >= 0 && ++at[letter] == sample->size[letter]; letter--)
      at[letter] = 0;
  }
  return elements;
}

/* Letters that no operand has get size 1. Integers, so that every order of sums gives the same. */
static void draw_sample(struct sample *sample, int count) {
  bool used[LETTERS] = {false};
  *sample = (struct sample){.count = count};
  for (int letter = 0; letter < LETTERS; letter++)
    sample->size[letter] = 1 + below(3);
  for (int i = 0; i < count; i++) {
    int rank = below(4);
    for (int axis = 0; axis < rank; axis++) {
      int letter = below(LETTERS);
      bool again = strchr(sample->letters[i], 'a' + letter) != NULL;
      sample->letters[i][axis] = (char)('a' + letter);
      sample->narrow[i][axis] = !again && below(6) == 0;
      if (again)
        for (int other = 0; other < axis; other++)
          if (sample->letters[i][other] == 'a' + letter)
            sample->narrow[i][axis] = sample->narrow[i][other];
      used[letter] = true;
    }
    for (int k = 0; k < MOST_ELEMENTS; k++)
      sample->values[i][k] = below(7) - 3;
    strcat(strcat(sample->text, i ? "," : ""), sample->letters[i]);
  }
  int start = below(LETTERS), n = 0;
  for (int k = 0; k < LETTERS; k++) {
    int letter = (start + 5 * k) % LETTERS;
    bool wide = false;
    for (int i = 0; i < count; i++)
      for (int axis = 0; sample->letters[i][axis]; axis++)
        wide = wide || (sample->letters[i][axis] == 'a' + letter && !sample->narrow[i][axis]);
    sample->size[letter] = wide ? sample->size[letter] : 1;
    if (used[letter] && below(2))
      sample->result[n++] = (char)('a' + letter);
  }
  strcat(strcat(sample->text, "->"), sample->result);
}

static void check_sample(tin_ctx *ctx, const struct sample *sample, tin_dtype dtype) {
  static double want[729], got[729];
  tin_tensor *operands[MOST_OPERANDS];
  for (int i = 0; i < sample->count; i++) {
    tin_shape shape = {.rank = (int)strlen(sample->letters[i])};
    for (int axis = 0; axis < shape.rank; axis++)
      shape.size[axis] = size_of(sample, i, axis);
    operands[i] = tin_cast(tin_from(ctx, TIN_F64, shape, sample->values[i]), dtype);
  }
  tin_tensor *result = tin_einsum_list(sample->text, ((tin_list){operands, sample->count}));
  int64_t elements = by_loops(sample, want);
  assert_int_equal(tin_dtype_of(result), dtype);
  assert_int_equal(tin_shape_of(result).rank, strlen(sample->result));
  if (tin_size_of(result) != elements || !tin_read(tin_cast(result, TIN_F64), got, sizeof *got * (size_t)elements))
    fail_msg("%s: %s", sample->text, tin_message(ctx));
  for (int64_t i = 0; i < elements; i++)
    if (got[i] != want[i])
      fail_msg("%s: element %lld is %g, not %g", sample->text, (long long)i, got[i], want[i]);
}

static void test_random_subscripts(void **state) {
  (void)state;
  static struct sample sample;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = "interpreter", .threads = 1});
  for (int round = 0; round < 400; round++) {
    tin_scope scope = tin_begin(ctx);
    draw_sample(&sample, 1 + below(round < 380 ? 4 : MOST_OPERANDS));
    check_sample(ctx, &sample, round % 3 == 0 ? TIN_I64 : TIN_F64);
    tin_end(scope);
  }
  end_ctx(ctx);
}

/* ---- forms of subscripts ---- */

static void test_forms(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  tin_tensor *m = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 2), 1, 2, 3, 4), *v = TENSOR(ctx, TIN_F64, TIN_SHAPE(2), 10, 100);
  EXPECT_EXACT(tin_einsum("ba", m), 1, 3, 2, 4); /* axes in the order of the alphabet */
  EXPECT_EXACT(tin_einsum("ii", m), 5);
  EXPECT_EXACT(tin_einsum("ii->i", m), 1, 4);
  EXPECT_EXACT(tin_einsum("bA", m), 1, 3, 2, 4); /* upper case before lower case */
  EXPECT_EXACT(tin_einsum(" i j , j ", m, v), 210, 430);
  EXPECT_EXACT(tin_einsum("...->...", m), 1, 2, 3, 4);
  EXPECT_EXACT(tin_einsum("i...,i->...", m, v), 310, 420);
  EXPECT_EXACT(tin_einsum("...i,...", m, v), 10, 20, 300, 400);
  EXPECT_EXACT(tin_einsum("...j->j", m), 4, 6); /* without dots in the result they are summed over */
  EXPECT_EXACT(tin_einsum(",->", tin_constant(ctx, TIN_F64, 3), tin_constant(ctx, TIN_F64, 4)), 12);
  EXPECT_EXACT(tin_einsum("ij,jk,k", m, m, v), 1070, 2350);
  tin_tensor *wide = tin_ones(ctx, TIN_F64, TIN_SHAPE(3, 1, 2));
  EXPECT_TYPE(tin_einsum("...ij,...jk->...ik", wide, tin_ones(ctx, TIN_F64, TIN_SHAPE(5, 1, 2, 4))), TIN_F64, 5, 3, 1, 4);
  EXPECT_TYPE(tin_einsum("ij,jk", tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 0)), tin_zeros(ctx, TIN_F64, TIN_SHAPE(0, 3))), TIN_F64, 2, 3);
  EXPECT_EXACT(tin_einsum("ij,jk->", tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 0)), tin_zeros(ctx, TIN_F32, TIN_SHAPE(0, 3))), 0);
  tin_tensor *deep = tin_ones(ctx, TIN_F32, TIN_SHAPE(1, 2, 1, 2, 1, 2, 1, 2));
  EXPECT_TYPE(tin_einsum("abcdefgh,hgfedcba->abcdh", deep, tin_permute(deep, TIN_AXES(7, 6, 5, 4, 3, 2, 1, 0))), TIN_F32, 1, 2, 1, 2, 2);
  end_ctx(ctx);
}

/* Far from the order of the operands the product costs too much: 10^9 elements by 10^4. */
static void test_order(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  tin_tensor *column = tin_ones(ctx, TIN_F32, TIN_SHAPE(30000, 1)), *row = tin_ones(ctx, TIN_F32, TIN_SHAPE(1, 30000));
  tin_tensor *last = tin_ones(ctx, TIN_F32, TIN_SHAPE(30000, 2)), *t[12];
  EXPECT_EXACT(tin_sum(tin_einsum("ij,jk,kl->il", column, row, last)), 1.8e9);
  EXPECT_EXACT(tin_sum(tin_multi_dot(TIN_LIST(column, row, last))), 1.8e9);
  for (int i = 0; i < 12; i++)
    t[i] = i % 2 ? row : column;
  t[11] = tin_ones(ctx, TIN_F64, TIN_SHAPE(1));
  EXPECT_TYPE(tin_multi_dot(((tin_list){t, 12})), TIN_F64, 30000);
  EXPECT_NEAR(tin_max(tin_multi_dot(((tin_list){t, 12}))), 1e-6, pow(30000, 5));
  end_ctx(ctx);
}

/* ---- integers ---- */

static void test_integers(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  int64_t large[] = {(INT64_C(1) << 60) + 1, 3, 5, 7}, got[4];
  tin_tensor *x = tin_from(ctx, TIN_I64, TIN_SHAPE(2, 2), large);
  tin_tensor *product = tin_matmul(x, tin_eye(ctx, TIN_I32, 2, 2));
  EXPECT_TYPE(product, TIN_I64, 2, 2);
  assert_true(tin_read(product, got, sizeof got));
  assert_memory_equal(got, large, sizeof got);
  tin_tensor *bytes = TENSOR(ctx, TIN_U8, TIN_SHAPE(3), 100, 100, 100);
  EXPECT_TYPE(tin_dot(bytes, bytes), TIN_U8);
  EXPECT_EXACT(tin_dot(bytes, bytes), 30000 % 256);
  tin_tensor *truth = TENSOR(ctx, TIN_BOOL, TIN_SHAPE(2, 2), 1, 1, 0, 0);
  EXPECT_TYPE(tin_matmul(truth, truth), TIN_BOOL, 2, 2);
  EXPECT_EXACT(tin_matmul(truth, truth), 1, 1, 0, 0);
  EXPECT_EXACT(tin_einsum("ij->j", truth), 1, 1);
  EXPECT_TYPE(tin_matmul(bytes, tin_ones(ctx, TIN_F32, TIN_SHAPE(3))), TIN_F32);
  EXPECT_EXACT(tin_matmul(tin_zeros(ctx, TIN_I32, TIN_SHAPE(2, 0)), tin_zeros(ctx, TIN_I32, TIN_SHAPE(0, 1))), 0, 0);
  end_ctx(ctx);
}

/* ---- relatives ---- */

static void test_relatives(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  tin_tensor *a = tin_reshape(tin_arange(ctx, TIN_F64, 12, 0, 1), TIN_SHAPE(2, 3, 2));
  tin_tensor *b = tin_reshape(tin_arange(ctx, TIN_F64, 12, 1, 1), TIN_SHAPE(3, 2, 2)), *v = tin_arange(ctx, TIN_F64, 2, 1, 1);
  EXPECT_EXACT(tin_tensordot(a, b), 125, 140, 341, 392);
  EXPECT_EXACT(tin_tensordot(a, b, .axes_a = TIN_AXES(1, -1), .axes_b = TIN_AXES(0, 2)), 116, 146, 314, 416);
  EXPECT_TYPE(tin_tensordot(a, a, .axes_a = TIN_AXES(0), .axes_b = TIN_AXES(0)), TIN_F64, 3, 2, 3, 2);
  EXPECT_EXACT(tin_tensordot(b, v, .count = 1), 5, 11, 17, 23, 29, 35);
  EXPECT_EXACT(tin_inner(b, v), 5, 11, 17, 23, 29, 35);
  EXPECT_EXACT(tin_inner(v, tin_constant(ctx, TIN_F64, 3)), 3, 6);
  EXPECT_EXACT(tin_outer(v, tin_arange(ctx, TIN_I32, 3, 0, 1)), 0, 1, 2, 0, 2, 4);
  EXPECT_EXACT(tin_dot(v, v), 5);
  EXPECT_EXACT(tin_kron(TENSOR(ctx, TIN_I32, TIN_SHAPE(2, 1), 1, 10), v), 1, 2, 10, 20);
  EXPECT_EXACT(tin_kron(v, TENSOR(ctx, TIN_I32, TIN_SHAPE(2, 2), 1, 2, 3, 4)), 1, 2, 2, 4, 3, 4, 6, 8);
  EXPECT_EXACT(tin_kron(tin_constant(ctx, TIN_F32, 2), v), 2, 4);
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 2), 1, 2, 3, 4),
             *weight = tin_reshape(tin_arange(ctx, TIN_F64, 12, 0, 1), TIN_SHAPE(2, 2, 3));
  tin_tensor *y = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 3), 1, 0, 2, -1, 1, 3);
  EXPECT_EXACT(tin_bilinear(x, y, weight, TENSOR(ctx, TIN_F64, TIN_SHAPE(2), 0.5, -0.5)), 30.5, 83.5, 85.5, 210.5);
  EXPECT_EXACT(tin_multi_dot(TIN_LIST(tin_arange(ctx, TIN_F64, 2, 1, 1), x, x, v)), 145);
  end_ctx(ctx);
}

/* ---- derivatives ---- */

static tin_tensor *build_three(void *user, tin_list x) {
  (void)user;
  return tin_einsum("iij,jk,k...->i...", x.at[0], x.at[1], x.at[2]);
}

static tin_tensor *build_relatives(void *user, tin_list x) {
  (void)user;
  tin_tensor *row = tin_squeeze(tin_slice(x.at[1], 0, 0, 1), TIN_AXES(0));
  tin_tensor *blocks = tin_sum(tin_square(tin_kron(x.at[1], x.at[2])));
  return tin_add(blocks, tin_add(tin_sum(tin_bilinear(row, row, x.at[0], NULL)), tin_tensordot(x.at[1], x.at[2])));
}

static void test_derivatives(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){.threads = 1});
  tin_tensor *x = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 2, 2), 0.5, -1, 2, 0.25, 1.5, -0.75, 1, 3);
  tin_tensor *y = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 2), 1, -2, 0.5, 0.75), *z = TENSOR(ctx, TIN_F64, TIN_SHAPE(2, 2), 2, 1, -1, 0.5);
  if (!tin_gradcheck(build_three, NULL, TIN_LIST(x, y, z), .second_order = true) ||
      !tin_gradcheck(build_relatives, NULL, TIN_LIST(x, y, z), .second_order = true))
    fail_msg("%s", tin_message(ctx));
  end_ctx(ctx);
}

/* ---- misuse ---- */

static void expect_error(tin_ctx *ctx, tin_tensor *t, const char *message) {
  if (!tin_is_poison(t) || !strstr(tin_message(ctx), message) || !strstr(tin_message(ctx), "test_einsum.c:"))
    fail_msg("\"%s\" is not in \"%s\"", message, tin_message(ctx));
  tin_clear_error(ctx);
}

static void test_misuse(void **state) {
  (void)state;
  tin_ctx *ctx = good_ctx((struct tin_ctx_options){0});
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 3)), *v = tin_zeros(ctx, TIN_F32, TIN_SHAPE(4));
  expect_error(ctx, tin_einsum("ij;jk", x, x), "einsum: column 3 of \"ij;jk\": expected a letter, \"...\", \",\" or \"->\"");
  expect_error(ctx, tin_einsum("ij", x, x), "einsum: column 3 of \"ij\": there are 2 operands, but fewer are named");
  expect_error(ctx, tin_einsum("ij,jk,k", x, x), "einsum: column 6 of \"ij,jk,k\": there are 2 operands, but more are named");
  expect_error(ctx, tin_einsum("i,j->ij", v, x), "einsum: column 3 of \"i,j->ij\": 1 axes are named, but tensor 1 [2, 3] has 2");
  expect_error(ctx, tin_einsum("..ij", x), "einsum: column 1 of \"..ij\": the ellipsis has three dots");
  expect_error(ctx, tin_einsum("...i...", x), "einsum: column 5 of \"...i...\": a second ellipsis");
  expect_error(ctx, tin_einsum("ij->iij", x), "einsum: column 6 of \"ij->iij\": this letter of the result is there twice");
  expect_error(ctx, tin_einsum("ij->i?", x), "einsum: column 6 of \"ij->i?\": expected a letter, \"...\" or the end");
  expect_error(ctx, tin_einsum("...,...", x, v), "sizes of \"...\" differ: tensor 0 [2, 3] and tensor 1 [4]: 3 is not 4");
  expect_error(ctx, tin_einsum("ij,jk", x, NULL), "einsum: operand tensor 1 is NULL");
  expect_error(ctx, tin_tensordot(x, tin_transpose(x, 0, 1)), "tensordot: sizes of axis 0 and axis 0 differ");
  expect_error(ctx, tin_tensordot(x, v), "tensordot: 2 and 2 axes to sum over do not fit a [2, 3] and b [4]");
  expect_error(ctx, tin_tensordot(x, v, .count = 1), "tensordot: sizes of axis 1 and axis 0 differ: a [2, 3] and b [4]: 3 is not 4");
  expect_error(ctx, tin_outer(v, x), "outer: b [2, 3] is no vector");
  expect_error(ctx, tin_multi_dot(TIN_LIST(x, x)), "multi_dot: inner sizes differ before tensor 1 [2, 3]: 3 is not 2");
  expect_error(ctx, tin_einsum(NULL, x), "einsum: the subscripts are NULL");
  expect_error(ctx, tin_multi_dot(TIN_LIST(x)), "multi_dot: 1 operands; there must be 2 to 63");
  tin_ctx_free(ctx);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_subscripts),
      cmocka_unit_test(test_forms),
      cmocka_unit_test(test_order),
      cmocka_unit_test(test_integers),
      cmocka_unit_test(test_relatives),
      cmocka_unit_test(test_derivatives),
      cmocka_unit_test(test_misuse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
