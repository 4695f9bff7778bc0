/* Random calls of the public functions: a table of them, each with operands that fit and options by chance. The same stream gives the
 * same call again. Shared by the generator of graphs, which takes the nodes that a call builds, and by random programs. */
#ifndef TIN_TESTS_CALLS_H
#define TIN_TESTS_CALLS_H

#include "frontend/data.h"
#include "tinsmith.h"

enum { CALL_RESULTS = 4 };

struct calls {
  tin_ctx *ctx;
  struct tin_stream stream;
  /* A tensor of this dtype and shape; limit > 0: integers from 0 to limit - 1. */
  tin_tensor *(*operand)(struct calls *calls, tin_dtype dtype, tin_shape shape, int64_t limit);
  void *context;                     /* of that function */
  tin_tensor *results[CALL_RESULTS]; /* what the call gave */
  int n_results;
};

/* How many functions the table has, and the name of each. */
int calls_count(void);
const char *calls_name(int function);
/* Calls it on x; the results are in calls->results, none where x does not suit the function. Errors stay in the context. */
void calls_run(struct calls *calls, int function, tin_tensor *x);
/* The same, wrapped: as it is, or by chance in a checkpoint, followed by a derivative, a jvp, or mapped by vmap over x. */
void calls_run_wrapped(struct calls *calls, int function, tin_tensor *x);

#endif
