#include <hush/samplers/repaint.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include <hush/grids/leading.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/pndm.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "samplers/named_noise.hpp"
#include "samplers/pixels.hpp"

using namespace samplers;

namespace {

constexpr LinearBeta ddpm{};

/// The route over T levels that are called T-1 .. 0, and the clean one, -1.
template <class S>
std::vector<int> times(const RePaint<S>& sampler, int count) {
  std::vector<int> found;
  const LinearBeta schedule{.steps = count};
  for (const Level& at : sampler.route(levels_at(schedule, Leading{}(schedule, count)))) found.push_back(int(at.time));
  return found;
}

}  // namespace

TEST_CASE("repaint: the jumps that its authors and diffusers print") {
  CHECK(times(RePaint{Ddpm{}, 5, 2}, 20) ==
        std::vector{19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 11, 12, 13, 14, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 6,
                    7,  8,  9,  10, 9,  8,  7,  6,  5,  4,  3,  2,  1,  0,  1,  2,  3,  4,  5,  4,  3, 2, 1, 0, -1});
  const std::vector<int> whole = times(RePaint{Ddpm{}}, 250);
  CHECK(whole.size() == 4570 + 1);
  CHECK(whole[0] == 249);
  CHECK(whole[19] == 230);
  CHECK(whole[20] == 231);
  CHECK(whole.back() == -1);
  int lowest = 0;
  for (std::size_t i = 1; i < whole.size(); ++i) {
    CHECK(std::abs(whole[i] - whole[i - 1]) == 1);
    lowest += whole[i] == 0;
  }
  CHECK(lowest == 10);
}

TEST_CASE("repaint: too few levels to jump, or one resample, is a straight way") {
  CHECK(times(RePaint{Ddpm{}, 10, 10}, 3) == std::vector{2, 1, 0, -1});
  CHECK(times(RePaint{Ddpm{}, 1, 1}, 3) == std::vector{2, 1, 0, -1});
  CHECK(times(RePaint{Ddpm{}, 1, 2}, 3) == std::vector{2, 1, 2, 1, 0, 1, 0, -1});
  CHECK(times(RePaint{Ddpm{}}, 1) == std::vector{0, -1});
  const std::vector<double> all = Leading{}(ddpm, 50);
  const RePaint once{Ddpm{}, 10, 1};
  const Affine a = Gaussian{}.carry(once, trajectory(ddpm, once, all)),
               b = Gaussian{}.carry(Ddpm{}, levels_at(ddpm, all));
  CHECK(a.constant == b.constant);
  CHECK(a.variance() == b.variance());
}

TEST_CASE("repaint: a step up adds the noise that is missing, VP and VE") {
  // x = signal x0 + noise eps stays of that form: the same image, independent noise of the higher level.
  const auto judge = [](const Level& low, const Level& high) {
    const RePaint sampler{Ddim{}};
    RePaint<Ddim>::Memory<Affine> memory;
    const auto refuse = [](const Affine&, Level) -> Denoised<Affine> {
      throw std::logic_error("a step up asks no network");
    };
    const Affine x{low.signal, low.noise, {}};
    const Affine y = sampler.step<Affine>(
        refuse, x, low, high, [] { return affine_draw(0, 0); }, memory, Trajectory{{low, high}});
    CHECK(y.constant == doctest::Approx(high.signal).epsilon(1e-12));
    CHECK(y.variance() == doctest::Approx(high.noise * high.noise).epsilon(1e-12));
  };
  judge(ddpm(99), ddpm(100)), judge(ddpm(0), ddpm(700));
  judge(Exploding{}(.1), Exploding{}(.7));
}

TEST_CASE("repaint: Gaussian data stays itself, however often it is gone over") {
  const auto carried = [](const auto& sampler, const auto& schedule, int steps) {
    return Gaussian{}.carry(sampler, trajectory(schedule, sampler, Leading{}(schedule, steps)));
  };
  for (const int resamples : {1, 2, 5}) {
    CAPTURE(resamples);
    const Affine x = carried(RePaint{Ddpm{}, 10, resamples}, ddpm, 250);
    CHECK(x.mean() == doctest::Approx(.3).epsilon(1e-3));
    CHECK(x.variance() == doctest::Approx(.0625).epsilon(.15));
    const Affine y = carried(RePaint{Ddim{}, 10, resamples}, ddpm, 250);
    CHECK(y.variance() == doctest::Approx(.0625).epsilon(.1));
    CHECK(carried(RePaint{Ddpm{}, 5, resamples}, Exploding{}, 200).variance() == doctest::Approx(.0625).epsilon(.15));
  }
}

TEST_CASE("repaint: a planned run is an eager run; steps up ask no network") {
  const auto judge = [](const auto& sampler, const auto& schedule, int steps) {
    const Trajectory run = trajectory(schedule, sampler, Leading{}(schedule, steps));
    CHECK(apart(sampler, run) < 1e-11);
    return network_calls(trace(sampler, run));
  };
  CHECK(judge(RePaint{Ddpm{}, 5, 2}, ddpm, 20) == 20 + 3 * 5);
  CHECK(judge(RePaint{Ddim{.eta = .5}, 2, 3}, Exploding{}, 10) == 10 + 4 * 2 * 2);
  CHECK(judge(RePaint{Ddim{}}, ddpm, 1) == 1);
  // PLMS begins with two calls, and begins anew after each of the three jumps.
  CHECK(judge(RePaint{Pndm{.warm_up = false}, 5, 2}, ddpm, 20) == 20 + 3 * 5 + 1 + 3);
}

TEST_CASE("repaint: options out of range are refused in words") {
  const std::vector<Level> levels = levels_at(ddpm, {3, 2, 1, 0});
  CHECK_THROWS_WITH_AS((RePaint{Ddpm{}, 0, 2}.route(levels)), "[RePaint] jump_length must be at least 1, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((RePaint{Ddpm{}, 2, 0}.route(levels)), "[RePaint] resamples must be at least 1, is 0",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS((RePaint{Ddpm{}, 2, 1'000'000'000}.route(levels)),
                       "[RePaint] jump_length 2 and resamples 1000000000 make about 7999999997 steps of 5 levels, more "
                       "than a million",
                       std::invalid_argument);
  CHECK(RePaint{Ddpm{}, 2'000'000'000, 1'000'000'000}.route(levels).size() == levels.size());  // no way up so far
}

static_assert(Sampler<RePaint<Ddpm>> && Sampler<RePaint<Pndm>> && is_linear<RePaint<Pndm>>);
