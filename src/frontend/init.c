/* Random streams on the host, and the initial values of parameters. */
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

/* Fills a float variable; what differs between initialisers. */
struct filler {
  enum { FILL_UNIFORM, FILL_NORMAL, FILL_CONSTANT } kind;
  double low, high;       /* FILL_UNIFORM; low: FILL_CONSTANT */
  double mean, deviation; /* FILL_NORMAL */
};

static void fill(void *data, tin_dtype dtype, int64_t size, const struct filler *filler, struct tin_stream *stream) {
  double pair[2];
  for (int64_t i = 0; i < size; i++) {
    if (filler->kind == FILL_UNIFORM) {
      tin_scalar_store(data, i, dtype,
                       tin_scalar_from_double(filler->low + (filler->high - filler->low) * tin_stream_uniform(stream), dtype));
    } else if (filler->kind == FILL_CONSTANT) {
      tin_scalar_store(data, i, dtype, tin_scalar_from_double(filler->low, dtype));
    } else {
      if (i % 2 == 0)
        tin_stream_normal_pair(stream, pair);
      tin_scalar_store(data, i, dtype, tin_scalar_from_double(filler->mean + filler->deviation * pair[i % 2], dtype));
    }
  }
}

static tin_tensor *fill_variable(const char *file, int line, const char *op, tin_tensor *variable, const struct filler *filler) {
  if (tin_is_poison(variable))
    return tin_neg_at(file, line, variable); /* words the error */
  struct tin_slot *slot = tin_slot_of(variable);
  tin_dtype dtype = tin_dtype_of(variable);
  if (slot->kind != SLOT_STORAGE || !tin_dtype_is_float(dtype))
    return tin_fail_at(file, line, slot->ctx, "%s: only float parameters, states and inputs can be initialised", op);
  int64_t size = tin_size_of(variable);
  size_t bytes = (size_t)size * tin_dtype_size(dtype);
  void *data = malloc(bytes ? bytes : 1);
  if (!data)
    return tin_fail_at(file, line, slot->ctx, "%s: out of memory for %zu bytes", op, bytes);
  struct tin_stream stream;
  tin_stream_seed(&stream, tin_seed_mix(slot->ctx->seed, slot->storage->variable.id));
  fill(data, dtype, size, filler, &stream);
  tin_write_at(file, line, variable, data, bytes);
  free(data);
  return variable;
}

tin_tensor *tin_init_uniform_at(const char *file, int line, tin_tensor *variable, double low, double high) {
  return fill_variable(file, line, "init_uniform", variable, &(struct filler){.kind = FILL_UNIFORM, .low = low, .high = high});
}

tin_tensor *tin_init_normal_at(const char *file, int line, tin_tensor *variable, double mean, double deviation) {
  return fill_variable(file, line, "init_normal", variable, &(struct filler){.kind = FILL_NORMAL, .mean = mean, .deviation = deviation});
}

tin_tensor *tin_init_constant_at(const char *file, int line, tin_tensor *variable, double value) {
  return fill_variable(file, line, "init_constant", variable, &(struct filler){.kind = FILL_CONSTANT, .low = value});
}

/* gain / sqrt(fan_in); 0 for a variable without inputs. */
static double kaiming_deviation(const tin_tensor *variable, double a) {
  tin_shape shape = tin_shape_of(variable);
  double fan_in = 1;
  for (int axis = 1; axis < shape.rank; axis++)
    fan_in *= (double)shape.size[axis];
  return fan_in > 0 ? sqrt(2 / (1 + a * a)) / sqrt(fan_in) : 0;
}

tin_tensor *tin_init_kaiming_uniform_at(const char *file, int line, tin_tensor *variable, double a) {
  double bound = sqrt(3) * kaiming_deviation(variable, a);
  return fill_variable(file, line, "init_kaiming_uniform", variable, &(struct filler){.kind = FILL_UNIFORM, .low = -bound, .high = bound});
}

tin_tensor *tin_init_kaiming_normal_at(const char *file, int line, tin_tensor *variable, double a) {
  double deviation = kaiming_deviation(variable, a);
  return fill_variable(file, line, "init_kaiming_normal", variable, &(struct filler){.kind = FILL_NORMAL, .deviation = deviation});
}
