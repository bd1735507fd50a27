#pragma once
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <hush/cuda/runtime/device.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// What a Graph records on a GPU: a CUDA graph whose nodes follow each other, each a recorded graph or a loop of one.
/// It is put together when it is first launched, so that what cannot be recorded or put together leaves it as it was.
class Device::Program {
 public:
  explicit Program(Device& device) : device_(device) {}
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void add(const std::function<void()>& work) { append(work, nullptr); }
  void repeat(std::int32_t* left, const std::function<void()>& work) { append(work, left); }
  void launch() {
    if (!ready_) ready_ = assembled();
    require(calls().graph_launch(ready_.get(), device_.stream_), "cudaGraphLaunch", "device ", device_.device_);
  }

 private:
  struct Destroy {
    void operator()(cudaGraph_t graph) const noexcept { calls().graph_destroy(graph); }
    void operator()(cudaGraphExec_t graph) const noexcept { calls().graph_exec_destroy(graph); }
  };
  using Recording = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, Destroy>;
  using Ready = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, Destroy>;
  struct Piece {
    Recording work;
    std::int32_t* left;  // of a loop; else nullptr
  };

  void append(const std::function<void()>& work, std::int32_t* left) {
    pieces_.push_back({recorded(work), left});
    ready_.reset();
  }
  Recording recorded(const std::function<void()>& work) {
    check(!device_.recording_, "Device", "is recording already");
    // Memory may be asked for while recording: a cache that has no block for it calls cudaMalloc.
    require(calls().capture_begin(device_.stream_, cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture", "device ",
            device_.device_);
    device_.recording_ = true;
    cudaGraph_t graph = nullptr;
    try {
      work();
    } catch (...) {
      device_.recording_ = false;
      calls().capture_end(device_.stream_, &graph);
      if (graph) calls().graph_destroy(graph);
      calls().last_error();
      throw;
    }
    device_.recording_ = false;
    const cudaError_t ended = calls().capture_end(device_.stream_, &graph);
    Recording recording(graph);
    require(ended, "cudaStreamEndCapture", "something was queued that cannot be recorded, on device ", device_.device_);
    return recording;
  }

  Ready assembled() const {
    cudaGraph_t made = nullptr;
    require(calls().graph_create(&made, 0), "cudaGraphCreate", "device ", device_.device_);
    const Recording whole(made);
    cudaGraphNode_t last = nullptr;
    for (const Piece& piece : pieces_) last = piece.left ? loop(made, last, piece) : child(made, last, piece);
    cudaGraphExec_t ready = nullptr;
    require(calls().graph_instantiate(&ready, made, 0), "cudaGraphInstantiate", "device ", device_.device_);
    return Ready(ready);
  }
  cudaGraphNode_t child(cudaGraph_t into, cudaGraphNode_t after, const Piece& piece) const {
    cudaGraphNode_t node = nullptr;
    require(calls().graph_add_child(&node, into, &after, after ? 1 : 0, piece.work.get()), "cudaGraphAddChildGraphNode",
            "device ", device_.device_);
    return node;
  }
  /// A node that does the piece and then counts `left` down, while some are left.
  cudaGraphNode_t loop(cudaGraph_t into, cudaGraphNode_t after, const Piece& piece) const {
    cudaGraphConditionalHandle goes_on{};
    require(calls().conditional_create(&goes_on, into, 1, cudaGraphCondAssignDefault),
            "cudaGraphConditionalHandleCreate", "a loop on device ", device_.device_);
    cudaGraphNodeParams wanted{};
    wanted.type = cudaGraphNodeTypeConditional;
    wanted.conditional.handle = goes_on;
    wanted.conditional.type = cudaGraphCondTypeWhile;
    wanted.conditional.size = 1;
    const cudaGraphNode_t node = added(into, after, wanted, "a loop");
    const cudaGraph_t body = wanted.conditional.phGraph_out[0];
    std::int32_t* left = piece.left;
    void* arguments[]{&goes_on, &left};
    cudaGraphNodeParams count{};
    count.type = cudaGraphNodeTypeKernel;
    count.kernel.func = const_cast<void*>(countdown_kernel<cudaGraphConditionalHandle>());
    count.kernel.gridDim = count.kernel.blockDim = dim3(1);
    count.kernel.kernelParams = arguments;
    added(body, child(body, nullptr, piece), count, "the end of a loop");
    return node;
  }
  cudaGraphNode_t added(cudaGraph_t into, cudaGraphNode_t after, cudaGraphNodeParams& wanted, const char* what) const {
    cudaGraphNode_t node = nullptr;
    require(calls().graph_add_node(&node, into, &after, nullptr, after ? 1 : 0, &wanted), "cudaGraphAddNode", what,
            " on device ", device_.device_);
    return node;
  }

  Device& device_;
  std::vector<Piece> pieces_;
  Ready ready_;
};

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
