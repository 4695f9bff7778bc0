/* Elementwise parts that move into the part that reads them.
 *
 * A root joins only the group of its latest producer: the gates of an LSTM, which have no producer in common, start a group each, and what
 * joins them reads all but one from memory. Once all groups are known, an elementwise group may move into the first one that reads it: what
 * it reads itself was made before, and all other readers come later, so no cycle can arise. Both run over equally many elements, and the
 * reader reads it at the identical index only.
 *
 * Groups are looked at from the last to the first, so that chains of them end up in one. */
#include "schedule/grouping.h"

#include <stdlib.h>

struct merging {
  struct grouping *g;
  int *into; /* by group: the group that it moved into, or itself */
};

static int64_t space_size(const struct tin_part *part) {
  int64_t size = 1;
  for (int i = 0; i < part->rank; i++)
    size *= part->shape[i];
  return size;
}

static int place_of(const struct merging *m, int group) {
  while (m->into[group] != group)
    group = m->into[group];
  return group;
}

/* The first group that reads any value of group k; -1: none does. */
static int first_reader(const struct merging *m, int k) {
  const struct group *group = &m->g->groups.at[k];
  int first = -1;
  for (int r = 0; r < group->roots.count; r++) {
    const struct node_facts *facts = &m->g->facts[group->roots.at[r]->index];
    for (int i = 0; i < facts->readers.count; i++) {
      int reader = place_of(m, facts->readers.at[i].group);
      if (reader != k && (first < 0 || reader < first))
        first = reader;
    }
  }
  return first;
}

static bool reads_in_place(const struct merging *m, int reader, int k) {
  const struct group *group = &m->g->groups.at[k];
  for (int r = 0; r < group->roots.count; r++) {
    const struct node_facts *facts = &m->g->facts[group->roots.at[r]->index];
    for (int i = 0; i < facts->readers.count; i++)
      if (place_of(m, facts->readers.at[i].group) == reader && facts->readers.at[i].how != READ_FULL)
        return false;
  }
  return true;
}

static bool may_move(const struct merging *m, int k, int reader) {
  const struct group *from = &m->g->groups.at[k], *to = &m->g->groups.at[reader];
  return !tin_node_is_pieced(from->part->anchor) && !tin_node_is_pieced(to->part->anchor) && from->part->kind == PART_MAP &&
         to->part->kind == PART_MAP && space_size(from->part) == space_size(to->part) && from->ops + to->ops <= GROUP_MAX_OPS &&
         reads_in_place(m, reader, k);
}

static int in_graph_order(const void *a, const void *b) {
  const struct tin_node *x = *(struct tin_node *const *)a, *y = *(struct tin_node *const *)b;
  return (x->index > y->index) - (x->index < y->index);
}

static void move(struct merging *m, int k, int reader) {
  struct group *from = &m->g->groups.at[k], *to = &m->g->groups.at[reader];
  for (int r = 0; r < from->roots.count; r++)
    tin_vec_push(m->g->arena, &to->roots, from->roots.at[r]);
  to->ops += from->ops;
  from->roots.count = 0;
  m->into[k] = reader;
}

static void find_readers(struct merging *m) {
  struct grouping *g = m->g;
  for (int k = 0; k < g->groups.count; k++)
    for (int r = 0; r < g->groups.at[k].roots.count; r++) {
      read_list reads = {0};
      tin_schedule_reads(g, g->groups.at[k].roots.at[r], READ_FULL, g->groups.at[k].part, &reads);
      for (int i = 0; i < reads.count; i++) {
        struct node_facts *facts = &g->facts[reads.at[i].node->index];
        if (facts->leaf || facts->group == k)
          continue;
        struct reader *last = facts->readers.count ? &facts->readers.at[facts->readers.count - 1] : NULL;
        if (last && last->group == k)
          last->how |= reads.at[i].how;
        else
          tin_vec_push(g->arena, &facts->readers, ((struct reader){k, reads.at[i].how}));
      }
    }
}

/* Drops the groups that are empty now, and gives the roots their groups' new numbers. */
static void close_ranks(struct grouping *g) {
  int kept = 0;
  for (int k = 0; k < g->groups.count; k++) {
    struct group *group = &g->groups.at[k];
    if (!group->roots.count)
      continue;
    qsort(group->roots.at, (size_t)group->roots.count, sizeof *group->roots.at, in_graph_order);
    if (group->part->kind == PART_MAP)
      group->part->anchor = group->roots.at[0];
    for (int r = 0; r < group->roots.count; r++) {
      struct node_facts *facts = &g->facts[group->roots.at[r]->index];
      facts->group = kept;
      facts->readers.count = 0;
    }
    g->groups.at[kept++] = *group;
  }
  g->groups.count = kept;
}

void tin_schedule_merge(struct grouping *g) {
  struct merging merging = {.g = g, .into = TIN_NEW_ARRAY(g->arena, int, g->groups.count)};
  for (int k = 0; k < g->groups.count; k++)
    merging.into[k] = k;
  find_readers(&merging);
  for (int k = g->groups.count - 1; k >= 0; k--) {
    int reader = first_reader(&merging, k);
    if (reader >= 0 && may_move(&merging, k, reader))
      move(&merging, k, reader);
  }
  close_ranks(g);
}
