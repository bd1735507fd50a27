#pragma once
#include <cmath>
#include <cstdint>
#include <hush/kernels/conv2d_sizes.hpp>
#include <limits>
#include <random>
#include <utility>
#include <vector>

// What the tests of minimal filtering share.
namespace winograd_test {

using hush::Conv2dSizes;

template <class T>
std::vector<T> normal_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 engine(seed);
  std::normal_distribution<double> normal;
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& v : values) v = T(normal(engine));
  return values;
}

inline Conv2dSizes sizes(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t in, std::int64_t out,
                         const hush::Padding& pad = {1, 1, 1, 1}) {
  return hush::conv2d_sizes(batch, height, width, in, out, 3, 3, 1, pad);
}

inline std::int64_t x_size(const Conv2dSizes& s) { return s.batch * s.height * s.width * s.in; }
inline std::int64_t y_size(const Conv2dSizes& s) { return s.batch * s.out_height * s.out_width * s.out; }

/// The relative difference in the L2 norm, infinite if a number is none.
template <class T>
double difference(const std::vector<T>& a, const std::vector<T>& b) {
  double error = 0, norm = 1e-300;
  for (std::size_t i = 0; i < a.size(); ++i) {
    error += std::pow(double(a[i]) - double(b[i]), 2);
    norm += std::pow(double(b[i]), 2);
  }
  return std::isfinite(error) ? std::sqrt(error / norm) : std::numeric_limits<double>::infinity();
}

/// Calls compare(sizes) for images of many extents, for many numbers of channels, for many paddings.
inline void every_extent(void (*compare)(const Conv2dSizes&)) {
  for (std::int64_t height : {1, 2, 3, 5, 8})
    for (std::int64_t width : {1, 2, 4, 7}) compare(sizes(3, height, width, 16, 16));
  compare(sizes(5, 17, 19, 20, 24));
  compare(sizes(2, 33, 40, 16, 48));
}
inline void every_width(void (*compare)(const Conv2dSizes&)) {
  for (auto [in, out] :
       {std::pair<int, int>{16, 17}, {17, 33}, {31, 16}, {32, 47}, {33, 50}, {48, 49}, {65, 70}, {130, 100}})
    for (std::int64_t batch : {1, 9}) compare(sizes(batch, 6, 7, in, out));
}
inline void every_padding(void (*compare)(const Conv2dSizes&)) {
  for (std::int64_t top : {0, 1, 2, 3, 5})
    for (std::int64_t left : {0, 1, 4}) {
      compare(sizes(2, 6, 7, 16, 18, {top, left, 0, 1}));
      compare(sizes(2, 5, 6, 18, 16, {top, left, 3, 2}));
    }
}

}  // namespace winograd_test
