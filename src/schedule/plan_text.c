/* Printer of plans. The form and an example are at the top of plan_parse.c, which reads it. %n is the number of a node in the printed
 * graph.
 */
#include "schedule/plan.h"

static const char *const part_names[] = {[PART_MAP] = "map",         [PART_ROW] = "row",   [PART_CONTRACT] = "contract",
                                         [PART_SCATTER] = "scatter", [PART_SCAN] = "scan", [PART_BLOCK] = "block"};

static void print_type(struct tin_text *text, int dtype, int rank, const int64_t *shape) {
  tin_text_add(text, "%s[", tin_dtypes[dtype].text);
  for (int i = 0; i < rank; i++)
    tin_text_add(text, "%s%lld", i ? ", " : "", (long long)shape[i]);
  tin_text_puts(text, "]");
}

static void print_site(struct tin_text *text, const struct tin_site *site) {
  if (site->file)
    tin_text_add(text, "  # %s:%d", site->file, site->line);
  if (site->name)
    tin_text_add(text, "%s%s", site->file ? " " : "  # ", site->name);
  tin_text_puts(text, "\n");
}

static void print_value(struct tin_text *text, int v, const struct tin_plan_value *value) {
  tin_text_add(text, "v%d ", v);
  if (value->place == PLACE_LEAF)
    tin_text_add(text, "leaf %d ", value->leaf);
  else
    tin_text_add(text, "%s [%d, %d] ",
                 value->place == PLACE_ARENA   ? "arena"
                 : value->place == PLACE_BLOCK ? "block"
                                               : "owned",
                 value->first_kernel, value->last_kernel);
  if (value->place == PLACE_ARENA)
    tin_text_add(text, "offset %lld ", (long long)value->offset);
  if (value->place == PLACE_BLOCK)
    tin_text_add(text, "slot %d rows of %lld ", value->slot, (long long)value->width);
  print_type(text, value->dtype, value->node->rank, value->node->shape);
  tin_text_add(text, "  %s", tin_ops[value->node->op].text);
  const struct tin_variable *variable = value->node->variable;
  if (variable && variable->name)
    tin_text_add(text, " \"%s\"", variable->name);
  if (value->update >= 0)
    tin_text_add(text, "  in place of update %d", value->update);
  print_site(text, &value->node->site);
}

/* Numbers of nodes, values of stored nodes: from the order, because node->index belongs to whoever walked last. */
struct numbers {
  struct tin_map nodes; /* node -> 1 + position in the order */
  const struct tin_schedule *schedule;
};

static int number_of(const struct numbers *numbers, const struct tin_node *node) {
  return (int)(intptr_t)tin_map_get(&numbers->nodes, (uint64_t)(uintptr_t)node) - 1;
}

static void print_part(struct tin_text *text, const struct tin_part *part, const char *before, const struct numbers *numbers) {
  tin_text_add(text, "  %s%s ", before, part_names[part->kind]);
  print_type(text, part->anchor->dtype, part->rank, part->shape);
  for (int axis = 0, printed = 0; axis < part->rank; axis++)
    if (part->axes >> axis & 1)
      tin_text_add(text, "%s%d", printed++ ? "," : " over axes ", axis);
  tin_text_add(text, "%s%s\n", part->fused ? ": " : "", part->fused ? part->fused : "");
  if (part->reads.count)
    tin_text_puts(text, "    reads");
  for (int i = 0; i < part->reads.count; i++)
    tin_text_add(text, " v%d%s", part->reads.at[i], i == part->reads.count - 1 ? "\n" : "");
  for (int i = 0; i < part->members.count; i++) {
    const struct tin_node *node = part->members.at[i];
    tin_text_add(text, "    holds %%%d %s", number_of(numbers, node), tin_ops[node->op].text);
    print_site(text, &node->site);
  }
  for (int i = 0; i < part->stores.count; i++) {
    const struct tin_node *node = part->stores.at[i];
    int number = number_of(numbers, node);
    tin_text_add(text, "    stores v%d = %%%d %s", number >= 0 ? numbers->schedule->planned[number].value : -1, number,
                 tin_ops[node->op].text);
    print_site(text, &node->site);
  }
  for (int i = 0; i < part->stages.count; i++)
    print_part(text, part->stages.at[i], part->stages.at[i]->across ? "stage across " : "stage ", numbers);
}

static void print_results(struct tin_text *text, const struct tin_schedule *schedule) {
  for (int i = 0; i < schedule->checks.count; i++) {
    const struct tin_check *check = &schedule->checks.at[i];
    tin_text_add(text, "check v%d below ", check->value);
    for (int c = 0; c < check->limits.columns; c++)
      tin_text_add(text, "%s%lld", c ? ", " : "", (long long)check->limits.at[c]);
    tin_text_add(text, " before kernel %d (%s)\n", check->kernel, tin_ops[check->node->op].text);
  }
  for (int i = 0; i < schedule->output_values.count; i++)
    tin_text_add(text, "output %d is v%d\n", i, schedule->output_values.at[i]);
  for (int i = 0; i < schedule->update_values.count; i++)
    tin_text_add(text, "update %d is v%d\n", i, schedule->update_values.at[i]);
  for (int i = 0; i < schedule->order.count; i++)
    if (schedule->planned[i].reason)
      tin_text_add(text, "not fused: %%%d %s: %s\n", i, tin_ops[schedule->order.at[i]->op].text, schedule->planned[i].reason);
}

void tin_schedule_print(struct tin_text *text, const struct tin_schedule *schedule) {
  struct numbers numbers = {.schedule = schedule};
  tin_map_init(&numbers.nodes, text->arena);
  for (int i = 0; i < schedule->order.count; i++)
    tin_map_set(&numbers.nodes, (uint64_t)(uintptr_t)schedule->order.at[i], (void *)(intptr_t)(i + 1));
  tin_text_add(text, "plan: %d kernels, %d values, arena %lld bytes (%lld without reuse)\n", schedule->kernels.count,
               schedule->values.count, (long long)schedule->arena_bytes, (long long)schedule->bytes_without_reuse);
  for (int v = 0; v < schedule->values.count; v++)
    print_value(text, v, &schedule->values.at[v]);
  for (int k = 0; k < schedule->kernels.count; k++) {
    tin_text_add(text, "%s\n", schedule->kernels.at[k].name);
    for (int p = 0; p < schedule->kernels.at[k].parts.count; p++)
      print_part(text, schedule->kernels.at[k].parts.at[p], "", &numbers);
  }
  print_results(text, schedule);
}
