/* Contractions: matmul and einsum. Both lay their operands out over one iteration space (kept axes, then summed ones where einsum chooses)
 * with axes of size 1 where an operand lacks one, expand, and contract. Nothing is ever copied for that. */
#include "frontend/frontend.h"

#include <ctype.h>
#include <string.h>

static const char *const ab[] = {"a", "b"};

/* ---- matmul ---- */

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
      !tin_coerce(&call, COERCE_FLOAT, 2, tensors, ab, nodes))
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
  struct tin_node *product = left && right ? tin_node_contract(graph, left, right, 1u << (rank + 1)) : NULL;
  uint32_t absent = 1u << (rank + 1) | (nodes[0]->rank == 1 ? 1u << rank : 0) | (nodes[1]->rank == 1 ? 1u << (rank + 2) : 0);
  return tin_call_result(&call, tin_node_drop_axes(graph, product, absent));
}

/* ---- einsum ---- */

/* The letters of the operands and the result, and the iteration space: the result's letters, then those that both operands sum over. */
struct subscripts {
  char operand[2][TIN_RANK_LIMIT + 1];
  char result[TIN_RANK_LIMIT + 1];
  char space[2 * TIN_RANK_LIMIT + 1];
  int64_t size[128]; /* by letter; 0: not seen (sizes are held plus one) */
};

/* One list of letters up to the delimiter; NULL when it is not well formed. */
static const char *read_letters(const char *text, char *letters, char delimiter) {
  int count = 0;
  for (; *text && *text != delimiter; text++) {
    if (*text == ' ')
      continue;
    if (!isalpha((unsigned char)*text) || (unsigned char)*text > 127 || count == TIN_RANK_LIMIT || memchr(letters, *text, (size_t)count))
      return NULL;
    letters[count++] = *text;
  }
  letters[count] = 0;
  return *text == delimiter ? text : NULL;
}

static bool parse_subscripts(struct subscripts *subscripts, const char *text) {
  const char *at = read_letters(text, subscripts->operand[0], ',');
  at = at ? read_letters(at + 1, subscripts->operand[1], '-') : NULL;
  return at && at[1] == '>' && read_letters(at + 2, subscripts->result, 0);
}

static bool bind_sizes(struct tin_call *call, struct subscripts *subscripts, tin_tensor *const *tensors, struct tin_node *const *nodes) {
  for (int i = 0; i < 2; i++) {
    const char *letters = subscripts->operand[i];
    if ((int)strlen(letters) != nodes[i]->rank) {
      tin_call_fail(call, "\"%s\" does not name the axes of %s", letters, tin_describe(tensors[i], ab[i], nodes[i]).text);
      return false;
    }
    for (int axis = 0; axis < nodes[i]->rank; axis++) {
      int64_t *size = &subscripts->size[(int)letters[axis]];
      if (*size && *size - 1 != nodes[i]->shape[axis]) {
        tin_call_fail(call, "sizes of \"%c\" differ: %s and %s: %lld is not %lld", letters[axis],
                      tin_describe(tensors[0], ab[0], nodes[0]).text, tin_describe(tensors[1], ab[1], nodes[1]).text, (long long)*size - 1,
                      (long long)nodes[i]->shape[axis]);
        return false;
      }
      *size = nodes[i]->shape[axis] + 1;
    }
  }
  return true;
}

/* Fills in the space; false with the error recorded. */
static bool make_space(struct tin_call *call, struct subscripts *subscripts) {
  size_t rank = strlen(strcpy(subscripts->space, subscripts->result));
  for (const char *letter = subscripts->result; *letter; letter++)
    if (!subscripts->size[(int)*letter]) {
      tin_call_fail(call, "\"%c\" of the result is in no operand", *letter);
      return false;
    }
  for (const char *letter = subscripts->operand[0]; *letter; letter++)
    if (strchr(subscripts->operand[1], *letter) && !strchr(subscripts->result, *letter))
      subscripts->space[rank++] = *letter;
  if (rank <= TIN_RANK_LIMIT)
    return true;
  tin_call_fail(call, "more than %d letters", TIN_RANK_LIMIT);
  return false;
}

/* One operand over the space: letters of its own are summed, the others permuted to the space's order, the missing ones expanded. */
static struct tin_node *lay_out(struct tin_graph *graph, const struct subscripts *subscripts, struct tin_node *x, const char *letters) {
  uint32_t summed = 0;
  for (int axis = 0; letters[axis]; axis++)
    if (!strchr(subscripts->space, letters[axis]))
      summed |= 1u << axis;
  x = summed ? make_reduce(graph, OP_SUM, x, summed) : x;
  int order[TIN_RANK_LIMIT], n = 0, rank = (int)strlen(subscripts->space);
  int64_t own[TIN_RANK_LIMIT], full[TIN_RANK_LIMIT];
  for (int to = 0; to < rank; to++) {
    const char *found = strchr(letters, subscripts->space[to]);
    full[to] = subscripts->size[(int)subscripts->space[to]] - 1;
    own[to] = found ? full[to] : 1;
    if (found)
      order[n++] = (int)(found - letters);
  }
  for (int axis = 0; letters[axis]; axis++) /* axes already summed have size 1 and go last, where the reshape drops them */
    if (summed >> axis & 1)
      order[n++] = axis;
  x = x ? tin_node_permute(graph, x, order) : NULL;
  return make_broadcast(graph, make_reshape(graph, x, rank, own), rank, full);
}

tin_tensor *tin_einsum_at(const char *file, int line, const char *subscripts, tin_tensor *a, tin_tensor *b) {
  struct tin_call call = tin_call_of(file, line, "einsum");
  tin_tensor *tensors[] = {a, b};
  struct tin_node *nodes[2];
  struct subscripts letters = {0};
  if (!tin_call_operands(&call, 2, tensors, ab, nodes))
    return tin_call_poison(&call);
  if (!subscripts || !parse_subscripts(&letters, subscripts)) {
    tin_call_fail(&call, "subscripts \"%s\" are not of the form \"ij,jk->ik\" with each letter once an operand",
                  subscripts ? subscripts : "NULL");
    return tin_call_poison(&call);
  }
  if (!bind_sizes(&call, &letters, tensors, nodes) || !make_space(&call, &letters) ||
      !tin_coerce(&call, COERCE_FLOAT, 2, tensors, ab, nodes))
    return tin_call_poison(&call);
  int kept = (int)strlen(letters.result), rank = (int)strlen(letters.space);
  uint32_t summed = (1u << rank) - (1u << kept);
  struct tin_node *left = lay_out(call.graph, &letters, nodes[0], letters.operand[0]);
  struct tin_node *right = lay_out(call.graph, &letters, nodes[1], letters.operand[1]);
  if (!left || !right)
    return tin_call_result(&call, NULL);
  struct tin_node *product = summed ? tin_node_contract(call.graph, left, right, summed) : make_binary(call.graph, OP_MUL, left, right);
  return tin_call_result(&call, tin_node_drop_axes(call.graph, product, summed));
}
