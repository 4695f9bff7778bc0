/* Writing by index tensors: copies of a tensor with some elements changed. The functions that read by them are in gather.c. */
#include <string.h>

#include "frontend/indexing.h"

/* Operands x and what is put into it, in one dtype. */
static bool coerce_pair(struct tin_call *call, enum tin_scatter_mode mode, tin_tensor *const *tensors, struct tin_node **pair) {
  static const char *const names[] = {"x", "source"};
  bool arithmetic = mode == TIN_SCATTER_ADD || mode == TIN_SCATTER_MUL;
  return tin_coerce(call, arithmetic ? COERCE_ARITHMETIC : COERCE_NONE, 2, tensors, names, pair);
}

static bool has_shape(const struct tin_node *node, const tin_shape *shape) {
  bool same = node->rank == shape->rank;
  for (int i = 0; same && i < shape->rank; i++)
    same = node->shape[i] == shape->size[i];
  return same;
}

/* ---- whole slices ---- */

/* The operands of a function that puts slices along one axis. */
struct slices {
  struct tin_call call;
  struct tin_node *x, *index;
  struct tin_indexing at;
  tin_shape shape; /* of what the index names */
};

static bool slices_of(struct slices *s, tin_tensor *x, int axis, tin_tensor *index) {
  struct tin_node *nodes[2];
  if (!tin_call_operands(&s->call, 2, (tin_tensor *[]){x, index}, (const char *[]){"x", "index"}, nodes))
    return false;
  s->x = nodes[0];
  s->index = nodes[1];
  s->at.axis = tin_check_axis(&s->call, x, "x", s->x, axis);
  return s->at.axis >= 0 && tin_check_index(&s->call, index, "index", s->index) &&
         tin_indexed_shape(&s->call, x, s->x, s->index, s->at, &s->shape);
}

static tin_tensor *put_slices(struct tin_call call, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source,
                              enum tin_scatter_mode mode) {
  struct slices s = {.call = call};
  struct tin_node *pair[2];
  if (!slices_of(&s, x, axis, index) || !(pair[1] = tin_call_operand(&s.call, source, "source")))
    return tin_call_poison(&s.call);
  pair[0] = s.x;
  if (!coerce_pair(&s.call, mode, (tin_tensor *[]){x, source}, pair))
    return tin_call_poison(&s.call);
  if (!has_shape(pair[1], &s.shape)) {
    tin_call_fail(&s.call, "%s must have shape %s", tin_describe(source, "source", pair[1]).text,
                  tin_shape_words(s.shape.rank, s.shape.size).text);
    return tin_call_poison(&s.call);
  }
  return tin_call_result(&s.call, tin_node_scatter(s.call.graph, pair[0], s.index, pair[1], s.at, mode));
}

tin_tensor *tin_index_add_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source) {
  return put_slices(tin_call_of(file, line, "index_add"), x, axis, index, source, TIN_SCATTER_ADD);
}

tin_tensor *tin_index_copy_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source) {
  return put_slices(tin_call_of(file, line, "index_copy"), x, axis, index, source, TIN_SCATTER_SET);
}

/* The number in x's dtype, in the shape. */
static struct tin_node *filled(struct tin_graph *graph, const struct tin_node *x, double value, int rank, const int64_t *shape) {
  return make_broadcast(graph, tin_node_number(graph, (tin_dtype)x->dtype, value), rank, shape);
}

tin_tensor *tin_index_fill_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, double value) {
  struct slices s = {.call = tin_call_of(file, line, "index_fill")};
  if (!slices_of(&s, x, axis, index))
    return tin_call_poison(&s.call);
  struct tin_node *fill = filled(s.call.graph, s.x, value, s.shape.rank, s.shape.size);
  return tin_call_result(&s.call, tin_node_scatter(s.call.graph, s.x, s.index, fill, s.at, TIN_SCATTER_SET));
}

tin_tensor *tin_masked_fill_at(const char *file, int line, tin_tensor *x, tin_tensor *mask, double value) {
  static const char *const names[] = {"x", "mask"};
  struct tin_call call = tin_call_of(file, line, "masked_fill");
  tin_tensor *tensors[] = {x, mask};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, names, nodes) || !tin_coerce(&call, COERCE_LOGICAL, 1, tensors + 1, names + 1, nodes + 1) ||
      !tin_broadcast_all(&call, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  return tin_call_result(&call, make_select(call.graph, nodes[1], make_number(call.graph, nodes[0], value), nodes[0]));
}

tin_tensor *tin_one_hot_at(const char *file, int line, tin_tensor *index, int64_t classes) {
  struct tin_call call = tin_call_of(file, line, "one_hot");
  struct tin_node *node = tin_call_operand(&call, index, "index");
  tin_shape shape = {.rank = node ? node->rank + 1 : 0};
  int64_t size;
  if (!node || !tin_check_index(&call, index, "index", node))
    return tin_call_poison(&call);
  for (int i = 0; i < node->rank; i++)
    shape.size[i] = node->shape[i];
  if (shape.rank <= TIN_RANK_LIMIT)
    shape.size[node->rank] = classes;
  if (!tin_check_shape(&call, &shape, TIN_I64, &size))
    return tin_call_poison(&call);
  struct tin_node *zero = tin_node_number(call.graph, TIN_I64, 0), *one = tin_node_number(call.graph, TIN_I64, 1);
  return tin_call_result(&call, tin_node_scatter(call.graph, make_broadcast(call.graph, zero, shape.rank, shape.size), node,
                                                 make_broadcast(call.graph, one, node->rank, node->shape),
                                                 (struct tin_indexing){.axis = node->rank, .batch = node->rank}, TIN_SCATTER_SET));
}

/* ---- along one axis ---- */

/* `part`, of the first positions of x along some axes, with the rest of x behind it. */
static struct tin_node *completed(struct tin_graph *graph, struct tin_node *part, struct tin_node *x) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK], size[TIN_MAX_RANK];
  for (int i = 0; i < x->rank; i++)
    step[i] = 1;
  for (int axis = 0; part && axis < x->rank; axis++) {
    if (part->shape[axis] == x->shape[axis])
      continue;
    memcpy(size, part->shape, sizeof *size * x->rank);
    start[axis] = part->shape[axis];
    size[axis] = x->shape[axis] - part->shape[axis];
    struct tin_node *rest = tin_node_slice(graph, x, start, step, size);
    part = rest ? tin_node_concat(graph, (struct tin_node *[]){part, rest}, 2, axis) : NULL;
    start[axis] = 0;
  }
  return part;
}

static struct tin_node *scatter_along(struct tin_graph *graph, const struct tin_along *along, struct tin_node *x, struct tin_node *source,
                                      enum tin_scatter_mode mode) {
  if (!x || !source)
    return NULL;
  struct tin_node *reached = tin_node_reached(graph, x, along->index, along->axis);
  struct tin_node *sources = tin_node_leading(graph, source, along->index->shape);
  return completed(graph, tin_node_scatter(graph, reached, along->index, sources, tin_indexing_along(x, along->axis), mode), x);
}

/* The operands of the functions of torch's scatter family; source is not smaller than the index, or 0-d. */
static bool scatter_operands(struct tin_call *call, struct tin_along *along, int axis, tin_tensor *source, enum tin_scatter_mode mode,
                             struct tin_node **source_node) {
  struct tin_node *nodes[3], *pair[2];
  tin_tensor *x = along->x_tensor, *index = along->index_tensor;
  if (!tin_call_operands(call, 3, (tin_tensor *[]){x, index, source}, (const char *[]){"x", "index", "source"}, nodes))
    return false;
  along->x = nodes[0];
  along->index = nodes[1];
  if (!tin_check_index(call, index, "index", nodes[1]) || !tin_find_along(call, along, axis) || !tin_check_along(call, along))
    return false;
  nodes[1] = along->index;
  pair[0] = along->x;
  pair[1] = nodes[2];
  if (!coerce_pair(call, mode, (tin_tensor *[]){x, source}, pair))
    return false;
  if (pair[1]->rank == 0)
    pair[1] = make_broadcast(call->graph, pair[1], nodes[1]->rank, nodes[1]->shape);
  bool covers = pair[1] && pair[1]->rank == nodes[1]->rank;
  for (int i = 0; covers && i < nodes[1]->rank; i++)
    covers = pair[1]->shape[i] >= nodes[1]->shape[i];
  if (!covers) {
    tin_call_fail(call, "%s must be as large as %s, or 0-d", tin_describe(source, "source", nodes[2]).text,
                  tin_describe(index, "index", nodes[1]).text);
    return false;
  }
  along->x = pair[0];
  *source_node = pair[1];
  return true;
}

static tin_tensor *scattered(struct tin_call *call, const struct tin_along *along, struct tin_node *result) {
  return tin_call_result(call, along->x_is_point ? make_reshape(call->graph, result, 0, NULL) : result);
}

static tin_tensor *scatter(struct tin_call call, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source,
                           enum tin_scatter_mode mode) {
  struct tin_along along = {.x_tensor = x, .index_tensor = index};
  struct tin_node *node;
  if (!scatter_operands(&call, &along, axis, source, mode, &node))
    return tin_call_poison(&call);
  return scattered(&call, &along, scatter_along(call.graph, &along, along.x, node, mode));
}

tin_tensor *tin_scatter_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source) {
  return scatter(tin_call_of(file, line, "scatter"), x, axis, index, source, TIN_SCATTER_SET);
}

tin_tensor *tin_scatter_add_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index, tin_tensor *source) {
  return scatter(tin_call_of(file, line, "scatter_add"), x, axis, index, source, TIN_SCATTER_ADD);
}

static const struct reduction {
  const char *name;
  enum tin_scatter_mode mode;
  int neutral; /* the reduction whose neutral element takes the place of x where it is left out; -1: 0 */
} reductions[] = {
    {"sum", TIN_SCATTER_ADD, -1},
    {"prod", TIN_SCATTER_MUL, OP_PROD},
    {"mean", TIN_SCATTER_ADD, -1},
    {"amax", TIN_SCATTER_MAX, OP_REDUCE_MAX},
    {"amin", TIN_SCATTER_MIN, OP_REDUCE_MIN},
};

static const struct reduction *find_reduction(struct tin_call *call, const char *name) {
  for (size_t i = 0; name && i < sizeof reductions / sizeof *reductions; i++)
    if (!strcmp(name, reductions[i].name))
      return &reductions[i];
  tin_call_fail(call, "the reduction is %s; it must be sum, prod, mean, amax or amin", name ? name : "NULL");
  return NULL;
}

/* Rounds integers towards minus infinity; the divisor is positive. */
static struct tin_node *floor_quotient(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  struct tin_node *quotient = make_binary(graph, OP_DIV, a, b);
  if (!a || tin_dtypes[a->dtype].class != TIN_CLASS_SIGNED)
    return quotient;
  struct tin_node *below = make_binary(graph, OP_LT, make_binary(graph, OP_MOD, a, b), make_number(graph, a, 0));
  return make_binary(graph, OP_SUB, quotient, make_cast(graph, below, (tin_dtype)a->dtype));
}

/* sum / count, where count is of the sources, and of x unless it is left out. */
static struct tin_node *mean_of(struct tin_graph *graph, const struct tin_along *along, struct tin_node *sum, struct tin_node *source,
                                bool exclude_self) {
  struct tin_node *base = make_number(graph, along->x, exclude_self ? 0 : 1), *one = make_number(graph, source, 1);
  struct tin_node *count = scatter_along(graph, along, base, one, TIN_SCATTER_ADD);
  return floor_quotient(graph, sum, make_binary(graph, OP_MAX, count, make_number(graph, count, 1)));
}

tin_tensor *tin_scatter_reduce_args(struct tin_scatter_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "scatter_reduce");
  struct tin_along along = {.x_tensor = args.x, .index_tensor = args.index};
  struct tin_node *source;
  if (!tin_call_operand(&call, args.x, "x")) /* gives the call its context, for the message about the name */
    return tin_call_poison(&call);
  const struct reduction *reduction = find_reduction(&call, args.reduce);
  if (!reduction || !scatter_operands(&call, &along, args.axis, args.source, reduction->mode, &source))
    return tin_call_poison(&call);
  struct tin_node *base = along.x;
  if (args.exclude_self) {
    tin_dtype dtype = (tin_dtype)base->dtype;
    uint64_t bits = reduction->neutral < 0 ? 0 : tin_scalar_neutral(reduction->neutral, dtype);
    struct tin_node *neutral = make_broadcast(call.graph, tin_node_const(call.graph, dtype, bits), source->rank, source->shape);
    base = scatter_along(call.graph, &along, base, neutral, TIN_SCATTER_SET);
  }
  struct tin_node *result = scatter_along(call.graph, &along, base, source, reduction->mode);
  if (!strcmp(reduction->name, "mean"))
    result = mean_of(call.graph, &along, result, source, args.exclude_self);
  return scattered(&call, &along, result);
}

/* ---- several axes ---- */

static bool broadcasts_to(const struct tin_node *node, const tin_shape *shape) {
  bool fits = node->rank <= shape->rank;
  for (int i = 0; fits && i < node->rank; i++)
    fits = node->shape[i] == 1 || node->shape[i] == shape->size[shape->rank - node->rank + i];
  return fits;
}

tin_tensor *tin_index_put_args(struct tin_index_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "index_put");
  struct tin_node *nodes[2];
  enum tin_scatter_mode mode = args.accumulate ? TIN_SCATTER_ADD : TIN_SCATTER_SET;
  tin_tensor *tensors[] = {args.x, args.values};
  if (!tin_call_operands(&call, 2, tensors, (const char *[]){"x", "values"}, nodes))
    return tin_call_poison(&call);
  struct tin_indices indices = {.x = nodes[0]};
  if (!tin_call_indices(&call, args.x, args.indices, args.axis, &indices) || !coerce_pair(&call, mode, tensors, nodes))
    return tin_call_poison(&call);
  if (!broadcasts_to(nodes[1], &indices.shape)) {
    tin_call_fail(&call, "%s does not broadcast to %s, the shape that the indices name", tin_describe(args.values, "values", nodes[1]).text,
                  tin_shape_words(indices.shape.rank, indices.shape.size).text);
    return tin_call_poison(&call);
  }
  struct tin_node *values = make_broadcast(call.graph, nodes[1], indices.shape.rank, indices.shape.size);
  return tin_call_result(&call, tin_node_scatter(call.graph, nodes[0], indices.index, values, indices.at, mode));
}
