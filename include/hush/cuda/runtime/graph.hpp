#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <hush/cuda/cuda.hpp>

namespace hush {
inline namespace HUSH_CUDA_ABI {

/// Work that is recorded once and then done as often as wanted, at the cost of one call: a CUDA graph. Memory that is
/// allocated while recording belongs to the graph; what it reads and writes besides must outlive it. Nothing may be
/// waited for while recording, and what it needs for the first time (a library's plan) should be there already: run the
/// work once before.
template <class P, class M>
class Graph {
 public:
  explicit Graph(const Cuda<P, M>& on) : on_(on), pool_(on.machine().memory().pool()), program_(on.machine()) {}

  /// Appends what `work` queues. If it throws, the graph is as it was.
  void add(const std::function<void()>& work) {
    const typename Memory::Apart apart(on_.machine().memory(), pool_);
    program_.add(work);
  }
  /// Appends a loop: what `work` queues is done, *left (in the backend's memory) is counted down by one, until it is 0;
  /// at least once.
  void repeat(std::int32_t* left, const std::function<void()>& work) {
    const typename Memory::Apart apart(on_.machine().memory(), pool_);
    program_.repeat(left, work);
  }
  void launch() { program_.launch(); }

 private:
  using Memory = std::remove_reference_t<decltype(std::declval<M&>().memory())>;
  Cuda<P, M> on_;
  std::shared_ptr<typename Memory::Pool> pool_;
  typename M::Program program_;
};

/// An empty graph on a handle's stream.
template <class P, class M>
Graph<P, M> graph_on(const Cuda<P, M>& on) {
  return Graph<P, M>(on);
}

}  // namespace HUSH_CUDA_ABI
}  // namespace hush
