#pragma once
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include <hush/autograd/value.hpp>

namespace hush {

/// f(x...), of whose making only the inputs are kept: the backward pass runs f again (Chen et al. 2016, "Training deep
/// nets with sublinear memory cost"). Memory for time; the result is the same, bit for bit, dropout included. f is
/// called with the same kind of values, gives one, and must outlive the tape with all that it refers to.
template <class F, Backend B, class... Rest>
Var<B> checkpoint(const F& f, const Var<B>& x, const Rest&... rest) {
  Tape<B>& tape = x.tape();
  const std::uint32_t draw = tape.draws();
  const auto inputs = std::tuple{x.value(), rest.value()...};
  Tape<B> scratch(tape.noise_key(), draw);
  scratch.keep_constant_as(tape);
  Tensor<B> y = std::apply([&](const auto&... v) { return f(scratch.constant(v)...); }, inputs).value();
  tape.skip_draws(scratch.draws() - draw);
  const std::array<int, 1 + sizeof...(Rest)> nodes{x.node(), rest.node()...};
  const int node = tape.push([f, inputs, nodes, draw](Tape<B>& on, const Tensor<B>& dy) {
    Tape<B> again(on.noise_key(), draw);
    again.keep_constant_as(on);
    const auto vars = std::apply([&](const auto&... v) { return std::array{again.variable(v)...}; }, inputs);
    again.backward(std::apply(f, vars), dy);
    for (std::size_t i = 0; i < nodes.size(); ++i) on.add(nodes[i], again.gradient(vars[i]));
  });
  return Var<B>(tape, std::move(y), node);
}

/// Without a tape nothing is kept anyway.
template <class F, Backend B, class... Rest>
Tensor<B> checkpoint(const F& f, const Tensor<B>& x, const Rest&... rest) {
  return f(x, rest...);
}

/// f(x...), by `checkpoint` where `again` says so.
template <class F, class... X>
auto checkpoint_if(bool again, const F& f, const X&... x) {
  return again ? checkpoint(f, x...) : f(x...);
}

}  // namespace hush
