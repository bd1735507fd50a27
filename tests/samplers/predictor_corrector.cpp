#include <hush/samplers/predictor_corrector.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include <hush/cpu/normals.hpp>
#include <hush/grids/leading.hpp>
#include <hush/random/torch_random.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "samplers/named_noise.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};

/// A run as diffusers' scheduler for VE makes it: the dummy network sees `noise_labels[step]` and gives the score;
/// steps go through geometric sigmas of their own.
double peer_sum(const PredictorCorrector& sampler, double largest, const std::vector<double>& noise_labels,
                double start) {
  const int steps = int(noise_labels.size());
  std::vector<Level> levels;
  for (int i = 0; i < steps; ++i)
    levels.push_back({double(i), 1, .01 * std::pow(largest / .01, double(steps - 1 - i) / (steps - 1))});
  levels.push_back({double(steps), 1, 0});
  const auto denoise = [&](const Pixels<double>& x, Level at) {
    Pixels<double> eps = x;
    for (double& value : eps.values) value = -at.noise * peer_model(value, noise_labels[std::size_t(at.time)]);
    return Denoised<Pixels<double>>{x, eps};
  };
  TorchRandom random{0};
  const auto draw = [&](int, int) {
    std::vector<float> z(768);
    random.randn(z);
    return Pixels<double>{{z.begin(), z.end()}};
  };
  images = 4;
  const double sum = magnitude(run_eagerly(sampler, levels, start * peer_sample<double>(), denoise, draw));
  images = 1;
  return sum;
}

struct Moments {
  double mean, variance;
};

/// Mean and variance that a run on Gaussian data has if the images are large: a norm is then its expectation.
Moments in_the_limit(const PredictorCorrector& sampler, const std::vector<Level>& levels, Moments x) {
  const Gaussian data;
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    const Level from = levels[i], to = levels[i + 1];
    const double offset = data.denoise(0., from, 1.).eps, slope = data.denoise(1., from, 1.).eps - offset;
    const double a = from.signal / to.signal, beta = from.noise * from.noise - std::pow(a * to.noise, 2);
    // x of this, plus eps of that, plus fresh noise of a third
    const auto go = [&](double of_x, double of_eps, double fresh) {
      const double k = of_x + of_eps * slope;
      x = {k * x.mean + of_eps * offset, k * k * x.variance + fresh * fresh};
    };
    for (int j = 0; j < sampler.corrections; ++j) {
      const double score = slope * slope * x.variance + std::pow(slope * x.mean + offset, 2);
      const double e = 2 * a * a * std::pow(sampler.snr * from.noise, 2) / score;
      go(1, -e / from.noise, std::sqrt(2 * e));
    }
    go(2 - a, -beta / from.noise, to.noise > 0 ? std::sqrt(beta) : 0);
  }
  return x;
}

std::vector<Level> exploding(int steps) { return levels_at(Exploding{}, Leading{}(Exploding{}, steps)); }
std::vector<Level> preserving(int steps) { return levels_at(ddpm, Leading{}(ddpm, steps)); }

}  // namespace

TEST_CASE("predictor corrector: the sum that diffusers publishes") {
  // Its test sets the sigmas that the network sees while there are still 2000 times: they are the first 3 of these.
  std::vector<double> noise_labels;
  for (int i = 0; i < 3; ++i) noise_labels.push_back(.01 * std::pow(134800., 1 - (1 - 1e-5) * i / 1999));
  const double sum = peer_sum({.snr = .15}, 1348, noise_labels, 1);
  CHECK(sum == doctest::Approx(14372758528.0).epsilon(1e-5));
  CHECK(sum / 768 == doctest::Approx(18714530.0).epsilon(1e-5));
}

TEST_CASE("predictor corrector: the sums of diffusers 0.42 in double, one correction and two") {
  CHECK(peer_sum({.snr = .15}, 1348, {1348, 3.671728787729, 0.01000118122451}, 1348) ==
        doctest::Approx(10883329276100.0).epsilon(1e-7));
  const std::vector<double> noise_labels{50,
                                         19.40785090304,
                                         7.533293533494,
                                         2.924100754138,
                                         1.135010229236,
                                         0.4405621860486,
                                         0.171007304407,
                                         0.06637768534524,
                                         0.02576496440939,
                                         0.01000085175559};
  CHECK(peer_sum({.snr = .1, .corrections = 2}, 50, noise_labels, 50) ==
        doctest::Approx(5676493881284.0).epsilon(1e-7));
}

TEST_CASE("predictor corrector: one step on numbers is the papers' formulas, VP") {
  const Level from = ddpm(500), to = ddpm(499);
  const double beta = ddpm.beta(500), r = .2, z[] = {.7, -1.3};
  const auto look = [](double x, Level) { return Denoised<double>{0, .5 * x + .1}; };
  int draws = 0;
  const double found =
      PredictorCorrector{.snr = r}.step<double>(look, .9, from, to, [&] { return z[std::size_t(draws++)]; });
  const auto score = [&](double x) { return -(.5 * x + .1) / from.noise; };
  const double e = 2 * (1 - beta) * std::pow(r * std::abs(z[0]) / std::abs(score(.9)), 2);
  const double x = .9 + e * score(.9) + std::sqrt(2 * e) * z[0];
  CHECK(found == doctest::Approx((2 - std::sqrt(1 - beta)) * x + beta * score(x) + std::sqrt(beta) * z[1]));
  CHECK(draws == 2);
}

TEST_CASE("predictor corrector: calls and draws; the last step has no noise of its own") {
  int calls = 0, draws = 0;
  const auto look = [&](double x, Level) { return ++calls, Denoised<double>{x, x + 1}; };
  const auto draw = [&](int, int) { return ++draws, .5; };
  run_eagerly(PredictorCorrector{.corrections = 2}, exploding(4), 1., look, draw);
  CHECK(calls == 12);
  CHECK(draws == 11);
  calls = draws = 0;
  run_eagerly(PredictorCorrector{.corrections = 0}, exploding(1), 1., look, draw);
  CHECK(calls == 1);
  CHECK(draws == 0);
}

TEST_CASE("predictor corrector: without corrections, reverse diffusion on VE is ddpm with the large variance") {
  const auto look = [](double x, Level at) { return Gaussian{}.denoise(x, at, 1.); };
  const auto draw = [](int step, int) { return std::sin(1. + step); };
  const Ddpm large{.variance = Variance::fixed_large};
  CHECK(run_eagerly(PredictorCorrector{.corrections = 0}, exploding(20), 3., look, draw) ==
        doctest::Approx(run_eagerly(large, exploding(20), 3., look, draw)).epsilon(1e-9));
}

TEST_CASE("predictor corrector: where the score is 0 nothing is corrected") {
  const auto flat = [](double x, Level) { return Denoised<double>{x, 0}; };
  CHECK(PredictorCorrector{}.step<double>(flat, 2, {1, 1, 3}, {0, 1, 0}, [] { return 1.; }) == 2);
}

TEST_CASE("predictor corrector: thousands of pixels of Gaussian data, run with Philox, have its mean and variance") {
  const int n = 100000;
  const auto judge = [&](const PredictorCorrector& sampler, const std::vector<Level>& levels) {
    const double width = levels[0].signal == 1 ? levels[0].noise : 1;
    const auto normals = [&](int step, std::uint32_t what) {
      std::vector<float> z(static_cast<std::size_t>(n));
      fill_normal(z.data(), 0, n, {.seed = 5, .step = std::uint32_t(step), .purpose = what});
      return Pixels<double>{{z.begin(), z.end()}};
    };
    const Pixels<double> one{std::vector<double>(std::size_t(n), 1.)};
    const auto exact = [&](const Pixels<double>& x, Level at) { return Gaussian{}.denoise(x, at, one); };
    const auto draw = [&](int step, int ordinal) { return normals(step, purpose("draw", std::uint32_t(ordinal))); };
    const Pixels<double> x = run_eagerly(sampler, levels, width * normals(0, purpose("start")), exact, draw);
    double sum = 0, squares = 0;
    for (const double value : x.values) sum += value;
    for (const double value : x.values) squares += (value - sum / n) * (value - sum / n);
    const Moments limit = in_the_limit(sampler, levels, {0, width * width});
    CHECK(std::abs(sum / n - limit.mean) < 5 * std::sqrt(limit.variance / n));
    CHECK(std::abs(squares / n - limit.variance) < 5 * limit.variance * std::sqrt(2. / n));
  };
  for (const auto& levels : {exploding(20), preserving(20)}) {
    judge({}, levels);
    judge({.snr = .1, .corrections = 2}, levels);
    judge({.corrections = 0}, levels);
  }
}

TEST_CASE("predictor corrector: with many steps, Gaussian data comes out, and corrections help") {
  const auto off = [](const PredictorCorrector& sampler, const std::vector<Level>& levels) {
    const double width = levels[0].signal == 1 ? levels[0].noise : 1;
    const Moments x = in_the_limit(sampler, levels, {0, width * width});
    CHECK(x.mean == doctest::Approx(.3).epsilon(.01));
    return std::abs(x.variance / .0625 - 1);
  };
  CHECK(off({.snr = .05}, exploding(1000)) < .02);
  CHECK(off({.snr = .05}, preserving(1000)) < .05);
  // A correction of noise of variance v (in units of its level's) is a step of e = 2 snr^2 / v: (1 - e)^2 v + 2 e is v
  // where v = 1 + snr^2, and it comes back there for snr < 1.
  CHECK(off({.snr = .5}, exploding(1000)) == doctest::Approx(.25).epsilon(.02));
  CHECK(off({.snr = 1}, exploding(1000)) == doctest::Approx(1).epsilon(.05));
}

TEST_CASE("predictor corrector: options out of range are refused in words") {
  const auto message = [](const PredictorCorrector& sampler) -> std::string {
    const auto look = [](double x, Level) { return Denoised<double>{x, x}; };
    try {
      sampler.step<double>(look, 1, {1, 1, 3}, {0, 1, 0}, [] { return 1.; });
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  CHECK(message({.snr = 0}) == "[PredictorCorrector] snr must be positive and finite, got 0");
  CHECK(message({.snr = -1}) == "[PredictorCorrector] snr must be positive and finite, got -1");
  CHECK(message({.snr = std::nan("")}) == "[PredictorCorrector] snr must be positive and finite, got nan");
  CHECK(message({.snr = std::numeric_limits<double>::infinity()}) ==
        "[PredictorCorrector] snr must be positive and finite, got inf");
  CHECK(message({.snr = 1}) == "");
  CHECK(
      message({.snr = 1.1}) ==
      "[PredictorCorrector] snr must be at most 1 (.01 to .3 in use), got 1.1: longer corrections add more noise than "
      "they take");
  CHECK(message({.corrections = -1}) == "[PredictorCorrector] corrections must be 0 or more, got -1");
}

static_assert(!is_linear<PredictorCorrector>);
