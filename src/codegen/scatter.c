/* Scatters. Items are rows of the destination, [batch][prefix][rows][tail] flattened: a thread copies its rows of the base, then looks at
 * the index of every batch that its rows belong to and puts the sources that fall into them, in order. So each place takes its sources in
 * the order of the index, whatever the number of threads. */
#include "codegen/scatter.h"

#include <stdio.h>

#include "codegen/lower_internal.h"
#include "codegen/portable.h"

enum { SYMBOL_OUTER, SYMBOL_ALONG, N_SYMBOLS };

/* Sources rows of fewer elements are put by a plain loop: the call of a nest would cost more than it saves. */
enum { ROW_NEST_MIN = 8 };

static struct tin_nest *start_nest(struct lower *l, struct tin_arena *arena, const struct tin_schedule *schedule,
                                   const struct tin_part *part) {
  tin_lower_init(l, arena, schedule, part);
  l->n_symbols = N_SYMBOLS;
  l->nest->form = NEST_MAP;
  l->nest->row = SYMBOL_OUTER;
  l->nest->column = SYMBOL_ALONG;
  return l->nest;
}

static struct tin_nest *finish_nest(struct lower *l, int arg, const struct tin_index *index, int value) {
  struct tin_store store = {.arg = arg, .index = index, .value = value};
  l->nest->args.at[arg].written = true;
  tin_vec_push(l->arena, &l->nest->stores, store);
  tin_lower_levels(l->nest);
  tin_lower_names(l);
  return l->nest;
}

/* Copies the base to the destination: row = batch and prefix, column = rows and inner. */
static struct tin_nest *base_nest(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                  const struct tin_index_geometry *g) {
  struct lower lower;
  struct lower *l = &lower;
  const struct tin_node *node = part->anchor;
  start_nest(l, arena, schedule, part);
  int64_t sizes[N_SYMBOLS] = {g->batch * g->prefix, g->rows * g->inner};
  const struct tin_index *place[N_SYMBOLS], *index[TIN_MAX_RANK];
  for (int s = 0; s < N_SYMBOLS; s++)
    place[s] = tin_index_symbol(l->indexes, s, 0, sizes[s] > 0 ? sizes[s] - 1 : 0);
  const struct tin_index *linear = tin_lower_linear(l, N_SYMBOLS, sizes, place);
  tin_lower_split_linear(l, linear, node->rank, node->shape, index);
  int value = tin_lower_node(l, node->in[0], index);
  return finish_nest(l, tin_lower_arg(l, ARG_BUFFER, schedule->planned[node->index].value, node->dtype), linear, value);
}

static int load_pointer(struct lower *l, int number, int dtype, const struct tin_index *index) {
  struct tin_value value = {.kind = VALUE_LOAD, .dtype = (uint8_t)dtype, .in = {-1, -1, -1}, .index = index};
  value.arg = tin_lower_arg(l, ARG_POINTER, number, dtype);
  tin_vec_push(l->arena, &l->nest->values, value);
  return l->nest->values.count - 1;
}

/* Puts one row of the source, at pointer 1, into one of the destination, at pointer 0. */
static struct tin_nest *row_nest(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                 const struct tin_index_geometry *g) {
  struct lower lower;
  struct lower *l = &lower;
  int dtype = part->anchor->dtype, op = tin_scatter_op(part->anchor->arg[4]);
  start_nest(l, arena, schedule, part)->row = -1;
  const struct tin_index *column = tin_index_symbol(l->indexes, SYMBOL_ALONG, 0, g->inner - 1);
  int to = tin_lower_arg(l, ARG_POINTER, 0, dtype), value;
  if (op < 0) {
    value = load_pointer(l, 1, dtype, column);
  } else {
    struct tin_value put = {.kind = VALUE_OP, .dtype = (uint8_t)dtype, .op = (uint16_t)op, .arg = -1};
    put.in[0] = load_pointer(l, 0, dtype, column);
    put.in[1] = load_pointer(l, 1, dtype, column);
    put.in[2] = -1;
    tin_vec_push(arena, &l->nest->values, put);
    value = l->nest->values.count - 1;
  }
  return finish_nest(l, to, column, value);
}

/* The row named by place j, as C: (long)position[j * 2 + 0] * 15L + (long)position[j * 2 + 1] * 3L + t. */
static const char *row_text(struct tin_arena *arena, const struct tin_index_geometry *g) {
  struct tin_text text;
  tin_text_init(&text, arena);
  for (int c = 0; c < g->limits.columns; c++)
    tin_text_add(&text, "%s(long)position[j * %d + %d] * %lldL", c ? " + " : "", g->limits.columns, c, (long long)g->row_stride[c]);
  if (g->tail > 1)
    tin_text_puts(&text, " + t");
  return text.at;
}

/* The loop over the places of a batch, as C; t is the place's position along the tail. */
static const char *loop_text(struct tin_arena *arena, const struct tin_index_geometry *g) {
  struct tin_text text;
  tin_text_init(&text, arena);
  if (g->tail > 1)
    tin_text_add(&text, "for (long j = 0, t = 0; j < %lldL; j++, t = t + 1 < %lldL ? t + 1 : 0)", (long long)g->places, (long long)g->tail);
  else
    tin_text_add(&text, "for (long j = 0; j < %lldL; j++)", (long long)g->places);
  return text.at;
}

/* How a row is put, as C. */
static const char *put_text(struct tin_arena *arena, const struct tin_node *node, const struct tin_index_geometry *g,
                            const char *row_name) {
  struct tin_text text;
  tin_text_init(&text, arena);
  if (row_name) {
    tin_text_add(&text, "char *pair[2] = {(char *)row, (char *)more};\n      %s(buf, scalar, scratch, pair, param, 0, 1, 0, %lldL);",
                 row_name, (long long)g->inner);
    return text.at;
  }
  int op = tin_scatter_op(node->arg[4]);
  const char *type = tin_dtypes[node->dtype].ctype;
  tin_text_add(&text, "for (long k = 0; k < %lldL; k++) {\n        const %s next = more[k]%s;\n        row[k] = ", (long long)g->inner,
               type, op < 0 ? "" : ", old = row[k]");
  if (op < 0)
    tin_text_puts(&text, "next");
  else
    tin_portable_op(&text, op, node->dtype, node->dtype, (const char *[]){"old", "next"});
  tin_text_puts(&text, ";\n      }");
  return text.at;
}

static void print_driver(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_node *node,
                         const struct tin_index_geometry *g, const char *name, const char *base, const char *row_name) {
  const struct tin_node *index = node->in[1], *source = node->in[2];
  const char *type = tin_dtypes[node->dtype].ctype, *index_type = tin_dtypes[index->dtype].ctype;
  tin_output_add(out,
                 "void %s(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)\n{\n  long param[%d];\n"
                 "  %s *to = (%s *)buf[%d];\n  const %s *from = (const %s *)buf[%d];\n  const %s *index = (const %s *)buf[%d];\n",
                 name, N_SYMBOLS, type, type, schedule->planned[node->index].value, type, type, schedule->planned[source->index].value,
                 index_type, index_type, schedule->planned[index->index].value);
  tin_output_add(out,
                 "  for (long o = begin / %lldL; o * %lldL < end; o++) {\n"
                 "    long low = begin - o * %lldL, high = end - o * %lldL;\n"
                 "    low = low > 0 ? low : 0;\n    high = high < %lldL ? high : %lldL;\n"
                 "    %s(buf, scalar, scratch, 0, param, o, o + 1, low * %lldL, high * %lldL);\n"
                 "    const %s *position = index + o / %lldL * %lldL;\n"
                 "    %s {\n      long i = %s;\n      if (i < low || i >= high) continue;\n",
                 (long long)g->rows, (long long)g->rows, (long long)g->rows, (long long)g->rows, (long long)g->rows, (long long)g->rows,
                 base, (long long)g->inner, (long long)g->inner, index_type, (long long)g->prefix,
                 (long long)(g->places * g->limits.columns), loop_text(out->arena, g), row_text(out->arena, g));
  tin_output_add(out,
                 "      %s *row = to + (o * %lldL + i) * %lldL;\n      const %s *more = from + (o * %lldL + j) * %lldL;\n      %s\n    }\n"
                 "  }\n  (void)param;\n}\n",
                 type, (long long)g->rows, (long long)g->inner, type, (long long)g->places, (long long)g->inner,
                 put_text(out->arena, node, g, row_name));
}

/* Rows and places each with their position along the tail: its elements are rows of their own. */
static struct tin_index_geometry with_tail(struct tin_index_geometry g) {
  g.rows *= g.tail;
  g.places *= g.tail;
  for (int c = 0; c < g.limits.columns; c++)
    g.row_stride[c] *= g.tail;
  return g;
}

void tin_scatter_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                       struct tin_entry *entry) {
  struct tin_index_geometry g = with_tail(tin_index_geometry(part->anchor));
  char base[80], row[80];
  snprintf(base, sizeof base, "%s_base", entry->name);
  snprintf(row, sizeof row, "%s_row", entry->name);
  entry->items = g.inner ? g.batch * g.prefix * g.rows : 0;
  if (!entry->items)
    g.rows = g.inner = g.prefix = 1; /* never run; the text has no division by zero */
  struct tin_nest *nest = base_nest(out->arena, schedule, part, &g);
  entry->how = tin_output_nest(out, nest, base);
  entry->scratch_bytes = nest->scratch_bytes;
  bool by_nest = g.inner >= ROW_NEST_MIN;
  if (by_nest) {
    struct tin_nest *put = row_nest(out->arena, schedule, part, &g);
    entry->how = tin_output_nest(out, put, row);
    if (entry->scratch_bytes < put->scratch_bytes)
      entry->scratch_bytes = put->scratch_bytes;
  }
  print_driver(out, schedule, part->anchor, &g, entry->name, base, by_nest ? row : NULL);
}
