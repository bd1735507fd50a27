// Labels as 512 constant channels behind an image of 3, in front of a 3x3 convolution to 128: made, or as numbers that
// the convolution reads (nn/conv2d_constants.hpp). Each line runs the two in turn: `times` is the median time of the
// former over that of the latter, `memory` the ratio of the most bytes that tensors held above what was there before.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <hush/core.hpp>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace hush;

/// The CPU, counting the bytes that its tensors hold.
struct Counted : Cpu<float> {
  using full = Counted;
  static inline std::int64_t held = 0, most = 0;

  Counted in_full() const { return *this; }
  template <class U>
  std::shared_ptr<U[]> allocate(std::int64_t count) const {
    const std::shared_ptr<U[]> memory = Cpu<float>::allocate<U>(count);
    const std::int64_t bytes = count * std::int64_t(sizeof(U));
    held += bytes;
    most = std::max(most, held);
    return std::shared_ptr<U[]>(memory.get(), [memory, bytes](U*) { held -= bytes; });
  }
};
using B = Counted;

struct First {
  nn::Conv2d<B> convolution{B{}, 3 + 512, 128};
  LabelChannels<B> embedding;

  explicit First(bool fused) : embedding({.channels = 512, .fused = fused}, {.label_dim = 24}, Seed{1}) {
    initialise(*this, Seed{2});
  }
  static void visit(auto& self, auto&& f) { f("convolution", self.convolution), f("embedding", self.embedding); }
  template <Value V>
  V operator()(const Input<V>& input) const {
    const Input<V> embedded = embedding(input);
    return convolution(embedded.image, embedded.constants);
  }
};

struct Cost {
  double seconds = 0;
  std::int64_t bytes = 0;
};

Cost cost_of(const First& layer, const Input<Tensor<B>>& input, const Tensor<B>& dy) {
  const std::int64_t before = B::most = B::held;
  const auto start = std::chrono::steady_clock::now();
  if (dy.empty()) {
    benchmark::DoNotOptimize(layer(input).data());
  } else {
    Tape<B> tape;
    tape.backward(layer(on_tape(tape, input)), dy);
  }
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), B::most - before};
}

double median(std::vector<double> all) {
  std::nth_element(all.begin(), all.begin() + std::ptrdiff_t(all.size() / 2), all.end());
  return all[all.size() / 2];
}

void in_turn(benchmark::State& state, bool trains) {
  const std::int64_t batch = state.range(0);
  const First made(false), fused(true);
  const Input<Tensor<B>> input{filled(B{}, {batch, 64, 64, 3}, .5), filled(B{}, {batch}, 1),
                               filled(B{}, {batch, 24}, 1)};
  const Tensor<B> dy = trains ? filled(B{}, {batch, 64, 64, 128}, .1) : Tensor<B>();
  std::vector<double> of_made, of_fused;
  double memory = 0;
  cost_of(made, input, dy), cost_of(fused, input, dy);
  for (auto _ : state) {
    const Cost a = cost_of(made, input, dy), b = cost_of(fused, input, dy);
    of_made.push_back(a.seconds), of_fused.push_back(b.seconds);
    memory = double(a.bytes) / double(b.bytes);
  }
  state.counters["times"] = median(of_made) / median(of_fused);
  state.counters["memory"] = memory;
  state.counters["made_ms"] = 1e3 * median(of_made);
  state.counters["fused_ms"] = 1e3 * median(of_fused);
}

void label_channels_forward(benchmark::State& state) { in_turn(state, false); }
void label_channels_training(benchmark::State& state) { in_turn(state, true); }
BENCHMARK(label_channels_forward)->Arg(1)->Arg(16)->Unit(benchmark::kMillisecond);
BENCHMARK(label_channels_training)->Arg(1)->Arg(16)->Unit(benchmark::kMillisecond);

}  // namespace
