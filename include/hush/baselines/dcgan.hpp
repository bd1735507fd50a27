#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hush/images.hpp>
#include <hush/nn/batch_norm.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/conv2d_transposed.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/spectral_norm.hpp>
#include <hush/nn/walk.hpp>
#include <hush/ops/leaky_relu.hpp>
#include <hush/ops/relu.hpp>
#include <hush/ops/reshape.hpp>
#include <hush/ops/tanh.hpp>

namespace hush {

/// Sizes of a DcganGenerator. The defaults have 3,576,704 parameters.
struct DcganGeneratorConfig {
  ImageSize image{.height = 64, .width = 64, .channels = 3};  // square, sides of 8, 16, 32, ...
  std::int64_t width = 64;                                    // channels at half the size; twice as many each coarser
  std::int64_t latents = 100;                                 // numbers that an image is made of
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("width", self.width), f("latents", self.latents);
  }
  friend bool operator==(const DcganGeneratorConfig&, const DcganGeneratorConfig&) = default;
};

/// What keeps a critic's activations in bounds: batch normalization, as in DCGAN, or weights divided by their spectral
/// norm (Miyato et al. 2018), with which an image's result does not depend on its batch.
enum class CriticNorm { batch, spectral };
constexpr std::array<const char*, 2> names_of(CriticNorm) { return {"batch", "spectral"}; }

/// Sizes of a DcganCritic. The defaults have 2,765,568 parameters.
struct DcganCriticConfig {
  ImageSize image{.height = 64, .width = 64, .channels = 3};  // square, sides of 8, 16, 32, ...
  std::int64_t width = 64;                                    // channels at half the size; twice as many each coarser
  CriticNorm norm = CriticNorm::batch;
  double slope = 0.2;  // of the leaky ReLU below 0
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("width", self.width), f("norm", self.norm), f("slope", self.slope);
  }
  friend bool operator==(const DcganCriticConfig&, const DcganCriticConfig&) = default;
};

namespace detail {

/// How often 4 pixels are doubled to make a side. Throws std::invalid_argument in words for sizes of which there is no
/// network.
inline std::int64_t dcgan_doublings(const char* who, const ImageSize& image, std::int64_t width) {
  check(image.channels >= 1, who, "image.channels must be at least 1, is ", image.channels);
  check(width >= 1, who, "width must be at least 1, is ", width);
  std::int64_t count = 0;
  for (std::int64_t side = 4; side < image.height && side < 4096; side *= 2) ++count;
  check(image.height == image.width && count >= 1 && image.height == std::int64_t(4) << count, who,
        "images are square with sides of 8, 16, 32, ...: 4 pixels, doubled; ", image, " is no such size");
  return count;
}

/// The first weights of Radford et al. 2016: N(0, 0.02), scales of norms about 1, all shifts 0.
template <class Net>
void dcgan_first_values(Net& net, Seed seed) {
  walk(net, [](const std::string& name, auto& p) {
    if (!p.trained) return;
    const bool matrix = p.value.shape().rank() > 1, scale = !matrix && name.ends_with("weight");
    p.init = matrix ? Init::normal(0.02) : scale ? Init::normal(0.02, 1) : Init::zeros();
  });
  initialise(net, seed);
}

/// A transposed convolution without bias, a norm over the batch, ReLU.
template <Backend B>
struct DcganStage {
  nn::Conv2dTransposed<B> conv;
  nn::BatchNorm<B> norm;

  DcganStage(const B& on, std::int64_t in, std::int64_t out, const Conv2dTransposedOptions& options)
      : conv(on, in, out, {.kernel = 4, .bias = false, .options = options}), norm(on, out) {}
  template <Value V>
  V operator()(const V& x) const {
    return relu(norm(conv(x)));
  }
  static void visit(auto& self, auto&& f) { f("conv", self.conv), f("norm", self.norm); }
};

}  // namespace detail

/// The generator of DCGAN (Radford et al. 2016): latents [N, latents], N(0, 1) each, to images [N, H, W, C] in (-1, 1),
/// by transposed convolutions with kernels of 4 from 4 x 4 pixels on. Statistics are the batch's on a tape, running
/// ones otherwise: then an image does not depend on its batch.
template <detail::NetworkBackend B>
class DcganGenerator {
 public:
  using backend = B;
  using Config = DcganGeneratorConfig;

  /// Throws std::invalid_argument for sizes of which there is no such network.
  DcganGenerator(const Config& config, Seed seed, const B& on = {})
      : config_(validated(config)),
        on_(on),
        last_(on, config.width, config.image.channels,
              {.kernel = 4, .bias = false, .options = {.stride = 2, .pad = 1}}) {
    const std::int64_t doublings = detail::dcgan_doublings("DcganGenerator", config.image, config.width);
    std::int64_t channels = config.width << (doublings - 1);
    stages_.emplace_back(on, config.latents, channels, Conv2dTransposedOptions{});
    for (; channels > config.width; channels /= 2)
      stages_.emplace_back(on, channels, channels / 2, Conv2dTransposedOptions{.stride = 2, .pad = 1});
    detail::dcgan_first_values(*this, seed);
  }

  template <Value V>
  V operator()(const V& z) const {
    const Shape& s = z.shape();
    check(s.rank() == 2 && s[1] == config_.latents, "DcganGenerator", "wants latents [N, ", config_.latents, "], got ",
          s);
    V x = reshape(z, {s[0], 1, 1, s[1]});
    for (const auto& stage : stages_) x = stage(x);
    return tanh(last_(x));
  }

  ImageSize image() const { return config_.image; }
  std::int64_t latents() const { return config_.latents; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) { f("stages", self.stages_), f("last", self.last_); }

 private:
  static Config validated(const Config& config) {
    detail::dcgan_doublings("DcganGenerator", config.image, config.width);
    check(config.latents >= 1, "DcganGenerator", "latents must be at least 1, is ", config.latents);
    return config;
  }

  Config config_;
  B on_;
  std::vector<detail::DcganStage<B>> stages_;
  nn::Conv2dTransposed<B> last_;
};

/// The critic of DCGAN: images [N, H, W, C] to logits [N], above 0 where it takes an image for a real one. Convolutions
/// with kernels of 4 halve the image down to 4 x 4 pixels; without biases and with norms over the batch behind all but
/// the first, or with biases and weights divided by their spectral norms.
template <detail::NetworkBackend B>
class DcganCritic {
 public:
  using backend = B;
  using Config = DcganCriticConfig;

  /// Throws std::invalid_argument for sizes of which there is no such network.
  DcganCritic(const Config& config, Seed seed, const B& on = {}) : config_(config), on_(on) {
    const std::int64_t halvings = detail::dcgan_doublings("DcganCritic", config.image, config.width);
    check(config.slope >= 0 && std::isfinite(config.slope), "DcganCritic", "slope must be finite and not negative, is ",
          config.slope);
    std::int64_t channels = config.image.channels;
    for (std::int64_t i = 0; i < halvings; ++i) {
      const std::int64_t next = config.width << i;
      add(channels, next, {.stride = 2, .pad = 1});
      if (i > 0 && config.norm == CriticNorm::batch) norms_.emplace_back(on, next);
      channels = next;
    }
    add(channels, 1, {.stride = 1, .pad = 0});
    detail::dcgan_first_values(*this, seed);
  }

  template <Value V>
  V operator()(const V& images) const {
    const Shape& s = images.shape();
    const ImageSize& size = config_.image;
    check(s.rank() == 4 && s == Shape{s[0], size.height, size.width, size.channels}, "DcganCritic", "wants images [N, ",
          size.height, ", ", size.width, ", ", size.channels, "], got ", s);
    const std::size_t last = std::max(convs_.size(), spectral_.size()) - 1;
    V x = images;
    for (std::size_t i = 0; i < last; ++i) {
      x = conv(i, x);
      if (i > 0 && !norms_.empty()) x = norms_[i - 1](x);
      x = leaky_relu(x, config_.slope);
    }
    return reshape(conv(last, x), {s[0]});
  }

  ImageSize image() const { return config_.image; }
  /// Whether an image's logit depends on that image alone in training too, so that real and made images may be judged
  /// as one batch.
  bool per_image() const { return config_.norm == CriticNorm::spectral; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("convs", self.convs_), f("norms", self.norms_), f("spectral", self.spectral_);
  }

 private:
  void add(std::int64_t in, std::int64_t out, const Conv2dOptions& options) {
    const bool spectral = config_.norm == CriticNorm::spectral;
    nn::Conv2d<B> layer(on_, in, out, {.kernel = 4, .bias = spectral, .options = options});
    if (spectral)
      spectral_.emplace_back(std::move(layer));
    else
      convs_.push_back(std::move(layer));
  }
  template <Value V>
  V conv(std::size_t i, const V& x) const {
    return spectral_.empty() ? convs_[i](x) : spectral_[i](x);
  }

  Config config_;
  B on_;
  std::vector<nn::Conv2d<B>> convs_;
  std::vector<nn::BatchNorm<B>> norms_;
  std::vector<nn::SpectralNorm<nn::Conv2d<B>>> spectral_;
};

}  // namespace hush
