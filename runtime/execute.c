/* The engine: drives all passes from graph to results, and is the only file that names them.
 *
 * A run takes the signature of the graph, finds the plan or makes it by the passes below, runs it, and only then adopts the results: output
 * nodes and variables change when nothing can fail any more. Memory that passes take comes from the engine's arena of the run in progress;
 * when it runs out, it jumps back to tin_engine_run, which drops what the run held.
 */
#include "runtime/execute.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codegen/share.h"
#include "runtime/check.h"
#include "runtime/engine.h"

double tin_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- the passes ---- */

/* A plan being made. */
struct build {
  struct tin_engine *engine;
  const struct tin_request *request;
  uint32_t fuse;
  struct tin_arena *arena;
  struct tin_node **roots; /* outputs, then update values */
  int n_roots;
  struct tin_variable **variables; /* of the updates */
  struct tin_schedule *schedule;
  struct tin_text text;          /* for libtcc */
  struct tin_text *readable;     /* by kernel, or NULL */
  struct tin_kernel_code *codes; /* by kernel */
  struct tin_text nests, programs;
  void **addresses; /* of all entries */
  struct tin_plan *plan;
  struct tin_error *error;
};

static bool pass_schedule(struct build *build);
static bool pass_memory(struct build *build);
static bool pass_codegen(struct build *build);
static bool pass_compile(struct build *build);
static bool pass_keep(struct build *build);
static bool verify_graph(struct build *build);
static bool verify_schedule(struct build *build);
static void print_graph(struct build *build, struct tin_text *text);
static void print_schedule(struct build *build, struct tin_text *text);
static void print_reasons(struct build *build, struct tin_text *text);
static void print_memory(struct build *build, struct tin_text *text);
static void print_kernels(struct build *build, struct tin_text *text);
static void print_nests(struct build *build, struct tin_text *text);
static void print_programs(struct build *build, struct tin_text *text);

/* The compiler: each pass in turn, its verifier after it (where assertions are on, or TIN_DEBUG has v), then what the letter prints. */
static const struct pass {
  const char *name;
  char letter; /* of TIN_DEBUG; 0: prints nothing */
  bool (*run)(struct build *build);
  bool (*verify)(struct build *build);
  void (*print)(struct build *build, struct tin_text *text);
} passes[] = {
    {"graph", 'g', NULL, verify_graph, print_graph},
    {"schedule", 's', pass_schedule, verify_schedule, print_schedule},
    {"why not fused", 'w', NULL, NULL, print_reasons},
    {"memory", 'm', pass_memory, verify_schedule, print_memory},
    {"kernels", 'k', pass_codegen, NULL, print_kernels},
    {"loop nests", 'n', NULL, NULL, print_nests},
    {"vector programs", 'p', NULL, NULL, print_programs},
    {"compile", 0, pass_compile, NULL, NULL},
    {"keep", 0, pass_keep, NULL, NULL},
};
enum { N_PASSES = sizeof passes / sizeof *passes };

/* Letters that print something else, or nothing. */
static const struct {
  char letter;
  const char *what;
} switches[] = {{'t', "times of passes"}, {'c', "cache misses"}, {'v', "run the verifiers"}};
enum { N_SWITCHES = sizeof switches / sizeof *switches };

bool tin_debug_letter(char letter) {
  for (int i = 0; i < N_PASSES; i++)
    if (letter && letter == passes[i].letter)
      return true;
  for (int i = 0; i < N_SWITCHES; i++)
    if (letter == switches[i].letter)
      return true;
  return false;
}

void tin_debug_letters(char *text, size_t size) {
  size_t at = 0;
  for (int i = 0; i < N_PASSES && at < size; i++)
    if (passes[i].letter)
      at += (size_t)snprintf(text + at, size - at, "%s%c (%s)", at ? ", " : "", passes[i].letter, passes[i].name);
  for (int i = 0; i < N_SWITCHES && at < size; i++)
    at += (size_t)snprintf(text + at, size - at, ", %c (%s)", switches[i].letter, switches[i].what);
}

static bool debugs(const struct tin_engine *engine, char letter) {
  return letter && engine->options.debug && strchr(engine->options.debug, letter);
}

static bool verifies(const struct tin_engine *engine) {
#ifdef NDEBUG
  return debugs(engine, 'v');
#else
  (void)engine;
  return true;
#endif
}

static bool verify_graph(struct build *build) {
  return tin_graph_verify(build->request->graph, build->roots, build->n_roots, build->error);
}

static void print_graph(struct build *build, struct tin_text *text) {
  tin_graph_print(build->request->graph, text, build->roots, build->n_roots);
}

static bool pass_schedule(struct build *build) {
  const struct tin_request *request = build->request;
  build->schedule = tin_schedule_build(build->arena, request->graph, build->roots, request->n_outputs, build->variables,
                                       build->roots + request->n_outputs, request->n_updates, build->fuse);
  build->schedule->threads = build->engine->n_threads;
  build->schedule->caches = (struct tin_caches){.l1 = build->engine->machine.l1, .l2 = build->engine->machine.l2};
  return true;
}

static bool verify_schedule(struct build *build) {
  return tin_schedule_verify(build->schedule, build->error);
}

static void print_schedule(struct build *build, struct tin_text *text) {
  tin_schedule_print(text, build->schedule);
}

static void print_reasons(struct build *build, struct tin_text *text) {
  const struct tin_schedule *schedule = build->schedule;
  for (int i = 0; i < schedule->order.count; i++) {
    const struct tin_node *node = schedule->order.at[i];
    if (!schedule->planned[i].reason)
      continue;
    if (node->site.file)
      tin_text_add(text, "%s:%d: ", node->site.file, node->site.line);
    tin_text_add(text, "%%%d %s is not fused: %s\n", i, tin_ops[node->op].text, schedule->planned[i].reason);
  }
}

static bool pass_memory(struct build *build) {
  tin_schedule_memory(build->schedule, build->arena);
  return true;
}

static void print_memory(struct build *build, struct tin_text *text) {
  const struct tin_schedule *schedule = build->schedule;
  tin_text_add(text, "memory: live bound %.3f MB, planned %.3f MB, without reuse %.3f MB\n", (double)schedule->bytes_live * 1e-6,
               (double)schedule->arena_bytes * 1e-6, (double)schedule->bytes_without_reuse * 1e-6);
  for (int v = 0; v < schedule->values.count; v++) {
    const struct tin_plan_value *value = &schedule->values.at[v];
    if (value->place == PLACE_ARENA)
      tin_text_add(text, "  v%d %s: kernels %d to %d, bytes %" PRId64 " to %" PRId64 "\n", v, tin_ops[value->node->op].text,
                   value->first_kernel, value->last_kernel, value->offset, value->offset + value->bytes);
  }
}

static bool pass_codegen(struct build *build) {
  struct tin_engine *engine = build->engine;
  int n_kernels = build->schedule->kernels.count;
  build->codes = TIN_NEW_ARRAY(build->arena, struct tin_kernel_code, n_kernels);
  struct tin_text kernels;
  struct tin_shared_parts shared;
  tin_text_init(&kernels, build->arena);
  tin_shared_parts_init(&shared, build->arena);
  if (engine->dump.folder || debugs(engine, 'k')) {
    build->readable = TIN_NEW_ARRAY(build->arena, struct tin_text, n_kernels);
    for (int k = 0; k < n_kernels; k++)
      tin_text_init(&build->readable[k], build->arena);
  }
  for (int k = 0, n_programs = 0; k < n_kernels; k++) {
    build->codes[k].style = engine->options.check == TIN_CHECK_BOUNDS     ? TIN_VECTORS_CHECKED
                            : engine->options.check == TIN_CHECK_COMPILER ? TIN_VECTORS_READABLE
                                                                          : TIN_VECTORS_ENCODED;
    build->codes[k].first_program = n_programs;
    build->codes[k].shared = &shared;
    if (debugs(engine, 'n'))
      build->codes[k].nests = &build->nests;
    if (debugs(engine, 'p'))
      build->codes[k].programs = &build->programs;
    tin_codegen_kernel(&kernels, build->readable ? &build->readable[k] : NULL, build->arena, build->schedule, k, engine->target,
                       &build->codes[k]);
    n_programs += build->codes[k].checked_programs.count;
  }
  build->plan->n_functions = shared.count;
  tin_text_init(&build->text, build->arena);
  tin_codegen_prelude(&build->text, kernels.at);
  tin_text_put(&build->text, kernels.at, kernels.count);
  return true;
}

static void print_kernels(struct build *build, struct tin_text *text) {
  for (int k = 0; k < build->schedule->kernels.count; k++)
    tin_text_puts(text, build->readable[k].at);
}

static void print_nests(struct build *build, struct tin_text *text) {
  tin_text_puts(text, build->nests.at);
}

static void print_programs(struct build *build, struct tin_text *text) {
  tin_text_puts(text, build->programs.at);
}

static bool has_plain(const struct build *build) {
  for (int k = 0; k < build->schedule->kernels.count; k++)
    if (build->codes[k].plain)
      return true;
  return false;
}

/* The second compilation calls the routines where the first one has put them. */
static void ask_second_tier(struct build *build, const struct tin_code_source *first, const char *const *names, int n_names) {
  struct tin_code_source source = *first;
  struct tin_code_routine *routines = TIN_NEW_ARRAY(build->arena, struct tin_code_routine, first->n_routines);
  for (int i = 0; i < first->n_routines; i++) {
    routines[i] = first->routines[i];
    routines[i].bytes = tin_code_routine(build->plan->code, first->routines, i);
  }
  source.routines = routines;
  build->plan->tier = tin_tier_ask(build->engine->tier, &source, names, n_names);
}

static bool pass_compile(struct build *build) {
  int n_names = 0, n_entries = tin_count_entries(build->schedule, build->codes);
  const char **names = TIN_NEW_ARRAY(build->arena, const char *, n_entries);
  build->addresses = TIN_NEW_ARRAY(build->arena, void *, n_entries);
  for (int k = 0; k < build->schedule->kernels.count; k++)
    for (int e = 0; e < build->codes[k].entries.count; e++)
      names[n_names++] = build->codes[k].entries.at[e].name;
  if (!n_names) /* everything asked for is a leaf */
    return true;
  TIN_VEC(struct tin_code_routine) routines = {0};
  for (int k = 0; k < build->schedule->kernels.count; k++)
    for (int r = 0; r < build->codes[k].routines.count; r++)
      tin_vec_push(build->arena, &routines, build->codes[k].routines.at[r]);
  TIN_VEC(struct tin_code_symbol) symbols = {0};
  for (int i = 0; i < tin_codegen_symbol_count; i++)
    tin_vec_push(build->arena, &symbols, tin_codegen_symbols[i]);
  int check = build->engine->options.check;
  for (int i = 0; check == TIN_CHECK_BOUNDS && i < tin_check_symbol_count; i++)
    tin_vec_push(build->arena, &symbols, tin_check_symbols[i]);
  const struct tin_code_source source = {.text = build->text.at,
                                         .symbols = symbols.at,
                                         .n_symbols = symbols.count,
                                         .routines = routines.at,
                                         .n_routines = routines.count,
                                         .checked = check == TIN_CHECK_BOUNDS,
                                         .header = check == TIN_CHECK_COMPILER ? tin_vector_header : NULL};
  build->plan->code = tin_code_compile(&source, names, n_names, build->addresses, build->error);
  if (build->plan->code && build->engine->tier && check == TIN_CHECK_OFF && has_plain(build))
    ask_second_tier(build, &source, names, n_names);
  return build->plan->code != NULL;
}

static bool pass_keep(struct build *build) {
  const struct tin_kept kept = {build->schedule,      build->codes, build->addresses,
                                &build->engine->walk, build->arena, build->engine->options.check == TIN_CHECK_BOUNDS};
  return tin_plan_keep(build->plan, &kept, build->error);
}

/* ---- making a plan ---- */

static bool run_pass(struct build *build, const struct pass *pass, bool quiet) {
  struct tin_engine *engine = build->engine;
  double start = tin_seconds();
  if (pass->run && !pass->run(build))
    return false;
  double taken = tin_seconds() - start;
  if (pass->verify && verifies(engine) && !pass->verify(build))
    return false;
  if (quiet)
    return true;
  if (pass->run && debugs(engine, 't'))
    fprintf(stderr, "tinsmith: plan %d: %s took %.1f us\n", build->plan->serial, pass->name, taken * 1e6);
  if (pass->print && debugs(engine, pass->letter)) {
    struct tin_text text;
    tin_text_init(&text, build->arena);
    pass->print(build, &text);
    fprintf(stderr, "tinsmith: plan %d: %s\n%s", build->plan->serial, pass->name, text.at);
  }
  return true;
}

static void take_roots(struct build *build) {
  const struct tin_request *request = build->request;
  build->n_roots = request->n_outputs + request->n_updates;
  build->roots = TIN_NEW_ARRAY(build->arena, struct tin_node *, build->n_roots);
  build->variables = TIN_NEW_ARRAY(build->arena, struct tin_variable *, request->n_updates);
  for (int i = 0; i < request->n_outputs; i++)
    build->roots[i] = request->outputs[i];
  for (int i = 0; i < request->n_updates; i++) {
    build->roots[request->n_outputs + i] = request->updates[i].value;
    build->variables[i] = request->updates[i].variable;
  }
}

bool tin_plan_make(struct tin_engine *engine, const struct tin_request *request, uint32_t fuse, bool quiet, struct tin_plan **plan,
                   struct tin_error *error) {
  struct build build = {.engine = engine, .request = request, .fuse = fuse, .arena = &engine->arena, .error = error};
  *plan = calloc(1, sizeof **plan);
  if (!*plan) {
    tin_error_set(error, "out of memory while a plan was made");
    return false;
  }
  build.plan = *plan;
  tin_arena_init(&build.plan->arena, 1 << 12, engine->arena.fail);
  build.plan->serial = engine->n_plans;
  build.plan->fuse = fuse;
  build.plan->hash = engine->walk.hash;
  build.plan->n_words = engine->walk.n_words;
  take_roots(&build);
  tin_text_init(&build.nests, build.arena);
  tin_text_init(&build.programs, build.arena);
  for (int i = 0; i < N_PASSES; i++)
    if (!run_pass(&build, &passes[i], quiet))
      return false;
  build.plan->arena.fail = NULL;
  return quiet || !engine->dump.folder || tin_dump_plan(engine, build.plan, build.readable, error);
}

/* ---- one run ---- */

/* What a run holds, so that it can be dropped wherever the run stops. */
struct session {
  struct tin_engine *engine;
  struct tin_request request;
  struct tin_plan *fresh; /* made, but not in the cache yet */
  struct tin_run run;
  struct tin_comparison comparison;
  struct tin_node **old_versions; /* by update: the VAR node of the version that it replaces, or NULL */
  struct tin_replay **replay;     /* to be captured, or NULL */
  struct tin_error *error;
};

/* The nodes that read the old versions are found before anything changes: the lookup may need memory. A node that the lookup itself made
 * has no reader. */
static bool find_old_versions(struct session *session) {
  const struct tin_request *request = &session->request;
  session->old_versions = TIN_NEW_ARRAY(&session->engine->arena, struct tin_node *, request->n_updates);
  if (!request->in_place)
    tin_graph_settle(request->graph);
  for (int u = 0; u < request->n_updates && !request->in_place; u++) {
    int before = request->graph->table_count;
    struct tin_node *node = tin_node_var(request->graph, request->updates[u].variable);
    if (!node) {
      tin_error_set(session->error, "out of memory while updates were stored");
      return false;
    }
    if (request->graph->table_count == before)
      session->old_versions[u] = node;
  }
  return true;
}

static void adopt(struct session *session) {
  const struct tin_request *request = &session->request;
  struct tin_results *results = &session->run.results;
  for (int i = 0; i < request->n_outputs; i++) {
    struct tin_node *node = request->outputs[i];
    if (!node->buffer) {
      node->buffer = results->outputs[i];
      results->outputs[i] = NULL;
    }
  }
  for (int u = 0; u < request->n_updates; u++) {
    struct tin_variable *variable = request->updates[u].variable;
    struct tin_node *reader = session->old_versions[u];
    struct tin_buffer *old = variable->buffer;
    variable->buffer = results->updates[u];
    variable->version++;
    results->updates[u] = NULL;
    if (reader && !reader->buffer)
      reader->buffer = old;
    else
      tin_buffer_drop(old);
  }
}

static void explain_miss(struct tin_engine *engine) {
  struct tin_text text;
  tin_text_init(&text, &engine->arena);
  tin_plan_cache_explain(&engine->cache, &engine->walk, &text);
  fprintf(stderr, "tinsmith: %s", text.at);
}

/* The plan of the request: from the cache, or made and put there. NULL with error. */
static struct tin_plan *find_plan(struct session *session, bool *is_new) {
  struct tin_engine *engine = session->engine;
  struct tin_plan *plan = tin_plan_cache_find(&engine->cache, &engine->walk);
  *is_new = !plan;
  if (plan) {
    engine->statistics.plan_hits++;
    return plan;
  }
  engine->statistics.plan_misses++;
  if (debugs(engine, 'c'))
    explain_miss(engine);
  double start = tin_seconds();
  bool good = tin_plan_make(engine, &session->request, engine->options.fuse, false, &session->fresh, session->error);
  engine->statistics.compile_seconds += tin_seconds() - start;
  if (!good)
    return NULL;
  plan = session->fresh;
  session->fresh = NULL;
  engine->n_plans++;
  engine->statistics.kernels_compiled += plan->n_kernels;
  engine->statistics.functions_compiled += plan->n_functions;
  tin_plan_cache_add(&engine->cache, plan);
  return plan;
}

void tin_count_run(struct tin_engine *engine, const struct tin_plan *plan, const struct tin_walk *walk) {
  struct tin_statistics *statistics = &engine->statistics;
  statistics->plans_run++;
  statistics->nodes = (int64_t)walk->n_order;
  if (!plan)
    return;
  statistics->kernels_launched += plan->n_kernels;
  statistics->bytes_planned = plan->arena_bytes;
  statistics->bytes_live = plan->bytes_live;
  statistics->bytes_without_reuse = plan->bytes_without_reuse;
  statistics->bytes_moved = (int64_t)plan->bytes;
}

static bool run_compiled(struct session *session, double start) {
  struct tin_engine *engine = session->engine;
  struct tin_statistics *statistics = &engine->statistics;
  bool is_new;
  double compiled_before = statistics->compile_seconds;
  session->run.plan = find_plan(session, &is_new);
  if (!session->run.plan)
    return false;
  statistics->lookup_seconds += tin_seconds() - start - (statistics->compile_seconds - compiled_before);
  bool compares = is_new && engine->options.compare && engine->options.fuse;
  if (session->replay && !tin_replay_take(engine, &session->request, session->run.plan, session->replay, session->error))
    return false;
  if (compares && !tin_compare_measure(&session->comparison, &session->run))
    return false;
  start = tin_seconds();
  bool good = tin_run_plan(&session->run);
  statistics->run_seconds += tin_seconds() - start;
  if (good && compares)
    tin_compare_print(&session->comparison, &session->run);
  return good;
}

static bool run_interpreted(struct session *session, double start) {
  struct tin_statistics *statistics = &session->engine->statistics;
  if (session->replay && !tin_replay_take(session->engine, &session->request, NULL, session->replay, session->error))
    return false;
  statistics->lookup_seconds += tin_seconds() - start;
  start = tin_seconds();
  bool good = tin_run_interpreter(&session->run);
  statistics->run_seconds += tin_seconds() - start;
  return good;
}

static bool run_request(struct session *session) {
  struct tin_engine *engine = session->engine;
  double start = tin_seconds();
  if (!tin_walk_take(&engine->walk, &session->request, engine->options.fuse, session->error))
    return false;
  bool good = engine->target ? run_compiled(session, start) : run_interpreted(session, start);
  if (!good || !find_old_versions(session))
    return false;
  adopt(session);
  tin_count_run(engine, session->run.plan, &engine->walk);
  return true;
}

static bool run_guarded(struct session *session) {
  struct tin_engine *engine = session->engine;
  jmp_buf fail;
  engine->arena.fail = engine->dump.rows.fail = &fail;
  if (setjmp(fail)) {
    tin_error_set(session->error, "out of memory");
    return false;
  }
  return run_request(session);
}

bool tin_engine_run(struct tin_engine *engine, struct tin_graph *graph, struct tin_node **outputs, int n_outputs,
                    const struct tin_update *updates, int n_updates, bool in_place, struct tin_error *error) {
  return tin_engine_capture(engine, graph, outputs, n_outputs, updates, n_updates, in_place, NULL, error);
}

bool tin_engine_capture(struct tin_engine *engine, struct tin_graph *graph, struct tin_node **outputs, int n_outputs,
                        const struct tin_update *updates, int n_updates, bool in_place, struct tin_replay **replay,
                        struct tin_error *error) {
  struct session session = {
      .engine = engine,
      .request =
          {.graph = graph, .outputs = outputs, .n_outputs = n_outputs, .updates = updates, .n_updates = n_updates, .in_place = in_place},
      .replay = replay,
      .error = error};
  session.run = (struct tin_run){.engine = engine,
                                 .request = &session.request,
                                 .walk = &engine->walk,
                                 .overwrite = in_place,
                                 .profiles = engine->options.profile,
                                 .error = error};
  bool good = run_guarded(&session);
  tin_run_end(&session.run);
  tin_compare_end(&session.comparison);
  tin_plan_free(session.fresh);
  tin_arena_reset(&engine->arena);
  engine->arena.fail = engine->dump.rows.fail = NULL;
  engine->statistics.bytes_peak = (int64_t)tin_buffer_pool_peak(engine->pool);
  return good;
}

/* ---- the engine ---- */

static void copy_text(struct tin_engine *engine, const char **text) {
  if (*text)
    *text = tin_arena_string(&engine->strings, *text);
}

static bool choose_target(struct tin_engine *engine, struct tin_error *error) {
  const char *name = engine->options.target;
  if (name && !strcmp(name, "interpreter"))
    return true;
  engine->target = name ? tin_codegen_target_find(name) : tin_codegen_target_best();
  if (!engine->target || !tin_codegen_target_usable(engine->target)) {
    tin_error_set(error, "target %s: this CPU does not have it; it can run %s", name ? name : "?", tin_codegen_target_best()->name);
    return false;
  }
  engine->options.target = engine->target->name;
  return true;
}

static bool start(struct tin_engine *engine, const struct tin_options *options, struct tin_error *error) {
  engine->options = *options;
  if (!options->fuse_set)
    engine->options.fuse = TIN_FUSE_ALL;
  engine->options.fuse_set = true;
  copy_text(engine, &engine->options.target);
  copy_text(engine, &engine->options.dump);
  copy_text(engine, &engine->options.debug);
  if ((options->target && !engine->options.target) || (options->dump && !engine->options.dump) ||
      (options->debug && !engine->options.debug)) {
    tin_error_set(error, "out of memory while the engine was made");
    return false;
  }
  if (!tin_options_read_check(&engine->options, error) || !tin_options_check(&engine->options, error) || !choose_target(engine, error))
    return false;
  engine->threads = tin_pool_new(options->threads ? options->threads : tin_pool_cpus());
  if (!engine->threads) {
    tin_error_set(error, "out of memory while threads were made");
    return false;
  }
  engine->options.threads = engine->n_threads = tin_pool_threads(engine->threads);
  if (options->tier)
    engine->tier = tin_tier_new(); /* without one the first tier is what there is */
  tin_machine_describe(&engine->machine);
  return !engine->options.dump || tin_dump_open(engine, error);
}

struct tin_engine *tin_engine_new(const struct tin_options *options, struct tin_buffer_pool *pool, struct tin_error *error) {
  struct tin_engine *engine = calloc(1, sizeof *engine);
  if (!engine) {
    tin_error_set(error, "out of memory while the engine was made");
    return NULL;
  }
  engine->pool = pool;
  tin_arena_init(&engine->strings, 256, NULL);
  tin_arena_init(&engine->arena, 1 << 16, NULL);
  tin_arena_init(&engine->dump.rows, 1 << 12, NULL);
  if (start(engine, options, error))
    return engine;
  engine->options.profile = false;
  tin_engine_free(engine);
  return NULL;
}

void tin_engine_free(struct tin_engine *engine) {
  if (!engine)
    return;
  if (engine->options.profile)
    tin_profile_print(engine);
  tin_engine_clear(engine);
  tin_dump_close(engine);
  tin_walk_free(&engine->walk);
  tin_tier_free(engine->tier);
  if (engine->threads)
    tin_pool_free(engine->threads);
  tin_arena_free(&engine->arena);
  tin_arena_free(&engine->strings);
  free(engine);
}

const struct tin_statistics *tin_engine_statistics(const struct tin_engine *engine) {
  return &engine->statistics;
}

const struct tin_options *tin_engine_options(const struct tin_engine *engine) {
  return &engine->options;
}

void tin_engine_clear(struct tin_engine *engine) {
  tin_plan_cache_clear(&engine->cache);
  tin_buffer_drop(engine->memory);
  tin_buffer_drop(engine->scratch);
  engine->memory = engine->scratch = NULL;
  engine->scratch_stride = 0;
}
