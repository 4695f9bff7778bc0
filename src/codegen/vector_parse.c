/* Parser of the text form of vector programs, that tin_vector_print prints:
 *
 *   program = "vector" "lanes=" n "registers=" n "pointers=" n "slots=" n [ "spill=" slot ":" bytes ] { const } { line }
 *   const   = "const" register "=" ( "broadcast" | "load" ) "." type memory
 *   line    = op "." type [ ".tail" ] [ ".dead" ] [ operand { "," operand } ]
 *           | "index_zero" | "loop" limit "," step | "end" step | "tail" limit "," n | "tail_end"
 *           | "repeat" slot | "repeat_end" slot | "bump" pointer "," bytes | "reset" slot "," value
 *           | "advance" pointer "," slot
 *   operand = register | memory | integer | "lt" | "le" | "eq" | "ne" | "unordered"
 *   memory  = "[" pointer [ "+" "i" ] [ ( "+" | "-" ) bytes ] "]"         `+ i` adds the index register times the element size
 *   limit   = slot | integer
 *   slot    = "frame[" n "]"        register = "r" n        pointer = "p" n        type = f32 f64 i32 i64 u8
 *
 * Ops and their operands are those of vops.def, in its order. `dead`: only the select behind it reads the mask. Lines end at the newline,
 * # starts a comment. */
#include <limits.h>
#include <string.h>

#include "codegen/vector.h"
#include "common/parse.h"

enum { MAX_SLOTS = INT16_MAX }; /* what tin_vinst.pointer can name */

struct parser {
  struct tin_parser in;
  struct tin_arena *arena;
  struct tin_vprogram *program;
};

static int parse_named(struct parser *p, const char *name, int low, int high) {
  tin_parse_expect(&p->in, name, NULL);
  tin_parse_expect(&p->in, "=", NULL);
  return tin_parse_int(&p->in, low, high);
}

static void parse_header(struct parser *p) {
  struct tin_vprogram *program = p->program;
  tin_parse_lines(&p->in);
  tin_parse_expect(&p->in, "vector", NULL);
  program->lanes = parse_named(p, "lanes", 1, INT16_MAX);
  program->n_registers = parse_named(p, "registers", 0, V_NO_REGISTER);
  program->n_pointers = parse_named(p, "pointers", 0, MAX_SLOTS);
  program->n_slots = parse_named(p, "slots", 0, MAX_SLOTS);
  program->spill_slot = -1;
  if (tin_parse_accept(&p->in, "spill")) {
    tin_parse_expect(&p->in, "=", NULL);
    program->spill_slot = tin_parse_int(&p->in, 0, MAX_SLOTS);
    tin_parse_expect(&p->in, ":", NULL);
    program->spill_bytes = tin_parse_int(&p->in, 0, INT_MAX);
  }
  tin_parse_end_line(&p->in);
}

/* ---- operands ---- */

static int parse_type(struct parser *p) {
  char word[TIN_WORD_SIZE];
  tin_parse_expect(&p->in, ".", NULL);
  const char *start = p->in.at;
  tin_parse_word(&p->in, word);
  for (int type = 0; type < VT_COUNT; type++)
    if (!strcmp(word, tin_vtype_names[type]))
      return type;
  tin_parse_failed(&p->in, start, "expected an element type, as f32");
}

static uint16_t parse_register(struct parser *p) {
  return (uint16_t)tin_parse_numbered(&p->in, 'r', V_NO_REGISTER);
}

static uint16_t parse_slot(struct parser *p) {
  tin_parse_expect(&p->in, "frame", NULL);
  tin_parse_expect(&p->in, "[", NULL);
  int slot = tin_parse_int(&p->in, 0, MAX_SLOTS);
  tin_parse_expect(&p->in, "]", NULL);
  return (uint16_t)slot;
}

/* Whether the index register is added. */
static bool parse_memory(struct parser *p, int16_t *pointer, int32_t *disp) {
  tin_parse_expect(&p->in, "[", NULL);
  *pointer = (int16_t)tin_parse_numbered(&p->in, 'p', MAX_SLOTS);
  bool plus = tin_parse_accept(&p->in, "+"), indexed = plus && tin_parse_accept(&p->in, "i");
  if (indexed)
    plus = tin_parse_accept(&p->in, "+");
  if (plus)
    *disp = tin_parse_int(&p->in, 0, INT32_MAX);
  else if (tin_parse_accept(&p->in, "-"))
    *disp = (int32_t)-tin_parse_integer(&p->in, 0, -(int64_t)INT32_MIN);
  tin_parse_expect(&p->in, "]", NULL);
  return indexed;
}

static int parse_immediate(struct parser *p, int op) {
  if (op == V_CMP)
    for (int predicate = VP_LT; predicate <= VP_UNORDERED; predicate++)
      if (tin_parse_accept(&p->in, tin_vpredicate_names[predicate]))
        return predicate;
  return tin_parse_int(&p->in, INT32_MIN, INT32_MAX);
}

static void parse_operands(struct parser *p, struct tin_vinst *inst) {
  const char *letters = tin_vops[inst->op].operands;
  for (const char *letter = letters; *letter; letter++) {
    if (letter != letters)
      tin_parse_expect(&p->in, ",", NULL);
    if (*letter == 'M')
      inst->flags |= parse_memory(p, &inst->pointer, &inst->disp) ? V_INDEX_FLAG : 0;
    else if (*letter == 'I')
      inst->imm = parse_immediate(p, inst->op);
    else
      *(*letter == 'A' ? &inst->a : *letter == 'B' ? &inst->b : *letter == 'C' ? &inst->c : &inst->d) = parse_register(p);
  }
}

/* ---- lines ---- */

/* point p0, frame[5], [p3 + 8] */
static void parse_point(struct parser *p, struct tin_vinst *inst) {
  int16_t table;
  inst->pointer = (int16_t)tin_parse_numbered(&p->in, 'p', MAX_SLOTS);
  tin_parse_expect(&p->in, ",", NULL);
  inst->a = parse_slot(p);
  tin_parse_expect(&p->in, ",", NULL);
  const char *start = p->in.at;
  if (parse_memory(p, &table, &inst->disp))
    tin_parse_failed(&p->in, start, "a table does not move with the index");
  inst->imm = table;
}

static void parse_control(struct parser *p, struct tin_vinst *inst) {
  bool separated = true;
  switch (inst->op) {
  case V_LOOP:
  case V_TAIL:
    tin_parse_spaces(&p->in);
    if (*p->in.at == 'f')
      inst->a = parse_slot(p);
    else
      inst->disp = tin_parse_int(&p->in, INT32_MIN, INT32_MAX);
    break;
  case V_REPEAT:
  case V_REPEAT_END:
  case V_RESET:
    inst->a = parse_slot(p);
    break;
  case V_BUMP:
    inst->pointer = (int16_t)tin_parse_numbered(&p->in, 'p', MAX_SLOTS);
    break;
  case V_ADVANCE:
    inst->pointer = (int16_t)tin_parse_numbered(&p->in, 'p', MAX_SLOTS);
    tin_parse_expect(&p->in, ",", NULL);
    inst->a = parse_slot(p);
    break;
  case V_POINT:
    parse_point(p, inst);
    return;
  default:
    separated = false;
  }
  if (*tin_vops[inst->op].operands != 'I')
    return;
  if (separated)
    tin_parse_expect(&p->in, ",", NULL);
  inst->imm = tin_parse_int(&p->in, INT32_MIN, INT32_MAX);
}

static void parse_inst(struct parser *p) {
  char word[TIN_WORD_SIZE];
  const char *start = p->in.at;
  struct tin_vinst inst = {.op = V_COUNT, .d = V_NO_REGISTER, .a = V_NO_REGISTER, .b = V_NO_REGISTER, .c = V_NO_REGISTER};
  tin_parse_word(&p->in, word);
  for (int op = 0; op < V_COUNT; op++)
    if (!strcmp(word, tin_vops[op].text))
      inst.op = (uint8_t)op;
  if (inst.op == V_COUNT)
    tin_parse_failed(&p->in, start, "expected an op");
  if (inst.op >= V_INDEX_ZERO) {
    parse_control(p, &inst);
  } else {
    inst.type = (uint8_t)parse_type(p);
    inst.flags |= tin_parse_accept(&p->in, ".tail") ? V_TAIL_FLAG : 0;
    inst.flags |= tin_parse_accept(&p->in, ".dead") ? V_DEAD_MASK : 0;
    parse_operands(p, &inst);
  }
  tin_parse_end_line(&p->in);
  tin_vec_push(p->arena, &p->program->insts, inst);
}

static void parse_const(struct parser *p) {
  struct tin_vconst constant = {.reg = parse_register(p)};
  tin_parse_expect(&p->in, "=", NULL);
  constant.whole = tin_parse_accept(&p->in, "load");
  if (!constant.whole)
    tin_parse_expect(&p->in, "broadcast", "expected broadcast or load");
  constant.type = (uint8_t)parse_type(p);
  const char *start = p->in.at;
  if (parse_memory(p, &constant.pointer, &constant.disp))
    tin_parse_failed(&p->in, start, "a constant does not move with the index");
  tin_parse_end_line(&p->in);
  tin_vec_push(p->arena, &p->program->consts, constant);
}

static struct tin_vprogram *parse_program(struct parser *p) {
  parse_header(p);
  for (tin_parse_lines(&p->in); tin_parse_accept(&p->in, "const"); tin_parse_lines(&p->in))
    parse_const(p);
  for (; *p->in.at; tin_parse_lines(&p->in))
    parse_inst(p);
  return p->program;
}

struct tin_vprogram *tin_vector_parse(struct tin_arena *arena, const char *text, struct tin_error *error) {
  jmp_buf fail;
  struct parser parser = {.arena = arena, .program = TIN_NEW(arena, struct tin_vprogram)};
  tin_parse_init(&parser.in, text, &fail, error);
  if (setjmp(fail))
    return NULL;
  return parse_program(&parser);
}
