/* Everything that computes: realise, read, item, keep; and release, the end of what was kept. */
#include "frontend/frontend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one realisation needs in memory of its own. */
struct run {
  struct tin_node **outputs; /* those not yet computed, each once */
  int n_outputs;
  struct tin_update *updates;
  struct tin_buffer **old; /* by update: the old buffer, held for a living node of the old version and so not overwritten, or NULL */
};

static void free_run(struct run *run, int n_updates) {
  for (int i = 0; run->old && i < n_updates; i++)
    tin_buffer_drop(run->old[i]);
  free(run->outputs);
  free(run->updates);
  free(run->old);
}

/* A node's mark says whether the list has it already: lists of outputs may be long. */
static void collect_outputs(tin_ctx *ctx, struct run *run, struct tin_node **nodes, int count) {
  uint32_t stamp = ++ctx->stamp;
  for (int i = 0; i < count; i++) {
    if (nodes[i]->buffer || nodes[i]->op == OP_VAR || nodes[i]->mark == stamp)
      continue;
    nodes[i]->mark = stamp;
    run->outputs[run->n_outputs++] = nodes[i];
  }
}

static bool prepare_run(tin_ctx *ctx, struct run *run, struct tin_node **nodes, int count, const struct tin_live_scope *ending) {
  size_t n_updates = (size_t)ctx->n_updates;
  run->outputs = calloc((size_t)count + 1, sizeof *run->outputs);
  run->updates = calloc(n_updates + 1, sizeof *run->updates);
  run->old = calloc(n_updates + 1, sizeof *run->old);
  if (!run->outputs || !run->updates || !run->old)
    return false;
  collect_outputs(ctx, run, nodes, count);
  for (int i = 0; i < ctx->n_updates; i++) {
    struct tin_storage *storage = ctx->updates[i];
    run->updates[i] = (struct tin_update){.variable = &storage->variable, .value = storage->pending};
    bool lives = storage->node && (!ending || storage->node_scope != ending); /* a node that may be read after this run */
    if (lives && !storage->node->buffer)
      run->old[i] = tin_buffer_keep(storage->variable.buffer);
  }
  return true;
}

/* Takes over what the engine made: buffers of outputs, and the old values that living nodes still read. */
static bool adopt(tin_ctx *ctx, struct run *run) {
  bool owned = true;
  for (int i = 0; i < run->n_outputs; i++)
    owned &= tin_scope_own_buffer(ctx, run->outputs[i]);
  for (int i = 0; i < ctx->n_updates; i++) {
    struct tin_storage *storage = ctx->updates[i];
    struct tin_node *node = storage->node;
    if (node && !node->buffer && run->old[i]) { /* a node that the plan did not read: the engine has not seen it */
      node->buffer = run->old[i];
      run->old[i] = NULL;
    }
    if (node && node->buffer)
      owned &= tin_scope_own_buffer(ctx, node);
    storage->pending = NULL;
    storage->node = NULL;
  }
  return owned;
}

bool tin_run(struct tin_call *call, struct tin_node **nodes, int count, const struct tin_live_scope *ending) {
  return tin_run_captured(call, nodes, count, ending, NULL);
}

bool tin_run_captured(struct tin_call *call, struct tin_node **nodes, int count, const struct tin_live_scope *ending,
                      struct tin_replay **replay) {
  tin_ctx *ctx = call->ctx;
  struct run run = {0};
  struct tin_error error = {0};
  int n_updates = ctx->n_updates;
  bool done = !ctx->error.set;
  ctx->runs++;
  if (done && !prepare_run(ctx, &run, nodes, count, ending)) {
    tin_call_fail(call, "out of memory");
    done = false;
  }
  if (done && run.n_outputs + n_updates) {
    done = tin_engine_capture(ctx->engine, call->graph, run.outputs, run.n_outputs, run.updates, n_updates, ending, replay, &error);
    if (!done)
      tin_call_fail(call, "%s", error.text);
    else if (!adopt(ctx, &run))
      tin_call_fail(call, "out of memory");
    done = !ctx->error.set;
  }
  free_run(&run, n_updates);
  if (done)
    ctx->n_updates = 0;
  else
    tin_updates_drop(ctx);
  return done;
}

static const struct tin_buffer *buffer_of(const struct tin_node *node) {
  return node->buffer || node->op != OP_VAR ? node->buffer : node->variable->buffer;
}

/* The computed value of t. For a variable with a pending update that is the variable's buffer after the run. NULL on an error. */
static struct tin_buffer *realized(struct tin_call *call, tin_tensor *t, struct tin_node *node) {
  struct tin_slot *slot = tin_slot_of(t);
  bool pending = slot->kind == SLOT_STORAGE && slot->storage->pending;
  bool needs_run = pending || !buffer_of(node);
  if (call->ctx->error.set || (needs_run && !tin_run(call, pending ? NULL : &node, pending ? 0 : 1, NULL)))
    return NULL;
  return slot->kind == SLOT_STORAGE ? slot->storage->variable.buffer : (struct tin_buffer *)buffer_of(node);
}

bool tin_realize_at(const char *file, int line, tin_list tensors) {
  struct tin_call call = tin_call_of(file, line, "realize");
  int count = tensors.count > 0 && tensors.at ? tensors.count : 0;
  struct tin_node **nodes = tin_call_alloc(&call, (size_t)count + 1, sizeof *nodes, count, tensors.at);
  bool done = nodes && (!count || tin_call_operands(&call, count, tensors.at, NULL, nodes));
  if (done && count)
    done = tin_run(&call, nodes, count, NULL);
  free(nodes);
  return done;
}

static void fill_failed(tin_tensor *t, void *data, size_t bytes) {
  tin_dtype dtype = tin_dtype_of(t);
  if (!data)
    return;
  memset(data, 0, bytes);
  for (size_t i = 0; tin_dtype_is_float(dtype) && i < bytes / tin_dtype_size(dtype); i++)
    tin_scalar_store(data, (int64_t)i, dtype, tin_scalar_from_double(NAN, dtype));
}

static bool read_value(struct tin_call *call, tin_tensor *t, void *data, size_t bytes) {
  struct tin_node *node = tin_call_operand(call, t, "t");
  if (!node)
    return false;
  size_t needed = (size_t)node->size * tin_dtype_size((tin_dtype)node->dtype);
  if (bytes != needed || (!data && bytes)) {
    tin_call_fail(call, "%s %s has %zu bytes, not %zu%s", tin_describe(t, "t", node).text, tin_dtype_name((tin_dtype)node->dtype), needed,
                  bytes, data ? "" : " at NULL");
    return false;
  }
  const struct tin_buffer *buffer = realized(call, t, node);
  if (buffer && bytes)
    memcpy(data, buffer->data, bytes);
  return buffer;
}

bool tin_read_at(const char *file, int line, tin_tensor *t, void *data, size_t bytes) {
  struct tin_call call = tin_call_of(file, line, "read");
  bool done = read_value(&call, t, data, bytes);
  if (!done)
    fill_failed(t, data, bytes);
  return done;
}

double tin_item_at(const char *file, int line, tin_tensor *t) {
  struct tin_call call = tin_call_of(file, line, "item");
  struct tin_node *node = tin_call_operand(&call, t, "t");
  if (!node)
    return NAN;
  if (node->size != 1) {
    tin_call_fail(&call, "%s has %lld elements, not one", tin_describe(t, "t", node).text, (long long)node->size);
    return NAN;
  }
  tin_dtype dtype = (tin_dtype)node->dtype;
  const struct tin_buffer *buffer = realized(&call, t, node);
  return buffer ? tin_scalar_to_double(tin_scalar_load(buffer->data, 0, dtype), dtype) : NAN;
}

/* ---- keep and release ---- */

tin_tensor *tin_keep_at(const char *file, int line, tin_tensor *t) {
  struct tin_call call = tin_call_of(file, line, "keep");
  struct tin_node *node = tin_call_operand(&call, t, "t");
  struct tin_buffer *buffer = node ? realized(&call, t, node) : NULL;
  if (!buffer)
    return tin_call_poison(&call);
  tin_ctx *ctx = call.ctx;
  struct tin_live_scope *owner = ctx->scope->parent ? ctx->scope->parent : &ctx->root;
  struct tin_storage *storage =
      tin_storage_new(ctx, STORAGE_VALUE, (tin_dtype)node->dtype, node->rank, node->shape, tin_buffer_keep(buffer));
  if (storage) {
    storage->variable.name = tin_name_of(t);
    storage->owner = owner;
    storage->handle = tin_slot_new(ctx, owner, SLOT_STORAGE, storage);
  }
  if (storage && storage->handle)
    return storage->handle;
  if (storage)
    tin_storage_free(ctx, storage);
  return tin_call_result(&call, NULL);
}

static void unlink_slot(struct tin_live_scope *scope, struct tin_slot *slot) {
  struct tin_slot **at = &scope->slots;
  while (*at && *at != slot)
    at = &(*at)->next;
  if (*at)
    *at = slot->next;
}

void tin_release_at(const char *file, int line, tin_tensor *kept) {
  struct tin_call call = tin_call_of(file, line, "release");
  if (!tin_call_operand(&call, kept, "kept"))
    return;
  struct tin_slot *slot = tin_slot_of(kept);
  struct tin_storage *storage = slot->kind == SLOT_STORAGE && slot->storage->kind == STORAGE_VALUE ? slot->storage : NULL;
  if (!storage) {
    tin_call_fail(&call, "%s was not made by tin_keep", tin_name_operand(kept, "kept").text);
    return;
  }
  unlink_slot(storage->owner, slot);
  tin_slot_free(slot);
  tin_storage_retire(call.ctx, storage);
}
