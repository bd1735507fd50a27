#pragma once
#include <concepts>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <hush/conditioning.hpp>
#include <hush/conditionings/unconditional.hpp>
#include <hush/parameterization.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/random/noise.hpp>
#include <hush/schedule.hpp>

namespace hush {

namespace detail {

template <class T, Backend B>
void put_on_tape(Tape<B>&, const T& from, T& to) {
  to = from;
}
template <Backend B>
void put_on_tape(Tape<B>& tape, const std::optional<Tensor<B>>& from, std::optional<Var<B>>& to) {
  if (from) to = tape.constant(*from);
}
template <Backend B>
void put_on_tape(Tape<B>& tape, const std::vector<Tensor<B>>& from, std::vector<Var<B>>& to) {
  for (const Tensor<B>& x : from) to.push_back(tape.constant(x));
}
template <Backend B>
void put_on_tape(Tape<B>&, const Tensor<B>&, Var<B>&) {}  // a Var is made with its tensor

}  // namespace detail

/// A network's input, recorded as constants on a tape.
template <Backend B>
Input<Var<B>> on_tape(Tape<B>& tape, const Input<Tensor<B>>& input) {
  Input<Var<B>> recorded{tape.constant(input.image), {}};
  Input<Tensor<B>>::visit(
      input, [&](const char*, const auto& from, auto& to) { detail::put_on_tape(tape, from, to); }, recorded);
  return recorded;
}

namespace detail {

/// A process whose networks work on latents of images (see Latent).
template <class Proc>
concept HasLatents = requires(const Proc& process) {
  process.autoencoder();
};

/// The size of the images that a process and a network learn from and make. Throws std::invalid_argument, naming both,
/// for a network of other latents than the process's.
template <class Proc, class Net>
ImageSize picture_size(const char* where, [[maybe_unused]] const Proc& process, const Net& net) {
  if constexpr (HasLatents<Proc>) {
    const ImageSize latent = process.autoencoder().latent(), image = net.image();
    check(image == latent, where, "the network is for images of ", image, ", the latents of the autoencoder are ",
          latent, ". Build it with .image = autoencoder.latent()");
    return process.autoencoder().image();
  } else {
    (void)where;
    return net.image();
  }
}
/// What a network learns to make of images [N, H, W, C]: them, or their latents.
template <class Proc, Backend F>
Tensor<F> to_x0([[maybe_unused]] const Proc& process, const Tensor<F>& images) {
  if constexpr (HasLatents<Proc>)
    return process.encode(images);
  else
    return images;
}
/// The images of what a network made under the condition of a batch on `on`.
template <class Proc, Backend B, class Condition>
Tensor<typename B::full> to_images([[maybe_unused]] const Proc& process, const B&, const Tensor<typename B::full>& x0,
                                   [[maybe_unused]] const Condition& condition) {
  if constexpr (HasLatents<Proc>)
    return process.template images_of<B>(x0, condition);
  else
    return x0;
}

}  // namespace detail

/// A diffusion process: noise schedule, parameterization (the meaning of the network's output) and conditioning. Its
/// types choose the code, its fields hold the numbers.
template <class Schedule, class Says = PredictNoise<>, class Condition = Unconditional>
struct Process {
  static_assert(NoiseSchedule<Schedule>, "Process: not a NoiseSchedule. Write: Level operator()(double time) const");
  static_assert(
      Parameterization<Says>,
      "Process: not a Parameterization. Write: Scalings operator()(Level) const and Target target(Level) const");

  Schedule schedule{};
  Says parameterization{};
  Condition conditioning{};

  /// `Given`: the user's conditions for all images, on the host. `BatchCondition<B>`: the conditions of one batch on
  /// backend B.
  using Given = typename Condition::Given;
  template <Backend B>
  using BatchCondition = typename Condition::template BatchCondition<B>;

  /// The inputs besides the image that a network must have: pass them to its constructor.
  constexpr Ports ports() const { return conditioning.ports(); }

  /// The input of a network on `on` for images x [N, H, W, C], the i-th at levels[i]: c_in * x in the network's
  /// scalars, the noise labels c_noise [N] and the condition. Throws std::invalid_argument unless there are N levels.
  template <Backend B>
  Input<Tensor<B>> input(const B& on, const Tensor<typename B::full>& x, std::span<const Level> levels,
                         const BatchCondition<B>& condition) const {
    static_assert(
        Conditioning<Condition, B>,
        "Process: not a Conditioning. Write: Given, template <class B> BatchCondition, Ports ports() const, "
        "void fits(const Given&, count, ImageSize) const, BatchCondition<B> prepare(const B&, const Given&, "
        "const Rows&, const NoiseKey&) const, void add_to(const BatchCondition<B>&, Input<Tensor<B>>&) const");
    check(std::int64_t(levels.size()) == x.shape()[0], "predict", x.shape()[0], " images and ", levels.size(),
          " levels");
    std::vector<double> in, noise_labels;
    bool as_is = true;
    for (const Level& level : levels) {
      const Scalings s = parameterization(level);
      in.push_back(s.in);
      noise_labels.push_back(s.c_noise);
      as_is &= s.in == 1;
    }
    const auto labels = upload(x.on(), {std::int64_t(noise_labels.size())}, std::span<const double>(noise_labels));
    Input<Tensor<B>> input{cast(on, as_is ? x : scaled_images(in, x)), labels.handled_by(on)};
    conditioning.add_to(condition, input);
    return input;
  }
  /// F(in*x, c_noise) for images x [N, H, W, C], the i-th at levels[i]; with a tape it is recorded there.
  template <class Net, class F>
  auto predict(const Net& net, const Tensor<F>& x, std::span<const Level> levels,
               const BatchCondition<typename Net::backend>& condition) const {
    return net(input(net.on(), x, levels, condition));
  }
  template <class Net, class F>
  auto predict(const Net& net, Tape<typename Net::backend>& tape, const Tensor<F>& x, std::span<const Level> levels,
               const BatchCondition<typename Net::backend>& condition) const {
    return net(on_tape(tape, input(net.on(), x, levels, condition)));
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("schedule", self.schedule), f("parameterization", self.parameterization), f("conditioning", self.conditioning);
  }
  friend bool operator==(const Process&, const Process&) = default;
};
template <class S>
Process(S) -> Process<S>;
template <class S, class P>
Process(S, P) -> Process<S, P>;
template <class S, class P, class C>
Process(S, P, C) -> Process<S, P, C>;

}  // namespace hush
