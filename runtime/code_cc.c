/* Kernels by the system's compiler (runtime/cc.h): TIN_CHECK=cc runs what people read (readable kernels) in place of the machine code. In
 * a process with AddressSanitizer the kernels are compiled with that and with UndefinedBehaviorSanitizer. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/cc.h"

extern char **environ;

struct folder {
  char path[512], source[sizeof "/kernels.so" + 512], library[sizeof "/kernels.so" + 512];
};

static bool folder_make(struct folder *folder, struct tin_error *error) {
  const char *parent = getenv("TMPDIR");
  if (!parent || !*parent)
    parent = "/tmp";
  int length = snprintf(folder->path, sizeof folder->path, "%s/tinsmith-cc-XXXXXX", parent);
  if (length >= (int)sizeof folder->path || !mkdtemp(folder->path)) {
    tin_error_set(error, "TIN_CHECK=cc: no folder can be made in %.200s: %s", parent, strerror(errno));
    return false;
  }
  snprintf(folder->source, sizeof folder->source, "%s/kernels.c", folder->path);
  snprintf(folder->library, sizeof folder->library, "%s/kernels.so", folder->path);
  return true;
}

static void folder_remove(const struct folder *folder) {
  unlink(folder->source);
  unlink(folder->library);
  rmdir(folder->path);
}

const char *tin_cc_name(void) {
  const char *compiler = getenv("TIN_CC");
  return compiler && *compiler ? compiler : "cc";
}

static void write_pointer(FILE *file, const char *name) {
  fprintf(file, "#define %s (*%s_at)\n", name, name);
}

void tin_cc_write(FILE *file, const struct tin_code_source *source) {
  if (source->header)
    fputs(source->header, file);
  for (int i = 0; i < source->n_symbols; i++)
    write_pointer(file, source->symbols[i].name);
  for (int i = 0; i < source->n_routines; i++)
    write_pointer(file, source->routines[i].name);
  fputs(source->text, file);
}

static bool write_source(const struct folder *folder, const struct tin_code_source *source, struct tin_error *error) {
  FILE *file = fopen(folder->source, "w");
  bool good = file != NULL;
  if (good) {
    tin_cc_write(file, source);
    good = !ferror(file);
    good &= fclose(file) == 0;
  }
  if (!good)
    tin_error_set(error, "TIN_CHECK=cc: %s cannot be written: %s", folder->source, strerror(errno));
  return good;
}

static bool wait_for(pid_t child, int *status) {
  while (waitpid(child, status, 0) < 0)
    if (errno != EINTR)
      return false;
  return true;
}

/* Starts the compiler. In the background it is quiet, has a process group of its own, by which it can be ended with its passes, and no
 * signals blocked. Returns what posix_spawnp does. */
static int start_compiler(const char *const *arguments, bool background, pid_t *process) {
  posix_spawn_file_actions_t quiet;
  posix_spawnattr_t apart;
  sigset_t none;
  sigemptyset(&none);
  posix_spawn_file_actions_init(&quiet);
  posix_spawnattr_init(&apart);
  for (int i = 0; i < 3; i++)
    posix_spawn_file_actions_addopen(&quiet, i, "/dev/null", O_RDWR, 0);
  posix_spawnattr_setsigmask(&apart, &none);
  posix_spawnattr_setflags(&apart, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  int failed = posix_spawnp(process, arguments[0], background ? &quiet : NULL, background ? &apart : NULL,
                            (char *const *)(uintptr_t)arguments, environ);
  posix_spawn_file_actions_destroy(&quiet);
  posix_spawnattr_destroy(&apart);
  return failed;
}

bool tin_cc_compile(const char *const *flags, const char *source, const char *library, atomic_int *child, struct tin_error *error) {
  static const char *const always[] = {"-std=gnu11", "-w", "-ffp-contract=off", "-shared", "-fPIC"};
  const char *compiler = tin_cc_name(), *arguments[TIN_CC_FLAGS + 16] = {compiler};
  int count = 1, status;
  for (size_t i = 0; i < sizeof always / sizeof *always; i++)
    arguments[count++] = always[i];
  for (int i = 0; i < TIN_CC_FLAGS && flags[i]; i++)
    arguments[count++] = flags[i];
  const char *const last[] = {"-o", library, source, "-lm", NULL};
  memcpy(arguments + count, last, sizeof last);
  pid_t process;
  int failed = start_compiler(arguments, child != NULL, &process);
  if (failed) {
    tin_error_set(error, "%s cannot be run: %s; TIN_CC names another compiler", compiler, strerror(failed));
    return false;
  }
  if (child)
    atomic_store(child, process);
  bool waited = wait_for(process, &status);
  if (child)
    atomic_store(child, 0);
  if (waited && WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return true;
  tin_error_set(error, waited ? "%s refuses the kernels" : "%s could not be waited for", compiler);
  return false;
}

static bool find(void *library, const char *name, void **address, struct tin_error *error) {
  *address = dlsym(library, name);
  if (!*address)
    tin_error_set(error, "the text does not define %s", name);
  return *address != NULL;
}

static void bind_pointer(void *library, const char *symbol, const void *address) {
  char name[96];
  snprintf(name, sizeof name, "%s_at", symbol);
  void *pointer = dlsym(library, name);
  if (pointer) /* else the text does not use it */
    memcpy(pointer, &address, sizeof address);
}

bool tin_cc_bind(void *library, const struct tin_code_source *source, const char *const *names, int n_names, void **addresses,
                 struct tin_error *error) {
  for (int i = 0; i < source->n_symbols; i++)
    bind_pointer(library, source->symbols[i].name, source->symbols[i].address);
  for (int i = 0; i < source->n_routines; i++)
    bind_pointer(library, source->routines[i].name, source->routines[i].bytes);
  for (int i = 0; i < n_names; i++)
    if (!find(library, names[i], &addresses[i], error))
      return false;
  return true;
}

void *tin_code_cc(const struct tin_code_source *source, const char *const *names, int n_names, void **addresses, struct tin_error *error) {
  static const char *const flags[TIN_CC_FLAGS] = {"-O1",
#ifdef __SANITIZE_ADDRESS__
                                                  "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined",
#endif
                                                  NULL};
  struct folder folder = {.path = ""};
  if (!folder_make(&folder, error))
    return NULL;
  void *library = NULL;
  if (write_source(&folder, source, error) && tin_cc_compile(flags, folder.source, folder.library, NULL, error)) {
    library = dlopen(folder.library, RTLD_NOW | RTLD_LOCAL);
    if (!library)
      tin_error_set(error, "TIN_CHECK=cc: %s", dlerror());
  }
  folder_remove(&folder);
  if (library && !tin_cc_bind(library, source, names, n_names, addresses, error)) {
    dlclose(library);
    library = NULL;
  }
  return library;
}
