#include "on_cuda.cuh"

namespace fashion {
namespace {

/// f(backend) for the precision that is asked for.
template <class F>
int with_precision(const std::string& precision, const F& f) {
  if (precision == "bf16") return f(Cuda<bf16>{});
  if (precision == "tf32") return f(Cuda<tf32>{});
  check(precision == "fp32", "precision", "there is no precision ", precision, ": take bf16, tf32 or fp32");
  return f(Cuda<float>{});
}

}  // namespace

int train_on_cuda(const TrainArguments& arguments) {
  return with_precision(arguments.where.precision, [&](const auto& on) { return train_on(arguments, on); });
}
int sample_on_cuda(const SampleArguments& arguments) {
  return with_precision(arguments.where.precision, [&](const auto& on) { return sample_on(arguments, on); });
}

}  // namespace fashion
