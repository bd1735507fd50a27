#include <hush/hush.hpp>

#include "train_dit.hpp"

namespace fashion {

int train_dit(const TrainArguments& a) {
  if (a.where.device == "cuda") return examples::on_cuda<Commands>(a.where.precision).train_dit(a);
  return train_dit_on(a, Cpu<float>{.threads = examples::threads_of_rank(a.where.threads)});
}

}  // namespace fashion
