#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <hush/cuda/attention_small.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/gemm.hpp>
#include <hush/cuda/softmax.hpp>
#include <hush/cuda/team/pixels.hpp>
#include <hush/kernels/attention_sizes.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Attention without stored weights by one kernel of our own (cuda/attention_small.hpp) rather than by two matrix
/// products around a softmax; says whether it did it. Its weights must fit a team's scratch, and it has no tensor
/// cores: so only where the launches of the products would last longer than the sums. The limits are estimates; nobody
/// has measured them.
template <class P, class M, class T>
bool small_attention(const Cuda<P, M>& on, const AttentionSizes& s, const T* q, const T* k, const T* v, T* y) {
  const std::int64_t products = s.batch * s.heads * s.queries * s.keys * (s.width + s.value_width);
  if (s.width < 1 || s.keys > 256 || products > std::int64_t(1) << 27) return false;
  const bool wide = eight_channels(s.width, q, k) && eight_channels(s.value_width, v, y);
  const AttentionCuts cuts(s, wide ? 8 : 1);
  const std::int64_t teams = cuts.teams(s), blocks = cuts.blocks(s);
  const TeamGrid grid{
      .teams = std::min<std::int64_t>(teams, 16384), .threads = cuts.threads, .shared = cuts.scratch(s)};
  if (grid.shared > 96 * 1024) return false;
  if (wide)
    launch(on, bodies::SmallAttention<T, 8>{s, cuts, teams, blocks, q, k, v, y}, grid);
  else
    launch(on, bodies::SmallAttention<T, 1>{s, cuts, teams, blocks, q, k, v, y}, grid);
  return true;
}

/// Where the matrices of images and heads lie: elements between images, between heads, and between the rows of one.
struct HeadStrides {
  std::int64_t image, head, line;
};

/// The same product for all images and heads, in as few batches as these strides can say.
template <class P, class M, class T, class C>
void gemm_of_heads(const Cuda<P, M>& on, std::int64_t images, std::int64_t heads, const GemmProduct<T, C>& product,
                   const HeadStrides& a, const HeadStrides& b, const HeadStrides& c) {
  const bool by_head = heads <= images;
  const auto inner = [&](const HeadStrides& s) { return by_head ? s.image : s.head; };
  const auto outer = [&](const HeadStrides& s) { return by_head ? s.head : s.image; };
  GemmProduct<T, C> one = product;
  one.sizes.batch = by_head ? images : heads;
  one.sizes.stride_a = inner(a);
  one.sizes.stride_b = inner(b);
  one.sizes.stride_c = inner(c);
  one.sizes.lda = a.line;
  one.sizes.ldb = b.line;
  one.sizes.ldc = c.line;
  for (std::int64_t i = 0, count = by_head ? heads : images; i < count; ++i) {
    one.a = product.a + i * outer(a);
    one.b = product.b + i * outer(b);
    one.c = product.c + i * outer(c);
    run_gemm(on, one);
  }
}

/// How many scores, in float, the scratch of attention holds at least: 256 MiB of them.
inline constexpr std::int64_t attention_scratch = std::int64_t(1) << 26;

/// The strides of attention's arrays, and how many images are done at a time: as many as have `most` scores, or one.
struct AttentionLayout {
  HeadStrides q, k, v, y, weights;
  std::int64_t images;

  AttentionLayout(const AttentionSizes& s, std::int64_t most)
      : q(of(s.queries, s.heads, s.width)),
        k(of(s.keys, s.heads, s.width)),
        v(of(s.keys, s.heads, s.value_width)),
        y(of(s.queries, s.heads, s.value_width)),
        weights{s.heads * s.queries * s.keys, s.queries * s.keys, s.keys},
        images(std::max<std::int64_t>(1, std::min(s.batch, most / std::max<std::int64_t>(1, weights.image)))) {}

 private:
  static HeadStrides of(std::int64_t length, std::int64_t heads, std::int64_t width) {
    return {length * heads * width, width, heads * width};
  }
};

/// Scores are floats; weights that are floats too take their place, others need other room.
template <class T, class P, class M>
std::shared_ptr<float[]> scores_of(const Cuda<P, M>& on, std::int64_t count) {
  if constexpr (std::is_same_v<T, float>)
    return nullptr;
  else
    return on.template allocate<float>(count);
}
inline float* scores_at(float*, float* weights) { return weights; }
inline float* scores_at(float* scores, bf16*) { return scores; }

/// y = softmax(scale q k^T) v for every image and head (Vaswani et al. 2017, equation 1), the softmax in float.
/// `weights` [batch, heads, queries, keys], what the softmax gave, is kept for attention_backward unless it is null.
/// `most`: see AttentionLayout.
template <class P, class M, class T>
void attention(const Cuda<P, M>& on, const AttentionSizes& s, const T* q, const T* k, const T* v, T* y,
               std::type_identity_t<T>* weights, std::int64_t most = attention_scratch) {
  if (s.batch * s.heads * s.queries * s.value_width <= 0) return;
  if (s.keys <= 0) return fill(on, s.batch * s.heads * s.queries * s.value_width, 0, y);
  if (!weights && small_attention(on, s, q, k, v, y)) return;
  const AttentionLayout at(s, most);
  const std::int64_t count = at.images * at.weights.image;
  const auto scores = scores_of<T>(on, count);
  const auto own = weights ? nullptr : on.template allocate<T>(count);
  for (std::int64_t first = 0; first < s.batch; first += at.images) {
    const std::int64_t images = std::min(at.images, s.batch - first);
    T* w = weights ? weights + first * at.weights.image : own.get();
    const GemmProduct<T, float> keys{
        .sizes = {.rows = s.queries, .columns = s.keys, .depth = s.width, .b = Transpose::yes},
        .alpha = float(s.scale),
        .a = q + first * at.q.image,
        .b = k + first * at.k.image,
        .c = scores_at(scores.get(), w)};
    gemm_of_heads(on, images, s.heads, keys, at.q, at.k, at.weights);
    softmax(on, images * s.heads * s.queries, s.keys, keys.c, w);
    const GemmProduct<T> values{.sizes = {.rows = s.queries, .columns = s.value_width, .depth = s.keys},
                                .a = w,
                                .b = v + first * at.v.image,
                                .c = y + first * at.y.image};
    gemm_of_heads(on, images, s.heads, values, at.weights, at.v, at.y);
  }
}

/// The gradients of attention with respect to q, k and v. `most`: see AttentionLayout.
template <class P, class M, class T>
void attention_backward(const Cuda<P, M>& on, const AttentionSizes& s, const T* q, const T* k, const T* v,
                        const T* weights, const T* dy, T* dq, T* dk, T* dv, std::int64_t most = attention_scratch) {
  const AttentionLayout at(s, most);
  const std::int64_t count = at.images * at.weights.image;
  const auto scores = scores_of<T>(on, count);
  const auto own = on.template allocate<T>(count);
  float* slopes = scores_at(scores.get(), own.get());
  for (std::int64_t first = 0; first < s.batch; first += at.images) {
    const std::int64_t images = std::min(at.images, s.batch - first);
    const T *w = weights + first * at.weights.image, *change = dy + first * at.y.image;
    const auto product = [&]<class C>(const GemmSizes& sizes, float alpha, const T* a, const HeadStrides& a_at,
                                      const T* b, const HeadStrides& b_at, C* c, const HeadStrides& c_at) {
      gemm_of_heads(on, images, s.heads, GemmProduct<T, C>{.sizes = sizes, .alpha = alpha, .a = a, .b = b, .c = c},
                    a_at, b_at, c_at);
    };
    // dv = w^T dy; dw = dy v^T, then through the softmax; dq = scale ds k, dk = scale ds^T q.
    product({.rows = s.keys, .columns = s.value_width, .depth = s.queries, .a = Transpose::yes}, 1, w, at.weights,
            change, at.y, dv + first * at.v.image, at.v);
    product({.rows = s.queries, .columns = s.keys, .depth = s.value_width, .b = Transpose::yes}, 1, change, at.y,
            v + first * at.v.image, at.v, slopes, at.weights);
    softmax_backward(on, images * s.heads * s.queries, s.keys, w, slopes, own.get());
    const T* ds = own.get();
    product({.rows = s.queries, .columns = s.width, .depth = s.keys}, float(s.scale), ds, at.weights,
            k + first * at.k.image, at.k, dq + first * at.q.image, at.q);
    product({.rows = s.keys, .columns = s.width, .depth = s.queries, .a = Transpose::yes}, float(s.scale), ds,
            at.weights, q + first * at.q.image, at.q, dk + first * at.k.image, at.k);
  }
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
