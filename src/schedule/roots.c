/* Which nodes get a value of their own (a "root"), and why.
 *
 * Sinks, reductions, contractions, scatters and scans are roots. Another node is computed inside its consumers, unless several of them
 * would repeat work that costs more than writing the value once and reading it at each use. Costs are bytes an element; one vector
 * operation an element is worth WORK_BYTES bytes (a core does about 40 G element operations a second and moves about 20 GB/s from a shared
 * cache).
 *
 * Forward: what computing each node costs if only those that must be are roots. Backward: by which roots would each node be computed (at
 * most 4 are told apart); one that several would compute, at a cost that is worth storing it, counts as a root for what is below it. So of
 * the nodes of a chain that several kernels need, the last is the one that is stored: an LSTM's state, not the comparisons inside its
 * gates. Forward again: the decisions, with the costs that follow from those before.
 */
#include "ir/program.h"
#include "runtime/execute.h"
#include "schedule/grouping.h"

enum { OWNERS_MANY = 5 };
enum { USED_BY_ELEMENTWISE = 1, USED_BY_REDUCE = 2, USED_BY_CONTRACT = 4 };
const float tin_schedule_work_bytes = 0.5f;
enum { WORK_MOST = 1 << 20 }; /* estimates add up along every path */
/* A value that one group computes for another's inner loops costs at least a store; below this work a broadcast value is computed again. */
static const float broadcast_work = 1.5f;
/* An element of a concat that has too many inputs for pieces is selected from all: inputs of more operations are computed before, each at
 * its own elements only. */
enum { CONCAT_MAX_INPUT_OPS = 3 };
/* Taps of nested folds that may be spelled out inside one expression. */
enum { MAX_FOLD_OPS = 64 };

static bool is_anchor(const struct tin_node *node) {
  return tin_node_reduces(node) || node->op == OP_SCATTER || tin_op_is(node->op, OP_CLASS_SCAN);
}

static bool is_constant(const struct tin_node *node) {
  return tin_op_is(node->op, OP_CLASS_SOURCE) && node->op != OP_VAR && !node->buffer;
}

/* ---- forward: costs ---- */

float tin_schedule_own_work(const struct tin_node *node) {
  switch (node->op) {
  case OP_DIV:
  case OP_SQRT:
    return 8; /* throughput of vdivps, vsqrtps on 512 bits */
  case OP_MOD:
    return 30;
  case OP_MIN:
  case OP_MAX:
    return 5; /* the IEEE 754-2019 forms */
  case OP_GATHER:
    return 16;
  case OP_FOLD:
    return (float)(3 * node->arg[1]);
  case OP_PAD:
    return 2;
  case OP_CONCAT:
    return (float)(2 * node->n_in);
  default:
    break;
  }
  if (tin_op_is(node->op, OP_CLASS_ELEMENTARY))
    return (float)tin_program_of(node->op, (tin_dtype)node->dtype)->n_steps;
  return tin_op_is(node->op, OP_CLASS_ELEMENTWISE) ? 1 : 0;
}

static bool too_much_in_concat(const struct tin_node *node, const struct node_facts *input) {
  return node->op == OP_CONCAT && !tin_node_is_pieced(node) && !input->leaf && !input->root && input->ops > CONCAT_MAX_INPUT_OPS;
}

/* Inlined, a concat computes every input at every element and selects; stored, each piece is computed over its own elements. */
static bool worth_pieces(const struct grouping *g, const struct tin_node *node, const struct node_facts *facts) {
  if (!tin_node_is_pieced(node))
    return false;
  float waste = tin_schedule_own_work(node), uses = facts->n_owners, bytes = (float)tin_dtype_bytes(node->dtype);
  for (int k = 0; k < node->n_in; k++) {
    const struct node_facts *input = &g->facts[node->in[k]->index];
    if (!input->root && !input->leaf)
      waste += (1 - (float)node->in[k]->size / (float)node->size) * input->work;
  }
  return uses * waste * tin_schedule_work_bytes > (1 + uses) * bytes;
}

static void add_inlined_costs(struct grouping *g, const struct tin_node *node, struct node_facts *facts, bool decides) {
  int64_t ops = node->op == OP_CONCAT ? node->n_in : node->op == OP_GATHER ? 1 + 2 * node->arg[2] : 1; /* a coordinate: multiply, add */
  facts->work = tin_schedule_own_work(node);
  facts->loads = facts->held = 0;
  for (int k = 0; k < node->n_in; k++) {
    const struct tin_node *in = node->in[k];
    struct node_facts *input = &g->facts[in->index];
    if (is_constant(in))
      continue;
    if (decides && too_much_in_concat(node, input)) {
      input->root = true;
      input->reason = "a concat would compute it at the elements of its other inputs too";
    }
    float share =
        node->size > 0 ? (float)in->size / (float)node->size : 1; /* a broadcast input is loaded less often than once an element */
    if (share > 1)
      share = 1;
    if (input->root || input->leaf) {
      float bytes = share * (float)tin_dtype_bytes(in->dtype);
      facts->loads += bytes;
      facts->held += input->leaf ? 0 : bytes;
    } else {
      facts->work += share * input->work;
      facts->loads += share * input->loads;
      facts->held += share * input->held;
      ops += input->ops;
    }
  }
  if (node->op == OP_FOLD)
    ops *= node->arg[1];
  facts->ops = ops > GROUP_MAX_OPS ? GROUP_MAX_OPS : (int)ops;
  if (facts->work > WORK_MOST)
    facts->work = WORK_MOST;
  if (facts->loads > WORK_MOST)
    facts->loads = WORK_MOST;
}

static bool computes(const struct tin_node *node) {
  return tin_op_is_elementwise(node->op) || node->op == OP_GATHER || node->op == OP_FOLD;
}

/* Does storing the value cost less than computing it in each of its owners? */
static bool worth_storing(const struct tin_node *node, const struct node_facts *facts) {
  float uses = facts->n_owners, bytes = (float)tin_dtype_bytes(node->dtype);
  float stored = (1 + uses) * bytes;
  float repeated = uses * facts->loads + facts->held + (uses - 1) * facts->work * tin_schedule_work_bytes;
  return facts->n_owners >= 2 && stored <= repeated;
}

static void estimate(struct grouping *g) {
  struct tin_node_list order = g->schedule->order;
  for (int i = 0; i < order.count; i++) {
    struct node_facts *facts = &g->facts[i];
    facts->leaf = order.at[i]->buffer || order.at[i]->op == OP_VAR;
    facts->root = !facts->leaf && (facts->needed || is_anchor(order.at[i]));
    if (!facts->leaf)
      add_inlined_costs(g, order.at[i], facts, false);
  }
}

/* ---- backward: users and owners ---- */

static int kind_of_use(const struct tin_node *user) {
  if (user->op == OP_CONTRACT && user->arg[1])
    return USED_BY_CONTRACT;
  if (is_anchor(user))
    return USED_BY_REDUCE;
  return USED_BY_ELEMENTWISE;
}

static void add_owner(struct node_facts *facts, int owner) {
  for (int i = 0; i < facts->n_owners && i < 4; i++)
    if (facts->owners[i] == owner)
      return;
  if (facts->n_owners < 4)
    facts->owners[facts->n_owners] = owner;
  if (facts->n_owners < OWNERS_MANY)
    facts->n_owners++;
}

static void add_owners(struct node_facts *facts, const struct node_facts *from) {
  for (int i = 0; i < from->n_owners && i < 4; i++)
    add_owner(facts, from->owners[i]);
  if (from->n_owners == OWNERS_MANY)
    facts->n_owners = OWNERS_MANY;
}

/* One number everywhere. */
static bool is_fill(const struct tin_node *node) {
  while (!node->buffer && (node->op == OP_EXPAND || node->op == OP_RESHAPE))
    node = node->in[0];
  return !node->buffer && (node->op == OP_CONST || node->op == OP_SCALAR);
}

/* The node that must have memory for input k of a barrier, gather, scatter or scan, or NULL: index tensors are looked at before the kernel
 * runs, gathered tensors are read at computed places (through views whose index is linear in them), sources and bases row by row. So has
 * what a scan walks along, but for the elements that its kernel puts in place itself. */
static struct tin_node *needs_memory(const struct grouping *g, const struct tin_node *user, int k) {
  struct tin_node *node = user->in[k];
  if (tin_op_is(user->op, OP_CLASS_SCAN))
    return k == user->n_in - 1 && tin_node_scans_in_place(user) ? NULL : node;
  if (user->op == OP_BARRIER) /* what passes a barrier is kept, so that what is behind the barrier need not be */
    return is_constant(node) ? NULL : node;
  if (!tin_op_is(user->op, OP_CLASS_INDEX) || (user->op == OP_SCATTER && k == 0 && is_fill(node)))
    return NULL;
  if (user->op == OP_SCATTER || k > 0 || is_fill(node))
    return node;
  while (!node->buffer && !g->facts[node->index].needed && !g->facts[node->index].root &&
         (node->op == OP_PERMUTE || node->op == OP_EXPAND || node->op == OP_SLICE || node->op == OP_FLIP))
    node = node->in[0];
  return node;
}

/* In how many windows an element of the node's input is, when one of the node's is in so many. */
static float windows_of(const struct tin_node *node, float own) {
  if (node->op != OP_WINDOW || !node->in[0]->size)
    return own;
  return (own > 0 ? own : 1) * (float)node->size / (float)node->in[0]->size;
}

static void walk_back(struct grouping *g) {
  struct tin_node_list order = g->schedule->order;
  for (int i = order.count - 1; i >= 0; i--) {
    const struct tin_node *node = order.at[i];
    struct node_facts *facts = &g->facts[i];
    facts->group = facts->last_reader = -1;
    if (facts->leaf)
      continue;
    struct node_facts self = {.owners = {i}, .n_owners = 1};
    bool stored = facts->root || (computes(node) && worth_storing(node, facts)) || worth_pieces(g, node, facts);
    const struct node_facts *owners = stored ? &self : facts;
    bool movement = tin_op_is(node->op, OP_CLASS_MOVEMENT);
    for (int k = 0; k < node->n_in; k++) {
      struct node_facts *input = &g->facts[node->in[k]->index];
      add_owners(input, owners);
      input->used_by |= (uint8_t)(movement ? facts->used_by : kind_of_use(node));
      input->expanded |= node->op == OP_EXPAND || (movement && facts->expanded);
      float windowed = windows_of(node, movement ? facts->windowed : 0);
      input->windowed = windowed > input->windowed ? windowed : input->windowed;
      const struct tin_node *held = needs_memory(g, node, k);
      if (held)
        g->facts[held->index].pinned = true;
      if (held && !held->buffer && held->op != OP_VAR && !g->facts[held->index].root) {
        g->facts[held->index].root = true;
        g->facts[held->index].reason = node->op == OP_BARRIER ? "a checkpoint keeps it" : "it holds or is read at computed positions";
      }
    }
  }
}

/* A pad that puts elements apart, not yet repeated by windows. */
static bool spreads(const struct tin_node *node) {
  bool apart = false;
  for (int i = 0; node->op == OP_PAD && i < node->rank; i++)
    apart = apart || node->arg[2 * i + 1] > 0;
  while (apart && tin_op_is(node->op, OP_CLASS_MOVEMENT) && !node->buffer) {
    if (node->op == OP_WINDOW)
      return false;
    node = node->in[0];
  }
  return apart;
}

/* Images of a batch that direct convolution puts side by side, to leave zeros out (codegen/conv_batch.c), and the elements of one. */
enum { IMAGES_MIN = 4, IMAGE_MAX = 1 << 19 };
/* Elements below which a kernel that writes the border costs as much as it saves. */
enum { BORDER_MIN = 1 << 14 };
/* Reads of an element for which it pays: 3 x 3 windows with stride 2 are 2.25, read once they take 1.5 times as long with it, read twice
 * 0.8. */
static const float often = 4;

static bool leaves_zeros_out(const struct tin_node *pad) {
  return pad->rank > 2 && pad->bits == 0 && pad->shape[0] >= IMAGES_MIN && pad->in[0]->size / pad->shape[0] <= IMAGE_MAX;
}

/* A border around images that contractions read through windows, and that some of them cannot leave out: the gradient of a weight. Or that
 * sums and extrema read: of each element of each window they would ask whether it is there. */
static bool is_border(const struct grouping *g, const struct tin_node *node, const struct node_facts *facts) {
  if (node->op != OP_PAD || node->size < BORDER_MIN || !facts->windowed || !(facts->used_by & (USED_BY_CONTRACT | USED_BY_REDUCE)))
    return false;
  for (const struct tin_node *x = node->in[0]; tin_op_is(x->op, OP_CLASS_MOVEMENT) && !x->buffer; x = x->in[0])
    if (x->op == OP_WINDOW)
      return false;
  const struct tin_node *owner = g->schedule->order.at[facts->owners[0]];
  if (facts->used_by & USED_BY_REDUCE)
    return facts->windowed * (float)facts->n_owners >= often;
  bool sums_images = owner->op == OP_CONTRACT && owner->arg[0] & 1;
  return facts->n_owners > 1 || sums_images || !leaves_zeros_out(node);
}

/* Why an inlineable node should have a value of its own, or NULL. */
static const char *why_root(const struct grouping *g, const struct tin_node *node, const struct node_facts *facts) {
  if (facts->ops >= GROUP_MAX_OPS)
    return "the kernel would pass the cap on operations";
  if (node->op == OP_FOLD && facts->ops > MAX_FOLD_OPS)
    return "the taps of the folds would be repeated too often";
  if (is_border(g, node, facts))
    return "its border would be asked for with every window";
  if (facts->used_by & USED_BY_CONTRACT && spreads(node) && !(facts->windowed && leaves_zeros_out(node)))
    return "its elements lie apart: a contraction would look for them at every use";
  if (worth_pieces(g, node, facts))
    return "each input is computed into its place";
  if (!computes(node))
    return NULL;
  if (facts->used_by & USED_BY_ELEMENTWISE && !(g->fuse & TIN_FUSE_CHAIN))
    return "chain fusion is off";
  if (facts->used_by & USED_BY_REDUCE && !(g->fuse & TIN_FUSE_REDUCE))
    return "reduce fusion is off";
  if (facts->used_by & USED_BY_CONTRACT && !(g->fuse & TIN_FUSE_PROLOGUE))
    return "prologue fusion is off";
  if (facts->expanded && (facts->held > 0 || (facts->loads > 0 && facts->work > broadcast_work)))
    return "it is broadcast: computing it at every use would cost more";
  return worth_storing(node, facts) ? "several kernels use it and computing it again costs more" : NULL;
}

void tin_schedule_roots(struct grouping *g) {
  estimate(g);
  walk_back(g);
  struct tin_node_list order = g->schedule->order;
  for (int i = 0; i < order.count; i++) {
    struct node_facts *facts = &g->facts[i];
    if (facts->leaf)
      continue;
    add_inlined_costs(g, order.at[i], facts, true);
    if (facts->root || is_constant(order.at[i]))
      continue;
    const char *why = why_root(g, order.at[i], facts);
    if (why) {
      facts->root = true;
      facts->reason = why;
    }
  }
}
