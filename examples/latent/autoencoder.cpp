#include "autoencoder.hpp"

#include <hush/hush.hpp>

namespace latents {

int train_autoencoder(const TrainAutoencoderArguments& arguments) {
  if (arguments.where.device == "cuda")
    return examples::on_cuda<Commands>(arguments.where.precision).train_autoencoder(arguments);
  return train_autoencoder_on(arguments, Cpu<float>{.threads = examples::threads_of_rank(arguments.where.threads)});
}
int reconstruct(const ReconstructArguments& arguments) {
  if (arguments.where.device == "cuda")
    return examples::on_cuda<Commands>(arguments.where.precision).reconstruct(arguments);
  return reconstruct_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace latents
