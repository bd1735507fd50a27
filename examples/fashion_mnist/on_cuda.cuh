#pragma once
#include <hush/cuda.cuh>

#include "sample_dit.hpp"
#include "train_dit.hpp"

namespace fashion {

/// The commands on a GPU; compiled once a precision.
template <class B>
Commands commands_on() {
  return {[](const TrainArguments& arguments) { return train_on(arguments, B{}); },
          [](const SampleArguments& arguments) { return sample_on(arguments, B{}); },
          [](const TrainArguments& arguments) { return train_dit_on(arguments, B{}); },
          [](const SampleArguments& arguments) { return sample_dit_on(arguments, B{}); }};
}

}  // namespace fashion
