/* Resizing of spatial axes. Positions and weights are tables made here, axis by axis, in the arithmetic of PyTorch (UpSample.h): single
 * precision for f32 and for nearest, double for f64. */
#include "frontend/spatial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tinsmith_nn.h"

enum { MAX_TAPS = 4 };

struct resizing {
  struct tin_call call;
  tin_tensor *tensor;
  struct tin_node *x;
  bool batched, align_corners, single; /* single: float arithmetic */
  tin_interpolation mode;
  int dims;
  int64_t in[SPATIAL_MAX], out[SPATIAL_MAX];
  double scale[SPATIAL_MAX]; /* the caller's factor, or 0 */
};

/* ---- positions and weights along one axis ---- */

/* A step of single or double precision. */
static double rounded(const struct resizing *r, double value) {
  return r->single ? (double)(float)value : value;
}

static int64_t clamp(int64_t value, int64_t high) {
  return value < 0 ? 0 : value > high ? high : value;
}

static int64_t nearest(const struct resizing *r, int axis, int64_t o) {
  int64_t in = r->in[axis], out = r->out[axis];
  float scale = r->scale[axis] > 0 ? (float)(1 / r->scale[axis]) : (float)in / (float)out;
  bool exact = r->mode == TIN_NEAREST_EXACT;
  if (in == out)
    return o;
  if (!exact && out == 2 * in)
    return o / 2;
  return clamp((int64_t)floorf(((float)o + (exact ? 0.5f : 0.0f)) * scale), in - 1);
}

/* The place in the input that an element of the output stands for. */
static double source(const struct resizing *r, int axis, int64_t o) {
  int64_t in = r->in[axis], out = r->out[axis];
  double scale;
  if (r->align_corners) {
    scale = out > 1 ? rounded(r, rounded(r, (double)(in - 1)) / (double)(out - 1)) : 0;
    return rounded(r, scale * (double)o);
  }
  scale = r->scale[axis] > 0 ? rounded(r, 1 / r->scale[axis]) : rounded(r, (double)in / (double)out);
  double place = rounded(r, rounded(r, scale * rounded(r, (double)o + 0.5)) - 0.5);
  return place < 0 && r->mode == TIN_LINEAR ? 0 : place;
}

/* Keys, "Cubic convolution interpolation for digital image processing" (1981), with a = -3/4 as PyTorch: the weight of an element at this
 * distance. */
static double keys(const struct resizing *r, double distance) {
  const double a = -0.75;
  double x = fabs(distance);
  if (x <= 1)
    return rounded(r, ((a + 2) * x - (a + 3)) * x * x + 1);
  return rounded(r, ((a * x - 5 * a) * x + 8 * a) * x - 4 * a);
}

/* The elements that go into an element of the output, with their weights; returns how many. */
static int taps(const struct resizing *r, int axis, int64_t o, int64_t *position, double *weight) {
  int64_t last = r->in[axis] - 1;
  if (r->mode != TIN_LINEAR && r->mode != TIN_CUBIC) {
    position[0] = nearest(r, axis, o);
    return 1;
  }
  double place = source(r, axis, o), below = floor(place);
  if (r->mode == TIN_LINEAR) {
    position[0] = clamp((int64_t)below, last);
    position[1] = clamp(position[0] + 1, last);
    double rest = rounded(r, place - (double)position[0]);
    weight[1] = rest > 1 ? 1 : rest;
    weight[0] = rounded(r, 1 - weight[1]);
    return 2;
  }
  double rest = rounded(r, place - below);
  for (int t = 0; t < 4; t++) {
    position[t] = clamp((int64_t)below - 1 + t, last);
    weight[t] = keys(r, rest + 1 - t);
  }
  return 4;
}

/* ---- tables as tensors ---- */

static struct tin_node *leaf(struct resizing *r, tin_dtype dtype, tin_shape shape, const void *data) {
  return tin_call_operand(&r->call, tin_from_table(&r->call, dtype, shape, data), "table");
}

/* Weights of one tap along the axis, [1, ..., out, ..., 1] in x's dtype. */
static struct tin_node *weight_leaf(struct resizing *r, int axis, double *weights) {
  int64_t out = r->out[axis], shape[TIN_MAX_RANK];
  for (int i = 0; i < r->x->rank; i++)
    shape[i] = i == 2 + axis ? out : 1;
  if (r->x->dtype == TIN_F32) /* narrowed in place: element i lies at or before double i */
    for (int64_t i = 0; i < out; i++) {
      float narrow = (float)weights[i];
      memcpy((char *)weights + i * (int64_t)sizeof narrow, &narrow, sizeof narrow);
    }
  tin_shape sizes = {.rank = 1, .size = {out}};
  struct tin_node *node = leaf(r, (tin_dtype)r->x->dtype, sizes, weights);
  return make_reshape(r->call.graph, node, r->x->rank, shape);
}

/* x resized along one axis: a sum over taps, in order. NULL with the error recorded. */
static struct tin_node *resize_axis(struct resizing *r, struct tin_node *x, int axis) {
  struct tin_graph *graph = r->call.graph;
  int64_t out = r->out[axis], position[MAX_TAPS];
  double weight[MAX_TAPS], *weights = tin_call_alloc(&r->call, (size_t)(MAX_TAPS * out) + 1, sizeof *weights, 1, &r->tensor);
  int64_t *positions = weights ? tin_call_alloc(&r->call, (size_t)(MAX_TAPS * out) + 1, sizeof *positions, 1, &r->tensor) : NULL;
  struct tin_node *sum = NULL;
  int n = 0;
  for (int64_t o = 0; positions && o < out; o++) {
    n = taps(r, axis, o, position, weight);
    for (int t = 0; t < n; t++) {
      positions[t * out + o] = position[t];
      weights[t * out + o] = n > 1 ? weight[t] : 1;
    }
  }
  tin_shape shape = {.rank = 1, .size = {out}};
  for (int t = 0; t < n && (t == 0 || sum); t++) {
    struct tin_node *part = make_gather(graph, x, leaf(r, TIN_I64, shape, positions + t * out), 2 + axis);
    if (n > 1) {
      struct tin_node *factor = weight_leaf(r, axis, weights + t * out);
      part = make_binary(graph, OP_MUL, part, part && factor ? make_expand_like(graph, factor, part) : NULL);
    }
    sum = t ? make_binary(graph, OP_ADD, sum, part) : part;
  }
  free(positions);
  free(weights);
  return sum;
}

/* ---- the call ---- */

static bool read_size(struct resizing *r, const struct tin_interpolate_options *args, int axis) {
  int64_t size = args->size[axis];
  double factor = args->scale_factor[axis];
  if (axis >= r->dims) {
    if (size || factor != 0)
      tin_call_fail(&r->call, "size and scale_factor name axis %d of %d spatial axes", axis, r->dims);
    return !size && factor == 0;
  }
  r->in[axis] = r->x->shape[2 + axis];
  double scaled = size ? (double)size : floor((double)r->in[axis] * factor);
  if ((size != 0) == (factor != 0) || !(scaled >= 1 && scaled <= INT32_MAX) || r->in[axis] < 1) {
    tin_call_fail(&r->call, "spatial axis %d of %s: size %lld and scale_factor %g; one of them, for each axis, gives the new size", axis,
                  tin_describe(r->tensor, "x", r->x).text, (long long)size, factor);
    return false;
  }
  r->out[axis] = (int64_t)scaled;
  r->scale[axis] = factor;
  return true;
}

static bool begin(struct resizing *r, const struct tin_interpolate_options *args) {
  const char *name = "x";
  *r = (struct resizing){.call = tin_call_of(args->file, args->line, "interpolate"), .tensor = args->x, .mode = args->mode};
  bool weighs = args->mode == TIN_LINEAR || args->mode == TIN_CUBIC;
  struct tin_node *x = tin_call_operand(&r->call, args->x, name);
  if (!x || !tin_coerce(&r->call, weighs ? COERCE_FLOAT : COERCE_NONE, 1, &r->tensor, &name, &x))
    return false;
  if ((unsigned)args->mode > TIN_CUBIC || (args->align_corners && !weighs)) {
    tin_call_fail(&r->call, (unsigned)args->mode > TIN_CUBIC ? "mode %d is none" : "mode %d has no align_corners", (int)args->mode);
    return false;
  }
  if (x->rank < 3 || x->rank > 2 + SPATIAL_MAX) {
    tin_call_fail(&r->call, "%s has not the axes [N, C] and one to three spatial ones", tin_describe(args->x, name, x).text);
    return false;
  }
  r->x = x;
  r->dims = x->rank - 2;
  r->align_corners = args->align_corners;
  r->single = x->dtype == TIN_F32;
  for (int axis = 0; axis < SPATIAL_MAX; axis++)
    if (!read_size(r, args, axis))
      return false;
  tin_shape shape = {.rank = x->rank, .size = {x->shape[0], x->shape[1]}};
  memcpy(shape.size + 2, r->out, sizeof *r->out * (size_t)r->dims);
  int64_t size;
  return tin_check_shape(&r->call, &shape, (tin_dtype)x->dtype, &size);
}

tin_tensor *tin_interpolate_args(struct tin_interpolate_options args) {
  struct resizing r;
  if (!begin(&r, &args))
    return tin_call_poison(&r.call);
  struct tin_node *y = r.x;
  for (int axis = r.dims - 1; y && axis >= 0; axis--) /* the last axis first, as PyTorch */
    if (r.in[axis] != r.out[axis])
      y = resize_axis(&r, y, axis);
  return tin_call_result(&r.call, y);
}
