/* Signatures of graphs, and the cache of plans that is keyed by them.
 *
 * A signature is the whole structure below the outputs and update values as 64-bit words, leaves abstracted to slots:
 *
 *   outputs << 32 | updates
 *   fuse
 *   nodes, inputs first, in the order of tin_graph_order:
 *     header    op, dtype, rank, number of inputs and of attributes (the first 8 bytes of struct tin_node; leaves: no inputs)
 *     inputs    positions of the inputs, two in a word
 *     arg, shape
 *     extra     PAD: the fill; CONST: the value where it is structure; VAR: 1 + the update that targets its variable; only for these
 *               and realised nodes
 *   positions of the outputs and update values
 *
 * Realised nodes carry the op OP_COUNT + op, so that their slots differ from everything computed. Not in it, hence arguments of a run:
 * float constants, SCALARs, data, versions, names, sites, and whether updates may overwrite. What is fixed for an engine (target, threads)
 * is not in it either.
 *
 * A lookup costs tens of nanoseconds a node: one walk, a hash of the words, and a comparison of all words on a hit. Where the graph replays
 * the one before (ir/trace.h), the walk is that of before.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/engine.h"

enum {
  PLAN_LIMIT = 1024,          /* plans */
  PLAN_BYTES_LIMIT = 64 << 20 /* bytes of plans and code */
};

enum { SIGNATURE_START = 2 };                       /* words before the nodes */
static const uint32_t REALISED = UINT32_C(1) << 31; /* of a position in struct tin_walk.bound: the node had a value */

struct tin_walk_frame {
  struct tin_node *node;
  uint32_t next; /* input to visit next */
};

struct tin_walk_update {
  const struct tin_variable *variable;
  int update;
};

/* Layout of a node's header word, which is read as one load. */
_Static_assert(offsetof(struct tin_node, op) == 0 && offsetof(struct tin_node, dtype) == 2 && offsetof(struct tin_node, rank) == 3 &&
                   offsetof(struct tin_node, n_in) == 4 && offsetof(struct tin_node, n_arg) == 6,
               "the header word is the first 8 bytes of a node");

struct header {
  uint16_t op;
  uint8_t dtype, rank;
  uint16_t n_in, n_arg;
};

static uint64_t header_word(struct header header) {
  uint64_t word;
  memcpy(&word, &header, sizeof word);
  return word;
}

static struct header header_of(uint64_t word) {
  struct header header;
  memcpy(&header, &word, sizeof header);
  return header;
}

/* Makes room for `need` items in the array that the pointer at `array` points to; false when memory ran out. */
static bool grow(void *array, size_t *capacity, size_t need, size_t item) {
  size_t grown = *capacity ? *capacity : 256;
  while (grown < need)
    grown *= 2;
  void *memory;
  memcpy(&memory, array, sizeof memory);
  memory = realloc(memory, grown * item);
  if (!memory)
    return false;
  memcpy(array, &memory, sizeof memory);
  *capacity = grown;
  return true;
}

static inline bool reserve(void *array, size_t *capacity, size_t need, size_t item) {
  return need <= *capacity || grow(array, capacity, need, item);
}

/* ---- which update targets a variable ---- */

static struct tin_walk_update *update_slot(const struct tin_walk *walk, const struct tin_variable *variable) {
  size_t mask = walk->updates_capacity - 1;
  size_t slot = (size_t)tin_hash_mix(0, (uint64_t)(uintptr_t)variable) & mask;
  while (walk->updates[slot].variable && walk->updates[slot].variable != variable)
    slot = (slot + 1) & mask;
  return &walk->updates[slot];
}

static bool take_updates(struct tin_walk *walk, const struct tin_update *updates, int n_updates) {
  if (!n_updates && !walk->updates_capacity)
    return true;
  if (!reserve(&walk->updates, &walk->updates_capacity, 2 * (size_t)n_updates + 1, sizeof *walk->updates))
    return false;
  memset(walk->updates, 0, walk->updates_capacity * sizeof *walk->updates);
  for (int u = 0; u < n_updates; u++)
    *update_slot(walk, updates[u].variable) = (struct tin_walk_update){updates[u].variable, u};
  return true;
}

int tin_walk_update_of(const struct tin_walk *walk, const struct tin_variable *variable) {
  if (!walk->updates_capacity)
    return -1;
  const struct tin_walk_update *slot = update_slot(walk, variable);
  return slot->variable ? slot->update : -1;
}

void tin_walk_copy_updates(struct tin_walk *to, const struct tin_walk *from, struct tin_arena *arena) {
  to->updates_capacity = from->updates_capacity;
  to->updates = tin_arena_copy(arena, from->updates, sizeof *from->updates * from->updates_capacity);
}

/* ---- the walk ---- */

static bool has_extra(int op) {
  return op == OP_PAD || op == OP_CONST || op == OP_VAR || op >= OP_COUNT;
}

/* Words that follow the header of a node. */
static size_t words_behind(struct header header) {
  return (header.n_in + 1u) / 2 + header.n_arg + header.rank + (has_extra(header.op) ? 1 : 0);
}

static uint64_t extra_word(const struct tin_walk *walk, const struct tin_node *node) {
  switch (node->op) {
  case OP_PAD:
    return node->buffer ? 0 : node->bits;
  case OP_CONST:
    return tin_dtype_is_float(node->dtype) ? 0 : node->bits;
  case OP_VAR:
    return node->buffer ? 0 : (uint64_t)(tin_walk_update_of(walk, node->variable) + 1);
  default:
    return 0;
  }
}

static bool check_leaf(const struct tin_node *node, struct tin_error *error) {
  if (node->op != OP_VAR || node->buffer)
    return true;
  const struct tin_variable *variable = node->variable;
  const char *name = variable->name ? variable->name : "(unnamed)";
  if (node->bits != variable->version)
    tin_error_set(error, "variable %s is read at version %" PRIu64 ", which version %" PRIu64 " has overwritten", name, node->bits,
                  variable->version);
  else if (!variable->buffer)
    tin_error_set(error, "variable %s has no value yet", name);
  else
    return true;
  return false;
}

/* Numbers the node and appends its words. */
static bool emit(struct tin_walk *walk, struct tin_node *node, uint32_t stamp, struct tin_error *error) {
  bool leaf = tin_node_is_leaf(node);
  if (leaf && !check_leaf(node, error))
    return false;
  struct header header = {node->op, node->dtype, node->rank, node->n_in, node->n_arg};
  if (node->buffer)
    header = (struct header){(uint16_t)(OP_COUNT + node->op), node->dtype, node->rank, 0, 0};
  if (!reserve(&walk->words, &walk->words_capacity, walk->n_words + 1 + words_behind(header), sizeof *walk->words) ||
      !reserve(&walk->order, &walk->order_capacity, walk->n_order + 1, sizeof *walk->order)) {
    tin_error_set(error, "out of memory: a graph of more than %zu nodes", walk->n_order);
    return false;
  }
  uint64_t *word = walk->words + walk->n_words;
  *word++ = header_word(header);
  for (int i = 0; i < header.n_in; i += 2)
    *word++ = node->in[i]->index | (uint64_t)(i + 1 < header.n_in ? node->in[i + 1]->index : 0) << 32;
  for (int i = 0; i < header.n_arg; i++)
    *word++ = (uint64_t)node->arg[i];
  for (int i = 0; i < header.rank; i++)
    *word++ = (uint64_t)node->shape[i];
  if (has_extra(header.op))
    *word++ = extra_word(walk, node);
  walk->n_words = (size_t)(word - walk->words);
  node->mark = stamp;
  node->index = (uint32_t)walk->n_order;
  walk->order[walk->n_order++] = node;
  return true;
}

static bool push(struct tin_walk *walk, size_t depth, struct tin_node *node, struct tin_error *error) {
  if (!reserve(&walk->stack, &walk->stack_capacity, depth + 1, sizeof *walk->stack)) {
    tin_error_set(error, "out of memory: a graph of depth %zu", depth);
    return false;
  }
  walk->stack[depth] = (struct tin_walk_frame){node, 0};
  return true;
}

/* Depth first from one root, inputs in operand order, each node once. */
static bool visit(struct tin_walk *walk, struct tin_node *root, uint32_t stamp, struct tin_error *error) {
  size_t depth = 0;
  if (root->mark == stamp)
    return true;
  if (!push(walk, depth++, root, error))
    return false;
  while (depth) {
    struct tin_walk_frame *frame = &walk->stack[depth - 1];
    struct tin_node *node = frame->node;
    uint32_t n_in = tin_node_is_leaf(node) ? 0 : node->n_in;
    while (frame->next < n_in && node->in[frame->next]->mark == stamp)
      frame->next++;
    if (frame->next == n_in) {
      if (!emit(walk, node, stamp, error))
        return false;
      depth--;
    } else if (!push(walk, depth++, node->in[frame->next], error)) {
      return false;
    }
  }
  return true;
}

/* Four independent multiply-rotate chains keep the multiplier busy; equal hashes are told apart by the full comparison. */
static uint64_t hash_words(const uint64_t *words, size_t count) {
  const uint64_t odd = 0x9e3779b97f4a7c15u; /* 2^64 / golden ratio */
  uint64_t lane[4] = {1, 2, 3, 4};
  size_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (int l = 0; l < 4; l++) {
      uint64_t mixed = (lane[l] ^ words[i + (size_t)l]) * odd;
      lane[l] = mixed << 29 | mixed >> 35;
    }
  uint64_t hash = count;
  for (; i < count; i++)
    hash = tin_hash_mix(hash, words[i]);
  for (int l = 0; l < 4; l++)
    hash = tin_hash_mix(hash, lane[l]);
  return hash;
}

static bool take_roots(struct tin_walk *walk, const struct tin_request *request, uint32_t stamp, struct tin_error *error) {
  size_t n_roots = (size_t)request->n_outputs + (size_t)request->n_updates;
  for (int i = 0; i < request->n_outputs; i++)
    if (!visit(walk, request->outputs[i], stamp, error))
      return false;
  for (int i = 0; i < request->n_updates; i++)
    if (!visit(walk, request->updates[i].value, stamp, error))
      return false;
  if (!reserve(&walk->words, &walk->words_capacity, walk->n_words + n_roots, sizeof *walk->words)) {
    tin_error_set(error, "out of memory: %zu outputs and updates", n_roots);
    return false;
  }
  for (int i = 0; i < request->n_outputs; i++)
    walk->words[walk->n_words++] = request->outputs[i]->index;
  for (int i = 0; i < request->n_updates; i++)
    walk->words[walk->n_words++] = request->updates[i].value->index;
  return true;
}

/* ---- the same walk again ---- */

static size_t count_roots(const struct tin_request *request) {
  return (size_t)request->n_outputs + 2 * (size_t)request->n_updates;
}

static const void *root_of(const struct tin_request *request, size_t i) {
  size_t n_outputs = (size_t)request->n_outputs;
  if (i < n_outputs)
    return request->outputs[i];
  const struct tin_update *update = &request->updates[(i - n_outputs) / 2];
  return (i - n_outputs) % 2 ? (const void *)update->variable : update->value;
}

/* Nodes of a graph that replays have no values yet; variables, and nodes of older graphs, may. False when memory ran out. */
static bool note_bound(struct tin_walk *walk, const struct tin_graph *graph) {
  walk->n_bound = 0;
  for (size_t i = 0; i < walk->n_order; i++) {
    const struct tin_node *node = walk->order[i];
    if (node->op != OP_VAR && !node->buffer && node->serial > graph->first_serial)
      continue;
    if (!reserve(&walk->bound, &walk->bound_capacity, walk->n_bound + 1, sizeof *walk->bound))
      return false;
    walk->bound[walk->n_bound++] = (uint32_t)i | (node->buffer ? REALISED : 0);
  }
  return true;
}

/* What the walk may be used for again; without memory for that, nothing. */
static void note_roots(struct tin_walk *walk, const struct tin_request *request) {
  size_t count = count_roots(request);
  walk->number = 0;
  if (!reserve(&walk->roots, &walk->roots_capacity, count, sizeof *walk->roots))
    return;
  for (size_t i = 0; i < count; i++)
    walk->roots[i] = root_of(request, i);
  if (note_bound(walk, request->graph))
    walk->number = tin_graph_repeats(request->graph);
}

void tin_walk_number(const struct tin_walk *walk) {
  for (size_t i = 0; i < walk->n_order; i++)
    walk->order[i]->index = (uint32_t)i;
}

/* Whether the graph replays the one that the walk is of and the same is asked for: then the nodes are the same too, and what remains is
 * which of them have values. */
static bool repeats(struct tin_walk *walk, const struct tin_request *request) {
  if (request->graph->tracing != TIN_TRACE_REPLAYS || tin_graph_repeats(request->graph) != walk->number ||
      walk->words[0] != ((uint64_t)request->n_outputs << 32 | (uint32_t)request->n_updates))
    return false;
  for (size_t i = 0; i < count_roots(request); i++)
    if (walk->roots[i] != root_of(request, i))
      return false;
  struct tin_error ignored = {.set = false}; /* a walk says it again */
  for (size_t i = 0; i < walk->n_bound; i++) {
    const struct tin_node *node = walk->order[walk->bound[i] & ~REALISED];
    if ((node->buffer != NULL) != ((walk->bound[i] & REALISED) != 0) || (node->op == OP_VAR && !check_leaf(node, &ignored)))
      return false;
  }
  return true;
}

bool tin_walk_take(struct tin_walk *walk, const struct tin_request *request, uint32_t fuse, struct tin_error *error) {
  if (walk->number && repeats(walk, request))
    return true;
  walk->number = 0;
  walk->n_words = walk->n_order = 0;
  if (!take_updates(walk, request->updates, request->n_updates) || !reserve(&walk->words, &walk->words_capacity, 2, sizeof *walk->words)) {
    tin_error_set(error, "out of memory: %d updates", request->n_updates);
    return false;
  }
  walk->words[walk->n_words++] = (uint64_t)request->n_outputs << 32 | (uint32_t)request->n_updates;
  walk->words[walk->n_words++] = fuse;
  uint32_t stamp = ++*request->graph->stamp;
  if (!take_roots(walk, request, stamp, error))
    return false;
  walk->hash = hash_words(walk->words, walk->n_words);
  note_roots(walk, request);
  return true;
}

void tin_walk_free(struct tin_walk *walk) {
  free(walk->words);
  free(walk->order);
  free(walk->stack);
  free(walk->updates);
  free(walk->roots);
  free(walk->bound);
  *walk = (struct tin_walk){.words = NULL};
}

/* ---- plans ---- */

size_t tin_plan_size(const struct tin_plan *plan) {
  return sizeof *plan + plan->arena.total + (plan->code ? tin_code_bytes(plan->code) : 0);
}

void tin_plan_free(struct tin_plan *plan) {
  if (!plan)
    return;
  tin_tier_drop(plan->tier);
  tin_code_free(plan->code);
  tin_arena_free(&plan->arena);
  free(plan);
}

void tin_plan_release(struct tin_plan *plan) {
  if (plan && --plan->holders == 0 && plan->evicted)
    tin_plan_free(plan);
}

/* ---- the cache ---- */

static struct tin_plan **bucket_of(struct tin_plan_cache *cache, uint64_t hash) {
  return &cache->buckets[hash % TIN_PLAN_BUCKETS];
}

static void unlink_use(struct tin_plan_cache *cache, struct tin_plan *plan) {
  *(plan->newer ? &plan->newer->older : &cache->newest) = plan->older;
  *(plan->older ? &plan->older->newer : &cache->oldest) = plan->newer;
}

static void link_newest(struct tin_plan_cache *cache, struct tin_plan *plan) {
  plan->newer = NULL;
  plan->older = cache->newest;
  *(cache->newest ? &cache->newest->newer : &cache->oldest) = plan;
  cache->newest = plan;
}

static void evict(struct tin_plan_cache *cache, struct tin_plan *plan) {
  struct tin_plan **link = bucket_of(cache, plan->hash);
  while (*link != plan)
    link = &(*link)->next;
  *link = plan->next;
  unlink_use(cache, plan);
  cache->count--;
  cache->bytes -= tin_plan_size(plan);
  plan->evicted = true;
  if (!plan->holders)
    tin_plan_free(plan);
}

struct tin_plan *tin_plan_cache_find(struct tin_plan_cache *cache, const struct tin_walk *walk) {
  struct tin_plan *plan = *bucket_of(cache, walk->hash);
  while (plan && (plan->hash != walk->hash || plan->n_words != walk->n_words ||
                  memcmp(plan->words, walk->words, walk->n_words * sizeof *walk->words) != 0))
    plan = plan->next;
  if (plan && plan != cache->newest) {
    unlink_use(cache, plan);
    link_newest(cache, plan);
  }
  return plan;
}

void tin_plan_cache_add(struct tin_plan_cache *cache, struct tin_plan *plan) {
  struct tin_plan **bucket = bucket_of(cache, plan->hash);
  plan->next = *bucket;
  *bucket = plan;
  link_newest(cache, plan);
  cache->count++;
  cache->bytes += tin_plan_size(plan);
  while (cache->oldest != plan && (cache->count > PLAN_LIMIT || cache->bytes > PLAN_BYTES_LIMIT))
    evict(cache, cache->oldest);
}

void tin_plan_cache_clear(struct tin_plan_cache *cache) {
  while (cache->oldest)
    evict(cache, cache->oldest);
}

/* ---- why a plan was not found ---- */

/* The number of nodes that the signature and the walk have in common from the start, *at the word where they part. */
static size_t common_nodes(const struct tin_plan *plan, const struct tin_walk *walk, size_t *at) {
  size_t nodes = 0, word = SIGNATURE_START;
  while (nodes < walk->n_order) {
    size_t length = 1 + words_behind(header_of(walk->words[word]));
    if (word + length > plan->n_words || memcmp(plan->words + word, walk->words + word, length * sizeof *walk->words) != 0)
      break;
    word += length;
    nodes++;
  }
  *at = word;
  return nodes;
}

static void describe_header(struct tin_text *text, uint64_t word) {
  struct header header = header_of(word);
  bool realised = header.op >= OP_COUNT;
  tin_text_add(text, "%s%s of rank %d in %s", realised ? "realised " : "", tin_ops[realised ? header.op - OP_COUNT : header.op].text,
               header.rank, tin_dtypes[header.dtype].text);
}

static void describe_node(struct tin_text *text, const struct tin_node *node) {
  tin_text_add(text, "%s %s[", tin_ops[node->op].text, tin_dtypes[node->dtype].text);
  for (int i = 0; i < node->rank; i++)
    tin_text_add(text, "%s%" PRId64, i ? ", " : "", node->shape[i]);
  tin_text_puts(text, "]");
  if (node->site.file)
    tin_text_add(text, " of %s:%d", node->site.file, node->site.line);
}

void tin_plan_cache_explain(const struct tin_plan_cache *cache, const struct tin_walk *walk, struct tin_text *text) {
  const struct tin_plan *best = NULL;
  size_t best_nodes = 0, best_at = 0;
  for (const struct tin_plan *plan = cache->newest; plan; plan = plan->older) {
    size_t at;
    if (plan->words[0] != walk->words[0] || plan->words[1] != walk->words[1])
      continue;
    size_t nodes = common_nodes(plan, walk, &at);
    if (!best || nodes > best_nodes) {
      best = plan;
      best_nodes = nodes;
      best_at = at;
    }
  }
  if (!best) {
    tin_text_add(text, "plan cache: miss: no plan has as many outputs and updates\n");
  } else if (best_nodes == walk->n_order) {
    tin_text_add(text, "plan cache: miss: the nodes are those of plan %d, but other ones are asked for\n", best->serial);
  } else {
    tin_text_add(text, "plan cache: miss: the first difference from plan %d is node %%%zu: ", best->serial, best_nodes);
    describe_node(text, walk->order[best_nodes]);
    if (best_nodes < (size_t)best->n_nodes && best->words[best_at] != walk->words[best_at]) {
      tin_text_puts(text, " instead of ");
      describe_header(text, best->words[best_at]);
    }
    tin_text_puts(text, "\n");
  }
}
