#include "on_cuda.cuh"

namespace palette {

template int train_on(const TrainArguments&, const Cuda<bf16>&);
template int restore_on(const RestoreArguments&, const Cuda<bf16>&);
template int evaluate_on(const EvaluateArguments&, const Cuda<bf16>&);

}  // namespace palette
