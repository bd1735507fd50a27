#pragma once
#include <fstream>
#include <hush/cuda/cudnn/device.hpp>
#include <iterator>
#include <stdexcept>
#include <string>

extern "C" void __lsan_disable() __attribute__((weak));

/// cuDNN keeps some memory for good, and unloads parts of itself before leaks are looked for: from here on this
/// thread's are not. What is ours is counted by the tests themselves.
inline void ignore_leaks_of_cudnn() {
  if (__lsan_disable) __lsan_disable();
}

/// An H200 by its properties alone: what cuDNN plans for where there is no GPU.
inline hush::CudnnDevice described_h200() {
  ignore_leaks_of_cudnn();
  std::ifstream file("tests/goldens/h200.json");
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  if (json.empty()) throw std::runtime_error("tests/goldens/h200.json: run the tests from the project's folder");
  return hush::CudnnDevice::described("NVIDIA H200", json);
}
