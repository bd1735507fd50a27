#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <hush/core.hpp>
#include <hush/train.hpp>
#include <hush/training.hpp>

#include "tiny.hpp"

using namespace hush;

namespace {

using tiny::Net;

/// Weights, averaged weights and the epochs' losses of a run.
struct Outcome {
  std::vector<float> weights, averaged;
  std::vector<double> losses;
  bool operator==(const Outcome&) const = default;
};

Outcome run(TrainOptions<tiny::Squares> options, int threads = 2) {
  const tiny::Squares data{40}, held_out{12};
  Net net = tiny::net(threads);
  options.validation = &held_out;
  const auto trained = train(tiny::process, net, Adam{}, data, options);
  Outcome outcome{tiny::weights(net), tiny::weights(trained.averaged), {}};
  for (const auto& e : trained.epochs) outcome.losses.insert(outcome.losses.end(), {e.loss, e.validation_loss});
  return outcome;
}

/// Notes what each step reports.
struct Watch {
  std::vector<double> norms, rates;
  template <class T>
  void step(const T&, const StepReport& report) {
    norms.push_back(report.gradient_norm), rates.push_back(report.rate);
  }
};

/// The squares with a hole in each: every other column, or all of it.
struct HoledSquares {
  tiny::Squares squares{};
  bool whole = false;

  std::int64_t size() const { return squares.size(); }
  Examples<Holed> batch(std::span<const std::int64_t> items) const {
    Examples<Holed> examples{squares.batch(items), {}};
    examples.given = {examples.images, Images<float>(std::int64_t(items.size()), 8, 8, 1)};
    for (std::size_t i = 0; i < examples.given.hole.pixels.size(); ++i)
      examples.given.hole.pixels[i] = whole || i % 2 == 0;
    return examples;
  }
};

/// Writes down when it is told what.
struct Teller {
  std::string& told;
  char name;
  template <class T>
  void start(const T&) {
    told += {name, 's', ' '};
  }
  template <class T>
  void epoch(const T&, const EpochReport& report) {
    told += {name, 'e', char('0' + report.epoch), ' '};
  }
  template <class T>
  void finish(const T&) {
    told += {name, 'f', ' '};
  }
};

std::string refusal(const TrainOptions<tiny::Squares>& options, const tiny::Squares& data = {40}) {
  Net net = tiny::net();
  try {
    train(tiny::process, net, Adam{}, data, options);
  } catch (const std::invalid_argument& error) { return error.what(); }
  return "";
}

}  // namespace

TEST_CASE("train: the loss falls on squares") {
  const Outcome outcome = run({.epochs = 30, .batch = 8});
  REQUIRE(outcome.losses.size() == 60);
  CHECK(outcome.losses[58] < 0.5 * outcome.losses[0]);
  CHECK(outcome.losses[59] < 0.5 * outcome.losses[1]);
}

TEST_CASE("train: a run is a function of its options, not of the number of threads") {
  const Outcome one = run({.epochs = 2, .batch = 8, .seed = 4}, 1);
  CHECK(run({.epochs = 2, .batch = 8, .seed = 4}, 2) == one);
  CHECK(run({.epochs = 2, .batch = 8, .seed = 4}, 4) == one);
  CHECK(run({.epochs = 2, .batch = 8, .seed = 5}) != one);
  CHECK(run({.epochs = 2, .batch = 8, .seed = 4, .reshuffle = false}) != one);
}

TEST_CASE("train: after one step the average is the weights, and later it lags behind") {
  int steps = 0;
  const Outcome one = run({.batch = 8, .stop = [&] { return ++steps == 1; }});
  CHECK(one.weights == one.averaged);
  CHECK(one.weights != tiny::weights(tiny::net()));
  const Outcome five = run({.batch = 8});
  CHECK(five.weights != five.averaged);
}

TEST_CASE("train: clipping bounds the step, and the reported norm is that before it") {
  const auto norms = [](double clip, Rate rate) {
    Net net = tiny::net();
    Watch watch;
    train(tiny::process, net, Adam{.rate = 0.5}, tiny::Squares{8},
          {.batch = 8, .rate = std::move(rate), .clip_gradient = clip}, watch);
    REQUIRE(watch.norms.size() == 1);
    CHECK(watch.rates[0] == 0.5);
    return watch.norms[0];
  };
  CHECK(norms(0, rates::Constant{}) == norms(1e-3, rates::Constant{}));
  CHECK(norms(0, rates::Constant{}) > 1e-3);
}

TEST_CASE("train: observers start from the first to the last, and are told the rest from the last to the first") {
  std::string told;
  Net net = tiny::net();
  train(tiny::process, net, Adam{}, tiny::Squares{16}, {.epochs = 2, .batch = 8}, Teller{told, 'a'}, Teller{told, 'b'});
  CHECK(told == "as bs be0 ae0 be1 ae1 bf af ");
}

TEST_CASE("train: a loss or gradient that is not finite stops the run in words before it spoils the weights") {
  Net net = tiny::net();
  const auto before = tiny::weights(net);
  const tiny::Squares poisoned{16, std::numeric_limits<float>::quiet_NaN()};
  CHECK_THROWS_WITH_AS(train(tiny::process, net, Adam{}, poisoned, {.batch = 8}),
                       "[train] the loss is nan at step 1 (epoch 1); the weights of step 0 are kept. Lower the rate, "
                       "warm it up, or clip the gradient.",
                       NonFinite);
  CHECK(tiny::weights(net) == before);
}

TEST_CASE("train: options that make no sense are refused in words") {
  CHECK(refusal({.epochs = 0}) == "[train] epochs must be at least 1, is 0");
  CHECK(refusal({.batch = 0}) == "[train] batch must be at least 1, is 0");
  CHECK(refusal({.batch = 64}) == "[train] the data set has 40 images, fewer than one batch of 64");
  CHECK(refusal({.batch = 8, .clip_gradient = -1}) == "[train] clip_gradient must not be negative, is -1");
  CHECK(refusal({.batch = 8, .ema = {.decay = 1}}) == "[Ema] decay must lie in [0, 1), is 1");
  CHECK(refusal({.batch = 8, .rate = nullptr}) == "[train] rate and draw must not be empty");
  CHECK(refusal({.batch = 8}, {40, 1, 16}) == "[train] the data are 16x16x1, the network makes 8x8x1");
}

TEST_CASE("train: a draw that does not fit the schedule is refused before the first step, and before observers start") {
  Net net = tiny::net(1);
  std::string told;
  const auto with = [&](const auto& process, const DrawRule& draw) {
    TrainOptions<tiny::Squares> options{.batch = 8};
    if (draw) options.draw = draw;
    train(process, net, Adam{}, tiny::Squares{8}, options, Teller{told, 'a'});
  };
  CHECK_THROWS_WITH_AS(
      with(Process{VpSde{}}, nullptr),
      "[DiscreteUniform] wants a discrete schedule, this one is continuous; take ContinuousUniform or LogNormal",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(with(Process{VpSde{}, PredictScore{}}, [](const auto&, auto&) { return 0.; }),
                       "[train] at time 0 (signal 1, noise 0) the target's factor of the noise is -inf: the draw must "
                       "leave out what the parameterization cannot do",
                       std::invalid_argument);
  CHECK(told.empty());
  with(Process{VpSde{}}, ContinuousUniform{});
  CHECK(told == "as ae0 af ");
}

TEST_CASE("train: a draw is told where its item stands in the batch, also where that is computed in parts") {
  std::vector<std::uint32_t> places;
  const DrawRule notes = [&](const AnySchedule& schedule, Uniform& uniform) {
    CHECK(uniform.batch == 4);
    places.push_back(uniform.place);
    return DiscreteUniform{}(schedule, uniform);
  };
  Net net = tiny::net(1);
  train(tiny::process, net, Adam{}, tiny::Squares{8},
        TrainOptions<tiny::Squares>{.batch = 4, .draw = notes, .accumulate = 2});
  CHECK(places == std::vector<std::uint32_t>{0, 0, 1, 2, 3, 0, 1, 2, 3});  // once before the first step
}

TEST_CASE("train: weights of 1 change nothing; others the loss, the validation loss and the weights") {
  const Outcome plain = run({.epochs = 2, .batch = 8});
  CHECK(run({.epochs = 2, .batch = 8, .weighting = Unweighted{}}) == plain);
  const Outcome twice = run({.epochs = 2,
                             .batch = 8,
                             .rate = [](auto, auto) { return 0.; },
                             .weighting = [](Level, const Scalings&) { return 2.; }});
  const Outcome still = run({.epochs = 2, .batch = 8, .rate = [](auto, auto) { return 0.; }});
  for (std::size_t i = 0; i < 4; ++i) CHECK(twice.losses[i] == doctest::Approx(2 * still.losses[i]).epsilon(1e-6));
  const Outcome weighted = run({.epochs = 2, .batch = 8, .weighting = MinSnr{}});
  CHECK(weighted.weights != plain.weights);
  CHECK(weighted.losses[1] < plain.losses[1]);
}

TEST_CASE("train: every parameterization learns") {
  const auto last = [](const auto& process) {
    Net net = tiny::net();
    const auto trained = train(process, net, Adam{}, tiny::Squares{40}, {.epochs = 12, .batch = 8});
    return trained.epochs.back().loss / trained.epochs.front().loss;
  };
  CHECK(last(Process{tiny::process.schedule, PredictX0{}}) < 0.9);
  CHECK(last(Process{tiny::process.schedule, PredictVelocity{}}) < 0.9);
  CHECK(last(Process{OneBased{tiny::process.schedule}, PredictNoise<Gamma>{}}) < 0.9);
  CHECK(last(Process{tiny::process.schedule, PredictScore<>{.divided = true}}) < 0.9);
  CHECK(last(Process{tiny::process.schedule, PredictFlow{}}) < 0.9);
  CHECK(last(Process{tiny::process.schedule, EdmPreconditioning{}}) < 0.9);
  CHECK(last(Process{tiny::process.schedule, VpPreconditioning{}}) < 0.9);
  CHECK(last(Process{tiny::process.schedule, VePreconditioning{}}) < 0.9);
}

static_assert(Dataset<tiny::Squares>);
static_assert(!Dataset<int>);

TEST_CASE("train: with holes, what is known costs nothing") {
  const Process process{tiny::process.schedule, PredictNoise{}, Mask{.channels = 1}};
  const auto losses = [&](bool whole, std::int64_t accumulate) {
    const HoledSquares data{{.count = 40}, whole}, held_out{{.count = 12}, whole};
    Net net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
            process.ports(), Seed{9});
    const auto trained = train(process, net, Adam{.rate = 1e-3}, data,
                               {.epochs = 2, .batch = 20, .accumulate = accumulate, .validation = &held_out});
    return trained.epochs;
  };
  const auto half = losses(false, 1), whole = losses(true, 1), parts = losses(false, 2);
  for (std::size_t e = 0; e < 2; ++e) {
    CHECK(half[e].validation_hole_loss == doctest::Approx(2 * half[e].validation_loss));
    CHECK(whole[e].validation_hole_loss == doctest::Approx(whole[e].validation_loss));
    CHECK(half[e].loss < .7 * whole[e].loss);
    CHECK(parts[e].loss == doctest::Approx(half[e].loss).epsilon(1e-4));
  }
  CHECK(half[1].loss < half[0].loss);
}

TEST_CASE("train: a mask that fits no picture of the data is refused before the first step") {
  struct Wrong : HoledSquares {
    Examples<Holed> batch(std::span<const std::int64_t> items) const {
      auto examples = HoledSquares::batch(items);
      examples.given.hole = Images<float>(1, 4, 4, 1);
      return examples;
    }
  };
  const Process process{tiny::process.schedule, PredictNoise{}, Mask{.channels = 1}};
  Net net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
          process.ports(), Seed{9});
  CHECK_THROWS_WITH_AS(train(process, net, Adam{}, Wrong{}, {.batch = 4}), "[Mask] the mask is 4x4x1, wanted is 8x8x1",
                       std::invalid_argument);
}

TEST_CASE("train: what sampling could not start from is refused before the first step") {
  Net net = tiny::net();
  const tiny::Squares data{20};
  const ZeroTerminalSnr silent{tiny::process.schedule};
  CHECK_THROWS_WITH_AS(train(Process{silent, PredictNoise{}}, net, Adam{}, data, {.batch = 10}),
                       "[train] the noisiest level, time 19, has no signal, and this parameterization gives no clean "
                       "image there: `sample` could not start from what is trained; predict the velocity or x0, or "
                       "take a schedule that keeps some signal",
                       std::invalid_argument);
  CHECK_THROWS_AS(train(Process{silent, VpPreconditioning<Time>{}}, net, Adam{}, data, {.batch = 10}),
                  std::invalid_argument);
  // The others learn at that level, whatever the weighting, and make images from it.
  const auto only_last = [](const AnySchedule&, Uniform&) { return 19.; };
  const auto learns = [&](const auto& process) {
    for (const WeightRule& rule : {WeightRule(MinSnr{}), WeightRule(Snr{}), WeightRule(SigmaSquared{}),
                                   WeightRule(TruncatedSnr{}), WeightRule(EdmWeighting{})}) {
      const auto trained =
          train(process, net, Adam{}, data, {.epochs = 1, .batch = 10, .draw = only_last, .weighting = rule});
      CHECK(std::isfinite(trained.epochs[0].loss));
    }
    for (const float v : sample(process, net, Ddim{}, {.steps = 2}).pixels) CHECK(std::isfinite(v));
  };
  learns(Process{silent, PredictVelocity{}}), learns(Process{silent, PredictX0{}});
  learns(Process{silent, EdmPreconditioning<Time>{}});
}
