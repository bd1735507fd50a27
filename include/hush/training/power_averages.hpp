#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/nn/flat_parameters.hpp>
#include <hush/training/power_ema.hpp>

namespace hush {

/// Power-function averages of a network's weights, buffers included, one for each standard deviation, which follow a
/// training beside its own average: `follow` after each step. Throws std::invalid_argument without deviations, and for
/// one that is not above 0 and at most 1 / sqrt(12).
template <Backend B>
class PowerAverages {
 public:
  PowerAverages(const FlatParameters<B>& weights, std::vector<double> stds_) : stds(std::move(stds_)) {
    check(!stds.empty(), "PowerAverages", "wants at least one std");
    for (const double std : stds) {
      exponents_.push_back(power_ema_exponent(std));
      values.push_back(weights.zeros());
    }
  }

  /// average = decay * average + (1 - decay) * weights, `step` steps being done; the first makes copies.
  void follow(const FlatParameters<B>& weights, std::int64_t step) {
    check(step >= 1, "PowerAverages", "the first step is 1, got ", step);
    for (std::size_t i = 0; i < stds.size(); ++i) {
      const double keep = power_ema_decay(exponents_[i], step), add = 1 - keep;
      blend_images(values[i].on().in_full(), std::span<const double>(&keep, 1), std::span<const double>(&add, 1),
                   weights.extent(), std::as_const(values[i]).data(), weights.values().data(), values[i].data());
    }
  }

  std::vector<double> stds;
  std::vector<Tensor<B, typename B::master>> values;  // laid out as the weights are

 private:
  std::vector<double> exponents_;
};

}  // namespace hush
