#pragma once
#include <stdexcept>
#include <string>

namespace examples {

/// Where to compute: cpu or cuda, there with bf16, tf32 or fp32.
struct Where {
  std::string device = "cpu", precision = "bf16";
  int threads = 0;  // of the CPU
};

/// What a program does with --device cuda that was built without CUDA.
[[noreturn]] inline void refuse_cuda() {
  throw std::runtime_error(
      "this program was built without CUDA. Where nvcc and cuDNN are found, CMake builds it with; see docs/gpu.md");
}

}  // namespace examples
