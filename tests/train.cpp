#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/core.hpp>
#include <hush/train.hpp>
#include <hush/training/training.hpp>

#include "thrown.hpp"
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
  Examples<MaskedImages> batch(std::span<const std::int64_t> items) const {
    Examples<MaskedImages> examples{squares.batch(items), {}};
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
  const auto norms = [](double clip, AnyLearningRate rate) {
    Net net = tiny::net();
    Watch watch;
    train(tiny::process, net, Adam{.rate = 0.5}, tiny::Squares{8},
          {.batch = 8, .rate = std::move(rate), .clip_gradient = clip}, watch);
    REQUIRE(watch.norms.size() == 1);
    CHECK(watch.rates[0] == 0.5);
    return watch.norms[0];
  };
  CHECK(norms(0, learning_rates::Constant{}) == norms(1e-3, learning_rates::Constant{}));
  CHECK(norms(0, learning_rates::Constant{}) > 1e-3);
}

TEST_CASE("train: observers start from the first to the last, and are told the rest from the last to the first") {
  std::string told;
  Net net = tiny::net();
  train(tiny::process, net, Adam{}, tiny::Squares{16}, {.epochs = 2, .batch = 8}, Teller{told, 'a'}, Teller{told, 'b'});
  CHECK(told == "as bs be0 ae0 be1 ae1 bf af ");
}

TEST_CASE("train: an observer is a function of a report too, or wants every so many steps, and ends the run by false") {
  const auto steps = [](auto&&... observers) {
    Net net = tiny::net();
    return train(tiny::process, net, Adam{}, tiny::Squares{40}, {.epochs = 2, .batch = 8}, observers...);
  };
  std::string told;
  const auto note = [&](const StepReport& report) { told += to_text(report.step, ' '); };
  CHECK(!steps(note).stopped);
  CHECK(told == "1 2 3 4 5 6 7 8 9 10 ");
  told.clear();
  steps(Every{4, note}, Every{3, Teller{told, 'a'}}, Every{20, [&](const auto& training, const StepReport& report) {
                                                             CHECK(training.step == report.step);
                                                             told += 'T';
                                                           }});
  CHECK(told == "as 4 ae0 8 T10 ae1 af ");
  told.clear();
  const auto ended = steps(note, [](const StepReport& report) { return int(report.step < 3); });
  CHECK(ended.stopped);
  CHECK(ended.epochs.empty());
  CHECK(told == "1 2 3 ");  // the others hear of the step that was the last
  // The end of an epoch is told though its last step ended the run.
  CHECK(steps([](const StepReport& report) { return report.step < 5; }).epochs.size() == 1);
  CHECK_THROWS_WITH_AS(steps(Every{0, note}), "[train] every must be at least 1, is 0", std::invalid_argument);
}

TEST_CASE("train: a loss or gradient that is not finite stops the run in words before it spoils the weights") {
  Net net = tiny::net();
  const auto before = tiny::weights(net);
  const tiny::Squares data{16};
  const auto infinite = [](Level, const Scalings&) { return 1e300; };  // as a float
  CHECK_THROWS_WITH_AS(train(tiny::process, net, Adam{}, data, {.batch = 8, .weighting = infinite}),
                       "[train] the loss is inf at step 1 (epoch 1); the weights of step 0 are kept. Lower the rate, "
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
  CHECK(refusal({.batch = 8, .rate = nullptr}) == "[train] rate must not be empty");
  CHECK(refusal({.batch = 8}, {40, 1, 16}) == "[train] item 0: the data are 16x16x1, the network makes 8x8x1");
}

TEST_CASE("train: a draw that does not fit the schedule is refused before the first step, and before observers start") {
  Net net = tiny::net(1);
  std::string told;
  const auto with = [&](const auto& process, const AnyLevelDistribution& draw) {
    TrainOptions<tiny::Squares> options{.batch = 8};
    if (draw) options.level_distribution = draw;
    train(process, net, Adam{}, tiny::Squares{8}, options, Teller{told, 'a'});
  };
  CHECK_THROWS_WITH_AS(
      with(Process{VpSde{}}, nullptr),
      "[DiscreteUniform] wants a discrete schedule, this one is continuous; take ContinuousUniform or LogNormal",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(with(Process{VpSde{}, PredictScore{}}, [](const auto&, auto&) { return 0.; }),
                       "[train] at time 0 (signal 1, noise 0) the target's factor of the noise is -inf: the level "
                       "distribution must leave out what the parameterization cannot do",
                       std::invalid_argument);
  CHECK(told.empty());
  with(Process{VpSde{}}, ContinuousUniform{});
  CHECK(told == "as ae0 af ");
}

TEST_CASE("train: a draw is told where its item stands in the batch, also where that is computed in parts") {
  std::vector<std::uint32_t> places;
  const AnyLevelDistribution notes = [&](const AnySchedule& schedule, Uniform& uniform) {
    CHECK(uniform.batch == 4);
    places.push_back(uniform.place);
    return DiscreteUniform{}(schedule, uniform);
  };
  Net net = tiny::net(1);
  train(tiny::process, net, Adam{}, tiny::Squares{8},
        TrainOptions<tiny::Squares>{.batch = 4, .level_distribution = notes, .accumulate = 2});
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
    Examples<MaskedImages> batch(std::span<const std::int64_t> items) const {
      auto examples = HoledSquares::batch(items);
      examples.given.hole = Images<float>(1, 4, 4, 1);
      return examples;
    }
  };
  const Process process{tiny::process.schedule, PredictNoise{}, Mask{.channels = 1}};
  Net net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
          process.ports(), Seed{9});
  CHECK_THROWS_WITH_AS(train(process, net, Adam{}, Wrong{}, {.batch = 4}),
                       "[train] item 0: [Mask] the mask is 4x4x1, wanted is 8x8x1", std::invalid_argument);
}

namespace {

/// The squares, but one item of them is spoilt, from an epoch on.
struct OneSpoilt : tiny::Squares {
  std::function<void(Images<float>&)> spoil;  // of the image alone
  std::int64_t which = 30, from = 0;

  OneSpoilt(std::function<void(Images<float>&)> how, std::int64_t item = 30, std::int64_t epoch = 0)
      : tiny::Squares{40}, spoil(std::move(how)), which(item), from(epoch) {}
  Images<float> batch(std::span<const std::int64_t> items, std::int64_t epoch = 0) const {
    Images<float> images = tiny::Squares::batch(items);
    for (std::size_t i = 0; i < items.size(); ++i)
      if (items[i] == which && epoch >= from) {
        Images<float> one(1, 8, 8, 1, {images[std::int64_t(i)].begin(), images[std::int64_t(i)].end()});
        spoil(one);
        if (one.stride() != images.stride()) {  // as a set does that believes its first picture
          images = one;
          images.count = std::int64_t(items.size());
          images.pixels.resize(std::size_t(images.count * images.stride()));
        } else {
          std::ranges::copy(one[0], images[std::int64_t(i)].begin());
        }
      }
    return images;
  }
  std::filesystem::path path(std::int64_t item) const { return to_text(item, ".png"); }
};
const auto too_bright = [](Images<float>& image) { image.pixels[19] = 255; };

/// What a training says of a set, and how many steps it made before.
std::pair<std::string, int> said(const OneSpoilt& data, TrainOptions<OneSpoilt> options) {
  Net net = tiny::net();
  int steps = 0;
  options.batch = 8;
  options.stop = [&] { return ++steps < 0; };
  try {
    train(tiny::process, net, Adam{}, data, options);
  } catch (const std::invalid_argument& error) { return {error.what(), steps}; }
  return {"", steps};
}

}  // namespace

TEST_CASE("train: an item that does not fit is named when its batch is read, in whatever epoch") {
  const std::string bright =
      "[train] item 30 (30.png) has a value of 255 at row 2, column 3, channel 0, wanted are values in [-1, 1] (bytes "
      "become such by data::to_floats; TrainOptions::pixel_range allows others)";
  const auto [first, steps] = said({too_bright}, {.epochs = 3, .seed = 2});
  CHECK(first == bright);
  CHECK(steps < 5);
  const auto [later, more] = said({too_bright, 30, 2}, {.epochs = 3, .seed = 2});
  CHECK(later == bright);
  CHECK(more >= 10);
  CHECK(said({too_bright}, {.pixel_range = {-1, 255}}).first.empty());

  const auto nan = [](Images<float>& image) { image.pixels[0] = std::numeric_limits<float>::quiet_NaN(); };
  CHECK(said({nan}, {}).first.starts_with("[train] item 30 (30.png) has a value of nan at row 0, column 0, channel 0"));
  CHECK(said({nan}, {.pixel_range = PixelRange::any()})
            .first.starts_with("[train] item 30 (30.png) has a value of nan at row 0, column 0, channel 0, wanted are "
                               "values in the finite numbers"));
  const auto smaller = [](Images<float>& image) { image = Images<float>(1, 8, 4, 1); };
  CHECK(said({smaller}, {}).first == "[train] item 30 (30.png): the data are 8x4x1, the network makes 8x8x1");
  const auto coloured = [](Images<float>& image) { image = Images<float>(1, 8, 8, 3); };
  CHECK(said({coloured}, {}).first == "[train] item 30 (30.png): the data are 8x8x3, the network makes 8x8x1");
}

TEST_CASE("train: every second epoch and the last one are validated, and the weights are those of any other number") {
  const tiny::Squares data{.count = 8}, held_out{.count = 4};
  const auto trained = [&](std::int64_t every) {
    Net net = tiny::net();
    return train(tiny::process, net, Adam{}, data,
                 {.epochs = 5, .batch = 4, .validation = &held_out, .validate_every = every});
  };
  const auto each = trained(1), second = trained(2);
  for (const std::size_t epoch : {1u, 3u, 4u})
    CHECK(second.epochs[epoch].validation_loss == each.epochs[epoch].validation_loss);
  for (const std::size_t epoch : {0u, 2u}) {
    CHECK(std::isnan(second.epochs[epoch].validation_loss));
    CHECK(std::isfinite(each.epochs[epoch].validation_loss));
    CHECK(second.epochs[epoch].loss == each.epochs[epoch].loss);
  }
  CHECK(thrown::message([&] { trained(0); }) == "[train] validate_every must be at least 1, is 0");
}

TEST_CASE("train: validation pictures are checked too, the first of them before the first step") {
  const OneSpoilt data([](Images<float>&) {}), first(too_bright, 0), last(too_bright, 39);
  const auto [before, none] = said(data, {.validation = &first});
  CHECK(before.starts_with("[train] validation item 0 (0.png) has a value of 255"));
  CHECK(none == 0);
  const auto [after, all] = said(data, {.validation = &last});
  CHECK(after.starts_with("[train] validation item 39 (39.png) has a value of 255"));
  CHECK(all == 5);
}

TEST_CASE("train: a hole that is soft or empty is named with its item") {
  struct OneHole : HoledSquares {
    float value;
    explicit OneHole(float v) : value(v) {}
    Examples<MaskedImages> batch(std::span<const std::int64_t> items) const {
      auto examples = HoledSquares::batch(items);
      for (std::size_t i = 0; i < items.size(); ++i)
        if (items[i] == 17) std::ranges::fill(examples.given.hole[std::int64_t(i)], value);
      return examples;
    }
  };
  const Process process{tiny::process.schedule, PredictNoise{}, Mask{.channels = 1}};
  Net net({.image = {8, 8, 1}, .widths = {4}, .bottleneck = 4, .heads = 1, .head_width = 2, .embedding = 4},
          process.ports(), Seed{9});
  CHECK_THROWS_WITH_AS(
      train(process, net, Adam{}, OneHole{.5f}, {.batch = 8}),
      "[train] item 17: [Mask] a mask holds 1 where pixels are unknown and 0 elsewhere, mask 0 has 0.5",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(train(process, net, Adam{}, OneHole{0.f}, {.batch = 8}),
                       "[train] item 17: [Mask] mask 0 is 0 everywhere: there is nothing to restore",
                       std::invalid_argument);
}

TEST_CASE("train: pixels that may be in [0, 1] are asked about once, unless they are said to be") {
  struct Dark : tiny::Squares {
    Images<float> batch(std::span<const std::int64_t> items) const {
      Images<float> images = tiny::Squares::batch(items);
      for (float& pixel : images.pixels) pixel = std::max(pixel, 0.f);
      return images;
    }
  };
  std::vector<std::string> heard;
  const auto before = std::exchange(warning_sink(), [&](std::string_view words) { heard.emplace_back(words); });
  const auto run = [](const PixelRange& range) {
    Net net = tiny::net();
    train(tiny::process, net, Adam{}, Dark{}, {.batch = 8, .pixel_range = range});
  };
  run({0, 1});
  CHECK(heard.empty());
  run({}), run({});
  warning_sink() = before;
  REQUIRE(heard.size() == 1);
  CHECK(heard[0] ==
        "[train] the first batch has no value below 0: are these pixels in [0, 1]? Here they go from -1 to 1 "
        "(data::to_floats makes such of bytes); where [0, 1] is meant, say .pixel_range = {0, 1}.");
}

TEST_CASE(
    "train: a set may ask for the epoch without a default, held-out data are given with & or without, and sample takes "
    "what comes out") {
  struct Moody : tiny::Squares {
    mutable std::vector<std::int64_t> epochs = {};
    Images<float> batch(std::span<const std::int64_t> items, std::int64_t epoch) const {
      epochs.push_back(epoch);
      return Squares::batch(items);
    }
  };
  static_assert(Dataset<Moody>);
  const Moody data{{.count = 8}}, held_out{{.count = 4}};
  const auto trained = [&](KeptElsewhere<Moody> validation) {
    Net net = tiny::net();
    return train(tiny::process, net, Adam{}, data, {.epochs = 3, .batch = 4, .validation = validation});
  };
  const auto one = trained(held_out), other = trained(&held_out), none = trained({});
  CHECK(data.epochs[0] == 0);
  CHECK(data.epochs.back() == 2);
  REQUIRE(std::isfinite(one.epochs[2].validation_loss));
  CHECK(one.epochs[2].validation_loss == other.epochs[2].validation_loss);
  CHECK(std::isnan(none.epochs[2].validation_loss));
  const SampleOptions<tiny::B> options{.steps = 3, .count = 2};
  CHECK(sample(tiny::process, one, Ddim{}, options).pixels ==
        sample(tiny::process, one.averaged, Ddim{}, options).pixels);
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
    for (const AnyWeighting& rule : {AnyWeighting(MinSnr{}), AnyWeighting(Snr{}), AnyWeighting(SigmaSquared{}),
                                     AnyWeighting(TruncatedSnr{}), AnyWeighting(EdmWeighting{})}) {
      const auto trained = train(process, net, Adam{}, data,
                                 {.epochs = 1, .batch = 10, .level_distribution = only_last, .weighting = rule});
      CHECK(std::isfinite(trained.epochs[0].loss));
    }
    for (const float v : sample(process, net, Ddim{}, {.steps = 2}).pixels) CHECK(std::isfinite(v));
  };
  learns(Process{silent, PredictVelocity{}}), learns(Process{silent, PredictX0{}});
  learns(Process{silent, EdmPreconditioning<Time>{}});
}
