#pragma once
#include <cmath>
#include <vector>

#include <hush/cpu/slabs.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// For each image, the sum over its `size` numbers of the blocks f(at, count), whose lanes past `count` are 0; slab by
/// slab, the slabs added in order.
template <class T, class F>
std::vector<double> sum_images(const Cpu<T>& cpu, std::int64_t batch, std::int64_t size, const F& f) {
  const cpu_detail::Slabs slabs{.pixels = size, .channels = 1};
  const std::int64_t count = slabs.count();
  std::vector<double> parts(std::size_t(batch * count), 0.0), sums(std::size_t(batch), 0.0);
  parallel(cpu, batch * count, [&](std::int64_t task) {
    const std::int64_t begin = task / count * size + slabs.begin(task % count), length = slabs.length(task % count);
    cpu_detail::Numbers<T> lanes = cpu_detail::Numbers<T>::Zero();
    for (std::int64_t i = 0; i < length; i += cpu_detail::block_size) lanes += f(begin + i, length - i);
    for (std::int64_t i = 0; i < cpu_detail::block_size; ++i) parts[std::size_t(task)] += double(lanes[i]);
  });
  for (std::int64_t i = 0; i < batch * count; ++i) sums[std::size_t(i / count)] += parts[std::size_t(i)];
  return sums;
}

/// y[0] = factor * sum(x), for x of [batch, size].
template <class T>
void sum(const Cpu<T>& cpu, std::int64_t batch, std::int64_t size, double factor, const T* x, T* y) {
  double total = 0;
  for (const double s :
       sum_images(cpu, batch, size, [&](auto at, auto left) { return cpu_detail::load_block(x + at, left); }))
    total += s;
  *y = T(factor * total);
}

/// y[0] = sum over images of weight[image] * sum((a - b)^2) / (batch * size); no weights (nullptr): all are 1.
template <class T>
void mse(const Cpu<T>& cpu, std::int64_t batch, std::int64_t size, const T* a, const T* b, const T* weights, T* y) {
  const auto sums = sum_images(cpu, batch, size, [&](auto at, auto left) -> cpu_detail::Numbers<T> {
    const cpu_detail::Numbers<T> d = cpu_detail::load_block(a + at, left) - cpu_detail::load_block(b + at, left);
    return d * d;
  });
  double total = 0;
  for (std::int64_t i = 0; i < batch; ++i) total += sums[std::size_t(i)] * (weights ? double(weights[i]) : 1.0);
  *y = T(total / (double(batch) * double(size)));
}
/// da = dy[0] weight[image] 2 (a - b) / (batch * size); the gradient of b is its negative.
template <class T>
void mse_backward(const Cpu<T>& cpu, std::int64_t batch, std::int64_t size, const T* a, const T* b, const T* weights,
                  const T* dy, T* da) {
  const double factor = 2 * double(*dy) / (double(batch) * double(size));
  parallel(cpu, batch, [&](std::int64_t image) {
    const T scale = T(factor * (weights ? double(weights[image]) : 1.0));
    for (std::int64_t i = image * size, end = i + size; i < end; i += cpu_detail::block_size)
      cpu_detail::store_block<T>(
          da + i, end - i, scale * (cpu_detail::load_block(a + i, end - i) - cpu_detail::load_block(b + i, end - i)));
  });
}

/// y[image] = sqrt(weight[image] * sum((a - b)^2) + c^2), for a and b of [batch, size].
template <class T>
void image_distances(const Cpu<T>& cpu, std::int64_t batch, std::int64_t size, double c, const T* a, const T* b,
                     const T* weights, T* y) {
  const auto sums = sum_images(cpu, batch, size, [&](auto at, auto left) -> cpu_detail::Numbers<T> {
    const cpu_detail::Numbers<T> d = cpu_detail::load_block(a + at, left) - cpu_detail::load_block(b + at, left);
    return d * d;
  });
  for (std::int64_t i = 0; i < batch; ++i) y[i] = T(std::sqrt(double(weights[i]) * sums[std::size_t(i)] + c * c));
}

namespace cpu_detail {

/// y[image, channel] = the sum over pixels of the blocks f(at, count) of an array [batch, pixels, channels].
template <class T, class F>
void sum_pixel_blocks(const Cpu<T>& cpu, std::int64_t batch, std::int64_t pixels, std::int64_t channels, T* y,
                      const F& f) {
  const Slabs slabs{pixels, channels};
  const std::int64_t count = slabs.count();
  std::vector<double> parts(std::size_t(batch * count * channels), 0.0);
  parallel(cpu, batch * count, [&](std::int64_t task) {
    const std::int64_t from = task / count * pixels * channels + slabs.begin(task % count);
    sum_channels<1, T>(slabs, slabs.length(task % count), &parts[std::size_t(task * channels)],
                       [&](auto at, auto, auto left) { return std::array<Numbers<T>, 1>{f(from + at, left)}; });
  });
  for (std::int64_t image = 0; image < batch; ++image)
    for (std::int64_t c = 0; c < channels; ++c) {
      double total = 0;
      for (std::int64_t i = 0; i < count; ++i) total += parts[std::size_t((image * count + i) * channels + c)];
      y[image * channels + c] = T(total);
    }
}

}  // namespace cpu_detail

/// y[image, channel] = the sum over pixels of x [batch, pixels, channels].
template <class T>
void sum_pixels(const Cpu<T>& cpu, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const T* x, T* y) {
  cpu_detail::sum_pixel_blocks(cpu, batch, pixels, channels, y,
                               [&](auto at, auto left) { return cpu_detail::load_block(x + at, left); });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
