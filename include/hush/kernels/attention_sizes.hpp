#pragma once
#include <cstdint>

namespace hush {

/// Extents of scaled dot-product attention: q [batch, queries, heads * width], k [batch, keys, heads * width],
/// v [batch, keys, heads * value_width], result [batch, queries, heads * value_width]; head h has the channels from
/// h * width (or h * value_width) on. `scale` multiplies q k^T, usually by width^-1/2.
struct AttentionSizes {
  std::int64_t batch = 0, queries = 0, keys = 0, heads = 1, width = 0, value_width = 0;
  double scale = 1;
};

}  // namespace hush
