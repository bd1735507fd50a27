#pragma once
#include <cstddef>
#include <vector>

#include <hush/check.hpp>
#include <hush/sampler.hpp>

namespace hush {

/// Pseudo numerical methods (Liu et al. 2022, algorithm 2): the first three steps are pseudo Runge-Kutta, four network
/// calls each, and the others pseudo linear multistep (PLMS), one call each. Without `warm_up`, PLMS alone, as latent
/// diffusion starts it: a first step of two calls, then the orders 2, 3 and 4. A step to noise 0 is always multistep,
/// of the order that the past allows. The middle of a Runge-Kutta step is halfway in time: the warm-up needs a
/// trajectory with `at_time`, else it throws std::invalid_argument.
struct Pndm {
  bool warm_up = true;

  template <class X>
  struct Memory {
    std::vector<X> past;  // eps of the last three steps, the latest first
  };

  /// The transfer part, eq. 9: from one level to another along one eps. It is a step of DDIM without fresh noise.
  template <class X>
  static X transfer(const X& x, const X& eps, Level from, Level to) {
    check(from.signal > 0, "Pndm", "cannot start at a level without signal");
    const double ratio = to.signal / from.signal;
    return ratio * x + (to.noise - ratio * from.noise) * eps;
  }

  /// Adams-Bashforth of order 1 to 4, eq. 12: eps now and `past` ones, the latest first.
  template <class X>
  static X multistep(const X& eps, const std::vector<X>& past) {
    constexpr double weights[4][4] = {
        {1}, {3. / 2, -1. / 2}, {23. / 12, -16. / 12, 5. / 12}, {55. / 24, -59. / 24, 37. / 24, -9. / 24}};
    const auto& weight = weights[past.size()];
    X sum = weight[0] * eps;
    for (std::size_t i = 0; i < past.size(); ++i) sum = sum + weight[i + 1] * past[i];
    return sum;
  }

  /// Runge-Kutta, eq. 13: the four eps of a step, of which the first is given.
  template <class X>
  static X runge_kutta(auto&& denoise, const X& x, const X& eps, Level from, Level middle, Level to) {
    const X second = denoise(transfer(x, eps, from, middle), middle).eps;
    const X third = denoise(transfer(x, second, from, middle), middle).eps;
    const X fourth = denoise(transfer(x, third, from, to), to).eps;
    return 1. / 6 * eps + 1. / 3 * second + 1. / 3 * third + 1. / 6 * fourth;
  }

  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory,
         const Trajectory& trajectory) const {
    std::vector<X>& past = memory.past;
    const X eps = denoise(x, from).eps;
    const auto slope = [&]() -> X {
      if (to.noise > 0 && warm_up && past.size() < 3) {
        check(bool(trajectory.at_time), "Pndm",
              "its warm-up wants levels between those of the run, and this trajectory knows no schedule");
        return runge_kutta(denoise, x, eps, from, trajectory.at_time((from.time + to.time) / 2), to);
      }
      if (to.noise > 0 && past.empty()) return .5 * eps + .5 * denoise(transfer(x, eps, from, to), to).eps;
      return multistep(eps, past);
    };
    const X next = transfer(x, slope(), from, to);
    past.insert(past.begin(), eps);
    if (past.size() > 3) past.pop_back();
    return next;
  }
  static constexpr void fields(auto& self, auto&& f) { f("warm_up", self.warm_up); }
  friend constexpr bool operator==(const Pndm&, const Pndm&) = default;
};
static_assert(Sampler<Pndm>);

}  // namespace hush
