/* Reference-counted storage of tensor values: 64-byte aligned, with 64 readable bytes behind the last element. */
#ifndef TIN_RUNTIME_BUFFER_H
#define TIN_RUNTIME_BUFFER_H

#include <stddef.h>
#include <stdint.h>

struct tin_buffer_pool; /* recycles buffers of equal size; bounded; one per context */

struct tin_buffer {
  void *data;
  size_t bytes;
  int references;
  struct tin_buffer_pool *pool;
};

struct tin_buffer_pool *tin_buffer_pool_new(void);       /* NULL when out of memory */
void tin_buffer_pool_free(struct tin_buffer_pool *pool); /* NULL is allowed; buffers still in use stay valid until they are dropped */
size_t tin_buffer_pool_bytes(const struct tin_buffer_pool *pool); /* bytes of all live and cached buffers */
size_t tin_buffer_pool_peak(const struct tin_buffer_pool *pool);
/* A buffer with one reference, contents undefined; NULL when out of memory. Size 0 is allowed. */
struct tin_buffer *tin_buffer_new(struct tin_buffer_pool *pool, size_t bytes);
struct tin_buffer *tin_buffer_keep(struct tin_buffer *buffer);
void tin_buffer_drop(struct tin_buffer *buffer); /* NULL is allowed */

#endif
