/* The target "interpreter": every node of the graph by the reference interpreter, one after another, each into a buffer of its own that is
 * freed after its last use. The definition of every result, with the engine's rules for results and updates. */
#include <inttypes.h>
#include <stdio.h>

#include "ir/interpreter.h"
#include "runtime/engine.h"

/* Readers that are still to come, by position; outputs and updates count as one each. */
static int *count_uses(const struct tin_run *run) {
  const struct tin_walk *walk = run->walk;
  int *uses = TIN_NEW_ARRAY(&run->engine->arena, int, walk->n_order);
  for (size_t i = 0; i < walk->n_order; i++)
    for (int j = 0; !tin_node_is_leaf(walk->order[i]) && j < walk->order[i]->n_in; j++)
      uses[walk->order[i]->in[j]->index]++;
  for (int i = 0; i < run->request->n_outputs; i++)
    uses[run->request->outputs[i]->index]++;
  for (int i = 0; i < run->request->n_updates; i++)
    uses[run->request->updates[i].value->index]++;
  return uses;
}

static bool is_bound(const struct tin_node *node) {
  return node->buffer || node->op == OP_VAR;
}

static void site_error(struct tin_error *error, const struct tin_node *node, const struct tin_error *inner) {
  if (node->site.file)
    tin_error_set(error, "%s:%d: %s", node->site.file, node->site.line, inner->text);
  else
    tin_error_set(error, "%s", inner->text);
}

/* in: room for the addresses of the inputs */
static bool interpret_node(struct tin_run *run, const struct tin_node *node, void **in) {
  for (int i = 0; i < node->n_in; i++)
    in[i] = run->buffers[node->in[i]->index]->data;
  int64_t bytes = node->size * tin_dtype_bytes(node->dtype);
  struct tin_buffer *buffer = tin_buffer_new(run->engine->pool, (size_t)bytes);
  if (!buffer) {
    tin_error_set(run->error, "out of memory: %s needs %" PRId64 " bytes", tin_ops[node->op].text, bytes);
    return false;
  }
  run->buffers[node->index] = buffer;
  struct tin_error inner = {.set = false};
  if (tin_interpret(node, in, buffer->data, &inner))
    return true;
  site_error(run->error, node, &inner);
  return false;
}

struct job {
  struct tin_run *run;
  int *uses;
  void **in; /* room for the inputs of any node */
  bool good;
};

static void **make_inputs(const struct tin_run *run) {
  const struct tin_walk *walk = run->walk;
  int most = 0;
  for (size_t i = 0; i < walk->n_order; i++)
    most = walk->order[i]->n_in > most ? walk->order[i]->n_in : most;
  return TIN_NEW_ARRAY(&run->engine->arena, void *, most);
}

/* Runs as a launch of the pool, which sets the floating-point environment that results are defined in; so nothing here may jump out. */
static void interpret_all(void *argument, int thread, int64_t begin, int64_t end) {
  (void)thread, (void)begin, (void)end;
  struct job *job = argument;
  struct tin_run *run = job->run;
  const struct tin_walk *walk = run->walk;
  job->good = true;
  for (size_t i = 0; i < walk->n_order && job->good; i++) {
    struct tin_node *node = walk->order[i];
    if (is_bound(node)) {
      run->buffers[i] = tin_buffer_keep(tin_leaf_buffer(node));
      continue;
    }
    job->good = interpret_node(run, node, job->in);
    for (int j = 0; j < node->n_in; j++) {
      uint32_t input = node->in[j]->index;
      if (--job->uses[input] == 0) {
        tin_buffer_drop(run->buffers[input]);
        run->buffers[input] = NULL;
      }
    }
  }
}

bool tin_run_interpreter(struct tin_run *run) {
  const struct tin_request *request = run->request;
  struct tin_arena *arena = &run->engine->arena;
  size_t n_nodes = run->walk->n_order;
  tin_walk_number(run->walk);
  run->results.outputs = TIN_NEW_ARRAY(arena, struct tin_buffer *, request->n_outputs);
  run->results.updates = TIN_NEW_ARRAY(arena, struct tin_buffer *, request->n_updates);
  run->buffers = TIN_NEW_ARRAY(arena, struct tin_buffer *, n_nodes);
  run->n_buffers = (int)n_nodes;
  struct job job = {.run = run, .uses = count_uses(run), .in = make_inputs(run)};
  tin_pool_run(run->engine->threads, interpret_all, &job, 1);
  if (!job.good)
    return false;
  for (int i = 0; i < request->n_outputs; i++) {
    const struct tin_node *node = request->outputs[i];
    run->results.outputs[i] = is_bound(node) ? tin_run_leaf_output(run, node) : tin_buffer_keep(run->buffers[node->index]);
  }
  for (int i = 0; i < request->n_updates; i++)
    run->results.updates[i] = tin_buffer_keep(run->buffers[request->updates[i].value->index]);
  return true;
}
