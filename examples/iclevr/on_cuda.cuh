#pragma once
#include <hush/cuda.cuh>

#include "commands.hpp"
#include "generating.hpp"
#include "train.hpp"

namespace iclevr {

/// The commands on a GPU; compiled once a precision.
template <class B>
Commands commands_on() {
  return {[](const TrainArguments& arguments) { return train_on(arguments, B{}); },
          [](const SamplingArguments& arguments) { return generator_on(arguments, B{}); }};
}

}  // namespace iclevr
