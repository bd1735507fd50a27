#pragma once
#include <hush/cuda.cuh>

#include "sample.hpp"
#include "train.hpp"

// The two commands on a GPU are compiled once a precision, each in a file of its own; who calls them compiles nothing.
namespace ncsn {

extern template int train_on(const TrainArguments&, const Cuda<bf16>&);
extern template int train_on(const TrainArguments&, const Cuda<tf32>&);
extern template int train_on(const TrainArguments&, const Cuda<float>&);
extern template int sample_on(const SampleArguments&, const Cuda<bf16>&);
extern template int sample_on(const SampleArguments&, const Cuda<tf32>&);
extern template int sample_on(const SampleArguments&, const Cuda<float>&);

}  // namespace ncsn
