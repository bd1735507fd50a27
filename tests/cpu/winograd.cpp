#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/winograd.hpp>
#include <hush/cpu/winograd_f2.hpp>
#include <hush/cpu/winograd_tile.hpp>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "winograd_problem.hpp"

using hush::Cpu;
using hush::cpu_detail::WinogradF2;
using namespace winograd_test;

namespace {

template <class T>
struct Problem {
  explicit Problem(const Conv2dSizes& sizes)
      : s(sizes),
        x(normal_numbers<T>(x_size(s), 1)),
        w(normal_numbers<T>(s.out * 9 * s.in, 2)),
        b(normal_numbers<T>(s.out, 3)),
        dy(normal_numbers<T>(y_size(s), 4)) {}
  std::vector<T> forward(int threads) const {
    std::vector<T> y(std::size_t(y_size(s)), std::numeric_limits<T>::quiet_NaN());  // nothing may be left unwritten
    hush::conv2d_winograd<WinogradF2<T>>(Cpu<T>{threads}, s, x.data(), w.data(), b.data(),
                                         static_cast<const T*>(nullptr), y.data());
    return y;
  }
  std::vector<T> backward(int threads) const {
    std::vector<T> dx(std::size_t(x_size(s)), std::numeric_limits<T>::quiet_NaN());
    hush::conv2d_backward_input_winograd(Cpu<T>{threads}, s, dy.data(), w.data(), dx.data());
    return dx;
  }
  Conv2dSizes s;
  std::vector<T> x, w, b, dy;
};

template <class T>
void compare(const Conv2dSizes& s, double tolerance) {
  INFO(s.batch, " x ", s.height, " x ", s.width, ", ", s.in, " -> ", s.out, ", pads ", s.pad_top, " ", s.pad_left,
       ", result ", s.out_height, " x ", s.out_width);
  const Problem<T> p(s);
  std::vector<T> y(p.dy.size()), dx(p.x.size());
  hush::conv2d_direct(Cpu<T>{2}, s, p.x.data(), p.w.data(), p.b.data(), static_cast<const T*>(nullptr), y.data());
  hush::conv2d_backward_input_direct(Cpu<T>{2}, s, p.dy.data(), p.w.data(), dx.data());
  CHECK(difference(p.forward(2), y) < tolerance);
  CHECK(difference(p.backward(2), dx) < tolerance);
}

void compare_both(const Conv2dSizes& s) {
  compare<double>(s, 1e-13);
  compare<float>(s, 1e-6);
}

hush::cpu_detail::IndirectConv geometry(std::int64_t images, std::int64_t size, std::int64_t in, std::int64_t out,
                                        std::int64_t kernel = 3, std::int64_t stride = 1) {
  const std::int64_t pad = kernel / 2;
  return hush::cpu_detail::indirect_conv2d(
      hush::conv2d_sizes(images, size, size, in, out, kernel, kernel, stride, {pad, pad, pad, pad}));
}

}  // namespace

TEST_CASE("winograd: images of any extent agree with the direct way") { every_extent(compare_both); }

TEST_CASE("winograd: any number of channels agrees with the direct way") { every_width(compare_both); }

TEST_CASE("winograd: any padding agrees with the direct way") { every_padding(compare_both); }

TEST_CASE("winograd: weights that fill a second-level cache agree with the direct way") {
  compare_both(sizes(9, 9, 8, 160, 150));  // strips of several tiles of registers
  compare_both(sizes(1, 4, 4, 200, 210));
}

TEST_CASE("winograd: in floats it errs less than the direct way, whose sums are nine times as long") {
  for (const auto& s : {sizes(2, 16, 16, 64, 64), sizes(1, 11, 13, 64, 64)}) {
    const Problem<float> p(s);
    const auto wide = [](const std::vector<float>& v) { return std::vector<double>(v.begin(), v.end()); };
    std::vector<double> exact_y(p.dy.size()), exact_dx(p.x.size());
    hush::conv2d_direct(Cpu<double>{}, s, wide(p.x).data(), wide(p.w).data(), wide(p.b).data(),
                        static_cast<const double*>(nullptr), exact_y.data());
    hush::conv2d_backward_input_direct(Cpu<double>{}, s, wide(p.dy).data(), wide(p.w).data(), exact_dx.data());
    std::vector<float> y(p.dy.size()), dx(p.x.size());
    hush::conv2d_direct(Cpu<float>{}, s, p.x.data(), p.w.data(), p.b.data(), static_cast<const float*>(nullptr),
                        y.data());
    hush::conv2d_backward_input_direct(Cpu<float>{}, s, p.dy.data(), p.w.data(), dx.data());
    CHECK(difference(wide(p.forward(2)), exact_y) < 3e-7);
    CHECK(difference(wide(p.backward(2)), exact_dx) < 3e-7);
    CHECK(difference(wide(p.forward(2)), exact_y) < difference(wide(y), exact_y));
    CHECK(difference(wide(p.backward(2)), exact_dx) < difference(wide(dx), exact_dx));
    CHECK(difference(p.forward(2), y) < 5.5e-7);
    CHECK(difference(p.backward(2), dx) < 5.5e-7);
  }
}

TEST_CASE("winograd: without a bias nothing is added, of black images the bias is left") {
  Problem<float> p(sizes(3, 7, 6, 20, 40));
  std::vector<float> without(p.dy.size());
  hush::conv2d_winograd<WinogradF2<float>>(Cpu<float>{}, p.s, p.x.data(), p.w.data(),
                                           static_cast<const float*>(nullptr), static_cast<const float*>(nullptr),
                                           without.data());
  const std::vector<float> bias = p.b;
  p.b.assign(p.b.size(), 0);
  CHECK(p.forward(2) == without);
  p.b = bias;
  p.x.assign(p.x.size(), 0);
  const auto y = p.forward(2);
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == bias[i % 40]);
}

TEST_CASE("winograd: an image's result is the same to the last bit in any batch, for any number of threads") {
  constexpr std::int64_t all = 16;
  // one image: panels are shared out; all: strips are
  for (const auto& s : {sizes(all, 8, 8, 20, 96), sizes(all, 5, 7, 33, 100), sizes(all, 16, 16, 48, 17)}) {
    const Problem<float> whole(s);
    const auto y = whole.forward(1), dx = whole.backward(1);
    for (int threads : {2, 3, 5}) {
      CHECK(whole.forward(threads) == y);
      CHECK(whole.backward(threads) == dx);
    }
    const auto part = [](const std::vector<float>& v, std::int64_t image) {
      const auto one = std::int64_t(v.size()) / all;
      return std::vector<float>(v.begin() + image * one, v.begin() + (image + 1) * one);
    };
    std::vector<std::int64_t> order(all);
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937(5));
    Problem<float> permuted = whole;
    for (std::int64_t n = 0; n < all; ++n) {
      std::ranges::copy(part(whole.x, order[std::size_t(n)]), permuted.x.begin() + n * (x_size(s) / all));
      std::ranges::copy(part(whole.dy, order[std::size_t(n)]), permuted.dy.begin() + n * (y_size(s) / all));
    }
    const auto permuted_y = permuted.forward(2), permuted_dx = permuted.backward(2);
    for (std::int64_t n = 0; n < all; ++n) {
      CHECK(part(permuted_y, n) == part(y, order[std::size_t(n)]));
      CHECK(part(permuted_dx, n) == part(dx, order[std::size_t(n)]));
      if (n % 5 != 0) continue;
      Problem<float> alone = whole;
      alone.s.batch = 1;
      alone.x = part(whole.x, n);
      alone.dy = part(whole.dy, n);
      CHECK(alone.forward(2) == part(y, n));
      CHECK(alone.backward(2) == part(dx, n));
    }
  }
}

TEST_CASE("winograd: what is not a number stays in its image") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Problem<double> p(sizes(4, 5, 5, 20, 40));
    const auto y = p.forward(2), dx = p.backward(2);
    for (std::int64_t i = 0; i < x_size(p.s) / 4; ++i) p.x[std::size_t(x_size(p.s) / 4 + i)] = bad;
    for (std::int64_t i = 0; i < y_size(p.s) / 4; ++i) p.dy[std::size_t(y_size(p.s) / 4 + i)] = bad;
    const auto bad_y = p.forward(2), bad_dx = p.backward(2);
    for (std::size_t i = 0; i < y.size(); ++i)
      if (i / (y.size() / 4) == 1)
        REQUIRE(!std::isfinite(bad_y[i]));
      else
        REQUIRE(bad_y[i] == y[i]);
    for (std::size_t i = 0; i < dx.size(); ++i)
      if (i / (dx.size() / 4) == 1)
        REQUIRE(!std::isfinite(bad_dx[i]));
      else
        REQUIRE(bad_dx[i] == dx[i]);
  }
}

TEST_CASE("winograd: a row of a product is the same to the last bit whatever the kernel") {
  using Tile = hush::cpu_detail::Tile<float>;
  constexpr std::int64_t depth = 37, line = depth + 3;
  const auto a = normal_numbers<float>(Tile::rows * line, 1), b = normal_numbers<float>(depth * Tile::columns, 2),
             start = normal_numbers<float>(Tile::columns, 3);
  std::vector<float> many(std::size_t(Tile::rows * Tile::columns)), few(many.size()), narrow(many.size());
  hush::cpu_detail::winograd_product<float, Tile::rows, 2>(depth, a.data(), line, b.data(), start.data(), many.data());
  for (std::int64_t r = 0; r < Tile::rows; r += Tile::few_rows)
    hush::cpu_detail::winograd_product<float, Tile::few_rows, 2>(depth, a.data() + r * line, line, b.data(),
                                                                 start.data(), few.data() + r * Tile::columns);
  hush::cpu_detail::winograd_product<float, Tile::rows, 1>(depth, a.data(), line, b.data(), start.data(),
                                                           narrow.data());
  CHECK(few == many);
  for (std::int64_t i = 0; i < Tile::rows * Tile::columns; ++i) {
    if (i % Tile::columns < hush::simd::packet_size<float>) CHECK(narrow[std::size_t(i)] == many[std::size_t(i)]);
    double sum = double(start[std::size_t(i % Tile::columns)]);
    for (std::int64_t k = 0; k < depth; ++k)
      sum += double(a[std::size_t(i / Tile::columns * line + k)]) *
             double(b[std::size_t(k * Tile::columns + i % Tile::columns)]);
    CHECK(double(many[std::size_t(i)]) == doctest::Approx(sum).epsilon(1e-4));
  }
}

TEST_CASE("winograd: which way is taken depends on an image, never on the number of images") {
  for (std::int64_t images : {1, 8, 1000}) {
    CHECK(hush::cpu_detail::winograd_pays<float>(geometry(images, 32, 32, 32)));
    CHECK(hush::cpu_detail::winograd_pays<double>(geometry(images, 16, 16, 64)));
    CHECK(hush::cpu_detail::winograd_pays<float>(geometry(images, 7, 64, 64)));
    CHECK(hush::cpu_detail::winograd_pays<float>(geometry(images, 4, 512, 512)));
    CHECK_FALSE(hush::cpu_detail::winograd_pays<float>(geometry(images, 4, 64, 64)));    // few pixels
    CHECK_FALSE(hush::cpu_detail::winograd_pays<float>(geometry(images, 5, 512, 512)));  // half of the tiles stand out
    CHECK_FALSE(hush::cpu_detail::winograd_pays<float>(geometry(images, 32, 3, 64)));    // few channels
    CHECK_FALSE(hush::cpu_detail::winograd_pays<float>(geometry(images, 32, 64, 3)));
    CHECK_FALSE(hush::cpu_detail::winograd_pays<float>(geometry(images, 32, 64, 64, 1)));  // another kernel
    CHECK_FALSE(hush::cpu_detail::winograd_pays<float>(geometry(images, 32, 64, 64, 5)));
    CHECK_FALSE(hush::cpu_detail::winograd_pays<float>(geometry(images, 32, 64, 64, 3, 2)));
  }
}

TEST_CASE("winograd: the faster way is the one that is taken") {
  for (const auto& s : {sizes(2, 8, 8, 20, 33), sizes(2, 4, 4, 20, 33)}) {
    const bool pays = hush::cpu_detail::winograd_pays<float>(hush::cpu_detail::indirect_conv2d(s));
    const Problem<float> p(s);
    std::vector<float> y(p.dy.size()), dx(p.x.size()), direct_y(y.size()), direct_dx(dx.size());
    hush::conv2d(Cpu<float>{}, s, p.x.data(), p.w.data(), p.b.data(), y.data());
    hush::conv2d_backward_input(Cpu<float>{}, s, p.dy.data(), p.w.data(), dx.data());
    hush::conv2d_direct(Cpu<float>{}, s, p.x.data(), p.w.data(), p.b.data(), static_cast<const float*>(nullptr),
                        direct_y.data());
    hush::conv2d_backward_input_direct(Cpu<float>{}, s, p.dy.data(), p.w.data(), direct_dx.data());
    CHECK(y == (pays ? p.forward(2) : direct_y));
    CHECK(dx == (pays ? p.backward(2) : direct_dx));
    CHECK(y != (pays ? direct_y : p.forward(2)));
  }
}

TEST_CASE("winograd: a backend that forbids it takes the direct way, forward and backward") {
  const Problem<float> p(sizes(2, 8, 8, 20, 33));
  const Cpu<float> plain{.winograd = hush::Winograd::none};
  std::vector<float> y(p.dy.size()), dx(p.x.size()), dw(p.w.size()), direct_y(y.size()), direct_dx(dx.size()),
      direct_dw(dw.size());
  hush::conv2d(plain, p.s, p.x.data(), p.w.data(), p.b.data(), y.data());
  hush::conv2d_backward_input(plain, p.s, p.dy.data(), p.w.data(), dx.data());
  hush::conv2d_backward_weight(plain, p.s, p.x.data(), p.dy.data(), dw.data(), static_cast<float*>(nullptr));
  hush::conv2d_direct(plain, p.s, p.x.data(), p.w.data(), p.b.data(), static_cast<const float*>(nullptr),
                      direct_y.data());
  hush::conv2d_backward_input_direct(plain, p.s, p.dy.data(), p.w.data(), direct_dx.data());
  hush::conv2d_backward_weight_direct(plain, p.s, p.x.data(), p.dy.data(), direct_dw.data(),
                                      static_cast<float*>(nullptr));
  CHECK(y == direct_y);
  CHECK(dx == direct_dx);
  CHECK(dw == direct_dw);
}
