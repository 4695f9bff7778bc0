/* Kernels by the system's compiler: TIN_CHECK=cc runs what people read (readable kernels) in place of the machine code. In a process with
 * AddressSanitizer the kernels are compiled with that and with UndefinedBehaviorSanitizer.
 *
 * The text refers to functions of this library by name. A name becomes a pointer by a macro before the text (so the prototype in the text
 * declares that pointer), and the pointers are set when the code is loaded. */
#include <dlfcn.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/code.h"

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

static bool write_source(const struct folder *folder, const struct tin_code_source *source, struct tin_error *error) {
  FILE *file = fopen(folder->source, "w");
  bool good = file != NULL;
  if (good) {
    fputs(source->header, file);
    for (int i = 0; i < source->n_symbols; i++)
      fprintf(file, "#define %s (*%s_at)\n", source->symbols[i].name, source->symbols[i].name);
    fputs(source->text, file);
    good = !ferror(file);
    good &= fclose(file) == 0;
  }
  if (!good)
    tin_error_set(error, "TIN_CHECK=cc: %s cannot be written: %s", folder->source, strerror(errno));
  return good;
}

static bool run_compiler(const struct folder *folder, struct tin_error *error) {
  const char *compiler = getenv("TIN_CC");
  if (!compiler || !*compiler)
    compiler = "cc";
  const char *const arguments[] = {compiler,
                                   "-std=gnu11",
                                   "-O1",
                                   "-w",
                                   "-ffp-contract=off",
                                   "-shared",
                                   "-fPIC",
#ifdef __SANITIZE_ADDRESS__
                                   "-fsanitize=address,undefined",
                                   "-fno-sanitize-recover=undefined",
#endif
                                   "-o",
                                   folder->library,
                                   folder->source,
                                   "-lm",
                                   NULL};
  pid_t child;
  int status, failed = posix_spawnp(&child, compiler, NULL, NULL, (char *const *)(uintptr_t)arguments, environ);
  if (failed) {
    tin_error_set(error, "TIN_CHECK=cc: %s cannot be run: %s; TIN_CC names another compiler", compiler, strerror(failed));
    return false;
  }
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR)
      return false;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return true;
  tin_error_set(error, "TIN_CHECK=cc: %s refuses the readable kernels", compiler);
  return false;
}

static bool find(void *library, const char *name, void **address, struct tin_error *error) {
  *address = dlsym(library, name);
  if (!*address)
    tin_error_set(error, "TIN_CHECK=cc: the text does not define %s", name);
  return *address != NULL;
}

static bool bind_names(void *library, const struct tin_code_source *source, const char *const *names, int n_names, void **addresses,
                       struct tin_error *error) {
  for (int i = 0; i < source->n_symbols; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s_at", source->symbols[i].name);
    void *pointer = dlsym(library, name);
    if (pointer) /* else the text does not use it */
      memcpy(pointer, &source->symbols[i].address, sizeof source->symbols[i].address);
  }
  for (int i = 0; i < n_names; i++)
    if (!find(library, names[i], &addresses[i], error))
      return false;
  return true;
}

void *tin_code_cc(const struct tin_code_source *source, const char *const *names, int n_names, void **addresses, struct tin_error *error) {
  struct folder folder = {.path = ""};
  if (!folder_make(&folder, error))
    return NULL;
  void *library = NULL;
  if (write_source(&folder, source, error) && run_compiler(&folder, error)) {
    library = dlopen(folder.library, RTLD_NOW | RTLD_LOCAL);
    if (!library)
      tin_error_set(error, "TIN_CHECK=cc: %s", dlerror());
  }
  folder_remove(&folder);
  if (library && !bind_names(library, source, names, n_names, addresses, error)) {
    dlclose(library);
    library = NULL;
  }
  if (!library && !error->set)
    tin_error_set(error, "TIN_CHECK=cc: the compiler could not be waited for");
  return library;
}
