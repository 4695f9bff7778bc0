/* Arrays as text, with NumPy's look: brackets, one column width for the whole array, shortest digits up to 8 behind the point,
 * scientific notation where the range asks for it, "..." above 1000 elements (3 at each edge), lines of at most 75 characters.
 *
 * Digits come from printf's exact conversion, searched for the shortest that reads back as the same number; the locale's decimal
 * point never reaches the text, because only the digits are taken. Rules: NumPy's arrayprint, default options.
 */
#include "frontend/data.h"
#include "ir/graph.h"
#include "ir/scalar.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRECISION = 8, THRESHOLD = 1000, EDGE_ITEMS = 3, LINE_WIDTH = 75, MAX_DIGITS = 17, WORD_BYTES = 80 };

/* ---- one number ---- */

/* |value| = 0.d1 d2 d3 ... * 10^(exponent + 1); digits without trailing zeros, at least one. */
struct decimal {
  bool negative;
  int exponent; /* of d1 in d1.d2d3... */
  int count;
  char digit[MAX_DIGITS + 1];
};

static void decimal_read(struct decimal *out, double magnitude, int digits) {
  char text[64];
  snprintf(text, sizeof text, "%.*e", digits - 1, magnitude);
  const char *at = text;
  out->count = 0;
  for (; *at && *at != 'e'; at++)
    if (isdigit((unsigned char)*at) && out->count < MAX_DIGITS)
      out->digit[out->count++] = *at;
  out->exponent = *at == 'e' ? atoi(at + 1) : 0;
  while (out->count > 1 && out->digit[out->count - 1] == '0')
    out->count--;
  out->digit[out->count] = 0;
}

static bool reads_back(double magnitude, int digits, tin_dtype dtype) {
  char text[64];
  snprintf(text, sizeof text, "%.*e", digits - 1, magnitude);
  if (dtype == TIN_F32)
    return strtof(text, NULL) == (float)magnitude;
  return tin_scalar_from_double(strtod(text, NULL), dtype) == tin_scalar_from_double(magnitude, dtype);
}

/* Digits that always read back, and digits that are always right (NumPy's finfo.precision), by dtype. */
static const int enough_digits[TIN_DTYPE_COUNT] = {[TIN_F16] = 5, [TIN_BF16] = 4, [TIN_F32] = FLT_DECIMAL_DIG, [TIN_F64] = DBL_DECIMAL_DIG};
static const int sure_digits[TIN_DTYPE_COUNT] = {[TIN_F16] = 3, [TIN_BF16] = 2, [TIN_F32] = FLT_DIG, [TIN_F64] = DBL_DIG};

/* The fewest digits that read back as the same number. */
static struct decimal decimal_shortest(double value, tin_dtype dtype) {
  struct decimal out = {.negative = signbit(value)};
  double magnitude = fabs(value);
  int digits = 1, most = enough_digits[dtype];
  while (digits < most && !reads_back(magnitude, digits, dtype))
    digits++;
  decimal_read(&out, magnitude, digits);
  return out;
}

/* The same, with at most `fraction` digits behind the point of the notation (scientific, or positional), rounded from the exact value. */
static struct decimal decimal_cut(double value, tin_dtype dtype, bool scientific, int fraction) {
  struct decimal out = decimal_shortest(value, dtype);
  int most = scientific ? 1 + fraction : out.exponent + 1 + fraction;
  if (out.count > most && most >= 1)
    decimal_read(&out, fabs(value), most);
  return out;
}

/* Integer and fraction parts as text; a fraction part without digits is empty. */
struct parts {
  char whole[WORD_BYTES];
  char fraction[WORD_BYTES];
  char exponent[8]; /* "e-05", or empty */
};

static void put_exponent(struct parts *out, int exponent) {
  snprintf(out->exponent, sizeof out->exponent, "e%c%02d", exponent < 0 ? '-' : '+', abs(exponent) % 1000);
}

static struct parts number_parts(struct decimal number, bool scientific) {
  struct parts out = {{0}, {0}, {0}};
  int whole = scientific ? 1 : number.exponent + 1, n = 0, f = 0;
  if (number.negative)
    out.whole[n++] = '-';
  if (whole <= 0)
    out.whole[n++] = '0';
  for (int i = 0; i < whole; i++)
    out.whole[n++] = i < number.count ? number.digit[i] : '0';
  bool zero = number.digit[0] == '0';
  for (int i = whole; !zero && i < number.count; i++)
    out.fraction[f++] = i < 0 ? '0' : number.digit[i];
  if (scientific)
    put_exponent(&out, number.exponent);
  return out;
}

/* ---- the format of a whole array ---- */

struct format {
  tin_dtype dtype;
  bool scientific;
  int precision; /* digits behind the point; scientific: of every element */
  int pad_left;  /* characters before the point */
  int pad_right; /* characters behind it */
  int width;     /* integers and bools */
};

struct view {
  tin_dtype dtype;
  int rank;
  const int64_t *shape;
  int64_t stride[TIN_RANK_LIMIT];
  const void *data;
  bool summary; /* only the edges of long axes are shown */
};

static double element(const struct view *view, int64_t at) {
  return tin_scalar_to_double(tin_scalar_load(view->data, at, view->dtype), view->dtype);
}

/* Whole numbers, those of 64 bits without going through a double. */
static int integer_text(const struct view *view, int64_t at, char *out) {
  uint64_t bits = tin_scalar_load(view->data, at, view->dtype);
  return snprintf(out, WORD_BYTES, view->dtype == TIN_U64 ? "%llu" : "%lld", (long long)tin_scalar_cast(bits, view->dtype, TIN_I64));
}

typedef void visit_fn(void *context, const struct view *view, int64_t at);

/* Calls visit for every element that will be shown, in order. */
static void visit_shown(const struct view *view, int axis, int64_t at, visit_fn *visit, void *context) {
  if (axis == view->rank) {
    visit(context, view, at);
    return;
  }
  int64_t count = view->shape[axis];
  bool skip = view->summary && count > 2 * EDGE_ITEMS;
  for (int64_t i = 0; i < count; i++) {
    if (skip && i == EDGE_ITEMS)
      i = count - EDGE_ITEMS;
    visit_shown(view, axis + 1, at + i * view->stride[axis], visit, context);
  }
}

struct range {
  double low, high; /* of |x| over the finite non-zero elements */
  bool any;         /* there is one */
  bool any_finite;
  bool special, negative_infinity;
};

static void visit_range(void *context, const struct view *view, int64_t at) {
  struct range *range = context;
  double value = element(view, at), magnitude = fabs(value);
  if (!isfinite(value)) {
    range->special = true;
    range->negative_infinity |= isinf(value) && value < 0;
    return;
  }
  range->any_finite = true;
  if (magnitude == 0)
    return;
  range->low = !range->any || magnitude < range->low ? magnitude : range->low;
  range->high = !range->any || magnitude > range->high ? magnitude : range->high;
  range->any = true;
}

static bool wants_scientific(const struct range *range, tin_dtype dtype) {
  bool single = dtype == TIN_F32;
  if (!range->any)
    return false;
  double cut = pow(10, fmin(8, sure_digits[dtype])); /* what the dtype can tell apart, at most 8 digits */
  double smallest = single ? (double)0.0001f : 0.0001;
  double ratio = single ? (double)((float)range->high / (float)range->low) : range->high / range->low;
  return range->high >= cut || range->low < smallest || ratio > 1000;
}

static int longer(int a, size_t b) {
  return (size_t)a > b ? a : (int)b;
}

static void visit_width(void *context, const struct view *view, int64_t at) {
  struct format *format = context;
  char word[WORD_BYTES];
  if (!tin_dtype_is_float(view->dtype)) {
    format->width = longer(format->width, (size_t)integer_text(view, at, word));
    return;
  }
  double value = element(view, at);
  if (!isfinite(value))
    return;
  struct parts parts = number_parts(decimal_cut(value, view->dtype, format->scientific, PRECISION), format->scientific);
  format->pad_left = longer(format->pad_left, strlen(parts.whole));
  format->precision = longer(format->precision, strlen(parts.fraction));
  format->width = longer(format->width, strlen(parts.exponent)); /* of the exponent */
}

static struct format choose_format(const struct view *view) {
  struct format format = {.dtype = view->dtype};
  if (view->dtype == TIN_BOOL) {
    format.width = 5;
    return format;
  }
  if (!tin_dtype_is_float(view->dtype)) {
    visit_shown(view, 0, 0, visit_width, &format);
    return format;
  }
  struct range range = {0};
  visit_shown(view, 0, 0, visit_range, &range);
  format.scientific = wants_scientific(&range, view->dtype);
  visit_shown(view, 0, 0, visit_width, &format);
  format.pad_right = format.precision;
  if (format.scientific)
    format.pad_right += format.width;
  if (range.special) {
    int offset = format.pad_right + 1, infinity = 3 + range.negative_infinity;
    format.pad_left = longer(format.pad_left, (size_t)(infinity > offset ? infinity - offset : 0));
    format.pad_left = longer(format.pad_left, (size_t)(3 > offset ? 3 - offset : 0));
  }
  return format;
}

/* ---- words and lines ---- */

/* One element as text; the longest is an f64 in full, about 30 characters. */
struct word {
  int count;
  char at[WORD_BYTES];
};

static void word_puts(struct word *word, const char *string) {
  for (; *string && word->count + 1 < WORD_BYTES; string++)
    word->at[word->count++] = *string;
  word->at[word->count] = 0;
}

static void word_fill(struct word *word, char with, int count) {
  for (; count > 0 && word->count + 1 < WORD_BYTES; count--)
    word->at[word->count++] = with;
  word->at[word->count] = 0;
}

static void word_right(struct word *word, const char *string, int width) {
  word_fill(word, ' ', width - (int)strlen(string));
  word_puts(word, string);
}

static const char *special_text(double value) {
  return isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
}

static void float_word(const struct format *format, double value, tin_dtype dtype, struct word *out) {
  if (!isfinite(value)) {
    word_right(out, special_text(value), format->pad_left + format->pad_right + 1);
    return;
  }
  struct decimal number = {.negative = signbit(value)};
  if (format->scientific) /* all with the same number of digits, exact ones where the shortest form is shorter */
    decimal_read(&number, fabs(value), 1 + format->precision);
  else
    number = decimal_cut(value, dtype, false, PRECISION);
  struct parts parts = number_parts(number, format->scientific);
  word_right(out, parts.whole, format->pad_left);
  word_puts(out, ".");
  word_puts(out, parts.fraction);
  word_fill(out, format->scientific ? '0' : ' ', format->precision - (int)strlen(parts.fraction));
  if (format->scientific) { /* e+005 beside e+105 */
    word_fill(out, 'e', 1);
    word_fill(out, parts.exponent[1], 1);
    word_fill(out, '0', format->width - (int)strlen(parts.exponent));
    word_puts(out, parts.exponent + 2);
  }
}

static struct word element_word(const struct view *view, const struct format *format, int64_t at) {
  struct word word = {.count = 0};
  if (view->dtype == TIN_BOOL) {
    word_right(&word, tin_scalar_load(view->data, at, TIN_BOOL) ? "True" : "False", format->width);
  } else if (tin_dtype_is_float(view->dtype)) {
    float_word(format, element(view, at), view->dtype, &word);
  } else {
    char digits[WORD_BYTES];
    integer_text(view, at, digits);
    word_right(&word, digits, format->width);
  }
  return word;
}

/* A line that is being filled; NumPy drops the blanks at the end of a line it breaks. */
struct line {
  struct tin_text *text;
  int start;  /* where it begins in text */
  int indent; /* characters of hanging indent at its start */
  int limit;  /* longest line */
};

static void put_blanks(struct tin_text *text, int count) {
  tin_text_add(text, "%*s", count, "");
}

static void line_word(struct line *line, const char *word) {
  struct tin_text *text = line->text;
  int used = text->count - line->start;
  if (used > line->indent && used + (int)strlen(word) > line->limit) {
    while (text->count > line->start && text->at[text->count - 1] == ' ')
      text->at[--text->count] = 0;
    tin_text_puts(text, "\n");
    line->start = text->count;
    put_blanks(text, line->indent);
  }
  tin_text_puts(text, word);
}

static int64_t next_shown(int64_t i, int64_t count, bool skip) {
  return skip && i + 1 == EDGE_ITEMS ? count - EDGE_ITEMS : i + 1;
}

/* The innermost axis: words in lines, wrapped with `depth` blanks. */
static void put_row(struct tin_text *text, const struct view *view, const struct format *format, int64_t at, int depth) {
  int64_t count = view->shape[view->rank - 1];
  bool skip = view->summary && count > 2 * EDGE_ITEMS;
  /* exactly `depth` brackets or blanks stand before the first word */
  struct line line = {.text = text, .start = text->count - depth, .indent = depth, .limit = LINE_WIDTH - depth};
  for (int64_t i = 0; i < count; i = next_shown(i, count, skip)) {
    if (i)
      tin_text_puts(text, " ");
    if (skip && i == count - EDGE_ITEMS) {
      line_word(&line, "...");
      tin_text_puts(text, " ");
    }
    line_word(&line, element_word(view, format, at + i).at);
  }
}

static void put_axis(struct tin_text *text, const struct view *view, const struct format *format, int axis, int64_t at) {
  tin_text_puts(text, "[");
  if (axis == view->rank - 1) {
    put_row(text, view, format, at, axis + 1);
  } else {
    int64_t count = view->shape[axis];
    bool skip = view->summary && count > 2 * EDGE_ITEMS;
    for (int64_t i = 0; i < count; i = next_shown(i, count, skip)) {
      for (int newline = axis + 1; i && newline < view->rank; newline++)
        tin_text_puts(text, "\n");
      if (i)
        put_blanks(text, axis + 1);
      if (skip && i == count - EDGE_ITEMS) {
        tin_text_puts(text, "...");
        for (int newline = axis + 1; newline < view->rank; newline++)
          tin_text_puts(text, "\n");
        put_blanks(text, axis + 1);
      }
      put_axis(text, view, format, axis + 1, at + i * view->stride[axis]);
    }
  }
  tin_text_puts(text, "]");
}

/* A 0-d value: all its digits; scientific outside 1e-4 .. 1e16 (f32: 1e6). */
static void put_single(struct tin_text *text, const struct view *view) {
  char word[WORD_BYTES];
  if (view->dtype == TIN_BOOL) {
    tin_text_puts(text, tin_scalar_load(view->data, 0, TIN_BOOL) ? "True" : "False");
    return;
  }
  if (!tin_dtype_is_float(view->dtype)) {
    integer_text(view, 0, word);
    tin_text_puts(text, word);
    return;
  }
  double value = element(view, 0), magnitude = fabs(value);
  if (!isfinite(value)) {
    tin_text_puts(text, special_text(value));
    return;
  }
  bool scientific =
      magnitude != 0 && (magnitude < 1e-4 || magnitude >= (view->dtype == TIN_F64 ? 1e16 : pow(10, sure_digits[view->dtype])));
  struct parts parts = number_parts(decimal_shortest(value, view->dtype), scientific);
  tin_text_add(text, "%s%s%s%s", parts.whole, scientific && !*parts.fraction ? "" : ".",
               *parts.fraction || scientific ? parts.fraction : "0", parts.exponent);
}

void tin_array_text(struct tin_text *text, tin_dtype dtype, int rank, const int64_t *shape, const void *data) {
  struct view view = {.dtype = dtype, .rank = rank, .shape = shape, .data = data};
  int64_t size = 1;
  for (int axis = rank - 1; axis >= 0; axis--) {
    view.stride[axis] = size;
    size *= shape[axis];
  }
  if (size == 0) {
    tin_text_puts(text, "[]");
    return;
  }
  if (rank == 0) {
    put_single(text, &view);
    return;
  }
  view.summary = size > THRESHOLD;
  struct format format = choose_format(&view);
  put_axis(text, &view, &format, 0, 0);
}

/* ---- tensors ---- */

/* NULL, or what went wrong. The text's arena jumps back here when memory runs out. */
static const char *print_value(FILE *out, tin_tensor *t, const void *data) {
  struct tin_arena arena;
  struct tin_text text;
  jmp_buf fail;
  tin_shape shape = tin_shape_of(t);
  tin_arena_init(&arena, 1 << 12, &fail);
  if (setjmp(fail)) {
    tin_arena_free(&arena);
    return "out of memory";
  }
  tin_text_init(&text, &arena);
  tin_array_text(&text, tin_dtype_of(t), shape.rank, shape.size, data);
  bool written = fprintf(out, "%s\n", text.at) >= 0;
  tin_arena_free(&arena);
  return written ? NULL : "cannot be written";
}

bool tin_fprint_at(const char *file, int line, FILE *out, tin_tensor *t) {
  size_t bytes = (size_t)tin_size_of(t) * tin_dtype_size(tin_dtype_of(t));
  void *data = malloc(bytes ? bytes : 1);
  if (!data) {
    tin_fail_at(file, line, tin_ctx_of(t), "print: out of memory for %zu bytes", bytes);
    return false;
  }
  bool ok = tin_read_at(file, line, t, data, bytes);
  const char *failure = ok ? print_value(out, t, data) : NULL;
  if (failure)
    tin_fail_at(file, line, tin_ctx_of(t), "print: %s", failure);
  free(data);
  return ok && !failure;
}
