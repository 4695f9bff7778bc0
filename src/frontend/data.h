/* Host-side data of the front end: random streams, IDX and safetensors files, drawn digits, array text.
 *
 * Nothing here knows tensors or contexts: arrays are plain memory and errors go to a struct tin_error, whose text names the file and
 * what is wrong with it. The public wrappers in tinsmith_nn.h hand the text to the context.
 */
#ifndef TIN_FRONTEND_DATA_H
#define TIN_FRONTEND_DATA_H

#include "common/mem.h"
#include "tinsmith_nn.h"

/* ---- random streams (init.c) ---- */
/* xoshiro256++ of Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2021). Used for data on the host: initial
 * values, shuffling, drawing. The same numbers on every machine: nothing comes from libm. */
struct tin_stream {
  uint64_t state[4];
};
void tin_stream_seed(struct tin_stream *stream, uint64_t seed);
uint64_t tin_stream_next(struct tin_stream *stream);
double tin_stream_uniform(struct tin_stream *stream);                  /* [0, 1), 53 bits */
uint64_t tin_stream_below(struct tin_stream *stream, uint64_t bound);  /* 0 .. bound-1 without bias, bound > 0 */
void tin_stream_normal_pair(struct tin_stream *stream, double out[2]); /* two independent N(0, 1) */

/* ---- initial values (init.c) ---- */

/* Fills a float variable; what differs between initialisers. */
struct tin_filler {
  enum { FILL_UNIFORM, FILL_NORMAL, FILL_CONSTANT, FILL_TRUNCATED, FILL_VALUES } kind;
  double low, high;       /* FILL_UNIFORM, FILL_TRUNCATED; low: FILL_CONSTANT */
  double mean, deviation; /* FILL_NORMAL, FILL_TRUNCATED */
  const double *values;   /* FILL_VALUES: one an element */
};
/* Whether it is a float variable, with its stream started; false with the error recorded. */
bool tin_init_check(const char *file, int line, const char *op, tin_tensor *variable, struct tin_stream *stream);
/* Writes the variable and returns it, or poison. */
tin_tensor *tin_init_fill(const char *file, int line, const char *op, tin_tensor *variable, const struct tin_filler *filler);

/* ---- arrays ---- */
/* Fills in size and bytes and allocates zeroed data; false with an error when the shape is too large or memory runs out. */
bool tin_array_make(tin_array *array, tin_dtype dtype, int rank, const int64_t *shape, struct tin_error *error);
/* NumPy's str() of an array: precision 8, at most 1000 elements in full, edges of 3, lines of 75. Arena of `text` with a fail target. */
void tin_array_text(struct tin_text *text, tin_dtype dtype, int rank, const int64_t *shape, const void *data);

tin_batches *tin_batches_make(const struct tin_batches_options *args, struct tin_error *error); /* batches.c */

/* ---- IDX files (idx.c) and drawn digits (digits.c) ---- */
bool tin_idx_read(const char *path, tin_array *out, struct tin_error *error);
/* The four files of an MNIST folder, gzip or plain. */
bool tin_mnist_read(const char *folder, tin_dataset *out, struct tin_error *error);
bool tin_digits_make(int64_t count, uint64_t seed, tin_array *images, tin_array *labels, struct tin_error *error);

/* ---- safetensors (safetensors.c) ---- */
struct tin_named_array {
  const char *name;
  const char *dtype; /* the file's name of it: "F32" */
  int rank;
  int64_t *shape;
  const void *data;
  size_t bytes;
};
struct tin_text_pair {
  const char *key;
  const char *value;
};
/* An opened file: every tensor's place has been checked, data points into the mapped file. */
struct tin_tensor_file {
  struct tin_arena arena;
  void *map;
  size_t map_bytes;
  struct tin_named_array *arrays; /* in the order of their data */
  int n_arrays;
  struct tin_text_pair *metadata; /* __metadata__ */
  int n_metadata;
};
bool tin_safetensors_open(struct tin_tensor_file *file, const char *path, struct tin_error *error);
void tin_safetensors_close(struct tin_tensor_file *file);
const struct tin_named_array *tin_safetensors_find(const struct tin_tensor_file *file, const char *name);
/* Writes to a temporary file beside `path`, syncs it and renames it, so that `path` is either the old file or the whole new one. */
bool tin_safetensors_write(const char *path, const struct tin_named_array *arrays, int n_arrays, const struct tin_text_pair *metadata,
                           int n_metadata, struct tin_error *error);
/* -1 when the dtype has no counterpart here (BF16, I16, ...) */
int tin_safetensors_dtype(const char *name);
const char *tin_safetensors_dtype_name(tin_dtype dtype);

#endif
