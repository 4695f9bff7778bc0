/* Arena offsets of a plan's values from their live ranges.
 *
 * Two values may share bytes when no kernel sees both. Ranges are inclusive at both ends: a kernel never writes over what it reads. No
 * placement does with less than the most bytes that are alive in one kernel, the live bound; to find a least one is NP-hard.
 *
 * Up to GREEDY_LIMIT values: greedy, each value into the smallest gap between the placed values that live at the same time, in several
 * orders (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020). Where none comes near the bound, the value
 * that set the peak goes to the front of its order, and again; the best placement is taken. The cost is quadratic, so larger plans are
 * placed in the order of execution, best fit into a list of holes, which is near linear and wastes a little more.
 */
#include <stdlib.h>
#include <string.h>

#include "schedule/plan.h"

enum {
  ALIGNMENT = 64,      /* a cache line, and the widest vector */
  GREEDY_LIMIT = 2048, /* 2 million steps: a few milliseconds */
  STEPS = 1 << 11,     /* looks at a neighbour in search of a better placement, by value and order: some microseconds */
  GOOD_SHARE = 100     /* within a hundredth of the bound nothing is worth a search */
};

struct item {
  int value;
  int64_t bytes; /* rounded up to ALIGNMENT */
  int first, last;
  int64_t offset;
  int64_t rank; /* key of an order: higher ones are placed first */
};

struct items {
  struct item *at;
  int count;
  int n_kernels; /* that they live in */
};

static int larger_first(const void *a, const void *b) {
  const struct item *x = a, *y = b;
  if (x->bytes != y->bytes)
    return x->bytes < y->bytes ? 1 : -1;
  return (x->value > y->value) - (x->value < y->value);
}

static int earlier_first(const void *a, const void *b) {
  const struct item *x = a, *y = b;
  return x->first != y->first ? (x->first > y->first) - (x->first < y->first) : larger_first(a, b);
}

static struct items collect(const struct tin_schedule *schedule, struct tin_arena *arena) {
  struct items items = {.at = TIN_NEW_ARRAY(arena, struct item, schedule->values.count)};
  for (int v = 0; v < schedule->values.count; v++) {
    const struct tin_plan_value *value = &schedule->values.at[v];
    if (value->place != PLACE_ARENA)
      continue;
    if (items.n_kernels <= value->last_kernel)
      items.n_kernels = value->last_kernel + 1;
    items.at[items.count++] = (struct item){.value = v,
                                            .bytes = (value->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
                                            .first = value->first_kernel,
                                            .last = value->last_kernel};
  }
  return items;
}

/* ---- the bound ---- */

/* Bytes alive in each kernel, in an array of one more than there are. */
static int64_t *alive_by_kernel(struct items items, struct tin_arena *arena) {
  int64_t *alive = TIN_NEW_ARRAY(arena, int64_t, items.n_kernels + 1);
  for (int i = 0; i < items.count; i++) {
    alive[items.at[i].first] += items.at[i].bytes;
    alive[items.at[i].last + 1] -= items.at[i].bytes;
  }
  for (int k = 1; k <= items.n_kernels; k++)
    alive[k] += alive[k - 1];
  return alive;
}

static int64_t most_of(const int64_t *alive, int first, int last) {
  int64_t most = 0;
  for (int k = first; k <= last; k++)
    most = alive[k] > most ? alive[k] : most;
  return most;
}

/* ---- greedy ---- */

/* Bytes that are taken while some kernels run. */
struct placed {
  int64_t begin, end;
  int first, last;
};

/* Offset of the smallest gap that holds the item; the placed ones are sorted by offset. Without a gap: behind the last neighbour. */
static int64_t smallest_gap(const struct placed *placed, int n_placed, const struct item *item) {
  int64_t end = 0, best = -1, best_size = INT64_MAX;
  for (int i = 0; i < n_placed; i++) {
    const struct placed *other = &placed[i];
    if (other->last < item->first || item->last < other->first)
      continue;
    int64_t gap = other->begin - end;
    if (gap >= item->bytes && gap < best_size) {
      best = end;
      best_size = gap;
    }
    if (other->end > end)
      end = other->end;
  }
  return best >= 0 ? best : end;
}

struct search {
  struct items items;
  struct item **order;   /* all */
  struct placed *placed; /* room for all */
  const int64_t *alive;  /* by kernel */
  int64_t bound, best;   /* bytes */
  int64_t *offsets;      /* of the best placement, by item */
  int64_t steps;         /* left */
};

/* Places the items in the order; the place in it of the one that ends highest. */
static int place(struct search *search) {
  int64_t end = 0;
  int highest = 0, count = search->items.count;
  for (int i = 0; i < count; i++) {
    struct item *item = search->order[i];
    item->offset = smallest_gap(search->placed, i, item);
    if (item->offset + item->bytes > end) {
      end = item->offset + item->bytes;
      highest = i;
    }
    int at = i;
    for (; at > 0 && search->placed[at - 1].begin > item->offset; at--)
      search->placed[at] = search->placed[at - 1];
    search->placed[at] = (struct placed){item->offset, item->offset + item->bytes, item->first, item->last};
  }
  search->steps -= (int64_t)count * count / 2;
  if (end < search->best) {
    search->best = end;
    for (int i = 0; i < count; i++)
      search->offsets[i] = search->items.at[i].offset;
  }
  return highest;
}

static bool good_enough(const struct search *search) {
  return search->best - search->bound <= search->bound / GOOD_SHARE;
}

/* What an order puts first: large values; those of the kernels where most is alive; those that take most memory for most time; those that
 * live to the end, as what a backward pass waits for. */
enum order { BY_SIZE, BY_BREADTH, BY_AREA, BY_END, N_ORDERS };

static int64_t rank_of(const struct search *search, const struct item *item, enum order order) {
  switch (order) {
  case BY_BREADTH:
    return most_of(search->alive, item->first, item->last);
  case BY_AREA:
    return item->bytes * (item->last - item->first + 1);
  case BY_END:
    return item->last;
  default:
    return item->bytes;
  }
}

static int higher_first(const void *a, const void *b) {
  const struct item *x = *(struct item *const *)a, *y = *(struct item *const *)b;
  return x->rank != y->rank ? (x->rank < y->rank) - (x->rank > y->rank) : larger_first(x, y);
}

static void search_from(struct search *search, enum order order) {
  enum { STALE = 16 }; /* tries without a gain: a gain after more is rare */
  int count = search->items.count;
  for (int i = 0; i < count; i++) {
    search->order[i] = &search->items.at[i];
    search->order[i]->rank = rank_of(search, search->order[i], order);
  }
  qsort(search->order, (size_t)count, sizeof *search->order, higher_first);
  search->steps = (int64_t)STEPS * count;
  for (int stale = 0; stale < STALE && search->steps > 0 && !good_enough(search); stale++) {
    int64_t best = search->best;
    int highest = place(search);
    struct item *item = search->order[highest];
    memmove(search->order + 1, search->order, sizeof *search->order * (size_t)highest);
    search->order[0] = item;
    if (search->best < best)
      stale = 0;
  }
}

static void place_greedily(struct items items, struct tin_arena *arena, const int64_t *alive, int64_t bound) {
  struct search search = {.items = items, .alive = alive, .bound = bound, .best = INT64_MAX};
  search.order = TIN_NEW_ARRAY(arena, struct item *, items.count);
  search.placed = TIN_NEW_ARRAY(arena, struct placed, items.count);
  search.offsets = TIN_NEW_ARRAY(arena, int64_t, items.count);
  for (int order = 0; order < N_ORDERS; order++)
    search_from(&search, (enum order)order);
  for (int i = 0; i < items.count; i++)
    items.at[i].offset = search.offsets[i];
}

/* ---- best fit in the order of execution ---- */

struct hole {
  int64_t offset, bytes;
};

struct holes {
  TIN_VEC(struct hole) list; /* by offset, never adjacent */
  int64_t end;               /* where the memory used so far ends */
};

static int64_t take(struct holes *holes, int64_t bytes) {
  int best = -1;
  for (int i = 0; i < holes->list.count; i++)
    if (holes->list.at[i].bytes >= bytes && (best < 0 || holes->list.at[i].bytes < holes->list.at[best].bytes))
      best = i;
  if (best >= 0) {
    struct hole *hole = &holes->list.at[best];
    int64_t offset = hole->offset;
    hole->offset += bytes;
    hole->bytes -= bytes;
    if (!hole->bytes)
      memmove(hole, hole + 1, (size_t)(--holes->list.count - best) * sizeof *hole);
    return offset;
  }
  /* The memory grows; a hole at its end grows with it. */
  struct hole *last = holes->list.count ? &holes->list.at[holes->list.count - 1] : NULL;
  int64_t offset = holes->end;
  if (last && last->offset + last->bytes == holes->end) {
    offset = last->offset;
    holes->list.count--;
  }
  holes->end = offset + bytes;
  return offset;
}

static void give_back(struct tin_arena *arena, struct holes *holes, int64_t offset, int64_t bytes) {
  int low = 0, high = holes->list.count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (holes->list.at[middle].offset < offset)
      low = middle + 1;
    else
      high = middle;
  }
  struct hole *at = holes->list.at;
  bool joins_left = low > 0 && at[low - 1].offset + at[low - 1].bytes == offset;
  bool joins_right = low < holes->list.count && offset + bytes == at[low].offset;
  if (joins_left) {
    at[low - 1].bytes += bytes + (joins_right ? at[low].bytes : 0);
    if (joins_right)
      memmove(at + low, at + low + 1, (size_t)(--holes->list.count - low) * sizeof *at);
  } else if (joins_right) {
    at[low] = (struct hole){offset, at[low].bytes + bytes};
  } else {
    tin_vec_push(arena, &holes->list, ((struct hole){0, 0}));
    at = holes->list.at;
    memmove(at + low + 1, at + low, (size_t)(holes->list.count - 1 - low) * sizeof *at);
    at[low] = (struct hole){offset, bytes};
  }
}

static void place_by_time(struct items items, struct tin_arena *arena) {
  struct holes holes = {.end = 0};
  int *dying = TIN_NEW_ARRAY(arena, int, items.n_kernels); /* by kernel: 1 + the first item whose last kernel it is */
  int *next = TIN_NEW_ARRAY(arena, int, items.count);
  qsort(items.at, (size_t)items.count, sizeof *items.at, earlier_first);
  int item = 0;
  for (int k = 0; k < items.n_kernels; k++) {
    for (; item < items.count && items.at[item].first <= k; item++) {
      struct item *it = &items.at[item];
      if (it->bytes)
        it->offset = take(&holes, it->bytes);
      next[item] = dying[it->last];
      dying[it->last] = item + 1;
    }
    for (int i = dying[k]; i; i = next[i - 1])
      if (items.at[i - 1].bytes)
        give_back(arena, &holes, items.at[i - 1].offset, items.at[i - 1].bytes);
  }
}

void tin_schedule_memory(struct tin_schedule *schedule, struct tin_arena *arena) {
  struct items items = collect(schedule, arena);
  const int64_t *alive = alive_by_kernel(items, arena);
  schedule->bytes_live = most_of(alive, 0, items.n_kernels - 1);
  if (items.count <= GREEDY_LIMIT)
    place_greedily(items, arena, alive, schedule->bytes_live);
  else
    place_by_time(items, arena);
  schedule->arena_bytes = schedule->bytes_without_reuse = 0;
  for (int i = 0; i < items.count; i++) {
    const struct item *item = &items.at[i];
    schedule->values.at[item->value].offset = item->offset;
    schedule->bytes_without_reuse += item->bytes;
    if (item->offset + item->bytes > schedule->arena_bytes)
      schedule->arena_bytes = item->offset + item->bytes;
  }
}
