#pragma once
#include <cstdint>

#include <hush/conditioning.hpp>

namespace hush {

/// No condition: the process makes images of the kind it was trained on.
struct Unconditional {
  using Given = Nothing;
  template <class B>
  using BatchCondition = Nothing;

  constexpr Ports ports() const { return {}; }
  void fits(const Nothing&, std::int64_t, const ImageSize&) const {}
  Nothing prepare(const auto&, const Nothing&, const Rows&, const NoiseKey&) const { return {}; }
  void add_to(const Nothing&, auto&) const {}
  friend constexpr bool operator==(const Unconditional&, const Unconditional&) = default;
};

}  // namespace hush
