#pragma once
#include <cmath>
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// c_noise of the EDM row: ln(sigma) / 4.
struct QuarterLogSigma {
  double operator()(Level at) const { return LogSigma{}(at) / 4; }
};

/// The EDM row of table 1 of Karras et al. 2022: input and target of the network have variance 1 at every level, for
/// data of standard deviation `sigma_data`. The table is written for y = x/signal and sigma = noise/signal:
/// D = c_skip y + c_out F(c_in y, c_noise). At signal 0 the scalings take their limits, but the default `CNoise` (which
/// computes c_noise) is infinite there: choose another.
template <class CNoise = QuarterLogSigma>
struct EdmPreconditioning {
  double sigma_data = .5;

  Scalings operator()(Level at) const {
    if (at.signal == 0) return {.skip = 0, .out = checked(), .in = 1 / at.noise, .c_noise = CNoise{}(at)};
    const double sigma = Sigma{}(at), size = std::hypot(sigma, checked());
    const double c_skip = sigma_data * sigma_data / (size * size);
    const double c_out = sigma * sigma_data / size, c_in = 1 / size;
    return {.skip = c_skip / at.signal, .out = c_out, .in = c_in / at.signal, .c_noise = CNoise{}(at)};
  }
  /// (x0 - c_skip y) / c_out
  Target target(Level at) const {
    if (at.signal == 0) return {.x0 = 1 / checked(), .eps = 0};
    const double sigma = Sigma{}(at), size = std::hypot(sigma, checked());
    return {.x0 = sigma / (sigma_data * size), .eps = -sigma_data / size};
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("c_noise", std::type_identity<CNoise>{}), f("sigma_data", self.sigma_data);
  }
  friend constexpr bool operator==(const EdmPreconditioning&, const EdmPreconditioning&) = default;

 private:
  double checked() const {
    check(sigma_data > 0 && std::isfinite(sigma_data), "EdmPreconditioning",
          "sigma_data must be positive and finite, got ", sigma_data);
    return sigma_data;
  }
};
static_assert(Parameterization<EdmPreconditioning<>>);

}  // namespace hush
