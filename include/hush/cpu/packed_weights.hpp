#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include <hush/host_device.hpp>

namespace hush {
inline namespace HUSH_CPU_ABI {

/// Weights whose values stay as they are for a while, and the panels of those that products of few rows have packed.
/// Thread safe. There is one, `shared()`, as kernels are given the address of a weight and nothing else.
class PackedWeights {
 public:
  static PackedWeights& shared() {
    static auto* weights = new PackedWeights;
    return *weights;
  }
  /// From here until as many calls of `drop` nobody writes the weight, nor frees it.
  void keep(const void* weight) {
    const std::lock_guard lock(mutex_);
    ++kept_[weight].times;
    any_ = true;
  }
  void drop(const void* weight) {
    const std::lock_guard lock(mutex_);
    const auto at = kept_.find(weight);
    if (at == kept_.end() || --at->second.times > 0) return;
    kept_.erase(at);
    any_ = !kept_.empty();
  }
  bool keeps(const void* weight) {
    if (!any_) return false;
    const std::lock_guard lock(mutex_);
    return kept_.contains(weight);
  }
  /// The panels of a weight [columns, depth], made by `pack()` if this is their first use; null if it is not kept, or
  /// was packed as a matrix of other extents.
  template <class T, class Pack>
  std::shared_ptr<const T[]> panels(const T* weight, std::int64_t columns, std::int64_t depth, const Pack& pack) {
    if (!any_) return {};
    {
      const std::lock_guard lock(mutex_);
      const auto at = kept_.find(weight);
      if (at == kept_.end()) return {};
      if (at->second.panels) return fitting<T>(at->second, columns, depth);
    }
    const std::shared_ptr<const T[]> made = pack();  // unlocked, as it waits for other threads
    const std::lock_guard lock(mutex_);
    const auto at = kept_.find(weight);
    if (at != kept_.end() && !at->second.panels) {
      at->second.panels = std::shared_ptr<const void>(made, made.get());
      at->second.columns = columns;
      at->second.depth = depth;
    }
    return made;
  }

 private:
  struct Kept {
    int times = 0;
    std::int64_t columns = 0, depth = 0;
    std::shared_ptr<const void> panels;
  };
  template <class T>
  static std::shared_ptr<const T[]> fitting(const Kept& kept, std::int64_t columns, std::int64_t depth) {
    if (kept.columns != columns || kept.depth != depth) return {};
    return {kept.panels, static_cast<const T*>(kept.panels.get())};
  }

  std::mutex mutex_;
  std::atomic<bool> any_ = false;
  std::map<const void*, Kept> kept_;
};

}  // namespace HUSH_CPU_ABI
}  // namespace hush
