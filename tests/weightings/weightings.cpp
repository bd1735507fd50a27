#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include <hush/parameterizations/edm_preconditioning.hpp>
#include <hush/parameterizations/predict_flow.hpp>
#include <hush/parameterizations/predict_noise.hpp>
#include <hush/parameterizations/predict_score.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/parameterizations/predict_x0.hpp>
#include <hush/parameterizations/ve_preconditioning.hpp>
#include <hush/parameterizations/vp_preconditioning.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/zero_terminal_snr.hpp>
#include <hush/weighting.hpp>
#include <hush/weightings/edm_weighting.hpp>
#include <hush/weightings/min_snr.hpp>
#include <hush/weightings/sigma_squared.hpp>
#include <hush/weightings/snr.hpp>
#include <hush/weightings/truncated_snr.hpp>
#include <hush/weightings/unweighted.hpp>

using namespace hush;
using doctest::Approx;

namespace {

const double alpha_bars[] = {.9999, .95, .8, .5, .2, 1e-3};
const Level levels[] = {variance_preserving(0, .9999),
                        variance_preserving(0, .6),
                        variance_preserving(0, .001),
                        {0, 1, .01},
                        {0, 1, 1},
                        {0, 1, 50},
                        {0, .7, .3},
                        {0, .1, .9}};

template <class W, class P>
double weight(const W& weighting, const P& parameterization, Level at) {
  return weighting(at, scalings_of(parameterization, at));
}

static_assert(!Weighting<Time> && !Weighting<double>);

}  // namespace

TEST_CASE("weighting: one error of x0 counts the same whatever the network says") {
  // F is off by 1 / out, or x0 by 1: the weight of x0's error is weight / out^2, for all parameterizations.
  for (const Level& at : levels) {
    const auto same = [&](const Weighting auto& w, double of_x0) {
      const auto agrees = [&](const auto& p) { CHECK(weight(w, p, at) == Approx(of_x0 * p(at).out * p(at).out)); };
      agrees(PredictNoise{}), agrees(PredictX0{}), agrees(PredictVelocity{}), agrees(PredictScore{});
      agrees(PredictScore<>{.divided = true}), agrees(PredictFlow{}), agrees(EdmPreconditioning{});
      agrees(VpPreconditioning{});
    };
    const double snr = at.signal * at.signal / (at.noise * at.noise), sigma = at.noise / at.signal;
    same(Snr{}, snr), same(SigmaSquared{}, snr);
    same(MinSnr{}, std::min(snr, 5.)), same(MinSnr{.gamma = .5}, std::min(snr, .5));
    same(TruncatedSnr{}, std::max(snr, 1.));
    same(EdmWeighting{}, (sigma * sigma + .25) / (sigma * sigma * .25));
    CHECK(weight(Unweighted{}, PredictX0{}, at) == 1);
    CHECK(weight(Unweighted{}, PredictFlow{}, at) == 1);
  }
}

TEST_CASE("min_snr: min(snr, gamma) / snr on noise, over snr + 1 on velocity (Hang et al. 2023, section 3.4)") {
  for (const double alpha_bar : alpha_bars)
    for (const double gamma : {1., 5., 20.}) {
      const Level at = variance_preserving(0, alpha_bar);
      const double snr = alpha_bar / (1 - alpha_bar), smaller = std::min(snr, gamma);
      CHECK(weight(MinSnr{gamma}, PredictNoise{}, at) == Approx(smaller / snr));
      CHECK(weight(MinSnr{gamma}, PredictVelocity{}, at) == Approx(smaller / (snr + 1)));
      CHECK(weight(MinSnr{gamma}, PredictX0{}, at) == Approx(smaller));
    }
  CHECK(weight(MinSnr{}, PredictX0{}, {-1, 1, 0}) == 5);  // the clean level too
  CHECK_THROWS_WITH_AS(weight(MinSnr{.gamma = 0}, PredictX0{}, levels[0]), "[MinSnr] gamma must be more than 0, got 0",
                       std::invalid_argument);
  CHECK_THROWS_AS(weight(MinSnr{.gamma = NAN}, PredictX0{}, levels[0]), std::invalid_argument);
}

TEST_CASE("snr: it is noise prediction, unweighted; truncated, it never falls below the error of x0") {
  for (const Level& at : levels) CHECK(weight(Snr{}, PredictNoise{}, at) == Approx(1));
  for (const double alpha_bar : alpha_bars) {
    const Level at = variance_preserving(0, alpha_bar);
    const double snr = alpha_bar / (1 - alpha_bar);
    CHECK(weight(TruncatedSnr{}, PredictNoise{}, at) == Approx(std::max(1., 1 / snr)));
    CHECK(weight(TruncatedSnr{}, PredictX0{}, at) == Approx(std::max(1., snr)));
    // The error of v on a VP level is that of x0 times snr + 1: velocity prediction's own weighting.
    CHECK(weight(Unweighted{}, PredictVelocity{}, at) == 1);
    CHECK(x0_error(PredictVelocity{}(at)) * (snr + 1) == Approx(1));
  }
}

TEST_CASE("sigma_squared: score matching with lambda = sigma^2 is uniform noise prediction (NCSN, eq. 6)") {
  for (const Level& at : levels) {
    CHECK(weight(SigmaSquared{}, PredictScore{}, at) == Approx(at.noise * at.noise));
    CHECK(weight(SigmaSquared{}, PredictScore<>{.divided = true}, at) == Approx(1));
    CHECK(weight(SigmaSquared{}, PredictNoise{}, at) == Approx(1));
    // The same error, made by the score and by the noise it stands for.
    const double wrong = .3, right = -.2;
    const double of_score = std::pow(score_from_noise(wrong, at) - score_from_noise(right, at), 2);
    CHECK(weight(SigmaSquared{}, PredictScore{}, at) * of_score == Approx(.25));
  }
}

TEST_CASE("edm_weighting: 1 on a network of EDM's preconditioning (Karras et al. 2022, section 5)") {
  for (const Level& at : levels)
    for (const double sigma_data : {.5, 1.7})
      CHECK(weight(EdmWeighting{sigma_data}, EdmPreconditioning<>{.sigma_data = sigma_data}, at) == Approx(1));
  CHECK_THROWS_WITH_AS(weight(EdmWeighting{.sigma_data = -1}, PredictX0{}, levels[0]),
                       "[EdmWeighting] sigma_data must be positive and finite, got -1", std::invalid_argument);
  CHECK_THROWS_AS(weight(EdmWeighting{.sigma_data = INFINITY}, PredictX0{}, levels[0]), std::invalid_argument);
}

TEST_CASE("weighting: where there is no signal, and where there is no noise, every weight is its limit") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  // The squared errors that an error of 1 in F makes, as signal or noise goes to 0 and the other is 1. From
  // x0 = skip x + out F: out^2; and eps moves by -signal / noise of what x0 does.
  struct Errors {
    double x0, eps;
  };
  const auto judge = [&](const auto& p, Errors silent, Errors clean) {
    for (const auto& [at, errors, near] : {std::tuple{Level{999, 0, 1}, silent, Level{999, 1e-7, 1}},
                                           std::tuple{Level{-1, 1, 0}, clean, Level{-1, 1, 1e-7}}}) {
      CAPTURE(at.noise);
      const auto is = [&, at = at, near = near](const Weighting auto& w, double wanted) {
        const double found = weight(w, p, at), before = weight(w, p, near);
        CHECK((found == wanted || found == Approx(wanted).epsilon(1e-12)));
        if (std::isinf(wanted))
          CHECK(before > 1e12);
        else
          CHECK(std::abs(before - wanted) < 1e-5);
      };
      const double x0 = errors.x0, eps = errors.eps;
      is(Unweighted{}, 1), is(Snr{}, eps), is(SigmaSquared{}, eps);
      is(MinSnr{}, std::min(eps, 5 * x0)), is(MinSnr{.gamma = .5}, std::min(eps, x0 / 2));
      is(TruncatedSnr{}, std::max(eps, x0)), is(EdmWeighting{}, x0 / .25 + eps);
    }
  };
  const Errors of_noise{inf, 1}, of_image{1, 0};
  judge(PredictNoise{}, of_noise, {0, 1});
  judge(PredictX0{}, of_image, {1, inf});
  judge(PredictVelocity{}, of_image, {0, 1});
  judge(PredictFlow{}, of_image, {0, 1});
  judge(PredictScore{}, of_noise, {0, 0});  // eps = -noise F
  judge(PredictScore<>{.divided = true}, of_noise, {0, 1});
  judge(VpPreconditioning{}, of_noise, {0, 1});
  judge(VePreconditioning{}, of_noise, {0, 1});
  judge(EdmPreconditioning{}, {.25, 0}, {0, 1});  // D = sigma_data F without signal
}

TEST_CASE("min_snr: min(snr, gamma) / snr is 1 for noise prediction at a zero terminal SNR, as its paper defines it") {
  const Level last = ZeroTerminalSnr{LinearBeta{}}(999);
  REQUIRE(last.signal == 0);
  CHECK(weight(MinSnr{}, PredictNoise{}, last) == 1);
  CHECK(weight(MinSnr{}, PredictVelocity{}, last) == 0);  // min(snr, gamma) / (snr + 1)
}
