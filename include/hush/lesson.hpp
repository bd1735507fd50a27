#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <hush/ops/mse.hpp>
#include <hush/process.hpp>
#include <hush/tensor/named_range.hpp>
#include <hush/tensor/noise.hpp>

namespace hush {

/// How training picks the noise level of an item: one of `draws/`, or a lambda.
using DrawRule = std::function<double(const AnySchedule& schedule, Uniform& uniform)>;

/// What a network is shown in training and what it should say: noisy images at levels of their own, and the target.
template <Backend F>
struct Lesson {
  Tensor<F> xt, target;
  std::vector<Level> levels;
};

/// Which noise a lesson has: that of `step` under `seed`, for training (0) or validation (1).
struct LessonPlace {
  std::uint64_t seed = 0;
  std::uint32_t step = 0, use = 0;
};

/// The lesson on clean images x0 [n, H, W, C]: image i's level and noise belong to the place and to images[i].
template <Backend F, class Proc>
Lesson<F> lesson(const Proc& process, const DrawRule& draw, const Tensor<F>& x0, std::span<const std::uint32_t> images,
                 const LessonPlace& at) {
  const AnySchedule schedule(process.schedule);
  std::vector<Level> levels;
  std::vector<double> signal, noise, of_x0, of_eps;
  for (const std::uint32_t image : images) {
    Uniform uniform{Stream{at.seed, image, at.step, purpose("level", at.use)}};
    const Level level = process.schedule(draw(schedule, uniform));
    const Target target = process.parameterization.target(level);
    levels.push_back(level), signal.push_back(level.signal), noise.push_back(level.noise);
    of_x0.push_back(target.x0), of_eps.push_back(target.eps);
  }
  const Tensor<F> eps =
      normal_images(x0.on(), x0.shape(), Stream{at.seed, 0, at.step, purpose("noise", at.use)}, images);
  return {blended_images<F>(signal, x0, noise, eps), blended_images<F>(of_x0, x0, of_eps, eps), std::move(levels)};
}

/// A graph of a backend that has graphs; empty for the others.
template <class B>
struct Recording {
  explicit Recording(const B&) {}
};
template <OffersMore B>
struct Recording<B> {
  explicit Recording(const B& on) : graph(graph_on(on)) {}
  decltype(graph_on(std::declval<const B&>())) graph;
};

/// The forward and backward pass of a network over a lesson: adds the gradients of the mean squared error of what it
/// says (Ho et al. 2020, eq. 14), times `share`, to those of its parameters. Where `record` asks for it and the backend
/// can, the second pass is recorded as a graph, on tensors of its own, which later passes fill and run; the lessons
/// must then all have one shape, and the network no dropout.
template <class Net>
class Pass {
 public:
  using B = typename Net::backend;
  using F = typename B::full;
  using Value = Tensor<B, typename B::master>;
  /// What the network is called with, and what it should say.
  struct Exercise {
    Input<Tensor<B>> input;
    Tensor<F> target;
  };

  Pass(const Net& net, double share, bool record) : net_(net), share_(share), record_(record) {}

  /// The error, one number of shape [1]; a recorded pass writes that of the next call to the same memory.
  Value operator()(const Exercise& exercise, const Randomness& randomness) {
    if constexpr (OffersMore<F>) {
      if (record_ && warm_) return repeat(exercise, randomness);
      warm_ = true;
    }
    return run(exercise, randomness);
  }

 private:
  Value run(const Exercise& exercise, const Randomness& randomness) const {
    Tape<B> tape(randomness);
    const Var<B> said = [&] {
      const NamedRange<B> range(net_.on(), "forward");
      return net_(on_tape(tape, exercise.input));
    }();
    const NamedRange<B> range(net_.on(), "backward");
    Loss<B> loss = mse_loss(said.value(), exercise.target, share_);
    tape.backward(said, std::move(loss.gradient));
    return loss.value;
  }
  Value repeat(const Exercise& exercise, const Randomness& randomness) {
    const B& on = net_.on();
    if (!recording_) {
      fixed_ = exercise;
      auto made = std::make_shared<Recording<F>>(on.in_full());
      made->graph.add([&] { value_ = run(fixed_, randomness); });
      recording_ = std::move(made);
    } else {
      check(exercise.target.shape() == fixed_.target.shape(), "train", "a pass over ", fixed_.target.shape(),
            " was recorded, this one is over ", exercise.target.shape());
      copy(on, exercise.input.image.size(), exercise.input.image.data(), fixed_.input.image.data());
      copy(on, exercise.input.sees.size(), exercise.input.sees.data(), fixed_.input.sees.data());
      if (exercise.input.cue)
        copy(on, exercise.input.cue->size(), exercise.input.cue->data(), fixed_.input.cue->data());
      copy(on, exercise.target.size(), exercise.target.data(), fixed_.target.data());
    }
    recording_->graph.launch();
    return value_;
  }

  const Net& net_;
  double share_;
  bool record_, warm_ = false;
  std::shared_ptr<Recording<F>> recording_;
  Exercise fixed_;
  Value value_;
};

}  // namespace hush
