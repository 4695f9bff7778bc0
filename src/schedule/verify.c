/* Verifier of plans: what the passes behind the schedule rely on. Runs after the schedule and again after memory was planned (when
 * arena_bytes is 0 nothing is known about offsets yet, and they are not looked at). */
#include <stdlib.h>
#include <string.h>

#include "schedule/plan.h"

/* What a failed check says: the reason, in the words of the schedule's text form. */
#define REQUIRE(condition, ...)                                                                                                            \
  do {                                                                                                                                     \
    if (!(condition)) {                                                                                                                    \
      tin_error_set(error, "plan: " __VA_ARGS__);                                                                                          \
      return false;                                                                                                                        \
    }                                                                                                                                      \
  } while (0)

static const char *op_text(const struct tin_node *node) {
  return node ? tin_ops[node->op].text : "nothing";
}

static bool verify_value(const struct tin_schedule *schedule, int v, struct tin_error *error) {
  const struct tin_plan_value *value = &schedule->values.at[v];
  int n_kernels = schedule->kernels.count;
  REQUIRE(value->node, "value v%d has no node", v);
  REQUIRE(value->dtype == value->node->dtype && value->size == value->node->size, "value v%d differs from its node (%s) in dtype or size",
          v, op_text(value->node));
  REQUIRE(value->bytes == value->size * tin_dtype_bytes(value->dtype), "value v%d has %lld bytes", v, (long long)value->bytes);
  if (value->place == PLACE_LEAF) {
    REQUIRE(tin_node_is_leaf(value->node), "value v%d is in a leaf slot, but %s is computed", v, op_text(value->node));
    REQUIRE(value->leaf >= 0 && value->leaf < schedule->n_leaves, "value v%d has leaf slot %d of %d", v, value->leaf, schedule->n_leaves);
    REQUIRE(value->first_kernel == -1, "leaf v%d is written by kernel %d", v, value->first_kernel);
  } else {
    REQUIRE(value->first_kernel >= 0 && value->first_kernel < n_kernels, "value v%d is written by kernel %d of %d", v, value->first_kernel,
            n_kernels);
    REQUIRE(value->last_kernel >= value->first_kernel, "value v%d lives from kernel %d to %d", v, value->first_kernel, value->last_kernel);
  }
  REQUIRE(value->last_kernel < n_kernels, "value v%d lives to kernel %d of %d", v, value->last_kernel, n_kernels);
  REQUIRE(value->update < schedule->update_values.count, "value v%d has update %d", v, value->update);
  REQUIRE(value->update < 0 || (value->place == PLACE_OWNED && schedule->update_values.at[value->update] == v),
          "value v%d is computed in place of update %d, which takes another value", v, value->update);
  return true;
}

static bool verify_leaf_slots(const struct tin_schedule *schedule, struct tin_arena *arena, struct tin_error *error) {
  bool *seen = TIN_NEW_ARRAY(arena, bool, schedule->n_leaves);
  int count = 0;
  for (int v = 0; v < schedule->values.count; v++)
    if (schedule->values.at[v].place == PLACE_LEAF) {
      int leaf = schedule->values.at[v].leaf;
      REQUIRE(!seen[leaf], "leaf slot %d is given twice", leaf);
      seen[leaf] = true;
      count++;
    }
  REQUIRE(count == schedule->n_leaves, "%d leaf slots, but %d leaves have values", schedule->n_leaves, count);
  return true;
}

static bool verify_part(const struct tin_schedule *schedule, const struct tin_map *values, int k, const struct tin_part *part, int *writer,
                        struct tin_error *error) {
  REQUIRE(part->rank >= 0 && part->rank <= TIN_MAX_RANK, "kernel %d has a part of rank %d", k, part->rank);
  REQUIRE(part->axes >> part->rank == 0, "kernel %d reduces axes 0x%x of rank %d", k, part->axes, part->rank);
  REQUIRE(part->anchor, "kernel %d has a part without an anchor", k);
  REQUIRE(part->stores.count > 0, "kernel %d has a part that stores nothing (%s)", k, op_text(part->anchor));
  for (int s = 0; s < part->stores.count; s++) {
    const struct tin_node *node = part->stores.at[s];
    int v = (int)(intptr_t)tin_map_get(values, (uint64_t)(uintptr_t)node) - 1;
    REQUIRE(v >= 0, "kernel %d stores %s, which has no value", k, op_text(node));
    REQUIRE(schedule->values.at[v].place != PLACE_LEAF && schedule->values.at[v].place != PLACE_BLOCK, "kernel %d stores %s v%d", k,
            schedule->values.at[v].place == PLACE_LEAF ? "leaf" : "block", v);
    REQUIRE(schedule->values.at[v].first_kernel == k, "kernel %d stores v%d, which kernel %d should", k, v,
            schedule->values.at[v].first_kernel);
    REQUIRE(writer[v] < 0, "v%d is stored twice", v);
    writer[v] = k;
  }
  for (int r = 0; r < part->reads.count; r++) {
    int v = part->reads.at[r];
    REQUIRE(v >= 0 && v < schedule->values.count, "kernel %d reads v%d of %d", k, v, schedule->values.count);
    REQUIRE(r == 0 || part->reads.at[r - 1] < v, "the reads of kernel %d are not ascending", k);
    REQUIRE(schedule->values.at[v].first_kernel < k, "kernel %d reads v%d before kernel %d writes it", k, v,
            schedule->values.at[v].first_kernel);
    REQUIRE(schedule->values.at[v].last_kernel >= k, "kernel %d reads v%d, which dies in kernel %d", k, v,
            schedule->values.at[v].last_kernel);
  }
  return true;
}

/* The stages of a block read blocks that earlier ones have stored, and together store what the part stores. stored: by value, the newest
 * part one of whose stages stores it; all parts share it, as there may be many. */
static bool verify_stages(const struct tin_schedule *schedule, const struct tin_map *values, int k, const struct tin_part *part,
                          const struct tin_part **stored, int *writer, struct tin_error *error) {
  REQUIRE(part->kind != PART_BLOCK || part->stages.count, "kernel %d has a block without stages", k);
  for (int i = 0; i < part->stages.count; i++) {
    const struct tin_part *stage = part->stages.at[i];
    REQUIRE(stage->kind != PART_BLOCK && stage->stores.count, "kernel %d has a stage that is a block or stores nothing", k);
    for (int r = 0; r < stage->reads.count; r++) {
      int v = stage->reads.at[r];
      REQUIRE(v >= 0 && v < schedule->values.count, "a stage of kernel %d reads v%d", k, v);
      REQUIRE(schedule->values.at[v].place != PLACE_BLOCK || stored[v] == part, "a stage of kernel %d reads block v%d before it is stored",
              k, v);
    }
    for (int s = 0; s < stage->stores.count; s++) {
      int v = (int)(intptr_t)tin_map_get(values, (uint64_t)(uintptr_t)stage->stores.at[s]) - 1;
      REQUIRE(v >= 0, "a stage of kernel %d stores %s, which has no value", k, op_text(stage->stores.at[s]));
      REQUIRE(schedule->values.at[v].place == PLACE_BLOCK || writer[v] == k, "a stage of kernel %d stores v%d, which its part does not", k,
              v);
      stored[v] = part;
      if (schedule->values.at[v].place == PLACE_BLOCK)
        writer[v] = k;
    }
  }
  for (int s = 0; s < part->stores.count && part->stages.count; s++)
    REQUIRE(stored[(intptr_t)tin_map_get(values, (uint64_t)(uintptr_t)part->stores.at[s]) - 1] == part, "no stage of kernel %d stores %s",
            k, op_text(part->stores.at[s]));
  return true;
}

static bool verify_kernels(const struct tin_schedule *schedule, struct tin_arena *arena, struct tin_error *error) {
  struct tin_map values;
  tin_map_init(&values, arena);
  int *writer = TIN_NEW_ARRAY(arena, int, schedule->values.count);
  const struct tin_part **stored = TIN_NEW_ARRAY(arena, const struct tin_part *, schedule->values.count);
  for (int v = 0; v < schedule->values.count; v++) {
    tin_map_set(&values, (uint64_t)(uintptr_t)schedule->values.at[v].node, (void *)(intptr_t)(v + 1));
    writer[v] = -1;
  }
  for (int k = 0; k < schedule->kernels.count; k++) {
    const struct tin_kernel *kernel = &schedule->kernels.at[k];
    REQUIRE(kernel->name && kernel->parts.count, "kernel %d has no %s", k, kernel->name ? "parts" : "name");
    for (int p = 0; p < kernel->parts.count; p++)
      if (!verify_part(schedule, &values, k, kernel->parts.at[p], writer, error) ||
          !verify_stages(schedule, &values, k, kernel->parts.at[p], stored, writer, error))
        return false;
  }
  for (int v = 0; v < schedule->values.count; v++)
    REQUIRE(schedule->values.at[v].place == PLACE_LEAF || writer[v] >= 0, "no kernel stores v%d (%s)", v,
            op_text(schedule->values.at[v].node));
  return true;
}

static bool verify_results(const struct tin_schedule *schedule, struct tin_error *error) {
  for (int i = 0; i < schedule->output_values.count + schedule->update_values.count; i++) {
    bool is_output = i < schedule->output_values.count;
    int v = is_output ? schedule->output_values.at[i] : schedule->update_values.at[i - schedule->output_values.count];
    REQUIRE(v >= 0 && v < schedule->values.count, "%s %d has value v%d of %d", is_output ? "output" : "update", i, v,
            schedule->values.count);
    REQUIRE(schedule->values.at[v].place != PLACE_ARENA, "%s %d lies in the arena", is_output ? "output" : "update", i);
  }
  for (int c = 0; c < schedule->checks.count; c++) {
    const struct tin_check *check = &schedule->checks.at[c];
    REQUIRE(check->value >= 0 && check->value < schedule->values.count && check->node, "check %d has no value or node", c);
    REQUIRE(check->kernel >= 0 && check->kernel < schedule->kernels.count, "check %d is before kernel %d", c, check->kernel);
    REQUIRE(schedule->values.at[check->value].first_kernel < check->kernel, "check %d looks at v%d before it is computed", c, check->value);
  }
  return true;
}

/* ---- values that live at the same time do not share bytes ---- */

struct span {
  int64_t begin, end; /* bytes */
  int first, last;    /* kernels */
  int value;
};

static int by_first(const void *a, const void *b) {
  const struct span *x = a, *y = b;
  return (x->first > y->first) - (x->first < y->first);
}

/* Adds the span to those alive; -1, or the value that it overlaps. Dead ones leave on the way. */
static int add_alive(struct span *alive, int *count, struct span span) {
  int kept = 0, clash = -1;
  for (int i = 0; i < *count; i++) {
    if (alive[i].last < span.first)
      continue;
    if (alive[i].begin < span.end && span.begin < alive[i].end)
      clash = alive[i].value;
    alive[kept++] = alive[i];
  }
  alive[kept++] = span;
  *count = kept;
  return clash;
}

static bool verify_memory(const struct tin_schedule *schedule, struct tin_arena *arena, struct tin_error *error) {
  struct span *spans = TIN_NEW_ARRAY(arena, struct span, schedule->values.count);
  struct span *alive = TIN_NEW_ARRAY(arena, struct span, schedule->values.count);
  int n_spans = 0, n_alive = 0;
  for (int v = 0; v < schedule->values.count; v++) {
    const struct tin_plan_value *value = &schedule->values.at[v];
    if (value->place != PLACE_ARENA || !value->bytes)
      continue;
    REQUIRE(value->offset >= 0 && value->offset % 64 == 0 && value->offset + value->bytes <= schedule->arena_bytes,
            "v%d has offset %lld in an arena of %lld bytes", v, (long long)value->offset, (long long)schedule->arena_bytes);
    spans[n_spans++] = (struct span){value->offset, value->offset + value->bytes, value->first_kernel, value->last_kernel, v};
  }
  qsort(spans, (size_t)n_spans, sizeof *spans, by_first);
  for (int i = 0; i < n_spans; i++) {
    int clash = add_alive(alive, &n_alive, spans[i]);
    REQUIRE(clash < 0, "v%d and v%d live at the same time in the same bytes", clash, spans[i].value);
  }
  return true;
}

static bool verify_all(const struct tin_schedule *schedule, struct tin_arena *arena, struct tin_error *error) {
  for (int v = 0; v < schedule->values.count; v++)
    if (!verify_value(schedule, v, error))
      return false;
  if (!verify_leaf_slots(schedule, arena, error) || !verify_kernels(schedule, arena, error) || !verify_results(schedule, error))
    return false;
  return !schedule->arena_bytes || verify_memory(schedule, arena, error);
}

static bool verify_guarded(const struct tin_schedule *schedule, struct tin_arena *arena, struct tin_error *error) {
  jmp_buf fail;
  arena->fail = &fail;
  if (setjmp(fail)) {
    tin_error_set(error, "out of memory while a plan was verified");
    return false;
  }
  return verify_all(schedule, arena, error);
}

bool tin_schedule_verify(const struct tin_schedule *schedule, struct tin_error *error) {
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 14, NULL);
  bool good = verify_guarded(schedule, &arena, error);
  tin_arena_free(&arena);
  return good;
}
