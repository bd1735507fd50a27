#include <hush/samplers/annealed_langevin.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include <hush/grids/trailing.hpp>
#include <hush/samplers/shared/langevin_noise.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "printed.hpp"
#include "samplers/geometric.hpp"
#include "samplers/named_noise.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

const std::vector<Level> ncsn = geometric(1, .01, 10);

struct Moments {
  double mean, variance;
};
/// A run on Gaussian data that starts from U[0, 1].
Moments from_uniform(const AnnealedLangevin& sampler, const std::vector<Level>& levels) {
  const Affine x = Gaussian{}.carry(sampler, levels);
  return {x.constant + x.start / 2, x.variance() - x.start * x.start * (1 - 1. / 12)};
}

}  // namespace

TEST_CASE("annealed langevin: ncsn's levels, repetitions and step sizes") {
  const AnnealedLangevin sampler;
  const std::vector<Level> route = sampler.route(ncsn);
  REQUIRE(route.size() == 1001);
  CHECK(route.back().noise == 0);
  const Printed sigmas[] = {{"1"},          {".59948425"},  {".35938137"},  {".21544347"},  {".12915497"},
                            {".077426368"}, {".046415888"}, {".027825594"}, {".016681005"}, {".01"}};
  const Printed alphas[] = {{".2"},        {".0718763"},   {".025831"},    {".00928318"},   {".0033362"},
                            {".00119897"}, {".000430887"}, {".000154853"}, {"5.56512e-05"}, {"2e-05"}};
  for (std::size_t i = 0; i < 1000; ++i) {
    CHECK(route[i].noise == sigmas[i / 100]);
    CHECK(sampler.alpha(route[i], route[999]) == alphas[i / 100]);
  }
  // NCSNv2 on CIFAR-10: 232 levels, and a first step size of 155.
  CHECK(AnnealedLangevin{.epsilon = 6.2e-6}.alpha({1, 1, 50}, {1, 1, .01}) == "155"_printed);
}

TEST_CASE("annealed langevin: mean and variance of Gaussian data from U[0, 1], in closed form") {
  const Moments authors = from_uniform({}, ncsn), paper = from_uniform({.rule = LangevinRule::paper}, ncsn);
  CHECK(authors.mean == "0.3000000000"_printed);
  CHECK(authors.variance == "0.0645315189"_printed);
  CHECK(paper.mean == "0.3000000000"_printed);
  CHECK(paper.variance == "0.0664051087"_printed);
  const Moments denoised = from_uniform({.denoise = true}, ncsn);
  CHECK(denoised.mean == "0.3000000000"_printed);
  CHECK(denoised.variance == "0.0643255126"_printed);
}

TEST_CASE("annealed langevin: the settings of ncsnv2") {
  const AnnealedLangevin v2{.epsilon = 6.2e-6, .repeats = 5, .denoise = true};
  const Trajectory run{v2.route(geometric(50, .01, 232))};
  CHECK(run.steps() == 1160);
  const Plan plan = trace(v2, run);
  CHECK(network_calls(plan) == 1161);
  const Affine x = Gaussian{}.carry(v2, run);
  CHECK(x.draws.size() == 1160);
  CHECK(x.mean() + .5 * x.start == doctest::Approx(.3).epsilon(1e-6));
  CHECK(x.variance() == doctest::Approx(.0625).epsilon(.05));
}

TEST_CASE("annealed langevin: a level without noise beside it is a Langevin update in so many letters") {
  // x + alpha s + sqrt(2 alpha) z with s = -eps / sigma, at the first level of two.
  const AnnealedLangevin sampler{.epsilon = .1, .repeats = 1, .denoise = true};
  const Trajectory trajectory{sampler.route({{2, 1, 3}, {1, 1, 2}, {}})};
  const auto look = [](double, Level) { return Denoised<double>{0, .7}; };
  const double alpha = .1 * 9 / 4;
  CHECK(sampler.step<double>(
            look, 5., trajectory.levels[0], trajectory.levels[1], [] { return -2.; }, trajectory) ==
        doctest::Approx(5 - alpha * .7 / 3 - 2 * std::sqrt(2 * alpha)));
}

TEST_CASE("annealed langevin: the same sigmas of a variance-preserving schedule give the same images") {
  const std::vector<Level> fading = geometric(1, .01, 10, true);
  for (const bool denoise : {false, true}) {
    const AnnealedLangevin sampler{.denoise = denoise};
    const Affine a = Gaussian{}.carry(sampler, ncsn), b = Gaussian{}.carry(sampler, fading);
    CHECK(a.constant == doctest::Approx(b.constant).epsilon(1e-9));
    CHECK(a.variance() == doctest::Approx(b.variance()).epsilon(1e-9));
  }
}

TEST_CASE("annealed langevin: data of one point come out with the noise that is foretold of it") {
  const Gaussian point{.3, 1e-7};
  for (const int repeats : {3, 10, 100})
    for (const bool preserving : {false, true}) {
      const std::vector<Level> levels = geometric(1, .01, 10, preserving);
      const Affine x = point.carry(AnnealedLangevin{.repeats = repeats}, levels);
      const double start = levels[0].signal, own = x.variance() + x.start * x.start * (start * start - 1);
      const double foretold = detail::LangevinNoise{.2, repeats}.excess(levels).back() * .01;
      CHECK(std::sqrt(own) == doctest::Approx(foretold).epsilon(1e-6));
    }
}

TEST_CASE("annealed langevin: on a schedule whose levels its updates cannot lead down it is refused") {
  const LinearBeta ddpm;
  const auto route = [&](const AnnealedLangevin& sampler, int steps) {
    return sampler.route(levels_at(ddpm, Trailing{}(ddpm, steps))).size();
  };
  for (const int steps : {2, 10, 20}) CHECK_THROWS_AS(route({}, steps), std::invalid_argument);
  CHECK(route({}, 1000) == 100001);
  const AnnealedLangevin taken_out{.denoise = true}, cured{.epsilon = .003, .denoise = true};
  CHECK_THROWS_AS(route(taken_out, 20), std::invalid_argument);
  CHECK(route(cured, 20) == 2001);  // sigma_L is .1728, and a tenth of its square .003
  const Affine x = Gaussian{}.carry(cured, levels_at(ddpm, Trailing{}(ddpm, 20)));
  CHECK(x.mean() == doctest::Approx(.3).epsilon(.01));
  CHECK(x.variance() == doctest::Approx(.0625).epsilon(.2));
}

TEST_CASE("annealed langevin: a planned run is an eager run, one step as well") {
  for (const bool denoise : {false, true})
    for (const LangevinRule rule : {LangevinRule::authors, LangevinRule::paper})
      for (const bool preserving : {false, true}) {
        const AnnealedLangevin sampler{.epsilon = 1e-4, .repeats = 3, .denoise = denoise, .rule = rule};
        CHECK(apart(sampler, {sampler.route(geometric(1, .01, 10, preserving))}) < 1e-12);
        const AnnealedLangevin once{.epsilon = 1e-3, .repeats = 1, .denoise = denoise, .rule = rule};
        CHECK(apart(once, {once.route({{1, 1, .05}, {}})}) < 1e-12);
      }
}

TEST_CASE("annealed langevin: options out of range are refused in words") {
  CHECK_THROWS_WITH_AS(AnnealedLangevin{.repeats = 0}.route(ncsn),
                       "[AnnealedLangevin] repeats must be at least 1, is 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(AnnealedLangevin{.repeats = 1'000'000'000}.route({{1, 1, .1}, {}}),
                       "[AnnealedLangevin] 1000000000 repeats of 2 levels are more than a million steps",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(AnnealedLangevin{.epsilon = 0}, ncsn),
                       "[AnnealedLangevin] epsilon must be positive and finite, got 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(trace(AnnealedLangevin{.epsilon = -1}, ncsn),
                       "[AnnealedLangevin] epsilon must be positive and finite, got -1", std::invalid_argument);
  CHECK_THROWS_AS(trace(AnnealedLangevin{.epsilon = std::numeric_limits<double>::infinity()}, ncsn),
                  std::invalid_argument);
  CHECK_THROWS_AS(trace(AnnealedLangevin{.epsilon = std::nan("")}, ncsn), std::invalid_argument);
}
