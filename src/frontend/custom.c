/* Nodes with a gradient of the user's, and nodes that stay themselves.
 *
 * Both are an IDENTITY. A custom gradient's carries a record that the gradient walk calls back; the record belongs to the graph of the
 * node, as the nodes in it do. Nothing of it is in a plan's signature. */
#include "frontend/frontend.h"

#include <stdlib.h>

struct custom_gradient {
  struct tin_custom custom; /* first: the graph knows only this */
  tin_ctx *ctx;
  tin_gradient_rule *rule;
  void *user;
  const char *file; /* interned */
  int line;
};

/* ---- calling back ---- */

/* What the rule sees: handles that live as long as the scope. */
struct arguments {
  tin_tensor *g, *y, **x, **out;
};

static bool wrap(struct tin_call *call, const struct custom_gradient *own, struct tin_node *y, struct tin_node *const *x,
                 struct tin_node *g, struct arguments *arguments) {
  size_t count = (size_t)own->custom.n_in;
  arguments->x = tin_call_alloc(call, 2 * count + 1, sizeof *arguments->x, 0, NULL);
  if (!arguments->x)
    return false;
  arguments->out = arguments->x + count;
  arguments->g = tin_call_result(call, g);
  arguments->y = tin_call_result(call, y);
  bool good = !tin_is_poison(arguments->g) && !tin_is_poison(arguments->y);
  for (size_t i = 0; good && i < count; i++) {
    arguments->x[i] = tin_call_result(call, x[i]);
    good = !tin_is_poison(arguments->x[i]);
  }
  return good;
}

/* Runs the rule; no scope that it opens outlives it, and it cannot end the scope of the gradient. */
static bool run_rule(struct tin_call *call, const struct custom_gradient *own, const struct arguments *arguments) {
  tin_ctx *ctx = own->ctx;
  struct tin_live_scope *scope = ctx->scope;
  scope->busy++;
  bool good = own->rule(own->user, arguments->g, arguments->y, (tin_list){arguments->x, own->custom.n_in}, arguments->out);
  scope->busy--;
  if (ctx->scope != scope) {
    tin_call_fail(call, "its gradient left a scope open (begun at %s:%d)", ctx->scope->file ? ctx->scope->file : "?", ctx->scope->line);
    good = false;
  }
  while (ctx->scope != scope)
    tin_scope_close(ctx, ctx->scope);
  return good;
}

static bool take_results(struct tin_call *call, const struct custom_gradient *own, const struct arguments *arguments,
                         struct tin_node *const *x, struct tin_node **out) {
  for (int i = 0; i < own->custom.n_in; i++) {
    if (!arguments->out[i])
      continue;
    struct tin_words name = tin_name_item("gradient", i), of = tin_name_item("x", i);
    out[i] = tin_call_operand(call, arguments->out[i], name.text);
    if (!out[i] || !tin_check_like(call, arguments->out[i], name.text, &out[i], arguments->x[i], of.text, x[i]))
      return false;
  }
  return true;
}

static bool pull(struct tin_custom *custom, struct tin_node *y, struct tin_node *const *x, struct tin_node *g, struct tin_node **out,
                 struct tin_error *error) {
  struct custom_gradient *own = (struct custom_gradient *)custom;
  struct tin_call call = tin_call_of(own->file, own->line, "custom_gradient");
  struct arguments arguments = {0};
  bool good = tin_call_enter(&call, own->ctx) && wrap(&call, own, y, x, g, &arguments) && run_rule(&call, own, &arguments) &&
              take_results(&call, own, &arguments, x, out);
  free(arguments.x);
  if (!good)
    tin_error_set(error, "the custom gradient of %s:%d failed", own->file ? own->file : "?", own->line);
  return good;
}

/* ---- public ---- */

static struct custom_gradient *new_record(struct tin_call *call, tin_list inputs) {
  size_t count = (size_t)inputs.count;
  struct custom_gradient *own = tin_arena_alloc(&call->graph->arena, sizeof *own + count * sizeof(struct tin_node *));
  if (!own) {
    tin_call_fail(call, "out of memory");
    return NULL;
  }
  *own = (struct custom_gradient){.custom = {.pull = pull, .in = (struct tin_node **)(own + 1), .n_in = inputs.count},
                                  .ctx = call->ctx,
                                  .file = call->graph->site.file,
                                  .line = call->line};
  call->items = "x";
  return tin_call_operands(call, inputs.count, inputs.at, NULL, own->custom.in) ? own : NULL;
}

tin_tensor *tin_custom_gradient_at(const char *file, int line, tin_tensor *y, tin_list x, tin_gradient_rule *rule, void *user) {
  struct tin_call call = tin_call_of(file, line, "custom_gradient");
  struct tin_node *node = tin_call_operand(&call, y, "y");
  x = x.count > 0 && x.at ? x : (tin_list){NULL, 0};
  bool good = node;
  if (good && (!rule || !tin_dtype_is_float(node->dtype))) {
    tin_call_fail(&call, rule ? "%s is %s; gradients need f32 or f64" : "the gradient of %s is NULL", tin_describe(y, "y", node).text,
                  tin_dtypes[node->dtype].text);
    good = false;
  }
  struct custom_gradient *own = good ? new_record(&call, x) : NULL;
  if (!own)
    return tin_call_poison(&call);
  own->rule = rule;
  own->user = user;
  return tin_call_result(&call, node->size ? tin_node_identity(call.graph, node, &own->custom, 0) : node);
}

tin_tensor *tin_watch_at(const char *file, int line, tin_tensor *x) {
  struct tin_call call = tin_call_of(file, line, "watch");
  struct tin_node *node = tin_call_operand(&call, x, "x");
  if (!node)
    return tin_call_poison(&call);
  if (node->size && tin_dtype_is_float(node->dtype))
    node = tin_node_identity(call.graph, node, NULL, ++call.ctx->scope->n_watched);
  return tin_call_result(&call, node);
}
