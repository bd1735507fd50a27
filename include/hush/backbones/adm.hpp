#pragma once
#include <algorithm>
#include <cmath>
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
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/sinusoidal_embedding.hpp>
#include <hush/ops/upsample.hpp>

namespace hush {

/// The UNet of Dhariwal and Nichol 2021 ("Diffusion models beat GANs on image synthesis"), and of Palette (Saharia et
/// al. 2022): residual blocks that the noise level scales and shifts, attention in the middle and where the config
/// says, skip connections by concatenation. It embeds the number that it sees, a time or a gamma. A condition's picture
/// comes among the image's channels; its vector (labels) is added to the embedding. Takes Input [N, H, W, C + extra]
/// and gives [N, H, W, outputs].
template <detail::NetworkBackend B>
class Adm {
 public:
  using backend = B;
  using Config = AdmConfig;

  /// Throws std::invalid_argument for sizes that do not fit together.
  Adm(Config config, Ports ports, Seed seed, const B& on = {})
      : config_((validate(config, ports), std::move(config))),
        ports_(ports),
        on_(on),
        time1_(on, config_.channels, told()),
        time2_(on, told(), told()),
        first_(on, config_.image.channels + ports.extra_channels, adm::width(config_, 0)),
        norm_(on, adm::width(config_, 0), config_.groups, config_.eps),
        last_(on, adm::width(config_, 0), config_.outputs ? config_.outputs : config_.image.channels) {
    if (ports.label_dim > 0) {
      cue_ = nn::Linear<B>(on, ports.label_dim, told(), false);
      cue_.weight.init = Init::uniform(std::sqrt(3.0));  // of variance 1, as the rows of a table of labels
    }
    const Config& c = config_;
    const std::size_t levels = c.multipliers.size();
    std::int64_t now = adm::width(c, 0);
    std::vector<std::int64_t> skips{now};
    const auto block = [&](std::int64_t in, std::int64_t out, Resample resample = Resample::none) {
      return nn::ResBlockConfig{in, out, told(), c.groups, c.eps, c.dropout, c.scale_shift, resample};
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
    middle_.add_block(on, block(now, now), adm::heads(c, now)), middle_.add_block(on, block(now, now), 0);
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
    check_input(input);
    const std::vector<V> said = said_of(input);
    auto next = said.begin();
    const auto through = [&](const nn::ResStage<B>& stage, std::size_t j, const V& x, const auto&... skip) {
      const V y = residual(stage.blocks[j], next, x, skip...);
      if (j >= stage.attention.size()) return y;
      return block([&layer = stage.attention[j]](const auto& v) { return layer(v); }, y);
    };
    V x = first_(input.image);
    std::vector<V> skips{x};
    for (const auto& stage : down_) {
      for (std::size_t j = 0; j < stage.blocks.size(); ++j) skips.push_back(x = through(stage, j, x));
      if (!stage.resample.empty()) skips.push_back(x = residual(stage.resample[0], next, x));
      if (!stage.convolution.empty()) skips.push_back(x = stage.convolution[0](x));
    }
    for (std::size_t j = 0; j < 2; ++j) x = through(middle_, j, x);
    for (const auto& stage : up_) {
      for (std::size_t j = 0; j < stage.blocks.size(); ++j, skips.pop_back()) x = through(stage, j, x, skips.back());
      if (!stage.resample.empty()) x = residual(stage.resample[0], next, x);
      if (!stage.convolution.empty()) x = stage.convolution[0](upsample_nearest(x, 2));
    }
    return last_(norm_(x, {.activation = Activation::silu}));
  }
  /// All that the network makes of levels sees [n] alone: what each block is told; or, where the vector of a condition
  /// is added to it first, the embedding.
  std::vector<Tensor<B>> timed(const Tensor<B, typename B::master>& noise_labels) const {
    const auto embedding = embedded(Tensor<B>(), noise_labels);
    return cue_.empty() ? told_by(embedding) : std::vector{embedding};
  }

  ImageSize image() const { return config_.image; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("time1", self.time1_), f("time2", self.time2_), f("cue", self.cue_);
    f("first", self.first_), f("down", self.down_), f("middle", self.middle_), f("up", self.up_);
    f("norm", self.norm_), f("last", self.last_);
  }

 private:
  std::int64_t told() const { return 4 * config_.channels; }
  template <Value V>
  void check_input(const Input<V>& input) const {
    const Shape& s = input.image.shape();
    const auto& [high, wide, channels] = config_.image;
    check(s.rank() == 4 && s == Shape{s[0], high, wide, channels + ports_.extra_channels}, "Adm", "wants images [N, ",
          high, ", ", wide, ", ", channels + ports_.extra_channels, "], got ", s);
    check(input.noise_labels.shape() == Shape{s[0]}, "Adm", s[0], " images want to see [", s[0], "] levels, got ",
          input.noise_labels.shape());
    const std::int64_t width = ports_.label_dim;
    check(width > 0 || !input.labels, "Adm", "takes no condition vector, got one");
    check(width == 0 || input.labels, "Adm", "wants a condition vector of width ", width, ", got none");
    check(!input.labels || input.labels->shape() == Shape{s[0], width}, "Adm", "wants condition vectors ",
          Shape{s[0], width}, ", got ", input.labels ? input.labels->shape() : Shape{});
  }
  template <Value V>
  V embedded(const V& like, const Tensor<B, typename B::master>& noise_labels) const {
    const auto& [scale, period, cosine_first, half_minus_one] = config_.embedding;
    return time2_(silu(time1_(
        sinusoidal_embedding(like, noise_labels, {config_.channels, period, cosine_first, half_minus_one, scale}))));
  }
  /// What the blocks make of an embedding, in the order in which they run.
  template <Value V>
  std::vector<V> told_by(const V& embedding) const {
    const V active = silu(embedding);
    std::vector<V> all;
    for (const auto& stage : down_) stage.tell(active, all);
    middle_.tell(active, all);
    for (const auto& stage : up_) stage.tell(active, all);
    return all;
  }
  template <Value V>
  std::vector<V> said_of(const Input<V>& input) const {
    if (cue_.empty() && !input.timed.empty()) return input.timed;
    const V embedding = input.timed.empty() ? embedded(input.image, input.noise_labels) : input.timed[0];
    return told_by(cue_.empty() ? embedding : embedding + cue_(*input.labels));
  }
  /// A residual block on x, or on x beside a skip connection, with the next of what is said.
  template <Value V>
  V residual(const nn::ResBlock<B>& layer, auto& next, const V& x) const {
    return with_next(
        next, [&layer](const auto& v, const auto&... said) { return layer(v, said...); }, x);
  }
  template <Value V>
  V residual(const nn::ResBlock<B>& layer, auto& next, const V& x, const V& skip) const {
    const auto run = [&layer](const auto& v, const auto& s, const auto&... said) {
      return layer(concat(v, s), said...);
    };
    return with_next(next, run, x, skip);
  }
  template <Value... V>
  auto with_next(auto& next, const auto& run, const V&... x) const {
    const auto& first = *next++;
    return config_.scale_shift ? block(run, x..., first, *next++) : block(run, x..., first);
  }
  /// run(x...), computed again in the backward pass if the config says so.
  auto block(const auto& run, const auto&... x) const { return config_.checkpoint ? checkpoint(run, x...) : run(x...); }

  Config config_;
  Ports ports_;
  B on_;
  nn::Linear<B> time1_, time2_, cue_;
  nn::Conv2d<B> first_;
  std::vector<nn::ResStage<B>> down_;
  nn::ResStage<B> middle_;
  std::vector<nn::ResStage<B>> up_;
  nn::GroupNorm<B> norm_;
  nn::Conv2d<B> last_;
};

}  // namespace hush
