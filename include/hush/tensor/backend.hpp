#pragma once
#include <concepts>
#include <cstdint>
#include <memory>
#include <type_traits>

namespace hush {

/// A machine and a precision: a small copyable handle that every tensor carries and every kernel takes first. `scalar`
/// is the type of activations and of what layers compute with, `master` that of parameters, statistics and gradients.
/// `full` is the same machine with `master` for both, used for noise, intermediate images and losses; `in_full()` gives
/// it. `allocate` gives uninitialised memory. The kernels are free functions in the handle's namespace;
/// kernels/kernels.hpp lists them.
template <class B>
concept Backend = std::copyable<B> && std::default_initializable<B> && requires(const B& on, std::int64_t count) {
  typename B::scalar;
  typename B::master;
  typename B::full;
  { on.in_full() } -> std::same_as<typename B::full>;
  { on.template allocate<typename B::scalar>(count) } -> std::same_as<std::shared_ptr<typename B::scalar[]>>;
  { on.template allocate<typename B::master>(count) } -> std::same_as<std::shared_ptr<typename B::master[]>>;
};

namespace detail {

template <class B>
consteval bool is_no_number() {
  static_assert(!std::is_arithmetic_v<B>,
                "a network belongs to a machine, not to a type of number. Write AttentionUnet<Cpu<float>>, not "
                "AttentionUnet<float>");
  return true;
}

/// The backend of a network; a number type, as in AttentionUnet<float>, gets the error text above.
template <class B>
concept NetworkBackend = is_no_number<B>() && Backend<B>;

}  // namespace detail

}  // namespace hush
