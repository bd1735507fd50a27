#include <hush/described.hpp>

#include <doctest/doctest.h>

#include <hush/grid.hpp>
#include <hush/grids/leading.hpp>
#include <hush/learning_rate.hpp>
#include <hush/learning_rates/cosine.hpp>
#include <hush/weighting.hpp>
#include <hush/weightings/min_snr.hpp>

using namespace hush;

TEST_CASE("described: a policy behind one type is called as it is, and keeps what it was made of") {
  const learning_rates::Cosine cosine{.warm_up = 4};
  const AnyLearningRate rate = cosine;
  CHECK(rate(2, 100) == cosine(2, 100));
  CHECK(rate.description() == describe(cosine));
  CHECK(code_of(describe(rate)) == "learning_rates::Cosine{.warm_up = 4, .cycles = 0.5}");
  const AnyLearningRate copy = rate;
  CHECK(copy.description() == rate.description());
  CHECK(code_of(describe(AnyWeighting(MinSnr{.gamma = 3}))) == "MinSnr{.gamma = 3}");
  CHECK(code_of(describe(AnyGrid(Leading{.offset = 1}))) == "Leading{.lowest = 0.001, .offset = 1, .closed = true}");
}

TEST_CASE("described: a lambda is unnamed, and nothing is none") {
  const AnyLearningRate half = [](std::int64_t, std::int64_t) { return .5; };
  CHECK(bool(half));
  CHECK(half(0, 1) == .5);
  CHECK(code_of(describe(half)) == "unnamed");
  const AnyWeighting none = nullptr, empty = std::function<double(Level, const Scalings&)>();
  CHECK_FALSE(bool(none));
  CHECK_FALSE(bool(empty));
  CHECK(code_of(describe(none)) == "none");
  CHECK(code_of(describe(empty)) == "none");
  static_assert(!std::is_convertible_v<int, AnyLearningRate>);
}
