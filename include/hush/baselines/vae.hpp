#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hush/images.hpp>
#include <hush/nn/batch_norm.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/conv2d_transposed.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/gaussian_kl.hpp>
#include <hush/ops/gaussian_sample.hpp>
#include <hush/ops/leaky_relu.hpp>
#include <hush/ops/mse.hpp>
#include <hush/ops/reshape.hpp>
#include <hush/ops/tanh.hpp>
#include <hush/random/noise_key.hpp>

namespace hush {

/// Sizes of a Vae. The defaults have 742,915 parameters.
struct VaeConfig {
  ImageSize image{.height = 32, .width = 32, .channels = 3};  // sides divisible by 2 to the number of widths
  std::vector<std::int64_t> widths{32, 64, 128};              // channels of each halved resolution, finest first
  std::int64_t latents = 64;                                  // numbers that an image is encoded in
  double slope = 0.01;                                        // of the leaky ReLU below 0
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("widths", self.widths), f("latents", self.latents), f("slope", self.slope);
  }
  friend bool operator==(const VaeConfig&, const VaeConfig&) = default;
};

/// Throws std::invalid_argument in words if no network can be built from `config`.
inline void validate(const VaeConfig& config) {
  check(config.image.channels >= 1, "Vae", "image.channels must be at least 1, is ", config.image.channels);
  check(!config.widths.empty() && config.widths.size() <= 16, "Vae", "widths wants 1 to 16 entries, has ",
        config.widths.size());
  for (const std::int64_t width : config.widths) check(width >= 1, "Vae", "each width must be at least 1, is ", width);
  check(config.latents >= 1, "Vae", "latents must be at least 1, is ", config.latents);
  check(config.slope >= 0 && std::isfinite(config.slope), "Vae", "slope must be finite and not negative, is ",
        config.slope);
  const std::int64_t factor = std::int64_t(1) << config.widths.size();
  check(config.image.height >= factor && config.image.height % factor == 0 && config.image.width >= factor &&
            config.image.width % factor == 0,
        "Vae", "sides of ", config.image, " must be multiples of ", factor, ": there are ", config.widths.size(),
        " halvings");
}

namespace detail {

/// A convolution with a kernel of 4 that halves the image, or a transposed one that doubles it, a norm over the batch,
/// leaky ReLU.
template <Backend B, class Conv>
struct VaeStage {
  Conv conv;
  nn::BatchNorm<B> norm;
  double slope;

  VaeStage(const B& on, std::int64_t in, std::int64_t out, double slope_)
      : conv(on, in, out, {.kernel = 4, .options = {.stride = 2, .pad = 1}}), norm(on, out), slope(slope_) {}
  template <Value V>
  V operator()(const V& x) const {
    return leaky_relu(norm(conv(x)), slope);
  }
  static void visit(auto& self, auto&& f) { f("conv", self.conv), f("norm", self.norm); }
};

}  // namespace detail

/// A plain convolutional variational autoencoder (Kingma and Welling 2014). `encode` gives the moments of a Gaussian of
/// the latents of images [N, H, W, C]; the network itself is the decoder, latents [N, latents] to images in (-1, 1):
/// latents of N(0, 1) give new ones. Statistics of norms are the batch's on a tape, running ones otherwise.
template <detail::NetworkBackend B>
class Vae {
 public:
  using backend = B;
  using Config = VaeConfig;

  /// Throws std::invalid_argument for sizes that do not fit together.
  Vae(Config config, Seed seed, const B& on = {})
      : config_(validated(std::move(config))),
        on_(on),
        moments_(on, coarsest().size(), 2 * config_.latents),
        from_latents_(on, config_.latents, coarsest().size()),
        last_(on, config_.widths[0], config_.image.channels) {
    const auto& w = config_.widths;
    for (std::size_t i = 0; i < w.size(); ++i)
      down_.emplace_back(on, i ? w[i - 1] : config_.image.channels, w[i], config_.slope);
    for (std::size_t i = w.size(); i-- > 0;) up_.emplace_back(on, w[i], w[i ? i - 1 : 0], config_.slope);
    initialise(*this, seed);
  }

  /// Means and then logarithms of variances of the latents, [N, 2 latents], as gaussian_sample and gaussian_kl take
  /// them.
  template <Value V>
  V encode(const V& images) const {
    const Shape& s = images.shape();
    const ImageSize& size = config_.image;
    check(s.rank() == 4 && s == Shape{s[0], size.height, size.width, size.channels}, "Vae", "wants images [N, ",
          size.height, ", ", size.width, ", ", size.channels, "], got ", s);
    V x = images;
    for (const auto& stage : down_) x = stage(x);
    return moments_(reshape(x, {s[0], coarsest().size()}));
  }
  /// Latents [N, latents] to images [N, H, W, C].
  template <Value V>
  V operator()(const V& z) const {
    const Shape& s = z.shape();
    check(s.rank() == 2 && s[1] == config_.latents, "Vae", "wants latents [N, ", config_.latents, "], got ", s);
    V x = reshape(from_latents_(z), coarsest().with_front(s[0]));
    for (const auto& stage : up_) x = stage(x);
    return tanh(last_(x));
  }

  ImageSize image() const { return config_.image; }
  std::int64_t latents() const { return config_.latents; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("down", self.down_), f("moments", self.moments_), f("from_latents", self.from_latents_), f("up", self.up_),
        f("last", self.last_);
  }

 private:
  static Config validated(Config config) {
    validate(config);
    return config;
  }
  /// What the encoder's last stage makes of one image, [1, h, w, C].
  Shape coarsest() const {
    const std::size_t halvings = config_.widths.size();
    return {1, config_.image.height >> halvings, config_.image.width >> halvings, config_.widths.back()};
  }

  Config config_;
  B on_;
  std::vector<detail::VaeStage<B, nn::Conv2d<B>>> down_;
  nn::Linear<B> moments_, from_latents_;
  std::vector<detail::VaeStage<B, nn::Conv2dTransposed<B>>> up_;
  nn::Conv2d<B> last_;
};

/// The loss of a variational autoencoder on images [N, H, W, C], one number of shape [1]: the mean over all pixels of
/// (decoded - image)^2, plus `weight` times the divergence of the latents' Gaussians from N(0, 1), summed over the
/// latents and averaged over the images. The latents' noise is that of the key for "posterior".
///
/// For D = H W C pixels it is, but for a factor and a constant, the negative evidence lower bound of a decoder whose
/// pixels have the variance weight D / 2; weight D is the beta of a sum over pixels (Higgins et al. 2017).
template <Value V, class Net>
V vae_loss(const Net& vae, const V& images, const NoiseKey& key, double weight) {
  const V moments = vae.encode(images);
  return mse(vae(gaussian_sample(moments, key)), images) + weight * gaussian_kl(moments);
}

}  // namespace hush
