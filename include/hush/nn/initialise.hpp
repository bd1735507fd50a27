#pragma once
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <hush/nn/walk.hpp>
#include <hush/random/normal.hpp>
#include <hush/random/philox.hpp>

namespace hush {

/// The number that a network's first weights, or a run's noise, belong to.
struct Seed {
  std::uint64_t value = 0;

  constexpr Seed() = default;
  template <class T>
  requires std::integral<T> && std::semiregular<T>
  constexpr explicit Seed(T number) : value(std::uint64_t(number)) {}
  /// Only there to say so.
  template <std::integral T>
  constexpr Seed(T) {
    static_assert(!std::integral<T>, "a number alone is no seed. Write: Seed{7}");
  }
};

/// Lets every parameter of a layer start at zero, as the last one of a residual branch does: the branch adds nothing at
/// first.
template <class Layer>
void start_at_zero(Layer& layer) {
  walk(layer, [](const std::string&, auto& parameter) { parameter.init = Init::zeros(); });
}

/// Lets every matrix of a layer start as Init::xavier says, convolutions as matrices [out, taps * in], and every bias
/// at zero. The layer has no other parameters.
template <class Layer>
void start_xavier(Layer& layer) {
  walk(layer, [](const std::string&, auto& parameter) {
    const Shape& s = parameter.value.shape();
    parameter.init = s.rank() == 1 ? Init::zeros() : Init::xavier(s.size() / s[0], s[0]);
  });
}

namespace detail {

/// Number i of the parameter of `count` numbers, of variance 1 but for what is cut off.
inline double drawn_normal(const Init& init, const Stream& stream, std::size_t i, std::size_t count) {
  double v = double(normal_at(stream, i));
  while (init.kind == Init::Kind::truncated_normal && std::abs(v) > 2) v = double(normal_at(stream, i += count));
  return v;
}

}  // namespace detail

/// Gives every parameter its first value by its Init. A random one belongs to (seed, name of the parameter) alone, so
/// that two networks that share a layer by name and shape start it alike.
template <class Net>
void initialise(Net& net, Seed seed) {
  walk(net, [&](const std::string& name, auto& parameter) {
    const auto size = parameter.value.size();
    const auto& on = parameter.value.on();
    const Init init = parameter.init;
    if (init.kind == Init::Kind::zeros || init.kind == Init::Kind::ones) {
      fill(on, size, init.kind == Init::Kind::ones ? 1 : 0, parameter.value.data());
      return;
    }
    std::vector<float> values(std::size_t(size), 0.f);
    const Stream stream{.seed = seed.value, .purpose = purpose("parameter " + name)};
    Uniform uniform{stream};
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = float(init.mean + init.scale * (init.kind == Init::Kind::uniform
                                                      ? 2 * uniform() - 1
                                                      : detail::drawn_normal(init, stream, i, values.size())));
    copy_in(on, size, values.data(), parameter.value.data());
  });
}

}  // namespace hush
