/* Index expressions: the rules that layouts rely on, and random expressions against plain evaluation, before and after printing as C. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codegen/index.h"

enum { SYMBOLS = 4 };

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_index_context context;
  const struct tin_index *symbol[SYMBOLS];
  uint64_t seed;
};

static const char *const names[SYMBOLS] = {"r0", "r1", "r2", "r3"};
static const int64_t lows[SYMBOLS] = {0, 0, 0, -7}, highs[SYMBOLS] = {5, 11, 30, 9};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f || setjmp(f->fail))
    return -1;
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
  tin_index_init(&f->context, &f->arena);
  for (int s = 0; s < SYMBOLS; s++)
    f->symbol[s] = tin_index_symbol(&f->context, s, lows[s], highs[s]);
  f->seed = 1;
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  tin_arena_free(&f->arena);
  free(f);
  return 0;
}

static const char *text_of(struct fixture *f, const struct tin_index *a) {
  struct tin_text text;
  tin_text_init(&text, &f->arena);
  tin_index_print(&text, a, names);
  return text.at;
}

static const struct tin_index *affine(struct fixture *f, int64_t c0, int64_t c1, int64_t c2, int64_t constant) {
  const int64_t factors[] = {c0, c1, c2};
  const struct tin_index *sum = tin_index_constant(&f->context, constant);
  for (int s = 0; s < 3; s++)
    sum = tin_index_add(&f->context, sum, tin_index_scale(&f->context, f->symbol[s], factors[s]));
  return sum;
}

static void test_rules(void **state) {
  struct fixture *f = *state;
  struct tin_index_context *c = &f->context;
  const struct tin_index *r0 = f->symbol[0], *r1 = f->symbol[1], *r2 = f->symbol[2];
  assert_ptr_equal(affine(f, 1, 2, 0, 3), affine(f, 1, 2, 0, 3));
  assert_string_equal(text_of(f, affine(f, 12, -1, 0, -3)), "r0 * 12 - r1 - 3");
  assert_string_equal(text_of(f, tin_index_div(c, affine(f, 12, 1, 0, 0), 4)), "r0 * 3 + (r1 / 4)");
  assert_ptr_equal(tin_index_div(c, affine(f, 12, 1, 0, 0), 12), r0);
  assert_ptr_equal(tin_index_mod(c, affine(f, 12, 1, 0, 0), 12), r1);
  assert_string_equal(text_of(f, tin_index_div(c, affine(f, 12, 1, 0, 0), 24)), "(r0 / 2)");
  assert_string_equal(text_of(f, tin_index_mod(c, affine(f, 12, 1, 0, 0), 24)), "r1 + (r0 % 2) * 12");
  assert_ptr_equal(tin_index_div(c, tin_index_div(c, r2, 3), 5), tin_index_div(c, r2, 15));
  assert_ptr_equal(tin_index_mod(c, tin_index_mod(c, r2, 12), 4), tin_index_mod(c, r2, 4));
  assert_ptr_equal(tin_index_div(c, tin_index_mod(c, r2, 12), 4), tin_index_mod(c, tin_index_div(c, r2, 4), 3));
  assert_ptr_equal(tin_index_mod(c, r1, 12), r1);
  assert_ptr_equal(tin_index_div(c, r1, 12), tin_index_constant(c, 0));
  assert_ptr_equal(tin_index_symbol(c, 9, 3, 3), tin_index_constant(c, 3));
}

/* x -> (x / 10, x / 2 mod 5, x mod 2) -> x: a reshape and its inverse. */
static void test_reshape_and_back(void **state) {
  struct fixture *f = *state;
  struct tin_index_context *c = &f->context;
  const struct tin_index *x = f->symbol[2];
  const struct tin_index *middle = tin_index_mod(c, tin_index_div(c, x, 2), 5);
  const struct tin_index *back = tin_index_scale(c, tin_index_div(c, x, 10), 10);
  back = tin_index_add(c, back, tin_index_scale(c, middle, 2));
  back = tin_index_add(c, back, tin_index_mod(c, x, 2));
  assert_ptr_equal(back, x);
}

static void test_affine(void **state) {
  struct fixture *f = *state;
  struct tin_index_context *c = &f->context;
  const struct tin_index *a = tin_index_add(c, affine(f, 12, 1, 0, 5), tin_index_mod(c, f->symbol[2], 7));
  int64_t coefficient = -1;
  assert_true(tin_index_affine(a, 0, &coefficient));
  assert_int_equal(coefficient, 12);
  assert_false(tin_index_affine(a, 2, &coefficient));
  assert_true(tin_index_affine(a, 3, &coefficient));
  assert_int_equal(coefficient, 0);
  assert_true(tin_index_uses(a, 2));
  assert_false(tin_index_uses(a, 3));
}

/* ---- random expressions ---- */

struct tree {
  char op; /* s symbol, c constant, + * / % */
  int64_t number;
  const struct tree *left, *right;
};

static int64_t random_below(struct fixture *f, int64_t limit) {
  f->seed = tin_hash_mix(f->seed, 7);
  return (int64_t)(f->seed >> 20) % limit;
}

static const struct tree *random_tree(struct fixture *f, int depth) {
  struct tree *tree = TIN_NEW(&f->arena, struct tree);
  static const int64_t divisors[] = {2, 3, 4, 6, 12, 5, 24, 7};
  static const int64_t factors[] = {1, 2, 3, 4, 6, 12, -1, -4, 5, 24};
  int kind = depth ? (int)random_below(f, 5) : 4;
  tree->op = "+%*/%"[kind];
  if (kind == 4 && (depth == 0 || random_below(f, 3) == 0)) {
    tree->op = random_below(f, 5) ? 's' : 'c';
    tree->number = tree->op == 's' ? random_below(f, SYMBOLS) : random_below(f, 40) - 20;
    return tree;
  }
  tree->left = random_tree(f, depth - 1);
  if (tree->op == '+')
    tree->right = random_tree(f, depth - 1);
  tree->number = tree->op == '*' ? factors[random_below(f, 10)] : divisors[random_below(f, 8)];
  return tree;
}

static int64_t floor_divide(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

static int64_t evaluate(const struct tree *tree, const int64_t *values) {
  int64_t left = tree->left ? evaluate(tree->left, values) : 0;
  switch (tree->op) {
  case 's':
    return values[tree->number];
  case 'c':
    return tree->number;
  case '+':
    return left + evaluate(tree->right, values);
  case '*':
    return left * tree->number;
  case '/':
    return floor_divide(left, tree->number);
  default:
    return left - floor_divide(left, tree->number) * tree->number;
  }
}

static const struct tin_index *build(struct fixture *f, const struct tree *tree) {
  struct tin_index_context *c = &f->context;
  const struct tin_index *left = tree->left ? build(f, tree->left) : NULL;
  switch (tree->op) {
  case 's':
    return f->symbol[tree->number];
  case 'c':
    return tin_index_constant(c, tree->number);
  case '+':
    return tin_index_add(c, left, build(f, tree->right));
  case '*':
    return tin_index_scale(c, left, tree->number);
  case '/':
    return tin_index_div(c, left, tree->number);
  default:
    return tin_index_mod(c, left, tree->number);
  }
}

/* The value of C text: sums of products of names, numbers and parentheses, with C's division. */
static int64_t parse_sum(const char **at, const int64_t *values);

static int64_t parse_operand(const char **at, const int64_t *values) {
  int64_t value;
  *at += strspn(*at, " ");
  if (**at == '-') {
    ++*at;
    return -parse_operand(at, values);
  }
  if (**at == '(') {
    ++*at;
    value = parse_sum(at, values);
    assert_int_equal(**at, ')');
    ++*at;
  } else if (**at == 'r') {
    value = values[(*at)[1] - '0'];
    *at += 2;
  } else
    value = strtoll(*at, (char **)(uintptr_t)at, 10);
  *at += strspn(*at, " ");
  return value;
}

static int64_t parse_product(const char **at, const int64_t *values) {
  int64_t value = parse_operand(at, values);
  while (**at && strchr("*/%", **at)) {
    char op = *(*at)++;
    int64_t right = parse_operand(at, values);
    value = op == '*' ? value * right : op == '/' ? value / right : value % right;
  }
  return value;
}

static int64_t parse_sum(const char **at, const int64_t *values) {
  int64_t value = parse_product(at, values);
  while (**at && strchr("+-", **at)) {
    char op = *(*at)++;
    int64_t right = parse_product(at, values);
    value += op == '+' ? right : -right;
  }
  return value;
}

static void check_values(struct fixture *f, const struct tree *tree, const struct tin_index *index) {
  const char *text = text_of(f, index);
  for (int trial = 0; trial < 25; trial++) {
    int64_t values[SYMBOLS];
    for (int s = 0; s < SYMBOLS; s++)
      values[s] = lows[s] + random_below(f, highs[s] - lows[s] + 1);
    int64_t expected = evaluate(tree, values);
    const char *at = text;
    if (parse_sum(&at, values) != expected || index->low > expected || index->high < expected)
      fail_msg("%s is not %lld in [%lld, %lld]", text, (long long)expected, (long long)index->low, (long long)index->high);
    assert_int_equal(*at, 0);
  }
}

static void test_random(void **state) {
  struct fixture *f = *state;
  for (int round = 0; round < 4000; round++) {
    const struct tree *tree = random_tree(f, 5);
    check_values(f, tree, build(f, tree));
  }
}

static void test_substitute(void **state) {
  struct fixture *f = *state;
  for (int round = 0; round < 1000; round++) {
    const struct tree *outer = random_tree(f, 4), *inner = random_tree(f, 2);
    const struct tin_index *replacement = build(f, inner);
    if (replacement->low < lows[2] || replacement->high > highs[2])
      continue; /* bounds promised for r2 would not hold */
    const struct tin_index *with[3] = {NULL, NULL, replacement};
    const struct tin_index *index = tin_index_substitute(&f->context, build(f, outer), with, 3);
    const char *text = text_of(f, index);
    for (int trial = 0; trial < 10; trial++) {
      int64_t values[SYMBOLS];
      for (int s = 0; s < SYMBOLS; s++)
        values[s] = lows[s] + random_below(f, highs[s] - lows[s] + 1);
      const char *at = text;
      int64_t got = parse_sum(&at, values);
      values[2] = evaluate(inner, values);
      assert_int_equal(got, evaluate(outer, values));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_rules, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_reshape_and_back, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_affine, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
      cmocka_unit_test_setup_teardown(test_substitute, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
