#pragma once
#include <cstdint>

namespace hush {

/// Queries or keys [batch, tokens, heads * width], whose channels are turned in pairs by angles of their token.
struct RotarySizes {
  std::int64_t batch = 0, tokens = 0, heads = 1, width = 0;  // width of a head, even
};

}  // namespace hush
