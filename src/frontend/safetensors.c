/* safetensors files: 8 bytes of header length (little-endian), a JSON header, the tensors' bytes.
 *
 * The reader accepts what the reference implementation accepts: a header of at most 100 MB that starts with '{', tensors whose bytes
 * follow each other without hole or overlap and fill the file exactly, sizes that agree with dtype and shape. Names are unique.
 * Format: https://github.com/huggingface/safetensors (README, "Format"). JSON is jansson's.
 */
#include "frontend/data.h"
#include "frontend/frontend.h"
#include "ir/ir.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LENGTH_BYTES = 8, MAX_HEADER = 100000000, ALIGNMENT = 8 };

/* ---- dtypes ---- */

struct file_dtype {
  const char *name;
  int bytes;
  int dtype; /* -1: known to the format, not to this library */
};
static const struct file_dtype file_dtypes[] = {
    {"BOOL", 1, TIN_BOOL}, {"U8", 1, TIN_U8},   {"I8", 1, TIN_I8},   {"U16", 2, TIN_U16}, {"I16", 2, TIN_I16}, {"U32", 4, TIN_U32},
    {"I32", 4, TIN_I32},   {"U64", 8, TIN_U64}, {"I64", 8, TIN_I64}, {"F32", 4, TIN_F32}, {"F64", 8, TIN_F64}, {"F16", 2, TIN_F16},
    {"BF16", 2, TIN_BF16}, {"F8_E4M3", 1, -1},  {"F8_E5M2", 1, -1},  {"F8_E8M0", 1, -1},  {"C64", 8, -1}};
enum { N_FILE_DTYPES = sizeof file_dtypes / sizeof *file_dtypes };

static const struct file_dtype *file_dtype_find(const char *name) {
  for (int i = 0; i < N_FILE_DTYPES; i++)
    if (!strcmp(file_dtypes[i].name, name))
      return &file_dtypes[i];
  return NULL;
}

int tin_safetensors_dtype(const char *name) {
  const struct file_dtype *found = file_dtype_find(name);
  return found ? found->dtype : -1;
}

const char *tin_safetensors_dtype_name(tin_dtype dtype) {
  for (int i = 0; i < N_FILE_DTYPES; i++)
    if (file_dtypes[i].dtype == (int)dtype)
      return file_dtypes[i].name;
  return "?";
}

/* ---- reading ---- */

struct reader {
  struct tin_tensor_file *file;
  const char *path;
  struct tin_error *error;
};

static bool read_metadata(struct reader *reader, json_t *object) {
  struct tin_tensor_file *file = reader->file;
  const char *key;
  json_t *value;
  if (!json_is_object(object)) {
    tin_error_set(reader->error, "%s: __metadata__ is not an object", reader->path);
    return false;
  }
  file->metadata = TIN_NEW_ARRAY(&file->arena, struct tin_text_pair, json_object_size(object));
  json_object_foreach(object, key, value) {
    if (!json_is_string(value)) {
      tin_error_set(reader->error, "%s: __metadata__: the value of \"%s\" is not a string", reader->path, key);
      return false;
    }
    struct tin_text_pair *pair = file->metadata ? &file->metadata[file->n_metadata++] : NULL;
    if (!pair || !(pair->key = tin_arena_string(&file->arena, key)) ||
        !(pair->value = tin_arena_string(&file->arena, json_string_value(value)))) {
      tin_error_set(reader->error, "%s: out of memory", reader->path);
      return false;
    }
  }
  return true;
}

static bool read_shape(struct reader *reader, struct tin_named_array *array, json_t *shape) {
  bool ok = json_is_array(shape);
  array->rank = ok ? (int)json_array_size(shape) : 0;
  array->shape = TIN_NEW_ARRAY(&reader->file->arena, int64_t, array->rank);
  if (!array->shape) {
    tin_error_set(reader->error, "%s: out of memory", reader->path);
    return false;
  }
  for (int i = 0; ok && i < array->rank; i++) {
    json_t *size = json_array_get(shape, (size_t)i);
    ok = json_is_integer(size) && json_integer_value(size) >= 0;
    array->shape[i] = ok ? json_integer_value(size) : 0;
  }
  if (!ok)
    tin_error_set(reader->error, "%s: tensor \"%s\": shape is not an array of sizes", reader->path, array->name);
  return ok;
}

/* The bytes that dtype and shape ask for, compared with those between the offsets. */
static bool check_bytes(struct reader *reader, const struct tin_named_array *array, const struct file_dtype *dtype) {
  size_t bytes = 1;
  bool overflow = false;
  for (int i = 0; i < array->rank; i++)
    overflow |= __builtin_mul_overflow(bytes, (size_t)array->shape[i], &bytes);
  overflow |= __builtin_mul_overflow(bytes, (size_t)dtype->bytes, &bytes);
  if (overflow)
    tin_error_set(reader->error, "%s: tensor \"%s\": the product of its shape overflows", reader->path, array->name);
  else if (bytes != array->bytes)
    tin_error_set(reader->error, "%s: tensor \"%s\": %s and its shape need %zu bytes, data_offsets give %zu", reader->path, array->name,
                  dtype->name, bytes, array->bytes);
  return !overflow && bytes == array->bytes;
}

static bool read_offsets(struct reader *reader, struct tin_named_array *array, json_t *offsets, const char *data, size_t data_bytes) {
  json_t *from = json_array_get(offsets, 0), *to = json_array_get(offsets, 1);
  if (!json_is_array(offsets) || json_array_size(offsets) != 2 || !json_is_integer(from) || !json_is_integer(to) ||
      json_integer_value(from) < 0 || json_integer_value(to) < json_integer_value(from)) {
    tin_error_set(reader->error, "%s: tensor \"%s\": data_offsets is not [begin, end] with begin <= end", reader->path, array->name);
    return false;
  }
  size_t begin = (size_t)json_integer_value(from), end = (size_t)json_integer_value(to);
  if (end > data_bytes) {
    tin_error_set(reader->error, "%s: tensor \"%s\": data_offsets [%zu, %zu] reach behind the %zu bytes of data", reader->path, array->name,
                  begin, end, data_bytes);
    return false;
  }
  array->data = data + begin;
  array->bytes = end - begin;
  return true;
}

static bool read_tensor(struct reader *reader, const char *name, json_t *info, const char *data, size_t data_bytes) {
  struct tin_named_array *array = &reader->file->arrays[reader->file->n_arrays];
  array->name = tin_arena_string(&reader->file->arena, name);
  if (!array->name) {
    tin_error_set(reader->error, "%s: out of memory", reader->path);
    return false;
  }
  const char *dtype_name = json_string_value(json_object_get(info, "dtype"));
  const struct file_dtype *dtype = dtype_name ? file_dtype_find(dtype_name) : NULL;
  if (!dtype) {
    tin_error_set(reader->error, "%s: tensor \"%s\": %s%s", reader->path, name, dtype_name ? "unknown dtype " : "no dtype",
                  dtype_name ? dtype_name : "");
    return false;
  }
  array->dtype = dtype->name;
  reader->file->n_arrays++;
  return read_shape(reader, array, json_object_get(info, "shape")) &&
         read_offsets(reader, array, json_object_get(info, "data_offsets"), data, data_bytes) && check_bytes(reader, array, dtype);
}

static int by_place(const void *a, const void *b) {
  const struct tin_named_array *x = a, *y = b;
  const char *x_begin = x->data, *y_begin = y->data;
  if (x_begin != y_begin)
    return x_begin < y_begin ? -1 : 1;
  return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

/* Every byte of the data belongs to exactly one tensor. */
static bool check_cover(struct reader *reader, const char *data, size_t data_bytes) {
  struct tin_tensor_file *file = reader->file;
  qsort(file->arrays, (size_t)file->n_arrays, sizeof *file->arrays, by_place);
  const char *end = data;
  for (int i = 0; i < file->n_arrays; i++) {
    const struct tin_named_array *array = &file->arrays[i];
    const char *begin = array->data;
    if (begin != end) {
      tin_error_set(reader->error, "%s: tensor \"%s\": its data %s (begins at %td, expected %td)", reader->path, array->name,
                    begin < end ? "overlaps another tensor's" : "leaves a hole before it", begin - data, end - data);
      return false;
    }
    end = begin + array->bytes;
  }
  if (end != data + data_bytes)
    tin_error_set(reader->error, "%s: %td bytes behind the last tensor", reader->path, data + data_bytes - end);
  return end == data + data_bytes;
}

static bool read_header(struct reader *reader, json_t *header, const char *data, size_t data_bytes) {
  struct tin_tensor_file *file = reader->file;
  const char *name;
  json_t *info;
  if (!json_is_object(header)) {
    tin_error_set(reader->error, "%s: the header is not a JSON object", reader->path);
    return false;
  }
  file->arrays = TIN_NEW_ARRAY(&file->arena, struct tin_named_array, json_object_size(header));
  if (!file->arrays) {
    tin_error_set(reader->error, "%s: out of memory", reader->path);
    return false;
  }
  json_object_foreach(header, name, info) {
    bool metadata = !strcmp(name, "__metadata__");
    if (!(metadata ? read_metadata(reader, info) : read_tensor(reader, name, info, data, data_bytes)))
      return false;
  }
  return check_cover(reader, data, data_bytes);
}

static bool read_mapped(struct reader *reader, const unsigned char *map, size_t bytes) {
  if (bytes < LENGTH_BYTES) {
    tin_error_set(reader->error, "%s: not a safetensors file: %zu bytes, the header's length alone takes 8", reader->path, bytes);
    return false;
  }
  uint64_t length = 0;
  for (int i = LENGTH_BYTES - 1; i >= 0; i--)
    length = length << 8 | map[i];
  if (length > MAX_HEADER || length > bytes - LENGTH_BYTES) {
    tin_error_set(reader->error, "%s: a header of %llu bytes %s", reader->path, (unsigned long long)length,
                  length > MAX_HEADER ? "is larger than the 100 MB allowed" : "is larger than the file");
    return false;
  }
  const char *text = (const char *)map + LENGTH_BYTES;
  if (length == 0 || text[0] != '{') {
    tin_error_set(reader->error, "%s: the header does not start with '{'", reader->path);
    return false;
  }
  json_error_t why;
  json_t *header = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &why);
  if (!header) {
    tin_error_set(reader->error, "%s: header: %s at byte %d", reader->path, why.text, why.position);
    return false;
  }
  bool ok = read_header(reader, header, text + length, bytes - LENGTH_BYTES - (size_t)length);
  json_decref(header);
  return ok;
}

/* Maps the whole file for reading; an empty one maps to nothing. */
static bool map_file(struct tin_tensor_file *file, const char *path, struct tin_error *error) {
  struct stat status;
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
    tin_error_set(error, "%s: %s", path, descriptor < 0 ? strerror(errno) : "not a file");
    if (descriptor >= 0)
      close(descriptor);
    return false;
  }
  file->map_bytes = (size_t)status.st_size;
  if (file->map_bytes)
    file->map = mmap(NULL, file->map_bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
  close(descriptor);
  if (file->map == MAP_FAILED) {
    file->map = NULL;
    tin_error_set(error, "%s: cannot be mapped: %s", path, strerror(errno));
    return false;
  }
  return true;
}

bool tin_safetensors_open(struct tin_tensor_file *file, const char *path, struct tin_error *error) {
  *file = (struct tin_tensor_file){0};
  tin_arena_init(&file->arena, 4096, NULL);
  struct reader reader = {file, path, error};
  if (map_file(file, path, error) && read_mapped(&reader, file->map, file->map_bytes))
    return true;
  tin_safetensors_close(file);
  return false;
}

void tin_safetensors_close(struct tin_tensor_file *file) {
  if (file->map)
    munmap(file->map, file->map_bytes);
  tin_arena_free(&file->arena);
  *file = (struct tin_tensor_file){0};
}

const struct tin_named_array *tin_safetensors_find(const struct tin_tensor_file *file, const char *name) {
  for (int i = 0; i < file->n_arrays; i++)
    if (!strcmp(file->arrays[i].name, name))
      return &file->arrays[i];
  return NULL;
}

/* ---- writing ---- */

static int64_t element_bytes(const struct tin_named_array *array) {
  const struct file_dtype *dtype = file_dtype_find(array->dtype);
  return dtype ? dtype->bytes : 1;
}

/* Widest elements first, so that every tensor is aligned to its element; then by name. As the reference writer orders them. */
static int by_width_and_name(const void *a, const void *b) {
  const struct tin_named_array *const *x = a, *const *y = b;
  int64_t difference = element_bytes(*y) - element_bytes(*x);
  return difference ? (difference < 0 ? -1 : 1) : strcmp((*x)->name, (*y)->name);
}

static json_t *tensor_info(const struct tin_named_array *array, size_t begin) {
  json_t *shape = json_array();
  for (int i = 0; i < array->rank; i++)
    json_array_append_new(shape, json_integer(array->shape[i]));
  return json_pack("{s:s, s:o, s:[I, I]}", "dtype", array->dtype, "shape", shape, "data_offsets", (json_int_t)begin,
                   (json_int_t)(begin + array->bytes));
}

/* The header's JSON text, malloc'ed; NULL with an error for a name that appears twice or is not UTF-8, and without memory. */
static char *header_text(const char *path, const struct tin_named_array *const *arrays, int n_arrays, const struct tin_text_pair *metadata,
                         int n_metadata, struct tin_error *error) {
  json_t *header = json_object(), *pairs = n_metadata ? json_object() : NULL;
  bool ok = header && (!n_metadata || pairs);
  for (int i = 0; ok && i < n_metadata; i++)
    ok = json_object_set_new(pairs, metadata[i].key, json_string(metadata[i].value)) == 0;
  if (ok && n_metadata)
    ok = json_object_set(header, "__metadata__", pairs) == 0;
  size_t at = 0;
  for (int i = 0; ok && i < n_arrays; i++) {
    bool reserved = !strcmp(arrays[i]->name, "__metadata__");
    if (reserved || json_object_get(header, arrays[i]->name)) {
      tin_error_set(error, "%s: %s called \"%s\"", path, reserved ? "no tensor can be" : "two tensors are", arrays[i]->name);
      ok = false;
    } else if (json_object_set_new(header, arrays[i]->name, tensor_info(arrays[i], at)) != 0) {
      tin_error_set(error, "%s: tensor \"%s\": out of memory, or a name that is not UTF-8", path, arrays[i]->name);
      ok = false;
    }
    at += arrays[i]->bytes;
  }
  char *text = ok ? json_dumps(header, JSON_COMPACT) : NULL;
  if (!text)
    tin_error_set(error, "%s: out of memory, or metadata that is not UTF-8", path);
  json_decref(pairs);
  json_decref(header);
  return text;
}

static bool write_all(FILE *file, const char *header, const struct tin_named_array *const *arrays, int n_arrays) {
  size_t length = strlen(header), padded = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  unsigned char count[LENGTH_BYTES];
  for (int i = 0; i < LENGTH_BYTES; i++)
    count[i] = (unsigned char)((uint64_t)padded >> 8 * i);
  bool ok = fwrite(count, 1, sizeof count, file) == sizeof count && fwrite(header, 1, length, file) == length &&
            fprintf(file, "%*s", (int)(padded - length), "") == (int)(padded - length);
  for (int i = 0; ok && i < n_arrays; i++)
    ok = fwrite(arrays[i]->data, 1, arrays[i]->bytes, file) == arrays[i]->bytes;
  return ok && fflush(file) == 0 && fsync(fileno(file)) == 0;
}

/* A new file beside `path` that no other process has; its name goes to `temporary`. */
static FILE *open_temporary(const char *path, char *temporary, size_t bytes) {
  for (int attempt = 0; attempt < 100; attempt++) {
    if (snprintf(temporary, bytes, "%s.%ld.%d.tmp", path, (long)getpid(), attempt) >= (int)bytes)
      return NULL;
    int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) {
      FILE *file = fdopen(descriptor, "wb");
      if (!file)
        close(descriptor);
      return file;
    }
    if (errno != EEXIST)
      return NULL;
  }
  return NULL;
}

/* Makes the rename itself durable; a file system that cannot is no reason to fail. */
static void sync_folder(const char *path) {
  char folder[4096];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
  int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor >= 0) {
    fsync(descriptor);
    close(descriptor);
  }
}

static bool write_file(const char *path, const char *header, const struct tin_named_array *const *arrays, int n_arrays,
                       struct tin_error *error) {
  char temporary[4096];
  FILE *file = open_temporary(path, temporary, sizeof temporary);
  if (!file) {
    tin_error_set(error, "%s: cannot be written: %s", path, strerror(errno));
    return false;
  }
  bool ok = write_all(file, header, arrays, n_arrays);
  ok = fclose(file) == 0 && ok;
  ok = ok && rename(temporary, path) == 0;
  if (!ok) {
    tin_error_set(error, "%s: cannot be written: %s", path, strerror(errno));
    unlink(temporary);
    return false;
  }
  sync_folder(path);
  return true;
}

bool tin_safetensors_write(const char *path, const struct tin_named_array *arrays, int n_arrays, const struct tin_text_pair *metadata,
                           int n_metadata, struct tin_error *error) {
  const struct tin_named_array **order = calloc((size_t)n_arrays + 1, sizeof *order);
  if (!order) {
    tin_error_set(error, "%s: out of memory", path);
    return false;
  }
  for (int i = 0; i < n_arrays; i++)
    order[i] = &arrays[i];
  qsort(order, (size_t)n_arrays, sizeof *order, by_width_and_name);
  char *header = header_text(path, order, n_arrays, metadata, n_metadata, error);
  bool ok = header && write_file(path, header, order, n_arrays, error);
  free(header);
  free(order);
  return ok;
}

/* ---- the parameters and saved state of a context ---- */

/* The one NaN of docs/numerics.md: which NaN came out depends on the target. */
static void unify_nans(void *data, tin_dtype dtype, int64_t size) {
  for (int64_t i = 0; tin_dtype_is_float(dtype) && i < size; i++)
    tin_scalar_store(data, i, dtype, tin_scalar_canonical(tin_scalar_load(data, i, dtype), dtype));
}

/* The parameters' names, shapes and values as arrays of `arena`; false with an error for a parameter without name or value. */
static bool gather_params(const struct tin_save_options *args, struct tin_arena *arena, struct tin_named_array *arrays) {
  tin_list params = tin_saved_variables(args->ctx);
  for (int i = 0; i < params.count; i++) {
    tin_tensor *param = params.at[i];
    tin_shape shape = tin_shape_of(param);
    struct tin_named_array *array = &arrays[i];
    *array =
        (struct tin_named_array){.name = tin_name_of(param), .dtype = tin_safetensors_dtype_name(tin_dtype_of(param)), .rank = shape.rank};
    if (!array->name) {
      tin_fail_at(args->file, args->line, args->ctx, "save: parameter %d has no name", i);
      return false;
    }
    array->bytes = (size_t)tin_size_of(param) * tin_dtype_size(tin_dtype_of(param));
    array->shape = tin_arena_copy(arena, shape.size, (size_t)shape.rank * sizeof *shape.size);
    void *data = tin_arena_alloc(arena, array->bytes);
    array->data = data;
    if (!array->shape || !data) {
      tin_fail_at(args->file, args->line, args->ctx, "save: out of memory for %zu bytes", array->bytes);
      return false;
    }
    if (!tin_read_at(args->file, args->line, param, data, array->bytes))
      return false;
    unify_nans(data, tin_dtype_of(param), tin_size_of(param));
  }
  return true;
}

/* key, value, ..., NULL as pairs; returns how many. */
static int gather_metadata(const char *const *from, struct tin_text_pair *pairs, int most) {
  int count = 0;
  for (; from && count < most && from[2 * count] && from[2 * count + 1]; count++)
    pairs[count] = (struct tin_text_pair){from[2 * count], from[2 * count + 1]};
  return count;
}

enum { MAX_METADATA = 64 }; /* pairs that tin_save writes */

bool tin_save_args(struct tin_save_options args) {
  struct tin_error error = {0};
  struct tin_arena arena;
  struct tin_text_pair pairs[MAX_METADATA];
  int count = tin_saved_variables(args.ctx).count;
  tin_arena_init(&arena, 1 << 16, NULL);
  struct tin_named_array *arrays = TIN_NEW_ARRAY(&arena, struct tin_named_array, count);
  bool ok = arrays && args.path && gather_params(&args, &arena, arrays);
  if (ok) {
    ok = tin_safetensors_write(args.path, arrays, count, pairs, gather_metadata(args.metadata, pairs, MAX_METADATA), &error);
    if (!ok)
      tin_fail_at(args.file, args.line, args.ctx, "save: %s", error.text);
  } else if (!arrays || !args.path) {
    tin_fail_at(args.file, args.line, args.ctx, "save: %s", args.path ? "out of memory" : "the path is NULL");
  }
  tin_arena_free(&arena);
  return ok;
}

/* The parameter's tensor in the file, of its dtype and shape, or NULL with an error. */
static const struct tin_named_array *stored_param(const struct tin_tensor_file *file, const char *path, tin_tensor *param,
                                                  struct tin_error *error) {
  const char *name = tin_name_of(param);
  const struct tin_named_array *array = name ? tin_safetensors_find(file, name) : NULL;
  if (!array) {
    tin_error_set(error, "%s: no tensor for parameter \"%s\"", path, name ? name : "(unnamed)");
    return NULL;
  }
  tin_shape shape = tin_shape_of(param);
  bool same = array->rank == shape.rank && tin_safetensors_dtype(array->dtype) == (int)tin_dtype_of(param);
  for (int i = 0; same && i < shape.rank; i++)
    same = array->shape[i] == shape.size[i];
  if (!same) {
    tin_error_set(error, "%s: tensor \"%s\" is %s %s, the parameter %s %s", path, name, array->dtype,
                  tin_shape_words(array->rank, array->shape).text, tin_safetensors_dtype_name(tin_dtype_of(param)),
                  tin_shape_words(shape.rank, shape.size).text);
    return NULL;
  }
  return array;
}

/* Checks everything before anything is written. */
static bool check_params(const struct tin_tensor_file *file, const char *path, tin_list params, struct tin_error *error) {
  for (int i = 0; i < params.count; i++)
    if (!stored_param(file, path, params.at[i], error))
      return false;
  for (int i = 0; i < file->n_arrays; i++) {
    bool wanted = false;
    for (int j = 0; j < params.count && !wanted; j++)
      wanted = !strcmp(file->arrays[i].name, tin_name_of(params.at[j]));
    if (!wanted) {
      tin_error_set(error, "%s: tensor \"%s\" belongs to no parameter", path, file->arrays[i].name);
      return false;
    }
  }
  return true;
}

bool tin_load_at(const char *source, int line, tin_ctx *ctx, const char *path) {
  struct tin_error error = {0};
  struct tin_tensor_file file = {0};
  tin_list params = tin_saved_variables(ctx);
  bool ok = path && tin_safetensors_open(&file, path, &error);
  ok = ok && check_params(&file, path, params, &error);
  if (!ok)
    tin_fail_at(source, line, ctx, "load: %s", path ? error.text : "the path is NULL");
  for (int i = 0; ok && i < params.count; i++) {
    const struct tin_named_array *array = tin_safetensors_find(&file, tin_name_of(params.at[i]));
    ok = tin_write_at(source, line, params.at[i], array->data, array->bytes);
  }
  tin_safetensors_close(&file);
  return ok;
}
