/* The second tier: see tier.h. One thread compiles job after job. A job has two holders, the plan and the queue, so either may go first. */
#define _GNU_SOURCE /* O_NOFOLLOW, O_CLOEXEC */
#include "runtime/tier.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/cc.h"

struct tin_tier_job {
  struct tin_tier_job *next; /* in the queue */
  atomic_int holders, state; /* enum tin_tier_state */
  struct tin_arena arena;    /* of what follows */
  struct tin_code_source source;
  const char **names;
  int n_names;
  void *library; /* of dlopen, once it is ready */
};

struct tin_tier {
  pthread_t thread;
  pthread_mutex_t lock; /* of the queue and of `ends` */
  pthread_cond_t change;
  struct tin_tier_job *first, **last;
  bool ends;
  atomic_int child; /* the compiler's process, or 0 */
  pid_t process;    /* that the thread is of: a fork has none */
};

/* ---- jobs ---- */

void tin_tier_drop(struct tin_tier_job *job) {
  if (!job || atomic_fetch_sub(&job->holders, 1) > 1)
    return;
  if (job->library)
    dlclose(job->library);
  tin_arena_free(&job->arena);
  free(job);
}

static void copy_source(struct tin_tier_job *job, const struct tin_code_source *source) {
  struct tin_arena *arena = &job->arena;
  struct tin_code_symbol *symbols = tin_arena_copy(arena, source->symbols, sizeof *symbols * (size_t)source->n_symbols);
  struct tin_code_routine *routines = tin_arena_copy(arena, source->routines, sizeof *routines * (size_t)source->n_routines);
  for (int i = 0; i < source->n_symbols; i++)
    symbols[i].name = tin_arena_string(arena, symbols[i].name);
  for (int i = 0; i < source->n_routines; i++)
    routines[i].name = tin_arena_string(arena, routines[i].name);
  job->source = *source;
  job->source.text = tin_arena_string(arena, source->text);
  job->source.symbols = symbols, job->source.routines = routines;
}

static struct tin_tier_job *job_new(const struct tin_code_source *source, const char *const *names, int n_names) {
  jmp_buf fail;
  struct tin_tier_job *volatile job = calloc(1, sizeof *job);
  if (!job)
    return NULL;
  tin_arena_init(&job->arena, 1 << 14, &fail);
  if (setjmp(fail)) {
    tin_arena_free(&job->arena);
    free(job);
    return NULL;
  }
  copy_source(job, source);
  job->n_names = n_names;
  job->names = TIN_NEW_ARRAY(&job->arena, const char *, n_names);
  for (int i = 0; i < n_names; i++)
    job->names[i] = tin_arena_string(&job->arena, names[i]);
  job->arena.fail = NULL;
  atomic_init(&job->holders, 2);
  atomic_init(&job->state, TIN_TIER_WAITS);
  return job;
}

enum tin_tier_state tin_tier_look(const struct tin_tier_job *job) {
  return (enum tin_tier_state)atomic_load_explicit(&job->state, memory_order_acquire);
}

bool tin_tier_take(struct tin_tier_job *job, void **addresses) {
  struct tin_error error = {0};
  return tin_cc_bind(job->library, &job->source, job->names, job->n_names, addresses, &error);
}

/* ---- the text, and what else decides about the code ---- */

static const char *const flags[TIN_CC_FLAGS] = {"-O3", "-march=native", "-fno-math-errno", "-fno-strict-aliasing", "-fwrapv", NULL};

/* These are exact by definition, and instructions to a compiler that knows them by these names. */
static const char *const known[][2] = {{"tin_fmaf", "fmaf"}, {"tin_fma", "fma"}, {"tin_sqrtf", "sqrtf"}, {"tin_sqrt", "sqrt"}};

/* The compiler by its file, which an update replaces. */
static void write_compiler(FILE *file) {
  const char *name = tin_cc_name(), *path = getenv("PATH");
  char candidate[1024];
  struct stat found = {0};
  while (!strchr(name, '/') && path && *path) {
    int length = (int)strcspn(path, ":");
    snprintf(candidate, sizeof candidate, "%.*s/%s", length, path, name);
    if (!stat(candidate, &found))
      break;
    path += length + (path[length] == ':');
  }
  if (strchr(name, '/'))
    stat(name, &found);
  fprintf(file, "/* %s: file %ju of %jd bytes, %jd */\n", name, (uintmax_t)found.st_ino, (intmax_t)found.st_size, (intmax_t)found.st_mtime);
}

/* What -march=native looks at. */
static void write_cpu(FILE *file) {
  char line[4096];
  FILE *cpus = fopen("/proc/cpuinfo", "r");
  while (cpus && fgets(line, sizeof line, cpus) && line[0] != '\n')
    if (!strncmp(line, "model", 5) || !strncmp(line, "stepping", 8) || !strncmp(line, "flags", 5))
      fprintf(file, "/* %.*s */\n", (int)strcspn(line, "\n"), line);
  if (cpus)
    fclose(cpus);
}

/* All that decides about the machine code, as a text that compiles; for free. NULL without memory. */
static char *whole_text(const struct tin_tier_job *job) {
  char *text = NULL;
  size_t size;
  FILE *file = open_memstream(&text, &size);
  if (!file)
    return NULL;
  write_compiler(file);
  write_cpu(file);
  for (int i = 0; flags[i]; i++)
    fprintf(file, "/* %s */\n", flags[i]);
  struct tin_code_source source = job->source;
  struct tin_code_symbol others[32];
  source.n_symbols = 0, source.symbols = others;
  for (int i = 0; i < job->source.n_symbols && source.n_symbols < 32; i++) {
    size_t k = 0;
    while (k < sizeof known / sizeof *known && strcmp(job->source.symbols[i].name, known[k][0]))
      k++;
    if (k < sizeof known / sizeof *known)
      fprintf(file, "#define %s %s\n", known[k][0], known[k][1]);
    else
      others[source.n_symbols++] = job->source.symbols[i];
  }
  tin_cc_write(file, &source);
  bool good = !ferror(file);
  if (fclose(file) || !good) {
    free(text);
    return NULL;
  }
  return text;
}

/* ---- the cache ---- */

/* FNV-1a; names files, whose texts are compared. */
static uint64_t hash_of(const char *text) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  for (; *text; text++)
    hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  return hash;
}

/* What is not the user's own, or what others may write, is not loaded. */
static bool is_private(const struct stat *what) {
  return what->st_uid == geteuid() && !(what->st_mode & (S_IWGRP | S_IWOTH));
}

static bool make_folder(const char *path) {
  struct stat found;
  if (mkdir(path, 0700) && errno != EEXIST)
    return false;
  return !lstat(path, &found) && S_ISDIR(found.st_mode) && is_private(&found);
}

/* The folder, made where it is missing; false when there is none that is private. */
static bool find_folder(char *path, size_t size) {
  const char *own = getenv("TIN_TIER_CACHE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  int length;
  if (own && *own) {
    length = snprintf(path, size, "%s", own);
  } else if (cache && *cache) {
    length = snprintf(path, size, "%s/tinsmith", cache);
  } else {
    if (!home || !*home)
      return false;
    length = snprintf(path, size, "%s/.cache", home);
    if (length < (int)size)
      mkdir(path, 0700);
    length = snprintf(path, size, "%s/.cache/tinsmith", home);
  }
  return length < (int)size && make_folder(path);
}

/* Whether the file is private and holds the text. */
static bool holds(const char *path, const char *text) {
  struct stat found;
  int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (file < 0)
    return false;
  size_t size = strlen(text), at = 0;
  bool same = !fstat(file, &found) && S_ISREG(found.st_mode) && is_private(&found) && (size_t)found.st_size == size;
  while (same && at < size) {
    char part[4096];
    ssize_t count = read(file, part, sizeof part);
    same = count > 0 && (size_t)count <= size - at && !memcmp(part, text + at, (size_t)count);
    at += same ? (size_t)count : 0;
  }
  close(file);
  return same;
}

static bool write_whole(const char *path, const char *text) {
  int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  FILE *stream = file < 0 ? NULL : fdopen(file, "w");
  if (!stream) {
    if (file >= 0)
      close(file);
    return false;
  }
  bool good = fputs(text, stream) >= 0;
  return !fclose(stream) && good;
}

struct paths {
  char source[600], library[600], new_source[640], new_library[640];
};

/* New files have names that no other process and, as engines of one may compile the same, no other job has. */
static void name_files(struct paths *paths, const char *folder, const char *text, const struct tin_tier_job *job) {
  uint64_t hash = hash_of(text);
  uintptr_t own = (uintptr_t)job;
  snprintf(paths->source, sizeof paths->source, "%s/%016" PRIx64 ".c", folder, hash);
  snprintf(paths->library, sizeof paths->library, "%s/%016" PRIx64 ".so", folder, hash);
  snprintf(paths->new_source, sizeof paths->new_source, "%s/%016" PRIx64 ".%ld-%" PRIxPTR ".c", folder, hash, (long)getpid(), own);
  snprintf(paths->new_library, sizeof paths->new_library, "%s/%016" PRIx64 ".%ld-%" PRIxPTR ".so", folder, hash, (long)getpid(), own);
}

/* The library comes first: where there is a source, the library that belongs to it is there and whole. */
static bool compile(struct tin_tier *tier, const struct paths *paths, const char *text) {
  struct tin_error error = {0};
  bool good = write_whole(paths->new_source, text) && tin_cc_compile(flags, paths->new_source, paths->new_library, &tier->child, &error) &&
              !chmod(paths->new_library, 0700) && !rename(paths->new_library, paths->library) && !rename(paths->new_source, paths->source);
  unlink(paths->new_source), unlink(paths->new_library);
  return good;
}

static void work_on(struct tin_tier *tier, struct tin_tier_job *job) {
  char folder[512];
  struct paths paths = {0};
  struct stat found;
  char *text = find_folder(folder, sizeof folder) ? whole_text(job) : NULL;
  if (text) {
    name_files(&paths, folder, text, job);
    if ((holds(paths.source, text) || compile(tier, &paths, text)) && !lstat(paths.library, &found) && S_ISREG(found.st_mode) &&
        is_private(&found))
      job->library = dlopen(paths.library, RTLD_NOW | RTLD_LOCAL);
  }
  free(text);
  atomic_store_explicit(&job->state, job->library ? TIN_TIER_READY : TIN_TIER_FAILED, memory_order_release);
}

/* ---- the thread ---- */

static struct tin_tier_job *next_job(struct tin_tier *tier) {
  pthread_mutex_lock(&tier->lock);
  while (!tier->first && !tier->ends)
    pthread_cond_wait(&tier->change, &tier->lock);
  struct tin_tier_job *job = tier->ends ? NULL : tier->first;
  if (job && !(tier->first = job->next))
    tier->last = &tier->first;
  pthread_mutex_unlock(&tier->lock);
  return job;
}

static void *run_tier(void *argument) {
  struct tin_tier *tier = argument;
  for (struct tin_tier_job *job; (job = next_job(tier));) {
    if (atomic_load(&job->holders) > 1) /* else the plan is gone */
      work_on(tier, job);
    tin_tier_drop(job);
  }
  return NULL;
}

struct tin_tier *tin_tier_new(void) {
  struct tin_tier *tier = calloc(1, sizeof *tier);
  sigset_t all, before;
  if (!tier)
    return NULL;
  tier->last = &tier->first;
  tier->process = getpid();
  pthread_mutex_init(&tier->lock, NULL);
  pthread_cond_init(&tier->change, NULL);
  sigfillset(&all); /* signals are for the program's own threads */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  bool good = !pthread_create(&tier->thread, NULL, run_tier, tier);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (good)
    return tier;
  free(tier);
  return NULL;
}

void tin_tier_free(struct tin_tier *tier) {
  if (!tier)
    return;
  if (tier->process == getpid()) {
    pthread_mutex_lock(&tier->lock);
    tier->ends = true;
    pthread_cond_signal(&tier->change);
    pthread_mutex_unlock(&tier->lock);
    int child = atomic_load(&tier->child);
    if (child > 0)
      kill(-child, SIGKILL);
    pthread_join(tier->thread, NULL);
  }
  for (struct tin_tier_job *job = tier->first, *next; job; job = next) {
    next = job->next;
    tin_tier_drop(job);
  }
  pthread_mutex_destroy(&tier->lock);
  pthread_cond_destroy(&tier->change);
  free(tier);
}

struct tin_tier_job *tin_tier_ask(struct tin_tier *tier, const struct tin_code_source *source, const char *const *names, int n_names) {
  struct tin_tier_job *job = job_new(source, names, n_names);
  if (!job)
    return NULL;
  pthread_mutex_lock(&tier->lock);
  *tier->last = job;
  tier->last = &job->next;
  pthread_cond_signal(&tier->change);
  pthread_mutex_unlock(&tier->lock);
  return job;
}
