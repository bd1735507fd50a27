#pragma once
#include <concepts>
#include <cstddef>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>

#include <hush/fields.hpp>

namespace hush {

/// Any function of a signature behind one type, as std::function, which keeps the description of what it was made of:
/// a policy's type and fields, "unnamed" for a lambda, `none` where it is empty.
template <class Signature>
class Described;

template <class R, class... Arguments>
class Described<R(Arguments...)> {
 public:
  Described(std::nullptr_t = nullptr) {}
  template <class F>
  requires(!std::same_as<F, Described> && std::is_invocable_r_v<R, F&, Arguments...>) Described(F function)
      : description_(describe(function)), call_(std::move(function)) {
    if (!call_) description_ = {};
  }

  R operator()(Arguments... arguments) const { return call_(std::forward<Arguments>(arguments)...); }
  explicit operator bool() const { return bool(call_); }
  /// What it was made of.
  const Description& description() const { return description_; }

 private:
  Description description_;
  std::function<R(Arguments...)> call_;
};

/// A network's description: its type without the backend, and its `config()` if it has one.
template <class Net>
Description describe_network(const Net& net) {
  Description made{Description::Kind::object, std::string(detail::type_name<Net>())};
  if constexpr (requires { net.config(); }) made.fields.push_back({"config", describe(net.config())});
  return made;
}

}  // namespace hush
