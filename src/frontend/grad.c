/* Gradients as the user asks for them: handles in, handles out. */
#include "frontend/frontend.h"

#include <stdlib.h>

#include "ir/gradient.h"

static bool check_cotangent(struct tin_call *call, tin_tensor *loss, tin_tensor *cotangent, struct tin_node **nodes) {
  bool same = nodes[0]->rank == nodes[1]->rank;
  for (int axis = 0; same && axis < nodes[0]->rank; axis++)
    same = nodes[0]->shape[axis] == nodes[1]->shape[axis];
  nodes[1] = make_cast(call->graph, nodes[1], (tin_dtype)nodes[0]->dtype);
  if (same && nodes[1])
    return true;
  if (same)
    tin_call_fail(call, "out of memory");
  else
    tin_call_fail(call, "shapes differ: %s and %s", tin_describe(loss, "loss", nodes[0]).text,
                  tin_describe(cotangent, "cotangent", nodes[1]).text);
  return false;
}

/* What a gradient is taken of. */
struct request {
  tin_tensor *loss, *cotangent;
  bool with_cotangent;
  tin_list wrt;
  struct tin_node **nodes;     /* loss, cotangent or NULL, wrt, old values of wrt */
  struct tin_node **gradients; /* of wrt and of the old values */
};

static bool resolve(struct tin_call *call, struct request *request) {
  struct tin_node **nodes = request->nodes;
  tin_tensor *tensors[] = {request->loss, request->cotangent};
  static const char *const names[] = {"loss", "cotangent"};
  if (!tin_call_operands(call, request->with_cotangent ? 2 : 1, tensors, names, nodes) ||
      (request->with_cotangent && !check_cotangent(call, request->loss, request->cotangent, nodes)))
    return false;
  call->items = "wrt";
  return tin_call_operands(call, request->wrt.count, request->wrt.at, NULL, nodes + 2);
}

/* The value of the variable before its pending update, as a node; else the node itself. */
static struct tin_node *old_value(tin_tensor *t, struct tin_node *node) {
  const struct tin_slot *slot = tin_slot_of(t);
  return slot->kind == SLOT_STORAGE && slot->storage->pending && slot->storage->node ? slot->storage->node : node;
}

/* A loss built before tin_assign depends on the old value; zeros for the new one would be right and useless. */
static bool check_stale(struct tin_call *call, const struct request *request) {
  int count = request->wrt.count;
  for (int i = 0; i < count; i++) {
    struct tin_node *node = request->nodes[2 + i], *zeros = make_number(call->graph, node, 0);
    if (request->nodes[2 + count + i] == node || request->gradients[i] != zeros || request->gradients[count + i] == zeros)
      continue;
    tin_call_fail(call, "%s was assigned after the loss was built; take the gradient before",
                  tin_name_operand(request->wrt.at[i], "wrt").text);
    return false;
  }
  return true;
}

static bool differentiate(struct tin_call *call, struct request *request, tin_tensor **out) {
  int count = request->wrt.count;
  if (!resolve(call, request))
    return false;
  for (int i = 0; i < count; i++)
    request->nodes[2 + count + i] = old_value(request->wrt.at[i], request->nodes[2 + i]);
  struct tin_error error = {0};
  if (!tin_gradient(call->graph, request->nodes[0], request->nodes[1], request->nodes + 2, 2 * count, request->gradients, &error)) {
    tin_call_fail(call, "%s", error.text);
    return false;
  }
  bool made = check_stale(call, request);
  for (int i = 0; made && i < count; i++) {
    out[i] = tin_call_result(call, request->gradients[i]);
    made = !tin_is_poison(out[i]);
  }
  return made;
}

static bool gradient(struct tin_call call, struct request request, tin_tensor **out) {
  if (request.wrt.count < 0 || !request.wrt.at || !out)
    request.wrt.count = 0;
  size_t count = (size_t)request.wrt.count;
  request.nodes = tin_call_alloc(&call, 2 * count + 2, sizeof *request.nodes, 1, &request.loss);
  request.gradients = tin_call_alloc(&call, 2 * count + 1, sizeof *request.gradients, 1, &request.loss);
  bool done = request.nodes && request.gradients && differentiate(&call, &request, out);
  for (size_t i = 0; !done && i < count; i++)
    out[i] = tin_call_poison(&call);
  free(request.nodes);
  free(request.gradients);
  return done;
}

bool tin_grad_at(const char *file, int line, tin_tensor *loss, tin_list wrt, tin_tensor **out) {
  return gradient(tin_call_of(file, line, "grad"), (struct request){.loss = loss, .wrt = wrt}, out);
}

bool tin_vjp_at(const char *file, int line, tin_tensor *loss, tin_tensor *cotangent, tin_list wrt, tin_tensor **out) {
  struct request request = {.loss = loss, .cotangent = cotangent, .with_cotangent = true, .wrt = wrt};
  return gradient(tin_call_of(file, line, "vjp"), request, out);
}
