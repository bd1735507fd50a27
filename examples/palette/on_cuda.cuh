#pragma once
#include <hush/cuda.cuh>

#include "evaluate.hpp"
#include "restore.hpp"
#include "train.hpp"

namespace palette {

/// The commands on a GPU; compiled once a precision.
template <class B>
Commands commands_on() {
  return {[](const TrainArguments& arguments) { return train_on(arguments, B{}); },
          [](const RestoreArguments& arguments) { return restore_on(arguments, B{}); },
          [](const EvaluateArguments& arguments) { return evaluate_on(arguments, B{}); }};
}

}  // namespace palette
