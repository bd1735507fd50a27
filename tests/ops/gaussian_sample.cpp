#include <doctest/doctest.h>

#include <hush/cpu/gaussian.hpp>
#include <hush/cpu/noise.hpp>
#include <hush/ops/gaussian_sample.hpp>
#include <ops/inputs.hpp>

using namespace hush;

TEST_CASE("gaussian_sample: gradients agree with finite differences") {
  for (const Shape& shape : {Shape{2, 3, 2, 4}, Shape{3, 10}, Shape{1, 2, 2, 2}}) {
    const auto noise = input(shape.with_back(shape.back() / 2), 2);
    require_gradients([&](const auto& x) { return gaussian_sample(x, noise); }, input(shape, 1));
  }
}

TEST_CASE("gaussian_sample: beyond the limits of a log variance its gradient is 0") {
  const Cpu<double> on{1};
  const auto noise = filled(on, {1, 2}, 1);
  require_gradients([&](const auto& x) { return gaussian_sample(x, noise); },
                    upload(on, {1, 4}, std::span<const double>(std::vector<double>{1, 2, -40, -35})));
}

TEST_CASE("gaussian_sample: means and deviations are those of the moments") {
  const Cpu<float> on{2};
  const std::int64_t count = 40000;
  std::vector<double> said;
  for (std::int64_t i = 0; i < count; ++i) said.insert(said.end(), {2, -2});  // a deviation of 1 / e
  const auto z =
      download<double>(gaussian_sample(upload(on, {1, count, 2}, std::span<const double>(said)), NoiseKey{.seed = 3}));
  double sum = 0, squares = 0;
  for (const double v : z) {
    sum += v;
    squares += (v - 2) * (v - 2);
  }
  CHECK(sum / double(count) == doctest::Approx(2).epsilon(.005));
  CHECK(squares / double(count) == doctest::Approx(std::exp(-2)).epsilon(.03));
}

TEST_CASE("gaussian_sample: an image's noise belongs to seed, step and image, not to its place in the batch") {
  const auto moments = filled(Cpu<float>{1}, {2, 7, 6}, 0);
  const auto one = filled(Cpu<float>{1}, {1, 7, 6}, 0);
  const std::vector<std::uint32_t> images{8, 9}, last{9};
  const auto both = download<float>(gaussian_sample(moments, NoiseKey{.seed = 1, .step = 2, .images = images}));
  const std::vector<float> second(both.begin() + 21, both.end());
  CHECK(download<float>(gaussian_sample(one, NoiseKey{.seed = 1, .step = 2, .images = last})) == second);
  CHECK(download<float>(gaussian_sample(one, NoiseKey{.seed = 1, .step = 3, .images = last})) != second);
  CHECK(second[3] == normal_at(NoiseKey{.seed = 1, .step = 2, .images = last}.stream("posterior"), 3));
}

TEST_CASE("gaussian_sample: what does not fit is refused") {
  const Cpu<double> on{1};
  CHECK_THROWS_WITH_AS(gaussian_sample(filled(on, {2, 3}, 0), filled(on, {2, 1}, 0)),
                       "[gaussian_sample] wants moments [N, ..., 2 C], the means and then the logarithms of the "
                       "variances; got [2, 3]",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(gaussian_sample(filled(on, {2, 4}, 0), filled(on, {2, 4}, 0)),
                       "[gaussian_sample] noise [2, 4] for moments [2, 4]", std::invalid_argument);
}
