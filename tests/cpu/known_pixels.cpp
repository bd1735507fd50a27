#include <doctest/doctest.h>

#include <vector>

#include <hush/cpu/known_pixels.hpp>

using namespace hush;

TEST_CASE("cpu known pixels: any size, any number of threads, in place too") {
  for (const int threads : {1, 3})
    for (const std::int64_t channels : {1, 3, 40000})
      for (const std::int64_t pixels : {0, 1, 7, 20000}) {
        if (channels * pixels > 1000000) continue;
        const Cpu<float> cpu{.threads = threads};
        std::vector<float> hole(std::size_t(pixels), 0.f), inside, outside;
        for (std::int64_t p = 0; p < pixels; ++p) hole[std::size_t(p)] = p % 3 == 1;
        for (std::int64_t i = 0; i < channels * pixels; ++i) inside.push_back(float(i)), outside.push_back(-float(i));
        std::vector<float> wanted;
        for (std::int64_t i = 0; i < channels * pixels; ++i)
          wanted.push_back(i / channels % 3 == 1 ? float(i) : -float(i));
        std::vector<float> y(inside.size(), 7.f);
        choose_pixels(cpu, pixels, channels, hole.data(), inside.data(), outside.data(), y.data());
        CHECK(y == wanted);
        choose_pixels(cpu, pixels, channels, hole.data(), inside.data(), outside.data(), inside.data());
        CHECK(inside == wanted);
      }
}
