/* The shrinker: drops outputs and updates, replaces nodes by variables with their values or by one of their inputs, as long as the case
 * still fails. Every attempt is a copy of the case with a change, run in a child process. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ir/scalar.h"

enum { CHILD_SECONDS = 20 }; /* longer than any case: kernels that do not end */

bool fuzz_fails(struct fuzz_case *c, const struct fuzz_config *config) {
  fflush(NULL);
  pid_t child = fork();
  if (child < 0)
    return false;
  if (child == 0) {
    alarm(CHILD_SECONDS);
    struct fuzz_engines *engines = fuzz_engines_new();
    struct tin_error error = {.set = false};
    _exit(engines && fuzz_check(engines, c, config, &error) ? 0 : 1);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    ;
  return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* ---- changed copies ---- */

/* What is different in a copy; -1: nothing. */
struct change {
  int to_leaf; /* position of a node that becomes a variable */
  int bypass;  /* position of a node that is replaced by its input */
  int input;
  int drop_output, drop_update, only_output;
  bool drop_early;
};

static const struct change no_change = {.to_leaf = -1, .bypass = -1, .drop_output = -1, .drop_update = -1, .only_output = -1};

static struct tin_node *leaf_like(struct fuzz_case *to, const struct fuzz_case *from, const struct tin_node *node) {
  struct fuzz_leaf *leaf = fuzz_leaf_add(to, (tin_dtype)node->dtype, node->rank, node->shape);
  if (!leaf)
    return NULL;
  for (int set = 0; set < FUZZ_SETS; set++)
    memcpy(leaf->data[set], from->values[set][node->index], (size_t)node->size * (size_t)tin_dtype_bytes(node->dtype));
  return tin_node_var(&to->graph, &leaf->variable);
}

struct copying {
  struct fuzz_case *to;
  const struct fuzz_case *from;
  struct tin_node **nodes;  /* by position */
  int leaf_of[FUZZ_LEAVES]; /* number in the copy of a leaf, -1: not yet there */
};

static struct tin_variable *copy_variable(struct copying *copying, const struct tin_variable *variable) {
  int number = (int)variable->id - 1;
  if (copying->leaf_of[number] < 0) {
    struct fuzz_leaf *leaf = fuzz_leaf_add(copying->to, (tin_dtype)variable->dtype, variable->rank, variable->shape);
    if (!leaf)
      return NULL;
    for (int set = 0; set < FUZZ_SETS; set++)
      memcpy(leaf->data[set], copying->from->leaves[number].data[set], (size_t)variable->size * (size_t)tin_dtype_bytes(variable->dtype));
    copying->leaf_of[number] = copying->to->n_leaves - 1;
  }
  return &copying->to->leaves[copying->leaf_of[number]].variable;
}

static struct tin_node *copy_node(struct copying *copying, const struct tin_node *node) {
  struct tin_node like = *node;
  like.in = tin_arena_alloc(&copying->to->arena, sizeof *like.in * (size_t)node->n_in);
  if (!like.in)
    return NULL;
  for (int k = 0; k < node->n_in; k++)
    if (!(like.in[k] = copying->nodes[node->in[k]->index]))
      return NULL;
  if (node->op == OP_VAR && !(like.variable = copy_variable(copying, node->variable)))
    return NULL;
  return tin_node_make(&copying->to->graph, &like);
}

/* Which nodes the sinks still need once the change is made. */
static void mark_needed(const struct fuzz_case *from, const struct change *change, bool *needed) {
  for (int i = 0; i < from->n_outputs; i++)
    if (i != change->drop_output && (change->only_output < 0 || i == change->only_output))
      needed[from->outputs[i]->index] = true;
  for (int i = 0; i < from->n_updates; i++)
    if (i != change->drop_update && change->only_output < 0)
      needed[from->updates[i].value->index] = true;
  for (int i = from->order.count - 1; i >= 0; i--) {
    const struct tin_node *node = from->order.at[i];
    for (int k = 0; needed[i] && i != change->to_leaf && k < node->n_in; k++)
      if (i != change->bypass || k == change->input)
        needed[node->in[k]->index] = true;
  }
}

static bool copy_sinks(struct copying *copying, const struct change *change) {
  struct fuzz_case *to = copying->to;
  const struct fuzz_case *from = copying->from;
  for (int i = 0; i < from->n_outputs; i++)
    if (copying->nodes[from->outputs[i]->index] && i != change->drop_output && (change->only_output < 0 || i == change->only_output))
      to->outputs[to->n_outputs++] = copying->nodes[from->outputs[i]->index];
  for (int i = 0; i < from->n_updates; i++) {
    if (i == change->drop_update || change->only_output >= 0)
      continue;
    struct tin_variable *variable = copy_variable(copying, from->updates[i].variable);
    if (!variable)
      return false;
    to->updates[to->n_updates++] = (struct fuzz_update){variable, copying->nodes[from->updates[i].value->index]};
  }
  for (int i = 0; i < from->n_early && !change->drop_early; i++) {
    struct tin_node *node = copying->nodes[from->early[i]->index];
    if (node && node->op != OP_VAR && !tin_node_is_leaf(node))
      to->early[to->n_early++] = node;
  }
  return to->n_outputs + to->n_updates > 0;
}

/* False when the change cannot be made; the copy is to be freed in any case. */
static bool copy_changed(struct fuzz_case *to, const struct fuzz_case *from, const struct change *change) {
  struct copying copying = {.to = to, .from = from};
  struct tin_error error = {.set = false};
  memset(copying.leaf_of, -1, sizeof copying.leaf_of);
  fuzz_case_init(to, from->seed);
  to->same_numbers = from->same_numbers;
  bool *needed = tin_arena_alloc(&to->arena, (size_t)from->order.count);
  copying.nodes = TIN_NEW_ARRAY(&to->arena, struct tin_node *, from->order.count);
  if (!needed || !copying.nodes)
    return false;
  mark_needed(from, change, needed);
  for (int i = 0; i < from->order.count; i++) {
    const struct tin_node *node = from->order.at[i];
    if (!needed[i])
      continue;
    copying.nodes[i] = i == change->to_leaf  ? leaf_like(to, from, node)
                       : i == change->bypass ? copying.nodes[node->in[change->input]->index]
                                             : copy_node(&copying, node);
    if (!copying.nodes[i])
      return false;
  }
  if (!copy_sinks(&copying, change) || !fuzz_prepare(to, &error))
    return false;
  int kept = 0;
  for (int i = 0; i < to->n_early; i++) /* only what is still part of the graph */
    if (to->early[i]->mark == to->order.at[0]->mark)
      to->early[kept++] = to->early[i];
  to->n_early = kept;
  return true;
}

/* ---- the search ---- */

struct search {
  struct fuzz_case *best;
  const struct fuzz_config *config;
  int attempts;
};

static bool try_change(struct search *search, const struct change *change) {
  struct fuzz_case *changed = malloc(sizeof *changed);
  if (!changed || search->attempts <= 0)
    return free(changed), false;
  search->attempts--;
  if (copy_changed(changed, search->best, change) && fuzz_fails(changed, search->config)) {
    fuzz_case_free(search->best);
    free(search->best);
    search->best = changed;
    return true;
  }
  fuzz_case_free(changed);
  free(changed);
  return false;
}

static bool drop_sinks(struct search *search) {
  bool progress = false;
  struct change change;
  for (int i = 0; i < search->best->n_outputs && search->best->n_outputs + search->best->n_updates > 1; i++) {
    change = no_change;
    change.only_output = i;
    if (try_change(search, &change))
      return true;
  }
  for (int i = search->best->n_updates - 1; i >= 0; i--) {
    change = no_change;
    change.drop_update = i;
    progress |= try_change(search, &change);
  }
  for (int i = search->best->n_outputs - 1; i >= 0 && search->best->n_outputs + search->best->n_updates > 1; i--) {
    change = no_change;
    change.drop_output = i;
    progress |= try_change(search, &change);
  }
  change = no_change;
  change.drop_early = true;
  return progress | (search->best->n_early > 0 && try_change(search, &change));
}

static bool cut_nodes(struct search *search) {
  bool progress = false;
  for (int i = search->best->order.count - 1; i >= 0; i--) {
    if (i >= search->best->order.count)
      continue;
    const struct tin_node *node = search->best->order.at[i];
    struct change change = no_change;
    change.to_leaf = i;
    if (tin_op_is(node->op, OP_CLASS_SOURCE))
      continue;
    if (try_change(search, &change)) {
      progress = true;
      continue;
    }
    for (int k = 0; k < node->n_in; k++) {
      const struct tin_node *in = node->in[k];
      if (in->dtype != node->dtype || in->rank != node->rank || (in->rank && memcmp(in->shape, node->shape, sizeof *in->shape * in->rank)))
        continue;
      change = no_change;
      change.bypass = i;
      change.input = k;
      if (try_change(search, &change)) {
        progress = true;
        break;
      }
    }
  }
  return progress;
}

static void print_leaves(FILE *file, const struct fuzz_case *c) {
  enum { MOST = 40 };
  for (int i = 0; i < c->n_leaves; i++) {
    const struct fuzz_leaf *leaf = &c->leaves[i];
    fprintf(file, "# %s =", leaf->variable.name);
    for (int64_t k = 0; k < leaf->variable.size && k < MOST; k++)
      fprintf(file, " %.9g",
              tin_scalar_to_double(tin_scalar_load(leaf->data[0], k, (tin_dtype)leaf->variable.dtype), (tin_dtype)leaf->variable.dtype));
    fprintf(file, "%s\n", leaf->variable.size > MOST ? " ..." : "");
  }
}

void fuzz_print(FILE *file, struct fuzz_case *c) {
  struct tin_arena arena;
  jmp_buf fail;
  struct tin_text text;
  print_leaves(file, c);
  tin_arena_init(&arena, 1 << 14, &fail);
  if (setjmp(fail) == 0) {
    struct tin_node *sinks[2 * FUZZ_OUTPUTS];
    int n = 0;
    tin_text_init(&text, &arena);
    for (int i = 0; i < c->n_outputs; i++)
      sinks[n++] = c->outputs[i];
    for (int i = 0; i < c->n_updates; i++)
      sinks[n++] = tin_node_assign(&c->graph, tin_node_var(&c->graph, c->updates[i].variable), c->updates[i].value);
    tin_graph_print(&c->graph, &text, sinks, n);
    fputs(text.at, file);
  }
  tin_arena_free(&arena);
}

/* What goes wrong, run here once more: only for cases that do not crash. */
static void print_difference(FILE *file, struct fuzz_case *c, const struct fuzz_config *config) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    struct fuzz_engines *engines = fuzz_engines_new();
    struct tin_error error = {.set = false};
    alarm(CHILD_SECONDS);
    if (engines && !fuzz_check(engines, c, config, &error))
      fprintf(file, "# %s\n", error.text);
    else
      fprintf(file, "# does not fail again\n");
    fflush(file);
    _exit(0);
  }
  int status = 0;
  while (child > 0 && waitpid(child, &status, 0) < 0)
    ;
  if (WIFSIGNALED(status))
    fprintf(file, "# ended by signal %d\n", WTERMSIG(status));
}

void fuzz_report(FILE *file, uint64_t seed, const struct fuzz_config *config) {
  struct search search = {.best = malloc(sizeof *search.best), .config = config, .attempts = 3000};
  if (!search.best || !fuzz_generate(search.best, seed))
    return;
  fprintf(file, "# seed %llu, ", (unsigned long long)seed);
  fuzz_config_print(file, config);
  fprintf(file, ", %d nodes\n", search.best->order.count);
  if (!fuzz_fails(search.best, config))
    fprintf(file, "# does not fail on its own: an earlier case of the same engine matters\n");
  else
    while ((int)drop_sinks(&search) | (int)cut_nodes(&search)) /* both, each round */
      ;
  print_difference(file, search.best, config);
  fuzz_print(file, search.best);
  fflush(file);
  fuzz_case_free(search.best);
  free(search.best);
}
