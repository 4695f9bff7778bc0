/* Rearranging and repeating: compositions of reshape, permute, expand, slice, flip and concat, which are index maps. */
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

static tin_tensor *shape_of_nothing(struct tin_call *call, const struct tin_node *x, const tin_shape *shape) {
  struct tin_node *zero = tin_node_number(call->graph, (tin_dtype)x->dtype, 0);
  return tin_call_result(call, make_broadcast(call->graph, zero, shape->rank, shape->size));
}

/* ---- roll ---- */

static struct tin_node *roll(struct tin_graph *graph, struct tin_node *x, int axis, int64_t shift) {
  int64_t size = x ? x->shape[axis] : 0;
  shift = size ? shift % size : 0;
  shift += shift < 0 ? size : 0;
  if (!shift)
    return x;
  struct tin_node *parts[] = {tin_node_part(graph, x, axis, size - shift, 1, shift), tin_node_part(graph, x, axis, 0, 1, size - shift)};
  return parts[0] && parts[1] ? tin_node_concat(graph, parts, 2, axis) : NULL;
}

tin_tensor *tin_roll_at(const char *file, int line, tin_tensor *x, tin_shape shifts, tin_axes axes) {
  struct tin_call call = tin_call_of(file, line, "roll");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  bool flat = axes.count == 0;
  if (axes.count < 0 || axes.count > TIN_RANK_LIMIT || shifts.rank != (flat ? 1 : axes.count)) {
    tin_call_fail(&call, "%d shifts are given for %d axes", shifts.rank, axes.count);
    return tin_call_poison(&call);
  }
  if (flat) {
    struct tin_node *rolled = roll(call.graph, make_reshape(call.graph, node, 1, &node->size), 0, shifts.size[0]);
    return tin_call_result(&call, make_reshape(call.graph, rolled, node->rank, node->shape));
  }
  for (int i = 0; i < axes.count; i++)
    if ((axes.axis[i] = tin_check_axis(&call, x, "x", node, axes.axis[i])) < 0)
      return tin_call_poison(&call);
  for (int i = 0; i < axes.count; i++)
    node = roll(call.graph, node, axes.axis[i], shifts.size[i]);
  return tin_call_result(&call, node);
}

/* ---- repetition ---- */

/* The axis `count` times as long: as a whole again and again, or each of its elements. Seen as three axes, so that any rank fits. */
static struct tin_node *repeat(struct tin_graph *graph, struct tin_node *x, int axis, int64_t count, bool each) {
  if (!x || count == 1)
    return x;
  int rank = x->rank;
  int64_t three[3] = {1, 1, 1}, shape[TIN_RANK_LIMIT];
  for (int i = 0; i < rank; i++) {
    three[i < axis || (i == axis && each) ? 0 : 2] *= x->shape[i];
    shape[i] = i == axis ? x->shape[i] * count : x->shape[i];
  }
  x = make_reshape(graph, x, 3, three);
  three[1] = count;
  return make_reshape(graph, make_broadcast(graph, x, 3, three), rank, shape);
}

/* Sizes times counts; false with the error recorded when that is no shape. */
static bool check_repeats(struct tin_call *call, const struct tin_node *x, const tin_shape *counts, tin_shape *shape, int64_t *size) {
  *shape = *counts;
  for (int i = 0; i < counts->rank; i++) {
    if (counts->size[i] < 0) {
      tin_call_fail(call, "count %lld of axis %d is negative", (long long)counts->size[i], i);
      return false;
    }
    if (__builtin_mul_overflow(counts->size[i], x->shape[i], &shape->size[i]))
      shape->size[i] = INT64_MAX;
  }
  return tin_check_shape(call, shape, (tin_dtype)x->dtype, size);
}

/* x with axes of size 1 put before and behind; ranks fit. */
static struct tin_node *with_unit_axes(struct tin_graph *graph, struct tin_node *x, int before, int behind) {
  int64_t shape[TIN_RANK_LIMIT];
  int rank = 0;
  for (int i = 0; i < before; i++)
    shape[rank++] = 1;
  for (int i = 0; i < x->rank; i++)
    shape[rank++] = x->shape[i];
  for (int i = 0; i < behind; i++)
    shape[rank++] = 1;
  return before + behind ? make_reshape(graph, x, rank, shape) : x;
}

static tin_tensor *repeat_all(struct tin_call *call, struct tin_node *node, const tin_shape *counts) {
  tin_shape shape;
  int64_t size;
  node = node && counts->rank > node->rank ? with_unit_axes(call->graph, node, counts->rank - node->rank, 0) : node;
  if (!node)
    return tin_call_result(call, NULL);
  if (!check_repeats(call, node, counts, &shape, &size))
    return tin_call_poison(call);
  if (size == 0) /* also where a size in between would be too large */
    return shape_of_nothing(call, node, &shape);
  for (int axis = 0; axis < counts->rank; axis++)
    node = repeat(call->graph, node, axis, counts->size[axis], false);
  return tin_call_result(call, node);
}

tin_tensor *tin_repeat_at(const char *file, int line, tin_tensor *x, tin_shape counts) {
  struct tin_call call = tin_call_of(file, line, "repeat");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (counts.rank < node->rank || counts.rank > TIN_RANK_LIMIT) {
    tin_call_fail(&call, "%d counts are given for %s; at least one an axis, at most %d (see tin_tile)", counts.rank,
                  tin_describe(x, "x", node).text, TIN_RANK_LIMIT);
    return tin_call_poison(&call);
  }
  return repeat_all(&call, node, &counts);
}

tin_tensor *tin_tile_at(const char *file, int line, tin_tensor *x, tin_shape counts) {
  struct tin_call call = tin_call_of(file, line, "tile");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (counts.rank < 0 || counts.rank > TIN_RANK_LIMIT) {
    tin_call_fail(&call, "a shape has at most %d axes, not %d", TIN_RANK_LIMIT, counts.rank);
    return tin_call_poison(&call);
  }
  tin_shape full = {.rank = counts.rank > node->rank ? counts.rank : node->rank};
  int missing = full.rank - counts.rank;
  for (int i = 0; i < full.rank; i++)
    full.size[i] = i < missing ? 1 : counts.size[i - missing];
  return repeat_all(&call, node, &full);
}

tin_tensor *tin_repeat_interleave_at(const char *file, int line, tin_tensor *x, int64_t count, int axis) {
  struct tin_call call = tin_call_of(file, line, "repeat_interleave");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int place = node ? tin_check_axis(&call, x, "x", node, axis) : -1;
  if (place < 0)
    return tin_call_poison(&call);
  tin_shape counts = {.rank = node->rank}, shape;
  int64_t size;
  for (int i = 0; i < node->rank; i++)
    counts.size[i] = i == place ? count : 1;
  if (!check_repeats(&call, node, &counts, &shape, &size))
    return tin_call_poison(&call);
  return size ? tin_call_result(&call, repeat(call.graph, node, place, count, true)) : shape_of_nothing(&call, node, &shape);
}

/* ---- axes ---- */

/* Axes counted from the front, each once; false with the error recorded. */
static bool count_axes(struct tin_call *call, tin_tensor *x, const struct tin_node *node, tin_axes *axes) {
  uint32_t mask = 0;
  if (axes->count && !tin_check_axes(call, x, "x", node, *axes, &mask))
    return false;
  for (int i = 0; i < axes->count; i++)
    axes->axis[i] += axes->axis[i] < 0 ? node->rank : 0;
  return true;
}

tin_tensor *tin_movedim_at(const char *file, int line, tin_tensor *x, tin_axes from, tin_axes to) {
  struct tin_call call = tin_call_of(file, line, "movedim");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (from.count != to.count) {
    tin_call_fail(&call, "%d axes are moved to %d places", from.count, to.count);
    return tin_call_poison(&call);
  }
  if (!count_axes(&call, x, node, &from) || !count_axes(&call, x, node, &to))
    return tin_call_poison(&call);
  int axes[TIN_RANK_LIMIT];
  uint32_t moved = 0, taken = 0;
  for (int i = 0; i < from.count; i++) {
    axes[to.axis[i]] = from.axis[i];
    moved |= 1u << from.axis[i];
    taken |= 1u << to.axis[i];
  }
  for (int place = 0, axis = 0; place < node->rank; place++) { /* the others stay in order in the places left */
    if (taken >> place & 1)
      continue;
    while (moved >> axis & 1)
      axis++;
    axes[place] = axis++;
  }
  return tin_call_result(&call, tin_node_permute(call.graph, node, axes));
}

tin_tensor *tin_rot90_at(const char *file, int line, tin_tensor *x, int times, int axis0, int axis1) {
  struct tin_call call = tin_call_of(file, line, "rot90");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  tin_axes pair = {2, {axis0, axis1}};
  if (!node || !count_axes(&call, x, node, &pair))
    return tin_call_poison(&call);
  int first = pair.axis[0], second = pair.axis[1], axes[TIN_RANK_LIMIT], turns = times & 3;
  for (int axis = 0; axis < node->rank; axis++)
    axes[axis] = axis == first ? second : axis == second ? first : axis;
  /* a quarter turn from the first axis to the second: the second reversed, then both change places; three: the other way round */
  uint32_t flipped[4] = {0, 1u << first, 1u << first | 1u << second, 1u << second};
  if (turns & 1)
    node = tin_node_permute(call.graph, node, axes);
  return tin_call_result(&call, node && turns ? tin_node_flip(call.graph, node, flipped[turns]) : node);
}

tin_tensor *tin_unflatten_at(const char *file, int line, tin_tensor *x, int axis, tin_shape sizes) {
  struct tin_call call = tin_call_of(file, line, "unflatten");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  int place = node ? tin_check_axis(&call, x, "x", node, axis) : -1;
  if (place < 0)
    return tin_call_poison(&call);
  tin_shape shape = {.rank = node->rank - 1 + sizes.rank};
  int64_t known = 1;
  int open = -1;
  bool valid = sizes.rank > 0 && shape.rank <= TIN_RANK_LIMIT;
  for (int i = 0; valid && i < sizes.rank; i++) {
    bool is_open = sizes.size[i] == -1 && open < 0;
    open = is_open ? i : open;
    valid = is_open || (sizes.size[i] >= 0 && !__builtin_mul_overflow(known, sizes.size[i], &known));
  }
  if (valid && open >= 0 && known && node->shape[place] % known == 0)
    sizes.size[open] = node->shape[place] / known;
  else if (!valid || open >= 0 || known != node->shape[place]) {
    int rank = sizes.rank < 0 ? 0 : sizes.rank > TIN_RANK_LIMIT ? TIN_RANK_LIMIT : sizes.rank;
    tin_call_fail(&call, "axis %d of %s does not become %s", place, tin_describe(x, "x", node).text,
                  tin_shape_words(rank, sizes.size).text);
    return tin_call_poison(&call);
  }
  memcpy(shape.size, node->shape, sizeof *shape.size * (size_t)place);
  memcpy(shape.size + place, sizes.size, sizeof *shape.size * (size_t)sizes.rank);
  memcpy(shape.size + place + sizes.rank, node->shape + place + 1, sizeof *shape.size * (size_t)(node->rank - place - 1));
  return tin_call_result(&call, make_reshape(call.graph, node, shape.rank, shape.size));
}

/* ---- pixel shuffle ---- */

/* The leading axes as one, six axes with the block's last or next to height and width, and the result's own sizes. */
static tin_tensor *shuffle(struct tin_call *call, struct tin_node *x, const int64_t *parts, const int *order, const int64_t *last) {
  int rank = x->rank;
  int64_t six[6] = {1}, shape[TIN_RANK_LIMIT];
  for (int i = 0; i < rank - 3; i++)
    six[0] *= shape[i] = x->shape[i];
  memcpy(six + 1, parts, sizeof *six * 5);
  memcpy(shape + rank - 3, last, sizeof *shape * 3);
  struct tin_node *split = make_reshape(call->graph, x, 6, six);
  split = split ? tin_node_permute(call->graph, split, order) : NULL;
  return tin_call_result(call, make_reshape(call->graph, split, rank, shape));
}

/* channels x height x width, the last three axes; NULL with the error recorded when there are fewer or the factor is no number. */
static const int64_t *image_sizes(struct tin_call *call, tin_tensor *x, const struct tin_node *node, int64_t factor) {
  if (node && node->rank >= 3 && factor > 0 && factor < INT32_MAX)
    return node->shape + node->rank - 3;
  if (node)
    tin_call_fail(call, "%s is no image [..., channels, height, width], or the factor %lld is not positive",
                  tin_describe(x, "x", node).text, (long long)factor);
  return NULL;
}

tin_tensor *tin_pixel_shuffle_at(const char *file, int line, tin_tensor *x, int64_t factor) {
  struct tin_call call = tin_call_of(file, line, "pixel_shuffle");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  const int64_t *size = image_sizes(&call, x, node, factor);
  if (!size)
    return tin_call_poison(&call);
  int64_t block = factor * factor;
  if (size[0] % block) {
    tin_call_fail(&call, "%lld channels of %s are no multiple of %lld", (long long)size[0], tin_describe(x, "x", node).text,
                  (long long)block);
    return tin_call_poison(&call);
  }
  int64_t channels = size[0] / block;
  return shuffle(&call, node, (int64_t[]){channels, factor, factor, size[1], size[2]}, (int[]){0, 1, 4, 2, 5, 3},
                 (int64_t[]){channels, size[1] * factor, size[2] * factor});
}

tin_tensor *tin_pixel_unshuffle_at(const char *file, int line, tin_tensor *x, int64_t factor) {
  struct tin_call call = tin_call_of(file, line, "pixel_unshuffle");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  const int64_t *size = image_sizes(&call, x, node, factor);
  if (!size)
    return tin_call_poison(&call);
  if (size[1] % factor || size[2] % factor) {
    tin_call_fail(&call, "height and width of %s are no multiples of %lld", tin_describe(x, "x", node).text, (long long)factor);
    return tin_call_poison(&call);
  }
  int64_t height = size[1] / factor, width = size[2] / factor;
  return shuffle(&call, node, (int64_t[]){size[0], height, factor, width, factor}, (int[]){0, 1, 3, 5, 2, 4},
                 (int64_t[]){size[0] * factor * factor, height, width});
}

/* ---- several tensors ---- */

bool tin_broadcast_tensors_at(const char *file, int line, tin_list tensors, tin_tensor **out) {
  struct tin_call call = tin_call_of(file, line, "broadcast_tensors");
  int count = tensors.at && tensors.count > 0 ? tensors.count : 0;
  if (!count || !out)
    return tin_call_poison_all(&call, out, tensors.count); /* no context is known: nobody hears of it */
  struct tin_node **nodes = tin_call_alloc(&call, (size_t)count, sizeof *nodes, count, tensors.at);
  bool done = nodes && tin_call_operands(&call, count, tensors.at, NULL, nodes) && tin_broadcast_all(&call, count, tensors.at, NULL, nodes);
  for (int i = 0; done && i < count; i++)
    out[i] = tin_call_result(&call, nodes[i]);
  free(nodes);
  return done || tin_call_poison_all(&call, out, count);
}

bool tin_meshgrid_at(const char *file, int line, tin_list tensors, const char *indexing, tin_tensor **out) {
  struct tin_call call = tin_call_of(file, line, "meshgrid");
  struct tin_node *nodes[TIN_RANK_LIMIT] = {0};
  int count = !tensors.at || tensors.count < 0 ? 0 : tensors.count > TIN_RANK_LIMIT ? TIN_RANK_LIMIT : tensors.count;
  if (!out || !tin_call_operands(&call, count, tensors.at, NULL, nodes))
    return tin_call_poison_all(&call, out, tensors.count);
  if (count < tensors.count) {
    tin_call_fail(&call, "a grid has at most %d axes, not %d", TIN_RANK_LIMIT, tensors.count);
    return tin_call_poison_all(&call, out, tensors.count);
  }
  bool xy = indexing && strcmp(indexing, "xy") == 0;
  if (!xy && (!indexing || strcmp(indexing, "ij") != 0)) {
    tin_call_fail(&call, "indexing is \"ij\" or \"xy\", not \"%s\"", indexing ? indexing : "NULL");
    return tin_call_poison_all(&call, out, tensors.count);
  }
  tin_shape shape = {.rank = count};
  int64_t size;
  for (int i = 0; i < count; i++) {
    if (nodes[i]->rank > 1) {
      tin_call_fail(&call, "%s must have one axis", tin_describe(tensors.at[i], tin_name_item(NULL, i).text, nodes[i]).text);
      return tin_call_poison_all(&call, out, count);
    }
    shape.size[xy && i < 2 && count > 1 ? 1 - i : i] = nodes[i]->size;
  }
  if (!tin_check_shape(&call, &shape, (tin_dtype)nodes[0]->dtype, &size))
    return tin_call_poison_all(&call, out, count);
  for (int i = 0; i < count; i++) {
    int place = xy && i < 2 && count > 1 ? 1 - i : i;
    struct tin_node *flat = make_reshape(call.graph, nodes[i], 1, &nodes[i]->size);
    struct tin_node *alone = flat ? with_unit_axes(call.graph, flat, place, count - 1 - place) : NULL;
    out[i] = tin_call_result(&call, make_broadcast(call.graph, alone, count, shape.size));
  }
  return true;
}

/* numpy's atleast_1d, 2d and 3d, then concat: 1-d tensors are rows (dstack: [1, n, 1]), 2-d ones get their third axis behind. */
static tin_tensor *join_as(const char *file, int line, const char *op, tin_list tensors, int rank, int axis) {
  struct tin_call call = tin_call_of(file, line, op);
  int count = tensors.at && tensors.count > 0 ? tensors.count : 0;
  tin_tensor **shaped = tin_call_alloc(&call, (size_t)count + 1, sizeof *shaped, count, tensors.at);
  struct tin_node **nodes = tin_call_alloc(&call, (size_t)count + 1, sizeof *nodes, count, tensors.at);
  tin_tensor *joined = NULL;
  if (shaped && nodes && count && tin_call_operands(&call, count, tensors.at, NULL, nodes)) {
    if (axis == 1 && rank == 1 && nodes[0]->rank <= 1)
      axis = 0; /* hstack of vectors */
    for (int i = 0; i < count; i++) {
      int behind = rank == 3 && nodes[i]->rank < 3, missing = rank - nodes[i]->rank - behind;
      struct tin_node *node = missing > 0 || behind ? with_unit_axes(call.graph, nodes[i], missing > 0 ? missing : 0, behind) : nodes[i];
      shaped[i] = node == nodes[i] ? tensors.at[i] : tin_call_result(&call, node);
    }
    joined = tin_concat_at(file, line, (tin_list){shaped, count}, axis);
  }
  free(shaped);
  free(nodes);
  return joined ? joined : tin_call_poison(&call);
}

tin_tensor *tin_hstack_at(const char *file, int line, tin_list tensors) {
  return join_as(file, line, "hstack", tensors, 1, 1);
}

tin_tensor *tin_vstack_at(const char *file, int line, tin_list tensors) {
  return join_as(file, line, "vstack", tensors, 2, 0);
}

tin_tensor *tin_dstack_at(const char *file, int line, tin_list tensors) {
  return join_as(file, line, "dstack", tensors, 3, 2);
}

/* ---- cross product ---- */

tin_tensor *tin_cross_at(const char *file, int line, tin_tensor *a, tin_tensor *b, int axis) {
  static const char *const names[] = {"a", "b"};
  struct tin_call call = tin_call_of(file, line, "cross");
  tin_tensor *tensors[] = {a, b};
  struct tin_node *nodes[2];
  if (!tin_call_operands(&call, 2, tensors, names, nodes) || !tin_coerce(&call, COERCE_ARITHMETIC, 2, tensors, names, nodes) ||
      !tin_broadcast_all(&call, 2, tensors, names, nodes))
    return tin_call_poison(&call);
  int place = tin_check_axis(&call, a, "a", nodes[0], axis);
  if (place < 0)
    return tin_call_poison(&call);
  for (int i = 0; i < 2; i++) {
    tin_shape own = tin_shape_of(tensors[i]);
    int at = place - (nodes[0]->rank - own.rank);
    if (at < 0 || own.size[at] != 3) {
      tin_call_fail(&call, "%s must have size 3 along axis %d", tin_describe(tensors[i], names[i], nodes[i]).text, axis);
      return tin_call_poison(&call);
    }
  }
  struct tin_node *turned[2][2]; /* component i+1, i+2 at place i */
  for (int i = 0; i < 2; i++)
    for (int by = 0; by < 2; by++)
      turned[i][by] = roll(call.graph, nodes[i], place, -1 - by);
  struct tin_node *left = make_binary(call.graph, OP_MUL, turned[0][0], turned[1][1]);
  struct tin_node *right = make_binary(call.graph, OP_MUL, turned[0][1], turned[1][0]);
  return tin_call_result(&call, make_binary(call.graph, OP_SUB, left, right));
}
