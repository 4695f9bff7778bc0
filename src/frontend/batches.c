/* Shuffled batches: copies the examples of a batch into one buffer, in an order drawn anew for each epoch. */
#include "frontend/data.h"

#include <stdlib.h>
#include <string.h>

struct tin_batches {
  const tin_array *x, *y;
  size_t x_bytes, y_bytes; /* of one example */
  int64_t count;           /* examples */
  int64_t batch;
  bool in_order, drop_last;
  int64_t *order; /* example numbers of this epoch */
  int64_t at;     /* next position in order; -1: the next call begins an epoch */
  void *x_batch, *y_batch;
  struct tin_stream stream;
};

/* Durstenfeld's form of the Fisher-Yates shuffle (Algorithm 235, CACM 1964). */
static void shuffle(struct tin_batches *batches) {
  for (int64_t last = batches->count - 1; last > 0; last--) {
    int64_t other = (int64_t)tin_stream_below(&batches->stream, (uint64_t)last + 1), swap = batches->order[last];
    batches->order[last] = batches->order[other];
    batches->order[other] = swap;
  }
}

static bool check_arguments(const struct tin_batches_options *args, struct tin_error *error) {
  if (!args->x || !args->x->data || args->x->rank < 1)
    tin_error_set(error, "batches: x has no examples");
  else if (args->y && (!args->y->data || args->y->rank < 1 || args->y->shape[0] != args->x->shape[0]))
    tin_error_set(error, "batches: %lld examples but %lld labels", (long long)args->x->shape[0],
                  args->y->rank < 1 ? 0LL : (long long)args->y->shape[0]);
  else if (args->batch < 0)
    tin_error_set(error, "batches: batch size %lld is negative", (long long)args->batch);
  else
    return true;
  return false;
}

tin_batches *tin_batches_make(const struct tin_batches_options *args, struct tin_error *error) {
  if (!check_arguments(args, error))
    return NULL;
  tin_batches *batches = calloc(1, sizeof *batches);
  if (!batches) {
    tin_error_set(error, "batches: out of memory");
    return NULL;
  }
  int64_t count = args->x->shape[0];
  size_t examples = count ? (size_t)count : 1;
  *batches = (tin_batches){.x = args->x, .y = args->y, .count = count, .batch = args->batch ? args->batch : 1, .at = -1};
  batches->in_order = args->in_order;
  batches->drop_last = args->drop_last;
  batches->x_bytes = args->x->bytes / examples;
  batches->y_bytes = args->y ? args->y->bytes / examples : 0;
  tin_stream_seed(&batches->stream, args->seed);
  if (batches->batch > count && !batches->drop_last)
    batches->batch = count ? count : 1;
  batches->order = malloc(examples * sizeof *batches->order);
  size_t most = (size_t)(batches->batch < count ? batches->batch : count);
  batches->x_batch = malloc(most * batches->x_bytes + 1);
  batches->y_batch = malloc(most * batches->y_bytes + 1);
  if (!batches->order || !batches->x_batch || !batches->y_batch) {
    tin_error_set(error, "batches: out of memory");
    tin_batches_free(batches);
    return NULL;
  }
  for (int64_t i = 0; i < count; i++)
    batches->order[i] = i;
  return batches;
}

void tin_batches_free(tin_batches *batches) {
  if (!batches)
    return;
  free(batches->order);
  free(batches->x_batch);
  free(batches->y_batch);
  free(batches);
}

int64_t tin_batches_count(const tin_batches *batches) {
  if (!batches)
    return 0;
  return batches->drop_last ? batches->count / batches->batch : (batches->count + batches->batch - 1) / batches->batch;
}

int64_t tin_batches_next(tin_batches *batches, const void **x, const void **y) {
  if (!batches)
    return 0;
  if (batches->at < 0) {
    batches->at = 0;
    if (!batches->in_order)
      shuffle(batches);
  }
  int64_t left = batches->count - batches->at, take = left < batches->batch ? left : batches->batch;
  if (take == 0 || (take < batches->batch && batches->drop_last)) {
    batches->at = -1;
    return 0;
  }
  for (int64_t i = 0; i < take; i++) {
    size_t example = (size_t)batches->order[batches->at + i];
    memcpy((char *)batches->x_batch + (size_t)i * batches->x_bytes, (const char *)batches->x->data + example * batches->x_bytes,
           batches->x_bytes);
    if (batches->y_bytes)
      memcpy((char *)batches->y_batch + (size_t)i * batches->y_bytes, (const char *)batches->y->data + example * batches->y_bytes,
             batches->y_bytes);
  }
  batches->at += take;
  *x = batches->x_batch;
  if (y)
    *y = batches->y_batch;
  return take;
}

tin_batches *tin_batches_new_args(struct tin_batches_options args) {
  struct tin_error error = {0};
  tin_batches *batches = tin_batches_make(&args, &error);
  if (!batches)
    tin_fail_at(args.file, args.line, args.ctx, "%s", error.text);
  return batches;
}
