#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <hush/autograd/checkpoint.hpp>
#include <hush/backbone.hpp>
#include <hush/backbones/shared/unet2d_config.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/norm.hpp>
#include <hush/nn/res_block.hpp>
#include <hush/nn/res_stage.hpp>
#include <hush/nn/transformer2d.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/divide_images.hpp>
#include <hush/ops/embedding.hpp>
#include <hush/ops/fourier_embedding.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/sinusoidal_embedding.hpp>
#include <hush/ops/upsample.hpp>

namespace hush {

namespace unet2d {

/// The blocks of one resolution: residual ones, behind each of them attention, a transformer or neither, and what
/// changes the resolution.
template <Backend B>
struct Stage {
  nn::ResStage<B> residual;
  std::vector<nn::Transformer2d<B>> transformers;

  static void visit(auto& self, auto&& f) {
    nn::ResStage<B>::visit(self.residual, f);
    f("transformers", self.transformers);
  }
};

/// The frequencies or the table of times, where there is one.
template <Backend B>
struct Projection {
  Parameter<B> weight;
  static void visit(auto& self, auto&& f) { f("weight", self.weight); }
};

/// The embedding of noise levels and labels.
template <Backend B>
struct Embedding {
  using Levels = Tensor<B, typename B::master>;

  ClassEmbedType type;
  SinusoidalOptions sinusoid;
  Projection<B> projection;
  nn::Linear<B> time1, time2, label1, label2;  // those of labels may be empty

  Embedding(const B& on, const Unet2dConfig& c, std::int64_t label_dim)
      : type(c.class_embed_type),
        sinusoid{c.block_out_channels[0], 10000, c.flip_sin_to_cos, c.freq_shift == 1},
        time1(on, waves(c), embedding_width(c)),
        time2(on, embedding_width(c), embedding_width(c)) {
    const std::int64_t channels = c.block_out_channels[0], width = embedding_width(c);
    if (c.time_embedding_type == TimeEmbedType::fourier) projection.weight = buffer(on, {channels}, Init::normal(16));
    if (c.time_embedding_type == TimeEmbedType::learned)
      projection.weight = Parameter<B>(on, {c.num_train_timesteps, channels}, Init::normal(1));
    if (label_dim == 0 || type == ClassEmbedType::identity) return;
    const bool rows = type == ClassEmbedType::rows;
    label1 = nn::Linear<B>(on, type == ClassEmbedType::timestep ? waves(c) : label_dim, width, !rows);
    if (rows) label1.weight.init = Init::normal(1);
    if (type == ClassEmbedType::timestep || type == ClassEmbedType::projection)
      label2 = nn::Linear<B>(on, width, width);
  }
  bool is_fourier() const { return !projection.weight.value.empty() && projection.weight.value.shape().rank() == 1; }
  /// The embedding of levels [N], in the life of `like`, which is any value of the pass.
  template <Value V>
  V of_levels(const V& like, const Levels& levels) const {
    return time2(silu(time1(projected(like, levels))));
  }
  template <Value V>
  V of_labels(const V& labels) const {
    if (type == ClassEmbedType::identity) return labels;
    const V first = label1(type == ClassEmbedType::timestep ? projected(labels, numbers_of(labels)) : labels);
    return label2.empty() ? first : label2(silu(first));
  }

 private:
  template <Value V>
  V projected(const V& like, const Levels& levels) const {
    if (projection.weight.value.empty()) return sinusoidal_embedding(like, levels, sinusoid);
    return is_fourier() ? fourier_embedding(like, levels, projection.weight)
                        : embedding(like, projection.weight, levels);
  }
  /// The numbers of labels [N, 1].
  template <Value V>
  static Levels numbers_of(const V& labels) {
    const Tensor<B>& numbers = value_of(labels);
    Levels levels(numbers.on(), {numbers.shape()[0]});
    copy(numbers.on(), numbers.size(), numbers.data(), levels.data());
    return levels;
  }
};

}  // namespace unet2d

/// The UNet of diffusers, UNet2DModel and UNet2DConditionModel, from lists of block types: residual blocks that the
/// noise level shifts or scales, self-attention, transformers that attend to tokens (Rombach et al. 2022), skip
/// connections by concatenation. Labels are added to the embedding of the noise level. Takes Input [N, H, W, C + extra]
/// and gives [N, H, W, outputs]. First weights are PyTorch's; a label that is embedded as a timestep passes through the
/// scalars of the layers.
template <detail::NetworkBackend B>
class Unet2d {
 public:
  using backend = B;
  using Config = Unet2dConfig;

  /// Throws std::invalid_argument for sizes that do not fit together.
  Unet2d(Config config, Ports ports, Seed seed, const B& on = {})
      : config_(validated(std::move(config), ports)),
        ports_(ports),
        on_(on),
        embedding_(on, config_, ports.label_dim),
        first_(on, config_.image.channels + ports.extra_channels + ports.constant_channels,
               config_.block_out_channels[0]),
        norm_(on, config_.block_out_channels[0], config_.norm_num_groups, config_.norm_eps),
        last_(on, config_.block_out_channels[0], config_.outputs ? config_.outputs : config_.image.channels) {
    const std::vector<std::int64_t>& widths = config_.block_out_channels;
    std::int64_t now = widths[0];
    std::vector<std::int64_t> skips{now};
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const UnetBlock type = config_.down_block_types[i];
      unet2d::Stage<B>& stage = down_.emplace_back();
      for (std::int64_t j = 0; j < config_.layers_per_block; ++j) skips.push_back(now = add_layer(stage, type, now, i));
      if (i + 1 == widths.size()) break;
      resample(stage, type, config_.downsample_type, now, Resample::average2);
      skips.push_back(now);
    }
    build_middle();
    for (std::size_t i = widths.size(); i-- > 0;) {
      const UnetBlock type = config_.up_block_types[widths.size() - 1 - i];
      unet2d::Stage<B>& stage = up_.emplace_back();
      for (std::int64_t j = 0; j <= config_.layers_per_block; ++j, skips.pop_back())
        now = add_layer(stage, type, now + skips.back(), i);
      if (i > 0) resample(stage, type, config_.upsample_type, now, Resample::nearest2);
    }
    initialise(*this, seed);
  }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("Unet2d", *this, input);
    const std::vector<nn::Modulation<V>> modulations = modulations_of(input);
    auto next = modulations.begin();  // that of the next residual block
    const auto through = [&](const unet2d::Stage<B>& stage, std::size_t j, const V& x, const auto&... skip) {
      return attended(input, stage, j, residual(stage.residual.blocks[j], *next++, x, skip...));
    };
    std::optional<V> constants = input.constants;
    if (constants && config_.center_input_sample) constants = centred(*constants);
    V x = first_(config_.center_input_sample ? centred(input.image) : input.image, constants);
    std::vector<V> skips{x};
    for (const auto& stage : down_) {
      const nn::ResStage<B>& layers = stage.residual;
      for (std::size_t j = 0; j < layers.blocks.size(); ++j) skips.push_back(x = through(stage, j, x));
      if (!layers.resample.empty()) skips.push_back(x = residual(layers.resample[0], *next++, x));
      if (!layers.convolution.empty()) skips.push_back(x = layers.convolution[0](x));
    }
    for (std::size_t j = 0; j < middle_.residual.blocks.size(); ++j) x = through(middle_, j, x);
    for (const auto& stage : up_) {
      const nn::ResStage<B>& layers = stage.residual;
      for (std::size_t j = 0; j < layers.blocks.size(); ++j, skips.pop_back()) x = through(stage, j, x, skips.back());
      if (!layers.resample.empty()) x = residual(layers.resample[0], *next++, x);
      if (!layers.convolution.empty()) x = layers.convolution[0](upsample_nearest(x, 2));
    }
    const V y = last_(norm_(x, {.activation = Activation::silu}));
    return embedding_.is_fourier() ? divide_images(y, input.noise_labels) : y;
  }
  /// What depends on levels noise_labels [n] alone: the scales and shifts of the blocks, in the order in which they
  /// run; or, where labels are added to it first, the embedding.
  std::vector<Tensor<B>> timed(const Tensor<B, typename B::master>& noise_labels) const {
    if (embedding_.is_fourier()) detail::check_positive("Unet2d", noise_labels);
    const Tensor<B> embedding = embedding_.of_levels(Tensor<B>(), noise_labels);
    if (ports_.label_dim > 0) return {embedding};
    return nn::tensors_of(modulations_of(embedding));
  }

  ImageSize image() const { return config_.image; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("time0", self.embedding_.projection), f("time1", self.embedding_.time1), f("time2", self.embedding_.time2);
    f("label1", self.embedding_.label1), f("label2", self.embedding_.label2);
    f("first", self.first_), f("down", self.down_), f("middle", self.middle_), f("up", self.up_);
    f("norm", self.norm_), f("last", self.last_);
  }

 private:
  static Config validated(Config config, const Ports& ports) {
    validate(config, ports);
    return config;
  }
  nn::ResBlockConfig block(std::int64_t in, std::int64_t out, Resample resample = Resample::none) const {
    const Config& c = config_;
    const std::int64_t width = unet2d::embedding_width(c);
    return {in, out, width, c.norm_num_groups, c.norm_eps, c.dropout, c.scale_shift, resample, 1, false};
  }
  nn::Transformer2dConfig transformer(std::size_t resolution) const {
    const Config& c = config_;
    return {c.block_out_channels[resolution], ports_.token_dim, unet2d::entry(c.num_attention_heads, resolution),
            unet2d::entry(c.transformer_layers_per_block, resolution), c.norm_num_groups};
  }
  nn::AttentionBlockConfig attention(std::size_t resolution) const {
    const Config& c = config_;
    const std::int64_t channels = c.block_out_channels[resolution], width = unet2d::head_width(c, channels);
    return {channels, channels / width, width, c.norm_num_groups, c.norm_eps, 1, false};
  }
  /// Adds a residual block and what stands behind it; says how many channels they give.
  std::int64_t add_layer(unet2d::Stage<B>& stage, UnetBlock type, std::int64_t in, std::size_t resolution) const {
    if (type == UnetBlock::attention) stage.residual.attention.emplace_back(on_, attention(resolution));
    if (type == UnetBlock::cross_attention) stage.transformers.emplace_back(on_, transformer(resolution));
    return stage.residual.add_block(on_, block(in, config_.block_out_channels[resolution]), 0);
  }
  void resample(unet2d::Stage<B>& stage, UnetBlock type, UnetResampling how, std::int64_t channels, Resample to) const {
    const bool by_block =
        type == UnetBlock::resnet_resampling || (type == UnetBlock::attention && how == UnetResampling::resnet);
    stage.residual.add_resampling(on_, block(channels, channels, to), by_block, config_.downsample_padding);
  }
  void build_middle() {
    const UnetMiddle type = config_.mid_block_type;
    const std::size_t last = config_.block_out_channels.size() - 1;
    nn::ResBlockConfig residual = block(config_.block_out_channels[last], config_.block_out_channels[last]);
    residual.divisor = config_.mid_block_scale_factor;
    const int count = type == UnetMiddle::none ? 0 : type == UnetMiddle::resnet ? 1 : 2;
    for (int j = 0; j < count; ++j) middle_.residual.add_block(on_, residual, 0);
    if (type == UnetMiddle::cross_attention) middle_.transformers.emplace_back(on_, transformer(last));
    if (type != UnetMiddle::attention) return;
    nn::AttentionBlockConfig between = attention(last);
    between.groups = unet2d::middle_groups(config_);
    between.divisor = config_.mid_block_scale_factor;
    middle_.residual.attention.emplace_back(on_, between);
  }
  /// The modulations of all blocks by an embedding, in the order in which they run.
  template <Value V>
  std::vector<nn::Modulation<V>> modulations_of(const V& embedding) const {
    const V active = silu(embedding);
    std::vector<nn::Modulation<V>> all;
    for (const auto& stage : down_) stage.residual.add_modulations(active, all);
    middle_.residual.add_modulations(active, all);
    for (const auto& stage : up_) stage.residual.add_modulations(active, all);
    return all;
  }
  template <Value V>
  std::vector<nn::Modulation<V>> modulations_of(const Input<V>& input) const {
    const std::vector<V>& timed = input.timed;
    if (!timed.empty() && !input.labels) return nn::modulations_of(timed, config_.scale_shift);
    const V embedding = timed.empty() ? embedding_.of_levels(input.image, input.noise_labels) : timed[0];
    return modulations_of<V>(input.labels ? embedding + embedding_.of_labels(*input.labels) : embedding);
  }
  template <Value V>
  static V centred(const V& x) {
    return 2 * x + constant_like(x, filled(value_of(x).on(), x.shape(), -1));
  }
  /// The attention or transformer behind residual block j, if there is one.
  template <Value V>
  V attended(const Input<V>& input, const unet2d::Stage<B>& stage, std::size_t j, const V& x) const {
    const auto layer = [&](const auto& list) { return [&one = list[j]](const auto&... v) { return one(v...); }; };
    const std::vector<nn::AttentionBlock<B>>& attention = stage.residual.attention;
    const std::vector<nn::Transformer2d<B>>& transformers = stage.transformers;
    if (j < attention.size()) return checkpoint_if(config_.checkpoint, layer(attention), x);
    if (j >= transformers.size()) return x;
    return checkpoint_if(config_.checkpoint, layer(transformers), x, *input.tokens, *input.token_mask);
  }
  template <Value V, std::same_as<V>... Skip>
  V residual(const nn::ResBlock<B>& layer, const nn::Modulation<V>& by, const V& x, const Skip&... skip) const {
    return nn::residual(layer, by, config_.checkpoint, x, skip...);
  }

  Config config_;
  Ports ports_;
  B on_;
  unet2d::Embedding<B> embedding_;
  nn::Conv2d<B> first_;
  std::vector<unet2d::Stage<B>> down_;
  unet2d::Stage<B> middle_;
  std::vector<unet2d::Stage<B>> up_;
  nn::GroupNorm<B> norm_;
  nn::Conv2d<B> last_;
};

}  // namespace hush
