/* Contractions of any number of operands, pair by pair: the order is that with the fewest multiplications.
 *
 * The multiplications of a pair are the product of the sizes of all labels of both. Up to eight terms the best order is found by dynamic
 * programming over subsets (Lam, Sadayappan and Wenger, "On optimizing a class of multi-dimensional loops with reductions for parallel
 * execution", 1997); of more terms, the cheapest pair is contracted first until eight are left. Only sizes and labels decide, and ties
 * go to the order in which operands come, so the bits of a result do not depend on anything else. */
#include "frontend/contraction.h"

#include <string.h>

enum { MAX_SUBSET_TERMS = 8 };

bool tin_coerce_product(struct tin_call *call, int count, tin_tensor *const *tensors, struct tin_node **nodes) {
  enum tin_coercion coercion = COERCE_NONE;
  for (int i = 0; i < count; i++)
    if (tin_dtype_is_float(nodes[i]->dtype))
      coercion = COERCE_FLOAT;
  return tin_coerce(call, coercion, count, tensors, NULL, nodes);
}

struct tin_node *tin_node_product(struct tin_graph *graph, struct tin_node *a, struct tin_node *b) {
  return a ? make_binary(graph, a->dtype == TIN_BOOL ? OP_AND : OP_MUL, a, b) : NULL;
}

static struct tin_node *total(struct tin_graph *graph, struct tin_node *x, uint32_t axes) {
  return x ? make_reduce(graph, x->dtype == TIN_BOOL ? OP_REDUCE_MAX : OP_SUM, x, axes) : NULL;
}

struct tin_node *tin_node_product_sum(struct tin_graph *graph, struct tin_node *a, struct tin_node *b, uint32_t axes) {
  if (!a || !b)
    return NULL;
  return tin_dtype_is_float(a->dtype) ? tin_node_contract(graph, a, b, axes) : total(graph, tin_node_product(graph, a, b), axes);
}

int tin_term_join(const struct tin_term *term, int64_t *size) {
  for (int axis = 0; axis < term->rank; axis++) {
    int64_t own = term->node->shape[axis], *joined = &size[term->label[axis]];
    if (*joined < 0 || *joined == 1)
      *joined = own;
    else if (own != 1 && own != *joined)
      return axis;
  }
  return -1;
}

/* ---- one term ---- */

struct contraction {
  struct tin_call *call;
  struct tin_graph *graph;
  const int64_t *size;
  const struct tin_term *out;
  uint64_t kept; /* labels of out */
};

static uint64_t labels_of(const struct tin_term *term) {
  uint64_t labels = 0;
  for (int axis = 0; axis < term->rank; axis++)
    labels |= UINT64_C(1) << term->label[axis];
  return labels;
}

/* Takes the diagonal of each pair of axes with the same label. */
static void take_diagonals(struct tin_graph *graph, struct tin_term *term) {
  for (int first = 0; first < term->rank; first++)
    for (int second = first + 1; second < term->rank; second++) {
      if (term->label[first] != term->label[second])
        continue;
      uint8_t label = term->label[first];
      term->node = tin_node_diagonal(graph, term->node, first, second); /* the last axis */
      memmove(term->label + second, term->label + second + 1, (size_t)(term->rank - second - 1));
      memmove(term->label + first, term->label + first + 1, (size_t)(term->rank - first - 2));
      term->rank--;
      term->label[term->rank - 1] = label;
      first = -1; /* from the start: places have moved */
      break;
    }
}

/* Sums over the labels that nobody needs, and leaves out axes of size 1 where the label's size is another. */
static void reduce_term(const struct contraction *contraction, struct tin_term *term, uint64_t needed) {
  if (!term->node)
    return;
  uint32_t summed = 0;
  int64_t shape[TIN_MAX_RANK];
  int rank = 0;
  for (int axis = 0; axis < term->rank; axis++) {
    uint8_t label = term->label[axis];
    int64_t size = term->node->shape[axis];
    bool alone = size == 1 && contraction->size[label] != 1;
    if (!alone && needed >> label & 1) {
      shape[rank] = size;
      term->label[rank++] = label;
    } else if (!alone) {
      summed |= 1u << axis;
    }
  }
  struct tin_node *x = summed ? total(contraction->graph, term->node, summed) : term->node;
  term->node = rank < term->rank ? make_reshape(contraction->graph, x, rank, shape) : x;
  term->rank = rank;
}

/* The term over the labels of a space: permuted, with axes of size 1 for those it lacks, expanded. */
static struct tin_node *lay_out(const struct contraction *contraction, const struct tin_term *term, const struct tin_term *space) {
  int order[TIN_MAX_RANK], n = 0;
  int64_t own[TIN_MAX_RANK], full[TIN_MAX_RANK];
  for (int to = 0; to < space->rank; to++) {
    const uint8_t *found = memchr(term->label, space->label[to], (size_t)term->rank);
    full[to] = contraction->size[space->label[to]];
    own[to] = found ? full[to] : 1;
    if (found)
      order[n++] = (int)(found - term->label);
  }
  struct tin_node *x = term->node ? tin_node_permute(contraction->graph, term->node, order) : NULL;
  return make_broadcast(contraction->graph, make_reshape(contraction->graph, x, space->rank, own), space->rank, full);
}

/* ---- pairs ---- */

/* Appends those labels of the term that are in the mask and not yet in the space; false when there is no room. */
static bool add_labels(struct tin_term *space, const struct tin_term *term, uint64_t mask) {
  for (int axis = 0; axis < term->rank; axis++) {
    uint8_t label = term->label[axis];
    if (!(mask >> label & 1) || memchr(space->label, label, (size_t)space->rank))
      continue;
    if (space->rank == TIN_MAX_RANK)
      return false;
    space->label[space->rank++] = label;
  }
  return true;
}

/* a * b, summed over what is not kept; `last`: in the order of the result, else labels of both first. a becomes the product. */
static bool contract_pair(const struct contraction *contraction, struct tin_term *a, const struct tin_term *b, uint64_t kept, bool last) {
  uint64_t both = labels_of(a) & labels_of(b);
  struct tin_term space = {0};
  bool fits = add_labels(&space, last ? contraction->out : a, last ? ~UINT64_C(0) : both & kept);
  fits = fits && add_labels(&space, a, kept) && add_labels(&space, b, kept);
  int rank = space.rank;
  if (!fits || !add_labels(&space, a, both)) {
    tin_call_fail(contraction->call, "a product of two operands has more than %d axes", TIN_MAX_RANK);
    return false;
  }
  struct tin_node *left = lay_out(contraction, a, &space), *right = lay_out(contraction, b, &space), *product;
  if (space.rank > rank)
    product = tin_node_product_sum(contraction->graph, left, right, (1u << space.rank) - (1u << rank));
  else
    product = tin_node_product(contraction->graph, left, right);
  if (!product)
    return false;
  *a = space;
  a->rank = rank;
  a->node = make_reshape(contraction->graph, product, rank, product->shape);
  return a->node != NULL;
}

static double multiplications(const struct contraction *contraction, uint64_t labels) {
  double product = 1;
  for (; labels; labels &= labels - 1)
    product *= (double)contraction->size[__builtin_ctzll(labels)];
  return product;
}

static uint64_t labels_of_others(const struct tin_term *terms, int count, uint32_t without) {
  uint64_t labels = 0;
  for (int i = 0; i < count; i++)
    labels |= i < 32 && without >> i & 1 ? 0 : labels_of(&terms[i]);
  return labels;
}

/* Contracts the cheapest pair, the first of several. */
static bool contract_cheapest(const struct contraction *contraction, struct tin_term *terms, int count) {
  int best[2] = {0, 1};
  double least = -1;
  for (int i = 0; i < count; i++)
    for (int j = i + 1; j < count; j++) {
      double cost = multiplications(contraction, labels_of(&terms[i]) | labels_of(&terms[j]));
      if (least >= 0 && cost >= least)
        continue;
      least = cost;
      best[0] = i, best[1] = j;
    }
  struct tin_term second = terms[best[1]];
  memmove(terms + best[1], terms + best[1] + 1, sizeof *terms * (size_t)(count - best[1] - 1));
  uint64_t kept = contraction->kept;
  for (int i = 0; i < count - 1; i++)
    kept |= i == best[0] ? 0 : labels_of(&terms[i]);
  return contract_pair(contraction, &terms[best[0]], &second, kept, count == 2);
}

/* ---- the best order ---- */

/* By subset of the terms: its labels that others need, the fewest multiplications, and the part that is contracted with the rest. */
struct subsets {
  uint64_t labels[1 << MAX_SUBSET_TERMS];
  double cost[1 << MAX_SUBSET_TERMS];
  uint8_t part[1 << MAX_SUBSET_TERMS];
};

static void find_best(const struct contraction *contraction, struct subsets *subsets, unsigned set) {
  subsets->part[set] = 0;
  for (unsigned part = set & (set - 1); part; part = (part - 1) & set) {
    unsigned rest = set & ~part;
    if (!(part & (set & -set))) /* each division once: the part has the first term */
      continue;
    double cost = multiplications(contraction, subsets->labels[part] | subsets->labels[rest]);
    cost = cost + (subsets->cost[part] + subsets->cost[rest]);
    bool better = !subsets->part[set] || cost < subsets->cost[set];
    /* from left to right among equals */
    if (better || (cost == subsets->cost[set] && __builtin_popcount(part) >= __builtin_popcount(subsets->part[set]))) {
      subsets->cost[set] = cost;
      subsets->part[set] = (uint8_t)part;
    }
  }
}

static bool contract_subset(const struct contraction *contraction, const struct subsets *subsets, const struct tin_term *terms,
                            unsigned set, unsigned all, struct tin_term *out) {
  if (!(set & (set - 1))) {
    *out = terms[__builtin_ctz(set)];
    return true;
  }
  unsigned part = subsets->part[set];
  struct tin_term other;
  return contract_subset(contraction, subsets, terms, part, all, out) &&
         contract_subset(contraction, subsets, terms, set & ~part, all, &other) &&
         contract_pair(contraction, out, &other, subsets->labels[set], set == all);
}

static bool contract_best(const struct contraction *contraction, struct tin_term *terms, int count) {
  struct subsets subsets;
  unsigned all = (1u << count) - 1;
  for (unsigned set = 1; set <= all; set++) {
    subsets.labels[set] = labels_of_others(terms, count, ~set) & (contraction->kept | labels_of_others(terms, count, set));
    subsets.cost[set] = 0;
    if (set & (set - 1))
      find_best(contraction, &subsets, set);
  }
  struct tin_term result;
  bool good = contract_subset(contraction, &subsets, terms, all, all, &result);
  terms[0] = result;
  return good;
}

struct tin_node *tin_contract_terms(struct tin_call *call, int count, struct tin_term *terms, const int64_t *size,
                                    const struct tin_term *out) {
  struct contraction contraction = {.call = call, .graph = call->graph, .size = size, .out = out, .kept = labels_of(out)};
  if (out->rank > TIN_RANK_LIMIT) {
    tin_call_fail(call, "the result has more than %d axes", TIN_RANK_LIMIT);
    return NULL;
  }
  for (int i = 0; i < count; i++) {
    take_diagonals(call->graph, &terms[i]);
    reduce_term(&contraction, &terms[i], ~UINT64_C(0)); /* sizes of 1 first: they are nobody's labels */
  }
  for (int i = 0; i < count; i++) {
    uint64_t others = contraction.kept;
    for (int j = 0; j < count; j++)
      others |= j == i ? 0 : labels_of(&terms[j]);
    reduce_term(&contraction, &terms[i], others);
    if (!terms[i].node)
      return NULL;
  }
  if (count == 1)
    return lay_out(&contraction, &terms[0], out);
  for (; count > MAX_SUBSET_TERMS; count--)
    if (!contract_cheapest(&contraction, terms, count))
      return NULL;
  return contract_best(&contraction, terms, count) ? terms[0].node : NULL;
}
