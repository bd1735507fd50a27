#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>

#include <hush/cpu/packed_weights.hpp>
#include <hush/cpu/tile.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

namespace cpu_detail {

/// A weight [columns, depth] as panels [depth, Tile<T>::columns].
template <class T>
std::shared_ptr<const T[]> pack_weight(const Cpu<T>& cpu, std::int64_t columns, std::int64_t depth, const T* weight) {
  constexpr std::int64_t width = Tile<T>::columns;
  const std::int64_t panels = ceil_div(columns, width);
  const auto packed = cpu.template allocate<T>(panels * depth * width);
  parallel(cpu, panels, [&](std::int64_t j) {
    pack_panel_transposed(depth, columns, j * width, weight, depth, packed.get() + j * depth * width);
  });
  return packed;
}

/// Products of so many rows pack a weight for each call, in scratch: panels that are kept take the weight's memory
/// again, and packing a number takes about as long as multiplying some tens of rows by it.
inline constexpr std::int64_t rows_that_pack = 256;

/// A bias padded to whole panels, null if there is none.
template <class T>
std::shared_ptr<const T[]> widened(const Cpu<T>& cpu, std::int64_t columns, const T* bias) {
  if (!bias) return {};
  const std::int64_t wide = ceil_div(columns, Tile<T>::columns) * Tile<T>::columns;
  const auto to = cpu.template allocate<T>(wide);
  std::fill(std::copy_n(bias, columns, to.get()), to.get() + wide, T(0));
  return to;
}

/// The panels of a weight that is kept, for a product of `few` rows; null if it is not, or for more.
template <class T>
std::shared_ptr<const T[]> kept_panels(const Cpu<T>& cpu, bool few, std::int64_t columns, std::int64_t depth,
                                       const T* weight) {
  if (!few) return {};
  return PackedWeights::shared().panels(weight, columns, depth,
                                        [&] { return pack_weight(cpu, columns, depth, weight); });
}

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
