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
#include <hush/sampling/lower.hpp>
#include <hush/sampling/trace.hpp>
#include <hush/schedules/cosine.hpp>

#include "samplers/pixels.hpp"
#include "sampling/noisy_steps.hpp"
#include "with_past.hpp"

using namespace samplers;
using namespace hush::detail;

namespace {

/// Wants the last three estimates and the last two images, one of which it looks at and adds.
struct Greedy {
  template <class X>
  struct Memory {
    std::vector<X> eps, x;
  };
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&, Memory<X>& memory) const {
    const X eps = denoise(x, from).eps;
    memory.eps.push_back(eps), memory.x.push_back(x);
    X sum = .5 * x + to.noise * eps;
    if (memory.eps.size() > 1) sum = sum + .1 * memory.eps.end()[-2] - .2 * memory.x.end()[-2];
    if (memory.eps.size() > 2) sum = sum - .3 * memory.eps.end()[-3];
    return sum;
  }
};

struct NotLinear {
  static constexpr bool linear = false;
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level, auto&&) const {
    return denoise(x, from).x0;
  }
};
struct NoNoise {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to) const;
};
struct OnlyFloat {
  float step(auto&& denoise, float x, Level from, Level to, auto&& noise) const;
};

static_assert(Sampler<TwoStep> && Sampler<LooksTwice> && Sampler<Stirred> && Sampler<Echo> && Sampler<NotLinear>);
static_assert(!Sampler<int> && !Sampler<NoNoise> && !Sampler<OnlyFloat>);
static_assert(is_linear<Ddim> && is_linear<TwoStep> && !is_linear<NotLinear>);

/// The largest difference between both ways, on an image, with a network that is not linear.
template <class S>
double difference(const S& sampler, double clip) {
  const auto network = [](double x, double time) { return std::sin(2 * x) + .01 * time * x; };
  const auto denoise = denoiser(PredictNoise{}, network, clip);
  const auto start = drawn(0, 9);
  const auto a = run_eagerly(sampler, levels, start, denoise, drawn);
  const auto b = run(trace(sampler, levels), start, denoise, drawn);
  double largest = 0, size = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    largest = std::fmax(largest, std::abs(a.values[i] - b.values[i]));
    size = std::fmax(size, std::abs(a.values[i]));
  }
  REQUIRE(std::isfinite(size));
  return largest / size;
}

}  // namespace

TEST_CASE("lower: a planned run is the eager one to rounding, for every sampler, clipped or not") {
  for (const double clip : {0., .5}) {
    CHECK(difference(Ddim{}, clip) < 1e-11);
    CHECK(difference(Ddim{.eta = .7}, clip) < 1e-11);
    CHECK(difference(Ddim{.eta = 1}, clip) < 1e-11);
    CHECK(difference(Ddpm{}, clip) < 1e-11);
    CHECK(difference(Ddpm{.variance = Variance::fixed_large}, clip) < 1e-11);
    CHECK(difference(TwoStep{}, clip) < 1e-11);
    CHECK(difference(LooksTwice{}, clip) < 1e-11);
    CHECK(difference(Stirred{}, clip) < 1e-11);
    CHECK(difference(Echo{}, clip) < 1e-11);
    CHECK(difference(Greedy{}, clip) < 1e-11);
  }
}

TEST_CASE("lower: a step of DDPM is one pass, in place") {
  const LoweredPlan plan = lower(trace(Ddpm{}, levels));
  CHECK(plan.registers == 1);
  REQUIRE(plan.steps.size() == 12);
  for (std::size_t step = 0; step < plan.steps.size(); ++step) {
    REQUIRE(plan.steps[step].size() == 1);
    const StepPass& pass = plan.steps[step][0];
    const auto posterior = Ddpm::posterior(levels[step], levels[step + 1]);
    const bool last = step == 11;
    CHECK(pass.level == levels[step]);
    CHECK((pass.input == 0 && pass.to == 0 && pass.x0 == -1 && pass.eps == -1 && pass.ends_step && !pass.adds_eps));
    CHECK(pass.of_x0 == posterior.x0);
    CHECK(pass.terms == (last ? std::vector<int>{} : std::vector{0}));
    CHECK(pass.draws == (last ? std::vector<int>{} : std::vector{0}));
    if (!last) CHECK(pass.coefficients == std::vector{posterior.x, std::sqrt(posterior.variance)});
  }
}

TEST_CASE("lower: registers are few, however long the run") {
  const std::vector<Level> many = levels_at(Cosine{}, Trailing{}(Cosine{}, 300));
  const auto registers = [&](const auto& sampler) { return lower(trace(sampler, many)).registers; };
  CHECK(registers(Ddim{}) == 1);
  CHECK(registers(Ddim{.eta = 1}) == 1);
  CHECK(registers(TwoStep{}) == 3);
  CHECK(registers(LooksTwice{}) == 2);
}

TEST_CASE("lower: an estimate that a later step wants has a register, and is added from the pass all the same") {
  const LoweredPlan plan = lower(trace(TwoStep{}, {levels[3], levels[4], levels[5]}));
  const StepPass &first = plan.steps[0][0], &last = plan.steps[1][0];
  CHECK((first.x0 >= 0 && first.x0 != first.input && first.eps == -1));
  CHECK((first.of_x0 != 0 && first.adds_eps && first.terms.empty()));
  CHECK(last.terms == std::vector{first.x0});
  CHECK(last.x0 == -1);
}

TEST_CASE("lower: where estimates are changed first they have registers, and the sum is a pass of its own") {
  const LoweredPlan plan = lower(trace(TwoStep{}, {levels[3], levels[4], levels[5]}), {.fuse = false});
  REQUIRE(plan.steps[0].size() == 2);
  const StepPass &call = plan.steps[0][0], &sum = plan.steps[0][1];
  CHECK((call.to == -1 && call.x0 >= 0 && call.eps >= 0 && call.x0 != call.eps));
  CHECK((sum.input == -1 && sum.of_x0 == 0 && !sum.adds_eps));
  CHECK(sum.terms == std::vector{call.x0, call.eps});
}

TEST_CASE("lower: a sum draws its own step's noise, a later step's sum reads it from a register") {
  const LoweredPlan plan = lower(trace(Echo{}, {levels[3], levels[4], levels[5]}));
  REQUIRE(plan.steps[0].size() == 2);
  const StepPass &kept = plan.steps[0][0], &first = plan.steps[0][1], &second = plan.steps[1][0];
  CHECK((kept.draws == std::vector{0} && kept.coefficients == std::vector{1.} && kept.to > 0));
  CHECK((first.input == 0 && first.draws == std::vector{0}));
  CHECK((second.terms == std::vector{kept.to} && second.draws == std::vector{0}));
}

TEST_CASE("lower: noise from the host comes before the network call whose estimates it is added to") {
  const LoweredPlan plan = lower(trace(Ddpm{}, {levels[3], levels[4], levels[5]}), {.noise_from_host = true});
  REQUIRE(plan.steps[0].size() == 2);
  const StepPass &draw = plan.steps[0][0], &call = plan.steps[0][1];
  CHECK((draw.from_host && draw.to == 1));
  CHECK((call.terms == std::vector{0, 1} && call.draws.empty() && call.ends_step));
}

TEST_CASE("lower: a sum that one pass cannot hold goes on with the sum so far") {
  for (const std::size_t most_terms : {2u, 3u, 16u})
    for (const std::size_t most_draws : {1u, 8u}) {
      const Plan plan = trace(Greedy{}, levels), drawing = trace(LooksTwice{}, levels);
      const Lowering few{.most_terms = most_terms, .most_draws = most_draws};
      for (const Plan* one : {&plan, &drawing}) {
        const LoweredPlan lowered = lower(*one, few);
        for (const auto& step : lowered.steps)
          for (const StepPass& pass : step) CHECK((pass.terms.size() <= most_terms && pass.draws.size() <= most_draws));
        const auto denoise = denoiser(
            PredictNoise{}, [](double x, double time) { return std::sin(2 * x) + .01 * time * x; }, .5);
        const auto start = drawn(0, 9);
        const auto split = run(lowered, start, denoise, drawn), whole = run(*one, start, denoise, drawn);
        CHECK(magnitude(split - whole) <= 1e-12 * magnitude(whole));
      }
    }
}

TEST_CASE("lower: known pixels are put back after each step, noisy ones where it went down") {
  const Plan plan = trace(Ddpm{}, {levels[3], levels[4], levels[5]});
  const LoweredPlan clean = lower(with_known_pixels(plan, {levels[3], levels[4], levels[5]}, false));
  REQUIRE(clean.steps[0].size() == 2);
  CHECK(clean.picture == 1);
  CHECK((clean.steps[0][1].picture == 1 && clean.steps[0][1].to == 0));
  const LoweredPlan noisy = lower(with_known_pixels(plan, {levels[3], levels[4], levels[5]}, true));
  REQUIRE(noisy.steps[0].size() == 3);
  const StepPass &noised = noisy.steps[0][1], &put_back = noisy.steps[0][2];
  CHECK((noised.terms == std::vector{1} && noised.draws == std::vector{known_draw} && noised.draws_later == 1));
  CHECK(noised.coefficients == std::vector{levels[4].signal, levels[4].noise});
  CHECK((put_back.picture == noised.to && put_back.to == 0 && noised.to > 1));
  const LoweredPlan up = lower(with_known_pixels(plan, {levels[4], levels[3], levels[5]}, true));
  CHECK(up.steps[0].size() == 1);
  CHECK(up.steps[1].size() == 3);
}

TEST_CASE("lower: all steps of a one-step method but the last are the same kernels on the same registers") {
  const LoweredPlan plan = lower(trace(Ddim{.eta = 1}, levels));
  for (std::size_t step = 1; step < 11; ++step) CHECK(same_kernels(plan.steps[step][0], plan.steps[0][0]));
  CHECK_FALSE(same_kernels(plan.steps[11][0], plan.steps[0][0]));  // the step to the clean image draws nothing
}
