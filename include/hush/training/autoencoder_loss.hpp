#pragma once
#include <array>
#include <cmath>

#include <hush/autoencoder.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/gaussian_kl.hpp>
#include <hush/ops/gaussian_sample.hpp>
#include <hush/ops/l1.hpp>
#include <hush/ops/mse.hpp>
#include <hush/training/trainer.hpp>

namespace hush {

/// How an image is compared with what was made of its latents: by magnitudes or by squares.
enum class ReconstructionError { l1, mse };
constexpr std::array<const char*, 2> names_of(ReconstructionError) { return {"l1", "mse"}; }

/// Options of an AutoencoderLoss.
struct AutoencoderLossOptions {
  ReconstructionError error = ReconstructionError::l1;
  double kl_weight = 1e-6;  // against the sum of an image's errors; 0: none
  static constexpr void fields(auto& self, auto&& f) { f("error", self.error), f("kl_weight", self.kl_weight); }
  friend constexpr bool operator==(const AutoencoderLossOptions&, const AutoencoderLossOptions&) = default;
};

/// The loss of a `Trainer` for an autoencoder, as the first stage of latent diffusion has it without perceptual and
/// adversarial terms (Rombach et al. 2022, appendix G): the mean error over all numbers of the images, and, of a
/// network with a posterior (`moments`), kl_weight times its divergence from N(0, 1) in nats, divided by the numbers of
/// an image; so the weight is that of errors and divergences which are both sums over an image. Latents are samples of
/// the posterior, with the step's noise. The network must outlive it.
template <Autoencoder A>
class AutoencoderLoss {
 public:
  using B = typename A::backend;

  /// Throws std::invalid_argument for a weight that makes no sense.
  AutoencoderLoss(const A& net_, AutoencoderLossOptions options_ = {}) : net(net_), options(options_) {
    check(options.kl_weight >= 0 && std::isfinite(options.kl_weight), "AutoencoderLoss",
          "kl_weight must be finite and not negative, is ", options.kl_weight);
  }

  template <class Given>
  Tensor<B, typename B::master> operator()(const BatchPart<typename B::full, Given>& batch, const NoiseKey& key) const {
    return tape_loss<B>([this](Tape<B>& tape, const auto& part, const NoiseKey& noise) {
      return of(tape.constant(cast(net.on(), part.images)), noise);
    })(batch, key);
  }
  /// The loss of images [N, H, W, C] on a tape.
  Var<B> of(const Var<B>& images, const NoiseKey& key) const {
    if constexpr (requires { net.moments(images); }) {
      const Var<B> moments = net.moments(images);
      const Var<B> error = compared(net.decode(gaussian_sample(moments, key)), images);
      const ImageSize s = net.image();
      const double share = options.kl_weight / double(s.height * s.width * s.channels);
      return share > 0 ? error + share * gaussian_kl(moments) : error;
    } else {
      return compared(net.decode(net.encode(images)), images);
    }
  }

  const A& net;
  AutoencoderLossOptions options;

 private:
  Var<B> compared(const Var<B>& made, const Var<B>& images) const {
    return options.error == ReconstructionError::l1 ? l1(made, images) : mse(made, images);
  }
};

}  // namespace hush
