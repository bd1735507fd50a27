#pragma once
#include <hush/io/pixels.hpp>

namespace hush::data {

/// Bytes to floats in [-1, 1] and back, or in another range such as `Range{0, 1}`; see io/pixels.hpp.
using io::Range;
using io::to_bytes;
using io::to_floats;

}  // namespace hush::data
