#include <cuda/against.hpp>

#include <hush/cpu/levels.hpp>
#include <hush/cuda/levels.hpp>

using namespace against;

TEST_CASE("cuda levels: Fourier features of sigmas against the CPU") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    const std::vector<double> sigmas{0.02, 1, 7.5, 80};
    for (const std::int64_t count : {1, 5, 64}) {
      CAPTURE(count);
      const auto w = random<float>(count, 1);
      auto wanted = room<double>(Double{}, 8 * count);
      const auto near_t = put<float>(on, sigmas), near_w = put<float>(on, w);
      const auto wide_t = put<double>(Double{}, download<double>(near_t)),
                 wide_w = put<double>(Double{}, download<double>(near_w));
      fourier_embedding(Double{}, 4, count, wide_t.data(), wide_w.data(), wanted.data());
      auto y = room<T>(on, 8 * count);
      fourier_embedding(on, 4, count, near_t.data(), near_w.data(), y.data());
      CHECK(distance(download<double>(y), download<double>(wanted)) < (std::is_same_v<T, float> ? 1e-6 : 1e-2));
    }
  });
}

TEST_CASE("cuda levels: nearest rows, and images divided by numbers") {
  each_machine([&]<class P>(const Cuda<P, Machine>& on) {
    using T = ScalarOf<P>;
    const std::vector<double> numbers{0, 2.4, 2.5, 99, -3, std::nan("")};
    const auto t = put<float>(on, numbers);
    Tensor<Cuda<P, Machine>, std::int32_t> rows(on, {6});
    nearest_rows(on, 6, 4, t.data(), rows.data());
    std::vector<std::int32_t> found(6);
    copy_out(on, 6, std::as_const(rows).data(), found.data());
    CHECK(found == std::vector<std::int32_t>{0, 2, 3, 3, 0, 0});

    for (const std::int64_t stride : {1, 7, 64}) {
      const auto x = random<T>(3 * stride, 2);
      const auto near_x = put<T>(on, x);
      const auto by = put<float>(on, {2, -0.25, 4});
      auto y = room<T>(on, 3 * stride);
      divide_images(on, 3, stride, near_x.data(), by.data(), y.data());
      const auto values = download<double>(y);
      const double factors[] = {0.5, -4, 0.25};
      for (std::int64_t i = 0; i < 3 * stride; ++i)
        CHECK(values[std::size_t(i)] == x[std::size_t(i)] * factors[i / stride]);
    }
  });
}
