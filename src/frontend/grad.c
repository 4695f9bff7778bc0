/* Derivatives as the user asks for them: gradients, products with the Jacobian from both sides, Hessians.
 *
 * Everything stands on tin_gradient of ir/gradient.h, by way of tin_differentiate, which knows the variables that wait for an update. */
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

#include "ir/batching.h"
#include "ir/gradient.h"

/* ---- what all share ---- */

bool tin_check_like(struct tin_call *call, tin_tensor *x, const char *name, struct tin_node **node, tin_tensor *like, const char *like_name,
                    const struct tin_node *like_node) {
  struct tin_node *given = *node;
  *node = tin_same_shape(given, like_node) ? make_cast(call->graph, given, (tin_dtype)like_node->dtype) : NULL;
  if (*node)
    return true;
  if (tin_same_shape(given, like_node))
    tin_call_fail(call, "out of memory");
  else
    tin_call_fail(call, "shapes differ: %s and %s", tin_describe(like, like_name, like_node).text, tin_describe(x, name, given).text);
  return false;
}

/* The value of the variable before its pending update, as a node; else the node itself. */
static struct tin_node *old_value(tin_tensor *t, struct tin_node *node) {
  const struct tin_slot *slot = tin_slot_of(t);
  return slot->kind == SLOT_STORAGE && slot->storage->pending && slot->storage->node ? slot->storage->node : node;
}

/* A loss built before tin_assign depends on the old value; zeros for the new one would be right and useless. */
static bool check_stale(struct tin_call *call, tin_list wrt, struct tin_node *const *nodes, struct tin_node *const *gradients) {
  for (int i = 0; i < wrt.count; i++) {
    struct tin_node *zeros = make_number(call->graph, nodes[i], 0);
    if (nodes[wrt.count + i] == nodes[i] || gradients[i] != zeros || gradients[wrt.count + i] == zeros)
      continue;
    tin_call_fail(call, "%s was assigned after the loss was built; take the gradient before", tin_name_operand(wrt.at[i], "wrt").text);
    return false;
  }
  return true;
}

/* Zeros are suspicious where a variable below the tensor reaches the outputs but the tensor does not: a construction rule may have built
 * past it, as the sum of a product is a contraction of its factors. */
static bool check_hidden(struct tin_call *call, const struct tin_pullback *pullback, struct tin_node *const *nodes,
                         struct tin_node *const *gradients) {
  struct tin_error error = {0};
  for (int i = 0; i < pullback->wrt.count; i++) {
    if (tin_op_is(nodes[i]->op, OP_CLASS_SOURCE) || nodes[pullback->wrt.count + i] != nodes[i] ||
        gradients[i] != make_number(call->graph, nodes[i], 0))
      continue;
    bool hidden = tin_gradient_hides(call->graph, pullback->outputs, pullback->n_outputs, nodes[i], &error);
    if (hidden)
      tin_call_fail(call, "%s is not used as such: the loss does not depend on it, or was simplified past it; build the loss on watch(%s)",
                    tin_name_operand(pullback->wrt.at[i], tin_name_item("wrt", i).text).text,
                    tin_name_operand(pullback->wrt.at[i], "x").text);
    else if (error.set)
      tin_call_fail(call, "%s", error.text);
    if (hidden || error.set)
      return false;
  }
  return true;
}

/* Numbers are folded into what uses them, and equal ones are one node: what is left has a gradient of parts, or of others too. */
static bool check_constant(struct tin_call *call, tin_list wrt, struct tin_node *const *nodes) {
  for (int i = 0; i < wrt.count; i++) {
    const struct tin_node *node = nodes[i];
    while (node->op == OP_RESHAPE || node->op == OP_EXPAND)
      node = node->in[0];
    if (node->op != OP_CONST || nodes[i]->size == 0)
      continue;
    tin_call_fail(call, "%s is a number that the library computes with while the graph is built; build the loss on watch(%s)",
                  tin_name_operand(wrt.at[i], tin_name_item("wrt", i).text).text, tin_name_operand(wrt.at[i], "x").text);
    return false;
  }
  return true;
}

/* nodes, gradients: room for the current and the old value of each of wrt. */
static bool differentiate(struct tin_call *call, const struct tin_pullback *pullback, struct tin_node **nodes,
                          struct tin_node **gradients) {
  tin_list wrt = pullback->wrt;
  call->items = "wrt";
  if (!tin_call_operands(call, wrt.count, wrt.at, NULL, nodes))
    return false;
  for (int i = 0; i < wrt.count; i++)
    nodes[wrt.count + i] = old_value(wrt.at[i], nodes[i]);
  struct tin_error error = {0};
  if (!tin_gradient(call->graph, pullback->outputs, pullback->cotangents, pullback->n_outputs, nodes, 2 * wrt.count, gradients, &error)) {
    tin_call_fail(call, "%s", error.text);
    return false;
  }
  return check_constant(call, wrt, nodes) && check_stale(call, wrt, nodes, gradients) &&
         (pullback->may_miss || check_hidden(call, pullback, nodes, gradients));
}

bool tin_differentiate(struct tin_call *call, const struct tin_pullback *pullback, struct tin_node **out) {
  size_t count = (size_t)pullback->wrt.count;
  struct tin_node **nodes = tin_call_alloc(call, 4 * count + 1, sizeof *nodes, 0, NULL);
  bool done = nodes && differentiate(call, pullback, nodes, nodes + 2 * count);
  for (size_t i = 0; done && i < count; i++)
    out[i] = nodes[2 * count + i];
  free(nodes);
  return done;
}

/* A list without an array has nothing in it. */
static tin_list checked_list(tin_list list) {
  return list.count > 0 && list.at ? list : (tin_list){NULL, 0};
}

/* Handles of the nodes, or poison for all of them. */
static bool give(struct tin_call *call, bool done, struct tin_node **nodes, int count, tin_tensor **out) {
  for (int i = 0; done && i < count; i++) {
    out[i] = tin_call_result(call, nodes[i]);
    done = !tin_is_poison(out[i]);
  }
  for (int i = 0; !done && i < count; i++)
    out[i] = tin_call_poison(call);
  return done;
}

/* ---- gradients ---- */

static bool gradient(struct tin_call call, tin_tensor *loss, tin_tensor *cotangent, bool with_cotangent, tin_list wrt, tin_tensor **out) {
  wrt = out ? checked_list(wrt) : (tin_list){NULL, 0};
  struct tin_node *nodes[2] = {NULL, NULL};
  tin_tensor *tensors[] = {loss, cotangent};
  static const char *const names[] = {"loss", "cotangent"};
  struct tin_node **gradients = tin_call_alloc(&call, (size_t)wrt.count + 1, sizeof *gradients, 1, &loss);
  bool done = gradients && tin_call_operands(&call, with_cotangent ? 2 : 1, tensors, names, nodes) &&
              (!with_cotangent || tin_check_like(&call, cotangent, "cotangent", &nodes[1], loss, "loss", nodes[0])) &&
              tin_differentiate(&call, &(struct tin_pullback){&nodes[0], &nodes[1], 1, wrt, false}, gradients);
  done = give(&call, done, gradients, wrt.count, out);
  free(gradients);
  return done;
}

bool tin_grad_at(const char *file, int line, tin_tensor *loss, tin_list wrt, tin_tensor **out) {
  return gradient(tin_call_of(file, line, "grad"), loss, NULL, false, wrt, out);
}

bool tin_vjp_at(const char *file, int line, tin_tensor *loss, tin_tensor *cotangent, tin_list wrt, tin_tensor **out) {
  return gradient(tin_call_of(file, line, "vjp"), loss, cotangent, true, wrt, out);
}

/* ---- products with vectors from the right ---- */

/* inputs and vectors, one of the inputs' shape each. */
static bool resolve_vectors(struct tin_call *call, tin_list inputs, tin_list vectors, const char *what, struct tin_node **nodes,
                            struct tin_node **vector_nodes) {
  if (inputs.count != vectors.count) {
    tin_call_fail(call, "%d %ss for %d inputs", vectors.count, what, inputs.count);
    return false;
  }
  call->items = "input";
  if (!tin_call_operands(call, inputs.count, inputs.at, NULL, nodes))
    return false;
  call->items = what;
  if (!tin_call_operands(call, vectors.count, vectors.at, NULL, vector_nodes))
    return false;
  for (int i = 0; i < inputs.count; i++)
    if (!tin_check_like(call, vectors.at[i], tin_name_item(what, i).text, &vector_nodes[i], inputs.at[i], tin_name_item("input", i).text,
                        nodes[i]))
      return false;
  return true;
}

/* Whether the node depends on the placeholder. */
static bool depends(struct tin_call *call, struct tin_node *node, struct tin_node *placeholder, bool *out) {
  struct tin_arena arena;
  jmp_buf out_of_memory;
  tin_arena_init(&arena, 1 << 14, &out_of_memory);
  bool done = setjmp(out_of_memory) == 0;
  if (done) {
    tin_graph_order(call->graph, &arena, &node, 1);
    *out = placeholder->mark == node->mark;
  } else {
    tin_call_fail(call, "out of memory");
  }
  tin_arena_free(&arena);
  return done;
}

/* J u as the derivative of (J^T v) . u by v, which is linear in v: the result is free of v, a variable that has no value and needs none.
 * Townsend, "A new trick for calculating Jacobian vector products", 2017. */
static struct tin_node *push_forward(struct tin_call *call, struct tin_node *output, tin_list inputs, struct tin_node **pulled,
                                     struct tin_node *const *tangents) {
  struct tin_node *v = tin_node_placeholder(call->graph, output), *result = NULL;
  if (!v) {
    tin_call_fail(call, "out of memory");
    return NULL;
  }
  if (!tin_differentiate(call, &(struct tin_pullback){&output, &v, 1, inputs, false}, pulled))
    return NULL;
  struct tin_error error = {0};
  bool left = false;
  if (!tin_gradient(call->graph, pulled, tangents, inputs.count, &v, 1, &result, &error)) {
    tin_call_fail(call, "%s", error.text);
    return NULL;
  }
  if (!depends(call, result, v, &left))
    return NULL;
  if (left)
    tin_call_fail(call, "a custom gradient below the output is not linear in its cotangent, so that there is no Jacobian");
  return left ? NULL : result;
}

tin_tensor *tin_jvp_at(const char *file, int line, tin_tensor *output, tin_list inputs, tin_list tangents) {
  struct tin_call call = tin_call_of(file, line, "jvp");
  inputs = checked_list(inputs), tangents = checked_list(tangents);
  size_t count = (size_t)inputs.count;
  struct tin_node *node = tin_call_operand(&call, output, "output"), *result = NULL;
  struct tin_node **nodes = node ? tin_call_alloc(&call, 3 * count + 1, sizeof *nodes, 1, &output) : NULL;
  if (nodes && resolve_vectors(&call, inputs, tangents, "tangent", nodes, nodes + count))
    result = push_forward(&call, node, inputs, nodes + 2 * count, nodes + count);
  free(nodes);
  return result ? tin_call_result(&call, result) : tin_call_poison(&call);
}

bool tin_hvp_at(const char *file, int line, tin_tensor *loss, tin_list inputs, tin_list vectors, tin_tensor **out) {
  struct tin_call call = tin_call_of(file, line, "hvp");
  inputs = out ? checked_list(inputs) : (tin_list){NULL, 0}, vectors = checked_list(vectors);
  size_t count = (size_t)inputs.count;
  struct tin_node *node = tin_call_operand(&call, loss, "loss");
  struct tin_node **nodes = node ? tin_call_alloc(&call, 3 * count + 1, sizeof *nodes, 1, &loss) : NULL;
  bool done = nodes && resolve_vectors(&call, inputs, vectors, "vector", nodes, nodes + count) &&
              tin_differentiate(&call, &(struct tin_pullback){&node, NULL, 1, inputs, false}, nodes + 2 * count) &&
              tin_differentiate(&call, &(struct tin_pullback){nodes + 2 * count, nodes + count, inputs.count, inputs, true}, nodes);
  done = give(&call, done, nodes, inputs.count, out);
  free(nodes);
  return done;
}

/* ---- whole Jacobians ---- */

/* 1 at one element, counted in row-major order, and 0 elsewhere. */
static struct tin_node *one_hot(struct tin_graph *graph, const struct tin_node *like, int64_t element) {
  struct tin_node *count = tin_node_iota(graph, TIN_I64, like->size);
  struct tin_node *at = count ? make_broadcast(graph, tin_node_const(graph, TIN_I64, (uint64_t)element), 1, count->shape) : NULL;
  struct tin_node *hot = make_cast(graph, make_binary(graph, OP_EQ, count, at), (tin_dtype)like->dtype);
  return make_reshape(graph, hot, like->rank, like->shape);
}

/* [n] + the shape of the output, of size n: one_hot of each element in turn. */
static struct tin_node *all_one_hot(struct tin_graph *graph, const struct tin_node *output) {
  int64_t n = output->size, shape[TIN_MAX_RANK] = {n};
  struct tin_node *count = tin_node_iota(graph, TIN_I64, n);
  struct tin_node *rows = make_broadcast(graph, make_reshape(graph, count, 2, (int64_t[]){n, 1}), 2, (int64_t[]){n, n});
  struct tin_node *columns = make_broadcast(graph, count, 2, (int64_t[]){n, n});
  struct tin_node *hot = make_cast(graph, make_binary(graph, OP_EQ, rows, columns), (tin_dtype)output->dtype);
  memcpy(shape + 1, output->shape, sizeof *shape * output->rank);
  return make_reshape(graph, hot, output->rank + 1, shape);
}

/* The gradient for one cotangent, mapped over all of them: [n] + the shape of wrt. NULL with an error of the call, or (unmapped) of the
 * map, which some ops do not have. */
static struct tin_node *mapped_rows(struct tin_call *call, struct tin_node *output, tin_tensor *wrt, bool may_miss,
                                    struct tin_error *unmapped) {
  struct tin_node *v = tin_node_placeholder(call->graph, output), *gradient, *all = all_one_hot(call->graph, output), *mapped;
  if (!v || !all) {
    tin_call_fail(call, "out of memory");
    return NULL;
  }
  if (!tin_differentiate(call, &(struct tin_pullback){&output, &v, 1, {&wrt, 1}, may_miss}, &gradient) ||
      !tin_batch_nodes(call->graph, &gradient, 1, &v, &all, 1, output->size, &mapped, unmapped))
    return NULL;
  return mapped;
}

/* The same one by one. */
static struct tin_node *stacked_rows(struct tin_call *call, struct tin_node *output, tin_tensor *wrt, const struct tin_error *unmapped) {
  if (output->size > TIN_JACOBIAN_ROWS) {
    tin_call_fail(call, "%s, so that each of %lld elements needs a gradient of its own; at most %d are possible", unmapped->text,
                  (long long)output->size, TIN_JACOBIAN_ROWS);
    return NULL;
  }
  struct tin_node **rows = tin_call_alloc(call, (size_t)output->size, sizeof *rows, 0, NULL), *gradient, *stacked = NULL;
  bool good = rows;
  for (int64_t row = 0; good && row < output->size; row++) {
    struct tin_node *cotangent = one_hot(call->graph, output, row);
    good = cotangent && tin_differentiate(call, &(struct tin_pullback){&output, &cotangent, 1, {&wrt, 1}, true}, &gradient);
    rows[row] = good ? make_reshape(call->graph, gradient, 2, (int64_t[]){1, gradient->size}) : NULL;
    good = rows[row];
  }
  if (good)
    stacked = tin_node_concat(call->graph, rows, (int)output->size, 0);
  free(rows);
  return stacked;
}

static tin_tensor *jacobian(struct tin_call *call, tin_tensor *output, struct tin_node *node, tin_tensor *wrt, bool may_miss) {
  struct tin_node *wrt_node = tin_call_operand(call, wrt, "wrt");
  if (!wrt_node)
    return tin_call_poison(call);
  int rank = node->rank + wrt_node->rank;
  int64_t shape[2 * TIN_RANK_LIMIT];
  for (int i = 0; i < rank; i++)
    shape[i] = i < node->rank ? node->shape[i] : wrt_node->shape[i - node->rank];
  if (rank > TIN_RANK_LIMIT) {
    tin_call_fail(call, "%s by %s would have %d axes; a tensor has at most %d", tin_describe(output, "output", node).text,
                  tin_describe(wrt, "wrt", wrt_node).text, rank, TIN_RANK_LIMIT);
    return tin_call_poison(call);
  }
  if (node->size == 0 || wrt_node->size == 0)
    return tin_call_result(call, make_broadcast(call->graph, tin_node_number(call->graph, (tin_dtype)wrt_node->dtype, 0), rank, shape));
  struct tin_error unmapped = {0};
  struct tin_node *rows = mapped_rows(call, node, wrt, may_miss, &unmapped);
  if (!rows && unmapped.set)
    rows = stacked_rows(call, node, wrt, &unmapped);
  return !rows && call->ctx->error.set ? tin_call_poison(call) : tin_call_result(call, make_reshape(call->graph, rows, rank, shape));
}

tin_tensor *tin_jacobian_at(const char *file, int line, tin_tensor *output, tin_tensor *wrt) {
  struct tin_call call = tin_call_of(file, line, "jacobian");
  struct tin_node *node = tin_call_operand(&call, output, "output");
  return node ? jacobian(&call, output, node, wrt, false) : tin_call_poison(&call);
}

tin_tensor *tin_hessian_at(const char *file, int line, tin_tensor *loss, tin_tensor *wrt) {
  struct tin_call call = tin_call_of(file, line, "hessian");
  struct tin_node *node = tin_call_operand(&call, loss, "loss"), *gradient;
  if (node && node->size != 1)
    tin_call_fail(&call, "%s has %lld elements, not one", tin_describe(loss, "loss", node).text, (long long)node->size);
  if (!node || node->size != 1 || !tin_differentiate(&call, &(struct tin_pullback){&node, NULL, 1, {&wrt, 1}, false}, &gradient))
    return tin_call_poison(&call);
  return jacobian(&call, wrt, gradient, wrt, true);
}
