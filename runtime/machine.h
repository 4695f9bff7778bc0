/* What this machine can do at best: the roofline that profiles are measured against. */
#ifndef TIN_RUNTIME_MACHINE_H
#define TIN_RUNTIME_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/pool.h"

struct tin_machine {
  char cpu[96];       /* "Intel(R) Xeon(R) Processor", or the architecture's name */
  const char *vector; /* widest vectors: "avx512", "avx2", or "baseline" */
  int64_t l1, l2, l3; /* bytes of one data cache of each level; 0: unknown */
  double flops;       /* f32 FMA peak of all threads of the pool, per second; 0: not measured */
  double bandwidth;   /* bytes read and written per second by a copy from and to memory, all threads; 0: not measured */
};

/* Name and caches: at once. */
void tin_machine_describe(struct tin_machine *machine);
/* Adds the measured peak and bandwidth: about 50 ms. Without memory for the copy the bandwidth stays 0. */
void tin_machine_measure(struct tin_machine *machine, struct tin_pool *pool);

#endif
