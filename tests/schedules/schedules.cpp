#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#include <vector>

#include <hush/schedule.hpp>
#include <hush/schedules/betas.hpp>
#include <hush/schedules/cosine.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/one_based.hpp>
#include <hush/schedules/scaled_linear.hpp>
#include <hush/schedules/shared/from_betas.hpp>

#include "printed.hpp"

using namespace hush;

namespace {

double gamma(const NoiseSchedule auto& schedule, double time) {
  const Level at = schedule(time);
  return at.signal * at.signal;
}

double sigma(const NoiseSchedule auto& schedule, double time) {
  const Level at = schedule(time);
  return at.noise / at.signal;
}

/// A schedule of one's own, continuous.
struct Sine {
  Level operator()(double time) const { return {time, std::cos(time), std::sin(time)}; }
};

constexpr LinearBeta ddpm{};
constexpr LinearBeta palette{.first = 1e-4, .last = .09, .steps = 20};
constexpr OneBased fashion{LinearBeta{.first = 1e-4, .last = .02, .steps = 500, .points = 501}};

static_assert(NoiseSchedule<Sine> && !DiscreteSchedule<Sine> && !NoiseSchedule<int>);
static_assert(DiscreteSchedule<OneBased<Cosine>>);
static_assert(ddpm.steps() == 1000 && ddpm.steps == 1000 && ddpm.clean() == -1);
static_assert(fashion.steps() == 500 && fashion.clean() == 0);
static_assert(ddpm == LinearBeta{.steps = 1000} && ddpm != palette);

}  // namespace

TEST_CASE("linear_beta: the 20 steps of Palette") {
  CHECK(palette.beta(0) == "1e-4"_printed);
  CHECK(palette.beta(1) == "0.00483157894737"_printed);
  CHECK(palette.beta(2) == "0.00956315789474"_printed);
  CHECK(palette.beta(10) == "0.0474157894737"_printed);
  CHECK(palette.beta(19) == "0.09"_printed);
  CHECK(gamma(palette, 0) == "0.9999"_printed);
  CHECK(gamma(palette, 1) == "0.995068904211"_printed);
  CHECK(gamma(palette, 2) == "0.985552903163"_printed);
  CHECK(gamma(palette, 10) == "0.766605023278"_printed);
  CHECK(gamma(palette, 19) == "0.394516321967"_printed);
  CHECK(palette(19).signal == "0.628105"_printed);
  CHECK(palette(19).noise == "0.778128"_printed);
  CHECK(1 / (sigma(palette, 19) * sigma(palette, 19)) == "0.651572"_printed);
}

TEST_CASE("linear_beta: the 1000 steps of DDPM") {
  CHECK(gamma(ddpm, 0) == ".9999"_printed);
  CHECK(gamma(ddpm, 1) == ".999780092072"_printed);
  CHECK(gamma(ddpm, 499) == ".0785872428818"_printed);
  CHECK(gamma(ddpm, 999) == "4.03582976538e-05"_printed);
  CHECK(sigma(ddpm, 0) == ".0100005000375"_printed);
  CHECK(sigma(ddpm, 999) == "157.407280810"_printed);
  CHECK(ddpm.beta(487) == ".009801001001"_printed);
}

TEST_CASE("linear_beta: Palette's schedules of training and testing") {
  const LinearBeta train{.first = 1e-6, .last = .01, .steps = 2000}, test{.first = 1e-4, .last = .09};
  CHECK(train.beta(1) == "6.0020010005e-06"_printed);
  CHECK(gamma(train, 999) == ".0817837920517"_printed);
  CHECK(gamma(train, 1999) == "4.38597823613e-05"_printed);
  CHECK(gamma(test, 499) == "1.06547630319e-05"_printed);
  CHECK(gamma(test, 999) == "6.60437730354e-21"_printed);
}

TEST_CASE("linear_beta: 500 one-based steps of 501 points, the table of the Fashion-MNIST document") {
  CHECK(fashion(0) == Level{0, 1, 0});
  CHECK(gamma(fashion, 1) == ".9999"_printed);
  CHECK(gamma(fashion, 2) == ".99976021398"_printed);
  CHECK(gamma(fashion, 250) == ".281387703308"_printed);
  CHECK(gamma(fashion, 499) == ".00654779755852"_printed);
  CHECK(gamma(fashion, 500) == ".0064171022097"_printed);
  CHECK(fashion(500).time == 500);
  CHECK(fashion(500).signal == ".0801068174982"_printed);
  CHECK(fashion(500).noise == ".996786284913"_printed);
  const LinearBeta whole{.first = 1e-4, .last = .02, .steps = 501};
  CHECK(whole.beta(500) / fashion(500).noise == ".020064481527"_printed);
  CHECK(fashion.beta(1) == 1e-4);
  CHECK(fashion.beta(500) == doctest::Approx(whole.beta(499)).epsilon(1e-15));
}

TEST_CASE("cosine: 1000, 2000 and 4000 steps") {
  constexpr Cosine thousand{}, two{.steps = 2000}, four{.steps = 4000};
  CHECK(thousand.beta(0) == "4.1284224822e-05"_printed);
  CHECK(thousand.beta(500) == ".00315569144159"_printed);
  CHECK(thousand.beta(998) == ".749999392901"_printed);
  CHECK(thousand.beta(999) == ".999"_printed);
  CHECK(gamma(thousand, 499) == ".493843590441"_printed);
  CHECK(gamma(thousand, 998) == "2.42876690703e-06"_printed);
  int capped = 0;
  for (int i = 0; i < 1000; ++i) capped += thousand.beta(i) == thousand.cap;
  CHECK(capped == 1);
  CHECK(two.beta(0) == "2.00351333685e-05"_printed);
  CHECK(two.beta(1) == "2.12495171904e-05"_printed);
  CHECK(two.beta(1000) == ".00157786296425"_printed);
  CHECK(two.beta(1998) == ".749999848226"_printed);
  CHECK(two.beta(1999) == ".999"_printed);
  CHECK(gamma(two, 999) == ".493843590441"_printed);
  CHECK(gamma(two, 1998) == "6.07192095384e-07"_printed);
  CHECK(gamma(two, 1999) == "6.07192095384e-10"_printed);
  CHECK(four.beta(0) == "9.86581881368e-06"_printed);
  CHECK(four.beta(2000) == ".00078893555351"_printed);
  CHECK(four.beta(3999) == ".999"_printed);
}

TEST_CASE("scaled_linear: that of latent diffusion, and quad") {
  constexpr ScaledLinear latent{}, quad{.first = 1e-4, .last = .02};
  CHECK(latent.beta(500) == ".00481495414171"_printed);
  CHECK(gamma(latent, 999) == ".00466009851308"_printed);
  CHECK(sigma(latent, 999) == "14.6146412293"_printed);
  CHECK(sigma(latent, 0) == ".0291671581517"_printed);
  CHECK(quad.beta(1) == ".000102648364351"_printed);
  CHECK(quad.beta(500) == ".00574207106769"_printed);
  CHECK(gamma(quad, 999) == ".000733412459581"_printed);
}

TEST_CASE("betas: a list is the schedule that it was copied from") {
  Betas list;
  for (int i = 0; i < palette.steps(); ++i) list.values.push_back(palette.beta(i));
  CHECK(list.steps() == 20);
  for (double time = -1; time <= 19; time += .25) CHECK(list(time) == palette(time));
}

TEST_CASE("schedule: alpha_bar falls strictly from 1, linearly between whole times") {
  const auto falls = [](const DiscreteSchedule auto& schedule) {
    CHECK(schedule(schedule.clean()) == Level{schedule.clean(), 1, 0});
    double before = 1;
    for (int i = 1; i <= schedule.steps(); ++i) {
      const double now = gamma(schedule, schedule.clean() + i);
      REQUIRE(now > 0);
      REQUIRE(now < before);
      CHECK(gamma(schedule, schedule.clean() + i - .75) == doctest::Approx(.25 * now + .75 * before).epsilon(1e-12));
      before = now;
    }
  };
  falls(palette), falls(fashion), falls(Cosine{.steps = 50}), falls(ScaledLinear{.steps = 100}), falls(Betas{{.5}});
}

TEST_CASE("schedule: what cannot be is said in words") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK_THROWS_WITH_AS(ddpm(1000), "[schedule] time 1000 is outside -1 (clean) .. 999", std::invalid_argument);
  CHECK_THROWS_WITH_AS(fashion(501), "[schedule] time 501 is outside 0 (clean) .. 500", std::invalid_argument);
  CHECK_THROWS_AS(ddpm(-1.5), std::invalid_argument);
  CHECK_THROWS_AS(ddpm(nan), std::invalid_argument);
  CHECK_THROWS_WITH_AS(LinearBeta{.steps = 0}(0), "[schedule] wants at least 1 step, got 0", std::invalid_argument);
  CHECK_THROWS_AS(Cosine{.steps = -3}(0), std::invalid_argument);
  CHECK_THROWS_AS(Betas{}(-1), std::invalid_argument);
  CHECK(Betas{{.5, 1}}(1) == Level{1, 0, 1});
  CHECK_THROWS_WITH_AS((Betas{{.5, 1, .5}}(1)), "[schedule] beta 1 is 1, must be in [0, 1); only the last may be 1",
                       std::invalid_argument);
  CHECK_THROWS_AS((Betas{{.5, 1.5}}(1)), std::invalid_argument);
  CHECK_THROWS_AS((Betas{{-.1}}(0)), std::invalid_argument);
  CHECK_THROWS_AS((Betas{{nan}}(0)), std::invalid_argument);
  CHECK_THROWS_AS((Betas{{.5}}.beta(1)), std::invalid_argument);
  CHECK_THROWS_AS(LinearBeta{.last = nan}(5), std::invalid_argument);
  CHECK_THROWS_AS(ScaledLinear{.first = -1}(5), std::invalid_argument);
  CHECK_THROWS_AS(Cosine{.offset = nan}(5), std::invalid_argument);
  CHECK_THROWS_WITH_AS((LinearBeta{.steps = 10, .points = 9}(0)), "[LinearBeta] 9 points are too few for 10 steps",
                       std::invalid_argument);
}

TEST_CASE("schedule: any schedule hides behind one type") {
  const auto same = [](const AnySchedule& any, const auto& schedule, int steps) {
    CHECK(any.steps() == steps);
    CHECK(any.clean() == clean_time(schedule));
    CHECK(any(.5) == schedule(.5));
  };
  same(ddpm, ddpm, 1000), same(fashion, fashion, 500), same(Sine{}, Sine{}, 0);
  const AnySchedule any = palette, copy = any;
  CHECK(copy(3) == palette(3));
}
