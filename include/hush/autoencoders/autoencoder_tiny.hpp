#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hush/autoencoder.hpp>
#include <hush/autoencoders/shared/checks.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/relu.hpp>
#include <hush/ops/tanh.hpp>
#include <hush/ops/upsample.hpp>

namespace hush {

/// Sizes of an AutoencoderTiny, under the names of diffusers and with its defaults; those of levels stand in the order
/// in which they run.
struct AutoencoderTinyConfig {
  ImageSize image{.height = 64, .width = 64, .channels = 3};  // sides divisible by 2 for each level but the first
  std::vector<std::int64_t> encoder_block_out_channels{64, 64, 64, 64};  // one and the same number
  std::vector<std::int64_t> num_encoder_blocks{1, 3, 3, 3};
  std::vector<std::int64_t> decoder_block_out_channels{64, 64, 64, 64};  // one and the same number
  std::vector<std::int64_t> num_decoder_blocks{3, 3, 3, 1};
  std::int64_t latent_channels = 4;
  double scaling_factor = 1, shift_factor = 0;  // a diffusion takes (z - shift_factor) * scaling_factor
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("encoder_block_out_channels", self.encoder_block_out_channels),
        f("num_encoder_blocks", self.num_encoder_blocks),
        f("decoder_block_out_channels", self.decoder_block_out_channels),
        f("num_decoder_blocks", self.num_decoder_blocks), f("latent_channels", self.latent_channels),
        f("scaling_factor", self.scaling_factor), f("shift_factor", self.shift_factor);
  }
  friend bool operator==(const AutoencoderTinyConfig&, const AutoencoderTinyConfig&) = default;
};

/// Throws std::invalid_argument in words if no network can be built from `config`.
inline void validate(const AutoencoderTinyConfig& c) {
  constexpr const char* who = "AutoencoderTiny";
  const std::size_t levels = c.num_encoder_blocks.size();
  check(levels >= 1 && levels < 16, who, "num_encoder_blocks wants 1 to 15 entries, has ", levels);
  const auto fits = [&](const std::vector<std::int64_t>& list, const char* name, std::int64_t most) {
    check(list.size() == levels, who, name, " has ", list.size(), " entries, num_encoder_blocks ", levels);
    for (const std::int64_t n : list)
      check(n >= (most == 1024 ? 0 : 1) && n <= most, who, "each of ", name, " must be in ", most == 1024 ? 0 : 1,
            " to ", most, ", is ", n);
  };
  const auto same = [&](const std::vector<std::int64_t>& list, const char* name) {
    fits(list, name, 1 << 24);
    const auto other = std::ranges::find_if(list, [&](std::int64_t n) { return n != list[0]; });
    check(other == list.end(), who, name, " wants one and the same number, has ", list[0], " and ",
          other == list.end() ? 0 : *other, ": no layer changes it");
  };
  same(c.encoder_block_out_channels, "encoder_block_out_channels");
  same(c.decoder_block_out_channels, "decoder_block_out_channels");
  fits(c.num_encoder_blocks, "num_encoder_blocks", 1024);
  fits(c.num_decoder_blocks, "num_decoder_blocks", 1024);
  detail::check_size(who, c.latent_channels, "latent_channels");
  detail::check_scaling(who, {c.shift_factor, c.scaling_factor});
  detail::check_halves(who, c.image, levels - 1);
}

namespace autoencoder_tiny {

/// relu(x + conv3(relu(conv2(relu(conv1(x)))))).
template <Backend B>
struct Block {
  nn::Conv2d<B> conv1, conv2, conv3;

  Block(const B& on, std::int64_t channels)
      : conv1(on, channels, channels), conv2(on, channels, channels), conv3(on, channels, channels) {}
  template <Value V>
  V operator()(const V& x) const {
    return relu(conv3.onto(x, relu(conv2(relu(conv1(x))))));
  }
  static void visit(auto& self, auto&& f) { f("conv1", self.conv1), f("conv2", self.conv2), f("conv3", self.conv3); }
};

/// Blocks of one resolution, and the convolution that changes it: in front of them in the encoder, behind an
/// up-sampling at their end in the decoder.
template <Backend B>
struct Level {
  nn::Conv2d<B> resample;  // may be empty
  std::vector<Block<B>> blocks;

  static void visit(auto& self, auto&& f) { f("resample", self.resample), f("blocks", self.blocks); }
};

/// One half.
template <Backend B>
struct Half {
  nn::Conv2d<B> first;
  std::vector<Level<B>> levels;
  nn::Conv2d<B> last;

  Half(const B& on, std::int64_t in, std::int64_t channels, std::int64_t out, const std::vector<std::int64_t>& blocks)
      : first(on, in, channels), last(on, channels, out) {
    for (const std::int64_t count : blocks) {
      Level<B>& level = levels.emplace_back();
      for (std::int64_t j = 0; j < count; ++j) level.blocks.emplace_back(on, channels);
    }
  }
  static void visit(auto& self, auto&& f) { f("first", self.first), f("levels", self.levels), f("last", self.last); }
};

/// a x + b.
template <Value V>
V affine(double a, const V& x, double b) {
  return a * x + constant_like(x, filled(value_of(x).on(), x.shape(), b));
}

}  // namespace autoencoder_tiny

/// The tiny autoencoder for the latents of other autoencoders (AutoencoderTiny of diffusers, TAESD): convolutions and
/// ReLU, no norm and no attention; images [N, H, W, C] in [-1, 1] to latents [N, H / f, W / f, latent_channels] and
/// back, f is 2 for each level but the first. First weights are PyTorch's.
template <detail::NetworkBackend B>
class AutoencoderTiny {
 public:
  using backend = B;
  using Config = AutoencoderTinyConfig;

  /// Throws std::invalid_argument for sizes that do not fit together.
  AutoencoderTiny(Config config, Seed seed, const B& on = {})
      : config_(validated(std::move(config))),
        on_(on),
        encoder_(on, config_.image.channels, config_.encoder_block_out_channels[0], config_.latent_channels,
                 config_.num_encoder_blocks),
        decoder_(on, config_.latent_channels, config_.decoder_block_out_channels[0], config_.image.channels,
                 config_.num_decoder_blocks) {
    const std::int64_t in = config_.encoder_block_out_channels[0], out = config_.decoder_block_out_channels[0];
    for (std::size_t i = 1; i < encoder_.levels.size(); ++i) {
      encoder_.levels[i].resample = nn::Conv2d<B>(on, in, in, {.bias = false, .options = {.stride = 2}});
      decoder_.levels[i - 1].resample = nn::Conv2d<B>(on, out, out, {.bias = false});
    }
    initialise(*this, seed);
  }

  /// The latents of images.
  template <Value V>
  V encode(const V& images) const {
    detail::check_batch("AutoencoderTiny", "images", images.shape(), image());
    V x = encoder_.first(autoencoder_tiny::affine(.5, images, .5));  // in [0, 1]
    for (const auto& level : encoder_.levels) {
      if (!level.resample.empty()) x = level.resample(x);
      for (const auto& block : level.blocks) x = block(x);
    }
    return encoder_.last(x);
  }
  /// The images of latents, which are kept within [-3, 3] softly: 3 tanh(z / 3).
  template <Value V>
  V decode(const V& latents) const {
    detail::check_batch("AutoencoderTiny", "latents", latents.shape(), latent());
    V x = relu(decoder_.first(3 * tanh(1. / 3 * latents)));
    for (const auto& level : decoder_.levels) {
      for (const auto& block : level.blocks) x = block(x);
      if (!level.resample.empty()) x = level.resample(upsample_nearest(x, 2));
    }
    return autoencoder_tiny::affine(2, decoder_.last(x), -1);
  }

  ImageSize image() const { return config_.image; }
  ImageSize latent() const {
    const std::int64_t f = std::int64_t(1) << (config_.num_encoder_blocks.size() - 1);
    return {config_.image.height / f, config_.image.width / f, config_.latent_channels};
  }
  LatentScaling scaling() const { return {config_.shift_factor, config_.scaling_factor}; }
  /// Throws std::invalid_argument for numbers that make no sense.
  void set_scaling(const LatentScaling& scaling) {
    detail::check_scaling("AutoencoderTiny", scaling);
    config_.shift_factor = scaling.shift;
    config_.scaling_factor = scaling.factor;
  }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) { f("encoder", self.encoder_), f("decoder", self.decoder_); }

 private:
  static Config validated(Config config) {
    validate(config);
    return config;
  }

  Config config_;
  B on_;
  autoencoder_tiny::Half<B> encoder_, decoder_;
};

}  // namespace hush
