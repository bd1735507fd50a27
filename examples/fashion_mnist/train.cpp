#include <hush/hush.hpp>

#include "train.hpp"

namespace fashion {

int train(const TrainArguments& arguments) {
  if (arguments.preset == "dit") return train_dit(arguments);
  if (arguments.where.device == "cuda") return examples::on_cuda<Commands>(arguments.where.precision).train(arguments);
  return train_on(arguments, Cpu<float>{.threads = examples::threads_of_rank(arguments.where.threads)});
}

}  // namespace fashion
