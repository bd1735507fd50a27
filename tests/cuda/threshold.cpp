#include <cuda/against.hpp>

#include <hush/cpu/threshold.hpp>
#include <hush/cuda/threshold.hpp>
#include <hush/kernels/threshold.hpp>

using namespace against;
using Near = Cuda<float, Machine>;

TEST_CASE("cuda threshold: the CPU's floats, for images of any size, with equal numbers too") {
  for (const int members : {1, 32}) {
    teams_of(members);
    for (const std::int64_t images : {1, 3})
      for (const std::int64_t stride : {1, 2, 7, 64, 259})
        for (const double ratio : {0., .4, .87, .995, 1.})
          for (const bool coarse : {false, true}) {
            CAPTURE(members);
            CAPTURE(images);
            CAPTURE(stride);
            CAPTURE(ratio);
            CAPTURE(coarse);
            auto values = random<float>(images * stride, unsigned(stride));
            for (double& v : values) v = coarse ? std::round(2 * v) : 3 * v;
            auto wanted = put<float>(Cpu<float>{}, values);
            auto found = put<float>(Near{}, values);
            threshold_images(Cpu<float>{}, images, stride, ratio, 5., wanted.data());
            threshold_images(Near{}, images, stride, ratio, 5., found.data());
            CHECK(download<float>(found) == download<float>(wanted));
          }
  }
  teams_of(1);
}

TEST_CASE("cuda threshold: zeros, denormals, infinities and NaN have their place in the order") {
  const std::vector<double> values{-0., 1e-42, -3e-45, INFINITY, 2, -4, NAN, 1, .5, -8};
  for (const int members : {1, 32}) {
    teams_of(members);
    for (int k = 0; k < 8; ++k) {  // |x| in order: 0, 3e-45, 1e-42, .5, 1, 2, 4, 8, inf, nan
      auto wanted = put<float>(Cpu<float>{}, values);
      auto near = put<float>(Near{}, values);
      threshold_images(Cpu<float>{}, 1, 10, k / 9., INFINITY, wanted.data());
      threshold_images(Near{}, 1, 10, k / 9., INFINITY, near.data());
      const auto a = download<float>(wanted), b = download<float>(near);
      for (std::size_t i = 0; i < a.size(); ++i)
        if (i != 6) CHECK(a[i] == b[i]);
      CHECK(a[9] == (k < 7 ? -1.f : doctest::Approx(-1)));
    }
  }
  teams_of(1);
}

TEST_CASE("cuda threshold: of a tensor") {
  const std::vector<double> values{-8, 1, 0, 4, -2};
  Tensor<Near> batch = upload(Near{}, {1, 5}, std::span<const double>(values));
  threshold(batch, .75, INFINITY);
  CHECK(download<double>(batch) == std::vector<double>{-1, .25, 0, 1, -.5});
}
