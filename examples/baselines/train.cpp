#include <hush/hush.hpp>

#include "train.hpp"

namespace baselines {

int train(const examples::TrainArguments& arguments) {
  if (arguments.where.device == "cuda") return examples::on_cuda<Commands>(arguments.where.precision).train(arguments);
  return train_on(arguments, Cpu<float>{.threads = examples::threads_of_rank(arguments.where.threads)});
}

}  // namespace baselines
