/* Drawn digits: a small stand-in for MNIST, so that examples and tests train on something without any file.
 *
 * Each glyph is a set of strokes in the unit square. An image draws one glyph with a soft pen after a random rotation, slant, scale and
 * shift, and adds noise. Only arithmetic and sqrt are used, so a seed gives the same bytes everywhere.
 */
#include "frontend/data.h"

#include <math.h>

enum { SIDE = 28, GLYPHS = 10, MAX_POINTS = 20 };

struct point {
  float x, y; /* y grows downwards, both in 0 .. 1 */
};

/* Polylines; x < 0 lifts the pen. Curves are polygons: at 28 pixels the pen's width hides the corners. */
struct glyph {
  int count;
  struct point at[MAX_POINTS];
};
/* clang-format off */
#define UP {-1, 0}
static const struct glyph glyphs[GLYPHS] = {
    {13, {{.5f, .08f}, {.32f, .14f}, {.2f, .32f}, {.18f, .55f}, {.24f, .78f}, {.38f, .9f}, {.55f, .92f}, {.7f, .84f}, {.8f, .65f},
          {.81f, .4f}, {.75f, .2f}, {.64f, .1f}, {.5f, .08f}}},
    {3, {{.34f, .26f}, {.54f, .1f}, {.52f, .92f}}},
    {10, {{.22f, .28f}, {.32f, .12f}, {.52f, .07f}, {.72f, .15f}, {.77f, .32f}, {.68f, .5f}, {.45f, .7f}, {.2f, .9f}, {.5f, .88f},
          {.82f, .9f}}},
    {12, {{.24f, .16f}, {.45f, .07f}, {.68f, .13f}, {.74f, .29f}, {.64f, .43f}, {.44f, .48f}, {.66f, .53f}, {.78f, .68f}, {.72f, .85f},
          {.5f, .93f}, {.3f, .9f}, {.2f, .8f}}},
    {6, {{.6f, .08f}, {.18f, .62f}, {.85f, .62f}, UP, {.66f, .38f}, {.62f, .94f}}},
    {10, {{.76f, .09f}, {.32f, .1f}, {.27f, .45f}, {.5f, .4f}, {.7f, .48f}, {.79f, .66f}, {.72f, .83f}, {.52f, .93f}, {.32f, .9f},
          {.2f, .8f}}},
    {12, {{.68f, .08f}, {.44f, .2f}, {.28f, .44f}, {.22f, .68f}, {.3f, .86f}, {.5f, .93f}, {.7f, .86f}, {.77f, .7f}, {.68f, .55f},
          {.5f, .5f}, {.33f, .57f}, {.24f, .7f}}},
    {4, {{.18f, .12f}, {.8f, .1f}, {.55f, .5f}, {.4f, .93f}}},
    {17, {{.5f, .48f}, {.31f, .38f}, {.28f, .2f}, {.42f, .08f}, {.6f, .08f}, {.73f, .2f}, {.7f, .37f}, {.5f, .48f}, {.27f, .62f},
          {.22f, .8f}, {.38f, .92f}, {.5f, .93f}, {.64f, .92f}, {.79f, .8f}, {.75f, .63f}, {.62f, .54f}, {.5f, .48f}}},
    {12, {{.75f, .32f}, {.65f, .46f}, {.47f, .5f}, {.3f, .43f}, {.24f, .27f}, {.34f, .12f}, {.53f, .07f}, {.7f, .15f}, {.76f, .32f},
          {.74f, .55f}, {.66f, .76f}, {.5f, .93f}}}};
/* clang-format on */

static float between(struct tin_stream *stream, float low, float high) {
  return low + (high - low) * (float)tin_stream_uniform(stream);
}

/* A rotation by angle a, given by t = tan(a / 2), so that neither sine nor cosine is called; then slant, scale and shift. */
static void place_glyph(struct glyph *out, const struct glyph *glyph, struct tin_stream *stream) {
  float t = between(stream, -0.13f, 0.13f); /* up to 15 degrees */
  float cosine = (1 - t * t) / (1 + t * t), sine = 2 * t / (1 + t * t);
  float slant = between(stream, -0.2f, 0.2f), width = between(stream, 13, 18), height = between(stream, 17, 21);
  float shift_x = between(stream, -2, 2), shift_y = between(stream, -2, 2);
  *out = *glyph;
  for (int i = 0; i < out->count; i++) {
    if (out->at[i].x < 0)
      continue;
    float x = (out->at[i].x - 0.5f + between(stream, -0.02f, 0.02f)) * width;
    float y = (out->at[i].y - 0.5f + between(stream, -0.02f, 0.02f)) * height;
    x -= slant * y;
    float turned_x = cosine * x - sine * y, turned_y = sine * x + cosine * y;
    out->at[i] = (struct point){turned_x + shift_x + SIDE / 2.0f, turned_y + shift_y + SIDE / 2.0f};
    if (out->at[i].x < 0) /* the pen-up mark */
      out->at[i].x = 0;
  }
}

static float distance_to_segment(float x, float y, struct point a, struct point b) {
  float dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
  float along = length > 0 ? ((x - a.x) * dx + (y - a.y) * dy) / length : 0;
  along = along < 0 ? 0 : along > 1 ? 1 : along;
  float ex = x - a.x - along * dx, ey = y - a.y - along * dy;
  return sqrtf(ex * ex + ey * ey);
}

static float distance_to_glyph(float x, float y, const struct glyph *glyph) {
  float nearest = SIDE;
  for (int i = 0; i + 1 < glyph->count; i++) {
    if (glyph->at[i].x < 0 || glyph->at[i + 1].x < 0)
      continue;
    float distance = distance_to_segment(x, y, glyph->at[i], glyph->at[i + 1]);
    nearest = distance < nearest ? distance : nearest;
  }
  return nearest;
}

static void draw_digit(unsigned char *image, int digit, struct tin_stream *stream) {
  struct glyph glyph;
  place_glyph(&glyph, &glyphs[digit], stream);
  float pen = between(stream, 0.8f, 1.6f), soft = 1.0f, noise = between(stream, 0, 30);
  for (int row = 0; row < SIDE; row++)
    for (int column = 0; column < SIDE; column++) {
      float ink = (pen + soft - distance_to_glyph((float)column + 0.5f, (float)row + 0.5f, &glyph)) / soft;
      ink = ink < 0 ? 0 : ink > 1 ? 1 : ink;
      float value = 255 * ink + noise * between(stream, -1, 1);
      image[row * SIDE + column] = (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value);
    }
}

bool tin_digits_make(int64_t count, uint64_t seed, tin_array *images, tin_array *labels, struct tin_error *error) {
  *images = *labels = (tin_array){0};
  if (!tin_array_make(images, TIN_U8, 3, (int64_t[]){count, SIDE, SIDE}, error) ||
      !tin_array_make(labels, TIN_U8, 1, (int64_t[]){count}, error)) {
    tin_array_free(images);
    return false;
  }
  struct tin_stream stream;
  tin_stream_seed(&stream, seed);
  for (int64_t i = 0; i < count; i++) {
    int digit = (int)tin_stream_below(&stream, GLYPHS);
    ((unsigned char *)labels->data)[i] = (unsigned char)digit;
    draw_digit((unsigned char *)images->data + i * SIDE * SIDE, digit, &stream);
  }
  return true;
}

bool tin_digits_at(const char *file, int line, tin_ctx *ctx, int64_t count, uint64_t seed, tin_array *images, tin_array *labels) {
  struct tin_error error = {0};
  bool ok = count >= 0 && tin_digits_make(count, seed, images, labels, &error);
  if (!ok)
    tin_fail_at(file, line, ctx, "digits: %s", count < 0 ? "a negative count" : error.text);
  return ok;
}
