/* Arena offsets of a plan's values from their live ranges.
 *
 * Two values may share bytes when no kernel sees both. Ranges are inclusive at both ends: a kernel never writes over what it reads.
 *
 * Up to GREEDY_LIMIT values: greedy by size, each value into the smallest gap between the placed values that live at the same time
 * (Pisarchyk and Lee, "Efficient memory management for deep neural net inference", 2020). Its cost is quadratic, so larger plans are
 * placed in the order of execution, best fit into a list of holes, which is near linear and wastes a little more.
 */
#include <stdlib.h>
#include <string.h>

#include "schedule/plan.h"

enum {
  ALIGNMENT = 64,     /* a cache line, and the widest vector */
  GREEDY_LIMIT = 2048 /* 2 million steps: a few milliseconds */
};

struct item {
  int value;
  int64_t bytes; /* rounded up to ALIGNMENT */
  int first, last;
  int64_t offset;
};

struct items {
  struct item *at;
  int count;
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
    if (value->place == PLACE_ARENA)
      items.at[items.count++] = (struct item){.value = v,
                                              .bytes = (value->bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT,
                                              .first = value->first_kernel,
                                              .last = value->last_kernel};
  }
  return items;
}

/* ---- greedy by size ---- */

/* Offset of the smallest gap that holds the item; the placed ones are sorted by offset. Without a gap: behind the last neighbour. */
static int64_t smallest_gap(struct item *const *placed, int n_placed, const struct item *item) {
  int64_t end = 0, best = -1, best_size = INT64_MAX;
  for (int i = 0; i < n_placed; i++) {
    const struct item *other = placed[i];
    if (other->last < item->first || item->last < other->first)
      continue;
    int64_t gap = other->offset - end;
    if (gap >= item->bytes && gap < best_size) {
      best = end;
      best_size = gap;
    }
    if (other->offset + other->bytes > end)
      end = other->offset + other->bytes;
  }
  return best >= 0 ? best : end;
}

static void place_by_size(struct items items, struct tin_arena *arena) {
  struct item **placed = TIN_NEW_ARRAY(arena, struct item *, items.count);
  qsort(items.at, (size_t)items.count, sizeof *items.at, larger_first);
  for (int i = 0; i < items.count; i++) {
    struct item *item = &items.at[i];
    item->offset = smallest_gap(placed, i, item);
    int at = i;
    for (; at > 0 && placed[at - 1]->offset > item->offset; at--)
      placed[at] = placed[at - 1];
    placed[at] = item;
  }
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

static void place_by_time(struct items items, struct tin_arena *arena, int n_kernels) {
  struct holes holes = {.end = 0};
  int *dying = TIN_NEW_ARRAY(arena, int, n_kernels); /* by kernel: 1 + the first item whose last kernel it is */
  int *next = TIN_NEW_ARRAY(arena, int, items.count);
  qsort(items.at, (size_t)items.count, sizeof *items.at, earlier_first);
  int item = 0;
  for (int k = 0; k < n_kernels; k++) {
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
  if (items.count <= GREEDY_LIMIT)
    place_by_size(items, arena);
  else
    place_by_time(items, arena, schedule->kernels.count);
  schedule->arena_bytes = schedule->bytes_without_reuse = 0;
  for (int i = 0; i < items.count; i++) {
    const struct item *item = &items.at[i];
    schedule->values.at[item->value].offset = item->offset;
    schedule->bytes_without_reuse += item->bytes;
    if (item->offset + item->bytes > schedule->arena_bytes)
      schedule->arena_bytes = item->offset + item->bytes;
  }
}
