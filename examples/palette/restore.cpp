#include <hush/hush.hpp>

#include "restore.hpp"

namespace palette {

int restore(const RestoreArguments& arguments) {
  if (arguments.where.device == "cuda") return restore_on_cuda(arguments);
  return restore_on(arguments, Cpu<float>{.threads = arguments.where.threads});
}

}  // namespace palette
