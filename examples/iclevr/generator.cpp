#include "generator.hpp"

#include <hush/hush.hpp>

#include "commands.hpp"
#include "generating.hpp"

namespace iclevr {

Generator generator(const SamplingArguments& arguments) {
  if (arguments.where.device == "cuda")
    return examples::on_cuda<Commands>(arguments.where.precision).generator(arguments);
  return generator_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace iclevr
