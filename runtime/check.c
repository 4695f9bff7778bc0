/* Areas and accesses of the bounds-checked mode, see check.h; and the functions that libtcc's bounds checking calls. */
#include "runtime/check.h"

#include <stdio.h>
#include <string.h>

static _Thread_local struct tin_check_thread *current;

void tin_check_enter(struct tin_check_thread *thread) {
  thread->n_locals = 0;
  current = thread;
}

void tin_check_leave(void) {
  current = NULL;
}

const struct tin_check_program *tin_check_program_at(long number) {
  return &current->programs[number];
}

/* ---- areas ---- */

static bool holds(const struct tin_check_area *area, uintptr_t address, size_t bytes) {
  return address >= area->begin && address <= area->end && bytes <= area->end - address;
}

/* The area that the address points into, or at whose end it points; NULL: none. Areas may touch: those that hold a byte at the address come
 * first. */
static const struct tin_check_area *area_of(struct tin_check_thread *thread, uintptr_t address) {
  if (thread->recent < thread->n_areas && holds(&thread->areas[thread->recent], address, 1))
    return &thread->areas[thread->recent];
  const struct tin_check_area *at_end = NULL;
  for (int i = thread->n_locals - 1; i >= 0; i--)
    if (holds(&thread->locals[i], address, 1))
      return &thread->locals[i];
  for (int i = 0; i < thread->n_areas; i++) {
    if (holds(&thread->areas[i], address, 1)) {
      thread->recent = i;
      return &thread->areas[i];
    }
    if (holds(&thread->areas[i], address, 0))
      at_end = &thread->areas[i];
  }
  return at_end;
}

static void describe(const struct tin_check_area *area, uintptr_t address, char *text, size_t size) {
  char name[64];
  if (area->value >= 0)
    snprintf(name, sizeof name, "buf[%d]", area->value);
  else
    snprintf(name, sizeof name, "%s", area->what);
  snprintf(text, size, "at byte %lld of %s, which has %llu bytes", (long long)(address - area->begin), name,
           (unsigned long long)(area->end - area->begin));
}

static void *refuse(struct tin_check_thread *thread, const struct tin_check_area *area, uintptr_t address, size_t bytes, bool writes,
                    const char *where) {
  if (!thread->violated) {
    char place[200] = "outside of all that the kernel was given";
    if (area)
      describe(area, address, place, sizeof place);
    bool inside = area && holds(area, address, bytes); /* then it may only be read */
    snprintf(thread->report, sizeof thread->report, "%s %zu bytes %s%s%s%s", writes ? "writes" : "accesses", bytes, place,
             inside ? " and may only be read" : "", where ? " by " : "", where ? where : "");
    thread->violated = true;
  }
  return memset(thread->dummy, 0, sizeof thread->dummy);
}

void *tin_check_access(uintptr_t base, uintptr_t address, size_t bytes, bool writes, const char *where) {
  struct tin_check_thread *thread = current;
  const struct tin_check_area *area = area_of(thread, base ? base : address);
  if (area && holds(area, address, bytes) && (area->writable || !writes))
    return (void *)address;
  return refuse(thread, area, address, bytes, writes, where);
}

/* ---- what libtcc calls ---- */

/* p + offset, for an access that comes later: it may point behind the last element. A pointer that was made by arithmetic on integers has
 * no area of its own; its access is looked at by its address. */
static void *add(void *p, size_t offset) {
  struct tin_check_thread *thread = current;
  uintptr_t from = (uintptr_t)p, to = from + offset;
  const struct tin_check_area *area = area_of(thread, from);
  return !area || holds(area, to, 0) ? (void *)to : refuse(thread, area, to, 0, false, NULL);
}

/* The place of an access of so many bytes; libtcc does not tell loads from stores. */
#define ACCESS(bytes)                                                                                                                      \
  static void *access_##bytes(void *p, size_t offset) {                                                                                    \
    return tin_check_access((uintptr_t)p, (uintptr_t)p + offset, bytes, false, NULL);                                                      \
  }
ACCESS(1)
ACCESS(2)
ACCESS(4)
ACCESS(8)
ACCESS(12)
ACCESS(16)

/* A function's local arrays, as pairs of an offset from its frame pointer and a size, up to a 0; when it begins and when it ends. */
__attribute__((noinline)) static void locals_begin(const size_t *table) {
  struct tin_check_thread *thread = current;
  uintptr_t frame = *(uintptr_t *)__builtin_frame_address(0); /* the caller's */
  for (; table[0] && thread->n_locals < TIN_CHECK_LOCALS; table += 2) {
    uintptr_t begin = frame + table[0];
    thread->locals[thread->n_locals++] =
        (struct tin_check_area){.begin = begin, .end = begin + table[1], .writable = true, .value = -1, .what = "a local array"};
  }
}

static void locals_end(const size_t *table) {
  for (; table[0] && current->n_locals > 0; table += 2)
    current->n_locals--;
}

#define FUNCTION(f) ((const void *)(uintptr_t)(f))
const struct tin_code_symbol tin_check_symbols[] = {
    {"tin_check_routine", FUNCTION(tin_check_routine)}, {"__bound_ptr_add", FUNCTION(add)},
    {"__bound_ptr_indir1", FUNCTION(access_1)},         {"__bound_ptr_indir2", FUNCTION(access_2)},
    {"__bound_ptr_indir4", FUNCTION(access_4)},         {"__bound_ptr_indir8", FUNCTION(access_8)},
    {"__bound_ptr_indir12", FUNCTION(access_12)},       {"__bound_ptr_indir16", FUNCTION(access_16)},
    {"__bound_local_new", FUNCTION(locals_begin)},      {"__bound_local_delete", FUNCTION(locals_end)},
};
const int tin_check_symbol_count = sizeof tin_check_symbols / sizeof *tin_check_symbols;
