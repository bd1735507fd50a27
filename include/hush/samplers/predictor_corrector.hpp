#pragma once
#include <cmath>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/per_image.hpp>

namespace hush {

/// Predictor-corrector sampling with the score (Song et al. 2021, "Score-based generative modeling through stochastic
/// differential equations", algorithms 2 to 5), VE and VP. A step corrects at its level and then predicts the next, as
/// the authors' programs do, so the clean level has no correction; the last step adds no noise. The size of a
/// correction follows the norms of noise and score per image, so that an image does not depend on its batch (the
/// authors average norms over the batch); it is 0 where the score is 0. Corrections alone leave 1 + snr^2 times the
/// variance of a level's noise, and do not converge for snr > 1. Throws std::invalid_argument for an snr that is not in
/// (0, 1] and for a negative number of corrections.
struct PredictorCorrector {
  static constexpr bool linear = false;  // the size of a correction depends on the norms of its noise and score

  double snr = .16;     // r
  int corrections = 1;  // Langevin updates a step; network calls are one more

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    check(snr > 0 && std::isfinite(snr), "PredictorCorrector", "snr must be positive and finite, got ", snr);
    check(snr <= 1, "PredictorCorrector", "snr must be at most 1 (.01 to .3 in use), got ", snr,
          ": longer corrections add more noise than they take");
    check(corrections >= 0, "PredictorCorrector", "corrections must be 0 or more, got ", corrections);
    X y = x;
    for (int i = 0; i < corrections; ++i) y = corrected<X>(denoise, y, from, to, noise);
    return predicted<X>(denoise, y, from, to, noise);
  }

  static constexpr void fields(auto& self, auto&& f) { f("snr", self.snr), f("corrections", self.corrections); }
  friend constexpr bool operator==(const PredictorCorrector&, const PredictorCorrector&) = default;

 private:
  /// Reverse diffusion (algorithms 2 and 3, eq. 46): the interval adds noise by x_from = a x_to + sqrt(beta) z, where
  /// a = 1 for VE and sqrt(1 - beta) for VP. The score is -eps / noise.
  template <class X>
  static X predicted(auto&& denoise, const X& x, Level from, Level to, auto&& noise) {
    const double a = from.signal / to.signal, beta = from.noise * from.noise - a * a * to.noise * to.noise;
    const X mean = (2 - a) * x - beta / from.noise * denoise(x, from).eps;
    if (to.noise == 0) return mean;
    return mean + std::sqrt(beta) * noise();
  }

  /// A correction (algorithms 4 and 5): x + e s + sqrt(2 e) z with e = 2 alpha (r |z| / |s|)^2, where alpha = a^2. With
  /// q = |z| / |eps| and w = a r noise, e s = -2 w^2 / noise q^2 eps and sqrt(2 e) z = 2 w q z.
  template <class X>
  X corrected(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const auto q = [](double z, double eps) { return eps > 0 ? z / eps : 0; };
    const double w = from.signal / to.signal * snr * from.noise;
    const X eps = denoise(x, from).eps, z = noise();
    const X along = (2 * w * w / from.noise) * by_norms(q, z, eps, eps);
    return x + by_norms(q, z, eps, 2 * w * z - along);
  }
};
static_assert(Sampler<PredictorCorrector>);

}  // namespace hush
