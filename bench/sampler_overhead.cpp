#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include <hush/core.hpp>

#include "../examples/shared/samplers.hpp"

// The cost of a sampler's step without the network: whole runs of `sample` with a network of constant output; a step is
// a fiftieth of the difference between runs of 60 and of 10 steps. For comparison one pass over the memory of the
// images and the cost of a normal number. bench/peers/schedulers.py runs this in turn with the schedulers of diffusers.

namespace {

using namespace hush;
using B = Cpu<float>;

/// A network of constant output.
struct Free {
  using backend = B;
  Tensor<B> answer;
  ImageSize image() const { return {answer.shape()[1], answer.shape()[2], answer.shape()[3]}; }
  Ports ports() const { return {}; }
  B on() const { return answer.on(); }
  static void visit(auto&, auto&&) {}
  template <Value V>
  V operator()(const Input<V>& input) const {
    return constant_like(input.image, answer);
  }
};

Shape images(const benchmark::State& state) { return {state.range(0), state.range(1), state.range(1), 3}; }

template <class S>
void run(benchmark::State& state, const S& sampler, Execution execution) {
  const Process process{LinearBeta{}, PredictNoise{}};
  const Free net{filled(B{int(state.range(2))}, images(state), .1)};
  for (auto _ : state)
    benchmark::DoNotOptimize(
        sample(process, net, sampler,
               {.steps = int(state.range(3)), .count = state.range(0), .batch = state.range(0), .execution = execution})
            .pixels.data());
}

/// Reads the images and writes as many.
void memory_pass(benchmark::State& state) {
  const B cpu{int(state.range(2))};
  const Tensor<B> x = filled(cpu, images(state), .1);
  Tensor<B> y = filled(cpu, images(state), 0);
  const std::int64_t part = 16384, parts = (x.size() + part - 1) / part;
  for (auto _ : state) {
    float* to = y.data();
    parallel(cpu, parts, [&](std::int64_t i) {
      const std::int64_t count = std::min(part, x.size() - i * part);
      std::memcpy(to + i * part, x.data() + i * part, std::size_t(count) * sizeof(float));
    });
    benchmark::DoNotOptimize(to);
    benchmark::ClobberMemory();
  }
}

void normal_numbers(benchmark::State& state) {
  std::vector<float> z(16384);
  for (auto _ : state) {
    fill_normal(z.data(), 0, std::int64_t(z.size()), Stream{});
    benchmark::DoNotOptimize(z.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * std::int64_t(z.size()));
}

void with_sizes(benchmark::internal::Benchmark* made, const std::vector<std::int64_t>& steps) {
  made->UseRealTime()->ArgNames({"images", "size", "threads", "steps"});
  for (const std::int64_t threads : {1, 2})
    for (const std::int64_t n : steps) made->Args({1, 32, threads, n})->Args({16, 64, threads, n});
}

template <class S>
void both_lengths(const std::string& name, const S& sampler, Execution execution = Execution::planned) {
  with_sizes(benchmark::RegisterBenchmark(("overhead/" + name).c_str(),
                                          [=](benchmark::State& state) { run(state, sampler, execution); }),
             {10, 60});
}

const bool registered = [] {
  for (const char* name :
       {"ddpm", "ddim", "plms", "euler", "euler-a", "heun", "lms", "deis", "dpm++2m", "dpm++2m-sde", "unipc"})
    samplers::with(name, [&](const auto& sampler) { both_lengths(name, sampler); });
  both_lengths("ddim-eager", Ddim{}, Execution::eager);
  with_sizes(benchmark::RegisterBenchmark("overhead/memory_pass", memory_pass), {0});
  benchmark::RegisterBenchmark("overhead/normal", normal_numbers)->UseRealTime();
  return true;
}();

}  // namespace
