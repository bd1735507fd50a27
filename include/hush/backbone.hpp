#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include <hush/autograd/value.hpp>
#include <hush/images.hpp>

namespace hush {

/// What a process wants of a network besides the image: channels of a condition that stand beside it, and the width of
/// a vector that goes with it (labels). A network is built from its process's ports, so that the two cannot disagree.
struct Ports {
  std::int64_t extra_channels = 0, label_dim = 0;
  constexpr bool operator==(const Ports&) const = default;
};

/// Throws std::invalid_argument, naming both, unless a network has the ports that a process wants.
inline void check_ports(const char* where, const Ports& network, const Ports& process) {
  check(network == process, where, "the network was built for another process: it takes ", network.extra_channels,
        " extra channels and a label vector of width ", network.label_dim, ", the process has ", process.extra_channels,
        " and ", process.label_dim, ". Build it with process.ports()");
}

/// What a network is called with: the (scaled) noisy image with the condition's channels behind its own [N, H, W, C +
/// extra], what it sees of the noise level [N] (the parameterization's `c_noise`, in masters: no half precision tells
/// 499 from 500), and the condition's vector [N, label_dim] if there is one. `timed`: what the network itself made of
/// the levels beforehand (see TimedBackbone); empty unless a sampling run does so.
template <Value V>
struct Input {
  using B = typename V::backend;
  V image;
  Tensor<B, typename B::master> noise_labels;
  std::optional<V> labels{};
  std::vector<V> timed{};
};

/// A network that maps an Input to [N, H, W, C], on the backend `on()`. Its forward pass is written once over Value.
template <class N>
concept Backbone = Backend<typename N::backend> &&
    requires(const N& net, const Input<Tensor<typename N::backend>>& input,
             const Input<Var<typename N::backend>>& recorded) {
  { net.image() } -> std::convertible_to<ImageSize>;
  { net.ports() } -> std::convertible_to<Ports>;
  { net.on() } -> std::convertible_to<typename N::backend>;
  { net(input) } -> std::same_as<Tensor<typename N::backend>>;
  { net(recorded) } -> std::same_as<Var<typename N::backend>>;
};

}  // namespace hush
