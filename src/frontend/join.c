/* Joining tensors. */
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

/* ---- concat and stack ---- */

/* The list's nodes, promoted; freed by the caller. NULL with the error recorded. */
static struct tin_node **list_nodes(struct tin_call *call, tin_list tensors) {
  if (tensors.count <= 0 || !tensors.at) {
    tin_call_fail(call, "the list is empty"); /* no context is known: nobody hears of it */
    return NULL;
  }
  struct tin_node **nodes = tin_call_alloc(call, (size_t)tensors.count, sizeof *nodes, tensors.count, tensors.at);
  if (nodes && tin_call_operands(call, tensors.count, tensors.at, NULL, nodes) &&
      tin_coerce(call, COERCE_NONE, tensors.count, tensors.at, NULL, nodes))
    return nodes;
  free(nodes);
  return NULL;
}

/* All sizes agree, except those of the axis. */
static bool check_alike(struct tin_call *call, tin_list tensors, struct tin_node *const *nodes, int axis) {
  for (int i = 1; i < tensors.count; i++) {
    bool alike = nodes[i]->rank == nodes[0]->rank;
    for (int at = 0; alike && at < nodes[0]->rank; at++)
      alike = at == axis || nodes[i]->shape[at] == nodes[0]->shape[at];
    if (!alike) {
      tin_call_fail(call, "shapes differ: %s and %s", tin_describe(tensors.at[0], "tensor 0", nodes[0]).text,
                    tin_describe(tensors.at[i], tin_name_item(NULL, i).text, nodes[i]).text);
      return false;
    }
  }
  return true;
}

static struct tin_node *concat(struct tin_call *call, tin_list tensors, struct tin_node **nodes, int axis) {
  int place = tin_check_axis(call, tensors.at[0], "tensor 0", nodes[0], axis);
  if (place < 0 || !check_alike(call, tensors, nodes, place))
    return NULL;
  tin_shape shape = {.rank = nodes[0]->rank};
  memcpy(shape.size, nodes[0]->shape, sizeof *shape.size * (size_t)shape.rank);
  for (int i = 1; i < tensors.count; i++)
    shape.size[place] += nodes[i]->shape[place];
  int64_t size;
  if (!tin_check_shape(call, &shape, (tin_dtype)nodes[0]->dtype, &size))
    return NULL;
  struct tin_node *joined = tin_node_concat(call->graph, nodes, tensors.count, place);
  if (!joined)
    tin_call_fail(call, "out of memory");
  return joined;
}

static tin_tensor *join(struct tin_call call, tin_list tensors, int axis, bool stack) {
  struct tin_node **nodes = list_nodes(&call, tensors);
  bool valid = nodes && (!stack || check_alike(&call, tensors, nodes, -1));
  if (valid && stack) {
    int rank = nodes[0]->rank, place = axis < 0 ? axis + rank + 1 : axis;
    int64_t shape[TIN_RANK_LIMIT + 1];
    valid = place >= 0 && place <= rank && rank < TIN_RANK_LIMIT;
    if (!valid)
      tin_call_fail(&call, "no axis %d can be put into %s", axis, tin_describe(tensors.at[0], "tensor 0", nodes[0]).text);
    for (int from = 0, to = 0; valid && to <= rank; to++)
      shape[to] = to == place ? 1 : nodes[0]->shape[from++];
    for (int i = 0; valid && i < tensors.count; i++)
      valid = (nodes[i] = make_reshape(call.graph, nodes[i], rank + 1, shape));
  }
  struct tin_node *joined = valid ? concat(&call, tensors, nodes, axis) : NULL;
  free(nodes);
  return joined ? tin_call_result(&call, joined) : tin_call_poison(&call);
}

tin_tensor *tin_concat_at(const char *file, int line, tin_list tensors, int axis) {
  return join(tin_call_of(file, line, "concat"), tensors, axis, false);
}

tin_tensor *tin_stack_at(const char *file, int line, tin_list tensors, int axis) {
  return join(tin_call_of(file, line, "stack"), tensors, axis, true);
}
