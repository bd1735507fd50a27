#include <hush/sampling/condition_slot.hpp>
#include <hush/sampling/eager.hpp>
#include <hush/sampling/program_batch.hpp>
#include <hush/sampling/runner.hpp>
#include <hush/sampling/start.hpp>

#include <doctest/doctest.h>

#include <cmath>

#include <hush/conditionings/mask.hpp>
#include <hush/conditionings/replacement.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/known_pixels.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/resample.hpp>
#include <hush/cuda/runtime/graph.hpp>
#include <hush/cuda/sampler_pass.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/cuda/threshold.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddim.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/samplers/repaint.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "with_past.hpp"

using namespace hush;

namespace {

using Gpu = Cuda<float, HostGpu>;

/// y = x g / 2 for the gamma g that image i sees: the network of these tests, as a kernel of both machines.
struct Halved {
  std::int64_t n, stride;
  const float *x, *noise_labels;
  float* y;
  template <class Team>
  void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = 0.5f * x[i] * noise_labels[i / stride];
  }
};
void halved(const Gpu& on, const Halved& body) { launch(on, body, grid_for(body.n)); }
void halved(const Cpu<float>&, const Halved& body) { body(SerialTeam(0, 1, nullptr)); }

/// y = half of the last channel of x, for n pixels.
struct LastChannel {
  std::int64_t n, channels;
  const float* x;
  float* y;
  template <class Team>
  void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team)) y[i] = 0.5f * x[i * channels + channels - 1];
  }
};
void picked(const Gpu& on, const LastChannel& body) { launch(on, body, grid_for(body.n)); }
void picked(const Cpu<float>&, const LastChannel& body) { body(SerialTeam(0, 1, nullptr)); }

/// What is 0 for levels above a bound, and NaN below.
struct Spoilt {
  std::int64_t n;
  const float* noise_labels;
  float bound;
  float* y;
  template <class Team>
  void operator()(const Team& team) const {
    for (std::int64_t i = first_of(team); i < n; i += all_of(team))
      if (*noise_labels > bound) y[i] = std::nanf("");
  }
};

template <class B>
struct Net {
  using backend = B;
  float spoilt_above = 2;
  ImageSize image() const { return {3, 3, 1}; }
  Ports ports() const { return {}; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const Tensor<B>& x = value_of(input.image);
    Tensor<B> y = empty_like(x);
    halved(B{}, Halved{x.size(), 9, x.data(), input.noise_labels.data(), y.data()});
    if constexpr (std::same_as<B, Gpu>)
      if (spoilt_above < 1)
        launch(B{}, Spoilt{x.size(), input.noise_labels.data(), spoilt_above, y.data()}, grid_for(x.size()));
    return constant_like(input.image, y);
  }
};

/// The same, with a half that it makes of the levels beforehand.
struct Timed {
  using backend = Gpu;
  ImageSize image() const { return {3, 3, 1}; }
  Ports ports() const { return {}; }
  Gpu on() const { return {}; }
  static void visit(auto&, auto&&) {}
  std::vector<Tensor<Gpu>> timed(const Tensor<Gpu, float>& noise_labels) const {
    return {(0.5 * noise_labels).reshaped({noise_labels.size(), 1})};
  }
  template <Value V>
  V operator()(const Input<V>& input) const {
    const Tensor<Gpu>& x = value_of(input.image);
    const Tensor<Gpu> factor = 2.0 * (input.timed.empty() ? 0.5 * input.noise_labels : value_of(input.timed[0]));
    Tensor<Gpu> y = empty_like(x);
    halved(Gpu{}, Halved{x.size(), 9, x.data(), factor.data(), y.data()});
    return constant_like(input.image, y);
  }
};

/// The same for a process with a condition: it is halved what stands in the last channel.
template <class B>
struct FirstChannel {
  using backend = B;
  Ports wanted{};
  ImageSize image() const { return {3, 3, 1}; }
  Ports ports() const { return wanted; }
  B on() const { return {}; }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    const Tensor<B>& x = value_of(input.image);
    const std::int64_t channels = x.shape()[3], n = x.size() / channels;
    Tensor<B> y(B{}, {x.shape()[0], 3, 3, 1});
    picked(B{}, LastChannel{n, channels, x.data(), y.data()});
    return constant_like(input.image, y);
  }
};

/// A number that is added to an image, whose memory nobody can see from outside.
struct Shift {
  using Given = std::vector<float>;
  template <Backend B>
  struct BatchCondition {
    Tensor<B> shift;
  };
  Ports ports() const { return {}; }
  void fits(const Given&, std::int64_t, ImageSize) const {}
  template <Backend B>
  BatchCondition<B> prepare(const B& on, const Given& given, const Rows& rows, const NoiseKey&) const {
    Images<float> shifts(rows.count, 3, 3, 1);
    for (std::int64_t i = 0; i < rows.count; ++i) std::ranges::fill(shifts[i], given[std::size_t(rows.first + i)]);
    return {upload(on, shifts)};
  }
  template <Backend B>
  void add_to(const BatchCondition<B>& condition, Input<Tensor<B>>& input) const {
    input.image = input.image + condition.shift;
  }
};

/// Two calls of the network a step.
struct Midpoint {
  template <class X>
  X step(auto&& denoise, const X& x, Level from, Level to, auto&& noise) const {
    const Denoised<X> here = denoise(x, from);
    const X half = to.signal * here.x0 + to.noise * here.eps;
    if (to.noise == 0) return half;
    const Denoised<X> there = denoise(half, to);
    return to.signal * (0.5 * here.x0 + 0.5 * there.x0) + 0.9 * to.noise * there.eps + 0.1 * to.noise * noise();
  }
};

const Process process{LinearBeta{.steps = 1000}, PredictNoise<Gamma>{}};

template <class N, class S, class... Observers>
std::vector<float> run(const N& net, const S& sampler, const SampleOptions<typename N::backend>& options,
                       Observers&&... observers) {
  return sample(process, net, sampler, options, observers...).pixels;
}

}  // namespace

static_assert(HasGraphs<Gpu> && !HasGraphs<Cpu<float>>);
static_assert(TimedBackbone<Timed, Gpu> && !TimedBackbone<Net<Gpu>, Gpu>);

TEST_CASE("runner: a recording has the bits of the kernels one by one, and the CPU's picture") {
  for (const int members : {1, 32})
    for (const int steps : {1, 2, 7, 60}) {
      CAPTURE(members);
      CAPTURE(steps);
      HostGpu::members = members;
      const auto judge = [&](const auto& sampler) {
        SampleOptions<Gpu> options{.steps = steps, .count = 7, .batch = 3, .seed = 5, .first_image = 2};
        const auto graph = run(Net<Gpu>{}, sampler, options);
        CHECK(graph == run(Timed{}, sampler, options));
        options.record = false;
        CHECK(graph == run(Net<Gpu>{}, sampler, options));
        options.batch = 7;
        CHECK(graph == run(Net<Gpu>{}, sampler, options));
        const auto cpu = run(Net<Cpu<float>>{}, sampler, {.steps = steps, .count = 7, .seed = 5, .first_image = 2});
        for (std::size_t i = 0; i < cpu.size(); ++i) CHECK(graph[i] == doctest::Approx(cpu[i]).epsilon(1e-4));
      };
      judge(Ddim{.eta = 0.5});
      judge(Midpoint{});
      judge(TwoStep{});
      if (members == 1) judge(Ddpm{});
      HostGpu::members = 1;
    }
}

TEST_CASE("runner: who looks on after a step without a look sees the last x0") {
  for (const int every : {1, 3, 7, 50}) {
    const auto seen = [&]<class B>(const B&) {
      std::vector<float> all;
      const auto look = [&](const Step<B>& s) {
        if (s.step > 0)
          for (const float v : download<float>(s.x0)) all.push_back(v);
        return true;
      };
      run(Net<B>{}, RePaint{Ddpm{}, 4, 3}, {.steps = 20, .seed = 3}, Every{every, look});
      return all;
    };
    const auto gpu = seen(Gpu{}), cpu = seen(Cpu<float>{});
    REQUIRE(gpu.size() == cpu.size());
    for (std::size_t i = 0; i < cpu.size(); ++i) CHECK(gpu[i] == doctest::Approx(cpu[i]).epsilon(1e-4));
  }
}

TEST_CASE("runner: thresholds and starts are the CPU's") {
  Images<float> given(5, 3, 3, 1);
  for (std::size_t i = 0; i < given.pixels.size(); ++i) given.pixels[i] = float(i % 7) / 3 - 1;
  for (const int steps : {7, 60})
    for (const bool from_images : {true, false}) {
      const auto made = [&]<class B>(const B&, bool record) {
        SampleOptions<B> options{.steps = steps, .count = 5, .batch = 2, .seed = 5, .record = record};
        options.threshold = DynamicThreshold{.ratio = .8, .largest = 1.2};
        if (from_images)
          options.start = FromImages{given, .6};
        else
          options.start = FromUniform{-1, 2};
        return run(Net<B>{}, TwoStep{}, options);
      };
      const auto graph = made(Gpu{}, true), cpu = made(Cpu<float>{}, true);
      CHECK(graph == made(Gpu{}, false));
      for (std::size_t i = 0; i < cpu.size(); ++i) CHECK(graph[i] == doctest::Approx(cpu[i]).epsilon(1e-4));
    }
}

TEST_CASE("runner: a conditioned run is recorded once for all batches, each of which has its own condition") {
  Images<float> pictures(6, 3, 3, 1), holes(6, 3, 3, 1);
  for (std::size_t i = 0; i < pictures.pixels.size(); ++i) {
    pictures.pixels[i] = float(i % 11) / 5 - 1;
    holes.pixels[i] = (i + i / 9) % 3 == 0;
  }
  const auto judge = [&](const auto& conditioning, int steps) {
    const Process conditioned{process.schedule, process.parameterization, conditioning};
    const typename decltype(conditioned)::Given given{pictures, holes};
    const auto made = [&]<class B>(const B&, bool record) {
      const FirstChannel<B> net{conditioned.ports()};
      return sample(conditioned, net, Ddim{.eta = .5}, given,
                    SampleOptions<B>{.steps = steps, .count = 6, .batch = 2, .seed = 5, .record = record})
          .pixels;
    };
    auto& machine = HostGpu::at(0, 0);
    const std::int64_t before = machine.recordings;
    const auto graph = made(Gpu{}, true);
    CHECK(machine.recordings - before == 1);
    CHECK(graph == made(Gpu{}, false));
    const auto cpu = made(Cpu<float>{}, false);
    for (std::size_t i = 0; i < cpu.size(); ++i) {
      CHECK(graph[i] == doctest::Approx(cpu[i]).epsilon(1e-4));
      if (holes.pixels[i] == 0) CHECK(graph[i] == pictures.pixels[i]);
    }
  };
  for (const int steps : {7, 60}) {
    judge(Mask{.channels = 1}, steps);
    judge(Replacement{}, steps);
  }
}

TEST_CASE("recorded sampling: the host waits a few times, however many the steps") {
  auto& machine = HostGpu::at(0, 0);
  const auto waits = [&](int steps) {
    const std::int64_t before = machine.waits;
    run(Net<Gpu>{}, Ddim{}, {.steps = steps, .count = 2});
    return machine.waits - before;
  };
  CHECK(waits(300) == waits(30));
  CHECK(waits(20) <= 3);
  // Somebody who looks on every 100 steps costs two copies and a check each time.
  const std::int64_t before = machine.waits;
  const auto look = [](const Step<Gpu>& s) { return download<float>(s.x).size() == 18; };
  run(Net<Gpu>{}, Ddim{}, {.steps = 300, .count = 2}, Every{100, look});
  CHECK(machine.waits - before <= waits(300) + 12);
}

TEST_CASE("runner: who looks on sees the same as without recording, at the interval asked for, and may stop") {
  const auto watch = [&](bool record, int every, int until) {
    std::vector<float> seen;
    std::vector<int> steps;
    const auto look = [&](const Step<Gpu>& s) {
      steps.push_back(s.step);
      CHECK(s.of == 60);
      for (const float v : download<float>(s.x)) seen.push_back(v);
      CHECK(s.x0.empty() == (s.step == 0));
      if (!s.x0.empty())
        for (const float v : download<float>(s.x0)) seen.push_back(v);
      return s.step < until;
    };
    const auto last = run(Net<Gpu>{}, Ddim{.eta = 1}, {.steps = 60, .seed = 3, .record = record}, Every{every, look});
    seen.insert(seen.end(), last.begin(), last.end());
    return std::pair(steps, seen);
  };
  CHECK(watch(true, 7, 100) == watch(false, 7, 100));
  CHECK(watch(true, 25, 100).first == std::vector<int>{0, 25, 50, 60});
  CHECK(watch(true, 1, 100) == watch(false, 1, 100));
  CHECK(watch(true, 20, 40).first == std::vector<int>{0, 20, 40});
}

TEST_CASE("runner: NaN from the network names the first step that had it") {
  const auto message = [&](int steps, bool record) {
    try {
      run(Net<Gpu>{.spoilt_above = 0.5f}, Ddim{}, {.steps = steps, .record = record});
    } catch (const NonFiniteSample& error) { return std::string(error.what()); }
    return std::string("nothing");
  };
  CHECK(message(20, true) == message(20, false));
  CHECK(message(50, true) == message(50, false));
  CHECK(message(20, true).starts_with("[sample] the network gave NaN or infinite values at step "));
}
