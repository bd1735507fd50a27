#include <doctest/doctest.h>

#include <cmath>

#include <hush/backbone.hpp>
#include <hush/conditioning.hpp>
#include <hush/conditionings/unconditional.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/process.hpp>
#include <hush/schedules/linear_beta.hpp>

using namespace hush;
using B = Cpu<double>;

namespace {

/// Gives back what it was called with.
struct Echo {
  using backend = B;
  mutable std::vector<double> seen_levels;
  ImageSize image() const { return {1, 2, 1}; }
  Ports ports() const { return {}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    seen_levels = download<double>(input.noise_labels);
    CHECK_FALSE(input.labels.has_value());
    return 1.0 * input.image;
  }
};

/// A parameterization that scales what the network gets.
struct Doubling {
  Scalings operator()(Level at) const { return {.skip = 0, .out = 1, .in = at.time, .c_noise = -at.time}; }
  Target target(Level) const { return {.x0 = 1, .eps = 0}; }
};

}  // namespace

static_assert(Backbone<Echo> && !Backbone<int>);
static_assert(Conditioning<Unconditional, B> && !KnowsPixels<Unconditional, B>);
static_assert(Unconditional{}.ports() == Ports{});
static_assert(Process{LinearBeta{}}.ports() == Ports{});
static_assert(std::same_as<decltype(Process{LinearBeta{}, PredictVelocity{}}),
                           Process<LinearBeta, PredictVelocity<>, Unconditional>>);

TEST_CASE("process: the network gets the scaled image and is told its own level, image by image") {
  const Process process{LinearBeta{.steps = 10}, Doubling{}};
  const Echo net;
  const auto x = filled(B{}, {2, 1, 2, 1}, 3);
  const std::vector<Level> levels{process.schedule(2), process.schedule(7)};
  const auto y = process.predict(net, x, levels, {});
  CHECK(download<double>(y) == std::vector<double>{6, 6, 21, 21});
  CHECK(net.seen_levels == std::vector<double>{-2, -7});
  Tape<B> tape;
  CHECK(download<double>(process.predict(net, tape, x, levels, {}).value()) == download<double>(y));
}

TEST_CASE("process: as many levels as images") {
  const Process process{LinearBeta{.steps = 10}};
  const std::vector<Level> one{process.schedule(2)};
  CHECK_THROWS_WITH_AS(process.predict(Echo{}, filled(B{}, {2, 1, 2, 1}, 3), one, {}),
                       "[predict] 2 images and 1 levels", std::invalid_argument);
}

TEST_CASE("process: an image size prints as sides and channels") { CHECK(to_text(ImageSize{32, 28, 3}) == "32x28x3"); }
