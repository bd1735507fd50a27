// What all schedules have in common, one row each.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include <hush/grid.hpp>
#include <hush/schedule.hpp>
#include <hush/schedules/betas.hpp>
#include <hush/schedules/constant_beta.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/exponential.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/interpolated_sigma.hpp>
#include <hush/schedules/jsd.hpp>
#include <hush/schedules/karras.hpp>
#include <hush/schedules/laplace.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/linear_sigma.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/schedules/scaled_linear.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/shared/inverse.hpp>
#include <hush/schedules/shared/rescaled_alpha_bar.hpp>
#include <hush/schedules/sigmas.hpp>
#include <hush/schedules/sigmoid.hpp>
#include <hush/schedules/sigmoid_beta.hpp>
#include <hush/schedules/ve_sde.hpp>
#include <hush/schedules/vp_sde.hpp>
#include <hush/schedules/zero_terminal_snr.hpp>

using namespace hush;

namespace {

enum Kind { preserving, exploding, flow };

/// Calls look(name, kind, schedule) for each schedule there is.
template <class Look>
void each_schedule(Look look) {
  look("LinearBeta", preserving, LinearBeta{.steps = 200});
  look("OneBased", preserving, OneBased{LinearBeta{.steps = 200}});
  look("ScaledLinear", preserving, ScaledLinear{.steps = 100});
  look("Cosine", preserving, Cosine{.steps = 100});
  look("Cosine, capped", preserving, Cosine{.steps = 60, .cap = .05});
  look("ConstantBeta", preserving, ConstantBeta{.steps = 100});
  look("SigmoidBeta", preserving, SigmoidBeta{.steps = 100});
  look("Sigmoid", preserving, Sigmoid{.steps = 100});
  look("Exponential", preserving, Exponential{.steps = 100});
  look("Laplace", preserving, Laplace{.steps = 100});
  look("Jsd", preserving, Jsd{.steps = 50});
  look("Betas", preserving, Betas{{.1, .2, .05}});
  look("ZeroTerminalSnr", preserving, ZeroTerminalSnr{LinearBeta{.steps = 100}});
  look("InterpolatedSigma", preserving, InterpolatedSigma{LinearBeta{.steps = 100}});
  look("InterpolatedSigma, logarithmic", preserving, InterpolatedSigma{Cosine{.steps = 50}, true});
  look("Sigmas, preserving", preserving, Sigmas{{.1, .5, 4}, true});
  look("VpSde", preserving, VpSde{});
  look("Sigmas", exploding, Sigmas{{.1, .5, 4}});
  look("Geometric", exploding, Geometric{});
  look("OneBased Geometric", exploding, OneBased{Geometric{}});
  look("Karras", exploding, Karras{});
  look("InterpolatedSigma of Karras", exploding, InterpolatedSigma{Karras{}, true});
  look("VeSde", exploding, VeSde{});
  look("LinearSigma", exploding, LinearSigma{});
  look("RectifiedFlow", flow, RectifiedFlow{});
}

/// A schedule that counts how many levels it is asked for.
template <class S>
struct Counted {
  const S& schedule;
  mutable int asked = 0;
  int steps() const { return schedule.steps(); }
  double clean() const { return schedule.clean(); }
  Level operator()(double time) const {
    ++asked;
    return schedule(time);
  }
};
template <class S>
Counted(const S&) -> Counted<S>;

double last_time(const AnySchedule& schedule) {
  return schedule.clean() + (schedule.steps() > 0 ? schedule.steps() : 1);
}

/// Times from the clean one to the noisiest, whole and fractional.
std::vector<double> times_of(const AnySchedule& schedule) {
  const double clean = schedule.clean(), last = last_time(schedule);
  std::vector<double> times;
  const int n = schedule.steps() > 0 ? 4 * schedule.steps() : 200;
  for (int i = 0; i <= n; ++i) times.push_back(clean + (last - clean) * i / n);
  return times;
}

}  // namespace

TEST_CASE("schedules: what is quick for rising times gives the same levels in any order") {
  int quick = 0;
  each_schedule([&](const char* name, Kind, const auto& schedule) {
    if constexpr (requires { schedule.rising(); }) {
      CAPTURE(name);
      ++quick;
      auto levels = schedule.rising();
      const double clean = schedule.clean(), last = clean + schedule.steps();
      for (const double time :
           {clean, clean + .5, clean + 1, clean + 1, clean + 2.25, last, clean + 1.5, last - .5, clean})
        CHECK(levels(time) == schedule(time));
      CHECK_THROWS_AS(levels(last + 1), std::invalid_argument);
      const std::vector<double> times{last, last - .5, clean + 2, clean + 1};
      std::vector<Level> falling;
      for (const double time : times) falling.push_back(schedule(time));
      falling.push_back(schedule(clean));
      CHECK(levels_at(schedule, times) == falling);
    }
  });
  CHECK(quick == 7);
}

namespace {

/// Linear betas that count how often one is asked for.
struct CountedBetas {
  LinearBeta inner;
  int* asked;
  int steps() const { return inner.steps(); }
  double clean() const { return -1; }
  double beta(int i) const {
    ++*asked;
    return inner.beta(i);
  }
  Level operator()(double time) const { return level_from_betas(*this, time); }
  auto rising() const { return LevelsFromBetas(*this); }
};

}  // namespace

TEST_CASE("schedules: all levels and betas of a ZeroTerminalSnr take one pass over those that it rescales") {
  const int steps = 1000;
  int asked = 0;
  const ZeroTerminalSnr schedule{CountedBetas{{.steps = steps}, &asked}};
  std::vector<double> times;
  for (int i = 2 * steps; i-- > 0;) times.push_back(-1 + .5 * (i + 1));
  const auto levels = levels_at(schedule, times);
  CHECK(asked < 5 * steps);  // the two ends are products of their own
  asked = 0;
  const std::vector<double> betas = schedule.betas();
  CHECK(asked < 5 * steps);
  REQUIRE(betas.size() == std::size_t(steps));
  for (const int i : {0, 1, 500, 998, 999}) CHECK(betas[std::size_t(i)] == schedule.beta(i));
  CHECK(betas.back() == 1);
  CHECK(levels.front().signal == 0);
}

TEST_CASE("family: clean first, then ever more noise, and the scale that the kind says") {
  each_schedule([](const std::string& name, Kind kind, const auto& schedule) {
    CAPTURE(name);
    CHECK(schedule(clean_time(schedule)) == Level{clean_time(schedule), 1, 0});
    double before = -1;
    for (const double time : times_of(schedule)) {
      CAPTURE(time);
      const Level at = schedule(time);
      REQUIRE(at.time == time);
      REQUIRE((at.signal >= 0 && at.signal <= 1));
      REQUIRE(sigma_of(at) > before);
      before = sigma_of(at);
      if (kind == preserving) REQUIRE(std::abs(at.signal * at.signal + at.noise * at.noise - 1) < 4e-16);
      if (kind == exploding) REQUIRE(at.signal == 1);
      if (kind == flow) REQUIRE(at.signal + at.noise == doctest::Approx(1).epsilon(1e-15));
    }
  });
}

TEST_CASE("family: between whole times nothing jumps") {
  each_schedule([](const std::string& name, Kind, const auto& schedule) {
    CAPTURE(name);
    const AnySchedule any = schedule;
    for (int i = 1; i <= any.steps(); ++i) {
      const double at = any.clean() + i;
      REQUIRE(any(at - 1e-9).noise == doctest::Approx(any(at).noise).epsilon(1e-5));
      if (i < any.steps()) REQUIRE(any(at + 1e-9).noise == doctest::Approx(any(at).noise).epsilon(1e-5));
    }
  });
}

TEST_CASE("family: time_of_sigma finds every level again, whole times exactly") {
  each_schedule([](const std::string& name, Kind, const auto& schedule) {
    CAPTURE(name);
    for (const double time : times_of(schedule)) {
      const double sigma = sigma_of(schedule(time)), found = time_of_sigma(schedule, sigma);
      CAPTURE(time);
      if (DiscreteSchedule<decltype(schedule)> && time == std::floor(time)) REQUIRE(found == time);
      REQUIRE(found == doctest::Approx(time).epsilon(1e-9));
      if (std::isfinite(sigma)) REQUIRE(sigma_of(schedule(found)) == doctest::Approx(sigma).epsilon(1e-9));
    }
  });
}

TEST_CASE("time_of_sigma: a discrete schedule is asked for few levels, wherever the sigma lies") {
  each_schedule([](const std::string& name, Kind, const auto& schedule) {
    if constexpr (DiscreteSchedule<decltype(schedule)>) {
      CAPTURE(name);
      const Counted counted{schedule};
      const double first = sigma_of(schedule(schedule.clean() + 1)), clean = sigma_of(schedule(schedule.clean()));
      const double last = std::fmin(sigma_of(schedule(schedule.clean() + schedule.steps())), 1e6);
      int asked = 0, times = 0, most = 0;
      for (double sigma = std::fmax(first / 1e3, clean); sigma < last; sigma *= 1.07) {
        counted.asked = 0;
        const double found = time_of_sigma(counted, sigma);
        if (sigma > first) asked += counted.asked, ++times, most = std::max(most, counted.asked);
        CAPTURE(sigma);
        REQUIRE(sigma_of(schedule(found)) >= sigma);
        // No earlier time has it, but for rounding.
        const double before = found - 1e-14 * std::fmax(1, std::abs(found));
        if (before > schedule.clean()) REQUIRE(sigma_of(schedule(before)) <= sigma * (1 + 1e-9));
      }
      CHECK(asked < 25 * times);
      CHECK(most < 50);
    }
  });
}

TEST_CASE("time_of_sigma: where there is no such level") {
  const auto refuses = [](const AnySchedule& schedule, double sigma, const char* words) {
    CHECK_THROWS_WITH_AS(time_of_sigma(schedule, sigma), words, std::invalid_argument);
  };
  refuses(Geometric{}, 1.0001, "[schedule] has no level of noise / signal = 1.0001");
  refuses(VpSde{}, -1, "[schedule] has no level of noise / signal = -1");
  refuses(LinearBeta{}, std::nan(""), "[schedule] has no level of noise / signal = nan");
  refuses(LinearBeta{}, INFINITY, "[schedule] has no level of noise / signal = inf");
  // Zero terminal SNR has a level of infinite sigma, and finite ones as large as one likes before it.
  CHECK(time_of_sigma(Jsd{.steps = 10}, INFINITY) == 9);
  CHECK(time_of_sigma(RectifiedFlow{}, 1) == doctest::Approx(.5).epsilon(1e-15));
  CHECK(sigma_of(Jsd{.steps = 10}(time_of_sigma(Jsd{.steps = 10}, 1e4))) == doctest::Approx(1e4).epsilon(1e-6));
  // Below the first noise of a schedule that jumps: its first noisy time.
  const double first = time_of_sigma(VeSde{}, .005);
  CHECK((first > 0 && first < 1e-300));
  CHECK(VeSde{}(first).noise == .01);
  CHECK(time_of_sigma(VeSde{}, 0) == 0);
  // Of a discrete schedule too, and next to the clean level it ends.
  for (const double sigma : {1e-320, 1e-200, 1e-20}) {
    const double tiny = time_of_sigma(Sigmas{{.1, .5}}, sigma), one = time_of_sigma(OneBased{Sigmas{{.1, .5}}}, sigma);
    CHECK((tiny > -1 && tiny < -1 + 1e-15));
    CHECK((one > 0 && one < 1e-15));
  }
}
