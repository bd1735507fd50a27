#include <cuda/against.hpp>

#include <hush/cpu/noise.hpp>
#include <hush/cuda/noise.hpp>

using namespace against;
using Near = Cuda<float, Machine>;

TEST_CASE("cuda noise: normals are the CPU's floats, in batches that take several launches") {
  for (const int members : {1, 32}) {
    teams_of(members);
    for (const std::int64_t count : {1, 3, 64, 131})
      for (const std::int64_t stride : {1, 6, 75}) {
        CAPTURE(count);
        CAPTURE(stride);
        std::vector<std::uint32_t> images;
        for (std::int64_t i = 0; i < count; ++i) images.push_back(std::uint32_t(1000 - 7 * i));
        const Stream stream{.seed = 5, .step = 3, .purpose = purpose("noise")};
        auto wanted = room<float>(Cpu<float>{}, count * stride);
        auto z = room<float>(Near{}, count * stride);
        normals(Cpu<float>{}, images, stride, stream, wanted.data());
        normals(Near{}, images, stride, stream, z.data());
        CHECK(download<float>(z) == download<float>(wanted));
      }
  }
  teams_of(1);
}

TEST_CASE("cuda noise: images blended each with its own factors") {
  each_machine([&]<class P>(const Cuda<P, Machine>& given) {
    if (!std::is_same_v<P, float>) return;
    const Near on = given.in_full();
    for (const std::int64_t count : {1, 2, 70, 129})
      for (const std::int64_t stride : {1, 8, 27}) {
        CAPTURE(count);
        CAPTURE(stride);
        const auto a = random<float>(count, 1), b = random<float>(count, 2);
        const auto x = random<float>(count * stride, 3), y = random<float>(count * stride, 4);
        const auto near_x = put<float>(on, x), near_y = put<float>(on, y);
        auto z = room<float>(on, count * stride);
        blend_images(on, a, b, stride, near_x.data(), near_y.data(), z.data());
        std::vector<double> wanted(x.size());
        for (std::size_t i = 0; i < x.size(); ++i)
          wanted[i] = a[i / std::size_t(stride)] * x[i] + b[i / std::size_t(stride)] * y[i];
        CHECK(distance(download<double>(z), wanted) < 1e-6);
      }
  });
}
