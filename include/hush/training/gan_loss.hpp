#pragma once
#include <cstdint>
#include <span>

#include <hush/autograd/tape.hpp>
#include <hush/nn/walk.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/binary_cross_entropy.hpp>
#include <hush/random/noise.hpp>
#include <hush/random/noise_key.hpp>
#include <hush/training/trainer.hpp>

namespace hush {

/// A data set of `count` items without pixels, [n, 1, 1, 1] of zeros: for a network that is trained on noise alone.
struct NoImages {
  std::int64_t count = 0;
  std::int64_t size() const { return count; }
  Images<float> batch(std::span<const std::int64_t> items) const { return {std::int64_t(items.size()), 1, 1, 1}; }
};

/// `real` is the critic's target for real images; below 1, 0.9 say, it does not grow too sure (one-sided label
/// smoothing, Salimans et al. 2016).
struct GanLossOptions {
  double real = 1;
  static constexpr void fields(auto& self, auto&& f) { f("real", self.real); }
  friend bool operator==(const GanLossOptions&, const GanLossOptions&) = default;
};

namespace detail {

/// The latents of a step's images for one of the two networks, [N, latents].
template <class Generator>
auto gan_latents(const Generator& generator, const NoiseKey& key, const char* word) {
  const Shape shape{std::int64_t(key.images.size()), generator.latents()};
  return cast(generator.on(), normal_images(generator.on().in_full(), shape, key, word));
}

/// `first` and `second` [N, ...] behind each other, [2 N, ...].
template <Backend B>
Tensor<B> stacked(const Tensor<B>& first, const Tensor<B>& second) {
  check(first.shape() == second.shape(), "CriticLoss", "real images are ", first.shape(), ", made ones ",
        second.shape());
  Tensor<B> both(first.on(), first.shape().with_front(2 * first.shape()[0]));
  copy(first.on(), first.size(), first.data(), both.data());
  copy(first.on(), first.size(), second.data(), both.data() + first.size());
  return both;
}

/// Whether a critic says that images do not meet in it.
template <class Critic>
bool judges_per_image(const Critic& critic) {
  if constexpr (requires { critic.per_image(); })
    return critic.per_image();
  else
    return false;
}

}  // namespace detail

/// The loss of a generator for a `Trainer` (Goodfellow et al. 2014, the one that does not saturate): the mean of -ln
/// sigmoid(critic(generator(z))) for latents z of N(0, 1). `generator` maps latents [N, generator.latents()] to images,
/// `critic` images to logits. The critic is held constant. Both must outlive it.
template <class Generator, class Critic>
struct GeneratorLoss {
  const Generator& generator;
  const Critic& critic;

  auto operator()(const auto& batch, const NoiseKey& key) const {
    using B = typename Generator::backend;
    return tape_loss<B>([this](Tape<B>& tape, const auto&, const NoiseKey& of) {
      keep_constant(tape, critic);
      const Var<B> said = critic(generator(tape.constant(detail::gan_latents(generator, of, "generator's latents"))));
      return binary_cross_entropy(said, filled(generator.on(), said.shape(), 1));
    })(batch, key);
  }
};
template <class Generator, class Critic>
GeneratorLoss(const Generator&, const Critic&) -> GeneratorLoss<Generator, Critic>;

/// The loss of a critic for a `Trainer` on real images: the means of -ln sigmoid(critic(real)) and of -ln(1 -
/// sigmoid(critic(made))), added: 2 ln 2 where it cannot tell them apart. The generator is held constant, its norms in
/// training. Real and made images are judged as one batch by a critic whose `per_image()` is true, as two batches by
/// any other, since batch normalization would tell them apart by their mixture. Both must outlive it.
template <class Generator, class Critic>
struct CriticLoss {
  const Generator& generator;
  const Critic& critic;
  GanLossOptions options{};

  auto operator()(const auto& batch, const NoiseKey& key) const {
    using B = typename Generator::backend;
    check(options.real > 0 && options.real <= 1, "CriticLoss", "real must lie in (0, 1], is ", options.real);
    return tape_loss<B>([this](Tape<B>& tape, const auto& part, const NoiseKey& of) {
      const B& on = critic.on();
      keep_constant(tape, generator);
      const Tensor<B> real = cast(on, part.images);
      const Tensor<B> made = generator(tape.constant(detail::gan_latents(generator, of, "critic's latents"))).value();
      const auto loss = [&](const Tensor<B>& images, const Tensor<B>& targets) {
        return binary_cross_entropy(critic(tape.constant(images)), targets);
      };
      const Shape one{real.shape()[0]};
      const Tensor<B> yes = filled(on, one, options.real), no = filled(on, one, 0);
      if (detail::judges_per_image(critic)) return 2. * loss(detail::stacked(real, made), detail::stacked(yes, no));
      return loss(real, yes) + loss(made, no);
    })(batch, key);
  }
};
template <class Generator, class Critic>
CriticLoss(const Generator&, const Critic&) -> CriticLoss<Generator, Critic>;
template <class Generator, class Critic>
CriticLoss(const Generator&, const Critic&, GanLossOptions) -> CriticLoss<Generator, Critic>;

}  // namespace hush
