#pragma once
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

#include <hush/cuda/cudnn/engine_cache.hpp>
#include <hush/cuda/runtime/device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// An event on a stream, to time what lies between two of them.
class CudnnEvent {
 public:
  CudnnEvent() { require(calls().event_create(&event_, cudaEventDefault), "cudaEventCreateWithFlags", why); }
  CudnnEvent(const CudnnEvent&) = delete;
  CudnnEvent& operator=(const CudnnEvent&) = delete;
  ~CudnnEvent() { calls().event_destroy(event_); }
  void record(cudaStream_t stream) { require(calls().event_record(event_, stream), "cudaEventRecord", why); }
  float milliseconds_since(const CudnnEvent& start) const {
    float time = 0;
    require(calls().event_synchronise(event_), "cudaEventSynchronize", why);
    require(calls().event_elapsed(&time, start.event_, event_), "cudaEventElapsedTime", why);
    return time;
  }

 private:
  static constexpr const char* why = "timing cuDNN's engines";
  cudaEvent_t event_ = nullptr;
};

/// cuDNN on one stream of one GPU: its handle, and the engines made so far. A Device has it as part<Cudnn>().
class Cudnn {
 public:
  /// Throws CudaError if cuDNN does not start, or is of another version than the program.
  explicit Cudnn(const Device& device) : Cudnn(name_of(device), device.stream(), cudnn_settings()) {}
  Cudnn(const std::string& device, cudaStream_t stream, const CudnnSettings& settings)
      : handle_(device), stream_(stream), engines_(CudnnDevice(handle_.raw, device), settings) {}
  /// For a device that is only described: engines are made, and run as far as calls() play along.
  Cudnn(CudnnDevice described, const CudnnSettings& settings) : engines_(std::move(described), settings) {}

  Conv2dEngineCache& engines() { return engines_; }

  /// Queues a engine on the stream. Throws CudaError.
  void run(const Conv2dEngine& engine, const Conv2dArrays& arrays, void* workspace) {
    const std::lock_guard lock(mutex_);  // a handle serves one thread at a time
    engine.run(handle_.raw, stream_, arrays, workspace);
  }
  /// How long a engine takes, the mean of three runs after a first one.
  float milliseconds(const Conv2dEngine& engine, const Conv2dArrays& arrays, void* workspace) {
    constexpr int runs = 3;
    CudnnEvent start, end;
    run(engine, arrays, workspace);
    start.record(stream_);
    for (int i = 0; i < runs; ++i) run(engine, arrays, workspace);
    end.record(stream_);
    return end.milliseconds_since(start) / runs;
  }
  /// Whether the stream records a graph, so that nothing can be timed.
  bool capturing() const {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    return calls().capturing(stream_, &status) != cudaSuccess || status != cudaStreamCaptureStatusNone;
  }

 private:
  struct Handle {
    cudnnHandle_t raw = nullptr;
    Handle() = default;
    explicit Handle(const std::string& device) {
      cudnn_version();
      check_cudnn(calls().cudnn_create(&raw), "cudnnCreate", "cuDNN cannot be started on " + device);
    }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
      if (raw) calls().cudnn_destroy(raw);
    }
  };
  static std::string name_of(const Device& device) {
    cudaDeviceProp properties{};
    require(calls().device_properties(&properties, device.device()), "cudaGetDeviceProperties", "device ",
            device.device());
    return properties.name;
  }

  Handle handle_;
  cudaStream_t stream_ = nullptr;
  std::mutex mutex_;
  Conv2dEngineCache engines_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
