/* What convolutions, pools and resizing share: tensors [N, C, spatial axes ...] and windows that slide over them. Private to src/frontend.
 */
#ifndef TIN_FRONTEND_SPATIAL_H
#define TIN_FRONTEND_SPATIAL_H

#include "frontend/frontend.h"

enum { SPATIAL_MAX = 3 };

/* The windows along the spatial axes. */
struct tin_windows {
  int dims;
  int64_t in[SPATIAL_MAX], kernel[SPATIAL_MAX], stride[SPATIAL_MAX], dilation[SPATIAL_MAX];
  int64_t low[SPATIAL_MAX], high[SPATIAL_MAX]; /* padding */
  int64_t out[SPATIAL_MAX];                    /* windows */
  bool aligned;                                /* windows begin at multiples of the stride, before cutting: then so does their gradient */
};

/* The operand with a batch axis: [C, spatial] becomes [1, C, spatial]. NULL with the error recorded for any other rank. */
struct tin_node *tin_spatial_batched(struct tin_call *call, tin_tensor *t, struct tin_node *x, int dims, bool *batched);
/* "image [3, 28, 28]": as the caller gave it. */
struct tin_words tin_spatial_words(tin_tensor *t);
/* An option with a number for each spatial axis: all 0 stands for `otherwise`. False with the error recorded when only some axes have one,
 * when one is below `least`, or when there are more than dims. */
bool tin_spatial_option(struct tin_call *call, const char *name, const int64_t *given, int dims, int64_t otherwise, int64_t least,
                        int64_t *out);
/* Counts the windows (out) of the padded axes; false with the error recorded where not one fits. */
bool tin_spatial_count(struct tin_call *call, tin_tensor *t, struct tin_windows *windows);
/* x [N, C, in ...] padded with `fill` and seen through the windows: [N, C, kernel ..., out ...]. NULL when memory ran out. */
struct tin_node *tin_spatial_windows(struct tin_graph *graph, struct tin_node *x, const struct tin_windows *windows, double fill);
/* The node [N, C, spatial] as the call's result, without the batch axis where the operand had none. */
tin_tensor *tin_spatial_result(struct tin_call *call, struct tin_node *node, bool batched);

#endif
