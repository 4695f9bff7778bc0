/* Tensors over memory of the caller's: host arrays and mapped files, without a copy where their memory is fit for kernels. */
#include "frontend/frontend.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* A tensor of the scope over the buffer, which it takes over; when it cannot be made, the buffer is dropped before the return. */
static tin_tensor *tensor_over(struct tin_call *call, tin_dtype dtype, const tin_shape *shape, struct tin_buffer *buffer) {
  tin_ctx *ctx = call->ctx;
  struct tin_storage *storage = buffer ? tin_storage_new(ctx, STORAGE_VALUE, dtype, shape->rank, shape->size, buffer) : NULL;
  if (!storage)
    return tin_call_result(call, NULL);
  storage->owner = ctx->scope;
  tin_tensor *result = tin_call_result(call, tin_storage_node(ctx, storage));
  if (tin_is_poison(result))
    tin_storage_free(ctx, storage);
  return result;
}

/* ---- host memory ---- */

static struct tin_buffer *copied(tin_ctx *ctx, const void *data, size_t bytes) {
  struct tin_buffer *buffer = tin_buffer_new(ctx->pool, bytes);
  if (buffer && bytes)
    memcpy(buffer->data, data, bytes);
  return buffer;
}

/* The checks that come before a buffer; NULL with the error recorded. *held: the buffer calls release. */
static struct tin_buffer *borrowed(struct tin_call *call, tin_ctx *ctx, tin_dtype dtype, const tin_shape *shape, const void *data,
                                   tin_release_handler *release, void *user, bool *held) {
  int64_t size;
  if (!tin_call_enter(call, ctx) || !tin_check_shape(call, shape, dtype, &size))
    return NULL;
  if (!data && size) {
    tin_call_fail(call, "the data is NULL");
    return NULL;
  }
  size_t bytes = (size_t)size * tin_dtype_size(dtype);
  bool fit = bytes && (uintptr_t)data % tin_dtype_size(dtype) == 0 && tin_buffer_has_slack(data, bytes);
  struct tin_buffer *buffer = fit ? tin_buffer_borrow(ctx->pool, data, bytes, release, user) : copied(ctx, data, bytes);
  *held = fit && buffer;
  if (!buffer)
    tin_call_fail(call, "out of memory");
  return buffer;
}

tin_tensor *tin_borrow_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, tin_shape shape, const void *data,
                          tin_release_handler *release, void *user) {
  struct tin_call call = tin_call_of(file, line, "borrow");
  bool held = false;
  struct tin_buffer *buffer = borrowed(&call, ctx, dtype, &shape, data, release, user, &held);
  tin_tensor *result = buffer ? tensor_over(&call, dtype, &shape, buffer) : tin_call_poison(&call);
  if (!held && release) /* copied, or never taken */
    release(user);
  return result;
}

/* ---- files ---- */

struct mapping {
  void *pages;
  size_t bytes;
};

static void unmap(void *user) {
  struct mapping *mapping = user;
  munmap(mapping->pages, mapping->bytes);
  free(mapping);
}

/* The opened file's size, in which the tensor's bytes have been found to lie; -1 with the error recorded. */
static int64_t check_file(struct tin_call *call, const struct tin_map_options *args, int descriptor, int64_t bytes) {
  struct stat status;
  int64_t end, element = (int64_t)tin_dtype_size(args->dtype);
  if (descriptor < 0 || fstat(descriptor, &status) != 0)
    tin_call_fail(call, "%s: %s", args->path, strerror(errno));
  else if (!S_ISREG(status.st_mode))
    tin_call_fail(call, "%s is no regular file", args->path);
  else if (args->offset < 0 || args->offset % element)
    tin_call_fail(call, "%s: offset %lld is negative or no multiple of %lld, the size of %s", args->path, (long long)args->offset,
                  (long long)element, tin_dtype_name(args->dtype));
  else if (__builtin_add_overflow(args->offset, bytes, &end) || end > status.st_size)
    tin_call_fail(call, "%s has %lld bytes, too few for %lld from %lld on", args->path, (long long)status.st_size, (long long)bytes,
                  (long long)args->offset);
  else
    return status.st_size;
  return -1;
}

/* The file's pages over reserved pages that read as zeros, of which one may remain behind the end of the file: kernels read a little past
 * the last element. NULL with errno when it cannot be done. */
static struct mapping *map_pages(int descriptor, int64_t file_bytes, int64_t offset, int64_t bytes) {
  const int64_t page = sysconf(_SC_PAGESIZE), start = offset / page * page;
  int64_t needed = (offset - start + bytes + TIN_BUFFER_SLACK + page - 1) / page * page;
  int64_t present = (file_bytes - start + page - 1) / page * page;
  struct mapping *mapping = malloc(sizeof *mapping);
  if (!mapping)
    return NULL;
  *mapping = (struct mapping){mmap(NULL, (size_t)needed, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), (size_t)needed};
  if (mapping->pages == MAP_FAILED) {
    free(mapping);
    return NULL;
  }
  size_t of_file = (size_t)(present < needed ? present : needed);
  if (mmap(mapping->pages, of_file, PROT_READ, MAP_PRIVATE | MAP_FIXED, descriptor, start) != MAP_FAILED)
    return mapping;
  int reason = errno;
  unmap(mapping);
  errno = reason;
  return NULL;
}

static struct tin_buffer *mapped_buffer(struct tin_call *call, const struct tin_map_options *args, int descriptor, int64_t bytes) {
  int64_t file_bytes = check_file(call, args, descriptor, bytes);
  if (file_bytes < 0)
    return NULL;
  struct tin_buffer *buffer = NULL;
  struct mapping *mapping = bytes ? map_pages(descriptor, file_bytes, args->offset, bytes) : NULL;
  if (bytes && !mapping) {
    tin_call_fail(call, "%s cannot be mapped: %s", args->path, strerror(errno));
    return NULL;
  }
  if (mapping) {
    const char *data = (const char *)mapping->pages + args->offset % sysconf(_SC_PAGESIZE);
    buffer = tin_buffer_borrow(call->ctx->pool, data, (size_t)bytes, unmap, mapping);
    if (!buffer)
      unmap(mapping);
  } else {
    buffer = tin_buffer_new(call->ctx->pool, 0);
  }
  if (!buffer)
    tin_call_fail(call, "out of memory");
  return buffer;
}

tin_tensor *tin_map_file_args(struct tin_map_options args) {
  struct tin_call call = tin_call_of(args.file, args.line, "map_file");
  int64_t size;
  if (!tin_call_enter(&call, args.ctx) || !tin_check_shape(&call, &args.shape, args.dtype, &size))
    return tin_call_poison(&call);
  if (!args.path) {
    tin_call_fail(&call, "the path is NULL");
    return tin_call_poison(&call);
  }
  int descriptor = open(args.path, O_RDONLY | O_CLOEXEC);
  struct tin_buffer *buffer = mapped_buffer(&call, &args, descriptor, size * (int64_t)tin_dtype_size(args.dtype));
  if (descriptor >= 0)
    close(descriptor);
  return buffer ? tensor_over(&call, args.dtype, &args.shape, buffer) : tin_call_poison(&call);
}
