#include <hush/hush.hpp>

#include "restore.hpp"

namespace palette {

int restore(const RestoreArguments& arguments) {
  if (arguments.where.device == "cuda")
    return examples::on_cuda<Commands>(arguments.where.precision).restore(arguments);
  return restore_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace palette
