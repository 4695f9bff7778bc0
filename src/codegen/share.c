/* Views of parts, and the functions that parts share: see share.h.
 *
 * The words of a part are its graph in the order of a depth-first walk from what it computes: op, dtype, shape and attributes of each node,
 * a number where a node is met again, type and place of a value in memory. Names, sites, scalars' values and numbers in the plan are not in
 * them. Equal words are a proof that one function does for both parts; to find equal ones, the walk must meet their nodes in one order,
 * though operands of commutative ops stand in an order that differs from layer to layer. So these, and the nodes that are stored or held,
 * are taken by a colour: a hash of what is below a node and of how it is used (one round down and one up of the refinement by Weisfeiler
 * and Leman, 1968).
 *
 * A slice that is one stretch of a value in memory is a value at an offset: the steps of an unrolled loop, which slice one tensor at
 * different places, are alike. */
#include "codegen/share.h"

#include <stdlib.h>
#include <string.h>

/* A node that the part looks at. */
struct met {
  struct tin_node *node;
  struct tin_node *memory; /* the value that it is loaded from, or NULL: computed */
  int64_t begin;           /* where in it, in bytes */
  int role;                /* ROLE_* of what the part computes */
  uint64_t below, above;   /* hashes: of what it is, of what uses it */
  int number;              /* in the order of the words, from 1; 0: not reached yet */
  int scalar;              /* 1 + its place among the scalars in that order, or 0 */
};

/* An operand or scalar on its way to its number. */
struct place {
  struct tin_node *node;
  int value;      /* of the plan: value or slot */
  int64_t offset; /* of an operand */
  bool stored;
  int at; /* in the order of the words */
};

enum { ROLE_ANCHOR = 1, ROLE_MEMBER = 2, ROLE_STORE = 4 };

struct walk {
  struct tin_arena *arena;
  struct tin_part_view *view;
  const struct tin_schedule *schedule; /* the plan */
  struct tin_map places;               /* node -> 1 + its place in `met` */
  TIN_VEC(struct met) met;             /* inputs before what uses them */
  TIN_VEC(struct tin_node *) roots;    /* what the part computes, each once */
  struct tin_map roles;                /* root -> its roles */
  int numbered;
  int64_t place; /* of a piece: bytes from the start of its whole, where the function need not know them */
  /* in the order of the words: */
  TIN_VEC(struct place) operands;
  TIN_VEC(struct place) scalars;
};

static uint64_t key_of(const struct tin_node *node) {
  return (uint64_t)(uintptr_t)node;
}

static struct met *met_at(const struct walk *w, const struct tin_node *node) {
  return &w->met.at[(uintptr_t)tin_map_get(&w->places, key_of(node)) - 1];
}

static uint64_t colour(const struct walk *w, const struct tin_node *node) {
  const struct met *met = met_at(w, node);
  return tin_hash_mix(met->below, met->above);
}

/* ---- what the part looks at ---- */

/* The inputs that the part looks at: all, or the one of a piece. */
static int inputs_of(const struct walk *w, struct tin_node *node, struct tin_node ***inputs) {
  const struct tin_part *part = &w->view->part;
  bool piece = part->piece && node == part->anchor;
  *inputs = piece ? node->in + part->piece - 1 : node->in;
  return piece ? 1 : node->n_in;
}

static bool in_memory(const struct walk *w, const struct tin_node *node) {
  return w->schedule->planned[node->index].value >= 0 && !tin_map_get(&w->roles, key_of(node));
}

/* The value in memory of which the slice is one stretch, and where it begins, in elements. NULL: it is none. */
static struct tin_node *stretch_of(const struct walk *w, const struct tin_node *slice, int64_t *begin) {
  struct tin_node *whole = slice->in[0];
  int64_t stride = 1;
  bool cut = false; /* an axis further in is not taken whole: of those around it there may be one element */
  *begin = 0;
  for (int i = slice->rank - 1; i >= 0; i--) {
    if (slice->shape[i] != 1 && (cut || slice->arg[2 * i + 1] != 1))
      return NULL;
    cut = cut || slice->shape[i] != whole->shape[i];
    *begin += slice->arg[2 * i] * stride;
    stride *= whole->shape[i];
  }
  while (whole->op == OP_RESHAPE && !in_memory(w, whole))
    whole = whole->in[0];
  return slice->size > 0 && in_memory(w, whole) ? whole : NULL;
}

/* Recursive: the scheduler bounds the operations of a part. */
static void meet(struct walk *w, struct tin_node *node) {
  if (tin_map_get(&w->places, key_of(node)))
    return;
  struct met met = {.node = node, .role = (int)(uintptr_t)tin_map_get(&w->roles, key_of(node))};
  if (in_memory(w, node))
    met.memory = node;
  else if (node->op == OP_SLICE && !met.role)
    met.memory = stretch_of(w, node, &met.begin);
  met.begin *= tin_dtype_bytes(node->dtype);
  struct tin_node **inputs;
  int n_inputs = inputs_of(w, node, &inputs);
  for (int i = 0; !met.memory && i < n_inputs; i++)
    meet(w, inputs[i]);
  tin_vec_push(w->arena, &w->met, met);
  tin_map_set(&w->places, key_of(node), (void *)(uintptr_t)w->met.count);
}

static void add_root(struct walk *w, struct tin_node *node, int role) {
  uintptr_t roles = (uintptr_t)tin_map_get(&w->roles, key_of(node));
  if (!roles)
    tin_vec_push(w->arena, &w->roots, node);
  tin_map_set(&w->roles, key_of(node), (void *)(roles | (uintptr_t)role));
}

static void find_roots(struct walk *w, const struct tin_part *part) {
  for (int i = 0; i < part->stages.count; i++)
    find_roots(w, part->stages.at[i]);
  add_root(w, part->anchor, ROLE_ANCHOR);
  for (int i = 0; i < part->members.count; i++)
    add_root(w, part->members.at[i], ROLE_MEMBER);
  for (int i = 0; i < part->stores.count; i++)
    add_root(w, part->stores.at[i], ROLE_STORE);
}

/* ---- words ---- */

static void put(struct walk *w, uint64_t word) {
  tin_vec_push(w->arena, &w->view->words, word);
}

/* What a node is, but for its inputs. */
static void put_node(struct walk *w, const struct met *met) {
  const struct tin_node *node = met->node;
  const struct tin_planned *planned = &w->schedule->planned[node->index];
  put(w, (uint64_t)node->dtype | (uint64_t)node->rank << 8 | (uint64_t)met->role << 16 | (uint64_t)(planned->scalar >= 0) << 24 |
             (uint64_t)(met->memory != NULL) << 25 | (uint64_t)node->op << 32);
  for (int i = 0; i < node->rank; i++)
    put(w, (uint64_t)node->shape[i]);
  if (met->memory || met->role & ROLE_STORE) {
    const struct tin_node *memory = met->memory ? met->memory : node;
    const struct tin_plan_value *value = &w->schedule->values.at[w->schedule->planned[memory->index].value];
    put(w, (uint64_t)value->place << 1 | (value->update >= 0));
    if (value->place == PLACE_BLOCK)
      put(w, (uint64_t)value->slot << 40 | (uint64_t)value->width);
  }
  if (met->memory)
    return;
  struct tin_node **inputs;
  put(w, (uint64_t)inputs_of(w, met->node, &inputs) | (uint64_t)node->n_arg << 16);
  for (int i = 0; i < node->n_arg; i++)
    put(w, (uint64_t)node->arg[i]);
  put(w, planned->scalar >= 0 ? 0 : node->bits);
}

/* May the inputs change places? */
static bool is_commutative(const struct tin_node *node) {
  return tin_ops[node->op].facts & OP_COMMUTATIVE || node->op == OP_CONTRACT;
}

static void find_colours(struct walk *w) {
  for (int i = 0; i < w->met.count; i++) {
    struct met *met = &w->met.at[i];
    w->view->words.count = 0;
    put_node(w, met);
    met->below = tin_hash_bytes(1, w->view->words.at, sizeof(uint64_t) * (size_t)w->view->words.count);
    struct tin_node **inputs;
    int n_inputs = inputs_of(w, met->node, &inputs);
    for (int k = 0; !met->memory && k < n_inputs; k++) {
      uint64_t input = met_at(w, inputs[k])->below;
      met->below += tin_hash_mix(input, is_commutative(met->node) ? 1 : (uint64_t)k + 2);
    }
  }
  for (int i = w->met.count - 1; i >= 0; i--) {
    const struct met *met = &w->met.at[i];
    struct tin_node **inputs;
    int n_inputs = inputs_of(w, met->node, &inputs);
    for (int k = 0; !met->memory && k < n_inputs; k++)
      met_at(w, inputs[k])->above += tin_hash_mix(tin_hash_mix(met->below, met->above), is_commutative(met->node) ? 1 : (uint64_t)k + 2);
  }
  w->view->words.count = 0;
}

static void add_operand(struct walk *w, struct tin_node *node, const struct tin_node *memory, int64_t offset) {
  struct place place = {node, w->schedule->planned[memory->index].value, offset, memory == node && met_at(w, node)->role,
                        w->operands.count};
  tin_vec_push(w->arena, &w->operands, place);
}

static void add_scalar(struct walk *w, struct met *met) {
  struct place place = {met->node, w->schedule->planned[met->node->index].scalar, 0, false, w->scalars.count};
  tin_vec_push(w->arena, &w->scalars, place);
  met->scalar = w->scalars.count;
}

static void visit(struct walk *w, struct tin_node *node) {
  struct met *met = met_at(w, node);
  put(w, (uint64_t)met->number);
  if (met->number)
    return;
  met->number = ++w->numbered;
  put_node(w, met);
  if (met->memory) {
    add_operand(w, node, met->memory, met->begin);
    return;
  }
  if (w->schedule->planned[node->index].scalar >= 0)
    add_scalar(w, met);
  struct tin_node **inputs;
  int n_inputs = inputs_of(w, node, &inputs);
  bool turned = n_inputs == 2 && is_commutative(node) && colour(w, node->in[0]) > colour(w, node->in[1]);
  for (int i = 0; i < n_inputs; i++)
    visit(w, inputs[turned ? 1 - i : i]);
}

static void sort_roots(struct walk *w) {
  for (int i = 1; i < w->roots.count; i++) { /* insertion sort, stable: few, and in order for most parts */
    struct tin_node *root = w->roots.at[i];
    int at = i;
    for (; at > 0 && colour(w, w->roots.at[at - 1]) > colour(w, root); at--)
      w->roots.at[at] = w->roots.at[at - 1];
    w->roots.at[at] = root;
  }
}

static void put_head(struct walk *w, const struct tin_part *part) {
  put(w, (uint64_t)part->kind | (uint64_t)part->rank << 8 | (uint64_t)part->across << 16 | (uint64_t)part->axes << 32);
  for (int i = 0; i < part->rank; i++)
    put(w, (uint64_t)part->shape[i]);
}

/* Which of the nodes, all of which have numbers, each stage computes. */
static void put_stages(struct walk *w, const struct tin_part *part) {
  for (int i = 0; i < part->stages.count; i++) {
    const struct tin_part *stage = part->stages.at[i];
    put_head(w, stage);
    put(w, (uint64_t)stage->members.count << 32 | (uint64_t)stage->stores.count);
    put(w, (uint64_t)met_at(w, stage->anchor)->number);
    for (int m = 0; m < stage->members.count; m++)
      put(w, (uint64_t)met_at(w, stage->members.at[m])->number);
    for (int s = 0; s < stage->stores.count; s++)
      put(w, (uint64_t)met_at(w, stage->stores.at[s])->number);
  }
}

static void visit_part(struct walk *w, const struct tin_part *part) {
  put_head(w, part);
  put(w, (uint64_t)w->roots.count);
  put(w, part->piece ? (uint64_t)w->view->part.piece_start + 1 : 0);
  for (int i = 0; i < w->roots.count; i++)
    visit(w, w->roots.at[i]);
  put_stages(w, part);
  for (int i = 0; i < w->roots.count; i++)
    if (met_at(w, w->roots.at[i])->role & ROLE_STORE)
      add_operand(w, w->roots.at[i], w->roots.at[i], w->place);
}

/* ---- numbers ---- */

static int in_plan_order(const void *a, const void *b) {
  const struct place *x = a, *y = b;
  if (x->stored != y->stored)
    return x->stored ? 1 : -1;
  if (x->value != y->value)
    return x->value < y->value ? -1 : 1;
  if (x->offset != y->offset)
    return x->offset < y->offset ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}

static void number_scalars(struct walk *w) {
  struct tin_part_view *view = w->view;
  view->scalar_order = TIN_NEW_ARRAY(w->arena, int, w->scalars.count);
  if (w->scalars.count)
    qsort(w->scalars.at, (size_t)w->scalars.count, sizeof *w->scalars.at, in_plan_order);
  for (int i = 0; i < w->scalars.count; i++) {
    const struct place *place = &w->scalars.at[i];
    struct met *met = met_at(w, place->node);
    view->scalar_order[place->at] = i;
    tin_vec_push(w->arena, &view->scalars, place->value);
    met->scalar = i + 1;
    if (!(met->role & ROLE_STORE))
      tin_vec_push(w->arena, &view->renumbered, ((struct tin_renumbered){place->node, -1, i}));
  }
}

static void number_operands(struct walk *w) {
  struct tin_part_view *view = w->view;
  view->operand_order = TIN_NEW_ARRAY(w->arena, int, w->operands.count);
  if (w->operands.count)
    qsort(w->operands.at, (size_t)w->operands.count, sizeof *w->operands.at, in_plan_order);
  for (int i = 0; i < w->operands.count; i++) {
    const struct place *place = &w->operands.at[i];
    struct tin_plan_value value = w->schedule->values.at[place->value];
    value.node = place->node;
    value.size = place->node->size;
    value.bytes = value.size * tin_dtype_bytes(place->node->dtype);
    view->operand_order[place->at] = i;
    tin_vec_push(w->arena, &view->schedule.values, value);
    tin_vec_push(w->arena, &view->operands, ((struct tin_operand){place->value, place->offset}));
    tin_vec_push(w->arena, &view->renumbered, ((struct tin_renumbered){place->node, i, met_at(w, place->node)->scalar - 1}));
    if (!place->stored)
      tin_vec_push(w->arena, &view->part.reads, i);
  }
}

static void exchange_numbers(struct tin_part_view *view) {
  for (int i = 0; i < view->renumbered.count; i++) {
    struct tin_renumbered *at = &view->renumbered.at[i];
    struct tin_planned *planned = &view->schedule.planned[at->node->index];
    struct tin_renumbered was = {at->node, planned->value, planned->scalar};
    planned->value = at->value;
    planned->scalar = at->scalar;
    *at = was;
  }
}

/* A piece that begins at a whole line is one at the start of a buffer that begins there: pieces of one shape are alike. Others keep their
 * start, since the code relies on buffers beginning with lines. */
static void place_piece(struct walk *w) {
  struct tin_part *part = &w->view->part;
  const struct tin_node *whole = part->anchor;
  int64_t bytes = part->piece_start * tin_dtype_bytes(whole->dtype);
  for (int i = (int)whole->arg[0] + 1; i < whole->rank; i++)
    bytes *= whole->shape[i];
  if (bytes % 64 != 0)
    return;
  w->place = bytes;
  part->piece_start = 0;
}

void tin_part_view_open(struct tin_part_view *view, struct tin_arena *arena, const struct tin_schedule *schedule,
                        const struct tin_part *part) {
  *view = (struct tin_part_view){.schedule = *schedule, .part = *part};
  memset(&view->schedule.values, 0, sizeof view->schedule.values);
  memset(&view->part.reads, 0, sizeof view->part.reads);
  struct walk walk = {.arena = arena, .view = view, .schedule = schedule};
  tin_map_init(&walk.places, arena);
  tin_map_init(&walk.roles, arena);
  if (part->piece)
    place_piece(&walk);
  find_roots(&walk, part);
  for (int i = 0; i < walk.roots.count; i++)
    meet(&walk, walk.roots.at[i]);
  find_colours(&walk);
  sort_roots(&walk);
  visit_part(&walk, part);
  number_scalars(&walk);
  number_operands(&walk);
  exchange_numbers(view);
}

void tin_part_view_close(struct tin_part_view *view) {
  exchange_numbers(view);
}

/* ---- functions so far ---- */

struct shared_part {
  struct shared_part *next; /* of the same hash */
  const uint64_t *words;
  int n_words;
  const int *operand_order, *scalar_order;
  struct tin_entry entry;
};

void tin_shared_parts_init(struct tin_shared_parts *shared, struct tin_arena *arena) {
  *shared = (struct tin_shared_parts){.arena = arena};
  tin_map_init(&shared->by_hash, arena);
}

static uint64_t hash_of(const struct tin_part_view *view) {
  return tin_hash_bytes(0, view->words.at, sizeof(uint64_t) * (size_t)view->words.count) | 1;
}

/* What the words meet at one place in both parts has the number that the function knows. */
static void bind(const struct tin_shared_parts *shared, const struct shared_part *part, const struct tin_part_view *view,
                 struct tin_entry *entry) {
  *entry = part->entry;
  entry->operands = TIN_NEW_ARRAY(shared->arena, struct tin_operand, entry->n_operands);
  entry->scalars = TIN_NEW_ARRAY(shared->arena, int, entry->n_scalars);
  for (int i = 0; i < entry->n_operands; i++)
    entry->operands[part->operand_order[i]] = view->operands.at[view->operand_order[i]];
  for (int i = 0; i < entry->n_scalars; i++)
    entry->scalars[part->scalar_order[i]] = view->scalars.at[view->scalar_order[i]];
}

bool tin_shared_parts_find(const struct tin_shared_parts *shared, const struct tin_part_view *view, struct tin_entry *entry) {
  for (const struct shared_part *at = tin_map_get(&shared->by_hash, hash_of(view)); at; at = at->next)
    if (at->n_words == view->words.count && !memcmp(at->words, view->words.at, sizeof(uint64_t) * (size_t)at->n_words)) {
      bind(shared, at, view, entry);
      return true;
    }
  return false;
}

void tin_shared_parts_add(struct tin_shared_parts *shared, const struct tin_part_view *view, const struct tin_entry *entry) {
  struct shared_part *part = TIN_NEW(shared->arena, struct shared_part);
  *part = (struct shared_part){.next = tin_map_get(&shared->by_hash, hash_of(view)),
                               .words = view->words.at,
                               .n_words = view->words.count,
                               .operand_order = view->operand_order,
                               .scalar_order = view->scalar_order,
                               .entry = *entry};
  tin_map_set(&shared->by_hash, hash_of(view), part);
  shared->count++;
}
