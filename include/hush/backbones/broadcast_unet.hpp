#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <hush/backbone.hpp>
#include <hush/nn/batch_norm.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/skip.hpp>
#include <hush/nn/time_embedding.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/max_pool2d.hpp>
#include <hush/ops/relu.hpp>

namespace hush {

/// Sizes of a BroadcastUnet. The defaults have 19,275,771 parameters for 24 labels.
struct BroadcastUnetConfig {
  ImageSize image{.height = 64, .width = 64, .channels = 3};  // sides divisible by 2 to the number of widths
  std::vector<std::int64_t> widths{64, 128, 256, 512};        // channels of each resolution, finest first
  std::int64_t embedding = 128;                               // width of that of `c_noise`, and of that of the labels
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("widths", self.widths), f("embedding", self.embedding);
  }
  friend bool operator==(const BroadcastUnetConfig&, const BroadcastUnetConfig&) = default;
};

/// Throws std::invalid_argument in words if no network can be built from `config`.
inline void validate(const BroadcastUnetConfig& config) {
  check(config.image.channels >= 1, "BroadcastUnet", "image.channels must be at least 1, is ", config.image.channels);
  check(!config.widths.empty() && config.widths.size() < 16, "BroadcastUnet", "widths wants 1 to 15 entries, has ",
        config.widths.size());
  for (const std::int64_t width : config.widths)
    check(width >= 1, "BroadcastUnet", "each width must be at least 1, is ", width);
  check(config.embedding >= 4, "BroadcastUnet", "embedding must be at least 4, is ", config.embedding);
  const std::int64_t factor = std::int64_t(1) << config.widths.size();
  check(config.image.height >= factor && config.image.height % factor == 0 && config.image.width >= factor &&
            config.image.width % factor == 0,
        "BroadcastUnet", "sides of ", config.image, " must be multiples of ", factor, ": there are ",
        config.widths.size(), " down-samplings by 2");
}

namespace broadcast_unet {

/// Two 3x3 convolutions, each followed by a norm over the batch and ReLU. The first reads channels that are the same at
/// every pixel, `constants` [N, .], behind those of x.
template <Backend B>
struct DoubleConv {
  nn::Conv2d<B> conv1;
  nn::BatchNorm<B> norm1;
  nn::Conv2d<B> conv2;
  nn::BatchNorm<B> norm2;

  DoubleConv(const B& on, std::int64_t in, std::int64_t out)
      : conv1(on, in, out), norm1(on, out), conv2(on, out, out), norm2(on, out) {}
  template <Value V>
  V operator()(const V& x, const std::optional<V>& constants) const {
    return relu(norm2(conv2(relu(norm1(conv1(x, constants))))));
  }
  static void visit(auto& self, auto&& f) {
    f("conv1", self.conv1), f("norm1", self.norm1), f("conv2", self.conv2), f("norm2", self.norm2);
  }
};

}  // namespace broadcast_unet

/// A UNet without attention, whose every level is told the noise level and the labels: their embeddings, side by side,
/// become by a linear layer a level as many channels as the level has, each the same at every pixel, behind the
/// features that go on; no such channel is ever made (see conv2d of constants). Max-pooling down, bilinear up, skip
/// connections by concatenation, a norm over the batch behind each convolution. The embedding of labels is a table (a
/// row a label, added up) and two linear layers. Takes Input [N, H, W, C] and gives [N, H, W, C]. In training an
/// image's result depends on its batch, otherwise not.
template <detail::NetworkBackend B>
class BroadcastUnet {
 public:
  using backend = B;
  using Config = BroadcastUnetConfig;

  /// Throws std::invalid_argument for sizes that do not fit together, or for ports other than extra channels and
  /// labels.
  BroadcastUnet(Config config, Ports ports, Seed seed, const B& on = {})
      : config_(validated(std::move(config))),
        ports_(check_supported("BroadcastUnet", ports, {"extra_channels", "label_dim"})),
        on_(on),
        time_({.width = config_.embedding, .half_minus_one = true}),
        middle_(on, 2 * config_.widths.back(), config_.widths.back()),
        last_(on, 2 * config_.image.channels, config_.image.channels, {.kernel = 1}) {
    const std::int64_t channels = config_.image.channels, e = config_.embedding;
    const std::vector<std::int64_t>& w = config_.widths;
    if (ports.label_dim > 0) {
      table_ = nn::Linear<B>(on, ports.label_dim, e, false);
      linear1_ = nn::Linear<B>(on, e, e);
      linear2_ = nn::Linear<B>(on, e, e);
    }
    const auto broadcast = [&](std::int64_t width) {
      broadcast_.emplace_back(on, ports.label_dim > 0 ? 2 * e : e, width);
    };
    for (std::size_t i = 0; i < w.size(); ++i) {
      down_.emplace_back(on, i == 0 ? channels + ports.extra_channels : 2 * w[i - 1], w[i]);
      broadcast(w[i]);
    }
    broadcast(w.back());
    for (std::size_t i = w.size(); i-- > 0;) {
      const std::int64_t out = i == 0 ? channels : w[i - 1];
      up_.emplace_back(on, 3 * w[i], out);  // the skip, what comes from below, and its constants
      broadcast(out);
    }
    initialise(*this, seed);
  }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("BroadcastUnet", *this, input);
    const V embedding = embedding_of(input);
    auto next = broadcast_.begin();
    V x = input.image;
    std::optional<V> constants;
    std::vector<V> skips;
    for (const auto& conv : down_) {
      skips.push_back(conv(x, constants));
      x = max_pool2d(skips.back(), 2);
      constants = (*next++)(embedding);
    }
    x = middle_(x, constants);
    constants = (*next++)(embedding);
    for (const auto& conv : up_) {
      x = conv(nn::concat_skip(skips.back(), x, 2), constants);
      skips.pop_back();
      constants = (*next++)(embedding);
    }
    return last_(x, constants);
  }

  ImageSize image() const { return config_.image; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("labels", self.table_), f("label1", self.linear1_), f("label2", self.linear2_);
    f("broadcast", self.broadcast_), f("down", self.down_), f("middle", self.middle_), f("up", self.up_);
    f("last", self.last_);
  }

 private:
  static Config validated(Config config) {
    validate(config);
    return config;
  }
  /// The embedding of the labels, if there are any, then that of the noise level.
  template <Value V>
  V embedding_of(const Input<V>& input) const {
    const V time = time_(input.image, input.noise_labels);
    if (table_.empty()) return time;
    return concat(linear2_(relu(linear1_(table_(*input.labels)))), time);
  }

  Config config_;
  Ports ports_;
  B on_;
  nn::TimeEmbedding<B> time_;
  nn::Linear<B> table_, linear1_, linear2_;  // empty where there are no labels
  std::vector<nn::Linear<B>> broadcast_;
  std::vector<broadcast_unet::DoubleConv<B>> down_;
  broadcast_unet::DoubleConv<B> middle_;
  std::vector<broadcast_unet::DoubleConv<B>> up_;
  nn::Conv2d<B> last_;
};

}  // namespace hush
