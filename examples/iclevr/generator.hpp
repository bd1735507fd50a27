#pragma once
#include <cstdint>
#include <functional>

#include <hush/images.hpp>
#include <hush/sampling/frames.hpp>

#include "recipe.hpp"

namespace iclevr {

/// Trained weights, ready to make pictures on some machine.
struct Generator {
  Diffusion process;
  ImageSize image;
  /// A picture of each set of labels, [count, H, W, 3] in [-1, 1]; picture i depends on seed, i and its labels alone.
  /// `frames`, where it is not null, keeps the way from noise to picture.
  std::function<Images<float>(const Sets& labels, std::uint64_t seed, Frames* frames)> make;
};

/// The generator of a command line. Throws FileError for files that are no weights of this program, and
/// std::invalid_argument for guidance with weights that no training without labels made fit for it.
Generator generator(const SamplingArguments& arguments);

}  // namespace iclevr
