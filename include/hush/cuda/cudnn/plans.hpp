#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <hush/cuda/cudnn/choices.hpp>
#include <hush/cuda/cudnn/plan.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// How plans are chosen. By default cuDNN's heuristics choose. With `autotune` the first proposals are timed on the
/// device when a convolution is first met, and the fastest is kept, in `choices` too if that names a file; what that
/// file holds is used in any case.
struct CudnnSettings {
  std::int64_t workspace_limit = std::int64_t(256) << 20;  // bytes
  bool autotune = false;
  std::size_t candidates = 8;  // plans that are timed
  std::string choices{};       // a file, or none
};

/// The settings of this program. They count for a device from its first convolution on.
inline CudnnSettings& cudnn_settings() {
  static CudnnSettings settings;
  return settings;
}

/// The plans made so far for one device. Several threads may ask at once.
class Conv2dPlans {
 public:
  Conv2dPlans(CudnnDevice device, CudnnSettings settings)
      : device_(std::move(device)), settings_(std::move(settings)), choices_(settings_.choices) {}

  const CudnnDevice& device() const { return device_; }
  const CudnnSettings& settings() const { return settings_; }

  /// The plan for a convolution, made when it is first asked for; null if no engine serves it. `milliseconds(plan)`
  /// says how long a plan takes; it is called only when tuning.
  template <class Time>
  const Conv2dPlan* find(const Conv2dKey& key, const Time& milliseconds) {
    const std::lock_guard lock(mutex_);
    auto found = plans_.find(key);
    if (found == plans_.end()) found = plans_.emplace(key, choose(key, milliseconds)).first;
    return found->second ? &*found->second : nullptr;
  }
  const Conv2dPlan* find(const Conv2dKey& key) { return find(key, Untimed{}); }
  /// The same, where there must be one: throws CudaError that says what was looked for.
  const Conv2dPlan& plan(const Conv2dKey& key) {
    if (const Conv2dPlan* plan = find(key)) return *plan;
    throw CudaError("cudnnBackendFinalize", 0,
                    to_text(key.text(), " for ", device_.name(), ": cuDNN ", device_.version(),
                            " has no engine for it that is compiled in advance", key.fast ? "" : ", deterministic",
                            key.precision == Conv2dPrecision::fp32 ? ", true to fp32" : "", " and content with ",
                            settings_.workspace_limit, " bytes of workspace"));
  }

 private:
  struct Untimed {};

  template <class Time>
  std::optional<Conv2dPlan> choose(const Conv2dKey& key, const Time& milliseconds) {
    const std::string line = CudnnChoices::line_of(device_.version(), device_.name(), key.text());
    if (const auto choice = choices_.find(line))
      if (auto plan = conv2d_plan(device_, key, settings_.workspace_limit, *choice)) return plan;
    if constexpr (!std::is_same_v<Time, Untimed>) {
      if (settings_.autotune) {
        auto plans = conv2d_plans(device_, key, settings_.workspace_limit, settings_.candidates);
        auto fastest = plans.end();
        auto least = 0.f;
        for (auto plan = plans.begin(); plan != plans.end(); ++plan) {
          const float time = milliseconds(*plan);
          if (fastest == plans.end() || time < least) fastest = plan, least = time;
        }
        if (fastest == plans.end()) return {};
        choices_.keep(line, fastest->engine());
        return std::move(*fastest);
      }
    }
    auto plans = conv2d_plans(device_, key, settings_.workspace_limit);
    if (plans.empty()) return {};
    return std::move(plans.front());
  }

  CudnnDevice device_;
  CudnnSettings settings_;
  CudnnChoices choices_;
  std::mutex mutex_;
  std::map<Conv2dKey, std::optional<Conv2dPlan>> plans_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
