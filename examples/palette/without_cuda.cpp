#include "recipe.hpp"

namespace palette {

int train_on_cuda(const TrainArguments&) { examples::refuse_cuda(); }
int restore_on_cuda(const RestoreArguments&) { examples::refuse_cuda(); }
int evaluate_on_cuda(const EvaluateArguments&) { examples::refuse_cuda(); }

}  // namespace palette
