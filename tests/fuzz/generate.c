/* The generator: a pool of nodes grows step by step, each step picks operands from the pool and makes them fit. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "generator.h"
#include "ir/compose.h"
#include "ir/gradient.h"
#include "ir/scalar.h"

/* ---- cases ---- */

void fuzz_case_init(struct fuzz_case *c, uint64_t seed) {
  memset(c, 0, sizeof *c);
  c->seed = seed;
  tin_arena_init(&c->arena, 1 << 16, NULL);
  tin_graph_init(&c->graph, NULL, &c->serial, &c->stamp);
}

static void drop_values(struct fuzz_case *c) {
  for (int set = 0; set < FUZZ_SETS; set++)
    for (int i = 0; c->values[set] && i < c->order.count; i++)
      free(c->values[set][i]);
}

void fuzz_case_free(struct fuzz_case *c) {
  drop_values(c);
  tin_graph_free(&c->graph);
  tin_arena_free(&c->arena);
}

struct fuzz_leaf *fuzz_leaf_add(struct fuzz_case *c, tin_dtype dtype, int rank, const int64_t *shape) {
  if (c->n_leaves == FUZZ_LEAVES)
    return NULL;
  struct fuzz_leaf *leaf = &c->leaves[c->n_leaves];
  struct tin_variable *variable = &leaf->variable;
  *variable = (struct tin_variable){.dtype = (uint8_t)dtype, .rank = (uint8_t)rank, .size = 1, .id = (uint64_t)c->n_leaves + 1};
  for (int i = 0; i < rank; i++) {
    variable->shape[i] = shape[i];
    variable->size *= shape[i];
  }
  char name[16];
  snprintf(name, sizeof name, "v%d", c->n_leaves);
  variable->name = tin_arena_string(&c->arena, name);
  for (int set = 0; set < FUZZ_SETS; set++)
    if (!(leaf->data[set] = tin_arena_alloc(&c->arena, (size_t)variable->size * (size_t)tin_dtype_bytes(dtype))))
      return NULL;
  c->n_leaves++;
  return leaf;
}

/* ---- random numbers ---- */

int64_t gen_below(struct generator *g, int64_t bound) {
  return bound > 1 ? (int64_t)tin_stream_below(&g->stream, (uint64_t)bound) : 0;
}

int64_t gen_range(struct generator *g, int64_t low, int64_t high) {
  return low + gen_below(g, high - low + 1);
}

bool gen_chance(struct generator *g, int percent) {
  return gen_below(g, 100) < percent;
}

/* ---- data ---- */

enum data_kind { DATA_SMOOTH, DATA_SMALL_INTEGERS, DATA_SPECIALS, DATA_WIDE, DATA_KINDS };

static const double special_numbers[] = {0,     -0.0,  1,      -1,           0.5,           1.5,          2.5,   1e-45,  -1e-40,  1e38,
                                         -3e38, 1e300, 1e-310, 2147483648.0, -2147483649.0, 4294967296.0, 255.5, 9.3e18, -9.3e18, 16777217};

static uint64_t special_value(struct generator *g, tin_dtype dtype) {
  int n = (int)(sizeof special_numbers / sizeof *special_numbers), pick = (int)gen_below(g, n + 4);
  if (pick < n)
    return tin_scalar_from_double(special_numbers[pick], dtype);
  double infinity = 1e308 * 10;
  return tin_scalar_from_double(pick == n ? infinity : pick == n + 1 ? -infinity : pick == n + 2 ? infinity - infinity : 3, dtype);
}

static uint64_t random_value(struct generator *g, tin_dtype dtype, enum data_kind kind) {
  if (dtype == TIN_BOOL)
    return (uint64_t)gen_below(g, 2);
  if (kind == DATA_SPECIALS && gen_chance(g, 40))
    return special_value(g, dtype);
  if (tin_dtype_is_float(dtype)) {
    if (kind == DATA_SMALL_INTEGERS)
      return tin_scalar_from_double((double)gen_range(g, -3, 3), dtype);
    double x = 2 * tin_stream_uniform(&g->stream) - 1;
    if (kind == DATA_WIDE)
      x *= gen_chance(g, 50) ? 1e4 : 1e-6;
    return tin_scalar_from_double(2 * x, dtype);
  }
  if (kind == DATA_SPECIALS || kind == DATA_WIDE)
    return tin_scalar_cast(tin_stream_next(&g->stream) >> gen_below(g, 64), TIN_I64, dtype);
  return tin_scalar_cast((uint64_t)gen_range(g, kind == DATA_SMOOTH ? -20 : -2, kind == DATA_SMOOTH ? 20 : 3), TIN_I64, dtype);
}

static void fill_leaf(struct generator *g, struct fuzz_leaf *leaf, int64_t limit) {
  tin_dtype dtype = (tin_dtype)leaf->variable.dtype;
  static const int weights[] = {60, 15, 10, 15};
  int pick = (int)gen_below(g, 100), kind = 0;
  while (pick >= weights[kind])
    pick -= weights[kind++];
  if (!g->specials && kind == DATA_SPECIALS)
    kind = DATA_SMOOTH;
  for (int set = 0; set < FUZZ_SETS; set++)
    for (int64_t i = 0; i < leaf->variable.size; i++) {
      uint64_t value = limit ? (uint64_t)gen_below(g, limit) : random_value(g, dtype, (enum data_kind)kind);
      tin_scalar_store(leaf->data[set], i, dtype, value);
    }
}

/* ---- shapes ---- */

static int64_t random_extent(struct generator *g) {
  static const int64_t large[] = {12, 15, 16, 17, 20, 31, 32, 33, 48, 63, 64, 65, 100, 127, 128, 130, 257, 300};
  int pick = (int)gen_below(g, 100);
  if (pick < 2)
    return 0;
  if (pick < 15)
    return 1;
  if (pick < 65)
    return gen_range(g, 2, 9);
  return large[gen_below(g, (int64_t)(sizeof large / sizeof *large))];
}

void gen_shape(struct generator *g, struct gen_shape *shape) {
  static const int64_t long_axis[] = {500, 1000, 1023, 1024, 1025, 1040, 2047, 2048, 2049, 2064, 3000, 4100};
  shape->rank = (int)gen_below(g, 5) + gen_chance(g, 30) - gen_chance(g, 10);
  shape->rank = shape->rank < 0 ? 0 : shape->rank;
  int64_t size = 1;
  for (int i = 0; i < shape->rank; i++) {
    shape->size[i] = random_extent(g);
    size *= shape->size[i] ? shape->size[i] : 1;
  }
  while (size > g->limit) { /* the largest axis shrinks */
    int largest = 0;
    for (int i = 0; i < shape->rank; i++)
      if (shape->size[i] > shape->size[largest])
        largest = i;
    size /= shape->size[largest];
    shape->size[largest] = gen_range(g, 1, shape->size[largest] / 2);
    size *= shape->size[largest];
  }
  int64_t extent = long_axis[gen_below(g, (int64_t)(sizeof long_axis / sizeof *long_axis))];
  if (shape->rank && gen_chance(g, 12)) {
    int axis = (int)gen_below(g, shape->rank);
    int64_t most = gen_chance(g, 30) ? GEN_MAX_SIZE / 2 : 4 * g->limit;
    if (gen_chance(g, 40)) /* few wide rows, or many narrow columns */
      for (int i = 0; i < shape->rank; i++) {
        size /= shape->size[i] ? shape->size[i] : 1;
        shape->size[i] = i == axis ? 1 : gen_range(g, 1, shape->rank > 2 ? 5 : 24);
        size *= shape->size[i];
      }
    if (shape->size[axis] && size / shape->size[axis] * extent <= most)
      shape->size[axis] = extent;
  }
}

struct gen_shape gen_shape_of(const struct tin_node *node) {
  struct gen_shape shape = {.rank = node->rank};
  for (int i = 0; i < node->rank; i++)
    shape.size[i] = node->shape[i];
  return shape;
}

bool gen_same_shape(const struct tin_node *node, const struct gen_shape *shape) {
  if (node->rank != shape->rank)
    return false;
  for (int i = 0; i < node->rank; i++)
    if (node->shape[i] != shape->size[i])
      return false;
  return true;
}

int64_t gen_size(const struct gen_shape *shape) {
  int64_t size = 1;
  for (int i = 0; i < shape->rank; i++)
    size *= shape->size[i];
  return size;
}

static bool broadcasts_to(const struct tin_node *node, const struct gen_shape *shape) {
  int leading = shape->rank - node->rank;
  if (leading < 0)
    return false;
  for (int i = 0; i < node->rank; i++)
    if (node->shape[i] != 1 && node->shape[i] != shape->size[leading + i])
      return false;
  return true;
}

/* ---- leaves ---- */

tin_dtype gen_dtype(struct generator *g) {
  static const uint8_t dtypes[] = {TIN_F32, TIN_F32, TIN_F32, TIN_F32,  TIN_F32, TIN_F32, TIN_F64, TIN_F64, TIN_I32, TIN_I32,
                                   TIN_I64, TIN_U8,  TIN_U32, TIN_BOOL, TIN_I8,  TIN_U16, TIN_I16, TIN_U64, TIN_F16, TIN_BF16};
  if (g->themed && gen_chance(g, 60))
    return g->theme;
  return g->floats_only ? (gen_chance(g, 80) ? TIN_F32 : TIN_F64) : (tin_dtype)dtypes[gen_below(g, (int64_t)sizeof dtypes)];
}

/* A variable; with limit > 0 its numbers are indices below it. */
struct tin_node *gen_variable(struct generator *g, tin_dtype dtype, const struct gen_shape *shape, int64_t limit) {
  struct fuzz_leaf *leaf = fuzz_leaf_add(g->c, dtype, shape->rank, shape->size);
  if (!leaf)
    return NULL;
  fill_leaf(g, leaf, limit);
  return tin_node_var(g->graph, &leaf->variable);
}

struct tin_node *gen_constant(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  static const double numbers[] = {0, -0.0, 1, -1, 2, 0.5, 3, -0.3, 7, 0.1};
  double number = numbers[gen_below(g, (int64_t)(sizeof numbers / sizeof *numbers))];
  uint64_t bits = g->specials && gen_chance(g, 10) ? special_value(g, dtype) : tin_scalar_from_double(number, dtype);
  struct tin_node *base = gen_chance(g, 30) ? tin_node_scalar(g->graph, dtype, bits) : tin_node_const(g->graph, dtype, bits);
  return make_broadcast(g->graph, base, shape->rank, shape->size);
}

static struct tin_node *counter(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  if (dtype == TIN_BOOL || tin_dtype_is_float(dtype))
    return gen_variable(g, dtype, shape, 0);
  return make_reshape(g->graph, tin_node_iota(g->graph, dtype, gen_size(shape)), shape->rank, shape->size);
}

struct tin_node *gen_leaf(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  int pick = (int)gen_below(g, 100);
  if (pick < 15)
    return gen_constant(g, dtype, shape);
  if (pick < 22)
    return counter(g, dtype, shape);
  if (pick < 45 && shape->rank) { /* broadcast along some axes */
    struct gen_shape narrow = *shape;
    for (int i = 0; i < shape->rank; i++)
      if (gen_chance(g, 50))
        narrow.size[i] = 1;
    return make_broadcast(g->graph, gen_variable(g, dtype, &narrow, 0), shape->rank, shape->size);
  }
  return pick < 65 && shape->rank ? gen_view(g, dtype, shape) : gen_variable(g, dtype, shape, 0);
}

/* ---- the pool ---- */

void gen_push(struct generator *g, struct tin_node *node) {
  if (!node) {
    g->failed = true;
    return;
  }
  if (node->size <= GEN_MAX_SIZE && node->rank <= TIN_RANK_LIMIT && g->n_pool < GEN_POOL)
    g->pool[g->n_pool++] = node;
}

/* Newer nodes more often: graphs grow deep. */
struct tin_node *gen_pick(struct generator *g) {
  int64_t a = gen_below(g, g->n_pool), b = gen_below(g, g->n_pool);
  return g->pool[gen_chance(g, 70) && b > a ? b : a];
}

struct tin_node *gen_pick_float(struct generator *g) {
  for (int tries = 0; tries < 8; tries++) {
    struct tin_node *node = gen_pick(g);
    if (tin_dtype_is_float(node->dtype))
      return node;
  }
  return make_cast(g->graph, gen_pick(g), gen_chance(g, 80) ? TIN_F32 : TIN_F64);
}

struct tin_node *gen_fit(struct generator *g, struct tin_node *x, tin_dtype dtype, const struct gen_shape *shape) {
  x = make_cast(g->graph, x, dtype);
  if (!x || gen_same_shape(x, shape))
    return x;
  if (broadcasts_to(x, shape))
    return make_broadcast(g->graph, x, shape->rank, shape->size);
  if (x->size == gen_size(shape))
    return make_reshape(g->graph, x, shape->rank, shape->size);
  return NULL;
}

struct tin_node *gen_operand(struct generator *g, tin_dtype dtype, const struct gen_shape *shape) {
  for (int tries = 0; tries < 6; tries++) {
    struct tin_node *x = gen_pick(g);
    if (x->dtype != dtype && tries < 4)
      continue;
    x = gen_fit(g, x, dtype, shape);
    if (x)
      return x;
  }
  return gen_leaf(g, dtype, shape);
}

/* ---- elementwise steps ---- */

static void elementwise_step(struct generator *g) {
  int op;
  do
    op = (int)gen_below(g, OP_COUNT);
  while (!tin_op_is_elementwise(op) || op == OP_CAST || op == OP_BITCAST);
  struct tin_node *x = gen_pick(g), *in[3];
  struct gen_shape shape = gen_shape_of(x);
  tin_dtype dtype = op == OP_RANDOM ? TIN_U32 : (tin_dtype)x->dtype;
  while (!tin_op_accepts(op, dtype))
    dtype = gen_chance(g, 50) ? TIN_F32 : (tin_dtype)gen_below(g, TIN_DTYPE_COUNT);
  x = make_cast(g->graph, x, dtype);
  int place = (int)gen_below(g, tin_ops[op].arity);
  for (int i = 0; i < tin_ops[op].arity; i++)
    in[i] = i == place && !(op == OP_SELECT && i == 0) ? x : gen_operand(g, op == OP_SELECT && i == 0 ? TIN_BOOL : dtype, &shape);
  for (int i = 0; i < tin_ops[op].arity; i++)
    if (!in[i]) {
      g->failed = true;
      return;
    }
  gen_push(g, tin_node_elementwise(g->graph, op, dtype, in, tin_ops[op].arity));
}

static void cast_step(struct generator *g) {
  struct tin_node *x = gen_pick(g);
  tin_dtype to = (tin_dtype)gen_below(g, TIN_DTYPE_COUNT);
  if (gen_chance(g, 25) && tin_dtype_bytes(to) == tin_dtype_bytes(x->dtype) && tin_op_accepts(OP_BITCAST, to) &&
      tin_op_accepts(OP_BITCAST, x->dtype))
    gen_push(g, make_bitcast(g->graph, x, to));
  else
    gen_push(g, make_cast(g->graph, x, to));
}

/* ---- reductions ---- */

static void reduce_step(struct generator *g) {
  static const uint8_t ops[] = {OP_SUM, OP_SUM, OP_PROD, OP_REDUCE_MIN, OP_REDUCE_MAX};
  int op = ops[gen_below(g, (int64_t)sizeof ops)];
  struct tin_node *x = gen_pick(g);
  if (gen_chance(g, 20)) { /* over a view, or long */
    struct gen_shape shape;
    gen_shape(g, &shape);
    x = gen_leaf(g, gen_dtype(g), &shape);
  }
  if (!x || !x->rank)
    return;
  if (!tin_op_accepts(op, (tin_dtype)x->dtype))
    x = make_cast(g->graph, x, gen_chance(g, 50) ? TIN_F32 : TIN_I32);
  if (g->exact && op == OP_SUM && tin_dtype_is_float(x->dtype))
    op = OP_REDUCE_MAX;
  uint32_t axes = (uint32_t)gen_range(g, 1, (1 << x->rank) - 1);
  if (gen_chance(g, 40))
    axes = 1u << (x->rank - 1);
  for (int i = 0; i < x->rank; i++)
    if ((op == OP_REDUCE_MIN || op == OP_REDUCE_MAX) && x->shape[i] == 0)
      return;
  struct tin_node *reduced = make_reduce(g->graph, op, x, axes);
  gen_push(g, reduced);
  if (reduced && gen_chance(g, 45)) { /* back over the same rows */
    static const uint8_t joins[] = {OP_SUB, OP_MUL, OP_DIV, OP_ADD, OP_MAX};
    int join = joins[gen_below(g, (int64_t)sizeof joins)];
    if (tin_op_accepts(join, (tin_dtype)x->dtype))
      gen_push(g, make_binary(g->graph, join, x, make_expand_like(g->graph, reduced, x)));
  }
}

static void scan_step(struct generator *g) {
  static const uint8_t ops[] = {OP_CUMSUM, OP_CUMPROD, OP_RECURRENCE, OP_CUMARGMAX, OP_CUMARGMIN, OP_ARGSORT};
  int op = ops[gen_below(g, (int64_t)sizeof ops)];
  struct tin_node *x = gen_pick(g), *second = NULL;
  if (!x->rank)
    return;
  if (!tin_op_accepts(op, (tin_dtype)x->dtype))
    x = make_cast(g->graph, x, gen_chance(g, 50) ? TIN_F32 : TIN_I32);
  if (x && op == OP_RECURRENCE) {
    struct gen_shape shape = gen_shape_of(x);
    second = gen_operand(g, (tin_dtype)x->dtype, &shape);
  }
  if (!x || (op == OP_RECURRENCE && !second))
    g->failed = true;
  else if (op == OP_ARGSORT)
    gen_push(g, tin_node_argsort(g->graph, x, (int)gen_below(g, x->rank), gen_chance(g, 50)));
  else
    gen_push(g, tin_node_scan(g->graph, op, x, second, (int)gen_below(g, x->rank)));
}

/* ---- gradients ---- */

static void gradient_step(struct generator *g) {
  struct tin_node *loss = gen_pick_float(g), *wrt[3], *out[3];
  int n = 0;
  for (int tries = 0; tries < 6 && n < 3; tries++) {
    struct tin_node *x = gen_pick(g);
    if (tin_dtype_is_float(x->dtype))
      wrt[n++] = x;
  }
  if (!loss || !n)
    return;
  if (gen_chance(g, 50))
    loss = make_reduce(g->graph, OP_SUM, loss, (1u << loss->rank) - 1);
  struct tin_error error = {.set = false};
  if (!loss || !tin_gradient(g->graph, &loss, NULL, 1, wrt, n, out, &error)) {
    g->failed = true;
    return;
  }
  for (int i = 0; i < n; i++)
    gen_push(g, out[i]);
}

/* ---- the graph ---- */

static const struct {
  gen_step *run;
  int weight;
  bool exact; /* see struct generator */
} steps[] = {
    /* the exact ones first */
    {elementwise_step, 34, true}, {cast_step, 6, true},           {reduce_step, 14, true},          {gen_movement_step, 26, true},
    {gen_index_step, 6, true},    {scan_step, 4, true},           {gen_contract_step, 10, false},   {gen_softmax_step, 3, false},
    {gen_norm_step, 3, false},    {gen_attention_step, 2, false}, {gen_convolution_step, 2, false}, {gradient_step, 5, false},
    {gen_public_step, 30, false},
};

static void random_step(struct generator *g) {
  int total = 0, i = 0;
  for (size_t s = 0; s < sizeof steps / sizeof *steps; s++)
    total += steps[s].exact || !g->exact ? steps[s].weight : 0;
  int pick = (int)gen_below(g, total);
  while (pick >= steps[i].weight)
    pick -= steps[i++].weight;
  steps[i].run(g);
}

/* Elements computed below the node, contractions by their products; a limit on what the interpreter has to do. */
static bool affordable(struct generator *g, struct tin_node **sinks, int n_sinks) {
  struct tin_arena arena;
  jmp_buf fail;
  tin_arena_init(&arena, 1 << 14, &fail);
  if (setjmp(fail)) {
    tin_arena_free(&arena);
    return false;
  }
  struct tin_node_list order = tin_graph_order(g->graph, &arena, sinks, n_sinks);
  int64_t cost = 0, largest = 0;
  for (int i = 0; i < order.count; i++) {
    const struct tin_node *node = order.at[i];
    cost += node->size + (tin_op_is(node->op, OP_CLASS_REDUCE) || node->op == OP_CONTRACT ? 2 * node->in[0]->size : 0);
    largest = node->size > largest && !(node->op == OP_EXPAND || node->op == OP_WINDOW) ? node->size : largest;
  }
  int count = order.count;
  tin_arena_free(&arena);
  return count <= FUZZ_MAX_NODES && cost <= g->budget && largest <= GEN_MAX_SIZE;
}

/* Takes the node as an output or update where the whole stays affordable. */
static bool add_sink(struct generator *g, struct tin_node **sinks, int *n_sinks, struct tin_node *node) {
  sinks[*n_sinks] = node;
  if (!node || !affordable(g, sinks, *n_sinks + 1))
    return false;
  ++*n_sinks;
  return true;
}

static void choose_updates(struct generator *g, struct tin_node **sinks, int *n_sinks) {
  struct fuzz_case *c = g->c;
  int n_leaves = c->n_leaves;
  for (int wanted = gen_chance(g, 45) ? (int)gen_range(g, 1, 4) : 0, i = 0; wanted && i < n_leaves; i++) {
    struct tin_variable *variable = &c->leaves[i].variable;
    if (!gen_chance(g, 40))
      continue;
    struct tin_node *old = tin_node_var(g->graph, variable);
    struct gen_shape shape = gen_shape_of(old);
    struct tin_node *value = gen_operand(g, (tin_dtype)variable->dtype, &shape);
    if (gen_chance(g, 50) && tin_dtype_is_float(variable->dtype)) /* as an optimiser does */
      value = make_binary(g->graph, OP_SUB, old, make_binary(g->graph, OP_MUL, value, gen_constant(g, (tin_dtype)variable->dtype, &shape)));
    if (!add_sink(g, sinks, n_sinks, value))
      continue;
    c->updates[c->n_updates++] = (struct fuzz_update){variable, value};
    wanted--;
  }
}

static void choose_sinks(struct generator *g) {
  struct fuzz_case *c = g->c;
  struct tin_node *sinks[3 * FUZZ_OUTPUTS];
  int n_sinks = 0;
  int wanted = (int)gen_range(g, 1, gen_chance(g, 50) ? 2 : FUZZ_OUTPUTS - 1);
  for (int tries = 0; tries < 30 && c->n_outputs < wanted; tries++) {
    struct tin_node *node = tries == 0 ? g->pool[g->n_pool - 1] : gen_pick(g);
    if (add_sink(g, sinks, &n_sinks, node))
      c->outputs[c->n_outputs++] = node;
  }
  choose_updates(g, sinks, &n_sinks);
}

static void choose_early(struct generator *g) {
  struct fuzz_case *c = g->c;
  for (int i = 0; i < c->order.count && c->n_early < 4; i++) {
    struct tin_node *node = c->order.at[gen_below(g, c->order.count)];
    if (gen_chance(g, 15) && !tin_node_is_leaf(node) && node->size <= GEN_MAX_SIZE)
      c->early[c->n_early++] = node;
  }
}

static void grow(struct generator *g, struct fuzz_case *c, uint64_t seed) {
  static const int64_t limits[] = {100, 600, 2000, 2000, 2000, 6000, 30000};
  g->c = c;
  g->graph = &c->graph;
  tin_stream_seed(&g->stream, seed);
  g->limit = limits[gen_below(g, (int64_t)(sizeof limits / sizeof *limits))];
  g->budget = 40 * g->limit + 500000;
  g->specials = gen_chance(g, 30);
  g->floats_only = gen_chance(g, 40);
  g->themed = gen_chance(g, 25);
  g->theme = (tin_dtype)gen_below(g, TIN_DTYPE_COUNT);
  for (int i = (int)gen_range(g, 1, 4); i > 0; i--) {
    struct gen_shape shape;
    gen_shape(g, &shape);
    gen_push(g, gen_variable(g, gen_dtype(g), &shape, 0));
  }
  for (int n = (int)gen_range(g, 1, gen_chance(g, 50) ? 8 : 30); n > 0 && !g->failed; n--) {
    if (gen_chance(g, 8)) {
      struct gen_shape shape;
      gen_shape(g, &shape);
      gen_push(g, gen_leaf(g, gen_dtype(g), &shape));
    }
    random_step(g);
  }
}

bool fuzz_generate(struct fuzz_case *c, uint64_t seed) {
  struct generator generator = {.failed = false}, *g = &generator;
  fuzz_case_init(c, seed);
  grow(g, c, seed);
  choose_sinks(g);
  struct tin_error error = {.set = false};
  if (!c->n_outputs && !c->n_updates) /* all too costly */
    c->outputs[c->n_outputs++] = g->pool[0];
  if (!fuzz_prepare(c, &error)) {
    error = (struct tin_error){.set = false};
    drop_values(c);
    c->same_numbers = true;
  }
  if (c->same_numbers && !fuzz_prepare(c, &error)) {
    fprintf(stderr, "fuzz: seed %llu: %s\n", (unsigned long long)seed, error.text);
    return false;
  }
  choose_early(g);
  return true;
}

bool fuzz_generate_pair(struct fuzz_case *with, struct fuzz_case *without, uint64_t seed) {
  enum { NO_RULES = 64 }; /* rules stop at this depth: rules.c */
  struct generator generator[2] = {{.exact = true}, {.exact = true}};
  struct fuzz_case *cases[2] = {with, without};
  struct tin_error error = {.set = false};
  for (int i = 0; i < 2; i++) {
    fuzz_case_init(cases[i], seed);
    cases[i]->graph.rule_depth = i ? NO_RULES : 0;
    grow(&generator[i], cases[i], seed);
  }
  if (generator[0].n_pool != generator[1].n_pool)
    return false;
  for (int tries = 0, n = generator[0].n_pool; tries < 20; tries++) {
    int at = tries ? (int)gen_below(&generator[0], n) : n - 1;
    struct tin_node *node = generator[1].pool[at];
    if (with->n_outputs < FUZZ_OUTPUTS && affordable(&generator[1], &node, 1)) {
      with->outputs[with->n_outputs++] = generator[0].pool[at];
      without->outputs[without->n_outputs++] = node;
    }
  }
  return fuzz_prepare(with, &error) && fuzz_prepare(without, &error);
}

/* ---- coverage ---- */

void fuzz_cover(struct fuzz_coverage *coverage, const struct fuzz_case *c) {
  for (int i = 0; i < c->order.count; i++) {
    const struct tin_node *node = c->order.at[i];
    coverage->ops[node->op][node->op == OP_SELECT ? node->dtype : node->n_in ? node->in[0]->dtype : node->dtype]++;
  }
  for (int i = 0; i < c->n_updates; i++)
    coverage->ops[OP_ASSIGN][c->updates[i].variable->dtype]++;
  for (int i = 0; i < FUZZ_CALLS; i++)
    coverage->calls[i] += c->called[i];
}

int fuzz_cover_print(FILE *file, const struct fuzz_coverage *coverage) {
  int missing = 0;
  for (int op = 0; op < OP_COUNT; op++) {
    int64_t count = 0;
    char dtypes[128] = "";
    for (int dtype = 0; dtype < TIN_DTYPE_COUNT; dtype++) {
      count += coverage->ops[op][dtype];
      bool may = op == OP_RANDOM ? dtype == TIN_U32 : tin_op_accepts(op, (tin_dtype)dtype);
      if (may && !coverage->ops[op][dtype])
        snprintf(dtypes + strlen(dtypes), sizeof dtypes - strlen(dtypes), " %s", tin_dtypes[dtype].text);
    }
    missing += count == 0;
    if (*dtypes)
      fprintf(file, "not covered: %s of%s\n", tin_ops[op].text, dtypes);
  }
  for (int i = 0; i < calls_count(); i++) {
    missing += !coverage->calls[i];
    if (!coverage->calls[i])
      fprintf(file, "not covered: tin_%s\n", calls_name(i));
  }
  return missing;
}

/* ---- cases in text form ---- */

static struct tin_variable *parsed_variable(void *context, tin_dtype dtype, int rank, const int64_t *shape, const char *name) {
  struct generator *g = context;
  struct fuzz_leaf *leaf = fuzz_leaf_add(g->c, dtype, rank, shape);
  (void)name;
  if (leaf)
    fill_leaf(g, leaf, tin_dtype_is_float(dtype) ? 0 : 2); /* integers may be indices: 0 and 1 */
  return leaf ? &leaf->variable : NULL;
}

bool fuzz_parse(struct fuzz_case *c, const char *text, uint64_t seed, struct tin_error *error) {
  struct generator g = {.c = c, .graph = &c->graph};
  fuzz_case_init(c, seed);
  tin_stream_seed(&g.stream, seed);
  struct tin_node_list returned = tin_graph_parse(&c->graph, text, parsed_variable, &g, error);
  for (int i = 0; i < returned.count && i < FUZZ_OUTPUTS; i++) {
    struct tin_node *node = returned.at[i];
    if (node->op == OP_ASSIGN)
      c->updates[c->n_updates++] = (struct fuzz_update){node->in[0]->variable, node->in[1]};
    else
      c->outputs[c->n_outputs++] = node;
  }
  return returned.at && fuzz_prepare(c, error);
}
