/* Windows over spatial axes: checks and index maps that convolutions and pools share. */
#include "frontend/spatial.h"

#include <stdio.h>
#include <string.h>

struct tin_node *tin_spatial_batched(struct tin_call *call, tin_tensor *t, struct tin_node *x, int dims, bool *batched) {
  *batched = x->rank == dims + 2;
  if (!*batched && x->rank != dims + 1) {
    tin_call_fail(call, "%s has not the %d axes of [N, C] and %d spatial ones (or %d without N)", tin_describe(t, "x", x).text, dims + 2,
                  dims, dims + 1);
    return NULL;
  }
  int64_t shape[TIN_RANK_LIMIT] = {1};
  memcpy(shape + 1, x->shape, sizeof *shape * (size_t)(dims + 1));
  struct tin_node *with = *batched ? x : tin_node_reshape(call->graph, x, dims + 2, shape);
  if (!with)
    tin_call_fail(call, "out of memory");
  return with;
}

bool tin_spatial_option(struct tin_call *call, const char *name, const int64_t *given, int dims, int64_t otherwise, int64_t least,
                        int64_t *out) {
  const int64_t most = INT64_C(1) << 40; /* keeps sums of sizes from overflowing; a larger axis fits no memory */
  int n_given = 0;
  for (int i = 0; i < dims; i++)
    n_given += given[i] != 0;
  for (int i = 0; i < SPATIAL_MAX; i++) {
    int64_t value = i < dims ? given[i] : 0;
    if (i >= dims && given[i])
      tin_call_fail(call, "%s names axis %d of %d spatial axes", name, i, dims);
    else if (i < dims && least > 0 && n_given && !value)
      tin_call_fail(call, "%s of spatial axis %d is missing: one number for each of the %d axes", name, i, dims);
    else if (i < dims && n_given && (value < least || value > most))
      tin_call_fail(call, "%s %lld of spatial axis %d is %s", name, (long long)value, i,
                    value > most ? "too large"
                    : least      ? "not positive"
                                 : "negative");
    else {
      out[i] = n_given ? value : otherwise;
      continue;
    }
    return false;
  }
  return true;
}

struct tin_words tin_spatial_words(tin_tensor *t) {
  struct tin_words words;
  tin_shape shape = tin_shape_of(t);
  snprintf(words.text, sizeof words.text, "%.60s %.90s", tin_name_operand(t, "x").text, tin_shape_words(shape.rank, shape.size).text);
  return words;
}

bool tin_spatial_count(struct tin_call *call, tin_tensor *t, struct tin_windows *windows) {
  for (int i = 0; i < windows->dims; i++) {
    int64_t padded = windows->in[i] + windows->low[i] + windows->high[i], last;
    if (__builtin_mul_overflow(windows->kernel[i] - 1, windows->dilation[i], &last) || windows->kernel[i] < 1 || last >= padded) {
      tin_call_fail(call, "the kernel of %lld (dilation %lld) is larger than spatial axis %d of %s with its padding of %lld and %lld",
                    (long long)windows->kernel[i], (long long)windows->dilation[i], i, tin_spatial_words(t).text,
                    (long long)windows->low[i], (long long)windows->high[i]);
      return false;
    }
    windows->out[i] = (padded - 1 - last) / windows->stride[i] + 1;
  }
  return true;
}

struct tin_node *tin_spatial_windows(struct tin_graph *graph, struct tin_node *x, const struct tin_windows *windows, double fill) {
  int dims = windows->dims, order[TIN_MAX_RANK] = {0, 1};
  int64_t low[TIN_MAX_RANK] = {0}, none[TIN_MAX_RANK] = {0}, shape[TIN_MAX_RANK], early[SPATIAL_MAX], start[TIN_MAX_RANK] = {0},
          step[TIN_MAX_RANK] = {1, 1};
  if (!x)
    return NULL;
  memcpy(shape, x->shape, sizeof *shape * 2);
  for (int i = 0; i < dims; i++) {
    int64_t stride = windows->stride[i], rest = windows->low[i] % stride;
    early[i] = windows->aligned && windows->dilation[i] == 1 && rest ? stride - rest : 0; /* elements before the kernel's */
    low[2 + i] = windows->low[i] + early[i];
    shape[2 + i] = windows->in[i] + low[2 + i] + windows->high[i];
  }
  x = tin_node_pad(graph, x, low, none, shape, tin_scalar_from_double(fill, (tin_dtype)x->dtype));
  for (int i = 0; x && i < dims; i++)
    x = tin_node_window(graph, x, 2 + i, windows->kernel[i] + early[i], windows->stride[i], windows->dilation[i]);
  for (int i = 0; i < dims; i++) {
    order[2 + i] = 2 + dims + i;
    order[2 + dims + i] = 2 + i;
  }
  for (int i = 0; i < dims; i++) {
    start[2 + i] = early[i];
    step[2 + i] = step[2 + dims + i] = 1;
    shape[2 + i] = windows->kernel[i];
    shape[2 + dims + i] = windows->out[i];
  }
  x = x ? tin_node_permute(graph, x, order) : NULL;
  return x ? tin_node_slice(graph, x, start, step, shape) : NULL;
}

tin_tensor *tin_spatial_result(struct tin_call *call, struct tin_node *node, bool batched) {
  return tin_call_result(call, batched || !node ? node : make_reshape(call->graph, node, node->rank - 1, node->shape + 1));
}
