#include <cuda/against.hpp>

#include <hush/cpu/pooling.hpp>
#include <hush/cuda/pooling.hpp>
#include <hush/cuda/team/pixels.hpp>

using namespace against;

namespace {

struct Case {
  ImageSizes s;
  std::int64_t window;
};

/// y and dx on any backend.
template <class B>
std::vector<std::vector<double>> pooled(const B& on, const Case& c, const std::vector<double>& x,
                                        const std::vector<double>& dy) {
  using T = typename B::scalar;
  const auto in = put<T>(on, x), grad = put<T>(on, dy);
  auto y = room<T>(on, grad.size()), dx = room<T>(on, in.size());
  max_pool2d(on, c.s, c.window, in.data(), y.data());
  max_pool2d_backward(on, c.s, c.window, grad.data(), in.data(), dx.data());
  return {download<double>(y), download<double>(dx)};
}

}  // namespace

TEST_CASE("cuda max_pool2d: values and gradients are the CPU's, to the bit") {
  const Case cases[] = {{{1, 1, 1, 1}, 1},  {{1, 2, 2, 8}, 2}, {{2, 5, 7, 3}, 2},  {{3, 7, 6, 16}, 3},
                        {{1, 4, 9, 24}, 2}, {{2, 6, 6, 5}, 6}, {{1, 2, 75, 64}, 2}};
  each_machine([&](const auto& on) {
    using T = typename std::decay_t<decltype(on)>::scalar;
    unsigned seed = 1;
    for (const Case& c : cases) {
      CAPTURE(c.s.height);
      CAPTURE(c.s.channels);
      const std::int64_t pixels = c.s.batch * (c.s.height / c.window) * (c.s.width / c.window);
      auto x = random<T>(c.s.batch * c.s.height * c.s.width * c.s.channels, seed++);
      for (double& v : x) v = std::round(2 * v);  // many are equal: the first has the gradient
      const auto dy = random<T>(pixels * c.s.channels, seed++);
      CHECK(pooled(on, c, x, dy) == pooled(Double{}, c, x, dy));
    }
  });
}

TEST_CASE("cuda max_pool2d: what is not a number wins") {
  each_machine([](const auto& on) {
    for (const std::int64_t channels : {1, 8}) {
      std::vector<double> x(std::size_t(4 * channels), 3.0);
      for (std::int64_t c = 0; c < channels; ++c) x[std::size_t(2 * channels + c)] = NAN;
      const auto found = pooled(on, {{1, 2, 2, channels}, 2}, x, std::vector<double>(std::size_t(channels), 5.0));
      for (const double v : found[0]) CHECK(std::isnan(v));
      for (std::int64_t i = 0; i < 4 * channels; ++i) CHECK(found[1][std::size_t(i)] == (i / channels == 2 ? 5 : 0));
    }
  });
}
