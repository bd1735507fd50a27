#include <hush/samplers/multistep_consistency.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/parameterizations/consistency_preconditioning.hpp>

#include "samplers/both_ways.hpp"

using namespace samplers;

namespace {

/// The exact consistency function of Gaussian data: the image at noise level .002 from which the flow leads to x.
template <class X>
X exact(const Gaussian& data, const X& x, Level at, const X& one) {
  const double sigma = sigma_of(at), variance = data.deviation * data.deviation;
  const double kept = std::sqrt((variance + .002 * .002) / (variance + sigma * sigma));
  return kept / at.signal * x + (1 - kept) * data.mean * one;
}

}  // namespace

TEST_CASE("multistep consistency: two steps of diffusers' scheduler") {
  // tools/make_consistency_golden.py; its sigmas are rounded to float, and it ends at sigma .002
  const std::vector<Level> levels{{0, 1, 80}, {1, 1, 2.2404396533966064}, {2, 1, 0}};
  const auto denoise = [](const Pixels<double>& x, Level at) {
    const Scalings s = ConsistencyPreconditioning{}(at);
    const Pixels<double> one{{1, 1}}, f = .2 * s.in * x + .1 * one;
    return Denoised<Pixels<double>>{s.skip * x + s.out * f, x};
  };
  const auto draw = [](int, int) { return Pixels<double>{{1.5409961082440433, -0.2934289057609464}}; };
  const Pixels<double> start{{30, -60}};
  const Pixels<double> first =
      run_both_ways(MultistepConsistency{}, Trajectory{{levels[0], levels[1]}}, start, denoise, draw);
  CHECK(first.values[0] == doctest::Approx(3.54117457577576).epsilon(1e-6));
  CHECK(first.values[1] == doctest::Approx(-0.684750672273161).epsilon(1e-6));
  const Pixels<double> both = run_both_ways(MultistepConsistency{}, Trajectory{levels}, start, denoise, draw);
  CHECK(std::abs(both.values[0] - 0.367467759699578) < 1e-7 * 80);
  CHECK(std::abs(both.values[1] - -0.0128725023782048) < 1e-7 * 80);
}

TEST_CASE("multistep consistency: any number of steps keeps Gaussian data, exactly") {
  const Gaussian data;
  for (const Path path : all_paths)
    for (const int steps : {1, 2, 5}) {
      CAPTURE(int(path));
      CAPTURE(steps);
      Trajectory trajectory = even_course(path, steps, true);
      trajectory.levels.erase(trajectory.levels.end() - 2);
      const Level at = trajectory.levels.front();
      const Affine start{at.signal * data.mean, std::hypot(at.signal * data.deviation, at.noise), {}};
      const auto denoise = [&](const Affine& x, Level level) {
        return Denoised<Affine>{exact(data, x, level, Affine{1, 0, {}}), x};
      };
      const Affine planned = run(trace(MultistepConsistency{}, trajectory), start, denoise, affine_draw);
      const Affine eager = run_eagerly(MultistepConsistency{}, trajectory, start, denoise, affine_draw);
      for (const Affine& x : {planned, eager}) {
        CHECK(std::abs(x.mean() - data.mean) < 1e-12);
        CHECK(std::abs(std::sqrt(x.variance()) - std::hypot(data.deviation, .002)) < 1e-12);
        CHECK(int(x.draws.size()) == steps - 1);
      }
    }
}

TEST_CASE("multistep consistency: one step draws nothing") {
  const auto denoise = [](const Pixels<double>& x, Level) { return Denoised<Pixels<double>>{.25 * x, 7. * x}; };
  const Trajectory clean{{{0, .6, .8}, {-1, 1, 0}}};
  CHECK(run_both_ways(MultistepConsistency{}, clean, Pixels<double>{{1., -2.}}, denoise, silent).values ==
        std::vector{.25, -.5});
}

TEST_CASE("multistep consistency: what does not fit is refused") {
  const Trajectory low{{{1, 1, 80}, {0, 1, .001}}};
  CHECK_THROWS_WITH_AS(trace(MultistepConsistency{}, low),
                       "[MultistepConsistency] a step to sigma 0.001 ends below smallest, 0.002",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(MultistepConsistency{-1}, low),
                       "[MultistepConsistency] smallest must be 0 or more and finite, got -1", std::invalid_argument);
}
