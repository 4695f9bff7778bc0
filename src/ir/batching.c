/* The vectorising map, see batching.h: one small function for each kind of op says how the op is written with one more axis in front.
 *
 * lift(node, in, batch): in[k] is input k of the node, with the new axis where the input depends on what is mapped. Most ops want the new
 * axis on every input; `every` broadcasts those without. NULL means that memory ran out. */
#include "ir/batching.h"

#include <assert.h>
#include <setjmp.h>
#include <string.h>

#include "ir/compose.h"
#include "ir/indexing.h"

struct batch {
  struct tin_graph *graph;
  int64_t n;
  struct tin_arena arena;
  TIN_VEC(struct tin_node *) order; /* post-order, inputs before their users */
  TIN_VEC(struct frame {
    struct tin_node *node;
    int next; /* input to visit next */
  })
  stack;
  uint32_t stamp;
  struct tin_node **lifted; /* by index: the node with the new axis; NULL: it does not depend on what is mapped */
};

/* [n] + the shape */
static const int64_t *with_axis(const struct batch *batch, const struct tin_node *node, int64_t *shape) {
  shape[0] = batch->n;
  for (int i = 0; i < node->rank; i++)
    shape[i + 1] = node->shape[i];
  return shape;
}

/* x once for every row */
static struct tin_node *repeated(struct batch *batch, struct tin_node *x) {
  int64_t shape[TIN_MAX_RANK];
  return make_broadcast(batch->graph, x, x->rank + 1, with_axis(batch, x, shape));
}

static bool is_lifted(const struct batch *batch, const struct tin_node *node, int k) {
  return batch->lifted[node->in[k]->index] != NULL;
}

/* Input k with the new axis. */
static struct tin_node *row_of(struct batch *batch, const struct tin_node *node, int k) {
  struct tin_node *in = node->in[k], *lifted = batch->lifted[in->index];
  return lifted ? lifted : repeated(batch, in);
}

/* ---- one function for each kind of op ---- */

static struct tin_node *lift_elementwise(struct batch *batch, const struct tin_node *node) {
  struct tin_node *in[3] = {NULL, NULL, NULL};
  for (int k = 0; k < node->n_in; k++)
    if (!(in[k] = row_of(batch, node, k)))
      return NULL;
  return tin_node_elementwise(batch->graph, node->op, (tin_dtype)node->dtype, in, node->n_in);
}

static struct tin_node *lift_reduce(struct batch *batch, const struct tin_node *node) {
  return make_reduce(batch->graph, node->op, row_of(batch, node, 0), (uint32_t)node->arg[0] << 1);
}

static struct tin_node *lift_contract(struct batch *batch, const struct tin_node *node) {
  return tin_node_contract(batch->graph, row_of(batch, node, 0), row_of(batch, node, 1), (uint32_t)node->arg[0] << 1);
}

static struct tin_node *lift_reshape(struct batch *batch, const struct tin_node *node) {
  int64_t shape[TIN_MAX_RANK];
  return make_reshape(batch->graph, row_of(batch, node, 0), node->rank + 1, with_axis(batch, node, shape));
}

static struct tin_node *lift_expand(struct batch *batch, const struct tin_node *node) {
  int64_t shape[TIN_MAX_RANK];
  return tin_node_expand(batch->graph, row_of(batch, node, 0), with_axis(batch, node, shape));
}

static struct tin_node *lift_permute(struct batch *batch, const struct tin_node *node) {
  int axes[TIN_MAX_RANK] = {0};
  for (int i = 0; i < node->rank; i++)
    axes[i + 1] = (int)node->arg[i] + 1;
  return tin_node_permute(batch->graph, row_of(batch, node, 0), axes);
}

static struct tin_node *lift_slice(struct batch *batch, const struct tin_node *node) {
  int64_t start[TIN_MAX_RANK] = {0}, step[TIN_MAX_RANK] = {1}, size[TIN_MAX_RANK];
  for (int i = 0; i < node->rank; i++) {
    start[i + 1] = node->arg[2 * i];
    step[i + 1] = node->arg[2 * i + 1];
  }
  return tin_node_slice(batch->graph, row_of(batch, node, 0), start, step, with_axis(batch, node, size));
}

/* A custom gradient is written for one row. */
static struct tin_node *lift_identity(struct batch *batch, const struct tin_node *node) {
  return tin_node_identity(batch->graph, row_of(batch, node, 0), NULL, node->bits);
}

/* Any row of what it waits for will do. */
static struct tin_node *lift_barrier(struct batch *batch, const struct tin_node *node) {
  struct tin_node *after = node->in[1];
  if (is_lifted(batch, node, 1) && batch->n) {
    static const int64_t start[] = {0}, one[] = {1};
    after = make_reshape(batch->graph, tin_node_slice(batch->graph, row_of(batch, node, 1), start, one, one), 0, NULL);
  }
  return tin_node_barrier(batch->graph, row_of(batch, node, 0), after);
}

static struct tin_node *lift_pad(struct batch *batch, const struct tin_node *node) {
  int64_t low[TIN_MAX_RANK] = {0}, interior[TIN_MAX_RANK] = {0}, shape[TIN_MAX_RANK];
  for (int i = 0; i < node->rank; i++) {
    low[i + 1] = node->arg[2 * i];
    interior[i + 1] = node->arg[2 * i + 1];
  }
  return tin_node_pad(batch->graph, row_of(batch, node, 0), low, interior, with_axis(batch, node, shape), node->bits);
}

static struct tin_node *lift_flip(struct batch *batch, const struct tin_node *node) {
  return tin_node_flip(batch->graph, row_of(batch, node, 0), (uint32_t)node->arg[0] << 1);
}

static struct tin_node *lift_window(struct batch *batch, const struct tin_node *node) {
  const int64_t *arg = node->arg;
  return tin_node_window(batch->graph, row_of(batch, node, 0), (int)arg[0] + 1, arg[1], arg[2], arg[3]);
}

static struct tin_node *lift_fold(struct batch *batch, const struct tin_node *node) {
  const int64_t *arg = node->arg;
  return tin_node_fold(batch->graph, row_of(batch, node, 0), (int)arg[0] + 1, arg[2], arg[3], node->shape[arg[0]]);
}

static struct tin_node *lift_concat(struct batch *batch, const struct tin_node *node) {
  struct tin_node **in = TIN_NEW_ARRAY(&batch->arena, struct tin_node *, node->n_in);
  for (int k = 0; k < node->n_in; k++)
    if (!(in[k] = row_of(batch, node, k)))
      return NULL;
  return tin_node_concat(batch->graph, in, node->n_in, (int)node->arg[0] + 1);
}

static struct tin_node *lift_scan(struct batch *batch, const struct tin_node *node) {
  struct tin_node *a = row_of(batch, node, 0), *b = node->n_in == 2 ? row_of(batch, node, 1) : NULL;
  int axis = (int)node->arg[0] + 1;
  if (!a || (node->n_in == 2 && !b))
    return NULL;
  return node->op == OP_ARGSORT ? tin_node_argsort(batch->graph, a, axis, node->arg[1]) : tin_node_scan(batch->graph, node->op, a, b, axis);
}

/* Where the index is the same for every row, the new axis is one of those around the indexed one; where there is no batch yet and the first
 * axis is indexed, it is one of the index's. Otherwise it is one more axis of the batch. */
static struct tin_node *lift_gather(struct batch *batch, const struct tin_node *node) {
  struct tin_indexing indexing = tin_node_indexing(node);
  struct tin_node *x = batch->lifted[node->in[0]->index], *index = batch->lifted[node->in[1]->index];
  if (!indexing.batch && !index) {
    indexing.axis++;
    return tin_node_gather(batch->graph, x, node->in[1], indexing);
  }
  if (!indexing.batch && !indexing.axis && !x)
    return tin_node_gather(batch->graph, node->in[0], index, indexing);
  indexing.axis++;
  indexing.batch++;
  return tin_node_gather(batch->graph, row_of(batch, node, 0), row_of(batch, node, 1), indexing);
}

static struct tin_node *lift_scatter(struct batch *batch, const struct tin_node *node) {
  struct tin_indexing indexing = tin_node_indexing(node);
  indexing.axis++;
  indexing.batch++;
  return tin_node_scatter(batch->graph, row_of(batch, node, 0), row_of(batch, node, 1), row_of(batch, node, 2), indexing,
                          (enum tin_scatter_mode)node->arg[4]);
}

/* ---- the walk ---- */

typedef struct tin_node *lift_fn(struct batch *batch, const struct tin_node *node);

/* NULL: the op cannot be batched. Sources never come here: they depend on nothing. */
static lift_fn *lift_of(const struct tin_node *node) {
  if (tin_op_is_elementwise(node->op))
    return lift_elementwise;
  if (tin_op_is(node->op, OP_CLASS_SCAN))
    return lift_scan;
  switch (node->op) {
  case OP_IDENTITY:
    return node->custom ? NULL : lift_identity;
  case OP_BARRIER:
    return lift_barrier;
  case OP_SUM:
  case OP_PROD:
  case OP_REDUCE_MIN:
  case OP_REDUCE_MAX:
    return lift_reduce;
  case OP_CONTRACT:
    return lift_contract;
  case OP_RESHAPE:
    return lift_reshape;
  case OP_PERMUTE:
    return lift_permute;
  case OP_EXPAND:
    return lift_expand;
  case OP_SLICE:
    return lift_slice;
  case OP_PAD:
    return lift_pad;
  case OP_FLIP:
    return lift_flip;
  case OP_WINDOW:
    return lift_window;
  case OP_FOLD:
    return lift_fold;
  case OP_CONCAT:
    return lift_concat;
  case OP_GATHER:
    return lift_gather;
  case OP_SCATTER:
    return lift_scatter;
  default:
    return NULL;
  }
}

static void enter(struct batch *batch, struct tin_node *node) {
  if (node->mark == batch->stamp)
    return;
  node->mark = batch->stamp;
  struct frame frame = {node, 0};
  tin_vec_push(&batch->arena, &batch->stack, frame);
}

/* Like the gradient's walk this goes on below realised nodes. */
static void find_order(struct batch *batch, struct tin_node *const *outputs, int n_outputs) {
  batch->stamp = ++*batch->graph->stamp;
  for (int i = 0; i < n_outputs; i++) {
    enter(batch, outputs[i]);
    while (batch->stack.count) {
      struct frame *top = &batch->stack.at[batch->stack.count - 1];
      if (top->next < top->node->n_in) {
        enter(batch, top->node->in[top->next++]);
        continue;
      }
      top->node->index = (uint32_t)batch->order.count;
      tin_vec_push(&batch->arena, &batch->order, top->node);
      batch->stack.count--;
    }
  }
}

static bool depends(const struct batch *batch, const struct tin_node *node) {
  for (int k = 0; k < node->n_in; k++)
    if (is_lifted(batch, node, k))
      return true;
  return false;
}

static bool lift(struct batch *batch, int at, struct tin_error *error) {
  const struct tin_node *node = batch->order.at[at];
  if (batch->lifted[at] || !depends(batch, node)) /* mapped itself, or the same for every row */
    return true;
  lift_fn *function = lift_of(node);
  if (!function)
    tin_error_set(error, "%s cannot be mapped", node->op == OP_IDENTITY ? "a custom gradient" : tin_ops[node->op].text);
  else if (node->rank + 1 > TIN_MAX_RANK || (node->n_in && node->in[0]->rank + 1 > TIN_MAX_RANK))
    tin_error_set(error, "%s of rank %d has no room for one more axis; at most %d are possible", tin_ops[node->op].text, node->rank,
                  TIN_MAX_RANK);
  else
    batch->lifted[at] = function(batch, node);
  return batch->lifted[at] != NULL;
}

static bool run(struct batch *batch, struct tin_node *const *outputs, int n_outputs, struct tin_node *const *in,
                struct tin_node *const *batched, int n_in, struct tin_node **out, struct tin_error *error) {
  find_order(batch, outputs, n_outputs);
  int count = batch->order.count;
  batch->lifted = TIN_NEW_ARRAY(&batch->arena, struct tin_node *, count);
  for (int k = 0; k < n_in; k++)
    if (in[k]->mark == batch->stamp) /* else nothing depends on it */
      batch->lifted[in[k]->index] = batched[k];
  for (int at = 0; at < count; at++)
    if (!lift(batch, at, error))
      return false;
  for (int i = 0; i < n_outputs; i++) {
    struct tin_node *lifted = batch->lifted[outputs[i]->index];
    out[i] = lifted ? lifted : repeated(batch, outputs[i]);
    if (!out[i])
      return false;
  }
  return true;
}

bool tin_batch_nodes(struct tin_graph *graph, struct tin_node *const *outputs, int n_outputs, struct tin_node *const *in,
                     struct tin_node *const *batched, int n_in, int64_t n, struct tin_node **out, struct tin_error *error) {
  struct batch batch = {.graph = graph, .n = n};
  jmp_buf out_of_memory;
  tin_arena_init(&batch.arena, 1 << 16, &out_of_memory);
  bool done = setjmp(out_of_memory) == 0 && run(&batch, outputs, n_outputs, in, batched, n_in, out, error);
  tin_arena_free(&batch.arena);
  if (!done)
    tin_error_set(error, "out of memory");
  return done;
}
