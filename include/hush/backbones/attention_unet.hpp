#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/autograd/checkpoint.hpp>
#include <hush/backbone.hpp>
#include <hush/nn/attention.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/image_parts.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/norm.hpp>
#include <hush/nn/skip.hpp>
#include <hush/nn/time_embedding.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/gelu.hpp>
#include <hush/ops/max_pool2d.hpp>
#include <hush/ops/reshape.hpp>
#include <hush/ops/silu.hpp>

namespace hush {

/// Sizes of an AttentionUnet. The defaults are the Fashion-MNIST network of 23,624,769 parameters.
struct AttentionUnetConfig {
  ImageSize image{};                               // sides divisible by 2 to the number of widths
  std::vector<std::int64_t> widths{64, 128, 256};  // channels of each resolution, finest first
  std::int64_t bottleneck = 512;                   // channels at the coarsest
  std::int64_t heads = 4;                          // of every attention
  std::int64_t head_width = 0;   // channels a head; 0: as many as the layer has, `heads` times its width in all
  std::int64_t embedding = 256;  // width of the sinusoidal embedding of `c_noise`
  double eps = 1e-3;             // of the norms
  bool checkpoint = false;       // training keeps only the inputs of each block, and computes it twice: memory for time
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("widths", self.widths), f("bottleneck", self.bottleneck), f("heads", self.heads),
        f("head_width", self.head_width), f("embedding", self.embedding), f("eps", self.eps),
        f("checkpoint", self.checkpoint);
  }
  static constexpr std::array aside{std::string_view("checkpoint")};  // changes no result
  friend bool operator==(const AttentionUnetConfig&, const AttentionUnetConfig&) = default;
};

/// Throws std::invalid_argument in words if no network can be built from `config`.
inline void validate(const AttentionUnetConfig& config) {
  const auto sane = [](std::int64_t n, const char* name) {
    check(n >= 1, "AttentionUnet", name, " must be at least 1, is ", n);
  };
  sane(config.image.channels, "image.channels");
  sane(config.bottleneck, "bottleneck");
  sane(config.heads, "heads");
  check(!config.widths.empty() && config.widths.size() < 16, "AttentionUnet", "widths wants 1 to 15 entries, has ",
        config.widths.size());
  for (const std::int64_t width : config.widths) sane(width, "each width");
  check(config.head_width >= 0, "AttentionUnet", "head_width must not be negative, is ", config.head_width);
  check(config.embedding >= 2, "AttentionUnet", "embedding must be at least 2, is ", config.embedding);
  check(config.eps > 0, "AttentionUnet", "eps must be positive, is ", config.eps);
  const std::int64_t factor = std::int64_t(1) << config.widths.size();
  check(config.image.height >= factor && config.image.height % factor == 0 && config.image.width >= factor &&
            config.image.width % factor == 0,
        "AttentionUnet", "sides of ", config.image, " must be multiples of ", factor, ": there are ",
        config.widths.size(), " down-samplings by 2");
}

namespace attention_unet {

/// Two 3x3 convolutions without bias, each followed by a norm over the whole image; GELU between them and at the end
/// either a shift [N, C], one number a channel, or, where `residual`, GELU of the sum with the input.
template <Backend B>
struct DoubleConv {
  nn::Conv2d<B> conv1;
  nn::GroupNorm<B> norm1;
  nn::Conv2d<B> conv2;
  nn::GroupNorm<B> norm2;
  bool residual;

  struct Widths {
    std::int64_t in, middle, out;
  };
  DoubleConv(const B& on, Widths w, double eps, bool residual_ = false)
      : conv1(on, w.in, w.middle, {.bias = false}),
        norm1(on, w.middle, 1, eps),
        conv2(on, w.middle, w.out, {.bias = false}),
        norm2(on, w.out, 1, eps),
        residual(residual_) {}
  template <Value V>
  V operator()(V x) const {
    if (residual) {
      const V y = to_norm2(x);
      return norm2(y, {.activation = Activation::gelu_tanh, .residual = x});
    }
    x = to_norm2(std::move(x));
    return norm2(x);
  }
  template <Value V>
  V operator()(V x, const V& shift) const {
    x = to_norm2(std::move(x));
    return norm2(x, {.shift = shift});
  }
  static void visit(auto& self, auto&& f) {
    f("conv1", self.conv1), f("norm1", self.norm1), f("conv2", self.conv2), f("norm2", self.norm2);
  }

 private:
  template <Value V>
  V to_norm2(V x) const {
    x = conv1(x);  // what x was may end here
    x = recomputed(norm1(x, {.activation = Activation::gelu_tanh}));
    return conv2(x);
  }
};

/// Self-attention over the pixels, then two linear layers, each with its norm before it and its residual around it.
template <Backend B>
struct AttentionBlock {
  nn::LayerNorm<B> norm1;
  nn::SelfAttention<B> attention;
  nn::LayerNorm<B> norm2;
  nn::Linear<B> linear1, linear2;

  AttentionBlock(const B& on, std::int64_t channels, std::int64_t heads, std::int64_t head_width, double eps)
      : norm1(on, channels, eps),
        attention(on, channels, heads, head_width ? head_width : channels),
        norm2(on, channels, eps),
        linear1(on, channels, channels),
        linear2(on, channels, channels) {}
  template <Value V>
  V operator()(const V& image) const {
    const Shape& s = image.shape();
    const auto attended = [&](const V& x) -> V {
      const V y = attention.onto(x, recomputed(norm1(x)));
      const V hidden = linear1(recomputed(norm2(y)));
      return linear2.onto(y, recomputed(gelu(hidden, Gelu::tanh)));
    };
    const V sequence = reshape(image, {s[0], s[1] * s[2], s[3]});
    return reshape(nn::in_parts(nn::images_in_attention(sequence), attended, sequence), s);
  }
  static void visit(auto& self, auto&& f) {
    f("norm1", self.norm1), f("attention", self.attention), f("norm2", self.norm2);
    f("linear1", self.linear1), f("linear2", self.linear2);
  }
};

/// A residual and a plain DoubleConv, then the noise level's shift: linear(SiLU(embedding)), one number a channel.
template <Backend B>
struct Stage {
  DoubleConv<B> conv1, conv2;
  nn::Linear<B> shift;

  Stage(const B& on, typename DoubleConv<B>::Widths w, std::int64_t embedding, double eps)
      : conv1(on, {w.in, w.in, w.in}, eps, true), conv2(on, w, eps), shift(on, embedding, w.out) {}
  template <Value V>
  V operator()(V x, const V& shifted) const {
    x = recomputed(conv1(std::move(x)));
    return conv2(std::move(x), shifted);
  }
  static void visit(auto& self, auto&& f) { f("conv1", self.conv1), f("conv2", self.conv2), f("shift", self.shift); }
};

}  // namespace attention_unet

/// A UNet with self-attention at every resolution but the finest, conditioned on the noise level by a shift a stage:
/// max-pooling down, bilinear up, skip connections by concatenation. Takes Input [N, H, W, C] and gives [N, H, W, C].
template <detail::NetworkBackend B>
class AttentionUnet {
 public:
  using backend = B;
  using Config = AttentionUnetConfig;

  /// Throws std::invalid_argument for sizes that do not fit together, or for ports other than extra
  /// channels.
  AttentionUnet(Config config, Ports ports, Seed seed, const B& on = {})
      : config_(validated(std::move(config))),
        ports_(check_supported("AttentionUnet", ports, {"extra_channels"})),
        on_(on),
        time_({.width = config_.embedding}),
        first_(on, {config_.image.channels + ports.extra_channels, config_.widths[0], config_.widths[0]}, config_.eps),
        middle1_(on, {config_.widths.back(), config_.bottleneck, config_.bottleneck}, config_.eps),
        middle2_(on, config_.bottleneck, config_.heads, head_width(config_.bottleneck)),
        middle3_(on, {config_.bottleneck, config_.widths.back(), config_.widths.back()}, config_.eps),
        last_(on, config_.widths[0], config_.image.channels, {.kernel = 1}) {
    const auto& w = config_.widths;
    const auto attention = [&](std::int64_t channels) {
      return attention_unet::AttentionBlock<B>(on, channels, config_.heads, config_.head_width, config_.eps);
    };
    for (std::size_t i = 0; i < w.size(); ++i) {
      const bool coarsest = i + 1 == w.size();
      const std::int64_t out = coarsest ? w[i] : w[i + 1];
      down_.emplace_back(on, typename attention_unet::DoubleConv<B>::Widths{w[i], out, out}, config_.embedding,
                         config_.eps);
      if (!coarsest) down_attention_.push_back(attention(out));
    }
    std::int64_t below = w.back();
    for (std::size_t i = w.size(); i-- > 0;) {
      const std::int64_t in = below + w[i], out = w[i == 0 ? 0 : i - 1];
      up_.emplace_back(on, typename attention_unet::DoubleConv<B>::Widths{in, in / 2, out}, config_.embedding,
                       config_.eps);
      if (i > 0) up_attention_.push_back(attention(out));
      below = out;
    }
    initialise(*this, seed);
  }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("AttentionUnet", *this, input);
    const std::vector<V> shift = input.timed.empty() ? shifts(input.image, input.noise_labels) : input.timed;
    const std::size_t levels = config_.widths.size();
    std::vector<V> skips{block(first_, input.image)};
    V x = skips[0];
    for (std::size_t i = 0; i < levels; ++i) {
      x = recomputed(max_pool2d(x, 2));
      x = block(down_[i], std::move(x), shift[i]);
      if (i + 1 == levels) break;
      x = block(down_attention_[i], x);
      skips.push_back(x);
    }
    x = block(middle1_, std::move(x));
    const Shape s = x.shape();
    x = reshape(middle2_(reshape(x, {s[0], s[1] * s[2], s[3]})), s);
    x = block(middle3_, std::move(x));
    for (std::size_t i = 0; i < levels; ++i) {
      x = joined_block(up_[i], std::move(skips.back()), std::move(x), shift[levels + i]);
      skips.pop_back();
      if (i + 1 < levels) x = block(up_attention_[i], x);
    }
    return last_(recomputed(x));
  }
  /// All that the network makes of levels sees [n]: a shift [n, channels] for each stage. A sampling run asks for those
  /// of all its steps at once.
  std::vector<Tensor<B>> timed(const Tensor<B, typename B::master>& noise_labels) const {
    return shifts(Tensor<B>(), noise_labels);
  }

  ImageSize image() const { return config_.image; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("first", self.first_);
    f("down", self.down_), f("down_attention", self.down_attention_);
    f("middle1", self.middle1_), f("middle2", self.middle2_), f("middle3", self.middle3_);
    f("up", self.up_), f("up_attention", self.up_attention_);
    f("last", self.last_);
  }

 private:
  static Config validated(Config config) {
    validate(config);
    return config;
  }
  template <Value V>
  std::vector<V> shifts(const V& like, const Tensor<B, typename B::master>& noise_labels) const {
    const V embedding = silu(time_(like, noise_labels));
    std::vector<V> all;
    for (const auto* stages : {&down_, &up_})
      for (const auto& stage : *stages) all.push_back(stage.shift(embedding));
    return all;
  }
  /// layer(x...), computed again in the backward pass if the config says so.
  template <class Layer, class... V>
  auto block(const Layer& layer, V... x) const {
    return run([&layer](auto... v) { return layer(std::move(v)...); }, std::move(x)...);
  }
  /// A stage on a skip connection and what comes from below.
  template <Value V>
  V joined_block(const attention_unet::Stage<B>& stage, V skip, V x, V shift) const {
    const auto on_both = [&stage](auto s, auto v, const auto& by) {
      auto both = nn::concat_skip(std::move(s), std::move(v), 2);
      return stage(std::move(both), by);
    };
    return run(on_both, std::move(skip), std::move(x), std::move(shift));
  }
  template <class F, Value V, std::same_as<V>... Rest>
  V run(const F& f, V x, Rest... rest) const {
    const std::int64_t part = nn::images_in_convolution(x);
    if (!config_.checkpoint) return nn::in_parts(part, f, std::move(x), std::move(rest)...);
    return checkpoint([part, f](const auto&... v) { return nn::in_parts(part, f, v...); }, x, rest...);
  }
  std::int64_t head_width(std::int64_t channels) const { return config_.head_width ? config_.head_width : channels; }

  Config config_;
  Ports ports_;
  B on_;
  nn::TimeEmbedding<B> time_;
  attention_unet::DoubleConv<B> first_;
  std::vector<attention_unet::Stage<B>> down_;
  std::vector<attention_unet::AttentionBlock<B>> down_attention_;
  attention_unet::DoubleConv<B> middle1_;
  nn::SelfAttention<B> middle2_;
  attention_unet::DoubleConv<B> middle3_;
  std::vector<attention_unet::Stage<B>> up_;
  std::vector<attention_unet::AttentionBlock<B>> up_attention_;
  nn::Conv2d<B> last_;
};

}  // namespace hush
