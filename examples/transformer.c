/* A transformer of two blocks learns to continue a text of made-up sentences, letter by letter, and writes some. */
#include <stdio.h>
#include <string.h>
#include <tinsmith_nn.h>

enum { LETTERS = 27, SIZE = 32, HEADS = 4, BLOCKS = 2, BATCH = 16, LENGTH = 24, STEPS = 150 };
static const char alphabet[LETTERS + 1] = " abcdefghijklmnopqrstuvwxyz";

struct block {
  tin_norm_layer norm1, norm2;
  tin_multihead_attention attention;
  tin_linear up, down;
};
struct model {
  tin_embedding_layer letters;
  struct block block[BLOCKS];
  tin_norm_layer norm;
  tin_linear head;
};

static struct model new_model(tin_ctx *ctx) {
  struct model m = {.letters = tin_embedding_new(ctx, LETTERS, SIZE), .norm = tin_layer_norm_new(ctx, TIN_SHAPE(SIZE))};
  for (int i = 0; i < BLOCKS; i++)
    m.block[i] = (struct block){.norm1 = tin_layer_norm_new(ctx, TIN_SHAPE(SIZE)),
                                .norm2 = tin_layer_norm_new(ctx, TIN_SHAPE(SIZE)),
                                .attention = tin_multihead_attention_new(ctx, SIZE, HEADS),
                                .up = tin_linear_new(ctx, SIZE, 4 * SIZE),
                                .down = tin_linear_new(ctx, 4 * SIZE, SIZE)};
  m.head = tin_linear_new(ctx, SIZE, LETTERS);
  return m;
}

/* text, numbers of letters [N, T] -> logits of the letter behind each [N, T, LETTERS]. */
static tin_tensor *forward(const struct model *m, tin_tensor *text) {
  tin_tensor *x = tin_embedding_forward(&m->letters, text);
  x = tin_add(x, tin_sinusoidal_positions(tin_ctx_of(x), TIN_F32, tin_shape_of(text).size[1], SIZE));
  for (int i = 0; i < BLOCKS; i++) {
    const struct block *block = &m->block[i];
    tin_tensor *y = tin_norm_forward(&block->norm1, x, true);
    x = tin_add(x, tin_multihead_attention_forward(&block->attention, y, y, y, .causal = true));
    y = tin_norm_forward(&block->norm2, x, true);
    x = tin_add(x, tin_linear_forward(&block->down, tin_gelu(tin_linear_forward(&block->up, y))));
  }
  return tin_linear_forward(&m->head, tin_norm_forward(&m->norm, x, true));
}

/* Fills a text with sentences of random words. */
static void write_text(uint8_t *text, int count, uint32_t *random) {
  static const char *const words[3][4] = {
      {"cat", "dog", "owl", "fox"}, {" sees", " likes", " hears", " finds"}, {" milk ", " mice ", " bread ", " honey "}};
  for (int at = 0, part = 0; at < count; part = (part + 1) % 3) {
    *random = *random * 1664525 + 1013904223; /* Numerical Recipes */
    for (const char *letter = words[part][*random >> 30]; *letter && at < count; letter++)
      text[at++] = (uint8_t)(strchr(alphabet, *letter) - alphabet);
  }
}

int main(void) {
  tin_ctx *ctx = tin_ctx_new(.seed = 1);
  struct model model = new_model(ctx);
  tin_optim *adam = tin_adam(tin_params(ctx), .lr = 3e-3);
  tin_tensor *batch = tin_input(ctx, TIN_U8, TIN_SHAPE(BATCH, LENGTH + 1), "batch");
  uint8_t text[BATCH][LENGTH + 1], line[1][LENGTH] = {{0}};
  uint32_t random = 1;
  for (int step = 0; step <= STEPS; step++) {
    tin_scope scope = tin_begin(ctx);
    for (int i = 0; i < BATCH; i++)
      write_text(text[i], LENGTH + 1, &random);
    tin_write(batch, text, sizeof text);
    tin_tensor *logits = tin_reshape(forward(&model, tin_slice(batch, 1, 0, -1)), TIN_SHAPE(-1, LETTERS));
    tin_tensor *loss = tin_cross_entropy(logits, tin_flatten(tin_slice(batch, 1, 1, TIN_END), 0, -1));
    tin_step(adam, loss);
    if (step % 50 == 0)
      printf("step %3d: loss %.3f\n", step, tin_item(loss));
    if (!tin_end(scope))
      break;
  }
  write_text(line[0], 3, &random); /* a word to begin with, and then the likeliest letters */
  for (int at = 3; at < LENGTH; at++) {
    int32_t next[LENGTH];
    tin_scope scope = tin_begin(ctx);
    tin_tensor *logits = forward(&model, tin_from(ctx, TIN_U8, TIN_SHAPE(1, LENGTH), line));
    tin_read(tin_argmax(logits, .axes = TIN_AXES(-1)), next, sizeof next);
    line[0][at] = (uint8_t)next[at - 1];
    tin_end(scope);
  }
  for (int at = 0; at < LENGTH; at++)
    putchar(alphabet[line[0][at]]);
  putchar('\n');
  int status = !tin_ok(ctx);
  if (status)
    fprintf(stderr, "%s\n", tin_message(ctx));
  tin_ctx_free(ctx);
  return status;
}
