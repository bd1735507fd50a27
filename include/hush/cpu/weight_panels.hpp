#pragma once
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

/// The panels of a weight that is kept, null if it is not.
template <class T>
std::shared_ptr<const T[]> kept_panels(const Cpu<T>& cpu, std::int64_t columns, std::int64_t depth, const T* weight) {
  return PackedWeights::shared().panels(weight, columns, depth,
                                        [&] { return pack_weight(cpu, columns, depth, weight); });
}

}  // namespace cpu_detail

}  // namespace HUSH_CPU_ABI
}  // namespace hush
