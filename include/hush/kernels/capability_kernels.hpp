#pragma once
#include <concepts>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

#include <hush/kernels/addition.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/kernels/conv2d_sizes.hpp>
#include <hush/kernels/group_norm_sizes.hpp>
#include <hush/kernels/image_sizes.hpp>
#include <hush/kernels/norm_fusion.hpp>

// The kernels that a backend has besides those of kernels.hpp for each capability that it declares, in that file's
// letters.
namespace hush {
/// Of HasFusedNorms.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept FusedNormKernels =
    !HasFusedNorms<B> || requires(const B& on, const GroupNormSizes& s, const NormFusion<S>& fusion,
                                  const NormFusionGrads<S, M>& grads, const S* x, const M* p, S* y, M* q) {
  group_norm_fused(on, s, fusion, x, p, p, y, q, q);
  group_norm_fused_backward(on, s, fusion, x, x, p, p, p, p, grads);
};

/// Of HasResidualProducts: the residual stands before the result.
template <class B, class S = typename B::scalar>
concept ResidualKernels =
    !HasResidualProducts<B> || requires(const B& on, const Conv2dSizes& s, std::int64_t n, const S* x, S* y) {
  conv2d(on, s, x, x, x, x, y);
  linear(on, n, n, n, x, x, x, x, y);
};

/// Of HasConcatUpsample.
template <class B, class S = typename B::scalar>
concept ConcatUpsampleKernels =
    !HasConcatUpsample<B> || requires(const B& on, const ImageSizes& s, std::int64_t n, const S* x, S* y) {
  concat_upsampled(on, s, n, n, x, x, y);
  concat_upsampled_backward(on, s, n, n, x, y, y);
};

/// Of HasBatchedAdds.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept BatchedAddKernels = !HasBatchedAdds<B> || requires(const B& on, std::span<const Addition<S, M>> all) {
  add_into_all(on, all);
};

/// Of HasGraphs: a graph that takes work, repeats it as often as a number in the backend's memory says, and runs.
template <class B>
concept GraphKernels = !HasGraphs<B> || requires(decltype(graph_on(std::declval<typename B::full>())) graph,
                                                 const std::function<void()>& work, std::int32_t* left) {
  graph.add(work);
  graph.repeat(left, work);
  graph.launch();
};

/// Of HasAsyncCopies.
template <class B, class M = typename B::master>
concept AsyncCopyKernels =
    !HasAsyncCopies<B> || requires(const typename B::full& full, std::int64_t n, const float* host, M* q) {
  copy_ahead(full, n, host, q);
  await_ahead(full);
  synchronise(full);
};

/// Of HasImageParts: how many images of `n` pixels hold n pixels a thread, at least one.
template <class B>
concept ImagePartKernels = !HasImageParts<B> || requires(const B& on, std::int64_t n) {
  { images_a_part(on, n, n) } -> std::same_as<std::int64_t>;
};

/// Of HasRecomputing, besides `attention_backward` without weights.
template <class B, class S = typename B::scalar, class M = typename B::master>
concept RecomputingKernels =
    !HasRecomputing<B> ||
    requires(const B& on, const GroupNormSizes& s, const NormFusion<S>& fusion, const S* x, const M* p, S* y, M* q) {
  group_norm_around(on, s, fusion, x, p, p, y, q, q);
  normalise_around(on, s, fusion, x, p, p, p, p, y);
};

/// Of HasPackedWeights, which is for backends whose layers compute with the parameters themselves.
template <class B, class S = typename B::scalar>
concept PackedWeightKernels =
    !HasPackedWeights<B> || (std::same_as<S, typename B::master> && requires(const B& on, const S* x) {
      keep_packed(on, x);
      drop_packed(on, x);
    });

}  // namespace hush
