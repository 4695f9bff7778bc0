/* The construction rules: graphs as text are built again by the builders and compared as text with what should come out; and the bits of
 * the value, computed by the interpreter from special values, must be those of the graph as written unless the rule defines the value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

#include "ir/graph.h"
#include "ir/indexing.h"
#include "ir/interpreter.h"
#include "ir/scalar.h"

enum { MAX_VARIABLES = 8 };

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
  uint32_t serial, stamp;
  struct tin_graph written, built;
  struct tin_variable variables[MAX_VARIABLES];
  int n_variables;
};

static int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f)
    return -1;
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
  tin_graph_init(&f->written, NULL, &f->serial, &f->stamp);
  tin_graph_init(&f->built, NULL, &f->serial, &f->stamp);
  *state = f;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *f = *state;
  tin_graph_free(&f->written);
  tin_graph_free(&f->built);
  tin_arena_free(&f->arena);
  free(f);
  return 0;
}

/* Starts the next case with empty graphs. */
static void clear(struct fixture *f) {
  tin_graph_free(&f->written);
  tin_graph_free(&f->built);
  tin_arena_reset(&f->arena);
  f->n_variables = 0;
}

static struct tin_variable *make_variable(void *context, tin_dtype dtype, int rank, const int64_t *shape, const char *name) {
  struct fixture *f = context;
  assert_true(f->n_variables < MAX_VARIABLES);
  struct tin_variable *variable = &f->variables[f->n_variables];
  *variable = (struct tin_variable){.dtype = (uint8_t)dtype, .rank = (uint8_t)rank, .name = name, .id = (uint64_t)++f->n_variables};
  memcpy(variable->shape, shape, sizeof(int64_t) * (size_t)rank);
  return variable;
}

/* ---- building again ---- */

static struct tin_node *rebuild_movement(struct tin_graph *graph, const struct tin_node *node, struct tin_node **in) {
  int64_t first[TIN_MAX_RANK], second[TIN_MAX_RANK];
  int axes[TIN_MAX_RANK];
  for (int i = 0; 2 * i + 1 < node->n_arg; i++) {
    first[i] = node->arg[2 * i];
    second[i] = node->arg[2 * i + 1];
  }
  switch (node->op) {
  case OP_RESHAPE:
    return tin_node_reshape(graph, in[0], node->rank, node->shape);
  case OP_PERMUTE:
    for (int i = 0; i < node->rank; i++)
      axes[i] = (int)node->arg[i];
    return tin_node_permute(graph, in[0], axes);
  case OP_EXPAND:
    return tin_node_expand(graph, in[0], node->shape);
  case OP_SLICE:
    return tin_node_slice(graph, in[0], first, second, node->shape);
  case OP_PAD:
    return tin_node_pad(graph, in[0], first, second, node->shape, node->bits);
  case OP_FLIP:
    return tin_node_flip(graph, in[0], (uint32_t)node->arg[0]);
  case OP_IDENTITY:
    return tin_node_identity(graph, in[0], NULL, 0);
  case OP_BARRIER:
    return tin_node_barrier(graph, in[0], in[1]);
  case OP_WINDOW:
    return tin_node_window(graph, in[0], (int)node->arg[0], node->arg[1], node->arg[2], node->arg[3]);
  default:
    return tin_node_concat(graph, in, node->n_in, (int)node->arg[0]);
  }
}

static struct tin_node *rebuild_node(struct tin_graph *graph, const struct tin_node *node, struct tin_node **in) {
  if (tin_op_is_elementwise(node->op))
    return tin_node_elementwise(graph, node->op, node->dtype, in, node->n_in);
  if (tin_op_is(node->op, OP_CLASS_MOVEMENT))
    return rebuild_movement(graph, node, in);
  if (tin_op_is(node->op, OP_CLASS_SCAN) && node->op != OP_ARGSORT)
    return tin_node_scan(graph, node->op, in[0], node->n_in == 2 ? in[1] : NULL, (int)node->arg[0]);
  switch (node->op) {
  case OP_CONST:
    return tin_node_const(graph, node->dtype, node->bits);
  case OP_SCALAR:
    return tin_node_scalar(graph, node->dtype, node->bits);
  case OP_IOTA:
    return tin_node_iota(graph, node->dtype, node->size);
  case OP_VAR:
    return tin_node_var(graph, node->variable);
  case OP_CONTRACT:
    return tin_node_contract(graph, in[0], in[1], (uint32_t)node->arg[0]);
  case OP_FOLD:
    return tin_node_fold(graph, in[0], (int)node->arg[0], node->arg[2], node->arg[3], node->shape[node->arg[0]]);
  case OP_GATHER:
    return tin_node_gather(graph, in[0], in[1], tin_node_indexing(node));
  case OP_SCATTER:
    return tin_node_scatter(graph, in[0], in[1], in[2], tin_node_indexing(node), (enum tin_scatter_mode)node->arg[4]);
  case OP_ARGSORT:
    return tin_node_argsort(graph, in[0], (int)node->arg[0], node->arg[1]);
  case OP_ASSIGN:
    return tin_node_assign(graph, in[0], in[1]);
  default:
    return tin_node_reduce(graph, node->op, in[0], (uint32_t)node->arg[0]);
  }
}

static struct tin_node *rebuild(struct fixture *f, struct tin_node *output) {
  struct tin_node_list order = tin_graph_order(&f->written, &f->arena, &output, 1);
  struct tin_node **made = TIN_NEW_ARRAY(&f->arena, struct tin_node *, order.count);
  for (int i = 0; i < order.count; i++) {
    struct tin_node *in[16];
    for (int j = 0; j < order.at[i]->n_in; j++)
      in[j] = made[order.at[i]->in[j]->index];
    made[i] = rebuild_node(&f->built, order.at[i], in);
    assert_non_null(made[i]);
  }
  return made[order.count - 1];
}

/* ---- values ---- */

/* Element i of every variable of the id: special values first, then ordinary ones. */
static uint64_t variable_element(tin_dtype dtype, uint64_t id, int64_t i) {
  static const double specials[] = {0.0,    -0.0,  1,   -1, 1.5, -2.25, __builtin_inf(), -__builtin_inf(), __builtin_nan(""),
                                    1e-310, 1e-42, 3e38};
  uint64_t number = tin_hash_mix(id, (uint64_t)i);
  if (number % 4 == 0 && dtype >= TIN_F32)
    return tin_scalar_from_double(specials[number / 4 % (sizeof specials / sizeof *specials)], dtype);
  double value = (double)(int64_t)(number >> 40) - (1 << 23);
  return tin_scalar_from_double(dtype >= TIN_F32 ? value / 65536 : (double)(number >> 8 & 255), dtype);
}

static void *evaluate(struct fixture *f, struct tin_node *output) {
  struct tin_node_list order = tin_graph_order(&f->built, &f->arena, &output, 1);
  void **data = TIN_NEW_ARRAY(&f->arena, void *, order.count);
  for (int i = 0; i < order.count; i++) {
    const struct tin_node *node = order.at[i];
    void *in[16];
    struct tin_error error = {0};
    data[i] = tin_arena_alloc(&f->arena, (size_t)node->size * 8 + 64);
    for (int j = 0; j < node->n_in; j++)
      in[j] = data[node->in[j]->index];
    for (int64_t k = 0; node->op == OP_VAR && k < node->size; k++)
      tin_scalar_store(data[i], k, node->dtype, variable_element(node->dtype, node->variable->id, k));
    if (node->op != OP_VAR && !tin_interpret(node, in, data[i], &error))
      fail_msg("%s", error.text);
  }
  return data[order.count - 1];
}

/* ---- cases ---- */

struct rule_case {
  const char *written;
  const char *built;
};

static struct tin_node *parse(struct fixture *f, const char *text) {
  struct tin_error error = {0};
  struct tin_node_list outputs = tin_graph_parse(&f->written, text, make_variable, f, &error);
  if (outputs.count != 1)
    fail_msg("%s\nin\n%s", error.text, text);
  return outputs.at[0];
}

static void check_values(struct fixture *f, const char *text, struct tin_node *written, struct tin_node *built) {
  void *expected = evaluate(f, written), *actual = evaluate(f, built);
  for (int64_t i = 0; i < written->size; i++) {
    uint64_t a = tin_scalar_load(expected, i, written->dtype), b = tin_scalar_load(actual, i, built->dtype);
    double x = tin_scalar_to_double(a, written->dtype), y = tin_scalar_to_double(b, built->dtype);
    if (a != b && !(x != x && y != y))
      fail_msg("element %d is %a and should be %a in\n%s", (int)i, y, x, text);
  }
}

/* The text of the case's graph as it is built; its values are compared with those of the graph as written. */
static const char *build_case(struct fixture *f, const struct rule_case *test, bool keeps_bits) {
  clear(f);
  struct tin_node *written = parse(f, test->written);
  struct tin_node *built = rebuild(f, written);
  struct tin_error error = {0};
  if (!tin_graph_verify(&f->built, &built, 1, &error))
    fail_msg("%s", error.text);
  struct tin_text text;
  tin_text_init(&text, &f->arena);
  tin_graph_print(&f->built, &text, &built, 1);
  assert_int_equal(written->dtype, built->dtype);
  assert_int_equal(written->rank, built->rank);
  if (keeps_bits)
    check_values(f, test->written, written, built);
  return text.at;
}

static void check_cases(struct fixture *f, const struct rule_case *cases, int count, bool keeps_bits) {
  if (setjmp(f->fail))
    fail_msg("out of memory");
  for (int i = 0; i < count; i++)
    assert_string_equal(build_case(f, &cases[i], keeps_bits), cases[i].built);
}

#define CHECK(state, cases, keeps_bits) check_cases(*(state), cases, (int)(sizeof(cases) / sizeof *(cases)), keeps_bits)

#define X "%0 = var \"x\" f32[4, 3]\n"
#define N "%0 = var \"x\" i32[4, 3]\n"
#define X_ALONE X "return %0\n"
#define N_ALONE N "return %0\n"
#define CONST_F(value) "%1 = const " value " f32[]\n%2 = reshape(%1) f32[1, 1]\n%3 = expand(%2) f32[4, 3]\n"
#define CONST_I(value) "%1 = const " value " i32[]\n%2 = reshape(%1) i32[1, 1]\n%3 = expand(%2) i32[4, 3]\n"

static void test_neutral_operands(void **state) {
  static const struct rule_case cases[] = {
      {X CONST_F("-0x0p+0") "%4 = add(%0, %3) f32[4, 3]\nreturn %4\n", X_ALONE},
      {X CONST_F("-0x0p+0") "%4 = add(%3, %0) f32[4, 3]\nreturn %4\n", X_ALONE},
      {X CONST_F("0x0p+0") "%4 = add(%0, %3) f32[4, 3]\nreturn %4\n", X CONST_F("0x0p+0") "%4 = add(%0, %3) f32[4, 3]\nreturn %4\n"},
      {X CONST_F("0x0p+0") "%4 = sub(%0, %3) f32[4, 3]\nreturn %4\n", X_ALONE},
      {X CONST_F("-0x0p+0") "%4 = sub(%0, %3) f32[4, 3]\nreturn %4\n", X CONST_F("-0x0p+0") "%4 = sub(%0, %3) f32[4, 3]\nreturn %4\n"},
      {X CONST_F("0x1p+0") "%4 = mul(%3, %0) f32[4, 3]\nreturn %4\n", X_ALONE},
      {X CONST_F("0x1p+0") "%4 = div(%0, %3) f32[4, 3]\nreturn %4\n", X_ALONE},
      {X CONST_F("0x0p+0") "%4 = mul(%0, %3) f32[4, 3]\nreturn %4\n", X CONST_F("0x0p+0") "%4 = mul(%0, %3) f32[4, 3]\nreturn %4\n"},
      {N CONST_I("0") "%4 = add(%3, %0) i32[4, 3]\nreturn %4\n", N_ALONE},
      {N CONST_I("0") "%4 = or(%0, %3) i32[4, 3]\nreturn %4\n", N_ALONE},
      {N CONST_I("-1") "%4 = and(%3, %0) i32[4, 3]\nreturn %4\n", N_ALONE},
      {N CONST_I("0") "%4 = shl(%0, %3) i32[4, 3]\nreturn %4\n", N_ALONE},
      {N CONST_I("0") "%4 = mul(%0, %3) i32[4, 3]\nreturn %4\n",
       "%0 = const 0 i32[]\n%1 = reshape(%0) i32[1, 1]\n%2 = expand(%1) i32[4, 3]\nreturn %2\n"},
  };
  CHECK(state, cases, true);
}

static void test_signs(void **state) {
  static const struct rule_case cases[] = {
      {X CONST_F("-0x1p+0") "%4 = mul(%3, %0) f32[4, 3]\nreturn %4\n", X "%1 = neg(%0) f32[4, 3]\nreturn %1\n"},
      {X CONST_F("-0x0p+0") "%4 = sub(%3, %0) f32[4, 3]\nreturn %4\n", X "%1 = neg(%0) f32[4, 3]\nreturn %1\n"},
      {X CONST_F("-0x1p+2") "%4 = div(%0, %3) f32[4, 3]\nreturn %4\n", X CONST_F("-0x1p-2") "%4 = mul(%0, %3) f32[4, 3]\nreturn %4\n"},
      {X CONST_F("0x1p+127") "%4 = div(%0, %3) f32[4, 3]\nreturn %4\n", X CONST_F("0x1p+127") "%4 = div(%0, %3) f32[4, 3]\nreturn %4\n"},
      {X "%1 = neg(%0) f32[4, 3]\n%2 = neg(%1) f32[4, 3]\nreturn %2\n", X_ALONE},
      {X "%1 = neg(%0) f32[4, 3]\n%2 = abs(%1) f32[4, 3]\nreturn %2\n", X "%1 = abs(%0) f32[4, 3]\nreturn %1\n"},
      {"%0 = var \"n\" u8[9]\n%1 = neg(%0) u8[9]\n%2 = abs(%1) u8[9]\nreturn %2\n",
       "%0 = var \"n\" u8[9]\n%1 = neg(%0) u8[9]\nreturn %1\n"},
      {X "%1 = floor(%0) f32[4, 3]\n%2 = floor(%1) f32[4, 3]\nreturn %2\n", X "%1 = floor(%0) f32[4, 3]\nreturn %1\n"},
      {X "%1 = sqrt(%0) f32[4, 3]\n%2 = neg(%0) f32[4, 3]\n%3 = add(%2, %1) f32[4, 3]\nreturn %3\n",
       "%0 = var \"x\" f32[4, 3]\n%1 = sqrt(%0) f32[4, 3]\n%2 = sub(%1, %0) f32[4, 3]\nreturn %2\n"},
      {X "%1 = neg(%0) f32[4, 3]\n%2 = sub(%0, %1) f32[4, 3]\nreturn %2\n", X "%1 = add(%0, %0) f32[4, 3]\nreturn %1\n"},
      {N "%1 = not(%0) i32[4, 3]\n%2 = not(%1) i32[4, 3]\nreturn %2\n", N_ALONE},
      {X "%1 = neg(%0) f32[4, 3]\n%2 = const 2 f32[]\n%3 = reshape(%2) f32[1, 1]\n%4 = expand(%3) f32[4, 3]\n%5 = mul(%1, %4) f32[4, 3]\n"
         "return %5\n",
       X CONST_F("-0x1p+1") "%4 = mul(%0, %3) f32[4, 3]\nreturn %4\n"},
  };
  CHECK(state, cases, true);
}

static void test_selection_and_casts(void **state) {
#define B "%0 = var \"b\" bool[5]\n"
#define AB "%1 = var \"x\" f32[5]\n%2 = var \"y\" f32[5]\n"
  static const struct rule_case cases[] = {
      {B AB "%3 = select(%0, %1, %1) f32[5]\nreturn %3\n", "%0 = var \"x\" f32[5]\nreturn %0\n"},
      {AB "%3 = const 0 bool[]\n%4 = reshape(%3) bool[1]\n%5 = expand(%4) bool[5]\n%6 = select(%5, %1, %2) f32[5]\nreturn %6\n",
       "%0 = var \"y\" f32[5]\nreturn %0\n"},
      {B AB "%3 = not(%0) bool[5]\n%4 = select(%3, %1, %2) f32[5]\nreturn %4\n",
       "%0 = var \"b\" bool[5]\n%1 = var \"y\" f32[5]\n%2 = var \"x\" f32[5]\n%3 = select(%0, %1, %2) f32[5]\nreturn %3\n"},
      {X "%1 = max(%0, %0) f32[4, 3]\nreturn %1\n", X_ALONE},
      {B "%1 = and(%0, %0) bool[5]\nreturn %1\n", B "return %0\n"},
      {X "%1 = cast(%0) f32[4, 3]\nreturn %1\n", X_ALONE},
      {B "%1 = cast(%0) f32[5]\n%2 = cast(%1) bool[5]\nreturn %2\n", B "return %0\n"},
      {B "%1 = cast(%0) i32[5]\n%2 = cast(%1) f32[5]\nreturn %2\n", B "%1 = cast(%0) f32[5]\nreturn %1\n"},
      {X "%1 = cast(%0) f64[4, 3]\n%2 = cast(%1) i32[4, 3]\nreturn %2\n", X "%1 = cast(%0) i32[4, 3]\nreturn %1\n"},
      {N "%1 = cast(%0) i64[4, 3]\n%2 = cast(%1) u8[4, 3]\nreturn %2\n", N "%1 = cast(%0) u8[4, 3]\nreturn %1\n"},
      {N "%1 = cast(%0) f64[4, 3]\n%2 = cast(%1) u8[4, 3]\nreturn %2\n", N "%1 = cast(%0) f64[4, 3]\n%2 = cast(%1) u8[4, 3]\nreturn %2\n"},
      {N "%1 = cast(%0) f32[4, 3]\n%2 = cast(%1) f64[4, 3]\nreturn %2\n",
       N "%1 = cast(%0) f32[4, 3]\n%2 = cast(%1) f64[4, 3]\nreturn %2\n"},
  };
  CHECK(state, cases, true);
}

static void test_folding(void **state) {
  static const struct rule_case cases[] = {
      {"%0 = const 3 f32[]\n%1 = const 4 f32[]\n%2 = sub(%0, %1) f32[]\nreturn %2\n", "%0 = const -0x1p+0 f32[]\nreturn %0\n"},
      {"%0 = const 0 f32[]\n%1 = div(%0, %0) f32[]\nreturn %1\n", "%0 = const bits 0x7fc00000 f32[]\nreturn %0\n"},
      {"%0 = const 7 i32[]\n%1 = const 0 i32[]\n%2 = div(%0, %1) i32[]\nreturn %2\n", "%0 = const 0 i32[]\nreturn %0\n"},
      {"%0 = const 3 f32[]\n%1 = reshape(%0) f32[1]\n%2 = expand(%1) f32[6]\n%3 = reshape(%2) f32[2, 3]\n%4 = mul(%3, %3) f32[2, "
       "3]\nreturn %4\n",
       "%0 = const 0x1.2p+3 f32[]\n%1 = reshape(%0) f32[1, 1]\n%2 = expand(%1) f32[2, 3]\nreturn %2\n"},
      {"%0 = scalar 3 f32[]\n%1 = reshape(%0) f32[1]\n%2 = expand(%1) f32[6]\n%3 = neg(%2) f32[6]\nreturn %3\n",
       "%0 = scalar 0x1.8p+1 f32[]\n%1 = neg(%0) f32[]\n%2 = reshape(%1) f32[1]\n%3 = expand(%2) f32[6]\nreturn %3\n"},
      {"%0 = var \"x\" f32[4, 1]\n%1 = var \"y\" f32[4, 1]\n%2 = expand(%0) f32[4, 3]\n%3 = expand(%1) f32[4, 3]\n%4 = div(%2, %3) f32[4, "
       "3]\n"
       "return %4\n",
       "%0 = var \"x\" f32[4, 1]\n%1 = var \"y\" f32[4, 1]\n%2 = div(%0, %1) f32[4, 1]\n%3 = expand(%2) f32[4, 3]\nreturn %3\n"},
      {"%0 = var \"x\" f32[0, 3]\n%1 = neg(%0) f32[0, 3]\nreturn %1\n",
       "%0 = const 0x0p+0 f32[]\n%1 = reshape(%0) f32[1, 1]\n%2 = expand(%1) f32[0, 3]\nreturn %2\n"},
  };
  CHECK(state, cases, true);
}

static void test_movement(void **state) {
#define C "%0 = var \"x\" f32[2, 3, 4]\n"
#define C_ALONE C "return %0\n"
  static const struct rule_case cases[] = {
      {C "%1 = reshape(%0) f32[6, 4]\n%2 = reshape(%1) f32[2, 3, 4]\nreturn %2\n", C_ALONE},
      {C "%1 = reshape(%0) f32[6, 4]\n%2 = reshape(%1) f32[24]\nreturn %2\n", C "%1 = reshape(%0) f32[24]\nreturn %1\n"},
      {C "%1 = permute(%0) f32[4, 2, 3] axes=2,0,1\n%2 = permute(%1) f32[2, 3, 4] axes=1,2,0\nreturn %2\n", C_ALONE},
      {C "%1 = permute(%0) f32[4, 2, 3] axes=2,0,1\n%2 = permute(%1) f32[4, 3, 2] axes=0,2,1\nreturn %2\n",
       C "%1 = permute(%0) f32[4, 3, 2] axes=2,1,0\nreturn %1\n"},
      {"%0 = var \"x\" f32[2, 1, 4]\n%1 = permute(%0) f32[1, 2, 4] axes=1,0,2\nreturn %1\n",
       "%0 = var \"x\" f32[2, 1, 4]\n%1 = reshape(%0) f32[1, 2, 4]\nreturn %1\n"},
      {C "%1 = expand(%0) f32[2, 3, 4]\nreturn %1\n", C_ALONE},
      {"%0 = var \"x\" f32[1, 1, 4]\n%1 = expand(%0) f32[1, 3, 4]\n%2 = expand(%1) f32[2, 3, 4]\nreturn %2\n",
       "%0 = var \"x\" f32[1, 1, 4]\n%1 = expand(%0) f32[2, 3, 4]\nreturn %1\n"},
      {C "%1 = slice(%0) f32[2, 3, 4] start=0,0,0 step=1,1,1\nreturn %1\n", C_ALONE},
      {"%0 = var \"x\" f32[40]\n%1 = slice(%0) f32[9] start=3 step=4\n%2 = slice(%1) f32[3] start=2 step=3\nreturn %2\n",
       "%0 = var \"x\" f32[40]\n%1 = slice(%0) f32[3] start=11 step=12\nreturn %1\n"},
      {C "%1 = flip(%0) f32[2, 3, 4] axes=0,1\n%2 = flip(%1) f32[2, 3, 4] axes=1,2\nreturn %2\n",
       C "%1 = flip(%0) f32[2, 3, 4] axes=0,2\nreturn %1\n"},
      {C "%1 = flip(%0) f32[2, 3, 4] axes=0\n%2 = flip(%1) f32[2, 3, 4] axes=0\nreturn %2\n", C_ALONE},
      {C "%1 = pad(%0) f32[2, 3, 4] low=0,0,0 interior=0,0,0 fill=0\nreturn %1\n", C_ALONE},
      {C "%1 = concat(%0) f32[2, 3, 4] axis=1\nreturn %1\n", C_ALONE},
      {C "%1 = var \"e\" f32[2, 0, 4]\n%2 = concat(%1, %0, %1, %0) f32[2, 6, 4] axis=1\nreturn %2\n",
       C "%1 = concat(%0, %0) f32[2, 6, 4] axis=1\nreturn %1\n"},
      {"%0 = var \"x\" f32[2, 0, 4]\n%1 = concat(%0, %0) f32[2, 0, 4] axis=1\nreturn %1\n",
       "%0 = const 0x0p+0 f32[]\n%1 = reshape(%0) f32[1, 1, 1]\n%2 = expand(%1) f32[2, 0, 4]\nreturn %2\n"},
      {C "%1 = window(%0) f32[2, 3, 4, 1] axis=1 size=1 stride=1 dilation=2\nreturn %1\n",
       C "%1 = reshape(%0) f32[2, 3, 4, 1]\nreturn %1\n"},
  };
  CHECK(state, cases, true);
}

static void test_reductions_that_keep_bits(void **state) {
  static const struct rule_case cases[] = {
      {"%0 = var \"x\" f32[1, 3]\n%1 = sum(%0) f32[1, 3] axes=0\nreturn %1\n", "%0 = var \"x\" f32[1, 3]\nreturn %0\n"},
      {X "%1 = sum(%0) f32[4, 3] axes=\nreturn %1\n", X_ALONE},
      {"%0 = var \"x\" f32[4, 1]\n%1 = expand(%0) f32[4, 3]\n%2 = reduce_max(%1) f32[4, 1] axes=1\nreturn %2\n",
       "%0 = var \"x\" f32[4, 1]\nreturn %0\n"},
      {"%0 = var \"x\" f32[4, 1]\n%1 = expand(%0) f32[4, 3]\n%2 = sum(%1) f32[1, 3] axes=0\nreturn %2\n",
       "%0 = var \"x\" f32[4, 1]\n%1 = sum(%0) f32[1, 1] axes=0\n%2 = expand(%1) f32[1, 3]\nreturn %2\n"},
      {"%0 = var \"x\" i32[4, 1]\n%1 = expand(%0) i32[4, 3]\n%2 = sum(%1) i32[4, 1] axes=1\nreturn %2\n",
       "%0 = var \"x\" i32[4, 1]\n%1 = const 3 i32[]\n%2 = reshape(%1) i32[1, 1]\n%3 = expand(%2) i32[4, 1]\n%4 = mul(%0, %3) i32[4, 1]\n"
       "return %4\n"},
      {X "%1 = permute(%0) f32[3, 4] axes=1,0\n%2 = sum(%1) f32[1, 4] axes=0\nreturn %2\n",
       X "%1 = sum(%0) f32[4, 1] axes=1\n%2 = reshape(%1) f32[1, 4]\nreturn %2\n"},
      {X "%1 = permute(%0) f32[3, 4] axes=1,0\n%2 = sum(%1) f32[1, 1] axes=0,1\nreturn %2\n",
       X "%1 = permute(%0) f32[3, 4] axes=1,0\n%2 = sum(%1) f32[1, 1] axes=0,1\nreturn %2\n"},
      {X "%1 = permute(%0) f32[3, 4] axes=1,0\n%2 = reduce_min(%1) f32[1, 1] axes=0,1\nreturn %2\n",
       X "%1 = reduce_min(%0) f32[1, 1] axes=0,1\nreturn %1\n"},
      {"%0 = var \"x\" f32[0, 2]\n%1 = sum(%0) f32[1, 2] axes=0\nreturn %1\n",
       "%0 = const 0x0p+0 f32[]\n%1 = reshape(%0) f32[1, 1]\n%2 = expand(%1) f32[1, 2]\nreturn %2\n"},
      {"%0 = var \"x\" f32[0, 2]\n%1 = prod(%0) f32[1, 2] axes=0\nreturn %1\n",
       "%0 = const 0x1p+0 f32[]\n%1 = reshape(%0) f32[1, 1]\n%2 = expand(%1) f32[1, 2]\nreturn %2\n"},
  };
  CHECK(state, cases, true);
}

/* These rules define what the value is: only the structure is compared. */
static void test_sum_of_product(void **state) {
  static const struct rule_case cases[] = {
      {X "%1 = mul(%0, %0) f32[4, 3]\n%2 = sum(%1) f32[4, 1] axes=1\nreturn %2\n",
       X "%1 = contract(%0, %0) f32[4, 1] axes=1 class=lanes\nreturn %1\n"},
      {X "%1 = const 2 f32[]\n%2 = reshape(%1) f32[1, 1]\n%3 = expand(%2) f32[4, 3]\n%4 = mul(%0, %3) f32[4, 3]\n"
         "%5 = sum(%4) f32[4, 1] axes=1\nreturn %5\n",
       X "%1 = sum(%0) f32[4, 1] axes=1\n%2 = const 0x1p+1 f32[]\n%3 = reshape(%2) f32[1, 1]\n%4 = expand(%3) f32[4, 1]\n"
         "%5 = mul(%1, %4) f32[4, 1]\nreturn %5\n"},
      {"%0 = var \"x\" f32[4, 1]\n%1 = expand(%0) f32[4, 3]\n%2 = sum(%1) f32[4, 1] axes=1\nreturn %2\n",
       "%0 = var \"x\" f32[4, 1]\n%1 = const 0x1.8p+1 f32[]\n%2 = reshape(%1) f32[1, 1]\n%3 = expand(%2) f32[4, 1]\n%4 = mul(%0, %3) "
       "f32[4, 1]\n"
       "return %4\n"},
      {N "%1 = mul(%0, %0) i32[4, 3]\n%2 = sum(%1) i32[4, 1] axes=1\nreturn %2\n",
       N "%1 = mul(%0, %0) i32[4, 3]\n%2 = sum(%1) i32[4, 1] axes=1\nreturn %2\n"},
      {"%0 = var \"x\" f32[16777217, 1]\n%1 = var \"s\" f32[1, 1]\n%2 = expand(%1) f32[16777217, 1]\n%3 = sum(%2) f32[1, 1] axes=0\nreturn "
       "%3\n",
       "%0 = var \"s\" f32[1, 1]\n%1 = expand(%0) f32[16777217, 1]\n%2 = sum(%1) f32[1, 1] axes=0\nreturn %2\n"},
  };
  CHECK(state, cases, false);
}

/* Matmul as the front end writes it: x [m, k, 1] and w [1, k, n], both expanded to [m, k, n]. */
#define MATMUL(m, k, n)                                                                                                                    \
  "%0 = var \"x\" f32[" #m ", " #k "]\n%1 = reshape(%0) f32[" #m ", " #k ", 1]\n%2 = expand(%1) f32[" #m ", " #k ", " #n "]\n"             \
  "%3 = var \"w\" f32[" #k ", " #n "]\n%4 = reshape(%3) f32[1, " #k ", " #n "]\n%5 = expand(%4) f32[" #m ", " #k ", " #n "]\n"

static void test_class(void **state) {
  static const struct rule_case cases[] = {
      {MATMUL(5, 7, 3) "%6 = contract(%2, %5) f32[5, 1, 3] axes=1 class=lanes\nreturn %6\n",
       MATMUL(5, 7, 3) "%6 = contract(%2, %5) f32[5, 1, 3] axes=1 class=chain\nreturn %6\n"},
      /* a movement and an elementwise op between the expansion and the contraction */
      {"%0 = var \"x\" f32[7, 5, 1]\n%1 = expand(%0) f32[7, 5, 3]\n%2 = permute(%1) f32[5, 7, 3] axes=1,0,2\n%3 = exp(%2) f32[5, 7, 3]\n"
       "%4 = var \"w\" f32[1, 7, 3]\n%5 = expand(%4) f32[5, 7, 3]\n%6 = contract(%3, %5) f32[5, 1, 3] axes=1 class=lanes\nreturn %6\n",
       "%0 = var \"x\" f32[7, 5, 1]\n%1 = expand(%0) f32[7, 5, 3]\n%2 = permute(%1) f32[5, 7, 3] axes=1,0,2\n%3 = exp(%2) f32[5, 7, 3]\n"
       "%4 = var \"w\" f32[1, 7, 3]\n%5 = expand(%4) f32[5, 7, 3]\n%6 = contract(%3, %5) f32[5, 1, 3] axes=1 class=chain\nreturn %6\n"},
      /* one row: a matrix-vector product */
      {"%0 = var \"x\" f32[1, 7, 1]\n%1 = expand(%0) f32[1, 7, 3]\n%2 = var \"w\" f32[1, 7, 3]\n"
       "%3 = contract(%1, %2) f32[1, 1, 3] axes=1 class=chain\nreturn %3\n",
       "%0 = var \"x\" f32[1, 7, 1]\n%1 = expand(%0) f32[1, 7, 3]\n%2 = var \"w\" f32[1, 7, 3]\n"
       "%3 = contract(%1, %2) f32[1, 1, 3] axes=1 class=lanes\nreturn %3\n"},
  };
  CHECK(state, cases, false);
}

/* A chain with a factor that has zeros by its structure ends with + 0: seen through movement ops and casts from narrower floats; not
 * where the fill is another, where the zeros are computed, or where the class is lanes. */
static void test_zeros_of_factors(void **state) {
#define FACTOR(text)                                                                                                                       \
  "%0 = var \"x\" f32[5, 6]\n" text                                                                                                        \
  "%3 = reshape(%2) f32[5, 7, 1]\n%4 = expand(%3) f32[5, 7, 3]\n%5 = var \"w\" f32[1, 7, 3]\n%6 = expand(%5) f32[5, 7, 3]\n"
#define PADDED(fill) "%1 = exp(%0) f32[5, 6]\n%2 = pad(%1) f32[5, 7] low=0,1 interior=0,0 fill=" fill "\n"
#define COMPUTED "%1 = pad(%0) f32[5, 7] low=0,1 interior=0,0 fill=0x0p+0\n%2 = exp(%1) f32[5, 7]\n"
#define SUMMED(class) "%7 = contract(%4, %6) f32[5, 1, 3] axes=1 class=" class "\nreturn %7\n"
#define SELECTED                                                                                                                           \
  "%0 = var \"m\" bool[5, 7]\n%1 = var \"x\" f16[5, 7]\n%2 = const 0x0p+0 f16[]\n%3 = reshape(%2) f16[1, 1]\n%4 = expand(%3) f16[5, 7]\n"  \
  "%5 = select(%0, %1, %4) f16[5, 7]\n%6 = cast(%5) f32[5, 7]\n%7 = flip(%6) f32[5, 7] axes=1\n%8 = reshape(%7) f32[5, 7, 1]\n"            \
  "%9 = expand(%8) f32[5, 7, 3]\n%10 = var \"w\" f32[1, 7, 3]\n%11 = expand(%10) f32[5, 7, 3]\n%12 = contract(%9, %11) f32[5, 1, 3] "
  static const struct rule_case cases[] = {
      {FACTOR(PADDED("0x0p+0")) SUMMED("chain"), FACTOR(PADDED("0x0p+0")) SUMMED("chain zero=positive")},
      {FACTOR(PADDED("-0x0p+0")) SUMMED("chain zero=positive"), FACTOR(PADDED("-0x0p+0")) SUMMED("chain")},
      {FACTOR(COMPUTED) SUMMED("chain"), FACTOR(COMPUTED) SUMMED("chain")},
      {SELECTED "axes=1 class=chain\nreturn %12\n", SELECTED "axes=1 class=chain zero=positive\nreturn %12\n"},
      {"%0 = var \"x\" f32[6]\n%1 = pad(%0) f32[7] low=1 interior=0 fill=0x0p+0\n%2 = var \"w\" f32[7]\n"
       "%3 = contract(%1, %2) f32[1] axes=0 class=lanes\nreturn %3\n",
       "%0 = var \"x\" f32[6]\n%1 = pad(%0) f32[7] low=1 interior=0 fill=0x0p+0\n%2 = var \"w\" f32[7]\n"
       "%3 = contract(%1, %2) f32[1] axes=0 class=lanes\nreturn %3\n"},
  };
  CHECK(state, cases, false);
}

/* The gradient of a weight that was used transposed is computed in the weight's layout. */
static void test_permute_of_contract(void **state) {
  static const struct rule_case cases[] = {
      {MATMUL(5, 7, 3) "%6 = contract(%2, %5) f32[5, 1, 3] axes=1 class=chain\n%7 = reshape(%6) f32[5, 3]\n"
                       "%8 = permute(%7) f32[3, 5] axes=1,0\nreturn %8\n",
       "%0 = var \"x\" f32[5, 7]\n%1 = reshape(%0) f32[5, 7, 1]\n%2 = expand(%1) f32[5, 7, 3]\n"
       "%3 = permute(%2) f32[3, 7, 5] axes=2,1,0\n%4 = var \"w\" f32[7, 3]\n%5 = reshape(%4) f32[1, 7, 3]\n%6 = expand(%5) f32[5, 7, 3]\n"
       "%7 = permute(%6) f32[3, 7, 5] axes=2,1,0\n%8 = contract(%3, %7) f32[3, 1, 5] axes=1 class=chain\n%9 = reshape(%8) f32[3, 5]\n"
       "return %9\n"},
  };
  CHECK(state, cases, true);
}

/* The gradient of a convolution for its input: no windows in memory. */
static void test_fold_of_contract(void **state) {
  static const struct rule_case cases[] = {
      {"%0 = var \"g\" f32[2, 4, 1]\n%1 = expand(%0) f32[2, 4, 3]\n%2 = var \"w\" f32[2, 1, 3]\n%3 = expand(%2) f32[2, 4, 3]\n"
       "%4 = contract(%1, %3) f32[1, 4, 3] axes=0 class=chain\n%5 = fold(%4) f32[1, 10] axis=1 size=3 stride=2 dilation=1\nreturn %5\n",
       "%0 = var \"g\" f32[2, 4, 1]\n%1 = reshape(%0) f32[2, 4]\n%2 = pad(%1) f32[2, 12] low=0,2 interior=0,1 fill=0x0p+0\n"
       "%3 = window(%2) f32[2, 10, 3] axis=1 size=3 stride=1 dilation=1\n%4 = flip(%3) f32[2, 10, 3] axes=2\n"
       "%5 = var \"w\" f32[2, 1, 3]\n%6 = expand(%5) f32[2, 10, 3]\n%7 = contract(%4, %6) f32[1, 10, 1] axes=0,2 class=lanes\n"
       "%8 = reshape(%7) f32[1, 10]\nreturn %8\n"},
      /* both factors vary with the position: windows that are added up as they are */
      {"%0 = var \"g\" f32[2, 4, 3]\n%1 = var \"w\" f32[2, 1, 3]\n%2 = expand(%1) f32[2, 4, 3]\n"
       "%3 = contract(%0, %2) f32[1, 4, 3] axes=0 class=lanes\n%4 = fold(%3) f32[1, 6] axis=1 size=3 stride=1 dilation=1\nreturn %4\n",
       "%0 = var \"g\" f32[2, 4, 3]\n%1 = var \"w\" f32[2, 1, 3]\n%2 = expand(%1) f32[2, 4, 3]\n"
       "%3 = contract(%0, %2) f32[1, 4, 3] axes=0 class=lanes\n%4 = fold(%3) f32[1, 6] axis=1 size=3 stride=1 dilation=1\nreturn %4\n"},
  };
  CHECK(state, cases, false);
}

/* With strides: windows side by side, and a sum of those where they overlap. */
static void test_fold_of_strides(void **state) {
  static const struct rule_case cases[] = {
      {"%0 = var \"x\" f32[4, 2]\n%1 = fold(%0) f32[8] axis=0 size=2 stride=2 dilation=1\nreturn %1\n",
       "%0 = var \"x\" f32[4, 2]\n%1 = reshape(%0) f32[8]\nreturn %1\n"},
      {"%0 = var \"x\" f32[4, 2]\n%1 = fold(%0) f32[12] axis=0 size=2 stride=3 dilation=2\nreturn %1\n",
       "%0 = var \"x\" f32[4, 2]\n%1 = pad(%0) f32[4, 3] low=0,0 interior=0,1 fill=0x0p+0\n%2 = reshape(%1) f32[12]\n"
       "return %2\n"},
  };
  CHECK(state, cases, false);
}

/* The order of the sum's operands depends on how many ops the table has before theirs. */
static void test_fold_of_overlapping_strides(void **state) {
  struct fixture *f = *state;
  static const struct rule_case cases[] = {
      {"%0 = var \"x\" f32[4, 3]\n%1 = fold(%0) f32[9] axis=0 size=3 stride=2 dilation=1\nreturn %1\n",
       "%0 = var \"x\" f32[4, 3]\n%1 = slice(%0) f32[4, 2] start=0,0 step=1,1\n%2 = reshape(%1) f32[8]\n"
       "%3 = pad(%2) f32[9] low=0 interior=0 fill=0x0p+0\n%4 = slice(%0) f32[4, 1] start=0,2 step=1,1\n"
       "%5 = pad(%4) f32[4, 2] low=0,0 interior=0,0 fill=0x0p+0\n%6 = reshape(%5) f32[8]\n"
       "%7 = slice(%6) f32[7] start=0 step=1\n%8 = pad(%7) f32[9] low=2 interior=0 fill=0x0p+0\n"
       "%9 = add(%3, %8) f32[9]\nreturn %9\n"},
      {NULL, "%0 = var \"x\" f32[4, 3]\n%1 = slice(%0) f32[4, 1] start=0,2 step=1,1\n"
             "%2 = pad(%1) f32[4, 2] low=0,0 interior=0,0 fill=0x0p+0\n%3 = reshape(%2) f32[8]\n"
             "%4 = slice(%3) f32[7] start=0 step=1\n%5 = pad(%4) f32[9] low=2 interior=0 fill=0x0p+0\n"
             "%6 = slice(%0) f32[4, 2] start=0,0 step=1,1\n%7 = reshape(%6) f32[8]\n"
             "%8 = pad(%7) f32[9] low=0 interior=0 fill=0x0p+0\n%9 = add(%5, %8) f32[9]\nreturn %9\n"}};
  if (setjmp(f->fail))
    fail_msg("out of memory");
  const char *built = build_case(f, &cases[0], false);
  assert_string_equal(built, cases[strcmp(built, cases[0].built) != 0].built);
}

/* Operands of commutative ops come in one order, which does not follow from values that change from step to step. */
static void test_operand_order(void **state) {
  struct fixture *f = *state;
  struct tin_variable *v = &f->variables[0], *w = &f->variables[1];
  *v = (struct tin_variable){.dtype = TIN_F32, .rank = 1, .shape = {4}, .id = 1};
  *w = (struct tin_variable){.dtype = TIN_F32, .rank = 1, .shape = {4}, .id = 2};
  bool first = false;
  for (int step = 0; step < 8; step++) {
    struct tin_node *a = tin_node_var(&f->built, v), *b = tin_node_var(&f->built, w);
    struct tin_node *sum = tin_node_binary(&f->built, OP_ADD, a, b);
    assert_ptr_equal(sum, tin_node_binary(&f->built, OP_ADD, b, a));
    struct tin_node *rate = tin_node_broadcast(&f->built, tin_node_scalar(&f->built, TIN_F32, (uint64_t)step), 1, v->shape);
    struct tin_node *scaled = tin_node_binary(&f->built, OP_MUL, rate, tin_node_unary(&f->built, OP_EXP, a));
    assert_ptr_equal(scaled->in[1], rate);
    struct tin_node *product = tin_node_binary(&f->built, OP_MUL, scaled, sum);
    first = step ? first : product->in[0] == scaled;
    assert_int_equal(first, product->in[0] == scaled);
    v->version += 3;
    w->version++;
  }
}

/* Alternating permutes and factors: rules must not recurse down a long chain. */
static void test_long_alternation(void **state) {
  struct fixture *f = *state;
  struct tin_variable variable = {.dtype = TIN_F32, .rank = 2, .shape = {2, 2}, .id = 1};
  struct tin_node *x = tin_node_var(&f->built, &variable);
  struct tin_node *rate = tin_node_broadcast(&f->built, tin_node_number(&f->built, TIN_F32, 3), 2, variable.shape);
  for (int i = 0; i < 50000; i++)
    x = tin_node_permute(&f->built, tin_node_binary(&f->built, OP_MUL, x, rate), (int[]){1, 0});
  assert_non_null(tin_node_reduce(&f->built, OP_SUM, x, 1));
  for (int i = 0; i < 50000; i++)
    x = tin_node_binary(&f->built, OP_MUL, x, rate);
  assert_non_null(tin_node_reduce(&f->built, OP_SUM, x, 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_neutral_operands),
      TEST(test_signs),
      TEST(test_selection_and_casts),
      TEST(test_folding),
      TEST(test_movement),
      TEST(test_reductions_that_keep_bits),
      TEST(test_sum_of_product),
      TEST(test_class),
      TEST(test_zeros_of_factors),
      TEST(test_permute_of_contract),
      TEST(test_fold_of_contract),
      TEST(test_fold_of_strides),
      TEST(test_fold_of_overlapping_strides),
      TEST(test_operand_order),
      TEST(test_long_alternation),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
