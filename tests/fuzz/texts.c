/* The texts of random graphs, and damage to texts. */
#include "texts.h"

#include <string.h>

#include "codegen/kernel.h"
#include "fuzz.h"

static void make(struct fuzz_texts *texts, struct fuzz_case *c, const char *target) {
  struct tin_variable *variables[FUZZ_OUTPUTS];
  struct tin_node *values[FUZZ_OUTPUTS];
  for (int i = 0; i < c->n_updates; i++) {
    variables[i] = c->updates[i].variable;
    values[i] = c->updates[i].value;
  }
  struct tin_schedule *schedule = tin_schedule_build(&texts->arena, &c->graph, c->outputs, c->n_outputs, variables, values, c->n_updates,
                                                     c->seed % 4 ? TIN_FUSE_ALL : 0);
  tin_schedule_memory(schedule, &texts->arena);
  struct tin_text kernels;
  tin_text_init(&kernels, &texts->arena);
  tin_text_init(&texts->plan, &texts->arena);
  tin_text_init(&texts->nests, &texts->arena);
  tin_text_init(&texts->programs, &texts->arena);
  tin_schedule_print(&texts->plan, schedule);
  for (int k = 0; k < schedule->kernels.count; k++) {
    struct tin_kernel_code code = {.nests = &texts->nests, .programs = &texts->programs};
    tin_codegen_kernel(&kernels, NULL, &texts->arena, schedule, k, tin_codegen_target_find(target), &code);
  }
}

bool fuzz_texts_make(struct fuzz_texts *texts, uint64_t seed, const char *target) {
  static struct fuzz_case c;
  tin_arena_init(&texts->arena, 1 << 16, &texts->fail);
  bool good = fuzz_generate(&c, seed) && !setjmp(texts->fail);
  if (good)
    make(texts, &c, target);
  fuzz_case_free(&c);
  return good;
}

void fuzz_texts_free(struct fuzz_texts *texts) {
  tin_arena_free(&texts->arena);
}

char *fuzz_texts_next(struct tin_arena *arena, const char **rest, char **comment) {
  if (**rest != '#')
    return NULL;
  const char *text = strchr(*rest, '\n') + 1, *found = strstr(text, "\n# "), *end = found ? found + 1 : text + strlen(text);
  *comment = tin_arena_copy(arena, *rest, (size_t)(text - *rest));
  (*comment)[text - *rest - 1] = 0;
  *rest = end;
  char *copy = tin_arena_alloc(arena, (size_t)(end - text) + 1);
  return memcpy(copy, text, (size_t)(end - text));
}

void fuzz_texts_damage(char *text, uint64_t *random) {
  static const char bytes[] = " \n0123456789%#,.:=+-[]()abprsvx/*\"";
  for (int n = 1 + (int)(*random % 3); n > 0; n--) {
    *random = tin_hash_mix(*random, 7);
    size_t size = strlen(text), at = size ? (size_t)(*random >> 20) % size : 0, length = (size_t)(*random >> 8) % 6;
    if (at + length > size)
      length = size - at;
    if (*random % 3 == 0)
      memmove(text + at, text + at + length, size - at - length + 1);
    else if (*random % 3 == 1)
      memmove(text + at + length, text + at, size - at + 1);
    else if (size)
      text[at] = bytes[(*random >> 40) % (sizeof bytes - 1)];
  }
}
