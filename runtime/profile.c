/* Tables of kernels for people: what they compute, and with profiling on how long they took and how far that is from what the machine can
 * do. The roofline of a kernel is the larger of its share of the FMA peak and its share of the memory bandwidth, both measured here; a
 * kernel whose data is in the caches can exceed 100 %. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "runtime/engine.h"

enum { SHOWN_FUSED = 100 }; /* characters of what was fused; the kernel's file has all */

static void print_row(const struct tin_machine *machine, const struct tin_run_kernel *kernel, int width, struct tin_text *text) {
  tin_text_add(text, "  %-*s ", width, kernel->name);
  if (kernel->calls) {
    double seconds = kernel->seconds / (double)kernel->calls;
    double rate = kernel->flops / seconds, moved = kernel->bytes / seconds;
    double computing = machine->flops > 0 ? rate / machine->flops : 0, moving = machine->bandwidth > 0 ? moved / machine->bandwidth : 0;
    tin_text_add(text, "%7" PRId64 " %10.1f %9.1f %8.1f %5.0f%%  ", kernel->calls, seconds * 1e6, rate * 1e-9, moved * 1e-9,
                 100 * (computing > moving ? computing : moving));
  } else {
    tin_text_add(text, "%10.3f %10.3f  ", kernel->flops * 1e-6, kernel->bytes * 1e-6);
  }
  tin_text_add(text, "%s  %.*s%s%s\n", kernel->shapes, SHOWN_FUSED, kernel->fused, *kernel->fused ? " " : "", kernel->how);
}

void tin_profile_plan(struct tin_engine *engine, const struct tin_plan *plan, struct tin_text *text) {
  bool timed = plan->n_kernels && plan->kernels[0].calls;
  if (timed && !engine->machine.flops)
    tin_machine_measure(&engine->machine, engine->threads);
  int width = 6;
  double seconds = 0;
  for (int k = 0; k < plan->n_kernels; k++) {
    int length = (int)strlen(plan->kernels[k].name);
    width = length > width ? length : width;
    seconds += plan->kernels[k].seconds;
  }
  tin_text_add(
      text,
      "plan %d: %d nodes, %d kernels, %.3f MFLOP, %.3f MB moved; memory: live bound %.3f MB, planned %.3f MB, without reuse %.3f MB\n",
      plan->serial, plan->n_nodes, plan->n_kernels, plan->flops * 1e-6, plan->bytes * 1e-6, (double)plan->bytes_live * 1e-6,
      (double)plan->arena_bytes * 1e-6, (double)plan->bytes_without_reuse * 1e-6);
  if (timed) {
    tin_text_add(text, "%s, %d threads: peak %.0f GFLOP/s, memory %.0f GB/s; in kernels %.1f us a run\n", engine->machine.cpu,
                 engine->n_threads, engine->machine.flops * 1e-9, engine->machine.bandwidth * 1e-9,
                 seconds / (double)plan->kernels[0].calls * 1e6);
    tin_text_add(text, "  %-*s %7s %10s %9s %8s %6s  what\n", width, "kernel", "calls", "us", "GFLOP/s", "GB/s", "roof");
  } else {
    tin_text_add(text, "  %-*s %10s %10s  what\n", width, "kernel", "MFLOP", "MB");
  }
  for (int k = 0; k < plan->n_kernels; k++)
    print_row(&engine->machine, &plan->kernels[k], width, text);
}

void tin_engine_report(struct tin_engine *engine, struct tin_text *text) {
  if (!engine->target)
    tin_text_add(text, "the interpreter ran %" PRId64 " nodes, one by one: no kernels\n", engine->statistics.nodes);
  else if (!engine->cache.newest)
    tin_text_add(text, "nothing has run\n");
  else
    tin_profile_plan(engine, engine->cache.newest, text);
}

static void print_plans(struct tin_engine *engine, struct tin_arena *arena) {
  jmp_buf fail;
  arena->fail = &fail;
  if (setjmp(fail)) {
    fprintf(stderr, "tinsmith: out of memory while the profile was printed\n");
    return;
  }
  struct tin_text text;
  tin_text_init(&text, arena);
  for (const struct tin_plan *plan = engine->cache.oldest; plan; plan = plan->newer)
    tin_profile_plan(engine, plan, &text);
  fprintf(stderr, "%s", text.at);
}

void tin_profile_print(struct tin_engine *engine) {
  struct tin_arena arena;
  tin_arena_init(&arena, 1 << 14, NULL);
  print_plans(engine, &arena);
  tin_arena_free(&arena);
}
