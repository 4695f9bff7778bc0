/* The commands of the tinsmith program, one file each. Private to tools. */
#ifndef TIN_TOOLS_CLI_H
#define TIN_TOOLS_CLI_H

#include "frontend/data.h"

/* Seconds of a monotonic clock. */
double cli_seconds(void);
/* Seconds since the process was started. */
double cli_age(void);
/* 1536000 -> "1.54 MB" */
struct cli_words {
  char text[32];
};
struct cli_words cli_bytes(double bytes);
/* 0.00123 -> "1.23 ms" */
struct cli_words cli_time(double seconds);
/* Prints "tinsmith COMMAND: TEXT" to stderr; returns the exit status 1. */
int cli_fail(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

int cli_demo(int argc, char **argv);
int cli_run(int argc, char **argv);
int cli_info(int argc, char **argv);

/* demo_compare.c: one training step fused, unfused, and with each kind of fusion left out, each on a context of its own. */
bool cli_demo_compare(const tin_array *images, const tin_array *labels, const char *dump, int repeats);

/* The demo's model: 784-512-256-10 with ReLU. Batches of 128 images. */
enum { DEMO_BATCH = 128, DEMO_PIXELS = 784 };
struct cli_model {
  tin_linear fc1, fc2, fc3;
  tin_tensor *pixels, *labels; /* inputs u8 [128, 784] and u8 [128] */
  tin_optim *adam;
};
bool cli_model_make(struct cli_model *model, tin_ctx *ctx);
tin_tensor *cli_model_logits(const struct cli_model *model);

/* npy.c: reads a NumPy file, C order, little-endian, of a dtype that the library has. */
bool cli_npy_read(const char *path, tin_array *out, struct tin_error *error);

#endif
