/* A convolution is a contraction over sliding windows. The windows are index maps: no matrix of them is ever written. */
#include <stdio.h>
#include <tinsmith_nn.h>

/* image [n, c, h, w], weight [o, c, kh, kw] -> [n, o, h - kh + 1, w - kw + 1]. torch.nn.functional.conv2d. */
static tin_tensor *conv2d(tin_tensor *image, tin_tensor *weight) {
  tin_shape kernel = tin_shape_of(weight);
  tin_tensor *windows = tin_window(image, 2, kernel.size[2]); /* [n, c, oh, w, kh] */
  windows = tin_window(windows, 3, kernel.size[3]);           /* [n, c, oh, ow, kh, kw] */
  return tin_einsum("nchwij,ocij->nohw", windows, weight);
}

int main(void) {
  tin_ctx *ctx = tin_ctx_new();
  tin_tensor *image = tin_reshape(tin_arange(ctx, TIN_F32, 16, 0, 1), TIN_SHAPE(1, 1, 4, 4));
  float laplace[] = {0, 1, 0, 1, -4, 1, 0, 1, 0};
  tin_tensor *weight = tin_from(ctx, TIN_F32, TIN_SHAPE(1, 1, 3, 3), laplace);
  tin_tensor *edges = conv2d(tin_square(image), weight);
  tin_print(edges);

  tin_tensor *gradient; /* of the image: again a convolution */
  tin_grad(edges, TIN_LIST(image), &gradient);
  tin_print(gradient);

  int status = !tin_ok(ctx);
  if (status)
    fprintf(stderr, "%s\n", tin_message(ctx));
  tin_ctx_free(ctx);
  return status;
}
