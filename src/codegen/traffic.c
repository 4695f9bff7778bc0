/* Which arguments of a nest are fetched ahead, and which are stored past the caches: decided from the sizes in the plan, since a nest reads
 * and writes each of its buffers whole, or nearly. Neither changes a value.
 *
 * Fetching ahead hides the latency of the shared cache and of memory; in a core's own caches it would only take slots. A streaming store
 * saves reading the line that is about to be overwritten; it loses where the line is read anyway, and where the reader of the result would
 * have found it in a cache. */
#include "codegen/traffic.h"

/* Bytes. The last two are of all arguments: measured, a result that the next kernel reads loses a sixth by streaming up to 64 MiB, and one
 * that nothing reads gains a fifth as soon as L2 does not hold it. */
enum {
  OWN_CACHES = 1 << 20,   /* of all arguments, that a core's L2 holds besides other things (it has 1 or 2 MiB) */
  FAR_FROM = 64 << 10,    /* a smaller argument is read again and again, as a bias: it stays in L2 */
  STREAM_FROM = 96 << 20, /* where a later kernel of the plan reads the result */
  STREAM_UNREAD_FROM = 16 << 20
};

static int64_t arg_bytes(const struct tin_arg *arg) {
  return arg->kind == ARG_BUFFER ? arg->size * tin_dtype_bytes(arg->dtype) : 0;
}

static bool is_read(const struct tin_nest *nest, int arg) {
  for (int i = 0; i < nest->values.count; i++)
    if (nest->values.at[i].kind == VALUE_LOAD && nest->args.at[nest->values.at[i].arg].kind == nest->args.at[arg].kind &&
        nest->args.at[nest->values.at[i].arg].number == nest->args.at[arg].number)
      return true;
  return false;
}

/* Should stores to the argument go past the caches? Not in place of an operand, whose lines are read before. */
static bool wants_streaming(const struct tin_nest *nest, int arg, const struct tin_schedule *schedule, int64_t all) {
  if (!nest->args.at[arg].written || nest->args.at[arg].kind != ARG_BUFFER || arg_bytes(&nest->args.at[arg]) < FAR_FROM)
    return false;
  const struct tin_plan_value *value = &schedule->values.at[nest->args.at[arg].number];
  bool unread = value->last_kernel <= value->first_kernel;
  return all >= (unread ? STREAM_UNREAD_FROM : STREAM_FROM) && value->update < 0 && !is_read(nest, arg);
}

void tin_traffic_mark(struct tin_nest *nest, const struct tin_schedule *schedule) {
  int64_t all = 0;
  for (int i = 0; i < nest->args.count; i++)
    all += arg_bytes(&nest->args.at[i]);
  for (int i = 0; i < nest->args.count; i++) {
    struct tin_arg *arg = &nest->args.at[i];
    arg->far = !arg->written && all >= OWN_CACHES && arg_bytes(arg) >= FAR_FROM;
    arg->streamed = wants_streaming(nest, i, schedule, all);
  }
}
