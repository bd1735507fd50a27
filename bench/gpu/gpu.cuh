#pragma once
#include <memory>

#include <hush/cuda.cuh>

#include "gpu.hpp"

namespace gpu_bench {

/// The first GPU. Memory is the most that tensors used; a graph keeps its memory, so all that is held is counted.
struct Gpu {
  template <class B>
  void wait(const B& on) const {
    synchronise(on);
  }
  template <class P, class M, class Work>
  auto recorded(const hush::Cuda<P, M>& on, const Work& work) const {
    const auto graph = std::make_shared<hush::Graph<P, M>>(on);
    graph->add(work);
    return [graph] { graph->launch(); };
  }
  template <class B>
  std::int64_t peak(const B& on, const Order& order) const {
    const auto use = memory_use(on);
    return std::int64_t(order.way == "graph" ? use.held : use.peak);
  }
};

template <class Precision>
Measured measure_on_gpu(const Order& order) {
  return measure_network<hush::Cuda<Precision>>(order, Gpu{});
}

}  // namespace gpu_bench
