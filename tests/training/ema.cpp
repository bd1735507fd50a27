#include <doctest/doctest.h>

#include <hush/training/ema.hpp>

using namespace hush;

TEST_CASE("ema: the decay grows as in the published tables") {
  const Ema ratio{.decay = 0.9999};
  const auto power = [](double p) { return Ema{.decay = 0.9999, .warm_up = Ema::WarmUp::power, .power = p}; };
  struct Row {
    std::int64_t step;
    double ratio, two_thirds, three_quarters, one;
  };
  for (const Row& row : {Row{1, 0, 0, 0, 0}, Row{2, .181818, .370039, .405396, .5},
                         Row{10, .526316, .784557, .822172, .9}, Row{100, .917431, .953584, .968377, .99},
                         Row{1000, .991080, .990000, .994377, .999}, Row{10000, .999101, .997846, .999000, .9999}}) {
    CAPTURE(row.step);
    CHECK(std::abs(ratio.at(row.step) - row.ratio) <= 5.1e-7);
    CHECK(std::abs(power(2.0 / 3).at(row.step) - row.two_thirds) <= 5.1e-7);
    CHECK(std::abs(power(0.75).at(row.step) - row.three_quarters) <= 5.1e-7);
    CHECK(std::abs(power(1).at(row.step) - row.one) <= 5.1e-7);
  }
}

TEST_CASE("ema: decay 0 follows the weights, the cap holds, and a late start waits") {
  CHECK(Ema{.decay = 0}.at(1000) == 0);
  CHECK(Ema{.decay = 0.9}.at(1'000'000) == 0.9);
  CHECK(Ema{.after = 10}.at(11) == 0);
  CHECK(Ema{.after = 10}.at(12) > 0);
  CHECK_THROWS_WITH_AS(Ema{.decay = 1}.validate(), "[Ema] decay must lie in [0, 1), is 1", std::invalid_argument);
}
