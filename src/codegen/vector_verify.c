/* The verifier of vector programs: operands by the letters of vops.def, immediates, regions, and that nothing is read before the first
 * instruction that writes it. It finds mistakes of the emitters and of the allocator, not of users. */
#include "codegen/vector.h"

enum { MAX_NESTING = 32, NO_SLOT = 0xffff };

struct verifier {
  const struct tin_vprogram *program;
  const struct tin_vtarget *target;
  struct tin_error *error;
  bool physical;
  int at;                /* instruction, for messages */
  int open[MAX_NESTING]; /* instructions that opened the regions around here */
  int depth;
};

#define CHECK(v, condition, format, ...)                                                                                                   \
  do {                                                                                                                                     \
    if (!(condition)) {                                                                                                                    \
      tin_error_set((v)->error, "vector program, instruction %d (%s): " format, (v)->at,                                                   \
                    (v)->program->insts.at[(v)->at].op < V_COUNT ? tin_vops[(v)->program->insts.at[(v)->at].op].text : "?", __VA_ARGS__);  \
      return false;                                                                                                                        \
    }                                                                                                                                      \
  } while (0)

static int register_limit(const struct verifier *v) {
  return v->physical ? v->target->registers : v->program->n_registers;
}

static bool verify_register(const struct verifier *v, char letter, int reg) {
  CHECK(v, reg < register_limit(v), "operand %c is register %d of %d", letter, reg, register_limit(v));
  return true;
}

static bool verify_memory(const struct verifier *v, const struct tin_vinst *inst) {
  const struct tin_vprogram *program = v->program;
  bool known =
      inst->pointer >= 0 && (inst->pointer < program->n_pointers || (program->spill_bytes > 0 && inst->pointer == program->spill_slot));
  CHECK(v, known, "pointer %d of %d", inst->pointer, program->n_pointers);
  return true;
}

static bool verify_slot(const struct verifier *v, int slot, bool optional) {
  CHECK(v, (optional && slot == NO_SLOT) || (slot >= 0 && slot < v->program->n_slots), "frame slot %d of %d", slot, v->program->n_slots);
  return true;
}

static bool inside(const struct verifier *v, int op) {
  for (int i = 0; i < v->depth; i++)
    if (v->program->insts.at[v->open[i]].op == op)
      return true;
  return false;
}

static bool verify_immediate(const struct verifier *v, const struct tin_vinst *inst) {
  int64_t low = INT32_MIN, high = INT32_MAX;
  switch (inst->op) {
  case V_CMP:
    low = VP_LT, high = VP_UNORDERED;
    break;
  case V_ROUND:
    low = 0, high = 3;
    break;
  case V_SHLI:
  case V_SHRI:
  case V_SARI:
    low = 0, high = inst->type == VT_I64 ? 63 : 31;
    break;
  case V_SWAP:
    low = 1, high = v->program->lanes - 1;
    CHECK(v, (inst->imm & (inst->imm - 1)) == 0, "%d is no power of two", inst->imm);
    break;
  case V_LOOP:
  case V_END:
    low = 1;
    break;
  case V_PREFETCH:
    low = 0, high = 2;
    break;
  }
  CHECK(v, inst->imm >= low && inst->imm <= high, "immediate %d", inst->imm);
  return true;
}

static bool verify_open(struct verifier *v, const struct tin_vinst *inst) {
  CHECK(v, v->depth < MAX_NESTING, "more than %d regions in each other", MAX_NESTING);
  bool indexed = inside(v, V_LOOP) || (inst->op == V_TAIL && inside(v, V_TAIL));
  CHECK(v, inst->op == V_REPEAT || !indexed, "%s", "inside a loop or tail: there is one index register");
  v->open[v->depth++] = v->at;
  return verify_slot(v, inst->a, inst->op != V_REPEAT);
}

static bool verify_close(struct verifier *v, const struct tin_vinst *inst) {
  int opener = inst->op == V_END ? V_LOOP : inst->op == V_TAIL_END ? V_TAIL : V_REPEAT;
  const struct tin_vinst *open = v->depth ? v->program->insts.at + v->open[v->depth - 1] : NULL;
  CHECK(v, open && open->op == opener, "no %s to end", tin_vops[opener].text);
  CHECK(v, opener != V_LOOP || open->imm == inst->imm, "step %d, the loop has %d", inst->imm, open->imm);
  CHECK(v, opener != V_REPEAT || open->a == inst->a, "counter %d, the repeat has %d", inst->a, open->a);
  v->depth--;
  return true;
}

/* Instructions that steer the program; the others compute. */
static bool verify_control(struct verifier *v, const struct tin_vinst *inst) {
  switch (inst->op) {
  case V_LOOP:
  case V_TAIL:
  case V_REPEAT:
    return verify_open(v, inst);
  case V_END:
  case V_TAIL_END:
  case V_REPEAT_END:
    return verify_close(v, inst);
  case V_BUMP:
    return verify_memory(v, inst);
  case V_POINT:
    CHECK(v, inst->imm >= 0 && inst->imm < v->program->n_pointers, "the table is pointer %d of %d", inst->imm, v->program->n_pointers);
    return verify_memory(v, inst) && verify_slot(v, inst->a, false);
  case V_ADVANCE:
    return verify_memory(v, inst) && verify_slot(v, inst->a, false);
  case V_RESET:
    return verify_slot(v, inst->a, false);
  default:
    return true;
  }
}

static bool verify_type(const struct verifier *v, const struct tin_vinst *inst) {
  bool narrow = inst->op == V_LOAD || inst->op == V_STORE || inst->op == V_BROADCAST || inst->op == V_GATHER || inst->op == V_PREFETCH;
  CHECK(v, inst->type < VT_COUNT && (inst->type < VT_NARROW || narrow), "type %d", inst->type);
  CHECK(v, !v->target->supports || v->target->supports(inst->op, inst->type, v->program->lanes),
        "%s has no encoding for type %d and %d lanes", v->target->name, inst->type, v->program->lanes);
  bool tail = inst->flags & V_TAIL_FLAG || inst->op == V_MERGE;
  CHECK(v, !tail || inside(v, V_TAIL), "%s", "uses the tail's mask outside of a tail");
  return true;
}

static bool verify_operands(const struct verifier *v, const struct tin_vinst *inst) {
  const int registers[] = {inst->d, inst->a, inst->b, inst->c};
  for (const char *letter = tin_vops[inst->op].operands; *letter; letter++) {
    bool ok = true;
    if (*letter == 'M')
      ok = verify_memory(v, inst);
    else if (*letter == 'I')
      ok = verify_immediate(v, inst);
    else
      ok = verify_register(v, *letter, registers[*letter == 'D' || *letter == 'd' ? 0 : *letter - 'A' + 1]);
    if (!ok)
      return false;
  }
  return true;
}

static bool computes(const struct tin_vinst *inst) {
  return inst->op < V_INDEX_ZERO;
}

static bool verify_inst(struct verifier *v, const struct tin_vinst *inst) {
  CHECK(v, inst->op < V_COUNT, "op %d", inst->op);
  if (!verify_operands(v, inst))
    return false;
  return computes(inst) ? verify_type(v, inst) : verify_control(v, inst);
}

/* Every register that an instruction reads is written by one before it. */
static bool verify_definitions(struct verifier *v) {
  const struct tin_vprogram *program = v->program;
  static const char read_letters[] = "ABCd";
  uint64_t defined[0x10000 / 64] = {0};
  for (int i = 0; i < program->consts.count; i++)
    defined[program->consts.at[i].reg / 64] |= UINT64_C(1) << program->consts.at[i].reg % 64;
  for (v->at = 0; v->at < program->insts.count; v->at++) {
    const struct tin_vinst *inst = program->insts.at + v->at;
    const int registers[] = {inst->a, inst->b, inst->c, inst->d};
    const char *operands = tin_vops[inst->op].operands;
    for (int k = 0; k < 4; k++)
      for (const char *letter = operands; *letter; letter++)
        CHECK(v, *letter != read_letters[k] || defined[registers[k] / 64] >> registers[k] % 64 & 1,
              "reads register %d before it is written", registers[k]);
    if (*operands == 'D')
      defined[inst->d / 64] |= UINT64_C(1) << inst->d % 64;
  }
  return true;
}

static bool verify_program(const struct tin_vprogram *program, const struct tin_vtarget *target, bool physical, struct tin_error *error) {
  if (program->lanes < 1 || program->lanes * 4 > target->vector_bytes)
    tin_error_set(error, "vector program: %d lanes", program->lanes);
  else if (program->n_pointers < 0 || program->n_pointers > program->n_slots)
    tin_error_set(error, "vector program: %d pointers in %d frame slots", program->n_pointers, program->n_slots);
  else if (physical && program->consts.count)
    tin_error_set(error, "vector program: %d constants have no register", program->consts.count);
  else
    return true;
  return false;
}

bool tin_vector_verify(const struct tin_vprogram *program, const struct tin_vtarget *target, bool physical, struct tin_error *error) {
  struct verifier v = {.program = program, .target = target, .error = error, .physical = physical};
  if (!verify_program(program, target, physical, error))
    return false;
  for (int i = 0; i < program->consts.count; i++)
    if (program->consts.at[i].reg >= program->n_registers || program->consts.at[i].pointer < 0 ||
        program->consts.at[i].pointer >= program->n_pointers) {
      tin_error_set(error, "vector program: constant %d: register %d, pointer %d", i, program->consts.at[i].reg,
                    program->consts.at[i].pointer);
      return false;
    }
  for (v.at = 0; v.at < program->insts.count; v.at++)
    if (!verify_inst(&v, program->insts.at + v.at))
      return false;
  if (v.depth) {
    tin_error_set(error, "vector program: the %s of instruction %d does not end", tin_vops[program->insts.at[v.open[v.depth - 1]].op].text,
                  v.open[v.depth - 1]);
    return false;
  }
  return verify_definitions(&v);
}
