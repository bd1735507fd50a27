#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include <hush/backbone.hpp>
#include <hush/nn/initialise.hpp>
#include <hush/nn/linear.hpp>
#include <hush/ops/add_channels.hpp>
#include <hush/ops/concat.hpp>

namespace hush {

/// Sizes of LabelChannels.
struct LabelChannelsConfig {
  std::int64_t channels = 512;
  bool fused = true;  // the channels go to the network as numbers, or are made: the same pictures, up to rounding
  static constexpr void fields(auto& self, auto&& f) { f("channels", self.channels), f("fused", self.fused); }
  static constexpr std::array aside{std::string_view("fused")};  // changes no result
  friend constexpr bool operator==(const LabelChannelsConfig&, const LabelChannelsConfig&) = default;
};

/// Labels as channels of the image: a linear layer maps the vector [N, label_dim] of a process to `channels` numbers an
/// image, which stand behind the image's channels, the same at every pixel. An embedding of WithEmbedding. Fused, the
/// network is given the numbers as `constants`, for a first convolution that reads them without the channels being
/// made; else the channels are made, for any network that takes extra channels. Both have the same weights, under the
/// same names. Throws std::invalid_argument for a process without labels.
template <Backend B>
struct LabelChannels {
  LabelChannelsConfig sizes;
  nn::Linear<B> linear;

  LabelChannels(LabelChannelsConfig config, const Ports& process, Seed seed, const B& on = {})
      : sizes(config), linear(on, checked(config, process), config.channels) {
    initialise(*this, seed);
  }
  const LabelChannelsConfig& config() const { return sizes; }
  Ports network_ports(Ports process) const {
    (sizes.fused ? process.constant_channels : process.extra_channels) += sizes.channels;
    process.label_dim = 0;
    return process;
  }
  template <Value V>
  Input<V> operator()(Input<V> input) const {
    const V numbers = linear(*input.labels);
    input.labels.reset();
    if (sizes.fused) {
      input.constants = input.constants ? concat(*input.constants, numbers) : numbers;
    } else {
      const Shape shape = input.image.shape().with_back(sizes.channels);
      const V zeros = constant_like(input.image, filled(input.image.on(), shape, 0));
      input.image = concat(input.image, add_channels(zeros, numbers));
    }
    return input;
  }
  static void visit(auto& self, auto&& f) { f("linear", self.linear); }

 private:
  static std::int64_t checked(const LabelChannelsConfig& config, const Ports& process) {
    check(config.channels >= 1, "LabelChannels", "channels must be at least 1, is ", config.channels);
    check(process.label_dim >= 1, "LabelChannels", "the process has no labels: give it MultiHot or ClassLabel");
    return process.label_dim;
  }
};

}  // namespace hush
