#pragma once
#include <cmath>

#include <hush/backbone.hpp>
#include <hush/check.hpp>
#include <hush/conditioning.hpp>
#include <hush/ops/arithmetic.hpp>

namespace hush {

/// Classifier-free guidance (Ho and Salimans 2022, eq. 6, with scale = 1 + w): a network that is called twice, with its
/// condition and with the conditioning's null condition, and predicts null + scale * (condition - null). 1 is the
/// network itself, 0 ignores the condition, more than 1 exaggerates it. It wraps the network, so any sampler can be
/// used: Guided{net, process.conditioning, 3}. Throws std::invalid_argument for a scale that is not finite.
template <class Net, class Condition>
struct Guided {
  using backend = typename Net::backend;
  static_assert(HasNullCondition<Condition, backend>,
                "Guided: this conditioning has no null condition. Write: template <Value V> void set_null(Input<V>&) "
                "const, which puts it where add_to put the condition");

  Net network;  // a copy: the memory of its weights is shared
  Condition conditioning;
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
    check_input("Guided", network, input);
    if (scale == 1) return network(input);
    Input<V> without = input;
    conditioning.set_null(without);
    const V null = network(without);
    if (scale == 0) return null;
    return null + scale * (network(input) - null);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("network", self.network), f("conditioning", self.conditioning), f("scale", self.scale);
  }
};
template <class Net, class Condition>
Guided(Net, Condition, double) -> Guided<Net, Condition>;

}  // namespace hush
