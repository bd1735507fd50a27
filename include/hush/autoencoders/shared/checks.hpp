#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <hush/autoencoder.hpp>

namespace hush::detail {

inline void check_size(const char* who, std::int64_t n, const char* name) {
  check(n >= 1 && n <= 1 << 24, who, name, " must be in 1 to ", 1 << 24, ", is ", n);
}

/// Throws std::invalid_argument unless an image halves so many times.
inline void check_halves(const char* who, const ImageSize& image, std::size_t times) {
  check_size(who, image.channels, "image.channels");
  const std::int64_t most = std::int64_t(1) << times;
  check(image.height >= most && image.height % most == 0 && image.width >= most && image.width % most == 0, who,
        "sides of ", image, " must be multiples of ", most, ": there are ", times, " down-samplings by 2");
}

inline void check_scaling(const char* who, const LatentScaling& scaling) {
  check(std::isfinite(scaling.shift), who, "shift_factor must be finite, is ", scaling.shift);
  check(scaling.factor > 0 && std::isfinite(scaling.factor), who, "scaling_factor must be finite and positive, is ",
        scaling.factor);
}

/// Throws std::invalid_argument, naming both, unless x is a batch of such images.
inline void check_batch(const char* who, const char* what, const Shape& x, const ImageSize& size) {
  check(x.rank() == 4 && x == Shape{x[0], size.height, size.width, size.channels}, who, "wants ", what, " [N, ",
        size.height, ", ", size.width, ", ", size.channels, "], got ", x);
}

}  // namespace hush::detail
