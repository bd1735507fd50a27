#include <hush/hush.hpp>

#include "sample_dit.hpp"

namespace fashion {

int sample_dit(const SampleArguments& a) {
  if (a.where.device == "cuda") return examples::on_cuda<Commands>(a.where.precision).sample_dit(a);
  return sample_dit_on(a, Cpu<float>{.threads = a.where.threads});
}

}  // namespace fashion
