/* What of a schedule is kept to run it again: the schedule refers to graph nodes that die with their scope, a plan to positions in the walk
 * that finds it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/check.h"
#include "runtime/engine.h"

int tin_count_entries(const struct tin_schedule *schedule, const struct tin_kernel_code *codes) {
  int count = 0;
  for (int k = 0; k < schedule->kernels.count; k++)
    count += codes[k].entries.count;
  return count;
}

static bool keep_values(struct tin_plan *plan, const struct tin_schedule *schedule, struct tin_error *error) {
  plan->n_values = schedule->values.count;
  plan->values = TIN_NEW_ARRAY(&plan->arena, struct tin_run_value, plan->n_values);
  for (int v = 0; v < plan->n_values; v++) {
    const struct tin_plan_value *value = &schedule->values.at[v];
    plan->values[v] = (struct tin_run_value){
        .place = (uint8_t)value->place, .position = -1, .update = value->update, .bytes = value->bytes, .offset = value->offset};
  }
  for (int i = 0; i < schedule->order.count; i++) {
    const struct tin_planned *planned = &schedule->planned[i];
    if (planned->value >= 0 && schedule->values.at[planned->value].node == schedule->order.at[i])
      plan->values[planned->value].position = i;
  }
  for (int v = 0; v < plan->n_values; v++)
    if (plan->values[v].place == PLACE_LEAF && plan->values[v].position < 0) {
      tin_error_set(error, "plan: leaf value v%d is not in the graph's order", v);
      return false;
    }
  plan->output_values = tin_arena_copy(&plan->arena, schedule->output_values.at, sizeof(int) * (size_t)schedule->output_values.count);
  plan->update_values = tin_arena_copy(&plan->arena, schedule->update_values.at, sizeof(int) * (size_t)schedule->update_values.count);
  return true;
}

static int compare_checks(const void *a, const void *b) {
  const struct tin_run_check *x = a, *y = b;
  if (x->kernel != y->kernel)
    return (x->kernel > y->kernel) - (x->kernel < y->kernel);
  return (x->position > y->position) - (x->position < y->position);
}

/* Checks run as early as their tensor exists, so that as many as possible come before kernels that overwrite variables. */
static void keep_checks(struct tin_plan *plan, const struct tin_schedule *schedule) {
  int first_overwrite = schedule->kernels.count;
  for (int v = 0; v < schedule->values.count; v++)
    if (schedule->values.at[v].update >= 0 && schedule->values.at[v].first_kernel < first_overwrite)
      first_overwrite = schedule->values.at[v].first_kernel;
  plan->overwrites = true;
  plan->n_checks = schedule->checks.count;
  plan->checks = TIN_NEW_ARRAY(&plan->arena, struct tin_run_check, plan->n_checks);
  for (int c = 0; c < plan->n_checks; c++) {
    const struct tin_check *check = &schedule->checks.at[c];
    const struct tin_plan_value *value = &schedule->values.at[check->value];
    int position = 0;
    while (schedule->order.at[position] != check->node)
      position++;
    plan->checks[c] = (struct tin_run_check){.value = check->value,
                                             .kernel = value->first_kernel + 1,
                                             .limits = check->limits,
                                             .size = value->size,
                                             .dtype = value->dtype,
                                             .position = position};
    if (plan->checks[c].kernel > first_overwrite)
      plan->overwrites = false;
  }
  qsort(plan->checks, (size_t)plan->n_checks, sizeof *plan->checks, compare_checks);
}

/* Lists of a kernel's parts for people stop here: one launch may hold hundreds of alike parts. */
enum { SHOWN_PARTS = 3 };

static const char *describe_parts(struct tin_plan *plan, struct tin_arena *arena, const struct tin_kernel *kernel, bool shapes) {
  struct tin_text text;
  tin_text_init(&text, arena);
  for (int p = 0; p < kernel->parts.count && p < SHOWN_PARTS; p++) {
    const struct tin_part *part = kernel->parts.at[p];
    if (shapes) {
      tin_text_add(&text, "%s%s[", p ? " " : "", tin_dtypes[part->anchor->dtype].text);
      for (int i = 0; i < part->rank; i++)
        tin_text_add(&text, "%s%" PRId64, i ? "," : "", part->shape[i]);
      tin_text_puts(&text, "]");
    } else if (part->fused) {
      tin_text_add(&text, "%s%s", text.count ? "; " : "", part->fused);
    }
  }
  if (kernel->parts.count > SHOWN_PARTS)
    tin_text_add(&text, "%s%d more", shapes ? " + " : "; ", kernel->parts.count - SHOWN_PARTS);
  return tin_arena_string(&plan->arena, text.at);
}

/* Seconds that work takes one thread, roughly: what one core computes and moves when neither is perfect. */
static double estimate(const struct tin_entry *entry) {
  const double run = 7e-9;                    /* a row of two elements: measured on the gradient of a 2 x 2 pool */
  const double start = 3.3e-6, tiled = 150e9; /* together as 50e9 where one thread is enough; 180e9 was measured of large ones */
  const double plain = 0.4e9;                 /* C by libtcc: 0.2e9 to 0.7e9 of a cumulative sum, 64-bit integers, gradients of pools */
  double rate = strcmp(entry->how, "portable") ? 50e9 : plain;
  double computing = entry->tiled ? start + entry->flops / tiled : entry->flops / rate, moving = entry->bytes / 10e9;
  return (computing > moving ? computing : moving) + entry->runs * run;
}

double tin_entry_weight(const struct tin_entry *entry) {
  double weight = estimate(entry);
  return weight < 1e-9 ? 1e-9 : weight; /* no entry is free: shares are cut by weight */
}

/* ---- for the bounds-checked mode ---- */

/* What the kernel's parts read and write, each value once for each. */
static void keep_operands(struct tin_plan *plan, const struct tin_kept *from, int k) {
  const struct tin_kernel *kernel = &from->schedule->kernels.at[k];
  TIN_VEC(struct tin_run_operand) operands = {0};
  for (int p = 0; p < kernel->parts.count; p++) {
    const struct tin_part *part = kernel->parts.at[p];
    for (int i = 0; i < part->reads.count; i++)
      tin_vec_push(from->arena, &operands, ((struct tin_run_operand){part->reads.at[i], false}));
    for (int i = 0; i < part->stores.count; i++)
      tin_vec_push(from->arena, &operands, ((struct tin_run_operand){from->schedule->planned[part->stores.at[i]->index].value, true}));
  }
  struct tin_run_kernel *kept = &plan->kernels[k];
  kept->position = kernel->parts.count ? (int)kernel->parts.at[0]->anchor->index : 0;
  kept->n_operands = operands.count;
  kept->operands = tin_arena_copy(&plan->arena, operands.at, sizeof *operands.at * (size_t)operands.count);
}

static void keep_programs(struct tin_plan *plan, const struct tin_kept *from) {
  int n_kernels = from->schedule->kernels.count, count = 0;
  for (int k = 0; k < n_kernels; k++)
    count += from->codes[k].checked_programs.count;
  plan->programs = TIN_NEW_ARRAY(&plan->arena, struct tin_check_program, count);
  for (int k = 0; k < n_kernels; k++)
    for (int i = 0; i < from->codes[k].checked_programs.count; i++) {
      const struct tin_named_program *named = &from->codes[k].checked_programs.at[i];
      plan->programs[from->codes[k].first_program + i] = tin_check_program_copy(&plan->arena, &named->program, named->name);
    }
}

/* The operands and scalars of all entries, one after the other. */
static void keep_operands_of_entries(struct tin_plan *plan, const struct tin_kept *from) {
  const struct tin_schedule *schedule = from->schedule;
  int *positions = TIN_NEW_ARRAY(from->arena, int, schedule->n_scalars); /* by slot of the schedule */
  TIN_VEC(struct tin_operand) operands = {0};
  TIN_VEC(int) scalars = {0};
  for (int i = 0; i < schedule->order.count; i++)
    if (schedule->planned[i].scalar >= 0)
      positions[schedule->planned[i].scalar] = i;
  for (int k = 0, n = 0; k < plan->n_kernels; k++)
    for (int e = 0; e < from->codes[k].entries.count; e++, n++) {
      const struct tin_entry *entry = &from->codes[k].entries.at[e];
      plan->entries[n].first_operand = operands.count;
      plan->entries[n].first_scalar = scalars.count;
      for (int i = 0; i < entry->n_operands; i++)
        tin_vec_push(from->arena, &operands, entry->operands[i]);
      for (int i = 0; i < entry->n_scalars; i++)
        tin_vec_push(from->arena, &scalars, positions[entry->scalars[i]]);
    }
  plan->n_operands = operands.count;
  plan->operands = tin_arena_copy(&plan->arena, operands.at, sizeof *operands.at * (size_t)operands.count);
  plan->n_scalars = scalars.count;
  plan->scalar_positions = tin_arena_copy(&plan->arena, scalars.at, sizeof *scalars.at * (size_t)scalars.count);
}

static void keep_kernel(struct tin_plan *plan, const struct tin_kept *from, int k, int *n_entries) {
  const struct tin_kernel *kernel = &from->schedule->kernels.at[k];
  const struct tin_kernel_code *code = &from->codes[k];
  struct tin_run_kernel *kept = &plan->kernels[k];
  *kept = (struct tin_run_kernel){.name = tin_arena_string(&plan->arena, kernel->name),
                                  .fused = describe_parts(plan, from->arena, kernel, false),
                                  .shapes = describe_parts(plan, from->arena, kernel, true),
                                  .how = code->entries.count ? code->entries.at[0].how : "",
                                  .first_entry = *n_entries,
                                  .n_entries = code->entries.count};
  for (int e = 0; e < code->entries.count; e++) {
    const struct tin_entry *entry = &code->entries.at[e];
    double weight = tin_entry_weight(entry);
    plan->entries[*n_entries] = (struct tin_run_entry){
        .run = (tin_entry_fn *)from->addresses[*n_entries], .items = entry->items, .weight = weight, .before = kept->weight};
    ++*n_entries;
    kept->weight += weight;
    kept->flops += entry->flops;
    kept->bytes += entry->bytes;
    if (entry->scratch_bytes > plan->scratch_bytes)
      plan->scratch_bytes = entry->scratch_bytes;
  }
  plan->flops += kept->flops;
  plan->bytes += kept->bytes;
}

bool tin_plan_keep(struct tin_plan *plan, const struct tin_kept *from, struct tin_error *error) {
  const struct tin_schedule *schedule = from->schedule;
  const struct tin_walk *walk = from->walk;
  if ((size_t)schedule->order.count != walk->n_order) {
    tin_error_set(error, "plan: the schedule orders %d nodes, the signature %zu", schedule->order.count, walk->n_order);
    return false;
  }
  plan->n_nodes = schedule->order.count;
  plan->arena_bytes = schedule->arena_bytes;
  plan->bytes_live = schedule->bytes_live;
  plan->bytes_without_reuse = schedule->bytes_without_reuse;
  if (!keep_values(plan, schedule, error))
    return false;
  keep_checks(plan, schedule);
  plan->n_kernels = schedule->kernels.count;
  plan->n_entries = tin_count_entries(schedule, from->codes);
  plan->kernels = TIN_NEW_ARRAY(&plan->arena, struct tin_run_kernel, plan->n_kernels);
  plan->entries = TIN_NEW_ARRAY(&plan->arena, struct tin_run_entry, plan->n_entries);
  for (int k = 0, n_entries = 0; k < plan->n_kernels; k++) {
    keep_kernel(plan, from, k, &n_entries);
    if (from->checked)
      keep_operands(plan, from, k);
  }
  keep_operands_of_entries(plan, from);
  if (from->checked)
    keep_programs(plan, from);
  plan->words = tin_arena_copy(&plan->arena, walk->words, walk->n_words * sizeof *walk->words);
  return true;
}
