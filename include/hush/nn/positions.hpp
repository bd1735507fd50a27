#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/ops/add_channels.hpp>
#include <hush/ops/reshape.hpp>

namespace hush::nn {

/// The places of the tokens of rows x columns patches, row by row, as a fixed table [rows * columns, width] (Vaswani et
/// al. 2017, section 3.5, for either axis): the first half of a row embeds the patch's column, the second its row, each
/// as the sines and then the cosines of place * 10000^(-k / (width / 4)), k = 0, 1, ... Throws std::invalid_argument
/// for a width that is no multiple of 4.
template <Backend B>
Tensor<B> sine_positions(const B& on, std::int64_t rows, std::int64_t columns, std::int64_t width) {
  check(width >= 4 && width % 4 == 0, "sine_positions", "wants a width that is a multiple of 4, got ", width);
  const std::int64_t quarter = width / 4;
  std::vector<double> values;
  values.reserve(std::size_t(rows * columns * width));
  for (std::int64_t token = 0; token < rows * columns; ++token)
    for (const std::int64_t place : {token % columns, token / columns})
      for (const bool cosine : {false, true})
        for (std::int64_t k = 0; k < quarter; ++k) {
          const double angle = double(place) * std::pow(10000., -double(k) / double(quarter));
          values.push_back(cosine ? std::cos(angle) : std::sin(angle));
        }
  return upload(on, {rows * columns, width}, std::span<const double>(values));
}

/// Tokens x [N, T, C] plus the same `positions` [T, C] for each image.
template <Value V>
V add_positions(const V& x, const Tensor<typename V::backend>& positions) {
  const Shape& s = x.shape();
  check(s.rank() == 3 && positions.shape() == Shape{s[1], s[2]}, "add_positions", "tokens ", s, " want positions ",
        Shape{s[1], s.back()}, ", got ", positions.shape());
  const Shape line{1, s[1] * s[2]};
  const V y = add_channels(reshape(x, {1, s[0], line[1]}), constant_like(x, positions.reshaped(line)));
  return reshape(y, s);
}

}  // namespace hush::nn
