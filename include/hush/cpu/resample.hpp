#pragma once
#include <cmath>
#include <vector>

#include <hush/cpu/block.hpp>
#include <hush/kernels/image_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// A term of a resampled line, whose numbers are weighted sums of a few numbers of the source line.
struct Tap {
  std::int64_t from = 0;
  double weight = 0;
};
using Taps = std::vector<std::vector<Tap>>;  // for each number of the new line

/// Each number `factor` times.
inline Taps nearest_taps(std::int64_t size, std::int64_t factor) {
  Taps taps(std::size_t(size * factor));
  for (std::int64_t i = 0; i < size * factor; ++i) taps[std::size_t(i)] = {{i / factor, 1}};
  return taps;
}

/// Linear interpolation: number i of the new line is at (i + 1/2) / factor - 1/2 of the old one, constant beyond its
/// ends.
inline Taps linear_taps(std::int64_t size, std::int64_t factor) {
  Taps taps(std::size_t(size * factor));
  for (std::int64_t i = 0; i < size * factor; ++i) {
    const double place = (double(i) + 0.5) / double(factor) - 0.5, left = std::floor(place), part = place - left;
    const std::int64_t a = std::max<std::int64_t>(0, std::int64_t(left));
    const std::int64_t b = std::min(size - 1, std::int64_t(left) + 1);
    if (a == b || part == 0)
      taps[std::size_t(i)] = {{a, 1}};
    else
      taps[std::size_t(i)] = {{a, 1 - part}, {b, part}};
  }
  return taps;
}

/// The transposed sums, for the gradient: for each number of the old line the new ones it contributes to.
inline Taps transposed(const Taps& taps, std::int64_t size) {
  Taps back(std::size_t(size), std::vector<Tap>{});
  for (std::size_t i = 0; i < taps.size(); ++i)
    for (const Tap& tap : taps[i]) back[std::size_t(tap.from)].push_back({std::int64_t(i), tap.weight});
  return back;
}

/// y = the sum of the taps' lines of n numbers, which lie `line` apart from x on.
template <class T>
void mix(const std::vector<Tap>& taps, std::int64_t n, std::int64_t line, const T* x, T* y) {
  if (taps.size() == 1 && taps[0].weight == 1) {
    std::copy_n(x + taps[0].from * line, n, y);
    return;
  }
  const auto block = [&](std::int64_t i, auto count) {
    Numbers<T> sum = T(taps[0].weight) * load_block(x + taps[0].from * line + i, count);
    for (std::size_t k = 1; k < taps.size(); ++k)
      sum += T(taps[k].weight) * load_block(x + taps[k].from * line + i, count);
    store_block(y + i, count, sum);
  };
  std::int64_t i = 0;
  for (; i + block_size <= n; i += block_size) block(i, Whole{});
  if (i < n) block(i, n - i);
}

}  // namespace cpu_detail

/// Rows by their taps, then the pixels within each row: y [batch, rows.size(), columns.size(), C] from x [batch, H, W,
/// C].
template <class T>
void resample(const Cpu<T>& cpu, const ImageSizes& s, const cpu_detail::Taps& rows, const cpu_detail::Taps& columns,
              const T* x, T* y) {
  const std::int64_t height = std::int64_t(rows.size()), width = std::int64_t(columns.size()), c = s.channels;
  const std::int64_t line = s.width * c;
  parallel(cpu, s.batch * height, [&](std::int64_t row) {
    const auto& taps = rows[std::size_t(row % height)];
    const T* from = x + row / height * s.height * line;
    std::vector<T> mixed;
    if (taps.size() == 1 && taps[0].weight == 1) {
      from += taps[0].from * line;
    } else {
      mixed.resize(std::size_t(line));
      cpu_detail::mix(taps, line, line, from, mixed.data());
      from = mixed.data();
    }
    for (std::int64_t i = 0; i < width; ++i)
      cpu_detail::mix(columns[std::size_t(i)], c, c, from, y + (row * width + i) * c);
  });
}

/// y [H * factor, W * factor]: every pixel `factor` times each way.
template <class T>
void upsample_nearest(const Cpu<T>& cpu, const ImageSizes& s, std::int64_t factor, const T* x, T* y) {
  resample(cpu, s, cpu_detail::nearest_taps(s.height, factor), cpu_detail::nearest_taps(s.width, factor), x, y);
}
/// `s` are the extents of dx.
template <class T>
void upsample_nearest_backward(const Cpu<T>& cpu, const ImageSizes& s, std::int64_t factor, const T* dy, T* dx) {
  resample(cpu, {s.batch, s.height * factor, s.width * factor, s.channels},
           cpu_detail::transposed(cpu_detail::nearest_taps(s.height, factor), s.height),
           cpu_detail::transposed(cpu_detail::nearest_taps(s.width, factor), s.width), dy, dx);
}

/// y [H * factor, W * factor]: linear between the pixels' centres each way, constant beyond the outermost.
template <class T>
void upsample_bilinear(const Cpu<T>& cpu, const ImageSizes& s, std::int64_t factor, const T* x, T* y) {
  resample(cpu, s, cpu_detail::linear_taps(s.height, factor), cpu_detail::linear_taps(s.width, factor), x, y);
}
/// `s` are the extents of dx.
template <class T>
void upsample_bilinear_backward(const Cpu<T>& cpu, const ImageSizes& s, std::int64_t factor, const T* dy, T* dx) {
  resample(cpu, {s.batch, s.height * factor, s.width * factor, s.channels},
           cpu_detail::transposed(cpu_detail::linear_taps(s.height, factor), s.height),
           cpu_detail::transposed(cpu_detail::linear_taps(s.width, factor), s.width), dy, dx);
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
