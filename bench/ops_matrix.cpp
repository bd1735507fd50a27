// Convolutions, matrix products and attention on the CPU. Each line also measures the machine: `peak_GFLOPs` is what
// multiply-adds in registers reached between the repetitions of this very benchmark, `of_peak` the share of it.
#include <benchmark/benchmark.h>

#include <chrono>
#include <functional>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/gemm.hpp>
#include <memory>
#include <string>
#include <vector>

namespace {

using hush::AttentionSizes, hush::Conv2dSizes, hush::Cpu;
using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point from) { return std::chrono::duration<double>(Clock::now() - from).count(); }

/// Floating-point operations of one call of peak_work on every thread.
double peak_work(const Cpu<float>& cpu, int threads) {
  constexpr int chains = hush::simd::packet_registers >= 32 ? 24 : 12;
  constexpr std::int64_t steps = 20000;
  static float sink[1024];
  hush::parallel(cpu, threads, [&](std::int64_t task) {
    hush::simd::Packet<float> sums[chains];
    hush::simd::unrolled<chains>([&](auto i) { sums[i] = hush::simd::broadcast<float>(float(i)); });
    const auto factor = hush::simd::load<float>(sink + 64), term = hush::simd::load<float>(sink + 128);
    for (std::int64_t k = 0; k < steps; ++k)
      hush::simd::unrolled<chains>([&](auto i) { sums[i] = hush::simd::multiply_add<float>(sums[i], factor, term); });
    float total = 0;
    hush::simd::unrolled<chains>([&](auto i) { total += hush::simd::sum<float>(sums[i]); });
    benchmark::DoNotOptimize(total);
    (void)task;
  });
  return 2.0 * double(threads * steps * chains * hush::simd::packet_size<float>);
}

/// Times `work` and the peak alternately; the best of each goes into the counters.
void measure(benchmark::State& state, double flops, std::int64_t items, const std::function<void()>& work) {
  const Cpu<float> cpu;
  const int threads = std::max(1, int(std::thread::hardware_concurrency()));
  double best = 1e30, peak = 0;
  work();
  std::int64_t round = 0;
  for (auto _ : state) {
    const auto start = Clock::now();
    work();
    const double time = seconds(start);
    best = std::min(best, time);
    state.SetIterationTime(time);
    if (round++ % 4 == 0) {
      const auto at = Clock::now();
      const double done = peak_work(cpu, threads);
      peak = std::max(peak, done / seconds(at));
    }
  }
  state.SetItemsProcessed(state.iterations() * items);
  state.counters["GFLOPs"] = flops / best * 1e-9;
  state.counters["peak_GFLOPs"] = peak * 1e-9;
  state.counters["of_peak"] = flops / best / peak;
}

std::vector<float> numbers(std::int64_t count) {
  std::vector<float> v(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < v.size(); ++i) v[i] = float(i * 2654435761u % 2001) * 1e-3f - 1;
  return v;
}

void add(const std::string& name, double flops, std::int64_t items, std::function<std::function<void()>()> prepare) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { measure(state, flops, items, prepare()); })
      ->UseManualTime()
      ->Unit(benchmark::kMicrosecond);
}

/// Weights that are kept, as in `sample`.
struct KeptWeights {
  std::vector<float> values;
  explicit KeptWeights(std::int64_t count) : values(numbers(count)) { hush::keep_packed(Cpu<float>{}, values.data()); }
  KeptWeights(const KeptWeights&) = delete;
  KeptWeights& operator=(const KeptWeights&) = delete;
  ~KeptWeights() { hush::drop_packed(Cpu<float>{}, values.data()); }
};

struct Images {
  std::int64_t n, in, out, size, kernel = 3, stride = 1;
};

void add_conv2d(const Images& i) {
  const std::int64_t k = i.kernel;
  const Conv2dSizes s = hush::conv2d_sizes(i.n, i.size, i.size, i.in, i.out, k, k, i.stride,
                                           {(k - 1) / 2, (k - 1) / 2, (k - 1) / 2, (k - 1) / 2});
  const std::string name =
      hush::to_text("conv2d/cpu/n", i.n, "c", i.in, i.in != i.out ? hush::to_text("to", i.out) : "", "h", i.size,
                    k != 3 ? hush::to_text("k", k) : "", i.stride != 1 ? hush::to_text("s", i.stride) : "");
  const double flops = 2.0 * double(s.batch * s.out_height * s.out_width * s.out * s.in * k * k);
  const auto x = [s] { return numbers(s.batch * s.height * s.width * s.in); };
  const auto w = [s] { return numbers(s.out * s.kernel_h * s.kernel_w * s.in); };
  const auto y = [s] { return numbers(s.batch * s.out_height * s.out_width * s.out); };
  add(name + "/forward", flops, i.n, [=] {
    return [s, x = x(), w = w(), b = numbers(s.out), y = y()]() mutable {
      hush::conv2d(Cpu<float>{}, s, x.data(), w.data(), b.data(), y.data());
    };
  });
  add(name + "/inference", flops, i.n, [=] {
    const auto kept = std::make_shared<KeptWeights>(s.out * s.kernel_h * s.kernel_w * s.in);
    return [s, x = x(), kept, b = numbers(s.out), y = y()]() mutable {
      hush::conv2d(Cpu<float>{}, s, x.data(), kept->values.data(), b.data(), y.data());
    };
  });
  add(name + "/backward_input", flops, i.n, [=] {
    return [s, x = x(), w = w(), y = y()]() mutable {
      hush::conv2d_backward_input(Cpu<float>{}, s, y.data(), w.data(), x.data());
    };
  });
  add(name + "/backward_weight", flops, i.n, [=] {
    return [s, x = x(), w = w(), b = numbers(s.out), y = y()]() mutable {
      hush::conv2d_backward_weight(Cpu<float>{}, s, x.data(), y.data(), w.data(), b.data());
    };
  });
}

void add_linear(std::int64_t rows, std::int64_t in, std::int64_t out) {
  const std::string name = hush::to_text("linear/cpu/n", rows, "c", in, "to", out);
  const double flops = 2.0 * double(rows * in * out);
  add(name + "/forward", flops, rows, [=] {
    return [=, x = numbers(rows * in), w = numbers(in * out), b = numbers(out), y = numbers(rows * out)]() mutable {
      hush::linear(Cpu<float>{}, rows, in, out, x.data(), w.data(), b.data(), y.data());
    };
  });
  add(name + "/backward_input", flops, rows, [=] {
    return [=, x = numbers(rows * in), w = numbers(in * out), y = numbers(rows * out)]() mutable {
      hush::linear_backward_input(Cpu<float>{}, rows, in, out, y.data(), w.data(), x.data());
    };
  });
  add(name + "/backward_weight", flops, rows, [=] {
    return [=, x = numbers(rows * in), w = numbers(in * out), b = numbers(out), y = numbers(rows * out)]() mutable {
      hush::linear_backward_weight(Cpu<float>{}, rows, in, out, x.data(), y.data(), w.data(), b.data());
    };
  });
}

void add_attention(std::int64_t n, std::int64_t length, std::int64_t heads, std::int64_t width) {
  const AttentionSizes s{n, length, length, heads, width, width, 0.125};
  const std::string name = hush::to_text("attention/cpu/n", n, "l", length, "h", heads, "d", width);
  const double flops = 4.0 * double(n * heads * length * length * width);
  const std::int64_t size = n * length * heads * width;
  add(name + "/forward", flops, n, [=] {
    return [=, q = numbers(size), k = numbers(size), v = numbers(size), y = numbers(size),
            w = numbers(n * heads * length * length)]() mutable {
      hush::attention(Cpu<float>{}, s, q.data(), k.data(), v.data(), y.data(), w.data());
    };
  });
  add(name + "/backward", 2 * flops, n, [=] {
    return [=, q = numbers(size), k = numbers(size), v = numbers(size), y = numbers(size),
            w = numbers(n * heads * length * length), dq = numbers(size), dk = numbers(size),
            dv = numbers(size)]() mutable {
      hush::attention_backward(Cpu<float>{}, s, q.data(), k.data(), v.data(), w.data(), y.data(), dq.data(), dk.data(),
                               dv.data());
    };
  });
}

const bool registered = [] {
  for (const Images& i :
       {Images{4, 64, 64, 64},    {8, 256, 256, 16},   {64, 32, 32, 32},  {64, 64, 64, 16},   {64, 128, 128, 16},
        {64, 128, 128, 8},        {128, 256, 256, 8},  {64, 128, 128, 4}, {128, 256, 256, 4}, {128, 512, 512, 4},
        {1, 64, 64, 32},          {1, 256, 256, 4},    {64, 256, 128, 8}, {64, 96, 32, 32},   {64, 64, 64, 32, 3, 2},
        {64, 128, 128, 16, 3, 2}, {64, 1, 32, 32},     {16, 1, 64, 64},   {16, 6, 64, 64},    {16, 64, 1, 64, 1},
        {16, 64, 3, 64},          {64, 128, 64, 16, 1}})
    add_conv2d(i);
  add_linear(64, 64, 256);
  add_linear(1, 256, 256);
  add_linear(64, 256, 512);
  add_linear(4096, 128, 384);
  add_linear(1024, 1024, 1024);
  add_attention(64, 16, 4, 32);
  add_attention(64, 64, 4, 32);
  add_attention(16, 256, 4, 32);
  return true;
}();

}  // namespace
