#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/collectives/all_reduce.hpp>
#include <hush/communicator.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/nn/flat_parameters.hpp>

namespace hush::detail {

/// The gradients and losses of a batch's micro-batches, added in one binary tree: neighbours, pairs of neighbours, and
/// so on; of a number that is no power of two the rest is added last, from the smallest group to the largest. Ranks own
/// aligned blocks of the tree's leaves, so that the sum has the same bits on any number of them. One micro-batch is its
/// own sum; n of them keep log2(n) more arrays of gradients.
template <Backend B>
class MicroBatches {
 public:
  using master = typename B::master;
  using Number = Tensor<B, master>;

  /// Takes micro-batch i of the `count` of this rank: its gradients, which those of `weights` hold, and its loss [1],
  /// times `share`. Behind the last the gradients of `weights` are the sum; before it they are zeros again.
  void add(std::int64_t i, std::int64_t count, FlatParameters<B>& weights, const Number& loss, double share) {
    const B& on = weights.values().on();
    Number sum(on, {1});
    scale(on.in_full(), 1, share, loss.data(), sum.data());
    const bool last = i + 1 == count;
    std::size_t level = 0;
    for (std::uint64_t bits = std::uint64_t(i); bits != 0 && (last || (bits & 1)); bits >>= 1, ++level)
      if (bits & 1) {
        add_into(on, weights.extent(), std::as_const(kept_[level].gradients).data(), weights.gradients().data());
        add_into(on, 1, std::as_const(kept_[level].loss).data(), sum.data());
      }
    if (last) {
      loss_ = std::move(sum);
      return;
    }
    if (level == kept_.size()) kept_.push_back({Tensor<B, master>(on, {weights.extent()}), {}});
    copy(on, weights.extent(), std::as_const(weights).gradients().data(), kept_[level].gradients.data());
    kept_[level].loss = std::move(sum);
    weights.zero_gradients();
  }
  /// The sum of the losses, [1].
  const Number& loss() const { return loss_; }

  /// Adds an array of this rank and those of all others, in the upper part of the tree. What does not lie in the host's
  /// memory passes through it.
  void add_ranks(const AnyCommunicator& ranks, Tensor<B, master>& array) {
    if (ranks.size() == 1) return;
    if constexpr (HasHostMemory<B>) {
      sum_over_ranks(ranks, std::span<master>(array.data(), std::size_t(array.size())), received_);
    } else {
      host_.resize(std::size_t(array.size()));
      copy_out(array.on(), array.size(), std::as_const(array).data(), host_.data());
      sum_over_ranks(ranks, std::span<master>(host_), received_);
      copy_in(array.on(), array.size(), std::as_const(host_).data(), array.data());
    }
  }

 private:
  struct Kept {
    Tensor<B, master> gradients;
    Number loss;
  };
  std::vector<Kept> kept_;  // [l]: the sum of 2^l micro-batches that waits for its neighbour
  Number loss_;
  std::vector<master> host_, received_;
};

}  // namespace hush::detail
