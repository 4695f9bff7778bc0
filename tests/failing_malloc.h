/* Makes the library's allocations fail: after `allocations_left` more, all of them, or with `fail_once` one; at -1 none. Include it in at
 * most one file of a test; the build links such a test with --wrap for these functions (tests/meson.build). */
#ifndef TIN_TESTS_FAILING_MALLOC_H
#define TIN_TESTS_FAILING_MALLOC_H

#include <stdlib.h>

static long allocations_left = -1;
static int fail_once;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static int allocation_fails(void) {
  if (allocations_left > 0)
    allocations_left--;
  else if (allocations_left == 0) {
    allocations_left = fail_once ? -1 : 0;
    return 1;
  }
  return 0;
}

void *__wrap_malloc(size_t size) {
  return allocation_fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return allocation_fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size) {
  return allocation_fails() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  return allocation_fails() ? NULL : __real_aligned_alloc(alignment, size);
}

#endif
