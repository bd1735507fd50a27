#pragma once
#include <cmath>

#include <hush/check.hpp>
#include <hush/sampler.hpp>

namespace hush {

/// Denoising diffusion implicit models (Song, Meng and Ermon 2021, eq. 12 and 16). eta = 0 is deterministic; eta = 1
/// has the fresh noise of DDPM. x0 and eps are used as the denoiser gave them: a clipped x0 does not change eps. Throws
/// std::invalid_argument for a negative or infinite eta, and for one whose fresh noise exceeds the noise of the level
/// stepped to.
struct Ddim {
  double eta = 0;

  /// sigma, the fresh noise: eq. 16, written so that it holds for any signal (VP: r^2 = alpha_bar_from / alpha_bar_to).
  double fresh(Level from, Level to) const {
    check(eta >= 0 && std::isfinite(eta), "Ddim", "eta must be 0 or more and finite, got ", eta);
    if (eta == 0 || to.noise == 0) return 0;
    const double r = from.signal / to.signal;
    const double added = std::fmax(from.noise * from.noise - r * r * to.noise * to.noise, 0);
    return eta * to.noise / from.noise * std::sqrt(added);
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const double sigma = fresh(from, to);
    check(sigma <= to.noise, "Ddim", "eta ", eta, " asks for more fresh noise than the level has");
    const auto [x0, eps] = denoise(x, from);
    const X mean = to.signal * x0 + std::sqrt((to.noise - sigma) * (to.noise + sigma)) * eps;
    if (sigma == 0) return mean;
    return mean + sigma * noise();
  }
  static constexpr void fields(auto& self, auto&& f) { f("eta", self.eta); }
  friend constexpr bool operator==(const Ddim&, const Ddim&) = default;
};
static_assert(Sampler<Ddim>);

}  // namespace hush
