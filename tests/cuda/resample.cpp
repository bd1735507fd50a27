#include <cuda/against.hpp>

#include <hush/cpu/resample.hpp>
#include <hush/cuda/resample.hpp>

using namespace against;

namespace {

struct Case {
  ImageSizes s;
  std::int64_t factor;
};

/// Nearest and bilinear, forward and backward, on any backend.
template <class B>
std::vector<std::vector<double>> resampled(const B& on, const Case& c, unsigned seed) {
  using T = typename B::scalar;
  const std::int64_t size = c.s.batch * c.s.height * c.s.width * c.s.channels;
  const auto x = put<T>(on, random<bf16>(size, seed)),
             dy = put<T>(on, random<bf16>(size * c.factor * c.factor, seed + 1));
  auto nearest = room<T>(on, dy.size()), linear = room<T>(on, dy.size());
  auto dnearest = room<T>(on, size), dlinear = room<T>(on, size);
  upsample_nearest(on, c.s, c.factor, x.data(), nearest.data());
  upsample_bilinear(on, c.s, c.factor, x.data(), linear.data());
  upsample_nearest_backward(on, c.s, c.factor, dy.data(), dnearest.data());
  upsample_bilinear_backward(on, c.s, c.factor, dy.data(), dlinear.data());
  return {download<double>(nearest), download<double>(linear), download<double>(dnearest), download<double>(dlinear)};
}

}  // namespace

TEST_CASE("cuda resample: nearest and bilinear, forward and backward, are the CPU's") {
  const Case cases[] = {{{1, 1, 1, 1}, 1},  {{1, 1, 1, 8}, 2}, {{2, 1, 5, 3}, 2},   {{2, 5, 1, 16}, 3},
                        {{1, 4, 7, 24}, 2}, {{3, 3, 2, 5}, 4}, {{1, 2, 33, 16}, 5}, {{2, 6, 4, 10}, 1}};
  each_machine([&](const auto& on) {
    using P = typename std::decay_t<decltype(on)>::precision;
    unsigned seed = 1;
    for (const Case& c : cases) {
      CAPTURE(c.s.height);
      CAPTURE(c.s.width);
      CAPTURE(c.factor);
      const auto found = resampled(on, c, seed), wanted = resampled(Double{}, c, seed);
      CHECK(found[0] == wanted[0]);
      for (std::size_t i = 1; i < found.size(); ++i) {
        CAPTURE(i);
        CHECK(distance(found[i], wanted[i]) < tolerance<P>());
      }
      seed += 2;
    }
  });
}
