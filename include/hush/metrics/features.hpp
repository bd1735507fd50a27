#pragma once
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include <hush/images.hpp>

namespace hush::metrics {

/// Feature vectors of images, [count, width] row by row.
struct FeatureSet {
  std::int64_t count = 0, width = 0;
  std::vector<double> values;

  FeatureSet() = default;
  /// Throws std::invalid_argument for a number of values that makes no rows, and for NaN or infinite ones.
  FeatureSet(std::int64_t n, std::int64_t d, std::vector<double> numbers)
      : count(n), width(d), values(std::move(numbers)) {
    check(n >= 0 && d >= 1, "FeatureSet", "cannot hold ", n, " vectors of ", d, " numbers");
    check(std::int64_t(values.size()) == n * d, "FeatureSet", n, " vectors of ", d, " numbers want ", n * d,
          " values, got ", values.size());
    for (std::size_t i = 0; i < values.size(); ++i)
      check(std::isfinite(values[i]), "FeatureSet", "number ", std::int64_t(i) % d, " of vector ", std::int64_t(i) / d,
            " is ", values[i]);
  }
  FeatureSet(std::int64_t n, std::int64_t d, std::span<const float> numbers)
      : FeatureSet(n, d, std::vector<double>(numbers.begin(), numbers.end())) {}

  std::span<const double> operator[](std::int64_t i) const { return {values.data() + i * width, std::size_t(width)}; }
  bool operator==(const FeatureSet&) const = default;
};

/// Anything that maps images [n, H, W, C] in [-1, 1] to n vectors: a network without its last layer, the pixels
/// themselves, a lambda.
template <class F>
concept Features = requires(const F& features, const Images<float>& images) {
  { features(images) } -> std::same_as<FeatureSet>;
};

/// The pixels as they are, mapped from [-1, 1] to [0, 1].
struct Pixels {
  FeatureSet operator()(const Images<float>& images) const {
    std::vector<double> values(images.pixels.begin(), images.pixels.end());
    for (double& value : values) value = (value + 1) / 2;
    return {images.count, images.stride(), std::move(values)};
  }
};
static_assert(Features<Pixels>);

/// Throws std::invalid_argument unless both sets hold vectors of one width.
inline void check_same_width(const FeatureSet& a, const FeatureSet& b, const char* where) {
  check(a.width == b.width, where, "one set has vectors of ", a.width, " numbers, the other of ", b.width);
}

}  // namespace hush::metrics
