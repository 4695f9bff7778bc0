/* Arenas, growable arrays and text, the map, hashing, error text: see mem.h. */
#include "common/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tin_arena_block {
  struct tin_arena_block *older;
  size_t size; /* usable bytes behind this header */
};

enum { ARENA_ALIGN = 16 };
static const size_t header_size = (sizeof(struct tin_arena_block) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;

void tin_arena_init(struct tin_arena *arena, size_t block_size, jmp_buf *fail) {
  *arena = (struct tin_arena){.block_size = block_size, .fail = fail};
}

static void *arena_failed(struct tin_arena *arena) {
  if (arena->fail)
    longjmp(*arena->fail, 1);
  return NULL;
}

void *tin_arena_alloc(struct tin_arena *arena, size_t size) {
  if (size > SIZE_MAX / 2)
    return arena_failed(arena);
  size = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
  if (!arena->block || arena->block->size - arena->used < size) {
    size_t usable = size > arena->block_size ? size : arena->block_size;
    struct tin_arena_block *block = malloc(header_size + usable);
    if (!block)
      return arena_failed(arena);
    *block = (struct tin_arena_block){.older = arena->block, .size = usable};
    arena->block = block;
    arena->used = 0;
    arena->total += usable;
  }
  char *memory = (char *)arena->block + header_size + arena->used;
  arena->used += size;
  return memset(memory, 0, size);
}

void *tin_arena_copy(struct tin_arena *arena, const void *data, size_t size) {
  void *memory = tin_arena_alloc(arena, size);
  if (memory && size)
    memcpy(memory, data, size);
  return memory;
}

char *tin_arena_string(struct tin_arena *arena, const char *text) {
  return tin_arena_copy(arena, text, strlen(text) + 1);
}

void tin_arena_reset(struct tin_arena *arena) {
  while (arena->block && arena->block->older) {
    struct tin_arena_block *block = arena->block;
    arena->block = block->older;
    free(block);
  }
  arena->used = 0;
  arena->total = arena->block ? arena->block->size : 0;
}

struct tin_arena_mark tin_arena_position(const struct tin_arena *arena) {
  return (struct tin_arena_mark){arena->block, arena->used, arena->total};
}

void tin_arena_rewind(struct tin_arena *arena, struct tin_arena_mark mark) {
  while (arena->block != mark.block) {
    struct tin_arena_block *block = arena->block;
    arena->block = block->older;
    free(block);
  }
  arena->used = mark.used;
  arena->total = mark.total;
}

void tin_arena_free(struct tin_arena *arena) {
  tin_arena_reset(arena);
  free(arena->block);
  arena->block = NULL;
  arena->total = 0;
}

void *tin_vec_grow(struct tin_arena *arena, void *at, int *capacity, int count, size_t item) {
  int grown = *capacity ? *capacity * 2 : 8;
  void *memory = tin_arena_alloc(arena, (size_t)grown * item);
  if (count)
    memcpy(memory, at, (size_t)count * item);
  *capacity = grown;
  return memory;
}

void tin_text_init(struct tin_text *text, struct tin_arena *arena) {
  *text = (struct tin_text){.arena = arena, .capacity = 256};
  text->at = tin_arena_alloc(arena, 256);
}

static void text_reserve(struct tin_text *text, int more) {
  if (text->capacity - text->count > more)
    return;
  int grown = text->capacity;
  while (grown - text->count <= more)
    grown *= 2;
  char *memory = tin_arena_alloc(text->arena, (size_t)grown);
  memcpy(memory, text->at, (size_t)text->count + 1);
  text->at = memory;
  text->capacity = grown;
}

void tin_text_add(struct tin_text *text, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int room = text->capacity - text->count;
  int size = vsnprintf(text->at + text->count, (size_t)room, format, args);
  va_end(args);
  if (size >= room) {
    text->at[text->count] = 0;
    text_reserve(text, size);
    va_start(args, format);
    vsnprintf(text->at + text->count, (size_t)size + 1, format, args);
    va_end(args);
  }
  text->count += size;
}

void tin_text_put(struct tin_text *text, const char *bytes, int count) {
  text_reserve(text, count);
  memcpy(text->at + text->count, bytes, (size_t)count);
  text->count += count;
  text->at[text->count] = 0;
}

void tin_text_puts(struct tin_text *text, const char *string) {
  tin_text_put(text, string, (int)strlen(string));
}

void tin_text_hex(struct tin_text *text, uint64_t value) {
  char digits[18];
  int at = 18;
  do {
    digits[--at] = "0123456789abcdef"[value & 15];
    value >>= 4;
  } while (value);
  digits[--at] = 'x';
  digits[--at] = '0';
  tin_text_put(text, digits + at, 18 - at);
}

void tin_map_init(struct tin_map *map, struct tin_arena *arena) {
  *map = (struct tin_map){.arena = arena};
}

static int map_slot(const struct tin_map *map, uint64_t key) {
  int mask = map->capacity - 1;
  int slot = (int)(tin_hash_mix(0, key) & (uint64_t)mask);
  while (map->keys[slot] && map->keys[slot] != key)
    slot = (slot + 1) & mask;
  return slot;
}

void *tin_map_get(const struct tin_map *map, uint64_t key) {
  return map->capacity ? map->values[map_slot(map, key)] : NULL;
}

void tin_map_set(struct tin_map *map, uint64_t key, void *value) {
  if (map->count * 2 >= map->capacity) {
    struct tin_map grown = {.arena = map->arena, .capacity = map->capacity ? map->capacity * 2 : 64};
    grown.keys = TIN_NEW_ARRAY(map->arena, uint64_t, grown.capacity);
    grown.values = TIN_NEW_ARRAY(map->arena, void *, grown.capacity);
    for (int i = 0; i < map->capacity; i++)
      if (map->keys[i]) {
        int slot = map_slot(&grown, map->keys[i]);
        grown.keys[slot] = map->keys[i];
        grown.values[slot] = map->values[i];
      }
    grown.count = map->count;
    *map = grown;
  }
  int slot = map_slot(map, key);
  map->count += !map->keys[slot];
  map->keys[slot] = key;
  map->values[slot] = value;
}

uint64_t tin_hash_bytes(uint64_t hash, const void *data, size_t size) {
  const unsigned char *bytes = data;
  for (; size >= 8; bytes += 8, size -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    hash = tin_hash_mix(hash, word);
  }
  uint64_t rest = size;
  for (size_t i = 0; i < size; i++)
    rest = rest << 8 | bytes[i];
  return tin_hash_mix(hash, rest);
}

void tin_error_set(struct tin_error *error, const char *format, ...) {
  if (error->set)
    return;
  va_list args;
  va_start(args, format);
  vsnprintf(error->text, sizeof error->text, format, args);
  va_end(args);
  error->set = true;
}
