/* The same tensors computed on every target that the CPU has, with one thread and with several, fused and not: equal bits. */
#ifndef TIN_TESTS_WAYS_H
#define TIN_TESTS_WAYS_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/kernel.h"
#include "runtime/execute.h"

enum { WAYS_MAX_RESULTS = 128 };

/* Puts its results into out and returns how many. */
typedef int ways_build(tin_ctx *ctx, const void *data, tin_tensor **out);

/* NaN is one value, whatever its bits. */
static inline void ways_canonical(tin_dtype dtype, void *data, int64_t size) {
  for (int64_t i = 0; i < size; i++)
    if (dtype == TIN_F32 && isnan(((float *)data)[i]))
      ((float *)data)[i] = NAN;
    else if (dtype == TIN_F64 && isnan(((double *)data)[i]))
      ((double *)data)[i] = NAN;
}

static inline void ways_read(int line, tin_tensor *t, unsigned char **data, size_t *bytes) {
  *bytes = (size_t)tin_size_of(t) * tin_dtype_size(tin_dtype_of(t));
  *data = malloc(*bytes + 1);
  assert_non_null(*data);
  if (!tin_read(t, *data, *bytes))
    fail_msg("line %d: %s", line, tin_message(tin_ctx_of(t)));
  ways_canonical(tin_dtype_of(t), *data, tin_size_of(t));
}

static inline void compare_ways(int line, ways_build *build, const void *data) {
  static const struct {
    const char *target;
    int threads;
    uint32_t fuse_off;
  } ways[] = {{"interpreter", 1, 0}, {"portable", 1, 0}, {"portable", 3, TIN_FUSE_ALL}, {"avx2", 1, TIN_FUSE_ALL},
              {"avx2", 3, 0},        {"avx512", 2, 0},   {"avx512", 1, TIN_FUSE_ALL}};
  unsigned char *reference[WAYS_MAX_RESULTS] = {0};
  int count = 0;
  for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
    const struct tin_codegen_target *target = tin_codegen_target_find(ways[w].target);
    if (target && !tin_codegen_target_usable(target))
      continue;
    tin_ctx *ctx = good_ctx((struct tin_ctx_options){.target = ways[w].target, .threads = ways[w].threads, .fuse_off = ways[w].fuse_off});
    tin_tensor *results[WAYS_MAX_RESULTS];
    count = build(ctx, data, results);
    tin_realize(((tin_list){results, count}));
    for (int i = 0; i < count; i++) {
      unsigned char *got;
      size_t bytes;
      ways_read(line, results[i], &got, &bytes);
      if (reference[i] && memcmp(reference[i], got, bytes))
        fail_msg("line %d: result %d differs on %s with %d threads, fuse_off %u", line, i, ways[w].target, ways[w].threads,
                 (unsigned)ways[w].fuse_off);
      if (reference[i])
        free(got);
      else
        reference[i] = got;
    }
    end_ctx(ctx);
  }
  for (int i = 0; i < count; i++)
    free(reference[i]);
}

#endif
