#include <benchmark/benchmark.h>

#include <memory>

#include <hush/core.hpp>

// The networks of examples/fashion_mnist: forward pass, optimizer step, sampling. Items are images.

namespace {

using namespace hush;
using B = Cpu<float>;

const Process process{OneBased{LinearBeta{.first = 1e-4, .last = 0.02, .steps = 500, .points = 501}}, PredictNoise{}};

AttentionUnet<B> network(bool paper) {
  AttentionUnetConfig config;
  if (!paper) config.widths = {32, 64, 64}, config.bottleneck = 128, config.head_width = 16;
  return {config, process.ports(), Seed{1}};
}

/// Pictures of noise: speed does not depend on what they show.
struct Noise {
  std::int64_t size() const { return 1024; }
  Images<float> batch(std::span<const std::int64_t> items) const {
    Images<float> images(std::int64_t(items.size()), 32, 32, 1);
    fill_normal(images.pixels.data(), 0, std::int64_t(images.pixels.size()), Stream{});
    return images;
  }
};

void forward(benchmark::State& state, bool paper) {
  const auto net = network(paper);
  const std::int64_t batch = state.range(0);
  const auto x = filled(B{}, {batch, 32, 32, 1}, 0.5), t = filled(B{}, {batch}, 250);
  for (auto _ : state) benchmark::DoNotOptimize(net(Input<Tensor<B>>{x, t}).data());
  state.SetItemsProcessed(state.iterations() * batch);
}

void training_step(benchmark::State& state, bool paper) {
  auto net = network(paper);
  const Noise data;
  const AdamW optimizer{.rate = 1e-4};
  Training<std::remove_const_t<decltype(process)>, AttentionUnet<B>, AdamW, Noise> training(
      process, net, optimizer, data, {.epochs = 1'000'000, .batch = state.range(0)});
  for (auto _ : state) benchmark::DoNotOptimize(training.advance().loss);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void sampling(benchmark::State& state, Execution execution) {
  const auto net = network(false);
  const int steps = 10;
  for (auto _ : state)
    benchmark::DoNotOptimize(
        sample(process, net, Ddim{},
               {.steps = steps, .count = state.range(0), .batch = state.range(0), .execution = execution})
            .pixels.data());
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["network_calls"] = steps;
}

}  // namespace

BENCHMARK_CAPTURE(forward, small, false)->Name("network/cpu/small/forward")->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(forward, paper, true)->Name("network/cpu/paper/forward")->Arg(1)->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(training_step, small, false)
    ->Name("network/cpu/small/training_step")
    ->Arg(16)
    ->Arg(64)
    ->UseRealTime();
BENCHMARK_CAPTURE(training_step, paper, true)->Name("network/cpu/paper/training_step")->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(sampling, planned, Execution::planned)->Name("sampling/cpu/small/planned")->Arg(16)->UseRealTime();
BENCHMARK_CAPTURE(sampling, eager, Execution::eager)->Name("sampling/cpu/small/eager")->Arg(16)->UseRealTime();
