/* A character GPT learns a text and writes on from its beginning, token by token, with a cache of keys and values.
 *
 *   gpt [FILE [STEPS [LETTERS]]]
 *
 * Without a file (or with an empty name) it learns some lines of its own. The alphabet is made of the bytes that the text has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tinsmith_nn.h>

enum { WIDTH = 128, HEADS = 4, LAYERS = 6, CONTEXT = 128, BATCH = 16, BYTES = 256 };

struct block {
  tin_norm_layer norm1, norm2;
  tin_multihead_attention attention;
  tin_linear up, down;
  tin_tensor *keys, *values; /* [1, HEADS, CONTEXT, WIDTH / HEADS] of what was written so far */
};

struct gpt {
  tin_ctx *ctx;
  tin_embedding_layer letters, places;
  struct block block[LAYERS];
  tin_norm_layer norm;
  tin_linear head;
  tin_tensor *letter, *place; /* the newest letter written, and where it stands */
};

struct text {
  uint8_t *codes; /* positions in the alphabet */
  long size;
  int letters;
  char alphabet[BYTES];
};

/* ---- text ---- */

static const char own_text[] =
    "Half a pound of tuppenny rice, half a pound of treacle,\nthat's the way the money goes: pop goes the weasel!\n"
    "Up and down the City Road, in and out the Eagle,\nthat's the way the money goes: pop goes the weasel!\n"
    "Every night when I go out the monkey's on the table,\ntake a stick and knock it off: pop goes the weasel!\n";

static bool read_text(struct text *text, const char *path) {
  FILE *file = path ? fopen(path, "rb") : NULL;
  if (path && (!file || fseek(file, 0, SEEK_END) || (text->size = ftell(file)) < 0 || fseek(file, 0, SEEK_SET)))
    return false;
  text->size = file ? text->size : (long)sizeof own_text - 1;
  text->codes = malloc((size_t)text->size + 1);
  bool good = text->codes && text->size > CONTEXT;
  if (good && file)
    good = fread(text->codes, 1, (size_t)text->size, file) == (size_t)text->size;
  else if (good)
    memcpy(text->codes, own_text, sizeof own_text);
  if (file)
    fclose(file);
  return good;
}

/* Bytes become their positions among those that the text has, in order. */
static void make_alphabet(struct text *text) {
  int code[BYTES] = {0};
  for (long i = 0; i < text->size; i++)
    code[text->codes[i]] = 1;
  for (int byte = 0; byte < BYTES; byte++)
    if (code[byte]) {
      text->alphabet[text->letters] = (char)byte;
      code[byte] = text->letters++;
    }
  for (long i = 0; i < text->size; i++)
    text->codes[i] = (uint8_t)code[text->codes[i]];
}

/* ---- model ---- */

static struct gpt gpt_new(tin_ctx *ctx, int letters) {
  struct gpt gpt = {.ctx = ctx,
                    .letters = tin_embedding_new(ctx, letters, WIDTH),
                    .places = tin_embedding_new(ctx, CONTEXT, WIDTH),
                    .norm = tin_layer_norm_new(ctx, TIN_SHAPE(WIDTH)),
                    .head = tin_linear_new(ctx, WIDTH, letters, .no_bias = true),
                    .letter = tin_input(ctx, TIN_I32, TIN_SHAPE(1, 1), "letter"),
                    .place = tin_input(ctx, TIN_I32, TIN_SHAPE(), "place")};
  for (int i = 0; i < LAYERS; i++)
    gpt.block[i] = (struct block){.norm1 = tin_layer_norm_new(ctx, TIN_SHAPE(WIDTH)),
                                  .norm2 = tin_layer_norm_new(ctx, TIN_SHAPE(WIDTH)),
                                  .attention = tin_multihead_attention_new(ctx, WIDTH, HEADS),
                                  .up = tin_linear_new(ctx, WIDTH, 4 * WIDTH),
                                  .down = tin_linear_new(ctx, 4 * WIDTH, WIDTH),
                                  .keys = tin_state(ctx, TIN_SHAPE(1, HEADS, CONTEXT, WIDTH / HEADS)),
                                  .values = tin_state(ctx, TIN_SHAPE(1, HEADS, CONTEXT, WIDTH / HEADS))};
  return gpt;
}

static tin_tensor *think(const struct block *block, tin_tensor *x) {
  tin_tensor *y = tin_norm_forward(&block->norm2, x, true);
  return tin_add(x, tin_linear_forward(&block->down, tin_gelu(tin_linear_forward(&block->up, y))));
}

static tin_tensor *scores(const struct gpt *gpt, tin_tensor *x) {
  return tin_linear_forward(&gpt->head, tin_norm_forward(&gpt->norm, x, true));
}

/* ---- learning ---- */

/* letters [BATCH, CONTEXT] -> the mean loss of guessing the next ones. */
static tin_tensor *loss_of(const struct gpt *gpt, tin_tensor *letters, tin_tensor *next) {
  tin_tensor *x = tin_add(tin_embedding_forward(&gpt->letters, letters), gpt->places.weight);
  for (int i = 0; i < LAYERS; i++) {
    tin_tensor *y = tin_norm_forward(&gpt->block[i].norm1, x, true);
    x = tin_add(x, tin_multihead_attention_forward(&gpt->block[i].attention, y, y, y, .causal = true));
    x = think(&gpt->block[i], x);
  }
  return tin_cross_entropy(tin_flatten(scores(gpt, x), 0, 1), tin_flatten(next, 0, 1));
}

static void learn(const struct gpt *gpt, const struct text *text, int steps) {
  tin_tensor *batch = tin_input(gpt->ctx, TIN_U8, TIN_SHAPE(BATCH, CONTEXT + 1), "batch");
  tin_tensor *newest_loss = tin_state(gpt->ctx, TIN_SHAPE(), .name = "newest_loss");
  tin_optim *adam = tin_adam(tin_params(gpt->ctx), .lr = 1e-3);
  static uint8_t pieces[BATCH][CONTEXT + 1];
  uint32_t random = 1;
  for (int step = 0; step < steps && tin_ok(gpt->ctx); step++) {
    for (int i = 0; i < BATCH; i++) {
      random = random * 1664525 + 1013904223; /* Numerical Recipes */
      memcpy(pieces[i], text->codes + (random >> 8) % (uint32_t)(text->size - CONTEXT), CONTEXT + 1);
    }
    tin_scope scope = tin_begin(gpt->ctx);
    tin_write(batch, pieces, sizeof pieces);
    tin_tensor *loss = loss_of(gpt, tin_slice(batch, 1, 0, -1), tin_slice(batch, 1, 1, TIN_END));
    tin_assign(newest_loss, loss);
    tin_step(adam, loss);
    tin_end(scope);
    if (step % 10 == 0 || step == steps - 1)
      printf("step %4d: loss %.3f\n", step, tin_item(newest_loss));
  }
}

/* ---- writing ---- */

/* One letter sees itself and the cache, of which it becomes the newest. The place is a tensor: all letters share one plan. */
static tin_tensor *attend(const struct gpt *gpt, const struct block *block, tin_tensor *x, tin_tensor *seen) {
  const tin_multihead_attention *layer = &block->attention;
  const tin_linear all = {.weight = layer->in_proj_weight, .bias = layer->in_proj_bias};
  tin_tensor *qkv = tin_reshape(tin_linear_forward(&all, x), TIN_SHAPE(3, 1, HEADS, 1, WIDTH / HEADS));
  tin_assign_at(block->keys, gpt->place, tin_select(qkv, 0, 1), .axis = 2);
  tin_assign_at(block->values, gpt->place, tin_select(qkv, 0, 2), .axis = 2);
  tin_tensor *y = tin_attention(tin_select(qkv, 0, 0), block->keys, block->values, .mask = seen);
  return tin_linear_forward(&layer->out_proj, tin_reshape(y, TIN_SHAPE(1, 1, WIDTH)));
}

/* The likeliest letter behind the newest takes its place; what is returned does so again for the next one. */
static tin_compiled *write_letter(const struct gpt *gpt) {
  tin_scope scope = tin_begin(gpt->ctx);
  tin_tensor *seen = tin_le(tin_iota(gpt->ctx, TIN_I32, CONTEXT), gpt->place);
  tin_tensor *x = tin_add(tin_embedding_forward(&gpt->letters, gpt->letter), tin_slice_at(gpt->places.weight, gpt->place, 1));
  for (int i = 0; i < LAYERS; i++) {
    x = tin_add(x, attend(gpt, &gpt->block[i], tin_norm_forward(&gpt->block[i].norm1, x, false), seen));
    x = think(&gpt->block[i], x);
  }
  tin_assign(gpt->letter, tin_argmax(scores(gpt, x), .axes = TIN_AXES(-1)));
  tin_assign(gpt->place, tin_add_scalar(gpt->place, 1));
  return tin_compile(scope);
}

static void write_on(const struct gpt *gpt, const struct text *text, int letters) {
  int32_t code = text->codes[0];
  tin_compiled *letter = NULL;
  tin_write(gpt->letter, &code, sizeof code);
  for (int i = 0; i < letters && i < CONTEXT && tin_read(gpt->letter, &code, sizeof code); i++) {
    putchar(text->alphabet[code]);
    if (letter)
      tin_replay(letter);
    else
      letter = write_letter(gpt);
  }
  putchar('\n');
  tin_compiled_free(letter);
}

int main(int argc, char **argv) {
  struct text text = {0};
  if (!read_text(&text, argc > 1 && *argv[1] ? argv[1] : NULL)) {
    fprintf(stderr, "%s cannot be read or is too short\n", argc > 1 ? argv[1] : "the text");
    return 1;
  }
  make_alphabet(&text);
  tin_ctx *ctx = tin_ctx_new(.seed = 1);
  struct gpt gpt = gpt_new(ctx, text.letters);
  learn(&gpt, &text, argc > 2 ? atoi(argv[2]) : 60);
  write_on(&gpt, &text, argc > 3 ? atoi(argv[3]) : CONTEXT);
  int status = !tin_ok(ctx);
  if (status)
    fprintf(stderr, "%s\n", tin_message(ctx));
  tin_ctx_free(ctx);
  free(text.codes);
  return status;
}
