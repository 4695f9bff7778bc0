/* The second tier, TIN_TIER=cc: plans with kernels of plain C are compiled once more, by the system's compiler, which optimises; in the
 * background, and a step that begins after that is done runs the new code. Machine code of vector programs stays what it is, and the bits
 * of results too. Off unless asked for. What fails is counted and else quiet: the first tier's code goes on.
 *
 * Libraries are kept in a folder of the user's own (TIN_TIER_CACHE, else tinsmith in XDG_CACHE_HOME or ~/.cache), by the whole source text
 * with the compiler and the CPU, so that another process need not compile them. Private to runtime. */
#ifndef TIN_RUNTIME_TIER_H
#define TIN_RUNTIME_TIER_H

#include "runtime/code.h"

struct tin_tier;     /* a thread that compiles, and its queue */
struct tin_tier_job; /* a plan's code on its way; shared by the plan and the queue */

struct tin_tier *tin_tier_new(void);       /* NULL without memory or threads */
void tin_tier_free(struct tin_tier *tier); /* ends a compilation that is under way; NULL is allowed */
/* Asks for the code of names[0 .. n_names-1]; routines' bytes are where they lie for good. The text is copied. NULL without memory. */
struct tin_tier_job *tin_tier_ask(struct tin_tier *tier, const struct tin_code_source *source, const char *const *names, int n_names);

enum tin_tier_state { TIN_TIER_WAITS, TIN_TIER_READY, TIN_TIER_FAILED };
enum tin_tier_state tin_tier_look(const struct tin_tier_job *job);
/* Of a job that is ready: the addresses, by name; false when they cannot be had. They are good until the job is dropped. */
bool tin_tier_take(struct tin_tier_job *job, void **addresses);
void tin_tier_drop(struct tin_tier_job *job); /* NULL is allowed */

#endif
