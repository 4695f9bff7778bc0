/* `tinsmith info`: what the library found on this machine. */
#include "cli.h"
#include "codegen/kernel.h"
#include "runtime/code.h"
#include "runtime/execute.h"
#include "runtime/machine.h"
#include "runtime/pool.h"

#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: tinsmith info\n\n"
    "Prints the CPU, the targets that kernels can be generated for, the compiler, threads, and the measured peak and\n"
    "bandwidth that profiles are compared with. TIN_THREADS and TIN_TARGET are honoured.\n";

static void print_targets(void) {
  static const char *const names[] = {"avx512", "avx2", "portable"};
  const struct tin_codegen_target *best = tin_codegen_target_best();
  printf("targets    ");
  for (int i = 0; i < 3; i++) {
    const struct tin_codegen_target *target = tin_codegen_target_find(names[i]);
    printf(" %s%s", names[i], !target || !tin_codegen_target_usable(target) ? " (not on this CPU)" : target == best ? " (used)" : "");
    printf(",");
  }
  printf(" interpreter\n");
}

int cli_info(int argc, char **argv) {
  if (argc > 1)
    return fputs(help, !strcmp(argv[1], "--help") ? stdout : stderr), !strcmp(argv[1], "--help") ? 0 : 2;
  struct tin_options options = {0};
  struct tin_error error = {0};
  if (!tin_options_from_environment(&options, &error))
    return cli_fail("info", "%s", error.text);
  struct tin_machine machine = {0};
  struct tin_pool *pool = tin_pool_new(options.threads ? options.threads : tin_pool_cpus());
  if (!pool)
    return cli_fail("info", "threads could not be started");
  tin_machine_describe(&machine);
  tin_machine_measure(&machine, pool);
  printf("CPU         %s\n", machine.cpu);
  printf("caches      L1 %s, L2 %s, L3 %s\n", cli_bytes((double)machine.l1).text, cli_bytes((double)machine.l2).text,
         cli_bytes((double)machine.l3).text);
  print_targets();
  printf("compiler    %s\n", tin_code_version());
  printf("threads     %d of %d usable CPUs\n", tin_pool_threads(pool), tin_pool_cpus());
  printf("peak        %.0f GFLOP/s (f32 multiply-add, %s)\n", machine.flops / 1e9, machine.vector);
  printf("bandwidth   %.1f GB/s (copy in memory, read and written)\n", machine.bandwidth / 1e9);
  tin_pool_free(pool);
  return 0;
}
