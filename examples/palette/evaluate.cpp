#include <hush/hush.hpp>

#include "evaluate.hpp"

namespace palette {

int evaluate(const EvaluateArguments& arguments) {
  if (arguments.where.device == "cuda") return evaluate_on_cuda(arguments);
  return evaluate_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace palette
