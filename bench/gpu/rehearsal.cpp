#include <hush/core.hpp>

#include "measure.hpp"

// hush_gpu_bench on the CPU, without a GPU or nvcc: so that the benchmark itself is compiled and run everywhere. Its
// numbers are of no interest; its JSON says so by the name of the device.

namespace {

using Backend = hush::Cpu<float>;

struct Machine {
  void wait(const Backend&) const {}
  template <class Work>
  Work recorded(const Backend&, const Work& work) const {
    return work;
  }
  std::int64_t peak(const Backend&, const gpu_bench::Order&) const {
    return std::int64_t(hush::CpuMemory::shared().use().peak);
  }
};

}  // namespace

int main(int argc, char** argv) {
  return gpu_bench::run(argc, argv, "rehearsal on the CPU", [](const gpu_bench::Order& order) {
    return gpu_bench::measure_network<Backend>(order, Machine{});
  });
}
