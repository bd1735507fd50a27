#pragma once
#include <cstdint>

#include <hush/host_device.hpp>

namespace hush {

/// A norm over the channels of each token of x [images, tokens, width]: of what is left of the mean (`centred`, layer
/// normalization), or of the numbers as they are (root mean square).
struct ModulatedNormSizes {
  std::int64_t images = 0, tokens = 0, width = 0;
  double eps = 1e-6;
  bool centred = true;

  HUSH_HOST_DEVICE constexpr std::int64_t rows() const { return images * tokens; }
};

}  // namespace hush
