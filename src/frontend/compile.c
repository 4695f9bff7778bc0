/* Captured steps: what a scope would compute at its end, kept so that it runs again without its graph.
 *
 * The engine keeps plan and leaves (runtime/replay.c). What is left here: numbers that calls draw anew in every step (struct tin_again),
 * the outputs, which become tensors of the context, and refusing steps that a replay would not repeat. */
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

/* A call of the step that made run-time scalars, and where the replay has these. */
struct repeated {
  struct tin_again again;
  uint64_t *slots[TIN_AGAIN_SCALARS]; /* NULL: no kernel reads it */
};

struct output {
  tin_tensor *handle;
  struct tin_storage *storage; /* its own, or NULL: a variable, which is its own output */
  int position;                /* among what the replay computes; -1: always the same value */
};

struct settable {
  uint64_t *slot; /* NULL: no kernel reads it */
  tin_dtype dtype;
};

struct tin_compiled {
  tin_ctx *ctx;
  struct tin_arena arena; /* holds everything below */
  struct tin_replay *replay;
  struct repeated *repeated;
  struct output *outputs;
  struct settable *scalars;
  struct tin_storage **updated;
  struct tin_buffer **computed; /* room for what a replay computes */
  int n_repeated, n_outputs, n_scalars, n_updated, n_computed;
  uint64_t scopes; /* numbers of random scopes that a step takes */
  struct tin_compiled *next, **link;
};

/* ---- numbers drawn anew ---- */

struct tin_again *tin_again_add(struct tin_call *call, tin_again_fn *run) {
  struct tin_live_scope *scope = call->ctx->scope;
  struct tin_again *again = tin_arena_alloc(&scope->graph.arena, sizeof *again);
  if (!again)
    return NULL;
  again->run = run;
  *(scope->last_again ? &scope->last_again->next : &scope->first_again) = again;
  scope->last_again = again;
  return again;
}

/* ---- steps that a replay would not repeat ---- */

static bool refuse(struct tin_call *call, const struct tin_node *node, const char *why) {
  if (node->site.file)
    tin_call_fail(call, "%s%s%s of %s:%d %s", node->site.name ? node->site.name : tin_ops[node->op].text, node->site.name ? ", " : "",
                  node->site.name ? tin_ops[node->op].text : "", node->site.file, node->site.line, why);
  else
    tin_call_fail(call, "%s %s", node->site.name ? node->site.name : tin_ops[node->op].text, why);
  return false;
}

/* A leaf that would have the same value in every replay, and looks as if it were not meant to. */
static bool check_leaf(struct tin_call *call, const struct tin_live_scope *step, const struct tin_node *node) {
  if (node->op != OP_VAR || node->buffer)
    return true;
  const struct tin_storage *storage = (const struct tin_storage *)node->variable;
  if (storage->kind == STORAGE_VALUE && storage->owner == step && !storage->table)
    return refuse(call, node,
                  "has data that were given inside the step: replays would see the same again (tin_input and tin_write change)");
  return true;
}

/* The order has inputs first. A node made before the step from a variable means the variable's value then. */
static bool check_order(struct tin_call *call, const struct tin_live_scope *step, struct tin_node_list order, bool *varies) {
  for (int i = 0; i < order.count; i++) {
    const struct tin_node *node = order.at[i];
    if (tin_node_is_leaf(node)) {
      varies[i] = node->op == OP_VAR && !node->buffer && !node->variable->passing;
      if (!check_leaf(call, step, node))
        return false;
      continue;
    }
    for (int j = 0; j < node->n_in; j++)
      varies[i] = varies[i] || varies[node->in[j]->index];
    if (varies[i] && node->serial <= step->first_serial)
      return refuse(call, node, "was made before the step and not computed: compute it first (tin_realize), or make it inside");
  }
  return true;
}

static bool check_graph(struct tin_call *call, const struct tin_live_scope *step, struct tin_node **nodes, int count) {
  struct tin_arena arena;
  jmp_buf out_of_memory;
  tin_arena_init(&arena, 1 << 14, &out_of_memory);
  if (setjmp(out_of_memory)) {
    tin_arena_free(&arena);
    tin_call_fail(call, "out of memory");
    return false;
  }
  int n_updates = call->ctx->n_updates;
  struct tin_node **roots = TIN_NEW_ARRAY(&arena, struct tin_node *, count + n_updates);
  for (int i = 0; i < count; i++)
    roots[i] = nodes[i];
  for (int i = 0; i < n_updates; i++)
    roots[count + i] = call->ctx->updates[i]->pending;
  struct tin_node_list order = tin_graph_order(call->graph, &arena, roots, count + n_updates);
  bool good = check_order(call, step, order, TIN_NEW_ARRAY(&arena, bool, order.count));
  tin_arena_free(&arena);
  return good;
}

static bool check_step(struct tin_call *call, const struct tin_live_scope *step, struct tin_node **nodes, int count) {
  const tin_ctx *ctx = call->ctx;
  const char *wrong = NULL;
  if (ctx->runs != step->runs_before)
    wrong = "the step has already computed something: what it reads must be an output, to be read when the step has run";
  else if (step->updates_before)
    wrong = "variables were assigned before the step began and not computed: compute them first (tin_realize)";
  else if (ctx->scopes_since_seed <= step->random_scope)
    wrong = "tin_ctx_seed was called inside the step";
  else if (ctx->detached != step->detached_before)
    wrong = "a variable was overwritten inside the step after the step had used it: write before the step begins";
  else if (ctx->scope != step)
    wrong = "a scope inside the step is still open";
  if (wrong)
    tin_call_fail(call, "%s", wrong);
  return !wrong && check_graph(call, step, nodes, count);
}

/* ---- capturing ---- */

static struct tin_compiled *compiled_new(struct tin_call *call, const struct tin_compile_options *args) {
  tin_ctx *ctx = call->ctx;
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 10, NULL);
  struct tin_compiled *compiled = TIN_NEW(&arena, struct tin_compiled);
  if (!compiled)
    return NULL;
  int n_repeated = 0;
  for (const struct tin_again *again = ctx->scope->first_again; again; again = again->next)
    n_repeated++;
  compiled->ctx = ctx;
  compiled->arena = arena;
  compiled->next = ctx->compiled;
  compiled->link = &ctx->compiled;
  if (compiled->next)
    compiled->next->link = &compiled->next;
  ctx->compiled = compiled;
  compiled->repeated = TIN_NEW_ARRAY(&compiled->arena, struct repeated, n_repeated);
  compiled->outputs = TIN_NEW_ARRAY(&compiled->arena, struct output, args->outputs.count);
  compiled->scalars = TIN_NEW_ARRAY(&compiled->arena, struct settable, args->scalars.count);
  compiled->updated = TIN_NEW_ARRAY(&compiled->arena, struct tin_storage *, ctx->n_updates);
  compiled->computed = TIN_NEW_ARRAY(&compiled->arena, struct tin_buffer *, args->outputs.count);
  if (compiled->repeated && compiled->outputs && compiled->scalars && compiled->updated && compiled->computed)
    return compiled;
  tin_compiled_free(compiled);
  return NULL;
}

/* Which of the outputs the run computes, each node once and in this order (as tin_run has it). */
static void number_outputs(struct tin_compiled *compiled, tin_list tensors, struct tin_node **nodes) {
  uint32_t stamp = ++compiled->ctx->stamp;
  for (int i = 0; i < tensors.count; i++) {
    struct tin_slot *slot = tin_slot_of(tensors.at[i]);
    bool variable = slot->kind == SLOT_STORAGE && slot->storage->kind != STORAGE_VALUE;
    compiled->outputs[i] = (struct output){.handle = variable ? tensors.at[i] : NULL, .position = -1};
    if (nodes[i]->buffer || nodes[i]->op == OP_VAR)
      continue;
    if (nodes[i]->mark != stamp) {
      nodes[i]->mark = stamp;
      nodes[i]->index = (uint32_t)compiled->n_computed++;
    }
    if (!variable)
      compiled->outputs[i].position = (int)nodes[i]->index;
  }
}

/* The output's value becomes a tensor of the context. */
static bool take_output(struct tin_compiled *compiled, struct output *output, const struct tin_node *node, const char *name) {
  tin_ctx *ctx = compiled->ctx;
  struct tin_buffer *buffer = tin_buffer_keep(node->buffer ? node->buffer : node->variable->buffer);
  struct tin_storage *storage = tin_storage_new(ctx, STORAGE_OUTPUT, (tin_dtype)node->dtype, node->rank, node->shape, buffer);
  if (!storage)
    return false;
  output->storage = storage;
  storage->variable.name = name;
  output->handle = storage->handle = tin_slot_new(ctx, NULL, SLOT_STORAGE, storage);
  return output->handle != NULL;
}

static void take_again(struct tin_compiled *compiled, const struct tin_again *again) {
  struct repeated *repeated = &compiled->repeated[compiled->n_repeated++];
  repeated->again = *again;
  for (int i = 0; i < TIN_AGAIN_SCALARS; i++)
    repeated->slots[i] = again->scalars[i] ? tin_replay_scalar(compiled->replay, again->scalars[i]) : NULL;
}

/* nodes: of the outputs, then of the scalars. */
static bool capture(struct tin_call *call, struct tin_compiled *compiled, const struct tin_compile_options *args, struct tin_node **nodes) {
  tin_ctx *ctx = call->ctx;
  struct tin_live_scope *step = ctx->scope;
  number_outputs(compiled, args->outputs, nodes);
  compiled->scopes = ctx->scopes_since_seed - step->random_scope;
  for (; compiled->n_updated < ctx->n_updates; compiled->n_updated++)
    compiled->updated[compiled->n_updated] = ctx->updates[compiled->n_updated];
  if (!tin_run_captured(call, nodes, args->outputs.count, step, &compiled->replay))
    return false;
  for (const struct tin_again *again = compiled->replay ? step->first_again : NULL; again; again = again->next)
    take_again(compiled, again);
  for (; compiled->n_scalars < args->scalars.count; compiled->n_scalars++) {
    const struct tin_node *node = nodes[args->outputs.count + compiled->n_scalars];
    compiled->scalars[compiled->n_scalars] =
        (struct settable){compiled->replay ? tin_replay_scalar(compiled->replay, node) : NULL, (tin_dtype)node->dtype};
  }
  for (; compiled->n_outputs < args->outputs.count; compiled->n_outputs++) {
    struct output *output = &compiled->outputs[compiled->n_outputs];
    if (!output->handle && !take_output(compiled, output, nodes[compiled->n_outputs], tin_name_of(args->outputs.at[compiled->n_outputs]))) {
      tin_call_fail(call, "out of memory");
      return false;
    }
  }
  return true;
}

/* Room for the nodes of outputs and scalars, filled; NULL with the error recorded. */
static struct tin_node **operands(struct tin_call *call, const struct tin_compile_options *args) {
  size_t count = (size_t)args->outputs.count + (size_t)args->scalars.count;
  struct tin_node **nodes = tin_call_alloc(call, count + 1, sizeof *nodes, 0, NULL);
  struct tin_node **scalars = nodes ? nodes + args->outputs.count : NULL;
  call->items = "output";
  bool good = nodes && tin_call_operands(call, args->outputs.count, args->outputs.at, NULL, nodes);
  call->items = "scalar";
  good = good && tin_call_operands(call, args->scalars.count, args->scalars.at, NULL, scalars);
  for (int i = 0; good && i < args->scalars.count; i++)
    if (scalars[i]->op != OP_SCALAR) {
      tin_call_fail(call, "%s was not made by tin_scalar", tin_name_operand(args->scalars.at[i], tin_name_item("scalar", i).text).text);
      good = false;
    }
  if (good)
    return nodes;
  free(nodes);
  return NULL;
}

/* Runs the step; false with the error recorded. */
static bool compile(struct tin_call *call, const struct tin_live_scope *step, const struct tin_compile_options *args,
                    struct tin_compiled **compiled) {
  struct tin_node **nodes = operands(call, args);
  bool good = nodes && check_step(call, step, nodes, args->outputs.count);
  if (good) {
    *compiled = compiled_new(call, args);
    if (!*compiled)
      tin_call_fail(call, "out of memory");
    good = *compiled && capture(call, *compiled, args, nodes);
  }
  free(nodes);
  return good;
}

tin_compiled *tin_compile_args(struct tin_compile_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "compile");
  struct tin_compiled *compiled = NULL;
  if (!tin_call_enter(&call, args.scope.ctx))
    return NULL;
  tin_ctx *ctx = call.ctx;
  struct tin_live_scope *step = tin_scope_ending(&call, args.scope);
  if (!step)
    return NULL;
  if (ctx->error.set || !compile(&call, step, &args, &compiled))
    tin_updates_drop(ctx);
  tin_scope_finish(ctx, step);
  if (!ctx->error.set)
    return compiled;
  tin_compiled_free(compiled);
  return NULL;
}

/* ---- replaying ---- */

/* Nodes that still read the old values keep them; false when out of memory. */
static bool detach_readers(struct tin_compiled *compiled) {
  bool good = true;
  for (int i = 0; good && i < compiled->n_updated; i++)
    good = tin_storage_detach(compiled->ctx, compiled->updated[i]);
  for (int i = 0; good && i < compiled->n_outputs; i++)
    good = !compiled->outputs[i].storage || tin_storage_detach(compiled->ctx, compiled->outputs[i].storage);
  return good;
}

/* What the calls of the step would do in the next one. */
static void draw_anew(struct tin_compiled *compiled) {
  tin_ctx *ctx = compiled->ctx;
  for (int i = 0; i < compiled->n_repeated; i++) {
    struct repeated *repeated = &compiled->repeated[i];
    uint64_t bits[TIN_AGAIN_SCALARS] = {0};
    repeated->again.run(&repeated->again, ctx, bits);
    for (int s = 0; s < TIN_AGAIN_SCALARS; s++)
      if (repeated->slots[s])
        *repeated->slots[s] = bits[s];
  }
  ctx->scopes_since_seed += compiled->scopes;
}

static void take_outputs(struct tin_compiled *compiled) {
  for (int i = 0; i < compiled->n_outputs; i++) {
    const struct output *output = &compiled->outputs[i];
    if (output->position < 0 || !output->storage)
      continue;
    struct tin_variable *variable = &output->storage->variable;
    tin_buffer_drop(variable->buffer);
    variable->buffer = tin_buffer_keep(compiled->computed[output->position]);
    variable->version++;
  }
  for (int i = 0; i < compiled->n_computed; i++)
    tin_buffer_drop(compiled->computed[i]);
}

bool tin_replay_at(const char *file, int line, tin_compiled *compiled) {
  struct tin_call call = tin_call_of(file, line, "replay");
  struct tin_error error = {0};
  if (!compiled || !tin_call_enter(&call, compiled->ctx) || compiled->ctx->error.set)
    return false;
  tin_ctx *ctx = compiled->ctx;
  if (ctx->n_updates && !tin_run(&call, NULL, 0, NULL))
    return false;
  ctx->runs++;
  draw_anew(compiled);
  if (!detach_readers(compiled))
    tin_call_fail(&call, "out of memory");
  else if (compiled->replay && !tin_replay_run(compiled->replay, compiled->computed, &error))
    tin_call_fail(&call, "%s", error.text);
  else
    take_outputs(compiled);
  return !ctx->error.set;
}

/* ---- what else is done with one ---- */

tin_tensor *tin_output_at(const char *file, int line, tin_compiled *compiled, int index) {
  struct tin_call call = tin_call_of(file, line, "output");
  if (!compiled || !tin_call_enter(&call, compiled->ctx))
    return tin_call_poison(&call);
  if (index >= 0 && index < compiled->n_outputs)
    return compiled->outputs[index].handle;
  tin_call_fail(&call, "the step has %d outputs, not one of number %d", compiled->n_outputs, index);
  return tin_call_poison(&call);
}

bool tin_set_scalar_at(const char *file, int line, tin_compiled *compiled, int index, double value) {
  struct tin_call call = tin_call_of(file, line, "set_scalar");
  if (!compiled || !tin_call_enter(&call, compiled->ctx))
    return false;
  if (index < 0 || index >= compiled->n_scalars) {
    tin_call_fail(&call, "the step has %d scalars, not one of number %d", compiled->n_scalars, index);
    return false;
  }
  if (compiled->scalars[index].slot)
    *compiled->scalars[index].slot = tin_scalar_from_double(value, compiled->scalars[index].dtype);
  return true;
}

void tin_compiled_free(tin_compiled *compiled) {
  if (!compiled)
    return;
  tin_ctx *ctx = compiled->ctx;
  for (int i = 0; i < compiled->n_outputs; i++) {
    struct output *output = &compiled->outputs[i];
    if (output->storage && output->handle)
      tin_slot_free(tin_slot_of(output->handle));
    if (output->storage)
      tin_storage_retire(ctx, output->storage);
  }
  tin_replay_free(compiled->replay);
  *compiled->link = compiled->next;
  if (compiled->next)
    compiled->next->link = compiled->link;
  struct tin_arena arena = compiled->arena; /* it holds the step */
  tin_arena_free(&arena);
}
