#pragma once
#include <cmath>
#include <cstdint>
#include <hush/kernels/conv2d_sizes.hpp>
#include <limits>
#include <random>
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

}  // namespace winograd_test
