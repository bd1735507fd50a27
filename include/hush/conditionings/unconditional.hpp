#pragma once
#include <cstdint>

#include <hush/conditioning.hpp>

namespace hush {

/// No condition: the process makes images of the kind it was trained on.
struct Unconditional {
  template <class B>
  using Given = Nothing;
  constexpr Ports ports() const { return {}; }
  void attach(const Nothing&, auto&) const {}
  Nothing rows(const Nothing&, std::int64_t, std::int64_t) const { return {}; }
};

}  // namespace hush
