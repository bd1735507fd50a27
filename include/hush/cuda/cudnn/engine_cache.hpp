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
#include <hush/cuda/cudnn/engine.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// How engines are chosen. By default cuDNN's heuristics choose. With `autotune` the first proposals are timed on the
/// device when a convolution is first met, and the fastest is kept, in `choices` too if that names a file; what that
/// file holds is used in any case.
struct CudnnSettings {
  std::int64_t workspace_limit = std::int64_t(256) << 20;  // bytes
  bool autotune = false;
  std::size_t candidates = 8;  // engines that are timed
  std::string choices{};       // a file, or none
};

/// The settings of this program. They count for a device from its first convolution on.
inline CudnnSettings& cudnn_settings() {
  static CudnnSettings settings;
  return settings;
}

/// The engines made so far for one device. Several threads may ask at once.
class Conv2dEngineCache {
 public:
  Conv2dEngineCache(CudnnDevice device, CudnnSettings settings)
      : device_(std::move(device)), settings_(std::move(settings)), choices_(settings_.choices) {}

  const CudnnDevice& device() const { return device_; }
  const CudnnSettings& settings() const { return settings_; }

  /// The engine for a convolution, made when it is first asked for; null if no engine serves it. `milliseconds(engine)`
  /// says how long a engine takes; it is called only when tuning.
  template <class Time>
  const Conv2dEngine* find(const Conv2dKey& key, const Time& milliseconds) {
    const std::lock_guard lock(mutex_);
    auto found = engines_.find(key);
    if (found == engines_.end()) found = engines_.emplace(key, choose(key, milliseconds)).first;
    return found->second ? &*found->second : nullptr;
  }
  const Conv2dEngine* find(const Conv2dKey& key) { return find(key, Untimed{}); }
  /// The same, where there must be one: throws CudaError that says what was looked for.
  const Conv2dEngine& engine(const Conv2dKey& key) {
    if (const Conv2dEngine* engine = find(key)) return *engine;
    throw CudaError("cudnnBackendFinalize", 0,
                    to_text(key.text(), " for ", device_.name(), ": cuDNN ", device_.version(),
                            " has no engine for it that is compiled in advance", key.fast ? "" : ", deterministic",
                            key.precision == Conv2dPrecision::fp32 ? ", true to fp32" : "", " and content with ",
                            settings_.workspace_limit, " bytes of workspace"));
  }

 private:
  struct Untimed {};

  template <class Time>
  std::optional<Conv2dEngine> choose(const Conv2dKey& key, const Time& milliseconds) {
    const std::string line = CudnnChoices::line_of(device_.version(), device_.name(), key.text());
    if (const auto choice = choices_.find(line))
      if (auto engine = conv2d_engine(device_, key, settings_.workspace_limit, *choice)) return engine;
    if constexpr (!std::is_same_v<Time, Untimed>) {
      if (settings_.autotune) {
        auto engines = conv2d_engines(device_, key, settings_.workspace_limit, settings_.candidates);
        auto fastest = engines.end();
        auto least = 0.f;
        for (auto engine = engines.begin(); engine != engines.end(); ++engine) {
          const float time = milliseconds(*engine);
          if (fastest == engines.end() || time < least) {
            fastest = engine;
            least = time;
          }
        }
        if (fastest == engines.end()) return {};
        choices_.keep(line, fastest->cudnn_engine());
        return std::move(*fastest);
      }
    }
    auto engines = conv2d_engines(device_, key, settings_.workspace_limit);
    if (engines.empty()) return {};
    return std::move(engines.front());
  }

  CudnnDevice device_;
  CudnnSettings settings_;
  CudnnChoices choices_;
  std::mutex mutex_;
  std::map<Conv2dKey, std::optional<Conv2dEngine>> engines_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
