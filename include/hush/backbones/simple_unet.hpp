#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include <hush/backbone.hpp>
#include <hush/nn/batch_norm.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/conv2d_transposed.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/time_embedding.hpp>
#include <hush/ops/add_channels.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/relu.hpp>

namespace hush {

/// Sizes of a SimpleUnet. The defaults have 62,438,883 parameters for images of 3 channels.
struct SimpleUnetConfig {
  ImageSize image{.height = 256, .width = 256, .channels = 3};  // sides divisible by 2 to the number of widths - 1
  std::vector<std::int64_t> widths{64, 128, 256, 512, 1024};    // channels of each resolution, finest first
  std::int64_t embedding = 32;                                  // width of the sinusoidal embedding of `c_noise`
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("widths", self.widths), f("embedding", self.embedding);
  }
  friend bool operator==(const SimpleUnetConfig&, const SimpleUnetConfig&) = default;
};

/// Throws std::invalid_argument in words if no network can be built from `config`.
inline void validate(const SimpleUnetConfig& config) {
  check(config.image.channels >= 1, "SimpleUnet", "image.channels must be at least 1, is ", config.image.channels);
  check(config.widths.size() >= 2 && config.widths.size() <= 16, "SimpleUnet", "widths wants 2 to 16 entries, has ",
        config.widths.size());
  for (const std::int64_t width : config.widths)
    check(width >= 1, "SimpleUnet", "each width must be at least 1, is ", width);
  check(config.embedding >= 4, "SimpleUnet", "embedding must be at least 4, is ", config.embedding);
  const std::size_t halvings = config.widths.size() - 1;
  const std::int64_t factor = std::int64_t(1) << halvings;
  check(config.image.height >= factor && config.image.height % factor == 0 && config.image.width >= factor &&
            config.image.width % factor == 0,
        "SimpleUnet", "sides of ", config.image, " must be multiples of ", factor, ": there are ", halvings,
        " down-samplings by 2");
}

namespace simple_unet {

/// Two convolutions, each followed by ReLU and then a norm over the batch, with what the network makes of the noise
/// level added between them; at last `Resample`, a convolution that halves the image or a transposed one that doubles
/// it.
template <Backend B, class Resample>
struct Block {
  nn::Linear<B> shift;
  nn::Conv2d<B> conv1;
  nn::BatchNorm<B> norm1;
  nn::Conv2d<B> conv2;
  nn::BatchNorm<B> norm2;
  Resample resample;

  Block(const B& on, std::int64_t in, std::int64_t out, std::int64_t embedding)
      : shift(on, embedding, out),
        conv1(on, in, out),
        norm1(on, out),
        conv2(on, out, out),
        norm2(on, out),
        resample(on, out, out, {.kernel = 4, .options = {.stride = 2, .pad = 1}}) {}
  template <Value V>
  V operator()(const V& x, const V& shifted) const {
    const V h = add_channels(norm1(relu(conv1(x))), shifted);
    return resample(norm2(relu(conv2(h))));
  }
  static void visit(auto& self, auto&& f) {
    f("shift", self.shift), f("conv1", self.conv1), f("norm1", self.norm1), f("conv2", self.conv2);
    f("norm2", self.norm2), f("resample", self.resample);
  }
};

}  // namespace simple_unet

/// A plain UNet with batch normalization and no attention: strided convolutions down, transposed ones up, skip
/// connections by concatenation; the coarsest image is concatenated with itself. The noise level reaches each block as
/// ReLU(Linear(ReLU(Linear(embedding)))), one number a channel. Takes Input [N, H, W, C] and gives [N, H, W, C]. In
/// training an image's result depends on its batch, otherwise not.
template <detail::NetworkBackend B>
class SimpleUnet {
 public:
  using backend = B;
  using Config = SimpleUnetConfig;

  /// Throws std::invalid_argument for sizes that do not fit together, or for ports other than extra
  /// channels.
  SimpleUnet(Config config, Ports ports, Seed seed, const B& on = {})
      : config_(validated(std::move(config))),
        ports_(check_supported("SimpleUnet", ports, {"extra_channels"})),
        on_(on),
        time_(on, {.width = config_.embedding, .half_minus_one = true}, config_.embedding, false),
        first_(on, config_.image.channels + ports.extra_channels, config_.widths[0]),
        last_(on, config_.widths[0], config_.image.channels, {.kernel = 1}) {
    const auto& w = config_.widths;
    for (std::size_t i = 1; i < w.size(); ++i) down_.emplace_back(on, w[i - 1], w[i], config_.embedding);
    for (std::size_t i = w.size() - 1; i > 0; --i) up_.emplace_back(on, 2 * w[i], w[i - 1], config_.embedding);
    initialise(*this, seed);
  }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("SimpleUnet", *this, input);
    const std::vector<V> shift = input.timed.empty() ? shifts(input.image, input.noise_labels) : input.timed;
    V x = first_(input.image);
    std::vector<V> skips;
    for (std::size_t i = 0; i < down_.size(); ++i) {
      x = down_[i](x, shift[i]);
      skips.push_back(x);
    }
    for (std::size_t i = 0; i < up_.size(); ++i) {
      x = up_[i](concat(x, skips.back()), shift[down_.size() + i]);
      skips.pop_back();
    }
    return last_(x);
  }
  /// All that the network makes of levels sees [n]: a shift [n, channels] for each block. A sampling run asks for those
  /// of all its steps at once.
  std::vector<Tensor<B>> timed(const Tensor<B, typename B::master>& noise_labels) const {
    return shifts(Tensor<B>(), noise_labels);
  }

  ImageSize image() const { return config_.image; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("time", self.time_.linear1), f("first", self.first_), f("down", self.down_), f("up", self.up_),
        f("last", self.last_);
  }

 private:
  static Config validated(Config config) {
    validate(config);
    return config;
  }
  template <Value V>
  std::vector<V> shifts(const V& like, const Tensor<B, typename B::master>& noise_labels) const {
    const V embedding = relu(time_(like, noise_labels));
    std::vector<V> all;
    for (const auto& block : down_) all.push_back(relu(block.shift(embedding)));
    for (const auto& block : up_) all.push_back(relu(block.shift(embedding)));
    return all;
  }

  Config config_;
  Ports ports_;
  B on_;
  nn::TimeEmbedding<B> time_;
  nn::Conv2d<B> first_;
  std::vector<simple_unet::Block<B, nn::Conv2d<B>>> down_;
  std::vector<simple_unet::Block<B, nn::Conv2dTransposed<B>>> up_;
  nn::Conv2d<B> last_;
};

}  // namespace hush
