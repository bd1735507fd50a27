#include <doctest/doctest.h>

#include <algorithm>
#include <hush/cpu/conv2d.hpp>
#include <hush/cpu/winograd_tile.hpp>
#include <hush/cpu/winograd_weight.hpp>
#include <limits>
#include <vector>

#include "winograd_problem.hpp"

using hush::Cpu;
using namespace winograd_test;

namespace {

template <class T>
struct Problem {
  using Way = decltype(hush::conv2d_backward_weight<T>);

  explicit Problem(const Conv2dSizes& sizes)
      : s(sizes), weights(s.out * 9 * s.in), x(normal_numbers<T>(x_size(s), 1)), dy(normal_numbers<T>(y_size(s), 4)) {}
  /// The gradients of weights and bias in a row.
  std::vector<T> gradients(int threads, Way* way = hush::conv2d_backward_weight_winograd<T>) const {
    std::vector<T> dw(std::size_t(weights + s.out), std::numeric_limits<T>::quiet_NaN());
    way(Cpu<T>{threads}, s, x.data(), dy.data(), dw.data(), dw.data() + weights);
    return dw;
  }
  Conv2dSizes s;
  std::int64_t weights;
  std::vector<T> x, dy;
};

template <class T>
void compare(const Conv2dSizes& s, double tolerance) {
  INFO(s.batch, " x ", s.height, " x ", s.width, ", ", s.in, " -> ", s.out, ", pads ", s.pad_top, " ", s.pad_left,
       ", result ", s.out_height, " x ", s.out_width);
  const Problem<T> p(s);
  CHECK(difference(p.gradients(2), p.gradients(2, hush::conv2d_backward_weight_direct<T>)) < tolerance);
}
void compare_both(const Conv2dSizes& s) {
  compare<double>(s, 1e-13);
  compare<float>(s, 1e-6);
}

}  // namespace

TEST_CASE("winograd_weight: images of any extent agree with the direct way") { every_extent(compare_both); }

TEST_CASE("winograd_weight: any number of channels agrees with the direct way") { every_width(compare_both); }

TEST_CASE("winograd_weight: any padding agrees with the direct way") { every_padding(compare_both); }

TEST_CASE("winograd_weight: weights err less than twice as much as the direct way, the bias less than it") {
  for (const auto& s : {sizes(8, 16, 16, 64, 64), sizes(3, 11, 13, 160, 48), sizes(16, 8, 8, 128, 128)}) {
    const Problem<float> p(s);
    Problem<double> wide(s);
    wide.x.assign(p.x.begin(), p.x.end());
    wide.dy.assign(p.dy.begin(), p.dy.end());
    const auto exact = wide.gradients(2, hush::conv2d_backward_weight_direct<double>);
    const auto error = [&](const std::vector<float>& found, bool of_bias) {
      const auto part = [&](const auto& v) {
        const auto at = v.begin() + p.weights;
        return of_bias ? std::vector<double>(at, v.end()) : std::vector<double>(v.begin(), at);
      };
      return difference(part(found), part(exact));
    };
    const auto found = p.gradients(2), direct = p.gradients(2, hush::conv2d_backward_weight_direct<float>);
    CHECK(error(found, false) < 5e-7);
    CHECK(error(found, false) < 2 * error(direct, false));
    CHECK(error(found, true) < error(direct, true));
  }
}

TEST_CASE("winograd_weight: the same to the last bit for any number of threads, with or without a bias") {
  for (const auto& s : {sizes(16, 8, 8, 20, 96), sizes(7, 15, 17, 33, 100), sizes(16, 32, 32, 16, 17)}) {
    const Problem<float> p(s);
    const auto dw = p.gradients(1);
    for (int threads : {2, 3, 5}) CHECK(p.gradients(threads) == dw);
    std::vector<float> without(static_cast<std::size_t>(p.weights));
    hush::conv2d_backward_weight_winograd(Cpu<float>{2}, s, p.x.data(), p.dy.data(), without.data(),
                                          static_cast<float*>(nullptr));
    CHECK(std::equal(without.begin(), without.end(), dw.begin()));
  }
}

TEST_CASE("winograd_weight: of no images the gradient is nought") {
  const Problem<float> p(sizes(0, 8, 8, 16, 32));
  CHECK(p.gradients(2) == std::vector<float>(std::size_t(p.weights + 32)));
}

TEST_CASE("winograd_weight: few tiles and many channels go the direct way") {
  const auto pays = [](std::int64_t images, std::int64_t size, std::int64_t in, std::int64_t out) {
    return hush::cpu_detail::winograd_weight_pays(Cpu<float>{}, sizes(images, size, size, in, out));
  };
  CHECK(pays(1, 8, 256, 256));
  CHECK(pays(16, 4, 512, 512));
  CHECK_FALSE(pays(15, 4, 512, 512));
  CHECK_FALSE(pays(64, 4, 64, 64));  // as forward
  CHECK_FALSE(pays(64, 32, 3, 64));
}

TEST_CASE("winograd_weight: the faster way is the one that is taken") {
  for (const auto& s : {sizes(2, 8, 8, 20, 33), sizes(2, 4, 4, 20, 33)}) {
    const Problem<float> p(s);
    const auto winograd = p.gradients(2), direct = p.gradients(2, hush::conv2d_backward_weight_direct<float>);
    const bool pays = hush::cpu_detail::winograd_weight_pays(Cpu<float>{}, s);
    CHECK(p.gradients(2, hush::conv2d_backward_weight<float>) == (pays ? winograd : direct));
    CHECK(winograd != direct);
  }
}
