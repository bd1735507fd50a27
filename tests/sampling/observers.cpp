#include <hush/sampling/observers.hpp>

#include <doctest/doctest.h>

#include <string>

#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "formula.hpp"

using namespace hush;

namespace {

const Process process{LinearBeta{}, PredictNoise<Gamma>{}};
double zero(double, double) { return 0; }

/// Writes down what it is told.
struct Log {
  char name;
  int every;
  std::string& told;
  void start(const SamplingRun& run) {
    CHECK((run.steps == 5 && run.count == 3 && run.batch == 2));
    told += name;
  }
  void step(const Step<Cpu<float>>& step) { told += std::to_string(step.step) + name; }
  void finish(const SamplingRun&) { told += name; }
};
struct OnlyStart {
  int& starts;
  void start(const SamplingRun&) { ++starts; }
};

}  // namespace

TEST_CASE("observers: each is told what it asks for at its own interval, the last one first") {
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    std::string told;
    Log a{'a', 2, told};
    int calls = 0, starts = 0;
    sample(process, Formula<float>{zero}, Ddim{}, {.steps = 5, .count = 3, .batch = 2, .execution = execution}, a,
           Log{'b', 3, told}, Every{4, [&](const auto&) { ++calls; }}, OnlyStart{starts});
    CHECK(told == "ab0b0a2a3b4a5b5a0b0a2a3b4a5b5aba");
    CHECK(calls == 2 * 3);
    CHECK(starts == 1);
  }
  CHECK_THROWS_WITH_AS(sample(process, Formula<float>{zero}, Ddim{}, {}, Every{0, [](const auto&) {}}),
                       "[sample] every must be at least 1, is 0", std::invalid_argument);
}

TEST_CASE("observers: who ends the run ends it for all, and the others are told of that step and of the end") {
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    std::string told;
    Log a{'a', 1, told};
    const auto x =
        sample(process, Formula<float>{zero}, Ddim{}, {.steps = 5, .count = 3, .batch = 2, .execution = execution}, a,
               [](const auto& step) { return step.step < 2; });
    CHECK(told == "a0a1a2aa");
    CHECK(x.count == 2);
  }
}
