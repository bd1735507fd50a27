#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <nlohmann/json.hpp>

#include <hush/grid.hpp>
#include <hush/grids/leading.hpp>
#include <hush/grids/linspace.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/shared/from_sigmas.hpp>

using namespace hush;

namespace {

using List = std::vector<double>;

constexpr LinearBeta ddpm{};

struct Sine {
  Level operator()(double time) const { return {time, std::cos(time), std::sin(time)}; }
};

static_assert(!GridRule<int> && GridRule<AnyGrid>);

}  // namespace

TEST_CASE("grids: the lists of the peers") {
  CHECK(Leading{}(ddpm, 10) == List{900, 800, 700, 600, 500, 400, 300, 200, 100, 0});
  CHECK(Leading{}(ddpm, 7) == List{852, 710, 568, 426, 284, 142, 0});
  CHECK(Linspace{}(ddpm, 10) == List{999, 888, 777, 666, 555, 444, 333, 222, 111, 0});
  CHECK(Trailing{}(ddpm, 10) == List{999, 899, 799, 699, 599, 499, 399, 299, 199, 99});
  CHECK(Trailing{}(ddpm, 7) == List{999, 856, 713, 570, 428, 285, 142});
}

TEST_CASE("grids: halves are rounded to the even number") {
  // linspace(0, 9, 7) = 0, 1.5, 3, 4.5, 6, 7.5, 9, and 12 - 1.5 k = 12, 10.5, 9, 7.5, 6, 4.5, 3, 1.5.
  CHECK(Linspace{}(LinearBeta{.steps = 10}, 7) == List{9, 8, 6, 4, 3, 2, 0});
  CHECK(Trailing{}(LinearBeta{.steps = 12}, 8) == List{11, 9, 8, 7, 5, 3, 2, 1});
}

TEST_CASE("grids: every number of steps of a thousand, as numpy and so the peers list them") {
  const nlohmann::json golden = nlohmann::json::parse(std::ifstream(HUSH_ROOT "/tests/goldens/grids.json"));
  const auto judge = [&](const char* name, const AnyGrid& grid) {
    CAPTURE(name);
    const std::vector<int> sums = golden.at(name);
    REQUIRE(sums.size() >= 999);
    int others = 0;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      long sum = 0;
      for (const double time : grid(ddpm, int(i) + 1)) sum = (31 * sum + long(time)) % 1000003;
      others += sum != sums[i];
    }
    CHECK(others == 0);
  };
  judge("linspace", Linspace{}), judge("linspace_open", Linspace{.closed = false});
  judge("leading", Leading{}), judge("leading_open", Leading{.closed = false});
  judge("trailing", Trailing{});
  CHECK(Leading{.closed = false}(ddpm, 9) == List{900, 800, 700, 600, 500, 400, 300, 200, 100});
  CHECK(Leading{.closed = false}(Sine{}, 1)[0] == doctest::Approx(.5005));
  CHECK_THROWS_WITH_AS(Leading{.closed = false}(LinearBeta{.steps = 10}, 10),
                       "[Leading] 10 steps of 11 times are too many for the 10 of the schedule", std::invalid_argument);
}

TEST_CASE("grids: one-based schedules get the same list plus one") {
  CHECK(Leading{}(OneBased{ddpm}, 5) == List{801, 601, 401, 201, 1});
  CHECK(Leading{.offset = 1}(ddpm, 5) == List{801, 601, 401, 201, 1});
  CHECK(Linspace{}(OneBased{ddpm}, 4) == List{1000, 667, 334, 1});
  CHECK(Trailing{}(OneBased{ddpm}, 4) == List{1000, 750, 500, 250});
}

TEST_CASE("grids: times fall strictly and stay within the schedule, for every number of steps") {
  for (const int steps : {1, 2, 3, 7, 20, 100, 501}) {
    const LinearBeta schedule{.steps = steps};
    for (int n = 1; n <= steps; ++n)
      for (const AnyGrid& grid : {AnyGrid(Leading{}), AnyGrid(Linspace{}), AnyGrid(Trailing{})}) {
        const List times = grid(schedule, n);
        REQUIRE(int(times.size()) == n);
        CHECK((times.front() <= steps - 1 && times.back() >= 0));
        for (int i = 1; i < n; ++i) REQUIRE(times[std::size_t(i)] < times[std::size_t(i) - 1]);
        if (n == steps) CHECK((times.front() == steps - 1 && times.back() == 0));
      }
  }
}

TEST_CASE("grids: one step of Linspace and of Trailing starts where the noise is") {
  CHECK(Linspace{}(ddpm, 1) == List{999});
  CHECK(Trailing{}(ddpm, 1) == List{999});
  CHECK(Leading{}(ddpm, 1) == List{0});
}

TEST_CASE("grids: a continuous schedule is divided without rounding") {
  CHECK(Trailing{}(Sine{}, 4) == List{1, .75, .5, .25});
  CHECK(Linspace{.lowest = .25}(Sine{}, 4) == List{1, .75, .5, .25});
  CHECK(Leading{.lowest = .25}(Sine{}, 2) == List{.625, .25});
  CHECK(Linspace{}(Sine{}, 1) == List{1});
}

TEST_CASE("grids: no step and too many steps are refused in words") {
  CHECK_THROWS_WITH_AS(Leading{}(ddpm, 0), "[Leading] wants at least 1 step, got 0", std::invalid_argument);
  CHECK_THROWS_WITH_AS(Trailing{}(ddpm, 1001), "[Trailing] 1001 steps are more than the 1000 of the schedule",
                       std::invalid_argument);
  CHECK_THROWS_AS(Linspace{}(ddpm, -1), std::invalid_argument);
  CHECK_THROWS_AS(Linspace{}(Sine{}, 0), std::invalid_argument);
  CHECK_THROWS_AS(Linspace{.lowest = 0}(Sine{}, 2), std::invalid_argument);
  CHECK_THROWS_AS(Leading{.lowest = 1}(Sine{}, 2), std::invalid_argument);
  CHECK_THROWS_WITH_AS(Leading{.offset = 100}(ddpm, 10), "[Leading] an offset of 100 leads out of the 1000 steps",
                       std::invalid_argument);
  CHECK_THROWS_AS(Leading{.offset = -1}(ddpm, 10), std::invalid_argument);
}

TEST_CASE("grid: sampling ends at the clean level, after any list of times") {
  const std::vector<Level> levels = levels_at(ddpm, {100, 87, 50, 1, 0});
  REQUIRE(levels.size() == 6);
  const List times = {100, 87, 50, 1, 0, -1};
  for (std::size_t i = 0; i < 6; ++i) CHECK(levels[i] == ddpm(times[i]));
  CHECK(levels_at(Sine{}, {1, .5}).back() == Level{0, 1, 0});
  CHECK_THROWS_AS(levels_at(ddpm, {1000, 500}), std::invalid_argument);
}
