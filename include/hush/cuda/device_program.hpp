#pragma once
#include <functional>

#include <hush/cuda/device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// What a Graph records on a GPU: a CUDA graph whose nodes follow each other, each a recorded graph or a loop of one.
class Device::Program {
 public:
  explicit Program(Device& device) : device_(device) {
    require(calls().graph_create(&graph_, 0), "cudaGraphCreate", "device ", device.device_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (ready_) calls().graph_exec_destroy(ready_);
    calls().graph_destroy(graph_);
  }

  void add(const std::function<void()>& work) {
    cudaGraph_t child = nullptr;
    require(calls().capture_begin(device_.stream_, mode), "cudaStreamBeginCapture", "device ", device_.device_);
    record(work, child);
    cudaGraphNode_t node = nullptr;
    const cudaError_t added = calls().graph_add_child(&node, graph_, &last_, last_ ? 1 : 0, child);
    calls().graph_destroy(child);
    require(added, "cudaGraphAddChildGraphNode", "device ", device_.device_);
    appended(node);
  }
  void repeat(std::int32_t* left, const std::function<void()>& work) {
    cudaGraphConditionalHandle loop{};
    require(calls().conditional_create(&loop, graph_, 1, cudaGraphCondAssignDefault),
            "cudaGraphConditionalHandleCreate", "conditional nodes want CUDA 12.4 or newer");
    cudaGraphNodeParams wanted{};
    wanted.type = cudaGraphNodeTypeConditional;
    wanted.conditional.handle = loop;
    wanted.conditional.type = cudaGraphCondTypeWhile;
    wanted.conditional.size = 1;
    cudaGraphNode_t node = nullptr;
    require(calls().graph_add_node(&node, graph_, &last_, nullptr, last_ ? 1 : 0, &wanted), "cudaGraphAddNode",
            "a loop on device ", device_.device_);
    cudaGraph_t body = wanted.conditional.phGraph_out[0];
    require(calls().capture_to_graph(device_.stream_, body, nullptr, nullptr, 0, mode), "cudaStreamBeginCaptureToGraph",
            "device ", device_.device_);
    record(
        [&] {
          work();
          void* arguments[]{&loop, &left};
          device_.launch_kernel(countdown_kernel<cudaGraphConditionalHandle>(), arguments, {.teams = 1, .threads = 1},
                                "the end of a loop");
        },
        body);
    appended(node);
  }
  void launch() {
    if (!ready_)
      require(calls().graph_instantiate(&ready_, graph_, 0), "cudaGraphInstantiate", "device ", device_.device_);
    require(calls().graph_launch(ready_, device_.stream_), "cudaGraphLaunch", "device ", device_.device_);
  }

 private:
  // Memory may be asked for while recording: a cache that has no block for it calls cudaMalloc.
  static constexpr cudaStreamCaptureMode mode = cudaStreamCaptureModeRelaxed;

  /// Between the beginning of a capture and its end, also where `work` throws.
  void record(const std::function<void()>& work, cudaGraph_t& into) {
    device_.recording_ = true;
    try {
      work();
    } catch (...) {
      device_.recording_ = false;
      cudaGraph_t broken = nullptr;
      calls().capture_end(device_.stream_, &broken);
      if (broken && broken != into) calls().graph_destroy(broken);
      calls().last_error();
      throw;
    }
    device_.recording_ = false;
    require(calls().capture_end(device_.stream_, &into), "cudaStreamEndCapture", "device ", device_.device_);
  }
  void appended(cudaGraphNode_t node) {
    last_ = node;
    if (ready_) calls().graph_exec_destroy(std::exchange(ready_, nullptr));
  }

  Device& device_;
  cudaGraph_t graph_ = nullptr;
  cudaGraphExec_t ready_ = nullptr;
  cudaGraphNode_t last_ = nullptr;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
