/* Stable merge sort of one line, bottom up (Knuth, The Art of Computer Programming 3, 5.2.4, algorithm L without the lists): runs of RUN
 * elements by insertion, then merges from one half of the scratch to the other. Elements become integers of the same order first, so that
 * one comparison serves all dtypes and both directions. */
#include "ir/sort.h"

#include "ir/scalar.h"

#include <math.h>
#include <string.h>

struct keyed {
  uint64_t key;
  int position;
};

enum { RUN = 16 }; /* about where insertion stops being the faster one */

size_t tin_argsort_scratch(int64_t n) {
  return 2 * sizeof(struct keyed) * (size_t)n;
}

/* An unsigned integer that orders as the element does. */
static uint64_t key_of(const void *x, int64_t at, tin_dtype dtype) {
  const uint64_t sign = (uint64_t)1 << 63;
  uint64_t element = tin_scalar_load(x, at, dtype);
  if (!tin_dtype_is_float(dtype))
    return tin_dtypes[dtype].class == TIN_CLASS_SIGNED ? tin_scalar_cast(element, dtype, TIN_I64) ^ sign : element;
  double value = tin_scalar_to_double(element, dtype);
  uint64_t bits;
  if (isnan(value))
    return UINT64_MAX;
  value += 0.0; /* -0 becomes +0 */
  memcpy(&bits, &value, sizeof bits);
  return bits & sign ? ~bits : bits | sign;
}

static void insertion(struct keyed *line, int64_t n) {
  for (int64_t i = 1; i < n; i++) {
    struct keyed moved = line[i];
    int64_t at = i;
    for (; at > 0 && line[at - 1].key > moved.key; at--)
      line[at] = line[at - 1];
    line[at] = moved;
  }
}

/* from[0 .. middle) and from[middle .. n), both sorted, to one; of equal ones the left first. */
static void merge(const struct keyed *from, int64_t middle, int64_t n, struct keyed *to) {
  int64_t left = 0, right = middle;
  for (int64_t i = 0; i < n; i++) {
    bool take_left = right == n || (left < middle && from[left].key <= from[right].key);
    to[i] = from[take_left ? left++ : right++];
  }
}

void tin_argsort(const void *x, int dtype, long stride, long n, int descending, int *to, void *scratch) {
  struct keyed *line = scratch, *other = line + n;
  for (long i = 0; i < n; i++) {
    uint64_t key = key_of(x, i * stride, (tin_dtype)dtype);
    line[i] = (struct keyed){descending ? ~key : key, (int)i};
  }
  for (long begin = 0; begin < n; begin += RUN)
    insertion(line + begin, n - begin < RUN ? n - begin : RUN);
  for (long size = RUN; size < n; size *= 2) {
    for (long begin = 0; begin < n; begin += 2 * size) {
      long count = n - begin < 2 * size ? n - begin : 2 * size;
      merge(line + begin, count < size ? count : size, count, other + begin);
    }
    struct keyed *sorted = other;
    other = line;
    line = sorted;
  }
  for (long i = 0; i < n; i++)
    to[i * stride] = line[i].position;
}
