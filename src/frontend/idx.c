/* Reader of IDX files, the format of MNIST: big-endian magic 00 00 type rank, one 32-bit size a dimension, then the elements.
 *
 * Files may be gzip-compressed or plain; zlib tells them apart. Nothing in a file is believed before it is checked: the magic, the
 * element type, the product of the sizes against what the file can hold, a short file, bytes behind the end.
 * Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
 */
#include "frontend/data.h"
#include "ir/ir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

/* zlib expands a byte to at most 1032 (zlib technical notes); a header that asks for more than the file can unpack to is refused
 * before memory is taken for it. */
enum { MAX_EXPANSION = 1032 };

void tin_array_free(tin_array *array) {
  free(array->data);
  *array = (tin_array){0};
}

bool tin_array_make(tin_array *array, tin_dtype dtype, int rank, const int64_t *shape, struct tin_error *error) {
  *array = (tin_array){.dtype = dtype, .rank = rank, .size = 1};
  bool too_large = false;
  for (int i = 0; i < rank; i++) {
    array->shape[i] = shape[i];
    too_large |= __builtin_mul_overflow(array->size, shape[i], &array->size);
  }
  too_large |= __builtin_mul_overflow((size_t)array->size, (size_t)tin_dtype_bytes(dtype), &array->bytes);
  if (!too_large)
    array->data = calloc(array->bytes ? array->bytes : 1, 1);
  if (!array->data) {
    tin_error_set(error, too_large ? "array is too large" : "out of memory for %zu bytes", array->bytes);
    *array = (tin_array){0};
    return false;
  }
  return true;
}

struct idx_type {
  unsigned char code;
  tin_dtype dtype;
};

static const struct idx_type *idx_type_find(unsigned char code) {
  static const struct idx_type types[] = {{0x08, TIN_U8},  {0x09, TIN_I8},  {0x0b, TIN_I16},
                                          {0x0c, TIN_I32}, {0x0d, TIN_F32}, {0x0e, TIN_F64}};
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].code == code)
      return &types[i];
  return NULL;
}

/* Exactly `bytes`, or an error that says how many there were. */
static bool idx_bytes(gzFile file, void *out, size_t bytes, const char *path, const char *what, struct tin_error *error) {
  size_t done = 0;
  while (done < bytes) {
    size_t rest = bytes - done;
    int got = gzread(file, (char *)out + done, rest > (1u << 30) ? 1u << 30 : (unsigned)rest);
    int status = Z_OK;
    const char *message = gzerror(file, &status);
    if (got < 0 || (got == 0 && status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)) {
      tin_error_set(error, "%s: damaged file: %s", path, message);
      return false;
    }
    if (got == 0) {
      tin_error_set(error, "%s: truncated: %s needs %zu bytes, the file has %zu", path, what, bytes, done);
      return false;
    }
    done += (size_t)got;
  }
  return true;
}

static uint32_t big_endian(const unsigned char *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static bool idx_header(gzFile file, const char *path, tin_dtype *dtype, int *rank, int64_t *shape, struct tin_error *error) {
  unsigned char magic[4], sizes[8 * 4];
  if (!idx_bytes(file, magic, sizeof magic, path, "the magic number", error))
    return false;
  const struct idx_type *type = idx_type_find(magic[2]);
  if (magic[0] || magic[1] || !type) {
    tin_error_set(error, "%s: not an IDX file: magic number 0x%08x", path, (unsigned)big_endian(magic));
    return false;
  }
  *dtype = type->dtype;
  *rank = magic[3];
  if (*rank > 8) {
    tin_error_set(error, "%s: %d dimensions, at most 8 are supported", path, *rank);
    return false;
  }
  if (!idx_bytes(file, sizes, 4 * (size_t)*rank, path, "the sizes of the dimensions", error))
    return false;
  for (int i = 0; i < *rank; i++)
    shape[i] = big_endian(sizes + 4 * i);
  return true;
}

/* Whether elements of that shape can be in a file of file_bytes at all. */
static bool idx_fits(const char *path, tin_dtype dtype, int rank, const int64_t *shape, int64_t file_bytes, bool packed,
                     struct tin_error *error) {
  int64_t bytes = tin_dtype_bytes(dtype), most = packed ? file_bytes * MAX_EXPANSION : file_bytes;
  for (int i = 0; i < rank; i++)
    if (__builtin_mul_overflow(bytes, shape[i], &bytes) || bytes > INT64_MAX / 2) {
      tin_error_set(error, "%s: the product of the dimensions overflows", path);
      return false;
    }
  if (bytes > most) {
    tin_error_set(error, "%s: truncated: the dimensions need %lld bytes of elements, the file of %lld bytes cannot hold them", path,
                  (long long)bytes, (long long)file_bytes);
    return false;
  }
  return true;
}

static void to_host_order(tin_array *array) {
  int width = tin_dtype_bytes(array->dtype);
  unsigned char *bytes = array->data;
  for (int64_t i = 0; width > 1 && i < array->size; i++)
    for (int low = 0, high = width - 1; low < high; low++, high--) {
      unsigned char swap = bytes[i * width + low];
      bytes[i * width + low] = bytes[i * width + high];
      bytes[i * width + high] = swap;
    }
}

static bool idx_contents(gzFile file, const char *path, int64_t file_bytes, tin_array *out, struct tin_error *error) {
  tin_dtype dtype;
  int rank;
  int64_t shape[8];
  if (!idx_header(file, path, &dtype, &rank, shape, error) || !idx_fits(path, dtype, rank, shape, file_bytes, !gzdirect(file), error) ||
      !tin_array_make(out, dtype, rank, shape, error))
    return false;
  if (!idx_bytes(file, out->data, out->bytes, path, "the data", error))
    return false;
  char extra;
  int got = gzread(file, &extra, 1);
  if (got != 0) {
    tin_error_set(error, got < 0 ? "%s: damaged file at its end" : "%s: bytes left behind the last element", path);
    return false;
  }
  to_host_order(out);
  return true;
}

bool tin_idx_read(const char *path, tin_array *out, struct tin_error *error) {
  *out = (tin_array){0};
  struct stat status;
  if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)) {
    tin_error_set(error, "%s: no such file", path);
    return false;
  }
  gzFile file = gzopen(path, "rb");
  if (!file) {
    tin_error_set(error, "%s: cannot be opened", path);
    return false;
  }
  bool ok = idx_contents(file, path, status.st_size, out, error);
  int closed = gzclose(file);
  if (ok && closed != Z_OK) { /* the gzip stream ends in the middle, or its checksum is wrong */
    tin_error_set(error, "%s: damaged file: the gzip stream is not complete", path);
    ok = false;
  }
  if (!ok)
    tin_array_free(out);
  return ok;
}

/* ---- the four files of MNIST and its replacements ---- */

static bool mnist_file(const char *folder, const char *name, int rank, tin_array *out, struct tin_error *error) {
  char path[4096];
  struct stat status;
  if (snprintf(path, sizeof path, "%s/%s.gz", folder, name) >= (int)sizeof path) {
    tin_error_set(error, "%s: the path is too long", folder);
    return false;
  }
  if (stat(path, &status) != 0)
    path[strlen(path) - 3] = 0;
  if (!tin_idx_read(path, out, error))
    return false;
  if (out->dtype != TIN_U8 || out->rank != rank) {
    tin_error_set(error, "%s: %s with %d dimensions, expected u8 with %d", path, tin_dtypes[out->dtype].text, out->rank, rank);
    return false;
  }
  return true;
}

static bool mnist_pair(const char *folder, const char *prefix, tin_array *images, tin_array *labels, struct tin_error *error) {
  char name[64];
  snprintf(name, sizeof name, "%s-images-idx3-ubyte", prefix);
  if (!mnist_file(folder, name, 3, images, error))
    return false;
  snprintf(name, sizeof name, "%s-labels-idx1-ubyte", prefix);
  if (!mnist_file(folder, name, 1, labels, error))
    return false;
  if (images->shape[0] != labels->shape[0]) {
    tin_error_set(error, "%s: %lld %s images but %lld labels", folder, (long long)images->shape[0], prefix, (long long)labels->shape[0]);
    return false;
  }
  return true;
}

bool tin_mnist_read(const char *folder, tin_dataset *out, struct tin_error *error) {
  *out = (tin_dataset){0};
  if (mnist_pair(folder, "train", &out->train_images, &out->train_labels, error) &&
      mnist_pair(folder, "t10k", &out->test_images, &out->test_labels, error))
    return true;
  tin_dataset_free(out);
  return false;
}

void tin_dataset_free(tin_dataset *data) {
  tin_array_free(&data->train_images);
  tin_array_free(&data->train_labels);
  tin_array_free(&data->test_images);
  tin_array_free(&data->test_labels);
}

/* ---- public forms: the error goes to the context ---- */

static bool told(const char *file, int line, tin_ctx *ctx, bool ok, const struct tin_error *error) {
  if (!ok)
    tin_fail_at(file, line, ctx, "%s", error->text);
  return ok;
}

bool tin_idx_load_at(const char *file, int line, tin_ctx *ctx, const char *path, tin_array *out) {
  struct tin_error error = {0};
  return told(file, line, ctx, tin_idx_read(path, out, &error), &error);
}

bool tin_mnist_load_at(const char *file, int line, tin_ctx *ctx, const char *folder, tin_dataset *out) {
  struct tin_error error = {0};
  return told(file, line, ctx, tin_mnist_read(folder, out, &error), &error);
}
