#include <doctest/doctest.h>

#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/elementwise.hpp>
#include <hush/cpu/reduce.hpp>
#include <hush/ops/conv2d.hpp>
#include <hush/ops/conv2d_transposed.hpp>
#include <ops/inputs.hpp>

using namespace hush;
using D = Cpu<double>;

namespace {

const Conv2dTransposedOptions options[] = {{}, {.stride = 2, .pad = 1}, {.stride = 2}, {.stride = 3, .pad = 1}};

/// Every pixel of x times the kernel, put down where it belongs.
std::vector<double> scattered(const Tensor<D>& x, const Tensor<D>& w, const Tensor<D>& bias, const Shape& y,
                              const Conv2dTransposedOptions& o) {
  const Shape &s = x.shape(), &k = w.shape();
  std::vector<double> to(std::size_t(y.size()), 0.0);
  for (std::int64_t i = 0; i < y.size(); ++i) to[std::size_t(i)] = bias.empty() ? 0 : bias.data()[i % y[3]];
  for (std::int64_t i = 0; i < x.size(); ++i)
    for (std::int64_t j = 0; j < k[1] * k[2] * k[3]; ++j) {
      const std::int64_t in = i % s[3], pixel = i / s[3], n = pixel / s[1] / s[2], out = j % k[3], tap = j / k[3];
      const std::int64_t row = pixel / s[2] % s[1] * o.stride + tap / k[2] - o.pad;
      const std::int64_t column = pixel % s[2] * o.stride + tap % k[2] - o.pad;
      if (row < 0 || row >= y[1] || column < 0 || column >= y[2]) continue;
      to[std::size_t(((n * y[1] + row) * y[2] + column) * y[3] + out)] +=
          x.data()[i] * w.data()[in * k[1] * k[2] * k[3] + j];
    }
  return to;
}

std::string refused(const Shape& x, const Shape& w, const Shape& b, const Conv2dTransposedOptions& o = {}) {
  try {
    conv2d_transposed(filled(D{1}, x, 1), parameter(w, 1), b.size() ? parameter(b, 2) : Parameter<D>(), o);
  } catch (const std::invalid_argument& error) { return error.what(); }
  return "";
}

}  // namespace

TEST_CASE("conv2d_transposed: each pixel is put down times the kernel") {
  for (const Conv2dTransposedOptions& o : options)
    for (const auto& [height, width] : {std::pair{3, 5}, {2, 2}, {4, 4}}) {
      if (o.pad >= height || o.pad >= width) continue;
      for (const auto& [in, out] : {std::pair{3, 5}, {1, 2}, {17, 1}, {9, 33}}) {
        const auto x = input({2, 4, 3, in}, 1);
        const auto w = parameter({in, height, width, out}, 2), bias = parameter({out}, 3);
        for (const auto& b : {bias, Parameter<D>()}) {
          const auto y = conv2d_transposed(x, w, b, o);
          const Shape wanted{2, 3 * o.stride - 2 * o.pad + height, 2 * o.stride - 2 * o.pad + width, out};
          REQUIRE(y.shape() == wanted);
          const auto numbers = scattered(x, w.value, b.value, wanted, o);
          for (std::int64_t i = 0; i < y.size(); ++i)
            REQUIRE(y.data()[i] == doctest::Approx(numbers[std::size_t(i)]).epsilon(1e-9));
        }
      }
    }
}

TEST_CASE("conv2d_transposed: gradients agree with finite differences") {
  const Parameter<D> none;
  for (const Conv2dTransposedOptions& o : options)
    for (const std::int64_t k : {1, 3, 4}) {
      if (o.pad >= k) continue;
      const auto up = [&](const auto& x, const auto& w, const auto& b) { return conv2d_transposed(x, w, b, o); };
      require_gradients(up, input({2, 3, 4, 3}, 1), parameter({3, k, k, 5}, 2), parameter({5}, 3));
      require_gradients(up, input({1, 5, 2, 1}, 4), parameter({1, k, k, 2}, 5), parameter({2}, 6));
      const auto bare = [&](const auto& x, const auto& w) { return conv2d_transposed(x, w, none, o); };
      require_gradients(bare, input({3, 2, 2, 2}, 7), parameter({2, k, k, 1}, 8));
    }
}

TEST_CASE("conv2d_transposed: it is the transpose of the convolution with the same weight") {
  const Parameter<D> none, w = parameter({3, 4, 4, 5}, 1);
  const auto large = input({2, 8, 6, 5}, 2), small = input({2, 4, 3, 3}, 3);
  const auto down = conv2d(large, w, none, {.stride = 2, .pad = 1});
  const auto up = conv2d_transposed(small, w, none, {.stride = 2, .pad = 1});
  const auto product = [](const Tensor<D>& a, const Tensor<D>& b) {
    REQUIRE(a.shape() == b.shape());
    double sum = 0;
    for (std::int64_t i = 0; i < a.size(); ++i) sum += a.data()[i] * b.data()[i];
    return sum;
  };
  CHECK(product(down, small) == doctest::Approx(product(large, up)).epsilon(1e-12));
}

TEST_CASE("conv2d_transposed: what makes no sense is refused in words") {
  const Shape none{0};
  CHECK(refused({2, 3, 3}, {3, 4, 4, 2}, none) == "[conv2d_transposed] wants images [N, H, W, C], got [2, 3, 3]");
  CHECK(refused({2, 3, 3, 3}, {3, 4, 4}, none) == "[conv2d_transposed] wants a weight [I, kH, kW, O], got [3, 4, 4]");
  CHECK(refused({2, 3, 3, 5}, {3, 4, 4, 2}, none) == "[conv2d_transposed] input has 5 channels, weight wants 3");
  CHECK(refused({2, 3, 3, 3}, {3, 4, 4, 2}, {3}) == "[conv2d_transposed] weight has 2 outputs, bias is [3]");
  CHECK(refused({2, 0, 3, 3}, {3, 4, 4, 2}, none) ==
        "[conv2d_transposed] images [2, 0, 3, 3] or the weight [3, 4, 4, 2] have no pixels");
  CHECK(refused({2, 3, 3, 3}, {3, 4, 4, 2}, none, {.stride = 0}) == "[conv2d_transposed] stride 0 is below 1");
  CHECK(refused({2, 3, 3, 3}, {3, 4, 4, 2}, none, {.pad = -1}) ==
        "[conv2d_transposed] pad -1 must lie in [0, kernel), a 4 x 4 kernel");
  CHECK(refused({2, 3, 3, 3}, {3, 4, 4, 2}, none, {.pad = 4}) ==
        "[conv2d_transposed] pad 4 must lie in [0, kernel), a 4 x 4 kernel");
  CHECK(refused({2, 1, 3, 3}, {3, 4, 4, 2}, none, {.pad = 2}) ==
        "[conv2d_transposed] pad 2 leaves nothing of 4 x 6 pixels");
}
