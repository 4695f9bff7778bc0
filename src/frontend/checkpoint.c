/* Checkpointed segments: which nodes belong to one. What gradients make of them is in ir/recompute.c. */
#include "frontend/frontend.h"

tin_checkpoint tin_checkpoint_begin_at(const char *file, int line, tin_ctx *ctx) {
  struct tin_call call = tin_call_of(file, line, "checkpoint_begin");
  if (!tin_call_enter(&call, ctx))
    return (tin_checkpoint){ctx, 0};
  struct tin_open_checkpoint *open = tin_arena_alloc(&call.graph->arena, sizeof *open);
  if (!open) {
    tin_call_fail(&call, "out of memory");
    return (tin_checkpoint){ctx, 0};
  }
  *open = (struct tin_open_checkpoint){.outer = ctx->checkpoint, .scope = ctx->scope, .id = ctx->next_scope_id++};
  open->segment.first = ctx->serial;
  open->segment.older = call.graph->segments;
  open->file = call.graph->site.file;
  open->line = line;
  call.graph->segments = &open->segment;
  ctx->checkpoint = open;
  return (tin_checkpoint){ctx, open->id};
}

static struct tin_open_checkpoint *find(tin_checkpoint checkpoint) {
  struct tin_open_checkpoint *at = checkpoint.ctx->checkpoint;
  while (at && at->id != checkpoint.id)
    at = at->outer;
  return at;
}

bool tin_checkpoint_end_at(const char *file, int line, tin_checkpoint checkpoint) {
  struct tin_call call = tin_call_of(file, line, "checkpoint_end");
  if (!tin_call_enter(&call, checkpoint.ctx))
    return false;
  tin_ctx *ctx = checkpoint.ctx;
  struct tin_open_checkpoint *ending = find(checkpoint);
  if (!ending) {
    if (checkpoint.id) /* 0: tin_checkpoint_begin failed and has said so */
      tin_call_fail(&call, "this checkpoint has already ended");
    return false;
  }
  if (ending->scope != ctx->scope)
    tin_call_fail(&call, "a scope opened inside this checkpoint is still open (begun at %s:%d)", ctx->scope->file ? ctx->scope->file : "?",
                  ctx->scope->line);
  else if (ending != ctx->checkpoint)
    tin_call_fail(&call, "a checkpoint inside this one is still open (begun at %s:%d)", ctx->checkpoint->file ? ctx->checkpoint->file : "?",
                  ctx->checkpoint->line);
  for (struct tin_open_checkpoint *at = ctx->checkpoint; at != ending->outer; at = at->outer)
    at->segment.last = ctx->serial;
  ctx->checkpoint = ending->outer;
  return !ctx->error.set;
}
