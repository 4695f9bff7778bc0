/* Which groups become stages of BLOCK parts (plan.h): contractions and the rows between them, as in attention.
 *
 * A family grows from a contraction whose result is [batch, rows, columns]: the groups that read such values in the very rows in which they
 * were stored. A value that nothing else reads is never whole in memory (PLACE_BLOCK). What a family gives away, the results of its last
 * groups, decides its parts: the makers of the blocks behind such a result are stages beside it, and where two parts need the same block
 * both compute it, with the same bits. So the gradient of attention computes the weights again, a block of rows at a time.
 *
 * Results share a part where neither side waits for the other. */
#include <stdlib.h>
#include <string.h>

#include "codegen/lower_block.h"
#include "runtime/execute.h"
#include "schedule/grouping.h"

enum {
  FAMILY_MAX = 32,       /* groups of a family */
  WALK_MAX = 512,        /* groups looked at to see whether one waits for another; beyond, it is taken to */
  MIN_COLUMNS = 16,      /* a vector: below, rows are not worth a stage of their own */
  MAX_COLUMNS = 1 << 14, /* 16 rows of f32 in half of a 2 MiB L2 */
  MAX_MOVED = 6          /* operations of a contraction's consumer that are cheaper repeated in each pass of the rows than stored once */
};
/* Elements of column operands that are read again for every block of rows: while they stay in L2 (half of it, f32) that costs nothing.
 * Beyond, the elements a column read per block against those of the values that are not stored: attention has 2 * 64 to 2 * 128. */
enum { L2_ELEMENTS = 1 << 18, MAX_DEPTH = 512 };

enum place { UNKNOWN, IN_BLOCK, IN_MEMORY };

struct member {
  int group;
  enum tin_block_stage stage;
  uint8_t *reads; /* by plan value: BLOCK_READ_* */
  bool gives;     /* stores to memory */
  int part;       /* that it gives its results in, or -1 */
};

struct family {
  struct grouping *g;
  struct tin_block block;
  struct member members[FAMILY_MAX];
  int n_members;
  uint8_t *places; /* by plan value */
  int *slots;      /* by plan value: of those in the block */
};

/* A part in the making. */
struct making {
  bool stage[FAMILY_MAX]; /* by member */
  int group;              /* whose place it takes: the last of those that give results */
};

static struct group *group_at(const struct family *f, int member) {
  return &f->g->groups.at[f->members[member].group];
}

static int value_of(const struct family *f, const struct tin_node *node) {
  return f->g->schedule->planned[node->index].value;
}

static struct tin_plan_value *plan_value(const struct family *f, int v) {
  return &f->g->schedule->values.at[v];
}

/* ---- members ---- */

static int find_member(const struct family *f, int group) {
  for (int i = 0; i < f->n_members; i++)
    if (f->members[i].group == group)
      return i;
  return -1;
}

/* The member that the group is or becomes; -1 when it cannot be a stage. */
static int take_member(struct family *f, int group) {
  int at = find_member(f, group);
  if (at >= 0)
    return at;
  const struct group *from = &f->g->groups.at[group];
  if (f->n_members == FAMILY_MAX || from->merged || from->part->kind == PART_BLOCK)
    return -1;
  struct member member = {.group = group, .part = -1};
  member.reads = TIN_NEW_ARRAY(f->g->arena, uint8_t, f->g->schedule->values.count);
  member.stage = tin_lower_block_stage(f->g->arena, f->g->schedule, from->part, &f->block, member.reads);
  if (member.stage == BLOCK_STAGE_NONE)
    return -1;
  f->members[f->n_members++] = member;
  return f->n_members - 1;
}

/* May the value be in the block, as far as it itself tells? */
static bool fits_in_block(const struct family *f, int member, int v) {
  const struct tin_plan_value *value = plan_value(f, v);
  int64_t rows = f->block.batch * f->block.rows;
  bool sized = value->size == rows * f->block.columns || value->size == rows;
  return f->members[member].stage == BLOCK_STAGE_ROWS && value->place == PLACE_ARENA && tin_dtype_bytes(value->dtype) <= 4 && sized;
}

/* Takes the readers of what the member stores, and decides where that is. */
static void follow_stores(struct family *f, int member) {
  const struct tin_part *part = group_at(f, member)->part;
  for (int s = 0; s < part->stores.count; s++) {
    int v = value_of(f, part->stores.at[s]);
    const struct node_facts *facts = &f->g->facts[part->stores.at[s]->index];
    bool inside = fits_in_block(f, member, v);
    for (int r = 0; inside && r < facts->readers.count; r++) {
      int reader = take_member(f, facts->readers.at[r].group);
      inside = reader >= 0 && !(f->members[reader].reads[v] & BLOCK_READ_ELSEWHERE);
    }
    f->places[v] = inside ? IN_BLOCK : IN_MEMORY;
  }
}

/* Takes the makers of the other matrices that the member reads in the same rows. */
static void follow_reads(struct family *f, int member) {
  for (int v = 0; v < f->g->schedule->values.count; v++) {
    const struct tin_plan_value *value = plan_value(f, v);
    bool matrix = value->size == f->block.batch * f->block.rows * f->block.columns;
    if (f->members[member].reads[v] == BLOCK_READ_HERE && matrix && value->place == PLACE_ARENA && f->places[v] == UNKNOWN)
      take_member(f, f->g->facts[value->node->index].group);
  }
}

static bool touches_block(const struct family *f, int member) {
  for (int v = 0; v < f->g->schedule->values.count; v++)
    if (f->places[v] == IN_BLOCK && f->members[member].reads[v])
      return true;
  const struct tin_part *part = group_at(f, member)->part;
  for (int s = 0; s < part->stores.count; s++)
    if (f->places[value_of(f, part->stores.at[s])] == IN_BLOCK)
      return true;
  return false;
}

static int by_group(const void *a, const void *b) {
  const struct member *x = a, *y = b;
  return (x->group > y->group) - (x->group < y->group);
}

/* Grows the family; its members are then in the order of their groups. */
static void grow(struct family *f) {
  for (int i = 0; i < f->n_members; i++) {
    follow_stores(f, i);
    follow_reads(f, i);
  }
  int kept = 0;
  for (int i = 0; i < f->n_members; i++)
    if (touches_block(f, i))
      f->members[kept++] = f->members[i];
  f->n_members = kept;
  qsort(f->members, (size_t)kept, sizeof *f->members, by_group);
  for (int i = 0; i < kept; i++) {
    const struct tin_part *part = group_at(f, i)->part;
    for (int s = 0; s < part->stores.count; s++)
      f->members[i].gives |= f->places[value_of(f, part->stores.at[s])] != IN_BLOCK;
  }
}

/* ---- parts ---- */

/* Marks the member and those that make the blocks it reads. */
static void mark_makers(const struct family *f, int member, bool *marked) {
  marked[member] = true;
  for (int i = member - 1; i >= 0; i--) {
    const struct tin_part *part = group_at(f, i)->part;
    for (int s = 0; s < part->stores.count && !marked[i]; s++) {
      int v = value_of(f, part->stores.at[s]);
      if (f->places[v] == IN_BLOCK && f->members[member].reads[v])
        mark_makers(f, i, marked);
    }
  }
}

typedef TIN_VEC(int) group_list;

static void push_makers(const struct family *f, int group, group_list *list) {
  struct grouping *g = f->g;
  const struct tin_part *part = g->groups.at[group].part;
  for (int i = 0; i < part->reads.count; i++) {
    const struct node_facts *facts = &g->facts[plan_value(f, part->reads.at[i])->node->index];
    if (facts->leaf || g->groups.at[facts->group].walk == g->group_stamp)
      continue;
    g->groups.at[facts->group].walk = g->group_stamp;
    tin_vec_push(g->arena, list, facts->group);
  }
}

/* Would a part of these members wait for its own results? Groups that share a part already wait for each other's makers. */
static bool waits_for_itself(const struct family *f, const struct making *making, const bool *stages) {
  group_list list = {0};
  f->g->group_stamp++;
  for (int i = 0; i < f->n_members; i++)
    if (stages[i])
      push_makers(f, f->members[i].group, &list);
  for (int at = 0; at < list.count; at++) {
    int member = find_member(f, list.at[at]), part = member >= 0 ? f->members[member].part : -1;
    if (at == WALK_MAX || (member >= 0 && stages[member] && f->members[member].gives))
      return true;
    push_makers(f, list.at[at], &list);
    for (int i = 0; part >= 0 && i < f->n_members; i++)
      if (making[part].stage[i])
        push_makers(f, f->members[i].group, &list);
  }
  return false;
}

static bool may_join(const struct family *f, const struct making *making, int part, const bool *marked) {
  bool both[FAMILY_MAX];
  for (int i = 0; i < f->n_members; i++)
    both[i] = making[part].stage[i] || marked[i];
  return !waits_for_itself(f, making, both);
}

/* Every result to a part; false where a maker would have to give its own results twice. */
static bool assign_parts(struct family *f, struct making *making, int *n_parts) {
  for (int i = 0; i < f->n_members; i++) {
    bool marked[FAMILY_MAX] = {false};
    if (!f->members[i].gives)
      continue;
    mark_makers(f, i, marked);
    int part = *n_parts - 1;
    while (part >= 0 && !may_join(f, making, part, marked))
      part--;
    if (part < 0) {
      if (waits_for_itself(f, making, marked))
        return false;
      part = (*n_parts)++;
      making[part] = (struct making){.group = -1};
    }
    for (int m = 0; m < f->n_members; m++) {
      making[part].stage[m] |= marked[m];
      if (marked[m] && f->members[m].gives) {
        if (f->members[m].part >= 0 && f->members[m].part != part)
          return false;
        f->members[m].part = part;
      }
    }
    making[part].group = f->members[i].group;
  }
  return *n_parts > 0;
}

/* ---- is it worth it? ---- */

/* Elements a column of the contractions' column operands, and of all of them for one batch. */
static void column_operands(const struct family *f, int64_t *depth, int64_t *elements) {
  *depth = *elements = 0;
  for (int i = 0; i < f->n_members; i++) {
    const struct tin_part *part = group_at(f, i)->part;
    if (part->kind != PART_CONTRACT)
      continue;
    int64_t size = 1;
    for (int axis = 0; axis < part->rank; axis++)
      size *= part->shape[axis];
    int64_t operand = size / (f->block.batch * f->block.rows);
    *elements += operand;
    *depth = operand / f->block.columns > *depth ? operand / f->block.columns : *depth;
  }
}

static const char *why_not(const struct family *f) {
  int64_t depth, elements;
  column_operands(f, &depth, &elements);
  int contractions = 0;
  for (int i = 0; i < f->n_members; i++)
    contractions += group_at(f, i)->part->kind == PART_CONTRACT;
  if (!f->n_members)
    return "its rows are read at another index";
  if (contractions < 2)
    return "a block of rows joins contractions, and there is one";
  if (f->block.columns > MAX_COLUMNS)
    return "too few of its rows fit in half of L2";
  return elements > L2_ELEMENTS && depth > MAX_DEPTH ? "the other operands are too large to be read for every block of rows" : NULL;
}

/* ---- making parts ---- */

static void number_slots(struct family *f) {
  for (int v = 0; v < f->g->schedule->values.count; v++) {
    struct tin_plan_value *value = plan_value(f, v);
    if (f->places[v] != IN_BLOCK)
      continue;
    value->place = PLACE_BLOCK;
    value->width = value->size / (f->block.batch * f->block.rows);
    value->slot = f->block.n_slots++;
  }
}

/* The cheap consumer of a contraction that only rows read is computed by these: the contraction's sums are stored instead. */
static void move_consumer(struct family *f, int member) {
  struct tin_schedule *s = f->g->schedule;
  struct tin_part *part = group_at(f, member)->part;
  struct tin_node *anchor = part->anchor, *store = part->stores.at[0];
  int v = value_of(f, store);
  float work = 0;
  if (part->kind != PART_CONTRACT || part->stores.count != 1 || store == anchor || store->dtype != anchor->dtype ||
      f->places[v] != IN_BLOCK || anchor->arg[2])
    return;
  for (int i = 0; i < part->members.count; i++)
    work += f->g->facts[part->members.at[i]->index].work;
  for (int i = 0; i < f->n_members; i++)
    if (f->members[i].reads[v] && group_at(f, i)->part->kind == PART_CONTRACT)
      return;
  if (work > MAX_MOVED)
    return;
  s->planned[store->index].value = -1;
  s->planned[anchor->index].value = v;
  plan_value(f, v)->node = anchor;
  part->stores.at[0] = anchor;
  part->members.count = 0;
}

static struct tin_part *stage_of(struct family *f, int member, const struct tin_block *block) {
  struct tin_part *stage = TIN_NEW(f->g->arena, struct tin_part);
  *stage = *group_at(f, member)->part;
  stage->block = block;
  memset(&stage->reads, 0, sizeof stage->reads);
  for (int v = 0; v < f->g->schedule->values.count; v++) /* a value that others compute again may be read for nothing */
    if (f->members[member].reads[v])
      tin_vec_push(f->g->arena, &stage->reads, v);
  stage->across = f->members[member].stage == BLOCK_STAGE_ACROSS;
  return stage;
}

static void add_read(struct family *f, struct tin_part *part, int v) {
  int at = 0;
  while (at < part->reads.count && part->reads.at[at] < v)
    at++;
  if (at < part->reads.count && part->reads.at[at] == v)
    return;
  tin_vec_push(f->g->arena, &part->reads, v);
  memmove(part->reads.at + at + 1, part->reads.at + at, sizeof(int) * (size_t)(part->reads.count - 1 - at));
  part->reads.at[at] = v;
}

/* Adds the member to the part as its next stage. */
static void add_stage(struct family *f, struct group *group, int member) {
  struct tin_part *part = group->part, *stage = stage_of(f, member, part->block);
  tin_vec_push(f->g->arena, &part->stages, stage);
  for (int i = 0; i < stage->reads.count; i++)
    if (f->places[stage->reads.at[i]] != IN_BLOCK)
      add_read(f, part, stage->reads.at[i]);
  for (int i = 0; i < stage->stores.count; i++)
    if (f->places[value_of(f, stage->stores.at[i])] != IN_BLOCK)
      tin_vec_push(f->g->arena, &part->stores, stage->stores.at[i]);
}

static void make_part(struct family *f, const struct making *making, const struct tin_block *block) {
  struct grouping *g = f->g;
  struct group made = {.part = TIN_NEW(g->arena, struct tin_part)};
  made.part->kind = PART_BLOCK;
  made.part->block = block;
  made.part->rank = 3;
  const int64_t shape[] = {block->batch, block->rows, block->columns};
  memcpy(made.part->shape, shape, sizeof shape);
  for (int i = 0; i < f->n_members; i++) {
    if (!making->stage[i])
      continue;
    struct group *group = group_at(f, i);
    made.part->anchor = made.part->anchor ? made.part->anchor : group->part->anchor;
    add_stage(f, &made, i);
    for (int r = 0; r < group->roots.count; r++) {
      tin_vec_push(g->arena, &made.roots, group->roots.at[r]);
      g->facts[group->roots.at[r]->index].group = making->group;
    }
  }
  for (int i = 0; i < made.part->reads.count; i++) {
    struct reader reader = {making->group, READ_OTHER};
    tin_vec_push(g->arena, &g->facts[plan_value(f, made.part->reads.at[i])->node->index].readers, reader);
  }
  g->groups.at[making->group] = made;
}

/* The parts take the places of groups, after all stages were copied. A root that gives results is in one part only. */
static void make_parts(struct family *f, const struct making *making, int n_parts) {
  number_slots(f);
  for (int i = 0; i < f->n_members; i++)
    move_consumer(f, i);
  struct tin_block *block = TIN_NEW(f->g->arena, struct tin_block);
  *block = f->block;
  TIN_VEC(struct group) made = {0};
  for (int p = 0; p < n_parts; p++) {
    struct group before = f->g->groups.at[making[p].group];
    make_part(f, &making[p], block);
    tin_vec_push(f->g->arena, &made, f->g->groups.at[making[p].group]);
    f->g->groups.at[making[p].group] = before;
  }
  for (int i = 0; i < f->n_members; i++)
    group_at(f, i)->merged = true;
  for (int p = 0; p < n_parts; p++)
    f->g->groups.at[making[p].group] = made.at[p];
}

/* ---- the pass ---- */

/* Could the contraction's result be the matrix of a block: several batches, rows and columns? */
static bool may_start(const struct group *group) {
  const struct tin_part *part = group->part;
  int kept = 0;
  for (int i = 0; i < part->rank; i++)
    kept += part->shape[i] != 1 && !(part->axes >> i & 1);
  return !group->merged && part->kind == PART_CONTRACT && part->anchor->dtype == TIN_F32 && kept >= 3;
}

static void try_family(struct grouping *g, int group) {
  int n = g->schedule->values.count, n_parts = 0;
  struct family family = {.g = g, .places = TIN_NEW_ARRAY(g->arena, uint8_t, n)}, *f = &family;
  if (!tin_lower_block_of(g->arena, g->schedule, g->groups.at[group].part, &f->block) || f->block.batch < 2 || f->block.rows < 2 ||
      f->block.columns < MIN_COLUMNS || take_member(f, group) < 0)
    return;
  grow(f);
  const char *why = why_not(f);
  struct making making[FAMILY_MAX];
  if (!why && !assign_parts(f, making, &n_parts))
    why = "its results wait for each other";
  if (!why)
    make_parts(f, making, n_parts);
  else
    g->facts[g->groups.at[group].part->anchor->index].reason = why;
}

void tin_schedule_blocks(struct grouping *g) {
  for (int k = 0; k < g->groups.count; k++)
    if (may_start(&g->groups.at[k]))
      try_family(g, k);
}
