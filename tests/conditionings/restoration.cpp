// Runs of 20 steps with given noise against PyTorch: tools/make_restoration_golden.py says how these numbers were made.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <hush/backbones/adm.hpp>
#include <hush/conditionings/lightness.hpp>
#include <hush/conditionings/mask.hpp>
#include <hush/cpu/activation.hpp>
#include <hush/cpu/attention.hpp>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/dropout.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/embedding.hpp>
#include <hush/cpu/gemm.hpp>
#include <hush/cpu/group_norm.hpp>
#include <hush/cpu/indirection.hpp>
#include <hush/cpu/known_pixels.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cpu/resample.hpp>
#include <hush/cpu/sampler_pass.hpp>
#include <hush/cpu/threshold.hpp>
#include <hush/io/adm_keys.hpp>
#include <hush/io/safetensors.hpp>
#include <hush/io/weights.hpp>
#include <hush/sample.hpp>
#include <hush/samplers/ddpm.hpp>
#include <hush/schedules/linear_beta.hpp>

#include "named_numbers.hpp"

using namespace hush;

namespace {

io::Array weight(const std::string& name, const std::vector<std::int64_t>& shape) {
  const auto count = std::int64_t(*io::elements(shape));
  auto values = u(name, count);
  for (double& v : values)
    v = shape.size() > 1 ? v * std::sqrt(3 / double(count / shape[0])) : 0.3 * v + (name.ends_with("weight") ? 1 : 0);
  return io::array_of<double>(shape, values);
}

template <class T>
Adm<Cpu<T>> network(std::int64_t channels, const Ports& ports) {
  const AdmConfig config{.image = {16, 16, channels}, .channels = 32, .multipliers = {1, 2}, .blocks = 1};
  Adm<Cpu<T>> net(config, ports, Seed{1});
  const io::KeyMap map = io::palette_keys(net, io::QkvOrder::by_head);
  FlatParameters<Cpu<T>> layout(net);
  const io::Extents extents = io::extents_of(layout);
  io::Arrays weights;
  for (const auto& [name, shape] : io::stored_extents(map, extents)) weights.items[name] = weight(name, shape);
  io::fill_from(layout, io::to_native(map, extents, weights), "golden", layout.values());
  return net;
}

/// Two images that belong to a name.
Images<float> pictures(const std::string& name, std::int64_t channels) {
  const auto values = u(name, 2 * 256 * channels);
  return {2, 16, 16, channels, std::vector<float>(values.begin(), values.end())};
}

/// A hole in the middle, for all pictures.
Images<float> hole() {
  Images<float> hole(1, 16, 16, 1);
  for (std::size_t h = 4; h < 12; ++h)
    for (std::size_t w = 4; w < 12; ++w) hole.pixels[16 * h + w] = 1;
  return hole;
}

/// The noise of a run: the start, then a draw a step. Each run wants its own.
struct GivenNoise {
  int drawn = 0;
  void operator()(std::span<float> values, const Shape& shape) {
    CHECK(shape.size() == std::int64_t(values.size()));
    CHECK(drawn < 20);  // none is asked for in the last step
    const std::string number = std::string(" ") + std::to_string(drawn++);
    const auto a = u("first" + number, shape.size()), b = u("second" + number, shape.size()),
               c = u("third" + number, shape.size());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = float(a[i] + b[i] + c[i]);
  }
};

struct Run {
  double error = 0;      // the largest difference to PyTorch's numbers, after 1, 10 and 20 steps
  Images<float> images;  // what `sample` gave
};

template <class T, class Conditioning>
Run run(const std::string& name, std::int64_t channels, const Conditioning& conditioning,
        const typename Conditioning::Given& given, Execution execution, const Ddpm& sampler = {}) {
  static const io::Arrays golden = io::read_safetensors("tests/goldens/restoration.safetensors");
  const Process process{LinearBeta{.first = 1e-4, .last = 0.09, .steps = 20}, PredictNoise<Gamma>{}, conditioning};
  const SampleOptions<Cpu<T>> options{.steps = 20, .count = 2, .noise = GivenNoise{}, .execution = execution};
  Run found;
  int compared = 0;
  const auto compare = [&](const Step<Cpu<T>>& step) {
    const auto kept = golden.items.find(name + ": " + std::to_string(step.step));
    if (kept == golden.items.end()) return;
    CHECK(kept->second.shape == std::vector<std::int64_t>{2, 16, 16, channels});
    const auto wanted = io::values_of<double>(kept->second), is = download<double>(step.x);
    REQUIRE(is.size() == wanted.size());
    for (std::size_t i = 0; i < is.size(); ++i) found.error = std::max(found.error, std::abs(is[i] - wanted[i]));
    ++compared;
  };
  found.images = sample(process, network<T>(channels, process.ports()), sampler, given, options, compare);
  CHECK(compared == 3);
  return found;
}

}  // namespace

TEST_CASE("restoration: 20 steps of inpainting with given noise are PyTorch's, and the known pixels stay") {
  const MaskedImages given{pictures("picture", 3), hole()};
  const Mask mask{.filling = HoleFilling::zeros};
  for (const Execution execution : {Execution::planned, Execution::eager}) {
    CHECK(run<double>("inpainting", 3, mask, given, execution).error < 1e-10);
    const Run in_float = run<float>("inpainting", 3, mask, given, execution);
    CHECK(in_float.error < 1e-4);
    for (std::size_t i = 0; i < in_float.images.pixels.size(); ++i) {
      const bool unknown = given.hole.pixels[i / 3 % 256] == 1;
      if (unknown == (in_float.images.pixels[i] == given.picture.pixels[i])) FAIL_CHECK("value ", i);
    }
  }
}

TEST_CASE("restoration: 20 steps of colourisation with given noise are PyTorch's") {
  const Images<float> given = pictures("lightness", 1);
  CHECK(run<double>("colourisation", 2, Lightness{}, given, Execution::planned).error < 1e-10);
  CHECK(run<double>("colourisation", 2, Lightness{}, given, Execution::eager).error < 1e-10);
  CHECK(run<float>("colourisation", 2, Lightness{}, given, Execution::planned).error < 1e-4);
}

TEST_CASE("restoration: the variance of the noise shows") {
  const Ddpm large{.variance = Variance::fixed_large};
  CHECK(run<float>("colourisation", 2, Lightness{}, pictures("lightness", 1), Execution::planned, large).error > 1e-2);
}
