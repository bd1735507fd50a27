#pragma once
#include <cmath>

#include <hush/sampler.hpp>
#include <hush/schedules/linear_beta.hpp>

namespace fashion {

/// The tutorial's sampling rule to the letter: at time t it takes beta[t], one entry further than the last factor of
/// alpha_bar[t] in its shifted table, and it adds noise at every step, the last one too. Its x0 is never clipped.
struct LiteralDdpm {
  hush::LinearBeta betas{.first = 1e-4, .last = 0.02, .steps = 501, .points = 501};

  template <class X>
  X step(auto&& denoise, const X& x, hush::Level from, hush::Level, auto&& noise) const {
    const double beta = betas.beta(int(from.time));
    const X mean = (1 / std::sqrt(1 - beta)) * (x - (beta / from.noise) * denoise(x, from).eps);
    return mean + std::sqrt(beta) * noise();
  }
};
static_assert(hush::Sampler<LiteralDdpm>);

}  // namespace fashion
