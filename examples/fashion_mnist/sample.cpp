#include <hush/hush.hpp>

#include "sample.hpp"

namespace fashion {

int sample(const SampleArguments& arguments) {
  check_files(arguments);
  if (of_dit(arguments.weights)) return sample_dit(arguments);
  if (arguments.where.device == "cuda") return examples::on_cuda<Commands>(arguments.where.precision).sample(arguments);
  return sample_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace fashion
