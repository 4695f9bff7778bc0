/* TIN_DUMP: one readable C file a kernel, with index.md beside them, and the header that makes them compile by themselves.
 *
 * Every file is written under a temporary name and renamed, so a reader never sees half of one. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/engine.h"

enum { PATH_BYTES = 4096 };

static bool fail(const struct tin_engine *engine, const char *name, struct tin_error *error) {
  tin_error_set(error, "TIN_DUMP=%s: cannot write %s: %s", engine->options.dump, name, strerror(errno));
  return false;
}

static bool write_text(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (!file)
    return false;
  bool good = fputs(text, file) >= 0;
  return (fclose(file) == 0) && good;
}

static bool write_file(const struct tin_engine *engine, const char *name, const char *text, struct tin_error *error) {
  char path[PATH_BYTES], temporary[PATH_BYTES];
  int length = snprintf(path, sizeof path, "%s/%s", engine->dump.folder, name);
  int longer = snprintf(temporary, sizeof temporary, "%s/.%s.%ld", engine->dump.folder, name, (long)getpid());
  if (length >= PATH_BYTES || longer >= PATH_BYTES) {
    errno = ENAMETOOLONG;
    return fail(engine, name, error);
  }
  if (write_text(temporary, text) && rename(temporary, path) == 0)
    return true;
  fail(engine, name, error);
  unlink(temporary);
  return false;
}

bool tin_dump_open(struct tin_engine *engine, struct tin_error *error) {
  engine->dump.folder = engine->options.dump;
  if (mkdir(engine->dump.folder, 0777) != 0 && errno != EEXIST) {
    tin_error_set(error, "TIN_DUMP=%s: cannot make the folder: %s", engine->dump.folder, strerror(errno));
    return false;
  }
  return write_file(engine, "tin_vector.h", tin_vector_header ? tin_vector_header : "#error \"copy runtime/tin_vector.h here\"\n", error);
}

static void print_kernel_file(const struct tin_engine *engine, const struct tin_plan *plan, const struct tin_run_kernel *kernel,
                              const char *file, const struct tin_text *readable, struct tin_text *text) {
  tin_text_add(text, "/* %s: kernel %s of plan %d, target %s (%s).\n", file, kernel->name, plan->serial, engine->target->name, kernel->how);
  tin_text_add(text, " *\n * computes  %s\n", kernel->shapes);
  if (*kernel->fused)
    tin_text_add(text, " * fused     %s\n", kernel->fused);
  tin_text_add(text, " * work      %.0f flops, %.0f bytes read and written\n", kernel->flops, kernel->bytes);
  tin_text_add(text, " *\n * cc -O2 -ffp-contract=off -c %s\n */\n#include \"tin_vector.h\"\n\n", file);
  tin_codegen_prelude(text, readable->at);
  tin_text_put(text, readable->at, readable->count);
}

static void add_row(struct tin_engine *engine, const struct tin_run_kernel *kernel, const char *file, int bytes) {
  struct tin_text *index = &engine->dump.index;
  if (!index->arena) {
    tin_text_init(index, &engine->dump.rows);
    tin_text_puts(index, "# Kernels\n\nEach file compiles by itself; `tin_vector.h` says what the vector operations mean.\n\n"
                         "| kernel | over | fused | MFLOP | MB moved | file | bytes |\n|---|---|---|---|---|---|---|\n");
  }
  tin_text_add(index, "| %s | %s | %s | %.3f | %.3f | [%s](%s) | %d |\n", kernel->name, kernel->shapes, kernel->fused, kernel->flops * 1e-6,
               kernel->bytes * 1e-6, file, file, bytes);
}

bool tin_dump_plan(struct tin_engine *engine, const struct tin_plan *plan, const struct tin_text *kernels, struct tin_error *error) {
  for (int k = 0; k < plan->n_kernels; k++) {
    char file[256];
    struct tin_text text;
    snprintf(file, sizeof file, "p%d_%.200s.c", plan->serial, plan->kernels[k].name);
    tin_text_init(&text, &engine->arena);
    print_kernel_file(engine, plan, &plan->kernels[k], file, &kernels[k], &text);
    if (!write_file(engine, file, text.at, error))
      return false;
    add_row(engine, &plan->kernels[k], file, text.count);
  }
  return !engine->dump.index.arena || write_file(engine, "index.md", engine->dump.index.at, error);
}

void tin_dump_close(struct tin_engine *engine) {
  tin_arena_free(&engine->dump.rows);
}
