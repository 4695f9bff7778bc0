/* Replays: a run that can be done again when the graph it came from is gone.
 *
 * What is captured is the plan and a copy of the nodes that it refers to by position: variables (read at whatever value they then have),
 * realised nodes (with a reference to their value), constants, scalars, and those that messages name. Passing variables end with their
 * scope: of them the value is kept too. A replay costs what its launches cost: no graph, no signature, no look-up.
 */
#include "runtime/engine.h"

/* A variable that is read, and which of its lives was meant: the front end uses the storage of a freed one again. */
struct reader {
  const struct tin_variable *variable;
  uint32_t life;
};

struct tin_replay {
  struct tin_engine *engine;
  struct tin_arena arena; /* holds everything below */
  struct tin_plan *plan;  /* held; NULL for the interpreter */
  struct tin_walk walk;   /* `order` has the copies; nothing of it is freed on its own */
  struct tin_request request;
  struct reader *readers;
  int n_readers;
};

/* ---- capturing ---- */

static struct tin_node *copy_node(struct tin_replay *replay, const struct tin_node *node) {
  struct tin_arena *arena = &replay->arena;
  struct tin_node *copy = tin_arena_copy(arena, node, sizeof *node);
  bool variable = node->op == OP_VAR && !node->buffer;
  copy->buffer = NULL; /* for the reference that is not taken yet: memory may run out */
  copy->n_in = tin_node_is_leaf(node) ? 0 : node->n_in;
  copy->in = TIN_NEW_ARRAY(arena, struct tin_node *, copy->n_in);
  for (int i = 0; i < copy->n_in; i++)
    copy->in[i] = replay->walk.order[node->in[i]->index];
  copy->arg = tin_arena_copy(arena, node->arg, sizeof *node->arg * node->n_arg);
  copy->shape = tin_arena_copy(arena, node->shape, sizeof *node->shape * node->rank);
  if (node->op != OP_VAR)
    copy->variable = NULL;
  if (node->buffer || (variable && node->variable->passing))
    copy->buffer = tin_buffer_keep(tin_leaf_buffer(node));
  else if (variable)
    replay->readers[replay->n_readers++] = (struct reader){node->variable, node->variable->life};
  return copy;
}

static void copy_request(struct tin_replay *replay, const struct tin_request *request) {
  struct tin_update *updates = TIN_NEW_ARRAY(&replay->arena, struct tin_update, request->n_updates);
  replay->request = *request;
  replay->request.graph = NULL;
  replay->request.updates = updates;
  replay->request.outputs = TIN_NEW_ARRAY(&replay->arena, struct tin_node *, request->n_outputs);
  for (int i = 0; i < request->n_outputs; i++)
    replay->request.outputs[i] = replay->walk.order[request->outputs[i]->index];
  for (int u = 0; u < request->n_updates; u++)
    updates[u] = (struct tin_update){request->updates[u].variable, replay->walk.order[request->updates[u].value->index]};
}

bool tin_replay_take(struct tin_engine *engine, const struct tin_request *request, struct tin_plan *plan, struct tin_replay **out,
                     struct tin_error *error) {
  const struct tin_walk *walk = &engine->walk;
  tin_walk_number(walk);
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 12, NULL);
  struct tin_replay *replay = TIN_NEW(&arena, struct tin_replay);
  if (!replay) {
    tin_error_set(error, "out of memory");
    return false;
  }
  *out = replay;
  replay->engine = engine;
  replay->arena = arena;
  replay->arena.fail = engine->arena.fail;
  replay->walk.order = TIN_NEW_ARRAY(&replay->arena, struct tin_node *, walk->n_order);
  replay->readers = TIN_NEW_ARRAY(&replay->arena, struct reader, walk->n_order);
  for (; replay->walk.n_order < walk->n_order; replay->walk.n_order++)
    replay->walk.order[replay->walk.n_order] = copy_node(replay, walk->order[replay->walk.n_order]);
  tin_walk_copy_updates(&replay->walk, walk, &replay->arena);
  copy_request(replay, request);
  replay->arena.fail = NULL;
  replay->plan = plan;
  if (plan)
    plan->holders++;
  return true;
}

void tin_replay_free(struct tin_replay *replay) {
  if (!replay)
    return;
  for (size_t i = 0; i < replay->walk.n_order; i++)
    tin_buffer_drop(replay->walk.order[i]->buffer);
  tin_plan_release(replay->plan);
  struct tin_arena arena = replay->arena; /* it holds the replay */
  tin_arena_free(&arena);
}

uint64_t *tin_replay_scalar(struct tin_replay *replay, const struct tin_node *node) {
  const struct tin_walk *walk = &replay->engine->walk;
  return node->index < walk->n_order && walk->order[node->index] == node ? &replay->walk.order[node->index]->bits : NULL;
}

/* ---- running ---- */

static bool check_readers(const struct tin_replay *replay, struct tin_error *error) {
  for (int i = 0; i < replay->n_readers; i++)
    if (replay->readers[i].variable->life != replay->readers[i].life) {
      tin_error_set(error, "a tensor that the step reads has been freed");
      return false;
    }
  return true;
}

static void adopt(struct tin_run *run, struct tin_buffer **outputs) {
  const struct tin_request *request = run->request;
  for (int i = 0; i < request->n_outputs; i++) {
    outputs[i] = run->results.outputs[i];
    run->results.outputs[i] = NULL;
  }
  for (int u = 0; u < request->n_updates; u++) {
    struct tin_variable *variable = request->updates[u].variable;
    tin_buffer_drop(variable->buffer);
    variable->buffer = run->results.updates[u];
    variable->version++;
    run->results.updates[u] = NULL;
  }
}

static bool run_guarded(struct tin_run *run) {
  struct tin_engine *engine = run->engine;
  jmp_buf fail;
  engine->arena.fail = &fail;
  if (setjmp(fail)) {
    tin_error_set(run->error, "out of memory");
    return false;
  }
  return run->plan ? tin_run_plan(run) : tin_run_interpreter(run);
}

bool tin_replay_run(struct tin_replay *replay, struct tin_buffer **outputs, struct tin_error *error) {
  struct tin_engine *engine = replay->engine;
  struct tin_statistics *statistics = &engine->statistics;
  struct tin_run run = {.engine = engine,
                        .request = &replay->request,
                        .walk = &replay->walk,
                        .plan = replay->plan,
                        .profiles = engine->options.profile,
                        .overwrite = true,
                        .error = error};
  if (!check_readers(replay, error))
    return false;
  double start = tin_seconds();
  bool good = run_guarded(&run);
  if (good) {
    adopt(&run, outputs);
    tin_count_run(engine, replay->plan, &replay->walk);
  }
  statistics->run_seconds += tin_seconds() - start;
  tin_run_end(&run);
  tin_arena_reset(&engine->arena);
  engine->arena.fail = NULL;
  statistics->bytes_peak = (int64_t)tin_buffer_pool_peak(engine->pool);
  return good;
}
