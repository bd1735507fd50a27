#pragma once
#include <cmath>

#include <hush/weighting.hpp>

namespace hush {

/// The error of the denoiser D times (sigma^2 + sigma_data^2) / (sigma sigma_data)^2, with sigma = noise/signal, which
/// is the error of x0 over sigma_data^2 plus the error of eps; weight 1 on the output F of EdmPreconditioning. Source:
/// Karras et al. 2022, table 1, lambda(sigma).
struct EdmWeighting {
  double sigma_data = .5;

  double operator()(Level at, const Scalings& s) const {
    check(sigma_data > 0 && std::isfinite(sigma_data), "EdmWeighting", "sigma_data must be positive and finite, got ",
          sigma_data);
    return x0_error(s) / (sigma_data * sigma_data) + eps_error(at, s);
  }
  static constexpr void fields(auto& self, auto&& f) { f("sigma_data", self.sigma_data); }
  friend constexpr bool operator==(const EdmWeighting&, const EdmWeighting&) = default;
};
static_assert(Weighting<EdmWeighting>);

}  // namespace hush
