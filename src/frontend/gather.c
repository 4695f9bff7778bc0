/* Reading by position: index tensors, and one position or range of an axis. The functions that write by index tensors are in scatter.c. */
#include <string.h>

#include "frontend/indexing.h"

/* ---- what index tensors must be ---- */

bool tin_check_index(struct tin_call *call, tin_tensor *t, const char *name, const struct tin_node *index) {
  if (index->dtype == TIN_BOOL)
    tin_call_fail(call, "%s is bool: what a mask selects has no fixed shape; use where or masked_fill", tin_name_operand(t, name).text);
  else if (tin_dtype_is_float(index->dtype))
    tin_call_fail(call, "%s is %s; an index holds integers", tin_name_operand(t, name).text, tin_dtype_name((tin_dtype)index->dtype));
  else
    return true;
  return false;
}

bool tin_indexed_shape(struct tin_call *call, tin_tensor *t, const struct tin_node *x, const struct tin_node *index, struct tin_indexing at,
                       tin_shape *shape) {
  int columns = at.coords ? at.coords : 1, places = tin_index_place_axes(index, at);
  int64_t size, *to = shape->size;
  shape->rank = x->rank - columns + places;
  if (shape->rank > TIN_RANK_LIMIT) {
    tin_call_fail(call, "taking %s by a %d-d index gives more than %d axes", tin_describe(t, "x", x).text, places, TIN_RANK_LIMIT);
    return false;
  }
  for (int i = 0; i < at.axis; i++)
    *to++ = x->shape[i];
  for (int i = 0; i < places; i++)
    *to++ = index->shape[at.batch + i];
  for (int i = at.axis + columns; i < x->rank; i++)
    *to++ = x->shape[i];
  return tin_check_shape(call, shape, (tin_dtype)x->dtype, &size);
}

/* ---- along one axis: torch's gather and scatter ---- */

bool tin_find_along(struct tin_call *call, struct tin_along *along, int axis) {
  static const int64_t one[] = {1};
  bool x_is_point = along->x->rank == 0, index_is_point = along->index->rank == 0;
  along->axis = x_is_point && (axis == 0 || axis == -1) ? 0 : tin_check_axis(call, along->x_tensor, "x", along->x, axis);
  if (along->axis < 0 || along->x->rank > 1 || along->index->rank > 1)
    return along->axis >= 0;
  along->x_is_point = x_is_point;
  along->index_is_point = index_is_point;
  if (x_is_point)
    along->x = make_reshape(call->graph, along->x, 1, one);
  if (index_is_point)
    along->index = make_reshape(call->graph, along->index, 1, one);
  if (!along->x || !along->index)
    tin_call_fail(call, "out of memory");
  return along->x && along->index;
}

bool tin_check_along(struct tin_call *call, const struct tin_along *along) {
  const struct tin_node *x = along->x, *index = along->index;
  bool fits = index->rank == x->rank;
  for (int i = 0; fits && i < x->rank; i++)
    fits = i == along->axis || index->shape[i] <= x->shape[i];
  if (!fits)
    tin_call_fail(call, "%s must have the axes of %s and fit them, but along axis %d",
                  tin_describe(along->index_tensor, "index", index).text, tin_describe(along->x_tensor, "x", x).text, along->axis);
  return fits;
}

struct tin_node *tin_node_leading(struct tin_graph *graph, struct tin_node *x, const int64_t *size) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK];
  for (int i = 0; i < TIN_MAX_RANK; i++)
    step[i] = 1;
  return tin_node_slice(graph, x, start, step, size);
}

/* The part of x that the index can reach: all of its axis, the first positions along the others. */
struct tin_node *tin_node_reached(struct tin_graph *graph, struct tin_node *x, const struct tin_node *index, int axis) {
  int64_t size[TIN_MAX_RANK];
  for (int i = 0; i < x->rank; i++)
    size[i] = i == axis ? x->shape[i] : index->shape[i];
  return tin_node_leading(graph, x, size);
}

static struct tin_node *gather_along(struct tin_graph *graph, const struct tin_along *along) {
  struct tin_node *x = tin_node_reached(graph, along->x, along->index, along->axis);
  struct tin_node *taken = tin_node_take_along(graph, x, along->index, along->axis);
  return along->index_is_point ? make_reshape(graph, taken, 0, NULL) : taken;
}

tin_tensor *tin_gather_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index) {
  struct tin_call call = tin_call_of(file, line, "gather");
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, (tin_tensor *[]){x, index}, (const char *[]){"x", "index"}, nodes))
    return tin_call_poison(&call);
  struct tin_along along = {.x_tensor = x, .index_tensor = index, .x = nodes[0], .index = nodes[1]};
  if (!tin_check_index(&call, index, "index", nodes[1]) || !tin_find_along(&call, &along, axis) || !tin_check_along(&call, &along))
    return tin_call_poison(&call);
  return tin_call_result(&call, gather_along(call.graph, &along));
}

/* Both broadcast off the axis: their shapes with 1 there are joined, then each keeps its own size there. */
static bool broadcast_along(struct tin_call *call, struct tin_along *along) {
  struct tin_node *nodes[2] = {along->x, along->index};
  int64_t shape[TIN_MAX_RANK];
  if (nodes[0]->rank != nodes[1]->rank) {
    tin_call_fail(call, "%s and %s differ in their number of axes", tin_describe(along->x_tensor, "x", nodes[0]).text,
                  tin_describe(along->index_tensor, "index", nodes[1]).text);
    return false;
  }
  for (int i = 0; i < nodes[0]->rank; i++) {
    int64_t a = nodes[0]->shape[i], b = nodes[1]->shape[i];
    if (i != along->axis && a != b && a != 1 && b != 1) {
      tin_call_fail(call, "shapes do not broadcast: %s and %s: %lld is not %lld", tin_describe(along->x_tensor, "x", nodes[0]).text,
                    tin_describe(along->index_tensor, "index", nodes[1]).text, (long long)a, (long long)b);
      return false;
    }
    shape[i] = a == 1 ? b : a;
  }
  for (int k = 0; k < 2; k++) {
    shape[along->axis] = nodes[k]->shape[along->axis];
    nodes[k] = tin_node_expand(call->graph, nodes[k], shape);
  }
  along->x = nodes[0];
  along->index = nodes[1];
  if (!along->x || !along->index)
    tin_call_fail(call, "out of memory");
  return along->x && along->index;
}

tin_tensor *tin_take_along_axis_at(const char *file, int line, tin_tensor *x, tin_tensor *index, int axis) {
  struct tin_call call = tin_call_of(file, line, "take_along_axis");
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, (tin_tensor *[]){x, index}, (const char *[]){"x", "index"}, nodes))
    return tin_call_poison(&call);
  struct tin_along along = {.x_tensor = x, .index_tensor = index, .x = nodes[0], .index = nodes[1]};
  if (!tin_check_index(&call, index, "index", nodes[1]) || !tin_find_along(&call, &along, axis) || !broadcast_along(&call, &along))
    return tin_call_poison(&call);
  return tin_call_result(&call, gather_along(call.graph, &along));
}

/* ---- whole slices ---- */

static tin_tensor *take(struct tin_call *call, tin_tensor *x, tin_tensor *index, int axis, int index_rank) {
  struct tin_node *nodes[2];
  tin_shape shape;
  if (!tin_call_operands(call, 2, (tin_tensor *[]){x, index}, (const char *[]){"x", "index"}, nodes))
    return tin_call_poison(call);
  struct tin_indexing at = {.axis = tin_check_axis(call, x, "x", nodes[0], axis)};
  if (at.axis < 0 || !tin_check_index(call, index, "index", nodes[1]))
    return tin_call_poison(call);
  if (nodes[1]->rank > index_rank) {
    tin_call_fail(call, "%s must be 1-d", tin_describe(index, "index", nodes[1]).text);
    return tin_call_poison(call);
  }
  if (nodes[1]->rank < index_rank && index_rank == 1)
    nodes[1] = make_reshape(call->graph, nodes[1], 1, &nodes[1]->size);
  if (!nodes[1] || !tin_indexed_shape(call, x, nodes[0], nodes[1], at, &shape))
    return tin_call_poison(call);
  return tin_call_result(call, tin_node_gather(call->graph, nodes[0], nodes[1], at));
}

tin_tensor *tin_take_at(const char *file, int line, tin_tensor *x, tin_tensor *index, int axis) {
  struct tin_call call = tin_call_of(file, line, "take");
  return take(&call, x, index, axis, TIN_MAX_RANK);
}

tin_tensor *tin_index_select_at(const char *file, int line, tin_tensor *x, int axis, tin_tensor *index) {
  struct tin_call call = tin_call_of(file, line, "index_select");
  return take(&call, x, index, axis, 1);
}

tin_tensor *tin_embedding_args(struct tin_embedding_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "embedding");
  struct tin_node *nodes[2];
  tin_shape shape;
  if (!tin_call_operands(&call, 2, (tin_tensor *[]){args.index, args.weight}, (const char *[]){"index", "weight"}, nodes) ||
      !tin_check_index(&call, args.index, "index", nodes[0]))
    return tin_call_poison(&call);
  struct tin_node *index = nodes[0], *weight = nodes[1];
  if (weight->rank != 2) {
    tin_call_fail(&call, "%s must be 2-d", tin_describe(args.weight, "weight", weight).text);
    return tin_call_poison(&call);
  }
  int64_t padding = args.padding_index < 0 ? args.padding_index + weight->shape[0] : args.padding_index;
  if (args.pad && (padding < 0 || padding >= weight->shape[0])) {
    tin_call_fail(&call, "padding_index %lld is out of range for %s", (long long)args.padding_index,
                  tin_describe(args.weight, "weight", weight).text);
    return tin_call_poison(&call);
  }
  if (!tin_indexed_shape(&call, args.weight, weight, index, (struct tin_indexing){0}, &shape))
    return tin_call_poison(&call);
  struct tin_node *rows = make_gather(call.graph, weight, index, 0);
  if (!args.pad)
    return tin_call_result(&call, rows);
  int64_t columns[TIN_MAX_RANK]; /* the index with a last axis of size 1, which the rows fill */
  memcpy(columns, index->shape, sizeof *columns * index->rank);
  columns[index->rank] = 1;
  struct tin_node *wide = make_cast(call.graph, index, TIN_I64); /* the index's own dtype may not hold the number */
  struct tin_node *is_padding = make_binary(call.graph, OP_EQ, wide, make_number(call.graph, wide, (double)padding));
  is_padding = make_broadcast(call.graph, make_reshape(call.graph, is_padding, shape.rank, columns), shape.rank, shape.size);
  return tin_call_result(&call, make_select(call.graph, is_padding, tin_node_detached(call.graph, rows), rows));
}

/* ---- several axes ---- */

/* idx + n where -n <= idx < 0; what is out of range stays as it is, for the message. */
static struct tin_node *wrap(struct tin_graph *graph, struct tin_node *index, int64_t n) {
  struct tin_node *zero = make_number(graph, index, 0), *size = make_number(graph, index, (double)n);
  struct tin_node *from_end = make_binary(graph, OP_ADD, index, size);
  struct tin_node *wraps = make_binary(graph, OP_AND, make_binary(graph, OP_LT, index, zero), make_binary(graph, OP_LE, zero, from_end));
  return make_select(graph, wraps, from_end, index);
}

/* Index k in a dtype that holds its numbers and the size of its axis, counted from the end where negative. */
static struct tin_node *counted(struct tin_graph *graph, struct tin_node *index, int64_t n, bool narrow) {
  bool is_unsigned = tin_dtypes[index->dtype].class == TIN_CLASS_UNSIGNED;
  struct tin_node *wide = make_cast(graph, index, narrow ? TIN_I32 : TIN_I64);
  return is_unsigned ? wide : wrap(graph, wide, n);
}

/* All as columns of a new last axis. */
static struct tin_node *joined(struct tin_graph *graph, struct tin_node **nodes, int count) {
  for (int k = 0; k < count; k++) {
    int64_t shape[TIN_MAX_RANK + 1];
    memcpy(shape, nodes[k]->shape, sizeof *shape * nodes[k]->rank);
    shape[nodes[k]->rank] = 1;
    nodes[k] = make_reshape(graph, nodes[k], nodes[k]->rank + 1, shape);
    if (!nodes[k])
      return NULL;
  }
  return tin_node_concat(graph, nodes, count, nodes[0]->rank - 1);
}

bool tin_call_indices(struct tin_call *call, tin_tensor *t, tin_list list, int axis, struct tin_indices *indices) {
  const struct tin_node *x = indices->x;
  struct tin_node *nodes[TIN_MAX_RANK];
  struct tin_words names[TIN_MAX_RANK];
  const char *name_of[TIN_MAX_RANK];
  indices->at.axis = list.count > 0 && list.at ? tin_check_axis(call, t, "x", x, axis) : -1;
  if (list.count <= 0 || !list.at)
    tin_call_fail(call, "the list of indices is empty");
  else if (indices->at.axis >= 0 && list.count > x->rank - indices->at.axis)
    tin_call_fail(call, "%d indices for the axes from %d of %s", list.count, indices->at.axis, tin_describe(t, "x", x).text);
  if (indices->at.axis < 0 || list.count > x->rank - indices->at.axis)
    return false;
  call->items = "index";
  if (!tin_call_operands(call, list.count, list.at, NULL, nodes))
    return false;
  bool narrow = true;
  for (int k = 0; k < list.count; k++) {
    names[k] = tin_name_item("index", k);
    name_of[k] = names[k].text;
    if (!tin_check_index(call, list.at[k], name_of[k], nodes[k]))
      return false;
    bool fits = tin_dtype_bytes(nodes[k]->dtype) < 4 || nodes[k]->dtype == TIN_I32;
    narrow = narrow && fits && x->shape[indices->at.axis + k] <= INT32_MAX;
  }
  if (!tin_broadcast_all(call, list.count, list.at, name_of, nodes))
    return false;
  bool complete = true;
  for (int k = 0; k < list.count; k++) {
    nodes[k] = counted(call->graph, nodes[k], x->shape[indices->at.axis + k], narrow);
    complete = complete && nodes[k];
  }
  indices->at.coords = list.count > 1 ? list.count : 0;
  indices->index = !complete ? NULL : list.count > 1 ? joined(call->graph, nodes, list.count) : nodes[0];
  if (!indices->index)
    tin_call_fail(call, "out of memory");
  return indices->index && tin_indexed_shape(call, t, x, indices->index, indices->at, &indices->shape);
}

tin_tensor *tin_index_args(struct tin_index_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "index");
  struct tin_indices indices = {.x = tin_call_operand(&call, args.x, "x")};
  if (!indices.x || !tin_call_indices(&call, args.x, args.indices, args.axis, &indices))
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_node_gather(call.graph, indices.x, indices.index, indices.at));
}

tin_tensor *tin_gather_nd_at(const char *file, int line, tin_tensor *x, tin_tensor *index) {
  struct tin_call call = tin_call_of(file, line, "gather_nd");
  struct tin_node *nodes[2];
  tin_shape shape;
  if (!tin_call_operands(&call, 2, (tin_tensor *[]){x, index}, (const char *[]){"x", "index"}, nodes) ||
      !tin_check_index(&call, index, "index", nodes[1]))
    return tin_call_poison(&call);
  int64_t coords = nodes[1]->rank ? nodes[1]->shape[nodes[1]->rank - 1] : 0;
  if (coords < 1 || coords > nodes[0]->rank) {
    tin_call_fail(&call, "the last axis of %s must hold 1 to %d coordinates of %s", tin_describe(index, "index", nodes[1]).text,
                  nodes[0]->rank, tin_describe(x, "x", nodes[0]).text);
    return tin_call_poison(&call);
  }
  struct tin_indexing at = {.coords = (int)coords};
  if (!tin_indexed_shape(&call, x, nodes[0], nodes[1], at, &shape))
    return tin_call_poison(&call);
  return tin_call_result(&call, tin_node_gather(call.graph, nodes[0], nodes[1], at));
}

/* ---- one position, one range ---- */

/* x[start : start + length] along the axis; NULL with the error recorded when that reaches outside. */
static struct tin_node *range_of(struct tin_call *call, tin_tensor *x, int *axis, int64_t start, int64_t length) {
  struct tin_node *node = tin_call_operand(call, x, "x");
  *axis = node ? tin_check_axis(call, x, "x", node, *axis) : -1;
  if (*axis < 0)
    return NULL;
  int64_t n = node->shape[*axis], from = start < 0 ? start + n : start, starts[TIN_MAX_RANK] = {0}, size[TIN_MAX_RANK], step[TIN_MAX_RANK];
  if (start < -n || length < 0 || length > n || from > n - length) {
    tin_call_fail(call, "%lld position%s from %lld reach outside axis %d of %s", (long long)length, length == 1 ? "" : "s",
                  (long long)start, *axis, tin_describe(x, "x", node).text);
    return NULL;
  }
  for (int i = 0; i < node->rank; i++) {
    size[i] = i == *axis ? length : node->shape[i];
    step[i] = 1;
  }
  starts[*axis] = from;
  struct tin_node *range = tin_node_slice(call->graph, node, starts, step, size);
  if (!range)
    tin_call_fail(call, "out of memory");
  return range;
}

tin_tensor *tin_narrow_at(const char *file, int line, tin_tensor *x, int axis, int64_t start, int64_t length) {
  struct tin_call call = tin_call_of(file, line, "narrow");
  struct tin_node *range = range_of(&call, x, &axis, start, length);
  return range ? tin_call_result(&call, range) : tin_call_poison(&call);
}

tin_tensor *tin_select_at(const char *file, int line, tin_tensor *x, int axis, int64_t position) {
  struct tin_call call = tin_call_of(file, line, "select");
  struct tin_node *range = range_of(&call, x, &axis, position, 1);
  return range ? tin_call_result(&call, tin_node_drop_axes(call.graph, range, 1u << axis)) : tin_call_poison(&call);
}
