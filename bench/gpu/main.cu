#include <cuda_runtime_api.h>

#include <hush/cuda.cuh>

#include "gpu.hpp"

// hush's side of scripts/gpu_bench.

int main(int argc, char** argv) {
  cudaDeviceProp properties{};
  int devices = 0;
  const bool asks_for_help = argc > 1 && (std::string(argv[1]) == "--help" || std::string(argv[1]) == "-h");
  if (!asks_for_help) {
    const cudaError_t found = cudaGetDeviceCount(&devices);
    if (found != cudaSuccess || devices == 0 || cudaGetDeviceProperties(&properties, 0) != cudaSuccess) {
      std::cerr << "hush_gpu_bench: no CUDA device here ("
                << (found == cudaSuccess ? "the driver counts none" : cudaGetErrorString(found)) << ")" << std::endl;
      return 77;
    }
  }
  return gpu_bench::run(argc, argv, properties.name, [](const gpu_bench::Order& order) {
    if (order.precision == "bf16") return gpu_bench::measure_on_gpu<hush::bf16>(order);
    if (order.precision == "tf32") return gpu_bench::measure_on_gpu<hush::tf32>(order);
    if (order.precision == "fp32") return gpu_bench::measure_on_gpu<float>(order);
    throw std::invalid_argument("[gpu_bench] there is no precision " + order.precision + ": take bf16, tf32 or fp32");
  });
}
