#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <vector>

#include <hush/check.hpp>
#include <hush/tensor/tensor.hpp>

namespace hush::detail {

template <class C>
constexpr bool is_tensor = false;
template <class B, class T>
constexpr bool is_tensor<Tensor<B, T>> = true;

/// Takes any part of a condition.
struct IgnorePart {
  void operator()(const char*, auto&) const {}
};

/// A batch's condition whose tensors can be listed: a tensor, nothing at all, or a struct that lists its parts
/// by `static void visit(auto& self, auto&& f)`.
template <class C>
concept ListsTensors = is_tensor<C> || std::is_empty_v<C> || requires(C& condition) {
  C::visit(condition, IgnorePart{});
};

template <class C, class F>
void each_tensor(C& condition, const F& f) {
  using Condition = std::remove_const_t<C>;
  static_assert(ListsTensors<Condition>,
                "sample: a part of a batch's condition does not list its tensors. Write: static void visit(auto& self, "
                "auto&& f) { f(\"name\", self.name); }");
  if constexpr (is_tensor<Condition>)
    f(condition);
  else if constexpr (!std::is_empty_v<C>)
    Condition::visit(condition, [&](const char*, auto& part) { each_tensor(part, f); });
}

/// A copy with memory of its own, which a recording can read: `refill` puts another batch's numbers there.
template <class C>
C own_copy(C condition) {
  each_tensor(condition, [](auto& tensor) {
    auto own = empty_like(tensor);
    copy(tensor.on(), tensor.size(), std::as_const(tensor).data(), own.data());
    tensor = own;
  });
  return condition;
}
/// Copies the tensors of `from` into the memory of those of `to`. Throws std::invalid_argument unless they are as
/// large.
template <class C>
void refill(C& to, const C& from) {
  std::vector<const void*> data;
  std::vector<std::int64_t> sizes;
  each_tensor(from, [&](const auto& tensor) {
    data.push_back(tensor.data());
    sizes.push_back(tensor.size());
  });
  std::size_t i = 0;
  each_tensor(to, [&](auto& tensor) {
    using T = typename std::remove_cvref_t<decltype(tensor)>::scalar;
    check(i < sizes.size() && sizes[i] == tensor.size(), "sample",
          "the conditions of a batch differ in size from those "
          "that the run was recorded with");
    copy(tensor.on(), tensor.size(), static_cast<const T*>(data[i++]), tensor.data());
  });
}

}  // namespace hush::detail
