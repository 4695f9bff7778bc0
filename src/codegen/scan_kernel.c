/* Kernels of scans and argsort: plain C over the lines of one axis. Threads share the lines. See scan_kernel.h. */
#include "codegen/scan_kernel.h"

#include <stdio.h>

#include "codegen/lower_internal.h"
#include "codegen/portable.h"
#include "ir/sort.h"

/* Lines beside each other that one item scans together where the axis is not the last: whole cache lines. */
enum { SCAN_COLUMNS = 64 };
/* Elements that are put in place before they are scanned, where a line is shorter: they fit in L1. */
enum { SCAN_CHUNK = 2048 };

/* What the texts below are about: data[before][n][after]. */
struct lines {
  long long before, n, after;
  int to, from[2]; /* numbers of the buffers */
  const char *type;
};

static struct lines lines_of(const struct tin_schedule *schedule, const struct tin_node *node) {
  struct lines lines = {.before = 1, .n = node->shape[node->arg[0]], .after = 1, .type = tin_dtypes[node->in[0]->dtype].ctype};
  for (int i = 0; i < node->rank; i++)
    if (i != node->arg[0])
      *(i < node->arg[0] ? &lines.before : &lines.after) *= node->shape[i];
  lines.to = schedule->planned[node->index].value;
  if (node->size == 0) /* nothing to do, and nothing that could divide by zero */
    lines.before = 0, lines.n = lines.after = 1;
  for (int k = 0; k < node->n_in; k++)
    lines.from[k] = schedule->planned[node->in[k]->index].value;
  return lines;
}

static void print_head(const struct tin_output *out, const struct tin_entry *entry) {
  tin_output_add(out, "void %s(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)\n{\n", entry->name);
}

/* ---- scans whose result has the dtype of the input: its elements are put in place, then the axis is walked ---- */

enum { SYMBOL_OUTER, SYMBOL_ROW, SYMBOL_COLUMN, N_SYMBOLS };

/* The elements of the last input, copied to the memory of the result, seen as [outer, row, column] of the sizes. */
static struct tin_nest *elements_nest(struct tin_arena *arena, const struct tin_schedule *schedule, const struct tin_part *part,
                                      const int64_t *sizes) {
  struct lower lower;
  struct lower *l = &lower;
  const struct tin_node *node = part->anchor;
  tin_lower_init(l, arena, schedule, part);
  const struct tin_index *place[N_SYMBOLS], *index[TIN_MAX_RANK];
  for (int s = 0; s < N_SYMBOLS; s++)
    place[s] = tin_index_symbol(l->indexes, s, 0, sizes[s] > 0 ? sizes[s] - 1 : 0);
  l->n_symbols = N_SYMBOLS;
  l->nest->form = NEST_MAP;
  l->nest->row = SYMBOL_ROW;
  l->nest->column = SYMBOL_COLUMN;
  const struct tin_index *linear = tin_lower_linear(l, N_SYMBOLS, sizes, place);
  tin_lower_split_linear(l, linear, node->rank, node->shape, index);
  struct tin_store store = {.index = linear, .value = tin_lower_node(l, node->in[node->n_in - 1], index)};
  store.arg = tin_lower_arg(l, ARG_BUFFER, schedule->planned[node->index].value, node->dtype);
  l->nest->args.at[store.arg].written = true;
  tin_vec_push(arena, &l->nest->stores, store);
  tin_lower_levels(l->nest);
  tin_lower_names(l);
  return l->nest;
}

/* The statements that make `next` of the value before, `p`, and the element to[i]; elements are loaded first, because libtcc's bounds
 * checking does not see operands of float arithmetic that lie in memory. */
static const char *next_value(struct tin_arena *arena, const struct tin_node *node) {
  const char *type = tin_dtypes[node->dtype].ctype;
  struct tin_text text;
  tin_text_init(&text, arena);
  tin_text_add(&text, "const %s x = to[i]", type);
  if (node->op == OP_RECURRENCE) {
    tin_text_add(&text, ", a = by[i], product = ");
    tin_portable_op(&text, OP_MUL, node->dtype, node->dtype, (const char *[]){"a", "p"});
  }
  tin_text_puts(&text, ", next = ");
  tin_portable_op(&text, node->op == OP_CUMPROD ? OP_MUL : OP_ADD, node->dtype, node->dtype,
                  (const char *[]){node->op == OP_RECURRENCE ? "product" : "p", "x"});
  tin_text_puts(&text, ";");
  return text.at;
}

static void print_in_place(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                           struct tin_entry *entry) {
  const struct tin_node *node = part->anchor;
  struct lines lines = lines_of(schedule, node);
  long long chunk = lines.n < SCAN_CHUNK ? SCAN_CHUNK / lines.n : 1; /* lines */
  bool rows = lines.after == 1;                                      /* vectors lie along the axis then, else across it */
  long long blocks = (lines.after + SCAN_COLUMNS - 1) / SCAN_COLUMNS;
  char base[80];
  snprintf(base, sizeof base, "%s_elements", entry->name);
  int64_t sizes[3] = {rows ? 1 : lines.before, rows ? lines.before : lines.n, rows ? lines.n : lines.after};
  struct tin_nest *nest = elements_nest(out->arena, schedule, part, sizes);
  tin_output_nest(out, nest, base);
  entry->how = "portable";
  out->code->plain = true;
  entry->scratch_bytes = nest->scratch_bytes;
  entry->items = lines.before * blocks;
  print_head(out, entry);
  tin_output_add(out, "  long param[%d];\n  %s *to = (%s *)buf[%d];\n", N_SYMBOLS, lines.type, lines.type, lines.to);
  if (node->op == OP_RECURRENCE)
    tin_output_add(out, "  const %s *by = (const %s *)buf[%d];\n", lines.type, lines.type, lines.from[0]);
  if (rows)
    tin_output_add(
        out,
        "  param[%d] = 0;\n  for (long item = begin, stop; item < end; item = stop) {\n"
        "    stop = item + %lldL < end ? item + %lldL : end;\n    %s(buf, scalar, scratch, 0, param, item, stop, 0, %lldL);\n"
        "    for (long line = item; line < stop; line++) {\n      %s p = to[line * %lldL];\n"
        "      for (long i = line * %lldL + 1; i < (line + 1) * %lldL; i++) {\n        %s\n        p = next;\n        to[i] = p;\n      }\n"
        "    }\n  }\n}\n",
        SYMBOL_OUTER, chunk, chunk, base, lines.n, lines.type, lines.n, lines.n, lines.n, next_value(out->arena, node));
  else
    tin_output_add(out,
                   "  for (long item = begin; item < end; item++) {\n"
                   "    long outer = item / %lldL, low = item %% %lldL * %d, high = low + %d < %lldL ? low + %d : %lldL;\n"
                   "    param[%d] = outer;\n    %s(buf, scalar, scratch, 0, param, 0, %lldL, low, high);\n"
                   "    for (long k = outer * %lldL + 1; k < (outer + 1) * %lldL; k++)\n"
                   "      for (long i = k * %lldL + low; i < k * %lldL + high; i++) {\n"
                   "        const %s p = to[i - %lldL];\n        %s\n        to[i] = next;\n      }\n  }\n}\n",
                   blocks, blocks, SCAN_COLUMNS, SCAN_COLUMNS, lines.after, SCAN_COLUMNS, lines.after, SYMBOL_OUTER, base, lines.n, lines.n,
                   lines.n, lines.after, lines.after, lines.type, lines.after, next_value(out->arena, node));
}

/* ---- positions ---- */

/* Loops over the lines; `first` is where a line begins. */
static void print_lines(const struct tin_output *out, struct tin_entry *entry, const struct lines *lines, int dtype) {
  const char *type = tin_dtypes[dtype].ctype;
  entry->how = "portable";
  out->code->plain = true;
  entry->items = lines->before * lines->after;
  print_head(out, entry);
  tin_output_add(out,
                 "  const %s *from = (const %s *)buf[%d];\n  int *to = (int *)buf[%d];\n  (void)scalar; (void)scratch;\n"
                 "  for (long item = begin; item < end; item++) {\n    long first = item / %lldL * %lldL + item %% %lldL;\n",
                 type, type, lines->from[0], lines->to, lines->after, lines->n * lines->after, lines->after);
}

/* A NaN wins over everything, and the latest over equals. */
static void print_extremum(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_node *node,
                           struct tin_entry *entry) {
  struct lines lines = lines_of(schedule, node);
  print_lines(out, entry, &lines, node->in[0]->dtype);
  const char *type = tin_dtypes[node->in[0]->dtype].ctype;
  tin_output_add(out,
                 "    %s best = from[first];\n    int at = 0;\n    for (long k = 0; k < %lldL; k++) {\n"
                 "      %s x = from[first + k * %lldL];\n      if (x %s best || x != x) {\n        best = x;\n        at = k;\n      }\n"
                 "      to[first + k * %lldL] = at;\n    }\n  }\n}\n",
                 type, lines.n, type, lines.after, node->op == OP_CUMARGMAX ? ">=" : "<=", lines.after);
}

static void print_argsort(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_node *node,
                          struct tin_entry *entry) {
  struct lines lines = lines_of(schedule, node);
  print_lines(out, entry, &lines, node->in[0]->dtype);
  tin_output_add(out, "    tin_argsort(from + first, %d, %lldL, %lldL, %d, to + first, scratch);\n  }\n}\n", node->in[0]->dtype,
                 lines.after, lines.n, (int)node->arg[1]);
  entry->scratch_bytes = (int64_t)tin_argsort_scratch(lines.n);
}

void tin_scan_print(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                    struct tin_entry *entry) {
  if (part->anchor->op == OP_ARGSORT)
    print_argsort(out, schedule, part->anchor, entry);
  else if (tin_node_scans_in_place(part->anchor))
    print_in_place(out, schedule, part, entry);
  else
    print_extremum(out, schedule, part->anchor, entry);
}
