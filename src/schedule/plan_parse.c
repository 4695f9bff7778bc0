/* Parser of the text form of plans, that tin_schedule_print prints:
 *
 *   plan: 2 kernels, 5 values, arena 4096 bytes (8192 without reuse)
 *   v0 leaf 0 f32[128, 784]  var "x"
 *   v3 arena [0, 1] offset 0 f32[128, 512]  select
 *   v4 owned [1, 1] f32[10, 512]  contract  in place of update 0
 *   k0_contract_add
 *     contract f32[128, 512, 784] over axes 2: bias, relu on the tile
 *       reads v0 v1
 *       holds %4 add
 *       stores v3 = %7 select  # mlp.c:34 hidden
 *   check v1 below 10 before kernel 1 (gather)
 *   output 0 is v4
 *   update 0 is v4
 *   not fused: %7 select: read by two contractions
 *
 *   plan   = "plan:" n "kernels," n "values, arena" n "bytes (" n "without reuse)" { value } { kernel } { check } { output } { update }
 *            { reason }
 *   value  = "v"n ( "leaf" slot | "arena" life "offset" bytes | "block" life "slot" n "rows of" n | "owned" life ) type op [ string ]
 *            [ "in place of update" n ]
 *   life   = "[" first kernel "," last kernel "]"
 *   kernel = name { part { "stage" [ "across" ] part } }      only a block has stages, which are no blocks
 *   part   = ( "map" | "row" | "contract" | "scatter" | "scan" | "block" ) type [ "over axes" n { "," n } ] [ ":" text ]
 *            [ "reads" { "v"n } ] { "holds" node } { "stores v"n "=" node }
 *   node   = "%"n op
 *   check  = "check v"n "below" limit "before kernel" n "(" op ")"
 *   output = "output" n "is v"n           update = "update" n "is v"n
 *   reason = "not fused:" node ":" text
 *
 * One of these a line; values are in the order of their numbers, outputs and updates too. A comment is kept as the site of its node. What
 * the form does not say: a leaf lives until the last kernel that reads it, and the node of a contraction or reduction is made anew. */
#include <limits.h>
#include <string.h>

#include "common/parse.h"
#include "schedule/plan.h"

enum { MAX_NODES = 1 << 20 }; /* numbers of nodes and values: what they index is allocated */

struct parser {
  struct tin_parser in;
  struct tin_arena *arena;
  struct tin_schedule *schedule;
  TIN_VEC(struct tin_node *) nodes; /* by number, NULL where none was named */
  struct tin_map stored;            /* nodes that have a value: 1 + its number */
};

/* ---- nodes ---- */

static struct tin_node *new_node(struct parser *p, int op) {
  struct tin_node *node = TIN_NEW(p->arena, struct tin_node);
  node->op = (uint16_t)op;
  node->shape = TIN_NEW_ARRAY(p->arena, int64_t, TIN_MAX_RANK);
  node->size = 1;
  return node;
}

/* dtype "[" sizes "]" */
static void parse_type(struct parser *p, struct tin_node *node) {
  tin_parse_spaces(&p->in);
  const char *start = p->in.at;
  node->dtype = (uint8_t)tin_parse_dtype(&p->in);
  node->rank = (uint8_t)tin_parse_sizes(&p->in, node->shape, TIN_MAX_RANK);
  for (int i = 0; i < node->rank; i++)
    if (node->shape[i] < 0 || __builtin_mul_overflow(node->size, node->shape[i], &node->size) || node->size > INT64_MAX / 16)
      tin_parse_failed(&p->in, start, "a size is negative, or the tensor too large");
}

/* The comment, whole, as a name: it prints as it was. */
static void parse_site(struct parser *p, struct tin_node *node) {
  char *comment = tin_parse_comment(&p->in, p->arena);
  if (comment)
    node->site = (struct tin_site){.name = comment};
  tin_parse_end_line(&p->in);
}

/* "%"n op: the same node for the same number. */
static struct tin_node *parse_node(struct parser *p, int *number) {
  tin_parse_spaces(&p->in);
  const char *start = p->in.at;
  *number = tin_parse_numbered(&p->in, '%', MAX_NODES);
  int op = tin_parse_op(&p->in);
  while (p->nodes.count <= *number)
    tin_vec_push(p->arena, &p->nodes, (struct tin_node *)NULL);
  struct tin_node **node = &p->nodes.at[*number];
  if (!*node)
    *node = new_node(p, op);
  if ((*node)->op != op)
    tin_parse_failed(&p->in, start, "a line above has another op for this node");
  return *node;
}

/* ---- values ---- */

static void parse_life(struct parser *p, struct tin_plan_value *value) {
  tin_parse_expect(&p->in, "[", NULL);
  value->first_kernel = tin_parse_int(&p->in, 0, INT_MAX);
  tin_parse_expect(&p->in, ",", NULL);
  value->last_kernel = tin_parse_int(&p->in, 0, INT_MAX);
  tin_parse_expect(&p->in, "]", NULL);
}

static void parse_place(struct parser *p, struct tin_plan_value *value) {
  if (tin_parse_accept(&p->in, "leaf")) {
    value->place = PLACE_LEAF;
    value->leaf = tin_parse_int(&p->in, 0, MAX_NODES);
    p->schedule->n_leaves++;
  } else if (tin_parse_accept(&p->in, "arena")) {
    value->place = PLACE_ARENA;
    parse_life(p, value);
    tin_parse_expect(&p->in, "offset", NULL);
    value->offset = tin_parse_integer(&p->in, 0, INT64_MAX / 2);
  } else if (tin_parse_accept(&p->in, "block")) {
    value->place = PLACE_BLOCK;
    parse_life(p, value);
    tin_parse_expect(&p->in, "slot", NULL);
    value->slot = tin_parse_int(&p->in, 0, MAX_NODES);
    tin_parse_expect(&p->in, "rows of", NULL);
    value->width = tin_parse_integer(&p->in, 1, INT64_MAX / 2);
  } else {
    value->place = PLACE_OWNED;
    tin_parse_expect(&p->in, "owned", "expected leaf, arena, block or owned");
    parse_life(p, value);
  }
}

static void parse_string(struct parser *p, struct tin_node *node) {
  tin_parse_spaces(&p->in);
  if (*p->in.at != '"')
    return;
  const char *start = ++p->in.at;
  size_t size = strcspn(start, "\"\n");
  if (start[size] != '"')
    tin_parse_failed(&p->in, start - 1, "the string does not end");
  char *name = tin_arena_alloc(p->arena, size + 1);
  memcpy(name, start, size);
  node->variable = TIN_NEW(p->arena, struct tin_variable);
  node->variable->name = name;
  p->in.at += size + 1;
}

static void parse_value(struct parser *p, int number) {
  const char *start = p->in.at;
  if (number != p->schedule->values.count)
    tin_parse_failed(&p->in, start, "values are numbered in order");
  struct tin_plan_value value = {.node = new_node(p, 0), .leaf = -1, .update = -1, .first_kernel = -1, .last_kernel = -1};
  parse_place(p, &value);
  parse_type(p, value.node);
  value.node->op = (uint16_t)tin_parse_op(&p->in);
  if (value.place == PLACE_LEAF && !tin_op_is(value.node->op, OP_CLASS_SOURCE))
    value.node->buffer = (struct tin_buffer *)value.node; /* realised: only whether there is one is looked at */
  parse_string(p, value.node);
  if (tin_parse_accept(&p->in, "in place of update"))
    value.update = tin_parse_int(&p->in, 0, MAX_NODES);
  value.dtype = value.node->dtype;
  value.size = value.node->size;
  value.bytes = value.size * tin_dtype_bytes(value.dtype);
  parse_site(p, value.node);
  tin_vec_push(p->arena, &p->schedule->values, value);
}

/* ---- kernels ---- */

static void parse_reads(struct parser *p, struct tin_part *part) {
  int v;
  while (tin_parse_accept_numbered(&p->in, 'v', MAX_NODES, &v)) {
    tin_vec_push(p->arena, &part->reads, v);
    int kernel = p->schedule->kernels.count - 1;
    if (v < p->schedule->values.count && p->schedule->values.at[v].place == PLACE_LEAF)
      p->schedule->values.at[v].last_kernel = kernel;
  }
  tin_parse_end_line(&p->in);
}

/* The value's own node goes: it is the one with this number. */
static void parse_store(struct parser *p, struct tin_part *part) {
  int number;
  tin_parse_spaces(&p->in);
  const char *start = p->in.at;
  int v = tin_parse_numbered(&p->in, 'v', MAX_NODES);
  if (v >= p->schedule->values.count)
    tin_parse_failed(&p->in, start, "there is no such value");
  tin_parse_expect(&p->in, "=", NULL);
  struct tin_node *node = parse_node(p, &number), *like = p->schedule->values.at[v].node;
  if (node != like && (tin_map_get(&p->stored, (uint64_t)(uintptr_t)node) || tin_map_get(&p->stored, (uint64_t)(uintptr_t)like)))
    tin_parse_failed(&p->in, start, "the node or the value is stored above under another number");
  if (like->op != node->op)
    tin_parse_failed(&p->in, start, "the value is of another op");
  if (node != like) {
    *node = *like;
    p->schedule->values.at[v].node = node;
    tin_map_set(&p->stored, (uint64_t)(uintptr_t)node, (void *)(intptr_t)(v + 1));
  }
  parse_site(p, node);
  tin_vec_push(p->arena, &part->stores, node);
}

static int parse_part_kind(struct parser *p) {
  static const char *const names[] = {[PART_MAP] = "map",         [PART_ROW] = "row",   [PART_CONTRACT] = "contract",
                                      [PART_SCATTER] = "scatter", [PART_SCAN] = "scan", [PART_BLOCK] = "block"};
  for (int kind = PART_MAP; kind <= PART_BLOCK; kind++)
    if (tin_parse_accept(&p->in, names[kind]))
      return kind;
  return -1;
}

static struct tin_part *parse_part_head(struct parser *p, int kind) {
  struct tin_part *part = TIN_NEW(p->arena, struct tin_part);
  part->kind = (enum tin_part_kind)kind;
  part->anchor = new_node(p, kind == PART_CONTRACT  ? OP_CONTRACT
                             : kind == PART_SCATTER ? OP_SCATTER
                             : kind == PART_SCAN    ? OP_CUMSUM
                             : kind == PART_ROW     ? OP_SUM
                                                    : OP_VAR);
  parse_type(p, part->anchor);
  part->rank = part->anchor->rank;
  memcpy(part->shape, part->anchor->shape, sizeof part->shape);
  if (tin_parse_accept(&p->in, "over axes"))
    do
      part->axes |= 1u << tin_parse_int(&p->in, 0, TIN_MAX_RANK - 1);
    while (tin_parse_accept(&p->in, ","));
  if (tin_parse_accept(&p->in, ":"))
    part->fused = tin_parse_rest(&p->in, p->arena);
  tin_parse_end_line(&p->in);
  return part;
}

/* The kind of the next part, or -1; *into gets the block whose stage it is, or NULL. */
static int parse_next_kind(struct parser *p, const struct tin_kernel *kernel, struct tin_part **into, bool *across) {
  *into = NULL;
  const char *start = p->in.at;
  if (!tin_parse_accept(&p->in, "stage"))
    return parse_part_kind(p);
  *across = tin_parse_accept(&p->in, "across");
  *into = kernel->parts.count ? kernel->parts.at[kernel->parts.count - 1] : NULL;
  int kind = parse_part_kind(p);
  if (!*into || (*into)->kind != PART_BLOCK || kind < 0 || kind == PART_BLOCK)
    tin_parse_failed(&p->in, start, "a stage is a part, but no block, of a block");
  return kind;
}

static void parse_parts(struct parser *p, struct tin_kernel *kernel) {
  int number;
  struct tin_part *into;
  bool across = false;
  tin_parse_lines(&p->in);
  for (int kind; (kind = parse_next_kind(p, kernel, &into, &across)) >= 0;) {
    struct tin_part *part = parse_part_head(p, kind);
    part->across = into && across;
    if (into)
      tin_vec_push(p->arena, &into->stages, part);
    else
      tin_vec_push(p->arena, &kernel->parts, part);
    for (tin_parse_lines(&p->in);; tin_parse_lines(&p->in)) {
      if (tin_parse_accept(&p->in, "reads")) {
        parse_reads(p, part);
      } else if (tin_parse_accept(&p->in, "holds")) {
        struct tin_node *node = parse_node(p, &number);
        parse_site(p, node);
        tin_vec_push(p->arena, &part->members, node);
      } else if (tin_parse_accept(&p->in, "stores")) {
        parse_store(p, part);
      } else {
        break;
      }
    }
  }
}

static void parse_kernel(struct parser *p) {
  const char *start = p->in.at;
  size_t size = strcspn(start, " \t\r\n#");
  if (!size)
    tin_parse_failed(&p->in, start, "expected the name of a kernel");
  char *name = tin_arena_alloc(p->arena, size + 1);
  memcpy(name, start, size);
  p->in.at += size;
  tin_parse_end_line(&p->in);
  tin_vec_push(p->arena, &p->schedule->kernels, (struct tin_kernel){.name = name});
  parse_parts(p, &p->schedule->kernels.at[p->schedule->kernels.count - 1]);
}

/* ---- results ---- */

static void parse_check(struct parser *p) {
  struct tin_check check = {.value = tin_parse_numbered(&p->in, 'v', MAX_NODES)};
  tin_parse_expect(&p->in, "below", NULL);
  do {
    if (check.limits.columns == TIN_MAX_RANK)
      tin_parse_failed(&p->in, p->in.at, "too many limits");
    check.limits.at[check.limits.columns++] = tin_parse_integer(&p->in, INT64_MIN, INT64_MAX);
  } while (tin_parse_accept(&p->in, ","));
  tin_parse_expect(&p->in, "before kernel", NULL);
  check.kernel = tin_parse_int(&p->in, 0, INT_MAX);
  tin_parse_expect(&p->in, "(", NULL);
  check.node = new_node(p, tin_parse_op(&p->in));
  tin_parse_expect(&p->in, ")", NULL);
  tin_vec_push(p->arena, &p->schedule->checks, check);
}

/* The next output or update, of `count` so far: its value. */
static int parse_result(struct parser *p, int count) {
  tin_parse_spaces(&p->in);
  const char *start = p->in.at;
  if (tin_parse_int(&p->in, 0, INT_MAX) != count)
    tin_parse_failed(&p->in, start, "outputs and updates are numbered in order");
  tin_parse_expect(&p->in, "is", NULL);
  return tin_parse_numbered(&p->in, 'v', MAX_NODES);
}

struct reason {
  int node;
  const char *text;
};

static struct reason parse_reason(struct parser *p) {
  struct reason reason;
  parse_node(p, &reason.node);
  tin_parse_expect(&p->in, ":", NULL);
  reason.text = tin_parse_rest(&p->in, p->arena);
  return reason;
}

/* Nodes by number; those that nothing names are one and the same. */
static void take_order(struct parser *p, const struct reason *reasons, int n_reasons) {
  struct tin_schedule *schedule = p->schedule;
  struct tin_node *unnamed = new_node(p, OP_VAR);
  schedule->order = (struct tin_node_list){p->nodes.at, p->nodes.count};
  schedule->planned = TIN_NEW_ARRAY(p->arena, struct tin_planned, p->nodes.count);
  for (int i = 0; i < p->nodes.count; i++) {
    if (!p->nodes.at[i])
      p->nodes.at[i] = unnamed;
    int v = (int)(intptr_t)tin_map_get(&p->stored, (uint64_t)(uintptr_t)p->nodes.at[i]) - 1;
    schedule->planned[i] = (struct tin_planned){.value = v, .kernel = v < 0 ? -1 : schedule->values.at[v].first_kernel, .scalar = -1};
  }
  for (int i = 0; i < n_reasons; i++)
    schedule->planned[reasons[i].node].reason = reasons[i].text;
}

/* ---- the plan ---- */

static void parse_results(struct parser *p) {
  struct tin_schedule *schedule = p->schedule;
  TIN_VEC(struct reason) reasons = {0};
  for (; *p->in.at; tin_parse_lines(&p->in)) {
    if (tin_parse_accept(&p->in, "check")) {
      parse_check(p);
    } else if (tin_parse_accept(&p->in, "output")) {
      int v = parse_result(p, schedule->output_values.count);
      tin_vec_push(p->arena, &schedule->output_values, v);
    } else if (tin_parse_accept(&p->in, "update")) {
      int v = parse_result(p, schedule->update_values.count);
      tin_vec_push(p->arena, &schedule->update_values, v);
    } else if (tin_parse_accept(&p->in, "not fused:")) {
      tin_vec_push(p->arena, &reasons, parse_reason(p));
    } else {
      tin_parse_failed(&p->in, p->in.at, "expected a part of the kernel, or check, output, update, not fused");
    }
    tin_parse_end_line(&p->in);
  }
  take_order(p, reasons.at, reasons.count);
}

static bool at_results(const struct parser *p) {
  static const char *const words[] = {"check ", "output ", "update ", "not "};
  for (int i = 0; i < 4; i++)
    if (!strncmp(p->in.at, words[i], strlen(words[i])))
      return true;
  return !*p->in.at;
}

static struct tin_schedule *parse_plan(struct parser *p) {
  struct tin_schedule *schedule = p->schedule;
  tin_parse_lines(&p->in);
  tin_parse_expect(&p->in, "plan:", NULL);
  int n_kernels = tin_parse_int(&p->in, 0, INT_MAX);
  tin_parse_expect(&p->in, "kernels,", NULL);
  int n_values = tin_parse_int(&p->in, 0, INT_MAX);
  tin_parse_expect(&p->in, "values, arena", NULL);
  schedule->arena_bytes = tin_parse_integer(&p->in, 0, INT64_MAX);
  tin_parse_expect(&p->in, "bytes (", NULL);
  schedule->bytes_without_reuse = tin_parse_integer(&p->in, 0, INT64_MAX);
  tin_parse_expect(&p->in, "without reuse)", NULL);
  tin_parse_end_line(&p->in);
  int v;
  for (tin_parse_lines(&p->in); tin_parse_accept_numbered(&p->in, 'v', MAX_NODES, &v); tin_parse_lines(&p->in))
    parse_value(p, v);
  if (schedule->values.count != n_values)
    tin_parse_failed(&p->in, p->in.at, "the first line tells another number of values");
  while (!at_results(p))
    parse_kernel(p);
  if (schedule->kernels.count != n_kernels)
    tin_parse_failed(&p->in, p->in.at, "the first line tells another number of kernels");
  parse_results(p);
  return schedule;
}

struct tin_schedule *tin_schedule_parse(struct tin_arena *arena, const char *text, struct tin_error *error) {
  jmp_buf fail;
  struct parser parser = {.arena = arena, .schedule = TIN_NEW(arena, struct tin_schedule)};
  tin_map_init(&parser.stored, arena);
  tin_parse_init(&parser.in, text, &fail, error);
  if (setjmp(fail))
    return NULL;
  return parse_plan(&parser);
}
