#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include <hush/check.hpp>

namespace hush {

/// An exponential moving average of the weights: average = d * average + (1 - d) * weights after each step, where d
/// grows with the step, so that early weights are soon forgotten. `ratio` is (1 + s) / (10 + s); `power` is 1 - (1 + s
/// / inverse_gamma)^-power; both are capped at `decay`. s counts steps after the first, or after `after`. Sources:
/// diffusers' EMAModel; `ratio` is TensorFlow's ExponentialMovingAverage(num_updates), `power` its `use_ema_warmup`,
/// after k-diffusion.
struct Ema {
  enum class WarmUp { ratio, power };
  friend constexpr std::array<const char*, 2> names_of(WarmUp) { return {"ratio", "power"}; }
  double decay = 0.9999;
  WarmUp warm_up = WarmUp::ratio;
  double inverse_gamma = 1, power = 2.0 / 3;
  std::int64_t after = 0;

  /// d at update number `step`, 1 for the first: 0 there, so that the average starts as a copy.
  double at(std::int64_t step) const {
    const double s = double(std::max<std::int64_t>(0, step - after - 1));
    if (s <= 0) return 0;
    return std::min(decay, warm_up == WarmUp::ratio ? (1 + s) / (10 + s) : 1 - std::pow(1 + s / inverse_gamma, -power));
  }
  void validate() const {
    check(decay >= 0 && decay < 1, "Ema", "decay must lie in [0, 1), is ", decay);
    check(inverse_gamma > 0 && power > 0, "Ema", "inverse_gamma and power must be positive");
    check(after >= 0, "Ema", "after must not be negative, is ", after);
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("decay", self.decay), f("warm_up", self.warm_up), f("inverse_gamma", self.inverse_gamma), f("power", self.power),
        f("after", self.after);
  }
  friend constexpr bool operator==(const Ema&, const Ema&) = default;
};

}  // namespace hush
