/* The vectorising map as the user asks for it: handles in, handles out. */
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

#include "ir/batching.h"
#include "ir/gradient.h"

/* What is mapped: handles, and their nodes one behind the other: outputs, in, batched. */
struct mapping {
  tin_list outputs, in, batched;
  struct tin_node **nodes;
  int64_t n; /* rows */
};

static bool check_lists(struct tin_call *call, const struct mapping *mapping) {
  const tin_list *lists[] = {&mapping->outputs, &mapping->in, &mapping->batched};
  static const char *const names[] = {"outputs", "in", "batched"};
  for (int i = 0; i < 3; i++)
    if (!lists[i]->at || lists[i]->count < 1) {
      tin_call_fail(call, "%s names no tensors", names[i]);
      return false;
    }
  if (mapping->in.count == mapping->batched.count)
    return true;
  tin_call_fail(call, "%d tensors in, but %d batched; each needs its own", mapping->in.count, mapping->batched.count);
  return false;
}

/* batched is [n] + the shape of in, in its dtype (cast to it), with one n for all. */
static bool check_batched(struct tin_call *call, struct mapping *mapping) {
  struct tin_node **in = mapping->nodes + mapping->outputs.count, **batched = in + mapping->in.count;
  for (int i = 0; i < mapping->in.count; i++) {
    bool fits = batched[i]->rank == in[i]->rank + 1 && (i == 0 || batched[i]->shape[0] == mapping->n);
    for (int axis = 0; fits && axis < in[i]->rank; axis++)
      fits = batched[i]->shape[axis + 1] == in[i]->shape[axis];
    if (!fits) {
      struct tin_words want = tin_describe(mapping->in.at[i], "in", in[i]),
                       have = tin_describe(mapping->batched.at[i], "batched", batched[i]);
      tin_call_fail(call,
                    i ? "batched tensor %d, %s, must have the shape of %s behind a first axis of size %lld, as the one before"
                      : "batched tensor %d, %s, must have the shape of %s behind one more first axis",
                    i, have.text, want.text, (long long)mapping->n);
      return false;
    }
    mapping->n = batched[i]->shape[0];
    batched[i] = make_cast(call->graph, batched[i], (tin_dtype)in[i]->dtype);
    if (!batched[i]) {
      tin_call_fail(call, "out of memory");
      return false;
    }
  }
  return true;
}

static bool resolve(struct tin_call *call, struct mapping *mapping) {
  int n_outputs = mapping->outputs.count, n_in = mapping->in.count;
  call->items = "output";
  if (!tin_call_operands(call, n_outputs, mapping->outputs.at, NULL, mapping->nodes))
    return false;
  call->items = "in";
  if (!tin_call_operands(call, n_in, mapping->in.at, NULL, mapping->nodes + n_outputs))
    return false;
  call->items = "batched";
  return tin_call_operands(call, n_in, mapping->batched.at, NULL, mapping->nodes + n_outputs + n_in) && check_batched(call, mapping);
}

/* A rule may have built past a tensor: then nothing below the outputs could be replaced. */
static bool check_hidden(struct tin_call *call, const struct mapping *mapping) {
  struct tin_error error = {0};
  for (int i = 0; i < mapping->in.count; i++) {
    struct tin_node *in = mapping->nodes[mapping->outputs.count + i];
    if (tin_op_is(in->op, OP_CLASS_SOURCE))
      continue;
    bool hidden = tin_gradient_hides(call->graph, mapping->nodes, mapping->outputs.count, in, &error);
    if (hidden)
      tin_call_fail(call, "%s is not used as such: the outputs do not depend on it, or were simplified past it; build them on watch(%s)",
                    tin_name_operand(mapping->in.at[i], tin_name_item("in", i).text).text, tin_name_operand(mapping->in.at[i], "x").text);
    else if (error.set)
      tin_call_fail(call, "%s", error.text);
    if (hidden || error.set)
      return false;
  }
  return true;
}

static bool map(struct tin_call *call, struct mapping *mapping, tin_tensor **out) {
  if (!resolve(call, mapping) || !check_hidden(call, mapping))
    return false;
  int n_outputs = mapping->outputs.count, n_in = mapping->in.count;
  struct tin_node **in = mapping->nodes + n_outputs, **results = in + 2 * n_in;
  for (int i = 0; i < n_outputs; i++)
    if (mapping->nodes[i]->rank == TIN_RANK_LIMIT) {
      tin_call_fail(call, "%s has no room for one more axis", tin_describe(mapping->outputs.at[i], "output", mapping->nodes[i]).text);
      return false;
    }
  struct tin_error error = {0};
  if (!tin_batch_nodes(call->graph, mapping->nodes, n_outputs, in, in + n_in, n_in, mapping->n, results, &error)) {
    tin_call_fail(call, "%s", error.text);
    return false;
  }
  for (int i = 0; i < n_outputs; i++) {
    out[i] = tin_call_result(call, results[i]);
    if (tin_is_poison(out[i]))
      return false;
  }
  return true;
}

bool tin_vmap_at(const char *file, int line, tin_list outputs, tin_list in, tin_list batched, tin_tensor **out) {
  struct tin_call call = tin_call_of(file, line, "vmap");
  struct mapping mapping = {.outputs = outputs, .in = in, .batched = batched};
  size_t count = (size_t)(outputs.count > 0 && outputs.at && out ? outputs.count : 0);
  tin_tensor *first = count ? outputs.at[0] : NULL;
  if (count)
    call.ctx = tin_ctx_of(first); /* so that whatever is wrong is heard of */
  bool done = false;
  if (check_lists(&call, &mapping)) {
    mapping.nodes = tin_call_alloc(&call, 2 * count + 2 * (size_t)in.count, sizeof *mapping.nodes, 1, &first);
    done = mapping.nodes && map(&call, &mapping, out);
    free(mapping.nodes);
  }
  for (size_t i = 0; !done && i < count; i++)
    out[i] = tin_call_poison(&call);
  return done;
}
