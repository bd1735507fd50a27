#include <hush/training/consistency_loss.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <hush/core.hpp>
#include <hush/io/checkpoints.hpp>

#include "../io/scratch.hpp"
#include "../tiny.hpp"

using namespace hush;

namespace {

using List = std::vector<double>;

const Process process{LinearSigma{80}, ConsistencyPreconditioning{}};

/// A network of two weights: F = w c_in x + v, pixel by pixel.
struct Pointwise {
  using backend = Cpu<double>;
  nn::Linear<backend> layer{backend{}, 1, 1};
  double drop = 0;

  explicit Pointwise(double w, double v, double drop_ = 0) : drop(drop_) {
    layer.weight.value = upload(backend{}, layer.weight.value.shape(), std::span<const double>(&w, 1));
    layer.bias.value = upload(backend{}, layer.bias.value.shape(), std::span<const double>(&v, 1));
  }
  ImageSize image() const { return {2, 2, 1}; }
  Ports ports() const { return {}; }
  backend on() const { return {}; }
  template <Value V>
  V operator()(const Input<V>& input) const {
    return dropout(layer(input.image), drop);
  }
  static void visit(auto& self, auto&& f) { f("layer", self.layer); }
};
static_assert(Backbone<Pointwise>);

const std::vector<std::uint32_t> images{4, 9, 2};
const List pixels{-1, -.5, 0, .5, 1, .25, -.25, .75, .1, .2, -.3, .4};
NoiseKey key_of(std::uint32_t step) { return {3, step, NoiseKey::training, images}; }

struct Outcome {
  double loss, by_w, by_v;
};
Outcome outcome(const Pointwise& net, const ConsistencyLossOptions& options, const NoiseKey& key, double share = 1) {
  net.layer.weight.grad = filled(Cpu<double>{}, {1, 1}, 0), net.layer.bias.grad = filled(Cpu<double>{}, {1}, 0);
  const auto x0 = upload(Cpu<double>{}, {3, 2, 2, 1}, std::span<const double>(pixels));
  const auto loss = ConsistencyLoss(process, net, options)({x0, Nothing{}, {0, 3}, share}, key);
  const auto slope = [](const auto& p) { return download<double>(p.grad)[0]; };
  return {download<double>(loss)[0], slope(net.layer.weight), slope(net.layer.bias)};
}

/// The exact consistency function of pixels N(0, 1/4), but for a factor on F, to be learnt as 1, and an offset.
struct NearlyExact {
  using backend = Cpu<double>;
  nn::Linear<backend> layer{backend{}, 1, 1};

  NearlyExact() {
    const double factor = .4, offset = .3;
    layer.weight.value = upload(backend{}, {1, 1}, std::span<const double>(&factor, 1));
    layer.bias.value = upload(backend{}, {1}, std::span<const double>(&offset, 1));
  }
  ImageSize image() const { return {4, 4, 1}; }
  Ports ports() const { return {}; }
  backend on() const { return {}; }
  template <Value V>
  V operator()(const Input<V>& input) const {
    List divisors;
    for (const double label : download<double>(input.noise_labels)) {
      const double sigma = std::exp(label / 250), smallest = process.parameterization.smallest;
      const Scalings s = process.parameterization({0, 1, sigma});
      const double kept = std::sqrt((.25 + smallest * smallest) / (.25 + sigma * sigma));
      divisors.push_back(sigma < 1.0001 * smallest ? 1 : s.out * s.in / (kept - s.skip));
    }
    return layer(
        divide_images(input.image, upload(on(), {std::int64_t(divisors.size())}, std::span<const double>(divisors))));
  }
  static void visit(auto& self, auto&& f) { f("layer", self.layer); }
};

/// Images of pixels N(0, 1/4).
struct GaussianImages {
  std::int64_t size() const { return 4096; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> made(std::int64_t(items.size()), 4, 4, 1);
    const std::vector<std::uint32_t> numbers(items.begin(), items.end());
    const auto z =
        normal_images(Cpu<float>{}, {std::ssize(items), 4, 4, 1}, NoiseKey{.seed = 8, .images = numbers}, "x");
    made.pixels = download<float>(.5 * z);
    return made;
  }
};

double deviation(const Images<float>& made) {
  double squares = 0;
  for (const float v : made.pixels) squares += double(v) * double(v);
  return std::sqrt(squares / double(made.pixels.size()));
}

/// A training of the tiny network, stopped by `observers` or not.
struct Ended {
  std::vector<float> weights, averaged;
  std::vector<double> losses;
  bool operator==(const Ended&) const = default;
};
template <class... Observers>
Ended run(const TrainerOptions& options, const ConsistencyLossOptions& of_loss, Observers&&... observers) {
  const tiny::Squares data{24};
  tiny::Net net = tiny::net(1);
  const AdamW optimizer{.rate = 1e-3};
  auto trainer = start_consistency_training(process, net, optimizer, data, options, of_loss);
  const auto trained = train(trainer, observers...);
  Ended ended{tiny::weights(net), tiny::weights(trained.averaged), {}};
  for (const EpochReport& epoch : trained.epochs) ended.losses.push_back(epoch.loss);
  return ended;
}

/// Ends the run after so many steps.
struct Until {
  std::int64_t last;
  template <class T>
  bool step(const T& training, const StepReport&) {
    return training.step < last;
  }
};

}  // namespace

// Numbers printed to 12 digits and more come from tools/make_consistency_golden.py.

TEST_CASE("consistency loss: value and gradient are those of PyTorch") {
  const Pointwise net(.3, -.2);
  const Outcome own = outcome(net, {.steps = 1000}, key_of(300));
  CHECK(own.loss == doctest::Approx(0.561356368965462).epsilon(1e-10));
  CHECK(own.by_w == doctest::Approx(1.13621391476218).epsilon(1e-10));
  CHECK(own.by_v == doctest::Approx(-0.257653099636585).epsilon(1e-10));
  const Outcome wide = outcome(net, {.steps = 1000, .c = .5}, key_of(300));
  CHECK(wide.loss == doctest::Approx(0.0448986834450996).epsilon(1e-10));
  CHECK(wide.by_w == doctest::Approx(0.257700792155199).epsilon(1e-10));
  CHECK(wide.by_v == doctest::Approx(-0.0452880580458774).epsilon(1e-10));
  const Outcome half = outcome(net, {.steps = 1000, .c = .5}, key_of(300), .5);
  CHECK(half.loss == wide.loss);
  CHECK(half.by_w == doctest::Approx(wide.by_w / 2).epsilon(1e-12));
}

TEST_CASE("consistency loss: both sides have the same dropout") {
  const Pointwise net(.3, -.2, .5);
  const ConsistencyLossOptions options{.steps = 1000, .c = .5};
  const NoiseKey key = key_of(300);
  const List z = download<double>(normal_images(Cpu<double>{}, {3, 2, 2, 1}, key, "noise"));
  Tape<Cpu<double>> tape(key);
  const List kept = download<double>(dropout(tape.constant(filled(Cpu<double>{}, {3, 2, 2, 1}, 1)), .5).value());
  CHECK(std::ranges::count(kept, 0) > 2);
  CHECK(std::ranges::count(kept, 2) > 2);
  double wanted = 0;
  for (std::size_t image = 0; image < 3; ++image) {
    Uniform uniform{key.stream("level", image), 0, 0, 1};
    const std::int64_t n = options.intervals(300), at = options.drawn(uniform(), n);
    double squares = .25;
    for (std::size_t i = 4 * image; i < 4 * image + 4; ++i) {
      const auto made = [&](double sigma) {
        const Scalings s = process.parameterization({0, 1, sigma});
        const double x = pixels[i] + sigma * z[i];
        return s.skip * x + s.out * kept[i] * (.3 * s.in * x - .2);
      };
      squares += std::pow(made(options.sigma(at + 1, n)) - made(options.sigma(at, n)), 2);
    }
    wanted += (std::sqrt(squares) - .5) / (options.sigma(at + 1, n) - options.sigma(at, n)) / 3;
  }
  CHECK(outcome(net, options, key).loss == doctest::Approx(wanted).epsilon(1e-10));
}

TEST_CASE("consistency loss: intervals double in equal parts of the training") {
  const ConsistencyLossOptions whole{.steps = 1000}, short_one{.steps = 7, .fewest = 3, .most = 20};
  std::vector<std::int64_t> found, ends;
  for (const std::int64_t k : {0, 124, 125, 249, 250, 874, 875, 999}) found.push_back(whole.intervals(k));
  CHECK(found == std::vector<std::int64_t>{10, 10, 20, 20, 40, 640, 1280, 1280});
  for (std::int64_t k = 0; k < 7; ++k) ends.push_back(short_one.intervals(k));
  CHECK(ends == std::vector<std::int64_t>{3, 6, 12, 20, 20, 20, 20});
  CHECK(ConsistencyLossOptions{.steps = 5, .fewest = 8, .most = 8}.intervals(4) == 8);
}

TEST_CASE("consistency loss: levels are drawn as often as the paper says") {
  const ConsistencyLossOptions options{.steps = 1};
  const double shares[]{0.0626329925063, 0.181736979711,  0.245501421967,  0.213494447023,   0.142446058024,
                        0.0806046216768, 0.0410799062224, 0.0195800922413, 0.00894386841377, 0.00397961221431};
  double below = 0;
  for (std::int64_t at = 0; at < 10; ++at) {
    CHECK(options.drawn(below + 1e-9, 10) == at);
    below += shares[at];
    CHECK(options.drawn(below - 1e-9, 10) == at);
  }
  CHECK(options.sigma(0, 10) == .002);
  CHECK(options.sigma(10, 10) == 80);
  CHECK(options.sigma(5, 10) == doctest::Approx(Karras{.steps = 11}(5).noise).epsilon(1e-12));
}

TEST_CASE("consistency loss: on Gaussian data it leads to the exact consistency function") {
  NearlyExact net;
  const GaussianImages data;
  const Adam optimizer{.rate = 1e-2};
  auto trainer =
      start_consistency_training(process, net, optimizer, data, {.epochs = 25, .batch = 256, .ema = {.decay = .9}},
                                 {.fewest = 640, .most = 640, .c = 10, .pixel_range = PixelRange::any()});
  const auto trained = train(trainer);
  CHECK(download<double>(trained.averaged.layer.weight.value)[0] == doctest::Approx(1).epsilon(.02));
  CHECK(std::abs(download<double>(trained.averaged.layer.bias.value)[0]) < .02);
  for (const AnyGrid& grid : {AnyGrid(Trailing{}), AnyGrid(Times{{1, .821 / 80}})}) {
    const int steps = int(describe(grid) == describe(AnyGrid(Trailing{})) ? 1 : 2);
    const auto made =
        sample(process, trained, MultistepConsistency{}, {.steps = steps, .count = 512, .clip = 0, .grid = grid});
    CHECK(deviation(made) == doctest::Approx(.5).epsilon(.03));
  }
}

TEST_CASE("consistency loss: at the smallest level any network gives its image back") {
  const tiny::Net net = tiny::net(1);
  const AnySchedule schedule(process.schedule);
  const Images<float> x = tiny::Squares{}.batch(std::vector<std::int64_t>{0, 1, 2});
  const auto at = [&](double sigma) {
    const Times grid{{time_of_sigma(schedule, sigma)}};
    return sample(process, net, MultistepConsistency{},
                  {.steps = 1, .count = 3, .clip = 0, .grid = grid, .start = FromLatents{x}})
        .pixels;
  };
  CHECK(at(.002) == x.pixels);
  CHECK(at(.1) != x.pixels);
}

TEST_CASE("consistency loss: stopped by an observer and resumed, a run ends with the same bits") {
  const TrainerOptions options{.epochs = 4, .batch = 8, .seed = 5};
  const ConsistencyLossOptions of_loss{.fewest = 2, .most = 16};
  const Ended whole = run(options, of_loss);
  REQUIRE(whole.losses.size() == 4);
  for (const std::int64_t stop : {1, 7}) {
    CAPTURE(stop);
    const Scratch scratch("consistency");
    const auto checkpoints = [&] {
      return io::Checkpoints({.run = scratch / "run", .every = 1, .say = [](std::string_view) {}});
    };
    run(options, of_loss, checkpoints(), Until{stop});
    CHECK_THROWS_AS(run(options, {.fewest = 2, .most = 8}, checkpoints()), FileError);
    CHECK(run(options, of_loss, checkpoints()) == whole);
    tiny::Net averaged = tiny::net(1);
    io::load_model(scratch / "run/ckpt-00000012/ema.safetensors", process, averaged);
    CHECK(tiny::weights(averaged) == whole.averaged);
  }
  const Ended parts = run({.epochs = 4, .batch = 8, .seed = 5, .accumulate = 2}, of_loss);
  for (std::size_t e = 0; e < 4; ++e) CHECK(parts.losses[e] == doctest::Approx(whole.losses[e]).epsilon(1e-3));
}

TEST_CASE("consistency loss: what does not fit is refused in words") {
  const Pointwise net(.3, -.2);
  const auto refused = [&](const auto& of, const ConsistencyLossOptions& options, const char* words) {
    CHECK_THROWS_WITH_AS(ConsistencyLoss(of, net, options), words, std::invalid_argument);
  };
  refused(process, {}, "[ConsistencyLoss] steps must be those of the whole training, at least 1, is 0");
  refused(process, {.steps = 9, .fewest = 8, .most = 4}, "[ConsistencyLoss] wants 1 <= fewest <= most, got 8 and 4");
  refused(process, {.steps = 9, .smallest = .01},
          "[ConsistencyLoss] the parameterization is not the identity at sigma 0.01, where c_skip is 0.999744 and "
          "c_out 0.0079984; take ConsistencyPreconditioning with this smallest");
  refused(process, {.steps = 9, .largest = 90}, "[schedule] has no level of noise / signal = 90");
  refused(Process{LinearSigma{80}, EdmPreconditioning{}}, {.steps = 9},
          "[ConsistencyLoss] the parameterization is not the identity at sigma 0.002, where c_skip is 0.999984 and "
          "c_out 0.00199998; take ConsistencyPreconditioning with this smallest");
  refused(process, {.steps = 9, .c = -1}, "[ConsistencyLoss] c must be 0 or more and finite, is -1");
  tiny::Net small = tiny::net(1);
  const AdamW optimizer;
  const tiny::Squares large{.count = 8, .side = 16}, bright{.count = 8, .bright = 3};
  CHECK_THROWS_WITH_AS(start_consistency_training(process, small, optimizer, large, {.batch = 4}),
                       "[train] item 0: the data are 16x16x1, the network makes 8x8x1", std::invalid_argument);
  CHECK_THROWS_AS(start_consistency_training(process, small, optimizer, bright, {.batch = 4}), std::invalid_argument);
}
