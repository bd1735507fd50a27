#pragma once
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
      values[i] =
          float(init.scale * (init.kind == Init::Kind::normal ? double(normal_at(stream, i)) : 2 * uniform() - 1) +
                init.mean);
    copy_in(on, size, values.data(), parameter.value.data());
  });
}

}  // namespace hush
