/* A walk over the whole op table: every op, every dtype that it accepts, ordinary, special and boundary values, points, empty tensors, odd
 * sizes, broadcast, turned, reversed and stepped operands, six axes. Each value of the interpreter is compared with a second definition
 * (reference.h, reference_nodes.h; elementary functions with libm, in ulp), and every target with the interpreter, bit for bit: the op
 * alone, and among elementwise neighbours with which it fuses. A row of the table without a row here fails. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codegen/kernel.h"
#include "ir/interpreter.h"
#include "runtime/execute.h"
#include "tests/elementary.h"
#include "tests/reference_nodes.h"

enum { TARGETS = 4, MOST_NODES = 4000, MOST_OUTPUTS = 400, MOST_SPECIAL = 64 };
static const char *const target_names[TARGETS] = {"interpreter", "portable", "avx2", "avx512"};

/* What leaves are filled with. */
enum fill {
  FILL_ANY,   /* special values, any bits, small numbers */
  FILL_PLAIN, /* floats in [-2, 2] */
  FILL_NEAR_ONE
};

struct walk {
  struct tin_buffer_pool *pool;
  struct tin_engine *engines[TARGETS]; /* NULL: not on this CPU */
  struct tin_error error;
  uint32_t serial, stamp;
  uint64_t variables, seed;
  struct tin_graph graph;
  struct {
    struct tin_node *node;
    void *data; /* by the interpreter */
  } values[MOST_NODES];
  int n_values;
  struct tin_node *outputs[MOST_OUTPUTS];
  int n_outputs;
  /* the case */
  int op;
  tin_dtype from, to; /* of the inputs, of the result */
  bool fused;
  enum fill fill;
  /* counts */
  int64_t cases, referenced, compared;
};

static int set_up(void **state) {
  struct walk *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->pool = tin_buffer_pool_new();
  for (int t = 0; t < TARGETS; t++) {
    const struct tin_codegen_target *target = tin_codegen_target_find(target_names[t]);
    if (target && !tin_codegen_target_usable(target))
      continue;
    w->engines[t] = tin_engine_new(&(struct tin_options){.target = target_names[t], .threads = 1}, w->pool, &w->error);
    if (!w->engines[t])
      fail_msg("%s", w->error.text);
  }
  tin_graph_init(&w->graph, NULL, &w->serial, &w->stamp);
  *state = w;
  return 0;
}

static void forget(struct walk *w) {
  for (int i = 0; i < w->n_values; i++) {
    if (w->values[i].node->op == OP_VAR)
      tin_buffer_drop(w->values[i].node->variable->buffer);
    free(w->values[i].data);
  }
  w->n_values = w->n_outputs = 0;
  tin_graph_free(&w->graph);
}

static int tear_down(void **state) {
  struct walk *w = *state;
  forget(w);
  for (int t = 0; t < TARGETS; t++)
    if (w->engines[t])
      tin_engine_free(w->engines[t]);
  tin_buffer_pool_free(w->pool);
  free(w);
  return 0;
}

/* ---- values ---- */

static uint64_t random_bits(struct walk *w) {
  return elementary_random(&w->seed);
}

static int special_floats(tin_dtype dtype, uint64_t *out) {
  static const double numbers[] = {0,     1,     0.5,   1.5,    2.5,          2,      3,      7,      1 / 3., 10,
                                   31,    127.5, 255,   256,    1e-3,         1e4,    1e10,   1e19,   1e30,   1e-30,
                                   0.499, 65504, 65520, 0x1p24, 2147483647.5, 0x1p31, 0x1p32, 0x1p53, 0x1p63, 0x1p64};
  struct ref_format format = ref_format_of(dtype);
  uint64_t one = UINT64_C(1), infinity = (uint64_t)(3 - 2 * format.lowest) << format.fraction, sign = one << (ref_width(dtype) - 1);
  const uint64_t bits[] = {1,
                           (one << format.fraction) - 1,
                           one << format.fraction,
                           infinity - 1,
                           infinity,
                           infinity | 1,
                           infinity | 1 << 2 | sign,
                           ref_round(1, dtype) + 1,
                           ref_round(1, dtype) - 1,
                           ref_round(ref_power_of_two(format.fraction), dtype) + 1,
                           ref_round(0.5, dtype) - 1};
  int count = 0;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    out[count++] = ref_round((quad)(i % 3 == 1 ? -numbers[i] : numbers[i]), dtype);
  for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
    out[count++] = bits[i];
  out[count++] = sign;
  out[count++] = sign | infinity;
  out[count++] = sign | (infinity - 1);
  out[count++] = sign | 1;
  return count;
}

static int special_integers(tin_dtype dtype, uint64_t *out) {
  int width = ref_width(dtype), count = 0;
  const wide half = (wide)1 << (width - 1), numbers[] = {0,
                                                         1,
                                                         2,
                                                         3,
                                                         7,
                                                         100,
                                                         -1,
                                                         -2,
                                                         -7,
                                                         half,
                                                         half - 1,
                                                         half + 1,
                                                         half - 2,
                                                         half + 2,
                                                         width,
                                                         width - 1,
                                                         width + 1,
                                                         half >> 1,
                                                         width / 2,
                                                         0x55555555 * (wide)0x100000001,
                                                         (wide)1 << (width / 2),
                                                         ((wide)1 << (width / 2)) - 1};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    out[count++] = ref_wrap(numbers[i], dtype);
  return count;
}

static int specials(tin_dtype dtype, uint64_t *out) {
  if (dtype == TIN_BOOL) {
    out[0] = 0;
    out[1] = 1;
    return 2;
  }
  return ref_is_float(dtype) ? special_floats(dtype, out) : special_integers(dtype, out);
}

static uint64_t draw(struct walk *w, tin_dtype dtype) {
  uint64_t special[MOST_SPECIAL], random = random_bits(w), kind = random >> 60;
  int count = specials(dtype, special), number = (int)(random >> 20 & 0xfff) - 2048;
  if (dtype == TIN_BOOL)
    return random >> 20 & 1;
  if (w->fill != FILL_ANY && ref_is_float(dtype))
    return ref_round((w->fill == FILL_PLAIN ? (quad)number : (quad)number / 8 + 1024) / 1024, dtype);
  if (kind < 8)
    return special[(random >> 20) % (unsigned)count];
  if (kind < 12)
    return ref_wrap((wide)random_bits(w), dtype == TIN_BOOL  ? TIN_BOOL
                                          : dtype == TIN_F64 ? TIN_U64
                                          : dtype == TIN_F32 ? TIN_U32
                                                             : TIN_U16) &
           UINT64_MAX >> (64 - ref_width(dtype));
  return ref_is_float(dtype) ? ref_round((quad)number / 64, dtype) : ref_wrap(number / 64, dtype);
}

/* ---- nodes and what they are ---- */

static void *value_of(struct walk *w, const struct tin_node *node) {
  for (int i = w->n_values - 1; i >= 0; i--)
    if (w->values[i].node == node)
      return w->values[i].data;
  fail_msg("no value");
  return NULL;
}

static void add_value(struct walk *w, struct tin_node *node, void *data) {
  assert_true(w->n_values < MOST_NODES);
  w->values[w->n_values].node = node;
  w->values[w->n_values++].data = data;
}

static const struct elementary *elementary_of(int op) {
  for (int i = 0; i < ELEMENTARY_COUNT; i++)
    if (elementary[i].op == op)
      return &elementary[i];
  return NULL;
}

static bool elementary_is_right(int op, tin_dtype dtype, const uint64_t *in, uint64_t got) {
  const struct elementary *function = elementary_of(op);
  bool is_f64 = dtype == TIN_F64;
  double x = (double)ref_value(in[0], dtype), y = (double)ref_value(in[1], dtype), value = (double)ref_value(got, dtype);
  long double exact = elementary_exact(function, is_f64, x, y);
  return elementary_near_zero(function, x, value, exact, is_f64) ||
         elementary_error(value, exact, is_f64) <= (is_f64 ? function->bound_f64 : function->bound_f32);
}

static void check_elements(const struct tin_node *node, void *const *in, const void *out) {
  tin_dtype from = (tin_dtype)node->in[node->n_in == 3 ? 1 : 0]->dtype, to = (tin_dtype)node->dtype;
  for (int64_t i = 0; i < node->size; i++) {
    uint64_t bits[3] = {0}, got = ref_load(out, i, to), want = got;
    for (int k = 0; k < node->n_in; k++)
      bits[k] = ref_load(in[k], i, (tin_dtype)node->in[k]->dtype);
    bool right = true;
    if (ref_functions[node->op])
      right = ref_same(got, want = ref_eval(node->op, from, to, bits), to);
    else
      right = elementary_is_right(node->op, from, bits, got);
    if (!right)
      fail_msg("interpreter: %s %s -> %s of 0x%llx, 0x%llx, 0x%llx: 0x%llx; the reference has 0x%llx or is too far away",
               tin_ops[node->op].text, tin_dtypes[from].text, tin_dtypes[to].text, (unsigned long long)bits[0], (unsigned long long)bits[1],
               (unsigned long long)bits[2], (unsigned long long)got, (unsigned long long)want);
  }
}

static void check_tensor(const struct tin_node *node, void *const *in, const void *out) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  void *want = malloc((size_t)node->size * 8 + 1);
  assert_non_null(want);
  assert_non_null(ref_node_functions[node->op]);
  ref_node_functions[node->op](node, in, want);
  for (int64_t i = 0; i < node->size; i++)
    if (!ref_same(ref_load(out, i, dtype), ref_load(want, i, dtype), dtype))
      fail_msg("interpreter: %s of %s: element %lld is 0x%llx; the reference has 0x%llx", tin_ops[node->op].text,
               tin_dtypes[node->n_in ? node->in[0]->dtype : dtype].text, (long long)i, (unsigned long long)ref_load(out, i, dtype),
               (unsigned long long)ref_load(want, i, dtype));
  free(want);
}

/* Interprets a node and checks its value. */
static struct tin_node *known(struct walk *w, struct tin_node *node) {
  void *in[3] = {NULL}, *out = malloc((size_t)node->size * 8 + 1);
  assert_non_null(out);
  assert_true(node->n_in <= 3);
  for (int k = 0; k < node->n_in; k++)
    in[k] = value_of(w, node->in[k]);
  if (!tin_interpret(node, in, out, &w->error))
    fail_msg("%s", w->error.text);
  if (tin_op_is_elementwise(node->op))
    check_elements(node, in, out);
  else
    check_tensor(node, in, out);
  w->referenced += node->size;
  add_value(w, node, out);
  return node;
}

#define IN(...) (struct tin_node *[]){__VA_ARGS__}, (int)(sizeof((struct tin_node *[]){__VA_ARGS__}) / sizeof(struct tin_node *))
#define ARGS(...) (int64_t[]){__VA_ARGS__}, (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t))

/* A node as it is written, without construction rules. `like` has op, dtype, and the shape where it does not follow. */
static struct tin_node *make(struct walk *w, struct tin_node like, struct tin_node **in, int n_in, int64_t *arg, int n_arg) {
  int64_t shape[TIN_MAX_RANK] = {0};
  for (int i = 0; i < like.rank; i++)
    shape[i] = like.shape[i];
  like.shape = shape;
  like.in = in;
  like.n_in = (uint16_t)n_in;
  like.arg = arg;
  like.n_arg = (uint16_t)n_arg;
  const char *wrong = tin_node_infer(&like);
  if (wrong)
    fail_msg("%s: %s", tin_ops[like.op].text, wrong);
  struct tin_node *node = tin_node_make(&w->graph, &like);
  assert_non_null(node);
  return known(w, node);
}

#define OP_OF(op_) ((struct tin_node){.op = (uint16_t)(op_)})
static struct tin_node *apply(struct walk *w, int op, tin_dtype dtype, struct tin_node **in, int n_in) {
  return make(w, (struct tin_node){.op = (uint16_t)op, .dtype = (uint8_t)dtype}, in, n_in, NULL, 0);
}

/* ---- leaves ---- */

struct shape {
  int rank;
  int64_t size[6];
};
#define S(...) ((struct shape){(int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), {__VA_ARGS__}})
static const struct shape point = {0, {0}};

static struct shape shape_of(const struct tin_node *node) {
  struct shape shape = {.rank = node->rank};
  assert_true(node->rank <= 6);
  for (int i = 0; i < node->rank; i++)
    shape.size[i] = node->shape[i];
  return shape;
}

/* A variable; the caller fills its memory. */
static struct tin_node *empty_leaf(struct walk *w, tin_dtype dtype, struct shape shape) {
  struct tin_variable *variable = tin_arena_alloc(&w->graph.arena, sizeof *variable);
  assert_non_null(variable);
  *variable = (struct tin_variable){.dtype = (uint8_t)dtype, .rank = (uint8_t)shape.rank, .size = 1, .id = ++w->variables};
  for (int i = 0; i < shape.rank; i++) {
    variable->shape[i] = shape.size[i];
    variable->size *= shape.size[i];
  }
  variable->buffer = tin_buffer_new(w->pool, (size_t)(variable->size * tin_dtype_bytes(dtype)));
  struct tin_node *node = tin_node_var(&w->graph, variable);
  assert_true(variable->buffer && node);
  return node;
}

static struct tin_node *filled(struct walk *w, struct tin_node *leaf) {
  void *data = malloc((size_t)leaf->size * 8 + 1);
  assert_non_null(data);
  memcpy(data, leaf->variable->buffer->data, leaf->variable->buffer->bytes);
  add_value(w, leaf, data);
  return leaf;
}

static struct tin_node *plain_leaf(struct walk *w, tin_dtype dtype, struct shape shape) {
  struct tin_node *leaf = empty_leaf(w, dtype, shape);
  for (int64_t i = 0; i < leaf->size; i++)
    ref_store(leaf->variable->buffer->data, i, dtype, draw(w, dtype));
  return filled(w, leaf);
}

/* x or another tensor, element by element: neighbours to fuse with, that every dtype has. */
static struct tin_node *mixed(struct walk *w, struct tin_node *x) {
  struct tin_node *mask = plain_leaf(w, TIN_BOOL, shape_of(x)), *other = plain_leaf(w, (tin_dtype)x->dtype, shape_of(x));
  return apply(w, OP_SELECT, (tin_dtype)x->dtype, IN(mask, x, other));
}

/* An input of the op: a variable, or the result of a neighbour. */
static struct tin_node *leaf(struct walk *w, tin_dtype dtype, struct shape shape) {
  struct tin_node *x = plain_leaf(w, dtype, shape);
  return w->fused ? mixed(w, x) : x;
}

static void add_output(struct walk *w, struct tin_node *node) {
  assert_true(w->n_outputs < MOST_OUTPUTS);
  w->outputs[w->n_outputs++] = node;
}

/* A result of the op: an output, or what neighbours make of it. */
static void emit(struct walk *w, struct tin_node *node) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  if (!w->fused) {
    add_output(w, node);
    return;
  }
  struct tin_node *other = node->rank <= 6 ? plain_leaf(w, dtype, shape_of(node)) : node;
  if (tin_op_accepts(OP_ADD, dtype))
    add_output(w, apply(w, OP_ADD, dtype, IN(node, other)));
  if (node->rank <= 6)
    add_output(w, mixed(w, node));
  if (tin_op_accepts(OP_REDUCE_MAX, dtype) && node->rank > 0 && node->size > 0)
    add_output(w, make(w, OP_OF(OP_REDUCE_MAX), IN(node), ARGS((1 << node->rank) - 1)));
}

/* ---- elementwise ops ---- */

enum variant { POINT, EMPTY, ONE, FULL, BROADCAST, TURNED, REVERSED, STEPPED, SIX_AXES, VARIANTS };

/* Element i of operand k: all pairs of special values, or triples of a third of them; then numbers of the function's own range, or any. */
static uint64_t systematic(struct walk *w, tin_dtype dtype, int64_t i, int k) {
  uint64_t special[MOST_SPECIAL];
  int arity = tin_ops[w->op].arity, part = arity == 3 ? 3 : 1, count = specials(dtype, special) / part;
  int64_t digit = i;
  for (int place = 0; place < k; place++)
    digit /= count;
  if (dtype == TIN_BOOL || digit >= (k == arity - 1 ? count : INT64_MAX))
    return draw(w, dtype);
  return special[digit % count * part + (part > 1 ? k : 0)];
}

static struct tin_node *full_leaf(struct walk *w, tin_dtype dtype, int k) {
  enum { TAIL = 1027 };
  static uint64_t tail[2][TAIL];
  const struct elementary *function = elementary_of(w->op);
  uint64_t special[MOST_SPECIAL];
  int arity = tin_ops[w->op].arity, count = specials(w->from, special) / (arity == 3 ? 3 : 1), all = count;
  for (int place = 1; place < arity; place++)
    all *= count;
  for (int half = 0; half < 2 && function && k == 0; half++) /* in the function's own range, then anywhere */
    elementary_sample(function, dtype == TIN_F64, half, &w->seed, tail[0] + half * (TAIL / 2), tail[1] + half * (TAIL / 2),
                      TAIL - TAIL / 2);
  struct tin_node *node = empty_leaf(w, dtype, S(all + TAIL));
  for (int64_t i = 0; i < node->size; i++)
    ref_store(node->variable->buffer->data, i, dtype, i < all ? systematic(w, dtype, i, k) : function ? tail[k][i - all] : draw(w, dtype));
  return w->fused ? mixed(w, filled(w, node)) : filled(w, node);
}

static struct tin_node *turned(struct walk *w, struct tin_node *x) {
  int64_t axes[6], *arg = axes;
  for (int i = 0; i < x->rank; i++)
    axes[i] = x->rank == 3 ? (i + 2) % 3 : x->rank - 1 - i;
  return make(w, OP_OF(OP_PERMUTE), IN(x), arg, x->rank);
}

static struct tin_node *broadcast(struct walk *w, struct tin_node *x, struct shape to) {
  return make(w, (struct tin_node){.op = OP_EXPAND, .rank = (uint8_t)to.rank, .shape = to.size}, IN(x), NULL, 0);
}

static struct tin_node *operand(struct walk *w, tin_dtype dtype, enum variant variant, int k) {
  switch (variant) {
  case POINT:
    return leaf(w, dtype, point);
  case EMPTY:
    return leaf(w, dtype, S(3, 0, 2));
  case ONE:
    return leaf(w, dtype, S(1));
  case FULL:
    return full_leaf(w, dtype, k);
  case BROADCAST:
    return broadcast(w, leaf(w, dtype, k == 0 ? S(1, 37) : k == 1 ? S(9, 1) : S(1, 1)), S(9, 37));
  case TURNED:
    return k == 1 ? leaf(w, dtype, S(7, 3, 5)) : turned(w, leaf(w, dtype, S(3, 5, 7)));
  case REVERSED:
    return make(w, OP_OF(OP_FLIP), IN(leaf(w, dtype, S(6, 19))), ARGS(3 - k));
  case STEPPED:
    if (k == 1)
      return leaf(w, dtype, S(5, 13));
    return make(w, (struct tin_node){.op = OP_SLICE, .rank = 2, .shape = (int64_t[]){5, 13}}, IN(leaf(w, dtype, S(11, 41))),
                ARGS(1, 2, 2, 3));
  default:
    return turned(w, leaf(w, dtype, S(2, 3, 1, 2, 3, 5)));
  }
}

static void build_elementwise(struct walk *w) {
  for (int variant = 0; variant < VARIANTS; variant++) {
    struct tin_node *in[3] = {NULL};
    int arity = tin_ops[w->op].arity;
    for (int k = 0; k < arity; k++)
      in[k] = operand(w, w->op == OP_SELECT && k == 0 ? TIN_BOOL : w->from, (enum variant)variant, k);
    emit(w, apply(w, w->op, w->to, in, arity));
  }
}

/* ---- sources ---- */

static void build_constant(struct walk *w) {
  uint64_t special[MOST_SPECIAL];
  int count = specials(w->from, special);
  for (int i = 0; i < count; i++) {
    bool scalar = w->op == OP_SCALAR;
    struct tin_node *node =
        known(w, scalar ? tin_node_scalar(&w->graph, w->from, special[i]) : tin_node_const(&w->graph, w->from, special[i]));
    if (i % 8 == 0)
      emit(w, node);
    struct tin_node *line = make(w, (struct tin_node){.op = OP_RESHAPE, .rank = 1, .shape = (int64_t[]){1}}, IN(node), NULL, 0);
    struct tin_node *other = plain_leaf(w, w->from, S(19)), *mask = plain_leaf(w, TIN_BOOL, S(19));
    add_output(w, apply(w, OP_SELECT, w->from, IN(mask, broadcast(w, line, S(19)), other)));
  }
}

static void build_iota(struct walk *w) {
  static const int64_t sizes[] = {0, 1, 16, 127, 300, 70000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    emit(w,
         make(w, (struct tin_node){.op = OP_IOTA, .dtype = (uint8_t)w->from, .rank = 1, .shape = (int64_t[]){sizes[i]}}, NULL, 0, NULL, 0));
}

static const struct shape all_shapes[] = {{0, {0}}, {1, {0}}, {1, {1}}, {1, {33}}, {2, {5, 7}}, {3, {4, 0, 2}}, {6, {2, 3, 1, 2, 3, 5}}};
enum { ALL_SHAPES = sizeof all_shapes / sizeof *all_shapes };

static void build_var(struct walk *w) {
  for (int i = 0; i < ALL_SHAPES; i++)
    emit(w, plain_leaf(w, w->from, all_shapes[i]));
}

/* ---- reductions ---- */

static void reduce(struct walk *w, struct shape shape, int64_t mask) {
  bool extremum = w->op == OP_REDUCE_MIN || w->op == OP_REDUCE_MAX;
  struct tin_node *x = leaf(w, w->from, shape);
  bool of_nothing = false;
  for (int i = 0; i < shape.rank; i++)
    of_nothing |= mask >> i & 1 && shape.size[i] == 0;
  if (!extremum || !of_nothing)
    emit(w, make(w, OP_OF(w->op), IN(x), ARGS(mask)));
}

static void build_reduction(struct walk *w) {
  w->fill = w->op == OP_PROD ? FILL_NEAR_ONE : FILL_PLAIN;
  reduce(w, S(2500), 1);
  reduce(w, S(3, 1030), 2);
  reduce(w, S(1030, 3), 1);
  reduce(w, S(33, 20), 3);
  for (int any = 0; any < 2; any++, w->fill = FILL_ANY)
    for (int mask = 1; mask < 8; mask++)
      reduce(w, S(5, 7, 9), mask);
  reduce(w, S(1), 1);
  reduce(w, S(0), 1);
  reduce(w, S(3, 0), 2);
  reduce(w, S(0, 3), 2);
  reduce(w, S(17, 19), 1);
  reduce(w, S(17, 19), 2);
  reduce(w, S(2, 3, 1, 2, 3, 5), 0x2a);
  reduce(w, S(2, 3, 1, 2, 3, 5), 0x15);
  emit(w, make(w, OP_OF(w->op), IN(turned(w, leaf(w, w->from, S(9, 5)))), ARGS(1)));
}

/* The sum over the mask of a * b, each expanded to the shape from one in which the axes of its own mask have size 1. */
static void contract(struct walk *w, struct shape shape, int64_t mask, int64_t a_lacks, int64_t b_lacks, bool chain) {
  struct tin_node *in[2];
  for (int k = 0; k < 2; k++) {
    struct shape own = shape;
    for (int i = 0; i < shape.rank; i++)
      if ((k ? b_lacks : a_lacks) >> i & 1)
        own.size[i] = 1;
    in[k] = leaf(w, w->from, own);
    if (k ? b_lacks : a_lacks)
      in[k] = broadcast(w, in[k], shape);
  }
  assert_int_equal(tin_contract_class(in[0], in[1], (uint32_t)mask), chain);
  for (int zero = 0; zero <= chain; zero++)
    emit(w, make(w, OP_OF(OP_CONTRACT), in, 2, ARGS(mask, chain, zero)));
}

static void build_contraction(struct walk *w) {
  for (int any = 0; any < 2; any++) {
    w->fill = any ? FILL_ANY : FILL_PLAIN;
    contract(w, S(1100), 1, 0, 0, false);
    contract(w, S(7, 45), 2, 0, 1, false);
    contract(w, S(45, 7), 1, 2, 0, false);
    contract(w, S(5, 18, 35), 4, 2, 1, true);
    contract(w, S(35, 5, 18), 1, 4, 2, true);
    contract(w, S(2, 3, 4, 21), 8, 4, 2, true);
    contract(w, S(3, 5, 6, 7), 9, 4, 2, true);
  }
  w->fill = FILL_PLAIN;
  contract(w, S(3, 2, 700), 4, 2, 1, true);
  contract(w, S(2, 2, 4500), 4, 2, 1, true);
  contract(w, S(2, 2, 4096), 4, 2, 1, true); /* the longest with a chunk a group */
  contract(w, S(19, 37, 40), 4, 2, 1, true);
  contract(w, S(3, 4, 1), 4, 2, 1, true);
  contract(w, S(3, 4, 0), 4, 2, 1, true);
  contract(w, S(0, 4, 5), 4, 2, 1, true);
  contract(w, S(3, 1, 5), 4, 2, 1, false);
  contract(w, S(2, 3, 2, 2, 3, 5), 0x30, 0x2, 0x5, true);
}

static void fold(struct walk *w, struct shape shape, int64_t axis, int64_t stride, int64_t dilation, int64_t out_size) {
  int64_t out[6] = {0};
  out[axis] = out_size;
  emit(w, make(w, (struct tin_node){.op = OP_FOLD, .rank = (uint8_t)(shape.rank - 1), .shape = out}, IN(leaf(w, w->from, shape)),
               ARGS(axis, shape.size[shape.rank - 1], stride, dilation)));
}

static void build_fold(struct walk *w) {
  for (int any = 0; any < 2; any++) {
    w->fill = any ? FILL_ANY : FILL_PLAIN;
    fold(w, S(7, 3), 0, 1, 1, 9);
    fold(w, S(7, 3), 0, 2, 1, 16);
    fold(w, S(7, 3), 0, 1, 3, 13);
    fold(w, S(4, 5, 3), 0, 3, 2, 14);
    fold(w, S(4, 5, 3), 1, 2, 2, 15);
    fold(w, S(5, 1), 0, 4, 1, 17);
    fold(w, S(1, 4), 0, 1, 1, 4);
  }
  fold(w, S(0, 5, 3), 1, 1, 1, 7);
  fold(w, S(2, 3, 2, 2, 3, 2), 2, 1, 1, 3);
}

/* ---- movement ---- */

static struct tin_node *reshaped(struct walk *w, struct tin_node *x, struct shape to) {
  return make(w, (struct tin_node){.op = OP_RESHAPE, .rank = (uint8_t)to.rank, .shape = to.size}, IN(x), NULL, 0);
}

static void build_reshape(struct walk *w) {
  emit(w, reshaped(w, leaf(w, w->from, point), S(1, 1)));
  emit(w, reshaped(w, leaf(w, w->from, S(1, 1, 1)), point));
  emit(w, reshaped(w, leaf(w, w->from, S(0, 3)), S(2, 0, 5)));
  emit(w, reshaped(w, leaf(w, w->from, S(5, 7, 3)), S(35, 3)));
  emit(w, reshaped(w, leaf(w, w->from, S(6, 10)), S(4, 15)));
  emit(w, reshaped(w, turned(w, leaf(w, w->from, S(6, 10))), S(4, 15)));
  emit(w, reshaped(w, leaf(w, w->from, S(180)), S(2, 3, 1, 2, 3, 5)));
}

static void build_permute(struct walk *w) {
  emit(w, make(w, OP_OF(OP_PERMUTE), IN(leaf(w, w->from, point)), NULL, 0));
  emit(w, turned(w, leaf(w, w->from, S(7))));
  emit(w, turned(w, leaf(w, w->from, S(0, 4))));
  emit(w, turned(w, leaf(w, w->from, S(37, 19))));
  emit(w, turned(w, leaf(w, w->from, S(3, 5, 7))));
  emit(w, make(w, OP_OF(OP_PERMUTE), IN(leaf(w, w->from, S(2, 3, 1, 2, 3, 5))), ARGS(3, 5, 0, 4, 1, 2)));
}

static void build_expand(struct walk *w) {
  emit(w, broadcast(w, leaf(w, w->from, point), point));
  emit(w, broadcast(w, leaf(w, w->from, S(1)), S(33)));
  emit(w, broadcast(w, leaf(w, w->from, S(1, 19)), S(9, 19)));
  emit(w, broadcast(w, leaf(w, w->from, S(9, 1)), S(9, 19)));
  emit(w, broadcast(w, leaf(w, w->from, S(1, 3)), S(0, 3)));
  emit(w, broadcast(w, leaf(w, w->from, S(2, 1, 1, 2, 1, 5)), S(2, 3, 1, 2, 3, 5)));
}

static void cut(struct walk *w, struct shape from, struct shape to, int64_t start, int64_t step) {
  int64_t arg[12];
  for (int i = 0; i < from.rank; i++) {
    arg[2 * i] = start;
    arg[2 * i + 1] = step;
  }
  emit(w, make(w, (struct tin_node){.op = OP_SLICE, .rank = (uint8_t)to.rank, .shape = to.size}, IN(leaf(w, w->from, from)), arg,
               2 * from.rank));
}

static void build_slice(struct walk *w) {
  cut(w, point, point, 0, 1);
  cut(w, S(41), S(20), 1, 2);
  cut(w, S(41), S(39), 1, 1);
  cut(w, S(9, 41), S(3, 13), 2, 3);
  cut(w, S(9), S(0), 9, 1);
  cut(w, S(5, 3), S(0, 2), 1, 1);
  cut(w, S(3, 3, 3, 3, 3, 3), S(2, 2, 2, 1, 2, 2), 0, 2);
}

static void padded(struct walk *w, struct shape from, struct shape to, int64_t low, int64_t interior) {
  int64_t arg[12];
  for (int i = 0; i < from.rank; i++) {
    arg[2 * i] = low;
    arg[2 * i + 1] = interior;
  }
  struct tin_node like = {.op = OP_PAD, .rank = (uint8_t)to.rank, .shape = to.size, .bits = draw(w, w->from)};
  emit(w, make(w, like, IN(leaf(w, w->from, from)), arg, 2 * from.rank));
}

static void build_pad(struct walk *w) {
  padded(w, point, point, 0, 0);
  padded(w, S(17), S(37), 1, 1);
  padded(w, S(17), S(20), 0, 0);
  padded(w, S(5, 9), S(15, 30), 2, 2);
  padded(w, S(0), S(7), 3, 0);
  padded(w, S(2, 0), S(8, 3), 1, 4);
  padded(w, S(1), S(1), 0, 3);
  padded(w, S(2, 1, 2, 1, 2, 1), S(3, 2, 4, 2, 3, 3), 1, 0);
}

static void build_flip(struct walk *w) {
  emit(w, make(w, OP_OF(OP_FLIP), IN(leaf(w, w->from, S(37))), ARGS(1)));
  emit(w, make(w, OP_OF(OP_FLIP), IN(leaf(w, w->from, S(0, 3))), ARGS(3)));
  for (int mask = 1; mask < 8; mask++)
    emit(w, make(w, OP_OF(OP_FLIP), IN(leaf(w, w->from, S(4, 5, 19))), ARGS(mask)));
  emit(w, make(w, OP_OF(OP_FLIP), IN(leaf(w, w->from, S(2, 3, 1, 2, 3, 5))), ARGS(0x2b)));
}

static void build_window(struct walk *w) {
  emit(w, make(w, OP_OF(OP_WINDOW), IN(leaf(w, w->from, S(41))), ARGS(0, 3, 1, 1)));
  emit(w, make(w, OP_OF(OP_WINDOW), IN(leaf(w, w->from, S(41))), ARGS(0, 4, 2, 3)));
  emit(w, make(w, OP_OF(OP_WINDOW), IN(leaf(w, w->from, S(9, 11))), ARGS(0, 2, 3, 1)));
  emit(w, make(w, OP_OF(OP_WINDOW), IN(leaf(w, w->from, S(9, 11))), ARGS(1, 11, 1, 1)));
  emit(w, make(w, OP_OF(OP_WINDOW), IN(leaf(w, w->from, S(0, 5))), ARGS(1, 1, 2, 1)));
  emit(w, make(w, OP_OF(OP_WINDOW), IN(leaf(w, w->from, S(2, 3, 4, 2, 3))), ARGS(2, 2, 1, 2)));
}

static void build_concat(struct walk *w) {
  tin_dtype dtype = w->from;
  emit(w, make(w, OP_OF(OP_CONCAT), IN(leaf(w, dtype, S(7))), ARGS(0)));
  emit(w, make(w, OP_OF(OP_CONCAT), IN(leaf(w, dtype, S(7)), leaf(w, dtype, S(0)), leaf(w, dtype, S(30))), ARGS(0)));
  emit(w, make(w, OP_OF(OP_CONCAT), IN(leaf(w, dtype, S(5, 9)), turned(w, leaf(w, dtype, S(9, 3)))), ARGS(0)));
  emit(w, make(w, OP_OF(OP_CONCAT), IN(leaf(w, dtype, S(5, 9)), leaf(w, dtype, S(5, 1)), leaf(w, dtype, S(5, 8))), ARGS(1)));
  emit(w, make(w, OP_OF(OP_CONCAT), IN(leaf(w, dtype, S(0, 2)), leaf(w, dtype, S(0, 3))), ARGS(1)));
  emit(w, make(w, OP_OF(OP_CONCAT), IN(leaf(w, dtype, S(2, 3, 1, 2, 3, 5)), leaf(w, dtype, S(2, 3, 4, 2, 3, 5))), ARGS(2)));
}

static void build_copy(struct walk *w) {
  for (int i = 0; i < ALL_SHAPES; i++) {
    struct tin_node *x = leaf(w, w->from, all_shapes[i]), *after = leaf(w, TIN_F32, point);
    emit(w, w->op == OP_BARRIER ? apply(w, OP_BARRIER, w->from, IN(x, after)) : apply(w, OP_IDENTITY, w->from, IN(x)));
  }
}

/* ---- indexing ---- */

static const struct {
  struct shape x, index;
  int axis, batch, coords, tail;
} index_cases[] = {
    {{1, {10}}, {1, {37}}, 0, 0, 0, 0},
    {{2, {5, 7}}, {2, {3, 2}}, 1, 0, 0, 0},
    {{2, {5, 19}}, {1, {9}}, 0, 0, 0, 0},
    {{2, {5, 7}}, {0, {0}}, 0, 0, 0, 0},
    {{2, {5, 7}}, {1, {0}}, 1, 0, 0, 0},
    {{2, {5, 0}}, {1, {4}}, 0, 0, 0, 0},
    {{3, {4, 5, 6}}, {2, {4, 3}}, 1, 1, 0, 0},
    {{3, {4, 5, 6}}, {2, {4, 3}}, 2, 1, 0, 0},
    {{3, {3, 4, 17}}, {3, {3, 4, 5}}, 2, 2, 0, 0},
    {{3, {5, 7, 2}}, {2, {6, 2}}, 0, 0, 2, 0},
    {{3, {3, 5, 4}}, {3, {3, 6, 2}}, 1, 1, 2, 0},
    {{1, {9}}, {1, {1}}, 0, 0, 1, 0},
    {{6, {2, 3, 2, 2, 3, 2}}, {2, {4, 3}}, 2, 0, 3, 0},
    {{6, {2, 3, 2, 2, 3, 2}}, {1, {5}}, 4, 0, 0, 0},
    {{2, {5, 19}}, {2, {4, 19}}, 0, 0, 0, 1},
    {{4, {2, 4, 3, 9}}, {3, {2, 5, 3}}, 1, 1, 0, 1},
    {{4, {3, 2, 5, 3}}, {4, {2, 2, 5, 1}}, 0, 0, 1, 2},
    {{5, {2, 3, 4, 3, 2}}, {3, {3, 3, 2}}, 1, 0, 2, 1},
};
enum { INDEX_CASES = sizeof index_cases / sizeof *index_cases };

static struct tin_node *index_leaf(struct walk *w, int i, tin_dtype dtype) {
  int columns = index_cases[i].coords ? index_cases[i].coords : 1;
  struct tin_node *node = empty_leaf(w, dtype, index_cases[i].index);
  for (int64_t at = 0; at < node->size; at++)
    ref_store(node->variable->buffer->data, at, dtype,
              (random_bits(w) >> 20) % (uint64_t)index_cases[i].x.size[index_cases[i].axis + at % columns]);
  return filled(w, node);
}

/* In the neighbourhood the index is computed too. */
static struct tin_node *index_of(struct walk *w, int i) {
  static const tin_dtype dtypes[] = {TIN_I32, TIN_I64, TIN_U8, TIN_I8, TIN_U16, TIN_I16, TIN_U32, TIN_U64};
  tin_dtype dtype = dtypes[(i + (int)w->from) % 8];
  struct tin_node *index = index_leaf(w, i, dtype);
  if (!w->fused)
    return index;
  return apply(w, OP_SELECT, dtype, IN(plain_leaf(w, TIN_BOOL, index_cases[i].index), index, index_leaf(w, i, dtype)));
}

static void build_gather(struct walk *w) {
  for (int i = 0; i < INDEX_CASES; i++)
    emit(w, make(w, OP_OF(OP_GATHER), IN(leaf(w, w->from, index_cases[i].x), index_of(w, i)),
                 ARGS(index_cases[i].axis, index_cases[i].batch, index_cases[i].coords, index_cases[i].tail)));
}

static void build_scatter(struct walk *w) {
  for (int i = 0; i < INDEX_CASES * TIN_SCATTER_MODES; i++) {
    int at = i / TIN_SCATTER_MODES, mode = i % TIN_SCATTER_MODES;
    if (w->from == TIN_BOOL && (mode == TIN_SCATTER_ADD || mode == TIN_SCATTER_MUL))
      continue;
    int64_t arg[] = {index_cases[at].axis, index_cases[at].batch, index_cases[at].coords, index_cases[at].tail, mode};
    struct tin_node *x = leaf(w, w->from, index_cases[at].x), *index = index_of(w, at);
    struct tin_node *gathered = make(w, OP_OF(OP_GATHER), IN(x, index), arg, 4); /* for its shape */
    emit(w, make(w, OP_OF(OP_SCATTER), IN(x, index, leaf(w, w->from, shape_of(gathered))), arg, 5));
  }
}

/* ---- scans ---- */

static void scan(struct walk *w, struct tin_node *a, struct tin_node *b, int64_t axis) {
  for (int descending = 0; descending < (w->op == OP_ARGSORT ? 2 : 1); descending++) {
    struct tin_node *in[] = {a, b};
    emit(w, make(w, (struct tin_node){.op = (uint16_t)w->op, .dtype = TIN_I32}, in, tin_ops[w->op].arity, (int64_t[]){axis, descending},
                 w->op == OP_ARGSORT ? 2 : 1));
  }
}

static void build_scan(struct walk *w) {
  for (int any = 0; any < 2; any++) {
    w->fill = any ? FILL_ANY : FILL_PLAIN;
    scan(w, leaf(w, w->from, S(67)), leaf(w, w->from, S(67)), 0);
    scan(w, leaf(w, w->from, S(19, 23)), leaf(w, w->from, S(19, 23)), 0);
    scan(w, leaf(w, w->from, S(19, 23)), leaf(w, w->from, S(19, 23)), 1);
    scan(w, turned(w, leaf(w, w->from, S(9, 5))), leaf(w, w->from, S(5, 9)), 1);
    scan(w, leaf(w, w->from, S(2, 3, 1, 2, 3, 5)), leaf(w, w->from, S(2, 3, 1, 2, 3, 5)), 1);
  }
  scan(w, leaf(w, w->from, S(1)), leaf(w, w->from, S(1)), 0);
  scan(w, leaf(w, w->from, S(0, 3)), leaf(w, w->from, S(0, 3)), 0);
  scan(w, leaf(w, w->from, S(0, 3)), leaf(w, w->from, S(0, 3)), 1);
}

/* ---- effects: looked at where they are run ---- */

static void build_nothing(struct walk *w) {
  (void)w;
}

/* ---- the table ---- */

typedef void builder(struct walk *w);

static builder *builder_of(int op) {
  static builder *const builders[OP_COUNT] = {
      [OP_CONST] = build_constant,
      [OP_SCALAR] = build_constant,
      [OP_IOTA] = build_iota,
      [OP_VAR] = build_var,
      [OP_SUM] = build_reduction,
      [OP_PROD] = build_reduction,
      [OP_REDUCE_MIN] = build_reduction,
      [OP_REDUCE_MAX] = build_reduction,
      [OP_CONTRACT] = build_contraction,
      [OP_FOLD] = build_fold,
      [OP_RESHAPE] = build_reshape,
      [OP_PERMUTE] = build_permute,
      [OP_EXPAND] = build_expand,
      [OP_SLICE] = build_slice,
      [OP_PAD] = build_pad,
      [OP_FLIP] = build_flip,
      [OP_WINDOW] = build_window,
      [OP_CONCAT] = build_concat,
      [OP_IDENTITY] = build_copy,
      [OP_BARRIER] = build_copy,
      [OP_GATHER] = build_gather,
      [OP_SCATTER] = build_scatter,
      [OP_CUMSUM] = build_scan,
      [OP_CUMPROD] = build_scan,
      [OP_RECURRENCE] = build_scan,
      [OP_CUMARGMAX] = build_scan,
      [OP_CUMARGMIN] = build_scan,
      [OP_ARGSORT] = build_scan,
      [OP_ASSIGN] = build_nothing,
  };
  return ref_functions[op] || elementary_of(op) ? build_elementwise : builders[op];
}

static void compare(struct walk *w, int target, struct tin_node *node, const struct tin_buffer *buffer) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  const void *want = value_of(w, node);
  assert_non_null(buffer);
  for (int64_t i = 0; i < node->size; i++) {
    if (ref_same(ref_load(buffer->data, i, dtype), ref_load(want, i, dtype), dtype))
      continue;
    struct tin_arena arena;
    struct tin_text text;
    tin_arena_init(&arena, 1 << 14, NULL);
    tin_text_init(&text, &arena);
    tin_graph_print(&w->graph, &text, &node, 1);
    fail_msg("%s: %s of %s, %s: element %lld is 0x%llx, not 0x%llx, of\n%s", target_names[target], tin_ops[w->op].text,
             tin_dtypes[w->from].text, w->fused ? "fused" : "alone", (long long)i, (unsigned long long)ref_load(buffer->data, i, dtype),
             (unsigned long long)ref_load(want, i, dtype), text.at);
  }
  w->compared += target > 0 ? node->size : 0;
}

static void run(struct walk *w, int target) {
  if (!w->engines[target])
    return;
  if (!tin_engine_run(w->engines[target], &w->graph, w->outputs, w->n_outputs, NULL, 0, false, &w->error))
    fail_msg("%s: %s of %s: %s", target_names[target], tin_ops[w->op].text, tin_dtypes[w->from].text, w->error.text);
  for (int i = 0; i < w->n_outputs; i++) {
    struct tin_node *node = w->outputs[i];
    struct tin_buffer *buffer = node->op == OP_VAR ? tin_buffer_keep(node->variable->buffer) : node->buffer;
    node->buffer = NULL; /* for the next target, and to be printed */
    compare(w, target, node, buffer);
    tin_buffer_drop(buffer);
  }
}

/* The update of a variable, which in the neighbourhood reads its old value. */
static void run_assign(struct walk *w, int target) {
  for (int i = 0; w->engines[target] && i < ALL_SHAPES; i++) {
    struct tin_node *old = plain_leaf(w, w->from, all_shapes[i]), *x = plain_leaf(w, w->from, all_shapes[i]);
    struct tin_node *next = w->fused ? apply(w, OP_SELECT, w->from, IN(plain_leaf(w, TIN_BOOL, all_shapes[i]), x, old)) : x;
    struct tin_update update = {old->variable, next};
    if (!tin_engine_run(w->engines[target], &w->graph, NULL, 0, &update, 1, true, &w->error))
      fail_msg("%s: assign: %s", target_names[target], w->error.text);
    compare(w, target, next, old->variable->buffer);
  }
}

static void walk_case(struct walk *w, int op, tin_dtype from, tin_dtype to) {
  w->op = op;
  w->from = from;
  w->to = to;
  w->cases++;
  for (int fused = 0; fused < 2; fused++) {
    w->fused = fused;
    w->fill = FILL_ANY;
    w->seed = 88172645463325252u + (uint64_t)fused;
    builder_of(op)(w);
    for (int target = 0; target < TARGETS; target++)
      if (op == OP_ASSIGN)
        run_assign(w, target);
      else
        run(w, target);
    forget(w);
    tin_graph_init(&w->graph, NULL, &w->serial, &w->stamp);
  }
  for (int target = 0; target < TARGETS; target++)
    if (w->engines[target])
      tin_engine_clear(w->engines[target]);
}

static void walk_op(struct walk *w, int op) {
  for (int from = 0; from < TIN_DTYPE_COUNT; from++) {
    if (!tin_op_accepts(op, from) || (op == OP_RANDOM && from != TIN_U32))
      continue;
    if (op != OP_CAST && op != OP_BITCAST)
      walk_case(w, op, (tin_dtype)from, tin_ops[op].result == OP_RESULT_BOOL ? TIN_BOOL : (tin_dtype)from);
    for (int to = 0; (op == OP_CAST || op == OP_BITCAST) && to < TIN_DTYPE_COUNT; to++)
      if (tin_op_accepts(op, to) && (op == OP_CAST || tin_dtype_bytes(to) == tin_dtype_bytes(from)))
        walk_case(w, op, (tin_dtype)from, (tin_dtype)to);
  }
}

static void test_table(void **state) {
  struct walk *w = *state;
  for (int op = 0; op < OP_COUNT; op++) {
    if (!builder_of(op))
      fail_msg("%s has no row here: name its builder in builder_of and its reference in tests/reference.h or reference_nodes.h",
               tin_ops[op].text);
    walk_op(w, op);
  }
  print_message("op table: %d ops, %lld pairs of op and dtype, %lld values against the second definition, %lld values of targets\n",
                OP_COUNT, (long long)w->cases, (long long)w->referenced, (long long)w->compared);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
