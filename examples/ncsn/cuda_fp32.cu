#include "on_cuda.cuh"

namespace ncsn {

template int train_on(const TrainArguments&, const Cuda<float>&);
template int sample_on(const SampleArguments&, const Cuda<float>&);

}  // namespace ncsn
