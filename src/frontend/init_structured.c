/* Initial values with a structure: identity, Dirac's delta, orthogonal matrices. */
#include "frontend/data.h"
#include "frontend/frontend.h"

#include <math.h>
#include <stdlib.h>

/* Zeroed memory for a value an element and the stream; NULL with the error recorded. */
static double *values_of(const char *file, int line, const char *op, tin_tensor *variable, struct tin_stream *stream) {
  if (!tin_init_check(file, line, op, variable, stream))
    return NULL;
  double *values = calloc((size_t)tin_size_of(variable) + 1, sizeof *values);
  if (!values)
    tin_fail_at(file, line, tin_ctx_of(variable), "%s: out of memory", op);
  return values;
}

/* Writes and frees the values; poison when there are none. */
static tin_tensor *store(const char *file, int line, const char *op, tin_tensor *variable, double *values) {
  if (!values)
    return tin_call_poison(&(struct tin_call){.ctx = tin_ctx_of(variable)});
  struct tin_filler filler = {.kind = FILL_VALUES, .values = values};
  tin_tensor *result = tin_init_fill(file, line, op, variable, &filler);
  free(values);
  return result;
}

tin_tensor *tin_init_eye_at(const char *file, int line, tin_tensor *variable) {
  struct tin_stream stream;
  tin_shape shape = tin_shape_of(variable);
  if (!tin_is_poison(variable) && shape.rank != 2)
    return tin_fail_at(file, line, tin_ctx_of(variable), "init_eye: %d axes; a matrix has 2", shape.rank);
  double *values = values_of(file, line, "init_eye", variable, &stream);
  for (int64_t i = 0; values && i < shape.size[0] && i < shape.size[1]; i++)
    values[i * shape.size[1] + i] = 1;
  return store(file, line, "init_eye", variable, values);
}

/* In each group the channel d of the result is the channel d of the image: 1 in the middle of the kernel, at floor(size / 2). */
tin_tensor *tin_init_dirac_at(const char *file, int line, tin_tensor *variable, int64_t groups) {
  struct tin_stream stream;
  tin_shape shape = tin_shape_of(variable);
  if (!tin_is_poison(variable) && (shape.rank < 3 || shape.rank > 5 || groups < 1 || shape.size[0] % groups))
    return tin_fail_at(file, line, tin_ctx_of(variable), "init_dirac: %d axes; [out, in, kernel ...] with 3 to 5 and %lld groups of out",
                       shape.rank, (long long)groups);
  double *values = values_of(file, line, "init_dirac", variable, &stream);
  if (!values || !tin_size_of(variable))
    return store(file, line, "init_dirac", variable, values);
  int64_t kernel = 1, middle = 0, out = shape.size[0] / groups, in = shape.size[1];
  for (int axis = 2; axis < shape.rank; axis++) {
    kernel *= shape.size[axis];
    middle = middle * shape.size[axis] + shape.size[axis] / 2;
  }
  for (int64_t group = 0; group < groups; group++)
    for (int64_t d = 0; d < out && d < in; d++)
      values[((group * out + d) * in + d) * kernel + middle] = 1;
  return store(file, line, "init_dirac", variable, values);
}

/* ---- orthogonal ---- */

/* The sum of four interleaved sums, which a CPU adds at once. */
static double dot(const double *a, const double *b, int64_t n) {
  double sums[4] = {0};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int k = 0; k < 4; k++)
      sums[k] += a[i + k] * b[i + k];
  for (; i < n; i++)
    sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* Makes the vectors, `count` <= n of length n, orthonormal, each in the direction of what is left of it: Gram and Schmidt's method,
 * modified, and done twice, which is enough (Giraud, Langou and Rozloznik, "The loss of orthogonality in the Gram-Schmidt orthogonalization
 * process", 2005). It is the factor Q of the QR factorisation whose R has a positive diagonal. */
static void orthonormalise(double *vectors, int64_t count, int64_t n) {
  for (int64_t j = 0; j < count; j++) {
    double *own = vectors + j * n;
    for (int64_t step = 0; step < 2 * j; step++) {
      const double *other = vectors + step % j * n;
      double part = dot(own, other, n);
      for (int64_t i = 0; i < n; i++)
        own[i] -= part * other[i];
    }
    double length = sqrt(dot(own, own, n));
    for (int64_t i = 0; i < n && length > 0; i++)
      own[i] /= length;
  }
}

/* rows x columns, row by row, to columns x rows. */
static void transpose(const double *from, double *to, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++)
      to[j * rows + i] = from[i * columns + j];
}

tin_tensor *tin_init_orthogonal_at(const char *file, int line, tin_tensor *variable, double gain) {
  static const char op[] = "init_orthogonal";
  struct tin_stream stream;
  tin_shape shape = tin_shape_of(variable);
  if (!tin_is_poison(variable) && shape.rank < 2)
    return tin_fail_at(file, line, tin_ctx_of(variable), "%s: %d axes; there must be 2 or more", op, shape.rank);
  double *vectors = values_of(file, line, op, variable, &stream), pair[2];
  int64_t size = tin_size_of(variable), rows = shape.size[0], columns = rows && size ? size / rows : 0;
  if (!vectors)
    return store(file, line, op, variable, NULL);
  for (int64_t i = 0; i < size; i++) {
    if (i % 2 == 0)
      tin_stream_normal_pair(&stream, pair);
    vectors[i] = pair[i % 2];
  }
  bool tall = rows > columns;
  orthonormalise(vectors, tall ? columns : rows, tall ? rows : columns);
  for (int64_t i = 0; i < size; i++)
    vectors[i] *= gain;
  double *turned = tall ? malloc(((size_t)size + 1) * sizeof *turned) : NULL;
  if (tall && turned)
    transpose(vectors, turned, columns, rows);
  if (tall) {
    free(vectors);
    vectors = turned;
  }
  if (!vectors)
    tin_fail_at(file, line, tin_ctx_of(variable), "%s: out of memory", op);
  return store(file, line, op, variable, vectors);
}
