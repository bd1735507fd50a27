#include "recipe.hpp"

namespace fashion {

int train_on_cuda(const TrainArguments&) { examples::refuse_cuda(); }
int sample_on_cuda(const SampleArguments&) { examples::refuse_cuda(); }

}  // namespace fashion
