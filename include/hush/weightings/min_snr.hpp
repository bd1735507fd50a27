#pragma once
#include <cmath>

#include <hush/weighting.hpp>

namespace hush {

/// The error of x0 times min(snr, gamma): levels of little noise do not outweigh the others. For noise prediction that
/// is min(snr, gamma) / snr, for velocity min(snr, gamma) / (snr + 1). Source: Hang et al. 2023, section 3.4.
struct MinSnr {
  double gamma = 5;

  double operator()(Level at, const Scalings& s) const {
    check(gamma > 0, "MinSnr", "gamma must be more than 0, got ", gamma);
    return std::fmin(eps_error(at, s), gamma * x0_error(s));
  }
  static constexpr void fields(auto& self, auto&& f) { f("gamma", self.gamma); }
  friend constexpr bool operator==(const MinSnr&, const MinSnr&) = default;
};
static_assert(Weighting<MinSnr>);

}  // namespace hush
