/* Reader of NumPy's .npy files, versions 1 to 3: little-endian, C order, dtypes that the library has.
 * Format: numpy.lib.format. The header is a Python dict of three known keys; it is searched for, not parsed as Python. */
#include "cli.h"
#include "ir/ir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct descr {
  const char *text;
  tin_dtype dtype;
};
static const struct descr descrs[] = {{"'|b1'", TIN_BOOL}, {"'|u1'", TIN_U8},  {"'|i1'", TIN_I8},  {"'<u2'", TIN_U16},
                                      {"'<i2'", TIN_I16},  {"'<u4'", TIN_U32}, {"'<i4'", TIN_I32}, {"'<u8'", TIN_U64},
                                      {"'<i8'", TIN_I64},  {"'<f2'", TIN_F16}, {"'<f4'", TIN_F32}, {"'<f8'", TIN_F64}};

/* What follows 'key': in the header, or NULL. */
static const char *header_value(const char *header, const char *key) {
  const char *at = strstr(header, key);
  at = at ? strchr(at + strlen(key), ':') : NULL;
  return at ? at + 1 + strspn(at + 1, " ") : NULL;
}

static bool parse_shape(const char *text, int *rank, int64_t *shape) {
  *rank = 0;
  if (!text || *text++ != '(')
    return false;
  for (;;) {
    text += strspn(text, " ,");
    if (*text == ')')
      return true;
    char *end;
    long long size = strtoll(text, &end, 10);
    if (end == text || size < 0 || *rank == 8)
      return false;
    shape[(*rank)++] = size;
    text = end;
  }
}

static bool parse_header(const char *path, const char *header, tin_array *out, struct tin_error *error) {
  const char *descr = header_value(header, "'descr'"), *order = header_value(header, "'fortran_order'");
  int rank, dtype = -1;
  int64_t shape[8];
  for (size_t i = 0; descr && i < sizeof descrs / sizeof *descrs; i++)
    if (!strncmp(descr, descrs[i].text, strlen(descrs[i].text)))
      dtype = (int)descrs[i].dtype;
  if (dtype < 0)
    tin_error_set(error, "%s: the dtype is none of b1 u1 i4 u4 i8 f4 f8, little-endian", path);
  else if (!order || strncmp(order, "False", 5))
    tin_error_set(error, "%s: Fortran order is not supported", path);
  else if (!parse_shape(header_value(header, "'shape'"), &rank, shape))
    tin_error_set(error, "%s: the shape cannot be read", path);
  else
    return tin_array_make(out, (tin_dtype)dtype, rank, shape, error);
  return false;
}

static bool read_file(const char *path, FILE *file, tin_array *out, struct tin_error *error) {
  unsigned char start[12];
  char header[65536];
  bool ok = fread(start, 1, 10, file) == 10 && !memcmp(start, "\x93NUMPY", 6) && start[6] >= 1 && start[6] <= 3;
  size_t length = start[8] | (size_t)start[9] << 8;
  if (ok && start[6] > 1)
    ok = fread(start + 10, 1, 2, file) == 2 && !start[10] && !start[11];
  ok = ok && length < sizeof header && fread(header, 1, length, file) == length;
  if (!ok) {
    tin_error_set(error, "%s: not a .npy file", path);
    return false;
  }
  header[length] = 0;
  if (!parse_header(path, header, out, error))
    return false;
  if (fread(out->data, 1, out->bytes, file) == out->bytes && fgetc(file) == EOF)
    return true;
  tin_error_set(error, "%s: its size does not fit its header", path);
  tin_array_free(out);
  return false;
}

bool cli_npy_read(const char *path, tin_array *out, struct tin_error *error) {
  *out = (tin_array){0};
  FILE *file = fopen(path, "rb");
  if (!file) {
    tin_error_set(error, "%s: %s", path, strerror(errno));
    return false;
  }
  bool ok = read_file(path, file, out, error);
  fclose(file);
  return ok;
}
