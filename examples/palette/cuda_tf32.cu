#include "on_cuda.cuh"

namespace palette {

template int train_on(const TrainArguments&, const Cuda<tf32>&);
template int restore_on(const RestoreArguments&, const Cuda<tf32>&);
template int evaluate_on(const EvaluateArguments&, const Cuda<tf32>&);

}  // namespace palette
