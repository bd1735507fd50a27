// The policies that docs/extending.md writes, at work together.
#include <doctest/doctest.h>

#include <cmath>
#include <hush/core.hpp>
#include <span>
#include <string>
#include <vector>

using namespace hush;

namespace {

// [schedule]
/// Betas that grow like a power of their index: power 1 is the linear schedule.
struct PowerBeta {
  double first = 1e-4, last = .02, power = 2;
  Steps steps = 1000;

  double beta(int i) const { return first + (last - first) * std::pow(linspace(0, 1, steps, i), power); }
  constexpr double clean() const { return -1; }
  Level operator()(double time) const { return level_from_betas(*this, time); }
  static constexpr void fields(auto& self, auto&& f) {
    f("first", self.first), f("last", self.last), f("power", self.power), f("steps", self.steps);
  }
};
static_assert(DiscreteSchedule<PowerBeta>);
// [/schedule]

// [continuous]
/// Signal and noise as cosine and sine of an angle that grows with time, to a little less than a right angle.
struct Angle {
  double largest = 1.56;
  Level operator()(double time) const { return {time, std::cos(largest * time), std::sin(largest * time)}; }
};
static_assert(NoiseSchedule<Angle>);
// [/continuous]

// [parameterization]
/// The network predicts F = 2 x0 + eps, so that x = signal x0 + noise (F - 2 x0): wherever signal is not 2 noise.
struct PredictBoth {
  Scalings operator()(Level at) const {
    const double difference = at.signal - 2 * at.noise;
    return {.skip = 1 / difference, .out = -at.noise / difference, .in = 1, .c_noise = at.time};
  }
  Target target(Level) const { return {.x0 = 2, .eps = 1}; }
};
static_assert(Parameterization<PredictBoth>);
// [/parameterization]

// [grid]
/// Times 1, 1/2, 1/4, ...: each is half of the one before.
struct Halving {
  std::vector<double> operator()(const AnySchedule& schedule, int n) const {
    check_step_count(schedule, n, "Halving");
    std::vector<double> times;
    double time = 1;
    for (int i = 0; i < n; ++i, time /= 2) times.push_back(time);
    return times;
  }
};
static_assert(GridRule<Halving>);
// [/grid]

// [conditioning]
/// A condition image of one channel, [N, H, W, 1], concatenated to the noisy one.
struct Sketch {
  using Given = Images<float>;
  template <class B>
  using BatchCondition = Tensor<B>;

  Ports ports() const { return {.extra_channels = 1}; }
  void fits(const Images<float>& given, std::int64_t count, const ImageSize& size) const {
    check_pictures("Sketch", given, count, size, 1);
  }
  template <class B>
  Tensor<B> prepare(const B& on, const Images<float>& given, const Rows& rows, const NoiseKey&) const {
    return cast(on, rows_of(on.in_full(), given, rows));
  }
  template <class B>
  void add_to(const Tensor<B>& condition, Input<Tensor<B>>& input) const {
    input.image = concat(input.image, condition);
  }
};
static_assert(Conditioning<Sketch, Cpu<float>>);
// [/conditioning]

// [weighting]
/// The square root of the signal-to-noise ratio.
struct RootSnr {
  double operator()(Level at, const Scalings&) const { return at.signal / at.noise; }
};
static_assert(Weighting<RootSnr>);
// [/weighting]

// [draw]
/// Levels near the clean one are drawn more often than others.
struct Squared {
  template <class S, class U>
  double operator()(const S& schedule, U&& uniform) const {
    const double u = uniform();
    return schedule.clean() + 1 + std::floor(u * u * schedule.steps());
  }
};
static_assert(LevelDistribution<Squared>);
// [/draw]

// [layer]
/// A residual block of two convolutions.
template <Backend B>
struct Twice {
  nn::Conv2d<B> first, second;

  Twice(const B& on, std::int64_t channels) : first(on, channels, channels), second(on, channels, channels) {}
  template <Value V>
  V operator()(const V& x) const {
    return x + second(silu(first(x)));
  }
  static void visit(auto& self, auto&& f) { f("first", self.first), f("second", self.second); }
};
// [/layer]

// [backbone]
/// A network of one resolution; an embedding of the noise label is added to its channels.
template <Backend B>
class Flat {
 public:
  using backend = B;

  Flat(ImageSize image, std::int64_t width, Ports ports, Seed seed, const B& on = {})
      : image_(image),
        ports_(ports),
        on_(on),
        width_(width),
        embedding_(on, width, width),
        first_(on, image.channels + ports.extra_channels, width),
        middle_(on, width),
        last_(on, width, image.channels) {
    initialise(*this, seed);
  }
  template <Value V>
  V operator()(const Input<V>& input) const {
    const V time = embedding_(sinusoidal_embedding(input.image, input.noise_labels, {width_}));
    return last_(middle_(add_channels(first_(input.image), time)));
  }
  ImageSize image() const { return image_; }
  Ports ports() const { return ports_; }
  const B& on() const { return on_; }
  static void visit(auto& self, auto&& f) {
    f("embedding", self.embedding_), f("first", self.first_), f("middle", self.middle_), f("last", self.last_);
  }

 private:
  ImageSize image_;
  Ports ports_;
  B on_;
  std::int64_t width_;
  nn::Linear<B> embedding_;
  nn::Conv2d<B> first_;
  Twice<B> middle_;
  nn::Conv2d<B> last_;
};
static_assert(hush::Backbone<Flat<Cpu<float>>>);
// [/backbone]

}  // namespace

TEST_CASE("extending: a backbone of one's own trains, samples and is found in files by its own names") {
  const Process process{LinearBeta{.first = 1e-3, .last = .5, .steps = 20}, PredictNoise{}};
  Flat<Cpu<float>> net({4, 4, 1}, 8, process.ports(), Seed{7});
  std::vector<std::string> names;
  walk(net, [&](const std::string& name, const auto&) { names.push_back(name); });
  CHECK(names == std::vector<std::string>{"embedding.weight", "embedding.bias", "first.weight", "first.bias",
                                          "middle.first.weight", "middle.first.bias", "middle.second.weight",
                                          "middle.second.bias", "last.weight", "last.bias"});
  struct Dots {
    std::int64_t size() const { return 8; }
    Images<float> batch(std::span<const std::int64_t> items) const {
      Images<float> images(std::int64_t(items.size()), 4, 4, 1);
      for (std::size_t i = 0; i < items.size(); ++i)
        for (std::int64_t p = 0; p < 16; ++p) images[std::int64_t(i)][std::size_t(p)] = p == items[i] ? 1.f : -1.f;
      return images;
    }
  };
  const auto trained = train(process, net, Adam{.rate = 1e-3}, Dots{}, {.epochs = 2, .batch = 4});
  const auto images = sample(process, trained.averaged, Ddim{}, {.steps = 4, .count = 2, .grid = Trailing{}});
  for (const float v : images.pixels) CHECK(std::abs(v) <= 1.0001f);
}

TEST_CASE("extending: a schedule of betas and one of angles") {
  const PowerBeta linear{.power = 1};
  CHECK(linear(499).signal == doctest::Approx(LinearBeta{}(499).signal).epsilon(1e-12));
  CHECK(PowerBeta{}(499).signal > LinearBeta{}(499).signal);
  const Level half = Angle{}(.5);
  CHECK(half.signal * half.signal + half.noise * half.noise == doctest::Approx(1));
  CHECK(Angle{}(0) == Level{0, 1, 0});
}

TEST_CASE("extending: a parameterization whose two halves agree") {
  for (const double time : {.1, .2, .5, .8, 1.}) {
    const Level at = Angle{}(time);
    const Scalings s = PredictBoth{}(at);
    const Target t = PredictBoth{}.target(at);
    CHECK(s.skip * at.signal + s.out * t.x0 == doctest::Approx(1));
    CHECK(std::abs(s.skip * at.noise + s.out * t.eps) < 1e-12);
  }
}

TEST_CASE("extending: a draw and a weighting") {
  const LinearBeta linear;
  const AnySchedule schedule(linear);
  CHECK(Squared{}(schedule, [] { return .5; }) == 250);
  CHECK(RootSnr{}(Level{0, .6, .8}, {}) == doctest::Approx(.75));
}

TEST_CASE("extending: the policies in one pipeline") {
  const Process process{Angle{}, PredictBoth{}, Sketch{}};
  AttentionUnet<Cpu<float>> net{{.image = {8, 8, 1}, .widths = {4, 8}, .bottleneck = 8}, process.ports(), Seed{7}};
  const Images<float> sketches(3, 8, 8, 1, std::vector<float>(3 * 64, .5f));
  const auto images = sample(process, net, Ddim{}, sketches, {.steps = 3, .count = 3, .batch = 2, .grid = Halving{}});
  CHECK(images.count == 3);
  for (const float v : images.pixels) CHECK(std::abs(v) <= 1.0001f);
}
