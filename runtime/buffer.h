/* Reference-counted storage of tensor values, with 64 readable bytes behind the last element.
 *
 * Memory of the pool's own is 64-byte aligned. Borrowed memory belongs to somebody else: it is aligned to its elements only, and never
 * written; whoever stores to a buffer that was there before asks tin_buffer_may_overwrite. */
#ifndef TIN_RUNTIME_BUFFER_H
#define TIN_RUNTIME_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TIN_BUFFER_SLACK = 64 }; /* readable bytes behind the last element: a whole vector may be read at the end */

struct tin_buffer_pool; /* recycles buffers of equal size; bounded; one per context */

struct tin_buffer {
  void *data;
  size_t bytes;
  int references;
  bool borrowed; /* not the pool's: read only */
  struct tin_buffer_pool *pool;
};

struct tin_buffer_pool *tin_buffer_pool_new(void);       /* NULL when out of memory */
void tin_buffer_pool_free(struct tin_buffer_pool *pool); /* NULL is allowed; buffers still in use stay valid until they are dropped */
size_t tin_buffer_pool_bytes(const struct tin_buffer_pool *pool); /* bytes of all live and cached buffers, without borrowed ones */
size_t tin_buffer_pool_peak(const struct tin_buffer_pool *pool);
/* A buffer with one reference, contents undefined; NULL when out of memory. Size 0 is allowed. */
struct tin_buffer *tin_buffer_new(struct tin_buffer_pool *pool, size_t bytes);
/* Whether `bytes` at data may be borrowed: what a kernel reads behind them lies on a page of theirs, and so is readable. */
bool tin_buffer_has_slack(const void *data, size_t bytes);
/* A buffer over memory that outlives it: release(user) is called with the last reference, once; release may be NULL. NULL when out of
 * memory, and then release is not called. */
struct tin_buffer *tin_buffer_borrow(struct tin_buffer_pool *pool, const void *data, size_t bytes, void (*release)(void *user), void *user);
/* Nobody else reads the buffer, and its memory may be written. */
static inline bool tin_buffer_may_overwrite(const struct tin_buffer *buffer) {
  return buffer->references == 1 && !buffer->borrowed;
}
struct tin_buffer *tin_buffer_keep(struct tin_buffer *buffer);
void tin_buffer_drop(struct tin_buffer *buffer); /* NULL is allowed */

#endif
