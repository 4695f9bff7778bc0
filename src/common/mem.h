/* Memory of the library: arenas, growable arrays, growable text, a map from 64-bit keys.
 *
 * Passes allocate from an arena that is thrown away whole, so they never free and never leak. When an arena cannot grow it
 * jumps to its `fail` target if it has one (the passes below tin_execute do; a failing pass needs no error path of its own);
 * an arena without one returns NULL (graph construction, front end: the caller reports).
 * All memory comes from malloc, realloc, aligned_alloc and free of libc, which the tests replace to make every call fail in turn.
 */
#ifndef TIN_COMMON_MEM_H
#define TIN_COMMON_MEM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tin_arena_block;

struct tin_arena {
  struct tin_arena_block *block; /* newest block; older ones hang behind it */
  size_t used;                   /* bytes used of the newest block */
  size_t block_size;             /* bytes of an ordinary block */
  size_t total;                  /* bytes held in all blocks */
  jmp_buf *fail;                 /* where to go when memory runs out, or NULL to return NULL */
};

void tin_arena_init(struct tin_arena *arena, size_t block_size, jmp_buf *fail);
/* Zeroed memory aligned to 16 bytes; size 0 is allowed. */
void *tin_arena_alloc(struct tin_arena *arena, size_t size);
void *tin_arena_copy(struct tin_arena *arena, const void *data, size_t size);
char *tin_arena_string(struct tin_arena *arena, const char *text);
/* Forgets everything but keeps one block for reuse. */
void tin_arena_reset(struct tin_arena *arena);
void tin_arena_free(struct tin_arena *arena);
/* Forgets what was allocated after the position was taken. Nothing may have been reset in between. */
struct tin_arena_mark {
  struct tin_arena_block *block;
  size_t used, total;
};
struct tin_arena_mark tin_arena_position(const struct tin_arena *arena);
void tin_arena_rewind(struct tin_arena *arena, struct tin_arena_mark mark);
#define TIN_NEW(arena, type) ((type *)tin_arena_alloc((arena), sizeof(type)))
#define TIN_NEW_ARRAY(arena, type, count) ((type *)tin_arena_alloc((arena), sizeof(type) * (size_t)(count)))

/* Growable array in an arena: struct { type *at; int count, capacity; }. For arenas with a fail target (passes). */
#define TIN_VEC(type)                                                                                                                      \
  struct {                                                                                                                                 \
    type *at;                                                                                                                              \
    int count;                                                                                                                             \
    int capacity;                                                                                                                          \
  }
void *tin_vec_grow(struct tin_arena *arena, void *at, int *capacity, int count, size_t item);
#define tin_vec_push(arena, vec, item)                                                                                                     \
  ((vec)->count == (vec)->capacity                                                                                                         \
       ? (void)((vec)->at = tin_vec_grow((arena), (vec)->at, &(vec)->capacity, (vec)->count, sizeof *(vec)->at))                           \
       : (void)0,                                                                                                                          \
   (vec)->at[(vec)->count++] = (item))

/* Growable text in an arena with a fail target; always zero-terminated. */
struct tin_text {
  struct tin_arena *arena;
  char *at;
  int count;
  int capacity;
};
void tin_text_init(struct tin_text *text, struct tin_arena *arena);
void tin_text_add(struct tin_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tin_text_puts(struct tin_text *text, const char *string);
void tin_text_put(struct tin_text *text, const char *bytes, int count);
void tin_text_hex(struct tin_text *text, uint64_t value); /* 0x..., without printf */

/* Map from non-zero 64-bit keys to pointers, open addressing, in an arena with a fail target. */
struct tin_map {
  struct tin_arena *arena;
  uint64_t *keys;
  void **values;
  int count;
  int capacity;
};
void tin_map_init(struct tin_map *map, struct tin_arena *arena);
void *tin_map_get(const struct tin_map *map, uint64_t key); /* NULL when absent */
void tin_map_set(struct tin_map *map, uint64_t key, void *value);

/* Folded 64 x 64 -> 128 bit multiplication, as in wyhash (Wang Yi, 2019): one multiplication a word. The constants are any two numbers of
 * well mixed bits. */
static inline uint64_t tin_hash_mix(uint64_t hash, uint64_t word) {
  __extension__ typedef unsigned __int128 wide;
  wide product = (wide)(hash ^ 0xa0761d6478bd642fu) * (word ^ 0xe7037ed1a0b428dbu);
  return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* The seed of a stream that is derived from another number: random values depend on it, so it never changes. The finaliser of splitmix64
 * (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014). */
static inline uint64_t tin_seed_mix(uint64_t seed, uint64_t stream) {
  uint64_t mixed = seed * 0x9e3779b97f4a7c15u + stream;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

uint64_t tin_hash_bytes(uint64_t hash, const void *data, size_t size);

/* An error message that the caller owns; only the first one set is kept. */
struct tin_error {
  bool set;
  char text[1024];
};
void tin_error_set(struct tin_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
