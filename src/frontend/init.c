/* Random streams on the host, and initial values of parameters that are drawn one by one. Those with a structure: init_structured.c. */
#include "frontend/data.h"
#include "frontend/frontend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t rotate_left(uint64_t x, int by) {
  return x << by | x >> (64 - by);
}

/* The state is filled by splitmix64 (Steele, Lea, Flood 2014), as the authors of xoshiro advise. */
void tin_stream_seed(struct tin_stream *stream, uint64_t seed) {
  for (int i = 0; i < 4; i++) {
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    stream->state[i] = z ^ z >> 31;
  }
}

uint64_t tin_stream_next(struct tin_stream *stream) {
  uint64_t *s = stream->state, result = rotate_left(s[0] + s[3], 23) + s[0], t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

double tin_stream_uniform(struct tin_stream *stream) {
  return (double)(tin_stream_next(stream) >> 11) * 0x1p-53;
}

/* Multiplication with rejection: D. Lemire, "Fast random integer generation in an interval" (2019). */
uint64_t tin_stream_below(struct tin_stream *stream, uint64_t bound) {
  uint64_t lowest = -bound % bound;
  for (;;) {
    unsigned __int128 product = (unsigned __int128)tin_stream_next(stream) * bound;
    if ((uint64_t)product >= lowest)
      return (uint64_t)(product >> 64);
  }
}

/* Natural logarithm on (0, 1) by the atanh series: accurate to 1e-13, which the tails of a normal variate cannot show, and from IEEE
 * operations only, so that it is the same everywhere. */
static double log_series(double x) {
  int exponent = 0;
  while (x < 0.70710678118654752) {
    x *= 2;
    exponent--;
  }
  double r = (x - 1) / (x + 1), r2 = r * r, sum = 0; /* |r| <= 0.172: the terms fall by 0.03 */
  for (int k = 17; k >= 1; k -= 2)
    sum = sum * r2 + 1.0 / k;
  return 2 * r * sum + exponent * 0.69314718055994531;
}

/* Marsaglia's polar method (Marsaglia and Bray 1964). */
void tin_stream_normal_pair(struct tin_stream *stream, double out[2]) {
  double x, y, square;
  do {
    x = 2 * tin_stream_uniform(stream) - 1;
    y = 2 * tin_stream_uniform(stream) - 1;
    square = x * x + y * y;
  } while (square >= 1 || square == 0);
  double scale = sqrt(-2 * log_series(square) / square);
  out[0] = x * scale;
  out[1] = y * scale;
}

/* ---- initial values ---- */

enum { BLOCK = 256 }; /* numbers drawn at once; even, as normal numbers come in pairs */

/* Turns uniform numbers into quantiles of a normal distribution between two bounds, by the library's own erf and its inverse, which are the
 * same everywhere. */
static void quantiles(const struct tin_filler *filler, double *x, int count) {
  const double root = 1.4142135623730951, most = 1 - 0x1p-53;
  double at[2];
  uint64_t bits[BLOCK];
  for (int i = 0; i < 2; i++) {
    bits[0] = tin_scalar_from_double(((i ? filler->high : filler->low) - filler->mean) / (filler->deviation * root), TIN_F64);
    at[i] = tin_scalar_to_double(tin_scalar_eval(OP_ERF, TIN_F64, TIN_F64, bits), TIN_F64);
  }
  for (int i = 0; i < count; i++)
    bits[i] = tin_scalar_from_double(fmin(fmax(at[0] + (at[1] - at[0]) * x[i], -most), most), TIN_F64);
  tin_scalar_eval_many(OP_ERFINV, TIN_F64, TIN_F64, (const uint64_t *const[]){bits}, bits, count);
  for (int i = 0; i < count; i++)
    x[i] = fmin(fmax(filler->mean + filler->deviation * root * tin_scalar_to_double(bits[i], TIN_F64), filler->low), filler->high);
}

/* The numbers first .. first + count - 1. */
static void draw(const struct tin_filler *filler, struct tin_stream *stream, int64_t first, int count, double *out) {
  double pair[2];
  for (int i = 0; i < count; i++) {
    if (filler->kind == FILL_UNIFORM) {
      out[i] = filler->low + (filler->high - filler->low) * tin_stream_uniform(stream);
    } else if (filler->kind == FILL_NORMAL) {
      if (i % 2 == 0)
        tin_stream_normal_pair(stream, pair);
      out[i] = filler->mean + filler->deviation * pair[i % 2];
    } else {
      out[i] = filler->kind == FILL_TRUNCATED ? tin_stream_uniform(stream)
               : filler->kind == FILL_VALUES  ? filler->values[first + i]
                                              : filler->low;
    }
  }
  if (filler->kind == FILL_TRUNCATED)
    quantiles(filler, out, count);
}

static void fill(void *data, tin_dtype dtype, int64_t size, const struct tin_filler *filler, struct tin_stream *stream) {
  double block[BLOCK];
  for (int64_t first = 0; first < size; first += BLOCK) {
    int count = size - first < BLOCK ? (int)(size - first) : BLOCK;
    draw(filler, stream, first, count, block);
    for (int i = 0; i < count; i++)
      tin_scalar_store(data, first + i, dtype, tin_scalar_from_double(block[i], dtype));
  }
}

bool tin_init_check(const char *file, int line, const char *op, tin_tensor *variable, struct tin_stream *stream) {
  if (tin_is_poison(variable)) {
    tin_neg_at(file, line, variable); /* words the error */
    return false;
  }
  struct tin_slot *slot = tin_slot_of(variable);
  if (slot->kind != SLOT_STORAGE || !tin_dtype_is_float((int)tin_dtype_of(variable))) {
    tin_fail_at(file, line, slot->ctx, "%s: only float parameters, states and inputs can be initialised", op);
    return false;
  }
  tin_stream_seed(stream, tin_seed_mix(slot->ctx->seed, slot->storage->variable.id));
  return true;
}

tin_tensor *tin_init_fill(const char *file, int line, const char *op, tin_tensor *variable, const struct tin_filler *filler) {
  struct tin_stream stream;
  if (!tin_init_check(file, line, op, variable, &stream))
    return tin_call_poison(&(struct tin_call){.ctx = tin_ctx_of(variable)});
  tin_dtype dtype = tin_dtype_of(variable);
  int64_t size = tin_size_of(variable);
  size_t bytes = (size_t)size * tin_dtype_size(dtype);
  void *data = malloc(bytes ? bytes : 1);
  if (!data)
    return tin_fail_at(file, line, tin_ctx_of(variable), "%s: out of memory for %zu bytes", op, bytes);
  fill(data, dtype, size, filler, &stream);
  tin_write_at(file, line, variable, data, bytes);
  free(data);
  return variable;
}

tin_tensor *tin_init_uniform_at(const char *file, int line, tin_tensor *variable, double low, double high) {
  return tin_init_fill(file, line, "init_uniform", variable, &(struct tin_filler){.kind = FILL_UNIFORM, .low = low, .high = high});
}

tin_tensor *tin_init_normal_at(const char *file, int line, tin_tensor *variable, double mean, double deviation) {
  return tin_init_fill(file, line, "init_normal", variable,
                       &(struct tin_filler){.kind = FILL_NORMAL, .mean = mean, .deviation = deviation});
}

tin_tensor *tin_init_constant_at(const char *file, int line, tin_tensor *variable, double value) {
  return tin_init_fill(file, line, "init_constant", variable, &(struct tin_filler){.kind = FILL_CONSTANT, .low = value});
}

tin_tensor *tin_init_truncated_normal_at(const char *file, int line, tin_tensor *variable, double mean, double deviation, double low,
                                         double high) {
  if (!tin_is_poison(variable) && (!(low <= high) || !(deviation > 0)))
    return tin_fail_at(file, line, tin_ctx_of(variable), "init_truncated_normal: bounds %g and %g or deviation %g make no sense", low, high,
                       deviation);
  struct tin_filler filler = {.kind = FILL_TRUNCATED, .mean = mean, .deviation = deviation, .low = low, .high = high};
  return tin_init_fill(file, line, "init_truncated_normal", variable, &filler);
}

/* ---- by fans ---- */

static const struct {
  const char *name;
  double gain; /* 0: depends on a slope */
} gains[] = {{"linear", 1},           {"conv1d", 1},           {"conv2d", 1},  {"conv3d", 1},     {"conv_transpose1d", 1},
             {"conv_transpose2d", 1}, {"conv_transpose3d", 1}, {"sigmoid", 1}, {"tanh", 5.0 / 3}, {"relu", 1.4142135623730951},
             {"leaky_relu", 0},       {"selu", 0.75}};

double tin_gain(const char *nonlinearity, double slope) {
  for (size_t i = 0; nonlinearity && i < sizeof gains / sizeof *gains; i++)
    if (!strcmp(nonlinearity, gains[i].name))
      return gains[i].gain != 0 ? gains[i].gain : sqrt(2 / (1 + slope * slope));
  return NAN;
}

/* The product of all sizes but the first, but the second. */
static void fans(const tin_tensor *variable, double *in, double *out) {
  tin_shape shape = tin_shape_of(variable);
  *in = *out = 1;
  for (int axis = 0; axis < shape.rank; axis++) {
    *in *= axis == 0 ? 1 : (double)shape.size[axis];
    *out *= axis == 1 ? 1 : (double)shape.size[axis];
  }
}

/* Numbers of the deviation gain / sqrt(fan); 0 where there is no fan. */
static tin_tensor *by_fan(const struct tin_init_options *args, const char *op, double gain, double fan, bool is_uniform) {
  double deviation = fan > 0 ? gain / sqrt(fan) : 0, bound = sqrt(3) * deviation;
  struct tin_filler filler = {.kind = is_uniform ? FILL_UNIFORM : FILL_NORMAL, .low = -bound, .high = bound, .deviation = deviation};
  if (!tin_is_poison(args->variable) && (tin_shape_of(args->variable).rank < 2 || isnan(gain)))
    return tin_fail_at(args->file, args->line, tin_ctx_of(args->variable),
                       isnan(gain) ? "%s: there is no nonlinearity \"%s\"" : "%s: fans need two axes or more", op,
                       args->nonlinearity ? args->nonlinearity : "");
  return tin_init_fill(args->file, args->line, op, args->variable, &filler);
}

static tin_tensor *kaiming(const struct tin_init_options *args, const char *op, bool is_uniform) {
  double in, out, gain = tin_gain(args->nonlinearity ? args->nonlinearity : "leaky_relu", args->a);
  fans(args->variable, &in, &out);
  return by_fan(args, op, gain, args->fan_out ? out : in, is_uniform);
}

static tin_tensor *xavier(const struct tin_init_options *args, const char *op, bool is_uniform) {
  double in, out;
  fans(args->variable, &in, &out);
  return by_fan(args, op, args->gain == 0 ? 1 : args->gain, (in + out) / 2, is_uniform);
}

tin_tensor *tin_init_kaiming_uniform_args(struct tin_init_options args) {
  return kaiming(&args, "init_kaiming_uniform", true);
}

tin_tensor *tin_init_kaiming_normal_args(struct tin_init_options args) {
  return kaiming(&args, "init_kaiming_normal", false);
}

tin_tensor *tin_init_xavier_uniform_args(struct tin_init_options args) {
  return xavier(&args, "init_xavier_uniform", true);
}

tin_tensor *tin_init_xavier_normal_args(struct tin_init_options args) {
  return xavier(&args, "init_xavier_normal", false);
}
