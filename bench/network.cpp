#include <benchmark/benchmark.h>

#include <cmath>
#include <memory>

#include <hush/core.hpp>
#include <hush/data/with_holes.hpp>

// The networks of examples/fashion_mnist and examples/palette: forward pass, optimizer step, sampling. Items are
// images.

namespace {

using namespace hush;
using B = Cpu<float>;

const Process generation{OneBased{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 500, .points = 501}},
                         PredictNoise{}};
const Process inpainting{LinearBeta{.first = 1e-4, .last = 0.09, .steps = 1000}, PredictNoise<Gamma>{}, Mask{}};

AttentionUnet<B> paper() { return {{}, generation.ports(), Seed{1}}; }
AttentionUnet<B> small() {
  return {{.widths = {32, 64, 64}, .bottleneck = 128, .head_width = 16}, generation.ports(), Seed{1}};
}
Adm<B> palette_small() {
  return {{.image = {32, 32, 3},
           .channels = 32,
           .multipliers = {1, 2, 4},
           .blocks = 1,
           .attention = {.factors = {4}},
           .embedding = {.scale = 1000}},
          inpainting.ports(),
          Seed{1}};
}

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

template <class Net>
void forward(benchmark::State& state, Net (*make)()) {
  const Net net = make();
  const ComputeCopies<B> compute_copies(net);
  const std::int64_t batch = state.range(0), channels = net.image().channels + net.ports().extra_channels;
  const auto x = filled(B{}, {batch, 32, 32, channels}, 0.5), t = filled(B{}, {batch}, 0.5);
  for (auto _ : state) benchmark::DoNotOptimize(net(Input<Tensor<B>>{x, t}).data());
  state.SetItemsProcessed(state.iterations() * batch);
}

template <class Net, class Proc, class Data>
void training_step(benchmark::State& state, Net (*make)(), const Proc& process, const Data& data) {
  Net net = make();
  const AdamW optimizer{.rate = 1e-4};
  auto training =
      start_training(process, net, optimizer, data, TrainOptions<Data>{.epochs = 1'000'000, .batch = state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(training.advance().loss);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sampling(benchmark::State& state, Execution execution) {
  const auto net = small();
  const int steps = 10;
  for (auto _ : state)
    benchmark::DoNotOptimize(
        sample(generation, net, Ddim{},
               {.steps = steps, .count = state.range(0), .batch = state.range(0), .execution = execution})
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
BENCHMARK_CAPTURE(sampling, planned, Execution::planned)->Name("sampling/cpu/small/planned")->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(sampling, eager, Execution::eager)->Name("sampling/cpu/small/eager")->Arg(16)->UseRealTime();
