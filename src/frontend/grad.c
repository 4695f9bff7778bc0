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

/* The nodes of loss, cotangent (may be NULL) and wrt; nodes has room for 2 + wrt.count. */
static bool resolve(struct tin_call *call, tin_tensor *loss, tin_tensor *cotangent, bool with_cotangent, tin_list wrt, struct tin_node **nodes) {
  nodes[1] = NULL;
  bool valid = with_cotangent ? tin_call_operands(call, 2, (tin_tensor *[]){loss, cotangent}, (const char *[]){"loss", "cotangent"}, nodes)
                              : (nodes[0] = tin_call_operand(call, loss, "loss")) != NULL;
  if (!valid || (with_cotangent && !check_cotangent(call, loss, cotangent, nodes)))
    return false;
  tin_ctx *ctx = call->ctx;
  for (int i = 0; i < wrt.count; i++) {
    nodes[2 + i] = tin_call_operand(call, wrt.at[i], "of wrt");
    if (!nodes[2 + i])
      return false;
    if (call->ctx != ctx) {
      tin_call_fail(call, "tensor %d of wrt belongs to another context", i);
      return false;
    }
  }
  return true;
}

static bool differentiate(struct tin_call *call, tin_tensor *loss, tin_tensor *cotangent, bool with_cotangent, tin_list wrt, tin_tensor **out,
                          struct tin_node **nodes, struct tin_node **gradients) {
  if (!resolve(call, loss, cotangent, with_cotangent, wrt, nodes))
    return false;
  struct tin_error error = {0};
  if (!tin_gradient(call->graph, nodes[0], nodes[1], nodes + 2, wrt.count, gradients, &error)) {
    tin_call_fail(call, "%s", error.text);
    return false;
  }
  bool made = true;
  for (int i = 0; i < wrt.count; i++) {
    out[i] = tin_call_result(call, gradients[i]);
    made &= !tin_is_poison(out[i]);
  }
  return made;
}

static bool gradient(struct tin_call call, tin_tensor *loss, tin_tensor *cotangent, bool with_cotangent, tin_list wrt, tin_tensor **out) {
  if (wrt.count < 0 || !wrt.at || !out)
    wrt.count = 0;
  size_t count = (size_t)wrt.count + 2;
  struct tin_node **nodes = calloc(count, sizeof *nodes), **gradients = calloc(count, sizeof *gradients);
  bool done = nodes && gradients && differentiate(&call, loss, cotangent, with_cotangent, wrt, out, nodes, gradients);
  for (int i = 0; !done && i < wrt.count; i++)
    out[i] = tin_call_poison(&call);
  free(nodes);
  free(gradients);
  return done;
}

bool tin_grad_at(const char *file, int line, tin_tensor *loss, tin_list wrt, tin_tensor **out) {
  return gradient(tin_call_of(file, line, "grad"), loss, NULL, false, wrt, out);
}

bool tin_vjp_at(const char *file, int line, tin_tensor *loss, tin_tensor *cotangent, tin_list wrt, tin_tensor **out) {
  return gradient(tin_call_of(file, line, "vjp"), loss, cotangent, true, wrt, out);
}
