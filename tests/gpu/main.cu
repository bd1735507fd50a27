// Every test of the CUDA backend's kernels, networks and pipelines on a GPU. Exit code 77: there is none.
//   hush_gpu_tests [--bare] [doctest options]      --bare: memory without guards, for compute-sanitizer
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <cstring>

#include <hush/cuda.cuh>

#include "guard.hpp"

int main(int argc, char** argv) {
  bool bare = false;
  for (int i = 1; i < argc; ++i) bare |= std::strcmp(argv[i], "--bare") == 0;
  if (!bare) guard::install();
  try {
    const hush::Device& device = hush::Device::at(0, 0);
    cudaDeviceProp about{};
    hush::require(hush::calls().device_properties(&about, 0), "cudaGetDeviceProperties");
    std::printf("%s, sm_%d, %.1f GB, cuDNN %zu%s\n", about.name, device.architecture(),
                double(about.totalGlobalMem) / 1e9, hush::calls().cudnn_version(), bare ? "" : ", guarded memory");
  } catch (const hush::CudaError& error) {
    std::printf("skipped: %s\n", error.what());
    return 77;
  }
  doctest::Context context(argc, argv);
  int result = context.run();
  hush::trim(hush::Cuda<float>{});
  if (!bare) {
    std::printf("%ld blocks of memory looked at, %ld written outside of\n", guard::blocks().checked,
                guard::blocks().broken);
    if (guard::blocks().broken > 0) result = 1;
  }
  return result;
}
