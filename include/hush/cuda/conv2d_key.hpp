#pragma once
#include <cstdint>
#include <string>
#include <tuple>

#include <hush/check.hpp>
#include <hush/host_device.hpp>
#include <hush/kernels/conv2d_sizes.hpp>
#include <hush/tensor/bf16.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// What is computed from the other two of images, weights and result.
enum class Conv2dDirection { forward, backward_input, backward_weight };

/// How the products are taken: of floats (and nothing less), of floats rounded to TF32, of bfloat16 numbers.
enum class Conv2dPrecision { fp32, tf32, bf16 };

/// The enumerator of a backend's precision: float, tf32 or bf16.
template <class P>
inline constexpr Conv2dPrecision conv2d_precision = Conv2dPrecision::fp32;
template <>
inline constexpr Conv2dPrecision conv2d_precision<hush::tf32> = Conv2dPrecision::tf32;
template <>
inline constexpr Conv2dPrecision conv2d_precision<hush::bf16> = Conv2dPrecision::bf16;

/// The convolution that runs in place of another: tensor cores want multiples of 8 channels, and a library that is
/// given fewer copies the images itself, or falls back to slow engines. Channels that are added are zero.
inline Conv2dSizes with_wide_channels(Conv2dSizes s, Conv2dPrecision precision) {
  if (precision == Conv2dPrecision::fp32) return s;
  s.in = (s.in + 7) / 8 * 8;
  s.out = (s.out + 7) / 8 * 8;
  return s;
}

/// Where the arrays of one convolution lie. A gradient lies where the table names what it is the gradient of. Forwards
/// y = conv2d(x) + residual + bias, either of them null where there is none.
struct Conv2dArrays {
  const void *x = nullptr, *weight = nullptr, *y = nullptr, *bias = nullptr, *residual = nullptr;
};

/// Everything that a library's plan for a convolution depends on but the device and the library's version. `fast` lets
/// in engines whose sums come in any order.
struct Conv2dKey {
  Conv2dDirection direction = Conv2dDirection::forward;
  Conv2dSizes sizes{};
  Conv2dPrecision precision = Conv2dPrecision::bf16;
  bool bias = false, residual = false, fast = false;

  auto fields() const {
    const Conv2dSizes& s = sizes;
    return std::tuple(direction, precision, bias, residual, fast, s.batch, s.height, s.width, s.in, s.out, s.kernel_h,
                      s.kernel_w, s.stride, s.pad_top, s.pad_left, s.out_height, s.out_width);
  }
  bool operator<(const Conv2dKey& other) const { return fields() < other.fields(); }
  /// One line, for messages and files.
  std::string text() const {
    static constexpr const char* directions[] = {"forward", "backward input", "backward weight"};
    static constexpr const char* precisions[] = {"fp32", "tf32", "bf16"};
    const Conv2dSizes& s = sizes;
    return to_text("conv2d ", directions[int(direction)], " [", s.batch, ", ", s.height, ", ", s.width, ", ", s.in,
                   "] to [", s.batch, ", ", s.out_height, ", ", s.out_width, ", ", s.out, "], kernel ", s.kernel_h,
                   " x ", s.kernel_w, ", stride ", s.stride, ", padding ", s.pad_top, " ", s.pad_left, ", ",
                   precisions[int(precision)], residual ? " + residual" : "", bias ? " + bias" : "",
                   fast ? ", fast" : "");
  }
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
