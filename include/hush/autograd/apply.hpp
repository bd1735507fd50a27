#pragma once
#include <array>
#include <functional>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <hush/autograd/op_watch.hpp>
#include <hush/autograd/value.hpp>

namespace hush {

/// Which inputs of an op want a gradient, and the gradients: an entry may stay empty where none is wanted. Where some
/// of them are masters (the norms' parameters) a std::tuple takes the place of Grads.
template <std::size_t N>
using Needs = std::array<bool, N>;
template <Backend B, std::size_t N>
using Grads = std::array<Tensor<B>, N>;
/// The gradients of an activation and of two parameters whose gradients are masters.
template <Backend B>
using NormGrads = std::tuple<Tensor<B>, Tensor<B, typename B::master>, Tensor<B, typename B::master>>;

/// What an op's `record` returns: its result, and what its `backward` will be given besides dy.
template <Backend B, class... Saved>
struct Recorded {
  Tensor<B> y;
  std::tuple<Saved...> saved;
};
template <Backend B, class... Saved>
Recorded(Tensor<B>, std::tuple<Saved...>) -> Recorded<B, Saved...>;

/// A parameter as an op's argument in the scalars of the layers (weights of matrix products), not in its own.
template <Backend B>
struct InScalars {
  const Parameter<B>& parameter;
};
template <Backend B>
InScalars<B> in_scalars(const Parameter<B>& p) {
  return {p};
}

/// The tensor that an argument of an op is.
template <Backend B>
const Tensor<B>& tensor_of(const Tensor<B>& x) {
  return x;
}
template <Backend B>
const Tensor<B>& tensor_of(const Var<B>& x) {
  return x.value();
}
template <Backend B>
const Tensor<B, typename B::master>& tensor_of(const Parameter<B>& p) {
  return p.value;
}
template <Backend B>
Tensor<B> tensor_of(const InScalars<B>& p) {
  return compute_copy(p.parameter);
}

/// Where the gradient of an argument goes: to a node of the tape, or into a parameter; nowhere by default.
template <Backend B>
struct Arrival {
  int node = -1;
  const Parameter<B>* parameter = nullptr;
  bool wanted() const { return node >= 0 || parameter; }
};
template <Backend B>
Arrival<B> arrival_of(const Tensor<B>&) {
  return {};
}
template <Backend B>
Arrival<B> arrival_of(const Var<B>& x) {
  return {x.node(), nullptr};
}
template <Backend B>
Arrival<B> arrival_of(const Parameter<B>& p) {
  return {-1, p.value.empty() ? nullptr : &p};
}
template <Backend B>
Arrival<B> arrival_of(const InScalars<B>& p) {
  return arrival_of(p.parameter);
}

/// Adds a gradient where it belongs. Parameters sum in masters, whatever an op made.
template <Backend B, class T>
void deliver(Tape<B>& tape, const Arrival<B>& at, Tensor<B, T> grad) {
  if (at.parameter) {
    tape.add(*at.parameter, std::move(grad));
  } else if constexpr (std::is_same_v<T, typename B::scalar>) {
    tape.add(at.node, std::move(grad));
  }
}

namespace detail {

/// The values of the first parameter that gradients are to arrive at; nullptr where there is none.
template <Backend B, std::size_t N>
const void* first_parameter(const std::array<Arrival<B>, N>& arrivals) {
  for (const Arrival<B>& at : arrivals)
    if (at.parameter) return std::as_const(at.parameter->value).data();
  return nullptr;
}
template <class... Inputs>
const void* first_parameter_of(const Inputs&... inputs) {
  const void* first = nullptr;
  const auto one = [&](const auto& input) {
    if constexpr (requires { arrival_of(input); })
      if (const auto at = arrival_of(input); !first && at.parameter) first = std::as_const(at.parameter->value).data();
  };
  (one(inputs), ...);
  return first;
}

}  // namespace detail

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

namespace detail {

/// What an op saved, as the tape keeps it: a tensor that is an input to be recomputed gives way to what computes it.
template <Backend B, class... Saved>
class Kept {
 public:
  template <class... Inputs>
  explicit Kept(std::tuple<Saved...> saved, const Inputs&... inputs) : saved_(std::move(saved)) {
    (let_go(inputs), ...);
  }
  /// What was saved.
  std::tuple<Saved...> all() const {
    std::tuple<Saved...> made = saved_;
    each([&](auto place) {
      if (again_[place]) std::get<place>(made) = (*again_[place])();
    });
    return made;
  }

 private:
  static constexpr std::size_t count = sizeof...(Saved);
  template <std::size_t I>
  static constexpr bool is_tensor = std::is_same_v<std::tuple_element_t<I, std::tuple<Saved...>>, Tensor<B>>;
  /// f(place) for all tensors.
  template <class F>
  static void each(const F& f) {
    const auto one = [&]<std::size_t I>(std::integral_constant<std::size_t, I> place) {
      if constexpr (is_tensor<I>) f(place);
    };
    [&]<std::size_t... I>(std::index_sequence<I...>) { (one(std::integral_constant<std::size_t, I>()), ...); }
    (std::make_index_sequence<count>());
  }
  void let_go(const auto&) {}
  void let_go(const Var<B>& input) {
    if (!input.recomputed()) return;
    each([&](auto place) {
      Tensor<B>& tensor = std::get<place>(saved_);
      if (std::as_const(tensor).data() != input.value().data() || tensor.shape() != input.shape()) return;
      tensor = {};
      again_[place] = input.again();
    });
  }

  std::tuple<Saved...> saved_;
  std::array<typename Var<B>::Again, count> again_;
};

/// Whether an op computes its result again from what it saved.
template <class Op, class Saved>
inline constexpr bool makes_again = false;
template <class Op, class... Saved>
inline constexpr bool makes_again<Op, std::tuple<Saved...>> = requires(const Op& op, const Saved&... saved) {
  op.again(saved...);
};

}  // namespace detail

/// Runs an op. Its inputs are Tensors, Vars, Parameters (as they are or in_scalars); if one is a Var the op is recorded
/// on its tape and the result is a Var, else it only runs. An op has
///   forward(x...) -> Tensor,  record(x...) -> Recorded{y, std::tuple{saved...}},
///   backward(const Needs<n>&, dy, saved...) -> Grads<B, n> or a std::tuple, one tensor for each input;
/// and, if its result is cheap to compute from what it saves,  again(saved...) -> Tensor (see `recomputed`).
template <class Op, class... Inputs>
auto apply(const Op& op, const Inputs&... inputs) {
  if (detail::OpWatch::any()) detail::OpWatch::tell(detail::op_name<Op>(), detail::first_parameter_of(inputs...));
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
  std::array<Arrival<B>, n> arrivals{arrival_of(inputs)...};
  Needs<n> needs;
  bool any = false;
  for (std::size_t i = 0; i < n; ++i) {
    if (arrivals[i].parameter && tape.keeps_constant(*arrivals[i].parameter)) arrivals[i] = {};
    any |= needs[i] = arrivals[i].wanted();
  }
  if (!any) return tape.constant(std::move(recorded.y));
  const auto kept = [&]<class... Saved>(std::tuple<Saved...> saved) {
    return std::make_shared<const detail::Kept<B, Saved...>>(std::move(saved), inputs...);
  }(std::move(recorded.saved));
  const int node = tape.push([op, arrivals, needs, kept](Tape<B>& on, const Tensor<B>& dy) {
    if (detail::OpWatch::any()) detail::OpWatch::tell(detail::op_name<Op>(), detail::first_parameter(arrivals));
    auto grads = std::apply([&](auto&&... s) { return op.backward(needs, dy, std::move(s)...); }, kept->all());
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      (deliver<B>(on, needs[I] ? arrivals[I] : Arrival<B>{}, std::move(std::get<I>(grads))), ...);
    }
    (std::make_index_sequence<n>{});
  });
  typename Var<B>::Again again;
  if constexpr (HasRecomputing<B> && detail::makes_again<Op, decltype(recorded.saved)>)
    again = std::make_shared<const std::function<Tensor<B>()>>(
        [op, kept] { return std::apply([&](const auto&... s) { return op.again(s...); }, kept->all()); });
  return Var<B>(tape, std::move(recorded.y), node, std::move(again));
}

}  // namespace hush
