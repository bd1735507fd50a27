#include <cuda/against.hpp>

#include <hush/cpu/gaussian.hpp>
#include <hush/cuda/gaussian.hpp>

using namespace against;

namespace {

/// Moments of which each seventh log variance lies beyond a limit.
template <class T>
std::vector<double> moments(std::int64_t rows, std::int64_t channels) {
  auto values = random<T>(2 * rows * channels, unsigned(rows + channels));
  for (std::int64_t i = 0; i < rows * channels; i += 7)
    values[std::size_t(2 * (i / channels) * channels + channels + i % channels)] = i % 2 ? -32. : 24.;
  return values;
}

}  // namespace

TEST_CASE("cuda gaussian_sample: samples, and the gradient of both moments") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t channels : {1, 3, 8})
      for (const std::int64_t rows : {1, 6, 75}) {
        CAPTURE(channels);
        CAPTURE(rows);
        const std::int64_t n = rows * channels;
        const auto said = moments<T>(rows, channels), drawn = random<float>(n, 5), slope = random<T>(n, 6);
        const auto wide = put<double>(Double{}, said), wide_noise = put<double>(Double{}, drawn),
                   wide_dz = put<double>(Double{}, slope);
        auto z = room<double>(Double{}, n), dm = room<double>(Double{}, 2 * n);
        gaussian_sample(Double{}, rows, channels, wide.data(), wide_noise.data(), z.data());
        gaussian_sample_backward(Double{}, rows, channels, wide_dz.data(), wide.data(), wide_noise.data(), dm.data());
        const auto narrow = put<T>(on, said), dz = put<T>(on, slope);
        const auto noise = put<float>(on, drawn);
        auto found_z = room<T>(on, n), found_dm = room<T>(on, 2 * n);
        gaussian_sample(on, rows, channels, narrow.data(), noise.data(), found_z.data());
        gaussian_sample_backward(on, rows, channels, dz.data(), narrow.data(), noise.data(), found_dm.data());
        CHECK(distance(download<double>(found_z), download<double>(z)) < tolerance<P>());
        CHECK(distance(download<double>(found_dm), download<double>(dm)) < tolerance<P>());
      }
  });
}

TEST_CASE("cuda gaussian_kl: each number's divergence, and its gradient") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    for (const std::int64_t channels : {1, 3, 8})
      for (const std::int64_t rows : {1, 6, 75}) {
        CAPTURE(channels);
        CAPTURE(rows);
        const std::int64_t n = rows * channels;
        const auto said = moments<T>(rows, channels);
        const auto wide = put<double>(Double{}, said), wide_dy = put<double>(Double{}, {-1.5});
        auto y = room<double>(Double{}, n), dm = room<double>(Double{}, 2 * n);
        gaussian_kl(Double{}, rows, channels, wide.data(), y.data());
        gaussian_kl_backward(Double{}, rows, channels, .25, wide.data(), wide_dy.data(), dm.data());
        const auto narrow = put<T>(on, said), dy = put<T>(on, {-1.5});
        auto found_y = room<float>(on, n);
        auto found_dm = room<T>(on, 2 * n);
        gaussian_kl(on, rows, channels, narrow.data(), found_y.data());
        gaussian_kl_backward(on, rows, channels, .25, narrow.data(), dy.data(), found_dm.data());
        CHECK(distance(download<double>(found_y), download<double>(y)) < 1e-5);
        CHECK(distance(download<double>(found_dm), download<double>(dm)) < tolerance<P>());
      }
  });
}
