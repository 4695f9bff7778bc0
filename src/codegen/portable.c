/* A loop nest as plain C99: the portable target, and the fallback for whatever the vector targets cannot do.
 *
 * The text follows the nest (nest.h) loop for loop. Every value is one const local, printed where it is first known: constants and
 * run-time scalars at the top of the function, row values before the first pass that may use them, element values in the inner loops
 * of each pass that needs them. Only what a store depends on is printed, so compilers have nothing unused to warn about. libtcc keeps
 * locals in memory and optimises nothing; no attempt is made to help it beyond that.
 */
#include "codegen/portable.h"

#include <assert.h>
#include <stdio.h>

#include "codegen/nest.h"
#include "ir/program.h"
#include "ir/scalar.h"

struct constant {
  int dtype;
  uint64_t bits;
};

struct printer {
  struct tin_text *text;
  struct tin_arena *arena;
  const struct tin_nest *nest;
  int indent;
  bool *needed;                       /* by value: some store depends on it */
  bool *inner;                        /* by value: printed in the loops being printed */
  bool *reduced;                      /* by reduction: needed */
  bool *used_arg;                     /* by argument */
  bool *used_symbol;                  /* by symbol */
  bool *used_step;                    /* scratch of elementary ops, by step */
  TIN_VEC(struct constant) constants; /* c0, c1, ... */
};

struct name {
  char text[64];
};

static void start(struct printer *p) {
  for (int i = 0; i < p->indent; i++)
    tin_text_puts(p->text, "  ");
}

#define LINE(p, ...) (start(p), tin_text_add((p)->text, __VA_ARGS__), tin_text_puts((p)->text, "\n"))

static void open_loop(struct printer *p, const char *variable, const char *low, const char *high) {
  LINE(p, "for (long %s = %s; %s < %s; %s++) {", variable, low, variable, high, variable);
  p->indent++;
}

static void close_loop(struct printer *p) {
  p->indent--;
  LINE(p, "}");
}

/* ---- what is needed ---- */

static const struct tin_program *program_of(const struct tin_value *value) {
  if (value->kind != VALUE_OP || !tin_op_is(value->op, OP_CLASS_ELEMENTARY))
    return NULL;
  return tin_program_of(value->op, value->dtype);
}

static void use_index(struct printer *p, const struct tin_index *index) {
  for (int i = 0; i < index->n_terms; i++) {
    const struct tin_atom *atom = index->terms[i].atom;
    if (atom->kind == TIN_ATOM_SYMBOL)
      p->used_symbol[atom->symbol] = true;
    else
      use_index(p, atom->of);
  }
}

static void use_value(struct printer *p, const struct tin_value *value) {
  if (value->index)
    use_index(p, value->index);
  for (int i = 0; i < value->n_conditions; i++)
    use_index(p, value->conditions[i].index);
  for (int i = 0; i < 3; i++)
    if (value->in[i] >= 0)
      p->needed[value->in[i]] = true;
  if (value->kind == VALUE_LOAD)
    p->used_arg[value->arg] = true;
  if (value->kind == VALUE_REDUCE) {
    const struct tin_reduction *reduction = p->nest->reductions.at + value->arg;
    p->reduced[value->arg] = true;
    p->needed[reduction->value] = true;
    if (reduction->factor >= 0)
      p->needed[reduction->factor] = true;
  }
}

static void find_needed(struct printer *p) {
  const struct tin_nest *nest = p->nest;
  for (int i = 0; i < nest->stores.count; i++) {
    p->needed[nest->stores.at[i].value] = true;
    p->used_arg[nest->stores.at[i].arg] = true;
    use_index(p, nest->stores.at[i].index);
  }
  for (int v = nest->values.count - 1; v >= 0; v--)
    if (p->needed[v])
      use_value(p, nest->values.at + v);
}

/* Steps of an elementary op that its result depends on. */
static const bool *find_steps(struct printer *p, const struct tin_program *program) {
  p->used_step = TIN_NEW_ARRAY(p->arena, bool, program->n_steps);
  p->used_step[program->n_steps - 1] = true;
  for (int s = program->n_steps - 1; s >= 0; s--)
    for (int i = 0; p->used_step[s] && i < tin_ops[program->steps[s].op].arity; i++)
      if (program->steps[s].in[i] >= program->n_args)
        p->used_step[program->steps[s].in[i] - program->n_args] = true;
  return p->used_step;
}

/* ---- names ---- */

static struct name constant_name(struct printer *p, int dtype, uint64_t bits) {
  int c = 0;
  while (c < p->constants.count && (p->constants.at[c].dtype != dtype || p->constants.at[c].bits != bits))
    c++;
  if (c == p->constants.count)
    tin_vec_push(p->arena, &p->constants, ((struct constant){dtype, bits}));
  struct name name;
  snprintf(name.text, sizeof name.text, "c%d", c);
  return name;
}

static struct name value_name(struct printer *p, int value) {
  const struct tin_value *at = p->nest->values.at + value;
  if (at->kind == VALUE_CONST)
    return constant_name(p, at->dtype, at->bits);
  struct name name;
  if (at->kind == VALUE_REDUCE)
    snprintf(name.text, sizeof name.text, "t%d", at->arg);
  else
    snprintf(name.text, sizeof name.text, "v%d", value);
  return name;
}

static struct name step_name(struct printer *p, int value, const struct tin_program *program, int number) {
  if (number < program->n_args)
    return value_name(p, p->nest->values.at[value].in[number]);
  const struct tin_step *step = program->steps + (number - program->n_args);
  if (step->op == OP_CONST)
    return constant_name(p, step->dtype, program->constants[step->in[0]]);
  struct name name = value_name(p, value);
  if (number - program->n_args < program->n_steps - 1)
    snprintf(name.text, sizeof name.text, "v%d_%d", value, number - program->n_args);
  return name;
}

/* ---- values ---- */

static void print_index(struct printer *p, const struct tin_index *index) {
  tin_index_print(p->text, index, p->nest->names);
}

static void print_condition(struct printer *p, const struct tin_condition *condition, const char **joint) {
  const struct tin_index *index = condition->index;
  for (int side = 0; side < 2; side++)
    if (side ? index->high >= condition->high : index->low < condition->low) {
      tin_text_puts(p->text, *joint);
      print_index(p, index);
      tin_text_add(p->text, side ? " < %lld" : " >= %lld", (long long)(side ? condition->high : condition->low));
      *joint = " && ";
    }
  if (condition->mod > 1) {
    tin_text_add(p->text, "%s(", *joint);
    print_index(p, index);
    tin_text_add(p->text, ") %% %lld == 0", (long long)condition->mod);
    *joint = " && ";
  }
}

static void print_guard(struct printer *p, const struct tin_value *value) {
  const char *joint = "";
  tin_text_puts(p->text, "(unsigned char)(");
  for (int i = 0; i < value->n_conditions; i++)
    print_condition(p, value->conditions + i, &joint);
  tin_text_puts(p->text, *joint ? ")" : "1)");
}

static void print_load(struct printer *p, const struct tin_value *value) {
  if (value->in[1] >= 0)
    tin_text_add(p->text, "%s ? ", value_name(p, value->in[1]).text);
  tin_text_add(p->text, "a%d[", value->arg);
  print_index(p, value->index);
  if (value->in[0] >= 0)
    tin_text_add(p->text, " + (long)%s * %lld", value_name(p, value->in[0]).text, (long long)value->stride);
  tin_text_puts(p->text, value->in[1] >= 0 ? "] : 0" : "]");
}

static void print_scalar(struct printer *p, const struct tin_value *value) {
  if (value->dtype == TIN_F32)
    tin_text_add(p->text, "tk_f32((unsigned)scalar[%d])", value->arg);
  else if (value->dtype == TIN_F64)
    tin_text_add(p->text, "tk_f64(scalar[%d])", value->arg);
  else
    tin_text_add(p->text, "(%s)scalar[%d]", tin_dtypes[value->dtype].ctype, value->arg);
}

static void print_index_value(struct printer *p, const struct tin_value *value) {
  tin_text_add(p->text, value->dtype == TIN_BOOL ? "(unsigned char)((" : "(%s)(", tin_dtypes[value->dtype].ctype);
  print_index(p, value->index);
  tin_text_puts(p->text, value->dtype == TIN_BOOL ? ") != 0)" : ")");
}

static void print_primitive(struct printer *p, int v) {
  const struct tin_value *value = p->nest->values.at + v;
  struct name names[3];
  const char *in[3] = {NULL, NULL, NULL};
  for (int i = 0; i < 3 && value->in[i] >= 0; i++) {
    names[i] = value_name(p, value->in[i]);
    in[i] = names[i].text;
  }
  tin_portable_op(p->text, value->op, value->dtype, p->nest->values.at[value->in[0]].dtype, in);
}

static void begin_local(struct printer *p, int dtype, const char *name) {
  start(p);
  tin_text_add(p->text, "const %s %s = ", tin_dtypes[dtype].ctype, name);
}

static void print_program(struct printer *p, int v, const struct tin_program *program) {
  const struct tin_value *value = p->nest->values.at + v;
  const bool *used = find_steps(p, program);
  for (int s = 0; s < program->n_steps; s++) {
    const struct tin_step *step = program->steps + s;
    if (!used[s] || step->op == OP_CONST)
      continue;
    struct name names[3];
    const char *in[3] = {NULL, NULL, NULL};
    for (int i = 0; i < tin_ops[step->op].arity; i++) {
      names[i] = step_name(p, v, program, step->in[i]);
      in[i] = names[i].text;
    }
    int first = step->in[0];
    int from = first < program->n_args ? p->nest->values.at[value->in[first]].dtype : program->steps[first - program->n_args].dtype;
    begin_local(p, step->dtype, step_name(p, v, program, program->n_args + s).text);
    tin_portable_op(p->text, step->op, step->dtype, from, in);
    tin_text_puts(p->text, ";\n");
  }
}

static void print_value(struct printer *p, int v) {
  const struct tin_value *value = p->nest->values.at + v;
  const struct tin_program *program = program_of(value);
  if (value->kind == VALUE_CONST || value->kind == VALUE_REDUCE)
    return; /* c<n> and t<n> exist */
  if (program) {
    print_program(p, v, program);
    return;
  }
  begin_local(p, value->dtype, value_name(p, v).text);
  switch (value->kind) {
  case VALUE_SCALAR:
    print_scalar(p, value);
    break;
  case VALUE_INDEX:
    print_index_value(p, value);
    break;
  case VALUE_GUARD:
    print_guard(p, value);
    break;
  case VALUE_LOAD:
    print_load(p, value);
    break;
  default:
    print_primitive(p, v);
  }
  tin_text_puts(p->text, ";\n");
}

static void print_store(struct printer *p, const struct tin_store *store) {
  start(p);
  tin_text_add(p->text, "a%d[", store->arg);
  print_index(p, store->index);
  tin_text_add(p->text, "] = %s;\n", value_name(p, store->value).text);
}

/* ---- reductions ---- */

static bool by_lanes(const struct tin_reduction *reduction) {
  return tin_dtype_is_float(reduction->dtype) && (reduction->op == OP_SUM || reduction->op == OP_PROD || reduction->op == OP_CONTRACT);
}

/* The number of levels of partials: each takes 1024 terms. */
static int lanes_levels(int64_t size) {
  int levels = 1;
  for (; size > 1024; size = (size + 1023) / 1024)
    levels++;
  return levels;
}

static const char *lanes_name(const struct tin_reduction *reduction) {
  return reduction->op == OP_PROD ? "prod" : "sum";
}

static uint64_t neutral(const struct tin_reduction *reduction) {
  return tin_scalar_neutral(reduction->op == OP_CONTRACT ? OP_SUM : reduction->op, (tin_dtype)reduction->dtype);
}

static void open_reduction(struct printer *p, int r) {
  const struct tin_reduction *reduction = p->nest->reductions.at + r;
  const struct tin_dtype_info *dtype = tin_dtypes + reduction->dtype;
  struct name empty = constant_name(p, reduction->dtype, neutral(reduction));
  if (by_lanes(reduction)) {
    int partials = 16 * lanes_levels(p->nest->inner_size);
    LINE(p, "%s s%d[%d];", dtype->ctype, r, partials);
    LINE(p, "tk_fill_%s(s%d, %d, %s);", dtype->text, r, partials, empty.text);
  } else
    LINE(p, "%s s%d = %s;", dtype->ctype, r, empty.text);
}

/* `position`: the variable that numbers the terms in the row-major order of the inner ranges. */
static void accumulate(struct printer *p, int r, const char *position) {
  const struct tin_reduction *reduction = p->nest->reductions.at + r;
  struct name value = value_name(p, reduction->value), sum;
  if (!by_lanes(reduction)) {
    snprintf(sum.text, sizeof sum.text, "s%d", r);
    start(p);
    tin_text_add(p->text, "s%d = ", r);
    tin_portable_op(p->text, tin_op_combining(reduction->op), reduction->dtype, reduction->dtype,
                    (const char *const[]){sum.text, value.text, NULL});
    tin_text_puts(p->text, ";\n");
    return;
  }
  snprintf(sum.text, sizeof sum.text, "s%d[%.40s & 15]", r, position);
  if (reduction->op == OP_CONTRACT)
    LINE(p, "%s = tin_fma%s(%s, %s, %s);", sum.text, reduction->dtype == TIN_F32 ? "f" : "", value.text,
         value_name(p, reduction->factor).text, sum.text);
  else
    LINE(p, "%s = %s %c %s;", sum.text, sum.text, reduction->op == OP_SUM ? '+' : '*', value.text);
  if (p->nest->inner_size > 1024) {
    LINE(p, "if ((%s & 1023) == 1023 && %s < %lld)", position, position, (long long)p->nest->inner_size - 1);
    LINE(p, "  tk_carry_%s_%s(s%d, %s);", lanes_name(reduction), tin_dtypes[reduction->dtype].text, r, position);
  }
}

static void close_reduction(struct printer *p, int r) {
  const struct tin_reduction *reduction = p->nest->reductions.at + r;
  start(p);
  tin_text_add(p->text, "const %s t%d = ", tin_dtypes[reduction->dtype].ctype, r);
  if (!by_lanes(reduction))
    tin_text_add(p->text, "s%d;\n", r);
  else if (p->nest->inner_size == 0) /* an empty sum is +0, though the neutral element is -0 */
    tin_text_puts(p->text, reduction->op == OP_PROD ? "1;\n" : "0;\n");
  else
    tin_text_add(p->text, "tk_total_%s_%s(s%d, %lld);\n", lanes_name(reduction), tin_dtypes[reduction->dtype].text, r,
                 (long long)p->nest->inner_size - 1);
}

static bool runs_in(const struct printer *p, int r, int pass) {
  return p->reduced[r] && p->nest->reductions.at[r].pass == pass;
}

/* ---- the nest ---- */

/* Element values that the stores and reductions of the pass depend on. */
static bool find_inner(struct printer *p, int pass) {
  const struct tin_nest *nest = p->nest;
  bool any = false;
  for (int v = 0; v < nest->values.count; v++)
    p->inner[v] = false;
  for (int i = 0; i < nest->stores.count; i++)
    if (nest->form == NEST_MAP || nest->stores.at[i].pass == pass)
      any = p->inner[nest->stores.at[i].value] = true;
  for (int r = 0; r < nest->reductions.count; r++)
    if (runs_in(p, r, pass)) {
      any = p->inner[nest->reductions.at[r].value] = true;
      if (nest->reductions.at[r].factor >= 0)
        p->inner[nest->reductions.at[r].factor] = true;
    }
  for (int v = nest->values.count - 1; v >= 0; v--)
    for (int i = 0; p->inner[v] && i < 3; i++)
      if (nest->values.at[v].in[i] >= 0)
        p->inner[nest->values.at[v].in[i]] = true;
  return any;
}

static void print_inner_values(struct printer *p) {
  for (int v = 0; v < p->nest->values.count; v++)
    if (p->inner[v] && p->nest->values.at[v].element)
      print_value(p, v);
}

static void print_row_values(struct printer *p, int level) {
  for (int v = 0; v < p->nest->values.count; v++) {
    const struct tin_value *value = p->nest->values.at + v;
    if (p->needed[v] && !value->element && value->level == level && value->kind != VALUE_SCALAR)
      print_value(p, v);
  }
}

static void print_stores(struct printer *p, int pass) {
  for (int i = 0; i < p->nest->stores.count; i++)
    if (p->nest->form == NEST_MAP || p->nest->stores.at[i].pass == pass)
      print_store(p, p->nest->stores.at + i);
}

static bool any_lanes(const struct printer *p, int pass) {
  for (int r = 0; r < p->nest->reductions.count; r++)
    if (runs_in(p, r, pass) && by_lanes(p->nest->reductions.at + r))
      return true;
  return false;
}

static void print_pass(struct printer *p, int pass) {
  const struct tin_nest *nest = p->nest;
  print_row_values(p, pass);
  if (!find_inner(p, pass))
    return;
  for (int r = 0; r < nest->reductions.count; r++)
    if (runs_in(p, r, pass))
      open_reduction(p, r);
  struct name counter;
  snprintf(counter.text, sizeof counter.text, "k%d", pass);
  const char *position = nest->inner.count == 1 ? nest->names[nest->inner.at[0].symbol] : counter.text;
  bool counts = position == counter.text && any_lanes(p, pass);
  if (counts)
    LINE(p, "long %s = 0;", position);
  for (int i = 0; i < nest->inner.count; i++) {
    struct name extent;
    snprintf(extent.text, sizeof extent.text, "%lld", (long long)nest->inner.at[i].extent);
    open_loop(p, nest->names[nest->inner.at[i].symbol], "0", extent.text);
  }
  print_inner_values(p);
  print_stores(p, pass);
  for (int r = 0; r < nest->reductions.count; r++)
    if (runs_in(p, r, pass))
      accumulate(p, r, position);
  if (counts)
    LINE(p, "%s++;", position);
  for (int i = 0; i < nest->inner.count; i++)
    close_loop(p);
  for (int r = 0; r < nest->reductions.count; r++)
    if (runs_in(p, r, pass))
      close_reduction(p, r);
}

static void print_map(struct printer *p) {
  const struct tin_nest *nest = p->nest;
  print_row_values(p, 0);
  if (nest->column >= 0)
    open_loop(p, nest->names[nest->column], "column_low", "column_high");
  find_inner(p, 0);
  print_inner_values(p);
  print_stores(p, 0);
  if (nest->column >= 0)
    close_loop(p);
}

static void print_passes(struct printer *p) {
  const struct tin_nest *nest = p->nest;
  if (nest->column >= 0)
    open_loop(p, nest->names[nest->column], "column_low", "column_high");
  for (int pass = 0; pass < nest->n_passes; pass++)
    print_pass(p, pass);
  print_row_values(p, nest->n_passes);
  print_stores(p, nest->n_passes);
  if (nest->column >= 0)
    close_loop(p);
}

/* ---- the function ---- */

static void print_arguments(struct printer *p) {
  for (int i = 0; i < p->nest->args.count; i++) {
    const struct tin_arg *arg = p->nest->args.at + i;
    if (!p->used_arg[i])
      continue;
    const char *qualifier = arg->written ? "" : "const ", *type = tin_dtypes[arg->dtype].ctype;
    start(p);
    tin_text_add(p->text, "%s%s *const a%d = (%s%s *)", qualifier, type, i, qualifier, type);
    if (arg->kind == ARG_SCRATCH)
      tin_text_add(p->text, "(scratch + %lld);\n", (long long)arg->offset);
    else
      tin_text_add(p->text, "%s[%d];\n", arg->kind == ARG_BUFFER ? "buf" : "pointer", arg->number);
  }
}

static bool is_range(const struct tin_nest *nest, int symbol) {
  for (int i = 0; i < nest->inner.count; i++)
    if (nest->inner.at[i].symbol == symbol)
      return true;
  return symbol == nest->row || symbol == nest->column;
}

static bool print_parameters(struct printer *p) {
  bool any = false;
  for (int s = 0; s < p->nest->n_symbols; s++)
    if (p->used_symbol[s] && !is_range(p->nest, s)) {
      LINE(p, "const long %s = param[%d];", p->nest->names[s], s);
      any = true;
    }
  return any;
}

static bool uses_kind(const struct printer *p, enum tin_arg_kind kind) {
  for (int i = 0; i < p->nest->args.count; i++)
    if (p->used_arg[i] && p->nest->args.at[i].kind == kind)
      return true;
  return false;
}

static bool uses_scalars(const struct printer *p) {
  for (int v = 0; v < p->nest->values.count; v++)
    if (p->needed[v] && p->nest->values.at[v].kind == VALUE_SCALAR)
      return true;
  return false;
}

/* Parameters of the common signature that this nest has no use for. */
static void print_unused(struct printer *p, bool parameters) {
  const struct {
    const char *name;
    bool used;
  } all[] = {{"buf", uses_kind(p, ARG_BUFFER)},
             {"scalar", uses_scalars(p)},
             {"scratch", uses_kind(p, ARG_SCRATCH)},
             {"pointer", uses_kind(p, ARG_POINTER)},
             {"param", parameters},
             {"row_low", p->nest->row >= 0},
             {"row_high", p->nest->row >= 0},
             {"column_low", p->nest->column >= 0},
             {"column_high", p->nest->column >= 0}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (!all[i].used)
      LINE(p, "(void)%s;", all[i].name);
}

static void print_constants(struct printer *p) {
  for (int c = 0; c < p->constants.count; c++) {
    struct name name;
    snprintf(name.text, sizeof name.text, "c%d", c);
    begin_local(p, p->constants.at[c].dtype, name.text);
    tin_portable_constant(p->text, p->constants.at[c].dtype, p->constants.at[c].bits);
    tin_text_puts(p->text, ";\n");
  }
  for (int v = 0; v < p->nest->values.count; v++)
    if (p->needed[v] && p->nest->values.at[v].kind == VALUE_SCALAR)
      print_value(p, v);
}

static void print_loops(struct printer *p) {
  if (p->nest->row >= 0)
    open_loop(p, p->nest->names[p->nest->row], "row_low", "row_high");
  if (p->nest->form == NEST_MAP)
    print_map(p);
  else
    print_passes(p);
  if (p->nest->row >= 0)
    close_loop(p);
}

void tin_portable_print(struct tin_text *text, struct tin_arena *arena, const struct tin_nest *nest, const char *name) {
  struct printer p = {.arena = arena, .nest = nest, .indent = 1};
  p.needed = TIN_NEW_ARRAY(arena, bool, nest->values.count);
  p.inner = TIN_NEW_ARRAY(arena, bool, nest->values.count);
  p.reduced = TIN_NEW_ARRAY(arena, bool, nest->reductions.count);
  p.used_arg = TIN_NEW_ARRAY(arena, bool, nest->args.count);
  p.used_symbol = TIN_NEW_ARRAY(arena, bool, nest->n_symbols);
  find_needed(&p);
  struct tin_text loops; /* first, because printing them finds the constants */
  tin_text_init(&loops, arena);
  p.text = &loops;
  print_loops(&p);
  p.text = text;
  tin_text_add(text,
               "static void %s(char **buf, const unsigned long long *scalar, char *scratch, char *const *pointer,\n"
               "    const long *param, long row_low, long row_high, long column_low, long column_high) {\n",
               name);
  print_arguments(&p);
  print_unused(&p, print_parameters(&p));
  print_constants(&p);
  tin_text_put(text, loops.at, loops.count);
  tin_text_puts(text, "}\n");
}
