#include <benchmark/benchmark.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <hush/core.hpp>
#include <hush/data/with_holes.hpp>

// The networks of examples/fashion_mnist and examples/palette, that of Palette's own pictures, diffusers' of CIFAR-10,
// and a transformer, DiT-S/4: forward pass, optimizer step, sampling. Items are images. bench/peers/cpu.py runs them
// beside other runtimes; two variables of the environment are for it: HUSH_BENCH_THREADS, the threads of the networks
// (all without it), and HUSH_BENCH_MEMORY, which adds the counter `peak_bytes`, for processes that run one benchmark.

namespace {

using namespace hush;
using B = Cpu<float>;

const Process generation{OneBased{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 500, .points = 501}},
                         PredictNoise{}};
const Process inpainting{LinearBeta{.first = 1e-4, .last = 0.09, .steps = 1000}, PredictNoise<Gamma>{}, Mask{}};

B on() {
  const char* threads = std::getenv("HUSH_BENCH_THREADS");
  return {.threads = threads ? std::atoi(threads) : 0};
}
AttentionUnet<B> paper() { return {{}, generation.ports(), Seed{1}, on()}; }
AttentionUnet<B> small() {
  return {{.widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16}, generation.ports(), Seed{1}, on()};
}
Adm<B> palette_small() {
  return {{.image = {32, 32, 3},
           .channels = 32,
           .multipliers = {1, 2, 4},
           .blocks = 1,
           .attention = {.factors = {4}},
           .embedding = {.scale = 1000}},
          inpainting.ports(),
          Seed{1},
          on()};
}
Adm<B> palette() { return {{}, inpainting.ports(), Seed{1}, on()}; }
/// The sizes of google/ddpm-cifar10-32 of diffusers.
Unet2d<B> cifar10() {
  using enum UnetBlock;
  return {{.image = {32, 32, 3},
           .down_block_types = {resnet, attention, resnet, resnet},
           .up_block_types = {resnet, resnet, attention, resnet},
           .block_out_channels = {128, 256, 256, 256},
           .attention_head_dim = {}},
          generation.ports(),
          Seed{1},
          on()};
}

/// DiT-S/4 on pixels, without labels.
Dit<B> dit_s4() { return {{.image = {32, 32, 3}, .patch = 4}, generation.ports(), Seed{1}, on()}; }

/// Images of noise, as the speed does not depend on the content.
struct Noise {
  std::int64_t channels = 1;

  std::int64_t size() const { return 1024; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 32, 32, channels);
    fill_normal(images.pixels.data(), 0, std::int64_t(images.pixels.size()), Stream{});
    for (float& pixel : images.pixels) pixel = std::tanh(pixel);
    return images;
  }
};
const Noise grey{}, coloured{3};
const data::WithHoles with_holes(coloured, data::masks::Centre{});

/// Bytes of a line of Linux's /proc/self/status: VmRSS is resident now, VmHWM the most ever. 0 where there is none.
double resident(const std::string& line) {
  std::ifstream status("/proc/self/status");
  double kilobytes = 0;
  for (std::string name; status >> name;) {
    if (name == line + ":" && status >> kilobytes) return 1024 * kilobytes;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

/// Of a benchmark, made before its network: the peak, less what was resident before the first one.
struct Memory {
  Memory() { before(); }
  void count(benchmark::State& state) const {
    if (std::getenv("HUSH_BENCH_MEMORY")) state.counters["peak_bytes"] = resident("VmHWM") - before();
  }
  static double before() {
    static const double bytes = resident("VmRSS");
    return bytes;
  }
};

template <class Net>
void forward(benchmark::State& state, Net (*make)()) {
  const Memory memory;
  const Net net = make();
  const ComputeCopies<B> compute_copies(net);
  const std::int64_t batch = state.range(0), channels = net.image().channels + net.ports().extra_channels;
  const auto x = filled(on(), {batch, net.image().height, net.image().width, channels}, 0.5),
             t = filled(on(), {batch}, 0.5);
  for (auto _ : state) benchmark::DoNotOptimize(net(Input<Tensor<B>>{x, t}).data());
  state.SetItemsProcessed(state.iterations() * batch);
  memory.count(state);
}

template <class Net, class Proc, class Data>
void training_step(benchmark::State& state, Net (*make)(), const Proc& process, const Data& data) {
  const Memory memory;
  Net net = make();
  const AdamW optimizer{.rate = 1e-4};
  auto training =
      start_training(process, net, optimizer, data, TrainOptions<Data>{.epochs = 1'000'000, .batch = state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(training.advance().loss);
  state.SetItemsProcessed(state.iterations() * state.range(0));
  memory.count(state);
}

template <class Net, class Proc, class Data>
void sampling(benchmark::State& state, Net (*make)(), const Proc& process, const Data& data, int steps,
              Execution execution) {
  const Net net = make();
  const std::int64_t batch = state.range(0);
  const auto given = examples_of(data, std::vector<std::int64_t>(std::size_t(batch), 0)).given;
  for (auto _ : state)
    benchmark::DoNotOptimize(
        sample(process, net, Ddim{}, given, {.steps = steps, .count = batch, .batch = batch, .execution = execution})
            .pixels.data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["network_calls"] = steps;
}

}  // namespace

BENCHMARK_CAPTURE(forward, small, small)->Name("network/cpu/small/forward")->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(forward, paper, paper)->Name("network/cpu/paper/forward")->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(forward, palette_small, palette_small)
    ->Name("network/cpu/palette_small/forward")
    ->Arg(8)
    ->UseRealTime();
BENCHMARK_CAPTURE(forward, cifar10, cifar10)->Name("network/cpu/cifar10/forward")->Arg(1)->Arg(8)->UseRealTime();
BENCHMARK_CAPTURE(forward, dit, dit_s4)->Name("network/cpu/dit/forward")->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(forward, palette, palette)->Name("network/cpu/palette/forward")->Arg(1)->UseRealTime();
BENCHMARK_CAPTURE(training_step, small, small, generation, grey)
    ->Name("network/cpu/small/training_step")
    ->Arg(16)
    ->Arg(64)
    ->UseRealTime();
BENCHMARK_CAPTURE(training_step, paper, paper, generation, grey)
    ->Name("network/cpu/paper/training_step")
    ->Arg(16)
    ->UseRealTime();
BENCHMARK_CAPTURE(training_step, palette_small, palette_small, inpainting, with_holes)
    ->Name("network/cpu/palette_small/training_step")
    ->Arg(8)
    ->UseRealTime();
BENCHMARK_CAPTURE(training_step, dit, dit_s4, generation, coloured)
    ->Name("network/cpu/dit/training_step")
    ->Arg(16)
    ->UseRealTime();
BENCHMARK_CAPTURE(sampling, small, small, generation, grey, 20, Execution::planned)
    ->Name("network/cpu/small/sampling")
    ->Arg(1)
    ->Arg(16)
    ->UseRealTime();
BENCHMARK_CAPTURE(sampling, paper, paper, generation, grey, 20, Execution::planned)
    ->Name("network/cpu/paper/sampling")
    ->Arg(1)
    ->Arg(16)
    ->UseRealTime();
BENCHMARK_CAPTURE(sampling, palette_small, palette_small, inpainting, with_holes, 20, Execution::planned)
    ->Name("network/cpu/palette_small/sampling")
    ->Arg(8)
    ->UseRealTime();
BENCHMARK_CAPTURE(sampling, planned, small, generation, grey, 10, Execution::planned)
    ->Name("sampling/cpu/small/planned")
    ->Arg(16)
    ->UseRealTime();
BENCHMARK_CAPTURE(sampling, eager, small, generation, grey, 10, Execution::eager)
    ->Name("sampling/cpu/small/eager")
    ->Arg(16)
    ->UseRealTime();
