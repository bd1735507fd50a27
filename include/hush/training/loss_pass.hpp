#pragma once
#include <memory>
#include <utility>

#include <hush/autograd/tape.hpp>
#include <hush/backbone.hpp>
#include <hush/kernels/capabilities.hpp>
#include <hush/ops/hybrid_loss.hpp>
#include <hush/ops/mse.hpp>
#include <hush/process.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/tensor/named_range.hpp>

namespace hush::detail {

/// The target where `hole` is 1, and elsewhere the prediction itself: there the error is 0, and no gradient arises. An
/// empty hole: the target.
template <Backend F, Backend B>
Tensor<F> counted_target(const Tensor<F>& hole, const Tensor<F>& target, const Tensor<B>& prediction) {
  return hole.empty() ? target : choose(hole, target, prediction);
}

/// The pixels that training asks for, 1 in [n, H, W, 1]; empty where a conditioning knows none.
template <class Condition, Backend B>
Tensor<typename B::full> hole_of(const Condition& conditioning, const B&,
                                 const typename Condition::template BatchCondition<B>& condition) {
  if constexpr (KnowsPixels<Condition, B>)
    return conditioning.known(condition).hole;
  else
    return {};
}

/// A graph of a backend that has graphs; empty for the others.
template <class B>
struct Recording {
  explicit Recording(const B&) {}
};
template <HasGraphs B>
struct Recording<B> {
  explicit Recording(const B& on) : graph(graph_on(on)) {}
  decltype(graph_on(std::declval<const B&>())) graph;
};

/// What a network is called with in training, the target of its prediction, what that counts for each image (empty: all
/// the same), and the pixels that count, 1 in [n, H, W, 1] (empty: all). Gradients are multiplied by `share`. With
/// `numbers` the loss is the hybrid one, which wants x0 too.
template <Backend B>
struct LossInputs {
  Input<Tensor<B>> input;
  Tensor<typename B::full> target, weights = {}, hole = {}, x0 = {}, numbers = {};
  double share = 1;
};

/// The loss of a prediction: the mean squared error of its target (Ho et al. 2020, eq. 14), or the hybrid loss.
template <Backend B>
Loss<B> loss_of(const LossInputs<B>& inputs, const Tensor<B>& prediction) {
  if (!inputs.numbers.empty())
    return hybrid_loss_of(prediction, inputs.target, inputs.x0, inputs.numbers, inputs.share);
  return mse_loss(prediction, counted_target(inputs.hole, inputs.target, prediction), inputs.share, inputs.weights);
}

/// The forward and backward pass of a network: adds the gradients of the loss of its prediction to those of its
/// parameters. Where `record` asks for it and the backend can, the second pass is
/// recorded as a graph, on tensors of its own, which later passes fill and run; the inputs must then all have one shape
/// and share, and the network no dropout. The network must outlive it.
template <class Net>
class LossPass {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Value = Tensor<B, typename B::master>;

  LossPass(const Net& net, bool record) : net_(net), record_(record) {}

  /// The error, one number of shape [1]; a recorded pass writes that of the next call to the same memory.
  Value operator()(const LossInputs<B>& inputs, const NoiseKey& key) {
    if constexpr (HasGraphs<F>) {
      if (record_ && warm_) return repeat(inputs, key);
      warm_ = true;
    }
    return run(inputs, key);
  }

 private:
  Value run(const LossInputs<B>& inputs, const NoiseKey& key) const {
    Tape<B> tape(key);
    const Var<B> prediction = [&] {
      const NamedRange<B> range(net_.on(), "forward");
      return net_(on_tape(tape, inputs.input));
    }();
    const NamedRange<B> range(net_.on(), "backward");
    Loss<B> loss = loss_of(inputs, prediction.value());
    tape.backward(prediction, std::move(loss.gradient));
    return loss.value;
  }
  Value repeat(const LossInputs<B>& inputs, const NoiseKey& key) {
    const B& on = net_.on();
    if (!recording_) {
      fixed_ = inputs;
      auto made = std::make_shared<Recording<F>>(on.in_full());
      made->graph.add([&] { value_ = run(fixed_, key); });
      recording_ = std::move(made);
    } else {
      check(inputs.target.shape() == fixed_.target.shape(), "train", "a pass over ", fixed_.target.shape(),
            " was recorded, this one is over ", inputs.target.shape());
      check(inputs.weights.size() == fixed_.weights.size() && inputs.numbers.size() == fixed_.numbers.size(), "train",
            "a pass with ", fixed_.weights.size(), " weights was recorded, this one has ", inputs.weights.size());
      check(inputs.share == fixed_.share, "train", "a pass of share ", fixed_.share, " was recorded, this one is of ",
            inputs.share);
      copy_input("train", inputs.input, fixed_.input);
      copy(on, inputs.target.size(), inputs.target.data(), fixed_.target.data());
      copy(on, inputs.hole.size(), inputs.hole.data(), fixed_.hole.data());
      copy(on, inputs.weights.size(), inputs.weights.data(), fixed_.weights.data());
      copy(on, inputs.x0.size(), inputs.x0.data(), fixed_.x0.data());
      copy(on, inputs.numbers.size(), inputs.numbers.data(), fixed_.numbers.data());
    }
    recording_->graph.launch();
    return value_;
  }

  const Net& net_;
  bool record_, warm_ = false;
  std::shared_ptr<Recording<F>> recording_;
  LossInputs<B> fixed_;
  Value value_;
};

}  // namespace hush::detail
