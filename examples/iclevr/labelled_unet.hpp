#pragma once
#include <array>
#include <cstdint>
#include <hush/backbones/unet2d.hpp>
#include <hush/backbones/with_embedding.hpp>
#include <hush/embeddings/label_channels.hpp>
#include <hush/embeddings/label_tokens.hpp>
#include <optional>
#include <string>
#include <utility>

// A network that reads labels in the way that its config says, so that one program has all four.
namespace iclevr {

using namespace hush;

/// How labels reach the network: a row a label added to the embedding of the noise level; channels behind the image,
/// fused into the first convolution or made; a token a label for cross-attention.
enum class LabelMode { vector, fused, channels, tokens };
constexpr std::array<const char*, 4> names_of(LabelMode) { return {"vector", "fused", "channels", "tokens"}; }

/// Sizes of a LabelledUnet.
struct LabelledUnetConfig {
  Unet2dConfig unet{};
  LabelMode mode = LabelMode::vector;
  std::int64_t width = 0;  // channels that labels become, or width of a token; not of `vector`
  static constexpr void fields(auto& self, auto&& f) {
    f("unet", self.unet), f("mode", self.mode), f("width", self.width);
  }
  friend bool operator==(const LabelledUnetConfig&, const LabelledUnetConfig&) = default;
};

/// The embedding of labels of WithEmbedding, as a mode says.
template <Backend B>
class LabelEmbedding {
 public:
  LabelEmbedding(const LabelledUnetConfig& config, const Ports& process, Seed seed, const B& on) {
    const LabelMode mode = config.mode;
    if (mode == LabelMode::tokens) tokens_.emplace(LabelTokensConfig{config.width}, process, seed, on);
    if (mode == LabelMode::fused || mode == LabelMode::channels)
      channels_.emplace(LabelChannelsConfig{config.width, mode == LabelMode::fused}, process, seed, on);
  }
  Ports network_ports(const Ports& process) const {
    return tokens_ ? tokens_->network_ports(process) : channels_ ? channels_->network_ports(process) : process;
  }
  template <Value V>
  Input<V> operator()(const Input<V>& input) const {
    return tokens_ ? (*tokens_)(input) : channels_ ? (*channels_)(input) : input;
  }
  static void visit(auto& self, auto&& f) {
    if (self.tokens_) f("tokens", *self.tokens_);
    if (self.channels_) f("channels", *self.channels_);
  }

 private:
  std::optional<LabelTokens<B>> tokens_;
  std::optional<LabelChannels<B>> channels_;
};

/// A Unet2d behind an embedding of labels.
template <Backend B>
class LabelledUnet : public WithEmbedding<Unet2d<B>, LabelEmbedding<B>> {
 public:
  using Base = WithEmbedding<Unet2d<B>, LabelEmbedding<B>>;

  LabelledUnet(LabelledUnetConfig config, const Ports& process, Seed seed, const B& on = {})
      : LabelledUnet(config, process, LabelEmbedding<B>(config, process, Seed{seed.value + 1}, on), seed, on) {}
  const LabelledUnetConfig& config() const { return config_; }

 private:
  LabelledUnet(LabelledUnetConfig config, const Ports& process, LabelEmbedding<B> labels, Seed seed, const B& on)
      : Base(process, Unet2d<B>(config.unet, labels.network_ports(process), seed, on), labels),
        config_(std::move(config)) {}

  LabelledUnetConfig config_;
};

}  // namespace iclevr
