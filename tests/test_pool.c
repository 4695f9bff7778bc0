/* The thread pool: every item once, thread numbers, few items, sleeping and waking, fork, floating-point mode, quotas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

#include "failing_malloc.h"
#include "runtime/pool.h"

enum { MOST_ITEMS = 1000, MOST_THREADS = 8 };

struct visit {
  atomic_int items[MOST_ITEMS];
  atomic_int shares[MOST_THREADS];
  atomic_int mode_is_default;
};

static void count_items(void *argument, int thread, int64_t begin, int64_t end) {
  struct visit *visit = argument;
  for (int64_t i = begin; i < end; i++)
    atomic_fetch_add(&visit->items[i], 1);
  atomic_fetch_add(&visit->shares[thread], 1);
}

static void check_run(struct tin_pool *pool, int64_t count) {
  struct visit visit = {0};
  tin_pool_run(pool, count_items, &visit, count);
  for (int64_t i = 0; i < MOST_ITEMS; i++)
    assert_int_equal(visit.items[i], i < count);
  int sharers = count < tin_pool_threads(pool) ? (int)count : tin_pool_threads(pool);
  for (int i = 0; i < MOST_THREADS; i++)
    assert_int_equal(visit.shares[i], i < sharers);
}

static void test_every_item_once(void **state) {
  (void)state;
  for (int threads = 1; threads <= MOST_THREADS; threads++) {
    struct tin_pool *pool = tin_pool_new(threads);
    assert_non_null(pool);
    assert_int_equal(tin_pool_threads(pool), threads);
    static const int64_t counts[] = {0, 1, 2, 3, 7, 8, 9, 64, 999, 1000};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
      check_run(pool, counts[i]);
    tin_pool_free(pool);
  }
}

static void test_default_threads(void **state) {
  (void)state;
  struct tin_pool *pool = tin_pool_new(0);
  assert_int_equal(tin_pool_threads(pool), tin_pool_cpus());
  assert_true(tin_pool_cpus() >= 1);
  tin_pool_free(pool);
  tin_pool_free(NULL);
}

/* Launches of changing width, close together and apart, inside and outside of plans. */
static void test_sleep_and_wake(void **state) {
  (void)state;
  struct tin_pool *pool = tin_pool_new(4);
  for (int round = 0; round < 30; round++) {
    tin_pool_begin(pool);
    for (int i = 0; i < 20; i++)
      check_run(pool, (round + i * 7) % 11);
    if (round % 10 == 3)
      usleep(3000); /* longer than a worker spins in a plan */
    check_run(pool, 100);
    tin_pool_end(pool);
    if (round % 3 == 0)
      usleep(400);
  }
  tin_pool_free(pool);
}

static void test_fork(void **state) {
  (void)state;
  struct tin_pool *pool = tin_pool_new(3);
  check_run(pool, 100);
  for (int i = 0; i < 3; i++) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
      if (i == 1)
        tin_pool_begin(pool);
      if (i < 2) {
        struct visit visit = {0};
        tin_pool_run(pool, count_items, &visit, 100);
        for (int k = 0; k < 100; k++)
          if (visit.items[k] != 1)
            _exit(1);
        if (visit.shares[2] != 1)
          _exit(2);
      }
      tin_pool_free(pool);
      _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
  }
  check_run(pool, 100);
  tin_pool_free(pool);
}

#if defined(__SSE__)
static void look_at_mode(void *argument, int thread, int64_t begin, int64_t end) {
  (void)thread, (void)begin, (void)end;
  struct visit *visit = argument;
  atomic_fetch_add(&visit->mode_is_default, _mm_getcsr() == 0x1f80);
  _mm_setcsr(0x1f80 | 0x8000);
}

/* The caller flushes denormals and rounds up: kernels do not, and the caller still does afterwards. */
static void test_floating_point_mode(void **state) {
  (void)state;
  struct tin_pool *pool = tin_pool_new(3);
  unsigned before = _mm_getcsr(), unusual = 0x1f80 | 0x8040 | 0x4000;
  _mm_setcsr(unusual);
  for (int64_t count = 1; count <= 6; count++) {
    struct visit visit = {0};
    tin_pool_run(pool, look_at_mode, &visit, count);
    unsigned after = _mm_getcsr();
    if (after != unusual)
      _mm_setcsr(before);
    assert_int_equal(after, unusual);
    assert_int_equal(visit.mode_is_default, count < 3 ? count : 3);
  }
  _mm_setcsr(before);
  tin_pool_free(pool);
}
#endif

static char folder[] = "/tmp/tinsmith-pool-XXXXXX";

static const char *write_file(const char *name, const char *text) {
  static char path[256];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  for (char *slash = path + sizeof folder; (slash = strchr(slash, '/')); slash++) {
    *slash = 0;
    mkdir(path, 0700);
    *slash = '/';
  }
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
  return path;
}

static double quota_of(const char *membership) {
  return tin_pool_quota(write_file("cgroup", membership), folder);
}

static void test_quota(void **state) {
  (void)state;
  assert_non_null(mkdtemp(folder));
  assert_true(quota_of("0::/a/b\n") == 0);
  write_file("a/b/cpu.max", "max 100000\n");
  assert_true(quota_of("0::/a/b\n") == 0);
  write_file("a/cpu.max", "350000 100000\n");
  assert_true(quota_of("0::/a/b\n") == 3.5);
  write_file("a/b/cpu.max", "50000 100000\n");
  assert_true(quota_of("0::/a/b\n") == 0.5);
  assert_true(quota_of("0::/\n") == 0);
  write_file("cpu.max", "200000 100000\n");
  assert_true(quota_of("0::/../elsewhere\n") == 2);
  write_file("cpu/docker/x/cpu.cfs_quota_us", "-1\n");
  write_file("cpu/docker/x/cpu.cfs_period_us", "100000\n");
  assert_true(quota_of("5:cpuset:/y\n4:cpu,cpuacct:/docker/x\n") == 0);
  write_file("cpu/docker/x/cpu.cfs_quota_us", "150000\n");
  assert_true(quota_of("5:cpuset:/docker/x\n4:cpuacct,cpu:/docker/x\n") == 1.5);
  assert_true(quota_of("5:cpuset:/docker/x\nnonsense\n\n") == 0);
  assert_true(tin_pool_quota("/nowhere/at/all", folder) == 0);
  char command[64];
  snprintf(command, sizeof command, "rm -r %s", folder);
  assert_int_equal(system(command), 0);
}

static void test_out_of_memory(void **state) {
  (void)state;
  for (int n = 0; n < 2; n++) {
    allocations_left = n;
    assert_null(tin_pool_new(4));
  }
  allocations_left = -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_item_once),
    cmocka_unit_test(test_default_threads),
    cmocka_unit_test(test_sleep_and_wake),
    cmocka_unit_test(test_fork),
#if defined(__SSE__)
    cmocka_unit_test(test_floating_point_mode),
#endif
    cmocka_unit_test(test_quota),
    cmocka_unit_test(test_out_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
