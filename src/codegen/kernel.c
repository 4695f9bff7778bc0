/* Entry functions of kernels: how the items of a part become calls of its nest functions. See kernel.h. */
#include "codegen/kernel.h"

#include <assert.h>
#if defined __x86_64__
#include <cpuid.h>
#endif
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "codegen/block.h"
#include "codegen/contract.h"
#include "codegen/lower.h"
#include "codegen/regions.h"
#include "codegen/row_stage.h"
#include "codegen/scan_kernel.h"
#include "codegen/scatter.h"
#include "codegen/share.h"
#include "codegen/traffic.h"
#include "codegen/vectorize.h"
#include "ir/sort.h"
#include "runtime/code.h"

/* ---- targets ---- */

static const struct tin_codegen_target targets[] = {
    {"avx512", &tin_target_avx512},
    {"avx2", &tin_target_avx2},
    {"portable", NULL},
};

const struct tin_codegen_target *tin_codegen_target_find(const char *name) {
  for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
    if (!strcmp(targets[i].name, name))
      return &targets[i];
  return NULL;
}

#if defined __x86_64__
/* clang 14 does not know this feature by name. AVX's support by the system, which it needs too, comes with AVX2's. */
static bool has_f16c(void) {
  unsigned a, b, c, d;
  return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}
#endif

bool tin_codegen_target_usable(const struct tin_codegen_target *target) {
#if defined __x86_64__
  if (target->vector == &tin_target_avx512)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("bmi2");
  if (target->vector == &tin_target_avx2)
    return __builtin_cpu_supports("avx2") && has_f16c() && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
#endif
  return !target->vector;
}

const struct tin_codegen_target *tin_codegen_target_best(void) {
  size_t i = 0;
  while (!tin_codegen_target_usable(&targets[i]))
    i++;
  return &targets[i];
}

const struct tin_code_symbol tin_codegen_symbols[] = {
    {"tin_fmaf", (const void *)fmaf},           {"tin_fma", (const void *)fma},     {"tin_sqrtf", (const void *)sqrtf},
    {"tin_sqrt", (const void *)sqrt},           {"tin_fmodf", (const void *)fmodf}, {"tin_fmod", (const void *)fmod},
    {"tin_argsort", (const void *)tin_argsort},
};
const int tin_codegen_symbol_count = sizeof tin_codegen_symbols / sizeof *tin_codegen_symbols;

/* ---- output ---- */

static void add_formatted(struct tin_text *text, const char *format, va_list args) {
  char line[2048];
  int size = vsnprintf(line, sizeof line, format, args);
  tin_text_put(text, line, size < (int)sizeof line ? size : (int)sizeof line - 1);
}

void tin_output_add(const struct tin_output *out, const char *format, ...) {
  va_list args;
  va_start(args, format);
  add_formatted(out->text, format, args);
  va_end(args);
  if (!out->readable)
    return;
  va_start(args, format);
  add_formatted(out->readable, format, args);
  va_end(args);
}

static const char *routine_name(const struct tin_output *out, const char *name) {
  struct tin_text text;
  tin_text_init(&text, out->arena);
  tin_text_add(&text, "%s_code", name);
  return text.at;
}

void tin_output_declare_routine(const struct tin_output *out, const char *name) {
  if (out->code->style != TIN_VECTORS_READABLE)
    tin_text_add(out->text, "void %s(long, long *);\n",
                 out->code->style == TIN_VECTORS_CHECKED ? "tin_check_routine" : routine_name(out, name));
}

void tin_output_program(const struct tin_output *out, const struct tin_vprogram *program, const char *name, const char *when) {
  if (!out->code->programs)
    return;
  tin_text_add(out->code->programs, "# %s %s\n", name, when);
  tin_vector_print(out->code->programs, program);
}

/* In the bounds-checked mode the program itself is kept, and run by its number. */
static void print_checked(const struct tin_output *out, const struct tin_vprogram *program, const char *name) {
  struct tin_kernel_code *code = out->code;
  struct tin_named_program named = {tin_arena_string(out->arena, name), *program};
  tin_text_add(out->text, "  tin_check_routine(%d, f);\n", code->first_program + code->checked_programs.count);
  tin_vec_push(out->arena, &code->checked_programs, named);
}

/* The code wants the frame in rsi, where the second argument of a call is; it becomes a routine by a return. */
static void print_routine(const struct tin_output *out, const struct tin_vprogram *program, const char *name) {
  enum { RETURN = 0xc3 };
  struct tin_vcode code = tin_vector_encode(out->arena, program, out->target->vector);
  uint8_t *bytes = tin_arena_alloc(out->arena, (size_t)code.count + 1);
  memcpy(bytes, code.bytes, (size_t)code.count);
  bytes[code.count] = RETURN;
  struct tin_code_routine routine = {routine_name(out, name), bytes, (size_t)code.count + 1};
  tin_vec_push(out->arena, &out->code->routines, routine);
  tin_text_add(out->text, "  %s(0, f);\n", routine.name);
}

void tin_output_routine(const struct tin_output *out, const struct tin_vprogram *program, const char *name) {
  switch (out->code->style) {
  case TIN_VECTORS_CHECKED:
    print_checked(out, program, name);
    break;
  case TIN_VECTORS_READABLE:
    tin_vector_print_readable(out->text, program, out->target->vector, "f");
    break;
  default:
    print_routine(out, program, name);
  }
  tin_output_program(out, program, name, "allocated");
  if (out->readable)
    tin_vector_print_readable(out->readable, program, out->target->vector, "f");
}

static bool is_valid(const struct tin_nest *nest) {
  struct tin_error error = {0};
  if (tin_nest_verify(nest, &error))
    return true;
  fprintf(stderr, "tinsmith: loop nest: %s\n", error.text);
  return false;
}

const char *tin_output_nest(const struct tin_output *out, struct tin_nest *nest, const char *name) {
  assert(is_valid(nest));
  (void)is_valid;
  if (out->code->nests) {
    tin_text_add(out->code->nests, "# %s\n", name);
    tin_nest_print(out->code->nests, nest);
  }
  if (out->target->vector && tin_vectorize(out, nest, name))
    return out->target->name;
  out->code->plain = true;
  tin_portable_print(out->text, out->arena, nest, name);
  if (out->readable)
    tin_portable_print(out->readable, out->arena, nest, name);
  return "portable";
}

void tin_codegen_prelude(struct tin_text *text, const char *kernels) {
  if (strstr(kernels, "tin_argsort")) /* src/ir/sort.h */
    tin_text_puts(text, "void tin_argsort(const void *, int, long, long, int, int *, void *);\n");
  if (strstr(kernels, "tk_") || strstr(kernels, "tin_fm") || strstr(kernels, "tin_sqrt"))
    tin_portable_prelude(text);
}

/* ---- MAP and ROW parts ---- */

/* Columns of one item where the columns are shared out: whole cache lines and vectors; enough work to pay for the call. */
enum { MAP_BLOCK = 2048, COLUMN_BLOCK = 64, MAP_ROWS_ENOUGH = 64, BLOCKS_PER_THREAD = 16 };

static int64_t column_block(const struct tin_lowered *lowered, int64_t rows, int threads) {
  if (lowered->nest->form == NEST_ROW)
    return 1;
  if (lowered->nest->form == NEST_COLUMN) { /* wide blocks read whole rows of memory; enough of them for every thread */
    int64_t share = (lowered->columns + threads - 1) / (threads > 0 ? threads : 1);
    int64_t sums = lowered->nest->reductions.count, pieces = (share * (sums > 0 ? sums : 1) + TIN_COLUMN_LIMIT - 1) / TIN_COLUMN_LIMIT;
    share = (share + pieces - 1) / (pieces > 0 ? pieces : 1);
    return (share + COLUMN_BLOCK - 1) / COLUMN_BLOCK * COLUMN_BLOCK;
  }
  int64_t block = MAP_BLOCK;
  bool whole = threads < 2 || lowered->columns <= block || rows >= MAP_ROWS_ENOUGH;
  if (whole)
    return lowered->columns;
  while (block * threads * BLOCKS_PER_THREAD < lowered->columns) /* more items than threads could want: larger ones */
    block *= 2;
  return block;
}

/* The head of an entry function: its items are `outer` places, and in each `rows` times `blocks`. */
static void print_items(const struct tin_output *out, const struct tin_lowered *lowered, const char *name, int64_t rows, int64_t blocks) {
  tin_output_add(out,
                 "void %s(char **buf, const unsigned long long *scalar, char *scratch, long begin, long end)\n{\n"
                 "  long param[%d];\n  for (long item = begin; item < end;) {\n"
                 "    long block = item %% %lldL, row = item / %lldL %% %lldL, outer = item / %lldL;\n",
                 name, lowered->nest->n_symbols + 1, (long long)(blocks ? blocks : 1), (long long)(blocks ? blocks : 1),
                 (long long)(rows ? rows : 1), (long long)(blocks && rows ? blocks * rows : 1));
  int64_t stride = 1;
  for (int i = lowered->n_params - 1; i >= 0; i--) {
    int64_t extent = lowered->extents[i] ? lowered->extents[i] : 1;
    tin_output_add(out, "    param[%d] = outer / %lldL %% %lldL;\n", lowered->symbols[i], (long long)stride, (long long)extent);
    stride *= extent;
  }
}

/* A block of tiles: so many rows that the lines of what is read along them are used whole, so few columns that their pages are still known
 * when the next rows come. */
enum { TILE_ROWS = 64, TILE_COLUMNS = 256 };

/* May elements be computed twice? Not where the result overwrites what is read. */
static bool may_repeat(const struct tin_nest *nest, const struct tin_schedule *schedule) {
  for (int i = 0; i < nest->args.count; i++)
    if (nest->args.at[i].written && (nest->args.at[i].kind != ARG_BUFFER || schedule->values.at[nest->args.at[i].number].update >= 0))
      return false;
  return true;
}

/* The tiles of the block from `top` to `bottom` and `low` to `high`. At the edges the last tile starts earlier, and repeats some elements;
 * where it must not, the ordinary form does what is left. */
static void print_tile_calls(const struct tin_output *out, const char *tiles, const char *body, int lanes, bool repeat) {
  const char *const arguments = "buf, scalar, scratch, 0, param";
  tin_output_add(out, "    %s(%s, top, whole, low, even);\n", tiles, arguments);
  if (repeat)
    tin_output_add(out,
                   "    if (even < high) %s(%s, top, whole, high - %d, high);\n"
                   "    if (whole < bottom) %s(%s, bottom - %d, bottom, low, even);\n"
                   "    if (even < high && whole < bottom) %s(%s, bottom - %d, bottom, high - %d, high);\n",
                   tiles, arguments, lanes, tiles, arguments, lanes, tiles, arguments, lanes, lanes);
  else
    tin_output_add(out, "    %s(%s, top, whole, even, high);\n    %s(%s, whole, bottom, low, high);\n", body, arguments, body, arguments);
}

/* False where the nest has no tiles; then nothing is printed. */
static bool print_tiles(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_lowered *lowered,
                        const char *body, int64_t outer, struct tin_entry *entry) {
  int lanes = out->target->vector ? out->target->vector->vector_bytes / 4 : 0;
  bool repeat = may_repeat(lowered->nest, schedule);
  char tiles[80];
  snprintf(tiles, sizeof tiles, "%s_tiles", entry->name);
  if (!lanes || lowered->rows < lanes || lowered->columns < lanes || !tin_vectorize_tiles(out, lowered->nest, tiles))
    return false;
  entry->how = repeat ? out->target->name : tin_output_nest(out, lowered->nest, body);
  int64_t rows = (lowered->rows + TILE_ROWS - 1) / TILE_ROWS, blocks = (lowered->columns + TILE_COLUMNS - 1) / TILE_COLUMNS;
  entry->items = outer * rows * blocks;
  print_items(out, lowered, entry->name, rows, blocks);
  tin_output_add(out,
                 "    long top = row * %dL, bottom = top + %dL < %lldL ? top + %dL : %lldL, whole = bottom - (bottom - top) %% %d;\n"
                 "    long low = block * %dL, high = low + %dL < %lldL ? low + %dL : %lldL, even = high - (high - low) %% %d;\n",
                 TILE_ROWS, TILE_ROWS, (long long)lowered->rows, TILE_ROWS, (long long)lowered->rows, lanes, TILE_COLUMNS, TILE_COLUMNS,
                 (long long)lowered->columns, TILE_COLUMNS, (long long)lowered->columns, lanes);
  print_tile_calls(out, tiles, body, lanes, repeat);
  tin_output_add(out, "    item++;\n    (void)outer;\n  }\n  (void)param;\n}\n");
  return true;
}

/* The nest as a function, in two steps where its columns are narrow. */
static const char *print_plain_nest(const struct tin_output *out, struct tin_nest *nest, const struct tin_lowered *lowered,
                                    const char *name) {
  if (tin_map_stage_wanted(out, nest, lowered->rows, lowered->columns))
    return tin_map_stage_print(out, nest, lowered->rows, lowered->columns, name);
  return tin_output_nest(out, nest, name);
}

/* The nest as a function, or as one for each of its regions and one that calls them. Returns the target of the largest. */
static const char *print_nest(const struct tin_output *out, const struct tin_lowered *lowered, const char *name) {
  struct tin_region regions[TIN_MAX_REGIONS];
  struct tin_nest *nest = lowered->nest;
  if (tin_row_stage_wanted(out, nest))
    return tin_row_stage_print(out, nest, name);
  int count = tin_regions_cut(out->arena, nest, lowered->rows, lowered->columns, regions);
  if (!count)
    return print_plain_nest(out, nest, lowered, name);
  const char *how = "";
  int64_t largest = -1;
  char region_name[96];
  for (int i = 0; i < count; i++) {
    int64_t size = (regions[i].row_high - regions[i].row_low) * (regions[i].column_high - regions[i].column_low);
    snprintf(region_name, sizeof region_name, "%s_%d", name, i);
    const char *as = print_plain_nest(out, regions[i].nest, lowered, region_name);
    if (size > largest) {
      how = as;
      largest = size;
    }
    if (nest->scratch_bytes < regions[i].nest->scratch_bytes)
      nest->scratch_bytes = regions[i].nest->scratch_bytes;
  }
  tin_output_add(out,
                 "static void %s(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,\n"
                 "    const long *param, long row_low, long row_high, long column_low, long column_high)\n{\n",
                 name);
  for (int i = 0; i < count; i++) /* a function returns where there is nothing to do */
    tin_output_add(out,
                   "  %s_%d(buf, scalar, scratch, pointer, param, row_low > %lldL ? row_low : %lldL, row_high < %lldL ? row_high : %lldL,\n"
                   "    column_low > %lldL ? column_low : %lldL, column_high < %lldL ? column_high : %lldL);\n",
                   name, i, (long long)regions[i].row_low, (long long)regions[i].row_low, (long long)regions[i].row_high,
                   (long long)regions[i].row_high, (long long)regions[i].column_low, (long long)regions[i].column_low,
                   (long long)regions[i].column_high, (long long)regions[i].column_high);
  tin_output_add(out, "}\n");
  return how;
}

/* Columns below which a row of a map costs as a run, not by its elements. */
enum { SHORT_RUN = 8 };

enum { PAIRS_FROM = 4 }; /* rows; of fewer the second function does not pay */

static void print_part(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                       struct tin_entry *entry) {
  struct tin_lowered lowered = tin_lower_part(out->arena, schedule, part);
  char body[80];
  snprintf(body, sizeof body, "%s_body", entry->name);
  int64_t outer = 1;
  for (int i = 0; i < lowered.n_params; i++)
    outer *= lowered.extents[i];
  int64_t block = column_block(&lowered, outer * lowered.rows, schedule->threads),
          blocks = block ? (lowered.columns + block - 1) / block : 0;
  lowered.nest->column_limit = block;
  tin_traffic_mark(lowered.nest, schedule);
  if (print_tiles(out, schedule, &lowered, body, outer, entry)) {
    entry->scratch_bytes = lowered.nest->scratch_bytes;
    return;
  }
  char pairs[80];
  snprintf(pairs, sizeof pairs, "%s_pairs", entry->name);
  bool by_two = out->target->vector && lowered.rows >= PAIRS_FROM && tin_vectorize_pairs(out, lowered.nest, pairs);
  entry->how = print_nest(out, &lowered, body);
  entry->items = outer * lowered.rows * blocks;
  if (lowered.nest->form == NEST_MAP && lowered.columns < SHORT_RUN)
    entry->runs = (double)entry->items;
  entry->scratch_bytes = lowered.nest->scratch_bytes;
  print_items(out, &lowered, entry->name, lowered.rows, blocks);
  if (blocks == 1 && by_two)
    tin_output_add(out,
                   "    long rows = end - item < %lldL - row ? end - item : %lldL - row, even = rows - rows %% 2;\n"
                   "    %s(buf, scalar, scratch, 0, param, row, row + even, 0, %lldL);\n"
                   "    %s(buf, scalar, scratch, 0, param, row + even, row + rows, 0, %lldL);\n    item += rows;\n",
                   (long long)lowered.rows, (long long)lowered.rows, pairs, (long long)lowered.columns, body, (long long)lowered.columns);
  else if (blocks == 1)
    tin_output_add(out,
                   "    long rows = end - item < %lldL - row ? end - item : %lldL - row;\n"
                   "    %s(buf, scalar, scratch, 0, param, row, row + rows, 0, %lldL);\n    item += rows;\n",
                   (long long)lowered.rows, (long long)lowered.rows, body, (long long)lowered.columns);
  else
    tin_output_add(out,
                   "    long low = block * %lldL, high = low + %lldL < %lldL ? low + %lldL : %lldL;\n"
                   "    %s(buf, scalar, scratch, 0, param, row, row + 1, low, high);\n    item++;\n",
                   (long long)block, (long long)block, (long long)lowered.columns, (long long)block, (long long)lowered.columns, body);
  tin_output_add(out, "    (void)block; (void)outer;\n  }\n  (void)param;\n}\n");
}

/* ---- kernels ---- */

static double part_flops(const struct tin_part *part) {
  double size = 1, stages = 0;
  for (int i = 0; i < part->stages.count; i++)
    stages += part_flops(part->stages.at[i]);
  if (part->kind == PART_BLOCK)
    return stages;
  for (int i = 0; i < part->rank; i++)
    size *= (double)part->shape[i];
  if (part->kind == PART_CONTRACT)
    return 2 * size;
  return size * (part->members.count > part->stores.count ? part->members.count : part->stores.count);
}

static double part_bytes(const struct tin_schedule *schedule, const struct tin_part *part) {
  double bytes = 0;
  for (int i = 0; i < part->reads.count; i++)
    bytes += (double)schedule->values.at[part->reads.at[i]].bytes;
  for (int i = 0; i < part->stores.count; i++) {
    const struct tin_node *stored = part->piece ? part->anchor->in[part->piece - 1] : part->stores.at[i];
    bytes += (double)(stored->size * tin_dtype_bytes(stored->dtype));
  }
  return bytes;
}

static void print_shape(struct tin_text *text, const struct tin_node *node) {
  tin_text_add(text, "%s[", tin_dtypes[node->dtype].text);
  for (int i = 0; i < node->rank; i++)
    tin_text_add(text, "%s%lld", i ? ", " : "", (long long)node->shape[i]);
  tin_text_puts(text, "]");
}

/* A user's text inside a comment: it must not end it. */
static void print_in_comment(struct tin_text *text, const char *words) {
  for (; *words; words++)
    tin_text_put(text, words[0] == '/' && text->at[text->count - 1] == '*' ? "|" : words, 1);
}

/* What a part computes, for the reader of a dump. */
static void describe_part(struct tin_text *text, const struct tin_schedule *schedule, const struct tin_part *part, const char *name) {
  static const char *const kinds[] = {"elementwise", "rows", "contraction", "scatter", "scan", "blocks of rows"};
  tin_text_add(text, "\n/* %s: %s over [", name, kinds[part->kind]);
  for (int i = 0; i < part->rank; i++)
    tin_text_add(text, "%s%lld%s", i ? ", " : "", (long long)part->shape[i], part->axes >> i & 1 ? " reduced" : "");
  tin_text_add(text, "]; computes %s\n", part->fused);
  for (int i = 0; i < part->reads.count; i++) {
    const struct tin_node *node = schedule->values.at[part->reads.at[i]].node;
    tin_text_add(text, " *   reads  buf[%d] ", part->reads.at[i]);
    print_shape(text, node);
    tin_text_add(text, " %s ", tin_ops[node->op].text);
    print_in_comment(text, node->site.name ? node->site.name : "");
    tin_text_puts(text, "\n");
  }
  for (int i = 0; i < part->stores.count; i++) {
    const struct tin_node *node = part->stores.at[i];
    tin_text_add(text, " *   writes buf[%d] ", schedule->planned[node->index].value);
    print_shape(text, node);
    tin_text_add(text, " %s", tin_ops[node->op].text);
    if (node->site.name) {
      tin_text_puts(text, " ");
      print_in_comment(text, node->site.name);
    }
    if (node->site.file) {
      tin_text_puts(text, " (");
      print_in_comment(text, node->site.file);
      tin_text_add(text, ":%d)", node->site.line);
    }
    tin_text_puts(text, "\n");
  }
  tin_text_puts(text, " */\n");
}

static void print_function(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part,
                           struct tin_entry *entry) {
  entry->tiled = part->kind == PART_CONTRACT && out->target->vector;
  if (part->kind == PART_CONTRACT)
    tin_contract_print(out, schedule, part, entry);
  else if (part->kind == PART_SCATTER)
    tin_scatter_print(out, schedule, part, entry);
  else if (part->kind == PART_SCAN)
    tin_scan_print(out, schedule, part, entry);
  else if (part->kind == PART_BLOCK)
    tin_block_print(out, schedule, part, entry);
  else
    print_part(out, schedule, part, entry);
}

/* Whose function a part runs, and which of its own buffers that has at which place. */
static void print_shared(struct tin_text *text, const struct tin_part_view *view, const struct tin_entry *entry, const char *name) {
  tin_text_add(text, "/* %s runs the function %s on", name, entry->name);
  for (int i = 0; i < entry->n_operands; i++)
    for (int own = 0; own < view->operands.count; own++)
      if (view->operands.at[own].value == entry->operands[i].value && view->operands.at[own].offset == entry->operands[i].offset) {
        tin_text_add(text, "%s buf[%d]", i ? "," : "", own);
        break;
      }
  tin_text_puts(text, " */\n");
}

/* One part: a function for it, or the function of an equal part. */
static struct tin_entry print_entry(const struct tin_output *out, struct tin_part_view *view, const char *name) {
  struct tin_shared_parts *shared = out->code->shared;
  struct tin_entry entry = {.how = ""};
  if (out->readable)
    describe_part(out->readable, &view->schedule, &view->part, name);
  if (shared && tin_shared_parts_find(shared, view, &entry)) {
    if (out->readable)
      print_shared(out->readable, view, &entry, name);
    return entry;
  }
  snprintf(entry.name, sizeof entry.name, "%s", name);
  print_function(out, &view->schedule, &view->part, &entry);
  entry.operands = view->operands.at;
  entry.n_operands = view->operands.count;
  entry.scalars = view->scalars.at;
  entry.n_scalars = view->scalars.count;
  if (shared)
    tin_shared_parts_add(shared, view, &entry);
  return entry;
}

static void add_entry(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part, const char *kernel) {
  struct tin_part_view view;
  struct tin_kernel_code *code = out->code;
  char name[sizeof(((struct tin_entry *)0)->name)];
  snprintf(name, sizeof name, code->entries.count ? "%s_%d" : "%s", kernel, code->entries.count);
  tin_part_view_open(&view, out->arena, schedule, part);
  struct tin_entry entry = print_entry(out, &view, name);
  entry.flops = part_flops(&view.part);
  entry.bytes = part_bytes(&view.schedule, &view.part);
  tin_part_view_close(&view);
  tin_vec_push(out->arena, &code->entries, entry);
}

/* A concat: each input into its place. */
static void add_pieces(const struct tin_output *out, const struct tin_schedule *schedule, const struct tin_part *part, const char *kernel) {
  const struct tin_node *whole = part->anchor;
  int64_t start = 0;
  for (int k = 0; k < whole->n_in; k++) {
    const struct tin_node *input = whole->in[k];
    struct tin_part piece = *part;
    piece.piece = k + 1;
    piece.piece_start = start;
    memcpy(piece.shape, input->shape, sizeof *input->shape * input->rank);
    start += input->shape[whole->arg[0]];
    if (input->size > 0)
      add_entry(out, schedule, &piece, kernel);
  }
}

void tin_codegen_kernel(struct tin_text *text, struct tin_text *readable, struct tin_arena *arena, const struct tin_schedule *schedule,
                        int kernel, const struct tin_codegen_target *target, struct tin_kernel_code *code) {
  const struct tin_kernel *at = &schedule->kernels.at[kernel];
  struct tin_output out = {.text = text, .readable = readable, .code = code, .arena = arena, .target = target};
  for (int p = 0; p < at->parts.count; p++) {
    const struct tin_part *part = at->parts.at[p];
    bool pieced = part->kind == PART_MAP && tin_node_is_pieced(part->anchor);
    (pieced ? add_pieces : add_entry)(&out, schedule, part, at->name);
  }
}
