/* Contexts: setting up and tearing down, options, statistics, interned text. */
#include "frontend/frontend.h"

#include <stdlib.h>
#include <string.h>

/* The public enum of dtypes is written out; here it is held to the table. */
enum {
#define DTYPE(name, text, bytes, class, ctype) ROW_##name,
#include "ir/dtypes.def"
#undef DTYPE
  ROW_COUNT
};
#define DTYPE(name, text, bytes, class, ctype)                                                                                             \
  _Static_assert((int)ROW_##name == (int)TIN_##name, "tinsmith.h and dtypes.def differ at " #text);
#include "ir/dtypes.def"
#undef DTYPE
_Static_assert((int)ROW_COUNT == (int)TIN_DTYPE_COUNT, "tinsmith.h and dtypes.def differ in length");
_Static_assert((int)TIN_RANK_LIMIT <= (int)TIN_MAX_RANK, "a tensor has more axes than a node can");
_Static_assert(sizeof(void *) == 8, "handles keep a generation in the upper 16 bits of a 64-bit address");

enum { ARENA_BLOCK = 1 << 14 };

bool tin_grow(void *array_pointer, int *capacity, int count, size_t item) {
  if (count < *capacity)
    return true;
  int grown = *capacity ? *capacity * 2 : 16;
  void *old, *moved;
  memcpy(&old, array_pointer, sizeof old);
  moved = realloc(old, (size_t)grown * item);
  if (!moved)
    return false;
  memcpy(array_pointer, &moved, sizeof moved);
  *capacity = grown;
  return true;
}

const char *tin_intern(tin_ctx *ctx, const char *text) {
  if (!text)
    return NULL;
  size_t size = strlen(text) + 1;
  struct tin_interned **bucket = &ctx->interned[tin_hash_bytes(0, text, size) % TIN_INTERN_BUCKETS];
  for (struct tin_interned *at = *bucket; at; at = at->next)
    if (strcmp(at->text, text) == 0)
      return at->text;
  struct tin_interned *entry = tin_arena_alloc(&ctx->arena, sizeof *entry + size);
  if (!entry)
    return NULL;
  memcpy(entry->text, text, size);
  entry->next = *bucket;
  *bucket = entry;
  return entry->text;
}

static struct tin_options options_of(const struct tin_ctx_options *args) {
  return (struct tin_options){.target = args->target,
                              .threads = args->threads,
                              .fuse = TIN_FUSE_ALL & ~args->fuse_off,
                              .fuse_set = args->fuse_off != 0,
                              .dump = args->dump,
                              .profile = args->profile,
                              .compare = args->compare,
                              .check = args->check,
                              .debug = args->debug};
}

/* Everything that can fail; the error stays in the context, which then has no engine. */
static void set_up_engine(tin_ctx *ctx, const struct tin_ctx_options *args) {
  struct tin_call call = {.file = args->file, .line = args->line, .op = "ctx_new", .ctx = ctx};
  struct tin_error error = {0};
  struct tin_options options = options_of(args);
  if (args->threads < 0) {
    tin_call_fail(&call, "%d threads are fewer than one", args->threads);
  } else if (!tin_options_from_environment(&options, &error)) {
    tin_call_fail(&call, "%s", error.text);
  } else {
    ctx->pool = tin_buffer_pool_new();
    if (!ctx->pool)
      tin_error_set(&error, "out of memory");
    else
      ctx->engine = tin_engine_new(&options, ctx->pool, &error);
    if (!ctx->engine)
      tin_call_fail(&call, "%s", error.text);
  }
}

tin_ctx *tin_ctx_new_args(struct tin_ctx_options args) {
  tin_ctx *ctx = calloc(1, sizeof *ctx);
  if (!ctx)
    return NULL;
  tin_arena_init(&ctx->arena, ARENA_BLOCK, NULL);
  ctx->scope = &ctx->root;
  tin_scope_init(ctx, &ctx->root, NULL);
  tin_ctx_seed(ctx, args.seed);
  ctx->poison = tin_slot_new(ctx, NULL, SLOT_POISON, NULL);
  if (!ctx->poison) {
    tin_ctx_free(ctx);
    return NULL;
  }
  set_up_engine(ctx, &args);
  return ctx;
}

void tin_ctx_free(tin_ctx *ctx) {
  if (!ctx)
    return;
  while (ctx->scope != &ctx->root)
    tin_scope_close(ctx, ctx->scope);
  while (ctx->compiled)
    tin_compiled_free(ctx->compiled);
  tin_scope_close(ctx, &ctx->root);
  tin_graph_free(&ctx->spare);
  for (int i = 0; i < ctx->n_storages; i++)
    tin_buffer_drop(ctx->storages[i]->variable.buffer);
  if (ctx->engine)
    tin_engine_free(ctx->engine);
  if (ctx->pool)
    tin_buffer_pool_free(ctx->pool);
  free(ctx->storages);
  free(ctx->params);
  free(ctx->saved);
  free(ctx->updates);
  tin_arena_free(&ctx->arena);
  free(ctx);
}

void tin_ctx_seed(tin_ctx *ctx, uint64_t seed) {
  if (!ctx)
    return;
  ctx->seed = seed;
  ctx->scopes_since_seed = 0;
  ctx->scope->random_scope = 0;
  ctx->scope->random_stream = 0;
}

struct tin_counters tin_stats(const tin_ctx *ctx) {
  if (!ctx || !ctx->engine)
    return (struct tin_counters){0};
  const struct tin_statistics *done = tin_engine_statistics(ctx->engine);
  return (struct tin_counters){.kernels_compiled = done->kernels_compiled,
                               .functions_compiled = done->functions_compiled,
                               .kernels_launched = done->kernels_launched,
                               .kernels_replaced = done->kernels_replaced,
                               .replacements_failed = done->replacements_failed,
                               .plan_hits = done->plan_hits,
                               .plan_misses = done->plan_misses,
                               .plans_run = done->plans_run,
                               .bytes_planned = done->bytes_planned,
                               .bytes_live = done->bytes_live,
                               .bytes_without_reuse = done->bytes_without_reuse,
                               .bytes_peak = done->bytes_peak,
                               .bytes_moved = done->bytes_moved,
                               .nodes = done->nodes,
                               .compile_seconds = done->compile_seconds,
                               .run_seconds = done->run_seconds,
                               .lookup_seconds = done->lookup_seconds};
}

void tin_report(tin_ctx *ctx, FILE *out) {
  if (!ctx || !ctx->engine || !out)
    return;
  struct tin_arena arena;
  jmp_buf out_of_memory;
  tin_arena_init(&arena, ARENA_BLOCK, &out_of_memory);
  if (setjmp(out_of_memory) == 0) {
    struct tin_text text;
    tin_text_init(&text, &arena);
    tin_engine_report(ctx->engine, &text);
    fwrite(text.at, 1, (size_t)text.count, out);
  }
  tin_arena_free(&arena);
}

void tin_clear_cache(tin_ctx *ctx) {
  if (ctx && ctx->engine)
    tin_engine_clear(ctx->engine);
}
