#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include <hush/grids/leading.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "printed.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};

const auto no_noise = [](int, int) -> Pixels<double> { throw std::logic_error("nobody may ask for noise"); };

std::vector<Level> ten_steps(const LinearBeta& schedule) { return levels_at(schedule, Leading{}(schedule, 10)); }

/// The sum of the magnitudes at the end of a run, both ways.
double sum(const std::vector<Level>& levels, const Pixels<double>& start, const auto& parameterization,
           double clip = 1) {
  const auto denoise = denoiser(parameterization, peer_model, clip);
  const double eager = magnitude(run_eagerly(Ddim{}, levels, start, denoise, no_noise));
  const double planned = magnitude(run(trace(Ddim{}, levels), start, denoise, no_noise));
  CHECK(planned == doctest::Approx(eager).epsilon(1e-13));
  return eager;
}

bool near(double computed, double golden, double tolerance) { return std::abs(computed - golden) <= tolerance; }

/// A variance-exploding schedule: sigma grows geometrically.
struct Exploding {
  Level operator()(double time) const { return {time, 1, time > 0 ? .01 * std::pow(2000., time) : 0}; }
};

}  // namespace

TEST_CASE("ddim: the sums that diffusers publishes") {
  const auto start = peer_sample<double>();
  const double eps = sum(ten_steps(ddpm), start, PredictNoise{});
  CHECK(near(eps, 172.0067, 2e-4));
  CHECK(near(eps / 768, .223967, 1e-6));
  CHECK(near(sum(ten_steps(ddpm), start, PredictVelocity{}), 52.5302, 2e-4));

  const LinearBeta coarse{.first = .01};
  std::vector<Level> levels = ten_steps(coarse);
  CHECK(near(sum(levels, start, PredictNoise{}), 149.8295, 2e-4));
  levels.back() = coarse(0);  // set_alpha_to_one = False: the last step ends at the first level
  CHECK(near(sum(levels, start, PredictNoise{}), 149.0784, 2e-4));
}

TEST_CASE("ddim: an image with noise, from the middle of the run on") {
  const Level at = ddpm(100);
  const auto start = at.signal * peer_sample<double>() + at.noise * peer_sample<double>(true);
  const double total = sum(levels_at(ddpm, {100, 0}), start, PredictNoise{});
  CHECK(near(total, 354.5418, 5e-4));
  CHECK(near(total / 768, .4616, 5e-5));
}

TEST_CASE("ddim: clipping changes the result, and leaves eps as it was predicted") {
  // Nothing reaches 1 in the published cases; an image three times as bright does.
  const auto start = 3. * peer_sample<double>();
  const PredictVelocity<> velocity;
  const double clipped = sum(ten_steps(ddpm), start, velocity), free = sum(ten_steps(ddpm), start, velocity, 0);
  CHECK(free == doctest::Approx(3 * 52.5301).epsilon(1e-5));
  CHECK(std::abs(clipped - free) > 10);
  // Another reading, in which eps follows the clipped x0, is another result.
  const auto denoise = denoiser(velocity, peer_model, 1);
  const auto follow = [&](const Pixels<double>& x, Level at) {
    const Pixels<double> x0 = denoise(x, at).x0;
    return Denoised<Pixels<double>>{x0, 1 / at.noise * (x - at.signal * x0)};
  };
  CHECK(std::abs(magnitude(run_eagerly(Ddim{}, ten_steps(ddpm), start, follow, no_noise)) - clipped) > 1);
}

TEST_CASE("ddim: the variances that diffusers publishes") {
  const auto variance = [](double from, double to) { return std::pow(Ddim{1}.fresh(ddpm(from), ddpm(to)), 2); };
  const double print = 5e-6;  // half a unit of the published digits, which are within 1e-5
  CHECK(near(variance(0, 0), 0, 1e-5));
  CHECK(near(variance(420, 400), .14771, 1e-5 + print));
  CHECK(near(variance(420, 400), .147720, 5e-7));
  CHECK(near(variance(980, 960), .32460, 1e-5));
  CHECK(variance(980, 960) == "0.324605"_printed);
  CHECK(near(variance(487, 486), .00979, 1e-5));
  CHECK(near(variance(487, 486), .0097915, 1e-7));
  CHECK(variance(999, 998) == "0.0199999835"_printed);
  CHECK(Ddim{0}.fresh(ddpm(420), ddpm(400)) == 0);
  CHECK(Ddim{.5}.fresh(ddpm(420), ddpm(400)) == doctest::Approx(.5 * std::sqrt(variance(420, 400))));
}

TEST_CASE("ddim: eta 1 on all steps is ddpm") {
  const std::vector<Level> levels = levels_at(ddpm, Leading{}(ddpm, 1000));
  const Affine a = Gaussian{}.carry(Ddim{1}, levels), b = Gaussian{}.carry(Ddpm{}, levels);
  CHECK(a.constant == doctest::Approx(b.constant).epsilon(1e-12));
  CHECK(std::abs(a.start - b.start) < 1e-12);
  REQUIRE(a.draws.size() == 999);  // none in the last step
  REQUIRE(b.draws.size() == 999);
  double largest = 0;
  for (const auto& [name, coefficient] : a.draws)
    largest = std::fmax(largest, std::abs(coefficient - b.draws.at(name)));
  CHECK(largest < 1e-12);
}

TEST_CASE("ddim: eta 1 is ddpm on a variance-exploding schedule too, on any steps") {
  const std::vector<Level> levels = levels_at(Exploding{}, {1, .9, .7, .3, .05});
  const Affine a = Gaussian{}.carry(Ddim{1}, levels), b = Gaussian{}.carry(Ddpm{}, levels);
  CHECK(a.mean() == doctest::Approx(b.mean()).epsilon(1e-12));
  CHECK(a.variance() == doctest::Approx(b.variance()).epsilon(1e-12));
}

TEST_CASE("ddim: mean and variance of Gaussian data, in closed form") {
  struct Row {
    int steps;
    double eta;
    Printed mean, variance;
  };
  const Row rows[] = {{10, 0, {".2992780069"}, {".0214321985"}},   {20, 0, {".2994045094"}, {".0371561044"}},
                      {50, 0, {".2994800714"}, {".0508764623"}},   {100, 0, {".2995047075"}, {".0563508733"}},
                      {1000, 0, {".2995263384"}, {".0617676296"}}, {10, 1, {".2999949316"}, {".0174305073"}},
                      {20, 1, {".2999980115"}, {".0293974666"}},   {50, 1, {".2999988930"}, {".0423461559"}},
                      {100, 1, {".2999990930"}, {".0498660719"}},  {1000, 1, {".2999992433"}, {".0606531792"}}};
  for (const Row& row : rows) {
    CAPTURE(row.steps);
    CAPTURE(row.eta);
    const Affine x = Gaussian{}.carry(Ddim{row.eta}, levels_at(ddpm, Leading{}(ddpm, row.steps)));
    CHECK(x.mean() == row.mean);
    CHECK(x.variance() == row.variance);
    CHECK(x.draws.size() == (row.eta > 0 ? std::size_t(row.steps) - 1 : 0));
  }
}

TEST_CASE("ddim: an eta that cannot be is refused in words") {
  const std::vector<Level> levels = ten_steps(ddpm);
  CHECK_THROWS_WITH_AS(trace(Ddim{-.1}, levels), "[Ddim] eta must be 0 or more and finite, got -0.1",
                       std::invalid_argument);
  CHECK_THROWS_AS(trace(Ddim{std::numeric_limits<double>::infinity()}, levels), std::invalid_argument);
  CHECK_THROWS_AS(trace(Ddim{std::nan("")}, levels), std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(Ddim{1.5}, levels), "[Ddim] eta 1.5 asks for more fresh noise than the level has",
                       std::invalid_argument);
}
