/* Grouping: graph -> schedule (plan.h). Four walks over the nodes in graph order, each linear:
 *
 *   1. roots    which nodes get a value of their own ("root"), by cost: bytes moved against work repeated (roots.c)
 *   2. groups   each root starts a part, or joins the part of its latest producer when it reads it at the identical index; then elementwise
 *               parts move into their first reader (merge.c)
 *   3. again    which of a part's values the others compute again instead of reading them (rematerialize.c)
 *   4. launches parts in dependency order, independent ones sharing a launch; updates after the readers of what they overwrite
 *
 * A root that joins only the group of its latest producer can never close a cycle: everything else it reads was made by an earlier
 * group. Roots whose readers all ended up in the same part need no memory and are dropped again at the end.
 */
#include "schedule/grouping.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "runtime/execute.h"

/* ---- how a root reads its producers ---- */

static bool is_chain(const struct tin_node *node) {
  return node->op == OP_CONTRACT && node->arg[1];
}

/* What a ROW part may hold. */
static bool is_reduction(const struct tin_node *node) {
  return tin_node_reduces(node) && !is_chain(node);
}

struct walk_item {
  struct tin_node *node;
  int how;
};

static bool shapes_equal(const struct tin_node *node, int rank, const int64_t *shape) {
  return node->rank == rank && !memcmp(node->shape, shape, sizeof(int64_t) * (size_t)rank);
}

/* How the input of an inlined node is read when the node itself is read as `how` in a group with the full shape of `space`. */
static int read_through(const struct tin_node *node, int how, const struct tin_part *space) {
  if (tin_op_is_elementwise(node->op) || node->op == OP_RESHAPE || node->op == OP_IDENTITY || node->op == OP_BARRIER)
    return how;
  bool rows = space && space->kind == PART_ROW;
  if (how == READ_FULL && node->op == OP_EXPAND && rows && shapes_equal(node, space->rank, space->shape)) {
    for (int i = 0; i < node->rank; i++) {
      bool reduced = space->axes >> i & 1;
      if (node->in[0]->shape[i] != (reduced ? 1 : node->shape[i]))
        return READ_OTHER;
    }
    return READ_ROW;
  }
  return READ_OTHER;
}

/* How a root reads its own inputs. */
static int read_by_root(const struct tin_node *root, int how, const struct tin_part *space) {
  if (is_reduction(root))
    return READ_FULL;
  return how == READ_OTHER ? READ_OTHER : read_through(root, how, space);
}

void tin_schedule_reads(struct grouping *g, struct tin_node *root, int how, const struct tin_part *space, read_list *reads) {
  struct tin_arena *arena = g->arena;
  TIN_VEC(struct walk_item) stack = {0};
  uint32_t stamp = ++g->walk_stamp;
  for (int i = root->n_in - 1; i >= 0; i--)
    if (!tin_node_is_leaf(root)) {
      struct walk_item item = {root->in[i], read_by_root(root, how, space)};
      tin_vec_push(arena, &stack, item);
    }
  while (stack.count) {
    struct walk_item item = stack.at[--stack.count];
    struct node_facts *facts = &g->facts[item.node->index];
    if (facts->walk != stamp) {
      facts->walk = stamp;
      facts->walk_how = 0;
      facts->walk_read = -1;
    }
    if (facts->walk_how & item.how)
      continue;
    facts->walk_how |= item.how;
    bool inlined = facts->again && facts->group != g->facts[root->index].group;
    if (facts->leaf || (facts->root && !inlined)) {
      if (facts->walk_read < 0) {
        facts->walk_read = reads->count;
        struct read read = {item.node, 0};
        tin_vec_push(arena, reads, read);
      }
      reads->at[facts->walk_read].how = facts->walk_how;
      continue;
    }
    for (int i = item.node->n_in - 1; i >= 0; i--) {
      bool waits = item.node->op == OP_BARRIER && i == 1;
      struct walk_item below = {item.node->in[i], waits || item.how == READ_OTHER ? READ_OTHER : read_through(item.node, item.how, space)};
      tin_vec_push(arena, &stack, below);
    }
  }
}

/* ---- groups ---- */

static int64_t shape_size(int rank, const int64_t *shape) {
  int64_t size = 1;
  for (int i = 0; i < rank; i++)
    size *= shape[i];
  return size;
}

static int64_t row_count(const struct tin_part *part) {
  int64_t rows = 1;
  for (int i = 0; i < part->rank; i++)
    if (!(part->axes >> i & 1))
      rows *= part->shape[i];
  return rows;
}

/* The iteration space that a root would have in a part of its own. */
static struct tin_part part_of_root(struct tin_node *root) {
  struct tin_part part = {.anchor = root, .kind = PART_MAP};
  const struct tin_node *space = root;
  if (tin_node_reduces(root)) {
    part.kind = is_chain(root) ? PART_CONTRACT : PART_ROW;
    part.axes = (uint32_t)root->arg[0];
    space = root->in[0];
  } else if (root->op == OP_SCATTER) {
    part.kind = PART_SCATTER;
  } else if (tin_op_is(root->op, OP_CLASS_SCAN)) {
    part.kind = PART_SCAN;
  }
  part.rank = space->rank;
  memcpy(part.shape, space->shape, sizeof(int64_t) * space->rank);
  return part;
}

/* How an elementwise root of this shape sits in the part: READ_FULL over its iteration space, READ_ROW over its rows; 0: it does not. */
static int position_in(const struct tin_part *part, const struct tin_node *root) {
  if (part->kind == PART_SCATTER || part->kind == PART_SCAN)
    return 0;
  if (part->kind == PART_CONTRACT)
    return root->size == row_count(part) ? READ_FULL : 0;
  if (root->size == shape_size(part->rank, part->shape))
    return READ_FULL;
  if (part->kind == PART_ROW && root->size == row_count(part))
    return READ_ROW;
  return 0;
}

/* Row groups run one row after another on one thread: too few rows would leave threads idle. */
enum { ROW_GROUP_MIN_ROWS = 32, ROW_GROUP_SMALL = 1 << 14 };
/* Elements of one row that a row group may hold between its passes: half of a 1 MiB L2 in f32. */
enum { ROW_GROUP_MAX_ROW = 1 << 17 };

static bool reduces_last_axis(const struct tin_part *part) {
  for (int i = part->rank - 1; i >= 0; i--)
    if (part->shape[i] != 1)
      return part->axes >> i & 1;
  return true;
}

/* Is there a kept axis between reduced ones? Such elements are put side by side before they are summed (codegen/row_stage.h), which a nest
 * of elements in their own order does better. */
static bool reduces_axes_apart(const struct tin_part *part) {
  int changes = 0;
  bool before = false;
  for (int i = 0; i < part->rank; i++) {
    bool reduced = part->axes >> i & 1;
    changes += part->shape[i] != 1 && reduced && !before;
    before = part->shape[i] == 1 ? before : reduced;
  }
  return changes > 1;
}

static const char *why_rows_do_not_fit(const struct tin_part *part) {
  int64_t size = shape_size(part->rank, part->shape), rows = row_count(part);
  if (rows < ROW_GROUP_MIN_ROWS && size > ROW_GROUP_SMALL)
    return "too few rows to share among threads";
  if (rows && size / rows > ROW_GROUP_MAX_ROW)
    return "a row does not fit in half of L2";
  return NULL;
}

/* Why the root may not join the part (NULL: it may), given its reads. A MAP part may turn into the ROW part of a joining reduction. */
static const char *why_not_join(struct grouping *g, const struct group *group, struct tin_node *root, const struct tin_part *own) {
  const struct tin_part *part = group->part;
  if (group->ops + g->facts[root->index].ops > GROUP_MAX_OPS)
    return "the kernel would pass the cap on operations";
  if (own->kind == PART_SCATTER || own->kind == PART_CONTRACT || own->kind == PART_SCAN)
    return "a contraction, scatter or scan starts its own kernel";
  if (tin_node_is_pieced(root) || tin_node_is_pieced(part->anchor))
    return "a concat is computed piece by piece";
  if (own->kind == PART_ROW) {
    if (!(g->fuse & TIN_FUSE_ROW))
      return "row fusion is off";
    bool same_space = part->rank == own->rank && !memcmp(part->shape, own->shape, sizeof(int64_t) * (size_t)own->rank);
    if (part->kind == PART_ROW && same_space && part->axes == own->axes)
      return why_rows_do_not_fit(own);
    if (part->kind == PART_MAP && same_space && reduces_axes_apart(own))
      return "the reduced axes lie apart: the elements are put side by side to be summed";
    if (part->kind == PART_MAP && same_space)
      return reduces_last_axis(own) ? why_rows_do_not_fit(own) : "the reduction runs across rows";
    return "the reductions run over different spaces";
  }
  if (!position_in(part, root))
    return "the iteration spaces differ";
  switch (part->kind) {
  case PART_MAP:
    return g->fuse & TIN_FUSE_CHAIN ? NULL : "chain fusion is off";
  case PART_CONTRACT:
    return g->fuse & TIN_FUSE_EPILOGUE ? NULL : "epilogue fusion is off";
  case PART_ROW:
    if (!(g->fuse & TIN_FUSE_ROW))
      return "row fusion is off";
    return position_in(part, root) == READ_FULL && !reduces_last_axis(part) ? "the reduction runs across rows" : why_rows_do_not_fit(part);
  case PART_SCATTER:
  case PART_SCAN:
  case PART_BLOCK:
    break;
  }
  return "a scatter or scan takes no consumers";
}

/* Do all reads of the group's own roots sit at the identical index (or row)? */
static bool reads_fit(struct grouping *g, int group, const read_list *reads, int position, const struct tin_part *space) {
  for (int i = 0; i < reads->count; i++) {
    const struct node_facts *facts = &g->facts[reads->at[i].node->index];
    if (facts->leaf || facts->group != group)
      continue;
    if (reads->at[i].how & READ_OTHER)
      return false;
    int made_at = position_in(space, reads->at[i].node);
    if (is_reduction(reads->at[i].node))
      made_at = READ_ROW;
    int allowed = position == READ_ROW && space->kind == PART_ROW ? READ_FULL : made_at; /* a row root reads rows "identically" */
    if (position == READ_ROW && made_at != READ_ROW)
      return false;
    if (reads->at[i].how & ~allowed)
      return false;
  }
  return true;
}

static void add_to_group(struct grouping *g, int group, struct tin_node *root) {
  struct group *at = &g->groups.at[group];
  struct node_facts *facts = &g->facts[root->index];
  facts->group = group;
  at->ops += facts->ops;
  tin_vec_push(g->arena, &at->roots, root);
}

static int new_group(struct grouping *g, const struct tin_part *own) {
  struct group group = {.part = TIN_NEW(g->arena, struct tin_part)};
  *group.part = *own;
  tin_vec_push(g->arena, &g->groups, group);
  return g->groups.count - 1;
}

/* Would the root do its own part's work over the same iteration space as the part does? */
static bool same_work(const struct tin_part *part, const struct tin_node *root, const struct tin_part *own) {
  if (own->kind == PART_ROW)
    return part->kind == PART_ROW && part->axes == own->axes && part->rank == own->rank &&
           !memcmp(part->shape, own->shape, sizeof(int64_t) * (size_t)own->rank);
  return part->kind == PART_MAP && position_in(part, root) == READ_FULL;
}

/* The group that a root may look at: the latest of those it reads from, or a later one that reads the same for the same kind of work. */
static int candidate_group(struct grouping *g, const read_list *reads, struct tin_node *root, const struct tin_part *own) {
  int latest = -1;
  for (int i = 0; i < reads->count; i++) {
    const struct node_facts *facts = &g->facts[reads->at[i].node->index];
    if (!facts->leaf && facts->group > latest)
      latest = facts->group;
  }
  if (!tin_op_is_elementwise(root->op) && own->kind != PART_ROW)
    return latest;
  for (int i = 0; i < reads->count; i++) {
    int reader = g->facts[reads->at[i].node->index].last_reader;
    if (reader > latest && reads->at[i].how == READ_FULL && reads->at[i].node->size > 1 && same_work(g->groups.at[reader].part, root, own))
      return reader;
  }
  return latest;
}

static void note_readers(struct grouping *g, const read_list *reads, int group) {
  for (int i = 0; i < reads->count; i++) {
    struct node_facts *facts = &g->facts[reads->at[i].node->index];
    if (facts->last_reader < group)
      facts->last_reader = group;
  }
}

static void place_root(struct grouping *g, struct tin_node *root) {
  struct tin_part own = part_of_root(root);
  read_list reads = {0};
  tin_schedule_reads(g, root, READ_FULL, &own, &reads);
  int candidate = candidate_group(g, &reads, root, &own);
  struct node_facts *facts = &g->facts[root->index];
  if (candidate >= 0) {
    struct group *group = &g->groups.at[candidate];
    const char *why = why_not_join(g, group, root, &own);
    if (!why) {
      struct tin_part space = own.kind == PART_ROW ? own : *group->part;
      int position = own.kind == PART_ROW ? READ_FULL : position_in(&space, root);
      read_list inside = {0};
      tin_schedule_reads(g, root, position == READ_ROW ? READ_FULL : position, position == READ_ROW ? NULL : &space, &inside);
      why = reads_fit(g, candidate, &inside, position, &space) ? NULL : "it is read at another index";
    }
    if (!why) {
      if (own.kind == PART_ROW && group->part->kind == PART_MAP)
        *group->part = own;
      add_to_group(g, candidate, root);
      note_readers(g, &reads, candidate);
      return;
    }
    facts->reason = why;
  }
  int group = new_group(g, &own);
  add_to_group(g, group, root);
  note_readers(g, &reads, group);
}

/* ---- values ---- */

static int add_value(struct grouping *g, struct tin_node *node, enum tin_place place) {
  struct tin_schedule *s = g->schedule;
  struct tin_plan_value value = {.node = node,
                                 .place = place,
                                 .dtype = node->dtype,
                                 .size = node->size,
                                 .leaf = -1,
                                 .update = -1,
                                 .first_kernel = -1,
                                 .last_kernel = -1};
  value.bytes = node->size * tin_dtype_bytes(node->dtype);
  if (place == PLACE_LEAF)
    value.leaf = s->n_leaves++;
  tin_vec_push(g->arena, &s->values, value);
  s->planned[node->index].value = s->values.count - 1;
  return s->values.count - 1;
}

/* Leaves get values; so does every root that an output, an update, another group, or a non-identical index needs. */
static void find_stored(struct grouping *g) {
  struct tin_schedule *s = g->schedule;
  for (int k = 0; k < g->groups.count; k++)
    for (int r = 0; r < g->groups.at[k].roots.count; r++) {
      read_list reads = {0};
      tin_schedule_reads(g, g->groups.at[k].roots.at[r], READ_FULL, NULL, &reads);
      for (int i = 0; i < reads.count; i++) {
        struct node_facts *facts = &g->facts[reads.at[i].node->index];
        if (!facts->leaf && facts->group != k)
          facts->stored = true;
      }
    }
  for (int i = 0; i < s->order.count; i++) {
    struct node_facts *facts = &g->facts[i];
    if (facts->leaf)
      add_value(g, s->order.at[i], PLACE_LEAF);
    else if (facts->root && (facts->stored || facts->needed) && !facts->again)
      add_value(g, s->order.at[i], facts->needed ? PLACE_OWNED : PLACE_ARENA);
  }
}

/* ---- parts, dependencies, launches ---- */

static void group_reads(struct grouping *g, int k) {
  struct group *group = &g->groups.at[k];
  read_list all = {0};
  uint32_t seen = ++g->read_stamp;
  for (int r = 0; r < group->roots.count; r++) {
    read_list reads = {0};
    tin_schedule_reads(g, group->roots.at[r], READ_FULL, group->part, &reads);
    for (int i = 0; i < reads.count; i++) {
      struct node_facts *facts = &g->facts[reads.at[i].node->index];
      if (!facts->leaf && facts->group == k)
        continue;
      if (facts->read_mark != seen) {
        facts->read_mark = seen;
        facts->read_how = 0;
        tin_vec_push(g->arena, &all, reads.at[i]);
      }
      bool row_root = group->part->kind == PART_ROW && position_in(group->part, group->roots.at[r]) == READ_ROW;
      bool on_tile = group->part->kind != PART_CONTRACT || group->roots.at[r] != group->part->anchor;
      facts->read_how |= !on_tile ? READ_OTHER : row_root && reads.at[i].how == READ_FULL ? READ_ROW : reads.at[i].how;
    }
  }
  for (int i = 0; i < all.count; i++) {
    int value = g->schedule->planned[all.at[i].node->index].value;
    assert(value >= 0);
    int at = group->part->reads.count;
    tin_vec_push(g->arena, &group->part->reads, value);
    for (; at > 0 && group->part->reads.at[at - 1] > value; at--)
      group->part->reads.at[at] = group->part->reads.at[at - 1];
    group->part->reads.at[at] = value;
    struct reader reader = {k, g->facts[all.at[i].node->index].read_how};
    tin_vec_push(g->arena, &g->facts[all.at[i].node->index].readers, reader);
  }
}

static void fill_part(struct grouping *g, int k) {
  struct group *group = &g->groups.at[k];
  struct tin_part *part = group->part;
  for (int r = 0; r < group->roots.count; r++) {
    struct tin_node *root = group->roots.at[r];
    if (g->schedule->planned[root->index].value >= 0)
      tin_vec_push(g->arena, &part->stores, root);
    if (root != part->anchor || part->kind == PART_ROW)
      tin_vec_push(g->arena, &part->members, root);
  }
  group_reads(g, k);
}

/* An update may overwrite its variable only after every other reader of the old value; `soft` edges say so. */
static void update_edges(struct grouping *g) {
  struct tin_schedule *s = g->schedule;
  for (int u = 0; u < g->n_updates; u++) {
    struct tin_plan_value *value = &s->values.at[s->update_values.at[u]];
    if (value->place != PLACE_OWNED || value->update >= 0 || g->facts[value->node->index].is_output)
      continue;
    int writer = g->facts[value->node->index].group;
    struct tin_node *old = g->update_leaves[u];
    bool possible = true;
    if (old) {
      struct node_facts *facts = &g->facts[old->index];
      bool row_writer = g->groups.at[writer].part->kind == PART_ROW;
      int harmless = row_writer ? READ_ROW : READ_FULL;
      if (row_writer && position_in(g->groups.at[writer].part, value->node) != READ_ROW)
        possible = false;
      for (int i = 0; i < facts->readers.count; i++)
        if (facts->readers.at[i].group == writer && facts->readers.at[i].how != harmless)
          possible = false;
      for (int i = 0; possible && i < facts->readers.count; i++)
        if (facts->readers.at[i].group != writer && !g->groups.at[facts->readers.at[i].group].merged) {
          tin_vec_push(g->arena, &g->groups.at[writer].after, facts->readers.at[i].group);
        }
    }
    if (possible) {
      value->update = u;
      tin_vec_push(g->arena, &g->groups.at[writer].updates, s->update_values.at[u]);
    }
  }
}

static bool all_done(const struct grouping *g, const int *groups, int count) {
  for (int i = 0; i < count; i++)
    if (!g->groups.at[groups[i]].done)
      return false;
  return true;
}

static const char *kernel_name(struct grouping *g, const struct tin_kernel *kernel, int number) {
  char name[56];
  int at = snprintf(name, sizeof name, "k%d", number);
  for (int p = 0; p < kernel->parts.count && at < 36; p++) {
    const struct tin_part *part = kernel->parts.at[p];
    at += snprintf(name + at, sizeof name - (size_t)at, "_%s", tin_ops[part->anchor->op].text);
    for (int i = 0; i < part->stores.count && at < 36; i++)
      if (part->stores.at[i] != part->anchor)
        at += snprintf(name + at, sizeof name - (size_t)at, "_%s", tin_ops[part->stores.at[i]->op].text);
  }
  return tin_arena_string(g->arena, name);
}

/* What was fused into a part, for people. */
static const char *fused_text(struct grouping *g, int k) {
  const struct tin_part *part = g->groups.at[k].part;
  struct tin_text text;
  tin_text_init(&text, g->arena);
  const struct group *group = &g->groups.at[k];
  for (int i = 0; i < group->roots.count; i++) {
    if (text.count > 160) {
      tin_text_puts(&text, ", ...");
      break;
    }
    const struct tin_node *root = group->roots.at[i];
    int inlined = g->facts[root->index].ops - 1;
    tin_text_add(&text, "%s%s", i ? ", " : "", tin_ops[root->op].text);
    if (inlined > 0)
      tin_text_add(&text, " (+%d inlined)", inlined);
  }
  if (part->kind == PART_CONTRACT && group->roots.count > 1)
    tin_text_puts(&text, ": consumers on the tile");
  return text.at;
}

enum { LAUNCH_MAX_PARTS = 64 };

static void emit_launch(struct grouping *g, const int *groups, int count) {
  struct tin_kernel kernel = {0};
  int number = g->schedule->kernels.count;
  for (int i = 0; i < count; i++) {
    struct group *group = &g->groups.at[groups[i]];
    group->part->fused = fused_text(g, groups[i]);
    group->launched = true;
    group->kernel = number;
    tin_vec_push(g->arena, &kernel.parts, group->part);
  }
  kernel.name = kernel_name(g, &kernel, number);
  tin_vec_push(g->arena, &g->schedule->kernels, kernel);
}

/* Takes ready groups launch by launch. `waiting` counts what a group still waits for; soft edges count too until nothing else is ready. */
static void order_launches(struct grouping *g) {
  int n = g->groups.count;
  int *waiting = TIN_NEW_ARRAY(g->arena, int, n);
  TIN_VEC(int) *dependents = tin_arena_alloc(g->arena, sizeof *dependents * (size_t)n);
  for (int k = 0; k < n; k++) {
    struct group *group = &g->groups.at[k];
    group->launched = group->done = group->merged;
    for (int i = 0; !group->merged && i < group->part->reads.count; i++) {
      struct tin_node *node = g->schedule->values.at[group->part->reads.at[i]].node;
      int maker = g->facts[node->index].group;
      if (!g->facts[node->index].leaf && maker != k)
        tin_vec_push(g->arena, &group->needs, maker);
    }
    for (int i = 0; i < group->needs.count; i++)
      tin_vec_push(g->arena, &dependents[group->needs.at[i]], k);
    for (int i = 0; i < group->after.count; i++)
      tin_vec_push(g->arena, &dependents[group->after.at[i]], k);
    waiting[k] = group->needs.count + group->after.count;
  }
  TIN_VEC(int) ready = {0};
  int launched = 0, scan = 0;
  for (int k = 0; k < n; k++) {
    launched += g->groups.at[k].merged;
    if (!waiting[k] && !g->groups.at[k].merged)
      tin_vec_push(g->arena, &ready, k);
  }
  while (launched < n) {
    if (!ready.count) { /* updates wait for each other: the first group whose inputs exist gives up overwriting */
      while (g->groups.at[scan].launched)
        scan++;
      for (int k = scan; k < n && !ready.count; k++) {
        struct group *group = &g->groups.at[k];
        if (group->launched || !all_done(g, group->needs.at, group->needs.count))
          continue;
        for (int i = 0; i < group->updates.count; i++)
          g->schedule->values.at[group->updates.at[i]].update = -1;
        tin_vec_push(g->arena, &ready, k);
      }
    }
    int count = g->fuse & TIN_FUSE_HORIZONTAL ? ready.count : 1;
    if (count > LAUNCH_MAX_PARTS)
      count = LAUNCH_MAX_PARTS;
    int batch[LAUNCH_MAX_PARTS];
    memcpy(batch, ready.at, sizeof(int) * (size_t)count);
    emit_launch(g, batch, count);
    launched += count;
    int kept = ready.count - count;
    memmove(ready.at, ready.at + count, sizeof(int) * (size_t)kept);
    ready.count = kept;
    for (int i = 0; i < count; i++)
      g->groups.at[batch[i]].done = true;
    for (int i = 0; i < count; i++)
      for (int d = 0; d < dependents[batch[i]].count; d++) {
        int k = dependents[batch[i]].at[d];
        if (--waiting[k] == 0 && !g->groups.at[k].launched)
          tin_vec_push(g->arena, &ready, k);
      }
  }
}

/* Blocks live in the kernels of their stages. */
static void live_blocks(struct tin_schedule *s, const struct group *group) {
  for (int i = 0; i < group->part->stages.count; i++)
    for (int j = 0; j < group->part->stages.at[i]->stores.count; j++) {
      struct tin_plan_value *value = &s->values.at[s->planned[group->part->stages.at[i]->stores.at[j]->index].value];
      if (value->place != PLACE_BLOCK)
        continue;
      if (value->first_kernel < 0 || value->first_kernel > group->kernel)
        value->first_kernel = group->kernel;
      if (value->last_kernel < group->kernel)
        value->last_kernel = group->kernel;
    }
}

static void live_ranges(struct grouping *g) {
  struct tin_schedule *s = g->schedule;
  for (int k = 0; k < g->groups.count; k++) {
    const struct group *group = &g->groups.at[k];
    if (group->merged)
      continue;
    live_blocks(s, group);
    for (int i = 0; i < group->part->stores.count; i++) {
      struct tin_plan_value *value = &s->values.at[s->planned[group->part->stores.at[i]->index].value];
      value->first_kernel = group->kernel;
      if (value->last_kernel < group->kernel)
        value->last_kernel = group->kernel;
    }
    for (int i = 0; i < group->part->reads.count; i++) {
      struct tin_plan_value *value = &s->values.at[group->part->reads.at[i]];
      if (value->last_kernel < group->kernel)
        value->last_kernel = group->kernel;
    }
    for (int r = 0; r < group->roots.count; r++)
      s->planned[group->roots.at[r]->index].kernel = group->kernel;
  }
}

/* Every gather or scatter below a part's roots needs its index tensor looked at before the part's kernel. */
static void add_checks(struct grouping *g) {
  struct tin_schedule *s = g->schedule;
  for (int i = 0; i < s->order.count; i++) {
    struct tin_node *node = s->order.at[i];
    if (!tin_op_is(node->op, OP_CLASS_INDEX) || tin_node_is_leaf(node))
      continue;
    int value = s->planned[node->in[1]->index].value;
    struct tin_check check = {value, 0, tin_index_geometry(node).limits, node};
    check.kernel = s->values.at[value].first_kernel + 1; /* as soon as it exists */
    tin_vec_push(g->arena, &s->checks, check);
  }
}

static void number_scalars(struct grouping *g) {
  struct tin_schedule *s = g->schedule;
  for (int i = 0; i < s->order.count; i++) {
    const struct tin_node *node = s->order.at[i];
    bool slot = !node->buffer && (node->op == OP_SCALAR || (node->op == OP_CONST && tin_dtype_is_float(node->dtype)));
    s->planned[i] = (struct tin_planned){.value = -1, .kernel = -1, .scalar = slot ? s->n_scalars++ : -1};
  }
}

struct tin_schedule *tin_schedule_build(struct tin_arena *arena, struct tin_graph *graph, struct tin_node **outputs, int n_outputs,
                                        struct tin_variable *const *update_variables, struct tin_node **update_nodes, int n_updates,
                                        uint32_t fuse) {
  struct grouping grouping = {.arena = arena, .fuse = fuse, .n_updates = n_updates, .schedule = TIN_NEW(arena, struct tin_schedule)};
  struct grouping *g = &grouping;
  struct tin_schedule *s = g->schedule;
  int n_sinks = n_outputs + n_updates;
  struct tin_node **sinks = TIN_NEW_ARRAY(arena, struct tin_node *, n_sinks);
  for (int i = 0; i < n_sinks; i++)
    sinks[i] = i < n_outputs ? outputs[i] : update_nodes[i - n_outputs];
  s->order = tin_graph_order(graph, arena, sinks, n_sinks);
  s->planned = TIN_NEW_ARRAY(arena, struct tin_planned, s->order.count);
  g->facts = TIN_NEW_ARRAY(arena, struct node_facts, s->order.count);
  g->update_leaves = TIN_NEW_ARRAY(arena, struct tin_node *, n_updates);
  number_scalars(g);
  for (int i = 0; i < s->order.count; i++) {
    struct tin_node *node = s->order.at[i];
    for (int u = 0; node->op == OP_VAR && !node->buffer && u < n_updates; u++)
      if (node->variable == update_variables[u] && node->bits == node->variable->version)
        g->update_leaves[u] = node, g->facts[i].updated = true;
  }
  for (int i = 0; i < n_sinks; i++) {
    g->facts[sinks[i]->index].needed = true;
    g->facts[sinks[i]->index].is_output |= i < n_outputs;
  }
  tin_schedule_roots(g);
  for (int i = 0; i < s->order.count; i++)
    if (g->facts[i].root)
      place_root(g, s->order.at[i]);
  if (fuse & TIN_FUSE_CHAIN) {
    tin_schedule_merge(g);
    tin_schedule_rematerialize(g);
  }
  find_stored(g);
  for (int i = 0; i < n_outputs; i++)
    tin_vec_push(arena, &s->output_values, s->planned[outputs[i]->index].value);
  for (int i = 0; i < n_updates; i++)
    tin_vec_push(arena, &s->update_values, s->planned[update_nodes[i]->index].value);
  for (int k = 0; k < g->groups.count; k++)
    fill_part(g, k);
  if (fuse & TIN_FUSE_BLOCK)
    tin_schedule_blocks(g);
  update_edges(g);
  order_launches(g);
  live_ranges(g);
  add_checks(g);
  for (int i = 0; i < s->order.count; i++)
    if (s->planned[i].value >= 0 && !g->facts[i].leaf)
      s->planned[i].reason = g->facts[i].reason;
  return s;
}
