/* Inference of dtype and shape, one function a class of ops, and the verifier built on it.
 *
 * The builders call tin_node_infer to fill a node; the parser and the verifier call it to find out what is wrong with one. It may
 * therefore be given anything that has op, inputs and attributes: it looks before it computes, and sizes cannot overflow as long as
 * the inputs' sizes do not.
 */
#include "ir/graph.h"

#include <string.h>

#include "ir/indexing.h"

const char tin_too_large[] = "the tensor is too large";

static const char *set_size(struct tin_node *node) {
  int64_t size = 1, bound = 1; /* bound: as if empty axes had size 1, so that strides cannot overflow either */
  for (int i = 0; i < node->rank; i++) {
    int64_t extent = node->shape[i];
    if (extent < 0)
      return "a negative size";
    if (__builtin_mul_overflow(bound, extent ? extent : 1, &bound) || bound > TIN_SIZE_LIMIT)
      return tin_too_large;
    size *= extent;
  }
  node->size = size;
  return NULL;
}

static void copy_shape(struct tin_node *node, const struct tin_node *from) {
  node->rank = from->rank;
  for (int i = 0; i < from->rank; i++)
    node->shape[i] = from->shape[i];
}

static bool accepts(const struct tin_node *node, tin_dtype dtype) {
  return tin_op_accepts(node->op, dtype);
}

static bool is_integer(tin_dtype dtype) {
  return tin_dtypes[dtype].class == TIN_CLASS_SIGNED || tin_dtypes[dtype].class == TIN_CLASS_UNSIGNED;
}

static bool mask_fits(int64_t mask, int rank) {
  return mask >= 0 && mask >> rank == 0;
}

static const char *infer_source(struct tin_node *node) {
  if (!accepts(node, node->dtype))
    return "the op does not have this dtype";
  if ((node->op == OP_CONST || node->op == OP_SCALAR) && node->rank != 0)
    return "a constant is 0-d";
  if ((node->op == OP_CONST || node->op == OP_SCALAR) && tin_dtype_bytes(node->dtype) < 8 && node->bits >> 8 * tin_dtype_bytes(node->dtype))
    return "the value has more bits than the dtype";
  if (node->op == OP_IOTA && node->rank != 1)
    return "iota has rank 1";
  if (node->op != OP_VAR)
    return NULL;
  const struct tin_variable *variable = node->variable;
  if (!variable || variable->dtype != node->dtype || variable->rank != node->rank ||
      (node->rank && memcmp(variable->shape, node->shape, sizeof(int64_t) * node->rank) != 0))
    return "dtype or shape is not the variable's";
  return NULL;
}

static const char *infer_elementwise(struct tin_node *node) {
  int first = node->op == OP_SELECT; /* the first input whose dtype the row speaks of */
  tin_dtype dtype = node->in[first]->dtype;
  if (first && node->in[0]->dtype != TIN_BOOL)
    return "the condition is not bool";
  if (!accepts(node, dtype))
    return "the op does not accept the input's dtype";
  for (int i = 0; i < node->n_in; i++) {
    if (i >= first && node->in[i]->dtype != dtype)
      return "the inputs' dtypes differ";
    if (!tin_same_shape(node->in[i], node->in[0]))
      return "the inputs' shapes differ";
  }
  if (node->op == OP_RANDOM && dtype != TIN_U32)
    return "random works on u32";
  if (node->op == OP_BITCAST && tin_dtype_bytes(node->dtype) != tin_dtype_bytes(dtype))
    return "bitcast changes the size";
  if (node->op == OP_BITCAST && !accepts(node, node->dtype))
    return "the op does not have this dtype";
  if (tin_ops[node->op].result != OP_RESULT_OWN)
    node->dtype = (uint8_t)(tin_ops[node->op].result == OP_RESULT_BOOL ? TIN_BOOL : dtype);
  copy_shape(node, node->in[0]);
  return NULL;
}

static const char *infer_reduced(struct tin_node *node) {
  if (!accepts(node, node->in[0]->dtype))
    return "the op does not accept the input's dtype";
  if (node->n_in == 2 && (node->in[0]->dtype != node->in[1]->dtype || !tin_same_shape(node->in[0], node->in[1])))
    return "the factors differ in dtype or shape";
  if (node->n_in == 2 && node->arg[1] != 0 && node->arg[1] != 1)
    return "the class is neither lanes nor chain";
  if (node->n_in == 2 && node->arg[2] != 0 && (node->arg[2] != 1 || !node->arg[1]))
    return "only the zero of a chain can be positive";
  if (!mask_fits(node->arg[0], node->in[0]->rank))
    return "an axis is out of range";
  node->dtype = node->in[0]->dtype;
  copy_shape(node, node->in[0]);
  for (int i = 0; i < node->rank; i++)
    if (node->arg[0] >> i & 1)
      node->shape[i] = 1;
  return NULL;
}

static const char *infer_permute(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  uint32_t seen = 0;
  node->rank = x->rank;
  for (int i = 0; i < x->rank; i++) {
    int64_t axis = node->arg[i];
    if (axis < 0 || axis >= x->rank || seen >> axis & 1)
      return "the axes are not a permutation";
    seen |= 1u << axis;
    node->shape[i] = x->shape[axis];
  }
  return NULL;
}

static const char *infer_expand(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  if (node->rank != x->rank)
    return "expand keeps the rank";
  for (int i = 0; i < x->rank; i++)
    if (node->shape[i] != x->shape[i] && x->shape[i] != 1)
      return "an axis that grows has not size 1";
  return NULL;
}

static const char *infer_slice(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  if (node->rank != x->rank)
    return "slice keeps the rank";
  for (int i = 0; i < x->rank; i++) {
    int64_t start = node->arg[2 * i], step = node->arg[2 * i + 1], size = node->shape[i];
    if (start < 0 || start > x->shape[i] || step < 1 || size < 0)
      return "start, step or size out of range";
    if (size && (start == x->shape[i] || (size - 1) > (x->shape[i] - 1 - start) / step))
      return "the slice ends behind the axis";
  }
  return NULL;
}

static const char *infer_pad(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  if (node->rank != x->rank)
    return "pad keeps the rank";
  if (tin_dtype_bytes(x->dtype) < 8 && node->bits >> 8 * tin_dtype_bytes(x->dtype))
    return "the fill has more bits than the dtype";
  for (int i = 0; i < x->rank; i++) {
    int64_t low = node->arg[2 * i], interior = node->arg[2 * i + 1];
    int64_t gaps = x->shape[i] > 1 ? x->shape[i] - 1 : 0;
    int64_t room = node->shape[i] - x->shape[i];
    if (low < 0 || interior < 0 || low > room || (gaps && interior > (room - low) / gaps))
      return "the padded axis is too small";
  }
  return NULL;
}

static const char *infer_window(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  int64_t axis = node->arg[0], size = node->arg[1], stride = node->arg[2], dilation = node->arg[3];
  if (axis < 0 || axis >= x->rank)
    return "the axis is out of range";
  if (x->rank == TIN_MAX_RANK)
    return "the rank is too large";
  if (size < 1 || stride < 1 || dilation < 1)
    return "size, stride or dilation is less than 1";
  int64_t extent = x->shape[axis];
  if (size > extent || (size > 1 && dilation > (extent - 1) / (size - 1)))
    return "the window is larger than the axis";
  copy_shape(node, x);
  node->shape[axis] = (extent - 1 - (size - 1) * dilation) / stride + 1;
  node->shape[node->rank++] = size;
  return NULL;
}

static const char *infer_fold(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  int64_t axis = node->arg[0], size = node->arg[1], stride = node->arg[2], dilation = node->arg[3];
  if (!accepts(node, x->dtype))
    return "the op does not accept the input's dtype";
  if (axis < 0 || axis >= x->rank - 1)
    return "the axis is out of range";
  if (size < 1 || stride < 1 || dilation < 1)
    return "size, stride or dilation is less than 1";
  if (x->shape[x->rank - 1] != size)
    return "the last axis is not the window";
  int64_t room = node->shape[axis] - 1;
  int64_t steps = x->shape[axis] - 1;
  if (size > 1 && dilation > room / (size - 1))
    return "the folded axis is too small";
  room -= (size - 1) * dilation;
  if (room < 0 || (steps > 0 && stride > room / steps))
    return "the folded axis is too small";
  int64_t out_size = room + (size - 1) * dilation + 1;
  copy_shape(node, x);
  node->rank--;
  node->shape[axis] = out_size;
  return NULL;
}

static const char *infer_concat(struct tin_node *node) {
  int64_t axis = node->arg[0], total = 0;
  if (node->n_in < 1)
    return "concat of nothing";
  if (axis < 0 || axis >= node->in[0]->rank)
    return "the axis is out of range";
  copy_shape(node, node->in[0]);
  for (int i = 0; i < node->n_in; i++) {
    const struct tin_node *x = node->in[i];
    if (x->rank != node->rank || x->dtype != node->in[0]->dtype)
      return "the inputs' ranks or dtypes differ";
    for (int j = 0; j < x->rank; j++)
      if (j != axis && x->shape[j] != node->shape[j])
        return "the inputs' shapes differ off the axis";
    total += x->shape[axis];
  }
  node->shape[axis] = total;
  return NULL;
}

static const char *check_indexing(const struct tin_node *node) {
  const struct tin_node *x = node->in[0], *index = node->in[1];
  const int64_t *arg = node->arg; /* axis, batch, coords, tail, mode */
  if (!accepts(node, x->dtype) ||
      (node->op == OP_SCATTER && x->dtype == TIN_BOOL && (arg[4] == TIN_SCATTER_ADD || arg[4] == TIN_SCATTER_MUL)))
    return "the op does not accept the input's dtype";
  if (!is_integer(index->dtype))
    return "the index is not of an integer dtype";
  if (arg[0] < 0 || arg[0] >= x->rank)
    return "the axis is out of range";
  if (arg[2] < 0 || arg[2] > x->rank - arg[0])
    return "there are more coordinates than axes";
  if (arg[2] > 0 && (index->rank == 0 || index->shape[index->rank - 1] != arg[2]))
    return "the last axis of the index does not hold the coordinates";
  if (arg[1] < 0 || arg[1] > arg[0] || arg[1] > index->rank - (arg[2] > 0))
    return "there are more batch axes than axes before the indexed one";
  for (int i = 0; i < arg[1]; i++)
    if (index->shape[i] != x->shape[i])
      return "the index's batch axes are not those of the input";
  int64_t behind = arg[0] + (arg[2] ? arg[2] : 1), places = index->rank - (arg[2] > 0) - arg[1]; /* with the tail */
  if (arg[3] < 0 || arg[3] > x->rank - behind || arg[3] > places)
    return "there are more tail axes than axes behind the indexed ones";
  for (int i = 0; i < arg[3]; i++)
    if (index->shape[arg[1] + places - arg[3] + i] != x->shape[behind + i])
      return "the index's tail axes are not those of the input";
  return NULL;
}

/* Shape of a gather into shape; the rank, or -1 when it is too large. */
static int gathered_shape(const struct tin_node *node, int64_t *shape) {
  const struct tin_node *x = node->in[0], *index = node->in[1];
  struct tin_indexing at = tin_node_indexing(node);
  int columns = at.coords ? at.coords : 1, places = tin_index_place_axes(index, at), rank = 0;
  if (x->rank - columns + places > TIN_MAX_RANK)
    return -1;
  for (int i = 0; i < at.axis; i++)
    shape[rank++] = x->shape[i];
  for (int i = 0; i < places; i++)
    shape[rank++] = index->shape[at.batch + i];
  for (int i = at.axis + columns; i < x->rank; i++)
    shape[rank++] = x->shape[i];
  return rank;
}

static const char *infer_index(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  int64_t shape[TIN_MAX_RANK];
  if (node->op == OP_SCATTER && (node->arg[4] < 0 || node->arg[4] >= TIN_SCATTER_MODES))
    return "the mode is unknown";
  const char *wrong = check_indexing(node);
  if (wrong)
    return wrong;
  int rank = gathered_shape(node, shape);
  if (rank < 0)
    return "the rank is too large";
  struct tin_node gathered = {.rank = (uint8_t)rank, .shape = shape};
  node->dtype = x->dtype;
  if (node->op == OP_GATHER) {
    copy_shape(node, &gathered);
    return NULL;
  }
  if (node->in[2]->dtype != x->dtype || !tin_same_shape(node->in[2], &gathered))
    return "the source has not the shape and dtype that gather gives";
  copy_shape(node, x);
  return NULL;
}

static const char *infer_scan(struct tin_node *node) {
  const struct tin_node *x = node->in[0];
  if (!accepts(node, x->dtype))
    return "the op does not accept the input's dtype";
  if (node->n_in == 2 && (node->in[1]->dtype != x->dtype || !tin_same_shape(node->in[1], x)))
    return "the inputs' shapes or dtypes differ";
  if (node->arg[0] < 0 || node->arg[0] >= x->rank)
    return "the axis is out of range";
  if (node->op == OP_ARGSORT && node->arg[1] != 0 && node->arg[1] != 1)
    return "descending is not 0 or 1";
  copy_shape(node, x);
  node->dtype = tin_ops[node->op].result == OP_RESULT_OWN ? TIN_I32 : x->dtype;
  if (node->dtype == TIN_I32 && x->shape[node->arg[0]] > INT32_MAX)
    return "the axis has more positions than i32";
  return NULL;
}

static const char *infer_assign(struct tin_node *node) {
  if (node->in[0]->op != OP_VAR)
    return "the target is not a variable";
  if (node->in[0]->dtype != node->in[1]->dtype || !tin_same_shape(node->in[0], node->in[1]))
    return "the value has not the variable's shape and dtype";
  node->dtype = node->in[0]->dtype;
  copy_shape(node, node->in[0]);
  return NULL;
}

static int expected_arguments(const struct tin_node *node) {
  switch (node->op) {
  case OP_CONTRACT:
    return 3;
  case OP_ARGSORT:
    return 2;
  case OP_PERMUTE:
    return node->in[0]->rank;
  case OP_SLICE:
  case OP_PAD:
    return 2 * node->in[0]->rank;
  case OP_WINDOW:
  case OP_FOLD:
    return 4;
  case OP_GATHER:
    return 4;
  case OP_SCATTER:
    return 5;
  case OP_FLIP:
  case OP_CONCAT:
    return 1;
  default:
    return tin_op_is(node->op, OP_CLASS_REDUCE) || tin_op_is(node->op, OP_CLASS_SCAN);
  }
}

static const char *infer_movement(struct tin_node *node) {
  node->dtype = node->in[0]->dtype;
  switch (node->op) {
  case OP_RESHAPE:
    return NULL; /* the sizes are compared when the declared one is known */
  case OP_PERMUTE:
    return infer_permute(node);
  case OP_EXPAND:
    return infer_expand(node);
  case OP_SLICE:
    return infer_slice(node);
  case OP_PAD:
    return infer_pad(node);
  case OP_FLIP:
    copy_shape(node, node->in[0]);
    return mask_fits(node->arg[0], node->rank) ? NULL : "an axis is out of range";
  case OP_WINDOW:
    return infer_window(node);
  case OP_IDENTITY:
  case OP_BARRIER:
    copy_shape(node, node->in[0]);
    return node->op == OP_BARRIER && node->in[1]->rank ? "what a barrier waits for is not 0-d" : NULL;
  default:
    return infer_concat(node);
  }
}

static const char *infer_shape(struct tin_node *node) {
  switch ((enum tin_op_class)tin_ops[node->op].class) {
  case OP_CLASS_SOURCE:
    return infer_source(node);
  case OP_CLASS_ELEMENTWISE:
  case OP_CLASS_ELEMENTARY:
    return infer_elementwise(node);
  case OP_CLASS_REDUCE:
    if (node->op == OP_FOLD) {
      node->dtype = node->in[0]->dtype;
      return infer_fold(node);
    }
    return infer_reduced(node);
  case OP_CLASS_CONTRACT:
    return infer_reduced(node);
  case OP_CLASS_MOVEMENT:
    return infer_movement(node);
  case OP_CLASS_INDEX:
    return infer_index(node);
  case OP_CLASS_SCAN:
    return infer_scan(node);
  case OP_CLASS_EFFECT:
    return infer_assign(node);
  }
  return "unknown class of op";
}

const char *tin_node_infer(struct tin_node *node) {
  int arity = tin_ops[node->op].arity;
  if (arity >= 0 && node->n_in != arity)
    return "wrong number of inputs";
  if (node->rank > TIN_MAX_RANK)
    return "the rank is too large";
  if (node->n_in && node->n_arg != expected_arguments(node))
    return "wrong number of attributes";
  const char *wrong = infer_shape(node);
  if (!wrong)
    wrong = set_size(node);
  if (!wrong && node->op == OP_RESHAPE && node->size != node->in[0]->size)
    wrong = "reshape changes the number of elements";
  return wrong;
}

/* ---- verifier ---- */

static const char *check_node(const struct tin_node *node) {
  if (node->op >= OP_COUNT || node->dtype >= TIN_DTYPE_COUNT)
    return "unknown op or dtype";
  for (int i = 0; i < node->n_in; i++)
    if (node->in[i]->serial >= node->serial)
      return "an input is younger than the node";
  int64_t shape[TIN_MAX_RANK] = {0};
  if (node->rank > TIN_MAX_RANK)
    return "the rank is too large";
  for (int i = 0; i < node->rank; i++)
    shape[i] = node->shape[i];
  struct tin_node inferred = *node;
  inferred.shape = shape;
  const char *wrong = tin_node_infer(&inferred);
  if (wrong)
    return wrong;
  if (inferred.dtype != node->dtype || !tin_same_shape(&inferred, node) || inferred.size != node->size)
    return "dtype or shape does not follow from the inputs";
  return NULL;
}

/* The node's own line: the last but one of its printed text, before `return`. */
static void report_node(struct tin_graph *graph, struct tin_arena *arena, struct tin_node *node, const char *wrong,
                        struct tin_error *error) {
  struct tin_text text;
  tin_text_init(&text, arena);
  tin_graph_print(graph, &text, &node, 1);
  char *end = strstr(text.at, "return");
  char *line = text.at;
  if (end && end > text.at) {
    end[-1] = 0;
    char *newline = strrchr(text.at, '\n');
    line = newline ? newline + 1 : text.at;
  }
  tin_error_set(error, "%s: %s", line, wrong);
}

bool tin_graph_verify(struct tin_graph *graph, struct tin_node **outputs, int n_outputs, struct tin_error *error) {
  struct tin_arena arena;
  jmp_buf fail;
  tin_arena_init(&arena, 1 << 14, &fail);
  if (setjmp(fail)) {
    tin_error_set(error, "out of memory");
    tin_arena_free(&arena);
    return false;
  }
  struct tin_node_list order = tin_graph_order(graph, &arena, outputs, n_outputs);
  bool right = true;
  for (int i = 0; i < order.count && right; i++) {
    const char *wrong = check_node(order.at[i]);
    right = !wrong;
    if (wrong)
      report_node(graph, &arena, order.at[i], wrong, error);
  }
  tin_arena_free(&arena);
  return right;
}
