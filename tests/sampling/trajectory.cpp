#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include <hush/samplers/ddim.hpp>
#include <hush/sampling/trajectory.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/linear_beta.hpp>

using namespace hush;

namespace {

/// Each level twice.
struct Twice {
  std::vector<Level> route(const std::vector<Level>& down) const {
    std::vector<Level> way;
    for (const Level& level : down) way.insert(way.end(), {level, level});
    return way;
  }
  template <class X>
  X step(auto&&, const X& x, Level, Level, auto&&) const {
    return x;
  }
};

/// Whether a trajectory can be made of an S, a temporary one unless S is a reference.
template <class S>
concept Leads = requires(S&& schedule, const std::vector<double>& times) {
  trajectory(static_cast<S&&>(schedule), Ddim{}, times);
};
static_assert(Leads<const Cosine&> && Leads<Cosine&> && !Leads<Cosine> && !Leads<const Cosine>);

}  // namespace

TEST_CASE("trajectory: the levels of the grid and then the clean one, and the schedule's levels between them") {
  const LinearBeta schedule;
  Trajectory way = trajectory(schedule, Ddim{}, {900, 400, 0});
  REQUIRE(way.steps() == 3);
  CHECK(way.from() == schedule(900));
  CHECK(way.to() == schedule(400));
  CHECK(!way.is_last());
  way.step = 2;
  CHECK(way.is_last());
  CHECK(way.to() == Level{-1, 1, 0});
  CHECK(way.at_time(17.5) == schedule(17.5));
  for (const double time : {-.25, 0., 1., 3.5, 499.75, 999.}) {
    const Level at = schedule(time), found = way.at_sigma(at.noise / at.signal);
    CHECK(found.time == doctest::Approx(time).epsilon(1e-9));
    CHECK(found.noise == doctest::Approx(at.noise).epsilon(1e-12));
  }
  CHECK_THROWS_WITH_AS(way.at_sigma(1000), "[schedule] has no level of noise / signal = 1000", std::invalid_argument);
  CHECK_THROWS_AS(way.at_sigma(-1), std::invalid_argument);
  CHECK_THROWS_AS(way.at_sigma(std::nan("")), std::invalid_argument);
}

TEST_CASE("trajectory: a sampler may go its own way") {
  const Cosine schedule;
  const Trajectory way = trajectory(schedule, Twice{}, {500, 100});
  REQUIRE(way.steps() == 5);
  CHECK(way.levels[0] == way.levels[1]);
  CHECK(way.levels[2] == schedule(100));
}

TEST_CASE("trajectory: one that knows no schedule says so") {
  const Trajectory bare{{LinearBeta{}(5), Level{}}};
  CHECK_THROWS_WITH_AS(bare.at_sigma(1),
                       "[sampler] wants levels between those of the run, and this trajectory knows no schedule",
                       std::invalid_argument);
}
