#pragma once
#include <cmath>
#include <limits>

#include <hush/cpu/tile.hpp>
#include <hush/kernels/attention_sizes.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// Softmax of a row in place, after its maximum is subtracted.
template <class T>
void softmax_row(std::int64_t count, T* row) {
  constexpr std::int64_t size = simd::packet_size<T>;
  const auto each = [&](const auto& f) {  // f(packet) for all packets, the last one padded with -infinity
    std::int64_t i = 0;
    for (; i + size <= count; i += size) simd::store<T>(row + i, f(simd::load<T>(row + i)));
    if (i == count) return;
    alignas(64) T end[size];
    std::fill(std::copy_n(row + i, count - i, end), end + size, -std::numeric_limits<T>::infinity());
    simd::store<T>(end, f(simd::load<T>(end)));
    std::copy_n(end, count - i, row + i);
  };
  auto top = simd::broadcast<T>(-std::numeric_limits<T>::infinity());
  each([&](const simd::Packet<T>& x) {
    top = simd::maximum<T>(top, x);
    return x;
  });
  const auto greatest = simd::broadcast<T>(simd::greatest<T>(top));
  auto sums = simd::broadcast<T>(T(0));
  each([&](const simd::Packet<T>& x) { return simd::exponential<T>(simd::subtract<T>(x, greatest)); });
  std::int64_t i = 0;
  for (; i + size <= count; i += size) sums = simd::add<T>(sums, simd::load<T>(row + i));
  T total = simd::sum<T>(sums);
  for (; i < count; ++i) total += row[i];
  const auto factor = simd::broadcast<T>(T(1) / total);
  each([&](const simd::Packet<T>& x) { return simd::multiply<T>(x, factor); });
}

/// The gradient of softmax in place: from `change` with respect to its results w to that of its input, w (change -
/// sum(w change)).
template <class T>
void softmax_backward_row(std::int64_t count, const T* w, T* change) {
  constexpr std::int64_t size = simd::packet_size<T>;
  auto sums = simd::broadcast<T>(T(0));
  std::int64_t i = 0;
  for (; i + size <= count; i += size)
    sums = simd::multiply_add<T>(simd::load<T>(w + i), simd::load<T>(change + i), sums);
  T mean = simd::sum<T>(sums);
  for (; i < count; ++i) mean += w[i] * change[i];
  const auto means = simd::broadcast<T>(mean);
  for (i = 0; i + size <= count; i += size) {
    const auto centred = simd::subtract<T>(simd::load<T>(change + i), means);
    simd::store<T>(change + i, simd::multiply<T>(simd::load<T>(w + i), centred));
  }
  for (; i < count; ++i) change[i] = w[i] * (change[i] - mean);
}

/// All panels of a [depth, columns] matrix, or of its transpose [columns, depth], one after the other.
template <class T>
void pack_all(std::int64_t depth, std::int64_t columns, const T* from, std::int64_t line, bool transposed, T* panels) {
  for (std::int64_t first = 0; first < columns; first += Tile<T>::columns, panels += depth * Tile<T>::columns) {
    if (transposed)
      pack_panel_transposed(depth, columns, first, from, line, panels);
    else
      pack_panel(depth, columns, first, from, line, panels);
  }
}

/// Offset of head `head` of image `image`, and the stride of its rows. Empty heads need no memory.
struct Heads {
  std::int64_t length, heads, width;
  std::int64_t line() const { return heads * width; }
  std::int64_t at(std::int64_t image, std::int64_t head) const {
    return length > 0 ? image * length * line() + head * width : 0;
  }
};

/// softmax(scale q k^T) [queries, keys] of an image and a head; `panels` is room for the keys.
template <class T>
void softmax_of_pairs(const AttentionSizes& s, const T* q, const T* k, T* panels, T* w) {
  const std::int64_t line = s.heads * s.width;
  pack_all(s.width, s.keys, k, line, true, panels);
  multiply_rows(s.queries, s.keys, s.width, q, line, panels, s.width * Tile<T>::columns, Finish<T>{.alpha = T(s.scale)},
                w, s.keys);
  for (std::int64_t r = 0; r < s.queries && s.keys > 0; ++r) softmax_row(s.keys, w + r * s.keys);
}

}  // namespace cpu_detail

/// y = softmax(scale q k^T) v for every image and head (Vaswani et al. 2017, equation 1). `weights` [batch, heads,
/// queries, keys], unless null, receives the softmax for attention_backward. y may be q if value_width is width.
template <class T>
void attention(const Cpu<T>& cpu, const AttentionSizes& s, const T* q, const T* k, const T* v, T* y, T* weights) {
  constexpr std::int64_t width = cpu_detail::Tile<T>::columns, strip = 8 * cpu_detail::Tile<T>::rows;
  const cpu_detail::Heads hq{s.queries, s.heads, s.width}, hk{s.keys, s.heads, s.width},
      hv{s.keys, s.heads, s.value_width}, hy{s.queries, s.heads, s.value_width};
  const std::int64_t strips = cpu_detail::ceil_div(s.queries, strip), share = std::clamp<std::int64_t>(strips, 1, 8);
  const std::int64_t tasks = cpu_detail::ceil_div(strips, share);
  parallel(cpu, s.batch * s.heads * tasks, [&](std::int64_t task) {
    const std::int64_t pair = task / tasks, image = pair / s.heads, head = pair % s.heads;
    const std::int64_t keys_size = cpu_detail::ceil_div(s.keys, width) * width * s.width;
    const auto packed =
        cpu.template allocate<T>(keys_size + cpu_detail::ceil_div(s.value_width, width) * width * s.keys);
    T *key_panels = packed.get(), *value_panels = key_panels + keys_size;
    cpu_detail::pack_all(s.width, s.keys, k + hk.at(image, head), hk.line(), true, key_panels);
    cpu_detail::pack_all(s.keys, s.value_width, v + hv.at(image, head), hv.line(), false, value_panels);
    const auto kept = weights ? nullptr : cpu.template allocate<T>(strip * s.keys);
    const std::int64_t end = std::min(s.queries, (task % tasks + 1) * share * strip);
    for (std::int64_t first = task % tasks * share * strip; first < end; first += strip) {
      const std::int64_t rows = std::min(strip, end - first);
      T* w = weights ? weights + (pair * s.queries + first) * s.keys : kept.get();
      cpu_detail::multiply_rows(rows, s.keys, s.width, q + hq.at(image, head) + first * hq.line(), hq.line(),
                                key_panels, s.width * width, cpu_detail::Finish<T>{.alpha = T(s.scale)}, w, s.keys);
      if (s.keys > 0)
        for (std::int64_t r = 0; r < rows; ++r) cpu_detail::softmax_row(s.keys, w + r * s.keys);
      cpu_detail::multiply_rows(rows, s.value_width, s.keys, w, s.keys, value_panels, s.keys * width,
                                cpu_detail::Finish<T>{}, y + hy.at(image, head) + first * hy.line(), hy.line());
    }
  });
}

/// The gradients of attention with respect to q, k and v. The softmax of all pairs may be nullptr: then that of an
/// image and a head is computed again, with the same bits.
template <class T>
void attention_backward(const Cpu<T>& cpu, const AttentionSizes& s, const T* q, const T* k, const T* v,
                        const T* weights, const T* dy, T* dq, T* dk, T* dv) {
  constexpr std::int64_t width = cpu_detail::Tile<T>::columns;
  const cpu_detail::Heads hq{s.queries, s.heads, s.width}, hk{s.keys, s.heads, s.width},
      hv{s.keys, s.heads, s.value_width}, hy{s.queries, s.heads, s.value_width};
  const std::int64_t longest = std::max(s.keys, s.queries), widest = std::max(s.width, s.value_width);
  parallel(cpu, s.batch * s.heads, [&](std::int64_t pair) {
    const std::int64_t image = pair / s.heads, head = pair % s.heads, square = s.queries * s.keys;
    const auto scratch = cpu.template allocate<T>((weights ? 2 : 3) * square);
    T *dw = scratch.get(), *turned = dw + square, *again = turned + square;
    const auto packed = cpu.template allocate<T>(
        std::max(cpu_detail::ceil_div(longest, width) * widest, cpu_detail::ceil_div(widest, width) * longest) * width);
    T* panels = packed.get();
    if (!weights) cpu_detail::softmax_of_pairs(s, q + hq.at(image, head), k + hk.at(image, head), panels, again);
    const T* w = weights ? weights + pair * square : again;
    const T* gradient = dy + hy.at(image, head);
    // dv = w^T dy
    simd::transpose(s.queries, s.keys, w, s.keys, turned, s.queries);
    cpu_detail::pack_all(s.queries, s.value_width, gradient, hy.line(), false, panels);
    cpu_detail::multiply_rows(s.keys, s.value_width, s.queries, turned, s.queries, panels, s.queries * width,
                              cpu_detail::Finish<T>{}, dv + hv.at(image, head), hv.line());
    // dw = dy v^T, then through the softmax: ds = w (dw - sum(w dw))
    cpu_detail::pack_all(s.value_width, s.keys, v + hv.at(image, head), hv.line(), true, panels);
    cpu_detail::multiply_rows(s.queries, s.keys, s.value_width, gradient, hy.line(), panels, s.value_width * width,
                              cpu_detail::Finish<T>{}, dw, s.keys);
    for (std::int64_t r = 0; r < s.queries; ++r)
      cpu_detail::softmax_backward_row(s.keys, w + r * s.keys, dw + r * s.keys);
    // dq = scale ds k, dk = scale ds^T q
    const cpu_detail::Finish<T> scaled{.alpha = T(s.scale)};
    cpu_detail::pack_all(s.keys, s.width, k + hk.at(image, head), hk.line(), false, panels);
    cpu_detail::multiply_rows(s.queries, s.width, s.keys, dw, s.keys, panels, s.keys * width, scaled,
                              dq + hq.at(image, head), hq.line());
    simd::transpose(s.queries, s.keys, dw, s.keys, turned, s.queries);
    cpu_detail::pack_all(s.queries, s.width, q + hq.at(image, head), hq.line(), false, panels);
    cpu_detail::multiply_rows(s.keys, s.width, s.queries, turned, s.queries, panels, s.queries * width, scaled,
                              dk + hk.at(image, head), hk.line());
  });
}

}  // namespace HUSH_CPU_ABI
}  // namespace hush
