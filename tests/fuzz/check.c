/* The oracle and the comparison: every node's value by the interpreter, then the case on engines. */
#include "fuzz.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ir/interpreter.h"
#include "ir/scalar.h"
#include "runtime/engine.h"

/* ---- the two sets ---- */

/* In the second set float constants and scalars are others: the plan must not depend on them. */
static uint64_t node_bits(const struct fuzz_case *c, const struct tin_node *node, int set) {
  bool number = node->op == OP_CONST || node->op == OP_SCALAR;
  if (!number || set == 0 || c->same_numbers || !tin_dtype_is_float(node->dtype))
    return node->bits;
  double value = tin_scalar_to_double(node->bits, (tin_dtype)node->dtype);
  return isfinite(value) ? tin_scalar_from_double(value * 0.75, (tin_dtype)node->dtype)
                         : node->bits; /* zeros stay: two of them may not meet */
}

static const struct fuzz_leaf *leaf_of(const struct fuzz_case *c, const struct tin_node *node) {
  return &c->leaves[node->variable->id - 1];
}

/* ---- the oracle ---- */

static bool evaluate(struct fuzz_case *c, int set, struct tin_error *error) {
  void **values = c->values[set];
  for (int i = 0; i < c->order.count; i++) {
    struct tin_node *node = c->order.at[i];
    int64_t bytes = node->size * tin_dtype_bytes(node->dtype);
    void **in = tin_arena_alloc(&c->arena, sizeof *in * (size_t)node->n_in);
    values[i] = malloc((size_t)bytes + 1);
    if (!values[i] || !in)
      return false;
    for (int k = 0; k < node->n_in; k++)
      in[k] = values[node->in[k]->index];
    struct tin_node with_bits = *node;
    with_bits.bits = node_bits(c, node, set);
    if (node->op == OP_VAR)
      memcpy(values[i], leaf_of(c, node)->data[set], (size_t)bytes);
    else if (!tin_interpret(&with_bits, in, values[i], error))
      return false;
  }
  return true;
}

/* All outputs and update values; how many. */
static int list_sinks(const struct fuzz_case *c, struct tin_node **sinks) {
  int n = 0;
  for (int i = 0; i < c->n_outputs; i++)
    sinks[n++] = c->outputs[i];
  for (int i = 0; i < c->n_updates; i++)
    sinks[n++] = c->updates[i].value;
  return n;
}

static bool take_order(struct fuzz_case *c, struct tin_node **sinks, int n_sinks) {
  jmp_buf fail;
  bool good = setjmp(fail) == 0;
  if (good) {
    c->arena.fail = &fail;
    c->order = tin_graph_order(&c->graph, &c->arena, sinks, n_sinks);
    for (int set = 0; set < FUZZ_SETS; set++)
      c->values[set] = TIN_NEW_ARRAY(&c->arena, void *, c->order.count);
  }
  c->arena.fail = NULL;
  return good;
}

bool fuzz_prepare(struct fuzz_case *c, struct tin_error *error) {
  struct tin_node *sinks[2 * FUZZ_OUTPUTS];
  int n = list_sinks(c, sinks);
  bool good = tin_graph_verify(&c->graph, sinks, n, error) && take_order(c, sinks, n);
  for (int set = 0; set < FUZZ_SETS && good; set++)
    good = evaluate(c, set, error);
  if (!good)
    tin_error_set(error, "out of memory");
  return good;
}

/* ---- one run of a copy ---- */

enum { GUARD_BYTES = 64, GUARD = 0xa5 }; /* behind the elements of a variable: nothing may be written there */

struct copy {
  const struct fuzz_case *c;
  int set;
  struct tin_buffer_pool *pool;
  struct tin_graph graph;
  uint32_t serial, stamp;
  struct tin_variable *variables; /* by leaf */
  struct tin_node **nodes;        /* by position */
};

static size_t leaf_bytes(const struct tin_variable *variable) {
  return (size_t)variable->size * (size_t)tin_dtype_bytes(variable->dtype);
}

static bool copy_leaves(struct copy *copy) {
  const struct fuzz_case *c = copy->c;
  for (int i = 0; i < c->n_leaves; i++) {
    struct tin_variable *variable = &copy->variables[i];
    *variable = c->leaves[i].variable;
    size_t bytes = leaf_bytes(variable);
    variable->buffer = tin_buffer_new(copy->pool, bytes + GUARD_BYTES);
    if (!variable->buffer)
      return false;
    memcpy(variable->buffer->data, c->leaves[i].data[copy->set], bytes);
    memset((char *)variable->buffer->data + bytes, GUARD, GUARD_BYTES);
  }
  return true;
}

static bool copy_nodes(struct copy *copy) {
  const struct fuzz_case *c = copy->c;
  for (int i = 0; i < c->order.count; i++) {
    const struct tin_node *node = c->order.at[i];
    struct tin_node like = *node;
    struct tin_node **in = tin_arena_alloc(&copy->graph.arena, sizeof *in * (size_t)node->n_in);
    if (!in)
      return false;
    for (int k = 0; k < node->n_in; k++)
      in[k] = copy->nodes[node->in[k]->index];
    like.in = in;
    like.bits = node_bits(c, node, copy->set);
    if (node->op == OP_VAR)
      like.variable = &copy->variables[node->variable->id - 1];
    copy->nodes[i] = tin_node_make(&copy->graph, &like);
    if (!copy->nodes[i])
      return false;
  }
  return true;
}

static bool copy_case(struct copy *copy, const struct fuzz_case *c, int set, struct tin_buffer_pool *pool) {
  *copy = (struct copy){.c = c, .set = set, .pool = pool};
  tin_graph_init(&copy->graph, NULL, &copy->serial, &copy->stamp);
  copy->variables = calloc((size_t)c->n_leaves + 1, sizeof *copy->variables);
  copy->nodes = calloc((size_t)c->order.count + 1, sizeof(struct tin_node *));
  return copy->variables && copy->nodes && copy_leaves(copy) && copy_nodes(copy);
}

static void drop_copy(struct copy *copy) {
  for (int i = 0; i < copy->graph.table_capacity; i++)
    if (copy->graph.table[i].node)
      tin_buffer_drop(copy->graph.table[i].node->buffer);
  for (int i = 0; copy->variables && i < copy->c->n_leaves; i++)
    tin_buffer_drop(copy->variables[i].buffer);
  tin_graph_free(&copy->graph);
  free(copy->variables);
  free(copy->nodes);
}

/* ---- comparison ---- */

static bool is_nan(uint64_t bits, tin_dtype dtype) {
  return tin_dtype_is_float(dtype) && isnan(tin_scalar_to_double(bits, dtype));
}

int64_t fuzz_first_difference(const void *a, const void *b, int64_t size, tin_dtype dtype) {
  if (!memcmp(a, b, (size_t)size * (size_t)tin_dtype_bytes(dtype)))
    return -1;
  for (int64_t i = 0; i < size; i++) {
    uint64_t x = tin_scalar_load(a, i, dtype), y = tin_scalar_load(b, i, dtype);
    if (x != y && !(is_nan(x, dtype) && is_nan(y, dtype)))
      return i;
  }
  return -1;
}

static void difference_error(struct tin_error *error, const char *what, const struct tin_node *node, int64_t at, const void *found,
                             const void *expected) {
  tin_dtype dtype = (tin_dtype)node->dtype;
  uint64_t x = tin_scalar_load(found, at, dtype), y = tin_scalar_load(expected, at, dtype);
  tin_error_set(error, "%s (%s) at position %" PRId64 " of %" PRId64 ": 0x%" PRIx64 " (%.9g), the interpreter says 0x%" PRIx64 " (%.9g)",
                what, tin_ops[node->op].text, at, node->size, x, tin_scalar_to_double(x, dtype), y, tin_scalar_to_double(y, dtype));
}

/* Compares data with the oracle's value of the node. */
static bool same_value(const struct copy *copy, const struct tin_node *node, const void *data, const char *what, int number,
                       struct tin_error *error) {
  const void *expected = copy->c->values[copy->set][node->index];
  char place[64];
  snprintf(place, sizeof place, "set %d: %s %d", copy->set, what, number);
  if (!data) {
    tin_error_set(error, "%s has no value", place);
    return false;
  }
  int64_t at = fuzz_first_difference(data, expected, node->size, (tin_dtype)node->dtype);
  if (at >= 0)
    difference_error(error, place, node, at, data, expected);
  return at < 0;
}

bool fuzz_same_outputs(const struct fuzz_case *a, const struct fuzz_case *b, struct tin_error *error) {
  for (int i = 0; i < a->n_outputs; i++) {
    const struct tin_node *node = b->outputs[i];
    const void *found = a->values[0][a->outputs[i]->index], *expected = b->values[0][node->index];
    int64_t at = fuzz_first_difference(found, expected, node->size, (tin_dtype)node->dtype);
    if (at < 0)
      continue;
    difference_error(error, "output with rules", node, at, found, expected);
    return false;
  }
  return true;
}

static const void *data_of(const struct tin_node *node) {
  const struct tin_buffer *buffer = tin_leaf_buffer(node);
  return buffer ? buffer->data : NULL;
}

static bool is_updated(const struct fuzz_case *c, int leaf) {
  for (int i = 0; i < c->n_updates; i++)
    if (c->updates[i].variable == &c->leaves[leaf].variable)
      return true;
  return false;
}

/* Variables without an update keep their data; where updates may not overwrite, the old versions stay readable. */
static bool leaves_stayed(const struct copy *copy, const struct fuzz_config *config, struct tin_error *error) {
  const struct fuzz_case *c = copy->c;
  for (int i = 0; i < c->n_leaves; i++) {
    const struct tin_variable *variable = &copy->variables[i];
    size_t bytes = leaf_bytes(variable);
    const unsigned char *data = variable->buffer->data;
    if (is_updated(c, i))
      continue;
    if (memcmp(data, c->leaves[i].data[copy->set], bytes)) {
      tin_error_set(error, "set %d: %s was overwritten", copy->set, variable->name);
      return false;
    }
    for (int b = 0; b < GUARD_BYTES; b++)
      if (data[bytes + (size_t)b] != GUARD) {
        tin_error_set(error, "set %d: %d bytes behind the end of %s were overwritten", copy->set, b, variable->name);
        return false;
      }
  }
  for (int i = 0; i < c->order.count && !config->in_place; i++)
    if (c->order.at[i]->op == OP_VAR && !same_value(copy, c->order.at[i], data_of(copy->nodes[i]), "old version at node", i, error))
      return false;
  return true;
}

/* ---- running ---- */

static bool run_early(const struct copy *copy, struct tin_engine *engine, struct tin_error *error) {
  const struct fuzz_case *c = copy->c;
  struct tin_node *outputs[FUZZ_OUTPUTS];
  for (int i = 0; i < c->n_early; i++)
    outputs[i] = copy->nodes[c->early[i]->index];
  if (!tin_engine_run(engine, (struct tin_graph *)&copy->graph, outputs, c->n_early, NULL, 0, false, error))
    return false;
  for (int i = 0; i < c->n_early; i++)
    if (!same_value(copy, c->early[i], data_of(outputs[i]), "early node", i, error))
      return false;
  return true;
}

static bool run_copy(const struct copy *copy, struct tin_engine *engine, const struct fuzz_config *config, struct tin_error *error) {
  const struct fuzz_case *c = copy->c;
  struct tin_node *outputs[FUZZ_OUTPUTS];
  struct tin_update updates[FUZZ_OUTPUTS];
  if (config->early && c->n_early && !run_early(copy, engine, error))
    return false;
  for (int i = 0; i < c->n_outputs; i++)
    outputs[i] = copy->nodes[c->outputs[i]->index];
  for (int i = 0; i < c->n_updates; i++)
    updates[i] = (struct tin_update){&copy->variables[c->updates[i].variable->id - 1], copy->nodes[c->updates[i].value->index]};
  if (!tin_engine_run(engine, (struct tin_graph *)&copy->graph, outputs, c->n_outputs, updates, c->n_updates, config->in_place, error))
    return false;
  for (int i = 0; i < c->n_outputs; i++)
    if (!same_value(copy, c->outputs[i], data_of(outputs[i]), "output", i, error))
      return false;
  for (int i = 0; i < c->n_updates; i++)
    if (!same_value(copy, c->updates[i].value, updates[i].variable->buffer->data, "update", i, error))
      return false;
  return leaves_stayed(copy, config, error);
}

/* Small kernels stay on one thread: lets the engine believe that the plans made so far take long, so that the next run splits them. */
void fuzz_share_kernels(struct tin_engine *engine) {
  const double longer = 1e6;
  for (struct tin_plan *plan = engine->cache.newest; plan; plan = plan->older) {
    for (int k = 0; k < plan->n_kernels; k++)
      if (plan->kernels[k].weight < 1)
        plan->kernels[k].weight *= longer;
    for (int e = 0; e < plan->n_entries; e++)
      if (plan->entries[e].weight < 1 && plan->entries[e].before < 1) {
        plan->entries[e].weight *= longer;
        plan->entries[e].before *= longer;
      }
  }
}

static bool share_kernels(struct tin_engine *engine, void *context, struct tin_error *error) {
  (void)context, (void)error;
  fuzz_share_kernels(engine);
  return true;
}

bool fuzz_check_engine(struct tin_engine *engine, struct tin_buffer_pool *pool, struct fuzz_case *c, const struct fuzz_config *config,
                       fuzz_between *between, void *context, struct tin_error *error) {
  bool good = true;
  int64_t misses = 0;
  for (int set = 0; set < FUZZ_SETS && good; set++) {
    struct copy copy;
    good = copy_case(&copy, c, set, pool) && run_copy(&copy, engine, config, error);
    if (!good)
      tin_error_set(error, "out of memory");
    drop_copy(&copy);
    const struct tin_statistics *statistics = tin_engine_statistics(engine);
    if (good && set > 0 && statistics->plan_misses != misses) {
      tin_error_set(error, "the second run did not find the plan of the first");
      good = false;
    }
    misses = statistics->plan_misses;
    if (good && set == 0 && between)
      good = between(engine, context, error);
  }
  return good;
}

/* ---- engines ---- */

enum { ENGINES = 64 };

struct fuzz_engines {
  struct tin_buffer_pool *pool;
  struct fuzz_config configs[ENGINES];
  struct tin_engine *engines[ENGINES];
  int n_engines;
  int64_t kernels; /* of engines that are gone */
};

struct fuzz_engines *fuzz_engines_new(void) {
  struct fuzz_engines *engines = calloc(1, sizeof *engines);
  if (engines && !(engines->pool = tin_buffer_pool_new())) {
    free(engines);
    return NULL;
  }
  return engines;
}

static void drop_engines(struct fuzz_engines *engines) {
  for (int i = 0; i < engines->n_engines; i++) {
    engines->kernels += tin_engine_statistics(engines->engines[i])->kernels_compiled;
    tin_engine_free(engines->engines[i]);
  }
  engines->n_engines = 0;
}

void fuzz_engines_free(struct fuzz_engines *engines) {
  if (!engines)
    return;
  drop_engines(engines);
  tin_buffer_pool_free(engines->pool);
  free(engines);
}

int64_t fuzz_engines_kernels(const struct fuzz_engines *engines) {
  int64_t kernels = engines->kernels;
  for (int i = 0; i < engines->n_engines; i++)
    kernels += tin_engine_statistics(engines->engines[i])->kernels_compiled;
  return kernels;
}

static struct tin_engine *engine_of(struct fuzz_engines *engines, const struct fuzz_config *config, struct tin_error *error) {
  for (int i = 0; i < engines->n_engines; i++) {
    const struct fuzz_config *made = &engines->configs[i];
    if (!strcmp(made->target, config->target) && made->fuse == config->fuse && made->threads == config->threads)
      return engines->engines[i];
  }
  if (engines->n_engines == ENGINES)
    drop_engines(engines);
  struct tin_options options = {.target = config->target, .fuse = config->fuse, .fuse_set = true, .threads = config->threads};
  struct tin_engine *engine = tin_engine_new(&options, engines->pool, error);
  if (engine) {
    engines->configs[engines->n_engines] = *config;
    engines->engines[engines->n_engines++] = engine;
  }
  return engine;
}

bool fuzz_check(struct fuzz_engines *engines, struct fuzz_case *c, const struct fuzz_config *config, struct tin_error *error) {
  struct tin_engine *engine = engine_of(engines, config, error);
  return engine && fuzz_check_engine(engine, engines->pool, c, config, config->threads > 1 ? share_kernels : NULL, NULL, error);
}

/* ---- configurations ---- */

static bool usable(const char *name) {
  const struct tin_codegen_target *target = tin_codegen_target_find(name);
  return !strcmp(name, "interpreter") || (target && tin_codegen_target_usable(target));
}

int fuzz_configs(uint64_t seed, struct fuzz_config *configs, int limit) {
  static const char *const targets[] = {"avx512", "avx2", "portable"};
  static const uint32_t without[] = {
      0,           TIN_FUSE_CHAIN, TIN_FUSE_REDUCE, TIN_FUSE_ROW, TIN_FUSE_PROLOGUE, TIN_FUSE_EPILOGUE, TIN_FUSE_HORIZONTAL, TIN_FUSE_BLOCK,
      TIN_FUSE_ALL};
  struct tin_stream stream;
  int count = 0;
  tin_stream_seed(&stream, seed ^ 0x636f6e66u);
  for (int i = 0; i < 8 && count < limit; i++) {
    struct fuzz_config config = {.target = targets[i % 3], .fuse = TIN_FUSE_ALL, .threads = 1 + (int)tin_stream_below(&stream, 4)};
    if (i == 3 || i == 4)
      config.fuse = 0;
    if (i >= 5)
      config.fuse = TIN_FUSE_ALL & ~without[tin_stream_below(&stream, sizeof without / sizeof *without)];
    if (i == 4)
      config.target = tin_stream_below(&stream, 2) ? "portable" : "avx512";
    if (i == 7 && tin_stream_below(&stream, 4) == 0)
      config.target = "interpreter";
    config.in_place = tin_stream_below(&stream, 2);
    config.early = tin_stream_below(&stream, 4) == 0;
    if (!strcmp(config.target, "interpreter"))
      config.threads = 1;
    if (usable(config.target))
      configs[count++] = config;
  }
  return count;
}

void fuzz_config_print(FILE *file, const struct fuzz_config *config) {
  fprintf(file, "target %s, fuse 0x%x, threads %d%s%s", config->target, config->fuse, config->threads, config->in_place ? ", in place" : "",
          config->early ? ", some nodes early" : "");
}
