#pragma once
#include <hush/io/pixels.hpp>

namespace hush::data {

/// Bytes to floats and back, by default [-1, 1]; `Range{0, 1}` is the other usual one. See io/pixels.hpp.
using io::Range;
using io::to_bytes;
using io::to_floats;

}  // namespace hush::data
