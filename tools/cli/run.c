/* `tinsmith run FILE.tin`: a graph in text form, compiled and run fused and unfused on the same inputs. */
#include "cli.h"
#include "ir/graph.h"
#include "ir/scalar.h"
#include "runtime/execute.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INPUTS = 64, REPEATS = 10 };

struct options {
  const char *path;
  uint64_t seed;
  const char *print; /* letters of passes */
  bool values;       /* print the outputs' values */
  int n_inputs;
  const char *inputs[MAX_INPUTS]; /* name=file.npy */
};

static const char help[] =
    "usage: tinsmith run FILE.tin [--seed N] [--input NAME=FILE.npy] [--print LETTERS] [--values]\n"
    "\n"
    "Compiles the graph in FILE.tin, runs it fused and unfused on the same inputs, and compares times and bits.\n"
    "\n"
    "  --seed N                inputs are filled with numbers from this seed: floats in -1 .. 1, integers in 0 .. 7 (default 0)\n"
    "  --input NAME=FILE.npy   fills the variable of that name from a NumPy file (may be repeated)\n"
    "  --print LETTERS         prints after passes: g graph, s schedule, m memory, n loop nests, p vector programs, k kernels,\n"
    "                          w why nodes were not fused, t times of passes (to stderr)\n"
    "  --values                prints the outputs' values\n"
    "\n"
    "The form, one node a line:\n"
    "  %0 = var \"x\" f32[128, 784]\n"
    "  %1 = mul(%0, %0) f32[128, 784]\n"
    "  %2 = sum(%1) f32[128, 1] axes=1\n"
    "  return %2\n";

/* ---- one graph on one engine ---- */

struct session {
  const struct options *options;
  struct tin_buffer_pool *pool;
  struct tin_engine *engine;
  struct tin_graph graph;
  uint32_t serial, stamp;
  struct tin_arena arena; /* variables and lists */
  struct tin_stream stream;
  struct tin_error error;
  struct tin_node_list nodes; /* what the text returns */
  struct tin_node **outputs;
  struct tin_update *updates;
  struct tin_node **old_versions; /* by update: the variable's node */
  int n_outputs, n_updates;
  TIN_VEC(struct tin_variable *) variables; /* their buffers are ours */
  double seconds;                           /* fastest run */
};

static const char *input_file(const struct options *options, const char *name) {
  size_t length = name ? strlen(name) : 0;
  for (int i = 0; name && i < options->n_inputs; i++)
    if (!strncmp(options->inputs[i], name, length) && options->inputs[i][length] == '=')
      return options->inputs[i] + length + 1;
  return NULL;
}

static bool fill_from_file(struct session *session, struct tin_variable *variable, const char *path) {
  tin_array array;
  if (!cli_npy_read(path, &array, &session->error))
    return false;
  bool same = array.dtype == variable->dtype && array.rank == variable->rank;
  for (int i = 0; same && i < array.rank; i++)
    same = array.shape[i] == variable->shape[i];
  if (same)
    memcpy(variable->buffer->data, array.data, array.bytes);
  else
    tin_error_set(&session->error, "%s: dtype or shape differ from variable \"%s\"", path, variable->name);
  tin_array_free(&array);
  return same;
}

static void fill_random(struct session *session, struct tin_variable *variable) {
  bool is_float = tin_dtype_is_float(variable->dtype);
  for (int64_t i = 0; i < variable->size; i++) {
    double value = is_float ? 2 * tin_stream_uniform(&session->stream) - 1 : (double)tin_stream_below(&session->stream, 8);
    if (variable->dtype == TIN_BOOL)
      value = value >= 4;
    tin_scalar_store(variable->buffer->data, i, variable->dtype, tin_scalar_from_double(value, variable->dtype));
  }
}

static bool grow_variables(struct session *session) {
  int capacity = session->variables.capacity * 2 + 16;
  struct tin_variable **grown = TIN_NEW_ARRAY(&session->arena, struct tin_variable *, capacity);
  if (!grown)
    return false;
  for (int i = 0; i < session->variables.count; i++)
    grown[i] = session->variables.at[i];
  session->variables.at = grown;
  session->variables.capacity = capacity;
  return true;
}

/* Called by the parser for each var line. */
static struct tin_variable *make_variable(void *context, tin_dtype dtype, int rank, const int64_t *shape, const char *name) {
  struct session *session = context;
  struct tin_variable *variable = TIN_NEW(&session->arena, struct tin_variable);
  if (!variable || (session->variables.count == session->variables.capacity && !grow_variables(session)))
    return NULL;
  *variable = (struct tin_variable){.dtype = (uint8_t)dtype, .rank = (uint8_t)rank, .size = 1};
  variable->id = (uint64_t)session->variables.count;
  for (int i = 0; i < rank; i++) {
    variable->shape[i] = shape[i];
    variable->size *= shape[i];
  }
  variable->name = name ? tin_arena_string(&session->arena, name) : NULL;
  variable->buffer = tin_buffer_new(session->pool, (size_t)variable->size * (size_t)tin_dtype_bytes((int)dtype));
  if (!variable->buffer)
    return NULL;
  session->variables.at[session->variables.count++] = variable;
  const char *path = input_file(session->options, name);
  if (!path)
    fill_random(session, variable);
  else if (!fill_from_file(session, variable, path))
    return NULL;
  return variable;
}

static char *read_text(const char *path, struct tin_error *error) {
  FILE *file = fopen(path, "rb");
  char *text = NULL;
  size_t count = 0, capacity = 0;
  for (bool more = file != NULL; more;) {
    if (capacity - count < 4096) {
      char *grown = realloc(text, capacity = capacity * 2 + 8192);
      if (!grown)
        break;
      text = grown;
    }
    size_t got = fread(text + count, 1, capacity - count - 1, file);
    count += got;
    text[count] = 0;
    more = got > 0;
  }
  if (file)
    fclose(file);
  if (!text)
    tin_error_set(error, "the file cannot be read");
  return text;
}

/* Returned assigns are updates, all else is an output. The node of an updated variable's old version gets the old buffer from the run. */
static bool sort_returned(struct session *session) {
  session->outputs = TIN_NEW_ARRAY(&session->arena, struct tin_node *, session->nodes.count);
  session->updates = TIN_NEW_ARRAY(&session->arena, struct tin_update, session->nodes.count);
  session->old_versions = TIN_NEW_ARRAY(&session->arena, struct tin_node *, session->nodes.count);
  if (!session->outputs || !session->updates || !session->old_versions)
    return false;
  for (int i = 0; i < session->nodes.count; i++) {
    struct tin_node *node = session->nodes.at[i];
    if (node->op == OP_ASSIGN) {
      session->old_versions[session->n_updates] = node->in[0];
      session->updates[session->n_updates++] = (struct tin_update){node->in[0]->variable, node->in[1]};
    } else {
      session->outputs[session->n_outputs++] = node;
    }
  }
  return true;
}

static void drop_outputs(struct session *session) {
  for (int i = 0; i < session->n_outputs; i++) {
    struct tin_node *node = session->outputs[i];
    if (node->op != OP_VAR) {
      tin_buffer_drop(node->buffer);
      node->buffer = NULL;
    }
  }
}

static bool run_once(struct session *session) {
  double began = cli_seconds();
  bool ok = tin_engine_run(session->engine, &session->graph, session->outputs, session->n_outputs, session->updates, session->n_updates,
                           false, &session->error);
  double spent = cli_seconds() - began;
  session->seconds = spent < session->seconds ? spent : session->seconds;
  return ok;
}

/* The first run's results stay for comparison; graphs without updates run again for the time. */
static bool run_repeatedly(struct session *session) {
  session->seconds = 1e30;
  bool ok = run_once(session);
  for (int i = 0; ok && i < REPEATS && session->n_updates == 0; i++) {
    drop_outputs(session);
    ok = run_once(session);
  }
  return ok;
}

static bool open_session(struct session *session, const struct options *options, uint32_t fuse) {
  *session = (struct session){.options = options};
  struct tin_options engine_options = {.fuse = fuse, .fuse_set = true, .debug = fuse ? options->print : NULL};
  tin_arena_init(&session->arena, 1 << 16, NULL);
  tin_graph_init(&session->graph, NULL, &session->serial, &session->stamp);
  tin_stream_seed(&session->stream, options->seed);
  session->pool = tin_buffer_pool_new();
  if (!session->pool || !tin_options_from_environment(&engine_options, &session->error))
    return false;
  session->engine = tin_engine_new(&engine_options, session->pool, &session->error);
  char *text = session->engine ? read_text(options->path, &session->error) : NULL;
  if (text)
    session->nodes = tin_graph_parse(&session->graph, text, make_variable, session, &session->error);
  free(text);
  return text && session->nodes.at && sort_returned(session);
}

static void close_session(struct session *session) {
  drop_outputs(session);
  for (int i = 0; i < session->n_updates; i++)
    tin_buffer_drop(session->old_versions[i]->buffer);
  for (int i = 0; i < session->variables.count; i++)
    tin_buffer_drop(session->variables.at[i]->buffer);
  if (session->engine)
    tin_engine_free(session->engine);
  tin_graph_free(&session->graph);
  tin_arena_free(&session->arena);
  tin_buffer_pool_free(session->pool);
}

/* ---- comparing and printing ---- */

static const void *output_data(const struct tin_node *node) {
  return node->op == OP_VAR ? node->variable->buffer->data : node->buffer->data;
}

static bool same_results(const struct session *a, const struct session *b) {
  for (int i = 0; i < a->n_outputs; i++) {
    size_t bytes = (size_t)a->outputs[i]->size * (size_t)tin_dtype_bytes(a->outputs[i]->dtype);
    if (memcmp(output_data(a->outputs[i]), output_data(b->outputs[i]), bytes))
      return false;
  }
  for (int i = 0; i < a->n_updates; i++)
    if (memcmp(a->updates[i].variable->buffer->data, b->updates[i].variable->buffer->data, a->updates[i].variable->buffer->bytes))
      return false;
  return true;
}

static void print_values(struct session *session) {
  struct tin_arena arena;
  jmp_buf fail;
  tin_arena_init(&arena, 1 << 12, &fail);
  if (setjmp(fail) == 0) {
    for (int i = 0; i < session->n_outputs; i++) {
      const struct tin_node *node = session->outputs[i];
      struct tin_text text;
      tin_text_init(&text, &arena);
      tin_array_text(&text, (tin_dtype)node->dtype, node->rank, node->shape, output_data(node));
      printf("output %d:\n%s\n", i, text.at);
    }
  }
  tin_arena_free(&arena);
}

static void print_report(struct session *session) {
  struct tin_arena arena;
  jmp_buf fail;
  tin_arena_init(&arena, 1 << 12, &fail);
  if (setjmp(fail) == 0) {
    struct tin_text text;
    tin_text_init(&text, &arena);
    tin_engine_report(session->engine, &text);
    printf("%s\n", text.at);
  }
  tin_arena_free(&arena);
}

static void print_session(const char *name, const struct session *session) {
  const struct tin_statistics *statistics = tin_engine_statistics(session->engine);
  printf("  %-8s %10s %8lld %12s %12s %12s\n", name, cli_time(session->seconds).text,
         (long long)(statistics->kernels_launched / (statistics->plans_run ? statistics->plans_run : 1)),
         cli_bytes((double)statistics->bytes_moved).text, cli_bytes((double)statistics->bytes_planned).text,
         cli_time(statistics->compile_seconds).text);
}

static int run(const struct options *options) {
  struct session fused, unfused = {0};
  bool ok = open_session(&fused, options, TIN_FUSE_ALL) && run_repeatedly(&fused);
  bool second = ok; /* the second session was begun */
  ok = ok && open_session(&unfused, options, 0) && run_repeatedly(&unfused);
  int status = 0;
  if (ok) {
    print_report(&fused);
    if (options->values)
      print_values(&fused);
    bool same = same_results(&fused, &unfused);
    printf("  %-8s %10s %8s %12s %12s %12s\n", "", "time", "kernels", "moved", "memory", "compiling");
    print_session("fused", &fused);
    print_session("unfused", &unfused);
    printf("results: %s\n", same ? "equal bit for bit" : "DIFFERENT");
    status = !same;
  } else {
    const struct tin_error *error = second ? &unfused.error : &fused.error;
    status = cli_fail("run", "%s: %s", options->path, error->set ? error->text : "out of memory");
  }
  close_session(&fused);
  if (second)
    close_session(&unfused);
  return status;
}

int cli_run(int argc, char **argv) {
  static const struct option names[] = {{"seed", required_argument, NULL, 's'},  {"input", required_argument, NULL, 'i'},
                                        {"print", required_argument, NULL, 'p'}, {"values", no_argument, NULL, 'v'},
                                        {"help", no_argument, NULL, 'h'},        {0}};
  struct options options = {0};
  int letter;
  while ((letter = getopt_long(argc, argv, "", names, NULL)) >= 0) {
    if (letter == 'h')
      return fputs(help, stdout) < 0;
    if (letter == '?' || (letter == 'i' && (options.n_inputs == MAX_INPUTS || !strchr(optarg, '='))))
      return fputs(help, stderr), 2;
    if (letter == 's')
      options.seed = strtoull(optarg, NULL, 0);
    if (letter == 'i')
      options.inputs[options.n_inputs++] = optarg;
    if (letter == 'p')
      options.print = optarg;
    options.values |= letter == 'v';
  }
  if (optind + 1 != argc)
    return fputs(help, stderr), 2;
  options.path = argv[optind];
  return run(&options);
}
