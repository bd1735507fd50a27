#include "on_cuda.cuh"

namespace ncsn {

template int train_on(const TrainArguments&, const Cuda<bf16>&);
template int sample_on(const SampleArguments&, const Cuda<bf16>&);

}  // namespace ncsn
