/* Fixture of tests that only need an arena whose failure fails the set-up. */
#ifndef TIN_TESTS_ARENA_H
#define TIN_TESTS_ARENA_H

#include <stdlib.h>

#include "common/mem.h"

struct fixture {
  struct tin_arena arena;
  jmp_buf fail;
};

static inline int set_up(void **state) {
  struct fixture *f = calloc(1, sizeof *f);
  if (!f || setjmp(f->fail))
    return -1;
  tin_arena_init(&f->arena, 1 << 16, &f->fail);
  *state = f;
  return 0;
}

static inline int tear_down(void **state) {
  struct fixture *f = *state;
  tin_arena_free(&f->arena);
  free(f);
  return 0;
}

#endif
