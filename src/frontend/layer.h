/* What the makers of layers share. Private to src/frontend. */
#ifndef TIN_FRONTEND_LAYER_H
#define TIN_FRONTEND_LAYER_H

#include "tinsmith_nn.h"

/* A parameter LAYER.suffix; options.name is the layer's name, NULL: none for either. */
tin_tensor *tin_layer_param(struct tin_variable_options options, const char *suffix, tin_shape shape);
/* A state of that name, zeros. */
tin_tensor *tin_layer_state(struct tin_variable_options options, const char *suffix, tin_shape shape);
/* Parameters with initial values: uniform in +-bound; all the value. */
tin_tensor *tin_layer_uniform(struct tin_variable_options options, const char *suffix, tin_shape shape, double bound);
tin_tensor *tin_layer_constant(struct tin_variable_options options, const char *suffix, tin_shape shape, double value);
/* 1 / sqrt(fan_in), PyTorch's bound for weights and biases (kaiming_uniform with a = sqrt(5)); 0 without inputs. */
double tin_layer_bound(double fan_in);

/* x as what compositions of public functions work in, so that they round once, at their end: f16 and bf16 as f32. */
tin_tensor *tin_layer_widen(const char *file, int line, tin_tensor *x);
/* A result of widened operands in the dtype that the operands themselves would give: f16 or bf16 if all are, else as it is. */
tin_tensor *tin_layer_round(const char *file, int line, tin_tensor *y, int count, tin_tensor *const *operands);

#endif
