/* Tinsmith: layers, losses, optimisers, data. Built on tinsmith.h only; its idiom holds here:
 *
 * - functions that make tensors are lazy and report errors to the context; poison goes in and comes out;
 * - required arguments come first, options by name, zero is the default: tin_adam(params, .lr = 1e-3f);
 * - names and formulas are PyTorch's wherever PyTorch has them.
 *
 * What reads or writes memory or files at once says so: initialisers, tin_save, tin_load, the readers of data, tin_fprint.
 */
#ifndef TINSMITH_NN_H
#define TINSMITH_NN_H

#include "tinsmith.h"

#include <stdio.h>

/* the library hides everything else */
#if defined(__GNUC__) && !defined(__TINYC__)
#pragma GCC visibility push(default)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ================================================================ host arrays and data sets */

/* An array in host memory, row-major. Owned by whoever got it; freed with tin_array_free. */
typedef struct tin_array {
  tin_dtype dtype;
  int rank;
  int64_t shape[8];
  int64_t size; /* elements */
  size_t bytes;
  void *data;
} tin_array;
void tin_array_free(tin_array *array);

/* Reads an IDX file (the format of MNIST), gzip-compressed or plain, with elements u8, i8, i16, i32, f32 or f64. On any doubt about the
 * file false and an error that names the file and what is wrong: wrong magic, unsupported type, truncated, trailing bytes. */
bool tin_idx_load_at(const char *file, int line, tin_ctx *ctx, const char *path, tin_array *out);
#define tin_idx_load(...) tin_idx_load_at(TIN_HERE, __VA_ARGS__)

/* Images u8 [n, rows, columns] and labels u8 [n], for training and for testing. */
typedef struct tin_dataset {
  tin_array train_images, train_labels;
  tin_array test_images, test_labels;
} tin_dataset;
void tin_dataset_free(tin_dataset *data);

/* Reads the four IDX files of an MNIST folder (MNIST, Fashion-MNIST, KMNIST, ...): {train,t10k}-{images-idx3,labels-idx1}-ubyte[.gz]. */
bool tin_mnist_load_at(const char *file, int line, tin_ctx *ctx, const char *folder, tin_dataset *out);
#define tin_mnist_load(...) tin_mnist_load_at(TIN_HERE, __VA_ARGS__)

/* Draws `count` images u8 [count, 28, 28] of the digits 0 to 9 with random shift, rotation, scale, pen and noise, and their labels
 * u8 [count]. A seed gives the same bytes on every machine. A stand-in for MNIST where there is no data. */
bool tin_digits_at(const char *file, int line, tin_ctx *ctx, int64_t count, uint64_t seed, tin_array *images, tin_array *labels);
#define tin_digits(...) tin_digits_at(TIN_HERE, __VA_ARGS__)

/* ---- batches ---- */

/* Walks over examples (the first axis of x and y) in batches, in an order shuffled anew for every epoch (Fisher-Yates). torch: DataLoader.
 */
typedef struct tin_batches tin_batches;
struct tin_batches_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;       /* gets errors */
  const tin_array *x TIN_ZERO; /* must outlive the batches */
  const tin_array *y TIN_ZERO; /* labels; NULL: none */
  int64_t batch TIN_ZERO;      /* examples a batch; default 1 */
  uint64_t seed TIN_ZERO;      /* of the shuffling */
  bool in_order TIN_ZERO;      /* no shuffling */
  bool drop_last TIN_ZERO;     /* a last batch with fewer examples is left out */
};
/* tin_batches_new(ctx, &images, &labels, .batch = 128, .seed = 1). NULL with an error in ctx. */
tin_batches *tin_batches_new_args(struct tin_batches_options args);
#ifndef __cplusplus
#define tin_batches_new(...) tin_batches_new_args((struct tin_batches_options){.file = __FILE__, .line = __LINE__, .ctx = __VA_ARGS__})
#endif
void tin_batches_free(tin_batches *batches); /* NULL is allowed */
/* Batches an epoch. */
int64_t tin_batches_count(const tin_batches *batches);
/* The next batch: sets *x and *y (y may be NULL) to its examples, valid until the next call, and returns how many there are; 0 when the
 * epoch is over (the call after that begins the next epoch). */
int64_t tin_batches_next(tin_batches *batches, const void **x, const void **y);

/* ================================================================ parameters */

/* Initial values, written at once into a float variable; each returns it. The numbers depend on the seed of the context's numbers as it
 * was given (tin_ctx_new's .seed) and on how many variables the context had when this one was made; they are the same on every machine.
 * torch.nn.init: uniform_, normal_, constant_, zeros_, ones_. */
tin_tensor *tin_init_uniform_at(const char *file, int line, tin_tensor *variable, double low, double high);
tin_tensor *tin_init_normal_at(const char *file, int line, tin_tensor *variable, double mean, double deviation);
tin_tensor *tin_init_constant_at(const char *file, int line, tin_tensor *variable, double value);
/* The normal distribution between low and high. torch.nn.init.trunc_normal_ (whose bounds are -2 and 2 when none are given). */
tin_tensor *tin_init_truncated_normal_at(const char *file, int line, tin_tensor *variable, double mean, double deviation, double low,
                                         double high);
/* A matrix with 1 on its diagonal, 0 elsewhere. torch.nn.init.eye_. */
tin_tensor *tin_init_eye_at(const char *file, int line, tin_tensor *variable);
/* A kernel [out, in, 1 to 3 axes] that passes on channels as they are, as many as fit, in each of the groups that out divides into: 1 in
 * its middle, 0 elsewhere. torch.nn.init.dirac_. */
tin_tensor *tin_init_dirac_at(const char *file, int line, tin_tensor *variable, int64_t groups);
/* gain times an orthogonal matrix, seen as [first size, all others]: its rows are orthonormal, or its columns if these are fewer. The
 * factor Q of a matrix of normal numbers, R's diagonal being positive (Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear
 * dynamics of learning in deep linear neural networks", 2014). torch.nn.init.orthogonal_. */
tin_tensor *tin_init_orthogonal_at(const char *file, int line, tin_tensor *variable, double gain);
#define tin_init_uniform(...) tin_init_uniform_at(TIN_HERE, __VA_ARGS__)
#define tin_init_normal(...) tin_init_normal_at(TIN_HERE, __VA_ARGS__)
#define tin_init_constant(...) tin_init_constant_at(TIN_HERE, __VA_ARGS__)
#define tin_init_zeros(variable) tin_init_constant_at(TIN_HERE, variable, 0)
#define tin_init_ones(variable) tin_init_constant_at(TIN_HERE, variable, 1)
#define tin_init_truncated_normal(...) tin_init_truncated_normal_at(TIN_HERE, __VA_ARGS__)
#define tin_init_eye(...) tin_init_eye_at(TIN_HERE, __VA_ARGS__)
#define tin_init_dirac(...) tin_init_dirac_at(TIN_HERE, __VA_ARGS__)
#define tin_init_orthogonal(...) tin_init_orthogonal_at(TIN_HERE, __VA_ARGS__)

/* By fans of a variable with two axes or more: fan_in is the product of all its sizes but the first, fan_out that of all but the second
 * (which are those of linear layers and convolutions, [out, in, kernel ...]). Without a fan: zeros. */
struct tin_init_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *variable TIN_ZERO;
  double a TIN_ZERO;                 /* kaiming: slope of leaky_relu */
  const char *nonlinearity TIN_ZERO; /* kaiming: as for tin_gain; NULL: "leaky_relu" */
  bool fan_out TIN_ZERO;             /* kaiming: fan_out instead of fan_in */
  double gain TIN_ZERO;              /* xavier; 0: 1 */
};
/* He et al., "Delving deep into rectifiers" (2015): uniform in +-gain * sqrt(3 / fan), or normal with deviation gain / sqrt(fan); gain =
 * tin_gain(nonlinearity, a). tin_init_kaiming_uniform(w, sqrt(5)), tin_init_kaiming_normal(w, 0, .fan_out = true, .nonlinearity = "relu").
 * Errors: fewer than two axes, unknown nonlinearity. torch.nn.init.kaiming_uniform_, kaiming_normal_. */
tin_tensor *tin_init_kaiming_uniform_args(struct tin_init_options args);
tin_tensor *tin_init_kaiming_normal_args(struct tin_init_options args);
/* Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural networks" (2010): the same with the mean of both
 * fans. tin_init_xavier_uniform(w, .gain = tin_gain("tanh", 0)). torch.nn.init.xavier_uniform_, xavier_normal_. */
tin_tensor *tin_init_xavier_uniform_args(struct tin_init_options args);
tin_tensor *tin_init_xavier_normal_args(struct tin_init_options args);
#ifndef __cplusplus
#define TIN_INIT(function, ...) function((struct tin_init_options){.file = __FILE__, .line = __LINE__, __VA_ARGS__})
#define tin_init_kaiming_uniform(variable_, ...) TIN_INIT(tin_init_kaiming_uniform_args, .variable = (variable_), .a = __VA_ARGS__)
#define tin_init_kaiming_normal(variable_, ...) TIN_INIT(tin_init_kaiming_normal_args, .variable = (variable_), .a = __VA_ARGS__)
#define tin_init_xavier_uniform(...) TIN_INIT(tin_init_xavier_uniform_args, .variable = __VA_ARGS__)
#define tin_init_xavier_normal(...) TIN_INIT(tin_init_xavier_normal_args, .variable = __VA_ARGS__)
#endif
/* What keeps the deviation of activations: 1 for "linear", "conv1d" ... "conv_transpose3d" and "sigmoid", 5/3 for "tanh", sqrt(2) for
 * "relu", sqrt(2 / (1 + slope^2)) for "leaky_relu", 3/4 for "selu"; NaN for others. torch.nn.init.calculate_gain (whose slope is 0.01 when
 * none is given). */
double tin_gain(const char *nonlinearity, double slope);

/* Writes all parameters of the context, and the state that was made with .saved (as running statistics of layers are), to a safetensors
 * file by name; each needs one, names must differ. The file is replaced as a whole or not at all. Computes. torch.save(state_dict). */
struct tin_save_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  const char *path TIN_ZERO;
  const char *const *metadata TIN_ZERO; /* key, value, key, value, ..., NULL: the file's __metadata__. NULL: none */
};
bool tin_save_args(struct tin_save_options args);
#ifndef __cplusplus
/* tin_save(ctx, "model.safetensors") */
#define tin_save(ctx_, ...) tin_save_args((struct tin_save_options){.file = __FILE__, .line = __LINE__, .ctx = (ctx_), .path = __VA_ARGS__})
#endif
/* Reads what tin_save writes of the context from a safetensors file. All of it must be there with its shape and dtype, and nothing else
 * (load_state_dict(strict=True)); on an error nothing changes. The file is checked as the reference implementation does. */
bool tin_load_at(const char *file, int line, tin_ctx *ctx, const char *path);
#define tin_load(...) tin_load_at(TIN_HERE, __VA_ARGS__)

/* ================================================================ layers */

/* x @ weight^T + bias. torch.nn.Linear. */
typedef struct tin_linear {
  tin_tensor *weight; /* [out, in] */
  tin_tensor *bias;   /* [out], or NULL */
} tin_linear;
struct tin_linear_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  int64_t in TIN_ZERO;
  int64_t out TIN_ZERO;
  const char *name TIN_ZERO; /* the parameters are called NAME.weight and NAME.bias */
  tin_dtype dtype TIN_ZERO;  /* 0: f32 */
  bool no_bias TIN_ZERO;
};
/* Makes the two parameters, both uniform in +-1 / sqrt(in) as PyTorch does: tin_linear_new(ctx, 784, 512, .name = "fc1"). */
tin_linear tin_linear_new_args(struct tin_linear_options args);
#ifndef __cplusplus
#define tin_linear_new(ctx_, in_, ...)                                                                                                     \
  tin_linear_new_args((struct tin_linear_options){.file = __FILE__, .line = __LINE__, .ctx = (ctx_), .in = (in_), .out = __VA_ARGS__})
#endif
/* x [..., in] -> [..., out]. */
tin_tensor *tin_linear_forward_at(const char *file, int line, const tin_linear *layer, tin_tensor *x);
#define tin_linear_forward(...) tin_linear_forward_at(TIN_HERE, __VA_ARGS__)

/* 0 with probability p, else x / (1 - p). Only for training: leave the call out when evaluating. torch.nn.functional.dropout. */
tin_tensor *tin_dropout_at(const char *file, int line, tin_tensor *x, double p);
#define tin_dropout(...) tin_dropout_at(TIN_HERE, __VA_ARGS__)
/* The same for channels as a whole: each x[n, c, ...] of x [N, C, ...] is 0 with probability p. torch.nn.functional.dropout1d, dropout2d,
 * dropout3d (with a batch). */
tin_tensor *tin_channel_dropout_at(const char *file, int line, tin_tensor *x, double p);
#define tin_dropout1d(...) tin_channel_dropout_at(TIN_HERE, __VA_ARGS__)
#define tin_dropout2d(...) tin_channel_dropout_at(TIN_HERE, __VA_ARGS__)
#define tin_dropout3d(...) tin_channel_dropout_at(TIN_HERE, __VA_ARGS__)

/* tin_embedding with its parameter. torch.nn.Embedding. */
typedef struct tin_embedding_layer {
  tin_tensor *weight; /* [count, size] */
  bool pad;
  int64_t padding_index;
} tin_embedding_layer;
struct tin_embedding_layer_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  int64_t count TIN_ZERO;         /* rows: what an index can name */
  int64_t size TIN_ZERO;          /* of a row */
  bool pad TIN_ZERO;              /* there is a padding_index */
  int64_t padding_index TIN_ZERO; /* the row that is zeros and gets no gradient; negative: from the end */
  const char *name TIN_ZERO;      /* the parameter is called NAME.weight */
  tin_dtype dtype TIN_ZERO;       /* 0: f32 */
};
/* Makes the parameter, normal with mean 0 and deviation 1: tin_embedding_new(ctx, 1000, 64, .name = "tokens"). The padding's row becomes
 * zeros when the context computes next. Error: a padding_index that is no row. */
tin_embedding_layer tin_embedding_new_args(struct tin_embedding_layer_options args);
#ifndef __cplusplus
#define tin_embedding_new(ctx_, count_, ...)                                                                                               \
  tin_embedding_new_args(                                                                                                                  \
      (struct tin_embedding_layer_options){.file = __FILE__, .line = __LINE__, .ctx = (ctx_), .count = (count_), .size = __VA_ARGS__})
#endif
/* index, integers of any shape -> index + [size]. */
tin_tensor *tin_embedding_forward_at(const char *file, int line, const tin_embedding_layer *layer, tin_tensor *index);
#define tin_embedding_forward(...) tin_embedding_forward_at(TIN_HERE, __VA_ARGS__)

/* ================================================================ normalisation
 *
 * Floats (integers are cast to f32); f16 and bf16 are worked on as f32, and the result rounded. weight and bias may be NULL. A variance is
 * the mean of (x - mean)^2, without correction. */

/* (x - mean) / sqrt(variance + eps) * weight + bias over the last axes of x: as many as weight (or bias, without weight) has, which have
 * its shape; over the last one without both. torch.nn.functional.layer_norm, whose normalized_shape is weight's. */
tin_tensor *tin_layer_norm_at(const char *file, int line, tin_tensor *x, tin_tensor *weight, tin_tensor *bias, double eps);
#define tin_layer_norm(...) tin_layer_norm_at(TIN_HERE, __VA_ARGS__)
/* x / sqrt(mean(x^2) + eps) * weight over the last axes, as above. torch.nn.functional.rms_norm; Zhang and Sennrich, "Root mean square
 * layer normalization", 2019. */
tin_tensor *tin_rms_norm_at(const char *file, int line, tin_tensor *x, tin_tensor *weight, double eps);
#define tin_rms_norm(...) tin_rms_norm_at(TIN_HERE, __VA_ARGS__)
/* x [N, C, ...]: as layer_norm, over the channels of each of `groups` equal groups and all that is behind them; weight, bias [C]. Error:
 * groups that do not divide the channels. torch.nn.functional.group_norm; Wu and He, "Group normalization", 2018. */
tin_tensor *tin_group_norm_at(const char *file, int line, tin_tensor *x, int64_t groups, tin_tensor *weight, tin_tensor *bias, double eps);
#define tin_group_norm(...) tin_group_norm_at(TIN_HERE, __VA_ARGS__)
/* x [N, C, size ...]: a group a channel. torch.nn.functional.instance_norm, without running statistics. */
tin_tensor *tin_instance_norm_at(const char *file, int line, tin_tensor *x, tin_tensor *weight, tin_tensor *bias, double eps);
#define tin_instance_norm(...) tin_instance_norm_at(TIN_HERE, __VA_ARGS__)

struct tin_batch_norm_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  tin_tensor *running_mean TIN_ZERO; /* [C], variables where training updates them; NULL when training: none */
  tin_tensor *running_var TIN_ZERO;
  tin_tensor *weight TIN_ZERO; /* [C]; NULL: none */
  tin_tensor *bias TIN_ZERO;
  bool training TIN_ZERO;
  double momentum TIN_ZERO; /* 0: 0.1; negative: 0 */
  double eps TIN_ZERO;      /* 0: 1e-5 */
};
/* (x - mean) / sqrt(variance + eps) * weight + bias, x [N, C, ...], by channel. Without .training mean and variance are the running ones;
 * with it those of the channel in x, through which gradients flow, and the running ones are assigned (tin_assign) (1 - momentum) * running
 * + momentum * those, the variance with Bessel's correction n / (n - 1). Errors: one value a channel in training, none to learn from
 * otherwise. tin_batch_norm(x, mean, var, .weight = w, .bias = b, .training = true). torch.nn.functional.batch_norm; Ioffe and Szegedy,
 * "Batch normalization", 2015. */
tin_tensor *tin_batch_norm_args(struct tin_batch_norm_options args);
#ifndef __cplusplus
#define tin_batch_norm(x_, running_mean_, ...)                                                                                             \
  tin_batch_norm_args((struct tin_batch_norm_options){                                                                                     \
      .file = __FILE__, .line = __LINE__, .x = (x_), .running_mean = (running_mean_), .running_var = __VA_ARGS__})
#endif

struct tin_local_response_norm_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t size TIN_ZERO; /* neighbours, the channel itself among them */
  double alpha TIN_ZERO; /* 0: 1e-4 */
  double beta TIN_ZERO;  /* 0: 0.75 */
  double k TIN_ZERO;     /* 0: 1 */
};
/* x / (k + alpha * a)^beta, x [N, C, size ...], where a is the mean of x^2 over the channels c - size / 2 .. c + (size - 1) / 2, those that
 * do not exist counting as 0. tin_local_response_norm(x, 5). torch.nn.functional.local_response_norm. */
tin_tensor *tin_local_response_norm_args(struct tin_local_response_norm_options args);
#ifndef __cplusplus
#define tin_local_response_norm(x_, ...)                                                                                                   \
  tin_local_response_norm_args((struct tin_local_response_norm_options){.file = __FILE__, .line = __LINE__, .x = (x_), .size = __VA_ARGS__})
#endif

/* x / max(norm, eps), norm being tin_norm of order p along the axis; where that is below eps no gradient flows through it.
 * tin_normalize(x, 2, 1, 1e-12). torch.nn.functional.normalize. */
tin_tensor *tin_normalize_at(const char *file, int line, tin_tensor *x, double p, int axis, double eps);
#define tin_normalize(...) tin_normalize_at(TIN_HERE, __VA_ARGS__)

/* One of the normalisations with its parameters. torch.nn.BatchNorm1d, 2d, 3d, LayerNorm, RMSNorm, GroupNorm, InstanceNorm1d, 2d, 3d. */
typedef struct tin_norm_layer {
  enum tin_norm_kind { TIN_BATCH_NORM, TIN_LAYER_NORM, TIN_RMS_NORM, TIN_GROUP_NORM, TIN_INSTANCE_NORM } kind;
  tin_shape shape;          /* of the parameters */
  tin_tensor *weight;       /* ones at first, or NULL */
  tin_tensor *bias;         /* zeros, or NULL */
  tin_tensor *running_mean; /* batch norm: states, zeros and ones */
  tin_tensor *running_var;
  int64_t groups;
  double momentum, eps;
} tin_norm_layer;
struct tin_norm_layer_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  tin_shape shape TIN_ZERO;  /* layer and rms norm: of the last axes */
  int64_t channels TIN_ZERO; /* the others */
  int64_t groups TIN_ZERO;   /* group norm */
  const char *name TIN_ZERO; /* the parameters are called NAME.weight and NAME.bias, the states NAME.running_mean and NAME.running_var */
  tin_dtype dtype TIN_ZERO;  /* 0: f32 */
  double momentum TIN_ZERO;  /* batch norm; 0: 0.1; negative: 0 */
  double eps TIN_ZERO;       /* 0: 1e-5; rms norm: the distance from 1 to the next number of the dtype */
  bool no_weight TIN_ZERO;   /* neither weight nor bias: PyTorch's affine=False */
  bool no_bias TIN_ZERO;
  bool affine TIN_ZERO; /* instance norm, which has no weight and bias otherwise */
};
/* tin_batch_norm_new(ctx, 64, .name = "bn1"); tin_instance_norm_new(ctx, 64, .affine = true); tin_group_norm_new(ctx, 8, 64);
 * tin_layer_norm_new(ctx, TIN_SHAPE(512)). */
tin_norm_layer tin_batch_norm_new_args(struct tin_norm_layer_options args);
tin_norm_layer tin_instance_norm_new_args(struct tin_norm_layer_options args);
tin_norm_layer tin_group_norm_new_args(struct tin_norm_layer_options args);
tin_norm_layer tin_layer_norm_new_args(struct tin_norm_layer_options args);
tin_norm_layer tin_rms_norm_new_args(struct tin_norm_layer_options args);
#ifndef __cplusplus
#define TIN_NORM_LAYER(function, ctx_, ...)                                                                                                \
  function((struct tin_norm_layer_options){.file = __FILE__, .line = __LINE__, .ctx = (ctx_), __VA_ARGS__})
#define tin_batch_norm_new(ctx, ...) TIN_NORM_LAYER(tin_batch_norm_new_args, ctx, .channels = __VA_ARGS__)
#define tin_instance_norm_new(ctx, ...) TIN_NORM_LAYER(tin_instance_norm_new_args, ctx, .channels = __VA_ARGS__)
#define tin_group_norm_new(ctx, groups_, ...) TIN_NORM_LAYER(tin_group_norm_new_args, ctx, .groups = (groups_), .channels = __VA_ARGS__)
#define tin_layer_norm_new(ctx, ...) TIN_NORM_LAYER(tin_layer_norm_new_args, ctx, .shape = __VA_ARGS__)
#define tin_rms_norm_new(ctx, ...) TIN_NORM_LAYER(tin_rms_norm_new_args, ctx, .shape = __VA_ARGS__)
#endif
/* training: that of tin_batch_norm; the other kinds do the same in either case. The states are no parameters, but tin_save
 * writes them. */
tin_tensor *tin_norm_forward_at(const char *file, int line, const tin_norm_layer *layer, tin_tensor *x, bool training);
#define tin_norm_forward(...) tin_norm_forward_at(TIN_HERE, __VA_ARGS__)

/* ================================================================ attention */

struct tin_attention_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *query TIN_ZERO;
  tin_tensor *key TIN_ZERO;
  tin_tensor *value TIN_ZERO;
  tin_tensor *mask TIN_ZERO; /* bool: true where a query attends to a key; floats: added to the scores. NULL: none */
  bool causal TIN_ZERO;      /* query i attends to keys 0 .. i only; goes with a mask too */
  double scale TIN_ZERO;     /* 0: 1 / sqrt(E) */
  double dropout TIN_ZERO;   /* probability, of the weights; 0 when evaluating */
};
/* softmax(scale * query key^T + mask) value along the keys, for query [..., L, E], key [..., S, E], value [..., S, F] -> [..., L, F].
 * Leading axes broadcast; axis -3 is that of heads, and where key and value have fewer than query, each serves query's heads in turn: head
 * h attends to head h / (query's / key's), PyTorch's enable_gqa. mask broadcasts to [..., L, S]. Causal with L != S counts both from the
 * first (PyTorch's lower triangle); for queries at the end of a cache, mask. Where a query attends to nothing its result and gradients are
 * 0, as in PyTorch from 2.5 on (NaN before that). f16 and bf16 are worked on as f32. Gradients flow to a mask of floats too. Errors: E, S,
 * heads or the mask that do not fit; an integer mask. tin_attention(q, k, v, .causal = true).
 * torch.nn.functional.scaled_dot_product_attention; Vaswani and others, "Attention is all you need", 2017. */
tin_tensor *tin_attention_args(struct tin_attention_options args);
#ifndef __cplusplus
#define tin_attention(query_, key_, ...)                                                                                                   \
  tin_attention_args(                                                                                                                      \
      (struct tin_attention_options){.file = __FILE__, .line = __LINE__, .query = (query_), .key = (key_), .value = __VA_ARGS__})
#endif

struct tin_rope_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  tin_tensor *positions TIN_ZERO; /* [T] or what broadcasts to x's shape without its last axis; NULL: 0, 1, ... */
  double base TIN_ZERO;           /* 0: 10000 */
  bool interleaved TIN_ZERO;      /* pairs are features 2 i and 2 i + 1 (GPT-J, the paper); else i and i + E / 2 (GPT-NeoX, Llama) */
};
/* Rotary positions: each pair of features of x [..., T, E] is turned by the angle position * base^(-2 i / E), i the number of the pair:
 * (a cos - b sin, b cos + a sin). E is even. For a cache the positions are its offset + 0, 1, ..., a tensor: no new plan for each.
 * tin_rope(q, .positions = p). Su and others, "RoFormer", 2021. */
tin_tensor *tin_rope_args(struct tin_rope_options args);
#ifndef __cplusplus
#define tin_rope(...) tin_rope_args((struct tin_rope_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif
/* [count, size]: sin(p / 10000^(2 i / size)) at 2 i, the cosine at 2 i + 1, of position p; size is even. Computed in f64. Vaswani and
 * others, 2017. */
tin_tensor *tin_sinusoidal_positions_at(const char *file, int line, tin_ctx *ctx, tin_dtype dtype, int64_t count, int64_t size);
#define tin_sinusoidal_positions(...) tin_sinusoidal_positions_at(TIN_HERE, __VA_ARGS__)

/* Attention of several heads between linear layers. torch.nn.MultiheadAttention with batch_first. */
typedef struct tin_multihead_attention {
  tin_tensor *in_proj_weight; /* [3 size, size]: of query, key, value */
  tin_tensor *in_proj_bias;   /* [3 size], or NULL */
  tin_linear out_proj;
  int64_t heads;
} tin_multihead_attention;
struct tin_multihead_attention_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  int64_t size TIN_ZERO;  /* features: PyTorch's embed_dim */
  int64_t heads TIN_ZERO; /* of size / heads features each */
  const char *name
      TIN_ZERO;             /* the parameters are called NAME.in_proj_weight, NAME.in_proj_bias, NAME.out_proj.weight, NAME.out_proj.bias */
  tin_dtype dtype TIN_ZERO; /* 0: f32 */
  bool no_bias TIN_ZERO;
};
/* Makes the parameters as PyTorch does: in_proj_weight uniform in +-sqrt(6 / (4 size)), out_proj.weight in +-1 / sqrt(size), biases 0.
 * tin_multihead_attention_new(ctx, 64, 8, .name = "attention"). Error: heads that do not divide the size. */
tin_multihead_attention tin_multihead_attention_new_args(struct tin_multihead_attention_options args);
/* query [..., L, size], key and value [..., S, size] -> [..., L, size]; mask broadcasts to [..., heads, L, S], true meaning attend
 * (PyTorch's class means the opposite). tin_multihead_attention_forward(&layer, x, x, x, .causal = true). */
tin_tensor *tin_multihead_attention_forward_args(const tin_multihead_attention *layer, struct tin_attention_options args);
#ifndef __cplusplus
#define tin_multihead_attention_new(ctx_, size_, ...)                                                                                      \
  tin_multihead_attention_new_args(                                                                                                        \
      (struct tin_multihead_attention_options){.file = __FILE__, .line = __LINE__, .ctx = (ctx_), .size = (size_), .heads = __VA_ARGS__})
#define tin_multihead_attention_forward(layer_, query_, key_, ...)                                                                         \
  tin_multihead_attention_forward_args(                                                                                                    \
      (layer_),                                                                                                                            \
      (struct tin_attention_options){.file = __FILE__, .line = __LINE__, .query = (query_), .key = (key_), .value = __VA_ARGS__})
#endif

/* ================================================================ recurrent layers
 *
 * With W, b the rows of weight and bias that belong to a gate, s the sigmoid, * by element, x the input and h the state:
 *
 *   tanh, relu   h' = tanh or relu(Wi x + bi + Wh h + bh)
 *   GRU          r, z = s(Wi x + bi + Wh h + bh);  n = tanh(Wi x + bi + r * (Wh h + bh));  h' = (1 - z) * n + z * h
 *   LSTM         i, f, o = s(Wi x + bi + Wh h + bh);  g = tanh(same);  c' = f * c + i * g;  h' = o * tanh(c')
 *
 * with the gates one below the other in the order r z n, i f g o: PyTorch's. f16 and bf16 are worked on as f32 from the first step to the
 * last. Cho and others, 2014 (GRU, with the reset behind the product as in cuDNN); Hochreiter and Schmidhuber, 1997 (LSTM). */

typedef enum tin_rnn_kind { TIN_RNN_TANH, TIN_RNN_RELU, TIN_GRU, TIN_LSTM } tin_rnn_kind;

/* h, and c of an LSTM; NULL going in: zeros. */
typedef struct tin_rnn_state {
  tin_tensor *h;
  tin_tensor *c;
} tin_rnn_state;

/* One step. torch.nn.RNNCell, GRUCell, LSTMCell. */
typedef struct tin_rnn_cell {
  enum tin_rnn_kind kind;
  tin_tensor *weight_ih; /* [gates * hidden, in] */
  tin_tensor *weight_hh; /* [gates * hidden, hidden] */
  tin_tensor *bias_ih;   /* [gates * hidden], or NULL */
  tin_tensor *bias_hh;
} tin_rnn_cell;

enum { TIN_RNN_CELLS = 16 };
/* Layers of cells along a sequence. torch.nn.RNN, GRU, LSTM (for dropout between layers: several of one layer, and tin_dropout). */
typedef struct tin_rnn {
  int layers;
  bool bidirectional;
  bool batch_first;
  tin_rnn_cell cell[TIN_RNN_CELLS]; /* of layer l forward at l, or at 2 l and backward at 2 l + 1 */
} tin_rnn;

struct tin_rnn_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  tin_rnn_kind kind TIN_ZERO;
  int64_t in TIN_ZERO;
  int64_t hidden TIN_ZERO;
  const char *name TIN_ZERO; /* cells: NAME.weight_ih ...; layers: NAME.weight_ih_l0 ..., NAME.weight_ih_l0_reverse ... */
  tin_dtype dtype TIN_ZERO;  /* 0: f32 */
  bool no_bias TIN_ZERO;
  int layers TIN_ZERO; /* from here on not of cells; 0: 1 */
  bool bidirectional TIN_ZERO;
  bool batch_first TIN_ZERO; /* sequences are [N, T, in], not [T, N, in] */
};
/* Make the parameters, all uniform in +-1 / sqrt(hidden): tin_rnn_cell_new(ctx, TIN_GRU, 16, 32), tin_rnn_new(ctx, TIN_LSTM, 16, 32,
 * .layers = 2, .name = "lstm"). Errors: no such kind or sizes, more than TIN_RNN_CELLS cells. */
tin_rnn_cell tin_rnn_cell_new_args(struct tin_rnn_options args);
tin_rnn tin_rnn_new_args(struct tin_rnn_options args);
#ifndef __cplusplus
#define TIN_RNN(function, ctx_, kind_, in_, ...)                                                                                           \
  function((struct tin_rnn_options){.file = __FILE__, .line = __LINE__, .ctx = (ctx_), .kind = (kind_), .in = (in_), .hidden = __VA_ARGS__})
#define tin_rnn_cell_new(ctx, kind, in, ...) TIN_RNN(tin_rnn_cell_new_args, ctx, kind, in, __VA_ARGS__)
#define tin_rnn_new(ctx, kind, in, ...) TIN_RNN(tin_rnn_new_args, ctx, kind, in, __VA_ARGS__)
#endif
/* x [..., in], state [..., hidden] -> the next state: state = tin_rnn_cell_forward(&cell, x, state), first (tin_rnn_state){0}. */
tin_rnn_state tin_rnn_cell_forward_at(const char *file, int line, const tin_rnn_cell *cell, tin_tensor *x, tin_rnn_state state);
#define tin_rnn_cell_forward(...) tin_rnn_cell_forward_at(TIN_HERE, __VA_ARGS__)
/* x [T, N, in] (or [N, T, in] with .batch_first, or [T, in]) -> the last layer's h at every step, [T, N, hidden], both directions one
 * behind the other. State going in and, unless end is NULL, coming out in *end: [cells, N, hidden]. The graph has all T steps, so a new T
 * is a new plan. Errors: no steps, shapes that do not fit. tin_rnn_forward(&rnn, x, (tin_rnn_state){0}, &end). */
tin_tensor *tin_rnn_forward_at(const char *file, int line, const tin_rnn *rnn, tin_tensor *x, tin_rnn_state state, tin_rnn_state *end);
#define tin_rnn_forward(...) tin_rnn_forward_at(TIN_HERE, __VA_ARGS__)

/* ================================================================ activations
 *
 * Elementwise, as in torch.nn.functional; floats (integers are cast to f32). NaN passes, and neither values nor gradients overflow where
 * PyTorch's do not. At a kink the gradient is PyTorch's, which is said here. tin_relu, tin_sigmoid and tin_tanh are in tinsmith.h. */

tin_tensor *tin_quick_gelu_at(const char *file, int line, tin_tensor *x); /* x sigmoid(1.702 x) */
tin_tensor *tin_silu_at(const char *file, int line, tin_tensor *x);       /* x sigmoid(x). torch's silu, also called swish */
/* x tanh(log(1 + e^x)) (Misra, "Mish", 2019). */
tin_tensor *tin_mish_at(const char *file, int line, tin_tensor *x);
/* s x where x > 0, s t (e^x - 1) elsewhere, s = 1.0507..., t = 1.6732... as in Klambauer and others, "Self-normalizing neural networks",
 * 2017. Gradient s t at 0. */
tin_tensor *tin_selu_at(const char *file, int line, tin_tensor *x);
tin_tensor *tin_relu6_at(const char *file, int line, tin_tensor *x);        /* min(max(x, 0), 6); gradient 0 at 0 and 6 */
tin_tensor *tin_squared_relu_at(const char *file, int line, tin_tensor *x); /* max(x, 0)^2 (So and others, "Primer", 2021) */
/* x hardsigmoid(x); gradient 0 at -3 and 1 at 3 (PyTorch before 2.8: -1/2 at -3). */
tin_tensor *tin_hardswish_at(const char *file, int line, tin_tensor *x);
tin_tensor *tin_hardsigmoid_at(const char *file, int line, tin_tensor *x); /* min(max(x + 3, 0), 6) / 6; gradient 0 at -3 and 3 */
tin_tensor *tin_logsigmoid_at(const char *file, int line, tin_tensor *x);  /* -log(1 + e^-x) */
tin_tensor *tin_softsign_at(const char *file, int line, tin_tensor *x);    /* x / (1 + |x|) */
tin_tensor *tin_tanhshrink_at(const char *file, int line, tin_tensor *x);  /* x - tanh(x) */
/* x where x > threshold, value elsewhere; gradient 0 at the threshold. */
tin_tensor *tin_threshold_at(const char *file, int line, tin_tensor *x, double threshold, double value);
/* x where x > 0, weight x elsewhere; weight of one element, or of one for each channel, axis 1 of x. Gradient at 0: that of weight x. */
tin_tensor *tin_prelu_at(const char *file, int line, tin_tensor *x, tin_tensor *weight);
#define tin_quick_gelu(...) tin_quick_gelu_at(TIN_HERE, __VA_ARGS__)
#define tin_silu(...) tin_silu_at(TIN_HERE, __VA_ARGS__)
#define tin_mish(...) tin_mish_at(TIN_HERE, __VA_ARGS__)
#define tin_selu(...) tin_selu_at(TIN_HERE, __VA_ARGS__)
#define tin_relu6(...) tin_relu6_at(TIN_HERE, __VA_ARGS__)
#define tin_squared_relu(...) tin_squared_relu_at(TIN_HERE, __VA_ARGS__)
#define tin_hardswish(...) tin_hardswish_at(TIN_HERE, __VA_ARGS__)
#define tin_hardsigmoid(...) tin_hardsigmoid_at(TIN_HERE, __VA_ARGS__)
#define tin_logsigmoid(...) tin_logsigmoid_at(TIN_HERE, __VA_ARGS__)
#define tin_softsign(...) tin_softsign_at(TIN_HERE, __VA_ARGS__)
#define tin_tanhshrink(...) tin_tanhshrink_at(TIN_HERE, __VA_ARGS__)
#define tin_threshold(...) tin_threshold_at(TIN_HERE, __VA_ARGS__)
#define tin_prelu(...) tin_prelu_at(TIN_HERE, __VA_ARGS__)

struct tin_activation_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  double alpha TIN_ZERO;            /* elu, celu; 0: 1 */
  double slope TIN_ZERO;            /* leaky_relu's negative_slope; 0: 0.01 */
  double beta TIN_ZERO;             /* softplus; 0: 1 */
  double threshold TIN_ZERO;        /* softplus; 0: 20 */
  double lambda TIN_ZERO;           /* softshrink, hardshrink; 0: 0.5 */
  double low TIN_ZERO;              /* hardtanh's min_val, rrelu's lower; with high 0 too: -1, rrelu 1/8 */
  double high TIN_ZERO;             /* hardtanh's max_val, rrelu's upper; with low 0 too: 1, rrelu 1/3 */
  const char *approximate TIN_ZERO; /* gelu: "none" (NULL too) or "tanh" */
};
/* x (1 + erf(x / sqrt 2)) / 2, or x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (Hendrycks and Gimpel, "Gaussian error linear units",
 * 2016). Error: another approximate. tin_gelu(x), tin_gelu(x, .approximate = "tanh"). */
tin_tensor *tin_gelu_args(struct tin_activation_options args);
/* log(1 + e^(beta x)) / beta, x where beta x > threshold. */
tin_tensor *tin_softplus_args(struct tin_activation_options args);
/* x where x > 0, alpha (e^x - 1) elsewhere; gradient alpha at 0. */
tin_tensor *tin_elu_args(struct tin_activation_options args);
/* x where x > 0, alpha (e^(x / alpha) - 1) elsewhere. */
tin_tensor *tin_celu_args(struct tin_activation_options args);
/* x where x > 0, slope x elsewhere; gradient slope at 0. */
tin_tensor *tin_leaky_relu_args(struct tin_activation_options args);
/* leaky_relu of slope (low + high) / 2: PyTorch's rrelu when evaluating. */
tin_tensor *tin_rrelu_args(struct tin_activation_options args);
/* min(max(x, low), high); gradient 0 at both. Error: low not below high. */
tin_tensor *tin_hardtanh_args(struct tin_activation_options args);
/* x - lambda where x > lambda, x + lambda where x < -lambda, else 0. */
tin_tensor *tin_softshrink_args(struct tin_activation_options args);
/* x where |x| > lambda, else 0. */
tin_tensor *tin_hardshrink_args(struct tin_activation_options args);
#ifndef __cplusplus
#define TIN_ACTIVATION(function, ...) function((struct tin_activation_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_gelu(...) TIN_ACTIVATION(tin_gelu_args, __VA_ARGS__)
#define tin_softplus(...) TIN_ACTIVATION(tin_softplus_args, __VA_ARGS__)
#define tin_elu(...) TIN_ACTIVATION(tin_elu_args, __VA_ARGS__)
#define tin_celu(...) TIN_ACTIVATION(tin_celu_args, __VA_ARGS__)
#define tin_leaky_relu(...) TIN_ACTIVATION(tin_leaky_relu_args, __VA_ARGS__)
#define tin_rrelu(...) TIN_ACTIVATION(tin_rrelu_args, __VA_ARGS__)
#define tin_hardtanh(...) TIN_ACTIVATION(tin_hardtanh_args, __VA_ARGS__)
#define tin_softshrink(...) TIN_ACTIVATION(tin_softshrink_args, __VA_ARGS__)
#define tin_hardshrink(...) TIN_ACTIVATION(tin_hardshrink_args, __VA_ARGS__)
#endif

/* With a, b = the halves of x along an axis (errors: an odd size): a sigmoid(b) (torch.nn.functional.glu), a relu(b), a gelu(b), a silu(b)
 * (Shazeer, "GLU variants improve transformer", 2020, where the gate comes first). */
tin_tensor *tin_glu_at(const char *file, int line, tin_tensor *x, int axis);
tin_tensor *tin_reglu_at(const char *file, int line, tin_tensor *x, int axis);
tin_tensor *tin_geglu_at(const char *file, int line, tin_tensor *x, int axis);
tin_tensor *tin_swiglu_at(const char *file, int line, tin_tensor *x, int axis);
/* tin_softmax of -x. torch.nn.functional.softmin. */
tin_tensor *tin_softmin_at(const char *file, int line, tin_tensor *x, int axis);
struct tin_gumbel_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int axis TIN_ZERO;
  double tau TIN_ZERO; /* temperature; 0: 1 */
  bool hard TIN_ZERO;  /* 1 at the largest, 0 elsewhere, with the gradient of the soft result */
};
/* A softened draw of a class along the axis with probabilities softmax(x): softmax((x + e) / tau), e = -log(-log(u)) for u uniform in (0,
 * 1) (Jang, Gu and Poole, "Categorical reparameterization with Gumbel-softmax", 2017). tin_gumbel_softmax(x, -1, .hard = true).
 * torch.nn.functional.gumbel_softmax. */
tin_tensor *tin_gumbel_softmax_args(struct tin_gumbel_options args);
#ifndef __cplusplus
#define tin_gumbel_softmax(x_, ...)                                                                                                        \
  tin_gumbel_softmax_args((struct tin_gumbel_options){.file = __FILE__, .line = __LINE__, .x = (x_), .axis = __VA_ARGS__})
#endif
#define tin_glu(...) tin_glu_at(TIN_HERE, __VA_ARGS__)
#define tin_reglu(...) tin_reglu_at(TIN_HERE, __VA_ARGS__)
#define tin_geglu(...) tin_geglu_at(TIN_HERE, __VA_ARGS__)
#define tin_swiglu(...) tin_swiglu_at(TIN_HERE, __VA_ARGS__)
#define tin_softmin(...) tin_softmin_at(TIN_HERE, __VA_ARGS__)

/* ================================================================ convolution
 *
 * x [N, C, spatial ...], or [C, spatial ...] without a batch; one spatial axis in the 1d functions, two, three in the others. Options with
 * a number an axis are written for every spatial axis, .stride = {2, 2}: PyTorch's stride=2. Floats (integers are cast to f32). */

struct tin_conv_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  tin_tensor *weight TIN_ZERO;
  tin_tensor *bias TIN_ZERO;          /* [out]; NULL: none */
  int64_t stride[3] TIN_ZERO;         /* by axis; none: 1 */
  int64_t padding[3] TIN_ZERO;        /* zeros on both sides, by axis; for other paddings, tin_pad first */
  int64_t dilation[3] TIN_ZERO;       /* between the elements of the kernel, by axis; none: 1 */
  int64_t output_padding[3] TIN_ZERO; /* transposed only: added to the size of the result, behind */
  int64_t groups TIN_ZERO;            /* 0: 1 */
  bool same TIN_ZERO;                 /* PyTorch's padding="same"; stride 1, not transposed */
};
/* out[n, o, p ...] = bias[o] + sum over c, k ... of x[n, c, p * stride - padding + k * dilation ...] * weight[o, c, k ...], where c runs
 * over the channels of o's group; weight [out, in / groups, kernel ...]. Sizes: (in + 2 padding - dilation (kernel - 1) - 1) / stride + 1.
 * Windows are never written to memory, in the gradients neither. torch.nn.functional.conv1d, conv2d, conv3d. Errors: ranks, channels,
 * groups and bias that do not fit; a kernel larger than the padded axis. tin_conv2d(x, weight, .bias = b, .stride = {2, 2}, .padding = {1,
 * 1}). The padding adds terms 0 * weight, and the gradient for x of a strided convolution has such terms between its elements: an infinite
 * or NaN weight makes them NaN. */
tin_tensor *tin_conv1d_args(struct tin_conv_options args);
tin_tensor *tin_conv2d_args(struct tin_conv_options args);
tin_tensor *tin_conv3d_args(struct tin_conv_options args);
/* The transpose of the above as a linear map of x: the gradient of a convolution of these options for its x, plus bias; weight
 * [in, out / groups, kernel ...]. Sizes: (in - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1.
 * torch.nn.functional.conv_transpose1d, conv_transpose2d, conv_transpose3d. */
tin_tensor *tin_conv_transpose1d_args(struct tin_conv_options args);
tin_tensor *tin_conv_transpose2d_args(struct tin_conv_options args);
tin_tensor *tin_conv_transpose3d_args(struct tin_conv_options args);
#ifndef __cplusplus
#define TIN_CONV(function, x_, ...)                                                                                                        \
  function((struct tin_conv_options){.file = __FILE__, .line = __LINE__, .x = (x_), .weight = __VA_ARGS__})
#define tin_conv1d(...) TIN_CONV(tin_conv1d_args, __VA_ARGS__)
#define tin_conv2d(...) TIN_CONV(tin_conv2d_args, __VA_ARGS__)
#define tin_conv3d(...) TIN_CONV(tin_conv3d_args, __VA_ARGS__)
#define tin_conv_transpose1d(...) TIN_CONV(tin_conv_transpose1d_args, __VA_ARGS__)
#define tin_conv_transpose2d(...) TIN_CONV(tin_conv_transpose2d_args, __VA_ARGS__)
#define tin_conv_transpose3d(...) TIN_CONV(tin_conv_transpose3d_args, __VA_ARGS__)
#endif

/* A convolution with its parameters. torch.nn.Conv1d, Conv2d, Conv3d, and ConvTranspose1d and so on. */
typedef struct tin_conv {
  tin_tensor *weight; /* [out, in / groups, kernel ...]; transposed: [in, out / groups, kernel ...] */
  tin_tensor *bias;   /* [out], or NULL */
  int dims;           /* spatial axes */
  bool transposed;
  struct tin_conv_options options; /* those of every call */
} tin_conv;
struct tin_conv_layer_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_ctx *ctx TIN_ZERO;
  int64_t in TIN_ZERO;
  int64_t out TIN_ZERO;
  int64_t kernel[3] TIN_ZERO; /* one to three numbers: as many spatial axes */
  int64_t stride[3] TIN_ZERO; /* from here to same: as in struct tin_conv_options */
  int64_t padding[3] TIN_ZERO;
  int64_t dilation[3] TIN_ZERO;
  int64_t output_padding[3] TIN_ZERO;
  int64_t groups TIN_ZERO;
  bool same TIN_ZERO;
  bool transposed TIN_ZERO;
  const char *name TIN_ZERO; /* the parameters are called NAME.weight and NAME.bias */
  tin_dtype dtype TIN_ZERO;  /* 0: f32 */
  bool no_bias TIN_ZERO;
};
/* Makes the parameters, uniform in +-1 / sqrt(n) as PyTorch does, n the product of all sizes of the weight but the first:
 * tin_conv_new(ctx, 3, 64, .kernel = {3, 3}, .padding = {1, 1}, .name = "conv1"). Errors: no kernel, channels that groups do not divide. */
tin_conv tin_conv_new_args(struct tin_conv_layer_options args);
#ifndef __cplusplus
#define tin_conv_new(ctx_, in_, ...)                                                                                                       \
  tin_conv_new_args((struct tin_conv_layer_options){.file = __FILE__, .line = __LINE__, .ctx = (ctx_), .in = (in_), .out = __VA_ARGS__})
#endif
/* x [N, in, spatial ...] -> [N, out, spatial ...]. */
tin_tensor *tin_conv_forward_at(const char *file, int line, const tin_conv *layer, tin_tensor *x);
#define tin_conv_forward(...) tin_conv_forward_at(TIN_HERE, __VA_ARGS__)

/* ================================================================ pools
 *
 * x [N, C, spatial ...] or [C, spatial ...], as for convolutions. */

struct tin_pool_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t kernel[3] TIN_ZERO;        /* by axis */
  int64_t stride[3] TIN_ZERO;        /* by axis; none: the kernel */
  int64_t padding[3] TIN_ZERO;       /* on both sides, by axis; at most half of the kernel */
  int64_t dilation[3] TIN_ZERO;      /* max: by axis; none: 1 */
  bool ceil_mode TIN_ZERO;           /* also a last window that ends behind the padding, if it begins before it */
  bool exclude_padding TIN_ZERO;     /* avg: divides by the elements inside only. PyTorch's count_include_pad=False */
  int64_t divisor_override TIN_ZERO; /* avg: divides by this; 0: by the number of elements */
  tin_tensor **indices TIN_ZERO;     /* max: gets where in its plane each result was, row-major, i64. PyTorch's return_indices */
};
/* The largest element of each window; any dtype, NaN wins. The first of equal ones (row-major) gets the gradient, as in PyTorch. Padding
 * never wins. Sizes: (in + 2 padding - dilation (kernel - 1) - 1) / stride + 1. Errors: a rank that does not fit, a kernel that is missing
 * or larger than the padded axis. torch.nn.functional.max_pool1d, max_pool2d, max_pool3d. tin_max_pool2d(x, .kernel = {2, 2}). */
tin_tensor *tin_max_pool1d_args(struct tin_pool_options args);
tin_tensor *tin_max_pool2d_args(struct tin_pool_options args);
tin_tensor *tin_max_pool3d_args(struct tin_pool_options args);
/* The mean of each window, padding counting as zeros; floats (integers are cast to f32). torch.nn.functional.avg_pool1d, avg_pool2d,
 * avg_pool3d. */
tin_tensor *tin_avg_pool1d_args(struct tin_pool_options args);
tin_tensor *tin_avg_pool2d_args(struct tin_pool_options args);
tin_tensor *tin_avg_pool3d_args(struct tin_pool_options args);

struct tin_adaptive_pool_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t size[3] TIN_ZERO;      /* of the result, by axis; 0: as x */
  tin_tensor **indices TIN_ZERO; /* max: as above */
};
/* Pools to a given size: window i of an axis is floor(i in / out) .. ceil((i + 1) in / out) - 1. Size 1: over all positions.
 * torch.nn.functional.adaptive_avg_pool2d, adaptive_max_pool2d and so on. tin_adaptive_avg_pool2d(x, .size = {1, 1}). */
tin_tensor *tin_adaptive_avg_pool1d_args(struct tin_adaptive_pool_options args);
tin_tensor *tin_adaptive_avg_pool2d_args(struct tin_adaptive_pool_options args);
tin_tensor *tin_adaptive_avg_pool3d_args(struct tin_adaptive_pool_options args);
tin_tensor *tin_adaptive_max_pool1d_args(struct tin_adaptive_pool_options args);
tin_tensor *tin_adaptive_max_pool2d_args(struct tin_adaptive_pool_options args);
tin_tensor *tin_adaptive_max_pool3d_args(struct tin_adaptive_pool_options args);
#ifndef __cplusplus
#define TIN_POOL(function, ...) function((struct tin_pool_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_max_pool1d(...) TIN_POOL(tin_max_pool1d_args, __VA_ARGS__)
#define tin_max_pool2d(...) TIN_POOL(tin_max_pool2d_args, __VA_ARGS__)
#define tin_max_pool3d(...) TIN_POOL(tin_max_pool3d_args, __VA_ARGS__)
#define tin_avg_pool1d(...) TIN_POOL(tin_avg_pool1d_args, __VA_ARGS__)
#define tin_avg_pool2d(...) TIN_POOL(tin_avg_pool2d_args, __VA_ARGS__)
#define tin_avg_pool3d(...) TIN_POOL(tin_avg_pool3d_args, __VA_ARGS__)
#define TIN_ADAPTIVE_POOL(function, ...) function((struct tin_adaptive_pool_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#define tin_adaptive_avg_pool1d(...) TIN_ADAPTIVE_POOL(tin_adaptive_avg_pool1d_args, __VA_ARGS__)
#define tin_adaptive_avg_pool2d(...) TIN_ADAPTIVE_POOL(tin_adaptive_avg_pool2d_args, __VA_ARGS__)
#define tin_adaptive_avg_pool3d(...) TIN_ADAPTIVE_POOL(tin_adaptive_avg_pool3d_args, __VA_ARGS__)
#define tin_adaptive_max_pool1d(...) TIN_ADAPTIVE_POOL(tin_adaptive_max_pool1d_args, __VA_ARGS__)
#define tin_adaptive_max_pool2d(...) TIN_ADAPTIVE_POOL(tin_adaptive_max_pool2d_args, __VA_ARGS__)
#define tin_adaptive_max_pool3d(...) TIN_ADAPTIVE_POOL(tin_adaptive_max_pool3d_args, __VA_ARGS__)
#endif

/* ================================================================ resizing */

typedef enum tin_interpolation {
  TIN_NEAREST,       /* element floor(o in / out): PyTorch's "nearest" */
  TIN_NEAREST_EXACT, /* element floor((o + 1/2) in / out): PyTorch's "nearest-exact", Pillow's nearest */
  TIN_LINEAR,        /* PyTorch's "linear", "bilinear", "trilinear", by the number of spatial axes */
  TIN_CUBIC          /* PyTorch's "bicubic": cubic convolution (Keys 1981) with a = -3/4, for any number of axes */
} tin_interpolation;
struct tin_interpolate_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *x TIN_ZERO;
  int64_t size[3] TIN_ZERO;        /* of the result, by spatial axis; or */
  double scale_factor[3] TIN_ZERO; /* floor(in scale_factor), by spatial axis */
  tin_interpolation mode TIN_ZERO;
  bool align_corners TIN_ZERO; /* linear, cubic: the outermost elements' centres fall together, not their borders */
};
/* x [N, C, spatial ...] at another size, axis by axis. Linear and cubic: floats (integers are cast to f32); nearest: any dtype. Elements
 * outside of x are those of its border. torch.nn.functional.interpolate; mode "area" is tin_adaptive_avg_pool2d.
 * tin_interpolate(x, .scale_factor = {2, 2}, .mode = TIN_LINEAR). */
tin_tensor *tin_interpolate_args(struct tin_interpolate_options args);
#ifndef __cplusplus
#define tin_interpolate(...) tin_interpolate_args((struct tin_interpolate_options){.file = __FILE__, .line = __LINE__, .x = __VA_ARGS__})
#endif

/* ================================================================ losses */

/* What is made of the values of a loss; BATCH_MEAN: the sum divided by the size of the first axis. */
typedef enum tin_reduction { TIN_REDUCE_MEAN, TIN_REDUCE_SUM, TIN_REDUCE_NONE, TIN_REDUCE_BATCH_MEAN } tin_reduction;
enum { TIN_IGNORE_CLASS_0 = INT32_MIN };

struct tin_loss_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_tensor *input TIN_ZERO;
  tin_tensor *target TIN_ZERO;
  tin_reduction reduction TIN_ZERO;
  int64_t ignore_index TIN_ZERO;   /* cross_entropy, nll: examples with this label do not count. 0: none; TIN_IGNORE_CLASS_0: label 0 */
  double label_smoothing TIN_ZERO; /* cross_entropy: 0 .. 1 */
  tin_tensor *weight TIN_ZERO;     /* cross_entropy, nll, multi_margin: [classes]; others: factors of the values. NULL: 1 */
  tin_tensor *pos_weight TIN_ZERO; /* bce_with_logits: factor of the positive part, broadcast. NULL: 1 */
  tin_tensor *third TIN_ZERO;      /* the third operand of losses that have one */
  double beta TIN_ZERO;            /* smooth_l1; 0: 1 */
  double delta TIN_ZERO;           /* huber; 0: 1 */
  double margin TIN_ZERO;          /* hinge_embedding, multi_margin, triplet_margin: 0: 1, negative: 0; cosine_embedding, margin_ranking */
  double p TIN_ZERO;               /* multi_margin: 1 or 2, 0: 1; triplet_margin: order of the norm, 0: 2 */
  double eps TIN_ZERO;             /* poisson_nll, 0: 1e-8; gaussian_nll, triplet_margin, 0: 1e-6 */
  bool log_target TIN_ZERO;        /* kl_div: the target holds logarithms */
  bool no_log_input TIN_ZERO;      /* poisson_nll: the input is the rate, not its logarithm. PyTorch's log_input=False */
  bool full TIN_ZERO;              /* poisson_nll, gaussian_nll: with the terms that do not depend on the input */
  bool swap TIN_ZERO;              /* triplet_margin: the distance of positive and negative, if it is smaller */
};
/* -sum over classes of target * log_softmax(input). Classes are axis 1 of input [n, classes, ...], or axis 0 of [classes]. The target is
 * either class numbers (an integer tensor of input's shape without the class axis) or probabilities (floats of input's shape). A class
 * number must lie in 0 .. classes-1 or be ignored; any other counts as a logit equal to the largest, or with weights as 0. The mean is over
 * the examples that count, of class numbers with weights divided by the sum of the labels' weights. torch.nn.functional.cross_entropy
 * (whose ignore_index of -100 must be asked for here). */
tin_tensor *tin_cross_entropy_args(struct tin_loss_options options);
/* (input - target)^2. torch.nn.functional.mse_loss. */
tin_tensor *tin_mse_args(struct tin_loss_options options);
/* -(w y log s(x) + (1 - y) log(1 - s(x))), s the sigmoid, w pos_weight, without overflow: max(x, 0) - x y + log(1 + e^-|x|) for w 1.
 * torch.nn.functional.binary_cross_entropy_with_logits. */
tin_tensor *tin_bce_with_logits_args(struct tin_loss_options options);
/* -weight[target] * input[target], the input being logarithms of probabilities; shapes, labels, weights and mean as for cross_entropy.
 * torch.nn.functional.nll_loss. */
tin_tensor *tin_nll_args(struct tin_loss_options options);
/* weight[target] / classes * the sum over other classes of max(0, margin - input[target] + input[class])^p; [n, classes] or [classes];
 * gradient 0 at the bound. torch.nn.functional.multi_margin_loss. */
tin_tensor *tin_multi_margin_args(struct tin_loss_options options);

/* Losses of values: input and target broadcast, integers are cast to f32. With d = input - target: */
/* |d|, gradient 0 at 0. torch.nn.functional.l1_loss. */
tin_tensor *tin_l1_args(struct tin_loss_options options);
/* d^2 / (2 beta) where |d| < beta, else |d| - beta / 2. Error: beta below 0. torch.nn.functional.smooth_l1_loss. */
tin_tensor *tin_smooth_l1_args(struct tin_loss_options options);
/* d^2 / 2 where |d| < delta, else delta (|d| - delta / 2). Error: delta below 0. torch.nn.functional.huber_loss. */
tin_tensor *tin_huber_args(struct tin_loss_options options);
/* target (log(target) - input), 0 where target is 0; log_target: e^target (target - input). The divergence of Kullback and Leibler is the
 * batch mean. torch.nn.functional.kl_div. */
tin_tensor *tin_kl_div_args(struct tin_loss_options options);
/* -(y log x + (1 - y) log(1 - x)) of probabilities, logarithms being -100 at least (with gradient 0 there).
 * torch.nn.functional.binary_cross_entropy. */
tin_tensor *tin_bce_args(struct tin_loss_options options);
/* e^input - target input; no_log_input: input - target log(input + eps); full: plus target log(target) - target + log(2 pi target) / 2
 * where target > 1. torch.nn.functional.poisson_nll_loss. */
tin_tensor *tin_poisson_nll_args(struct tin_loss_options options);
/* log(1 + e^(-target input)), without overflow; targets are 1 or -1. torch.nn.functional.soft_margin_loss. */
tin_tensor *tin_soft_margin_args(struct tin_loss_options options);
/* The mean over the last axis, the classes, of -(y log s(x) + (1 - y) log(1 - s(x))), y being 1 for the classes that are there.
 * torch.nn.functional.multilabel_soft_margin_loss. */
tin_tensor *tin_multilabel_soft_margin_args(struct tin_loss_options options);
/* input where target is 1, max(0, margin - input) where it is -1. torch.nn.functional.hinge_embedding_loss. */
tin_tensor *tin_hinge_embedding_args(struct tin_loss_options options);

/* Losses with three operands, all required. Maxima with 0 have gradient 1 at the bound, as in PyTorch. */
/* (input, target, var): (log(v) + (input - target)^2 / v) / 2 with v = max(var, eps), which has the gradient of v; full: plus
 * log(2 pi) / 2. var broadcasts, or has input's shape without the last axis. torch.nn.functional.gaussian_nll_loss. */
tin_tensor *tin_gaussian_nll_args(struct tin_loss_options options);
/* (input1, input2, target): max(0, margin - target (input1 - input2)). torch.nn.functional.margin_ranking_loss. */
tin_tensor *tin_margin_ranking_args(struct tin_loss_options options);
/* (input1, input2, target): 1 - cos where target is 1, max(0, cos - margin) where it is -1; cos = x . y / sqrt((x . x + 1e-12) (y . y +
 * 1e-12)) over the last axis, which target lacks. torch.nn.functional.cosine_embedding_loss. */
tin_tensor *tin_cosine_embedding_args(struct tin_loss_options options);
/* (anchor, positive, negative): max(0, |anchor - positive + eps| - |anchor - negative + eps| + margin), norms of order p over the last
 * axis. torch.nn.functional.triplet_margin_loss. */
tin_tensor *tin_triplet_margin_args(struct tin_loss_options options);
#ifndef __cplusplus
#define TIN_LOSS(function, input_, ...)                                                                                                    \
  function((struct tin_loss_options){.file = __FILE__, .line = __LINE__, .input = (input_), .target = __VA_ARGS__})
#define tin_cross_entropy(...) TIN_LOSS(tin_cross_entropy_args, __VA_ARGS__)
#define tin_mse(...) TIN_LOSS(tin_mse_args, __VA_ARGS__)
#define tin_bce_with_logits(...) TIN_LOSS(tin_bce_with_logits_args, __VA_ARGS__)
#define tin_nll(...) TIN_LOSS(tin_nll_args, __VA_ARGS__)
#define tin_multi_margin(...) TIN_LOSS(tin_multi_margin_args, __VA_ARGS__)
#define tin_l1(...) TIN_LOSS(tin_l1_args, __VA_ARGS__)
#define tin_smooth_l1(...) TIN_LOSS(tin_smooth_l1_args, __VA_ARGS__)
#define tin_huber(...) TIN_LOSS(tin_huber_args, __VA_ARGS__)
#define tin_kl_div(...) TIN_LOSS(tin_kl_div_args, __VA_ARGS__)
#define tin_bce(...) TIN_LOSS(tin_bce_args, __VA_ARGS__)
#define tin_poisson_nll(...) TIN_LOSS(tin_poisson_nll_args, __VA_ARGS__)
#define tin_soft_margin(...) TIN_LOSS(tin_soft_margin_args, __VA_ARGS__)
#define tin_multilabel_soft_margin(...) TIN_LOSS(tin_multilabel_soft_margin_args, __VA_ARGS__)
#define tin_hinge_embedding(...) TIN_LOSS(tin_hinge_embedding_args, __VA_ARGS__)
#define TIN_LOSS_OF_3(function, input_, target_, ...)                                                                                      \
  function((struct tin_loss_options){.file = __FILE__, .line = __LINE__, .input = (input_), .target = (target_), .third = __VA_ARGS__})
#define tin_gaussian_nll(...) TIN_LOSS_OF_3(tin_gaussian_nll_args, __VA_ARGS__)
#define tin_margin_ranking(...) TIN_LOSS_OF_3(tin_margin_ranking_args, __VA_ARGS__)
#define tin_cosine_embedding(...) TIN_LOSS_OF_3(tin_cosine_embedding_args, __VA_ARGS__)
#define tin_triplet_margin(...) TIN_LOSS_OF_3(tin_triplet_margin_args, __VA_ARGS__)
#endif

/* The cosine of the angle between vectors along the axis, which goes: the sum of x / max(|x|, 1e-8) * y / max(|y|, 1e-8); x and y
 * broadcast. (float) Gradient of a zero vector: as if its length were the bound. torch.nn.functional.cosine_similarity. */
tin_tensor *tin_cosine_similarity_at(const char *file, int line, tin_tensor *x, tin_tensor *y, int axis);
#define tin_cosine_similarity(...) tin_cosine_similarity_at(TIN_HERE, __VA_ARGS__)
/* |x - y + 1e-6| over the last axis, which goes, the norm being of order p, 0: 2; x and y broadcast. (float)
 * torch.nn.functional.pairwise_distance. */
tin_tensor *tin_pairwise_distance_at(const char *file, int line, tin_tensor *x, tin_tensor *y, double p);
#define tin_pairwise_distance(...) tin_pairwise_distance_at(TIN_HERE, __VA_ARGS__)

/* 0-d f32: the fraction of rows of logits [..., classes] whose first largest logit is the label (integers [...]). */
tin_tensor *tin_accuracy_at(const char *file, int line, tin_tensor *logits, tin_tensor *labels);
#define tin_accuracy(...) tin_accuracy_at(TIN_HERE, __VA_ARGS__)

/* ================================================================ optimisers */

/* Updates parameters step by step. Belongs to the context; its state are variables named PARAMETER.exp_avg and so on. */
typedef struct tin_optim tin_optim;
struct tin_optim_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_list params TIN_ZERO;
  double lr TIN_ZERO;           /* learning rate; 0: 1e-3 (tin_set_lr sets a rate of 0) */
  double momentum TIN_ZERO;     /* SGD */
  double dampening TIN_ZERO;    /* SGD */
  bool nesterov TIN_ZERO;       /* SGD; needs momentum and no dampening */
  double betas[2] TIN_ZERO;     /* Adam; 0: 0.9 and 0.999 */
  double eps TIN_ZERO;          /* Adam; 0: 1e-8 */
  double weight_decay TIN_ZERO; /* 0: none, AdamW: 1e-2; negative: none */
};
/* With g the gradient, w the parameter, t the number of the step:
 *
 *   SGD    g += weight_decay * w; b = momentum * b + (1 - dampening) * g (first step: b = g); g = nesterov ? g + momentum * b : b;
 *          w -= lr * g
 *   Adam   g += weight_decay * w; m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g^2;
 *          w -= lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 *   AdamW  w -= lr * weight_decay * w; then as Adam without its decay
 *
 * as torch.optim.SGD, Adam, AdamW, except that |b| or |m| below 1e-30 becomes 0, so that parameters without gradient do not decay into
 * denormal numbers, which are slow. States have their parameter's dtype; of f16 and bf16 parameters the step is computed in f32 and rounded
 * where it is stored (f16 does not hold the v of gradients below 1e-3: prefer f32 parameters, cast to f16 for use). NULL with an error in
 * the context of the parameters when an option makes no sense. */
tin_optim *tin_sgd_args(struct tin_optim_options args);
tin_optim *tin_adam_args(struct tin_optim_options args);
tin_optim *tin_adamw_args(struct tin_optim_options args);
#ifndef __cplusplus
#define TIN_OPTIM(function, ...) function((struct tin_optim_options){.file = __FILE__, .line = __LINE__, .params = __VA_ARGS__})
#define tin_sgd(...) TIN_OPTIM(tin_sgd_args, __VA_ARGS__)
#define tin_adam(...) TIN_OPTIM(tin_adam_args, __VA_ARGS__)
#define tin_adamw(...) TIN_OPTIM(tin_adamw_args, __VA_ARGS__)
#endif

/* Gradients of the loss and the updates of parameters and state, all lazy: they run with the next realisation, at the latest at tin_end. */
bool tin_step_at(const char *file, int line, tin_optim *optim, tin_tensor *loss);
#define tin_step(...) tin_step_at(TIN_HERE, __VA_ARGS__)
/* The same with gradients given, in the order of the parameters (clipped, accumulated, averaged ...): each broadcast to its parameter's
 * shape and taken in the dtype that this is updated in. */
bool tin_step_with_at(const char *file, int line, tin_optim *optim, tin_list gradients);
#define tin_step_with(...) tin_step_with_at(TIN_HERE, __VA_ARGS__)

struct tin_clip_options {
  const char *file TIN_ZERO;
  int line TIN_ZERO;
  tin_list grads TIN_ZERO;
  double max_norm TIN_ZERO;
  tin_tensor **out TIN_ZERO;
  double norm_type TIN_ZERO; /* 1, 2 or INFINITY; 0: 2 */
};
/* out[i] = grads[i] * min(max_norm / (norm + 1e-6), 1), norm being that of all elements of all gradients together. Returns the norm before
 * clipping, 0-d, of the highest dtype among them. out may be the array of grads. A norm that is not finite makes every gradient NaN or 0.
 * tin_grad(loss, params, g); tin_clip_grad_norm(((tin_list){g, n}), 1, g); tin_step_with(optim, ((tin_list){g, n})).
 * torch.nn.utils.clip_grad_norm_. */
tin_tensor *tin_clip_grad_norm_args(struct tin_clip_options args);
#ifndef __cplusplus
#define tin_clip_grad_norm(grads_, max_norm_, ...)                                                                                         \
  tin_clip_grad_norm_args(                                                                                                                 \
      (struct tin_clip_options){.file = __FILE__, .line = __LINE__, .grads = (grads_), .max_norm = (max_norm_), .out = __VA_ARGS__})
#endif
/* out[i] = grads[i] clamped to -clip_value .. clip_value; out may be the array of grads. torch.nn.utils.clip_grad_value_. */
bool tin_clip_grad_value_at(const char *file, int line, tin_list grads, double clip_value, tin_tensor **out);
#define tin_clip_grad_value(...) tin_clip_grad_value_at(TIN_HERE, __VA_ARGS__)

/* The learning rate of the steps to come. It is a run-time number: changing it makes no new plan. */
void tin_set_lr(tin_optim *optim, double lr);
double tin_get_lr(const tin_optim *optim);

/* ================================================================ printing */

/* Prints the value as NumPy's print does, and a newline. Computes. False when the tensor has no value or the file fails. */
bool tin_fprint_at(const char *file, int line, FILE *out, tin_tensor *t);
#define tin_fprint(...) tin_fprint_at(TIN_HERE, __VA_ARGS__)
#define tin_print(t) tin_fprint_at(TIN_HERE, stdout, t)

#ifdef __cplusplus
} /* extern "C" */

static inline tin_batches *tin_batches_new(tin_ctx *ctx, const tin_array *x, const tin_array *y, tin_batches_options options = {},
                                           TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.x = x, options.y = y;
  return tin_batches_new_args(options);
}
#define TIN_CPP_INIT(name)                                                                                                                 \
  static inline tin_tensor *name(tin_tensor *variable, double a, tin_init_options options = {}, TIN_CPP_PLACE) {                           \
    options.file = file, options.line = line, options.variable = variable, options.a = a;                                                  \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_INIT(tin_init_kaiming_uniform)
TIN_CPP_INIT(tin_init_kaiming_normal)
#undef TIN_CPP_INIT
#define TIN_CPP_INIT(name)                                                                                                                 \
  static inline tin_tensor *name(tin_tensor *variable, tin_init_options options = {}, TIN_CPP_PLACE) {                                     \
    options.file = file, options.line = line, options.variable = variable;                                                                 \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_INIT(tin_init_xavier_uniform)
TIN_CPP_INIT(tin_init_xavier_normal)
#undef TIN_CPP_INIT
static inline bool tin_save(tin_ctx *ctx, const char *path, tin_save_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.path = path;
  return tin_save_args(options);
}
static inline tin_linear tin_linear_new(tin_ctx *ctx, int64_t in, int64_t out, tin_linear_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.in = in, options.out = out;
  return tin_linear_new_args(options);
}
static inline tin_embedding_layer tin_embedding_new(tin_ctx *ctx, int64_t count, int64_t size, tin_embedding_layer_options options = {},
                                                    TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.count = count, options.size = size;
  return tin_embedding_new_args(options);
}
static inline tin_tensor *tin_batch_norm(tin_tensor *x, tin_tensor *running_mean, tin_tensor *running_var,
                                         tin_batch_norm_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.running_mean = running_mean, options.running_var = running_var;
  return tin_batch_norm_args(options);
}
static inline tin_tensor *tin_local_response_norm(tin_tensor *x, int64_t size, tin_local_response_norm_options options = {},
                                                  TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.size = size;
  return tin_local_response_norm_args(options);
}
#define TIN_CPP_NORM_LAYER(name, type, field)                                                                                              \
  static inline tin_norm_layer name(tin_ctx *ctx, type field, tin_norm_layer_options options = {}, TIN_CPP_PLACE) {                        \
    options.file = file, options.line = line, options.ctx = ctx, options.field = field;                                                    \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_NORM_LAYER(tin_batch_norm_new, int64_t, channels)
TIN_CPP_NORM_LAYER(tin_instance_norm_new, int64_t, channels)
TIN_CPP_NORM_LAYER(tin_layer_norm_new, tin_shape, shape)
TIN_CPP_NORM_LAYER(tin_rms_norm_new, tin_shape, shape)
#undef TIN_CPP_NORM_LAYER
static inline tin_norm_layer tin_group_norm_new(tin_ctx *ctx, int64_t groups, int64_t channels, tin_norm_layer_options options = {},
                                                TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.groups = groups, options.channels = channels;
  return tin_group_norm_new_args(options);
}
static inline tin_tensor *tin_attention(tin_tensor *query, tin_tensor *key, tin_tensor *value, tin_attention_options options = {},
                                        TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.query = query, options.key = key, options.value = value;
  return tin_attention_args(options);
}
static inline tin_tensor *tin_rope(tin_tensor *x, tin_rope_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x;
  return tin_rope_args(options);
}
static inline tin_multihead_attention tin_multihead_attention_new(tin_ctx *ctx, int64_t size, int64_t heads,
                                                                  tin_multihead_attention_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.size = size, options.heads = heads;
  return tin_multihead_attention_new_args(options);
}
static inline tin_tensor *tin_multihead_attention_forward(const tin_multihead_attention *layer, tin_tensor *query, tin_tensor *key,
                                                          tin_tensor *value, tin_attention_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.query = query, options.key = key, options.value = value;
  return tin_multihead_attention_forward_args(layer, options);
}
#define TIN_CPP_RNN(name, type)                                                                                                            \
  static inline type name(tin_ctx *ctx, tin_rnn_kind kind, int64_t in, int64_t hidden, tin_rnn_options options = {}, TIN_CPP_PLACE) {      \
    options.file = file, options.line = line, options.ctx = ctx, options.kind = kind, options.in = in, options.hidden = hidden;            \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_RNN(tin_rnn_cell_new, tin_rnn_cell)
TIN_CPP_RNN(tin_rnn_new, tin_rnn)
#undef TIN_CPP_RNN
#define TIN_CPP_CONV(name)                                                                                                                 \
  static inline tin_tensor *name(tin_tensor *x, tin_tensor *weight, tin_conv_options options = {}, TIN_CPP_PLACE) {                        \
    options.file = file, options.line = line, options.x = x, options.weight = weight;                                                      \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_CONV(tin_conv1d)
TIN_CPP_CONV(tin_conv2d)
TIN_CPP_CONV(tin_conv3d)
TIN_CPP_CONV(tin_conv_transpose1d)
TIN_CPP_CONV(tin_conv_transpose2d)
TIN_CPP_CONV(tin_conv_transpose3d)
#undef TIN_CPP_CONV
static inline tin_conv tin_conv_new(tin_ctx *ctx, int64_t in, int64_t out, tin_conv_layer_options options, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.ctx = ctx, options.in = in, options.out = out;
  return tin_conv_new_args(options);
}
#define TIN_CPP_POOL(name, kind)                                                                                                           \
  static inline tin_tensor *name(tin_tensor *x, kind options, TIN_CPP_PLACE) {                                                             \
    options.file = file, options.line = line, options.x = x;                                                                               \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_POOL(tin_max_pool1d, tin_pool_options)
TIN_CPP_POOL(tin_max_pool2d, tin_pool_options)
TIN_CPP_POOL(tin_max_pool3d, tin_pool_options)
TIN_CPP_POOL(tin_avg_pool1d, tin_pool_options)
TIN_CPP_POOL(tin_avg_pool2d, tin_pool_options)
TIN_CPP_POOL(tin_avg_pool3d, tin_pool_options)
TIN_CPP_POOL(tin_adaptive_avg_pool1d, tin_adaptive_pool_options)
TIN_CPP_POOL(tin_adaptive_avg_pool2d, tin_adaptive_pool_options)
TIN_CPP_POOL(tin_adaptive_avg_pool3d, tin_adaptive_pool_options)
TIN_CPP_POOL(tin_adaptive_max_pool1d, tin_adaptive_pool_options)
TIN_CPP_POOL(tin_adaptive_max_pool2d, tin_adaptive_pool_options)
TIN_CPP_POOL(tin_adaptive_max_pool3d, tin_adaptive_pool_options)
TIN_CPP_POOL(tin_interpolate, tin_interpolate_options)
#undef TIN_CPP_POOL
static inline tin_tensor *tin_gumbel_softmax(tin_tensor *x, int axis, tin_gumbel_options options = {}, TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.x = x, options.axis = axis;
  return tin_gumbel_softmax_args(options);
}
#define TIN_CPP_ACTIVATION(name)                                                                                                           \
  static inline tin_tensor *name(tin_tensor *x, tin_activation_options options = {}, TIN_CPP_PLACE) {                                      \
    options.file = file, options.line = line, options.x = x;                                                                               \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_ACTIVATION(tin_gelu)
TIN_CPP_ACTIVATION(tin_softplus)
TIN_CPP_ACTIVATION(tin_elu)
TIN_CPP_ACTIVATION(tin_celu)
TIN_CPP_ACTIVATION(tin_leaky_relu)
TIN_CPP_ACTIVATION(tin_rrelu)
TIN_CPP_ACTIVATION(tin_hardtanh)
TIN_CPP_ACTIVATION(tin_softshrink)
TIN_CPP_ACTIVATION(tin_hardshrink)
#undef TIN_CPP_ACTIVATION
#define TIN_CPP_LOSS(name)                                                                                                                 \
  static inline tin_tensor *name(tin_tensor *input, tin_tensor *target, tin_loss_options options = {}, TIN_CPP_PLACE) {                    \
    options.file = file, options.line = line, options.input = input, options.target = target;                                              \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_LOSS(tin_cross_entropy)
TIN_CPP_LOSS(tin_mse)
TIN_CPP_LOSS(tin_bce_with_logits)
TIN_CPP_LOSS(tin_nll)
TIN_CPP_LOSS(tin_multi_margin)
TIN_CPP_LOSS(tin_l1)
TIN_CPP_LOSS(tin_smooth_l1)
TIN_CPP_LOSS(tin_huber)
TIN_CPP_LOSS(tin_kl_div)
TIN_CPP_LOSS(tin_bce)
TIN_CPP_LOSS(tin_poisson_nll)
TIN_CPP_LOSS(tin_soft_margin)
TIN_CPP_LOSS(tin_multilabel_soft_margin)
TIN_CPP_LOSS(tin_hinge_embedding)
#undef TIN_CPP_LOSS
#define TIN_CPP_LOSS(name)                                                                                                                 \
  static inline tin_tensor *name(tin_tensor *input, tin_tensor *target, tin_tensor *third, tin_loss_options options = {}, TIN_CPP_PLACE) { \
    options.file = file, options.line = line, options.input = input, options.target = target, options.third = third;                       \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_LOSS(tin_gaussian_nll)
TIN_CPP_LOSS(tin_margin_ranking)
TIN_CPP_LOSS(tin_cosine_embedding)
TIN_CPP_LOSS(tin_triplet_margin)
#undef TIN_CPP_LOSS
static inline tin_tensor *tin_clip_grad_norm(tin_list grads, double max_norm, tin_tensor **out, tin_clip_options options = {},
                                             TIN_CPP_PLACE) {
  options.file = file, options.line = line, options.grads = grads, options.max_norm = max_norm, options.out = out;
  return tin_clip_grad_norm_args(options);
}
#define TIN_CPP_OPTIM(name)                                                                                                                \
  static inline tin_optim *name(tin_list params, tin_optim_options options = {}, TIN_CPP_PLACE) {                                          \
    options.file = file, options.line = line, options.params = params;                                                                     \
    return name##_args(options);                                                                                                           \
  }
TIN_CPP_OPTIM(tin_sgd)
TIN_CPP_OPTIM(tin_adam)
TIN_CPP_OPTIM(tin_adamw)
#undef TIN_CPP_OPTIM
#endif

#if defined(__GNUC__) && !defined(__TINYC__)
#pragma GCC visibility pop
#endif

#endif
