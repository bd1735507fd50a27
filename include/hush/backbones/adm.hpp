#pragma once
#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <hush/autograd/checkpoint.hpp>
#include <hush/backbone.hpp>
#include <hush/backbones/shared/adm_config.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/norm.hpp>
#include <hush/nn/res_block.hpp>
#include <hush/nn/res_stage.hpp>
#include <hush/nn/time_embedding.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/upsample.hpp>

namespace hush {

/// The UNet of Dhariwal and Nichol 2021 ("Diffusion models beat GANs on image synthesis"), and of Palette (Saharia et
/// al. 2022): residual blocks that the noise level scales and shifts, attention in the middle and where the config
/// says, skip connections by concatenation. It embeds the noise label, a time or a gamma; labels are added to the
/// embedding. Takes Input [N, H, W, C + extra]
/// and gives [N, H, W, outputs].
template <detail::NetworkBackend B>
class Adm {
 public:
  using backend = B;
  using Config = AdmConfig;

  /// Throws std::invalid_argument for sizes that do not fit together.
  Adm(Config config, Ports ports, Seed seed, const B& on = {})
      : config_(validated(std::move(config), ports)),
        ports_(ports),
        on_(on),
        time_(on, sinusoid(), embedding_width(), true),
        labels_(label_layer(on, ports.label_dim, embedding_width())),
        first_(on, config_.image.channels + ports.extra_channels + ports.constant_channels, adm::width(config_, 0)),
        norm_(on, adm::width(config_, 0), config_.groups, config_.eps),
        last_(on, adm::width(config_, 0), config_.outputs ? config_.outputs : config_.image.channels) {
    const Config& c = config_;
    const std::size_t levels = c.multipliers.size();
    std::int64_t now = adm::width(c, 0);
    std::vector<std::int64_t> skips{now};
    const auto block = [&](std::int64_t in, std::int64_t out, Resample resample = Resample::none) {
      return nn::ResBlockConfig{in, out, embedding_width(), c.groups, c.eps, c.dropout, c.scale_shift, resample};
    };
    const auto heads = [&](std::size_t level) {
      return adm::attends(c, level) ? adm::heads(c, adm::width(c, level)) : 0;
    };
    for (std::size_t i = 0; i < levels; ++i) {
      nn::ResStage<B>& stage = down_.emplace_back();
      for (std::int64_t j = 0; j < c.blocks; ++j)
        skips.push_back(now = stage.add_block(on, block(now, adm::width(c, i)), heads(i)));
      if (i + 1 == levels) break;
      stage.add_resampling(on, block(now, now, Resample::average2), c.residual_resampling, c.downsample_padding);
      skips.push_back(now);
    }
    middle_.add_block(on, block(now, now), adm::heads(c, now));
    middle_.add_block(on, block(now, now), 0);
    for (std::size_t i = levels; i-- > 0;) {
      nn::ResStage<B>& stage = up_.emplace_back();
      for (std::int64_t j = 0; j <= c.blocks; ++j, skips.pop_back())
        now = stage.add_block(on, block(now + skips.back(), adm::width(c, i)), heads(i));
      if (i > 0) stage.add_resampling(on, block(now, now, Resample::nearest2), c.residual_resampling);
    }
    start_at_zero(last_);
    initialise(*this, seed);
  }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("Adm", *this, input);
    const std::vector<nn::Modulation<V>> modulations = modulations_of(input);
    auto next = modulations.begin();  // that of the next residual block
    const auto through = [&](const nn::ResStage<B>& stage, std::size_t j, const V& x, const auto&... skip) {
      const V y = residual(stage.blocks[j], *next++, x, skip...);
      if (j >= stage.attention.size()) return y;
      return checkpoint_if(
          config_.checkpoint, [&layer = stage.attention[j]](const auto& v) { return layer(v); }, y);
    };
    V x = first_(input.image, input.constants);
    std::vector<V> skips{x};
    for (const auto& stage : down_) {
      for (std::size_t j = 0; j < stage.blocks.size(); ++j) skips.push_back(x = through(stage, j, x));
      if (!stage.resample.empty()) skips.push_back(x = residual(stage.resample[0], *next++, x));
      if (!stage.convolution.empty()) skips.push_back(x = stage.convolution[0](x));
    }
    for (std::size_t j = 0; j < 2; ++j) x = through(middle_, j, x);
    for (const auto& stage : up_) {
      for (std::size_t j = 0; j < stage.blocks.size(); ++j, skips.pop_back()) x = through(stage, j, x, skips.back());
      if (!stage.resample.empty()) x = residual(stage.resample[0], *next++, x);
      if (!stage.convolution.empty()) x = stage.convolution[0](upsample_nearest(x, 2));
    }
    return last_(norm_(x, {.activation = Activation::silu}));
  }
  /// What depends on levels noise_labels [n] alone: the scales and shifts of the blocks, in the order in which they
  /// run; or, where labels are added to it first, the embedding.
  std::vector<Tensor<B>> timed(const Tensor<B, typename B::master>& noise_labels) const {
    const Tensor<B> embedding = time_(Tensor<B>(), noise_labels);
    if (!labels_.empty()) return {embedding};
    return nn::tensors_of(modulations_of(embedding));
  }

  ImageSize image() const { return config_.image; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("time1", self.time_.linear1), f("time2", self.time_.linear2);
    f("cue", self.labels_);  // its name in files
    f("first", self.first_), f("down", self.down_), f("middle", self.middle_), f("up", self.up_);
    f("norm", self.norm_), f("last", self.last_);
  }

 private:
  static Config validated(Config config, const Ports& ports) {
    validate(config, ports);
    return config;
  }
  /// The rows of a table of labels, which start with variance 1; empty where there are no labels.
  static nn::Linear<B> label_layer(const B& on, std::int64_t label_dim, std::int64_t width) {
    if (label_dim == 0) return {};
    nn::Linear<B> layer(on, label_dim, width, false);
    layer.weight.init = Init::uniform(std::sqrt(3.0));
    return layer;
  }
  std::int64_t embedding_width() const { return 4 * config_.channels; }
  SinusoidalOptions sinusoid() const {
    const auto& [scale, period, cosine_first, half_minus_one] = config_.embedding;
    return {config_.channels, period, cosine_first, half_minus_one, scale};
  }
  /// The modulations of all blocks by an embedding, in the order in which they run.
  template <Value V>
  std::vector<nn::Modulation<V>> modulations_of(const V& embedding) const {
    const V active = silu(embedding);
    std::vector<nn::Modulation<V>> all;
    for (const auto& stage : down_) stage.add_modulations(active, all);
    middle_.add_modulations(active, all);
    for (const auto& stage : up_) stage.add_modulations(active, all);
    return all;
  }
  template <Value V>
  std::vector<nn::Modulation<V>> modulations_of(const Input<V>& input) const {
    const std::vector<V>& timed = input.timed;
    if (!labels_.empty()) {
      const V embedding = timed.empty() ? time_(input.image, input.noise_labels) : timed[0];
      return modulations_of<V>(embedding + labels_(*input.labels));
    }
    if (timed.empty()) return modulations_of<V>(time_(input.image, input.noise_labels));
    return nn::modulations_of(timed, config_.scale_shift);
  }
  template <Value V, std::same_as<V>... Skip>
  V residual(const nn::ResBlock<B>& layer, const nn::Modulation<V>& by, const V& x, const Skip&... skip) const {
    return nn::residual(layer, by, config_.checkpoint, x, skip...);
  }

  Config config_;
  Ports ports_;
  B on_;
  nn::TimeEmbedding<B> time_;
  nn::Linear<B> labels_;  // empty where there are no labels
  nn::Conv2d<B> first_;
  std::vector<nn::ResStage<B>> down_;
  nn::ResStage<B> middle_;
  std::vector<nn::ResStage<B>> up_;
  nn::GroupNorm<B> norm_;
  nn::Conv2d<B> last_;
};

}  // namespace hush
