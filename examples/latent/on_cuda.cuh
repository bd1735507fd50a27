#pragma once
#include <hush/cuda.cuh>

#include "autoencoder.hpp"
#include "sample.hpp"
#include "train.hpp"

namespace latents {

/// The commands on a GPU; compiled once a precision.
template <class B>
Commands commands_on() {
  return {[](const TrainAutoencoderArguments& arguments) { return train_autoencoder_on(arguments, B{}); },
          [](const ReconstructArguments& arguments) { return reconstruct_on(arguments, B{}); },
          [](const TrainArguments& arguments) { return train_on(arguments, B{}); },
          [](const SampleArguments& arguments) { return sample_on(arguments, B{}); }};
}

}  // namespace latents
