#include <hush/kernels/by_norms.hpp>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/cuda/elementwise.hpp>
#include <hush/cuda/noise.hpp>
#include <hush/cuda/reduce.hpp>
#include <hush/cuda/team/host_gpu.hpp>
#include <hush/ops/arithmetic.hpp>
#include <hush/samplers/predictor_corrector.hpp>

#include "samplers/named_noise.hpp"
#include "samplers/pixels.hpp"

using namespace hush;

namespace {

using Gpu = Cuda<float, HostGpu>;

/// Calls f(backend): the CPU in both precisions, and the GPU that the host plays, by teams of one and of 32.
void each_backend(const auto& f) {
  f(Cpu<float>{}), f(Cpu<float>{.threads = 2}), f(Cpu<double>{});
  for (const int members : {1, 32}) {
    HostGpu::members = members;
    f(Gpu{});
  }
  HostGpu::members = 1;
}

/// N(0, 1) for the images with these numbers, for a purpose and a step.
template <class B>
Tensor<B> normals_of(const B& on, const std::vector<std::uint32_t>& images, std::uint32_t purpose, int step = 0) {
  const Shape shape{std::int64_t(images.size()), 5, 7, 3};
  return normal_images(on, shape, {.seed = 9, .step = std::uint32_t(step), .purpose = purpose}, images);
}

/// A predictor-corrector run on Gaussian data.
template <class B>
std::vector<double> corrected_images(const B& on, const std::vector<std::uint32_t>& images) {
  std::vector<Level> levels;
  for (int i = 8; i >= 0; --i) levels.push_back(samplers::Exploding{2}(i / 8.));
  const Tensor<B> start = 2.0 * normals_of(on, images, purpose("start")), one = filled(on, start.shape(), 1);
  const auto denoise = [&](const Tensor<B>& x, Level at) { return samplers::Gaussian{}.denoise(x, at, one); };
  const auto draw = [&](int step, int ordinal) {
    return normals_of(on, images, purpose("draw", std::uint32_t(ordinal)), step);
  };
  return download<double>(samplers::run_eagerly(PredictorCorrector{.corrections = 2}, levels, start, denoise, draw));
}

}  // namespace

TEST_CASE("by norms: each image by its own norms, on every machine") {
  each_backend([](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    const std::vector<double> a{3, 0, 4, 1, 2, 2}, b{0, 2, 0, 0, 0, 1}, x{1, 2, 3, 4, 5, 6};
    const auto put = [&](const std::vector<double>& v) { return upload<B, double>(on, {2, 1, 3, 1}, v); };
    const std::vector<double> norms = image_norms(put(a));
    CHECK(norms == std::vector<double>{5, 3});
    const auto y = by_norms([](double p, double q) { return p / q; }, put(a), put(b), put(x));
    CHECK(y.shape() == Shape{2, 1, 3, 1});
    CHECK(download<double>(y) == std::vector<double>{2.5, 5, 7.5, 12, 15, 18});
  });
}

TEST_CASE("by norms: long images, and their norms in any batch") {
  each_backend([](const auto& on) {
    using B = std::decay_t<decltype(on)>;
    const std::int64_t size = 70000;
    std::vector<double> values(std::size_t(3 * size));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::sin(double(i)) * double(1 + i / size);
    const std::vector<double> norms = image_norms(upload<B, double>(on, {3, size}, values));
    for (std::size_t i = 0; i < 3; ++i) {
      const std::span<const double> image(&values[i * size], std::size_t(size));
      double squares = 0;
      for (const double v : image) squares += v * v;
      CHECK(norms[i] == doctest::Approx(std::sqrt(squares)).epsilon(1e-6));
      CHECK(image_norms(upload<B, double>(on, {1, size}, image))[0] == norms[i]);
    }
  });
}

TEST_CASE("by norms: no images are no images, and shapes that differ are refused in words") {
  const Cpu<float> on;
  const auto ratio = [](double a, double b) { return a / b; };
  const Tensor<Cpu<float>> none(on, {0, 2, 2, 1}), two(on, {2, 3}), three(on, {3, 2});
  CHECK(by_norms(ratio, none, none, none).size() == 0);
  CHECK_THROWS_WITH_AS(by_norms(ratio, two, two, three), "[by_norms] the shapes differ: [2, 3], [2, 3] and [3, 2]",
                       std::invalid_argument);
  CHECK_THROWS_AS(by_norms(ratio, two, three, two), std::invalid_argument);
}

TEST_CASE("by norms: a predictor-corrector run makes the same image in any batch, on every machine") {
  const std::vector<double> exact = corrected_images(Cpu<double>{}, {4, 5, 6, 7});
  each_backend([&](const auto& on) {
    const std::vector<double> whole = corrected_images(on, {4, 5, 6, 7});
    std::vector<double> parts = corrected_images(on, {4});
    for (const double value : corrected_images(on, {5, 6, 7})) parts.push_back(value);
    CHECK(parts == whole);
    REQUIRE(whole.size() == exact.size());
    for (std::size_t i = 0; i < whole.size(); ++i) CHECK(std::abs(whole[i] - exact[i]) < 1e-4);
  });
}
