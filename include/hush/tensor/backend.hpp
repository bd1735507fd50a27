#pragma once
#include <concepts>
#include <cstdint>
#include <memory>

namespace hush {

/// A machine and a precision: a small copyable handle that every tensor carries and every kernel takes first. `scalar`
/// is the type of activations, `master` that of parameters and statistics; `allocate` gives uninitialised memory. The
/// kernels are free functions found by the handle's namespace; what `ops/` calls is the list of them.
template <class B>
concept Backend = std::copyable<B> && std::default_initializable<B> && requires(const B& on, std::int64_t count) {
  typename B::scalar;
  typename B::master;
  { on.template allocate<typename B::scalar>(count) } -> std::same_as<std::shared_ptr<typename B::scalar[]>>;
  { on.template allocate<typename B::master>(count) } -> std::same_as<std::shared_ptr<typename B::master[]>>;
};

}  // namespace hush
