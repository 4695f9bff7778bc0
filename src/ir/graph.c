/* Construction and traversal of the graph: hash-consing, one builder per op, depth-first order.
 *
 * A builder describes the node in a draft on the stack, infers its shape, asks the construction rules for something better, and only
 * then makes it. No function here recurses along the graph, so chains of any length work.
 */
#include "ir/graph.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ir/scalar.h"
#include "ir/trace.h"

/* ---- graphs and their tables ---- */

enum { MAX_COMPUTED_INPUTS = 4 }; /* of the ops that do not accept f16 and bf16 */
enum { ARENA_BLOCK = 1 << 16, FIRST_CAPACITY = 256 };
/* Slots of a table that is worth keeping for the next graph: clearing it costs less than growing it again. */
enum { SPARE_CAPACITY = 1 << 15 };

void tin_graph_init(struct tin_graph *graph, struct tin_graph *parent, uint32_t *serial, uint32_t *stamp) {
  *graph = (struct tin_graph){.parent = parent, .serial = serial, .first_serial = *serial, .stamp = stamp};
  tin_arena_init(&graph->arena, ARENA_BLOCK, NULL);
}

void tin_graph_retire(struct tin_graph *graph, struct tin_graph *spare) {
  tin_graph_free(spare);
  if (graph->table && graph->table_capacity <= SPARE_CAPACITY) {
    if (graph->table_count)
      memset(graph->table, 0, sizeof *graph->table * (size_t)graph->table_capacity);
    if (!tin_trace_end(graph))
      tin_arena_reset(&graph->arena);
    *spare =
        (struct tin_graph){.arena = graph->arena, .table = graph->table, .table_capacity = graph->table_capacity, .trace = graph->trace};
  } else {
    tin_graph_free(graph);
  }
  *graph = (struct tin_graph){0};
}

void tin_graph_restart(struct tin_graph *graph, struct tin_graph *spare, struct tin_graph *parent, uint32_t *serial, uint32_t *stamp) {
  tin_graph_init(graph, parent, serial, stamp);
  if (parent)
    tin_graph_settle(parent); /* nodes are looked for in it */
  if (spare->table) {
    graph->arena = spare->arena;
    graph->table = spare->table;
    graph->table_capacity = spare->table_capacity;
    graph->trace = spare->trace;
    *spare = (struct tin_graph){0};
  }
  tin_trace_begin(graph);
}

void tin_graph_free(struct tin_graph *graph) {
  free(graph->table);
  tin_trace_free(graph->trace);
  graph->table = NULL;
  graph->trace = NULL;
  graph->table_count = graph->table_capacity = graph->tracing = 0;
  tin_arena_free(&graph->arena);
}

static bool same_words(const int64_t *a, const int64_t *b, int count) {
  for (int i = 0; a != b && i < count; i++) /* a handful: a loop is faster than a call */
    if (a[i] != b[i])
      return false;
  return true;
}

static bool same_node(const struct tin_node *a, const struct tin_node *b) {
  if (a->op != b->op || a->dtype != b->dtype || a->rank != b->rank || a->n_in != b->n_in || a->n_arg != b->n_arg || a->bits != b->bits ||
      a->variable != b->variable)
    return false;
  for (int i = 0; i < a->n_in; i++)
    if (a->in[i] != b->in[i])
      return false;
  return same_words(a->arg, b->arg, a->n_arg) && same_words(a->shape, b->shape, a->rank);
}

static struct tin_node *find_node(const struct tin_graph *graph, const struct tin_node *like) {
  for (; graph; graph = graph->parent) {
    if (!graph->table_capacity)
      continue;
    uint64_t mask = (uint64_t)graph->table_capacity - 1;
    for (uint64_t slot = like->hash & mask; graph->table[slot].node; slot = (slot + 1) & mask)
      if (graph->table[slot].hash == like->hash && same_node(graph->table[slot].node, like))
        return graph->table[slot].node;
  }
  return NULL;
}

static void insert_node(struct tin_graph_slot *table, int capacity, struct tin_node *node, uint64_t hash) {
  uint64_t mask = (uint64_t)capacity - 1;
  uint64_t slot = hash & mask;
  while (table[slot].node)
    slot = (slot + 1) & mask;
  table[slot] = (struct tin_graph_slot){hash, node};
}

/* Room for one more node at a load of at most one half. */
static bool reserve_slot(struct tin_graph *graph) {
  if (graph->table_count * 2 < graph->table_capacity)
    return true;
  int capacity = graph->table_capacity ? graph->table_capacity * 2 : FIRST_CAPACITY;
  struct tin_graph_slot *table = calloc((size_t)capacity, sizeof *table);
  if (!table)
    return false;
  for (int i = 0; i < graph->table_capacity; i++)
    if (graph->table[i].node)
      insert_node(table, capacity, graph->table[i].node, graph->table[i].hash);
  free(graph->table);
  graph->table = table;
  graph->table_capacity = capacity;
  return true;
}

/* ---- hashing ---- */

/* Of op and dtype, from their names: numbers would change the order of operands, and with it texts of graphs and plans, whenever a row
 * is put into a table. */
static uint64_t hash_of_names(const struct tin_node *node) {
  uint64_t op[2], dtype;
  _Static_assert(sizeof op == TIN_OP_TEXT_SIZE && sizeof dtype == TIN_DTYPE_TEXT_SIZE, "names are whole words");
  memcpy(op, tin_ops[node->op].text, sizeof op);
  memcpy(&dtype, tin_dtypes[node->dtype].text, sizeof dtype);
  return tin_hash_mix(op[0], dtype ^ op[1] << 32); /* what passes 8 letters does not end where a dtype does */
}

/* hash says what the node is; order leaves out what may change from one step of a training loop to the next (see graph.h). */
static void set_hashes(struct tin_node *node, uint32_t serial) {
  uint64_t facts = (uint64_t)node->rank | (uint64_t)node->n_in << 16 | (uint64_t)node->n_arg << 32;
  uint64_t order = tin_hash_mix(hash_of_names(node), facts);
  bool given = node->n_in == 0 || tin_op_is(node->op, OP_CLASS_MOVEMENT); /* elsewhere the shape follows from the inputs */
  for (int i = 0; given && i < node->rank; i++)
    order = tin_hash_mix(order, (uint64_t)node->shape[i]);
  uint64_t hash = order;
  for (int i = 0; i < node->n_arg; i++) {
    bool is_start = node->op == OP_SLICE && i % 2 == 0;
    hash = tin_hash_mix(hash, (uint64_t)node->arg[i]);
    order = is_start ? order : tin_hash_mix(order, (uint64_t)node->arg[i]);
  }
  if (node->op == OP_CONST || node->op == OP_PAD) {
    hash = tin_hash_mix(hash, node->bits);
    order = tin_dtype_is_float(node->dtype) ? order : tin_hash_mix(order, node->bits);
  } else if (node->op == OP_VAR) {
    order = node->variable->passing ? order : tin_hash_mix(order, node->variable->id);
    hash = tin_hash_mix(tin_hash_mix(hash, node->variable->id), node->bits);
  } else if (node->op == OP_IDENTITY) { /* a loop without scopes may count tags on: the order stays */
    hash = tin_hash_mix(hash, node->bits);
  } else if (node->op == OP_SCALAR) {
    hash = tin_hash_mix(hash, serial);
  }
  for (int i = 0; i < node->n_in; i++) {
    hash = tin_hash_mix(hash, node->in[i]->hash);
    order = tin_hash_mix(order, node->in[i]->order);
  }
  node->hash = hash;
  node->order = node->op == OP_BARRIER ? node->in[0]->order : order; /* operands are ordered as they are without it: the same bits */
}

/* ---- nodes ---- */

/* Copies the draft into the arena: node, inputs and attributes in one piece. A shape equal to an input's is shared with it. */
static struct tin_node *copy_node(struct tin_graph *graph, const struct tin_node *like) {
  int64_t *shape = NULL;
  for (int i = 0; i < like->n_in && !shape; i++)
    if (like->in[i]->rank == like->rank && same_words(like->in[i]->shape, like->shape, like->rank))
      shape = like->in[i]->shape;
  int own_rank = shape ? 0 : like->rank;
  size_t size = sizeof(struct tin_node) + sizeof(struct tin_node *) * like->n_in + sizeof(int64_t) * (size_t)(like->n_arg + own_rank);
  struct tin_node *node = tin_arena_alloc(&graph->arena, size);
  if (!node)
    return NULL;
  *node = *like;
  node->in = (struct tin_node **)(node + 1);
  node->arg = (int64_t *)(node->in + like->n_in);
  node->shape = shape ? shape : node->arg + like->n_arg;
  for (int i = 0; i < like->n_in; i++)
    node->in[i] = like->in[i];
  for (int i = 0; i < like->n_arg; i++)
    node->arg[i] = like->arg[i];
  for (int i = 0; i < own_rank; i++)
    node->shape[i] = like->shape[i];
  return node;
}

/* The table has room: the node was in it when it was recorded. */
void tin_graph_insert(struct tin_graph *graph, struct tin_node *node) {
  set_hashes(node, node->serial);
  insert_node(graph->table, graph->table_capacity, node, node->hash);
  graph->table_count++;
  graph->n_variables += node->op == OP_VAR;
}

static struct tin_node *make(struct tin_graph *graph, const struct tin_node *like) {
  struct tin_node draft = *like;
  draft.size = 1;
  for (int i = 0; i < draft.rank; i++)
    draft.size *= draft.shape[i];
  set_hashes(&draft, *graph->serial + 1);
  if (draft.op != OP_SCALAR) {
    struct tin_node *known = find_node(graph, &draft);
    if (known)
      return known;
  }
  draft.buffer = NULL;
  draft.site = graph->site;
  draft.mark = draft.index = 0;
  draft.serial = *graph->serial + 1;
  if (!reserve_slot(graph))
    return NULL;
  struct tin_node *node = copy_node(graph, &draft);
  if (!node)
    return NULL;
  ++*graph->serial;
  insert_node(graph->table, graph->table_capacity, node, node->hash);
  graph->table_count++;
  graph->n_variables += node->op == OP_VAR;
  if (graph->tracing)
    tin_trace_made(graph, node);
  return node;
}

/* A call of a builder from outside: with tracing, from the record or into it. What the call makes on its way comes here too. */
static struct tin_node *traced(struct tin_graph *graph, struct tin_node *like, bool direct,
                               struct tin_node *(*work)(struct tin_graph *, struct tin_node *)) {
  if (graph->tracing == TIN_TRACE_REPLAYS) {
    struct tin_node *node = tin_trace_replay(graph, like, direct);
    return node ? node : work(graph, like);
  }
  bool outermost = tin_trace_call(graph, like, direct);
  struct tin_node *node = work(graph, like);
  if (outermost)
    tin_trace_result(graph, node);
  return node;
}

static struct tin_node *make_draft(struct tin_graph *graph, struct tin_node *like) {
  return make(graph, like);
}

struct tin_node *tin_node_make(struct tin_graph *graph, const struct tin_node *like) {
  if (!graph->tracing)
    return make(graph, like);
  struct tin_node draft = *like;
  return traced(graph, &draft, true, make_draft);
}

static struct tin_node *build(struct tin_graph *graph, struct tin_node *like);
static struct tin_node *build_new(struct tin_graph *graph, struct tin_node *like);

/* Ops that compute take f16 and bf16 as f32, and the result is rounded: so every node is, and sums are rounded once. */
static struct tin_node *build_in_f32(struct tin_graph *graph, const struct tin_node *like, tin_dtype dtype) {
  struct tin_node *in[MAX_COMPUTED_INPUTS] = {NULL}, wide = *like;
  assert(like->n_in <= MAX_COMPUTED_INPUTS);
  for (int i = 0; i < like->n_in; i++)
    in[i] = tin_dtype_is_half(like->in[i]->dtype) ? tin_node_cast(graph, like->in[i], TIN_F32) : like->in[i];
  wide.in = in;
  struct tin_node *node = build(graph, &wide);
  return node && tin_ops[like->op].result == OP_RESULT_SAME ? tin_node_cast(graph, node, dtype) : node;
}

/* Finishes a builder. like->shape must have room for TIN_MAX_RANK sizes. */
static struct tin_node *build(struct tin_graph *graph, struct tin_node *like) {
  for (int i = 0; i < like->n_in; i++)
    if (!like->in[i])
      return NULL;
  return graph->tracing ? traced(graph, like, false, build_new) : build_new(graph, like);
}

static struct tin_node *build_new(struct tin_graph *graph, struct tin_node *like) {
  const struct tin_node *half = NULL;
  struct tin_node *swapped[2];
  for (int i = 0; i < like->n_in; i++)
    if (tin_dtype_is_half(like->in[i]->dtype))
      half = like->in[i];
  if (like->n_in == 2 && tin_ops[like->op].facts & OP_COMMUTATIVE && tin_op_is_elementwise(like->op) &&
      tin_operands_swap(like->in[0], like->in[1])) {
    swapped[0] = like->in[1];
    swapped[1] = like->in[0];
    like->in = swapped;
  }
  if (like->op == OP_CONTRACT && like->arg[1] < 0) {
    like->arg[1] = tin_contract_class(like->in[0], like->in[1], (uint32_t)like->arg[0]);
    like->arg[2] = like->arg[1] && (tin_has_zeros(like->in[0]) || tin_has_zeros(like->in[1]));
  }
  if (half && !tin_op_accepts(like->op, half->dtype))
    return build_in_f32(graph, like, (tin_dtype)half->dtype);
  const char *wrong = tin_node_infer(like);
  assert(!wrong || wrong == tin_too_large);
  if (wrong)
    return NULL;
  bool failed = false;
  struct tin_node *better = tin_rules_apply(graph, like, &failed);
  if (better || failed)
    return better;
  return tin_node_make(graph, like);
}

static void copy_sizes(int64_t *to, const int64_t *from, int rank) {
  for (int i = 0; i < rank; i++)
    to[i] = from[i];
}

/* ---- sources ---- */

/* NaN is one value: it must also be one node. */
struct tin_node *tin_node_const(struct tin_graph *graph, tin_dtype dtype, uint64_t bits) {
  return tin_node_make(graph, &(struct tin_node){.op = OP_CONST, .dtype = (uint8_t)dtype, .bits = tin_scalar_canonical(bits, dtype)});
}

struct tin_node *tin_node_number(struct tin_graph *graph, tin_dtype dtype, double value) {
  return tin_node_const(graph, dtype, tin_scalar_from_double(value, dtype));
}

struct tin_node *tin_node_scalar(struct tin_graph *graph, tin_dtype dtype, uint64_t bits) {
  return tin_node_make(graph, &(struct tin_node){.op = OP_SCALAR, .dtype = (uint8_t)dtype, .bits = bits});
}

struct tin_node *tin_node_iota(struct tin_graph *graph, tin_dtype dtype, int64_t size) {
  return tin_node_make(graph, &(struct tin_node){.op = OP_IOTA, .dtype = (uint8_t)dtype, .rank = 1, .shape = &size});
}

struct tin_node *tin_node_var(struct tin_graph *graph, struct tin_variable *variable) {
  struct tin_node like = {.op = OP_VAR,
                          .dtype = variable->dtype,
                          .rank = variable->rank,
                          .shape = variable->shape,
                          .bits = variable->version,
                          .variable = variable};
  return tin_node_make(graph, &like);
}

/* One id for all: operands of commutative ops then take the same order in every step. Nodes are told apart by the address. */
static const uint64_t placeholder_id = UINT64_MAX;

struct tin_node *tin_node_placeholder(struct tin_graph *graph, const struct tin_node *like) {
  struct tin_variable *variable = tin_arena_alloc(&graph->arena, sizeof *variable);
  if (!variable)
    return NULL;
  *variable = (struct tin_variable){.dtype = like->dtype, .rank = like->rank, .size = like->size, .id = placeholder_id};
  copy_sizes(variable->shape, like->shape, like->rank);
  return tin_node_var(graph, variable);
}

bool tin_node_is_placeholder(const struct tin_node *node) {
  return node->op == OP_VAR && node->variable->id == placeholder_id;
}

/* ---- elementwise ---- */

struct tin_node *tin_node_elementwise(struct tin_graph *graph, int op, tin_dtype dtype, struct tin_node **in, int n_in) {
  int64_t shape[TIN_MAX_RANK];
  struct tin_node like = {.op = (uint16_t)op, .dtype = (uint8_t)dtype, .n_in = (uint16_t)n_in, .in = in, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_unary(struct tin_graph *graph, int op, struct tin_node *x) {
  return x ? tin_node_elementwise(graph, op, x->dtype, &x, 1) : NULL;
}

struct tin_node *tin_node_binary(struct tin_graph *graph, int op, struct tin_node *a, struct tin_node *b) {
  return a && b ? tin_node_elementwise(graph, op, a->dtype, (struct tin_node *[]){a, b}, 2) : NULL;
}

struct tin_node *tin_node_select(struct tin_graph *graph, struct tin_node *condition, struct tin_node *a, struct tin_node *b) {
  return a ? tin_node_elementwise(graph, OP_SELECT, a->dtype, (struct tin_node *[]){condition, a, b}, 3) : NULL;
}

struct tin_node *tin_node_cast(struct tin_graph *graph, struct tin_node *x, tin_dtype dtype) {
  return tin_node_elementwise(graph, OP_CAST, dtype, &x, 1);
}

/* ---- reductions ---- */

/* Axes of size 1 do not take part: the mask is the same however the caller wrote it. */
static int64_t without_unit_axes(const struct tin_node *x, uint32_t axes) {
  for (int i = 0; i < x->rank; i++)
    if (x->shape[i] == 1)
      axes &= ~(1u << i);
  return axes;
}

struct tin_node *tin_node_reduce(struct tin_graph *graph, int op, struct tin_node *x, uint32_t axes) {
  if (!x)
    return NULL;
  int64_t shape[TIN_MAX_RANK], arg = without_unit_axes(x, axes);
  struct tin_node like = {.op = (uint16_t)op, .n_in = 1, .in = &x, .n_arg = 1, .arg = &arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_contract(struct tin_graph *graph, struct tin_node *a, struct tin_node *b, uint32_t axes) {
  if (!a || !b)
    return NULL;
  int64_t shape[TIN_MAX_RANK], arg[3] = {without_unit_axes(a, axes), -1, 0}; /* the class is found where the node is new */
  struct tin_node like = {.op = OP_CONTRACT, .n_in = 2, .in = (struct tin_node *[]){a, b}, .n_arg = 3, .arg = arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_fold(struct tin_graph *graph, struct tin_node *x, int axis, int64_t stride, int64_t dilation, int64_t out_size) {
  if (!x)
    return NULL;
  int64_t shape[TIN_MAX_RANK], arg[4] = {axis, x->shape[x->rank - 1], stride, dilation};
  shape[axis] = out_size;
  struct tin_node like = {.op = OP_FOLD, .n_in = 1, .in = &x, .n_arg = 4, .arg = arg, .shape = shape};
  return build(graph, &like);
}

/* ---- movement ---- */

struct tin_node *tin_node_reshape(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape) {
  int64_t sizes[TIN_MAX_RANK];
  copy_sizes(sizes, shape, rank);
  struct tin_node like = {.op = OP_RESHAPE, .rank = (uint8_t)rank, .n_in = 1, .in = &x, .shape = sizes};
  return build(graph, &like);
}

struct tin_node *tin_node_permute(struct tin_graph *graph, struct tin_node *x, const int *axes) {
  if (!x)
    return NULL;
  int64_t shape[TIN_MAX_RANK], arg[TIN_MAX_RANK];
  for (int i = 0; i < x->rank; i++)
    arg[i] = axes[i];
  struct tin_node like = {.op = OP_PERMUTE, .n_in = 1, .in = &x, .n_arg = x->rank, .arg = arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_expand(struct tin_graph *graph, struct tin_node *x, const int64_t *shape) {
  if (!x)
    return NULL;
  int64_t sizes[TIN_MAX_RANK];
  copy_sizes(sizes, shape, x->rank);
  struct tin_node like = {.op = OP_EXPAND, .rank = x->rank, .n_in = 1, .in = &x, .shape = sizes};
  return build(graph, &like);
}

struct tin_node *tin_node_broadcast(struct tin_graph *graph, struct tin_node *x, int rank, const int64_t *shape) {
  if (!x || (x->rank == rank && same_words(x->shape, shape, rank)))
    return x;
  int64_t ones[TIN_MAX_RANK];
  int leading = rank - x->rank;
  assert(leading >= 0);
  for (int i = 0; i < rank; i++)
    ones[i] = i < leading ? 1 : x->shape[i - leading];
  return tin_node_expand(graph, tin_node_reshape(graph, x, rank, ones), shape);
}

struct tin_node *tin_node_slice(struct tin_graph *graph, struct tin_node *x, const int64_t *start, const int64_t *step,
                                const int64_t *size) {
  if (!x)
    return NULL;
  int64_t sizes[TIN_MAX_RANK], arg[TIN_MAX_ARGS];
  copy_sizes(sizes, size, x->rank);
  for (int i = 0; i < x->rank; i++) {
    arg[2 * i] = size[i] == 0 ? 0 : start[i]; /* one spelling for what cannot be told apart */
    arg[2 * i + 1] = size[i] <= 1 ? 1 : step[i];
  }
  struct tin_node like = {
      .op = OP_SLICE, .rank = x->rank, .n_in = 1, .in = &x, .n_arg = (uint16_t)(2 * x->rank), .arg = arg, .shape = sizes};
  return build(graph, &like);
}

struct tin_node *tin_node_pad(struct tin_graph *graph, struct tin_node *x, const int64_t *low, const int64_t *interior,
                              const int64_t *shape, uint64_t fill) {
  if (!x)
    return NULL;
  int64_t sizes[TIN_MAX_RANK], arg[TIN_MAX_ARGS];
  copy_sizes(sizes, shape, x->rank);
  for (int i = 0; i < x->rank; i++) {
    arg[2 * i] = low[i];
    arg[2 * i + 1] = x->shape[i] <= 1 ? 0 : interior[i];
  }
  struct tin_node like = {.op = OP_PAD,
                          .rank = x->rank,
                          .n_in = 1,
                          .in = &x,
                          .n_arg = (uint16_t)(2 * x->rank),
                          .arg = arg,
                          .shape = sizes,
                          .bits = tin_scalar_canonical(fill, x->dtype)};
  return build(graph, &like);
}

struct tin_node *tin_node_flip(struct tin_graph *graph, struct tin_node *x, uint32_t axes) {
  if (!x)
    return NULL;
  int64_t shape[TIN_MAX_RANK], arg = without_unit_axes(x, axes);
  struct tin_node like = {.op = OP_FLIP, .n_in = 1, .in = &x, .n_arg = 1, .arg = &arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_window(struct tin_graph *graph, struct tin_node *x, int axis, int64_t size, int64_t stride, int64_t dilation) {
  int64_t shape[TIN_MAX_RANK], arg[4] = {axis, size, stride, size == 1 ? 1 : dilation};
  struct tin_node like = {.op = OP_WINDOW, .n_in = 1, .in = &x, .n_arg = 4, .arg = arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_identity(struct tin_graph *graph, struct tin_node *x, struct tin_custom *custom, uint64_t tag) {
  if (!x)
    return NULL;
  if (custom)
    tin_graph_settle(graph); /* what it does is not in the record */
  struct tin_node like = {
      .op = OP_IDENTITY, .dtype = x->dtype, .rank = x->rank, .n_in = 1, .in = &x, .shape = x->shape, .bits = tag, .custom = custom};
  return tin_node_make(graph, &like);
}

struct tin_node *tin_node_barrier(struct tin_graph *graph, struct tin_node *x, struct tin_node *after) {
  if (!x || !after)
    return NULL;
  struct tin_node *in[2] = {x, after};
  struct tin_node like = {.op = OP_BARRIER, .dtype = x->dtype, .rank = x->rank, .n_in = 2, .in = in, .shape = x->shape};
  return tin_node_make(graph, &like);
}

/* Of more inputs, a tree: an element is selected from all inputs of its node, so that wide ones would take time in proportion to the square
 * of their number; and n_in has 16 bits. */
enum { CONCAT_MAX_WIDTH = 16 };

struct tin_node *tin_node_concat(struct tin_graph *graph, struct tin_node **in, int n_in, int axis) {
  struct tin_node *parts[CONCAT_MAX_WIDTH];
  if (n_in > CONCAT_MAX_WIDTH) {
    int share = (n_in + CONCAT_MAX_WIDTH - 1) / CONCAT_MAX_WIDTH, n_parts = 0;
    for (int start = 0; start < n_in; start += share)
      parts[n_parts++] = tin_node_concat(graph, in + start, n_in - start < share ? n_in - start : share, axis);
    in = parts;
    n_in = n_parts;
  }
  int64_t shape[TIN_MAX_RANK], arg = axis;
  struct tin_node like = {.op = OP_CONCAT, .n_in = (uint16_t)n_in, .in = in, .n_arg = 1, .arg = &arg, .shape = shape};
  return build(graph, &like);
}

/* ---- index and effect ---- */

struct tin_node *tin_node_gather(struct tin_graph *graph, struct tin_node *x, struct tin_node *index, struct tin_indexing indexing) {
  int64_t shape[TIN_MAX_RANK], arg[4] = {indexing.axis, indexing.batch, indexing.coords, indexing.tail};
  struct tin_node like = {.op = OP_GATHER, .n_in = 2, .in = (struct tin_node *[]){x, index}, .n_arg = 4, .arg = arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_scatter(struct tin_graph *graph, struct tin_node *base, struct tin_node *index, struct tin_node *source,
                                  struct tin_indexing indexing, enum tin_scatter_mode mode) {
  int64_t shape[TIN_MAX_RANK], arg[5] = {indexing.axis, indexing.batch, indexing.coords, indexing.tail, mode};
  struct tin_node like = {
      .op = OP_SCATTER, .n_in = 3, .in = (struct tin_node *[]){base, index, source}, .n_arg = 5, .arg = arg, .shape = shape};
  return build(graph, &like);
}

/* ---- scans ---- */

struct tin_node *tin_node_scan(struct tin_graph *graph, int op, struct tin_node *a, struct tin_node *b, int axis) {
  int64_t shape[TIN_MAX_RANK], arg = axis;
  struct tin_node like = {
      .op = (uint16_t)op, .n_in = b ? 2 : 1, .in = (struct tin_node *[]){a, b}, .n_arg = 1, .arg = &arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_moved(struct tin_graph *graph, struct tin_node *x, int axis, int by, double fill) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK], size[TIN_MAX_RANK], low[TIN_MAX_RANK] = {0}, interior[TIN_MAX_RANK] = {0};
  for (int i = 0; i < x->rank; i++) {
    step[i] = 1;
    size[i] = x->shape[i] - (i == axis);
  }
  *(by > 0 ? &low[axis] : &start[axis]) = 1;
  struct tin_node *kept = tin_node_slice(graph, x, start, step, size);
  return kept ? tin_node_pad(graph, kept, low, interior, x->shape, tin_scalar_from_double(fill, (tin_dtype)x->dtype)) : NULL;
}

struct tin_node *tin_node_argsort(struct tin_graph *graph, struct tin_node *x, int axis, bool descending) {
  int64_t shape[TIN_MAX_RANK], arg[2] = {axis, descending};
  struct tin_node like = {.op = OP_ARGSORT, .n_in = 1, .in = &x, .n_arg = 2, .arg = arg, .shape = shape};
  return build(graph, &like);
}

struct tin_node *tin_node_assign(struct tin_graph *graph, struct tin_node *var, struct tin_node *value) {
  int64_t shape[TIN_MAX_RANK];
  struct tin_node like = {.op = OP_ASSIGN, .n_in = 2, .in = (struct tin_node *[]){var, value}, .shape = shape};
  return build(graph, &like);
}

/* ---- traversal ---- */

struct walk_frame {
  struct tin_node *node;
  int next; /* input to visit next */
};

struct tin_node_list tin_graph_order(struct tin_graph *graph, struct tin_arena *arena, struct tin_node **outputs, int n_outputs) {
  TIN_VEC(struct walk_frame) stack = {0};
  TIN_VEC(struct tin_node *) order = {0};
  uint32_t stamp = ++*graph->stamp;
  for (int i = 0; i < n_outputs; i++) {
    if (outputs[i]->mark == stamp)
      continue;
    outputs[i]->mark = stamp;
    tin_vec_push(arena, &stack, ((struct walk_frame){outputs[i], 0}));
    while (stack.count) {
      struct walk_frame *top = &stack.at[stack.count - 1];
      struct tin_node *node = top->node;
      if (tin_node_is_leaf(node) || top->next == node->n_in) {
        node->index = (uint32_t)order.count;
        tin_vec_push(arena, &order, node);
        stack.count--;
        continue;
      }
      struct tin_node *input = node->in[top->next++];
      if (input->mark == stamp)
        continue;
      input->mark = stamp;
      tin_vec_push(arena, &stack, ((struct walk_frame){input, 0}));
    }
  }
  return (struct tin_node_list){order.at, order.count};
}
