#pragma once
#include <cmath>
#include <cstddef>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/probability_flow.hpp>

namespace hush {

/// Linear multistep method (Adams-Bashforth on uneven steps) in y = x / signal over sigma = noise / signal: one network
/// call a step. The slopes (y - D) / sigma of the last `order` steps, 1 to 4, are the values of a polynomial, which is
/// integrated over the step; the first steps are of the order that their past allows, the last one has the full order.
/// Throws std::invalid_argument for another order. Source: k-diffusion, sample_lms.
struct Lms {
  int order = 4;

  /// The slopes of the last steps and their sigmas, the latest first.
  template <class X>
  struct Memory {
    std::vector<X> slopes;
    std::vector<double> sigmas;
  };

  /// The integral over sigma_i .. to of the Lagrange polynomial that is 1 at at[j] and 0 at the others, at[0] =
  /// sigma_i. It is a cubic at most, for which the two points of Gauss and Legendre are exact.
  static double coefficient(const std::vector<double>& at, std::size_t j, double to) {
    const double middle = (at[0] + to) / 2, half = (to - at[0]) / 2;
    double sum = 0;
    for (const double point : {-1 / std::sqrt(3.), 1 / std::sqrt(3.)}) {
      double lagrange = 1;
      for (std::size_t k = 0; k < at.size(); ++k)
        if (k != j) lagrange *= (middle + half * point - at[k]) / (at[j] - at[k]);
      sum += half * lagrange;
    }
    return sum;
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory) const {
    check(order >= 1 && order <= 4, "Lms", "order must be 1, 2, 3 or 4, got ", order);
    const X x0 = denoise(x, from).x0;
    if (from.signal == 0) return detail::euler_step(x, x0, from, to);  // sigma is infinite, and nothing to remember
    memory.slopes.insert(memory.slopes.begin(), detail::slope(x, x0, from));
    memory.sigmas.insert(memory.sigmas.begin(), sigma_of(from));
    if (memory.slopes.size() > std::size_t(order)) {
      memory.slopes.pop_back();
      memory.sigmas.pop_back();
    }
    X y = 1 / from.signal * x;
    for (std::size_t j = 0; j < memory.slopes.size(); ++j)
      y = y + coefficient(memory.sigmas, j, sigma_of(to)) * memory.slopes[j];
    return to.signal * y;
  }
  static constexpr void fields(auto& self, auto&& f) { f("order", self.order); }
  friend constexpr bool operator==(const Lms&, const Lms&) = default;
};
static_assert(Sampler<Lms>);

}  // namespace hush
