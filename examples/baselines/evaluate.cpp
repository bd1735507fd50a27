#include <hush/hush.hpp>

#include "evaluate.hpp"

namespace baselines {

int evaluate(const EvaluateArguments& arguments) {
  if (arguments.where.device == "cuda")
    return examples::on_cuda<Commands>(arguments.where.precision).evaluate(arguments);
  return evaluate_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace baselines
