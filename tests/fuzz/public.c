/* The step of the generator that calls public functions: in a context of its own, whose nodes are then copied into the case, with the
 * operands in the places of the context's inputs. */
#include <string.h>

#include "calls.h"
#include "frontend/frontend.h"
#include "generator.h"
#include "runtime/engine.h"

enum { INPUTS = 24 };

struct input {
  const struct tin_variable *variable; /* of the context */
  struct tin_node *node;               /* of the case, in its place */
};

struct build {
  struct generator *g;
  tin_ctx *ctx;
  struct input inputs[INPUTS];
  int n_inputs;
};

static tin_tensor *input_for(struct build *build, struct tin_node *node) {
  if (!node || build->n_inputs == INPUTS)
    return NULL;
  tin_shape shape = {.rank = node->rank};
  for (int i = 0; i < node->rank && i < TIN_RANK_LIMIT; i++)
    shape.size[i] = node->shape[i];
  tin_tensor *t = tin_input(build->ctx, (tin_dtype)node->dtype, shape, NULL);
  if (tin_is_poison(t))
    return NULL;
  build->inputs[build->n_inputs++] = (struct input){&tin_slot_of(t)->storage->variable, node};
  return t;
}

static tin_tensor *operand(struct calls *calls, tin_dtype dtype, tin_shape shape, int64_t limit) {
  struct build *build = calls->context;
  struct gen_shape wanted = {.rank = shape.rank};
  for (int i = 0; i < shape.rank; i++)
    wanted.size[i] = shape.size[i];
  if (gen_size(&wanted) > GEN_MAX_SIZE)
    return NULL;
  return input_for(build, limit ? gen_index(build->g, dtype, &wanted, limit) : gen_operand(build->g, dtype, &wanted));
}

static struct tin_node *copied_leaf(struct build *build, const struct tin_node *node) {
  for (int i = 0; node->op == OP_VAR && i < build->n_inputs; i++)
    if (build->inputs[i].variable == node->variable)
      return build->inputs[i].node;
  const struct tin_buffer *buffer = tin_leaf_buffer(node);
  if (!buffer)
    return tin_op_is(node->op, OP_CLASS_SOURCE) && node->op != OP_VAR ? tin_node_make(build->g->graph, node) : NULL;
  struct fuzz_leaf *leaf = fuzz_leaf_add(build->g->c, (tin_dtype)node->dtype, node->rank, node->shape);
  for (int set = 0; leaf && set < FUZZ_SETS; set++)
    memcpy(leaf->data[set], buffer->data, (size_t)node->size * (size_t)tin_dtype_bytes(node->dtype));
  return leaf ? tin_node_var(build->g->graph, &leaf->variable) : NULL;
}

static struct tin_node *copied(struct build *build, const struct tin_node *node, struct tin_node **copies) {
  if (tin_node_is_leaf(node))
    return copied_leaf(build, node);
  struct tin_node like = *node, **in = tin_arena_alloc(&build->g->c->arena, sizeof *in * (size_t)node->n_in);
  if (!in)
    return NULL;
  for (int k = 0; k < node->n_in; k++)
    in[k] = copies[node->in[k]->index];
  like.in = in;
  if (node->op == OP_IDENTITY)
    like.custom = NULL;
  return tin_node_make(build->g->graph, &like);
}

/* The nodes below the results into the case; false where there are too many, or memory ran out. */
static bool copy_results(struct build *build, struct tin_node **results, int n_results) {
  struct tin_arena arena;
  jmp_buf fail;
  tin_arena_init(&arena, 1 << 14, &fail);
  if (setjmp(fail)) {
    tin_arena_free(&arena);
    return false;
  }
  struct tin_node_list order = tin_graph_order(&build->ctx->scope->graph, &arena, results, n_results);
  struct tin_node **copies = TIN_NEW_ARRAY(&arena, struct tin_node *, order.count);
  bool good = order.count < FUZZ_MAX_NODES / 2;
  for (int i = 0; i < order.count && good; i++)
    good = (copies[i] = copied(build, order.at[i], copies)) != NULL;
  for (int i = 0; i < n_results && good; i++)
    results[i] = copies[results[i]->index];
  tin_arena_free(&arena);
  return good;
}

static void take_results(struct build *build, struct calls *calls) {
  struct tin_node *results[CALL_RESULTS];
  int n = 0;
  for (int i = 0; i < calls->n_results; i++) {
    struct tin_node *node = tin_is_poison(calls->results[i]) ? NULL : tin_slot_node(tin_slot_of(calls->results[i]));
    if (node && node->size <= GEN_MAX_SIZE)
      results[n++] = node;
  }
  if (!copy_results(build, results, n))
    return;
  for (int i = n - 1; i >= 0; i--) /* the function's own result last: it is used most */
    gen_push(build->g, results[i]);
}

void gen_public_step(struct generator *g) {
  struct build build = {.g = g, .ctx = tin_ctx_new(.target = "interpreter", .threads = 1)};
  struct calls calls = {.ctx = build.ctx, .operand = operand, .context = &build};
  int function = (int)gen_below(g, calls_count());
  struct tin_node *x = gen_pick(g);
  tin_stream_seed(&calls.stream, tin_stream_next(&g->stream));
  tin_tensor *input = x->rank <= TIN_RANK_LIMIT && x->size <= 4 * g->limit ? input_for(&build, x) : NULL;
  if (input) {
    calls_run_wrapped(&calls, function, input);
    if (tin_ok(build.ctx)) {
      take_results(&build, &calls);
      g->c->called[function] = calls.n_results > 0;
    }
  }
  tin_ctx_free(build.ctx);
}
