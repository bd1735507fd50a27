#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <hush/io/weights.hpp>

/// Weights and images by a rule that a line of Python repeats, so that outputs of another program are tests without its
/// weight files. With names sorted as bytes, j the place of an array and i that of an element in the file's order:
/// s = sin(0.5 + 0.13 j + 0.17 i); s / sqrt(elements / rows) in matrices and convolutions, 1 + 0.1 s in the weights of
/// norms, 0.1 s in biases.
namespace sine {

inline hush::io::Arrays weights(const hush::io::Extents& stored) {
  hush::io::Arrays arrays;
  int place = 0;
  for (const auto& [name, shape] : stored) {  // std::map: sorted as bytes
    const std::uint64_t count = *hush::io::elements(shape);
    std::vector<double> values(count);
    for (std::size_t i = 0; i < count; ++i) {
      const double s = std::sin(0.5 + 0.13 * place + 0.17 * double(i));
      values[i] = shape.size() > 1           ? s / std::sqrt(double(count / std::uint64_t(shape[0])))
                  : name.ends_with("weight") ? 1 + 0.1 * s
                                             : 0.1 * s;
    }
    arrays.items[name] = hush::io::array_of<double>(shape, values);
    ++place;
  }
  return arrays;
}

/// sin(0.3 i) for i of a flattened [N, C, H, W], as [N, H, W, C].
inline std::vector<double> images(std::int64_t count, std::int64_t channels, std::int64_t height, std::int64_t width) {
  std::vector<double> all;
  for (std::int64_t n = 0; n < count; ++n)
    for (std::int64_t p = 0; p < height * width; ++p)
      for (std::int64_t c = 0; c < channels; ++c)
        all.push_back(std::sin(0.3 * double((n * channels + c) * height * width + p)));
  return all;
}
inline std::vector<double> numbers(std::int64_t count) {
  std::vector<double> all;
  for (std::int64_t i = 0; i < count; ++i) all.push_back(std::sin(0.3 * double(i)));
  return all;
}

}  // namespace sine
