#pragma once
#include <functional>
#include <string_view>
#include <utility>

namespace hush::detail {

/// What this thread's ops are told to, one after the other, while it lives: the name of an op that begins, forward or
/// backward, and the values of its first parameter (nullptr: it has none).
class OpWatch {
 public:
  using Begins = std::function<void(std::string_view op, const void* parameter)>;

  explicit OpWatch(Begins begins) : begins_(std::move(begins)), outer_(std::exchange(innermost, this)) {}
  OpWatch(const OpWatch&) = delete;
  OpWatch& operator=(const OpWatch&) = delete;
  ~OpWatch() { innermost = outer_; }

  static bool any() { return innermost != nullptr; }
  static void tell(std::string_view op, const void* parameter) { innermost->begins_(op, parameter); }

 private:
  inline static constinit thread_local OpWatch* innermost = nullptr;
  Begins begins_;
  OpWatch* outer_;
};

/// The name of an op's type without its namespaces, from the compiler's name of this very function.
template <class Op>
constexpr std::string_view op_name() {
  constexpr std::string_view text = __PRETTY_FUNCTION__, mark = "Op = ";
  constexpr auto from = text.find(mark) + mark.size();
  constexpr std::string_view whole = text.substr(from, text.find_first_of(";]", from) - from);
  return whole.substr(whole.rfind(':') + 1);
}

}  // namespace hush::detail
