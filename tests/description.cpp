#include <doctest/doctest.h>

#include <hush/core.hpp>
#include <hush/description.hpp>

using namespace hush;

namespace {

/// All differences, one after the other.
std::string told(const Description& theirs, const Description& mine) {
  std::string all;
  for (const Difference& one : differences(theirs, mine)) all += one.path + ": " + one.theirs + " / " + one.mine + "; ";
  return all;
}

}  // namespace

TEST_CASE("description: what differs is named by its path, with both values") {
  const auto base = describe(Process{OneBased{LinearBeta{}}, PredictNoise<Time>{}});
  CHECK(told(base, base).empty());
  CHECK(told(base, describe(Process{OneBased{LinearBeta{.last = .03, .steps = 500}}, PredictNoise<Time>{}})) ==
        "schedule.zero_based.last: 0.02 / 0.03; schedule.zero_based.steps: 1000 / 500; ");
  CHECK(told(base, describe(Process{OneBased{RectifiedFlow{}}, PredictVelocity<Time>{}})) ==
        "schedule.zero_based: LinearBeta{.first = 0.0001, .last = 0.02, .steps = 1000, .points = 0} / RectifiedFlow{}; "
        "parameterization: PredictNoise<Time>{} / PredictVelocity<Time>{}; ");
  CHECK(told(base, describe(Process{OneBased{LinearBeta{}}, PredictNoise<Gamma>{}})) ==
        "parameterization: PredictNoise<Time>{} / PredictNoise<Gamma>{}; ");
}

TEST_CASE("description: lists are compared item by item where they are as long, else as a whole") {
  const SimpleUnetConfig config{.widths = {8, 16, 32}};
  CHECK(told(describe(config), describe(SimpleUnetConfig{.widths = {8, 24, 32}})) == "widths[1]: 16 / 24; ");
  CHECK(told(describe(config), describe(SimpleUnetConfig{.widths = {8, 16}})) == "widths: {8, 16, 32} / {8, 16}; ");
  const Betas betas{std::vector<double>(1000, .125)};
  const std::string cut = told(describe(betas), describe(Betas{{.5}}));
  CHECK(cut.size() < 500);
  CHECK(cut.ends_with("... / {0.5}; "));
}

TEST_CASE("description: one of before there was a field means its default; a field nobody knows is a difference") {
  Description before = describe(Laplace{});
  std::erase_if(before.fields, [](const auto& field) { return field.name == "cap"; });
  CHECK(told(before, describe(Laplace{})).empty());
  CHECK(told(before, describe(Laplace{.cap = .9})) == "cap: nothing / 0.9; ");
  CHECK(told(describe(Laplace{}), before) == "cap: 0.999 / nothing; ");
}

TEST_CASE("description: what changes no result is not compared, nor what is excepted by its path") {
  CHECK(told(describe(AdmConfig{}), describe(AdmConfig{.checkpoint = true})).empty());
  const AdmConfig other{.image = {128, 64, 3}, .blocks = 3};
  const auto left = [&](const std::vector<std::string>& except) {
    return differences(describe(AdmConfig{}), describe(other), except).size();
  };
  CHECK(left({}) == 3);
  CHECK(left({"image"}) == 1);
  CHECK(left({"image.width"}) == 2);
  CHECK(left({"im", "block"}) == 3);
  CHECK(left({"blocks", "image"}) == 0);
}
