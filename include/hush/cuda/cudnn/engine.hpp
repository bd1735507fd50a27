#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <hush/cuda/cudnn/engines.hpp>
#include <hush/cuda/cudnn/graph.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// A convolution that cuDNN is ready to run: an engine that is compiled already, with its settings.
class Conv2dEngine {
 public:
  /// The engine of a configuration; none where cuDNN cannot run it after all.
  static std::optional<Conv2dEngine> of(const CudnnDevice& device, const Conv2dKey& key,
                                        const CudnnDescriptor& configuration) {
    CudnnDescriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, configuration.about());
    device.tell_handle(plan, CUDNN_ATTR_EXECUTION_PLAN_HANDLE);
    device.tell_properties(plan, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
    if (!plan.can_finalise()) return {};
    return Conv2dEngine(key, configuration, std::move(plan));
  }

  const Conv2dKey& key() const { return key_; }
  /// cuDNN's number of it and the settings that it runs with.
  const CudnnEngine& cudnn_engine() const { return engine_; }
  const CudnnNotes& notes() const { return notes_; }
  /// Bytes of scratch memory that a run wants.
  std::int64_t workspace() const { return workspace_; }

  /// Queues the convolution on the stream. The arrays lie in device memory at multiples of 16 bytes, those of bias and
  /// residual are read if the key asks for them; `workspace` has as many bytes as it wants. Throws CudaError.
  void run(cudnnHandle_t handle, cudaStream_t stream, const Conv2dArrays& arrays, void* workspace) const {
    std::vector<std::int64_t> names;
    std::vector<void*> pointers;
    const auto name = [&](CudnnTensor tensor, const void* at) {
      names.push_back(std::int64_t(tensor));
      pointers.push_back(const_cast<void*>(at));  // the API has one type for what it reads and what it writes
    };
    name(CudnnTensor::x, arrays.x);
    name(CudnnTensor::weight, arrays.weight);
    name(CudnnTensor::y, arrays.y);
    if (key_.bias) name(CudnnTensor::bias, arrays.bias);
    if (key_.residual) name(CudnnTensor::residual, arrays.residual);
    CudnnDescriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, plan_.about());
    pack.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, names)
        .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, pointers)
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, workspace);
    pack.finalise();
    check_cudnn(calls().cudnn_set_stream(handle, stream), "cudnnSetStream", *plan_.about());
    check_cudnn(calls().execute(handle, plan_.raw(), pack.raw()), "cudnnBackendExecute", *plan_.about());
  }

 private:
  Conv2dEngine(const Conv2dKey& key, const CudnnDescriptor& configuration, CudnnDescriptor plan)
      : key_(key),
        engine_(engine_of(configuration)),
        notes_(notes_of(configuration)),
        plan_(std::move(plan)),
        workspace_(plan_.get<std::int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)) {}

  Conv2dKey key_;
  CudnnEngine engine_;
  CudnnNotes notes_;
  CudnnDescriptor plan_;
  std::int64_t workspace_ = 0;
};

/// The first `most` engines for a convolution that the heuristics propose, best first, of those that are allowed and
/// that content themselves with `workspace_limit` bytes. None, if there is no such engine: an own kernel must serve.
inline std::vector<Conv2dEngine> conv2d_engines(const CudnnDevice& device, const Conv2dKey& key,
                                                std::int64_t workspace_limit, std::size_t most = 1) {
  const auto about = std::make_shared<const std::string>(to_text(key.text(), " for ", device.name()));
  const auto graph = CudnnGraphBuilder(device, key, about).graph();
  std::vector<Conv2dEngine> engines;
  for (const auto mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
    for (const auto& proposal : cudnn_proposals(device, graph, mode)) {
      if (engines.size() == most) return engines;
      if (!allowed(notes_of(proposal), key)) continue;
      auto engine = Conv2dEngine::of(device, key, proposal);
      if (engine && engine->workspace() <= workspace_limit) engines.push_back(std::move(*engine));
    }
  return engines;
}

/// The engine that was chosen earlier; none if this cuDNN, or these rules, no longer have it.
inline std::optional<Conv2dEngine> conv2d_engine(const CudnnDevice& device, const Conv2dKey& key,
                                                 std::int64_t workspace_limit, const CudnnEngine& choice) {
  const auto about = std::make_shared<const std::string>(to_text(key.text(), " for ", device.name()));
  const auto graph = CudnnGraphBuilder(device, key, about).graph();
  try {
    const auto configuration = configured(device, graph, choice);
    if (!allowed(notes_of(configuration), key)) return {};
    auto engine = Conv2dEngine::of(device, key, configuration);
    if (engine && engine->workspace() > workspace_limit) return {};
    return engine;
  } catch (const CudaError&) { return {}; }
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
