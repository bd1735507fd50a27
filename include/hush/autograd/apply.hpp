#pragma once
#include <array>
#include <tuple>
#include <utility>

#include <hush/autograd/value.hpp>

namespace hush {

/// Which inputs of an op want a gradient, and the gradients: an entry may stay empty where none is wanted.
template <std::size_t N>
using Needs = std::array<bool, N>;
template <Backend B, std::size_t N>
using Grads = std::array<Tensor<B>, N>;

/// What an op's `record` returns: its result, and what its `backward` will be given besides dy.
template <Backend B, class... Saved>
struct Recorded {
  Tensor<B> y;
  std::tuple<Saved...> saved;
};
template <Backend B, class... Saved>
Recorded(Tensor<B>, std::tuple<Saved...>) -> Recorded<B, Saved...>;

/// How one argument of an op takes part: its tensor, and its node on the tape (-1: no gradient).
template <Backend B>
const Tensor<B>& tensor_of(const Tensor<B>& x) {
  return x;
}
template <Backend B>
const Tensor<B>& tensor_of(const Var<B>& x) {
  return x.value();
}
template <Backend B>
const Tensor<B>& tensor_of(const Parameter<B>& p) {
  return p.value;
}
template <Backend B>
int node_of(Tape<B>&, const Tensor<B>&) {
  return -1;
}
template <Backend B>
int node_of(Tape<B>&, const Var<B>& x) {
  return x.node();
}
template <Backend B>
int node_of(Tape<B>& tape, const Parameter<B>& p) {
  return p.value.empty() ? -1 : tape.leaf(p);
}

/// The tape of the first Var among the arguments; nullptr where there is none.
template <Backend B>
Tape<B>* tape_of(const Var<B>& x) {
  return &x.tape();
}
inline std::nullptr_t tape_of(const auto&) { return nullptr; }
inline std::nullptr_t first_tape() { return nullptr; }
auto first_tape(const auto& x, const auto&... rest) {
  if constexpr (std::is_null_pointer_v<decltype(tape_of(x))>)
    return first_tape(rest...);
  else
    return tape_of(x);
}

/// Runs an op. Its inputs are Tensors, Vars, Parameters; if one is a Var the op is recorded on its tape and the result
/// is a Var, else it only runs. An op has
///   forward(x...) -> Tensor,  record(x...) -> Recorded{y, std::tuple{saved...}},
///   backward(const Needs<n>&, dy, saved...) -> Grads<B, n>, one for each input.
template <class Op, class... Inputs>
auto apply(const Op& op, const Inputs&... inputs) {
  auto tape = first_tape(inputs...);
  if constexpr (std::is_null_pointer_v<decltype(tape)>) {
    return op.forward(tensor_of(inputs)...);
  } else {
    return record(*tape, op, inputs...);
  }
}

template <Backend B, class Op, class... Inputs>
Var<B> record(Tape<B>& tape, const Op& op, const Inputs&... inputs) {
  constexpr std::size_t n = sizeof...(Inputs);
  auto recorded = op.record(tensor_of(inputs)...);
  const std::array<int, n> nodes{node_of(tape, inputs)...};
  Needs<n> needs;
  bool any = false;
  for (std::size_t i = 0; i < n; ++i) any |= needs[i] = nodes[i] >= 0;
  if (!any) return tape.constant(std::move(recorded.y));
  const int node = tape.push([op, nodes, needs, saved = std::move(recorded.saved)](Tape<B>& on, const Tensor<B>& dy) {
    Grads<B, n> grads = std::apply([&](const auto&... s) { return op.backward(needs, dy, s...); }, saved);
    for (std::size_t i = 0; i < n; ++i)
      if (needs[i]) on.add(nodes[i], std::move(grads[i]));
  });
  return Var<B>(tape, std::move(recorded.y), node);
}

}  // namespace hush
