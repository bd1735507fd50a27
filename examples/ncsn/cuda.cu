#include "../precisions.cuh"
#include "on_cuda.cuh"

namespace ncsn {

int train_on_cuda(const TrainArguments& arguments) {
  return examples::with_precision(arguments.where.precision, [&](const auto& on) { return train_on(arguments, on); });
}
int sample_on_cuda(const SampleArguments& arguments) {
  return examples::with_precision(arguments.where.precision, [&](const auto& on) { return sample_on(arguments, on); });
}

}  // namespace ncsn
