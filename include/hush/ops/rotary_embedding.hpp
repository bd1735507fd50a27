#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <hush/autograd/apply.hpp>
#include <hush/kernels/rotary_sizes.hpp>

namespace hush {
namespace ops {

/// Pairs of channels turned by angles of a table; nothing is saved. The gradient is turned back.
template <Backend B>
struct Rotary {
  Tensor<B, typename B::master> table;
  std::int64_t heads = 1;

  Tensor<B> forward(const Tensor<B>& x) const { return turned(x, false); }
  auto record(const Tensor<B>& x) const { return Recorded{forward(x), std::tuple{}}; }
  Grads<B, 1> backward(const Needs<1>&, const Tensor<B>& dy) const { return {turned(dy, true)}; }

 private:
  Tensor<B> turned(const Tensor<B>& x, bool back) const {
    const Shape &s = x.shape(), &t = table.shape();
    check(s.rank() == 3 && t.rank() == 2 && heads >= 1 && s[1] == t[0] && s[2] == heads * t[1], "rotary_embedding",
          "a table ", t, " turns ", heads, " heads of [N, ", t[0], ", ", heads * t.back(), "], got ", s);
    Tensor<B> y = empty_like(x);
    rotary_embedding(x.on(), {s[0], s[1], heads, t[1]}, back, x.data(), table.data(), y.data());
    return y;
  }
};

}  // namespace ops

/// Rotary position embedding (Su et al. 2021) of queries or keys x [N, tokens, heads * width]: in each head the
/// channels j and j + width / 2 are a point that is turned by angle j of the token. `table` [tokens, width] has the
/// cosines of a token's angles, then their sines (`rotary_table`).
template <Value V>
V rotary_embedding(const V& x, const Tensor<typename V::backend, typename V::backend::master>& table,
                   std::int64_t heads) {
  return apply(ops::Rotary<typename V::backend>{table, heads}, x);
}

/// The table for the tokens of rows x columns patches, row by row, and heads of `width` channels, a multiple of 4: the
/// first quarter of `width` are angles column * 10000^(-k / (width / 4)), k = 0, 1, ..., the second the same of the
/// row. Throws std::invalid_argument for another width.
template <Backend B>
Tensor<B, typename B::master> rotary_table(const B& on, std::int64_t rows, std::int64_t columns, std::int64_t width) {
  check(width >= 4 && width % 4 == 0, "rotary_table", "wants heads of a multiple of 4 channels, got ", width);
  const std::int64_t quarter = width / 4;
  std::vector<double> values;
  values.reserve(std::size_t(rows * columns * width));
  for (std::int64_t token = 0; token < rows * columns; ++token)
    for (const bool sine : {false, true})
      for (std::int64_t j = 0; j < 2 * quarter; ++j) {
        const double place = double(j < quarter ? token % columns : token / columns);
        const double angle = place * std::pow(10000., -double(j % quarter) / double(quarter));
        values.push_back(sine ? std::sin(angle) : std::cos(angle));
      }
  Tensor<B, typename B::master> table(on, {rows * columns, width});
  copy_in(on, table.size(), values.data(), table.data());
  return table;
}

}  // namespace hush
