/* Buffers: alignment, slack, recycling, the bound of the cache, memory running out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "failing_malloc.h"
#include "runtime/buffer.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

static void test_alignment_and_slack(void **state) {
  (void)state;
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  assert_non_null(pool);
  static const size_t sizes[] = {0, 1, 63, 64, 65, 4000, 4032, 4033, 100000, 5u << 20};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    struct tin_buffer *buffer = tin_buffer_new(pool, sizes[i]);
    assert_non_null(buffer);
    assert_int_equal(buffer->bytes, sizes[i]);
    assert_int_equal(buffer->references, 1);
    assert_int_equal((uintptr_t)buffer->data % 64, 0);
#ifdef __SANITIZE_ADDRESS__ /* there the slack is fenced off, for all but machine code of kernels */
    memset(buffer->data, 1, sizes[i]);
    assert_true(__asan_address_is_poisoned((char *)buffer->data + sizes[i]));
    assert_true(__asan_address_is_poisoned((char *)buffer->data + sizes[i] + 63));
#else
    memset(buffer->data, 1, sizes[i] + 64); /* the slack is ours too: valgrind would tell */
#endif
    assert_true(tin_buffer_pool_bytes(pool) >= sizes[i] + 64);
    tin_buffer_drop(buffer);
  }
  tin_buffer_drop(NULL);
  tin_buffer_pool_free(pool);
  tin_buffer_pool_free(NULL);
}

static void test_references(void **state) {
  (void)state;
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  struct tin_buffer *buffer = tin_buffer_new(pool, 100);
  assert_ptr_equal(tin_buffer_keep(buffer), buffer);
  tin_buffer_drop(buffer);
  struct tin_buffer *other = tin_buffer_new(pool, 100);
  assert_ptr_not_equal(other->data, buffer->data); /* still in use */
  tin_buffer_drop(other);
  tin_buffer_drop(buffer);
  tin_buffer_pool_free(pool);
}

static void test_recycles_by_size(void **state) {
  (void)state;
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  void *data[40];
  struct tin_buffer *buffers[40];
  for (size_t i = 0; i < 40; i++) {
    buffers[i] = tin_buffer_new(pool, 1000 * i);
    data[i] = buffers[i]->data;
  }
  size_t bytes = tin_buffer_pool_bytes(pool);
  assert_int_equal(tin_buffer_pool_peak(pool), bytes);
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < 40; i++)
      tin_buffer_drop(buffers[i]);
    assert_int_equal(tin_buffer_pool_bytes(pool), bytes);
    for (int i = 39; i >= 0; i--) {
      buffers[i] = tin_buffer_new(pool, 1000 * (size_t)i);
      int known = 0;
      for (int k = 0; k < 40; k++)
        known += data[k] == buffers[i]->data;
      assert_int_equal(known, 1);
    }
    assert_int_equal(tin_buffer_pool_peak(pool), bytes);
  }
  for (int i = 0; i < 40; i++)
    tin_buffer_drop(buffers[i]);
  tin_buffer_pool_free(pool);
}

/* The cache holds 256 MiB at most here; the pages are never touched, so this costs no memory. */
static void test_cache_is_bounded(void **state) {
  (void)state;
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  for (size_t i = 0; i < 60; i++) {
    tin_buffer_drop(tin_buffer_new(pool, ((size_t)10 << 20) + i * 4096));
    assert_true(tin_buffer_pool_bytes(pool) <= (size_t)256 << 20);
  }
  assert_true(tin_buffer_pool_bytes(pool) > (size_t)240 << 20);
  tin_buffer_pool_free(pool);
}

static void test_pool_freed_first(void **state) {
  (void)state;
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  struct tin_buffer *one = tin_buffer_new(pool, 10), *two = tin_buffer_new(pool, 10);
  tin_buffer_pool_free(pool);
  memset(one->data, 0, 10);
  tin_buffer_drop(one);
  memset(two->data, 0, 10);
  tin_buffer_drop(two);
}

static void test_out_of_memory(void **state) {
  (void)state;
  allocations_left = 0;
  struct tin_buffer_pool *pool = tin_buffer_pool_new();
  assert_null(pool);
  allocations_left = -1;
  pool = tin_buffer_pool_new();
  assert_null(tin_buffer_new(pool, SIZE_MAX));
  assert_null(tin_buffer_new(pool, SIZE_MAX - 70));
  tin_buffer_drop(tin_buffer_new(pool, 100));
  for (int n = 0; n < 2; n++) {
    allocations_left = n;
    assert_null(tin_buffer_new(pool, 5000));
    assert_int_equal(tin_buffer_pool_bytes(pool), 0); /* the cache was given up first */
  }
  allocations_left = -1;
  struct tin_buffer *buffer = tin_buffer_new(pool, 5000);
  assert_non_null(buffer);
  tin_buffer_drop(buffer);
  tin_buffer_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_alignment_and_slack), cmocka_unit_test(test_references),       cmocka_unit_test(test_recycles_by_size),
      cmocka_unit_test(test_cache_is_bounded),    cmocka_unit_test(test_pool_freed_first), cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
