/* The texts of a vector program: the one that parses back (vector_parse.c has its grammar), and, of an allocated program, v-op macros for
 * people, gcc and clang. */
#include "codegen/vector.h"

#include <string.h>

const struct tin_vop_info tin_vops[V_COUNT] = {
#define VOP(name, text, operands) {#text, operands},
#include "codegen/vops.def"
#undef VOP
};
const char *const tin_vtype_names[] = {[VT_F32] = "f32", [VT_F64] = "f64", [VT_I32] = "i32", [VT_I64] = "i64", [VT_U8] = "u8",
                                       [VT_I8] = "i8",   [VT_U16] = "u16", [VT_I16] = "i16", [VT_F16] = "f16", [VT_BF16] = "bf16"};
const uint8_t tin_vtype_bytes[] = {[VT_F32] = 4, [VT_F64] = 8, [VT_I32] = 4, [VT_I64] = 8, [VT_U8] = 1,
                                   [VT_I8] = 1,  [VT_U16] = 2, [VT_I16] = 2, [VT_F16] = 2, [VT_BF16] = 2};
const char *const tin_vpredicate_names[] = {[VP_LT] = "lt", [VP_LE] = "le", [VP_EQ] = "eq", [VP_NE] = "ne", [VP_UNORDERED] = "unordered"};

struct printer {
  struct tin_text *text;
  const struct tin_vprogram *program;
  char letter; /* of registers: z, y */
  bool evex;
  int depth;
};

static void indent(struct printer *p) {
  for (int i = 0; i < p->depth; i++)
    tin_text_puts(p->text, "  ");
}

static bool is_conversion(int op) {
  return op >= V_F32_I32 && op <= V_F64_I64;
}

/* vadd_f32, vload_tail_f32; those whose immediate chooses between operations have a name for each. */
static void print_name(struct printer *p, const struct tin_vinst *inst) {
  static const char *const roundings[] = {"round", "floor", "ceil", "trunc"};
  const char *name = tin_vops[inst->op].text;
  if (inst->op == V_CMP)
    name = tin_vpredicate_names[inst->imm];
  else if (inst->op == V_ROUND)
    name = roundings[inst->imm];
  else if (inst->op == V_SHUFFLE_128 && !p->evex)
    name = "permute_128"; /* another instruction with another immediate */
  bool typed = !is_conversion(inst->op) && inst->op != V_ZERO && inst->op != V_MOV && inst->op != V_PREFETCH;
  tin_text_add(p->text, "v%s%s%s%s", name, inst->flags & V_TAIL_FLAG ? "_tail" : "", typed ? "_" : "",
               typed ? tin_vtype_names[inst->type] : "");
}

static void print_memory(struct printer *p, const struct tin_vinst *inst) {
  tin_text_add(p->text, "p%d", inst->pointer);
  if ((inst->flags & V_INDEX_FLAG) && tin_vtype_bytes[inst->type] == 1)
    tin_text_puts(p->text, " + i");
  else if (inst->flags & V_INDEX_FLAG)
    tin_text_add(p->text, " + %d * i", tin_vtype_bytes[inst->type]);
  if (inst->disp)
    tin_text_add(p->text, " %c %lld", inst->disp < 0 ? '-' : '+', inst->disp < 0 ? -(long long)inst->disp : (long long)inst->disp);
}

static void print_vector_op(struct printer *p, const struct tin_vinst *inst) {
  print_name(p, inst);
  char before = '(';
  for (const char *operand = tin_vops[inst->op].operands; *operand; operand++) {
    if (*operand == 'I' && (inst->op == V_CMP || inst->op == V_ROUND))
      continue; /* part of the name */
    tin_text_put(p->text, &before, 1);
    if (before == ',')
      tin_text_puts(p->text, " ");
    before = ',';
    if (*operand == 'M')
      print_memory(p, inst);
    else if (*operand == 'I')
      tin_text_add(p->text, "%d", inst->imm);
    else
      tin_text_add(p->text, "%c%d", p->letter, *operand == 'A' ? inst->a : *operand == 'B' ? inst->b : *operand == 'C' ? inst->c : inst->d);
  }
  tin_text_puts(p->text, ");\n");
}

static void print_limit(struct printer *p, const struct tin_vinst *inst) {
  if (inst->a == V_NO_REGISTER)
    tin_text_add(p->text, "%d", inst->disp);
  else
    tin_text_add(p->text, "vframe[%d]", inst->a);
}

static void print_point(struct printer *p, const struct tin_vinst *inst) {
  tin_text_add(p->text, "p%d = vframe[%d] + *(const int *)(p%d + %d);\n", inst->pointer, inst->a, inst->imm, inst->disp);
}

static void print_control(struct printer *p, const struct tin_vinst *inst) {
  switch (inst->op) {
  case V_INDEX_ZERO:
    tin_text_puts(p->text, "i = 0;\n");
    break;
  case V_LOOP:
    tin_text_puts(p->text, "VLOOP(");
    print_limit(p, inst);
    tin_text_add(p->text, ", %d) {\n", inst->imm);
    break;
  case V_TAIL:
    tin_text_puts(p->text, "VTAIL(");
    print_limit(p, inst);
    tin_text_puts(p->text, ") {\n");
    break;
  case V_REPEAT:
    tin_text_puts(p->text, "do {\n");
    break;
  case V_REPEAT_END:
    tin_text_add(p->text, "} while (--vframe[%d]);\n", inst->a);
    break;
  case V_BUMP:
    tin_text_add(p->text, "p%d += %d;\n", inst->pointer, inst->imm);
    break;
  case V_ADVANCE:
    tin_text_add(p->text, "p%d += vframe[%d];\n", inst->pointer, inst->a);
    break;
  case V_POINT:
    print_point(p, inst);
    break;
  case V_RESET:
    tin_text_add(p->text, "vframe[%d] = %d;\n", inst->a, inst->imm);
    break;
  default: /* END, TAIL_END */
    tin_text_puts(p->text, "}\n");
  }
}

static bool closes(const struct tin_vinst *inst) {
  return inst->op == V_END || inst->op == V_TAIL_END || inst->op == V_REPEAT_END;
}
static bool opens(const struct tin_vinst *inst) {
  return inst->op == V_LOOP || inst->op == V_TAIL || inst->op == V_REPEAT;
}

static void print_inst(struct printer *p, const struct tin_vinst *inst) {
  p->depth -= closes(inst);
  indent(p);
  if (inst->op < V_INDEX_ZERO)
    print_vector_op(p, inst);
  else
    print_control(p, inst);
  p->depth += opens(inst);
}

/* A list of variables, wrapped. */
struct list {
  struct printer *printer;
  const char *type;
  int count;
};

static void list_start(struct list *list) {
  if (list->count % 16 == 0) {
    if (list->count)
      tin_text_puts(list->printer->text, ";\n");
    indent(list->printer);
    tin_text_puts(list->printer->text, list->type);
  } else {
    tin_text_puts(list->printer->text, ", ");
  }
  list->count++;
}

static void list_end(struct list *list) {
  if (list->count)
    tin_text_puts(list->printer->text, ";\n");
}

static bool uses_pointer(const struct tin_vinst *inst) {
  return inst->op == V_BUMP || inst->op == V_ADVANCE || inst->op == V_POINT || strchr(tin_vops[inst->op].operands, 'M');
}

static void declare_pointers(struct printer *p) {
  struct list list = {.printer = p, .type = "vaddress "};
  int last = -1;
  for (int i = 0; i < p->program->insts.count; i++) {
    const struct tin_vinst *inst = &p->program->insts.at[i];
    last = uses_pointer(inst) && inst->pointer > last ? inst->pointer : last;
    last = inst->op == V_POINT && inst->imm > last ? inst->imm : last;
  }
  bool *used = TIN_NEW_ARRAY(p->text->arena, bool, last + 1);
  for (int i = 0; i < p->program->insts.count; i++) {
    const struct tin_vinst *inst = &p->program->insts.at[i];
    if (uses_pointer(inst))
      used[inst->pointer] = true;
    if (inst->op == V_POINT)
      used[inst->imm] = true;
  }
  for (int i = 0; i <= last; i++) {
    if (!used[i])
      continue;
    list_start(&list);
    tin_text_add(p->text, "p%d = vframe[%d]", i, i);
  }
  list_end(&list);
}

static void declare_registers(struct printer *p) {
  struct list list = {.printer = p, .type = "vreg "};
  uint64_t used = 0; /* every register is a destination before it is read */
  for (int i = 0; i < p->program->insts.count; i++) {
    const char *operands = tin_vops[p->program->insts.at[i].op].operands;
    if (*operands == 'D' || *operands == 'd')
      used |= (uint64_t)1 << (p->program->insts.at[i].d & 63);
  }
  for (int i = 0; i < 64; i++) {
    if (!(used >> i & 1))
      continue;
    list_start(&list);
    tin_text_add(p->text, "%c%d", p->letter, i);
  }
  list_end(&list);
}

void tin_vector_print_readable(struct tin_text *text, const struct tin_vprogram *program, const struct tin_vtarget *target,
                               const char *frame) {
  struct printer p = {.text = text, .program = program, .letter = target->evex ? 'z' : 'y', .evex = target->evex, .depth = 1};
  tin_text_add(text, "VBEGIN(%s, %d)\n", frame, program->lanes);
  declare_pointers(&p);
  declare_registers(&p);
  for (int i = 0; i < program->insts.count; i++)
    print_inst(&p, &program->insts.at[i]);
  tin_text_puts(text, "VEND\n");
}

/* ---- the text that parses back ---- */

static void print_plain_memory(struct tin_text *text, int pointer, bool indexed, int disp) {
  tin_text_add(text, "[p%d%s", pointer, indexed ? " + i" : "");
  if (disp)
    tin_text_add(text, " %c %lld", disp < 0 ? '-' : '+', disp < 0 ? -(long long)disp : (long long)disp);
  tin_text_puts(text, "]");
}

static void print_plain_immediate(struct tin_text *text, const struct tin_vinst *inst) {
  if (inst->op == V_CMP && inst->imm >= 0 && inst->imm <= VP_UNORDERED)
    tin_text_puts(text, tin_vpredicate_names[inst->imm]);
  else
    tin_text_add(text, "%d", inst->imm);
}

/* Of ops that compute: operands by their letters. */
static void print_plain_operands(struct tin_text *text, const struct tin_vinst *inst) {
  const char *separator = " ";
  for (const char *operand = tin_vops[inst->op].operands; *operand; operand++, separator = ", ") {
    tin_text_puts(text, separator);
    if (*operand == 'M')
      print_plain_memory(text, inst->pointer, inst->flags & V_INDEX_FLAG, inst->disp);
    else if (*operand == 'I')
      print_plain_immediate(text, inst);
    else
      tin_text_add(text, "r%d", *operand == 'A' ? inst->a : *operand == 'B' ? inst->b : *operand == 'C' ? inst->c : inst->d);
  }
}

static void print_plain_control(struct tin_text *text, const struct tin_vinst *inst) {
  bool has_limit = inst->op == V_LOOP || inst->op == V_TAIL;
  bool has_slot = inst->op == V_REPEAT || inst->op == V_REPEAT_END || inst->op == V_RESET;
  if (has_slot || (has_limit && inst->a != V_NO_REGISTER))
    tin_text_add(text, " frame[%d]", inst->a);
  else if (has_limit)
    tin_text_add(text, " %d", inst->disp);
  else if (inst->op == V_BUMP)
    tin_text_add(text, " p%d", inst->pointer);
  else if (inst->op == V_ADVANCE)
    tin_text_add(text, " p%d, frame[%d]", inst->pointer, inst->a);
  if (inst->op == V_POINT) {
    tin_text_add(text, " p%d, frame[%d], ", inst->pointer, inst->a);
    print_plain_memory(text, inst->imm, false, inst->disp);
    return;
  }
  if (*tin_vops[inst->op].operands == 'I')
    tin_text_add(text, "%s%d", inst->op == V_END ? " " : ", ", inst->imm);
}

static void print_plain_inst(struct tin_text *text, const struct tin_vinst *inst) {
  tin_text_puts(text, tin_vops[inst->op].text);
  if (inst->op >= V_INDEX_ZERO) {
    print_plain_control(text, inst);
  } else {
    tin_text_add(text, ".%s", tin_vtype_names[inst->type]);
    tin_text_add(text, "%s%s", inst->flags & V_TAIL_FLAG ? ".tail" : "", inst->flags & V_DEAD_MASK ? ".dead" : "");
    print_plain_operands(text, inst);
  }
  tin_text_puts(text, "\n");
}

void tin_vector_print(struct tin_text *text, const struct tin_vprogram *program) {
  struct printer p = {.text = text, .program = program};
  tin_text_add(text, "vector lanes=%d registers=%d pointers=%d slots=%d", program->lanes, program->n_registers, program->n_pointers,
               program->n_slots);
  if (program->spill_slot >= 0)
    tin_text_add(text, " spill=%d:%d", program->spill_slot, program->spill_bytes);
  tin_text_puts(text, "\n");
  for (int i = 0; i < program->consts.count; i++) {
    const struct tin_vconst *constant = &program->consts.at[i];
    tin_text_add(text, "const r%d = %s.%s ", constant->reg, constant->whole ? "load" : "broadcast", tin_vtype_names[constant->type]);
    print_plain_memory(text, constant->pointer, false, constant->disp);
    tin_text_puts(text, "\n");
  }
  for (int i = 0; i < program->insts.count; i++) {
    const struct tin_vinst *inst = &program->insts.at[i];
    p.depth -= closes(inst);
    indent(&p);
    print_plain_inst(text, inst);
    p.depth += opens(inst);
  }
}
