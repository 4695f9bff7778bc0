/* Compiled code by libtcc: see code.h.
 *
 * The build links a private copy of libtcc whose calls of malloc, realloc, free, exit, mprotect ... are renamed to the tin_tcc_ functions
 * below (tools/private-libtcc.sh). libtcc keeps its state in static variables and leaves when memory runs out, so what these functions need
 * is one static structure, `hooks`, that belongs to whoever holds the lock. All memory of a compilation hangs on one list. When an
 * allocation fails or libtcc wants to exit, we jump out of it: whatever it held is on the list, and its static variables are zeroed, as
 * in a process that has not used it yet. So a failure half way leaves neither a leak nor a dangling pointer. */
#include "runtime/code.h"

#include <dlfcn.h>
#include <libtcc.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef TIN_TCC_RELOCATE_TAKES_PAGES
#define TIN_TCC_RELOCATE_TAKES_PAGES 1 /* the 0.9.27 line; the build probes it */
#endif
#ifndef TIN_TCC_VERSION
#define TIN_TCC_VERSION "libtcc"
#endif

/* Header of each block that libtcc holds; 32 bytes, so that the block behind it keeps malloc's alignment. */
struct tcc_block {
  _Alignas(16) struct tcc_block *next;
  struct tcc_block **link; /* what points to this block */
  size_t size;
};

struct tin_code {
  void *pages;       /* our mapping, or NULL where libtcc owns the pages */
  size_t bytes;      /* of the pages, whoever owns them */
  uint8_t *routines; /* mapping of the routines, or NULL */
  size_t routine_bytes;
  TCCState *state;          /* kept only where libtcc owns the pages */
  struct tcc_block *blocks; /* memory of that state */
  void *library;            /* compiled by the system's compiler, or NULL */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t lock_follows_fork = PTHREAD_ONCE_INIT;
static struct {
  struct tcc_block *blocks;   /* everything that libtcc holds for the compilation at work */
  jmp_buf leave;              /* where libtcc's exit leads */
  bool out_of_memory;         /* why it was taken */
  char message[512];          /* first message of the compilation at work */
  uintptr_t pages, pages_end; /* where a libtcc that owns the pages has changed their protection */
} hooks;

/* What libtcc sees instead of libc; declared here because nothing else may call them. */
void *tin_tcc_malloc(size_t size);
void *tin_tcc_calloc(size_t count, size_t size);
void *tin_tcc_realloc(void *memory, size_t size);
void tin_tcc_free(void *memory);
_Noreturn void tin_tcc_exit(int status);
_Noreturn void tin_tcc_assert_fail(const char *claim, const char *file, unsigned line, const char *function);
int tin_tcc_mprotect(void *address, size_t size, int protection);
void *tin_tcc_dlopen(const char *file, int mode);
void *tin_tcc_dlsym(void *handle, const char *name);
int tin_tcc_dlclose(void *handle);
extern FILE *tin_tcc_stdout, *tin_tcc_stderr;
extern char **tin_tcc_environ;
extern char tin_tcc_state[], tin_tcc_state_end[]; /* libtcc's static variables */
FILE *tin_tcc_stdout, *tin_tcc_stderr;            /* set before each use of libtcc; it never prints, since we take its messages */
char **tin_tcc_environ;                           /* read only by tcc_run, which nothing calls */

static void link_block(struct tcc_block *block) {
  block->next = hooks.blocks;
  block->link = &hooks.blocks;
  if (block->next)
    block->next->link = &block->next;
  hooks.blocks = block;
}

static void unlink_block(struct tcc_block *block) {
  *block->link = block->next;
  if (block->next)
    block->next->link = block->link;
}

_Noreturn static void leave_out_of_memory(void) {
  hooks.out_of_memory = true;
  longjmp(hooks.leave, 1);
}

void *tin_tcc_malloc(size_t size) {
  struct tcc_block *block = size < SIZE_MAX / 2 ? malloc(sizeof *block + size) : NULL;
  if (!block)
    leave_out_of_memory();
  block->size = size;
  link_block(block);
  return block + 1;
}

void *tin_tcc_calloc(size_t count, size_t size) {
  if (size && count > SIZE_MAX / 2 / size)
    leave_out_of_memory();
  return memset(tin_tcc_malloc(count * size), 0, count * size);
}

void *tin_tcc_realloc(void *memory, size_t size) {
  if (!memory)
    return tin_tcc_malloc(size);
  if (!size) {
    tin_tcc_free(memory);
    return NULL;
  }
  struct tcc_block *block = (struct tcc_block *)memory - 1;
  unlink_block(block);
  struct tcc_block *moved = size < SIZE_MAX / 2 ? realloc(block, sizeof *block + size) : NULL;
  link_block(moved ? moved : block);
  if (!moved)
    leave_out_of_memory();
  moved->size = size;
  return moved + 1;
}

void tin_tcc_free(void *memory) {
  if (!memory)
    return;
  struct tcc_block *block = (struct tcc_block *)memory - 1;
  unlink_block(block);
  free(block);
}

static void free_blocks(struct tcc_block *block) {
  while (block) {
    struct tcc_block *next = block->next;
    free(block);
    block = next;
  }
}

void tin_tcc_exit(int status) {
  (void)status;
  longjmp(hooks.leave, 1);
}

void tin_tcc_assert_fail(const char *claim, const char *file, unsigned line, const char *function) {
  if (!hooks.message[0])
    snprintf(hooks.message, sizeof hooks.message, "%s:%u: %s: assertion failed: %s", file, line, function, claim);
  longjmp(hooks.leave, 1);
}

/* Where the pages are ours, they stay writable until libtcc is done and code.c makes them executable; where libtcc owns them, it fills
 * all sections before it protects any, so executable pages need not be writable. */
int tin_tcc_mprotect(void *address, size_t size, int protection) {
  if (TIN_TCC_RELOCATE_TAKES_PAGES)
    return 0;
  uintptr_t begin = (uintptr_t)address, end = begin + size;
  if (!hooks.pages || begin < hooks.pages)
    hooks.pages = begin;
  if (end > hooks.pages_end)
    hooks.pages_end = end;
  return mprotect(address, size, protection & PROT_EXEC ? protection & ~PROT_WRITE : protection);
}

void *tin_tcc_dlopen(const char *file, int mode) {
  (void)file, (void)mode;
  return NULL;
}

void *tin_tcc_dlsym(void *handle, const char *name) {
  (void)handle, (void)name;
  return NULL;
}

int tin_tcc_dlclose(void *handle) {
  (void)handle;
  return 0;
}

static void take_lock(void) {
  pthread_mutex_lock(&lock);
}

static void give_lock(void) {
  pthread_mutex_unlock(&lock);
}

/* A child process must not inherit a lock that a thread of its parent held. */
static void make_lock_follow_fork(void) {
  pthread_atfork(take_lock, give_lock, give_lock);
}

static void keep_message(void *unused, const char *message) {
  (void)unused;
  if (!hooks.message[0])
    snprintf(hooks.message, sizeof hooks.message, "%s", message);
}

/* Saves the text where a person can look at it; false when there is no place. */
static bool save_text(const char *text, char *path, size_t path_size) {
  const char *folder = getenv("TMPDIR");
  int length = snprintf(path, path_size, "%s/tinsmith-XXXXXX.c", folder && *folder ? folder : "/tmp");
  if (length < 0 || (size_t)length >= path_size)
    return false;
  int file = mkstemps(path, 2);
  if (file < 0)
    return false;
  size_t left = strlen(text);
  while (left) {
    ssize_t written = write(file, text, left);
    if (written <= 0)
      break;
    text += written;
    left -= (size_t)written;
  }
  return close(file) == 0 && !left;
}

static void report(struct tin_error *error, const char *text) {
  char path[512];
  if (hooks.out_of_memory)
    tin_error_set(error, "out of memory while compiling kernels");
  else if (save_text(text, path, sizeof path))
    tin_error_set(error, "libtcc refused generated code (a defect of tinsmith): %s; the text is in %s", hooks.message, path);
  else
    tin_error_set(error, "libtcc refused generated code (a defect of tinsmith): %s; its text could not be saved", hooks.message);
}

/* Moves the linked code into pages of its own. False: see hooks.message. */
static bool relocate(TCCState *state, struct tin_code *code) {
#if TIN_TCC_RELOCATE_TAKES_PAGES
  int size = tcc_relocate(state, NULL);
  if (size < 0)
    return false;
  size_t page = (size_t)sysconf(_SC_PAGESIZE);
  size_t bytes = ((size_t)size + page) / page * page; /* at least one, also of nothing */
  void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    hooks.out_of_memory = true;
    return false;
  }
  code->pages = pages;
  code->bytes = bytes;
  return tcc_relocate(state, pages) >= 0;
#else
  bool relocated = tcc_relocate(state) >= 0;
  code->bytes = hooks.pages_end - hooks.pages;
  return relocated;
#endif
}

static bool make_executable(struct tin_code *code) {
  bool routines = !code->routines || mprotect(code->routines, code->routine_bytes, PROT_READ | PROT_EXEC) == 0;
  if (routines && (!code->pages || mprotect(code->pages, code->bytes, PROT_READ | PROT_EXEC) == 0))
    return true;
  keep_message(NULL, "this system does not let the process make pages executable");
  return false;
}

enum { ROUTINE_ALIGNMENT = 64 };

/* Copies the routines into pages that are executable afterwards, and gives libtcc their addresses. */
static bool place_routines(TCCState *state, const struct tin_code_source *source, struct tin_code *code) {
  size_t bytes = 0, at = 0;
  for (int i = 0; i < source->n_routines; i++)
    bytes += (source->routines[i].count + ROUTINE_ALIGNMENT - 1) / ROUTINE_ALIGNMENT * ROUTINE_ALIGNMENT;
  if (!bytes)
    return true;
  void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) {
    hooks.out_of_memory = true;
    return false;
  }
  code->routines = pages;
  code->routine_bytes = bytes;
  for (int i = 0; i < source->n_routines; i++) {
    memcpy(code->routines + at, source->routines[i].bytes, source->routines[i].count);
    tcc_add_symbol(state, source->routines[i].name, code->routines + at);
    at += (source->routines[i].count + ROUTINE_ALIGNMENT - 1) / ROUTINE_ALIGNMENT * ROUTINE_ALIGNMENT;
  }
  return true;
}

/* One compilation inside libtcc; every call of libtcc is in here, so that `leave` is valid whenever it can exit. */
static bool compile(const struct tin_code_source *source, const char *const *names, int n_names, void **addresses, struct tin_code *code) {
  if (setjmp(hooks.leave))
    return false;
  TCCState *state = tcc_new();
  if (!state)
    leave_out_of_memory();
  code->state = state;
  tcc_set_error_func(state, NULL, keep_message);
  tcc_set_options(state, source->checked ? "-nostdlib -Wall -Werror -b" : "-nostdlib -Wall -Werror");
  tcc_set_output_type(state, TCC_OUTPUT_MEMORY);
  /* struct copies and = {0} become calls of these */
  tcc_add_symbol(state, "memset", (const void *)(uintptr_t)memset);
  tcc_add_symbol(state, "memmove", (const void *)(uintptr_t)memmove);
  tcc_add_symbol(state, "memcpy", (const void *)(uintptr_t)memcpy);
  for (int i = 0; i < source->n_symbols; i++)
    tcc_add_symbol(state, source->symbols[i].name, source->symbols[i].address);
  if (!place_routines(state, source, code) || tcc_compile_string(state, source->text) < 0 || !relocate(state, code) || hooks.message[0])
    return false;
  for (int i = 0; i < n_names; i++) {
    addresses[i] = tcc_get_symbol(state, names[i]);
    if (!addresses[i]) {
      snprintf(hooks.message, sizeof hooks.message, "the text does not define %s", names[i]);
      return false;
    }
  }
  if (TIN_TCC_RELOCATE_TAKES_PAGES) {
    tcc_delete(state); /* the pages are ours and stay */
    code->state = NULL;
  }
  return make_executable(code);
}

static void unmap(struct tin_code *code) {
  if (code->pages)
    munmap(code->pages, code->bytes);
  if (code->routines)
    munmap(code->routines, code->routine_bytes);
}

/* Drops what the compilation at work still holds, and makes libtcc as if it had never been used. */
static void abandon(struct tin_code *code) {
  if (hooks.pages) /* these came from malloc: its next user must be able to write them */
    mprotect((void *)hooks.pages, hooks.pages_end - hooks.pages, PROT_READ | PROT_WRITE);
  free_blocks(hooks.blocks);
  memset(tin_tcc_state, 0, (uintptr_t)tin_tcc_state_end - (uintptr_t)tin_tcc_state);
  unmap(code);
  free(code);
}

struct tin_code *tin_code_compile(const struct tin_code_source *source, const char *const *names, int n_names, void **addresses,
                                  struct tin_error *error) {
  struct tin_code *code = calloc(1, sizeof *code);
  if (!code) {
    tin_error_set(error, "out of memory while compiling kernels");
    return NULL;
  }
  if (source->header) {
    code->library = tin_code_cc(source, names, n_names, addresses, error);
    if (code->library)
      return code;
    free(code);
    return NULL;
  }
  pthread_once(&lock_follows_fork, make_lock_follow_fork);
  take_lock();
  hooks.blocks = NULL;
  hooks.out_of_memory = false;
  hooks.message[0] = 0;
  hooks.pages = hooks.pages_end = 0;
  tin_tcc_stdout = stdout;
  tin_tcc_stderr = stderr;
  bool compiled = compile(source, names, n_names, addresses, code);
  if (!compiled) {
    abandon(code);
    report(error, source->text);
    code = NULL;
  } else if (code->state) {
    code->blocks = hooks.blocks;
    if (code->blocks)
      code->blocks->link = &code->blocks;
  }
  hooks.blocks = NULL;
  give_lock();
  return code;
}

const void *tin_code_routine(const struct tin_code *code, const struct tin_code_routine *routines, int which) {
  const uint8_t *at = code->routines;
  for (int i = 0; i < which; i++)
    at += (routines[i].count + ROUTINE_ALIGNMENT - 1) / ROUTINE_ALIGNMENT * ROUTINE_ALIGNMENT;
  return at;
}

size_t tin_code_bytes(const struct tin_code *code) {
  return code->bytes + code->routine_bytes;
}

const void *tin_code_pages(const struct tin_code *code, size_t *bytes) {
  *bytes = code->pages ? code->bytes : 0;
  return code->pages;
}

void tin_code_free(struct tin_code *code) {
  if (!code)
    return;
  if (code->library)
    dlclose(code->library);
  unmap(code);
  if (code->state) {
    take_lock();
    if (!setjmp(hooks.leave))
      tcc_delete(code->state); /* returns the pages to ordinary protection */
    give_lock();
  }
  free_blocks(code->blocks);
  free(code);
}

const char *tin_code_version(void) {
  return TIN_TCC_VERSION;
}
