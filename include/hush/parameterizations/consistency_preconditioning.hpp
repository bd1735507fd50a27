#pragma once
#include <cmath>
#include <type_traits>

#include <hush/parameterization.hpp>

namespace hush {

/// c_noise of consistency models: 250 ln(sigma), a thousand times that of EDM (Song et al. 2023; diffusers has the
/// same).
struct ScaledLogSigma {
  double operator()(Level at) const { return 250 * LogSigma{}(at); }
};

/// Consistency models (Song et al. 2023, eq. 5 and appendix C): f(y, sigma) = c_skip y + c_out F(c_in y, c_noise) for
/// y = x/signal and sigma = noise/signal, where f is y itself at sigma = `smallest` (the boundary condition), and the
/// EDM row up to that. At this level out is 0, so F has no target there. At signal 0 the scalings take their limits,
/// but the default `CNoise` (which computes c_noise) is infinite there. Throws std::invalid_argument for a sigma_data
/// that is not positive and a smallest that is negative.
template <class CNoise = ScaledLogSigma>
struct ConsistencyPreconditioning {
  double sigma_data = .5, smallest = .002;

  Scalings operator()(Level at) const {
    check_fields();
    if (at.signal == 0) return {.skip = 0, .out = sigma_data, .in = 1 / at.noise, .c_noise = CNoise{}(at)};
    const double sigma = Sigma{}(at), above = sigma - smallest, size = std::hypot(sigma, sigma_data);
    const double c_skip = sigma_data * sigma_data / (above * above + sigma_data * sigma_data);
    const double c_out = sigma_data * above / size, c_in = 1 / size;
    return {.skip = c_skip / at.signal, .out = c_out, .in = c_in / at.signal, .c_noise = CNoise{}(at)};
  }
  /// (x0 - c_skip y) / c_out
  Target target(Level at) const {
    check_fields();
    if (at.signal == 0) return {.x0 = 1 / sigma_data, .eps = 0};
    const double sigma = Sigma{}(at), above = sigma - smallest, size = std::hypot(sigma, sigma_data);
    const double square = above * above + sigma_data * sigma_data;
    return {.x0 = above * size / (sigma_data * square), .eps = -sigma_data * sigma * size / (above * square)};
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("c_noise", std::type_identity<CNoise>{}), f("sigma_data", self.sigma_data), f("smallest", self.smallest);
  }
  friend constexpr bool operator==(const ConsistencyPreconditioning&, const ConsistencyPreconditioning&) = default;

 private:
  void check_fields() const {
    check(sigma_data > 0 && std::isfinite(sigma_data), "ConsistencyPreconditioning",
          "sigma_data must be positive and finite, got ", sigma_data);
    check(smallest >= 0 && std::isfinite(smallest), "ConsistencyPreconditioning",
          "smallest must be 0 or more and finite, got ", smallest);
  }
};
static_assert(Parameterization<ConsistencyPreconditioning<>>);

}  // namespace hush
