// The ops between the convolutions, on the CPU: norms, activations, pooling, resampling. `GB/s` counts each array that
// a kernel must read or write once; `copy` is the bandwidth of a plain copy of the same number of bytes.
#include <benchmark/benchmark.h>

#include <cstring>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/layer_norm.hpp>
#include <hush/cpu/pooling.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <string>
#include <vector>

namespace {

using namespace hush;

/// One layer's activations [batch, side, side, channels], and buffers for the kernels' results.
struct Layer {
  std::int64_t batch, side, channels;
  Cpu<float> cpu{};
  std::int64_t pixels = side * side, size = batch * pixels * channels;
  std::vector<float> x = std::vector<float>(std::size_t(size)), y = x, dy = x, large = std::vector<float>(4 * x.size());
  std::vector<float> gamma = std::vector<float>(std::size_t(channels), 1.f), beta = gamma, dgamma = gamma,
                     dbeta = gamma;
  std::vector<float> mean = std::vector<float>(std::size_t(batch * std::max(pixels, channels))), rstd = mean;
  std::vector<std::uint32_t> images = std::vector<std::uint32_t>(std::size_t(batch));
  ImageSizes sizes{batch, side, side, channels};

  void fill() {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = float(i * 7919 % 1000) / 500 - 1, dy[i] = 1 - x[i];
  }
};

/// Runs `kernel` on a layer; `arrays` of the layer's size are read or written.
template <class Kernel>
void measure(const std::string& name, double arrays, const Kernel& kernel) {
  struct Size {
    std::int64_t batch, side, channels;
  };
  for (const Size& s : {Size{4, 64, 128}, Size{16, 32, 64}, Size{1, 32, 64}, Size{1, 4, 512}}) {
    const std::string full = "elementwise/" + name + "/" + std::to_string(s.batch) + "x" + std::to_string(s.side) +
                             "x" + std::to_string(s.side) + "x" + std::to_string(s.channels);
    benchmark::RegisterBenchmark(full.c_str(), [=](benchmark::State& state) {
      Layer layer{.batch = s.batch, .side = s.side, .channels = s.channels};
      layer.fill();
      for (auto _ : state) {
        kernel(layer);
        benchmark::ClobberMemory();
      }
      state.counters["GB/s"] =
          benchmark::Counter(arrays * 4 * double(layer.size) * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
    })->UseRealTime();
  }
}

template <class F>
void measure_group_norm(const std::string& name, std::int64_t groups, double arrays, const F& kernel) {
  measure(name + "_" + std::to_string(groups), arrays, [=](Layer& l) {
    kernel(l, GroupNormSizes{l.batch, l.pixels, l.channels, groups, 1e-5});
  });
}

const bool registered = [] {
  measure("copy", 2, [](Layer& l) {
    parallel(l.cpu, 16, [&](std::int64_t i) {
      const std::int64_t first = l.size * i / 16, last = l.size * (i + 1) / 16;
      std::memcpy(l.y.data() + first, l.x.data() + first, std::size_t(last - first) * sizeof(float));
    });
  });
  for (const std::int64_t groups : {1, 32}) {
    measure_group_norm("group_norm", groups, 2, [](Layer& l, const GroupNormSizes& s) {
      group_norm(l.cpu, s, l.x.data(), l.gamma.data(), l.beta.data(), l.y.data(), l.mean.data(), l.rstd.data());
    });
    measure_group_norm("group_norm_backward", groups, 3, [](Layer& l, const GroupNormSizes& s) {
      group_norm_backward(l.cpu, s, l.dy.data(), l.x.data(), l.gamma.data(), l.mean.data(), l.rstd.data(), l.y.data(),
                          l.dgamma.data(), l.dbeta.data());
    });
  }
  measure("layer_norm", 2, [](Layer& l) {
    layer_norm(l.cpu, l.batch * l.pixels, l.channels, 1e-5, l.x.data(), l.gamma.data(), l.beta.data(), l.y.data(),
               l.mean.data(), l.rstd.data());
  });
  measure("layer_norm_backward", 3, [](Layer& l) {
    layer_norm_backward(l.cpu, l.batch, l.batch * l.pixels, l.channels, l.dy.data(), l.x.data(), l.gamma.data(),
                        l.mean.data(), l.rstd.data(), l.y.data(), l.dgamma.data(), l.dbeta.data());
  });
  measure("silu", 2, [](Layer& l) { silu(l.cpu, l.size, l.x.data(), l.y.data()); });
  measure("silu_backward", 3, [](Layer& l) { silu_backward(l.cpu, l.size, l.dy.data(), l.x.data(), l.y.data()); });
  measure("gelu_tanh", 2, [](Layer& l) { gelu_tanh(l.cpu, l.size, l.x.data(), l.y.data()); });
  measure("gelu_tanh_backward", 3,
          [](Layer& l) { gelu_tanh_backward(l.cpu, l.size, l.dy.data(), l.x.data(), l.y.data()); });
  measure("gelu_exact", 2, [](Layer& l) { gelu_exact(l.cpu, l.size, l.x.data(), l.y.data()); });
  measure("add", 3, [](Layer& l) { add(l.cpu, l.size, l.x.data(), l.dy.data(), l.y.data()); });
  measure("add_channels", 2,
          [](Layer& l) { add_channels(l.cpu, l.batch, l.pixels, l.channels, l.x.data(), l.mean.data(), l.y.data()); });
  measure("sum_pixels", 1, [](Layer& l) { sum_pixels(l.cpu, l.batch, l.pixels, l.channels, l.x.data(), l.y.data()); });
  measure("mse", 2, [](Layer& l) {
    const float* none = nullptr;
    mse(l.cpu, l.batch, l.pixels * l.channels, l.x.data(), l.dy.data(), none, l.y.data());
  });
  measure("max_pool2d", 1.25, [](Layer& l) { max_pool2d(l.cpu, l.sizes, 2, l.x.data(), l.y.data()); });
  measure("max_pool2d_backward", 2.25,
          [](Layer& l) { max_pool2d_backward(l.cpu, l.sizes, 2, l.dy.data(), l.x.data(), l.y.data()); });
  measure("upsample_nearest", 5, [](Layer& l) { upsample_nearest(l.cpu, l.sizes, 2, l.x.data(), l.large.data()); });
  measure("upsample_bilinear", 5, [](Layer& l) { upsample_bilinear(l.cpu, l.sizes, 2, l.x.data(), l.large.data()); });
  measure("upsample_bilinear_backward", 5,
          [](Layer& l) { upsample_bilinear_backward(l.cpu, l.sizes, 2, l.large.data(), l.y.data()); });
  measure("concat", 3, [](Layer& l) {
    const std::int64_t rows = l.batch * l.pixels, c = l.channels;
    copy_columns(l.cpu, rows, c, l.x.data(), c, l.large.data(), 2 * c);
    copy_columns(l.cpu, rows, c, l.dy.data(), c, l.large.data() + c, 2 * c);
  });
  measure("dropout", 2, [](Layer& l) {
    dropout(l.cpu, l.batch, l.pixels * l.channels, 0.1, Stream{}, l.images.data(), l.x.data(), l.y.data());
  });
  return true;
}();

}  // namespace
