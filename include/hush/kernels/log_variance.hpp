#pragma once
#include <hush/host_device.hpp>

namespace hush {

/// The logarithm of a variance, `said` by a network, within [-30, 20]: beyond, numbers that were learned would overflow
/// (the program of Rombach et al. 2022). `slope` is the derivative, 0 outside. NaN stays NaN.
template <class T>
struct LogVariance {
  T value, slope;

  HUSH_HOST_DEVICE explicit LogVariance(T said)
      : value(said < T(-30)  ? T(-30)
              : said > T(20) ? T(20)
                             : said),
        slope(said < T(-30) || said > T(20) ? T(0) : T(1)) {}
};

}  // namespace hush
