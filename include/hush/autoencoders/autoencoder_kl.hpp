#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/autoencoder.hpp>
#include <hush/autoencoders/shared/checks.hpp>
#include <hush/autograd/checkpoint.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/norm.hpp>
#include <hush/nn/res_stage.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/upsample.hpp>

namespace hush {

/// Sizes of an AutoencoderKl, under the names of diffusers' AutoencoderKL and with its defaults.
struct AutoencoderKlConfig {
  ImageSize image{.height = 32, .width = 32, .channels = 3};  // sides divisible by 2 for each level but the first
  std::vector<std::int64_t> block_out_channels{64};           // of the levels, finest first
  std::int64_t layers_per_block = 1;                          // residual blocks; one more in the decoder
  std::int64_t latent_channels = 4;
  std::int64_t norm_num_groups = 32;
  bool use_quant_conv = true, use_post_quant_conv = true;  // 1x1 convolutions of the moments, and of latents
  bool mid_block_add_attention = true;
  double scaling_factor = .18215, shift_factor = 0;  // a diffusion takes (z - shift_factor) * scaling_factor
  bool checkpoint = false;  // training keeps only the inputs of each block, and computes it twice: memory for time
  static constexpr void fields(auto& self, auto&& f) {
    f("image", self.image), f("block_out_channels", self.block_out_channels),
        f("layers_per_block", self.layers_per_block), f("latent_channels", self.latent_channels),
        f("norm_num_groups", self.norm_num_groups), f("use_quant_conv", self.use_quant_conv),
        f("use_post_quant_conv", self.use_post_quant_conv), f("mid_block_add_attention", self.mid_block_add_attention),
        f("scaling_factor", self.scaling_factor), f("shift_factor", self.shift_factor),
        f("checkpoint", self.checkpoint);
  }
  static constexpr std::array aside{std::string_view("checkpoint")};  // changes no result
  friend bool operator==(const AutoencoderKlConfig&, const AutoencoderKlConfig&) = default;
};

/// Throws std::invalid_argument in words if no network can be built from `config`.
inline void validate(const AutoencoderKlConfig& c) {
  constexpr const char* who = "AutoencoderKl";
  check(!c.block_out_channels.empty() && c.block_out_channels.size() < 16, who,
        "block_out_channels wants 1 to 15 entries, has ", c.block_out_channels.size());
  detail::check_size(who, c.layers_per_block, "layers_per_block");
  check(c.layers_per_block <= 1024, who, "layers_per_block must be at most 1024, is ", c.layers_per_block);
  detail::check_size(who, c.latent_channels, "latent_channels");
  detail::check_size(who, c.norm_num_groups, "norm_num_groups");
  for (const std::int64_t channels : c.block_out_channels) {
    detail::check_size(who, channels, "each of block_out_channels");
    check(channels % c.norm_num_groups == 0, who, channels, " of block_out_channels do not fall into ",
          c.norm_num_groups, " groups (norm_num_groups)");
  }
  detail::check_scaling(who, {c.shift_factor, c.scaling_factor});
  detail::check_halves(who, c.image, c.block_out_channels.size() - 1);
}

namespace autoencoder_kl {

/// Blocks of a half, which no noise level scales or shifts.
inline nn::ResBlockConfig block(const AutoencoderKlConfig& c, std::int64_t in, std::int64_t out,
                                Resample resample = Resample::none) {
  return {in, out, 0, c.norm_num_groups, 1e-6, 0, false, resample, 1, false};
}

/// Two residual blocks, attention of one head between them.
template <Backend B>
nn::ResStage<B> middle(const B& on, const AutoencoderKlConfig& c) {
  nn::ResStage<B> stage;
  const std::int64_t channels = c.block_out_channels.back();
  for (int j = 0; j < 2; ++j) stage.add_block(on, block(c, channels, channels), 0);
  if (c.mid_block_add_attention)
    stage.attention.emplace_back(on,
                                 nn::AttentionBlockConfig{channels, 1, channels, c.norm_num_groups, 1e-6, 1, false});
  return stage;
}

/// x through the residual blocks of a stage, each with its attention if it has one.
template <Backend B, Value V>
V through(const nn::ResStage<B>& stage, bool again, V x) {
  const auto run = [&](const auto& layer) {
    x = checkpoint_if(
        again, [&layer](const auto& v) { return layer(v); }, x);
  };
  for (std::size_t j = 0; j < stage.blocks.size(); ++j) {
    run(stage.blocks[j]);
    if (j < stage.attention.size()) run(stage.attention[j]);
  }
  return x;
}

/// From images to moments.
template <Backend B>
struct Encoder {
  nn::Conv2d<B> first;
  std::vector<nn::ResStage<B>> down;
  nn::ResStage<B> middle;
  nn::GroupNorm<B> norm;
  nn::Conv2d<B> last;

  Encoder(const B& on, const AutoencoderKlConfig& c)
      : first(on, c.image.channels, c.block_out_channels[0]),
        middle(autoencoder_kl::middle(on, c)),
        norm(on, c.block_out_channels.back(), c.norm_num_groups, 1e-6),
        last(on, c.block_out_channels.back(), 2 * c.latent_channels) {
    std::int64_t now = c.block_out_channels[0];
    for (const std::int64_t channels : c.block_out_channels) {
      if (!down.empty()) down.back().add_resampling(on, block(c, now, now, Resample::average2), false, 0);
      down.emplace_back();
      for (std::int64_t j = 0; j < c.layers_per_block; ++j) now = down.back().add_block(on, block(c, now, channels), 0);
    }
  }
  template <Value V>
  V operator()(const V& images, bool again) const {
    V x = first(images);
    for (const auto& stage : down) {
      x = through(stage, again, x);
      if (!stage.convolution.empty()) x = stage.convolution[0](x);
    }
    return last(recomputed(norm(through(middle, again, x), {.activation = Activation::silu})));
  }
  static void visit(auto& self, auto&& f) {
    f("first", self.first), f("down", self.down), f("middle", self.middle), f("norm", self.norm), f("last", self.last);
  }
};

/// From latents to images.
template <Backend B>
struct Decoder {
  nn::Conv2d<B> first;
  nn::ResStage<B> middle;
  std::vector<nn::ResStage<B>> up;
  nn::GroupNorm<B> norm;
  nn::Conv2d<B> last;

  Decoder(const B& on, const AutoencoderKlConfig& c)
      : first(on, c.latent_channels, c.block_out_channels.back()),
        middle(autoencoder_kl::middle(on, c)),
        norm(on, c.block_out_channels[0], c.norm_num_groups, 1e-6),
        last(on, c.block_out_channels[0], c.image.channels) {
    std::int64_t now = c.block_out_channels.back();
    for (std::size_t i = c.block_out_channels.size(); i-- > 0;) {
      nn::ResStage<B>& stage = up.emplace_back();
      for (std::int64_t j = 0; j <= c.layers_per_block; ++j)
        now = stage.add_block(on, block(c, now, c.block_out_channels[i]), 0);
      if (i > 0) stage.add_resampling(on, block(c, now, now, Resample::nearest2), false);
    }
  }
  template <Value V>
  V operator()(const V& latents, bool again) const {
    V x = through(middle, again, first(latents));
    for (const auto& stage : up) {
      x = through(stage, again, x);
      if (!stage.convolution.empty()) x = stage.convolution[0](upsample_nearest(x, 2));
    }
    return last(recomputed(norm(x, {.activation = Activation::silu})));
  }
  static void visit(auto& self, auto&& f) {
    f("first", self.first), f("middle", self.middle), f("up", self.up), f("norm", self.norm), f("last", self.last);
  }
};

}  // namespace autoencoder_kl

/// The variational autoencoder of latent diffusion (Rombach et al. 2022, appendix G; AutoencoderKL of diffusers):
/// images [N, H, W, C] in [-1, 1] to a Gaussian of each number of [N, H / f, W / f, latent_channels], and latents to
/// images; f is 2 for each level but the first. Residual blocks, attention in the middle of both halves. First weights
/// are PyTorch's.
template <detail::NetworkBackend B>
class AutoencoderKl {
 public:
  using backend = B;
  using Config = AutoencoderKlConfig;

  /// Throws std::invalid_argument for sizes that do not fit together.
  AutoencoderKl(Config config, Seed seed, const B& on = {})
      : config_(validated(std::move(config))), on_(on), encoder_(on, config_), decoder_(on, config_) {
    const std::int64_t z = config_.latent_channels;
    if (config_.use_quant_conv) quant_ = nn::Conv2d<B>(on, 2 * z, 2 * z, {.kernel = 1});
    if (config_.use_post_quant_conv) post_quant_ = nn::Conv2d<B>(on, z, z, {.kernel = 1});
    initialise(*this, seed);
  }

  /// The moments of the posterior of images, [N, h, w, 2 z]: the means and then the logarithms of the variances, as
  /// gaussian_sample and gaussian_kl take them.
  template <Value V>
  V moments(const V& images) const {
    detail::check_batch("AutoencoderKl", "images", images.shape(), image());
    const V h = encoder_(images, config_.checkpoint);
    return quant_.empty() ? h : quant_(h);
  }
  /// The latents of images [N, h, w, z]: the means of the posterior.
  Tensor<B> encode(const Tensor<B>& images) const {
    const Tensor<B> all = moments(images);
    return ops::Concat::columns(all, all.shape().with_back(config_.latent_channels), 0);
  }
  /// The images of latents.
  template <Value V>
  V decode(const V& latents) const {
    detail::check_batch("AutoencoderKl", "latents", latents.shape(), latent());
    return decoder_(post_quant_.empty() ? latents : post_quant_(latents), config_.checkpoint);
  }

  ImageSize image() const { return config_.image; }
  ImageSize latent() const {
    const std::int64_t f = std::int64_t(1) << (config_.block_out_channels.size() - 1);
    return {config_.image.height / f, config_.image.width / f, config_.latent_channels};
  }
  LatentScaling scaling() const { return {config_.shift_factor, config_.scaling_factor}; }
  /// Throws std::invalid_argument for numbers that make no sense.
  void set_scaling(const LatentScaling& scaling) {
    detail::check_scaling("AutoencoderKl", scaling);
    config_.shift_factor = scaling.shift;
    config_.scaling_factor = scaling.factor;
  }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("encoder", self.encoder_), f("decoder", self.decoder_), f("quant", self.quant_),
        f("post_quant", self.post_quant_);
  }

 private:
  static Config validated(Config config) {
    validate(config);
    return config;
  }

  Config config_;
  B on_;
  autoencoder_kl::Encoder<B> encoder_;
  autoencoder_kl::Decoder<B> decoder_;
  nn::Conv2d<B> quant_, post_quant_;  // may be empty
};

}  // namespace hush
