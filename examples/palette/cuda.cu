#include "../precisions.cuh"
#include "on_cuda.cuh"

namespace palette {

int train_on_cuda(const TrainArguments& arguments) {
  return examples::with_precision(arguments.where.precision, [&](const auto& on) { return train_on(arguments, on); });
}
int restore_on_cuda(const RestoreArguments& arguments) {
  return examples::with_precision(arguments.where.precision, [&](const auto& on) { return restore_on(arguments, on); });
}
int evaluate_on_cuda(const EvaluateArguments& arguments) {
  return examples::with_precision(arguments.where.precision,
                                  [&](const auto& on) { return evaluate_on(arguments, on); });
}

}  // namespace palette
