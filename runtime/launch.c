/* Running a plan: binding leaves, results, scalars and scratch; checking index tensors; launching kernels.
 *
 * All memory is got before the first kernel starts, and every index tensor is checked before the first kernel that overwrites a variable
 * (otherwise the run gives updates fresh buffers): a run that fails has changed nothing.
 */
#include <inttypes.h>
#include <stdio.h>

#include "runtime/check.h"
#include "runtime/engine.h"

/* ---- memory shared by the runs of an engine ---- */

/* Makes *buffer at least `bytes` large; the contents are lost. */
static bool buffer_reserve(struct tin_buffer_pool *pool, struct tin_buffer **buffer, size_t bytes) {
  if (*buffer && (*buffer)->bytes >= bytes)
    return true;
  tin_buffer_drop(*buffer); /* before the larger one is made: the peak is one of them */
  *buffer = tin_buffer_new(pool, bytes);
  return *buffer != NULL;
}

static bool reserve_memory(struct tin_run *run) {
  struct tin_engine *engine = run->engine;
  const struct tin_plan *plan = run->plan;
  int64_t stride = (plan->scratch_bytes + 127) / 128 * 128; /* two lines: the prefetcher fetches pairs */
  if (stride > engine->scratch_stride)
    engine->scratch_stride = stride;
  if (buffer_reserve(engine->pool, &engine->memory, (size_t)plan->arena_bytes) &&
      buffer_reserve(engine->pool, &engine->scratch, (size_t)(engine->scratch_stride * engine->n_threads)))
    return true;
  tin_error_set(run->error, "out of memory: a plan needs %" PRId64 " bytes", plan->arena_bytes + stride * engine->n_threads);
  return false;
}

/* ---- binding ---- */

struct tin_buffer *tin_run_leaf_output(const struct tin_run *run, const struct tin_node *node) {
  bool is_variable = node->op == OP_VAR && !node->buffer;
  if (is_variable && tin_walk_update_of(run->walk, node->variable) < 0)
    return NULL;
  return tin_buffer_keep(tin_leaf_buffer(node));
}

static struct tin_node *node_at(const struct tin_run *run, int position) {
  return run->walk->order[position];
}

/* Outputs that are leaves share the leaf's buffer. They take their reference first, so that no update overwrites it. */
static void share_leaves(struct tin_run *run) {
  const struct tin_plan *plan = run->plan;
  for (int i = 0; i < run->request->n_outputs; i++) {
    const struct tin_run_value *value = &plan->values[plan->output_values[i]];
    if (tin_node_is_leaf(run->request->outputs[i]) && value->place == PLACE_LEAF)
      run->results.outputs[i] = tin_run_leaf_output(run, run->request->outputs[i]);
    else if (value->place == PLACE_LEAF) /* a view of a leaf that is all of it */
      run->results.outputs[i] = tin_buffer_keep(tin_leaf_buffer(node_at(run, value->position)));
  }
  for (int i = 0; i < run->request->n_updates; i++) {
    const struct tin_run_value *value = &plan->values[plan->update_values[i]];
    if (value->place == PLACE_LEAF)
      run->results.updates[i] = tin_buffer_keep(tin_leaf_buffer(node_at(run, value->position)));
  }
}

static struct tin_buffer *owned_buffer(const struct tin_run *run, const struct tin_run_value *value) {
  if (run->overwrite && value->update >= 0) {
    struct tin_buffer *old = run->request->updates[value->update].variable->buffer;
    if (old && tin_buffer_may_overwrite(old) && old->bytes >= (size_t)value->bytes)
      return tin_buffer_keep(old);
  }
  return tin_buffer_new(run->engine->pool, (size_t)value->bytes);
}

static bool bind_values(struct tin_run *run) {
  const struct tin_plan *plan = run->plan;
  for (int v = 0; v < plan->n_values; v++) {
    const struct tin_run_value *value = &plan->values[v];
    if (value->place == PLACE_LEAF) {
      run->addresses[v] = tin_leaf_buffer(node_at(run, value->position))->data;
    } else if (value->place == PLACE_ARENA) {
      run->addresses[v] = (char *)run->engine->memory->data + value->offset;
    } else if (value->place == PLACE_BLOCK) {
      run->addresses[v] = NULL;
    } else {
      run->buffers[v] = owned_buffer(run, value);
      if (!run->buffers[v]) {
        tin_error_set(run->error, "out of memory: a result needs %" PRId64 " bytes", value->bytes);
        return false;
      }
      run->addresses[v] = run->buffers[v]->data;
    }
  }
  for (int i = 0; i < plan->n_operands; i++)
    run->operands[i] = run->addresses[plan->operands[i].value] + plan->operands[i].offset;
  for (int s = 0; s < plan->n_scalars; s++)
    run->scalars[s] = node_at(run, plan->scalar_positions[s])->bits;
  return true;
}

static void take_results(struct tin_run *run) {
  const struct tin_plan *plan = run->plan;
  for (int i = 0; i < run->request->n_outputs; i++)
    if (plan->values[plan->output_values[i]].place == PLACE_OWNED)
      run->results.outputs[i] = tin_buffer_keep(run->buffers[plan->output_values[i]]);
  for (int i = 0; i < run->request->n_updates; i++)
    if (plan->values[plan->update_values[i]].place == PLACE_OWNED)
      run->results.updates[i] = tin_buffer_keep(run->buffers[plan->update_values[i]]);
}

void tin_results_drop(struct tin_results *results, const struct tin_request *request) {
  for (int i = 0; results->outputs && i < request->n_outputs; i++)
    tin_buffer_drop(results->outputs[i]);
  for (int i = 0; results->updates && i < request->n_updates; i++)
    tin_buffer_drop(results->updates[i]);
  *results = (struct tin_results){.outputs = NULL};
}

void tin_run_end(struct tin_run *run) {
  for (int i = 0; i < run->n_buffers; i++)
    tin_buffer_drop(run->buffers[i]);
  run->n_buffers = 0;
  if (run->request)
    tin_results_drop(&run->results, run->request);
}

/* ---- index tensors ---- */

static bool check_indices(const struct tin_run *run, const struct tin_run_check *check) {
  const void *data = run->addresses[check->value];
  int64_t position = tin_index_first_outside(&check->limits, data, check->dtype, check->size);
  if (position < 0)
    return true;
  const struct tin_node *node = node_at(run, check->position);
  char site[256] = "";
  if (node->site.file)
    snprintf(site, sizeof site, "%s:%d: ", node->site.file, node->site.line);
  tin_index_outside(run->error, site, node, &check->limits, tin_index_value(data, check->dtype, position), position);
  return false;
}

/* ---- launching ---- */

struct launch {
  const struct tin_run *run;
  const struct tin_run_kernel *kernel;
  int shares;
  struct tin_check_thread *checks; /* by thread; NULL where nothing is checked */
};

/* The kernel's weight is cut into equal parts, whatever entries the cuts fall into; at the nearest item, so that of two long ones behind
 * something short each thread gets one. */
int64_t tin_share_begin(const struct tin_run_kernel *kernel, const struct tin_run_entry *entry, int64_t share, int shares) {
  double weight = kernel->weight * (double)share / shares;
  if (share == shares) /* first and whatever the weights say: nothing may be left out */
    return entry->items;
  if (share == 0 || weight <= entry->before)
    return 0;
  if (weight >= entry->before + entry->weight)
    return entry->items;
  return (int64_t)((weight - entry->before) / entry->weight * (double)entry->items + 0.5);
}

/* The least estimated time of a share: starting a thread that spins and waiting for it costs 0.3 us with two of them, one more 0.1 (where
 * they sleep, 20); and estimates are off by a factor of two or three. */
static const double share_seconds = 2.5e-6;

int tin_shares(const struct tin_run_kernel *kernel, int threads) {
  double shares = kernel->weight / share_seconds;
  return shares < 2 ? 1 : shares < threads ? (int)shares : threads;
}

static char *thread_scratch(const struct tin_run *run, int thread) {
  return (char *)run->engine->scratch->data + thread * run->engine->scratch_stride;
}

static void run_shares(void *argument, int thread, int64_t begin, int64_t end) {
  const struct launch *launch = argument;
  const struct tin_run *run = launch->run;
  const struct tin_run_kernel *kernel = launch->kernel;
  char *scratch = thread_scratch(run, thread);
  if (launch->checks)
    tin_check_enter(&launch->checks[thread]);
  for (int e = kernel->first_entry; e < kernel->first_entry + kernel->n_entries; e++) {
    const struct tin_run_entry *entry = &run->plan->entries[e];
    int64_t first = tin_share_begin(kernel, entry, begin, launch->shares), last = tin_share_begin(kernel, entry, end, launch->shares);
    if (first < last)
      entry->run(run->operands + entry->first_operand, run->scalars + entry->first_scalar, scratch, first, last);
  }
  if (launch->checks)
    tin_check_leave();
}

/* ---- the bounds-checked mode ---- */

static struct tin_check_area area(const void *begin, size_t bytes, const char *what) {
  return (struct tin_check_area){.begin = (uintptr_t)begin, .end = (uintptr_t)begin + bytes, .value = -1, .what = what};
}

/* What the kernel may touch on this thread. A value that is read and written has two areas of the same bytes: the writable one comes first.
 */
static void list_areas(const struct tin_run *run, const struct tin_run_kernel *kernel, int thread, struct tin_check_thread *check) {
  const struct tin_plan *plan = run->plan;
  enum { OTHERS = 4 };
  struct tin_check_area *areas = TIN_NEW_ARRAY(&run->engine->arena, struct tin_check_area, kernel->n_operands + OTHERS);
  size_t code_bytes;
  const void *code = tin_code_pages(plan->code, &code_bytes);
  int n = 0;
  for (int written = 1; written >= 0; written--)
    for (int i = 0; i < kernel->n_operands; i++) {
      const struct tin_run_operand *operand = &kernel->operands[i];
      if (operand->written != written)
        continue;
      areas[n] = area(run->addresses[operand->value], (size_t)plan->values[operand->value].bytes, NULL);
      areas[n].value = operand->value;
      areas[n++].writable = written;
    }
  areas[n] = area(thread_scratch(run, thread), (size_t)plan->scratch_bytes, "the scratch");
  areas[n++].writable = true;
  areas[n++] = area(run->operands, sizeof *run->operands * (size_t)plan->n_operands, "the list of buffers");
  areas[n++] = area(run->scalars, sizeof *run->scalars * (size_t)plan->n_scalars, "the list of scalars");
  areas[n++] = area(code, code_bytes, "the constants");
  check->areas = areas;
  check->n_areas = n;
  check->programs = plan->programs;
}

/* An error for the first thread that touched what it must not. */
static bool check_reports(const struct tin_run *run, const struct launch *launch) {
  for (int thread = 0; thread < run->engine->n_threads; thread++) {
    if (!launch->checks[thread].violated)
      continue;
    const struct tin_node *node = node_at(run, launch->kernel->position);
    char site[256] = "";
    if (node->site.file)
      snprintf(site, sizeof site, "%s:%d: ", node->site.file, node->site.line);
    tin_error_set(run->error, "%s%s: kernel %s (%s) %s", site, tin_ops[node->op].text, launch->kernel->name, launch->kernel->fused,
                  launch->checks[thread].report);
    return false;
  }
  return true;
}

static bool launch_checked(struct launch *launch) {
  const struct tin_run *run = launch->run;
  int n_threads = run->engine->n_threads;
  launch->checks = TIN_NEW_ARRAY(&run->engine->arena, struct tin_check_thread, n_threads);
  for (int thread = 0; thread < n_threads; thread++)
    list_areas(run, launch->kernel, thread, &launch->checks[thread]);
  tin_pool_run(run->engine->threads, run_shares, launch, launch->shares);
  return check_reports(run, launch);
}

/* ---- kernels ---- */

static bool launch_kernel(const struct tin_run *run, struct tin_run_kernel *kernel) {
  struct tin_engine *engine = run->engine;
  struct launch launch = {.run = run, .kernel = kernel, .shares = tin_shares(kernel, engine->n_threads)};
  double start = run->profiles ? tin_seconds() : 0;
  bool good = true;
  if (engine->options.check == TIN_CHECK_BOUNDS)
    good = launch_checked(&launch);
  else
    tin_pool_run(engine->threads, run_shares, &launch, launch.shares);
  if (run->profiles) {
    kernel->seconds += tin_seconds() - start;
    kernel->calls++;
  }
  return good;
}

static bool run_kernels(const struct tin_run *run) {
  const struct tin_plan *plan = run->plan;
  int check = 0;
  for (int k = 0; k < plan->n_kernels; k++) {
    for (; check < plan->n_checks && plan->checks[check].kernel <= k; check++)
      if (!check_indices(run, &plan->checks[check]))
        return false;
    if (!launch_kernel(run, &plan->kernels[k]))
      return false;
  }
  return true;
}

/* Code of the second tier takes the place of the first one's once it is there: between runs, so a run is all of one. */
static void adopt_second_tier(struct tin_engine *engine, struct tin_plan *plan) {
  enum tin_tier_state state = plan->tier ? tin_tier_look(plan->tier) : TIN_TIER_WAITS;
  if (state == TIN_TIER_WAITS || plan->replaced)
    return;
  void **addresses = TIN_NEW_ARRAY(&engine->arena, void *, plan->n_entries);
  plan->replaced = true;
  if (state == TIN_TIER_FAILED || !tin_tier_take(plan->tier, addresses)) {
    engine->statistics.replacements_failed++;
    return;
  }
  for (int i = 0; i < plan->n_entries; i++)
    plan->entries[i].run = (tin_entry_fn *)addresses[i];
  engine->statistics.kernels_replaced += plan->n_kernels;
}

bool tin_run_plan(struct tin_run *run) {
  struct tin_engine *engine = run->engine;
  const struct tin_plan *plan = run->plan;
  struct tin_arena *arena = &engine->arena;
  adopt_second_tier(engine, run->plan);
  run->results.outputs = TIN_NEW_ARRAY(arena, struct tin_buffer *, run->request->n_outputs);
  run->results.updates = TIN_NEW_ARRAY(arena, struct tin_buffer *, run->request->n_updates);
  run->addresses = TIN_NEW_ARRAY(arena, char *, plan->n_values);
  run->operands = TIN_NEW_ARRAY(arena, char *, plan->n_operands);
  run->scalars = TIN_NEW_ARRAY(arena, unsigned long long, plan->n_scalars);
  run->buffers = TIN_NEW_ARRAY(arena, struct tin_buffer *, plan->n_values);
  run->n_buffers = plan->n_values;
  if (!plan->overwrites || engine->options.check == TIN_CHECK_BOUNDS) /* a kernel may be found to be wrong when it has run */
    run->overwrite = false;
  if (!reserve_memory(run))
    return false;
  share_leaves(run);
  if (!bind_values(run))
    return false;
  tin_pool_begin(engine->threads);
  bool good = run_kernels(run);
  tin_pool_end(engine->threads);
  if (good)
    take_results(run);
  return good;
}
