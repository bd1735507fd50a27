#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include <hush/check.hpp>
#include <hush/level.hpp>
#include <hush/parameterizations/edm_preconditioning.hpp>
#include <hush/parameterizations/learned_variance.hpp>
#include <hush/parameterizations/predict_flow.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/process.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/betas.hpp>
#include <hush/schedules/interpolated_sigma.hpp>
#include <hush/schedules/linear_sigma.hpp>
#include <hush/schedules/rectified_flow.hpp>

namespace hush::diffusers {

namespace detail {

/// The levels at whole times of a schedule given by betas, made once.
struct LevelTable {
  std::vector<Level> levels;

  int steps() const { return int(levels.size()); }
  double clean() const { return -1; }
  Level operator()(double time) const {
    check(time < steps(), "diffusers::Schedule", "its betas were changed: construct another");
    return time < 0 ? Level{-1, 1, 0} : levels[std::size_t(time)];
  }
  static constexpr void fields(auto&, auto&&) {}
  friend constexpr bool operator==(const LevelTable& a, const LevelTable& b) {
    const auto same = [](const Level& x, const Level& y) {
      return x.time == y.time && x.signal == y.signal && x.noise == y.noise;
    };
    return std::ranges::equal(a.levels, b.levels, same);
  }
};

}  // namespace detail

/// The schedule of a scheduler of diffusers that is given by betas: times 0..T-1, between them noise / signal is
/// linear, or its logarithm (diffusers finds the times of Karras' sigmas so). `ends_noisy`: the last step ends at
/// the level of time 0 instead of the clean one (set_alpha_to_one = false, final_sigmas_type = "sigma_min").
/// `keeps_signal`: alpha_bar is 2^-24 at the noisiest level (some classes with rescale_betas_zero_snr), which may be
/// more than at the one before. Its levels are made once: to change a field, construct another.
struct Schedule {
  Betas betas;
  bool logarithmic = false, ends_noisy = false, keeps_signal = false;

  Schedule() = default;
  Schedule(Betas betas_, bool logarithmic_, bool ends_noisy_, bool keeps_signal_)
      : betas(std::move(betas_)),
        logarithmic(logarithmic_),
        ends_noisy(ends_noisy_),
        keeps_signal(keeps_signal_),
        between_{{}, logarithmic_} {
    auto rising = betas.rising();
    for (int i = 0; i < betas.steps(); ++i) between_.inner.levels.push_back(rising(i));
    if (keeps_signal && betas.steps() > 0)
      between_.inner.levels.back() = variance_preserving(betas.steps() - 1, 0x1p-24);
  }
  int steps() const { return betas.steps(); }
  double clean() const { return -1; }
  Level operator()(double time) const {
    if (!ends_noisy || time != clean()) return between_(time);
    const Level least = between_(0);
    return {time, least.signal, least.noise};
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("betas", self.betas), f("logarithmic", self.logarithmic), f("ends_noisy", self.ends_noisy);
    f("keeps_signal", self.keeps_signal);
  }
  friend bool operator==(const Schedule&, const Schedule&) = default;

 private:
  InterpolatedSigma<detail::LevelTable> between_{};
};
static_assert(DiscreteSchedule<Schedule>);

/// What a network of diffusers predicts, by its prediction_type, and how the scheduler rounds the time it is told.
struct Prediction {
  enum class Type { epsilon, v_prediction, sample };
  enum class Rounding { none, nearest, down };
  friend constexpr std::array<const char*, 3> names_of(Type) { return {"epsilon", "v_prediction", "sample"}; }
  friend constexpr std::array<const char*, 3> names_of(Rounding) { return {"none", "nearest", "down"}; }
  Type prediction_type = Type::epsilon;
  Rounding rounding = Rounding::none;

  /// f(the parameterization of this type)
  auto as_policy(auto&& f) const {
    if (prediction_type == Type::epsilon) return f(PredictNoise<>{});
    return prediction_type == Type::sample ? f(PredictX0<>{}) : f(PredictVelocity<>{});
  }
  Scalings operator()(Level at) const {
    Scalings scalings = as_policy([&](const auto& policy) { return policy(at); });
    if (rounding == Rounding::nearest) scalings.c_noise = std::nearbyint(scalings.c_noise);
    if (rounding == Rounding::down) scalings.c_noise = std::floor(scalings.c_noise);
    return scalings;
  }
  Target target(Level at) const {
    return as_policy([&](const auto& policy) { return policy.target(at); });
  }
  static constexpr void fields(auto& self, auto&& f) {
    f("prediction_type", self.prediction_type), f("rounding", self.rounding);
  }
  friend constexpr bool operator==(const Prediction&, const Prediction&) = default;
};
static_assert(Parameterization<Prediction>);

/// PredictFlow, whose network is told the time times `steps`, as diffusers tells it: 0..steps.
struct FlowPrediction {
  double steps = 1000;

  Scalings operator()(Level at) const {
    Scalings scalings = PredictFlow<>{}(at);
    scalings.c_noise *= steps;
    return scalings;
  }
  Target target(Level at) const { return PredictFlow<>{}.target(at); }
  static constexpr void fields(auto& self, auto&& f) { f("steps", self.steps); }
  friend constexpr bool operator==(const FlowPrediction&, const FlowPrediction&) = default;
};
static_assert(Parameterization<FlowPrediction>);

/// The processes that a scheduler_config.json can mean; VarianceProcess where its variances are learned.
using BetaProcess = Process<Schedule, Prediction>;
using VarianceProcess = Process<Schedule, LearnedVariance<Prediction>>;
using EdmProcess = Process<LinearSigma, EdmPreconditioning<>>;
using FlowProcess = Process<RectifiedFlow, FlowPrediction>;

}  // namespace hush::diffusers
