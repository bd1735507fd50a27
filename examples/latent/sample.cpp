#include "sample.hpp"

#include <hush/hush.hpp>

namespace latents {

int sample(const SampleArguments& arguments) {
  if (arguments.where.device == "cuda") return examples::on_cuda<Commands>(arguments.where.precision).sample(arguments);
  return sample_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace latents
