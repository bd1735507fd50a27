#pragma once
#include <cstdint>

#include <hush/tensor/shape.hpp>

namespace hush {

/// Extents of a batch of images [batch, height, width, channels], as kernels of pooling and resampling take them.
struct ImageSizes {
  std::int64_t batch = 0, height = 0, width = 0, channels = 0;
};

/// The extents of `shape`, which `where` wants to be of rank 4.
inline ImageSizes image_sizes(const Shape& shape, const char* where) {
  check(shape.rank() == 4, where, "wants images [N, H, W, C], got ", shape);
  return {shape[0], shape[1], shape[2], shape[3]};
}

}  // namespace hush
