#include "recipe.hpp"

namespace ncsn {

int train_on_cuda(const TrainArguments&) { examples::refuse_cuda(); }
int sample_on_cuda(const SampleArguments&) { examples::refuse_cuda(); }

}  // namespace ncsn
