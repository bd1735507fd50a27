#pragma once
#include <hush/cuda.cuh>

#include "evaluate.hpp"
#include "sample.hpp"
#include "train.hpp"

namespace baselines {

/// The commands on a GPU; compiled once a precision.
template <class B>
Commands commands_on() {
  return {[](const examples::TrainArguments& arguments) { return train_on(arguments, B{}); },
          [](const SampleArguments& arguments) { return sample_on(arguments, B{}); },
          [](const EvaluateArguments& arguments) { return evaluate_on(arguments, B{}); }};
}

}  // namespace baselines
