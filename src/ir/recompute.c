/* Copies of the nodes of checkpointed segments: see the header. */
#include "ir/recompute.h"

#include "ir/compose.h"

/* ---- segments ---- */

void tin_recompute_init(struct tin_recompute *recompute, struct tin_graph *graph, struct tin_arena *arena) {
  *recompute = (struct tin_recompute){.graph = graph, .arena = arena};
  int count = 0;
  for (const struct tin_graph *at = graph; at; at = at->parent)
    for (const struct tin_segment *segment = at->segments; segment; segment = segment->older)
      count += segment->last != 0;
  for (int i = 0; i < count; i++)
    tin_vec_push(arena, &recompute->segments, ((struct tin_recompute_segment){.outer = -1}));
  for (const struct tin_graph *at = graph; at; at = at->parent)
    for (const struct tin_segment *segment = at->segments; segment; segment = segment->older)
      if (segment->last) {
        recompute->segments.at[--count].first = segment->first;
        recompute->segments.at[count].last = segment->last;
      }
  for (int i = 1; i < recompute->segments.count; i++) {
    int outer = i - 1;
    while (outer >= 0 && recompute->segments.at[outer].last < recompute->segments.at[i].last)
      outer = recompute->segments.at[outer].outer;
    recompute->segments.at[i].outer = outer;
  }
  for (int i = 0; i < recompute->segments.count; i++)
    tin_map_init(&recompute->segments.at[i].copies, arena);
}

static bool is_inside(const struct tin_recompute_segment *segment, const struct tin_node *node) {
  return segment->first < node->serial && node->serial <= segment->last;
}

/* The innermost segment with the node, or -1. */
static int segment_of(const struct tin_recompute *recompute, const struct tin_node *node) {
  int low = 0, high = recompute->segments.count; /* the last one that begins before the node is low - 1 in the end */
  while (low < high) {
    int middle = (low + high) / 2;
    if (recompute->segments.at[middle].first < node->serial)
      low = middle + 1;
    else
      high = middle;
  }
  int at = low - 1;
  while (at >= 0 && !is_inside(&recompute->segments.at[at], node))
    at = recompute->segments.at[at].outer;
  return at;
}

/* ---- what barriers wait for ---- */

static bool is_early(const struct tin_node *node) {
  while (tin_op_is(node->op, OP_CLASS_MOVEMENT) && !node->buffer)
    node = node->in[0];
  return tin_node_is_leaf(node);
}

/* One element, so that waiting keeps no large value alive. */
static struct tin_node *first_element(struct tin_graph *graph, struct tin_node *x) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK], size[TIN_MAX_RANK];
  for (int axis = 0; axis < TIN_MAX_RANK; axis++)
    step[axis] = size[axis] = 1;
  if (x->size == 0)
    return tin_node_number(graph, (tin_dtype)x->dtype, 0);
  return make_reshape(graph, tin_node_slice(graph, x, start, step, size), 0, NULL);
}

/* The cotangent that enters the segments around `of` first; where it is there from the start, the value that it belongs to. */
static bool set_tokens(struct tin_recompute *recompute, int segment, const struct tin_node *of, struct tin_node *g) {
  struct tin_node *token = NULL;
  for (; segment >= 0 && !recompute->segments.at[segment].token; segment = recompute->segments.at[segment].outer) {
    token = token ? token : first_element(recompute->graph, is_early(g) ? (struct tin_node *)(uintptr_t)of : g);
    if (!token)
      return false;
    recompute->segments.at[segment].token = token;
  }
  return true;
}

/* ---- copies ---- */

/* Views are copied wherever they were made: barriers stand below them, where a value is in memory anyway, and rules find in a copy the
 * same views as in the original. */
static bool is_view(const struct tin_node *node) {
  switch (node->op) {
  case OP_RESHAPE:
  case OP_PERMUTE:
  case OP_EXPAND:
  case OP_SLICE:
  case OP_FLIP:
  case OP_WINDOW:
  case OP_IDENTITY:
    return true;
  default:
    return false;
  }
}

static bool is_constant(const struct tin_node *node) {
  return ((node->op == OP_CONST || node->op == OP_SCALAR) && !node->buffer) || node->size == 0;
}

struct item {
  struct tin_node *node;
  int segment; /* copied for this one; -1: the node itself */
};

static struct tin_node *copy_of(const struct tin_recompute *recompute, struct item item) {
  if (item.segment < 0 || is_constant(item.node))
    return item.node;
  return tin_map_get(&recompute->segments.at[item.segment].copies, (uint64_t)(uintptr_t)item.node);
}

static bool is_copied(const struct tin_recompute *recompute, struct item item) {
  const struct tin_recompute_segment *segment = &recompute->segments.at[item.segment];
  return !tin_node_is_leaf(item.node) && (is_view(item.node) || is_inside(segment, item.node));
}

/* What must be there before the copy is made: the i-th thing; false when there is no such. */
static bool dependency(const struct tin_recompute *recompute, struct item item, int i, struct item *out) {
  bool copied = is_copied(recompute, item);
  if (i >= (copied ? item.node->n_in : 1))
    return false;
  *out = copied ? (struct item){item.node->in[i], item.segment} : (struct item){item.node, recompute->segments.at[item.segment].outer};
  return true;
}

/* The node over copies of its inputs. A table that a gather reads is better read where it is: the copied index makes a difference enough.
 */
static struct tin_node *copy_node(struct tin_recompute *recompute, struct item item) {
  struct tin_node **in = TIN_NEW_ARRAY(recompute->arena, struct tin_node *, item.node->n_in);
  for (int i = 0; i < item.node->n_in; i++) {
    struct tin_node *input = item.node->in[i];
    bool table = tin_op_is(item.node->op, OP_CLASS_INDEX) && i == 0 && tin_node_is_leaf(input);
    in[i] = table ? input : copy_of(recompute, (struct item){input, item.segment});
  }
  struct tin_node like = *item.node;
  like.in = in;
  struct tin_graph *graph = recompute->graph;
  struct tin_site site = graph->site;
  graph->site = item.node->site;
  struct tin_node *copy = tin_node_make(graph, &like);
  graph->site = site;
  return copy;
}

static struct tin_node *make_copy(struct tin_recompute *recompute, struct item item) {
  if (is_copied(recompute, item))
    return copy_node(recompute, item);
  const struct tin_recompute_segment *segment = &recompute->segments.at[item.segment];
  return tin_node_barrier(recompute->graph, copy_of(recompute, (struct item){item.node, segment->outer}), segment->token);
}

static struct tin_node *copy_all(struct tin_recompute *recompute, struct item wanted) {
  TIN_VEC(struct item) stack = {0};
  tin_vec_push(recompute->arena, &stack, wanted);
  while (stack.count) {
    struct item item = stack.at[stack.count - 1], below;
    int missing = 0;
    for (int i = 0; !copy_of(recompute, item) && dependency(recompute, item, i, &below); i++)
      if (!copy_of(recompute, below)) {
        tin_vec_push(recompute->arena, &stack, below);
        missing++;
      }
    if (missing)
      continue;
    stack.count--;
    if (copy_of(recompute, item))
      continue;
    struct tin_node *copy = make_copy(recompute, item);
    if (!copy)
      return NULL;
    tin_map_set(&recompute->segments.at[item.segment].copies, (uint64_t)(uintptr_t)item.node, copy);
  }
  return copy_of(recompute, wanted);
}

/* A realised node is a leaf for others; its own derivative is that of its op all the same, and looks at its inputs. */
static struct tin_node *copy_realised(struct tin_recompute *recompute, struct item item) {
  for (int i = 0; i < item.node->n_in; i++)
    if (!copy_all(recompute, (struct item){item.node->in[i], item.segment}))
      return NULL;
  return copy_node(recompute, item);
}

struct tin_node *tin_recompute_node(struct tin_recompute *recompute, const struct tin_node *of, struct tin_node *node, struct tin_node *g) {
  int segment = recompute->segments.count ? segment_of(recompute, of) : -1;
  if (segment < 0)
    return node;
  if (of == node && node->buffer && node->n_in)
    return set_tokens(recompute, segment, of, g) ? copy_realised(recompute, (struct item){node, segment}) : NULL;
  return set_tokens(recompute, segment, of, g) ? copy_all(recompute, (struct item){node, segment}) : NULL;
}
