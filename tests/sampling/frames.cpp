#include <doctest/doctest.h>

#include <hush/grids/leading.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/sampling/frames.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "formula.hpp"

using namespace hush;

TEST_CASE("frames: the images of all batches at every frame, up to as many as were asked for") {
  const Process process{LinearBeta{}, PredictNoise<Gamma>{}};
  const Formula<float> net{[](double x, double) { return .5 * x; }};
  Frames frames{.most = 5, .every = 2}, all{.most = 100, .every = 2};
  const auto run = [&](Frames& into, std::int64_t batch) {
    return sample(process, net, Ddim{}, {.steps = 6, .count = 7, .batch = batch, .grid = Leading{}}, into);
  };
  const Images<float> made = run(frames, 3);
  run(all, 7);
  REQUIRE(frames.frames.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    const Frames::Frame& frame = frames.frames[i];
    CHECK(frame.step == int(2 * i));
    CHECK(frame.x.count == 5);
    CHECK(frame.x0.count == (i == 0 ? 0 : 5));
    CHECK(frame.level == (i == 3 ? Level{-1, 1, 0} : LinearBeta{}(166 * (5 - 2. * double(i)))));
    CHECK(all.frames[i].x.count == 7);
    for (std::int64_t image = 0; image < 5; ++image) CHECK(std::ranges::equal(frame.x[image], all.frames[i].x[image]));
  }
  for (std::int64_t image = 0; image < 5; ++image)
    CHECK(std::ranges::equal(frames.frames.back().x[image], made[image]));
  CHECK(all.frames.back().x == made);
}
