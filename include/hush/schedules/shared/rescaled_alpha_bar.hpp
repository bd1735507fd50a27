#pragma once
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/schedule.hpp>

namespace hush {

namespace detail {

/// alpha_bar of a ZeroTerminalSnr at whole times. Each call continues the pass of the one before over the levels of the
/// inner schedule, unless its time is earlier than the two last ones.
template <class S>
class RescaledAlphaBar {
 public:
  explicit RescaledAlphaBar(const S& inner) : inner_(inner), levels_(rising_levels(inner)) {}

  double operator()(double time) {
    for (const auto& [whole, value] : seen_)
      if (whole == time) return value;
    seen_ = {seen_[1], {time, fresh(time)}};
    return seen_[1].second;
  }

 private:
  struct Ends {
    double first, last;  // signals
  };

  double fresh(double time) {
    if (time == inner_.clean()) return 1;
    if (!ends_) ends_ = ends();
    const auto [first, last] = *ends_;
    const double root = (levels_(time).signal - last) * (first / (first - last));
    return root * root;
  }
  Ends ends() const {
    const Level noisiest = inner_(inner_.clean() + inner_.steps());
    check(inner_.steps() >= 2 && is_preserving(noisiest), "ZeroTerminalSnr",
          "wants a variance-preserving schedule of at least 2 steps");
    return {inner_(inner_.clean() + 1).signal, noisiest.signal};
  }

  static constexpr double never = std::numeric_limits<double>::quiet_NaN();
  const S& inner_;
  decltype(rising_levels(std::declval<const S&>())) levels_;
  std::optional<Ends> ends_;
  std::array<std::pair<double, double>, 2> seen_{{{never, 0}, {never, 0}}};
};

}  // namespace detail

}  // namespace hush
