#pragma once
#include <cstdint>

#include <hush/check.hpp>

namespace hush {

/// Extents of a two-dimensional convolution: images [batch, height, width, in], weights [out, kernel_h, kernel_w, in],
/// result [batch, out_height, out_width, out]. Padding below and to the right is whatever the result size asks for.
struct Conv2dSizes {
  std::int64_t batch = 0, height = 0, width = 0, in = 0, out = 0;
  std::int64_t kernel_h = 1, kernel_w = 1, stride = 1, pad_top = 0, pad_left = 0;
  std::int64_t out_height = 0, out_width = 0;
};

/// Zeros around an image.
struct Padding {
  std::int64_t top = 0, left = 0, bottom = 0, right = 0;
};

/// The sizes of a convolution whose result is as large as kernel, stride and padding allow. Throws
/// std::invalid_argument for a stride below 1, an empty kernel, negative padding or a kernel larger than the padded
/// image.
inline Conv2dSizes conv2d_sizes(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t in,
                                std::int64_t out, std::int64_t kernel_h, std::int64_t kernel_w, std::int64_t stride,
                                const Padding& pad) {
  check(stride >= 1, "conv2d", "stride ", stride, " is below 1");
  check(kernel_h >= 1 && kernel_w >= 1, "conv2d", "kernel ", kernel_h, " x ", kernel_w, " is empty");
  check(pad.top >= 0 && pad.left >= 0 && pad.bottom >= 0 && pad.right >= 0, "conv2d", "padding ", pad.top, ", ",
        pad.left, ", ", pad.bottom, ", ", pad.right, " (top, left, bottom, right) is negative somewhere");
  const std::int64_t padded_h = height + pad.top + pad.bottom, padded_w = width + pad.left + pad.right;
  check(padded_h >= kernel_h && padded_w >= kernel_w, "conv2d", "kernel ", kernel_h, " x ", kernel_w,
        " is larger than the padded image, ", padded_h, " x ", padded_w);
  return {.batch = batch,
          .height = height,
          .width = width,
          .in = in,
          .out = out,
          .kernel_h = kernel_h,
          .kernel_w = kernel_w,
          .stride = stride,
          .pad_top = pad.top,
          .pad_left = pad.left,
          .out_height = (padded_h - kernel_h) / stride + 1,
          .out_width = (padded_w - kernel_w) / stride + 1};
}

}  // namespace hush
