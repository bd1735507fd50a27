// Data that are not Gaussian: two modes, which every sampler must find as often as they are.
#include <doctest/doctest.h>

#include <cmath>
#include <hush/cpu/normals.hpp>
#include <hush/grids/linspace.hpp>
#include <hush/samplers/predictor_corrector.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/geometric.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>
#include <hush/schedules/vp_sde.hpp>
#include <string>

#include "samplers/family.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t count = 4000;  // under a sanitizer a run is ten times slower
#else
constexpr std::size_t count = 100000;
#endif

/// 30 % of the numbers are about -0.5, 70 % about 0.5, with a deviation of 0.1.
constexpr float mode = .5f, deviation = .1f, lower = .3f;

Denoised<Pixels<float>> exact(const Pixels<float>& x, Level at) {
  const float s = float(at.signal), n = float(at.noise), variance = s * s * deviation * deviation + n * n;
  const float gain = s * deviation * deviation / variance, odds = 2 * s * mode / variance;
  Denoised<Pixels<float>> found{x, x};
  for (std::size_t i = 0; i < x.values.size(); ++i) {
    const float v = x.values[i], up = 1 / (1 + lower / (1 - lower) * std::exp(-odds * v)), mean = mode * (2 * up - 1);
    const float x0 = mean + gain * (v - s * mean);
    found.x0.values[i] = x0, found.eps.values[i] = (v - s * x0) / n;
  }
  return found;
}

Pixels<float> normals(std::uint32_t step, std::uint32_t what) {
  Pixels<float> z{std::vector<float>(count)};
  fill_normal(z.values.data(), 0, std::int64_t(count), {.seed = 5, .step = step, .purpose = what});
  return z;
}

Pixels<float> draw(int step, int ordinal) {
  return normals(std::uint32_t(step), purpose("noise", std::uint32_t(ordinal)));
}

void judge(const Pixels<float>& x, double bias = 0) {
  double below = 0, squares = 0;
  for (const float v : x.values) below += v < 0, squares += std::pow(std::abs(v) - mode, 2);
  const double n = double(count);
  CHECK(std::abs(below / n - double(lower)) < 5 * std::sqrt(.3 * .7 / n) + bias);
  CHECK(std::sqrt(squares / n) > .08);  // the last of these even steps are long for a width of .1
  CHECK(std::sqrt(squares / n) < .135);
}

}  // namespace

TEST_CASE("mixture: 200 steps of every sampler keep the weights of two modes, and their widths") {
  const VpSde schedule;
  REQUIRE(std::pow(schedule(1).signal / schedule(1).noise, 2) < 1e-3);
  every_sampler([&](const std::string& name, const auto& sampler) {
    CAPTURE(name);
    const Trajectory way = trajectory(schedule, sampler, Linspace{}(schedule, 200));
    judge(run(trace(sampler, way), normals(0, purpose("start")), exact, draw));
  });
  const Trajectory way = trajectory(schedule, PredictorCorrector{}, Linspace{}(schedule, 200));
  judge(run_eagerly(PredictorCorrector{}, way, normals(0, purpose("start")), exact, draw));
}

TEST_CASE("mixture: annealed Langevin dynamics keeps the weights but for the bias of its steps") {
  const Geometric schedule;
  const AnnealedLangevin sampler{.repeats = 100};
  const Trajectory way = trajectory(schedule, sampler, Linspace{}(schedule, 10));
  // An update of a fifth of a level's variance leaves more than that variance, which moves the weights by a hundredth.
  judge(run(trace(sampler, way), normals(0, purpose("start")), exact, draw), .012);
}
