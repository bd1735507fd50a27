#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include <hush/io/sampling_bar.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "formula.hpp"

using namespace hush;

TEST_CASE("sampling bar: counts the steps of all batches, however often it is told") {
  const Process process{LinearBeta{}, PredictNoise<Gamma>{}};
  const Formula<float> net{[](double x, double) { return .5 * x; }};
  for (const int every : {0, 1, 3, 100}) {
    CAPTURE(every);
    std::ostringstream out;
    double now = 0;
    io::SamplingBar bar({.what = "make", .out = &out, .terminal = false, .quiet = .5, .clock = [&] { return now; }},
                        every);
    const auto tick = [&](const Step<Cpu<float>>&) { now += 1; };
    sample(process, net, Ddim{}, {.steps = 8, .count = 7, .batch = 3}, bar, tick);
    const std::string text = out.str();
    CHECK(text.find("make: ") == 0);
    CHECK(text.find("100%") != text.npos);
    CHECK(text.find(" 24/24 ") != text.npos);  // 3 batches of 8 steps
    CHECK(text.find("25/") == text.npos);
  }
}

TEST_CASE("sampling bar: is an observer as it stands") {
  const Process process{LinearBeta{}, PredictNoise<Gamma>{}};
  const Formula<float> net{[](double x, double) { return .5 * x; }};
  std::ostringstream out;
  io::SamplingBar bar({.what = "sample", .out = &out});
  sample(process, net, Ddim{}, {.steps = 4, .count = 2}, bar);
  CHECK(out.str().find(" 4/4 ") != std::string::npos);
  // The same bar, for runs of other lengths: 50 looks at each.
  sample(process, net, Ddim{}, {.steps = 200}, bar);
  CHECK(bar.every == 4);
  sample(process, net, Ddim{}, {.steps = 4}, bar);
  CHECK(bar.every == 1);
}
