/* `tinsmith demo`: trains a small network on images and shows what the library did. */
#include "cli.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct options {
  const char *data; /* folder given, or NULL */
  int epochs;
  bool quick;
};

static const char help[] =
    "usage: tinsmith demo [--data DIR] [--epochs N] [--quick]\n"
    "\n"
    "Trains a multilayer perceptron 784-512-256-10 (ReLU, cross-entropy, Adam with learning rate 1e-3, batches\n"
    "of 128) on images of 28 x 28, measures its accuracy, and shows the kernels of a training step and what each kind of fusion bought.\n"
    "\n"
    "  --data DIR   folder with the four IDX files of MNIST or a set of the same form (Fashion-MNIST, KMNIST, ...).\n"
    "               Default: the folder that TIN_DATA names, its mnist or fashion-mnist, /usr/share/datasets/fashion-mnist;\n"
    "               without any of these the demo draws digits itself.\n"
    "  --epochs N   passes over the training images (default 3)\n"
    "  --quick      one short epoch: a test that everything works\n"
    "\n"
    "The kernels are written to the folder that TIN_DUMP names, else to ./tinsmith-kernels, else into $TMPDIR.\n";

/* ---- data ---- */

static bool has_data(const char *folder) {
  char path[4096 + 64]; /* a folder and a name */
  struct stat status;
  for (int packed = 0; packed < 2; packed++) {
    snprintf(path, sizeof path, "%s/train-images-idx3-ubyte%s", folder, packed ? ".gz" : "");
    if (stat(path, &status) == 0)
      return true;
  }
  return false;
}

/* The first folder with data, in the order that the help tells; false when there is none. */
static bool find_data(const char *given, char *folder, size_t size) {
  const char *environment = getenv("TIN_DATA");
  if (given) {
    snprintf(folder, size, "%s", given);
    return true;
  }
  static const char *const inside[] = {"", "/mnist", "/fashion-mnist"};
  for (int i = 0; environment && i < 3; i++) {
    snprintf(folder, size, "%s%s", environment, inside[i]);
    if (has_data(folder))
      return true;
  }
  snprintf(folder, size, "/usr/share/datasets/fashion-mnist");
  return has_data(folder);
}

static bool draw_data(tin_dataset *data, bool quick, struct tin_error *error) {
  int64_t train = quick ? 2560 : 20000, test = quick ? 500 : 2000;
  *data = (tin_dataset){0};
  return tin_digits_make(train, 1, &data->train_images, &data->train_labels, error) &&
         tin_digits_make(test, 2, &data->test_images, &data->test_labels, error);
}

static bool check_data(const tin_dataset *data, struct tin_error *error) {
  const tin_array *images[] = {&data->train_images, &data->test_images};
  for (int i = 0; i < 2; i++)
    if (images[i]->shape[1] * images[i]->shape[2] != DEMO_PIXELS || images[i]->shape[0] < DEMO_BATCH)
      tin_error_set(error, "the demo needs at least %d images of 28 x 28, these are %lld of %lld x %lld", DEMO_BATCH,
                    (long long)images[i]->shape[0], (long long)images[i]->shape[1], (long long)images[i]->shape[2]);
  return !error->set;
}

static bool get_data(const struct options *options, tin_dataset *data, struct tin_error *error) {
  char folder[4096];
  bool found = find_data(options->data, folder, sizeof folder);
  bool ok = found ? tin_mnist_read(folder, data, error) : draw_data(data, options->quick, error);
  if (!ok || !check_data(data, error))
    return false;
  if (found)
    printf("data: %s: ", folder);
  else
    printf("data: no image files found (see --help), so the demo draws digits: ");
  printf("%lld images for training, %lld for testing\n", (long long)data->train_images.shape[0], (long long)data->test_images.shape[0]);
  return true;
}

/* ---- model ---- */

bool cli_model_make(struct cli_model *model, tin_ctx *ctx) {
  model->fc1 = tin_linear_new(ctx, DEMO_PIXELS, 512, .name = "fc1");
  model->fc2 = tin_linear_new(ctx, 512, 256, .name = "fc2");
  model->fc3 = tin_linear_new(ctx, 256, 10, .name = "fc3");
  model->pixels = tin_input(ctx, TIN_U8, TIN_SHAPE(DEMO_BATCH, DEMO_PIXELS), "pixels");
  model->labels = tin_input(ctx, TIN_U8, TIN_SHAPE(DEMO_BATCH), "labels");
  model->adam = tin_adam(tin_params(ctx), .lr = 1e-3);
  return tin_ok(ctx) && model->adam;
}

tin_tensor *cli_model_logits(const struct cli_model *model) {
  tin_tensor *x = tin_mul_scalar(tin_cast(model->pixels, TIN_F32), 1 / 255.0);
  x = tin_relu(tin_linear_forward(&model->fc1, x));
  x = tin_relu(tin_linear_forward(&model->fc2, x));
  return tin_linear_forward(&model->fc3, x);
}

/* ---- training ---- */

struct training {
  tin_ctx *ctx;
  struct cli_model model;
  tin_tensor *loss; /* state 0-d: the newest step's loss, so that looking at it computes nothing */
  int epochs;
  int64_t steps; /* of all epochs */
  int64_t done;
  double began, shown;
  double first_step;    /* seconds from process start to the end of the first step */
  double first_compile; /* of these, spent planning, generating and compiling */
  bool terminal;
};

static bool train_step(struct training *training, const void *pixels, const void *labels) {
  struct cli_model *model = &training->model;
  tin_scope scope = tin_begin(training->ctx);
  tin_write(model->pixels, pixels, DEMO_BATCH * DEMO_PIXELS);
  tin_write(model->labels, labels, DEMO_BATCH);
  tin_tensor *loss = tin_cross_entropy(cli_model_logits(model), model->labels);
  tin_assign(training->loss, loss);
  tin_step(model->adam, loss);
  return tin_end(scope);
}

/* On a terminal one line that is written over, at most ten times a second; else a line at the end of each epoch. */
static void show_progress(struct training *training, int epoch, bool epoch_ends) {
  double now = cli_seconds(), spent = now - training->began;
  if (training->terminal ? now - training->shown < 0.1 && !epoch_ends : !epoch_ends)
    return;
  training->shown = now;
  double rate = (double)training->done / spent, left = (double)(training->steps - training->done) / rate;
  printf("%sepoch %d of %d, step %lld of %lld, loss %.4f, %.0f images/s, %.0f s left%s", training->terminal ? "\r" : "", epoch + 1,
         training->epochs, (long long)training->done, (long long)training->steps, tin_item(training->loss), rate * DEMO_BATCH, left,
         training->terminal ? "   " : "\n");
  if (training->terminal && epoch_ends)
    printf("\n");
  fflush(stdout);
}

static bool train_epoch(struct training *training, tin_batches *batches, int epoch, int64_t most) {
  const void *pixels, *labels;
  for (int64_t step = 0; tin_batches_next(batches, &pixels, &labels) > 0; step++) {
    if (step >= most)
      continue; /* lets the epoch run out */
    if (!train_step(training, pixels, labels))
      return false;
    if (training->done++ == 0) {
      training->first_step = cli_age();
      training->first_compile = tin_stats(training->ctx).compile_seconds;
      training->began = cli_seconds(); /* the rate is that of the steps after the first */
    }
    show_progress(training, epoch, step + 1 == most);
  }
  return true;
}

static bool train(struct training *training, const tin_dataset *data, const struct options *options) {
  tin_batches *batches =
      tin_batches_new(training->ctx, &data->train_images, &data->train_labels, .batch = DEMO_BATCH, .seed = 1, .drop_last = true);
  int64_t steps = tin_batches_count(batches), most = options->quick && steps > 20 ? 20 : steps;
  training->epochs = options->epochs;
  training->steps = most * options->epochs;
  training->began = cli_seconds();
  bool ok = batches != NULL;
  for (int epoch = 0; ok && epoch < options->epochs; epoch++)
    ok = train_epoch(training, batches, epoch, most);
  tin_batches_free(batches);
  return ok;
}

/* ---- evaluation ---- */

/* The fraction of test images whose largest logit is the label; the last batch is filled up with labels that no logit can match. */
static double evaluate(struct training *training, const tin_dataset *data) {
  const struct cli_model *model = &training->model;
  int64_t count = data->test_images.shape[0], hits = 0;
  unsigned char pixels[DEMO_BATCH * DEMO_PIXELS] = {0}, labels[DEMO_BATCH];
  for (int64_t first = 0; first < count && tin_ok(training->ctx); first += DEMO_BATCH) {
    int64_t have = count - first < DEMO_BATCH ? count - first : DEMO_BATCH;
    memset(labels, 255, sizeof labels);
    memcpy(labels, (const char *)data->test_labels.data + first, (size_t)have);
    memcpy(pixels, (const char *)data->test_images.data + first * DEMO_PIXELS, (size_t)have * DEMO_PIXELS);
    tin_scope scope = tin_begin(training->ctx);
    tin_write(model->pixels, pixels, sizeof pixels);
    tin_write(model->labels, labels, sizeof labels);
    tin_tensor *accuracy = tin_accuracy(cli_model_logits(model), model->labels);
    hits += (int64_t)(tin_item(accuracy) * DEMO_BATCH + 0.5);
    tin_end(scope);
  }
  return (double)hits / (double)count;
}

/* ---- what ran ---- */

/* Where kernels go: TIN_DUMP, ./tinsmith-kernels, or the same in $TMPDIR. */
static const char *dump_folder(char *folder, size_t size) {
  const char *given = getenv("TIN_DUMP"), *temporary = getenv("TMPDIR");
  snprintf(folder, size, "%s", given ? given : "tinsmith-kernels");
  struct stat status;
  if (given || mkdir(folder, 0777) == 0 || (stat(folder, &status) == 0 && S_ISDIR(status.st_mode) && access(folder, W_OK) == 0))
    return folder;
  snprintf(folder, size, "%s/tinsmith-kernels", temporary ? temporary : "/tmp");
  mkdir(folder, 0777);
  return folder;
}

static void show_step(const struct training *training, double reading) {
  struct tin_counters counters = tin_stats(training->ctx);
  printf("\nFirst step: finished %s after the process started: %s of it getting the data, %s planning, generating and compiling %lld "
         "kernels.\n",
         cli_time(training->first_step).text, cli_time(reading).text, cli_time(training->first_compile).text,
         (long long)counters.kernels_compiled);
  printf("Later steps: %lld plans found in the cache, %lld made.\n", (long long)counters.plan_hits, (long long)counters.plan_misses);
  printf("\nThe kernels of a training step:\n\n");
  tin_report(training->ctx, stdout);
}

static void show_next(const char *dump) {
  printf("\nWhat to try next:\n"
         "  TIN_PROFILE=1 tinsmith demo --quick   time, GFLOP/s and GB/s of every kernel\n"
         "  TIN_DEBUG=w tinsmith demo --quick     why nodes were not fused\n"
         "  TIN_FUSE=0 tinsmith demo --quick      the same training without fusion: the same numbers\n"
         "  tinsmith run --help                   compile and run a graph of your own\n"
         "  examples/readme.c                     the library in 30 lines\n"
         "  less %s/*.c                           the kernels as readable C, with the graph nodes they compute\n",
         dump);
}

static int demo(const struct options *options) {
  tin_dataset data;
  struct tin_error error = {0};
  struct training training = {.terminal = isatty(STDOUT_FILENO)};
  char folder[4096];
  double began = cli_seconds();
  if (!get_data(options, &data, &error)) {
    tin_dataset_free(&data);
    return cli_fail("demo", "%s", error.text);
  }
  double reading = cli_seconds() - began;
  training.ctx = tin_ctx_new(.seed = 1);
  bool ok = cli_model_make(&training.model, training.ctx);
  training.loss = tin_state(training.ctx, TIN_SHAPE(), .name = "newest_loss");
  ok = ok && train(&training, &data, options);
  if (ok) {
    show_step(&training, reading);
    printf("\nAccuracy on %lld test images: %.2f %%\n", (long long)data.test_images.shape[0], 100 * evaluate(&training, &data));
    ok = tin_ok(training.ctx);
  }
  int status = ok ? 0 : cli_fail("demo", "%s", tin_message(training.ctx));
  if (ok && !cli_demo_compare(&data.train_images, &data.train_labels, dump_folder(folder, sizeof folder), options->quick ? 20 : 60))
    status = 1;
  if (ok)
    show_next(folder);
  tin_ctx_free(training.ctx);
  tin_dataset_free(&data);
  return status;
}

int cli_demo(int argc, char **argv) {
  static const struct option names[] = {{"data", required_argument, NULL, 'd'},
                                        {"epochs", required_argument, NULL, 'e'},
                                        {"quick", no_argument, NULL, 'q'},
                                        {"help", no_argument, NULL, 'h'},
                                        {0}};
  struct options options = {.epochs = 3};
  int letter;
  while ((letter = getopt_long(argc, argv, "", names, NULL)) >= 0) {
    if (letter == 'h')
      return fputs(help, stdout) < 0;
    if (letter == '?')
      return fputs(help, stderr), 2;
    if (letter == 'd')
      options.data = optarg;
    if (letter == 'e')
      options.epochs = atoi(optarg);
    options.quick |= letter == 'q';
  }
  if (optind < argc || options.epochs < 1)
    return fputs(help, stderr), 2;
  if (options.quick)
    options.epochs = 1;
  return demo(&options);
}
