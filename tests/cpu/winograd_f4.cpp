#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/winograd_f4.hpp>
#include <limits>
#include <vector>

#include "winograd_problem.hpp"

using namespace hush;
using namespace winograd_test;
using cpu_detail::WinogradF2, cpu_detail::WinogradF4;

namespace {

/// A convolution of normal numbers, whose weights are kept while it lives.
template <class T>
struct Convolution {
  Conv2dSizes s;
  std::vector<T> x = normal_numbers<T>(x_size(s), 1), w = normal_numbers<T>(s.out * 9 * s.in, 2),
                 b = normal_numbers<T>(s.out, 3);
  static constexpr const T* none = nullptr;

  /// run(y) writes the result.
  template <class Run>
  std::vector<T> result(const Run& run) const {
    std::vector<T> y(std::size_t(y_size(s)), std::numeric_limits<T>::quiet_NaN());  // nothing may be left unwritten
    run(y.data());
    return y;
  }
  template <class F = WinogradF4<T>>
  std::vector<T> minimal(int threads = 2) const {
    return result([&](T* y) { conv2d_winograd<F>(Cpu<T>{threads}, s, x.data(), w.data(), b.data(), none, y); });
  }
  std::vector<T> direct() const {
    return result([&](T* y) { conv2d_direct(Cpu<T>{}, s, x.data(), w.data(), b.data(), none, y); });
  }
  std::vector<T> chosen(const Cpu<T>& cpu = {}) const {
    return result([&](T* y) { conv2d(cpu, s, x.data(), w.data(), b.data(), y); });
  }
  Convolution<double> wide() const { return {s, {x.begin(), x.end()}, {w.begin(), w.end()}, {b.begin(), b.end()}}; }
  Convolution of_image(std::int64_t n) const {
    Convolution one = *this;
    one.s.batch = 1;
    one.x.assign(x.begin() + n * x_size(one.s), x.begin() + (n + 1) * x_size(one.s));
    return one;
  }
};

std::vector<double> wide(const std::vector<float>& v) { return {v.begin(), v.end()}; }

/// While it lives a weight is kept.
template <class T>
struct Kept {
  const T* weight;
  explicit Kept(const Convolution<T>& of) : weight(of.w.data()) { keep_packed(Cpu<T>{}, weight); }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() { drop_packed(Cpu<T>{}, weight); }
};

void compare(const Conv2dSizes& s) {
  INFO(s.batch, " x ", s.height, " x ", s.width, ", ", s.in, " -> ", s.out, ", pads ", s.pad_top, " ", s.pad_left,
       ", result ", s.out_height, " x ", s.out_width);
  const Convolution<double> fine{s};
  const Convolution<float> coarse{s};
  CHECK(difference(fine.minimal(), fine.direct()) < 1e-14);
  CHECK(difference(wide(coarse.minimal()), coarse.wide().direct()) < 3e-6);
}

Winograd way(const Cpu<float>& cpu, std::int64_t images, std::int64_t height, std::int64_t width, std::int64_t in,
             std::int64_t out, bool kept = true) {
  return cpu_detail::winograd_way(cpu, cpu_detail::indirect_conv2d(sizes(images, height, width, in, out)), kept);
}

}  // namespace

TEST_CASE("winograd f4: images of any extent agree with the direct way in doubles") { every_extent(compare); }

TEST_CASE("winograd f4: any number of channels agrees with the direct way in doubles") { every_width(compare); }

TEST_CASE("winograd f4: any padding agrees with the direct way in doubles") { every_padding(compare); }

TEST_CASE("winograd f4: weights that fill a second-level cache agree with the direct way in doubles") {
  compare(sizes(9, 9, 8, 160, 150));  // strips of several tiles of registers
  compare(sizes(1, 8, 8, 200, 210));
}

TEST_CASE("winograd f4: in floats it errs about twice as much as the direct way on wide layers") {
  struct Bound {
    std::int64_t channels;
    double error, greatest;  // relative: in the L2 norm; of one number, to the root of the mean square of all
  };
  for (const Bound& bound : {Bound{64, 1e-6, 1e-5}, Bound{256, 1.8e-6, 1.8e-5}}) {
    INFO(bound.channels);
    const Convolution<float> c{sizes(2, 16, 16, bound.channels, bound.channels)};
    const auto exact = c.wide().direct();
    const auto y = wide(c.minimal());
    double greatest = 0, square = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      greatest = std::max(greatest, std::abs(y[i] - exact[i]));
      square += exact[i] * exact[i] / double(y.size());
    }
    CHECK(difference(y, exact) < bound.error);
    CHECK(greatest < bound.greatest * std::sqrt(square));
    CHECK(difference(y, exact) < 2.5 * difference(wide(c.direct()), exact));
  }
}

TEST_CASE("winograd f4: without a bias nothing is added, of black images the bias is left") {
  Convolution<float> c{sizes(3, 7, 6, 20, 40)};
  const auto without = c.result([&](float* y) {
    conv2d_winograd<WinogradF4<float>>(Cpu<float>{}, c.s, c.x.data(), c.w.data(), c.none, c.none, y);
  });
  const std::vector<float> bias = c.b;
  c.b.assign(c.b.size(), 0);
  CHECK(c.minimal() == without);
  c.b = bias;
  c.x.assign(c.x.size(), 0);
  const auto y = c.minimal();
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == bias[i % 40]);
}

TEST_CASE("winograd f4: an image's result is the same to the last bit in any batch, for any number of threads") {
  // one image: panels are shared out; all: strips are
  for (const auto& s : {sizes(16, 8, 8, 20, 96), sizes(16, 7, 13, 33, 100), sizes(16, 16, 16, 48, 17)}) {
    const Convolution<float> all{s};
    const Kept kept(all);
    const auto y = all.minimal(1);
    REQUIRE(all.chosen() == y);
    for (const int threads : {2, 3, 5}) CHECK(all.minimal(threads) == y);
    for (const std::int64_t n : {0, 7, 15}) {
      const Convolution<float> one = all.of_image(n);
      const Kept too(one);
      const auto size = std::int64_t(y.size()) / s.batch;
      CHECK(one.chosen() == std::vector<float>(y.begin() + n * size, y.begin() + (n + 1) * size));
    }
  }
}

TEST_CASE("winograd f4: what is not a number stays in its image") {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Convolution<double> c{sizes(4, 7, 7, 20, 40)};
    const auto y = c.minimal();
    std::fill_n(c.x.begin() + std::int64_t(c.x.size()) / 4, c.x.size() / 4, bad);
    const auto with_bad = c.minimal();
    for (std::size_t i = 0; i < y.size(); ++i)
      if (i / (y.size() / 4) == 1)
        REQUIRE(!std::isfinite(with_bad[i]));
      else
        REQUIRE(with_bad[i] == y[i]);
  }
}

TEST_CASE("winograd f4: it is taken while a weight is kept, and sees what was written before") {
  Convolution<float> c{sizes(2, 16, 16, 24, 40)};
  const auto small = c.minimal<WinogradF2<float>>(), large = c.minimal();
  CHECK(small != large);
  CHECK(c.chosen() == small);
  {
    const Kept kept(c);
    for (int call = 0; call < 2; ++call) CHECK(c.chosen() == large);
  }
  CHECK(c.chosen() == small);
  for (float& w : c.w) w *= -3;
  const auto other = c.minimal();
  CHECK(other != large);
  const Kept kept(c);
  CHECK(c.chosen() == other);
}

TEST_CASE("winograd f4: a backend may forbid it") {
  const Convolution<float> c{sizes(2, 16, 16, 24, 40)};
  const auto small = c.minimal<WinogradF2<float>>(), direct = c.direct();
  const Kept kept(c);
  CHECK(c.chosen({.winograd = Winograd::f2x2}) == small);
  CHECK(c.chosen({.winograd = Winograd::none}) == direct);
}

TEST_CASE("winograd f4: which way is taken depends on an image, never on the number of images") {
  const Cpu<float> cpu;
  for (const std::int64_t images : {1, 8, 1000}) {
    for (const std::int64_t size : {7, 8, 12, 14, 16, 31, 64}) {
      CHECK(way(cpu, images, size, size, 64, 64) == Winograd::f4x4);
      CHECK(way(cpu, images, size, size, 64, 64, false) == Winograd::f2x2);
    }
    CHECK(way(cpu, images, 16, 4, 64, 64) == Winograd::f4x4);
    CHECK(way(cpu, images, 8, 8, 256, 256) == Winograd::f4x4);
    CHECK(way(cpu, images, 16, 16, 512, 512) == Winograd::f4x4);
    CHECK(way(cpu, images, 8, 8, 512, 512) == Winograd::f2x2);  // many weights for few tiles
    CHECK(way(cpu, images, 6, 6, 64, 64) == Winograd::f2x2);    // tiles stand out of the image
    CHECK(way(cpu, images, 10, 10, 64, 64) == Winograd::f2x2);  // too
    CHECK(way(cpu, images, 4, 4, 512, 512) == Winograd::f2x2);  // a single tile
    CHECK(way(cpu, images, 32, 32, 3, 64) == Winograd::none);   // few channels
    CHECK(way(cpu, images, 32, 32, 64, 8) == Winograd::none);
  }
}
