#pragma once
#include <array>
#include <cmath>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/shared/exponential_integrator.hpp>

namespace hush {

/// phi of Cui et al. 2023, which says how much fresh noise comes in: `ode` l (none), `sde` l^2 (the reverse SDE), and
/// `er5` l (exp(l^.3) + 10), the fifth of the paper's table and its choice.
enum class ErSdePhi { ode, sde, er5 };
constexpr std::array<const char*, 3> names_of(ErSdePhi) { return {"ode", "sde", "er5"}; }

/// ER-SDE-Solver-1, -2 and -3 (Cui et al. 2023, "Elucidating the solution space of extended reverse-time SDE for
/// diffusion models") on data: in y = x / signal over l = noise / signal the mean is dy / dl = phi'/phi (y - D), with D
/// its Taylor polynomial, whose derivatives are one-sided differences of the last estimates: the mean is of order 1 for
/// `order` 1, 2 for the others. Noise keeps the marginals. A run begins with lower orders; a step to noise 0 gives x0.
/// Throws std::invalid_argument for an order that is not 1, 2 or 3.
struct ErSde {
  int order = 3;
  ErSdePhi phi = ErSdePhi::er5;

  template <class X>
  struct Memory {
    std::vector<detail::Estimate<X>> past;  // at most three, this step's the last
  };
  /// phi(l) / l.
  double factor(double l) const {
    return phi == ErSdePhi::ode ? 1 : phi == ErSdePhi::sde ? l : std::exp(std::pow(l, .3)) + 10;
  }
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise, Memory<X>& memory) const {
    check(order >= 1 && order <= 3, "ErSde", "has the orders 1, 2 and 3, not ", order);
    const X x0 = denoise(x, from).x0;
    if (to.noise == 0) return to.signal * x0;
    detail::remember<X>(memory.past, {from, x0}, order);
    const double left = factor(sigma_of(to)) / factor(sigma_of(from));  // of phi / l
    const double kept = to.noise / from.noise * left;
    const X curved =
        kept * x + (to.signal - kept * from.signal) * x0 + to.signal * correction(memory.past, sigma_of(to), 0. * x0);
    const double added = to.noise * std::sqrt(std::fmax((1 - left) * (1 + left), 0));
    return added == 0 ? curved : curved + added * noise();
  }
  static constexpr void fields(auto& self, auto&& f) { f("order", self.order), f("phi", self.phi); }
  friend constexpr bool operator==(const ErSde&, const ErSde&) = default;

 private:
  /// The terms of D' and D'': (dl + phi(l') I) D' + (dl^2 / 2 + phi(l') J) D''.
  template <class X>
  X correction(const std::vector<detail::Estimate<X>>& past, double to, const X& zero) const {
    if (past.size() < 2) return zero;
    const auto slope = [](const auto& a, const auto& b) -> X {
      return 1 / (sigma_of(a.at) - sigma_of(b.at)) * (a.value - b.value);
    };
    const auto last = past.rbegin();
    const double from = sigma_of(last[0].at), ahead = to - from, end = to * factor(to);
    const auto [i, j] = integrals(from, to);
    const X first = slope(last[0], last[1]), sum = (ahead + end * i) * first;
    if (past.size() < 3) return sum;
    const X second = 2 / (from - sigma_of(last[2].at)) * (first - slope(last[1], last[2]));
    return sum + (ahead * ahead / 2 + end * j) * second;
  }
  /// I and J: the integrals of 1 / phi(u) and (u - from) / phi(u) from `to` to `from`, over ln u by Simpson's rule.
  std::array<double, 2> integrals(double from, double to) const {
    const double pieces = 200, width = std::log(from / to) / pieces;
    std::array<double, 2> sums{};
    for (int i = 0; i <= pieces; ++i) {
      const double u = to * std::exp(width * i), weight = i == 0 || i == pieces ? 1 : i % 2 == 1 ? 4 : 2;
      sums[0] += weight * width / 3 / factor(u);
      sums[1] += weight * width / 3 * (u - from) / factor(u);
    }
    return sums;
  }
};
static_assert(Sampler<ErSde>);

}  // namespace hush
