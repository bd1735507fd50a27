#include <hush/training/power_averages.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>

using namespace hush;

namespace {

using B = Cpu<double>;

struct One {
  using backend = B;
  Parameter<B> a;
  One() { a.value = filled(B{1}, {3}, 1); }
  static void visit(auto& self, auto&& f) { f("a", self.a); }
};

}  // namespace

TEST_CASE("power averages: after the first step a copy, then the mean under the power function") {
  One net;
  FlatParameters<B> weights(net);
  PowerAverages<B> averages(weights, {.05, .2});
  // The weights are the step's number: the mean of t under t^gamma.
  for (std::int64_t step = 1; step <= 400; ++step) {
    fill(B{1}, weights.size(), double(step), weights.values().data());
    averages.follow(weights, step);
    if (step == 1) CHECK(download<double>(averages.values[1])[0] == 1);
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const double exponent = power_ema_exponent(averages.stds[i]);
    const double mean = 400 * (exponent + 1) / (exponent + 2);  // of a continuous training; the steps' ends are later
    CHECK(download<double>(averages.values[i])[2] == doctest::Approx(mean + .5).epsilon(1e-3));
  }
}

TEST_CASE("power averages: what is refused") {
  One net;
  FlatParameters<B> weights(net);
  CHECK_THROWS_WITH_AS(PowerAverages<B>(weights, {}), "[PowerAverages] wants at least one std", std::invalid_argument);
  CHECK_THROWS_AS(PowerAverages<B>(weights, {.5}), std::invalid_argument);
  PowerAverages<B> averages(weights, {.1});
  CHECK_THROWS_WITH_AS(averages.follow(weights, 0), "[PowerAverages] the first step is 1, got 0",
                       std::invalid_argument);
}
