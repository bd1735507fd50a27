#pragma once
#include <cmath>
#include <concepts>
#include <limits>

#include <hush/cpu/block.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// y = value, for numbers of any type.
template <class T, class Y>
void fill(const Cpu<T>& cpu, std::int64_t n, double value, Y* y) {
  if constexpr (std::same_as<T, Y>)
    map_blocks(cpu, n, y, [v = T(value)] { return cpu_detail::Numbers<T>::Constant(v); });
  else
    std::fill_n(y, n, Y(value));
}

/// Host numbers of any type to the backend's: y[i] = x[i].
template <class T, class H, class Y>
void copy_in(const Cpu<T>&, std::int64_t n, const H* x, Y* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = Y(x[i]);
}

/// The backend's numbers to the host's; rounded and clamped to the range of H if that is an integer type.
template <class T, class X, class H>
void copy_out(const Cpu<T>&, std::int64_t n, const X* x, H* y) {
  for (std::int64_t i = 0; i < n; ++i) {
    if constexpr (std::integral<H> && std::floating_point<X>) {
      const double low = double(std::numeric_limits<H>::min()), high = double(std::numeric_limits<H>::max());
      const double value = std::nearbyint(double(x[i]));
      y[i] = value >= high ? std::numeric_limits<H>::max() : value > low ? H(value) : std::numeric_limits<H>::min();
    } else {
      y[i] = H(x[i]);
    }
  }
}

/// y = x, within the backend; the types may differ.
template <class T, class X, class Y>
void copy(const Cpu<T>&, std::int64_t n, const X* x, Y* y) {
  for (std::int64_t i = 0; i < n; ++i) y[i] = Y(x[i]);
}

template <class T>
void add(const Cpu<T>& cpu, std::int64_t n, const T* a, const T* b, T* y) {
  map_blocks(
      cpu, n, y, [](const auto& p, const auto& q) { return p + q; }, a, b);
}
template <class T>
void subtract(const Cpu<T>& cpu, std::int64_t n, const T* a, const T* b, T* y) {
  map_blocks(
      cpu, n, y, [](const auto& p, const auto& q) { return p - q; }, a, b);
}
template <class T>
void multiply(const Cpu<T>& cpu, std::int64_t n, const T* a, const T* b, T* y) {
  map_blocks(
      cpu, n, y, [](const auto& p, const auto& q) { return p * q; }, a, b);
}
/// y = s x
template <class T>
void scale(const Cpu<T>& cpu, std::int64_t n, double s, const T* x, T* y) {
  map_blocks(
      cpu, n, y, [s](const auto& p) { return p * T(s); }, x);
}
/// sum += x
template <class T>
void add_into(const Cpu<T>& cpu, std::int64_t n, const T* x, T* sum) {
  add(cpu, n, sum, x, sum);
}
/// y[i] = s x[0] for all i
template <class T>
void spread(const Cpu<T>& cpu, std::int64_t n, double s, const T* x, T* y) {
  fill(cpu, n, s * double(*x), y);
}

/// y = x + shift[image, channel], for x of [batch, pixels, channels].
template <class T>
void add_channels(const Cpu<T>& cpu, std::int64_t batch, std::int64_t pixels, std::int64_t channels, const T* x,
                  const T* shift, T* y) {
  const std::int64_t rows = batch * pixels, band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / channels);
  parallel(cpu, (rows + band - 1) / band, [&](std::int64_t task) {
    const std::int64_t end = std::min(rows, (task + 1) * band);
    for (std::int64_t r = task * band; r < end; ++r) {
      const T* s = shift + r / pixels * channels;
      for (std::int64_t c = 0; c < channels; ++c) y[r * channels + c] = x[r * channels + c] + s[c];
    }
  });
}

/// Copies `columns` columns of a matrix whose rows are x_line apart to one whose rows are y_line apart.
template <class T>
void copy_columns(const Cpu<T>& cpu, std::int64_t rows, std::int64_t columns, const T* x, std::int64_t x_line, T* y,
                  std::int64_t y_line) {
  const std::int64_t band = std::max<std::int64_t>(1, cpu_detail::numbers_a_task / std::max<std::int64_t>(1, columns));
  parallel(cpu, (rows + band - 1) / band, [&](std::int64_t task) {
    const std::int64_t end = std::min(rows, (task + 1) * band);
    for (std::int64_t r = task * band; r < end; ++r) std::copy_n(x + r * x_line, columns, y + r * y_line);
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
