#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/cpu/normals.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/sampling/plan.hpp>
#include <hush/sampling/trace.hpp>
#include <hush/schedules/cosine.hpp>

#include "samplers/pixels.hpp"
#include "sampling/noisy_steps.hpp"
#include "with_past.hpp"

using namespace samplers;

TEST_CASE("trace: one row a call, sum and draw, each into a register of its own") {
  const Plan plan = trace(LooksTwice{}, {levels[3], levels[4]});
  REQUIRE(plan.rows.size() == 6);
  const auto& z = std::get<Plan::Draw>(plan.rows[0]);
  const auto& other = std::get<Plan::Draw>(plan.rows[1]);
  CHECK((z.step == 0 && z.ordinal == 0 && other.ordinal == 1));
  const auto& first = std::get<Plan::NetworkCall>(plan.rows[2]);
  CHECK((first.from == 0 && first.level == levels[3]));
  const auto& guess = std::get<Plan::Sum>(plan.rows[3]);
  CHECK(guess.terms == std::vector<Plan::Term>{{first.x0, levels[4].signal}, {z.to, levels[4].noise}});
  CHECK_FALSE(guess.ends_step);
  const auto& second = std::get<Plan::NetworkCall>(plan.rows[4]);
  CHECK((second.from == guess.to && second.level == levels[4]));
  const auto& end = std::get<Plan::Sum>(plan.rows[5]);
  REQUIRE(end.terms.size() == 4);  // what cancels is no term
  CHECK(end.ends_step);
  CHECK(plan.result == end.to);
}

TEST_CASE("trace: what the network is called on is a register, made first unless it is one already") {
  const Plan plan = trace(Stirred{}, {levels[3], levels[4]});
  REQUIRE(plan.rows.size() == 7);
  const auto& stirred = std::get<Plan::Sum>(plan.rows[1]);
  CHECK(stirred.terms == std::vector<Plan::Term>{{0, 1}, {std::get<Plan::Draw>(plan.rows[0]).to, .3}});
  CHECK(std::get<Plan::NetworkCall>(plan.rows[2]).from == stirred.to);
  const auto& smaller = std::get<Plan::Sum>(plan.rows[3]);
  CHECK(smaller.terms == std::vector<Plan::Term>{{0, .5}});
  CHECK(std::get<Plan::NetworkCall>(plan.rows[4]).from == smaller.to);
  CHECK(std::get<Plan::NetworkCall>(plan.rows[5]).from == 0);
}

TEST_CASE("trace: one step is a plan, and so are all the steps of a schedule") {
  const Cosine schedule{.steps = 100};
  const Plan one = trace(Ddim{}, levels_at(schedule, {99})),
             all = trace(Ddim{}, levels_at(schedule, Trailing{}(schedule, 100)));
  CHECK((one.steps == 1 && one.rows.size() == 2 && all.steps == 100 && all.rows.size() == 200));
  const auto denoise = denoiser(
      PredictNoise{}, [](double x, double) { return .3 * x; }, 0);
  const Level start = schedule(99);
  const Pixels<double> x = run(one, Pixels<double>{{.7}}, denoise, drawn);
  CHECK(x.values[0] == doctest::Approx((.7 - start.noise * .3 * .7) / start.signal));
}

TEST_CASE("trace: what cannot be traced is said in words") {
  CHECK_THROWS_WITH_AS(trace(Ddim{}, {levels[0]}), "[trace] wants two levels or more, got 1", std::invalid_argument);
  CHECK_THROWS_AS(trace(Ddim{}, std::vector<Level>{}), std::invalid_argument);
  // DDPM from a level without noise: 0 / 0.
  CHECK_THROWS_AS(trace(Ddpm{}, {levels[0], {0, 1, 0}, {0, 1, 0}}), std::invalid_argument);
}
