/* The thread pool: see pool.h.
 *
 * Each worker has a gate of its own on which it waits for its next share, and the caller waits on one gate that counts the shares still
 * running. A gate is a number on its own cache line: who waits spins on it, then yields, then sleeps on a condition variable. Spinning
 * alone collapses when more threads want to run than there are CPUs: a preempted worker holds everybody up for a scheduler period. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "runtime/pool.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

enum {
  CACHE_LINE = 64,
  MOST_THREADS = 1024,
  PAUSES = 32,                  /* between two looks at the clock: about 0.4 us, where a look takes 0.03 */
  YIELD_AFTER_NS = 50 * 1000,   /* longer than the imbalance of a good split; a scheduler period is some ms */
  YIELD_CROWDED_NS = 1000,      /* the same where the pool alone has more threads than there are CPUs */
  SPIN_NS = 100 * 1000,         /* outside of plans: bridges the time in which a training loop builds its next graph */
  SPIN_IN_PLAN_NS = 1000 * 1000 /* inside: bridges kernels that run on the caller alone */
};

/* What a thread is to do in a launch. */
struct share {
  tin_pool_fn *fn;
  void *argument;
  int64_t begin, end;
};

/* What a worker needs to start stands in one cache line, written by the caller alone while it waits: one transfer starts it. */
struct gate {
  _Alignas(CACHE_LINE) atomic_uint value;
  atomic_int sleepers;
  struct share share; /* of workers' gates: written before the gate opens */
  pthread_mutex_t mutex;
  pthread_cond_t changed;
};

struct worker {
  struct gate gate; /* counts the shares given to this worker */
  struct tin_pool *pool;
  int thread; /* its number; the caller is 0 */
  pthread_t id;
};

struct tin_pool {
  struct gate running;    /* shares given to workers and not yet finished */
  struct worker *workers; /* threads - 1 */
  int threads;
  int started;         /* workers that exist */
  int64_t yield_after; /* ns of spinning after which a thread lets others have its CPU */
  bool refused;        /* the system refused one: do not ask again */
  pid_t owner;         /* process that started them */
  atomic_bool in_plan;
  bool stop; /* the next share means: end */
};
_Static_assert(offsetof(struct gate, mutex) <= CACHE_LINE, "a share starts with one line");

static void gate_init(struct gate *gate) {
  atomic_init(&gate->value, 0);
  atomic_init(&gate->sleepers, 0);
  pthread_mutex_init(&gate->mutex, NULL);
  pthread_cond_init(&gate->changed, NULL);
}

static void gate_destroy(struct gate *gate) {
  pthread_mutex_destroy(&gate->mutex);
  pthread_cond_destroy(&gate->changed);
}

/* Adds to the value and wakes who sleeps. Either this sees the sleeper, or the sleeper, who counts itself first, sees the new value. */
static void gate_add(struct gate *gate, unsigned add) {
  atomic_fetch_add(&gate->value, add);
  if (atomic_load(&gate->sleepers)) {
    pthread_mutex_lock(&gate->mutex);
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->mutex);
  }
}

static void gate_sleep(struct gate *gate, unsigned old) {
  pthread_mutex_lock(&gate->mutex);
  atomic_fetch_add(&gate->sleepers, 1);
  while (atomic_load(&gate->value) == old)
    pthread_cond_wait(&gate->changed, &gate->mutex);
  atomic_fetch_sub(&gate->sleepers, 1);
  pthread_mutex_unlock(&gate->mutex);
}

static int64_t now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void pause_cpu(void) {
#if defined(__SSE__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* Waits until the value is no longer `old`, and returns it. */
static unsigned gate_wait(struct gate *gate, unsigned old, const struct tin_pool *pool) {
  unsigned value;
  int64_t began = 0;
  while ((value = atomic_load_explicit(&gate->value, memory_order_acquire)) == old) {
    for (int i = 0; i < PAUSES && atomic_load_explicit(&gate->value, memory_order_acquire) == old; i++)
      pause_cpu();
    int64_t now = now_ns();
    if (!began)
      began = now;
    if (now - began > (atomic_load_explicit(&pool->in_plan, memory_order_relaxed) ? SPIN_IN_PLAN_NS : SPIN_NS))
      gate_sleep(gate, old);
    else if (now - began > pool->yield_after)
      sched_yield();
  }
  return value;
}

/* Calls fn with its share, in the default floating-point mode: results must not depend on what the calling program has set. */
static void run_share(const struct share *share, int thread) {
#if defined(__SSE__)
  enum { DEFAULT_MXCSR = 0x1f80 }; /* Intel SDM 1, 10.2.3: all exceptions masked, nearest, no flush to zero */
  unsigned mode = _mm_getcsr();
  _mm_setcsr(DEFAULT_MXCSR);
  share->fn(share->argument, thread, share->begin, share->end);
  _mm_setcsr(mode);
#else
  share->fn(share->argument, thread, share->begin, share->end);
#endif
}

static void *work(void *argument) {
  struct worker *worker = argument;
  struct tin_pool *pool = worker->pool;
  for (unsigned shares = 0;;) {
    shares = gate_wait(&worker->gate, shares, pool);
    if (pool->stop)
      return NULL;
    run_share(&worker->gate.share, worker->thread);
    gate_add(&pool->running, -1u);
  }
}

struct tin_pool *tin_pool_new(int threads) {
  int cpus = tin_pool_cpus();
  if (threads <= 0)
    threads = cpus;
  if (threads > MOST_THREADS)
    threads = MOST_THREADS;
  struct tin_pool *pool = aligned_alloc(CACHE_LINE, sizeof *pool);
  struct worker *workers = aligned_alloc(CACHE_LINE, sizeof *workers * (size_t)threads); /* one too many, but never size 0 */
  if (!pool || !workers) {
    free(pool);
    free(workers);
    return NULL;
  }
  memset(pool, 0, sizeof *pool);
  gate_init(&pool->running);
  pool->workers = workers;
  pool->threads = threads;
  pool->yield_after = threads > cpus ? YIELD_CROWDED_NS : YIELD_AFTER_NS;
  pool->owner = getpid();
  return pool;
}

static bool start_worker(struct tin_pool *pool) {
  struct worker *worker = &pool->workers[pool->started];
  memset(worker, 0, sizeof *worker);
  worker->pool = pool;
  worker->thread = pool->started + 1;
  gate_init(&worker->gate);
  /* signals are the program's business: they are to arrive on its threads */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int failed = pthread_create(&worker->id, NULL, work, worker);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (failed) {
    gate_destroy(&worker->gate);
    pool->refused = true;
    return false;
  }
  pool->started++;
  return true;
}

/* In a child process there are no workers, and the gates are in whatever state they were. */
static void notice_fork(struct tin_pool *pool) {
  pid_t process = getpid();
  if (process == pool->owner)
    return;
  pool->owner = process;
  pool->started = 0;
  pool->refused = false;
  gate_init(&pool->running);
}

void tin_pool_free(struct tin_pool *pool) {
  if (!pool)
    return;
  notice_fork(pool);
  pool->stop = true;
  for (int i = 0; i < pool->started; i++)
    gate_add(&pool->workers[i].gate, 1);
  for (int i = 0; i < pool->started; i++) {
    pthread_join(pool->workers[i].id, NULL);
    gate_destroy(&pool->workers[i].gate);
  }
  gate_destroy(&pool->running);
  free(pool->workers);
  free(pool);
}

int tin_pool_threads(const struct tin_pool *pool) {
  return pool->threads;
}

void tin_pool_begin(struct tin_pool *pool) {
  notice_fork(pool);
  atomic_store_explicit(&pool->in_plan, true, memory_order_relaxed);
}

void tin_pool_end(struct tin_pool *pool) {
  atomic_store_explicit(&pool->in_plan, false, memory_order_relaxed);
}

void tin_pool_run(struct tin_pool *pool, tin_pool_fn *fn, void *argument, int64_t count) {
  if (count <= 0)
    return;
  /* inside a plan the process was looked at when it began: the system call takes longer than waking a worker that spins */
  if (!atomic_load_explicit(&pool->in_plan, memory_order_relaxed))
    notice_fork(pool);
  int sharers = count < pool->threads ? (int)count : pool->threads;
  while (pool->started < sharers - 1 && !pool->refused)
    start_worker(pool);
  if (sharers > pool->started + 1)
    sharers = pool->started + 1;
  int64_t size = count / sharers, larger = count % sharers; /* the first `larger` shares have one item more */
  struct share share = {fn, argument, 0, size + (larger > 0)}, next = share;
  atomic_store_explicit(&pool->running.value, (unsigned)(sharers - 1), memory_order_relaxed);
  for (int i = 1; i < sharers; i++) {
    next.begin = next.end;
    next.end += size + (i < larger);
    pool->workers[i - 1].gate.share = next;
    gate_add(&pool->workers[i - 1].gate, 1);
  }
  run_share(&share, 0);
  for (unsigned left = atomic_load(&pool->running.value); left;)
    left = gate_wait(&pool->running, left, pool);
}

/* First line of a small file such as those of /sys; false when it cannot be read. */
static bool read_line(const char *path, char *line, int size) {
  FILE *file = fopen(path, "re");
  if (!file)
    return false;
  bool read = fgets(line, size, file) != NULL;
  fclose(file);
  return read;
}

/* CPUs that one cgroup folder allows (quota / period), or 0 for no limit. Version 2 has both in cpu.max, version 1 a file each. */
static double folder_quota(const char *folder) {
  char path[4096], line[128];
  double quota = 0, period = 0;
  snprintf(path, sizeof path, "%s/cpu.max", folder);
  if (read_line(path, line, sizeof line))
    return sscanf(line, "%lf %lf", &quota, &period) == 2 && quota > 0 && period > 0 ? quota / period : 0; /* "max 100000": no limit */
  snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", folder);
  if (read_line(path, line, sizeof line))
    quota = atof(line); /* -1: no limit */
  snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
  if (read_line(path, line, sizeof line))
    period = atof(line);
  return quota > 0 && period > 0 ? quota / period : 0;
}

/* Smallest quota of a cgroup and those around it. A container may not see its own folder, but then it sees its limits in the root. */
static double path_quota(const char *mount, const char *path) {
  char folder[2048];
  int length = snprintf(folder, sizeof folder, "%s%s", mount, path);
  size_t least = strlen(mount);
  if (length < 0 || (size_t)length >= sizeof folder)
    return 0;
  double quota = 0;
  for (;;) {
    double here = folder_quota(folder);
    if (here > 0 && (quota == 0 || here < quota))
      quota = here;
    char *slash = strrchr(folder, '/');
    if (!slash || (size_t)(slash - folder) < least)
      return quota;
    *slash = 0;
  }
}

/* Whether `name` stands in the comma-separated list. */
static bool list_has(const char *list, const char *name) {
  size_t length = strlen(name);
  for (; list; list = strchr(list, ',') ? strchr(list, ',') + 1 : NULL)
    if (!strncmp(list, name, length) && (list[length] == ',' || !list[length]))
      return true;
  return false;
}

double tin_pool_quota(const char *membership, const char *root) {
  FILE *file = fopen(membership, "re");
  if (!file)
    return 0;
  char line[1024], mount[512];
  double quota = 0;
  while (fgets(line, sizeof line, file)) { /* number:controllers:path, without controllers in version 2 */
    line[strcspn(line, "\n")] = 0;
    char *controllers = strchr(line, ':');
    char *path = controllers ? strchr(controllers + 1, ':') : NULL;
    if (!path)
      continue;
    *controllers++ = *path++ = 0;
    if (*controllers && !list_has(controllers, "cpu"))
      continue;
    snprintf(mount, sizeof mount, *controllers ? "%s/cpu" : "%s", root);
    double here = path_quota(mount, path);
    if (here > 0 && (quota == 0 || here < quota))
      quota = here;
  }
  fclose(file);
  return quota;
}

int tin_pool_cpus(void) {
  cpu_set_t set;
  int cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : (int)sysconf(_SC_NPROCESSORS_ONLN);
  double quota = tin_pool_quota("/proc/self/cgroup", "/sys/fs/cgroup");
  if (quota > 0 && quota < cpus)
    cpus = (int)quota; /* rounded down: with a thread over the quota all are stopped for the rest of each period */
  return cpus > 0 ? cpus : 1;
}
