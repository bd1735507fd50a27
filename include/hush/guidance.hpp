#pragma once
#include <cmath>
#include <concepts>
#include <cstdint>

#include <hush/backbone.hpp>
#include <hush/check.hpp>
#include <hush/conditioning.hpp>
#include <hush/guidance_rule.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/ops/concat.hpp>
#include <hush/ops/slice.hpp>

namespace hush {

namespace detail {

inline void check_scale(const char* who, double scale) {
  check(std::isfinite(scale), who, "scale must be finite, is ", scale);
}

/// What a rule makes of two answers for images of `channels` channels. Of a network that learned a variance, which
/// gives as many channels again, the rule combines the estimates alone, and the variance is that of the first answer.
template <Value V, class Rule>
V combined(const Rule& rule, double scale, std::int64_t channels, const V& with, const V& without) {
  if (with.shape().back() != 2 * channels) return rule(with, without, scale);
  const V estimate = rule(slice(with, 0, channels), slice(without, 0, channels), scale);
  return concat(estimate, slice(with, channels, channels));
}

/// What a rule makes of the answers that with() and without() give, of which it asks for those it wants.
template <Value V, class Rule>
V guided(const Rule& rule, double scale, const Input<V>& input, const ImageSize& size, const auto& with,
         const auto& without) {
  static_assert(GuidanceRule<Rule, V>,
                "Guided: not a GuidanceRule. Write: template <Value V> V operator()(const V& with, const V& without, "
                "double scale) const");
  const auto guiding = Guiding(input.variant);
  if (guiding == Guiding::zeros)
    return constant_like(input.image, filled(input.image.on(), input.image.shape().with_back(size.channels), 0));
  if (scale == 1 || guiding == Guiding::condition_only) return with();
  const V other = without();
  const bool estimates_alone = other.shape().back() != 2 * size.channels;
  if (scale == 0 && estimates_alone && std::same_as<Rule, ClassifierFree>) return other;
  return combined(rule, scale, size.channels, with(), other);
}

template <class Net>
concept HasVariants = requires(const Net& net, Level level) {
  net.variant(level);
};

}  // namespace detail

/// Classifier-free guidance (Ho and Salimans 2022, eq. 6, with scale = 1 + w): a network that is called twice, with its
/// condition and with the conditioning's null condition, and predicts null + scale * (condition - null). 1 is the
/// network itself, 0 ignores the condition, more than 1 exaggerates it. It wraps the network, so any sampler can be
/// used: Guided{net, process.conditioning, 3}. A learned variance is that of the call with the condition, as in the
/// programs of ADM and DiT. A GuidanceRule combines the two otherwise, or at some noise levels only:
/// Guided{net, process.conditioning, 3, RescaledGuidance{.phi = .7}}. Throws std::invalid_argument for a scale that is
/// not finite.
template <class Net, class Condition, class Rule = ClassifierFree>
struct Guided {
  using backend = typename Net::backend;
  static_assert(HasNullCondition<Condition, backend>,
                "Guided: this conditioning has no null condition. Write: template <Value V> void set_null(Input<V>&) "
                "const, which puts it where add_to put the condition");
  static_assert(!detail::HasVariants<Net>, "Guided: this network is guided already");

  Net network;  // a copy: the memory of its weights is shared
  Condition conditioning;
  double scale = 1;
  Rule rule{};

  ImageSize image() const { return network.image(); }
  Ports ports() const { return network.ports(); }
  backend on() const { return network.on(); }
  static void visit(auto& self, auto&& f) { Net::visit(self.network, f); }
  auto timed(const auto& noise_labels) const requires requires { network.timed(noise_labels); }
  { return network.timed(noise_labels); }
  int variant(const Level& level) const { return int(detail::guiding_at(rule, level)); }

  template <Value V>
  V operator()(const Input<V>& input) const {
    detail::check_scale("Guided", scale);
    check_input("Guided", network, input);
    const auto without = [&] {
      Input<V> null = input;
      conditioning.set_null(null);
      return network(null);
    };
    return detail::guided(
        rule, scale, input, image(), [&] { return network(input); }, without);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("network", self.network), f("conditioning", self.conditioning), f("scale", self.scale), f("rule", self.rule);
  }
};
template <class Net, class Condition>
Guided(Net, Condition, double) -> Guided<Net, Condition>;
template <class Net, class Condition, class Rule>
Guided(Net, Condition, double, Rule) -> Guided<Net, Condition, Rule>;

/// Autoguidance (Karras et al. 2024, "Guiding a diffusion model with a bad version of itself"): the null condition is a
/// weaker network, smaller or less trained (a checkpoint of the same training), which gets the condition too: weaker +
/// scale * (network - weaker). It needs no null condition, and none at all. AutoGuided{net, weaker, 2}, with any
/// GuidanceRule behind. Throws std::invalid_argument for networks of two image sizes or ports, naming both, and for a
/// scale that is not finite.
template <class Net, class Weaker, class Rule = ClassifierFree>
struct AutoGuided {
  using backend = typename Net::backend;
  static_assert(std::same_as<backend, typename Weaker::backend>, "AutoGuided: the networks are on two backends");
  static_assert(!detail::HasVariants<Net> && !detail::HasVariants<Weaker>, "AutoGuided: a network is guided already");

  Net network;  // copies: the memory of their weights is shared
  Weaker weaker;
  double scale = 1;
  Rule rule{};

  ImageSize image() const { return network.image(); }
  Ports ports() const { return network.ports(); }
  backend on() const { return network.on(); }
  static void visit(auto& self, auto&& f) { f("network", self.network), f("weaker", self.weaker); }
  auto timed(const auto& noise_labels) const requires requires { network.timed(noise_labels); }
  { return network.timed(noise_labels); }
  int variant(const Level& level) const {
    check_weaker();
    return int(detail::guiding_at(rule, level));
  }

  template <Value V>
  V operator()(const Input<V>& input) const {
    check_weaker();
    detail::check_scale("AutoGuided", scale);
    check_input("AutoGuided", network, input);
    const auto without = [&] {
      Input<V> untimed = input;
      untimed.timed.clear();  // they are the other network's
      return weaker(untimed);
    };
    return detail::guided(
        rule, scale, input, image(), [&] { return network(input); }, without);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("network", self.network), f("weaker", self.weaker), f("scale", self.scale), f("rule", self.rule);
  }

 private:
  void check_weaker() const {
    check(weaker.image() == network.image(), "AutoGuided", "the weaker network makes images of ", weaker.image(),
          ", the network of ", network.image());
    check(weaker.ports() == network.ports(), "AutoGuided", "the weaker network's ports are ", weaker.ports(),
          ", those of the network ", network.ports(), ". Both are networks of one process");
  }
};
template <class Net, class Weaker>
AutoGuided(Net, Weaker, double) -> AutoGuided<Net, Weaker>;
template <class Net, class Weaker, class Rule>
AutoGuided(Net, Weaker, double, Rule) -> AutoGuided<Net, Weaker, Rule>;

}  // namespace hush
