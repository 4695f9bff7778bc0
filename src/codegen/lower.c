/* Lowering of MAP and ROW parts to loop nests, and of the pieces of contractions.
 *
 * Index expressions are built by pushing the ranges of the iteration space from the stored nodes down through the movement ops to the
 * loads; values are made once per (node, index, guard). Afterwards ranges are merged where every index stays affine, split where that
 * removes a quotient or remainder, and given their roles.
 */
#include "codegen/lower.h"

#include <assert.h>
#include <string.h>

#include "codegen/lower_internal.h"
#include "ir/indexing.h"
#include "ir/program.h"
#include "ir/scalar.h"

/* ---- values ---- */

static int add_value(struct lower *l, struct tin_value value) {
  tin_vec_push(l->arena, &l->nest->values, value);
  return l->nest->values.count - 1;
}

static struct tin_value blank(enum tin_value_kind kind, int dtype) {
  return (struct tin_value){.kind = (uint8_t)kind, .dtype = (uint8_t)dtype, .in = {-1, -1, -1}, .arg = -1};
}

static int constant(struct lower *l, int dtype, uint64_t bits) {
  struct tin_value value = blank(VALUE_CONST, dtype);
  value.bits = bits;
  return add_value(l, value);
}

int tin_lower_arg(struct lower *l, enum tin_arg_kind kind, int number, int dtype) {
  for (int i = 0; i < l->nest->args.count; i++)
    if (l->nest->args.at[i].kind == kind && l->nest->args.at[i].number == number && l->nest->args.at[i].dtype == dtype)
      return i;
  struct tin_arg arg = {.kind = kind, .number = number, .dtype = (uint8_t)dtype};
  arg.size = kind == ARG_BUFFER ? l->schedule->values.at[number].size : 0;
  tin_vec_push(l->arena, &l->nest->args, arg);
  return l->nest->args.count - 1;
}

const struct tin_index *tin_lower_linear(struct lower *l, int rank, const int64_t *shape, const struct tin_index *const *index) {
  const struct tin_index *sum = tin_index_constant(l->indexes, 0);
  int64_t stride = 1;
  for (int i = rank - 1; i >= 0; i--) {
    sum = tin_index_add(l->indexes, sum, tin_index_scale(l->indexes, index[i], stride));
    stride *= shape[i];
  }
  return sum;
}

void tin_lower_split_linear(struct lower *l, const struct tin_index *linear, int rank, const int64_t *shape,
                            const struct tin_index **index) {
  int64_t stride = 1;
  int first = 0; /* the outermost axis needs no remainder */
  while (first < rank - 1 && shape[first] <= 1)
    first++;
  for (int i = rank - 1; i >= 0; i--) {
    const struct tin_index *quotient = tin_index_div(l->indexes, linear, stride);
    index[i] = shape[i] <= 1 ? tin_index_constant(l->indexes, 0) : i == first ? quotient : tin_index_mod(l->indexes, quotient, shape[i]);
    stride *= shape[i] > 0 ? shape[i] : 1;
  }
}

/* ---- guards ---- */

static int add_guard(struct lower *l, int outer, struct tin_condition *conditions, int count) {
  int kept = 0;
  for (int i = 0; i < count; i++) {
    const struct tin_index *e = conditions[i].index;
    if (conditions[i].mod <= 1 && e->low >= conditions[i].low && e->high < conditions[i].high)
      continue;
    conditions[kept++] = conditions[i];
  }
  if (!kept)
    return outer;
  int more = outer >= 0 ? l->nest->values.at[outer].n_conditions : 0;
  struct tin_value value = blank(VALUE_GUARD, TIN_BOOL);
  value.conditions = TIN_NEW_ARRAY(l->arena, struct tin_condition, kept + more);
  memcpy(value.conditions, conditions, sizeof *conditions * (size_t)kept);
  if (more)
    memcpy(value.conditions + kept, l->nest->values.at[outer].conditions, sizeof *conditions * (size_t)more);
  value.n_conditions = kept + more;
  return add_value(l, value);
}

/* ---- one node at one index ---- */

struct memo {
  const struct tin_node *node;
  const struct tin_index *index[TIN_MAX_RANK];
  int guard;
  int value;
  struct memo *next;
};

static uint64_t memo_key(const struct tin_node *node, const struct tin_index *const *index, int guard) {
  uint64_t key = tin_hash_mix((uint64_t)(guard + 1), (uint64_t)(uintptr_t)node);
  for (int i = 0; i < node->rank; i++)
    key = tin_hash_mix(key, (uint64_t)(uintptr_t)index[i]);
  return key | 1;
}

static int operation(struct lower *l, int op, int dtype, int a, int b, int c) {
  struct tin_value value = blank(VALUE_OP, dtype);
  value.op = (uint16_t)op;
  value.in[0] = a;
  value.in[1] = b;
  value.in[2] = c;
  return add_value(l, value);
}

/* sum + dynamic * stride in the dtype; sum -1: none */
static int add_dynamic(struct lower *l, int dtype, int sum, int dynamic, int64_t stride) {
  if (l->nest->values.at[dynamic].dtype != dtype)
    dynamic = operation(l, OP_CAST, dtype, dynamic, -1, -1);
  if (stride != 1)
    dynamic = operation(l, OP_MUL, dtype, dynamic, constant(l, dtype, tin_scalar_cast((uint64_t)stride, TIN_I64, (tin_dtype)dtype)), -1);
  return sum < 0 ? dynamic : operation(l, OP_ADD, dtype, sum, dynamic, -1);
}

/* A load at one looked-up position multiplies it by its stride; several become one number first. */
static int load(struct lower *l, int arg, const struct tin_index *index, int dtype) {
  struct tin_value value = blank(VALUE_LOAD, dtype);
  const struct tin_index *with[LOWER_MAX_SYMBOLS] = {0};
  int sum_dtype = l->nest->args.at[arg].size > INT32_MAX ? TIN_I64 : TIN_I32, n_dynamics = 0;
  value.arg = arg;
  value.in[1] = l->guard;
  value.index = index;
  for (int i = 0; i < l->dynamics.count; i++) {
    struct lower_dynamic *dynamic = &l->dynamics.at[i];
    int64_t coefficient;
    if (!tin_index_uses(index, dynamic->symbol))
      continue;
    bool affine = tin_index_affine(index, dynamic->symbol, &coefficient);
    assert(affine);
    (void)affine;
    with[dynamic->symbol] = tin_index_constant(l->indexes, 0);
    if (n_dynamics == 1) /* not alone: the first joins the sum, too */
      value.in[0] = add_dynamic(l, sum_dtype, -1, value.in[0], value.stride);
    value.in[0] = n_dynamics ? add_dynamic(l, sum_dtype, value.in[0], dynamic->value, coefficient) : dynamic->value;
    value.stride = n_dynamics++ ? 1 : coefficient;
  }
  if (n_dynamics)
    value.index = tin_index_substitute(l->indexes, index, with, l->n_symbols);
  return add_value(l, value);
}

/* The argument of a plan's value, and in *linear the place of its element: in a block, rows lie `leading` apart from the first one on. */
static int value_arg(struct lower *l, const struct tin_node *node, const struct tin_index **linear) {
  int number = l->schedule->planned[node->index].value;
  assert(number >= 0);
  const struct tin_plan_value *value = &l->schedule->values.at[number];
  if (value->place != PLACE_BLOCK)
    return tin_lower_arg(l, ARG_BUFFER, number, node->dtype);
  const struct tin_block *block = l->part->block;
  int64_t leading = tin_block_leading(value->width);
  const struct tin_index *base = tin_index_symbol(l->indexes, l->block_base, 0, block->batch * block->rows - 1);
  const struct tin_index *row = tin_index_div(l->indexes, *linear, value->width);
  *linear = tin_index_add(l->indexes, *linear, tin_index_scale(l->indexes, row, leading - value->width));
  *linear = tin_index_add(l->indexes, *linear, tin_index_scale(l->indexes, base, -leading));
  return tin_lower_arg(l, ARG_POINTER, 1 + value->slot, node->dtype);
}

static int load_value(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  const struct tin_index *linear = tin_lower_linear(l, node->rank, node->shape, index);
  int arg = value_arg(l, node, &linear);
  return load(l, arg, linear, node->dtype);
}

/* guard ? x : otherwise */
static int select_guarded(struct lower *l, int guard, int x, int otherwise, int dtype) {
  return operation(l, OP_SELECT, dtype, guard, x, otherwise);
}

static int lower_pad(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  const struct tin_node *in = node->in[0];
  const struct tin_index *below[TIN_MAX_RANK];
  struct tin_condition conditions[2 * TIN_MAX_RANK];
  int count = 0;
  for (int i = 0; i < node->rank; i++) {
    int64_t low = node->arg[2 * i], step = node->arg[2 * i + 1] + 1;
    const struct tin_index *shifted = tin_index_offset(l->indexes, index[i], -low);
    conditions[count++] = (struct tin_condition){shifted, 0, (in->shape[i] - 1) * step + 1, step};
    below[i] = tin_index_div(l->indexes, shifted, step);
  }
  int outer = l->guard, guard = add_guard(l, outer, conditions, count);
  if (guard == outer)
    return tin_lower_node(l, in, below);
  l->guard = guard;
  int x = tin_lower_node(l, in, below);
  l->guard = outer;
  return select_guarded(l, guard, x, constant(l, node->dtype, node->bits), node->dtype);
}

static int lower_concat(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  int axis = (int)node->arg[0], outer = l->guard, result = -1;
  int64_t end = node->shape[axis];
  for (int k = node->n_in - 1; k >= 0; k--) {
    int64_t start = end - node->in[k]->shape[axis];
    const struct tin_index *below[TIN_MAX_RANK];
    memcpy(below, index, sizeof *below * node->rank);
    below[axis] = tin_index_offset(l->indexes, index[axis], -start);
    struct tin_condition condition = {below[axis], 0, end - start, 0};
    end = start;
    if (node->in[k]->size == 0)
      continue;
    int guard = l->guard = add_guard(l, outer, &condition, 1);
    int x = tin_lower_node(l, node->in[k], below);
    l->guard = outer;
    result = result < 0 || guard == outer ? x : select_guarded(l, guard, x, result, node->dtype);
  }
  assert(result >= 0);
  return result;
}

static int lower_fold(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  const struct tin_node *in = node->in[0];
  int axis = (int)node->arg[0], outer = l->guard;
  int64_t size = node->arg[1], stride = node->arg[2], dilation = node->arg[3];
  int sum = constant(l, node->dtype, 0);
  for (int64_t k = 0; k < size; k++) {
    const struct tin_index *below[TIN_MAX_RANK];
    memcpy(below, index, sizeof *below * node->rank);
    const struct tin_index *shifted = tin_index_offset(l->indexes, index[axis], -k * dilation);
    struct tin_condition condition = {shifted, 0, (in->shape[axis] - 1) * stride + 1, stride};
    below[axis] = tin_index_div(l->indexes, shifted, stride);
    below[in->rank - 1] = tin_index_constant(l->indexes, k);
    int guard = l->guard = add_guard(l, outer, &condition, 1);
    int term = tin_lower_node(l, in, below);
    l->guard = outer;
    int added = operation(l, OP_ADD, node->dtype, sum, term, -1);
    sum = guard == outer ? added : select_guarded(l, guard, added, sum, node->dtype);
  }
  return sum;
}

/* Each looked-up position becomes a symbol of its own, which must reach the load affinely (the scheduler sees to it). */
static int lower_gather(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  const struct tin_node *x = node->in[0], *positions = node->in[1];
  struct tin_indexing at = tin_node_indexing(node);
  int columns = at.coords ? at.coords : 1, places = tin_index_place_axes(positions, at);
  const struct tin_index *place[TIN_MAX_RANK], *below[TIN_MAX_RANK];
  for (int i = 0; i < at.batch + places + at.tail; i++)
    place[i] = i < at.batch ? index[i] : index[at.axis + i - at.batch];
  for (int i = 0; i < x->rank; i++)
    below[i] = i < at.axis ? index[i] : i >= at.axis + columns ? index[i - columns + places] : NULL;
  for (int c = 0; c < columns; c++) {
    if (at.coords)
      place[positions->rank - 1] = tin_index_constant(l->indexes, c);
    struct lower_dynamic dynamic = {.symbol = l->n_symbols++, .value = tin_lower_node(l, positions, place)};
    assert(l->n_symbols <= LOWER_MAX_SYMBOLS);
    tin_vec_push(l->arena, &l->dynamics, dynamic);
    int64_t limit = x->shape[at.axis + c];
    below[at.axis + c] = tin_index_symbol(l->indexes, dynamic.symbol, 0, limit > 0 ? limit - 1 : 0);
  }
  return tin_lower_node(l, x, below);
}

/* Groups of axes with equal products map one to the other, so that an index beyond its axis, below a pad, does not mix with others. */
static void lower_reshape(struct lower *l, const struct tin_node *node, const struct tin_index *const *index,
                          const struct tin_index **below) {
  const struct tin_node *in = node->in[0];
  for (int i = 0, j = 0; i < node->rank || j < in->rank;) {
    int from = i, to = j;
    int64_t outer = i < node->rank ? node->shape[i++] : 1, inner = j < in->rank ? in->shape[j++] : 1;
    while (outer != inner)
      if (outer < inner)
        outer *= node->shape[i++];
      else
        inner *= in->shape[j++];
    const struct tin_index *linear = tin_lower_linear(l, i - from, node->shape + from, index + from);
    tin_lower_split_linear(l, linear, j - to, in->shape + to, below + to);
  }
}

static int lower_movement(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  const struct tin_node *in = node->in[0];
  const struct tin_index *below[TIN_MAX_RANK];
  switch (node->op) {
  case OP_RESHAPE:
    lower_reshape(l, node, index, below);
    break;
  case OP_PERMUTE:
    for (int i = 0; i < node->rank; i++)
      below[node->arg[i]] = index[i];
    break;
  case OP_EXPAND:
    for (int i = 0; i < node->rank; i++)
      below[i] = in->shape[i] == 1 ? tin_index_constant(l->indexes, 0) : index[i];
    break;
  case OP_SLICE:
    for (int i = 0; i < node->rank; i++)
      below[i] = tin_index_offset(l->indexes, tin_index_scale(l->indexes, index[i], node->arg[2 * i + 1]), node->arg[2 * i]);
    break;
  case OP_FLIP:
    for (int i = 0; i < node->rank; i++)
      below[i] =
          node->arg[0] >> i & 1 ? tin_index_offset(l->indexes, tin_index_scale(l->indexes, index[i], -1), node->shape[i] - 1) : index[i];
    break;
  case OP_WINDOW: {
    int axis = (int)node->arg[0];
    memcpy(below, index, sizeof *below * in->rank);
    below[axis] = tin_index_add(l->indexes, tin_index_scale(l->indexes, index[axis], node->arg[2]),
                                tin_index_scale(l->indexes, index[node->rank - 1], node->arg[3]));
    break;
  }
  case OP_IDENTITY:
  case OP_BARRIER: /* the order of kernels has seen to in[1] */
    return tin_lower_node(l, in, index);
  case OP_PAD:
    return lower_pad(l, node, index);
  case OP_CONCAT:
    return lower_concat(l, node, index);
  default:
    assert(!"a movement op without an index map");
  }
  return tin_lower_node(l, in, below);
}

/* An empty sum is +0, not the neutral -0 (docs/numerics.md). */
static int lower_empty_reduction(struct lower *l, const struct tin_node *node) {
  assert(!tin_node_reduces(node)); /* others have memory, or are held by the part */
  bool sum = node->op == OP_SUM || node->op == OP_CONTRACT;
  return constant(l, node->dtype, sum ? 0 : tin_scalar_neutral(node->op, (tin_dtype)node->dtype));
}

static int lower_computed(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  if (tin_op_is(node->op, OP_CLASS_MOVEMENT))
    return lower_movement(l, node, index);
  switch (node->op) {
  case OP_SUM:
  case OP_PROD:
  case OP_REDUCE_MIN:
  case OP_REDUCE_MAX:
  case OP_CONTRACT:
    return lower_empty_reduction(l, node);
  case OP_CONST:
  case OP_SCALAR: {
    int slot = l->schedule->planned[node->index].scalar;
    struct tin_value value = blank(slot >= 0 ? VALUE_SCALAR : VALUE_CONST, node->dtype);
    value.arg = slot;
    value.bits = slot >= 0 ? 0 : node->bits;
    return add_value(l, value);
  }
  case OP_IOTA: {
    struct tin_value value = blank(VALUE_INDEX, node->dtype);
    value.index = index[0];
    return add_value(l, value);
  }
  case OP_FOLD:
    return lower_fold(l, node, index);
  case OP_GATHER:
    return lower_gather(l, node, index);
  default:
    break;
  }
  assert(tin_op_is_elementwise(node->op));
  int in[3] = {-1, -1, -1};
  for (int i = 0; i < node->n_in; i++)
    in[i] = tin_lower_node(l, node->in[i], index);
  return operation(l, node->op, node->dtype, in[0], in[1], in[2]);
}

/* The contraction's sum, from the tile: with +0 where the zeros of a factor call for it (docs/numerics.md). */
static int lower_tile(struct lower *l, const struct tin_node *node) {
  int sum = load(l, l->tile_arg, l->tile_index, node->dtype);
  if (!node->arg[2])
    return sum;
  struct tin_value value = blank(VALUE_OP, node->dtype);
  value.op = OP_ADD;
  value.in[0] = sum;
  value.in[1] = constant(l, node->dtype, 0);
  return add_value(l, value);
}

int tin_lower_node(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  if (node->size == 0) /* no loop or guard gets here */
    return constant(l, node->dtype, 0);
  int held = (int)(intptr_t)tin_map_get(&l->held, (uint64_t)(uintptr_t)node);
  if (held)
    return held - 1;
  uint64_t key = memo_key(node, index, l->guard);
  struct memo *first = tin_map_get(&l->memo, key);
  for (struct memo *memo = first; memo; memo = memo->next)
    if (memo->node == node && memo->guard == l->guard && !memcmp(memo->index, index, sizeof *index * node->rank))
      return memo->value;
  bool stored = l->schedule->planned[node->index].value >= 0;
  bool own = tin_map_get(&l->own, (uint64_t)(uintptr_t)node) != NULL;
  int value = node == l->tile ? lower_tile(l, node) : stored && !own ? load_value(l, node, index) : lower_computed(l, node, index);
  struct memo *memo = TIN_NEW(l->arena, struct memo);
  *memo = (struct memo){.node = node, .guard = l->guard, .value = value, .next = first};
  memcpy(memo->index, index, sizeof *index * node->rank);
  tin_map_set(&l->memo, key, memo);
  return value;
}

/* ---- parts ---- */

void tin_lower_init(struct lower *l, struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part) {
  *l = (struct lower){.arena = arena, .schedule = schedule, .part = part, .guard = -1};
  l->indexes = TIN_NEW(arena, struct tin_index_context);
  tin_index_init(l->indexes, arena);
  l->nest = TIN_NEW(arena, struct tin_nest);
  l->nest->indexes = l->indexes;
  l->nest->row = l->nest->column = -1;
  l->nest->inner_size = 1;
  l->nest->n_passes = 1;
  tin_map_init(&l->memo, arena);
  tin_map_init(&l->held, arena);
  tin_map_init(&l->own, arena);
  for (int i = 0; i < part->members.count; i++)
    tin_map_set(&l->own, (uint64_t)(uintptr_t)part->members.at[i], l);
  for (int i = 0; i < part->stores.count; i++)
    tin_map_set(&l->own, (uint64_t)(uintptr_t)part->stores.at[i], l);
}

void tin_lower_add_store(struct lower *l, const struct tin_node *node, const struct tin_index *linear) {
  const struct tin_index *index[TIN_MAX_RANK];
  tin_lower_split_linear(l, linear, node->rank, node->shape, index);
  int value = tin_lower_node(l, node, index);
  int arg = value_arg(l, node, &linear);
  l->nest->args.at[arg].written = true;
  struct tin_store store = {.arg = arg, .index = linear, .value = value};
  tin_vec_push(l->arena, &l->nest->stores, store);
}

static void add_reduction(struct lower *l, const struct tin_node *node, const struct tin_index *const *index) {
  struct tin_reduction reduction = {.op = node->op, .dtype = node->dtype, .factor = -1};
  reduction.value = tin_lower_node(l, node->in[0], index);
  if (node->op == OP_CONTRACT)
    reduction.factor = tin_lower_node(l, node->in[1], index);
  tin_vec_push(l->arena, &l->nest->reductions, reduction);
  struct tin_value value = blank(VALUE_REDUCE, node->dtype);
  value.arg = l->nest->reductions.count - 1;
  tin_map_set(&l->held, (uint64_t)(uintptr_t)node, (void *)(intptr_t)(add_value(l, value) + 1));
}

static bool is_stored(const struct tin_part *part, const struct tin_node *node) {
  for (int i = 0; i < part->stores.count; i++)
    if (part->stores.at[i] == node)
      return true;
  return false;
}

/* One input of a concat, over its own elements, to its place in the whole. */
static void lower_piece(struct lower *l, const struct tin_index *const *index) {
  const struct tin_node *whole = l->part->anchor;
  const struct tin_index *place[TIN_MAX_RANK];
  int axis = (int)whole->arg[0];
  memcpy(place, index, sizeof *place * whole->rank);
  place[axis] = tin_index_offset(l->indexes, index[axis], l->part->piece_start);
  int value = tin_lower_node(l, whole->in[l->part->piece - 1], index);
  int arg = tin_lower_arg(l, ARG_BUFFER, l->schedule->planned[whole->index].value, whole->dtype);
  l->nest->args.at[arg].written = true;
  struct tin_store store = {.arg = arg, .index = tin_lower_linear(l, whole->rank, whole->shape, place), .value = value};
  tin_vec_push(l->arena, &l->nest->stores, store);
}

void tin_lower_body(struct lower *l) {
  const struct tin_part *part = l->part;
  const struct tin_index *index[TIN_MAX_RANK];
  const struct tin_index *kept[TIN_MAX_RANK];
  int64_t kept_shape[TIN_MAX_RANK];
  for (int i = 0; i < part->rank; i++) {
    bool reduced = part->kind == PART_ROW && (part->axes >> i & 1);
    int64_t extent = part->shape[i];
    index[i] = extent == 1 ? tin_index_constant(l->indexes, 0) : tin_index_symbol(l->indexes, l->n_symbols, 0, extent > 0 ? extent - 1 : 0);
    kept[i] = reduced ? tin_index_constant(l->indexes, 0) : index[i];
    kept_shape[i] = reduced ? 1 : extent;
    if (extent != 1) {
      struct lower_range range = {.symbol = l->n_symbols++, .extent = extent, .reduced = reduced};
      l->ranges[l->n_ranges++] = range;
    }
  }
  if (part->piece) {
    lower_piece(l, index);
    return;
  }
  const struct tin_index *full = tin_lower_linear(l, part->rank, part->shape, index);
  if (part->kind == PART_MAP) {
    for (int i = 0; i < part->stores.count; i++)
      tin_lower_add_store(l, part->stores.at[i], full);
    return;
  }
  const struct tin_index *rows = tin_lower_linear(l, part->rank, kept_shape, kept);
  int64_t full_size = 1, row_size = 1;
  for (int i = 0; i < part->rank; i++) {
    full_size *= part->shape[i];
    row_size *= kept_shape[i];
  }
  for (int i = 0; i < part->members.count; i++) {
    const struct tin_node *node = part->members.at[i];
    bool reduction = tin_node_reduces(node);
    if (reduction)
      add_reduction(l, node, index);
    if (is_stored(part, node)) {
      bool at_rows = reduction || node->size != full_size || full_size == row_size;
      tin_lower_add_store(l, node, at_rows ? rows : full);
      l->nest->stores.at[l->nest->stores.count - 1].pass = at_rows ? -1 : 0;
    }
  }
}

static int value_cost(const struct tin_value *value) {
  if (value->kind != VALUE_OP)
    return 0;
  return tin_op_is(value->op, OP_CLASS_ELEMENTARY)     ? tin_program_of(value->op, (tin_dtype)value->dtype)->n_steps
         : value->op == OP_DIV || value->op == OP_SQRT ? 8
                                                       : 1;
}

void tin_lower_levels(struct tin_nest *nest) {
  for (int i = 0; i < nest->values.count; i++) {
    struct tin_value *value = &nest->values.at[i];
    value->element = false;
    value->level = 0;
    const struct tin_range column = {nest->column, 0};
    const struct tin_range *ranges = nest->form == NEST_MAP ? &column : nest->inner.at;
    int n_ranges = nest->form == NEST_MAP ? 1 : nest->inner.count;
    for (int r = 0; r < n_ranges; r++) {
      if (value->index && tin_index_uses(value->index, ranges[r].symbol))
        value->element = true;
      for (int c = 0; c < value->n_conditions; c++)
        value->element |= tin_index_uses(value->conditions[c].index, ranges[r].symbol);
    }
    for (int k = 0; k < 3; k++)
      if (value->in[k] >= 0) {
        const struct tin_value *input = &nest->values.at[value->in[k]];
        value->element |= input->element;
        if (value->level < input->level)
          value->level = input->level;
      }
    if (value->kind == VALUE_REDUCE)
      value->level = nest->reductions.at[value->arg].pass + 1;
    for (int r = 0; r < nest->reductions.count; r++) {
      struct tin_reduction *reduction = &nest->reductions.at[r];
      if (reduction->value == i || reduction->factor == i)
        if (reduction->pass < value->level)
          reduction->pass = value->level;
    }
  }
}

/* Element values that cost more than this to compute again are kept in a row buffer between passes. */
enum { RECOMPUTE_MAX_COST = 3 };
/* Elements of a row buffer: half of a 1 MiB L2 in f32. */
enum { ROW_BUFFER_MAX = 1 << 17 };

struct row_buffers {
  struct lower *l;
  int *cost;     /* of computing the element value from loads, by old value number */
  int *renamed;  /* new number of an old value */
  int *buffered; /* new number of the load of its row buffer, or -1 */
  struct tin_nest *old;
};

static int buffered_load(struct row_buffers *b, int value) {
  if (b->buffered[value] >= 0)
    return b->buffered[value];
  struct lower *l = b->l;
  const struct tin_value *old = &b->old->values.at[value];
  struct tin_arg arg = {
      .kind = ARG_SCRATCH, .number = l->nest->args.count, .offset = l->nest->scratch_bytes, .dtype = old->dtype, .written = true};
  l->nest->scratch_bytes += (l->nest->inner_size * tin_dtype_bytes(old->dtype) + 127) / 64 * 64; /* u8: 64 readable bytes behind */
  tin_vec_push(l->arena, &l->nest->args, arg);
  const struct tin_index *index = tin_index_constant(l->indexes, 0);
  int64_t stride = 1;
  for (int i = l->nest->inner.count - 1; i >= 0; i--) {
    const struct tin_range *range = &l->nest->inner.at[i];
    index = tin_index_add(l->indexes, index,
                          tin_index_scale(l->indexes, tin_index_symbol(l->indexes, range->symbol, 0, range->extent - 1), stride));
    stride *= range->extent;
  }
  struct tin_store store = {.arg = l->nest->args.count - 1, .index = index, .value = b->renamed[value], .pass = old->level};
  tin_vec_push(l->arena, &l->nest->stores, store);
  struct tin_value load_again = blank(VALUE_LOAD, old->dtype);
  load_again.arg = store.arg;
  load_again.index = index;
  load_again.element = true;
  load_again.level = old->level + 1;
  return b->buffered[value] = add_value(l, load_again);
}

/* Which number a user at `level` should read for an old value. */
static int across_passes(struct row_buffers *b, int value, int level) {
  const struct tin_value *old = &b->old->values.at[value];
  if (!old->element || old->level >= level || b->cost[value] <= RECOMPUTE_MAX_COST)
    return b->renamed[value];
  return buffered_load(b, value);
}

static void reduce_across_passes(struct row_buffers *b, struct tin_reduction *reduction) {
  reduction->value = across_passes(b, reduction->value, reduction->pass);
  if (reduction->factor >= 0)
    reduction->factor = across_passes(b, reduction->factor, reduction->pass);
}

static void add_row_buffers(struct lower *l) {
  struct tin_nest *nest = l->nest;
  if (nest->form != NEST_ROW || nest->n_passes < 2 || nest->inner_size > ROW_BUFFER_MAX)
    return;
  struct tin_nest old = *nest;
  int n = old.values.count;
  struct row_buffers b = {.l = l, .old = &old};
  b.cost = TIN_NEW_ARRAY(l->arena, int, n);
  b.renamed = TIN_NEW_ARRAY(l->arena, int, n);
  b.buffered = TIN_NEW_ARRAY(l->arena, int, n);
  memset(&nest->values, 0, sizeof nest->values);
  for (int i = 0; i < n; i++) {
    struct tin_value value = old.values.at[i];
    b.buffered[i] = -1;
    b.cost[i] = value.element ? value_cost(&value) : 0;
    for (int k = 0; k < 3; k++)
      if (value.in[k] >= 0) {
        const struct tin_value *input = &old.values.at[value.in[k]];
        b.cost[i] += input->element ? b.cost[value.in[k]] : 0;
        value.in[k] = value.kind == VALUE_OP && value.element ? across_passes(&b, value.in[k], value.level) : b.renamed[value.in[k]];
      }
    if (value.kind == VALUE_REDUCE) /* now, so that the loads it may need come before it */
      reduce_across_passes(&b, &nest->reductions.at[value.arg]);
    b.renamed[i] = add_value(l, value);
  }
  int n_stores = old.stores.count;
  for (int i = 0; i < n_stores; i++)
    nest->stores.at[i].value = b.renamed[nest->stores.at[i].value];
}

static void number_passes(struct tin_nest *nest) {
  int last = 0;
  for (int r = 0; r < nest->reductions.count; r++)
    if (last < nest->reductions.at[r].pass)
      last = nest->reductions.at[r].pass;
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->stores.at[i].pass >= 0) {
      nest->stores.at[i].pass = nest->values.at[nest->stores.at[i].value].level;
      if (last < nest->stores.at[i].pass)
        last = nest->stores.at[i].pass;
    }
  nest->n_passes = last + 1;
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->stores.at[i].pass < 0)
      nest->stores.at[i].pass = nest->n_passes;
}

void tin_lower_names(struct lower *l) {
  l->nest->n_symbols = l->n_symbols;
  l->nest->names = TIN_NEW_ARRAY(l->arena, const char *, l->n_symbols + 1);
  for (int i = 0; i < l->n_symbols; i++) {
    struct tin_text name;
    tin_text_init(&name, l->arena);
    tin_text_add(&name, "r%d", i);
    l->nest->names[i] = name.at;
  }
}

/* Does the range lie along memory in this access while the other, which moves too, jumps? */
static bool is_along(const struct tin_index *index, int symbol, int other) {
  int64_t along, across;
  return index && tin_index_affine(index, symbol, &along) && tin_index_affine(index, other, &across) && along == 1 && across != 0 &&
         across != 1;
}

/* Is the reduced range, the only one, the one to lie along vectors although it is not the last, as in x @ transpose(w) of one row? */
static bool prefers_rows(const struct lower *l) {
  int reduced = -1, n_reduced = 0, last = l->n_ranges ? l->ranges[l->n_ranges - 1].symbol : -1, votes = 0;
  for (int i = 0; i < l->n_ranges; i++)
    if (l->ranges[i].reduced) {
      reduced = l->ranges[i].symbol;
      n_reduced++;
    }
  if (n_reduced != 1 || reduced == last)
    return false;
  for (int i = 0; i < l->nest->values.count; i++) {
    const struct tin_value *value = &l->nest->values.at[i];
    if (value->kind == VALUE_LOAD)
      votes += is_along(value->index, reduced, last) - is_along(value->index, last, reduced);
  }
  for (int i = 0; i < l->nest->stores.count; i++)
    votes += is_along(l->nest->stores.at[i].index, reduced, last) - is_along(l->nest->stores.at[i].index, last, reduced);
  return votes > 0;
}

/* Of a MAP the kept range that is to be the row: one along which elements lie that lie apart along the column, so that tiles can be
 * transposed; else the last. The order of the others decides nothing. */
static int row_of_map(const struct lower *l, const struct lower_range *const *kept, int n_kept) {
  for (int i = 0; i < l->nest->values.count; i++)
    for (int k = n_kept - 1; l->nest->values.at[i].kind == VALUE_LOAD && k >= 0; k--)
      if (is_along(l->nest->values.at[i].index, kept[k]->symbol, l->nest->column))
        return k;
  return n_kept - 1;
}

/* Roles: reduced ranges are inner; of the kept ones the last is the column (MAP, COLUMN) or row (ROW), the one before it the row. */
static void give_roles(struct lower *l, struct tin_lowered *lowered) {
  struct tin_nest *nest = l->nest;
  const struct lower_range *kept[TIN_LOWER_MAX_RANGES];
  int n_kept = 0;
  for (int i = 0; i < l->n_ranges; i++) {
    if (!l->ranges[i].reduced) {
      kept[n_kept++] = &l->ranges[i];
      continue;
    }
    struct tin_range inner = {l->ranges[i].symbol, l->ranges[i].extent};
    tin_vec_push(l->arena, &nest->inner, inner);
    nest->inner_size *= inner.extent;
  }
  bool row_form = l->part->kind == PART_ROW && (!n_kept || !l->n_ranges || l->ranges[l->n_ranges - 1].reduced || prefers_rows(l));
  nest->form = l->part->kind == PART_MAP ? NEST_MAP : row_form ? NEST_ROW : NEST_COLUMN;
  lowered->rows = lowered->columns = 1;
  if (nest->form != NEST_ROW && n_kept) {
    lowered->columns = kept[--n_kept]->extent;
    nest->column = kept[n_kept]->symbol;
  }
  if (nest->form == NEST_MAP && nest->column < 0)
    nest->column = l->n_symbols++;
  if (n_kept) {
    int row = nest->form == NEST_MAP ? row_of_map(l, kept, n_kept) : n_kept - 1;
    lowered->rows = kept[row]->extent;
    nest->row = kept[row]->symbol;
    memmove(&kept[row], &kept[row + 1], sizeof *kept * (size_t)(--n_kept - row));
  }
  lowered->n_params = n_kept;
  for (int i = 0; i < n_kept; i++) {
    lowered->extents[i] = kept[i]->extent;
    lowered->symbols[i] = kept[i]->symbol;
  }
}

struct tin_lowered tin_lower_part(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part) {
  struct lower lower;
  struct lower *l = &lower;
  tin_lower_init(l, arena, schedule, part);
  l->block_base = part->block ? l->n_symbols++ : -1;
  tin_lower_body(l);
  tin_lower_ranges(l);
  struct tin_lowered lowered = {.nest = l->nest, .block_base = l->block_base};
  give_roles(l, &lowered);
  tin_lower_levels(l->nest);
  number_passes(l->nest);
  add_row_buffers(l);
  tin_lower_names(l);
  return lowered;
}
