#include <stdexcept>

#include "recipe.hpp"

namespace ncsn {
namespace {

[[noreturn]] int refuse() {
  throw std::runtime_error(
      "this program was built without CUDA. Where nvcc and cuDNN are found, CMake builds it with; see docs/gpu.md");
}

}  // namespace

int train_on_cuda(const TrainArguments&) { refuse(); }
int sample_on_cuda(const SampleArguments&) { refuse(); }

}  // namespace ncsn
