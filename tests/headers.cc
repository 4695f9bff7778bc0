/* What a C++ user writes: compiled by tests/test_headers.c. */
#include <tinsmith.h>
#include <tinsmith_nn.h>

static tin_tensor *square(void *, tin_list x) {
  return tin_square(x.at[0]);
}

int main() {
  tin_ctx *ctx = tin_ctx_new();
  tin_tensor *x = tin_zeros(ctx, TIN_F32, TIN_SHAPE(2, 3));
  x = tin_slices(x, TIN_RANGES(TIN_ALL, {-1, TIN_END, -1}));
  x = tin_add(x, tin_pad(x, {.mode = TIN_PAD_REFLECT}));
  x = tin_add(x, tin_nan_to_num(tin_elu(tin_gelu(x), {.alpha = 2}), {.posinf = 1}));
  if (tin_allclose(x, x, {.rtol = 1e-3}))
    x = tin_where(tin_isclose(x, x), x, x);
  tin_tensor *columns = tin_unfold(tin_unsqueeze(x, 0), {.kernel = {2, 2}}), *pieces[2];
  x = tin_fold2d(columns, {.image = {2, 3}, .kernel = {2, 2}});
  tin_chunk(x, 2, 0, pieces);
  x = tin_add(x, tin_linspace(ctx, TIN_F32, 0, 1, 3, {.exclude_stop = true}));
  x = tin_add(x, tin_logspace(ctx, TIN_F32, 0, 1, 3));
  x = tin_add(x, tin_map_file(ctx, "/dev/null", TIN_F32, TIN_SHAPE(0, 3), {.offset = 0}));
  static const float borrowed[3] = {1, 2, 3};
  x = tin_add(x, tin_borrow(ctx, TIN_F32, TIN_SHAPE(3), borrowed, nullptr, nullptr));
  tin_norm_layer norm = tin_batch_norm_new(ctx, 3, {.momentum = 0.5});
  x = tin_norm_forward(&norm, tin_batch_norm(x, nullptr, nullptr, {.training = true}), true);
  norm = tin_group_norm_new(ctx, 1, 3), norm = tin_layer_norm_new(ctx, TIN_SHAPE(3), {.no_bias = true});
  tin_local_response_norm(x, 2, {.alpha = 1});
  tin_embedding_layer embedding = tin_embedding_new(ctx, 3, 4, {.name = "tokens"});
  tin_embedding_forward(&embedding, tin_zeros(ctx, TIN_I32, TIN_SHAPE(2)));
  tin_multihead_attention heads = tin_multihead_attention_new(ctx, 4, 2, {.no_bias = true});
  tin_tensor *sequence = tin_rope(tin_zeros(ctx, TIN_F32, TIN_SHAPE(3, 4)), {.interleaved = true});
  sequence = tin_multihead_attention_forward(&heads, sequence, sequence, sequence, {.causal = true});
  sequence = tin_attention(sequence, sequence, sequence);
  tin_rnn rnn = tin_rnn_new(ctx, TIN_LSTM, 4, 2, {.layers = 2});
  tin_rnn_cell cell = tin_rnn_cell_new(ctx, TIN_GRU, 4, 2);
  tin_rnn_forward(&rnn, sequence, {}, nullptr);
  tin_rnn_cell_forward(&cell, sequence, {});
  tin_tensor *total = tin_sum(x, {.keepdims = true});
  double value = tin_item(total);
  tin_tensor *gradient = total;
  tin_clip_grad_norm(TIN_LIST(total), 1, &gradient, {.norm_type = 1});
  tin_gradcheck(square, nullptr, TIN_LIST(tin_cast(x, TIN_F64)), {.second_order = true});
  tin_tensor *i = tin_zeros(ctx, TIN_I64, TIN_SHAPE(1, 1));
  total = tin_index_put(x, TIN_LIST(i), tin_index(x, TIN_LIST(i, i)), {.accumulate = true});
  total = tin_embedding(i, tin_scatter_reduce(x, 0, i, x, "amax", {.exclude_self = true}), {.pad = true});
  total = tin_einsum("ij,kj,kl->il", x, x, x);
  total = tin_tensordot(x, x, {.axes_a = TIN_AXES(0), .axes_b = TIN_AXES(0)});
  total = tin_triplet_margin(x, x, x, {.margin = 2});
  total = tin_huber(x, tin_uniform(ctx, TIN_F32, TIN_SHAPE(3), 0, 1), {.delta = 2});
  total = tin_categorical(x, {.count = 3});
  tin_tensor *weight = tin_init_kaiming_normal(tin_param(ctx, TIN_SHAPE(2, 3)), 0, {.fan_out = true});
  tin_init_xavier_uniform(weight, {.gain = tin_gain("tanh", 0)});
  tin_init_orthogonal(weight, 1);
  tin_ctx_free(ctx);
  return value != 0;
}
