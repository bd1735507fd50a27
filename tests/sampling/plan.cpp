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
#include <hush/schedules/cosine.hpp>

#include "../samplers/pixels.hpp"
#include "../with_past.hpp"

using namespace samplers;

namespace {

/// Looks twice in a step, at an image in which there is fresh noise, and uses that noise again: Ancestral Heun, sort
/// of.
struct LooksTwice {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const X z = noise(), other = noise();
    const X first = denoise(x, from).x0;
    if (to.noise == 0) return first;
    const X guess = to.signal * first + to.noise * z;
    const X second = denoise(guess, to).x0;
    return .5 * to.signal * (first + second) + to.noise * (.6 * z + .8 * other) + .1 * (z - z);
  }
};

/// Looks at x with fresh noise added, and at x as it is but smaller: neither is a register, though each begins as one.
struct Stirred {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const X stirred = denoise(x + .3 * noise(), from).x0, smaller = denoise(.5 * x, from).x0;
    return to.signal * (.5 * (stirred + smaller)) + to.noise * denoise(x, from).eps;
  }
};

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

const std::vector<Level> levels = levels_at(Cosine{.steps = 100}, Trailing{}(Cosine{.steps = 100}, 12));

Pixels<double> drawn(int step, int ordinal) {
  std::vector<float> z(77);
  fill_normal(z.data(), 0, 77,
              {.seed = 3, .step = std::uint32_t(step), .purpose = purpose("z", std::uint32_t(ordinal))});
  return {{z.begin(), z.end()}};
}

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

TEST_CASE("plan: a traced run is the eager one to rounding, for every sampler, clipped or not") {
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

TEST_CASE("plan: a step of DDPM is one look and one combination, in place") {
  const Plan plan = trace(Ddpm{}, levels);
  CHECK(plan.slots == 1);
  CHECK(plan.steps == 12);
  REQUIRE(plan.rows.size() == 24);
  for (std::size_t r = 0; r < plan.rows.size(); r += 2) {
    const auto& look = std::get<DenoiseRow>(plan.rows[r]);
    const auto& combine = std::get<CombineRow>(plan.rows[r + 1]);
    CHECK(look.level == levels[r / 2]);
    CHECK((look.x0 == -1 && look.eps == -1 && combine.looked_at == look.from));
    CHECK((look.step == int(r / 2) && combine.step == int(r / 2) && combine.ends_step));
    const auto posterior = Ddpm::posterior(levels[r / 2], levels[r / 2 + 1]);
    const bool last = r / 2 == 11;
    REQUIRE(combine.terms.size() == (last ? 1 : 2));
    CHECK(combine.terms[0] == PlanTerm{PlanTerm::fresh_x0, posterior.x0});
    if (!last) CHECK(combine.terms[1] == PlanTerm{look.from, posterior.x});
    REQUIRE(combine.draws.size() == (last ? 0 : 1));
    if (!last) CHECK(combine.draws[0] == PlanDraw{int(r / 2), 0, std::sqrt(posterior.variance)});
  }
}

TEST_CASE("plan: slots are few, however long the run") {
  const std::vector<Level> many = levels_at(Cosine{}, Trailing{}(Cosine{}, 300));
  CHECK(trace(Ddim{}, many).slots == 1);
  CHECK(trace(Ddim{.eta = 1}, many).slots == 1);
  CHECK(trace(TwoStep{}, many).slots == 3);
  CHECK(trace(LooksTwice{}, many).slots == 2);
}

TEST_CASE("plan: an estimate that a later step wants has a register, and is used fresh all the same") {
  const Plan plan = trace(TwoStep{}, {levels[3], levels[4], levels[5]});
  const auto& look = std::get<DenoiseRow>(plan.rows[0]);
  const auto& sum = std::get<CombineRow>(plan.rows[1]);
  CHECK((look.x0 >= 0 && look.x0 != look.from && look.eps == -1));
  CHECK(sum.looked_at == look.from);
  CHECK(sum.terms[0].slot == PlanTerm::fresh_x0);
  const auto& last = std::get<CombineRow>(plan.rows[3]);
  CHECK(std::ranges::any_of(last.terms, [&](const PlanTerm& term) { return term.slot == look.x0; }));
  CHECK(std::get<DenoiseRow>(plan.rows[2]).x0 == -1);
}

TEST_CASE("plan: the same draw used twice is one draw, and one that cancels is none") {
  const Plan plan = trace(LooksTwice{}, {levels[3], levels[4]});
  REQUIRE(plan.rows.size() == 4);
  const auto& guess = std::get<CombineRow>(plan.rows[1]);
  const auto& end = std::get<CombineRow>(plan.rows[3]);
  CHECK_FALSE(guess.ends_step);
  REQUIRE(guess.draws.size() == 1);
  CHECK(guess.draws[0] == PlanDraw{0, 0, levels[4].noise});
  REQUIRE(end.draws.size() == 2);
  CHECK((end.draws[0].ordinal == 0 && end.draws[1].ordinal == 1));
  CHECK(end.draws[0].coefficient == doctest::Approx(.6 * levels[4].noise));
}

TEST_CASE("plan: what the network looks at is a register, made first unless it is one already") {
  const Plan plan = trace(Stirred{}, {levels[3], levels[4]});
  REQUIRE(plan.rows.size() == 6);
  const auto& stirred = std::get<CombineRow>(plan.rows[0]);
  CHECK((stirred.terms == std::vector<PlanTerm>{{0, 1}} && stirred.draws == std::vector<PlanDraw>{{0, 0, .3}}));
  CHECK(std::get<DenoiseRow>(plan.rows[1]).from == stirred.to);
  const auto& smaller = std::get<CombineRow>(plan.rows[2]);
  CHECK((smaller.terms == std::vector<PlanTerm>{{0, .5}} && smaller.draws.empty()));
  CHECK(std::get<DenoiseRow>(plan.rows[3]).from == smaller.to);
  CHECK(std::get<DenoiseRow>(plan.rows[4]).from == 0);
}

TEST_CASE("plan: one step is a plan, and so are all the steps of a schedule") {
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

TEST_CASE("plan: a draw that is kept in memory keeps its name") {
  const Plan plan = trace(Echo{}, {levels[3], levels[4], levels[5]});
  const auto& end = std::get<CombineRow>(plan.rows.back());
  REQUIRE(end.draws.size() == 2);
  CHECK((end.draws[0].step == 1 && end.draws[1].step == 0));
}

TEST_CASE("plan: what cannot be traced is said in words") {
  CHECK_THROWS_WITH_AS(trace(Ddim{}, {levels[0]}), "[trace] wants two levels or more, got 1", std::invalid_argument);
  CHECK_THROWS_AS(trace(Ddim{}, std::vector<Level>{}), std::invalid_argument);
  // DDPM from a level without noise: 0 / 0.
  CHECK_THROWS_AS(trace(Ddpm{}, {levels[0], {0, 1, 0}, {0, 1, 0}}), std::invalid_argument);
}
