/* What the compiler makes of random graphs, as text: for the tests of the text forms. Apart from fuzz.h, whose public headers use a name
 * that nests use too. */
#ifndef TIN_TESTS_TEXTS_H
#define TIN_TESTS_TEXTS_H

#include "common/mem.h"

struct fuzz_texts {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_text plan, nests, programs; /* nests and programs: each behind a comment with its name */
};

/* Of the graph of the seed, for the target; false when memory ran out. */
bool fuzz_texts_make(struct fuzz_texts *texts, uint64_t seed, const char *target);
void fuzz_texts_free(struct fuzz_texts *texts);
/* The next of the texts that begin with a comment each, which goes to *comment; NULL behind the last. */
char *fuzz_texts_next(struct tin_arena *arena, const char **rest, char **comment);
/* Changes, cuts or doubles a few bytes; `text` has room for twice its size. */
void fuzz_texts_damage(char *text, uint64_t *random);

#endif
