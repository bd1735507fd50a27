#include "on_cuda.cuh"

namespace palette {

template int train_on(const TrainArguments&, const Cuda<float>&);
template int restore_on(const RestoreArguments&, const Cuda<float>&);
template int evaluate_on(const EvaluateArguments&, const Cuda<float>&);

}  // namespace palette
