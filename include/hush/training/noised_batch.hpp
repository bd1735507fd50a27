#pragma once
#include <cmath>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hush/kernels/capabilities.hpp>
#include <hush/ops/mse.hpp>
#include <hush/process.hpp>
#include <hush/random/noise.hpp>
#include <hush/tensor/named_range.hpp>

namespace hush {

/// How training picks the noise level of an item: one of `level_distributions/`, or a lambda.
using AnyLevelDistribution = std::function<double(const AnySchedule& schedule, Uniform& uniform)>;

/// What counts how much in training: one of `weightings/`, or a lambda; empty: all the same.
using AnyWeighting = std::function<double(Level at, const Scalings& scalings)>;

namespace detail {

/// What a network is shown in training and what it should say: noisy images at levels of their own, and the target.
/// `weights` [n] are factors on the squared errors, or empty where all are 1.
template <Backend F>
struct NoisedBatch {
  Tensor<F> xt, target, weights;
  std::vector<Level> levels;
};

/// Which noise a lesson has: that of `step` under `seed`, for training (0) or validation (1). Image i is number
/// i % batch of its batch, which only a draw that spreads over a batch asks.
struct NoisePlace {
  std::uint64_t seed = 0;
  std::uint32_t step = 0, use = 0, batch = 1;
};

/// The weight of a level. Throws std::invalid_argument unless it is a finite number, 0 or more.
inline double weight_of(const AnyWeighting& weighting, Level at, const Scalings& scalings) {
  const double weight = weighting(at, scalings);
  check(weight >= 0 && std::isfinite(weight), "train", "the weight at time ", at.time, " (signal ", at.signal,
        ", noise ", at.noise, ") is ", weight, ", must be finite and not negative");
  return weight;
}

/// The level at a time that training drew. Throws std::invalid_argument unless the level, the target there, and what
/// the network is given are finite.
template <class Proc>
Level drawn_level(const Proc& process, double time) {
  const Level at = process.schedule(time);
  const auto finite = [&](double value, const char* what) {
    check(std::isfinite(value), "train", "at time ", at.time, " (signal ", at.signal, ", noise ", at.noise, ") ", what,
          " is ", value, ": the draw must leave out what the parameterization cannot do");
  };
  finite(at.signal, "the signal"), finite(at.noise, "the noise");
  const Target target = process.parameterization.target(at);
  finite(target.x0, "the target's factor of x0"), finite(target.eps, "the target's factor of the noise");
  const Scalings scalings = process.parameterization(at);
  finite(scalings.in, "the factor of the network's input"), finite(scalings.c_noise, "what the network is told");
  return at;
}

/// Throws std::invalid_argument if what is trained could not be sampled from: a discrete schedule whose noisiest level
/// has no signal, and a parameterization that gives no clean image there.
template <class Proc>
void check_noisiest_level(const Proc& process) {
  const AnySchedule schedule(process.schedule);
  if (schedule.steps() == 0) return;
  const Level noisiest = schedule(schedule.clean() + schedule.steps());
  const Scalings s = process.parameterization(noisiest);
  check(noisiest.signal != 0 || (std::isfinite(s.skip) && std::isfinite(s.out)), "train", "the noisiest level, time ",
        noisiest.time,
        ", has no signal, and this parameterization gives no clean image there: `sample` could not start from what is "
        "trained; predict the velocity or x0, or take a schedule that keeps some signal");
}

/// The lesson on clean images x0 [n, H, W, C]: image i's level and noise belong to the place and to images[i].
template <Backend F, class Proc>
NoisedBatch<F> noised_batch(const Proc& process, const AnyLevelDistribution& draw, const Tensor<F>& x0,
                            std::span<const std::uint32_t> images, const NoisePlace& at,
                            const AnyWeighting& weighting = nullptr) {
  const AnySchedule schedule(process.schedule);
  std::vector<Level> levels;
  std::vector<double> signal, noise, of_x0, of_eps, weights;
  for (const std::uint32_t image : images) {
    Uniform uniform{Stream{at.seed, image, at.step, purpose("level", at.use)}, 0, image % at.batch, at.batch};
    const Level level = drawn_level(process, draw(schedule, uniform));
    const Target target = process.parameterization.target(level);
    levels.push_back(level), signal.push_back(level.signal), noise.push_back(level.noise);
    of_x0.push_back(target.x0), of_eps.push_back(target.eps);
    if (weighting) weights.push_back(weight_of(weighting, level, scalings_of(process.parameterization, level)));
  }
  const Tensor<F> eps =
      normal_images(x0.on(), x0.shape(), Stream{at.seed, 0, at.step, purpose("noise", at.use)}, images);
  NoisedBatch<F> made{blended_images<F>(signal, x0, noise, eps), blended_images<F>(of_x0, x0, of_eps, eps), {}, {}};
  if (weighting) made.weights = upload(x0.on(), {std::int64_t(weights.size())}, std::span<const double>(weights));
  made.levels = std::move(levels);
  return made;
}

/// The target where `hole` is 1, and elsewhere what was said anyway: there the error is 0, and no gradient arises. An
/// empty hole: the target.
template <Backend F, Backend B>
Tensor<F> counted_target(const Tensor<F>& hole, const Tensor<F>& target, const Tensor<B>& said) {
  return hole.empty() ? target : choose(hole, target, said);
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

/// The forward and backward pass of a network over a lesson: adds the gradients of the mean squared error of what it
/// says (Ho et al. 2020, eq. 14), times `share`, to those of its parameters. Where `record` asks for it and the backend
/// can, the second pass is recorded as a graph, on tensors of its own, which later passes fill and run; the lessons
/// must then all have one shape, and the network no dropout.
template <class Net>
class LossPass {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Value = Tensor<B, typename B::master>;
  /// What the network is called with, what it should say, what that counts for each image (empty: all the same), and
  /// the pixels that count, 1 in [n, H, W, 1] (empty: all).
  struct LossInputs {
    Input<Tensor<B>> input;
    Tensor<F> target, weights = {}, hole = {};
  };

  LossPass(const Net& net, double share, bool record) : net_(net), share_(share), record_(record) {}

  /// The error, one number of shape [1]; a recorded pass writes that of the next call to the same memory.
  Value operator()(const LossInputs& inputs, const Randomness& randomness) {
    if constexpr (HasGraphs<F>) {
      if (record_ && warm_) return repeat(inputs, randomness);
      warm_ = true;
    }
    return run(inputs, randomness);
  }

 private:
  Value run(const LossInputs& inputs, const Randomness& randomness) const {
    Tape<B> tape(randomness);
    const Var<B> said = [&] {
      const NamedRange<B> range(net_.on(), "forward");
      return net_(on_tape(tape, inputs.input));
    }();
    const NamedRange<B> range(net_.on(), "backward");
    const Tensor<F> target = counted_target(inputs.hole, inputs.target, said.value());
    Loss<B> loss = mse_loss(said.value(), target, share_, inputs.weights);
    tape.backward(said, std::move(loss.gradient));
    return loss.value;
  }
  Value repeat(const LossInputs& inputs, const Randomness& randomness) {
    const B& on = net_.on();
    if (!recording_) {
      fixed_ = inputs;
      auto made = std::make_shared<Recording<F>>(on.in_full());
      made->graph.add([&] { value_ = run(fixed_, randomness); });
      recording_ = std::move(made);
    } else {
      check(inputs.target.shape() == fixed_.target.shape(), "train", "a pass over ", fixed_.target.shape(),
            " was recorded, this one is over ", inputs.target.shape());
      check(inputs.weights.size() == fixed_.weights.size(), "train", "a pass with ", fixed_.weights.size(),
            " weights was recorded, this one has ", inputs.weights.size());
      copy(on, inputs.input.image.size(), inputs.input.image.data(), fixed_.input.image.data());
      copy(on, inputs.input.noise_labels.size(), inputs.input.noise_labels.data(), fixed_.input.noise_labels.data());
      if (inputs.input.labels)
        copy(on, inputs.input.labels->size(), inputs.input.labels->data(), fixed_.input.labels->data());
      copy(on, inputs.target.size(), inputs.target.data(), fixed_.target.data());
      copy(on, inputs.hole.size(), inputs.hole.data(), fixed_.hole.data());
      copy(on, inputs.weights.size(), inputs.weights.data(), fixed_.weights.data());
    }
    recording_->graph.launch();
    return value_;
  }

  const Net& net_;
  double share_;
  bool record_, warm_ = false;
  std::shared_ptr<Recording<F>> recording_;
  LossInputs fixed_;
  Value value_;
};

}  // namespace detail
}  // namespace hush
