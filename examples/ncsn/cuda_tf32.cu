#include "on_cuda.cuh"

namespace ncsn {

template int train_on(const TrainArguments&, const Cuda<tf32>&);
template int sample_on(const SampleArguments&, const Cuda<tf32>&);

}  // namespace ncsn
