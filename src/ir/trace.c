/* Records of how a graph was made: see trace.h. */
#include "ir/trace.h"

#include <stdlib.h>
#include <string.h>

/* Nodes of a record: their memory stays between the graphs of a loop. Some megabytes, for the step of a model of hundreds of layers. */
enum { MOST_NODES = 1 << 14 };

/* A call: words of what was asked for, then what came of it. */
struct call {
  uint32_t word; /* its first */
  uint32_t made; /* nodes made until it was done: those of earlier calls, and its own */
  struct tin_node *result;
  bool direct; /* of tin_node_make */
};

struct tin_trace {
  struct call *calls;
  struct tin_node **made; /* in the order they were made */
  uint64_t *words;
  size_t n_calls, n_made, n_words, calls_capacity, made_capacity, words_capacity;
  size_t at;       /* replaying: the next call */
  bool in_call;    /* recording: what is made belongs to it */
  bool broken;     /* a graph differed from the record, or memory ran out: it is worth nothing */
  uint32_t number; /* of the record, unique in the context */
  const struct tin_graph *parent;
  int parent_nodes;          /* of the parent, variables apart */
  struct tin_arena_mark end; /* of the arena, with everything recorded */
};

/* ---- what a call asks for ---- */

/* What of a draft is given beside op, inputs and attributes. */
enum { SHAPE = 1, BITS = 2, VARIABLE = 4, FOLDED = 8 };

static int given_of(int op) {
  switch (op) {
  case OP_CONST:
  case OP_IDENTITY:
    return BITS;
  case OP_VAR:
    return SHAPE | VARIABLE;
  case OP_PAD:
    return SHAPE | BITS;
  case OP_IOTA:
  case OP_RESHAPE:
  case OP_EXPAND:
  case OP_SLICE:
    return SHAPE;
  case OP_FOLD:
    return FOLDED;
  default:
    return 0;
  }
}

enum { MOST_WORDS = 4 + TIN_MAX_ARGS + TIN_MAX_RANK }; /* beside the inputs */

/* The draft as words, inputs by their addresses; the end of the words. */
static uint64_t *write_words(uint64_t *word, const struct tin_node *like) {
  int given = given_of(like->op);
  memcpy(word++, like, sizeof *word); /* op, dtype, rank, n_in, n_arg */
  for (int i = 0; i < like->n_in; i++)
    *word++ = (uintptr_t)like->in[i];
  for (int i = 0; i < like->n_arg; i++)
    *word++ = (uint64_t)like->arg[i];
  for (int i = 0; given & SHAPE && i < like->rank; i++)
    *word++ = (uint64_t)like->shape[i];
  if (given & FOLDED)
    *word++ = (uint64_t)like->shape[like->arg[0]];
  if (given & BITS)
    *word++ = like->bits;
  if (given & VARIABLE)
    *word++ = (uintptr_t)like->variable;
  return word;
}

static bool matches(const uint64_t *word, const struct tin_node *like) {
  int given = given_of(like->op);
  if (memcmp(word++, like, sizeof *word) != 0)
    return false;
  for (int i = 0; i < like->n_in; i++)
    if (*word++ != (uintptr_t)like->in[i])
      return false;
  for (int i = 0; i < like->n_arg; i++)
    if (*word++ != (uint64_t)like->arg[i])
      return false;
  for (int i = 0; given & SHAPE && i < like->rank; i++)
    if (*word++ != (uint64_t)like->shape[i])
      return false;
  return !(given & FOLDED && *word++ != (uint64_t)like->shape[like->arg[0]]) && !(given & BITS && *word++ != like->bits) &&
         !(given & VARIABLE && *word != (uintptr_t)like->variable);
}

/* ---- beginning and ending ---- */

static void forget(struct tin_graph *graph) {
  tin_arena_reset(&graph->arena);
  graph->trace->n_calls = graph->trace->n_made = graph->trace->n_words = graph->trace->at = 0;
  graph->trace->in_call = graph->trace->broken = false;
}

void tin_trace_begin(struct tin_graph *graph) {
  struct tin_trace *trace = graph->trace;
  const struct tin_graph *parent = graph->parent;
  bool loop = parent && !parent->parent;
  if (trace && (!loop || trace->parent != parent || trace->parent_nodes != parent->table_count - parent->n_variables))
    forget(graph);
  if (!loop)
    return;
  if (!trace)
    trace = graph->trace = calloc(1, sizeof *trace);
  if (!trace)
    return;
  graph->tracing = trace->n_calls ? TIN_TRACE_REPLAYS : TIN_TRACE_RECORDS;
  trace->at = 0;
  if (trace->n_calls)
    return;
  trace->number = ++*graph->stamp; /* no traversal's */
  trace->parent = parent;
  trace->parent_nodes = parent->table_count - parent->n_variables;
}

/* Nothing more is recorded. */
static void end_record(struct tin_graph *graph) {
  graph->tracing = TIN_TRACE_OFF;
  graph->trace->end = tin_arena_position(&graph->arena);
}

void tin_graph_settle(struct tin_graph *graph) {
  if (graph->tracing == TIN_TRACE_RECORDS) {
    end_record(graph);
  } else if (graph->tracing == TIN_TRACE_REPLAYS) {
    struct tin_trace *trace = graph->trace;
    graph->tracing = TIN_TRACE_OFF;
    trace->broken = trace->at < trace->n_calls;
    size_t n_given = trace->at ? trace->calls[trace->at - 1].made : 0;
    for (size_t i = 0; i < n_given; i++)
      tin_graph_insert(graph, trace->made[i]);
  }
}

bool tin_trace_end(struct tin_graph *graph) {
  struct tin_trace *trace = graph->trace;
  if (!trace)
    return false;
  if (graph->tracing == TIN_TRACE_RECORDS)
    end_record(graph);
  graph->tracing = TIN_TRACE_OFF;
  if (trace->broken || !trace->n_calls) {
    forget(graph);
    return false;
  }
  tin_arena_rewind(&graph->arena, trace->end);
  return true;
}

void tin_trace_free(struct tin_trace *trace) {
  if (!trace)
    return;
  free(trace->calls);
  free(trace->made);
  free(trace->words);
  free(trace);
}

uint32_t tin_graph_repeats(const struct tin_graph *graph) {
  return graph->tracing ? graph->trace->number : 0;
}

/* ---- recording ---- */

static bool reserve(void **array, size_t *capacity, size_t need, size_t item) {
  size_t grown = *capacity ? *capacity : 256;
  if (need <= *capacity)
    return true;
  while (grown < need)
    grown *= 2;
  void *memory = realloc(*array, grown * item);
  if (!memory)
    return false;
  *array = memory;
  *capacity = grown;
  return true;
}

static void give_up(struct tin_graph *graph) {
  graph->trace->broken = true;
  graph->trace->in_call = false;
  end_record(graph);
}

bool tin_trace_call(struct tin_graph *graph, const struct tin_node *like, bool direct) {
  struct tin_trace *trace = graph->trace;
  if (graph->tracing != TIN_TRACE_RECORDS || trace->in_call)
    return false;
  void *calls = trace->calls, *words = trace->words;
  bool room = reserve(&calls, &trace->calls_capacity, trace->n_calls + 1, sizeof *trace->calls) &&
              reserve(&words, &trace->words_capacity, trace->n_words + MOST_WORDS + like->n_in, sizeof *trace->words);
  trace->calls = calls;
  trace->words = words;
  if (!room) {
    give_up(graph);
    return false;
  }
  trace->calls[trace->n_calls] = (struct call){.word = (uint32_t)trace->n_words, .direct = direct};
  trace->n_words = (size_t)(write_words(trace->words + trace->n_words, like) - trace->words);
  trace->in_call = true;
  return true;
}

void tin_trace_made(struct tin_graph *graph, struct tin_node *node) {
  struct tin_trace *trace = graph->trace;
  void *made = trace->made;
  bool room = trace->n_made < MOST_NODES && reserve(&made, &trace->made_capacity, trace->n_made + 1, sizeof *trace->made);
  trace->made = made;
  if (room)
    trace->made[trace->n_made++] = node;
  else
    give_up(graph);
}

void tin_trace_result(struct tin_graph *graph, struct tin_node *node) {
  struct tin_trace *trace = graph->trace;
  if (!trace->in_call)
    return;
  trace->in_call = false;
  if (graph->tracing != TIN_TRACE_RECORDS) /* it has ended inside the call */
    return;
  struct call *call = &trace->calls[trace->n_calls];
  size_t made_before = trace->n_calls ? call[-1].made : 0;
  bool changes = node && (node->op == OP_VAR || node->op == OP_SCALAR); /* it must be the record's own */
  if (!node || (changes && trace->n_made == made_before)) {
    trace->n_words = call->word;
    trace->n_made = made_before;
    end_record(graph);
    return;
  }
  call->made = (uint32_t)trace->n_made;
  call->result = node;
  trace->n_calls++;
}

/* None: it has failed. */
static void record_results(struct tin_graph *graph, struct tin_node *const *nodes, int count) {
  struct tin_trace *trace = graph->trace;
  void *words = trace->words;
  bool room = reserve(&words, &trace->words_capacity, trace->n_words + (size_t)count, sizeof *trace->words);
  trace->words = words;
  for (int i = 0; room && i < count; i++)
    trace->words[trace->n_words + (size_t)i] = (uintptr_t)nodes[i];
  if (room)
    trace->n_words += (size_t)count;
  else
    give_up(graph);
  tin_trace_result(graph, count ? nodes[0] : NULL);
}

/* ---- replaying ---- */

struct tin_node *tin_trace_replay(struct tin_graph *graph, const struct tin_node *like, bool direct) {
  struct tin_trace *trace = graph->trace;
  const struct call *call = trace->calls + trace->at;
  if (trace->at == trace->n_calls || call->direct != direct || !matches(trace->words + call->word, like)) {
    tin_graph_settle(graph);
    return NULL;
  }
  uint32_t serial = *graph->serial;
  for (uint32_t i = trace->at ? call[-1].made : 0; i < call->made; i++) {
    struct tin_node *node = trace->made[i];
    node->site = graph->site;
    node->serial = ++serial;
  }
  *graph->serial = serial;
  trace->at++;
  if (like->op == OP_VAR || like->op == OP_SCALAR)
    call->result->bits = like->bits;
  return call->result;
}

/* Whether it is replayed. */
static bool replay_results(struct tin_graph *graph, const struct tin_node *like, struct tin_node **nodes, int count) {
  if (graph->tracing != TIN_TRACE_REPLAYS || !tin_trace_replay(graph, like, false))
    return false;
  const struct tin_trace *trace = graph->trace;
  const uint64_t *word = trace->words + trace->calls[trace->at - 1].word + 1 + like->n_in + like->n_arg;
  for (int i = 0; i < count; i++)
    nodes[i] = (struct tin_node *)(uintptr_t)word[i];
  return true;
}

bool tin_trace_function(struct tin_graph *graph, const struct tin_node *like, struct tin_node **nodes, int count, tin_traced_fn *fn,
                        void *context) {
  if (graph->tracing && replay_results(graph, like, nodes, count))
    return true;
  bool recorded = graph->tracing && tin_trace_call(graph, like, false);
  bool done = fn(graph, context, nodes);
  if (recorded)
    record_results(graph, nodes, done ? count : 0);
  return done;
}
