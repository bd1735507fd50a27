#pragma once
#include <cmath>
#include <utility>
#include <vector>

#include <hush/backbone.hpp>
#include <hush/check.hpp>
#include <hush/ops/arithmetic.hpp>

namespace hush {

/// Classifier-free guidance (Ho and Salimans 2022, eq. 6, with scale = 1 + w): a network that answers twice, with its
/// condition's vector and with `null`, a vector of zeros, and says null + scale * (condition - null). 1 is the network
/// itself, 0 ignores the condition, more than 1 exaggerates it. It wraps the network, so any sampler can be used.
/// Throws std::invalid_argument when it is called without a condition, and for a scale that is not finite.
template <class Net>
struct Guided {
  using backend = typename Net::backend;

  Net network;  // a copy: the memory of its weights is shared
  double scale = 1;

  ImageSize image() const { return network.image(); }
  Ports ports() const { return network.ports(); }
  backend on() const { return network.on(); }
  static void visit(auto& self, auto&& f) { Net::visit(self.network, f); }
  auto timed(const auto& noise_labels) const requires requires { network.timed(noise_labels); }
  { return network.timed(noise_labels); }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check(std::isfinite(scale), "Guided", "scale must be finite, is ", scale);
    check(input.labels.has_value(), "Guided", "wants a condition's vector, and this process gives none");
    if (scale == 1) return network(input);
    Input<V> without = input;
    without.labels = 0.0 * *input.labels;
    const V null = network(without);
    if (scale == 0) return null;
    return null + scale * (network(input) - null);
  }
};
template <class Net>
Guided(Net, double) -> Guided<Net>;

}  // namespace hush
