/* Where the arguments of a nest lie: in a core's own caches or beyond. */
#ifndef TIN_CODEGEN_TRAFFIC_H
#define TIN_CODEGEN_TRAFFIC_H

#include "codegen/nest.h"
#include "schedule/plan.h"

/* Sets `far` and `streamed` of the arguments from the sizes of the plan's values. Never changes a value. */
void tin_traffic_mark(struct tin_nest *nest, const struct tin_schedule *schedule);

#endif
