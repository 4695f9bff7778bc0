/* Which of a part's values other parts compute again from what they read anyway.
 *
 * roots.c weighs each node alone: a value that costs one operation and is read by another kernel is stored, although that kernel reads,
 * or could read instead, what it is made of. Here the parts are known. A value that only its own part holds in registers needs no memory
 * when each reader computes it from values that it reads already, or that cost less to read: the gradient of GELU keeps its argument and a
 * tanh instead of seven intermediate values. Costs are those of roots.c: bytes, and half a byte a vector operation an element.
 *
 * Values are looked at in graph order, so that one of a chain sees what was decided about those below it. What is decided changes no
 * value: the same operations are done elsewhere once more.
 */
#include "schedule/grouping.h"

#include <math.h>

enum { MAX_SOURCES = 12, MAX_READERS = 8, MAX_INSIDE = 24, MAX_SHARING = 64 };

/* What it takes to compute a value elsewhere. */
struct recipe {
  struct tin_node *sources[MAX_SOURCES]; /* roots of its part, values of other parts, leaves */
  int n_sources;
  struct tin_node *inside[MAX_INSIDE]; /* computed again, the value itself included */
  int n_inside;
  double work; /* vector operations on all elements */
};

static bool add_once(struct tin_node **list, int *count, int limit, struct tin_node *node) {
  for (int i = 0; i < *count; i++)
    if (list[i] == node)
      return true;
  if (*count == limit)
    return false;
  list[(*count)++] = node;
  return true;
}

static bool has_memory(const struct node_facts *facts) {
  return facts->leaf || facts->needed || facts->readers.count > 0;
}

/* What a recipe begins with. A value that has no memory yet is computed again too, unless storing and reading it costs less. */
static bool ends_walk(const struct grouping *g, const struct tin_node *node) {
  const struct node_facts *facts = &g->facts[node->index];
  if (facts->leaf || !facts->root || facts->again)
    return facts->leaf;
  float stored = 2 * (float)tin_dtype_bytes(node->dtype), again = tin_schedule_own_work(node) * tin_schedule_work_bytes;
  return has_memory(facts) || !tin_op_is_elementwise(node->op) || again > stored;
}

/* Only what keeps every element at its place, or repeats it, is computed again. */
static bool stays_in_place(const struct tin_node *node) {
  return tin_op_is_elementwise(node->op) || node->op == OP_RESHAPE || node->op == OP_EXPAND || node->op == OP_IDENTITY ||
         (tin_op_is(node->op, OP_CLASS_SOURCE) && node->op != OP_IOTA);
}

static bool write_recipe(const struct grouping *g, struct tin_node *value, struct recipe *recipe) {
  *recipe = (struct recipe){.inside = {value}, .n_inside = 1};
  for (int at = 0; at < recipe->n_inside; at++) {
    struct tin_node *node = recipe->inside[at];
    if (!stays_in_place(node))
      return false;
    recipe->work += (double)node->size * (double)tin_schedule_own_work(node);
    for (int i = 0; i < node->n_in; i++) {
      bool source = ends_walk(g, node->in[i]);
      if (!(source ? add_once(recipe->sources, &recipe->n_sources, MAX_SOURCES, node->in[i])
                   : add_once(recipe->inside, &recipe->n_inside, MAX_INSIDE, node->in[i])))
        return false;
    }
  }
  return true;
}

static bool has_source(const struct recipe *recipe, const struct tin_node *node) {
  for (int i = 0; i < recipe->n_sources; i++)
    if (recipe->sources[i] == node)
      return true;
  return false;
}

static double bytes_of(const struct tin_node *node) {
  return (double)node->size * tin_dtype_bytes(node->dtype);
}

/* Where the group is or would be among the readers, which are in ascending order. */
static int reader_place(const struct node_facts *facts, int group) {
  int low = 0, high = facts->readers.count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (facts->readers.at[middle].group < group)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static bool is_read_by(const struct node_facts *facts, int group) {
  int at = reader_place(facts, group);
  return at < facts->readers.count && facts->readers.at[at].group == group;
}

static void add_reader(struct grouping *g, struct node_facts *facts, struct reader reader) {
  int at = reader_place(facts, reader.group);
  if (at < facts->readers.count && facts->readers.at[at].group == reader.group) {
    facts->readers.at[at].how |= reader.how;
    return;
  }
  tin_vec_push(g->arena, &facts->readers, reader);
  for (int i = facts->readers.count - 1; i > at; i--)
    facts->readers.at[i] = facts->readers.at[i - 1];
  facts->readers.at[at] = reader;
}

/* Whether the value may lose its memory: nobody asks for it, every reader reads it at the same place as it computes, and its part stores
 * something else. */
static bool may_go(const struct grouping *g, const struct tin_node *node) {
  const struct node_facts *facts = &g->facts[node->index];
  if (!facts->root || facts->leaf || facts->needed || facts->pinned || !tin_op_is_elementwise(node->op) || !facts->readers.count ||
      facts->readers.count > MAX_READERS)
    return false;
  for (int i = 0; i < facts->readers.count; i++)
    if (facts->readers.at[i].how & READ_OTHER)
      return false;
  const struct group *own = &g->groups.at[facts->group];
  for (int r = 0; r < own->roots.count; r++) {
    const struct node_facts *other = &g->facts[own->roots.at[r]->index];
    if (own->roots.at[r] != node && !other->again && has_memory(other))
      return true;
  }
  return false;
}

/* Bytes that are saved when all readers follow the recipe; negative where it costs, -infinity where it cannot be. `stored` counts as
 * having memory already: what storing it costs is the caller's business. */
static double saving(const struct grouping *g, const struct tin_node *value, const struct recipe *recipe, const struct tin_node *stored) {
  const struct node_facts *facts = &g->facts[value->index];
  double readers = facts->readers.count, saved = bytes_of(value) * (1 + readers) - readers * recipe->work * tin_schedule_work_bytes;
  for (int s = 0; s < recipe->n_sources; s++) {
    struct tin_node *source = recipe->sources[s];
    struct node_facts *read = &g->facts[source->index];
    if (source == stored)
      continue;
    saved -= has_memory(read) ? 0 : bytes_of(source);
    for (int i = 0; i < facts->readers.count; i++) {
      int group = facts->readers.at[i].group;
      bool reads_already = (!read->leaf && read->group == group) || is_read_by(read, group);
      if (read->updated && !(reads_already && source->size == value->size)) /* the old version could not be overwritten */
        return -HUGE_VAL;
      saved -= reads_already ? 0 : bytes_of(source);
    }
  }
  for (int i = 0; i < facts->readers.count; i++)
    if (g->groups.at[facts->readers.at[i].group].ops + recipe->n_inside > GROUP_MAX_OPS)
      return -HUGE_VAL;
  return saved;
}

static void follow(struct grouping *g, const struct tin_node *value, const struct recipe *recipe) {
  struct node_facts *facts = &g->facts[value->index];
  for (int i = 0; i < facts->readers.count; i++) {
    int group = facts->readers.at[i].group;
    g->groups.at[group].ops += recipe->n_inside;
    for (int s = 0; s < recipe->n_sources; s++) {
      struct node_facts *read = &g->facts[recipe->sources[s]->index];
      struct reader reader = {group, recipe->sources[s]->size == value->size ? READ_FULL : READ_OTHER};
      if (read->leaf || read->group != group)
        add_reader(g, read, reader);
    }
  }
  facts->readers.count = 0;
  facts->reason = NULL;
  for (int i = 0; i < recipe->n_inside; i++)
    if (g->facts[recipe->inside[i]->index].root)
      g->facts[recipe->inside[i]->index].again = true;
}

static void find_readers_of(struct grouping *g, int k, struct tin_node *root) {
  const struct tin_part *part = g->groups.at[k].part;
  bool operands = part->anchor == root && part->kind != PART_ROW && part->kind != PART_MAP; /* read where they lie, or packed */
  read_list reads = {0};
  tin_schedule_reads(g, root, READ_FULL, part, &reads);
  for (int i = 0; i < reads.count; i++) {
    struct node_facts *facts = &g->facts[reads.at[i].node->index];
    if (facts->leaf || facts->group != k)
      add_reader(g, facts, (struct reader){k, operands ? READ_OTHER : reads.at[i].how});
  }
}

/* Values of a part that all need one that has no memory: they go together if what they save pays for storing that one. */
static void store_instead(struct grouping *g, const struct group *group, struct tin_node *stored) {
  struct tin_node *gone[MAX_SHARING];
  struct recipe recipe;
  int n_gone = 0;
  double saved = -bytes_of(stored);
  struct node_facts readers = {0};
  for (int r = 0; r < group->roots.count && n_gone < MAX_SHARING; r++) {
    struct tin_node *value = group->roots.at[r];
    double more = value != stored && may_go(g, value) && write_recipe(g, value, &recipe) && has_source(&recipe, stored)
                      ? saving(g, value, &recipe, stored)
                      : 0;
    if (more <= 0)
      continue;
    gone[n_gone++] = value;
    saved += more;
    for (int i = 0; i < g->facts[value->index].readers.count; i++)
      add_reader(g, &readers, g->facts[value->index].readers.at[i]);
  }
  if (saved - readers.readers.count * bytes_of(stored) <= 0)
    return;
  for (int i = 0; i < n_gone; i++)
    if (may_go(g, gone[i]) && write_recipe(g, gone[i], &recipe))
      follow(g, gone[i], &recipe);
}

void tin_schedule_rematerialize(struct grouping *g) {
  struct tin_node_list order = g->schedule->order;
  struct recipe recipe;
  for (int k = 0; k < g->groups.count; k++)
    for (int r = 0; r < g->groups.at[k].roots.count; r++)
      find_readers_of(g, k, g->groups.at[k].roots.at[r]);
  for (int i = 0; i < order.count; i++)
    if (may_go(g, order.at[i]) && write_recipe(g, order.at[i], &recipe) && saving(g, order.at[i], &recipe, NULL) > 0)
      follow(g, order.at[i], &recipe);
  for (int k = 0; k < g->groups.count; k++) {
    const struct group *group = &g->groups.at[k];
    for (int r = 0; r < group->roots.count && group->roots.count <= MAX_SHARING; r++)
      if (!has_memory(&g->facts[group->roots.at[r]->index]) && !g->facts[group->roots.at[r]->index].again)
        store_instead(g, group, group->roots.at[r]);
  }
  for (int i = 0; i < order.count; i++)
    g->facts[i].readers.count = 0;
}
