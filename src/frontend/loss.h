/* What the files of losses share. */
#ifndef TIN_FRONTEND_LOSS_H
#define TIN_FRONTEND_LOSS_H

#include "tinsmith_nn.h"

/* The values, or their mean or sum, as the reduction of the options says. */
tin_tensor *tin_loss_reduce(const struct tin_loss_options *args, tin_tensor *values);

#endif
