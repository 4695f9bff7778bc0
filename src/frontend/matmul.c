/* Matrix products. The operands are laid out over one iteration space with axes of size 1 where an operand lacks one, expanded, and
 * contracted. Nothing is ever copied for that. */
#include "frontend/contraction.h"

static const char *const ab[] = {"a", "b"};

/* The operand with a matrix's two axes: a vector on the left is a row, on the right a column. */
static struct tin_node *as_matrix(struct tin_graph *graph, struct tin_node *x, bool left) {
  if (x->rank > 1)
    return x;
  int64_t shape[2] = {left ? 1 : x->shape[0], left ? x->shape[0] : 1};
  return make_reshape(graph, x, 2, shape);
}

/* x with a new axis of size 1 at the place. */
static struct tin_node *with_axis(struct tin_graph *graph, struct tin_node *x, int place) {
  int64_t shape[TIN_RANK_LIMIT + 1];
  for (int axis = 0, to = 0; to <= x->rank; to++)
    shape[to] = to == place ? 1 : x->shape[axis++];
  return make_reshape(graph, x, x->rank + 1, shape);
}

static bool check_matmul(struct tin_call *call, tin_tensor *const *tensors, struct tin_node *const *nodes) {
  for (int i = 0; i < 2; i++) {
    if (nodes[i]->rank == 0)
      tin_call_fail(call, "%s is 0-d; use mul", tin_name_operand(tensors[i], ab[i]).text);
    else if (nodes[i]->rank >= TIN_RANK_LIMIT)
      tin_call_fail(call, "%s has more than %d axes", tin_describe(tensors[i], ab[i], nodes[i]).text, TIN_RANK_LIMIT - 1);
    else
      continue;
    return false;
  }
  int64_t left = nodes[0]->shape[nodes[0]->rank - 1];
  int64_t right = nodes[1]->shape[nodes[1]->rank > 1 ? nodes[1]->rank - 2 : 0];
  if (left == right)
    return true;
  tin_call_fail(call, "inner sizes differ: %s and %s: %lld is not %lld", tin_describe(tensors[0], ab[0], nodes[0]).text,
                tin_describe(tensors[1], ab[1], nodes[1]).text, (long long)left, (long long)right);
  return false;
}

/* The batch axes broadcast; false with the error recorded. out: the result's batch axes, then room for M, K, N. */
static bool join_batches(struct tin_call *call, tin_tensor *const *tensors, struct tin_node *const *given, struct tin_node *const *matrices,
                         int *rank, int64_t *out) {
  int batch[2] = {matrices[0]->rank - 2, matrices[1]->rank - 2};
  *rank = batch[0] > batch[1] ? batch[0] : batch[1];
  for (int axis = 0; axis < *rank; axis++) {
    int at[2] = {axis - *rank + batch[0], axis - *rank + batch[1]};
    int64_t a = at[0] < 0 ? 1 : matrices[0]->shape[at[0]], b = at[1] < 0 ? 1 : matrices[1]->shape[at[1]];
    out[axis] = a == 1 ? b : a;
    if (a == 1 || b == 1 || a == b)
      continue;
    tin_call_fail(call, "batch sizes differ: %s and %s: %lld is not %lld", tin_describe(tensors[0], ab[0], given[0]).text,
                  tin_describe(tensors[1], ab[1], given[1]).text, (long long)a, (long long)b);
    return false;
  }
  return true;
}

tin_tensor *tin_matmul_at(const char *file, int line, tin_tensor *a, tin_tensor *b) {
  struct tin_call call = tin_call_of(file, line, "matmul");
  tin_tensor *tensors[] = {a, b};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, ab, nodes) || !check_matmul(&call, tensors, nodes) ||
      !tin_coerce_product(&call, 2, tensors, nodes))
    return tin_call_poison(&call);
  struct tin_graph *graph = call.graph;
  struct tin_node *matrices[2] = {as_matrix(graph, nodes[0], true), as_matrix(graph, nodes[1], false)};
  int rank;
  int64_t shape[TIN_RANK_LIMIT + 1];
  if (!matrices[0] || !matrices[1])
    return tin_call_result(&call, NULL);
  if (!join_batches(&call, tensors, nodes, matrices, &rank, shape))
    return tin_call_poison(&call);
  shape[rank] = matrices[0]->shape[matrices[0]->rank - 2];
  shape[rank + 1] = matrices[0]->shape[matrices[0]->rank - 1];
  shape[rank + 2] = matrices[1]->shape[matrices[1]->rank - 1];
  struct tin_node *left = with_axis(graph, matrices[0], matrices[0]->rank), *right = with_axis(graph, matrices[1], matrices[1]->rank - 2);
  left = make_broadcast(graph, left, rank + 3, shape);
  right = make_broadcast(graph, right, rank + 3, shape);
  struct tin_node *product = tin_node_product_sum(graph, left, right, 1u << (rank + 1));
  uint32_t absent = 1u << (rank + 1) | (nodes[0]->rank == 1 ? 1u << rank : 0) | (nodes[1]->rank == 1 ? 1u << (rank + 2) : 0);
  return tin_call_result(&call, tin_node_drop_axes(graph, product, absent));
}
