/* Buffers and their recycling: see buffer.h.
 *
 * A dropped buffer goes to a cache and comes back for a request of the same rounded size: a training loop asks for the same sizes every
 * step. The cache holds its buffers in one list by age (the oldest goes when the cache is too large) and in chains by a hash of the size.
 */
#include "runtime/buffer.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include <stdlib.h>
#include <sys/mman.h>

enum {
  ALIGNMENT = 64, /* a cache line, and the widest vector */
  SLACK = TIN_BUFFER_SLACK,
  CHAINS = 256,   /* a large model has some hundred different sizes */
  PAGE = 4096,    /* sizes of a page and more are rounded to pages, so that nearly equal sizes share buffers */
  CACHE_SHARE = 4 /* the cache may hold this share of the most that was ever live */
};
static const size_t cache_least = (size_t)256 << 20;   /* what the cache may hold in any case */
static const size_t huge_pages_from = (size_t)4 << 20; /* two huge pages: below, most of the buffer is outside of whole ones */

struct block {
  struct tin_buffer buffer;    /* first: what users hold */
  size_t capacity;             /* bytes at buffer.data, slack included */
  struct block *older, *newer; /* in the cache, by age */
  struct block *next, **link;  /* in the cache, in its chain, newest first; link: what points to this block */
};

/* Memory of somebody else's. */
struct loan {
  struct tin_buffer buffer; /* first: what users hold */
  void (*release)(void *user);
  void *user;
};

struct tin_buffer_pool {
  struct block *chains[CHAINS];
  struct block *oldest, *newest;
  size_t cached;    /* bytes in the cache */
  size_t live;      /* bytes in use */
  size_t most_live; /* largest value of live */
  size_t peak;      /* largest value of live + cached */
  size_t users;     /* buffers in use */
  bool closed;      /* freed by its owner: goes with the last buffer in use */
};

struct tin_buffer_pool *tin_buffer_pool_new(void) {
  return calloc(1, sizeof(struct tin_buffer_pool));
}

size_t tin_buffer_pool_bytes(const struct tin_buffer_pool *pool) {
  return pool->live + pool->cached;
}

size_t tin_buffer_pool_peak(const struct tin_buffer_pool *pool) {
  return pool->peak;
}

static size_t rounded(size_t bytes) {
  size_t unit = bytes + SLACK < PAGE ? ALIGNMENT : PAGE;
  return (bytes + SLACK + unit - 1) / unit * unit;
}

static struct block **chain_of(struct tin_buffer_pool *pool, size_t capacity) {
  /* multiplicative hashing (Knuth, The Art of Computer Programming 3, 6.4): 2^64 divided by the golden ratio */
  return &pool->chains[(uint64_t)capacity * 0x9e3779b97f4a7c15u >> 56];
}

static void take_from_cache(struct tin_buffer_pool *pool, struct block *block) {
  *block->link = block->next;
  if (block->next)
    block->next->link = block->link;
  *(block->older ? &block->older->newer : &pool->oldest) = block->newer;
  *(block->newer ? &block->newer->older : &pool->newest) = block->older;
  pool->cached -= block->capacity;
}

static void put_into_cache(struct tin_buffer_pool *pool, struct block *block) {
  struct block **chain = chain_of(pool, block->capacity);
  block->next = *chain;
  block->link = chain;
  if (block->next)
    block->next->link = &block->next;
  *chain = block;
  block->newer = NULL;
  block->older = pool->newest;
  *(pool->newest ? &pool->newest->newer : &pool->oldest) = block;
  pool->newest = block;
  pool->cached += block->capacity;
}

static void shrink_cache(struct tin_buffer_pool *pool, size_t bytes) {
  while (pool->cached > bytes) {
    struct block *block = pool->oldest;
    take_from_cache(pool, block);
    free(block->buffer.data);
    free(block);
  }
}

static struct block *find_in_cache(struct tin_buffer_pool *pool, size_t capacity) {
  for (struct block *block = *chain_of(pool, capacity); block; block = block->next)
    if (block->capacity == capacity) {
      take_from_cache(pool, block);
      return block;
    }
  return NULL;
}

/* Asks for huge pages: a 100 MB tensor otherwise takes 25,000 page faults when it is first written. The answer does not matter. */
static void prefer_huge_pages(char *data, size_t capacity) {
#ifdef MADV_HUGEPAGE
  uintptr_t begin = ((uintptr_t)data + PAGE - 1) / PAGE * PAGE, end = ((uintptr_t)data + capacity) / PAGE * PAGE;
  if (capacity >= huge_pages_from)
    madvise((void *)begin, end - begin, MADV_HUGEPAGE);
#else
  (void)data, (void)capacity;
#endif
}

static struct block *new_block(size_t capacity) {
  struct block *block = malloc(sizeof *block);
  void *data = block ? aligned_alloc(ALIGNMENT, capacity) : NULL;
  if (!data) {
    free(block);
    return NULL;
  }
  prefer_huge_pages(data, capacity);
  *block = (struct block){.buffer.data = data, .capacity = capacity};
  return block;
}

/* Code that is compiled with AddressSanitizer may not touch what is behind the last element; vector kernels, which may read it, are not. */
static void fence(const struct block *block, size_t bytes) {
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(block->buffer.data, block->capacity);
  ASAN_POISON_MEMORY_REGION((char *)block->buffer.data + bytes, block->capacity - bytes);
#else
  (void)block, (void)bytes;
#endif
}

struct tin_buffer *tin_buffer_new(struct tin_buffer_pool *pool, size_t bytes) {
  if (bytes > SIZE_MAX / 4)
    return NULL;
  size_t capacity = rounded(bytes);
  struct block *block = find_in_cache(pool, capacity);
  if (!block) {
    block = new_block(capacity);
    if (!block && pool->cached) {
      shrink_cache(pool, 0);
      block = new_block(capacity);
    }
  }
  if (!block)
    return NULL;
  pool->users++;
  pool->live += capacity;
  if (pool->most_live < pool->live)
    pool->most_live = pool->live;
  if (pool->peak < pool->live + pool->cached)
    pool->peak = pool->live + pool->cached;
  fence(block, bytes);
  block->buffer.bytes = bytes;
  block->buffer.references = 1;
  block->buffer.borrowed = false;
  block->buffer.pool = pool;
  return &block->buffer;
}

/* Pages may be larger than this one, never smaller: the bytes up to its end can be read when the last element can. */
bool tin_buffer_has_slack(const void *data, size_t bytes) {
  return PAGE - ((uintptr_t)data + bytes - 1) % PAGE > SLACK;
}

struct tin_buffer *tin_buffer_borrow(struct tin_buffer_pool *pool, const void *data, size_t bytes, void (*release)(void *user),
                                     void *user) {
  struct loan *loan = malloc(sizeof *loan);
  if (!loan)
    return NULL;
  *loan = (struct loan){.buffer = {.data = (void *)(uintptr_t)data, .bytes = bytes, .references = 1, .borrowed = true, .pool = pool},
                        .release = release,
                        .user = user};
  pool->users++;
  return &loan->buffer;
}

static void end_loan(struct loan *loan) {
  if (loan->release)
    loan->release(loan->user);
  free(loan);
}

struct tin_buffer *tin_buffer_keep(struct tin_buffer *buffer) {
  buffer->references++;
  return buffer;
}

/* Back to the cache, as far as it has room. */
static void recycle(struct tin_buffer_pool *pool, struct block *block) {
  pool->live -= block->capacity;
  put_into_cache(pool, block);
  size_t share = pool->most_live / CACHE_SHARE;
  shrink_cache(pool, pool->closed ? 0 : share > cache_least ? share : cache_least);
}

void tin_buffer_drop(struct tin_buffer *buffer) {
  if (!buffer || --buffer->references)
    return;
  struct tin_buffer_pool *pool = buffer->pool;
  pool->users--;
  if (buffer->borrowed)
    end_loan((struct loan *)buffer);
  else
    recycle(pool, (struct block *)buffer);
  if (pool->closed && !pool->users)
    free(pool);
}

void tin_buffer_pool_free(struct tin_buffer_pool *pool) {
  if (!pool)
    return;
  shrink_cache(pool, 0);
  pool->closed = true;
  if (!pool->users)
    free(pool);
}
