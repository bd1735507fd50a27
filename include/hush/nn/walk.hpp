#pragma once
#include <cstddef>
#include <string>
#include <type_traits>
#include <vector>

#include <hush/autograd/parameter.hpp>

namespace hush {

template <class T>
inline constexpr bool is_parameter = false;
template <Backend B>
inline constexpr bool is_parameter<Parameter<B>> = true;
template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

/// Calls f(name, parameter) for every parameter of a network or layer, buffers too, in the order of its members. A name
/// is the dotted path of members, lists by index: `down.0.conv1.weight`. A layer lists its members in
///   static void visit(auto& self, auto&& f) { f("conv1", self.conv1); f("norm1", self.norm1); }
/// where each is a Parameter, a layer, or a std::vector of layers. Empty parameters (no bias) are passed over.
template <class Layer, class F>
void walk(Layer& layer, F&& f, const std::string& path = "") {
  using Bare = std::remove_cv_t<Layer>;
  if constexpr (is_parameter<Bare>) {
    if (!layer.value.empty()) f(path, layer);
  } else if constexpr (is_list<Bare>) {
    for (std::size_t i = 0; i < layer.size(); ++i)
      walk(layer[i], f, path + (path.empty() ? "" : ".") + std::to_string(i));
  } else {
    Bare::visit(layer,
                [&](const char* name, auto& member) { walk(member, f, path + (path.empty() ? "" : ".") + name); });
  }
}

/// Takes all parameters of a network or layer as constants on a tape: what it makes has gradients with respect to its
/// inputs, its weights get none, and its buffers do not move. So a critic stays as it is while a generator learns.
template <class Layer>
void keep_constant(auto& tape, const Layer& layer) {
  walk(layer, [&](const std::string&, const auto& parameter) { tape.keep_constant(parameter); });
}

/// The number of trainable scalars: buffers do not count.
template <class Net>
std::int64_t count_parameters(const Net& net) {
  std::int64_t count = 0;
  walk(net, [&](const std::string&, const auto& parameter) {
    if (parameter.trained) count += parameter.value.size();
  });
  return count;
}

}  // namespace hush
