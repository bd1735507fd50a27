#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>

#include <hush/cpu/reduce.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddim_inversion.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/deis.hpp>
#include <hush/samplers/pndm.hpp>
#include <hush/samplers/predictor_corrector.hpp>
#include <hush/sampling/checks.hpp>
#include <hush/sampling/estimate_rule.hpp>
#include <hush/sampling/options.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/rectified_flow.hpp>
#include <hush/schedules/ve_sde.hpp>

#include "formula.hpp"

using namespace hush;

namespace {

double zero(double, double) { return 0; }

const Process process{LinearBeta{}, PredictNoise<Gamma>{}};
using Options = SampleOptions<Cpu<float>>;

Images<float> ramp(std::int64_t count) {
  Images<float> x(count, 2, 3, 1);
  std::iota(x.pixels.begin(), x.pixels.end(), 0.f);
  for (float& v : x.pixels) v = v / 20 - .5f;
  return x;
}

/// What the batches of a run start from.
Images<float> start_of(const Options& options, const LinearBeta& schedule = {}) {
  std::vector<float> start;
  const auto look = [&](const Step<Cpu<float>>& step) {
    if (step.step == 0)
      for (const float v : download<float>(step.x)) start.push_back(v);
  };
  const Process falling{schedule, PredictNoise<Gamma>{}};
  const Images<float> made = sample(falling, Formula<float>{zero}, Ddim{}, options, look);
  return {made.count, made.height, made.width, made.channels, start};
}

std::string message(const Options& options) {
  try {
    start_of(options);
  } catch (const std::invalid_argument& error) { return error.what(); }
  return "no error";
}

/// Backwards: from the clean level to the noisiest.
struct Upwards {
  std::vector<Level> route(const std::vector<Level>& down) const { return {down.rbegin(), down.rend()}; }
  template <class X>
  X step(auto&&, const X& x, Level, Level, auto&&) const {
    return x;
  }
};

}  // namespace

TEST_CASE("sample: a start from images is those images with the noise of the first level that is left") {
  const Images<float> given = ramp(5);
  const Options noisy{.steps = 10, .count = 5, .batch = 2, .seed = 3};
  for (const double strength : {1., .5, .3, .1}) {
    Options options = noisy;
    options.start = FromImages{given, strength};
    const Images<float> start = start_of(options), noise = start_of(noisy);
    const Level at = LinearBeta{}(100 * std::round(10 * strength) - 1);
    CAPTURE(strength);
    for (std::size_t i = 0; i < given.pixels.size(); ++i)
      CHECK(start.pixels[i] ==
            doctest::Approx(at.signal * double(given.pixels[i]) + at.noise * double(noise.pixels[i])).epsilon(1e-5));
  }
  int calls = 0;
  Options options = noisy;
  options.start = FromImages{given, .3};
  options.batch = 5;
  sample(process, Formula<float>{zero}, Ddim{}, options, [&](const auto& step) {
    CHECK(step.of == 3);
    ++calls;
  });
  CHECK(calls == 4);
}

TEST_CASE("sample: pure noise is as large as the level's, wherever a run begins") {
  const auto deviation = [](const auto& schedule, double time) {
    const auto once = [time](const AnySchedule&, int) { return std::vector<double>{time}; };
    const Options options{.count = 5000, .batch = 5000, .grid = once};
    const auto end = [](const auto&) { return false; };
    const auto x = sample(Process{schedule, PredictVelocity<>{}}, Formula<float>{zero}, Ddim{}, options, end);
    double squares = 0;
    for (const float v : x.pixels) squares += double(v) * double(v);
    return std::sqrt(squares / double(x.pixels.size()));
  };
  CHECK(deviation(LinearBeta{}, 300) == doctest::Approx(1).epsilon(.02));
  CHECK(deviation(RectifiedFlow{}, 1) == doctest::Approx(1).epsilon(.02));
  CHECK(deviation(RectifiedFlow{}, .6) == doctest::Approx(.6).epsilon(.02));
  CHECK(deviation(VeSde{}, 1) == doctest::Approx(50).epsilon(.02));
}

TEST_CASE("sample: a start from latents is those numbers as they stand, and goes on where a run was ended") {
  const Images<float> given = ramp(5);
  const Options noisy{.steps = 10, .count = 5, .batch = 2, .seed = 3};
  for (const double strength : {1., .5}) {
    Options options = noisy;
    options.start = FromLatents{given, strength};
    CHECK(start_of(options) == given);
  }
  // The image after 6 of 10 steps, and the last 4 from there: the bits of the whole run.
  Options half = noisy;
  half.batch = 5;
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    Options whole = noisy;
    whole.execution = half.execution = execution;
    const auto run = [](const Options& options, auto... observers) {
      return sample(process, Formula<float>{zero}, Ddim{}, options, observers...);
    };
    Options rest = whole;
    rest.start = FromLatents{run(half, [](const auto& step) { return step.step < 6; }), .4};
    CHECK(run(rest) == run(whole));
  }
}

TEST_CASE("sample: an inversion's noise, given back as latents, becomes the image") {
  // A network whose eps depends on the level alone: what goes up comes down the same way.
  const Formula<float> net{[](double, double gamma) { return gamma; }};
  const Images<float> given = ramp(4);
  const Options options{.steps = 20, .count = 4, .clip = 0};
  Options up = options, down = options;
  up.start = FromImages{given};
  down.start = FromLatents{sample(process, net, DdimInversion{}, up)};
  const Images<float> back = sample(process, net, Ddim{}, down);
  for (std::size_t i = 0; i < given.pixels.size(); ++i)
    CHECK(back.pixels[i] == doctest::Approx(given.pixels[i]).epsilon(1e-4));
}

TEST_CASE("sample: a run that begins at the clean level starts from the images themselves") {
  const Images<float> given = ramp(3);
  CHECK(sample(process, Formula<float>{zero}, Upwards{}, Options{.steps = 4, .count = 3, .start = FromImages{given}}) ==
        given);
  CHECK_THROWS_WITH_AS(
      sample(process, Formula<float>{zero}, Upwards{}, Options{.steps = 4}),
      "[sample] the run starts at time -1, where there is no noise; to begin there give it images, .start = "
      "FromImages{...}",
      std::invalid_argument);
}

TEST_CASE("sample: a uniform start, each image's own numbers") {
  const Options options{.steps = 2, .count = 4000, .batch = 999, .seed = 9, .start = FromUniform{-1, 3}};
  const Images<float> x = start_of(options);
  double sum = 0, squares = 0;
  const double n = double(x.pixels.size());
  for (const float v : x.pixels) {
    REQUIRE(v >= -1);
    REQUIRE(v <= 3);
    sum += double(v), squares += double(v) * double(v);
  }
  CHECK(std::abs(sum / n - 1) < 5 * std::sqrt(16 / 12. / n));
  CHECK(std::abs(squares / n - sum / n * sum / n - 16 / 12.) < .05);
  Options alone = options;
  alone.count = 1, alone.first_image = 1234;
  CHECK(std::ranges::equal(start_of(alone)[0], x[1234]));
}

TEST_CASE("sample: a level without signal is refused for a network that predicts noise, in words") {
  struct Silent {
    Level operator()(double time) const { return {time, time < 1 ? 1 - time : 0, time}; }
  };
  const auto once = [](const AnySchedule&, int) { return std::vector<double>{1, .5}; };
  CHECK_THROWS_WITH_AS(
      sample(Process{Silent{}, PredictNoise<>{}}, Formula<float>{zero}, Ddim{}, Options{.grid = once}),
      "[sample] this parameterization gives no clean image at time 1, where the signal is 0 and the noise 1; begin at "
      "another level, or predict the velocity or x0",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(
      sample(Process{Silent{}, PredictVelocity<LogSigma>{}}, Formula<float>{zero}, Ddim{}, Options{.grid = once}),
      "[sample] the network would be told inf at time 1, where the signal is 0 and the noise 1; begin at another "
      "level, or tell it the time or gamma",
      std::invalid_argument);
  const auto x = sample(Process{Silent{}, PredictVelocity<>{}}, Formula<float>{zero}, Ddim{}, Options{.grid = once});
  for (const float v : x.pixels) CHECK(std::isfinite(v));
}

TEST_CASE("sample: starts and thresholds that make no sense are refused in words") {
  CHECK(message({.count = 2, .start = FromImages{ramp(3)}}) ==
        "[sample] starts from 3 images of 2x3x1, wants 2 of 2x3x1");
  CHECK(message({.count = 2, .start = FromLatents{ramp(3)}}) ==
        "[sample] starts from 3 images of 2x3x1, wants 2 of 2x3x1");
  CHECK(message({.count = 3, .start = FromLatents{ramp(3), 2}}) == "[sample] strength must be in (0, 1], is 2");
  CHECK(message({.count = 3, .start = FromImages{ramp(3), 0}}) == "[sample] strength must be in (0, 1], is 0");
  CHECK(message({.steps = 10, .count = 3, .start = FromImages{ramp(3), .05}}) ==
        "[sample] a strength of 0.05 leaves none of 10 steps");
  Images<float> spoilt = ramp(1);
  spoilt.pixels[3] = NAN;
  CHECK(message({.start = FromImages{spoilt}}) ==
        "[sample] image 0 to start from has a value of nan at row 1, column 0, channel 0, wanted are values in [-1, 1] "
        "(as .clip says)");
  spoilt.pixels[3] = 1.5;
  CHECK(
      message({.start = FromImages{spoilt}}).starts_with("[sample] image 0 to start from has a value of 1.5 at row 1"));
  CHECK(message({.clip = 2, .start = FromImages{spoilt}}) == "no error");
  CHECK(message({.clip = 0, .start = FromImages{spoilt}}) == "no error");
  CHECK(message({.threshold = DynamicThreshold{}, .start = FromImages{spoilt}}).find("in [-1, 1]") !=
        std::string::npos);
  CHECK(message({.grid = [](const AnySchedule&, int) {
          return std::vector<double>{50, -1};
        }}).starts_with("[sample] time -1 "));
  CHECK(message({.start = FromUniform{2, 1}}) == "[sample] cannot start uniformly in 2 to 1");
  CHECK(message({.threshold = DynamicThreshold{.ratio = 0}}) ==
        "[sample] the threshold's ratio must be in (0, 1], is 0");
  constexpr std::int64_t numbers = std::int64_t(1) << 32;  // image 2^32 would have the noise of image 0
  CHECK(message({.count = 2, .first_image = numbers - 1}) ==
        "[sample] 2 images from number 4294967295 on are more than the 4294967296 numbers that images have; take "
        "another seed instead");
  CHECK(message({.first_image = std::numeric_limits<std::int64_t>::max()}).find("4294967296 numbers") !=
        std::string::npos);
  CHECK(message({.steps = 2, .count = 1, .first_image = numbers - 1}) == "no error");
  CHECK(message({.threshold = DynamicThreshold{.largest = -1}}) ==
        "[sample] the threshold's largest must be positive, is -1");
}

TEST_CASE("sample: options that cut off x0 are refused where the sampler never looks at it") {
  const auto message = [](const auto& sampler, const Options& options) -> std::string {
    try {
      sample(process, Formula<float>{zero}, sampler, options);
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  const Options threshold{.steps = 5, .threshold = DynamicThreshold{}}, clip{.steps = 5, .clip = .5};
  const Options plain{.steps = 5}, eager{.steps = 5, .threshold = DynamicThreshold{}, .execution = Execution::eager};
  const auto blind = [&](const auto& sampler) {
    CHECK(
        message(sampler, threshold) ==
        "[sample] .threshold has nothing to act on: this sampler steps along the predicted noise alone; leave it out, "
        "or take a sampler that uses x0");
    CHECK(message(sampler, eager) == message(sampler, threshold));
    CHECK(
        message(sampler, clip) ==
        "[sample] .clip = 0.5 has nothing to act on: this sampler steps along the predicted noise alone; leave it out, "
        "or take a sampler that uses x0");
    CHECK(message(sampler, plain) == "");
  };
  blind(Pndm{});
  blind(PredictorCorrector{});
  Options up = threshold;
  up.start = FromImages{ramp(1)};
  CHECK(message(DdimInversion{}, up).starts_with("[sample] .threshold has nothing to act on"));
  up.threshold = {}, up.clip = .5;  // the range of the images that it starts from
  CHECK(message(DdimInversion{}, up) == "");
  const auto seeing = [&](const auto& sampler) {
    CHECK(message(sampler, threshold) == "");
    CHECK(message(sampler, clip) == "");
  };
  seeing(Ddim{});
  seeing(Ddpm{});
  seeing(Deis{});  // in its last step
}
