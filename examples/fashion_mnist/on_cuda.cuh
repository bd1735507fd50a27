#pragma once
#include <hush/cuda.cuh>

#include "sample.hpp"
#include "train.hpp"

namespace fashion {

/// The commands on a GPU; compiled once a precision.
template <class B>
Commands commands_on() {
  return {[](const TrainArguments& arguments) { return train_on(arguments, B{}); },
          [](const SampleArguments& arguments) { return sample_on(arguments, B{}); }};
}

}  // namespace fashion
