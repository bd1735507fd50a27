#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <hush/autograd/checkpoint.hpp>
#include <hush/backbone.hpp>
#include <hush/backbones/shared/dit_config.hpp>
#include <hush/nn/attention.hpp>
#include <hush/nn/conv2d.hpp>
#include <hush/nn/feed_forward.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/nn/positions.hpp>
#include <hush/nn/rms_norm.hpp>
#include <hush/nn/time_embedding.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/gated_add.hpp>
#include <hush/ops/modulated_norm.hpp>
#include <hush/ops/relu.hpp>
#include <hush/ops/reshape.hpp>
#include <hush/ops/rotary_embedding.hpp>
#include <hush/ops/silu.hpp>
#include <hush/ops/slice.hpp>
#include <hush/ops/unpatchify.hpp>

namespace hush {

namespace dit {

inline PlainNorm norm_of(const DitConfig& c, double eps) { return {eps, c.rms_norm ? NormOf::rms : NormOf::layer}; }

/// Multi-head self-attention over the tokens [N, T, width], with what the config says of queries and keys.
template <Backend B>
struct Attention {
  using Table = Tensor<B, typename B::master>;
  std::int64_t heads;
  nn::Linear<B> q, k, v, out;
  nn::RmsNorm<B> norm_q, norm_k;  // may be empty
  Table turns;                    // angles of the tokens; may be empty

  Attention(const B& on, const DitConfig& c, const Table& table)
      : heads(c.heads),
        q(on, c.width, c.width),
        k(on, c.width, c.width),
        v(on, c.width, c.width),
        out(on, c.width, c.width),
        turns(table) {
    if (c.qk_norm) norm_q = nn::RmsNorm<B>(on, c.width / heads);
    if (c.qk_norm) norm_k = nn::RmsNorm<B>(on, c.width / heads);
    start_xavier(out);
    for (nn::Linear<B>* layer : {&q, &k, &v}) {
      start_xavier(*layer);
      layer->weight.init = Init::xavier(c.width, 3 * c.width);  // a third of one matrix
    }
  }
  template <Value V>
  V operator()(const V& x) const {
    const double scale = 1 / std::sqrt(double(x.shape().back() / heads));
    return out(hush::detail::attention_over(placed(q(x), norm_q), placed(k(x), norm_k), v(x), heads, scale));
  }
  static void visit(auto& self, auto&& f) {
    f("q", self.q), f("k", self.k), f("v", self.v), f("out", self.out);
    f("norm_q", self.norm_q), f("norm_k", self.norm_k);
  }

 private:
  template <Value V>
  V placed(V x, const nn::RmsNorm<B>& norm) const {
    const Shape s = x.shape();
    if (!norm.empty()) x = reshape(norm(reshape(x, {s[0], s[1] * heads, s[2] / heads})), s);
    return turns.empty() ? x : rotary_embedding(x, turns, heads);
  }
};

/// Attention and feed-forward layers, each behind a norm that an embedding scales and shifts, and added to its input
/// through a gate of the embedding that is closed at first (adaLN-Zero).
template <Backend B>
struct Block {
  nn::Linear<B> modulation;  // to shift, scale and gate of attention, then those of the feed-forward layers
  Attention<B> attention;
  nn::FeedForward<B> feed_forward;
  PlainNorm norm1, norm2;

  Block(const B& on, const DitConfig& c, const typename Attention<B>::Table& turns)
      : modulation(on, c.width, 6 * c.width),
        attention(on, c, turns),
        feed_forward(on, c.width, hidden(c), c.swiglu),
        norm1(norm_of(c, c.eps)),
        norm2(norm_of(c, c.mlp_eps)) {
    start_xavier(feed_forward);
    start_at_zero(modulation);
  }
  /// x [N, T, width] and what `modulation` gives, [N, 6 * width].
  template <Value V>
  V operator()(const V& x, const V& by) const {
    const std::int64_t width = x.shape().back();
    const auto part = [&](std::int64_t i) { return slice(by, i * width, width); };
    const V y = gated_add(x, part(2), attention(modulated_norm(x, part(1), part(0), norm1)));
    return gated_add(y, part(5), feed_forward(recomputed(modulated_norm(y, part(4), part(3), norm2))));
  }
  static void visit(auto& self, auto&& f) {
    f("modulation", self.modulation), f("attention", self.attention), f("feed_forward", self.feed_forward);
  }
};

}  // namespace dit

/// The diffusion transformer DiT (Peebles and Xie 2023): patches of the image are tokens, and the noise level, with the
/// label added to its embedding, scales, shifts and gates what the layers of each block do (adaLN-Zero). Labels [N, K]
/// are summed rows of a table of K + 1; its last row is that of an image without labels, all zeros. Takes Input
/// [N, H, W, C + extra] and gives [N, H, W, outputs], zeros at first.
template <detail::NetworkBackend B>
class Dit {
 public:
  using backend = B;
  using Config = DitConfig;

  /// Throws std::invalid_argument for sizes that do not fit together.
  Dit(Config config, Ports ports, Seed seed, const B& on = {})
      : config_(validated(std::move(config), ports)),
        ports_(ports),
        on_(on),
        positions_(nn::sine_positions(on, rows(), columns(), config_.width)),
        time_(on, {config_.frequencies, 10000, true, config_.half_minus_one, config_.time_scale}, config_.width, true),
        first_(on, config_.image.channels + ports.extra_channels, config_.width,
               {.kernel = config_.patch, .options = {.stride = config_.patch, .pad = 0}}),
        modulation_(on, config_.width, 2 * config_.width),
        last_(on, config_.width, config_.patch * config_.patch * dit::outputs(config_)) {
    if (ports.label_dim > 0) labels_ = nn::Linear<B>(on, ports.label_dim + 1, config_.width, false);
    typename dit::Attention<B>::Table turns;
    if (config_.rope) turns = rotary_table(on, rows(), columns(), config_.width / config_.heads);
    for (std::int64_t i = 0; i < config_.depth; ++i) blocks_.emplace_back(on, config_, turns);
    start();
    initialise(*this, seed);
  }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_input("Dit", *this, input);
    const std::vector<V> modulations = modulations_of(input);
    const V patches = first_(input.image);
    V x = nn::add_positions(reshape(patches, {patches.shape()[0], rows() * columns(), config_.width}), positions_);
    for (std::size_t i = 0; i < blocks_.size(); ++i)
      x = checkpoint_if(
          config_.checkpoint, [&block = blocks_[i]](const auto& v, const auto& by) { return block(v, by); }, x,
          modulations[i]);
    const V shift = slice(modulations.back(), 0, config_.width);
    const V scale = slice(modulations.back(), config_.width, config_.width);
    const V normed = recomputed(modulated_norm(x, scale, shift, dit::norm_of(config_, config_.eps)));
    return unpatchify(last_(normed), config_.image.height, config_.image.width, config_.patch);
  }
  /// What depends on levels noise_labels [n] alone: the scales, shifts and gates of the blocks and of the end; or,
  /// where labels are added to it first, the embedding.
  std::vector<Tensor<B>> timed(const Tensor<B, typename B::master>& noise_labels) const {
    const Tensor<B> embedding = time_(Tensor<B>(), noise_labels);
    if (ports_.label_dim > 0) return {embedding};
    return modulations_of(embedding);
  }

  ImageSize image() const { return config_.image; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  const Config& config() const { return config_; }
  static void visit(auto& self, auto&& f) {
    f("time1", self.time_.linear1), f("time2", self.time_.linear2), f("labels", self.labels_);
    f("first", self.first_), f("blocks", self.blocks_), f("modulation", self.modulation_), f("last", self.last_);
  }

 private:
  static Config validated(Config config, const Ports& ports) {
    validate(config, ports);
    return config;
  }
  std::int64_t rows() const { return config_.image.height / config_.patch; }
  std::int64_t columns() const { return config_.image.width / config_.patch; }
  /// First weights as in the authors' program.
  void start() {
    start_xavier(first_);
    for (nn::Linear<B>* layer : {&time_.linear1, &time_.linear2}) {
      layer->weight.init = Init::normal(0.02);
      layer->bias.init = Init::zeros();
    }
    labels_.weight.init = Init::normal(0.02);
    start_at_zero(modulation_);
    start_at_zero(last_);
  }
  /// Labels [N, K] and behind them a one for each image that has none, [N, K + 1].
  template <Value V>
  static V with_none(const V& labels) {
    const Tensor<B>& given = value_of(labels);
    const Shape& s = given.shape();
    Tensor<B> count(given.on(), {s[0], 1});
    sum_pixels(given.on(), s[0], s[1], 1, given.data(), count.data());
    return concat(labels, constant_like(labels, relu(filled(given.on(), count.shape(), 1) - count)));
  }
  /// The modulations of all blocks, and that of the end, by an embedding.
  template <Value V>
  std::vector<V> modulations_of(const V& embedding) const {
    const V active = silu(embedding);
    std::vector<V> all;
    for (const auto& block : blocks_) all.push_back(block.modulation(active));
    all.push_back(modulation_(active));
    return all;
  }
  template <Value V>
  std::vector<V> modulations_of(const Input<V>& input) const {
    if (!input.timed.empty() && !input.labels) return input.timed;
    const V embedding = input.timed.empty() ? time_(input.image, input.noise_labels) : input.timed[0];
    return modulations_of<V>(input.labels ? embedding + labels_(with_none(*input.labels)) : embedding);
  }

  Config config_;
  Ports ports_;
  B on_;
  Tensor<B> positions_;  // [T, width], fixed
  nn::TimeEmbedding<B> time_;
  nn::Linear<B> labels_;  // the table, turned; empty where there are no labels
  nn::Conv2d<B> first_;
  std::vector<dit::Block<B>> blocks_;
  nn::Linear<B> modulation_;  // to shift and scale at the end
  nn::Linear<B> last_;
};

}  // namespace hush
