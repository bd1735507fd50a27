#pragma once
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <hush/cuda/runtime/device_program.hpp>

/// A GPU pretended by the host: every entry of the table that Device uses, backed by host memory. Kernels run as teams
/// of one, graphs are lists of closures, and any one call can be made to fail.
namespace pretended {

using Work = std::function<void()>;
using Bind = Work (*)(void** arguments, std::int64_t teams, std::size_t shared);

struct Graph {
  std::vector<Work> nodes;
  std::vector<std::shared_ptr<Graph>> bodies;  // of loops
  std::vector<std::unique_ptr<cudaGraph_t>> shown;
  std::uintptr_t last = 0;  // each node must depend on the one before
};
struct Stream {
  std::unique_ptr<Graph> capture;
  bool broken = false;
};

/// What the pretended GPU is and what happened to it.
struct Gpu {
  int driver = 13000, runtime = 13000, devices = 1, architecture = 90;
  std::size_t total = 1 << 20, used = 0;
  std::map<void*, std::size_t> blocks, pinned;
  int streams = 0, events = 0, graphs = 0, ready = 0, current = -1;
  std::int64_t calls = 0, fail_at = -1;  // the number of the call that fails
  cudaError_t failure = cudaErrorUnknown, last = cudaSuccess;
  bool lost = false;  // an error that stays
  std::map<cudaGraphConditionalHandle, bool> goes_on;
  std::uintptr_t nodes = 0;
  std::vector<std::string> faults;  // what no caller should do

  bool nothing_left() const {
    return blocks.empty() && pinned.empty() && streams == 0 && events == 0 && graphs == 0 && ready == 0;
  }
};
inline Gpu gpu;

inline cudaError_t failed(cudaError_t status) { return gpu.last = status; }
/// Whether this call is the one that fails.
inline bool fails() {
  if (gpu.calls++ != gpu.fail_at && !gpu.lost) return false;
  failed(gpu.failure);
  return true;
}
inline Graph& of(cudaGraph_t graph) { return *reinterpret_cast<Graph*>(graph); }
inline Stream& of(cudaStream_t stream) { return *reinterpret_cast<Stream*>(stream); }
inline cudaGraph_t handle(Graph* graph) { return reinterpret_cast<cudaGraph_t>(graph); }

inline cudaError_t queue(cudaStream_t stream, Work work) {
  if (of(stream).capture)
    of(stream).capture->nodes.push_back(std::move(work));
  else
    work();
  return cudaSuccess;
}
inline void append(Graph& graph, Work work, const cudaGraphNode_t* after, std::size_t count, cudaGraphNode_t* node) {
  if (count != (graph.nodes.empty() ? 0u : 1u) || (count && reinterpret_cast<std::uintptr_t>(*after) != graph.last))
    gpu.faults.push_back("a node does not follow the one before");
  graph.nodes.push_back(std::move(work));
  *node = reinterpret_cast<cudaGraphNode_t>(graph.last = ++gpu.nodes);
}
inline Work all(const std::vector<Work>& nodes) {
  return [nodes] {
    for (const Work& node : nodes) node();
  };
}

template <class Body>
Work bind(void** arguments, std::int64_t teams, std::size_t shared) {
  return [body = *static_cast<Body*>(arguments[0]), teams, shared] {
    std::vector<std::max_align_t> scratch(shared / sizeof(std::max_align_t) + 1);
    for (std::int64_t b = 0; b < teams; ++b)
      body(hush::SerialTeam(b, teams, reinterpret_cast<std::byte*>(scratch.data())));
  };
}
inline Work count_down(void** arguments, std::int64_t, std::size_t) {
  const auto loop = *static_cast<cudaGraphConditionalHandle*>(arguments[0]);
  return [loop, left = *static_cast<std::int32_t**>(arguments[1])] { gpu.goes_on[loop] = --*left > 0; };
}

inline void take_memory(hush::Calls& table) {
  table.memory_info = [](std::size_t* free, std::size_t* total) {
    if (fails()) return gpu.failure;
    *free = gpu.total - gpu.used, *total = gpu.total;
    return cudaSuccess;
  };
  table.allocate = [](void** block, std::size_t bytes) {
    if (fails()) return gpu.failure;
    if (bytes > gpu.total - gpu.used) return failed(cudaErrorMemoryAllocation);
    gpu.blocks[*block = std::malloc(bytes)] = bytes;
    std::memset(*block, 0xff, bytes);
    gpu.used += bytes;
    return cudaSuccess;
  };
  table.free = [](void* block) {
    gpu.used -= gpu.blocks.at(block);
    gpu.blocks.erase(block);
    std::free(block);
    return cudaSuccess;
  };
  table.allocate_pinned = [](void** block, std::size_t bytes) {
    if (fails()) return gpu.failure;
    gpu.pinned[*block = std::malloc(bytes)] = bytes;
    return cudaSuccess;
  };
  table.free_pinned = [](void* block) {
    if (block && !gpu.pinned.erase(block)) gpu.faults.push_back("memory that is not pinned is freed as such");
    std::free(block);
    return cudaSuccess;
  };
  table.copy = [](void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
    return fails() ? gpu.failure : queue(stream, [=] { std::memcpy(to, from, bytes); });
  };
}

inline void take_streams(hush::Calls& table) {
  table.stream_create = [](cudaStream_t* stream, unsigned) {
    if (fails()) return gpu.failure;
    *stream = reinterpret_cast<cudaStream_t>(new Stream);
    ++gpu.streams;
    return cudaSuccess;
  };
  table.stream_destroy = [](cudaStream_t stream) {
    delete &of(stream);
    --gpu.streams;
    return cudaSuccess;
  };
  table.stream_synchronise = [](cudaStream_t stream) {
    if (fails()) return gpu.failure;
    if (!of(stream).capture) return cudaSuccess;
    of(stream).broken = true;
    return failed(cudaErrorStreamCaptureUnsupported);
  };
  table.stream_wait = [](cudaStream_t, cudaEvent_t, unsigned) { return fails() ? gpu.failure : cudaSuccess; };
  table.event_create = [](cudaEvent_t* event, unsigned) {
    if (fails()) return gpu.failure;
    *event = reinterpret_cast<cudaEvent_t>(new int);
    ++gpu.events;
    return cudaSuccess;
  };
  table.event_destroy = [](cudaEvent_t event) {
    delete reinterpret_cast<int*>(event);
    --gpu.events;
    return cudaSuccess;
  };
  table.event_record = [](cudaEvent_t, cudaStream_t) { return fails() ? gpu.failure : cudaSuccess; };
  table.event_synchronise = [](cudaEvent_t) { return fails() ? gpu.failure : cudaSuccess; };
  table.launch = [](const void* kernel, dim3 teams, dim3, void** arguments, std::size_t shared, cudaStream_t stream) {
    if (fails()) return gpu.failure;
    return queue(stream, reinterpret_cast<Bind>(const_cast<void*>(kernel))(arguments, teams.x, shared));
  };
  table.function_attribute = [](const void*, cudaFuncAttribute, int) { return fails() ? gpu.failure : cudaSuccess; };
}

inline void take_captures(hush::Calls& table) {
  table.capture_begin = [](cudaStream_t stream, cudaStreamCaptureMode) {
    if (fails()) return gpu.failure;
    if (of(stream).capture) return failed(cudaErrorIllegalState);
    of(stream) = {std::make_unique<Graph>(), false};
    return cudaSuccess;
  };
  table.capture_end = [](cudaStream_t stream, cudaGraph_t* graph) {
    *graph = nullptr;
    auto done = std::exchange(of(stream).capture, nullptr);
    if (fails()) return gpu.failure;
    if (of(stream).broken) return failed(cudaErrorStreamCaptureInvalidated);
    *graph = handle(done.release());
    ++gpu.graphs;
    return cudaSuccess;
  };
  table.capturing = [](cudaStream_t stream, cudaStreamCaptureStatus* status) {
    *status = of(stream).capture ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
    return cudaSuccess;
  };
}

inline cudaError_t add_node(cudaGraphNode_t* node, cudaGraph_t graph, const cudaGraphNode_t* after,
                            const cudaGraphEdgeData*, std::size_t count, cudaGraphNodeParams* wanted) {
  if (fails()) return gpu.failure;
  Graph& into = of(graph);
  if (wanted->type == cudaGraphNodeTypeKernel) {
    const auto& kernel = wanted->kernel;
    append(into, reinterpret_cast<Bind>(kernel.func)(kernel.kernelParams, kernel.gridDim.x, kernel.sharedMemBytes),
           after, count, node);
    return cudaSuccess;
  }
  if (wanted->type != cudaGraphNodeTypeConditional || wanted->conditional.type != cudaGraphCondTypeWhile)
    return failed(cudaErrorInvalidValue);
  into.bodies.push_back(std::make_shared<Graph>());
  const auto body = into.bodies.back();
  into.shown.push_back(std::make_unique<cudaGraph_t>(handle(body.get())));
  wanted->conditional.phGraph_out = into.shown.back().get();
  append(
      into,
      [body, loop = wanted->conditional.handle] {
        for (gpu.goes_on[loop] = true; gpu.goes_on[loop];) all(body->nodes)();
      },
      after, count, node);
  return cudaSuccess;
}

inline void take_graphs(hush::Calls& table) {
  table.graph_create = [](cudaGraph_t* graph, unsigned) {
    if (fails()) return gpu.failure;
    *graph = handle(new Graph);
    ++gpu.graphs;
    return cudaSuccess;
  };
  table.graph_destroy = [](cudaGraph_t graph) {
    delete &of(graph);
    --gpu.graphs;
    return cudaSuccess;
  };
  table.graph_add_child = [](cudaGraphNode_t* node, cudaGraph_t graph, const cudaGraphNode_t* after, std::size_t count,
                             cudaGraph_t child) {
    if (fails()) return gpu.failure;
    append(of(graph), all(of(child).nodes), after, count, node);
    return cudaSuccess;
  };
  table.graph_add_node = add_node;
  table.conditional_create = [](cudaGraphConditionalHandle* loop, cudaGraph_t, unsigned, unsigned) {
    if (fails()) return gpu.failure;
    *loop = ++gpu.nodes;
    return cudaSuccess;
  };
  table.graph_instantiate = [](cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
    if (fails()) return gpu.failure;
    *ready = reinterpret_cast<cudaGraphExec_t>(new Graph{of(graph).nodes, of(graph).bodies, {}, 0});
    ++gpu.ready;
    return cudaSuccess;
  };
  table.graph_exec_destroy = [](cudaGraphExec_t ready) {
    delete reinterpret_cast<Graph*>(ready);
    --gpu.ready;
    return cudaSuccess;
  };
  table.graph_launch = [](cudaGraphExec_t ready, cudaStream_t stream) {
    return fails() ? gpu.failure : queue(stream, all(reinterpret_cast<Graph*>(ready)->nodes));
  };
}

/// For as long as it lives there is one pretended GPU; afterwards the table of calls is as it was.
class InPlace {
 public:
  InPlace() {
    gpu = {};
    hush::Calls& table = hush::calls();
    table.driver_version = [](int* version) { return *version = gpu.driver, cudaSuccess; };
    table.runtime_version = [](int* version) { return *version = gpu.runtime, cudaSuccess; };
    table.device_count = [](int* count) { return fails() ? gpu.failure : (*count = gpu.devices, cudaSuccess); };
    table.set_device = [](int device) { return fails() ? gpu.failure : (gpu.current = device, cudaSuccess); };
    table.device_attribute = [](int* value, cudaDeviceAttr which, int) {
      if (fails()) return gpu.failure;
      *value = which == cudaDevAttrComputeCapabilityMajor ? gpu.architecture / 10 : gpu.architecture % 10;
      return cudaSuccess;
    };
    table.last_error = [] { return gpu.lost ? gpu.failure : std::exchange(gpu.last, cudaSuccess); };
    take_memory(table), take_streams(table), take_captures(table), take_graphs(table);
  }
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;
  ~InPlace() { hush::calls() = saved_; }

 private:
  hush::Calls saved_ = hush::calls();
};

}  // namespace pretended

namespace hush {
inline namespace HUSH_CUDA_ABI {
template <class Body>
const void* kernel_of() {
  return reinterpret_cast<const void*>(&pretended::bind<Body>);
}
template <class Handle>
const void* countdown_kernel() {
  return reinterpret_cast<const void*>(&pretended::count_down);
}
}  // namespace HUSH_CUDA_ABI
}  // namespace hush
