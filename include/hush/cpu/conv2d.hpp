#pragma once
#include <hush/cpu/conv2d_weight.hpp>
#include <hush/cpu/weight_panels.hpp>
#include <hush/cpu/winograd.hpp>
#include <hush/cpu/winograd_weight.hpp>
#include <hush/kernels/conv2d_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// The IndirectConv of a convolution's forward pass.
inline IndirectConv indirect_conv2d(const Conv2dSizes& s) {
  return {.images = s.batch,
          .height = s.out_height,
          .width = s.out_width,
          .columns = s.out,
          .source_height = s.height,
          .source_width = s.width,
          .depth = s.in,
          .kernel_h = s.kernel_h,
          .kernel_w = s.kernel_w,
          .pad_top = s.pad_top,
          .pad_left = s.pad_left,
          .step = s.stride,
          .out_height = s.out_height,
          .out_width = s.out_width};
}

/// Whether its product has few rows; one image has, of any size, as it is wanted soon.
inline bool few_rows(const Conv2dSizes& s) {
  return s.batch == 1 || s.batch * s.out_height * s.out_width < rows_that_pack;
}

/// The taps of a strided kernel that meet pixels `first`, first + stride, ... of the input, in reverse order: tap t is
/// tap + (count - 1 - t) * stride of the kernel and meets output pixel - pad + t.
struct Phase {
  std::int64_t tap, count, pad;
  Phase(std::int64_t first, std::int64_t kernel, std::int64_t stride, std::int64_t padding)
      : tap((first + padding) % stride),
        count(tap < kernel ? (kernel - 1 - tap) / stride + 1 : 0),
        pad(count - 1 - (first + padding - tap) / stride) {}
};

/// The IndirectConv of the gradient with respect to the pixels first_y + i * stride, first_x + j * stride: a
/// convolution of dy with a part of the kernel, flipped; with the whole kernel where the stride is 1.
inline IndirectConv indirect_conv2d_backward(const Conv2dSizes& s, std::int64_t first_y = 0, std::int64_t first_x = 0) {
  const Phase v(first_y, s.kernel_h, s.stride, s.pad_top), u(first_x, s.kernel_w, s.stride, s.pad_left);
  return {.images = s.batch,
          .height = ceil_div(s.height - first_y, s.stride),
          .width = ceil_div(s.width - first_x, s.stride),
          .columns = s.in,
          .source_height = s.out_height,
          .source_width = s.out_width,
          .depth = s.out,
          .kernel_h = v.count,
          .kernel_w = u.count,
          .pad_top = v.pad,
          .pad_left = u.pad,
          .out_height = s.height,
          .out_width = s.width,
          .first_y = first_y,
          .first_x = first_x,
          .spacing = s.stride};
}

/// Whether the gradient of weights is faster by minimal filtering, as measured: where the forward pass is, unless tiles
/// are so few, and the sums of 16 products so many, that adding the latter up takes the time.
template <class T>
bool winograd_weight_pays(const Cpu<T>& cpu, const Conv2dSizes& s) {
  const std::int64_t tiles = s.batch * ceil_div(s.out_height, 2) * ceil_div(s.out_width, 2);
  return winograd_way(cpu, indirect_conv2d(s), false) != Winograd::none && (tiles >= 64 || s.in * s.out <= 256 * 256);
}

}  // namespace cpu_detail

/// conv2d as a sum of products with every tap, for any sizes.
template <class T>
void conv2d_direct(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* weight, const T* bias,
                   const T* residual, T* y) {
  if (s.batch <= 0 || s.out_height <= 0 || s.out_width <= 0 || s.out <= 0) return;
  const std::int64_t depth = s.kernel_h * s.kernel_w * s.in;
  auto packed = cpu_detail::kept_panels(cpu, cpu_detail::few_rows(s), s.out, depth, weight);
  if (!packed) packed = cpu_detail::pack_weight(cpu, s.out, depth, weight);
  const auto wide = cpu_detail::widened(cpu, s.out, bias);
  run_indirect(cpu, cpu_detail::indirect_conv2d(s), x, packed.get(),
               cpu_detail::Finish<T>{.bias = wide.get(), .residual = residual, .result = y}, y);
}

/// conv2d by minimal filtering with the transforms F, for kernels 3 x 3 of stride 1 with a packet of input channels.
template <class F, class T>
void conv2d_winograd(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* weight, const T* bias,
                     const T* residual, T* y) {
  if (s.batch <= 0 || s.out_height <= 0 || s.out_width <= 0 || s.out <= 0) return;
  const auto wide = cpu_detail::widened(cpu, s.out, bias);
  constexpr std::int64_t width = cpu_detail::Tile<T>::columns;
  const auto kept = cpu_detail::kept_panels(cpu, cpu_detail::few_rows(s), s.out, 9 * s.in, weight);
  const auto taps = [&](std::int64_t panel, std::int64_t first, std::int64_t count) {
    if (kept) return cpu_detail::WinogradTaps<T>{kept.get() + (panel * 9 * s.in + first) * width, s.in * width, {}};
    const auto room = cpu.template allocate<T>(9 * count * width);
    for (std::int64_t tap = 0; tap < 9; ++tap)
      cpu_detail::pack_panel_transposed(count, s.out, panel * width, weight + tap * s.in + first, 9 * s.in,
                                        room.get() + tap * count * width);
    return cpu_detail::WinogradTaps<T>{room.get(), count * width, room};
  };
  cpu_detail::WinogradConv<F>(cpu, cpu_detail::indirect_conv2d(s)).run(x, taps, wide.get(), residual, y);
}

/// y[n, h, w, o] = residual[n, h, w, o] + bias[o] + sum over kh, kw, i of
/// weight[o, kh, kw, i] x[n, h * stride + kh - pad_top, ..., i]; bias and residual may be null.
/// An image's result is the same to the last bit whatever the batch, its order and the number of threads.
template <class T>
void conv2d(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* weight, const T* bias, const T* residual,
            T* y) {
  const bool kept = PackedWeights::shared().keeps(weight);
  switch (cpu_detail::winograd_way(cpu, cpu_detail::indirect_conv2d(s), kept)) {
    case Winograd::f4x4:
      return conv2d_winograd<cpu_detail::WinogradF4<T>>(cpu, s, x, weight, bias, residual, y);
    case Winograd::f2x2:
      return conv2d_winograd<cpu_detail::WinogradF2<T>>(cpu, s, x, weight, bias, residual, y);
    case Winograd::none:
      return conv2d_direct(cpu, s, x, weight, bias, residual, y);
  }
}
template <class T>
void conv2d(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* weight, const T* bias, T* y) {
  conv2d(cpu, s, x, weight, bias, static_cast<const T*>(nullptr), y);
}

/// conv2d_backward_input as a sum of products with every tap, for any sizes: of each phase of the stride a convolution
/// of dy with a part of the kernel, flipped.
template <class T>
void conv2d_backward_input_direct(const Cpu<T>& cpu, const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  if (s.batch <= 0 || s.height <= 0 || s.width <= 0 || s.in <= 0) return;
  const std::int64_t width = cpu_detail::Tile<T>::columns, panels = cpu_detail::ceil_div(s.in, width),
                     taps = s.kernel_h * s.kernel_w;
  const auto packed = cpu.template allocate<T>(panels * taps * s.out * width);
  for (std::int64_t phase = 0; phase < s.stride * s.stride; ++phase) {
    const std::int64_t first_y = phase / s.stride, first_x = phase % s.stride;
    const cpu_detail::Phase v(first_y, s.kernel_h, s.stride, s.pad_top), u(first_x, s.kernel_w, s.stride, s.pad_left);
    const std::int64_t count = v.count * u.count;
    parallel(cpu, panels, [&](std::int64_t j) {
      for (std::int64_t t = 0; t < count; ++t) {
        const std::int64_t kh = v.tap + (v.count - 1 - t / u.count) * s.stride;
        const std::int64_t kw = u.tap + (u.count - 1 - t % u.count) * s.stride;
        cpu_detail::pack_panel(s.out, s.in, j * width, weight + (kh * s.kernel_w + kw) * s.in, taps * s.in,
                               packed.get() + (j * count + t) * s.out * width);
      }
    });
    run_indirect(cpu, cpu_detail::indirect_conv2d_backward(s, first_y, first_x), dy, packed.get(),
                 cpu_detail::Finish<T>{}, dx);
  }
}

/// conv2d_backward_input by minimal filtering, for kernels 3 x 3 of stride 1 with a packet of output channels.
template <class T>
void conv2d_backward_input_winograd(const Cpu<T>& cpu, const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  if (s.batch <= 0 || s.height <= 0 || s.width <= 0 || s.in <= 0) return;
  constexpr std::int64_t width = cpu_detail::Tile<T>::columns;
  const auto taps = [&](std::int64_t panel, std::int64_t first, std::int64_t count) {
    const auto room = cpu.template allocate<T>(9 * count * width);
    for (std::int64_t tap = 0; tap < 9; ++tap)
      cpu_detail::pack_panel(count, s.in, panel * width, weight + (first * 9 + 8 - tap) * s.in, 9 * s.in,
                             room.get() + tap * count * width);
    return cpu_detail::WinogradTaps<T>{room.get(), count * width, room};
  };
  cpu_detail::WinogradConv<cpu_detail::WinogradF2<T>>(cpu, cpu_detail::indirect_conv2d_backward(s))
      .run(dy, taps, static_cast<const T*>(nullptr), static_cast<const T*>(nullptr), dx);
}

/// The gradient of conv2d with respect to its images: dx has the shape of x.
template <class T>
void conv2d_backward_input(const Cpu<T>& cpu, const Conv2dSizes& s, const T* dy, const T* weight, T* dx) {
  const auto way = cpu_detail::winograd_way(cpu, cpu_detail::indirect_conv2d_backward(s), false);
  if (way != Winograd::none)
    conv2d_backward_input_winograd(cpu, s, dy, weight, dx);
  else
    conv2d_backward_input_direct(cpu, s, dy, weight, dx);
}

/// conv2d_backward_weight by minimal filtering, for kernels 3 x 3 of stride 1 with a packet of channels on both sides.
template <class T>
void conv2d_backward_weight_winograd(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* dy, T* dweight,
                                     T* dbias) {
  if (cpu_detail::has_no_pixels(s)) return cpu_detail::no_weight_gradient(s, dweight, dbias);
  cpu_detail::WinogradWeightGradient<T>(cpu, s, x, dy).run(dweight, dbias);
}

/// The gradient of conv2d with respect to its weights [out, kernel_h, kernel_w, in], and to its bias [out] unless
/// `dbias` is null. The same to the last bit for any number of threads.
template <class T>
void conv2d_backward_weight(const Cpu<T>& cpu, const Conv2dSizes& s, const T* x, const T* dy, T* dweight, T* dbias) {
  if (cpu_detail::winograd_weight_pays(cpu, s))
    conv2d_backward_weight_winograd(cpu, s, x, dy, dweight, dbias);
  else
    conv2d_backward_weight_direct(cpu, s, x, dy, dweight, dbias);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
