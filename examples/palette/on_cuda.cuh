#pragma once
#include <hush/cuda.cuh>

#include "evaluate.hpp"
#include "restore.hpp"
#include "train.hpp"

// The commands on a GPU are compiled once a precision, each in a file of its own; who calls them compiles nothing.
namespace palette {

extern template int train_on(const TrainArguments&, const Cuda<bf16>&);
extern template int train_on(const TrainArguments&, const Cuda<tf32>&);
extern template int train_on(const TrainArguments&, const Cuda<float>&);
extern template int restore_on(const RestoreArguments&, const Cuda<bf16>&);
extern template int restore_on(const RestoreArguments&, const Cuda<tf32>&);
extern template int restore_on(const RestoreArguments&, const Cuda<float>&);
extern template int evaluate_on(const EvaluateArguments&, const Cuda<bf16>&);
extern template int evaluate_on(const EvaluateArguments&, const Cuda<tf32>&);
extern template int evaluate_on(const EvaluateArguments&, const Cuda<float>&);

}  // namespace palette
