#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/optimizer.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/grids/karras_sigmas.hpp>
#include <hush/grids/leading.hpp>
#include <hush/grids/times.hpp>
#include <hush/grids/trailing.hpp>
#include <hush/parameterizations/predict_velocity.hpp>
#include <hush/process.hpp>
#include <hush/sample.hpp>
#include <hush/sampler.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/linear_beta.hpp>
#include <hush/schedules/rectified_flow.hpp>

#include "formula.hpp"
#include "with_past.hpp"

using namespace hush;

namespace {

double zero(double, double) { return 0; }
double nan_below_400(double x, double t) { return t < 400 ? std::numeric_limits<double>::quiet_NaN() : x; }
/// The dummy model of diffusers' scheduler tests.
double dummy(double x, double t) { return x * t / (t + 1); }
/// The exact noise in an image whose pixels are N(0.3, 0.25^2), at alpha_bar g.
double oracle(double x, double g) { return std::sqrt(1 - g) * (x - std::sqrt(g) * 0.3) / (g * 0.0625 + 1 - g); }

/// Divides by 0 in its last step.
struct Divides {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&&) const {
    return (1 / (to.noise == 0 ? 0. : from.signal)) * (x - denoise(x, from).x0);
  }
};

double largest_difference(const Images<float>& a, const Images<float>& b) {
  REQUIRE(a.pixels.size() == b.pixels.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.pixels.size(); ++i)
    largest = std::max(largest, double(std::abs(a.pixels[i] - b.pixels[i])));
  return largest;
}

const Process ddpm_process{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 1000}, PredictNoise<Gamma>{}};

}  // namespace

TEST_CASE("sample: a planned run is an eager run to rounding") {
  const Formula<double> net{oracle};
  const Formula<float> single{oracle};
  const auto both = [&](const auto& sampler, const auto& model, double clip, double tolerance) {
    using B = typename std::decay_t<decltype(model)>::backend;
    SampleOptions<B> options{.steps = 25, .count = 5, .batch = 2, .seed = 3, .clip = clip};
    const auto planned = sample(ddpm_process, model, sampler, options);
    options.execution = Execution::eager;
    CHECK(largest_difference(planned, sample(ddpm_process, model, sampler, options)) <= tolerance);
  };
  for (const double clip : {0.0, 0.4}) {
    both(Ddim{}, net, clip, 1e-7), both(Ddim{.eta = 1}, net, clip, 1e-7);
    both(Ddpm{}, net, clip, 1e-7), both(Ddpm{.variance = Variance::fixed_large}, net, clip, 1e-7);
    both(Echo{}, net, clip, 1e-7), both(TwoStep{}, net, clip, 1e-7);
    both(Ddim{.eta = 0.5}, single, clip, 1e-5), both(Ddpm{}, single, clip, 1e-5);
  }
}

TEST_CASE("sample: an observer ends the run, not only its batch") {
  int calls = 0;
  const auto two_steps = [&](const auto& step) { return ++calls, step.first_image == 0 || step.step < 2; };
  const SampleOptions<Cpu<float>> options{.steps = 5, .count = 7, .batch = 3};
  const auto x = sample(ddpm_process, Formula<float>{zero}, Ddim{}, options, two_steps);
  CHECK(calls == 6 + 3);
  CHECK(x.count == 6);
  CHECK(x.pixels.size() == 36);
}

TEST_CASE("sample: a sampler that makes NaN of finite numbers is named, not the network") {
  CHECK_THROWS_WITH_AS(sample(ddpm_process, Formula<float>{zero}, Divides{},
                              SampleOptions<Cpu<float>>{.steps = 3, .execution = Execution::eager}),
                       "[sample] the sampler made NaN or infinite values of finite ones; can it begin where this run "
                       "begins?",
                       NonFiniteSample);
}

TEST_CASE("sample: dynamic thresholding, planned, eager and watched") {
  const Formula<double> net{dummy};
  for (const bool watched : {false, true}) {
    SampleOptions<Cpu<double>> options{
        .steps = 20, .count = 5, .batch = 2, .seed = 3, .threshold = DynamicThreshold{.ratio = .7}};
    int seen = 0;
    const auto watch = [&](const auto& step) {
      for (const double v : download<double>(step.x0)) seen += std::abs(v) <= 1 + 1e-12;
    };
    const auto made = [&] {
      return watched ? sample(ddpm_process, net, TwoStep{}, options, watch)
                     : sample(ddpm_process, net, TwoStep{}, options);
    };
    const auto planned = made();
    options.execution = Execution::eager;
    CHECK(largest_difference(planned, made()) < 1e-7);
    CHECK(seen == (watched ? 2 * 20 * 5 * 6 : 0));
    options.threshold = {}, options.clip = 1;
    CHECK(largest_difference(planned, made()) > 1e-3);
  }
}

TEST_CASE("sample: image i is the same bits for batches of 1, 3 and 16, and for 1 and 2 threads") {
  const auto run = [](std::int64_t batch, int threads, std::int64_t first) {
    Formula<float> net{oracle, {9, 7, 3}};
    net.machine.threads = threads;
    return sample(ddpm_process, net, Ddpm{},
                  {.steps = 10, .count = 16 - first, .batch = batch, .seed = 11, .first_image = first});
  };
  const auto whole = run(16, 1, 0);
  CHECK(run(1, 1, 0) == whole);
  CHECK(run(3, 2, 0) == whole);
  CHECK(run(16, 2, 0) == whole);
  const auto tail = run(4, 2, 5);
  for (std::int64_t i = 5; i < 16; ++i) CHECK(std::ranges::equal(tail[i - 5], whole[i]));
  CHECK_FALSE(std::ranges::equal(whole[0], whole[1]));
}

TEST_CASE("sample: with the exact denoiser of a Gaussian, mean and variance are those of the sampler's closed form") {
  struct Case {
    double eta;
    int steps;
    double mean, variance;
  };
  for (const Case& c : {Case{0, 10, .2992780069, .0214321985}, Case{0, 50, .2994800714, .0508764623},
                        Case{1, 20, .2999980115, .0293974666}, Case{1, 100, .2999990930, .0498660719}}) {
    const auto x = sample(ddpm_process, Formula<float>{oracle, {100, 100, 1}}, Ddim{.eta = c.eta},
                          {.steps = c.steps, .count = 10, .seed = 5, .clip = 0, .grid = Leading{}});
    double sum = 0, squares = 0;
    const double n = double(x.pixels.size());
    for (const float v : x.pixels) sum += v;
    for (const float v : x.pixels) squares += (v - sum / n) * (v - sum / n);
    CAPTURE(c.steps);
    CHECK(std::abs(sum / n - c.mean) < 5 * std::sqrt(c.variance / n));
    CHECK(std::abs(squares / n - c.variance) < 5 * c.variance * std::sqrt(2 / n));
  }
}

TEST_CASE("sample: the sum that diffusers publishes for DDIM, through tensors, network and plan") {
  const Process process{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 1000}, PredictNoise<>{}};
  const auto start = [](std::span<float> x, const Shape& s) {  // values i / 768, i running over C, H, W, N
    for (int n = 0; n < 4; ++n)
      for (int h = 0; h < 8; ++h)
        for (int w = 0; w < 8; ++w)
          for (int c = 0; c < 3; ++c)
            x[std::size_t(((n * s[1] + h) * s[2] + w) * 3 + c)] = float(((c * 8 + h) * 8 + w) * 4 + n) / 768;
  };
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    const auto x = sample(process, Formula<float>{dummy, {8, 8, 3}}, Ddim{},
                          {.steps = 10, .count = 4, .grid = Leading{}, .noise = start, .execution = execution});
    double sum = 0;
    for (const float v : x.pixels) sum += std::abs(double(v));
    CHECK(std::abs(sum - 172.0067) < 1e-2);
  }
}

TEST_CASE("sample: the observer sees every step, the last estimate, and may stop the run") {
  std::vector<int> steps;
  std::vector<double> times;
  const auto watch = [&](const Step<Cpu<float>>& s) {
    steps.push_back(s.step), times.push_back(s.level.time);
    CHECK(s.of == 5);
    CHECK(s.x.shape() == Shape{2, 2, 3, 1});
    CHECK(s.x0.empty() == (s.step == 0));
    return s.step < 3;
  };
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    steps.clear(), times.clear();
    sample(ddpm_process, Formula<float>{zero}, Ddim{}, {.steps = 5, .count = 2, .execution = execution}, watch);
    CHECK(steps == std::vector{0, 1, 2, 3});
    CHECK(times == std::vector<double>{999, 799, 599, 399});
  }
}

TEST_CASE("sample: nothing depends on an observer that only looks") {
  const Formula<float> net{oracle};
  const auto look = [](const Step<Cpu<float>>&) {};
  CHECK(sample(ddpm_process, net, Ddpm{}, {.steps = 7, .count = 3, .seed = 2}) ==
        sample(ddpm_process, net, Ddpm{}, {.steps = 7, .count = 3, .seed = 2}, look));
}

TEST_CASE("sample: a network that gives NaN is named with its step") {
  const Process process{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 1000}, PredictNoise<>{}};
  CHECK_THROWS_WITH_AS(sample(process, Formula<float>{nan_below_400}, Ddim{}, {.steps = 10}),
                       "[sample] the network gave NaN or infinite values at step 7 of 10 (time 399)", NonFiniteSample);
}

TEST_CASE("sample: options that make no sense are refused in words") {
  const Formula<float> net{zero};
  const auto message = [&](SampleOptions<Cpu<float>> options) -> std::string {
    try {
      sample(ddpm_process, net, Ddim{}, options);
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  CHECK(message({.steps = 0}).find("wants at least 1 step, got 0") != std::string::npos);
  CHECK(message({.steps = 1001}).find("1001 steps are more than the 1000") != std::string::npos);
  CHECK(message({.count = -1}) == "[sample] count must not be negative, is -1");
  CHECK(message({.batch = 0}) == "[sample] batch must be at least 1, is 0");
  CHECK(message({.clip = -1}) == "[sample] clip must be 0 (none) or positive, is -1");
  CHECK(message({.grid = [](const AnySchedule&, int) {
          return std::vector<double>{10, 20};
        }}) == "[sample] the times must fall: 20 follows 10");
  CHECK(message({.grid = [](const AnySchedule&, int) { return std::vector<double>{-1}; }}) ==
        "[sample] time -1 must be above -1 (clean) and at most 999");
  CHECK(sample(ddpm_process, net, Ddim{}, {.count = 0}).count == 0);
}

TEST_CASE("sample: a run that starts from noise where there is signal left says so, once") {
  const auto before = warning_sink();
  std::vector<std::string> heard;
  warning_sink() = [&](std::string_view words) { heard.emplace_back(words); };
  const auto run = [&](const LinearBeta& schedule, auto start) {
    sample(Process{schedule, PredictNoise{}}, Formula<float>{zero}, Ddim{},
           {.steps = 2, .count = 1, .grid = Trailing{}, .start = start});
  };
  // A schedule that no other test has: of theirs it may have been said already.
  const LinearBeta twenty{.first = 2e-4, .last = 0.09, .steps = 20};
  run(twenty, FromUniform{});
  run({}, FromNoise{});
  CHECK(heard.empty());
  run(twenty, FromNoise{});
  run(twenty, FromNoise{});
  warning_sink() = before;
  REQUIRE(heard.size() == 1);
  CHECK(
      heard[0].starts_with("[sample] the run starts from pure noise at time 19, where the schedule still has a "
                           "signal-to-noise ratio of 0.65"));
}

TEST_CASE("sample: a run that starts from noise where the schedule has more image than noise is refused") {
  const auto message = [](const auto& process, int steps, const AnyGrid& grid,
                          Start start = FromNoise{}) -> std::string {
    try {
      sample(process, Formula<float>{zero}, Ddim{},
             {.steps = steps, .count = 1, .grid = grid, .start = std::move(start)});
    } catch (const std::invalid_argument& error) { return error.what(); }
    return "";
  };
  const auto before = warning_sink();
  warning_sink() = nullptr;
  const Process straight{RectifiedFlow{}, PredictVelocity{}};
  const Process palette{LinearBeta{1e-4, .09, 20}, PredictNoise{}};
  // One step of Leading is at time 0: alpha_bar = 1 - 1e-4, a ratio of 9999.
  CHECK(message(ddpm_process, 1, Leading{}) ==
        "[sample] the run starts from pure noise at time 0, where the schedule has more image than noise "
        "(signal-to-noise ratio 9999); begin at its noisiest level, time 999 (.grid = Trailing{}), or give it what it "
        "is to start from, .start = FromImages{...} or FromLatents{...}");
  CHECK(message(straight, 1, Leading{}).find("at time 0.001, where") != std::string::npos);
  CHECK(message(straight, 1, Times{{.5}}).find("(signal-to-noise ratio 1)") != std::string::npos);
  CHECK(message(palette, 1, Leading{}) != "");
  // What is right, and what is only warned of.
  const Images<float> given(1, 2, 3, 1);
  CHECK(message(ddpm_process, 1, Leading{}, FromImages{given}) == "");
  CHECK(message(ddpm_process, 10, Trailing{}, FromImages{given, .1}) == "");
  CHECK(message(ddpm_process, 1, Leading{}, FromLatents{given}) == "");
  CHECK(message(ddpm_process, 1, Leading{}, FromUniform{}) == "");
  CHECK(message(ddpm_process, 5, Leading{}) == "");
  CHECK(message(straight, 4, Leading{}) == "");  // at .75, of which it warns
  CHECK(message(ddpm_process, 10, KarrasSigmas{.range = {.smallest = .03, .largest = 14.6}}) == "");
  for (const AnyGrid& grid : {AnyGrid(Leading{}), AnyGrid(Trailing{})}) CHECK(message(palette, 10, grid) == "");
  warning_sink() = before;
}

TEST_CASE("sample: the default grid begins at the noisiest level") {
  const Formula<float> net{oracle};
  CHECK(sample(ddpm_process, net, Ddim{}, {.steps = 7, .count = 2, .seed = 1}) ==
        sample(ddpm_process, net, Ddim{}, {.steps = 7, .count = 2, .seed = 1, .grid = Trailing{}}));
}
