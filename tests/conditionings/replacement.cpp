#include <hush/conditionings/replacement.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include <hush/conditionings/mask.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddim_inversion.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/repaint.hpp>
#include <hush/schedules/linear_beta.hpp>

using namespace hush;

namespace {

using B = Cpu<float>;
static_assert(Conditioning<Replacement, B> && KnowsPixels<Replacement, B> && detail::puts_back_noisy<Replacement>);
static_assert(!detail::puts_back_noisy<Unconditional>);

// Images of two pixels, Gaussian, each N(.2, .5^2), with a correlation of .8; the right one is known to be .9. Then the
// left one is N(.2 + .8 (.9 - .2), (1 - .8^2) .5^2) = N(.76, .3^2).
constexpr double mean = .2, variance = .25, correlation = .8, known = .9f;

/// The one network that is right for them, without a condition: eps = noise (signal^2 C + noise^2)^-1 (x - signal m).
struct Pair {
  using backend = B;
  ImageSize image() const { return {1, 2, 1}; }
  Ports ports() const { return {}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const auto& x = value_of(input.image);
    Tensor<B> y = empty_like(x);
    for (std::int64_t i = 0; i < x.size(); i += 2) {
      const double gamma = double(input.noise_labels.data()[i / 2]), noise = std::sqrt(1 - gamma);
      const double a = gamma * variance + 1 - gamma, b = gamma * variance * correlation;
      const double left = double(x.data()[i]) - std::sqrt(gamma) * mean;
      const double right = double(x.data()[i + 1]) - std::sqrt(gamma) * mean;
      y.data()[i] = float(noise * (a * left - b * right) / (a * a - b * b));
      y.data()[i + 1] = float(noise * (a * right - b * left) / (a * a - b * b));
    }
    return constant_like(input.image, y);
  }
};

/// A network that is shown a mask, and sees the same noise everywhere.
struct Same {
  using backend = B;
  ImageSize image() const { return {1, 2, 1}; }
  Ports ports() const { return Mask{.channels = 1}.ports(); }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const auto& x = value_of(input.image);
    return constant_like(input.image, filled(x.on(), {x.shape()[0], 1, 2, 1}, .7));
  }
};

const Process process{LinearBeta{}, PredictNoise<Gamma>{}, Replacement{}};

MaskedImages given(std::int64_t count) {
  MaskedImages all{Images<float>(count, 1, 2, 1), Images<float>(1, 1, 2, 1, {1, 0})};
  for (std::int64_t i = 0; i < count; ++i) all.picture[i][0] = NAN, all.picture[i][1] = float(known);
  return all;
}

struct Moments {
  double mean = 0, variance = 0;
};
Moments of_left(const Images<float>& images) {
  Moments found;
  for (std::int64_t i = 0; i < images.count; ++i) found.mean += double(images[i][0]) / double(images.count);
  for (std::int64_t i = 0; i < images.count; ++i) {
    CHECK(images[i][1] == float(known));
    found.variance += std::pow(double(images[i][0]) - found.mean, 2) / double(images.count);
  }
  return found;
}

/// The left pixel after steps of DDPM (Ho et al. 2020, eq. 6 and 7) in which the right one is drawn anew each time: a
/// linear function of the left one before, the right one and fresh noise, all of them independent. A step up adds noise
/// to both, and the right one has then what its level has.
Moments replaced(const std::vector<Level>& levels) {
  Moments left{0, 1};
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    const Level from = levels[i], to = levels[i + 1];
    if (to.noise > from.noise) {
      const double kept = to.signal / from.signal;
      left = {kept * left.mean, kept * kept * (left.variance - from.noise * from.noise) + to.noise * to.noise};
      continue;
    }
    const double gamma = from.signal * from.signal, noise2 = 1 - gamma, alpha = gamma / (to.signal * to.signal);
    const double a = gamma * variance + noise2, b = gamma * variance * correlation, det = a * a - b * b;
    // x0 of the left one = mean + of_left (left - signal mean) + of_right (right - signal mean)
    const double of_left = (1 - noise2 * a / det) / from.signal, of_right = noise2 * b / det / from.signal;
    const double x0 = to.signal * (1 - alpha) / noise2, x = std::sqrt(alpha) * to.noise * to.noise / noise2;
    const double added = (1 - alpha) * to.noise * to.noise / noise2;
    const double off = left.mean - from.signal * mean, right = from.signal * (known - mean);
    left.mean = x0 * (mean + of_left * off + of_right * right) + x * left.mean;
    left.variance = std::pow(x0 * of_left + x, 2) * left.variance + std::pow(x0 * of_right, 2) * noise2 + added;
  }
  return left;
}

}  // namespace

TEST_CASE("replacement: a network without condition, known pixels as noisy as the image: the closed form of DDPM") {
  const std::int64_t count = 8000;
  for (const int steps : {10, 40}) {
    CAPTURE(steps);
    const SampleOptions<B> options{.steps = steps, .count = count, .batch = count, .seed = 3, .clip = 0};
    const Moments found = of_left(sample(process, Pair{}, Ddpm{}, given(count), options));
    const Moments exact = replaced(levels_at(process.schedule, Trailing{}(process.schedule, steps)));
    CHECK(std::abs(found.mean - exact.mean) < 5 * std::sqrt(exact.variance / double(count)));
    CHECK(std::abs(found.variance / exact.variance - 1) < 5 * std::sqrt(2 / double(count)));
    CHECK(std::abs(exact.mean - .76) > .05);  // the hole heeds little of what is known
  }
}

TEST_CASE("replacement: with RePaint the hole nears the mean and the variance that it has given the known pixels") {
  const std::int64_t count = 2000;
  const RePaint sampler{Ddpm{}, 2, 10};
  const auto way = [](const auto& around, int steps) {
    return replaced(around.route(levels_at(process.schedule, Trailing{}(process.schedule, steps))));
  };
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    const Moments found =
        of_left(sample(process, Pair{}, sampler, given(count),
                       {.steps = 10, .count = count, .batch = count, .seed = 3, .clip = 0, .execution = execution}));
    const Moments exact = way(sampler, 10);
    CHECK(std::abs(found.mean - exact.mean) < 5 * std::sqrt(exact.variance / double(count)));
    CHECK(std::abs(found.variance / exact.variance - 1) < 5 * std::sqrt(2 / double(count)));
  }
  // The paper's way, 250 steps and ten times through each ten levels, and a finer one; straight down it is far off.
  const Moments straight = way(RePaint{Ddpm{}, 10, 1}, 250), papers = way(RePaint{Ddpm{}}, 250);
  const Moments finer = way(RePaint{Ddpm{}, 10, 50}, 1000);
  CHECK(std::abs(straight.mean - .76) > .2);
  CHECK(std::abs(papers.mean - .76) < .04);
  CHECK(std::abs(papers.variance - .09) < .01);
  CHECK(std::abs(finer.mean - .76) < .01);
  CHECK(std::abs(finer.variance - .09) < .01);
}

TEST_CASE("replacement: planned, eager, alone and in a batch an image is the same") {
  const auto run = [](std::int64_t batch, Execution execution) {
    return sample(process, Pair{}, RePaint{Ddim{}, 3, 2}, given(5),
                  {.steps = 12, .count = 5, .batch = batch, .seed = 2, .clip = 0, .execution = execution});
  };
  const Images<float> whole = run(5, Execution::planned);
  CHECK(run(2, Execution::planned) == whole);
  const Images<float> eager = run(5, Execution::eager);
  for (std::size_t i = 0; i < whole.pixels.size(); ++i)
    CHECK(eager.pixels[i] == doctest::Approx(whole.pixels[i]).epsilon(1e-4));
}

TEST_CASE("replacement: on its way down the known pixels have the noise of their level, another each time") {
  const std::int64_t count = 4000;
  std::vector<float> before;
  const auto look = [&](const Step<B>& step) {
    const std::vector<float> x = download<float>(step.x);
    double sum = 0, squares = 0, with_before = 0;
    for (std::int64_t i = 0; i < count; ++i) {
      const double off = double(x[std::size_t(2 * i + 1)]) - step.level.signal * known;
      sum += off, squares += off * off;
      if (!before.empty()) with_before += off * double(before[std::size_t(2 * i + 1)]);
    }
    const double n = double(count), noise = step.level.noise;
    CHECK(std::abs(sum / n) <= 5 * noise / std::sqrt(n));
    CHECK(std::abs(squares / n - noise * noise) <= 5 * noise * noise * std::sqrt(2 / n));
    CHECK(std::abs(with_before / n) <= 7 * noise / std::sqrt(n));
    before = x;
  };
  sample(process, Pair{}, Ddim{}, given(count), {.steps = 4, .count = count, .batch = count, .seed = 7, .clip = 0},
         look);
}

TEST_CASE("replacement: an inversion encodes the picture with its known pixels, which nothing replaces on the way up") {
  const std::int64_t count = 3;
  const Process alone{process.schedule, process.parameterization};
  Images<float> start(count, 1, 2, 1, {.3f, -.9f, 0, .1f, -.5f, .5f}), whole = start;
  for (std::int64_t i = 0; i < count; ++i) whole[i][1] = float(known);
  const auto options = [&](const Images<float>& from, Execution execution) {
    return SampleOptions<B>{
        .steps = 40, .count = count, .batch = 2, .clip = 0, .start = FromImages{from}, .execution = execution};
  };
  const auto planned = options(whole, Execution::planned), eager = options(whole, Execution::eager);
  const Images<float> latents = sample(alone, Pair{}, DdimInversion{}, planned);
  CHECK(sample(process, Pair{}, DdimInversion{}, given(count), options(start, Execution::planned)) == latents);
  CHECK(sample(process, Pair{}, DdimInversion{}, given(count), options(start, Execution::eager)) ==
        sample(alone, Pair{}, DdimInversion{}, eager));
  // DDIM with the same network leads back, the nearer the more steps.
  SampleOptions<B> fine = planned;
  fine.steps = 400;
  fine.start = FromLatents{sample(process, Pair{}, DdimInversion{}, given(count), fine)};
  const Images<float> back = sample(alone, Pair{}, Ddim{}, fine);
  for (std::size_t i = 0; i < back.pixels.size(); ++i) CHECK(std::abs(back.pixels[i] - whole.pixels[i]) < .03);
}

TEST_CASE("mask: an inversion encodes the hole, and the known pixels stay the picture's all the way") {
  const Process masked{LinearBeta{}, PredictNoise<Gamma>{}, Mask{.channels = 1}};
  const MaskedImages picture{Images<float>(1, 1, 2, 1, {.4f, -.6f}), Images<float>(1, 1, 2, 1, {1, 0})};
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    SampleOptions<B> options{.steps = 20, .clip = 0, .start = FromImages{picture.picture}, .execution = execution};
    const Images<float> latents = sample(masked, Same{}, DdimInversion{}, picture, options);
    const Level top = masked.schedule(999);
    CHECK(latents.pixels[0] == doctest::Approx(top.signal * .4 + top.noise * .7).epsilon(1e-4));
    CHECK(latents.pixels[1] == -.6f);
    options.start = FromLatents{latents};
    const Images<float> back = sample(masked, Same{}, Ddim{}, picture, options);
    CHECK(std::abs(back.pixels[0] - .4f) < 1e-3);
    CHECK(back.pixels[1] == -.6f);
  }
}

TEST_CASE("replacement: what does not fit is refused in words") {
  const Replacement condition;
  CHECK_THROWS_WITH_AS(condition.fits(given(2), 3, {1, 2, 1}), "[Replacement] 2 pictures are given for 3 images",
                       std::invalid_argument);
  CHECK_THROWS_AS(condition.fits(given(2), 2, {1, 2, 3}), std::invalid_argument);
  MaskedImages whole = given(2);
  whole.hole.pixels = {0, 0};
  CHECK_THROWS_WITH_AS(condition.fits(whole, 2, {1, 2, 1}),
                       "[Replacement] mask 0 is 0 everywhere: there is nothing to restore", std::invalid_argument);
}
