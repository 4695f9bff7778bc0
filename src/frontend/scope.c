/* Scopes: begin, end, and what dies with them. */
#include "frontend/frontend.h"

#include <stdlib.h>

void tin_scope_init(tin_ctx *ctx, struct tin_live_scope *scope, struct tin_live_scope *parent) {
  *scope = (struct tin_live_scope){.parent = parent, .id = ctx->next_scope_id++, .first_serial = ctx->serial};
  scope->random_scope = ctx->scopes_since_seed++;
  scope->n_watched = parent ? parent->n_watched : 0;
  scope->runs_before = ctx->runs;
  scope->detached_before = ctx->detached;
  scope->updates_before = ctx->n_updates;
  tin_graph_restart(&scope->graph, &ctx->spare, parent ? &parent->graph : NULL, &ctx->serial, &ctx->stamp);
}

static void free_slots(struct tin_live_scope *scope) {
  struct tin_slot *next;
  for (struct tin_slot *slot = scope->slots; slot; slot = next) {
    next = slot->next;
    tin_slot_free(slot);
  }
  scope->slots = NULL;
}

/* Backwards, so that the free list hands storages out in the order of their creation: equal steps of a loop then get equal storages. */
static void free_storages(tin_ctx *ctx, struct tin_live_scope *scope) {
  for (int i = ctx->n_storages - 1; i >= 0; i--) {
    struct tin_storage *storage = ctx->storages[i];
    if (storage->node_scope == scope) {
      storage->node = NULL;
      storage->node_scope = NULL;
    }
    if (storage->owner == scope && storage->kind == STORAGE_VALUE)
      tin_storage_free(ctx, storage);
  }
}

void tin_scope_close(tin_ctx *ctx, struct tin_live_scope *scope) {
  while (ctx->checkpoint && ctx->checkpoint->scope == scope)
    ctx->checkpoint = ctx->checkpoint->outer;
  free_slots(scope);
  free_storages(ctx, scope);
  for (int i = 0; i < scope->n_realised; i++) {
    tin_buffer_drop(scope->realised[i]->buffer);
    scope->realised[i]->buffer = NULL;
  }
  free(scope->realised);
  scope->realised = NULL;
  scope->n_realised = scope->realised_capacity = 0;
  tin_graph_retire(&scope->graph, &ctx->spare);
  ctx->serial = scope->first_serial; /* no younger node lives */
  if (scope->parent) {
    ctx->scope = scope->parent;
    free(scope);
  }
}

bool tin_scope_own_buffer(tin_ctx *ctx, struct tin_node *node) {
  struct tin_live_scope *scope = ctx->scope;
  while (scope->parent && node->serial <= scope->first_serial)
    scope = scope->parent;
  if (!tin_grow(&scope->realised, &scope->realised_capacity, scope->n_realised, sizeof *scope->realised)) {
    tin_buffer_drop(node->buffer);
    node->buffer = NULL;
    return false;
  }
  scope->realised[scope->n_realised++] = node;
  return true;
}

/* ---- public ---- */

tin_scope tin_begin_at(const char *file, int line, tin_ctx *ctx) {
  struct tin_call call = tin_call_of(file, line, "begin");
  if (!tin_call_enter(&call, ctx))
    return (tin_scope){ctx, 0};
  struct tin_live_scope *scope = malloc(sizeof *scope);
  if (!scope) {
    tin_call_fail(&call, "out of memory");
    return (tin_scope){ctx, 0};
  }
  tin_scope_init(ctx, scope, ctx->scope);
  scope->file = call.graph->site.file;
  scope->line = line;
  ctx->scope = scope;
  return (tin_scope){ctx, scope->id};
}

static struct tin_live_scope *find_scope(tin_scope scope) {
  struct tin_live_scope *at = scope.ctx->scope;
  while (at->parent && at->id != scope.id)
    at = at->parent;
  return at->parent ? at : NULL; /* the context's own scope does not end */
}

struct tin_live_scope *tin_scope_ending(struct tin_call *call, tin_scope scope) {
  tin_ctx *ctx = scope.ctx;
  struct tin_live_scope *ending = find_scope(scope);
  if (!ending) {
    if (scope.id) /* 0: tin_begin failed and has said so */
      tin_call_fail(call, "this scope has already ended");
    return NULL;
  }
  if (ending->busy) {
    tin_call_fail(call, "a gradient is being built in this scope");
    return NULL;
  }
  const struct tin_open_checkpoint *inside = ctx->checkpoint;
  if (inside && inside->scope == ending)
    tin_call_fail(call, "a checkpoint in this scope is still open (begun at %s:%d)", inside->file ? inside->file : "?", inside->line);
  if (ending != ctx->scope)
    tin_call_fail(call, "a scope inside this one is still open (begun at %s:%d)", ctx->scope->file ? ctx->scope->file : "?",
                  ctx->scope->line);
  return ending;
}

void tin_scope_finish(tin_ctx *ctx, struct tin_live_scope *ending) {
  while (ctx->scope != ending)
    tin_scope_close(ctx, ctx->scope);
  tin_scope_close(ctx, ending);
}

bool tin_end_at(const char *file, int line, tin_scope scope) {
  struct tin_call call = tin_call_of(file, line, "end");
  if (!tin_call_enter(&call, scope.ctx))
    return false;
  tin_ctx *ctx = scope.ctx;
  struct tin_live_scope *ending = tin_scope_ending(&call, scope);
  if (!ending)
    return false;
  if (ctx->error.set)
    tin_updates_drop(ctx);
  else if (ctx->n_updates)
    tin_run(&call, NULL, 0, ending);
  tin_scope_finish(ctx, ending);
  return !ctx->error.set;
}
