/* The thread pool: runs fn(argument, thread, begin, end) over the items 0 .. count-1, split statically into one contiguous share a thread.
 *
 * The calling thread takes the first share. Workers start when they are first needed; they spin for a while (by time; longer while a plan
 * runs, between tin_pool_begin and tin_pool_end), then sleep. Whoever waits long gives its CPU to others that want it. The pool is rebuilt
 * in the child after fork (detected by pid). One pool belongs to one context; calls come from one thread at a time and never from fn.
 * fn runs with the default floating-point mode (MXCSR on x86: round to nearest, denormals kept), whatever the caller has set.
 */
#ifndef TIN_RUNTIME_POOL_H
#define TIN_RUNTIME_POOL_H

#include <stdint.h>

struct tin_pool;
typedef void tin_pool_fn(void *argument, int thread, int64_t begin, int64_t end);

/* CPUs that this process may use: affinity and cgroup v1/v2 quota, at least 1. */
int tin_pool_cpus(void);
/* CPUs that the cgroup quotas allow, or 0 for no limit. `membership`: /proc/self/cgroup; `root`: /sys/fs/cgroup; others in tests. */
double tin_pool_quota(const char *membership, const char *root);
/* Threads with the caller among them; 0: tin_pool_cpus(). NULL when out of memory. Where the system refuses a thread later, fewer run. */
struct tin_pool *tin_pool_new(int threads);
void tin_pool_free(struct tin_pool *pool); /* NULL is allowed */
int tin_pool_threads(const struct tin_pool *pool);
void tin_pool_begin(struct tin_pool *pool); /* a plan starts: workers may spin */
void tin_pool_end(struct tin_pool *pool);
/* Fork-join. With count < 2 or one thread, everything runs on the caller as thread 0. */
void tin_pool_run(struct tin_pool *pool, tin_pool_fn *fn, void *argument, int64_t count);

#endif
