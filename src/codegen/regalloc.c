/* Registers of a vector program: linear scan over live intervals (Poletto and Sarkar, "Linear scan register allocation", 1999).
 *
 * Rounds of three steps until everything fits: find the live interval of each virtual register; give registers in order of the interval's
 * start, and when none is free put off the interval that is cheapest per length (accesses weighted by loop depth); rewrite the program
 * so that what was put off lives in memory. A constant lives where it was loaded from, other values in a slot of the spill area, stored
 * after each definition. Uses reload it; a reload serves the uses that follow within a few instructions. Should such a reload be put off
 * too, its uses get one reload each; those are never put off, and no instruction has more than four operands, so the rounds end.
 *
 * An interval is one range of the linear order: from the first definition to the last use, widened over the loops that carry the value
 * round. Instruction i reads at position 2 i and writes at 2 i + 1: a result may take the register of an operand that ends there. */
#include <assert.h>
#include <string.h>

#include "codegen/vector.h"

enum {
  NONE = -1,
  MIN_REGISTERS = 4, /* operands of the widest instruction */
  RELOAD_REACH = 8,  /* instructions over which a reload is kept: unrolled code uses a constant once per copy */
  DEPTH_WEIGHT = 8,  /* assumed iterations of a loop */
  MAX_DEPTH = 8,
  SPILL_CODE = 1 /* mark in tin_vinst.predicate: a load or store of a value's home, remade when the value is put off again */
};

static const char *const operands[V_COUNT] = {
#define VOP(name, text, letters) letters,
#include "codegen/vops.def"
#undef VOP
};

/* Where a value that was put off is found. */
enum home_kind { HOME_NONE, HOME_SLOT, HOME_CONST };
struct home {
  uint8_t kind;
  uint8_t generation; /* 0: a value of the program; 1: a reload with a reach; 2: a reload for one instruction */
  int at;             /* number of the slot, or of the constant */
};

struct interval {
  int start, end; /* positions; end < start: unused */
  double weight;  /* loads and stores that putting it off costs */
  int hint;       /* virtual register whose register is preferred, or NONE */
  int reg;        /* physical, NONE: put off */
};

struct region {
  int start, end; /* instructions */
  int parent;
  bool loops; /* LOOP, REPEAT; not TAIL */
};

struct allocator {
  struct tin_arena *arena;
  struct tin_vprogram *program;
  const struct tin_vtarget *target;
  struct tin_vconst *consts;
  TIN_VEC(struct home) homes; /* by virtual register */
  struct interval *intervals; /* by virtual register */
  TIN_VEC(struct region) regions;
  int *region_of; /* by instruction: the innermost */
  int owner[32];  /* by physical register: virtual register or NONE */
  int n_slots;    /* of the spill area */
};

static uint16_t *operand(struct tin_vinst *inst, char letter) {
  switch (letter) {
  case 'D':
  case 'd':
    return &inst->d;
  case 'A':
    return &inst->a;
  case 'B':
    return &inst->b;
  case 'C':
    return &inst->c;
  default:
    return NULL;
  }
}

static bool reads(char letter) {
  return letter != 'D';
}
static bool writes(char letter) {
  return letter == 'D' || letter == 'd';
}

/* ---- regions ---- */

static bool opens(int op) {
  return op == V_LOOP || op == V_REPEAT || op == V_TAIL;
}
static bool closes(int op) {
  return op == V_END || op == V_REPEAT_END || op == V_TAIL_END;
}

static void find_regions(struct allocator *a) {
  const struct tin_vprogram *program = a->program;
  int open = NONE;
  a->regions.count = 0;
  a->region_of = TIN_NEW_ARRAY(a->arena, int, program->insts.count);
  for (int i = 0; i < program->insts.count; i++) {
    int op = program->insts.at[i].op;
    if (opens(op)) {
      tin_vec_push(a->arena, &a->regions, ((struct region){i, i, open, op != V_TAIL}));
      open = a->regions.count - 1;
    }
    a->region_of[i] = open;
    if (closes(op)) {
      assert(open != NONE);
      a->regions.at[open].end = i;
      open = a->regions.at[open].parent;
    }
  }
}

static double access_weight(const struct allocator *a, int inst) {
  double weight = 1;
  int depth = 0;
  for (int r = a->region_of[inst]; r != NONE && depth < MAX_DEPTH; r = a->regions.at[r].parent)
    if (a->regions.at[r].loops) {
      weight *= DEPTH_WEIGHT;
      depth++;
    }
  return weight;
}

/* ---- constants become loads ---- */

static bool is_bumped(const struct tin_vprogram *program, int pointer) {
  for (int i = 0; i < program->insts.count; i++) {
    const struct tin_vinst *inst = &program->insts.at[i];
    if ((inst->op == V_BUMP || inst->op == V_ADVANCE || inst->op == V_POINT) && inst->pointer == pointer)
      return true;
  }
  return false;
}

static struct tin_vinst const_load(const struct tin_vconst *constant) {
  return (struct tin_vinst){.op = constant->whole ? V_LOAD : V_BROADCAST,
                            .type = constant->type,
                            .d = constant->reg,
                            .a = V_NO_REGISTER,
                            .b = V_NO_REGISTER,
                            .c = V_NO_REGISTER,
                            .pointer = constant->pointer,
                            .disp = constant->disp,
                            .predicate = SPILL_CODE};
}

/* For each register: the instruction before which a value is to be made to be there for all its uses. NONE: not used. */
static int *first_uses(struct allocator *a) {
  struct tin_vprogram *program = a->program;
  int *first = TIN_NEW_ARRAY(a->arena, int, program->n_registers);
  for (int r = 0; r < program->n_registers; r++)
    first[r] = NONE;
  for (int i = 0; i < program->insts.count; i++)
    for (const char *letter = operands[program->insts.at[i].op]; *letter; letter++) {
      uint16_t *reg = operand(program->insts.at + i, *letter);
      if (!reg || first[*reg] != NONE)
        continue;
      int outermost = i;
      for (int r = a->region_of[i]; r != NONE; r = a->regions.at[r].parent)
        outermost = a->regions.at[r].start;
      first[*reg] = outermost;
    }
  return first;
}

static bool is_written(struct tin_vprogram *program, int reg) {
  for (int i = 0; i < program->insts.count; i++)
    if (writes(*operands[program->insts.at[i].op]) && program->insts.at[i].d == reg)
      return true;
  return false;
}

/* A constant is loaded just before the outermost region that needs it. One that is not constant after all (its pointer moves, or it is
 * written) is loaded at the start and is an ordinary value. */
static void place_consts(struct allocator *a) {
  struct tin_vprogram *program = a->program;
  int n = program->consts.count;
  a->consts = tin_arena_copy(a->arena, program->consts.at, sizeof *a->consts * (size_t)n);
  find_regions(a);
  int *first = first_uses(a), *next = TIN_NEW_ARRAY(a->arena, int, n), *head = TIN_NEW_ARRAY(a->arena, int, program->insts.count + 1);
  for (int i = 0; i <= program->insts.count; i++)
    head[i] = NONE;
  for (int c = n - 1; c >= 0; c--) {
    int reg = a->consts[c].reg, at = first[reg];
    if (at == NONE)
      continue;
    bool fixed = !is_bumped(program, a->consts[c].pointer) && !is_written(program, reg);
    a->homes.at[reg] = (struct home){.kind = fixed ? HOME_CONST : HOME_NONE, .at = c};
    at = fixed ? at : 0;
    next[c] = head[at];
    head[at] = c;
  }
  struct tin_vinst *old = program->insts.at;
  int count = program->insts.count;
  program->insts.at = NULL;
  program->insts.count = program->insts.capacity = 0;
  for (int i = 0; i < count; i++) {
    for (int c = head[i]; c != NONE; c = next[c]) {
      struct tin_vinst load = const_load(a->consts + c);
      load.predicate = a->homes.at[load.d].kind == HOME_CONST ? SPILL_CODE : 0;
      tin_vec_push(a->arena, &program->insts, load);
    }
    tin_vec_push(a->arena, &program->insts, old[i]);
  }
  program->consts.count = 0;
}

/* ---- live intervals ---- */

static void note_access(struct allocator *a, int reg, int position, double weight) {
  struct interval *interval = a->intervals + reg;
  if (interval->end < interval->start)
    interval->start = interval->end = position;
  interval->end = position > interval->end ? position : interval->end;
  interval->weight += weight;
}

static void find_accesses(struct allocator *a) {
  for (int i = 0; i < a->program->insts.count; i++) {
    struct tin_vinst *inst = a->program->insts.at + i;
    double weight = inst->predicate == SPILL_CODE ? 0 : access_weight(a, i);
    /* a gather's destination must not be its index register: x86 forbids it */
    int read_end = 2 * i + (inst->op == V_GATHER);
    const char *letters = operands[inst->op];
    for (const char *letter = letters; *letter; letter++)
      if (operand(inst, *letter) && reads(*letter))
        note_access(a, *operand(inst, *letter), read_end, *letter == 'd' ? 2 * weight : weight);
    if (writes(*letters)) {
      bool fresh = a->intervals[inst->d].end < a->intervals[inst->d].start;
      note_access(a, inst->d, 2 * i + 1, weight);
      if (fresh && inst->op == V_MOV)
        a->intervals[inst->d].hint = inst->a;
    }
  }
}

/* A value that is read behind its loop, or before its definition in it, is kept from the loop's start. */
static void widen_start(const struct allocator *a, struct interval *interval) {
  bool read_first = interval->start % 2 == 0;
  for (int r = a->region_of[interval->start / 2]; r != NONE; r = a->regions.at[r].parent) {
    const struct region *region = a->regions.at + r;
    if (region->loops && (read_first || interval->end > 2 * region->end + 1))
      interval->start = 2 * region->start;
  }
}

/* A value that enters a loop and is used there is kept to the loop's end. */
static void widen_end(const struct allocator *a, struct interval *interval, int inst) {
  for (int r = a->region_of[inst]; r != NONE; r = a->regions.at[r].parent) {
    const struct region *region = a->regions.at + r;
    if (region->loops && interval->start <= 2 * region->start && interval->end < 2 * region->end + 1)
      interval->end = 2 * region->end + 1;
  }
}

static void find_intervals(struct allocator *a) {
  struct tin_vprogram *program = a->program;
  find_regions(a);
  a->intervals = TIN_NEW_ARRAY(a->arena, struct interval, program->n_registers);
  for (int r = 0; r < program->n_registers; r++)
    a->intervals[r] = (struct interval){.start = 0, .end = -1, .hint = NONE, .reg = NONE};
  find_accesses(a);
  for (int r = 0; r < program->n_registers; r++)
    if (a->intervals[r].end >= a->intervals[r].start)
      widen_start(a, a->intervals + r);
  for (int i = 0; i < program->insts.count; i++)
    for (const char *letter = operands[program->insts.at[i].op]; *letter; letter++)
      if (operand(program->insts.at + i, *letter))
        widen_end(a, a->intervals + *operand(program->insts.at + i, *letter), i);
}

/* ---- the scan ---- */

/* Virtual registers by the start of their intervals: a linked list for each position. */
static void order_by_start(struct allocator *a, int **head, int **next) {
  int positions = 2 * a->program->insts.count + 2;
  *head = TIN_NEW_ARRAY(a->arena, int, positions);
  *next = TIN_NEW_ARRAY(a->arena, int, a->program->n_registers);
  for (int p = 0; p < positions; p++)
    (*head)[p] = NONE;
  for (int r = a->program->n_registers - 1; r >= 0; r--)
    if (a->intervals[r].end >= a->intervals[r].start) {
      (*next)[r] = (*head)[a->intervals[r].start];
      (*head)[a->intervals[r].start] = r;
    }
}

static int free_register(struct allocator *a, const struct interval *interval) {
  int free = NONE;
  for (int p = a->target->allocatable - 1; p >= 0; p--) {
    if (a->owner[p] != NONE && a->intervals[a->owner[p]].end < interval->start)
      a->owner[p] = NONE;
    if (a->owner[p] == NONE)
      free = p;
  }
  int hint = interval->hint == NONE ? NONE : a->intervals[interval->hint].reg;
  return hint != NONE && a->owner[hint] == NONE ? hint : free;
}

/* Reloads for one instruction, and values that end where the next instruction reads, cannot gain from memory. */
static bool can_put_off(const struct allocator *a, int reg) {
  return a->homes.at[reg].generation < 2 && a->intervals[reg].end - a->intervals[reg].start > 1;
}

static double cost_per_length(const struct interval *interval) {
  return interval->weight / (interval->end - interval->start + 1);
}

/* The interval to put off among those that hold a register, and `reg`. */
static int cheapest(const struct allocator *a, int reg) {
  int best = can_put_off(a, reg) ? reg : NONE;
  for (int p = 0; p < a->target->allocatable; p++) {
    int other = a->owner[p];
    if (can_put_off(a, other) && (best == NONE || cost_per_length(a->intervals + other) < cost_per_length(a->intervals + best)))
      best = other;
  }
  assert(best != NONE);
  return best;
}

/* False when something was put off: its interval has no register. */
static bool scan(struct allocator *a) {
  int *head, *next;
  bool complete = true;
  order_by_start(a, &head, &next);
  for (int p = 0; p < a->target->allocatable; p++)
    a->owner[p] = NONE;
  for (int position = 0; position < 2 * a->program->insts.count + 2; position++)
    for (int reg = head[position]; reg != NONE; reg = next[reg]) {
      struct interval *interval = a->intervals + reg;
      interval->reg = free_register(a, interval);
      if (interval->reg == NONE) {
        int victim = cheapest(a, reg);
        interval->reg = a->intervals[victim].reg;
        a->intervals[victim].reg = NONE;
        complete = false;
      }
      if (interval->reg != NONE)
        a->owner[interval->reg] = reg;
    }
  return complete;
}

/* ---- rewriting what was put off ---- */

struct rewriter {
  struct allocator *a;
  int n_registers; /* when the rewrite began */
  int *current;    /* by register put off: the register that holds it now, or NONE */
  int *seen;       /* by register put off: instruction of the last access */
  int block;       /* first instruction of the straight line */
};

static int new_register(struct allocator *a, struct home home) {
  assert(a->program->n_registers < V_NO_REGISTER);
  tin_vec_push(a->arena, &a->homes, home);
  return a->program->n_registers++;
}

static bool was_put_off(const struct rewriter *w, int reg) {
  return reg < w->n_registers && w->a->intervals[reg].reg == NONE && w->a->intervals[reg].end >= w->a->intervals[reg].start;
}

/* Spill slots hold whole registers: 64-bit lanes where the register has room for them. */
static int slot_type(const struct allocator *a) {
  return a->program->lanes * 8 <= a->target->vector_bytes ? VT_F64 : VT_F32;
}

static int slot_bytes(const struct allocator *a) {
  return a->program->lanes * (slot_type(a) == VT_F64 ? 8 : 4);
}

static void push_home_access(struct allocator *a, int op, int reg) {
  struct home home = a->homes.at[reg];
  struct tin_vinst inst;
  if (home.kind == HOME_CONST) {
    inst = const_load(a->consts + home.at);
    inst.d = (uint16_t)reg;
  } else {
    inst = (struct tin_vinst){.op = (uint8_t)op,
                              .type = (uint8_t)slot_type(a),
                              .d = V_NO_REGISTER,
                              .a = V_NO_REGISTER,
                              .b = V_NO_REGISTER,
                              .c = V_NO_REGISTER,
                              .pointer = (int16_t)a->program->spill_slot,
                              .disp = home.at * slot_bytes(a),
                              .predicate = SPILL_CODE};
    *(op == V_LOAD ? &inst.d : &inst.a) = (uint16_t)reg;
  }
  tin_vec_push(a->arena, &a->program->insts, inst);
}

static void give_home(struct allocator *a, int reg) {
  if (a->homes.at[reg].kind != HOME_NONE)
    return;
  if (a->program->spill_slot < 0)
    a->program->spill_slot = a->program->n_slots++;
  a->homes.at[reg].kind = HOME_SLOT;
  a->homes.at[reg].at = a->n_slots++;
}

/* The register that stands for `reg` in instruction i; loads it where the instruction reads it and no reload reaches here. */
static int stand_in(struct rewriter *w, int i, int reg, bool read) {
  give_home(w->a, reg);
  struct home home = w->a->homes.at[reg];
  bool reaches = home.generation == 0 && w->current[reg] != NONE && w->seen[reg] >= w->block && i - w->seen[reg] <= RELOAD_REACH;
  w->seen[reg] = i;
  if (read && reaches)
    return w->current[reg];
  home.generation++;
  w->current[reg] = new_register(w->a, home);
  if (read)
    push_home_access(w->a, V_LOAD, w->current[reg]);
  return w->current[reg];
}

static void rewrite_inst(struct rewriter *w, int i, struct tin_vinst inst) {
  struct tin_vinst renamed = inst;
  const char *letters = operands[inst.op];
  bool store = false;
  for (const char *letter = letters; *letter; letter++) {
    uint16_t *reg = operand(&inst, *letter);
    if (!reg || !reads(*letter) || !was_put_off(w, *reg))
      continue;
    bool again = false; /* an operand named twice is loaded once */
    for (const char *before = letters; before < letter; before++)
      if (operand(&inst, *before) && reads(*before) && *operand(&inst, *before) == *reg)
        again = true;
    *operand(&renamed, *letter) = (uint16_t)(again ? w->current[*reg] : stand_in(w, i, *reg, true));
    store |= *letter == 'd';
  }
  if (*letters == 'D' && was_put_off(w, inst.d)) {
    renamed.d = (uint16_t)stand_in(w, i, inst.d, false);
    store = true;
  }
  tin_vec_push(w->a->arena, &w->a->program->insts, renamed);
  if (store)
    push_home_access(w->a, V_STORE, renamed.d);
}

static void rewrite(struct allocator *a) {
  struct tin_vprogram *program = a->program;
  struct rewriter w = {.a = a, .n_registers = program->n_registers};
  w.current = TIN_NEW_ARRAY(a->arena, int, program->n_registers);
  w.seen = TIN_NEW_ARRAY(a->arena, int, program->n_registers);
  for (int r = 0; r < program->n_registers; r++)
    w.current[r] = NONE;
  struct tin_vinst *old = program->insts.at;
  int count = program->insts.count;
  program->insts.at = NULL;
  program->insts.count = program->insts.capacity = 0;
  for (int i = 0; i < count; i++) {
    if (opens(old[i].op) || closes(old[i].op))
      w.block = i;
    if (old[i].predicate == SPILL_CODE && was_put_off(&w, old[i].op == V_STORE ? old[i].a : old[i].d))
      continue; /* made anew at the accesses */
    rewrite_inst(&w, i, old[i]);
  }
}

/* ---- the result ---- */

/* CMP whose mask only the SELECT behind it reads: the encoder may keep such a mask out of the vector registers. */
static void mark_dead_masks(struct allocator *a) {
  struct tin_vprogram *program = a->program;
  int *uses = TIN_NEW_ARRAY(a->arena, int, program->n_registers);
  for (int i = 0; i < program->insts.count; i++)
    for (const char *letter = operands[program->insts.at[i].op]; *letter; letter++)
      if (operand(program->insts.at + i, *letter))
        uses[*operand(program->insts.at + i, *letter)]++;
  for (int i = 0; i < program->insts.count; i++) {
    struct tin_vinst *inst = program->insts.at + i;
    if (inst->op != V_CMP)
      continue;
    bool dead = i + 1 < program->insts.count && inst[1].op == V_SELECT && inst[1].a == inst->d && uses[inst->d] == 2;
    inst->flags = (uint8_t)(dead ? inst->flags | V_DEAD_MASK : inst->flags & ~V_DEAD_MASK);
  }
}

static void rename_registers(struct allocator *a) {
  struct tin_vprogram *program = a->program;
  int kept = 0, highest = -1;
  for (int i = 0; i < program->insts.count; i++) {
    struct tin_vinst inst = program->insts.at[i];
    inst.predicate = 0;
    for (const char *letter = operands[inst.op]; *letter; letter++) {
      uint16_t *reg = operand(&inst, *letter);
      if (!reg)
        continue;
      *reg = (uint16_t)a->intervals[*reg].reg;
      highest = *reg > highest ? *reg : highest;
    }
    if (inst.op != V_MOV || inst.d != inst.a)
      program->insts.at[kept++] = inst;
  }
  program->insts.count = kept;
  program->n_registers = highest + 1;
}

void tin_vector_allocate(struct tin_arena *arena, struct tin_vprogram *program, const struct tin_vtarget *target) {
  struct allocator a = {.arena = arena, .program = program, .target = target};
  assert(target->allocatable >= MIN_REGISTERS && target->allocatable <= (int)(sizeof a.owner / sizeof *a.owner));
  program->spill_slot = -1;
  for (int r = 0; r < program->n_registers; r++)
    tin_vec_push(arena, &a.homes, (struct home){0});
  place_consts(&a);
  for (find_intervals(&a); !scan(&a); find_intervals(&a))
    rewrite(&a);
  mark_dead_masks(&a);
  rename_registers(&a);
  program->spill_bytes = a.n_slots * slot_bytes(&a);
}
